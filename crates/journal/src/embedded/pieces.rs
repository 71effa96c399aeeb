//! Values in pieces of at most 4 KiB. sled keeps a tree node above a quarter of its segment (128 KiB) in a file of its
//! own that it never syncs; a leaf holds some twenty values, so small pieces keep all of them in the one file we fsync.

use bytes::{Bytes, BytesMut};

const PIECE: usize = 4096;

/// Adds a value to a batch: the head under the key, the rest under the key and a number.
/// `key` must not be the beginning of another key of the tree, numbers apart.
pub(super) fn put(batch: &mut sled::Batch, key: &[u8], head: &[u8], payload: &[u8]) {
    let mut first = Vec::with_capacity(head.len() + 4 + payload.len().min(PIECE));
    first.extend_from_slice(head);
    first.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
    let (now, later) = payload.split_at(payload.len().min(PIECE));
    first.extend_from_slice(now);
    batch.insert(key, first);
    for (number, piece) in (1u16..).zip(later.chunks(PIECE)) {
        batch.insert(numbered(key, number), piece);
    }
}

/// Removes the pieces that a shorter value (or none: `payload` 0) leaves behind.
pub(super) fn remove_rest(batch: &mut sled::Batch, key: &[u8], before: usize, payload: usize) {
    for number in pieces(payload)..pieces(before) {
        batch.remove(numbered(key, number));
    }
}

/// Whether a key is that of a further piece of a tree whose keys are `length` bytes long.
pub(super) const fn is_head(key: &[u8], length: usize) -> bool {
    key.len() == length
}

/// Splits what stands under a key into head and payload, fetching the further pieces. `None`: not as it was put.
pub(super) fn get(tree: &sled::Tree, key: &[u8], stored: &[u8], head: usize) -> Result<Option<Bytes>, sled::Error> {
    let Some((length, first)) = stored.get(head..).and_then(<[u8]>::split_first_chunk::<4>) else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if length == first.len() {
        return Ok(Some(Bytes::copy_from_slice(first)));
    }
    let mut payload = BytesMut::with_capacity(length);
    payload.extend_from_slice(first);
    for number in 1..pieces(length) {
        match tree.get(numbered(key, number))? {
            Some(piece) => payload.extend_from_slice(&piece),
            None => return Ok(None),
        }
    }
    Ok((payload.len() == length).then(|| payload.freeze()))
}

fn pieces(length: usize) -> u16 {
    u16::try_from(length.div_ceil(PIECE).max(1)).unwrap_or(u16::MAX)
}

fn numbered(key: &[u8], number: u16) -> Vec<u8> {
    let mut numbered = Vec::with_capacity(key.len() + 2);
    numbered.extend_from_slice(key);
    numbered.extend_from_slice(&number.to_be_bytes());
    numbered
}
