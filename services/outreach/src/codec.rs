//! Outreach's events as stored bytes and back: one exhaustive match each way. Old versions are upgraded here.

use journal::{
    Encoded, Unreadable,
    terms::{self, date_in, date_out, id_in, time_in},
};
use kernel::{CaseId, Key, PersonId, SignalId};
use outreach_domain::{Circumstance, DueAttempt, Event, HelpResult, Learned, PlanMade, SettledBy, Signal, Teller};
use prost::Message;
use proto::outreach::v1 as pb;
use uuid::Uuid;

/// An event as it is stored, in the newest version.
pub fn encode(event: &Event) -> Encoded {
    let (name, bytes) = match event {
        Event::PlanMade(made) => ("PlanMade", plan_out(made).encode_to_vec()),
        Event::SignalJoined { case, signal, plan } => (
            "SignalJoined",
            pb::SignalJoined {
                case_id: case_out(*case),
                signal_id: id_out(signal.id.uuid()),
                plan_id: plan.map(id_out).unwrap_or_default(),
                signal_received_at_ms: signal.received_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::AttemptRecorded { plan, number, channel, daypart, reached, happened_at } => (
            "AttemptRecorded",
            pb::AttemptRecorded {
                plan_id: plan.map(id_out).unwrap_or_default(),
                number: *number,
                channel: channel.clone(),
                daypart: daypart.clone(),
                reached: *reached,
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::OfferMade { case, channel, happened_at } => (
            "OfferMade",
            pb::OfferMade { case_id: case_out(*case), channel: channel.clone(), happened_at_ms: happened_at.as_millisecond() }
                .encode_to_vec(),
        ),
        Event::HelpAccepted { case, happened_at } => {
            ("HelpAccepted", pb::HelpAccepted { case_id: case_out(*case), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec())
        }
        Event::HelpRefused { case, happened_at } => {
            ("HelpRefused", pb::HelpRefused { case_id: case_out(*case), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec())
        }
        Event::FirstTalkHeld { case, happened_at } => {
            ("FirstTalkHeld", pb::FirstTalkHeld { case_id: case_out(*case), happened_at_ms: happened_at.as_millisecond() }.encode_to_vec())
        }
        Event::PlanExhausted { plan, case, track, attempts } => (
            "PlanExhausted",
            pb::PlanExhausted { plan_id: id_out(*plan), case_id: case_out(*case), track: track.clone(), attempts: *attempts }
                .encode_to_vec(),
        ),
        Event::HelpResolved { case, result, happened_at } => (
            "HelpResolved",
            pb::HelpResolved { case_id: case_out(*case), result: result.code().to_owned(), happened_at_ms: happened_at.as_millisecond() }
                .encode_to_vec(),
        ),
        Event::PlanEnded { plan, reason } => {
            ("PlanEnded", pb::PlanEnded { plan_id: id_out(*plan), reason: reason.clone() }.encode_to_vec())
        }
        Event::CaseSettled { case, by, happened_at } => (
            "CaseSettled",
            pb::CaseSettled {
                case_id: case_out(*case),
                reason: by.end_reason().code().to_owned(),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::HelpAsked { case, request, asked_at, threatened, file_key } => (
            "HelpAsked",
            pb::HelpAsked {
                case_id: case_out(*case),
                request_id: id_out(*request),
                asked_at_ms: asked_at.as_millisecond(),
                threatened: *threatened,
                file_key: file_key.map(|key| key.to_string()).unwrap_or_default(),
            }
            .encode_to_vec(),
        ),
        Event::CircumstanceLearned { case, learned, happened_at } => (
            "CircumstanceLearned",
            pb::CircumstanceLearned {
                case_id: case_out(*case),
                circumstance: learned.circumstance.code().to_owned(),
                holds: learned.holds,
                source: learned.source.code().to_owned(),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::AttemptSupplemented { case, attempted_at, daypart, happened_at } => (
            "AttemptSupplemented",
            pb::AttemptSupplemented {
                case_id: case_out(*case),
                attempted_at_ms: attempted_at.as_millisecond(),
                daypart: daypart.clone(),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::SignalDropped { case, signal } => {
            ("SignalDropped", pb::SignalDropped { case_id: case_out(*case), signal_id: id_out(signal.uuid()) }.encode_to_vec())
        }
        Event::HoldChanged { case, request, held, happened_at } => (
            "HoldChanged",
            pb::HoldChanged {
                case_id: case_out(*case),
                request_id: id_out(*request),
                held: *held,
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::RestrictionChanged { case, restriction, person, kind, channels, holds, happened_at } => (
            "RestrictionChanged",
            pb::RestrictionChanged {
                case_id: case_out(*case),
                restriction_id: id_out(*restriction),
                person_id: id_out(person.uuid()),
                kind: kind.clone(),
                channels: channels.clone(),
                holds: *holds,
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::RestrictionBroken { case, restriction, person, channel, owner, happened_at } => (
            "RestrictionBroken",
            pb::RestrictionBroken {
                case_id: case_out(*case),
                restriction_id: id_out(*restriction),
                person_id: id_out(person.uuid()),
                channel: channel.clone(),
                owner: owner.clone(),
                happened_at_ms: happened_at.as_millisecond(),
            }
            .encode_to_vec(),
        ),
        Event::TermChanged(term) => ("TermChanged", pb::TermChanged { term: Some(terms::to_proto(term)) }.encode_to_vec()),
    };
    Encoded { name, version: 1, bytes }
}

/// A stored event.
///
/// # Errors
/// [`Unreadable::UnknownType`] for a type, version or code of a newer binary, [`Unreadable::Undecodable`] for damage.
pub fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
    Ok(match (name, version) {
        ("PlanMade", 1) => Event::PlanMade(Box::new(plan_in(read(bytes)?)?)),
        ("SignalJoined", 1) => {
            let joined: pb::SignalJoined = read(bytes)?;
            Event::SignalJoined {
                case: case_in(&joined.case_id)?,
                signal: Signal { id: SignalId::from_uuid(id_in(&joined.signal_id)?), received_at: time_in(joined.signal_received_at_ms)? },
                plan: optional_id(&joined.plan_id)?,
            }
        }
        ("AttemptRecorded", 1) => {
            let attempt: pb::AttemptRecorded = read(bytes)?;
            Event::AttemptRecorded {
                plan: optional_id(&attempt.plan_id)?,
                number: attempt.number,
                channel: attempt.channel,
                daypart: attempt.daypart,
                reached: attempt.reached,
                happened_at: time_in(attempt.happened_at_ms)?,
            }
        }
        ("OfferMade", 1) => {
            let offer: pb::OfferMade = read(bytes)?;
            Event::OfferMade { case: case_in(&offer.case_id)?, channel: offer.channel, happened_at: time_in(offer.happened_at_ms)? }
        }
        ("HelpAccepted", 1) => {
            let accepted: pb::HelpAccepted = read(bytes)?;
            Event::HelpAccepted { case: case_in(&accepted.case_id)?, happened_at: time_in(accepted.happened_at_ms)? }
        }
        ("HelpRefused", 1) => {
            let refused: pb::HelpRefused = read(bytes)?;
            Event::HelpRefused { case: case_in(&refused.case_id)?, happened_at: time_in(refused.happened_at_ms)? }
        }
        ("FirstTalkHeld", 1) => {
            let held: pb::FirstTalkHeld = read(bytes)?;
            Event::FirstTalkHeld { case: case_in(&held.case_id)?, happened_at: time_in(held.happened_at_ms)? }
        }
        ("PlanExhausted", 1) => {
            let exhausted: pb::PlanExhausted = read(bytes)?;
            Event::PlanExhausted {
                plan: id_in(&exhausted.plan_id)?,
                case: case_in(&exhausted.case_id)?,
                track: exhausted.track,
                attempts: exhausted.attempts,
            }
        }
        ("HelpResolved", 1) => {
            let resolved: pb::HelpResolved = read(bytes)?;
            Event::HelpResolved {
                case: case_in(&resolved.case_id)?,
                result: HelpResult::from_code(&resolved.result).ok_or(Unreadable::UnknownType)?,
                happened_at: time_in(resolved.happened_at_ms)?,
            }
        }
        ("PlanEnded", 1) => {
            let ended: pb::PlanEnded = read(bytes)?;
            Event::PlanEnded { plan: id_in(&ended.plan_id)?, reason: ended.reason }
        }
        ("CaseSettled", 1) => {
            let settled: pb::CaseSettled = read(bytes)?;
            let by =
                [SettledBy::Paid, SettledBy::Closed, SettledBy::HandedOver].into_iter().find(|by| by.end_reason().code() == settled.reason);
            Event::CaseSettled {
                case: case_in(&settled.case_id)?,
                by: by.ok_or(Unreadable::UnknownType)?,
                happened_at: time_in(settled.happened_at_ms)?,
            }
        }
        ("HelpAsked", 1) => {
            let asked: pb::HelpAsked = read(bytes)?;
            Event::HelpAsked {
                case: case_in(&asked.case_id)?,
                request: id_in(&asked.request_id)?,
                asked_at: time_in(asked.asked_at_ms)?,
                threatened: asked.threatened,
                file_key: key_in(&asked.file_key)?,
            }
        }
        ("CircumstanceLearned", 1) => {
            let told: pb::CircumstanceLearned = read(bytes)?;
            Event::CircumstanceLearned {
                case: case_in(&told.case_id)?,
                learned: Learned {
                    circumstance: Circumstance::from_code(&told.circumstance).ok_or(Unreadable::UnknownType)?,
                    holds: told.holds,
                    source: Teller::from_code(&told.source).ok_or(Unreadable::UnknownType)?,
                },
                happened_at: time_in(told.happened_at_ms)?,
            }
        }
        ("AttemptSupplemented", 1) => {
            let told: pb::AttemptSupplemented = read(bytes)?;
            Event::AttemptSupplemented {
                case: case_in(&told.case_id)?,
                attempted_at: time_in(told.attempted_at_ms)?,
                daypart: told.daypart,
                happened_at: time_in(told.happened_at_ms)?,
            }
        }
        ("SignalDropped", 1) => {
            let dropped: pb::SignalDropped = read(bytes)?;
            Event::SignalDropped { case: case_in(&dropped.case_id)?, signal: SignalId::from_uuid(id_in(&dropped.signal_id)?) }
        }
        ("HoldChanged", 1) => {
            let changed: pb::HoldChanged = read(bytes)?;
            Event::HoldChanged {
                case: case_in(&changed.case_id)?,
                request: id_in(&changed.request_id)?,
                held: changed.held,
                happened_at: time_in(changed.happened_at_ms)?,
            }
        }
        ("RestrictionChanged", 1) => {
            let changed: pb::RestrictionChanged = read(bytes)?;
            Event::RestrictionChanged {
                case: case_in(&changed.case_id)?,
                restriction: id_in(&changed.restriction_id)?,
                person: PersonId::from_uuid(id_in(&changed.person_id)?),
                kind: changed.kind,
                channels: changed.channels,
                holds: changed.holds,
                happened_at: time_in(changed.happened_at_ms)?,
            }
        }
        ("RestrictionBroken", 1) => {
            let broken: pb::RestrictionBroken = read(bytes)?;
            Event::RestrictionBroken {
                case: case_in(&broken.case_id)?,
                restriction: id_in(&broken.restriction_id)?,
                person: PersonId::from_uuid(id_in(&broken.person_id)?),
                channel: broken.channel,
                owner: broken.owner,
                happened_at: time_in(broken.happened_at_ms)?,
            }
        }
        ("TermChanged", 1) => {
            let changed: pb::TermChanged = read(bytes)?;
            Event::TermChanged(terms::from_proto(changed.term.as_ref().ok_or(Unreadable::Undecodable)?)?)
        }
        _ => return Err(Unreadable::UnknownType),
    })
}

/// A message of any context.
pub(crate) fn read<M: Message + Default>(bytes: &[u8]) -> Result<M, Unreadable> {
    M::decode(bytes).map_err(|_| Unreadable::Undecodable)
}

/// A case id.
pub(crate) fn case_in(bytes: &[u8]) -> Result<CaseId, Unreadable> {
    Ok(CaseId::from_uuid(id_in(bytes)?))
}

/// A key that may be left out.
pub(crate) fn key_in(text: &str) -> Result<Option<Key>, Unreadable> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| Unreadable::Undecodable) }
}

/// A signal that may be left out.
pub(crate) fn signal_in(id: &[u8], received_at_ms: i64) -> Result<Option<Signal>, Unreadable> {
    let id = optional_id(id)?;
    id.map(|id| Ok(Signal { id: SignalId::from_uuid(id), received_at: time_in(received_at_ms)? })).transpose()
}

/// A planned attempt as a contract tells it.
pub(crate) fn attempt_out(attempt: &DueAttempt) -> pb::DueAttempt {
    pb::DueAttempt {
        number: attempt.number,
        by: Some(date_out(attempt.by)),
        channel: attempt.channel.clone(),
        daypart: attempt.daypart.clone(),
    }
}

fn optional_id(bytes: &[u8]) -> Result<Option<Uuid>, Unreadable> {
    if bytes.is_empty() { Ok(None) } else { id_in(bytes).map(Some) }
}
fn id_out(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}
fn case_out(case: CaseId) -> Vec<u8> {
    id_out(case.uuid())
}

fn plan_out(made: &PlanMade) -> pb::PlanMade {
    pb::PlanMade {
        plan_id: id_out(made.plan),
        case_id: case_out(made.case),
        route_id: id_out(made.route),
        track: made.track.clone(),
        team: made.team.clone(),
        attempts: made.attempts.iter().map(attempt_out).collect(),
        file_key: made.file_key.map(|key| key.to_string()).unwrap_or_default(),
        signal_id: made.signal.map(|signal| id_out(signal.id.uuid())).unwrap_or_default(),
        signal_received_at_ms: made.signal.map(|signal| signal.received_at.as_millisecond()).unwrap_or_default(),
        because: made.because.clone(),
    }
}

fn plan_in(stored: pb::PlanMade) -> Result<PlanMade, Unreadable> {
    let attempt = |stored: pb::DueAttempt| {
        Ok(DueAttempt { number: stored.number, by: date_in(stored.by.as_ref())?, channel: stored.channel, daypart: stored.daypart })
    };
    Ok(PlanMade {
        plan: id_in(&stored.plan_id)?,
        case: case_in(&stored.case_id)?,
        route: id_in(&stored.route_id)?,
        track: stored.track,
        team: stored.team,
        attempts: stored.attempts.into_iter().map(attempt).collect::<Result<_, _>>()?,
        file_key: key_in(&stored.file_key)?,
        signal: signal_in(&stored.signal_id, stored.signal_received_at_ms)?,
        because: stored.because,
    })
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
