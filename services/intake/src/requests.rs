//! What people asked by their rights (AVG art. 15 to 18 and 21): the list of it, built from intake's own stream, and what the privacy
//! officer does about it.

use intake_domain::{Command, Event, NewRightRequest, Refusal, Right, Verdict};
use jiff::civil::Date;
use journal::{Rows, Views};
use kernel::{Gemeentecode, Key, days::amsterdam_date, ids::new_uuid};
use prost::Message;
use proto::{common::v1 as common, intake::v1 as pb};
use service::{Actor, Resource, action, room, status};
use tonic::{Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    grpc::{case_id, position},
    reception::away,
    rights::{RightsRpc, person_id},
    vault::Reader,
    views::{self, Whereabouts},
};

/// Requests by their id.
const REQUESTS: u8 = 120;

/// A request as the list tells it.
#[derive(Clone, PartialEq, Message)]
struct Row {
    #[prost(message, optional, tag = "1")]
    line: Option<pb::RightLine>,
    #[prost(string, tag = "2")]
    file: String,
}

/// Takes an event in.
pub fn apply(rows: &mut Rows<'_>, key: Key, event: &Event) {
    match event {
        Event::RightRequested(e) => {
            let line = pb::RightLine {
                request_id: e.request.to_string(),
                case_id: e.case.to_string(),
                gemeentecode: key.gemeente.to_string(),
                person_id: e.person.map(|person| person.to_string()).unwrap_or_default(),
                right: e.right.code().to_owned(),
                asked_on: Some(date(e.asked_on)),
                due: Some(date(e.due)),
                officer: e.officer.clone(),
                ..pb::RightLine::default()
            };
            rows.put(REQUESTS, e.request.as_bytes(), Row { line: Some(line), file: key.to_string() }.encode_to_vec());
        }
        Event::RightExtended(e) => change(rows, e.request, |line| {
            line.due = Some(date(e.due));
            line.extended = true;
        }),
        Event::RightDecided(e) => change(rows, e.request, |line| {
            e.verdict.code().clone_into(&mut line.verdict);
            e.verdict.ground().clone_into(&mut line.ground);
            line.officer.clone_from(&e.officer);
        }),
        _ => {}
    }
}

fn change(rows: &mut Rows<'_>, request: Uuid, change: impl FnOnce(&mut pb::RightLine)) {
    let Some(mut row) = rows.get(REQUESTS, request.as_bytes()).and_then(|row| Row::decode(row.as_slice()).ok()) else { return };
    row.line.as_mut().map(change);
    rows.put(REQUESTS, request.as_bytes(), row.encode_to_vec());
}

fn date(date: Date) -> common::Date {
    common::Date { iso: date.to_string() }
}

fn all(views: &Views<Whereabouts>) -> impl Iterator<Item = Row> {
    views.scan(REQUESTS, &[], None, usize::MAX).into_iter().filter_map(|(_, row)| Row::decode(row.as_slice()).ok())
}

impl RightsRpc {
    fn officer(&self, metadata: &MetadataMap) -> Result<Actor, Status> {
        self.intake().staff(metadata, action::RIGHTS_HANDLE)
    }

    fn handles(&self, actor: &Actor, gemeente: Gemeentecode) -> bool {
        self.intake().room.gate.also(actor, action::RIGHTS_HANDLE, &Resource::of("intake").gemeente(gemeente)).is_ok()
    }

    /// The file of a request; one of another municipality and one that does not exist are one answer.
    async fn file_of_request(&self, actor: &Actor, text: &str) -> Result<(Uuid, Key), Status> {
        let request: Uuid = text.parse().map_err(|_| status::invalid_field("request_id", "the id of the request"))?;
        self.intake().room.catch_up().await?;
        let row = self.intake().room.views.get(REQUESTS, request.as_bytes()).and_then(|row| Row::decode(row.as_slice()).ok());
        let file = row.and_then(|row| row.file.parse::<Key>().ok()).filter(|file| self.handles(actor, file.gemeente));
        file.map(|file| (request, file)).ok_or_else(|| status::not_found("request"))
    }

    pub(crate) async fn record(&self, metadata: &MetadataMap, asked: pb::RequestRightRequest) -> Result<pb::RightResponse, Status> {
        let actor = self.officer(metadata)?;
        let right = Right::from_code(&asked.right).ok_or_else(|| status::invalid_field("right", codes(Right::ALL, Right::code)))?;
        let (case, person) = (case_id(&asked.case_id)?, person_id(&asked.person_id)?);
        let file = self.intake().file_of(case).await?;
        self.intake().of_gemeente(&actor, action::RIGHTS_HANDLE, file)?;
        let officer = if asked.officer.is_empty() { actor.id.clone() } else { status::staff_number("officer", &asked.officer)? };
        let request = new_uuid(self.intake().room.runtime.now());
        let command = Command::RequestRight(NewRightRequest { request, case, person, right, officer });
        let done = self.intake().room.command(&actor, asked.command.as_ref(), file, command).await?;
        let told = done.events.iter().find_map(|event| match event {
            Event::RightRequested(e) => Some((e.request, e.due)),
            _ => None,
        });
        let (request, due) = told.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?;
        Ok(pb::RightResponse { request_id: request.to_string(), due: Some(date(due)), position: position(done.sequence) })
    }

