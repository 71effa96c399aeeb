//! What happened, as it is stored.

use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, Key, terms::TermEvent};

use crate::{
    list::{Flaw, ListGround, Verdict},
    values::{Ground, HowLost, Place},
};

/// What happened. Instants are UTC, days Europe/Amsterdam.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody must find a place.
    DutyOpened {
        /// The case.
        case: CaseId,
        /// Team or staff code.
        owner: String,
        /// The day a place must be there.
        beat: Date,
        /// Why the eviction.
        ground: Ground,
        /// Intake's address file.
        file: Key,
        /// When the eviction was announced or the home lost.
        happened_at: Timestamp,
    },
    /// Another day.
    BeatMoved {
        /// The case.
        case: CaseId,
        /// The day a place must be there.
        beat: Date,
        /// When that was announced.
        happened_at: Timestamp,
    },
    /// Somebody else must.
    DutyAssigned {
        /// The case.
        case: CaseId,
        /// Team or staff code.
        owner: String,
    },
    /// The home is gone.
    HomeLost {
        /// The case.
        case: CaseId,
        /// How.
        how: HowLost,
        /// When.
        happened_at: Timestamp,
    },
    /// A place was found: the duty is met.
    Rehoused {
        /// The case.
        case: CaseId,
        /// What kind.
        place: Place,
        /// When.
        happened_at: Timestamp,
        /// Before the home was lost.
        in_time: bool,
    },
    /// A roof for the time being (*tijdelijk onderdak*): the duty stays open.
    StopgapFound {
        /// The case.
        case: CaseId,
        /// What kind.
        place: Place,
        /// When.
        happened_at: Timestamp,
    },
    /// Looked for and not found: stays open, counts as a failure.
    DestinationUnknown {
        /// The case.
        case: CaseId,
        /// When somebody last looked.
        last_looked_for: Date,
    },
    /// The household stays: the duty is met.
    DutyMet {
        /// The case.
        case: CaseId,
        /// Outcome code of the legal track, or of the case.
        how: String,
        /// When.
        happened_at: Timestamp,
    },
    /// A landlord told of an entry on its signalling list.
    ListReviewOpened {
        /// The case.
        case: CaseId,
        /// Whose list.
        organisation: String,
        /// Why.
        ground: ListGround,
        /// First day on the list.
        entered_on: Date,
        /// Last day, when told.
        ends_on: Option<Date>,
        /// The person was told.
        told: bool,
        /// Why it should not have been made so.
        flaws: Vec<Flaw>,
    },
    /// An entry was reviewed.
    ListReviewed {
        /// The case.
        case: CaseId,
        /// Whose list.
        organisation: String,
        /// What came of it.
        verdict: Verdict,
    },
    /// A clock.
    TermChanged(TermEvent),
}
