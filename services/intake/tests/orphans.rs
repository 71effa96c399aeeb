//! The sweep of vault records that no commit names, over the embedded store and over NATS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what is wrong by a panic")]

use std::collections::BTreeSet;

use intake::{
    keys::VaultKeys,
    orphans::Sweep,
    vault::{Household, KeyFile, Stage, Vault, WrittenFor},
};
use jiff::{SignedDuration, Timestamp};
use journal::{
    Appended, Encoded, Journal, Subject,
    commit::Envelope,
    testing::{conformance::World, embedded::EmbeddedWorld, nats::NatsWorld},
};
use kernel::{Key, ids::new_uuid};
use prost::Message;
use proto::{court_liaison::v1 as court, intake::v1 as pb};
use uuid::Uuid;

fn at(day: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
}

/// A commit of another context that names a record.
async fn commit(journal: &dyn Journal, context: &'static str, name: &'static str, bytes: Vec<u8>) {
    let (now, key) = (Timestamp::now(), Key::new("9001".parse().unwrap(), Uuid::now_v7()));
    let subject = Subject::new(context, key);
    let envelope = Envelope {
        commit_id: new_uuid(now),
        request_id: new_uuid(now),
        actor: "somebody".into(),
        cause: None,
        hops: 0,
        happened_at: now,
        recorded_at: now,
        types: vec![(name.to_owned(), 1)],
        previous: None,
        concerns: Vec::new(),
        taken_in: Vec::new(),
        trace: None,
    };
    let (payload, _) = envelope.encode(&subject, &[Encoded { name, version: 1, bytes }]);
    assert!(matches!(journal.append(&subject, 0, payload).await, Appended::At(_)));
}

async fn nobody_needs_it_and_then_somebody_does(world: &impl World) {
    let (dir, journal) = (tempfile::tempdir().unwrap(), world.journal());
    let keys = dir.path().join("vault.key");
    let vault = Vault::new(world.keyed(), VaultKeys::open(&keys, true).unwrap(), KeyFile::new(keys));
    vault.prepare().await.unwrap();
    let file = Key::new("9001".parse().unwrap(), Uuid::now_v7());
    let person = Some(pb::Person { surname: "Verzonnen".into(), ..Default::default() });
    let [orphan, late, text, anew] = [(); 4].map(|()| Uuid::now_v7());
    let written_for = WrittenFor { file, request: Uuid::now_v7() };
    for id in [orphan, late, text, anew] {
        vault.keep(id, &Household { person: person.clone(), ..Default::default() }, written_for).await.unwrap();
    }
    let mut sweep = Sweep::default();
    let mut look = async |day: i64| sweep.sweep(journal.as_ref(), &vault, &BTreeSet::new(), at(day)).await.unwrap();
    assert_eq!(look(0).await.get(&Stage::Seen), Some(&4));
    assert_eq!(look(29).await.get(&Stage::Seen), Some(&4));
    assert_eq!(look(30).await.get(&Stage::Marked), Some(&4));

    // Between the mark and the end: a commit of the court's that lands late, one of a kind that this binary never heard of, and somebody
    // who asks the same again.
    let opened = court::TrackOpened { vault_id: late.as_bytes().to_vec(), ..Default::default() };
    commit(journal.as_ref(), "court-liaison", "TrackOpened", opened.encode_to_vec()).await;
    let unheard_of = court::TrackOpened { file_key: text.to_string(), ..Default::default() };
    commit(journal.as_ref(), "outreach", "NoteWritten", unheard_of.encode_to_vec()).await;
    vault.keep(anew, &Household { person: person.clone(), ..Default::default() }, written_for).await.unwrap();

    let stages = look(37).await;
    assert_eq!((stages.get(&Stage::Swept), stages.get(&Stage::Seen)), (Some(&1), Some(&1)), "{stages:?}");
    for (id, stays) in [(orphan, false), (late, true), (text, true), (anew, true)] {
        assert_eq!(vault.open(id).await.unwrap().is_some(), stays, "{id}");
    }
    assert_eq!(look(66).await.get(&Stage::Seen), Some(&1), "whoever asked again has thirty days again");
    // A restart forgets nothing: the marks are in the records, the names in the journal.
    let again = Sweep::default().sweep(journal.as_ref(), &vault, &BTreeSet::new(), at(67)).await.unwrap();
    assert_eq!((again.get(&Stage::Marked), again.len()), (Some(&1), 1), "{again:?}");
    let told = vault.orphans(vault.all().await.unwrap()).await.unwrap();
    let told: BTreeSet<_> = told.iter().map(|one| (one.record, one.stage)).collect();
    assert_eq!(told, BTreeSet::from([(orphan, Stage::Swept), (anew, Stage::Marked)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_is_swept_and_what_a_commit_names_is_not_over_the_embedded_store() {
    nobody_needs_it_and_then_somebody_does(&EmbeddedWorld::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_is_swept_and_what_a_commit_names_is_not_over_nats() {
    nobody_needs_it_and_then_somebody_does(&NatsWorld::one().await).await;
}
