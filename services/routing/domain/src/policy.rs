//! A municipality's routing policy: ordered rules, contact plans and teams, as data. The first rule that holds decides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use kernel::days::add_working_days;

use crate::{
    code::{Because, Channel, Daypart, Priority, Track},
    condition::{Asked, Condition, Truth},
    fact::Facts,
    team::Team,
};

/// One planned attempt to make contact (*contactpoging*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAttempt {
    /// In a policy: days after the first attempt. In a route: days after the route.
    pub after_days: u16,
    /// How.
    pub channel: Channel,
    /// Part of the day, when it matters.
    pub daypart: Option<Daypart>,
}

/// A sentence in both languages, plain enough to be told to the resident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Dutch.
    pub nl: String,
    /// English.
    pub en: String,
}

/// The last day of the first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstAttempt {
    /// So many days after the start.
    Days(u16),
    /// So many working days after the start.
    WorkingDays(u16),
    /// On a day of the next month (*looplijst*), but never more than so many days after the start.
    NextMonth {
        /// Day of the month, from 1.
        day: i8,
        /// The bound, in days.
        at_most_days: Option<u16>,
    },
}

impl FirstAttempt {
    /// The last day, for a start: the receipt of the signal, or else the day of the route.
    pub fn by(self, start: Date) -> Date {
        match self {
            Self::Days(days) => start.saturating_add(i64::from(days).days()),
            Self::WorkingDays(days) => add_working_days(start, u32::from(days)).0,
            Self::NextMonth { day, at_most_days } => {
                let listed = start.first_of_month().saturating_add(1.month()).saturating_add((i64::from(day) - 1).days());
                at_most_days.map_or(listed, |days| listed.min(start.saturating_add(i64::from(days).days())))
            }
        }
    }

    /// Dutch.
    pub fn dutch(self) -> String {
        match self {
            Self::Days(0) => "dezelfde dag".to_owned(),
            Self::Days(1) => "na 1 dag".to_owned(),
            Self::Days(days) => format!("na {days} dagen"),
            Self::WorkingDays(1) => "na 1 werkdag".to_owned(),
            Self::WorkingDays(days) => format!("na {days} werkdagen"),
            Self::NextMonth { day, at_most_days: None } => format!("op dag {day} van de volgende maand"),
            Self::NextMonth { day, at_most_days: Some(days) } => format!("op dag {day} van de volgende maand, en binnen {days} dagen"),
        }
    }
}

/// One rule: a condition, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Unique in its policy; recorded with each route.
    pub name: String,
    /// When it holds.
    pub when: Condition,
    /// What follows: the track.
    pub track: Track,
    /// What follows: the team's code.
    pub team: String,
    /// What whoever takes the case must be able to do (*vaardigheden*).
    pub skills: BTreeSet<String>,
    /// What follows: how soon.
    pub priority: Priority,
    /// What follows: the contact plan's name.
    pub plan: String,
    /// What follows: the last day of the first attempt.
    pub first_attempt_by: FirstAttempt,
    /// Why.
    pub reason: Text,
}

/// A case that the policy must answer like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// What it shows.
    pub name: String,
    /// What is known.
    pub facts: Facts,
    /// The rule that must decide.
    pub rule: String,
    /// A start, and the last day of the first attempt that must follow.
    pub first_attempt: Option<(Date, Date)>,
}

/// A policy as it was loaded. [`Policy::check`] has found nothing wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `default`, or the gemeentecode; of a practice its name.
    pub name: String,
    /// The version its authors gave it.
    pub version: String,
    /// SHA-256 of the file.
    pub hash: [u8; 32],
    /// The reason told when a signal joins the route that is running.
    pub joins: Text,
    /// Codes a person may give for choosing another route, each with what is told.
    pub overrides: BTreeMap<String, Text>,
    /// Teams by code.
    pub teams: BTreeMap<String, Team>,
    /// In order; the first that holds decides.
    pub rules: Vec<Rule>,
    /// Contact plans by name, counted from the first attempt.
    pub plans: BTreeMap<String, Vec<PlannedAttempt>>,
    /// What the policy must answer.
    pub cases: Vec<TestCase>,
}

impl Policy {
    /// The first rule that holds. A rule over an unknown fact does not hold. A text of before there were crises among reports
    /// answers a crisis as the report that it is.
    pub fn choose(&self, facts: &Facts) -> Option<&Rule> {
        let rule = self.holding(facts);
        if facts.because() == Because::Crisis { rule.or_else(|| self.holding(&facts.on_occasion(Because::Signal))) } else { rule }
    }

    fn holding(&self, facts: &Facts) -> Option<&Rule> {
        let asked = Asked::new(facts);
        self.rules.iter().find(|rule| rule.when.truth(&asked) == Truth::Yes)
    }

    /// The first rule that leads to a track: what a person's choice of that track means here.
    pub fn rule_for(&self, track: Track) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.track == track)
    }

    /// Every team's code.
    pub fn team_codes(&self) -> Vec<&str> {
        self.teams.keys().map(String::as_str).collect()
    }

    /// The last day of a rule's first attempt, and its attempts in days after `today`; what lies before it is due today.
    pub fn schedule(&self, rule: &Rule, start: Date, today: Date) -> (Date, Vec<PlannedAttempt>) {
        let by = rule.first_attempt_by.by(start).max(today);
        let lead = today.until(by).map_or(0, |span| u16::try_from(span.get_days()).unwrap_or(0));
        let plan = self.plans.get(&rule.plan).map_or(&[][..], Vec::as_slice);
        (by, plan.iter().map(|attempt| PlannedAttempt { after_days: lead.saturating_add(attempt.after_days), ..*attempt }).collect())
    }
}
