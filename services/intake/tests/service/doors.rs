//! The doors other than a creditor's.

use proto::{common::v1 as common, intake::v1 as pb};
use tonic::Code;
use tonic_types::StatusExt;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_report_did_not_tell_is_told_by_who_is_asked_and_what_it_told_stands() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut doors, mut landlord) = (house.doors("9001").await, house.partner("woonwaard").await);
    submit(&mut landlord, vec![pb::Signal { warm_handover: Some(true), ..signal("S-1", 21) }]).await;
    let found = house.case_of("woonwaard", "S-1").await;
    let id = house.state(&found.file_key).await.signals[0].id.to_string();
    let said = pb::SupplementSignalRequest {
        command: command(),
        case_id: found.case_id.clone(),
        signal_id: id,
        crisis: Some(false),
        source: "partner".into(),
        ..Default::default()
    };
    doors.supplement_signal(said.clone()).await.unwrap();
    let again = pb::SupplementSignalRequest { command: command(), ..said.clone() };
    doors.supplement_signal(again.clone()).await.unwrap();
    assert_eq!(house.state(&found.file_key).await.signals[0].supplemented.crisis, Some(false));
    let reason = |refused: tonic::Status| refused.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    let otherwise = pb::SupplementSignalRequest { crisis: Some(true), command: command(), ..said.clone() };
    assert_eq!(reason(doors.supplement_signal(otherwise).await.unwrap_err()), "told-otherwise");
    let against = pb::SupplementSignalRequest { crisis: None, warm_handover: Some(false), command: command(), ..said.clone() };
    assert_eq!(reason(doors.supplement_signal(against).await.unwrap_err()), "told-otherwise", "the partner's word stands");
    for wrong in [
        pb::SupplementSignalRequest { crisis: None, ..again.clone() },
        pb::SupplementSignalRequest { source: "neighbour".into(), ..again.clone() },
        pb::SupplementSignalRequest { arrears_since: Some(proto::common::v1::Date { iso: "2999-01-01".into() }), ..again.clone() },
    ] {
        assert_eq!(doors.supplement_signal(wrong).await.unwrap_err().code(), tonic::Code::InvalidArgument);
    }
    assert_eq!(house.doors("9002").await.supplement_signal(again).await.unwrap_err().code(), tonic::Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_district_of_an_address_is_told_where_the_region_file_says_it() {
    let dir = tempfile::tempdir().unwrap();
    let policies = dir.path().join("policies");
    std::fs::create_dir_all(&policies).unwrap();
    let district = "[[district]]\ngemeente = \"9001\"\ncode = \"noord\"\npostcodes = [\"3509\"]\n";
    std::fs::write(policies.join("region.toml"), format!("{}\n{district}", include_str!("../../../../policies/region.toml"))).unwrap();
    let house = House::open(dir.path()).await;
    let (mut doors, mut landlord) = (house.doors("9001").await, house.partner("woonwaard").await);
    submit(&mut landlord, vec![signal("W-1", 31)]).await;
    doors.request_help(asks(32, "")).await.unwrap();
    let mut told = Vec::new();
    for sequence in 1..=house.room.runtime.journal().end("intake").await.unwrap() {
        let Some(record) = house.room.runtime.journal().at("intake", sequence).await.unwrap() else { continue };
        let commit = journal::Commit::read(&record).unwrap();
        for ((name, version), bytes) in commit.envelope.types.iter().zip(&commit.events) {
            match intake::codec::decode(name, *version, bytes).unwrap() {
                intake_domain::Event::SignalAccepted(e) => told.push(e.district),
                intake_domain::Event::HelpRequested(e) => told.push(e.district),
                _ => {}
            }
        }
    }
    assert_eq!(told, [Some("noord".to_owned()), Some("noord".to_owned())]);
}
