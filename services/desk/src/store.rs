//! The desk's rows: a line per case, its entries, an index by municipality and standing, and how far each stream was read.
//! One sled tree per replica, thrown away and rebuilt at will.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    path::Path,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use journal::{Commit, Hash, Record};
use kernel::{CaseId, Gemeentecode};
use prost::Message;
use proto::{common::v1 as common, desk::v1 as pb};
use tokio::sync::watch;

use crate::{
    chain::{CaseChain, fold},
    entry::{Entries, Entry, entries},
    event::CONTEXTS,
    sieve::{Passage, Sieve, Standing},
};

/// Raised when rows change in shape or meaning: they are then built anew.
const SCHEMA: u32 = 1;
/// How long a read waits for a position.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long another holder of the folder may take to let go.
const HELD: Duration = Duration::from_secs(5);

const POSITIONS: u8 = 0;
const ENTRIES: u8 = 1;
const LINES: u8 = 2;
const INDEX: u8 = 3;

/// How far each stream was read, in the order of [`CONTEXTS`].
pub type Positions = [u64; CONTEXTS.len()];

/// A row of the list, with what the sieve counts.
#[derive(Clone, PartialEq, prost::Message)]
struct Line {
    #[prost(message, optional, tag = "1")]
    line: Option<pb::CaseLine>,
    #[prost(uint32, tag = "2")]
    entered: u32,
    #[prost(int64, tag = "3")]
    opened_at_ms: i64,
}

impl Line {
    fn of(case: CaseId, chain: &CaseChain) -> Self {
        Self { line: Some(chain.line(case)), entered: u32::from(chain.passage().entered), opened_at_ms: chain.opened_at.as_millisecond() }
    }

    fn counted(&self) -> Option<(Gemeentecode, Passage)> {
        let line = self.line.as_ref()?;
        let standing = Standing::from_code(&line.standing)?;
        Some((line.gemeentecode.parse().ok()?, Passage { entered: u16::try_from(self.entered).unwrap_or(0), standing }))
    }

    /// Where the case stands in the index: newest first.
    fn place(&self, case: CaseId) -> Option<Vec<u8>> {
        let (gemeente, passage) = self.counted()?;
        let mut key = prefix(gemeente, passage.standing);
        key.extend_from_slice(&(!self.opened_at_ms.cast_unsigned()).to_be_bytes());
        key.extend_from_slice(case.uuid().as_bytes());
        Some(key)
    }
}

fn prefix(gemeente: Gemeentecode, standing: Standing) -> Vec<u8> {
    let mut key = vec![INDEX];
    key.extend_from_slice(gemeente.as_str().as_bytes());
    key.extend(Standing::ALL.iter().position(|known| *known == standing).and_then(|at| u8::try_from(at).ok()));
    key
}

fn row(table: u8, case: CaseId) -> Vec<u8> {
    let mut key = vec![table];
    key.extend_from_slice(case.uuid().as_bytes());
    key
}

