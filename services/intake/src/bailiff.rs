//! The bailiff's door over gRPC: the notice of an eviction (art. 14 Gdw) and a household that is handed over. What comes in is known by the
//! bailiff's own reference; what goes out is an acknowledgement, without a case id.

use intake_domain::{ByBailiff, Command, EvictionGround, Goods, NewNotice, NewRequest, Notice, Threat};
use jiff::civil::{Date, Time};
use journal::{Rows, Views};
use kernel::{CaseId, Gemeentecode, Key, days::amsterdam_date, ids::new_uuid};
use prost::Message;
use proto::{
    common::v1 as common,
    intake::v1::{self as pb, bailiff_service_server::BailiffService},
};
use service::{Actor, Resource, action, finish, room, status};
use tonic::{Request, Response, Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    address::Door,
    check,
    grpc::{IntakeRpc, invalid},
    receipt::moment,
    reception::away,
    vault::{Household, Index, WrittenFor},
    views::Whereabouts,
};

/// The address file of a bailiff's reference.
const REFERENCES: u8 = 222;
/// The largest home is not as large, in cubic metres.
const LARGEST: u32 = 2_000;

/// Takes a word of a bailiff in.
pub(crate) fn apply(rows: &mut Rows<'_>, key: Key, by: &ByBailiff) {
    rows.put(REFERENCES, &by.identity.0, key.to_string());
}

fn file_of(views: &Views<Whereabouts>, identity: intake_domain::Keyed) -> Option<Key> {
    std::str::from_utf8(&views.get(REFERENCES, &identity.0)?).ok()?.parse().ok()
}

/// The RPCs of the bailiff's door.
#[derive(Clone)]
pub struct BailiffRpc(IntakeRpc);

/// What somebody tells, and where.
struct Word {
    /// Keeps the references of the two kinds apart.
    kind: &'static str,
    reference: String,
    home: (Gemeentecode, Door),
    household: Household,
    /// Everything that was told.
    content: Vec<u8>,
}

/// The ids that go with a word.
struct Given {
    file: Key,
    vault_id: Uuid,
    by: ByBailiff,
    new: Uuid,
    new_case: CaseId,
}

impl BailiffRpc {
    /// Over intake's own rooms.
    pub const fn new(intake: IntakeRpc) -> Self {
        Self(intake)
    }

    fn bailiff(&self, metadata: &MetadataMap) -> Result<Actor, Status> {
        self.0.staff(metadata, action::BAILIFF_TELL)
    }

    fn today(&self) -> Date {
        amsterdam_date(self.0.room.runtime.now())
    }

    fn home(
        &self,
        actor: &Actor,
        code: &str,
        address: Option<&pb::Address>,
        person: Option<&pb::Person>,
    ) -> Result<(Gemeentecode, Door), Status> {
        let home = check::home(code, address, person, &self.0.region).map_err(invalid)?;
        self.0.room.gate.also(actor, action::BAILIFF_TELL, &Resource::of("intake").gemeente(home.0))?;
        Ok(home)
    }

