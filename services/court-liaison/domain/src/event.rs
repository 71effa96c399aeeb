//! What happened, as it is stored.

use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, Key, SignalId, terms::TermEvent};
use uuid::Uuid;

use crate::{
    codes::coded,
    fact::Fact,
    outcome::{Finished, Outcome},
    violations::{Code, Violation},
};

coded! {
    /// What is known of the help track.
    Help {
        /// Help was offered (*aanbod*).
        Offered = "offered";
        /// Help was accepted (*aanvaard*).
        Accepted = "accepted";
    }
}

/// What happened. Instants are UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The region begins, or is entered again.
    TrackOpened {
        /// The case.
        case: CaseId,
        /// Intake's address file.
        file: Key,
        /// Vault record of the address.
        vault: Option<Uuid>,
        /// Intake already had the case.
        known_at_intake: bool,
        /// Step of the fact that opened it.
        entry_step: u8,
        /// 1 for the first time.
        episode: u32,
        /// When that fact happened.
        happened_at: Timestamp,
    },
    /// Somebody else did something.
    FactRecorded {
        /// The case.
        case: CaseId,
        /// What.
        fact: Fact,
        /// Step of the chart, 5 to 11.
        step: u8,
        /// When.
        happened_at: Timestamp,
        /// Intake's address file.
        file: Key,
        /// The notice of a bailiff that told it (art. 14 Gdw); otherwise staff did.
        notice: Option<Uuid>,
    },
    /// Out of order, as far as known.
    ViolationFound {
        /// The case.
        case: CaseId,
        /// What.
        violation: Violation,
    },
    /// In order after all.
    ViolationLifted {
        /// The case.
        case: CaseId,
        /// What.
        code: Code,
        /// Happened-at of the fact it was about.
        about: Timestamp,
    },
    /// The creditor waits.
    TrackPaused {
        /// The case.
        case: CaseId,
        /// Last day of the pause.
        until: Date,
        /// When it began.
        happened_at: Timestamp,
    },
    /// The pause is over.
    TrackResumed {
        /// The case.
        case: CaseId,
        /// When.
        happened_at: Timestamp,
    },
    /// We asked the court for protective administration (BW 1:432 lid 2).
    AdministrationAsked {
        /// The case.
        case: CaseId,
        /// Staff id of the second officer.
        second_officer: String,
        /// When.
        happened_at: Timestamp,
    },
    /// The region is over.
    TrackFinished {
        /// The case.
        case: CaseId,
        /// How, where and when.
        end: Finished,
        /// Intake's address file.
        file: Key,
    },
    /// The landlord's report of arrears.
    ReportKnown {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: SignalId,
        /// When intake received it.
        received_at: Timestamp,
        /// Intake's address file.
        file: Key,
    },
    /// Something of the help track.
    HelpNoted {
        /// The case.
        case: CaseId,
        /// What.
        what: Help,
        /// When.
        happened_at: Timestamp,
    },
    /// Intake closed the case.
    CaseEnded {
        /// The case.
        case: CaseId,
        /// Intake's outcome code.
        outcome: String,
    },
    /// A clock.
    TermChanged(TermEvent),
}

impl Event {
    /// The outcome, when it is an end.
    pub const fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::TrackFinished { end, .. } => Some(end.outcome),
            _ => None,
        }
    }
}
