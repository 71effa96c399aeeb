//! The doors other than a creditor's.

use proto::{common::v1 as common, intake::v1 as pb};
use tonic::Code;

use crate::house::{House, command, door, receipt, signal, submit, word};

fn asks(number: u32, threat: &str) -> pb::RequestHelpRequest {
    pb::RequestHelpRequest {
        command: command(),
        address: door(number),
        person: Some(pb::Person { initials: "V.".into(), surname: "Verzonnen-hulpvrager".into(), ..Default::default() }),
        threat: threat.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_that_asks_for_help_gets_a_case_and_no_creditor_hears_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut staff, mut doors, mut landlord) = (house.staff("9001").await, house.doors("9001").await, house.partner("woonwaard").await);
    let reported = submit(&mut landlord, vec![signal("A-1", 1)]).await;
    let told = |id: String| pb::GetReceiptRequest { receipt_id: id };
    let id = receipt(&reported[0]).receipt_id;
    let before = landlord.get_receipt(told(id.clone())).await.unwrap().into_inner();

    // With the open case, or in one of its own; the address decides the municipality.
    let attached = doors.request_help(asks(1, "")).await.unwrap().into_inner();
    assert_eq!(attached.case_id, house.case_of("woonwaard", "A-1").await.case_id);
    let request = asks(2, "eviction");
    let opened = doors.request_help(request.clone()).await.unwrap().into_inner();
    assert_eq!(opened.gemeentecode, "9001");
    assert_eq!(doors.request_help(request).await.unwrap().into_inner(), opened, "the same request, the same answer");
    let find = pb::FindCaseRequest { gemeentecode: "9001".into(), address: door(2), at_least: opened.position, ..Default::default() };
    let found = staff.find_case(find).await.unwrap().into_inner();
    assert_eq!(found.case_id, opened.case_id);
    let open = pb::OpenHouseholdRequest { case_id: opened.case_id.clone(), purpose: "first-talk".into() };
    let household = staff.open_household(open).await.unwrap().into_inner();
    assert_eq!((household.address, household.persons[0].surname.as_str()), (door(2), "Verzonnen-hulpvrager"));

    assert_eq!(landlord.get_receipt(told(id)).await.unwrap().into_inner(), before, "the landlord's receipt says what it said");
    let state = house.state(&found.file_key).await;
    let request_id = state.cases[0].own_matter.map(|_| opened.case_id).unwrap();
    assert_eq!(landlord.get_receipt(told(request_id)).await.unwrap_err().code(), Code::NotFound, "there is no receipt of a request");
    // A report that comes in later is a report like any other.
    assert_eq!(word(&submit(&mut landlord, vec![signal("A-2", 2)]).await[0]), "accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_staffs_to_record_and_says_what_would_be_right() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut doors = house.doors("9001").await;
    let wrong = |change: fn(&mut pb::RequestHelpRequest)| {
        let mut request = asks(1, "");
        change(&mut request);
        request
    };
    for (request, said) in [
        (wrong(|request| request.threat = "noise".into()), "eviction, supply, health-insurance"),
        (wrong(|request| request.eviction_on = Some(common::Date { iso: "2026-03-20".into() })), "only with the threat"),
        (wrong(|request| request.address = None), "address"),
        (wrong(|request| request.gemeentecode = "9002".into()), "gemeentecode"),
    ] {
        let status = doors.request_help(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        let all = format!("{} {}", status.message(), String::from_utf8_lossy(status.details()));
        assert!(all.contains(said), "{said}: {all}");
    }
    let elsewhere = house.doors("9002").await.request_help(asks(1, "")).await.unwrap_err();
    assert_eq!(elsewhere.code(), Code::PermissionDenied);
}
