//! What another policy would have made of what happened: the routes of each case, gone through again, and the weeks of the teams.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};

use crate::{
    code::{Because, Channel, Name, Priority, Track},
    fact::{Facts, Told, Value},
    policy::Policy,
    team::{Overflow, Week},
};

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// A route was made.
    Routed {
        /// The day, Europe/Amsterdam.
        on: Date,
        /// What made it necessary.
        because: Because,
        /// The facts that were looked at.
        facts: Vec<Told>,
        /// Where it led then.
        was: Outcome,
    },
    /// The case was closed.
    Ended {
        /// The day.
        on: Date,
    },
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How hard.
    pub track: Track,
    /// Team code.
    pub team: String,
    /// How soon; `None` in routes of before there were classes.
    pub priority: Option<Priority>,
    /// The last day of the first attempt, when a new approach began.
    pub first_attempt_by: Option<Date>,
}

/// A route as it would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WouldBe {
    /// Which of the past it is about.
    pub index: usize,
    /// The day, Europe/Amsterdam.
    pub on: Date,
    /// Where it would lead.
    pub outcome: Outcome,
    /// The rule that would decide; "joins" when the running approach goes on, "override" for a person's choice.
    pub rule: String,
    /// The days of the visits planned, until the next approach begins.
    pub visits: Vec<Date>,
    /// The teams that had no room; known after [`place_all`].
    pub overflow: Vec<Overflow>,
}

/// Goes through the past of one case, oldest first. A person's choice stays; so does the order of what happened. Where
/// the policy has no answer, as for an occasion that a newer binary wrote, the route stays as it was.
pub fn replay(policy: &Policy, past: &[Past]) -> Vec<WouldBe> {
    let mut routes: Vec<WouldBe> = Vec::new();
    let mut current: Option<Outcome> = None;
    for (index, moment) in past.iter().enumerate() {
        let (on, because, told, was) = match moment {
            Past::Ended { on } => {
                cut(&mut routes, *on);
                current = None;
                continue;
            }
            Past::Routed { on, because, facts, was } => (*on, *because, facts, was),
        };
        let facts = Facts::of_told(because, told);
        let tried = current.as_ref().map(|current| current.track);
        let facts = match (because, tried) {
            // What would have been tried in vain is what would have been current.
            (Because::Exhausted, Some(tried)) if tried < Track::TeamLead => {
                facts.with(Name::From, Some(Value::Text(tried.code().to_owned())), None)
            }
            _ => facts,
        };
        let rule = match because {
            Because::Override => None,
            _ => policy.choose(&facts),
        };
        let goes_on = match because {
            Because::Signal | Because::Crisis => rule.is_some_and(|rule| tried.is_some_and(|tried| rule.track <= tried)),
            // Another policy may have chosen to do nothing.
            Because::Writ => rule.is_none_or(|rule| tried.is_some_and(|tried| rule.track <= tried)),
            Because::Exhausted => tried == Some(Track::TeamLead),
            Because::Court | Because::Threat => tried.is_some_and(|tried| tried >= Track::Crisis),
            Because::Opened | Because::Request => tried.is_some(),
            Because::Override => false,
        };
        let would_be = match (rule, current.clone()) {
            (_, Some(current)) if goes_on => {
                let outcome = Outcome { first_attempt_by: None, ..current };
                WouldBe { index, on, outcome, rule: "joins".to_owned(), visits: Vec::new(), overflow: Vec::new() }
            }
            (Some(rule), _) => {
                let (by, attempts) = policy.schedule(rule, on, on);
                cut(&mut routes, on);
                let visits = attempts.iter().filter(|attempt| attempt.channel == Channel::Visit);
                WouldBe {
                    index,
                    on,
                    overflow: Vec::new(),
                    outcome: Outcome {
                        track: rule.track,
                        team: policy.serving(&rule.team, facts.district()).to_owned(),
                        priority: Some(rule.priority),
                        first_attempt_by: Some(by),
                    },
                    rule: rule.name.clone(),
                    visits: visits.map(|attempt| on.saturating_add(i64::from(attempt.after_days).days())).collect(),
                }
            }
            (None, _) => {
                cut(&mut routes, on);
                WouldBe { index, on, outcome: was.clone(), rule: "override".to_owned(), visits: Vec::new(), overflow: Vec::new() }
            }
        };
        current = Some(would_be.outcome.clone());
        routes.push(would_be);
    }
    routes
}

/// Gives the approaches of all cases their places: by day, and within a day in the order of the cases.
pub fn place_all<'a>(policy: &Policy, cases: impl IntoIterator<Item = &'a mut [WouldBe]>) {
    let mut cases: Vec<&mut [WouldBe]> = cases.into_iter().collect();
    let mut beginnings: Vec<&mut WouldBe> =
        cases.iter_mut().flat_map(|routes| routes.iter_mut()).filter(|route| route.outcome.first_attempt_by.is_some()).collect();
    beginnings.sort_by_key(|route| route.on);
    let mut begun: BTreeMap<(Week, String), u32> = BTreeMap::new();
    for route in beginnings {
        let week = Week::of(route.on);
        let so_far = |team: &str| begun.get(&(week, team.to_owned())).copied().unwrap_or(0);
        let place = policy.place(&route.outcome.team, route.rule == "override", route.on, so_far);
        *begun.entry((week, place.team.clone())).or_default() += 1;
        (route.outcome.team, route.overflow) = (place.team, place.overflow);
    }
    for routes in cases {
        let mut team = None;
        for route in routes {
            match (&team, route.rule.as_str()) {
                (Some(team), "joins") => route.outcome.team.clone_from(team),
                _ => team = Some(route.outcome.team.clone()),
            }
        }
    }
}

/// What was planned after this day is not done any more.
fn cut(routes: &mut [WouldBe], on: Date) {
    for route in routes {
        route.visits.retain(|visit| *visit <= on);
    }
}
