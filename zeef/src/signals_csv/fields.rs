//! Owns the reading of a row's fields; what intake checks as well (which municipalities, postcodes) is left to intake.

use kernel::{Cents, Gemeentecode, money::InvalidAmount};
use proto::{
    common::v1::Date,
    intake::v1::{Address, Duty, PartnerKind, Person, Shown, Signal},
};

use super::{Fault, columns::Fields};
use crate::parse;

/// Longest text of any field, in characters.
const FIELD_LIMIT: usize = 200;

/// A row's reporter and report, or everything that is wrong with it.
pub fn signal(fields: &Fields<'_>) -> Result<(Option<String>, Signal), Vec<Fault>> {
    let mut faults = Vec::new();
    let mut text = |column: &str, must: bool| {
        let value = fields.get(column);
        if value.chars().count() > FIELD_LIMIT {
            faults.push(Fault::of(column, format!("langer dan {FIELD_LIMIT} tekens")));
        } else if must && value.is_empty() {
            faults.push(Fault::of(column, "leeg, moet ingevuld zijn"));
        }
        value.to_owned()
    };
    let reference = text("referentie", true);
    let address = Address {
        street: text("straat", true),
        house_number: text("huisnummer", true),
        addition: text("toevoeging", false),
        postcode: text("postcode", true),
        place: text("plaats", true),
    };
    let person = Person {
        initials: text("voorletters", false),
        infix: text("tussenvoegsel", false),
        surname: text("achternaam", true),
        phone: text("telefoon", false),
        email: text("email", false),
    };
    let reporter = Some(text("melder", false)).filter(|code| !code.is_empty());
    let mut keep = |column: &str, result: Result<(), String>| {
        if let Err(text) = result {
            faults.push(Fault::of(column, text));
        }
    };

    let mut signal = Signal { reference, address: Some(address), person: Some(person), ..Signal::default() };
    keep("soort", kind(fields.get("soort")).map(|kind| signal.kind = kind.into()));
    keep("gemeentecode", gemeente(fields.get("gemeentecode")).map(|code| signal.gemeentecode = code));
    keep("bedrag", amount(fields.get("bedrag")).map(|cents| signal.amount_cents = cents));
    keep("achterstand_sinds", day(fields.get("achterstand_sinds"), false).map(|day| signal.arrears_since = day));
    keep("signaaldatum", day(fields.get("signaaldatum"), true).map(|day| signal.signal_date = day));
    keep("persoonlijk_contact", duty(fields.get("persoonlijk_contact")).map(|duty| signal.personal_contact = duty));
    keep("op_hulp_gewezen", duty(fields.get("op_hulp_gewezen")).map(|duty| signal.pointed_to_help = duty));
    keep("herinnering", duty(fields.get("herinnering")).map(|duty| signal.written_reminder = duty));
    keep("aanbod_doorgeven", duty(fields.get("aanbod_doorgeven")).map(|duty| signal.offered_to_report = duty));
    if faults.is_empty() { Ok((reporter, signal)) } else { Err(faults) }
}

/// What a partner reports about.
pub fn kind(text: &str) -> Result<PartnerKind, String> {
    match text.to_lowercase().as_str() {
        "huur" => Ok(PartnerKind::Rent),
        "energie" => Ok(PartnerKind::Energy),
        "water" => Ok(PartnerKind::Water),
        "zorg" => Ok(PartnerKind::Health),
        _ => Err("geen bekende soort; goed is huur, energie, water of zorg".to_owned()),
    }
}

fn gemeente(text: &str) -> Result<String, String> {
    text.parse::<Gemeentecode>()
        .map(|code| code.to_string())
        .map_err(|_| "vier cijfers, bijvoorbeeld 0363 (een rekenblad laat de nul vooraan weg)".to_owned())
}

/// An amount above zero, in cents.
pub fn amount(text: &str) -> Result<i64, String> {
    match Cents::parse_dutch(text) {
        Ok(Cents(cents)) if cents > 0 => Ok(cents),
        Ok(_) => Err("een bedrag boven nul, bijvoorbeeld 1.234,56".to_owned()),
        Err(InvalidAmount::Ambiguous) => Err("dubbelzinnig bedrag: schrijf 1250,00 of 1,25".to_owned()),
        Err(InvalidAmount::NotAnAmount) => Err("geen bedrag in euro's; goed is bijvoorbeeld 1234,56 of 1.234,56".to_owned()),
    }
}

fn day(text: &str, must: bool) -> Result<Option<Date>, String> {
    if text.is_empty() && !must {
        return Ok(None);
    }
    let wrong = |_| "geen dag van de kalender; goed is bijvoorbeeld 31-12-2026 of 2026-12-31".to_owned();
    parse::date(text).map(|day| Some(Date { iso: day.to_string() })).map_err(wrong)
}

/// One of the landlord's four duties, as told.
fn duty(text: &str) -> Result<Option<Duty>, String> {
    let wrong = || "goed is `ja 2026-01-31`, `nee`, `onbekend`, `geen bewijs` of leeg".to_owned();
    let shown = |shown: Shown, on| Ok(Some(Duty { shown: shown.into(), on }));
    match text.to_lowercase().as_str() {
        "" => Ok(None),
        "nee" => shown(Shown::NotMet, None),
        "onbekend" => shown(Shown::Unknown, None),
        "geen bewijs" => shown(Shown::EvidenceMissing, None),
        other => {
            let on = other.strip_prefix("ja ").ok_or_else(wrong)?;
            let on = parse::date(on).map_err(|_| wrong())?;
            shown(Shown::Met, Some(Date { iso: on.to_string() }))
        }
    }
}
