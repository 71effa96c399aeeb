//! Intake: receives reports of arrears, finds the household, opens and closes cases, keeps the vault.

pub mod address;
pub mod bailiff;
mod bsn;
pub mod check;
pub mod codec;
pub mod concerns;
pub mod context;
mod doors;
mod erasing;
pub mod evidence;
pub mod feedback;
pub mod follow;
pub mod form;
pub mod grpc;
pub mod hand_overs;
pub mod keys;
mod looking;
mod matching;
mod merging;
pub mod orphans;
mod persons;
pub mod receipt;
pub mod reception;
pub mod register;
mod requests;
pub mod retention;
mod returns;
pub mod rights;
pub mod vault;
pub mod views;
mod wishes;

use std::{path::PathBuf, sync::Arc};

use proto::intake::v1::{
    bailiff_service_server::BailiffServiceServer, concerns_service_server::ConcernsServiceServer, doors_service_server::DoorsServiceServer,
    form_service_server::FormServiceServer, intake_service_server::IntakeServiceServer, rights_service_server::RightsServiceServer,
};
use service::Room;

pub use context::Intake;
pub use doors::DoorsRpc;

/// What intake needs besides what every service needs.
pub struct Parts {
    /// As for every service.
    pub common: service::Parts,
    /// Where the vault is stored.
    pub keyed: Arc<dyn journal::Keyed>,
    /// The vault's key, shared by all replicas, outside the store and its backups.
    pub vault_key: PathBuf,
    /// This process alone has the key: on one machine, with the embedded store. It makes one when it is absent, and ends epochs by
    /// itself.
    pub create_vault_key: bool,
    /// The keys that receipts are signed with, shared by all replicas, outside the store and its backups.
    pub receipt_keys: PathBuf,
    /// Make those keys when they are absent: on one machine, with the embedded store.
    pub create_receipt_keys: bool,
}

/// Intake, running.
pub struct Started {
    /// For [`service::Server::add`].
    pub service: IntakeServiceServer<grpc::IntakeRpc>,
    /// For [`service::Server::add`]: the doors other than a creditor's.
    pub doors: DoorsServiceServer<doors::DoorsRpc>,
    /// For [`service::Server::add`]: the bailiff's door.
    pub bailiff: BailiffServiceServer<bailiff::BailiffRpc>,
    /// For [`service::Server::add`]: concerns.
    pub concerns: ConcernsServiceServer<concerns::grpc::ConcernsRpc>,
    /// For [`service::Server::add`]: rights, and the operator's part in erasing.
    pub rights: RightsServiceServer<rights::RightsRpc>,
    /// For [`service::Server::add`]: the landlord's web form and the check of receipts.
    pub forms: FormServiceServer<form::FormRpc>,
    /// The runtime and view, for `zeef journal` and for tests.
    pub room: Room<views::Whereabouts>,
}

/// Why intake does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No region.
    #[error("intake has no region")]
    Region(#[from] service::region::RegionError),
    /// A register that is wrong.
    #[error("intake has no register of agreements")]
    Register(#[from] register::RegisterError),
    /// No terms for keeping.
    #[error("intake has no retention terms")]
    Retention(#[from] retention::RetentionError),
    /// An address of many households that is none.
    #[error("region: [[collective]] {0} is no address: a postcode and a house number expected")]
    Collective(String),
    /// No key.
    #[error("intake has no vault")]
    VaultKey(#[from] keys::KeyFileError),
    /// The vault's store or keys are away.
    #[error("intake's vault does not open")]
    Vault(#[from] vault::VaultError),
    /// No keys for receipts.
    #[error("intake cannot sign receipts")]
    ReceiptKeys(#[from] receipt::keys::ReceiptKeyError),
}

/// Opens intake's rooms. They end with the process's life.
///
/// # Errors
/// [`StartError`], with the file that is wrong.
pub async fn start(parts: Parts) -> Result<Started, StartError> {
    let region = service::region::Region::from_dir(&parts.common.policies)?;
    let register = Arc::new(register::Register::from_dir(&parts.common.policies)?);
    match register.version() {
        Some(version) => tracing::info!(version, agreements = register.agreements().len(), "register of agreements"),
        None => tracing::warn!("no register of agreements ({}): nobody is refused for want of one", register::FILE),
    }
    let retention = retention::Retention::from_dir(&parts.common.policies)?;
    let keys = keys::VaultKeys::open(&parts.vault_key, parts.create_vault_key)?;
    let receipt_keys = receipt::keys::ReceiptKeys::open(&parts.receipt_keys, parts.create_receipt_keys, region.codes())?;
    receipt_keys.publish(&parts.common.data.join(receipt::keys::PUBLISHED))?;
    let vault = Arc::new(vault::Vault::new(parts.keyed.clone(), keys, vault::KeyFile::new(parts.vault_key)));
    vault.prepare().await?;
    let forms = Arc::new(form::Forms::new(parts.keyed, vault.clone(), retention.form()));
    let room = parts.common.open(views::Whereabouts, ());
    hand_overs::keep_finishing(room.clone(), vault.clone(), &parts.common.life);
    returns::keep_removing(room.clone(), vault.clone(), &parts.common.life, parts.create_vault_key, retention);
    let collectives = address::Collectives::read(&region).map_err(StartError::Collective)?;
    let region = Arc::new(region);
    let doors = doors::DoorsRpc::new(room.clone(), parts.common.life.clone(), vault.clone(), region.clone());
    form::keep_sweeping(forms.clone(), parts.common.clock.clone(), &parts.common.life);
    let rpc = grpc::IntakeRpc::new(room.clone(), parts.common.life.clone(), vault, (region, register), collectives, receipt_keys);
    let bailiff = BailiffServiceServer::new(bailiff::BailiffRpc::new(rpc.clone()));
    let concerns = ConcernsServiceServer::new(concerns::grpc::ConcernsRpc::new(rpc.clone()));
    let rights = RightsServiceServer::new(rights::RightsRpc::new(rpc.clone()));
    let forms = FormServiceServer::new(rpc.forms(forms));
    let service = IntakeServiceServer::new(rpc).max_decoding_message_size(grpc::MESSAGE_LIMIT);
    Ok(Started { service, bailiff, concerns, rights, doors: DoorsServiceServer::new(doors), forms, room })
}
