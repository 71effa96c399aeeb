//! Who records something sees it in the next list, whichever replica answers.

use std::collections::BTreeSet;

use proto::{
    court_liaison::v1::{
        HearingListed, ListHearingsRequest, RecordFactRequest, court_liaison_service_client::CourtLiaisonServiceClient, fact,
    },
    intake::v1::{SubmitSignalsRequest, verdict::Outcome},
    outreach::v1::{ListWorkRequest, RecordAttemptRequest, WorkItem, outreach_service_client::OutreachServiceClient},
};
use service::Role;

use crate::support::{
    house::Plan,
    nats::NatsServer,
    proxy::Alternating,
    region::{self, date},
    until,
};

const ROUNDS: u32 = 200;
const GEMEENTE: &str = "9001";

fn whole_list(at_least: Option<proto::common::v1::Position>) -> ListWorkRequest {
    let page = Some(proto::common::v1::Page { size: 500, token: String::new() });
    ListWorkRequest { gemeentecode: GEMEENTE.to_owned(), team: String::new(), page, at_least }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commands_own_effect_is_in_the_list() {
    let nats = NatsServer::start().await;
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").nats(nats.url()).twice("outreach").twice("court-liaison").start().await;

    let rows = (1..=ROUNDS).map(|row| SubmitSignalsRequest {
        row,
        signal: Some(region::signal(GEMEENTE, &format!("R-{row}"), row)),
        happened_at: String::new(),
        ..Default::default()
    });
    let verdicts = house.intake_of("woonstichting").await.submit_signals(tokio_stream::iter(rows)).await.unwrap().into_inner().verdicts;
    assert!(verdicts.iter().all(|verdict| matches!(verdict.outcome, Some(Outcome::Accepted(_)))), "{verdicts:?}");

    let desk = house.actor(&[Role::Desk]);
    let outreach = Alternating::over([house.client("outreach", &desk).await, house.client("outreach-2", &desk).await]);
    let mut work = OutreachServiceClient::new(outreach.clone());
    let planned: Vec<WorkItem> = until("every household has a plan", || {
        let mut work = work.clone();
        async move {
            let items = work.list_work(whole_list(None)).await.map_err(|status| status.to_string())?.into_inner().items;
            if items.len() == ROUNDS as usize { Ok(items) } else { Err(format!("{} of {ROUNDS}", items.len())) }
        }
    })
    .await;

    // An odd number of requests in each round: each replica is written to in one round and read from in the next.
    let mut written_to = BTreeSet::new();
    for item in &planned {
        assert_eq!(item.attempts, 0);
        written_to.insert(outreach.sent() % 2);
        let attempt = RecordAttemptRequest {
            command: region::now(),
            case_id: item.case_id.clone(),
            gemeentecode: item.gemeentecode.clone(),
            channel: "huisbezoek".to_owned(),
            daypart: "avond".to_owned(),
            reached: false,
            toward: None,
        };
        let position = work.record_attempt(attempt).await.unwrap().into_inner().position;
        for replica in ["the other", "its own"] {
            let list = work.list_work(whole_list(position.clone())).await.unwrap().into_inner();
            let attempts = list.items.iter().find(|one| one.case_id == item.case_id).map(|one| one.attempts);
            assert_eq!(attempts, Some(1), "{replica} replica, at {position:?}");
        }
    }
    assert_eq!(written_to.len(), 2, "both replicas were written to");

    let court = house.actor(&[Role::CourtLiaison]);
    let court = Alternating::over([house.client("court-liaison", &court).await, house.client("court-liaison-2", &court).await]);
    let mut hearings = CourtLiaisonServiceClient::new(court);
    for round in 0..ROUNDS {
        let time = format!("{:02}:{:02}", 9 + round / 60, round % 60);
        let listed = HearingListed { court: "Amsterdam".to_owned(), on: date("2026-04-15"), time: time.clone() };
        let request = RecordFactRequest {
            command: region::now(),
            gemeentecode: GEMEENTE.to_owned(),
            fact: region::fact(fact::What::HearingListed(listed)),
            ..RecordFactRequest::default()
        };
        let answer = hearings.record_fact(request).await.unwrap().into_inner();
        for replica in ["the other", "its own"] {
            let request = ListHearingsRequest {
                court: "Amsterdam".to_owned(),
                on: date("2026-04-15"),
                page: Some(proto::common::v1::Page { size: 500, token: String::new() }),
                at_least: answer.position.clone(),
            };
            let list = hearings.list_hearings(request).await.unwrap().into_inner().hearings;
            let found = list.iter().find(|hearing| hearing.case_id == answer.case_id);
            assert_eq!(found.map(|hearing| hearing.time.as_str()), Some(time.as_str()), "{replica} replica, at {:?}", answer.position);
        }
    }
    house.stop().await;
    house.nobody_panicked();
}
