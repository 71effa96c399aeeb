//! The keyed store on NATS key-value buckets. Read through the leader only: a direct get may be answered by a replica
//! that has not seen our own write.

use async_nats::{HeaderMap, header, jetstream::stream::LastRawMessageErrorKind};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{JetStream, settings};
use crate::{
    keyed::{self, Entry, Keyed, KeyedError},
    log::Appended,
};

const OPERATION: &str = "KV-Operation";
const ROLLUP: &str = "Nats-Rollup";

/// What stands on a key's subject.
enum Found {
    Nothing,
    /// A mark that it was purged.
    Gone(u64),
    Value(Entry),
}

fn unavailable(error: impl std::fmt::Display) -> KeyedError {
    KeyedError::Unavailable(error.to_string())
}

fn subject(bucket: &str, key: &str) -> String {
    format!("$KV.zeef-{bucket}.{key}")
}

impl JetStream {
    /// Makes the bucket when it is not there, and reads its settings back, once.
    async fn bucket(&self, bucket: &str) -> Result<String, KeyedError> {
        let must = settings::bucket(bucket, self.replicas);
        let name = must.name.clone();
        let mut known = self.buckets.lock().await;
        if !known.contains(&name) {
            super::ensure(&self.context, &must).await.map_err(unavailable)?;
            known.insert(name.clone());
        }
        Ok(name)
    }

    async fn found(&self, stream: &str, subject: &str) -> Result<Found, KeyedError> {
        let stream = self.context.get_stream_no_info(stream).await.map_err(unavailable)?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) if message.headers.get(OPERATION).is_some() => Ok(Found::Gone(message.sequence)),
            Ok(message) => Ok(Found::Value(Entry { revision: message.sequence, value: message.payload })),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(Found::Nothing),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn put(&self, subject: String, expected: u64, value: Bytes) -> Result<u64, KeyedError> {
        settled(self.publish(subject, Some(expected), HeaderMap::new(), value).await)
    }
}

fn settled(outcome: Appended) -> Result<u64, KeyedError> {
    match outcome {
        Appended::At(revision) => Ok(revision),
        Appended::Conflict => Err(KeyedError::Conflict),
        Appended::Unavailable => Err(KeyedError::Unavailable("NATS was not reached".to_owned())),
        Appended::Unknown => Err(KeyedError::Unknown),
    }
}

#[async_trait]
impl Keyed for JetStream {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KeyedError> {
        keyed::check(bucket, key, b"")?;
        let stream = self.bucket(bucket).await?;
        Ok(match self.found(&stream, &subject(bucket, key)).await? {
            Found::Value(entry) => Some(entry),
            Found::Nothing | Found::Gone(_) => None,
        })
    }

    async fn create(&self, bucket: &str, key: &str, value: Bytes) -> Result<u64, KeyedError> {
        keyed::check(bucket, key, &value)?;
        let stream = self.bucket(bucket).await?;
        let subject = subject(bucket, key);
        match self.put(subject.clone(), 0, value.clone()).await {
            Err(KeyedError::Conflict) => match self.found(&stream, &subject).await? {
                Found::Gone(revision) => self.put(subject, revision, value).await,
                Found::Nothing | Found::Value(_) => Err(KeyedError::Conflict),
            },
            outcome => outcome,
        }
    }

    async fn update(&self, bucket: &str, key: &str, expected: u64, value: Bytes) -> Result<u64, KeyedError> {
        keyed::check(bucket, key, &value)?;
        self.bucket(bucket).await?;
        self.put(subject(bucket, key), expected, value).await
    }

    /// The mark stays, and with it the key's name: without it, an old `create` that arrives late would bring the value back.
    async fn purge(&self, bucket: &str, key: &str) -> Result<(), KeyedError> {
        keyed::check(bucket, key, b"")?;
        let stream = self.bucket(bucket).await?;
        let subject = subject(bucket, key);
        match self.found(&stream, &subject).await? {
            Found::Nothing | Found::Gone(_) => Ok(()),
            Found::Value(_) => {
                let mut headers = HeaderMap::new();
                headers.insert(OPERATION, "PURGE");
                headers.insert(ROLLUP, "sub");
                settled(self.publish(subject, None, headers, Bytes::new()).await).map(drop)
            }
        }
    }

    async fn keys(&self, bucket: &str, begins: &str) -> Result<Vec<String>, KeyedError> {
        keyed::check(bucket, "any", b"")?;
        let name = self.bucket(bucket).await?;
        let prefix = subject(bucket, "");
        let stream = self.context.get_stream_no_info(&name).await.map_err(unavailable)?;
        let parts = begins.rfind('.').and_then(|stop| begins.get(..=stop)).unwrap_or_default();
        // The leader's list has purged keys too, and a consumer may run behind: so each is asked for.
        let wanted = format!("{prefix}{begins}");
        let subjects: Vec<String> = stream
            .info_with_subjects(format!("{prefix}{parts}>"))
            .await
            .map_err(unavailable)?
            .map_ok(|(subject, _)| subject)
            .try_filter(|subject| std::future::ready(subject.starts_with(&wanted)))
            .try_collect()
            .await
            .map_err(unavailable)?;
        let mut keys: Vec<String> = stream::iter(subjects)
            .map(|subject| async {
                let found = self.found(&name, &subject).await?;
                Ok::<_, KeyedError>(matches!(found, Found::Value(_)).then_some(subject))
            })
            .buffer_unordered(64)
            .try_filter_map(|subject| std::future::ready(Ok(subject.and_then(|s| s.strip_prefix(&prefix).map(ToOwned::to_owned)))))
            .try_collect()
            .await?;
        keys.sort_unstable();
        Ok(keys)
    }

    async fn buckets(&self) -> Result<Vec<String>, KeyedError> {
        let streams: Vec<String> = self.context.stream_names().try_collect().await.map_err(unavailable)?;
        let mut buckets: Vec<_> = streams.iter().filter_map(|name| name.strip_prefix(settings::BUCKETS)).map(ToOwned::to_owned).collect();
        buckets.sort_unstable();
        Ok(buckets)
    }
}

/// The header that carries an expectation.
pub(super) const EXPECTED: header::HeaderName = header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
