//! The doors of intake other than a creditor's, over gRPC: what staff record for a household, and what municipalities hand over.

use std::sync::Arc;

use intake_domain::{Answer, Bounce, Command, Event, HandOverAnswered, Informant, LeftBehind, NewRequest, Rejection, Supplement, Threat};
use jiff::{Timestamp, civil::Date};
use journal::Done;
use kernel::{CaseId, Gemeentecode, Key, Reason, SignalId, days::amsterdam_date, ids::new_uuid};
use prost::Message;
use proto::intake::v1::{self as pb, doors_service_server::DoorsService};
use service::{Actor, Lifecycle, Resource, Room, action, finish, region::Region, room, status};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    address::Door,
    check,
    grpc::{case_id, invalid},
    hand_overs::{self, HandOver},
    looking::purpose,
    reception::away,
    vault::{Household, Index, Mark, Reader, Vault, WrittenFor},
    views::{self, Whereabouts},
};

/// The RPCs of the other doors.
#[derive(Clone)]
pub struct DoorsRpc {
    pub(crate) room: Room<Whereabouts>,
    pub(crate) life: Lifecycle,
    pub(crate) vault: Arc<Vault>,
    region: Arc<Region>,
}

impl DoorsRpc {
    /// The RPCs over these rooms.
    pub const fn new(room: Room<Whereabouts>, life: Lifecycle, vault: Arc<Vault>, region: Arc<Region>) -> Self {
        Self { room, life, vault, region }
    }

    fn ours(&self, actor: &Actor, gemeente: Gemeentecode) -> bool {
        self.room.gate.also(actor, action::HAND_OVER, &Resource::of("intake").gemeente(gemeente)).is_ok()
    }

    /// A hand-over of others and one that does not exist are one answer.
    async fn hand_over(&self, actor: &Actor, id: &str) -> Result<HandOver, Status> {
        let id = id.parse::<Uuid>().map_err(|_| status::invalid_field("hand_over_id", "the id of the hand-over"))?;
        self.room.catch_up().await?;
        let known = hand_overs::get(&self.room.views, id);
        let known = known.filter(|known| self.ours(actor, known.to) || self.ours(actor, known.file.gemeente));
        known.ok_or_else(|| status::not_found("hand-over"))
    }

    /// A case of ours, and the address that its household moved to.
    async fn moving(&self, request: Request<pb::OfferHandOverRequest>) -> Result<Moving, Status> {
        let actor = self.room.gate.check(request.metadata(), action::HAND_OVER, &Resource::of("intake"))?;
        let message = request.into_inner();
        let head = room::request(&actor, message.command.as_ref())?;
        let case = case_id(&message.case_id)?;
        let help_offered_at = room::instant("help_offered_at", &message.help_offered_at)?;
        self.room.catch_up().await?;
        let file = views::file_of_case(&self.room.views, case).filter(|file| self.ours(&actor, file.gemeente));
        let file = file.ok_or_else(|| status::not_found("case"))?;
        let (to, door) = check::home("", message.address.as_ref(), message.person.as_ref(), &self.region).map_err(invalid)?;
        Ok(Moving { head, case, file, to, door, help_offered_at, message })
    }

    /// The record of a household at its new address: who it is as the case knows it, if nothing else was said. Its reports are known there
    /// by the same hashes.
    async fn keep_moved(&self, case: CaseId, told: pb::OfferHandOverRequest, door: &Mark, to: WrittenFor) -> Result<Uuid, Status> {
        let known = self.known_of(case).await?;
        let household = Household { address: told.address, person: told.person.or(known.person), ..Default::default() };
        let household = Household { marks: known.marks, ..household.marked(door, []) };
        let vault_id = self.vault.id("hand-over", [to.request.as_bytes()]);
        self.vault.keep(vault_id, &household, to).await.map_err(|error| away(&error))?;
        Ok(vault_id)
    }

    /// The address file of an address, which is claimed when nobody was known there.
    async fn claimed(&self, gemeente: Gemeentecode, door: Mark) -> Result<Key, Status> {
        let new = Key::new(gemeente, new_uuid(self.room.runtime.now()));
        Ok(self.vault.claim(Index::Address(door), new).await.map_err(|error| away(&error))?.file)
    }

