//! What another policy would have made of what happened.

use super::*;

fn routed(on: Date, facts: &Facts, track: Track) -> Past {
    let was = Outcome { track, team: format!("team-{track}"), priority: Some(Priority::Ordinary), first_attempt_by: Some(on) };
    Past::Routed { on, because: facts.because(), facts: facts.told(), was }
}

/// Track, rule and visits of each route.
fn gone_through(policy: &Policy, past: &[Past]) -> Vec<(Track, String, Vec<Date>)> {
    replay(policy, past).into_iter().map(|route| (route.outcome.track, route.rule, route.visits)).collect()
}

#[test]
fn the_history_of_a_case_is_gone_through_again() {
    let (march, april, may) = (date(2026, 3, 9), date(2026, 4, 9), date(2026, 5, 11));
    let past = [
        routed(march, &about("rent", 80_000, Some(1)), Track::Early),
        routed(april, &tried(Track::Early), Track::Intensive),
        routed(may, &about("rent", 100, Some(1)), Track::Intensive),
    ];
    // Then it went to the early track; here EUR 750 is a crisis, so it was the crisis team that tried in vain.
    let day = |on: Date| vec![on.saturating_add(jiff::ToSpan::days(2))];
    assert_eq!(
        gone_through(&right(), &past),
        [
            (Track::Crisis, "rent-750".to_owned(), day(march)),
            (Track::TeamLead, "crisis-in-vain".to_owned(), day(april)),
            (Track::TeamLead, "joins".to_owned(), vec![]),
        ]
    );
}

#[test]
fn an_end_a_persons_choice_and_a_superseded_plan_are_kept_in_mind() {
    let (first, second) = (date(2026, 3, 9), date(2026, 3, 10));
    let choice = Facts::about(Because::Override, None);
    let past = [
        routed(first, &about("rent", 80_000, Some(1)), Track::Crisis),
        routed(second, &choice, Track::Early),
        Past::Ended { on: second },
        routed(second, &about("rent", 100, Some(1)), Track::Early),
    ];
    let again = gone_through(&right(), &past);
    assert_eq!(again[0], (Track::Crisis, "rent-750".to_owned(), vec![]), "the visit of day two was not made any more");
    assert_eq!((again[1].0, again[1].1.as_str()), (Track::Early, "override"));
    assert_eq!((again[2].0, again[2].1.as_str()), (Track::Early, "signal"), "a closed case begins anew");
}

#[test]
fn facts_of_another_time_are_unknown() {
    let told = |name: &str, value: &str| Told { name: name.to_owned(), value: value.to_owned(), source: String::new(), on: None };
    let old =
        [told("because", "signal"), told("months", "many"), told("colour", "blue"), told("kind", "rent"), told("amount_cents", "100")];
    let facts = Facts::of_told(Because::Signal, &old);
    assert_eq!(facts, about("rent", 100, None));
}
