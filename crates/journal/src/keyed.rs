//! The port to the small store under intake's vault: keys with revisions. Not events: these may be erased.

use async_trait::async_trait;
use bytes::Bytes;

/// A value larger than this is refused before it is stored (128 KiB).
pub const MAX_VALUE_BYTES: usize = 128 * 1024;

/// Why a keyed store did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyedError {
    /// The key is there already, or has another revision than expected.
    #[error("revision of the key is not the expected one")]
    Conflict,
    /// Certainly not done: the store was not reached, or refused.
    #[error("keyed store unavailable: {0}")]
    Unavailable(String),
    /// Nobody knows whether it was done: read the key again, later too.
    #[error("outcome of the change is unknown")]
    Unknown,
}

/// A value as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Grows with every change of the bucket; never used again for the key.
    pub revision: u64,
    /// The stored bytes.
    pub value: Bytes,
}

/// Keys with values and revisions, in buckets. Reads are the leader's; a change is durable before it is answered.
///
/// Bucket names are made of `a-z 0-9 -`, keys of `A-Z a-z 0-9 - _ = .`; anything else is refused as unavailable.
#[async_trait]
pub trait Keyed: Send + Sync + 'static {
    /// The value under a key. `Ok(None)` is true: the key is not there.
    ///
    /// # Errors
    /// [`KeyedError::Unavailable`].
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KeyedError>;

    /// Stores under a key that is not there (or was purged); answers the revision.
    ///
    /// # Errors
    /// [`KeyedError`]; `Conflict` when the key is there.
    async fn create(&self, bucket: &str, key: &str, value: Bytes) -> Result<u64, KeyedError>;

    /// Replaces the value with this revision; answers the new one.
    ///
    /// # Errors
    /// [`KeyedError`]; `Conflict` when the revision is another.
    async fn update(&self, bucket: &str, key: &str, expected: u64, value: Bytes) -> Result<u64, KeyedError>;

    /// Removes the value, whatever its revision; a key that is not there is fine. What the medium still holds is
    /// another matter: a purge makes nothing unreadable, destroying the key it was encrypted with does.
    ///
    /// # Errors
    /// [`KeyedError`].
    async fn purge(&self, bucket: &str, key: &str) -> Result<(), KeyedError>;

    /// The keys of the bucket that have a value and begin with `prefix`, sorted; all of them with an empty one. What costs is the keys
    /// that share the prefix's parts up to its last full stop.
    ///
    /// # Errors
    /// [`KeyedError::Unavailable`].
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, KeyedError>;

    /// The buckets that hold a value, sorted; perhaps also some that did.
    ///
    /// # Errors
    /// [`KeyedError::Unavailable`].
    async fn buckets(&self) -> Result<Vec<String>, KeyedError>;
}

/// Refuses what an adapter could not store as named.
pub(crate) fn check(bucket: &str, key: &str, value: &[u8]) -> Result<(), KeyedError> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let in_key = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'=' | b'.');
    if bucket.is_empty() || !bucket.bytes().all(plain) {
        return Err(KeyedError::Unavailable("bucket name is not made of a-z, 0-9 and -".to_owned()));
    }
    if key.is_empty() || key.len() > 200 || key.starts_with('.') || key.ends_with('.') || key.contains("..") || !key.bytes().all(in_key) {
        return Err(KeyedError::Unavailable("key is not made of 1 to 200 of A-Z, a-z, 0-9, - _ = and .".to_owned()));
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(KeyedError::Unavailable(format!("value of {} bytes is larger than {MAX_VALUE_BYTES}", value.len())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sizes_are_checked() {
        assert_eq!(check("vault", "person.0192f0c1", b"x"), Ok(()));
        assert!(check("Vault", "a", b"").is_err());
        assert!(check("vault", "a b", b"").is_err());
        assert!(check("vault", "a.", b"").is_err());
        assert!(check("vault", "", b"").is_err());
        assert!(check("vault", "a", &vec![0; MAX_VALUE_BYTES + 1]).is_err());
    }
}
