//! What a household itself brings in: its own request for help. Such a matter of its own ends by its own answer or by a result,
//! never because a creditor was paid or took its report back, and never because nobody was reached.

use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, Key};
use uuid::Uuid;

use crate::{
    decide::Draft,
    event::Event,
    words::{Origin, Threat},
};

/// A request as it came in, with the ids it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Draft {
    /// Always accepted: in the open case of the address, or in a new one.
    pub(crate) fn request_help(&mut self, new: &NewRequest) {
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
        }));
    }
}
