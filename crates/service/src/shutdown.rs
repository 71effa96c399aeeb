//! Owns the end of a process: who asks for it, what stops in which order, what must finish.

use std::{
    future::Future,
    io,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
};

use futures::FutureExt as _;
use opentelemetry::trace::FutureExt as _;
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};
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

/// Runs work that must finish although the caller left: an append and what follows from it.
///
/// tonic drops a handler's future when the client goes away; what was begun here then goes on as a tracked task, and a stop
/// waits for it. While the caller stays it is no task of its own: a wake-up of another thread costs as much as a call.
///
/// # Errors
/// The work's own status, or INTERNAL when the work panicked.
pub async fn finish<T: Send + 'static>(
    tasks: &TaskTracker,
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> Result<T, Status> {
    let work = AssertUnwindSafe(work.with_current_context()).catch_unwind();
    let outcome = Finishing { work: Some(Box::pin(work)), tasks: tasks.clone(), _counted: tasks.token() }.await;
    outcome.unwrap_or_else(|_| Err(status::internal(&Panicked)))
}

/// As [`finish`], in a task of its own from the start: for the rows of a stream, that they spread over the cores.
///
/// # Errors
/// As [`finish`].
pub fn finish_apart<T: Send + 'static>(
    tasks: &TaskTracker,
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> impl Future<Output = Result<T, Status>> {
    // Begun here and boxed first: who waits holds a handle, and the work is not copied from wrapping to wrapping.
    let task = tasks.spawn(Box::pin(work).with_current_context());
    async move { task.await.unwrap_or_else(|failure| Err(status::internal(&failure))) }
}

#[derive(Debug, thiserror::Error)]
#[error("the work panicked")]
struct Panicked;

/// Work in its caller's hands. Goes on by itself when the caller drops it.
struct Finishing<F: Future<Output: Send> + Send + 'static> {
    work: Option<Pin<Box<F>>>,
    tasks: TaskTracker,
    _counted: TaskTrackerToken,
}

impl<F: Future<Output: Send> + Send + 'static> Future for Finishing<F> {
    type Output = F::Output;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Polled again after its end, as nobody does, it waits.
        let Some(work) = &mut self.work else { return Poll::Pending };
        let outcome = std::task::ready!(work.as_mut().poll(context));
        self.work = None;
        Poll::Ready(outcome)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Finishing<F> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            drop(self.tasks.spawn_on(work, &runtime));
        }
    }
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
