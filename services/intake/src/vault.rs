//! The vault: who lives where, one record per person and address, each under a key of its own; and the index from keyed
//! hashes to address files. The journal holds ids of these records, never what is in them.
//!
//! Order: the record first, then the commit that names it. A record says for which subject and request it was written, so
//! that one that no commit names can be found later.

mod epoch;
mod erase;
mod files;
mod index;
pub mod looks;
mod orphans;
mod seal;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use intake_domain::Keyed;
use journal::{Entry, Keyed as Store, KeyedError};
use kernel::Key;
use prost::Message;
use proto::intake::v1 as pb;
use tokio::sync::OwnedRwLockReadGuard;
use uuid::Uuid;

use self::seal::Sealed;
pub use self::{
    epoch::WentOver,
    erase::{Erased, Ground},
    files::{KeptFile, PIECE},
    index::{Claimed, Index, Mark},
    looks::{Look, Reader},
    orphans::{Orphan, Stage},
};
use crate::keys::{KeyFileError, VaultKeys};

const RECORDS: &str = "intake-vault";
const INDEX: &str = "intake-index";
/// What the journal calls the hashes of this epoch.
const MARKS: &str = "intake-marks";
/// What was erased: ids only.
const ERASED: &str = "intake-erased";
/// Who looked: ids only.
const LOOKS: &str = "intake-looks";
/// Tries after an unknown outcome or a race with another replica.
const TRIES: usize = 4;

/// What the vault keeps of a household.
#[derive(Clone, PartialEq, Message)]
pub struct Household {
    /// Where.
    #[prost(message, optional, tag = "1")]
    pub address: Option<pb::Address>,
    /// Who.
    #[prost(message, optional, tag = "2")]
    pub person: Option<pb::Person>,
    /// The partner's own reference, for its receipt.
    #[prost(string, tag = "3")]
    pub reference: String,
    /// SHA-256 of the report as it was sent, for its receipt. Not in the journal: without a key it would tell for ever whether
    /// somebody's guess of the content is right.
    #[prost(bytes = "vec", tag = "4")]
    pub sent_sha256: Vec<u8>,
    /// What its keyed hashes in the journal are made of. When an epoch ends they are found again by it, as long as the record lives.
    #[prost(message, repeated, tag = "5")]
    pub marks: Vec<KeptMark>,
    /// What the index entry of its door is made of.
    #[prost(bytes = "vec", tag = "6")]
    pub door: Vec<u8>,
    /// What was reported, in cents: the exact amount is here and in no event. 0 when no report came with it, or in records of before.
    #[prost(int64, tag = "120")]
    pub amount_cents: i64,
    /// Of a report by web form: when the last byte of the form arrived, as its receipt says it.
    #[prost(string, tag = "50")]
    pub form_received_at: String,
    /// Of a report by web form: the landlord.
    #[prost(string, tag = "51")]
    pub landlord_name: String,
    /// Of a report by web form: where the landlord can be asked back.
    #[prost(string, tag = "52")]
    pub landlord_email: String,
    /// Of a concern: what was told.
    #[prost(string, tag = "220")]
    pub told: String,
    /// Of a concern: who told it.
    #[prost(string, tag = "221")]
    pub teller_name: String,
    /// Of a concern: where they can be asked back.
    #[prost(string, tag = "222")]
    pub teller_contact: String,
    /// The files that came with a report by web form (*bewijsstukken*).
    #[prost(message, repeated, tag = "210")]
    pub files: Vec<KeptFile>,
}
impl Household {
    /// With what its door and its hashes in the journal are made of.
    #[must_use]
    pub fn marked<const N: usize>(mut self, door: &Mark, marks: [&Mark; N]) -> Self {
        self.door = door.digested.0.to_vec();
        self.marks = marks.map(|mark| KeptMark { digested: mark.digested.0.to_vec(), keyed: mark.keyed.0.to_vec() }).to_vec();
        self
    }
}

/// A mark as a record keeps it.
#[derive(Clone, PartialEq, Message)]
pub struct KeptMark {
    /// What it is made of.
    #[prost(bytes = "vec", tag = "1")]
    pub digested: Vec<u8>,
    /// As it stands in the journal.
    #[prost(bytes = "vec", tag = "2")]
    pub keyed: Vec<u8>,
}

/// For which subject and request a record is written: ids only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFor {
    /// The address file.
    pub file: Key,
    /// The request, or the signal.
    pub request: Uuid,
}

/// Why the vault did not do as asked. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The store is away; nothing was committed, the caller may try again.
    #[error("vault store")]
    Store(#[source] KeyedError),
    /// A record or entry is not what it should be: another key, or damage.
    #[error("vault record {0} cannot be read with this key")]
    Unreadable(Uuid),
    /// An index entry that names no address file.
    #[error("index entry names no address file")]
    BrokenIndex,
    /// Encrypting failed.
    #[error("record cannot be sealed")]
    Sealing,
    /// A look that cannot be read.
    #[error("log of looks cannot be read")]
    BrokenLog,
    /// A line of the ledger of erasures that is no line.
    #[error("ledger of erasures cannot be read")]
    BrokenLedger,
    /// The file of the keys cannot be read or written here.
    #[error("vault keys: {0}")]
    Keys(String),
}
impl From<KeyFileError> for VaultError {
    fn from(error: KeyFileError) -> Self {
        Self::Keys(service::status::Chain(&error).to_string())
    }
}
impl From<KeyedError> for VaultError {
    fn from(error: KeyedError) -> Self {
        Self::Store(error)
    }
}

/// The keys of this epoch, and what the journal calls the hashes that are made with them.
struct Ring {
    keys: VaultKeys,
    journal: HashMap<Keyed, Keyed>,
}

