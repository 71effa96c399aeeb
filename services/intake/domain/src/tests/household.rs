//! What a household itself brings in.

use super::*;

pub(super) fn asks(n: u128, threat: Option<Threat>) -> Command {
    Command::RequestHelp(NewRequest {
        request: Uuid::from_u128(0xa5c0 + n),
        file: file(),
        new_case: case(n),
        vault_id: Uuid::from_u128(n),
        threat,
        eviction_on: None,
    })
}
fn own_matter(state: &AddressFile, n: u128) -> bool {
    state.case(case(n)).unwrap().own_matter.is_some()
}

#[test]
fn a_request_opens_a_case_at_step_four_or_goes_with_the_open_one() {
    let events = when(&given([]), asks(1, Some(Threat::Eviction))).unwrap();
    assert_eq!(names(&events), ["opened", "asked"]);
    let Event::CaseOpened(opened) = &events[0] else { panic!() };
    assert_eq!((opened.entry_step, opened.origin), (4, Origin::Resident));
    let Event::HelpRequested(asked) = &events[1] else { panic!() };
    assert_eq!((asked.case, asked.asked_at, asked.threat), (case(1), moment().happened_at, Some(Threat::Eviction)));

    let events = when(&given([signal(1, 1, 1, 1)]), asks(2, None)).unwrap();
    assert_eq!(names(&events), ["asked"]);
    assert_eq!(events[0].case(), case(1));
    // A report that comes in later belongs to the case of who asked.
    assert_eq!(when(&given([asks(1, None)]), signal(1, 1, 1, 2)).unwrap()[0].case(), case(1));
}

#[test]
fn what_creditors_do_does_not_end_help_that_a_household_asked_for() {
    let withdrawn = Command::WithdrawSignal { reference: keyed(1), reason: WithdrawalReason::Error };
    for theirs in [paid(1), withdrawn] {
        let state = given([signal(1, 1, 1, 1), asks(2, None), theirs.clone()]);
        assert_eq!(ended(&state, 1), None, "{theirs:?}");
        assert!(own_matter(&state, 1));
        let resolved = when(&state, report(1, Help, Finished(Outcome::HelpFinancial))).unwrap();
        assert_eq!(names(&resolved), ["region", "closed"], "{theirs:?}");
        assert!(!own_matter(&Intake::replay(state, &resolved), 1));
    }
}

#[test]
fn nobody_reached_is_no_answer_to_who_asked() {
    let state = given([asks(1, None)]);
    assert_eq!(when(&state, report(1, Help, Finished(Outcome::NoContact))), Err(Rejection::OwnMatter));
    let refused = when(&state, report(1, Help, Finished(Outcome::NoHelpWanted))).unwrap();
    assert_eq!(names(&refused), ["region", "closed"]);
}

#[test]
fn help_that_ended_before_a_request_is_no_answer_to_it() {
    let state = given([signal(1, 1, 1, 1), asks(2, None)]);
    let before = Moment { happened_at: moment().happened_at - jiff::SignedDuration::from_hours(1), now: moment().now };
    let late = Intake::decide(&state, &report(1, Help, Finished(Outcome::HelpOther)), before);
    assert_eq!(late, Err(Rejection::ReportedSince));
}
