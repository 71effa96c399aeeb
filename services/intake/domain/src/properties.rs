//! What holds after any sequence of commands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::date};
use kernel::{CaseId, Cents, Decider, Key, Moment, PersonId, SignalId};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{person::Matched, *};

/// Cases are named by number; a command about a case that is not there is a lawful question too.
fn case(n: u8) -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(0xca5e_0000 + u128::from(n)))
}
fn file() -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(1))
}
fn pick<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn command() -> impl Strategy<Value = Command> {
    // Signals and landlords open cases of their own number, below forty; the court's are above.
    let n = prop_oneof![3 => 0..6_u8, 1 => 40..43_u8].boxed();
    let reference = (0..3_u8).prop_map(|r| Keyed([r; 32]));
    let report = prop_oneof![
        Just(Report::Running),
        pick(Outcome::ALL).prop_map(Report::Finished),
        pick(&[Outcome::EvictedNoPlace, Outcome::LeftUnderPressure, Outcome::LeftUnknown]).prop_map(Report::Lost),
        Just(Report::FinishedTooLate),
    ];
    prop_oneof![
        4 => (reference.clone(), 0..2_u8, 0..3_u8).prop_map(|(reference, month, content)| Command::AcceptSignal {
            file: file(),
            signal: Box::new(NewSignal {
                signal: SignalId::from_uuid(Uuid::nil()),
                new_case: case(0),
                receipt_id: Uuid::from_u128(1),
                kind: PartnerKind::Water,
                organisation: "o".into(),
                amount: Cents(1),
                arrears_since: None,
                signal_date: date(2026, 1, 1),
                received_at: Timestamp::UNIX_EPOCH,
                vault_id: Uuid::nil(),
                identity: Keyed([reference.0[0] * 2 + month; 32]),
                content: Keyed([content; 32]),
                reference,
                duties: Duties::UNSAID,
                particulars: crate::Particulars::default(),
                person: Matched { person: PersonId::from_uuid(Uuid::nil()), new_name: false, doubts: vec![], reasons: vec![] },
                names_seen: 0,
            }),
        }),
        2 => (reference.clone(), 0..4_u8).prop_map(|(reference, step)| Command::RecordLandlordStage {
            file: file(), new_case: case(0), reference, step, amount: Cents(1), receipt_id: Uuid::nil(), received_at: Timestamp::UNIX_EPOCH,
        }),
        2 => (n.clone(), pick(PaymentKind::ALL), prop::option::of(reference.clone()))
            .prop_map(|(n, kind, reference)| Command::RecordPayment { case: case(n), kind, reference }),
        1 => (reference, pick(WithdrawalReason::ALL)).prop_map(|(reference, reason)| Command::WithdrawSignal { reference, reason }),
        1 => (n.clone(), 0..2_u8).prop_map(|(n, hand_over)| Command::OfferHandOver {
            hand_over: Uuid::from_u128(hand_over.into()), case: case(n), to: "9002".parse().unwrap(), vault_id: Uuid::nil(), help_offered_at: None,
        }),
        1 => (n.clone(), 0..2_u8, prop::option::of(pick(Bounce::ALL))).prop_map(|(n, hand_over, bounce)| Command::AnswerHandOver {
            hand_over: Uuid::from_u128(hand_over.into()),
            case: case(n),
            answer: bounce.map_or(Answer::Accepted { file: Key::new("9002".parse().unwrap(), Uuid::nil()), case: case(99) }, Answer::Bounced),
        }),
        1 => prop::option::of(pick(Threat::ALL)).prop_map(|threat| Command::RequestHelp(NewRequest {
            request: Uuid::nil(), file: file(), new_case: case(0), vault_id: Uuid::nil(), threat, eviction_on: None,
        })),
        1 => (n.clone(), prop::option::of(pick(Outcome::ALL))).prop_map(|(n, outcome)| Command::CloseCase { case: case(n), outcome }),
        4 => (n.clone(), pick(RegionName::ALL), report)
            .prop_map(|(n, region, report)| Command::ReportRegion { case: case(n), region, report }),
        1 => (40..43_u8, 3..13_u8).prop_map(|(n, entry_step)| Command::OpenFromCourt { file: file(), case: case(n), entry_step, vault_id: None }),
    ]
}

/// Gives each command ids of its own, as the shell does.
fn with_own_ids(state: &AddressFile, command: Command, at: usize) -> Command {
    let fresh = u8::try_from(at).unwrap();
    match command {
        Command::AcceptSignal { file, mut signal } => {
            signal.signal = SignalId::from_uuid(Uuid::from_u128(0x5161_0000 + u128::from(fresh)));
            signal.new_case = case(fresh);
            signal.names_seen = state.persons.names();
            Command::AcceptSignal { file, signal }
        }
        Command::RecordLandlordStage { file, reference, step, amount, receipt_id, received_at, .. } => {
            Command::RecordLandlordStage { file, new_case: case(fresh), reference, step, amount, receipt_id, received_at }
        }
        Command::RequestHelp(asked) => Command::RequestHelp(NewRequest { new_case: case(fresh), ..asked }),
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_accepted_signal_is_in_exactly_one_case_that_was_open(commands in prop::collection::vec(command(), 0..40)) {
        let mut state = AddressFile::default();
        let mut homes: BTreeMap<SignalId, BTreeSet<CaseId>> = BTreeMap::new();
        let mut openings: BTreeMap<CaseId, usize> = BTreeMap::new();
        for (at, command) in commands.into_iter().enumerate() {
            let events = Intake::decide(&state, &with_own_ids(&state, command, at), Moment::at(Timestamp::UNIX_EPOCH)).unwrap_or_default();
            for event in &events {
                match event {
                    Event::SignalAccepted(e) => {
                        homes.entry(e.signal).or_default().insert(e.case);
                        prop_assert!(state.case(e.case).is_some_and(Case::is_open), "a signal goes to a case that is open");
                    }
                    Event::CaseOpened(e) => {
                        prop_assert_eq!(e.again, state.case(e.case).is_some());
                        *openings.entry(e.case).or_default() += usize::from(!e.again);
                        prop_assert!((1..=11).contains(&e.entry_step));
                    }
                    Event::CaseClosed(e) => {
                        let case = state.case(e.case).unwrap();
                        prop_assert!(case.is_open() && case.running().is_none(), "only an open case of which nothing runs is closed");
                        prop_assert_eq!(e.failed, case.lost.is_some() || e.outcome.is_loss());
                    }
                    _ => {}
                }
                state = state.evolve(event);
            }
            let cases: BTreeSet<_> = events.iter().map(Event::case).collect();
            prop_assert!(cases.len() <= 1, "a commit is about one case: it is one span");
            for case in &state.cases {
                prop_assert!(!case.is_open() || case.running().is_some() || case.ending().is_none(), "nothing stands open that is over");
                prop_assert!(case.own_matter.is_none() || (case.is_open() && case.help == Region::Running), "who asked is being helped");
                prop_assert!(case.is_open() || case.lost.is_none() || case.ended == case.lost.map(|lost| (lost, true)));
            }
        }
        for (signal, cases) in &homes {
            prop_assert_eq!(cases.len(), 1, "signal {}", signal);
            prop_assert!(cases.iter().all(|case| state.case(*case).is_some()));
        }
        for signal in &state.signals {
            prop_assert!(homes.contains_key(&signal.id));
        }
        prop_assert!(openings.values().all(|times| *times == 1), "a case id opens once");
        prop_assert_eq!(openings.len(), state.cases.len());
    }
}
