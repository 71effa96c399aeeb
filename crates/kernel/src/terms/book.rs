//! The book of terms of one aggregate: a pure state machine that says what becomes of each term.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{EndReason, Term, TermEvent, TermKind};

/// A tick fires this long after the moment itself, so that a clock that runs a little ahead does not fire a day early.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// Where a term stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermStatus {
    /// It runs; nobody was warned yet.
    Running,
    /// It runs; its owner was warned.
    Warned,
    /// It passed without being met, as far as known.
    Expired,
    /// It had passed before the house knew of it, and is not met yet.
    LateWhenKnown,
    /// Met, in time or late.
    Met {
        /// When it was done.
        happened_at: Timestamp,
        /// Whether that was after the due moment.
        late: bool,
    },
    /// Met in time, recorded after it had expired or run out.
    FoundMet {
        /// When it was done.
        happened_at: Timestamp,
    },
    /// Stopped without being met.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// A term and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermState {
    /// The term as it was set.
    pub term: Term,
    /// Where it stands.
    pub status: TermStatus,
    /// When the owner was warned, if ever.
    pub warned_at: Option<Timestamp>,
    /// When it was found expired, if ever; kept when it is met or ended later.
    pub expired_at: Option<Timestamp>,
}

impl TermState {
    /// The clock still ticks: running, warned or not.
    pub const fn is_running(&self) -> bool {
        matches!(self.status, TermStatus::Running | TermStatus::Warned)
    }

    /// Neither met nor ended: somebody still has to act, in time or not.
    pub const fn is_open(&self) -> bool {
        matches!(self.status, TermStatus::Running | TermStatus::Warned | TermStatus::Expired | TermStatus::LateWhenKnown)
    }

    /// The term expired under this house's eyes and was not found met in time after all.
    pub const fn is_breach(&self) -> bool {
        self.expired_at.is_some() && !matches!(self.status, TermStatus::FoundMet { .. })
    }

    /// The next instant at which a tick has something to say about this term.
    fn fires_at(&self) -> Option<Timestamp> {
        let moment = match self.status {
            TermStatus::Running => self.term.warn_moment(),
            TermStatus::Warned => self.term.due_moment(),
            _ => return None,
        };
        Some(moment.checked_add(GRACE).unwrap_or(Timestamp::MAX))
    }
}

/// The terms of one aggregate. Answers with events; changes only by [`TermBook::evolve`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermBook {
    terms: BTreeMap<Uuid, TermState>,
}

impl TermBook {
    /// Starts a term: empty when its id is known already; `[Set, LateWhenKnown]` when its due moment has passed by `now`.
    pub fn set(&self, term: Term, now: Timestamp) -> Vec<TermEvent> {
        if self.terms.contains_key(&term.id) {
            return Vec::new();
        }
        let (id, late) = (term.id, now >= term.due_moment());
        let mut events = vec![TermEvent::Set(term)];
        if late {
            events.push(TermEvent::LateWhenKnown { id, at: now });
        }
        events
    }

    /// The warnings and expiries that are to be recorded at `now`, earliest first, a minute after the moment itself.
    /// An expiry without a warning before it brings the warning along.
    pub fn due(&self, now: Timestamp) -> Vec<TermEvent> {
        let mut fired: Vec<_> =
            self.terms.values().filter_map(|state| state.fires_at().filter(|at| *at <= now).map(|at| (at, state))).collect();
        fired.sort_by_key(|(at, state)| (*at, state.term.id));
        let mut events = Vec::new();
        for (_, state) in fired {
            let id = state.term.id;
            if state.status == TermStatus::Running {
                events.push(TermEvent::Warned { id, at: now });
            }
            let expires = state.term.due_moment().checked_add(GRACE).unwrap_or(Timestamp::MAX);
            if expires <= now {
                events.push(TermEvent::Expired { id, at: now });
            }
        }
        events
    }

