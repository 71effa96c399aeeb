//! How much goes through the whole house, from a report over gRPC to a contact plan, next to what the storage underneath
//! can do in the same run on the same machine. Only reports; nothing is asserted about time. `cargo xtask bench` runs it.
//!
//! `--runs N` for the median of so many; `--only files`, `--only nats`, `--only poison` or `--only embedded`; `--signals N`;
//! `--cluster` also on three servers that hold every message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "a bench says what is wrong by a panic"
)]

mod end_to_end {
    pub mod files;
    pub mod floor;
    pub mod load;
    pub mod poison;
    pub mod report;
}
#[path = "../tests/support/mod.rs"]
mod support;

use std::{path::Path, sync::Arc};

use clap::Parser;
use jiff::SignedDuration;
use journal::{
    jetstream::{JetStream, Options},
    testing::nats::{NatsCluster, NatsServer},
};
use proto::intake::v1::intake_service_client::IntakeServiceClient;
use service::{Actor, Client, Issuer, Role, ServeOptions, connect};
use zeef::house::Service;

use end_to_end::{
    files, floor,
    load::{self, Measured},
    poison,
    report::{Report, Times},
};
use support::house::{House, Plan, REGION};

/// Commands that are measured one by one.
const COMMANDS: usize = 2_000;

