//! What a partner says of the circumstances of a report: crisis, warm hand-over, final supply, contract. Told, never inferred: what was
//! not said stays unknown.

use jiff::civil::Date;
use kernel::days::working_days_back;

use crate::words::coded;

/// Working days before the end of supply by which the partner reports (covenant on early signalling, *eindafsluiting*).
const SUPPLY_WORKING_DAYS: u32 = 20;

/// The circumstances of a report (*bijzonderheden van het signaal*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// A crisis (DDAS *crisissignaal*), when told.
    pub crisis: Option<bool>,
    /// The partner spoke with the household and hands it over (DDAS *warmeOverdracht*), when told.
    pub warm_handover: Option<bool>,
    /// Supply ends (*eindafsluiting*).
    pub supply: Option<FinalSupply>,
    /// Below what was agreed: accepted, and marked.
    pub below: Option<Below>,
    /// By what contract the tenant lives there, when the landlord told it.
    pub contract: Option<Contract>,
}

impl Particulars {
    /// A threatening situation was told (Wgs art. 4 lid 2).
    pub fn tells_of_crisis(&self) -> bool {
        self.crisis == Some(true) || self.supply.is_some()
    }
}

coded! {
    /// By what contract somebody lives somewhere (*soort huurcontract*): it decides what protection there is, and so how soon help
    /// must come. Told by the landlord who reports.
    Contract {
        /// For an indefinite time (*onbepaalde tijd*).
        Regular = "regular";
        /// For a definite time (*tijdelijk*; BW art. 7:271).
        Temporary = "temporary";
        /// Guarding an empty building (*antikraak*, a loan for use: no tenancy).
        PropertyGuardian = "property-guardian";
        /// As long as somebody studies (*campuscontract*; BW art. 7:274d).
        Campus = "campus";
        /// With a job (*dienstwoning*, or housing of migrant workers).
        Employer = "employer";
        /// From an organisation that rents it itself and gives care (*intermediaire verhuur*).
        Intermediate = "intermediate";
        /// For a stay that is short by its nature (*short stay*; BW art. 7:232 lid 2).
        ShortStay = "short-stay";
        /// Something else.
        Other = "other";
    }
}

coded! {
    /// Below which threshold a report is.
    Below {
        /// The municipality's threshold amount (*drempelbedrag*).
        Amount = "amount";
        /// The days of arrears of the national covenant.
        Days = "days";
    }
}

/// Energy, water or heat is about to be cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalSupply {
    /// The day supply ends.
    pub ends: Date,
    /// The last day on which the partner was to report.
    pub report_by: Date,
}

impl FinalSupply {
    /// The partner's working days, counted back from the end of supply. Counted back from an event, so not moved
    /// (Algemene termijnenwet art. 1 lid 2).
    pub fn ending(ends: Date) -> Self {
        Self { ends, report_by: working_days_back(ends, SUPPLY_WORKING_DAYS) }
    }

    /// Reported after the partner's last day: accepted, and marked.
    pub fn is_late(&self, reported_on: Date) -> bool {
        reported_on > self.report_by
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_partners_days_are_counted_back_over_weekends_and_holidays() {
        // Four weeks without a holiday.
        let plain = FinalSupply::ending(date(2026, 9, 30));
        assert_eq!(plain.report_by, date(2026, 9, 2));
        assert!(!plain.is_late(date(2026, 9, 2)) && plain.is_late(date(2026, 9, 3)));
        // Good Friday, Easter Monday, Koningsdag, 5 May, Ascension Day in between.
        assert_eq!(FinalSupply::ending(date(2026, 5, 15)).report_by, date(2026, 4, 14));
    }
}
