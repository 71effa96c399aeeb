//! The port to whatever stores the journal: what an adapter must do, no more.

use std::{fmt, str::FromStr, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use kernel::{Key, ids::InvalidId};
use smol_str::SmolStr;

use crate::precedence::Precedence;

/// A commit larger than this is refused before it is sent (512 KiB).
pub const MAX_COMMIT_BYTES: usize = 512 * 1024;

/// Where an aggregate's commits stand: `zeef.<context>.<gemeentecode>.<id>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Every commit names several subjects: a short name is kept in place.
    context: SmolStr,
    key: Key,
}

impl Subject {
    /// The subject of an aggregate of a context.
    pub fn new(context: &str, key: Key) -> Self {
        Self { context: SmolStr::new(context), key }
    }
    /// The context, which names the stream.
    pub fn context(&self) -> &str {
        &self.context
    }
    /// The aggregate's key.
    pub const fn key(&self) -> Key {
        self.key
    }
}
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zeef.{}.{}", self.context, self.key)
    }
}
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Subject {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId { what: "a subject", example: "zeef.intake.0363.0192f0c17a3e7c449d0e5b1f2a3c4d5e" };
        let rest = text.strip_prefix("zeef.").ok_or_else(|| wrong.clone())?;
        let (context, key) = rest.split_once('.').ok_or(wrong)?;
        Ok(Self { context: SmolStr::new(context), key: key.parse()? })
    }
}

/// A stored commit as it came back: its place and its bytes, untouched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The *stream's* sequence: it runs over all subjects of the context, with gaps on any one of them.
    pub sequence: u64,
    /// Where it stands.
    pub subject: Subject,
    /// The stored bytes; never re-encoded.
    pub payload: Bytes,
}

/// What became of one attempt to append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Stored, durably, with this stream sequence.
    At(u64),
    /// Somebody else appended first (or we did, and did not hear of it): the expectation does not hold.
    Conflict,
    /// Certainly not stored: the store was not reached.
    Unavailable,
    /// Nobody knows. Only [`Settle`] may make something of it.
    Unknown,
}

/// The store cannot be reached, or does not answer in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal unavailable: {0}")]
pub struct Unavailable(pub String);

/// How an append ended for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// Ours is stored, with this sequence.
    Appended(u64),
    /// Another commit took the place: ours never will be stored.
    Conflict,
    /// Not stored: the store was not reached.
    Unavailable,
    /// The outcome stayed unknown: the caller repeats with the same request id.
    Unknown,
}

/// A durable consumer: one per following service and source stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Durable {
    /// The following context, e.g. `outreach`.
    pub follower: String,
    /// The context whose stream is followed, e.g. `routing`.
    pub source: String,
}

/// The other end of a delivery: settles it with the store.
#[async_trait]
pub trait Handle: Send + Sync {
    /// Taken in: never deliver again.
    async fn ack(&self);
    /// Not now: deliver again after the delay.
    async fn nak(&self, delay: Duration);
}

/// A source commit handed to a follower, until acknowledged.
pub struct Delivery {
    /// The commit.
    pub record: Record,
    /// How often it was delivered, from 1.
    pub attempt: u64,
    /// Settles it.
    pub handle: Box<dyn Handle>,
}

/// An event journal. One stream per context, one subject per aggregate, one message per commit.
///
/// Reads are the leader's: what was acknowledged before the call is seen. Nobody sees a commit before it is durable.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Appends when the last sequence on the subject is `expected` (0: the subject is empty).
    /// Never two appends to one subject at once from one process: the caller sees to that.
    async fn append(&self, subject: &Subject, expected: u64, payload: Bytes) -> Appended;

    /// The newest commit on the subject.
    ///
    /// # Errors
    /// [`Unavailable`] when the leader does not answer. "Not there" is `Ok(None)`, and is true.
    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable>;

    /// The commit with this stream sequence.
    ///
    /// # Errors
    /// [`Unavailable`] when the leader does not answer.
    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable>;

    /// All commits on the subject after a sequence (0: all), oldest first.
    ///
    /// # Errors
    /// [`Unavailable`] when the leader does not answer.
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable>;

    /// The newest sequence of the context's stream; 0 when empty.
    ///
    /// # Errors
    /// [`Unavailable`] when the leader does not answer.
    async fn end(&self, context: &str) -> Result<u64, Unavailable>;

    /// Every commit of the context after a sequence, in order, for ever (then those to come).
    /// Ends only when the journal closes; heals from outages by itself.
    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record>;

    /// Deliveries of a durable consumer, shared by all replicas of the follower: at least once, in any order,
    /// redelivered until acknowledged, without an upper bound. `window` is the most unacknowledged ones at a time.
    ///
    /// # Errors
    /// [`Unavailable`] when it cannot be set up; a wrong setting on an existing consumer is told as text.
    async fn deliveries(&self, durable: &Durable, window: usize) -> Result<BoxStream<'static, Delivery>, Unavailable>;

    /// Who goes first among those who share this machine; `None` where they have machines of their own.
    fn precedence(&self) -> Option<&Precedence> {
        None
    }
}
