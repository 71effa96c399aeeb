//! Owns the Dutch words of codes and days on the terminal.

use jiff::civil::{Date, Weekday};
use kernel::terms::TermKind;
use proto::common::v1 as pb;

/// A day as people write it: `31-12-2026`.
pub fn dutch_day(day: Date) -> String {
    format!("{:02}-{:02}-{:04}", day.day(), day.month(), day.year())
}

/// A day of a message; empty when there is none.
pub fn day(day: Option<&pb::Date>) -> String {
    day.and_then(|day| day.iso.parse::<Date>().ok()).map(dutch_day).unwrap_or_default()
}

/// A day of a message as ISO 8601, for JSON.
pub fn iso(day: Option<&pb::Date>) -> Option<String> {
    day.map(|day| day.iso.clone()).filter(|iso| !iso.is_empty())
}

/// An instant of a message as people read it: `02-03-2026 09:00`, Europe/Amsterdam.
pub fn moment(text: &str) -> String {
    text.parse::<jiff::Timestamp>().map_or_else(
        |_| text.to_owned(),
        |at| {
            let local = at.to_zoned(kernel::days::amsterdam().clone());
            format!("{} {:02}:{:02}", dutch_day(local.date()), local.hour(), local.minute())
        },
    )
}

/// The Dutch name of a weekday.
pub fn weekday(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "maandag",
        Weekday::Tuesday => "dinsdag",
        Weekday::Wednesday => "woensdag",
        Weekday::Thursday => "donderdag",
        Weekday::Friday => "vrijdag",
        Weekday::Saturday => "zaterdag",
        Weekday::Sunday => "zondag",
    }
}

/// The Dutch name of a kind of term; a code that is not known is shown as it is.
pub fn term(code: &str) -> String {
    TermKind::from_code(code).map_or_else(|| code.to_owned(), |kind| kind.dutch().to_owned())
}

/// What became of a term of this kind.
pub fn term_state(kind: &str, code: &str) -> String {
    TermKind::from_code(kind).map_or_else(|| code.to_owned(), |kind| desk::words::term_state(kind, code).to_owned())
}

/// Codes that appear in tables, in Dutch; a code without a word is shown as it is.
pub fn dutch(code: &str) -> &str {
    match code {
        "standing" => "staat",
        "sieved-out" => "uitgezeefd",
        "failed" => "verloren",
        "entered" => "bereikt",
        "unknown" => "onbekend",
        "not-reached" => "-",
        "planned" => "gepland",
        "in-contact" => "in contact",
        "help-accepted" => "hulp aanvaard",
        "held" => "pogingen gestaakt (AVG)",
        "parked" => "wacht op een mens",
        "seen" => "gezien",
        "marked" => "gemerkt",
        "swept" => "opgeruimd",
        "open" => "open",
        "rehoused" => "woonplek gevonden",
        "stays" => "blijft wonen",
        "destination-unknown" => "bestemming onbekend (open)",
        other => other,
    }
}
