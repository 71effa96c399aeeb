//! Intake from outside: over gRPC on a free port, with the embedded journal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod border;
mod concerns;
mod doors;
mod feedback;
mod files;
mod hand_over;
mod house;
mod matching;
mod persons;
mod reactions;
mod receipts;
mod requests;
mod rights;
mod staff;
mod submit;
mod wishes;
