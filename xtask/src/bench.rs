//! `cargo xtask bench`: the end-to-end measurement of `zeef/benches/end_to_end.rs`, with a nats-server at hand.

use crate::fault::Fault;
use crate::{nats, shell};

/// Builds the bench program in release mode and runs it; `args` are its own.
pub fn run(args: &[String]) -> Result<(), Fault> {
    let server = nats::find_or_fetch()?;
    shell::say(&format!("bench: with {}", server.display()));
    let mut bench = shell::cargo();
    bench.args(["bench", "--package", "zeef", "--bench", "end_to_end", "--"]).args(args).env(nats::ENV, server);
    shell::must(&mut bench, "read the lines above: they say what could not be built, started or measured")
}
