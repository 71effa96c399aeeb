//! Owns who sends what: a token per partner and role, and the waiting for what follows from it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use kernel::Gemeentecode;
use proto::{
    aftercare::v1::{
        self as aftercare, AssignDutyRequest, OpenListReviewRequest, RecordDestinationUnknownRequest, RecordListReviewRequest,
        RecordRehousedRequest, aftercare_service_client::AftercareServiceClient,
    },
    common::v1 as pb,
    court_liaison::v1::{
        AskAdministrationRequest, RecordFactRequest, ResumeTrackRequest, court_liaison_service_client::CourtLiaisonServiceClient,
    },
    desk::v1::{GetCaseRequest, cases_service_client::CasesServiceClient},
    intake::v1::{
        Address, CloseCaseRequest, FindCaseRequest, FindCaseResponse, KeepAddressRequest, PaymentKind, Person, RecordLandlordStageRequest,
        RecordPaymentRequest, WithdrawSignalRequest, intake_service_client::IntakeServiceClient, record_payment_request::Of,
        verdict::Outcome,
    },
    outreach::v1::{
        RecordAnswerRequest, RecordAttemptRequest, RecordFirstTalkRequest, RecordOfferRequest,
        outreach_service_client::OutreachServiceClient,
    },
    routing::v1::{OverrideRouteRequest, routing_service_client::RoutingServiceClient},
};
use service::{Actor, Client, Issuer, Role, connect};
use tonic::{Code, Response, Status};
use uuid::Uuid;

use super::{
    Endpoints, PlayError,
    facts::{self, Details},
    may_pass,
    region::{Line, Region, What},
};

/// So long an answer may change by itself.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(25);
/// A case is settled when nothing new was recorded for it in this time.
const QUIET: Duration = Duration::from_millis(60);
/// What was sent so long ago has had its effects; should it not, a refusal is tried again.
const LONG_AGO: Duration = Duration::from_millis(750);
/// The same, before a night passes: sure also on a busy machine.
const QUIET_AT_NIGHT: Duration = Duration::from_millis(120);
const QUIET_AT_END: Duration = Duration::from_millis(500);

/// A token for an hour.
pub fn token(issuer: &Issuer, actor: &Actor) -> Result<String, PlayError> {
    issuer.token(actor, SignedDuration::from_hours(1)).map_err(|status| PlayError::Token(status.message().to_owned()))
}

/// Who moves the clocks.
pub fn operator() -> Actor {
    Actor::person("o-1", "zeef", &[Role::Operator], &[])
}

/// Everybody who sends something.
pub struct Cast {
    partners: BTreeMap<String, IntakeServiceClient<Client>>,
    partner_of: BTreeMap<String, String>,
    intake: IntakeServiceClient<Client>,
    keeper: IntakeServiceClient<Client>,
    routing: RoutingServiceClient<Client>,
    outreach: OutreachServiceClient<Client>,
    court: CourtLiaisonServiceClient<Client>,
    aftercare: AftercareServiceClient<Client>,
    desk: CasesServiceClient<Client>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// By reference: where the newest case is.
    known: BTreeMap<String, FindCaseResponse>,
    /// By reference: the vault record of a household that only a court knows.
    vault: BTreeMap<String, String>,
    /// Newest position per context, so that reads hold what was sent.
    positions: BTreeMap<String, u64>,
    /// By reference: when something was sent about it.
    sent: BTreeMap<String, Instant>,
    /// By case: commits seen, and since when that many.
    seen: BTreeMap<String, (usize, Instant)>,
}

/// The case a line is about.
struct Target {
    case_id: String,
    gemeentecode: String,
    file_key: String,
}

