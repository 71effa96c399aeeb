//! `cargo xtask k8s`: are the manifests right? Rendered, held against the Kubernetes schemas, then against the rules of the house.
//!
//! Nothing here needs a cluster, kubectl or kustomize. What cannot be rendered or has no schema is an error, never a pass.

mod containerfile;
mod kustomize;
mod nats_values;
mod rules;
mod schema;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::fault::Fault;
use crate::json::field;
use crate::{paths, shell};

/// The oldest and the newest Kubernetes that the manifests are for.
const VERSIONS: &[&str] = &["1.34", "1.37"];

const TODO: &str = "mend the manifest; `cargo xtask k8s` runs this check alone";

/// Checks the base, every overlay and the values of the NATS chart.
pub fn check() -> Result<(), Fault> {
    let k8s = paths::root().join("k8s");
    let base = k8s.join("base");
    let mut roots = vec![base.clone()];
    roots.extend(directories(&k8s.join("overlays"))?);

    let schemas = VERSIONS.iter().map(|version| schema::Schemas::fetched(version)).collect::<Result<Vec<_>, _>>()?;
    let mut wrong = Vec::new();
    let mut read = BTreeSet::new();
    let mut renderings = Vec::new();
    let mut objects = 0;
    for root in &roots {
        let rendered = kustomize::render(root, &mut read)?;
        let place = root.strip_prefix(&k8s).unwrap_or(root).display().to_string();
        for object in &rendered {
            for schemas in &schemas {
                wrong.extend(schemas.wrong_with(object).into_iter().map(|what| format!("{place}: {what}")));
            }
        }
        wrong.extend(rules::broken(&rendered).into_iter().map(|what| format!("{place}: {what}")));
        objects += rendered.len();
        renderings.push((root, rendered));
    }
    see_that_the_check_sees(&kustomize::render(&base, &mut read)?, &schemas)?;

    let values = k8s.join("nats").join("values.yaml");
    wrong.extend(nats_values::wrong_with(&yaml::one(&values)?).into_iter().map(|what| format!("nats/values.yaml: {what}")));
    read.insert(values);
    wrong.extend(files(&k8s)?.difference(&read).map(|file| format!("{} is in no kustomization", file.display())));

    let text = |name: &str| {
        let file = paths::root().join(name);
        fs::read_to_string(&file).map_err(|error| Fault::file(&file, &error))
    };
    let image = containerfile::wrong_with(&paths::root(), &text("Containerfile")?, &text("Cargo.toml")?);
    wrong.extend(image.into_iter().map(|what| format!("Containerfile: {what}")));

    if !wrong.is_empty() {
        return Err(Fault::new(wrong.join("\n"), TODO));
    }
    same_as_kubectl(&renderings)?;
    shell::say(&format!("    {objects} objects of {} kustomizations hold for Kubernetes {}", roots.len(), VERSIONS.join(" and ")));
    Ok(())
}

/// A check that sees nothing passes everything: so each time a misspelt field and a wrong type must be found.
fn see_that_the_check_sees(rendered: &[Value], schemas: &[schema::Schemas]) -> Result<(), Fault> {
    let blind = |what: &str| {
        Fault::new(format!("the schema check did not find {what}: it sees nothing"), "mend xtask/src/k8s before the manifests")
    };
    let deployment = rendered.iter().find(|object| field(object, "kind") == "Deployment").ok_or_else(|| blind("any Deployment"))?;
    let misspelt = |object: &mut Value| {
        let container = object.pointer_mut("/spec/template/spec/containers/0").and_then(Value::as_object_mut);
        container
            .and_then(|container| container.remove("readinessProbe").and_then(|probe| container.insert("readynessProbe".into(), probe)));
    };
    let wrong_type = |object: &mut Value| {
        if let Some(spec) = object.pointer_mut("/spec").and_then(Value::as_object_mut) {
            spec.insert("replicas".into(), "two".into());
        }
    };
    for schemas in schemas {
        let mut copy = deployment.clone();
        misspelt(&mut copy);
        if !schemas.wrong_with(&copy).iter().any(|what| what.contains("readynessProbe")) {
            return Err(blind("a misspelt field"));
        }
        let mut copy = deployment.clone();
        wrong_type(&mut copy);
        if !schemas.wrong_with(&copy).iter().any(|what| what.contains("/spec/replicas")) {
            return Err(blind("a wrong type"));
        }
    }
    Ok(())
}

/// Where kubectl is at hand, our rendering must be kustomize's. Where it is not, that is said.
fn same_as_kubectl(renderings: &[(&PathBuf, Vec<Value>)]) -> Result<(), Fault> {
    for (root, ours) in renderings {
        let Ok(output) = shell::command("kubectl").arg("kustomize").arg(root).output() else {
            shell::say("    no kubectl here: our rendering was not compared with that of kustomize");
            return Ok(());
        };
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Fault::new(format!("kubectl kustomize {}: {}", root.display(), said.trim()), TODO));
        }
        let theirs = yaml::many(&String::from_utf8_lossy(&output.stdout), root)?;
        let differs = kustomize::differences(ours, &theirs);
        if !differs.is_empty() {
            return Err(Fault::new(
                format!("{}: rendered otherwise than by kubectl kustomize:\n{}", root.display(), differs.join("\n")),
                "mend xtask/src/k8s/kustomize.rs: it does less or other than kustomize",
            ));
        }
    }
    Ok(())
}

fn directories(path: &Path) -> Result<Vec<PathBuf>, Fault> {
    Ok(entries(path)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files(path: &Path) -> Result<BTreeSet<PathBuf>, Fault> {
    let mut found = BTreeSet::new();
    for entry in entries(path)? {
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.insert(entry);
        }
    }
    Ok(found)
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, Fault> {
    let entries = fs::read_dir(path).map_err(|error| Fault::file(path, &error))?;
    let mut entries: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    entries.sort();
    Ok(entries)
}
