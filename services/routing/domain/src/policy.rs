//! A municipality's routing policy: ordered rules and contact plans, as data. The first rule that holds decides.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kernel::{Cents, Gemeentecode};

use crate::code::{Because, Channel, Daypart, Kind, Track};

/// One planned attempt to make contact (*contactpoging*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAttempt {
    /// Days after the route.
    pub after_days: u16,
    /// How.
    pub channel: Channel,
    /// Part of the day, when it matters.
    pub daypart: Option<Daypart>,
}

/// One rule: conditions that must all hold, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Unique in its policy; recorded with each route.
    pub name: String,
    /// Holds for these occasions.
    pub because: Vec<Because>,
    /// For `exhausted`: the track that was tried in vain.
    pub from: Option<Track>,
    /// For `signal`: any of these partners; empty is any.
    pub kind: Vec<Kind>,
    /// For `signal`: arrears of at least this amount.
    pub amount_at_least: Option<Cents>,
    /// For `signal`: arrears of at least this many full months.
    pub months_at_least: Option<u16>,
    /// For `opened`: the chart's step at which the case came in, at least.
    pub step_at_least: Option<u8>,
    /// What follows: the track.
    pub track: Track,
    /// What follows: the team's code.
    pub team: String,
    /// What follows: the contact plan's name.
    pub plan: String,
    /// Why, in plain Dutch, fit to be told to the resident.
    pub reason: String,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The occasion.
    pub because: Because,
    /// The track so far, for `exhausted`.
    pub from: Option<Track>,
    /// Who reports, for `signal`.
    pub kind: Option<Kind>,
    /// Arrears, for `signal`.
    pub amount: Option<Cents>,
    /// Full months of arrears, for `signal`, when known.
    pub months: Option<u16>,
    /// The chart's step at entry, for `opened`.
    pub step: Option<u8>,
}

impl Question {
    /// A question about an occasion of which nothing more is known.
    pub const fn about(because: Because) -> Self {
        Self { because, from: None, kind: None, amount: None, months: None, step: None }
    }

    /// The facts looked at, as recorded with the route: codes, cents and counts.
    pub fn facts(&self) -> Vec<(String, String)> {
        [
            ("because", Some(self.because.code().to_owned())),
            ("from", self.from.map(|track| track.code().to_owned())),
            ("kind", self.kind.map(|kind| kind.code().to_owned())),
            ("amount_cents", self.amount.map(|amount| amount.0.to_string())),
            ("months", self.months.map(|months| months.to_string())),
            ("step", self.step.map(|step| step.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }
}

impl Rule {
    /// Whether every condition holds. A fact that is unknown satisfies no condition about it.
    pub fn holds(&self, question: &Question) -> bool {
        fn at_least<T: PartialOrd>(wanted: Option<T>, is: Option<T>) -> bool {
            wanted.is_none_or(|wanted| is.is_some_and(|is| is >= wanted))
        }
        self.because.contains(&question.because)
            && self.from.is_none_or(|from| question.from == Some(from))
            && (self.kind.is_empty() || question.kind.is_some_and(|kind| self.kind.contains(&kind)))
            && at_least(self.amount_at_least, question.amount)
            && at_least(self.months_at_least, question.months)
            && at_least(self.step_at_least, question.step)
    }

    /// Holds whatever is asked about its occasions (and its `from`).
    const fn is_open(&self) -> bool {
        self.kind.is_empty() && self.amount_at_least.is_none() && self.months_at_least.is_none() && self.step_at_least.is_none()
    }
}

/// A policy as it was loaded. [`Policy::check`] has found nothing wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `default`, or the gemeentecode.
    pub name: String,
    /// The version its authors gave it.
    pub version: String,
    /// SHA-256 of the file.
    pub hash: [u8; 32],
    /// The reason told when a signal joins the route that is running, in plain Dutch.
    pub joins: String,
    /// Codes a person may give for choosing another route, each with its plain Dutch.
    pub overrides: BTreeMap<String, String>,
    /// In order; the first that holds decides.
    pub rules: Vec<Rule>,
    /// Contact plans by name.
    pub plans: BTreeMap<String, Vec<PlannedAttempt>>,
}

/// Where in a policy something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A key of a rule, by the rule's index.
    Rule(usize, &'static str),
    /// A contact plan, by name.
    Plan(String),
    /// A key at the top.
    Top(&'static str),
}

/// What is wrong with a policy, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
}

impl Policy {
    /// The first rule that holds.
    pub fn choose(&self, question: &Question) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.holds(question))
    }

