//! The log of looks into the vault, by the Logboek Dataverwerkingen 1.0: one record per look and person, never sampled, stored before
//! anything is shown. Who looked stands beside it under the same span id, for the standard wants no user in its record.

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use journal::KeyedError;
use kernel::{CaseId, Gemeentecode, ids::new_uuid};
use proto::intake::v1::Person;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Household, LOOKS, Vault, VaultError, seal};

/// Who looks, at which case, and what for.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The case: its id is the trace.
    pub case: CaseId,
    /// Id of the person or service in its token.
    pub actor: String,
    /// Where they work.
    pub organisation: String,
    /// The municipality that answers for it: an actor of another organisation works under its mandate (*mandaat*).
    pub on_behalf_of: Gemeentecode,
    /// Code of the register of processing activities.
    pub purpose: String,
    /// When (UTC).
    pub at: Timestamp,
}

/// A record of the Logboek Dataverwerkingen 1.0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogRecord {
    /// 16 bytes, hex: the case.
    pub trace_id: String,
    /// 8 bytes, hex.
    pub span_id: String,
    /// `Ok` or `Error`.
    pub status: String,
    /// What was done.
    pub name: String,
    /// Milliseconds since 1970.
    pub start_time: i64,
    /// Milliseconds since 1970.
    pub end_time: i64,
    /// What the standard wants to know.
    pub attributes: Attributes,
}

/// Attributes of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attributes {
    /// Which activity of the register.
    #[serde(rename = "dpl.core.processing_activity_id")]
    pub activity: String,
    /// The vault record, encrypted under the epoch key; hex.
    #[serde(rename = "dpl.core.data_subject_id")]
    pub subject: String,
    /// What kind of id that is.
    #[serde(rename = "dpl.core.data_subject_id_type")]
    pub subject_type: String,
}

/// Who looked, for the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// The record that it goes with.
    pub span_id: String,
    /// Which vault record.
    pub record_id: String,
    /// Who.
    pub actor: String,
    /// Where they work.
    pub organisation: String,
    /// The municipality under whose mandate.
    pub on_behalf_of: String,
    /// What for.
    pub purpose: String,
    /// RFC 3339, UTC.
    pub at: String,
}

/// A look as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// By the standard.
    pub record: LogRecord,
    /// Beside it.
    pub audit: Audit,
}

impl Vault {
    /// Opens a record for somebody: the look is stored first, for a look that is not logged is not had. `None` when the record is
    /// not there (any more).
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn show(&self, id: Uuid, reader: &Reader) -> Result<Option<Household>, VaultError> {
        let span = new_uuid(reader.at).into_bytes();
        let span = hex::encode(span.get(8..).unwrap_or_default());
        let subject = seal::seal(&self.ring().keys, "logboek", &id.as_bytes().to_vec()).ok_or(VaultError::Sealing)?;
        let at = reader.at.as_millisecond();
        let look = Look {
            record: LogRecord {
                trace_id: reader.case.uuid().simple().to_string(),
                span_id: span.clone(),
                status: "Ok".to_owned(),
                name: "vault.show".to_owned(),
                start_time: at,
                end_time: at,
                attributes: Attributes {
                    activity: format!("urn:zeef:verwerkingsactiviteit:{}", reader.purpose),
                    subject: hex::encode(subject),
                    subject_type: "urn:zeef:vault-record".to_owned(),
                },
            },
            audit: Audit {
                span_id: span.clone(),
                record_id: id.to_string(),
                actor: reader.actor.clone(),
                organisation: reader.organisation.clone(),
                on_behalf_of: reader.on_behalf_of.to_string(),
                purpose: reader.purpose.clone(),
                at: reader.at.to_string(),
            },
        };
        let value = serde_json::to_vec(&look).map_err(|_| VaultError::Sealing)?;
        let name = format!("{}{at:016x}.{span}", prefix(reader.case));
        match self.store.create(LOOKS, &name, value.into()).await {
            // The name is of this look alone: what is there is this one, after an answer that was lost.
            Ok(_) | Err(KeyedError::Conflict) => self.open(id).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the person of a record right (AVG art. 16): a look that is logged, and a record under a new key, so that what was wrong cannot
    /// be read any more once this epoch has ended.
    ///
    /// # Errors
    /// [`VaultError`]; do it again then.
    pub async fn put_right(&self, id: Uuid, person: &Person, reader: &Reader) -> Result<(), VaultError> {
        let _epoch = self.in_this_epoch().await;
        let Some(mut household) = self.show(id, reader).await? else { return Ok(()) };
        household.person = Some(person.clone());
        self.replace(id, &household).await?;
        self.begin_ending(reader.at).await
    }

    /// Every look at a case, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn looks(&self, case: CaseId) -> Result<Vec<Look>, VaultError> {
        let names = self.store.keys(LOOKS, &prefix(case)).await?;
        let looks = stream::iter(names).map(|name| async move {
            let entry = self.store.get(LOOKS, &name).await?;
            entry.map(|entry| serde_json::from_slice(&entry.value).map_err(|_| VaultError::BrokenLog)).transpose()
        });
        let looks: Vec<Option<Look>> = looks.buffered(64).try_collect().await?;
        Ok(looks.into_iter().flatten().collect())
    }
}

fn prefix(case: CaseId) -> String {
    format!("case.{}.", case.uuid().simple())
}
