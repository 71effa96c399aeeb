//! Intake over gRPC: requests in, commands out. Partners get receipts; only staff ever see a case id.

use std::{collections::HashMap, sync::Arc};

use futures::{StreamExt, stream};
use intake_domain::{AddressFile, Command, Outcome, WithdrawalReason};
use jiff::Timestamp;
use kernel::{CaseId, Gemeentecode, Key, RequestId, days::amsterdam_date, ids::new_uuid};
use prost::Message;
use proto::{
    common::v1 as common,
    intake::v1::{self as pb, intake_service_server::IntakeService},
};
use service::{Actor, Lifecycle, Resource, Role, Room, action, finish, finish_apart, region::Region, room, status, telemetry};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    address::Collectives,
    check::{self, Checked, fault},
    codec::words::payment_kind_in,
    feedback,
    form::{FormRpc, Forms},
    looking::Evidence,
    receipt::{
        self,
        issue::{Found, Issuer},
        keys::ReceiptKeys,
        moment,
    },
    reception::{Receipt, Reception, Taken, away, reason},
    register::Register,
    vault::{Household, Index, Reader, Vault, WrittenFor},
    views::{self, Whereabouts},
};

/// Largest message taken in, in bytes: a row with a field of ten megabytes gets a verdict, and does not end the stream.
pub const MESSAGE_LIMIT: usize = 16 * 1024 * 1024;
/// Rows of one stream that are worked on at a time.
const AT_ONCE: usize = 128;

/// The RPCs of intake.
#[derive(Clone)]
pub struct IntakeRpc {
    pub(crate) room: Room<Whereabouts>,
    pub(crate) life: Lifecycle,
    pub(crate) vault: Arc<Vault>,
    pub(crate) region: Arc<Region>,
    register: Arc<Register>,
    reception: Arc<Reception>,
    receipts: Arc<Issuer>,
}

/// A row of a stream, looked at.
enum Row {
    Refused(Vec<pb::Fault>),
    Right { signal: Box<Checked>, received_at: Timestamp },
}

impl IntakeRpc {
    /// The RPCs over these rooms.
    pub fn new(
        room: Room<Whereabouts>,
        life: Lifecycle,
        vault: Arc<Vault>,
        (region, register): (Arc<Region>, Arc<Register>),
        collectives: Collectives,
        keys: ReceiptKeys,
    ) -> Self {
        let receipts = Arc::new(Issuer::new(room.clone(), vault.clone(), keys));
        let reception = Arc::new(Reception::new(room.clone(), vault.clone(), receipts.clone(), (region.clone(), collectives)));
        Self { room, life, vault, region, register, reception, receipts }
    }

    /// The form's door, over the same reception: reports of one reference queue in one place.
    pub fn forms(&self, forms: Arc<Forms>) -> FormRpc {
        let (room, life) = (self.room.clone(), self.life.clone());
        let (region, register) = (self.region.clone(), self.register.clone());
        FormRpc { room, life, region, register, forms, reception: self.reception.clone(), receipts: self.receipts.clone() }
    }

    /// A verdict, with the signed document when it was asked for.
    async fn signed(&self, signed: bool, verdict: (pb::Verdict, u64)) -> pb::Verdict {
        if signed { self.receipts.with_document(verdict).await } else { verdict.0 }
    }

    /// A partner, or staff for it. The organisation is the token's, never the message's: so first who asks, then whether
    /// that organisation's own reports are its to send.
    fn partner(&self, metadata: &MetadataMap) -> Result<Actor, Status> {
        let actor = self.room.gate.check(metadata, action::CLOCK_READ, &Resource::of("intake"))?;
        self.room.gate.also(&actor, action::SIGNAL_SUBMIT, &own(&actor))?;
        Ok(actor)
    }

    /// Staff, for something of a municipality that is looked up first.
    pub(crate) fn staff(&self, metadata: &MetadataMap, action: &'static str) -> Result<Actor, Status> {
        self.room.gate.check(metadata, action, &Resource::of("intake"))
    }

    /// A case of another municipality and one that does not exist are one answer.
    pub(crate) fn of_gemeente(&self, actor: &Actor, action: &'static str, file: Key) -> Result<(), Status> {
        let allowed = self.room.gate.also(actor, action, &Resource::of("intake").gemeente(file.gemeente));
        allowed.map_err(|_| status::not_found("case"))
    }

