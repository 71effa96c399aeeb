//! Routing's events as stored bytes and back: one exhaustive match each way. Old versions are upgraded here.

use std::sync::Arc;

use jiff::civil::Date;
use journal::{
    Encoded, Unreadable,
    terms::{id_in, time_in},
};
use kernel::{CaseId, Key, SignalId};
use prost::Message;
use proto::{common::v1::Date as PbDate, routing::v1 as pb};
use routing_domain::{
    Activation, Because, CaseRouted, Channel, Daypart, Event, Overflow, Place, PlannedAttempt, Priority, Proposal, SignalRef, Text, Told,
    Track, WhyNot,
};

use uuid::Uuid;

use crate::policy_file;

/// An event as it is stored, in the newest version.
pub fn encode(event: &Event) -> Encoded {
    let (name, bytes) = match event {
        Event::CaseRouted(routed) => ("CaseRouted", routed_out(routed).encode_to_vec()),
        Event::CircumstanceKept { case, told } => (
            "CircumstanceKept",
            pb::CircumstanceKept { case_id: case.uuid().as_bytes().to_vec(), fact: Some(fact_out(told)) }.encode_to_vec(),
        ),
        Event::PlaceTaken { route, place } => ("PlaceTaken", place_out(*route, place).encode_to_vec()),
        Event::PolicyProposed(proposal) => ("PolicyProposed", proposed_out(proposal).encode_to_vec()),
        Event::PolicyActivated(activation) => ("PolicyActivated", activated_out(activation).encode_to_vec()),
        Event::RouteEnded { case, reason } => {
            ("RouteEnded", pb::RouteEnded { case_id: case.uuid().as_bytes().to_vec(), reason: reason.clone() }.encode_to_vec())
        }
    };
    Encoded { name, version: 1, bytes }
}

/// A stored event.
///
/// # Errors
/// [`Unreadable::UnknownType`] for a type, version or code of a newer binary, [`Unreadable::Undecodable`] for damage.
pub fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
    Ok(match (name, version) {
        ("CaseRouted", 1) => Event::CaseRouted(Box::new(routed_in(read(bytes)?)?)),
        ("RouteEnded", 1) => {
            let ended: pb::RouteEnded = read(bytes)?;
            Event::RouteEnded { case: CaseId::from_uuid(id_in(&ended.case_id)?), reason: ended.reason }
        }
        ("CircumstanceKept", 1) => {
            let kept: pb::CircumstanceKept = read(bytes)?;
            let told = fact_in(kept.fact.ok_or(Unreadable::Undecodable)?)?;
            Event::CircumstanceKept { case: CaseId::from_uuid(id_in(&kept.case_id)?), told }
        }
        ("PlaceTaken", 1) => {
            let taken: pb::PlaceTaken = read(bytes)?;
            let place = place_in(taken.team, taken.on.as_ref(), taken.overflow)?.ok_or(Unreadable::Undecodable)?;
            Event::PlaceTaken { route: id_in(&taken.route_id)?, place }
        }
        ("PolicyProposed", 1) => Event::PolicyProposed(proposed_in(read(bytes)?)?),
        ("PolicyActivated", 1) => Event::PolicyActivated(activated_in(read(bytes)?)?),
        _ => return Err(Unreadable::UnknownType),
    })
}

fn place_out(route: Uuid, place: &Place) -> pb::PlaceTaken {
    pb::PlaceTaken {
        route_id: route.as_bytes().to_vec(),
        team: place.team.clone(),
        on: date_out(Some(place.on)),
        overflow: overflow_out(Some(place)),
    }
}

/// The teams that had no room, as a contract tells them.
pub(crate) fn overflow_out(place: Option<&Place>) -> Vec<pb::Overflow> {
    let overflow = place.map_or(&[][..], |place| &place.overflow);
    let one = |one: &Overflow| pb::Overflow {
        team: one.team.clone(),
        why: one.why.code().to_owned(),
        capacity: one.capacity.unwrap_or_default(),
    };
    overflow.iter().map(one).collect()
}

