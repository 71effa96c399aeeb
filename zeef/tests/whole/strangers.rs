//! Municipalities never see each other: who asks for another's case hears, to the byte, what is said of one that does not exist.

use futures::future::BoxFuture;
use jiff::Timestamp;
use kernel::ids::new_uuid;
use proto::{
    desk::v1::{GetCaseRequest, ListCasesRequest, cases_service_client::CasesServiceClient},
    intake::v1::{
        CloseCaseRequest, FindCaseRequest, ListMergedWorkRequest, ListSignalsRequest, OpenHouseholdRequest, OpenPersonRequest, PaymentKind,
        RecordPaymentRequest, intake_service_client::IntakeServiceClient, record_payment_request::Of,
    },
    outreach::v1::{ListWorkRequest, RecordAttemptRequest, RecordOfferRequest, outreach_service_client::OutreachServiceClient},
    routing::v1::{ExplainRouteRequest, ListRoutesRequest, OverrideRouteRequest, routing_service_client::RoutingServiceClient},
};
use service::{Actor, Client, Role};
use tonic::Status;

use crate::support::{house::House, region};

const THEIRS: &str = "9001";
const OURS: &str = "9002";

/// Everything that a refusal says.
fn bytes(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}

/// One way to ask for a case by its id.
type Ask = fn(Client, String) -> BoxFuture<'static, Status>;

/// What is refused to whoever asks `$client.$rpc` with a request made from the id.
macro_rules! ask {
    ($client:ident.$rpc:ident, |$id:ident| $request:expr) => {{
        let ask: Ask = |client, $id| {
            Box::pin(async move {
                let request = $request;
                match $client::new(client).$rpc(request).await {
                    Err(status) => status,
                    Ok(answer) => panic!("{} tells a stranger {answer:?}", stringify!($rpc)),
                }
            })
        };
        (stringify!($rpc), ask)
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_municipalitys_case_is_as_one_that_does_not_exist() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let theirs = house.planned_case("woonstichting", region::signal(THEIRS, "S-1", 1)).await;
    let ours = house.planned_case("woonstichting", region::signal(OURS, "S-2", 2)).await;
    let nobodys = new_uuid(Timestamp::now()).to_string();

    let roles = [Role::Desk, Role::Visitor, Role::CourtLiaison, Role::Aftercare, Role::PrivacyOfficer];
    let stranger = Actor::person("p-9", "gemeente", &roles, &[OURS.parse().unwrap()]);
    let client = house.client("intake", &stranger).await;

    let by_id = [
        ask!(CasesServiceClient.get_case, |id| GetCaseRequest { case_id: id, at_least: vec![] }),
        ask!(CasesServiceClient.trace_case, |id| GetCaseRequest { case_id: id, at_least: vec![] }),
        ask!(IntakeServiceClient.open_household, |id| OpenHouseholdRequest { case_id: id, purpose: "home-visit".into() }),
        ask!(IntakeServiceClient.list_signals, |id| ListSignalsRequest { case_id: id, ..Default::default() }),
        ask!(IntakeServiceClient.open_person, |id| OpenPersonRequest { person_id: id.clone(), case_id: id, purpose: "contact".into() }),
        ask!(IntakeServiceClient.list_merged_work, |id| ListMergedWorkRequest { leading_case_id: id.clone(), case_id: id }),
        ask!(IntakeServiceClient.close_case, |id| CloseCaseRequest { command: region::now(), case_id: id, outcome: String::new() }),
        ask!(IntakeServiceClient.record_payment, |id| RecordPaymentRequest {
            command: region::now(),
            of: Some(Of::CaseId(id)),
            kind: PaymentKind::Paid.into(),
        }),
        ask!(RoutingServiceClient.explain_route, |id| ExplainRouteRequest { case_id: id, at_least: None }),
        ask!(RoutingServiceClient.override_route, |id| OverrideRouteRequest { command: region::now(), case_id: id, ..Default::default() }),
        // With their code, and with our own.
        ask!(OutreachServiceClient.record_offer, |id| RecordOfferRequest {
            command: region::now(),
            case_id: id,
            gemeentecode: THEIRS.into(),
            channel: "brief".into(),
            toward: None,
        }),
        ask!(OutreachServiceClient.record_attempt, |id| RecordAttemptRequest {
            command: region::now(),
            case_id: id,
            gemeentecode: OURS.into(),
            channel: "brief".into(),
            ..Default::default()
        }),
    ];
    for (name, ask) in by_id {
        let (of_theirs, of_nobodys) = (ask(client.clone(), theirs.clone()).await, ask(client.clone(), nobodys.clone()).await);
        assert_eq!(bytes(&of_theirs), bytes(&of_nobodys), "{name}");
    }

    // By reference and by address.
    let find = |reference: &str, household: Option<u32>| {
        let request = FindCaseRequest {
            organisation: "woonstichting".into(),
            reference: reference.into(),
            gemeentecode: household.map(|_| THEIRS.to_owned()).unwrap_or_default(),
            address: household.and_then(|household| region::signal(THEIRS, "", household).address),
            at_least: None,
        };
        let mut intake = IntakeServiceClient::new(client.clone());
        async move { bytes(&intake.find_case(request).await.unwrap_err()) }
    };
    assert_eq!(find("S-1", None).await, find("S-77", None).await);
    assert_eq!(find("", Some(1)).await, find("", Some(77)).await);

    // In lists there is nothing of theirs, and to ask for their list is refused whatever is in it.
    let mut desk = CasesServiceClient::new(client.clone());
    let list = |code: &str| ListCasesRequest { gemeentecode: code.into(), ..Default::default() };
    let seen = desk.list_cases(list("")).await.unwrap().into_inner().cases;
    assert_eq!(seen.iter().map(|line| line.case_id.as_str()).collect::<Vec<_>>(), [ours.as_str()]);
    // 9003 has no case at all.
    let refused = async |code: &str| bytes(&CasesServiceClient::new(client.clone()).list_cases(list(code)).await.unwrap_err());
    assert_eq!(refused(THEIRS).await, refused("9003").await);
    let mut outreach = OutreachServiceClient::new(client.clone());
    let work = outreach.list_work(ListWorkRequest::default()).await.unwrap().into_inner();
    assert!(!format!("{work:?}").contains(&theirs) && format!("{work:?}").contains(&ours));
    let routes = async |code: &str| {
        let request = ListRoutesRequest { gemeentecode: code.into(), ..Default::default() };
        bytes(&RoutingServiceClient::new(client.clone()).list_routes(request).await.unwrap_err())
    };
    assert_eq!(routes(THEIRS).await, routes("9003").await);
    house.stop().await;
    house.nobody_panicked();
}
