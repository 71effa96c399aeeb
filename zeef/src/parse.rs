//! Owns what people type: durations, positions, instants, dates.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp, civil};
use kernel::days::amsterdam;
use proto::common::v1 as pb;

/// A place in a context's stream, typed as `routing@123`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub context: String,
    pub sequence: u64,
}

/// The contexts that have a stream.
pub const CONTEXTS: [&str; 5] = ["intake", "routing", "outreach", "court-liaison", "aftercare"];

impl FromStr for Position {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a position expected, for example routing@123; before the @ one of: {}", CONTEXTS.join(", "));
        let (context, sequence) = text.trim().split_once('@').ok_or_else(wrong)?;
        let sequence = sequence.parse().map_err(|_| wrong())?;
        if !CONTEXTS.contains(&context) {
            return Err(wrong());
        }
        Ok(Self { context: context.to_owned(), sequence })
    }
}

impl From<Position> for pb::Position {
    fn from(position: Position) -> Self {
        Self { context: position.context, sequence: position.sequence }
    }
}

/// A duration above zero: `28d`, `36h`, `1w2d`, `90m`, `15s`; whole numbers.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "a duration expected, for example 28d, 36h or 1w2d (w, d, h, m, s; whole numbers, the largest first)".to_owned();
    let (mut rest, mut total, mut largest) = (text.trim(), 0_i64, i64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, after) = rest.split_at(digits);
        let mut letters = after.chars();
        let unit = match letters.next() {
            Some('w') => 7 * 86_400,
            Some('d') => 86_400,
            Some('h') => 3_600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(wrong()),
        };
        if unit >= largest {
            return Err(wrong());
        }
        largest = unit;
        let count: i64 = count.parse().map_err(|_| wrong())?;
        total = count.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = letters.as_str();
    }
    if total > 0 { Ok(SignedDuration::from_secs(total)) } else { Err(wrong()) }
}

/// An instant: RFC 3339, or a day and time without offset, which is then Europe/Amsterdam.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    text.parse::<civil::DateTime>()
        .ok()
        .and_then(|local| local.to_zoned(amsterdam().clone()).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| "an instant expected, for example 2026-03-02T09:00:00+01:00, or 2026-03-02T09:00 for Dutch time".to_owned())
}

/// A calendar day that exists: `31-12-2026` or `2026-12-31`.
pub fn date(text: &str) -> Result<civil::Date, String> {
    let text = text.trim();
    let parts: Vec<&str> = text.split('-').collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2 => (*year, *month, *day),
        [day, month, year] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => (*year, *month, *day),
        _ => return Err("a date expected, for example 31-12-2026 or 2026-12-31".to_owned()),
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i16>().ok()).flatten();
    let built = number(year)
        .zip(number(month))
        .zip(number(day))
        .and_then(|((year, month), day)| civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok());
    built.ok_or_else(|| format!("{text} is not a day of the calendar; right would be, for example, 31-12-2026 or 2026-12-31"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_and_largest_first() {
        let seconds = |text| duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("28d"), Ok(28 * 86_400));
        assert_eq!(seconds("36h"), Ok(36 * 3_600));
        assert_eq!(seconds("1w2d"), Ok(9 * 86_400));
        assert_eq!(seconds("1h30m15s"), Ok(5_415));
        for wrong in ["", "28", "d", "-1d", "1.5d", "2d1w", "1d1d", "0d", "99999999999999999999d", "9999999999999999d", "1 d"] {
            assert!(duration(wrong).unwrap_err().contains("28d"), "{wrong}");
        }
    }

    #[test]
    fn positions_name_a_context() {
        assert_eq!("court-liaison@7".parse(), Ok(Position { context: "court-liaison".to_owned(), sequence: 7 }));
        for wrong in ["", "routing", "routing@", "routing@-1", "desk@1", "@1", "routing@1x"] {
            assert!(wrong.parse::<Position>().unwrap_err().contains("routing@123"), "{wrong}");
        }
    }

    #[test]
    fn an_instant_without_an_offset_is_dutch_time() {
        let at = |text: &str| instant(text).map(|at| at.to_string());
        assert_eq!(at("2026-03-02T09:00"), Ok("2026-03-02T08:00:00Z".to_owned()));
        assert_eq!(at("2026-07-02T09:00"), Ok("2026-07-02T07:00:00Z".to_owned()));
        assert_eq!(at("2026-03-02T09:00:00+01:00"), Ok("2026-03-02T08:00:00Z".to_owned()));
        assert!(instant("morgen").unwrap_err().contains("2026-03-02T09:00"));
    }

    #[test]
    fn dates_are_read_both_ways_and_must_exist() {
        let right = civil::date(2026, 3, 1);
        for text in ["01-03-2026", "1-3-2026", "2026-03-01", " 2026-03-01 "] {
            assert_eq!(date(text), Ok(right), "{text}");
        }
        for wrong in ["30-02-2026", "2026-13-01", "01/03/2026", "1-3-26", "gisteren", "", "+1-03-2026", "2026-3-1"] {
            assert!(date(wrong).unwrap_err().contains("31-12-2026"), "{wrong}");
        }
    }
}
