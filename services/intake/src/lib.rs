//! Intake: receives reports of arrears, finds the household, opens and closes cases, keeps the vault.

pub mod address;
pub mod check;
pub mod codec;
pub mod context;
pub mod follow;
pub mod grpc;
pub mod keys;
pub mod reception;
pub mod vault;
pub mod views;

use std::{path::PathBuf, sync::Arc};

use proto::intake::v1::intake_service_server::IntakeServiceServer;
use service::Room;

pub use context::Intake;

/// What intake needs besides what every service needs.
pub struct Parts {
    /// As for every service.
    pub common: service::Parts,
    /// Where the vault is stored.
    pub keyed: Arc<dyn journal::Keyed>,
    /// The vault's key, shared by all replicas, outside the store and its backups.
    pub vault_key: PathBuf,
    /// Make the key when it is absent: on one machine, with the embedded store.
    pub create_vault_key: bool,
}

/// Intake, running.
pub struct Started {
    /// For [`service::Server::add`].
    pub service: IntakeServiceServer<grpc::IntakeRpc>,
    /// The runtime and view, for `zeef journal` and for tests.
    pub room: Room<views::Whereabouts>,
}

/// Why intake does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No region.
    #[error("intake has no region")]
    Region(#[from] service::region::RegionError),
    /// No key.
    #[error("intake has no vault")]
    VaultKey(#[from] keys::KeyFileError),
}

/// Opens intake's rooms. They end with the process's life.
///
/// # Errors
/// [`StartError`], with the file that is wrong.
pub fn start(parts: Parts) -> Result<Started, StartError> {
    let region = service::region::Region::from_dir(&parts.common.policies)?;
    let keys = keys::VaultKeys::open(&parts.vault_key, parts.create_vault_key)?;
    let vault = Arc::new(vault::Vault::new(parts.keyed, keys));
    let room = parts.common.open(views::Whereabouts, ());
    let rpc = grpc::IntakeRpc::new(room.clone(), parts.common.life.clone(), vault, region);
    let service = IntakeServiceServer::new(rpc).max_decoding_message_size(grpc::MESSAGE_LIMIT);
    Ok(Started { service, room })
}