#[derive(Parser)]
struct Bench {
    /// Reports that are streamed in; by default as many as take a while.
    #[arg(long)]
    signals: Option<usize>,
    /// How often everything is measured; the median of them is told.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Only `files`, `nats`, `poison` or `embedded`.
    #[arg(long)]
    only: Option<String>,
    /// Also on three servers that hold every message.
    #[arg(long)]
    cluster: bool,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let bench = Bench::parse();
    let wanted = |what: &str| bench.only.as_deref().is_none_or(|only| only == what);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut report = Report::default();
    runtime.block_on(async {
        for _ in 0..bench.runs {
            if wanted("files") {
                files::measure(&mut report, bench.signals.unwrap_or(100_000)).await;
            }
            if wanted("nats") {
                nats(&mut report, bench.signals.unwrap_or(10_000)).await;
            }
            if wanted("poison") {
                poison::measure(&mut report).await;
            }
            if bench.cluster {
                cluster(&mut report, bench.signals.unwrap_or(20_000)).await;
            }
            if wanted("embedded") {
                embedded(&mut report, bench.signals.unwrap_or(50_000)).await;
            }
        }
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench.json");
    report.publish(&file).expect("published");
}

/// One server; five processes.
async fn nats(report: &mut Report, signals: usize) {
    let setting = "NATS, 1 server, sync always";
    let server = NatsServer::start().await;
    let five = five(&server.url(), 1, signals, 30_000).await;
    lines(report, setting, &five, "raw publishes, 0.20 hoped for", "raw p99, 2 at most");
}

/// Three servers on this one machine; five processes.
async fn cluster(report: &mut Report, signals: usize) {
    let setting = "NATS, 3 servers, sync always";
    let servers = NatsCluster::three().await;
    let five = five(&servers.url(), 3, signals, 60_000).await;
    lines(report, setting, &five, "raw publishes, 0.20 hoped for", "raw p99, 2 at most");
}

/// A house under load, next to its floors.
struct Under {
    measured: Measured,
    /// Empty calls.
    calls: Times,
    commands: Times,
    /// Durable appends per second with nothing else to do.
    raw: f64,
    /// Durable appends one by one.
    acks: Times,
}

/// Five processes on NATS, without the desk, which only reads.
async fn five(url: &str, replicas: usize, signals: usize, publishes: u64) -> Under {
    let house = Plan::default().nats(url).nats_replicas(replicas).env("ZEEF_LOG", "warn").start().await;
    house.kill9("desk");
    let journal = JetStream::connect(Options { replicas, ..Options::new(url) }).await.expect("connects");
    let intake = house.intake_of("waterwonen").await;
    let measured = load::signals(&intake, &journal, 200, signals).await;
    let outreach = house.client("outreach", &house.actor(&[Role::Desk])).await;
    let calls = load::empty_calls(&outreach, COMMANDS).await;
    let floor = floor::Raw::on(url, replicas, measured.commit_bytes).await;
    let cases = measured.cases.iter().take(COMMANDS);
    let (acks, commands) = Times::in_turn(cases, async || floor.publish().await, async |case| load::attempt(&outreach, case).await).await;
    drop(house);
    let raw = floor.per_second(publishes).await;
    Under { measured, calls, commands, raw, acks }
}

/// Everything in this process, on its own disk.
async fn embedded(report: &mut Report, signals: usize) {
    let setting = "embedded";
    let dir = tempfile::tempdir().expect("a directory");
    let options = ServeOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        data: dir.path().join("house"),
        nats: None,
        nats_replicas: 1,
        identity_key: None,
        vault_key: None,
        receipt_keys: None,
        clock: None,
        drain_seconds: 25,
        policies: Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies"),
    };
    let services: Vec<Service> = Service::ALL.into_iter().filter(|service| *service != Service::Desk).collect();
    let page = "127.0.0.1:0".parse().expect("an address");
    let reach = desk::web::Reach { intake: String::new(), routing: String::new(), outreach: String::new(), issuer: None };
    let house = zeef::house::House::open(&options, &services, (page, reach), None, Arc::new(journal::Silent)).await.expect("opens");
    assert!(house.ready().await, "ready");
    let issuer = Issuer::create_or_load(&options.identity_key_file()).expect("a key");
    let intake = IntakeServiceClient::new(client(&house.url(), &issuer, &House::partner("waterwonen")).await);
    let desk = Actor::person("p-1", "gemeente", &[Role::Desk], &REGION.map(|code| code.parse().expect("a code")));
    let outreach = client(&house.url(), &issuer, &desk).await;
    let measured = load::signals(&intake, house.stores().journal.as_ref(), 2_000, signals).await;
    let calls = load::empty_calls(&outreach, COMMANDS).await;
    let commands = Times::of(measured.cases.iter().take(COMMANDS), async |case| load::attempt(&outreach, case).await).await;
    // A million inhabitants send about 48,000 reports a year: with the usual number of reports this is a year.
    let another = routing::policy_file::read(&options.policies.join("practices/maastricht.toml")).expect("a policy");
    let (routes, replayed, read) = load::what_if(&outreach, &REGION, &another).await;
    report.floor(setting, "routes gone through by what-if", routes as f64, "");
    report.floor(setting, "routes only read", read, "/s");
    report.beside(setting, "routes read and gone through again", replayed, "/s", read, "only read");
    house.life().stop();
    house.ended().await.expect("ends");
    let (raw, appends) = floor::embedded(&dir.path().join("floor"), measured.commit_bytes, 256, 800).await;
    let plain = floor::write_and_sync(dir.path(), measured.commit_bytes, 5_000, 1);
    report.floor(setting, "write + fdatasync, one by one", plain, "/s");
    let grouped = floor::write_and_sync(dir.path(), measured.commit_bytes, 256 * 800, 256);
    report.floor(setting, "256 writes + fdatasync, in a plain file", grouped, "/s");
    report.beside(setting, "raw appends through our store", raw, "/s", grouped, "writes in a plain file");
    let under = Under { measured, calls, commands, raw, acks: appends };
    lines(report, setting, &under, "raw appends (20,000/s acknowledged hoped for)", "one writer's p99");
}

async fn client(url: &str, issuer: &Issuer, actor: &Actor) -> Client {
    let token = issuer.token(actor, SignedDuration::from_hours(1)).expect("a token");
    connect(url, Some(&token)).await.expect("connects")
}

fn lines(report: &mut Report, setting: &str, under: &Under, of_raw: &'static str, of_acks: &'static str) {
    let Under { measured, calls, commands, raw, acks } = under;
    let raw = *raw;
    report.floor(setting, "mean size of a commit", measured.commit_bytes as f64, "bytes");
    report.floor(setting, "commits in the five streams", measured.commits as f64, "");
    report.floor(setting, "raw durable appends, pipelined", raw, "/s");
    report.floor(setting, "raw acknowledgement, p50", acks.percentile(0.50), "us");
    report.floor(setting, "raw acknowledgement, p99", acks.percentile(0.99), "us");
    report.floor(setting, "an empty call, p50", calls.percentile(0.50), "us");
    report.floor(setting, "an empty call, p99", calls.percentile(0.99), "us");
    report.beside(setting, "signals acknowledged", measured.acknowledged, "/s", raw, of_raw);
    report.beside(setting, "signals planned", measured.planned, "/s", raw, of_raw);
    report.beside(setting, "command (RecordAttempt), p50", commands.percentile(0.50), "us", acks.percentile(0.50), "raw p50");
    report.beside(setting, "command (RecordAttempt), p99", commands.percentile(0.99), "us", acks.percentile(0.99), of_acks);
}
