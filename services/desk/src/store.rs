//! The desk's rows: of each case its entries and its line, an index by municipality and standing, and how far each stream was
//! read. In memory, built from the streams at every start (`docs/adr/0007`).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    ops::Bound,
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use journal::{Commit, Record, views::PATIENCE};
use kernel::{CaseId, Gemeentecode};
use proto::{common::v1 as common, desk::v1 as pb};
use tokio::sync::watch;

use crate::{
    chain::{CaseChain, fold},
    entry::{Entries, Entry, entries},
    event::CONTEXTS,
    sieve::{Passage, Sieve, Standing},
};

/// How far each stream was read, in the order of [`CONTEXTS`].
pub type Positions = [u64; CONTEXTS.len()];

/// A row of the list, with what the sieve counts.
#[derive(Clone, PartialEq)]
struct Line {
    line: pb::CaseLine,
    gemeente: Gemeentecode,
    passage: Passage,
    /// Where the case stands in the index: municipality and standing, then newest first.
    place: Vec<u8>,
}

impl Line {
    fn of(case: CaseId, chain: &CaseChain) -> Self {
        let passage = chain.passage();
        let mut place = prefix(chain.gemeente, passage.standing);
        place.extend_from_slice(&(!chain.opened_at.as_millisecond().cast_unsigned()).to_be_bytes());
        place.extend_from_slice(case.uuid().as_bytes());
        Self { line: chain.line(case), gemeente: chain.gemeente, passage, place }
    }
}

fn prefix(gemeente: Gemeentecode, standing: Standing) -> Vec<u8> {
    let mut key = gemeente.as_str().as_bytes().to_vec();
    key.extend(Standing::ALL.iter().position(|known| *known == standing).and_then(|at| u8::try_from(at).ok()));
    key
}

/// The rows have not reached the position a reader asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("desk at {at} of {context} has not reached {asked} yet, repeat the request")]
pub struct Behind {
    context: &'static str,
    at: u64,
    asked: u64,
}

/// Which cases a list is of.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Of these municipalities.
    pub gemeenten: &'a [Gemeentecode],
    /// That stand so.
    pub standings: &'a [Standing],
    /// Complete for the national exchange model, or not; see [`crate::ddas::state`].
    pub ddas: Option<&'a str>,
}

/// A page of the list, and where the next one begins.
pub type Page = (Vec<pb::CaseLine>, Option<Vec<u8>>);

#[derive(Default)]
struct Kept {
    entries: Entries,
    line: Option<Line>,
}

#[derive(Default)]
struct Rows {
    cases: HashMap<CaseId, Kept>,
    index: BTreeSet<Vec<u8>>,
    sieves: BTreeMap<Gemeentecode, Sieve>,
    /// Cases in which somebody used a right (AVG).
    with_rights: BTreeSet<CaseId>,
}

/// The desk's rows.
pub struct Store {
    rows: RwLock<Rows>,
    positions: watch::Sender<Positions>,
    built: AtomicBool,
}

impl Default for Store {
    fn default() -> Self {
        Self { rows: RwLock::default(), positions: watch::channel([0; CONTEXTS.len()]).0, built: AtomicBool::new(false) }
    }
}

impl Store {
    fn rows(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far each stream was read.
    pub fn positions(&self) -> Positions {
        *self.positions.borrow()
    }

    /// The rows have reached the streams' ends as they were at start.
    pub fn is_built(&self) -> bool {
        self.built.load(Ordering::Relaxed)
    }

    /// Says that they have.
    pub fn set_built(&self) {
        self.built.store(true, Ordering::Relaxed);
    }

    /// Told when more was read.
    pub fn changes(&self) -> watch::Receiver<Positions> {
        self.positions.subscribe()
    }

    /// Takes records of any contexts in, each stream's in its order. What was read before changes nothing.
    pub fn apply(&self, records: &[Record]) {
        let mut positions = self.positions();
        let mut new = Vec::new();
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
            match Commit::read(record) {
                Ok(commit) => new.extend(entries(context, &commit)),
                Err(broken) => tracing::error!(subject = %record.subject, sequence = record.sequence, "{broken}"),
            }
        }
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let mut touched = BTreeSet::new();
        let asks = |entry: &Entry| entry.events.iter().any(|stored| stored.name == "RightRequested");
        let asked: Vec<CaseId> = new.iter().filter(|(_, entry)| asks(entry)).map(|(case, _)| *case).collect();
        for (case, entry) in new {
            rows.cases.entry(case).or_default().entries.insert((entry.context, entry.sequence), entry);
            touched.insert(case);
        }
        rows.with_rights.extend(asked);
        touched.into_iter().for_each(|case| rows.draw(case));
        drop(rows);
        self.positions.send_replace(positions);
    }

