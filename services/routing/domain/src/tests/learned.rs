//! What becomes known of a household asks the policy again.

use super::*;

/// Entrepreneurs have a desk of their own on the same track; who is on benefit goes intensive at once.
fn desk() -> InForce {
    let mut policy = right();
    let small = r#"fact.because == "signal" && fact.kind == "rent" && fact.amount_cents < 75000"#;
    let (business, benefit) = (format!("{small} && fact.entrepreneur"), format!("{small} && fact.benefit"));
    policy.rules.insert(0, Rule { team: "entrepreneurs".to_owned(), ..rule("business", &business, Track::Early) });
    policy.rules.insert(0, rule("benefit", &benefit, Track::Intensive));
    policy.teams.insert("entrepreneurs".to_owned(), policy.teams["team-early"].clone());
    InForce { policy: Arc::new(policy), ..super::policy() }
}

fn told(name: Name, holds: bool) -> Told {
    Told { name: name.code().to_owned(), value: holds.to_string(), source: "household".to_owned(), on: Some(date(2026, 3, 12)) }
}
fn learn(name: Name, holds: bool) -> Command {
    Command::Learn { route: Uuid::from_u128(600), case: case(), told: told(name, holds), policy: desk() }
}
fn reported(n: u128) -> Command {
    match small(n) {
        Command::RouteSignal { route, case, file_key, signal, .. } => {
            Command::RouteSignal { route, case, file_key, signal, policy: desk() }
        }
        other => other,
    }
}

#[test]
fn an_entrepreneur_who_becomes_known_goes_to_the_desk_with_the_fact_and_who_told_it() {
    let routed = the_route(&[reported(1)], &learn(Name::Entrepreneur, true));
    assert_eq!((routed.team.as_str(), routed.rule.as_str(), routed.signal), ("entrepreneurs", "business", None));
    assert!(routed.facts.contains(&told(Name::Entrepreneur, true)), "{:?}", routed.facts);
    // A later report knows it too, and the same word twice is nothing new.
    assert!(the_route(&[reported(1), learn(Name::Entrepreneur, true)], &reported(2)).facts.contains(&told(Name::Entrepreneur, true)));
    assert_eq!(refused(&[reported(1), learn(Name::Entrepreneur, true)], &learn(Name::Entrepreneur, true)), "known-already");
}

#[test]
fn the_district_of_the_address_chooses_the_part_of_a_team_now_and_at_every_later_question() {
    let mut policy = right();
    let part = Team { part_of: Some("team-early".to_owned()), districts: BTreeSet::from(["noord".to_owned()]), ..Team::default() };
    policy.teams.insert("team-north".to_owned(), part);
    let policy = InForce { policy: Arc::new(policy), ..super::policy() };
    let report = |district: Option<&str>| {
        let Command::RouteSignal { route, case, file_key, signal, .. } = small(1) else { unreachable!() };
        let signal = Signal { district: district.map(str::to_owned), ..signal };
        Command::RouteSignal { route, case, file_key, signal, policy: policy.clone() }
    };
    let team = |district| the_route(&[], &report(district)).team;
    assert_eq!((team(Some("noord")), team(Some("zuid")), team(None)), ("team-north".into(), "team-early".into(), "team-early".into()));
    let told = |route: &CaseRouted| route.facts.iter().any(|fact| (fact.name.as_str(), fact.value.as_str()) == ("district", "noord"));
    assert!(told(&the_route(&[report(Some("noord"))], &court())), "remembered");
    let asked = Command::RouteRequest {
        route: Uuid::from_u128(350),
        case: case(),
        file_key: file(),
        threatened: false,
        district: Some("noord".to_owned()),
        policy: policy.clone(),
    };
    assert_eq!(the_route(&[], &asked).team, "team-north");
}

#[test]
fn what_becomes_known_raises_a_case_and_never_lowers_it() {
    let raised = [reported(1), learn(Name::Benefit, true)];
    assert_eq!(routed(&raised[..1], &raised[1]), (Track::Intensive, "benefit".to_owned(), Because::Signal));
    assert_eq!(routed(&raised, &learn(Name::Benefit, false)), (Track::Intensive, "joins".to_owned(), Because::Signal));
    assert_eq!(routed(&[reported(1)], &learn(Name::PrivateLandlord, true)), (Track::Early, "joins".to_owned(), Because::Signal));
}

#[test]
fn what_a_worker_chose_stands_on_its_track() {
    let own = chosen(Track::Early, Some("team-visits"), "safety");
    let routed = the_route(&[reported(1), own], &learn(Name::Entrepreneur, true));
    assert_eq!((routed.team.as_str(), routed.rule.as_str()), ("team-visits", "joins"));
}

#[test]
fn what_is_learned_while_nobody_has_the_case_is_known_to_the_next_route() {
    let kept = Event::CircumstanceKept { case: case(), told: told(Name::Benefit, true) };
    for before in [&[][..], &[reported(1), end()]] {
        assert_eq!(decide(&given(before), &learn(Name::Benefit, true)), Ok(vec![kept.clone()]));
        let learned = [before, &[learn(Name::Benefit, true)]].concat();
        assert_eq!(refused(&learned, &learn(Name::Benefit, true)), "known-already");
        let first = the_route(&learned, &reported(2));
        assert_eq!((first.track, first.rule.as_str()), (Track::Intensive, "benefit"));
        assert!(first.facts.contains(&told(Name::Benefit, true)), "{:?}", first.facts);
    }
}
