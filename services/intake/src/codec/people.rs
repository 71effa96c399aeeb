//! The events about who is who and which cases go together, as stored bytes and back.

use intake_domain::{Assigned, CasesMerged, CasesUnmerged, Event, LetterRectified, PersonsJudged};
use journal::Unreadable;
use kernel::PersonId;
use proto::intake::v1 as pb;

use super::{at, case, id, key, uuid};

pub fn judged(e: &PersonsJudged) -> pb::PersonsJudged {
    pb::PersonsJudged {
        case_id: id(e.case.uuid()),
        one_id: id(e.one.uuid()),
        other_id: id(e.other.uuid()),
        same: e.same,
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn judged_v1(e: &pb::PersonsJudged) -> Result<Event, Unreadable> {
    Ok(Event::PersonsJudged(PersonsJudged {
        case: case(&e.case_id)?,
        one: PersonId::from_uuid(uuid(&e.one_id)?),
        other: PersonId::from_uuid(uuid(&e.other_id)?),
        same: e.same,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn merged(e: &CasesMerged) -> pb::CasesMerged {
    pb::CasesMerged {
        case_id: id(e.case.uuid()),
        other_case_id: id(e.other.uuid()),
        other_file_key: e.other_file.to_string(),
        leading: e.leading,
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn merged_v1(e: &pb::CasesMerged) -> Result<Event, Unreadable> {
    Ok(Event::CasesMerged(CasesMerged {
        case: case(&e.case_id)?,
        other: case(&e.other_case_id)?,
        other_file: key(&e.other_file_key)?,
        leading: e.leading,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn unmerged(e: &CasesUnmerged) -> pb::CasesUnmerged {
    pb::CasesUnmerged {
        case_id: id(e.case.uuid()),
        other_case_id: id(e.other.uuid()),
        assigned: e.assigned.iter().map(assigned).collect(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn unmerged_v1(e: &pb::CasesUnmerged) -> Result<Event, Unreadable> {
    Ok(Event::CasesUnmerged(CasesUnmerged {
        case: case(&e.case_id)?,
        other: case(&e.other_case_id)?,
        assigned: e.assigned.iter().map(assigned_in).collect::<Result<_, _>>()?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

fn assigned(one: &Assigned) -> pb::Assigned {
    pb::Assigned { context: one.context.clone(), sequence: one.sequence, case_id: id(one.case.uuid()), written: one.written }
}

/// Work and whose it is, as stored or asked.
pub(crate) fn assigned_in(one: &pb::Assigned) -> Result<Assigned, Unreadable> {
    Ok(Assigned { context: one.context.clone(), sequence: one.sequence, case: case(&one.case_id)?, written: one.written })
}

pub fn rectified(e: &LetterRectified) -> pb::LetterRectified {
    pb::LetterRectified {
        case_id: id(e.case.uuid()),
        other_case_id: id(e.other.uuid()),
        context: e.context.clone(),
        sequence: e.sequence,
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn rectified_v1(e: &pb::LetterRectified) -> Result<Event, Unreadable> {
    Ok(Event::LetterRectified(LetterRectified {
        case: case(&e.case_id)?,
        other: case(&e.other_case_id)?,
        context: e.context.clone(),
        sequence: e.sequence,
        happened_at: at(e.happened_at_ms)?,
    }))
}
