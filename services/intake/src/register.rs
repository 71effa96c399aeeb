//! The register of agreements (*convenantregister*): which partner reports what to whom and under which agreement, local threshold
//! amounts, and experiments with their legal basis. `partners.toml` in the policies directory; without that file no register is
//! kept and nobody is refused for want of an agreement.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use intake_domain::{Below, PartnerKind};
use jiff::{ToSpan, civil::Date};
use kernel::{Cents, Gemeentecode};
use proto::intake::v1 as pb;
use serde::Deserialize;

use crate::check::{Checked, fault};

/// The file in the policies directory.
pub const FILE: &str = "partners.toml";

/// A register that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There, and cannot be read.
    #[error("cannot read the register {file}")]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not what a register looks like; the text has the line or the partner.
    #[error("register {file}: {fault}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        fault: String,
    },
}

/// A kind of partner by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Kind(PartnerKind);
impl TryFrom<String> for Kind {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        let known = || PartnerKind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ");
        PartnerKind::from_code(&code).map(Self).ok_or_else(|| format!("kind {code:?}: one of {} expected", known()))
    }
}

/// A day as 2026-03-02.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Day(Date);
impl TryFrom<String> for Day {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("{text:?}: a day as 2026-03-02 expected"))
    }
}

/// An agreement with a partner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Code of the partner's organisation, as in its token.
    pub code: String,
    /// Its name.
    pub name: String,
    kinds: Vec<Kind>,
    municipalities: Vec<Gemeentecode>,
    /// Number of the agreement.
    pub agreement: String,
    from: Day,
    /// The last day; open when there is none.
    until: Option<Day>,
    /// May send a citizen service number (Wabb art. 10): insurers and municipalities.
    #[serde(default)]
    bsn: bool,
    /// The role that keeps up with this partner; never a person.
    pub contact: String,
}

impl Agreement {
    fn is_in_force(&self, day: Date) -> bool {
        self.from.0 <= day && self.until.is_none_or(|until| day <= until.0)
    }

    /// What it is about, in one line.
    pub fn scope(&self) -> (String, String, String) {
        let kinds = self.kinds.iter().map(|kind| kind.0.code()).collect::<Vec<_>>().join(", ");
        let places = self.municipalities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let until = self.until.map(|until| until.0.to_string()).unwrap_or_default();
        (kinds, places, format!("{} - {until}", self.from.0))
    }
}

/// A local threshold amount (*drempelbedrag*).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    municipality: Gemeentecode,
    kinds: Vec<Kind>,
    amount_cents: i64,
}

/// Reports of a kind that no Act names, for as long as a regulation allows them (*experiment*).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Experiment {
    kind: Kind,
    basis: String,
    from: Day,
    until: Day,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: String,
    #[serde(default, rename = "partner")]
    partners: Vec<Agreement>,
    #[serde(default, rename = "threshold")]
    thresholds: Vec<Threshold>,
    #[serde(default, rename = "experiment")]
    experiments: Vec<Experiment>,
}

/// The register, when one is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register(Option<Kept>);

