//! Whose case a report is in: the household's, a new occupant's, or the person's own at an address of many.

use super::*;
use crate::person::MatchReason;
use kernel::matching::Period;

/// A report about somebody, under a reference, on a day of 2026.
pub fn about(who: u128, reference: u8, day: (i8, i8), n: u128) -> Command {
    changed(super::signal(reference, u8::try_from(day.0).unwrap(), u8::try_from(n).unwrap(), n), |signal| {
        signal.person.person = person(who);
        signal.signal_date = date(2026, day.0, day.1);
    })
}
pub fn person(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(n))
}
pub fn changed(command: Command, change: impl FnOnce(&mut NewSignal)) -> Command {
    let Command::AcceptSignal { file, mut signal } = command else { panic!() };
    change(&mut signal);
    Command::AcceptSignal { file, signal }
}
fn water(command: Command) -> Command {
    changed(command, |signal| {
        signal.kind = PartnerKind::Water;
        signal.organisation = "waterbedrijf".into();
    })
}
fn opened(state: &AddressFile, command: Command) -> Option<(Option<CaseId>, Option<Vacated>)> {
    when(state, command).unwrap().iter().find_map(|event| match event {
        Event::CaseOpened(opened) => Some((opened.previous, opened.vacated)),
        _ => None,
    })
}
fn lost(n: u128) -> Command {
    report(n, Aftercare, Lost(Outcome::EvictedNoPlace))
}

#[test]
fn who_lives_there_too_is_in_the_same_case() {
    let state = given([about(1, 1, (2, 1), 1)]);
    assert_eq!(opened(&state, water(about(2, 2, (2, 3), 2))), None, "a spouse or child is another person of the household");
    let doubtful = changed(about(2, 2, (2, 3), 2), |signal| signal.person.doubts = vec![person(1)]);
    assert_eq!(opened(&state, doubtful), None, "nor is somebody in doubt a new occupant");
}

#[test]
fn a_new_occupant_gets_a_case_that_shows_nothing_of_the_one_before() {
    let evicted = given([about(1, 1, (2, 1), 1), lost(1)]);
    let gone = given([about(1, 1, (2, 1), 1), Command::WithdrawSignal { reference: keyed(1), reason: WithdrawalReason::NotResident }]);
    let stays = given([about(1, 1, (2, 1), 1)]);
    let moved_in = changed(water(about(2, 2, (5, 3), 2)), |signal| signal.tenancy_since = Some(date(2026, 4, 1)));
    for (state, command, vacated) in [
        (&evicted, water(about(2, 2, (5, 3), 2)), Vacated::Left),
        (&gone, water(about(2, 2, (5, 3), 2)), Vacated::Left),
        (&stays, moved_in, Vacated::Tenancy),
        (&stays, about(2, 2, (5, 3), 2), Vacated::Reference),
    ] {
        assert_eq!(opened(state, command.clone()), Some((None, Some(vacated))), "{vacated:?}");
        let events = when(state, command).unwrap();
        let after = Intake::replay(state.clone(), &events);
        let new = after.signals.last().unwrap();
        assert_eq!((new.case, after.class(new, Period::Month).code()), (case(2), "consecutive"), "all the same");
        assert_eq!(opened(&after, water(about(2, 3, (5, 4), 3))), None, "who came to live there is found again");
        assert_eq!(when(&after, water(about(2, 3, (5, 4), 3))).unwrap()[0].case(), case(2));
        assert_eq!(after.signals.iter().filter(|signal| signal.case == case(1)).count(), 1, "the one before is left as it was");
    }
    let same = changed(about(1, 1, (5, 3), 2), |signal| signal.tenancy_since = Some(date(2026, 4, 1)));
    assert_eq!(opened(&stays, same), None, "a new contract of the same tenant");
}

