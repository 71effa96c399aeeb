//! Repeats, corrections, repeated reports of the same arrears, and reports that are returned.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

/// A report with another content, amount and moment of arrival.
fn sent(month: u8, content: u8, cents: i64, days: i64, n: u128) -> Command {
    let Command::AcceptSignal { file, mut signal } = super::signal(1, month, content, n) else { panic!() };
    signal.amount = Arrears::of(Cents(cents));
    signal.received_at = moment().now + SignedDuration::from_hours(24 * days);
    signal.vault_id = Uuid::from_u128(0x7a17 + u128::from(content));
    Command::AcceptSignal { file, signal }
}
const fn euros(euros: i64) -> Arrears {
    Arrears::of(Cents(euros * 100))
}
fn premature(n: u128) -> Command {
    let Command::AcceptSignal { file, mut signal } = super::signal(1, 1, 1, n) else { panic!() };
    signal.duties.each[2].shown = Shown::NotMet;
    Command::AcceptSignal { file, signal }
}
fn receipt(n: u128) -> Uuid {
    Uuid::from_u128(0xbe11_0000 + n)
}

#[test]
fn the_same_content_again_is_a_repeat_whenever_it_comes() {
    let state = given([sent(1, 1, 100, 0, 1), sent(1, 2, 200, 1, 2)]);
    for content in [1, 2] {
        assert_eq!(when(&state, sent(1, content, 100, 30, 3)), Ok(vec![]));
    }
    let id = |content| state.signals[0].given_for(keyed(content)).map(|(given, by)| (given.receipt_id, by));
    assert_eq!((id(1), id(2), id(3)), (Some((receipt(1), Some(receipt(2)))), Some((receipt(2), None)), None));
}

