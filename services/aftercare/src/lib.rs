//! Aftercare: the duty to rehouse, and the review of signalling-list entries.

mod codec;
mod context;
mod follow;
mod grpc;
mod views;

use proto::aftercare::v1::aftercare_service_server::AftercareServiceServer;

pub use context::Aftercare;
pub use views::DutiesView;

/// Why aftercare does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The view cannot be opened.
    #[error(transparent)]
    View(#[from] journal::views::OpenError),
}

/// Opens aftercare's rooms (runtime, view, reactions, clocks) and adds its RPCs to the server.
///
/// # Errors
/// [`StartError`].
pub fn start(parts: &service::Parts, server: &mut service::Server) -> Result<(), StartError> {
    let room = parts.open(DutiesView, ())?;
    server.add(AftercareServiceServer::new(grpc::AftercareRpc { room }));
    Ok(())
}
