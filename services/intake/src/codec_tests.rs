//! Golden bytes: what was written once is read for ever. A new version gets a line of its own; no line is ever changed.

use intake_domain::{
    Answer, Assigned, Bounce, ByBailiff, CaseTakenOver, CasesMerged, CasesUnmerged, ConcernChange, ConcernChanged, ConcernEnd,
    ConsentMeans, ConsentPurpose, ConsentRecorded, ConsentWord, ContactRestricted, EvictionGround, EvictionNoticed, Goods,
    HandOverAnswered, HandOverOffered, Informant, LeftBehind, LetterRectified, Notice, PartnerKind, PaymentKind, PersonsJudged, Refusal,
    RefusalRecorded, RestrictionEnded, RestrictionKind, Right, RightDecided, RightExtended, RightRequested, ShareGround, SharedWith, Shown,
    SignalSupplemented, Supplement, Teller, TenantAnswer, TenantDied, Verdict,
};
use jiff::civil::date;
use kernel::ddas::Channel;

use super::*;

/// `name version hex`, one stored event per line.
const GOLDEN: &str = include_str!("../tests/golden/events.txt");
/// The same, of before arrears were a class.
const EXACT: &str = include_str!("../tests/golden/exact.txt");

fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap()
}

fn declared() -> Duties {
    let met = |day| Duty { shown: Shown::Met, on: Some(date(2026, 2, day)) };
    Duties { each: [met(10), met(11), met(12), Duty { shown: Shown::NotMet, on: Some(date(2026, 2, 13)) }], answer: TenantAnswer::Silence }
}

