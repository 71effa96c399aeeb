//! Who a case is about, from the vault, for a stated purpose: the household, one person of it, or the files that came with a report. Each
//! look is logged before anything is shown.

use futures::{StreamExt, stream, stream::BoxStream};
use intake_domain::AddressFile;
use kernel::SignalId;
use proto::intake::v1::{self as pb, open_evidence_response::Part};
use service::{Resource, action, status};
use tonic::{Code, Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    grpc::{IntakeRpc, case_id},
    matching::person_id,
    reception::away,
    rights,
    vault::{KeptFile, Reader},
    views,
};

/// The one purpose for which what is restricted is opened (AVG art. 18(2)).
const LEGAL_CLAIM: &str = "legal-claim";

/// A purpose is a code of the register of processing activities, never free text.
pub(crate) fn purpose(text: &str) -> Result<&str, Status> {
    let code = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    code.then_some(text).ok_or_else(|| status::invalid_field("purpose", "a code from the register of purposes, for example home-visit"))
}

/// Files with their bytes, as they are read.
pub(crate) type Evidence = BoxStream<'static, Result<pb::OpenEvidenceResponse, Status>>;

/// A file as it is told: what it is, without its key.
pub(crate) fn file_out(file: KeptFile) -> pb::EvidenceFile {
    let KeptFile { duty, name, kind, size, sha256, .. } = file;
    pb::EvidenceFile { duty, name, kind, size, sha256: hex::encode(sha256) }
}

fn is_restricted() -> Status {
    let text = "de verwerking is beperkt (AVG artikel 18): alleen te openen voor een rechtsvordering (legal-claim)";
    status::refused("processing-restricted", text)
}

impl IntakeRpc {
    /// The files that came with a signal. One of another municipality and one that does not exist are one answer.
    pub(crate) async fn evidence(&self, metadata: &MetadataMap, asked: pb::OpenEvidenceRequest) -> Result<Evidence, Status> {
        let actor = self.staff(metadata, action::PERSON_READ)?;
        let purpose = purpose(&asked.purpose)?;
        let id: SignalId =
            asked.signal_id.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("signal_id", error.to_string()))?;
        let unknown = || status::not_found("signal");
        let file = self.room.look(|views| views::file_of(views, id)).await?.ok_or_else(unknown)?;
        self.room.gate.also(&actor, action::PERSON_READ, &Resource::of("intake").gemeente(file.gemeente)).map_err(|_| unknown())?;
        let state = self.state(file).await?;
        let signal = state.signals.iter().find(|signal| signal.id == id).ok_or_else(unknown)?;
        let (record, reader) = (signal.given.vault_id, self.reader(&actor, signal.case, file.gemeente, purpose));
        if purpose != LEGAL_CLAIM && state.is_restricted(signal.case, rights::person_of(&state, record)) {
            return Err(is_restricted());
        }
        let kept = self.vault.show(record, &reader).await.map_err(|error| away(&error))?;
        let vault = self.vault.clone();
        let told = |part| pb::OpenEvidenceResponse { part: Some(part) };
        let files = stream::iter(kept.map(|kept| kept.files).unwrap_or_default()).flat_map(move |file| {
            let head = stream::once(std::future::ready(Ok(told(Part::File(file_out(file.clone()))))));
            let pieces = if asked.content { file.pieces() } else { 0 };
            let vault = vault.clone();
            let pieces = stream::iter(0..pieces).then(move |number| {
                let (vault, file) = (vault.clone(), file.clone());
                async move {
                    let piece = vault.piece(&file, number).await.map_err(|error| away(&error))?;
                    // Erased since the look began.
                    piece.map(|bytes| told(Part::Data(bytes))).ok_or_else(|| status::not_found("evidence"))
                }
            });
            head.chain(pieces)
        });
        Ok(files.boxed())
    }

    /// Everybody in a case.
    pub(crate) async fn household(
        &self,
        metadata: &MetadataMap,
        asked: pb::OpenHouseholdRequest,
    ) -> Result<pb::OpenHouseholdResponse, Status> {
        let actor = self.staff(metadata, action::PERSON_READ)?;
        let (case, purpose) = (case_id(&asked.case_id)?, purpose(&asked.purpose)?);
        let file = self.file_of(case).await?;
        self.of_gemeente(&actor, action::PERSON_READ, file)?;
        // Where the household lives now, also when that was told a moment ago.
        self.room.catch_up().await?;
        let records = views::records_of_case(&self.room.views, case);
        let state = self.state(file).await?;
        self.opened(&state, records, &self.reader(&actor, case, file.gemeente, purpose)).await
    }

    /// One person of a case: debts are a person's, and a household member never sees another's.
    pub(crate) async fn person(&self, metadata: &MetadataMap, asked: pb::OpenPersonRequest) -> Result<pb::OpenHouseholdResponse, Status> {
        let actor = self.staff(metadata, action::PERSON_READ)?;
        let (case, purpose) = (case_id(&asked.case_id)?, purpose(&asked.purpose)?);
        let person = person_id("person_id", &asked.person_id)?;
        let file = self.file_of(case).await?;
        self.of_gemeente(&actor, action::PERSON_READ, file)?;
        let state = self.state(file).await?;
        let person = state.persons.of(person);
        let own = state.signals.iter().rev().filter(|signal| signal.case == case && state.person(signal) == Some(person));
        let mut records = Vec::new();
        for record in own.map(|signal| signal.given.vault_id) {
            if !records.contains(&record) {
                records.push(record);
            }
        }
        self.opened(&state, records, &self.reader(&actor, case, file.gemeente, purpose)).await
    }

    async fn opened(&self, state: &AddressFile, records: Vec<Uuid>, reader: &Reader) -> Result<pb::OpenHouseholdResponse, Status> {
        let mut answer = pb::OpenHouseholdResponse::default();
        let mut restricted = false;
        for record in records {
            if reader.purpose != LEGAL_CLAIM && state.is_restricted(reader.case, rights::person_of(state, record)) {
                restricted = true;
                continue;
            }
            let Some(household) = self.vault.show(record, reader).await.map_err(|error| away(&error))? else { continue };
            answer.records.push(pb::OpenedRecord {
                vault_id: record.to_string(),
                address: household.address.clone(),
                person: household.person.clone(),
                amount_cents: household.amount_cents,
            });
            answer.address = answer.address.or(household.address);
            let reporter = pb::Reporter { name: household.landlord_name, email: household.landlord_email };
            if reporter != pb::Reporter::default() && !answer.reporters.contains(&reporter) {
                answer.reporters.push(reporter);
            }
            if let Some(person) = household.person.filter(|person| !answer.persons.contains(person)) {
                answer.persons.push(person);
            }
        }
        if answer.address.is_none() && restricted {
            return Err(is_restricted());
        }
        if answer.address.is_none() {
            return Err(status::coded(Code::NotFound, "household-unknown", "of this case no address is kept"));
        }
        Ok(answer)
    }
}
