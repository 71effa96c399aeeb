//! Owns the process's clock: the system's, or one that was set at start and can be moved on.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use kernel::Clock;
use proto::service::v1::{AdvanceClockRequest, GetClockRequest, GetClockResponse, clock_service_server::ClockService};
use tonic::{Request, Response, Status};

use crate::{Gate, Resource, action, room, status};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that starts at a given instant, runs on at real pace and can be moved on. For the demo and tests.
#[derive(Debug)]
pub struct SetClock(Mutex<(Timestamp, Instant)>);

/// A move that leaves the range of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("beyond the end of the calendar")]
pub struct OutOfRange;

impl SetClock {
    /// A clock that shows `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Mutex::new((start, Instant::now())))
    }

    /// Moves the clock by `by` and says what it shows then.
    ///
    /// # Errors
    /// [`OutOfRange`] past the year 9999; the clock stays as it was.
    pub fn advance(&self, by: SignedDuration) -> Result<Timestamp, OutOfRange> {
        let mut shown = self.shown();
        let now = read(*shown).checked_add(by).map_err(|_| OutOfRange)?;
        *shown = (now, Instant::now());
        Ok(now)
    }

    /// Moves the clock on to a moment, unless that has passed, and says what it shows then.
    pub fn advance_to(&self, to: Timestamp) -> Timestamp {
        let mut shown = self.shown();
        let now = read(*shown).max(to);
        *shown = (now, Instant::now());
        now
    }

    /// Shows `now` from here on.
    pub fn set(&self, now: Timestamp) {
        *self.shown() = (now, Instant::now());
    }

    fn shown(&self) -> MutexGuard<'_, (Timestamp, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        read(*self.shown())
    }
}

fn read((start, since): (Timestamp, Instant)) -> Timestamp {
    SignedDuration::try_from(since.elapsed()).ok().and_then(|passed| start.checked_add(passed).ok()).unwrap_or(start)
}

/// The one clock of a process; clones show the same time.
#[derive(Clone)]
pub struct ProcessClock {
    set: Option<Arc<SetClock>>,
}

impl ProcessClock {
    /// A clock set at `start` (the option `--clock`), or the system's.
    pub fn new(start: Option<Timestamp>) -> Self {
        Self { set: start.map(|start| Arc::new(SetClock::starting_at(start))) }
    }

    /// The clock that can be moved, when the process was started with one.
    pub const fn settable(&self) -> Option<&Arc<SetClock>> {
        self.set.as_ref()
    }

    /// For whoever takes a clock.
    pub fn shared(&self) -> Arc<dyn Clock> {
        match &self.set {
            Some(set) => set.clone(),
            None => Arc::new(SystemClock),
        }
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.set.as_ref().map_or_else(Timestamp::now, |set| set.now())
    }
}

/// `zeef.service.v1.ClockService`.
pub(crate) struct ClockRpc {
    pub(crate) clock: ProcessClock,
    pub(crate) gate: Gate,
}

impl ClockRpc {
    fn answer(&self, now: Timestamp) -> Response<GetClockResponse> {
        Response::new(GetClockResponse { now: now.to_string(), injected: self.clock.set.is_some() })
    }
}

#[tonic::async_trait]
impl ClockService for ClockRpc {
    async fn get_clock(&self, request: Request<GetClockRequest>) -> Result<Response<GetClockResponse>, Status> {
        self.gate.check(request.metadata(), action::CLOCK_READ, &Resource::of("service"))?;
        Ok(self.answer(self.clock.now()))
    }

    async fn advance_clock(&self, request: Request<AdvanceClockRequest>) -> Result<Response<GetClockResponse>, Status> {
        self.gate.check(request.metadata(), action::CLOCK_ADVANCE, &Resource::of("service"))?;
        let Some(set) = self.clock.settable() else {
            return Err(status::refused(
                "clock-not-settable",
                "this process runs on the system's clock: only one started with --clock can be moved on",
            ));
        };
        let to = room::instant("to", &request.into_inner().to)?;
        let now = set.advance_to(to.ok_or_else(|| status::invalid_field("to", "an instant as 2026-03-02T09:00:00Z is expected"))?);
        tracing::info!(%now, "clock advanced");
        Ok(self.answer(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_starts_where_told_and_runs_on() {
        let start: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        let clock = SetClock::starting_at(start);
        let first = clock.now();
        assert!(first >= start && first.duration_since(start) < SignedDuration::from_mins(10));
        let later = clock.advance(SignedDuration::from_hours(28 * 24)).unwrap();
        assert!(later.duration_since(first) >= SignedDuration::from_hours(28 * 24));
        assert!(clock.now() >= later);
        assert_eq!(clock.advance(SignedDuration::MAX), Err(OutOfRange));
        clock.set(start);
        assert!(clock.now() < later);
    }

    #[test]
    fn clones_share_the_time() {
        let clock = ProcessClock::new(Some("2026-03-02T08:00:00Z".parse().unwrap()));
        let other = clock.clone();
        let moved = clock.settable().unwrap().advance(SignedDuration::from_hours(1)).unwrap();
        assert!(other.now() >= moved && other.shared().now() >= moved);
        assert!(ProcessClock::new(None).settable().is_none());
    }
}
