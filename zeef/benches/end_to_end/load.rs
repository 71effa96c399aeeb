//! The load: reports of arrears over gRPC, until each of them has its contact plan.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use futures::{StreamExt as _, stream};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use journal::{Commit, Journal};
use prost::Message as _;
use proto::{
    common::v1 as common,
    intake::v1::{self as pb, intake_service_client::IntakeServiceClient, verdict::Outcome},
    outreach::v1::{PlanMade, RecordAttemptRequest, SignalJoined, outreach_service_client::OutreachServiceClient},
    routing::v1::{ListRoutesRequest, routing_service_client::RoutingServiceClient},
    service::v1::{GetClockRequest, clock_service_client::ClockServiceClient},
};
use routing::domain::{Policy, place_all, replay};
use service::Client;

use super::report::Times;

/// Streams at a time, and reports in each.
const STREAMS: usize = 8;
const IN_A_STREAM: usize = 1_000;
/// Longer than this between two plans, and something is wrong.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How fast, and what came of it.
pub struct Measured {
    /// Acknowledged signals per second.
    pub acknowledged: f64,
    /// Signals per second until the last one has its plan.
    pub planned: f64,
    /// Mean size of a stored commit, in bytes.
    pub commit_bytes: usize,
    /// Commits in the five streams.
    pub commits: u64,
    /// The cases: gemeentecode and id.
    pub cases: Vec<(String, String)>,
}

/// Who reports, in the shares of the national monitor (Divosa, 2023: care 45 %, energy 25 %, rent 19 %; the rest water).
fn kind(number: usize) -> pb::PartnerKind {
    match number % 20 {
        0..=3 => pb::PartnerKind::Rent,
        4..=12 => pb::PartnerKind::Health,
        13..=17 => pb::PartnerKind::Energy,
        _ => pb::PartnerKind::Water,
    }
}

/// A fictional household's report; each number is a door of its own.
fn signal(number: usize, today: jiff::civil::Date) -> pb::Signal {
    let date = |date: jiff::civil::Date| Some(common::Date { iso: date.to_string() });
    let duty = || Some(pb::Duty { shown: pb::Shown::Met.into(), on: None });
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 18).unwrap_or(0));
    let first_postcode = [3_500, 2_500, 3_000][number % 3];
    pb::Signal {
        reference: format!("B-{number:07}"),
        kind: kind(number).into(),
        gemeentecode: format!("900{}", 1 + number % 3),
        amount_cents: 60_000 + i64::try_from(number % 90_000).unwrap_or(0),
        arrears_since: date(today - 45.days()),
        signal_date: date(today),
        address: Some(pb::Address {
            street: "Rietzangerstraat".to_owned(),
            house_number: (1 + number / 9_720).to_string(),
            addition: String::new(),
            postcode: format!("{}{}{}", first_postcode + number / 3 % 10, letter(number / 30), letter(number / 540)),
            place: String::new(),
        }),
        person: Some(pb::Person {
            initials: "B.".to_owned(),
            infix: String::new(),
            surname: "Proefhuurder".to_owned(),
            phone: "0000000000".to_owned(),
            email: format!("huurder{number}@example.nl"),
        }),
        personal_contact: duty(),
        pointed_to_help: duty(),
        written_reminder: duty(),
        offered_to_report: duty(),
        ..Default::default()
    }
}

/// Sends reports `from..from + many`; every one must be accepted.
pub async fn send(intake: &IntakeServiceClient<Client>, from: usize, many: usize) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let chunks = (from..from + many).step_by(IN_A_STREAM).map(|first| first..(first + IN_A_STREAM).min(from + many));
    stream::iter(chunks)
        .for_each_concurrent(STREAMS, |numbers| {
            let mut intake = intake.clone();
            async move {
                let sent = numbers.len();
                let rows = numbers.enumerate().map(move |(row, number)| pb::SubmitSignalsRequest {
                    row: u32::try_from(row + 1).unwrap_or(0),
                    signal: Some(signal(number, today)),
                    happened_at: String::new(),
                    ..Default::default()
                });
                let answer = intake.submit_signals(stream::iter(rows)).await.expect("an answer").into_inner();
                let refused = answer.verdicts.iter().find(|verdict| !matches!(verdict.outcome, Some(Outcome::Accepted(_))));
                assert!(refused.is_none() && answer.verdicts.len() == sent, "{refused:?}");
            }
        })
        .await;
}

/// Streams reports into intake and waits until each is in a plan.
pub async fn signals(intake: &IntakeServiceClient<Client>, journal: &dyn Journal, warm_up: usize, many: usize) -> Measured {
    let mut plans = Plans { commits: journal.follow("outreach", 0).await, found: HashMap::new() };
    send(intake, 0, warm_up).await;
    plans.until(warm_up).await;
    plans.found.clear();
    let begun = Instant::now();
    let (acknowledged, ()) = tokio::join!(
        async {
            send(intake, warm_up, many).await;
            begun.elapsed()
        },
        plans.until(many)
    );
    let planned = begun.elapsed();
    quiet(journal).await;
    let cases = plans.found.into_values().collect();
    let (commit_bytes, commits) = sizes(journal).await;
    let rate = |took: Duration| many as f64 / took.as_secs_f64();
    Measured { acknowledged: rate(acknowledged), planned: rate(planned), commit_bytes, commits, cases }
}

