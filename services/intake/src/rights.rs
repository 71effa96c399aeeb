//! The rights of the people in the vault, over gRPC; and the operator's part in erasing: the ledger and the end of an epoch.

use intake_domain::{AddressFile, Given, Signal};
use kernel::{CaseId, Key, PersonId};
use proto::intake::v1::{self as pb, rights_service_server::RightsService};
use service::{Actor, Resource, action, finish, room, status};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::{
    codec::words::partner_kind,
    concerns,
    grpc::{IntakeRpc, case_id},
    looking::file_out,
    orphans,
    receipt::moment,
    reception::away,
    vault::{Erased, Ground, Look, Orphan},
    views, wishes,
};

/// The purpose of an answer to somebody who asks what is kept about them.
const ACCESS: &str = "access-request";

/// The RPCs of the rights.
#[derive(Clone)]
pub struct RightsRpc(IntakeRpc);

impl RightsRpc {
    /// Over intake's own rooms.
    pub const fn new(intake: IntakeRpc) -> Self {
        Self(intake)
    }

    pub(crate) const fn intake(&self) -> &IntakeRpc {
        &self.0
    }

    /// A case that this actor may do this to, in its file.
    pub(crate) async fn case(&self, actor: &Actor, action: &'static str, text: &str) -> Result<(CaseId, Key, AddressFile), Status> {
        let case = case_id(text)?;
        let file = self.0.file_of(case).await?;
        self.0.of_gemeente(actor, action, file)?;
        let state = self.0.room.runtime.state(file).await.map_err(|error| status::unavailable(&error))?;
        Ok((case, file, state.unwrap_or_default()))
    }

    /// The records of a case, also those that were replaced, of one person when that is asked; and those of its file that no event
    /// names, with the file as it is after that: a clerk put them there ahead of a fact. Whose of the household those are nobody can say: with them goes an erasure on the safe side.
    pub(crate) async fn records(&self, case: CaseId, person: Option<PersonId>, file: Key) -> Result<(Vec<Uuid>, AddressFile), Status> {
        let of_case = |case| views::all_records_of_case(&self.0.room.views, case);
        let mut unnamed = self.0.vault.of_file(file).await.map_err(|error| away(&error))?;
        // After the vault was gone through: what came in meanwhile is named by now, and is whose it says.
        self.0.room.catch_up().await?;
        let state = self.0.state(file).await?;
        let named: Vec<Uuid> = state.cases.iter().flat_map(|case| of_case(case.id)).collect();
        unnamed.retain(|record| !named.contains(record));
        let mut records = of_person(of_case(case), person, &state);
        records.append(&mut unnamed);
        Ok((records, state))
    }

    fn operator(&self, metadata: &tonic::metadata::MetadataMap) -> Result<Actor, Status> {
        self.0.room.gate.check(metadata, action::JOURNAL_REPAIR, &Resource::of("intake"))
    }
}

/// Those of one person, when that is asked: the reports and names, and who represents the person.
fn of_person(all: Vec<Uuid>, person: Option<PersonId>, state: &AddressFile) -> Vec<Uuid> {
    let Some(person) = person else { return all };
    let person = state.persons.of(person);
    let is_theirs = |other: PersonId| state.persons.of(other) == person;
    let names = state.persons.known().iter().filter(|known| is_theirs(known.id)).flat_map(|known| known.names.clone());
    let reports = state.signals.iter().filter(|signal| state.person(signal) == Some(person));
    let reports = reports.flat_map(|signal| signal.replaced.iter().chain([&signal.given]).map(|given| given.vault_id));
    let represented = state.wishes.restrictions.iter().filter(|one| is_theirs(one.person)).filter_map(|one| one.vault_id);
    let theirs: Vec<Uuid> = names.chain(reports).chain(represented).collect();
    all.into_iter().filter(|record| theirs.contains(record)).collect()
}

pub(crate) fn person_id(text: &str) -> Result<Option<PersonId>, Status> {
    match text {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| status::invalid_field("person_id", "the id of a person, or nothing")),
    }
}

/// Whom a record is about, when a report tells.
pub(crate) fn person_of(state: &AddressFile, record: Uuid) -> Option<PersonId> {
    reported(state, record).and_then(|(signal, ..)| signal.person)
}

