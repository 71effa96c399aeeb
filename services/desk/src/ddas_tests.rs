//! Told story by story: what a case is complete without, and what it is not.

use kernel::days::start_of_day;
use proto::{common::v1 as common, outreach::v1 as outreach};

use super::*;

fn on(day: i8) -> Timestamp {
    start_of_day(jiff::civil::date(2026, 3, day))
}
fn day(iso: &str) -> Option<common::Date> {
    Some(common::Date { iso: iso.to_owned() })
}
/// A report that leaves nothing to ask.
fn told(id: u8) -> intake::SignalAccepted {
    intake::SignalAccepted {
        signal_id: vec![id; 16],
        vault_id: vec![id + 100; 16],
        kind: PartnerKind::Energy.into(),
        amount_cents: 42_950,
        arrears_since: day("2026-01-01"),
        signal_date: day("2026-03-01"),
        received_at_ms: on(2).as_millisecond(),
        crisis: Some(false),
        warm_handover: Some(false),
        ..Default::default()
    }
}
fn read(events: &[(i8, Event)]) -> Reading {
    let mut draft = Draft::default();
    for (day, event) in events {
        draft.event(event, on(*day));
    }
    draft.read().unwrap()
}
fn fields(reading: &Reading) -> Vec<&'static str> {
    reading.gaps.iter().map(|gap| gap.field).collect()
}
fn attempt(channel: &str, daypart: &str) -> Event {
    Event::AttemptRecorded(outreach::AttemptRecorded { channel: channel.into(), daypart: daypart.into(), ..Default::default() })
}
fn closed(outcome: &str) -> Event {
    Event::CaseClosed(intake::CaseClosed { outcome: outcome.into(), ..Default::default() })
}
fn withdrawn(id: u8, reason: &str) -> Event {
    Event::SignalWithdrawn(intake::SignalWithdrawn { signal_id: vec![id; 16], reason: reason.into(), ..Default::default() })
}

#[test]
fn from_the_first_signal_on_it_is_complete_or_says_what_is_missing() {
    let first = read(&[(2, Event::SignalAccepted(told(1)))]);
    assert_eq!((state(Some(&first)), first.signals[0].status), ("complete", Some(SignalStatus::NotYet)));
    assert_eq!(first.period, (jiff::civil::date(2026, 3, 1), jiff::civil::date(2026, 3, 31)));
    let silent = intake::SignalAccepted { arrears_since: None, crisis: None, warm_handover: None, ..told(1) };
    let silent = read(&[(2, Event::SignalAccepted(silent))]);
    assert_eq!(fields(&silent), ["ontstaansdatum", "crisissignaal", "warmeOverdracht"]);
    assert!(silent.gaps.iter().all(|gap| gap.signal == Some(silent.signals[0].id)));
    assert_eq!(state(None), "none", "a case without a signal is not in the exchange model");
    assert_eq!(Draft::default().read(), None);
}

#[test]
fn a_correction_fills_what_was_missing() {
    let silent = intake::SignalAccepted { crisis: None, ..told(1) };
    let corrected = intake::SignalCorrected {
        signal_id: vec![1; 16],
        vault_id: vec![201; 16],
        kind: PartnerKind::Energy.into(),
        amount_cents: 50_000,
        arrears_since: day("2026-01-01"),
        signal_date: day("2026-03-01"),
        crisis: Some(true),
        warm_handover: Some(false),
        ..Default::default()
    };
    let read = read(&[(2, Event::SignalAccepted(silent)), (4, Event::SignalCorrected(corrected))]);
    assert!(read.gaps.is_empty());
    let signal = &read.signals[0];
    assert_eq!((signal.crisis, signal.amount, signal.client), (Some(true), Arrears::of(Cents(50_000)), Uuid::from_bytes([201; 16])));
    assert_eq!(signal.received_at, on(2), "it belongs to the delivery of its first receipt");
}

#[test]
fn a_visit_has_a_part_of_the_day_and_a_letter_has_none() {
    let signal = (2, Event::SignalAccepted(told(1)));
    let read = read(&[signal, (9, attempt("brief", "")), (5, attempt("huisbezoek", "")), (6, attempt("telefoon", "avond"))]);
    assert_eq!(fields(&read), ["contactpogingen.dagdeel"]);
    assert!(read.gaps[0].text.contains("05-03-2026 (Huisbezoek)"), "{:?}", read.gaps);
    assert_eq!(read.taken_up_on, Some(jiff::civil::date(2026, 3, 5)));
    assert_eq!(
        read.attempts.iter().map(|attempt| attempt.channel).collect::<Vec<_>>(),
        [Some(Channel::Visit), Some(Channel::Phone), Some(Channel::Letter)]
    );
    assert_eq!(read.signals[0].status, None, "the list has no word for one that was taken up");
}

