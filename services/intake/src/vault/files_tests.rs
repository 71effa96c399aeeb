//! Files of the vault: pieces that open in their own place only, and go with the record that they belong to.

use std::sync::Arc;

use journal::Keyed as _;
use uuid::Uuid;

use super::{
    Household, KeptFile, PIECE, RECORDS, Vault, VaultError,
    files::{about, open, seal},
    record_name,
    tests::{Memory, household, line, vault, written_for},
};

const KEY: [u8; 32] = [7; 32];

fn kept(n: u128, size: usize) -> KeptFile {
    let (id, size) = (Uuid::from_u128(n).as_bytes().to_vec(), size as u64);
    KeptFile { id, key: KEY.to_vec(), duty: "c".into(), name: "herinnering.pdf".into(), kind: "pdf".into(), size, sha256: Vec::new() }
}
fn with(files: Vec<KeptFile>) -> Household {
    Household { files, ..household() }
}
/// A file of as many bytes, in pieces.
async fn store(vault: &Vault, n: u128, size: usize) -> (KeptFile, Vec<u8>) {
    let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let file = kept(n, size);
    for (number, piece) in bytes.chunks(PIECE).enumerate() {
        let last = number + 1 == file.pieces();
        vault.keep_piece(Uuid::from_u128(n), &KEY, (number, last), piece).await.unwrap();
    }
    (file, bytes)
}
async fn read(vault: &Vault, file: &KeptFile) -> Vec<u8> {
    let mut all = Vec::new();
    for number in 0..file.pieces() {
        all.extend(vault.piece(file, number).await.unwrap().unwrap());
    }
    all
}
fn stored(store: &Memory) -> Vec<String> {
    store.rows.lock().unwrap().keys().filter(|name| name.starts_with("intake-evidence/")).cloned().collect()
}

#[test]
fn a_piece_of_any_release_opens_for_ever() {
    let id = Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_5b1f_2a3c_4d5e);
    let sealed = seal(&KEY, [9; 24].into(), &about(id, 2, true), b"Herinnering").unwrap();
    let golden = include_str!("../../tests/golden/piece.txt").trim();
    assert_eq!(hex::encode(&sealed), golden);
    assert_eq!(open(&KEY, &about(id, 2, true), &hex::decode(golden).unwrap()).as_deref(), Some(&b"Herinnering"[..]));
    // At another place, not the last, of another file, under another key, or altered: it does not open.
    for about in [about(id, 1, true), about(id, 2, false), about(Uuid::nil(), 2, true)] {
        assert_eq!(open(&KEY, &about, &sealed), None);
    }
    assert_eq!(open(&[8; 32], &about(id, 2, true), &sealed), None);
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_eq!(open(&KEY, &about(id, 2, true), &altered), None, "byte {at}");
    }
}

#[tokio::test]
async fn a_file_comes_back_byte_by_byte_and_nothing_of_it_stands_in_clear() {
    let memory = Arc::new(Memory::default());
    let vault = vault(memory.clone());
    for (n, size) in [(1, 1), (2, PIECE), (3, PIECE + 1), (4, 3 * PIECE + 5)] {
        let (file, bytes) = store(&vault, n, size).await;
        assert_eq!(read(&vault, &file).await, bytes, "{size}");
        for entry in memory.rows.lock().unwrap().values() {
            assert!(!entry.value.windows(64).any(|part| bytes.len() >= 64 && part == &bytes[..64]));
        }
    }
    // Cut off, a file does not pass for a smaller one.
    let (whole, _) = store(&vault, 5, 2 * PIECE).await;
    assert_eq!(vault.piece(&KeptFile { size: PIECE as u64, ..whole }, 0).await, Err(VaultError::Unreadable(Uuid::from_u128(5))));
}

#[tokio::test]
async fn files_go_with_the_record_of_their_report() {
    let memory = Arc::new(Memory::default());
    let vault = vault(memory.clone());
    let record = Uuid::from_u128(1);
    let (file, bytes) = store(&vault, 9, PIECE + 1).await;
    vault.keep(record, &with(vec![file.clone()]), written_for(6)).await.unwrap();
    vault.settle(Uuid::from_u128(9)).await.unwrap();
    assert_eq!(read(&vault, &file).await, bytes, "it is a record's, so it stays");
    vault.erase(&line(record), &[]).await.unwrap();
    assert_eq!((stored(&memory), vault.piece(&file, 0).await), (Vec::new(), Ok(None)));
}

#[tokio::test]
async fn a_file_of_nobody_goes_when_its_time_is_over() {
    let memory = Arc::new(Memory::default());
    let vault = vault(memory.clone());
    store(&vault, 8, 10).await;
    vault.settle(Uuid::from_u128(8)).await.unwrap();
    assert_eq!(stored(&memory), Vec::<String>::new());
    // Its record was removed by somebody who could not open it, of an epoch that is over.
    let (file, _) = store(&vault, 9, PIECE + 1).await;
    let record = Uuid::from_u128(1);
    vault.keep(record, &with(vec![file]), written_for(6)).await.unwrap();
    memory.purge(RECORDS, &record_name(record)).await.unwrap();
    vault.settle(Uuid::from_u128(9)).await.unwrap();
    assert_eq!(stored(&memory), Vec::<String>::new());
}
