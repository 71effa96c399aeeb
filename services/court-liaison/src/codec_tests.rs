//! Golden bytes: what was written once is read for ever. A new version gets a line of its own; no line is ever changed.

use court_liaison_domain::{Fact, Ground, HowLeft, Judgment, JudgmentKind, Tested, TrackEnd};
use jiff::{
    Timestamp,
    civil::{date, time},
};
use kernel::terms::{EndReason, TermEvent, statutory};
use uuid::Uuid;

use super::*;

/// `name version hex`, one stored event per line.
const GOLDEN: &str = include_str!("../tests/golden/events.txt");

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}
fn the_case() -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_5b1f_2a3c_4d5e))
}
fn the_file() -> Key {
    "9001.0192f0c17a3e7c449d0e5b1f2a3c4d5f".parse().unwrap()
}

fn facts() -> Vec<Fact> {
    let judgment = |kind| {
        Fact::Judgment(Judgment {
            kind,
            by_default: kind == JudgmentKind::Dissolved,
            served_in_person: kind == JudgmentKind::Dissolved,
            served_on: (kind == JudgmentKind::Dissolved).then_some(date(2026, 5, 6)),
            summary_proceedings: kind == JudgmentKind::Grace,
        })
    };
    let announced = |ground: &Ground| Fact::EvictionAnnounced {
        on: date(2026, 6, 2),
        time: (*ground == Ground::Arrears).then_some(time(10, 0, 0, 0)),
        ground: *ground,
        served_on: (*ground == Ground::Other).then_some(date(2026, 5, 18)),
    };
    let mut facts = vec![
        Fact::SummonsAnnounced,
        Fact::SummonsServed { cause_list_date: Some(date(2026, 4, 7)), court: Some("Rotterdam".into()) },
        Fact::SummonsServed { cause_list_date: None, court: None },
        Fact::HearingListed { court: "'s-Hertogenbosch".into(), on: date(2026, 4, 7), time: Some(time(9, 30, 0, 0)) },
        Fact::HearingHeld { tenant_appeared: true, duty_tested: Tested::Shown },
        Fact::HearingHeld { tenant_appeared: false, duty_tested: Tested::NotShown },
        Fact::HearingHeld { tenant_appeared: false, duty_tested: Tested::NotTested },
        Fact::MoratoriumRequested,
        Fact::MoratoriumDecided { granted: true },
        Fact::LastOffer { accepted: false },
        Fact::AdministrationOrdered { granted: true },
        Fact::EvictionCarriedOut,
        Fact::EvictionAverted,
    ];
    facts.extend(JudgmentKind::ALL.iter().map(|kind| judgment(*kind)));
    facts.extend(Ground::ALL.iter().map(announced));
    facts.extend(TrackEnd::ALL.iter().map(|end| Fact::TrackEnded(*end)));
    facts.extend(HowLeft::ALL.iter().map(|how| Fact::HomeLeft(*how)));
    facts
}

/// One event of every kind, and every fact, in the newest version.
fn samples() -> Vec<Event> {
    let (case, file) = (the_case(), the_file());
    let appeal = statutory::appeal(date(2026, 5, 4)).term(Uuid::from_u128(3), date(2026, 5, 4), "court-liaison", 14);
    let mut samples = vec![
        Event::TrackOpened {
            case,
            file,
            vault: Some(Uuid::from_u128(9)),
            known_at_intake: false,
            entry_step: 11,
            episode: 1,
            happened_at: moment(1_772_442_000_123),
        },
        Event::TrackOpened { case, file, vault: None, known_at_intake: true, entry_step: 5, episode: 2, happened_at: moment(0) },
        Event::ViolationFound {
            case,
            violation: Violation {
                code: Code::ReportTooRecent,
                about: moment(1_772_442_000_123),
                owner: "court-liaison".into(),
                rule: "rotterdam-window-min-2m".into(),
                rule_version: 1,
            },
        },
        Event::ViolationLifted { case, code: Code::SummonsWithoutReport, about: moment(1_772_442_000_123) },
        Event::TrackPaused { case, until: date(2026, 4, 29), happened_at: moment(1_772_442_000_123) },
        Event::TrackResumed { case, happened_at: moment(1_772_442_000_123) },
        Event::AdministrationAsked { case, second_officer: "staff-2".into(), happened_at: moment(1_772_442_000_123) },
        Event::TrackFinished { case, end: Finished { outcome: Outcome::MoratoriumPlan, step: 9, at: moment(1_772_442_000_123) }, file },
        Event::ReportKnown { case, signal: SignalId::from_uuid(Uuid::from_u128(12)), received_at: moment(1_772_442_000_123), file },
        Event::HelpNoted { case, what: Help::Offered, happened_at: moment(1_772_442_000_123) },
        Event::HelpNoted { case, what: Help::Accepted, happened_at: moment(1_772_442_000_123) },
        Event::CaseEnded { case, outcome: "evicted-no-place".into() },
        Event::TermChanged(TermEvent::Set(appeal)),
        Event::TermChanged(TermEvent::Ended { id: Uuid::from_u128(3), reason: EndReason::Superseded }),
    ];
    samples.extend(facts().into_iter().map(|fact| Event::FactRecorded {
        case,
        step: fact.step().unwrap_or(6),
        fact,
        happened_at: moment(1_772_442_000_123),
        file,
        notice: None,
    }));
    samples.push(Event::FactRecorded {
        case,
        step: 11,
        fact: Fact::EvictionAnnounced { on: date(2026, 4, 20), time: None, ground: Ground::Other, served_on: None },
        happened_at: moment(1_772_442_000_123),
        file,
        notice: Some(Uuid::from_u128(230)),
    });
    samples
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
    let (case, file, at) = (the_case(), the_file(), moment(1));
    let found = |code: &Code| Event::ViolationFound {
        case,
        violation: Violation { code: *code, about: at, owner: "court-liaison".into(), rule: code.code().into(), rule_version: 1 },
    };
    let finished = |outcome: &Outcome| Event::TrackFinished { case, end: Finished { outcome: *outcome, step: 8, at }, file };
    let events = Code::ALL.iter().map(found).chain(Outcome::ALL.iter().map(finished));
    for event in events {
        let stored = encode(&event);
        assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
    }
}

#[test]
fn what_is_newer_waits_and_what_is_damaged_is_told() {
    assert_eq!(decode("TrackMerged", 1, &[]), Err(Unreadable::UnknownType));
    assert_eq!(decode("TrackOpened", 2, &[]), Err(Unreadable::UnknownType));
    assert_eq!(decode("TrackOpened", 1, &[0xff]), Err(Unreadable::Undecodable));
    assert_eq!(decode("TrackOpened", 1, &[]), Err(Unreadable::Undecodable), "a track without a case is damage");
    let newer = pb::ViolationFound { case_id: vec![1; 16], code: "a-newer-rule".into(), ..Default::default() };
    assert_eq!(decode("ViolationFound", 1, &newer.encode_to_vec()), Err(Unreadable::UnknownType));
    let newer = pb::FactRecorded { case_id: vec![1; 16], file_key: the_file().to_string(), ..Default::default() };
    assert_eq!(decode("FactRecorded", 1, &newer.encode_to_vec()), Err(Unreadable::UnknownType), "a fact of a newer contract");
}