impl Register {
    /// Reads `partners.toml` of the policies directory.
    ///
    /// # Errors
    /// [`RegisterError`], with the file and what is wrong.
    pub fn from_dir(dir: &Path) -> Result<Self, RegisterError> {
        let file = dir.join(FILE);
        match fs::read_to_string(&file) {
            Ok(text) => Self::parse(&text).map_err(|fault| RegisterError::Wrong { file, fault }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(RegisterError::Unreadable { file, source }),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let kept: Kept = toml::from_str(text).map_err(|error| error.to_string())?;
        for one in &kept.partners {
            let said = |what: &str| format!("partner {} ({}): {what}", one.code, one.agreement);
            if one.kinds.is_empty() || one.municipalities.is_empty() {
                return Err(said("names no kind or no municipality"));
            }
            if one.until.is_some_and(|until| until < one.from) {
                return Err(said("ends before it begins"));
            }
            if one.bsn && one.kinds.iter().any(|kind| kind.0 != PartnerKind::Health) {
                return Err(said("may not send a citizen service number: only insurers may (Wabb art. 10)"));
            }
        }
        if let Some(one) = kept.experiments.iter().find(|one| !one.kind.0.needs_experiment()) {
            return Err(format!("experiment {}: that kind rests on the Act itself", one.kind.0.code()));
        }
        if let Some(one) = kept.thresholds.iter().find(|one| one.kinds.contains(&Kind(PartnerKind::Rent))) {
            return Err(format!("threshold of {}: none for rent, a landlord reports any arrears (Bgs art. 2)", one.municipality));
        }
        Ok(Self(Some(kept)))
    }

    /// The version of the text; nothing when no register is kept.
    pub fn version(&self) -> Option<&str> {
        self.0.as_ref().map(|kept| kept.version.as_str())
    }

    /// Every agreement, in the order of the text.
    pub fn agreements(&self) -> &[Agreement] {
        self.0.as_ref().map_or(&[], |kept| &kept.partners)
    }

    /// Whether this partner may send a citizen service number for a report of this kind today. Without a register: insurers.
    pub fn may_use_bsn(&self, partner: &str, kind: Option<PartnerKind>, today: Date) -> bool {
        let insurer = kind == Some(PartnerKind::Health);
        match &self.0 {
            None => insurer,
            Some(kept) => insurer && kept.partners.iter().any(|one| one.code == partner && one.bsn && one.is_in_force(today)),
        }
    }

    /// Whether this partner may report this: a landlord always, for the Act obliges it, also one with a single home (Bgs art. 2);
    /// the others by an agreement in force with that municipality; what no Act names, while an experiment runs.
    ///
    /// # Errors
    /// The reason, for the partner.
    pub fn allows(&self, partner: &str, signal: &Checked, today: Date) -> Result<(), pb::Fault> {
        let kept = self.0.as_ref();
        if signal.kind.needs_experiment() {
            let experiments = kept.map_or(&[][..], |kept| &kept.experiments);
            let running = |one: &&Experiment| one.kind.0 == signal.kind && (one.from.0..=one.until.0).contains(&today);
            if !experiments.iter().any(|one| running(&one)) {
                let known = experiments.iter().find(|one| one.kind.0 == signal.kind);
                let text = known.map_or_else(
                    || "niets: voor deze soort achterstand is er geen wettelijke grondslag om te melden".to_owned(),
                    |one| format!("niets: deze soort mocht worden gemeld van {} tot en met {} ({})", one.from.0, one.until.0, one.basis),
                );
                return Err(fault("kind", "no-legal-basis", text));
            }
        }
        let Some(kept) = kept.filter(|_| signal.kind != PartnerKind::Rent) else { return Ok(()) };
        let covers = |one: &&Agreement| {
            one.code == partner && one.kinds.contains(&Kind(signal.kind)) && one.municipalities.contains(&signal.gemeente)
        };
        let mut agreements = kept.partners.iter().filter(covers).peekable();
        if agreements.peek().is_none() {
            let text = "een soort waarvoor u met deze gemeente een overeenkomst heeft; vraag haar erom";
            return Err(fault("kind", "no-agreement", text));
        }
        if agreements.any(|one| one.is_in_force(today)) {
            return Ok(());
        }
        Err(fault("kind", "agreement-not-in-force", "een soort waarvan uw overeenkomst met deze gemeente nu geldt; vernieuw haar"))
    }

    /// Below what was agreed: accepted all the same, and marked, for the municipality decides whether to take it up.
    pub fn below(&self, signal: &Checked) -> Option<Below> {
        let local = self.0.iter().flat_map(|kept| &kept.thresholds);
        let mut local = local.filter(|one| one.municipality == signal.gemeente && one.kinds.contains(&Kind(signal.kind)));
        if local.any(|one| signal.amount < Cents(one.amount_cents)) {
            return Some(Below::Amount);
        }
        let since = signal.arrears_since?;
        let days = i32::from(signal.kind.covenant_days()?);
        let earliest = since.checked_add(days.days()).ok()?;
        (signal.signal_date < earliest).then_some(Below::Days)
    }
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