/// One event of every kind, in the newest version.
fn samples() -> Vec<Event> {
    let case = CaseId::from_uuid(Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_5b1f_2a3c_4d5e));
    let file: Key = "9001.0192f0c17a3e7c449d0e5b1f2a3c4d5f".parse().unwrap();
    vec![
        Event::CaseOpened(CaseOpened {
            case,
            entry_step: 3,
            origin: Origin::Signal,
            file,
            happened_at: moment(1_772_442_000_123),
            previous: Some(CaseId::from_uuid(Uuid::from_u128(7))),
            vault_id: None,
            again: false,
            vacated: None,
            collective: false,
        }),
        Event::CaseOpened(CaseOpened {
            case,
            entry_step: 11,
            origin: Origin::Court,
            file,
            happened_at: moment(0),
            previous: None,
            vault_id: Some(Uuid::from_u128(9)),
            again: true,
            vacated: None,
            collective: false,
        }),
        Event::LandlordStageRecorded(LandlordStageRecorded {
            case,
            step: 2,
            happened_at: moment(1_772_442_000_123),
            amount: Arrears::of(Cents(40_050)),
            reference: Keyed([1; 32]),
            receipt_id: Uuid::from_u128(11),
            received_at: moment(1_772_442_000_124),
        }),
        Event::SignalAccepted(SignalAccepted {
            signal: SignalId::from_uuid(Uuid::from_u128(12)),
            case,
            kind: PartnerKind::Rent,
            organisation: "woonwaard".into(),
            amount: Arrears::of(Cents(123_456)),
            arrears_since: Some(date(2026, 1, 1)),
            signal_date: date(2026, 3, 2),
            received_at: moment(1_772_442_000_123),
            vault_id: Uuid::from_u128(13),
            identity: Keyed([2; 32]),
            content: Keyed([3; 32]),
            particulars: Particulars::default(),
            duties: Duties {
                each: [
                    Duty { shown: Shown::Met, on: Some(date(2026, 2, 10)) },
                    Duty { shown: Shown::Unsaid, on: None },
                    Duty { shown: Shown::EvidenceMissing, on: None },
                    Duty { shown: Shown::Unknown, on: None },
                ],
                answer: TenantAnswer::Unsaid,
            },
            receipt_id: Uuid::from_u128(14),
            file,
            reference: Keyed([4; 32]),
            repeats: None,
            person: None,
            skipped: false,
            district: None,
        }),
        Event::SignalWithdrawn(SignalWithdrawn {
            signal: SignalId::from_uuid(Uuid::from_u128(12)),
            case,
            reason: WithdrawalReason::NotResident,
        }),
        Event::PaymentRecorded(PaymentRecorded { case, kind: PaymentKind::Paid, happened_at: moment(1_772_442_000_123) }),
        Event::RegionReported(RegionReported {
            case,
            region: RegionName::Aftercare,
            finished: false,
            outcome: Some(Outcome::EvictedNoPlace),
            failed: true,
        }),
        Event::CaseClosed(CaseClosed { case, outcome: Outcome::Paid, failed: false, happened_at: moment(1_772_442_000_123) }),
        Event::SignalAccepted(SignalAccepted {
            signal: SignalId::from_uuid(Uuid::from_u128(22)),
            case,
            kind: PartnerKind::Rent,
            organisation: "woonwaard".into(),
            amount: Arrears::of(Cents(123_456)),
            arrears_since: None,
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(23),
            identity: Keyed([5; 32]),
            content: Keyed([6; 32]),
            particulars: Particulars::default(),
            duties: declared(),
            receipt_id: Uuid::from_u128(24),
            file,
            reference: Keyed([4; 32]),
            repeats: Some(Repeats { signal: SignalId::from_uuid(Uuid::from_u128(12)), higher: true }),
            person: None,
            skipped: false,
            district: None,
        }),
        Event::SignalCorrected(SignalCorrected {
            signal: SignalId::from_uuid(Uuid::from_u128(22)),
            case,
            kind: PartnerKind::Rent,
            organisation: "woonwaard".into(),
            amount: Arrears::of(Cents(100_000)),
            arrears_since: Some(date(2026, 3, 1)),
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_203_200_000),
            first_received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(25),
            replaced_vault_id: Uuid::from_u128(23),
            content: Keyed([7; 32]),
            particulars: Particulars::default(),
            duties: declared(),
            receipt_id: Uuid::from_u128(26),
            replaced_receipt_id: Uuid::from_u128(24),
            person: None,
        }),
        Event::SignalReturned(SignalReturned {
            signal: SignalId::from_uuid(Uuid::from_u128(32)),
            organisation: "woonwaard".into(),
            received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(33),
            identity: Keyed([8; 32]),
            content: Keyed([9; 32]),
            duties: declared(),
            forget_at: moment(1_777_708_800_000),
        }),
        Event::ReturnForgotten(ReturnForgotten { signal: SignalId::from_uuid(Uuid::from_u128(32)) }),
        Event::SignalAccepted(SignalAccepted {
            signal: SignalId::from_uuid(Uuid::from_u128(42)),
            case,
            kind: PartnerKind::Water,
            organisation: "waterbedrijf".into(),
            amount: Arrears::of(Cents(5_000)),
            arrears_since: None,
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(43),
            identity: Keyed([10; 32]),
            content: Keyed([11; 32]),
            particulars: Particulars::default(),
            duties: Duties::UNSAID,
            receipt_id: Uuid::from_u128(44),
            file,
            reference: Keyed([12; 32]),
            repeats: None,
            person: Some(Matched {
                person: PersonId::from_uuid(Uuid::from_u128(45)),
                new_name: true,
                doubts: vec![PersonId::from_uuid(Uuid::from_u128(46)), PersonId::from_uuid(Uuid::from_u128(47))],
                reasons: vec![MatchReason::Spelling, MatchReason::GivenMissing],
            }),
            skipped: false,
            district: None,
        }),
        Event::SignalCorrected(SignalCorrected {
            signal: SignalId::from_uuid(Uuid::from_u128(42)),
            case,
            kind: PartnerKind::Water,
            organisation: "waterbedrijf".into(),
            amount: Arrears::of(Cents(6_000)),
            arrears_since: None,
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_203_200_000),
            first_received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(48),
            replaced_vault_id: Uuid::from_u128(43),
            content: Keyed([13; 32]),
            particulars: Particulars::default(),
            duties: Duties::UNSAID,
            receipt_id: Uuid::from_u128(49),
            replaced_receipt_id: Uuid::from_u128(44),
            person: Some(Matched {
                person: PersonId::from_uuid(Uuid::from_u128(45)),
                new_name: false,
                doubts: vec![],
                reasons: vec![MatchReason::SurnameEqual],
            }),
        }),
        Event::HelpRequested(HelpRequested {
            request: Uuid::from_u128(34),
            case,
            asked_at: moment(1_775_116_800_000),
            threat: Some(Threat::Eviction),
            eviction_on: Some(date(2026, 4, 20)),
            vault_id: Uuid::from_u128(35),
            file,
            by: None,
            district: None,
        }),
        Event::HelpRequested(HelpRequested {
            request: Uuid::from_u128(34),
            case,
            asked_at: moment(1_775_116_800_000),
            threat: None,
            eviction_on: None,
            vault_id: Uuid::from_u128(35),
            file,
            by: None,
            district: None,
        }),
        Event::SignalAccepted(SignalAccepted {
            signal: SignalId::from_uuid(Uuid::from_u128(62)),
            case,
            kind: PartnerKind::Energy,
            organisation: "energiebedrijf".into(),
            amount: Arrears::of(Cents(5_000)),
            arrears_since: None,
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(63),
            identity: Keyed([14; 32]),
            content: Keyed([15; 32]),
            duties: Duties::UNSAID,
            particulars: Particulars {
                crisis: Some(true),
                warm_handover: Some(false),
                supply: Some(FinalSupply::ending(date(2026, 4, 30))),
                ..Particulars::default()
            },
            receipt_id: Uuid::from_u128(64),
            file,
            reference: Keyed([16; 32]),
            repeats: None,
            person: None,
            skipped: false,
            district: None,
        }),
        Event::SignalCorrected(SignalCorrected {
            signal: SignalId::from_uuid(Uuid::from_u128(62)),
            case,
            kind: PartnerKind::Energy,
            organisation: "energiebedrijf".into(),
            amount: Arrears::of(Cents(5_000)),
            arrears_since: None,
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_203_200_000),
            first_received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(65),
            replaced_vault_id: Uuid::from_u128(63),
            content: Keyed([17; 32]),
            duties: Duties::UNSAID,
            particulars: Particulars { crisis: Some(false), ..Particulars::default() },
            receipt_id: Uuid::from_u128(66),
            replaced_receipt_id: Uuid::from_u128(64),
            person: None,
        }),
        Event::CaseOpened(CaseOpened {
            case,
            entry_step: 3,
            origin: Origin::Signal,
            file,
            happened_at: moment(1_775_116_800_000),
            previous: None,
            vault_id: None,
            again: false,
            vacated: Some(Vacated::Reference),
            collective: true,
        }),
        Event::PersonsJudged(PersonsJudged {
            case,
            one: PersonId::from_uuid(Uuid::from_u128(45)),
            other: PersonId::from_uuid(Uuid::from_u128(46)),
            same: true,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::CasesMerged(CasesMerged {
            case,
            other: CaseId::from_uuid(Uuid::from_u128(7)),
            other_file: file,
            leading: true,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::CasesUnmerged(CasesUnmerged {
            case,
            other: CaseId::from_uuid(Uuid::from_u128(7)),
            assigned: vec![Assigned { context: "outreach".into(), sequence: 40, case, written: false }],
            happened_at: moment(1_775_289_600_000),
        }),
        Event::HandOverOffered(HandOverOffered {
            hand_over: Uuid::from_u128(60),
            case,
            to: "9002".parse().unwrap(),
            vault_id: Uuid::from_u128(61),
            help_offered_at: Some(moment(1_775_116_800_000)),
            offered_at: moment(1_775_203_200_000),
        }),
        Event::HandOverAnswered(HandOverAnswered {
            hand_over: Uuid::from_u128(60),
            case,
            answer: Answer::Accepted { file, case: CaseId::from_uuid(Uuid::from_u128(62)) },
            answered_at: moment(1_775_203_200_000),
        }),
        Event::HandOverAnswered(HandOverAnswered {
            hand_over: Uuid::from_u128(60),
            case,
            answer: Answer::Bounced(Bounce::HelpedAlready),
            answered_at: moment(1_775_203_200_000),
        }),
        Event::CaseTakenOver(CaseTakenOver {
            case,
            hand_over: Uuid::from_u128(60),
            from: "9001".parse().unwrap(),
            help_offered_at: None,
            file,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::TenantDied(TenantDied {
            case,
            died_on: Some(date(2026, 3, 1)),
            left_behind: LeftBehind::Housemate,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::SignalAccepted(SignalAccepted {
            signal: SignalId::from_uuid(Uuid::from_u128(80)),
            case,
            kind: PartnerKind::Rent,
            organisation: "woonveste".into(),
            amount: Arrears::of(Cents(90_000)),
            arrears_since: None,
            signal_date: date(2026, 4, 2),
            received_at: moment(1_775_116_800_000),
            vault_id: Uuid::from_u128(81),
            identity: Keyed([21; 32]),
            content: Keyed([22; 32]),
            duties: Duties::UNSAID,
            particulars: Particulars { contract: Some(Contract::Campus), ..Particulars::default() },
            receipt_id: Uuid::from_u128(82),
            file,
            reference: Keyed([23; 32]),
            repeats: None,
            person: None,
            skipped: false,
            district: None,
        }),
        Event::CasesUnmerged(CasesUnmerged {
            case,
            other: CaseId::from_uuid(Uuid::from_u128(7)),
            assigned: vec![Assigned { context: "outreach".into(), sequence: 41, case, written: true }],
            happened_at: moment(1_775_289_600_000),
        }),
        Event::LetterRectified(LetterRectified {
            case,
            other: CaseId::from_uuid(Uuid::from_u128(7)),
            context: "outreach".into(),
            sequence: 41,
            happened_at: moment(1_775_376_000_000),
        }),
        Event::SignalAccepted(SignalAccepted {
            signal: SignalId::from_uuid(Uuid::from_u128(70)),
            case,
            kind: PartnerKind::Water,
            organisation: "waterbedrijf".into(),
            amount: Arrears::of(Cents(8_000)),
            arrears_since: None,
            signal_date: date(2026, 4, 1),
            received_at: moment(1_775_203_200_000),
            vault_id: Uuid::from_u128(71),
            identity: Keyed([7; 32]),
            content: Keyed([8; 32]),
            duties: declared(),
            particulars: Particulars::default(),
            receipt_id: Uuid::from_u128(72),
            file,
            reference: Keyed([9; 32]),
            repeats: Some(Repeats { signal: SignalId::from_uuid(Uuid::from_u128(12)), higher: false }),
            person: None,
            skipped: true,
            district: None,
        }),
        Event::RightRequested(RightRequested {
            request: Uuid::from_u128(120),
            case,
            person: Some(PersonId::from_uuid(Uuid::from_u128(45))),
            right: Right::Objection,
            asked_on: date(2026, 4, 2),
            due: date(2026, 5, 4),
            officer: "fg-1".into(),
            happened_at: moment(1_775_116_800_000),
        }),
        Event::RightExtended(RightExtended {
            request: Uuid::from_u128(120),
            case,
            due: date(2026, 7, 2),
            happened_at: moment(1_775_203_200_000),
        }),
        Event::RightDecided(RightDecided {
            request: Uuid::from_u128(120),
            case,
            right: Right::Objection,
            verdict: Verdict::Refused(Refusal::Compelling),
            officer: "fg-1".into(),
            happened_at: moment(1_775_203_200_000),
        }),
        concerned(ConcernChange::Recorded {
            teller: Teller::Neighbour,
            vault_id: Uuid::from_u128(221),
            forget_at: moment(1_777_708_800_000),
        }),
        concerned(ConcernChange::DangerFound { officer: "medewerker-7".into() }),
        concerned(ConcernChange::DangerEnded { because: ConcernEnd::PassedOn, officer: "medewerker-7".into() }),
        concerned(ConcernChange::Shared {
            with: SharedWith::SafeHome,
            ground: ShareGround::VitalInterest,
            forget_at: moment(1_790_000_000_000),
        }),
        concerned(ConcernChange::Linked { case, vault_id: Uuid::from_u128(221) }),
        concerned(ConcernChange::Closed { because: ConcernEnd::NoGround, forget_at: moment(1_775_203_200_000) }),
        concerned(ConcernChange::Forgotten),
        Event::EvictionNoticed(EvictionNoticed {
            notice: Uuid::from_u128(230),
            case,
            corrects: true,
            by: by_bailiff(),
            eviction: Notice {
                on: date(2026, 4, 20),
                time: Some(jiff::civil::time(9, 30, 0, 0)),
                served_on: Some(date(2026, 4, 1)),
                ground: EvictionGround::Arrears,
                goods: vec![Goods::Household, Goods::Animals],
                cubic_metres: Some(35),
            },
            vault_id: Uuid::from_u128(231),
            file,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::HelpRequested(HelpRequested {
            request: Uuid::from_u128(232),
            case,
            asked_at: moment(1_775_116_800_000),
            threat: None,
            eviction_on: None,
            vault_id: Uuid::from_u128(233),
            file,
            by: Some(by_bailiff()),
            district: None,
        }),
        Event::ConsentRecorded(ConsentRecorded {
            case,
            person: PersonId::from_uuid(Uuid::from_u128(45)),
            purpose: ConsentPurpose::WithholdRent,
            word: ConsentWord::Given,
            means: ConsentMeans::Written,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::ContactRestricted(ContactRestricted {
            restriction: Uuid::from_u128(121),
            case,
            person: PersonId::from_uuid(Uuid::from_u128(45)),
            kind: RestrictionKind::Channels,
            channels: [Channel::Phone, Channel::Visit].into(),
            vault_id: Some(Uuid::from_u128(122)),
            since: moment(1_775_203_200_000),
        }),
        Event::RestrictionEnded(RestrictionEnded {
            restriction: Uuid::from_u128(121),
            case,
            person: PersonId::from_uuid(Uuid::from_u128(45)),
            happened_at: moment(1_775_203_200_000),
        }),
        Event::RefusalRecorded(RefusalRecorded {
            case,
            person: PersonId::from_uuid(Uuid::from_u128(45)),
            whole: true,
            happened_at: moment(1_775_203_200_000),
        }),
        Event::HelpRequested(HelpRequested {
            request: Uuid::from_u128(12),
            case,
            asked_at: moment(1_775_203_200_000),
            threat: None,
            eviction_on: None,
            vault_id: Uuid::from_u128(13),
            file,
            by: None,
            district: Some("noord".into()),
        }),
        Event::SignalSupplemented(SignalSupplemented {
            signal: SignalId::from_uuid(Uuid::from_u128(12)),
            case,
            kind: PartnerKind::Water,
            organisation: "waterbedrijf".into(),
            amount: Arrears::of(Cents(123_456)),
            said: Supplement { arrears_since: Some(date(2026, 1, 1)), crisis: Some(true), warm_handover: Some(false) },
            source: Informant::Partner,
            happened_at: moment(1_775_203_200_000),
        }),
    ]
}

fn by_bailiff() -> ByBailiff {
    ByBailiff {
        organisation: "deurwaarder-veen".into(),
        identity: Keyed([31; 32]),
        content: Keyed([32; 32]),
        receipt_id: Uuid::from_u128(234),
        received_at: moment(1_775_203_200_000),
    }
}

fn concerned(what: ConcernChange) -> Event {
    let (concern, happened_at) = (Uuid::from_u128(220), moment(1_775_203_200_000));
    Event::ConcernChanged(ConcernChanged { concern, what, happened_at })
}

fn golden(text: &str) -> Vec<(String, u32, Vec<u8>)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap().to_owned();
            (word(), word().parse().unwrap(), hex::decode(word()).unwrap())
        })
        .collect()
}

#[test]
fn golden_bytes_of_every_version_are_read_for_ever() {
    let read: Vec<Event> = golden(GOLDEN).iter().map(|(name, version, bytes)| decode(name, *version, bytes).unwrap()).collect();
    assert_eq!(read, samples());
}

#[test]
fn exact_amounts_of_before_are_read_as_their_class_and_written_no_more() {
    let exact = golden(EXACT);
    let read: Vec<Event> = exact.iter().map(|(name, version, bytes)| decode(name, *version, bytes).unwrap()).collect();
    let (samples, written) = (samples(), [Cents(40_050), Cents(123_456), Cents(123_456)]);
    assert_eq!(read, [2, 3, 8].map(|at| samples[at].clone()));
    for ((event, (_, _, bytes)), amount) in read.iter().zip(&exact).zip(written) {
        let told = matches!(event, Event::SignalAccepted(_)).then(|| amount_as_written(bytes));
        assert!(told.is_none_or(|told| told == amount), "a receipt of then says what it said");
        assert_ne!(encode(event).bytes, *bytes);
    }
    let corrected = samples.iter().find(|event| matches!(event, Event::SignalCorrected(_))).unwrap();
    assert_eq!(amount_as_written(&encode(corrected).bytes), Cents(100_000));
}

#[test]
fn what_is_written_now_is_the_newest_golden_version() {
    let written: Vec<_> = samples().iter().map(encode).map(|e| format!("{} {} {}", e.name, e.version, hex::encode(e.bytes))).collect();
    let golden: Vec<_> =
        golden(GOLDEN).into_iter().map(|(name, version, bytes)| format!("{name} {version} {}", hex::encode(bytes))).collect();
    assert_eq!(written, golden, "\n{}", written.join("\n"));
}

#[test]
fn every_code_goes_there_and_back() {
    for event in samples() {
        let Event::SignalAccepted(signal) = event else { continue };
        for kind in PartnerKind::ALL {
            for shown in Shown::ALL {
                for answer in TenantAnswer::ALL {
                    let duties = Duties { each: [Duty { shown: *shown, on: None }; 4], answer: *answer };
                    let event = Event::SignalAccepted(SignalAccepted { kind: *kind, duties, ..signal.clone() });
                    let stored = encode(&event);
                    assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
                }
            }
        }
        for below in Below::ALL {
            let particulars = Particulars { below: Some(*below), ..Particulars::default() };
            let event = Event::SignalAccepted(SignalAccepted { particulars, ..signal.clone() });
            let stored = encode(&event);
            assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
        }
        for contract in Contract::ALL {
            let particulars = Particulars { contract: Some(*contract), ..Particulars::default() };
            let event = Event::SignalAccepted(SignalAccepted { particulars, ..signal.clone() });
            let stored = encode(&event);
            assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
        }
        let Event::EvictionNoticed(noticed) = samples().into_iter().find(|event| matches!(event, Event::EvictionNoticed(_))).unwrap()
        else {
            unreachable!()
        };
        for ground in EvictionGround::ALL {
            let eviction = Notice { ground: *ground, goods: Goods::ALL.to_vec(), ..noticed.eviction.clone() };
            let event = Event::EvictionNoticed(EvictionNoticed { eviction, ..noticed.clone() });
            let stored = encode(&event);
            assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
        }
        let (at, vault_id) = (moment(1), Uuid::from_u128(2));
        let tellers = Teller::ALL.iter().map(|teller| ConcernChange::Recorded { teller: *teller, vault_id, forget_at: at });
        let ends = ConcernEnd::ALL.iter().map(|because| ConcernChange::Closed { because: *because, forget_at: at });
        let shared = |with, ground| ConcernChange::Shared { with, ground, forget_at: at };
        let with = SharedWith::ALL.iter().map(|with| shared(*with, ShareGround::Consent));
        let grounds = ShareGround::ALL.iter().map(|ground| shared(SharedWith::Police, *ground));
        for event in tellers.chain(ends).chain(with).chain(grounds).map(concerned) {
            let stored = encode(&event);
            assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
        }
        for reason in MatchReason::ALL {
            let person =
                Matched { person: PersonId::from_uuid(Uuid::from_u128(1)), new_name: false, doubts: vec![], reasons: vec![*reason] };
            let event = Event::SignalAccepted(SignalAccepted { person: Some(person), ..signal.clone() });
            let stored = encode(&event);
            assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
        }
        for kind in PaymentKind::ALL {
            let event = Event::PaymentRecorded(PaymentRecorded { case: signal.case, kind: *kind, happened_at: moment(1) });
            let stored = encode(&event);
            assert_eq!(decode(stored.name, stored.version, &stored.bytes), Ok(event));
        }
    }
}

#[test]
fn what_is_newer_waits_and_what_is_damaged_is_told() {
    let closed = encode(&samples()[7]);
    assert_eq!(decode("CaseMoved", 1, &[]), Err(Unreadable::UnknownType));
    assert_eq!(decode("CaseClosed", 2, &closed.bytes), Err(Unreadable::UnknownType));
    assert_eq!(decode("CaseClosed", 1, &[0xff]), Err(Unreadable::Undecodable));
    assert_eq!(decode("CaseClosed", 1, &[]), Err(Unreadable::Undecodable), "a case without an id is damage");
    let newer = pb::CaseClosed { case_id: vec![1; 16], outcome: "adopted-by-a-neighbour".into(), ..Default::default() };
    assert_eq!(decode("CaseClosed", 1, &newer.encode_to_vec()), Err(Unreadable::UnknownType));
}
