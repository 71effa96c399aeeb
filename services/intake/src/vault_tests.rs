//! The vault over a store in memory that can lose its answers.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::*;

/// Does as asked, and answers `Unknown` for the first `lost` changes.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) rows: Mutex<BTreeMap<String, Entry>>,
    lost: AtomicUsize,
    /// Away after so many changes; never when 0.
    down_after: AtomicUsize,
}
impl Memory {
    fn change(&self) -> Result<(), KeyedError> {
        let left = self.down_after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left > 1).then(|| left - 1));
        if left == Err(1) { Err(KeyedError::Unavailable("away".to_owned())) } else { Ok(()) }
    }
    fn put(&self, bucket: &str, key: &str, expected: Option<u64>, value: Bytes) -> Result<u64, KeyedError> {
        self.change()?;
        let mut rows = self.rows.lock().unwrap();
        let name = format!("{bucket}/{key}");
        if rows.get(&name).map(|entry| entry.revision) != expected {
            return Err(KeyedError::Conflict);
        }
        let revision = expected.unwrap_or(0) + 1;
        rows.insert(name, Entry { revision, value });
        match self.lost.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |lost| lost.checked_sub(1)) {
            Ok(_) => Err(KeyedError::Unknown),
            Err(_) => Ok(revision),
        }
    }
}
#[async_trait]
impl Store for Memory {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KeyedError> {
        Ok(self.rows.lock().unwrap().get(&format!("{bucket}/{key}")).cloned())
    }
    async fn create(&self, bucket: &str, key: &str, value: Bytes) -> Result<u64, KeyedError> {
        self.put(bucket, key, None, value)
    }
    async fn update(&self, bucket: &str, key: &str, expected: u64, value: Bytes) -> Result<u64, KeyedError> {
        self.put(bucket, key, Some(expected), value)
    }
    async fn purge(&self, bucket: &str, key: &str) -> Result<(), KeyedError> {
        self.change()?;
        self.rows.lock().unwrap().remove(&format!("{bucket}/{key}"));
        Ok(())
    }
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, KeyedError> {
        let rows = self.rows.lock().unwrap();
        let names = rows.keys().filter_map(|name| name.strip_prefix(&format!("{bucket}/")));
        Ok(names.filter(|name| name.starts_with(prefix)).map(ToOwned::to_owned).collect())
    }
    async fn buckets(&self) -> Result<Vec<String>, KeyedError> {
        unreachable!("the vault knows its buckets")
    }
}

/// A vault whose keys are nowhere but in memory.
pub(super) fn vault(store: Arc<Memory>) -> Vault {
    Vault::new(store, VaultKeys::generate(), KeyFile::new(PathBuf::new()))
}
fn mark(vault: &Vault, of: &str) -> Mark {
    vault.mark("address", [of.as_bytes()])
}

pub(super) fn file(n: u128) -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(n))
}
pub(super) fn household() -> Household {
    Household {
        address: Some(pb::Address {
            street: "Lisdodde".into(),
            house_number: "12".into(),
            postcode: "9001AB".into(),
            ..Default::default()
        }),
        person: Some(pb::Person { surname: "Verzonnen".into(), phone: "0201234999".into(), ..Default::default() }),
        ..Default::default()
    }
}
pub(super) fn written_for(n: u128) -> WrittenFor {
    WrittenFor { file: file(n), request: Uuid::from_u128(99) }
}

#[tokio::test]
async fn a_record_opens_again_and_nothing_of_it_stands_in_clear() {
    let store = Arc::new(Memory::default());
    let vault = vault(store.clone());
    let id = Uuid::from_u128(1);
    vault.keep(id, &household(), written_for(5)).await.unwrap();
    assert_eq!(vault.open(id).await, Ok(Some(household())));
    assert_eq!(vault.open(Uuid::from_u128(2)).await, Ok(None));
    for (name, entry) in store.rows.lock().unwrap().iter() {
        for secret in ["Verzonnen", "Lisdodde", "9001AB", "0201234999"] {
            assert!(!name.contains(secret) && !entry.value.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret}");
        }
    }
}

