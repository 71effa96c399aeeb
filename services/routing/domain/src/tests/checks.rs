//! What the check finds, each with its place.

use super::*;

/// The faults of the right policy after a change.
fn faults(change: impl FnOnce(&mut Policy)) -> Vec<Fault> {
    let mut policy = right();
    change(&mut policy);
    policy.check()
}

fn one(change: impl FnOnce(&mut Policy)) -> (Spot, String) {
    let found = faults(change);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().map(|fault| (fault.spot, fault.text)).unwrap()
}

fn when(policy: &mut Policy, index: usize, when: &str) {
    policy.rules[index].when = Condition::compile(when).unwrap();
}

#[test]
fn a_gap_is_told_with_an_example() {
    let (place, text) = one(|p| when(p, 3, r#"fact.because == "signal" && fact.months != 1"#));
    assert_eq!(place, Spot::Top("rule"));
    assert!(text.contains("geen regel geeft antwoord op because = signal") && text.contains("months = 1"), "{text}");
    let found = faults(|p| drop(p.rules.remove(6)));
    assert!(found.iter().any(|fault| fault.text == "geen regel geeft antwoord op because = court"), "{found:#?}");
    let found = faults(|p| drop(p.rules.remove(11)));
    assert!(found.iter().any(|fault| fault.text.contains("because = exhausted, from = crisis")), "{found:#?}");
}

#[test]
fn a_rule_that_never_decides_is_found() {
    let found = faults(|p| p.rules.swap(4, 5));
    assert!(
        found.contains(&Fault {
            spot: Spot::Rule(5, "when"),
            text: "regel \"late\" beslist nooit: eerdere regels zijn altijd eerst".to_owned()
        }),
        "{found:#?}"
    );
    // Not only behind an open rule: also where earlier ones together leave nothing.
    let found = faults(|p| when(p, 1, r#"fact.because == "signal" && has(fact.months) && (fact.months < 3 || fact.months >= 3)"#));
    assert!(found.iter().any(|fault| fault.spot == Spot::Rule(3, "when") && fault.text.contains("\"signal\" beslist nooit")), "{found:#?}");
}

#[test]
fn unknown_read_as_no_is_found() {
    let (place, text) = one(|p| {
        p.rules.remove(2);
        p.cases.remove(2);
    });
    assert_eq!(place, Spot::Rule(1, "when"));
    assert!(
        text.contains("onbekend gelezen als nee") && text.contains("vraag has(fact.months)") && text.contains("months onbekend"),
        "{text}"
    );
    // The rule itself may say that it is about what is known.
    let found = faults(|p| {
        when(p, 1, r#"fact.because == "signal" && has(fact.months) && fact.months >= 3"#);
        p.rules.remove(2);
        p.cases.remove(2);
    });
    assert_eq!(found, []);
    // A rule about signals only that forgets to say so cannot be judged on any other occasion.
    let found = faults(|p| when(p, 1, "fact.months >= 3"));
    assert!(found.iter().any(|fault| fault.text.contains("bij because = court")), "{found:#?}");
}

#[test]
fn a_first_attempt_that_can_pass_a_term_is_found_with_a_day() {
    let (place, text) = one(|p| p.rules[3].first_attempt_by = FirstAttempt::NextMonth { day: 1, at_most_days: None });
    assert_eq!(place, Spot::Rule(3, "first_attempt_by"));
    // 28 days after 1 January 2025 is 29 January.
    assert!(text.contains("op 2025-01-01 is de eerste poging uiterlijk 2025-02-01, na 2025-01-29 (art. 3 lid 1 onder b Wgs"), "{text}");
    assert_eq!(faults(|p| p.rules[3].first_attempt_by = FirstAttempt::NextMonth { day: 1, at_most_days: Some(21) }), []);
    // Twenty working days are more than 28 days only around days off.
    let (_, text) = one(|p| p.rules[3].first_attempt_by = FirstAttempt::WorkingDays(20));
    assert!(text.contains("kan een wettelijke termijn voorbijgaan: op 20"), "{text}");
    assert_eq!(faults(|p| p.rules[6].first_attempt_by = FirstAttempt::WorkingDays(3)), []);
    let (place, text) = one(|p| p.rules[6].first_attempt_by = FirstAttempt::Days(4));
    assert_eq!(place, Spot::Rule(6, "first_attempt_by"));
    assert!(text.contains("art. 4 lid 2 Wgs"), "{text}");
}

#[test]
fn a_district_chooses_a_team_and_nothing_else() {
    let west = |p: &mut Policy, track| {
        p.rules.insert(
            3,
            Rule {
                team: "team-crisis".to_owned(),
                ..rule("west", r#"fact.because == "signal" && has(fact.district) && fact.district == "west""#, track)
            },
        );
        let facts = about("rent", 100, Some(1)).with(Name::District, Some(Value::Text("west".to_owned())), None);
        p.cases.push(in_case("west", facts));
    };
    assert_eq!(faults(|p| west(p, Track::Early)), []);
    let found = faults(|p| west(p, Track::Intensive));
    assert!(found.iter().any(|fault| fault.text.contains("de wijk kiest alleen het team")), "{found:#?}");
}

#[test]
fn a_policy_climbs_and_its_cases_come_out() {
    assert_eq!(one(|p| p.rules[11].track = Track::Crisis).0, Spot::Rule(11, "track"));
    for urgent in [6, 8] {
        assert_eq!(one(|p| p.rules[urgent].track = Track::Intensive).0, Spot::Rule(urgent, "track"));
    }
    assert_eq!(one(|p| p.rules[0].plan = "geen".to_owned()).0, Spot::Rule(0, "plan"));
    assert_eq!(one(|p| p.rules[0].team = "geen".to_owned()).0, Spot::Rule(0, "team"));
    assert_eq!(one(|p| p.rules[0].reason.en.clear()).0, Spot::Rule(0, "reason"));
    assert_eq!(one(|p| p.plans.get_mut("plan").unwrap().clear()).0, Spot::Plan("plan".to_owned()));
    let (place, text) = one(|p| p.cases[3].facts = about("rent", 75_000, Some(1)));
    assert_eq!((place, text.as_str()), (Spot::Case(3), "case \"signal\": \"rent-750\" beslist, \"signal\" verwacht"));
    let (place, text) = one(|p| drop(p.cases.remove(3)));
    assert_eq!((place, text.as_str()), (Spot::Rule(3, "name"), "geen case toont regel \"signal\": voeg er een toe"));
    let (place, text) = one(|p| p.cases[3].first_attempt = Some((date(2026, 3, 9), date(2026, 3, 10))));
    assert_eq!((place, text.as_str()), (Spot::Case(3), "case \"signal\": eerste poging uiterlijk 2026-03-11, 2026-03-10 verwacht"));
}

#[test]
fn the_list_of_next_month_is_bounded() {
    let listed = FirstAttempt::NextMonth { day: 3, at_most_days: Some(21) };
    assert_eq!(listed.by(date(2026, 3, 20)), date(2026, 4, 3));
    assert_eq!(listed.by(date(2026, 3, 2)), date(2026, 3, 23));
    let policy =
        Policy { rules: vec![Rule { first_attempt_by: listed, ..rule("r", r#"fact.because == "signal""#, Track::Early) }], ..right() };
    // Routed two days after the receipt: the days of the route are counted from today, the last day from the receipt.
    let (by, attempts) = policy.schedule(&policy.rules[0], date(2026, 3, 20), date(2026, 3, 22));
    assert_eq!((by, attempts[0].after_days), (date(2026, 4, 3), 12));
    let (by, attempts) = policy.schedule(&policy.rules[0], date(2026, 3, 2), date(2026, 4, 2));
    assert_eq!((by, attempts[0].after_days), (date(2026, 4, 2), 0), "what is past is due today");
}