impl Cast {
    pub async fn gather(endpoints: &Endpoints, issuer: &Issuer, region: &Region) -> Result<Self, PlayError> {
        let gemeenten: Vec<Gemeentecode> = region.gemeenten.iter().filter_map(|code| code.parse().ok()).collect();
        let staff = |id: &str, role: Role| token(issuer, &Actor::person(id, "regio", &[role], &gemeenten));
        let mut partners = BTreeMap::new();
        for partner in region.partners.values() {
            if !partners.contains_key(partner) {
                let token = token(issuer, &Actor::person(&format!("{partner}-1"), partner, &[Role::Landlord], &gemeenten))?;
                partners.insert(partner.clone(), IntakeServiceClient::new(connect(&endpoints.intake, Some(&token)).await?));
            }
        }
        let (desk, court) = (staff("v-1", Role::Desk)?, staff("r-1", Role::CourtLiaison)?);
        Ok(Self {
            partners,
            partner_of: region.partners.clone(),
            intake: IntakeServiceClient::new(connect(&endpoints.intake, Some(&desk)).await?),
            keeper: IntakeServiceClient::new(connect(&endpoints.intake, Some(&court)).await?),
            routing: RoutingServiceClient::new(connect(&endpoints.routing, Some(&desk)).await?),
            outreach: OutreachServiceClient::new(connect(&endpoints.outreach, Some(&staff("v-2", Role::Visitor)?)).await?),
            court: CourtLiaisonServiceClient::new(connect(&endpoints.court_liaison, Some(&court)).await?),
            aftercare: AftercareServiceClient::new(connect(&endpoints.aftercare, Some(&staff("n-1", Role::Aftercare)?)).await?),
            desk: CasesServiceClient::new(connect(&endpoints.desk, Some(&token(issuer, &operator())?)).await?),
            memory: Mutex::default(),
        })
    }

    /// The partner of a reference; empty for one of a bailiff.
    pub fn partner(&self, reference: &str) -> &str {
        self.partner_of.get(reference).map_or("", String::as_str)
    }

