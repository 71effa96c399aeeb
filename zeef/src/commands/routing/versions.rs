//! The versions of a municipality's policy: proposed by one person, approved by another, listed.

use std::{fs, path::Path};

use jiff::civil::Date;
use kernel::Gemeentecode;
use proto::{
    common::v1::Date as PbDate,
    routing::v1::{ApprovePolicyRequest, ListPoliciesRequest, ProposePolicyRequest},
};
use routing::policy_file;
use schemars::JsonSchema;
use serde::Serialize;
use service::{Actor, Role};

use crate::{
    Failure,
    out::Out,
    reach::{Head, Reach, print_position},
    words::{day, iso},
};

/// Who decides about the policy.
#[derive(clap::Args, Clone, Debug)]
pub struct Officer {
    /// Staff id of the policy officer, for a token made on this machine.
    #[arg(long = "as", value_name = "ID", default_value = "zeef-cli")]
    id: String,
    #[command(flatten)]
    head: Head,
}

impl Officer {
    fn actor(&self) -> Actor {
        Actor::person(&self.id, "zeef", &[Role::PolicyOfficer, Role::Operator], &[])
    }
}

/// `zeef routing policies --json`.
#[derive(Serialize, JsonSchema)]
pub struct PoliciesAnswer {
    /// What decides today: "default" when it is the policy shipped with the suite.
    in_force: String,
    in_force_version: String,
    /// SHA-256 of the text, hexadecimal.
    in_force_hash: String,
    /// The order of proposal.
    versions: Vec<Version>,
}

#[derive(Serialize, JsonSchema)]
struct Version {
    version: String,
    /// SHA-256 of the text, hexadecimal.
    hash: String,
    /// Staff id.
    author: String,
    activations: Vec<Activation>,
    /// The whole policy, TOML.
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct Activation {
    /// ISO 8601.
    valid_from: Option<String>,
    /// Staff id.
    approver: String,
}

/// A file becomes a proposal.
pub async fn propose(reach: &Reach, out: &mut Out, file: &Path, officer: &Officer) -> Result<(), Failure> {
    let policy = policy_file::read(file).map_err(|error| Failure::because(&error))?;
    let gemeente: Gemeentecode =
        policy.name.parse().map_err(|_| Failure::usage("a policy is proposed for a municipality: name the file <gemeentecode>.toml"))?;
    let text = fs::read_to_string(file).map_err(|error| Failure::because(&error))?;
    let head = officer.head.command();
    let id = head.request_id.clone();
    let request = ProposePolicyRequest { command: Some(head), gemeentecode: gemeente.to_string(), text };
    let mut client = reach.routing_as(&officer.actor()).await?;
    let answer = client.propose_policy(request).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
    if !out.json() {
        out.line(format!("voorgesteld: beleid {gemeente}, versie {} (sha256 {})", answer.version, hex::encode(&answer.hash)))?;
        out.line("het beslist nog niets: een ander keurt het goed met `zeef routing approve`")?;
    }
    print_position(out, answer.position.as_ref())
}

/// A proposal comes into force.
pub async fn approve(reach: &Reach, out: &mut Out, what: (Gemeentecode, &str, Date), officer: &Officer) -> Result<(), Failure> {
    let (gemeente, version, valid_from) = what;
    let head = officer.head.command();
    let id = head.request_id.clone();
    let request = ApprovePolicyRequest {
        command: Some(head),
        gemeentecode: gemeente.to_string(),
        version: version.to_owned(),
        valid_from: Some(PbDate { iso: valid_from.to_string() }),
    };
    let mut client = reach.routing_as(&officer.actor()).await?;
    let answer = client.approve_policy(request).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
    print_position(out, answer.position.as_ref())
}

/// Every version.
pub async fn list(reach: &Reach, out: &mut Out, gemeente: Gemeentecode) -> Result<(), Failure> {
    let request = ListPoliciesRequest { gemeentecode: gemeente.to_string() };
    let answer = reach.routing().await?.list_policies(request).await?.into_inner();
    if out.json() {
        let activation =
            |one: proto::routing::v1::PolicyActivation| Activation { valid_from: iso(one.valid_from.as_ref()), approver: one.approver };
        let version = |one: proto::routing::v1::PolicyVersion| Version {
            version: one.version,
            hash: hex::encode(&one.hash),
            author: one.author,
            activations: one.activations.into_iter().map(activation).collect(),
            text: one.text,
        };
        return out.document(&PoliciesAnswer {
            in_force: answer.in_force,
            in_force_version: answer.in_force_version,
            in_force_hash: hex::encode(&answer.in_force_hash),
            versions: answer.versions.into_iter().map(version).collect(),
        });
    }
    let shipped = if answer.in_force == gemeente.as_str() { "" } else { ", meegeleverd: er is geen eigen versie in werking" };
    out.line(format!("Vandaag beslist beleid {}, versie {}{shipped}.", answer.in_force, answer.in_force_version))?;
    let rows = answer.versions.into_iter().map(|one| {
        let since = one.activations.iter().map(|one| day(one.valid_from.as_ref())).collect::<Vec<_>>().join(", ");
        let approvers = one.activations.iter().map(|one| one.approver.clone()).collect::<Vec<_>>().join(", ");
        vec![one.version, hex::encode(one.hash.get(..6).unwrap_or_default()), one.author, approvers, since]
    });
    out.table(&["Versie", "Hash", "Voorgesteld door", "Goedgekeurd door", "Geldt vanaf"], rows, "Er is nog geen versie voorgesteld.")
}
