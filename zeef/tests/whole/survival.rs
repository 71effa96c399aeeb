//! What was acknowledged stays: through SIGKILL in the middle of ingest, and through SIGTERM with an idle peer attached.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use proto::{
    intake::v1::{Signal, SubmitSignalRequest, SubmitSignalsRequest, intake_service_client::IntakeServiceClient, verdict::Outcome},
    outreach::v1::ListWorkRequest,
};
use service::Client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::support::{
    house::{GRACE, House},
    region, until,
};

const PARTNER: &str = "woonstichting";
/// In a stream of its own.
const STREAM: u32 = 25;
const SENDERS: usize = 6;
/// Opening again may take so long, on a slow machine.
const OPENS_WITHIN: Duration = Duration::from_secs(20);

fn signal(number: u32) -> Signal {
    region::signal("9001", &format!("R-{number}"), number)
}

/// What was acknowledged: the receipt of each report.
#[derive(Clone, Default)]
struct Acknowledged {
    receipts: Arc<Mutex<BTreeMap<u32, String>>>,
    next: Arc<AtomicU32>,
    enough: Arc<AtomicBool>,
}

impl Acknowledged {
    fn count(&self) -> usize {
        self.receipts.lock().unwrap().len()
    }

    fn note(&self, number: u32, outcome: Option<Outcome>) {
        match outcome {
            Some(Outcome::Accepted(receipt)) => drop(self.receipts.lock().unwrap().insert(number, receipt.receipt_id)),
            other => panic!("report {number}: {other:?}"),
        }
    }

    /// Sends one report after another until the connection fails.
    async fn one_by_one(self, mut intake: IntakeServiceClient<Client>) {
        while !self.enough.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let request = SubmitSignalRequest { command: region::now(), signal: Some(signal(number)), ..Default::default() };
            let Ok(answer) = intake.submit_signal(request).await else { return };
            self.note(number, answer.into_inner().verdict.and_then(|verdict| verdict.outcome));
        }
    }

    /// Sends streams of reports until the connection fails.
    async fn in_streams(self, mut intake: IntakeServiceClient<Client>) {
        while !self.enough.load(Ordering::SeqCst) {
            let first = self.next.fetch_add(STREAM, Ordering::SeqCst);
            let rows = (first..first + STREAM).map(|row| SubmitSignalsRequest {
                row,
                signal: Some(signal(row)),
                happened_at: String::new(),
                ..Default::default()
            });
            let Ok(answer) = intake.submit_signals(tokio_stream::iter(rows)).await else { return };
            for verdict in answer.into_inner().verdicts {
                self.note(verdict.row, verdict.outcome);
            }
        }
    }

    async fn senders(&self, house: &House) -> JoinSet<()> {
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            senders.spawn(self.clone().one_by_one(house.intake_of(PARTNER).await));
        }
        senders.spawn(self.clone().in_streams(house.intake_of(PARTNER).await));
        senders
    }

    /// Every report is still there: sent again, it is a repeat with the same receipt.
    async fn all_there(&self, house: &House) {
        let receipts = self.receipts.lock().unwrap().clone();
        let numbers: Vec<u32> = receipts.keys().copied().collect();
        for chunk in numbers.chunks(500) {
            let rows: Vec<_> = chunk
                .iter()
                .map(|row| SubmitSignalsRequest { row: *row, signal: Some(signal(*row)), happened_at: String::new(), ..Default::default() })
                .collect();
            let answer = house.intake_of(PARTNER).await.submit_signals(tokio_stream::iter(rows)).await.unwrap().into_inner();
            assert_eq!(answer.verdicts.len(), chunk.len());
            for verdict in answer.verdicts {
                match verdict.outcome {
                    Some(Outcome::Repeated(receipt)) => {
                        assert_eq!(Some(&receipt.receipt_id), receipts.get(&verdict.row), "row {}", verdict.row)
                    }
                    other => panic!("report {} was acknowledged, and is now {other:?}", verdict.row),
                }
            }
        }
    }
}

