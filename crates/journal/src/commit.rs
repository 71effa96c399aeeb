//! One commit: envelope and events as stored bytes, its hash and its links. The only place that knows the encoding.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message;
use proto::journal::v1 as pb;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    context::Encoded,
    log::{Record, Subject},
};

/// SHA-256 over stored payload, subject and `previous`.
pub type Hash = [u8; 32];

/// A place in a chain: the stream's sequence and the hash of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// Stream sequence.
    pub sequence: u64,
    /// Hash of the commit there.
    pub hash: Hash,
}
impl Link {
    /// Before the first commit: no stream has a sequence 0.
    pub const NOTHING: Self = Self { sequence: 0, hash: [0; 32] };
}

/// What became of a source commit in the aggregate that took it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Events followed.
    Acted,
    /// State was looked at, nothing followed; a stable code says why.
    Noted(String),
    /// Could not be handled; waits for a person.
    Parked(String),
    /// Was parked, has been handled now.
    Unparked,
    /// The source's history does not hold what was taken in, or what should have been: it is gone on from this link. With
    /// [`Link::NOTHING`], from the beginning.
    Reconciled,
}

/// A source commit taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenIn {
    /// Where it stands.
    pub source_subject: Subject,
    /// Which one.
    pub source: Link,
    /// What became of it.
    pub outcome: Outcome,
}

/// An aggregate a public commit concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// The aggregate.
    pub subject: Subject,
    /// The last public commit on the same source subject that concerned it.
    pub previous_for: Option<Link>,
}

/// The trace context that a commit carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The case.
    pub trace: Uuid,
    /// This commit's span.
    pub span: [u8; 8],
    /// The parent span; `None` on the root.
    pub parent: Option<[u8; 8]>,
    /// The caller's own trace.
    pub link: Option<([u8; 16], [u8; 8])>,
}

/// What led to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Subject of the source commit.
    pub subject: String,
    /// Its sequence.
    pub sequence: u64,
    /// Its id.
    pub commit_id: Uuid,
}

/// The envelope, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Unique for ever.
    pub commit_id: Uuid,
    /// The request this answers.
    pub request_id: Uuid,
    /// Actor id.
    pub actor: String,
    /// What led to it, for reactions.
    pub cause: Option<Cause>,
    /// Reactions between this and a person's act.
    pub hops: u32,
    /// When it happened (UTC).
    pub happened_at: Timestamp,
    /// When it was recorded (UTC).
    pub recorded_at: Timestamp,
    /// Names and versions of the events.
    pub types: Vec<(String, u32)>,
    /// The commit before on this subject.
    pub previous: Option<Link>,
    /// Whom it concerns.
    pub concerns: Vec<Concern>,
    /// What it took in.
    pub taken_in: Vec<TakenIn>,
    /// Its place in the case's trace.
    pub trace: Option<Trace>,
}

/// A stored commit, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Stream sequence.
    pub sequence: u64,
    /// Where it stands.
    pub subject: Subject,
    /// The hash of the stored bytes.
    pub hash: Hash,
    /// The envelope.
    pub envelope: Envelope,
    /// The events' bytes, one per type.
    pub events: Vec<Bytes>,
}

/// `zeef.journal.v1.Commit` as it is read: parts of the stored bytes, not copied.
#[derive(Clone, PartialEq, Message)]
struct Stored {
    #[prost(bytes = "bytes", tag = "1")]
    envelope: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    events: Vec<Bytes>,
}

/// `zeef.journal.v1.Commit` and its envelope, of which only the types are read.
#[derive(Clone, PartialEq, Message)]
struct OnlyEnvelope {
    #[prost(bytes = "bytes", tag = "1")]
    envelope: Bytes,
}
#[derive(Clone, PartialEq, Message)]
struct OnlyTypes {
    #[prost(message, repeated, tag = "8")]
    types: Vec<pb::EventType>,
}

#[derive(Clone, PartialEq, Message)]
struct OnlyTrace {
    #[prost(message, optional, tag = "12")]
    trace: Option<pb::Trace>,
}

