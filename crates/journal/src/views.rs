//! Read models: rows in memory, per context and replica, built from the whole stream at every start (`docs/adr/0007`).
//! Also keeps the index of what falls due, fed by term events.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, RwLock},
    time::Duration,
};

use futures::StreamExt;
use jiff::Timestamp;
use kernel::{
    Decider, Key,
    terms::{TermBook, TermEvent},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    commit::{Commit, Outcome},
    context::Context,
    locks::{read, write},
    log::{Journal, Record, Subject, Unavailable},
    runtime::Runtime,
};

/// How long a read waits for a position.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// Commits of which the position is told at once, when so many have come in.
const TOGETHER: usize = 256;
const DUE: u8 = 0xf0;
const BOOKS: u8 = 0xf1;
const PARKED: u8 = 0xf2;

/// What a context shows: turns commits into rows.
pub trait View: Send + Sync + 'static {
    /// Whose commits.
    type Context: Context;
    /// Changes the rows by one commit, in stream order.
    fn apply(&self, rows: &mut Rows<'_>, key: Key, commit: &Commit, events: &[<Self::Context as Decider>::Event]);
}

type Tables = BTreeMap<u8, BTreeMap<Vec<u8>, Vec<u8>>>;

/// The rows of a view while a commit is applied: nobody else sees them until it is. Tables 0 to 200 are the view's own.
pub struct Rows<'a>(&'a mut Tables);
impl Rows<'_> {
    /// A row.
    pub fn get(&self, table: u8, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(&table)?.get(key).cloned()
    }
    /// Writes a row.
    pub fn put(&mut self, table: u8, key: &[u8], value: impl Into<Vec<u8>>) {
        self.0.entry(table).or_default().insert(key.to_vec(), value.into());
    }
    /// Removes a row.
    pub fn remove(&mut self, table: u8, key: &[u8]) {
        if let Some(rows) = self.0.get_mut(&table) {
            rows.remove(key);
        }
    }
}

/// A source commit that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    /// The aggregate that could not handle it.
    pub target: Key,
    /// Where it stands.
    pub source: Subject,
    /// Its sequence.
    pub sequence: u64,
    /// Stable code.
    pub reason: String,
    /// When it was parked, UTC.
    pub since: Timestamp,
}

/// The view has not reached the position a reader asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("view at {at} has not reached {asked} yet, repeat the request")]
pub struct Behind {
    /// Where it is.
    pub at: u64,
    /// What was asked.
    pub asked: u64,
}

/// A view's rows and its position.
pub struct Views<V: View> {
    view: V,
    rows: RwLock<Tables>,
    position: watch::Sender<u64>,
    ready: watch::Sender<bool>,
}

impl<V: View> Views<V> {
    /// No rows yet.
    pub fn new(view: V) -> Arc<Self> {
        Arc::new(Self { view, rows: RwLock::default(), position: watch::channel(0).0, ready: watch::channel(false).0 })
    }

    /// The stream sequence up to which commits are in the rows.
    pub fn position(&self) -> u64 {
        *self.position.borrow()
    }

