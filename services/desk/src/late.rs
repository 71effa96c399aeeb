//! Final supplies (*eindafsluiting*) that partners reported after their last day, twenty working days before the end: for whoever
//! keeps up with the partner. Accepted all the same; nothing here is about the household.

use std::{collections::HashMap, iter};

use jiff::{Timestamp, civil::Date};
use journal::terms::{date_in, date_out};
use kernel::{
    CaseId, Gemeentecode,
    days::{amsterdam_date, is_working_day},
};
use proto::{common::v1 as common, desk::v1 as pb};

use crate::{
    entry::Entries,
    event::Event,
    sieve::Standing,
    store::{Store, Wanted},
};

/// A final supply as a partner reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    /// Code of the partner.
    pub organisation: String,
    /// The day of the first report, Europe/Amsterdam.
    pub received_on: Date,
    /// The last day on which the partner was to report.
    pub report_by: Date,
    /// The day supply ends.
    pub ends: Date,
}

impl Supply {
    fn of(organisation: &str, received_at_ms: i64, ends: Option<&common::Date>, report_by: Option<&common::Date>) -> Option<Self> {
        let received_on = Timestamp::from_millisecond(received_at_ms).map(amsterdam_date).ok()?;
        let (ends, report_by) = (date_in(ends).ok()?, date_in(report_by).ok()?);
        Some(Self { organisation: organisation.to_owned(), received_on, report_by, ends })
    }

    /// Working days (*werkdagen*) after the last day; none when it was in time.
    pub fn working_days_late(&self) -> u32 {
        let days = iter::successors(self.report_by.tomorrow().ok(), |day| day.tomorrow().ok());
        let late = days.take_while(|day| *day <= self.received_on).filter(|day| is_working_day(*day)).count();
        u32::try_from(late).unwrap_or(u32::MAX)
    }
}

/// The final supplies of a case that were late, by signal. A correction tells another end; what was reported in error was never late.
fn of_case(entries: &Entries) -> HashMap<Vec<u8>, Supply> {
    let mut supplies = HashMap::new();
    for (_, event, _) in entries.values().flat_map(|entry| entry.events().collect::<Vec<_>>()) {
        let (signal, supply) = match event {
            Event::SignalAccepted(e) => {
                let supply = Supply::of(&e.organisation, e.received_at_ms, e.supply_ends.as_ref(), e.supply_report_by.as_ref());
                (e.signal_id, supply)
            }
            Event::SignalCorrected(e) => {
                let supply = Supply::of(&e.organisation, e.first_received_at_ms, e.supply_ends.as_ref(), e.supply_report_by.as_ref());
                (e.signal_id, supply)
            }
            Event::SignalWithdrawn(e) if e.reason == "error" => (e.signal_id, None),
            _ => continue,
        };
        supplies.remove(&signal);
        if let Some(supply) = supply.filter(|supply| supply.received_on > supply.report_by) {
            supplies.insert(signal, supply);
        }
    }
    supplies
}

/// Those of these municipalities: by partner, newest first. A report that went along to another municipality counts once.
pub fn reports(store: &Store, gemeenten: &[Gemeentecode]) -> Vec<pb::LateSupply> {
    let wanted = Wanted { gemeenten, standings: &Standing::ALL, ddas: None };
    let (lines, _) = store.list(&wanted, None, usize::MAX);
    let mut all: HashMap<Vec<u8>, (Supply, pb::CaseLine)> = HashMap::new();
    for line in lines {
        let Ok(case) = line.case_id.parse::<CaseId>() else { continue };
        for (signal, supply) in of_case(&store.entries(case)) {
            all.entry(signal).or_insert_with(|| (supply, line.clone()));
        }
    }
    let mut all: Vec<_> = all.into_values().map(|(supply, line)| out(&supply, line)).collect();
    all.sort_by_cached_key(key);
    all
}

/// By partner, the newest first.
pub fn key(one: &pb::LateSupply) -> String {
    let day = |date: &Option<common::Date>| date.as_ref().map(|date| date.iso.clone()).unwrap_or_default();
    let later_first: String = day(&one.received_on).bytes().map(|byte| char::from(b'9' - byte.wrapping_sub(b'0').min(9))).collect();
    [&one.organisation, &later_first, &one.case_id, &day(&one.report_by), &day(&one.supply_ends)].map(String::as_str).join(" ")
}

fn out(supply: &Supply, line: pb::CaseLine) -> pb::LateSupply {
    pb::LateSupply {
        organisation: supply.organisation.clone(),
        case_id: line.case_id,
        gemeentecode: line.gemeentecode,
        received_on: Some(date_out(supply.received_on)),
        report_by: Some(date_out(supply.report_by)),
        supply_ends: Some(date_out(supply.ends)),
        working_days_late: supply.working_days_late(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn lateness_is_told_in_working_days() {
        let supply =
            |received_on| Supply { organisation: "water".to_owned(), received_on, report_by: date(2026, 4, 1), ends: date(2026, 4, 30) };
        // Good Friday, the weekend and Easter Monday in between.
        for (on, late) in [(date(2026, 4, 1), 0), (date(2026, 4, 2), 1), (date(2026, 4, 6), 1), (date(2026, 4, 7), 2)] {
            assert_eq!(supply(on).working_days_late(), late, "{on}");
        }
    }
}