/// Waits until every reaction was taken in: as many plans as reports that were kept, and then the journal verifies.
async fn verifies_in_the_end(house: &House, at_least: usize) {
    let outreach = house.outreach().await;
    until("every acknowledged report has a plan", || {
        let mut outreach = outreach.clone();
        async move {
            let (mut count, mut token) = (0, String::new());
            loop {
                let page = Some(proto::common::v1::Page { size: 500, token });
                let request = ListWorkRequest { page, ..ListWorkRequest::default() };
                let list = outreach.list_work(request).await.map_err(|status| status.to_string())?.into_inner();
                count += list.items.len();
                token = list.next_token;
                if token.is_empty() {
                    break;
                }
            }
            if count >= at_least { Ok(()) } else { Err(format!("{count} plans for {at_least} reports")) }
        }
    })
    .await;
    until("the journal verifies, with nothing on its way", || async {
        let verified = house.zeef(&["journal", "verify", "--json"]).await;
        let answer: serde_json::Value = serde_json::from_slice(&verified.stdout).map_err(|error| format!("{error}: {verified:?}"))?;
        assert_eq!(answer["sound"], true, "{answer:#}");
        let settled = |name: &str| answer[name].as_array().is_some_and(Vec::is_empty);
        if verified.status.success() && settled("pending") && settled("parked") { Ok(()) } else { Err(format!("{answer:#}")) }
    })
    .await;
}

/// Ends in order, and then the store as it lies on disk verifies too.
async fn ends_well(house: &House) {
    house.stop().await;
    house.nobody_panicked();
    let verified = house.zeef(&["journal", "verify", "--offline"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill9() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let acknowledged = Acknowledged::default();
    for round in 0..10_usize {
        let (before, senders) = (acknowledged.count(), acknowledged.senders(&house).await);
        // A different number each time, so that the kill falls at different moments of the work.
        let enough = before + 20 + 7 * round;
        until("reports are acknowledged", || {
            let count = acknowledged.count();
            std::future::ready(if count >= enough { Ok(()) } else { Err(format!("{count} of {enough}")) })
        })
        .await;
        house.kill9("zeef");
        senders.join_all().await;

        let begun = Instant::now();
        house.restart("zeef").await;
        let took = begun.elapsed();
        eprintln!("round {round}: {} acknowledged, opened again in {took:?}", acknowledged.count());
        assert!(took < OPENS_WITHIN, "it took {took:?} to open again");
        acknowledged.all_there(&house).await;
    }
    verifies_in_the_end(&house, acknowledged.count()).await;
    ends_well(&house).await;
}

/// An HTTP/2 peer that shakes hands and then neither asks nor answers anything.
async fn idle_peer(port: u16) -> TcpStream {
    let mut peer = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut header = [0; 9];
    peer.read_exact(&mut header).await.unwrap();
    assert_eq!(header[3], 4, "the server's SETTINGS: the connection is accepted");
    peer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_nothing() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let acknowledged = Acknowledged::default();
    let process = house.process("zeef");
    for round in 1..=3_usize {
        let _idle = idle_peer(process.port).await;
        let enough = acknowledged.count() + 60 * round;
        let senders = acknowledged.senders(&house).await;
        until("reports are acknowledged", || {
            let count = acknowledged.count();
            std::future::ready(if count >= enough { Ok(()) } else { Err(format!("{count} of {enough}")) })
        })
        .await;
        process.terminate();
        let (status, took) = process.end().await;
        senders.join_all().await;
        eprintln!("round {round}: {} acknowledged, ended in {took:?}", acknowledged.count());
        assert!(status.success(), "{status}: {}", process.said());
        assert!(took < GRACE, "it took {took:?} to end");
        house.restart("zeef").await;
        acknowledged.all_there(&house).await;
    }
    verifies_in_the_end(&house, acknowledged.count()).await;
    ends_well(&house).await;
}
