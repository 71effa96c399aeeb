//! What can be wrong with a policy. A condition compares facts with fixed values, so every case there can be falls into a
//! finite number of classes: all of them are tried, and what is found is found for all cases, not for a sample.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use kernel::{days::known_through, terms::statutory};

use crate::{
    code::{Because, Name, Priority, Track},
    condition::{Asked, Truth},
    fact::{Facts, Type, Value},
    policy::{FirstAttempt, Policy, Rule, Text},
};

/// More classes of cases than this on one occasion: too much for one policy, and for who has to read it.
const MOST_CLASSES: usize = 20_000;

/// Where in a policy something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// A key at the top.
    Top(&'static str),
    /// A key of a rule, by the rule's index.
    Rule(usize, &'static str),
    /// A team, by code.
    Team(String),
    /// A contact plan, by name.
    Plan(String),
    /// A test case, by its index.
    Case(usize),
}

/// What is wrong with a policy, and what would be right. Dutch: it is the policy officer who reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where.
    pub spot: Spot,
    /// What.
    pub text: String,
}

impl Policy {
    /// Everything that is wrong, in the order of the file; nothing when it can be used.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Faults::default();
        self.check_texts(&mut faults);
        for (team, text) in self.check_teams() {
            faults.add(Spot::Team(team.to_owned()), text);
        }
        self.check_rules(&mut faults);
        for occasion in Because::ALL.iter().copied().filter(|occasion| *occasion != Because::Override) {
            self.check_occasion(occasion, &mut faults);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if !faults.reached.contains(&index) {
                faults.rule(index, "when", format!("regel \"{}\" beslist nooit: eerdere regels zijn altijd eerst", rule.name));
            }
        }
        self.check_cases(&mut faults);
        faults.found.sort();
        faults.found.dedup();
        faults.found
    }

    fn check_texts(&self, faults: &mut Faults) {
        if self.version.trim().is_empty() {
            faults.top("version", "version is leeg".to_owned());
        }
        if empty(&self.joins) {
            faults.top("joins", "joins is leeg: nl en en horen erin".to_owned());
        }
        if self.overrides.is_empty() || self.overrides.iter().any(|(code, text)| code.trim().is_empty() || empty(text)) {
            faults.top("overrides", "overrides: elke reden heeft een code, nl en en".to_owned());
        }
        for (name, attempts) in &self.plans {
            let mut wrong = |text: String| faults.add(Spot::Plan(name.clone()), text);
            if attempts.first().is_none_or(|first| first.after_days != 0) {
                wrong(format!("plan \"{name}\": de eerste poging is dag 0; wanneer die uiterlijk is zegt first_attempt_by van de regel"));
            }
            if !attempts.is_sorted_by_key(|attempt| attempt.after_days) {
                wrong(format!("plan \"{name}\": after_days mag niet teruglopen"));
            }
        }
    }

    fn check_rules(&self, faults: &mut Faults) {
        let mut names = BTreeSet::new();
        for (index, rule) in self.rules.iter().enumerate() {
            if !names.insert(rule.name.as_str()) {
                faults.rule(index, "name", format!("er is al een regel \"{}\": geef elke regel een eigen naam", rule.name));
            }
            if rule.name.trim().is_empty() {
                faults.rule(index, "name", "name is leeg".to_owned());
            }
            if empty(&rule.reason) {
                faults.rule(index, "reason", "reason is leeg: nl en en horen erin".to_owned());
            }
            if !self.plans.contains_key(&rule.plan) {
                let known = self.plans.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                faults.rule(index, "plan", format!("er is geen plan \"{}\": een van {known}", rule.plan));
            }
            if !self.teams.contains_key(&rule.team) {
                faults.rule(index, "team", format!("er is geen team \"{}\": een van {}", rule.team, self.team_codes().join(", ")));
            }
            if let Some((team, skill)) = self.lacking(&rule.team, &rule.skills) {
                faults.rule(index, "team", format!("regel \"{}\" vraagt \"{skill}\", en team \"{team}\" kan dat niet", rule.name));
            }
            if let FirstAttempt::NextMonth { day, .. } = rule.first_attempt_by
                && !(1..=28).contains(&day)
            {
                faults.rule(index, "first_attempt_by", "next_month_day is een dag van 1 tot en met 28".to_owned());
            }
            if rule.when.constants(Name::Because).contains(&Value::Text(Because::Override.code().to_owned())) {
                faults.rule(index, "when", "een keuze van een medewerker (override) heeft geen regel nodig".to_owned());
            }
        }
    }

    /// Tries every class of cases on one occasion.
    fn check_occasion(&self, occasion: Because, faults: &mut Faults) {
        let rules: Vec<(usize, &Rule)> =
            self.rules.iter().enumerate().filter(|(_, rule)| rule.when.form().on(occasion) != Truth::No).collect();
        let axes = axes(occasion, &rules);
        let classes = axes.iter().try_fold(1_usize, |so_far, (_, values)| so_far.checked_mul(values.len()));
        if classes.is_none_or(|classes| classes > MOST_CLASSES) {
            let names = axes.iter().map(|(name, _)| name.code()).collect::<Vec<_>>().join(", ");
            return faults
                .top("rule", format!("te veel om na te gaan voor because = \"{occasion}\" ({names}): gebruik minder feiten of grenzen"));
        }
        let mut gap = false;
        let mut without_district: BTreeMap<Vec<(Name, Value)>, &Rule> = BTreeMap::new();
        let mut class = vec![0_usize; axes.len()];
        loop {
            let facts = facts_of(occasion, &axes, &class);
            let (decides, unsure) = decide(&rules, &facts);
            match decides {
                // What a writ leads to is the municipality's own choice, and nothing is one.
                None if occasion == Because::Writ => {}
                None if !gap => {
                    gap = true;
                    faults.top("rule", format!("geen regel geeft antwoord op {}", described(&facts, &axes)));
                }
                None => {}
                Some((index, rule)) => {
                    faults.reached.insert(index);
                    faults.term(occasion, index, rule);
                    faults.silent(&unsure, rule, &facts, &axes);
                    faults.direction(&facts, index, rule);
                    let rest = facts.names().into_iter().filter(|name| !name.about().team_only);
                    let key = rest.filter_map(|name| Some((name, facts.get(name)?.clone()))).collect();
                    let first = *without_district.entry(key).or_insert(rule);
                    if intensity(first) != intensity(rule) {
                        let text = format!(
                            "regel \"{}\" laat de wijk meetellen voor spoor, voorrang, plan of eerste poging: de wijk kiest alleen het team",
                            rule.name
                        );
                        faults.rule(index, "when", text);
                    }
                }
            }
            if !next(&mut class, &axes) {
                break;
            }
        }
    }

    fn check_cases(&self, faults: &mut Faults) {
        for (index, case) in self.cases.iter().enumerate() {
            let decides = self.choose(&case.facts);
            let name = decides.map_or("geen regel", |rule| rule.name.as_str());
            if name != case.rule {
                faults.add(Spot::Case(index), format!("case \"{}\": \"{name}\" beslist, \"{}\" verwacht", case.name, case.rule));
            } else if let (Some((start, wanted)), Some(rule)) = (case.first_attempt, decides) {
                let by = rule.first_attempt_by.by(start);
                if by != wanted {
                    faults.add(Spot::Case(index), format!("case \"{}\": eerste poging uiterlijk {by}, {wanted} verwacht", case.name));
                }
            }
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if !self.cases.iter().any(|case| case.rule == rule.name) {
                faults.rule(index, "name", format!("geen case toont regel \"{}\": voeg er een toe", rule.name));
            }
        }
    }
}