    /// Waits until the rows hold a position, a second at most.
    ///
    /// # Errors
    /// [`Behind`].
    pub async fn wait_for(&self, asked: u64) -> Result<(), Behind> {
        let mut position = self.position.subscribe();
        let reached = tokio::time::timeout(PATIENCE, position.wait_for(|at| *at >= asked)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Behind { at: self.position(), asked }),
        }
    }

    /// Whether the rows have reached the stream's end as it was at start.
    pub fn is_ready(&self) -> bool {
        *self.ready.borrow()
    }

    /// Waits until [`is_ready`](Self::is_ready).
    pub async fn ready(&self) {
        let mut ready = self.ready.subscribe();
        let _ = ready.wait_for(|yes| *yes).await;
    }

    /// A row.
    pub fn get(&self, table: u8, key: &[u8]) -> Option<Vec<u8>> {
        read(&self.rows).get(&table)?.get(key).cloned()
    }

    /// Rows of a table whose key starts with `prefix`, in key order, after a key, at most `limit`.
    pub fn scan(&self, table: u8, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let from = after.map_or(Bound::Included(prefix), Bound::Excluded);
        let rows = read(&self.rows);
        let Some(rows) = rows.get(&table) else { return Vec::new() };
        rows.range::<[u8], _>((from, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Follows the context's stream until told to stop.
    pub async fn run(&self, runtime: &Runtime<V::Context>, token: CancellationToken) {
        let journal: &Arc<dyn Journal> = runtime.journal();
        let Some(end) = until_available(&token, || journal.end(V::Context::NAME)).await else { return };
        let mut commits = journal.follow(V::Context::NAME, self.position()).await.ready_chunks(TOGETHER);
        if self.position() >= end {
            self.ready.send_replace(true);
        }
        loop {
            let records = tokio::select! {
                () = token.cancelled() => return,
                records = commits.next() => match records { Some(records) => records, None => return },
            };
            let Some(last) = records.last().map(|record| record.sequence) else { continue };
            for record in &records {
                self.apply(runtime, record);
            }
            self.position.send_replace(last);
            if last >= end && !self.is_ready() {
                self.ready.send_replace(true);
            }
        }
    }

    /// Readers wait for the writing of one commit only, and not for the reading of it before: they sit on the threads that all work is
    /// done on.
    fn apply(&self, runtime: &Runtime<V::Context>, record: &Record) {
        let context = V::Context::NAME;
        let (key, sequence) = (record.subject.key(), record.sequence);
        runtime.forget_older(key, sequence);
        let commit = match Commit::read(record) {
            Ok(commit) => commit,
            Err(broken) => {
                tracing::error!(context, sequence, "{broken}");
                return;
            }
        };
        let events = crate::runtime::decode_all::<V::Context>(&commit);
        if events.is_none() {
            tracing::warn!(context, sequence, "commit holds events this binary cannot read");
        }
        let mut tables = write(&self.rows);
        let mut rows = Rows(&mut tables);
        index_parked(&mut rows, key, &commit);
        let Some(events) = events else { return };
        for term in events.iter().filter_map(V::Context::term_of) {
            index_term(&mut rows, key, term);
        }
        self.view.apply(&mut rows, key, &commit, &events);
    }

    /// What is parked in this context after a row, each with its row's key: a worklist for whoever keeps the house running.
    pub fn parked(&self, after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, ParkedRow)> {
        let row = |(row, value): (Vec<u8>, Vec<u8>)| {
            let (key, value) = (std::str::from_utf8(&row).ok()?, String::from_utf8(value).ok()?);
            let mut parts = key.splitn(3, '|');
            let (since, reason) = value.split_once('|')?;
            let parked = ParkedRow {
                target: parts.next()?.parse().ok()?,
                source: parts.next()?.parse().ok()?,
                sequence: parts.next()?.parse().ok()?,
                reason: reason.to_owned(),
                since: since.parse().ok()?,
            };
            Some((row, parked))
        };
        self.scan(PARKED, &[], after, limit).into_iter().filter_map(row).collect()
    }

    /// The aggregates for which something is due at `now`, earliest first.
    pub fn due(&self, now: Timestamp, limit: usize) -> Vec<Key> {
        let mut keys = Vec::new();
        // Rows begin with their moment.
        let later = now.as_millisecond().saturating_add(1).to_be_bytes();
        let rows = read(&self.rows);
        let due = rows.get(&DUE).into_iter().flat_map(|rows| rows.range::<[u8], _>((Bound::Unbounded, Bound::Excluded(later.as_slice()))));
        for (_, value) in due.take(limit) {
            if let Some(key) = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok())
                && !keys.contains(&key)
            {
                keys.push(key);
            }
        }
        keys
    }
}

/// Keeps the worklist of what was parked and not handled since.
fn index_parked(rows: &mut Rows<'_>, key: Key, commit: &Commit) {
    for taken in &commit.envelope.taken_in {
        let id = format!("{key}|{}|{:020}", taken.source_subject, taken.source.sequence);
        match &taken.outcome {
            Outcome::Parked(reason) => rows.put(PARKED, id.as_bytes(), format!("{}|{reason}", commit.envelope.recorded_at)),
            Outcome::Unparked => rows.remove(PARKED, id.as_bytes()),
            Outcome::Acted | Outcome::Noted(_) | Outcome::Reconciled => {}
        }
    }
}

/// Keeps, per running term, one row at its next moment. The book of one term says when that is.
fn index_term(rows: &mut Rows<'_>, key: Key, event: &TermEvent) {
    let mut id = key.to_string().into_bytes();
    id.extend_from_slice(event.id().as_bytes());
    let mut book = TermBook::default();
    let mut history = Vec::new();
    if let Some(stored) = rows.get(BOOKS, &id) {
        history = crate::terms::decode(&stored);
        for past in &history {
            book = book.evolve(past);
        }
        if let Some(at) = book.next_due() {
            rows.remove(DUE, &due_key(at, &id));
        }
    }
    book = book.evolve(event);
    history.push(event.clone());
    match book.next_due() {
        Some(at) => {
            rows.put(DUE, &due_key(at, &id), key.to_string());
            rows.put(BOOKS, &id, crate::terms::encode(&history));
        }
        None => rows.remove(BOOKS, &id),
    }
}

fn due_key(at: Timestamp, id: &[u8]) -> Vec<u8> {
    let mut key = at.as_millisecond().to_be_bytes().to_vec();
    key.extend_from_slice(id);
    key
}

/// Asks until the journal answers; `None` when told to stop.
pub(crate) async fn until_available<T, F, Fut>(token: &CancellationToken, mut ask: F) -> Option<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, Unavailable>>,
{
    let mut wait = Duration::from_millis(100);
    loop {
        match ask().await {
            Ok(answer) => return Some(answer),
            Err(error) => tracing::warn!(%error, "journal does not answer, trying again"),
        }
        tokio::select! {
            () = token.cancelled() => return None,
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(5)),
        }
    }
}
