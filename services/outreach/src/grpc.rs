//! Outreach over gRPC: requests in, commands out, statuses out.

use kernel::{
    Gemeentecode, Key,
    ddas::{Channel, Daypart},
    ids::derived_uuid,
};
use outreach_domain::{Circumstance, Command, Contact, HelpResult, Learned, Teller};
use proto::{
    common::v1 as common,
    outreach::v1::{
        CommandResponse, LearnCircumstanceRequest, ListWorkRequest, ListWorkResponse, RecordAnswerRequest, RecordAttemptRequest,
        RecordFirstTalkRequest, RecordOfferRequest, SupplementAttemptRequest, Toward, outreach_service_server::OutreachService,
    },
};
use service::{Actor, Resource, Room, action, room, status};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use crate::views::{self, Wanted, WorkView};

const ANSWERS: &[&str] = &["accepted", "refused", "resolved"];

/// `zeef.outreach.v1.OutreachService`.
pub struct OutreachRpc {
    pub(crate) room: Room<WorkView>,
}

impl OutreachRpc {
    /// Who may record something about this case.
    fn recorder(&self, metadata: &MetadataMap, gemeentecode: &str, case_id: &str) -> Result<(Actor, Key), Status> {
        let key = room::case_key(gemeentecode, case_id)?;
        let resource = Resource::of("outreach").gemeente(key.gemeente);
        Ok((self.room.gate.check(metadata, action::OUTREACH_RECORD, &resource)?, key))
    }

    async fn record(
        &self,
        actor: &Actor,
        key: Key,
        head: Option<&common::Command>,
        command: Command,
    ) -> Result<Response<CommandResponse>, Status> {
        let done = self.room.command(actor, head, key, command).await?;
        Ok(Response::new(CommandResponse { position: Some(Room::<WorkView>::position(done.sequence)) }))
    }
}

fn one_of(field: &str, given: &str, codes: &[&str]) -> Result<(), Status> {
    if codes.contains(&given) { Ok(()) } else { Err(expected(field, codes)) }
}

/// What would be right.
fn expected(field: &str, codes: &[&str]) -> Status {
    status::invalid_field(field, format!("one of {} expected", codes.join(", ")))
}

/// How contact was made, and for whom.
fn contact(channel: String, toward: Option<Toward>) -> Result<Contact, Status> {
    let toward = toward.unwrap_or_default();
    let person = match toward.person_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("toward.person_id", error.to_string()))?),
    };
    Ok(Contact { channel, person, representative: toward.representative, despite: toward.despite })
}

#[tonic::async_trait]
impl OutreachService for OutreachRpc {
    async fn record_attempt(&self, request: Request<RecordAttemptRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        one_of("channel", &asked.channel, Channel::CODES)?;
        if !asked.daypart.is_empty() {
            one_of("daypart", &asked.daypart, Daypart::CODES)?;
        }
        let contact = contact(asked.channel, asked.toward)?;
        let command = Command::RecordAttempt { case: key.case(), contact, daypart: asked.daypart, reached: asked.reached };
        self.record(&actor, key, asked.command.as_ref(), command).await
    }

    async fn supplement_attempt(&self, request: Request<SupplementAttemptRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        one_of("daypart", &asked.daypart, Daypart::CODES)?;
        let attempted_at = room::instant("attempted_at", &asked.attempted_at)?;
        let attempted_at = attempted_at.ok_or_else(|| status::invalid_field("attempted_at", "the moment of the attempt"))?;
        let command = Command::SupplementAttempt { case: key.case(), attempted_at, daypart: asked.daypart };
        self.record(&actor, key, asked.command.as_ref(), command).await
    }

    async fn record_offer(&self, request: Request<RecordOfferRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        one_of("channel", &asked.channel, Channel::CODES)?;
        let command = Command::RecordOffer { case: key.case(), contact: contact(asked.channel, asked.toward)? };
        self.record(&actor, key, asked.command.as_ref(), command).await
    }

    async fn record_answer(&self, request: Request<RecordAnswerRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        one_of("answer", &asked.answer, ANSWERS)?;
        let case = key.case();
        let command = match asked.answer.as_str() {
            "accepted" => {
                let request_id = room::request(&actor, asked.command.as_ref())?.request_id;
                Command::Accept { case, seed: derived_uuid(request_id.uuid(), "accepted") }
            }
            "refused" => Command::Refuse { case },
            _ => {
                let result = HelpResult::from_code(&asked.result).ok_or_else(|| expected("result", HelpResult::CODES))?;
                Command::Resolve { case, result }
            }
        };
        self.record(&actor, key, asked.command.as_ref(), command).await
    }

    async fn record_first_talk(&self, request: Request<RecordFirstTalkRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        self.record(&actor, key, asked.command.as_ref(), Command::RecordTalk { case: key.case() }).await
    }

    async fn record_lease_claim(&self, request: Request<RecordFirstTalkRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        self.record(&actor, key, asked.command.as_ref(), Command::RecordClaim { case: key.case() }).await
    }

    async fn learn_circumstance(&self, request: Request<LearnCircumstanceRequest>) -> Result<Response<CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.recorder(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let asked = request.into_inner();
        let circumstance = Circumstance::from_code(&asked.circumstance).ok_or_else(|| expected("circumstance", Circumstance::CODES))?;
        let source = Teller::from_code(&asked.source).ok_or_else(|| expected("source", Teller::CODES))?;
        let command = Command::Learn { case: key.case(), learned: Learned { circumstance, holds: asked.holds, source } };
        self.record(&actor, key, asked.command.as_ref(), command).await
    }

    async fn list_work(&self, request: Request<ListWorkRequest>) -> Result<Response<ListWorkResponse>, Status> {
        let asked = request.get_ref();
        let (mut resource, mut wanted) = (Resource::of("outreach"), Wanted { gemeente: None, team: asked.team.clone() });
        if !asked.gemeentecode.is_empty() {
            let gemeente: Gemeentecode = asked
                .gemeentecode
                .parse()
                .map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
            (resource, wanted.gemeente) = (resource.gemeente(gemeente), Some(gemeente));
        }
        let actor = self.room.gate.check(request.metadata(), action::OUTREACH_READ, &resource)?;
        let (size, after) = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let (items, next_token) = views::work(&self.room.views, &wanted, |code| actor.sees(code), after, size);
        Ok(Response::new(ListWorkResponse { items, next_token }))
    }
}
