//! One bad file never stops a region: ten thousand commits of one municipality that nobody can decode, and reports of the
//! others, and its own that are whole, go past them.

use std::collections::HashSet;

use futures::{StreamExt as _, stream};
use journal::{
    Commit, Journal, Record, TakenInOutcome,
    jetstream::{JetStream, Options},
};
use proto::{
    common::v1::Page,
    intake::v1::{SubmitSignalsRequest, verdict::Outcome},
    service::v1::{ListParkedRequest, journal_service_client::JournalServiceClient},
};
use service::Role;

use crate::support::{house::House, nats::NatsServer, poison, region};

const POISON: usize = 10_000;
const REPORTS: u32 = 200;

/// What routing made of it, in the order of its stream.
#[derive(Default)]
struct Made {
    parked: usize,
    routed: HashSet<String>,
    parked_at_last_route: usize,
}

impl Made {
    fn add(&mut self, record: &Record) {
        let commit = Commit::read(record).unwrap();
        self.parked += commit.envelope.taken_in.iter().filter(|taken| matches!(taken.outcome, TakenInOutcome::Parked(_))).count();
        if commit.envelope.types.iter().any(|(name, _)| name == "CaseRouted") && self.routed.insert(record.subject.to_string()) {
            self.parked_at_last_route = self.parked;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_damaged_reports_of_one_municipality_stop_nobody_else() {
    let nats = NatsServer::start().await;
    let house = House::five(&nats, "2026-03-02T09:00:00+01:00").await;
    let journal = JetStream::connect(Options { replicas: 1, ..Options::new(nats.url()) }).await.unwrap();
    poison::append(&journal, "9003", POISON).await;

    let rows: Vec<_> = (1..=REPORTS)
        .map(|row| SubmitSignalsRequest {
            row,
            signal: Some(region::signal(["9001", "9002", "9003"][row as usize % 3], &format!("P-{row}"), row)),
            ..Default::default()
        })
        .collect();
    let answer = house.intake_of("woonstichting").await.submit_signals(stream::iter(rows)).await.unwrap().into_inner();
    assert!(answer.verdicts.iter().all(|verdict| matches!(verdict.outcome, Some(Outcome::Accepted(_)))));

    let (mut made, mut commits) = (Made::default(), journal.follow("routing", 0).await);
    while made.parked < POISON || made.routed.len() < REPORTS as usize {
        let record = tokio::time::timeout(crate::support::BOUND, commits.next()).await;
        made.add(&record.unwrap_or_else(|_| panic!("{} parked, {} routed, and no more come", made.parked, made.routed.len())).unwrap());
    }
    assert_eq!((made.parked, made.routed.len()), (POISON, REPORTS as usize), "each once");
    eprintln!("{} of {POISON} were parked when the last of {REPORTS} reports was routed", made.parked_at_last_route);
    assert!(made.parked_at_last_route < POISON / 10, "the reports waited behind the poison");

    // A person finds all of it.
    let mut parked = JournalServiceClient::new(house.client("routing", &house.actor(&[Role::Operator])).await);
    let (mut found, mut token) = (HashSet::new(), String::new());
    loop {
        let page = Some(Page { size: 500, token });
        let worklist = parked.list_parked(ListParkedRequest { page }).await.unwrap().into_inner();
        assert!(worklist.parked.iter().all(|row| row.target.contains(".9003.") && row.reason == "undecodable"));
        found.extend(worklist.parked.into_iter().map(|row| (row.target, row.source_sequence)));
        token = worklist.next_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found.len(), POISON);
    // And is told when trying again changes nothing.
    let (target, _) = found.iter().next().unwrap();
    let retried = house.zeef(&["journal", "retry", "--target", target]).await;
    assert!(!retried.status.success() && String::from_utf8_lossy(&retried.stdout).contains("mislukt: 1"), "{retried:?}");
    house.stop().await;
    house.nobody_panicked();
}
