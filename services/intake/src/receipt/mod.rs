//! The receipt (*meldbewijs*) of a report: what it says, and its one way of being written. What was declared, never a judgment.
//!
//! A receipt is not stored: its facts are in the commit and the vault, and it is signed when somebody asks for it. The same
//! facts and key give the same bytes, for Ed25519 is deterministic and the text is canonical (RFC 8785: keys sorted, no blanks).

pub mod check;
pub mod issue;
pub mod keys;
pub mod paper;
pub mod words;

use intake_domain::{Duties, Duty, PartnerKind, Shown, TenantAnswer};
use jiff::{Timestamp, civil::Date};
use kernel::{Cents, days::amsterdam};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::LETTERS,
    vault::{Household, KeptFile},
};

/// The format that this release writes and checks.
pub const FORMAT: &str = "zeef-meldbewijs/1";

/// A signed receipt (*meldbewijs*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What is signed.
    pub document: Document,
    /// Ed25519 (RFC 8032) over the canonical text of `document`; 128 hexadecimal digits.
    pub signature: String,
}

/// What a receipt says. The fields stand in the order of their names: that is the canonical order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// SHA-256 that the journal gives the commit of this report; absent when nothing was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha256: Option<String>,
    /// What the partner declared; absent when nothing was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// Of a correction: when the report that it corrects had come in. The terms run from that moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_received_at: Option<String>,
    /// Of a report by web form: when the last byte of the form had arrived. `received_at` is when its sender confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_received_at: Option<String>,
    /// `zeef-meldbewijs/1`.
    pub format: String,
    /// The municipality that the report was made to.
    pub gemeentecode: String,
    /// The key it is signed with.
    pub key: String,
    /// Who reports: `rent`, `energy`, `water`, `health`.
    pub kind: String,
    /// Code of the partner.
    pub organisation: String,
    /// Whether the report was taken in, or offered and blocked.
    pub outcome: Outcome,
    /// Tells nothing about the case; absent when nothing was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_id: Option<String>,
    /// Arrival of the last byte, RFC 3339 with the offset of Europe/Amsterdam.
    pub received_at: String,
    /// The partner's own reference.
    pub reference: String,
    /// The receipt that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Of a report by web form: whom it is about and who made it, as its sender wrote it. Other partners know that from their reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// SHA-256 of what was sent: the message `zeef.intake.v1.Signal`, as protobuf bytes.
    pub sent_sha256: String,
}

/// Whom a report by web form is about and who made it, as its sender wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// Address of the home.
    pub address: String,
    /// The landlord.
    pub landlord: String,
    /// The tenant.
    pub tenant: String,
}

impl Sent {
    /// Of a report by web form; `None` when it came in otherwise.
    pub fn of(household: &Household) -> Option<Self> {
        if household.form_received_at.is_empty() {
            return None;
        }
        let (address, person) = (household.address.clone().unwrap_or_default(), household.person.clone().unwrap_or_default());
        let door = joined(&[&address.street, &address.house_number, &address.addition]);
        let place = joined(&[&address.postcode, &address.place]);
        Some(Self {
            address: [door, place].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            landlord: household.landlord_name.clone(),
            tenant: joined(&[&person.initials, &person.infix, &person.surname]),
        })
    }
}

fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What became of what was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Taken in.
    Accepted,
    /// The tenant refused (Bgs art. 2 d): nothing of it is stored.
    BlockedByTenant,
}

/// What the partner declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Arrears in cents.
    pub amount_cents: i64,
    /// Since when, year-month-day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrears_since: Option<String>,
    /// The landlord's duties (Bgs art. 2); absent for other partners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duties: Option<DeclaredDuties>,
    /// Date on the report, year-month-day.
    pub signal_date: String,
}

/// The landlord's four duties as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredDuties {
    /// Effort to reach the tenant in person.
    pub a: DeclaredDuty,
    /// Pointed to debt help.
    pub b: DeclaredDuty,
    /// At least one written reminder.
    pub c: DeclaredDuty,
    /// Offered to pass on the contact data, no refusal.
    pub d: DeclaredDuty,
    /// The tenant's answer to the offer of d: `consent`, `silence` or `not-declared`.
    pub tenant_answer: String,
}

/// One duty as declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredDuty {
    /// It was declared with evidence (*bewijsstuk*): SHA-256 of each file that came with the report by web form. The files are with the
    /// municipality and the landlord, not here; what they are worth is for the judge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence_sha256: Vec<String>,
    /// The day it was met, year-month-day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// `met`, `not-met`; or `not-declared` (*niet verklaard*): nothing was said, it is unknown, or the evidence is missing.
    pub status: String,
}

impl DeclaredDuties {
    /// With the files that came with the report, in the order in which they came.
    fn shown_by(&mut self, files: &[KeptFile]) {
        for (duty, letter) in [&mut self.a, &mut self.b, &mut self.c, &mut self.d].into_iter().zip(LETTERS) {
            let files = files.iter().filter(|file| file.duty == letter);
            duty.evidence_sha256 = files.map(|file| hex::encode(&file.sha256)).collect();
        }
    }
}

/// Something declared that a receipt does not hold for declared.
pub const NOT_DECLARED: &str = "not-declared";

impl Declared {
    /// From what the event holds, and the exact amount.
    pub fn of(kind: PartnerKind, amount: Cents, arrears_since: Option<Date>, signal_date: Date, duties: &Duties) -> Self {
        let duties = (kind == PartnerKind::Rent).then(|| {
            let [a, b, c, d] = duties.each.map(duty);
            let tenant_answer = match duties.answer {
                TenantAnswer::Unsaid => NOT_DECLARED,
                answer @ (TenantAnswer::Consent | TenantAnswer::Silence) => answer.code(),
            };
            DeclaredDuties { a, b, c, d, tenant_answer: tenant_answer.to_owned() }
        });
        Self {
            amount_cents: amount.0,
            arrears_since: arrears_since.map(|day| day.to_string()),
            duties,
            signal_date: signal_date.to_string(),
        }
    }
}

fn duty(duty: Duty) -> DeclaredDuty {
    let status = match duty.shown {
        Shown::Met | Shown::NotMet => duty.shown.code(),
        Shown::Unsaid | Shown::Unknown | Shown::EvidenceMissing => NOT_DECLARED,
    };
    DeclaredDuty { evidence_sha256: Vec::new(), on: duty.on.map(|day| day.to_string()), status: status.to_owned() }
}

/// A moment as a receipt writes it.
pub fn moment(at: Timestamp) -> String {
    at.to_zoned(amsterdam().clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// The canonical text: the same value always has the same bytes.
///
/// # Errors
/// Never for the types of this module: they hold strings, integers and objects with fixed keys only.
pub fn canonical(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
