//! The duty to rehouse (*herhuisvesting*) and the review of entries on signalling lists. Pure: no I/O, no clock.
//!
//! Nobody loses a home without somebody who must find another: the duty opens with the announcement of an eviction, for
//! whatever reason, also on the day itself, and at the latest with the loss of the home. It ends when a place is found or
//! the household stays; "destination unknown" ends nothing.

mod codes;
mod decide;
mod event;
mod list;
mod state;
mod values;

use kernel::{Decider, Gemeentecode, Moment};

pub use codes::Unknown;
pub use decide::{Command, Rejection};
pub use event::Event;
pub use list::{Entry, Flaw, Interval, ListGround, OpenEntry, Verdict};
pub use state::{Duty, DutyState, State};
pub use values::{Ground, HowLost, Place};

/// Team code that owns a new duty: the aftercare team of the municipality.
pub fn team_of(gemeente: Gemeentecode) -> String {
    format!("aftercare-{gemeente}")
}

/// The aftercare of one case.
#[derive(Clone, Copy, Debug)]
pub struct Care;

impl Decider for Care {
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