fn place_in(team: String, on: Option<&PbDate>, overflow: Vec<pb::Overflow>) -> Result<Option<Place>, Unreadable> {
    let one = |stored: pb::Overflow| {
        let why = WhyNot::from_code(&stored.why).ok_or(Unreadable::UnknownType)?;
        Ok(Overflow { team: stored.team, why, capacity: Some(stored.capacity).filter(|capacity| *capacity != 0) })
    };
    let overflow = overflow.into_iter().map(one).collect::<Result<_, _>>()?;
    Ok(date_in(on)?.map(|on| Place { team, on, overflow }))
}

fn proposed_out(proposal: &Proposal) -> pb::PolicyProposed {
    pb::PolicyProposed {
        version: proposal.policy.version.clone(),
        hash: proposal.policy.hash.to_vec(),
        text: proposal.text.to_string(),
        author: proposal.author.clone(),
    }
}

/// A text that does not read back was written by a binary that knows more of policies: its cases wait for an upgrade.
fn proposed_in(stored: pb::PolicyProposed) -> Result<Proposal, Unreadable> {
    let policy = policy_file::stored(&stored.text).ok_or(Unreadable::UnknownType)?;
    if policy.hash.as_slice() != stored.hash || policy.version != stored.version {
        return Err(Unreadable::Undecodable);
    }
    Ok(Proposal { policy: Arc::new(policy), text: stored.text.into(), author: stored.author })
}

fn activated_out(activation: &Activation) -> pb::PolicyActivated {
    pb::PolicyActivated {
        version: activation.version.clone(),
        hash: activation.hash.to_vec(),
        valid_from: date_out(Some(activation.valid_from)),
        author: activation.author.clone(),
        approver: activation.approver.clone(),
    }
}

fn activated_in(stored: pb::PolicyActivated) -> Result<Activation, Unreadable> {
    Ok(Activation {
        valid_from: date_in(stored.valid_from.as_ref())?.ok_or(Unreadable::Undecodable)?,
        version: stored.version,
        hash: stored.hash.try_into().map_err(|_| Unreadable::Undecodable)?,
        author: stored.author,
        approver: stored.approver,
    })
}

/// A message of any context.
pub(crate) fn read<M: Message + Default>(bytes: &[u8]) -> Result<M, Unreadable> {
    M::decode(bytes).map_err(|_| Unreadable::Undecodable)
}

/// A key that may be left out.
pub(crate) fn key_in(text: &str) -> Result<Option<Key>, Unreadable> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| Unreadable::Undecodable) }
}

fn routed_out(routed: &CaseRouted) -> pb::CaseRouted {
    pb::CaseRouted {
        route_id: routed.route.as_bytes().to_vec(),
        case_id: routed.case.uuid().as_bytes().to_vec(),
        track: routed.track.code().to_owned(),
        team: routed.team.clone(),
        contact_plan: routed.plan.clone(),
        attempts: routed
            .attempts
            .iter()
            .map(|attempt| pb::PlannedAttempt {
                after_days: u32::from(attempt.after_days),
                channel: attempt.channel.code().to_owned(),
                daypart: attempt.daypart.map(|daypart| daypart.code().to_owned()).unwrap_or_default(),
            })
            .collect(),
        rule: routed.rule.clone(),
        policy: routed.policy.clone(),
        policy_version: routed.policy_version.clone(),
        policy_hash: routed.policy_hash.to_vec(),
        policy_position: routed.policy_position,
        reason: routed.reason.nl.clone(),
        reason_en: routed.reason.en.clone(),
        priority: routed.priority.map(|priority| priority.code().to_owned()).unwrap_or_default(),
        first_attempt_by: date_out(routed.first_attempt_by),
        begins_on: date_out(routed.place.as_ref().map(|place| place.on)),
        overflow: overflow_out(routed.place.as_ref()),
        facts: facts_out(&routed.facts),
        because: routed.because.code().to_owned(),
        supply_ends: date_out(routed.supply_ends),
        signal_id: routed.signal.map(|signal| signal.id.uuid().as_bytes().to_vec()).unwrap_or_default(),
        signal_received_at_ms: routed.signal.map(|signal| signal.received_at.as_millisecond()).unwrap_or_default(),
        corrected_signal_id: routed.corrected.map(|signal| signal.id.uuid().as_bytes().to_vec()).unwrap_or_default(),
        corrected_received_at_ms: routed.corrected.map(|signal| signal.received_at.as_millisecond()).unwrap_or_default(),
        file_key: routed.file_key.map(|key| key.to_string()).unwrap_or_default(),
    }
}