    /// The first rule that leads to a track: what a person's choice of that track means here.
    pub fn rule_for(&self, track: Track) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.track == track)
    }

    /// Every team's code, each once, in the order of the rules.
    pub fn teams(&self) -> Vec<&str> {
        let mut teams = Vec::new();
        for rule in &self.rules {
            if !teams.contains(&rule.team.as_str()) {
                teams.push(rule.team.as_str());
            }
        }
        teams
    }

    /// The attempts of a plan; none for an unknown name, which [`check`](Self::check) rules out.
    pub fn attempts(&self, plan: &str) -> &[PlannedAttempt] {
        self.plans.get(plan).map_or(&[], Vec::as_slice)
    }

    /// The first thing that is wrong, in the order of the file: every rule can be reached and means something, every
    /// occasion is answered, and a route that was tried in vain always leads higher, so that no case goes round for ever.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn check(&self) -> Result<(), Fault> {
        self.check_texts()?;
        self.check_plans()?;
        let mut names = BTreeSet::new();
        let mut answered: BTreeSet<(Because, Option<Track>)> = BTreeSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let wrong = |key, text: String| Err(Fault { place: Place::Rule(index, key), text });
            if !names.insert(&rule.name) {
                return wrong("name", format!("a second rule named \"{}\": give each its own name", rule.name));
            }
            self.check_rule(index, rule)?;
            let occasions: Vec<_> = rule.because.iter().flat_map(|because| occasions(*because, rule.from)).collect();
            if occasions.iter().all(|occasion| answered.contains(occasion)) {
                return wrong("name", format!("rule \"{}\" is never reached: an earlier rule without conditions decides", rule.name));
            }
            if rule.is_open() {
                answered.extend(occasions);
            }
        }
        let needed = [Because::Signal, Because::Court, Because::Opened, Because::Exhausted];
        match needed.iter().flat_map(|because| occasions(*because, None)).find(|occasion| !answered.contains(occasion)) {
            None => Ok(()),
            Some((because, from)) => {
                let from = from.map(|track| format!(" and from = \"{track}\"")).unwrap_or_default();
                let text =
                    format!("no rule without further conditions for because = \"{because}\"{from}: add one, as the last of its kind");
                Err(Fault { place: Place::Top("rule"), text })
            }
        }
    }

    fn check_texts(&self) -> Result<(), Fault> {
        let empty = |key| Err(Fault { place: Place::Top(key), text: format!("{key} is empty: a text is expected") });
        if self.version.trim().is_empty() {
            return empty("version");
        }
        if self.joins.trim().is_empty() {
            return empty("joins");
        }
        if self.overrides.is_empty() || self.overrides.iter().any(|(code, text)| code.trim().is_empty() || text.trim().is_empty()) {
            return empty("overrides");
        }
        Ok(())
    }

    fn check_plans(&self) -> Result<(), Fault> {
        for (name, attempts) in &self.plans {
            let wrong = |text: String| Err(Fault { place: Place::Plan(name.clone()), text });
            if attempts.is_empty() {
                return wrong(format!("plan \"{name}\" has no attempts: at least one is expected"));
            }
            if !attempts.is_sorted_by_key(|attempt| attempt.after_days) {
                return wrong(format!("plan \"{name}\": after_days must not go down"));
            }
        }
        Ok(())
    }

    fn check_rule(&self, index: usize, rule: &Rule) -> Result<(), Fault> {
        let wrong = |key, text: String| Err(Fault { place: Place::Rule(index, key), text });
        for (key, text) in [("name", &rule.name), ("team", &rule.team), ("reason", &rule.reason)] {
            if text.trim().is_empty() {
                return wrong(key, format!("{key} is empty: a text is expected"));
            }
        }
        if !self.plans.contains_key(&rule.plan) {
            let known = self.plans.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return wrong("plan", format!("no plan named \"{}\": one of {known} expected", rule.plan));
        }
        if rule.because.is_empty() || rule.because.contains(&Because::Override) {
            return wrong("because", "signal, exhausted, court or opened expected: a person's choice needs no rule".to_owned());
        }
        let only = |because| rule.because.iter().all(|one| *one == because);
        let about_signals = [
            ("kind", !rule.kind.is_empty()),
            ("amount_cents_at_least", rule.amount_at_least.is_some()),
            ("months_at_least", rule.months_at_least.is_some()),
        ];
        if let Some((key, _)) = about_signals.iter().find(|(_, set)| *set && !only(Because::Signal)) {
            return wrong(key, format!("{key} is known for because = \"signal\" only"));
        }
        if rule.step_at_least.is_some() && !only(Because::Opened) {
            return wrong("step_at_least", "step_at_least is known for because = \"opened\" only".to_owned());
        }
        match (rule.from, only(Because::Exhausted)) {
            (Some(_), false) => return wrong("from", "from is known for because = \"exhausted\" only".to_owned()),
            (None, true) => return wrong("because", "a rule for \"exhausted\" needs from: the track that was tried in vain".to_owned()),
            (Some(from), true) if rule.track <= from => {
                return wrong("track", format!("\"{}\" is not higher than \"{from}\": the case would go round for ever", rule.track));
            }
            _ => {}
        }
        if rule.because.contains(&Because::Exhausted) && rule.because.len() > 1 {
            return wrong("because", "\"exhausted\" needs a rule of its own".to_owned());
        }
        if rule.because.contains(&Because::Court) && rule.track < Track::Crisis {
            return wrong("track", "an announced eviction goes to \"crisis\" or \"team-lead\"".to_owned());
        }
        Ok(())
    }
}

/// The occasions a rule may be asked about. Nothing is higher than the team lead, so that is no `from`.
fn occasions(because: Because, from: Option<Track>) -> Vec<(Because, Option<Track>)> {
    match (because, from) {
        (Because::Exhausted, None) => {
            Track::ALL.iter().filter(|track| **track < Track::TeamLead).map(|track| (because, Some(*track))).collect()
        }
        _ => vec![(because, from)],
    }
}

/// The policies of a region: one per municipality, and one for all others.
#[derive(Clone, Debug)]
pub struct Policies {
    default: Arc<Policy>,
    own: BTreeMap<Gemeentecode, Arc<Policy>>,
}

impl Policies {
    /// Policies by municipality, with one for all others.
    pub fn new(default: Policy, own: impl IntoIterator<Item = (Gemeentecode, Policy)>) -> Self {
        Self { default: Arc::new(default), own: own.into_iter().map(|(code, policy)| (code, Arc::new(policy))).collect() }
    }

    /// The policy a municipality routes by.
    pub fn of(&self, gemeente: Gemeentecode) -> Arc<Policy> {
        self.own.get(&gemeente).unwrap_or(&self.default).clone()
    }

    /// Every policy, the default first.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        std::iter::once(&*self.default).chain(self.own.values().map(|policy| &**policy))
    }
}
