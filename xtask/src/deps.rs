//! `cargo xtask check-deps`: who may depend on whom, and lints everywhere.
//!
//! The purity of the domains is kept by Cargo: what is not a dependency cannot be called. Here we see that it stays none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fault::Fault;
use crate::json::{at, field, list, text};
use crate::shell;

/// What a decision must not be able to reach: a runtime, a network, a disk, an encoding.
const IMPURE: &[&str] = &["tokio", "async-nats", "tonic", "sled", "prost", "axum", "zeef-journal", "zeef-service", "zeef-proto"];

/// The processes of the house. None may depend on another: they meet in `proto/` and in the journal.
const SERVICES: &[&str] = &["intake", "routing", "outreach", "court-liaison", "aftercare", "desk"];

/// Checks the workspace as `cargo metadata` shows it.
pub fn check() -> Result<(), Fault> {
    let text = shell::output(
        shell::cargo().args(["metadata", "--format-version", "1", "--locked"]),
        "see that every manifest is valid and that Cargo.lock belongs to them (`cargo check` writes it)",
    )?;
    let metadata = serde_json::from_str(&text).map_err(|error| Fault::new(format!("cargo metadata: {error}"), "try a newer cargo"))?;
    let workspace = Workspace::read(&metadata);
    let mut wrong = workspace.impure_domains();
    wrong.extend(workspace.crossed_services());
    for (name, manifest) in &workspace.manifests {
        let text = fs::read_to_string(manifest).map_err(|error| Fault::file(Path::new(manifest), &error))?;
        if !inherits_lints(&text) {
            wrong.push(format!("{name}: {manifest} has no `[lints] workspace = true`"));
        }
    }
    if wrong.is_empty() {
        shell::say(&format!(
            "    {} crates: domains are pure, services know no other service, lints everywhere",
            workspace.manifests.len()
        ));
        return Ok(());
    }
    Err(Fault::new(wrong.join("\n"), "take the dependency out (time, ids and looked-up facts come in with the command), or add the lints"))
}

fn inherits_lints(manifest: &str) -> bool {
    let lints = manifest.parse::<toml::Table>().ok().and_then(|table| table.get("lints").cloned());
    lints.and_then(|lints| lints.get("workspace").and_then(toml::Value::as_bool)) == Some(true)
}

/// The members of the workspace and what everything depends on, tests aside.
struct Workspace {
    /// Name of a member to its manifest.
    manifests: BTreeMap<String, String>,
    /// Id of a package to its name.
    names: BTreeMap<String, String>,
    /// Id of a package to the ids it needs to be built and to run.
    needs: BTreeMap<String, Vec<String>>,
    members: BTreeSet<String>,
}

impl Workspace {
    fn read(metadata: &Value) -> Self {
        let members: BTreeSet<String> = list(field(metadata, "workspace_members")).map(owned).collect();
        let mut names = BTreeMap::new();
        let mut manifests = BTreeMap::new();
        for package in list(field(metadata, "packages")) {
            let (id, name) = (owned(field(package, "id")), owned(field(package, "name")));
            if members.contains(&id) {
                manifests.insert(name.clone(), owned(field(package, "manifest_path")));
            }
            names.insert(id, name);
        }
        let needs = list(at(metadata, "/resolve/nodes")).map(|node| (owned(field(node, "id")), needed_by(node))).collect();
        Self { manifests, names, needs, members }
    }

    fn impure_domains(&self) -> Vec<String> {
        let pure = |name: &str| name.ends_with("-domain") || name == "zeef-kernel";
        self.reach_from(pure)
            .into_iter()
            .filter(|(_, path)| path.last().is_some_and(|last| IMPURE.contains(&last.as_str())))
            .map(|(name, path)| format!("{name} must be pure, but reaches {}", path.join(" -> ")))
            .collect()
    }

