//! Where each keyed value stands, by its name, in memory. Names that share all parts but the last are in one hash map: most of them are
//! looked for one by one.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

/// Where a value stands: its revision, in a pack that is numbered by the first revision that was put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub revision: u64,
    pub pack: u64,
}

/// A name: bucket, zero, key. Neither holds a zero.
pub(super) fn name(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

/// The places of names that share all but their last part, by that.
type Group = HashMap<Box<[u8]>, Place>;

/// The places of all names: under what comes before a name's last full stop, or its zero, with that; then by what comes after.
#[derive(Default)]
pub(super) struct Places(BTreeMap<Box<[u8]>, Group>);

fn split(name: &[u8]) -> (&[u8], &[u8]) {
    let at = name.iter().rposition(|byte| matches!(byte, 0 | b'.')).map_or(0, |at| at + 1);
    name.split_at(at)
}

impl Places {
    pub fn get(&self, name: &[u8]) -> Option<Place> {
        let (group, last) = split(name);
        self.0.get(group)?.get(last).copied()
    }

    /// Answers what stood there before.
    pub fn insert(&mut self, name: &[u8], place: Place) -> Option<Place> {
        let (group, last) = split(name);
        let group = match self.0.get_mut(group) {
            Some(group) => group,
            None => self.0.entry(group.into()).or_default(),
        };
        group.insert(last.into(), place)
    }

    pub fn remove(&mut self, name: &[u8]) {
        let (group, last) = split(name);
        if let Some(places) = self.0.get_mut(group) {
            places.remove(last);
            if places.is_empty() {
                self.0.remove(group);
            }
        }
    }

    /// The names that begin so, in no order. What costs is the names that share the prefix's parts up to its last full stop.
    pub fn beginning(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let (group, first) = split(prefix);
        let groups = self.0.range::<[u8], _>((Bound::Included(group), Bound::Unbounded)).take_while(|(name, _)| name.starts_with(group));
        let names = groups.flat_map(|(name, places)| {
            let all = name.starts_with(prefix);
            let begins = move |last: &[u8]| all || (name.len() == group.len() && last.starts_with(first));
            places.keys().filter(move |last| begins(last)).map(move |last| [&name[..], last].concat())
        });
        names.collect()
    }

    /// The buckets that hold a value, sorted.
    pub fn buckets(&self) -> Vec<String> {
        let mut buckets = Vec::new();
        let mut next = self.0.first_key_value();
        while let Some((found, _)) = next {
            let bucket = found.split(|byte| *byte == 0).next().unwrap_or_default();
            buckets.push(String::from_utf8_lossy(bucket).into_owned());
            // A name goes on with a zero after its bucket: this is the first that is of another one.
            let after = [bucket, &[1]].concat();
            next = self.0.range::<[u8], _>((Bound::Included(&after[..]), Bound::Unbounded)).next();
        }
        buckets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_beginning_whatever_parts_they_have() {
        let mut places = Places::default();
        let names = ["a", "a.b", "a.bc", "a.b.c", "a.c", "ab", "b.a"];
        for (revision, key) in (1..).zip(names) {
            assert_eq!(places.insert(&name("vault", key), Place { revision, pack: 1 }), None);
        }
        places.insert(&name("vault-2", "a.b"), Place { revision: 9, pack: 9 });
        for prefix in ["", "a", "a.", "a.b", "a.b.", "a.b.c", "b", "c"] {
            let mut found = places.beginning(&name("vault", prefix));
            found.sort_unstable();
            let mut begin: Vec<_> = names.into_iter().filter(|key| key.starts_with(prefix)).map(|key| name("vault", key)).collect();
            begin.sort_unstable();
            assert_eq!(found, begin, "{prefix}");
        }
        assert_eq!(places.buckets(), ["vault", "vault-2"]);
        assert_eq!(places.get(&name("vault", "a.bc")).map(|place| place.revision), Some(3));
        assert_eq!(places.insert(&name("vault", "a"), Place { revision: 10, pack: 2 }).map(|place| place.revision), Some(1));
        names.iter().for_each(|key| places.remove(&name("vault", key)));
        assert_eq!((places.buckets(), places.get(&name("vault", "a"))), (vec!["vault-2".to_owned()], None));
    }
}
