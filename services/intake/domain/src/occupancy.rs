//! Which case a report belongs to: a case is a household at an address. Whoever comes to live there after it is another
//! household, of which the report opens a case that shows nothing of the one before.

use kernel::{
    CaseId, PersonId,
    matching::{Class, Period},
};

use crate::{
    command::NewSignal,
    state::{AddressFile, Case, Signal},
    words::{Outcome, PartnerKind, WithdrawalReason, coded},
};

coded! {
    /// What tells that a household no longer lives at the address, so that somebody else is a new occupant (*nieuwe bewoner*).
    Vacated {
        /// The home was lost, or the household lives elsewhere.
        Left = "left";
        /// The new tenancy began after the last report about the old one.
        Tenancy = "tenancy";
        /// The same landlord reports somebody else, under another reference.
        Reference = "reference";
    }
}

/// Where a report belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this open case.
    In(CaseId),
    /// In a case of its own.
    New {
        /// The case before it of this household.
        previous: Option<CaseId>,
        /// Others lived here before; how that is known.
        vacated: Option<Vacated>,
    },
}

impl AddressFile {
    /// Where a report belongs. At an address of many households (*verzameladres*) the person alone decides.
    pub fn place(&self, new: &NewSignal) -> Place {
        let collective = new.collective || self.collective;
        let own = self.references.get(&new.reference).copied();
        let fits = |case: &Case| {
            let nobody = self.about(case.id).next().is_none();
            match collective {
                true => self.holds(case, new) || (nobody && own == Some(case.id)),
                false => !(self.strangers(case, new) && self.vacated(case, new).is_some()),
            }
        };
        let open = || self.cases.iter().filter(|case| case.is_open() && fits(case));
        let found =
            open().find(|case| own == Some(case.id)).or_else(|| open().find(|case| self.holds(case, new))).or_else(|| open().next());
        if let Some(case) = found {
            return Place::In(case.id);
        }
        // Of a household that is surely another one nothing is shown, whether or not it is known to have left.
        let before = |case: &&Case| if collective { self.holds(case, new) } else { !self.strangers(case, new) };
        let previous = self.cases.iter().rev().find(before).map(|case| case.id);
        let left = || self.cases.iter().rev().filter(|case| self.strangers(case, new)).find_map(|case| self.vacated(case, new));
        let vacated = if collective || previous.is_some() { None } else { left() };
        Place::New { previous, vacated }
    }

    /// How a signal stands among the others about this address; at an address of many households, among those about its person.
    pub fn class(&self, signal: &Signal, period: Period) -> Class {
        let counts = |other: &&Signal| {
            other.id != signal.id
                && other.withdrawn != Some(WithdrawalReason::Error)
                && (!self.collective || self.person(other) == self.person(signal))
        };
        Class::of(period, signal.signal_date, self.signals.iter().filter(counts).map(|other| other.signal_date))
    }

    /// Whom a signal is about, as it was decided since.
    pub fn person(&self, signal: &Signal) -> Option<PersonId> {
        signal.person.map(|person| self.persons.of(person))
    }

    /// The signals that tell who belongs to a case.
    fn about(&self, case: CaseId) -> impl Iterator<Item = &Signal> {
        self.signals.iter().filter(move |signal| signal.case == case && signal.withdrawn != Some(WithdrawalReason::Error))
    }

    /// Whether a report may be about the person of a signal; of an older signal nobody knows.
    pub(crate) fn may_be(&self, signal: &Signal, new: &NewSignal) -> bool {
        let doubted = |person| new.person.doubts.contains(&person) || self.persons.in_doubt(person, new.person.person);
        signal.person.is_none_or(|person| self.persons.of(person) == self.persons.of(new.person.person) || doubted(person))
    }

    fn holds(&self, case: &Case, new: &NewSignal) -> bool {
        let person = self.persons.of(new.person.person);
        self.about(case.id).any(|signal| self.person(signal) == Some(person))
    }

    /// Everybody of the case is surely somebody else.
    fn strangers(&self, case: &Case, new: &NewSignal) -> bool {
        self.about(case.id).next().is_some() && !self.about(case.id).any(|signal| self.may_be(signal, new))
    }

    fn vacated(&self, case: &Case, new: &NewSignal) -> Option<Vacated> {
        let left = matches!(case.ended, Some((Outcome::Rehoused | Outcome::NotResident, _)))
            || self.about(case.id).all(|signal| signal.withdrawn == Some(WithdrawalReason::NotResident));
        if case.lost.is_some() || left {
            return Some(Vacated::Left);
        }
        let last = self.about(case.id).map(|signal| signal.signal_date).max();
        if new.tenancy_since.zip(last).is_some_and(|(since, last)| since > last) {
            return Some(Vacated::Tenancy);
        }
        let landlords = |signal: &&Signal| signal.kind == PartnerKind::Rent && *signal.organisation == *new.organisation;
        let mut own = self.about(case.id).filter(landlords).peekable();
        let another = own.peek().is_some() && own.all(|signal| signal.reference != new.reference);
        (new.kind == PartnerKind::Rent && another).then_some(Vacated::Reference)
    }
}