    /// The earliest instant at which [`TermBook::due`] returns something.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.terms.values().filter_map(TermState::fires_at).min()
    }

    /// Records that what a term asked for was done at `happened_at` (a moment after `now` counts as `now`).
    ///
    /// In time: `Met`, or `FoundMet` when the term had expired, or run out before it was known. After the due moment:
    /// `Met { late: true }`, with the warning and expiry before it that no tick had recorded yet. Empty when the term is
    /// unknown, met or ended.
    pub fn meet(&self, id: Uuid, happened_at: Timestamp, now: Timestamp) -> Vec<TermEvent> {
        let Some(state) = self.terms.get(&id) else { return Vec::new() };
        let happened_at = happened_at.min(now);
        let late = happened_at >= state.term.due_moment();
        let met = TermEvent::Met { id, happened_at, late };
        let (warned, expired) = (TermEvent::Warned { id, at: now }, TermEvent::Expired { id, at: now });
        match (state.status, late) {
            (TermStatus::Running | TermStatus::Warned, false) | (TermStatus::Expired | TermStatus::LateWhenKnown, true) => vec![met],
            (TermStatus::Running, true) => vec![warned, expired, met],
            (TermStatus::Warned, true) => vec![expired, met],
            (TermStatus::Expired | TermStatus::LateWhenKnown, false) => vec![TermEvent::FoundMet { id, happened_at }],
            (TermStatus::Met { .. } | TermStatus::FoundMet { .. } | TermStatus::Ended { .. }, _) => Vec::new(),
        }
    }

    /// Stops an open term. Empty when it is unknown, met or ended. An expiry stays on record.
    pub fn end(&self, id: Uuid, reason: EndReason) -> Vec<TermEvent> {
        match self.terms.get(&id) {
            Some(state) if state.is_open() => vec![TermEvent::Ended { id, reason }],
            _ => Vec::new(),
        }
    }

    /// Stops every open term, as when a case is closed.
    pub fn end_all(&self, reason: EndReason) -> Vec<TermEvent> {
        self.open().map(|state| TermEvent::Ended { id: state.term.id, reason }).collect()
    }

    /// The book after an event. Copies only; an event about an unknown term changes nothing.
    #[must_use]
    pub fn evolve(mut self, event: &TermEvent) -> Self {
        if let TermEvent::Set(term) = event {
            let state = TermState { term: term.clone(), status: TermStatus::Running, warned_at: None, expired_at: None };
            self.terms.entry(term.id).or_insert(state);
            return self;
        }
        let Some(state) = self.terms.get_mut(&event.id()) else { return self };
        state.status = match *event {
            TermEvent::Set(_) => return self,
            TermEvent::Warned { at, .. } => {
                state.warned_at = Some(at);
                TermStatus::Warned
            }
            TermEvent::Expired { at, .. } => {
                state.expired_at = Some(at);
                TermStatus::Expired
            }
            TermEvent::LateWhenKnown { .. } => TermStatus::LateWhenKnown,
            TermEvent::Met { happened_at, late, .. } => TermStatus::Met { happened_at, late },
            TermEvent::FoundMet { happened_at, .. } => TermStatus::FoundMet { happened_at },
            TermEvent::Ended { reason, .. } => TermStatus::Ended { reason },
        };
        self
    }

    /// One term.
    pub fn get(&self, id: Uuid) -> Option<&TermState> {
        self.terms.get(&id)
    }

    /// Every term ever set, by id.
    pub fn all(&self) -> impl Iterator<Item = &TermState> {
        self.terms.values()
    }

    /// The terms whose clock still ticks.
    pub fn running(&self) -> impl Iterator<Item = &TermState> {
        self.all().filter(|state| state.is_running())
    }

    /// The terms that are neither met nor ended, expired ones included.
    pub fn open(&self) -> impl Iterator<Item = &TermState> {
        self.all().filter(|state| state.is_open())
    }

    /// The terms of one kind, whatever their status.
    pub fn of_kind(&self, kind: TermKind) -> impl Iterator<Item = &TermState> {
        self.all().filter(move |state| state.term.kind == kind)
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