    pub(crate) async fn file_of(&self, case: CaseId) -> Result<Key, Status> {
        self.room.look(|views| views::file_of_case(views, case)).await?.ok_or_else(|| status::not_found("case"))
    }

    /// Who looks into the vault, for the log.
    pub(crate) fn reader(&self, actor: &Actor, case: CaseId, gemeente: Gemeentecode, purpose: &str) -> Reader {
        Reader {
            case,
            actor: actor.id.clone(),
            organisation: actor.organisation.clone(),
            on_behalf_of: gemeente,
            purpose: purpose.to_owned(),
            at: self.room.runtime.now(),
        }
    }

    /// A file's state, by the leader's read.
    pub(crate) async fn state(&self, file: Key) -> Result<AddressFile, Status> {
        Ok(self.room.runtime.state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default())
    }

    fn look_at(&self, signal: Option<&pb::Signal>, actor: &Actor) -> Result<Checked, Vec<pb::Fault>> {
        let today = amsterdam_date(self.room.runtime.now());
        match signal {
            Some(signal) => {
                // A municipality reports to itself: no agreement, and it may use the number.
                let ours = actor.is(Role::Desk);
                let may_use_bsn = |kind| ours || self.register.may_use_bsn(&actor.organisation, kind, today);
                let mut checked = check::signal(signal, &self.region, today, may_use_bsn)?;
                if !ours {
                    self.register.allows(&actor.organisation, &checked, today).map_err(|fault| vec![fault])?;
                }
                checked.particulars.below = self.register.below(&checked);
                Ok(checked)
            }
            None => Err(vec![fault("signal", "missing", "een melding")]),
        }
    }

    /// One row of a stream. Every failure is that row's own.
    async fn verdict(&self, row: u32, looked_at: Row, actor: &Actor, request: journal::Request) -> (pb::Verdict, u64) {
        let outcome = match looked_at {
            Row::Refused(faults) => Ok((Taken::Refused(faults), 0)),
            Row::Right { signal, received_at } => {
                let (reception, organisation) = (self.reception.clone(), actor.organisation.clone());
                let turn = reception.turn(&organisation, &signal.reference).await;
                finish_apart(self.life.tasks(), async move { reception.take_in(organisation, request, received_at, *signal, turn).await })
                    .await
            }
        };
        let (taken, sequence) = outcome.unwrap_or_else(|status| {
            let text = "niet verwerkt; bied deze regel opnieuw aan, dezelfde regel telt nooit dubbel";
            (Taken::Refused(vec![fault("", &reason(&status), text)]), 0)
        });
        (verdict(row, taken), sequence)
    }
}

fn own(actor: &Actor) -> Resource {
    Resource::of("intake").organisation(actor.organisation.clone())
}

/// A verdict as it is told.
pub(crate) fn verdict(row: u32, taken: Taken) -> pb::Verdict {
    use pb::verdict::Outcome as O;
    let outcome = match taken {
        Taken::Accepted(one) => O::Accepted(receipt_out(one)),
        Taken::Repeated(one) => O::Repeated(receipt_out(one)),
        Taken::Refused(faults) => O::Refused(pb::Refused { faults }),
        Taken::Returned(faults, kept_until) => O::Returned(pb::Returned { faults, kept_until: moment(kept_until) }),
        Taken::Blocked(document) => O::Blocked(pb::Blocked { document }),
    };
    pb::Verdict { row, outcome: Some(outcome) }
}

fn feedback_out(told: &feedback::Told) -> pb::Feedback {
    let date = |day: Option<jiff::civil::Date>| day.map(|day| common::Date { iso: day.to_string() });
    pb::Feedback {
        receipt_id: told.receipt_id.to_string(),
        feedback: told.feedback.code().to_owned(),
        since: date(told.since),
        pause_until: date(told.pause_until),
    }
}

fn receipt_out(receipt: Receipt) -> pb::Receipt {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    pb::Receipt {
        receipt_id: receipt.id.to_string(),
        received_at: moment(receipt.received_at),
        replaces_receipt_id: id(receipt.replaces),
        replaced_by_receipt_id: id(receipt.replaced_by),
        document: String::new(),
    }
}

pub(crate) fn position(sequence: u64) -> Option<common::Position> {
    Some(Room::<Whereabouts>::position(sequence))
}

pub(crate) fn invalid(faults: Vec<pb::Fault>) -> Status {
    status::invalid(faults.into_iter().map(|fault| (fault.field, fault.text)))
}

pub(crate) fn case_id(text: &str) -> Result<CaseId, Status> {
    text.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("case_id", error.to_string()))
}

