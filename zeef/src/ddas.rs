//! A delivery in the form of DDAS Vroegsignalering v0.9, letter by letter: the names, also the misspelt ones, are the schema's
//! (`docs/ddas`). What is not known is left out.

use proto::{common::v1 as common, desk::v1 as desk, intake::v1 as intake};
use serde::Serialize;

/// The file (*Uitwisselmodel*).
#[derive(Debug, Serialize)]
pub struct Delivery {
    /// First day of the period.
    #[serde(rename = "startdatumLevering")]
    pub from: String,
    /// Last day of the period.
    #[serde(rename = "einddatumLevering")]
    pub to: String,
    /// When the file was made: RFC 3339, UTC.
    #[serde(rename = "aanleverdatumEnTijd")]
    pub made_at: String,
    /// Who supplies the data for the municipalities.
    #[serde(rename = "codeGegevensleverancier")]
    pub supplier: String,
    /// One per municipality.
    #[serde(rename = "leveringen")]
    pub parts: Vec<Part>,
}

/// One municipality's delivery (*levering*).
#[derive(Debug, Serialize)]
pub struct Part {
    /// Counts from 1.
    #[serde(rename = "teller")]
    pub number: usize,
    /// Of the municipality.
    pub gemeentecode: String,
    /// Who delivers.
    #[serde(rename = "aanleverende_organisatie")]
    pub sender: Sender,
    /// Its signals.
    #[serde(rename = "vroegsignalen")]
    pub signals: Vec<Signal>,
    /// Its cases.
    #[serde(rename = "vroegsignaalzaken")]
    pub cases: Vec<Case>,
}

/// Who delivers (*aanleverende organisatie*).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sender {
    /// Name.
    #[serde(rename = "naam", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number in the trade register.
    #[serde(rename = "kvk-nummer", skip_serializing_if = "Option::is_none")]
    pub kvk: Option<String>,
}

/// A signal (*vroegsignaal*).
#[derive(Debug, Serialize)]
pub struct Signal {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "crisissignaal", skip_serializing_if = "Option::is_none")]
    crisis: Option<bool>,
    #[serde(rename = "warmeOverdracht", skip_serializing_if = "Option::is_none")]
    warm_handover: Option<bool>,
    /// Whole euros.
    #[serde(rename = "bedrag")]
    amount: i64,
    #[serde(rename = "ontstaansdatum", skip_serializing_if = "Option::is_none")]
    arrears_since: Option<String>,
    #[serde(rename = "signaaldatum", skip_serializing_if = "Option::is_none")]
    signal_date: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(rename = "signaalpartner")]
    partner: Partner,
    client: Client,
}

#[derive(Debug, Serialize)]
struct Partner {
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    kind: String,
}

/// Who it is about, as the partner told. A citizen service number or a date of birth is not in a report, so not here.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Client {
    #[serde(skip_serializing_if = "String::is_empty")]
    voorletters: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    voorvoegsel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    achternaam: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    straatnaam: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    postcode: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    huisnummer: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    huisnummertoevoeging: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    plaatsnaam: String,
}

/// A case (*vroegsignaalzaak*).
#[derive(Debug, Serialize)]
pub struct Case {
    #[serde(rename = "resultaat", skip_serializing_if = "String::is_empty")]
    result: String,
    #[serde(rename = "matchingsdatum", skip_serializing_if = "Option::is_none")]
    matched_on: Option<String>,
    #[serde(rename = "startdatum_matchtingperiode", skip_serializing_if = "Option::is_none")]
    period_from: Option<String>,
    #[serde(rename = "datum_opgepakt", skip_serializing_if = "Option::is_none")]
    taken_up_on: Option<String>,
    #[serde(rename = "einddatum_matchingperiode", skip_serializing_if = "Option::is_none")]
    period_to: Option<String>,
    #[serde(rename = "vroegsignalen")]
    signals: Vec<SignalId>,
    #[serde(rename = "contactpogingen")]
    attempts: Vec<Attempt>,
}

#[derive(Debug, Serialize)]
struct SignalId {
    #[serde(rename = "ID")]
    id: String,
}

#[derive(Debug, Serialize)]
struct Attempt {
    #[serde(rename = "soort", skip_serializing_if = "String::is_empty")]
    channel: String,
    #[serde(rename = "bereikt")]
    reached: bool,
    #[serde(rename = "datum", skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(rename = "dagdeel", skip_serializing_if = "String::is_empty")]
    daypart: String,
}

fn iso(date: Option<common::Date>) -> Option<String> {
    date.map(|date| date.iso)
}

/// Cents to whole euros, half a euro up.
const fn euros(cents: i64) -> i64 {
    (cents + 50).div_euclid(100)
}

impl Part {
    /// A municipality's delivery, nothing in it yet.
    pub const fn new(number: usize, gemeentecode: String, sender: Sender) -> Self {
        Self { number, gemeentecode, sender, signals: Vec::new(), cases: Vec::new() }
    }

    /// Adds a case with its signals, and who they are about: the records of the vault, as far as they are there.
    pub fn add(&mut self, case: desk::DdasCase, records: &[intake::OpenedRecord]) {
        let ids = case.signals.iter().map(|signal| SignalId { id: signal.signal_id.clone() }).collect();
        self.signals.extend(case.signals.into_iter().map(|signal| {
            let record = records.iter().find(|record| record.vault_id == signal.vault_id);
            // Of who was erased no more is known than the events tell.
            let amount = record.map(|record| record.amount_cents).filter(|exact| *exact != 0).unwrap_or(signal.amount_cents);
            let client = record.map(client).unwrap_or_default();
            Signal {
                id: signal.signal_id,
                crisis: signal.crisis,
                warm_handover: signal.warm_handover,
                amount: euros(amount),
                arrears_since: iso(signal.arrears_since),
                signal_date: iso(signal.signal_date),
                status: signal.status,
                partner: Partner { kind: signal.partner },
                client,
            }
        }));
        self.cases.push(Case {
            result: case.result,
            matched_on: iso(case.matched_on),
            period_from: iso(case.period_from),
            taken_up_on: iso(case.taken_up_on),
            period_to: iso(case.period_to),
            signals: ids,
            attempts: case
                .attempts
                .into_iter()
                .map(|attempt| Attempt {
                    channel: attempt.channel,
                    reached: attempt.reached,
                    on: iso(attempt.on),
                    daypart: attempt.daypart,
                })
                .collect(),
        });
    }
}

fn client(record: &intake::OpenedRecord) -> Client {
    let (address, person) = (record.address.clone().unwrap_or_default(), record.person.clone().unwrap_or_default());
    Client {
        voorletters: person.initials,
        voorvoegsel: person.infix,
        achternaam: person.surname,
        straatnaam: address.street,
        postcode: address.postcode,
        huisnummer: address.house_number,
        huisnummertoevoeging: address.addition,
        plaatsnaam: address.place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_become_whole_euros() {
        assert_eq!([42_910, 42_949, 42_950, 100, 49, 50].map(euros), [429, 429, 430, 1, 0, 1]);
    }
}
