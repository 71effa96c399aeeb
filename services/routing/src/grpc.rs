//! Routing over gRPC: requests in, commands out, statuses out.

use std::sync::Arc;

use jiff::civil::Date;
use journal::Context;
use kernel::{CaseId, Clock, Decider, Gemeentecode, Key, Moment, days::amsterdam_date, ids::derived_uuid};
use proto::routing::v1::{
    ApprovePolicyRequest, ApprovePolicyResponse, CaseRoutes, ExplainRouteRequest, ExplainRouteResponse, ListPoliciesRequest,
    ListPoliciesResponse, ListRoutesRequest, ListRoutesResponse, ListTeamLoadRequest, ListTeamLoadResponse, OverrideRouteRequest,
    OverrideRouteResponse, ProposePolicyRequest, ProposePolicyResponse, routing_service_server::RoutingService,
};
use routing_domain::{Command, InForce, Policies, Policy, Track};
use service::{Resource, Room, action, room, status};
use tonic::{Request, Response, Status};

use crate::{
    Routing, load, policies,
    views::{self, RoutesView},
};

/// `zeef.routing.v1.RoutingService`.
pub struct RoutingRpc {
    pub(crate) room: Room<RoutesView>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[tonic::async_trait]
impl RoutingService for RoutingRpc {
    async fn explain_route(&self, request: Request<ExplainRouteRequest>) -> Result<Response<ExplainRouteResponse>, Status> {
        let resource = Resource::of("routing");
        let actor = self.room.gate.check(request.metadata(), action::CASE_READ, &resource)?;
        let asked = request.into_inner();
        let case: CaseId =
            asked.case_id.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("case_id", error.to_string()))?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let gemeente = self.room.look(|views| views::gemeente_of(views, case)).await?.ok_or_else(|| status::not_found("case"))?;
        // A case of another municipality does not exist, for those who may not see it.
        self.room.gate.also(&actor, action::CASE_READ, &resource.gemeente(gemeente)).map_err(|_| status::not_found("case"))?;
        let mut routes = views::routes_of(&self.room.views, case);
        routes.retain(|route| route.because != views::ENDED);
        Ok(Response::new(ExplainRouteResponse { routes }))
    }

    async fn list_routes(&self, request: Request<ListRoutesRequest>) -> Result<Response<ListRoutesResponse>, Status> {
        let asked = request.get_ref();
        let gemeente: Gemeentecode =
            asked.gemeentecode.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
        self.room.gate.check(request.metadata(), action::CASE_READ, &Resource::of("routing").gemeente(gemeente))?;
        let (size, after) = room::page(asked.page.as_ref())?;
        self.room.at_least(asked.at_least.as_ref()).await?;
        let cases = views::cases_of(&self.room.views, gemeente, after, size);
        let next_token = cases.last().filter(|_| cases.len() == size).map(|case| hex::encode(case.uuid().as_bytes())).unwrap_or_default();
        let routes = |case: CaseId| CaseRoutes { case_id: case.to_string(), routes: views::routes_of(&self.room.views, case) };
        Ok(Response::new(ListRoutesResponse { cases: cases.into_iter().map(routes).collect(), next_token }))
    }

    async fn override_route(&self, request: Request<OverrideRouteRequest>) -> Result<Response<OverrideRouteResponse>, Status> {
        let asked = request.get_ref();
        let key = room::case_key(&asked.gemeentecode, &asked.case_id)?;
        let resource = Resource::of("routing").gemeente(key.gemeente);
        let actor = self.room.gate.check(request.metadata(), action::CASE_DECIDE, &resource)?;
        let asked = request.into_inner();
        let facts = self.room.runtime.facts_for(key).await.map_err(|away| status::unavailable(&away))?;
        let today = amsterdam_date(self.clock.now());
        let policy = facts.on(today);
        let (track, team) = choice(&policy, &asked)?;
        let request_id = room::request(&actor, asked.command.as_ref())?.request_id;
        let route = derived_uuid(request_id.uuid(), "route");
        let command = |policy| {
            let (track, team, reason_code) = (track, team.clone(), asked.reason_code.clone());
            Command::Override { route, case: key.case(), track, team, reason_code, policy }
        };
        let facts = self.place(key, facts, today, &command).await?;
        let command = command(facts.on(today));
        let done = self.room.command(&actor, asked.command.as_ref(), key, command).await?;
        Ok(Response::new(OverrideRouteResponse { position: Some(Room::<RoutesView>::position(done.sequence)) }))
    }

    async fn propose_policy(&self, request: Request<ProposePolicyRequest>) -> Result<Response<ProposePolicyResponse>, Status> {
        policies::propose(&self.room, request).await
    }

    async fn approve_policy(&self, request: Request<ApprovePolicyRequest>) -> Result<Response<ApprovePolicyResponse>, Status> {
        policies::approve(&self.room, request).await
    }

    async fn list_team_load(&self, request: Request<ListTeamLoadRequest>) -> Result<Response<ListTeamLoadResponse>, Status> {
        load::list(&self.room, self.clock.now(), request).await
    }

    async fn list_policies(&self, request: Request<ListPoliciesRequest>) -> Result<Response<ListPoliciesResponse>, Status> {
        policies::list(&self.room, self.clock.now(), request).await
    }
}

impl RoutingRpc {
    /// The facts, with the place that a person's choice takes in a team's week, when the team's cases are counted.
    async fn place(
        &self,
        key: Key,
        facts: Arc<Policies>,
        today: Date,
        command: &impl Fn(InForce) -> Command,
    ) -> Result<Arc<Policies>, Status> {
        let away = |away: journal::Unavailable| status::unavailable(&away);
        let state = self.room.runtime.state(key).await.map_err(away)?.unwrap_or_default();
        // What is refused takes no place.
        let Ok(events) = Routing::decide(&state, &command(facts.on(today)), Moment::at(self.clock.now())) else { return Ok(facts) };
        match Routing::claim(&facts, key, &events) {
            Some((week, claim)) => self.room.runtime.claim(&facts, week, claim).await.map_err(away),
            None => Ok(facts),
        }
    }
}

/// Track and team, if the policy knows them and the reason: nothing a person types freely gets into an event.
fn choice(policy: &Policy, asked: &OverrideRouteRequest) -> Result<(Track, Option<String>), Status> {
    let mut faults = Vec::new();
    let mut one_of = |field: &str, known: Vec<&str>| faults.push((field.to_owned(), format!("one of {} expected", known.join(", "))));
    let track = Track::from_code(&asked.track);
    if track.is_none() {
        one_of("track", Track::CODES.to_vec());
    }
    let teams = policy.team_codes();
    if !asked.team.is_empty() && !teams.contains(&asked.team.as_str()) {
        one_of("team", teams);
    }
    if !policy.overrides.contains_key(&asked.reason_code) {
        one_of("reason_code", policy.overrides.keys().map(String::as_str).collect());
    }
    match track {
        Some(track) if faults.is_empty() => Ok((track, Some(asked.team.clone()).filter(|team| !team.is_empty()))),
        _ => Err(status::invalid(faults)),
    }
}
