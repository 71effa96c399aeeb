//! `cargo xtask test`: all that must hold, in order, cheap things first, stopping at the first that does not.

use std::time::Instant;

use crate::fault::Fault;
use crate::{deps, k8s, nats, shell};

/// Runs everything, or with a filter only the tests whose name contains it.
pub fn run(filter: Option<&str>) -> Result<(), Fault> {
    let mut done = Done::default();
    let server = done.step("nats-server", nats::find_or_fetch)?;
    shell::say(&format!("    {}", server.display()));
    if let Some(filter) = filter {
        done.step("tests", || {
            shell::must(
                shell::cargo().args(["test", "--workspace", "--", filter]).env(nats::ENV, &server),
                "read the first failure above; the same filter runs it again",
            )
        })?;
        shell::say(&format!("ran: {} (only tests named *{filter}*; format, dependencies, k8s and lints were NOT run)", done.line()));
        return Ok(());
    }
    done.step("format", || {
        component("fmt", "rustfmt")?;
        shell::must(shell::cargo().args(["fmt", "--all", "--check"]), "run `cargo fmt --all` and look at what it changed")
    })?;
    done.step("dependencies", deps::check)?;
    done.step("k8s", k8s::check)?;
    // Same profile, same workspace, same features for both, and no RUSTFLAGS, which would make cargo build everything twice:
    // `-D warnings` after the dashes reaches our own crates only.
    done.step("clippy", || {
        component("clippy", "clippy")?;
        shell::must(
            shell::cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
            "mend what clippy shows; an exception is `#[expect(lint, reason = \"...\")]`",
        )
    })?;
    done.step("tests", || {
        shell::must(
            shell::cargo().args(["test", "--workspace"]).env(nats::ENV, &server),
            "read the first failure above; `cargo xtask test <part of its name>` runs it alone",
        )
    })?;
    shell::say(&format!("all well. ran: {}", done.line()));
    Ok(())
}

/// A part of the toolchain that may be missing; without it the step has not been done, so it fails.
fn component(subcommand: &str, component: &str) -> Result<(), Fault> {
    shell::output(
        shell::cargo().args([subcommand, "--version"]),
        &format!("this toolchain has no {component}: `rustup component add {component}`"),
    )
    .map(drop)
}

#[derive(Default)]
struct Done(Vec<String>);

impl Done {
    fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        shell::say(&format!("==> {name}"));
        let start = Instant::now();
        let outcome = work().inspect_err(|_| {
            let before = if self.0.is_empty() { "nothing".to_owned() } else { self.line() };
            shell::say(&format!("stopped at: {name}. done before it: {before}"));
        })?;
        self.0.push(format!("{name} {}s", start.elapsed().as_secs()));
        Ok(outcome)
    }

    fn line(&self) -> String {
        self.0.join(", ")
    }
}
