//! The events in the life of a household and of a case between municipalities, as stored bytes and back.

use intake_domain::{
    Answer, Bounce, CaseTakenOver, Event, HandOverAnswered, HandOverOffered, Informant, LeftBehind, SignalSupplemented, Supplement,
    TenantDied,
};
use journal::Unreadable;
use kernel::{Arrears, Cents, SignalId};
use proto::intake::v1 as pb;

use super::{at, case, date, date_in, id, key, known, optional, partner_kind, partner_kind_in, uuid};

pub fn died(e: &TenantDied) -> pb::TenantDied {
    pb::TenantDied {
        case_id: id(e.case.uuid()),
        died_on: e.died_on.map(date),
        left_behind: e.left_behind.code().to_owned(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn died_v1(e: &pb::TenantDied) -> Result<Event, Unreadable> {
    Ok(Event::TenantDied(TenantDied {
        case: case(&e.case_id)?,
        died_on: e.died_on.as_ref().map(date_in).transpose()?,
        left_behind: known(LeftBehind::from_code(&e.left_behind))?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn offered(e: &HandOverOffered) -> pb::HandOverOffered {
    pb::HandOverOffered {
        case_id: id(e.case.uuid()),
        hand_over_id: id(e.hand_over),
        to_gemeentecode: e.to.to_string(),
        vault_id: id(e.vault_id),
        help_offered_at_ms: e.help_offered_at.map(|at| at.as_millisecond()).unwrap_or_default(),
        offered_at_ms: e.offered_at.as_millisecond(),
    }
}

pub fn offered_v1(e: &pb::HandOverOffered) -> Result<Event, Unreadable> {
    Ok(Event::HandOverOffered(HandOverOffered {
        case: case(&e.case_id)?,
        hand_over: uuid(&e.hand_over_id)?,
        to: e.to_gemeentecode.parse().map_err(|_| Unreadable::Undecodable)?,
        vault_id: uuid(&e.vault_id)?,
        help_offered_at: maybe_at(e.help_offered_at_ms)?,
        offered_at: at(e.offered_at_ms)?,
    }))
}

pub fn answered(e: &HandOverAnswered) -> pb::HandOverAnswered {
    let (bounce, to) = match e.answer {
        Answer::Accepted { file, case } => ("", Some((file, case))),
        Answer::Bounced(bounce) => (bounce.code(), None),
    };
    pb::HandOverAnswered {
        case_id: id(e.case.uuid()),
        hand_over_id: id(e.hand_over),
        bounce: bounce.to_owned(),
        to_file_key: to.map(|(file, _)| file.to_string()).unwrap_or_default(),
        to_case_id: to.map(|(_, case)| id(case.uuid())).unwrap_or_default(),
        answered_at_ms: e.answered_at.as_millisecond(),
    }
}

pub fn answered_v1(e: &pb::HandOverAnswered) -> Result<Event, Unreadable> {
    let answer = match optional(&e.to_case_id, case)? {
        Some(case) => Answer::Accepted { file: key(&e.to_file_key)?, case },
        None => Answer::Bounced(known(Bounce::from_code(&e.bounce))?),
    };
    Ok(Event::HandOverAnswered(HandOverAnswered {
        case: case(&e.case_id)?,
        hand_over: uuid(&e.hand_over_id)?,
        answer,
        answered_at: at(e.answered_at_ms)?,
    }))
}

pub fn taken_over(e: &CaseTakenOver) -> pb::CaseTakenOver {
    pb::CaseTakenOver {
        case_id: id(e.case.uuid()),
        hand_over_id: id(e.hand_over),
        from_gemeentecode: e.from.to_string(),
        help_offered_at_ms: e.help_offered_at.map(|at| at.as_millisecond()).unwrap_or_default(),
        file_key: e.file.to_string(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn taken_over_v1(e: &pb::CaseTakenOver) -> Result<Event, Unreadable> {
    Ok(Event::CaseTakenOver(CaseTakenOver {
        case: case(&e.case_id)?,
        hand_over: uuid(&e.hand_over_id)?,
        from: e.from_gemeentecode.parse().map_err(|_| Unreadable::Undecodable)?,
        help_offered_at: maybe_at(e.help_offered_at_ms)?,
        file: key(&e.file_key)?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn supplemented(e: &SignalSupplemented) -> pb::SignalSupplemented {
    pb::SignalSupplemented {
        signal_id: id(e.signal.uuid()),
        case_id: id(e.case.uuid()),
        kind: partner_kind(e.kind).into(),
        organisation: e.organisation.clone(),
        amount_cents: e.amount.at_least().0,
        arrears_since: e.said.arrears_since.map(date),
        crisis: e.said.crisis,
        warm_handover: e.said.warm_handover,
        source: e.source.code().to_owned(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn supplemented_v1(e: &pb::SignalSupplemented) -> Result<Event, Unreadable> {
    Ok(Event::SignalSupplemented(SignalSupplemented {
        signal: SignalId::from_uuid(uuid(&e.signal_id)?),
        case: case(&e.case_id)?,
        kind: known(partner_kind_in(e.kind()))?,
        organisation: e.organisation.clone(),
        amount: Arrears::of(Cents(e.amount_cents)),
        said: Supplement {
            arrears_since: e.arrears_since.as_ref().map(date_in).transpose()?,
            crisis: e.crisis,
            warm_handover: e.warm_handover,
        },
        source: known(Informant::from_code(&e.source))?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

/// An instant that may be left out.
fn maybe_at(ms: i64) -> Result<Option<jiff::Timestamp>, Unreadable> {
    if ms == 0 { Ok(None) } else { at(ms).map(Some) }
}
