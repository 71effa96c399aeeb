//! Requests by the rights of the AVG: their term, their verdict, and what goes on after it.

use super::*;

fn at(text: &str) -> Moment {
    Moment::at(text.parse().unwrap())
}
fn ask(n: u128, right: Right) -> Command {
    Command::RequestRight(NewRightRequest { request: Uuid::from_u128(n), case: case(1), person: None, right, officer: "fg-1".into() })
}
fn decide(n: u128, verdict: Verdict) -> Command {
    Command::DecideRight { request: Uuid::from_u128(n), verdict, officer: "fg-1".into() }
}
fn after(state: &AddressFile, command: &Command, moment: Moment) -> AddressFile {
    Intake::replay(state.clone(), &Intake::decide(state, command, moment).unwrap())
}

#[test]
fn a_request_has_a_month_and_two_more_once_when_the_person_is_told_in_time() {
    let state = given([signal(1, 1, 1, 1)]);
    let asked = at("2026-03-06T09:00:00Z");
    let events = Intake::decide(&state, &ask(9, Right::Access), asked).unwrap();
    let [Event::RightRequested(request)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((request.asked_on, request.due), (date(2026, 3, 6), date(2026, 4, 7)), "6 April is Easter Monday");
    let state = Intake::replay(state, &events);
    let extend = Command::ExtendRight { request: Uuid::from_u128(9) };
    assert_eq!(Intake::decide(&state, &extend, at("2026-04-08T09:00:00Z")), Err(Rejection::NotExtendable));
    let events = Intake::decide(&state, &extend, at("2026-04-07T09:00:00Z")).unwrap();
    let [Event::RightExtended(extended)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(extended.due, date(2026, 6, 8), "6 June is a Saturday");
    let state = Intake::replay(state, &events);
    assert_eq!(Intake::decide(&state, &extend, at("2026-04-07T09:00:00Z")), Err(Rejection::NotExtendable));
    let state = after(&state, &decide(9, Verdict::Refused(Refusal::Unidentified)), asked);
    assert_eq!(Intake::decide(&state, &decide(9, Verdict::Refused(Refusal::Unidentified)), asked), Ok(vec![]));
    assert_eq!(Intake::decide(&state, &decide(9, Verdict::Granted), asked), Err(Rejection::RequestDecided));
    assert_eq!(Intake::decide(&state, &extend, asked), Err(Rejection::RequestDecided));
    assert_eq!(Intake::decide(&state, &decide(8, Verdict::Granted), asked), Err(Rejection::RequestUnknown));
}

#[test]
fn a_restriction_holds_from_its_granting_until_it_is_lifted() {
    let (state, now) = (given([signal(1, 1, 1, 1)]), at("2026-03-06T09:00:00Z"));
    let state = after(&state, &ask(9, Right::Restriction), now);
    assert!(!state.is_restricted(case(1), None));
    assert_eq!(Intake::decide(&state, &decide(9, Verdict::Lifted), now), Err(Rejection::NotInForce));
    let state = after(&state, &decide(9, Verdict::Granted), now);
    assert!(state.is_restricted(case(1), None) && !state.is_restricted(case(2), None));
    let state = after(&state, &decide(9, Verdict::Lifted), now);
    assert!(!state.is_restricted(case(1), None));
    let state = after(&after(&state, &ask(7, Right::Access), now), &decide(7, Verdict::Granted), now);
    assert_eq!(Intake::decide(&state, &decide(7, Verdict::Lifted), now), Err(Rejection::RequestDecided), "what was shown was shown");
    let strange = NewRightRequest {
        request: Uuid::nil(),
        case: case(1),
        person: Some(PersonId::from_uuid(Uuid::from_u128(404))),
        right: Right::Access,
        officer: "fg-1".into(),
    };
    assert_eq!(Intake::decide(&state, &Command::RequestRight(strange), now), Err(Rejection::PersonUnknown));
}
