//! Days as the law counts them: the Dutch calendar and the *Algemene termijnenwet* (Atw), Europe/Amsterdam.

use std::sync::LazyLock;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday, date},
    tz::TimeZone,
};

/// The legal time of the European Netherlands as a rule rather than a lookup, so that every replica, whatever time zone
/// files it was installed with, gives a day the same end. Holds since 1996 (Directive 2000/84/EC).
static AMSTERDAM: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::fixed(jiff::tz::offset(1))));

/// Days that a royal decree puts on a par with holidays (Atw art. 3 lid 3), each with its source; ascending.
///
/// Add the days of a new decree here and raise [`KNOWN_THROUGH`] with them.
const DECREE_DAYS: &[(Date, &str)] = &[
    (date(2023, 4, 28), "besluit ex art. 3 lid 3 Atw"),
    (date(2023, 5, 19), "besluit ex art. 3 lid 3 Atw"),
    (date(2024, 5, 10), "besluit ex art. 3 lid 3 Atw"),
    (date(2024, 12, 27), "besluit ex art. 3 lid 3 Atw"),
    (date(2025, 5, 30), "besluit ex art. 3 lid 3 Atw"),
    (date(2026, 1, 2), "besluit ex art. 3 lid 3 Atw"),
    (date(2026, 5, 15), "besluit ex art. 3 lid 3 Atw"),
    (date(2027, 5, 7), "besluit ex art. 3 lid 3 Atw"),
    (date(2028, 4, 28), "besluit ex art. 3 lid 3 Atw"),
    (date(2028, 5, 26), "besluit ex art. 3 lid 3 Atw"),
];

const KNOWN_THROUGH: i16 = 2028;

/// The last year for which decree days (Atw art. 3 lid 3) are known. Say so beside any later end.
pub const fn known_through() -> i16 {
    KNOWN_THROUGH
}

/// The decree days (Atw art. 3 lid 3) in the table, ascending, each with its source.
pub const fn decree_days() -> &'static [(Date, &'static str)] {
    DECREE_DAYS
}

/// Europe/Amsterdam.
pub fn amsterdam() -> &'static TimeZone {
    &AMSTERDAM
}

/// The calendar day in Europe/Amsterdam on which an instant falls.
pub fn amsterdam_date(at: Timestamp) -> Date {
    at.to_zoned(AMSTERDAM.clone()).date()
}

/// The names of the months in Dutch, January first.
pub const MONTHS: [&str; 12] =
    ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"];

/// A day as people write it: `25 november 2026`.
pub fn written_day(day: Date) -> String {
    let month = usize::try_from(day.month()).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}

/// A moment as people write it, in Europe/Amsterdam: `25 november 2026, 14.05 uur`.
pub fn written_moment(at: Timestamp) -> String {
    let at = at.to_zoned(AMSTERDAM.clone());
    format!("{}, {} uur", written_day(at.date()), at.strftime("%H.%M"))
}

