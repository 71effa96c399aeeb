//! Court liaison: facts of landlord, bailiff and court; hearing lists; the legal clocks.

mod codec;
mod context;
pub mod courts_file;
mod follow;
mod grpc;
mod views;
mod words;

use proto::court_liaison::v1::court_liaison_service_server::CourtLiaisonServiceServer;

pub use context::CourtLiaison;
pub use views::CourtView;

/// Why court liaison does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The rules of the courts cannot be used.
    #[error(transparent)]
    Courts(#[from] courts_file::CourtsError),
}

/// Opens court liaison's rooms (rules of the courts, runtime, view, reactions, clocks) and adds its RPCs to the server.
///
/// # Errors
/// [`StartError`]; a wrong rule with its file and line.
pub fn start(parts: &service::Parts, server: &mut service::Server) -> Result<(), StartError> {
    let courts = courts_file::load(&parts.policies)?;
    for rule in courts.rules() {
        tracing::info!(court = rule.court, rule = rule.code, version = rule.version, "court rule");
    }
    let room = parts.open(CourtView, courts.into());
    server.add(CourtLiaisonServiceServer::new(grpc::CourtLiaisonRpc { room }));
    Ok(())
}
