//! The doors of intake other than a creditor's, over gRPC: what staff record for a household.

use std::sync::Arc;

use intake_domain::{Command, Event, NewRequest, Threat};
use jiff::civil::Date;
use kernel::{CaseId, Key, ids::new_uuid};
use prost::Message;
use proto::intake::v1::{self as pb, doors_service_server::DoorsService};
use service::{Lifecycle, Resource, Room, action, finish, region::Region, room, status};
use tonic::{Request, Response, Status};

use crate::{
    check,
    grpc::invalid,
    reception::away,
    vault::{Household, Index, Vault, WrittenFor},
    views::Whereabouts,
};

/// The RPCs of the other doors.
#[derive(Clone)]
pub struct DoorsRpc {
    room: Room<Whereabouts>,
    life: Lifecycle,
    vault: Arc<Vault>,
    region: Arc<Region>,
}

impl DoorsRpc {
    /// The RPCs over these rooms.
    pub const fn new(room: Room<Whereabouts>, life: Lifecycle, vault: Arc<Vault>, region: Arc<Region>) -> Self {
        Self { room, life, vault, region }
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
            let door = this.vault.mark("address", [door.line().as_bytes()]);
            let household = Household { address: message.address, person: message.person, ..Default::default() }.marked(&door, []);
            let claimed = this.vault.claim(Index::Address(door), Key::new(gemeente, new_uuid(now))).await.map_err(|error| away(&error))?;
            let vault_id = this.vault.id("request", [head.request_id.uuid().as_bytes(), &household.encode_to_vec()]);
            let written_for = WrittenFor { file: claimed.file, request: head.request_id.uuid() };
            this.vault.keep(vault_id, &household, written_for).await.map_err(|error| away(&error))?;
            let (file, request) = (claimed.file, new_uuid(now));
            let command = Command::RequestHelp(NewRequest { request, file, new_case: CaseId::new(now), vault_id, threat, eviction_on });
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
}
