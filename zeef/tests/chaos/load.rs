//! Reports in streams of fifty, each stream sent again until it is acknowledged: the same report twice is one report.

use std::{collections::HashMap, ops::Range, time::Duration};

use proto::intake::v1::{SubmitSignalsRequest, intake_service_client::IntakeServiceClient, verdict::Outcome};
use service::Client;
use uuid::Uuid;

use crate::{
    HOUSEHOLDS,
    oracle::Oracle,
    support::{
        BOUND,
        house::{House, REGION},
        region, until,
    },
};

const IN_A_STREAM: usize = 50;
/// Between two streams, so that there is time to kill somebody.
const PACE: Duration = Duration::from_millis(500);

pub struct Load {
    intake: IntakeServiceClient<Client>,
    /// Receipt of each acknowledged report.
    pub receipts: HashMap<u32, Uuid>,
}

impl Load {
    pub async fn new(house: &House) -> Self {
        Self { intake: house.intake_of("waterwonen").await, receipts: HashMap::new() }
    }

    /// Sends reports until each is acknowledged.
    pub async fn send(&mut self, numbers: Range<u32>) {
        let numbers: Vec<u32> = numbers.collect();
        for numbers in numbers.chunks(IN_A_STREAM) {
            let verdicts = until("a stream of reports is acknowledged", || {
                let mut intake = self.intake.clone();
                let rows: Vec<SubmitSignalsRequest> = numbers.iter().map(|number| row(*number)).collect();
                async move {
                    // A stream that hangs is cut, and sent again.
                    let answer = tokio::time::timeout(BOUND / 3, intake.submit_signals(tokio_stream::iter(rows))).await;
                    let verdicts = answer.map_err(|late| late.to_string())?.map_err(|status| status.to_string())?.into_inner().verdicts;
                    let receipts = verdicts.into_iter().map(|verdict| match verdict.outcome {
                        Some(Outcome::Accepted(receipt) | Outcome::Repeated(receipt)) => Ok((verdict.row, receipt.receipt_id)),
                        other => Err(format!("row {}: {other:?}", verdict.row)),
                    });
                    receipts.collect::<Result<Vec<_>, String>>()
                }
            })
            .await;
            assert_eq!(verdicts.len(), numbers.len());
            for (number, receipt) in verdicts {
                let before = self.receipts.insert(number, receipt.parse().unwrap());
                assert_eq!(before, None, "report {number} was acknowledged twice");
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// The signals of reports, as intake stored them.
    pub async fn signals(&self, oracle: &Oracle, numbers: Range<u32>) -> Vec<(u32, Uuid)> {
        let accepted = oracle.accepted().await;
        let of = |receipt: &Uuid| accepted.iter().find(|signal| signal.receipt == *receipt).unwrap().signal;
        numbers.map(|number| (number, of(&self.receipts[&number]))).collect()
    }
}

fn row(number: u32) -> SubmitSignalsRequest {
    let household = number % HOUSEHOLDS;
    let gemeente = REGION[usize::try_from(household).unwrap() % REGION.len()];
    let signal = region::signal(gemeente, &format!("C-{number}"), household);
    SubmitSignalsRequest { row: number, signal: Some(signal), ..Default::default() }
}
