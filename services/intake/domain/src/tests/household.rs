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
        district: None,
        by: None,
    })
}
fn own_matter(state: &AddressFile, n: u128) -> bool {
    state.case(case(n)).unwrap().matter().is_some()
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

fn died(n: u128, left_behind: LeftBehind) -> Command {
    let died_on = left_behind.may_claim().then(|| date(2026, 1, 20));
    Command::RecordDeath { case: case(n), died_on, left_behind }
}

#[test]
fn who_is_left_behind_is_considered_still() {
    let reported = given([signal(1, 1, 1, 1)]);
    let withdrawn = Command::WithdrawSignal { reference: keyed(1), reason: WithdrawalReason::Deceased };
    // A partner's word that the tenant died ends its report, and nobody's help.
    assert_eq!(names(&when(&reported, withdrawn.clone()).unwrap()), ["withdrawn", "died"]);
    let told = given([signal(1, 1, 1, 1), withdrawn]);
    assert_eq!((ended(&told, 1), told.case(case(1)).unwrap().death), (None, Some((None, LeftBehind::Unknown))));
    for claims in [LeftBehind::Housemate, LeftBehind::Carer] {
        let events = when(&reported, died(1, claims)).unwrap();
        assert_eq!(names(&events), ["died", "withdrawn"]);
        let state = Intake::replay(reported.clone(), &events);
        assert!(own_matter(&state, 1) && ended(&state, 1).is_none());
        assert_eq!(when(&state, died(1, claims)), Ok(vec![]), "the same word again");
        assert_eq!(names(&when(&state, report(1, Help, Finished(Outcome::HelpOther))).unwrap()), ["region", "closed"]);
    }
    let without_day = Command::RecordDeath { case: case(1), died_on: None, left_behind: LeftBehind::Carer };
    assert_eq!(when(&reported, without_day), Err(Rejection::DayMissing));
}

#[test]
fn a_co_tenant_goes_on_and_nobody_left_ends_the_case() {
    let reported = given([signal(1, 1, 1, 1)]);
    let goes_on = when(&reported, died(1, LeftBehind::CoTenant)).unwrap();
    assert_eq!(names(&goes_on), ["died"]);
    assert_eq!(names(&when(&reported, died(1, LeftBehind::Nobody)).unwrap()), ["died", "withdrawn", "region", "closed"]);
    // Nobody, it was thought; then a housemate turns up.
    let thought = given([signal(1, 1, 1, 1), died(1, LeftBehind::Nobody)]);
    assert_eq!(ended(&thought, 1), Some((Outcome::Deceased, false)));
    assert_eq!(names(&when(&thought, died(1, LeftBehind::Housemate)).unwrap()), ["opened", "died"]);
}
