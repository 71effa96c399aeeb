//! The desk over gRPC: cases, a case, its trace and the sieve. Reads only.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{future::try_join_all, stream};
use jiff::{Timestamp, tz::TimeZone};
use journal::{
    Journal, Unavailable,
    terms::{date_in, date_out},
    views::PATIENCE,
};
use kernel::{
    CaseId, Clock, Gemeentecode,
    days::{amsterdam, amsterdam_date},
    ids::InvalidId,
    terms::{Roll, TermStatus},
};
use proto::{
    common::v1 as common,
    desk::v1::{self as pb, cases_service_server::CasesService},
};
use service::{Actor, Gate, Resource, action, room, status};
use tokio::time::timeout;
use tonic::{Code, Request, Response, Status, metadata::MetadataMap};

use crate::{
    chain::{CaseChain, Kept, Step, fold},
    ddas, delivery,
    entry::Entries,
    event::CONTEXTS,
    late,
    sieve::{Sieve, Standing},
    store::{Store, Wanted},
    timeline::timeline,
    wishes::wishes,
    words,
};

/// Answers for the desk.
#[derive(Clone)]
pub struct Desk {
    store: Arc<Store>,
    journal: Arc<dyn Journal>,
    gate: Gate,
    clock: Arc<dyn Clock>,
}

impl Desk {
    /// Answers from these rows.
    pub const fn new(store: Arc<Store>, journal: Arc<dyn Journal>, gate: Gate, clock: Arc<dyn Clock>) -> Self {
        Self { store, journal, gate, clock }
    }

    /// The municipalities of a list, the one asked for or all that the actor may see, once the rows hold what they must: until then a
    /// municipality may have no case yet.
    async fn gemeenten(&self, metadata: &MetadataMap, asked: &str, at_least: &[common::Position]) -> Result<Vec<Gemeentecode>, Status> {
        let resource = Resource::of("desk");
        if asked.is_empty() {
            let actor = self.gate.check(metadata, action::CASE_READ, &resource)?;
            self.at_least(at_least).await?;
            return Ok(self.store.gemeenten().into_iter().filter(|gemeente| actor.sees(*gemeente)).collect());
        }
        let gemeente: Gemeentecode = asked.parse().map_err(|error: InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
        self.gate.check(metadata, action::CASE_READ, &resource.gemeente(gemeente))?;
        self.at_least(at_least).await?;
        Ok(vec![gemeente])
    }

    /// Waits until the rows hold all that stands in the streams now.
    async fn catch_up(&self) -> Result<(), Status> {
        let ends = CONTEXTS.map(async |context| {
            let sequence = self.journal.end(context).await?;
            Ok::<_, Unavailable>(common::Position { context: context.to_owned(), sequence })
        });
        let ends = timeout(PATIENCE, try_join_all(ends)).await.map_err(|late| status::unavailable(&late))?;
        self.reached(&ends.map_err(|away| status::unavailable(&away))?).await
    }

    async fn reached(&self, positions: &[common::Position]) -> Result<(), Status> {
        self.store.wait_for(positions).await.map_err(|behind| status::coded(Code::Unavailable, "behind", behind.to_string()))
    }

    /// As [`service::Room::at_least`]: without positions all that was there when it was asked, or what is known while the journal is away;
    /// nothing while the rows are still being built.
    async fn at_least(&self, positions: &[common::Position]) -> Result<(), Status> {
        if positions.is_empty() {
            return match self.catch_up().await {
                Err(behind) if self.store.is_built() => {
                    tracing::warn!(%behind, "the desk shows what it knows");
                    Ok(())
                }
                outcome => outcome,
            };
        }
        if let Some(wrong) = positions.iter().find(|position| !CONTEXTS.contains(&position.context.as_str())) {
            return Err(status::invalid_field(
                "at_least.context",
                format!("one of {} is expected, not {:?}", CONTEXTS.join(", "), wrong.context),
            ));
        }
        self.reached(positions).await
    }

    async fn case(&self, request: &Request<pb::GetCaseRequest>) -> Result<(CaseId, CaseChain, Entries), Status> {
        let actor: Actor = self.gate.check(request.metadata(), action::CASE_READ, &Resource::of("desk"))?;
        let asked = request.get_ref();
        let case: CaseId = asked.case_id.parse().map_err(|error: InvalidId| status::invalid_field("case_id", error.to_string()))?;
        self.at_least(&asked.at_least).await?;
        let mut entries = self.store.entries(case);
        let mut chain = fold(&entries);
        if chain.is_none() {
            self.catch_up().await?;
            entries = self.store.entries(case);
            chain = fold(&entries);
        }
        let chain = chain.ok_or_else(|| status::not_found("case"))?;
        // A case of another municipality does not exist, for those who may not see it.
        let resource = Resource::of("desk").gemeente(chain.gemeente);
        self.gate.also(&actor, action::CASE_READ, &resource).map_err(|_| status::not_found("case"))?;
        Ok((case, chain, entries))
    }
}

#[tonic::async_trait]
impl CasesService for Desk {
    type ReadDdasStream = stream::Iter<std::vec::IntoIter<Result<pb::DdasCase, Status>>>;

