//! The events of rights, as stored bytes and back.

use intake_domain::{Event, Right, RightDecided, RightExtended, RightRequested, Verdict};
use journal::Unreadable;
use kernel::PersonId;
use proto::intake::v1 as pb;

use super::{at, case, date, date_in, id, known, optional, uuid};

pub fn requested(e: &RightRequested) -> pb::RightRequested {
    pb::RightRequested {
        request_id: id(e.request),
        case_id: id(e.case.uuid()),
        person_id: e.person.map(|person| id(person.uuid())).unwrap_or_default(),
        right: e.right.code().to_owned(),
        asked_on: Some(date(e.asked_on)),
        due: Some(date(e.due)),
        officer: e.officer.clone(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn requested_v1(e: &pb::RightRequested) -> Result<Event, Unreadable> {
    Ok(Event::RightRequested(RightRequested {
        request: uuid(&e.request_id)?,
        case: case(&e.case_id)?,
        person: optional(&e.person_id, uuid)?.map(PersonId::from_uuid),
        right: known(Right::from_code(&e.right))?,
        asked_on: e.asked_on.as_ref().ok_or(Unreadable::Undecodable).and_then(date_in)?,
        due: e.due.as_ref().ok_or(Unreadable::Undecodable).and_then(date_in)?,
        officer: e.officer.clone(),
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn extended(e: &RightExtended) -> pb::RightExtended {
    pb::RightExtended {
        request_id: id(e.request),
        case_id: id(e.case.uuid()),
        due: Some(date(e.due)),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn extended_v1(e: &pb::RightExtended) -> Result<Event, Unreadable> {
    Ok(Event::RightExtended(RightExtended {
        request: uuid(&e.request_id)?,
        case: case(&e.case_id)?,
        due: e.due.as_ref().ok_or(Unreadable::Undecodable).and_then(date_in)?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn decided(e: &RightDecided) -> pb::RightDecided {
    pb::RightDecided {
        request_id: id(e.request),
        case_id: id(e.case.uuid()),
        right: e.right.code().to_owned(),
        verdict: e.verdict.code().to_owned(),
        ground: e.verdict.ground().to_owned(),
        officer: e.officer.clone(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn decided_v1(e: &pb::RightDecided) -> Result<Event, Unreadable> {
    Ok(Event::RightDecided(RightDecided {
        request: uuid(&e.request_id)?,
        case: case(&e.case_id)?,
        right: known(Right::from_code(&e.right))?,
        verdict: known(Verdict::from_codes(&e.verdict, &e.ground))?,
        officer: e.officer.clone(),
        happened_at: at(e.happened_at_ms)?,
    }))
}
