//! The vault: who lives where, one record per person and address, each under a key of its own; and the index from keyed
//! hashes to address files. The journal holds ids of these records, never what is in them.
//!
//! Order: the record first, then the commit that names it. A record says for which subject and request it was written, so
//! that one that no commit names can be found later.

use std::sync::Arc;

use chacha20poly1305::{
    Key as DataKey, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadCore, KeyInit, OsRng, Payload},
};
use intake_domain::Keyed;
use journal::{Entry, Keyed as Store, KeyedError};
use kernel::Key;
use prost::Message;
use proto::intake::v1 as pb;
use uuid::Uuid;

use crate::keys::VaultKeys;

const RECORDS: &str = "intake-vault";
const INDEX: &str = "intake-index";
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
}

/// For which subject and request a record is written: ids only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFor {
    /// The address file.
    pub file: Key,
    /// The request, or the signal.
    pub request: Uuid,
}

/// A record as it is stored.
#[derive(Clone, PartialEq, Message)]
struct Sealed {
    #[prost(uint32, tag = "1")]
    epoch: u32,
    /// The record's own key, under the epoch key.
    #[prost(bytes = "vec", tag = "2")]
    wrapped_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    wrap_nonce: Vec<u8>,
    /// The household, under the record's own key.
    #[prost(bytes = "vec", tag = "4")]
    sealed: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    nonce: Vec<u8>,
    #[prost(string, tag = "6")]
    subject: String,
    #[prost(bytes = "vec", tag = "7")]
    request: Vec<u8>,
}

/// What the index maps to an address file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// A door: the one place of uniqueness of a household.
    Address(Keyed),
    /// A landlord's reference that was told before any address.
    Reference(Keyed),
}
impl Index {
    fn key(self) -> String {
        match self {
            Self::Address(Keyed(hash)) => format!("address.{}", hex::encode(hash)),
            Self::Reference(Keyed(hash)) => format!("reference.{}", hex::encode(hash)),
        }
    }
}

/// Which address file an index entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The file.
    pub file: Key,
    /// The entry was made just now, for the file that was proposed: it has no commits yet.
    pub fresh: bool,
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
}
impl From<KeyedError> for VaultError {
    fn from(error: KeyedError) -> Self {
        Self::Store(error)
    }
}

/// The vault of one installation.
pub struct Vault {
    store: Arc<dyn Store>,
    keys: VaultKeys,
}

impl Vault {
    /// A vault over a store.
    pub const fn new(store: Arc<dyn Store>, keys: VaultKeys) -> Self {
        Self { store, keys }
    }

    /// The keys of hashes and ids.
    pub const fn keys(&self) -> &VaultKeys {
        &self.keys
    }

