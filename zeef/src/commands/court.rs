//! `zeef court`: hearings, violations, facts of others, our own decisions.

use jiff::civil::Date;
use kernel::{CaseId, Gemeentecode};
use proto::{
    common::v1 as pb,
    court_liaison::v1::{
        self as court, AskAdministrationRequest, ListHearingsRequest, ListViolationsRequest, RecordFactRequest, ResumeTrackRequest,
    },
    intake::v1::{Address, KeepAddressRequest, Person},
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    commands::outreach::On,
    out::Out,
    parse,
    player::facts::{self, Details},
    reach::{Head, Reach, print_position},
    words::{self, dutch_day},
};

/// The legal track.
#[derive(clap::Args)]
pub struct Court {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The hearing list of a court and day.
    Hearings {
        /// Court location, for example Utrecht; every court without it.
        #[arg(long)]
        court: Option<String>,
        /// The day; every day without it.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        on: Option<Date>,
    },
    /// What was out of order, and who looks at it.
    Violations,
    /// A fact of a landlord, bailiff, court or resident: always recorded, also out of order.
    #[command(after_long_help = facts::HELP)]
    Fact(Box<FactArgs>),
    /// Our decision: ask the court for protective administration (BW 1:432 lid 2).
    Administration {
        #[command(flatten)]
        on: On,
        /// Staff id of the second officer, who agrees.
        #[arg(long, value_name = "ID")]
        second_officer: String,
    },
    /// Our decision: take up a paused legal track again.
    Resume {
        #[command(flatten)]
        on: On,
    },
}

#[derive(clap::Args)]
struct FactArgs {
    /// Which fact; `zeef court fact --help` lists them.
    what: String,
    /// Its details, each as name=value, for example court=Utrecht on=2026-03-03 time=10:30.
    #[arg(value_name = "NAME=VALUE")]
    details: Vec<String>,
    /// The case; without it the household is one that nobody knew, and a case is made.
    #[arg(long, value_name = "CASE")]
    case: Option<CaseId>,
    /// The municipality; asked of the desk when only the case is given.
    #[arg(long, value_name = "GEMEENTECODE", required_unless_present = "case")]
    gemeente: Option<Gemeentecode>,
    /// Street of a household that nobody knew; kept in the vault.
    #[arg(long, requires_all = ["house_number", "postcode", "place"], conflicts_with = "case")]
    street: Option<String>,
    /// Its house number.
    #[arg(long)]
    house_number: Option<String>,
    /// Its postcode.
    #[arg(long)]
    postcode: Option<String>,
    /// Its place.
    #[arg(long)]
    place: Option<String>,
    /// Surname of the tenant, when the writ tells it.
    #[arg(long)]
    surname: Option<String>,
    #[command(flatten)]
    head: Head,
}

/// `zeef court hearings --json`.
#[derive(Serialize, JsonSchema)]
pub struct HearingsAnswer {
    hearings: Vec<Hearing>,
}

#[derive(Serialize, JsonSchema)]
struct Hearing {
    court: String,
    /// ISO 8601.
    on: Option<String>,
    /// hh:mm, Europe/Amsterdam.
    time: String,
    case_id: String,
    gemeentecode: String,
    held: bool,
}

/// `zeef court violations --json`.
#[derive(Serialize, JsonSchema)]
pub struct ViolationsAnswer {
    violations: Vec<Violation>,
}

#[derive(Serialize, JsonSchema)]
struct Violation {
    code: String,
    /// Dutch.
    text: String,
    /// Role code of who looks at it.
    owner: String,
    case_id: String,
    gemeentecode: String,
    /// RFC 3339.
    at: String,
}

impl Court {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        match self.what {
            What::Hearings { court, on } => hearings(&self.reach, &mut out, court, on).await?,
            What::Violations => violations(&self.reach, &mut out).await?,
            What::Fact(args) => fact(&self.reach, &mut out, *args).await?,
            What::Administration { on, second_officer } => {
                let mut client = self.reach.court().await?;
                let (head, case_id) = (on.head.command(), on.case.to_string());
                let gemeentecode = self.reach.gemeente_of(&case_id, on.gemeente).await?;
                let id = head.request_id.clone();
                let request = AskAdministrationRequest { command: Some(head), case_id, gemeentecode, second_officer };
                let answer = client.ask_administration(request).await.map_err(|status| Failure::said_of(&status, &id))?;
                print_position(&mut out, answer.into_inner().position.as_ref())?;
            }
            What::Resume { on } => {
                let mut client = self.reach.court().await?;
                let (head, case_id) = (on.head.command(), on.case.to_string());
                let gemeentecode = self.reach.gemeente_of(&case_id, on.gemeente).await?;
                let id = head.request_id.clone();
                let request = ResumeTrackRequest { command: Some(head), case_id, gemeentecode };
                let answer = client.resume_track(request).await.map_err(|status| Failure::said_of(&status, &id))?;
                print_position(&mut out, answer.into_inner().position.as_ref())?;
            }
        }
        out.flush()
    }
}

