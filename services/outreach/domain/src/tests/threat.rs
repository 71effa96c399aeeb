//! Under threat: a talk in three working days, or before the eviction or the end of supply.

use super::*;

#[test]
fn a_threat_asks_for_a_talk_in_three_working_days_or_before_the_eviction() {
    for (known, eviction, due) in [
        // Monday: Thursday.
        (march(9), None, "2026-03-12"),
        (march(9), Some(date(2026, 4, 1)), "2026-03-12"),
        // The eviction is sooner.
        (march(9), Some(date(2026, 3, 11)), "2026-03-10"),
        (march(9), Some(date(2026, 3, 10)), "2026-03-09"),
        // On the day itself: today.
        (march(9), Some(date(2026, 3, 9)), "2026-03-09"),
        // The Thursday before Easter: Good Friday to Easter Monday do not count.
        (at("2026-04-02T10:00:00Z"), None, "2026-04-09"),
        // The day before Ascension Day and its decree day.
        (at("2026-05-13T10:00:00Z"), None, "2026-05-20"),
    ] {
        let story = Story::default().at(known, &threaten(1, eviction));
        assert_eq!(story.last(), [format!("threat-talk by {due}")], "{eviction:?}");
        assert_eq!(story.state.terms.all().next().unwrap().term.owner, "duty-officer");
        // Whether the plan came first or not.
        let planned = begun().at(known, &threaten(1, eviction));
        let threat = planned.state.terms.all().find(|term| term.term.kind == TermKind::ThreatTalk).unwrap();
        assert_eq!(threat.term.owner, "duty-officer");
    }
}

#[test]
fn a_reported_crisis_asks_for_a_talk_in_three_working_days_or_before_supply_ends() {
    let crisis = |n: u128, received: Timestamp, ends: Option<jiff::civil::Date>| {
        let Command::Route(route) = route_of("crisis", "crisis", Some((n, received)), n) else { panic!() };
        Command::Route(Box::new(Route { crisis: Some(Crisis { supply_ends: ends }), ..*route }))
    };
    for (ends, due) in [(None, "2026-03-12"), (Some(date(2026, 4, 8)), "2026-03-12"), (Some(date(2026, 3, 11)), "2026-03-10")] {
        // From the receipt, however late the route is.
        let story = Story::default().at(march(10), &crisis(1, march(9), ends));
        assert_eq!(story.due(TermKind::ThreatTalk), due, "{ends:?}");
        // Met by a talk only.
        let told = story.at(march(10), &attempt(true)).at(march(10), &offer());
        assert_eq!(told.due(TermKind::ThreatTalk), due);
        assert_eq!(told.at(march(10), &talk()).last(), ["talk", "met"]);
    }
    // Also when it joins what runs; and it ends with the report that it came from.
    let joined = begun().at(march(9), &crisis(1, march(9), None)).at(march(10), &crisis(2, march(10), Some(date(2026, 3, 12))));
    assert_eq!(joined.due(TermKind::ThreatTalk), "2026-03-11");
    assert_eq!(joined.at(march(10), &withdraw(2)).last().iter().filter(|what| what.contains("withdrawn")).count(), 2);
    // A correction that tells it: from its own receipt, while the plan goes on; a sooner end of supply has its own clock.
    let corrected = |n: u128, received: Timestamp, ends| {
        let Command::Route(route) = crisis(1, received, ends) else { panic!() };
        let (plan, signal, corrected) = (Uuid::from_u128(0x3000 + n), None, Some(Signal { id: sid(1), received_at: received }));
        Command::Route(Box::new(Route { plan, signal, corrected, ..*route }))
    };
    let raised = begun().at(march(11), &corrected(1, march(11), None));
    assert_eq!((raised.last()[1].as_str(), raised.due(TermKind::ThreatTalk).as_str()), ("plan crisis", "2026-03-16"));
    let again = corrected(2, march(12), Some(date(2026, 3, 14)));
    let sooner = raised.at(march(12), &again);
    assert_eq!((sooner.last().len(), sooner.due(TermKind::ThreatTalk).as_str()), (2, "2026-03-13"), "the plan goes on");
    let gone = sooner.at(march(12), &withdraw(1));
    assert_eq!(gone.last().iter().filter(|what| what.contains("withdrawn")).count(), 3, "both clocks and the plan");
    assert!(gone.state.terms.open().next().is_none());
    // Paid before it came here: there is no threat any more.
    let spent = begun().at(march(9), &settle(SettledBy::Paid)).at(march(10), &crisis(3, march(8), None));
    assert!(!spent.last().iter().any(|what| what.contains("threat-talk")));
}

