//! Golden bytes: what was written once is read for ever. A new version gets a line of its own; no line is ever changed.

use aftercare_domain::{Flaw, Ground, HowLost, ListGround, Place, Verdict};
use jiff::{Timestamp, civil::date};
use kernel::terms::{EndReason, TermEvent, statutory};
use uuid::Uuid;

use super::*;

/// `name version hex`, one stored event per line.
const GOLDEN: &str = include_str!("../tests/golden/events.txt");

fn moment() -> Timestamp {
    Timestamp::from_millisecond(1_772_442_000_123).unwrap()
}
fn the_case() -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_5b1f_2a3c_4d5e))
}
fn opened(ground: Ground) -> Event {
    let file = "9001.0192f0c17a3e7c449d0e5b1f2a3c4d5f".parse().unwrap();
    Event::DutyOpened { case: the_case(), owner: "aftercare-9001".into(), beat: date(2026, 6, 2), ground, file, happened_at: moment() }
}

/// One event of every kind, in the newest version.
fn samples() -> Vec<Event> {
    let case = the_case();
    let review = statutory::list_review(date(2026, 3, 2)).term(Uuid::from_u128(3), date(2026, 3, 2), "aftercare", 14);
    let entry = |ends_on, told, flaws| Event::ListReviewOpened {
        case,
        organisation: "woonstee".into(),
        ground: ListGround::RentDebt,
        entered_on: date(2026, 3, 2),
        ends_on,
        told,
        flaws,
    };
    vec![
        opened(Ground::Arrears),
        Event::BeatMoved { case, beat: date(2026, 6, 16), happened_at: moment() },
        Event::DutyAssigned { case, owner: "staff-7".into() },
        Event::HomeLost { case, how: HowLost::LeftUnderPressure, happened_at: moment() },
        Event::Rehoused { case, place: Place::LeaseByMunicipality, happened_at: moment(), in_time: true },
        Event::Rehoused { case, place: Place::Shelter, happened_at: moment(), in_time: false },
        Event::DestinationUnknown { case, last_looked_for: date(2026, 6, 3) },
        Event::DutyMet { case, how: "averted".into(), happened_at: moment() },
        entry(Some(date(2029, 3, 2)), true, vec![]),
        entry(None, false, vec![Flaw::NotTold, Flaw::NoEndDate]),
        Event::ListReviewed { case, organisation: "woonstee".into(), verdict: Verdict::Keep },
        Event::ListReviewed { case, organisation: "woonstee".into(), verdict: Verdict::Remove },
        Event::TermChanged(TermEvent::Set(review)),
        Event::TermChanged(TermEvent::Ended { id: Uuid::from_u128(3), reason: EndReason::Superseded }),
        Event::StopgapFound { case, place: Place::Family, happened_at: moment() },
    ]
}

fn golden() -> Vec<(String, u32, Vec<u8>)> {
    let lines = GOLDEN.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let [name, version, bytes] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
            (name.to_owned(), version.parse().unwrap(), hex::decode(bytes).unwrap())
        })
        .collect()
}

#[test]
fn golden_bytes_of_every_version_are_read_for_ever() {
    let read: Vec<Event> = golden().iter().map(|(name, version, bytes)| decode(name, *version, bytes).unwrap()).collect();
    assert_eq!(read, samples());
}

#[test]
fn what_is_written_now_is_the_newest_golden_version() {
    let written: Vec<_> = samples().iter().map(encode).map(|e| format!("{} {} {}", e.name, e.version, hex::encode(e.bytes))).collect();
    let golden: Vec<_> = golden().into_iter().map(|(name, version, bytes)| format!("{name} {version} {}", hex::encode(bytes))).collect();
    assert_eq!(written, golden, "\n{}", written.join("\n"));
}

#[test]
fn every_code_goes_there_and_back() {
    let case = the_case();
    let grounds = Ground::ALL.iter().map(|ground| opened(*ground));
    let losses = HowLost::ALL.iter().map(|how| Event::HomeLost { case, how: *how, happened_at: moment() });
    let places = Place::ALL.iter().map(|place| Event::Rehoused { case, place: *place, happened_at: moment(), in_time: true });
    let entries = ListGround::ALL.iter().map(|ground| Event::ListReviewOpened {
        case,
        organisation: "woonstee".into(),
        ground: *ground,
        entered_on: date(2026, 3, 2),
        ends_on: None,
        told: false,
        flaws: Flaw::ALL.to_vec(),
    });
    for event in grounds.chain(losses).chain(places).chain(entries) {
        let stored = encode(&event);
        assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
    }
}

#[test]
fn what_is_newer_waits_and_what_is_damaged_is_told() {
    assert_eq!(decode("DutyShared", 1, &[]), Err(Unreadable::UnknownType));
    assert_eq!(decode("DutyOpened", 2, &[]), Err(Unreadable::UnknownType));
    assert_eq!(decode("DutyOpened", 1, &[0xff]), Err(Unreadable::Undecodable));
    assert_eq!(decode("DutyOpened", 1, &[]), Err(Unreadable::Undecodable), "a duty without a case is damage");
    let newer = pb::HomeLost { case_id: vec![1; 16], how: "a-newer-way".into(), ..Default::default() };
    assert_eq!(decode("HomeLost", 1, &newer.encode_to_vec()), Err(Unreadable::UnknownType));
}
