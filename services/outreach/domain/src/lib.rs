//! Outreach's decisions: contact plans, what became of them, and the clocks of the offer. Pure: state, command and time
//! in, events out.

mod circumstance;
mod contact;
mod decide;
mod event;
mod state;

pub use circumstance::{Circumstance, Learned, Teller};
pub use contact::{Contact, Restriction};
pub use decide::Outreach;
pub use event::{
    Bereaved, Command, Crisis, DueAttempt, Event, HelpResult, PlanMade, PlannedAttempt, Rejection, Route, SettledBy, Signal, offer_term,
};
pub use state::{Plan, State};

#[cfg(test)]
mod tests;
