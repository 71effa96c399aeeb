//! A case is one trace: over days, services and restarts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use kernel::CaseId;
use proto::{
    aftercare::v1::{AssignDutyRequest, RecordRehousedRequest},
    court_liaison::v1::{EvictionAnnounced, EvictionCarriedOut, Fact, HearingListed, RecordFactRequest, SummonsServed, fact::What},
    desk::v1::{GetCaseRequest, TraceCaseResponse},
    outreach::v1::{RecordAnswerRequest, RecordAttemptRequest, RecordOfferRequest},
};
use tonic::Request;

use crate::support::{
    collector::{Collector, Span},
    house::{House, Plan},
    nats::NatsServer,
    region::{self, date},
    until,
};

const GEMEENTE: &str = "9001";
/// The trace of whoever called when the attempt was recorded.
const CALLER: &str = "0af7651916cd43dd8448eb211c80319c";

async fn told(house: &House, case: &str) -> TraceCaseResponse {
    let request = GetCaseRequest { case_id: case.to_owned(), at_least: Vec::new() };
    house.desk().await.trace_case(request).await.unwrap().into_inner()
}

/// The collector has every span that the commits tell of.
async fn collected(house: &House, collector: &Collector, case: CaseId) -> BTreeMap<Vec<u8>, Span> {
    let trace = *case.uuid().as_bytes();
    until("every commit's span is collected", || async {
        let told: BTreeSet<Vec<u8>> =
            told(house, &case.to_string()).await.spans.iter().map(|span| hex::decode(&span.span_id).unwrap()).collect();
        let spans = collector.trace(&trace);
        let missing: Vec<String> = told.iter().filter(|id| !spans.contains_key(*id)).map(hex::encode).collect();
        if missing.is_empty() { Ok(spans) } else { Err(format!("missing: {missing:?}")) }
    })
    .await
}