    /// The vault first, then the commit. A word that is known is answered as it was the first time.
    async fn take(
        &self,
        actor: &Actor,
        head: journal::Request,
        word: Word,
        command: impl FnOnce(Given) -> Command + Send + 'static,
    ) -> Result<Response<pb::AcknowledgementResponse>, Status> {
        self.0.room.catch_up().await?;
        let (this, organisation) = (self.0.clone(), actor.organisation.clone());
        let Word { kind, reference, home: (gemeente, door), household, content } = word;
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            let received_at = this.room.runtime.now();
            let door = this.vault.mark("address", [door.line().as_bytes()]);
            let identity = this.vault.mark(kind, [organisation.as_bytes(), reference.as_bytes()]);
            let content = this.vault.mark(kind, [&content]);
            let file = match file_of(&this.room.views, identity.keyed) {
                Some(known) if this.vault.find(Index::Address(door)).await.map_err(|error| away(&error))? == Some(known) => known,
                Some(_) => return Err(moves()),
                None => {
                    let proposed = Key::new(gemeente, new_uuid(received_at));
                    this.vault.claim(Index::Address(door), proposed).await.map_err(|error| away(&error))?.file
                }
            };
            let before = this.state(file).await?.told(identity.keyed).cloned();
            if let Some(told) = before.as_ref().filter(|told| told.by.content == content.keyed) {
                return Ok(acknowledged(&told.by, file, "repeated"));
            }
            let vault_id = this.vault.id(kind, [&identity.keyed.0, &content.keyed.0]);
            let household = Household { reference, ..household }.marked(&door, [&identity, &content]);
            let written_for = WrittenFor { file, request: head.request_id.uuid() };
            this.vault.keep(vault_id, &household, written_for).await.map_err(|error| away(&error))?;
            let receipt_id = this.vault.id("bailiff-receipt", [vault_id.as_bytes()]);
            let by = ByBailiff { organisation, identity: identity.keyed, content: content.keyed, receipt_id, received_at };
            let given = Given { file, vault_id, by, new: new_uuid(received_at), new_case: CaseId::new(received_at) };
            let done = this.room.run(file, head, command(given)).await?;
            this.room.at_least(Some(&service::Room::<Whereabouts>::position(done.sequence))).await?;
            // Another replica may have been first with the same word: what stands is told.
            let told = this.state(file).await?.told(identity.keyed).cloned();
            let told = told.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?;
            let outcome = if before.is_some() { "corrected" } else { "received" };
            Ok(acknowledged(&told.by, file, outcome))
        };
        finish(self.0.life.tasks(), work).await.map(Response::new)
    }
}

fn acknowledged(by: &ByBailiff, file: Key, outcome: &str) -> pb::AcknowledgementResponse {
    pb::AcknowledgementResponse {
        receipt_id: by.receipt_id.to_string(),
        received_at: moment(by.received_at),
        gemeentecode: file.gemeente.to_string(),
        outcome: outcome.to_owned(),
    }
}

fn moves() -> Status {
    let text =
        "dit kenmerk hoort bij een ander adres: meld dit adres onder een nieuw kenmerk, en zeg de gemeente dat het andere niet klopte";
    status::refused("reference-moves", text)
}

fn reference(text: &str) -> Result<String, Status> {
    check::known_reference(text).map_err(invalid)
}

fn day(field: &str, date: Option<&common::Date>) -> Result<Option<Date>, Status> {
    let told = date.filter(|date| !date.iso.is_empty());
    told.map(|date| date.iso.parse().map_err(|_| status::invalid_field(field, "a date is expected, for example 2026-03-09"))).transpose()
}

fn codes<T: Copy>(all: &[T], code: fn(T) -> &'static str) -> String {
    all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", ")
}

/// The eviction of a notice, checked.
fn eviction(asked: &pb::AnnounceEvictionRequest, today: Date) -> Result<Notice, Status> {
    let on = day("on", asked.on.as_ref())?.filter(|on| *on >= today);
    let on =
        on.ok_or_else(|| status::invalid_field("on", "the day of the eviction is expected, today or later, for example 2026-04-07"))?;
    let time: Option<Time> = match asked.time.trim() {
        "" => None,
        text => Some(
            Time::strptime("%H:%M", text)
                .map_err(|_| status::invalid_field("time", "a time is expected, for example 09:30, or nothing"))?,
        ),
    };
    let served_on = day("served_on", asked.served_on.as_ref())?;
    if served_on.is_some_and(|served| served > today) {
        return Err(status::invalid_field("served_on", "a day that is not later than today"));
    }
    let ground = match asked.ground.as_str() {
        "" => EvictionGround::Other,
        code => EvictionGround::from_code(code)
            .ok_or_else(|| status::invalid_field("ground", codes(EvictionGround::ALL, EvictionGround::code)))?,
    };
    let mut goods = Vec::new();
    for code in &asked.goods {
        let kind = Goods::from_code(code).ok_or_else(|| status::invalid_field("goods", codes(Goods::ALL, Goods::code)))?;
        if !goods.contains(&kind) {
            goods.push(kind);
        }
    }
    if goods.is_empty() || (goods.len() > 1 && goods.contains(&Goods::Nothing)) {
        let right =
            format!("the nature of the goods (art. 14 Gdw), at least one of {}, nothing only by itself", codes(Goods::ALL, Goods::code));
        return Err(status::invalid_field("goods", right));
    }
    let size = asked.cubic_metres.map(|size| u16::try_from(size).ok().filter(|_| size <= LARGEST));
    let cubic_metres =
        size.map(|size| size.ok_or_else(|| status::invalid_field("cubic_metres", format!("0 to {LARGEST} cubic metres")))).transpose()?;
    Ok(Notice { on, time, served_on, ground, goods, cubic_metres })
}

