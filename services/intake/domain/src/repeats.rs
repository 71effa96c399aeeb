//! Repeated reports of the same arrears (*herhaalde melding*): which they are, and when one need not be taken up. One with a higher amount
//! always is (DDAS).

use std::cmp::Ordering;

use jiff::ToSpan;
use kernel::{CaseId, days::amsterdam_date};

use crate::{
    command::NewSignal,
    state::{AddressFile, Signal},
    words::{Outcome, Repeats},
};

impl AddressFile {
    /// The newest report of the same arrears by the same partner.
    pub fn earlier_report(&self, new: &NewSignal) -> Option<&Signal> {
        self.same_arrears(new).next_back()
    }

    /// What a report repeats. Within one class the exact amounts decide; when they are not known, it counts as higher: it must be taken
    /// up then, so nothing is wrongly skipped.
    pub(crate) fn repeats(&self, new: &NewSignal) -> Option<Repeats> {
        let earlier = self.earlier_report(new)?;
        let compared = new.compared.filter(|compared| compared.with == earlier.given.vault_id);
        let higher = match new.amount.cmp(&earlier.amount) {
            Ordering::Greater => true,
            Ordering::Equal => compared.is_none_or(|compared| compared.higher),
            Ordering::Less => false,
        };
        Some(Repeats { signal: earlier.id, higher })
    }

    /// The case in which a report need not be taken up: the municipality skips repeats, the amount is not higher than it was, it is
    /// surely about the same person, nothing new threatens, and what was taken up is not too long ago.
    pub fn skips(&self, new: &NewSignal) -> Option<CaseId> {
        let months = new.skip_months?;
        let urgent = new.particulars.crisis == Some(true) || new.particulars.supply.is_some() || self.is_threatened();
        let repeats = self.repeats(new).filter(|repeats| !repeats.higher && !urgent)?;
        let newest = self.signals.iter().find(|one| one.id == repeats.signal)?;
        let taken_up = self.same_arrears(new).rev().find(|one| !one.skipped)?;
        let surely = [newest, taken_up].iter().all(|one| self.person(one) == Some(self.persons.of(new.person.person)));
        let last_day = amsterdam_date(taken_up.first_received_at).saturating_add(i32::from(months).months());
        let here = self.case(taken_up.case).is_some_and(|case| case.handed_to.is_none() && case.lost.is_none());
        (surely && here && amsterdam_date(new.received_at) <= last_day).then_some(taken_up.case)
    }

    /// Reports of the same arrears, oldest first: the same reference, kind and person, days of origin that do not contradict each
    /// other, not taken back and not paid since.
    fn same_arrears(&self, new: &NewSignal) -> impl DoubleEndedIterator<Item = &Signal> {
        let unpaid = |case: CaseId| {
            self.case(case).is_some_and(|case| {
                case.payment.settled.is_none() && !matches!(case.ended, Some((Outcome::Paid | Outcome::Plan | Outcome::Error, _)))
            })
        };
        self.signals.iter().filter(move |one| {
            let origins = one.arrears_since.zip(new.arrears_since);
            let arrears = one.reference == new.reference && one.kind == new.kind && origins.is_none_or(|(a, b)| a == b);
            one.stands() && arrears && self.may_be(one, new) && unpaid(one.case)
        })
    }
}
