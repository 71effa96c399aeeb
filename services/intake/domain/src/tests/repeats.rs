//! Repeats that a municipality does not take up.

use jiff::SignedDuration;

use super::{
    occupancy::{about, changed},
    *,
};

/// A report of the same arrears, `days` after the first one, where repeats are skipped for three months.
fn again(number: u128, days: i64, change: impl FnOnce(&mut NewSignal)) -> Command {
    changed(about(1, 1, (3, 1), number), |signal| {
        signal.received_at = moment().now + SignedDuration::from_hours(24 * days);
        // Each a little lower than the one before: two of one class are compared where the vault is at hand.
        signal.amount = Arrears::of(Cents(84_000 - 1_000 * i64::try_from(number).unwrap()));
        signal.skip_months = Some(3);
        change(signal);
    })
}
fn first() -> AddressFile {
    given([about(1, 1, (2, 1), 1)])
}
fn skipped(events: &[Event]) -> bool {
    assert!(matches!(events, [Event::SignalAccepted(_)] | [Event::CaseOpened(_), Event::SignalAccepted(_)]), "{events:?}");
    events.iter().any(|event| matches!(event, Event::SignalAccepted(e) if e.skipped))
}

#[test]
fn a_repeat_that_is_not_higher_is_not_taken_up_where_the_municipality_says_so() {
    let state = first();
    assert!(skipped(&when(&state, again(2, 30, |_| {})).unwrap()));
    let same = |higher| {
        move |new: &mut NewSignal| {
            new.amount = Arrears::of(Cents(84_000));
            new.compared = Some(Compared { with: Uuid::from_u128(1), higher });
        }
    };
    assert!(skipped(&when(&state, again(2, 30, same(false))).unwrap()));
    assert!(!skipped(&when(&state, again(2, 30, same(true))).unwrap()), "a euro more is more");
    let taken_up = |change: fn(&mut NewSignal)| !skipped(&when(&state, again(2, 30, change)).unwrap());
    assert!(taken_up(|new| new.skip_months = None), "it must be said so");
    assert!(taken_up(|new| new.amount = Arrears::of(Cents(99_000))), "more than before must be taken up");
    assert!(taken_up(|new| new.particulars = Particulars { crisis: Some(true), ..Particulars::default() }));
    assert!(taken_up(|new| {
        let supply = Some(FinalSupply::ending(date(2026, 9, 30)));
        new.particulars = Particulars { supply, ..Particulars::default() };
    }));
    assert!(taken_up(|new| new.reference = Keyed([99; 32])), "other arrears");
}

#[test]
fn what_was_skipped_changes_nothing_and_is_counted_from_what_was_taken_up() {
    let state = first();
    let events = when(&state, again(2, 80, |_| {})).unwrap();
    let after = Intake::replay(state.clone(), &events);
    assert_eq!((&after.cases, after.signals.len()), (&state.cases, 2));
    assert!(after.correctable(after.signals[1].identity, moment().now + SignedDuration::from_hours(24 * 81)).is_none(), "judged anew");
    assert!(!skipped(&when(&after, again(3, 100, |_| {})).unwrap()), "three months after the first: taken up again");
    assert!(!skipped(&when(&after, again(3, 85, |new| new.amount = Arrears::of(Cents(99_000)))).unwrap()));
}

#[test]
fn a_closed_case_stays_closed_by_a_skipped_repeat_and_a_threat_is_never_skipped() {
    let closed = given([about(1, 1, (2, 1), 1), report(1, Help, Finished(Outcome::NoContact))]);
    assert!(!closed.cases[0].is_open());
    let events = when(&closed, again(2, 40, |_| {})).unwrap();
    assert!(skipped(&events) && events.len() == 1);
    let after = Intake::replay(closed, &events);
    assert!(!after.cases[0].is_open() && after.cases.len() == 1);
    let threatened = Intake::replay(first(), &when(&first(), court(7, 6)).unwrap());
    assert!(!skipped(&when(&threatened, again(2, 30, |_| {})).unwrap()));
}
