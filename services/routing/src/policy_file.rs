//! Policies as text files: read, checked, and refused with the file and the line of what is wrong.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use kernel::{Cents, Gemeentecode};
use routing_domain::{Because, Channel, Daypart, Fault, Kind, Place, PlannedAttempt, Policies, Policy, Rule, Track};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

/// The policy that comes with this binary, for when the folder holds no `default.toml`.
const BUILT_IN: &str = include_str!("../../../policies/default.toml");
const DEFAULT: &str = "default";

/// Policies that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The folder or a file is there and cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{file}:{line}: {text}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    gemeente: Option<Spanned<String>>,
    version: Spanned<String>,
    joins: Spanned<String>,
    overrides: Spanned<BTreeMap<String, String>>,
    rule: Vec<Spanned<RuleFile>>,
    plans: BTreeMap<String, Spanned<Vec<AttemptFile>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    name: Spanned<String>,
    because: Spanned<Vec<Spanned<String>>>,
    from: Option<Spanned<String>>,
    kind: Option<Spanned<Vec<Spanned<String>>>>,
    amount_cents_at_least: Option<Spanned<i64>>,
    months_at_least: Option<Spanned<u16>>,
    step_at_least: Option<Spanned<u8>>,
    track: Spanned<String>,
    team: Spanned<String>,
    plan: Spanned<String>,
    reason: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttemptFile {
    after_days: u16,
    channel: Spanned<String>,
    daypart: Option<Spanned<String>>,
}

/// The policies in a folder: `default.toml` and one `<gemeentecode>.toml` per municipality. Other files are not looked at;
/// without `default.toml` the built-in one serves.
///
/// # Errors
/// [`PolicyError`] with file and line.
pub fn load(folder: &Path) -> Result<Policies, PolicyError> {
    let unreadable = |file: &Path| {
        let file = file.to_owned();
        move |source| PolicyError::Unreadable { file, source }
    };
    let mut default = None;
    let mut own = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(unreadable(folder))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(PolicyError::Unreadable { file: folder.to_owned(), source }),
    };
    for file in entries.into_iter().map(|entry| entry.path()) {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if file.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let code = stem.parse::<Gemeentecode>();
        if stem == DEFAULT || code.is_ok() {
            let text = fs::read_to_string(&file).map_err(unreadable(&file))?;
            let policy = parse(&file, &text)?;
            match code {
                Ok(code) => drop(own.insert(code, policy)),
                Err(_) => default = Some(policy),
            }
        }
    }
    let default = match default {
        Some(policy) => policy,
        None => parse(Path::new("built-in/default.toml"), BUILT_IN)?,
    };
    Ok(Policies::new(default, own))
}

/// One policy from the text of a file, whose name says whose it is.
///
/// # Errors
/// [`PolicyError::Wrong`] with file and line.
pub fn parse(file: &Path, text: &str) -> Result<Policy, PolicyError> {
    let wrong = |(at, what): (usize, String)| {
        let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        PolicyError::Wrong { file: file.to_owned(), line, text: what }
    };
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let raw: PolicyFile =
        toml::from_str(text).map_err(|error| wrong((error.span().map_or(0, |span| span.start), error.message().to_owned())))?;
    let named = raw.gemeente.as_ref().map_or(DEFAULT, |code| code.get_ref());
    if named != stem {
        let at = raw.gemeente.as_ref().map_or(0, |code| code.span().start);
        let expected = if stem == DEFAULT { "no gemeente".to_owned() } else { format!("gemeente = \"{stem}\"") };
        return Err(wrong((at, format!("{expected} expected in a file of this name"))));
    }
    let policy = build(stem, text, &raw).map_err(|(span, what)| wrong((span.start, what)))?;
    policy.check().map_err(|fault| wrong((place(&raw, &fault), fault.text)))?;
    Ok(policy)
}

type Located<T> = Result<T, (Range<usize>, String)>;

