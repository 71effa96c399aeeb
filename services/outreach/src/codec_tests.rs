use jiff::{Timestamp, civil::date};
use kernel::{
    days::Why,
    terms::{EndReason, Roll, Term, TermEvent, TermKind},
};

use super::*;

/// One of each event of version 1, and the bytes they were stored as. Never change a line: stored bytes are read for ever.
fn golden() -> Vec<(Event, &'static str)> {
    let case = CaseId::from_uuid(Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_5b1f_2a3c_4d5e));
    let happened_at: Timestamp = "2026-03-09T09:00:00Z".parse().unwrap();
    let signal = Signal { id: SignalId::from_uuid(Uuid::from_u128(2)), received_at: happened_at };
    let (plan, id) = (Uuid::from_u128(1), Uuid::from_u128(9));
    let made = PlanMade {
        plan,
        case,
        route: Uuid::from_u128(3),
        track: "crisis".to_owned(),
        team: "crisisinterventie".to_owned(),
        attempts: vec![DueAttempt { number: 1, by: date(2026, 3, 10), channel: "huisbezoek".to_owned(), daypart: "avond".to_owned() }],
        file_key: Some("9001.0192f0c17a3e7c449d0e5b1f2a3c4d5e".parse().unwrap()),
        signal: Some(signal),
        because: "signal".to_owned(),
    };
    let bare = PlanMade { file_key: None, signal: None, attempts: Vec::new(), because: "exhausted".to_owned(), ..made.clone() };
    let attempt = |plan| Event::AttemptRecorded {
        plan,
        number: 2,
        channel: "telefoon".to_owned(),
        daypart: "ochtend".to_owned(),
        reached: true,
        happened_at,
    };
    let term = Term {
        id,
        kind: TermKind::Offer,
        starts_on: date(2026, 3, 9),
        due: date(2026, 4, 7),
        rule: "wgs-offer-28d".to_owned(),
        version: 1,
        rolled: vec![Roll { day: date(2026, 4, 6), why: Why::EasterMonday }],
        owner: "crisisinterventie".to_owned(),
        warn_days: 7,
    };
    vec![
        (
            Event::PlanMade(Box::new(made)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a100000000000000000000000000000000322066372697369732a11637269736973696e74657276656e74696532230801120c0a0a323032362d30332d31301a0a6875697362657a6f656b220561766f6e643a25393030312e30313932663063313761336537633434396430653562316632613363346435654210000000000000000000000000000000024880bdcc8ecd3352067369676e616c",
        ),
        (
            Event::PlanMade(Box::new(bare)),
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a100000000000000000000000000000000322066372697369732a11637269736973696e74657276656e7469655209657868617573746564",
        ),
        (
            Event::SignalJoined { case, signal, plan: Some(plan) },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1210000000000000000000000000000000021a10000000000000000000000000000000012080bdcc8ecd33",
        ),
        (
            Event::SignalJoined { case, signal, plan: None },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1210000000000000000000000000000000022080bdcc8ecd33",
        ),
        (attempt(Some(plan)), "0a100000000000000000000000000000000110021a0874656c65666f6f6e22076f636874656e6428013080bdcc8ecd33"),
        (attempt(None), "10021a0874656c65666f6f6e22076f636874656e6428013080bdcc8ecd33"),
        (
            Event::OfferMade { case, channel: "brief".to_owned(), happened_at },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e120562726965661880bdcc8ecd33",
        ),
        (Event::HelpAccepted { case, happened_at }, "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1080bdcc8ecd33"),
        (Event::HelpRefused { case, happened_at }, "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1080bdcc8ecd33"),
        (Event::FirstTalkHeld { case, happened_at }, "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1080bdcc8ecd33"),
        (
            Event::PlanExhausted { plan, case, track: "early".to_owned(), attempts: 4 },
            "0a100000000000000000000000000000000112100192f0c17a3e7c449d0e5b1f2a3c4d5e1a056561726c792004",
        ),
        (
            Event::HelpResolved { case, result: HelpResult::SolvedQuickfix, happened_at },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e120f736f6c7665642d717569636b6669781880bdcc8ecd33",
        ),
        (Event::PlanEnded { plan, reason: "superseded".to_owned() }, "0a1000000000000000000000000000000001120a73757065727365646564"),
        (Event::CaseSettled { case, by: SettledBy::Paid, happened_at }, "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1204706169641880bdcc8ecd33"),
        (Event::SignalDropped { case, signal: signal.id }, "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e121000000000000000000000000000000002"),
        (
            Event::TermChanged(TermEvent::Set(term)),
            "0a770a750a100000000000000000000000000000000912056f666665721a0c0a0a323032362d30332d3039220c0a0a323032362d30342d30372a0d7767732d6f666665722d32386430013a18323032362d30342d3036206561737465722d6d6f6e6461794211637269736973696e74657276656e7469654807",
        ),
        (Event::TermChanged(TermEvent::Warned { id, at: happened_at }), "0a1b12190a10000000000000000000000000000000091080bdcc8ecd33"),
        (Event::TermChanged(TermEvent::Expired { id, at: happened_at }), "0a1b1a190a10000000000000000000000000000000091080bdcc8ecd33"),
        (
            Event::TermChanged(TermEvent::Met { id, happened_at, late: true }),
            "0a1d221b0a10000000000000000000000000000000091080bdcc8ecd331801",
        ),
        (Event::TermChanged(TermEvent::FoundMet { id, happened_at }), "0a1b2a190a10000000000000000000000000000000091080bdcc8ecd33"),
        (
            Event::TermChanged(TermEvent::LateWhenKnown { id, at: happened_at }),
            "0a1b32190a10000000000000000000000000000000091080bdcc8ecd33",
        ),
        (Event::TermChanged(TermEvent::Ended { id, reason: EndReason::Paid }), "0a1a3a180a1000000000000000000000000000000009120470616964"),
        (
            Event::CircumstanceLearned {
                case,
                learned: Learned { circumstance: Circumstance::Benefit, holds: true, source: Teller::Household },
                happened_at,
            },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e120762656e6566697418012209686f757365686f6c642880bdcc8ecd33",
        ),
        (
            Event::HelpAsked { case, request: Uuid::from_u128(7), asked_at: happened_at, threatened: true, file_key: None },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1210000000000000000000000000000000071880bdcc8ecd332001",
        ),
        (
            Event::AttemptSupplemented { case, attempted_at: happened_at, daypart: "ochtend".to_owned(), happened_at },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1080bdcc8ecd331a076f636874656e642080bdcc8ecd33",
        ),
        (
            Event::HoldChanged { case, request: Uuid::from_u128(7), held: true, happened_at },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e12100000000000000000000000000000000718012080bdcc8ecd33",
        ),
        (
            Event::RestrictionChanged {
                case,
                restriction: Uuid::from_u128(120),
                person: PersonId::from_uuid(Uuid::from_u128(45)),
                kind: "not-at-home".to_owned(),
                channels: vec!["brief".to_owned(), "huisbezoek".to_owned()],
                holds: true,
                happened_at,
            },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1210000000000000000000000000000000781a100000000000000000000000000000002d220b6e6f742d61742d686f6d652a0562726965662a0a6875697362657a6f656b30013880bdcc8ecd33",
        ),
        (
            Event::RestrictionBroken {
                case,
                restriction: Uuid::from_u128(120),
                person: PersonId::from_uuid(Uuid::from_u128(45)),
                channel: "huisbezoek".to_owned(),
                owner: "duty-officer".to_owned(),
                happened_at,
            },
            "0a100192f0c17a3e7c449d0e5b1f2a3c4d5e1210000000000000000000000000000000781a100000000000000000000000000000002d220a6875697362657a6f656b2a0c647574792d6f6666696365723080bdcc8ecd33",
        ),
    ]
}