    fn remember<T>(&self, how: impl FnOnce(&mut Memory) -> T) -> T {
        how(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn moved(&self, position: Option<pb::Position>) {
        if let Some(pb::Position { context, sequence }) = position {
            self.remember(|memory| {
                let newest = memory.positions.entry(context).or_default();
                *newest = sequence.max(*newest);
            });
        }
    }

    fn positions(&self) -> Vec<pb::Position> {
        self.remember(|memory| {
            memory.positions.iter().map(|(context, sequence)| pb::Position { context: context.clone(), sequence: *sequence }).collect()
        })
    }

    /// Sends the reports of one partner.
    pub async fn report(&self, partner: &str, lines: &[&Line]) -> Result<(), PlayError> {
        let Some(first) = lines.first() else { return Ok(()) };
        let client = self.partners.get(partner).ok_or_else(|| PlayError::sample(&first.place, "geen melder"))?;
        let rows = (0..).zip(lines).filter_map(|(row, line)| match &line.what {
            What::Signal(signal) => Some((row, signal.as_ref().clone())),
            _ => None,
        });
        let requests = crate::commands::signals::requests(rows, None);
        let answer = ask(&first.place, "reports", || {
            let (mut client, requests) = (client.clone(), requests.clone());
            async move { client.submit_signals(tokio_stream::iter(requests)).await }
        })
        .await?;
        self.moved(answer.position);
        for verdict in answer.verdicts {
            let line = usize::try_from(verdict.row).ok().and_then(|row| lines.get(row)).copied().unwrap_or(first);
            if let Some(Outcome::Refused(refused)) = verdict.outcome {
                let text = refused.faults.iter().map(|fault| format!("{}: {}", fault.field, fault.text)).collect::<Vec<_>>().join("; ");
                return Err(PlayError::Refused { place: line.place.clone(), what: "report".to_owned(), text });
            }
            self.remember(|memory| {
                memory.known.insert(line.reference.clone(), FindCaseResponse::default());
                memory.sent.insert(line.reference.clone(), Instant::now());
            });
        }
        Ok(())
    }

    /// Sends what a line tells.
    pub async fn act(&self, line: &Line, id: Uuid) -> Result<(), PlayError> {
        let acted = self.act_now(line, id).await;
        self.remember(|memory| memory.sent.insert(line.reference.clone(), Instant::now()));
        acted
    }

    async fn act_now(&self, line: &Line, id: Uuid) -> Result<(), PlayError> {
        let command = Some(pb::Command { request_id: id.to_string(), happened_at: line.at.to_string() });
        let (place, reference) = (line.place.as_str(), line.reference.as_str());
        match &line.what {
            What::Signal(_) => Ok(()),
            What::Stage { stage, gemeentecode, amount_cents } => {
                let request = RecordLandlordStageRequest {
                    command,
                    reference: reference.to_owned(),
                    gemeentecode: gemeentecode.clone(),
                    stage: (*stage).into(),
                    amount_cents: *amount_cents,
                };
                let client = self.landlord(line)?;
                let answer =
                    send(place, "landlord stage", &client, request, |mut c, r| async move { c.record_landlord_stage(r).await }).await?;
                self.moved(answer.position);
                self.remember(|memory| memory.known.insert(reference.to_owned(), FindCaseResponse::default()));
                Ok(())
            }
            What::Told(what, details) if facts::is_fact(what) => {
                let fact = facts::fact(what, details).map_err(|error| PlayError::sample(place, error))?;
                self.court(line, command, fact).await
            }
            What::Told(what, details) => self.told(line, what, details, command).await,
        }
    }

    fn landlord(&self, line: &Line) -> Result<IntakeServiceClient<Client>, PlayError> {
        let partner = self.partner(&line.reference);
        self.partners.get(partner).cloned().ok_or_else(|| PlayError::sample(&line.place, "geen melder bij deze referentie"))
    }

    async fn told(&self, line: &Line, what: &str, details: &Details, command: Option<pb::Command>) -> Result<(), PlayError> {
        let place = line.place.as_str();
        let wrong = |error: String| PlayError::sample(place, error);
        if let Some(kind) = payment(what) {
            let request = RecordPaymentRequest { command, of: Some(Of::Reference(line.reference.clone())), kind: kind.into() };
            let answer = send(place, what, &self.landlord(line)?, request, |mut c, r| async move { c.record_payment(r).await }).await?;
            self.moved(answer.position);
            return Ok(());
        }
        match what {
            "withdraw" => {
                let reason = details.must("reason").map_err(wrong)?;
                let request = WithdrawSignalRequest { command, reference: line.reference.clone(), reason };
                let answer =
                    send(place, what, &self.landlord(line)?, request, |mut c, r| async move { c.withdraw_signal(r).await }).await?;
                self.moved(answer.position);
                return Ok(());
            }
            "household" => return self.household(line, details, command).await,
            _ => {}
        }
        let Target { case_id, gemeentecode, .. } = self.target(line).await?;
        let position = match what {
            "close" => {
                let request = CloseCaseRequest { command, case_id, outcome: details.text("outcome") };
                send(place, what, &self.intake, request, |mut c, r| async move { c.close_case(r).await }).await?.position
            }
            "route" => {
                let (track, team, reason_code) = (details.text("track"), details.text("team"), details.text("reason"));
                let request = OverrideRouteRequest { command, case_id, gemeentecode, track, team, reason_code };
                send(place, what, &self.routing, request, |mut c, r| async move { c.override_route(r).await }).await?.position
            }
            "attempt" => {
                let reached = details.yes("reached").map_err(wrong)?.unwrap_or(false);
                let (channel, daypart) = (details.must("channel").map_err(wrong)?, details.text("daypart"));
                let request = RecordAttemptRequest { command, case_id, gemeentecode, channel, daypart, reached, toward: None };
                send(place, what, &self.outreach, request, |mut c, r| async move { c.record_attempt(r).await }).await?.position
            }
            "offer" => {
                let request =
                    RecordOfferRequest { command, case_id, gemeentecode, channel: details.must("channel").map_err(wrong)?, toward: None };
                send(place, what, &self.outreach, request, |mut c, r| async move { c.record_offer(r).await }).await?.position
            }
            "accepted" | "refused" | "resolved" => {
                let (answer, result) = (what.to_owned(), details.text("result"));
                let request = RecordAnswerRequest { command, case_id, gemeentecode, answer, result };
                send(place, what, &self.outreach, request, |mut c, r| async move { c.record_answer(r).await }).await?.position
            }
            "talk" => {
                let request = RecordFirstTalkRequest { command, case_id, gemeentecode };
                send(place, what, &self.outreach, request, |mut c, r| async move { c.record_first_talk(r).await }).await?.position
            }
            "administration-asked" => {
                let second_officer = details.must("second-officer").map_err(wrong)?;
                let request = AskAdministrationRequest { command, case_id, gemeentecode, second_officer };
                send(place, what, &self.court, request, |mut c, r| async move { c.ask_administration(r).await }).await?.position
            }
            "resume" => {
                let request = ResumeTrackRequest { command, case_id, gemeentecode };
                send(place, what, &self.court, request, |mut c, r| async move { c.resume_track(r).await }).await?.position
            }
            _ => self.aftercare(place, what, details, command, case_id, gemeentecode).await?.position,
        };
        self.moved(position);
        Ok(())
    }

    async fn aftercare(
        &self,
        place: &str,
        what: &str,
        details: &Details,
        command: Option<pb::Command>,
        case_id: String,
        gemeentecode: String,
    ) -> Result<aftercare::CommandResponse, PlayError> {
        let wrong = |error: String| PlayError::sample(place, error);
        let client = &self.aftercare;
        match what {
            "assign" => {
                let request = AssignDutyRequest { command, case_id, gemeentecode, owner: details.must("owner").map_err(wrong)? };
                send(place, what, client, request, |mut c, r| async move { c.assign_duty(r).await }).await
            }
            "rehoused" => {
                let request = RecordRehousedRequest { command, case_id, gemeentecode, place: details.must("place").map_err(wrong)? };
                send(place, what, client, request, |mut c, r| async move { c.record_rehoused(r).await }).await
            }
            "destination-unknown" => {
                let last_looked_for = details.day("last-looked-for").map_err(wrong)?;
                let request = RecordDestinationUnknownRequest { command, case_id, gemeentecode, last_looked_for };
                send(place, what, client, request, |mut c, r| async move { c.record_destination_unknown(r).await }).await
            }
            "list-entry" => {
                let request = OpenListReviewRequest {
                    command,
                    case_id,
                    gemeentecode,
                    organisation: details.must("organisation").map_err(wrong)?,
                    ground: details.must("ground").map_err(wrong)?,
                    entered_on: details.day("entered").map_err(wrong)?,
                    ends_on: details.day("ends").map_err(wrong)?,
                    person_told: details.yes("told").map_err(wrong)?.unwrap_or(false),
                };
                send(place, what, client, request, |mut c, r| async move { c.open_list_review(r).await }).await
            }
            "list-reviewed" => {
                let (result, organisation) = (details.must("result").map_err(wrong)?, details.text("organisation"));
                let request = RecordListReviewRequest { command, case_id, gemeentecode, result, organisation };
                send(place, what, client, request, |mut c, r| async move { c.record_list_review(r).await }).await
            }
            other => Err(wrong(format!("geen bekend woord: {other}"))),
        }
    }

    async fn household(&self, line: &Line, details: &Details, command: Option<pb::Command>) -> Result<(), PlayError> {
        let text = |name| details.text(name);
        let address = Address {
            street: text("street"),
            house_number: text("number"),
            addition: text("addition"),
            postcode: text("postcode"),
            place: text("place"),
        };
        let person = Person { initials: text("initials"), infix: text("infix"), surname: text("surname"), ..Person::default() };
        let gemeentecode = text("gemeente");
        let request = KeepAddressRequest { command, gemeentecode: gemeentecode.clone(), address: Some(address), person: Some(person) };
        let kept = send(&line.place, "household", &self.keeper, request, |mut c, r| async move { c.keep_address(r).await }).await?;
        self.remember(|memory| {
            memory.vault.insert(line.reference.clone(), kept.vault_id);
            let known = FindCaseResponse { case_id: kept.case_id, gemeentecode, file_key: kept.file_key };
            memory.known.insert(line.reference.clone(), known);
        });
        Ok(())
    }

    async fn court(&self, line: &Line, command: Option<pb::Command>, fact: proto::court_liaison::v1::Fact) -> Result<(), PlayError> {
        let vault_id = self.remember(|memory| memory.vault.get(&line.reference).cloned()).unwrap_or_default();
        let Target { case_id, gemeentecode, file_key } = self.target(line).await?;
        let request = RecordFactRequest { command, case_id, gemeentecode, file_key, vault_id, fact: Some(fact) };
        let answer = send(&line.place, "fact", &self.court, request, |mut c, r| async move { c.record_fact(r).await }).await?;
        self.moved(answer.position);
        self.remember(|memory| {
            if let Some(known) = memory.known.get_mut(&line.reference) {
                known.case_id = answer.case_id;
            }
        });
        Ok(())
    }

    /// Where the case of a line is: as intake says for a partner's reference, as told before for a bailiff's.
    async fn target(&self, line: &Line) -> Result<Target, PlayError> {
        let found = match self.find(&line.place, &line.reference).await? {
            Some(found) => found,
            None => return Err(PlayError::sample(&line.place, "deze referentie komt niet eerder voor")),
        };
        Ok(Target { case_id: found.case_id, gemeentecode: found.gemeentecode, file_key: found.file_key })
    }

    async fn find(&self, place: &str, reference: &str) -> Result<Option<FindCaseResponse>, PlayError> {
        let Some(known) = self.remember(|memory| memory.known.get(reference).cloned()) else { return Ok(None) };
        let partner = self.partner(reference);
        if partner.is_empty() {
            return Ok(Some(known));
        }
        let at_least = self.positions().into_iter().find(|position| position.context == "intake");
        let request = FindCaseRequest {
            organisation: partner.to_owned(),
            reference: reference.to_owned(),
            gemeentecode: known.gemeentecode.clone(),
            address: None,
            at_least,
        };
        let found = send(place, "the case of its reference", &self.intake, request, |mut c, r| {
            let known = known.clone();
            async move {
                match c.find_case(r).await {
                    Ok(found) if found.get_ref().case_id.is_empty() => Err(Status::not_found("geen zaak bij deze referentie")),
                    // What is kept of a report ends with its term, and its reference with it.
                    Err(status) if status.code() == Code::NotFound && !known.case_id.is_empty() => Ok(Response::new(known)),
                    answer => answer,
                }
            }
        })
        .await?;
        self.remember(|memory| memory.known.insert(reference.to_owned(), found.clone()));
        Ok(Some(found))
    }

    /// Waits until nothing follows any more from what was sent about a reference's case.
    pub async fn settle(&self, reference: &str) -> Result<(), PlayError> {
        let sent = self.remember(|memory| memory.sent.get(reference).copied());
        if sent.is_none_or(|sent| sent.elapsed() >= LONG_AGO) {
            return Ok(());
        }
        self.settle_for(reference, QUIET).await
    }

    /// As [`Cast::settle`], and sure also on a busy machine.
    pub async fn settle_well(&self, reference: &str) -> Result<(), PlayError> {
        self.settle_for(reference, QUIET_AT_NIGHT).await
    }

    async fn settle_for(&self, reference: &str, quiet: Duration) -> Result<(), PlayError> {
        let Some(found) = self.find(reference, reference).await? else { return Ok(()) };
        if found.case_id.is_empty() {
            return Ok(());
        }
        self.quiet(&found.case_id, quiet).await
    }

    async fn quiet(&self, case_id: &str, quiet: Duration) -> Result<(), PlayError> {
        let began = Instant::now();
        loop {
            let request = GetCaseRequest { case_id: case_id.to_owned(), at_least: self.positions() };
            let trace = send(case_id, "its trace", &self.desk, request, |mut c, r| async move { c.trace_case(r).await }).await?;
            let count = trace.spans.len();
            let since = self.remember(|memory| {
                let seen = memory.seen.entry(case_id.to_owned()).or_insert((count, Instant::now()));
                if seen.0 != count {
                    *seen = (count, Instant::now());
                }
                seen.1
            });
            // Terms may fall due all the time; a case that is never quiet must not hold the play.
            if since.elapsed() >= quiet || began.elapsed() >= PATIENCE {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits for everything, and tells the case of each reference.
    pub async fn settled(&self) -> Result<BTreeMap<String, String>, PlayError> {
        let references: Vec<String> = self.remember(|memory| memory.known.keys().cloned().collect());
        let mut cases = BTreeMap::new();
        for reference in references {
            if let Some(found) = self.find(&reference, &reference).await? {
                cases.insert(reference, found.case_id);
            }
        }
        let waits = cases.values().filter(|case| !case.is_empty()).map(|case| self.quiet(case, QUIET_AT_END));
        futures::future::try_join_all(waits).await?;
        Ok(cases)
    }
}

fn payment(what: &str) -> Option<PaymentKind> {
    Some(match what {
        "paid" => PaymentKind::Paid,
        "plan-agreed" => PaymentKind::PlanAgreed,
        "plan-broken" => PaymentKind::PlanBroken,
        "plan-completed" => PaymentKind::PlanCompleted,
        "current-rent-paid" => PaymentKind::CurrentRentPaid,
        "current-rent-missed" => PaymentKind::CurrentRentMissed,
        _ => return None,
    })
}

async fn send<C: Clone, Q: Clone, A, F>(place: &str, what: &str, client: &C, request: Q, call: impl Fn(C, Q) -> F) -> Result<A, PlayError>
where
    F: Future<Output = Result<Response<A>, Status>>,
{
    ask(place, what, || call(client.clone(), request.clone())).await
}

/// Asks until there is an answer that will not change by itself.
async fn ask<A, F>(place: &str, what: &str, call: impl Fn() -> F) -> Result<A, PlayError>
where
    F: Future<Output = Result<Response<A>, Status>>,
{
    let began = Instant::now();
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) if may_pass(status.code()) && began.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            Err(status) => {
                return Err(PlayError::Refused { place: place.to_owned(), what: what.to_owned(), text: status.message().to_owned() });
            }
        }
    }
}