async fn hearings(reach: &Reach, out: &mut Out, court: Option<String>, on: Option<Date>) -> Result<(), Failure> {
    let mut client = reach.court().await?;
    let mut request = ListHearingsRequest {
        court: court.unwrap_or_default(),
        on: on.map(|on| pb::Date { iso: on.to_string() }),
        page: None,
        at_least: reach.at_least("court-liaison")?,
    };
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_hearings(request.clone()).await?.into_inner();
        pages.add(told.hearings, told.next_token);
    }
    let hearings = pages.rows;
    if out.json() {
        let hearings = hearings
            .into_iter()
            .map(|h| Hearing {
                on: words::iso(h.on.as_ref()),
                court: h.court,
                time: h.time,
                case_id: h.case_id,
                gemeentecode: h.gemeentecode,
                held: h.held,
            })
            .collect();
        return out.document(&HearingsAnswer { hearings });
    }
    out.table(
        &["Rechtbank", "Dag", "Tijd", "Zaak", "Gemeente", "Gehouden"],
        hearings.into_iter().map(|h| {
            let (day, held) = (words::day(h.on.as_ref()), if h.held { "ja" } else { "nee" });
            vec![h.court, day, h.time, h.case_id, h.gemeentecode, held.to_owned()]
        }),
        &on.map_or_else(|| "Geen zittingen.".to_owned(), |on| format!("Geen zittingen op {}.", dutch_day(on))),
    )
}

async fn violations(reach: &Reach, out: &mut Out) -> Result<(), Failure> {
    let mut client = reach.court().await?;
    let mut request = ListViolationsRequest { page: None, at_least: reach.at_least("court-liaison")? };
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_violations(request.clone()).await?.into_inner();
        pages.add(told.violations, told.next_token);
    }
    let violations = pages.rows;
    if out.json() {
        return out.document(&ViolationsAnswer { violations: violations.into_iter().map(violation).collect() });
    }
    violation_table(out, violations, "Niets is buiten de orde.")
}

async fn fact(reach: &Reach, out: &mut Out, args: FactArgs) -> Result<(), Failure> {
    let details = Details::of(&args.details).map_err(Failure::usage)?;
    let fact = facts::fact(&args.what, &details).map_err(|error| Failure::usage(format!("{error}\n\n{}", facts::HELP)))?;
    let head = args.head.command();
    let id = head.request_id.clone();
    let mut request = RecordFactRequest { command: Some(head), fact: Some(fact), ..RecordFactRequest::default() };
    match args.case {
        Some(case) => {
            request.case_id = case.to_string();
            request.gemeentecode = reach.gemeente_of(&request.case_id, args.gemeente).await?;
            let known = proto::desk::v1::GetCaseRequest { case_id: request.case_id.clone(), at_least: reach.at_least_all() };
            request.file_key = reach.desk().await?.get_case(known).await?.into_inner().file_key;
        }
        None => {
            request.gemeentecode = args.gemeente.map(|code| code.to_string()).unwrap_or_default();
            if let (Some(street), Some(house_number), Some(postcode), Some(place)) =
                (args.street, args.house_number, args.postcode, args.place)
            {
                let address = Address { street, house_number, postcode, place, ..Address::default() };
                let person = args.surname.map(|surname| Person { surname, ..Person::default() });
                // Derived from the fact's own id, so that a repeat keeps the address once.
                let keep = args.head.derived(&id, "address");
                let keep =
                    KeepAddressRequest { command: Some(keep), gemeentecode: request.gemeentecode.clone(), address: Some(address), person };
                let kept = reach.intake().await?.keep_address(keep).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
                (request.vault_id, request.case_id, request.file_key) = (kept.vault_id, kept.case_id, kept.file_key);
            }
        }
    }
    let answer = reach.court().await?.record_fact(request).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
    if !out.json() {
        out.line(format!("zaak: {}", answer.case_id))?;
        if !answer.violations.is_empty() {
            out.line("Vastgelegd; buiten de orde, voor zover bekend:")?;
            violation_table(out, answer.violations, "")?;
        }
        if let Some(objection) = answer.objection {
            out.line(objection.text)?;
        }
        return print_position(out, answer.position.as_ref());
    }
    let position = answer.position.map(|p| format!("{}@{}", p.context, p.sequence));
    let violations: Vec<Violation> = answer.violations.into_iter().map(violation).collect();
    let objection = answer.objection.map(|o| serde_json::json!({ "until": words::iso(o.until.as_ref()), "text": o.text }));
    out.document(&serde_json::json!({ "case_id": answer.case_id, "violations": violations, "objection": objection, "position": position }))
}

fn violation_table(out: &mut Out, violations: Vec<court::Violation>, nothing: &str) -> Result<(), Failure> {
    out.table(
        &["Wanneer", "Zaak", "Gemeente", "Wat", "Bij wie"],
        violations.into_iter().map(|v| vec![words::moment(&v.at), v.case_id, v.gemeentecode, v.text, v.owner]),
        nothing,
    )
}

fn violation(v: court::Violation) -> Violation {
    Violation { code: v.code, text: v.text, owner: v.owner, case_id: v.case_id, gemeentecode: v.gemeentecode, at: v.at }
}
