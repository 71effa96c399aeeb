//! What another policy would have made of a municipality's history: read, gone through again, counted. Nothing is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::civil::Date;
use kernel::Gemeentecode;
use proto::routing::v1::ListRoutesRequest;
use routing::{
    domain::{Outcome, Past, Policy, Week, WouldBe, place_all, replay, words},
    history, policy_file,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    out::{Out, Working},
    reach::Reach,
    words::dutch_day,
};

/// `zeef routing what-if --json`.
#[derive(Serialize, JsonSchema)]
pub struct WhatIfAnswer {
    policy: String,
    policy_version: String,
    /// ISO 8601, both days in.
    from: String,
    to: String,
    /// Cases with a route in these days.
    cases: usize,
    /// Their routes in these days.
    routes: usize,
    /// Cases whose history this binary cannot read: left out.
    unreadable: usize,
    /// Routes that would have led elsewhere, or sooner or later.
    changed: Vec<Changed>,
    /// New approaches, what did not fit, and planned visits for each team and week.
    load: Vec<Load>,
}

#[derive(Serialize, JsonSchema)]
struct Changed {
    case_id: String,
    /// ISO 8601.
    on: String,
    /// The rule that would have decided.
    rule: String,
    was: Led,
    would_be: Led,
}

#[derive(Serialize, JsonSchema)]
struct Led {
    track: String,
    team: String,
    /// Empty when it was not kept.
    priority: String,
    /// ISO 8601; absent when the running approach goes on, or when it was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_attempt_by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Load {
    /// ISO 8601: `2026-W10`.
    week: String,
    team: String,
    /// Approaches that began, as it was; of before first attempts were kept, none.
    began: usize,
    /// Approaches that would have begun.
    would_begin: usize,
    /// Of these, the ones it would have had although it had no room.
    beyond: usize,
    /// Approaches that another team would have taken, because it was full or absent.
    passed_on: usize,
    /// Visits that would have been planned, when nobody was reached before.
    visits: usize,
    /// How many approaches a week hold, when the policy says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
}

/// Goes through the history of a municipality.
pub async fn what_if(reach: &Reach, out: &mut Out, file: &Path, gemeente: Gemeentecode, days: (Date, Date)) -> Result<(), Failure> {
    if days.1 < days.0 {
        return Err(Failure::usage("--to ligt voor --from"));
    }
    let policy = policy_file::read(file).map_err(|error| Failure::because(&error))?;
    let mut client = reach.routing().await?;
    let mut request = ListRoutesRequest { gemeentecode: gemeente.to_string(), page: None, at_least: reach.at_least("routing")? };
    let mut unreadable = 0;
    let working = Working::through(None, "zaken");
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_routes(request.clone()).await?.into_inner();
        let mut again = Vec::new();
        for case in told.cases {
            working.one_more();
            match history::past(&case.routes) {
                Some(past) => again.push(Again { case_id: case.case_id, routes: replay(&policy, &past), past }),
                None => unreadable += 1,
            }
        }
        pages.add(again, told.next_token);
    }
    drop(working);
    let mut cases = pages.rows;
    // All of the past counts: what began before these days may have filled their first week.
    place_all(&policy, cases.iter_mut().map(|case| case.routes.as_mut_slice()));
    let mut tally = Tally::default();
    cases.into_iter().for_each(|case| tally.add(case, days));
    let answer = tally.answer(&policy, unreadable, days);
    if out.json() { out.document(&answer) } else { told(out, &answer) }
}

/// What a week of a team would have held.
#[derive(Default)]
struct Held {
    began: usize,
    would_begin: usize,
    beyond: usize,
    passed_on: usize,
    visits: usize,
}

/// A case gone through again.
struct Again {
    case_id: String,
    past: Vec<Past>,
    routes: Vec<WouldBe>,
}

#[derive(Default)]
struct Tally {
    cases: usize,
    routes: usize,
    changed: Vec<Changed>,
    /// By week and team.
    load: BTreeMap<(String, String), Held>,
}

impl Tally {
    fn held(&mut self, day: Date, team: &str) -> &mut Held {
        self.load.entry((Week::of(day).to_string(), team.to_owned())).or_default()
    }

