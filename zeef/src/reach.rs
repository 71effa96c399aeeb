//! Owns how a command reaches the services: addresses, token, the head of a command, the position after it.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use kernel::Gemeentecode;
use proto::{
    aftercare::v1::aftercare_service_client::AftercareServiceClient,
    common::v1 as pb,
    court_liaison::v1::court_liaison_service_client::CourtLiaisonServiceClient,
    desk::v1::{GetCaseRequest, cases_service_client::CasesServiceClient},
    intake::v1::{
        bailiff_service_client::BailiffServiceClient, concerns_service_client::ConcernsServiceClient,
        doors_service_client::DoorsServiceClient, intake_service_client::IntakeServiceClient, rights_service_client::RightsServiceClient,
    },
    outreach::v1::outreach_service_client::OutreachServiceClient,
    routing::v1::routing_service_client::RoutingServiceClient,
};
use service::{Actor, Client, Issuer, Role, connect};
use uuid::Uuid;

use crate::{
    Failure,
    out::Out,
    parse::{self, Position},
    player::Endpoints,
};

/// Where the services are and who asks.
#[derive(clap::Args, Clone, Debug)]
pub struct Reach {
    /// The server, when all services are in one process.
    #[arg(long, env = "ZEEF_SERVER", default_value = "http://127.0.0.1:4700", value_name = "URL", global = true)]
    server: String,
    /// Intake, when it is elsewhere.
    #[arg(long, env = "ZEEF_INTAKE_URL", value_name = "URL", global = true, hide_short_help = true)]
    intake_url: Option<String>,
    /// Routing, when it is elsewhere.
    #[arg(long, env = "ZEEF_ROUTING_URL", value_name = "URL", global = true, hide_short_help = true)]
    routing_url: Option<String>,
    /// Outreach, when it is elsewhere.
    #[arg(long, env = "ZEEF_OUTREACH_URL", value_name = "URL", global = true, hide_short_help = true)]
    outreach_url: Option<String>,
    /// Court liaison, when it is elsewhere.
    #[arg(long, env = "ZEEF_COURT_LIAISON_URL", value_name = "URL", global = true, hide_short_help = true)]
    court_liaison_url: Option<String>,
    /// Aftercare, when it is elsewhere.
    #[arg(long, env = "ZEEF_AFTERCARE_URL", value_name = "URL", global = true, hide_short_help = true)]
    aftercare_url: Option<String>,
    /// The desk, when it is elsewhere.
    #[arg(long, env = "ZEEF_DESK_URL", value_name = "URL", global = true, hide_short_help = true)]
    desk_url: Option<String>,
    /// Who asks. Without it, a token is made with the key in the data directory (loopback only).
    #[arg(long, env = "ZEEF_TOKEN", hide_env_values = true, value_name = "TOKEN", global = true)]
    token: Option<String>,
    /// The data directory of the server on this machine.
    #[arg(long, env = "ZEEF_DATA", default_value = ".zeef", value_name = "DIR", global = true)]
    data: PathBuf,
    /// PEM file with the private key that makes tokens; without it `identity.pem` in the data directory.
    #[arg(long, env = "ZEEF_IDENTITY_KEY", value_name = "FILE", global = true, hide_short_help = true)]
    identity_key: Option<PathBuf>,
    /// Answer in JSON, by the schema in docs/schemas.
    #[arg(long, global = true)]
    json: bool,
    /// Wait until the answer holds this position, as a command printed it, for example routing@123; without it, it holds all
    /// that was there when it was asked.
    #[arg(long, value_name = "CONTEXT@NUMBER", global = true, hide_short_help = true)]
    at_least: Vec<Position>,
}

impl Reach {
    /// Where each service is.
    pub fn endpoints(&self) -> Endpoints {
        let at = |own: &Option<String>| own.clone().unwrap_or_else(|| self.server.clone());
        Endpoints {
            intake: at(&self.intake_url),
            routing: at(&self.routing_url),
            outreach: at(&self.outreach_url),
            court_liaison: at(&self.court_liaison_url),
            aftercare: at(&self.aftercare_url),
            desk: at(&self.desk_url),
        }
    }

    /// Stdout, as it was asked for.
    pub fn out(&self) -> Out {
        Out::new(self.json)
    }

