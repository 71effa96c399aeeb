//! What a decision remembers of a case's aftercare.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, Key, terms::TermBook};

use crate::{
    event::Event,
    list::{Entry, Verdict},
    values::{Ground, HowLost, Place},
};

/// Where a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DutyState {
    /// Somebody must find a place.
    Open,
    /// A place was found.
    Rehoused {
        /// What kind.
        place: Place,
        /// When.
        at: Timestamp,
    },
    /// The household stays.
    Stays {
        /// Since when that is sure.
        at: Timestamp,
    },
}

/// A duty to rehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Team or staff code.
    pub owner: String,
    /// The day a place must be there.
    pub beat: Date,
    /// Why the eviction.
    pub ground: Ground,
    /// When the day to beat was announced.
    pub announced_at: Timestamp,
    /// Where it stands.
    pub state: DutyState,
    /// How and when the home was lost.
    pub lost: Option<(HowLost, Timestamp)>,
    /// When somebody last looked, and found nothing.
    pub last_looked_for: Option<Date>,
}

impl Duty {
    /// Somebody still has to find a place.
    pub fn is_open(&self) -> bool {
        self.state == DutyState::Open
    }
}

/// The aftercare of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The case, once anything is known.
    pub case: Option<CaseId>,
    /// Intake's address file.
    pub file: Option<Key>,
    /// The newest duty.
    pub duty: Option<Duty>,
    /// Entries on signalling lists that stand, by organisation. Nobody else's business.
    pub entries: BTreeMap<String, Entry>,
    /// The clocks.
    pub terms: TermBook,
}

impl State {
    /// The state after an event. Copies, never computes.
    #[must_use]
    pub fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::DutyOpened { case, owner, beat, ground, file, happened_at } => {
                (self.case, self.file) = (Some(*case), Some(*file));
                self.duty = Some(Duty {
                    owner: owner.clone(),
                    beat: *beat,
                    ground: *ground,
                    announced_at: *happened_at,
                    state: DutyState::Open,
                    lost: None,
                    last_looked_for: None,
                });
            }
            Event::BeatMoved { beat, happened_at, .. } => self.change(|duty| (duty.beat, duty.announced_at) = (*beat, *happened_at)),
            Event::DutyAssigned { owner, .. } => self.change(|duty| duty.owner.clone_from(owner)),
            Event::HomeLost { how, happened_at, .. } => self.change(|duty| duty.lost = Some((*how, *happened_at))),
            Event::Rehoused { place, happened_at, .. } => {
                self.change(|duty| duty.state = DutyState::Rehoused { place: *place, at: *happened_at });
            }
            // Who is under a roof for the time being still needs a home.
            Event::StopgapFound { .. } => {}
            Event::DestinationUnknown { last_looked_for, .. } => self.change(|duty| duty.last_looked_for = Some(*last_looked_for)),
            Event::DutyMet { happened_at, .. } => self.change(|duty| duty.state = DutyState::Stays { at: *happened_at }),
            Event::ListReviewOpened { case, organisation, ground, entered_on, ends_on, told, flaws } => {
                self.case = Some(*case);
                let entry = Entry { ground: *ground, entered_on: *entered_on, ends_on: *ends_on, told: *told, flaws: flaws.clone() };
                self.entries.insert(organisation.clone(), entry);
            }
            Event::ListReviewed { organisation, verdict, .. } => {
                if *verdict == Verdict::Remove {
                    self.entries.remove(organisation);
                }
            }
            Event::TermChanged(term) => self.terms = self.terms.evolve(term),
        }
        self
    }

    fn change(&mut self, how: impl FnOnce(&mut Duty)) {
        if let Some(duty) = &mut self.duty {
            how(duty);
        }
    }
}
