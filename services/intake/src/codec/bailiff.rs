//! What bailiffs told, as stored bytes and back.

use intake_domain::{ByBailiff, Event, EvictionGround, EvictionNoticed, Goods, Notice};
use jiff::civil::Time;
use journal::Unreadable;
use proto::intake::v1::{self as pb, eviction_noticed as stored};

use super::{at, case, date, date_in, id, key, keyed, known, uuid};

pub fn by(by: &ByBailiff) -> stored::ByBailiff {
    stored::ByBailiff {
        organisation: by.organisation.clone(),
        identity_hash: by.identity.0.to_vec(),
        content_hash: by.content.0.to_vec(),
        receipt_id: id(by.receipt_id),
        received_at_ms: by.received_at.as_millisecond(),
    }
}

pub fn by_in(by: &stored::ByBailiff) -> Result<ByBailiff, Unreadable> {
    Ok(ByBailiff {
        organisation: by.organisation.clone(),
        identity: keyed(&by.identity_hash)?,
        content: keyed(&by.content_hash)?,
        receipt_id: uuid(&by.receipt_id)?,
        received_at: at(by.received_at_ms)?,
    })
}

pub fn noticed(e: &EvictionNoticed) -> pb::EvictionNoticed {
    let Notice { on, time, served_on, ground, goods, cubic_metres } = &e.eviction;
    pb::EvictionNoticed {
        notice_id: id(e.notice),
        case_id: id(e.case.uuid()),
        corrects: e.corrects,
        by: Some(by(&e.by)),
        on: Some(date(*on)),
        time: time.map(|time| time.strftime("%H:%M").to_string()).unwrap_or_default(),
        served_on: served_on.map(date),
        ground: ground.code().to_owned(),
        goods: goods.iter().map(|goods| goods.code().to_owned()).collect(),
        cubic_metres: cubic_metres.map(u32::from),
        vault_id: id(e.vault_id),
        file_key: e.file.to_string(),
        happened_at_ms: e.happened_at.as_millisecond(),
    }
}

pub fn noticed_v1(e: &pb::EvictionNoticed) -> Result<Event, Unreadable> {
    let time = |text: &str| Time::strptime("%H:%M", text).map_err(|_| Unreadable::Undecodable);
    let size = |size: u32| u16::try_from(size).map_err(|_| Unreadable::Undecodable);
    let eviction = Notice {
        on: e.on.as_ref().ok_or(Unreadable::Undecodable).and_then(date_in)?,
        time: if e.time.is_empty() { None } else { Some(time(&e.time)?) },
        served_on: e.served_on.as_ref().map(date_in).transpose()?,
        ground: known(EvictionGround::from_code(&e.ground))?,
        goods: e.goods.iter().map(|code| known(Goods::from_code(code))).collect::<Result<_, _>>()?,
        cubic_metres: e.cubic_metres.map(size).transpose()?,
    };
    Ok(Event::EvictionNoticed(EvictionNoticed {
        notice: uuid(&e.notice_id)?,
        case: case(&e.case_id)?,
        corrects: e.corrects,
        by: e.by.as_ref().ok_or(Unreadable::Undecodable).and_then(by_in)?,
        eviction,
        vault_id: uuid(&e.vault_id)?,
        file: key(&e.file_key)?,
        happened_at: at(e.happened_at_ms)?,
    }))
}
