//! Concerns over gRPC: what staff record, read and decide.

use intake_domain::{Command, ConcernEnd, ConcernStep, Event, ShareGround, SharedWith, Teller};
use kernel::{CaseId, Gemeentecode, Key, RequestId, ids::derived_uuid};
use prost::Message;
use proto::{
    common::v1 as common,
    intake::v1::{self as pb, concerns_service_server::ConcernsService},
};
use service::{Actor, Resource, action, finish, room, status};
use tonic::{Request, Response, Status, metadata::MetadataMap};
use uuid::Uuid;

use super::Row;
use crate::{
    check,
    grpc::{IntakeRpc, case_id, invalid, position},
    looking::purpose,
    reception::away,
    vault::{Household, WrittenFor},
    views,
};

/// Characters of what somebody tells.
const LONGEST: usize = 4_000;
/// Characters of who told it, and of where they can be asked back.
const SHORT: usize = 200;

/// The RPCs of concerns.
#[derive(Clone)]
pub struct ConcernsRpc(IntakeRpc);

impl ConcernsRpc {
    /// Over intake's own rooms.
    pub const fn new(intake: IntakeRpc) -> Self {
        Self(intake)
    }

    fn staff(&self, metadata: &MetadataMap) -> Result<Actor, Status> {
        self.0.staff(metadata, action::CONCERN_HANDLE)
    }

    fn handles(&self, actor: &Actor, gemeente: Gemeentecode) -> bool {
        self.0.room.gate.also(actor, action::CONCERN_HANDLE, &Resource::of("intake").gemeente(gemeente)).is_ok()
    }

    /// A concern of another municipality and one that does not exist are one answer.
    async fn concern(&self, actor: &Actor, text: &str) -> Result<(Uuid, Key, Row), Status> {
        let concern: Uuid = text.parse().map_err(|_| status::invalid_field("concern_id", "the id of the concern"))?;
        self.0.room.catch_up().await?;
        let row = super::get(&self.0.room.views, concern);
        let known = row.and_then(|row| Some((concern, row.file()?, row)));
        known.filter(|(_, file, _)| self.handles(actor, file.gemeente)).ok_or_else(|| status::not_found("concern"))
    }

    async fn step(
        &self,
        actor: &Actor,
        head: Option<&common::Command>,
        text: &str,
        step: ConcernStep,
    ) -> Result<Response<pb::ConcernResponse>, Status> {
        let (concern, file, _) = self.concern(actor, text).await?;
        let done = self.0.room.command(actor, head, file, Command::Concern(step)).await?;
        Ok(Response::new(pb::ConcernResponse { concern_id: concern.to_string(), position: position(done.sequence) }))
    }

    fn seen(&self, actor: &Actor, gemeentecode: &str) -> Result<Vec<pb::ConcernLine>, Status> {
        let gemeente: Option<Gemeentecode> = match gemeentecode {
            "" => None,
            code => Some(code.parse().map_err(|_| status::invalid_field("gemeentecode", "four digits, for example 0363"))?),
        };
        let mut lines = super::all(&self.0.room.views);
        lines.retain(|line| {
            line.gemeentecode.parse().is_ok_and(|code| gemeente.is_none_or(|wanted| wanted == code) && self.handles(actor, code))
        });
        Ok(lines)
    }
}

