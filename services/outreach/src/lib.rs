//! Outreach: makes contact, offers help, keeps the clocks of the offer.

mod codec;
mod context;
mod follow;
mod grpc;
mod views;

use proto::outreach::v1::outreach_service_server::OutreachServiceServer;

pub use context::Outreach;
pub use views::WorkView;

/// Why outreach does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The view cannot be opened.
    #[error(transparent)]
    View(#[from] journal::views::OpenError),
}

/// Opens outreach's rooms (runtime, view, reactions, clocks) and adds its RPCs to the server.
///
/// # Errors
/// [`StartError`].
pub fn start(parts: &service::Parts, server: &mut service::Server) -> Result<(), StartError> {
    let room = parts.open(WorkView, ())?;
    server.add(OutreachServiceServer::new(grpc::OutreachRpc { room }));
    Ok(())
}
