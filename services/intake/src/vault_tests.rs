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

use super::*;

/// Does as asked, and answers `Unknown` for the first `lost` changes.
#[derive(Default)]
struct Memory {
    rows: Mutex<BTreeMap<String, Entry>>,
    lost: AtomicUsize,
}
impl Memory {
    fn put(&self, bucket: &str, key: &str, expected: Option<u64>, value: Bytes) -> Result<u64, KeyedError> {
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
        self.rows.lock().unwrap().remove(&format!("{bucket}/{key}"));
        Ok(())
    }
    async fn keys(&self, _: &str) -> Result<Vec<String>, KeyedError> {
        Ok(Vec::new())
    }
}

fn file(n: u128) -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(n))
}
fn household() -> Household {
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
fn written_for(n: u128) -> WrittenFor {
    WrittenFor { file: file(n), request: Uuid::from_u128(99) }
}

#[tokio::test]
async fn a_record_opens_again_and_nothing_of_it_stands_in_clear() {
    let store = Arc::new(Memory::default());
    let vault = Vault::new(store.clone(), VaultKeys::generate());
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
    let vault = Vault::new(store.clone(), VaultKeys::generate());
    let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    vault.keep(id, &household(), written_for(5)).await.unwrap();
    let moved = store.get(RECORDS, &record_name(id)).await.unwrap().unwrap().value;
    store.create(RECORDS, &record_name(other), moved).await.unwrap();
    assert_eq!(vault.open(other).await, Err(VaultError::Unreadable(other)));
    assert_eq!(Vault::new(store, VaultKeys::generate()).open(id).await, Err(VaultError::Unreadable(id)));
}

#[tokio::test]
async fn records_have_keys_of_their_own() {
    let store = Arc::new(Memory::default());
    let vault = Vault::new(store.clone(), VaultKeys::generate());
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
    let vault = Vault::new(store.clone(), VaultKeys::generate());
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
    let vault = Vault::new(Arc::new(Memory::default()), VaultKeys::generate());
    let index = Index::Address(Keyed([7; 32]));
    assert_eq!(vault.find(index).await, Ok(None));
    assert_eq!(vault.claim(index, file(1)).await, Ok(Claimed { file: file(1), fresh: true }));
    assert_eq!(vault.claim(index, file(2)).await, Ok(Claimed { file: file(1), fresh: false }));
    assert_eq!(vault.find(index).await, Ok(Some(file(1))));
    assert_eq!(vault.find(Index::Reference(Keyed([7; 32]))).await, Ok(None), "another kind of entry");
}

#[tokio::test]
async fn an_unknown_outcome_is_settled_by_asking_again() {
    let store = Arc::new(Memory::default());
    store.lost.store(1, Ordering::SeqCst);
    let vault = Vault::new(store, VaultKeys::generate());
    let claimed = vault.claim(Index::Address(Keyed([7; 32])), file(1)).await;
    assert_eq!(claimed, Ok(Claimed { file: file(1), fresh: true }));
}
