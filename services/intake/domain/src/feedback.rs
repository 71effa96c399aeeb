//! What a partner may be told of its own report: that it was taken up or not, until when to pause, that it is over. Never why: for two
//! different reasons it is one word (DDAS: of a report that was not taken up the partner learns only that).

use crate::words::{Outcome, WithdrawalReason};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feedback {
    /// Received (*ontvangen*); nothing more can be told yet.
    Received,
    /// Taken up (*opgepakt*).
    TakenUp,
    /// Not taken up (*niet opgepakt*).
    NotTakenUp,
    /// Help was accepted: the collection is paused (*incassopauze*; *Landelijk Convenant Vroegsignalering*).
    Pause,
    /// Over (*afgesloten*).
    Closed,
}

impl Feedback {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Received, Self::TakenUp, Self::NotTakenUp, Self::Pause, Self::Closed];

    /// Stable, lower-case, dashed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::TakenUp => "taken-up",
            Self::NotTakenUp => "not-taken-up",
            Self::Pause => "pause-until",
            Self::Closed => "closed",
        }
    }

    /// The one with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|feedback| feedback.code() == code)
    }

    /// Nothing comes after it.
    pub const fn is_last(self) -> bool {
        matches!(self, Self::NotTakenUp | Self::Closed)
    }

    /// Of a case that ended so: the exits of step 3 are a report that was not taken up.
    pub const fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Error
            | Outcome::NotResident
            | Outcome::Deceased
            | Outcome::RepeatedSame
            | Outcome::BelowThreshold
            | Outcome::KnownAtDebtHelp => Self::NotTakenUp,
            Outcome::Paid
            | Outcome::Plan
            | Outcome::RentBenefitPending
            | Outcome::Measure
            | Outcome::Referred
            | Outcome::SolvedQuickfix
            | Outcome::HelpFinancial
            | Outcome::HelpOther
            | Outcome::SelfSolved
            | Outcome::NoHelpWanted
            | Outcome::NoContact
            | Outcome::Withdrawn
            | Outcome::Settled
            | Outcome::Rejected
            | Outcome::PaymentOnly
            | Outcome::GraceMet
            | Outcome::ConditionalHeld
            | Outcome::MoratoriumPlan
            | Outcome::Agreement
            | Outcome::BewindVoluntary
            | Outcome::BewindSet
            | Outcome::Rehoused
            | Outcome::Stays
            | Outcome::TemporaryReturn
            | Outcome::OwnHomeShelter
            | Outcome::LeaseByMunicipality
            | Outcome::EvictedNoPlace
            | Outcome::LeftUnderPressure
            | Outcome::LeftUnknown
            | Outcome::ClosedByMayor
            | Outcome::HandedOver => Self::Closed,
        }
    }

    /// Of a report that no longer stands.
    pub const fn of_withdrawal(reason: WithdrawalReason) -> Self {
        match reason {
            WithdrawalReason::Error | WithdrawalReason::Deceased | WithdrawalReason::NotResident => Self::NotTakenUp,
            WithdrawalReason::Paid => Self::Closed,
        }
    }
}