    /// A token was given.
    pub const fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The key that makes tokens here.
    ///
    /// # Errors
    /// When there is none on this machine.
    pub fn issuer(&self) -> Result<Issuer, Failure> {
        let file = self.identity_key.clone().unwrap_or_else(|| self.data.join("identity.pem"));
        if !file.exists() {
            return Err(Failure::of(format!(
                "no token and no key to make one with ({}): start a server here with `zeef up`, name its --data, or give --token",
                file.display()
            )));
        }
        Ok(Issuer::load(&file)?)
    }

    fn token_for(&self, address: &str, actor: &Actor) -> Result<String, Failure> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        if self.identity_key.is_none() && !is_loopback(address) {
            return Err(Failure::usage(format!("{address} is another machine: give --token (ZEEF_TOKEN)")));
        }
        Ok(self.issuer()?.token(actor, SignedDuration::from_mins(15))?)
    }

    /// A connection for somebody at this machine, who sees every municipality here.
    async fn client(&self, address: &str, roles: &[Role]) -> Result<Client, Failure> {
        let mut all = vec![Role::Operator];
        all.extend_from_slice(roles);
        self.client_as(address, &Actor::person("zeef-cli", "zeef", &all, &[])).await
    }

    async fn client_as(&self, address: &str, actor: &Actor) -> Result<Client, Failure> {
        match self.token_for(address, actor) {
            Ok(token) => Ok(connect(address, Some(&token)).await?),
            Err(failure) => {
                // Nobody there is the first thing to say; the missing key follows from it.
                connect(address, None).await?;
                Err(failure)
            }
        }
    }

    /// Intake, as the early-signal desk.
    pub async fn intake(&self) -> Result<IntakeServiceClient<Client>, Failure> {
        Ok(IntakeServiceClient::new(self.client(&self.endpoints().intake, &[Role::Desk]).await?))
    }
    /// Intake's doors other than a creditor's, as the early-signal desk.
    pub async fn doors(&self) -> Result<DoorsServiceClient<Client>, Failure> {
        Ok(DoorsServiceClient::new(self.client(&self.endpoints().intake, &[Role::Desk]).await?))
    }
    /// The bailiff's door.
    pub async fn bailiff_as(&self, actor: &Actor) -> Result<BailiffServiceClient<Client>, Failure> {
        Ok(BailiffServiceClient::new(self.client_as(&self.endpoints().intake, actor).await?))
    }
    /// Concerns, as the early-signal desk.
    pub async fn concerns(&self) -> Result<ConcernsServiceClient<Client>, Failure> {
        Ok(ConcernsServiceClient::new(self.client(&self.endpoints().intake, &[Role::Desk]).await?))
    }
    /// The rights of the people in the vault, as the privacy officer; and as the operator, for the ledger and the keys.
    pub async fn rights(&self) -> Result<RightsServiceClient<Client>, Failure> {
        Ok(RightsServiceClient::new(self.client(&self.endpoints().intake, &[Role::PrivacyOfficer]).await?))
    }
    /// Intake, as somebody else.
    pub async fn intake_as(&self, actor: &Actor) -> Result<IntakeServiceClient<Client>, Failure> {
        Ok(IntakeServiceClient::new(self.client_as(&self.endpoints().intake, actor).await?))
    }
    /// Routing.
    pub async fn routing(&self) -> Result<RoutingServiceClient<Client>, Failure> {
        Ok(RoutingServiceClient::new(self.client(&self.endpoints().routing, &[Role::Desk]).await?))
    }
    /// Routing, as somebody else.
    pub async fn routing_as(&self, actor: &Actor) -> Result<RoutingServiceClient<Client>, Failure> {
        Ok(RoutingServiceClient::new(self.client_as(&self.endpoints().routing, actor).await?))
    }
    /// Outreach.
    pub async fn outreach(&self) -> Result<OutreachServiceClient<Client>, Failure> {
        Ok(OutreachServiceClient::new(self.client(&self.endpoints().outreach, &[Role::Desk]).await?))
    }
    /// Court liaison.
    pub async fn court(&self) -> Result<CourtLiaisonServiceClient<Client>, Failure> {
        Ok(CourtLiaisonServiceClient::new(self.client(&self.endpoints().court_liaison, &[Role::CourtLiaison]).await?))
    }
    /// Aftercare.
    pub async fn aftercare(&self) -> Result<AftercareServiceClient<Client>, Failure> {
        Ok(AftercareServiceClient::new(self.client(&self.endpoints().aftercare, &[Role::Aftercare]).await?))
    }
    /// The desk.
    pub async fn desk(&self) -> Result<CasesServiceClient<Client>, Failure> {
        Ok(CasesServiceClient::new(self.client(&self.endpoints().desk, &[]).await?))
    }
    /// The desk, as the early-signal desk.
    pub async fn desk_as_staff(&self) -> Result<CasesServiceClient<Client>, Failure> {
        Ok(CasesServiceClient::new(self.client(&self.endpoints().desk, &[Role::Desk]).await?))
    }
    /// Any process, as its operator.
    pub async fn operator(&self, address: &str) -> Result<Client, Failure> {
        self.client(address, &[]).await
    }

    /// What a read of one context must hold.
    ///
    /// # Errors
    /// When a position of another context was asked for.
    pub fn at_least(&self, context: &str) -> Result<Option<pb::Position>, Failure> {
        if let Some(other) = self.at_least.iter().find(|position| position.context != context) {
            return Err(Failure::usage(format!(
                "this answer comes from {context}: {}@{} says nothing about it",
                other.context, other.sequence
            )));
        }
        Ok(self.at_least.iter().max_by_key(|position| position.sequence).cloned().map(Into::into))
    }

    /// What a read of the desk must hold: a position per context.
    pub fn at_least_all(&self) -> Vec<pb::Position> {
        self.at_least.iter().cloned().map(Into::into).collect()
    }

    /// The municipality in a case's key: as given, or as the desk knows it.
    ///
    /// # Errors
    /// When the desk does not know the case.
    pub async fn gemeente_of(&self, case: &str, given: Option<Gemeentecode>) -> Result<String, Failure> {
        if let Some(code) = given {
            return Ok(code.to_string());
        }
        let request = GetCaseRequest { case_id: case.to_owned(), at_least: self.at_least_all() };
        let known = self.desk().await?.get_case(request).await?.into_inner();
        Ok(known.line.unwrap_or_default().gemeentecode)
    }
}

