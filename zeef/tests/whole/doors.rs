//! Doors other than a creditor's, and a household that moves, through all services.

use jiff::SignedDuration;
use proto::{
    desk::v1::{Case, GetSieveRequest, Term},
    intake::v1::{
        Address, AnswerHandOverRequest, ListFeedbackRequest, OfferHandOverRequest, Person, RecordDeathRequest, RequestHelpRequest, Signal,
        WithdrawSignalRequest, doors_service_client::DoorsServiceClient,
    },
    outreach::v1::{LearnCircumstanceRequest, ListWorkRequest, RecordFirstTalkRequest},
};
use service::{Client, Role};

use crate::support::{house::House, region};

async fn doors(house: &House) -> DoorsServiceClient<Client> {
    DoorsServiceClient::new(house.client("intake", &house.actor(&[Role::Desk])).await)
}
fn term<'a>(case: &'a Case, kind: &str) -> Option<&'a Term> {
    case.terms.iter().find(|term| term.kind == kind)
}
fn due(case: &Case, kind: &str) -> String {
    term(case, kind).and_then(|term| term.due.clone()).map(|day| day.iso).unwrap_or_default()
}
fn home(gemeentecode: &str, household: u32) -> Option<Address> {
    region::signal(gemeentecode, "", household).address
}
/// What entered each step was sieved out, stands there or failed; and so many cases count.
async fn adds_up(house: &House, cases: u32) {
    let sieve = house.desk().await.get_sieve(GetSieveRequest::default()).await.unwrap().into_inner();
    assert_eq!(sieve.cases, cases);
    for step in sieve.steps {
        assert_eq!(step.entered, step.sieved_out + step.standing + step.failed, "step {}", step.number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_help_is_routed_and_has_a_first_talk_that_is_due() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let ask = |household, threat: &str| RequestHelpRequest {
        command: region::now(),
        address: home("9001", household),
        person: Some(Person { surname: "Voorbeeld-zelf".to_owned(), ..Person::default() }),
        threat: threat.to_owned(),
        ..Default::default()
    };
    let mut doors = doors(&house).await;
    let calm = doors.request_help(ask(1, "")).await.unwrap().into_inner().case_id;
    let urgent = doors.request_help(ask(2, "supply")).await.unwrap().into_inner().case_id;
    let routed = |case: &Case| case.timeline.iter().any(|told| told.event == "PlanMade");
    let calm = house.case(&calm, "a plan and a clock", |case| routed(case) && term(case, "first-talk").is_some()).await;
    // Four weeks from Monday 9 March end on Easter Monday; three working days on Thursday.
    assert_eq!((due(&calm, "first-talk").as_str(), calm.line.as_ref().unwrap().step), ("2026-04-07", 4));
    let urgent = house.case(&urgent, "a plan and a clock", |case| routed(case) && term(case, "threat-talk").is_some()).await;
    assert_eq!(due(&urgent, "threat-talk"), "2026-03-12");
    assert!(urgent.timeline.iter().any(|told| told.text.contains("spoor crisis")));
    adds_up(&house, 2).await;
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_is_handed_over_keeps_its_first_clock_and_counts_once() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "M-1", 1)).await;
    let before = house.case(&case, "a clock", |case| term(case, "offer").is_some()).await;
    assert_eq!(due(&before, "offer"), "2026-03-30");
    house.advance(SignedDuration::from_hours(10 * 24)).await;

    let mut doors = doors(&house).await;
    let offer = OfferHandOverRequest { command: region::now(), case_id: case.clone(), address: home("9002", 5), ..Default::default() };
    let hand_over_id = doors.offer_hand_over(offer).await.unwrap().into_inner().hand_over_id;
    let offered = house.case(&case, "a clock of the answer", |case| term(case, "hand-over").is_some()).await;
    assert_eq!((due(&offered, "hand-over").as_str(), term(&offered, "offer").unwrap().state.as_str()), ("2026-03-26", "running"));

    let answer = AnswerHandOverRequest { command: region::now(), hand_over_id, bounce: String::new() };
    let there = doors.answer_hand_over(answer).await.unwrap().into_inner().case_id;
    let gone = house.case(&case, "ended clocks", |case| term(case, "offer").is_some_and(|term| term.state == "ended")).await;
    assert_eq!(gone.line.unwrap().standing, "elsewhere");
    let goes_on = house.case(&there, "a plan and a clock", |case| term(case, "offer").is_some_and(|term| term.state == "running")).await;
    let line = goes_on.line.clone().unwrap();
    assert_eq!((line.gemeentecode.as_str(), due(&goes_on, "offer").as_str()), ("9002", "2026-03-30"), "from the first receipt");
    assert_eq!(term(&goes_on, "offer").unwrap().starts_on.as_ref().unwrap().iso, "2026-03-02");
    assert!(!format!("{goes_on:?}").contains(&case), "neither shows the other");
    adds_up(&house, 1).await;
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_within_the_municipality_keeps_the_first_clock_and_one_owner() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "V-1", 1)).await;
    house.case(&case, "a clock", |case| term(case, "offer").is_some()).await;
    house.advance(SignedDuration::from_hours(10 * 24)).await;
    let new = home("9001", 77).unwrap();
    let args = ["hand-over", "move", &case, "--street", &new.street, "--house-number", &new.house_number, "--postcode", &new.postcode];
    let moved = house.zeef(&[&args[..], &["--place", &new.place]].concat()).await;
    assert!(moved.status.success(), "{moved:?}");
    let said = String::from_utf8(moved.stdout).unwrap();
    let there = said.lines().find_map(|line| line.strip_prefix("zaak: ")).unwrap().to_owned();
    let gone = house.case(&case, "ended clocks", |case| term(case, "offer").is_some_and(|term| term.state == "ended")).await;
    assert!(term(&gone, "hand-over").is_none(), "nobody has to answer");
    assert!(gone.timeline.iter().any(|told| told.text.contains(&there)), "{:?}", gone.timeline);
    assert_eq!(gone.line.unwrap().standing, "elsewhere");
    let goes_on = house.case(&there, "a plan and a clock", |case| term(case, "offer").is_some_and(|term| term.state == "running")).await;
    assert_eq!(goes_on.line.as_ref().unwrap().gemeentecode, "9001");
    assert_eq!(term(&goes_on, "offer").unwrap().starts_on.as_ref().unwrap().iso, "2026-03-02", "the first clock");
    assert_eq!(due(&goes_on, "offer"), "2026-03-30");
    adds_up(&house, 1).await;
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_known_at_debt_help_is_not_taken_up_and_the_partner_hears_no_more_than_of_a_mistake() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "K-1", 1)).await;
    let mistaken = house.planned_case("woonstichting", region::signal("9001", "K-2", 2)).await;
    let known = house.zeef(&["outreach", "answer", &case, "resolved", "--result", "known-at-debt-help"]).await;
    assert!(known.status.success(), "{known:?}");
    let withdraw = WithdrawSignalRequest { command: region::now(), reference: "K-2".to_owned(), reason: "not-resident".to_owned() };
    house.intake_of("woonstichting").await.withdraw_signal(withdraw).await.unwrap();
    let over = |case: &Case| case.line.as_ref().unwrap().standing == "sieved-out" && term(case, "offer").unwrap().state == "ended";
    let case = house.case(&case, "over, without a clock", over).await;
    assert_eq!(case.line.unwrap().outcome, "known-at-debt-help");
    house.case(&mistaken, "over, without a clock", over).await;
    // From the day after, and the same of both.
    house.advance(SignedDuration::from_hours(24)).await;
    let reports = house.intake_of("woonstichting").await.list_feedback(ListFeedbackRequest::default()).await.unwrap().into_inner().reports;
    let told: Vec<_> = reports.iter().map(|report| (report.feedback.as_str(), &report.since, &report.pause_until)).collect();
    assert_eq!((told.len(), told[0].0), (2, "not-taken-up"));
    assert_eq!(told[0], told[1]);
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_housemate_has_six_months_to_claim_the_lease_on_somebodys_worklist() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "D-1", 1)).await;
    let death = RecordDeathRequest {
        command: region::now(),
        case_id: case.clone(),
        died_on: region::date("2026-02-20"),
        left_behind: "housemate".to_owned(),
    };
    doors(&house).await.record_death(death).await.unwrap();
    let bereaved = house.case(&case, "a claim and no offer", |case| {
        term(case, "lease-claim").is_some() && term(case, "offer").is_some_and(|term| term.state == "ended")
    });
    let bereaved = bereaved.await;
    let claim = term(&bereaved, "lease-claim").unwrap();
    assert_eq!((due(&bereaved, "lease-claim").as_str(), claim.article.as_str()), ("2026-08-20", "art. 7:268 lid 2 BW"));
    assert_eq!((claim.state.as_str(), bereaved.line.as_ref().unwrap().standing.as_str()), ("running", "standing"));
    let work = house.outreach().await.list_work(ListWorkRequest::default()).await.unwrap().into_inner().items;
    let listed = work.iter().find(|item| item.case_id == case).unwrap();
    assert_eq!((listed.term.as_str(), listed.team.as_str()), ("lease-claim", claim.owner.as_str()));

    house.advance(SignedDuration::from_hours(115 * 24)).await;
    house.case(&case, "a warning", |case| term(case, "lease-claim").is_some_and(|term| term.state == "warned")).await;
    let claimed = RecordFirstTalkRequest { command: region::now(), case_id: case.clone(), gemeentecode: "9001".to_owned() };
    house.outreach().await.record_lease_claim(claimed).await.unwrap();
    house.case(&case, "a claim", |case| term(case, "lease-claim").is_some_and(|term| term.state == "met")).await;
    adds_up(&house, 1).await;
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_known_of_a_household_is_a_fact_of_its_route_with_who_told_it() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let signal = Signal { contract: "campus".to_owned(), ..region::signal("9001", "C-1", 1) };
    let case = house.planned_case("woonstichting", signal).await;
    let learned = LearnCircumstanceRequest {
        command: region::now(),
        case_id: case.clone(),
        gemeentecode: "9001".to_owned(),
        circumstance: "entrepreneur".to_owned(),
        holds: true,
        source: "household".to_owned(),
    };
    house.outreach().await.learn_circumstance(learned).await.unwrap();
    let told = |case: &Case, text: &str| case.timeline.iter().any(|told| told.text.contains(text));
    let routed = |case: &Case| case.timeline.iter().filter(|told| told.event == "CaseRouted").count() == 2;
    let known = house.case(&case, "a second route", |case| routed(case) && told(case, "een onderneming in het huishouden")).await;
    assert!(told(&known, "huurcontract volgens de verhuurder: campuscontract"), "{:?}", known.timeline);
    house.stop().await;
    house.nobody_panicked();
}