fn build(name: &str, text: &str, raw: &PolicyFile) -> Located<Policy> {
    let rules = raw.rule.iter().map(|rule| build_rule(rule.get_ref())).collect::<Located<_>>()?;
    let plans = raw
        .plans
        .iter()
        .map(|(name, attempts)| Ok((name.clone(), attempts.get_ref().iter().map(attempt).collect::<Located<_>>()?)))
        .collect::<Located<_>>()?;
    Ok(Policy {
        name: name.to_owned(),
        version: raw.version.get_ref().clone(),
        hash: Sha256::digest(text.as_bytes()).into(),
        joins: raw.joins.get_ref().clone(),
        overrides: raw.overrides.get_ref().clone(),
        rules,
        plans,
    })
}

fn build_rule(rule: &RuleFile) -> Located<Rule> {
    let track = |text| coded(text, Track::from_code, Track::CODES);
    let codes = rule.kind.as_ref().map_or(&[][..], |kinds| kinds.get_ref());
    Ok(Rule {
        name: rule.name.get_ref().clone(),
        because: rule.because.get_ref().iter().map(|text| coded(text, Because::from_code, Because::CODES)).collect::<Located<_>>()?,
        from: rule.from.as_ref().map(track).transpose()?,
        kind: codes.iter().map(|text| coded(text, Kind::from_code, Kind::CODES)).collect::<Located<_>>()?,
        amount_at_least: rule.amount_cents_at_least.as_ref().map(|cents| Cents(*cents.get_ref())),
        months_at_least: rule.months_at_least.as_ref().map(|months| *months.get_ref()),
        step_at_least: rule.step_at_least.as_ref().map(|step| *step.get_ref()),
        track: track(&rule.track)?,
        team: rule.team.get_ref().clone(),
        plan: rule.plan.get_ref().clone(),
        reason: rule.reason.get_ref().clone(),
    })
}

fn attempt(raw: &AttemptFile) -> Located<PlannedAttempt> {
    Ok(PlannedAttempt {
        after_days: raw.after_days,
        channel: coded(&raw.channel, Channel::from_code, Channel::CODES)?,
        daypart: raw.daypart.as_ref().map(|text| coded(text, Daypart::from_code, Daypart::CODES)).transpose()?,
    })
}

fn coded<T>(text: &Spanned<String>, from_code: fn(&str) -> Option<T>, codes: &[&str]) -> Located<T> {
    from_code(text.get_ref()).ok_or_else(|| (text.span(), format!("\"{}\" is not one of {}", text.get_ref(), codes.join(", "))))
}

/// Where in the text a fault is; a rule as a whole begins at its header.
fn place(raw: &PolicyFile, fault: &Fault) -> usize {
    let span = match &fault.place {
        Place::Rule(index, key) => raw.rule.get(*index).map(|rule| {
            let parts = rule.get_ref();
            let at = match *key {
                "name" => Some(parts.name.span()),
                "because" => Some(parts.because.span()),
                "from" => parts.from.as_ref().map(Spanned::span),
                "kind" => parts.kind.as_ref().map(Spanned::span),
                "amount_cents_at_least" => parts.amount_cents_at_least.as_ref().map(Spanned::span),
                "months_at_least" => parts.months_at_least.as_ref().map(Spanned::span),
                "step_at_least" => parts.step_at_least.as_ref().map(Spanned::span),
                "track" => Some(parts.track.span()),
                "team" => Some(parts.team.span()),
                "plan" => Some(parts.plan.span()),
                "reason" => Some(parts.reason.span()),
                _ => None,
            };
            at.unwrap_or_else(|| rule.span())
        }),
        Place::Plan(name) => raw.plans.get(name).map(Spanned::span),
        Place::Top("version") => Some(raw.version.span()),
        Place::Top("joins") => Some(raw.joins.span()),
        Place::Top("overrides") => Some(raw.overrides.span()),
        Place::Top(_) => raw.rule.last().map(Spanned::span),
    };
    span.map_or(0, |span| span.start)
}

#[cfg(test)]
#[path = "policy_file_tests.rs"]
mod tests;