async fn fact(house: &House, case: &str, what: What) {
    let fact = Some(Fact { what: Some(what) });
    let request = RecordFactRequest {
        command: region::now(),
        case_id: case.to_owned(),
        gemeentecode: GEMEENTE.to_owned(),
        fact,
        ..RecordFactRequest::default()
    };
    house.court().await.record_fact(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_over_three_days() {
    let (nats, collector) = (NatsServer::start().await, Collector::start().await);
    let house = Plan::default()
        .clock("2026-03-02T09:00:00+01:00")
        .nats(nats.url())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "200")
        .start()
        .await;

    // The first day: a report, a route, a plan.
    let text = house.planned_case("woonstichting", region::signal(GEMEENTE, "R-1", 1)).await;
    let case: CaseId = text.parse().unwrap();
    collected(&house, &collector, case).await;

    // The second day: contact, an offer, help accepted. Outreach is killed in between and comes back.
    house.advance(SignedDuration::from_hours(48)).await;
    let (case_id, gemeentecode) = (text.clone(), GEMEENTE.to_owned());
    let mut outreach = house.outreach().await;
    let attempt = RecordAttemptRequest {
        command: region::now(),
        case_id: case_id.clone(),
        gemeentecode: gemeentecode.clone(),
        channel: "huisbezoek".to_owned(),
        daypart: "middag".to_owned(),
        reached: true,
        toward: None,
    };
    let mut attempt = Request::new(attempt);
    attempt.metadata_mut().insert("traceparent", format!("00-{CALLER}-b7ad6b7169203331-01").parse().unwrap());
    outreach.record_attempt(attempt).await.unwrap();
    house.case(&text, "the attempt", |case| case.timeline.iter().any(|moment| moment.event == "AttemptRecorded")).await;
    collected(&house, &collector, case).await;
    let caller = hex::decode(CALLER).unwrap();
    let request = || collector.spans().into_iter().find(|span| span.links.contains(&caller));
    let request =
        until("the request's span is collected", || async { request().ok_or_else(|| "none leads to its caller".to_owned()) }).await;
    house.kill9("outreach");
    house.restart("outreach").await;
    let mut outreach = house.outreach().await;
    let offer = RecordOfferRequest {
        command: region::now(),
        case_id: case_id.clone(),
        gemeentecode: gemeentecode.clone(),
        channel: "huisbezoek".to_owned(),
        toward: None,
    };
    outreach.record_offer(offer).await.unwrap();
    let answer = |answer: &str, result: &str| RecordAnswerRequest {
        command: region::now(),
        case_id: text.clone(),
        gemeentecode: GEMEENTE.to_owned(),
        answer: answer.to_owned(),
        result: result.to_owned(),
    };
    outreach.record_answer(answer("accepted", "")).await.unwrap();

    // The third day: writ, hearing, eviction announced and carried out, and a place found in time; the help is done.
    house.advance(SignedDuration::from_hours(30 * 24)).await;
    fact(&house, &text, What::SummonsServed(SummonsServed { cause_list_date: date("2026-04-20"), court: "Amsterdam".to_owned() })).await;
    let hearing = HearingListed { court: "Amsterdam".to_owned(), on: date("2026-04-20"), time: "10:00".to_owned() };
    fact(&house, &text, What::HearingListed(hearing)).await;
    let announced = EvictionAnnounced { on: date("2026-05-20"), time: "09:00".to_owned(), ground: "arrears".to_owned(), served_on: None };
    fact(&house, &text, What::EvictionAnnounced(announced)).await;
    house.case(&text, "a duty to rehouse", |case| case.aftercare == "open").await;
    let mut aftercare = house.aftercare().await;
    let assign = AssignDutyRequest {
        command: region::now(),
        case_id: case_id.clone(),
        gemeentecode: gemeentecode.clone(),
        owner: "wonen".to_owned(),
    };
    aftercare.assign_duty(assign).await.unwrap();
    let place = RecordRehousedRequest { command: region::now(), case_id: case_id.clone(), gemeentecode, place: "new-lease".to_owned() };
    aftercare.record_rehoused(place).await.unwrap();
    fact(&house, &text, What::EvictionCarriedOut(EvictionCarriedOut {})).await;
    outreach.record_answer(answer("resolved", "help-financial")).await.unwrap();
    house.case(&text, "the end", |case| case.line.as_ref().is_some_and(|line| line.standing != "standing")).await;

    let spans = collected(&house, &collector, case).await;
    let roots: Vec<&Span> = spans.values().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.len(), 1, "one root: {roots:#?}");
    assert_eq!(roots[0].id, case.root_span(), "the root's id is the last eight bytes of the case's");
    for span in spans.values() {
        // Up to the root, without a circle.
        let (mut at, mut steps) = (span, 0);
        while !at.parent.is_empty() {
            at = spans.get(&at.parent).unwrap_or_else(|| panic!("no parent {} of {at:?}", hex::encode(&at.parent)));
            steps += 1;
            assert!(steps <= spans.len(), "a circle at {span:?}");
        }
        assert_eq!(at.id, roots[0].id);
    }
    let services: BTreeSet<&str> = spans.values().map(|span| span.service.as_str()).collect();
    assert_eq!(services, BTreeSet::from(["aftercare", "court-liaison", "intake", "outreach", "routing"]));
    let processes: BTreeSet<&str> = spans.values().map(|span| span.process.as_str()).collect();
    assert_eq!(processes.len(), 5, "from five processes: {processes:?}");
    let days: BTreeSet<u64> = spans.values().map(|span| span.start_nanos / 86_400_000_000_000).collect();
    assert!(days.len() >= 3, "made on three days: {days:?}");
    // Each request is a trace of its own: none of its spans is in the case's.
    assert_eq!(spans.len(), told(&house, &text).await.spans.len());

    // A caller's trace is linked, never adopted: the attempt leads to the request, and that to its caller.
    let [attempt] = spans.values().filter(|span| span.name.contains("AttemptRecorded")).collect::<Vec<_>>()[..] else {
        panic!("one attempt: {spans:#?}")
    };
    assert!(attempt.links.contains(&request.trace), "{attempt:#?} does not lead to {request:#?}");
    assert!(collector.spans().iter().all(|span| span.trace != caller));

    // The same tree from the commits alone, as the command prints it.
    let printed = house.zeef(&["case", "trace", &text, "--json"]).await;
    assert!(printed.status.success(), "{printed:?}");
    let printed: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    let of = |span: &serde_json::Value, name: &str| span[name].as_str().unwrap().to_owned();
    let printed: BTreeMap<String, String> =
        printed["spans"].as_array().unwrap().iter().map(|span| (of(span, "span_id"), of(span, "parent_span_id"))).collect();
    let sent: BTreeMap<String, String> = spans.values().map(|span| (hex::encode(&span.id), hex::encode(&span.parent))).collect();
    assert_eq!(printed, sent);

    house.stop().await;
    house.nobody_panicked();
}
