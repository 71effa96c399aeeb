//! Where reports come in: the vault first, then one commit in the household's address file. Per signal two writes to the
//! vault at once and one append; an address that is known costs a read more.

use std::{
    num::NonZeroUsize,
    pin::Pin,
    sync::{Arc, Mutex},
};

use futures::{
    FutureExt,
    future::{BoxFuture, MaybeDone, maybe_done},
};
use intake_domain::{
    AddressFile, Command, Compared, Event, Keyed, NewSignal, PartnerKind, Rejection,
    person::{Matched, Name, find},
};
use jiff::{Timestamp, ToSpan};
use journal::{Done, Failure, KeyedError, Request, Runtime};
use kernel::{
    Arrears, CaseId, Cents, Gemeentecode, Key, PersonId, SignalId,
    days::{amsterdam_date, end_of_day},
    ids::new_uuid,
};
use lru::LruCache;
use proto::intake::v1 as pb;
use service::{Room, region::Region, room::failed, status};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    Intake,
    address::Collectives,
    check::{Checked, fault},
    persons::{self, Persons},
    receipt::issue::Issuer,
    vault::{Household, Index, Mark, Vault, VaultError, WrittenFor},
    views::{self, Whereabouts},
};

/// References and signals that this replica remembers ahead of its view.
const REMEMBERED: usize = 100_000;
/// Times that another replica may come in between with another name at the same address.
const FINDINGS: usize = 16;
/// Calendar days (Europe/Amsterdam) that the content of a returned report is kept: long enough to do what is missing.
const RETURN_DAYS: i32 = 30;

/// What a partner gets for a report. No case id: that would join one person's debts across partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Tells nothing about the case.
    pub id: Uuid,
    /// Arrival (UTC).
    pub received_at: Timestamp,
    /// The receipt that this one replaces.
    pub replaces: Option<Uuid>,
    /// The receipt that replaced this one since.
    pub replaced_by: Option<Uuid>,
}
impl Receipt {
    const fn first(id: Uuid, received_at: Timestamp) -> Self {
        Self { id, received_at, replaces: None, replaced_by: None }
    }
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// New.
    Accepted(Receipt),
    /// Taken in before, with this receipt.
    Repeated(Receipt),
    /// Not taken in.
    Refused(Vec<pb::Fault>),
    /// A landlord's report that is not due yet: what is missing, and until when the content is kept (UTC).
    Returned(Vec<pb::Fault>, Timestamp),
    /// Blocked by the tenant's refusal, with the signed note.
    Blocked(String),
}

/// What this replica knows before its view does.
struct Memory {
    /// One report of a reference at a time.
    lanes: LruCache<Keyed, Arc<tokio::sync::Mutex<()>>>,
    /// The address file of a signal.
    signals: LruCache<Keyed, Key>,
    /// The address file of a reference of which only steps 1 and 2 were told.
    staged: LruCache<Keyed, Key>,
    /// One report at a time about an address that is known: whom each is about is found among those before it.
    households: LruCache<Key, Arc<tokio::sync::Mutex<()>>>,
}

/// A place in the queue of a reference: its reports are taken in in the order in which they came, so that the newer content
/// corrects the older one and not the other way round.
pub struct Turn {
    place: Pin<Box<MaybeDone<BoxFuture<'static, OwnedMutexGuard<()>>>>>,
}

/// The keyed hashes that a report is known by.
struct Marks {
    /// Partner and reference.
    reference: Mark,
    /// Partner, reference, kind and month.
    identity: Mark,
    /// Everything in it.
    content: Mark,
    /// Where it is about.
    door: Mark,
}
impl Marks {
    fn of(vault: &Vault, organisation: &str, signal: &Checked) -> Self {
        let (partner, reference) = (organisation.as_bytes(), signal.reference.as_bytes());
        let month = signal.signal_date.strftime("%Y-%m").to_string();
        Self {
            reference: vault.mark("reference", [partner, reference]),
            identity: vault.mark("identity", [partner, reference, signal.kind.code().as_bytes(), month.as_bytes()]),
            content: vault.mark("content", [&signal.content]),
            door: vault.mark("address", [signal.door.line().as_bytes()]),
        }
    }

