//! Owns how amounts and dates are written. What has two readings is asked about, never guessed: the sender, or the mapping, says which.

use jiff::civil::Date;
use kernel::{
    Cents,
    days::{MONTHS, written_day},
    money::{DecimalSign, InvalidAmount},
};
use serde::{Deserialize, Serialize};

/// In which order a date in figures is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 31-12-2026, as the Dutch write it.
    DayFirst,
    /// 12/31/2026
    MonthFirst,
    /// 26-12-31; with four figures for the year no order is needed.
    YearFirst,
}

/// The notation of a file, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notation {
    /// Of amounts.
    pub amounts: Option<DecimalSign>,
    /// Of dates.
    pub dates: Option<DateOrder>,
    /// The workbook counts its days from 1904.
    pub from_1904: bool,
}

/// The sign between euros and cents, as it is typed.
pub fn decimal_sign(text: &str) -> Result<DecimalSign, String> {
    match text {
        "comma" => Ok(DecimalSign::Comma),
        "point" => Ok(DecimalSign::Point),
        _ => Err("comma (1.234,56) or point (1,234.56) expected".to_owned()),
    }
}

/// Why a text is no date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateFault {
    /// No day of the calendar.
    NotADay,
    /// More than one day.
    Ambiguous(Vec<Date>),
    /// A spreadsheet's day number, of which the counting is unknown.
    DayNumber,
}

impl DateFault {
    /// What is wrong and what would be right.
    pub fn text(&self) -> String {
        match self {
            Self::NotADay => "geen dag van de kalender; goed is bijvoorbeeld 31-12-2026 of 2026-12-31".to_owned(),
            Self::Ambiguous(readings) => {
                let readings: Vec<String> = readings.iter().map(|day| written_day(*day)).collect();
                format!(
                    "dubbelzinnige datum: {}? Schrijf 31-12-2026 of 2026-12-31, of leg de volgorde vast met --dates day-first (month-first, \
                     year-first) of in een --mapping",
                    readings.join(" of ")
                )
            }
            Self::DayNumber => {
                "een dagnummer van het rekenblad in plaats van een datum: maak de kolom op als datum (31-12-2026) en bewaar \
                                het bestand opnieuw"
                    .to_owned()
            }
        }
    }
}

/// Reads an amount above zero, in cents.
pub fn amount(text: &str, notation: Notation) -> Result<i64, String> {
    let read = match notation.amounts {
        Some(sign) => Cents::parse_in(text, sign),
        None => Cents::parse_dutch(text),
    };
    match read {
        Ok(cents) => above_zero(cents.0),
        Err(InvalidAmount::Ambiguous) => {
            Err("dubbelzinnig bedrag: 1.250 (of 1,250) kan 1250 euro zijn en ook 1 euro 25. Schrijf 1250,00 of \
                                              1,25, of leg de notatie vast met --amounts comma (1.234,56) of point (1,234.56), of in een \
                                              --mapping"
                .to_owned())
        }
        Err(InvalidAmount::NotAnAmount) => Err(match notation.amounts {
            Some(DecimalSign::Point) => "geen bedrag in euro's met een decimale punt; goed is bijvoorbeeld 1234.56 of 1,234.56",
            Some(DecimalSign::Comma) => "geen bedrag in euro's met een decimale komma; goed is bijvoorbeeld 1234,56 of 1.234,56",
            None => "geen bedrag in euro's; goed is bijvoorbeeld 1234,56 of 1.234,56",
        }
        .to_owned()),
    }
}

/// An amount that a workbook holds as a number of euros.
pub fn amount_of_number(euros: f64) -> Result<i64, String> {
    let cents = euros * 100.0;
    if cents.abs() > 1e12 || !cents.is_finite() {
        return Err("geen bedrag in euro's; goed is bijvoorbeeld 1234,56".to_owned());
    }
    if (cents - cents.round()).abs() > 1e-4 {
        return Err("meer dan twee cijfers achter de komma: rond het bedrag af op hele centen".to_owned());
    }
    // Within the bounds above.
    above_zero(cents.round() as i64)
}

fn above_zero(cents: i64) -> Result<i64, String> {
    if cents > 0 { Ok(cents) } else { Err("een bedrag boven nul, bijvoorbeeld 1.234,56".to_owned()) }
}

