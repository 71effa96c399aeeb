//! Hand-over: exactly one owner in every order of events, repeats and crashes; the first clock runs on.

use std::collections::{BTreeMap, BTreeSet};

use kernel::Gemeentecode;
use proptest::prelude::*;

use super::{household::asks, *};

const HAND_OVER: Uuid = Uuid::from_u128(0x4a0d);

fn other() -> Key {
    Key::new("9002".parse().unwrap(), Uuid::from_u128(2))
}
fn offer(n: u128, hand_over: Uuid) -> Command {
    Command::OfferHandOver { hand_over, case: case(n), to: other().gemeente, vault_id: Uuid::from_u128(77), help_offered_at: None }
}
fn answer(n: u128, hand_over: Uuid, answer: Answer) -> Command {
    Command::AnswerHandOver { hand_over, case: case(n), answer }
}
fn accept(n: u128, hand_over: Uuid, there: u128) -> Command {
    answer(n, hand_over, Answer::Accepted { file: other(), case: case(there) })
}

#[test]
fn until_the_answer_nothing_changes_and_a_bounce_leaves_it_where_it_was() {
    let before = given([signal(1, 1, 1, 1)]);
    let offered = given([signal(1, 1, 1, 1), offer(1, HAND_OVER)]);
    assert!(offered.case(case(1)).unwrap().is_open());
    assert_eq!(offered.owner(case(1)), Some(file().gemeente));
    assert_eq!(when(&offered, offer(1, Uuid::from_u128(9))), Err(Rejection::HandOverPending));
    let bounced = given([signal(1, 1, 1, 1), offer(1, HAND_OVER), answer(1, HAND_OVER, Answer::Bounced(Bounce::NotHere))]);
    assert_eq!(bounced, before, "as if it had never been offered");
    assert_eq!(when(&bounced, accept(1, HAND_OVER, 50)), Err(Rejection::HandOverUnknown));
}

#[test]
fn an_acceptance_is_one_commit_and_the_case_goes_on_there_with_its_first_receipt() {
    let state = given([signal(1, 1, 1, 1), asks(2, None), offer(1, HAND_OVER)]);
    let events = when(&state, accept(1, HAND_OVER, 50)).unwrap();
    assert_eq!(names(&events), ["answered", "region", "closed"]);
    let after = Intake::replay(state, &events);
    assert_eq!((ended(&after, 1), after.owner(case(1))), (Some((Outcome::HandedOver, false)), Some(other().gemeente)));
    assert_eq!(when(&after, report(1, Legal, Running)), Err(Rejection::HandedOver), "it does not begin again here");
    // A report that comes in later about the old address is another household's, or another matter.
    assert_eq!(names(&when(&after, signal(2, 2, 2, 3)).unwrap()), ["opened", "signal"]);
}

#[test]
fn a_move_within_the_municipality_is_one_commit_of_one_owner() {
    let there = Key::new(file().gemeente, Uuid::from_u128(0x7e3e));
    let to = |to: Key| {
        let (hand_over, vault_id, help_offered_at) = (HAND_OVER, Uuid::from_u128(77), None);
        Command::MoveWithin { hand_over, case: case(1), vault_id, help_offered_at, to, new_case: case(50) }
    };
    let reported = given([signal(1, 1, 1, 1)]);
    let events = when(&reported, to(there)).unwrap();
    assert_eq!(names(&events), ["offered", "answered", "region", "closed"]);
    let after = Intake::replay(reported.clone(), &events);
    assert_eq!((ended(&after, 1), after.owner(case(1))), (Some((Outcome::HandedOver, false)), Some(file().gemeente)));
    assert_eq!(after.case(case(1)).unwrap().handed_to.map(|to| (to.file, to.case)), Some((there, case(50))));
    assert_eq!(when(&after, to(there)), Err(Rejection::CaseClosed));
    assert_eq!(when(&reported, to(file())), Err(Rejection::SameAddress));
    assert_eq!(when(&reported, to(other())), Err(Rejection::OtherMunicipality));
    assert_eq!(when(&given([signal(1, 1, 1, 1), offer(1, HAND_OVER)]), to(there)), Err(Rejection::HandOverPending));
    let summoned = given([signal(1, 1, 1, 1), report(1, Legal, Running)]);
    assert_eq!(when(&summoned, to(there)), Err(Rejection::RegionRunning(Legal)), "what runs about the home stays there");
}

