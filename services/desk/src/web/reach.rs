//! How the pages reach the services: in the name of who looks, never in a name of the desk's own.

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};
use jiff::SignedDuration;
use kernel::ids::new_uuid;
use proto::{
    common::v1 as common,
    intake::v1::{
        concerns_service_client::ConcernsServiceClient, doors_service_client::DoorsServiceClient,
        intake_service_client::IntakeServiceClient,
    },
    outreach::v1::outreach_service_client::OutreachServiceClient,
    routing::v1::routing_service_client::RoutingServiceClient,
};
use service::{Actor, Client, Issuer, Role, connect, status};
use tonic::{Code, Status};

use super::{Site, Viewer, pages::notice};

/// Where the services are.
#[derive(Clone)]
pub struct Reach {
    /// Intake's gRPC address.
    pub intake: String,
    /// Routing's.
    pub routing: String,
    /// Outreach's.
    pub outreach: String,
    /// Makes the token of whoever sits at this machine, where nobody logs in; without it nothing can be asked from there.
    pub issuer: Option<Arc<Issuer>>,
}

impl Reach {
    /// Intake, asked by this person.
    pub(super) async fn intake(&self, viewer: &Viewer) -> Result<IntakeServiceClient<Client>, Status> {
        Ok(IntakeServiceClient::new(self.client(&self.intake, viewer).await?))
    }

    /// Concerns at intake, asked by this person.
    pub(super) async fn concerns(&self, viewer: &Viewer) -> Result<ConcernsServiceClient<Client>, Status> {
        Ok(ConcernsServiceClient::new(self.client(&self.intake, viewer).await?))
    }

    /// Intake's other doors, asked by this person.
    pub(super) async fn doors(&self, viewer: &Viewer) -> Result<DoorsServiceClient<Client>, Status> {
        Ok(DoorsServiceClient::new(self.client(&self.intake, viewer).await?))
    }

    /// Routing, asked by this person.
    pub(super) async fn routing(&self, viewer: &Viewer) -> Result<RoutingServiceClient<Client>, Status> {
        Ok(RoutingServiceClient::new(self.client(&self.routing, viewer).await?))
    }

    /// Outreach, asked by this person.
    pub(super) async fn outreach(&self, viewer: &Viewer) -> Result<OutreachServiceClient<Client>, Status> {
        Ok(OutreachServiceClient::new(self.client(&self.outreach, viewer).await?))
    }

    async fn client(&self, address: &str, viewer: &Viewer) -> Result<Client, Status> {
        let token = match viewer {
            Viewer::Person(_, token) => token.to_string(),
            Viewer::Everything => {
                let here = Actor::person("desk-page", "zeef", &[Role::Operator, Role::Desk], &[]);
                let issuer = self.issuer.as_ref().ok_or_else(|| Status::unauthenticated("no key on this machine to make a token with"))?;
                issuer.token(&here, SignedDuration::from_mins(5)).map_err(|error| status::internal(&error))?
            }
        };
        connect(address, Some(&token)).await.map_err(|error| status::unavailable(&error))
    }
}

/// The head of a command; the id stands in the form, so that pressing twice does it once.
pub(super) fn command(request_id: &str) -> Option<common::Command> {
    Some(common::Command { request_id: request_id.to_owned(), happened_at: String::new() })
}

/// A new id for a form.
pub(super) fn request_id(site: &Site) -> String {
    new_uuid(site.clock.now()).to_string()
}

/// What to say when a service does not do as asked.
pub(super) fn refused(site: &Site, status: &Status) -> Response {
    let (code, title, text) = match status.code() {
        Code::NotFound => {
            (StatusCode::NOT_FOUND, "Dit bestaat niet", "Misschien is het al afgehandeld, of hoort het bij een andere gemeente.")
        }
        Code::PermissionDenied => (StatusCode::FORBIDDEN, "U mag dit niet", "Uw rol laat dit niet toe. Vraag uw beheerder of dat klopt."),
        Code::Unauthenticated => {
            (StatusCode::UNAUTHORIZED, "Wij weten niet wie u bent", "Log in bij uw organisatie en open deze pagina daar opnieuw.")
        }
        Code::InvalidArgument => {
            (StatusCode::BAD_REQUEST, "Dit klopt niet", "Er ontbreekt iets of er is iets fout ingevuld. Ga terug en kijk het na.")
        }
        Code::FailedPrecondition => {
            (StatusCode::CONFLICT, "Dit kan nu niet", "De zaak staat er anders voor dan op de pagina stond. Open de pagina opnieuw.")
        }
        _ => {
            tracing::warn!(code = ?status.code(), "a service did not do what a page asked");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "Het lukt nu niet",
                "Probeer het zo nog eens: ga terug en druk opnieuw. Het telt maar een keer.",
            )
        }
    };
    notice(site, code, title, text)
}
