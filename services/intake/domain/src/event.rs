//! What happened to an address file. No personal data: ids, keyed hashes, codes, arrears in tens of euros, dates.

use jiff::{Timestamp, civil::Date};
use kernel::{Arrears, CaseId, Key, PersonId, SignalId};
use uuid::Uuid;

use crate::{
    bailiff::EvictionNoticed,
    concern::ConcernChanged,
    hand_over::{CaseTakenOver, HandOverAnswered, HandOverOffered},
    household::{HelpRequested, TenantDied},
    merge::Assigned,
    occupancy::Vacated,
    particulars::Particulars,
    person::Matched,
    rights::{RightDecided, RightExtended, RightRequested},
    supplement::SignalSupplemented,
    wishes::{ConsentRecorded, ContactRestricted, RefusalRecorded, RestrictionEnded},
    words::{Duties, Keyed, Origin, Outcome, PartnerKind, PaymentKind, RegionName, Repeats, WithdrawalReason},
};

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
    /// Others lived here before, of whom nothing is shown in this case; how that is known.
    pub vacated: Option<Vacated>,
    /// Many households have this address: who is meant decides, never the address alone.
    pub collective: bool,
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
    pub amount: Arrears,
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
    pub amount: Arrears,
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
    /// Bgs art. 2 a-d. A landlord's signal with a duty that is not met was accepted because a threat was known.
    pub duties: Duties,
    /// Crisis, warm hand-over, final supply.
    pub particulars: Particulars,
    /// What the partner keeps.
    pub receipt_id: Uuid,
    /// This address file.
    pub file: Key,
    /// Partner and reference.
    pub reference: Keyed,
    /// The same arrears were reported before (*herhaalde melding*).
    pub repeats: Option<Repeats>,
    /// Whom it is about; not in events from before persons were told apart.
    pub person: Option<Matched>,
    /// A repeat that the municipality does not take up (*niet opgepakt: herhaalde melding*): it has its receipt, and changes nothing.
    pub skipped: bool,
    /// The district (*wijk*) of the address, by the municipality's own code, when known.
    pub district: Option<String>,
}

/// A signal got another content within the days of correction. It is the same signal: the clocks run on from the first
/// receipt, which is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalCorrected {
    /// The signal.
    pub signal: SignalId,
    /// Its case.
    pub case: CaseId,
    /// Who reports.
    pub kind: PartnerKind,
    /// Code of the partner.
    pub organisation: String,
    /// Arrears.
    pub amount: Arrears,
    /// Since when, when told.
    pub arrears_since: Option<Date>,
    /// Date on the report.
    pub signal_date: Date,
    /// Arrival of the correction's last byte (UTC).
    pub received_at: Timestamp,
    /// Arrival of the report that was corrected first (UTC): clocks run from here.
    pub first_received_at: Timestamp,
    /// Vault record of the person, as corrected.
    pub vault_id: Uuid,
    /// The vault record that is no longer right.
    pub replaced_vault_id: Uuid,
    /// The content.
    pub content: Keyed,
    /// Bgs art. 2 a-d.
    pub duties: Duties,
    /// Crisis, warm hand-over, final supply.
    pub particulars: Particulars,
    /// What the partner keeps.
    pub receipt_id: Uuid,
    /// The receipt that no longer holds.
    pub replaced_receipt_id: Uuid,
    /// Whom it is about, as corrected; not in events from before persons were told apart.
    pub person: Option<Matched>,
}

/// A landlord's report was returned: by its own declaration a duty is not met, so the report is not due yet (Bgs art. 2)
/// and no clock runs. No case: it stands in a file of its own, without an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalReturned {
    /// Its own id.
    pub signal: SignalId,
    /// Code of the partner.
    pub organisation: String,
    /// Arrival of the last byte (UTC).
    pub received_at: Timestamp,
    /// Vault record of the content, until then.
    pub vault_id: Uuid,
    /// Partner, reference, kind and month.
    pub identity: Keyed,
    /// The content, to know a repeat.
    pub content: Keyed,
    /// Bgs art. 2 a-d.
    pub duties: Duties,
    /// When the content is removed (UTC).
    pub forget_at: Timestamp,
}

/// The content of a returned report was removed from the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnForgotten {
    /// The returned report.
    pub signal: SignalId,
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

