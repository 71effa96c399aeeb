//! Routing's decisions: which team works on a case, how hard, by which written rule. Pure: state, command and policy in,
//! events out.

mod aggregate;
mod check;
mod code;
mod condition;
mod draft;
mod fact;
mod force;
mod learned;
mod policy;
mod team;
mod what_if;
pub mod words;

pub use aggregate::{CaseRouted, Command, Current, Event, Rejection, Routing, Signal, SignalRef, State};
pub use check::{Fault, Spot};
pub use code::{Because, Channel, Contract, Daypart, Kind, Name, Priority, Source, Track, WhyNot};
pub use condition::{Condition, Form, Op, Truth};
pub use fact::{About, Facts, PROTECTED, Told, Type, Value};
pub use force::{Activation, InForce, Policies, Proposal, Versions, policies_key};
pub use learned::Asked;
pub use policy::{FirstAttempt, PlannedAttempt, Policy, Rule, TestCase, Text};
pub use team::{Overflow, Place, Places, Team, Week};
pub use what_if::{Outcome, Past, WouldBe, place_all, replay};

#[cfg(test)]
mod tests;
