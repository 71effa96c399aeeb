//! Court liaison over gRPC: requests in, commands out, statuses out.

use court_liaison_domain::{Command, Event, Fact, RecordFact, case_for, file_for};
use jiff::civil::Date;
use kernel::{Gemeentecode, Key};
use proto::court_liaison::v1::{self as pb, court_liaison_service_server::CourtLiaisonService};
use service::{Actor, Resource, Room, action, room, status, telemetry};
use tonic::{Request, Response, Status};

use crate::{
    views::{self, CourtView, VIOLATIONS},
    words::{self, fact_in},
};

/// `zeef.court_liaison.v1.CourtLiaisonService`.
pub struct CourtLiaisonRpc {
    pub(crate) room: Room<CourtView>,
}

const RESOURCE: Resource = Resource::of("court-liaison");

#[tonic::async_trait]
impl CourtLiaisonService for CourtLiaisonRpc {
    async fn record_fact(&self, request: Request<pb::RecordFactRequest>) -> Result<Response<pb::RecordFactResponse>, Status> {
        let gemeente = gemeente(&request.get_ref().gemeentecode)?;
        let actor = self.room.gate.check(request.metadata(), action::COURT_RECORD, &RESOURCE.gemeente(gemeente))?;
        let asked = request.into_inner();
        let mut head = room::request(&actor, asked.command.as_ref())?;
        head.link = telemetry::caller();
        let fact = fact_in(asked.fact.as_ref()).and_then(|fact| words::check(&fact).map(|()| fact));
        let fact = fact.map_err(|wrong| status::invalid_field(wrong.field, wrong.expected))?;
        let vault = optional("vault_id", &asked.vault_id, "a vault id as KeepAddress tells it, or nothing")?;
        let mut file: Option<Key> = optional("file_key", &asked.file_key, "a file key as FindCase tells it, or nothing")?;
        let known_at_intake = !asked.case_id.is_empty();
        let key = if known_at_intake {
            room::case_key(&asked.gemeentecode, &asked.case_id)?
        } else {
            // Nobody knew the household: the case, and an address file if none was named, follow from the request.
            head.assume_new = true;
            file = file.or_else(|| Some(file_for(head.request_id, gemeente)));
            Key::new(gemeente, case_for(head.request_id, gemeente).uuid())
        };
        let courts = self.room.runtime.facts().clone();
        let on_objection = matches!(fact, Fact::Judgment(_) | Fact::EvictionCarriedOut);
        let command = Command::RecordFact(RecordFact { case: key.case(), file, vault, known_at_intake, fact, notice: None, courts });
        let done = self.room.run(key, head, command).await?;
        let violations = done.events.iter().filter_map(|event| match event {
            Event::ViolationFound { violation, .. } => Some(views::shown(key, violation)),
            _ => None,
        });
        // The fact is recorded: that the state cannot be read just now takes nothing back. Other facts say nothing of an objection.
        let state = if on_objection { self.room.runtime.state(key).await.ok().flatten() } else { None };
        Ok(Response::new(pb::RecordFactResponse {
            position: Some(Room::<CourtView>::position(done.sequence)),
            case_id: key.case().to_string(),
            violations: violations.collect(),
            objection: state.and_then(|state| state.objection()).map(views::shown_objection),
        }))
    }

    async fn ask_administration(&self, request: Request<pb::AskAdministrationRequest>) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.ours(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        // That there must be one is the domain's to say.
        let second_officer = match asked.second_officer.trim() {
            "" => String::new(),
            told => status::staff_number("second_officer", told)?,
        };
        let command = Command::AskAdministration { asked_by: actor.id.clone(), second_officer };
        let done = self.room.command(&actor, asked.command.as_ref(), key, command).await?;
        Ok(answer(done.sequence))
    }

    async fn resume_track(&self, request: Request<pb::ResumeTrackRequest>) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.ours(request.metadata(), &asked.gemeentecode, &asked.case_id)?;
        let done = self.room.command(&actor, asked.command.as_ref(), key, Command::ResumeTrack).await?;
        Ok(answer(done.sequence))
    }

    async fn list_hearings(&self, request: Request<pb::ListHearingsRequest>) -> Result<Response<pb::ListHearingsResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::COURT_READ, &RESOURCE)?;
        let asked = request.into_inner();
        let day: Option<Date> =
            optional("on", asked.on.as_ref().map_or("", |on| on.iso.as_str()), "a date, for example 2026-04-07, or nothing")?;
        let page = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let (hearings, next_token) = views::page(&self.room.views, views::hearings_of(&asked.court, day), page, |hearing: &pb::Hearing| {
            sees(&actor, &hearing.gemeentecode)
        });
        Ok(Response::new(pb::ListHearingsResponse { hearings, next_token }))
    }

    async fn list_violations(&self, request: Request<pb::ListViolationsRequest>) -> Result<Response<pb::ListViolationsResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::COURT_READ, &RESOURCE)?;
        let asked = request.into_inner();
        let page = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let (violations, next_token) = views::page(&self.room.views, (VIOLATIONS, Vec::new()), page, |violation: &pb::Violation| {
            sees(&actor, &violation.gemeentecode)
        });
        Ok(Response::new(pb::ListViolationsResponse { violations, next_token }))
    }
}

impl CourtLiaisonRpc {
    /// For decisions of ours about a case.
    fn ours(&self, metadata: &tonic::metadata::MetadataMap, gemeentecode: &str, case_id: &str) -> Result<(Actor, Key), Status> {
        let key = room::case_key(gemeentecode, case_id)?;
        let actor = self.room.gate.check(metadata, action::COURT_DECIDE, &RESOURCE.gemeente(key.gemeente))?;
        Ok((actor, key))
    }
}

fn answer(sequence: u64) -> Response<pb::CommandResponse> {
    Response::new(pb::CommandResponse { position: Some(Room::<CourtView>::position(sequence)) })
}

fn gemeente(text: &str) -> Result<Gemeentecode, Status> {
    text.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))
}

fn optional<T: std::str::FromStr>(field: &str, text: &str, expected: &str) -> Result<Option<T>, Status> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| status::invalid_field(field, expected))
}

/// Municipalities never see each other.
fn sees(actor: &Actor, gemeentecode: &str) -> bool {
    gemeentecode.parse().is_ok_and(|gemeente| actor.sees(gemeente))
}