fn codes(outcomes: &[Outcome]) -> String {
    outcomes.iter().map(|outcome| outcome.code()).collect::<Vec<_>>().join(", ")
}

#[tonic::async_trait]
impl IntakeService for IntakeRpc {
    async fn submit_signals(
        &self,
        request: Request<Streaming<pb::SubmitSignalsRequest>>,
    ) -> Result<Response<pb::SubmitSignalsResponse>, Status> {
        let actor = self.partner(request.metadata())?;
        let link = telemetry::caller();
        let mut rows = request.into_inner();
        let Some(first) = rows.message().await? else { return Ok(Response::new(pb::SubmitSignalsResponse::default())) };
        let happened_at = room::instant("happened_at", &first.happened_at)?;
        let signed = first.signed;
        let mut permitted: HashMap<Gemeentecode, bool> = HashMap::new();
        let mut last_row = 0;
        // A row that cannot be read ends the reading: what follows it is not at a row's beginning.
        let rows = stream::unfold(Some(rows), |rows| async move {
            let mut rows = rows?;
            let message = rows.next().await?;
            let rest = message.is_ok().then_some(rows);
            Some((message, rest))
        });
        let rows = rows.boxed();
        let looked_at = stream::once(std::future::ready(Ok(first))).chain(rows).map(|message| {
            let received_at = self.room.runtime.now();
            let message = match message {
                Ok(message) => message,
                // Nothing after it can be read; what came before is kept.
                Err(_) => {
                    let text = "dit bericht is niet te lezen of te groot; de regels erna zijn niet gelezen";
                    return (last_row + 1, Row::Refused(vec![fault("", "unreadable", text)]));
                }
            };
            last_row = message.row;
            let row = match self.look_at(message.signal.as_ref(), &actor) {
                Err(faults) => Row::Refused(faults),
                Ok(signal) => {
                    let ours = *permitted.entry(signal.gemeente).or_insert_with(|| {
                        self.room.gate.also(&actor, action::SIGNAL_SUBMIT, &own(&actor).gemeente(signal.gemeente)).is_ok()
                    });
                    if ours {
                        Row::Right { signal: Box::new(signal), received_at }
                    } else {
                        Row::Refused(vec![fault("gemeentecode", "not-permitted", "een gemeente waarvoor u mag melden")])
                    }
                }
            };
            (message.row, row)
        });
        let verdicts: Vec<_> = looked_at
            .map(|(row, looked_at)| {
                // A signal is known by partner, reference, kind and month, not by a request id.
                let id = RequestId::from_uuid(new_uuid(self.room.runtime.now()));
                let request = journal::Request { happened_at, link, once: true, ..journal::Request::new(id, actor.id.clone()) };
                self.verdict(row, looked_at, &actor, request)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let newest = verdicts.iter().map(|(_, sequence)| *sequence).max().unwrap_or(0);
        let verdicts = stream::iter(verdicts).map(|one| self.signed(signed, one)).buffered(AT_ONCE).collect().await;
        Ok(Response::new(pb::SubmitSignalsResponse { verdicts, position: position(newest) }))
    }

    async fn submit_signal(&self, request: Request<pb::SubmitSignalRequest>) -> Result<Response<pb::SubmitSignalResponse>, Status> {
        let actor = self.partner(request.metadata())?;
        let received_at = self.room.runtime.now();
        let link = telemetry::caller();
        let message = request.into_inner();
        let request = journal::Request { link, ..room::request(&actor, message.command.as_ref())? };
        let (taken, sequence) = match self.look_at(message.signal.as_ref(), &actor) {
            Err(faults) => (Taken::Refused(faults), 0),
            Ok(signal) => {
                self.room.gate.also(&actor, action::SIGNAL_SUBMIT, &own(&actor).gemeente(signal.gemeente))?;
                let reception = self.reception.clone();
                let turn = reception.turn(&actor.organisation, &signal.reference).await;
                finish(self.life.tasks(), async move { reception.take_in(actor.organisation, request, received_at, signal, turn).await })
                    .await?
            }
        };
        let verdict = self.signed(message.signed, (verdict(0, taken), sequence)).await;
        Ok(Response::new(pb::SubmitSignalResponse { verdict: Some(verdict), position: position(sequence) }))
    }

    async fn record_landlord_stage(
        &self,
        request: Request<pb::RecordLandlordStageRequest>,
    ) -> Result<Response<pb::RecordLandlordStageResponse>, Status> {
        let actor = self.partner(request.metadata())?;
        let link = telemetry::caller();
        let message = request.into_inner();
        let request = journal::Request { link, ..room::request(&actor, message.command.as_ref())? };
        let told = check::landlord_stage(&message, &self.region).map_err(invalid)?;
        self.room.gate.also(&actor, action::SIGNAL_SUBMIT, &own(&actor).gemeente(told.1))?;
        let reception = self.reception.clone();
        let work = async move { reception.landlord_stage(&actor.organisation, request, told).await };
        let (one, sequence) = finish(self.life.tasks(), work).await?;
        Ok(Response::new(pb::RecordLandlordStageResponse { receipt: Some(receipt_out(one)), position: position(sequence) }))
    }

    async fn record_payment(&self, request: Request<pb::RecordPaymentRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        use pb::record_payment_request::Of;
        let metadata = request.metadata().clone();
        let message = request.into_inner();
        let kind = payment_kind_in(message.kind()).filter(|kind| *kind != intake_domain::PaymentKind::PaidInPart);
        let kind = kind.ok_or_else(|| status::invalid_field("kind", "what became of the arrears or the rent"))?;
        let (actor, case, file, reference) = match &message.of {
            Some(Of::CaseId(id)) => {
                let actor = self.staff(&metadata, action::PAYMENT_RECORD)?;
                let case = case_id(id)?;
                let file = self.file_of(case).await?;
                self.of_gemeente(&actor, action::PAYMENT_RECORD, file)?;
                (actor, case, file, None)
            }
            Some(Of::Reference(text)) => {
                let actor = self.partner(&metadata)?;
                let (reference, known) = self.referred(&actor, text).await?;
                (actor, known.case, known.file, Some(reference))
            }
            None => return Err(status::invalid_field("of", "a case id or your own reference")),
        };
        let command = Command::RecordPayment { case, kind, reference };
        let done = self.room.command(&actor, message.command.as_ref(), file, command).await?;
        Ok(Response::new(pb::CaseCommandResponse { position: position(done.sequence) }))
    }

    async fn withdraw_signal(&self, request: Request<pb::WithdrawSignalRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let actor = self.partner(request.metadata())?;
        let message = request.into_inner();
        let reason = WithdrawalReason::from_code(&message.reason).filter(|reason| *reason != WithdrawalReason::Paid);
        let reason = reason.ok_or_else(|| status::invalid_field("reason", "error, deceased or not-resident"))?;
        let (reference, known) = self.referred(&actor, &message.reference).await?;
        let command = Command::WithdrawSignal { reference, reason };
        let done = self.room.command(&actor, message.command.as_ref(), known.file, command).await?;
        Ok(Response::new(pb::CaseCommandResponse { position: position(done.sequence) }))
    }

    async fn close_case(&self, request: Request<pb::CloseCaseRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let actor = self.staff(request.metadata(), action::CASE_DECIDE)?;
        let message = request.into_inner();
        let case = case_id(&message.case_id)?;
        let outcome = match message.outcome.as_str() {
            "" => None,
            code => {
                Some(Outcome::from_code(code).ok_or_else(|| status::invalid_field("outcome", format!("one of {}", codes(Outcome::OURS))))?)
            }
        };
        let file = self.file_of(case).await?;
        self.of_gemeente(&actor, action::CASE_DECIDE, file)?;
        let done = self.room.command(&actor, message.command.as_ref(), file, Command::CloseCase { case, outcome }).await?;
        Ok(Response::new(pb::CaseCommandResponse { position: position(done.sequence) }))
    }

    async fn find_case(&self, request: Request<pb::FindCaseRequest>) -> Result<Response<pb::FindCaseResponse>, Status> {
        let actor = self.staff(request.metadata(), action::CASE_READ)?;
        let message = request.into_inner();
        self.room.seen(message.at_least.as_ref()).await?;
        let (case, file) = if !message.reference.is_empty() {
            let reference = self.reception.reference(&message.organisation, message.reference.trim());
            let known = self.look_up(reference).await?.ok_or_else(|| status::not_found("case"))?;
            (known.case, known.file)
        } else if message.address.is_some() {
            let (_, door) = check::household(&message.gemeentecode, message.address.as_ref(), None, &self.region).map_err(invalid)?;
            let _epoch = self.vault.in_this_epoch().await;
            let index = Index::Address(self.vault.mark("address", [door.line().as_bytes()]));
            let file = self.vault.find(index).await.map_err(|error| away(&error))?.ok_or_else(|| status::not_found("case"))?;
            let state = self.state(file).await?;
            let case = state.open_case(None).or(state.cases.last().filter(|_| !state.collective));
            (case.ok_or_else(|| status::not_found("case"))?.id, file)
        } else {
            return Err(status::invalid_field("reference", "an organisation with its reference, or an address"));
        };
        self.of_gemeente(&actor, action::CASE_READ, file)?;
        let (case_id, gemeentecode, file_key) = (case.to_string(), file.gemeente.to_string(), file.to_string());
        Ok(Response::new(pb::FindCaseResponse { case_id, gemeentecode, file_key }))
    }

    async fn keep_address(&self, request: Request<pb::KeepAddressRequest>) -> Result<Response<pb::KeepAddressResponse>, Status> {
        let actor = self.staff(request.metadata(), action::PERSON_WRITE)?;
        let message = request.into_inner();
        let head = room::request(&actor, message.command.as_ref())?;
        let checked = check::household(&message.gemeentecode, message.address.as_ref(), message.person.as_ref(), &self.region);
        let (gemeente, door) = checked.map_err(invalid)?;
        self.room.gate.also(&actor, action::PERSON_WRITE, &Resource::of("intake").gemeente(gemeente))?;
        let this = self.clone();
        let work = async move {
            let _epoch = this.vault.in_this_epoch().await;
            let door = this.vault.mark("address", [door.line().as_bytes()]);
            let household = Household { address: message.address, person: message.person, ..Default::default() }.marked(&door, []);
            let index = Index::Address(door);
            let proposed = Key::new(gemeente, new_uuid(this.room.runtime.now()));
            let claimed = this.vault.claim(index, proposed).await.map_err(|error| away(&error))?;
            let vault_id = this.vault.id("kept", [head.request_id.uuid().as_bytes(), &household.encode_to_vec()]);
            let written_for = WrittenFor { file: claimed.file, request: head.request_id.uuid() };
            this.vault.keep(vault_id, &household, written_for).await.map_err(|error| away(&error))?;
            Ok((vault_id, claimed))
        };
        let (vault_id, claimed) = finish(self.life.tasks(), work).await?;
        // Of another municipality's case only its file is told, so that a fact ends up with the household.
        let state = match self.of_gemeente(&actor, action::CASE_READ, claimed.file) {
            Ok(()) if !claimed.fresh => self.state(claimed.file).await?,
            _ => AddressFile::default(),
        };
        let case_id = state.open_case(None).map(|case| case.id.to_string()).unwrap_or_default();
        Ok(Response::new(pb::KeepAddressResponse { vault_id: vault_id.to_string(), case_id, file_key: claimed.file.to_string() }))
    }

    async fn get_receipt(&self, request: Request<pb::GetReceiptRequest>) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::CLOCK_READ, &Resource::of("intake"))?;
        let id = request.into_inner().receipt_id.parse().map_err(|_| status::invalid_field("receipt_id", "the id on the receipt"))?;
        let found = self.receipts.find(id).await?;
        // Somebody else's receipt and one that nobody gave are one answer.
        let may = |found: &Found| {
            let ours = found.organisation == actor.organisation
                && self.room.gate.also(&actor, action::SIGNAL_SUBMIT, &own(&actor).gemeente(found.gemeente)).is_ok();
            ours || self.room.gate.also(&actor, action::CASE_READ, &Resource::of("intake").gemeente(found.gemeente)).is_ok()
        };
        let found = found.filter(may).ok_or_else(|| status::not_found("receipt"))?;
        let reader = self.reader(&actor, found.case(), found.gemeente, "receipt");
        let told = self.receipts.issue(id, found, Some(&reader)).await?;
        let receipt = pb::Receipt { document: told.document, ..receipt_out(told.receipt) };
        Ok(Response::new(pb::GetReceiptResponse { receipt: Some(receipt), withdrawn: told.withdrawn }))
    }