#[test]
fn stored_bytes_of_every_version_are_read_for_ever() {
    let encoded: Vec<_> = golden().iter().map(|(event, _)| hex::encode(encode(event).bytes)).collect();
    assert_eq!(encoded, golden().iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>());
    for (event, bytes) in golden() {
        let name = encode(&event).name;
        assert_eq!(decode(name, 1, &hex::decode(bytes).unwrap()), Ok(event));
    }
}

#[test]
fn every_result_and_reason_reads_back() {
    let (event, _) = golden().remove(11);
    let Event::HelpResolved { case, happened_at, .. } = event else { panic!() };
    for code in HelpResult::CODES {
        let event = Event::HelpResolved { case, result: HelpResult::from_code(code).unwrap(), happened_at };
        assert_eq!(decode("HelpResolved", 1, &encode(&event).bytes), Ok(event));
    }
    let closed = Event::CaseSettled { case, by: SettledBy::Closed, happened_at };
    assert_eq!(decode("CaseSettled", 1, &encode(&closed).bytes), Ok(closed));
    let handed_over = Event::CaseSettled { case, by: SettledBy::HandedOver, happened_at };
    assert_eq!(decode("CaseSettled", 1, &encode(&handed_over).bytes), Ok(handed_over));
}

#[test]
fn what_a_newer_binary_wrote_waits_and_damage_is_told() {
    for (event, _) in golden() {
        let stored = encode(&event);
        assert_eq!(decode(stored.name, 2, &stored.bytes), Err(Unreadable::UnknownType));
        let cut = stored.bytes.get(..stored.bytes.len() / 2).unwrap();
        assert!(decode(stored.name, 1, cut).is_err(), "{}", stored.name);
    }
    assert_eq!(decode("PlanMoved", 1, &[]), Err(Unreadable::UnknownType));
    let newer = pb::CaseSettled { reason: "forgiven".to_owned(), ..read(&encode(&golden()[13].0).bytes).unwrap() };
    assert_eq!(decode("CaseSettled", 1, &newer.encode_to_vec()), Err(Unreadable::UnknownType));
}
