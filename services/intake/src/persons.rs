//! Whom a report is about: the names of those known at an address, opened from the vault, and compared.

use std::sync::Arc;

use intake_domain::{
    AddressFile, Keyed,
    person::{KnownPerson, Matched, Name, find},
};
use kernel::{PersonId, ids::new_uuid};
use proto::intake::v1 as pb;

use crate::vault::{Vault, VaultError};

/// A name as the domain compares it.
pub fn name(person: Option<&pb::Person>) -> Name {
    person.map_or_else(Name::default, |person| Name {
        given: person.initials.clone(),
        infix: person.infix.clone(),
        surname: person.surname.clone(),
    })
}

/// Compares names with those of an address.
pub struct Persons {
    vault: Arc<Vault>,
}

impl Persons {
    /// Over this vault.
    pub const fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }

    /// Whom a report with this name and reference is about, at an address of which this is known. An address that nobody knew
    /// costs nothing.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn find(&self, state: &AddressFile, reference: Keyed, name: &Name, now: jiff::Timestamp) -> Result<Matched, VaultError> {
        let mut known = Vec::with_capacity(state.persons.known().len());
        for one in state.persons.known() {
            let by_reference = state.signals.iter().any(|signal| signal.reference == reference && signal.person == Some(one.id));
            known.push(KnownPerson { person: one.id, names: self.names(&one.names).await?, by_reference });
        }
        Ok(find(name, &known, PersonId::from_uuid(new_uuid(now))))
    }

    /// The names in these records; of one that was erased nothing is known.
    async fn names(&self, records: &[uuid::Uuid]) -> Result<Vec<Name>, VaultError> {
        let mut names = Vec::with_capacity(records.len());
        for record in records {
            names.extend(self.vault.open(*record).await?.map(|household| name(household.person.as_ref())));
        }
        Ok(names)
    }
}
