//! Commands: load, decide, append one commit, and know for sure what became of it. Generic over the service.

use std::{hash::BuildHasher, num::NonZeroUsize, sync::Arc};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use kernel::{Clock, Key, Moment, RequestId};
use lru::LruCache;
use uuid::Uuid;

use crate::{
    aggregate::Aggregate,
    commit::{Cause, Commit, Concern, Envelope, Link, TakenIn, Trace},
    context::Context,
    log::{Appended, Journal, MAX_COMMIT_BYTES, Settle, Subject, Unavailable},
    observe::{Committed, Observer},
    precedence::Precedence,
};

/// Tries before a busy aggregate is given up on: the caller repeats.
const MAX_CONFLICTS: usize = 5;
/// Tries to settle an unknown outcome before the caller is told so.
const MAX_SETTLES: usize = 3;
/// A reporter's clock may run ahead this much.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(2);
/// Aggregates kept in memory.
const CACHED: usize = 100_000;
/// Claims made at a time.
const CLAIMS: usize = 64;
/// Aggregates that share a turn are rare among the few hundred worked on at a time.
const STRIPES: usize = 8192;

/// What a runtime is made of.
pub struct RuntimeParts<C: Context> {
    /// Where commits go.
    pub journal: Arc<dyn Journal>,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Who is told of commits.
    pub observer: Arc<dyn Observer>,
    /// Policies and plans.
    pub facts: C::Facts,
}

/// Who asks, and under which id.
#[derive(Clone, Debug)]
pub struct Request {
    /// The caller's id for it: a repeat gives the same answer.
    pub request_id: RequestId,
    /// Actor id, no name.
    pub actor: String,
    /// When it happened; `None` is now.
    pub happened_at: Option<Timestamp>,
    /// The caller's own trace and span.
    pub link: Option<([u8; 16], [u8; 8])>,
    /// The caller just made the id: start from nothing without asking the leader. A mistake costs a conflict, no more.
    pub assume_new: bool,
    /// Nobody sends this id again, a business key tells a repeat: it is never too old, however long it waits for its turn.
    pub once: bool,
}
impl Request {
    /// A request that happens now, by an actor.
    pub fn new(request_id: RequestId, actor: impl Into<String>) -> Self {
        Self { request_id, actor: actor.into(), happened_at: None, link: None, assume_new: false, once: false }
    }
}

/// A command's answer.
#[derive(Clone, Debug)]
pub struct Done<E> {
    /// The position: the newest commit this answer rests on.
    pub sequence: u64,
    /// What happened; empty when nothing had to.
    pub events: Vec<E>,
    /// The same request was answered before; these are its events.
    pub repeated: bool,
}

/// Why a command has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure<R> {
    /// The service's own "no".
    #[error("rejected")]
    Rejected(#[source] R),
    /// The request id is older than all that are remembered; never executed.
    #[error("request id too old to tell a repeat from a new request")]
    TooOld,
    /// Happened-at is later than now.
    #[error("happened-at lies in the future")]
    Future,
    /// Others kept changing the aggregate.
    #[error("aggregate busy, repeat the request")]
    Busy,
    /// Certainly not done: the journal cannot be reached.
    #[error("journal unavailable, nothing was done")]
    Unavailable,
    /// Perhaps done.
    #[error("outcome unknown, repeat with the same request id")]
    Unknown,
    /// A newer binary wrote to this aggregate.
    #[error("aggregate holds events this binary cannot read")]
    Unreadable,
    /// More than a commit may hold.
    #[error("commit larger than 512 KiB")]
    TooLarge,
}
impl<R> From<Unavailable> for Failure<R> {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

/// One service's deciding and reacting, shared by all its rooms.
pub struct Runtime<C: Context> {
    pub(crate) journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    facts: Arc<C::Facts>,
    cache: std::sync::Mutex<LruCache<Key, Arc<Aggregate<C>>>>,
    stripes: Vec<tokio::sync::Mutex<()>>,
    /// Turns of the aggregates that claims are made on. Apart: who asks holds a turn of its own, and a claim asks for no other.
    claims: Vec<tokio::sync::Mutex<()>>,
    hasher: std::hash::RandomState,
}

/// A commit about to be made.
pub(crate) struct Draft<E> {
    pub commit_id: Uuid,
    pub request_id: Uuid,
    pub actor: String,
    pub happened_at: Timestamp,
    pub events: Vec<E>,
    pub taken_in: Vec<TakenIn>,
    pub cause: Option<(Cause, Option<Trace>)>,
    pub hops: u32,
    pub link: Option<([u8; 16], [u8; 8])>,
    pub started: Timestamp,
}

impl<C: Context> Runtime<C> {
    /// A runtime over a journal.
    pub fn new(parts: RuntimeParts<C>) -> Arc<Self> {
        Self::with_cache(parts, CACHED)
    }

