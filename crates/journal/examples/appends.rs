//! How many durable appends a second the embedded journal takes, and how long it opens: `appends [writers] [appends]`.
#![allow(clippy::unwrap_used, reason = "a measurement stops at the first failure")]

use std::{io::Write as _, sync::Arc, time::Instant};

use bytes::Bytes;
use futures::future::join_all;
use journal::{Appended, Journal, Subject, embedded::Embedded};
use kernel::Key;
use uuid::Uuid;

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (writers, appends) = (numbers.next().unwrap_or(256), numbers.next().unwrap_or(200_000));
    let dir = tempfile::tempdir().unwrap();
    let journal = Embedded::open(dir.path()).unwrap();
    let started = Instant::now();
    join_all((0..writers).map(|_| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            for _ in 0..appends / writers / 4 {
                let subject = Subject::new("intake", Key::new("0000".parse().unwrap(), Uuid::now_v7()));
                let mut last = 0;
                // Four commits on each aggregate.
                for _ in 0..4 {
                    let Appended::At(at) = journal.append(&subject, last, Bytes::from(vec![7; 400])).await else { return };
                    last = at;
                }
            }
        })
    }))
    .await;
    let (took, stored) = (started.elapsed(), journal.end("intake").await.unwrap());
    drop(journal);
    let opening = Instant::now();
    let journal = Embedded::open(dir.path()).unwrap();
    let opened = opening.elapsed();
    assert_eq!(journal.end("intake").await.unwrap(), stored);
    let rate = stored as f64 / took.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(out, "{stored} durable appends by {writers} writers in {took:.2?}: {rate:.0}/s; opened again in {opened:.2?}").unwrap();
}
