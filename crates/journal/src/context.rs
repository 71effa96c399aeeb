//! What a service supplies to the generic journal code: its decider, its codec, and what it makes of others' events.

use std::sync::Arc;

use kernel::{CaseId, Decider, Key, Moment, terms::TermEvent};
use uuid::Uuid;

use crate::log::Subject;

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Stable name, e.g. `CaseRouted`.
    pub name: &'static str,
    /// From 1.
    pub version: u32,
    /// Protobuf.
    pub bytes: Vec<u8>,
}

/// Why stored bytes do not become an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A newer binary wrote it. Wait for an upgrade; never skip it.
    #[error("event type or version unknown to this binary")]
    UnknownType,
    /// The bytes are not what the type says: poison.
    #[error("event payload cannot be decoded")]
    Undecodable,
}

/// What a follower makes of an event type of another context: decided by type alone, with an exhaustive match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Of no interest here, ever. Writes nothing.
    Ignored,
    /// Looked at, with state; whatever follows is recorded.
    Handled,
    /// This binary never heard of it: wait for an upgrade.
    Unknown,
}

/// One event of a source commit, as stored.
#[derive(Clone, Copy, Debug)]
pub struct SourceEvent<'a> {
    /// The context that wrote it.
    pub context: &'a str,
    /// Its type.
    pub name: &'a str,
    /// Its version.
    pub version: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The circumstances of a reaction.
#[derive(Clone, Copy, Debug)]
pub struct Reacting<'a> {
    /// Where the source commit stands.
    pub source: &'a Subject,
    /// The source commit's id: ids made in a reaction are derived from it.
    pub source_commit: Uuid,
    /// The aggregate that reacts.
    pub target: Key,
    /// Happened-at of the source, and now.
    pub moment: Moment,
}
impl Reacting<'_> {
    /// An id for a purpose: the same in every replica and every repeat.
    pub fn derive(&self, purpose: &str) -> Uuid {
        kernel::ids::derived_uuid(self.source_commit, &format!("{}/{purpose}", self.target))
    }
}

/// A service, as the journal sees it. All of it is pure.
pub trait Context: Decider + Sized + Send + Sync + 'static {
    /// `intake`, `routing`, `outreach`, `court-liaison`, `aftercare`.
    const NAME: &'static str;
    /// The contexts whose public events it follows.
    const FOLLOWS: &'static [&'static str];

    /// Looked-up facts that reactions need (policies, plans): loaded once, versioned, told in the events.
    type Facts: Send + Sync + 'static;

    /// The aggregate of this same stream that decisions about `key` rest on besides their own, e.g. the policies of a municipality.
    fn rests_on(_key: Key) -> Option<Key> {
        None
    }

    /// The facts, with what that aggregate says at the position of its newest commit (0: it has none).
    fn facts_with(facts: &Arc<Self::Facts>, _state: &Self::State, _position: u64) -> Arc<Self::Facts> {
        facts.clone()
    }

    /// What has to be asked of another aggregate of this same stream before these events about `key` may stand, e.g. a place in a
    /// week that somebody counts: its key and the command, which must do nothing when it is asked again.
    fn claim(_facts: &Self::Facts, _key: Key, _events: &[Self::Event]) -> Option<(Key, Self::Command)> {
        None
    }

    /// The facts, with what a claim was answered: the state of that aggregate.
    fn facts_with_claim(facts: &Arc<Self::Facts>, _state: &Self::State) -> Arc<Self::Facts> {
        facts.clone()
    }

    /// An event as bytes. Exhaustive match.
    fn encode(event: &Self::Event) -> Encoded;

    /// Bytes as an event, old versions upgraded here.
    ///
    /// # Errors
    /// [`Unreadable`].
    fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Self::Event, Unreadable>;

    /// The aggregates a public event concerns, in full; empty for a private event. `state` is after the event.
    fn concerns(key: Key, state: &Self::State, event: &Self::Event) -> Vec<Subject>;

    /// The case whose trace this event belongs to, and whether the event *opens* it (then its commit is the root span).
    /// The default serves aggregates that are keyed by case and never open one.
    fn case_of(key: Key, _event: &Self::Event) -> (CaseId, bool) {
        (key.case(), false)
    }

    /// Whether the event is about a case at all; if not, its commit has no place in a trace.
    fn of_a_case(_event: &Self::Event) -> bool {
        true
    }

    /// What to make of an event type of another context.
    fn handling(context: &str, name: &str, version: u32) -> Handling;

    /// The command that follows from a handled event, or none.
    ///
    /// # Errors
    /// [`Unreadable`] when the payload cannot be read.
    fn react(
        facts: &Self::Facts,
        state: &Self::State,
        event: SourceEvent<'_>,
        reacting: &Reacting<'_>,
    ) -> Result<Option<Self::Command>, Unreadable>;

    /// The term event inside an event, for the index of what falls due.
    fn term_of(event: &Self::Event) -> Option<&TermEvent>;

    /// The command that a tick gives: `decide` answers with what `TermBook::due` tells. `None`: keeps no terms.
    fn tick() -> Option<Self::Command>;

    /// A stable code for a rejection, recorded when a reaction is refused.
    fn rejection_code(rejection: &Self::Rejection) -> String {
        use kernel::Reason as _;
        rejection.code().to_owned()
    }
}
