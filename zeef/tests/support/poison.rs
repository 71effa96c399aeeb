//! Damaged reports of one municipality: commits that nobody can decode.

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use journal::{
    Appended, Encoded, Journal, Subject,
    commit::{Concern, Envelope},
};
use kernel::{Key, ids::new_uuid};

/// So many accepted reports of a municipality, each for a case of its own, with a damaged payload.
pub async fn append(journal: &dyn Journal, gemeente: &str, many: usize) {
    stream::iter(0..many).for_each_concurrent(256, |_| append_one(journal, gemeente)).await;
}

async fn append_one(journal: &dyn Journal, gemeente: &str) {
    let now = Timestamp::now();
    let key = |id| Key::new(gemeente.parse().unwrap(), id);
    let subject = Subject::new("intake", key(new_uuid(now)));
    let damaged = [Encoded { name: "SignalAccepted", version: 1, bytes: vec![0xff; 200] }];
    let envelope = Envelope {
        commit_id: new_uuid(now),
        request_id: new_uuid(now),
        actor: "test".to_owned(),
        cause: None,
        hops: 0,
        happened_at: now,
        recorded_at: now,
        types: vec![("SignalAccepted".to_owned(), 1)],
        previous: None,
        concerns: vec![Concern { subject: Subject::new("routing", key(new_uuid(now))), previous_for: None }],
        taken_in: Vec::new(),
        trace: None,
    };
    let outcome = journal.append(&subject, 0, envelope.encode(&subject, &damaged).0).await;
    assert!(matches!(outcome, Appended::At(_)), "{outcome:?}");
}
