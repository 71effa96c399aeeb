//! One case through the sieve: every exit, every way in.

use desk::{
    chain::{CaseChain, Step, fold},
    sieve::Standing::{self, Elsewhere, Failed, SievedOut},
    timeline::timeline,
};
use proto::{court_liaison::v1 as court, intake::v1::PaymentKind};

use crate::support::{Case, Pen, What, date, entries_of};

pub fn chain(pen: &Pen, case: &Case) -> CaseChain {
    fold(&entries_of(&pen.records, case)).unwrap()
}

fn entered(chain: &CaseChain) -> Vec<u8> {
    (1_u8..).zip(&chain.steps).filter(|(_, step)| matches!(step, Step::Entered(_))).map(|(number, _)| number).collect()
}

/// From the first arrears to step `to`, a month a step.
pub fn descend(pen: &mut Pen, case: &Case, to: u32) {
    for step in 1..=to {
        pen.at(&format!("2026-{step:02}-05T10:00"));
        match step {
            1 => pen.open_by_landlord(case),
            2 => pen.stage(case, 2),
            3 => {
                let signal = pen.signalled(case, "woonveste", 123_456, None, None);
                pen.commit(case, &[signal]).plan(case)
            }
            4 => pen.outreach(case, "attempt").outreach(case, "offer"),
            5 => pen.track(case, 5, true).fact(case, 5, What::SummonsAnnounced(court::SummonsAnnounced {})),
            6 => pen.fact(
                case,
                6,
                What::SummonsServed(court::SummonsServed { cause_list_date: Some(date("2026-07-01")), court: "Amsterdam".into() }),
            ),
            7 => pen.fact(case, 7, What::HearingHeld(court::HearingHeld { tenant_appeared: true, duty_tested: 1 })),
            8 => pen.fact(case, 8, What::Judgment(court::Judgment { kind: court::JudgmentKind::Dissolved.into(), ..Default::default() })),
            9 => pen.fact(case, 9, What::LastOffer(court::LastOffer { accepted: false })),
            10 => pen.fact(case, 10, What::AdministrationOrdered(court::AdministrationOrdered { granted: false })),
            _ => {
                let announced = court::EvictionAnnounced {
                    on: Some(date("2026-12-01")),
                    time: "09:30".into(),
                    ground: "arrears".into(),
                    served_on: None,
                };
                pen.fact(case, 11, What::EvictionAnnounced(announced)).aftercare(case, "duty")
            }
        };
    }
}

type Ending = fn(&mut Pen, &Case);

#[test]
fn a_case_may_leave_at_every_step() {
    let exits: [(u32, &str, Ending); 11] = [
        (1, "paid", |pen, case| {
            pen.pay(case, PaymentKind::Paid);
        }),
        (2, "measure", |_, _| {}),
        (3, "not-resident", |_, _| {}),
        (4, "help-financial", |pen, case| {
            pen.outreach(case, "accept").outreach(case, "help-financial");
        }),
        (5, "plan", |pen, case| {
            pen.track_over(case, 5, "plan");
        }),
        (6, "withdrawn", |pen, case| {
            pen.track_over(case, 6, "withdrawn");
        }),
        (7, "settled", |pen, case| {
            pen.track_over(case, 7, "settled");
        }),
        (8, "payment-only", |pen, case| {
            pen.track_over(case, 8, "payment-only");
        }),
        (9, "agreement", |pen, case| {
            pen.track_over(case, 9, "agreement");
        }),
        (10, "bewind-set", |pen, case| {
            pen.track_over(case, 10, "administration");
        }),
        (11, "stays", |pen, case| {
            pen.track_over(case, 11, "averted").aftercare(case, "met");
        }),
    ];
    for (step, outcome, ending) in exits {
        let (mut pen, case) = (Pen::default(), Case::new("9001", 1));
        descend(&mut pen, &case, step);
        let before = chain(&pen, &case);
        assert_eq!((before.phase(), before.standing, before.left_at()), (step as u8, Standing::Standing, None), "{outcome}");
        ending(&mut pen, &case);
        pen.close(&case, outcome, false);
        let after = chain(&pen, &case);
        assert_eq!((after.standing, after.left_at(), after.outcome.as_str()), (SievedOut, Some(step as u8), outcome));
        assert_eq!(entered(&after), (1..=step as u8).collect::<Vec<_>>());
        assert_eq!(after.line(case.id).step, step);
    }
}

