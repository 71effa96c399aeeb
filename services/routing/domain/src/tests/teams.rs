//! Teams: who takes a case when one is full or away, and that nobody is left out or sent on in silence.

use super::*;

/// Early work goes to a team of two cases a week, then to one of one; the part in the west is away in the second week of March.
fn with_teams() -> Policy {
    let mut policy = right();
    let early = policy.teams.get_mut("team-early").unwrap();
    (early.capacity_per_week, early.overflow) = (Some(2), Some("wijkteam".to_owned()));
    policy.teams.insert("wijkteam".to_owned(), Team { name: "het wijkteam".to_owned(), capacity_per_week: Some(1), ..Team::default() });
    let west = Team {
        name: "het team in West".to_owned(),
        part_of: Some("team-early".to_owned()),
        districts: ["west".to_owned()].into(),
        absent: vec![(date(2026, 3, 9), date(2026, 3, 11))],
        ..Team::default()
    };
    policy.teams.insert("team-west".to_owned(), west);
    policy
}

fn told(place: &Place) -> (&str, Vec<(&str, WhyNot)>) {
    (&place.team, place.overflow.iter().map(|one| (one.team.as_str(), one.why)).collect())
}

#[test]
fn these_teams_are_right_and_each_wrong_one_is_told() {
    assert_eq!(with_teams().check(), []);
    let wrong = |change: &dyn Fn(&mut Policy)| {
        let mut policy = with_teams();
        change(&mut policy);
        policy.check().into_iter().map(|fault| (fault.spot, fault.text)).collect::<Vec<_>>()
    };
    let team = |code: &str| Spot::Team(code.to_owned());
    type Change = Box<dyn Fn(&mut Policy)>;
    let changed =
        |code: &'static str, change: fn(&mut Team)| -> Change { Box::new(move |policy| change(policy.teams.get_mut(code).unwrap())) };
    for (change, spot, says) in [
        (changed("wijkteam", |team| team.capacity_per_week = Some(0)), team("wijkteam"), "minstens 1"),
        (changed("wijkteam", |team| team.overflow = Some("niemand".to_owned())), team("wijkteam"), "overflow is een ander team"),
        (changed("wijkteam", |team| team.overflow = Some("team-early".to_owned())), team("wijkteam"), "gaat rond"),
        (changed("wijkteam", |team| team.districts = ["oost".to_owned()].into()), team("wijkteam"), "horen bij elkaar"),
        (changed("team-west", |team| team.absent = vec![(date(2026, 3, 9), date(2026, 3, 8))]), team("team-west"), "eindigt voor"),
    ] {
        let found = wrong(&*change);
        assert!(found.iter().any(|(at, text)| *at == spot && text.contains(says)), "{says}: {found:?}");
    }
    let second = |policy: &mut Policy| {
        let again = policy.teams["team-west"].clone();
        policy.teams.insert("team-west-2".to_owned(), again);
    };
    assert!(wrong(&second).iter().any(|(at, text)| *at == team("team-west-2") && text.contains("al een ander deel")));
    // A rule's skills are those of every team its cases may go to.
    let skilled = |teams: &'static [&'static str]| {
        wrong(&move |policy: &mut Policy| {
            policy.rules[3].skills = ["schuldhulp".to_owned()].into();
            for team in teams {
                policy.teams.get_mut(*team).unwrap().skills = ["schuldhulp".to_owned()].into();
            }
        })
    };
    assert_eq!(skilled(&["team-early", "wijkteam", "team-west"]), []);
    for some in [&["team-early", "wijkteam"][..], &["team-early", "team-west"], &["wijkteam", "team-west"]] {
        assert!(skilled(some).iter().any(|(at, text)| *at == Spot::Rule(3, "team") && text.contains("kan dat niet")), "{some:?}");
    }
}