fn empty(text: &Text) -> bool {
    text.nl.trim().is_empty() || text.en.trim().is_empty()
}

/// How soon and how hard a rule has people helped.
fn intensity(rule: &Rule) -> (Track, Priority, &str, FirstAttempt) {
    (rule.track, rule.priority, &rule.plan, rule.first_attempt_by)
}

/// The facts that matter on an occasion, each with a value of every class; `None` is unknown.
type Axes = Vec<(Name, Vec<Option<Value>>)>;

fn axes(occasion: Because, rules: &[(usize, &Rule)]) -> Axes {
    let used: BTreeSet<Name> = rules.iter().flat_map(|(_, rule)| rule.when.uses()).collect();
    let here = used.into_iter().filter(|name| *name != Name::Because && name.about().occasions.contains(&occasion));
    here.map(|name| {
        let constants: BTreeSet<Value> = rules.iter().flat_map(|(_, rule)| rule.when.constants(name)).collect();
        let about = name.about();
        let mut values: BTreeSet<Value> = match about.values {
            // Nothing is higher than the team lead, so that is never tried in vain.
            Type::Code(_) if name == Name::From => {
                Track::ALL.iter().filter(|track| **track < Track::TeamLead).map(|track| Value::Text(track.code().to_owned())).collect()
            }
            Type::Code(codes) => codes.iter().map(|code| Value::Text((*code).to_owned())).collect(),
            Type::YesNo => [true, false].map(Value::YesNo).into(),
            Type::Text => std::iter::once(Value::Text("een andere".to_owned())).chain(constants).collect(),
            Type::Number => constants.iter().flat_map(around).chain([Value::Number(0)]).collect(),
        };
        if name == Name::Step {
            values.retain(|value| matches!(value, Value::Number(1..=11)));
        }
        let unknown = about.may_be_unknown.then_some(None);
        (name, values.into_iter().map(Some).chain(unknown).collect())
    })
    .collect()
}