#[test]
fn what_runs_about_the_home_here_stays_here() {
    for region in [Legal, Aftercare] {
        let state = given([signal(1, 1, 1, 1), report(1, region, Running)]);
        assert_eq!(when(&state, offer(1, HAND_OVER)), Err(Rejection::RegionRunning(region)));
    }
    let summoned = given([signal(1, 1, 1, 1), offer(1, HAND_OVER), report(1, Legal, Running)]);
    assert_eq!(when(&summoned, accept(1, HAND_OVER, 50)), Err(Rejection::RegionRunning(Legal)), "not after a writ in between");
    let paid_off = given([signal(1, 1, 1, 1), offer(1, HAND_OVER), paid(1)]);
    assert_eq!(when(&paid_off, accept(1, HAND_OVER, 50)), Err(Rejection::HandOverUnknown));
    let here =
        Command::OfferHandOver { hand_over: HAND_OVER, case: case(1), to: file().gemeente, vault_id: Uuid::nil(), help_offered_at: None };
    assert_eq!(when(&given([signal(1, 1, 1, 1)]), here), Err(Rejection::SameMunicipality));
    assert_eq!(when(&given([stage(1, 1, 1)]), offer(1, HAND_OVER)), Err(Rejection::NothingToHandOver));
}

/// Two municipalities, and what the shell does between them.
#[derive(Default)]
struct World {
    here: AddressFile,
    there: AddressFile,
    /// Reports as they were accepted here, by receipt.
    accepted: BTreeMap<Uuid, SignalAccepted>,
    next: u128,
}

#[derive(Clone, Debug)]
enum Step {
    Here(Command),
    There(Command),
    /// The shell opens what was accepted; a crash is that it does not, a second replica that it does twice.
    Finish,
}

impl World {
    fn play(&mut self, step: Step) {
        self.next += 1;
        let moment = Moment::at(Timestamp::from_second(1_770_000_000 + i64::try_from(self.next).unwrap() * 3_600).unwrap());
        match step {
            Step::Here(command) => {
                let events = Intake::decide(&self.here, &command, moment).unwrap_or_default();
                for event in &events {
                    if let Event::SignalAccepted(e) = event {
                        self.accepted.insert(e.receipt_id, e.clone());
                    }
                }
                self.here = Intake::replay(std::mem::take(&mut self.here), &events);
            }
            Step::There(command) => {
                let events = Intake::decide(&self.there, &command, moment).unwrap_or_default();
                self.there = Intake::replay(std::mem::take(&mut self.there), &events);
            }
            Step::Finish => {
                for handed in self.here.cases.iter().filter_map(|case| Some((case.id, case.handed_to?))).collect::<Vec<_>>() {
                    let signals = self.here.standing(handed.0).map(|signal| self.accepted[&signal.given.receipt_id].clone());
                    let take_over = TakeOver {
                        file: handed.1.file,
                        case: handed.1.case,
                        hand_over: handed.1.hand_over,
                        from: file().gemeente,
                        vault_id: Uuid::from_u128(77),
                        help_offered_at: None,
                        asked_at: handed.1.asked_at,
                        signals: signals.collect(),
                        restrictions: Vec::new(),
                    };
                    let events = Intake::decide(&self.there, &Command::TakeOver(Box::new(take_over)), moment).unwrap();
                    self.there = Intake::replay(std::mem::take(&mut self.there), &events);
                }
            }
        }
    }

    /// Whose each case of ours is.
    fn owners(&self) -> Vec<(CaseId, Gemeentecode)> {
        self.here.cases.iter().map(|case| (case.id, self.here.owner(case.id).unwrap())).collect()
    }
}

fn step() -> impl Strategy<Value = Step> {
    let hand_over = (0..3_u128).prop_map(|n| Uuid::from_u128(0x4a00 + n));
    let n = 1..5_u128;
    prop_oneof![
        3 => (1..4_u8, 1..3_u8).prop_map(|(reference, month)| Step::Here(signal(reference, month, 1, 0))),
        1 => Just(Step::Here(asks(0, None))),
        3 => (n.clone(), hand_over.clone()).prop_map(|(n, hand_over)| Step::Here(offer(n, hand_over))),
        3 => (n.clone(), hand_over.clone()).prop_map(|(n, hand_over)| Step::Here(accept(n, hand_over, 0))),
        1 => (n.clone(), hand_over).prop_map(|(n, hand_over)| Step::Here(answer(n, hand_over, Answer::Bounced(Bounce::NotHere)))),
        1 => n.clone().prop_map(|n| Step::Here(paid(n))),
        1 => (n.clone(), any::<bool>()).prop_map(|(n, running)| {
            let what = if running { Running } else { Finished(Outcome::HelpOther) };
            Step::Here(report(n, Help, what))
        }),
        1 => (n, any::<bool>()).prop_map(|(n, running)| {
            let what = if running { Running } else { Finished(Outcome::Withdrawn) };
            Step::Here(report(n, Legal, what))
        }),
        1 => (5..7_u8).prop_map(|reference| Step::There(signal(reference, 1, 1, 0))),
        2 => Just(Step::Finish),
    ]
}