/// The day of a workbook's day number, between 2000 and 2099.
pub fn day_of_number(number: f64, notation: Notation) -> Result<Date, DateFault> {
    // A date of eight figures that became a number: 20261231.
    if number.fract() == 0.0 && (1e6..1e8).contains(&number) {
        return date(&format!("{number:08.0}"), notation.dates);
    }
    let first = if notation.from_1904 { jiff::civil::date(1904, 1, 1) } else { jiff::civil::date(1899, 12, 30) };
    let day = (number.is_finite() && (0.0..1e5).contains(&number)).then(|| jiff::Span::new().days(number.floor() as i64));
    let day = day.and_then(|days| first.checked_add(days).ok());
    day.filter(|day| (2000..2100).contains(&day.year())).ok_or(DateFault::NotADay)
}

/// Reads a date. `03-04-2026` and `03.04.2026` are Dutch: the third of April. With strokes, or with two figures for the year, a date
/// may have more than one reading, and then `order` must say which.
///
/// # Errors
/// [`DateFault`].
pub fn date(text: &str, order: Option<DateOrder>) -> Result<Date, DateFault> {
    let text = without_time(text.trim());
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return figures(text);
    }
    let Some(sign) = text.chars().find(|c| "-/. ".contains(*c)) else { return Err(DateFault::NotADay) };
    let parts: Vec<&str> = text.split(sign).collect();
    let [first, second, third] = parts.as_slice() else { return Err(DateFault::NotADay) };
    if let Some(month) = month(second) {
        return if third.len() == 4 { day(third, month, first) } else { Err(DateFault::NotADay) };
    }
    if first.len() == 4 {
        return day(first, second, third);
    }
    let century = format!("20{third}");
    let day_first = |year: &str| day(year, second, first);
    let month_first = |year: &str| day(year, first, second);
    let year_first = || day(&format!("20{first}"), second, third);
    let readings: Vec<Result<Date, DateFault>> = match (third.len(), order, sign) {
        (4, Some(DateOrder::MonthFirst), _) => vec![month_first(third)],
        (4, None | Some(DateOrder::YearFirst), '/') => vec![day_first(third), month_first(third)],
        (4, ..) => vec![day_first(third)],
        (2, Some(DateOrder::DayFirst), _) => vec![day_first(&century)],
        (2, Some(DateOrder::MonthFirst), _) => vec![month_first(&century)],
        (2, Some(DateOrder::YearFirst), _) => vec![year_first()],
        // Even one reading may be the wrong one: 31-12-26 is also the twenty-sixth of December 2031.
        (2, None, '/') => vec![day_first(&century), month_first(&century), year_first()],
        (2, None, _) => vec![day_first(&century), year_first()],
        _ => Vec::new(),
    };
    let mut days: Vec<Date> = readings.into_iter().flatten().collect();
    days.dedup();
    match days.as_slice() {
        [] => Err(DateFault::NotADay),
        [one] => Ok(*one),
        _ => Err(DateFault::Ambiguous(days)),
    }
}

/// Only figures: 20261231, 31122026, or the day number of a spreadsheet.
fn figures(text: &str) -> Result<Date, DateFault> {
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or("");
    match text.len() {
        5 if ("36526".."73051").contains(&text) => Err(DateFault::DayNumber),
        8 if ("1900".."2100").contains(&part(0, 4)) && part(4, 6) <= "12" => day(part(0, 4), part(4, 6), part(6, 8)),
        8 => day(part(4, 8), part(2, 4), part(0, 2)),
        _ => Err(DateFault::NotADay),
    }
}

/// Some packages write a time behind every date: `2026-12-31T00:00:00`, `31-12-2026 0:00`.
fn without_time(text: &str) -> &str {
    match text.split_once(['T', ' ']) {
        Some((day, time)) if time.contains(':') && time.chars().all(|c| c.is_ascii_digit() || ":.Z+-".contains(c)) => day,
        _ => text,
    }
}

fn day(year: &str, month: &str, day: &str) -> Result<Date, DateFault> {
    let number = |text: &str, most: usize| {
        let figures = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        figures.then(|| text.parse::<i16>().ok()).flatten()
    };
    let built = number(year, 4)
        .filter(|year| (1900..2100).contains(year))
        .and_then(|year| Date::new(year, i8::try_from(number(month, 2)?).ok()?, i8::try_from(number(day, 2)?).ok()?).ok());
    built.ok_or(DateFault::NotADay)
}

