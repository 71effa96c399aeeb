//! What persons allow and do not want, over gRPC: consents, contact restrictions and refusals, each of one person of a case.

use std::collections::BTreeSet;

use intake_domain::{
    AddressFile, Command, ConsentMeans, ConsentPurpose, ConsentRecorded, ConsentWord, Event, NewRestriction, Restriction, RestrictionKind,
};
use kernel::{CaseId, Key, PersonId, ddas::Channel, ids::derived_uuid};
use prost::Message;
use proto::intake::v1 as pb;
use service::{Actor, Resource, action, finish, room, status};
use tonic::{Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    doors::DoorsRpc,
    grpc::{case_id, position},
    matching::person_id,
    receipt::moment,
    reception::away,
    vault::{Household, WrittenFor},
    views,
};

fn one_of<T: Copy>(
    field: &str,
    text: &str,
    read: fn(&str) -> Option<T>,
    all: &[T],
    code: impl Fn(&T) -> &'static str,
) -> Result<T, Status> {
    read(text).ok_or_else(|| status::invalid_field(field, format!("one of {}", all.iter().map(code).collect::<Vec<_>>().join(", "))))
}

impl DoorsRpc {
    /// The file of a case in which this actor may do this.
    async fn file_of(&self, actor: &Actor, action: &'static str, case: CaseId) -> Result<Key, Status> {
        self.room.catch_up().await?;
        let may = |file: &Key| self.room.gate.also(actor, action, &Resource::of("intake").gemeente(file.gemeente)).is_ok();
        views::file_of_case(&self.room.views, case).filter(may).ok_or_else(|| status::not_found("case"))
    }

    pub(crate) async fn consent(&self, metadata: &MetadataMap, asked: pb::RecordConsentRequest) -> Result<pb::CaseCommandResponse, Status> {
        let actor = self.room.gate.check(metadata, action::CASE_RECORD, &Resource::of("intake"))?;
        let (case, person) = (case_id(&asked.case_id)?, person_id("person_id", &asked.person_id)?);
        let purpose = one_of("purpose", &asked.purpose, ConsentPurpose::from_code, ConsentPurpose::ALL, |one: &ConsentPurpose| one.code())?;
        let word = one_of("word", &asked.word, ConsentWord::from_code, ConsentWord::ALL, |one: &ConsentWord| one.code())?;
        let means = one_of("means", &asked.means, ConsentMeans::from_code, ConsentMeans::ALL, |one: &ConsentMeans| one.code())?;
        let file = self.file_of(&actor, action::CASE_RECORD, case).await?;
        let command = Command::RecordConsent { case, person, purpose, word, means };
        let done = self.room.command(&actor, asked.command.as_ref(), file, command).await?;
        Ok(pb::CaseCommandResponse { position: position(done.sequence) })
    }

    pub(crate) async fn restrict(
        &self,
        metadata: &MetadataMap,
        asked: pb::RestrictContactRequest,
    ) -> Result<pb::RestrictContactResponse, Status> {
        let actor = self.room.gate.check(metadata, action::CASE_RECORD, &Resource::of("intake"))?;
        let head = room::request(&actor, asked.command.as_ref())?;
        let (case, person) = (case_id(&asked.case_id)?, person_id("person_id", &asked.person_id)?);
        let kind = one_of("kind", &asked.kind, RestrictionKind::from_code, RestrictionKind::ALL, |one: &RestrictionKind| one.code())?;
        if kind != RestrictionKind::Channels && !asked.channels.is_empty() {
            return Err(status::invalid_field("channels", "only with kind channels: the other kinds say themselves which"));
        }
        let channel = |code: &String| one_of("channels", code, Channel::from_code, Channel::ALL, |one: &Channel| one.code());
        let channels: BTreeSet<Channel> = asked.channels.iter().map(channel).collect::<Result<_, _>>()?;
        let representative = asked.representative.filter(|one| !one.surname.trim().is_empty());
        match (kind, &representative) {
            (RestrictionKind::Representative, None) => {
                return Err(status::invalid_field("representative", "who represents the person: a surname at least"));
            }
            (RestrictionKind::Representative, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(status::invalid_field("representative", "only with kind representative")),
        }
        let file = self.file_of(&actor, action::CASE_RECORD, case).await?;
        let restriction = derived_uuid(head.request_id.uuid(), "restriction");
        let this = self.clone();
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            let vault_id = match representative {
                None => None,
                Some(person) => Some(this.keep(file, head.request_id.uuid(), person).await?),
            };
            let new = NewRestriction { restriction, case, person, kind, channels, vault_id };
            this.room.run(file, head, Command::RestrictContact(new)).await
        };
        let done = finish(self.life.tasks(), work).await?;
        let told = done.events.iter().find_map(|event| if let Event::ContactRestricted(e) = event { Some(e.restriction) } else { None });
        Ok(pb::RestrictContactResponse {
            restriction_id: told.map(|id| id.to_string()).unwrap_or_default(),
            position: position(done.sequence),
        })
    }

