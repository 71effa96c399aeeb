//! The journal and the keyed store on one machine, in one sled database (`docs/adr/0001`). Commits are written in groups, made durable
//! with one fsync, and only then acknowledged or shown to anyone.

mod committer;
mod fsync;
mod pieces;
mod places;
mod pulling;
mod ranges;
mod store;
mod values;

use std::{
    collections::HashMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::{oneshot, watch};

pub use self::fsync::{FileFsync, Fsync};
use self::{
    committer::{Committer, Op},
    places::name,
    pulling::Pulling,
    store::{Store, Stream},
    values::Change,
};
use crate::{
    keyed::{self, Entry, Keyed, KeyedError},
    locks::lock,
    log::{Appended, Delivery, Durable, Journal, MAX_COMMIT_BYTES, Record, Subject, Unavailable},
    precedence::Precedence,
};

/// So many commits are read from the disk at a time for one who follows.
const CHUNK: usize = 512;
/// What sled writes in one go, and frees in one go (bytes; the most it allows). Between two fsyncs its log must not grow by as much: sled
/// holds what it wrote for durable, so it would write over parts of the file before what replaces them is on the medium, and after a
/// power cut it would read past a torn part. See [`committer`] for how a group is kept far below that.
const SEGMENT_BYTES: usize = 16 * 1024 * 1024;
/// A store that was just closed may hold its lock for a moment.
const LOCK_ATTEMPTS: u32 = 40;

/// How a store is opened; the default is for use, the rest for tests.
pub struct Options {
    /// A delivery that is neither acknowledged nor refused comes again after this time.
    pub ack_wait: Duration,
    /// An append that takes longer is answered with `Unknown`. It goes on.
    pub answer_within: Duration,
    /// Memory that sled may use for its pages, in bytes.
    pub cache_bytes: u64,
    /// What makes writes durable; `None` for the real one.
    pub fsync: Option<Box<dyn Fsync>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { ack_wait: Duration::from_secs(30), answer_within: Duration::from_secs(2), cache_bytes: 128 * 1024 * 1024, fsync: None }
    }
}

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Only one process at a time.
    #[error("the store in {} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// Its files are laid out in another way. Nothing in it was touched.
    #[error("the store in {} was made by an earlier version of Zeef, which can still open it; this one needs an empty directory", .0.display())]
    Earlier(PathBuf),
    /// The directory cannot be made, read or synced.
    #[error("the store in {} cannot be used", dir.display())]
    Files {
        /// The store's directory.
        dir: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// sled cannot open it.
    #[error("the store in {} cannot be opened", dir.display())]
    Sled {
        /// The store's directory.
        dir: PathBuf,
        /// What went wrong.
        source: sled::Error,
    },
}

/// A journal in a directory of this machine: durable, but neither replicated nor shared between processes.
pub struct Embedded {
    store: Arc<Store>,
    ops: mpsc::Sender<Op>,
    pulling: Mutex<HashMap<Durable, Arc<Pulling>>>,
    committer: Option<JoinHandle<()>>,
    ack_wait: Duration,
    answer_within: Duration,
    precedence: Precedence,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens the store in a directory, or makes one.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(dir: impl AsRef<Path>) -> Result<Arc<Self>, OpenError> {
        Self::open_with(dir, Options::default())
    }

    /// Opens the store in a directory, or makes one.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with(dir: impl AsRef<Path>, options: Options) -> Result<Arc<Self>, OpenError> {
        let dir = dir.as_ref();
        let files = |source| OpenError::Files { dir: dir.to_owned(), source };
        let sled = |source| OpenError::Sled { dir: dir.to_owned(), source };
        fs::create_dir_all(dir).map_err(files)?;
        let db = open_sled(dir, options.cache_bytes)?;
        let store = Arc::new(Store::new(db).map_err(sled)?);
        store.db.flush().map_err(sled)?;
        let fsync = match options.fsync {
            Some(fsync) => fsync,
            None => Box::new(FileFsync::of(&dir.join("db")).map_err(files)?),
        };
        fsync.fsync_names(dir).map_err(files)?;
        // What sled recovered may be in the page cache only; from here on it is shown.
        fsync.fsync().map_err(files)?;
        let revision = store.values.newest_revision().map_err(sled)?;
        let (ops, waiting) = mpsc::channel();
        let committer = Committer { store: Arc::clone(&store), fsync, revision, broken: false };
        let committer = thread::Builder::new().name("journal".to_owned()).spawn(move || committer.run(&waiting)).map_err(files)?;
        tracing::warn!(dir = %dir.display(), "embedded journal: single machine, no replication");
        Ok(Arc::new(Self {
            store,
            ops,
            pulling: Mutex::default(),
            committer: Some(committer),
            ack_wait: options.ack_wait,
            answer_within: options.answer_within,
            precedence: Precedence::default(),
        }))
    }

    fn stream(&self, context: &str) -> Result<Arc<Stream>, Unavailable> {
        Ok(self.store.stream(context)?)
    }

    async fn change(&self, bucket: &str, key: &str, change: Change) -> Result<u64, KeyedError> {
        let (answer, answered) = oneshot::channel();
        let op = Op::Keyed { name: name(bucket, key), change, answer };
        self.ops.send(op).map_err(|_| KeyedError::Unavailable("the store is closed".to_owned()))?;
        match tokio::time::timeout(self.answer_within, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(KeyedError::Unknown),
        }
    }
}