#[tonic::async_trait]
impl BailiffService for BailiffRpc {
    async fn announce_eviction(
        &self,
        request: Request<pb::AnnounceEvictionRequest>,
    ) -> Result<Response<pb::AcknowledgementResponse>, Status> {
        let actor = self.bailiff(request.metadata())?;
        let asked = request.into_inner();
        let head = room::request(&actor, asked.command.as_ref())?;
        let reference = reference(&asked.reference)?;
        let home = self.home(&actor, &asked.gemeentecode, asked.address.as_ref(), asked.person.as_ref())?;
        let eviction = eviction(&asked, self.today())?;
        let content = pb::AnnounceEvictionRequest { command: None, gemeentecode: String::new(), ..asked.clone() }.encode_to_vec();
        let household = Household { address: asked.address, person: asked.person, ..Household::default() };
        let word = Word { kind: "eviction-notice", reference, home, household, content };
        self.take(&actor, head, word, |given| {
            let Given { file, vault_id, by, new, new_case } = given;
            Command::NoticeEviction(Box::new(NewNotice { notice: new, file, new_case, vault_id, by, eviction }))
        })
        .await
    }

    async fn hand_over_household(
        &self,
        request: Request<pb::HandOverHouseholdRequest>,
    ) -> Result<Response<pb::AcknowledgementResponse>, Status> {
        let actor = self.bailiff(request.metadata())?;
        let asked = request.into_inner();
        let head = room::request(&actor, asked.command.as_ref())?;
        let reference = reference(&asked.reference)?;
        if !asked.household_agrees {
            let right = "the household's own word; without it, tell your worry to the municipality's desk, as a concern (zorgmelding)";
            return Err(status::invalid_field("household_agrees", right));
        }
        let threat = match asked.threat.as_str() {
            "" => None,
            code => Some(Threat::from_code(code).ok_or_else(|| status::invalid_field("threat", codes(Threat::ALL, Threat::code)))?),
        };
        let eviction_on = day("eviction_on", asked.eviction_on.as_ref())?;
        if eviction_on.is_some() && threat != Some(Threat::Eviction) {
            return Err(status::invalid_field("eviction_on", "only with the threat of an eviction"));
        }
        let home = self.home(&actor, &asked.gemeentecode, asked.address.as_ref(), asked.person.as_ref())?;
        let district = self.0.region.district(home.0, home.1.postcode()).map(str::to_owned);
        let content = pb::HandOverHouseholdRequest { command: None, gemeentecode: String::new(), ..asked.clone() }.encode_to_vec();
        let household = Household { address: asked.address, person: asked.person, ..Household::default() };
        let word = Word { kind: "bailiff-hand-over", reference, home, household, content };
        self.take(&actor, head, word, move |given| {
            let Given { file, vault_id, by, new, new_case } = given;
            Command::RequestHelp(NewRequest { request: new, file, new_case, vault_id, threat, eviction_on, by: Some(by), district })
        })
        .await
    }
}
