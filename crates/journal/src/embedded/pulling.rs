//! A durable consumer: hands out commits until each is acknowledged. Shared by all who pull under the same name.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{committer::Op, ranges::Taken, store::Stream};
use crate::{
    locks::lock,
    log::{Delivery, Handle, Record},
};

/// So many are handed to one puller at a time.
const BATCH: usize = 512;
/// What was taken in is stored this long after it was; a crash in between delivers again.
const SAVE_AFTER: Duration = Duration::from_millis(100);

pub(super) struct Pulling {
    /// Follower and source, as stored.
    key: Vec<u8>,
    ack_wait: Duration,
    state: Mutex<State>,
    wake: Notify,
    saving: AtomicBool,
    ops: mpsc::Sender<Op>,
}

#[derive(Default)]
struct State {
    taken: Taken,
    /// The next one that was never handed out.
    next: u64,
    window: usize,
    /// Handed out and not acknowledged: how often, and when it is due again.
    out: HashMap<u64, (u64, Instant)>,
    due: BTreeSet<(Instant, u64)>,
}

impl Pulling {
    pub fn new(key: Vec<u8>, stored: &[u8], ack_wait: Duration, ops: mpsc::Sender<Op>) -> Self {
        let taken = Taken::decode(stored);
        let state = State { next: taken.floor() + 1, taken, ..State::default() };
        Self { key, ack_wait, state: Mutex::new(state), wake: Notify::new(), saving: AtomicBool::new(false), ops }
    }

    /// What to store.
    pub fn save(&self) -> (Vec<u8>, Vec<u8>) {
        self.saving.store(false, Ordering::Release);
        (self.key.clone(), lock(&self.state).taken.encode())
    }

    /// Hands out what is due, then what is new; and says when to look again.
    fn take(&self, end: u64) -> (Vec<(u64, u64)>, Option<Instant>) {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let again = now + self.ack_wait;
        let mut taken = Vec::new();
        while taken.len() < BATCH
            && let Some(&(due, sequence)) = state.due.first()
            && due <= now
        {
            state.due.pop_first();
            state.due.insert((again, sequence));
            let attempt = state.out.get(&sequence).map_or(1, |(attempt, _)| attempt + 1);
            state.out.insert(sequence, (attempt, again));
            taken.push((sequence, attempt));
        }
        while taken.len() < BATCH && state.out.len() < state.window && state.next <= end {
            let sequence = state.next;
            state.next += 1;
            if !state.taken.contains(sequence) {
                state.out.insert(sequence, (1, again));
                state.due.insert((again, sequence));
                taken.push((sequence, 1));
            }
        }
        (taken, state.due.first().map(|(due, _)| *due))
    }

    fn ack(self: &Arc<Self>, sequence: u64) {
        let mut state = lock(&self.state);
        if let Some((_, due)) = state.out.remove(&sequence) {
            state.due.remove(&(due, sequence));
        }
        let full = state.out.len() + 1 >= state.window;
        state.taken.insert(sequence);
        drop(state);
        if full {
            self.wake.notify_waiters();
        }
        if !self.saving.swap(true, Ordering::AcqRel) {
            let pulling = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(SAVE_AFTER).await;
                // A closed store saves by itself.
                drop(pulling.ops.send(Op::Save(Arc::clone(&pulling))));
            });
        }
    }

    fn nak(&self, sequence: u64, delay: Duration) {
        let mut state = lock(&self.state);
        let due = Instant::now() + delay;
        if let Some((attempt, before)) = state.out.get(&sequence).copied() {
            state.due.remove(&(before, sequence));
            state.due.insert((due, sequence));
            state.out.insert(sequence, (attempt, due));
        }
        drop(state);
        self.wake.notify_waiters();
    }

    /// Deliveries until the store is closed. `stream` is held weakly, so that a puller does not keep the store open.
    pub fn deliveries(self: &Arc<Self>, stream: &Arc<Stream>, window: usize) -> BoxStream<'static, Delivery> {
        lock(&self.state).window = window.max(1);
        let puller = Puller { pulling: Arc::clone(self), end: stream.watch(), stream: Arc::downgrade(stream), ready: VecDeque::new() };
        stream::unfold(puller, |mut puller| async move { puller.next().await.map(|delivery| (delivery, puller)) }).boxed()
    }
}

/// One who pulls.
struct Puller {
    pulling: Arc<Pulling>,
    stream: Weak<Stream>,
    end: watch::Receiver<u64>,
    ready: VecDeque<(Record, u64)>,
}

impl Puller {
    async fn next(&mut self) -> Option<Delivery> {
        loop {
            if let Some((record, attempt)) = self.ready.pop_front() {
                let handle = Box::new(Settling { pulling: Arc::clone(&self.pulling), sequence: record.sequence });
                return Some(Delivery { record, attempt, handle });
            }
            let pulling = Arc::clone(&self.pulling);
            let woken = pulling.wake.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            let end = *self.end.borrow_and_update();
            let (taken, due) = pulling.take(end);
            if taken.is_empty() {
                let due = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
                tokio::select! {
                    () = woken => {}
                    changed = self.end.changed() => changed.ok()?,
                    () = tokio::time::sleep_until(due) => {}
                }
            } else {
                self.fetch(&taken)?;
            }
        }
    }

    /// Reads what was handed out. What cannot be read stays unacknowledged, and is due again later.
    fn fetch(&mut self, taken: &[(u64, u64)]) -> Option<()> {
        let stream = self.stream.upgrade()?;
        // New ones are mostly in a row and in memory.
        let first = taken.first().map_or(0, |(sequence, _)| *sequence);
        let mut row = stream.recent(first.saturating_sub(1), taken.len()).unwrap_or_default().into_iter().peekable();
        for &(sequence, attempt) in taken {
            while row.next_if(|record| record.sequence < sequence).is_some() {}
            let found = match row.next_if(|record| record.sequence == sequence) {
                Some(record) => Ok(Some(record)),
                None => stream.at(sequence),
            };
            match found {
                Ok(Some(record)) => self.ready.push_back((record, attempt)),
                Ok(None) => self.pulling.ack(sequence),
                Err(error) => tracing::error!(%error, sequence, "a commit cannot be read for delivery"),
            }
        }
        Some(())
    }
}

impl Drop for Puller {
    /// What was not yet handed on goes to the others at once.
    fn drop(&mut self) {
        for (record, _) in self.ready.drain(..) {
            self.pulling.nak(record.sequence, Duration::ZERO);
        }
    }
}

struct Settling {
    pulling: Arc<Pulling>,
    sequence: u64,
}

#[async_trait]
impl Handle for Settling {
    async fn ack(&self) {
        self.pulling.ack(self.sequence);
    }
    async fn nak(&self, delay: Duration) {
        self.pulling.nak(self.sequence, delay);
    }
}
