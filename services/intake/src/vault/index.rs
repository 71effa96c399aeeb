//! The index: from the keyed hash of an address, or of a landlord's reference, to the address file. Entries hold what their name
//! was made of, encrypted, so that they can be given new names when an epoch ends.

use intake_domain::Keyed;
use journal::KeyedError;
use kernel::Key;
use prost::Message;

use super::{INDEX, TRIES, Vault, VaultError, seal};
use crate::keys::{Digested, VaultKeys};

/// Something that is known by a keyed hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it is made of.
    pub digested: Digested,
    /// As it stands in the journal: made with the key of the epoch in which it was first met.
    pub keyed: Keyed,
}

/// What the index maps to an address file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// A door: the one place of uniqueness of a household.
    Address(Mark),
    /// A landlord's reference that was told before any address.
    Reference(Mark),
}
impl Index {
    const fn parts(&self) -> (&'static str, &Mark) {
        match self {
            Self::Address(mark) => ("address", mark),
            Self::Reference(mark) => ("reference", mark),
        }
    }
    fn name(&self, keys: &VaultKeys) -> String {
        let (kind, mark) = self.parts();
        name(kind, keys, &mark.digested)
    }
}

fn name(kind: &str, keys: &VaultKeys, digested: &Digested) -> String {
    format!("{kind}.{}", hex::encode(keys.hash(digested).0))
}

/// Which address file an index entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The file.
    pub file: Key,
    /// The entry was made just now, for the file that was proposed: it has no commits yet.
    pub fresh: bool,
}

/// An entry as it is stored.
#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(string, tag = "1")]
    file: String,
    #[prost(bytes = "vec", tag = "2")]
    digested: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    keyed: Vec<u8>,
}

impl Vault {
    /// The mark of a purpose and parts.
    pub fn mark<const N: usize>(&self, purpose: &str, parts: [&[u8]; N]) -> Mark {
        let digested = Digested::of(purpose, parts);
        let ring = self.ring();
        let keyed = ring.keys.hash(&digested);
        Mark { digested, keyed: ring.journal.get(&keyed).copied().unwrap_or(keyed) }
    }

    /// The address file that an index entry names, if there is one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn find(&self, index: Index) -> Result<Option<Key>, VaultError> {
        let ring = self.ring();
        let name = index.name(&ring.keys);
        let Some(entry) = self.store.get(INDEX, &name).await? else { return Ok(None) };
        let stored: Stored = seal::open(&ring.keys, &name, &entry.value).ok_or(VaultError::BrokenIndex)?;
        stored.file.parse().map(Some).map_err(|_| VaultError::BrokenIndex)
    }

    /// Makes the index entry for `proposed` unless there is one: then the other file is the one. One round trip when the
    /// address is new; an entry that nobody committed to is simply used, so a crash in between leaves nothing to repair.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn claim(&self, index: Index, proposed: Key) -> Result<Claimed, VaultError> {
        let ring = self.ring();
        let (name, (_, mark)) = (index.name(&ring.keys), index.parts());
        let stored = Stored { file: proposed.to_string(), digested: mark.digested.0.to_vec(), keyed: mark.keyed.0.to_vec() };
        let value = seal::seal(&ring.keys, &name, &stored).ok_or(VaultError::Sealing)?;
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

    /// Removes an entry, when it names this file.
    pub(super) async fn unclaim(&self, kind: &str, digested: &Digested, file: Key) -> Result<(), VaultError> {
        let ring = self.ring();
        let name = name(kind, &ring.keys, digested);
        let Some(entry) = self.store.get(INDEX, &name).await? else { return Ok(()) };
        let stored: Stored = seal::open(&ring.keys, &name, &entry.value).ok_or(VaultError::BrokenIndex)?;
        if stored.file == file.to_string() {
            self.store.purge(INDEX, &name).await?;
        }
        Ok(())
    }

    /// Gives an entry its name under other keys, beside the old one. Answers what the journal calls it, for a reference.
    pub(super) async fn rename(&self, old: &str, now: &VaultKeys, next: &VaultKeys) -> Result<Option<(Keyed, Keyed)>, VaultError> {
        let Some((kind, _)) = old.split_once('.') else { return Ok(None) };
        let Some(entry) = self.store.get(INDEX, old).await? else { return Ok(None) };
        // An entry that nobody can open names nothing: it goes with the old names.
        let Some(stored) = seal::open::<Stored>(now, old, &entry.value) else { return Ok(None) };
        let Ok(digested) = <[u8; 32]>::try_from(stored.digested.as_slice()) else { return Ok(None) };
        let digested = Digested(digested);
        let name = name(kind, next, &digested);
        let value = seal::seal(next, &name, &stored).ok_or(VaultError::Sealing)?;
        self.put(INDEX, &name, value).await?;
        let keyed = <[u8; 32]>::try_from(stored.keyed.as_slice()).ok().filter(|_| kind == "reference");
        Ok(keyed.map(|keyed| (next.hash(&digested), Keyed(keyed))))
    }

    /// This entry is of these keys.
    pub(super) async fn is_named_by(&self, name: &str, keys: &VaultKeys) -> Result<bool, VaultError> {
        let Some(entry) = self.store.get(INDEX, name).await? else { return Ok(false) };
        Ok(seal::open::<Stored>(&keys.alone(), name, &entry.value).is_some())
    }
}