    /// A runtime that keeps at most `cached` aggregates in memory.
    pub fn with_cache(parts: RuntimeParts<C>, cached: usize) -> Arc<Self> {
        Arc::new(Self {
            journal: parts.journal,
            clock: parts.clock,
            observer: parts.observer,
            facts: Arc::new(parts.facts),
            cache: std::sync::Mutex::new(LruCache::new(NonZeroUsize::new(cached).unwrap_or(NonZeroUsize::MIN))),
            stripes: (0..cached.clamp(1, STRIPES)).map(|_| tokio::sync::Mutex::new(())).collect(),
            claims: (0..CLAIMS).map(|_| tokio::sync::Mutex::new(())).collect(),
            hasher: std::hash::RandomState::new(),
        })
    }

    /// The looked-up facts: policies, plans.
    pub fn facts(&self) -> &C::Facts {
        &self.facts
    }

    /// The facts of a decision about an aggregate: those loaded, with what the aggregate it rests on says by the leader's read.
    /// A decision that begins after a commit there was acknowledged rests on that commit, whichever replica makes it.
    ///
    /// # Errors
    /// [`Unavailable`], also when a newer binary wrote what it rests on.
    pub async fn facts_for(&self, key: Key) -> Result<Arc<C::Facts>, Unavailable> {
        let Some(other) = C::rests_on(key) else { return Ok(self.facts.clone()) };
        let aggregate = self.newest(other).await?;
        match aggregate.unreadable {
            Some(why) => Err(Unavailable(format!("what the decision rests on: {why}"))),
            None => Ok(C::facts_with(&self.facts, &aggregate.state, aggregate.sequence())),
        }
    }

    /// Where commits go.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The present, by the injected clock, in whole milliseconds as they are stored: a state folded from memory and one
    /// folded from the journal are the same.
    pub fn now(&self) -> Timestamp {
        whole_milliseconds(self.clock.now())
    }

    /// The subject of one of this service's aggregates.
    pub fn subject(key: Key) -> Subject {
        Subject::new(C::NAME, key)
    }

    /// The aggregate's state by the leader's read; `None` when it has no commits.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn state(&self, key: Key) -> Result<Option<C::State>, Unavailable> {
        let aggregate = self.newest(key).await?;
        Ok(aggregate.last.map(|_| aggregate.state.clone()))
    }

    /// Decides and appends.
    ///
    /// # Errors
    /// [`Failure`]; only `Unknown` leaves open whether it was done.
    pub async fn execute(&self, key: Key, request: Request, command: C::Command) -> Result<Done<C::Event>, Failure<C::Rejection>> {
        let _first = self.journal.precedence().map(Precedence::enter);
        let _turn = self.turn(key).await;
        self.execute_in_turn(key, request, command).await
    }

