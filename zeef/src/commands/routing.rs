//! `zeef routing`: check and show policies, explain a route, the algorithm register, what if.

pub mod explain;
mod policies;
pub mod register;
pub mod what_if;

use std::path::PathBuf;

use jiff::civil::Date;
use kernel::{CaseId, Gemeentecode};

use crate::{Failure, parse, reach::Reach};

/// Routing policies.
#[derive(clap::Args)]
pub struct Routing {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

/// Where the policies are.
#[derive(clap::Args, Clone, Debug)]
struct Folder {
    /// The folder of the policies.
    #[arg(long, env = "ZEEF_POLICIES", default_value = "policies", value_name = "DIR")]
    policies: PathBuf,
}

#[derive(clap::Subcommand)]
enum What {
    /// Reads every policy and practice and tells all that is wrong, with file and line. Exit status 1 when something is.
    Check {
        #[command(flatten)]
        folder: Folder,
    },
    /// A policy as sentences and as a decision table, and the facts it looks at.
    Show {
        /// The municipality, `default`, or a practice by name.
        name: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// Why a case went to the team it went to, in words its resident can be told.
    Explain {
        /// The case.
        id: CaseId,
    },
    /// The entry for the algorithm register (Algoritmeregister), Dutch.
    Register {
        /// The municipality, or `default`.
        name: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// What another policy would have made of what happened. Changes nothing and opens no vault.
    #[command(name = "what-if")]
    Another {
        /// The other policy.
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// The municipality whose history is gone through.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Gemeentecode,
        /// Routes from this day on. 31-12-2026 or 2026-12-31.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        from: Date,
        /// Routes until this day, with it.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        to: Date,
    },
}

impl Routing {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let done = match &self.what {
            What::Check { .. } | What::Show { .. } if out.json() => {
                return Err(Failure::usage("check and show answer in words; explain, register and what-if know --json"));
            }
            What::Check { folder } => policies::check(&mut out, &folder.policies),
            What::Show { name, folder } => policies::show(&mut out, &folder.policies, name),
            What::Explain { id } => explain::explain(&self.reach, &mut out, *id).await,
            What::Register { name, folder } => register::register(&mut out, &folder.policies, name),
            What::Another { policy, gemeente, from, to } => what_if::what_if(&self.reach, &mut out, policy, *gemeente, (*from, *to)).await,
        };
        out.flush()?;
        done
    }
}
