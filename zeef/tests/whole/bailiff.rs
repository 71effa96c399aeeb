//! The bailiff's own door, through all services: the notice of an eviction (art. 14 Gdw), and a household that is handed over.

use proto::{
    desk::v1::{Case, GetCaseRequest, ListCasesRequest, cases_service_client::CasesServiceClient},
    intake::v1::{
        AcknowledgementResponse, AnnounceEvictionRequest, HandOverHouseholdRequest, OpenHouseholdRequest, Person,
        bailiff_service_client::BailiffServiceClient,
    },
};
use service::{Actor, Client, Role};
use tonic::Code;

use crate::support::{house::House, region, until};

pub fn office() -> Actor {
    Actor::person("gdw-1", "deurwaarder-veen", &[Role::Bailiff], &["9001".parse().unwrap()])
}
async fn door(house: &House) -> BailiffServiceClient<Client> {
    BailiffServiceClient::new(house.client("intake", &office()).await)
}
pub fn notice(reference: &str, household: u32, on: &str) -> AnnounceEvictionRequest {
    AnnounceEvictionRequest {
        command: region::now(),
        reference: reference.to_owned(),
        address: region::signal("9001", "", household).address,
        person: Some(Person { surname: "Voorbeeld-ontruimd".to_owned(), ..Person::default() }),
        on: region::date(on),
        time: "09:30".to_owned(),
        ground: "arrears".to_owned(),
        goods: vec!["household".to_owned(), "animals".to_owned()],
        cubic_metres: Some(35),
        ..Default::default()
    }
}
fn due(case: &Case, kind: &str) -> String {
    let due = case
        .terms
        .iter()
        .find(|term| term.kind == kind && matches!(term.state.as_str(), "running" | "warned"))
        .and_then(|term| term.due.clone());
    due.map(|day| day.iso).unwrap_or_default()
}
fn says(case: &Case, text: &str) -> bool {
    case.timeline.iter().any(|told| told.text.contains(text))
}
/// The one case of a house in which nothing else happened.
async fn only_case(house: &House) -> String {
    until("the case of the notice", || async {
        let cases = house.desk().await.list_cases(ListCasesRequest::default()).await.unwrap().into_inner().cases;
        match cases.as_slice() {
            [one] => Ok(one.case_id.clone()),
            other => Err(format!("{other:?}")),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_out_of_the_blue_opens_a_case_at_step_eleven_with_its_clock_and_the_duty_to_rehouse() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let mut bailiff = door(&house).await;
    let told = async |bailiff: &mut BailiffServiceClient<Client>, asked: AnnounceEvictionRequest| -> AcknowledgementResponse {
        bailiff.announce_eviction(asked).await.unwrap().into_inner()
    };
    let first = told(&mut bailiff, notice("GDW-1", 1, "2026-03-25")).await;
    assert_eq!((first.outcome.as_str(), first.gemeentecode.as_str()), ("received", "9001"));
    let again = told(&mut bailiff, notice("GDW-1", 1, "2026-03-25")).await;
    assert_eq!((again.outcome.as_str(), &again.receipt_id, &again.received_at), ("repeated", &first.receipt_id, &first.received_at));

    let id = only_case(&house).await;
    assert!(!format!("{first:?}").contains(&id), "no case id leaves the house");
    let case = house.case(&id, "a clock and a duty", |case| !due(case, "threat-talk").is_empty() && case.aftercare == "open").await;
    let line = case.line.clone().unwrap();
    assert_eq!((line.step, line.gemeentecode.as_str()), (11, "9001"));
    let unknown = |number: u32| case.steps.iter().any(|step| step.number == number && step.state == "unknown");
    assert!(unknown(3) && unknown(8), "what came before is not known: {:?}", case.steps);
    // Three working days from Monday 9 March.
    assert_eq!(due(&case, "threat-talk"), "2026-03-12");
    assert!(says(&case, "inboedel, dieren, 35 m") && says(&case, "Ontruiming aangezegd voor 25-03-2026"), "{:?}", case.timeline);
    assert!(says(&case, "volgens de kennisgeving van de deurwaarder"), "{:?}", case.timeline);
    assert_eq!(due(&case, "rehousing"), "2026-03-25", "the day to beat");
    let open = OpenHouseholdRequest { case_id: id.clone(), purpose: "home-visit".to_owned() };
    let household = house.intake().await.open_household(open).await.unwrap().into_inner();
    assert_eq!(household.persons[0].surname, "Voorbeeld-ontruimd");

    let moved = told(&mut bailiff, notice("GDW-1", 1, "2026-03-11")).await;
    assert!(moved.outcome == "corrected" && moved.receipt_id != first.receipt_id, "{moved:?}");
    let case = house.case(&id, "the new day", |case| due(case, "rehousing") == "2026-03-11").await;
    assert!(says(&case, "Kennisgeving van de deurwaarder verbeterd"), "{:?}", case.timeline);
    let sooner = house.case(&id, "the sooner talk", |case| due(case, "threat-talk") == "2026-03-10").await;
    assert_eq!(sooner.line.unwrap().case_id, only_case(&house).await, "one notice, one case");

    // The office tells, and sees nothing.
    let mut desk = CasesServiceClient::new(house.client("intake", &office()).await);
    let seen = desk.get_case(GetCaseRequest { case_id: id, at_least: vec![] }).await.unwrap_err();
    assert_eq!(seen.code(), Code::PermissionDenied);
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_about_a_known_household_is_a_fact_of_its_case_and_a_wrong_one_says_what_would_be_right() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "K-1", 1)).await;
    let mut bailiff = door(&house).await;
    bailiff.announce_eviction(notice("GDW-2", 1, "2026-03-30")).await.unwrap();
    let known = house.case(&case, "an announced eviction", |case| case.aftercare == "open").await;
    assert!(says(&known, "Ontruiming aangezegd voor 30-03-2026"), "{:?}", known.timeline);
    assert_eq!(only_case(&house).await, case);

    for (wrong, code, says) in [
        (notice("", 2, "2026-03-30"), Code::InvalidArgument, "reference"),
        (notice("GDW-3", 2, "2026-03-08"), Code::InvalidArgument, "today or later"),
        (AnnounceEvictionRequest { time: "half tien".into(), ..notice("GDW-3", 2, "2026-03-30") }, Code::InvalidArgument, "09:30"),
        (AnnounceEvictionRequest { goods: vec![], ..notice("GDW-3", 2, "2026-03-30") }, Code::InvalidArgument, "household, business"),
        (AnnounceEvictionRequest { cubic_metres: Some(9_999), ..notice("GDW-3", 2, "2026-03-30") }, Code::InvalidArgument, "2000"),
        (notice("GDW-2", 2, "2026-03-30"), Code::FailedPrecondition, "reference-moves"),
    ] {
        let said = bailiff.announce_eviction(wrong).await.unwrap_err();
        assert!(said.code() == code && format!("{said:?}").contains(says), "{says}: {said:?}");
    }
    let elsewhere = AnnounceEvictionRequest { address: region::signal("9002", "", 2).address, ..notice("GDW-4", 2, "2026-03-30") };
    assert_eq!(bailiff.announce_eviction(elsewhere).await.unwrap_err().code(), Code::PermissionDenied, "its token names 9001");
    assert_eq!(only_case(&house).await, case, "nothing of it is kept");
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_that_agrees_is_handed_over_and_has_a_first_talk_that_is_due() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let ask = |agrees: bool| HandOverHouseholdRequest {
        command: region::now(),
        reference: "GDW-5".to_owned(),
        address: region::signal("9001", "", 3).address,
        household_agrees: agrees,
        ..Default::default()
    };
    let mut bailiff = door(&house).await;
    let without = bailiff.hand_over_household(ask(false)).await.unwrap_err();
    assert!(without.code() == Code::InvalidArgument && format!("{without:?}").contains("zorgmelding"), "{without:?}");
    let taken = bailiff.hand_over_household(ask(true)).await.unwrap().into_inner();
    assert_eq!(taken.outcome, "received");
    assert_eq!(bailiff.hand_over_household(ask(true)).await.unwrap().into_inner().receipt_id, taken.receipt_id);
    let id = only_case(&house).await;
    let case = house.case(&id, "a first talk", |case| !due(case, "first-talk").is_empty()).await;
    // Four weeks from Monday 9 March end on Easter Monday.
    assert_eq!((due(&case, "first-talk").as_str(), case.line.as_ref().unwrap().step), ("2026-04-07", 4));
    assert!(says(&case, "De deurwaarder droeg het huishouden over"), "{:?}", case.timeline);
    let on_line = ["bailiff", "notice", "--organisation", "deurwaarder-veen", "--reference", "GDW-6", "--street", "Lisdoddestraat"];
    let more = ["--house-number", "3", "--postcode", "3509 XA", "--place", "Waterveen", "--on", "2026-04-01", "--goods", "household"];
    let output = house.zeef(&[&on_line[..], &more[..]].concat()).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("ontvangen door gemeente 9001") && said.contains("bewijs van ontvangst"),
        "{output:?}"
    );
    house.stop().await;
    house.nobody_panicked();
}