/// The first instant (UTC) of a day in Europe/Amsterdam. Days the calendar does not reach give [`Timestamp::MAX`].
pub fn start_of_day(day: Date) -> Timestamp {
    day.to_zoned(AMSTERDAM.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// The moment at which a term whose last day is `last_day` has run out: the start of the day after, Europe/Amsterdam.
pub fn end_of_day(last_day: Date) -> Timestamp {
    last_day.tomorrow().map_or(Timestamp::MAX, start_of_day)
}

/// Why a day did not count, or could not be the end of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Saturday (*zaterdag*).
    Saturday,
    /// Sunday (*zondag*).
    Sunday,
    /// New Year's Day (*Nieuwjaarsdag*).
    NewYear,
    /// Good Friday (*Goede Vrijdag*), on a par by Atw art. 3 lid 2.
    GoodFriday,
    /// Easter Monday (*tweede Paasdag*).
    EasterMonday,
    /// The day on which the King's birthday is celebrated (*Koningsdag*).
    KingsDay,
    /// 5 May, every year (*Bevrijdingsdag*).
    LiberationDay,
    /// Ascension Day (*Hemelvaartsdag*).
    Ascension,
    /// Whit Monday (*tweede Pinksterdag*).
    WhitMonday,
    /// Christmas Day (*eerste Kerstdag*).
    ChristmasDay,
    /// 26 December (*tweede Kerstdag*).
    SecondChristmasDay,
    /// A day put on a par by royal decree, Atw art. 3 lid 3 (*gelijkgestelde dag*).
    Decree,
    /// An ordinary day, but the term did not yet hold two of them (Atw art. 2).
    TooFewOrdinaryDays,
}

impl Why {
    /// Every reason, in the order of the declaration.
    pub const ALL: [Self; 13] = [
        Self::Saturday,
        Self::Sunday,
        Self::NewYear,
        Self::GoodFriday,
        Self::EasterMonday,
        Self::KingsDay,
        Self::LiberationDay,
        Self::Ascension,
        Self::WhitMonday,
        Self::ChristmasDay,
        Self::SecondChristmasDay,
        Self::Decree,
        Self::TooFewOrdinaryDays,
    ];

    /// Stable, lower-case, dashed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
            Self::NewYear => "new-year",
            Self::GoodFriday => "good-friday",
            Self::EasterMonday => "easter-monday",
            Self::KingsDay => "kings-day",
            Self::LiberationDay => "liberation-day",
            Self::Ascension => "ascension",
            Self::WhitMonday => "whit-monday",
            Self::ChristmasDay => "christmas-day",
            Self::SecondChristmasDay => "second-christmas-day",
            Self::Decree => "decree",
            Self::TooFewOrdinaryDays => "too-few-ordinary-days",
        }
    }

    /// The reason with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }

    /// The Dutch name.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::Saturday => "zaterdag",
            Self::Sunday => "zondag",
            Self::NewYear => "Nieuwjaarsdag",
            Self::GoodFriday => "Goede Vrijdag",
            Self::EasterMonday => "tweede Paasdag",
            Self::KingsDay => "Koningsdag",
            Self::LiberationDay => "Bevrijdingsdag",
            Self::Ascension => "Hemelvaartsdag",
            Self::WhitMonday => "tweede Pinksterdag",
            Self::ChristmasDay => "eerste Kerstdag",
            Self::SecondChristmasDay => "tweede Kerstdag",
            Self::Decree => "gelijkgestelde dag (art. 3 lid 3 Atw)",
            Self::TooFewOrdinaryDays => "nog geen twee gewone dagen (art. 2 Atw)",
        }
    }
}

/// One day that was passed over on the way to the end of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roll {
    /// The day passed over.
    pub day: Date,
    /// Why.
    pub why: Why,
}

/// Easter Sunday of a year, Gregorian (the anonymous algorithm as in Meeus, *Astronomical Algorithms*).
pub fn easter_sunday(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y.rem_euclid(19), y.div_euclid(100), y.rem_euclid(100));
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15).rem_euclid(30);
    let l = (32 + 2 * (b.rem_euclid(4)) + 2 * (c / 4) - h - c % 4).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    // Counted from 22 March, the earliest Easter.
    let days = h + l - 7 * m;
    Date::new(year, 3, 22).unwrap_or(Date::MAX).saturating_add(days.days())
}

/// The holiday a day is by Atw art. 3 (lid 1 named days, lid 2 Good Friday, lid 3 decree days), weekends aside.
///
/// *Koningsdag* is 27 April, or 26 April when the 27th is a Sunday.
pub fn holiday(day: Date) -> Option<Why> {
    let easter = easter_sunday(day.year());
    let from_easter = |days: i32| easter.saturating_add(days.days());
    match (day.month(), day.day()) {
        (1, 1) => return Some(Why::NewYear),
        (4, 27) if day.weekday() != Weekday::Sunday => return Some(Why::KingsDay),
        (4, 26) if day.weekday() == Weekday::Saturday => return Some(Why::KingsDay),
        (5, 5) => return Some(Why::LiberationDay),
        (12, 25) => return Some(Why::ChristmasDay),
        (12, 26) => return Some(Why::SecondChristmasDay),
        _ => {}
    }
    if day == from_easter(-2) {
        Some(Why::GoodFriday)
    } else if day == from_easter(1) {
        Some(Why::EasterMonday)
    } else if day == from_easter(39) {
        Some(Why::Ascension)
    } else if day == from_easter(50) {
        Some(Why::WhitMonday)
    } else if DECREE_DAYS.iter().any(|(decreed, _)| *decreed == day) {
        Some(Why::Decree)
    } else {
        None
    }
}

/// Why a day is not an ordinary day (Atw art. 1 to 3), or `None` when it is one. A holiday is named before a weekend.
pub fn day_off(day: Date) -> Option<Why> {
    holiday(day).or(match day.weekday() {
        Weekday::Saturday => Some(Why::Saturday),
        Weekday::Sunday => Some(Why::Sunday),
        _ => None,
    })
}

