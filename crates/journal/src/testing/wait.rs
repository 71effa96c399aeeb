//! Waiting in tests: for a condition, with a bound, never for a time.

use std::time::Duration;

use futures::{Stream, StreamExt as _};

/// The longest that anything in a test may take.
pub const BOUND: Duration = Duration::from_secs(60);

/// The outcome, within the bound.
///
/// # Panics
/// When it takes longer.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(BOUND, work).await {
        Ok(outcome) => outcome,
        Err(_) => panic!("{what}: not within {BOUND:?}"),
    }
}

/// Asks again until there is an outcome.
///
/// # Panics
/// When there is none within the bound.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    within(what, async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// The next element of a stream.
///
/// # Panics
/// When it ends, or takes longer than the bound.
pub async fn next<T>(what: &str, stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    match within(what, stream.next()).await {
        Some(element) => element,
        None => panic!("{what}: the stream ended"),
    }
}
