//! The journal as an operator sees it: what each service of this process parked, trying it again, and verification.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;
use journal::{Subject, Unavailable, View, verify::Report, views::ParkedRow};
use kernel::Key;
use proto::service::v1::{self as pb, journal_service_server::JournalService};
use tonic::{Request, Response, Status};

use crate::{Gate, Resource, Room, action, room, status};

/// Who has to look at what is parked.
const OWNER: &str = "operator";

/// What one service has parked.
#[tonic::async_trait]
pub trait Lots: Send + Sync {
    /// The worklist after a row, with all that was parked when it was asked for; each with its row's key.
    async fn parked(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, ParkedRow)>, Status>;
    /// Handles one of them once more.
    async fn retry(&self, key: Key, source: &Subject, sequence: u64, actor: &str) -> Result<(), Status>;
}

#[tonic::async_trait]
impl<V: View> Lots for Room<V> {
    async fn parked(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, ParkedRow)>, Status> {
        self.at_least(None).await?;
        Ok(self.views.parked(after, limit))
    }
    async fn retry(&self, key: Key, source: &Subject, sequence: u64, actor: &str) -> Result<(), Status> {
        self.runtime.retry_parked(key, source, sequence, actor).await.map_err(|failure| room::failed(&failure))
    }
}

/// The services of a process, by context.
#[derive(Clone, Default)]
pub struct Parking(Arc<Mutex<BTreeMap<&'static str, Arc<dyn Lots>>>>);

impl Parking {
    pub(crate) fn add(&self, context: &'static str, lot: Arc<dyn Lots>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(context, lot);
    }
    fn all(&self) -> Vec<(&'static str, Arc<dyn Lots>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(name, lot)| (*name, lot.clone())).collect()
    }
}

/// Verifies the whole journal.
pub type Verify = Arc<dyn Fn() -> BoxFuture<'static, Result<Report, Unavailable>> + Send + Sync>;

/// `zeef.service.v1.JournalService`.
pub struct JournalRpc {
    /// Who may ask.
    pub gate: Gate,
    /// What the services of this process parked.
    pub parking: Parking,
    /// Verification, by whoever knows all contexts.
    pub verify: Verify,
}

#[tonic::async_trait]
impl JournalService for JournalRpc {
    async fn list_parked(&self, request: Request<pb::ListParkedRequest>) -> Result<Response<pb::ListParkedResponse>, Status> {
        self.gate.check(request.metadata(), action::JOURNAL_VERIFY, &Resource::of("service"))?;
        let (size, after) = room::page(request.get_ref().page.as_ref())?;
        // A token names the context and the row in it.
        let after = after.unwrap_or_default();
        let mut from = after.splitn(2, |byte| *byte == 0);
        let (from, row) = (from.next().unwrap_or_default(), from.next());
        let (mut parked, mut last) = (Vec::new(), Vec::new());
        for (context, lot) in self.parking.all().into_iter().filter(|(context, _)| context.as_bytes() >= from) {
            let row = row.filter(|_| context.as_bytes() == from);
            for (row, one) in lot.parked(row, size - parked.len()).await? {
                parked.push(pb::Parked {
                    target: Subject::new(context, one.target).to_string(),
                    source_subject: one.source.to_string(),
                    source_sequence: one.sequence,
                    reason: one.reason,
                    since: one.since.to_string(),
                    owner: OWNER.to_owned(),
                });
                last = [context.as_bytes(), &[0], &row].concat();
            }
            if parked.len() >= size {
                return Ok(Response::new(pb::ListParkedResponse { parked, next_token: hex::encode(last) }));
            }
        }
        Ok(Response::new(pb::ListParkedResponse { parked, next_token: String::new() }))
    }

    async fn retry_parked(&self, request: Request<pb::RetryParkedRequest>) -> Result<Response<pb::RetryParkedResponse>, Status> {
        let actor = self.gate.check(request.metadata(), action::JOURNAL_REPAIR, &Resource::of("service"))?;
        let request = request.into_inner();
        let subject = |field: &str, text: &str| {
            text.parse::<Subject>().map_err(|error: kernel::ids::InvalidId| status::invalid_field(field, error.to_string()))
        };
        let (target, source) = (subject("target", &request.target)?, subject("source_subject", &request.source_subject)?);
        let lots = self.parking.all();
        let (_, lot) = lots
            .iter()
            .find(|(context, _)| *context == target.context())
            .ok_or_else(|| status::invalid_field("target", "a subject of a service in this process is expected"))?;
        lot.retry(target.key(), &source, request.source_sequence, &actor.id).await?;
        Ok(Response::new(pb::RetryParkedResponse {}))
    }

    async fn verify_journal(&self, request: Request<pb::VerifyJournalRequest>) -> Result<Response<pb::VerifyJournalResponse>, Status> {
        self.gate.check(request.metadata(), action::JOURNAL_VERIFY, &Resource::of("service"))?;
        let report = (self.verify)().await.map_err(|error| status::unavailable(&error))?;
        let waiting =
            |w: journal::verify::Waiting| pb::Waiting { source: w.source, sequence: w.sequence, target: w.target, reason: w.reason };
        Ok(Response::new(pb::VerifyJournalResponse {
            streams: report
                .streams
                .into_iter()
                .map(|s| pb::VerifiedStream {
                    context: s.context,
                    end: s.end,
                    commits: s.commits,
                    subjects: s.subjects,
                    public: s.public,
                    taken_in: s.taken_in,
                    ignored: s.ignored,
                })
                .collect(),
            findings: report
                .findings
                .into_iter()
                .map(|f| pb::Finding {
                    subject: f.subject,
                    sequence: f.sequence,
                    kind: f.kind.code().to_owned(),
                    target: f.target.unwrap_or_default(),
                })
                .collect(),
            pending: report.pending.into_iter().map(waiting).collect(),
            parked: report.parked.into_iter().map(waiting).collect(),
        }))
    }
}