    /// Everything kept of a case; empty when nothing is known of it.
    pub fn entries(&self, case: CaseId) -> Entries {
        self.rows().cases.get(&case).map(|kept| kept.entries.clone()).unwrap_or_default()
    }

    /// The cases in which somebody used a right (AVG).
    pub fn cases_with_rights(&self) -> Vec<CaseId> {
        self.rows().with_rights.iter().copied().collect()
    }

    /// The municipalities of which there are cases.
    pub fn gemeenten(&self) -> Vec<Gemeentecode> {
        self.rows().sieves.keys().copied().collect()
    }

    /// The sieve of these municipalities together.
    pub fn sieve(&self, gemeenten: &[Gemeentecode]) -> Sieve {
        let rows = self.rows();
        gemeenten.iter().filter_map(|gemeente| rows.sieves.get(gemeente)).fold(Sieve::default(), |mut sum, sieve| {
            sum += *sieve;
            sum
        })
    }

    /// Cases that are wanted, newest first, after a place, at most `size`.
    pub fn list(&self, wanted: &Wanted<'_>, after: Option<&[u8]>, size: usize) -> Page {
        let Wanted { gemeenten, standings, ddas } = *wanted;
        let rows = self.rows();
        // One range of the index per municipality and standing; the newest of their heads is next.
        let mut ranges: Vec<_> = gemeenten
            .iter()
            .flat_map(|gemeente| standings.iter().map(|standing| prefix(*gemeente, *standing)))
            .map(|prefix| {
                let from = match after {
                    Some(after) => Bound::Excluded([prefix.as_slice(), after].concat()),
                    None => Bound::Included(prefix.clone()),
                };
                rows.index.range((from, Bound::Unbounded)).map_while(move |place| place.strip_prefix(prefix.as_slice()))
            })
            .collect();
        let mut heads: BinaryHeap<_> =
            ranges.iter_mut().enumerate().filter_map(|(index, range)| Some(Reverse((range.next()?, index)))).collect();
        let (mut lines, mut last) = (Vec::new(), None);
        while let Some(Reverse((place, index))) = heads.pop() {
            if lines.len() == size {
                return (lines, last);
            }
            if let Some(next) = ranges.get_mut(index).and_then(Iterator::next) {
                heads.push(Reverse((next, index)));
            }
            let case = place.get(8..).and_then(|id| CaseId::from_bytes(id).ok());
            let line = case.and_then(|case| Some(&rows.cases.get(&case)?.line.as_ref()?.line));
            lines.extend(line.filter(|line| ddas.is_none_or(|wanted| line.ddas == wanted)).cloned());
            last = Some(place.to_vec());
        }
        (lines, None)
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

impl Rows {
    /// Draws a case's line anew from its entries, and moves the case in the index and the sieve.
    fn draw(&mut self, case: CaseId) {
        let Some(kept) = self.cases.get_mut(&case) else { return };
        let line = fold(&kept.entries).map(|chain| Line::of(case, &chain));
        if line == kept.line {
            return;
        }
        let before = std::mem::replace(&mut kept.line, line.clone());
        if let Some(before) = before {
            self.index.remove(&before.place);
            self.sieves.entry(before.gemeente).or_default().remove(before.passage);
        }
        if let Some(line) = line {
            self.index.insert(line.place);
            self.sieves.entry(line.gemeente).or_default().add(line.passage);
        }
    }
}
