//! The pages of a fictional region, to look at in a browser:
//! `cargo test -p desk --test desk -- --ignored --nocapture a_region_to_look_at`, then <http://127.0.0.1:4781>; Ctrl-C ends it.

use std::sync::Arc;

use desk::{Store, web};
use kernel::terms::{EndReason, Term, TermEvent, statutory};
use proto::{court_liaison::v1 as court, intake::v1::PaymentKind};
use service::Lifecycle;
use uuid::Uuid;

use crate::{
    chain::descend,
    support::{Case, Pen, Still, What, date, local, nowhere},
};

fn set(pen: &mut Pen, case: &Case, context: &'static str, term: &Term) {
    pen.term(case, context, &TermEvent::Set(term.clone()));
}

fn region() -> Pen {
    let mut pen = Pen::default();
    let mut number = 0;
    let mut next = |gemeente: &str| {
        number += 0x1_0000_2f31;
        Case::new(gemeente, number)
    };
    for (step, outcome, count) in [
        (1, "paid", 140),
        (2, "measure", 90),
        (3, "known-at-debt-help", 60),
        (4, "help-financial", 120),
        (5, "plan", 22),
        (6, "withdrawn", 12),
        (7, "settled", 8),
        (8, "payment-only", 7),
        (9, "agreement", 5),
        (10, "bewind-set", 3),
        (11, "stays", 2),
    ] {
        for index in 0..count {
            let case = next(["9001", "9002", "9003"][index % 3]);
            descend(&mut pen, &case, step);
            if index % 4 != 1 {
                pen.close(&case, outcome, false);
            }
        }
    }
    for how in ["evicted", "left-under-pressure", "left-unknown", "destination-unknown"] {
        let case = next("9001");
        descend(&mut pen, &case, 11);
        pen.aftercare(&case, how);
    }
    // Out of the blue at step eleven.
    let blue = next("9002");
    pen.at("2026-12-14T15:10").track(&blue, 11, false);
    let opened = pen.opened(&blue, 11, "court");
    let announced =
        court::EvictionAnnounced { on: Some(date("2026-12-22")), time: "09:30".into(), ground: "nuisance".into(), served_on: None };
    pen.fact(&blue, 11, What::EvictionAnnounced(announced)).commit(&blue, &[opened]).plan(&blue).aftercare(&blue, "duty");
    let day = "2026-12-14".parse().unwrap();
    set(&mut pen, &blue, "outreach", &statutory::threat_talk(day).term(Uuid::from_u128(11), day, "duty-officer", 1));
    set(&mut pen, &blue, "court-liaison", &statutory::bevel(day).term(Uuid::from_u128(12), day, "court-liaison", 1));
    let eviction = "2026-12-22".parse().unwrap();
    set(&mut pen, &blue, "aftercare", &statutory::rehousing(eviction).term(Uuid::from_u128(13), day, "aftercare", 3));
    // Help between writ and hearing, with terms of every kind.
    let helped = next("9003");
    descend(&mut pen, &helped, 6);
    let received = "2026-11-28".parse().unwrap();
    pen.at("2026-11-28T10:12");
    let signal = pen.signalled(&helped, "energie-delta", 48_213, None, None);
    pen.commit(&helped, &[signal]);
    let offer = statutory::offer(received).term(Uuid::from_u128(21), received, "desk", 7);
    let talk = statutory::first_talk("2026-11-30".parse().unwrap()).term(Uuid::from_u128(22), "2026-11-30".parse().unwrap(), "outreach", 7);
    let pause = statutory::pause("2026-12-01".parse().unwrap()).term(Uuid::from_u128(23), "2026-12-01".parse().unwrap(), "landlord", 5);
    let late =
        statutory::cause_list("2026-12-02".parse().unwrap()).term(Uuid::from_u128(24), "2026-12-02".parse().unwrap(), "court-liaison", 2);
    for term in [&offer, &talk] {
        set(&mut pen, &helped, "outreach", term);
    }
    for term in [&pause, &late] {
        set(&mut pen, &helped, "court-liaison", term);
    }
    pen.at("2026-12-01T13:00").outreach(&helped, "accept").pay(&helped, PaymentKind::PlanAgreed);
    let now = pen.now;
    pen.term(&helped, "outreach", &TermEvent::Met { id: talk.id, happened_at: now, late: false });
    pen.at("2026-12-12T00:05");
    let now = pen.now;
    pen.term(&helped, "court-liaison", &TermEvent::Expired { id: late.id, at: now });
    let objection =
        statutory::objection("2026-12-02".parse().unwrap()).term(Uuid::from_u128(25), "2026-12-02".parse().unwrap(), "court-liaison", 2);
    set(&mut pen, &helped, "court-liaison", &objection);
    pen.term(&helped, "court-liaison", &TermEvent::Ended { id: objection.id, reason: EndReason::Withdrawn });
    pen
}

#[tokio::test]
#[ignore = "serves until it is interrupted"]
async fn a_region_to_look_at() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::default());
    store.apply(&region().records);
    let life = Lifecycle::new();
    life.listen().unwrap();
    let pages = web::router(
        store,
        Arc::new(Still(local("2026-12-16T10:15:02"))),
        web::Door::Loopback,
        service::region::Region::from_dir(dir.path()).unwrap(),
        nowhere(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4781").await.unwrap();
    web::serve(listener, pages, &life).await;
}
