//! Entries on a landlord's signalling list (*signaleringslijst*): a file with a review date, after the Aedes model protocol.

use jiff::{ToSpan, civil::Date};
use kernel::{
    days::Length,
    terms::{Term, TermKind, statutory},
};
use uuid::Uuid;

use crate::codes::coded;

coded! {
    /// Why somebody is on a list.
    ListGround {
        /// A large rent debt.
        RentDebt = "rent-debt";
        /// Structural nuisance.
        Nuisance = "nuisance";
        /// Aggression.
        Aggression = "aggression";
        /// Housing fraud.
        Fraud = "fraud";
        /// Hemp.
        Hemp = "hemp";
        /// Another.
        Other = "other";
    }
}

coded! {
    /// Why an entry should not have been made so. It is the landlord's fact: kept, and reviewed at once.
    Flaw {
        /// The person was not told.
        NotTold = "not-told";
        /// It has no last day.
        NoEndDate = "no-end-date";
        /// Longer than any protocol allows.
        TooLong = "longer-than-five-years";
    }
}

coded! {
    /// What came of a review.
    Verdict {
        /// It stays.
        Keep = "keep";
        /// It goes.
        Remove = "remove";
    }
}

coded! {
    /// When an entry is reviewed; practice, set by the municipality.
    Interval {
        /// Every twelve months.
        Yearly = "yearly";
        /// Halfway between now and its end.
        Halfway = "halfway";
    }
}

/// An entry that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Why.
    pub ground: ListGround,
    /// First day on the list.
    pub entered_on: Date,
    /// Last day, when told.
    pub ends_on: Option<Date>,
    /// The person was told.
    pub told: bool,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

/// An entry as a landlord tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEntry {
    /// Organisation code of the landlord.
    pub organisation: String,
    /// Why.
    pub ground: ListGround,
    /// First day on the list.
    pub entered_on: Date,
    /// Last day, when told.
    pub ends_on: Option<Date>,
    /// The person was told.
    pub told: bool,
    /// When it is reviewed.
    pub interval: Interval,
}

impl OpenEntry {
    /// What is wrong with it.
    pub fn flaws(&self) -> Vec<Flaw> {
        let longest = Length::Years(statutory::MAX_LIST_YEARS).after(self.entered_on);
        let mut flaws = Vec::new();
        if !self.told {
            flaws.push(Flaw::NotTold);
        }
        match self.ends_on {
            None => flaws.push(Flaw::NoEndDate),
            Some(end) if end > longest => flaws.push(Flaw::TooLong),
            Some(_) => {}
        }
        flaws
    }
}

/// Days in which an entry that should not have been made so is reviewed; practice.
const FLAWED_DAYS: i64 = 14;

/// The next review, from `from` on; `None` when the entry ends before it.
pub(crate) fn next_review(id: Uuid, entry: &Entry, interval: Interval, from: Date, owner: &str) -> Option<Term> {
    let yearly = statutory::list_review(from);
    let (due, rule) = if !entry.flaws.is_empty() {
        (from.saturating_add(FLAWED_DAYS.days()), "practice-list-flawed-14d")
    } else {
        match (interval, entry.ends_on) {
            (Interval::Halfway, Some(end)) => (halfway(from, end)?, "practice-list-halfway"),
            _ => (yearly.due, yearly.rule),
        }
    };
    if entry.flaws.is_empty() && entry.ends_on.is_some_and(|end| due >= end) {
        return None;
    }
    Some(plain(id, TermKind::ListReview, from, due, rule, owner, 14))
}

/// The last day of the entry: then it is gone, or somebody asks why not.
pub(crate) fn last_day(id: Uuid, entry: &Entry, owner: &str) -> Option<Term> {
    Some(plain(id, TermKind::ListEnd, entry.entered_on, entry.ends_on?, "list-end", owner, 14))
}

/// A term of practice: its end stays where it falls.
pub(crate) fn plain(id: Uuid, kind: TermKind, starts_on: Date, due: Date, rule: &str, owner: &str, warn_days: u16) -> Term {
    Term { id, kind, starts_on, due, rule: rule.to_owned(), version: 1, rolled: Vec::new(), owner: owner.to_owned(), warn_days }
}

fn halfway(from: Date, end: Date) -> Option<Date> {
    let days = from.until(end).ok()?.get_days();
    Some(from.saturating_add(i64::from(days / 2).days()))
}