/// The report that came with a record, and whether it holds.
fn reported(state: &AddressFile, record: Uuid) -> Option<(&Signal, Given, bool)> {
    state.signals.iter().find_map(|signal| {
        let replaced = signal.replaced.iter().find(|given| given.vault_id == record).map(|given| (signal, *given, false));
        replaced.or_else(|| (signal.given.vault_id == record).then_some((signal, signal.given, signal.stands())))
    })
}

fn look_out(look: &Look) -> pb::Look {
    let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    pb::Look { record: json(serde_json::to_string(&look.record)), audit: json(serde_json::to_string(&look.audit)) }
}

fn line_out(line: Erased) -> pb::Erased {
    pb::Erased {
        record_id: line.record.to_string(),
        case_id: line.case.map(|case| case.to_string()).unwrap_or_default(),
        ground: line.ground.code().to_owned(),
        officer: line.officer,
        erased_at: line.erased_at.to_string(),
    }
}

fn line_in(line: pb::Erased) -> Result<Erased, Status> {
    let wrong = |field: &str| status::invalid_field(field, "as the ledger told it");
    Ok(Erased {
        record: line.record_id.parse().map_err(|_| wrong("record_id"))?,
        case: match line.case_id.as_str() {
            "" => None,
            case => Some(case.parse().map_err(|_| wrong("case_id"))?),
        },
        ground: Ground::from_code(&line.ground).ok_or_else(|| wrong("ground"))?,
        officer: line.officer,
        erased_at: line.erased_at.parse().map_err(|_| wrong("erased_at"))?,
    })
}

#[tonic::async_trait]
impl RightsService for RightsRpc {
    async fn access(&self, request: Request<pb::AccessRequest>) -> Result<Response<pb::AccessResponse>, Status> {
        let actor = self.0.staff(request.metadata(), action::PERSON_ERASE)?;
        let message = request.into_inner();
        let person = person_id(&message.person_id)?;
        let (case, file, _) = self.case(&actor, action::PERSON_ERASE, &message.case_id).await?;
        let reader = self.0.reader(&actor, case, file.gemeente, ACCESS);
        let mut records = Vec::new();
        let (mut theirs, state) = self.records(case, person, file).await?;
        if person.is_some() {
            theirs = of_person(theirs, person, &state);
        }
        for record in theirs.iter().copied() {
            let Some(kept) = self.0.vault.show(record, &reader).await.map_err(|error| away(&error))? else { continue };
            let report = reported(&state, record);
            let by_name = || state.persons.known().iter().find(|known| known.names.contains(&record)).map(|known| known.id);
            let represents = state.wishes.restrictions.iter().find(|one| one.vault_id == Some(record)).map(|one| one.person);
            let whose = represents.or_else(|| report.and_then(|(signal, ..)| state.person(signal))).or_else(by_name);
            records.push(pb::KeptRecord {
                record_id: record.to_string(),
                person_id: whose.map(|person| person.to_string()).unwrap_or_default(),
                address: kept.address,
                person: kept.person,
                reference: kept.reference,
                kind: report.map(|(signal, ..)| partner_kind(signal.kind).into()).unwrap_or_default(),
                amount_cents: match (kept.amount_cents, report) {
                    (0, Some((signal, _, true))) => signal.amount.at_least().0,
                    (exact, _) => exact,
                },
                received_at: report.map(|(_, given, _)| moment(given.received_at)).unwrap_or_default(),
                holds: report.is_none_or(|(.., holds)| holds),
                // Who told it stays with us: that person has rights too (AVG art. 15(4)).
                told: kept.told,
                files: kept.files.into_iter().map(file_out).collect(),
                representative: represents.is_some(),
            });
        }
        let mut looks = self.0.vault.looks(case).await.map_err(|error| away(&error))?;
        looks.retain(|look| person.is_none() || theirs.iter().any(|record| record.to_string() == look.audit.record_id));
        let wishes = wishes::of_case(&state, case, person);
        Ok(Response::new(pb::AccessResponse { records, looks: looks.iter().map(look_out).collect(), wishes }))
    }

