//! Owns the moving of the clocks: all processes to the same moment, in steps that terms can follow.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use proto::service::v1::{AdvanceClockRequest, GetClockRequest, clock_service_client::ClockServiceClient};
use service::{Client, Issuer, connect};

use super::{Endpoints, PlayError, cast};

/// The longest jump.
const STRIDE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Services look for due terms a few times a second; each stride takes at least that long. Nothing depends on it but the moments at
/// which expiries are recorded.
const LOOK: Duration = Duration::from_millis(300);

/// The clock of every process.
pub struct Clocks {
    clocks: Vec<(String, ClockServiceClient<Client>)>,
    looked: Option<Timestamp>,
    since: Instant,
}

impl Clocks {
    pub async fn connect(endpoints: &Endpoints, issuer: &Issuer) -> Result<Self, PlayError> {
        let token = cast::token(issuer, &cast::operator())?;
        let mut clocks = Vec::new();
        for process in endpoints.processes() {
            let client = ClockServiceClient::new(connect(&process, Some(&token)).await?);
            clocks.push((process, client));
        }
        Ok(Self { clocks, looked: None, since: Instant::now() })
    }

    /// Moves every clock to `at`, or lets it be when it is past that.
    pub async fn reach(&mut self, at: Timestamp) -> Result<(), PlayError> {
        let mut looked = self.looked.unwrap_or(at);
        while at.duration_since(looked) > STRIDE {
            looked = looked.checked_add(STRIDE).unwrap_or(at);
            self.set(looked).await?;
            tokio::time::sleep(LOOK.saturating_sub(self.since.elapsed())).await;
            self.since = Instant::now();
        }
        self.looked = Some(looked);
        self.set(at).await
    }

    async fn set(&mut self, at: Timestamp) -> Result<(), PlayError> {
        for (process, client) in &mut self.clocks {
            let refused = |status: tonic::Status| PlayError::Refused {
                place: process.clone(),
                what: "the clock".to_owned(),
                text: status.message().to_owned(),
            };
            let clock = client.get_clock(GetClockRequest {}).await.map_err(refused)?.into_inner();
            if !clock.injected {
                return Err(PlayError::ClockNotSet { process: process.clone() });
            }
            let shown: Timestamp = clock.now.parse().unwrap_or(at);
            if shown >= at {
                continue;
            }
            // Whole seconds, rounded up: what happened at `at` must not lie in the future of any process.
            let ahead = at.duration_since(shown);
            let seconds = u64::try_from(ahead.as_secs()).unwrap_or(0) + u64::from(ahead.subsec_nanos() > 0);
            client.advance_clock(AdvanceClockRequest { seconds }).await.map_err(refused)?;
        }
        Ok(())
    }
}
