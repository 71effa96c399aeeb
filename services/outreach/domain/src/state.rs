//! What outreach remembers of one case, copied from its events.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use kernel::{
    Key, PersonId, SignalId,
    terms::{EndReason, Term, TermBook, TermEvent, TermKind},
};
use uuid::Uuid;

use crate::circumstance::{Circumstance, Learned};
use crate::contact::{Contact, Restriction};
use crate::event::{Event, SettledBy, Signal, corrected_threat_term, threat_term};

/// The newest contact plan of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: Uuid,
    /// Track code of its route.
    pub track: String,
    /// Team code of its route.
    pub team: String,
    /// Attempts that are planned.
    pub planned: u32,
    /// Attempts that were made.
    pub made: u32,
    /// Somebody was reached.
    pub reached: bool,
    /// It is worked on.
    pub open: bool,
}

/// What a decision needs to remember.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Something was recorded about this case.
    pub known: bool,
    /// The newest plan, open or not.
    pub plan: Option<Plan>,
    /// Attempts recorded before there was any plan.
    pub loose_attempts: u32,
    /// The part of the day of each attempt, by the millisecond in which it was made; empty when it was not told.
    pub dayparts: BTreeMap<i64, String>,
    /// Routed signals and the arrival of their last byte.
    pub signals: BTreeMap<SignalId, Timestamp>,
    /// Signals that were withdrawn, routed here yet or not.
    pub dropped: BTreeSet<SignalId>,
    /// When offers were made.
    pub offers: BTreeSet<Timestamp>,
    /// When first talks were held.
    pub talks: BTreeSet<Timestamp>,
    /// Help was accepted and is neither refused nor resolved since.
    pub help: bool,
    /// Since when the household has a matter of its own: it asked for help. Not over because a creditor was paid.
    pub own_matter: Option<Timestamp>,
    /// What was received until then needs no offer any more.
    pub settled: Option<(Timestamp, SettledBy)>,
    /// A court or bailiff brought the case in, or told since that the home may be lost.
    pub from_court: bool,
    /// The newest word on each circumstance.
    pub learned: BTreeMap<Circumstance, Learned>,
    /// Intake's address file, once known.
    pub file_key: Option<Key>,
    /// Requests because of which no attempts are made, and since when.
    pub holds: BTreeMap<Uuid, Timestamp>,
    /// Who is not to be contacted how, by restriction and each id that its person goes by; also what ended.
    pub restrictions: BTreeMap<(Uuid, PersonId), Restriction>,
    /// The clocks.
    pub terms: TermBook,
}

/// Whose it is when no team has the case (*dienstdoende medewerker*).
pub const DUTY_OFFICER: &str = "duty-officer";

/// Clocks that run for who is left behind after a death: whichever creditor was paid.
pub(crate) const fn is_of_household(kind: TermKind) -> bool {
    matches!(kind, TermKind::LeaseClaim | TermKind::Review)
}

impl State {
    /// The plan that is worked on.
    pub fn open_plan(&self) -> Option<&Plan> {
        self.plan.as_ref().filter(|plan| plan.open)
    }

    /// Who has to act: the team of the newest plan, or the duty officer (*dienstdoende medewerker*).
    pub fn owner(&self) -> &str {
        self.plan.as_ref().map_or(DUTY_OFFICER, |plan| &plan.team)
    }

    /// The restrictions that a contact went against.
    pub fn broken_by(&self, contact: &Contact, at: Timestamp) -> Vec<(Uuid, PersonId)> {
        let broken = self.restrictions.iter().filter(|(_, restriction)| restriction.is_broken_by(contact, at));
        let mut broken: Vec<_> = broken.map(|(told, _)| *told).collect();
        // Told of two ids of one person, it is broken once.
        broken.dedup_by_key(|(restriction, _)| *restriction);
        broken
    }

    /// Why a signal needs no offer any more, if so.
    pub fn spent(&self, signal: &Signal) -> Option<EndReason> {
        if self.dropped.contains(&signal.id) {
            return Some(EndReason::Withdrawn);
        }
        self.settled.filter(|(at, _)| *at >= signal.received_at).map(|(_, by)| by.end_reason())
    }

    /// A talk because the home may be lost, as a court or bailiff told; a crisis that a partner reported is not.
    pub(crate) fn is_about_the_home(&self, term: &Term) -> bool {
        term.kind == TermKind::ThreatTalk && !self.is_of_a_report(term.id, term.due)
    }

