//! What the other contexts say of their regions.

use intake_domain::{Outcome, Region};
use journal::Encoded;
use prost::Message;
use proto::{aftercare::v1 as aftercare, court_liaison::v1 as court, intake::v1 as pb, outreach::v1 as outreach};

use crate::house::{House, command, door, gemeente, signal, submit, until, word};

fn event(name: &'static str, message: &impl Message) -> Encoded {
    Encoded { name, version: 1, bytes: message.encode_to_vec() }
}
fn bytes(id: &str) -> Vec<u8> {
    id.parse::<uuid::Uuid>().unwrap().as_bytes().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_court_fact_out_of_the_blue_opens_a_case_that_staff_can_visit() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut staff = house.staff("9001").await;
    let keep = pb::KeepAddressRequest { command: command(), gemeentecode: "9001".into(), address: door(5), person: signal("", 5).person };
    let kept = staff.keep_address(keep.clone()).await.unwrap().into_inner();
    assert!(kept.case_id.is_empty() && !kept.vault_id.is_empty());
    assert_eq!(staff.keep_address(keep).await.unwrap().into_inner(), kept, "the same request, the same answer");

    let case = kernel::CaseId::new(jiff::Timestamp::now()).to_string();
    let opened = court::TrackOpened {
        case_id: bytes(&case),
        file_key: kept.file_key.clone(),
        vault_id: bytes(&kept.vault_id),
        entry_step: 11,
        episode: 1,
        ..Default::default()
    };
    let link = house.told("court-liaison", &case, &kept.file_key, None, &[event("TrackOpened", &opened)]).await;
    let find = pb::FindCaseRequest { gemeentecode: "9001".into(), address: door(5), ..Default::default() };
    let found = until("the case is open", || {
        let (mut staff, find) = (staff.clone(), find.clone());
        async move { staff.find_case(find).await.ok().map(tonic::Response::into_inner) }
    })
    .await;
    assert_eq!((&found.case_id, &found.file_key), (&case, &kept.file_key));
    let household =
        staff.open_household(pb::OpenHouseholdRequest { case_id: case.clone(), purpose: "eviction".into() }).await.unwrap().into_inner();
    assert_eq!(household.address, door(5));

    // A report that comes after all belongs to the same case.
    assert_eq!(word(&submit(&mut house.partner("woonwaard").await, vec![signal("A-1", 5)]).await[0]), "accepted");
    assert_eq!(house.case_of("woonwaard", "A-1").await.case_id, case);

    let finished = court::TrackFinished { case_id: bytes(&case), outcome: "evicted".into(), step: 11, ..Default::default() };
    house.told("court-liaison", &case, &kept.file_key, Some(link), &[event("TrackFinished", &finished)]).await;
    let state = until("the track is over", || async {
        let state = house.state(&kept.file_key).await;
        (state.cases[0].legal == Region::Finished(Outcome::EvictedNoPlace)).then_some(state)
    })
    .await;
    assert!(state.cases[0].is_open(), "an evicted household is nobody's closed case");

    let lost = aftercare::HomeLost { case_id: bytes(&case), how: "evicted".into(), ..Default::default() };
    let found_place = aftercare::Rehoused { case_id: bytes(&case), place: "shelter".into(), in_time: false, ..Default::default() };
    let told = [event("HomeLost", &lost), event("Rehoused", &found_place)];
    house.told("aftercare", &case, &kept.file_key, None, &told).await;
    let resolved = outreach::HelpResolved { case_id: bytes(&case), result: "help-financial".into(), ..Default::default() };
    house.told("outreach", &case, &kept.file_key, None, &[event("HelpResolved", &resolved)]).await;
    let ended = until("the case is closed", || async { house.state(&kept.file_key).await.cases[0].ended }).await;
    assert_eq!(ended, (Outcome::EvictedNoPlace, true), "never sieved out");
    assert_eq!(gemeente("9001").as_str(), found.gemeentecode);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_help_gave_up_on_goes_on_when_a_summons_comes() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    submit(&mut house.partner("woonwaard").await, vec![signal("B-1", 1)]).await;
    let found = house.case_of("woonwaard", "B-1").await;
    let id = bytes(&found.case_id);
    let mut link = None;
    for track in ["early", "intensive", "team-lead"] {
        let exhausted = outreach::PlanExhausted { case_id: id.clone(), track: track.into(), ..Default::default() };
        link = Some(house.told("outreach", &found.case_id, &found.file_key, link, &[event("PlanExhausted", &exhausted)]).await);
    }
    let ended = until("closed", || async { house.state(&found.file_key).await.cases[0].ended }).await;
    assert_eq!(ended, (Outcome::NoContact, false));

    let opened = court::TrackOpened { case_id: id.clone(), entry_step: 5, known_at_intake: true, episode: 1, ..Default::default() };
    let link = house.told("court-liaison", &found.case_id, &found.file_key, None, &[event("TrackOpened", &opened)]).await;
    until("open again", || async { house.state(&found.file_key).await.cases[0].is_open().then_some(()) }).await;
    let finished = court::TrackFinished { case_id: id, outcome: "withdrawn".into(), step: 6, ..Default::default() };
    house.told("court-liaison", &found.case_id, &found.file_key, Some(link), &[event("TrackFinished", &finished)]).await;
    let ended = until("closed again", || async { house.state(&found.file_key).await.cases[0].ended }).await;
    assert_eq!(ended, (Outcome::Withdrawn, false));
    assert_eq!(house.state(&found.file_key).await.cases.len(), 1);
}