    async fn execute_in_turn(&self, key: Key, request: Request, command: C::Command) -> Result<Done<C::Event>, Failure<C::Rejection>> {
        let started = self.now();
        let mut fresh = false;
        let mut aggregate = match self.cached(key) {
            Some(cached) => cached,
            None if request.assume_new => Arc::new(Aggregate::default()),
            None => {
                fresh = true;
                self.load(key).await?
            }
        };
        let commit_id = kernel::ids::new_uuid(started);
        for _ in 0..MAX_CONFLICTS {
            if let Some(sequence) = aggregate.answered(request.request_id.uuid()) {
                return self.repeat_answer(sequence).await;
            }
            if aggregate.unreadable.is_some() {
                return Err(Failure::Unreadable);
            }
            if !request.once && aggregate.too_old(request.request_id.uuid()) {
                return Err(Failure::TooOld);
            }
            let now = aggregate.recorded_at.map_or(started, |last| last.max(started));
            let happened_at = request.happened_at.map_or(now, whole_milliseconds);
            if happened_at > now.checked_add(CLOCK_SKEW).unwrap_or(now) {
                return Err(Failure::Future);
            }
            let decision = C::decide(&aggregate.state, &command, Moment { happened_at: happened_at.min(now), now });
            match decision {
                Ok(events) if !events.is_empty() => {
                    let draft = Draft {
                        commit_id,
                        request_id: request.request_id.uuid(),
                        actor: request.actor.clone(),
                        happened_at: happened_at.min(now),
                        events,
                        taken_in: Vec::new(),
                        cause: None,
                        hops: 0,
                        link: request.link,
                        started: now,
                    };
                    match self.commit(key, &aggregate, draft).await? {
                        Some((next, events)) => return Ok(Done { sequence: next.sequence(), events, repeated: false }),
                        None => {
                            aggregate = self.load(key).await?;
                            fresh = true;
                        }
                    }
                }
                // An answer that appends nothing rests on the leader's read, never on a cached or assumed state.
                nothing => {
                    if !fresh {
                        let newest = self.journal.last(&Self::subject(key)).await?.map_or(0, |record| record.sequence);
                        if newest != aggregate.sequence() {
                            aggregate = self.load(key).await?;
                            fresh = true;
                            continue;
                        }
                    }
                    return match nothing {
                        Ok(events) => Ok(Done { sequence: aggregate.sequence(), events, repeated: false }),
                        Err(rejection) => Err(Failure::Rejected(rejection)),
                    };
                }
            }
        }
        Err(Failure::Busy)
    }

    /// Makes a claim on an aggregate that claims alone are made on, and tells the facts with its answer. A claim that is lost
    /// between here and the decision that asked for it is found again when that is made again, or stands for nothing.
    ///
    /// # Errors
    /// [`Unavailable`], also when it may have been made: ask again.
    pub async fn claim(&self, facts: &Arc<C::Facts>, key: Key, command: C::Command) -> Result<Arc<C::Facts>, Unavailable> {
        let _turn = match self.claims.get(self.stripe(key, self.claims.len())) {
            Some(stripe) => Some(stripe.lock().await),
            None => None,
        };
        let id = RequestId::from_uuid(kernel::ids::new_uuid(self.now()));
        let request = Request { once: true, ..Request::new(id, format!("service:{}", C::NAME)) };
        match self.execute_in_turn(key, request, command).await {
            // Rejected: it was made before.
            Ok(_) | Err(Failure::Rejected(_)) => Ok(C::facts_with_claim(facts, &self.newest(key).await?.state)),
            Err(failure) => Err(Unavailable(format!("a claim could not be made: {failure}"))),
        }
    }

    async fn repeat_answer(&self, sequence: u64) -> Result<Done<C::Event>, Failure<C::Rejection>> {
        let record = self.journal.at(C::NAME, sequence).await?.ok_or(Failure::Unavailable)?;
        let commit = Commit::read(&record).map_err(|_| Failure::Unreadable)?;
        let events = decode_all::<C>(&commit).ok_or(Failure::Unreadable)?;
        Ok(Done { sequence, events, repeated: true })
    }

