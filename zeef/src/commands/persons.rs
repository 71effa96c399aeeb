//! `zeef persons`: pairs of names at one address of which somebody decides whether they are one person; one person of a case; and what
//! that person allows and does not want.

use kernel::{CaseId, Gemeentecode, PersonId};
use proto::intake::v1::{self as pb, JudgePairRequest, ListPairsRequest, OpenPairRequest, OpenPersonRequest};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    commands::wishes::{Consent, Lift, Refuse, Restrict, Wishes},
    out::Out,
    reach::{Head, Reach, print_position},
    words,
};

/// Persons.
#[derive(clap::Args)]
pub struct Persons {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The queue: pairs that may be one person, and why. No names.
    Pairs {
        /// One municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
    },
    /// The names of a pair, with what speaks for and against; the look is logged.
    Open {
        #[command(flatten)]
        pair: Pair,
        /// A code from the register of purposes.
        #[arg(long, default_value = "matching")]
        purpose: String,
    },
    /// One person of a case, with what the reports about that person said and nobody else's; the look is logged.
    Show {
        /// The case.
        case: CaseId,
        /// The person, as `zeef signals list` names it.
        person: PersonId,
        /// A code from the register of purposes.
        #[arg(long, default_value = "contact")]
        purpose: String,
    },
    /// What one person said of a consent (AVG art. 7).
    Consent(Consent),
    /// One person is not contacted as others are. Another's plan is not touched, and no clock stops.
    Restrict(Box<Restrict>),
    /// A contact restriction holds no longer.
    Lift(Lift),
    /// One person refuses help; another's goes on.
    Refuse(Refuse),
    /// What the persons of a case allow and do not want: codes and dates.
    Wishes(Wishes),
    /// Decides that they are one person, or two. It can be decided otherwise later.
    Judge {
        #[command(flatten)]
        pair: Pair,
        /// What they are.
        #[arg(value_parser = ["same", "different"])]
        verdict: String,
        #[command(flatten)]
        head: Head,
    },
}

#[derive(clap::Args)]
struct Pair {
    /// The case, as `zeef persons pairs` names it.
    case: CaseId,
    /// The one.
    one: PersonId,
    /// The other.
    other: PersonId,
}

/// `zeef persons pairs --json`.
#[derive(Serialize, JsonSchema)]
pub struct PairsAnswer {
    pairs: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    case_id: String,
    gemeentecode: String,
    /// Who was known first.
    one_id: String,
    other_id: String,
    /// Why there is doubt: codes.
    reasons: Vec<String>,
    /// RFC 3339.
    since: String,
}

/// `zeef persons show --json`.
#[derive(Serialize, JsonSchema)]
pub struct PersonAnswer {
    /// Every way in which the name was written.
    names: Vec<String>,
    /// Street, number, postcode and place.
    address: String,
    phones: Vec<String>,
    emails: Vec<String>,
    /// Vault records that were opened.
    records: Vec<String>,
}

/// `zeef persons open --json`.
#[derive(Serialize, JsonSchema)]
pub struct PairAnswer {
    /// Every way in which the name was written.
    one: Vec<String>,
    other: Vec<String>,
    /// "same", "doubtful" or "different"; empty when a name was erased.
    verdict: String,
    /// Why: codes.
    reasons: Vec<String>,
}

impl Persons {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        match self.what {
            What::Pairs { gemeente } => pairs(&self.reach, &mut out, gemeente).await?,
            What::Open { pair, purpose } => open(&self.reach, &mut out, &pair, purpose).await?,
            What::Show { case, person, purpose } => show(&self.reach, &mut out, case, person, purpose).await?,
            What::Consent(consent) => consent.run(&self.reach, &mut out).await?,
            What::Restrict(restrict) => restrict.run(&self.reach, &mut out).await?,
            What::Lift(lift) => lift.run(&self.reach, &mut out).await?,
            What::Refuse(refuse) => refuse.run(&self.reach, &mut out).await?,
            What::Wishes(wishes) => wishes.run(&self.reach, &mut out).await?,
            What::Judge { pair, verdict, head } => {
                let command = head.command();
                let id = command.request_id.clone();
                let request = JudgePairRequest {
                    command: Some(command),
                    case_id: pair.case.to_string(),
                    one_id: pair.one.to_string(),
                    other_id: pair.other.to_string(),
                    same: verdict == "same",
                };
                let done = self.reach.intake().await?.judge_pair(request).await.map_err(|status| Failure::said_of(&status, &id))?;
                print_position(&mut out, done.into_inner().position.as_ref())?;
            }
        }
        out.flush()
    }
}

