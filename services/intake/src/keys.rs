//! The vault's own keys: the epoch keys that wrap each record's key, and the key of every keyed hash of the epoch. In a file of
//! its own, outside the store and its backups: without it the vault is noise. An epoch ends when something was erased: what
//! lives goes over to new keys, and the old ones are destroyed (docs/adr/0013).

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    Key, XChaCha20Poly1305,
    aead::{KeyInit, OsRng},
};
use hmac::{Hmac, Mac};
use intake_domain::Keyed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not there, and it was not asked to make one: a second key would make a second, unreadable vault.
    #[error("the vault key {file} is not there: give the one all replicas share with --vault-key (ZEEF_VAULT_KEY)")]
    Absent {
        /// Which file.
        file: PathBuf,
    },
    /// Cannot be read or written.
    #[error("cannot use the vault key {file}")]
    Io {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not a vault key file.
    #[error("{file} is no vault key: {fault}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// What is wrong; holds nothing of the keys.
        fault: &'static str,
    },
    /// Others may read it.
    #[error("{file} can be read by others: `chmod 600 {file}`")]
    TooOpen {
        /// Which file.
        file: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    /// The epoch that wraps new records.
    current: u32,
    /// Hex; of the keyed hashes.
    index: String,
    /// Hex, by epoch.
    epochs: BTreeMap<String, String>,
}

/// What a keyed hash is made of, without the key: SHA-256 of the purpose and the parts. Whoever has it can find the content by
/// guessing, so it is only kept encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digested(pub [u8; 32]);
impl Digested {
    /// Of a purpose and parts, which cannot run into each other.
    pub fn of<const N: usize>(purpose: &str, parts: [&[u8]; N]) -> Self {
        let mut sha = Sha256::new();
        for part in std::iter::once(purpose.as_bytes()).chain(parts) {
            sha.update((part.len() as u64).to_be_bytes());
            sha.update(part);
        }
        Self(sha.finalize().into())
    }
}

/// The keys, in memory.
#[derive(Clone)]
pub struct VaultKeys {
    pub(crate) current: u32,
    pub(crate) epochs: BTreeMap<u32, Key>,
    index: [u8; 32],
}

impl VaultKeys {
    /// New keys.
    pub fn generate() -> Self {
        let index = XChaCha20Poly1305::generate_key(&mut OsRng).into();
        Self { current: 1, epochs: BTreeMap::from([(1, XChaCha20Poly1305::generate_key(&mut OsRng))]), index }
    }

