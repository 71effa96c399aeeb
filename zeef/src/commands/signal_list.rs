//! `zeef signals list`: the signals of a case, and how each stands among the others about its address.

use kernel::{Arrears, CaseId, Cents, PersonId};
use proto::intake::v1::ListSignalsRequest;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, reach::Reach, words};

/// The signals of a case.
#[derive(clap::Args)]
pub struct List {
    /// The case.
    case: CaseId,
    /// Only those about this person: a household member's debts are the member's own.
    #[arg(long, value_name = "PERSON")]
    person: Option<PersonId>,
}

/// `zeef signals list --json`.
#[derive(Serialize, JsonSchema)]
pub struct SignalsAnswer {
    signals: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    signal_id: String,
    /// Empty of what came in before persons were told apart.
    person_id: String,
    /// "rent", "energy", "water", "health", "mortgage" or "municipal-tax".
    kind: String,
    organisation: String,
    /// Rounded down to full tens of euros: the exact amount is in the vault.
    amount_cents: i64,
    /// ISO 8601.
    signal_date: Option<String>,
    /// The first receipt, RFC 3339.
    received_at: String,
    /// "single", "multiple", "consecutive" or "multiple-consecutive".
    class: String,
    /// "same-or-lower" or "higher" when the same arrears were reported before; empty otherwise.
    repeats: String,
    /// A repeat that was not taken up.
    skipped: bool,
    /// Why it was taken back; empty while it stands.
    withdrawn: String,
    /// How many files came with it and are kept.
    evidence: u32,
}

impl List {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let request = ListSignalsRequest {
            case_id: self.case.to_string(),
            person_id: self.person.map(|person| person.to_string()).unwrap_or_default(),
            at_least: reach.at_least("intake")?,
        };
        let signals = reach.intake().await?.list_signals(request).await?.into_inner().signals;
        if out.json() {
            let signals = signals.into_iter().map(|one| Row {
                signal_date: words::iso(one.signal_date.as_ref()),
                signal_id: one.signal_id,
                person_id: one.person_id,
                kind: one.kind,
                organisation: one.organisation,
                amount_cents: one.amount_cents,
                received_at: one.received_at,
                class: one.class,
                repeats: one.repeats,
                skipped: one.skipped,
                withdrawn: one.withdrawn,
                evidence: one.evidence,
            });
            out.document(&SignalsAnswer { signals: signals.collect() })?;
        } else {
            out.table(
                &[
                    "Signaal",
                    "Persoon",
                    "Melder",
                    "Soort",
                    "Achterstand",
                    "Van",
                    "Ontvangen",
                    "Klasse",
                    "Herhaalde melding",
                    "Ingetrokken",
                    "Bewijsstukken",
                ],
                signals.into_iter().map(|one| {
                    let (on, received) = (words::day(one.signal_date.as_ref()), words::moment(&one.received_at));
                    let amount = Arrears::of(Cents(one.amount_cents)).to_string();
                    let [kind, class, repeats, withdrawn] =
                        [one.kind, one.class, one.repeats, one.withdrawn].map(|code| dutch(&code).to_owned());
                    let repeats = if one.skipped { "ja, niet opgepakt".to_owned() } else { repeats };
                    let evidence = if one.evidence == 0 { String::new() } else { one.evidence.to_string() };
                    vec![one.signal_id, one.person_id, one.organisation, kind, amount, on, received, class, repeats, withdrawn, evidence]
                }),
                "Geen signalen.",
            )?;
        }
        out.flush()
    }
}

fn dutch(code: &str) -> &str {
    match code {
        "rent" => "huur",
        "energy" => "energie",
        "water" => "drinkwater",
        "health" => "zorgverzekering",
        "mortgage" => "hypotheek",
        "municipal-tax" => "gemeentelijke belasting",
        "single" => "enkelvoudig",
        "multiple" => "meervoudig",
        "consecutive" => "opeenvolgend",
        "multiple-consecutive" => "meervoudig en opeenvolgend",
        "same-or-lower" => "ja, niet hoger",
        "higher" => "ja, hoger",
        "error" => "ten onrechte gemeld",
        "deceased" => "overleden",
        "not-resident" => "woont daar niet (meer)",
        "paid" => "betaald",
        other => other,
    }
}