/// A month in letters, whole or its first three, in figures.
fn month(text: &str) -> Option<&'static str> {
    const FIGURES: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    let text = text.trim_end_matches('.').to_lowercase();
    let short = |name: &str| text.len() == 3 && (name.starts_with(&text) || (name == "maart" && text == "mrt"));
    let at = MONTHS.iter().position(|name| *name == text || short(name))?;
    FIGURES.get(at).copied()
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;

    #[test]
    fn dates_with_one_reading_are_read() {
        let third_of_april = civil::date(2026, 4, 3);
        for text in [
            "03-04-2026",
            "3-4-2026",
            "2026-04-03",
            "2026/04/03",
            "03.04.2026",
            "2026-04-03T00:00:00",
            "2026-04-03 00:00:00.000",
            "03-04-2026 0:00",
            "3 april 2026",
            "3-apr-2026",
            "3 APR. 2026",
            "20260403",
            "03042026",
        ] {
            assert_eq!(date(text, None), Ok(third_of_april), "{text}");
        }
        assert_eq!(date("31/12/2026", None), Ok(civil::date(2026, 12, 31)));
        assert_eq!(date("12/31/2026", None), Ok(civil::date(2026, 12, 31)));
        assert_eq!(date("04/04/2026", None), Ok(civil::date(2026, 4, 4)));
        assert_eq!(date("1-mrt-2026", None), Ok(civil::date(2026, 3, 1)));
    }

    #[test]
    fn dates_with_more_readings_are_asked_about_until_the_order_is_known() {
        let readings = |text: &str| match date(text, None) {
            Err(DateFault::Ambiguous(days)) => days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        assert_eq!(readings("04/03/2026"), "2026-03-04 2026-04-03");
        assert_eq!(readings("03-04-26"), "2026-04-03 2003-04-26");
        assert_eq!(readings("31-12-26"), "2026-12-31 2031-12-26");
        assert_eq!(readings("04/03/05"), "2005-03-04 2005-04-03 2004-03-05");
        let text = date("04/03/2026", None).unwrap_err().text();
        assert!(
            text.contains("4 maart 2026 of 3 april 2026?") && text.contains("--dates day-first") && text.contains("--mapping"),
            "{text}"
        );
        for (text, order, iso) in [
            ("04/03/2026", DateOrder::DayFirst, "2026-03-04"),
            ("04/03/2026", DateOrder::MonthFirst, "2026-04-03"),
            ("04-03-2026", DateOrder::MonthFirst, "2026-04-03"),
            ("03-04-26", DateOrder::DayFirst, "2026-04-03"),
            ("03-04-26", DateOrder::YearFirst, "2003-04-26"),
            ("2026-04-03", DateOrder::MonthFirst, "2026-04-03"),
        ] {
            assert_eq!(date(text, Some(order)).map(|day| day.to_string()).as_deref(), Ok(iso), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in
            ["", "gisteren", "31-02-2026", "2026-13-01", "1-3", "03-04-1026", "1-1-1-2026", "03-mei-26", "--", "3 foo 2026", "１-1-2026"]
        {
            assert_eq!(date(text, None), Err(DateFault::NotADay), "{text}");
        }
        assert_eq!(date("46115", None), Err(DateFault::DayNumber));
        assert!(DateFault::DayNumber.text().contains("datum"));
    }

    #[test]
    fn day_numbers_of_a_workbook_are_counted_from_its_own_beginning() {
        let of = |number, from_1904| day_of_number(number, Notation { from_1904, ..Notation::default() }).map(|day| day.to_string());
        assert_eq!(of(46_115.0, false).as_deref(), Ok("2026-04-03"));
        assert_eq!(of(44_653.5, true).as_deref(), Ok("2026-04-03"));
        assert_eq!(of(20_260_403.0, false).as_deref(), Ok("2026-04-03"));
        assert_eq!(of(3_042_026.0, false).as_deref(), Ok("2026-04-03"), "its zero was lost");
        for wrong in [0.0, -1.0, 12.0, 1e300, f64::NAN, f64::INFINITY] {
            assert!(of(wrong, false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_of_numbers_are_whole_cents() {
        assert_eq!(amount_of_number(1_250.0), Ok(125_000));
        assert_eq!(amount_of_number(0.1 + 0.2), Ok(30));
        assert_eq!(amount_of_number(84_017.33), Ok(8_401_733));
        for wrong in [0.0, -1.0, 12.345, 1e20, f64::NAN, f64::INFINITY] {
            assert!(amount_of_number(wrong).is_err(), "{wrong}");
        }
    }
}