    fn crossed_services(&self) -> Vec<String> {
        let home = |name: &str| SERVICES.iter().find(|service| name.strip_suffix("-domain").unwrap_or(name) == **service).copied();
        self.reach_from(|name| home(name).is_some())
            .into_iter()
            .filter_map(|(name, path)| {
                let other = home(path.last()?)?;
                (home(&name) != Some(other)).then(|| format!("{name} must not know {other}, but reaches {}", path.join(" -> ")))
            })
            .collect()
    }

    /// Everything each chosen member reaches, with the shortest way to it.
    fn reach_from(&self, chosen: impl Fn(&str) -> bool) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for member in &self.members {
            let name = self.name(member);
            if !chosen(&name) {
                continue;
            }
            let mut seen = BTreeSet::from([member.as_str()]);
            let mut round = vec![(member.as_str(), Vec::new())];
            while !round.is_empty() {
                let mut next = Vec::new();
                for (id, path) in &round {
                    for need in self.needs.get(*id).into_iter().flatten() {
                        if seen.insert(need) {
                            let mut longer: Vec<String> = path.clone();
                            longer.push(self.name(need));
                            found.push((name.clone(), longer.clone()));
                            next.push((need.as_str(), longer));
                        }
                    }
                }
                round = next;
            }
        }
        found
    }

    fn name(&self, id: &str) -> String {
        self.names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// Ids a node needs, without those only its tests need.
fn needed_by(node: &Value) -> Vec<String> {
    let real = |dependency: &&Value| list(field(dependency, "dep_kinds")).any(|kind| field(kind, "kind").as_str() != Some("dev"));
    list(field(node, "deps")).filter(real).map(|dependency| owned(field(dependency, "pkg"))).collect()
}

fn owned(value: &Value) -> String {
    text(value).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A house of named packages; an arrow is (from, to, kind as cargo prints it).
    fn house(names: &[&str], arrows: &[(&str, &str, Option<&str>)]) -> Workspace {
        let packages: Vec<Value> = names.iter().map(|name| json!({"id": name, "name": name, "manifest_path": "Cargo.toml"})).collect();
        let nodes: Vec<Value> = names
            .iter()
            .map(|name| {
                let deps: Vec<Value> = arrows
                    .iter()
                    .filter(|(from, _, _)| from == name)
                    .map(|(_, to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]}))
                    .collect();
                json!({"id": name, "deps": deps})
            })
            .collect();
        Workspace::read(&json!({"packages": packages, "workspace_members": names, "resolve": {"nodes": nodes}}))
    }

    #[test]
    fn an_impure_domain_is_found_however_far_away() {
        let house = house(
            &["intake-domain", "zeef-kernel", "helper", "tokio"],
            &[("intake-domain", "zeef-kernel", None), ("intake-domain", "helper", None), ("helper", "tokio", None)],
        );
        assert_eq!(house.impure_domains(), ["intake-domain must be pure, but reaches helper -> tokio"]);
    }

    #[test]
    fn what_only_tests_need_does_not_count() {
        let house = house(&["intake-domain", "tokio"], &[("intake-domain", "tokio", Some("dev"))]);
        assert!(house.impure_domains().is_empty());
    }

    #[test]
    fn a_service_knows_its_own_domain_only() {
        let house = house(
            &["intake", "intake-domain", "routing", "routing-domain"],
            &[("intake", "intake-domain", None), ("routing", "routing-domain", None), ("routing", "intake-domain", None)],
        );
        assert_eq!(house.crossed_services(), ["routing must not know intake, but reaches intake-domain"]);
    }

    #[test]
    fn lints_are_inherited_or_missed() {
        assert!(inherits_lints("[lints]\nworkspace = true\n"));
        assert!(inherits_lints("lints.workspace = true\n"));
        assert!(!inherits_lints("[package]\nname = \"x\"\n"));
        assert!(!inherits_lints("[lints]\nworkspace = false\n"));
    }
}