/// A number and its neighbours: between them no comparison changes.
fn around(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(number) => {
            [number.saturating_sub(1), *number, number.saturating_add(1)].into_iter().filter(|n| *n >= 0).map(Value::Number).collect()
        }
        Value::Text(_) | Value::YesNo(_) => Vec::new(),
    }
}

fn facts_of(occasion: Because, axes: &Axes, class: &[usize]) -> Facts {
    axes.iter()
        .zip(class)
        .fold(Facts::about(occasion, None), |facts, ((name, values), at)| facts.with(*name, values.get(*at).cloned().flatten(), None))
}

/// The next class, in the manner of a mileage counter; false after the last.
fn next(class: &mut [usize], axes: &Axes) -> bool {
    for (at, (_, values)) in class.iter_mut().zip(axes) {
        *at += 1;
        if *at < values.len() {
            return true;
        }
        *at = 0;
    }
    false
}

type Decided<'a> = (Option<(usize, &'a Rule)>, Vec<(usize, &'a Rule)>);

/// The rule that decides, and the earlier ones that could not be judged.
fn decide<'a>(rules: &[(usize, &'a Rule)], facts: &Facts) -> Decided<'a> {
    let asked = Asked::new(facts);
    let mut unsure = Vec::new();
    for (index, rule) in rules {
        match rule.when.truth(&asked) {
            Truth::Yes => return (Some((*index, rule)), unsure),
            Truth::Unknown => unsure.push((*index, *rule)),
            Truth::No => {}
        }
    }
    (None, unsure)
}

fn described(facts: &Facts, axes: &Axes) -> String {
    let known =
        axes.iter().map(|(name, _)| facts.get(*name).map_or_else(|| format!("{name} onbekend"), |value| format!("{name} = {value}")));
    std::iter::once(format!("because = {}", facts.because())).chain(known).collect::<Vec<_>>().join(", ")
}

#[derive(Default)]
struct Faults {
    found: Vec<Fault>,
    reached: BTreeSet<usize>,
    silent: BTreeSet<(usize, String)>,
    timed: BTreeSet<(usize, Because)>,
}

