//! What is seen of keyed values, and what is left of them on the disk.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A store's values, which can be opened again as after a crash.
struct World {
    tree: sled::Tree,
    values: Values,
    revision: u64,
    _db: sled::Db,
}

impl World {
    fn new() -> Self {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let tree = db.open_tree("values").unwrap();
        Self { values: Values::open(tree.clone()).unwrap(), tree, revision: 0, _db: db }
    }

    fn change(&mut self, group: &mut Changes, key: &str, change: Change) -> Result<u64, KeyedError> {
        let revision = self.values.change(group, name("vault", key), change, self.revision + 1)?;
        self.revision = self.revision.max(revision);
        Ok(revision)
    }

    /// A group of one change.
    fn done(&mut self, key: &str, change: Change) -> Result<u64, KeyedError> {
        let mut group = Changes::default();
        let revision = self.change(&mut group, key, change)?;
        self.values.write(&mut group).unwrap();
        self.values.publish(group);
        Ok(revision)
    }

    fn again(&mut self) {
        self.values = Values::open(self.tree.clone()).unwrap();
        self.revision = self.values.newest_revision().unwrap();
    }

    fn seen(&self, key: &str) -> Option<(u64, Bytes)> {
        let entry = self.values.entry(&name("vault", key)).unwrap()?;
        Some((entry.revision, entry.value))
    }
}

