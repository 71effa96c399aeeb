//! The one writer: takes what is waiting as a group, writes it, makes it durable with one fsync, then tells everyone.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use bytes::Bytes;
use kernel::Key;
use tokio::sync::oneshot;

use super::{
    fsync::Fsync,
    pieces::{PIECE, Packs},
    pulling::Pulling,
    store::{Store, Stream, head},
    values::{Change, Changes},
};
use crate::{
    keyed::KeyedError,
    log::{Appended, Record, Subject},
};

/// The most operations that share one fsync.
const MOST: usize = 1024;
/// And the most that they weigh, in bytes, the last one apart: 32 inserts of a pack or a piece. With each, sled may write the leaf that it
/// stands in and another one that is in its way, some 150 KiB of its log: all of them are less than a segment
/// ([`SEGMENT_BYTES`](super::SEGMENT_BYTES)).
const HEAVIEST: usize = 32 * PIECE;
/// What it weighs to take a value out: its pack is written again, or its pieces, 32 at most, are removed.
const TAKEN_OUT: usize = 4 * PIECE;
/// After a group of at least so many, the next one gathers a little longer: who writes so much waits for an fsync anyway, and
/// fewer of them leave more of the machine to the rest. Who writes alone never waits.
const BUSY: usize = 16;
const GATHER: Duration = Duration::from_micros(500);

/// What the committer can be asked.
pub(super) enum Op {
    Append {
        subject: Subject,
        expected: u64,
        payload: Bytes,
        answer: oneshot::Sender<Appended>,
    },
    Keyed {
        name: Vec<u8>,
        change: Change,
        answer: oneshot::Sender<Result<u64, KeyedError>>,
    },
    /// What a durable consumer has taken in: nobody waits for it.
    Save(Arc<Pulling>),
    /// The last one: write, make durable, end.
    Close,
}

impl Op {
    /// The bytes of what it has written, about.
    fn weight(&self) -> usize {
        match self {
            Self::Append { payload, .. } => payload.len(),
            Self::Keyed { name, change: Change::Create(value), .. } => name.len() + value.len(),
            Self::Keyed { name, change: Change::Update(_, value), .. } => name.len() + value.len() + TAKEN_OUT,
            Self::Keyed { change: Change::Purge, .. } => TAKEN_OUT,
            Self::Save(_) => PIECE,
            Self::Close => 0,
        }
    }
}

pub(super) struct Committer {
    pub store: Arc<Store>,
    pub fsync: Box<dyn Fsync>,
    pub revision: u64,
    /// Set by the first write or fsync that failed: what is on the medium is unknown from then on, until a restart.
    pub broken: bool,
}

/// What a group adds to one context.
struct Added {
    stream: Arc<Stream>,
    packs: Packs,
    records: Vec<Record>,
    last: HashMap<Key, u64>,
    end: u64,
}

/// An answer that waits for the group to be durable.
enum Answer {
    Append(oneshot::Sender<Appended>, Appended),
    Keyed(oneshot::Sender<Result<u64, KeyedError>>, Result<u64, KeyedError>),
}

impl Committer {
    /// Works until the last sender is gone or says so.
    pub fn run(mut self, ops: &mpsc::Receiver<Op>) {
        let mut group = Vec::with_capacity(MOST);
        let (mut open, mut busy) = (true, false);
        while open {
            let Ok(first) = ops.recv() else { break };
            let mut weight = first.weight();
            group.push(first);
            if busy {
                thread::sleep(GATHER);
            }
            while weight < HEAVIEST
                && group.len() < MOST
                && let Ok(op) = ops.try_recv()
            {
                weight += op.weight();
                group.push(op);
            }
            busy = group.len() >= BUSY;
            open = !group.iter().any(|op| matches!(op, Op::Close));
            self.commit(&mut group);
        }
    }

