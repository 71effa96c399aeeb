//! How streams and consumers must be set, and what is wrong with one that is set otherwise. Servers drop settings they
//! do not know without a word, so what they answer is read, never what was asked.

use std::{fmt::Debug, time::Duration};

use async_nats::jetstream::{
    consumer::{self, AckPolicy, DeliverPolicy, ReplayPolicy, pull},
    stream::{Config, DiscardPolicy, PersistenceMode, RetentionPolicy, StorageType},
};

use crate::log::Durable;

/// The stream of a context: on disk, without limits, nothing deleted one by one, no reads from replicas.
pub(super) fn stream(context: &str, replicas: usize) -> Config {
    Config {
        name: context.to_uppercase(),
        subjects: vec![format!("zeef.{context}.>")],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: replicas,
        max_messages: -1,
        max_bytes: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        max_message_size: -1,
        max_age: Duration::ZERO,
        deny_delete: true,
        ..Config::default()
    }
}

/// What the names of the streams under buckets begin with.
pub(super) const BUCKETS: &str = "KV_zeef-";

/// The stream under a bucket of the keyed store: the newest value per key.
pub(super) fn bucket(bucket: &str, replicas: usize) -> Config {
    Config {
        name: format!("{BUCKETS}{bucket}"),
        subjects: vec![format!("$KV.zeef-{bucket}.>")],
        max_messages_per_subject: 1,
        // A purge replaces the value by a mark that it is gone.
        allow_rollup: true,
        ..stream("bucket", replicas)
    }
}

/// The durable consumer of a follower: everything, explicitly acknowledged, for ever.
pub(super) fn durable(durable: &Durable, window: usize, ack_wait: Duration) -> pull::Config {
    pull::Config {
        durable_name: Some(name(durable)),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        replay_policy: ReplayPolicy::Instant,
        ack_wait,
        max_deliver: -1,
        max_ack_pending: i64::try_from(window).unwrap_or(i64::MAX),
        ..pull::Config::default()
    }
}

/// The name of a durable consumer.
pub(super) fn name(durable: &Durable) -> String {
    format!("{}-{}", durable.follower, durable.source)
}

/// What differs, for a person to read.
#[derive(Default)]
struct Wrong(Vec<String>);
impl Wrong {
    fn unless_equal<T: PartialEq + Debug>(&mut self, setting: &str, must: &T, is: &T) {
        if must != is {
            self.0.push(format!("{setting} is {is:?}, must be {must:?}"));
        }
    }
}