    async fn list_feedback(&self, request: Request<pb::ListFeedbackRequest>) -> Result<Response<pb::ListFeedbackResponse>, Status> {
        let actor = self.room.gate.check(request.metadata(), action::CLOCK_READ, &Resource::of("intake"))?;
        self.room.gate.also(&actor, action::SIGNAL_FEEDBACK, &own(&actor))?;
        let message = request.into_inner();
        let now = self.room.runtime.now();
        let (told, next) = if message.reference.is_empty() {
            self.room.at_least(None).await?;
            let (size, after) = room::page(message.page.as_ref())?;
            feedback::of_organisation(&self.room.views, &actor.organisation, now, after.as_deref(), size)
        } else {
            let reference = self.reception.reference(&actor.organisation, &check::known_reference(&message.reference).map_err(invalid)?);
            self.room.catch_up().await?;
            let told = feedback::of_reference(&self.room.views, reference, now).ok_or_else(|| status::not_found("reference"))?;
            (vec![told], None)
        };
        let may =
            |told: &feedback::Told| self.room.gate.also(&actor, action::SIGNAL_FEEDBACK, &own(&actor).gemeente(told.gemeente)).is_ok();
        let reports = told.iter().filter(|told| may(told)).map(feedback_out).collect();
        Ok(Response::new(pb::ListFeedbackResponse { reports, next_token: next.map(hex::encode).unwrap_or_default() }))
    }

