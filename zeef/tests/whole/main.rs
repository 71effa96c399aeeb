//! The whole suite from outside: real processes, real ports, one journal or a real nats-server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may fail"
)]

#[path = "../support/mod.rs"]
mod support;

mod attach;
mod bad_input;
mod bailiff;
mod border;
mod carried;
mod commands;
mod concerns;
mod correction;
mod crisis;
mod ddas;
mod demo;
mod doors;
mod erasure;
mod evidence;
mod form;
mod override_route;
mod own_effect;
mod pages;
mod partner_files;
mod people;
mod poison;
mod policies;
mod reconciled;
mod sample;
mod settings;
mod strangers;
mod survival;
mod teams;
mod terms;
mod trace;
