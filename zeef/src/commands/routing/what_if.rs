//! What another policy would have made of a municipality's history: read, gone through again, counted. Nothing is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::civil::Date;
use kernel::Gemeentecode;
use proto::{
    common::v1::Page,
    routing::v1::{CaseRoutes, ListRoutesRequest},
};
use routing::{
    domain::{Outcome, Past, Policy, replay, words},
    history, policy_file,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, out::Out, reach::Reach, words::dutch_day};

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
    /// New approaches and planned visits for each team and week.
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
    /// Visits that would have been planned, when nobody was reached before.
    visits: usize,
    /// Visits that fit in a week, when the policy says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<u32>,
}

/// Goes through the history of a municipality.
pub async fn what_if(reach: &Reach, out: &mut Out, file: &Path, gemeente: Gemeentecode, days: (Date, Date)) -> Result<(), Failure> {
    if days.1 < days.0 {
        return Err(Failure::usage("--to ligt voor --from"));
    }
    let policy = policy_file::read(file).map_err(|error| Failure::because(&error))?;
    let mut client = reach.routing().await?;
    let mut request = ListRoutesRequest {
        gemeentecode: gemeente.to_string(),
        page: Some(Page { size: 500, token: String::new() }),
        at_least: reach.at_least("routing")?,
    };
    let mut tally = Tally::default();
    loop {
        let answer = client.list_routes(request.clone()).await?.into_inner();
        for case in &answer.cases {
            tally.add(&policy, case, days);
        }
        if answer.next_token.is_empty() {
            break;
        }
        request.page = Some(Page { size: 500, token: answer.next_token });
    }
    let answer = tally.answer(&policy, days);
    if out.json() { out.document(&answer) } else { told(out, &answer) }
}

fn week(day: Date) -> String {
    let week = day.iso_week_date();
    format!("{}-W{:02}", week.year(), week.week())
}

#[derive(Default)]
struct Tally {
    cases: usize,
    routes: usize,
    unreadable: usize,
    changed: Vec<Changed>,
    /// By week and team: began, would begin, visits.
    load: BTreeMap<(String, String), (usize, usize, usize)>,
}

impl Tally {
    fn add(&mut self, policy: &Policy, case: &CaseRoutes, (from, to): (Date, Date)) {
        let Some(past) = history::past(&case.routes) else {
            self.unreadable += 1;
            return;
        };
        let within = |day: Date| from <= day && day <= to;
        let before = self.routes;
        for would_be in replay(policy, &past) {
            let Some(Past::Routed { on, was, .. }) = past.get(would_be.index) else { continue };
            for visit in would_be.visits.iter().filter(|visit| within(**visit)) {
                self.load.entry((week(*visit), would_be.outcome.team.clone())).or_default().2 += 1;
            }
            if !within(*on) {
                continue;
            }
            self.routes += 1;
            if was.first_attempt_by.is_some() {
                self.load.entry((week(*on), was.team.clone())).or_default().0 += 1;
            }
            if would_be.outcome.first_attempt_by.is_some() {
                self.load.entry((week(*on), would_be.outcome.team.clone())).or_default().1 += 1;
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

    fn answer(self, policy: &Policy, (from, to): (Date, Date)) -> WhatIfAnswer {
        let load = self.load.into_iter().map(|((week, team), (began, would_begin, visits))| Load {
            fits: policy.teams.get(&team).and_then(|team| team.visits_per_week),
            week,
            team,
            began,
            would_begin,
            visits,
        });
        WhatIfAnswer {
            policy: policy.name.clone(),
            policy_version: policy.version.clone(),
            from: from.to_string(),
            to: to.to_string(),
            cases: self.cases,
            routes: self.routes,
            unreadable: self.unreadable,
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
                let track = routing::domain::Track::from_code(&led.track).map_or(led.track.as_str(), |track| words::track(track));
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
        &["Week", "Team", "Begonnen", "Zou beginnen", "Huisbezoeken", "Past", ""],
        answer.load.iter().map(|load| {
            let over = load.fits.is_some_and(|fits| load.visits > fits as usize);
            vec![
                load.week.clone(),
                load.team.clone(),
                load.began.to_string(),
                load.would_begin.to_string(),
                load.visits.to_string(),
                load.fits.map(|fits| fits.to_string()).unwrap_or_default(),
                if over { "meer dan past".to_owned() } else { String::new() },
            ]
        }),
        "Geen werk in deze weken.",
    )
}
