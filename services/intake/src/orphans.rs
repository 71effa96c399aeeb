//! The sweep of orphans: vault records that no commit of any context names. Whether one does is read from the commits themselves, of all
//! five contexts and whatever their types: an id anywhere in an event is a name.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use futures::StreamExt;
use jiff::{Timestamp, civil::Date};
use journal::{Commit, Journal, Subject, Unavailable};
use kernel::days::amsterdam_date;
use service::Room;
use tonic::Status;
use uuid::Uuid;

use crate::{
    reception::away,
    vault::{Orphan, Stage, Vault, VaultError},
    views::{self, Whereabouts},
};

/// Who may name a record of the vault.
const CONTEXTS: [&str; 5] = ["intake", "routing", "outreach", "court-liaison", "aftercare"];
/// An id as an event holds it, in bytes and as text: its length comes before it.
const AS_BYTES: usize = 16;
const AS_TEXT: usize = 36;

/// Why nothing is swept now.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The vault is away.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The journal is away: what it does not say is not known.
    #[error("journal: {0}")]
    Journal(#[from] Unavailable),
    /// A commit that cannot be read may name anything.
    #[error("a commit of {context} at {sequence} cannot be read")]
    Unreadable {
        /// Whose.
        context: &'static str,
        /// Where.
        sequence: u64,
    },
}

/// The sweep, once a day.
#[derive(Default)]
pub struct Sweep {
    swept_on: Option<Date>,
    /// Records that a commit names which intake's own view does not know: once named is named.
    named: HashSet<Uuid>,
}

impl Sweep {
    /// Sweeps, when it was not done today.
    pub async fn today(&mut self, room: &Room<Whereabouts>, vault: &Arc<Vault>) {
        let now = room.runtime.now();
        if self.swept_on == Some(amsterdam_date(now)) {
            return;
        }
        let ours = views::named_records(&room.views);
        match self.sweep(room.runtime.journal().as_ref(), vault, &ours, now).await {
            Ok(stages) => {
                self.swept_on = Some(amsterdam_date(now));
                let count = |stage| stages.get(&stage).copied().unwrap_or(0);
                if !stages.is_empty() {
                    tracing::info!(
                        seen = count(Stage::Seen),
                        marked = count(Stage::Marked),
                        swept = count(Stage::Swept),
                        "vault records that no commit names"
                    );
                }
            }
            Err(error) => tracing::warn!(error = %service::status::Chain(&error), "vault records that no commit names are not swept yet"),
        }
    }

    /// Every record but `ours`, of which it is known that a commit names it.
    ///
    /// # Errors
    /// [`SweepError`]; do it again then.
    pub async fn sweep(
        &mut self,
        journal: &dyn Journal,
        vault: &Vault,
        ours: &BTreeSet<Uuid>,
        now: Timestamp,
    ) -> Result<BTreeMap<Stage, usize>, SweepError> {
        let mut waiting: BTreeSet<Uuid> = vault.all().await?.into_iter().collect();
        waiting.retain(|id| !ours.contains(id) && !self.named.contains(id));
        let mut stages = BTreeMap::new();
        if waiting.is_empty() {
            return Ok(stages);
        }
        let named = named_in(journal, &waiting).await?;
        for id in &named {
            vault.found(*id).await?;
        }
        waiting.retain(|id| !named.contains(id));
        self.named.extend(named);
        for id in waiting {
            // Whoever makes a hash and then does something with it is done, so that the index entry leads nowhere for sure.
            let _alone = vault.alone().await;
            let unused = match vault.file_of(id).await? {
                Some(file) => journal.last(&Subject::new("intake", file)).await?.is_none(),
                None => false,
            };
            if let Some(stage) = vault.sweep(id, now, unused).await? {
                *stages.entry(stage).or_insert(0) += 1;
            }
        }
        Ok(stages)
    }
}

/// Which of these records a commit names. Every commit is read: a newer binary's too.
async fn named_in(journal: &dyn Journal, wanted: &BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>, SweepError> {
    let mut named = BTreeSet::new();
    for context in CONTEXTS {
        let mut end = journal.end(context).await?;
        // The newest that has a commit: the end itself may have been removed.
        while end > 0 && journal.at(context, end).await?.is_none() {
            end -= 1;
        }
        let mut records = if end == 0 { continue } else { journal.follow(context, 0).await };
        while let Some(record) = records.next().await {
            let commit = Commit::read(&record).map_err(|_| SweepError::Unreadable { context, sequence: record.sequence })?;
            for event in &commit.events {
                named.extend(ids_in(event).filter(|id| wanted.contains(id)));
            }
            if record.sequence >= end {
                break;
            }
        }
    }
    Ok(named)
}

/// Everything in an event that may be an id: what follows its length.
fn ids_in(event: &[u8]) -> impl Iterator<Item = Uuid> + '_ {
    event.iter().enumerate().filter_map(|(at, length)| match usize::from(*length) {
        AS_BYTES => Uuid::from_slice(event.get(at + 1..at + 1 + AS_BYTES)?).ok(),
        AS_TEXT => std::str::from_utf8(event.get(at + 1..at + 1 + AS_TEXT)?).ok()?.parse().ok(),
        _ => None,
    })
}

/// The orphans as they stand, with those that went. What was named since they were marked is not among them.
///
/// # Errors
/// A status when the vault or the journal does not answer.
pub async fn all(room: &Room<Whereabouts>, vault: &Vault) -> Result<Vec<Orphan>, Status> {
    let mut among = vault.all().await.map_err(|error| away(&error))?;
    room.at_least(None).await?;
    let ours = views::named_records(&room.views);
    among.retain(|id| !ours.contains(id));
    vault.orphans(among).await.map_err(|error| away(&error))
}
