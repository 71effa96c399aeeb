//! Given what happened, when somebody asks, then this follows.

use jiff::{Timestamp, civil::date};
use kernel::{Arrears, CaseId, Cents, Decider, Key, Moment, PersonId, SignalId};
use uuid::Uuid;

use crate::{person::Matched, *};

mod bailiff;
mod concern;
mod corrections;
mod merge;
mod occupancy;
mod repeats;
mod rights;
mod wishes;

fn file() -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(0xf11e))
}
fn case(n: u128) -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(0xca5e_0000 + n))
}
fn keyed(n: u8) -> Keyed {
    Keyed([n; 32])
}
fn moment() -> Moment {
    Moment::at(Timestamp::from_second(1_770_000_000).unwrap())
}
fn met() -> Duties {
    Duties { each: [Duty { shown: Shown::Met, on: None }; 4], answer: TenantAnswer::Silence }
}
/// Partner reference `reference`, in month `month`, with content `content`; opens case `n` when none is open.
fn signal(reference: u8, month: u8, content: u8, n: u128) -> Command {
    Command::AcceptSignal {
        file: file(),
        signal: Box::new(NewSignal {
            signal: SignalId::from_uuid(Uuid::from_u128(0x5161_0000 + n)),
            new_case: case(n),
            receipt_id: Uuid::from_u128(0xbe11_0000 + n),
            kind: PartnerKind::Rent,
            organisation: "woonwaard".into(),
            amount: Arrears::of(Cents(84_000)),
            arrears_since: None,
            signal_date: date(2026, 2, 1),
            received_at: moment().now,
            vault_id: Uuid::from_u128(n),
            identity: Keyed([reference.wrapping_mul(16).wrapping_add(month); 32]),
            content: keyed(content),
            reference: keyed(reference),
            duties: met(),
            particulars: Particulars::default(),
            person: Matched { person: PersonId::from_uuid(Uuid::from_u128(1)), new_name: false, doubts: vec![], reasons: vec![] },
            compared: None,
            names_seen: 0,
            tenancy_since: None,
            collective: false,
            skip_months: None,
            district: None,
        }),
    }
}
fn stage(reference: u8, step: u8, n: u128) -> Command {
    Command::RecordLandlordStage {
        file: file(),
        new_case: case(n),
        reference: keyed(reference),
        step,
        amount: Arrears::of(Cents(40_000)),
        receipt_id: Uuid::from_u128(n),
        received_at: moment().now,
    }
}
fn paid(n: u128) -> Command {
    Command::RecordPayment { case: case(n), kind: PaymentKind::Paid, reference: None }
}
fn report(n: u128, region: RegionName, report: Report) -> Command {
    Command::ReportRegion { case: case(n), region, report }
}
fn court(n: u128, entry_step: u8) -> Command {
    Command::OpenFromCourt { file: file(), case: case(n), entry_step, vault_id: None }
}
mod hand_over;
mod household;

use RegionName::{Aftercare, Help, Legal};
use Report::{Finished, FinishedTooLate, Lost, Running};

/// A report that was compared with every name there is.
fn seen(state: &AddressFile, command: Command) -> Command {
    match command {
        Command::AcceptSignal { file, signal } => {
            Command::AcceptSignal { file, signal: Box::new(NewSignal { names_seen: state.persons.names(), ..*signal }) }
        }
        other => other,
    }
}