#[test]
fn only_a_talk_after_the_threat_meets_its_clock() {
    let story = begun().at(march(9), &talk()).at(march(10), &threaten(1, None));
    assert_eq!(story.due(TermKind::ThreatTalk), "2026-03-13");
    let story = story.at(march(10), &attempt(true)).at(march(10), &offer()).at(march(11), &accept());
    assert_eq!(story.due(TermKind::ThreatTalk), "2026-03-13");
    assert_eq!(story.at(march(12), &talk()).last(), ["talk", "met", "met"]);
}

#[test]
fn a_sooner_eviction_replaces_the_clock_of_the_threat() {
    let story = begun().at(march(9), &threaten(1, Some(date(2026, 4, 1))));
    assert_eq!(story.clone().at(march(9), &threaten(2, Some(date(2026, 5, 1)))).refused, Some("known-already"));
    let story = story.at(march(10), &threaten(3, Some(date(2026, 3, 11))));
    assert_eq!(story.last(), ["stopped superseded", "threat-talk by 2026-03-10"]);
}

#[test]
fn an_eviction_that_was_announced_stands_whoever_was_paid() {
    let court = route_of("court", "court", None, 7);
    let story = begun().at(march(9), &court).at(march(9), &threaten(1, Some(date(2026, 4, 1))));
    let paid = story.at(march(10), &settle(SettledBy::Paid));
    assert_eq!(paid.due(TermKind::ThreatTalk), "2026-03-12");
    assert!(paid.state.open_plan().is_some(), "{:?}", paid.last());
    assert_eq!(paid.clone().at(march(13), &Command::Tick).last().iter().filter(|what| what.contains("expired")).count(), 1);
    assert!(paid.at(march(10), &settle(SettledBy::Closed)).state.terms.open().next().is_none(), "the case is over");
    // Also when the payment is known first; a report's own crisis is over when it was paid.
    let told = begun().at(march(10), &settle(SettledBy::Paid)).told(march(9), march(10), &threaten(1, None));
    assert!(told.state.terms.of_kind(TermKind::ThreatTalk).any(kernel::terms::TermState::is_open));
    assert!(told.told(march(9), march(10), &court).state.open_plan().is_some());
}

#[test]
fn a_threat_that_nobody_answered_is_no_clock_for_the_next_one() {
    let missed = begun().at(march(9), &threaten(1, Some(date(2026, 4, 1)))).at(march(16), &Command::Tick);
    let again = missed.at(march(23), &threaten(2, Some(date(2026, 5, 1))));
    assert_eq!(again.last(), ["threat-talk by 2026-03-26"]);
    assert_eq!(again.at(march(24), &talk()).last().iter().filter(|what| what.starts_with("met")).count(), 2, "one late, one in time");
}

/// A reported crisis and an eviction each have a clock: that of the one does not end with the other.
#[test]
fn an_eviction_has_its_own_clock_beside_that_of_a_reported_crisis() {
    let crisis = |n: u128, received: Timestamp, ends: Option<jiff::civil::Date>| {
        let Command::Route(route) = route_of("crisis", "crisis", Some((n, received)), n) else { panic!() };
        Command::Route(Box::new(Route { crisis: Some(Crisis { supply_ends: ends }), ..*route }))
    };
    let (reported, announced) = (crisis(1, march(9), None), threaten(1, Some(date(2026, 4, 1))));
    for told in [[&reported, &announced], [&announced, &reported]] {
        let story = Story::default().at(march(9), told[0]).at(march(10), told[1]);
        let talks = story.state.terms.of_kind(TermKind::ThreatTalk).filter(|state| state.is_open()).count();
        assert_eq!(talks, 2);
        let withdrawn = story.clone().at(march(11), &withdraw(1));
        assert_eq!(withdrawn.state.terms.of_kind(TermKind::ThreatTalk).filter(|state| state.is_open()).count(), 1, "that of the home");
        let paid = story.clone().at(march(11), &settle(SettledBy::Paid));
        assert!(paid.state.open_plan().is_some() && paid.state.terms.of_kind(TermKind::ThreatTalk).any(kernel::terms::TermState::is_open));
        assert!(!story.at(march(11), &talk()).state.terms.of_kind(TermKind::ThreatTalk).any(kernel::terms::TermState::is_open), "one talk");
    }
}

#[test]
fn nobody_concludes_within_the_three_days_that_there_was_no_contact() {
    let resolve = |result| Command::Resolve { case: case(), result };
    for result in [HelpResult::NoContact, HelpResult::NoReaction, HelpResult::ReferredWithoutContact] {
        let threatened = begun().at(march(9), &threaten(1, None));
        assert_eq!(threatened.clone().at(march(10), &resolve(result)).refused, Some("talk-owed"));
        // After that it is a breach with an owner, and may be concluded.
        let late = threatened.at(march(13), &Command::Tick);
        assert_eq!(late.at(march(13), &resolve(result)).refused, None);
        assert_eq!(begun().at(march(10), &resolve(result)).refused, None, "without a threat");
    }
}
