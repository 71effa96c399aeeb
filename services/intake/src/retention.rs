//! Retention (*bewaartermijn*): how long the vault keeps who a closed case was about, per outcome, as `retention.toml` in the policies
//! directory says; and the sweep that removes it by itself, once a day.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use intake_domain::Outcome;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use kernel::{
    Key,
    days::{amsterdam_date, end_of_day},
};
use serde::Deserialize;
use service::Room;
use tonic::Status;
use uuid::Uuid;

use crate::{
    concerns,
    reception::away,
    vault::{Erased, Ground, Vault},
    views::{self, Whereabouts},
};

const BUILT_IN: &str = include_str!("../../../policies/retention.toml");
/// The file in the policies directory that replaces the built-in terms.
pub const FILE: &str = "retention.toml";
/// Months that the matching of reports looks back.
const LEAST: u32 = 6;
/// A form is no report: a week is enough to open a mail.
const MOST_FORM_HOURS: u32 = 168;

/// Terms that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// There, and cannot be read.
    #[error("cannot read the retention terms {file}")]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not what terms look like.
    #[error("retention terms {file}: {fault}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Line and what is wrong.
        fault: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionFile {
    #[serde(rename = "version")]
    _version: String,
    default: u32,
    #[serde(default = "form_hours")]
    form_hours: u32,
    months: BTreeMap<toml::Spanned<String>, u32>,
}

const fn form_hours() -> u32 {
    24
}

/// Terms per outcome, in months after closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    default: u32,
    form_hours: u32,
    months: BTreeMap<&'static str, u32>,
}

impl Retention {
    /// The terms of `policies`, or the built-in ones when it has no [`FILE`].
    ///
    /// # Errors
    /// [`RetentionError`] with the file.
    pub fn from_dir(policies: &Path) -> Result<Self, RetentionError> {
        let file = policies.join(FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BUILT_IN.to_owned(),
            Err(source) => return Err(RetentionError::Unreadable { file, source }),
        };
        Self::parse(&text).map_err(|fault| RetentionError::Wrong { file, fault })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let read: RetentionFile = toml::from_str(text).map_err(|error| error.to_string())?;
        if read.default < LEAST || read.months.values().any(|months| *months < LEAST) {
            return Err(format!("no term is less than {LEAST} months: the matching of reports looks back that far"));
        }
        if !(1..=MOST_FORM_HOURS).contains(&read.form_hours) {
            return Err(format!("form_hours: 1 to {MOST_FORM_HOURS} expected"));
        }
        let known = |(code, months): (toml::Spanned<String>, u32)| {
            let line = text.get(..code.span().start).unwrap_or_default().matches('\n').count() + 1;
            let outcome = Outcome::from_code(code.get_ref()).ok_or_else(|| format!("line {line}: no outcome {}", code.get_ref()))?;
            Ok::<_, String>((outcome.code(), months))
        };
        let (default, form_hours) = (read.default, read.form_hours);
        Ok(Self { default, form_hours, months: read.months.into_iter().map(known).collect::<Result<_, _>>()? })
    }

    /// How long a landlord's form waits for its sender to confirm it.
    pub fn form(&self) -> SignedDuration {
        SignedDuration::from_hours(self.form_hours.into())
    }

    /// When what is kept of a case that closed then goes (UTC): at the end of the day (Europe/Amsterdam).
    pub fn ends(&self, outcome: Outcome, closed_at: Timestamp) -> Timestamp {
        let months = self.months.get(outcome.code()).copied().unwrap_or(self.default);
        let closed_on = amsterdam_date(closed_at);
        let last = closed_on.checked_add(i64::from(months).months()).unwrap_or(Date::MAX);
        end_of_day(last)
    }
}

/// The sweep.
pub struct Sweep {
    retention: Retention,
    swept_on: Option<Date>,
}

impl Sweep {
    /// By these terms.
    pub const fn new(retention: Retention) -> Self {
        Self { retention, swept_on: None }
    }

    /// Removes what is due, when it was not done today.
    pub async fn today(&mut self, room: &Room<Whereabouts>, vault: &Arc<Vault>) {
        let now = room.runtime.now();
        if self.swept_on == Some(amsterdam_date(now)) {
            return;
        }
        match self.remove(room, vault, now).await {
            Ok(removed) => {
                self.swept_on = Some(amsterdam_date(now));
                if removed > 0 {
                    tracing::info!(removed, "vault records whose term ended are removed");
                }
            }
            Err(error) => tracing::warn!(%error, "vault records whose term ended are not removed yet"),
        }
    }

