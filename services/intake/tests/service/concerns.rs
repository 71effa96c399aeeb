//! Concerns: kept for thirty days and no longer, unless somebody says why; never a case, and of nobody else's municipality.

use std::time::Duration;

use jiff::SignedDuration;
use journal::{Keyed, testing::lagging::Lagging};
use proto::intake::v1::{self as pb, concerns_service_client::ConcernsServiceClient};
use service::Client;
use tonic::Code;

use crate::house::{House, command, door, signal, submit, until};

fn told(number: u32, told: &str) -> pb::RecordConcernRequest {
    let content = pb::ConcernContent {
        address: door(number),
        told: told.to_owned(),
        teller_name: "B. Buurvrouw-Verzonnen".to_owned(),
        teller_contact: "06 00000220".to_owned(),
        ..Default::default()
    };
    pb::RecordConcernRequest { command: command(), teller: "neighbour".to_owned(), content: Some(content) }
}
async fn record(client: &mut ConcernsServiceClient<Client>, asked: pb::RecordConcernRequest) -> String {
    client.record_concern(asked).await.unwrap().into_inner().concern_id
}
async fn open(client: &mut ConcernsServiceClient<Client>, id: &str) -> Result<pb::ConcernContent, tonic::Status> {
    let asked = pb::OpenConcernRequest { concern_id: id.to_owned(), purpose: "concern".to_owned() };
    client.open_concern(asked).await.map(|answer| answer.into_inner().content.unwrap())
}
async fn line(client: &mut ConcernsServiceClient<Client>, id: &str) -> Option<pb::ConcernLine> {
    let asked = pb::ListConcernsRequest { all: true, ..Default::default() };
    let lines = client.list_concerns(asked).await.unwrap().into_inner().concerns;
    lines.into_iter().find(|line| line.concern_id == id)
}
fn danger(id: &str, ended_because: &str) -> pb::JudgeDangerRequest {
    pb::JudgeDangerRequest { command: command(), concern_id: id.to_owned(), ended_because: ended_because.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn danger_that_was_told_a_moment_ago_keeps_the_content() {
    let dir = tempfile::tempdir().unwrap();
    let lag = Duration::from_secs(3);
    let house = House::behind(dir.path(), |journal| Lagging::by(lag, journal)).await;
    let mut desk = house.concerns("9001").await;
    let kept = record(&mut desk, told(1, "Er wordt geschreeuwd, en er zijn kinderen.")).await;
    let gone = record(&mut desk, told(2, "De gordijnen zijn al weken dicht.")).await;
    until("both are in the view", || async { line(&mut house.concerns("9001").await, &gone).await }).await;
    // The last day is over before the view of this replica has heard of the danger.
    desk.judge_danger(danger(&kept, "")).await.unwrap();
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(31 * 24)).unwrap();
    until("one is gone", || async { (house.journal.keys("intake-vault", "").await.unwrap().len() == 1).then_some(()) }).await;
    until("it has heard", || async { line(&mut house.concerns("9001").await, &kept).await.filter(|line| line.state == "danger") }).await;
    until("and it can be read", || async { open(&mut house.concerns("9001").await, &kept).await.ok() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concern_is_gone_in_thirty_days_unless_it_is_shared_linked_or_danger() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut desk = house.concerns("9001").await;
    let first = told(1, "De gordijnen zijn al weken dicht.");
    let plain = record(&mut desk, first.clone()).await;
    assert_eq!(record(&mut desk, first).await, plain, "sent again: the same one");
    assert_eq!(house.journal.keys("intake-vault", "").await.unwrap().len(), 1);
    assert!(house.journal.keys("intake-index", "").await.unwrap().is_empty(), "no trace of the address");
    let shared = record(&mut desk, told(2, "Zij vroeg of wij eten over hadden.")).await;
    let asked = pb::ShareConcernRequest {
        command: command(),
        concern_id: shared.clone(),
        with: "household".to_owned(),
        ground: "consent".to_owned(),
    };
    desk.share_concern(asked).await.unwrap();
    let in_danger = record(&mut desk, told(3, "Er wordt geschreeuwd, en er zijn kinderen.")).await;
    desk.judge_danger(danger(&in_danger, "")).await.unwrap();

    // A formal signal opens a case, and knows nothing of the concern; a person links the two.
    let linked = record(&mut desk, told(4, "De post stapelt zich op.")).await;
    let mut landlord = house.partner("woonwaard").await;
    submit(&mut landlord, vec![signal("Z-4", 4)]).await;
    let case_id = house.case_of("woonwaard", "Z-4").await.case_id;
    assert_eq!(line(&mut desk, &linked).await.unwrap().state, "open", "never by itself");
    let link = |concern_id: &str, case_id: &str| pb::LinkConcernRequest {
        command: command(),
        concern_id: concern_id.to_owned(),
        case_id: case_id.to_owned(),
    };
    assert_eq!(desk.link_concern(link(&linked, &shared)).await.unwrap_err().code(), Code::NotFound, "a concern is no case");
    desk.link_concern(link(&linked, &case_id)).await.unwrap();
    let household = pb::OpenHouseholdRequest { case_id: case_id.clone(), purpose: "home-visit".to_owned() };
    let household = house.staff("9001").await.open_household(household).await.unwrap().into_inner();
    assert_eq!(household.records.len(), 1, "what a neighbour says is not who lives there");
    let access = pb::AccessRequest { case_id: case_id.clone(), person_id: String::new() };
    let access = house.officer("9001").await.access(access).await.unwrap().into_inner();
    assert!(access.records.iter().any(|record| record.told == "De post stapelt zich op."));
    assert!(!format!("{:?}", access.records).contains("Buurvrouw"), "who told it has rights too");

    let read = open(&mut desk, &plain).await.unwrap();
    assert_eq!((read.told.as_str(), read.teller_name.as_str()), ("De gordijnen zijn al weken dicht.", "B. Buurvrouw-Verzonnen"));
    let looks = pb::ListLooksRequest { case_id: plain.clone(), ..Default::default() };
    let looks = house.officer("9001").await.list_looks(looks).await.unwrap().into_inner().looks;
    assert!(looks.len() == 1 && looks[0].audit.contains("medewerker-7") && looks[0].record.contains("verwerkingsactiviteit:concern"));
    let known = line(&mut desk, &plain).await.unwrap();
    assert_eq!((known.state.as_str(), known.kept_until.unwrap().iso.as_str()), ("open", "2026-04-01"));

    house.clock.settable().unwrap().advance(SignedDuration::from_hours(31 * 24)).unwrap();
    until("the content is gone", || async { (house.journal.keys("intake-vault", "").await.unwrap().len() == 4).then_some(()) }).await;
    assert_eq!(open(&mut desk, &plain).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(desk.judge_danger(danger(&plain, "")).await.unwrap_err().code(), Code::FailedPrecondition, "not brought back");
    for kept in [&shared, &in_danger, &linked] {
        open(&mut desk, kept).await.unwrap();
    }
    until("it says so", || async { (!line(&mut house.concerns("9001").await, &plain).await?.kept).then_some(()) }).await;
    desk.judge_danger(danger(&in_danger, "resolved")).await.unwrap();
    let close = pb::CloseConcernRequest { command: command(), concern_id: shared.clone(), because: "passed-on".to_owned() };
    desk.close_concern(close).await.unwrap();
    until("both are gone", || async { (house.journal.keys("intake-vault", "").await.unwrap().len() == 2).then_some(()) }).await;

    // What is linked goes with its case.
    let erase = pb::EraseRequest { case_id, ground: "not-needed".to_owned(), ..Default::default() };
    assert_eq!(house.officer("9001").await.erase(erase).await.unwrap().into_inner().record_ids.len(), 2);
    assert!(house.journal.keys("intake-vault", "").await.unwrap().is_empty());
    until("each says so", || async {
        let lines = house.concerns("9001").await.list_concerns(pb::ListConcernsRequest::default()).await.unwrap().into_inner();
        lines.concerns.is_empty().then_some(())
    })
    .await;
    let counted = desk.count_concerns(pb::CountConcernsRequest::default()).await.unwrap().into_inner().counts;
    let counted: Vec<_> = counted.iter().map(|one| (one.month.as_str(), one.state.as_str(), one.concerns)).collect();
    let march = |state: &'static str, concerns| ("2026-03", state, concerns);
    assert_eq!(counted, [march("closed", 1), march("lapsed", 2), march("linked", 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linked_concern_goes_when_the_term_of_its_case_ends_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut landlord = house.partner("woonwaard").await;
    submit(&mut landlord, vec![signal("Z-5", 5)]).await;
    let case_id = house.case_of("woonwaard", "Z-5").await.case_id;
    let mut desk = house.concerns("9001").await;
    let linked = record(&mut desk, told(5, "De post stapelt zich op.")).await;
    desk.link_concern(pb::LinkConcernRequest { command: command(), concern_id: linked.clone(), case_id: case_id.clone() }).await.unwrap();
    let paid = pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::Reference("Z-5".to_owned())),
        kind: pb::PaymentKind::Paid.into(),
    };
    landlord.record_payment(paid).await.unwrap();
    // Twenty-four months after 2 March 2026, at the end of the day.
    house.clock.settable().unwrap().set("2028-03-03T12:00:00Z".parse().unwrap());
    until("the sweep", || async { house.journal.keys("intake-vault", "").await.unwrap().is_empty().then_some(()) }).await;
    until("it says so", || async { (!line(&mut house.concerns("9001").await, &linked).await?.kept).then_some(()) }).await;
    let gone = house.operator().await.list_erased(pb::ListErasedRequest::default()).await.unwrap().into_inner().erased;
    assert!(gone.len() == 2 && gone.iter().all(|line| line.case_id == case_id && line.ground == "retention"), "{gone:?}");
    assert_eq!(line(&mut desk, &linked).await.unwrap().state, "linked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concern_of_another_municipality_is_as_one_that_does_not_exist() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let concern = record(&mut house.concerns("9001").await, told(1, "Er brandt nooit licht.")).await;
    let mut stranger = house.concerns("9002").await;
    let nobodys = "01890000-0000-7000-8000-000000000220";
    let bytes = |status: tonic::Status| (status.code(), status.message().to_owned(), status.details().to_vec());
    for id in [concern.as_str(), nobodys] {
        let said = bytes(open(&mut stranger, id).await.unwrap_err());
        assert_eq!(said, bytes(open(&mut stranger, nobodys).await.unwrap_err()), "{id}");
        let said = bytes(stranger.judge_danger(danger(id, "")).await.unwrap_err());
        assert_eq!(said, bytes(stranger.judge_danger(danger(nobodys, "")).await.unwrap_err()), "{id}");
    }
    let looks = pb::ListLooksRequest { case_id: concern.clone(), ..Default::default() };
    assert_eq!(house.officer("9002").await.list_looks(looks).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(stranger.list_concerns(pb::ListConcernsRequest::default()).await.unwrap().into_inner().concerns, []);
    assert_eq!(stranger.record_concern(told(1, "Iets.")).await.unwrap_err().code(), Code::PermissionDenied);
    let mut desk = house.concerns("9001").await;
    for (wrong, says) in [
        (pb::RecordConcernRequest { teller: "creditor".to_owned(), ..told(1, "Iets.") }, "neighbour, volunteer"),
        (told(1, "  "), "told"),
        (told(1, &"a".repeat(4_001)), "4000"),
        (pb::RecordConcernRequest { content: None, ..told(1, "") }, "address"),
    ] {
        let said = desk.record_concern(wrong).await.unwrap_err();
        assert!(said.code() == Code::InvalidArgument && format!("{said:?}").contains(says), "{said:?}");
    }
    assert_eq!(house.journal.keys("intake-vault", "").await.unwrap().len(), 1, "what is refused is not kept");
}
