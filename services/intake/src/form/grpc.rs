//! The web form and the check of a receipt over gRPC, for the public desk only.

use std::sync::Arc;

use jiff::Timestamp;
use journal::KeyedError;
use kernel::days::amsterdam_date;
use proto::{
    common::v1 as common,
    intake::v1::{self as pb, form_service_server::FormService},
};
use service::{Actor, Lifecycle, Resource, Room, action, finish, region::Region, room::new_request_id, status};
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataMap};

use super::{Forms, Kept, files};
use crate::{
    check::{self, Checked},
    grpc::verdict,
    receipt::{Signed, check as checking, issue::Issuer, moment, paper, words},
    reception::Reception,
    register::Register,
    views::Whereabouts,
};

/// The organisation under which landlords without an account report.
pub const ORGANISATION: &str = "particulier";

/// The RPCs of the form.
#[derive(Clone)]
pub struct FormRpc {
    pub(crate) room: Room<Whereabouts>,
    pub(crate) life: Lifecycle,
    pub(crate) region: Arc<Region>,
    pub(crate) register: Arc<Register>,
    pub(crate) forms: Arc<Forms>,
    pub(crate) reception: Arc<Reception>,
    pub(crate) receipts: Arc<Issuer>,
}

fn away(error: &KeyedError) -> Status {
    status::unavailable(error)
}

impl FormRpc {
    fn door(&self, metadata: &MetadataMap) -> Result<Actor, Status> {
        self.room.gate.check(metadata, action::FORM_HANDLE, &Resource::of("intake"))
    }

    /// What a genuine receipt says, and what became of its report since.
    async fn genuine(&self, signed: &Signed) -> Result<pb::CheckReceiptResponse, Status> {
        let lines = words::lines(&signed.document);
        let lines = lines.into_iter().map(|line| pb::ReceiptLine { label: line.label.nl, text: line.text.nl }).collect();
        let (withdrawn, replaced_by) = match signed.document.receipt_id.as_deref().and_then(|id| id.parse().ok()) {
            Some(id) => self.receipts.fate(id).await?,
            None => (false, None),
        };
        let replaced_by_receipt_id = replaced_by.map(|id| id.to_string()).unwrap_or_default();
        Ok(pb::CheckReceiptResponse { genuine: true, withdrawn, replaced_by_receipt_id, lines, ..Default::default() })
    }

    async fn form(&self, token: &str) -> Result<(Kept, Timestamp), Status> {
        let found = self.forms.open(token, self.room.runtime.now()).await.map_err(|error| away(&error))?;
        found.ok_or_else(|| status::not_found("form"))
    }
}

/// The paper of a receipt; made where it keeps nobody waiting.
async fn paper_of(signed: Signed, public: String) -> Result<Vec<u8>, Status> {
    let made = tokio::task::spawn_blocking(move || paper::pdf(&signed, &public)).await.map_err(|error| status::internal(&error))?;
    made.map_err(|error| status::internal(&error))
}

/// What has to be agreed upon first: landlords of one or two homes report without an agreement.
fn needs_agreement(more_than_two_homes: bool) -> Option<pb::Fault> {
    let text = "wie meer dan twee woningen verhuurt, maakt eerst een afspraak met de gemeente over het melden: bel of mail de gemeente";
    more_than_two_homes.then(|| check::fault("homes", "agreement-needed", text))
}

/// Nobody else's: with a reference of the landlord's own, two landlords would correct each other's reports.
fn reference(now: Timestamp) -> String {
    let id = kernel::ids::new_uuid(now).simple().to_string().to_uppercase();
    let (_, end) = id.split_at_checked(20).unwrap_or(("", &id));
    format!("F-{end}")
}

#[tonic::async_trait]
impl FormService for FormRpc {
    async fn keep_file(&self, request: Request<Streaming<pb::KeepFileRequest>>) -> Result<Response<pb::KeepFileResponse>, Status> {
        self.door(request.metadata())?;
        let (forms, now) = (self.forms.clone(), self.room.runtime.now());
        // Whoever breaks off leaves nothing behind.
        finish(self.life.tasks(), async move { forms.keep_file(request.into_inner(), now).await }).await.map(Response::new)
    }

