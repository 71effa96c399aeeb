//! The shape of every decision: state, command and time in; events or a rejection out.

use jiff::Timestamp;

/// The two times that every decision knows (UTC instants).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When the thing happened in the world, as told by whoever reports it.
    pub happened_at: Timestamp,
    /// When this house takes it in; never before the aggregate's last commit.
    pub now: Timestamp,
}

impl Moment {
    /// A moment in which the thing happens as it is recorded.
    pub const fn at(now: Timestamp) -> Self {
        Self { happened_at: now, now }
    }
}

/// A business "no": a stable code for programs and a sentence for people.
///
/// The sentence holds no personal data: it may end up in a log.
pub trait Reason: std::error::Error + Clone + Send + Sync + 'static {
    /// Stable, lower-case, dashed; part of the public contract.
    fn code(&self) -> &'static str;
}

/// A pure aggregate: `decide` says what follows from a command, `evolve` copies events into state.
///
/// `evolve` never computes: due dates, rules and versions are in the event, so that a newer binary
/// reads an old history the same way.
pub trait Decider {
    /// Everything a decision needs to remember.
    type State: Clone + Default + Send + Sync + 'static;
    /// What somebody asks for, with looked-up facts and new ids inside.
    type Command: Clone + Send + Sync + 'static;
    /// What happened.
    type Event: Clone + std::fmt::Debug + Send + Sync + 'static;
    /// Why not.
    type Rejection: Reason;

    /// What follows from the command.
    ///
    /// # Errors
    /// A [`Reason`] when the command cannot be honoured in this state. An empty list means: nothing to do.
    fn decide(state: &Self::State, command: &Self::Command, moment: Moment) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after the event. Copies, never computes.
    #[must_use]
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// The state after a list of events.
    #[must_use]
    fn replay<'a>(state: Self::State, events: impl IntoIterator<Item = &'a Self::Event>) -> Self::State {
        events.into_iter().fold(state, Self::evolve)
    }
}

/// Where "now" comes from. Injected, so that tests and the demo run years in seconds.
pub trait Clock: Send + Sync + 'static {
    /// The present instant, UTC.
    fn now(&self) -> Timestamp;
}