#[test]
fn losing_the_home_is_a_failure_before_anybody_closes_the_case() {
    let ends: [(&str, &[&str], Option<(&str, bool)>, Standing, &str); 14] = [
        ("evicted", &["evicted"], None, Failed, "evicted-no-place"),
        ("evicted, then a place", &["evicted", "rehoused-late"], None, Failed, "evicted-no-place"),
        ("a place, then evicted", &["rehoused", "evicted"], None, Standing::Standing, ""),
        ("a place in the home, which went with it", &["rehoused", "duty", "evicted"], None, Failed, "evicted-no-place"),
        ("a bed in a shelter, then evicted", &["duty", "stopgap", "evicted"], None, Failed, "evicted-no-place"),
        ("evicted, the place was there but told later", &["evicted", "rehoused"], None, Standing::Standing, ""),
        ("key handed in", &["left-under-pressure"], None, Failed, "left-under-pressure"),
        ("key handed in, with a place", &["rehoused", "left-under-pressure"], None, Failed, "left-under-pressure"),
        ("without trace", &["left-unknown"], None, Failed, "left-unknown"),
        ("not to be found", &["destination-unknown"], None, Failed, "destination-unknown"),
        ("not to be found, then at home after all", &["destination-unknown", "met"], None, Standing::Standing, ""),
        ("closed as lost", &["evicted"], Some(("evicted-no-place", true)), Failed, "evicted-no-place"),
        ("closed too rosy", &["evicted"], Some(("rehoused", false)), Failed, "evicted-no-place"),
        ("closed with a place", &["rehoused", "evicted"], Some(("rehoused", false)), SievedOut, "rehoused"),
    ];
    for (what, facts, close, standing, outcome) in ends {
        let (mut pen, case) = (Pen::default(), Case::new("9001", 1));
        descend(&mut pen, &case, 11);
        for fact in facts {
            pen.aftercare(&case, fact);
        }
        if let Some((outcome, failed)) = close {
            pen.close(&case, outcome, failed);
        }
        let chain = chain(&pen, &case);
        assert_eq!((chain.standing, chain.outcome.as_str()), (standing, outcome), "{what}");
    }
}

#[test]
fn the_end_of_the_legal_track_tells_of_a_leaving_too() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 1));
    descend(&mut pen, &case, 8);
    pen.track_over(&case, 8, "left-unknown");
    let lost = chain(&pen, &case);
    assert_eq!((lost.standing, lost.outcome.as_str(), lost.left_at()), (Failed, "left-unknown", Some(8)));
    // It turns out otherwise: the newest end counts.
    pen.track_over(&case, 8, "agreement");
    assert_eq!(chain(&pen, &case).standing, Standing::Standing);
}

#[test]
fn help_between_writ_and_hearing_runs_beside_the_legal_track() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 1));
    descend(&mut pen, &case, 6);
    pen.at("2026-06-20T11:00").outreach(&case, "accept");
    let chain = chain(&pen, &case);
    assert_eq!((chain.phase(), chain.help, chain.legal.as_str()), (6, "accepted", "running"));
}

#[test]
fn out_of_the_blue_at_step_eleven_leaves_the_earlier_steps_unknown() {
    let (mut pen, case) = (Pen::default(), Case::new("9002", 9));
    let announced = || What::EvictionAnnounced(court::EvictionAnnounced { on: Some(date("2026-05-11")), ..Default::default() });
    pen.at("2026-05-06T14:00").track(&case, 11, false).fact(&case, 11, announced());
    // Before intake has heard of it, too.
    assert_eq!(chain(&pen, &case).steps[3], Step::Unknown);
    let opened = pen.opened(&case, 11, "court");
    pen.commit(&case, &[opened]).plan(&case).outreach(&case, "offer");
    let found = chain(&pen, &case);
    assert_eq!(entered(&found), [11]);
    assert_eq!(found.steps[..10], [Step::Unknown; 10]);
    assert_eq!(found.help, "offered", "the help track runs all the same");
    assert_eq!(found.passage().entered, 1 << 10);
    // What creditors and courts did before is history, whenever it is told.
    pen.at("2026-03-02T09:00").fact(&case, 6, What::SummonsServed(court::SummonsServed::default()));
    assert_eq!(entered(&chain(&pen, &case)), [6, 11]);
}

#[test]
fn dates_that_a_signal_tells_are_steps_one_and_two() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    pen.at("2026-03-16T08:30");
    let events = [pen.opened(&case, 3, "signal"), pen.signalled(&case, "woonveste", 1, Some("2026-01-01"), Some("2026-02-20"))];
    pen.commit(&case, &events);
    let chain = chain(&pen, &case);
    let day = |iso: &str| Step::Entered(iso.parse().unwrap());
    assert_eq!(chain.steps[..4], [day("2026-01-01"), day("2026-02-20"), day("2026-03-16"), Step::NotReached]);
}

#[test]
fn a_step_that_nobody_recorded_is_passed_over() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    descend(&mut pen, &case, 6);
    pen.at("2026-08-05T10:00").fact(&case, 8, What::Judgment(court::Judgment::default()));
    assert_eq!(chain(&pen, &case).steps[6], Step::PassedOver);
}

