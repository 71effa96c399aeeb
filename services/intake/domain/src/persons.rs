//! The persons of an address file: ids, and which vault records hold their names. Names are compared elsewhere; here stands
//! what came of it.

use std::collections::BTreeSet;

use kernel::PersonId;
use uuid::Uuid;

use crate::person::Matched;

/// Two persons of one address file, the one that was known first in front.
pub type Pair = (PersonId, PersonId);

/// A person of this address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub id: PersonId,
    /// Vault records, one for each way in which the name was written.
    pub names: Vec<Uuid>,
}

/// The persons of an address file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Persons {
    known: Vec<Known>,
    doubted: BTreeSet<Pair>,
}

impl Persons {
    /// All of them, in the order in which they became known.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// How many written names are known: a report that was compared with fewer has to be compared again.
    pub fn names(&self) -> usize {
        self.known.iter().map(|one| one.names.len()).sum()
    }

    /// Pairs of which somebody must decide whether they are one person.
    pub fn doubted(&self) -> impl Iterator<Item = Pair> {
        self.doubted.iter().copied()
    }

    /// A report was found to be about somebody; `record` holds the name.
    pub(crate) fn add(&mut self, matched: &Matched, record: Uuid) {
        match self.known.iter_mut().find(|one| one.id == matched.person) {
            Some(one) if matched.new_name => one.names.push(record),
            Some(_) => {}
            None => self.known.push(Known { id: matched.person, names: vec![record] }),
        }
        self.doubted.extend(matched.doubts.iter().map(|doubt| (*doubt, matched.person)));
    }
}
