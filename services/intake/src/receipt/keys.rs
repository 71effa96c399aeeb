//! The keys that receipts are signed with, per municipality, each with its validity; and their public half. In a file of its
//! own, outside the store: whoever has it can make receipts.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use chacha20poly1305::aead::{OsRng, rand_core::RngCore};
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use kernel::Gemeentecode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Document, Signed, canonical};
use crate::keys::{is_private, write_new};

/// The format of the published keys.
pub const FORMAT: &str = "zeef-meldbewijs-keys/1";
/// The file in the data directory with the public keys.
pub const PUBLISHED: &str = "receipt-keys.json";
/// Validity of a municipality's first key: earlier than any report, so that what was received before the file was made has a receipt too.
const FIRST: Timestamp = Timestamp::constant(1_577_836_800, 0);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptKeyError {
    /// Not there, and it was not asked to make one: two replicas with keys of their own would contradict each other.
    #[error("the receipt keys {file} are not there: give the file all replicas share with --receipt-keys (ZEEF_RECEIPT_KEYS)")]
    Absent {
        /// Which file.
        file: PathBuf,
    },
    /// Cannot be read or written.
    #[error("cannot use the receipt keys {file}")]
    Io {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not a file of receipt keys.
    #[error("{file} holds no receipt keys: {fault}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// What is wrong; holds nothing of the keys.
        fault: String,
    },
    /// Others may read it.
    #[error("{file} can be read by others: `chmod 600 {file}`")]
    TooOpen {
        /// Which file.
        file: PathBuf,
    },
    /// No key by this name, or for this municipality.
    #[error("no such receipt key: {0}")]
    Unknown(String),
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default)]
    key: Vec<Stored>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    about: About,
    /// Hex.
    secret: String,
}

/// What is said of a key, beside the key itself. The fields stand in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The first moment of arrival that it signs for (UTC).
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Whose.
    #[schemars(with = "String")]
    pub gemeentecode: Gemeentecode,
    /// Its name, in every receipt it signed.
    pub id: String,
    /// It may not be relied upon since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
    /// It signs for moments of arrival before this one (UTC); without: still in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
}

/// A key that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// Since when (UTC).
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why, as people are told.
    pub reason: String,
}

impl About {
    /// Whether it signs for a moment of arrival.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A key of a municipality.
struct ReceiptKey {
    about: About,
    secret: SigningKey,
}

/// A published key: what is said of it, and its public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicKey {
    /// Ed25519; 64 hexadecimal digits.
    pub public_key: String,
    /// What is said of it.
    #[serde(flatten)]
    pub about: About,
}

/// The keys that receipts are checked with, as they are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicKeys {
    /// `zeef-meldbewijs-keys/1`.
    pub format: String,
    /// All keys that ever signed, revoked ones too.
    pub keys: Vec<PublicKey>,
}

/// The keys, in memory.
#[derive(Default)]
pub struct ReceiptKeys {
    keys: Vec<ReceiptKey>,
}

impl ReceiptKeys {
    /// Reads the file. When it is absent and `create` is set, makes one with a key for each municipality.
    ///
    /// # Errors
    /// [`ReceiptKeyError`] with the file.
    pub fn open(file: &Path, create: bool, gemeenten: impl IntoIterator<Item = Gemeentecode>) -> Result<Self, ReceiptKeyError> {
        let failed = |source| ReceiptKeyError::Io { file: file.to_owned(), source };
        match fs::read_to_string(file) {
            Ok(text) => {
                is_private(file).map_err(failed)?.then_some(()).ok_or_else(|| ReceiptKeyError::TooOpen { file: file.to_owned() })?;
                Self::parse(&text).map_err(|fault| ReceiptKeyError::Wrong { file: file.to_owned(), fault })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && create => {
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder).map_err(failed)?;
                }
                let mut keys = Self::default();
                for gemeente in gemeenten {
                    keys.add(gemeente, FIRST, None);
                }
                match write_new(file, &keys.text().map_err(|fault| ReceiptKeyError::Wrong { file: file.to_owned(), fault })?) {
                    Ok(()) => Ok(keys),
                    // Another process of this machine was first: its keys are the keys.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::open(file, false, []),
                    Err(error) => Err(failed(error)),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ReceiptKeyError::Absent { file: file.to_owned() }),
            Err(error) => Err(failed(error)),
        }
    }