fn value(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

#[test]
fn a_value_is_seen_when_its_group_is_durable_and_the_one_before_until_then() {
    let mut world = World::new();
    let mut group = Changes::default();
    world.change(&mut group, "k", Change::Create(value("1"))).unwrap();
    world.values.write(&mut group).unwrap();
    assert_eq!((world.seen("k"), world.values.keys("vault", "")), (None, vec![]));
    world.values.publish(group);
    assert_eq!((world.seen("k"), world.values.keys("vault", "")), (Some((1, value("1"))), vec!["k".to_owned()]));
    for (change, after) in [(Change::Update(1, value("2")), Some((2, value("2")))), (Change::Purge, None)] {
        let (before, mut group) = (world.seen("k"), Changes::default());
        world.change(&mut group, "k", change).unwrap();
        world.values.write(&mut group).unwrap();
        assert_eq!((world.seen("k"), world.values.keys("vault", "").len()), (before, 1));
        world.values.publish(group);
        assert_eq!(world.seen("k"), after);
    }
    assert_eq!(world.values.keys("vault", ""), [""; 0]);
}

#[test]
fn a_group_that_failed_is_not_shown_and_hides_nothing() {
    let mut world = World::new();
    world.done("k", Change::Create(value("1"))).unwrap();
    let mut group = Changes::default();
    world.change(&mut group, "k", Change::Update(1, value("2"))).unwrap();
    world.change(&mut group, "other", Change::Create(value("3"))).unwrap();
    world.values.write(&mut group).unwrap();
    drop(group);
    assert_eq!((world.seen("k"), world.seen("other")), (Some((1, value("1"))), None));
}

#[test]
fn keys_are_those_of_the_bucket_that_begin_so() {
    let mut world = World::new();
    for key in ["b.2", "a", "b.1", "bb"] {
        world.done(key, Change::Create(Bytes::new())).unwrap();
    }
    let mut group = Changes::default();
    world.values.change(&mut group, name("vault-2", "b.3"), Change::Create(Bytes::new()), 9).unwrap();
    world.values.write(&mut group).unwrap();
    world.values.publish(group);
    assert_eq!(world.values.buckets(), ["vault", "vault-2"]);
    assert_eq!(world.values.keys("vault", "b."), ["b.1", "b.2"]);
    assert_eq!(world.values.keys("vault", ""), ["a", "b.1", "b.2", "bb"]);
}

/// Between writing a new value and taking out the old one the process may die: then the old one must not come back, not even when the
/// new one is purged later.
#[test]
fn what_was_replaced_does_not_come_back() {
    for size in [10, 10_000] {
        let mut world = World::new();
        world.done("k", Change::Create(vec![1; size].into())).unwrap();
        world.done("other", Change::Create(value("stays"))).unwrap();
        let before: Vec<_> = world.tree.iter().map(|found| found.unwrap()).collect();
        world.done("k", Change::Update(1, vec![2; size].into())).unwrap();
        for (key, stored) in before {
            world.tree.insert(key, stored).unwrap();
        }
        world.again();
        assert_eq!(world.seen("k"), Some((3, vec![2; size].into())));
        world.done("k", Change::Purge).unwrap();
        world.again();
        assert_eq!((world.seen("k"), world.seen("other")), (None, Some((2, value("stays")))));
    }
}

#[test]
fn pieces_of_a_value_that_was_cut_off_are_removed() {
    let mut world = World::new();
    world.done("k", Change::Create(value("1"))).unwrap();
    let kept = world.tree.len();
    let mut group = Changes::default();
    world.change(&mut group, "large", Change::Create(vec![7; 10_000].into())).unwrap();
    world.values.write(&mut group).unwrap();
    world.tree.remove(2u64.to_be_bytes()).unwrap().unwrap();
    world.again();
    assert_eq!((world.seen("large"), world.tree.len()), (None, kept));
}

#[derive(Clone, Debug)]
enum Step {
    Create(u8, usize),
    Update(u8, usize),
    Purge(u8),
    /// What was done since the last one is a group.
    Durable,
    /// Written, and the process dies.
    Again,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![4 => 0usize..900, 1 => 3_900usize..4_200, 1 => 9_000usize..20_000];
    let step = prop_oneof![
        4 => (0u8..12, size.clone()).prop_map(|(key, size)| Step::Create(key, size)),
        4 => (0u8..12, size).prop_map(|(key, size)| Step::Update(key, size)),
        3 => (0u8..12).prop_map(Step::Purge),
        3 => Just(Step::Durable),
        1 => Just(Step::Again),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    /// As a map would; and when all is purged nothing is left on the disk but the number that says what comes next.
    #[test]
    fn values_are_what_was_put_and_their_room_is_given_back(steps in steps()) {
        let mut world = World::new();
        let mut group = Changes::default();
        // What was put, and what of it may be seen.
        let (mut put, mut seen) = (BTreeMap::new(), BTreeMap::new());
        for step in steps.into_iter().chain([Step::Durable]) {
            let (key, change) = match step {
                Step::Create(key, size) => (key, Change::Create(vec![key; size].into())),
                Step::Update(key, size) => (key, Change::Update(put.get(&key).map_or(0, |(revision, _)| *revision), vec![key ^ 0xff; size].into())),
                Step::Purge(key) => (key, Change::Purge),
                Step::Durable => {
                    world.values.write(&mut group).unwrap();
                    for key in 0..12 {
                        prop_assert_eq!(&world.seen(&key.to_string()), &seen.get(&key).cloned());
                    }
                    world.values.publish(std::mem::take(&mut group));
                    seen = put.clone();
                    continue;
                }
                Step::Again => {
                    world.values.write(&mut group).unwrap();
                    group = Changes::default();
                    world.again();
                    seen = put.clone();
                    continue;
                }
            };
            let fits = match &change {
                Change::Create(_) => !put.contains_key(&key),
                Change::Update(..) => put.contains_key(&key),
                Change::Purge => true,
            };
            let after = match &change {
                Change::Create(value) | Change::Update(_, value) => Some(value.clone()),
                Change::Purge => None,
            };
            let answer = world.change(&mut group, &key.to_string(), change);
            prop_assert_eq!(answer.is_ok(), fits);
            match (answer, after) {
                (Ok(revision), Some(value)) => drop(put.insert(key, (revision, value))),
                (Ok(_), None) => drop(put.remove(&key)),
                (Err(_), _) => {}
            }
        }
        for key in 0..12 {
            prop_assert_eq!(&world.seen(&key.to_string()), &put.get(&key).cloned());
        }
        let keys: Vec<_> = world.values.keys("vault", "");
        prop_assert_eq!(keys.len(), put.len());
        for key in 0..12 {
            world.done(&key.to_string(), Change::Purge).unwrap();
        }
        prop_assert!(world.tree.iter().keys().all(|key| *key.unwrap() == *NEWEST_REVISION));
    }
}