async fn pairs(reach: &Reach, out: &mut Out, gemeente: Option<Gemeentecode>) -> Result<(), Failure> {
    let gemeentecode = gemeente.map(|code| code.to_string()).unwrap_or_default();
    let (mut intake, at_least) = (reach.intake().await?, reach.at_least("intake")?);
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        let request = ListPairsRequest { gemeentecode: gemeentecode.clone(), at_least: at_least.clone(), page: Some(page) };
        let told = intake.list_pairs(request).await?.into_inner();
        pages.add(told.pairs, told.next_token);
    }
    let pairs = pages.rows;
    if out.json() {
        let pairs = pairs.into_iter().map(|pair| Row {
            case_id: pair.case_id,
            gemeentecode: pair.gemeentecode,
            one_id: pair.one_id,
            other_id: pair.other_id,
            reasons: pair.reasons,
            since: pair.since,
        });
        return out.document(&PairsAnswer { pairs: pairs.collect() });
    }
    out.table(
        &["Zaak", "Gemeente", "De een", "De ander", "Waarom twijfel", "Sinds"],
        pairs.into_iter().map(|pair| {
            let (reasons, since) = (pair.reason_texts.join("; "), words::moment(&pair.since));
            vec![pair.case_id, pair.gemeentecode, pair.one_id, pair.other_id, reasons, since]
        }),
        "Geen twijfelgevallen.",
    )
}

async fn open(reach: &Reach, out: &mut Out, pair: &Pair, purpose: String) -> Result<(), Failure> {
    let request =
        OpenPairRequest { case_id: pair.case.to_string(), one_id: pair.one.to_string(), other_id: pair.other.to_string(), purpose };
    let told = reach.intake().await?.open_pair(request).await?.into_inner();
    let names = |persons: Vec<pb::Person>| -> Vec<String> { persons.into_iter().map(name).collect() };
    let (one, other) = (names(told.one), names(told.other));
    if out.json() {
        return out.document(&PairAnswer { one, other, verdict: told.verdict, reasons: told.reasons });
    }
    for (who, names) in [("De een", one), ("De ander", other)] {
        out.line(format!("{who:9} {}", if names.is_empty() { "(gewist)".to_owned() } else { names.join(" / ") }))?;
    }
    let because = if told.reason_texts.is_empty() { String::new() } else { format!(": {}", told.reason_texts.join("; ")) };
    out.line(format!("Zeef      {}{because}", if told.verdict_text.is_empty() { "kan niet vergelijken" } else { &told.verdict_text }))
}

async fn show(reach: &Reach, out: &mut Out, case: CaseId, person: PersonId, purpose: String) -> Result<(), Failure> {
    let request = OpenPersonRequest { case_id: case.to_string(), person_id: person.to_string(), purpose };
    let told = reach.intake().await?.open_person(request).await?.into_inner();
    let address = told.address.unwrap_or_default();
    let address = format!("{} {}{}, {} {}", address.street, address.house_number, address.addition, address.postcode, address.place);
    let some = |of: fn(&pb::Person) -> &String| -> Vec<String> {
        let mut known: Vec<String> = Vec::new();
        for text in told.persons.iter().map(of).filter(|text| !text.is_empty()) {
            if !known.contains(text) {
                known.push(text.clone());
            }
        }
        known
    };
    let (phones, emails) = (some(|person| &person.phone), some(|person| &person.email));
    let names: Vec<String> = told.persons.into_iter().map(name).collect();
    if out.json() {
        let records = told.records.into_iter().map(|record| record.vault_id).collect();
        return out.document(&PersonAnswer { names, address, phones, emails, records });
    }
    for (what, told) in [("Naam", names), ("Adres", vec![address]), ("Telefoon", phones), ("E-mail", emails)] {
        if !told.is_empty() {
            out.line(format!("{what:9} {}", told.join(" / ")))?;
        }
    }
    Ok(())
}

fn name(person: pb::Person) -> String {
    let parts = [person.initials, person.infix, person.surname];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