/// Facts as a contract tells them.
pub(crate) fn facts_out(facts: &[Told]) -> Vec<pb::Fact> {
    facts.iter().map(fact_out).collect()
}

fn fact_out(fact: &Told) -> pb::Fact {
    pb::Fact { name: fact.name.clone(), value: fact.value.clone(), source: fact.source.clone(), on: date_out(fact.on) }
}

fn fact_in(stored: pb::Fact) -> Result<Told, Unreadable> {
    Ok(Told { on: date_in(stored.on.as_ref())?, name: stored.name, value: stored.value, source: stored.source })
}

/// A day that may be left out.
pub(crate) fn date_out(date: Option<Date>) -> Option<PbDate> {
    date.map(|date| PbDate { iso: date.to_string() })
}

fn date_in(stored: Option<&PbDate>) -> Result<Option<Date>, Unreadable> {
    stored.map(|date| date.iso.parse().map_err(|_| Unreadable::Undecodable)).transpose()
}

fn routed_in(stored: pb::CaseRouted) -> Result<CaseRouted, Unreadable> {
    Ok(CaseRouted {
        route: id_in(&stored.route_id)?,
        case: CaseId::from_uuid(id_in(&stored.case_id)?),
        track: Track::from_code(&stored.track).ok_or(Unreadable::UnknownType)?,
        place: place_in(stored.team.clone(), stored.begins_on.as_ref(), stored.overflow)?,
        team: stored.team,
        plan: stored.contact_plan,
        attempts: stored.attempts.iter().map(attempt_in).collect::<Result<_, _>>()?,
        rule: stored.rule,
        policy: stored.policy,
        policy_version: stored.policy_version,
        policy_position: stored.policy_position,
        policy_hash: stored.policy_hash.try_into().map_err(|_| Unreadable::Undecodable)?,
        reason: Text { nl: stored.reason, en: stored.reason_en },
        priority: match stored.priority.as_str() {
            "" => None,
            code => Some(Priority::from_code(code).ok_or(Unreadable::UnknownType)?),
        },
        first_attempt_by: date_in(stored.first_attempt_by.as_ref())?,
        facts: stored.facts.into_iter().map(fact_in).collect::<Result<_, _>>()?,
        because: Because::from_code(&stored.because).ok_or(Unreadable::UnknownType)?,
        supply_ends: date_in(stored.supply_ends.as_ref())?,
        signal: signal_in(&stored.signal_id, stored.signal_received_at_ms)?,
        corrected: signal_in(&stored.corrected_signal_id, stored.corrected_received_at_ms)?,
        file_key: key_in(&stored.file_key)?,
    })
}

/// A signal that may be left out.
fn signal_in(id: &[u8], received_at_ms: i64) -> Result<Option<SignalRef>, Unreadable> {
    if id.is_empty() {
        return Ok(None);
    }
    Ok(Some(SignalRef { id: SignalId::from_uuid(id_in(id)?), received_at: time_in(received_at_ms)? }))
}

fn attempt_in(stored: &pb::PlannedAttempt) -> Result<PlannedAttempt, Unreadable> {
    let daypart = match stored.daypart.as_str() {
        "" => None,
        code => Some(Daypart::from_code(code).ok_or(Unreadable::UnknownType)?),
    };
    Ok(PlannedAttempt {
        after_days: u16::try_from(stored.after_days).map_err(|_| Unreadable::Undecodable)?,
        channel: Channel::from_code(&stored.channel).ok_or(Unreadable::UnknownType)?,
        daypart,
    })
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
