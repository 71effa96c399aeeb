//! What is stored and what may be seen of it. The committer writes; everyone else reads what it has published.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use kernel::Key;
use tokio::sync::watch;
use uuid::Uuid;

use super::pieces;
use crate::{
    keyed::Entry,
    log::{Record, Subject, Unavailable},
};

/// The newest commits stay in memory, for those who follow closely: so many, and so many bytes, per context.
const TAIL_RECORDS: usize = 8192;
const TAIL_BYTES: usize = 8 * 1024 * 1024;

/// Before the payload: the sequence before on this subject, gemeentecode, id.
const HEAD: usize = 8 + 4 + 16;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}
fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

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
    keyed: sled::Tree,
    /// Keys whose newest value is written but not yet durable, with the value that holds until then.
    unsettled: RwLock<HashMap<Vec<u8>, Option<Entry>>>,
    /// The newest revision that is durable: what is written under it or an earlier one may be seen, whatever is hidden.
    settled: AtomicU64,
}

impl Store {
    pub fn new(db: sled::Db) -> Result<Self, sled::Error> {
        let (keyed, consumers) = (db.open_tree("keyed")?, db.open_tree("consumers")?);
        let store = Self { db, consumers, streams: RwLock::default(), keyed, unsettled: RwLock::default(), settled: AtomicU64::default() };
        store.settled.store(store.newest_revision()?, Ordering::Release);
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

    /// A value with its revision, as far as durable.
    pub fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unavailable> {
        let name = keyed_name(bucket, key);
        let found = self.written(&name)?;
        if self.is_durable(found.as_ref()) {
            return Ok(found);
        }
        // Looked at after reading: what was read and is not durable was put here before it was written.
        match read(&self.unsettled).get(&name) {
            Some(before) => Ok(before.clone()),
            None => Ok(found),
        }
    }

    fn is_durable(&self, found: Option<&Entry>) -> bool {
        found.is_some_and(|entry| entry.revision <= self.settled.load(Ordering::Acquire))
    }

    /// A value as written, durable or not. For the committer; others want [`Store::entry`].
    pub fn written(&self, name: &[u8]) -> Result<Option<Entry>, Unavailable> {
        // A value in several pieces may be replaced while it is read; then its revision has changed, and we read again.
        for _ in 0..100 {
            let Some(stored) = self.keyed.get(name)? else { return Ok(None) };
            let payload = pieces::get(&self.keyed, name, &stored, 8)?;
            let head = stored.get(..8);
            if let (Some(value), Some(head)) = (payload, head)
                && (value.len() <= pieces::PIECE || self.keyed.get(name)?.is_some_and(|again| again.get(..8) == Some(head)))
            {
                return Ok(Some(Entry { revision: number(head), value }));
            }
        }
        Err(Unavailable("a keyed value is damaged".to_owned()))
    }

    /// The keys of a bucket that have a durable value.
    pub fn keys(&self, bucket: &str, begins: &str) -> Result<Vec<String>, Unavailable> {
        let bucket = keyed_name(bucket, "");
        let prefix = [bucket.as_slice(), begins.as_bytes()].concat();
        let mut keys = std::collections::BTreeSet::new();
        for found in self.keyed.scan_prefix(&prefix).keys() {
            let found = found?;
            // A further piece's name ends in a zero and a number; keys hold no zero.
            if let Some(key) = found.get(bucket.len()..).and_then(|k| k.strip_suffix(&[0])) {
                keys.insert(key.to_vec());
            }
        }
        for (name, before) in &*read(&self.unsettled) {
            let key = name.strip_prefix(bucket.as_slice()).and_then(|k| k.strip_suffix(&[0]));
            if let Some(key) = key.filter(|key| key.starts_with(begins.as_bytes())) {
                if before.is_some() {
                    keys.insert(key.to_vec());
                } else if !self.is_durable(self.written(name)?.as_ref()) {
                    keys.remove(key);
                }
            }
        }
        Ok(keys.into_iter().filter_map(|k| String::from_utf8(k).ok()).collect())
    }

    /// Writes a group: its keyed names are hidden by now, so nothing of it is seen before [`Store::settle`].
    ///
    /// One insert after the other, for a batch of sled 0.34 shuts out every reader of the process. sled's log keeps their
    /// order, so a crash in between leaves a first part of them, and none of the group was acknowledged.
    pub fn apply<'a>(
        &self,
        commits: impl Iterator<Item = (&'a Stream, Packs)>,
        keyed: KeyedChanges,
        consumers: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> Result<(), sled::Error> {
        for step in keyed.0 {
            match step {
                Step::Put(name, value) => drop(self.keyed.insert(name, value)?),
                Step::Remove(name) => drop(self.keyed.remove(name)?),
                Step::Whole(batch) => self.keyed.apply_batch(batch)?,
            }
        }
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

    /// Says up to which revision values are going to be written: before they are, so that it never falls back. Kept also when the
    /// newest value is purged.
    pub fn reserve(&self, revision: u64) -> Result<(), sled::Error> {
        self.keyed.insert(NEWEST_REVISION, &revision.to_be_bytes()).map(drop)
    }

    /// Until [`Store::settle`], `before` is seen under a name, whatever is written there; the first one of a group holds.
    pub fn hide(&self, name: &[u8], before: Option<Entry>) {
        write(&self.unsettled).entry(name.to_vec()).or_insert(before);
    }

    /// Writes a value in one piece where there is none, hidden until [`Store::settle`]; whether it did. Most creates find nothing there, so
    /// nobody looks first.
    pub fn create(&self, name: &[u8], entry: &Entry) -> Result<bool, sled::Error> {
        let mut value = Vec::with_capacity(12 + entry.value.len());
        pieces::put(&mut value, &entry.revision.to_be_bytes(), entry.value.len(), &entry.value);
        self.hide(name, None);
        let created = self.keyed.compare_and_swap(name, None::<&[u8]>, Some(value))?.is_ok();
        if !created {
            write(&self.unsettled).remove(name);
        }
        Ok(created)
    }

    /// All keyed changes so far, up to a revision, are durable.
    pub fn settle(&self, revision: u64) {
        // First: who then finds nothing hidden may see what it read.
        self.settled.store(revision, Ordering::Release);
        write(&self.unsettled).clear();
    }

    /// The highest revision in the keyed store, or one after it.
    pub fn newest_revision(&self) -> Result<u64, sled::Error> {
        Ok(self.keyed.get(NEWEST_REVISION)?.as_deref().map_or(0, number))
    }
}

/// Not a name that [`keyed_name`] makes.
const NEWEST_REVISION: &[u8] = b"\0newest";

/// Where a key stands in the tree: bucket, zero, key, zero.
pub(super) fn keyed_name(bucket: &str, key: &str) -> Vec<u8> {
    let mut name = Vec::with_capacity(bucket.len() + key.len() + 2);
    name.extend_from_slice(bucket.as_bytes());
    name.push(0);
    name.extend_from_slice(key.as_bytes());
    if !key.is_empty() {
        name.push(0);
    }
    name
}

/// The keyed changes of a group.
#[derive(Default)]
pub(super) struct KeyedChanges(Vec<Step>);
enum Step {
    Put(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    /// A value in pieces over another one: all of them or none, or a crash in between would mix the two.
    Whole(sled::Batch),
}
impl KeyedChanges {
    /// Adds a change of what stands there now.
    pub fn change(&mut self, name: &[u8], current: Option<&Entry>, next: Option<&Entry>) {
        let length = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.value.len());
        let split = next.map(|entry| pieces::split(name, &entry.revision.to_be_bytes(), &entry.value));
        if length(current).max(length(next)) <= pieces::PIECE {
            self.0.push(match split.and_then(|mut split| split.pop()) {
                Some((name, value)) => Step::Put(name, value),
                None => Step::Remove(name.to_vec()),
            });
        } else {
            let mut batch = sled::Batch::default();
            pieces::left_over(name, length(current), length(next)).for_each(|name| batch.remove(name));
            match split {
                Some(split) => split.into_iter().for_each(|(name, value)| batch.insert(name, value)),
                None => batch.remove(name),
            }
            self.0.push(Step::Whole(batch));
        }
    }
}

/// What a group adds to one context, as it is stored: commits in a row share a value, under the sequence of the first,
/// because each insert costs sled a copy of a tree's leaf. A commit that is larger than a piece stands alone.
#[derive(Default)]
pub(super) struct Packs(Vec<(Vec<u8>, Vec<u8>)>);
impl Packs {
    /// Adds the next commit.
    pub fn add(&mut self, record: &Record, previous: u64) {
        let key = record.subject.key();
        let mut head = [0; HEAD];
        let (before, rest) = head.split_at_mut(8);
        let (gemeente, id) = rest.split_at_mut(4);
        before.copy_from_slice(&previous.to_be_bytes());
        gemeente.copy_from_slice(key.gemeente.as_str().as_bytes());
        id.copy_from_slice(key.id.as_bytes());
        match self.0.last_mut() {
            // A large one fills its first piece, so nothing is added to it.
            Some((_, pack)) if pack.len() + HEAD + 4 + record.payload.len() <= pieces::PIECE => {
                pieces::put(pack, &head, record.payload.len(), &record.payload);
            }
            _ => self.0.extend(pieces::split(&record.sequence.to_be_bytes(), &head, &record.payload)),
        }
    }
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
        for found in &tree {
            let (key, pack) = found?;
            if !pieces::is_head(&key, 8) {
                continue;
            }
            for (sequence, stored) in unpack(number(&key), &pack) {
                if let Some(aggregate) = aggregate(stored) {
                    seen.end = sequence;
                    seen.last.insert(aggregate, sequence);
                }
            }
        }
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
        Ok(found.filter(|(key, _)| pieces::is_head(key, 8)).map(|(key, pack)| (number(&key), pack)))
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
            if !pieces::is_head(&key, 8) {
                continue;
            }
            for (sequence, stored) in unpack(number(&key), &pack).skip_while(|(sequence, _)| *sequence <= after) {
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
        Ok((Record { sequence, subject: Subject::new(&self.context, key), payload }, number(stored)))
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

/// The first eight bytes.
pub(super) fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

fn aggregate(stored: &[u8]) -> Option<Key> {
    let gemeente = std::str::from_utf8(stored.get(8..12)?).ok()?.parse().ok()?;
    Some(Key::new(gemeente, Uuid::from_slice(stored.get(12..HEAD)?).ok()?))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_created_value_is_seen_when_it_is_durable_and_one_that_was_there_all_the_time() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(sled::open(dir.path()).unwrap()).unwrap();
        let (name, entry) = (keyed_name("vault", "k"), |revision| Entry { revision, value: Bytes::from_static(b"1") });
        let seen = || (store.entry("vault", "k").unwrap().map(|entry| entry.revision), store.keys("vault", "").unwrap().len());
        assert!(store.create(&name, &entry(1)).unwrap());
        assert_eq!(seen(), (None, 0));
        store.settle(1);
        assert_eq!(seen(), (Some(1), 1));
        assert!(!store.create(&name, &entry(2)).unwrap(), "there is one");
        assert_eq!(seen(), (Some(1), 1));
        // In between: hidden, and found to be there.
        store.hide(&name, None);
        assert_eq!(seen(), (Some(1), 1));
        // Replaced by what is not durable: the one before is shown.
        let mut changes = KeyedChanges::default();
        changes.change(&name, Some(&entry(1)), Some(&entry(2)));
        store.settle(1);
        store.hide(&name, Some(entry(1)));
        store.apply(std::iter::empty(), changes, Vec::new()).unwrap();
        assert_eq!(seen(), (Some(1), 1));
        store.settle(2);
        assert_eq!(seen(), (Some(2), 1));
    }
}