    async fn keep_form(&self, request: Request<pb::KeepFormRequest>) -> Result<Response<pb::KeepFormResponse>, Status> {
        self.door(request.metadata())?;
        let now = self.room.runtime.now();
        let today = amsterdam_date(now);
        let message = request.into_inner();
        let mut signal = pb::Signal {
            reference: reference(now),
            kind: pb::PartnerKind::Rent.into(),
            signal_date: Some(common::Date { iso: today.to_string() }),
            ..message.signal.unwrap_or_default()
        };
        let mut faults: Vec<_> = needs_agreement(message.more_than_two_homes).into_iter().collect();
        let files = self.forms.files(&message.files, now).await?.unwrap_or_else(|more| {
            faults.extend(more);
            Vec::new()
        });
        faults.extend(files::declare(&mut signal, &files));
        let allowed = |checked: Checked| self.register.allows(ORGANISATION, &checked, today).map(|()| checked).map_err(|fault| vec![fault]);
        let mut checked = match check::signal(&signal, &self.region, today, |_| false).and_then(allowed) {
            Ok(checked) if faults.is_empty() => checked,
            Ok(_) => return Ok(Response::new(pb::KeepFormResponse { faults, ..Default::default() })),
            Err(more) => {
                faults.extend(more);
                return Ok(Response::new(pb::KeepFormResponse { faults, ..Default::default() }));
            }
        };
        let (landlord_name, landlord_email) = (message.landlord_name, message.landlord_email);
        if checked.refused_by_tenant {
            // Its note is all that its sender has, and nothing of it is kept here.
            self.forms.forget_all(&files).await?;
            (checked.household.form_received_at, checked.household.landlord_name) = (moment(now), landlord_name);
            let blocked_document = self.receipts.blocked(ORGANISATION, now, &checked);
            return Ok(Response::new(pb::KeepFormResponse { blocked: true, blocked_document, ..Default::default() }));
        }
        let until = now.saturating_add(self.forms.kept).map_err(|error| status::internal(&error))?;
        let files = files.into_iter().map(|waiting| waiting.file).collect();
        let form = Kept { signal: Some(signal), sent_at: now.as_millisecond(), landlord_name, landlord_email, files };
        let token = self.forms.keep(&form, until).await.map_err(|error| away(&error))?;
        Ok(Response::new(pb::KeepFormResponse { token, keep_until: moment(until), ..Default::default() }))
    }

    async fn look_at_form(&self, request: Request<pb::LookAtFormRequest>) -> Result<Response<pb::LookAtFormResponse>, Status> {
        self.door(request.metadata())?;
        let (form, until) = self.form(&request.into_inner().token).await?;
        let sent_at = Timestamp::from_millisecond(form.sent_at).map(moment).unwrap_or_default();
        let files = u32::try_from(form.files.len()).unwrap_or(u32::MAX);
        Ok(Response::new(pb::LookAtFormResponse { sent_at, keep_until: moment(until), files }))
    }

    async fn confirm_form(&self, request: Request<pb::ConfirmFormRequest>) -> Result<Response<pb::ConfirmFormResponse>, Status> {
        self.door(request.metadata())?;
        let (form, _) = self.form(&request.into_inner().token).await?;
        let now = self.room.runtime.now();
        let signal = form.signal.unwrap_or_default();
        let mut checked = check::signal(&signal, &self.region, amsterdam_date(now), |_| false).map_err(|_| status::not_found("form"))?;
        // As for every partner: an amount below what was agreed is marked.
        checked.particulars.below = self.register.below(&checked);
        checked.household.form_received_at = Timestamp::from_millisecond(form.sent_at).map(moment).unwrap_or_default();
        (checked.household.landlord_name, checked.household.landlord_email) = (form.landlord_name, form.landlord_email);
        checked.household.files = form.files;
        let turn = self.reception.turn(ORGANISATION, &checked.reference).await;
        let request = journal::Request { once: true, ..journal::Request::new(new_request_id(now), "web-form") };
        let reception = self.reception.clone();
        let work = async move { reception.take_in(ORGANISATION.to_owned(), request, now, checked, turn).await };
        let (taken, sequence) = finish(self.life.tasks(), work).await?;
        let verdict = self.receipts.with_document((verdict(0, taken), sequence)).await;
        Ok(Response::new(pb::ConfirmFormResponse { verdict: Some(verdict) }))
    }

    async fn check_receipt(&self, request: Request<pb::CheckReceiptRequest>) -> Result<Response<pb::CheckReceiptResponse>, Status> {
        self.room.gate.check(request.metadata(), action::CLOCK_READ, &Resource::of("intake"))?;
        let pb::CheckReceiptRequest { document, paper_for } = request.into_inner();
        match checking::receipt(&document, &self.receipts.keys().public()) {
            Err(bad) => Ok(Response::new(pb::CheckReceiptResponse { fault: bad.to_string(), ..Default::default() })),
            Ok(signed) => {
                let told = self.genuine(&signed).await?;
                let paper = if paper_for.is_empty() { Vec::new() } else { paper_of(signed, paper_for).await? };
                Ok(Response::new(pb::CheckReceiptResponse { paper, ..told }))
            }
        }
    }

    async fn look_up_receipt(&self, request: Request<pb::LookUpReceiptRequest>) -> Result<Response<pb::CheckReceiptResponse>, Status> {
        self.door(request.metadata())?;
        let pb::LookUpReceiptRequest { receipt_id, signature_start } = request.into_inner();
        // One answer for all that is not a receipt of ours with this code.
        let unknown = || status::not_found("receipt");
        let id = receipt_id.parse().map_err(|_| unknown())?;
        let found = self.receipts.find(id).await?.ok_or_else(unknown)?;
        let told = self.receipts.issue(id, found, None).await;
        let told = told.map_err(|status| if status.code() == Code::FailedPrecondition { unknown() } else { status })?;
        let mut signed = checking::receipt(&told.document, &self.receipts.keys().public()).map_err(|_| unknown())?;
        if !paper::fits(&signed, &signature_start) {
            return Err(unknown());
        }
        // The address of this page stands in logs: it names nobody. Who has the paper reads it there.
        signed.document.sent = None;
        Ok(Response::new(self.genuine(&signed).await?))
    }
}