    fn add(&mut self, case: Again, (from, to): (Date, Date)) {
        let within = |day: Date| from <= day && day <= to;
        let before = self.routes;
        for would_be in case.routes {
            let Some(Past::Routed { on, was, .. }) = case.past.get(would_be.index) else { continue };
            let team = &would_be.outcome.team;
            for visit in would_be.visits.iter().filter(|visit| within(**visit)) {
                self.held(*visit, team).visits += 1;
            }
            if !within(*on) {
                continue;
            }
            self.routes += 1;
            if was.first_attempt_by.is_some() {
                self.held(*on, &was.team).began += 1;
            }
            if would_be.outcome.first_attempt_by.is_some() {
                self.held(*on, team).would_begin += 1;
            }
            for full in &would_be.overflow {
                let held = self.held(*on, &full.team);
                if &full.team == team { held.beyond += 1 } else { held.passed_on += 1 }
            }
            if differs(was, &would_be.outcome) {
                self.changed.push(Changed {
                    case_id: case.case_id.clone(),
                    on: on.to_string(),
                    rule: would_be.rule,
                    was: led(was),
                    would_be: led(&would_be.outcome),
                });
            }
        }
        self.cases += usize::from(self.routes > before);
    }

    fn answer(self, policy: &Policy, unreadable: usize, (from, to): (Date, Date)) -> WhatIfAnswer {
        let load = self.load.into_iter().map(|((week, team), held)| Load {
            capacity: policy.teams.get(&team).and_then(|team| team.capacity_per_week),
            week,
            team,
            began: held.began,
            would_begin: held.would_begin,
            beyond: held.beyond,
            passed_on: held.passed_on,
            visits: held.visits,
        });
        WhatIfAnswer {
            policy: policy.name.clone(),
            policy_version: policy.version.clone(),
            from: from.to_string(),
            to: to.to_string(),
            cases: self.cases,
            routes: self.routes,
            unreadable,
            changed: self.changed,
            load: load.collect(),
        }
    }
}

/// What was not kept is not compared.
fn differs(was: &Outcome, would_be: &Outcome) -> bool {
    (was.track, &was.team) != (would_be.track, &would_be.team)
        || was.priority.is_some_and(|priority| Some(priority) != would_be.priority)
        || was.first_attempt_by.is_some_and(|by| Some(by) != would_be.first_attempt_by)
}

fn led(outcome: &Outcome) -> Led {
    Led {
        track: outcome.track.code().to_owned(),
        team: outcome.team.clone(),
        priority: outcome.priority.map(|priority| priority.code().to_owned()).unwrap_or_default(),
        first_attempt_by: outcome.first_attempt_by.map(|day| day.to_string()),
    }
}

fn told(out: &mut Out, answer: &WhatIfAnswer) -> Result<(), Failure> {
    let cases: BTreeSet<&str> = answer.changed.iter().map(|changed| changed.case_id.as_str()).collect();
    out.line(format!(
        "Onder beleid {}, versie {}: van {} routes in {} zaken waren er {} anders gegaan, in {} zaken.",
        answer.policy,
        answer.policy_version,
        answer.routes,
        answer.cases,
        answer.changed.len(),
        cases.len()
    ))?;
    if answer.unreadable > 0 {
        out.line(format!("{} zaken zijn met deze versie niet te lezen en tellen niet mee.", answer.unreadable))?;
    }
    out.line("Feiten die nooit zijn vastgelegd, zijn hierin onbekend. Er is niets gewijzigd.\n")?;
    out.table(
        &["Zaak", "Op", "Was", "Eerste poging", "Zou zijn", "Eerste poging", "Volgens regel"],
        answer.changed.iter().map(|changed| {
            let route = |led: &Led| {
                let track = routing::domain::Track::from_code(&led.track).map(words::track).unwrap_or(&led.track);
                format!("{}, {track}", led.team)
            };
            let by = |led: &Led| led.first_attempt_by.as_ref().and_then(|day| day.parse().ok()).map(dutch_day).unwrap_or_default();
            vec![
                changed.case_id.clone(),
                changed.on.parse().map(dutch_day).unwrap_or_default(),
                route(&changed.was),
                by(&changed.was),
                route(&changed.would_be),
                by(&changed.would_be),
                changed.rule.clone(),
            ]
        }),
        "Geen enkele route was anders gegaan.",
    )?;
    out.line("")?;
    out.table(
        &["Week", "Team", "Begonnen", "Zou beginnen", "Past", "Boven wat past", "Naar een ander team", "Huisbezoeken"],
        answer.load.iter().map(|load| {
            let count = |count: usize| if count == 0 { String::new() } else { count.to_string() };
            vec![
                load.week.clone(),
                load.team.clone(),
                load.began.to_string(),
                load.would_begin.to_string(),
                load.capacity.map(|capacity| capacity.to_string()).unwrap_or_default(),
                count(load.beyond),
                count(load.passed_on),
                load.visits.to_string(),
            ]
        }),
        "Geen werk in deze weken.",
    )
}
