//! Routing: sends each case to the right people by a written policy, with its reason.

mod codec;
mod context;
mod follow;
mod grpc;
pub mod history;
pub mod policy_file;
mod views;

use proto::routing::v1::routing_service_server::RoutingServiceServer;

pub use context::Routing;
pub use routing_domain as domain;
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
    let policies = policy_file::load(&parts.policies)?;
    for policy in policies.all() {
        tracing::info!(policy = policy.name, version = policy.version, hash = hex::encode(policy.hash), "routing policy");
    }
    let room = parts.open(RoutesView, policies);
    server.add(RoutingServiceServer::new(grpc::RoutingRpc { room }));
    Ok(())
}
