//! The keyed values: on the disk in packs, in the order in which they were written; their names in memory (`docs/adr/0025`).

use std::{
    collections::{BTreeMap, HashMap},
    sync::RwLock,
};

use bytes::Bytes;

use super::{
    pieces::{self, Packs, first_number},
    places::{Place, Places, name},
};
use crate::{
    keyed::{Entry, KeyedError},
    locks::{read, write},
    log::Unavailable,
};

/// Under which the highest revision that was given is kept. Shorter than the number of a pack.
const NEWEST_REVISION: &[u8] = b"newest";

/// A change of a keyed value.
pub(super) enum Change {
    Create(Bytes),
    Update(u64, Bytes),
    Purge,
}

/// The values of one store. A name has one value on the disk: what is replaced or purged is taken out of its pack by the same group,
/// after what replaces it was written.
pub(super) struct Values {
    tree: sled::Tree,
    /// What is durable, and so may be seen.
    places: RwLock<Places>,
    /// By revision, what was taken out of its pack by a group that is not durable yet, or never will be: it holds until then.
    taken_out: RwLock<HashMap<u64, Bytes>>,
}

/// What a group does to the values.
#[derive(Default)]
pub(super) struct Changes {
    /// What is to be written, by revision.
    fresh: BTreeMap<u64, (Vec<u8>, Bytes)>,
    /// What stands under a name after the group, its pack once it is written; nothing when it was purged.
    now: HashMap<Vec<u8>, Option<Place>>,
    /// Revisions to be taken out, by the pack in which they are.
    out: BTreeMap<u64, Vec<u64>>,
    /// The highest revision that was given; 0 when none was.
    newest: u64,
}

impl Values {
    /// Reads all values once, for the names; what a crash left half-done is done.
    pub fn open(tree: sled::Tree) -> Result<Self, sled::Error> {
        let mut places = Places::default();
        let mut replaced: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        pieces::each_pack(&tree, |pack, stored| {
            for value in unpack(stored) {
                let place = Place { revision: value.revision, pack };
                if let Some(before) = places.insert(value.name, place) {
                    replaced.entry(before.pack).or_default().push(before.revision);
                }
            }
        })?;
        let values = Self { tree, places: RwLock::new(places), taken_out: RwLock::default() };
        replaced.iter().try_for_each(|(pack, revisions)| values.take_out(*pack, revisions))?;
        values.publish(Changes::default());
        Ok(values)
    }

    /// A value with its revision.
    pub fn entry(&self, name: &[u8]) -> Result<Option<Entry>, Unavailable> {
        // It may be taken out while it is looked for: then it is among those that were, or there is another one by now.
        for _ in 0..100 {
            let Some(Place { revision, pack }) = read(&self.places).get(name) else { return Ok(None) };
            let value = match self.value(pack, revision)? {
                Some(value) => Some(value),
                None => read(&self.taken_out).get(&revision).cloned(),
            };
            if let Some(value) = value {
                return Ok(Some(Entry { revision, value }));
            }
        }
        Err(Unavailable("a keyed value is damaged".to_owned()))
    }

    fn value(&self, pack: u64, revision: u64) -> Result<Option<Bytes>, sled::Error> {
        let key = pack.to_be_bytes();
        let Some(stored) = self.tree.get(key)? else { return Ok(None) };
        let Some(value) = unpack(&stored).find(|value| value.revision == revision) else { return Ok(None) };
        pieces::get(&self.tree, &key, value.stored, value.head)
    }

    /// The keys of a bucket that begin so and have a value, sorted.
    pub fn keys(&self, bucket: &str, begins: &str) -> Vec<String> {
        let (bucket, prefix) = (name(bucket, ""), name(bucket, begins));
        let mut found = read(&self.places).beginning(&prefix);
        found.sort_unstable();
        found.into_iter().filter_map(|name| String::from_utf8(name.get(bucket.len()..)?.to_vec()).ok()).collect()
    }

    /// The buckets that hold a value.
    pub fn buckets(&self) -> Vec<String> {
        read(&self.places).buckets()
    }