/// The state after commands that must all be honoured.
fn given(commands: impl IntoIterator<Item = Command>) -> AddressFile {
    commands.into_iter().fold(AddressFile::default(), |state, command| {
        let events = Intake::decide(&state, &seen(&state, command), moment()).unwrap();
        Intake::replay(state, &events)
    })
}
fn when(state: &AddressFile, command: Command) -> Result<Vec<Event>, Rejection> {
    Intake::decide(state, &seen(state, command), moment())
}
fn names(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match event {
            Event::CaseOpened(_) => "opened",
            Event::LandlordStageRecorded(_) => "stage",
            Event::SignalAccepted(_) => "signal",
            Event::SignalCorrected(_) => "corrected",
            Event::SignalSupplemented(_) => "supplemented",
            Event::SignalReturned(_) => "returned",
            Event::ReturnForgotten(_) => "forgotten",
            Event::HelpRequested(_) => "asked",
            Event::EvictionNoticed(_) => "noticed",
            Event::TenantDied(_) => "died",
            Event::HandOverOffered(_) => "offered",
            Event::HandOverAnswered(_) => "answered",
            Event::CaseTakenOver(_) => "taken over",
            Event::SignalWithdrawn(_) => "withdrawn",
            Event::PaymentRecorded(_) => "payment",
            Event::RegionReported(_) => "region",
            Event::CaseClosed(_) => "closed",
            Event::PersonsJudged(_) => "judged",
            Event::CasesMerged(_) => "merged",
            Event::CasesUnmerged(_) => "unmerged",
            Event::LetterRectified(_) => "rectified",
            Event::RightRequested(_) => "asked by right",
            Event::RightExtended(_) => "extended",
            Event::RightDecided(_) => "decided",
            Event::ConcernChanged(_) => "concerned",
            Event::ConsentRecorded(_) => "consent",
            Event::ContactRestricted(_) => "restricted",
            Event::RestrictionEnded(_) => "ended",
            Event::RefusalRecorded(_) => "refused",
        })
        .collect()
}
fn ended(state: &AddressFile, n: u128) -> Option<(Outcome, bool)> {
    state.case(case(n)).unwrap().ended
}

#[test]
fn a_first_signal_opens_a_case_at_step_three() {
    let events = when(&given([]), signal(1, 1, 1, 1)).unwrap();
    assert_eq!(names(&events), ["opened", "signal"]);
    let Event::CaseOpened(opened) = &events[0] else { panic!() };
    assert_eq!((opened.case, opened.entry_step, opened.origin, opened.previous), (case(1), 3, Origin::Signal, None));
    assert_eq!(opened.file, file());
}

#[test]
fn another_partner_attaches_to_the_open_case() {
    let events = when(&given([signal(1, 1, 1, 1)]), signal(2, 1, 2, 2)).unwrap();
    assert_eq!(names(&events), ["signal"]);
    assert_eq!(events[0].case(), case(1));
}

#[test]
fn a_report_that_was_taken_back_can_be_made_again() {
    let state = given([signal(1, 1, 1, 1), Command::WithdrawSignal { reference: keyed(1), reason: WithdrawalReason::Error }]);
    assert_eq!(ended(&state, 1), Some((Outcome::Error, false)));
    assert_eq!(names(&when(&state, signal(1, 1, 1, 2)).unwrap()), ["opened", "signal"]);
}

#[test]
fn a_signal_that_reaches_a_closed_case_opens_a_linked_one() {
    let state = given([signal(1, 1, 1, 1), paid(1)]);
    assert_eq!(ended(&state, 1), Some((Outcome::Paid, false)));
    let events = when(&state, signal(1, 2, 2, 2)).unwrap();
    let Event::CaseOpened(opened) = &events[0] else { panic!() };
    assert_eq!((opened.case, opened.previous), (case(2), Some(case(1))));
}

#[test]
fn a_landlord_case_paid_at_step_one_or_two_is_sieved_out() {
    let state = given([stage(1, 1, 1), stage(1, 2, 2)]);
    assert_eq!((state.cases.len(), state.cases[0].entry_step), (1, 1));
    assert_eq!(names(&when(&state, paid(1)).unwrap()), ["payment", "closed"]);
    assert_eq!(when(&state, stage(1, 2, 3)), Ok(vec![]), "the same stage again is a repeat");
    assert_eq!(when(&state, stage(1, 3, 3)), Err(Rejection::StepUnknown));
}

#[test]
fn a_signal_attaches_to_the_landlords_own_case() {
    let events = when(&given([stage(1, 2, 1)]), signal(1, 1, 1, 2)).unwrap();
    assert_eq!((names(&events), events[0].case()), (vec!["signal"], case(1)));
}

#[test]
fn a_payment_does_not_end_a_case_while_the_legal_track_runs() {
    let state = given([signal(1, 1, 1, 1), report(1, Legal, Running)]);
    assert_eq!(names(&when(&state, paid(1)).unwrap()), ["payment"]);
    let state = given([signal(1, 1, 1, 1), report(1, Legal, Running), paid(1), report(1, Legal, Finished(Outcome::Withdrawn))]);
    assert_eq!(ended(&state, 1), Some((Outcome::Withdrawn, false)));
}

