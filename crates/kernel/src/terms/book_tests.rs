use jiff::{ToSpan, civil::date};
use proptest::prelude::*;

use super::*;
use crate::{
    days::{Why, start_of_day},
    terms::{Roll, statutory},
};

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Offer after a report of Monday 9 March 2026: due Tuesday 7 April, out at midnight (22:00 UTC), warned a week before.
fn offer(n: u128) -> Term {
    let received = date(2026, 3, 9);
    statutory::offer(received).term(id(n), received, "team-noord", 7)
}

const RECEIVED: &str = "2026-03-09T09:00:00Z";
const WARN: &str = "2026-03-30T22:01:00Z";
const EXPIRE: &str = "2026-04-07T22:01:00Z";

/// What a replayer does: every event through `evolve`.
fn then(book: TermBook, events: &[TermEvent]) -> TermBook {
    events.iter().fold(book, TermBook::evolve)
}

fn with_offer() -> TermBook {
    let book = TermBook::default();
    let events = book.set(offer(1), at(RECEIVED));
    assert_eq!(events, [TermEvent::Set(offer(1))]);
    then(book, &events)
}

fn status(book: &TermBook) -> TermStatus {
    book.get(id(1)).unwrap().status
}

#[test]
fn a_term_known_already_is_not_set_again() {
    let book = with_offer();
    let other = Term { due: date(2030, 1, 1), ..offer(1) };
    assert_eq!(book.set(other.clone(), at(RECEIVED)), []);
    assert_eq!(book.clone().evolve(&TermEvent::Set(other)), book, "the first one stands");
}

#[test]
fn warned_then_expired_each_once_a_minute_after_the_moment() {
    let book = with_offer();
    assert_eq!(book.next_due(), Some(at(WARN)));
    assert_eq!(book.due(at(WARN) - 1.nanosecond()), []);
    let warned = book.due(at(WARN));
    assert_eq!(warned, [TermEvent::Warned { id: id(1), at: at(WARN) }]);

    let book = then(book, &warned);
    assert_eq!(book.next_due(), Some(at(EXPIRE)));
    assert_eq!(book.due(at(EXPIRE) - 1.nanosecond()), [], "no second warning, and a minute of grace");
    let expired = book.due(at(EXPIRE));
    assert_eq!(expired, [TermEvent::Expired { id: id(1), at: at(EXPIRE) }]);

    let book = then(book, &expired);
    assert_eq!((book.next_due(), book.due(at("2027-01-01T00:00:00Z"))), (None, vec![]));
    assert!(book.get(id(1)).unwrap().is_breach());
    assert_eq!((book.running().count(), book.open().count()), (0, 1));
}

#[test]
fn a_house_that_slept_warns_before_it_expires() {
    let now = at("2026-05-01T00:00:00Z");
    let events = with_offer().due(now);
    assert_eq!(events, [TermEvent::Warned { id: id(1), at: now }, TermEvent::Expired { id: id(1), at: now }]);
}

#[test]
fn several_terms_fire_in_the_order_of_their_moments() {
    let early = Term { due: date(2026, 3, 20), ..offer(2) };
    let book = with_offer();
    let events = book.set(early, at(RECEIVED));
    let book = then(book, &events);
    let order: Vec<_> = book.due(at("2026-05-01T00:00:00Z")).iter().map(TermEvent::id).collect();
    assert_eq!(order, [id(2), id(2), id(1), id(1)]);
    assert_eq!(book.of_kind(TermKind::Offer).count(), 2);
    assert_eq!(book.of_kind(TermKind::Appeal).count(), 0);
}

#[test]
fn met_on_the_last_second_is_in_time_and_at_midnight_is_late() {
    let book = with_offer();
    let last = at("2026-04-07T21:59:59.999999999Z");
    assert_eq!(book.meet(id(1), last, last), [TermEvent::Met { id: id(1), happened_at: last, late: false }]);

    let midnight = at("2026-04-07T22:00:00Z");
    let late = TermEvent::Met { id: id(1), happened_at: midnight, late: true };
    let (warned, expired) = (TermEvent::Warned { id: id(1), at: midnight }, TermEvent::Expired { id: id(1), at: midnight });
    assert_eq!(book.meet(id(1), midnight, midnight), [warned.clone(), expired.clone(), late.clone()]);
    assert_eq!(book.evolve(&warned).meet(id(1), midnight, midnight), [expired, late]);
}

#[test]
fn done_in_time_but_recorded_after_the_expiry_is_no_breach() {
    let book = with_offer();
    let expired = book.due(at(EXPIRE));
    let book = then(book, &expired);
    let (sent, keyed_in) = (at("2026-04-07T15:00:00Z"), at("2026-04-09T09:00:00Z"));
    let events = book.meet(id(1), sent, keyed_in);
    assert_eq!(events, [TermEvent::FoundMet { id: id(1), happened_at: sent }]);
    let book = then(book, &events);
    let state = book.get(id(1)).unwrap();
    assert!(!state.is_breach() && state.expired_at.is_some() && !state.is_open());
    assert_eq!(book.meet(id(1), sent, keyed_in), [], "repeated");
}