#[tokio::test]
async fn a_record_under_another_id_or_key_does_not_open() {
    let store = Arc::new(Memory::default());
    let vault = vault(store.clone());
    let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    vault.keep(id, &household(), written_for(5)).await.unwrap();
    let moved = store.get(RECORDS, &record_name(id)).await.unwrap().unwrap().value;
    store.create(RECORDS, &record_name(other), moved).await.unwrap();
    assert_eq!(vault.open(other).await, Err(VaultError::Unreadable(other)));
    let others = Vault::new(store, VaultKeys::generate(), KeyFile::new(PathBuf::new()));
    assert_eq!(others.open(id).await, Err(VaultError::Unreadable(id)));
}

#[tokio::test]
async fn records_have_keys_of_their_own() {
    let store = Arc::new(Memory::default());
    let vault = vault(store.clone());
    for n in 1..=2 {
        vault.keep(Uuid::from_u128(n), &household(), written_for(5)).await.unwrap();
    }
    let sealed: Vec<Sealed> = store.rows.lock().unwrap().values().map(|entry| Sealed::decode(entry.value.clone()).unwrap()).collect();
    assert_ne!(sealed[0].wrapped_key, sealed[1].wrapped_key);
    assert_ne!(sealed[0].sealed, sealed[1].sealed, "the same household is not to be recognised");
}

#[tokio::test]
async fn a_record_names_the_file_it_ends_up_with() {
    let store = Arc::new(Memory::default());
    let vault = vault(store.clone());
    let id = Uuid::from_u128(1);
    store.lost.store(1, Ordering::SeqCst);
    vault.keep(id, &household(), written_for(5)).await.unwrap();
    vault.keep(id, &household(), written_for(6)).await.unwrap();
    vault.keep(id, &household(), written_for(6)).await.unwrap();
    let entry = store.get(RECORDS, &record_name(id)).await.unwrap().unwrap();
    assert_eq!((Sealed::decode(entry.value).unwrap().subject, entry.revision), (file(6).to_string(), 2));
    assert_eq!(vault.open(id).await, Ok(Some(household())));
}

#[tokio::test]
async fn one_address_has_one_file_whoever_comes_first() {
    let vault = vault(Arc::default());
    let index = Index::Address(mark(&vault, "Lisdodde 12"));
    assert_eq!(vault.find(index).await, Ok(None));
    assert_eq!(vault.claim(index, file(1)).await, Ok(Claimed { file: file(1), fresh: true }));
    assert_eq!(vault.claim(index, file(2)).await, Ok(Claimed { file: file(1), fresh: false }));
    assert_eq!(vault.find(index).await, Ok(Some(file(1))));
    assert_eq!(vault.find(Index::Reference(mark(&vault, "Lisdodde 12"))).await, Ok(None), "another kind of entry");
}

#[tokio::test]
async fn an_unknown_outcome_is_settled_by_asking_again() {
    let store = Arc::new(Memory::default());
    store.lost.store(1, Ordering::SeqCst);
    let vault = vault(store);
    let claimed = vault.claim(Index::Address(mark(&vault, "Lisdodde 12")), file(1)).await;
    assert_eq!(claimed, Ok(Claimed { file: file(1), fresh: true }));
}

/// A vault with its keys in a file, as it runs.
fn kept_vault(store: Arc<Memory>, file: &std::path::Path) -> Vault {
    Vault::new(store, VaultKeys::open(file, true).unwrap(), KeyFile::new(file.to_owned()))
}
pub(super) fn line(record: Uuid) -> Erased {
    Erased { record, case: None, ground: Ground::Unlawful, officer: "p-1".to_owned(), erased_at: "2026-03-02T09:00:00Z".parse().unwrap() }
}