/// Cases here are numbered in the order of opening; there by the hundred.
fn numbered(world: &World, step: Step) -> Step {
    let (fresh, next) = (u128::try_from(world.here.cases.len()).unwrap() + 1, world.next + 1);
    match step {
        Step::Here(Command::AcceptSignal { file, mut signal }) => {
            signal.new_case = case(fresh);
            (signal.signal, signal.receipt_id) = (SignalId::from_uuid(Uuid::from_u128(0x5000 + next)), Uuid::from_u128(0x6000 + next));
            signal.received_at = Timestamp::from_second(1_769_000_000 + i64::try_from(next).unwrap()).unwrap();
            signal.names_seen = world.here.persons.names();
            Step::Here(Command::AcceptSignal { file, signal })
        }
        Step::Here(Command::RequestHelp(asked)) => Step::Here(Command::RequestHelp(NewRequest { new_case: case(fresh), ..asked })),
        Step::Here(Command::AnswerHandOver { hand_over, case: offered, answer: Answer::Accepted { file, .. } }) => {
            let there = case(100 + next);
            Step::Here(Command::AnswerHandOver { hand_over, case: offered, answer: Answer::Accepted { file, case: there } })
        }
        Step::There(Command::AcceptSignal { mut signal, .. }) => {
            (signal.new_case, signal.names_seen) = (case(1_000 + next), world.there.persons.names());
            (signal.signal, signal.receipt_id) = (SignalId::from_uuid(Uuid::from_u128(0x7000 + next)), Uuid::from_u128(0x8000 + next));
            Step::There(Command::AcceptSignal { file: other(), signal })
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    /// Whatever comes in which order, repeated or broken off: a case has one owner, who changes at most once and never back; what was
    /// handed over is open at one of both at most; no report is in two open cases; the first receipt is kept.
    #[test]
    fn a_case_has_one_owner_and_its_first_clock_runs_on(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::default();
        for step in steps {
            let before = world.owners();
            let step = numbered(&world, step);
            world.play(step);
            for (id, owner) in before {
                let now = world.here.owner(id).unwrap();
                prop_assert!(now == owner || (owner == file().gemeente && now == other().gemeente), "never back");
            }
            for case in &world.here.cases {
                let there = case.handed_to.map(|to| world.there.cases.iter().filter(|one| one.id == to.case).count());
                prop_assert_eq!(case.handed_to.is_some(), world.here.owner(case.id) == Some(other().gemeente));
                prop_assert!(!(case.is_open() && case.handed_to.is_some()), "whose it is not works on it");
                prop_assert!(there.is_none_or(|count| count <= 1), "opened twice");
            }
            let open = |file: &AddressFile, signal: &Signal| signal.stands() && file.case(signal.case).is_some_and(Case::is_open);
            let mut standing = BTreeMap::new();
            for (file, signal) in [&world.here, &world.there].iter().flat_map(|file| file.signals.iter().map(move |signal| (*file, signal))) {
                if open(file, signal) {
                    *standing.entry(signal.given.receipt_id).or_insert(0) += 1;
                }
                if let Some(first) = world.accepted.get(&signal.given.receipt_id) {
                    prop_assert_eq!(signal.first_received_at, first.received_at, "the first receipt");
                }
            }
            prop_assert!(standing.values().all(|count| *count == 1), "a report in two open cases");
        }
        // Whoever looks next finishes what was broken off; then every handed-over case is open there, with every report that stands.
        world.play(Step::Finish);
        for case in &world.here.cases {
            let Some(to) = case.handed_to else { continue };
            prop_assert!(world.there.case(to.case).is_some());
            let receipts = |file: &AddressFile, id| {
                let of_case = file.signals.iter().filter(|one| one.case == id).map(|one| one.given.receipt_id);
                of_case.filter(|receipt| world.accepted.contains_key(receipt)).collect::<BTreeSet<_>>()
            };
            prop_assert_eq!(receipts(&world.here, case.id), receipts(&world.there, to.case));
        }
    }
}