    /// A talk of this id, due then, is about what a partner reported.
    pub(crate) fn is_of_a_report(&self, talk: Uuid, due: Date) -> bool {
        self.signals.keys().any(|signal| talk == threat_term(*signal) || talk == corrected_threat_term(*signal, due))
    }

    /// Whether there is a reason left to work on this case.
    pub(crate) fn is_living(&self) -> bool {
        self.help
            || self.own_matter.is_some()
            || self.terms.open().any(|state| is_of_household(state.term.kind))
            || self.from_court
            || self.terms.of_kind(TermKind::ThreatTalk).any(kernel::terms::TermState::is_open)
            || self.signals.iter().any(|(id, received_at)| self.spent(&Signal { id: *id, received_at: *received_at }).is_none())
    }

    pub(crate) fn after(mut self, event: &Event) -> Self {
        self.known = true;
        match event {
            Event::PlanMade(made) => {
                self.plan = Some(Plan {
                    id: made.plan,
                    track: made.track.clone(),
                    team: made.team.clone(),
                    planned: u32::try_from(made.attempts.len()).unwrap_or(u32::MAX),
                    made: 0,
                    reached: false,
                    open: true,
                });
                self.signals.extend(made.signal.map(|signal| (signal.id, signal.received_at)));
                self.from_court |= matches!(made.because.as_str(), "court" | "opened");
                self.file_key = made.file_key.or(self.file_key);
            }
            Event::SignalJoined { signal, .. } => drop(self.signals.insert(signal.id, signal.received_at)),
            Event::AttemptRecorded { number, reached, daypart, happened_at, .. } => {
                self.dayparts.insert(happened_at.as_millisecond(), daypart.clone());
                match &mut self.plan {
                    Some(plan) => {
                        plan.made = *number;
                        plan.reached |= reached;
                    }
                    None => self.loose_attempts = *number,
                }
            }
            Event::AttemptSupplemented { attempted_at, daypart, .. } => {
                self.dayparts.insert(attempted_at.as_millisecond(), daypart.clone());
            }
            Event::OfferMade { happened_at, .. } => drop(self.offers.insert(*happened_at)),
            Event::HelpAccepted { .. } => self.help = true,
            Event::HelpAsked { asked_at, file_key, .. } => {
                self.own_matter = self.own_matter.max(Some(*asked_at));
                self.file_key = file_key.or(self.file_key);
            }
            Event::HelpRefused { happened_at, .. } | Event::HelpResolved { happened_at, .. } => {
                self.help = false;
                self.own_matter = self.own_matter.filter(|since| since > happened_at);
            }
            Event::FirstTalkHeld { happened_at, .. } => drop(self.talks.insert(*happened_at)),
            Event::PlanExhausted { .. } | Event::PlanEnded { .. } => {
                if let Some(plan) = &mut self.plan {
                    plan.open = false;
                }
            }
            Event::CaseSettled { by, happened_at, .. } => {
                if self.settled.is_none_or(|(at, _)| at <= *happened_at) {
                    self.settled = Some((*happened_at, *by));
                }
                self.help = false;
                // A title that was paid for stands until who holds it says otherwise.
                if *by != SettledBy::Paid {
                    self.from_court = false;
                    self.own_matter = self.own_matter.filter(|since| since > happened_at);
                }
            }
            Event::CircumstanceLearned { learned, .. } => drop(self.learned.insert(learned.circumstance, *learned)),
            Event::SignalDropped { signal, .. } => drop(self.dropped.insert(*signal)),
            Event::HoldChanged { request, held: true, happened_at, .. } => drop(self.holds.insert(*request, *happened_at)),
            Event::HoldChanged { request, held: false, .. } => drop(self.holds.remove(request)),
            Event::RestrictionChanged { restriction, person, kind, channels, holds: true, happened_at, .. } => {
                let (person, kind, channels) = (*person, kind.clone(), channels.iter().cloned().collect());
                self.restrictions.insert((*restriction, person), Restriction { person, kind, channels, since: *happened_at, until: None });
            }
            Event::RestrictionChanged { restriction, person, holds: false, happened_at, .. } => {
                if let Some(known) = self.restrictions.get_mut(&(*restriction, *person)) {
                    known.until = Some(*happened_at);
                }
            }
            Event::RestrictionBroken { .. } => {}
            Event::TermChanged(term) => {
                self.from_court |= matches!(term, TermEvent::Set(set) if self.is_about_the_home(set));
                self.terms = self.terms.evolve(term);
            }
        }
        self
    }
}