    async fn erase(&self, request: Request<pb::EraseRequest>) -> Result<Response<pb::EraseResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.erasure(&metadata, asked).await.map(Response::new)
    }

    async fn request_right(&self, request: Request<pb::RequestRightRequest>) -> Result<Response<pb::RightResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.record(&metadata, asked).await.map(Response::new)
    }

    async fn extend_right(&self, request: Request<pb::ExtendRightRequest>) -> Result<Response<pb::RightResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.extend(&metadata, asked).await.map(Response::new)
    }

    async fn decide_right(&self, request: Request<pb::DecideRightRequest>) -> Result<Response<pb::RightResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.decide(&metadata, asked).await.map(Response::new)
    }

    async fn rectify(&self, request: Request<pb::RectifyRequest>) -> Result<Response<pb::RightResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.put_right(&metadata, asked).await.map(Response::new)
    }

    async fn list_rights(&self, request: Request<pb::ListRightsRequest>) -> Result<Response<pb::ListRightsResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.list(&metadata, asked).await.map(Response::new)
    }

    async fn list_looks(&self, request: Request<pb::ListLooksRequest>) -> Result<Response<pb::ListLooksResponse>, Status> {
        let actor = self.0.staff(request.metadata(), action::PERSON_ERASE)?;
        let asked = request.into_inner();
        let id = case_id(&asked.case_id)?;
        self.0.room.catch_up().await?;
        // A concern is no case, and who looked at it is as open to the privacy officer.
        let file = match concerns::get(&self.0.room.views, id.uuid()).and_then(|row| row.file()) {
            Some(file) => file,
            None => self.0.file_of(id).await?,
        };
        self.0.of_gemeente(&actor, action::PERSON_ERASE, file)?;
        let looks = self.0.vault.looks(id).await.map_err(|error| away(&error))?;
        // In the order in which they were written.
        let looks = (0_u32..).zip(&looks).collect();
        let (looks, next_token) = room::paged(looks, |(number, _)| format!("{number:010}"), asked.page.as_ref())?;
        Ok(Response::new(pb::ListLooksResponse { looks: looks.into_iter().map(|(_, look)| look_out(look)).collect(), next_token }))
    }

    async fn list_erased(&self, request: Request<pb::ListErasedRequest>) -> Result<Response<pb::ListErasedResponse>, Status> {
        self.operator(request.metadata())?;
        let (size, after) = room::page(request.get_ref().page.as_ref())?;
        let after = after.map(|token| Uuid::from_slice(&token)).transpose();
        let after = after.map_err(|_| status::invalid_field("page.token", "the next_token of the answer before is expected"))?;
        let erased = self.0.vault.erased(after, size).await.map_err(|error| away(&error))?;
        let next_token = erased.get(size - 1).map(|last| hex::encode(last.record.as_bytes())).unwrap_or_default();
        Ok(Response::new(pb::ListErasedResponse { erased: erased.into_iter().map(line_out).collect(), next_token }))
    }

    async fn list_orphans(&self, request: Request<pb::ListOrphansRequest>) -> Result<Response<pb::ListOrphansResponse>, Status> {
        self.operator(request.metadata())?;
        let orphans = orphans::all(&self.0.room, &self.0.vault).await?;
        let line = |one: Orphan| pb::Orphan {
            record_id: one.record.to_string(),
            stage: one.stage.code().to_owned(),
            since: one.since.to_string(),
        };
        let orphans = orphans.into_iter().map(line).collect();
        let (orphans, next_token) = room::paged(orphans, |one| one.record_id.clone(), request.get_ref().page.as_ref())?;
        Ok(Response::new(pb::ListOrphansResponse { orphans, next_token }))
    }

    async fn replay_erasures(
        &self,
        request: Request<Streaming<pb::ReplayErasuresRequest>>,
    ) -> Result<Response<pb::ReplayErasuresResponse>, Status> {
        self.operator(request.metadata())?;
        let (mut parts, mut ledger) = (request.into_inner(), Vec::new());
        while let Some(part) = parts.message().await? {
            for line in part.erased {
                ledger.push(line_in(line)?);
            }
        }
        let vault = self.0.vault.clone();
        let again = finish(self.0.life.tasks(), async move { vault.replay(&ledger).await.map_err(|error| away(&error)) }).await?;
        Ok(Response::new(pb::ReplayErasuresResponse { erased_again: count(again) }))
    }

    async fn end_epoch(&self, request: Request<pb::EndEpochRequest>) -> Result<Response<pb::EndEpochResponse>, Status> {
        self.operator(request.metadata())?;
        let vault = self.0.vault.clone();
        let over = finish(self.0.life.tasks(), async move { vault.next_epoch().await.map_err(|error| away(&error)) }).await?;
        let (records, entries) = (count(over.records), count(over.entries));
        Ok(Response::new(pb::EndEpochResponse { epoch: over.epoch, records, entries }))
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
