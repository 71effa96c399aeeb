//! The shape of a policy file: TOML in, a checked policy out, or each fault with its place in the text.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use jiff::civil::Date;
use kernel::Gemeentecode;
use routing_domain::{
    Because, Channel, Condition, Daypart, Facts, Fault, FirstAttempt, Name, PlannedAttempt, Policy, Priority, Rule, Spot, Team, TestCase,
    Text, Track, Type, Value,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

/// What is wrong, and the byte where.
type Located = (usize, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    gemeente: Option<Spanned<String>>,
    version: Spanned<String>,
    joins: Spanned<Both>,
    overrides: Spanned<BTreeMap<String, Both>>,
    teams: BTreeMap<String, Spanned<TeamFile>>,
    rule: Vec<Spanned<RuleFile>>,
    plans: BTreeMap<String, Spanned<Vec<AttemptFile>>>,
    #[serde(default)]
    case: Vec<Spanned<CaseFile>>,
}

/// A sentence in Dutch and English.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Both {
    nl: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamFile {
    name: String,
    capacity_per_week: Option<u32>,
    part_of: Option<String>,
    #[serde(default)]
    districts: BTreeSet<String>,
    #[serde(default)]
    skills: BTreeSet<String>,
    #[serde(default)]
    absent: Vec<AbsentFile>,
    overflow: Option<String>,
}

/// First and last day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AbsentFile {
    from: Spanned<String>,
    to: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    name: Spanned<String>,
    when: Spanned<String>,
    team: Spanned<String>,
    #[serde(default)]
    skills: BTreeSet<String>,
    track: Spanned<String>,
    priority: Spanned<String>,
    plan: Spanned<String>,
    first_attempt_by: Spanned<FirstFile>,
    reason: Spanned<Both>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstFile {
    days: Option<u16>,
    working_days: Option<u16>,
    next_month_day: Option<i8>,
    within_days: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptFile {
    after_days: u16,
    channel: Spanned<String>,
    daypart: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    name: String,
    facts: Spanned<BTreeMap<String, toml::Value>>,
    rule: String,
    received: Option<Spanned<String>>,
    first_attempt_by: Option<Spanned<String>>,
}

/// The policy in a text, checked; `stem` is the file's name without its ending.
pub(super) fn policy(stem: &str, text: &str) -> Result<Policy, Vec<Located>> {
    let raw = read(text)?;
    owner(stem, raw.gemeente.as_ref()).map_err(|fault| vec![fault])?;
    let policy = build(stem, text, &raw)?;
    let faults = policy.check();
    if faults.is_empty() { Ok(policy) } else { Err(faults.into_iter().map(|fault| (place(&raw, &fault), fault.text)).collect()) }
}

/// The policy in a text that was checked when it was proposed: a check that became stricter since does not undo that.
pub(super) fn stored(text: &str) -> Result<Policy, Vec<Located>> {
    let raw = read(text)?;
    build(raw.gemeente.as_ref().map_or(super::DEFAULT, |gemeente| gemeente.get_ref()), text, &raw)
}

fn read(text: &str) -> Result<PolicyFile, Vec<Located>> {
    toml::from_str(text).map_err(|error| vec![(error.span().map_or(0, |span| span.start), error.message().to_owned())])
}

fn build(stem: &str, text: &str, raw: &PolicyFile) -> Result<Policy, Vec<Located>> {
    let mut faults = Vec::new();
    let rules = kept(raw.rule.iter().map(|rule| build_rule(rule.get_ref())), &mut faults);
    let mut plans = BTreeMap::new();
    for (name, attempts) in &raw.plans {
        plans.insert(name.clone(), kept(attempts.get_ref().iter().map(attempt), &mut faults));
    }
    let cases = kept(raw.case.iter().map(|case| build_case(case.get_ref())), &mut faults);
    let teams = kept(raw.teams.iter().map(|(code, file)| Ok((code.clone(), team(file.get_ref())?))), &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Policy {
        name: stem.to_owned(),
        version: raw.version.get_ref().clone(),
        hash: Sha256::digest(text.as_bytes()).into(),
        joins: both(raw.joins.get_ref()),
        overrides: raw.overrides.get_ref().iter().map(|(code, text)| (code.clone(), both(text))).collect(),
        teams: teams.into_iter().collect(),
        rules,
        plans,
        cases,
    })
}

/// What could be read; what could not goes to the faults.
fn kept<T>(parts: impl Iterator<Item = Result<T, Located>>, faults: &mut Vec<Located>) -> Vec<T> {
    parts.filter_map(|part| part.map_err(|fault| faults.push(fault)).ok()).collect()
}

/// A file named after a municipality says so inside, and no other does.
fn owner(stem: &str, gemeente: Option<&Spanned<String>>) -> Result<(), Located> {
    match gemeente {
        Some(code) if code.get_ref() != stem => {
            let expected = if stem.parse::<Gemeentecode>().is_ok() { format!("gemeente = \"{stem}\"") } else { "geen gemeente".to_owned() };
            Err((code.span().start, format!("{expected} verwacht in een bestand met deze naam")))
        }
        None if stem.parse::<Gemeentecode>().is_ok() => Err((0, format!("gemeente = \"{stem}\" verwacht in een bestand met deze naam"))),
        _ => Ok(()),
    }
}

fn both(text: &Both) -> Text {
    Text { nl: text.nl.clone(), en: text.en.clone() }
}

fn team(file: &TeamFile) -> Result<Team, Located> {
    let absent = file.absent.iter().map(|absent| Ok((day(&absent.from)?, day(&absent.to)?)));
    Ok(Team {
        name: file.name.clone(),
        capacity_per_week: file.capacity_per_week,
        part_of: file.part_of.clone(),
        districts: file.districts.clone(),
        skills: file.skills.clone(),
        absent: absent.collect::<Result<_, _>>()?,
        overflow: file.overflow.clone(),
    })
}

fn day(text: &Spanned<String>) -> Result<Date, Located> {
    text.get_ref().parse().map_err(|_| (text.span().start, format!("\"{}\" is geen datum jjjj-mm-dd", text.get_ref())))
}

fn build_rule(rule: &RuleFile) -> Result<Rule, Located> {
    Ok(Rule {
        name: rule.name.get_ref().clone(),
        when: Condition::compile(rule.when.get_ref()).map_err(|what| (rule.when.span().start, what))?,
        track: coded(&rule.track, Track::from_code, Track::CODES)?,
        team: rule.team.get_ref().clone(),
        skills: rule.skills.clone(),
        priority: coded(&rule.priority, Priority::from_code, Priority::CODES)?,
        plan: rule.plan.get_ref().clone(),
        first_attempt_by: first_attempt(&rule.first_attempt_by)?,
        reason: both(rule.reason.get_ref()),
    })
}

fn first_attempt(raw: &Spanned<FirstFile>) -> Result<FirstAttempt, Located> {
    let file = raw.get_ref();
    match (file.days, file.working_days, file.next_month_day, file.within_days) {
        (Some(days), None, None, None) => Ok(FirstAttempt::Days(days)),
        (None, Some(days), None, None) => Ok(FirstAttempt::WorkingDays(days)),
        (None, None, Some(day), at_most_days) => Ok(FirstAttempt::NextMonth { day, at_most_days }),
        _ => Err((raw.span().start, "{ days = 3 }, { working_days = 2 } of { next_month_day = 1, within_days = 21 } verwacht".to_owned())),
    }
}

fn attempt(raw: &AttemptFile) -> Result<PlannedAttempt, Located> {
    Ok(PlannedAttempt {
        after_days: raw.after_days,
        channel: coded(&raw.channel, Channel::from_code, Channel::CODES)?,
        daypart: raw.daypart.as_ref().map(|text| coded(text, Daypart::from_code, Daypart::CODES)).transpose()?,
    })
}

fn build_case(raw: &CaseFile) -> Result<TestCase, Located> {
    let first_attempt = match (&raw.received, &raw.first_attempt_by) {
        (Some(received), Some(by)) => Some((day(received)?, day(by)?)),
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => {
            return Err((one.span().start, "received en first_attempt_by horen bij elkaar".to_owned()));
        }
    };
    Ok(TestCase { name: raw.name.clone(), facts: facts(&raw.facts)?, rule: raw.rule.clone(), first_attempt })
}

fn facts(raw: &Spanned<BTreeMap<String, toml::Value>>) -> Result<Facts, Located> {
    let wrong = |text: String| (raw.span().start, text);
    let because = raw.get_ref().get(Name::Because.code()).and_then(toml::Value::as_str).and_then(Because::from_code);
    let because = because.ok_or_else(|| wrong(format!("facts zegt de aanleiding: because is een van {}", Because::CODES.join(", "))))?;
    raw.get_ref().iter().try_fold(Facts::about(because, None), |facts, (key, given)| {
        let name = Name::from_code(key).ok_or_else(|| wrong(format!("{key} is geen feit: een van {}", Name::CODES.join(", "))))?;
        if !name.about().occasions.contains(&because) {
            return Err(wrong(format!("{name} is nooit bekend bij because = \"{because}\"")));
        }
        let value = match (name.about().values, given) {
            (Type::Code(_), toml::Value::String(text)) => name.value(text),
            (Type::Text, toml::Value::String(text)) => Some(Value::Text(text.clone())),
            (Type::Number, toml::Value::Integer(number)) => Some(Value::Number(*number)),
            (Type::YesNo, toml::Value::Boolean(yes)) => Some(Value::YesNo(*yes)),
            _ => None,
        };
        let value = value.ok_or_else(|| wrong(format!("{name} = {given} past niet: {} verwacht", name.about().values.dutch())))?;
        Ok(facts.with(name, Some(value), None))
    })
}

fn coded<T>(text: &Spanned<String>, from_code: fn(&str) -> Option<T>, codes: &[&str]) -> Result<T, Located> {
    let wrong = || (text.span().start, format!("\"{}\" is niet een van {}", text.get_ref(), codes.join(", ")));
    from_code(text.get_ref()).ok_or_else(wrong)
}

/// Where in the text a fault is; a rule as a whole begins at its header.
fn place(raw: &PolicyFile, fault: &Fault) -> usize {
    let span: Option<Range<usize>> = match &fault.spot {
        Spot::Rule(index, key) => raw.rule.get(*index).map(|rule| {
            let parts = rule.get_ref();
            match *key {
                "name" => parts.name.span(),
                "when" => parts.when.span(),
                "team" => parts.team.span(),
                "track" => parts.track.span(),
                "plan" => parts.plan.span(),
                "first_attempt_by" => parts.first_attempt_by.span(),
                "reason" => parts.reason.span(),
                _ => rule.span(),
            }
        }),
        Spot::Team(code) => raw.teams.get(code).map(Spanned::span),
        Spot::Plan(name) => raw.plans.get(name).map(Spanned::span),
        Spot::Case(index) => raw.case.get(*index).map(Spanned::span),
        Spot::Top("version") => Some(raw.version.span()),
        Spot::Top("joins") => Some(raw.joins.span()),
        Spot::Top("overrides") => Some(raw.overrides.span()),
        Spot::Top(_) => raw.rule.last().map(Spanned::span),
    };
    span.map_or(0, |span| span.start)
}
