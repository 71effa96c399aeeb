//! Reactions: a source commit is taken in exactly once, in source order, by each aggregate it concerns.
//! Pure bookkeeping plus reads and appends: no timers, no tasks; the pump around it is in `wire`.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use kernel::{Decider, Key, Moment};
use uuid::Uuid;

use crate::{
    aggregate::Aggregate,
    commit::{Broken, Cause, Commit, Link, Outcome, TakenIn, is_of},
    context::{Context, Handling, Reacting, SourceEvent, Unreadable},
    log::{Record, Subject, Unavailable},
    runtime::{Draft, Failure, Runtime},
};

/// Reactions between a commit and a person's act, at most; beyond it is a loop.
pub const MAX_HOPS: u32 = 32;
/// Deliveries before what cannot be handled is parked.
pub const MAX_ATTEMPTS: u64 = 5;
const MAX_CONFLICTS: usize = 5;
/// Claims that the events of one source commit may need, with room for a week that ends in between.
const MAX_CLAIMS: usize = 1_000;

/// What to tell the store about a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every aggregate it concerns took it in (or it is of no interest by its types).
    Ack,
    /// Not now: an outage, a conflict, a type of a newer binary, a first failure of a handler.
    Later(Delay),
    /// The source lost or forked its history: nothing more is taken in from this subject until a person reconciles.
    Alarm(Alarm),
}

/// Why a delivery has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Journal away, or the aggregate busy.
    Outage,
    /// A newer binary has to take it.
    UnknownType,
    /// Could not be handled; tried again a few times, then parked.
    Poison,
}

/// Both ends of a broken chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The source subject whose history does not hold what was taken in.
    pub source: Subject,
    /// The aggregate that took it in.
    pub target: Subject,
    /// What the aggregate knows.
    pub checkpoint: Option<Link>,
    /// What came now.
    pub delivered: Link,
}

enum Taken {
    Done,
    Later(Delay),
    Alarm(Alarm),
}

enum Handled<E> {
    Events(Vec<E>, Outcome),
    Ignored,
    Later(Delay),
}

impl<C: Context> Runtime<C> {
    /// Whether a delivered source commit is, by its types alone, of no interest to any aggregate: nothing is written about it.
    pub(crate) fn ignores(&self, record: &Record) -> bool {
        let context = record.subject.context();
        Commit::is_all(record, |name, version| C::handling(context, name, version) == Handling::Ignored)
    }

    /// Takes in a delivered source commit. `attempt` counts its deliveries.
    pub async fn take_in(&self, record: &Record, attempt: u64) -> Verdict {
        if self.ignores(record) { Verdict::Ack } else { self.take_in_what_counts(record, attempt).await }
    }

    /// Takes in a delivered source commit that is not ignored.
    pub(crate) async fn take_in_what_counts(&self, record: &Record, attempt: u64) -> Verdict {
        let commit = match Commit::read(record) {
            Ok(commit) => commit,
            Err(Broken::Envelope) => return self.park_broken(record, attempt).await,
        };
        let targets: Vec<Subject> =
            commit.envelope.concerns.iter().map(|c| c.subject.clone()).filter(|subject| subject.context() == C::NAME).collect();
        for target in targets {
            match self.take_in_for(&target, &commit, attempt).await {
                Taken::Done => {}
                Taken::Later(delay) => return Verdict::Later(delay),
                Taken::Alarm(alarm) => return Verdict::Alarm(alarm),
            }
        }
        Verdict::Ack
    }

    /// Takes in every source it listens to up to that source's newest commit: what a tick does before it judges.
    ///
    /// # Errors
    /// [`Unavailable`] when a source cannot be read or cannot be taken in now: the tick waits.
    pub async fn catch_up(&self, key: Key) -> Result<(), Unavailable> {
        let target = Self::subject(key);
        let aggregate = self.newest(key).await?;
        let sources: Vec<(Subject, Link)> =
            aggregate.sources().filter_map(|s| aggregate.checkpoint(s).map(|c| (s.clone(), c.last))).collect();
        for (source, checkpoint) in sources {
            let mut at = self.journal.last(&source).await?;
            loop {
                let Some(record) = at else {
                    if checkpoint == Link::NOTHING {
                        break;
                    }
                    return Err(Unavailable(format!("{source} lost its history up to {checkpoint}")));
                };
                if record.sequence <= checkpoint.sequence {
                    if is_of(&record, &source, checkpoint) {
                        break;
                    }
                    return Err(Unavailable(format!("{source} lost or forked its history at {checkpoint}")));
                }
                let commit = read(&record)?;
                if commit.previous_for(&target).is_some() {
                    match self.take_in_for(&target, &commit, 1).await {
                        Taken::Done => break,
                        Taken::Later(_) | Taken::Alarm(_) => return Err(Unavailable("a source cannot be taken in now".to_owned())),
                    }
                }
                at = match commit.envelope.previous {
                    Some(previous) => self.journal.at(source.context(), previous.sequence).await?,
                    None => None,
                };
            }
        }
        Ok(())
    }