    /// Opens the case that an acceptance named: it is theirs by now. Should this not succeed, whoever looks next opens it.
    async fn open_accepted(&self, done: &Done<Event>) -> Result<pb::AnswerHandOverResponse, Status> {
        let answered = done.events.iter().find_map(|event| if let Event::HandOverAnswered(e) = event { Some(*e) } else { None });
        let (mut case_id, mut sequence) = (String::new(), done.sequence);
        if let Some(HandOverAnswered { hand_over, answer: Answer::Accepted { case, .. }, .. }) = answered {
            self.room.at_least(Some(&Room::<Whereabouts>::position(done.sequence))).await?;
            case_id = case.to_string();
            if let Some(known) = hand_overs::get(&self.room.views, hand_over) {
                let opened = hand_overs::finish(&self.room, &self.vault, &known).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "a case that was taken over is not opened yet");
                    0
                });
                sequence = sequence.max(opened);
            }
        }
        Ok(pb::AnswerHandOverResponse { case_id, position: Some(Room::<Whereabouts>::position(sequence)) })
    }

    /// Who it is, as the newest record of a case says, and what the hashes of its reports are made of.
    async fn known_of(&self, case: CaseId) -> Result<Household, Status> {
        let mut known = Household::default();
        for record in views::records_of_case(&self.room.views, case) {
            let Some(kept) = self.vault.open(record).await.map_err(|error| away(&error))? else { continue };
            known.person = known.person.or(kept.person);
            known.marks.extend(kept.marks);
        }
        Ok(known)
    }
}

/// A household that moves: from which case and file, to which address.
struct Moving {
    head: journal::Request,
    case: CaseId,
    file: Key,
    to: Gemeentecode,
    door: Door,
    help_offered_at: Option<Timestamp>,
    message: pb::OfferHandOverRequest,
}

fn hand_over_out(one: HandOver, ours: bool) -> pb::HandOver {
    pb::HandOver {
        hand_over_id: one.id.to_string(),
        from_gemeentecode: one.file.gemeente.to_string(),
        to_gemeentecode: one.to.to_string(),
        case_id: if ours { one.case.to_string() } else { String::new() },
        offered_on: Some(proto::common::v1::Date { iso: one.offered_on }),
        state: one.state,
        bounce: one.bounce,
    }
}

/// A code of a closed list that may be left out.
fn optional<T>(field: &str, text: &str, read: fn(&str) -> Option<T>, right: &str) -> Result<Option<T>, Status> {
    match text {
        "" => Ok(None),
        code => read(code).map(Some).ok_or_else(|| status::invalid_field(field, right)),
    }
}

fn day(field: &str, date: Option<&proto::common::v1::Date>) -> Result<Option<Date>, Status> {
    let told = date.filter(|date| !date.iso.is_empty());
    told.map(|date| date.iso.parse().map_err(|_| status::invalid_field(field, "a date is expected, for example 2026-03-09"))).transpose()
}

