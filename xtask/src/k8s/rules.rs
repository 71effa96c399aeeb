//! What a schema cannot see: that the objects fit each other, and that the pods are as hard as the house wants them.

use serde_json::Value;

use super::kustomize::{name, title};
use crate::json::{at, field, list};

/// The processes of the house.
const SERVICES: &[&str] = &["intake", "routing", "outreach", "court-liaison", "aftercare", "desk"];

/// What each of them has, under its own name.
const KINDS: &[&str] = &["Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"];

/// Seconds between the end of a drain and the end of the grace period: telemetry is flushed in it.
const MARGIN: i64 = 10;

/// Every rule that is broken, one line each.
pub fn broken(objects: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in SERVICES {
        for kind in KINDS {
            if find(objects, kind, service).is_none() {
                wrong.push(format!("{kind}/{service} is missing"));
            }
        }
        if let Some(deployment) = find(objects, "Deployment", service) {
            let mut say = |what: String| wrong.push(format!("Deployment/{service}: {what}"));
            pod(service, deployment, &mut say);
            fits(service, deployment, objects, &mut say);
        }
    }
    wrong.extend(closed_by_default(objects));
    wrong
}

fn find<'a>(objects: &'a [Value], kind: &str, called: &str) -> Option<&'a Value> {
    objects.iter().find(|object| field(object, "kind") == kind && name(object) == called)
}

/// What must stand in every pod, as pointer and value; from `/spec/template/spec` on.
fn demanded() -> Vec<(&'static str, Value)> {
    vec![
        ("/automountServiceAccountToken", false.into()),
        ("/securityContext/runAsNonRoot", true.into()),
        ("/securityContext/seccompProfile/type", "RuntimeDefault".into()),
        ("/containers/0/securityContext/allowPrivilegeEscalation", false.into()),
        ("/containers/0/securityContext/readOnlyRootFilesystem", true.into()),
        ("/containers/0/securityContext/capabilities/drop", serde_json::json!(["ALL"])),
        ("/containers/0/startupProbe/grpc/service", "".into()),
        // Were liveness to ask for NATS, an outage of NATS would restart every process of the house.
        ("/containers/0/livenessProbe/grpc/service", "".into()),
        ("/containers/0/readinessProbe/grpc/service", "readiness".into()),
        ("/containers/0/startupProbe/grpc/port", 4700.into()),
        ("/containers/0/livenessProbe/grpc/port", 4700.into()),
        ("/containers/0/readinessProbe/grpc/port", 4700.into()),
    ]
}

fn pod(service: &str, deployment: &Value, say: &mut impl FnMut(String)) {
    let spec = at(deployment, "/spec/template/spec");
    for (pointer, value) in demanded() {
        if spec.pointer(pointer) != Some(&value) {
            say(format!("{pointer} should be {value}"));
        }
    }
    if field(spec, "serviceAccountName") != service {
        say("serviceAccountName should be its own".to_owned());
    }
    if list(field(spec, "topologySpreadConstraints")).next().is_none() {
        say("topologySpreadConstraints are missing".to_owned());
    }
    if list(field(spec, "containers")).count() != 1 {
        say("one container is expected".to_owned());
    }
    let container = at(spec, "/containers/0");
    if at(container, "/args/0") != "serve" || at(container, "/args/1") != service {
        say(format!("args should begin with: serve {service}"));
    }
    for amount in ["/resources/requests/cpu", "/resources/requests/memory", "/resources/limits/memory"] {
        if container.pointer(amount).is_none() {
            say(format!("{amount} is missing"));
        }
    }
    let volumes: Vec<&Value> = list(field(spec, "volumes")).map(|volume| field(volume, "name")).collect();
    for mount in list(field(container, "volumeMounts")).filter(|mount| !volumes.contains(&field(mount, "name"))) {
        say(format!("mounts {}, which is no volume", field(mount, "name")));
    }
}

/// Selectors meet the pods, named ports exist, configuration is there.
fn fits(service: &str, deployment: &Value, objects: &[Value], say: &mut impl FnMut(String)) {
    let labels = at(deployment, "/spec/template/metadata/labels");
    let selectors = [
        ("Deployment", "/spec/selector/matchLabels"),
        ("Service", "/spec/selector"),
        ("NetworkPolicy", "/spec/podSelector/matchLabels"),
        ("PodDisruptionBudget", "/spec/selector/matchLabels"),
    ];
    for (kind, pointer) in selectors {
        let selector = find(objects, kind, service).and_then(|object| object.pointer(pointer)).and_then(Value::as_object);
        // An empty selector meets every pod of the namespace, so it is not met by ours alone.
        let meets = selector.is_some_and(|wanted| !wanted.is_empty() && wanted.iter().all(|(key, value)| field(labels, key) == value));
        let ours_alone = selector.is_some_and(|wanted| wanted.get("app.kubernetes.io/name").is_some_and(|name| name == service));
        if !meets || !ours_alone {
            say(format!("{kind} {pointer} does not select these pods and no others"));
        }
    }
    let container = at(deployment, "/spec/template/spec/containers/0");
    let ports: Vec<&Value> = list(field(container, "ports")).map(|port| field(port, "name")).collect();
    let service = find(objects, "Service", service).map_or(&Value::Null, |object| at(object, "/spec/ports"));
    for port in list(service).filter(|port| !ports.contains(&field(port, "targetPort"))) {
        say(format!("the Service targets {}, which is no port of the container", field(port, "targetPort")));
    }
    let settings = find(objects, "ConfigMap", "zeef").map_or(&Value::Null, |object| field(object, "data"));
    if field(settings, "ZEEF_NATS_REPLICAS") != "3" {
        say("ZEEF_NATS_REPLICAS should be \"3\"".to_owned());
    }
    let drain = field(settings, "ZEEF_DRAIN_SECONDS").as_str().and_then(|seconds| seconds.parse::<i64>().ok());
    let pause = container.pointer("/lifecycle/preStop/sleep/seconds").and_then(Value::as_i64).unwrap_or_default();
    let grace = at(deployment, "/spec/template/spec/terminationGracePeriodSeconds").as_i64();
    if drain.zip(grace).is_none_or(|(drain, grace)| grace < drain + pause + MARGIN) {
        say(format!("terminationGracePeriodSeconds should be ZEEF_DRAIN_SECONDS and the preStop pause and {MARGIN} more, or above"));
    }
    for source in list(field(container, "envFrom")).filter_map(|source| at(source, "/configMapRef/name").as_str()) {
        if find(objects, "ConfigMap", source).is_none() {
            say(format!("reads the ConfigMap {source}, which is not here"));
        }
    }
}

