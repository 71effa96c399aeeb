//! The persons of an address file: ids, and which vault records hold their names. Names are compared elsewhere; here stands
//! what came of it.

use std::collections::{BTreeMap, BTreeSet};

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
    judged: BTreeMap<Pair, bool>,
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
        self.doubted.iter().copied().filter(|pair| !self.judged.contains_key(pair) && self.of(pair.0) != self.of(pair.1))
    }

    /// Whether nobody decided yet if these two are one.
    pub fn in_doubt(&self, one: PersonId, other: PersonId) -> bool {
        self.doubted().any(|pair| pair == (one, other) || pair == (other, one))
    }

    /// A person under the id that was known first, when several were judged to be one.
    pub fn of(&self, person: PersonId) -> PersonId {
        let mut one = BTreeSet::from([person]);
        loop {
            let next = self.judged.iter().filter(|(_, same)| **same).find_map(|((a, b), _)| match (one.contains(a), one.contains(b)) {
                (true, false) => Some(*b),
                (false, true) => Some(*a),
                _ => None,
            });
            match next {
                Some(next) => one.insert(next),
                None => break,
            };
        }
        self.known.iter().map(|known| known.id).find(|known| one.contains(known)).unwrap_or(person)
    }

    /// Two persons as a pair; none when one of them is not known here, or they are one and the same id.
    pub fn pair(&self, one: PersonId, other: PersonId) -> Option<Pair> {
        let mut both = self.known.iter().map(|known| known.id).filter(|known| [one, other].contains(known));
        both.next().zip(both.next())
    }

    /// What was decided of a pair.
    pub fn judged(&self, pair: Pair) -> Option<bool> {
        self.judged.get(&pair).copied()
    }

    pub(crate) fn judge(&mut self, pair: Pair, same: bool) {
        self.judged.insert(pair, same);
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