#[test]
fn another_content_within_seven_days_corrects_the_same_signal() {
    let state = given([sent(1, 1, 100, 0, 1)]);
    let events = when(&state, sent(1, 2, 2_000, 7, 2)).unwrap();
    let [Event::SignalCorrected(corrected)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((corrected.signal, corrected.case), (state.signals[0].id, case(1)));
    assert_eq!((corrected.receipt_id, corrected.replaced_receipt_id), (receipt(2), receipt(1)));
    assert_eq!((corrected.amount, corrected.first_received_at), (euros(20), moment().now), "the clock runs from the first receipt");
    let after = Intake::replay(state, &events);
    assert_eq!((after.signals.len(), after.signals[0].amount, after.signals[0].first_received_at), (1, euros(20), moment().now));
    // The days are counted from the first receipt: corrections do not stretch them.
    assert_eq!(names(&when(&after, sent(1, 3, 200, 8, 3)).unwrap()), ["signal"]);
}

#[test]
fn later_it_is_a_new_signal_judged_by_the_repeated_report_rule() {
    let state = given([sent(1, 1, 1_234, 0, 1)]);
    let repeats = |command| match when(&state, command).unwrap().as_slice() {
        [Event::SignalAccepted(accepted)] => accepted.repeats,
        other => panic!("{other:?}"),
    };
    let first = state.signals[0].id;
    for (cents, higher) in [(999, false), (1, false), (2_000, true)] {
        assert_eq!(repeats(sent(1, 2, cents, 8, 2)), Some(Repeats { signal: first, higher }), "in the same month");
        assert_eq!(repeats(sent(2, 2, cents, 31, 2)), Some(Repeats { signal: first, higher }), "in the next month");
    }
    let Command::AcceptSignal { file, mut signal } = sent(2, 2, 100, 31, 2) else { panic!() };
    signal.kind = PartnerKind::Water;
    assert_eq!(repeats(Command::AcceptSignal { file, signal }), None, "another kind of debt");
    assert_eq!(repeats(super::signal(2, 1, 2, 2)), None, "another reference");
}

#[test]
fn within_one_class_the_exact_amounts_decide_and_what_is_not_known_counts_as_higher() {
    let state = given([sent(1, 1, 1_234, 0, 1)]);
    let ours = state.signals[0].given.vault_id;
    let higher = |compared| {
        let Command::AcceptSignal { file, mut signal } = sent(2, 2, 1_239, 31, 2) else { panic!() };
        signal.compared = compared;
        let events = when(&state, Command::AcceptSignal { file, signal }).unwrap();
        let [Event::SignalAccepted(accepted)] = events.as_slice() else { panic!("{events:?}") };
        accepted.repeats.unwrap().higher
    };
    let against = |with, higher| Some(Compared { with, higher });
    assert_eq!([against(ours, true), against(ours, false)].map(higher), [true, false]);
    assert!(higher(None), "nothing is wrongly skipped");
    assert!(higher(against(Uuid::from_u128(1), false)), "the report was corrected in between");
}

#[test]
fn arrears_with_another_origin_or_that_were_paid_are_not_the_same() {
    let since = |day: i8, month, content, days, n| {
        let Command::AcceptSignal { file, mut signal } = sent(month, content, 100, days, n) else { panic!() };
        signal.arrears_since = Some(date(2026, 1, day));
        Command::AcceptSignal { file, signal }
    };
    let repeats = |state: &AddressFile, command| match when(state, command).unwrap().last() {
        Some(Event::SignalAccepted(accepted)) => accepted.repeats.is_some(),
        other => panic!("{other:?}"),
    };
    let state = given([since(1, 1, 1, 0, 1)]);
    assert!(repeats(&state, since(1, 2, 2, 31, 2)) && repeats(&state, sent(2, 2, 100, 31, 2)));
    assert!(!repeats(&state, since(2, 2, 2, 31, 2)));
    assert!(!repeats(&given([since(1, 1, 1, 0, 1), paid(1)]), since(1, 2, 2, 31, 2)));
    let unheard = given([since(1, 1, 1, 0, 1), report(1, Help, Finished(Outcome::NoContact))]);
    assert!(repeats(&unheard, since(1, 2, 2, 31, 2)), "nobody was reached, and the arrears are the same");
}

#[test]
fn what_is_over_is_reported_anew_not_corrected() {
    let state = given([sent(1, 1, 100, 0, 1), paid(1)]);
    assert_eq!(names(&when(&state, sent(1, 2, 200, 1, 2)).unwrap()), ["opened", "signal"], "it has a clock of its own");
}

#[test]
fn a_report_with_a_duty_not_met_is_returned_unless_a_threat_is_known() {
    assert_eq!(when(&given([]), premature(1)), Err(Rejection::Premature));
    assert_eq!(names(&when(&given([court(7, 6)]), premature(1)).unwrap()), ["signal"]);
    let Command::AcceptSignal { signal, .. } = premature(1) else { panic!() };
    let forget_at = moment().now + SignedDuration::from_hours(30 * 24);
    let back = Command::ReturnSignal { signal, forget_at };
    let state = given([back.clone()]);
    assert_eq!((state.cases.len(), state.signals.len(), state.returned.map(|one| one.forget_at)), (0, 0, Some(forget_at)));
    assert_eq!(when(&state, back), Err(Rejection::Premature), "one file, one returned report");
    assert_eq!(names(&when(&state, Command::ForgetContent).unwrap()), ["forgotten"]);
    let state = Intake::replay(state.clone(), &when(&state, Command::ForgetContent).unwrap());
    assert_eq!((state.returned, when(&state, Command::ForgetContent)), (None, Ok(vec![])));
}

#[test]
fn who_already_accepted_is_not_undone_by_a_correction_that_says_not_met() {
    let Command::AcceptSignal { file, mut signal } = premature(2) else { panic!() };
    signal.content = keyed(9);
    let events = when(&given([sent(1, 1, 100, 0, 1)]), Command::AcceptSignal { file, signal }).unwrap();
    assert_eq!(names(&events), ["corrected"], "recorded as declared; the first clock never stops");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Deliveries of two months of one reference, each a content on a day, in any order and any number of times.
    #[test]
    fn no_order_of_delivery_repetition_or_correction_yields_a_signal_in_no_case_or_in_two(
        deliveries in prop::collection::vec((0..2_u8, 0..4_u8, 0..40_i64, any::<bool>()), 1..40)
    ) {
        let mut state = AddressFile::default();
        let mut first: Option<Uuid> = None;
        for (at, (month, content, days, ends)) in deliveries.into_iter().enumerate() {
            let command = sent(month, content, 100 + i64::from(content), days, at as u128 + 1);
            let Command::AcceptSignal { signal, .. } = &command else { panic!() };
            let (identity, content) = (signal.identity, signal.content);
            let before = state.repeated(identity, content);
            let events = when(&state, command.clone()).unwrap();
            prop_assert_eq!(before.is_some(), events.is_empty(), "a content is new once");
            state = Intake::replay(state, &events);
            let holders: Vec<_> = state.known(identity).filter(|one| one.given_for(content).is_some()).collect();
            prop_assert_eq!(holders.len(), 1, "an acknowledged content is in one signal");
            prop_assert!(state.case(holders[0].case).is_some());
            prop_assert_eq!(when(&state, command), Ok(vec![]), "again at once: a repeat");
            if let (Some((given, _)), Some((now, _))) = (before, state.repeated(identity, content)) {
                prop_assert_eq!(given, now, "with the same receipt");
            }
            first = first.or(state.signals.first().map(|one| one.replaced.first().map_or(one.given.receipt_id, |given| given.receipt_id)));
            if ends && let Some(open) = state.open_case(None).map(|case| case.id) {
                let over = Command::ReportRegion { case: open, region: Help, report: Finished(Outcome::NoContact) };
                let events = Intake::decide(&state, &over, Moment::at(moment().now + SignedDuration::from_hours(24 * 50))).unwrap();
                state = Intake::replay(state, &events);
            }
        }
        let mut ids: Vec<_> = state.signals.iter().map(|one| one.id).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), state.signals.len(), "a signal is in one case");
        let kept = state.signals.first().map(|one| one.replaced.first().map_or(one.given.receipt_id, |given| given.receipt_id));
        prop_assert_eq!(kept, first, "the first receipt is never lost");
        let mut receipts: Vec<_> = state.signals.iter().flat_map(|one| one.replaced.iter().chain([&one.given])).map(|given| given.receipt_id).collect();
        let all = receipts.len();
        receipts.sort();
        receipts.dedup();
        prop_assert_eq!(receipts.len(), all);
    }
}
