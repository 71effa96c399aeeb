//! Reports that tell of a crisis, and writs: what a policy must answer, and what it may choose.

use super::*;

fn told(n: u128, crisis: Option<bool>, supply_ends: Option<Date>) -> Command {
    let Command::RouteSignal { route, case, file_key, signal, policy } = small(n) else { unreachable!() };
    Command::RouteSignal { route, case, file_key, signal: Signal { crisis, supply_ends, ..signal }, policy }
}
fn writ(policy: InForce) -> Command {
    Command::RouteWrit { route: Uuid::from_u128(600), case: case(), file_key: Some(file()), policy }
}

#[test]
fn a_crisis_is_an_occasion_of_its_own_and_what_was_not_told_is_a_report_like_others() {
    let ends = Some(date(2026, 4, 8));
    for (crisis, supply_ends, because) in [
        (None, None, Because::Signal),
        (Some(false), None, Because::Signal),
        (Some(true), None, Because::Crisis),
        (None, ends, Because::Crisis),
        (Some(false), ends, Because::Crisis),
    ] {
        let route = the_route(&[], &told(1, crisis, supply_ends));
        assert_eq!((route.because, route.supply_ends), (because, supply_ends));
        assert_eq!(route.track, if because == Because::Crisis { Track::Crisis } else { Track::Early });
        let supply = route.facts.iter().find(|fact| fact.name == "final_supply").map(|fact| (fact.value.as_str(), fact.source.as_str()));
        assert_eq!(supply, supply_ends.map(|_| ("true", "partner")), "not told is unknown, never no");
    }
    // One that joins the crisis team's work is a crisis all the same: its clock is told.
    let joins = the_route(&[court()], &told(1, None, ends));
    assert_eq!((joins.rule.as_str(), joins.because, joins.supply_ends), ("joins", Because::Crisis, ends));
    assert_eq!(routed(&[small(1)], &told(2, Some(true), None)).0, Track::Crisis, "it raises");
}

#[test]
fn a_policy_answers_a_crisis_as_soon_as_the_law_asks() {
    let without = |change: fn(&mut Policy)| {
        let mut policy = right();
        change(&mut policy);
        policy.check().into_iter().map(|fault| fault.text).collect::<Vec<_>>().join("; ")
    };
    let at = right().rules.iter().position(|rule| rule.name == "crisis").unwrap();
    assert_eq!(at, 12);
    assert!(without(|policy| drop(policy.rules.remove(12))).contains("geen regel geeft antwoord op because = crisis"));
    assert!(without(|policy| policy.rules[12].track = Track::Intensive).contains("een crisis gaat naar"));
    assert!(without(|policy| policy.rules[12].first_attempt_by = FirstAttempt::Days(6)).contains("wettelijke termijn voorbijgaan"));
    // A stored text of before: nobody is without a route.
    let mut old = right();
    old.rules.remove(12);
    let facts = about("rent", 100, Some(1)).on_occasion(Because::Crisis);
    assert_eq!(old.choose(&facts).unwrap().name, "signal");
}

#[test]
fn a_writ_leads_where_a_policy_chooses_and_else_nowhere() {
    assert_eq!(refused(&[small(1)], &writ(policy())), "no-rule", "nothing is a choice, and the check does not ask for one");
    let mut chosen = right();
    chosen.rules.push(rule("writ", r#"fact.because == "writ""#, Track::Intensive));
    chosen.cases.push(in_case("writ", Facts::about(Because::Writ, None)));
    assert_eq!(chosen.check(), []);
    let chosen = InForce { policy: Arc::new(chosen), ..policy() };
    assert_eq!(routed(&[small(1)], &writ(chosen.clone())), (Track::Intensive, "writ".to_owned(), Because::Writ));
    assert_eq!(refused(&[large(1)], &writ(chosen.clone())), "known-already", "it never lowers");
    assert_eq!(refused(&[], &writ(chosen.clone())), "no-route", "a case that came in with the writ is routed as it opens");
    assert_eq!(words::because(Because::Writ), "een dagvaarding, waar dit beleid zelf voor kiest");
}