/// Somebody decided whether two persons who are in doubt are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonsJudged {
    /// The case of the newest report about the second of them.
    pub case: CaseId,
    /// Who was known first.
    pub one: PersonId,
    /// The other.
    pub other: PersonId,
    /// They are one person.
    pub same: bool,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// A case goes with another one from now on. Nothing of it is moved; the other case's file has the other half of the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CasesMerged {
    /// The case of this file.
    pub case: CaseId,
    /// The case it goes with.
    pub other: CaseId,
    /// The address file of that case.
    pub other_file: Key,
    /// The work is done in this case.
    pub leading: bool,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// Two cases go apart again. What was done in between is shown in both, each with whose it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasesUnmerged {
    /// The case of this file.
    pub case: CaseId,
    /// The case it went with.
    pub other: CaseId,
    /// Whose the work was, as a person decided.
    pub assigned: Vec<Assigned>,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// A letter that went out while two cases were merged was put right with who received it (*rectificatie*, AVG art. 16 and 19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterRectified {
    /// The case of this file.
    pub case: CaseId,
    /// The case it went with.
    pub other: CaseId,
    /// The context that recorded the letter.
    pub context: String,
    /// The commit that recorded it.
    pub sequence: u64,
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
    SignalCorrected(SignalCorrected),
    /// Public when it tells of a crisis.
    SignalSupplemented(SignalSupplemented),
    /// Private.
    SignalReturned(SignalReturned),
    /// Private.
    ReturnForgotten(ReturnForgotten),
    /// Public.
    HelpRequested(HelpRequested),
    /// Public.
    EvictionNoticed(EvictionNoticed),
    /// Public.
    TenantDied(TenantDied),
    /// Public.
    HandOverOffered(HandOverOffered),
    /// Public.
    HandOverAnswered(HandOverAnswered),
    /// Public.
    CaseTakenOver(CaseTakenOver),
    /// Public.
    SignalWithdrawn(SignalWithdrawn),
    /// Public.
    PaymentRecorded(PaymentRecorded),
    /// Private.
    RegionReported(RegionReported),
    /// Public.
    CaseClosed(CaseClosed),
    /// Private.
    PersonsJudged(PersonsJudged),
    /// Private.
    CasesMerged(CasesMerged),
    /// Private.
    CasesUnmerged(CasesUnmerged),
    /// Private.
    LetterRectified(LetterRectified),
    /// Public: an objection stops attempts.
    RightRequested(RightRequested),
    /// Private.
    RightExtended(RightExtended),
    /// Public.
    RightDecided(RightDecided),
    /// Private.
    ConcernChanged(ConcernChanged),
    /// Private.
    ConsentRecorded(ConsentRecorded),
    /// Public: a channel is not used.
    ContactRestricted(ContactRestricted),
    /// Public.
    RestrictionEnded(RestrictionEnded),
    /// Public when nobody is left to help.
    RefusalRecorded(RefusalRecorded),
}

impl Event {
    /// The case it is about. A returned report and a concern have none: they go by their own id.
    pub const fn case(&self) -> CaseId {
        match self {
            Self::CaseOpened(e) => e.case,
            Self::LandlordStageRecorded(e) => e.case,
            Self::SignalAccepted(e) => e.case,
            Self::SignalCorrected(e) => e.case,
            Self::SignalSupplemented(e) => e.case,
            Self::SignalReturned(e) => CaseId::from_uuid(e.signal.uuid()),
            Self::ReturnForgotten(e) => CaseId::from_uuid(e.signal.uuid()),
            Self::HelpRequested(e) => e.case,
            Self::EvictionNoticed(e) => e.case,
            Self::TenantDied(e) => e.case,
            Self::HandOverOffered(e) => e.case,
            Self::HandOverAnswered(e) => e.case,
            Self::CaseTakenOver(e) => e.case,
            Self::SignalWithdrawn(e) => e.case,
            Self::PaymentRecorded(e) => e.case,
            Self::RegionReported(e) => e.case,
            Self::CaseClosed(e) => e.case,
            Self::PersonsJudged(e) => e.case,
            Self::CasesMerged(e) => e.case,
            Self::CasesUnmerged(e) => e.case,
            Self::LetterRectified(e) => e.case,
            Self::RightRequested(e) => e.case,
            Self::RightExtended(e) => e.case,
            Self::RightDecided(e) => e.case,
            Self::ConcernChanged(e) => CaseId::from_uuid(e.concern),
            Self::ConsentRecorded(e) => e.case,
            Self::ContactRestricted(e) => e.case,
            Self::RestrictionEnded(e) => e.case,
            Self::RefusalRecorded(e) => e.case,
        }
    }
}
