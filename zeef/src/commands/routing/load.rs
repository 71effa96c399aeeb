//! The load of a municipality's teams: what began in each week, and what did not fit.

use jiff::civil::Date;
use kernel::Gemeentecode;
use proto::{common::v1::Date as PbDate, routing::v1::ListTeamLoadRequest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, out::Out, reach::Reach};

/// `zeef routing load --json`.
#[derive(Serialize, JsonSchema)]
pub struct LoadAnswer {
    /// By week, then team.
    load: Vec<Load>,
}

#[derive(Serialize, JsonSchema)]
struct Load {
    /// ISO 8601: `2026-W10`, Europe/Amsterdam.
    week: String,
    team: String,
    /// Cases that began with it.
    began: u32,
    /// Of these, the ones it has although it had no room.
    beyond: u32,
    /// Cases that went to another team, because it was full or absent.
    passed_on: u32,
    /// How many cases a week hold there by the policy in force today; absent when they are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
}

/// Each week with a day from `from` to `to`.
pub async fn load(reach: &Reach, out: &mut Out, gemeente: Gemeentecode, (from, to): (Date, Date)) -> Result<(), Failure> {
    if to < from {
        return Err(Failure::usage("--to ligt voor --from"));
    }
    let day = |day: Date| Some(PbDate { iso: day.to_string() });
    let request =
        ListTeamLoadRequest { gemeentecode: gemeente.to_string(), from: day(from), to: day(to), at_least: reach.at_least("routing")? };
    let load = reach.routing().await?.list_team_load(request).await?.into_inner().load.into_iter().map(|one| Load {
        capacity: Some(one.capacity).filter(|capacity| *capacity != 0),
        week: one.week,
        team: one.team,
        began: one.began,
        beyond: one.beyond,
        passed_on: one.passed_on,
    });
    let answer = LoadAnswer { load: load.collect() };
    if out.json() {
        return out.document(&answer);
    }
    out.table(
        &["Week", "Team", "Begonnen", "Past", "Boven wat past", "Naar een ander team"],
        answer.load.into_iter().map(|load| {
            let count = |count: u32| if count == 0 { String::new() } else { count.to_string() };
            let capacity = load.capacity.map(|capacity| capacity.to_string()).unwrap_or_default();
            vec![load.week, load.team, load.began.to_string(), capacity, count(load.beyond), count(load.passed_on)]
        }),
        "In deze weken begon er niets.",
    )
}