    pub(crate) async fn extend(&self, metadata: &MetadataMap, asked: pb::ExtendRightRequest) -> Result<pb::RightResponse, Status> {
        let actor = self.officer(metadata)?;
        let (request, file) = self.file_of_request(&actor, &asked.request_id).await?;
        let done = self.intake().room.command(&actor, asked.command.as_ref(), file, Command::ExtendRight { request }).await?;
        let due = done.events.iter().find_map(|event| if let Event::RightExtended(e) = event { Some(date(e.due)) } else { None });
        Ok(pb::RightResponse { request_id: request.to_string(), due, position: position(done.sequence) })
    }

    /// What is granted by doing it is decided where it is done: erasing, and putting right.
    pub(crate) async fn decide(&self, metadata: &MetadataMap, asked: pb::DecideRightRequest) -> Result<pb::RightResponse, Status> {
        let actor = self.officer(metadata)?;
        let verdict = Verdict::from_codes(&asked.verdict, &asked.ground).ok_or_else(|| {
            let right = format!("granted, withdrawn, lifted, or refused with a ground: {}", codes(Refusal::ALL, Refusal::code));
            status::invalid_field("verdict", right)
        })?;
        let (request, file) = self.file_of_request(&actor, &asked.request_id).await?;
        let right = self.intake().state(file).await?.right(request).map(|known| known.right);
        if verdict == Verdict::Granted && matches!(right, Some(Right::Erasure | Right::Rectification)) {
            return Err(status::refused("by-doing", "this request is granted by doing it: Erase or Rectify with its id"));
        }
        self.decided(&actor, asked.command.as_ref(), (request, file), verdict).await
    }

    /// Records the verdict on a request.
    pub(crate) async fn decided(
        &self,
        actor: &Actor,
        head: Option<&common::Command>,
        (request, file): (Uuid, Key),
        verdict: Verdict,
    ) -> Result<pb::RightResponse, Status> {
        let command = Command::DecideRight { request, verdict, officer: actor.id.clone() };
        let done = self.intake().room.command(actor, head, file, command).await?;
        Ok(pb::RightResponse { request_id: request.to_string(), due: None, position: position(done.sequence) })
    }

    /// The open request of this right that something is done for; none is named, none is decided.
    pub(crate) async fn open_request(&self, actor: &Actor, text: &str, right: Right) -> Result<Option<(Uuid, Key)>, Status> {
        if text.is_empty() {
            return Ok(None);
        }
        let (request, file) = self.file_of_request(actor, text).await?;
        let state = self.intake().state(file).await?;
        let open =
            state.right(request).is_some_and(|known| known.right == right && known.verdict.is_none_or(|now| now == Verdict::Granted));
        if open {
            Ok(Some((request, file)))
        } else {
            Err(status::refused("request-decided", format!("an open request for {} is expected", right.code())))
        }
    }

    /// Puts a person right in the records that are named, and grants the request by it.
    pub(crate) async fn put_right(&self, metadata: &MetadataMap, asked: pb::RectifyRequest) -> Result<pb::RightResponse, Status> {
        let actor = self.officer(metadata)?;
        let wanted = self.open_request(&actor, &asked.request_id, Right::Rectification).await?;
        let (request, file) = wanted.ok_or_else(|| status::invalid_field("request_id", "the id of a request for rectification"))?;
        let person = asked.person.ok_or_else(|| status::invalid_field("person", "how it should be"))?;
        let case = self.intake().state(file).await?.right(request).map(|known| known.case);
        let case = case.ok_or_else(|| status::not_found("request"))?;
        let known = views::all_records_of_case(&self.intake().room.views, case);
        let records: Vec<Uuid> = asked.record_ids.iter().filter_map(|id| id.parse().ok()).filter(|id| known.contains(id)).collect();
        if records.is_empty() || records.len() != asked.record_ids.len() {
            return Err(status::invalid_field("record_ids", "records of this case, as access told them"));
        }
        let reader = Reader { purpose: "rectification-request".to_owned(), ..self.intake().reader(&actor, case, file.gemeente, "") };
        for record in records {
            self.intake().vault.put_right(record, &person, &reader).await.map_err(|error| away(&error))?;
        }
        self.decided(&actor, asked.command.as_ref(), (request, file), Verdict::Granted).await
    }

    /// Requests of the municipalities that the caller may see, the first due first.
    pub(crate) async fn list(&self, metadata: &MetadataMap, asked: pb::ListRightsRequest) -> Result<pb::ListRightsResponse, Status> {
        let actor = self.officer(metadata)?;
        let here = &self.intake().room;
        here.at_least(asked.at_least.as_ref()).await?;
        let gemeente: Option<Gemeentecode> = match asked.gemeentecode.as_str() {
            "" => None,
            code => Some(code.parse().map_err(|_| status::invalid_field("gemeentecode", "four digits, for example 0363"))?),
        };
        let today = amsterdam_date(here.runtime.now()).to_string();
        let wanted = |line: &pb::RightLine| {
            let here =
                line.gemeentecode.parse().is_ok_and(|code| gemeente.is_none_or(|wanted| wanted == code) && self.handles(&actor, code));
            here && (asked.all || line.verdict.is_empty())
        };
        let mut rights: Vec<pb::RightLine> = all(&here.views).filter_map(|row| row.line).filter(wanted).collect();
        for line in &mut rights {
            line.overdue = line.verdict.is_empty() && line.due.as_ref().is_some_and(|due| due.iso < today);
        }
        // The first due first.
        let due = |line: &pb::RightLine| line.due.as_ref().map(|due| due.iso.clone()).unwrap_or_default();
        let (rights, next_token) = room::paged(rights, |line| due(line) + &line.request_id, asked.page.as_ref())?;
        Ok(pb::ListRightsResponse { rights, next_token })
    }
}

fn codes<T: Copy>(all: &[T], code: fn(T) -> &'static str) -> String {
    all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ")
}
