//! How what the vault stores is encrypted: a record under a key of its own, which is under the epoch key; everything else under
//! the epoch key.

use chacha20poly1305::{
    Key as DataKey, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, OsRng, Payload},
};
use prost::Message;

use super::Household;
use crate::keys::VaultKeys;

/// A record as it is stored.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Sealed {
    #[prost(uint32, tag = "1")]
    pub epoch: u32,
    /// The record's own key, under the epoch key.
    #[prost(bytes = "vec", tag = "2")]
    pub wrapped_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub wrap_nonce: Vec<u8>,
    /// The household, under the record's own key.
    #[prost(bytes = "vec", tag = "4")]
    pub sealed: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub nonce: Vec<u8>,
    #[prost(string, tag = "6")]
    pub subject: String,
    #[prost(bytes = "vec", tag = "7")]
    pub request: Vec<u8>,
    /// When it was first seen that no commit names it, in milliseconds; 0 when one does, or nobody looked.
    #[prost(int64, tag = "120")]
    pub unnamed_ms: i64,
    /// When it was marked to be swept, in milliseconds; 0 when it is not.
    #[prost(int64, tag = "121")]
    pub marked_ms: i64,
}

/// Anything else, under the epoch key.
#[derive(Clone, PartialEq, Message)]
struct UnderEpoch {
    #[prost(uint32, tag = "1")]
    epoch: u32,
    #[prost(bytes = "vec", tag = "2")]
    nonce: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    sealed: Vec<u8>,
}

/// `about` is bound in: what was moved to another name does not open.
fn encrypt(key: &DataKey, about: &[u8], text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    // Once only, not secret: of this thread's generator, which asks the system less often than a key does.
    let nonce: [u8; 24] = rand::random();
    let sealed = XChaCha20Poly1305::new(key).encrypt(&XNonce::from(nonce), Payload { msg: text, aad: about }).ok()?;
    Some((sealed, nonce.to_vec()))
}
fn decrypt(key: &DataKey, about: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce: [u8; 24] = nonce.try_into().ok()?;
    XChaCha20Poly1305::new(key).decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: about }).ok()
}

impl Sealed {
    /// A record under a new key of its own.
    pub fn new(keys: &VaultKeys, about: &[u8], household: &Household, subject: String, request: Vec<u8>) -> Option<Self> {
        let data_key = XChaCha20Poly1305::generate_key(&mut OsRng);
        let (wrapped_key, wrap_nonce) = encrypt(keys.epochs.get(&keys.current)?, about, &data_key)?;
        let (sealed, nonce) = encrypt(&data_key, about, &household.encode_to_vec())?;
        Some(Self { epoch: keys.current, wrapped_key, wrap_nonce, sealed, nonce, subject, request, unnamed_ms: 0, marked_ms: 0 })
    }

    fn data_key(&self, keys: &VaultKeys, about: &[u8]) -> Option<DataKey> {
        let key: [u8; 32] = decrypt(keys.epochs.get(&self.epoch)?, about, &self.wrap_nonce, &self.wrapped_key)?.try_into().ok()?;
        Some(key.into())
    }

    /// It was seen that no commit names it.
    pub const fn is_orphan(&self) -> bool {
        self.unnamed_ms != 0 || self.marked_ms != 0
    }

    /// What is in it; `None` with other keys, or damaged.
    pub fn open(&self, keys: &VaultKeys, about: &[u8]) -> Option<Household> {
        let text = decrypt(&self.data_key(keys, about)?, about, &self.nonce, &self.sealed)?;
        Household::decode(text.as_slice()).ok()
    }

    /// The same record with its key under the current epoch key.
    pub fn rewrapped(mut self, keys: &VaultKeys, about: &[u8]) -> Option<Self> {
        let data_key = self.data_key(keys, about)?;
        (self.wrapped_key, self.wrap_nonce) = encrypt(keys.epochs.get(&keys.current)?, about, &data_key)?;
        self.epoch = keys.current;
        Some(self)
    }
}

/// Under the current epoch key.
pub(super) fn seal(keys: &VaultKeys, about: &str, message: &impl Message) -> Option<Vec<u8>> {
    let (sealed, nonce) = encrypt(keys.epochs.get(&keys.current)?, about.as_bytes(), &message.encode_to_vec())?;
    Some(UnderEpoch { epoch: keys.current, nonce, sealed }.encode_to_vec())
}

/// What [`seal`] made, of any epoch that there is a key of.
pub(super) fn open<M: Message + Default>(keys: &VaultKeys, about: &str, stored: &[u8]) -> Option<M> {
    let under = UnderEpoch::decode(stored).ok()?;
    M::decode(decrypt(keys.epochs.get(&under.epoch)?, about.as_bytes(), &under.nonce, &under.sealed)?.as_slice()).ok()
}
