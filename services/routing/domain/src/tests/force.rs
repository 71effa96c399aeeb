//! Two people bring a version of a policy into force, from a day on.

use super::*;

fn version(version: &str, hash: u8, author: &str) -> Proposal {
    let policy = Policy { version: version.to_owned(), hash: [hash; 32], ..right() };
    Proposal { policy: Arc::new(policy), text: version.into(), author: author.to_owned() }
}
fn approve(version: &str, valid_from: Date, approver: &str) -> Command {
    Command::Approve { version: version.to_owned(), valid_from, approver: approver.to_owned() }
}
fn on(state: State, day: &str, command: &Command) -> Result<State, Rejection> {
    let events = Routing::decide(&state, command, Moment::at(format!("{day}T09:00:00Z").parse().unwrap()))?;
    Ok(Routing::replay(state, &events))
}

#[test]
fn a_version_comes_into_force_by_two_people_and_from_its_day_on() {
    let proposed = on(State::default(), "2026-03-09", &Command::Propose(version("2026-1", 1, "b-1"))).unwrap();
    assert_eq!(proposed.versions.in_force(date(2030, 1, 1)), None, "a proposal decides nothing");
    let refused = |command: &Command| on(proposed.clone(), "2026-03-09", command).unwrap_err();
    assert_eq!(refused(&approve("2026-1", date(2026, 3, 10), "b-1")), Rejection::SamePerson);
    assert_eq!(refused(&approve("2026-1", date(2026, 3, 8), "b-2")), Rejection::PastDate);
    assert_eq!(refused(&approve("2026-2", date(2026, 3, 10), "b-2")), Rejection::UnknownVersion);
    assert_eq!(refused(&Command::Propose(version("2026-1", 2, "b-1"))), Rejection::VersionTaken);
    assert_eq!(refused(&Command::Propose(version("2026-1", 1, "b-3"))), Rejection::Known);

    let first = on(proposed, "2026-03-09", &approve("2026-1", date(2026, 3, 9), "b-2")).unwrap();
    assert_eq!(on(first.clone(), "2026-03-09", &approve("2026-1", date(2026, 3, 9), "b-3")).unwrap_err(), Rejection::Known);
    let second = on(first, "2026-03-09", &Command::Propose(version("2026-2", 2, "b-2"))).unwrap();
    let second = on(second, "2026-03-09", &approve("2026-2", date(2026, 4, 1), "b-1")).unwrap();
    // Approved later, for a day before: it decides until the other begins.
    let third = on(second, "2026-03-10", &Command::Propose(version("2026-1b", 3, "b-1"))).unwrap();
    let third = on(third, "2026-03-10", &approve("2026-1b", date(2026, 3, 20), "b-2")).unwrap();
    let decides = |day| third.versions.in_force(day).map(|policy| policy.version.clone());
    assert_eq!(decides(date(2026, 3, 8)), None);
    assert_eq!(decides(date(2026, 3, 19)).as_deref(), Some("2026-1"));
    assert_eq!(decides(date(2026, 3, 31)).as_deref(), Some("2026-1b"));
    assert_eq!(decides(date(2026, 4, 1)).as_deref(), Some("2026-2"));
    // Back to a version of before.
    let back = on(third, "2026-04-02", &approve("2026-1", date(2026, 4, 2), "b-3")).unwrap();
    assert_eq!(back.versions.in_force(date(2026, 4, 3)).unwrap().version, "2026-1");
    let by = &back.versions.activations[0];
    assert_eq!((by.author.as_str(), by.approver.as_str(), by.hash), ("b-1", "b-2", [1; 32]));
}

#[test]
fn without_a_version_in_force_the_shipped_policy_decides_and_the_route_says_where_that_was_read() {
    let shipped = Policies::shipped(Policy { name: "default".to_owned(), ..right() });
    assert_eq!((shipped.on(date(2026, 3, 9)).name.as_str(), shipped.on(date(2026, 3, 9)).position), ("default", 0));
    let state = on(State::default(), "2026-03-09", &Command::Propose(version("2026-1", 1, "b-1"))).unwrap();
    let state = on(state, "2026-03-09", &approve("2026-1", date(2026, 3, 10), "b-2")).unwrap();
    let policies = shipped.with(state.versions, 12);
    assert_eq!((policies.on(date(2026, 3, 9)).name.as_str(), policies.on(date(2026, 3, 9)).position), ("default", 12));
    assert_eq!((policies.on(date(2026, 3, 10)).name.as_str(), policies.on(date(2026, 3, 10)).position), ("9001", 12));
    let events = Routing::decide(&State::default(), &large(1), Moment::at(received())).unwrap();
    assert!(matches!(&events[0], Event::CaseRouted(routed) if routed.policy_position == 7));
}
