//! Reports that tell of a crisis, and writs: what a policy must answer, and what it may choose.

use super::*;

fn told(n: u128, crisis: Option<bool>, supply_ends: Option<Date>) -> Command {
    let Command::RouteSignal { route, case, file_key, signal, policy } = small(n) else { unreachable!() };
    Command::RouteSignal { route, case, file_key, signal: Signal { crisis, supply_ends, ..signal }, policy }
}
pub(super) fn corrected(n: u128, crisis: Option<bool>, supply_ends: Option<Date>) -> Command {
    let Command::RouteSignal { signal, .. } = told(n, crisis, supply_ends) else { unreachable!() };
    Command::Correct { route: Uuid::from_u128(700), case: case(), signal, policy: policy() }
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
fn a_correction_that_newly_tells_of_a_crisis_is_routed_as_such_a_signal_and_never_lowers() {
    let correct = |crisis, supply_ends| corrected(1, crisis, supply_ends);
    let (ends, sooner) = (Some(date(2026, 4, 8)), Some(date(2026, 4, 1)));
    let raised = the_route(&[small(1)], &correct(Some(true), None));
    assert_eq!((raised.track, raised.because, raised.rule.as_str()), (Track::Crisis, Because::Crisis, "crisis"));
    let reference = SignalRef { id: SignalId::from_uuid(Uuid::from_u128(1)), received_at: received() };
    assert_eq!((raised.signal, raised.corrected, raised.file_key), (None, Some(reference), Some(file())), "the signal has one route");
    // On the crisis track already: its clock is told all the same.
    let joins = the_route(&[small(1), court()], &correct(None, ends));
    assert_eq!((joins.rule.as_str(), joins.because, joins.supply_ends), ("joins", Because::Crisis, ends));
    // What is no news asks for nothing; what is taken back lowers nothing; a sooner end is news.
    assert_eq!(refused(&[small(1)], &correct(Some(false), None)), "known-already");
    assert_eq!(refused(&[small(1), correct(Some(true), None)], &correct(Some(true), None)), "known-already");
    assert_eq!(refused(&[told(1, None, ends)], &correct(Some(true), None)), "known-already");
    assert_eq!(refused(&[told(1, None, sooner)], &correct(None, ends)), "known-already");
    assert_eq!(the_route(&[told(1, None, ends)], &correct(None, sooner)).supply_ends, sooner);
    assert_eq!(the_route(&[told(1, Some(true), None)], &correct(None, ends)).supply_ends, ends);
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
