//! What people asked by their rights (AVG), as the desk's rows have it: a pure fold of the events of the cases in which something was
//! asked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use journal::terms::date_in;

use crate::{entry::Entries, event::Event};

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Code of the right.
    pub right: String,
    /// Day of receipt.
    pub asked_on: Option<Date>,
    /// The last day to answer.
    pub due: Option<Date>,
    /// The term was extended.
    pub extended: bool,
    /// Who answers it, or decided.
    pub officer: String,
    /// Code of what became of it; empty while it is open.
    pub verdict: String,
}

/// The requests of a case, in the order of their ids: that of asking.
pub fn requests(entries: &Entries) -> Vec<Request> {
    let mut all: BTreeMap<Vec<u8>, Request> = BTreeMap::new();
    for (_, event, _) in entries.values().flat_map(|entry| entry.events()) {
        match event {
            Event::RightRequested(e) => {
                let request = all.entry(e.request_id).or_default();
                (request.right, request.officer) = (e.right, e.officer);
                (request.asked_on, request.due) = (date_in(e.asked_on.as_ref()).ok(), date_in(e.due.as_ref()).ok());
            }
            Event::RightExtended(e) => {
                let request = all.entry(e.request_id).or_default();
                (request.due, request.extended) = (date_in(e.due.as_ref()).ok(), true);
            }
            Event::RightDecided(e) => {
                let request = all.entry(e.request_id).or_default();
                (request.verdict, request.officer) = (e.verdict, e.officer);
            }
            _ => {}
        }
    }
    all.into_values().collect()
}
