//! Owns the reading of a row's fields; what intake checks as well (which municipalities, postcodes) is left to intake.

use jiff::civil;
use kernel::Gemeentecode;
use proto::{
    common::v1::Date,
    intake::v1::{Address, Duty, PartnerKind, Person, Shown, Signal},
};

use super::{
    Advice, Fault,
    cell::Seen,
    columns::Fields,
    excel,
    notation::{self, Notation},
};

/// Longest text of any field, in characters.
const FIELD_LIMIT: usize = 200;

/// A row that was read.
pub struct Told {
    pub reporter: Option<String>,
    pub signal: Signal,
    pub advice: Vec<Advice>,
}

/// A row's reporter and report, or everything that is wrong with it.
pub fn signal(fields: &Fields<'_>) -> Result<Told, Vec<Fault>> {
    let columns = fields.columns;
    let notation = columns.notation;
    let (mut faults, mut advice) = (Vec::new(), Vec::new());
    let mut text = |column: &str, must: bool| {
        let seen = fields.get(column);
        let read = match column {
            "huisnummer" | "toevoeging" => excel::house_number(seen),
            "telefoon" => excel::phone(seen).map(|(number, put_back)| {
                if put_back {
                    advice.push(Advice { column: columns.theirs(column).to_owned(), text: excel::ZERO_PUT_BACK });
                }
                number
            }),
            _ => excel::text(seen),
        };
        match read {
            Ok(text) if text.chars().count() > FIELD_LIMIT => {
                faults.push(columns.fault(column, format!("langer dan {FIELD_LIMIT} tekens")))
            }
            Ok(text) if must && text.is_empty() => faults.push(columns.fault(column, "leeg, moet ingevuld zijn")),
            Ok(text) => return text,
            Err(why) => faults.push(columns.fault(column, why)),
        }
        String::new()
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
    let kind_word = text("soort", true);
    let gemeentecode = text("gemeentecode", false);
    let mut keep = |column: &str, result: Result<(), String>| {
        if let Err(text) = result {
            faults.push(columns.fault(column, text));
        }
    };

    let mut signal = Signal { reference, address: Some(address), person: Some(person), ..Signal::default() };
    if !kind_word.is_empty() {
        keep("soort", kind(&kind_word).map(|kind| signal.kind = kind.into()));
    }
    keep("gemeentecode", gemeente(&gemeentecode).map(|code| signal.gemeentecode = code));
    keep("bedrag", amount(fields.get("bedrag"), notation).map(|cents| signal.amount_cents = cents));
    keep("achterstand_sinds", day(fields.get("achterstand_sinds"), notation).map(|day| signal.arrears_since = day.map(iso)));
    let signal_date = day(fields.get("signaaldatum"), notation);
    let signal_date = signal_date.and_then(|day| day.ok_or_else(|| notation::DateFault::NotADay.text()));
    keep("signaaldatum", signal_date.map(|day| signal.signal_date = Some(iso(day))));
    keep("persoonlijk_contact", duty(fields.get("persoonlijk_contact"), notation).map(|duty| signal.personal_contact = duty));
    keep("op_hulp_gewezen", duty(fields.get("op_hulp_gewezen"), notation).map(|duty| signal.pointed_to_help = duty));
    keep("herinnering", duty(fields.get("herinnering"), notation).map(|duty| signal.written_reminder = duty));
    keep("aanbod_doorgeven", duty(fields.get("aanbod_doorgeven"), notation).map(|duty| signal.offered_to_report = duty));
    keep("crisissignaal", yes_or_no(fields.get("crisissignaal")).map(|told| signal.crisis = told));
    keep("warme_overdracht", yes_or_no(fields.get("warme_overdracht")).map(|told| signal.warm_handover = told));
    keep("einde_levering", day(fields.get("einde_levering"), notation).map(|day| signal.supply_ends = day.map(iso)));
    keep("huurcontract", contract(fields.get("huurcontract")).map(|code| signal.contract = code.to_owned()));
    keep("huur_sinds", day(fields.get("huur_sinds"), notation).map(|day| signal.tenancy_since = day.map(iso)));
    if faults.is_empty() { Ok(Told { reporter, signal, advice }) } else { Err(faults) }
}

/// What a partner reports about.
fn kind(text: &str) -> Result<PartnerKind, String> {
    match text.to_lowercase().as_str() {
        "huur" => Ok(PartnerKind::Rent),
        "energie" => Ok(PartnerKind::Energy),
        "water" => Ok(PartnerKind::Water),
        "zorg" => Ok(PartnerKind::Health),
        "hypotheek" => Ok(PartnerKind::Mortgage),
        "gemeentelijke belasting" => Ok(PartnerKind::MunicipalTax),
        _ => Err("geen bekende soort; goed is huur, energie, water, zorg, hypotheek of gemeentelijke belasting".to_owned()),
    }
}

/// May be left out: the address decides.
fn gemeente(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    text.parse::<Gemeentecode>()
        .map(|code| code.to_string())
        .map_err(|_| "vier cijfers, bijvoorbeeld 0363 (een rekenblad laat de nul vooraan weg), of leeg: dan beslist het adres".to_owned())
}

fn amount(seen: Seen<'_>, notation: Notation) -> Result<i64, String> {
    match seen {
        Seen::Text(text) => notation::amount(text, notation),
        Seen::Number(euros) => notation::amount_of_number(euros),
        Seen::Day(_) => Err("het rekenblad maakte er een datum van: maak de kolom op als Getal en vul het bedrag opnieuw in".to_owned()),
        Seen::Wrong(why) => Err(why.to_owned()),
    }
}

fn day(seen: Seen<'_>, notation: Notation) -> Result<Option<civil::Date>, String> {
    match seen {
        Seen::Text("") => Ok(None),
        Seen::Text(text) => notation::date(text, notation.dates).map(Some).map_err(|fault| fault.text()),
        Seen::Number(number) => notation::day_of_number(number, notation).map(Some).map_err(|fault| fault.text()),
        Seen::Day(day) => Ok(Some(day)),
        Seen::Wrong(why) => Err(why.to_owned()),
    }
}

fn iso(day: civil::Date) -> Date {
    Date { iso: day.to_string() }
}

/// Yes, no, or nothing said.
fn yes_or_no(seen: Seen<'_>) -> Result<Option<bool>, String> {
    match excel::text(seen)?.to_lowercase().as_str() {
        "" | "onbekend" => Ok(None),
        "ja" | "j" => Ok(Some(true)),
        "nee" | "n" => Ok(Some(false)),
        _ => Err("goed is ja, nee, onbekend of leeg".to_owned()),
    }
}

/// By what contract the tenant lives there; nothing said is unknown.
fn contract(seen: Seen<'_>) -> Result<&'static str, String> {
    match excel::text(seen)?.to_lowercase().as_str() {
        "" | "onbekend" => Ok(""),
        "regulier" | "onbepaalde tijd" => Ok("regular"),
        "tijdelijk" => Ok("temporary"),
        "antikraak" => Ok("property-guardian"),
        "campus" | "campuscontract" => Ok("campus"),
        "dienstwoning" => Ok("employer"),
        "tussenverhuur" => Ok("intermediate"),
        "short stay" => Ok("short-stay"),
        "anders" => Ok("other"),
        _ => {
            Err("goed is regulier, tijdelijk, antikraak, campus, dienstwoning, tussenverhuur, short stay, anders, onbekend of leeg"
                .to_owned())
        }
    }
}

/// One of the landlord's four duties, as told. A date alone says that it was done that day.
fn duty(seen: Seen<'_>, notation: Notation) -> Result<Option<Duty>, String> {
    let shown = |shown: Shown, on| Ok(Some(Duty { shown: shown.into(), on }));
    let Seen::Text(text) = seen else { return shown(Shown::Met, day(seen, notation)?.map(iso)) };
    match text.to_lowercase().as_str() {
        "" => Ok(None),
        "nee" => shown(Shown::NotMet, None),
        "onbekend" => shown(Shown::Unknown, None),
        "geen bewijs" => shown(Shown::EvidenceMissing, None),
        other => match notation::date(other.strip_prefix("ja ").unwrap_or(other), notation.dates) {
            Ok(on) => shown(Shown::Met, Some(iso(on))),
            Err(fault @ notation::DateFault::Ambiguous(_)) => Err(fault.text()),
            Err(_) => Err("goed is `ja 2026-01-31`, `nee`, `onbekend`, `geen bewijs` of leeg".to_owned()),
        },
    }
}
