//! Owns the end of a process: who asks for it, what stops in which order, what must finish.

use std::{future::Future, io};

use opentelemetry::trace::FutureExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::Status;

use crate::status;

/// The life of a process, shared by everything that runs in it. Clones are the same life.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    stop: CancellationToken,
    pulls: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// A life that nobody has asked to end.
    pub fn new() -> Self {
        Self::default()
    }

    /// SIGTERM (from an orchestrator) and SIGINT (Ctrl-C) ask for an orderly end; the second one ends at once.
    ///
    /// # Errors
    /// When the signal handlers cannot be installed.
    pub fn listen(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let stop = self.stop.clone();
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tracing::info!("stopping; a second signal ends at once");
            stop.cancel();
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            std::process::exit(130);
        });
        Ok(())
    }

    /// Asks for an orderly end.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Resolves when an end was asked for.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// An end was asked for.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Cancelled once readiness is off: followers and tickers finish what they hold and take nothing new.
    pub fn pulls(&self) -> CancellationToken {
        self.pulls.clone()
    }

    /// Work that must finish before the process closes its views and journal.
    pub const fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }
}

/// Runs work that must finish although the caller left (an append and what follows from it) in a tracked task.
///
/// tonic drops a handler's future when the client goes away; what was begun here goes on, and a stop waits for it.
///
/// # Errors
/// The work's own status, or INTERNAL when the work panicked.
pub async fn finish<T: Send + 'static>(
    tasks: &TaskTracker,
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> Result<T, Status> {
    tasks.spawn(work.with_current_context()).await.unwrap_or_else(|failure| Err(status::internal(&failure)))
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn tracked_work_outlives_its_caller() {
        let life = Lifecycle::new();
        let (go, wait) = oneshot::channel::<()>();
        let (done, seen) = oneshot::channel::<()>();
        let work = async move {
            wait.await.unwrap();
            done.send(()).unwrap();
            Ok(())
        };
        let mut handler = Box::pin(finish(life.tasks(), work));
        assert!(futures_poll_once(&mut handler).await.is_none());
        drop(handler);
        life.tasks().close();
        go.send(()).unwrap();
        life.tasks().wait().await;
        seen.await.unwrap();
    }

    async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        tokio::select! { biased; output = future => Some(output), () = std::future::ready(()) => None }
    }

    #[tokio::test]
    async fn a_panic_in_tracked_work_is_an_internal_error() {
        let life = Lifecycle::new();
        let status = finish::<()>(life.tasks(), async { panic!("on purpose") }).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Internal);
    }
}
