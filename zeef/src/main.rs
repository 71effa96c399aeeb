//! The one binary people run.

use std::process::ExitCode;

fn main() -> ExitCode {
    zeef::run()
}
