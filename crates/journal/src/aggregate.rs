//! An aggregate in memory: the service's state and the journal's own bookkeeping, folded from commits.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    commit::{Commit, Link, Outcome},
    context::{Context, Unreadable},
    log::Subject,
};

/// Request ids remembered per aggregate.
pub const REMEMBERED_REQUESTS: usize = 64;
/// Source commits remembered per source subject, to know a repeat without asking the leader.
const REMEMBERED_SOURCES: usize = 8;

/// How far an aggregate took in one source subject.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The last source commit taken in; [`Link::NOTHING`] when its history is begun anew.
    pub last: Link,
    recent: VecDeque<Link>,
}
impl Checkpoint {
    /// Whether this very commit is among the last ones taken in.
    pub fn remembers(&self, link: Link) -> bool {
        self.recent.contains(&link)
    }
}

/// A source commit that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Where it stands.
    pub source_subject: Subject,
    /// Which one.
    pub source: Link,
    /// Stable code.
    pub reason: String,
}

/// An aggregate, folded.
pub struct Aggregate<C: Context> {
    /// The service's own state.
    pub state: C::State,
    /// The newest commit; `None` before the first.
    pub last: Option<Link>,
    /// When the newest commit was recorded.
    pub recorded_at: Option<Timestamp>,
    /// What was parked and not retried yet.
    pub parked: Vec<Parked>,
    /// A type that this binary cannot read stands in the history: commands are refused until an upgrade.
    pub unreadable: Option<Unreadable>,
    requests: VecDeque<(Uuid, u64)>,
    public_for: HashMap<Subject, Link>,
    checkpoints: HashMap<Subject, Checkpoint>,
}

impl<C: Context> Clone for Aggregate<C> {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
            last: self.last,
            recorded_at: self.recorded_at,
            parked: self.parked.clone(),
            unreadable: self.unreadable,
            requests: self.requests.clone(),
            public_for: self.public_for.clone(),
            checkpoints: self.checkpoints.clone(),
        }
    }
}

impl<C: Context> Default for Aggregate<C> {
    fn default() -> Self {
        Self {
            state: C::State::default(),
            last: None,
            recorded_at: None,
            parked: Vec::new(),
            unreadable: None,
            requests: VecDeque::new(),
            public_for: HashMap::new(),
            checkpoints: HashMap::new(),
        }
    }
}

impl<C: Context> Aggregate<C> {
    /// The sequence to expect on the next append; 0 for a new aggregate.
    pub fn sequence(&self) -> u64 {
        self.last.map_or(0, |link| link.sequence)
    }

    /// The commit that answered this request, if it is remembered.
    pub fn answered(&self, request: Uuid) -> Option<u64> {
        self.requests.iter().find(|(id, _)| *id == request).map(|(_, sequence)| *sequence)
    }

    /// Whether a request (UUIDv7) is older than everything remembered, so that a repeat could not be told from a new one.
    pub fn too_old(&self, request: Uuid) -> bool {
        let time = |id: &Uuid| (id.get_version_num() == 7).then(|| id.as_u128() >> 80);
        self.requests.len() >= REMEMBERED_REQUESTS
            && match (time(&request), self.requests.iter().filter_map(|(id, _)| time(id)).min()) {
                (Some(asked), Some(oldest)) => asked < oldest,
                _ => false,
            }
    }

    /// How far a source subject was taken in.
    pub fn checkpoint(&self, source: &Subject) -> Option<&Checkpoint> {
        self.checkpoints.get(source)
    }

    /// Every source subject ever taken in.
    pub fn sources(&self) -> impl Iterator<Item = &Subject> {
        self.checkpoints.keys()
    }

    /// The last public commit that concerned a target.
    pub fn public_for(&self, target: &Subject) -> Option<Link> {
        self.public_for.get(target).copied()
    }

    /// Folds the next commit of the subject. Events that cannot be read mark the aggregate, they do not stop the fold.
    pub fn apply(&mut self, commit: &Commit) {
        for ((name, version), bytes) in commit.envelope.types.iter().zip(&commit.events) {
            match C::decode(name, *version, bytes) {
                Ok(event) => self.state = C::evolve(std::mem::take(&mut self.state), &event),
                Err(why) => self.unreadable = Some(why),
            }
        }
        self.keep_books(commit);
    }

    /// The next commit of a source is the one after this link. What followed from what was taken in later stays.
    fn go_on_from(&mut self, source: &Subject, link: Link) {
        let fresh = || Checkpoint { last: link, recent: VecDeque::new() };
        let checkpoint = self.checkpoints.entry(source.clone()).or_insert_with(fresh);
        checkpoint.last = link;
        checkpoint.recent.retain(|recent| recent.sequence <= link.sequence);
    }

    /// The journal's own part of the fold, for a commit whose events the state has already taken.
    pub fn keep_books(&mut self, commit: &Commit) {
        let link = commit.link();
        self.last = Some(link);
        self.recorded_at = Some(commit.envelope.recorded_at);
        // Reactions are known by their checkpoints.
        if commit.envelope.taken_in.is_empty() {
            self.requests.push_back((commit.envelope.request_id, commit.sequence));
        }
        if self.requests.len() > REMEMBERED_REQUESTS {
            self.requests.pop_front();
        }
        for concern in &commit.envelope.concerns {
            self.public_for.insert(concern.subject.clone(), link);
        }
        for taken in &commit.envelope.taken_in {
            match &taken.outcome {
                Outcome::Parked(reason) => {
                    self.parked.push(Parked { source_subject: taken.source_subject.clone(), source: taken.source, reason: reason.clone() })
                }
                Outcome::Unparked => {
                    self.parked.retain(|p| p.source_subject != taken.source_subject || p.source != taken.source);
                    continue; // long since past the checkpoint
                }
                Outcome::Reconciled => {
                    self.go_on_from(&taken.source_subject, taken.source);
                    continue;
                }
                Outcome::Acted | Outcome::Noted(_) => {}
            }
            let checkpoint = self
                .checkpoints
                .entry(taken.source_subject.clone())
                .or_insert_with(|| Checkpoint { last: taken.source, recent: VecDeque::new() });
            checkpoint.last = taken.source;
            checkpoint.recent.push_back(taken.source);
            if checkpoint.recent.len() > REMEMBERED_SOURCES {
                checkpoint.recent.pop_front();
            }
        }
    }
}
