//! `zeef routing`: check and show policies, propose and approve a version, explain a route or choose another, the load of the
//! teams, the algorithm register, what if.

pub mod explain;
pub mod load;
pub mod policies;
pub mod register;
pub mod versions;
pub mod what_if;

use std::path::PathBuf;

use jiff::civil::Date;
use kernel::{CaseId, Gemeentecode};
use proto::routing::v1::OverrideRouteRequest;
use routing::domain::Track;

use crate::{
    Failure,
    commands::outreach::On,
    out::Out,
    parse,
    reach::{Reach, print_position},
};

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
    /// Puts a policy file forward as a version of the municipality's policy, when nothing is wrong with it. It decides nothing yet.
    Propose {
        /// `<gemeentecode>.toml`.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        officer: versions::Officer,
    },
    /// Brings a proposed version into force; by another person than its author.
    Approve {
        /// The municipality.
        #[arg(value_name = "GEMEENTECODE")]
        gemeente: Gemeentecode,
        /// The version.
        #[arg(id = "policy_version", value_name = "VERSION")]
        version: String,
        /// The first day on which it decides, today at the soonest. 31-12-2026 or 2026-12-31.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        valid_from: Date,
        #[command(flatten)]
        officer: versions::Officer,
    },
    /// The versions of a municipality's policy, who proposed and approved them, and which decides today.
    Policies {
        /// The municipality.
        #[arg(value_name = "GEMEENTECODE")]
        gemeente: Gemeentecode,
    },
    /// What began with each team in each week, what it has beyond its room, and what another team took.
    Load {
        /// The municipality.
        #[arg(value_name = "GEMEENTECODE")]
        gemeente: Gemeentecode,
        /// Weeks from this day on. 31-12-2026 or 2026-12-31.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        from: Date,
        /// Weeks until this day, with it.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        to: Date,
    },
    /// Why a case went to the team it went to, in words its resident can be told.
    Explain {
        /// The case.
        id: CaseId,
    },
    /// A worker's choice over the policy's: another track or team, for a reason that the policy knows.
    Override {
        #[command(flatten)]
        on: On,
        /// How hard: early, intensive, crisis or team-lead.
        #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Track::CODES.iter().copied()))]
        track: String,
        /// Who, one of the policy's teams; the policy's team for the track when not given.
        #[arg(long, value_name = "CODE", default_value = "")]
        team: String,
        /// Why, one of the policy's reasons: no free text, as it stays for ever.
        #[arg(long, value_name = "CODE")]
        reason: String,
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
            What::Check { folder } => policies::check(&mut out, &folder.policies),
            What::Show { name, folder } => policies::show(&mut out, &folder.policies, name),
            What::Propose { file, officer } => versions::propose(&self.reach, &mut out, file, officer).await,
            What::Approve { gemeente, version, valid_from, officer } => {
                versions::approve(&self.reach, &mut out, (*gemeente, version, *valid_from), officer).await
            }
            What::Policies { gemeente } => versions::list(&self.reach, &mut out, *gemeente).await,
            What::Load { gemeente, from, to } => load::load(&self.reach, &mut out, *gemeente, (*from, *to)).await,
            What::Explain { id } => explain::explain(&self.reach, &mut out, *id).await,
            What::Override { on, track, team, reason } => choose(&self.reach, &mut out, on, [track, team, reason]).await,
            What::Register { name, folder } => register::register(&mut out, &folder.policies, name),
            What::Another { policy, gemeente, from, to } => what_if::what_if(&self.reach, &mut out, policy, *gemeente, (*from, *to)).await,
        };
        out.flush()?;
        done
    }
}

/// Another route than the policy's: track, team, reason.
async fn choose(reach: &Reach, out: &mut Out, on: &On, codes: [&String; 3]) -> Result<(), Failure> {
    let (head, case_id) = (on.head.command(), on.case.to_string());
    let gemeentecode = reach.gemeente_of(&case_id, on.gemeente).await?;
    let (id, command) = (head.request_id.clone(), Some(head));
    let [track, team, reason_code] = codes.map(Clone::clone);
    let request = OverrideRouteRequest { command, case_id, gemeentecode, track, team, reason_code };
    let answer = reach.routing().await?.override_route(request).await.map_err(|status| Failure::said_of(&status, &id))?;
    print_position(out, answer.into_inner().position.as_ref())
}
