//! A report that tells of a crisis, and one that a correction makes one: from the partner to the worklist and its term.

use jiff::SignedDuration;
use proto::{
    court_liaison::v1::{EvictionAnnounced, RecordFactRequest, fact::What},
    desk::v1::{Case, Term},
    intake::v1::{PartnerKind, PaymentKind, RecordPaymentRequest, Signal, record_payment_request::Of},
    outreach::v1::{LearnCircumstanceRequest, ListWorkRequest, RecordFirstTalkRequest},
};

use crate::support::{house::House, region, until};

fn talk(case: &Case) -> Option<&Term> {
    case.terms.iter().find(|term| term.kind == "threat-talk")
}
fn due(case: &Case) -> String {
    talk(case).and_then(|term| term.due.clone()).map(|day| day.iso).unwrap_or_default()
}
fn routes(case: &Case) -> Vec<&str> {
    case.timeline.iter().filter(|told| told.event == "CaseRouted").map(|told| told.text.as_str()).collect()
}

/// Team and term of a case on the worklist.
async fn work(house: &House, case: &str, term: &str) -> String {
    let outreach = house.outreach().await;
    until("work on the list", || {
        let mut outreach = outreach.clone();
        async move {
            let items = outreach.list_work(ListWorkRequest::default()).await.unwrap().into_inner().items;
            let item = items.into_iter().find(|item| item.case_id == case && item.term == term);
            item.map(|item| item.track).ok_or_else(|| format!("no {term} of {case} on the worklist"))
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reported_crisis_is_on_the_worklist_with_its_first_talk_and_so_is_one_that_a_correction_tells() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    // Energy that stops on Wednesday: the talk is due the day before. Three working days else.
    let supply = Signal { kind: PartnerKind::Energy.into(), supply_ends: region::date("2026-03-11"), ..region::signal("9001", "E-1", 1) };
    let supply = house.planned_case("noorderlicht-energie", supply).await;
    let case = house.case(&supply, "a clock", |case| talk(case).is_some()).await;
    assert_eq!((due(&case).as_str(), talk(&case).unwrap().owner.as_str()), ("2026-03-10", "duty-officer"));
    assert_eq!(work(&house, &supply, "threat-talk").await, "crisis");

    let calm = region::signal("9001", "R-1", 2);
    let corrected = house.planned_case("woonstichting", calm.clone()).await;
    let before = house.case(&corrected, "one route", |case| routes(case).len() == 1).await;
    assert!(talk(&before).is_none(), "{:?}", before.terms);
    house.advance(SignedDuration::from_hours(2 * 24)).await;
    house.report("woonstichting", Signal { crisis: Some(true), ..calm }).await;
    let case = house.case(&corrected, "a second route and a clock", |case| routes(case).len() == 2 && talk(case).is_some()).await;
    assert_eq!(due(&case), "2026-03-16", "three working days from Wednesday's correction");
    assert!(routes(&case)[1].contains("spoor crisis"), "{:?}", routes(&case));
    assert_eq!(work(&house, &corrected, "threat-talk").await, "crisis");
    // An attempt does not meet it; a talk does.
    let talked = RecordFirstTalkRequest { command: region::now(), case_id: corrected.clone(), gemeentecode: "9001".to_owned() };
    house.outreach().await.record_first_talk(talked).await.unwrap();
    house.case(&corrected, "a talk in time", |case| talk(case).is_some_and(|term| term.state == "met")).await;
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_learned_while_a_case_was_closed_is_a_fact_of_its_next_route() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    let head = region::now;
    let paid = RecordPaymentRequest { command: head(), kind: PaymentKind::Paid.into(), of: Some(Of::CaseId(case.clone())) };
    house.intake().await.record_payment(paid).await.unwrap();
    let ended = |case: &Case| case.timeline.iter().any(|told| told.event == "RouteEnded");
    house.case(&case, "no route", ended).await;
    let learned = LearnCircumstanceRequest {
        command: head(),
        case_id: case.clone(),
        gemeentecode: "9001".to_owned(),
        circumstance: "entrepreneur".to_owned(),
        holds: true,
        source: "municipality".to_owned(),
    };
    house.outreach().await.learn_circumstance(learned).await.unwrap();
    let announced = What::EvictionAnnounced(EvictionAnnounced { on: region::date("2026-03-30"), ..Default::default() });
    let recorded = RecordFactRequest {
        command: head(),
        case_id: case.clone(),
        gemeentecode: "9001".to_owned(),
        fact: region::fact(announced),
        ..Default::default()
    };
    house.court().await.record_fact(recorded).await.unwrap();
    house.case(&case, "a second route", |case| routes(case).len() >= 2).await;
    let explained = house.zeef(&["routing", "explain", &case, "--json"]).await;
    let explained: serde_json::Value = serde_json::from_slice(&explained.stdout).unwrap();
    let facts = explained["routes"].as_array().unwrap().last().unwrap()["facts"].to_string();
    assert!(facts.contains("entrepreneur") && facts.contains("municipality"), "{facts}");
    house.stop().await;
    house.nobody_panicked();
}
