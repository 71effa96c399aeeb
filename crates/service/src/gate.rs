//! Owns the one check at the door of every RPC: who asks, and may they.

use std::{net::SocketAddr, sync::Arc};

use tonic::{Status, metadata::MetadataMap};

use crate::{Actor, Authoriser, Identity, Issuer, Resource, ServeOptions, authorise::PolicyError, identity::KeyError};

/// Verifies tokens and asks the policies. Clones are cheap.
#[derive(Clone)]
pub struct Gate {
    identity: Identity,
    authoriser: Arc<Authoriser>,
}

/// Why a process has no door to open.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The key that tokens are verified with.
    #[error("identity")]
    Key(#[from] KeyError),
    /// The policies.
    #[error("authorisation")]
    Policy(#[from] PolicyError),
    /// A key made on this machine is no identity for others.
    #[error("listening on {0} needs --identity-key (ZEEF_IDENTITY_KEY): a key made here is for loopback only")]
    NotLoopback(SocketAddr),
}

impl Gate {
    /// A gate with this identity and these policies.
    pub fn new(identity: Identity, authoriser: Authoriser) -> Self {
        Self { identity, authoriser: Arc::new(authoriser) }
    }

    /// The gate these options ask for. Without `--identity-key` a key is made in the data directory (loopback only), and
    /// who can read it can make tokens with [`Issuer::create_or_load`] on [`ServeOptions::identity_key_file`].
    ///
    /// # Errors
    /// [`GateError`], with the file and line where there is one.
    pub fn open(options: &ServeOptions) -> Result<Self, GateError> {
        let identity = match &options.identity_key {
            Some(file) => Identity::from_key_file(file)?,
            None if options.listen.ip().is_loopback() => Issuer::create_or_load(&options.identity_key_file())?.identity(),
            None => return Err(GateError::NotLoopback(options.listen)),
        };
        Ok(Self::new(identity, Authoriser::from_dir(&options.policies)?))
    }

    /// Who asks, if they may do `action` (one of [`crate::action`]) on `resource`. Every RPC handler begins with it.
    ///
    /// # Errors
    /// UNAUTHENTICATED without a good token, PERMISSION_DENIED when the policies say no.
    pub fn check(&self, metadata: &MetadataMap, action: &'static str, resource: &Resource) -> Result<Actor, Status> {
        let actor = self.identity.verify(metadata)?;
        self.authoriser.check(&actor, action, resource)?;
        Ok(actor)
    }

    /// May this actor, already verified, also do `action` on `resource`? For rows of a stream and parts of an answer.
    ///
    /// # Errors
    /// PERMISSION_DENIED when the policies say no.
    pub fn also(&self, actor: &Actor, action: &'static str, resource: &Resource) -> Result<(), Status> {
        self.authoriser.check(actor, action, resource)
    }
}