    async fn get_receipt_keys(&self, request: Request<pb::GetReceiptKeysRequest>) -> Result<Response<pb::GetReceiptKeysResponse>, Status> {
        self.room.gate.check(request.metadata(), action::CLOCK_READ, &Resource::of("intake"))?;
        let keys = receipt::canonical(&self.receipts.keys().public()).map_err(|error| status::internal(&error))?;
        Ok(Response::new(pb::GetReceiptKeysResponse { keys }))
    }

    async fn open_household(&self, request: Request<pb::OpenHouseholdRequest>) -> Result<Response<pb::OpenHouseholdResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.household(&metadata, asked).await.map(Response::new)
    }

    async fn open_person(&self, request: Request<pb::OpenPersonRequest>) -> Result<Response<pb::OpenHouseholdResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.person(&metadata, asked).await.map(Response::new)
    }

    type OpenEvidenceStream = Evidence;

    async fn open_evidence(&self, request: Request<pb::OpenEvidenceRequest>) -> Result<Response<Evidence>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.evidence(&metadata, asked).await.map(Response::new)
    }

    async fn list_signals(&self, request: Request<pb::ListSignalsRequest>) -> Result<Response<pb::ListSignalsResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.signals_of(&metadata, asked).await.map(Response::new)
    }

    async fn list_pairs(&self, request: Request<pb::ListPairsRequest>) -> Result<Response<pb::ListPairsResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.pairs(&metadata, asked).await.map(Response::new)
    }

    async fn open_pair(&self, request: Request<pb::OpenPairRequest>) -> Result<Response<pb::OpenPairResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.look_at_pair(&metadata, asked).await.map(Response::new)
    }

    async fn judge_pair(&self, request: Request<pb::JudgePairRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.judge(&metadata, asked).await.map(Response::new)
    }

    async fn merge_cases(&self, request: Request<pb::MergeCasesRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.merge(&metadata, asked).await.map(Response::new)
    }

    async fn unmerge_cases(&self, request: Request<pb::UnmergeCasesRequest>) -> Result<Response<pb::UnmergeCasesResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.unmerge(&metadata, asked).await.map(Response::new)
    }

    async fn list_merged_work(&self, request: Request<pb::ListMergedWorkRequest>) -> Result<Response<pb::ListMergedWorkResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.merged_work(&metadata, asked).await.map(Response::new)
    }

    async fn rectify_letter(&self, request: Request<pb::RectifyLetterRequest>) -> Result<Response<pb::CaseCommandResponse>, Status> {
        let (metadata, _, asked) = request.into_parts();
        self.rectify(&metadata, asked).await.map(Response::new)
    }
}

impl IntakeRpc {
    async fn look_up(&self, reference: intake_domain::Keyed) -> Result<Option<views::Referred>, Status> {
        self.room.catch_up().await?;
        Ok(views::of_reference(&self.room.views, reference))
    }

    /// What a partner's own reference leads to, with everything that is in the stream now: a payment must not reach an
    /// older case than the partner means.
    async fn referred(&self, actor: &Actor, text: &str) -> Result<(intake_domain::Keyed, views::Referred), Status> {
        let reference = self.reception.reference(&actor.organisation, &check::known_reference(text).map_err(invalid)?);
        let known = self.look_up(reference).await?.ok_or_else(|| status::not_found("reference"))?;
        self.room.gate.also(actor, action::SIGNAL_SUBMIT, &own(actor).gemeente(known.file.gemeente))?;
        Ok((reference, known))
    }
}