/// Where stored bytes stand in their case's trace, as the W3C's `traceparent` says it; nothing for what is of no case.
pub fn traceparent(payload: &Bytes) -> Option<String> {
    let envelope = OnlyEnvelope::decode(payload.clone()).ok()?.envelope;
    let trace = OnlyTrace::decode(envelope).ok()?.trace?;
    Some(format!("00-{}-{}-01", hex::encode(trace.trace_id), hex::encode(trace.span_id)))
}

/// Stored bytes that are no commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The envelope cannot be read: nobody can tell what it is about.
    #[error("commit envelope cannot be read")]
    Envelope,
}

/// The hash that `previous` and checkpoints carry.
pub fn hash_of(payload: &[u8], subject: &Subject, previous: Option<Link>) -> Hash {
    let mut sha = Sha256::new();
    sha.update(payload);
    sha.update(subject.to_string().as_bytes());
    if let Some(link) = previous {
        sha.update(link.sequence.to_be_bytes());
        sha.update(link.hash);
    }
    sha.finalize().into()
}

/// What a source has at a link's sequence is what the link is to.
pub(crate) fn is_of(record: &Record, source: &Subject, link: Link) -> bool {
    // What could not be read was parked with a hash of its bytes alone.
    let hash = Commit::read(record).map_or_else(|_| hash_of(&record.payload, source, None), |commit| commit.hash);
    record.subject == *source && hash == link.hash
}

impl Envelope {
    /// The bytes to store, and their hash.
    pub fn encode(&self, subject: &Subject, events: &[Encoded]) -> (Bytes, Hash) {
        let envelope = pb::Envelope {
            commit_id: copied(self.commit_id.as_bytes()),
            request_id: copied(self.request_id.as_bytes()),
            actor: self.actor.clone(),
            cause: self.cause.as_ref().map(|c| pb::Cause {
                subject: c.subject.clone(),
                sequence: c.sequence,
                commit_id: copied(c.commit_id.as_bytes()),
            }),
            hops: self.hops,
            happened_at_ms: self.happened_at.as_millisecond(),
            recorded_at_ms: self.recorded_at.as_millisecond(),
            types: events.iter().map(|e| pb::EventType { name: e.name.to_owned(), version: e.version }).collect(),
            previous: self.previous.map(link_out),
            concerns: self
                .concerns
                .iter()
                .map(|c| pb::Concern { subject: c.subject.to_string(), previous_for: c.previous_for.map(link_out) })
                .collect(),
            taken_in: self.taken_in.iter().map(taken_out).collect(),
            trace: self.trace.map(|t| pb::Trace {
                trace_id: copied(t.trace.as_bytes()),
                span_id: copied(&t.span),
                parent_span_id: t.parent.map(|p| copied(&p)).unwrap_or_default(),
                link_trace_id: t.link.map(|l| copied(&l.0)).unwrap_or_default(),
                link_span_id: t.link.map(|l| copied(&l.1)).unwrap_or_default(),
            }),
        };
        let commit = pb::Commit { envelope: envelope.encode_to_vec(), events: events.iter().map(|e| e.bytes.clone()).collect() };
        let payload = Bytes::from(commit.encode_to_vec());
        let hash = hash_of(&payload, subject, self.previous);
        (payload, hash)
    }
}

impl Commit {
    /// Reads a stored commit.
    ///
    /// # Errors
    /// [`Broken`] when the envelope is damaged. Damaged events are for their reader to find.
    pub fn read(record: &Record) -> Result<Self, Broken> {
        let stored = Stored::decode(record.payload.clone()).map_err(|_| Broken::Envelope)?;
        let envelope = read_envelope(stored.envelope).ok_or(Broken::Envelope)?;
        if envelope.types.len() != stored.events.len() {
            return Err(Broken::Envelope);
        }
        let hash = hash_of(&record.payload, &record.subject, envelope.previous);
        Ok(Self { sequence: record.sequence, subject: record.subject.clone(), hash, envelope, events: stored.events })
    }

    /// Whether all of a stored commit's events are of these types, by their names and versions alone: most of what a follower gets is
    /// of no interest to it, and neither hashed nor read any further. Bytes that are no commit are not: whoever reads them finds out.
    pub fn is_all(record: &Record, of: impl Fn(&str, u32) -> bool) -> bool {
        let envelope = OnlyEnvelope::decode(record.payload.clone()).map(|commit| commit.envelope);
        let types = envelope.and_then(OnlyTypes::decode).map(|envelope| envelope.types);
        types.is_ok_and(|types| !types.is_empty() && types.iter().all(|event| of(&event.name, event.version)))
    }

