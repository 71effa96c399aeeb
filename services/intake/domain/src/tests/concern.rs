//! Concerns: what keeps the content, what lets it go, and that none becomes a case by itself.

use jiff::SignedDuration;

use super::*;

fn told() -> Timestamp {
    "2026-03-02T09:15:00Z".parse().unwrap()
}
fn days(n: i64) -> Moment {
    Moment::at(told() + SignedDuration::from_hours(24 * n))
}
fn step(state: &AddressFile, step: ConcernStep, moment: Moment) -> Result<AddressFile, Rejection> {
    Intake::decide(state, &Command::Concern(step), moment).map(|events| Intake::replay(state.clone(), &events))
}
fn recorded() -> AddressFile {
    let record = ConcernStep::Record { concern: Uuid::from_u128(220), teller: Teller::Neighbour, vault_id: Uuid::from_u128(221) };
    step(&AddressFile::default(), record, days(0)).unwrap()
}
fn danger() -> ConcernStep {
    ConcernStep::FindDanger { officer: "medewerker-7".into() }
}
fn safe() -> ConcernStep {
    ConcernStep::EndDanger { because: ConcernEnd::Resolved, officer: "medewerker-7".into() }
}
fn share() -> ConcernStep {
    ConcernStep::Share { with: SharedWith::Household, ground: ShareGround::Consent }
}
fn close() -> ConcernStep {
    ConcernStep::Close { because: ConcernEnd::NoGround }
}
fn link(n: u128) -> ConcernStep {
    ConcernStep::Link { case: case(n) }
}
fn goes_at(state: &AddressFile) -> Option<Timestamp> {
    state.concern.unwrap().goes_at()
}

#[test]
fn a_concern_is_no_case_and_its_content_is_due_to_go_after_thirty_days() {
    let state = recorded();
    assert!(state.cases.is_empty() && state.signals.is_empty() && state.file.is_none());
    assert_eq!(goes_at(&state), Some("2026-04-01T22:00:00Z".parse().unwrap()), "to the end of 1 April, Dutch time");
    step(&state, danger(), days(30)).unwrap();
    for late in [danger(), share(), link(1), close()] {
        assert_eq!(step(&state, late, days(31)), Err(Rejection::ConcernGone), "what is due is not brought back");
    }
    let gone = Intake::replay(state.clone(), &Intake::decide(&state, &Command::ForgetContent, days(31)).unwrap());
    assert_eq!((goes_at(&gone), Intake::decide(&gone, &Command::ForgetContent, days(31))), (None, Ok(vec![])));
    let again = ConcernStep::Record { concern: Uuid::from_u128(9), teller: Teller::Other, vault_id: Uuid::from_u128(8) };
    assert_eq!(step(&state, again, days(1)), Err(Rejection::ConcernUnknown));
    assert_eq!(step(&given([signal(1, 1, 1, 1)]), danger(), days(1)), Err(Rejection::ConcernUnknown));
}

#[test]
fn danger_keeps_it_until_somebody_ends_that_with_a_reason() {
    let state = step(&recorded(), danger(), days(1)).unwrap();
    assert_eq!(goes_at(&state), None);
    assert_eq!(step(&state, danger(), days(90)), Ok(state.clone()));
    assert_eq!(step(&state, close(), days(90)), Err(Rejection::InDanger));
    let ended = step(&state, safe(), days(90)).unwrap();
    assert_eq!(goes_at(&ended), goes_at(&recorded()), "the days have run on");
    assert_eq!(step(&recorded(), safe(), days(1)), Err(Rejection::NoDanger));
    let shared = step(&step(&state, share(), days(90)).unwrap(), safe(), days(91)).unwrap();
    assert_eq!(goes_at(&shared), Some("2026-11-30T23:00:00Z".parse().unwrap()), "half a year from the day of sharing");
}

#[test]
fn what_is_closed_goes_at_once_and_what_is_linked_goes_with_its_case() {
    let closed = step(&recorded(), close(), days(2)).unwrap();
    assert_eq!(goes_at(&closed), Some(days(2).now));
    let linked = step(&recorded(), link(1), days(2)).unwrap();
    assert_eq!((goes_at(&linked), step(&linked, link(1), days(3))), (None, Ok(linked.clone())));
    for late in [link(2), share(), danger(), close()] {
        assert_eq!(step(&linked, late, days(3)), Err(Rejection::ConcernLinked));
    }
    let in_danger = step(&step(&recorded(), danger(), days(1)).unwrap(), link(1), days(2)).unwrap();
    assert_eq!(goes_at(&step(&in_danger, safe(), days(40)).unwrap()), None, "the case keeps it");
}
