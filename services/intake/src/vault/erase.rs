//! Erasing: what goes, and the ledger of what went. The ledger is written first and read again after a restore: who was erased
//! does not come back with a backup.

use std::{collections::BTreeMap, fmt};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use journal::KeyedError;
use kernel::{CaseId, Key};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ERASED, Household, RECORDS, TRIES, Vault, VaultError, record_name};
use crate::keys::Digested;

/// Reads in flight.
const AT_ONCE: usize = 64;

/// Why something is erased (AVG art. 17(1), or a term that ended).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// No longer needed for its purpose (a).
    NotNeeded,
    /// The consent that it rested on was withdrawn (b).
    ConsentWithdrawn,
    /// The person objected, and nothing outweighs that (c).
    Objection,
    /// It was never lawful to have it (d).
    Unlawful,
    /// A law says so (e).
    LegalDuty,
    /// The term for keeping it (*bewaartermijn*) ended.
    Retention,
}
impl Ground {
    /// Those that an officer may decide by; a term ends by itself.
    pub const DECIDED: [Self; 5] = [Self::NotNeeded, Self::ConsentWithdrawn, Self::Objection, Self::Unlawful, Self::LegalDuty];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotNeeded => "not-needed",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::Objection => "objection",
            Self::Unlawful => "unlawful",
            Self::LegalDuty => "legal-duty",
            Self::Retention => "retention",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::DECIDED.into_iter().chain([Self::Retention]).find(|ground| ground.code() == code)
    }
}
impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A line of the ledger: ids and codes only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// Which record.
    pub record: Uuid,
    /// Of which case, when it was of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Why.
    pub ground: Ground,
    /// Who decided.
    pub officer: String,
    /// When (UTC).
    pub erased_at: Timestamp,
}

impl Vault {
    /// Erases a record: a line in the ledger, its index entries and files, then the record. The entry of its door stays as long as one of
    /// `others` lives there. Nothing that is left opens it once this epoch has ended. Once more changes nothing.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn erase(&self, line: &Erased, others: &[Uuid]) -> Result<(), VaultError> {
        let _epoch = self.in_this_epoch().await;
        self.enter(line).await?;
        let mut lived_in = false;
        for other in others.iter().filter(|other| **other != line.record) {
            lived_in |= self.stored(*other).await?.is_some();
        }
        self.erase_record(line.record, lived_in).await?;
        self.begin_ending(line.erased_at).await
    }

    /// Erases what a restore brought back, by the lines of a ledger; answers how many records that were. Everything in the vault
    /// is looked at once, to know who lives where.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn replay(&self, ledger: &[Erased]) -> Result<usize, VaultError> {
        let _epoch = self.in_this_epoch().await;
        let files = self.subjects().await?;
        let mut living: BTreeMap<Option<String>, Vec<Uuid>> = BTreeMap::new();
        for (id, file) in &files {
            living.entry(file.clone()).or_default().push(*id);
        }
        let mut again = 0;
        for line in ledger {
            self.enter(line).await?;
            let Some(file) = files.get(&line.record) else { continue };
            let there = living.entry(file.clone()).or_default();
            there.retain(|id| *id != line.record);
            let lived_in = !there.is_empty();
            self.erase_record(line.record, lived_in).await?;
            self.begin_ending(line.erased_at).await?;
            again += 1;
        }
        Ok(again)
    }

    /// Every record by the file that it was written for, whether an event names it or not. Everything in the vault is looked at.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn by_file(&self) -> Result<BTreeMap<String, Vec<Uuid>>, VaultError> {
        let mut files: BTreeMap<String, Vec<Uuid>> = BTreeMap::new();
        for (id, file) in self.subjects().await? {
            files.entry(file.unwrap_or_default()).or_default().push(id);
        }
        Ok(files)
    }

    /// The same of one file.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn of_file(&self, file: Key) -> Result<Vec<Uuid>, VaultError> {
        Ok(self.by_file().await?.remove(&file.to_string()).unwrap_or_default())
    }

    /// So many lines of the ledger, by record id, after a record.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn erased(&self, after: Option<Uuid>, limit: usize) -> Result<Vec<Erased>, VaultError> {
        let after = after.map(line_name).unwrap_or_default();
        let names = self.store.keys(ERASED, "record.").await?.into_iter().filter(|name| *name > after).take(limit);
        let lines = stream::iter(names).map(|name| async move {
            let entry = self.store.get(ERASED, &name).await?;
            entry.map(|entry| serde_json::from_slice(&entry.value).map_err(|_| VaultError::BrokenLedger)).transpose()
        });
        let lines: Vec<Option<Erased>> = lines.buffered(AT_ONCE).try_collect().await?;
        Ok(lines.into_iter().flatten().collect())
    }

    async fn enter(&self, line: &Erased) -> Result<(), VaultError> {
        let value = serde_json::to_vec(line).map_err(|_| VaultError::BrokenLedger)?;
        for _ in 0..TRIES {
            match self.store.create(ERASED, &line_name(line.record), value.clone().into()).await {
                // The first decision stands.
                Ok(_) | Err(KeyedError::Conflict) => return Ok(()),
                Err(KeyedError::Unknown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Store(KeyedError::Unknown))
    }

    /// For which file each record was written.
    async fn subjects(&self) -> Result<BTreeMap<Uuid, Option<String>>, VaultError> {
        let files = stream::iter(self.all().await?).map(|id| async move { Ok((id, self.subject(id).await?)) });
        files.buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn subject(&self, id: Uuid) -> Result<Option<String>, VaultError> {
        Ok(self.stored(id).await?.map(|(_, sealed)| sealed.subject))
    }

    async fn erase_record(&self, id: Uuid, lived_in: bool) -> Result<(), VaultError> {
        let name = record_name(id);
        let Some((_, sealed)) = self.stored(id).await? else { return Ok(()) };
        // What cannot be opened is of an epoch that is over: its index entries go when this one ends.
        let file = sealed.subject.parse::<Key>().ok();
        if let (Some(household), Some(file)) = (sealed.open(&self.ring().keys, id.as_bytes()), file) {
            self.unclaim_all(&household, file, lived_in).await?;
            self.remove_files(&household).await?;
        }
        Ok(self.store.purge(RECORDS, &name).await?)
    }

    /// Removes the index entries of a household that lead to this file; that of its door unless the file is still lived in.
    pub(super) async fn unclaim_all(&self, household: &Household, file: Key, lived_in: bool) -> Result<(), VaultError> {
        let digested = |bytes: &[u8]| bytes.try_into().map(Digested).ok();
        if let Some(door) = digested(&household.door).filter(|_| !lived_in) {
            self.unclaim("address", &door, file).await?;
        }
        for mark in household.marks.iter().filter_map(|mark| digested(&mark.digested)) {
            self.unclaim("reference", &mark, file).await?;
        }
        Ok(())
    }
}

fn line_name(record: Uuid) -> String {
    format!("record.{}", record.simple())
}
