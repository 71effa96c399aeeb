//! The events of what persons allow and do not want, as stored bytes and back.

use intake_domain::{
    ConsentMeans, ConsentPurpose, ConsentRecorded, ConsentWord, ContactRestricted, Event, RefusalRecorded, RestrictionEnded,
    RestrictionKind,
};
use journal::Unreadable;
use kernel::{PersonId, ddas::Channel};
use proto::intake::v1 as pb;

use super::{at, case, id, known, optional, uuid};

fn person(bytes: &[u8]) -> Result<PersonId, Unreadable> {
    uuid(bytes).map(PersonId::from_uuid)
}

pub fn consent(e: &ConsentRecorded) -> pb::ConsentRecorded {
    pb::ConsentRecorded {
        case_id: id(e.case.uuid()),
        person_id: id(e.person.uuid()),
        purpose: e.purpose.code().to_owned(),
        word: e.word.code().to_owned(),
        means: e.means.code().to_owned(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn consent_v1(e: &pb::ConsentRecorded) -> Result<Event, Unreadable> {
    Ok(Event::ConsentRecorded(ConsentRecorded {
        case: case(&e.case_id)?,
        person: person(&e.person_id)?,
        purpose: known(ConsentPurpose::from_code(&e.purpose))?,
        word: known(ConsentWord::from_code(&e.word))?,
        means: known(ConsentMeans::from_code(&e.means))?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn restricted(e: &ContactRestricted) -> pb::ContactRestricted {
    pb::ContactRestricted {
        restriction_id: id(e.restriction),
        case_id: id(e.case.uuid()),
        person_id: id(e.person.uuid()),
        kind: e.kind.code().to_owned(),
        channels: e.channels.iter().map(|channel| channel.code().to_owned()).collect(),
        vault_id: e.vault_id.map(id).unwrap_or_default(),
        since_ms: e.since.as_millisecond(),
    }
}

pub fn restricted_v1(e: &pb::ContactRestricted) -> Result<Event, Unreadable> {
    Ok(Event::ContactRestricted(ContactRestricted {
        restriction: uuid(&e.restriction_id)?,
        case: case(&e.case_id)?,
        person: person(&e.person_id)?,
        kind: known(RestrictionKind::from_code(&e.kind))?,
        channels: e.channels.iter().map(|code| known(Channel::from_code(code))).collect::<Result<_, _>>()?,
        vault_id: optional(&e.vault_id, uuid)?,
        since: at(e.since_ms)?,
    }))
}

pub fn ended(e: &RestrictionEnded) -> pb::RestrictionEnded {
    pb::RestrictionEnded {
        restriction_id: id(e.restriction),
        case_id: id(e.case.uuid()),
        person_id: id(e.person.uuid()),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn ended_v1(e: &pb::RestrictionEnded) -> Result<Event, Unreadable> {
    Ok(Event::RestrictionEnded(RestrictionEnded {
        restriction: uuid(&e.restriction_id)?,
        case: case(&e.case_id)?,
        person: person(&e.person_id)?,
        happened_at: at(e.happened_at_ms)?,
    }))
}

pub fn refused(e: &RefusalRecorded) -> pb::RefusalRecorded {
    pb::RefusalRecorded {
        case_id: id(e.case.uuid()),
        person_id: id(e.person.uuid()),
        whole: e.whole,
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn refused_v1(e: &pb::RefusalRecorded) -> Result<Event, Unreadable> {
    Ok(Event::RefusalRecorded(RefusalRecorded {
        case: case(&e.case_id)?,
        person: person(&e.person_id)?,
        whole: e.whole,
        happened_at: at(e.happened_at_ms)?,
    }))
}