/// A working day (*werkdag*): not a Saturday, Sunday or holiday of Atw art. 3. Local days off are working days.
///
/// The Atw does not define the word; this is the common reading.
pub fn is_working_day(day: Date) -> bool {
    day_off(day).is_none()
}

/// The last day of a term of `count` working days that starts the day after `start`, and the days that did not count.
pub fn add_working_days(start: Date, count: u32) -> (Date, Vec<Roll>) {
    let (mut end, mut left, mut rolled) = (start, count, Vec::new());
    while left > 0 {
        let Ok(next) = end.tomorrow() else { break };
        end = next;
        match day_off(end) {
            Some(why) => rolled.push(Roll { day: end, why }),
            None => left -= 1,
        }
    }
    (end, rolled)
}

/// The last day on which something can be done at least `count` working days before `event`; the day of the event does not
/// count, and the day found is a working day.
pub fn working_days_back(event: Date, count: u32) -> Date {
    let (mut day, mut left) = (event, count);
    while left > 0
        && let Ok(before) = day.yesterday()
    {
        day = before;
        if is_working_day(day) {
            left -= 1;
        }
    }
    day
}

/// Atw art. 1 lid 1: an end on a Saturday, Sunday or holiday moves to the next day that is none of these.
///
/// Not for terms counted backwards from a moment or event (art. 1 lid 2): use [`backwards`] for those.
pub fn roll(end: Date) -> (Date, Vec<Roll>) {
    let (mut end, mut rolled) = (end, Vec::new());
    while let Some(why) = day_off(end) {
        let Ok(next) = end.tomorrow() else { break };
        rolled.push(Roll { day: end, why });
        end = next;
    }
    (end, rolled)
}

/// Atw art. 2: a term of at least three days that starts the day after `start` is extended until it holds at least two
/// ordinary days. Gives the new end and each day that could not be the end yet.
pub fn at_least_two_ordinary_days(start: Date, end: Date) -> (Date, Vec<Roll>) {
    let (mut day, mut ordinary) = (start, 0_u32);
    let mut rolled = Vec::new();
    while let Ok(next) = day.tomorrow() {
        day = next;
        let off = day_off(day);
        if off.is_none() {
            ordinary += 1;
        }
        if day >= end {
            if ordinary >= 2 {
                break;
            }
            rolled.push(Roll { day, why: off.unwrap_or(Why::TooFewOrdinaryDays) });
        }
    }
    if rolled.is_empty() { (end, rolled) } else { (day, rolled) }
}

/// The last day on which something can be done at least `days` days before `event`; never moved (Atw art. 1 lid 2).
pub fn backwards(event: Date, days: u32) -> Date {
    event.saturating_sub(i64::from(days).min(100_000).days())
}

/// The length of a term. Terms in hours have no last day and are not computed here; the Atw leaves them alone (art. 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Calendar days.
    Days(u32),
    /// Weeks of seven days.
    Weeks(u32),
    /// Months: ends on the day of the same number, or on the last day of a shorter month.
    Months(u32),
    /// Years.
    Years(u32),
}

impl Length {
    /// Whether the Atw moves the end of such a statutory term (art. 4: not more than 90 days, 12 weeks or 3 months, never years).
    pub const fn atw_applies(self) -> bool {
        match self {
            Self::Days(n) => n <= 90,
            Self::Weeks(n) => n <= 12,
            Self::Months(n) => n <= 3,
            Self::Years(_) => false,
        }
    }

    /// The last day of a term of this length that starts the day after `start`, weekends and holidays not looked at.
    pub fn after(self, start: Date) -> Date {
        start.saturating_add(match self {
            Self::Days(n) => i64::from(n).min(100_000).days(),
            Self::Weeks(n) => i64::from(n).min(10_000).weeks(),
            Self::Months(n) => i64::from(n).min(10_000).months(),
            Self::Years(n) => i64::from(n).min(1_000).years(),
        })
    }
}

/// The last day of a term set by law, by the whole Atw: art. 2 for terms of three days or more, then art. 1 lid 1, and
/// neither for the terms of art. 4.
pub fn statutory_end(start: Date, length: Length) -> (Date, Vec<Roll>) {
    let end = length.after(start);
    if !length.atw_applies() {
        return (end, Vec::new());
    }
    let (end, mut rolled) = match length {
        Length::Days(0..3) => (end, Vec::new()),
        _ => at_least_two_ordinary_days(start, end),
    };
    let (end, more) = roll(end);
    rolled.extend(more);
    (end, rolled)
}

#[cfg(test)]
#[path = "days_tests.rs"]
mod tests;
