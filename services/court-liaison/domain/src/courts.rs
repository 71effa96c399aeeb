//! What single courts ask of the time between report and writ: a dated table, in reviewed files.

use jiff::civil::Date;
use kernel::days::Length;

/// One rule of one court, as long as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourtRule {
    /// Court location, compared without regard to case.
    pub court: String,
    /// Stable code, part of the record for ever.
    pub code: String,
    /// Raised when the outcome changes for any date.
    pub version: u32,
    /// The writ is not served sooner than this many months after the report.
    pub min_months: Option<u32>,
    /// Nor later than this many.
    pub max_months: Option<u32>,
    /// First day of service to which it applies.
    pub from: Date,
    /// Last day; `None`: still in force.
    pub to: Option<Date>,
    /// Where it is written.
    pub source: String,
}

impl CourtRule {
    /// A writ served on `served` came too soon after a report of `reported`.
    pub fn too_soon(&self, reported: Date, served: Date) -> bool {
        self.min_months.is_some_and(|months| served < Length::Months(months).after(reported))
    }

    /// It came too late after it.
    pub fn too_late(&self, reported: Date, served: Date) -> bool {
        self.max_months.is_some_and(|months| served > Length::Months(months).after(reported))
    }
}

/// All rules of all courts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Courts {
    rules: Vec<CourtRule>,
}

impl Courts {
    /// A table of these rules.
    pub const fn new(rules: Vec<CourtRule>) -> Self {
        Self { rules }
    }

    /// Every rule.
    pub fn rules(&self) -> &[CourtRule] {
        &self.rules
    }

    /// The rules of a court for a writ served on a day.
    pub fn of(&self, court: &str, served: Date) -> impl Iterator<Item = &CourtRule> {
        self.rules.iter().filter(move |rule| {
            rule.court.eq_ignore_ascii_case(court.trim()) && rule.from <= served && rule.to.is_none_or(|to| served <= to)
        })
    }
}
