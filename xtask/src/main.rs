//! The chores of the house: `cargo xtask <chore>`.

mod bench;
mod chore;
mod deps;
mod fault;
mod fetch;
mod json;
mod k8s;
mod nats;
mod paths;
mod shell;
mod suite;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match chore::Chore::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            shell::complain(&fault);
            ExitCode::FAILURE
        }
    }
}
