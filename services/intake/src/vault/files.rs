//! Files that came with a report (*bewijsstukken*): in pieces, each sealed under the file's own key. That key stands in the record of the
//! report and nowhere else, so whoever erases the record makes its files unreadable; the pieces are removed with it.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadCore, KeyInit, OsRng, Payload},
};
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use uuid::Uuid;

use super::{Household, Vault, VaultError};
use crate::evidence::LARGEST;

/// Pieces of files, and which record a file belongs to.
const FILES: &str = "intake-evidence";
/// Bytes of a file in one piece: with nonce and tag well below what a value may hold.
pub const PIECE: usize = 120 * 1024;
/// Pieces that a file may have.
const PIECES: usize = LARGEST.div_ceil(PIECE);
/// Changes in flight.
const AT_ONCE: usize = 16;

/// A file as the record of its report keeps it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct KeptFile {
    /// 16 bytes, random.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// Its own key, 32 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
    /// Which of the landlord's duties it shows: "a" to "d" (Bgs art. 2).
    #[prost(string, tag = "3")]
    pub duty: String,
    /// As its sender called it: personal data.
    #[prost(string, tag = "4")]
    pub name: String,
    /// Code of [`crate::evidence::Kind`].
    #[prost(string, tag = "5")]
    pub kind: String,
    /// Bytes.
    #[prost(uint64, tag = "6")]
    pub size: u64,
    /// SHA-256 of its bytes.
    #[prost(bytes = "vec", tag = "7")]
    pub sha256: Vec<u8>,
}

impl KeptFile {
    /// Its id; `None` when it has none.
    pub fn id(&self) -> Option<Uuid> {
        Uuid::from_slice(&self.id).ok()
    }

    /// How many pieces it is in.
    pub fn pieces(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX).div_ceil(PIECE).min(PIECES)
    }
}

/// What is bound in: a piece of another file, at another place, or of a file that was cut off does not open.
pub(super) fn about(id: Uuid, number: usize, last: bool) -> Vec<u8> {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    [id.as_bytes().as_slice(), &number, &[u8::from(last)]].concat()
}

pub(super) fn seal(key: &[u8; 32], nonce: XNonce, about: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let sealed = XChaCha20Poly1305::new(&(*key).into()).encrypt(&nonce, Payload { msg: bytes, aad: about }).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

pub(super) fn open(key: &[u8; 32], about: &[u8], stored: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = stored.split_first_chunk::<24>()?;
    XChaCha20Poly1305::new(&(*key).into()).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok()
}

fn piece_name(id: Uuid, number: usize) -> String {
    format!("{}.{number}", id.simple())
}
fn owner_name(id: Uuid) -> String {
    format!("{}.of", id.simple())
}

impl Vault {
    /// Keeps a piece of a file under the file's key. The last one says so.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn keep_piece(&self, id: Uuid, key: &[u8; 32], (number, last): (usize, bool), bytes: &[u8]) -> Result<(), VaultError> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let sealed = seal(key, nonce, &about(id, number, last), bytes).ok_or(VaultError::Sealing)?;
        self.put(FILES, &piece_name(id, number), sealed).await
    }

    /// A piece of a file; `None` when it was removed. Whoever shows it shows the record of its report first ([`Self::show`]).
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn piece(&self, file: &KeptFile, number: usize) -> Result<Option<Vec<u8>>, VaultError> {
        let broken = VaultError::Unreadable(Uuid::nil());
        let (Some(id), Ok(key)) = (file.id(), <[u8; 32]>::try_from(file.key.as_slice())) else { return Err(broken) };
        let Some(entry) = self.store.get(FILES, &piece_name(id, number)).await? else { return Ok(None) };
        let last = number + 1 == file.pieces();
        open(&key, &about(id, number, last), &entry.value).map(Some).ok_or(VaultError::Unreadable(id))
    }

    /// From now on the file is a record's.
    pub(super) async fn own(&self, file: &KeptFile, record: Uuid) -> Result<(), VaultError> {
        let id = file.id().ok_or(VaultError::Sealing)?;
        self.put(FILES, &owner_name(id), record.as_bytes().to_vec()).await
    }

    /// Removes a file that is no record's, or of a record that is not there any more. For a file whose time to become one is over.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn settle(&self, id: Uuid) -> Result<(), VaultError> {
        let owner = self.store.get(FILES, &owner_name(id)).await?.and_then(|entry| Uuid::from_slice(&entry.value).ok());
        let living = match owner {
            Some(record) => self.stored(record).await?.is_some(),
            None => false,
        };
        if living { Ok(()) } else { self.remove_file(id).await }
    }

    /// Removes the files that came with a household.
    pub(super) async fn remove_files(&self, household: &Household) -> Result<(), VaultError> {
        for file in household.files.iter().filter_map(KeptFile::id) {
            self.remove_file(file).await?;
        }
        Ok(())
    }

    /// Removes what is stored of a file. How many pieces came in is not known of one that was broken off, so each that there can be.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn remove_file(&self, id: Uuid) -> Result<(), VaultError> {
        let names = (0..PIECES).map(|number| piece_name(id, number));
        let purged = stream::iter(names).map(|name| async move { self.store.purge(FILES, &name).await });
        purged.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        Ok(self.store.purge(FILES, &owner_name(id)).await?)
    }
}
