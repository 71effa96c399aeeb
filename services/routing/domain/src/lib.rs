//! Routing's decisions: which team works on a case, how hard, by which written rule. Pure: state, command and policy in,
//! events out.

mod aggregate;
mod code;
mod policy;

pub use aggregate::{CaseRouted, Command, Current, Event, Rejection, Routing, Signal, SignalRef, State};
pub use code::{Because, Channel, Daypart, Kind, Track};
pub use policy::{Fault, Place, PlannedAttempt, Policies, Policy, Question, Rule};

#[cfg(test)]
mod tests;
