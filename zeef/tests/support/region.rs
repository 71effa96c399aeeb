//! What the tests send: reports of fictional people at fictional addresses, heads of commands, facts.

use jiff::Timestamp;
use proto::{
    common::v1 as pb,
    court_liaison::v1::{Fact, fact},
    intake::v1::{Address, Duty, PartnerKind, Person, Shown, Signal},
};
use uuid::Uuid;

/// A request id nobody used.
pub fn request_id() -> Uuid {
    kernel::ids::new_uuid(Timestamp::now())
}

/// The head of a command that happens now.
pub fn now() -> Option<pb::Command> {
    Some(pb::Command { request_id: request_id().to_string(), happened_at: String::new() })
}

/// The head of a command about something that happened then.
pub fn then(at: Timestamp) -> Option<pb::Command> {
    Some(pb::Command { request_id: request_id().to_string(), happened_at: at.to_string() })
}

/// The head of a command with a request id of the caller.
pub fn with_id(id: Uuid) -> Option<pb::Command> {
    Some(pb::Command { request_id: id.to_string(), happened_at: String::new() })
}

pub fn date(iso: &str) -> Option<pb::Date> {
    Some(pb::Date { iso: iso.to_owned() })
}

/// A court's, bailiff's, landlord's or resident's fact.
pub fn fact(what: fact::What) -> Option<Fact> {
    Some(Fact { what: Some(what) })
}

/// A rent report of one household per number, all duties shown, arrears of EUR 600, in the municipality of a court day.
pub fn signal(gemeentecode: &str, reference: &str, household: u32) -> Signal {
    let shown = |on: &str| Some(Duty { shown: Shown::Met.into(), on: date(on) });
    let (first_postcode, place) = match gemeentecode {
        "9001" => (3_500, "Waterveen"),
        "9002" => (2_500, "Hoogerdam"),
        _ => (3_000, "Lindewoude"),
    };
    Signal {
        reference: reference.to_owned(),
        kind: PartnerKind::Rent.into(),
        gemeentecode: gemeentecode.to_owned(),
        amount_cents: 60_000,
        arrears_since: date("2026-01-01"),
        signal_date: date("2026-03-01"),
        address: Some(Address {
            street: "Rietvoornpad".to_owned(),
            house_number: (household % 9_000 + 1).to_string(),
            addition: String::new(),
            postcode: format!("{} AB", first_postcode + household / 9_000),
            place: place.to_owned(),
        }),
        person: Some(Person { initials: "J.".to_owned(), surname: format!("Voorbeeld-{household}"), ..Person::default() }),
        personal_contact: shown("2026-01-20"),
        pointed_to_help: shown("2026-01-20"),
        written_reminder: shown("2026-02-01"),
        offered_to_report: shown("2026-02-01"),
        ..Signal::default()
    }
}
