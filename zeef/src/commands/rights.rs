//! `zeef rights`: what a person may ask of what is kept about them (AVG art. 15 and 17).

use kernel::{CaseId, Cents, PersonId};
use proto::intake::v1::{AccessRequest, EraseRequest, PartnerKind};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, commands::vault::Looks, out::Out, reach::Reach};

/// Rights of the people in a case.
#[derive(clap::Args)]
pub struct Rights {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

/// Whose.
#[derive(clap::Args)]
struct Whose {
    /// The case.
    #[arg(value_name = "CASE")]
    case: CaseId,
    /// One person of it.
    #[arg(long, value_name = "ID")]
    person: Option<PersonId>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Everything that is kept, and who looked at it (AVG art. 15).
    Access {
        #[command(flatten)]
        whose: Whose,
    },
    /// A decision to erase (AVG art. 17). It cannot be undone.
    Erase {
        #[command(flatten)]
        whose: Whose,
        /// Why (art. 17(1) a to e).
        #[arg(long, value_parser = ["not-needed", "consent-withdrawn", "objection", "unlawful", "legal-duty"])]
        ground: String,
    },
}

/// `zeef rights access --json`.
#[derive(Serialize, JsonSchema)]
pub struct AccessAnswer {
    records: Vec<Kept>,
    #[serde(flatten)]
    looks: Looks,
}

/// What the vault keeps in one record.
#[derive(Serialize, JsonSchema)]
struct Kept {
    record_id: String,
    person_id: Option<String>,
    /// Street, number and place on one line.
    address: String,
    name: String,
    phone: String,
    email: String,
    /// The partner's own reference.
    reference: String,
    /// Of the partner; none when it did not come with a report.
    kind: Option<String>,
    amount_cents: i64,
    /// RFC 3339.
    received_at: String,
    holds: bool,
}

impl Rights {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let mut client = self.reach.rights().await?;
        let text = |whose: &Whose| (whose.case.to_string(), whose.person.map(|id| id.to_string()).unwrap_or_default());
        match &self.what {
            What::Access { whose } => {
                let (case_id, person_id) = text(whose);
                let answer = client.access(AccessRequest { case_id, person_id }).await?.into_inner();
                let answer = AccessAnswer { records: answer.records.into_iter().map(kept).collect(), looks: Looks::of(&answer.looks)? };
                show(&mut out, &answer)?;
            }
            What::Erase { whose, ground } => {
                let (case_id, person_id) = text(whose);
                let erased = client.erase(EraseRequest { case_id, person_id, ground: ground.clone() }).await?.into_inner().record_ids;
                if out.json() {
                    out.document(&serde_json::json!({ "record_ids": erased }))?;
                } else {
                    out.line(format!("gewist: {} kluisrecords; hun sleutels worden vernietigd als dit tijdvak eindigt", erased.len()))?;
                }
            }
        }
        out.flush()
    }
}

fn show(out: &mut Out, answer: &AccessAnswer) -> Result<(), Failure> {
    if out.json() {
        return out.document(answer);
    }
    let headings = ["Naam", "Adres", "Telefoon", "E-mail", "Kenmerk", "Bedrag", "Ontvangen", "Geldt"];
    let rows = answer.records.iter().map(|kept| {
        let amount = if kept.kind.is_some() { Cents(kept.amount_cents).to_string() } else { String::new() };
        let holds = if kept.holds { "ja" } else { "nee" }.to_owned();
        let text = |text: &String| text.clone();
        vec![
            text(&kept.name),
            text(&kept.address),
            text(&kept.phone),
            text(&kept.email),
            text(&kept.reference),
            amount,
            text(&kept.received_at),
            holds,
        ]
    });
    out.table(&headings, rows, "Van deze zaak wordt niets bewaard.")?;
    answer.looks.table(out)
}

fn kept(record: proto::intake::v1::KeptRecord) -> Kept {
    let kind = match record.kind() {
        PartnerKind::Unspecified => None,
        kind => Some(kind.as_str_name().trim_start_matches("PARTNER_KIND_").to_lowercase()),
    };
    let line = |parts: &[&str]| parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let (address, person) = (record.address.unwrap_or_default(), record.person.unwrap_or_default());
    Kept {
        record_id: record.record_id,
        person_id: Some(record.person_id).filter(|id| !id.is_empty()),
        address: line(&[&address.street, &address.house_number, &address.addition, &address.postcode, &address.place]),
        name: line(&[&person.initials, &person.infix, &person.surname]),
        phone: person.phone,
        email: person.email,
        reference: record.reference,
        kind,
        amount_cents: record.amount_cents,
        received_at: record.received_at,
        holds: record.holds,
    }
}
