//! The load of a municipality's teams over gRPC: what began in each week, and what did not fit.

use jiff::{Timestamp, civil::Date};
use kernel::days::amsterdam_date;
use proto::routing::v1::{ListTeamLoadRequest, ListTeamLoadResponse, TeamLoad};
use routing_domain::Week;
use service::{Resource, Room, action, status};
use tonic::{Request, Response, Status};

use crate::{
    policies::municipality,
    views::{self, RoutesView},
};

/// Weeks and teams, with the capacity by the policy that is in force today.
pub async fn list(
    room: &Room<RoutesView>,
    now: Timestamp,
    request: Request<ListTeamLoadRequest>,
) -> Result<Response<ListTeamLoadResponse>, Status> {
    let gemeente = municipality(&request.get_ref().gemeentecode)?;
    room.gate.check(request.metadata(), action::POLICY_READ, &Resource::of("routing").gemeente(gemeente))?;
    let asked = request.into_inner();
    let day = |field: &str, date: Option<proto::common::v1::Date>| {
        let day = date.and_then(|date| date.iso.parse::<Date>().ok());
        day.ok_or_else(|| status::invalid_field(field, "a date is expected, for example 2026-07-01"))
    };
    let weeks = (Week::of(day("from", asked.from)?), Week::of(day("to", asked.to)?));
    room.at_least(asked.at_least.as_ref()).await?;
    let key = routing_domain::policies_key(gemeente);
    let policy = room.runtime.facts_for(key).await.map_err(|away| status::unavailable(&away))?.on(amsterdam_date(now));
    let load = views::load_of(&room.views, gemeente, weeks).into_iter().map(|(week, team, load)| TeamLoad {
        capacity: policy.teams.get(&team).and_then(|team| team.capacity_per_week).unwrap_or_default(),
        week,
        team,
        began: load.began,
        beyond: load.beyond,
        passed_on: load.passed_on,
    });
    Ok(Response::new(ListTeamLoadResponse { load: load.collect() }))
}
