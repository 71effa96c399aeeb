//! Aftercare over gRPC: requests in, commands out, statuses out.

use aftercare_domain::{Command, Interval, OpenEntry};
use jiff::civil::Date;
use kernel::{Gemeentecode, Key};
use proto::{
    aftercare::v1::{self as pb, aftercare_service_server::AftercareService},
    common::v1 as common,
};
use service::{Actor, Resource, Room, action, room, status};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use crate::views::{self, DUTIES, DutiesView, ENTRIES};

/// `zeef.aftercare.v1.AftercareService`.
pub struct AftercareRpc {
    pub(crate) room: Room<DutiesView>,
}

const RESOURCE: Resource = Resource::of("aftercare");
/// Role code of who reviews entries on signalling lists.
const REVIEWER: &str = "aftercare";

#[tonic::async_trait]
impl AftercareService for AftercareRpc {
    async fn assign_duty(&self, request: Request<pb::AssignDutyRequest>) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.enter(request.metadata(), action::AFTERCARE_RECORD, &asked.gemeentecode, &asked.case_id)?;
        let command = Command::Assign { owner: status::pseudonym("owner", &asked.owner)? };
        self.run(&actor, asked.command.as_ref(), key, command).await
    }

    async fn record_rehoused(&self, request: Request<pb::RecordRehousedRequest>) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.enter(request.metadata(), action::AFTERCARE_RECORD, &asked.gemeentecode, &asked.case_id)?;
        let command = Command::RecordRehoused { place: one_of("place", &asked.place)? };
        self.run(&actor, asked.command.as_ref(), key, command).await
    }

    async fn record_destination_unknown(
        &self,
        request: Request<pb::RecordDestinationUnknownRequest>,
    ) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.enter(request.metadata(), action::AFTERCARE_RECORD, &asked.gemeentecode, &asked.case_id)?;
        let last_looked_for = required("last_looked_for", asked.last_looked_for.as_ref())?;
        self.run(&actor, asked.command.as_ref(), key, Command::RecordDestinationUnknown { last_looked_for }).await
    }

    async fn open_list_review(&self, request: Request<pb::OpenListReviewRequest>) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.enter(request.metadata(), action::SIGNALLING_LIST_RECORD, &asked.gemeentecode, &asked.case_id)?;
        let entry = OpenEntry {
            organisation: status::pseudonym("organisation", &asked.organisation)?,
            ground: one_of("ground", &asked.ground)?,
            entered_on: required("entered_on", asked.entered_on.as_ref())?,
            ends_on: date("ends_on", asked.ends_on.as_ref())?,
            told: asked.person_told,
            interval: self.interval(),
        };
        let command = Command::OpenListReview { case: key.case(), owner: REVIEWER.to_owned(), entry };
        self.run(&actor, asked.command.as_ref(), key, command).await
    }

    async fn record_list_review(&self, request: Request<pb::RecordListReviewRequest>) -> Result<Response<pb::CommandResponse>, Status> {
        let asked = request.get_ref();
        let (actor, key) = self.enter(request.metadata(), action::SIGNALLING_LIST_RECORD, &asked.gemeentecode, &asked.case_id)?;
        let organisation =
            if asked.organisation.trim().is_empty() { None } else { Some(status::pseudonym("organisation", &asked.organisation)?) };
        let verdict = one_of("result", &asked.result)?;
        let command = Command::RecordListReview { organisation, verdict, interval: self.interval(), owner: REVIEWER.to_owned() };
        self.run(&actor, asked.command.as_ref(), key, command).await
    }

    async fn list_duties(&self, request: Request<pb::ListDutiesRequest>) -> Result<Response<pb::ListDutiesResponse>, Status> {
        let (actor, gemeente) = self.look(request.metadata(), action::AFTERCARE_READ, &request.get_ref().gemeentecode)?;
        let asked = request.into_inner();
        let page = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let rows = (DUTIES, views::of(gemeente));
        let (mut duties, next_token) = views::page(&self.room.views, rows, page, |duty: &pb::Duty| {
            sees(&actor, &duty.gemeentecode) && (!asked.open_only || views::is_open(duty))
        });
        for duty in &mut duties {
            let Ok(key) = room::case_key(&duty.gemeentecode, &duty.case_id) else { continue };
            if self.room.gate.also(&actor, action::SIGNALLING_LIST_READ, &RESOURCE.gemeente(key.gemeente)).is_ok() {
                duty.list_review_on = views::next_review(&self.room.views, key).map(journal::terms::date_out);
            }
        }
        Ok(Response::new(pb::ListDutiesResponse { duties, next_token }))
    }

    async fn list_entries(&self, request: Request<pb::ListEntriesRequest>) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let (actor, gemeente) = self.look(request.metadata(), action::SIGNALLING_LIST_READ, &request.get_ref().gemeentecode)?;
        let asked = request.into_inner();
        let page = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let (entries, next_token) =
            views::page(&self.room.views, (ENTRIES, views::of(gemeente)), page, |entry: &pb::ListEntry| sees(&actor, &entry.gemeentecode));
        Ok(Response::new(pb::ListEntriesResponse { entries, next_token }))
    }
}

impl AftercareRpc {
    fn interval(&self) -> Interval {
        self.room.runtime.facts().list_review
    }

    /// For what is about one case.
    fn enter(&self, metadata: &MetadataMap, action: &'static str, gemeentecode: &str, case_id: &str) -> Result<(Actor, Key), Status> {
        let key = room::case_key(gemeentecode, case_id)?;
        let actor = self.room.gate.check(metadata, action, &RESOURCE.gemeente(key.gemeente))?;
        Ok((actor, key))
    }

    /// For lists: of one municipality, or of all that the actor works for.
    fn look(&self, metadata: &MetadataMap, action: &'static str, gemeentecode: &str) -> Result<(Actor, Option<Gemeentecode>), Status> {
        if gemeentecode.trim().is_empty() {
            return Ok((self.room.gate.check(metadata, action, &RESOURCE)?, None));
        }
        let gemeente: Gemeentecode =
            gemeentecode.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
        Ok((self.room.gate.check(metadata, action, &RESOURCE.gemeente(gemeente))?, Some(gemeente)))
    }

    async fn run(
        &self,
        actor: &Actor,
        head: Option<&common::Command>,
        key: Key,
        command: Command,
    ) -> Result<Response<pb::CommandResponse>, Status> {
        let done = self.room.command(actor, head, key, command).await?;
        Ok(Response::new(pb::CommandResponse { position: Some(Room::<DutiesView>::position(done.sequence)) }))
    }
}

fn sees(actor: &Actor, gemeentecode: &str) -> bool {
    gemeentecode.parse().is_ok_and(|gemeente| actor.sees(gemeente))
}

fn date(field: &str, date: Option<&common::Date>) -> Result<Option<Date>, Status> {
    match date.map(|date| date.iso.trim()).filter(|iso| !iso.is_empty()) {
        Some(iso) => iso.parse().map(Some).map_err(|_| status::invalid_field(field, "a date is expected, for example 2026-04-07")),
        None => Ok(None),
    }
}

fn required(field: &str, told: Option<&common::Date>) -> Result<Date, Status> {
    date(field, told)?.ok_or_else(|| status::invalid_field(field, "a date is expected, for example 2026-04-07"))
}

fn one_of<T: std::str::FromStr<Err = aftercare_domain::Unknown>>(field: &str, text: &str) -> Result<T, Status> {
    text.trim().parse().map_err(|unknown: aftercare_domain::Unknown| status::invalid_field(field, unknown.to_string()))
}
