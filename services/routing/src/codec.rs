//! Routing's events as stored bytes and back: one exhaustive match each way. Old versions are upgraded here.

use journal::{
    Encoded, Unreadable,
    terms::{id_in, time_in},
};
use kernel::{CaseId, Key, SignalId};
use prost::Message;
use proto::routing::v1 as pb;
use routing_domain::{Because, CaseRouted, Channel, Daypart, Event, PlannedAttempt, SignalRef, Track};

/// An event as it is stored, in the newest version.
pub fn encode(event: &Event) -> Encoded {
    let (name, bytes) = match event {
        Event::CaseRouted(routed) => ("CaseRouted", routed_out(routed).encode_to_vec()),
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
        _ => return Err(Unreadable::UnknownType),
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
        reason: routed.reason.clone(),
        facts: facts_out(&routed.facts),
        because: routed.because.code().to_owned(),
        signal_id: routed.signal.map(|signal| signal.id.uuid().as_bytes().to_vec()).unwrap_or_default(),
        signal_received_at_ms: routed.signal.map(|signal| signal.received_at.as_millisecond()).unwrap_or_default(),
        file_key: routed.file_key.map(|key| key.to_string()).unwrap_or_default(),
    }
}

/// Facts as a contract tells them.
pub(crate) fn facts_out(facts: &[(String, String)]) -> Vec<pb::Fact> {
    facts.iter().map(|(name, value)| pb::Fact { name: name.clone(), value: value.clone() }).collect()
}

fn routed_in(stored: pb::CaseRouted) -> Result<CaseRouted, Unreadable> {
    let signal = if stored.signal_id.is_empty() {
        None
    } else {
        Some(SignalRef { id: SignalId::from_uuid(id_in(&stored.signal_id)?), received_at: time_in(stored.signal_received_at_ms)? })
    };
    Ok(CaseRouted {
        route: id_in(&stored.route_id)?,
        case: CaseId::from_uuid(id_in(&stored.case_id)?),
        track: Track::from_code(&stored.track).ok_or(Unreadable::UnknownType)?,
        team: stored.team,
        plan: stored.contact_plan,
        attempts: stored.attempts.iter().map(attempt_in).collect::<Result<_, _>>()?,
        rule: stored.rule,
        policy: stored.policy,
        policy_version: stored.policy_version,
        policy_hash: stored.policy_hash.try_into().map_err(|_| Unreadable::Undecodable)?,
        reason: stored.reason,
        facts: stored.facts.into_iter().map(|fact| (fact.name, fact.value)).collect(),
        because: Because::from_code(&stored.because).ok_or(Unreadable::UnknownType)?,
        signal,
        file_key: key_in(&stored.file_key)?,
    })
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
