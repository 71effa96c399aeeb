//! What the storage underneath can do at most, measured in the same run with payloads of the same size.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::jetstream::{
    self,
    message::PublishMessage,
    stream::{Config, DiscardPolicy, StorageType},
};
use futures::{StreamExt as _, stream};
use journal::{Appended, Journal, Subject, embedded::Embedded};
use kernel::Key;
use tokio_util::bytes::Bytes;
use uuid::Uuid;

use super::report::Times;

/// Publishes on their way at a time; more than this does not help.
const PIPELINE: usize = 1024;

/// A stream like those of the contexts, under another name.
async fn stream_like_ours(url: &str, replicas: usize) -> jetstream::Context {
    let client = async_nats::connect(url.split(',').collect::<Vec<_>>()).await.expect("nats-server answers");
    let context = jetstream::context::ContextBuilder::new().timeout(Duration::from_secs(10)).build(client);
    let config = Config {
        name: "FLOOR".to_owned(),
        subjects: vec!["floor.>".to_owned()],
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: replicas,
        deny_delete: true,
        ..Config::default()
    };
    for _ in 0..100 {
        if context.get_or_create_stream(config.clone()).await.is_ok() {
            return context;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("no stream for the floor");
}

/// Raw publishes on a server, each the first message of a subject of its own, as a commit is: with the expectation that
/// nothing is there.
pub struct Raw {
    context: jetstream::Context,
    payload: Bytes,
}

impl Raw {
    /// Publishes of this size.
    pub async fn on(url: &str, replicas: usize, payload: usize) -> Self {
        Self { context: stream_like_ours(url, replicas).await, payload: Bytes::from(vec![b'z'; payload]) }
    }

    /// One, until it is acknowledged.
    pub async fn publish(&self) {
        let message = PublishMessage::build().payload(self.payload.clone()).expected_last_subject_sequence(0);
        let subject = format!("floor.{}", Uuid::now_v7().simple());
        self.context.send_publish(subject, message).await.expect("sent").await.expect("acknowledged");
    }

    /// So many, pipelined: how many a second.
    pub async fn per_second(&self, many: u64) -> f64 {
        let begun = Instant::now();
        stream::iter(0..many).for_each_concurrent(PIPELINE, |_| self.publish()).await;
        many as f64 / begun.elapsed().as_secs_f64()
    }
}

/// Durable appends per second through the embedded adapter with so many writers, and one writer's times.
pub async fn embedded(dir: &Path, payload: usize, writers: u64, each: u64) -> (f64, Times) {
    let journal = Embedded::open(dir).expect("opens");
    let payload = Bytes::from(vec![b'z'; payload]);
    let new = || Subject::new("floor", Key::new("0000".parse().expect("a code"), Uuid::now_v7()));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..writers {
        let (journal, payload) = (Arc::clone(&journal), payload.clone());
        tasks.spawn(async move {
            for _ in 0..each {
                let outcome = journal.append(&new(), 0, payload.clone()).await;
                assert!(matches!(outcome, Appended::At(_)), "{outcome:?}");
            }
        });
    }
    tasks.join_all().await;
    let per_second = (writers * each) as f64 / begun.elapsed().as_secs_f64();
    let times = Times::of(0..1_000, async |_| {
        let outcome = journal.append(&new(), 0, payload.clone()).await;
        assert!(matches!(outcome, Appended::At(_)), "{outcome:?}");
    })
    .await;
    (per_second, times)
}

/// A plain loop: so many writes, then one fdatasync for all of them; how many writes a second.
pub fn write_and_sync(dir: &Path, payload: usize, many: usize, together: usize) -> f64 {
    let mut file = File::create(dir.join("plain")).expect("a file");
    let payload = vec![b'z'; payload];
    let begun = Instant::now();
    for _ in 0..many / together {
        (0..together).try_for_each(|_| file.write_all(&payload)).and_then(|()| file.sync_data()).expect("written");
    }
    many as f64 / begun.elapsed().as_secs_f64()
}
