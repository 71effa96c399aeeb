//! Aftercare's events as stored bytes and back: one exhaustive match each way. Old versions are upgraded here, never
//! rewritten.

use std::str::FromStr;

use aftercare_domain::{Event, Unknown};
use journal::{
    Encoded, Unreadable,
    terms::{date_in, date_out, from_proto, id_in, time_in, to_proto},
};
use kernel::{CaseId, Key};
use prost::Message;
use proto::aftercare::v1 as pb;

/// An event as it is stored, in the newest version.
pub fn encode(event: &Event) -> Encoded {
    let (name, bytes) = match event {
        Event::DutyOpened { case, owner, beat, ground, file, happened_at } => (
            "DutyOpened",
            pb::DutyOpened {
                case_id: id(*case),
                owner: owner.clone(),
                beat: Some(date_out(*beat)),
                ground: ground.code().to_owned(),
                file_key: file.to_string(),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::BeatMoved { case, beat, happened_at } => (
            "BeatMoved",
            pb::BeatMoved { case_id: id(*case), beat: Some(date_out(*beat)), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec(),
        ),
        Event::DutyAssigned { case, owner } => {
            ("DutyAssigned", pb::DutyAssigned { case_id: id(*case), owner: owner.clone() }.encode_to_vec())
        }
        Event::HomeLost { case, how, happened_at } => (
            "HomeLost",
            pb::HomeLost { case_id: id(*case), how: how.code().to_owned(), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec(),
        ),
        Event::Rehoused { case, place, happened_at, in_time } => (
            "Rehoused",
            pb::Rehoused {
                case_id: id(*case),
                place: place.code().to_owned(),
                happened_at_ms: happened_at.as_millisecond(),
                in_time: *in_time,
            }
            .encode_to_vec(),
        ),
        Event::StopgapFound { case, place, happened_at } => (
            "StopgapFound",
            pb::StopgapFound { case_id: id(*case), place: place.code().to_owned(), happened_at_ms: happened_at.as_millisecond() }
                .encode_to_vec(),
        ),
        Event::DestinationUnknown { case, last_looked_for } => (
            "DestinationUnknown",
            pb::DestinationUnknown { case_id: id(*case), last_looked_for: Some(date_out(*last_looked_for)) }.encode_to_vec(),
        ),
        Event::DutyMet { case, how, happened_at } => {
            ("DutyMet", pb::DutyMet { case_id: id(*case), how: how.clone(), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec())
        }
        Event::ListReviewOpened { case, organisation, ground, entered_on, ends_on, told, flaws } => (
            "ListReviewOpened",
            pb::ListReviewOpened {
                case_id: id(*case),
                organisation: organisation.clone(),
                ground: ground.code().to_owned(),
                entered_on: Some(date_out(*entered_on)),
                ends_on: ends_on.map(date_out),
                person_told: *told,
                flaws: flaws.iter().map(|flaw| flaw.code().to_owned()).collect(),
            }
            .encode_to_vec(),
        ),
        Event::ListReviewed { case, organisation, verdict } => (
            "ListReviewed",
            pb::ListReviewed { case_id: id(*case), result: verdict.code().to_owned(), organisation: organisation.clone() }.encode_to_vec(),
        ),
        Event::TermChanged(term) => ("TermChanged", pb::TermChanged { term: Some(to_proto(term)) }.encode_to_vec()),
    };
    Encoded { name, version: 1, bytes }
}

/// A stored event. What a newer binary wrote is [`Unreadable::UnknownType`]: also a code this one never heard of.
///
/// # Errors
/// [`Unreadable`].
pub fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
    Ok(match (name, version) {
        ("DutyOpened", 1) => {
            let e: pb::DutyOpened = message(bytes)?;
            Event::DutyOpened {
                case: case(&e.case_id)?,
                owner: e.owner,
                beat: date_in(e.beat.as_ref())?,
                ground: code(&e.ground)?,
                file: key(&e.file_key)?,
                happened_at: time_in(e.happened_at_ms)?,
            }
        }
        ("BeatMoved", 1) => {
            let e: pb::BeatMoved = message(bytes)?;
            Event::BeatMoved { case: case(&e.case_id)?, beat: date_in(e.beat.as_ref())?, happened_at: time_in(e.happened_at_ms)? }
        }
        ("DutyAssigned", 1) => {
            let e: pb::DutyAssigned = message(bytes)?;
            Event::DutyAssigned { case: case(&e.case_id)?, owner: e.owner }
        }
        ("HomeLost", 1) => {
            let e: pb::HomeLost = message(bytes)?;
            Event::HomeLost { case: case(&e.case_id)?, how: code(&e.how)?, happened_at: time_in(e.happened_at_ms)? }
        }
        ("Rehoused", 1) => {
            let e: pb::Rehoused = message(bytes)?;
            Event::Rehoused { case: case(&e.case_id)?, place: code(&e.place)?, happened_at: time_in(e.happened_at_ms)?, in_time: e.in_time }
        }
        ("StopgapFound", 1) => {
            let e: pb::StopgapFound = message(bytes)?;
            Event::StopgapFound { case: case(&e.case_id)?, place: code(&e.place)?, happened_at: time_in(e.happened_at_ms)? }
        }
        ("DestinationUnknown", 1) => {
            let e: pb::DestinationUnknown = message(bytes)?;
            Event::DestinationUnknown { case: case(&e.case_id)?, last_looked_for: date_in(e.last_looked_for.as_ref())? }
        }
        ("DutyMet", 1) => {
            let e: pb::DutyMet = message(bytes)?;
            Event::DutyMet { case: case(&e.case_id)?, how: e.how, happened_at: time_in(e.happened_at_ms)? }
        }
        ("ListReviewOpened", 1) => {
            let e: pb::ListReviewOpened = message(bytes)?;
            Event::ListReviewOpened {
                case: case(&e.case_id)?,
                organisation: e.organisation,
                ground: code(&e.ground)?,
                entered_on: date_in(e.entered_on.as_ref())?,
                ends_on: e.ends_on.as_ref().map(|end| date_in(Some(end))).transpose()?,
                told: e.person_told,
                flaws: e.flaws.iter().map(|flaw| code(flaw)).collect::<Result<_, _>>()?,
            }
        }
        ("ListReviewed", 1) => {
            let e: pb::ListReviewed = message(bytes)?;
            Event::ListReviewed { case: case(&e.case_id)?, organisation: e.organisation, verdict: code(&e.result)? }
        }
        ("TermChanged", 1) => {
            let e: pb::TermChanged = message(bytes)?;
            Event::TermChanged(from_proto(e.term.as_ref().ok_or(Unreadable::Undecodable)?)?)
        }
        _ => return Err(Unreadable::UnknownType),
    })
}

fn id(case: CaseId) -> Vec<u8> {
    case.uuid().as_bytes().to_vec()
}

/// A message of the contracts.
pub fn message<M: Message + Default>(bytes: &[u8]) -> Result<M, Unreadable> {
    M::decode(bytes).map_err(|_| Unreadable::Undecodable)
}

pub fn case(bytes: &[u8]) -> Result<CaseId, Unreadable> {
    id_in(bytes).map(CaseId::from_uuid)
}

pub fn key(text: &str) -> Result<Key, Unreadable> {
    text.parse().map_err(|_| Unreadable::Undecodable)
}

/// A code that is not known is of a newer binary.
pub fn code<T: FromStr<Err = Unknown>>(text: &str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable::UnknownType)
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