#[test]
fn done_late_after_the_expiry_stays_a_breach() {
    let book = with_offer();
    let expired = book.due(at(EXPIRE));
    let book = then(book, &expired);
    let done = at("2026-04-08T09:00:00Z");
    let events = book.meet(id(1), done, done);
    assert_eq!(events, [TermEvent::Met { id: id(1), happened_at: done, late: true }]);
    assert!(then(book, &events).get(id(1)).unwrap().is_breach());
}

#[test]
fn a_term_that_had_run_out_before_it_was_known_is_told_apart() {
    let now = at("2026-06-01T00:00:00Z");
    let book = TermBook::default();
    let events = book.set(offer(1), now);
    assert_eq!(events, [TermEvent::Set(offer(1)), TermEvent::LateWhenKnown { id: id(1), at: now }]);
    let book = then(book, &events);
    assert_eq!((book.due(now), book.next_due()), (vec![], None), "no warning or expiry on top");
    assert!(!book.get(id(1)).unwrap().is_breach());
    assert_eq!(book.meet(id(1), now, now), [TermEvent::Met { id: id(1), happened_at: now, late: true }]);
    let in_time = at("2026-03-20T00:00:00Z");
    assert_eq!(book.meet(id(1), in_time, now), [TermEvent::FoundMet { id: id(1), happened_at: in_time }]);
}

#[test]
fn known_exactly_at_the_due_moment_is_late_when_known() {
    let moment = at("2026-04-07T22:00:00Z");
    assert_eq!(TermBook::default().set(offer(1), moment).len(), 2);
    assert_eq!(TermBook::default().set(offer(1), moment - 1.nanosecond()).len(), 1);
}

#[test]
fn a_fact_from_the_future_counts_as_now() {
    let now = at("2026-04-01T00:00:00Z");
    let met = TermEvent::Met { id: id(1), happened_at: now, late: false };
    assert_eq!(with_offer().meet(id(1), at("2026-12-01T00:00:00Z"), now), [met]);
}

#[test]
fn ending_stops_the_clock_once_and_keeps_an_expiry_on_record() {
    let book = with_offer();
    let ended = book.end(id(1), EndReason::Paid);
    assert_eq!(ended, [TermEvent::Ended { id: id(1), reason: EndReason::Paid }]);
    assert_eq!(book.end_all(EndReason::Paid), ended);
    let after = then(book.clone(), &ended);
    let later = at("2026-12-01T00:00:00Z");
    assert_eq!((after.due(later), after.meet(id(1), later, later), after.end(id(1), EndReason::Closed)), (vec![], vec![], vec![]));
    assert_eq!(after.end_all(EndReason::Closed), []);

    let book = then(book.clone(), &book.due(later));
    let book = then(book.clone(), &book.end(id(1), EndReason::Withdrawn));
    assert_eq!(status(&book), TermStatus::Ended { reason: EndReason::Withdrawn });
    assert!(book.get(id(1)).unwrap().is_breach());
}

#[test]
fn unknown_terms_change_nothing() {
    let (book, now) = (with_offer(), at(RECEIVED));
    assert_eq!((book.meet(id(9), now, now), book.end(id(9), EndReason::Paid)), (vec![], vec![]));
    assert_eq!(book.clone().evolve(&TermEvent::Expired { id: id(9), at: now }), book);
}

#[test]
fn kinds_and_reasons_read_back() {
    for kind in TermKind::ALL {
        assert_eq!(TermKind::from_code(kind.code()), Some(*kind));
        assert!(!kind.dutch().is_empty() && !kind.article().is_empty());
    }
    for reason in EndReason::ALL {
        assert_eq!(EndReason::from_code(reason.code()), Some(*reason));
    }
    assert_eq!((TermKind::from_code("Offer"), EndReason::from_code("")), (None, None));
}

#[derive(Clone, Debug)]
enum Step {
    Set { n: u128, due_in: i32, warn_days: u16 },
    Tick,
    Meet { n: u128, hours_ago: i64 },
    End { n: u128 },
    Wait { hours: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..4_u128, -10..40_i32, 0..12_u16).prop_map(|(n, due_in, warn_days)| Step::Set { n, due_in, warn_days }),
        Just(Step::Tick),
        (0..4_u128, -5..400_i64).prop_map(|(n, hours_ago)| Step::Meet { n, hours_ago }),
        (0..4_u128).prop_map(|n| Step::End { n }),
        (0..200_i64).prop_map(|hours| Step::Wait { hours }),
    ];
    prop::collection::vec(step, 1..40)
}

