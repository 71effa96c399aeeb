//! How a report stands among the others about its address (*matching*), by the national rules of early signalling: several in
//! one matching period, or one in the six months before it. By address, whoever it is about.

use jiff::{ToSpan, civil::Date};

/// Months before the matching period in which another report makes this one consecutive.
const MONTHS_BEFORE: i32 = 6;

/// What counts as "at the same time" (*matchingsperiode*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Period {
    /// From Monday.
    Week,
    /// A calendar month: what municipalities agreed on.
    #[default]
    Month,
    /// Three calendar months.
    Quarter,
}

impl Period {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Week, Self::Month, Self::Quarter];

    /// Stable, in English.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// The first and the last day of the period that a day lies in.
    pub fn of(self, day: Date) -> (Date, Date) {
        match self {
            Self::Week => {
                let first = day.saturating_sub(i32::from(day.weekday().to_monday_zero_offset()).days());
                (first, first.saturating_add(6.days()))
            }
            Self::Month => (day.first_of_month(), day.last_of_month()),
            Self::Quarter => {
                let first = day.first_of_month().saturating_sub(i32::from((day.month() - 1) % 3).months());
                (first, first.saturating_add(2.months()).last_of_month())
            }
        }
    }
}

/// How a report stands among the others. Both may be true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// Another report about this address lies in the same matching period (*meervoudig*).
    pub multiple: bool,
    /// Another one lies in the six months before that period (*opeenvolgend*).
    pub consecutive: bool,
}

impl Class {
    /// The class of a report of `day` among `others`, the days of the other reports about its address.
    pub fn of(period: Period, day: Date, others: impl IntoIterator<Item = Date>) -> Self {
        let (first, last) = period.of(day);
        let since = first.saturating_sub(MONTHS_BEFORE.months());
        others.into_iter().fold(Self::default(), |class, other| Self {
            multiple: class.multiple || (first..=last).contains(&other),
            consecutive: class.consecutive || (since..first).contains(&other),
        })
    }

    /// Stable, in English.
    pub const fn code(self) -> &'static str {
        match (self.multiple, self.consecutive) {
            (false, false) => "single",
            (true, false) => "multiple",
            (false, true) => "consecutive",
            (true, true) => "multiple-consecutive",
        }
    }

    /// As a Dutch sentence says it.
    pub const fn dutch(self) -> &'static str {
        match (self.multiple, self.consecutive) {
            (false, false) => "enkelvoudig",
            (true, false) => "meervoudig",
            (false, true) => "opeenvolgend",
            (true, true) => "meervoudig en opeenvolgend",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_edges_of_the_periods() {
        assert_eq!(Period::Month.of(date(2026, 2, 14)), (date(2026, 2, 1), date(2026, 2, 28)));
        assert_eq!(Period::Week.of(date(2026, 3, 1)), (date(2026, 2, 23), date(2026, 3, 1)), "a Sunday ends its week");
        assert_eq!(Period::Quarter.of(date(2026, 3, 31)), (date(2026, 1, 1), date(2026, 3, 31)));
        assert_eq!(Period::Quarter.of(date(2026, 12, 1)), (date(2026, 10, 1), date(2026, 12, 31)));
    }

    #[test]
    fn single_multiple_consecutive_and_both() {
        let class = |others: &[Date]| Class::of(Period::Month, date(2026, 8, 15), others.iter().copied()).code();
        assert_eq!(class(&[]), "single");
        assert_eq!(class(&[date(2026, 8, 1)]), "multiple");
        assert_eq!(class(&[date(2026, 8, 31)]), "multiple", "also when it came later");
        assert_eq!(class(&[date(2026, 7, 31)]), "consecutive");
        assert_eq!(class(&[date(2026, 2, 1)]), "consecutive", "the first day of the six months");
        assert_eq!(class(&[date(2026, 1, 31)]), "single", "the day before it");
        assert_eq!(class(&[date(2026, 9, 1)]), "single", "what came after the period");
        assert_eq!(class(&[date(2026, 8, 15), date(2026, 5, 5)]), "multiple-consecutive");
    }
}
