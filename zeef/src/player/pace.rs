//! Owns the moving of the clocks: all processes to the same moment, in steps that terms can follow.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use proto::service::v1::{AdvanceClockRequest, GetClockRequest, clock_service_client::ClockServiceClient};
use service::{Client, Issuer, connect};
use tonic::Status;

use super::{Endpoints, PlayError, cast};

/// The longest jump.
const STRIDE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Services look for due terms a few times a second; each stride takes at least that long. Nothing depends on it but the moments at
/// which expiries are recorded.
const LOOK: Duration = Duration::from_millis(300);

/// The clock of every process.
pub struct Clocks {
    clocks: Vec<ProcessClock>,
    looked: Option<Timestamp>,
    since: Instant,
}

struct ProcessClock {
    process: String,
    client: ClockServiceClient<Client>,
    /// What it showed, and when it said so: it runs on from there.
    shown: Timestamp,
    said: Instant,
}

impl Clocks {
    pub async fn connect(endpoints: &Endpoints, issuer: &Issuer) -> Result<Self, PlayError> {
        let token = cast::token(issuer, &cast::operator())?;
        let mut clocks = Vec::new();
        for process in endpoints.processes() {
            let mut client = ClockServiceClient::new(connect(&process, Some(&token)).await?);
            let clock = client.get_clock(GetClockRequest {}).await.map_err(|status| refused(&process, &status))?.into_inner();
            if !clock.injected {
                return Err(PlayError::ClockNotSet { process });
            }
            let shown = clock.now.parse().unwrap_or(Timestamp::MIN);
            clocks.push(ProcessClock { process, client, shown, said: Instant::now() });
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
        futures::future::try_join_all(self.clocks.iter_mut().map(|clock| clock.set(at))).await.map(drop)
    }
}

impl ProcessClock {
    async fn set(&mut self, at: Timestamp) -> Result<(), PlayError> {
        let passed = SignedDuration::try_from(self.said.elapsed()).unwrap_or_default();
        let ahead = at.duration_since(self.shown.checked_add(passed).unwrap_or(self.shown));
        if ahead <= SignedDuration::ZERO {
            return Ok(());
        }
        let answer = self.client.advance_clock(AdvanceClockRequest { to: at.to_string() }).await;
        let clock = answer.map_err(|status| refused(&self.process, &status))?.into_inner();
        (self.shown, self.said) = (clock.now.parse().unwrap_or(at), Instant::now());
        Ok(())
    }
}

fn refused(process: &str, status: &Status) -> PlayError {
    PlayError::Refused { place: process.to_owned(), what: "the clock".to_owned(), text: status.message().to_owned() }
}
