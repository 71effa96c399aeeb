//! Rows as they are kept: many changes at once, whole or not at all after a crash.
//!
//! sled's own batches shut out every other tree of the process while they are written, the embedded journal's too. So the
//! changes go in one by one, after one row of another tree that holds all of them: sled recovers a beginning of what was
//! written, so whoever opens after a crash in between finds them there and writes them again.

use std::{collections::BTreeMap, path::Path};

use prost::Message;

/// Changes of rows by their full keys; `None` removes.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// sled puts a value above a quarter of its segment (128 KiB) in a file of its own: so much goes in at once at most.
const MOST_BYTES: usize = 64 * 1024;
const REDO: &[u8] = b"redo";

#[derive(Clone, PartialEq, Message)]
struct Redo {
    #[prost(message, repeated, tag = "1")]
    changes: Vec<Change>,
}
#[derive(Clone, PartialEq, Message)]
struct Change {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", optional, tag = "2")]
    value: Option<Vec<u8>>,
}

/// A tree of rows.
pub(super) struct Kept {
    pub rows: sled::Tree,
    redo: sled::Tree,
    _db: sled::Db,
}

impl Kept {
    /// Opens the rows in a folder, and finishes what a crash interrupted.
    pub fn open(path: &Path) -> sled::Result<Self> {
        let db = sled::Config::new().path(path).cache_capacity(64 << 20).flush_every_ms(Some(1_000)).open()?;
        let kept = Self { rows: db.open_tree("rows")?, redo: db.open_tree("redo")?, _db: db };
        if let Some(redo) = kept.redo.get(REDO)?.and_then(|bytes| Redo::decode(bytes.as_ref()).ok()) {
            kept.put(&redo)?;
        }
        Ok(kept)
    }

    /// Whether these changes are enough to be written now.
    pub fn enough(changes: &Changes) -> bool {
        size(changes) >= MOST_BYTES / 2
    }

    /// Writes all changes, whole or not at all after a crash. Readers may see some of them before the others, never a row
    /// that is gone from its old place and not yet at its new one.
    pub fn write(&self, changes: Changes) -> sled::Result<()> {
        if size(&changes) > MOST_BYTES {
            let mut batch = sled::Batch::default();
            for (key, change) in changes {
                match change {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            // What was written before must not come back over it.
            self.redo.remove(REDO)?;
            return self.rows.apply_batch(batch);
        }
        let redo = Redo { changes: changes.into_iter().map(|(key, value)| Change { key, value }).collect() };
        self.redo.insert(REDO, redo.encode_to_vec())?;
        self.put(&redo)
    }

    fn put(&self, redo: &Redo) -> sled::Result<()> {
        for change in &redo.changes {
            if let Some(value) = &change.value {
                self.rows.insert(&change.key, value.as_slice())?;
            }
        }
        for change in redo.changes.iter().filter(|change| change.value.is_none()) {
            self.rows.remove(&change.key)?;
        }
        Ok(())
    }

    /// Nothing is kept any more.
    pub fn clear(&self) -> sled::Result<()> {
        self.redo.clear()?;
        self.rows.clear()
    }
}

fn size(changes: &Changes) -> usize {
    changes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len) + 16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kept: &Kept, key: &[u8]) -> Option<Vec<u8>> {
        kept.rows.get(key).unwrap().map(|value| value.to_vec())
    }

    #[test]
    fn what_a_crash_interrupted_is_whole_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        kept.write(Changes::from([(b"a".to_vec(), Some(b"1".to_vec())), (b"b".to_vec(), Some(b"1".to_vec()))])).unwrap();
        // The crash: all that was to be written is known, only the first row is there.
        let changes = [(b"a", Some(b"2".to_vec())), (b"b", None), (b"c", Some(b"2".to_vec()))];
        let changes = changes.map(|(key, value)| Change { key: key.to_vec(), value });
        kept.redo.insert(REDO, Redo { changes: changes.to_vec() }.encode_to_vec()).unwrap();
        kept.rows.insert(b"a", b"2").unwrap();
        drop(kept);
        for _ in 0..2 {
            let kept = Kept::open(dir.path()).unwrap();
            assert_eq!([b"a", b"b", b"c"].map(|key| row(&kept, key)), [Some(b"2".to_vec()), None, Some(b"2".to_vec())]);
        }
    }

    #[test]
    fn what_is_too_large_for_one_row_is_not_undone_by_what_came_before() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        let large = vec![7; MOST_BYTES];
        kept.write(Changes::from([(b"a".to_vec(), Some(b"1".to_vec()))])).unwrap();
        kept.write(Changes::from([(b"a".to_vec(), Some(large.clone()))])).unwrap();
        drop(kept);
        let kept = Kept::open(dir.path()).unwrap();
        assert_eq!(row(&kept, b"a"), Some(large));
        kept.clear().unwrap();
        drop(kept);
        assert_eq!(row(&Kept::open(dir.path()).unwrap(), b"a"), None);
    }
}