    fn commit(&mut self, group: &mut Vec<Op>) {
        let mut added: BTreeMap<String, Added> = BTreeMap::new();
        let mut changes = Changes::default();
        let mut consumers = Vec::new();
        let mut answers = Vec::new();
        let mut writes = false;
        for op in group.drain(..) {
            match op {
                Op::Append { subject, expected, payload, answer } => {
                    let outcome = if self.broken { Appended::Unavailable } else { self.append(&mut added, subject, expected, payload) };
                    writes |= matches!(outcome, Appended::At(_));
                    answers.push(Answer::Append(answer, outcome));
                }
                Op::Keyed { name, change, answer } => {
                    let outcome = if self.broken { Err(broken()) } else { self.change(&mut changes, name, change) };
                    writes |= outcome.is_ok();
                    answers.push(Answer::Keyed(answer, outcome));
                }
                Op::Save(pulling) => {
                    consumers.push(pulling.save());
                    writes |= !self.broken;
                }
                Op::Close => {}
            }
        }
        if writes
            && !self.broken
            && let Err(error) = self.write(&mut added, &mut changes, consumers)
        {
            self.breaks(&error);
        }
        // A group that failed may be on the medium or not, in part or whole: it is never shown.
        let durable = !(writes && self.broken);
        if !self.broken {
            for added in added.values_mut() {
                added.stream.publish(std::mem::take(&mut added.records));
            }
            self.store.values.publish(changes);
        }
        for answer in answers {
            // Who no longer waits has been told "unknown" already.
            match answer {
                Answer::Append(to, outcome) => drop(to.send(if durable { outcome } else { Appended::Unknown })),
                Answer::Keyed(to, outcome) => drop(to.send(if durable { outcome } else { Err(KeyedError::Unknown) })),
            }
        }
        if !self.broken {
            // After the answers: who waits for one goes before those who follow.
            added.values().for_each(|added| added.stream.tell());
        }
    }

    fn breaks(&mut self, error: &dyn std::error::Error) {
        self.broken = true;
        tracing::error!(%error, "the store could not be written or synced: nothing more is accepted until a restart");
    }

    fn write(&self, added: &mut BTreeMap<String, Added>, values: &mut Changes, consumers: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), Failed> {
        let commits = added.values_mut().map(|added| (&*added.stream, std::mem::take(&mut added.packs)));
        self.store.apply(commits, values, consumers)?;
        self.store.db.flush()?;
        Ok(self.fsync.fsync()?)
    }

    fn append(&self, added: &mut BTreeMap<String, Added>, subject: Subject, expected: u64, payload: Bytes) -> Appended {
        if !added.contains_key(subject.context()) {
            let stream = match self.store.stream(subject.context()) {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::error!(%error, "a context's stream cannot be opened");
                    return Appended::Unavailable;
                }
            };
            let end = stream.end();
            let fresh = Added { stream, packs: Packs::default(), records: Vec::new(), last: HashMap::new(), end };
            added.insert(subject.context().to_owned(), fresh);
        }
        let Some(added) = added.get_mut(subject.context()) else { return Appended::Unavailable };
        let key = subject.key();
        let last = added.last.get(&key).copied().unwrap_or_else(|| added.stream.last(&key));
        if last != expected {
            return Appended::Conflict;
        }
        added.end += 1;
        let record = Record { sequence: added.end, subject, payload };
        added.packs.add(record.sequence, &head(&key, last), &record.payload);
        added.last.insert(key, added.end);
        added.records.push(record);
        Appended::At(added.end)
    }

    fn change(&mut self, changes: &mut Changes, name: Vec<u8>, change: Change) -> Result<u64, KeyedError> {
        let revision = self.store.values.change(changes, name, change, self.revision + 1)?;
        self.revision = self.revision.max(revision);
        Ok(revision)
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("sled: {0}")]
    Sled(#[from] sled::Error),
    #[error("fsync: {0}")]
    Fsync(#[from] std::io::Error),
}

fn broken() -> KeyedError {
    KeyedError::Unavailable("the store failed before; restart".to_owned())
}