/// The address is this machine.
fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or(host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The head of a command that writes.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Head {
    /// When it happened, if not now: RFC 3339, or 2026-03-02T09:00 for Dutch time.
    #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
    pub happened_at: Option<Timestamp>,
    /// The id of the request, to repeat one safely; a new one by default.
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<Uuid>,
}

impl Head {
    /// As the services want it.
    pub fn command(&self) -> pb::Command {
        let id = self.request_id.unwrap_or_else(|| kernel::ids::new_uuid(Timestamp::now()));
        pb::Command { request_id: id.to_string(), happened_at: self.happened_at() }
    }

    /// A command that goes before this one, with an id of its own that is the same in a repeat.
    pub fn derived(&self, request_id: &str, purpose: &str) -> pb::Command {
        let from = request_id.parse().unwrap_or_default();
        pb::Command { request_id: kernel::ids::derived_uuid(from, purpose).to_string(), happened_at: self.happened_at() }
    }

    fn happened_at(&self) -> String {
        self.happened_at.map(|at| at.to_string()).unwrap_or_default()
    }
}

/// Prints where a command stands, for `--at-least`.
pub fn print_position(out: &mut Out, position: Option<&pb::Position>) -> Result<(), Failure> {
    match position.filter(|position| position.sequence > 0) {
        Some(position) if out.json() => {
            out.document(&serde_json::json!({ "position": format!("{}@{}", position.context, position.sequence) }))
        }
        Some(position) => out.line(format!("positie: {}@{}", position.context, position.sequence)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_made_for_this_machine_only() {
        for ours in ["http://127.0.0.1:4700", "127.0.0.1:4700", "http://localhost:1/x", "http://[::1]:4700"] {
            assert!(is_loopback(ours), "{ours}");
        }
        for theirs in ["http://zeef.example.nl:4700", "http://10.0.0.1:4700", "http://localhost.example.nl:1", "https://192.168.1.1"] {
            assert!(!is_loopback(theirs), "{theirs}");
        }
    }
}
