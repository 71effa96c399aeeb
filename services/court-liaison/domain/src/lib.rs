//! The legal track of a case (*juridisch spoor*), steps 5 to 11 of the chart: what landlord, bailiff, court and resident
//! did, what was out of order in it, and which clocks run. Pure: no I/O, no clock.
//!
//! What others did is always accepted, in any order, twice, or about a household nobody knew. The violations and the end
//! of the track are functions of the facts in the order in which they *happened*, so that the order of recording changes
//! nothing. Only our own decisions are gated.

mod clocks;
mod codes;
mod courts;
mod decide;
mod event;
mod fact;
mod ids;
mod outcome;
mod state;
mod violations;

use kernel::{Decider, Moment};

pub use codes::Unknown;
pub use courts::{CourtRule, Courts};
pub use decide::{Command, RecordFact, Rejection};
pub use event::{Event, Help};
pub use fact::{Fact, Ground, HowLeft, Judgment, JudgmentKind, Tested, TrackEnd};
pub use ids::{case_for, file_for};
pub use outcome::{Finished, Outcome};
pub use state::{Objection, Pause, Recorded, State};
pub use violations::{Code, Violation};

/// Role code of who looks at violations and keeps the legal clocks.
pub const OWNER: &str = "court-liaison";

/// The legal track of one case.
#[derive(Clone, Copy, Debug)]
pub struct Track;

impl Decider for Track {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        decide::decide(state, command, moment)
    }

    fn evolve(state: State, event: &Event) -> State {
        state.evolve(event)
    }
}

#[cfg(test)]
mod tests;
