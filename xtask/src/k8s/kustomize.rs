//! The part of kustomize that `k8s/` uses, and an error for every part that it does not.
//!
//! Used: `resources` (files and directories), `namespace`, `images`, and `patches` by strategic merge with a `target`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::yaml;
use crate::fault::Fault;
use crate::json::{at, field, set_metadata, text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Kustomization {
    api_version: String,
    kind: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    patches: Vec<Patch>,
    #[serde(default)]
    images: Vec<Image>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    path: String,
    target: Target,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    kind: String,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Image {
    name: String,
    #[serde(default)]
    new_name: Option<String>,
    #[serde(default)]
    new_tag: Option<String>,
}

/// Lists that a strategic merge joins by a key; every other list of a patch takes the place of the old one.
/// These are the `x-kubernetes-patch-merge-key`s of the Kubernetes API for the fields that we patch. (The `ports` of a Service go
/// by `port`: a patch of those has no `containerPort` and is refused.)
const MERGE_KEYS: &[(&str, &str)] = &[
    ("containers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("volumeMounts", "mountPath"),
    ("ports", "containerPort"),
    ("topologySpreadConstraints", "topologyKey"),
];

/// Kinds that live outside namespaces.
const CLUSTER_WIDE: &[&str] = &["Namespace"];

/// Renders the kustomization in `root`; every file that was read is added to `read`.
pub fn render(root: &Path, read: &mut BTreeSet<PathBuf>) -> Result<Vec<Value>, Fault> {
    let file = root.join("kustomization.yaml");
    let kustomization: Kustomization = serde_json::from_value(yaml::one(&file)?).map_err(|error| unsupported(&file, &error.to_string()))?;
    if (kustomization.api_version.as_str(), kustomization.kind.as_str()) != ("kustomize.config.k8s.io/v1beta1", "Kustomization") {
        return Err(unsupported(&file, "not a Kustomization of kustomize.config.k8s.io/v1beta1"));
    }
    read.insert(file.clone());

    let mut objects = Vec::new();
    for resource in &kustomization.resources {
        let path = joined(root, resource);
        if path.is_dir() {
            objects.extend(render(&path, read)?);
        } else {
            objects.extend(yaml::read(&path)?);
            read.insert(path);
        }
    }
    for patch in &kustomization.patches {
        let path = joined(root, &patch.path);
        let with = yaml::one(&path)?;
        let mut hit = false;
        for object in objects.iter_mut().filter(|object| patch.target.meets(object)) {
            hit = true;
            let kept = at(object, "/metadata/name").clone();
            merge(object, &with, &path)?;
            set_metadata(object, "name", kept);
        }
        if !hit {
            return Err(Fault::new(
                format!("{} changes nothing: its target meets no object", path.display()),
                "mend the target in kustomization.yaml",
            ));
        }
        read.insert(path);
    }
    for object in &mut objects {
        if let Some(namespace) = &kustomization.namespace {
            settle(object, namespace);
        }
        for image in &kustomization.images {
            rename_images(object, image);
        }
    }
    twice(&objects, &file)?;
    Ok(objects)
}

/// How two renderings differ, one line per object.
pub fn differences(ours: &[Value], theirs: &[Value]) -> Vec<String> {
    let all: BTreeSet<String> = ours.iter().chain(theirs).map(title).collect();
    all.into_iter()
        .filter_map(|title_of| {
            let find = |side: &[Value]| side.iter().find(|object| title(object) == title_of).map(|object| sorted(object.clone()));
            match (find(ours), find(theirs)) {
                (Some(a), Some(b)) if a == b => None,
                (Some(a), Some(b)) => Some(format!("{title_of}\n  ours:   {a}\n  theirs: {b}")),
                (Some(_), None) => Some(format!("{title_of} is only in ours")),
                (None, _) => Some(format!("{title_of} is only in theirs")),
            }
        })
        .collect()
}

/// `Kind/name` of an object, for people.
pub fn title(object: &Value) -> String {
    format!("{}/{}", text(field(object, "kind")), name(object))
}

/// The name of an object.
pub fn name(object: &Value) -> &str {
    text(at(object, "/metadata/name"))
}

impl Target {
    fn meets(&self, object: &Value) -> bool {
        field(object, "kind") == self.kind.as_str() && self.name.as_ref().is_none_or(|wanted| name(object) == wanted)
    }
}

fn merge(into: &mut Value, patch: &Value, from: &Path) -> Result<(), Fault> {
    let (Value::Object(into), Value::Object(patch)) = (&mut *into, patch) else {
        *into = patch.clone();
        return Ok(());
    };
    for (key, value) in patch {
        if key.starts_with('$') {
            return Err(unsupported(from, &format!("the directive {key}")));
        }
        merge_field(into, key, value, from)?;
    }
    Ok(())
}

fn merge_field(into: &mut Map<String, Value>, key: &str, value: &Value, from: &Path) -> Result<(), Fault> {
    match (into.get_mut(key), value) {
        (_, Value::Null) => {
            into.remove(key);
        }
        (Some(Value::Array(old)), Value::Array(new)) => match MERGE_KEYS.iter().find(|(list, _)| *list == key) {
            Some((_, by)) => merge_list(old, new, by, from)?,
            None if new.iter().any(Value::is_object) => {
                return Err(unsupported(from, &format!("patching the list `{key}`, whose merge key is not known here")));
            }
            None => *old = new.clone(),
        },
        (Some(old), new) => merge(old, new, from)?,
        (None, new) => {
            into.insert(key.to_owned(), new.clone());
        }
    }
    Ok(())
}

fn merge_list(old: &mut Vec<Value>, new: &[Value], by: &str, from: &Path) -> Result<(), Fault> {
    for item in new {
        if field(item, by).is_null() {
            return Err(unsupported(from, &format!("an item without `{by}`")));
        }
        match old.iter_mut().find(|there| field(there, by) == field(item, by)) {
            Some(there) => merge(there, item, from)?,
            None => old.push(item.clone()),
        }
    }
    Ok(())
}

fn settle(object: &mut Value, namespace: &str) {
    let cluster_wide = CLUSTER_WIDE.contains(&text(field(object, "kind")));
    set_metadata(object, if cluster_wide { "name" } else { "namespace" }, namespace.into());
}

fn rename_images(object: &mut Value, image: &Image) {
    let Some(containers) = object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut) else { return };
    for container in containers {
        let Some(container) = container.as_object_mut() else { continue };
        let Some((name, tag)) = container.get("image").and_then(Value::as_str).map(split_tag) else { continue };
        if name == image.name {
            let name = image.new_name.as_deref().unwrap_or(name);
            let tag = image.new_tag.as_deref().or(tag);
            let full = tag.map_or_else(|| name.to_owned(), |tag| format!("{name}:{tag}"));
            container.insert("image".to_owned(), full.into());
        }
    }
}

fn split_tag(image: &str) -> (&str, Option<&str>) {
    match image.rsplit_once(':') {
        // A colon before the last slash belongs to a port of the host.
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

/// kustomize refuses an object that comes twice; so do we.
fn twice(objects: &[Value], file: &Path) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    match objects.iter().map(title).find(|title| !seen.insert(title.clone())) {
        Some(title) => Err(Fault::new(format!("{}: {title} comes twice", file.display()), "take one away")),
        None => Ok(()),
    }
}

/// Joins and takes `..` out, so that each file has one name.
fn joined(root: &Path, path: &str) -> PathBuf {
    let mut joined = root.to_path_buf();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                joined.pop();
            }
            part => joined.push(part),
        }
    }
    joined
}

/// Keyed lists in one order, so that two renderings can be compared.
fn sorted(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                *value = sorted(value.take());
                if let (Value::Array(items), Some((_, by))) = (value, MERGE_KEYS.iter().find(|(list, _)| *list == key.as_str())) {
                    items.sort_by_key(|item| field(item, by).to_string());
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = sorted(item.take())),
        _ => {}
    }
    value
}

fn unsupported(file: &Path, what: &str) -> Fault {
    Fault::new(
        format!("{}: {what}: not understood", file.display()),
        "write it with resources, namespace, images and patches with a target; or teach xtask/src/k8s/kustomize.rs",
    )
}

#[cfg(test)]
#[path = "kustomize_tests.rs"]
mod tests;
