//! Routing: sends each case to the right people by a written policy, with its reason.

mod codec;
mod context;
mod follow;
mod grpc;
pub mod history;
mod load;
mod policies;
pub mod policy_file;
mod views;

use proto::routing::v1::routing_service_server::RoutingServiceServer;

pub use context::Routing;
pub use routing_domain as domain;
use routing_domain::Policies;
pub use views::RoutesView;

/// Why routing does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A policy cannot be used.
    #[error(transparent)]
    Policy(#[from] policy_file::PolicyError),
}

/// Opens routing's rooms (policies, runtime, view, reactions) and adds its RPCs to the server.
///
/// # Errors
/// [`StartError`]; a wrong policy with its file and line.
pub fn start(parts: &service::Parts, server: &mut service::Server) -> Result<(), StartError> {
    let shipped = policy_file::shipped(&parts.policies)?;
    tracing::info!(policy = shipped.name, version = shipped.version, hash = hex::encode(shipped.hash), "shipped routing policy");
    let room = parts.open(RoutesView, Policies::shipped(shipped));
    server.add(RoutingServiceServer::new(grpc::RoutingRpc { room, clock: parts.clock.clone() }));
    Ok(())
}
