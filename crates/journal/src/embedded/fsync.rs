//! The seam between an acknowledgement and the platter.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

/// Makes durable what the store has written so far. Returns only then.
pub trait Fsync: Send + 'static {
    /// Waits until everything written is on the medium.
    ///
    /// # Errors
    /// The medium's. After one, nobody knows what is on it.
    fn fsync(&self) -> io::Result<()>;

    /// Waits until a file, or the names in a directory, are on the medium.
    ///
    /// # Errors
    /// The medium's.
    fn fsync_at(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Waits until it is on the medium that the store's files are there at all: each file (sled syncs neither its settings nor
    /// the names), the directory and its parent.
    ///
    /// # Errors
    /// The medium's.
    fn fsync_names(&self, dir: &Path) -> io::Result<()> {
        let dir = dir.canonicalize()?;
        for entry in fs::read_dir(&dir)? {
            self.fsync_at(&entry?.path())?;
        }
        self.fsync_at(&dir)?;
        dir.parent().map_or(Ok(()), |parent| self.fsync_at(parent))
    }
}

/// The real one: `fsync(2)` on an own handle. sled 0.34 ends its flush with `sync_file_range`, which writes neither the
/// file's size nor the disk's cache; fsync works per inode, so it covers what sled wrote through its handle.
#[derive(Debug)]
pub struct FileFsync(File);

impl FileFsync {
    /// An own handle on the file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn of(file: &Path) -> io::Result<Self> {
        Ok(Self(File::open(file)?))
    }
}

impl Fsync for FileFsync {
    fn fsync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// A character device refuses fsync, so an error here is the proof that the call is made.
    #[test]
    fn the_real_one_calls_the_kernel() {
        let file = FileFsync::of(Path::new("/dev/null")).unwrap();
        assert_eq!(file.fsync().unwrap_err().raw_os_error(), Some(22));
        assert_eq!(file.fsync_at(Path::new("/dev/null")).unwrap_err().raw_os_error(), Some(22));
    }
}
