//! What a household itself brings in: its own request for help, and the death of the tenant. Such a matter of its own ends by its own answer or by a result,
//! never because a creditor was paid or took its report back, and never because nobody was reached.

use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, Key};
use uuid::Uuid;

use crate::{
    bailiff::ByBailiff,
    command::Rejection,
    decide::Draft,
    event::Event,
    event::SignalWithdrawn,
    state::Region,
    words::{LeftBehind, Origin, Outcome, RegionName, Threat, WithdrawalReason},
};

/// A request as it came in, with the ids it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// New.
    pub request: Uuid,
    /// This address file.
    pub file: Key,
    /// New; used when no case is open.
    pub new_case: CaseId,
    /// Vault record of who asks and where, already written.
    pub vault_id: Uuid,
    /// What threatens, when something does.
    pub threat: Option<Threat>,
    /// The day of the eviction, when that is known.
    pub eviction_on: Option<Date>,
    /// The bailiff that handed the household over, with its word (*warme overdracht*).
    pub by: Option<ByBailiff>,
    /// The district (*wijk*) of the address, by the municipality's own code, when known.
    pub district: Option<String>,
}

/// A household asked for help itself (Wgs art. 4). No signal: no creditor gets a receipt for it, or hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRequested {
    /// Its own id.
    pub request: Uuid,
    /// The case.
    pub case: CaseId,
    /// When it was asked (UTC): the clock of the first conversation runs from here.
    pub asked_at: Timestamp,
    /// What threatens, when something does.
    pub threat: Option<Threat>,
    /// The day of the eviction, when that is known.
    pub eviction_on: Option<Date>,
    /// Vault record of who asks and where.
    pub vault_id: Uuid,
    /// This address file.
    pub file: Key,
    /// The bailiff that handed the household over (*warme overdracht*).
    pub by: Option<ByBailiff>,
    /// The district (*wijk*) of the address, by the municipality's own code, when known.
    pub district: Option<String>,
}

/// The tenant died. Who is left behind is considered still, whatever becomes of the reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantDied {
    /// The case.
    pub case: CaseId,
    /// The day, when known: the term to claim the lease runs from it.
    pub died_on: Option<Date>,
    /// Who is left behind.
    pub left_behind: LeftBehind,
    /// When it was told (UTC).
    pub happened_at: Timestamp,
}

impl Draft {
    /// Always accepted: in the open case of the address, or in a new one. What a bailiff told with the same content is a repeat.
    pub(crate) fn request_help(&mut self, new: &NewRequest) {
        let known = new.by.as_ref().and_then(|by| self.state.told(by.identity).filter(|told| told.by.content == by.content));
        if known.is_some() {
            return;
        }
        let case = match self.state.open_case(None) {
            Some(open) => open.id,
            None => {
                self.open(new.file, new.new_case, 4, Origin::Resident, None);
                new.new_case
            }
        };
        self.push(Event::HelpRequested(HelpRequested {
            request: new.request,
            case,
            asked_at: self.moment.happened_at,
            threat: new.threat,
            eviction_on: new.eviction_on,
            vault_id: new.vault_id,
            file: new.file,
            by: new.by.clone(),
            district: new.district.clone(),
        }));
    }

    /// A fact, so always recorded; another word on who is left behind takes the place of the one before.
    pub(crate) fn record_death(&mut self, id: CaseId, died_on: Option<Date>, left_behind: LeftBehind) -> Result<(), Rejection> {
        if left_behind.may_claim() && died_on.is_none() {
            return Err(Rejection::DayMissing);
        }
        let case = self.state.case(id).ok_or(Rejection::CaseUnknown)?;
        if case.handed_to.is_some() {
            return Err(Rejection::HandedOver);
        }
        if case.death == Some((died_on, left_behind)) {
            return Ok(());
        }
        if left_behind.needs_help() {
            self.reopen(id, Origin::Resident)?;
        }
        self.death(id, died_on, left_behind);
        // What was reported of the tenant is the estate's; a co-tenant owes it too.
        if matches!(left_behind, LeftBehind::Nobody | LeftBehind::Housemate | LeftBehind::Carer) {
            for signal in self.state.standing(id).map(|signal| signal.id).collect::<Vec<_>>() {
                self.push(Event::SignalWithdrawn(SignalWithdrawn { signal, case: id, reason: WithdrawalReason::Deceased }));
            }
        }
        if left_behind == LeftBehind::Nobody && self.state.case(id).is_some_and(|case| case.is_open() && case.help == Region::Running) {
            self.region(id, RegionName::Help, true, Some(Outcome::Deceased), false);
        }
        self.close_if_over(id);
        Ok(())
    }

    /// Also told by a partner that takes its report back because of it: then somebody finds out who is left behind.
    pub(crate) fn death(&mut self, case: CaseId, died_on: Option<Date>, left_behind: LeftBehind) {
        let happened_at = self.moment.happened_at;
        self.push(Event::TenantDied(TenantDied { case, died_on, left_behind, happened_at }));
    }
}