    async fn read_ddas(&self, request: Request<pb::ReadDdasRequest>) -> Result<Response<Self::ReadDdasStream>, Status> {
        let asked = request.get_ref();
        let gemeente: Gemeentecode =
            asked.gemeentecode.parse().map_err(|error: InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
        self.gate.check(request.metadata(), action::DDAS_READ, &Resource::of("desk").gemeente(gemeente))?;
        let day = |field: &str, date: Option<&common::Date>| {
            date_in(date).map_err(|_| status::invalid_field(field, "a day as 2026-03-02 is expected"))
        };
        let (from, to) = (day("from", asked.from.as_ref())?, day("to", asked.to.as_ref())?);
        self.at_least(&asked.at_least).await?;
        let cases: Vec<_> = delivery::cases(&self.store, gemeente, from, to).into_iter().map(Ok).collect();
        Ok(Response::new(stream::iter(cases)))
    }

    async fn list_cases(&self, request: Request<pb::ListCasesRequest>) -> Result<Response<pb::ListCasesResponse>, Status> {
        let asked = request.get_ref();
        let standings = match asked.standing.as_str() {
            "" => Standing::ALL.to_vec(),
            code => vec![
                Standing::from_code(code)
                    .ok_or_else(|| status::invalid_field("standing", "standing, sieved-out, failed, elsewhere or nothing is expected"))?,
            ],
        };
        let (size, after) = room::page(asked.page.as_ref())?;
        let ddas = (!asked.ddas.is_empty()).then_some(asked.ddas.as_str());
        if ddas.is_some_and(|ddas| !ddas::STATES.contains(&ddas)) {
            return Err(status::invalid_field("ddas", "complete, missing, none or nothing is expected"));
        }
        let gemeenten = self.gemeenten(request.metadata(), &asked.gemeentecode, &asked.at_least).await?;
        let wanted = Wanted { gemeenten: &gemeenten, standings: &standings, ddas };
        let (cases, next) = self.store.list(&wanted, after.as_deref(), size);
        Ok(Response::new(pb::ListCasesResponse { cases, next_token: next.map(hex::encode).unwrap_or_default() }))
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::Case>, Status> {
        let (case, chain, entries) = self.case(&request).await?;
        Ok(Response::new(pb::Case {
            line: Some(chain.line(case)),
            steps: (1_u8..).zip(&chain.steps).map(|(number, step)| step_out(number, *step)).collect(),
            timeline: timeline(&entries)
                .into_iter()
                .map(|told| pb::Moment {
                    happened_at: local(told.happened_at),
                    recorded_at: local(told.recorded_at),
                    context: told.context.to_owned(),
                    event: told.event,
                    text: told.text,
                    step: told.step,
                })
                .collect(),
            terms: chain.terms.iter().map(term_out).collect(),
            aftercare: chain.aftercare.to_owned(),
            file_key: chain.file_key,
            wishes: wishes(&entries),
            ddas_gaps: chain.ddas.iter().flat_map(|reading| &reading.gaps).map(ddas::Gap::out).collect(),
        }))
    }

    async fn trace_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::TraceCaseResponse>, Status> {
        let (case, _, entries) = self.case(&request).await?;
        Ok(Response::new(pb::TraceCaseResponse { trace_id: case.uuid().simple().to_string(), spans: spans(&entries) }))
    }

    async fn list_late_supplies(
        &self,
        request: Request<pb::ListLateSuppliesRequest>,
    ) -> Result<Response<pb::ListLateSuppliesResponse>, Status> {
        let asked = request.get_ref();
        let gemeenten = self.gemeenten(request.metadata(), &asked.gemeentecode, &asked.at_least).await?;
        let (reports, next_token) = room::paged(late::reports(&self.store, &gemeenten), late::key, asked.page.as_ref())?;
        Ok(Response::new(pb::ListLateSuppliesResponse { reports, next_token }))
    }

    async fn get_sieve(&self, request: Request<pb::GetSieveRequest>) -> Result<Response<pb::Sieve>, Status> {
        let asked = request.get_ref();
        let gemeenten = self.gemeenten(request.metadata(), &asked.gemeentecode, &asked.at_least).await?;
        Ok(Response::new(sieve_out(&self.store.sieve(&gemeenten), self.clock.now())))
    }
}

fn sieve_out(sieve: &Sieve, now: Timestamp) -> pb::Sieve {
    let steps = (1_u8..).zip(&sieve.steps).map(|(number, count)| pb::SieveStep {
        number: u32::from(number),
        name: words::step(number).to_owned(),
        entered: count.entered(),
        sieved_out: count.sieved_out,
        standing: count.standing,
        failed: count.failed,
        sieved_out_here: count.sieved_out_here,
        standing_here: count.standing_here,
        failed_here: count.failed_here,
    });
    pb::Sieve { steps: steps.collect(), cases: sieve.cases, as_of: Some(date_out(amsterdam_date(now))) }
}

fn step_out(number: u8, step: Step) -> pb::Step {
    let on = if let Step::Entered(day) = step { Some(date_out(day)) } else { None };
    pb::Step { number: u32::from(number), name: words::step(number).to_owned(), state: step.code().to_owned(), on }
}

/// Stable code of where a term stands.
pub fn term_state(status: &TermStatus) -> &'static str {
    match status {
        TermStatus::Running => "running",
        TermStatus::Warned => "warned",
        TermStatus::Expired => "expired",
        TermStatus::LateWhenKnown => "late-when-known",
        TermStatus::Met { late: false, .. } => "met",
        TermStatus::Met { late: true, .. } => "met-late",
        TermStatus::FoundMet { .. } => "found-met",
        TermStatus::Ended { .. } => "ended",
    }
}

/// Why the last day moved on: `26-12-2026 tweede Kerstdag, 27-12-2026 zondag`.
pub fn rolled(rolls: &[Roll]) -> String {
    rolls.iter().map(|roll| format!("{} {}", words::date(roll.day), roll.why.dutch())).collect::<Vec<_>>().join(", ")
}

fn term_out(kept: &Kept) -> pb::Term {
    let term = &kept.state.term;
    pb::Term {
        kind: term.kind.code().to_owned(),
        name: term.kind.dutch().to_owned(),
        article: term.kind.article().to_owned(),
        starts_on: Some(date_out(term.starts_on)),
        due: Some(date_out(term.due)),
        state: term_state(&kept.state.status).to_owned(),
        rolled: rolled(&term.rolled),
        owner: term.owner.clone(),
        context: kept.context.to_owned(),
    }
}

/// An instant as RFC 3339 with the offset of Europe/Amsterdam.
fn local(at: Timestamp) -> String {
    let zone: &TimeZone = amsterdam();
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// The spans of a case, parents before children, siblings in the order of recording. A repeated span id counts once.
pub fn spans(entries: &Entries) -> Vec<pb::Span> {
    let mut seen = BTreeSet::new();
    let mut ordered: Vec<_> = entries.values().filter_map(|entry| Some((entry, entry.span.as_ref()?))).collect();
    // A span without a parent is the root, and comes first whatever its clock said.
    ordered.sort_by_key(|(entry, place)| (!place.parent.is_empty(), entry.recorded_at_ms, entry.context, entry.sequence));
    ordered.retain(|(_, place)| seen.insert(place.span.clone()));
    let mut children: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    let mut waiting: Vec<usize> = Vec::new();
    for (index, (_, place)) in ordered.iter().enumerate() {
        if place.parent.is_empty() || place.parent == place.span || !seen.contains(&place.parent) {
            waiting.push(index);
        } else {
            children.entry(&place.parent).or_default().push(index);
        }
    }
    waiting.reverse();
    let mut spans = Vec::new();
    while let Some((entry, place)) = waiting.pop().and_then(|index| ordered.get(index)) {
        let name = if place.names.is_empty() { "Noted".to_owned() } else { place.names.join(" ") };
        spans.push(pb::Span {
            span_id: hex::encode(&place.span),
            parent_span_id: hex::encode(&place.parent),
            context: entry.context().to_owned(),
            name,
            subject: format!("zeef.{}.{}", entry.context(), entry.key),
            sequence: entry.sequence,
            recorded_at: local(entry.recorded_at()),
            actor: entry.actor.clone(),
            taken_in: place.taken_in.clone(),
            link: place.link.clone(),
        });
        waiting.extend(children.remove(place.span.as_slice()).unwrap_or_default().into_iter().rev());
    }
    spans
}