    fn put_into(&self, household: Household) -> Household {
        household.marked(&self.door, [&self.reference, &self.identity, &self.content])
    }
}

/// Takes in reports and landlords' stages.
pub struct Reception {
    room: Room<Whereabouts>,
    vault: Arc<Vault>,
    receipts: Arc<Issuer>,
    persons: Persons,
    collectives: Collectives,
    region: Arc<Region>,
    memory: Mutex<Memory>,
}

impl Reception {
    /// A reception over these rooms.
    pub fn new(
        room: Room<Whereabouts>,
        vault: Arc<Vault>,
        receipts: Arc<Issuer>,
        (region, collectives): (Arc<Region>, Collectives),
    ) -> Self {
        let most = NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN);
        let memory = Memory {
            lanes: LruCache::new(most),
            signals: LruCache::new(most),
            staged: LruCache::new(most),
            households: LruCache::new(most),
        };
        let persons = Persons::new(vault.clone());
        Self { room, vault, receipts, persons, collectives, region, memory: Mutex::new(memory) }
    }

    fn runtime(&self) -> &Runtime<Intake> {
        &self.room.runtime
    }

    /// The keyed hash of a partner's reference.
    pub fn reference(&self, organisation: &str, reference: &str) -> Keyed {
        self.reference_mark(organisation, reference).keyed
    }

    fn reference_mark(&self, organisation: &str, reference: &str) -> Mark {
        self.vault.mark("reference", [organisation.as_bytes(), reference.as_bytes()])
    }

    /// Joins the queue of a partner's reference; does not wait for anybody.
    pub async fn turn(&self, organisation: &str, reference: &str) -> Turn {
        let reference = self.reference(organisation, reference);
        let mut place = Box::pin(maybe_done(self.lane(reference).lock_owned().boxed()));
        // The queue is that of who asked first: from here on this report is in it.
        let _ = futures::poll!(place.as_mut());
        Turn { place }
    }

    /// Takes in a checked report of an organisation, when it is its turn. Answers the position too.
    ///
    /// # Errors
    /// A status when nothing is known of it: the same report may be sent again, it never counts twice.
    pub async fn take_in(
        &self,
        organisation: String,
        request: Request,
        received_at: Timestamp,
        signal: Checked,
        mut turn: Turn,
    ) -> Result<(Taken, u64), Status> {
        if signal.refused_by_tenant {
            return Ok((Taken::Blocked(self.receipts.blocked(&organisation, received_at, &signal)), 0));
        }
        turn.place.as_mut().await;
        let _turn = turn.place.as_mut().take_output();
        // The hashes of one report are of one epoch, and so is what is stored under them.
        let _epoch = self.vault.in_this_epoch().await;
        let marks = Marks::of(&self.vault, &organisation, &signal);
        let (reference, identity, content) = (marks.reference.keyed, marks.identity.keyed, marks.content.keyed);
        let address = Index::Address(marks.door);
        // Known under another address perhaps: it is answered where it is.
        let known = match self.remembered(identity) {
            Some(file) => Some((file, self.state(file).await?)),
            None => None,
        };
        let mut corrects = false;
        if let Some((file, state)) = &known {
            if let Some(answer) = answered(state, identity, content, &signal.missing) {
                return Ok((answer, 0));
            }
            corrects = state.correctable(identity, received_at).is_some();
            let here = if corrects { self.found(address).await? } else { Some(*file) };
            if here != Some(*file) {
                // Of an earlier household under this reference perhaps: its content is still a repeat.
                let earlier = match here {
                    Some(other) => answered(&self.state(other).await?, identity, content, &signal.missing),
                    None => None,
                };
                return Ok((earlier.unwrap_or_else(moved), 0));
            }
        }
        if !signal.missing.is_empty() && !corrects && !self.is_threatened(address).await? {
            return self.give_back(organisation, request, received_at, signal, &marks).await;
        }
        let now = self.runtime().now();
        let staged = if signal.kind == PartnerKind::Rent { self.staged(marks.reference).await? } else { None };
        let proposed = staged.unwrap_or_else(|| Key::new(signal.gemeente, new_uuid(now)));
        let vault_id = self.vault.id("vault", [&identity.0, &content.0]);
        let name = persons::name(signal.household.person.as_ref());
        let new = self.new_signal((organisation, &name), received_at, &signal, (reference, identity, content), vault_id);
        let sent_sha256 = Sha256::digest(&signal.content).to_vec();
        let household = Household { reference: signal.reference, sent_sha256, amount_cents: signal.amount.0, ..signal.household };
        let household = marks.put_into(household);
        let written_for = |file| WrittenFor { file, request: request.request_id.uuid() };
        let (kept, claimed) =
            tokio::join!(self.vault.keep(vault_id, &household, written_for(proposed)), self.vault.claim(address, proposed));
        kept.map_err(|error| away(&error))?;
        let claimed = claimed.map_err(|error| away(&error))?;
        if claimed.file != proposed {
            // The record must name the file whose commit will name the record.
            self.vault.keep(vault_id, &household, written_for(claimed.file)).await.map_err(|error| away(&error))?;
        }
        let fresh = claimed.fresh && staged.is_none();
        let request = Request { assume_new: fresh, ..request };
        let Done { sequence, events, repeated } = self.accept(claimed.file, request, (&name, signal.amount), new, fresh).await?;
        self.remember(|memory| {
            memory.signals.put(identity, claimed.file);
            memory.staged.pop(&reference);
        });
        let receipt = events.iter().find_map(|event| match event {
            Event::SignalAccepted(e) => Some(Receipt::first(e.receipt_id, e.received_at)),
            Event::SignalCorrected(e) => {
                Some(Receipt { replaces: Some(e.replaced_receipt_id), ..Receipt::first(e.receipt_id, e.received_at) })
            }
            _ => None,
        });
        match receipt {
            Some(receipt) if repeated => Ok((Taken::Repeated(receipt), sequence)),
            Some(receipt) => Ok((Taken::Accepted(receipt), sequence)),
            None => match answered(&self.state(claimed.file).await?, identity, content, &[]) {
                Some(answer) => Ok((answer, sequence)),
                // The request id belongs to something else that was done to this file.
                None => Err(status::refused("request-used", "this request id was used for another request")),
            },
        }
    }

    /// Accepts a report about whoever is meant: found among those known at the address, and found again when another report about
    /// it came in between.
    async fn accept(
        &self,
        file: Key,
        request: Request,
        (name, amount): (&Name, Cents),
        mut new: NewSignal,
        mut fresh: bool,
    ) -> Result<Done<Event>, Status> {
        let lane = self.memory.lock().map(|mut memory| memory.households.get_or_insert(file, Arc::default).clone()).unwrap_or_default();
        let mut turn = None;
        for _ in 0..FINDINGS {
            if !fresh {
                if turn.is_none() {
                    turn = Some(lane.lock().await);
                }
                let state = self.state(file).await?;
                let found = self.persons.find(&state, new.reference, name, self.runtime().now()).await;
                new.person = found.map_err(|error| away(&error))?;
                new.names_seen = state.persons.names();
                new.compared = self.compared(&state, &new, amount).await?;
            }
            let command = Command::AcceptSignal { file, signal: Box::new(new.clone()) };
            match self.runtime().execute(file, request.clone(), command).await {
                Err(Failure::Rejected(Rejection::PersonsMoved)) => fresh = false,
                answer => return answer.map_err(|failure| failed(&failure)),
            }
        }
        Err(failed(&Failure::<Rejection>::Busy))
    }

    /// How the exact amount stands to that of the report it repeats, when the events cannot tell: only then a record is opened.
    async fn compared(&self, state: &AddressFile, new: &NewSignal, amount: Cents) -> Result<Option<Compared>, Status> {
        let Some(earlier) = state.earlier_report(new).filter(|earlier| earlier.amount == new.amount) else { return Ok(None) };
        let with = earlier.given.vault_id;
        let kept = self.vault.open(with).await.map_err(|error| away(&error))?.filter(|kept| kept.amount_cents != 0);
        Ok(kept.map(|kept| Compared { with, higher: amount > Cents(kept.amount_cents) }))
    }

    /// A report as a command takes it, with new ids; whom it is about is found when somebody is known at its address.
    fn new_signal(
        &self,
        (organisation, name): (String, &Name),
        received_at: Timestamp,
        signal: &Checked,
        (reference, identity, content): (Keyed, Keyed, Keyed),
        vault_id: Uuid,
    ) -> NewSignal {
        let now = self.runtime().now();
        NewSignal {
            signal: SignalId::from_uuid(new_uuid(now)),
            new_case: CaseId::new(now),
            receipt_id: new_uuid(now),
            kind: signal.kind,
            organisation,
            amount: Arrears::of(signal.amount),
            arrears_since: signal.arrears_since,
            signal_date: signal.signal_date,
            received_at,
            vault_id,
            identity,
            content,
            reference,
            duties: signal.duties,
            particulars: signal.particulars,
            person: nobody_known(name, now),
            compared: None,
            names_seen: 0,
            tenancy_since: signal.tenancy_since,
            collective: self.collectives.hold(&signal.door),
            skip_months: self.region.skips_repeats(signal.gemeente, amsterdam_date(received_at)),
            district: self.region.district(signal.gemeente, signal.door.postcode()).map(str::to_owned),
        }
    }

    /// A file's state, by the leader's read.
    async fn state(&self, file: Key) -> Result<AddressFile, Status> {
        Ok(self.runtime().state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default())
    }

    async fn found(&self, address: Index) -> Result<Option<Key>, Status> {
        self.vault.find(address).await.map_err(|error| away(&error))
    }

    async fn is_threatened(&self, address: Index) -> Result<bool, Status> {
        match self.found(address).await? {
            Some(file) => Ok(self.state(file).await?.is_threatened()),
            None => Ok(false),
        }
    }

    /// Returns a landlord's report that is not due yet, in a file of its own: no index entry of the address is made, so that
    /// nothing of it is left when its content is gone.
    async fn give_back(
        &self,
        organisation: String,
        request: Request,
        received_at: Timestamp,
        signal: Checked,
        marks: &Marks,
    ) -> Result<(Taken, u64), Status> {
        let (reference, identity, content) = (marks.reference.keyed, marks.identity.keyed, marks.content.keyed);
        let now = self.runtime().now();
        let file = Key::new(signal.gemeente, new_uuid(now));
        let vault_id = self.vault.id("returned", [&identity.0, &content.0]);
        let name = persons::name(signal.household.person.as_ref());
        let returned = self.new_signal((organisation, &name), received_at, &signal, (reference, identity, content), vault_id);
        let household = marks.put_into(Household { reference: signal.reference, amount_cents: signal.amount.0, ..signal.household });
        let written_for = WrittenFor { file, request: request.request_id.uuid() };
        self.vault.keep(vault_id, &household, written_for).await.map_err(|error| away(&error))?;
        let forget_at = end_of_day(amsterdam_date(received_at).saturating_add(RETURN_DAYS.days()));
        let command = Command::ReturnSignal { signal: Box::new(returned), forget_at };
        let request = Request { assume_new: true, ..request };
        let done = self.runtime().execute(file, request, command).await.map_err(|failure| failed(&failure))?;
        self.remember(|memory| {
            memory.signals.put(identity, file);
        });
        Ok((Taken::Returned(signal.missing, forget_at), done.sequence))
    }

    /// The file of a reference of which only steps 1 and 2 were told: the first address it gets becomes the file's. What another replica
    /// was told a moment ago is in the index.
    async fn staged(&self, reference: Mark) -> Result<Option<Key>, Status> {
        let remembered = self.memory.lock().ok().and_then(|mut memory| memory.staged.get(&reference.keyed).copied());
        let file = match (remembered, views::of_reference(&self.room.views, reference.keyed)) {
            (Some(file), _) => Some(file),
            (None, Some(known)) => known.staged_only.then_some(known.file),
            (None, None) => self.found(Index::Reference(reference)).await?,
        };
        let Some(file) = file else { return Ok(None) };
        let state = self.state(file).await?;
        Ok(state.signals.is_empty().then_some(file))
    }

    /// Takes in a landlord's word on step 1 or 2, under its own reference: no personal data, so no address.
    ///
    /// # Errors
    /// A status when it is not known to be done.
    pub async fn landlord_stage(
        &self,
        organisation: &str,
        request: Request,
        (reference, gemeente, step, amount): (String, Gemeentecode, u8, Cents),
    ) -> Result<(Receipt, u64), Status> {
        let now = self.runtime().now();
        let lane = self.lane(self.reference(organisation, &reference));
        let _turn = lane.lock().await;
        let _epoch = self.vault.in_this_epoch().await;
        let mark = self.reference_mark(organisation, &reference);
        let reference = mark.keyed;
        let file = match self.room.look(|views| views::of_reference(views, reference)).await? {
            Some(known) => known.file,
            None => {
                let proposed = Key::new(gemeente, new_uuid(now));
                self.vault.claim(Index::Reference(mark), proposed).await.map_err(|error| away(&error))?.file
            }
        };
        let receipt_id = new_uuid(now);
        let new_case = CaseId::new(now);
        let command =
            Command::RecordLandlordStage { file, new_case, reference, step, amount: Arrears::of(amount), receipt_id, received_at: now };
        let done = self.runtime().execute(file, request, command).await.map_err(|failure| failed(&failure))?;
        let told = done.events.iter().find_map(|event| match event {
            Event::LandlordStageRecorded(e) => Some(Receipt::first(e.receipt_id, e.received_at)),
            _ => None,
        });
        let receipt = match told {
            Some(receipt) => receipt,
            None => {
                let state = self.state(file).await?;
                let mut stages = state.cases.iter().filter_map(|case| case.stages.get(&(reference, step)));
                let repeated = stages.next_back().map(|(_, id, received_at)| Receipt::first(*id, *received_at));
                repeated.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?
            }
        };
        self.remember(|memory| {
            memory.staged.put(reference, file);
        });
        Ok((receipt, done.sequence))
    }

    fn lane(&self, reference: Keyed) -> Arc<tokio::sync::Mutex<()>> {
        self.memory.lock().map(|mut memory| memory.lanes.get_or_insert(reference, Arc::default).clone()).unwrap_or_default()
    }

    fn remember(&self, change: impl FnOnce(&mut Memory)) {
        if let Ok(mut memory) = self.memory.lock() {
            change(&mut memory);
        }
    }

    fn remembered(&self, identity: Keyed) -> Option<Key> {
        let known = self.memory.lock().ok().and_then(|mut memory| memory.signals.get(&identity).copied());
        known.or_else(|| views::file_of_signal(&self.room.views, identity))
    }
}