#[test]
fn the_earlier_tenant_still_has_its_own_case() {
    let state = given([about(1, 1, (2, 1), 1), lost(1), water(about(2, 2, (5, 3), 2))]);
    assert_eq!(when(&state, water(about(1, 4, (5, 4), 3))).unwrap()[0].case(), case(1), "an old bill of who was evicted");
    assert_eq!(when(&state, about(2, 5, (5, 5), 4)).unwrap()[0].case(), case(2));
}

#[test]
fn after_a_closed_case_others_are_not_shown_what_was() {
    let state = given([about(1, 1, (2, 1), 1), paid(1)]);
    assert_eq!(opened(&state, water(about(1, 2, (5, 3), 2))), Some((Some(case(1)), None)), "a new episode of the same person");
    assert_eq!(opened(&state, water(about(2, 2, (5, 3), 2))), Some((None, None)), "somebody else, of whom nothing else is known");
}

#[test]
fn an_address_of_many_households_matches_by_person_only() {
    let shelter = |command| changed(command, |signal| signal.collective = true);
    let state = given([shelter(about(1, 1, (2, 1), 1)), shelter(water(about(2, 2, (2, 2), 2)))]);
    assert_eq!(state.cases.len(), 2);
    assert!(state.collective && state.cases.iter().all(Case::is_open));
    assert_eq!(when(&state, shelter(water(about(1, 3, (2, 3), 3)))).unwrap()[0].case(), case(1));
    let doubtful = shelter(changed(about(4, 4, (2, 3), 3), |signal| signal.person.doubts = vec![person(1)]));
    assert_eq!(opened(&state, doubtful), Some((None, None)), "who is in doubt is kept apart there");
    let class = |at: usize| state.class(&state.signals[at], Period::Month).code();
    assert_eq!((class(0), class(1)), ("single", "single"), "neighbours are not counted");
    assert_eq!(state.open_case(None), None, "the address alone leads to nobody");
    // Where the court came first it is the same.
    let next = Command::OpenFromCourt { file: file(), case: case(9), entry_step: 6, vault_id: None };
    assert_eq!(opened(&state, next), Some((None, None)));
}

#[test]
fn somebody_decides_who_is_in_doubt() {
    let doubtful = changed(water(about(2, 2, (2, 3), 2)), |signal| {
        signal.person.doubts = vec![person(1)];
        signal.person.reasons = vec![MatchReason::GivenMissing];
    });
    let judge = |same| Command::JudgePersons { one: person(2), other: person(1), same };
    let state = given([about(1, 1, (2, 1), 1), doubtful]);
    assert_eq!(state.persons.doubted().collect::<Vec<_>>(), [(person(1), person(2))]);
    assert!(state.persons.in_doubt(person(2), person(1)));

    let same = Intake::replay(state.clone(), &when(&state, judge(true)).unwrap());
    assert_eq!((same.persons.doubted().count(), same.persons.of(person(2))), (0, person(1)), "under the id that was known first");
    assert_eq!(when(&same, judge(true)), Ok(vec![]), "decided already");
    // A decision can be taken back: nothing was moved by it.
    let apart = Intake::replay(same.clone(), &when(&same, judge(false)).unwrap());
    assert_eq!((apart.persons.doubted().count(), apart.persons.of(person(2))), (0, person(2)));
    assert_eq!(apart.signals, state.signals);
    assert_eq!(when(&state, Command::JudgePersons { one: person(1), other: person(9), same: true }), Err(Rejection::PersonUnknown));
    assert_eq!(when(&state, Command::JudgePersons { one: person(1), other: person(1), same: true }), Err(Rejection::PersonUnknown));
}

#[test]
fn who_was_compared_with_fewer_names_is_compared_again() {
    let state = given([about(1, 1, (2, 1), 1)]);
    assert_eq!(Intake::decide(&state, &about(2, 2, (2, 1), 2), moment()), Err(Rejection::PersonsMoved));
    assert_eq!(Intake::decide(&state, &about(1, 1, (2, 1), 1), moment()), Ok(vec![]), "a repeat is one, whoever it is about");
}
