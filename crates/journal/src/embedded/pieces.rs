//! Values in packs and pieces of about 4 KiB. sled writes a leaf, which holds up to seventeen values, again and again, and keeps one above
//! a quarter of its segment in a file of its own that it never syncs: small ones keep what it writes little, and all of it in the one
//! file we fsync.

use bytes::{Bytes, BytesMut};

pub(super) const PIECE: usize = 4096;

/// A value as it is stored: the rest under the key and a number, then the head under the key. Written in this order, one
/// of which only a part was written is not there. `key` must not be the beginning of another key of the tree, numbers apart.
fn split(key: &[u8], head: &[u8], payload: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (now, later) = payload.split_at(payload.len().min(PIECE));
    let mut split: Vec<_> = (1u16..).zip(later.chunks(PIECE)).map(|(number, piece)| (numbered(key, number), piece.to_vec())).collect();
    let mut first = Vec::with_capacity(head.len() + 4 + now.len());
    put(&mut first, head, payload.len(), now);
    split.push((key.to_vec(), first));
    split
}

/// Adds a head, a length and (the first piece of) a payload.
fn put(to: &mut Vec<u8>, head: &[u8], length: usize, payload: &[u8]) {
    to.extend_from_slice(head);
    to.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    to.extend_from_slice(payload);
}

/// Where the further pieces of a payload are.
pub(super) fn further(key: &[u8], length: usize) -> impl Iterator<Item = Vec<u8>> {
    (1..pieces(length)).map(move |number| numbered(key, number))
}

/// What a group adds to one tree, as it is stored: what is small enough shares a value with what came before it, under the number of
/// the first, because each insert costs sled a copy of a tree's leaf. What is larger than a piece stands alone.
#[derive(Default)]
pub(super) struct Packs(pub Vec<(Vec<u8>, Vec<u8>)>);
impl Packs {
    /// Adds a payload under the next number. Answers the number of its pack.
    pub fn add(&mut self, number: u64, head: &[u8], payload: &[u8]) -> u64 {
        match self.0.last_mut() {
            // A large one fills its first piece, so nothing is added to it.
            Some((key, pack)) if pack.len() + head.len() + 4 + payload.len() <= PIECE => {
                put(pack, head, payload.len(), payload);
                first_number(key)
            }
            _ => {
                self.0.extend(split(&number.to_be_bytes(), head, payload));
                number
            }
        }
    }
}

/// The number in the first eight bytes.
pub(super) fn first_number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Whether a key is a number by itself, and not that of a further piece.
pub(super) const fn is_head(key: &[u8]) -> bool {
    key.len() == 8
}

/// Goes through the packs of a tree whose keys are numbers, in order. Further pieces without a head are of a group that was cut off: they
/// are removed, before their number is given again and they stand in the way of what is found by it.
pub(super) fn each_pack(tree: &sled::Tree, mut found: impl FnMut(u64, &[u8])) -> Result<(), sled::Error> {
    let (mut whole, mut nobodys) = (sled::IVec::from(b"none"), Vec::new());
    for entry in tree {
        let (key, pack) = entry?;
        if is_head(&key) {
            found(first_number(&key), &pack);
            whole = key;
        } else if key.len() > 8 && !key.starts_with(&whole) {
            nobodys.push(key);
        }
    }
    nobodys.into_iter().try_for_each(|key| tree.remove(key).map(drop))
}

/// The length of a payload after its head of so many bytes, and what follows.
pub(super) fn after_head(stored: &[u8], head: usize) -> Option<(usize, &[u8])> {
    let (length, rest) = stored.get(head..)?.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*length) as usize, rest))
}

/// The payload of what stands under a key, fetching the further pieces. `None`: not as it was put.
pub(super) fn get(tree: &sled::Tree, key: &[u8], stored: &[u8], head: usize) -> Result<Option<Bytes>, sled::Error> {
    let Some((length, first)) = after_head(stored, head) else { return Ok(None) };
    if let Some(whole) = first.get(..length) {
        return Ok(Some(Bytes::copy_from_slice(whole)));
    }
    let mut payload = BytesMut::with_capacity(length);
    payload.extend_from_slice(first);
    for key in further(key, length) {
        match tree.get(key)? {
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