    /// Who represents somebody, in the vault: the record first, then the commit that names it.
    async fn keep(&self, file: Key, request: Uuid, person: pb::Person) -> Result<Uuid, Status> {
        let household = Household { person: Some(person), ..Default::default() };
        let vault_id = self.vault.id("representative", [request.as_bytes(), &household.encode_to_vec()]);
        self.vault.keep(vault_id, &household, WrittenFor { file, request }).await.map_err(|error| away(&error))?;
        Ok(vault_id)
    }

    pub(crate) async fn unrestrict(
        &self,
        metadata: &MetadataMap,
        asked: pb::EndRestrictionRequest,
    ) -> Result<pb::CaseCommandResponse, Status> {
        let actor = self.room.gate.check(metadata, action::CASE_RECORD, &Resource::of("intake"))?;
        let restriction = asked.restriction_id.parse().map_err(|_| status::invalid_field("restriction_id", "the id of the restriction"))?;
        let file = self.file_of(&actor, action::CASE_RECORD, case_id(&asked.case_id)?).await?;
        let done = self.room.command(&actor, asked.command.as_ref(), file, Command::EndRestriction { restriction }).await?;
        Ok(pb::CaseCommandResponse { position: position(done.sequence) })
    }

    pub(crate) async fn refusal(&self, metadata: &MetadataMap, asked: pb::RecordRefusalRequest) -> Result<pb::CaseCommandResponse, Status> {
        let actor = self.room.gate.check(metadata, action::CASE_RECORD, &Resource::of("intake"))?;
        let (case, person) = (case_id(&asked.case_id)?, person_id("person_id", &asked.person_id)?);
        let request = room::request(&actor, asked.command.as_ref())?.request_id;
        let no_contact = asked.no_contact.then(|| derived_uuid(request.uuid(), "no-contact"));
        let file = self.file_of(&actor, action::CASE_RECORD, case).await?;
        let command = Command::RecordRefusal { case, person, no_contact };
        let done = self.room.command(&actor, asked.command.as_ref(), file, command).await?;
        Ok(pb::CaseCommandResponse { position: position(done.sequence) })
    }

    pub(crate) async fn wishes(&self, metadata: &MetadataMap, asked: pb::ListWishesRequest) -> Result<pb::ListWishesResponse, Status> {
        let actor = self.room.gate.check(metadata, action::CASE_READ, &Resource::of("intake"))?;
        self.room.seen(asked.at_least.as_ref()).await?;
        let case = case_id(&asked.case_id)?;
        let person = if asked.person_id.is_empty() { None } else { Some(person_id("person_id", &asked.person_id)?) };
        let file = self.file_of(&actor, action::CASE_READ, case).await?;
        let state = self.room.runtime.state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default();
        Ok(pb::ListWishesResponse { persons: of_case(&state, case, person) })
    }
}

/// What the persons of a case allow and do not want, of one of them when that is asked; nothing of who said nothing.
pub(crate) fn of_case(state: &AddressFile, case: CaseId, person: Option<PersonId>) -> Vec<pb::PersonWishes> {
    let wanted = person.map(|person| state.persons.of(person));
    let mut persons: Vec<PersonId> = Vec::new();
    for one in state.signals.iter().filter(|signal| signal.case == case).filter_map(|signal| state.person(signal)) {
        if wanted.is_none_or(|wanted| wanted == one) && !persons.contains(&one) {
            persons.push(one);
        }
    }
    let of = |person| of_person(state, case, person);
    persons
        .into_iter()
        .map(of)
        .filter(|one| !(one.consents.is_empty() && one.restrictions.is_empty() && one.refused_at.is_empty()))
        .collect()
}

fn of_person(state: &AddressFile, case: CaseId, person: PersonId) -> pb::PersonWishes {
    let theirs = |other: PersonId| state.persons.of(other) == person;
    let mut said: Vec<&ConsentRecorded> = state.wishes.consents.iter().filter(|one| theirs(one.person)).collect();
    said.sort_by_key(|one| one.happened_at);
    let last = |one: &ConsentRecorded| said.iter().rfind(|other| other.purpose == one.purpose).is_some_and(|last| **last == *one);
    let consents = said.iter().map(|one| pb::ConsentLine {
        purpose: one.purpose.code().to_owned(),
        word: one.word.code().to_owned(),
        means: one.means.code().to_owned(),
        happened_at: moment(one.happened_at),
        holds: last(one),
    });
    let restrictions = state.wishes.restrictions.iter().filter(|one| theirs(one.person) && one.cases.contains(&case)).map(restriction_out);
    let refused = state.wishes.refusals.iter().filter(|one| theirs(one.person) && one.case == case);
    pb::PersonWishes {
        person_id: person.to_string(),
        consents: consents.collect(),
        restrictions: restrictions.collect(),
        refused_at: refused.map(|one| moment(one.happened_at)).collect(),
    }
}

fn restriction_out(one: &Restriction) -> pb::RestrictionLine {
    pb::RestrictionLine {
        restriction_id: one.id.to_string(),
        kind: one.kind.code().to_owned(),
        channels: one.channels.iter().map(|channel| channel.code().to_owned()).collect(),
        since: moment(one.since),
        until: one.until.map(moment).unwrap_or_default(),
        represented: one.vault_id.is_some(),
    }
}