/// Plays steps from just before the clocks go forward; gives the book, all events with the moment each was recorded, and the end.
fn play(steps: &[Step]) -> (TermBook, Vec<(Timestamp, TermEvent)>, Timestamp) {
    let day = date(2026, 3, 20);
    let (mut now, mut book, mut log) = (start_of_day(day), TermBook::default(), Vec::new());
    for step in steps {
        let events = match *step {
            Step::Set { n, due_in, warn_days } => {
                let due = day.saturating_add(i64::from(due_in).days());
                let rolled = vec![Roll { day: due, why: Why::Sunday }];
                book.set(Term { due, warn_days, rolled, ..offer(n) }, now)
            }
            Step::Tick => book.due(now),
            Step::Meet { n, hours_ago } => book.meet(id(n), now - hours_ago.hours(), now),
            Step::End { n } => book.end(id(n), EndReason::Closed),
            Step::Wait { hours } => {
                now += hours.hours();
                Vec::new()
            }
        };
        book = then(book, &events);
        log.extend(events.into_iter().map(|event| (now, event)));
    }
    (book, log, now)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// Whatever the order: one Set, at most one of each event, a warning before each expiry, an expiry before each
    /// breach that was met late, one end at most and nothing after it, and never an expiry before its moment.
    #[test]
    fn every_history_of_a_term_is_well_formed(steps in steps()) {
        let (book, log, _) = play(&steps);
        for state in book.all() {
            let due_moment = state.term.due_moment();
            let history: Vec<_> = log.iter().filter(|(_, event)| event.id() == state.term.id).collect();
            let codes: String = history.iter().map(|(_, event)| match event {
                TermEvent::Set(_) => 'S',
                TermEvent::Warned { .. } => 'W',
                TermEvent::Expired { .. } => 'X',
                TermEvent::LateWhenKnown { .. } => 'L',
                TermEvent::Met { late: false, .. } => 'm',
                TermEvent::Met { late: true, .. } => 'M',
                TermEvent::FoundMet { .. } => 'F',
                TermEvent::Ended { .. } => 'E',
            }).collect();
            let lawful = [
                "S", "SW", "SWX", "Sm", "SWm", "SWXM", "SWXF", "SE", "SWE", "SWXE", "SL", "SLM", "SLF", "SLE",
            ];
            prop_assert!(lawful.contains(&codes.as_str()), "{codes}");
            for (recorded, event) in history {
                match event {
                    TermEvent::Expired { .. } | TermEvent::LateWhenKnown { .. } => prop_assert!(*recorded >= due_moment),
                    TermEvent::Met { happened_at, late, .. } => prop_assert_eq!(*late, *happened_at >= due_moment),
                    TermEvent::FoundMet { happened_at, .. } => prop_assert!(*happened_at < due_moment && *recorded >= due_moment),
                    _ => {}
                }
            }
            prop_assert_eq!(state.is_breach(), codes.contains('X') && !codes.contains('F'));
        }
    }

    /// No term is lost: once set it stays in the book, and a late enough tick leaves none running.
    #[test]
    fn no_order_of_steps_loses_a_term(steps in steps()) {
        let (book, log, now) = play(&steps);
        let set = log.iter().filter(|(_, event)| matches!(event, TermEvent::Set(_))).count();
        prop_assert_eq!(book.all().count(), set);
        let later = now + 10_000.hours();
        let book = then(book.clone(), &book.due(later));
        prop_assert_eq!(book.running().count(), 0);
        prop_assert_eq!(book.next_due(), None);
    }

    /// `next_due` is exactly the first instant at which a tick has something to say.
    #[test]
    fn next_due_is_the_first_moment_that_fires(steps in steps()) {
        let (book, _, _) = play(&steps);
        if let Some(next) = book.next_due() {
            prop_assert!(!book.due(next).is_empty());
            prop_assert!(book.due(next - 1.nanosecond()).is_empty());
        } else {
            prop_assert!(book.due(Timestamp::MAX).is_empty());
        }
    }

    /// A tick repeated at the same moment, as by another replica that lost the race, finds nothing.
    #[test]
    fn a_repeated_tick_is_empty(steps in steps()) {
        let (book, _, now) = play(&steps);
        let book = then(book.clone(), &book.due(now));
        prop_assert!(book.due(now).is_empty());
    }

    /// Whether the fact or the tick comes first decides the words, never whether it is a breach.
    #[test]
    fn meet_and_tick_commute_in_what_counts(hours in 0..1_200_i64, ago in 0..1_200_i64) {
        let book = with_offer();
        let now = at(RECEIVED) + hours.hours() + 1.minute();
        let happened_at = now - ago.hours();
        let fact_first = then(book.clone(), &book.meet(id(1), happened_at, now));
        let fact_first = then(fact_first.clone(), &fact_first.due(now));
        let tick_first = then(book.clone(), &book.due(now));
        let tick_first = then(tick_first.clone(), &tick_first.meet(id(1), happened_at, now));
        let counts = |book: &TermBook| book.all().map(|state| (state.is_breach(), state.is_open())).collect::<Vec<_>>();
        prop_assert_eq!(counts(&fact_first), counts(&tick_first));
        prop_assert_eq!(counts(&fact_first), vec![(happened_at >= offer(1).due_moment(), false)]);
    }
}
