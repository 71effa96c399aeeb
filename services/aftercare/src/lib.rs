//! Aftercare: the duty to rehouse, and the review of signalling-list entries.

mod codec;
mod context;
mod follow;
mod grpc;
pub mod practice_file;
mod views;

use proto::aftercare::v1::aftercare_service_server::AftercareServiceServer;

pub use context::Aftercare;
pub use views::DutiesView;

/// Why aftercare does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The practice cannot be used.
    #[error(transparent)]
    Practice(#[from] practice_file::PracticeError),
}

/// Opens aftercare's rooms (practice, runtime, view, reactions, clocks) and adds its RPCs to the server.
///
/// # Errors
/// [`StartError`]; a wrong practice with its file and line.
pub fn start(parts: &service::Parts, server: &mut service::Server) -> Result<(), StartError> {
    let practice = practice_file::load(&parts.policies)?;
    tracing::info!(list_review = practice.list_review.code(), "aftercare practice");
    let room = parts.open(DutiesView, practice);
    server.add(AftercareServiceServer::new(grpc::AftercareRpc { room }));
    Ok(())
}
