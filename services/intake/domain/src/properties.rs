//! What holds after any sequence of commands.

mod orders;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
};
use kernel::{
    Arrears, CaseId, Cents, Decider, Key, Moment, PersonId, SignalId,
    matching::{Class, Period},
};
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
fn person(n: u8) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(0x9e50_0000 + u128::from(n)))
}
/// Days from the beginning of 2026, over more than a year.
fn day(n: u16) -> Date {
    date(2026, 1, 1).saturating_add(i32::from(n).days())
}
fn at(n: u16) -> Timestamp {
    day(n).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
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
        6 => (reference.clone(), 0..2_u8, 0..3_u8, 0..4_u8, any::<u8>(), 0..420_u16, any::<bool>())
            .prop_map(|(reference, month, content, who, doubts, days, moved_in)| Command::AcceptSignal {
                file: file(),
                signal: Box::new(NewSignal {
                    signal: SignalId::from_uuid(Uuid::nil()),
                    new_case: case(0),
                    receipt_id: Uuid::from_u128(1),
                    kind: if reference.0[0] == 0 { PartnerKind::Rent } else { PartnerKind::Water },
                    organisation: "o".into(),
                    amount: Arrears::of(Cents(1)),
                    arrears_since: None,
                    signal_date: day(days),
                    received_at: at(days),
                    vault_id: Uuid::nil(),
                    identity: Keyed([reference.0[0] * 2 + month; 32]),
                    content: Keyed([content; 32]),
                    reference,
                    duties: Duties::UNSAID,
                    particulars: crate::Particulars::default(),
                    person: Matched {
                        person: person(who),
                        new_name: false,
                        doubts: (0..4).filter(|n| doubts & (1 << n) != 0).map(person).collect(),
                        reasons: vec![],
                    },
                    compared: None,
                    names_seen: 0,
                    tenancy_since: moved_in.then(|| day(days)),
                    collective: false,
                    skip_months: None,
                    district: None,
                }),
            }),
        2 => (reference.clone(), 0..4_u8).prop_map(|(reference, step)| Command::RecordLandlordStage {
            file: file(), new_case: case(0), reference, step, amount: Arrears::of(Cents(1)), receipt_id: Uuid::nil(), received_at: Timestamp::UNIX_EPOCH,
        }),
        2 => (n.clone(), pick(PaymentKind::ALL), prop::option::of(reference.clone()))
            .prop_map(|(n, kind, reference)| Command::RecordPayment { case: case(n), kind, reference }),
        1 => (reference, pick(WithdrawalReason::ALL)).prop_map(|(reference, reason)| Command::WithdrawSignal { reference, reason }),
        1 => (n.clone(), pick(LeftBehind::ALL)).prop_map(|(n, left_behind)| Command::RecordDeath {
            case: case(n), died_on: Some(date(2026, 1, 1)), left_behind,
        }),
        1 => (n.clone(), 0..2_u8).prop_map(|(n, hand_over)| Command::OfferHandOver {
            hand_over: Uuid::from_u128(hand_over.into()), case: case(n), to: "9002".parse().unwrap(), vault_id: Uuid::nil(), help_offered_at: None,
        }),
        1 => (n.clone(), 0..2_u8, prop::option::of(pick(Bounce::ALL))).prop_map(|(n, hand_over, bounce)| Command::AnswerHandOver {
            hand_over: Uuid::from_u128(hand_over.into()),
            case: case(n),
            answer: bounce.map_or(Answer::Accepted { file: Key::new("9002".parse().unwrap(), Uuid::nil()), case: case(99) }, Answer::Bounced),
        }),
        1 => prop::option::of(pick(Threat::ALL)).prop_map(|threat| Command::RequestHelp(NewRequest {
            request: Uuid::nil(), file: file(), new_case: case(0), vault_id: Uuid::nil(), threat, eviction_on: None, by: None, district: None,
        })),
        1 => (n.clone(), prop::option::of(pick(Outcome::ALL))).prop_map(|(n, outcome)| Command::CloseCase { case: case(n), outcome }),
        4 => (n.clone(), pick(RegionName::ALL), report)
            .prop_map(|(n, region, report)| Command::ReportRegion { case: case(n), region, report }),
        1 => (0..4_u8, 0..4_u8, any::<bool>())
            .prop_map(|(one, other, same)| Command::JudgePersons { one: person(one), other: person(other), same }),
        1 => (n.clone(), n.clone(), any::<bool>()).prop_map(|(one, other, leading)| {
            Command::MergeCases { case: case(one), other: case(other), other_file: file(), leading }
        }),
        1 => (n.clone(), n).prop_map(|(one, other)| Command::UnmergeCases { case: case(one), other: case(other), work: vec![], assigned: vec![] }),
        1 => (40..43_u8, 3..13_u8).prop_map(|(n, entry_step)| Command::OpenFromCourt { file: file(), case: case(n), entry_step, vault_id: None }),
    ]
}