    /// What is in the vault says what is still to be done: nothing is remembered that a restart would forget.
    async fn remove(&self, room: &Room<Whereabouts>, vault: &Vault, now: Timestamp) -> Result<usize, Status> {
        let closed = views::closed_cases(&room.views);
        let due: Vec<_> = closed.iter().filter(|one| self.retention.ends(one.outcome, one.closed_at) < now).collect();
        if due.is_empty() {
            return Ok(0);
        }
        let mut written = vault.by_file().await.map_err(|error| away(&error))?;
        // After the vault was gone through: a commit that came meanwhile may say that a record is another case's.
        room.catch_up().await?;
        let mut removed = 0;
        for one in &due {
            // A concern that is linked to the case stands in a file of its own.
            let linked = concerns::of_case(&room.views, one.case).into_iter();
            let is_there = |(record, file): &(Uuid, Key)| written.get(&file.to_string()).is_some_and(|here| here.contains(record));
            let linked: Vec<Uuid> = linked.filter(is_there).map(|(record, _)| record).collect();
            if linked.is_empty() && !written.contains_key(&one.file.to_string()) {
                continue;
            }
            // By the leader: what was opened again a moment ago is in use. A file that cannot be read now is swept another day.
            let state = match room.runtime.state(one.file).await {
                Ok(Some(state)) if !state.case(one.case).is_some_and(intake_domain::Case::is_open) => state,
                _ => continue,
            };
            for record in linked.iter().copied() {
                let officer = crate::returns::SERVICE.to_owned();
                let line = Erased { record, case: Some(one.case), ground: Ground::Retention, officer, erased_at: now };
                vault.erase(&line, &[]).await.map_err(|error| away(&error))?;
                removed += 1;
            }
            concerns::forgotten(room, one.case, &linked).await;
            let Some(here) = written.remove(&one.file.to_string()) else { continue };
            let of_others = state.cases.iter().filter(|case| case.id != one.case);
            let named: BTreeSet<Uuid> = of_others.clone().flat_map(|case| views::all_records_of_case(&room.views, case.id)).collect();
            let ours = views::all_records_of_case(&room.views, one.case);
            // What no event of intake names goes with the last case of its file.
            let last = of_others.clone().all(|case| !case.is_open()) && !here.iter().any(|record| named.contains(record));
            let (going, staying): (Vec<_>, Vec<_>) = here.iter().copied().partition(|record| ours.contains(record) || last);
            written.insert(one.file.to_string(), staying);
            for record in going {
                let officer = crate::returns::SERVICE.to_owned();
                let line = Erased { record, case: Some(one.case), ground: Ground::Retention, officer, erased_at: now };
                vault.erase(&line, &here).await.map_err(|error| away(&error))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Result<Retention, String> {
        Retention::parse(text)
    }

    #[test]
    fn the_built_in_terms_are_right_and_end_with_the_day() {
        let built_in = terms(BUILT_IN).unwrap();
        let closed = "2026-03-02T09:00:00Z".parse().unwrap();
        let ends = |outcome| amsterdam_date(built_in.ends(outcome, closed) - 1.hour()).to_string();
        assert_eq!(ends(Outcome::Paid), "2028-03-02");
        assert_eq!(ends(Outcome::Error), "2026-09-02");
    }

    #[test]
    fn wrong_terms_are_told_with_their_line() {
        assert!(terms("version = \"1\"\ndefault = 24\n[months]\npaidd = 24\n").unwrap_err().contains("line 4: no outcome paidd"));
        assert!(terms("version = \"1\"\ndefault = 5\n[months]\n").unwrap_err().contains("6 months"));
        assert!(terms("version = \"1\"\ndefault = 24\n[months]\npaid = 1\n").unwrap_err().contains("6 months"));
        assert_eq!(terms("version = \"1\"\ndefault = 24\nform_hours = 48\n[months]\n").unwrap().form(), SignedDuration::from_hours(48));
        assert!(terms("version = \"1\"\ndefault = 24\nform_hours = 0\n[months]\n").unwrap_err().contains("1 to 168"));
    }
}