/// Waits until all that follows from the reports has been done: the floors are taken on a quiet machine as well.
pub async fn quiet(journal: &dyn Journal) {
    let mut before = None;
    loop {
        let mut ends = Vec::new();
        for context in journal::jetstream::CONTEXTS {
            ends.push(journal.end(context).await.expect("an end"));
        }
        if before.as_ref() == Some(&ends) {
            return;
        }
        before = Some(ends);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Signals that are in a plan, with the case.
struct Plans {
    commits: stream::BoxStream<'static, journal::Record>,
    found: HashMap<Vec<u8>, (String, String)>,
}

impl Plans {
    async fn until(&mut self, many: usize) {
        while self.found.len() < many {
            let next = tokio::time::timeout(PATIENCE, self.commits.next()).await;
            let record = next.unwrap_or_else(|_| panic!("{} of {many} have a plan, and no more come", self.found.len())).expect("open");
            let commit = Commit::read(&record).expect("a commit");
            for ((name, _), bytes) in commit.envelope.types.iter().zip(&commit.events) {
                let signal = match name.as_str() {
                    "PlanMade" => PlanMade::decode(bytes.clone()).expect("a plan").signal_id,
                    "SignalJoined" => SignalJoined::decode(bytes.clone()).expect("a signal").signal_id,
                    _ => continue,
                };
                let key = record.subject.key();
                let before = self.found.insert(signal, (key.gemeente.to_string(), key.case().to_string()));
                assert!(before.is_none(), "a signal is in two plans");
            }
        }
    }
}

/// Mean size of the first commits, and how many there are.
async fn sizes(journal: &dyn Journal) -> (usize, u64) {
    let (mut bytes, mut read, mut commits) = (0, 0, 0);
    for context in journal::jetstream::CONTEXTS {
        let end = journal.end(context).await.expect("an end");
        commits += end;
        let some = usize::try_from(end.min(500)).unwrap_or(0);
        let sizes: Vec<usize> = journal.follow(context, 0).await.take(some).map(|record| record.payload.len()).collect().await;
        bytes += sizes.iter().sum::<usize>();
        read += sizes.len();
    }
    (bytes / read.max(1), commits)
}

/// The smallest question there is, answered from memory: what a call costs before anything is stored.
pub async fn empty_calls(client: &Client, many: usize) -> Times {
    let mut clock = ClockServiceClient::new(client.clone());
    Times::of(0..many, async |_| drop(clock.get_clock(GetClockRequest {}).await.expect("an answer"))).await
}

/// An ordinary command on a cached aggregate, one at a time: an attempt to make contact.
pub async fn attempt(client: &Client, (gemeentecode, case_id): &(String, String)) {
    let request = RecordAttemptRequest {
        command: Some(common::Command { request_id: kernel::ids::new_uuid(Timestamp::now()).to_string(), happened_at: String::new() }),
        case_id: case_id.clone(),
        gemeentecode: gemeentecode.clone(),
        channel: "brief".to_owned(),
        daypart: String::new(),
        reached: false,
        toward: None,
    };
    OutreachServiceClient::new(client.clone()).record_attempt(request).await.expect("recorded");
}

/// A what-if over everything that was routed: routes gone through again per second, and per second only read.
pub async fn what_if(client: &Client, gemeenten: &[&str], policy: &Policy) -> (usize, f64, f64) {
    let mut rates = [0.0, 0.0];
    let mut routes = 0;
    for (replays, rate) in [false, true].into_iter().zip(&mut rates) {
        let mut routing = RoutingServiceClient::new(client.clone());
        let begun = Instant::now();
        routes = 0;
        for gemeentecode in gemeenten {
            let (mut token, mut cases) = (String::new(), Vec::new());
            loop {
                let page = Some(common::Page { size: 500, token });
                let request = ListRoutesRequest { gemeentecode: (*gemeentecode).to_owned(), page, at_least: None };
                let answer = routing.list_routes(request).await.expect("routes").into_inner();
                for case in &answer.cases {
                    routes += case.routes.len();
                    if replays {
                        let past = routing::history::past(&case.routes).expect("a past");
                        cases.push(replay(policy, &past));
                    }
                }
                token = answer.next_token;
                if token.is_empty() {
                    break;
                }
            }
            place_all(policy, cases.iter_mut().map(Vec::as_mut_slice));
            std::hint::black_box(cases);
        }
        *rate = routes as f64 / begun.elapsed().as_secs_f64();
    }
    let [read, replayed] = rates;
    (routes, replayed, read)
}
