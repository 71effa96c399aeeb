//! A fact that happened in time and was recorded late turns a breach into late recording.

use jiff::{SignedDuration, Timestamp};
use proto::{
    desk::v1::{Case, Term},
    outreach::v1::RecordOfferRequest,
};

use crate::support::{house::House, region};

const GEMEENTE: &str = "9001";

fn offer_term(case: &Case) -> Option<&Term> {
    case.terms.iter().find(|term| term.kind == "offer")
}

async fn offer(house: &House, case: &str, at: &str) {
    let at: Timestamp = at.parse().unwrap();
    let request = RecordOfferRequest {
        command: region::then(at),
        case_id: case.to_owned(),
        gemeentecode: GEMEENTE.to_owned(),
        channel: "brief".to_owned(),
        toward: None,
    };
    house.outreach().await.record_offer(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_in_time_that_was_recorded_late_is_no_breach() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let in_time = house.planned_case("woonstichting", region::signal(GEMEENTE, "R-1", 1)).await;
    let too_late = house.planned_case("woonstichting", region::signal(GEMEENTE, "R-2", 2)).await;
    let kept = house.planned_case("woonstichting", region::signal(GEMEENTE, "R-3", 3)).await;
    let running = house.case(&in_time, "a running term", |case| offer_term(case).is_some_and(|term| term.state == "running")).await;
    // Twenty-eight days from 2 March is Monday 30 March.
    assert_eq!(offer_term(&running).unwrap().due.as_ref().unwrap().iso, "2026-03-30");

    // A week before the end its owner is warned; one offer is recorded in time.
    house.advance(SignedDuration::from_hours(24 * 24)).await;
    for case in [&in_time, &too_late, &kept] {
        house.case(case, "a warning", |case| offer_term(case).is_some_and(|term| term.state == "warned")).await;
    }
    offer(&house, &kept, "2026-03-26T08:00:00Z").await;
    house.case(&kept, "an offer", |case| offer_term(case).is_some_and(|term| term.state == "met")).await;

    // The day after the end: two have expired, the third has not.
    house.advance(SignedDuration::from_hours(5 * 24)).await;
    for case in [&in_time, &too_late] {
        house.case(case, "an expiry", |case| offer_term(case).is_some_and(|term| term.state == "expired")).await;
    }
    house.case(&kept, "no expiry", |case| offer_term(case).is_some_and(|term| term.state == "met")).await;

    // The letter of 27 March is keyed in on the 31st; the other offer was made on the 31st.
    offer(&house, &in_time, "2026-03-27T12:00:00Z").await;
    offer(&house, &too_late, "2026-03-31T06:00:00Z").await;
    let found = house.case(&in_time, "late recording", |case| offer_term(case).is_some_and(|term| term.state == "found-met")).await;
    assert_eq!(found.terms.iter().filter(|term| term.kind == "offer").count(), 1);
    house.case(&too_late, "met too late", |case| offer_term(case).is_some_and(|term| term.state == "met-late")).await;

    // What is later than the term's own end stays what it is, whatever the clock does.
    house.advance(SignedDuration::from_hours(60 * 24)).await;
    for (case, state) in [(&in_time, "found-met"), (&too_late, "met-late"), (&kept, "met")] {
        house.case(case, state, |case| offer_term(case).is_some_and(|term| term.state == state)).await;
    }
    house.stop().await;
    house.nobody_panicked();
}
