//! Orphans: records that no commit names, because what they were written for never happened. Swept when they are thirty days old, marked
//! first, deleted a week later. The mark stands in the record itself: whoever writes it anew takes the mark off, and what was marked and
//! is still as it was then goes. A record that somebody still needs cannot slip away in between.

use jiff::{SignedDuration, Timestamp};
use journal::{Entry, KeyedError};
use kernel::Key;
use prost::Message;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{RECORDS, Vault, VaultError, record_id, record_name, seal::Sealed};

/// Which orphans went, and when: ids only. Not the ledger of erasures, for the same may be written and named one day.
const SWEPT: &str = "intake-orphans";
/// How long a record may wait for the commit that names it.
pub(crate) const OLD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long it stays marked.
pub(crate) const MARKED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far an orphan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Seen without a commit, not long enough.
    Seen,
    /// Thirty days old: marked.
    Marked,
    /// A week after that: gone.
    Swept,
}
impl Stage {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Marked => "marked",
            Self::Swept => "swept",
        }
    }
}

/// An orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Which record.
    pub record: Uuid,
    /// How far it has come.
    pub stage: Stage,
    /// Since when (UTC).
    pub since: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    swept_at: Timestamp,
}

fn moment(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok().filter(|_| ms != 0)
}

fn told(record: Uuid, sealed: &Sealed) -> Option<Orphan> {
    let marked = moment(sealed.marked_ms).map(|since| Orphan { record, stage: Stage::Marked, since });
    marked.or_else(|| moment(sealed.unnamed_ms).map(|since| Orphan { record, stage: Stage::Seen, since }))
}

impl Vault {
    /// Every record, by its id.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn all(&self) -> Result<Vec<Uuid>, VaultError> {
        Ok(self.store.keys(RECORDS, "").await?.iter().filter_map(|name| record_id(name)).collect())
    }

    /// How far a record has come as an orphan; none when it was never seen as one, or is gone.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn orphan(&self, id: Uuid) -> Result<Option<Orphan>, VaultError> {
        Ok(self.stored(id).await?.and_then(|(_, sealed)| told(id, &sealed)))
    }

    /// The orphans among these records, and those that are gone.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn orphans(&self, among: impl IntoIterator<Item = Uuid>) -> Result<Vec<Orphan>, VaultError> {
        let mut orphans = Vec::new();
        for id in among {
            orphans.extend(self.orphan(id).await?);
        }
        for name in self.store.keys(SWEPT, "").await? {
            let Some((record, entry)) = record_id(&name).zip(self.store.get(SWEPT, &name).await?) else { continue };
            let gone: Gone = serde_json::from_slice(&entry.value).map_err(|_| VaultError::BrokenLedger)?;
            orphans.push(Orphan { record, stage: Stage::Swept, since: gone.swept_at });
        }
        Ok(orphans)
    }

    /// A commit names it after all.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn found(&self, id: Uuid) -> Result<(), VaultError> {
        match self.stored(id).await? {
            Some((entry, sealed)) if told(id, &sealed).is_some() => {
                self.restore(id, &entry, Sealed { unnamed_ms: 0, marked_ms: 0, ..sealed }).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// For which file a record was written.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn file_of(&self, id: Uuid) -> Result<Option<Key>, VaultError> {
        Ok(self.stored(id).await?.and_then(|(_, sealed)| sealed.subject.parse().ok()))
    }

    /// A record that no commit names goes one step further, when it is time. `unused` says that nothing was ever committed to its file, so
    /// that its index entries lead nowhere. Asked only of what was not named a moment ago; nothing is written in this process meanwhile.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn sweep(&self, id: Uuid, now: Timestamp, unused: bool) -> Result<Option<Stage>, VaultError> {
        let Some((entry, sealed)) = self.stored(id).await? else { return Ok(None) };
        let over = |since: Timestamp, term: SignedDuration| since.duration_until(now) >= term;
        match told(id, &sealed) {
            None => {
                let seen = self.restore(id, &entry, Sealed { unnamed_ms: now.as_millisecond(), ..sealed }).await?;
                Ok(seen.then_some(Stage::Seen))
            }
            Some(Orphan { stage: Stage::Seen, since, .. }) if over(since, OLD) => {
                let marked = self.restore(id, &entry, Sealed { marked_ms: now.as_millisecond(), ..sealed }).await?;
                Ok(marked.then_some(Stage::Marked))
            }
            Some(Orphan { stage: Stage::Marked, since, .. }) if over(since, MARKED) => {
                // Emptied as it was, or not at all: whoever wrote it anew in between keeps it. What is empty stays, without a word in it,
                // so that nothing written under this name later is taken away by this.
                match self.store.update(RECORDS, &record_name(id), entry.revision, Vec::new().into()).await {
                    Ok(_) => {}
                    Err(KeyedError::Conflict | KeyedError::Unknown) => return Ok(None),
                    Err(error) => return Err(error.into()),
                }
                if let Some(household) = sealed.open(&self.ring().keys, id.as_bytes()) {
                    if let Some(file) = sealed.subject.parse().ok().filter(|_| unused) {
                        self.unclaim_all(&household, file, false).await?;
                    }
                    self.remove_files(&household).await?;
                }
                let gone = serde_json::to_vec(&Gone { swept_at: now }).map_err(|_| VaultError::Sealing)?;
                self.put(SWEPT, &record_name(id), gone).await?;
                self.begin_ending(now).await?;
                Ok(Some(Stage::Swept))
            }
            Some(orphan) => Ok(Some(orphan.stage)),
        }
    }

    /// Writes a record as it was but for its mark; `false` when somebody else wrote it in between.
    async fn restore(&self, id: Uuid, entry: &Entry, sealed: Sealed) -> Result<bool, VaultError> {
        match self.store.update(RECORDS, &record_name(id), entry.revision, sealed.encode_to_vec().into()).await {
            Ok(_) => Ok(true),
            Err(KeyedError::Conflict | KeyedError::Unknown) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Nothing is made and written in this process while this is held.
    pub(crate) async fn alone(&self) -> tokio::sync::OwnedRwLockWriteGuard<()> {
        self.turns.clone().write_owned().await
    }
}
