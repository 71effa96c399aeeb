//! Carrying everything from one journal into another, empty one: from one machine to a cluster, and back. Sequences stay as they are, for
//! commits refer to each other by them (`docs/adr/0026`).

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;

use crate::{
    keyed::{Keyed, KeyedError},
    log::{Appended, Journal, Record, Subject, Unavailable},
};

/// Tries for one commit or value, a second apart.
const TRIES: usize = 30;

/// A journal with the keyed store beside it.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its commits.
    pub journal: &'a dyn Journal,
    /// Its keyed values.
    pub keyed: &'a dyn Keyed,
}

/// What was carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// In all contexts.
    pub commits: u64,
    /// In all buckets.
    pub values: u64,
}

/// Why it was not all carried over: what is in the target then is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// One of the two is away.
    #[error(transparent)]
    Journal(#[from] Unavailable),
    /// One of the two is away.
    #[error(transparent)]
    Keyed(#[from] KeyedError),
    /// Something stands there that nobody may write over.
    #[error("the target is not empty: it has {0}")]
    NotEmpty(String),
    /// A commit would stand elsewhere than it did.
    #[error("commit {sequence} of {context} cannot keep its place: something else writes to the target, or the source has a gap there")]
    Moved {
        /// Whose stream.
        context: String,
        /// Where it stands in the source.
        sequence: u64,
    },
    /// The source is in use.
    #[error("{0} changed while it was copied: stop what runs on it, and copy into an empty target again")]
    Changed(String),
}

/// Carries all commits of these contexts, and all keyed values. `told` hears of every commit and value that is there.
///
/// # Errors
/// [`CopyError`]. Nothing in the source was touched; a target that is not whole must be thrown away.
pub async fn copy(from: Place<'_>, to: Place<'_>, contexts: &[&str], mut told: impl FnMut()) -> Result<Copied, CopyError> {
    let mut ends = Vec::new();
    for context in contexts {
        if to.journal.end(context).await? > 0 {
            return Err(CopyError::NotEmpty(format!("commits of {context}")));
        }
        ends.push((*context, from.journal.end(context).await?));
    }
    for bucket in to.keyed.buckets().await? {
        if !to.keyed.keys(&bucket, "").await?.is_empty() {
            return Err(CopyError::NotEmpty(format!("values in {bucket}")));
        }
    }
    let (mut copied, mut revisions) = (Copied::default(), Vec::new());
    // As they are written: the values first, for commits name them.
    for bucket in from.keyed.buckets().await? {
        for key in from.keyed.keys(&bucket, "").await? {
            let Some(entry) = from.keyed.get(&bucket, &key).await? else { return Err(CopyError::Changed(bucket)) };
            put(to.keyed, &bucket, &key, entry.value).await?;
            revisions.push((bucket.clone(), key, entry.revision));
            copied.values += 1;
            told();
        }
    }
    for (context, end) in &ends {
        let mut last: HashMap<Subject, u64> = HashMap::new();
        for sequence in 1..=*end {
            let moved = || CopyError::Moved { context: (*context).to_owned(), sequence };
            let record = from.journal.at(context, sequence).await?.ok_or_else(moved)?;
            append(to.journal, &record, last.get(&record.subject).copied().unwrap_or(0)).await?;
            last.insert(record.subject, sequence);
            copied.commits += 1;
            told();
        }
    }
    for (context, end) in ends {
        if from.journal.end(context).await? != end {
            return Err(CopyError::Changed(context.to_owned()));
        }
    }
    // What was erased or replaced meanwhile must not live on there.
    let mut now = Vec::new();
    for bucket in from.keyed.buckets().await? {
        for key in from.keyed.keys(&bucket, "").await? {
            let revision = from.keyed.get(&bucket, &key).await?.map_or(0, |entry| entry.revision);
            now.push((bucket.clone(), key, revision));
        }
    }
    if now != revisions {
        return Err(CopyError::Changed("the vault".to_owned()));
    }
    Ok(copied)
}

/// Nobody else writes to the target: a commit that stands at its place is ours, whatever the answer was.
async fn append(to: &dyn Journal, record: &Record, expected: u64) -> Result<(), CopyError> {
    let (context, sequence) = (record.subject.context(), record.sequence);
    for _ in 0..TRIES {
        match to.append(&record.subject, expected, record.payload.clone()).await {
            Appended::At(at) if at == sequence => return Ok(()),
            Appended::At(_) => return Err(CopyError::Moved { context: context.to_owned(), sequence }),
            Appended::Conflict | Appended::Unavailable | Appended::Unknown => {}
        }
        match to.at(context, sequence).await {
            Ok(Some(there)) if there == *record => return Ok(()),
            Ok(Some(_)) => return Err(CopyError::Moved { context: context.to_owned(), sequence }),
            Ok(None) | Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    Err(Unavailable("the target does not take a commit".to_owned()).into())
}

async fn put(to: &dyn Keyed, bucket: &str, key: &str, value: Bytes) -> Result<(), CopyError> {
    let mut outcome = Err(KeyedError::Unknown);
    for _ in 0..TRIES {
        outcome = to.create(bucket, key, value.clone()).await.map(drop);
        match &outcome {
            Ok(()) => return Ok(()),
            // After an answer that was lost it is ours.
            Err(KeyedError::Conflict) if to.get(bucket, key).await?.is_some_and(|entry| entry.value == value) => return Ok(()),
            Err(KeyedError::Conflict) => return Err(CopyError::NotEmpty(format!("another value in {bucket}"))),
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    outcome.map_err(CopyError::from)
}
