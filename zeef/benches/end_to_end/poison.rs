//! How long the reports of a region wait for their route while ten thousand damaged ones of one municipality are in the way,
//! next to how long they wait without them.

use std::time::Duration;

use futures::{StreamExt as _, stream, stream::BoxStream};
use jiff::Timestamp;
use journal::{
    Commit, Journal, Record, TakenInOutcome,
    jetstream::{JetStream, Options},
    testing::nats::NatsServer,
};
use proto::intake::v1::intake_service_client::IntakeServiceClient;
use service::Client;
use tokio::sync::watch;

use super::{
    load::{PATIENCE, quiet, send},
    report::{Report, Times},
};
use crate::support::{house::Plan, poison};

const DAMAGED: usize = 10_000;
/// Reports at an even pace, whether the one before is routed or not.
const PACE: Duration = Duration::from_millis(10);
/// So many at that pace.
const TEN_SECONDS: usize = 1_000;
/// So many before there are damaged ones, and as many when they are parked: what else this machine does in those minutes is in
/// both. Beside them, for as long as there are any.
const WITHOUT: usize = 5_000;
/// And so many before the first is timed.
const WARM_UP: usize = 2_000;

/// Five processes on NATS; the damaged reports stand in intake's stream when routing goes on.
pub async fn measure(report: &mut Report) {
    let setting = "NATS, 10,000 damaged reports";
    let server = NatsServer::start().await;
    let house = Plan::default().nats(server.url()).nats_replicas(1).env("ZEEF_LOG", "off").start().await;
    house.kill9("desk");
    let journal = JetStream::connect(Options { replicas: 1, ..Options::new(server.url()) }).await.expect("connects");
    let intake = house.intake_of("waterwonen").await;
    send(&intake, 0, WARM_UP).await;
    quiet(&journal).await;

    let mut next = WARM_UP;
    let mut measured = Vec::new();
    for damaged in [0, DAMAGED, 0] {
        let end = journal.end("routing").await.expect("an end");
        let mut commits = journal.follow("routing", end - 1).await;
        // Who follows is there before there is anything to see.
        commits.next().await.expect("open");
        house.process("routing").hold();
        poison::append(&journal, "9009", damaged).await;
        house.process("routing").go_on();
        let (sent, parked) = (watch::Sender::new(None), watch::Sender::new(0));
        let paced = async {
            let many = paced(&intake, next, |many| many >= WITHOUT && *parked.borrow() >= damaged).await;
            sent.send_replace(Some(many));
            many
        };
        let (many, times) = tokio::join!(paced, routed(&journal, commits, sent.subscribe(), &parked));
        next += many;
        measured.push(times);
    }
    let [before, with, after] = measured.try_into().expect("three");
    let without = Times::from_iter([&before[..], &after].concat());
    let [before, with, after] = [before, with, after].map(Times::from_iter);
    type Figure = fn(&Times) -> f64;
    let figures: [(Figure, _, _); 5] = [
        (|times| times.percentile(0.50), "accepted to routed, p50", "the others', p50"),
        (|times| times.percentile(0.99), "accepted to routed, p99", "the others', p99"),
        (
            |times| times.middle_percentile(0.99, TEN_SECONDS),
            "accepted to routed, p99 of the middle 10 s",
            "the others', p99 of the middle 10 s",
        ),
        (
            |times| times.first_percentile(0.99, TEN_SECONDS),
            "accepted to routed, p99 of the first 10 s",
            "the others', p99 of the first 10 s",
        ),
        (|times| times.percentile(1.00), "accepted to routed, longest", "the others', longest"),
    ];
    for (figure, alone, beside) in figures {
        report.floor("NATS, no damaged reports", alone, figure(&without), "us");
        report.beside(setting, beside, figure(&with), "us", figure(&without), "none damaged, 1 hoped for");
    }
    // What two measurements of the same thing differ.
    let p99 = |times: &Times| times.percentile(0.99);
    report.beside("NATS, no damaged reports any more", "accepted to routed, p99", p99(&after), "us", p99(&before), "before there were any");
}

/// Sends at an even pace until it is enough; how many.
async fn paced(intake: &IntakeServiceClient<Client>, from: usize, enough: impl Fn(usize) -> bool) -> usize {
    let mut pace = tokio::time::interval(PACE);
    let mut sending = tokio::task::JoinSet::new();
    let mut many = 0;
    while !enough(many) {
        pace.tick().await;
        let (intake, number) = (intake.clone(), from + many);
        sending.spawn(async move { send(&intake, number, 1).await });
        many += 1;
    }
    sending.join_all().await;
    many
}

/// From the moment that a report was accepted until its route is seen, for all that are sent; tells how many are parked.
async fn routed(
    journal: &JetStream,
    mut commits: BoxStream<'static, Record>,
    mut sent: watch::Receiver<Option<usize>>,
    parked: &watch::Sender<usize>,
) -> Vec<Duration> {
    let mut seen = Vec::new();
    while sent.borrow_and_update().is_none_or(|sent| seen.len() < sent) {
        let record = tokio::select! {
            record = commits.next() => record.expect("open"),
            _ = sent.changed() => continue,
            () = tokio::time::sleep(PATIENCE) => panic!("routing does not go on"),
        };
        let at = Timestamp::now();
        let commit = Commit::read(&record).expect("a commit");
        for taken_in in commit.envelope.taken_in.iter().filter(|taken_in| taken_in.source_subject.context() == "intake") {
            match taken_in.outcome {
                TakenInOutcome::Acted => seen.push((at, taken_in.source.sequence)),
                TakenInOutcome::Parked(_) => parked.send_modify(|parked| *parked += 1),
                _ => {}
            }
        }
    }
    let times = stream::iter(seen).then(|(at, sequence)| async move {
        let source = journal.at("intake", sequence).await.expect("intake's stream").expect("there");
        let accepted_at = Commit::read(&source).expect("a commit").envelope.recorded_at;
        Duration::try_from(at.duration_since(accepted_at)).unwrap_or_default()
    });
    times.collect().await
}
