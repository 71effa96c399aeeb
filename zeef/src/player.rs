//! Plays a region through the ordinary gRPC doors, day by day on the services' own clocks: for `zeef demo` and for tests.
//!
//! It knows nothing of how services work inside. It moves the clocks of all processes to each line's moment, sends what the line
//! says as the person or partner who would, and waits for the reactions of a case before the case's next line.

mod cast;
pub mod facts;
pub mod officers;
mod pace;
pub mod region;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use kernel::{days::amsterdam_date, ids::derived_uuid};
use service::Issuer;
use tonic::Code;
use uuid::Uuid;

pub use region::Region;
use {
    cast::Cast,
    pace::Clocks,
    region::{Line, What},
};

/// Lines of one moment that are sent side by side; lines of one reference never are.
const AT_ONCE: usize = 8;

/// Where the services are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Intake.
    pub intake: String,
    /// Routing.
    pub routing: String,
    /// Outreach.
    pub outreach: String,
    /// Court liaison.
    pub court_liaison: String,
    /// Aftercare.
    pub aftercare: String,
    /// The desk.
    pub desk: String,
}

impl Endpoints {
    /// All services in one process.
    pub fn all_at(url: &str) -> Self {
        let url = || url.to_owned();
        Self { intake: url(), routing: url(), outreach: url(), court_liaison: url(), aftercare: url(), desk: url() }
    }

    /// Every process once.
    pub fn processes(&self) -> Vec<String> {
        let all = [&self.intake, &self.routing, &self.outreach, &self.court_liaison, &self.aftercare, &self.desk];
        let mut seen = BTreeSet::new();
        all.into_iter().filter(|url| seen.insert(url.as_str())).cloned().collect()
    }
}

/// Why a region was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// A file of the region cannot be used.
    #[error("sample {place}: {text}")]
    Sample {
        /// File and line.
        place: String,
        /// What is wrong.
        text: String,
    },
    /// A process runs on the machine's clock.
    #[error("{process} runs on the system's clock: a region is played only where --clock was given")]
    ClockNotSet {
        /// Its address.
        process: String,
    },
    /// A service said no.
    #[error("sample {place}: {what} was not taken: {text}")]
    Refused {
        /// File and line.
        place: String,
        /// What was sent.
        what: String,
        /// The answer.
        text: String,
    },
    /// No connection.
    #[error("a service cannot be reached")]
    Connect(#[from] service::client::Error),
    /// No token.
    #[error("no token can be made: {0}")]
    Token(String),
}

impl PlayError {
    fn sample(place: impl std::fmt::Display, text: impl std::fmt::Display) -> Self {
        Self::Sample { place: place.to_string(), text: text.to_string() }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Lines done.
    pub done: usize,
    /// All lines.
    pub total: usize,
    /// What the clocks show.
    pub at: Timestamp,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Reports accepted.
    pub signals: usize,
    /// Other lines.
    pub lines: usize,
    /// The moment of the last line.
    pub last: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The case of each reference, at the end.
    pub cases: BTreeMap<String, String>,
}

/// Plays a region against running services whose clocks were set at or before its first line.
///
/// # Errors
/// [`PlayError`]: the line that was not taken, and why.
pub async fn play(
    endpoints: &Endpoints,
    issuer: &Issuer,
    region: &Region,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Summary, PlayError> {
    let began = Instant::now();
    let cast = Cast::gather(endpoints, issuer, region).await?;
    let mut clocks = Clocks::connect(endpoints, issuer).await?;
    // Ids of requests differ between plays, and are the same when a line is sent again.
    let play = kernel::ids::new_uuid(Timestamp::now());
    let total = region.lines.len();
    let (mut done, mut signals) = (0, 0);
    let (mut last, mut today) = (Timestamp::UNIX_EPOCH, BTreeSet::new());
    if let Some(first) = region.lines.first() {
        clocks.reach(first.at).await?;
        officers::bring_into_force(endpoints, issuer, region, amsterdam_date(first.at)).await?;
    }
    let mut rest = region.lines.as_slice();
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|line| line.at == first.at).count();
        let (now, later) = rest.split_at(same);
        rest = later;
        if amsterdam_date(first.at) != amsterdam_date(last) {
            // Dates of plans and terms are those of the day on which a reaction came: the night waits for it.
            let waits = std::mem::take(&mut today).into_iter().map(|reference| cast.settle_well(reference));
            futures::future::try_join_all(waits).await?;
        }
        today.extend(now.iter().map(|line| line.reference.as_str()));
        last = first.at;
        let (moment, started) = (last, Instant::now());
        clocks.reach(last).await?;
        let reached = started.elapsed();
        signals += reports(&cast, now).await?;
        let others = in_lanes(now);
        stream::iter(others).map(|lane| lane_of(&cast, play, lane)).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        tracing::debug!(%moment, lines = same, clock = ?reached, all = ?started.elapsed(), "played");
        done += same;
        progress(Progress { done, total, at: last });
    }
    let cases = cast.settled().await?;
    Ok(Summary { signals, lines: total - signals, last, took: began.elapsed(), cases })
}

/// Reports of one moment go together, one stream per partner, as their files do.
async fn reports(cast: &Cast, now: &[Line]) -> Result<usize, PlayError> {
    let mut files: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in now.iter().filter(|line| matches!(line.what, What::Signal(_))) {
        files.entry(cast.partner(&line.reference)).or_default().push(line);
    }
    let mut count = 0;
    for (partner, lines) in files {
        for line in &lines {
            cast.settle(&line.reference).await?;
        }
        cast.report(partner, &lines).await?;
        count += lines.len();
    }
    Ok(count)
}

/// The other lines of one moment: those of one reference in their order, references side by side.
fn in_lanes(now: &[Line]) -> Vec<Vec<&Line>> {
    let mut lanes: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in now.iter().filter(|line| !matches!(line.what, What::Signal(_))) {
        lanes.entry(&line.reference).or_default().push(line);
    }
    lanes.into_values().collect()
}

async fn lane_of(cast: &Cast, play: Uuid, lane: Vec<&Line>) -> Result<(), PlayError> {
    for line in lane {
        cast.settle(&line.reference).await?;
        cast.act(line, request_id(play, line)).await?;
    }
    Ok(())
}

/// The id of a line's request: the same when it is sent again, another in another play. A UUIDv7 of the line's moment, for the id of
/// a case that nobody knew is made from it.
fn request_id(play: Uuid, line: &Line) -> Uuid {
    let mut free = [0; 10];
    for (to, from) in free.iter_mut().zip(derived_uuid(play, &line.place).into_bytes()) {
        *to = from;
    }
    let millis = u64::try_from(line.at.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &free).into_uuid()
}

/// The answer may change by itself: the service was away, or has not heard yet of what came before.
fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable | Code::Aborted | Code::DeadlineExceeded | Code::ResourceExhausted | Code::FailedPrecondition | Code::NotFound
    )
}