    /// Adds a change to a group, under a revision that was not given yet. Answers the revision; 0 when there is nothing to purge.
    ///
    /// # Errors
    /// `Conflict`: the group stays as it was.
    pub fn change(&self, group: &mut Changes, name: Vec<u8>, change: Change, revision: u64) -> Result<u64, KeyedError> {
        let durable = read(&self.places).get(&name);
        let current = group.now.get(&name).copied().unwrap_or(durable).map(|place| place.revision);
        let value = match (change, current) {
            (Change::Create(value), None) => Some(value),
            (Change::Update(expected, value), Some(current)) if current == expected => Some(value),
            (Change::Purge, None) => return Ok(0),
            (Change::Purge, Some(_)) => None,
            (Change::Create(_) | Change::Update(..), _) => return Err(KeyedError::Conflict),
        };
        if let Some(current) = current
            && group.fresh.remove(&current).is_none()
            && let Some(place) = durable
        {
            group.out.entry(place.pack).or_default().push(current);
        }
        group.newest = revision;
        group.now.insert(name.clone(), value.as_ref().map(|_| Place { revision, pack: 0 }));
        if let Some(value) = value {
            group.fresh.insert(revision, (name, value));
        }
        Ok(revision)
    }

    /// Writes a group. Nobody sees it before [`Values::publish`].
    pub fn write(&self, group: &mut Changes) -> Result<(), sled::Error> {
        if group.newest > 0 {
            // Kept apart, for the newest value may be purged; and first, so that no revision is ever given again.
            self.tree.insert(NEWEST_REVISION, &group.newest.to_be_bytes())?;
        }
        let mut packs = Packs::default();
        for (revision, (name, value)) in std::mem::take(&mut group.fresh) {
            let pack = packs.add(revision, &head(revision, &name), &value);
            group.now.insert(name, Some(Place { revision, pack }));
        }
        packs.0.into_iter().try_for_each(|(key, pack)| self.tree.insert(key, pack).map(drop))?;
        group.out.iter().try_for_each(|(pack, revisions)| self.take_out(*pack, revisions))
    }

    /// Takes values out of a pack. Who still looks for one finds it among those that were taken out.
    fn take_out(&self, pack: u64, revisions: &[u64]) -> Result<(), sled::Error> {
        let key = pack.to_be_bytes();
        let Some(stored) = self.tree.get(key)? else { return Ok(()) };
        let mut rest = Vec::with_capacity(stored.len());
        let mut further = Vec::new();
        for value in unpack(&stored) {
            if !revisions.contains(&value.revision) {
                rest.extend_from_slice(value.stored);
                continue;
            }
            further.extend(pieces::further(&key, value.length));
            if let Some(payload) = pieces::get(&self.tree, &key, value.stored, value.head)? {
                write(&self.taken_out).insert(value.revision, payload);
            }
        }
        if !rest.is_empty() {
            return self.tree.insert(key, rest).map(drop);
        }
        if further.is_empty() {
            return self.tree.remove(key).map(drop);
        }
        // With its pieces, all at once, although every reader waits: what was cut off in between would be damaged.
        let mut gone = sled::Batch::default();
        further.into_iter().for_each(|key| gone.remove(key));
        gone.remove(&key);
        self.tree.apply_batch(gone)
    }

    /// Shows a group that is durable.
    pub fn publish(&self, group: Changes) {
        let mut places = write(&self.places);
        for (name, place) in group.now {
            match place {
                Some(place) => drop(places.insert(&name, place)),
                None => places.remove(&name),
            }
        }
        drop(places);
        // Only now: who finds a value neither in its pack nor here looks for its place again.
        write(&self.taken_out).clear();
    }

    /// The highest revision that was given.
    pub fn newest_revision(&self) -> Result<u64, sled::Error> {
        Ok(self.tree.get(NEWEST_REVISION)?.as_deref().map_or(0, first_number))
    }
}

/// Before a value's payload.
fn head(revision: u64, name: &[u8]) -> Vec<u8> {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    [revision.to_be_bytes().as_slice(), &length.to_be_bytes(), name].concat()
}

/// A value as it stands in a pack.
struct Packed<'a> {
    revision: u64,
    name: &'a [u8],
    /// From its head on; of a value in pieces, up to the end of the first.
    stored: &'a [u8],
    /// How long its head is.
    head: usize,
    /// How long its payload is.
    length: usize,
}

fn unpack(mut pack: &[u8]) -> impl Iterator<Item = Packed<'_>> {
    std::iter::from_fn(move || {
        let stored = pack;
        let head = 10 + usize::from(u16::from_be_bytes(*stored.get(8..)?.first_chunk()?));
        let name = stored.get(10..head)?;
        let (length, payload) = pieces::after_head(stored, head)?;
        pack = payload.get(length..).unwrap_or_default();
        let stored = stored.get(..stored.len() - pack.len())?;
        Some(Packed { revision: first_number(stored), name, stored, head, length })
    })
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