#[test]
fn what_it_came_to_is_what_somebody_said() {
    let signal = || (2, Event::SignalAccepted(told(1)));
    let resolved = |day, result: &str| (day, Event::HelpResolved(outreach::HelpResolved { result: result.into(), ..Default::default() }));
    let refused = |day| (day, Event::HelpRefused(outreach::HelpRefused::default()));
    assert_eq!(read(&[signal(), refused(5)]).result, Some(EndResult::NoHelpWanted));
    assert_eq!(read(&[signal(), refused(5), resolved(9, "help-financial")]).result, Some(EndResult::HelpFinancial));
    assert_eq!(read(&[signal(), resolved(9, "help-other"), (20, closed("stays"))]).result, Some(EndResult::HelpOther));
    let paid = read(&[signal(), (20, closed("paid"))]);
    assert_eq!((paid.result, paid.gaps.len()), (Some(EndResult::SelfSolved), 0));
    let lost = read(&[signal(), (20, closed("evicted-no-place"))]);
    assert_eq!((lost.result, fields(&lost)), (None, vec!["resultaat"]), "how a home was lost says nothing of the contact");
}

#[test]
fn a_withdrawal_tells_why_it_was_not_taken_up() {
    let (one, two) = ((2, Event::SignalAccepted(told(1))), (3, Event::SignalAccepted(told(2))));
    let both = read(&[one.clone(), two.clone(), (4, withdrawn(1, "error"))]);
    assert_eq!(
        both.signals.iter().map(|signal| signal.status).collect::<Vec<_>>(),
        [Some(SignalStatus::Unfounded), Some(SignalStatus::NotYet)]
    );
    assert_eq!(both.result, None, "another signal stands");
    let gone = read(&[one.clone(), (4, withdrawn(1, "not-resident"))]);
    assert_eq!((gone.result, gone.gaps.len()), (Some(EndResult::NotResident), 0));
    let paid = read(&[one, two, (4, attempt("kaartje", "ochtend")), (5, withdrawn(2, "paid"))]);
    assert_eq!(paid.signals[1].status, None);
}

#[test]
fn what_staff_asked_fills_what_was_not_told_and_never_what_was() {
    let silent = intake::SignalAccepted { crisis: None, warm_handover: None, arrears_since: None, ..told(1) };
    let said =
        intake::SignalSupplemented { signal_id: vec![1; 16], arrears_since: day("2026-01-15"), crisis: Some(true), ..Default::default() };
    let asked = [(2, Event::SignalAccepted(silent.clone())), (3, Event::SignalSupplemented(said.clone()))];
    let reading = read(&asked);
    assert_eq!(fields(&reading), ["warmeOverdracht"]);
    assert_eq!((reading.signals[0].crisis, reading.signals[0].arrears_since), (Some(true), Some(jiff::civil::date(2026, 1, 15))));
    // The partner's own word comes before it, also afterwards.
    let corrected = intake::SignalCorrected { signal_id: vec![1; 16], vault_id: vec![9; 16], crisis: Some(false), ..Default::default() };
    let later = read(&[&asked[..], &[(4, Event::SignalCorrected(corrected))]].concat());
    assert_eq!((later.signals[0].crisis, later.signals[0].arrears_since), (Some(false), Some(jiff::civil::date(2026, 1, 15))));

    let gap = |reading: &Reading| reading.gaps.first().and_then(|gap| gap.attempted_at);
    let made = [(2, Event::SignalAccepted(told(1))), (3, attempt("telefoon", ""))];
    assert_eq!(gap(&read(&made)), Some(on(3)));
    let part = outreach::AttemptSupplemented { attempted_at_ms: on(3).as_millisecond(), daypart: "avond".into(), ..Default::default() };
    let filled = read(&[&made[..], &[(5, Event::AttemptSupplemented(part))]].concat());
    assert_eq!((fields(&filled), filled.attempts[0].daypart), (vec![], Some(Daypart::Evening)));
}
