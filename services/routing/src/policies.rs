//! The versions of a municipality's policy over gRPC: proposed by one person, approved by another, listed for all who work with it.

use std::{path::Path, sync::Arc};

use jiff::{Timestamp, civil::Date};
use kernel::{Gemeentecode, days::amsterdam_date};
use proto::routing::v1::{
    ApprovePolicyRequest, ApprovePolicyResponse, ListPoliciesRequest, ListPoliciesResponse, PolicyActivation, PolicyVersion,
    ProposePolicyRequest, ProposePolicyResponse,
};
use routing_domain::{Command, Policy, Proposal, Versions, policies_key};
use service::{Actor, Kind, Resource, Room, action, status};
use tonic::{Request, Response, Status};

use crate::{
    codec::date_out,
    policy_file::{self, PolicyError},
    views::RoutesView,
};

/// The longest text of a policy, in bytes.
const LONGEST: usize = 128 * 1024;

/// Records a version, checked, with its text.
pub async fn propose(room: &Room<RoutesView>, request: Request<ProposePolicyRequest>) -> Result<Response<ProposePolicyResponse>, Status> {
    let gemeente = municipality(&request.get_ref().gemeentecode)?;
    let actor = person(room, &request, action::POLICY_PROPOSE, gemeente)?;
    let asked = request.into_inner();
    // Every class of cases is tried: longer than a request may hold up the others.
    let text = asked.text.clone();
    let policy = tokio::task::spawn_blocking(move || checked(gemeente, &text)).await.map_err(|panic| status::internal(&panic))??;
    let (version, hash) = (policy.version.clone(), policy.hash.to_vec());
    let proposal = Proposal { policy: Arc::new(policy), text: asked.text.into(), author: actor.id.clone() };
    let done = room.command(&actor, asked.command.as_ref(), policies_key(gemeente), Command::Propose(proposal)).await?;
    Ok(Response::new(ProposePolicyResponse { version, hash, position: Some(Room::<RoutesView>::position(done.sequence)) }))
}

/// Brings a version into force.
pub async fn approve(room: &Room<RoutesView>, request: Request<ApprovePolicyRequest>) -> Result<Response<ApprovePolicyResponse>, Status> {
    let gemeente = municipality(&request.get_ref().gemeentecode)?;
    let actor = person(room, &request, action::POLICY_APPROVE, gemeente)?;
    let asked = request.into_inner();
    let valid_from: Date = asked
        .valid_from
        .and_then(|date| date.iso.parse().ok())
        .ok_or_else(|| status::invalid_field("valid_from", "a date is expected, for example 2026-07-01"))?;
    let command = Command::Approve { version: asked.version, valid_from, approver: actor.id.clone() };
    let done = room.command(&actor, asked.command.as_ref(), policies_key(gemeente), command).await?;
    Ok(Response::new(ApprovePolicyResponse { position: Some(Room::<RoutesView>::position(done.sequence)) }))
}

/// Every version, and what decides today.
pub async fn list(
    room: &Room<RoutesView>,
    now: Timestamp,
    request: Request<ListPoliciesRequest>,
) -> Result<Response<ListPoliciesResponse>, Status> {
    let gemeente = municipality(&request.get_ref().gemeentecode)?;
    room.gate.check(request.metadata(), action::POLICY_READ, &Resource::of("routing").gemeente(gemeente))?;
    let away = |away: journal::Unavailable| status::unavailable(&away);
    let key = policies_key(gemeente);
    let state = room.runtime.state(key).await.map_err(away)?.unwrap_or_default();
    let in_force = room.runtime.facts_for(key).await.map_err(away)?.on(amsterdam_date(now));
    Ok(Response::new(ListPoliciesResponse {
        versions: versions(&state.versions),
        in_force: in_force.name.clone(),
        in_force_version: in_force.version.clone(),
        in_force_hash: in_force.hash.to_vec(),
        position: Some(Room::<RoutesView>::position(in_force.position)),
    }))
}

fn versions(versions: &Versions) -> Vec<PolicyVersion> {
    let activations = |version: &str| {
        let of = versions.activations.iter().filter(|activation| activation.version == version);
        of.map(|one| PolicyActivation { valid_from: date_out(Some(one.valid_from)), approver: one.approver.clone() }).collect()
    };
    let version = |proposal: &Proposal| PolicyVersion {
        version: proposal.policy.version.clone(),
        hash: proposal.policy.hash.to_vec(),
        author: proposal.author.clone(),
        activations: activations(&proposal.policy.version),
        text: proposal.text.to_string(),
    };
    versions.proposals.iter().map(version).collect()
}

/// The municipality of a request.
pub(crate) fn municipality(code: &str) -> Result<Gemeentecode, Status> {
    code.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))
}

/// Who asks, if they may, and are somebody: two services are not four eyes.
fn person<T>(room: &Room<RoutesView>, request: &Request<T>, action: &'static str, gemeente: Gemeentecode) -> Result<Actor, Status> {
    let actor = room.gate.check(request.metadata(), action, &Resource::of("routing").gemeente(gemeente))?;
    if actor.kind == Kind::Person {
        Ok(actor)
    } else {
        Err(status::refused("not-a-person", "a person decides about a policy, never a service"))
    }
}

/// The policy in a text that nothing is wrong with.
fn checked(gemeente: Gemeentecode, text: &str) -> Result<Policy, Status> {
    if text.len() > LONGEST {
        return Err(status::invalid_field("text", format!("at most {LONGEST} bytes expected")));
    }
    policy_file::parse(Path::new(&format!("{gemeente}.toml")), text).map_err(|error| match error {
        PolicyError::Wrong { faults, .. } => status::invalid(faults.into_iter().map(|(line, what)| (format!("text:{line}"), what))),
        unreadable @ PolicyError::Unreadable { .. } => status::internal(&unreadable),
    })
}