    /// One at a time per aggregate in this process: at most one append in flight per subject.
    pub(crate) async fn turn(&self, key: Key) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match self.stripes.get(self.stripe(key, self.stripes.len())) {
            Some(stripe) => Some(stripe.lock().await),
            None => None,
        }
    }

    fn stripe(&self, key: Key, of: usize) -> usize {
        usize::try_from(self.hasher.hash_one(key) % of.max(1) as u64).unwrap_or(0)
    }

    pub(crate) fn cached(&self, key: Key) -> Option<Arc<Aggregate<C>>> {
        self.cache.lock().ok()?.get(&key).cloned()
    }

    /// Drops what is remembered of an aggregate when a follower saw a newer commit of it.
    pub(crate) fn forget_older(&self, key: Key, sequence: u64) {
        if let Ok(mut cache) = self.cache.lock()
            && cache.peek(&key).is_some_and(|aggregate| aggregate.sequence() < sequence)
        {
            cache.pop(&key);
        }
    }

    fn remember(&self, key: Key, aggregate: Arc<Aggregate<C>>) {
        if let Ok(mut cache) = self.cache.lock() {
            // A slower task must not put an older state over a newer one.
            if cache.peek(&key).is_none_or(|known| known.sequence() <= aggregate.sequence()) {
                cache.put(key, aggregate);
            }
        }
    }

    fn forget(&self, key: Key) {
        if let Ok(mut cache) = self.cache.lock() {
            cache.pop(&key);
        }
    }

    /// A fresh fold of the whole subject, by the leader.
    pub(crate) async fn load(&self, key: Key) -> Result<Arc<Aggregate<C>>, Unavailable> {
        let mut aggregate = Aggregate::default();
        for record in self.journal.load(&Self::subject(key), 0).await? {
            let commit = Commit::read(&record).map_err(|broken| Unavailable(format!("sequence {}: {broken}", record.sequence)))?;
            aggregate.apply(&commit);
        }
        let aggregate = Arc::new(aggregate);
        self.remember(key, aggregate.clone());
        Ok(aggregate)
    }

    /// What is cached when the leader has nothing newer, else a fresh fold.
    pub(crate) async fn newest(&self, key: Key) -> Result<Arc<Aggregate<C>>, Unavailable> {
        if let Some(cached) = self.cached(key) {
            let newest = self.journal.last(&Self::subject(key)).await?.map_or(0, |record| record.sequence);
            if newest == cached.sequence() {
                return Ok(cached);
            }
        }
        self.load(key).await
    }

    /// Appends a draft on top of an aggregate; the aggregate as this very commit left it, for whoever appends the next one: what is cached
    /// by now may hold more. `None` is a conflict: reload and decide again.
    pub(crate) async fn commit(
        &self,
        key: Key,
        aggregate: &Aggregate<C>,
        draft: Draft<C::Event>,
    ) -> Result<Option<(Arc<Aggregate<C>>, Vec<C::Event>)>, Failure<C::Rejection>> {
        let subject = Self::subject(key);
        let mut next = aggregate.clone();
        let mut concerned: Vec<Subject> = Vec::new();
        let mut encoded = Vec::with_capacity(draft.events.len());
        for event in &draft.events {
            next.state = C::evolve(std::mem::take(&mut next.state), event);
            encoded.push(C::encode(event));
            for target in C::concerns(key, &next.state, event) {
                if !concerned.contains(&target) {
                    concerned.push(target);
                }
            }
        }
        let concerns =
            concerned.into_iter().map(|subject| Concern { previous_for: aggregate.public_for(&subject), subject }).collect::<Vec<_>>();
        let recorded_at = aggregate.recorded_at.map_or(draft.started, |last| last.max(draft.started));
        let envelope = Envelope {
            commit_id: draft.commit_id,
            request_id: draft.request_id,
            actor: draft.actor,
            cause: draft.cause.as_ref().map(|(cause, _)| cause.clone()),
            hops: draft.hops,
            happened_at: draft.happened_at,
            recorded_at,
            types: encoded.iter().map(|e| (e.name.to_owned(), e.version)).collect(),
            previous: aggregate.last,
            concerns,
            taken_in: draft.taken_in,
            trace: trace_of::<C>(key, &draft.events, draft.cause.as_ref().and_then(|(_, trace)| *trace), draft.link),
        };
        let (payload, hash) = envelope.encode(&subject, &encoded);
        if payload.len() > MAX_COMMIT_BYTES {
            return Err(Failure::TooLarge);
        }
        match self.settle(&subject, aggregate.sequence(), payload).await {
            Settle::Appended(sequence) => {
                let commit =
                    Commit { sequence, subject, hash, envelope, events: encoded.into_iter().map(|e| Bytes::from(e.bytes)).collect() };
                next.keep_books(&commit);
                let next = Arc::new(next);
                self.remember(key, next.clone());
                self.tell(&commit, draft.started);
                Ok(Some((next, draft.events)))
            }
            Settle::Conflict => {
                self.forget(key);
                Ok(None)
            }
            Settle::Unavailable => Err(Failure::Unavailable),
            Settle::Unknown => {
                self.forget(key);
                Err(Failure::Unknown)
            }
        }
    }

    /// Appends and finds out what became of it: not seeing our commit proves nothing; only our commit on the subject,
    /// another one above the expectation, or the same bytes with the same expectation again settle it.
    async fn settle(&self, subject: &Subject, expected: u64, payload: Bytes) -> Settle {
        let mut unsure = false;
        for _ in 0..=MAX_SETTLES {
            match self.journal.append(subject, expected, payload.clone()).await {
                Appended::At(sequence) => return Settle::Appended(sequence),
                Appended::Unavailable if !unsure => return Settle::Unavailable,
                // After an unknown outcome this says nothing about the first attempt.
                Appended::Unavailable | Appended::Unknown => unsure = true,
                Appended::Conflict if !unsure => return Settle::Conflict,
                Appended::Conflict => {
                    if let Ok(records) = self.journal.load(subject, expected).await
                        && let Some(first) = records.first()
                    {
                        // Ours only when the very bytes are ours: another replica's reaction has the same id.
                        return if first.payload == payload { Settle::Appended(first.sequence) } else { Settle::Conflict };
                    }
                }
            }
        }
        Settle::Unknown
    }

    fn tell(&self, commit: &Commit, started: Timestamp) {
        let Some(trace) = commit.envelope.trace else { return };
        let what = commit.envelope.types.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("+");
        self.observer.committed(&Committed {
            context: C::NAME,
            trace: kernel::CaseId::from_uuid(trace.trace),
            span: trace.span,
            parent: trace.parent,
            name: format!("{} {}", C::NAME, if what.is_empty() { "Noted" } else { &what }),
            started,
            ended: self.now().max(started),
            subject: commit.subject.to_string(),
            sequence: commit.sequence,
            link: trace.link,
        });
    }
}

