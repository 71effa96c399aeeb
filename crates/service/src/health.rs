//! Owns what probes are told: alive (the health service ""), and ready for work (the health service "readiness").

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use tonic_health::{ServingStatus, server::HealthReporter};

/// The name under which readiness is asked for.
pub const READINESS: &str = "readiness";

/// Ready when every part that was expected has reported, and nobody asked for an end. Clones are the same readiness.
#[derive(Clone)]
pub struct Readiness {
    reporter: HealthReporter,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    waiting: BTreeSet<&'static str>,
    serving: bool,
    stopping: bool,
}

impl Readiness {
    pub(crate) fn new(reporter: HealthReporter) -> Self {
        Self { reporter, state: Arc::default() }
    }

    /// Not ready before this part (a service that catches up with its journal) has reported.
    pub fn expect(&self, part: &'static str) {
        self.change(|state| {
            state.waiting.insert(part);
        });
    }

    /// This part is caught up.
    pub async fn ready(&self, part: &'static str) {
        self.change(|state| {
            state.waiting.remove(part);
        });
        self.report().await;
    }

    /// Everything expected has reported, the server serves and nobody asked for an end.
    pub fn is_ready(&self) -> bool {
        self.change(|state| state.serving && !state.stopping && state.waiting.is_empty())
    }

    pub(crate) async fn serving(&self) {
        self.change(|state| state.serving = true);
        self.report().await;
    }

    pub(crate) async fn stopping(&self) {
        self.change(|state| state.stopping = true);
        self.report().await;
    }

    async fn report(&self) {
        let status = if self.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status(READINESS, status).await;
    }

    fn change<T>(&self, how: impl FnOnce(&mut State) -> T) -> T {
        how(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
