//! Who a case is about, from the vault, for a stated purpose: the household, or one person of it. Each look is logged before anything is
//! shown.

use intake_domain::AddressFile;
use proto::intake::v1 as pb;
use service::{action, status};
use tonic::{Code, Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    grpc::{IntakeRpc, case_id},
    matching::person_id,
    reception::away,
    rights,
    vault::Reader,
    views,
};

/// The one purpose for which what is restricted is opened (AVG art. 18(2)).
const LEGAL_CLAIM: &str = "legal-claim";

/// A purpose is a code of the register of processing activities, never free text.
pub(crate) fn purpose(text: &str) -> Result<&str, Status> {
    let code = !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    code.then_some(text).ok_or_else(|| status::invalid_field("purpose", "a code from the register of purposes, for example home-visit"))
}

impl IntakeRpc {
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
            let text = "de verwerking is beperkt (AVG artikel 18): alleen te openen voor een rechtsvordering (legal-claim)";
            return Err(status::refused("processing-restricted", text));
        }
        if answer.address.is_none() {
            return Err(status::coded(Code::NotFound, "household-unknown", "of this case no address is kept"));
        }
        Ok(answer)
    }
}