/// Whom a report is about at an address of which nobody is known.
fn nobody_known(name: &Name, now: Timestamp) -> Matched {
    find(name, &[], PersonId::from_uuid(new_uuid(now)))
}

/// The answer to a report that its file knows: the same content is the same report, whatever came in between.
fn answered(state: &AddressFile, identity: Keyed, content: Keyed, missing: &[pb::Fault]) -> Option<Taken> {
    if let Some((given, replaced_by)) = state.repeated(identity, content) {
        return Some(Taken::Repeated(Receipt { replaced_by, ..Receipt::first(given.receipt_id, given.received_at) }));
    }
    let returned = state.returned.filter(|returned| returned.identity == identity && returned.content == content)?;
    Some(Taken::Returned(missing.to_vec(), returned.forget_at))
}

/// Another door is another household: its report came in today, and is no correction of what was reported of somebody else.
fn moved() -> Taken {
    Taken::Refused(vec![fault(
        "address",
        "correction-moves",
        "een verbetering kan het adres niet veranderen: trek de melding in (reden: vergissing) en meld opnieuw",
    )])
}

/// A vault that did not do as asked, as the caller is told.
pub fn away(error: &VaultError) -> Status {
    match error {
        VaultError::Store(KeyedError::Unknown) => status::outcome_unknown(),
        VaultError::Store(_) => status::unavailable(error),
        VaultError::Unreadable(_)
        | VaultError::BrokenIndex
        | VaultError::BrokenLedger
        | VaultError::BrokenLog
        | VaultError::Sealing
        | VaultError::Keys(_) => status::internal(error),
    }
}

/// The stable code inside a status, for a verdict.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    match status.get_details_error_info() {
        Some(info) => info.reason,
        None if status.code() == Code::PermissionDenied => "not-permitted".to_owned(),
        None => "failed".to_owned(),
    }
}
