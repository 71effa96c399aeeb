use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use jiff::{
    Timestamp,
    civil::{Date, date},
};
use kernel::{Arrears, CaseId, Cents, Decider, Key, Moment, Reason, SignalId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

mod checks;
mod conditions;
mod crisis;
mod force;
mod history;
mod learned;
mod teams;

fn text(nl: String) -> Text {
    Text { en: format!("[en] {nl}"), nl }
}

fn rule(name: &str, when: &str, track: Track) -> Rule {
    Rule {
        name: name.to_owned(),
        when: Condition::compile(when).unwrap(),
        track,
        team: format!("team-{track}"),
        skills: BTreeSet::new(),
        priority: if track == Track::Crisis { Priority::Acute } else { Priority::Ordinary },
        plan: "plan".to_owned(),
        first_attempt_by: FirstAttempt::Days(2),
        reason: text(format!("Daarom {track}.")),
    }
}

fn in_case(rule: &str, facts: Facts) -> TestCase {
    TestCase { name: rule.to_owned(), facts, rule: rule.to_owned(), first_attempt: None }
}

fn about(kind: &str, cents: i64, months: Option<i64>) -> Facts {
    Facts::about(Because::Signal, None)
        .with(Name::Kind, Some(Value::Text(kind.to_owned())), None)
        .with(Name::AmountCents, Some(Value::Number(cents)), None)
        .with(Name::Months, months.map(Value::Number), None)
}

fn tried(track: Track) -> Facts {
    Facts::about(Because::Exhausted, None).with(Name::From, Some(Value::Text(track.code().to_owned())), None)
}

/// Three months goes intensive, EUR 750 of rent to the crisis team; in vain: early, intensive, crisis, team lead.
fn right() -> Policy {
    let plan = vec![PlannedAttempt { after_days: 0, channel: Channel::Visit, daypart: Some(Daypart::Evening) }];
    let court = |step| Facts::about(Because::Opened, None).with(Name::Step, Some(Value::Number(step)), None);
    Policy {
        name: "9001".to_owned(),
        version: "2026-1".to_owned(),
        hash: [7; 32],
        joins: text("Gaat mee.".to_owned()),
        overrides: BTreeMap::from([("safety".to_owned(), text("Veiliger.".to_owned()))]),
        teams: Track::ALL
            .iter()
            .map(|track| (format!("team-{track}"), Team { name: format!("het team {track}"), ..Team::default() }))
            .collect(),
        rules: vec![
            rule(
                "rent-750",
                r#"fact.because == "signal" && has(fact.kind) && fact.kind == "rent" && fact.amount_cents >= 75000"#,
                Track::Crisis,
            ),
            rule("three-months", r#"fact.because == "signal" && fact.months >= 3"#, Track::Intensive),
            rule("how-long", r#"fact.because == "signal" && !has(fact.months)"#, Track::Early),
            rule("signal", r#"fact.because == "signal""#, Track::Early),
            rule("late", r#"fact.because == "opened" && fact.step >= 8"#, Track::Crisis),
            rule("opened", r#"fact.because == "opened""#, Track::Intensive),
            rule("court", r#"fact.because == "court""#, Track::Crisis),
            rule("asked", r#"fact.because == "request""#, Track::Early),
            rule("threat", r#"fact.because == "threat""#, Track::Crisis),
            rule("early-in-vain", r#"fact.because == "exhausted" && fact.from == "early""#, Track::Intensive),
            rule("intensive-in-vain", r#"fact.because == "exhausted" && fact.from == "intensive""#, Track::Crisis),
            rule("crisis-in-vain", r#"fact.because == "exhausted" && fact.from == "crisis""#, Track::TeamLead),
            rule("crisis", r#"fact.because == "crisis""#, Track::Crisis),
        ],
        plans: BTreeMap::from([("plan".to_owned(), plan)]),
        cases: vec![
            in_case("rent-750", about("rent", 75_000, None)),
            in_case("three-months", about("rent", 100, Some(3))),
            in_case("how-long", about("rent", 100, None)),
            in_case("signal", about("rent", 100, Some(2))),
            in_case("late", court(8)),
            in_case("opened", court(7)),
            in_case("court", Facts::about(Because::Court, None)),
            in_case("asked", Facts::about(Because::Request, None)),
            in_case("threat", Facts::about(Because::Threat, None)),
            in_case("early-in-vain", tried(Track::Early)),
            in_case("intensive-in-vain", tried(Track::Intensive)),
            in_case("crisis-in-vain", tried(Track::Crisis)),
            in_case("crisis", Facts::about(Because::Crisis, None)),
        ],
    }
}

fn policy() -> InForce {
    static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(right()));
    InForce { policy: POLICY.clone(), position: 7, places: Arc::default() }
}

fn case() -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(0xca5e))
}
fn file() -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(0xf11e))
}
fn received() -> Timestamp {
    "2026-03-09T09:00:00Z".parse().unwrap()
}
fn signal(n: u128, kind: Kind, cents: i64, since: jiff::civil::Date) -> Command {
    let id = SignalId::from_uuid(Uuid::from_u128(n));
    let signal = Signal {
        id,
        kind: Some(kind),
        amount: Arrears::of(Cents(cents)),
        arrears_since: Some(since),
        crisis: None,
        supply_ends: None,
        contract: None,
        private_landlord: None,
        district: None,
        received_at: received(),
    };
    Command::RouteSignal { route: Uuid::from_u128(100 + n), case: case(), file_key: file(), signal, policy: policy() }
}
fn small(n: u128) -> Command {
    signal(n, Kind::Rent, 40_000, date(2026, 2, 1))
}
fn large(n: u128) -> Command {
    signal(n, Kind::Rent, 75_000, date(2026, 2, 1))
}
fn court() -> Command {
    Command::RouteCourt { route: Uuid::from_u128(200), case: case(), file_key: Some(file()), policy: policy() }
}
fn opened(step: u8) -> Command {
    Command::Open { route: Uuid::from_u128(300), case: case(), file_key: file(), step, policy: policy() }
}
fn asked(threatened: bool) -> Command {
    Command::RouteRequest { route: Uuid::from_u128(350), case: case(), file_key: file(), threatened, district: None, policy: policy() }
}
fn in_vain(tried: Track) -> Command {
    Command::Reroute { route: Uuid::from_u128(400), case: case(), tried, policy: policy() }
}
fn chosen(track: Track, team: Option<&str>, code: &str) -> Command {
    let (team, reason_code) = (team.map(str::to_owned), code.to_owned());
    Command::Override { route: Uuid::from_u128(500), case: case(), track, team, reason_code, policy: policy() }
}
fn end() -> Command {
    Command::End { case: case(), reason: "paid".to_owned() }
}

fn decide(state: &State, command: &Command) -> Result<Vec<Event>, Rejection> {
    Routing::decide(state, command, Moment::at(received()))
}

/// The state after commands that are all accepted.
fn given(commands: &[Command]) -> State {
    commands.iter().fold(State::default(), |state, command| {
        let events = decide(&state, command).unwrap();
        Routing::replay(state, &events)
    })
}

/// Track, rule and occasion of the one route that follows.
fn routed(given_: &[Command], when: &Command) -> (Track, String, Because) {
    let routed = the_route(given_, when);
    (routed.track, routed.rule, routed.because)
}
fn the_route(given_: &[Command], when: &Command) -> CaseRouted {
    match decide(&given(given_), when).unwrap().as_slice() {
        [Event::CaseRouted(routed)] => *routed.clone(),
        other => panic!("{other:?}"),
    }
}
fn refused(given_: &[Command], when: &Command) -> &'static str {
    decide(&given(given_), when).unwrap_err().code()
}

#[test]
fn the_policy_of_these_tests_is_right() {
    assert_eq!(policy().check(), []);
}

#[test]
fn the_first_rule_that_holds_decides() {
    for (command, track, rule) in [
        (small(1), Track::Early, "signal"),
        (large(1), Track::Crisis, "rent-750"),
        (signal(1, Kind::Energy, 90_000, date(2026, 2, 1)), Track::Early, "signal"),
        (signal(1, Kind::Rent, 100, date(2025, 12, 9)), Track::Intensive, "three-months"),
        (signal(1, Kind::Rent, 100, date(2025, 12, 10)), Track::Early, "signal"),
    ] {
        assert_eq!(routed(&[], &command), (track, rule.to_owned(), Because::Signal));
    }
}

#[test]
fn a_route_carries_rule_version_hash_facts_reason_and_the_attempts() {
    let routed = the_route(&[], &large(1));
    assert_eq!((routed.policy.as_str(), routed.policy_version.as_str(), routed.policy_hash), ("9001", "2026-1", [7; 32]));
    assert_eq!(routed.reason, text("Daarom crisis.".to_owned()));
    let facts: Vec<_> =
        routed.facts.iter().map(|fact| format!("{}={} ({}, {})", fact.name, fact.value, fact.source, fact.on.unwrap())).collect();
    assert_eq!(
        facts,
        [
            "because=signal (partner, 2026-03-09)",
            "kind=rent (partner, 2026-03-09)",
            "amount_cents=75000 (partner, 2026-03-09)",
            "months=1 (partner, 2026-02-01)"
        ]
    );
    assert_eq!((routed.priority, routed.first_attempt_by), (Some(Priority::Acute), Some(date(2026, 3, 11))));
    assert_eq!(routed.attempts, [PlannedAttempt { after_days: 2, ..policy().plans["plan"][0] }]);
    assert_eq!(routed.signal, Some(SignalRef { id: SignalId::from_uuid(Uuid::from_u128(1)), received_at: received() }));
    assert_eq!(routed.file_key, Some(file()));
}

#[test]
fn a_further_signal_joins_or_raises_and_never_lowers() {
    let joined = the_route(&[large(1)], &small(2));
    assert_eq!((joined.track, joined.team.as_str(), joined.rule.as_str()), (Track::Crisis, "team-crisis", "joins"));
    assert_eq!((joined.because, joined.reason.nl.as_str()), (Because::Signal, "Gaat mee."));
    assert_eq!(joined.signal.unwrap().id, SignalId::from_uuid(Uuid::from_u128(2)));
    assert_eq!(routed(&[small(1)], &large(2)), (Track::Crisis, "rent-750".to_owned(), Because::Signal));
    assert_eq!(refused(&[small(1)], &small(1)), "signal-routed-already");
}

#[test]
fn what_was_tried_in_vain_leads_up_to_the_team_lead() {
    let (early, intensive, crisis) = (in_vain(Track::Early), in_vain(Track::Intensive), in_vain(Track::Crisis));
    assert_eq!(routed(&[small(1)], &early).0, Track::Intensive);
    assert_eq!(routed(&[small(1), early.clone()], &intensive).0, Track::Crisis);
    let up = [small(1), early, intensive];
    assert_eq!(routed(&up, &crisis), (Track::TeamLead, "crisis-in-vain".to_owned(), Because::Exhausted));
    let top = [up.as_slice(), &[crisis]].concat();
    assert_eq!(refused(&top, &in_vain(Track::TeamLead)), "nothing-higher");
    assert_eq!(routed(&top, &small(2)).0, Track::TeamLead, "a further signal joins the team lead's route");
    assert_eq!(refused(&[large(1)], &in_vain(Track::Early)), "route-not-current");
    assert_eq!(refused(&[], &in_vain(Track::Early)), "no-route");
}

#[test]
fn an_announced_eviction_is_a_crisis_whatever_arrives_first() {
    assert_eq!(routed(&[small(1)], &court()), (Track::Crisis, "court".to_owned(), Because::Court));
    assert_eq!(refused(&[large(1)], &court()), "crisis-already");
    let first = the_route(&[], &court());
    assert_eq!((first.track, first.file_key), (Track::Crisis, Some(file())));
    assert_eq!(refused(&[court()], &opened(11)), "known-already");
    let joined = the_route(&[court()], &small(1));
    assert_eq!((joined.track, joined.rule.as_str()), (Track::Crisis, "joins"));
}

#[test]
fn a_case_without_a_report_is_routed_when_a_court_opened_it() {
    assert_eq!(routed(&[], &opened(6)), (Track::Intensive, "opened".to_owned(), Because::Opened));
    assert_eq!(routed(&[], &opened(8)), (Track::Crisis, "late".to_owned(), Because::Opened));
    assert_eq!(routed(&[opened(6)], &court()).0, Track::Crisis);
    assert_eq!(refused(&[small(1)], &opened(6)), "known-already");
}

#[test]
fn a_household_that_asks_itself_goes_to_a_team_and_a_threat_is_a_crisis() {
    assert_eq!(routed(&[], &asked(false)), (Track::Early, "asked".to_owned(), Because::Request));
    assert_eq!(routed(&[], &asked(true)), (Track::Crisis, "threat".to_owned(), Because::Threat));
    assert_eq!(refused(&[small(1)], &asked(false)), "known-already", "the team that has the case takes the request up");
    assert_eq!(routed(&[small(1)], &asked(true)), (Track::Crisis, "threat".to_owned(), Because::Threat));
    assert_eq!(refused(&[court()], &asked(true)), "crisis-already");
    let facts = the_route(&[], &asked(true)).facts;
    assert_eq!((facts[0].value.as_str(), facts[0].source.as_str()), ("threat", "household"));
}

#[test]
fn a_person_may_choose_any_track_for_a_reason_of_the_policy() {
    let routed = the_route(&[large(1)], &chosen(Track::Early, Some("loket"), "safety"));
    assert_eq!((routed.track, routed.team.as_str(), routed.because), (Track::Early, "loket", Because::Override));
    assert_eq!((routed.rule.as_str(), routed.reason.nl.as_str()), ("override", "Veiliger."));
    assert!(routed.facts.iter().any(|fact| (fact.name.as_str(), fact.value.as_str()) == ("from", "crisis")));
    assert_eq!(the_route(&[small(1)], &chosen(Track::Crisis, None, "safety")).team, "team-crisis");
    assert_eq!(refused(&[], &chosen(Track::Early, None, "safety")), "no-route");
    let error = decide(&given(&[small(1)]), &chosen(Track::Crisis, None, "haast")).unwrap_err();
    assert_eq!(error.to_string(), "reason code \"haast\" is not in the policy: one of safety expected");
}

#[test]
fn a_closed_case_has_no_route_until_a_signal_reaches_it_again() {
    assert_eq!(refused(&[], &end()), "no-route");
    assert_eq!(refused(&[small(1), end()], &end()), "no-route");
    assert_eq!(refused(&[small(1), end()], &in_vain(Track::Early)), "no-route");
    assert_eq!(routed(&[large(1), end()], &small(2)), (Track::Early, "signal".to_owned(), Because::Signal));
}

fn any_command() -> impl Strategy<Value = Command> {
    let track = prop::sample::select(Track::ALL.to_vec());
    prop_oneof![
        4 => (0..6_u128, 0..200_000_i64, 1..13_i8).prop_map(|(n, cents, month)| signal(n, Kind::Rent, cents, date(2025, month, 1))),
        1 => (0..6_u128, any::<bool>()).prop_map(|(n, crisis)| crisis::corrected(n, Some(crisis), None)),
        1 => Just(court()),
        1 => (3..12_u8).prop_map(opened),
        2 => track.clone().prop_map(in_vain),
        1 => track.prop_map(|track| chosen(track, None, "safety")),
        1 => Just(end()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whatever the order: each signal has exactly one route, and only a person's choice or the end of a case lowers it.
    #[test]
    fn every_signal_has_exactly_one_route_and_nothing_falls_by_itself(commands in prop::collection::vec(any_command(), 1..40)) {
        let (mut state, mut sent, mut got) = (State::default(), BTreeSet::new(), Vec::new());
        for command in &commands {
            if let Command::RouteSignal { signal, .. } = command {
                sent.insert(signal.id);
            }
            let before = state.current.clone();
            let Ok(events) = decide(&state, command) else { continue };
            state = Routing::replay(state, &events);
            for event in &events {
                if let Event::CaseRouted(routed) = event {
                    got.extend(routed.signal.map(|signal| signal.id));
                    if let (Some(before), true) = (before.as_ref(), routed.because != Because::Override) {
                        prop_assert!(routed.track >= before.track);
                    }
                }
            }
        }
        let once: BTreeSet<_> = got.iter().copied().collect();
        prop_assert_eq!(got.len(), once.len());
        prop_assert_eq!(once, sent);
    }
}
