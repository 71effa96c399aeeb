//! Policies as files: checked, and put to words.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use routing::{
    domain::{Name, Policy, words},
    policy_file::{self, PolicyError},
};

use crate::{Failure, out::Out};

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
    let files = files(folder)?;
    let mut wrong = 0_usize;
    for file in &files {
        match policy_file::read(file) {
            Ok(policy) => out.line(format!(
                "{}: in orde ({} regels, {} gevallen, versie {})",
                file.display(),
                policy.rules.len(),
                policy.cases.len(),
                policy.version
            ))?,
            Err(PolicyError::Wrong { file, faults }) => {
                wrong += faults.len();
                for (line, text) in faults {
                    out.line(format!("{}:{line}: {text}", file.display()))?;
                }
            }
            Err(error) => return Err(Failure::because(&error)),
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

/// A policy as sentences and as a table.
pub fn show(out: &mut Out, folder: &Path, name: &str) -> Result<(), Failure> {
    let policy = named(folder, name)?;
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
