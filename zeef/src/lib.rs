//! The binary `zeef`, as a library so that tests use the same house and player as `zeef demo`.

mod cli;
mod commands;
pub mod ddas;
mod failure;
pub mod house;
mod out;
mod parse;
pub mod partner_file;
pub mod player;
mod reach;
mod words;

/// glibc's allocator takes a quarter of the time of a busy process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use cli::run;
pub use failure::Failure;
