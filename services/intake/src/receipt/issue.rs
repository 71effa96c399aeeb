//! Issues receipts when somebody asks: facts from the commit, the partner's reference from the vault, and a signature. Nothing
//! of it is stored, and nothing of it is done while reports come in.

use std::sync::Arc;

use intake_domain::{Event, Keyed, SignalAccepted, SignalCorrected};
use jiff::Timestamp;
use journal::Commit;
use kernel::{CaseId, Cents, Gemeentecode, Key, SignalId};
use proto::intake::v1 as pb;
use service::{Room, status};
use sha2::{Digest, Sha256};
use tonic::Status;
use uuid::Uuid;

use super::{Declared, Document, FORMAT, Outcome, Sent, canonical, keys::ReceiptKeys, moment};
use crate::{
    check::Checked,
    codec,
    reception::{Receipt, away},
    vault::{Reader, Vault},
    views::{self, Whereabouts},
};

/// Makes receipts.
pub struct Issuer {
    room: Room<Whereabouts>,
    vault: Arc<Vault>,
    keys: ReceiptKeys,
}

/// The commit that a receipt is of, before anything is told of it.
pub struct Found {
    /// Whose case it is, for the gate.
    pub gemeente: Gemeentecode,
    /// Whose report it is, for the gate.
    pub organisation: String,
    commit: Commit,
    facts: Facts,
}
impl Found {
    /// Its case, for the log of looks.
    pub const fn case(&self) -> CaseId {
        self.facts.case
    }
}

/// What the event says, of a first report and of a correction alike.
struct Facts {
    case: CaseId,
    signal: SignalId,
    content: Keyed,
    vault_id: Uuid,
    received_at: Timestamp,
    kind: intake_domain::PartnerKind,
    declared: Declared,
    first_received_at: Option<Timestamp>,
    replaces: Option<Uuid>,
}

/// A receipt as it is told now.
pub struct Told {
    /// The receipt.
    pub receipt: Receipt,
    /// The signal was taken back since.
    pub withdrawn: bool,
    /// Signed, canonical JSON.
    pub document: String,
}

impl Issuer {
    /// An issuer over these rooms.
    pub const fn new(room: Room<Whereabouts>, vault: Arc<Vault>, keys: ReceiptKeys) -> Self {
        Self { room, vault, keys }
    }

    /// The public keys.
    pub const fn keys(&self) -> &ReceiptKeys {
        &self.keys
    }

    /// A note that a report was offered and blocked by the tenant's refusal; nothing of the report is stored. Empty without a key.
    pub fn blocked(&self, organisation: &str, received_at: Timestamp, signal: &Checked) -> String {
        let signed = self.keys.sign(signal.gemeente, received_at, |key| Document {
            commit_sha256: None,
            declared: None,
            first_received_at: None,
            form_received_at: None,
            format: FORMAT.to_owned(),
            gemeentecode: signal.gemeente.to_string(),
            key,
            kind: signal.kind.code().to_owned(),
            organisation: organisation.to_owned(),
            outcome: Outcome::BlockedByTenant,
            receipt_id: None,
            received_at: moment(received_at),
            reference: signal.reference.clone(),
            replaces: None,
            sent: Sent::of(&signal.household),
            sent_sha256: hex::encode(Sha256::digest(&signal.content)),
        });
        signed.and_then(|signed| canonical(&signed).ok()).unwrap_or_default()
    }

    /// The commit of a receipt; `None` when nobody gave such a receipt.
    ///
    /// # Errors
    /// `UNAVAILABLE`.
    pub async fn find(&self, receipt_id: Uuid) -> Result<Option<Found>, Status> {
        match self.room.look(|views| views::commit_of_receipt(views, receipt_id)).await? {
            Some(sequence) => self.at(sequence, receipt_id).await,
            None => Ok(None),
        }
    }

    /// The same, of a commit that the view may not hold yet.
    ///
    /// # Errors
    /// `UNAVAILABLE`.
    pub async fn at(&self, sequence: u64, receipt_id: Uuid) -> Result<Option<Found>, Status> {
        let record = self.room.runtime.journal().at("intake", sequence).await.map_err(|error| status::unavailable(&error))?;
        let Some(record) = record else { return Ok(None) };
        let commit = Commit::read(&record).map_err(|error| status::internal(&error))?;
        let events = commit.envelope.types.iter().zip(&commit.events);
        let mut events = events.filter_map(|((name, version), bytes)| Some((codec::decode(name, *version, bytes).ok()?, bytes)));
        let found = events.find_map(|(event, bytes)| match event {
            Event::SignalAccepted(e) if e.receipt_id == receipt_id => Some(accepted(e, codec::amount_as_written(bytes))),
            Event::SignalCorrected(e) if e.receipt_id == receipt_id => Some(corrected(e, codec::amount_as_written(bytes))),
            _ => None,
        });
        let gemeente = commit.subject.key().gemeente;
        Ok(found.map(|(organisation, facts)| Found { gemeente, organisation, commit, facts }))
    }