/// What is wrong with a stream as the server has it.
pub(super) fn wrong_stream(must: &Config, is: &Config) -> Vec<String> {
    let mut wrong = Wrong::default();
    let unlimited = |limit: i64| if limit == 0 { -1 } else { limit };
    wrong.unless_equal("subjects", &must.subjects, &is.subjects);
    wrong.unless_equal("retention", &must.retention, &is.retention);
    wrong.unless_equal("storage", &must.storage, &is.storage);
    wrong.unless_equal("num_replicas", &must.num_replicas, &is.num_replicas);
    wrong.unless_equal("discard", &must.discard, &is.discard);
    wrong.unless_equal("discard_new_per_subject", &must.discard_new_per_subject, &is.discard_new_per_subject);
    wrong.unless_equal("max_msgs", &must.max_messages, &unlimited(is.max_messages));
    wrong.unless_equal("max_bytes", &must.max_bytes, &unlimited(is.max_bytes));
    wrong.unless_equal("max_msgs_per_subject", &must.max_messages_per_subject, &unlimited(is.max_messages_per_subject));
    wrong.unless_equal("max_consumers", &i64::from(must.max_consumers), &unlimited(i64::from(is.max_consumers)));
    wrong.unless_equal("max_msg_size", &i64::from(must.max_message_size), &unlimited(i64::from(is.max_message_size)));
    wrong.unless_equal("max_age", &must.max_age, &is.max_age);
    wrong.unless_equal("deny_delete", &must.deny_delete, &is.deny_delete);
    wrong.unless_equal("deny_purge", &must.deny_purge, &is.deny_purge);
    wrong.unless_equal("allow_rollup_hdrs", &must.allow_rollup, &is.allow_rollup);
    wrong.unless_equal("allow_direct", &must.allow_direct, &is.allow_direct);
    wrong.unless_equal("mirror_direct", &must.mirror_direct, &is.mirror_direct);
    wrong.unless_equal("no_ack", &must.no_ack, &is.no_ack);
    wrong.unless_equal("sealed", &must.sealed, &is.sealed);
    wrong.unless_equal("mirror", &must.mirror, &is.mirror);
    wrong.unless_equal("sources", &must.sources, &is.sources);
    wrong.unless_equal("republish", &must.republish, &is.republish);
    wrong.unless_equal("subject_transform", &must.subject_transform, &is.subject_transform);
    wrong.unless_equal("allow_msg_ttl", &must.allow_message_ttl, &is.allow_message_ttl);
    wrong.unless_equal("allow_msg_schedules", &must.allow_message_schedules, &is.allow_message_schedules);
    wrong.unless_equal("allow_msg_counter", &must.allow_message_counter, &is.allow_message_counter);
    let written = |mode: &Option<PersistenceMode>| *mode != Some(PersistenceMode::Async);
    wrong.unless_equal("persist_mode written before the acknowledgement", &true, &written(&is.persist_mode));
    wrong.0
}

/// What is wrong with a durable consumer as the server has it.
pub(super) fn wrong_consumer(must: &pull::Config, is: &consumer::Config) -> Vec<String> {
    let mut wrong = Wrong::default();
    wrong.unless_equal("durable_name", &must.durable_name, &is.durable_name);
    wrong.unless_equal("deliver_subject", &None, &is.deliver_subject);
    wrong.unless_equal("deliver_policy", &must.deliver_policy, &is.deliver_policy);
    wrong.unless_equal("ack_policy", &must.ack_policy, &is.ack_policy);
    wrong.unless_equal("replay_policy", &must.replay_policy, &is.replay_policy);
    wrong.unless_equal("ack_wait", &must.ack_wait, &is.ack_wait);
    wrong.unless_equal("max_deliver", &must.max_deliver, &is.max_deliver);
    wrong.unless_equal("max_ack_pending", &must.max_ack_pending, &is.max_ack_pending);
    wrong.unless_equal("filter_subject", &must.filter_subject, &is.filter_subject);
    wrong.unless_equal("filter_subjects", &must.filter_subjects, &is.filter_subjects);
    wrong.unless_equal("headers_only", &must.headers_only, &is.headers_only);
    wrong.unless_equal("rate_limit_bps", &must.rate_limit, &is.rate_limit);
    wrong.unless_equal("inactive_threshold", &must.inactive_threshold, &is.inactive_threshold);
    wrong.unless_equal("backoff", &must.backoff, &is.backoff);
    wrong.unless_equal("mem_storage", &must.memory_storage, &is.memory_storage);
    // 0: as many as the stream has.
    wrong.unless_equal("num_replicas", &must.num_replicas, &is.num_replicas);
    wrong.unless_equal("pause_until", &must.pause_until, &is.pause_until);
    wrong.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_setting_is_named() {
        let must = stream("court-liaison", 3);
        assert_eq!((must.name.as_str(), wrong_stream(&must, &must)), ("COURT-LIAISON", Vec::new()));
        let is = Config { max_age: Duration::from_secs(60), deny_delete: false, num_replicas: 1, ..must.clone() };
        let wrong = wrong_stream(&must, &is).join("; ");
        assert_eq!(wrong, "num_replicas is 1, must be 3; max_age is 60s, must be 0ns; deny_delete is false, must be true");
        assert!(wrong_stream(&must, &Config { max_messages: 0, max_consumers: 0, ..must.clone() }).is_empty());
    }
}