#[tonic::async_trait]
impl DoorsService for DoorsRpc {
    async fn request_help(&self, request: Request<pb::RequestHelpRequest>) -> Result<Response<pb::RequestHelpResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::HELP_REQUEST, &Resource::of("intake"))?;
        let message = request.into_inner();
        let head = room::request(&actor, message.command.as_ref())?;
        let threat = optional("threat", &message.threat, Threat::from_code, "eviction, supply, health-insurance, or nothing")?;
        let eviction_on = day("eviction_on", message.eviction_on.as_ref())?;
        if eviction_on.is_some() && threat != Some(Threat::Eviction) {
            return Err(status::invalid_field("eviction_on", "only with the threat of an eviction"));
        }
        let home = check::home(&message.gemeentecode, message.address.as_ref(), message.person.as_ref(), &self.region);
        let (gemeente, door) = home.map_err(invalid)?;
        self.room.gate.also(&actor, action::HELP_REQUEST, &Resource::of("intake").gemeente(gemeente))?;
        let this = self.clone();
        let work = async move {
            let now = this.room.runtime.now();
            let _epoch = this.vault.in_this_epoch().await;
            let district = this.region.district(gemeente, door.postcode()).map(str::to_owned);
            let door = this.vault.mark("address", [door.line().as_bytes()]);
            let household = Household { address: message.address, person: message.person, ..Default::default() }.marked(&door, []);
            let claimed = this.vault.claim(Index::Address(door), Key::new(gemeente, new_uuid(now))).await.map_err(|error| away(&error))?;
            let vault_id = this.vault.id("request", [head.request_id.uuid().as_bytes(), &household.encode_to_vec()]);
            let written_for = WrittenFor { file: claimed.file, request: head.request_id.uuid() };
            this.vault.keep(vault_id, &household, written_for).await.map_err(|error| away(&error))?;
            let (file, request) = (claimed.file, new_uuid(now));
            let new_case = CaseId::new(now);
            let command = Command::RequestHelp(NewRequest { request, file, new_case, vault_id, threat, eviction_on, by: None, district });
            Ok((claimed.file, this.room.run(claimed.file, head, command).await?))
        };
        let (file, done) = finish(self.life.tasks(), work).await?;
        let case = done.events.iter().find_map(|event| if let Event::HelpRequested(e) = event { Some(e.case) } else { None });
        let case = case.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?;
        Ok(Response::new(pb::RequestHelpResponse {
            case_id: case.to_string(),
            gemeentecode: file.gemeente.to_string(),
            position: Some(Room::<Whereabouts>::position(done.sequence)),
        }))
    }

    async fn record_consent(&self, request: Request<pb::RecordConsentRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.consent(&metadata, asked).await.map(Response::new)
    }

    async fn restrict_contact(
        &self,
        request: Request<pb::RestrictContactRequest>,
    ) -> Result<Response<pb::RestrictContactResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.restrict(&metadata, asked).await.map(Response::new)
    }

    async fn end_restriction(&self, request: Request<pb::EndRestrictionRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.unrestrict(&metadata, asked).await.map(Response::new)
    }

    async fn record_refusal(&self, request: Request<pb::RecordRefusalRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.refusal(&metadata, asked).await.map(Response::new)
    }

    async fn list_wishes(&self, request: Request<pb::ListWishesRequest>) -> Result<Response<pb::ListWishesResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.wishes(&metadata, asked).await.map(Response::new)
    }

    async fn record_death(&self, request: Request<pb::RecordDeathRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::CASE_RECORD, &Resource::of("intake"))?;
        let message = request.into_inner();
        let case = case_id(&message.case_id)?;
        let died_on = day("died_on", message.died_on.as_ref())?;
        if died_on.is_some_and(|day| day > amsterdam_date(self.room.runtime.now())) {
            return Err(status::invalid_field("died_on", "a day that is not later than today"));
        }
        let left_behind = LeftBehind::from_code(&message.left_behind)
            .ok_or_else(|| status::invalid_field("left_behind", "unknown, nobody, co-tenant, housemate or carer"))?;
        self.room.catch_up().await?;
        let may = |file: &Key| self.room.gate.also(&actor, action::CASE_RECORD, &Resource::of("intake").gemeente(file.gemeente)).is_ok();
        let file = views::file_of_case(&self.room.views, case).filter(may).ok_or_else(|| status::not_found("case"))?;
        let command = Command::RecordDeath { case, died_on, left_behind };
        let done = self.room.command(&actor, message.command.as_ref(), file, command).await?;
        Ok(Response::new(pb::CaseCommandResponse { position: Some(Room::<Whereabouts>::position(done.sequence)) }))
    }

    async fn supplement_signal(&self, request: Request<pb::SupplementSignalRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::CASE_RECORD, &Resource::of("intake"))?;
        let message = request.into_inner();
        let case = case_id(&message.case_id)?;
        let signal = message.signal_id.parse().map(SignalId::from_uuid);
        let signal = signal.map_err(|_| status::invalid_field("signal_id", "the id of the signal"))?;
        let arrears_since = day("arrears_since", message.arrears_since.as_ref())?;
        if arrears_since.is_some_and(|day| day > amsterdam_date(self.room.runtime.now())) {
            return Err(status::invalid_field("arrears_since", "a day that is not later than today"));
        }
        let said = Supplement { arrears_since, crisis: message.crisis, warm_handover: message.warm_handover };
        if said == Supplement::default() {
            return Err(status::invalid_field("arrears_since", "one of arrears_since, crisis and warm_handover at least"));
        }
        let source = Informant::from_code(&message.source).ok_or_else(|| status::invalid_field("source", "partner or household"))?;
        self.room.catch_up().await?;
        let may = |file: &Key| self.room.gate.also(&actor, action::CASE_RECORD, &Resource::of("intake").gemeente(file.gemeente)).is_ok();
        let file = views::file_of_case(&self.room.views, case).filter(may).ok_or_else(|| status::not_found("case"))?;
        let command = Command::SupplementSignal { case, signal, said, source };
        let done = self.room.command(&actor, message.command.as_ref(), file, command).await?;
        Ok(Response::new(pb::CaseCommandResponse { position: Some(Room::<Whereabouts>::position(done.sequence)) }))
    }

    async fn offer_hand_over(&self, request: Request<pb::OfferHandOverRequest>) -> Result<Response<pb::OfferHandOverResponse>, Status> {
        let Moving { head, case, file, to, door, help_offered_at, message } = self.moving(request).await?;
        let this = self.clone();
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            let door = this.vault.mark("address", [door.line().as_bytes()]);
            let request = head.request_id.uuid();
            let vault_id = this.keep_moved(case, message, &door, WrittenFor { file, request }).await?;
            let hand_over = kernel::ids::derived_uuid(request, "hand-over");
            this.room.run(file, head, Command::OfferHandOver { hand_over, case, to, vault_id, help_offered_at }).await
        };
        let done = finish(self.life.tasks(), work).await?;
        let offered = done.events.iter().find_map(|event| if let Event::HandOverOffered(e) = event { Some(e) } else { None });
        let offered = offered.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?;
        Ok(Response::new(pb::OfferHandOverResponse {
            hand_over_id: offered.hand_over.to_string(),
            to_gemeentecode: offered.to.to_string(),
            position: Some(Room::<Whereabouts>::position(done.sequence)),
        }))
    }

    async fn answer_hand_over(&self, request: Request<pb::AnswerHandOverRequest>) -> Result<Response<pb::AnswerHandOverResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::HAND_OVER, &Resource::of("intake"))?;
        let message = request.into_inner();
        let head = room::request(&actor, message.command.as_ref())?;
        let right = "nothing to accept, or not-here, helped-already, incomplete, taken-back";
        let bounce = optional("bounce", &message.bounce, Bounce::from_code, right)?;
        let known = self.hand_over(&actor, &message.hand_over_id).await?;
        // What was offered is taken back by who offered it, and answered by who was asked.
        let whose = if bounce == Some(Bounce::TakenBack) { known.file.gemeente } else { known.to };
        self.room.gate.also(&actor, action::HAND_OVER, &Resource::of("intake").gemeente(whose))?;
        let this = self.clone();
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            let answer = match bounce {
                Some(bounce) => Answer::Bounced(bounce),
                None => {
                    let kept = this.vault.open(known.vault_id).await.map_err(|error| away(&error))?.unwrap_or_default();
                    let (to, door) = check::home("", kept.address.as_ref(), None, &this.region).map_err(invalid)?;
                    let file = this.claimed(to, this.vault.mark("address", [door.line().as_bytes()])).await?;
                    Answer::Accepted { file, case: CaseId::new(this.room.runtime.now()) }
                }
            };
            let done = this.room.run(known.file, head, Command::AnswerHandOver { hand_over: known.id, case: known.case, answer }).await?;
            this.open_accepted(&done).await
        };
        Ok(Response::new(finish(self.life.tasks(), work).await?))
    }

    async fn move_within(&self, request: Request<pb::OfferHandOverRequest>) -> Result<Response<pb::AnswerHandOverResponse>, Status> {
        let Moving { head, case, file, to, door, help_offered_at, message } = self.moving(request).await?;
        if to != file.gemeente {
            let no = Rejection::OtherMunicipality;
            return Err(status::refused(no.code(), no.to_string()));
        }
        let this = self.clone();
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            let door = this.vault.mark("address", [door.line().as_bytes()]);
            let request = head.request_id.uuid();
            let vault_id = this.keep_moved(case, message, &door, WrittenFor { file, request }).await?;
            let to = this.claimed(to, door).await?;
            let (hand_over, new_case) = (kernel::ids::derived_uuid(request, "hand-over"), CaseId::new(this.room.runtime.now()));
            let command = Command::MoveWithin { hand_over, case, vault_id, help_offered_at, to, new_case };
            let done = this.room.run(file, head, command).await?;
            this.open_accepted(&done).await
        };
        Ok(Response::new(finish(self.life.tasks(), work).await?))
    }

    async fn list_hand_overs(&self, request: Request<pb::ListHandOversRequest>) -> Result<Response<pb::ListHandOversResponse>, Status> {
        let asked = request.get_ref();
        let gemeente: Gemeentecode =
            asked.gemeentecode.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
        self.room.gate.check(request.metadata(), action::HAND_OVER, &Resource::of("intake").gemeente(gemeente))?;
        let (size, after) = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let (all, next) = hand_overs::of_gemeente(&self.room.views, gemeente, after.as_deref(), size);
        let hand_overs = all.into_iter().map(|one| {
            let ours = one.file.gemeente == gemeente;
            hand_over_out(one, ours)
        });
        Ok(Response::new(pb::ListHandOversResponse {
            hand_overs: hand_overs.collect(),
            next_token: next.map(hex::encode).unwrap_or_default(),
        }))
    }

    async fn open_hand_over(&self, request: Request<pb::OpenHandOverRequest>) -> Result<Response<pb::OpenHouseholdResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::PERSON_READ, &Resource::of("intake"))?;
        let message = request.into_inner();
        let purpose = purpose(&message.purpose)?;
        let known = self.hand_over(&actor, &message.hand_over_id).await?;
        let reader = Reader {
            // Not the case of the offering municipality: its id stays there.
            case: CaseId::from_uuid(known.id),
            on_behalf_of: if self.ours(&actor, known.to) { known.to } else { known.file.gemeente },
            actor: actor.id,
            organisation: actor.organisation,
            purpose: purpose.to_owned(),
            at: self.room.runtime.now(),
        };
        let kept = self.vault.show(known.vault_id, &reader).await.map_err(|error| away(&error))?;
        let kept = kept.ok_or_else(|| status::not_found("hand-over"))?;
        let persons = kept.person.into_iter().collect();
        Ok(Response::new(pb::OpenHouseholdResponse { address: kept.address, persons, ..Default::default() }))
    }
}