    /// Handles a parked source commit once more, by a person's order.
    ///
    /// # Errors
    /// [`Failure`]; `Unreadable` when it still cannot be handled, `TooLarge` when what follows still does not fit in a commit (it
    /// stays parked).
    pub async fn retry_parked(&self, key: Key, source: &Subject, sequence: u64, actor: &str) -> Result<(), Failure<C::Rejection>> {
        let _turn = self.turn(key).await;
        for _ in 0..MAX_CONFLICTS {
            let aggregate = self.load(key).await?;
            if aggregate.unreadable.is_some() {
                return Err(Failure::Unreadable);
            }
            let Some(parked) = aggregate.parked.iter().find(|p| &p.source_subject == source && p.source.sequence == sequence).cloned()
            else {
                return Ok(()); // somebody else did
            };
            let record = self.journal.at(source.context(), sequence).await?.ok_or(Failure::Unavailable)?;
            // Something else by now: its history was lost, and this waits for a person to reconcile it.
            if !is_of(&record, source, parked.source) {
                return Err(Failure::Unreadable);
            }
            let mut commit = Commit::read(&record).map_err(|_| Failure::Unreadable)?;
            // From a person's act on, hops are counted anew.
            commit.envelope.hops = 0;
            let Handled::Events(events, _) = self.handle_claimed(&aggregate, key, &commit, 1).await? else {
                return Err(Failure::Unreadable);
            };
            let mut draft = self.draft(&aggregate, key, &commit, events, Outcome::Unparked, parked.source);
            draft.actor = actor.to_owned();
            // Not the id of the reaction that parked it: this is an act of its own.
            draft.commit_id = kernel::ids::derived_uuid(draft.commit_id, "unparked");
            draft.request_id = draft.commit_id;
            if self.commit(key, &aggregate, draft).await?.is_some() {
                return Ok(());
            }
        }
        Err(Failure::Busy)
    }

    /// One target: reads the missing links, oldest first, and takes in each of them.
    async fn take_in_for(&self, target: &Subject, delivered: &Commit, attempt: u64) -> Taken {
        let key = target.key();
        let _turn = self.turn(key).await;
        let Some(previous_for) = delivered.previous_for(target) else { return Taken::Done };
        // Nothing concerned this aggregate before: most likely it does not exist yet. A mistake costs a conflict.
        let mut aggregate = match (self.cached(key), previous_for) {
            (Some(cached), _) => cached,
            (None, None) => Arc::new(Aggregate::default()),
            (None, Some(_)) => match self.load(key).await {
                Ok(loaded) => loaded,
                Err(_) => return Taken::Later(Delay::Outage),
            },
        };
        let mut conflicts = 0;
        loop {
            if aggregate.unreadable.is_some() {
                return Taken::Later(Delay::UnknownType);
            }
            let links = match self.missing_links(&aggregate, target, delivered).await {
                Ok(Chain::Repeat) => return Taken::Done,
                Ok(Chain::Links(links)) => links,
                Ok(Chain::Broken(alarm)) => return Taken::Alarm(alarm),
                Err(_) => return Taken::Later(Delay::Outage),
            };
            let mut conflict = false;
            for link in &links {
                match self.take_in_one(&aggregate, key, link, attempt).await {
                    Ok(Some(next)) => aggregate = next,
                    Ok(None) => {
                        conflict = true;
                        break;
                    }
                    Err(delay) => return Taken::Later(delay),
                }
            }
            if !conflict {
                return Taken::Done;
            }
            conflicts += 1;
            if conflicts >= MAX_CONFLICTS {
                return Taken::Later(Delay::Outage);
            }
            match self.load(key).await {
                Ok(loaded) => aggregate = loaded,
                Err(_) => return Taken::Later(Delay::Outage),
            }
        }
    }

    /// One link. `None`: conflict, load and look again. What does not fit in a commit is tried as often as what cannot be read:
    /// another release may make less of it.
    async fn take_in_one(
        &self,
        aggregate: &Arc<Aggregate<C>>,
        key: Key,
        link: &Commit,
        attempt: u64,
    ) -> Result<Option<Arc<Aggregate<C>>>, Delay> {
        if aggregate.unreadable.is_some() {
            return Err(Delay::UnknownType);
        }
        let (events, outcome) = match self.handle_claimed(aggregate, key, link, attempt).await.map_err(|_| Delay::Outage)? {
            Handled::Ignored => return Ok(Some(aggregate.clone())),
            Handled::Later(delay) => return Err(delay),
            Handled::Events(events, outcome) => (events, outcome),
        };
        let append = |events, outcome| self.commit(key, aggregate, self.draft(aggregate, key, link, events, outcome, link.link()));
        let done = match append(events, outcome).await {
            Err(Failure::TooLarge) if attempt < MAX_ATTEMPTS => return Err(Delay::Poison),
            Err(Failure::TooLarge) => append(Vec::new(), Outcome::Parked("too-large".to_owned())).await,
            done => done,
        };
        Ok(done.map_err(|_| Delay::Outage)?.map(|(next, _)| next))
    }