#[test]
fn a_full_team_passes_on_then_keeps_the_case_itself() {
    let policy = with_teams();
    let monday = date(2026, 3, 9);
    let with = |early: u32, other: u32| policy.place("team-early", false, monday, |team| if team == "wijkteam" { other } else { early });
    let (full, early, other) = (WhyNot::Full, "team-early", "wijkteam");
    assert_eq!(told(&with(1, 0)), (early, vec![]));
    assert_eq!(told(&with(2, 0)), (other, vec![(early, full)]));
    assert_eq!(told(&with(2, 1)), (early, vec![(early, full), (other, full)]));
    assert_eq!(with(2, 1).overflow[0].capacity, Some(2));
    let chosen = policy.place(early, true, monday, |_| 2);
    assert_eq!(told(&chosen), (early, vec![(early, full)]), "a person's choice stands, and is told");
    assert_eq!(told(&policy.place("team-crisis", false, monday, |_| 1_000)), ("team-crisis", vec![]), "not counted");
}

#[test]
fn a_district_has_its_own_part_and_an_absent_one_passes_on_to_the_whole() {
    let policy = with_teams();
    for (district, serves) in [(Some("west"), "team-west"), (Some("oost"), "team-early"), (None, "team-early")] {
        assert_eq!(policy.serving("team-early", district), serves);
    }
    assert_eq!(policy.serving("team-crisis", Some("west")), "team-crisis");
    for (day, place) in [
        (date(2026, 3, 8), ("team-west", vec![])),
        (date(2026, 3, 9), ("team-early", vec![("team-west", WhyNot::Absent)])),
        (date(2026, 3, 11), ("team-early", vec![("team-west", WhyNot::Absent)])),
        (date(2026, 3, 12), ("team-west", vec![])),
    ] {
        assert_eq!(told(&policy.place("team-west", false, day, |_| 0)), place, "{day}");
    }
    // Nobody is there: the case is the team's all the same.
    let mut alone = policy.clone();
    alone.teams.get_mut("team-west").unwrap().part_of = None;
    assert_eq!(told(&alone.place("team-west", false, date(2026, 3, 9), |_| 0)), ("team-west", vec![("team-west", WhyNot::Absent)]));
    // One that is full is there at least.
    alone.teams.get_mut("team-west").unwrap().overflow = Some("wijkteam".to_owned());
    assert_eq!(alone.place("team-west", false, date(2026, 3, 9), |_| 1).team, "wijkteam");
}

