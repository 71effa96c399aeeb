//! The vocabulary every service shares: typed ids, money, statutory days and terms, and the shape of a decision.
//! No input or output, no async: what is here can be reasoned about with pen and paper.

pub mod days;
pub mod ddas;
pub mod decider;
pub mod ids;
pub mod matching;
pub mod money;
pub mod terms;

pub use decider::{Clock, Decider, Moment, Reason};
pub use ids::{CaseId, Gemeentecode, Key, PersonId, RequestId, SignalId};
pub use money::{Arrears, Cents};