    /// Replaces the file, whole or not at all.
    ///
    /// # Errors
    /// [`ReceiptKeyError`].
    pub fn save(&self, file: &Path) -> Result<(), ReceiptKeyError> {
        let text = self.text().map_err(|fault| ReceiptKeyError::Wrong { file: file.to_owned(), fault })?;
        let next = file.with_extension("next");
        let failed = |source| ReceiptKeyError::Io { file: file.to_owned(), source };
        write_new(&next, &text).map_err(failed)?;
        fs::rename(&next, file).map_err(failed)
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The parser's own words would repeat the line, and with it the key.
        let read: KeyFile = toml::from_str(text)
            .map_err(|_| "a list of [[key]] expected, each with id, gemeentecode, from and secret, perhaps until and revoked".to_owned())?;
        let mut keys = Self::default();
        for Stored { about, secret } in read.key {
            if keys.keys.iter().any(|key| key.about.id == about.id) {
                return Err(format!("key {} stands in it twice", about.id));
            }
            let secret = <[u8; 32]>::try_from(hex::decode(secret).unwrap_or_default())
                .map_err(|_| format!("secret of key {}: 64 hexadecimal digits expected", about.id))?;
            keys.keys.push(ReceiptKey { about, secret: SigningKey::from_bytes(&secret) });
        }
        Ok(keys)
    }

    fn text(&self) -> Result<String, String> {
        let key = self.keys.iter().map(|key| Stored { about: key.about.clone(), secret: hex::encode(key.secret.to_bytes()) }).collect();
        let list = toml::to_string(&KeyFile { key }).map_err(|error| error.to_string())?;
        Ok(format!(
            "# Keys of the receipts. Whoever has them can make receipts. Keep them outside the store and its backups, and keep a key\n\
             # that is no longer in use: it signs the receipts of its own days.\n\n{list}"
        ))
    }

    fn add(&mut self, gemeentecode: Gemeentecode, from: Timestamp, until: Option<Timestamp>) -> String {
        let mut secret = [0; 32];
        OsRng.fill_bytes(&mut secret);
        let number = self.keys.iter().filter(|key| key.about.gemeentecode == gemeentecode).count() + 1;
        let id = format!("{gemeentecode}-{number}");
        let about = About { from, gemeentecode, id: id.clone(), revoked: None, until };
        self.keys.push(ReceiptKey { about, secret: SigningKey::from_bytes(&secret) });
        id
    }

    /// Makes a new key for a municipality, for what is received from a moment on; the one before it ends there. Answers its name.
    pub fn rotate(&mut self, gemeente: Gemeentecode, from: Timestamp) -> String {
        for key in &mut self.keys {
            let about = &mut key.about;
            if about.gemeentecode == gemeente && about.from < from && about.until.is_none_or(|until| until > from) {
                about.until = Some(from);
            }
        }
        self.add(gemeente, from, None)
    }

    /// Takes a key back, and makes another for the same days: who holds a receipt of the old one asks for it anew. Answers the
    /// other's name.
    ///
    /// # Errors
    /// [`ReceiptKeyError::Unknown`].
    pub fn revoke(&mut self, id: &str, revoked: Revoked) -> Result<String, ReceiptKeyError> {
        let unknown = || ReceiptKeyError::Unknown(id.to_owned());
        let key = self.keys.iter_mut().find(|key| key.about.id == id && key.about.revoked.is_none()).ok_or_else(unknown)?;
        key.about.revoked = Some(revoked);
        let About { gemeentecode, from, until, .. } = key.about;
        Ok(self.add(gemeentecode, from, until))
    }

    /// The public half of every key.
    pub fn public(&self) -> PublicKeys {
        let public =
            |key: &ReceiptKey| PublicKey { public_key: hex::encode(key.secret.verifying_key().as_bytes()), about: key.about.clone() };
        PublicKeys { format: FORMAT.to_owned(), keys: self.keys.iter().map(public).collect() }
    }

    /// Writes the public half for others to copy: a file beside what this process stores.
    ///
    /// # Errors
    /// [`ReceiptKeyError`].
    pub fn publish(&self, file: &Path) -> Result<(), ReceiptKeyError> {
        let failed = |source| ReceiptKeyError::Io { file: file.to_owned(), source };
        let wrong = |error: serde_json::Error| ReceiptKeyError::Wrong { file: file.to_owned(), fault: error.to_string() };
        let mut text = serde_json::to_string_pretty(&self.public()).map_err(wrong)?;
        text.push('\n');
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::write(file, text).map_err(failed)
    }

    /// The key that signs for a municipality and a moment of arrival: not the moment of asking, so that the same receipt always has
    /// the same bytes.
    fn of(&self, gemeente: Gemeentecode, at: Timestamp) -> Option<&ReceiptKey> {
        let right = |key: &&ReceiptKey| key.about.gemeentecode == gemeente && key.about.revoked.is_none() && key.about.covers(at);
        self.keys.iter().filter(right).max_by_key(|key| key.about.from)
    }

    /// Signs what a function writes with the name of the key; `None` without a key for that municipality and moment.
    pub fn sign(&self, gemeente: Gemeentecode, at: Timestamp, write: impl FnOnce(String) -> Document) -> Option<Signed> {
        let key = self.of(gemeente, at)?;
        let document = write(key.about.id.clone());
        let signature = key.secret.sign(canonical(&document).ok()?.as_bytes());
        Some(Signed { document, signature: hex::encode(signature.to_bytes()) })
    }
}

impl fmt::Debug for ReceiptKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.about.id)).finish()
    }
}
