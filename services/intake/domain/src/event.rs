//! What happened to an address file. No personal data: ids, keyed hashes, codes, amounts in cents, dates.

use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, Cents, Key, SignalId};
use uuid::Uuid;

use crate::words::{Keyed, Origin, Outcome, PartnerKind, PaymentKind, RegionName, Shown, WithdrawalReason};

/// A case (*zaak*) began. Intake alone opens cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseOpened {
    /// The case.
    pub case: CaseId,
    /// First step of the chart that is known, 1 to 11; earlier ones are unknown, not skipped.
    pub entry_step: u8,
    /// How it began.
    pub origin: Origin,
    /// This address file, for those who answer.
    pub file: Key,
    /// When (UTC).
    pub happened_at: Timestamp,
    /// The case before it at this address, when this is a new episode.
    pub previous: Option<CaseId>,
    /// Vault record of the address, when the case began without a signal.
    pub vault_id: Option<Uuid>,
    /// The case was closed and goes on under the same id; its entry step is the first one still.
    pub again: bool,
}

/// Step 1 or 2, told by the landlord under its own reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LandlordStageRecorded {
    /// The case.
    pub case: CaseId,
    /// 1: arrears arise; 2: personal contact.
    pub step: u8,
    /// When (UTC).
    pub happened_at: Timestamp,
    /// Arrears, when told.
    pub amount: Cents,
    /// Partner and reference.
    pub reference: Keyed,
    /// What the landlord keeps.
    pub receipt_id: Uuid,
    /// Arrival (UTC).
    pub received_at: Timestamp,
}

/// A report of arrears (*signaal*) was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalAccepted {
    /// The signal.
    pub signal: SignalId,
    /// The case it belongs to.
    pub case: CaseId,
    /// Who reports.
    pub kind: PartnerKind,
    /// Code of the partner.
    pub organisation: String,
    /// Arrears.
    pub amount: Cents,
    /// Since when, when told.
    pub arrears_since: Option<Date>,
    /// Date on the report.
    pub signal_date: Date,
    /// Arrival of the last byte (UTC).
    pub received_at: Timestamp,
    /// Vault record of the person.
    pub vault_id: Uuid,
    /// Partner, reference, kind and month: the signal's identity.
    pub identity: Keyed,
    /// The content, to know a repeat from a correction.
    pub content: Keyed,
    /// Bgs art. 2 a, b, c, d.
    pub duties: [Shown; 4],
    /// What the partner keeps.
    pub receipt_id: Uuid,
    /// This address file.
    pub file: Key,
    /// Date of the landlord's own contact (duty a), when told.
    pub contact_on: Option<Date>,
    /// Partner and reference.
    pub reference: Keyed,
}

/// A signal no longer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalWithdrawn {
    /// The signal.
    pub signal: SignalId,
    /// Its case.
    pub case: CaseId,
    /// Why.
    pub reason: WithdrawalReason,
}

/// Something about the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecorded {
    /// The case.
    pub case: CaseId,
    /// What.
    pub kind: PaymentKind,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// Another context said what became of its region of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionReported {
    /// The case.
    pub case: CaseId,
    /// Which region.
    pub region: RegionName,
    /// Finished, or running.
    pub finished: bool,
    /// How it finished; for a running region, what was lost.
    pub outcome: Option<Outcome>,
    /// A home was lost without a place, under pressure or without trace.
    pub failed: bool,
}

/// A case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseClosed {
    /// The case.
    pub case: CaseId,
    /// How.
    pub outcome: Outcome,
    /// A failure of the sieve: never to be called sieved out (*uitgezeefd*).
    pub failed: bool,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// Intake's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Public.
    CaseOpened(CaseOpened),
    /// Public.
    LandlordStageRecorded(LandlordStageRecorded),
    /// Public.
    SignalAccepted(SignalAccepted),
    /// Public.
    SignalWithdrawn(SignalWithdrawn),
    /// Public.
    PaymentRecorded(PaymentRecorded),
    /// Private.
    RegionReported(RegionReported),
    /// Public.
    CaseClosed(CaseClosed),
}

impl Event {
    /// The case it is about.
    pub const fn case(&self) -> CaseId {
        match self {
            Self::CaseOpened(e) => e.case,
            Self::LandlordStageRecorded(e) => e.case,
            Self::SignalAccepted(e) => e.case,
            Self::SignalWithdrawn(e) => e.case,
            Self::PaymentRecorded(e) => e.case,
            Self::RegionReported(e) => e.case,
            Self::CaseClosed(e) => e.case,
        }
    }
}