    /// This commit as a link.
    pub const fn link(&self) -> Link {
        Link { sequence: self.sequence, hash: self.hash }
    }

    /// How it concerns an aggregate, if it does: the outer option says whether, the inner one is `previous_for`.
    pub fn previous_for(&self, target: &Subject) -> Option<Option<Link>> {
        self.envelope.concerns.iter().find(|c| &c.subject == target).map(|c| c.previous_for)
    }
}

fn copied(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
fn link_out(link: Link) -> pb::Link {
    pb::Link { sequence: link.sequence, hash: copied(&link.hash) }
}
fn taken_out(t: &TakenIn) -> pb::TakenIn {
    use pb::taken_in::Outcome as O;
    let (outcome, reason) = match &t.outcome {
        Outcome::Acted => (O::Acted, String::new()),
        Outcome::Noted(reason) => (O::Noted, reason.clone()),
        Outcome::Parked(reason) => (O::Parked, reason.clone()),
        Outcome::Unparked => (O::Unparked, String::new()),
        Outcome::Reconciled => (O::Reconciled, String::new()),
    };
    pb::TakenIn { source_subject: t.source_subject.to_string(), source: Some(link_out(t.source)), outcome: outcome.into(), reason }
}
fn link_in(link: pb::Link) -> Option<Link> {
    Some(Link { sequence: link.sequence, hash: link.hash.as_ref().try_into().ok()? })
}
fn taken_in(t: pb::TakenIn) -> Option<TakenIn> {
    use pb::taken_in::Outcome as O;
    let outcome = match O::try_from(t.outcome).ok()? {
        O::Unspecified => return None,
        O::Acted => Outcome::Acted,
        O::Noted => Outcome::Noted(t.reason),
        O::Parked => Outcome::Parked(t.reason),
        O::Unparked => Outcome::Unparked,
        O::Reconciled => Outcome::Reconciled,
    };
    Some(TakenIn { source_subject: t.source_subject.parse().ok()?, source: link_in(t.source?)?, outcome })
}
/// An optional link: absent is lawful, damaged is not.
fn optional_link(link: Option<pb::Link>) -> Option<Option<Link>> {
    link.map_or(Some(None), |l| link_in(l).map(Some))
}
fn read_envelope(bytes: Bytes) -> Option<Envelope> {
    let e = pb::Envelope::decode(bytes).ok()?;
    let trace = match e.trace {
        None => None,
        Some(t) => Some(Trace {
            trace: Uuid::from_slice(&t.trace_id).ok()?,
            span: t.span_id.as_ref().try_into().ok()?,
            parent: if t.parent_span_id.is_empty() { None } else { Some(t.parent_span_id.as_ref().try_into().ok()?) },
            link: match (<[u8; 16]>::try_from(t.link_trace_id.as_ref()), <[u8; 8]>::try_from(t.link_span_id.as_ref())) {
                (Ok(trace), Ok(span)) => Some((trace, span)),
                _ => None,
            },
        }),
    };
    Some(Envelope {
        commit_id: Uuid::from_slice(&e.commit_id).ok()?,
        request_id: Uuid::from_slice(&e.request_id).ok()?,
        actor: e.actor,
        cause: match e.cause {
            None => None,
            Some(c) => Some(Cause { subject: c.subject, sequence: c.sequence, commit_id: Uuid::from_slice(&c.commit_id).ok()? }),
        },
        hops: e.hops,
        happened_at: Timestamp::from_millisecond(e.happened_at_ms).ok()?,
        recorded_at: Timestamp::from_millisecond(e.recorded_at_ms).ok()?,
        types: e.types.into_iter().map(|t| (t.name, t.version)).collect(),
        previous: optional_link(e.previous)?,
        concerns: e
            .concerns
            .into_iter()
            .map(|c| Some(Concern { subject: c.subject.parse().ok()?, previous_for: optional_link(c.previous_for)? }))
            .collect::<Option<_>>()?,
        taken_in: e.taken_in.into_iter().map(taken_in).collect::<Option<_>>()?,
        trace,
    })
}