    /// The receipt, signed, with what became of it since. Without a reader it goes back with the report that it is of.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` when the person was erased (a receipt given before still holds) or there is no key.
    pub async fn issue(&self, receipt_id: Uuid, found: Found, reader: Option<&Reader>) -> Result<Told, Status> {
        let Found { gemeente, organisation, commit, facts } = found;
        let kept = match reader {
            Some(reader) => self.vault.show(facts.vault_id, reader).await,
            None => self.vault.open(facts.vault_id).await,
        };
        let kept = kept.map_err(|error| away(&error))?;
        let kept = kept.filter(|kept| !kept.sent_sha256.is_empty()).ok_or_else(|| {
            let text = "de gegevens van deze melding zijn gewist of van vóór de meldbewijzen; een meldbewijs dat u al hebt, blijft geldig";
            status::refused("receipt-erased", text)
        })?;
        let sent = Sent::of(&kept);
        let mut declared = facts.declared;
        if kept.amount_cents != 0 {
            declared.amount_cents = kept.amount_cents;
        }
        if let Some(duties) = &mut declared.duties {
            duties.shown_by(&kept.files);
        }
        let signed = self.keys.sign(gemeente, facts.received_at, |key| Document {
            commit_sha256: Some(hex::encode(commit.hash)),
            declared: Some(declared),
            first_received_at: facts.first_received_at.map(moment),
            form_received_at: Some(kept.form_received_at).filter(|at| !at.is_empty()),
            format: FORMAT.to_owned(),
            gemeentecode: gemeente.to_string(),
            key,
            kind: facts.kind.code().to_owned(),
            organisation,
            outcome: Outcome::Accepted,
            receipt_id: Some(receipt_id.to_string()),
            received_at: moment(facts.received_at),
            reference: kept.reference,
            replaces: facts.replaces.map(|id| id.to_string()),
            sent,
            sent_sha256: hex::encode(&kept.sent_sha256),
        });
        let signed = signed.ok_or_else(|| {
            status::refused("no-receipt-key", format!("gemeente {gemeente} heeft geen sleutel voor meldbewijzen van dat moment"))
        })?;
        let document = canonical(&signed).map_err(|error| status::internal(&error))?;
        let (withdrawn, replaced_by) = self.became(commit.subject.key(), facts.signal, facts.content).await?;
        let receipt = Receipt { id: receipt_id, received_at: facts.received_at, replaces: facts.replaces, replaced_by };
        Ok(Told { receipt, withdrawn, document })
    }

    /// Whether a signal was taken back, and the receipt that replaced the one of this content.
    async fn became(&self, file: Key, signal: SignalId, content: Keyed) -> Result<(bool, Option<Uuid>), Status> {
        let state = self.room.runtime.state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default();
        let signal = state.signals.iter().find(|known| known.id == signal);
        let replaced_by = signal.and_then(|signal| signal.given_for(content)).and_then(|(_, by)| by);
        Ok((signal.is_some_and(|signal| !signal.stands()), replaced_by))
    }

    /// What became of the report of a receipt: taken back, and the receipt that replaced it. It needs no vault, so it is told after the
    /// person was erased too.
    ///
    /// # Errors
    /// `UNAVAILABLE`.
    pub async fn fate(&self, receipt_id: Uuid) -> Result<(bool, Option<Uuid>), Status> {
        let Some(Found { commit, facts, .. }) = self.find(receipt_id).await? else { return Ok((false, None)) };
        self.became(commit.subject.key(), facts.signal, facts.content).await
    }

    /// Puts the signed document in a verdict's receipt. What cannot be signed now can be fetched later.
    pub async fn with_document(&self, (mut verdict, sequence): (pb::Verdict, u64)) -> pb::Verdict {
        use pb::verdict::Outcome as O;
        if let Some(O::Accepted(receipt) | O::Repeated(receipt)) = &mut verdict.outcome
            && let Ok(id) = receipt.receipt_id.parse()
        {
            let found = match self.at(sequence, id).await {
                Ok(None) => self.find(id).await,
                found => found,
            };
            if let Ok(Some(found)) = found
                && let Ok(told) = self.issue(id, found, None).await
            {
                receipt.document = told.document;
            }
        }
        verdict
    }
}

fn accepted(e: SignalAccepted, amount: Cents) -> (String, Facts) {
    let facts = Facts {
        case: e.case,
        signal: e.signal,
        content: e.content,
        vault_id: e.vault_id,
        received_at: e.received_at,
        kind: e.kind,
        declared: Declared::of(e.kind, amount, e.arrears_since, e.signal_date, &e.duties),
        first_received_at: None,
        replaces: None,
    };
    (e.organisation, facts)
}

fn corrected(e: SignalCorrected, amount: Cents) -> (String, Facts) {
    let facts = Facts {
        case: e.case,
        signal: e.signal,
        content: e.content,
        vault_id: e.vault_id,
        received_at: e.received_at,
        kind: e.kind,
        declared: Declared::of(e.kind, amount, e.arrears_since, e.signal_date, &e.duties),
        first_received_at: Some(e.first_received_at),
        replaces: Some(e.replaced_receipt_id),
    };
    (e.organisation, facts)
}
