//! Term events as stored bytes: the one codec of the message that all contexts share.

use jiff::{Timestamp, civil};
use kernel::{
    days::{Roll, Why},
    terms::{EndReason, Term, TermEvent, TermKind},
};
use prost::Message;
use proto::common::v1 as pb;
use uuid::Uuid;

use crate::context::Unreadable;

/// A term event as a message, to wrap in a service's own event.
pub fn to_proto(event: &TermEvent) -> pb::TermEvent {
    use pb::term_event::What;
    let moment = |id: &Uuid, at: &Timestamp| pb::TermMoment { term_id: id.as_bytes().to_vec(), at_ms: at.as_millisecond() };
    let what = match event {
        TermEvent::Set(term) => What::Set(pb::TermSet {
            term_id: term.id.as_bytes().to_vec(),
            kind: term.kind.code().to_owned(),
            starts_on: Some(date_out(term.starts_on)),
            due: Some(date_out(term.due)),
            rule: term.rule.clone(),
            version: term.version,
            rolled: term.rolled.iter().map(|roll| format!("{} {}", roll.day, roll.why.code())).collect(),
            owner: term.owner.clone(),
            warn_days: u32::from(term.warn_days),
        }),
        TermEvent::Warned { id, at } => What::Warned(moment(id, at)),
        TermEvent::Expired { id, at } => What::Expired(moment(id, at)),
        TermEvent::Met { id, happened_at, late } => {
            What::Met(pb::TermMet { term_id: id.as_bytes().to_vec(), happened_at_ms: happened_at.as_millisecond(), late: *late })
        }
        TermEvent::FoundMet { id, happened_at } => What::FoundMet(moment(id, happened_at)),
        TermEvent::LateWhenKnown { id, at } => What::LateWhenKnown(moment(id, at)),
        TermEvent::Ended { id, reason } => What::Ended(pb::TermEnded { term_id: id.as_bytes().to_vec(), reason: reason.code().to_owned() }),
    };
    pb::TermEvent { what: Some(what) }
}

/// A stored term event, read.
///
/// # Errors
/// [`Unreadable::UnknownType`] for a kind or reason of a newer binary, [`Unreadable::Undecodable`] for damage.
pub fn from_proto(event: &pb::TermEvent) -> Result<TermEvent, Unreadable> {
    use pb::term_event::What;
    let moment = |m: &pb::TermMoment| Ok::<_, Unreadable>((id_in(&m.term_id)?, time_in(m.at_ms)?));
    Ok(match event.what.as_ref().ok_or(Unreadable::UnknownType)? {
        What::Set(set) => TermEvent::Set(Term {
            id: id_in(&set.term_id)?,
            kind: TermKind::from_code(&set.kind).ok_or(Unreadable::UnknownType)?,
            starts_on: date_in(set.starts_on.as_ref())?,
            due: date_in(set.due.as_ref())?,
            rule: set.rule.clone(),
            version: set.version,
            rolled: set.rolled.iter().map(|line| roll_in(line)).collect::<Result<_, _>>()?,
            owner: set.owner.clone(),
            warn_days: u16::try_from(set.warn_days).map_err(|_| Unreadable::Undecodable)?,
        }),
        What::Warned(m) => moment(m).map(|(id, at)| TermEvent::Warned { id, at })?,
        What::Expired(m) => moment(m).map(|(id, at)| TermEvent::Expired { id, at })?,
        What::Met(m) => TermEvent::Met { id: id_in(&m.term_id)?, happened_at: time_in(m.happened_at_ms)?, late: m.late },
        What::FoundMet(m) => moment(m).map(|(id, happened_at)| TermEvent::FoundMet { id, happened_at })?,
        What::LateWhenKnown(m) => moment(m).map(|(id, at)| TermEvent::LateWhenKnown { id, at })?,
        What::Ended(m) => {
            TermEvent::Ended { id: id_in(&m.term_id)?, reason: EndReason::from_code(&m.reason).ok_or(Unreadable::UnknownType)? }
        }
    })
}

/// A date as a message.
pub fn date_out(date: civil::Date) -> pb::Date {
    pb::Date { iso: date.to_string() }
}

/// A stored date, read.
///
/// # Errors
/// [`Unreadable::Undecodable`] when it is missing or no date.
pub fn date_in(date: Option<&pb::Date>) -> Result<civil::Date, Unreadable> {
    date.and_then(|d| d.iso.parse().ok()).ok_or(Unreadable::Undecodable)
}

/// A stored instant in milliseconds, read.
///
/// # Errors
/// [`Unreadable::Undecodable`] when it lies outside the calendar.
pub fn time_in(milliseconds: i64) -> Result<Timestamp, Unreadable> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| Unreadable::Undecodable)
}

/// A stored UUID, read.
///
/// # Errors
/// [`Unreadable::Undecodable`] when there are not sixteen bytes.
pub fn id_in(bytes: &[u8]) -> Result<Uuid, Unreadable> {
    Uuid::from_slice(bytes).map_err(|_| Unreadable::Undecodable)
}

fn roll_in(line: &str) -> Result<Roll, Unreadable> {
    let (day, why) = line.split_once(' ').ok_or(Unreadable::Undecodable)?;
    Ok(Roll { day: day.parse().map_err(|_| Unreadable::Undecodable)?, why: Why::from_code(why).ok_or(Unreadable::UnknownType)? })
}

/// A short history of one term, for the index of what is due.
pub(crate) fn encode(history: &[TermEvent]) -> Vec<u8> {
    history.iter().flat_map(|event| to_proto(event).encode_length_delimited_to_vec()).collect()
}
pub(crate) fn decode(mut bytes: &[u8]) -> Vec<TermEvent> {
    let mut history = Vec::new();
    while let Ok(message) = pb::TermEvent::decode_length_delimited(&mut bytes) {
        history.extend(from_proto(&message));
        if bytes.is_empty() {
            break;
        }
    }
    history
}
