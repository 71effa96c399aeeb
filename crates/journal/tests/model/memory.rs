//! A journal in memory whose every answer may come late, get lost, or be about an append that lands much later.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use journal::{Appended, Delivery, Durable, Journal, Record, Subject, Unavailable};
use rand::{Rng, SeedableRng, rngs::StdRng};

thread_local! {
    /// The dice of the world that is running on this thread.
    pub static DICE: RefCell<StdRng> = RefCell::new(StdRng::seed_from_u64(0));
}

/// One throw: true in `percent` of a hundred.
pub fn chance(percent: u32) -> bool {
    DICE.with_borrow_mut(|dice| dice.random_range(0..100) < percent)
}
/// A number below `n`.
pub fn pick(n: usize) -> usize {
    DICE.with_borrow_mut(|dice| dice.random_range(0..n))
}

#[derive(Default)]
pub struct Stored {
    /// Streams; the sequence of a commit is its place, from 1.
    pub streams: BTreeMap<String, Vec<Record>>,
    /// Appends that were given up on and still may land.
    pub held: Vec<(Subject, u64, Bytes)>,
    /// Faults in percent.
    pub faults: u32,
    /// Subjects with an append in flight, per process: two at once break the adapter's contract.
    pub in_flight: BTreeSet<(usize, String)>,
    pub unknown: u64,
    /// What happens to the next appends, whatever the dice say.
    pub script: VecDeque<Fate>,
}

/// The scripted fate of an append whose answer never comes.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It stands, and nobody hears of it.
    Lands,
    /// It lands later, when the story says so.
    Held,
    /// It never lands.
    Lost,
}

/// A handle of one process on the shared store.
#[derive(Clone)]
pub struct Memory {
    pub stored: Arc<Mutex<Stored>>,
    pub process: usize,
}

struct Wait(bool);
impl Future for Wait {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
/// Lets others go first; here a crash can strike.
async fn turn() {
    Wait(false).await;
}

impl Stored {
    fn land(&mut self, subject: &Subject, expected: u64, payload: &Bytes) -> Option<u64> {
        let stream = self.streams.entry(subject.context().to_owned()).or_default();
        let newest = stream.iter().rev().find(|r| &r.subject == subject).map_or(0, |r| r.sequence);
        if newest != expected {
            return None;
        }
        let sequence = stream.len() as u64 + 1;
        stream.push(Record { sequence, subject: subject.clone(), payload: payload.clone() });
        Some(sequence)
    }
    /// A held append lands now, or proves impossible.
    pub fn land_held(&mut self, at: usize) {
        let (subject, expected, payload) = self.held.swap_remove(at);
        self.land(&subject, expected, &payload);
    }
}

impl Memory {
    fn with<T>(&self, f: impl FnOnce(&mut Stored) -> T) -> T {
        f(&mut self.stored.lock().unwrap())
    }
    async fn answer<T>(&self, read: impl FnOnce(&Stored) -> T) -> Result<T, Unavailable> {
        turn().await;
        if chance(self.with(|s| s.faults) / 2) {
            return Err(Unavailable("away".to_owned()));
        }
        let answer = self.with(|s| read(s));
        turn().await;
        Ok(answer)
    }
}

struct InFlight<'a>(&'a Memory, String);
impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let id = (self.0.process, self.1.clone());
        self.0.with(|s| s.in_flight.remove(&id));
    }
}

#[async_trait]
impl Journal for Memory {
    async fn append(&self, subject: &Subject, expected: u64, payload: Bytes) -> Appended {
        let name = subject.to_string();
        let first = self.with(|s| s.in_flight.insert((self.process, name.clone())));
        assert!(first, "two appends in flight on {name} in one process");
        let _guard = InFlight(self, name);
        turn().await;
        if let Some(fate) = self.with(|s| s.script.pop_front()) {
            self.with(|s| match fate {
                Fate::Lands => drop(s.land(subject, expected, &payload)),
                Fate::Held => s.held.push((subject.clone(), expected, payload)),
                Fate::Lost => {}
            });
            return Appended::Unknown;
        }
        if chance(self.with(|s| s.faults)) {
            return match pick(4) {
                0 => Appended::Unavailable,
                kind => {
                    self.with(|s| {
                        s.unknown += 1;
                        match kind {
                            1 => drop(s.land(subject, expected, &payload)),
                            2 => s.held.push((subject.clone(), expected, payload.clone())),
                            _ => {}
                        }
                    });
                    turn().await;
                    Appended::Unknown
                }
            };
        }
        let landed = self.with(|s| s.land(subject, expected, &payload));
        // Stored, and the process may die before it hears of it.
        turn().await;
        landed.map_or(Appended::Conflict, Appended::At)
    }
    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        self.answer(|s| s.streams.get(subject.context()).and_then(|st| st.iter().rev().find(|r| &r.subject == subject).cloned())).await
    }
    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        self.answer(|s| s.streams.get(context).and_then(|st| st.get(usize::try_from(sequence).unwrap() - 1).cloned())).await
    }
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        self.answer(|s| {
            let stream = s.streams.get(subject.context());
            stream.into_iter().flatten().filter(|r| &r.subject == subject && r.sequence > after).cloned().collect()
        })
        .await
    }
    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        self.answer(|s| s.streams.get(context).map_or(0, Vec::len) as u64).await
    }
    /// What is there now, and no more.
    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        let stored = self.stored.lock().unwrap();
        let records = stored.streams.get(context).into_iter().flatten().filter(|record| record.sequence > after).cloned();
        stream::iter(records.collect::<Vec<_>>()).boxed()
    }
    async fn deliveries(&self, _: &Durable, _: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        unreachable!("worlds deliver by themselves")
    }
}
