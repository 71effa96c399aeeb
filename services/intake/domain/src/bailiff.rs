//! What a bailiff (*gerechtsdeurwaarder*) tells: the time of an eviction and the goods that are there (art. 14 Gerechtsdeurwaarderswet), and
//! a household that asks it to hand over. Each is known by the bailiff's own reference.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use kernel::{CaseId, Key};
use uuid::Uuid;

use crate::{
    decide::Draft,
    event::Event,
    state::{AddressFile, Region},
    words::{Keyed, Origin, RegionName, coded},
};

coded! {
    /// Nature of the goods (*aard van de zaken*) that will stand in the street: who carries them off and stores them (Rv art. 556 lid 3)
    /// has to know.
    Goods {
        /// Of a household (*inboedel*).
        Household = "household";
        /// Of a business (*bedrijfsinventaris*).
        Business = "business";
        /// Animals (*dieren*).
        Animals = "animals";
        /// Vehicles (*voertuigen*).
        Vehicles = "vehicles";
        /// Dangerous to carry or store (*gevaarlijke stoffen*).
        Hazardous = "hazardous";
        /// Nothing is left (*leeg*).
        Nothing = "nothing";
    }
}
coded! {
    /// Why the eviction, as the title says.
    EvictionGround {
        /// Arrears (*huurachterstand*).
        Arrears = "arrears";
        /// Nuisance (*overlast*).
        Nuisance = "nuisance";
        /// Closed by the mayor (BW art. 7:231 lid 2).
        Mayor = "mayor";
        /// Another.
        Other = "other";
    }
}

/// Who told it, under which reference, and what they keep to show that they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByBailiff {
    /// Code of the bailiff's office, from its token.
    pub organisation: String,
    /// Office and reference.
    pub identity: Keyed,
    /// Everything that was told.
    pub content: Keyed,
    /// Of the acknowledgement; tells nothing about the case.
    pub receipt_id: Uuid,
    /// Arrival (UTC).
    pub received_at: Timestamp,
}

/// The eviction, as the notice tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The day.
    pub on: Date,
    /// The hour, Europe/Amsterdam.
    pub time: Option<Time>,
    /// The day on which the order was served (*bevel*, Rv art. 555), when told.
    pub served_on: Option<Date>,
    /// Why.
    pub ground: EvictionGround,
    /// Nature of the goods, each once.
    pub goods: Vec<Goods>,
    /// Their size (*omvang*), in full cubic metres, when told.
    pub cubic_metres: Option<u16>,
}

/// A notice as it came in, with the ids it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// New.
    pub notice: Uuid,
    /// This address file.
    pub file: Key,
    /// New; used when no case is open.
    pub new_case: CaseId,
    /// Vault record of who lives where, already written.
    pub vault_id: Uuid,
    /// By whom.
    pub by: ByBailiff,
    /// What.
    pub eviction: Notice,
}

/// A bailiff told the municipality of an eviction (art. 14 Gdw). The court liaison takes it up as an announced eviction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvictionNoticed {
    /// Its own id: a corrected notice keeps it.
    pub notice: Uuid,
    /// The case.
    pub case: CaseId,
    /// It corrects what the same notice told before.
    pub corrects: bool,
    /// By whom.
    pub by: ByBailiff,
    /// What.
    pub eviction: Notice,
    /// Vault record of who lives where.
    pub vault_id: Uuid,
    /// This address file.
    pub file: Key,
    /// When it was told (UTC).
    pub happened_at: Timestamp,
}

/// What a bailiff told before, of one reference: the newest word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The notice, or the request of the household that was handed over.
    pub id: Uuid,
    /// Its case.
    pub case: CaseId,
    /// By whom, and what they keep.
    pub by: ByBailiff,
}

impl AddressFile {
    /// The newest word under a bailiff's reference.
    pub fn told(&self, identity: Keyed) -> Option<&Told> {
        self.told.iter().find(|told| told.by.identity == identity)
    }

    pub(crate) fn take_word_in(&mut self, id: Uuid, case: CaseId, by: &ByBailiff) {
        self.told.retain(|told| told.by.identity != by.identity);
        self.told.push(Told { id, case, by: by.clone() });
    }
}

impl Draft {
    /// A fact, so always recorded: in the case of the same notice or the open one of the address, or in a new one at step 11 of which the
    /// earlier steps are unknown. The same content again is a repeat.
    pub(crate) fn notice_eviction(&mut self, new: &NewNotice) {
        let known = self.state.told(new.by.identity).cloned();
        if known.as_ref().is_some_and(|told| told.by.content == new.by.content) {
            return;
        }
        let same = known.as_ref().and_then(|told| self.state.case(told.case)).filter(|case| case.is_open());
        let case = match same.or_else(|| self.state.open_case(None)).map(|case| (case.id, case.legal)) {
            Some((open, legal)) => {
                // At once: until the court liaison takes it up the case is not to be closed for want of a legal track.
                if legal != Region::Running {
                    self.region(open, RegionName::Legal, false, None, false);
                }
                open
            }
            None => {
                self.open(new.file, new.new_case, 11, Origin::Bailiff, None);
                self.region(new.new_case, RegionName::Legal, false, None, false);
                new.new_case
            }
        };
        self.push(Event::EvictionNoticed(EvictionNoticed {
            notice: known.as_ref().map_or(new.notice, |told| told.id),
            case,
            corrects: known.is_some(),
            by: new.by.clone(),
            eviction: new.eviction.clone(),
            vault_id: new.vault_id,
            file: new.file,
            happened_at: self.moment.happened_at,
        }));
    }
}
