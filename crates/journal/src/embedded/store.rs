//! What is stored and what may be seen of it. The committer writes; everyone else reads what it has published.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, RwLock},
};

use kernel::Key;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    pieces::{self, Packs, first_number},
    values::{Changes, Values},
};
use crate::{
    locks::{read, write},
    log::{Record, Subject, Unavailable},
};

/// The newest commits stay in memory, for those who follow closely: so many, and so many bytes, per context.
const TAIL_RECORDS: usize = 8192;
const TAIL_BYTES: usize = 8 * 1024 * 1024;

/// Before the payload: the sequence before on this subject, gemeentecode, id.
const HEAD: usize = 8 + 4 + 16;

impl From<sled::Error> for Unavailable {
    fn from(error: sled::Error) -> Self {
        Self(error.to_string())
    }
}

/// Everything in the one sled database.
pub(super) struct Store {
    pub db: sled::Db,
    pub consumers: sled::Tree,
    streams: RwLock<HashMap<String, Arc<Stream>>>,
    pub values: Values,
}

impl Store {
    pub fn new(db: sled::Db) -> Result<Self, sled::Error> {
        let (values, consumers) = (db.open_tree("values")?, db.open_tree("consumers")?);
        let store = Self { db, consumers, streams: RwLock::default(), values: Values::open(values)? };
        for tree in store.db.tree_names() {
            if let Some(context) = tree.strip_prefix(b"journal:").and_then(|c| std::str::from_utf8(c).ok()) {
                store.stream(context)?;
            }
        }
        Ok(store)
    }

    /// The stream of a context, made when it is not there.
    pub fn stream(&self, context: &str) -> Result<Arc<Stream>, sled::Error> {
        if let Some(stream) = read(&self.streams).get(context) {
            return Ok(Arc::clone(stream));
        }
        let mut streams = write(&self.streams);
        if let Some(stream) = streams.get(context) {
            return Ok(Arc::clone(stream));
        }
        let stream = Arc::new(Stream::open(context, self.db.open_tree(format!("journal:{context}"))?)?);
        streams.insert(context.to_owned(), Arc::clone(&stream));
        Ok(stream)
    }

    /// Writes a group. Nothing of it is seen before it is published.
    ///
    /// One insert after the other, for a batch of sled 0.34 shuts out every reader of the process. sled's log keeps their
    /// order, so a crash in between leaves a first part of them, and none of the group was acknowledged.
    pub fn apply<'a>(
        &self,
        commits: impl Iterator<Item = (&'a Stream, Packs)>,
        values: &mut Changes,
        consumers: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Result<(), sled::Error> {
        self.values.write(values)?;
        for (stream, packs) in commits {
            for (key, value) in packs.0 {
                stream.tree.insert(key, value)?;
            }
        }
        for (key, value) in consumers {
            self.consumers.insert(key, value)?;
        }
        Ok(())
    }
}

/// Before a commit's payload: the sequence before it on its subject, gemeentecode, id.
pub(super) fn head(key: &Key, previous: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let (before, rest) = head.split_at_mut(8);
    let (gemeente, id) = rest.split_at_mut(4);
    before.copy_from_slice(&previous.to_be_bytes());
    gemeente.copy_from_slice(key.gemeente.as_str().as_bytes());
    id.copy_from_slice(key.id.as_bytes());
    head
}

/// A pack's commits: sequence, and from its head on what is stored of it.
fn unpack(first: u64, mut pack: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (first..).map_while(move |sequence| {
        let stored = pack;
        let (length, rest) = pieces::after_head(stored, HEAD)?;
        pack = rest.get(length..).unwrap_or_default();
        Some((sequence, stored))
    })
}

/// The commits of one context.
pub(super) struct Stream {
    context: String,
    tree: sled::Tree,
    seen: RwLock<Seen>,
    end: watch::Sender<u64>,
}

/// What is durable, and so may be seen.
#[derive(Default)]
struct Seen {
    /// Newest sequence per aggregate; each commit points to the one before.
    last: HashMap<Key, u64>,
    /// The newest commits, without gaps up to the end.
    tail: VecDeque<Record>,
    tail_bytes: usize,
    end: u64,
}

impl Stream {
    /// Reads all commits once, for the index. Some half a million commits a second.
    fn open(context: &str, tree: sled::Tree) -> Result<Self, sled::Error> {
        let mut seen = Seen::default();
        pieces::each_pack(&tree, |first, pack| {
            for (sequence, stored) in unpack(first, pack) {
                if let Some(aggregate) = aggregate(stored) {
                    seen.end = sequence;
                    seen.last.insert(aggregate, sequence);
                }
            }
        })?;
        seen.last.shrink_to_fit();
        let end = watch::Sender::new(seen.end);
        Ok(Self { context: context.to_owned(), tree, seen: RwLock::new(seen), end })
    }

    /// The durable end, and its changes.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }
    /// The newest durable sequence.
    pub fn end(&self) -> u64 {
        read(&self.seen).end
    }
    /// The newest durable sequence on a subject; 0 when there is none.
    pub fn last(&self, key: &Key) -> u64 {
        read(&self.seen).last.get(key).copied().unwrap_or(0)
    }

