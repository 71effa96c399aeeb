//! A correction is the same signal: one route, one plan, one clock that runs on from the first receipt.

use proto::desk::v1::Case;

use crate::support::{house::House, region};

fn count(case: &Case, event: &str) -> usize {
    case.timeline.iter().filter(|moment| moment.event == event).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_report_keeps_its_route_its_plan_and_its_clock() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let id = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    let offer = |case: &Case| case.terms.iter().filter(|term| term.kind == "offer").map(|term| term.due.clone()).collect::<Vec<_>>();
    let before = house.case(&id, "its clock", |case| !offer(case).is_empty()).await;
    assert!(house.zeef(&["clock", "advance", "3d"]).await.status.success());

    let mut corrected = region::signal("9001", "R-1", 1);
    corrected.amount_cents = 45_000;
    let receipt = house.report("woonstichting", corrected).await;
    assert!(!receipt.replaces_receipt_id.is_empty());
    // Something that comes after it and that every context takes in: what a correction might have set going has then happened.
    let mut water = region::signal("9001", "W-1", 1);
    water.kind = proto::intake::v1::PartnerKind::Water.into();
    house.report("waterbedrijf-veenstreek", water).await;
    let after = house.case(&id, "the second report's clock", |case| offer(case).len() == 2).await;
    assert_eq!((count(&after, "SignalCorrected"), count(&after, "SignalAccepted")), (1, 2));
    assert_eq!(count(&after, "PlanMade"), count(&before, "PlanMade"), "{after:#?}");
    assert!(offer(&after).contains(&offer(&before)[0]), "the first clock runs on: {:?}", offer(&after));
    assert!(after.timeline.iter().any(|moment| moment.text.contains("Signaal verbeterd")), "{after:#?}");
    house.stop().await;
    house.nobody_panicked();
}