#[test]
fn a_week_is_that_of_iso_8601() {
    for (day, week) in [
        (date(2026, 3, 8), "2026-W10"),
        (date(2026, 3, 9), "2026-W11"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
    ] {
        assert_eq!(Week::of(day).to_string(), week);
    }
}

/// A municipality: the places of its weeks, as its stream holds them, and what was routed.
#[derive(Default)]
struct Gemeente {
    weeks: BTreeMap<Week, State>,
    routes: Vec<CaseRouted>,
}

impl Gemeente {
    /// A case is routed as a reaction does it: decide, claim, decide again. `seen` is what the replica knew of the week before.
    fn route(&mut self, n: u128, on: Date, seen: Arc<Places>, policies: &Policies) {
        let now = on.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap()).unwrap().timestamp();
        let mut facts = policies.with_places(seen);
        for _ in 0..3 {
            let Command::RouteSignal { route, signal, .. } = small(n) else { unreachable!() };
            let case = CaseId::from_uuid(Uuid::from_u128(n));
            let command = Command::RouteSignal { route, case, file_key: file(), signal, policy: facts.on(on) };
            let events = Routing::decide(&State::default(), &command, Moment::at(now)).unwrap();
            let Some((week, claim)) = facts.claim(&events) else {
                let [Event::CaseRouted(routed)] = events.as_slice() else { panic!("{events:?}") };
                self.routes.push(*routed.clone());
                return;
            };
            let state = self.weeks.entry(week).or_default();
            if let Ok(taken) = Routing::decide(state, &claim, Moment::at(now)) {
                *state = Routing::replay(std::mem::take(state), &taken);
            }
            facts = policies.with_places(state.places.clone());
        }
        panic!("a claim that is made is not asked again");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Whatever the replicas knew of the week, and whatever was tried twice: each case has a route the same day, and no team has more
    /// cases in a week than it holds, but for routes that say so.
    #[test]
    fn nobody_is_left_out_and_no_week_overflows_in_silence(
        cases in prop::collection::vec((0..21_i64, 0..4_usize, any::<bool>()), 1..40),
        capacities in (1..4_u32, 1..4_u32),
        absent in prop::option::of(0..21_i64),
        last in any::<bool>(),
    ) {
        let mut policy = with_teams();
        let start = date(2026, 3, 2);
        let day = |days: i64| start.saturating_add(jiff::ToSpan::days(days));
        policy.teams.get_mut("team-early").unwrap().capacity_per_week = Some(capacities.0);
        let other = policy.teams.get_mut("wijkteam").unwrap();
        other.capacity_per_week = Some(capacities.1);
        other.absent = absent.map(|days| (day(days), day(days + 2))).into_iter().collect();
        if last {
            policy.teams.get_mut("team-early").unwrap().overflow = None;
        }
        let policies = Policies::shipped(policy.clone());
        let mut gemeente = Gemeente::default();
        let mut known = vec![Arc::new(Places::default())];
        for (n, (days, behind, twice)) in (1_u128..).zip(&cases) {
            let on = day(*days);
            let seen = known[known.len().saturating_sub(1 + behind)].clone();
            gemeente.route(n, on, seen.clone(), &policies);
            if *twice {
                // The route was lost after its place was taken: made again, it is the same.
                let first = gemeente.routes.pop().unwrap();
                gemeente.route(n, on, seen, &policies);
                prop_assert_eq!(gemeente.routes.last(), Some(&first));
            }
            known.extend(gemeente.weeks.get(&Week::of(on)).map(|week| week.places.clone()));
        }
        prop_assert_eq!(gemeente.routes.len(), cases.len());
        for team in policy.teams.iter().filter(|(_, team)| team.capacity_per_week.is_some()) {
            let (code, capacity) = (team.0, team.1.capacity_per_week.unwrap());
            for week in gemeente.weeks.keys() {
                let there = gemeente.routes.iter().filter(|route| route.team == *code && Week::of(route.place.as_ref().unwrap().on) == *week);
                let silent = there.filter(|route| route.place.as_ref().unwrap().overflow.iter().all(|one| one.team != *code)).count();
                prop_assert!(silent <= usize::try_from(capacity).unwrap(), "{}: {} in {}", code, silent, week);
            }
        }
        for route in &gemeente.routes {
            let place = route.place.as_ref().unwrap();
            prop_assert_eq!(&place.team, &route.team);
            prop_assert!(place.team == "team-early" || place.overflow.iter().any(|one| one.team == "team-early"));
        }
    }
}

#[test]
fn another_policy_is_tried_with_its_teams_full_week_by_week() {
    let policy = with_teams();
    let past = |on: Date| {
        let facts = about("rent", 100, Some(1));
        let was = Outcome { track: Track::Early, team: "team-early".to_owned(), priority: None, first_attempt_by: Some(on) };
        let routed = |on| Past::Routed { on, because: Because::Signal, facts: facts.told(), was: was.clone() };
        [routed(on), routed(date(2026, 3, 20))]
    };
    let mut cases: Vec<Vec<WouldBe>> = [12, 11, 10, 9, 16].map(|day| replay(&policy, &past(date(2026, 3, day)))).into_iter().collect();
    place_all(&policy, cases.iter_mut().map(Vec::as_mut_slice));
    let teams: Vec<_> = cases.iter().map(|routes| (routes[0].outcome.team.as_str(), routes[0].overflow.len())).collect();
    assert_eq!(teams, [("team-early", 2), ("wijkteam", 1), ("team-early", 0), ("team-early", 0), ("team-early", 0)]);
    assert!(cases.iter().all(|routes| routes[1].rule == "joins" && routes[1].outcome.team == routes[0].outcome.team));
}