    /// Reads the file; makes one, for its owner's eyes only, when it is absent and `create` is set.
    ///
    /// # Errors
    /// [`KeyFileError`] with the file.
    pub fn open(file: &Path, create: bool) -> Result<Self, KeyFileError> {
        let failed = |source| KeyFileError::Io { file: file.to_owned(), source };
        match fs::read_to_string(file) {
            Ok(text) => {
                is_private(file).map_err(failed)?.then_some(()).ok_or_else(|| KeyFileError::TooOpen { file: file.to_owned() })?;
                Self::parse(&text).map_err(|fault| KeyFileError::Wrong { file: file.to_owned(), fault })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && create => {
                if let Some(folder) = file.parent() {
                    fs::create_dir_all(folder).map_err(failed)?;
                }
                let keys = Self::generate();
                match write_new(file, &keys.text()) {
                    Ok(()) => Ok(keys),
                    // Another process of this machine was first: its keys are the keys.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::open(file, false),
                    Err(error) => Err(failed(error)),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyFileError::Absent { file: file.to_owned() }),
            Err(error) => Err(failed(error)),
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let read: KeyFile = toml::from_str(text).map_err(|_| "`current`, `index` and `[epochs]` expected")?;
        let key = |hex: &str| <[u8; 32]>::try_from(hex::decode(hex).unwrap_or_default()).map_err(|_| "64 hexadecimal digits expected");
        let mut epochs = BTreeMap::new();
        for (epoch, hex) in &read.epochs {
            let epoch: u32 = epoch.parse().map_err(|_| "epochs are numbers")?;
            epochs.insert(epoch, Key::from(key(hex)?));
        }
        if !epochs.contains_key(&read.current) {
            return Err("the current epoch has no key");
        }
        Ok(Self { current: read.current, index: key(&read.index)?, epochs })
    }

    fn text(&self) -> String {
        let mut text = format!(
            "# Key of the vault. Whoever has it can read every person in the vault; without it nobody can. Keep it outside the store\n\
             # and its backups.\ncurrent = {}\nindex = \"{}\"\n\n[epochs]\n",
            self.current,
            hex::encode(self.index)
        );
        for (epoch, key) in &self.epochs {
            text.push_str(&format!("{epoch} = \"{}\"\n", hex::encode(key)));
        }
        text
    }

    /// The keyed hash of this epoch.
    pub fn hash(&self, digested: &Digested) -> Keyed {
        // A key of any length is lawful for HMAC; this one has 32 bytes.
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.index) else { return Keyed([0; 32]) };
        mac.update(&digested.0);
        Keyed(mac.finalize().into_bytes().into())
    }

    /// An id for a purpose: the same for the same parts within an epoch, and without the key nobody can tell from what.
    pub fn id<const N: usize>(&self, purpose: &str, parts: [&[u8]; N]) -> Uuid {
        let Keyed(hash) = self.hash(&Digested::of(purpose, parts));
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// The keys of the next epoch, with those of this one to read by until everything has gone over.
    pub(crate) fn next(&self) -> Self {
        let current = self.current.saturating_add(1);
        let mut epochs = self.epochs.clone();
        epochs.insert(current, XChaCha20Poly1305::generate_key(&mut OsRng));
        Self { current, epochs, index: XChaCha20Poly1305::generate_key(&mut OsRng).into() }
    }

    /// The same keys without those of earlier epochs.
    pub(crate) fn alone(&self) -> Self {
        let mut keys = self.clone();
        keys.epochs.retain(|epoch, _| *epoch == self.current);
        keys
    }

    /// These hashes and this epoch, with the epoch keys of the other too: to read what has gone over already.
    pub(crate) fn reading(&self, other: &Self) -> Self {
        let mut keys = self.clone();
        keys.epochs.extend(other.epochs.clone());
        keys
    }

    /// Keys of an earlier epoch are still there: not everything has gone over yet.
    pub(crate) fn is_between_epochs(&self) -> bool {
        self.epochs.len() > 1
    }

    /// Puts these keys in the place of those in the file; the old file's bytes are overwritten before its blocks are given back.
    ///
    /// # Errors
    /// [`KeyFileError::Io`], for example when the file cannot be written here.
    pub(crate) fn replace(&self, file: &Path) -> Result<(), KeyFileError> {
        let failed = |source| KeyFileError::Io { file: file.to_owned(), source };
        let mut old = fs::OpenOptions::new().write(true).open(file).map_err(failed)?;
        let aside = file.with_extension("next");
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        write_new(&aside, &self.text()).map_err(failed)?;
        fs::rename(&aside, file).map_err(failed)?;
        sync_folder(file).map_err(failed)?;
        let length = usize::try_from(old.metadata().map_err(failed)?.len()).unwrap_or(usize::MAX);
        old.write_all(&vec![0; length]).and_then(|()| old.sync_all()).map_err(failed)
    }
}

impl fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultKeys").field("current", &self.current).finish_non_exhaustive()
    }
}

#[cfg(unix)]
pub(crate) fn is_private(file: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    // Kubernetes mounts secrets for a group: only the world is shut out.
    Ok(fs::metadata(file)?.permissions().mode() & 0o007 == 0)
}
#[cfg(not(unix))]
pub(crate) fn is_private(_: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Durable before it is used: a record wrapped with a key that a power cut takes away is lost.
pub(crate) fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Whole or not at all: written aside first, then linked into place.
    let aside = file.with_extension(format!("{}.new", std::process::id()));
    let mut out = options.open(&aside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    let linked = fs::hard_link(&aside, file);
    fs::remove_file(&aside)?;
    linked?;
    sync_folder(file)
}

fn sync_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep").join("vault.key");
        assert!(matches!(VaultKeys::open(&file, false), Err(KeyFileError::Absent { .. })));
        let made = VaultKeys::open(&file, true).unwrap();
        let read = VaultKeys::open(&file, true).unwrap();
        let x = Digested::of("a", [b"x"]);
        assert_eq!(made.hash(&x), read.hash(&x));
        assert_eq!(made.epochs, read.epochs);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left aside");
        assert!(!format!("{made:?}").contains(&hex::encode(made.index)));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vault.key");
        VaultKeys::open(&file, true).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(VaultKeys::open(&file, true), Err(KeyFileError::TooOpen { .. })));
    }

    #[test]
    fn a_wrong_key_file_is_told_without_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vault.key");
        for wrong in ["", "geheim", "current = 1\nindex = \"geheim\"\n[epochs]\n1 = \"geheim\"\n"] {
            fs::write(&file, wrong).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&file, <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600)).unwrap();
            let error = VaultKeys::open(&file, true).unwrap_err();
            assert!(matches!(error, KeyFileError::Wrong { .. }));
            assert!(!error.to_string().contains("geheim"), "{error}");
        }
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let keys = VaultKeys::generate();
        assert_ne!(Digested::of("r", [b"ab", b"c"]), Digested::of("r", [b"a", b"bc"]));
        assert_ne!(Digested::of("r", [b"ab"]), Digested::of("s", [b"ab"]));
        let one = Digested::of("r", [b"ab"]);
        assert_ne!(keys.hash(&one), VaultKeys::generate().hash(&one));
        assert_eq!(keys.id("r", [b"ab"]), keys.id("r", [b"ab"]));
    }

    #[test]
    fn the_keys_of_an_epoch_that_is_over_are_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("vault.key");
        let first = VaultKeys::open(&file, true).unwrap();
        let old = fs::File::open(&file).unwrap();
        let next = first.next();
        next.replace(&file).unwrap();
        let read = VaultKeys::open(&file, false).unwrap();
        assert!(read.is_between_epochs() && read.current == 2, "both are kept until everything has gone over");
        read.alone().replace(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(!VaultKeys::open(&file, false).unwrap().is_between_epochs());
        let bytes = io::read_to_string(old).unwrap();
        for secret in [hex::encode(first.index), hex::encode(first.epochs[&1])] {
            assert!(!text.contains(&secret) && !bytes.contains(&secret), "a key of the first epoch is still there");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left aside");
        #[cfg(unix)]
        assert!(is_private(&file).unwrap());
    }
}