    fn draft(
        &self,
        aggregate: &Aggregate<C>,
        key: Key,
        source: &Commit,
        events: Vec<C::Event>,
        outcome: Outcome,
        link: Link,
    ) -> Draft<C::Event> {
        let now = self.now();
        let id = reaction_id(source.envelope.commit_id, key);
        Draft {
            commit_id: id,
            request_id: id,
            actor: format!("service:{}", C::NAME),
            happened_at: source.envelope.happened_at.min(now),
            events,
            taken_in: vec![TakenIn { source_subject: source.subject.clone(), source: link, outcome }],
            cause: Some((
                Cause { subject: source.subject.to_string(), sequence: source.sequence, commit_id: source.envelope.commit_id },
                source.envelope.trace,
            )),
            hops: source.envelope.hops + 1,
            link: None,
            started: aggregate.recorded_at.map_or(now, |last| last.max(now)),
        }
    }

    /// What follows from a source commit, after every claim that it needs was made.
    async fn handle_claimed(
        &self,
        aggregate: &Aggregate<C>,
        key: Key,
        source: &Commit,
        attempt: u64,
    ) -> Result<Handled<C::Event>, Unavailable> {
        let mut facts = self.facts_for(key).await?;
        for _ in 0..MAX_CLAIMS {
            let handled = self.handle(&facts, aggregate, key, source, attempt);
            let Handled::Events(events, _) = &handled else { return Ok(handled) };
            let Some((claimed, command)) = C::claim(&facts, key, events) else { return Ok(handled) };
            facts = self.claim(&facts, claimed, command).await?;
        }
        Err(Unavailable("more claims than a commit may need".to_owned()))
    }

    /// What follows from a source commit in this state, by its types first.
    fn handle(&self, facts: &C::Facts, aggregate: &Aggregate<C>, key: Key, source: &Commit, attempt: u64) -> Handled<C::Event> {
        let mut handled = Vec::new();
        for ((name, version), bytes) in source.envelope.types.iter().zip(&source.events) {
            match C::handling(source.subject.context(), name, *version) {
                Handling::Unknown => return Handled::Later(Delay::UnknownType),
                Handling::Ignored => {}
                Handling::Handled => handled.push(SourceEvent { context: source.subject.context(), name, version: *version, bytes }),
            }
        }
        if handled.is_empty() {
            return Handled::Ignored;
        }
        if source.envelope.hops + 1 > MAX_HOPS {
            return Handled::Events(Vec::new(), Outcome::Parked("too-many-hops".to_owned()));
        }
        let now = self.now().max(aggregate.recorded_at.unwrap_or(source.envelope.recorded_at));
        let reacting = Reacting {
            source: &source.subject,
            source_commit: source.envelope.commit_id,
            target: key,
            moment: Moment { happened_at: source.envelope.happened_at.min(now), now },
        };
        // A bug in a handler must not take the region down with it.
        let outcome = catch_unwind(AssertUnwindSafe(|| Self::react_to(facts, aggregate, &handled, &reacting)));
        match outcome {
            Ok(Ok((events, outcome))) => Handled::Events(events, outcome),
            Ok(Err(Unreadable::UnknownType)) => Handled::Later(Delay::UnknownType),
            Ok(Err(Unreadable::Undecodable)) if attempt < MAX_ATTEMPTS => Handled::Later(Delay::Poison),
            Ok(Err(Unreadable::Undecodable)) => Handled::Events(Vec::new(), Outcome::Parked("undecodable".to_owned())),
            Err(_) if attempt < MAX_ATTEMPTS => Handled::Later(Delay::Poison),
            Err(_) => Handled::Events(Vec::new(), Outcome::Parked("handler-failed".to_owned())),
        }
    }

