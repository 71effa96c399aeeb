//! The renderer on small kustomizations.

use std::fs;

use serde_json::json;

use super::*;

const HEAD: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

fn rendered(files: &[(&str, &str)], root: &str) -> Result<Vec<Value>, Fault> {
    let place = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    render(&place.path().join(root), &mut BTreeSet::new())
}

const POD: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: intake}
spec:
  template:
    spec:
      containers:
        - name: zeef
          image: zeef:0.1.0
          args: [serve, intake]
          env: [{name: A, value: one}]
";

#[test]
fn a_patch_is_merged_by_name() {
    let patch = "
kind: Deployment
metadata: {name: any, labels: {part: zeef}}
spec:
  template:
    spec:
      containers:
        - name: zeef
          args: [other]
          env: [{name: B, value: two}, {name: A, value: three}]
";
    let kustomization =
        format!("{HEAD}namespace: zeef\nresources: [pod.yaml]\npatches: [{{path: patch.yaml, target: {{kind: Deployment}}}}]\n");
    let objects = rendered(&[("kustomization.yaml", &kustomization), ("pod.yaml", POD), ("patch.yaml", patch)], "").unwrap();
    let container = &objects[0]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["env"], json!([{"name": "A", "value": "three"}, {"name": "B", "value": "two"}]));
    assert_eq!(container["args"], json!(["other"]));
    assert_eq!(objects[0]["metadata"], json!({"name": "intake", "namespace": "zeef", "labels": {"part": "zeef"}}));
}

#[test]
fn an_overlay_renames_images() {
    let base = format!("{HEAD}resources: [pod.yaml]\n");
    let overlay = format!("{HEAD}resources: [../base]\nimages: [{{name: zeef, newName: 'registry.example:5000/zeef', newTag: 1.2.3}}]\n");
    let files = [("base/kustomization.yaml", base.as_str()), ("base/pod.yaml", POD), ("over/kustomization.yaml", &overlay)];
    let objects = rendered(&files, "over").unwrap();
    assert_eq!(objects[0]["spec"]["template"]["spec"]["containers"][0]["image"], "registry.example:5000/zeef:1.2.3");
}

#[test]
fn what_we_cannot_do_is_an_error() {
    let unknown = format!("{HEAD}resources: [pod.yaml]\nnamePrefix: x-\n");
    assert!(rendered(&[("kustomization.yaml", &unknown), ("pod.yaml", POD)], "").unwrap_err().to_string().contains("namePrefix"));

    let patched = format!("{HEAD}resources: [pod.yaml]\npatches: [{{path: p.yaml, target: {{kind: Deployment}}}}]\n");
    let with =
        |patch: &str| rendered(&[("kustomization.yaml", &patched), ("pod.yaml", POD), ("p.yaml", patch)], "").unwrap_err().to_string();
    assert!(with("$patch: delete\n").contains("directive"));
    assert!(with("spec: {template: {spec: {containers: [{image: x}]}}}\n").contains("an item without `name`"));

    let nowhere = format!("{HEAD}resources: [pod.yaml]\npatches: [{{path: p.yaml, target: {{kind: Deployment, name: nobody}}}}]\n");
    let fault = rendered(&[("kustomization.yaml", &nowhere), ("pod.yaml", POD), ("p.yaml", "spec: {}\n")], "").unwrap_err().to_string();
    assert!(fault.contains("changes nothing"), "{fault}");
}

#[test]
fn a_missing_file_and_a_double_object_are_errors() {
    assert!(rendered(&[("kustomization.yaml", &format!("{HEAD}resources: [gone.yaml]\n"))], "").is_err());
    let double = format!("{HEAD}resources: [a.yaml, b.yaml]\n");
    let fault = rendered(&[("kustomization.yaml", &double), ("a.yaml", POD), ("b.yaml", POD)], "").unwrap_err().to_string();
    assert!(fault.contains("Deployment/intake comes twice"), "{fault}");
}

#[test]
fn order_in_keyed_lists_is_no_difference_and_values_are() {
    let one = json!({"kind": "X", "metadata": {"name": "n"}, "env": [{"name": "a"}, {"name": "b"}]});
    let two = json!({"kind": "X", "metadata": {"name": "n"}, "env": [{"name": "b"}, {"name": "a"}]});
    let three = json!({"kind": "X", "metadata": {"name": "n"}, "env": [{"name": "b"}]});
    assert!(differences(std::slice::from_ref(&one), &[two]).is_empty());
    assert_eq!(differences(&[one], &[three]).len(), 1);
}