/// A code of a closed list.
fn code<T: Copy>(field: &str, text: &str, read: fn(&str) -> Option<T>, all: &[T], code: fn(T) -> &'static str) -> Result<T, Status> {
    read(text).ok_or_else(|| status::invalid_field(field, all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ")))
}

fn end(field: &str, text: &str) -> Result<ConcernEnd, Status> {
    code(field, text, ConcernEnd::from_code, ConcernEnd::ALL, ConcernEnd::code)
}

/// What was told, as the vault keeps it; and where.
fn content(asked: pb::ConcernContent, rpc: &IntakeRpc) -> Result<(Gemeentecode, Household), Status> {
    let (gemeente, _) = check::home(&asked.gemeentecode, asked.address.as_ref(), asked.person.as_ref(), &rpc.region).map_err(invalid)?;
    let fits = |field: &str, text: &str, longest: usize| match text.chars().count() {
        length if length > longest => Err(status::invalid_field(field, format!("at most {longest} characters; these are {length}"))),
        _ => Ok(text.trim().to_owned()),
    };
    let told = fits("content.told", &asked.told, LONGEST)?;
    if told.is_empty() {
        return Err(status::invalid_field("content.told", "what was told"));
    }
    let household = Household {
        address: asked.address,
        person: asked.person,
        told,
        teller_name: fits("content.teller_name", &asked.teller_name, SHORT)?,
        teller_contact: fits("content.teller_contact", &asked.teller_contact, SHORT)?,
        ..Household::default()
    };
    Ok((gemeente, household))
}

#[tonic::async_trait]
impl ConcernsService for ConcernsRpc {
    async fn record_concern(&self, request: Request<pb::RecordConcernRequest>) -> Result<Response<pb::ConcernResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        let mut head = room::request(&actor, asked.command.as_ref())?;
        let teller = code("teller", &asked.teller, Teller::from_code, Teller::ALL, Teller::code)?;
        let (gemeente, household) = content(asked.content.unwrap_or_default(), &self.0)?;
        self.0.room.gate.also(&actor, action::CONCERN_HANDLE, &Resource::of("intake").gemeente(gemeente))?;
        head.assume_new = true;
        let this = self.0.clone();
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            // One file and one record per request, however often it is sent.
            let request: RequestId = head.request_id;
            let concern = derived_uuid(request.uuid(), "concern");
            let file = Key::new(gemeente, concern);
            let vault_id = this.vault.id("concern", [request.uuid().as_bytes(), &household.encode_to_vec()]);
            let written_for = WrittenFor { file, request: request.uuid() };
            this.vault.keep(vault_id, &household, written_for).await.map_err(|error| away(&error))?;
            this.room.run(file, head, Command::Concern(ConcernStep::Record { concern, teller, vault_id })).await
        };
        let done = finish(self.0.life.tasks(), work).await?;
        let told = done.events.iter().find_map(|event| if let Event::ConcernChanged(e) = event { Some(e.concern) } else { None });
        let concern = told.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?;
        Ok(Response::new(pb::ConcernResponse { concern_id: concern.to_string(), position: position(done.sequence) }))
    }

    async fn open_concern(&self, request: Request<pb::OpenConcernRequest>) -> Result<Response<pb::OpenConcernResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        let purpose = purpose(&asked.purpose)?;
        let (concern, file, row) = self.concern(&actor, &asked.concern_id).await?;
        let vault_id = row.vault_id().ok_or_else(|| status::not_found("concern"))?;
        // What is due to go is shown no more, whether or not the sweep has come round to it.
        let state = self.0.state(file).await?.concern;
        if state.is_none_or(|known| known.forgotten || known.goes_at().is_some_and(|at| at <= self.0.room.runtime.now())) {
            return Err(status::refused("concern-gone", "the content of this concern is gone: its days are over"));
        }
        let reader = self.0.reader(&actor, CaseId::from_uuid(concern), file.gemeente, purpose);
        let kept = self.0.vault.show(vault_id, &reader).await.map_err(|error| away(&error))?;
        let kept = kept.ok_or_else(|| status::refused("concern-gone", "the content of this concern is gone"))?;
        let content = pb::ConcernContent {
            gemeentecode: file.gemeente.to_string(),
            address: kept.address,
            person: kept.person,
            told: kept.told,
            teller_name: kept.teller_name,
            teller_contact: kept.teller_contact,
        };
        Ok(Response::new(pb::OpenConcernResponse { content: Some(content) }))
    }

    async fn judge_danger(&self, request: Request<pb::JudgeDangerRequest>) -> Result<Response<pb::ConcernResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        let officer = actor.id.clone();
        let step = match asked.ended_because.as_str() {
            "" => ConcernStep::FindDanger { officer },
            because => ConcernStep::EndDanger { because: end("ended_because", because)?, officer },
        };
        self.step(&actor, asked.command.as_ref(), &asked.concern_id, step).await
    }

    async fn share_concern(&self, request: Request<pb::ShareConcernRequest>) -> Result<Response<pb::ConcernResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        let with = code("with", &asked.with, SharedWith::from_code, SharedWith::ALL, SharedWith::code)?;
        let ground = code("ground", &asked.ground, ShareGround::from_code, ShareGround::ALL, ShareGround::code)?;
        self.step(&actor, asked.command.as_ref(), &asked.concern_id, ConcernStep::Share { with, ground }).await
    }

    async fn link_concern(&self, request: Request<pb::LinkConcernRequest>) -> Result<Response<pb::ConcernResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        let case = case_id(&asked.case_id)?;
        let (_, file, _) = self.concern(&actor, &asked.concern_id).await?;
        // Of another municipality, and one that does not exist: one answer.
        let of_case = views::file_of_case(&self.0.room.views, case).filter(|of_case| of_case.gemeente == file.gemeente);
        let of_case = of_case.ok_or_else(|| status::not_found("case"))?;
        if !self.0.state(of_case).await?.case(case).is_some_and(intake_domain::Case::is_open) {
            return Err(status::refused("case-closed", "an open case is expected: a concern goes when the data of its case go"));
        }
        self.step(&actor, asked.command.as_ref(), &asked.concern_id, ConcernStep::Link { case }).await
    }

    async fn close_concern(&self, request: Request<pb::CloseConcernRequest>) -> Result<Response<pb::ConcernResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        let because = end("because", &asked.because)?;
        self.step(&actor, asked.command.as_ref(), &asked.concern_id, ConcernStep::Close { because }).await
    }

    async fn list_concerns(&self, request: Request<pb::ListConcernsRequest>) -> Result<Response<pb::ListConcernsResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        self.0.room.at_least(asked.at_least.as_ref()).await?;
        let mut concerns = self.seen(&actor, &asked.gemeentecode)?;
        concerns.retain(|line| asked.all || line.kept);
        // Ids are made in the order of recording.
        let (concerns, next_token) = room::paged(concerns, |line| line.concern_id.clone(), asked.page.as_ref())?;
        Ok(Response::new(pb::ListConcernsResponse { concerns, next_token }))
    }

    async fn count_concerns(&self, request: Request<pb::CountConcernsRequest>) -> Result<Response<pb::CountConcernsResponse>, Status> {
        let actor = self.staff(request.metadata())?;
        let asked = request.into_inner();
        self.0.room.at_least(asked.at_least.as_ref()).await?;
        let counts = super::counts(self.seen(&actor, &asked.gemeentecode)?);
        Ok(Response::new(pb::CountConcernsResponse { counts }))
    }
}
