//! The rules of the courts as a text file: read, checked, and refused with the file and the line of what is wrong.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use court_liaison_domain::{CourtRule, Courts};
use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

/// The rules that come with this binary, for when the folder holds no [`FILE`].
const BUILT_IN: &str = include_str!("../../../policies/courts.toml");

/// The file in the policies folder.
pub const FILE: &str = "courts.toml";

/// Rules that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CourtsError {
    /// The file is there and cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in it is wrong.
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
struct CourtsFile {
    #[serde(default)]
    rule: Vec<Spanned<RuleFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    court: String,
    code: String,
    version: u32,
    min_months: Option<u32>,
    max_months: Option<u32>,
    from: Date,
    to: Option<Date>,
    source: String,
}

/// The rules of the folder, or the built-in ones when it has none.
///
/// # Errors
/// [`CourtsError`] with file and line.
pub fn load(folder: &Path) -> Result<Courts, CourtsError> {
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => parse(&file, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => parse(Path::new("built-in/courts.toml"), BUILT_IN),
        Err(source) => Err(CourtsError::Unreadable { file, source }),
    }
}

/// Rules from text.
///
/// # Errors
/// [`CourtsError::Wrong`] with file and line.
pub fn parse(file: &Path, text: &str) -> Result<Courts, CourtsError> {
    let wrong = |at: usize, what: String| {
        let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        CourtsError::Wrong { file: file.to_owned(), line, text: what }
    };
    let read: CourtsFile =
        toml::from_str(text).map_err(|error| wrong(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut rules: Vec<CourtRule> = Vec::new();
    for rule in read.rule {
        let at = rule.span().start;
        let RuleFile { court, code, version, min_months, max_months, from, to, source } = rule.into_inner();
        let fault = if court.trim().is_empty() || code.trim().is_empty() || source.trim().is_empty() {
            Some("court, code and source are not empty")
        } else if min_months.is_none() && max_months.is_none() {
            Some("a rule has min_months, max_months or both")
        } else if min_months.zip(max_months).is_some_and(|(min, max)| min > max) {
            Some("min_months is not more than max_months")
        } else if to.is_some_and(|to| to < from) {
            Some("to is not before from")
        } else if rules.iter().any(|known| known.code == code && known.version == version) {
            Some("code and version together are new: raise the version")
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(wrong(at, fault.to_owned()));
        }
        rules.push(CourtRule { court: court.trim().to_owned(), code, version, min_months, max_months, from, to, source });
    }
    Ok(Courts::new(rules))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn rotterdam_wants_two_months_and_wanted_six_at_most() {
        let courts = load(Path::new("there is no such folder")).unwrap();
        let codes = |on: &str| courts.of("ROTTERDAM", day(on)).map(|rule| rule.code.clone()).collect::<Vec<_>>();
        assert!(codes("2024-04-30").is_empty());
        assert_eq!(codes("2025-03-18"), ["rotterdam-window-min-2m", "rotterdam-window-max-6m"]);
        assert_eq!(codes("2025-03-19"), ["rotterdam-window-min-2m"]);
        assert_eq!(courts.of("Amsterdam", day("2025-03-18")).count(), 0);
    }

    #[test]
    fn a_wrong_rule_is_refused_with_its_line() {
        let rule = |rest: &str| format!("# one\n\n[[rule]]\ncourt = \"X\"\ncode = \"x\"\nversion = 1\nsource = \"s\"\n{rest}\n");
        let said = |text: &str| parse(Path::new("courts.toml"), text).unwrap_err().to_string();
        assert!(said(&rule("from = \"2024-05-01\"")).starts_with("courts.toml:3: a rule has min_months"));
        assert!(said(&rule("from = \"soon\"\nmin_months = 2")).starts_with("courts.toml:8: "));
        assert!(said(&rule("from = \"2024-05-01\"\nmin_months = 2\nmonths = 3")).starts_with("courts.toml:10: "));
        assert!(said(&rule("from = \"2024-05-01\"\nto = \"2024-04-30\"\nmin_months = 2")).contains("to is not before from"));
        let twice = rule("from = \"2024-05-01\"\nmin_months = 2").repeat(2);
        assert!(said(&twice).starts_with("courts.toml:12: code and version together are new"));
        assert!(parse(Path::new("courts.toml"), "").is_ok());
    }
}
