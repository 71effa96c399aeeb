//! Forms of landlords without an account, until the sender confirms the e-mail address: sealed under a key that only the mailed link
//! holds, and removed when their time is over. Nothing of them is in the journal before that.

mod files;
mod grpc;

use std::{sync::Arc, time::Duration};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadCore, KeyInit, OsRng, Payload, rand_core::RngCore},
};
use jiff::{SignedDuration, Timestamp};
use journal::{Keyed, KeyedError};
use kernel::Clock;
use prost::Message;
use proto::intake::v1 as pb;
use service::Lifecycle;
use sha2::{Digest, Sha256};

pub use grpc::{FormRpc, ORGANISATION};

use crate::vault::{KeptFile, Vault, VaultError};

const BUCKET: &str = "intake-forms";
/// How often is looked whether it is time to look; by the injected clock forms are looked for every [`SWEEP`].
const EVERY: Duration = Duration::from_secs(1);
const SWEEP: SignedDuration = SignedDuration::from_mins(10);

/// What a landlord sent.
#[derive(Clone, PartialEq, Message)]
pub struct Kept {
    /// The report.
    #[prost(message, optional, tag = "1")]
    pub signal: Option<pb::Signal>,
    /// When its last byte arrived (milliseconds since 1970, UTC).
    #[prost(int64, tag = "2")]
    pub sent_at: i64,
    /// Who reports.
    #[prost(string, tag = "3")]
    pub landlord_name: String,
    /// The address that the link is mailed to.
    #[prost(string, tag = "4")]
    pub landlord_email: String,
    /// The files that go with it.
    #[prost(message, repeated, tag = "5")]
    pub files: Vec<KeptFile>,
}

/// The secret of a link, or of a file that waits for its form: when it ends, and the key.
struct Secret {
    until: i64,
    seed: [u8; 32],
}

impl Secret {
    fn new(until: Timestamp) -> Self {
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        Self { until: until.as_second(), seed }
    }

    fn read(text: &str) -> Option<Self> {
        let (until, seed) = text.split_once('-')?;
        let seed = (seed.len() == 64).then(|| hex::decode(seed).ok()).flatten()?;
        Some(Self { until: until.parse().ok()?, seed: seed.try_into().ok()? })
    }

    fn text(&self) -> String {
        format!("{}-{}", self.until, hex::encode(self.seed))
    }

    fn derived(&self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(purpose).chain_update(self.seed).finalize().into()
    }

    /// The end comes first in the name, so that what is over is seen without opening anything.
    fn name(&self) -> String {
        format!("{}.{}", self.until, hex::encode(self.derived("zeef form name")))
    }
}

/// Under a key that a secret holds; `name` is bound in.
fn sealed(key: [u8; 32], name: &str, message: &impl Message) -> Result<bytes::Bytes, KeyedError> {
    let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
    let payload = Payload { msg: &message.encode_to_vec(), aad: name.as_bytes() };
    let sealed = XChaCha20Poly1305::new(&key.into()).encrypt(&nonce, payload);
    let sealed = sealed.map_err(|_| KeyedError::Unavailable("a form could not be sealed".to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat().into())
}

fn opened<M: Message + Default>(key: [u8; 32], name: &str, stored: &[u8]) -> Option<M> {
    let (nonce, sealed) = stored.split_first_chunk::<24>()?;
    let payload = Payload { msg: sealed, aad: name.as_bytes() };
    let bytes = XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(*nonce), payload).ok()?;
    M::decode(bytes.as_slice()).ok()
}

/// Where forms wait, and the files that go with them.
pub struct Forms {
    store: Arc<dyn Keyed>,
    vault: Arc<Vault>,
    /// How long a form waits for its sender.
    kept: SignedDuration,
}

impl Forms {
    /// Over a store, and the vault that files are in; a form waits so long for its sender.
    pub const fn new(store: Arc<dyn Keyed>, vault: Arc<Vault>, kept: SignedDuration) -> Self {
        Self { store, vault, kept }
    }

    /// Keeps a form until `until`; the secret of its link.
    ///
    /// # Errors
    /// [`KeyedError`]; nothing may be promised then.
    pub async fn keep(&self, form: &Kept, until: Timestamp) -> Result<String, KeyedError> {
        let secret = Secret::new(until);
        let name = secret.name();
        self.store.create(BUCKET, &name, sealed(secret.derived("zeef form key"), &name, form)?).await?;
        Ok(secret.text())
    }

    /// The form of a link with its end; `None` when there is none, or its time is over.
    ///
    /// # Errors
    /// [`KeyedError`].
    pub async fn open(&self, token: &str, now: Timestamp) -> Result<Option<(Kept, Timestamp)>, KeyedError> {
        let Some(secret) = Secret::read(token).filter(|secret| secret.until > now.as_second()) else { return Ok(None) };
        let Ok(until) = Timestamp::from_second(secret.until) else { return Ok(None) };
        let name = secret.name();
        let Some(entry) = self.store.get(BUCKET, &name).await? else { return Ok(None) };
        Ok(opened(secret.derived("zeef form key"), &name, &entry.value).map(|form| (form, until)))
    }

    /// Removes what is over. Confirmed forms stay as long, so that their sender finds the receipt again.
    async fn sweep(&self, now: Timestamp) -> Result<(), VaultError> {
        for name in self.store.keys(BUCKET, "").await? {
            let until = name.split_once('.').and_then(|(until, _)| until.parse::<i64>().ok());
            if until.is_none_or(|until| until <= now.as_second()) {
                if let Some(file) = files::of_name(&name) {
                    self.vault.settle(file).await?;
                }
                self.store.purge(BUCKET, &name).await?;
            }
        }
        Ok(())
    }
}

/// Sweeps until the process ends. Replicas may both do it.
pub fn keep_sweeping(forms: Arc<Forms>, clock: Arc<dyn Clock>, life: &Lifecycle) {
    let stop = life.pulls();
    life.tasks().spawn(async move {
        let mut next = clock.now();
        loop {
            let now = clock.now();
            if now >= next {
                if let Err(error) = forms.sweep(now).await {
                    tracing::warn!(%error, "forms that are over are not removed yet");
                }
                next = now.saturating_add(SWEEP).unwrap_or(now);
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
        }
    });
}
