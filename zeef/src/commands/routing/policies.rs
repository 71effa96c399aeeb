//! Policies as files: checked, and put to words.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use routing::{
    domain::{Name, Policy, Rule, words},
    policy_file::{self, PolicyError},
};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, out::Out};

/// `zeef routing check --json`.
#[derive(Serialize, JsonSchema)]
pub struct CheckAnswer {
    policies: Vec<Checked>,
}

#[derive(Serialize, JsonSchema)]
struct Checked {
    file: String,
    /// Absent when the policy cannot be used.
    version: Option<String>,
    rules: usize,
    /// Cases that the policy holds itself to.
    cases: usize,
    faults: Vec<FaultLine>,
}

#[derive(Serialize, JsonSchema)]
struct FaultLine {
    line: usize,
    text: String,
}

/// `zeef routing show --json`.
#[derive(Serialize, JsonSchema)]
pub struct ShowAnswer {
    name: String,
    version: String,
    sha256: String,
    /// In order: the first that holds decides.
    rules: Vec<RuleLine>,
    facts: Vec<FactLine>,
}

#[derive(Serialize, JsonSchema)]
struct RuleLine {
    name: String,
    /// In Dutch.
    sentence: String,
    team: String,
    track: String,
    priority: String,
    /// In Dutch.
    first_attempt_by: String,
}

#[derive(Serialize, JsonSchema)]
struct FactLine {
    name: String,
    /// In Dutch.
    what: String,
    /// In Dutch.
    values: String,
    /// Why it may be looked at.
    basis: String,
    may_be_unknown: bool,
}

/// The policy files of a folder; at least one.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let files = policy_file::files(folder).map_err(|error| Failure::because(&error))?;
    if files.is_empty() {
        return Err(Failure::usage(format!("geen beleid in {}: geef de map met --policies", folder.display())));
    }
    Ok(files)
}

/// Every fault of every file.
pub fn check(out: &mut Out, folder: &Path) -> Result<(), Failure> {
    let mut policies = Vec::new();
    for file in files(folder)? {
        let (version, rules, cases, faults) = match policy_file::read(&file) {
            Ok(policy) => (Some(policy.version), policy.rules.len(), policy.cases.len(), Vec::new()),
            Err(PolicyError::Wrong { faults, .. }) => (None, 0, 0, faults),
            Err(error) => return Err(Failure::because(&error)),
        };
        let faults = faults.into_iter().map(|(line, text)| FaultLine { line, text }).collect();
        policies.push(Checked { file: file.display().to_string(), version, rules, cases, faults });
    }
    let wrong: usize = policies.iter().map(|policy| policy.faults.len()).sum();
    if out.json() {
        out.document(&CheckAnswer { policies })?;
    } else {
        for Checked { file, version, rules, cases, faults } in policies {
            if let Some(version) = version {
                out.line(format!("{file}: in orde ({rules} regels, {cases} gevallen, versie {version})"))?;
            }
            for FaultLine { line, text } in faults {
                out.line(format!("{file}:{line}: {text}"))?;
            }
        }
    }
    if wrong == 0 { Ok(()) } else { Err(Failure::of(format!("{wrong} fout(en) in het beleid"))) }
}

/// The policy of a municipality, the default, or a practice.
pub fn named(folder: &Path, name: &str) -> Result<Policy, Failure> {
    let files = files(folder)?;
    let stem = |file: &Path| file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
    let file = files.iter().find(|file| stem(file) == name).ok_or_else(|| {
        let known = files.iter().map(|file| stem(file)).collect::<Vec<_>>().join(", ");
        Failure::usage(format!("geen beleid \"{name}\" in {}: een van {known}", folder.display()))
    })?;
    policy_file::read(file).map_err(|error| Failure::because(&error))
}

/// The facts a policy looks at.
pub fn facts(policy: &Policy) -> BTreeSet<Name> {
    policy.rules.iter().flat_map(|rule| rule.when.uses()).collect()
}

fn shown(policy: &Policy) -> ShowAnswer {
    let rule = |rule: &Rule| RuleLine {
        name: rule.name.clone(),
        sentence: words::sentence(policy, rule),
        team: rule.team.clone(),
        track: rule.track.code().to_owned(),
        priority: rule.priority.code().to_owned(),
        first_attempt_by: rule.first_attempt_by.dutch(),
    };
    let fact = |name: Name| {
        let about = name.about();
        let [what, basis] = [about.dutch, about.basis].map(str::to_owned);
        FactLine { name: name.code().to_owned(), what, values: about.values.dutch(), basis, may_be_unknown: about.may_be_unknown }
    };
    ShowAnswer {
        name: policy.name.clone(),
        version: policy.version.clone(),
        sha256: hex::encode(policy.hash),
        rules: policy.rules.iter().map(rule).collect(),
        facts: facts(policy).into_iter().map(fact).collect(),
    }
}

/// A policy as sentences and as a table.
pub fn show(out: &mut Out, folder: &Path, name: &str) -> Result<(), Failure> {
    let policy = named(folder, name)?;
    if out.json() {
        return out.document(&shown(&policy));
    }
    out.line(format!("Beleid {}, versie {} (sha256 {})\n", policy.name, policy.version, hex::encode(policy.hash)))?;
    for (number, rule) in (1..).zip(&policy.rules) {
        out.line(format!("{number}. {}: {}", rule.name, words::sentence(&policy, rule)))?;
    }
    out.line("\nDe eerste regel die geldt, beslist; een streep betekent dat de regel er niet naar kijkt.\n")?;
    let columns = words::columns(&policy);
    let headings: Vec<&str> = ["", "Regel"]
        .into_iter()
        .chain(columns.iter().map(|name| name.code()))
        .chain(["Team", "Spoor", "Voorrang", "Eerste poging uiterlijk"])
        .collect();
    let rows = (1..).zip(&policy.rules).map(|(number, rule): (usize, _)| {
        let outcome = [
            rule.team.clone(),
            words::track(rule.track).to_owned(),
            words::priority(rule.priority).to_owned(),
            rule.first_attempt_by.dutch(),
        ];
        [number.to_string(), rule.name.clone()]
            .into_iter()
            .chain(words::cells(&columns, rule.when.form()))
            .chain(outcome)
            .collect::<Vec<_>>()
    });
    out.table(&headings, rows, "Geen regels.")?;
    out.line("\nDe feiten:\n")?;
    out.table(
        &["Feit", "Wat", "Waarden", "Grond", "Kan onbekend zijn"],
        facts(&policy).into_iter().map(|name| {
            let about = name.about();
            let unknown = if about.may_be_unknown { "ja" } else { "nee" };
            [name.code(), about.dutch, &about.values.dutch(), about.basis, unknown].map(str::to_owned).to_vec()
        }),
        "Geen.",
    )
}