impl Faults {
    fn add(&mut self, spot: Spot, text: String) {
        self.found.push(Fault { spot, text });
    }
    fn top(&mut self, key: &'static str, text: String) {
        self.add(Spot::Top(key), text);
    }
    fn rule(&mut self, index: usize, key: &'static str, text: String) {
        self.add(Spot::Rule(index, key), text);
    }

    /// *Unknown* read as *no*: an earlier rule could not be judged, and the one that decides does not say that it knows.
    fn silent(&mut self, unsure: &[(usize, &Rule)], decides: &Rule, facts: &Facts, axes: &Axes) {
        let told = decides.when.asks_whether_known();
        for (index, rule) in unsure {
            let unknown: BTreeSet<Name> = rule.when.uses().into_iter().filter(|name| facts.get(*name).is_none()).collect();
            // Whatever the truth is, the same follows: nothing is decided by not knowing.
            let same = rule.team == decides.team && intensity(rule) == intensity(decides);
            if !same && unknown.is_disjoint(&told) && self.silent.insert((*index, decides.name.clone())) {
                let names = unknown.iter().map(|name| format!("fact.{name}")).collect::<Vec<_>>().join(", ");
                let text = format!(
                    "onbekend gelezen als nee: bij {} kan regel \"{}\" niet oordelen ({names} onbekend) en beslist \"{}\" stilzwijgend; vraag has({})",
                    described(facts, axes),
                    rule.name,
                    decides.name,
                    unknown.first().map_or_else(String::new, |name| format!("fact.{name}")),
                );
                self.rule(*index, "when", text);
            }
        }
    }

    /// A route tried in vain leads higher, so that no case goes round for ever; an announced eviction is a crisis.
    fn direction(&mut self, facts: &Facts, index: usize, rule: &Rule) {
        let from = facts.get(Name::From).and_then(|value| if let Value::Text(code) = value { Track::from_code(code) } else { None });
        if let (Because::Exhausted, Some(from)) = (facts.because(), from)
            && rule.track <= from
        {
            self.rule(index, "track", format!("\"{}\" is niet hoger dan \"{from}\": de zaak zou rondgaan", rule.track));
        }
        if facts.because() == Because::Exhausted && from.is_none() && rule.track < Track::TeamLead {
            self.rule(index, "when", "een regel voor exhausted zegt welk spoor vergeefs was: fact.from == \"early\"".to_owned());
        }
        if matches!(facts.because(), Because::Court | Because::Threat | Because::Crisis) && rule.track < Track::Crisis {
            self.rule(
                index,
                "track",
                "een aangekondigde ontruiming, een dreiging of een crisis gaat naar \"crisis\" of \"team-lead\"".to_owned(),
            );
        }
    }

    /// The first attempt comes before a statutory term ends, whatever the day. The last day is enough to find: the example is the first.
    fn term(&mut self, occasion: Because, index: usize, rule: &Rule) {
        let compute = match occasion {
            Because::Signal => statutory::offer,
            Because::Request => statutory::first_talk,
            Because::Court | Because::Threat | Because::Crisis => statutory::threat_talk,
            Because::Opened | Because::Writ | Because::Exhausted | Because::Override => return,
        };
        if !self.timed.insert((index, occasion)) {
            return;
        }
        let late = days().find_map(|start| {
            let (by, term) = (rule.first_attempt_by.by(start), compute(start));
            (by > term.due).then(|| format!("op {start} is de eerste poging uiterlijk {by}, na {} ({})", term.due, term.article))
        });
        if let Some(example) = late {
            self.rule(index, "first_attempt_by", format!("kan een wettelijke termijn voorbijgaan: {example}"));
        }
    }
}

/// Every day of the four years before the last one whose days off are known.
fn days() -> impl Iterator<Item = Date> {
    let first = Date::constant(known_through().saturating_sub(3), 1, 1);
    (0..4 * 366_i64).map(move |day| first.saturating_add(day.days()))
}