#[test]
fn a_partner_that_is_paid_does_not_end_what_another_reported() {
    let own = Command::RecordPayment { case: case(1), kind: PaymentKind::Paid, reference: Some(keyed(1)) };
    let state = given([signal(1, 1, 1, 1), signal(2, 1, 2, 2)]);
    let events = when(&state, own.clone()).unwrap();
    assert_eq!(names(&events), ["payment", "withdrawn"]);
    let state = given([signal(1, 1, 1, 1), signal(2, 1, 2, 2), own]);
    assert!(state.case(case(1)).unwrap().is_open());
    let last = Command::RecordPayment { case: case(1), kind: PaymentKind::Paid, reference: Some(keyed(2)) };
    assert_eq!(names(&when(&state, last).unwrap()), ["payment", "closed"]);
}

#[test]
fn closing_is_gated_and_names_what_runs() {
    let state = given([signal(1, 1, 1, 1), report(1, Legal, Running)]);
    let close = |outcome| Command::CloseCase { case: case(1), outcome };
    assert_eq!(when(&state, close(None)), Err(Rejection::RegionRunning(Legal)));
    assert_eq!(when(&given([signal(1, 1, 1, 1)]), close(None)), Err(Rejection::RegionRunning(Help)));
    let stage_only = given([stage(1, 1, 1)]);
    assert_eq!(when(&stage_only, close(None)), Err(Rejection::OutcomeMissing));
    assert_eq!(when(&stage_only, close(Some(Outcome::HelpFinancial))), Err(Rejection::OutcomeNotOurs));
    assert_eq!(names(&when(&stage_only, close(Some(Outcome::Referred))).unwrap()), ["closed"]);
    assert_eq!(when(&given([signal(1, 1, 1, 1), paid(1)]), close(None)), Err(Rejection::CaseClosed));
    assert_eq!(when(&given([]), close(None)), Err(Rejection::CaseUnknown));
}

#[test]
fn a_case_closes_by_itself_when_its_last_region_is_over() {
    let state = given([signal(1, 1, 1, 1), report(1, Help, Running)]);
    let events = when(&state, report(1, Help, Finished(Outcome::HelpFinancial))).unwrap();
    assert_eq!(names(&events), ["region", "closed"]);
    let Event::CaseClosed(closed) = &events[1] else { panic!() };
    assert_eq!((closed.outcome, closed.failed), (Outcome::HelpFinancial, false));
}

#[test]
fn what_ended_before_a_report_came_in_is_no_answer_to_it() {
    let (before, after) = (moment().now - jiff::SignedDuration::from_secs(1), moment().now + jiff::SignedDuration::from_secs(1));
    let state = given([signal(1, 1, 1, 1), signal(2, 1, 2, 2)]);
    let ends = |at| Intake::decide(&state, &report(1, Help, Finished(Outcome::SelfSolved)), Moment { happened_at: at, now: after });
    assert_eq!(ends(before), Err(Rejection::ReportedSince));
    for at in [moment().now, after] {
        assert_eq!(names(&ends(at).unwrap()), ["region", "closed"]);
    }
}

#[test]
fn one_region_over_does_not_close_another() {
    let state = given([signal(1, 1, 1, 1), report(1, Legal, Running), report(1, Help, Finished(Outcome::NoContact))]);
    assert_eq!(ended(&state, 1), None);
    let state = given([signal(1, 1, 1, 1), report(1, Legal, Running), report(1, Legal, Finished(Outcome::Settled))]);
    assert_eq!(ended(&state, 1), None, "the report has a clock at outreach");
}

#[test]
fn a_closed_case_goes_on_under_its_own_id_when_the_court_acts() {
    let before = [signal(1, 1, 1, 1), report(1, Help, Finished(Outcome::NoContact))];
    let state = given(before.clone());
    assert_eq!(ended(&state, 1), Some((Outcome::NoContact, false)));
    let events = when(&state, report(1, Legal, Running)).unwrap();
    assert_eq!(names(&events), ["opened", "region"]);
    let Event::CaseOpened(again) = &events[0] else { panic!() };
    assert_eq!((again.case, again.entry_step, again.again), (case(1), 3, true));
    let state = given(before.into_iter().chain([report(1, Legal, Running), report(1, Legal, Finished(Outcome::PaymentOnly))]));
    assert_eq!((state.cases.len(), ended(&state, 1)), (1, Some((Outcome::PaymentOnly, false))));
}

#[test]
fn a_case_that_was_paid_and_goes_on_does_not_wait_for_help_of_old() {
    let state = given([
        signal(1, 1, 1, 1),
        report(1, Help, Running),
        paid(1),
        report(1, Legal, Running),
        report(1, Legal, Finished(Outcome::Withdrawn)),
    ]);
    assert_eq!(ended(&state, 1), Some((Outcome::Withdrawn, false)));
}