    /// Keeps a household under an id that the content decides, so that the same content is kept once. Answers whether the
    /// record now names `written_for`: always, after this call.
    ///
    /// # Errors
    /// [`VaultError`]; nothing may be committed then.
    pub async fn keep(&self, id: Uuid, household: &Household, written_for: WrittenFor) -> Result<(), VaultError> {
        let name = record_name(id);
        let value = self.seal(id, household, written_for)?;
        for _ in 0..TRIES {
            match self.store.create(RECORDS, &name, value.clone().into()).await {
                Ok(_) => return Ok(()),
                Err(KeyedError::Unknown) => {}
                Err(KeyedError::Conflict) => match self.store.get(RECORDS, &name).await? {
                    None => {}
                    Some(Entry { revision, value: stored }) => {
                        let known = Sealed::decode(stored).map_err(|_| VaultError::Unreadable(id))?;
                        if known.subject == written_for.file.to_string() {
                            return Ok(());
                        }
                        // Written for another file that was never committed to, or for one that now turns out to be this.
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

    /// Opens a record; `None` when it is not there (any more).
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn open(&self, id: Uuid) -> Result<Option<Household>, VaultError> {
        match self.store.get(RECORDS, &record_name(id)).await? {
            None => Ok(None),
            Some(entry) => self.unseal(id, &entry.value).map(Some),
        }
    }

    /// Removes a record; one that is not there is fine.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn remove(&self, id: Uuid) -> Result<(), VaultError> {
        Ok(self.store.purge(RECORDS, &record_name(id)).await?)
    }

    /// The address file that an index entry names, if there is one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn find(&self, index: Index) -> Result<Option<Key>, VaultError> {
        let entry = self.store.get(INDEX, &index.key()).await?;
        entry.map(|entry| file_of(&entry.value)).transpose()
    }

    /// Makes the index entry for `proposed` unless there is one: then the other file is the one. One round trip when the
    /// address is new; an entry that nobody committed to is simply used, so a crash in between leaves nothing to repair.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn claim(&self, index: Index, proposed: Key) -> Result<Claimed, VaultError> {
        let (name, value) = (index.key(), proposed.to_string());
        for _ in 0..TRIES {
            match self.store.create(INDEX, &name, value.clone().into()).await {
                Ok(_) => return Ok(Claimed { file: proposed, fresh: true }),
                Err(KeyedError::Unknown) => {}
                Err(KeyedError::Conflict) => {
                    if let Some(file) = self.find(index).await? {
                        // After an unknown outcome the entry may be ours: to claim it as fresh costs a conflict at most.
                        return Ok(Claimed { file, fresh: file == proposed });
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(VaultError::Store(KeyedError::Unknown))
    }

    fn seal(&self, id: Uuid, household: &Household, written_for: WrittenFor) -> Result<Vec<u8>, VaultError> {
        let epoch_key = self.keys.epochs.get(&self.keys.current).ok_or(VaultError::Sealing)?;
        let data_key = XChaCha20Poly1305::generate_key(&mut OsRng);
        let (nonce, wrap_nonce) = (XChaCha20Poly1305::generate_nonce(&mut OsRng), XChaCha20Poly1305::generate_nonce(&mut OsRng));
        let under = |key: &DataKey, nonce: &XNonce, text: &[u8]| {
            // The id is bound in: a record moved to another id does not open.
            XChaCha20Poly1305::new(key).encrypt(nonce, Payload { msg: text, aad: id.as_bytes() }).map_err(|_| VaultError::Sealing)
        };
        let sealed = Sealed {
            epoch: self.keys.current,
            wrapped_key: under(epoch_key, &wrap_nonce, &data_key)?,
            wrap_nonce: wrap_nonce.to_vec(),
            sealed: under(&data_key, &nonce, &household.encode_to_vec())?,
            nonce: nonce.to_vec(),
            subject: written_for.file.to_string(),
            request: written_for.request.as_bytes().to_vec(),
        };
        Ok(sealed.encode_to_vec())
    }

    fn unseal(&self, id: Uuid, stored: &[u8]) -> Result<Household, VaultError> {
        let open = || {
            let sealed = Sealed::decode(stored).ok()?;
            let under = |key: &DataKey, nonce: &[u8], text: &[u8]| {
                let nonce: [u8; 24] = nonce.try_into().ok()?;
                XChaCha20Poly1305::new(key).decrypt(&nonce.into(), Payload { msg: text, aad: id.as_bytes() }).ok()
            };
            let data_key: [u8; 32] =
                under(self.keys.epochs.get(&sealed.epoch)?, &sealed.wrap_nonce, &sealed.wrapped_key)?.try_into().ok()?;
            Household::decode(under(&data_key.into(), &sealed.nonce, &sealed.sealed)?.as_slice()).ok()
        };
        open().ok_or(VaultError::Unreadable(id))
    }
}

fn record_name(id: Uuid) -> String {
    format!("person.{}", id.simple())
}
fn file_of(value: &[u8]) -> Result<Key, VaultError> {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or(VaultError::BrokenIndex)
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