    fn react_to(
        facts: &C::Facts,
        aggregate: &Aggregate<C>,
        handled: &[SourceEvent<'_>],
        reacting: &Reacting<'_>,
    ) -> Result<(Vec<C::Event>, Outcome), Unreadable> {
        let mut state = aggregate.state.clone();
        let mut events = Vec::new();
        let mut reason = String::from("nothing-follows");
        for event in handled {
            let Some(command) = C::react(facts, &state, *event, reacting)? else { continue };
            match C::decide(&state, &command, reacting.moment) {
                Ok(next) => {
                    state = <C as Decider>::replay(state, &next);
                    events.extend(next);
                }
                Err(rejection) => reason = C::rejection_code(&rejection),
            }
        }
        let outcome = if events.is_empty() { Outcome::Noted(reason) } else { Outcome::Acted };
        Ok((events, outcome))
    }

    /// The links between the checkpoint and the delivered commit, oldest first.
    async fn missing_links(&self, aggregate: &Aggregate<C>, target: &Subject, delivered: &Commit) -> Result<Chain, Unavailable> {
        let source = &delivered.subject;
        let checkpoint = aggregate.checkpoint(source);
        let broken = || {
            Chain::Broken(Alarm {
                source: source.clone(),
                target: target.clone(),
                checkpoint: checkpoint.map(|c| c.last),
                delivered: delivered.link(),
            })
        };
        if let Some(checkpoint) = checkpoint
            && delivered.sequence <= checkpoint.last.sequence
        {
            if checkpoint.remembers(delivered.link()) {
                return Ok(Chain::Repeat);
            }
            // Long ago, or another history: the leader knows.
            let same = match self.journal.at(source.context(), checkpoint.last.sequence).await? {
                Some(record) => &record.subject == source && read(&record).is_ok_and(|c| c.hash == checkpoint.last.hash),
                None => false,
            };
            return Ok(if same { Chain::Repeat } else { broken() });
        }
        let floor = checkpoint.map(|c| c.last).filter(|last| *last != Link::NOTHING);
        let mut links = vec![delivered.clone()];
        let mut previous = delivered.previous_for(target).flatten();
        loop {
            match (previous, floor) {
                (None, None) => break,
                (Some(link), Some(floor)) if link == floor => break,
                // An ignored link below a checkpoint cannot be: the chain passed it by.
                (Some(link), Some(floor)) if link.sequence <= floor.sequence => return Ok(broken()),
                (None, Some(_)) => return Ok(broken()),
                (Some(link), _) => {
                    let Some(record) = self.journal.at(source.context(), link.sequence).await? else { return Ok(broken()) };
                    let commit = read(&record)?;
                    if &commit.subject != source || commit.hash != link.hash {
                        return Ok(broken());
                    }
                    let Some(before) = commit.previous_for(target) else { return Ok(broken()) };
                    links.push(commit);
                    previous = before;
                }
            }
        }
        links.reverse();
        Ok(Chain::Links(links))
    }

    /// An envelope that cannot be read has no targets: it is parked on the service's own subject, for a person.
    async fn park_broken(&self, record: &Record, attempt: u64) -> Verdict {
        if attempt < MAX_ATTEMPTS {
            return Verdict::Later(Delay::Poison);
        }
        let Ok(nowhere) = "0000".parse() else { return Verdict::Later(Delay::Poison) };
        let key = Key::new(nowhere, kernel::ids::derived_uuid(Uuid::NAMESPACE_OID, C::NAME));
        let source = Link { sequence: record.sequence, hash: crate::commit::hash_of(&record.payload, &record.subject, None) };
        let _turn = self.turn(key).await;
        let Ok(aggregate) = self.newest(key).await else { return Verdict::Later(Delay::Outage) };
        if aggregate.parked.iter().any(|p| p.source_subject == record.subject && p.source == source) {
            return Verdict::Ack;
        }
        let id = reaction_id(kernel::ids::derived_uuid(Uuid::NAMESPACE_OID, &source.to_string()), key);
        let now = self.now();
        let draft = Draft {
            commit_id: id,
            request_id: id,
            actor: format!("service:{}", C::NAME),
            happened_at: now,
            events: Vec::new(),
            taken_in: vec![TakenIn {
                source_subject: record.subject.clone(),
                source,
                outcome: Outcome::Parked("broken-envelope".to_owned()),
            }],
            cause: None,
            hops: 0,
            link: None,
            started: now,
        };
        match self.commit(key, &aggregate, draft).await {
            Ok(Some(_)) => Verdict::Ack,
            _ => Verdict::Later(Delay::Outage),
        }
    }
}

enum Chain {
    Repeat,
    Links(Vec<Commit>),
    Broken(Alarm),
}

/// The commit id of a reaction: the same in every replica, so that a lost answer is recognised.
fn reaction_id(source_commit: Uuid, target: Key) -> Uuid {
    kernel::ids::derived_uuid(source_commit, &format!("reaction/{}/{target}", "take-in"))
}

fn read(record: &Record) -> Result<Commit, Unavailable> {
    Commit::read(record).map_err(|broken| Unavailable(format!("sequence {}: {broken}", record.sequence)))
}