fn open_sled(dir: &Path, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    // Nothing is flushed behind our back: durable is what we say is durable.
    let config = sled::Config::new().path(dir).cache_capacity(cache_bytes).segment_size(SEGMENT_BYTES).flush_every_ms(None);
    for _ in 1..LOCK_ATTEMPTS {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("lock") => thread::sleep(Duration::from_millis(50)),
            Ok(db) => return Ok(db),
            // Another size of segments, or another sled.
            Err(sled::Error::Unsupported(_)) => return Err(OpenError::Earlier(dir.to_owned())),
            Err(source) => return Err(OpenError::Sled { dir: dir.to_owned(), source }),
        }
    }
    Err(OpenError::InUse(dir.to_owned()))
}

impl Drop for Embedded {
    /// Writes what waits, makes it durable and lets go of the directory.
    fn drop(&mut self) {
        for pulling in lock(&self.pulling).values() {
            drop(self.ops.send(Op::Save(Arc::clone(pulling))));
        }
        drop(self.ops.send(Op::Close));
        if let Some(committer) = self.committer.take()
            && committer.join().is_err()
        {
            tracing::error!("the journal's writer ended in a panic");
        }
    }
}

#[async_trait]
impl Journal for Embedded {
    async fn append(&self, subject: &Subject, expected: u64, payload: Bytes) -> Appended {
        if payload.len() > MAX_COMMIT_BYTES {
            tracing::error!(bytes = payload.len(), most = MAX_COMMIT_BYTES, "a commit is too large and was not stored");
            return Appended::Unavailable;
        }
        let (answer, answered) = oneshot::channel();
        if self.ops.send(Op::Append { subject: subject.clone(), expected, payload, answer }).is_err() {
            return Appended::Unavailable;
        }
        match tokio::time::timeout(self.answer_within, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Appended::Unknown,
        }
    }

    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        let stream = self.stream(subject.context())?;
        stream.at(stream.last(&subject.key()))
    }

    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        self.stream(context)?.at(sequence)
    }

    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        self.stream(subject.context())?.load(&subject.key(), after)
    }

    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        Ok(self.stream(context)?.end())
    }

    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        match self.stream(context) {
            Ok(stream) => {
                let following = Following { end: stream.watch(), stream: Arc::downgrade(&stream), after, ready: Vec::new().into_iter() };
                stream::unfold(following, |mut following| async move { following.next().await.map(|record| (record, following)) }).boxed()
            }
            Err(error) => {
                tracing::error!(%error, context, "a context's stream cannot be opened");
                stream::empty().boxed()
            }
        }
    }

    async fn deliveries(&self, durable: &Durable, window: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        let stream = self.stream(&durable.source)?;
        let mut all = lock(&self.pulling);
        let pulling = match all.get(durable) {
            Some(pulling) => Arc::clone(pulling),
            None => {
                let key = format!("{}/{}", durable.follower, durable.source).into_bytes();
                let stored = self.store.consumers.get(&key)?.unwrap_or_default();
                let pulling = Arc::new(Pulling::new(key, &stored, self.ack_wait, self.ops.clone()));
                all.insert(durable.clone(), Arc::clone(&pulling));
                pulling
            }
        };
        Ok(pulling.deliveries(&stream, window))
    }

    fn precedence(&self) -> Option<&Precedence> {
        Some(&self.precedence)
    }
}

/// One who follows a context. Holds the store weakly, so that it can be closed.
struct Following {
    stream: Weak<Stream>,
    end: watch::Receiver<u64>,
    after: u64,
    ready: std::vec::IntoIter<Record>,
}

impl Following {
    async fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.ready.next() {
                self.after = record.sequence;
                return Some(record);
            }
            let end = *self.end.borrow_and_update();
            if end <= self.after {
                self.end.changed().await.ok()?;
                continue;
            }
            let stream = self.stream.upgrade()?;
            self.ready = match stream.recent(self.after, CHUNK) {
                Some(recent) => recent.into_iter(),
                None => {
                    let after = self.after;
                    match tokio::task::spawn_blocking(move || stream.stored(after, CHUNK)).await.ok()? {
                        // Nothing up to the end: a gap, and no reason to look again.
                        Ok(stored) if stored.is_empty() => {
                            self.after = end;
                            continue;
                        }
                        Ok(stored) => stored.into_iter(),
                        Err(error) => {
                            tracing::error!(%error, "the journal cannot be read; trying again");
                            tokio::time::sleep(Duration::from_secs(1)).await;
                            continue;
                        }
                    }
                }
            };
        }
    }
}

#[async_trait]
impl Keyed for Embedded {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, KeyedError> {
        keyed::check(bucket, key, b"")?;
        self.store.values.entry(&name(bucket, key)).map_err(|Unavailable(text)| KeyedError::Unavailable(text))
    }
    async fn create(&self, bucket: &str, key: &str, value: Bytes) -> Result<u64, KeyedError> {
        keyed::check(bucket, key, &value)?;
        self.change(bucket, key, Change::Create(value)).await
    }
    async fn update(&self, bucket: &str, key: &str, expected: u64, value: Bytes) -> Result<u64, KeyedError> {
        keyed::check(bucket, key, &value)?;
        self.change(bucket, key, Change::Update(expected, value)).await
    }
    async fn purge(&self, bucket: &str, key: &str) -> Result<(), KeyedError> {
        keyed::check(bucket, key, b"")?;
        self.change(bucket, key, Change::Purge).await.map(drop)
    }
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, KeyedError> {
        keyed::check(bucket, "any", b"")?;
        Ok(self.store.values.keys(bucket, prefix))
    }
    async fn buckets(&self) -> Result<Vec<String>, KeyedError> {
        Ok(self.store.values.buckets())
    }
}
