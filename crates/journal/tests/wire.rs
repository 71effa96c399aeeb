//! The running rooms of a service: whose delivery goes first.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use journal::{
    Commit, Journal, Request, Rows, Runtime, View, Views,
    embedded::Embedded,
    testing::{
        doors::{Ask, Emitted, Source, TARGET, Target, Turn, process},
        wait,
    },
    wire,
};
use kernel::{Key, RequestId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

struct NoRows;
impl View for NoRows {
    type Context = Target;
    fn apply(&self, _: &mut Rows<'_>, _: Key, _: &Commit, _: &[Turn]) {}
}

fn key(gemeente: &str) -> Key {
    Key::new(gemeente.parse().unwrap(), Uuid::now_v7())
}

/// So many commits of a municipality, each for a door of its own.
async fn emit(emitting: &Runtime<Source<0>>, gemeente: &str, many: usize) {
    let one = |_| async {
        let request = Request::new(RequestId::from_uuid(Uuid::now_v7()), "test");
        emitting.execute(key(gemeente), request, Emitted { ask: Ask::Open, targets: vec![key(gemeente)] }).await.unwrap();
    };
    stream::iter(0..many).map(one).buffer_unordered(256).collect::<Vec<()>>().await;
}

/// Whose the target's first commits are, in the order of its stream.
async fn made(journal: &Embedded, many: usize) -> Vec<String> {
    let mut commits = journal.follow(TARGET, 0).await;
    let mut made = Vec::new();
    while made.len() < many {
        made.push(wait::next("a commit", &mut commits).await.subject.key().gemeente.to_string());
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_behind_anothers_file() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Embedded::open(dir.path()).unwrap();
    let emitting = process::<Source<0>>(Arc::clone(&journal) as Arc<dyn Journal>);
    let (file, few) = (5_000, 20);
    emit(&emitting, "9003", file).await;
    emit(&emitting, "9001", few).await;
    let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
    wire(&process::<Target>(Arc::clone(&journal) as Arc<dyn Journal>), &Views::new(NoRows), &token, &tracker);
    tracker.close();
    let made = made(&journal, file + few).await;
    token.cancel();
    tracker.wait().await;
    let last = made.iter().rposition(|gemeente| gemeente == "9001").unwrap();
    // Every second one is theirs, and some lanes are shared with what began before.
    assert!(last < file / 2, "the last of {few} was number {last} of {}", file + few);
}