/// All events of a commit, or none when one cannot be read.
pub(crate) fn decode_all<C: Context>(commit: &Commit) -> Option<Vec<C::Event>> {
    commit.envelope.types.iter().zip(&commit.events).map(|((name, version), bytes)| C::decode(name, *version, bytes).ok()).collect()
}

/// Where a commit hangs in its case's trace: under the commit that caused it, else under the case's root.
fn trace_of<C: Context>(key: Key, events: &[C::Event], source: Option<Trace>, link: Option<([u8; 16], [u8; 8])>) -> Option<Trace> {
    let (case, opens) = match events.first() {
        Some(first) if !C::of_a_case(first) => return None,
        Some(first) => {
            let (case, _) = C::case_of(key, first);
            (case, events.iter().any(|event| C::case_of(key, event).1))
        }
        None => (kernel::CaseId::from_uuid(source?.trace), false),
    };
    if opens {
        let link = link.or_else(|| source.map(|s| (*s.trace.as_bytes(), s.span)));
        return Some(Trace { trace: case.uuid(), span: case.root_span(), parent: None, link });
    }
    let parent = match source {
        Some(source) if source.trace == case.uuid() => source.span,
        _ => case.root_span(),
    };
    let span = random_span();
    let link = link.or_else(|| source.filter(|s| s.trace != case.uuid()).map(|s| (*s.trace.as_bytes(), s.span)));
    Some(Trace { trace: case.uuid(), span, parent: Some(parent), link })
}

fn whole_milliseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

pub(crate) fn random_span() -> [u8; 8] {
    let (_, low) = kernel::ids::new_uuid(Timestamp::UNIX_EPOCH).as_u64_pair();
    low.to_be_bytes()
}

/// A link that a checkpoint or an alarm can show.
impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.sequence, hex::encode(self.hash.get(..4).unwrap_or_default()))
    }
}
