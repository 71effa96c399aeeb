//! Outreach's decisions: contact plans, what became of them, and the clocks of the offer. Pure: state, command and time
//! in, events out.

mod aggregate;
mod state;

pub use aggregate::{
    Command, DueAttempt, Event, Outreach, PlanMade, PlannedAttempt, Rejection, Result as HelpResult, Route, SettledBy, Signal, offer_term,
};
pub use state::{Plan, State};

#[cfg(test)]
mod tests;
