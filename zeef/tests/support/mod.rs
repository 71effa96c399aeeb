//! What the tests of the whole suite share: houses of real processes, a real nats-server, proxies, a trace collector.
//!
//! Used by `tests/whole` and by other test binaries of this crate with `#[path = "../support/mod.rs"] mod support;`.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test support says what is wrong by a panic"
)]

pub mod collector;
pub mod form;
pub mod house;
pub mod mailbox;
pub mod nats;
pub mod page;
pub mod poison;
pub mod process;
pub mod proxy;
pub mod region;
pub mod sending;
pub mod workbook;

use std::time::Duration;

/// The longest that anything may take; far more than it does on a slow machine.
pub const BOUND: Duration = Duration::from_secs(90);

/// Asks again until there is an outcome; panics with the last thing said when there is none within [`BOUND`].
pub async fn until<T, F: Future<Output = Result<T, String>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + BOUND;
    let mut last = "no answer".to_owned();
    loop {
        match tokio::time::timeout_at(deadline, ask()).await {
            Ok(Ok(found)) => return found,
            Ok(Err(said)) => last = said,
            Err(_) => {}
        }
        // Here, for an answer that is there at once is never too late.
        assert!(tokio::time::Instant::now() < deadline, "{what}: not within {BOUND:?}: {last}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
