//! Owns the bringing into force of a region's routing policies: one officer proposes, another approves.

use jiff::civil::Date;
use proto::{
    common::v1 as pb,
    routing::v1::{
        ApprovePolicyRequest, ListPoliciesRequest, PolicyVersion, ProposePolicyRequest, routing_service_client::RoutingServiceClient,
    },
};
use service::{Actor, Client, Issuer, Role, connect};
use tonic::Status;

use super::{Endpoints, PlayError, cast, region::Region};

/// Every policy of the region that is not in force yet, from this day on.
pub async fn bring_into_force(endpoints: &Endpoints, issuer: &Issuer, region: &Region, from: Date) -> Result<(), PlayError> {
    let mut author = officer(endpoints, issuer, "b-1", region).await?;
    let mut approver = officer(endpoints, issuer, "b-2", region).await?;
    for (gemeentecode, text) in &region.policies {
        let refused = |status: Status| PlayError::Refused {
            place: format!("{gemeentecode}.toml"),
            what: "policy".to_owned(),
            text: status.message().to_owned(),
        };
        let list = ListPoliciesRequest { gemeentecode: gemeentecode.clone() };
        let known = author.list_policies(list).await.map_err(refused)?.into_inner().versions;
        let known: Option<PolicyVersion> = known.into_iter().find(|version| &version.text == text);
        let version = match known {
            Some(known) if !known.activations.is_empty() => continue,
            Some(known) => known.version,
            None => {
                let request = ProposePolicyRequest { command: head(), gemeentecode: gemeentecode.clone(), text: text.clone() };
                author.propose_policy(request).await.map_err(refused)?.into_inner().version
            }
        };
        let valid_from = Some(pb::Date { iso: from.to_string() });
        let request = ApprovePolicyRequest { command: head(), gemeentecode: gemeentecode.clone(), version, valid_from };
        approver.approve_policy(request).await.map_err(refused)?;
    }
    Ok(())
}

fn head() -> Option<pb::Command> {
    let request_id = kernel::ids::new_uuid(jiff::Timestamp::now()).to_string();
    Some(pb::Command { request_id, happened_at: String::new() })
}

async fn officer(endpoints: &Endpoints, issuer: &Issuer, id: &str, region: &Region) -> Result<RoutingServiceClient<Client>, PlayError> {
    let gemeenten: Vec<_> = region.gemeenten.iter().filter_map(|code| code.parse().ok()).collect();
    let token = cast::token(issuer, &Actor::person(id, "regio", &[Role::PolicyOfficer], &gemeenten))?;
    Ok(RoutingServiceClient::new(connect(&endpoints.routing, Some(&token)).await?))
}
