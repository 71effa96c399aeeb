//! For tests, of this crate and of those that build on it: the conformance suite, worlds to run it in, real servers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test support says what is wrong by a panic"
)]

pub mod chains;
pub mod conformance;
pub mod doors;
pub mod embedded;
pub mod lagging;
pub mod nats;
pub mod proxy;
pub mod reactions;
pub mod wait;

use kernel::Key;
use uuid::Uuid;

use crate::log::Subject;

/// A subject that nobody has used.
pub fn fresh(context: &str) -> Subject {
    Subject::new(context, Key::new("0000".parse().unwrap(), Uuid::now_v7()))
}

/// A name that nobody has used.
pub fn fresh_name(what: &str) -> String {
    format!("{what}{}", Uuid::now_v7().simple())
}