/// Where the keys are kept.
pub struct KeyFile(PathBuf);
impl KeyFile {
    /// In this file.
    pub const fn new(file: PathBuf) -> Self {
        Self(file)
    }
    fn read(&self) -> Result<VaultKeys, VaultError> {
        Ok(VaultKeys::open(&self.0, false)?)
    }
    fn replace(&self, keys: &VaultKeys) -> Result<(), VaultError> {
        Ok(keys.replace(&self.0)?)
    }
}

/// The vault of one installation.
pub struct Vault {
    store: Arc<dyn Store>,
    ring: RwLock<Arc<Ring>>,
    file: KeyFile,
    turns: Arc<tokio::sync::RwLock<()>>,
}

impl Vault {
    /// A vault over a store, with the keys that are in `file`. [`Self::prepare`] comes first.
    pub fn new(store: Arc<dyn Store>, keys: VaultKeys, file: KeyFile) -> Self {
        let ring = RwLock::new(Arc::new(Ring { keys, journal: HashMap::new() }));
        Self { store, ring, file, turns: Arc::default() }
    }

    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_ring(&self, ring: Ring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// The epoch does not end while this is held: for whatever makes a hash and then does something with it.
    pub async fn in_this_epoch(&self) -> OwnedRwLockReadGuard<()> {
        self.turns.clone().read_owned().await
    }

    /// An id for a purpose, see [`VaultKeys::id`].
    pub fn id<const N: usize>(&self, purpose: &str, parts: [&[u8]; N]) -> Uuid {
        self.ring().keys.id(purpose, parts)
    }

    /// Keeps a household under an id that the content decides, so that the same content is kept once. Answers whether the
    /// record now names `written_for`: always, after this call. Its files are the record's first, and so never nobody's.
    ///
    /// # Errors
    /// [`VaultError`]; nothing may be committed then.
    pub async fn keep(&self, id: Uuid, household: &Household, written_for: WrittenFor) -> Result<(), VaultError> {
        for file in &household.files {
            self.own(file, id).await?;
        }
        let name = record_name(id);
        let (subject, request) = (written_for.file.to_string(), written_for.request.as_bytes().to_vec());
        let sealed = Sealed::new(&self.ring().keys, id.as_bytes(), household, subject, request).ok_or(VaultError::Sealing)?;
        let value = sealed.encode_to_vec();
        for _ in 0..TRIES {
            match self.store.create(RECORDS, &name, value.clone().into()).await {
                Ok(_) => return Ok(()),
                Err(KeyedError::Unknown) => {}
                Err(KeyedError::Conflict) => match self.store.get(RECORDS, &name).await? {
                    None => {}
                    Some(Entry { revision, value: stored }) => {
                        let known = Sealed::decode(stored).map_err(|_| VaultError::Unreadable(id))?;
                        if known.subject == written_for.file.to_string() && !known.is_orphan() {
                            return Ok(());
                        }
                        // Written for another file that was never committed to, or for one that now turns out to be this; or it was an
                        // orphan, and is needed after all.
                        match self.store.update(RECORDS, &name, revision, value.clone().into()).await {
                            Ok(_) => return Ok(()),
                            Err(KeyedError::Conflict | KeyedError::Unknown) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                },
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Store(KeyedError::Unknown))
    }

    /// Writes a record anew, for the file that it was written for.
    async fn replace(&self, id: Uuid, household: &Household) -> Result<(), VaultError> {
        let name = record_name(id);
        for _ in 0..TRIES {
            let Some((entry, known)) = self.stored(id).await? else { return Ok(()) };
            let sealed = Sealed::new(&self.ring().keys, id.as_bytes(), household, known.subject, known.request);
            let value = sealed.ok_or(VaultError::Sealing)?.encode_to_vec();
            match self.store.update(RECORDS, &name, entry.revision, value.into()).await {
                Ok(_) => return Ok(()),
                Err(KeyedError::Conflict | KeyedError::Unknown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Store(KeyedError::Unknown))
    }

    /// Opens a record for the work itself, that shows it to nobody: matching, and the receipt that comes with a report. Whoever
    /// shows it uses [`Self::show`]. `None` when it is not there (any more).
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn open(&self, id: Uuid) -> Result<Option<Household>, VaultError> {
        let Some((_, sealed)) = self.stored(id).await? else { return Ok(None) };
        sealed.open(&self.ring().keys, id.as_bytes()).map(Some).ok_or(VaultError::Unreadable(id))
    }

    /// A record as it is stored; none when it is not there, or was an orphan and is empty.
    async fn stored(&self, id: Uuid) -> Result<Option<(Entry, Sealed)>, VaultError> {
        let entry = self.store.get(RECORDS, &record_name(id)).await?;
        let Some(entry) = entry.filter(|entry| !entry.value.is_empty()) else { return Ok(None) };
        let sealed = Sealed::decode(entry.value.clone()).map_err(|_| VaultError::Unreadable(id))?;
        Ok(Some((entry, sealed)))
    }

    /// Puts a value, whatever is there.
    async fn put(&self, bucket: &str, name: &str, value: Vec<u8>) -> Result<(), VaultError> {
        for _ in 0..TRIES {
            let outcome = match self.store.get(bucket, name).await? {
                Some(entry) => self.store.update(bucket, name, entry.revision, value.clone().into()).await,
                None => self.store.create(bucket, name, value.clone().into()).await,
            };
            match outcome {
                Ok(_) => return Ok(()),
                Err(KeyedError::Conflict | KeyedError::Unknown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Store(KeyedError::Unknown))
    }
}

fn record_name(id: Uuid) -> String {
    format!("person.{}", id.simple())
}
fn record_id(name: &str) -> Option<Uuid> {
    name.strip_prefix("person.")?.parse().ok()
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "vault/files_tests.rs"]
mod files_tests;
