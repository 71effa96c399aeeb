//! Court liaison's events as stored bytes and back: one exhaustive match each way. Old versions are upgraded here, never
//! rewritten.

use std::str::FromStr;

use court_liaison_domain::{Code, Event, Finished, Help, Outcome, Unknown, Violation};
use journal::{
    Encoded, Unreadable,
    terms::{date_in, date_out, from_proto, id_in, time_in, to_proto},
};
use kernel::{CaseId, Key, SignalId};
use prost::Message;
use proto::court_liaison::v1 as pb;

use crate::words::{fact_in, fact_out};

/// An event as it is stored, in the newest version.
pub fn encode(event: &Event) -> Encoded {
    let (name, bytes) = match event {
        Event::TrackOpened { case, file, vault, known_at_intake, entry_step, episode, happened_at } => (
            "TrackOpened",
            pb::TrackOpened {
                case_id: id(*case),
                file_key: file.to_string(),
                vault_id: vault.map(|vault| vault.as_bytes().to_vec()).unwrap_or_default(),
                known_at_intake: *known_at_intake,
                entry_step: u32::from(*entry_step),
                episode: *episode,
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::FactRecorded { case, fact, step, happened_at, file, notice } => (
            "FactRecorded",
            pb::FactRecorded {
                case_id: id(*case),
                fact: Some(fact_out(fact)),
                step: u32::from(*step),
                happened_at_ms: happened_at.as_millisecond(),
                file_key: file.to_string(),
                notice_id: notice.map(|notice| notice.as_bytes().to_vec()).unwrap_or_default(),
            }
            .encode_to_vec(),
        ),
        Event::ViolationFound { case, violation } => (
            "ViolationFound",
            pb::ViolationFound {
                case_id: id(*case),
                code: violation.code.code().to_owned(),
                owner: violation.owner.clone(),
                about_ms: violation.about.as_millisecond(),
                rule: violation.rule.clone(),
                rule_version: violation.rule_version,
            }
            .encode_to_vec(),
        ),
        Event::ViolationLifted { case, code, about } => (
            "ViolationLifted",
            pb::ViolationLifted { case_id: id(*case), code: code.code().to_owned(), about_ms: about.as_millisecond() }.encode_to_vec(),
        ),
        Event::TrackPaused { case, until, happened_at } => (
            "TrackPaused",
            pb::TrackPaused {
                case_id: id(*case),
                reason: "help-accepted".to_owned(),
                until: Some(date_out(*until)),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::TrackResumed { case, happened_at } => {
            ("TrackResumed", pb::TrackResumed { case_id: id(*case), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec())
        }
        Event::AdministrationAsked { case, second_officer, happened_at } => (
            "AdministrationAsked",
            pb::AdministrationAsked {
                case_id: id(*case),
                second_officer: second_officer.clone(),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::TrackFinished { case, end, file } => (
            "TrackFinished",
            pb::TrackFinished {
                case_id: id(*case),
                outcome: end.outcome.code().to_owned(),
                step: u32::from(end.step),
                file_key: file.to_string(),
                happened_at_ms: end.at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::ReportKnown { case, signal, received_at, file } => (
            "ReportKnown",
            pb::ReportKnown {
                case_id: id(*case),
                signal_id: signal.uuid().as_bytes().to_vec(),
                received_at_ms: received_at.as_millisecond(),
                file_key: file.to_string(),
            }
            .encode_to_vec(),
        ),
        Event::HelpNoted { case, what, happened_at } => (
            "HelpNoted",
            pb::HelpNoted { case_id: id(*case), what: what.code().to_owned(), happened_at_ms: happened_at.as_millisecond() }
                .encode_to_vec(),
        ),
        Event::CaseEnded { case, outcome } => ("CaseEnded", pb::CaseEnded { case_id: id(*case), outcome: outcome.clone() }.encode_to_vec()),
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
        ("TrackOpened", 1) => {
            let e: pb::TrackOpened = message(bytes)?;
            Event::TrackOpened {
                case: case(&e.case_id)?,
                file: key(&e.file_key)?,
                vault: if e.vault_id.is_empty() { None } else { Some(id_in(&e.vault_id)?) },
                known_at_intake: e.known_at_intake,
                entry_step: step(e.entry_step)?,
                episode: e.episode,
                happened_at: time_in(e.happened_at_ms)?,
            }
        }
        ("FactRecorded", 1) => {
            let e: pb::FactRecorded = message(bytes)?;
            Event::FactRecorded {
                case: case(&e.case_id)?,
                fact: fact_in(e.fact.as_ref())?,
                step: step(e.step)?,
                happened_at: time_in(e.happened_at_ms)?,
                file: key(&e.file_key)?,
                notice: if e.notice_id.is_empty() { None } else { Some(id_in(&e.notice_id)?) },
            }
        }
        ("ViolationFound", 1) => {
            let e: pb::ViolationFound = message(bytes)?;
            let violation = Violation {
                code: code::<Code>(&e.code)?,
                about: time_in(e.about_ms)?,
                owner: e.owner,
                rule: e.rule,
                rule_version: e.rule_version,
            };
            Event::ViolationFound { case: case(&e.case_id)?, violation }
        }
        ("ViolationLifted", 1) => {
            let e: pb::ViolationLifted = message(bytes)?;
            Event::ViolationLifted { case: case(&e.case_id)?, code: code(&e.code)?, about: time_in(e.about_ms)? }
        }
        ("TrackPaused", 1) => {
            let e: pb::TrackPaused = message(bytes)?;
            Event::TrackPaused { case: case(&e.case_id)?, until: date_in(e.until.as_ref())?, happened_at: time_in(e.happened_at_ms)? }
        }
        ("TrackResumed", 1) => {
            let e: pb::TrackResumed = message(bytes)?;
            Event::TrackResumed { case: case(&e.case_id)?, happened_at: time_in(e.happened_at_ms)? }
        }
        ("AdministrationAsked", 1) => {
            let e: pb::AdministrationAsked = message(bytes)?;
            Event::AdministrationAsked {
                case: case(&e.case_id)?,
                second_officer: e.second_officer,
                happened_at: time_in(e.happened_at_ms)?,
            }
        }
        ("TrackFinished", 1) => {
            let e: pb::TrackFinished = message(bytes)?;
            let end = Finished { outcome: code::<Outcome>(&e.outcome)?, step: step(e.step)?, at: time_in(e.happened_at_ms)? };
            Event::TrackFinished { case: case(&e.case_id)?, end, file: key(&e.file_key)? }
        }
        ("ReportKnown", 1) => {
            let e: pb::ReportKnown = message(bytes)?;
            Event::ReportKnown {
                case: case(&e.case_id)?,
                signal: SignalId::from_uuid(id_in(&e.signal_id)?),
                received_at: time_in(e.received_at_ms)?,
                file: key(&e.file_key)?,
            }
        }
        ("HelpNoted", 1) => {
            let e: pb::HelpNoted = message(bytes)?;
            Event::HelpNoted { case: case(&e.case_id)?, what: code::<Help>(&e.what)?, happened_at: time_in(e.happened_at_ms)? }
        }
        ("CaseEnded", 1) => {
            let e: pb::CaseEnded = message(bytes)?;
            Event::CaseEnded { case: case(&e.case_id)?, outcome: e.outcome }
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

fn code<T: FromStr<Err = Unknown>>(text: &str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable::UnknownType)
}

fn step(step: u32) -> Result<u8, Unreadable> {
    u8::try_from(step).map_err(|_| Unreadable::Undecodable)
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
