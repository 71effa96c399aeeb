//! The desk, from commits to pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    missing_docs,
    reason = "a test"
)]

mod chain;
mod interleaving;
mod look;
mod pages;
mod rpc;
mod support;