    /// Shows durable commits to everyone who looks. Those who follow are told by [`Stream::tell`].
    pub fn publish(&self, records: Vec<Record>) {
        let mut seen = write(&self.seen);
        for record in records {
            seen.end = record.sequence;
            seen.last.insert(record.subject.key(), record.sequence);
            seen.tail_bytes += record.payload.len();
            seen.tail.push_back(record);
        }
        while seen.tail.len() > TAIL_RECORDS || seen.tail_bytes > TAIL_BYTES {
            let Some(oldest) = seen.tail.pop_front() else { break };
            seen.tail_bytes -= oldest.payload.len();
        }
    }

    /// Wakes those who follow.
    pub fn tell(&self) {
        self.end.send_replace(self.end());
    }

    /// One durable commit.
    pub fn at(&self, sequence: u64) -> Result<Option<Record>, Unavailable> {
        {
            let seen = read(&self.seen);
            if sequence == 0 || sequence > seen.end {
                return Ok(None);
            }
            if let Some(record) = seen.in_tail(sequence) {
                return Ok(Some(record.clone()));
            }
        }
        Ok(self.read(sequence)?.map(|(record, _)| record))
    }

    /// The pack that holds a sequence, if it is there: its first sequence and its bytes.
    fn pack(&self, sequence: u64) -> Result<Option<(u64, sled::IVec)>, Unavailable> {
        let found = self.tree.range(..=sequence.to_be_bytes()).next_back().transpose()?;
        Ok(found.filter(|(key, _)| pieces::is_head(key)).map(|(key, pack)| (first_number(&key), pack)))
    }

    /// A commit and the sequence before it on its subject, from the disk.
    fn read(&self, sequence: u64) -> Result<Option<(Record, u64)>, Unavailable> {
        let Some((first, pack)) = self.pack(sequence)? else { return Ok(None) };
        let stored = unpack(first, &pack).find(|(at, _)| *at == sequence);
        stored.map(|(_, stored)| self.record(sequence, stored)).transpose()
    }

    /// The commits of one aggregate after a sequence, oldest first.
    pub fn load(&self, key: &Key, after: u64) -> Result<Vec<Record>, Unavailable> {
        let mut found = Vec::new();
        let mut sequence = self.last(key);
        while sequence > after {
            let (record, previous) = self.read(sequence)?.ok_or_else(|| damaged(sequence))?;
            found.push(record);
            sequence = previous;
        }
        found.reverse();
        Ok(found)
    }

    /// Durable commits after a sequence when they are still in memory.
    pub fn recent(&self, after: u64, most: usize) -> Option<Vec<Record>> {
        let seen = read(&self.seen);
        let first = seen.tail.front()?.sequence;
        let skip = usize::try_from((after + 1).checked_sub(first)?).ok()?;
        Some(seen.tail.iter().skip(skip).take(most).cloned().collect())
    }

    /// Durable commits after a sequence, from the disk.
    pub fn stored(&self, after: u64, most: usize) -> Result<Vec<Record>, Unavailable> {
        let end = self.end();
        let mut found = Vec::new();
        let from = self.pack(after + 1)?.map_or(after + 1, |(first, _)| first);
        for entry in self.tree.range(from.to_be_bytes()..) {
            let (key, pack) = entry?;
            if !pieces::is_head(&key) {
                continue;
            }
            for (sequence, stored) in unpack(first_number(&key), &pack).skip_while(|(sequence, _)| *sequence <= after) {
                if sequence > end || found.len() == most {
                    return Ok(found);
                }
                found.push(self.record(sequence, stored)?.0);
            }
        }
        Ok(found)
    }

    fn record(&self, sequence: u64, stored: &[u8]) -> Result<(Record, u64), Unavailable> {
        let key = aggregate(stored).ok_or_else(|| damaged(sequence))?;
        let payload = pieces::get(&self.tree, &sequence.to_be_bytes(), stored, HEAD)?.ok_or_else(|| damaged(sequence))?;
        Ok((Record { sequence, subject: Subject::new(&self.context, key), payload }, first_number(stored)))
    }
}

impl Seen {
    fn in_tail(&self, sequence: u64) -> Option<&Record> {
        let first = self.tail.front()?.sequence;
        self.tail.get(usize::try_from(sequence.checked_sub(first)?).ok()?)
    }
}

fn damaged(sequence: u64) -> Unavailable {
    Unavailable(format!("stored commit {sequence} is damaged"))
}

fn aggregate(stored: &[u8]) -> Option<Key> {
    let gemeente = std::str::from_utf8(stored.get(8..12)?).ok()?.parse().ok()?;
    Some(Key::new(gemeente, Uuid::from_slice(stored.get(12..HEAD)?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A large commit was cut off with the power; then its sequence was given to a small one, with another in the same pack.
    #[test]
    fn pieces_of_a_commit_that_was_cut_off_hide_nothing() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let tree = db.open_tree("journal:intake").unwrap();
        let (key, mut large, mut small) = (Key::new("9001".parse().unwrap(), Uuid::from_u128(1)), Packs::default(), Packs::default());
        large.add(1, &head(&key, 0), &[7; 10_000]);
        large.0.pop();
        small.add(1, &head(&key, 0), b"one");
        small.add(2, &head(&key, 1), b"two");
        for packs in [large, small] {
            drop(Stream::open("intake", tree.clone()).unwrap());
            packs.0.into_iter().for_each(|(key, pack)| drop(tree.insert(key, pack).unwrap()));
        }
        let stream = Stream::open("intake", tree).unwrap();
        assert_eq!(stream.at(2).unwrap().map(|record| record.payload), Some("two".into()));
        assert_eq!(stream.load(&key, 0).unwrap().len(), 2);
        assert_eq!(stream.stored(0, 9).unwrap().len(), 2);
    }
}
