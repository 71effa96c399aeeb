//! The values of the official NATS chart: the few on which the journal's promises rest.

use serde_json::{Value, json};

/// What must stand in the values, and why.
fn demanded() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/config/cluster/enabled", true.into(), "one server is no cluster"),
        ("/config/cluster/replicas", 3.into(), "streams have three replicas"),
        ("/config/jetstream/enabled", true.into(), "the journal is JetStream"),
        ("/config/jetstream/fileStore/enabled", true.into(), "the journal is on disk"),
        ("/config/jetstream/fileStore/pvc/enabled", true.into(), "the journal outlives a pod"),
        ("/config/jetstream/merge/sync_interval", "always".into(), "the default acknowledges up to two minutes before the fsync"),
        ("/podDisruptionBudget/enabled", true.into(), "a drain of nodes may not take the quorum"),
        ("/podTemplate/topologySpreadConstraints/kubernetes.io~1hostname/whenUnsatisfiable", json!("DoNotSchedule"), "one server per node"),
    ]
}

/// What is wrong with the values, one line each.
pub fn wrong_with(values: &Value) -> Vec<String> {
    let mut wrong: Vec<String> = demanded()
        .into_iter()
        .filter(|(pointer, value, _)| values.pointer(pointer) != Some(value))
        .map(|(pointer, value, why)| format!("{pointer} should be {value}: {why}"))
        .collect();
    if !values.pointer("/container/image/tag").and_then(Value::as_str).is_some_and(new_enough) {
        wrong.push("/container/image/tag should name a nats-server of 2.12 or newer".to_owned());
    }
    wrong
}

/// `2.14.2-alpine` and its likes.
fn new_enough(tag: &str) -> bool {
    let mut parts = tag.split(['.', '-']).map(str::parse::<u32>);
    matches!((parts.next(), parts.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= (2, 12))
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn values() -> Value {
        yaml::one(&crate::paths::root().join("k8s/nats/values.yaml")).unwrap()
    }

    #[test]
    fn ours_are_right_and_each_change_is_found() {
        assert_eq!(wrong_with(&values()), Vec::<String>::new());
        for (pointer, _, _) in demanded() {
            let mut changed = values();
            *changed.pointer_mut(pointer).unwrap() = json!("otherwise");
            assert_eq!(wrong_with(&changed).len(), 1, "{pointer}");
        }
    }

    #[test]
    fn an_old_server_is_found() {
        assert!(new_enough("2.12.0"));
        assert!(new_enough("2.14.2-alpine"));
        assert!(!new_enough("2.9.10"));
        assert!(!new_enough("latest"));
    }
}
