//! What became of a concern, as stored bytes and back.

use intake_domain::{ConcernChange, ConcernChanged, ConcernEnd, Event, ShareGround, SharedWith, Teller};
use journal::Unreadable;
use proto::intake::v1::{self as pb, concern_changed as stored};

use super::{at, case, id, known, uuid};

pub fn changed(e: &ConcernChanged) -> pb::ConcernChanged {
    use stored::What as W;
    let what = match &e.what {
        ConcernChange::Recorded { teller, vault_id, forget_at } => W::Recorded(stored::Recorded {
            teller: teller.code().to_owned(),
            vault_id: id(*vault_id),
            forget_at_ms: forget_at.as_millisecond(),
        }),
        ConcernChange::DangerFound { officer } => W::DangerFound(stored::DangerFound { officer: officer.clone() }),
        ConcernChange::DangerEnded { because, officer } => {
            W::DangerEnded(stored::DangerEnded { because: because.code().to_owned(), officer: officer.clone() })
        }
        ConcernChange::Shared { with, ground, forget_at } => W::Shared(stored::Shared {
            with: with.code().to_owned(),
            ground: ground.code().to_owned(),
            forget_at_ms: forget_at.as_millisecond(),
        }),
        ConcernChange::Linked { case, vault_id } => W::Linked(stored::Linked { case_id: id(case.uuid()), vault_id: id(*vault_id) }),
        ConcernChange::Closed { because, forget_at } => {
            W::Closed(stored::Closed { because: because.code().to_owned(), forget_at_ms: forget_at.as_millisecond() })
        }
        ConcernChange::Forgotten => W::Forgotten(stored::Forgotten {}),
    };
    pb::ConcernChanged { concern_id: id(e.concern), happened_at_ms: e.happened_at.as_millisecond(), what: Some(what) }
}

pub fn changed_v1(e: &pb::ConcernChanged) -> Result<Event, Unreadable> {
    use stored::What as W;
    let end = |code: &str| known(ConcernEnd::from_code(code));
    // A change that this binary never heard of reads as none at all.
    let what = match e.what.as_ref().ok_or(Unreadable::UnknownType)? {
        W::Recorded(e) => ConcernChange::Recorded {
            teller: known(Teller::from_code(&e.teller))?,
            vault_id: uuid(&e.vault_id)?,
            forget_at: at(e.forget_at_ms)?,
        },
        W::DangerFound(e) => ConcernChange::DangerFound { officer: e.officer.clone() },
        W::DangerEnded(e) => ConcernChange::DangerEnded { because: end(&e.because)?, officer: e.officer.clone() },
        W::Shared(e) => ConcernChange::Shared {
            with: known(SharedWith::from_code(&e.with))?,
            ground: known(ShareGround::from_code(&e.ground))?,
            forget_at: at(e.forget_at_ms)?,
        },
        W::Linked(e) => ConcernChange::Linked { case: case(&e.case_id)?, vault_id: uuid(&e.vault_id)? },
        W::Closed(e) => ConcernChange::Closed { because: end(&e.because)?, forget_at: at(e.forget_at_ms)? },
        W::Forgotten(_) => ConcernChange::Forgotten,
    };
    Ok(Event::ConcernChanged(ConcernChanged { concern: uuid(&e.concern_id)?, what, happened_at: at(e.happened_at_ms)? }))
}
