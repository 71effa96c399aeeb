//! The end of an epoch: everything that lives goes over to new keys, and the old ones are destroyed. What was erased stays
//! behind: its bytes may stand in the store, in a segment or a backup, and no key opens them any more; and nobody can make the
//! hashes again that stand in the journal.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use intake_domain::Keyed;
use jiff::Timestamp;
use journal::KeyedError;
use prost::Message;
use uuid::Uuid;

use super::{INDEX, MARKS, RECORDS, Ring, TRIES, Vault, VaultError, seal};
use crate::keys::{Digested, VaultKeys};

/// Changes in flight.
const AT_ONCE: usize = 64;
/// Pairs in one stored value: well below what a value may hold.
const PER_CHUNK: usize = 1_000;

/// Since when something is erased in this epoch.
const SINCE: &str = "erased-since";

/// What went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WentOver {
    /// The epoch that everything is in now.
    pub epoch: u32,
    /// Records.
    pub records: usize,
    /// Index entries.
    pub entries: usize,
}

/// Pairs of a hash under this epoch's key and what the journal says instead.
#[derive(Clone, PartialEq, Message)]
struct Pairs {
    #[prost(bytes = "vec", repeated, tag = "1")]
    now: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    journal: Vec<Vec<u8>>,
}

impl Vault {
    /// Reads what the journal calls the hashes of this epoch, and ends an epoch that a crash left half over. Before anything
    /// else is asked of the vault.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn prepare(&self) -> Result<(), VaultError> {
        let ring = self.ring();
        if ring.keys.is_between_epochs() {
            return self.next_epoch().await.map(drop);
        }
        let journal = self.load_marks(&ring.keys).await?;
        self.set_ring(Ring { keys: ring.keys.clone(), journal });
        Ok(())
    }

    /// Ends the epoch. Nothing is taken in meanwhile. What fails or crashes half-way goes on with the next call or start; the old
    /// keys are there until everything has gone over.
    ///
    /// # Errors
    /// [`VaultError`]; nothing was lost then.
    pub async fn next_epoch(&self) -> Result<WentOver, VaultError> {
        let _alone = self.turns.write().await;
        let ring = self.ring();
        let in_file = self.file.read()?;
        let next = if in_file.is_between_epochs() {
            in_file
        } else {
            let next = ring.keys.next();
            self.file.replace(&next)?;
            next
        };
        let now = ring.keys.reading(&next);
        self.set_ring(Ring { keys: now.clone(), journal: ring.journal.clone() });

        let records = self.all().await?;
        let (reading, going) = (&now, &next);
        let of_records = stream::iter(records.iter().copied()).map(|id| self.rewrap(id, reading, going)).buffer_unordered(AT_ONCE);
        let of_records: Vec<Vec<(Keyed, Keyed)>> = of_records.try_collect().await?;
        let names = self.store.keys(INDEX, "").await?;
        let of_entries = stream::iter(names.clone()).map(|name| async move { self.rename(&name, reading, going).await });
        let of_entries = of_entries.buffer_unordered(AT_ONCE);
        let of_entries: Vec<Option<(Keyed, Keyed)>> = of_entries.try_collect().await?;
        let journal: HashMap<Keyed, Keyed> = of_records.iter().flatten().copied().chain(of_entries.into_iter().flatten()).collect();
        self.store_marks(&next, &journal).await?;

        let alone = next.alone();
        self.set_ring(Ring { keys: alone.clone(), journal });
        let staying = &alone;
        let purged = stream::iter(names).map(|name| async move {
            if self.is_named_by(&name, staying).await? {
                return Ok::<usize, VaultError>(0);
            }
            self.store.purge(INDEX, &name).await?;
            Ok(1)
        });
        let purged: Vec<usize> = purged.buffer_unordered(AT_ONCE).try_collect().await?;
        self.forget_marks_but(alone.current).await?;
        self.file.replace(&alone)?;
        self.store.purge(MARKS, SINCE).await?;
        Ok(WentOver { epoch: alone.current, records: records.len(), entries: purged.iter().sum() })
    }

    /// Something was erased: this epoch has to end. The first time counts.
    pub(super) async fn begin_ending(&self, erased_at: Timestamp) -> Result<(), VaultError> {
        match self.store.create(MARKS, SINCE, erased_at.to_string().into()).await {
            Ok(_) | Err(KeyedError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Since when something is erased of which the keys are not destroyed yet (UTC).
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn ending_since(&self) -> Result<Option<Timestamp>, VaultError> {
        let entry = self.store.get(MARKS, SINCE).await?;
        Ok(entry.and_then(|entry| std::str::from_utf8(&entry.value).ok()?.parse().ok()))
    }

    /// Puts a record's key under the next epoch key; answers how its hashes are called in the journal.
    async fn rewrap(&self, id: Uuid, now: &VaultKeys, next: &VaultKeys) -> Result<Vec<(Keyed, Keyed)>, VaultError> {
        let name = super::record_name(id);
        for _ in 0..TRIES {
            let Some((entry, sealed)) = self.stored(id).await? else { return Ok(Vec::new()) };
            // A record of an epoch that is over, from a backup perhaps: nobody can open it, here or elsewhere.
            let Some(household) = sealed.open(now, id.as_bytes()) else {
                tracing::warn!(record = %id, "a vault record cannot be read and does not go over");
                return Ok(Vec::new());
            };
            let marks = household.marks.iter().filter_map(|mark| {
                let digested = Digested(mark.digested.as_slice().try_into().ok()?);
                Some((next.hash(&digested), Keyed(mark.keyed.as_slice().try_into().ok()?)))
            });
            let marks = marks.collect();
            if sealed.epoch == next.current {
                return Ok(marks);
            }
            let value = sealed.rewrapped(next, id.as_bytes()).ok_or(VaultError::Sealing)?.encode_to_vec();
            match self.store.update(RECORDS, &name, entry.revision, value.into()).await {
                Ok(_) => return Ok(marks),
                Err(KeyedError::Conflict | KeyedError::Unknown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Store(KeyedError::Unknown))
    }

    async fn store_marks(&self, keys: &VaultKeys, journal: &HashMap<Keyed, Keyed>) -> Result<(), VaultError> {
        let pairs: Vec<_> = journal.iter().collect();
        for (number, chunk) in pairs.chunks(PER_CHUNK).enumerate() {
            let name = format!("marks.{}.{number}", keys.current);
            let of = |pick: fn(&(&Keyed, &Keyed)) -> Vec<u8>| chunk.iter().map(pick).collect();
            let pairs = Pairs { now: of(|(now, _)| now.0.to_vec()), journal: of(|(_, journal)| journal.0.to_vec()) };
            self.put(MARKS, &name, seal::seal(keys, &name, &pairs).ok_or(VaultError::Sealing)?).await?;
        }
        Ok(())
    }

    async fn load_marks(&self, keys: &VaultKeys) -> Result<HashMap<Keyed, Keyed>, VaultError> {
        let prefix = format!("marks.{}.", keys.current);
        let mut journal = HashMap::new();
        for name in &self.store.keys(MARKS, &prefix).await? {
            let Some(entry) = self.store.get(MARKS, name).await? else { continue };
            let pairs: Pairs = seal::open(keys, name, &entry.value).ok_or(VaultError::BrokenIndex)?;
            for (now, in_journal) in pairs.now.iter().zip(&pairs.journal) {
                let hash = |bytes: &[u8]| bytes.try_into().map(Keyed).map_err(|_| VaultError::BrokenIndex);
                journal.insert(hash(now)?, hash(in_journal)?);
            }
        }
        Ok(journal)
    }

    async fn forget_marks_but(&self, epoch: u32) -> Result<(), VaultError> {
        let prefix = format!("marks.{epoch}.");
        for name in self.store.keys(MARKS, "").await?.iter().filter(|name| !name.starts_with(&prefix) && *name != SINCE) {
            self.store.purge(MARKS, name).await?;
        }
        Ok(())
    }
}