fn entry_row(case: CaseId, context: u32, sequence: u64) -> Vec<u8> {
    let mut key = row(ENTRIES, case);
    key.push(u8::try_from(context).unwrap_or(u8::MAX));
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// The rows cannot be opened or written.
#[derive(Debug, thiserror::Error)]
#[error("the desk's rows cannot be kept in its folder")]
pub struct StoreError(#[from] sled::Error);

/// The rows have not reached the position a reader asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("desk at {at} of {context} has not reached {asked} yet, repeat the request")]
pub struct Behind {
    context: &'static str,
    at: u64,
    asked: u64,
}

/// A page of the list, and where the next one begins.
pub type Page = (Vec<pb::CaseLine>, Option<Vec<u8>>);

/// The desk's rows.
pub struct Store {
    tree: sled::Tree,
    _db: sled::Db,
    sieves: RwLock<BTreeMap<Gemeentecode, Sieve>>,
    positions: watch::Sender<Positions>,
}

impl Store {
    /// Opens the rows below a folder; an older schema's rows are left aside.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("views").join(format!("desk-{SCHEMA}"));
        let db = open(&path)?;
        let tree = db.open_tree("rows")?;
        let store = Self { tree, _db: db, sieves: RwLock::default(), positions: watch::channel([0; CONTEXTS.len()]).0 };
        let mut positions = [0; CONTEXTS.len()];
        for (context, position) in (0_u32..).zip(&mut positions) {
            *position = store.read_position(context).map_or(0, |(sequence, _)| sequence);
        }
        store.positions.send_replace(positions);
        for line in store.tree.scan_prefix([LINES]).filter_map(Result::ok) {
            if let Some((gemeente, passage)) = Line::decode(line.1.as_ref()).ok().and_then(|line| line.counted()) {
                store.count(|sieves| sieves.entry(gemeente).or_default().add(passage));
            }
        }
        Ok(store)
    }

    /// Throws everything away.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clear(&self) -> Result<(), StoreError> {
        self.tree.clear()?;
        self.count(BTreeMap::clear);
        self.positions.send_replace([0; CONTEXTS.len()]);
        Ok(())
    }

    fn count(&self, change: impl FnOnce(&mut BTreeMap<Gemeentecode, Sieve>)) {
        change(&mut self.sieves.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn read_position(&self, context: u32) -> Option<(u64, Hash)> {
        let stored = self.tree.get([POSITIONS, u8::try_from(context).ok()?]).ok()??;
        let (sequence, hash) = stored.split_at_checked(8)?;
        Some((u64::from_be_bytes(sequence.try_into().ok()?), hash.try_into().ok()?))
    }

    /// The newest commit read of a context, with its hash.
    pub fn checkpoint(&self, context: &str) -> Option<(u64, Hash)> {
        self.read_position((0_u32..).zip(CONTEXTS).find(|(_, name)| *name == context)?.0)
    }

    /// How far each stream was read.
    pub fn positions(&self) -> Positions {
        *self.positions.borrow()
    }

    /// Told when more was read.
    pub fn changes(&self) -> watch::Receiver<Positions> {
        self.positions.subscribe()
    }

    /// Takes records of any contexts in, each stream's in its order. What was read before changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was taken in then.
    pub fn apply(&self, records: &[Record]) -> Result<(), StoreError> {
        let mut positions = self.positions();
        let mut batch = sled::Batch::default();
        let mut touched: BTreeMap<CaseId, Vec<Entry>> = BTreeMap::new();
        for record in records {
            let Some((context, position)) = (0_u32..)
                .zip(CONTEXTS)
                .zip(&mut positions)
                .find_map(|((index, name), position)| (name == record.subject.context()).then_some((index, position)))
            else {
                continue;
            };
            if record.sequence <= *position {
                continue;
            }
            *position = record.sequence;
            let hash = match Commit::read(record) {
                Ok(commit) => {
                    for (case, entry) in entries(context, &commit) {
                        batch.insert(entry_row(case, context, record.sequence), entry.encode_to_vec());
                        touched.entry(case).or_default().push(entry);
                    }
                    commit.hash
                }
                Err(broken) => {
                    tracing::error!(subject = %record.subject, sequence = record.sequence, "{broken}");
                    Hash::default()
                }
            };
            let mut mark = record.sequence.to_be_bytes().to_vec();
            mark.extend_from_slice(&hash);
            batch.insert(vec![POSITIONS, u8::try_from(context).unwrap_or(u8::MAX)], mark);
        }
        let mut moved = Vec::new();
        for (case, new) in touched {
            let mut known = self.entries(case)?;
            known.extend(new.into_iter().map(|entry| ((entry.context, entry.sequence), entry)));
            let before = self.line(case)?;
            let after = fold(&known).map(|chain| Line::of(case, &chain));
            if before == after {
                continue;
            }
            let places = (before.as_ref().and_then(|line| line.place(case)), after.as_ref().and_then(|line| line.place(case)));
            if let (Some(old), new) = &places
                && Some(old) != new.as_ref()
            {
                batch.remove(old.as_slice());
            }
            match (&after, places.1) {
                (Some(line), Some(place)) => {
                    batch.insert(row(LINES, case), line.encode_to_vec());
                    batch.insert(place, &[]);
                }
                _ => batch.remove(row(LINES, case)),
            }
            moved.push((before.and_then(|line| line.counted()), after.and_then(|line| line.counted())));
        }
        self.tree.apply_batch(batch)?;
        self.count(|sieves| {
            for (before, after) in moved {
                if let Some((gemeente, passage)) = before {
                    sieves.entry(gemeente).or_default().remove(passage);
                }
                if let Some((gemeente, passage)) = after {
                    sieves.entry(gemeente).or_default().add(passage);
                }
            }
        });
        self.positions.send_replace(positions);
        Ok(())
    }

    fn line(&self, case: CaseId) -> Result<Option<Line>, StoreError> {
        Ok(self.tree.get(row(LINES, case))?.and_then(|bytes| Line::decode(bytes.as_ref()).ok()))
    }

    /// Everything kept of a case; empty when nothing is known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn entries(&self, case: CaseId) -> Result<Entries, StoreError> {
        let mut found = Entries::new();
        for stored in self.tree.scan_prefix(row(ENTRIES, case)) {
            if let Ok(entry) = Entry::decode(stored?.1.as_ref()) {
                found.insert((entry.context, entry.sequence), entry);
            }
        }
        Ok(found)
    }

    /// The municipalities of which there are cases.
    pub fn gemeenten(&self) -> Vec<Gemeentecode> {
        self.sieves.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// The sieve of these municipalities together.
    pub fn sieve(&self, gemeenten: &[Gemeentecode]) -> Sieve {
        let sieves = self.sieves.read().unwrap_or_else(PoisonError::into_inner);
        gemeenten.iter().filter_map(|gemeente| sieves.get(gemeente)).fold(Sieve::default(), |mut sum, sieve| {
            sum += *sieve;
            sum
        })
    }

    /// Cases of these municipalities and standings, newest first, after a place, at most `size`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn list(&self, gemeenten: &[Gemeentecode], standings: &[Standing], after: Option<&[u8]>, size: usize) -> Result<Page, StoreError> {
        let mut ranges = Vec::new();
        let mut heads = BinaryHeap::new();
        for gemeente in gemeenten {
            for standing in standings {
                let prefix = prefix(*gemeente, *standing);
                let from = [prefix.as_slice(), after.unwrap_or_default()].concat();
                let mut range = self.tree.range(from..);
                if let Some(place) = next_place(&mut range, &prefix, after)? {
                    heads.push(Reverse((place, ranges.len())));
                }
                ranges.push((range, prefix));
            }
        }
        let (mut lines, mut last) = (Vec::new(), None);
        while let Some(Reverse((place, index))) = heads.pop() {
            if lines.len() == size {
                return Ok((lines, last));
            }
            if let Some((range, prefix)) = ranges.get_mut(index)
                && let Some(next) = next_place(range, prefix, None)?
            {
                heads.push(Reverse((next, index)));
            }
            let case = place.get(8..).and_then(|id| CaseId::from_bytes(id).ok());
            if let Some(case) = case {
                lines.extend(self.line(case)?.and_then(|line| line.line));
            }
            last = Some(place);
        }
        Ok((lines, None))
    }

    /// Waits until the rows hold what the reader has already seen, a second at most. Contexts without a stream here are
    /// for the caller to refuse.
    ///
    /// # Errors
    /// [`Behind`].
    pub async fn wait_for(&self, asked: &[common::Position]) -> Result<(), Behind> {
        let behind = |positions: &Positions| {
            CONTEXTS.into_iter().zip(positions).find_map(|(context, at)| {
                let asked = asked.iter().filter(|position| position.context == context).map(|position| position.sequence).max()?;
                (*at < asked).then_some(Behind { context, at: *at, asked })
            })
        };
        let mut positions = self.positions.subscribe();
        // What `wait_for` hands out holds the lock: looking again while holding it waits for ever once a writer waits in between.
        let reached = matches!(tokio::time::timeout(PATIENCE, positions.wait_for(|at| behind(at).is_none())).await, Ok(Ok(_)));
        match behind(&self.positions()) {
            Some(behind) if !reached => Err(behind),
            _ => Ok(()),
        }
    }
}

/// sled's own threads hold the folder a moment longer than its last handle, and a process that was replaced until it ends.
fn open(path: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new().path(path).cache_capacity(64 << 20).flush_every_ms(Some(1_000));
    let deadline = Instant::now() + HELD;
    loop {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            opened => return opened,
        }
    }
}

/// The next place in a range of the index: opening moment and case, without the prefix.
fn next_place(range: &mut sled::Iter, prefix: &[u8], after: Option<&[u8]>) -> Result<Option<Vec<u8>>, StoreError> {
    for found in range {
        let (key, _) = found?;
        let Some(place) = key.strip_prefix(prefix) else { return Ok(None) };
        if after != Some(place) {
            return Ok(Some(place.to_vec()));
        }
    }
    Ok(None)
}