/// Gives each command ids of its own, and each report the names it was compared with, as the shell does.
fn with_own_ids(state: &AddressFile, command: Command, at: usize, collective: bool) -> Command {
    let fresh = u8::try_from(at).unwrap();
    match command {
        Command::AcceptSignal { file, mut signal } => {
            signal.signal = SignalId::from_uuid(Uuid::from_u128(0x5161_0000 + u128::from(fresh)));
            signal.new_case = case(fresh);
            signal.receipt_id = Uuid::from_u128(0xbe11_0000 + u128::from(fresh));
            signal.collective = collective;
            let known: Vec<PersonId> = state.persons.known().iter().map(|one| one.id).collect();
            // Who is known is not in doubt any more, and doubt is about who is known.
            signal.person.doubts.retain(|doubt| known.contains(doubt) && !known.contains(&signal.person.person));
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

/// Runs commands; answers every event in order, and the state they lead to. After each command, what must hold holds.
fn run(commands: Vec<Command>, collective: bool) -> Result<(Vec<Event>, AddressFile), TestCaseError> {
    let (mut state, mut history) = (AddressFile::default(), Vec::new());
    for (at, command) in commands.into_iter().enumerate() {
        let before = state.clone();
        let command = with_own_ids(&state, command, at, collective);
        let events = Intake::decide(&state, &command, Moment::at(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        for event in &events {
            check_event(&state, event)?;
            state = state.evolve(event);
        }
        check_step(&before, &state, &events)?;
        history.extend(events);
    }
    Ok((history, state))
}

fn check_event(state: &AddressFile, event: &Event) -> Result<(), TestCaseError> {
    match event {
        Event::SignalAccepted(e) => {
            prop_assert!(state.case(e.case).is_some_and(Case::is_open), "a signal goes to a case that is open");
        }
        Event::CaseOpened(e) => {
            prop_assert_eq!(e.again, state.case(e.case).is_some());
            prop_assert!((1..=11).contains(&e.entry_step));
            prop_assert!(e.vacated.is_none() || e.previous.is_none(), "a new occupant's case shows nothing of the one before");
        }
        Event::CaseClosed(e) => {
            let case = state.case(e.case).unwrap();
            prop_assert!(case.is_open() && case.running().is_none(), "only an open case of which nothing runs is closed");
            prop_assert_eq!(e.failed, case.lost.is_some() || e.outcome.is_loss());
        }
        _ => {}
    }
    Ok(())
}

fn check_step(before: &AddressFile, after: &AddressFile, events: &[Event]) -> Result<(), TestCaseError> {
    let cases: BTreeSet<_> = events.iter().map(Event::case).collect();
    prop_assert!(cases.len() <= 1, "a commit is about one case: it is one span");
    for case in &after.cases {
        prop_assert!(!case.is_open() || case.running().is_some() || case.ending().is_none(), "nothing stands open that is over");
        prop_assert!(case.matter().is_none() || (case.is_open() && case.help == Region::Running), "who asked is being helped");
        prop_assert!(case.is_open() || case.lost.is_none() || case.ended == case.lost.map(|lost| (lost, true)));
        let held = || after.links.iter().filter(|link| link.case == case.id && link.holds());
        prop_assert!(held().all(|link| link.leading) || held().count() == 1, "a case is led by one, or leads");
    }
    for (was, is) in before.signals.iter().zip(&after.signals) {
        prop_assert!((was.id, was.case, was.first_received_at) == (is.id, is.case, is.first_received_at), "nothing moves a signal");
        let given = |signal: &Signal| signal.replaced.iter().chain([&signal.given]).map(|given| given.receipt_id).collect::<Vec<_>>();
        prop_assert!(given(is).starts_with(&given(was)), "no receipt is taken back");
    }
    Ok(())
}

/// The class of every signal, from the whole history and in the plainest way there is: months are counted from the year 0.
fn plain_classes(history: &[Event]) -> BTreeMap<SignalId, Class> {
    let mut dates: BTreeMap<SignalId, Date> = BTreeMap::new();
    let mut mistakes = BTreeSet::new();
    for event in history {
        match event {
            Event::SignalAccepted(e) => drop(dates.insert(e.signal, e.signal_date)),
            Event::SignalCorrected(e) => drop(dates.insert(e.signal, e.signal_date)),
            Event::SignalWithdrawn(e) if e.reason == WithdrawalReason::Error => drop(mistakes.insert(e.signal)),
            _ => {}
        }
    }
    let month = |date: &Date| i32::from(date.year()) * 12 + i32::from(date.month());
    let months_apart = |one: &SignalId, other: &SignalId| Some(month(dates.get(one)?) - month(dates.get(other)?));
    let class = |one: &SignalId| {
        let others = dates.keys().filter(|other| *other != one && !mistakes.contains(other));
        let apart: Vec<i32> = others.filter_map(|other| months_apart(one, other)).collect();
        Class { multiple: apart.contains(&0), consecutive: apart.iter().any(|months| (1..=6).contains(months)) }
    };
    dates.keys().map(|signal| (*signal, class(signal))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Deliveries, repeats, corrections, withdrawals, payments, reports of others, judgments about persons, merges and un-merges.
    #[test]
    fn every_accepted_signal_is_in_exactly_one_case_that_was_open(
        commands in prop::collection::vec(command(), 0..40), collective in any::<bool>()
    ) {
        let (history, state) = run(commands, collective)?;
        let mut homes: BTreeMap<SignalId, BTreeSet<CaseId>> = BTreeMap::new();
        let mut openings: BTreeMap<CaseId, usize> = BTreeMap::new();
        for event in &history {
            match event {
                Event::SignalAccepted(e) => drop(homes.entry(e.signal).or_default().insert(e.case)),
                Event::SignalCorrected(e) => drop(homes.entry(e.signal).or_default().insert(e.case)),
                Event::CaseOpened(e) => *openings.entry(e.case).or_default() += usize::from(!e.again),
                _ => {}
            }
        }
        for (signal, cases) in &homes {
            prop_assert_eq!(cases.len(), 1, "signal {}", signal);
            prop_assert!(cases.iter().all(|case| state.case(*case).is_some()));
        }
        prop_assert_eq!(state.signals.iter().map(|signal| signal.id).collect::<BTreeSet<_>>(), homes.keys().copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(state.signals.len(), homes.len(), "each once");
        prop_assert!(openings.values().all(|times| *times == 1), "a case id opens once");
        prop_assert_eq!(openings.len(), state.cases.len());
    }

    #[test]
    fn the_class_of_a_signal_is_that_of_the_whole_history(commands in prop::collection::vec(command(), 0..40)) {
        let (history, state) = run(commands, false)?;
        let classes: BTreeMap<_, _> = state.signals.iter().map(|signal| (signal.id, state.class(signal, Period::Month))).collect();
        prop_assert_eq!(classes, plain_classes(&history));
    }
}