#[tokio::test]
async fn what_lives_goes_over_and_what_was_erased_opens_with_no_key() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Arc::new(Memory::default()));
    let file_of_keys = dir.path().join("vault.key");
    let vault = kept_vault(store.clone(), &file_of_keys);
    let (erased, living) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut indexes = Vec::new();
    for (id, n, door) in [(erased, 5, "Lisdodde 12"), (living, 6, "Rietpad 3")] {
        let (address, reference) = (mark(&vault, door), vault.mark("reference", [b"woonveste", door.as_bytes()]));
        let household = household().marked(&address, [&reference]);
        vault.keep(id, &household, written_for(n)).await.unwrap();
        vault.claim(Index::Address(address), file(n)).await.unwrap();
        vault.claim(Index::Reference(reference), file(n)).await.unwrap();
        indexes.push((address, reference));
    }
    let before: Vec<(String, Entry)> = store.rows.lock().unwrap().clone().into_iter().collect();
    vault.erase(&line(erased), &[]).await.unwrap();
    let moved = vault.next_epoch().await.unwrap();
    assert_eq!(moved, WentOver { epoch: 2, records: 1, entries: 2 });

    // In this process and in one that starts later.
    let later = kept_vault(store.clone(), &file_of_keys);
    later.prepare().await.unwrap();
    for vault in [&vault, &later] {
        assert_eq!(vault.open(erased).await, Ok(None));
        assert!(vault.open(living).await.unwrap().is_some());
        let [(_, erased_reference), (_, living_reference)] = [indexes[0], indexes[1]];
        let now = |door: &str| (mark(vault, door), vault.mark("reference", [b"woonveste", door.as_bytes()]));
        assert_eq!(vault.find(Index::Address(now("Rietpad 3").0)).await, Ok(Some(file(6))));
        assert_eq!(vault.find(Index::Reference(now("Rietpad 3").1)).await, Ok(Some(file(6))));
        assert_eq!(now("Rietpad 3").1.keyed, living_reference.keyed, "the journal's own hash is found again");
        assert_ne!(now("Lisdodde 12").1.keyed, erased_reference.keyed, "the journal's hash cannot be made again");
        assert_eq!(vault.find(Index::Address(now("Lisdodde 12").0)).await, Ok(None));
        assert_eq!(vault.find(Index::Reference(now("Lisdodde 12").1)).await, Ok(None));
    }
    // The bytes as they stood, from a backup: nothing of them opens with the keys that remain.
    let keys = VaultKeys::open(&file_of_keys, false).unwrap();
    for (name, entry) in before {
        match Sealed::decode(entry.value.clone()) {
            Ok(sealed) if name.starts_with(RECORDS) => {
                assert!([erased, living].iter().all(|id| sealed.open(&keys, id.as_bytes()).is_none()), "{name}");
            }
            _ => {
                let (_, key) = name.split_once('/').unwrap();
                assert!(seal::open::<pb::Address>(&keys, key, &entry.value).is_none(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn an_epoch_that_ended_half_way_ends_at_the_next_start() {
    for lost in 1..12 {
        let (dir, store) = (tempfile::tempdir().unwrap(), Arc::new(Memory::default()));
        let file_of_keys = dir.path().join("vault.key");
        let vault = kept_vault(store.clone(), &file_of_keys);
        let address = mark(&vault, "Rietpad 3");
        let identity = vault.mark("identity", [b"woonveste"]);
        for n in 0..3 {
            vault.keep(Uuid::from_u128(n), &household().marked(&address, [&identity]), written_for(6)).await.unwrap();
        }
        vault.claim(Index::Address(address), file(6)).await.unwrap();
        store.down_after.store(lost, Ordering::SeqCst);
        let ended = vault.next_epoch().await;
        store.down_after.store(0, Ordering::SeqCst);
        // As if it had never failed, for the process that goes on and for the one that comes after it.
        assert_eq!(vault.find(Index::Address(mark(&vault, "Rietpad 3"))).await, Ok(Some(file(6))), "{lost} {ended:?}");
        for n in 0..3 {
            assert!(vault.open(Uuid::from_u128(n)).await.unwrap().is_some(), "{lost} {ended:?}");
        }
        let later = kept_vault(store.clone(), &file_of_keys);
        later.prepare().await.unwrap();
        assert!(!VaultKeys::open(&file_of_keys, false).unwrap().is_between_epochs());
        assert_eq!(later.find(Index::Address(mark(&later, "Rietpad 3"))).await, Ok(Some(file(6))));
        assert_eq!(later.mark("identity", [b"woonveste"]).keyed, identity.keyed);
        for n in 0..3 {
            assert!(later.open(Uuid::from_u128(n)).await.unwrap().is_some());
        }
    }
}

#[tokio::test]
async fn an_address_is_forgotten_with_the_last_who_lived_there() {
    let vault = vault(Arc::default());
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let address = mark(&vault, "Rietpad 3");
    for id in [one, other] {
        vault.keep(id, &household().marked(&address, []), written_for(6)).await.unwrap();
    }
    vault.claim(Index::Address(address), file(6)).await.unwrap();
    vault.erase(&line(one), &[other]).await.unwrap();
    assert_eq!(vault.find(Index::Address(address)).await, Ok(Some(file(6))), "somebody lives there still");
    vault.erase(&line(other), &[one]).await.unwrap();
    assert_eq!(vault.find(Index::Address(address)).await, Ok(None));
    assert_eq!(vault.erased(None, 500).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_a_restore_brings_back_is_erased_again() {
    let store = Arc::new(Memory::default());
    let vault = vault(store.clone());
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let address = mark(&vault, "Rietpad 3");
    for id in [one, other] {
        vault.keep(id, &household().marked(&address, []), written_for(if id == one { 6 } else { 7 })).await.unwrap();
    }
    vault.claim(Index::Address(address), file(6)).await.unwrap();
    let backup = store.rows.lock().unwrap().clone();
    vault.erase(&line(one), &[]).await.unwrap();
    let ledger = vault.erased(None, 500).await.unwrap();
    *store.rows.lock().unwrap() = backup;
    assert!(vault.open(one).await.unwrap().is_some(), "the restore brought the person back");
    assert_eq!(vault.replay(&ledger).await, Ok(1));
    assert_eq!(vault.open(one).await, Ok(None));
    assert!(vault.open(other).await.unwrap().is_some());
    assert_eq!(vault.find(Index::Address(address)).await, Ok(None));
    assert_eq!(vault.erased(None, 500).await.unwrap(), ledger, "the ledger is whole again");
    assert_eq!(vault.replay(&ledger).await, Ok(0), "once more changes nothing");
}

fn at(day: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(24 * day)
}

#[tokio::test]
async fn an_orphan_is_marked_when_it_is_old_and_goes_a_week_later() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Arc::new(Memory::default()));
    let vault = kept_vault(store.clone(), &dir.path().join("vault.key"));
    let (id, address) = (Uuid::from_u128(1), mark(&vault, "Rietpad 3"));
    let letter = KeptFile { id: vec![8; 16], size: 11, ..KeptFile::default() };
    vault.keep_piece(letter.id().unwrap(), &[7; 32], (0, true), b"Herinnering").await.unwrap();
    let kept = Household { files: vec![letter], ..household().marked(&address, []) };
    vault.keep(id, &kept, written_for(6)).await.unwrap();
    vault.claim(Index::Address(address), file(6)).await.unwrap();
    let files = || store.rows.lock().unwrap().keys().filter(|name| name.starts_with("intake-evidence/")).count();
    assert!(files() > 0, "a file came with it");
    for (day, stage) in [(0, Stage::Seen), (29, Stage::Seen), (30, Stage::Marked), (36, Stage::Marked)] {
        assert_eq!(vault.sweep(id, at(day), true).await, Ok(Some(stage)), "{day}");
        assert!(vault.open(id).await.unwrap().is_some(), "{day}");
    }
    assert_eq!(vault.sweep(id, at(37), true).await, Ok(Some(Stage::Swept)));
    assert_eq!((vault.open(id).await, vault.sweep(id, at(90), true).await), (Ok(None), Ok(None)));
    assert_eq!(vault.find(Index::Address(address)).await, Ok(None), "nothing was ever committed to its file");
    assert_eq!(files(), 0, "its file goes with it");
    let told = vault.orphans([id]).await.unwrap();
    assert_eq!(told, [Orphan { record: id, stage: Stage::Swept, since: at(37) }]);
    assert_eq!(vault.by_file().await.unwrap().get(&file(6).to_string()), None);
    // Its key goes with this epoch, and the same may be written again.
    assert_eq!(vault.ending_since().await, Ok(Some(at(37))));
    vault.next_epoch().await.unwrap();
    vault.keep(id, &household(), written_for(7)).await.unwrap();
    assert!(vault.open(id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_written_anew_or_named_is_no_orphan_any_more() {
    let vault = vault(Arc::default());
    let (again, named) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for id in [again, named] {
        vault.keep(id, &household(), written_for(6)).await.unwrap();
        for day in [0, 30] {
            vault.sweep(id, at(day), false).await.unwrap();
        }
    }
    vault.keep(again, &household(), written_for(6)).await.unwrap();
    vault.found(named).await.unwrap();
    for id in [again, named] {
        assert_eq!(vault.orphan(id).await, Ok(None));
        assert_eq!(vault.sweep(id, at(40), false).await, Ok(Some(Stage::Seen)), "from the beginning");
        assert_eq!(vault.sweep(id, at(47), false).await, Ok(Some(Stage::Seen)));
        assert!(vault.open(id).await.unwrap().is_some());
    }
}

/// Writes a record anew just before it is emptied.
struct Racing(Arc<Memory>, std::sync::atomic::AtomicBool);
#[async_trait]
impl Store for Racing {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KeyedError> {
        self.0.get(bucket, key).await
    }
    async fn create(&self, bucket: &str, key: &str, value: Bytes) -> Result<u64, KeyedError> {
        self.0.create(bucket, key, value).await
    }
    async fn update(&self, bucket: &str, key: &str, expected: u64, value: Bytes) -> Result<u64, KeyedError> {
        if value.is_empty() && self.1.swap(false, Ordering::SeqCst) {
            let entry = self.0.get(bucket, key).await?.unwrap();
            let sealed = Sealed { unnamed_ms: 0, marked_ms: 0, ..Sealed::decode(entry.value).unwrap() };
            self.0.update(bucket, key, entry.revision, sealed.encode_to_vec().into()).await.unwrap();
        }
        self.0.update(bucket, key, expected, value).await
    }
    async fn purge(&self, bucket: &str, key: &str) -> Result<(), KeyedError> {
        self.0.purge(bucket, key).await
    }
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, KeyedError> {
        self.0.keys(bucket, prefix).await
    }
    async fn buckets(&self) -> Result<Vec<String>, KeyedError> {
        self.0.buckets().await
    }
}

#[tokio::test]
async fn a_record_that_is_needed_at_the_last_moment_stays() {
    let store = Arc::new(Racing(Arc::default(), true.into()));
    let vault = Vault::new(store, VaultKeys::generate(), KeyFile::new(PathBuf::new()));
    let id = Uuid::from_u128(1);
    vault.keep(id, &household(), written_for(6)).await.unwrap();
    for day in [0, 30] {
        vault.sweep(id, at(day), false).await.unwrap();
    }
    assert_eq!(vault.sweep(id, at(37), false).await, Ok(None));
    assert!(vault.open(id).await.unwrap().is_some() && vault.orphan(id).await == Ok(None));
}
