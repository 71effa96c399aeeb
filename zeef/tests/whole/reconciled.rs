//! A source that lost its newest history: who knows more of it than it does itself says so, and goes on once a person has decided.

use std::process::Output;

use async_nats::jetstream;
use futures::StreamExt as _;
use journal::{
    Appended, Journal as _, Record,
    jetstream::{JetStream, Options},
};
use proto::desk::v1::Case;

use crate::support::{
    house::{House, SERVICES},
    nats::NatsServer,
    region, until,
};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn connected(url: &str) -> JetStream {
    JetStream::connect(Options { replicas: 1, ..Options::new(url) }).await.unwrap()
}

/// Puts intake's stream back to what it was before its last commit, as a restored backup does. Answers that commit.
async fn lose_the_last_commit(url: &str) -> Record {
    let journal = connected(url).await;
    let end = usize::try_from(journal.end("intake").await.unwrap()).unwrap();
    let mut records: Vec<Record> = journal.follow("intake", 0).await.take(end).collect().await;
    let lost = records.pop().unwrap();
    jetstream::new(async_nats::connect(url).await.unwrap()).delete_stream("INTAKE").await.unwrap();
    let journal = connected(url).await;
    for record in records {
        let before = journal.last(&record.subject).await.unwrap().map_or(0, |last| last.sequence);
        assert_eq!(journal.append(&record.subject, before, record.payload).await, Appended::At(record.sequence));
    }
    lost
}

fn clocks(case: &Case) -> usize {
    case.terms.iter().filter(|term| term.kind == "offer").count()
}

/// Five services and a case of which two reports were taken in by all who follow.
async fn two_reports() -> (NatsServer, House, String) {
    let server = NatsServer::start().await;
    let house = House::five(&server, "2026-03-09T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    house.report("woonstichting", region::signal("9001", "R-2", 1)).await;
    house.case(&case, "two reports", |case| clocks(case) == 2).await;
    (server, house, case)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_lost_its_newest_commit_goes_on_after_a_person_decided() {
    let (server, house, case) = two_reports().await;
    let url = server.url();
    house.stop().await;

    let verify = ["journal", "verify", "--nats", &url];
    let reconcile = ["journal", "reconcile", "--nats", &url];
    let accept = [reconcile.as_slice(), &["--accept", "--by", "m-17"]].concat();
    let nothing = house.zeef(&reconcile).await;
    assert!(nothing.status.success() && said(&nothing).contains("Elke bron heeft nog"), "{}", said(&nothing));

    let lost = lose_the_last_commit(&url).await;
    assert!(!house.zeef(&verify).await.status.success());
    let told = house.zeef(&[reconcile.as_slice(), &["--json"]].concat()).await;
    assert!(!told.status.success() && said(&told).contains("--accept"), "{}", said(&told));
    let answer: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    // Routing and court liaison had taken it in.
    let apart = answer["apart"].as_array().unwrap();
    assert_eq!(apart.len(), 2, "{answer}");
    for one in apart {
        assert_eq!((&one["source"], &one["only_here"]), (&lost.subject.to_string().into(), &[lost.sequence].as_slice().into()), "{answer}");
    }
    for name in ["Vries", "J. de Vries 2"] {
        let named = house.zeef(&[reconcile.as_slice(), &["--accept", "--by", name]].concat()).await;
        assert!(!named.status.success() && said(&named).contains("no name"), "{}", said(&named));
    }
    let nobody = house.zeef(&[accept.as_slice(), &["--target", &lost.subject.to_string()]].concat()).await;
    assert!(!nobody.status.success() && said(&nobody).contains("can go on with all its sources"), "{}", said(&nobody));
    let accepted = house.zeef(&accept).await;
    assert!(accepted.status.success() && said(&accepted).contains("Leg aan de bron opnieuw vast"), "{}", said(&accepted));
    for sound in [verify.as_slice(), &reconcile] {
        let sound = house.zeef(sound).await;
        assert!(sound.status.success(), "{}", said(&sound));
    }

    // The landlord sends it again: at the same place in the stream, and what follows is taken in.
    for service in SERVICES {
        house.restart(service).await;
    }
    house.report("woonstichting", region::signal("9001", "R-2", 1)).await;
    house.case(&case, "a clock for each report, and for the one that intake forgot", |case| clocks(case) == 3).await;
    house.stop().await;
    let sound = house.zeef(&verify).await;
    assert!(sound.status.success(), "{}", said(&sound));
    house.nobody_panicked();
}

/// The loss while all five run: who knows better raises an alarm, keeps the delivery, and takes nothing more in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_followers_take_nothing_in_of_a_history_that_is_not_theirs() {
    let (server, house, _) = two_reports().await;
    let url = server.url();

    lose_the_last_commit(&url).await;
    house.report("woonstichting", region::signal("9001", "R-3", 1)).await;
    until("an alarm", || async {
        if house.said().contains("source history does not hold what was taken in") { Ok(()) } else { Err("none yet".to_owned()) }
    })
    .await;
    let context = jetstream::new(async_nats::connect(&url).await.unwrap());
    let mut routing: jetstream::consumer::PullConsumer = context.get_consumer_from_stream("routing-intake", "INTAKE").await.unwrap();
    let info = routing.info().await.unwrap();
    assert!(info.num_ack_pending > 0, "kept until a person decided: {info:?}");
    let journal = connected(&url).await;
    let end = usize::try_from(journal.end("routing").await.unwrap()).unwrap();
    let routed = journal.follow("routing", 0).await.take(end).map(|record| journal::Commit::read(&record).unwrap());
    let routed: Vec<_> = routed.collect().await;
    let routes = routed.iter().flat_map(|commit| &commit.envelope.types).filter(|(name, _)| name == "CaseRouted").count();
    assert_eq!(routes, 2, "R-1 and R-2, and nothing of what came after the loss");
    house.stop().await;
    assert!(!house.zeef(&["journal", "reconcile", "--nats", &url]).await.status.success());
    house.nobody_panicked();
}