#[test]
fn a_court_case_out_of_the_blue_enters_at_its_own_step() {
    let events = when(&given([]), court(7, 11)).unwrap();
    assert_eq!(names(&events), ["opened", "region"]);
    let Event::CaseOpened(opened) = &events[0] else { panic!() };
    assert_eq!((opened.entry_step, opened.origin), (11, Origin::Court));
    assert_eq!(when(&given([]), court(7, 4)), Err(Rejection::StepUnknown));
    assert_eq!(when(&given([court(7, 11)]), court(7, 11)), Ok(vec![]), "told twice");
    let attached = when(&given([court(7, 5)]), signal(1, 1, 1, 1)).unwrap();
    assert_eq!(attached[0].case(), case(7));
}

#[test]
fn an_eviction_waits_for_aftercare_and_is_a_failure_without_a_place() {
    let evicted = [court(1, 8), report(1, Legal, Finished(Outcome::EvictedNoPlace))];
    let state = given(evicted.clone());
    assert_eq!(state.cases[0].running(), Some(Aftercare), "no case of an evicted household closes before aftercare speaks");
    for end in [Finished(Outcome::Rehoused), FinishedTooLate] {
        let state =
            given(evicted.clone().into_iter().chain([report(1, Aftercare, Lost(Outcome::EvictedNoPlace)), report(1, Aftercare, end)]));
        assert_eq!(ended(&state, 1), Some((Outcome::EvictedNoPlace, true)));
    }
    let in_time = given([
        court(1, 11),
        report(1, Aftercare, Running),
        report(1, Aftercare, Finished(Outcome::Rehoused)),
        report(1, Aftercare, Lost(Outcome::EvictedNoPlace)),
        report(1, Legal, Finished(Outcome::EvictedNoPlace)),
    ]);
    assert_eq!(ended(&in_time, 1), Some((Outcome::Rehoused, false)));
}

#[test]
fn leaving_under_pressure_or_without_trace_is_never_sieved_out() {
    for how in [Outcome::LeftUnderPressure, Outcome::LeftUnknown] {
        let state = given([court(1, 6), report(1, Legal, Finished(how)), report(1, Aftercare, Finished(Outcome::Rehoused))]);
        assert_eq!(ended(&state, 1), Some((how, true)));
    }
    let unknown = given([court(1, 11), report(1, Aftercare, Lost(Outcome::LeftUnknown))]);
    assert_eq!(ended(&unknown, 1), None, "the duty stays open");
}

#[test]
fn a_home_lost_after_the_case_was_closed_counts_as_a_failure() {
    let state = given([
        court(1, 9),
        report(1, Legal, Finished(Outcome::Agreement)),
        report(1, Aftercare, Lost(Outcome::LeftUnderPressure)),
        report(1, Aftercare, Finished(Outcome::Rehoused)),
    ]);
    assert_eq!(ended(&state, 1), Some((Outcome::LeftUnderPressure, true)));
}

#[test]
fn help_that_was_accepted_outlives_the_report() {
    let withdraw = |reason| Command::WithdrawSignal { reference: keyed(1), reason };
    let accepted = given([signal(1, 1, 1, 1), report(1, Help, Running)]);
    assert_eq!(names(&when(&accepted, withdraw(WithdrawalReason::Error)).unwrap()), ["withdrawn"]);
    let two = given([signal(1, 1, 1, 1), signal(2, 1, 1, 2)]);
    assert_eq!(names(&when(&two, withdraw(WithdrawalReason::NotResident)).unwrap()), ["withdrawn"]);
    assert_eq!(when(&given([]), withdraw(WithdrawalReason::Error)), Err(Rejection::SignalUnknown));
}

#[test]
fn reports_on_unknown_or_closed_cases_are_business_answers() {
    assert_eq!(when(&given([]), report(1, Help, Running)), Err(Rejection::CaseUnknown));
    let closed = given([signal(1, 1, 1, 1), paid(1)]);
    assert_eq!(when(&closed, report(1, Help, Finished(Outcome::NoContact))), Err(Rejection::CaseClosed));
}

#[test]
fn every_code_reads_back() {
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::from_code(outcome.code()), Some(*outcome));
    }
    assert_eq!(Outcome::from_code("won"), None);
    assert_eq!(format!("{:?}", keyed(7)), "07070707..");
}
