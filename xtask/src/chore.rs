//! The command line: which chores there are.

use clap::Parser;

use crate::fault::Fault;
use crate::{bench, deps, k8s, nats, shell, suite};

/// The chores of the house.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub enum Chore {
    /// Everything that must hold before a change is taken: format, dependencies, manifests, lints, tests.
    Test {
        /// Run only the tests whose name contains this, and nothing else.
        filter: Option<String>,
    },
    /// Print the path of a nats-server that is new enough, fetching a pinned one when none is at hand.
    Nats,
    /// Measure: acknowledged signals per second and command times, next to the floor of the same machine.
    Bench {
        /// Passed to the bench program as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Who may depend on whom, and lints everywhere.
    CheckDeps,
    /// Render `k8s/` and hold every object against the Kubernetes schemas and the rules of the house.
    K8s,
}

impl Chore {
    /// Does the chore.
    pub fn run(self) -> Result<(), Fault> {
        match self {
            Self::Test { filter } => suite::run(filter.as_deref()),
            Self::Nats => {
                let server = nats::find_or_fetch()?;
                shell::answer(&server.display().to_string());
                Ok(())
            }
            Self::Bench { args } => bench::run(&args),
            Self::CheckDeps => deps::check(),
            Self::K8s => k8s::check(),
        }
    }
}