#[test]
fn who_reads_a_default_judgment_sees_that_the_objection_is_open() {
    for (by_default, served_in_person, open) in [(true, false, true), (true, true, false), (false, false, false)] {
        let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
        let kind = court::JudgmentKind::Dissolved.into();
        let judgment = court::Judgment { kind, by_default, served_in_person, ..Default::default() };
        descend(&mut pen, &case, 6);
        pen.fact(&case, 8, What::Judgment(judgment));
        let told = timeline(&entries_of(&pen.records, &case));
        assert_eq!(told.iter().any(|told| told.text.contains("verzet staat open")), open);
    }
}

#[test]
fn a_closed_case_may_go_on() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    descend(&mut pen, &case, 4);
    pen.close(&case, "no-contact", false);
    pen.at("2026-09-01T09:00");
    let again = pen.opened(&case, 1, "court");
    pen.commit(&case, &[again]).track(&case, 5, true).fact(&case, 5, What::SummonsAnnounced(court::SummonsAnnounced {}));
    let chain = chain(&pen, &case);
    assert_eq!((chain.standing, chain.phase(), chain.outcome.as_str()), (Standing::Standing, 5, ""));
    assert_eq!(chain.steps[0], Step::Entered("2026-01-05".parse().unwrap()), "the first entry stays");
}

#[test]
fn a_case_continued_elsewhere_is_counted_there() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    descend(&mut pen, &case, 4);
    pen.close(&case, "handed-over", false);
    assert_eq!(chain(&pen, &case).standing, Elsewhere);
}

#[test]
fn the_payment_region_follows_the_money() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    pen.signal(&case);
    for (kind, state) in [
        (PaymentKind::PlanAgreed, "plan"),
        (PaymentKind::CurrentRentMissed, "plan"),
        (PaymentKind::PlanBroken, "plan-broken"),
        (PaymentKind::Paid, "paid"),
    ] {
        pen.pay(&case, kind);
        assert_eq!(chain(&pen, &case).payment, state);
    }
    pen.outreach(&case, "ended");
    assert_eq!(chain(&pen, &case).help, "signal", "a plan that was never made cannot end");
}

#[test]
fn nothing_of_a_signalling_list_reaches_the_desk() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    descend(&mut pen, &case, 11);
    let before = entries_of(&pen.records, &case);
    pen.aftercare(&case, "list");
    let entered = "2026-03-02".parse().unwrap();
    let list = kernel::terms::statutory::list_review(entered).term(uuid::Uuid::from_u128(5), entered, "aftercare", 14);
    let id = list.id;
    pen.term(&case, "aftercare", &kernel::terms::TermEvent::Set(list));
    pen.term(&case, "aftercare", &kernel::terms::TermEvent::Expired { id, at: pen.now });
    let after = entries_of(&pen.records, &case);
    assert_eq!(fold(&after).unwrap().terms, []);
    assert_eq!(timeline(&after), timeline(&before));
    assert!(desk::grpc::spans(&after).iter().all(|span| !span.name.contains("List")));
}

#[test]
fn unknown_events_are_skipped() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    pen.signal(&case);
    let before = chain(&pen, &case);
    pen.commit(&case, &[("intake", "SomethingNewer", vec![1, 2, 3])]).commit(&case, &[("aftercare", "DutyMet", vec![0xff])]);
    assert_eq!(chain(&pen, &case), before);
}

#[test]
fn a_waiting_term_that_has_passed_is_nobodys_task() {
    use kernel::terms::{TermEvent, statutory};
    let (mut pen, case) = (Pen::default(), Case::new("9001", 2));
    descend(&mut pen, &case, 6);
    let day = "2026-06-05".parse().unwrap();
    let wait = statutory::cause_list(day).term(uuid::Uuid::from_u128(1), day, "court-liaison", 2);
    let offer = statutory::offer(day).term(uuid::Uuid::from_u128(2), day, "desk", 7);
    for (context, term) in [("court-liaison", &wait), ("outreach", &offer)] {
        pen.term(&case, context, &TermEvent::Set(term.clone()));
    }
    let next = |pen: &Pen| chain(pen, &case).next_term().map(|kept| kept.state.term.kind);
    assert_eq!(next(&pen), Some(wait.kind));
    let now = pen.now;
    pen.term(&case, "court-liaison", &TermEvent::Expired { id: wait.id, at: now });
    assert_eq!(next(&pen), Some(offer.kind));
    // What somebody had to do stays until it is done.
    pen.term(&case, "outreach", &TermEvent::Expired { id: offer.id, at: now });
    assert_eq!(next(&pen), Some(offer.kind));
    pen.term(&case, "outreach", &TermEvent::Met { id: offer.id, happened_at: now, late: true });
    assert_eq!(next(&pen), None);
    assert_eq!(timeline(&entries_of(&pen.records, &case)).iter().filter(|told| told.event == "TermChanged").count(), 2);
}
