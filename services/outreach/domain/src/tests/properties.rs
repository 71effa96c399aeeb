//! Whatever comes in, in whatever order: each signal keeps its clock, plans open and close in turn.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
struct Step {
    command: Command,
    hours: i64,
    told_after: i64,
}

/// Signals keep their receipt and threats, payments and facts their moment; what varies is when they arrive.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let track = prop::sample::select(vec!["early", "intensive", "crisis", "team-lead"]);
    let command = prop_oneof![
        6 => (0..5_u128, track.clone()).prop_map(|(n, track)| route_of(track, "signal", Some((n, march(1 + i64::try_from(n).unwrap() * 6))), n)),
        1 => (track, prop::sample::select(vec!["exhausted", "court", "opened", "override"]), 100..200_u128)
            .prop_map(|(track, because, n)| route_of(track, because, None, n)),
        3 => any::<bool>().prop_map(attempt),
        2 => Just(offer()),
        1 => Just(accept()),
        1 => Just(refuse()),
        1 => Just(resolve()),
        1 => Just(talk()),
        1 => prop::bool::ANY.prop_map(|paid| settle(if paid { SettledBy::Paid } else { SettledBy::Closed })),
        1 => (0..9_u128, any::<bool>()).prop_map(|(n, threatened)| ask(n, march(5), threatened, None)),
        1 => (0..5_u128).prop_map(withdraw),
        1 => (0..9_u128, prop::option::of(0..20_i64)).prop_map(|(n, days)| threaten(n, days.map(|days| date(2026, 3, 5) + days.days()))),
        3 => Just(Command::Tick),
    ];
    let step = (command, 0..120_i64, 0..200_i64).prop_map(|(command, hours, told_after)| Step { command, hours, told_after });
    prop::collection::vec(step, 1..40)
}

fn play(steps: &[Step]) -> (Story, BTreeMap<SignalId, Timestamp>) {
    let (mut now, mut story, mut routed) = (march(1), Story::default(), BTreeMap::new());
    for step in steps {
        now += SignedDuration::from_hours(step.hours);
        if let Command::Route(route) = &step.command {
            let received_at = route.signal.map(|signal| signal.received_at);
            now = now.max(received_at.unwrap_or(now));
            routed.extend(route.signal.map(|signal| (signal.id, signal.received_at)));
        }
        story = story.told(now - SignedDuration::from_hours(step.told_after), now, &step.command);
    }
    (story, routed)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    /// Every routed signal has one clock, and is in one plan or needed none; the clock stopped only for a reason that holds.
    #[test]
    fn every_routed_signal_has_a_running_or_ended_offer_clock(steps in steps()) {
        let (story, routed) = play(&steps);
        let mut placed = Vec::new();
        for event in &story.log {
            match event {
                Event::PlanMade(made) => placed.extend(made.signal.map(|signal| signal.id)),
                Event::SignalJoined { signal, .. } => placed.push(signal.id),
                _ => {}
            }
        }
        let once: BTreeSet<_> = placed.iter().copied().collect();
        prop_assert_eq!(placed.len(), once.len());
        prop_assert_eq!(&once, &routed.keys().copied().collect());
        for (id, received_at) in routed {
            let clock = story.state.terms.get(offer_term(id)).unwrap();
            let spent = story.state.spent(&Signal { id, received_at });
            let offered = story.state.offers.range(received_at..).next();
            match clock.status {
                TermStatus::Ended { .. } => prop_assert!(spent.is_some()),
                TermStatus::Met { happened_at, .. } | TermStatus::FoundMet { happened_at } => {
                    prop_assert!(story.state.offers.contains(&happened_at) && happened_at >= received_at);
                }
                _ => prop_assert!(spent.is_none() && offered.is_none(), "{:?}", clock),
            }
        }
    }

    /// At most one plan is open; each that was closed was closed once; an open one has somebody to work for.
    #[test]
    fn plans_open_and_close_in_turn(steps in steps()) {
        let (story, _) = play(&steps);
        let mut open = None;
        for event in &story.log {
            match event {
                Event::PlanMade(made) => {
                    prop_assert_eq!(open, None);
                    open = Some(made.plan);
                }
                Event::PlanEnded { plan, .. } | Event::PlanExhausted { plan, .. } => {
                    prop_assert_eq!(open, Some(*plan));
                    open = None;
                }
                _ => {}
            }
        }
        prop_assert_eq!(open, story.state.open_plan().map(|plan| plan.id));
    }

    /// Whichever of payment, withdrawal, offer and route arrives first, the clock of the signal ends up alike.
    #[test]
    fn the_order_of_arrival_does_not_change_what_becomes_of_a_clock(
        paid in prop::option::of(5..30_i64), withdrawn in any::<bool>(), offered in prop::option::of(5..30_i64), seed in any::<u64>(),
    ) {
        let mut facts = vec![(march(10), signal(1, march(10)))];
        facts.extend(paid.map(|day| (march(day), settle(SettledBy::Paid))));
        facts.extend(offered.map(|day| (march(day), offer())));
        if withdrawn {
            facts.push((march(12), withdraw(1)));
        }
        let begun = Story::default().at(march(1), &route_of("early", "court", None, 50));
        let run = |facts: &[(Timestamp, Command)]| {
            let story = facts.iter().fold(begun.clone(), |story, (at, fact)| story.told(*at, march(31), fact));
            story.state.terms.get(offer_term(sid(1))).map(|state| state.is_open())
        };
        let expected = run(&facts);
        let turn = usize::try_from(seed % 24).unwrap() % facts.len();
        facts.rotate_left(turn);
        if seed % 2 == 0 {
            facts.reverse();
        }
        prop_assert_eq!(run(&facts), expected);
    }
}