fn closed_by_default(objects: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let all = |object: &&Value| {
        field(object, "kind") == "NetworkPolicy"
            && at(object, "/spec/podSelector").as_object().is_some_and(serde_json::Map::is_empty)
            && at(object, "/spec/policyTypes") == &serde_json::json!(["Ingress", "Egress"])
            && at(object, "/spec/ingress").is_null()
            && at(object, "/spec/egress").is_null()
    };
    if !objects.iter().any(|object| all(&object)) {
        wrong.push("no NetworkPolicy denies everything by default".to_owned());
    }
    let enforced = "pod-security.kubernetes.io/enforce";
    if !objects.iter().any(|object| field(object, "kind") == "Namespace" && field(at(object, "/metadata/labels"), enforced) == "restricted")
    {
        wrong.push(format!("the Namespace should have {enforced}: restricted"));
    }
    for policy in objects.iter().filter(|object| field(object, "kind") == "NetworkPolicy") {
        for direction in ["ingress", "egress"] {
            if list(field(field(policy, "spec"), direction)).any(|rule| rule.as_object().is_some_and(serde_json::Map::is_empty)) {
                wrong.push(format!("{}: an empty {direction} rule lets everything through", title(policy)));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::kustomize;
    use super::*;

    fn base() -> Vec<Value> {
        kustomize::render(&crate::paths::root().join("k8s/base"), &mut BTreeSet::new()).unwrap()
    }

    /// What the rules say when one field of one object of the base is changed.
    fn after(kind: &str, name: &str, pointer: &str, value: Value) -> String {
        let mut objects = base();
        let object = objects.iter_mut().find(|object| object["kind"] == kind && object["metadata"]["name"] == name).unwrap();
        *object.pointer_mut(pointer).unwrap() = value;
        broken(&objects).join("\n")
    }

    #[test]
    fn the_base_keeps_the_rules() {
        assert_eq!(broken(&base()), Vec::<String>::new());
    }

    #[test]
    fn each_demand_is_missed_when_it_is_not_met() {
        for (pointer, _) in demanded() {
            let said = after("Deployment", "routing", &format!("/spec/template/spec{pointer}"), "otherwise".into());
            assert!(said.contains(pointer), "{pointer}: {said}");
        }
    }

    #[test]
    fn what_does_not_fit_is_found() {
        let selector = "/spec/selector/matchLabels";
        assert!(after("PodDisruptionBudget", "intake", selector, serde_json::json!({})).contains("PodDisruptionBudget"));
        let other = serde_json::json!({"app.kubernetes.io/name": "desk"});
        assert!(after("Service", "intake", "/spec/selector", other).contains("Service"));
        assert!(after("Service", "desk", "/spec/ports/0/targetPort", "nowhere".into()).contains("nowhere"));
        assert!(after("Deployment", "desk", "/spec/template/spec/terminationGracePeriodSeconds", 44.into()).contains("ZEEF_DRAIN_SECONDS"));
        assert!(after("ConfigMap", "zeef", "/data/ZEEF_DRAIN_SECONDS", "60".into()).contains("ZEEF_DRAIN_SECONDS"));
        assert!(after("ConfigMap", "zeef", "/data/ZEEF_NATS_REPLICAS", "1".into()).contains("ZEEF_NATS_REPLICAS"));
        assert!(after("ConfigMap", "zeef", "/metadata/name", "other".into()).contains("ConfigMap zeef"));
        let args = serde_json::json!(["serve", "intake"]);
        assert!(after("Deployment", "routing", "/spec/template/spec/containers/0/args", args).contains("serve routing"));
    }

    #[test]
    fn a_missing_object_and_an_open_door_are_found() {
        let without: Vec<Value> = base().into_iter().filter(|object| title(object) != "NetworkPolicy/aftercare").collect();
        assert!(broken(&without).contains(&"NetworkPolicy/aftercare is missing".to_owned()));
        assert!(after("NetworkPolicy", "default-deny", "/spec/policyTypes", serde_json::json!(["Ingress"])).contains("denies everything"));
        assert!(after("NetworkPolicy", "desk", "/spec/egress/0", serde_json::json!({})).contains("lets everything through"));
    }
}
