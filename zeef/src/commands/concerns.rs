//! `zeef concerns`: worry about an address, told by somebody who is no creditor.

use std::{fs, io, path::PathBuf};

use kernel::{CaseId, Gemeentecode};
use proto::intake::v1::{
    CloseConcernRequest, ConcernContent, ConcernLine, ConcernResponse, CountConcernsRequest, JudgeDangerRequest, LinkConcernRequest,
    ListConcernsRequest, OpenConcernRequest, RecordConcernRequest, ShareConcernRequest,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;
use uuid::Uuid;

use crate::{
    Failure,
    commands::residents::Home,
    out::Out,
    reach::{Head, Reach, print_position},
    words,
};

/// Concerns.
#[derive(clap::Args)]
pub struct Concerns {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Takes a concern in. No case, no signal; what was told is in the vault only, and goes after thirty days.
    Record {
        #[command(flatten)]
        home: Box<Home>,
        /// By what kind of person.
        #[arg(long, value_parser = ["neighbour", "volunteer", "family", "doctor", "care", "school", "club", "other"])]
        teller: String,
        /// A file with what was told, in the words of who told it; - reads from stdin. Not on the command line: others could read it there.
        #[arg(long, value_name = "FILE")]
        told: PathBuf,
        /// Who told it, when they say so.
        #[arg(long, default_value = "")]
        teller_name: String,
        /// Where they can be asked back.
        #[arg(long, default_value = "")]
        teller_contact: String,
        #[command(flatten)]
        head: Head,
    },
    /// Concerns of which the content is kept, the newest first.
    List {
        /// Of one municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
        /// Also those of which the content is gone.
        #[arg(long)]
        all: bool,
    },
    /// What was told; the look is logged.
    Show {
        /// The concern.
        concern: Uuid,
        /// A code from the register of purposes.
        #[arg(long, default_value = "concern")]
        purpose: String,
    },
    /// There is danger: it is kept until somebody ends that. With --end: there is none any more.
    Danger {
        /// The concern.
        concern: Uuid,
        /// Why there is none any more.
        #[arg(long, value_parser = ["", "resolved", "unfounded", "passed-on", "no-ground"], default_value = "")]
        end: String,
        #[command(flatten)]
        head: Head,
    },
    /// It was shared. From then on it is kept for half a year.
    Share {
        /// The concern.
        concern: Uuid,
        /// With whom.
        #[arg(long, value_parser = ["household", "neighbourhood-team", "debt-help", "public-health", "safe-home", "police"])]
        with: String,
        /// On what ground (AVG art. 6(1)).
        #[arg(long, value_parser = ["consent", "legal-duty", "vital-interest", "public-task"])]
        ground: String,
        #[command(flatten)]
        head: Head,
    },
    /// Links it to an open case, after a formal signal: its content goes when that of the case goes.
    Link {
        /// The concern.
        concern: Uuid,
        /// The case.
        case: CaseId,
        #[command(flatten)]
        head: Head,
    },
    /// Nothing more is done with it: its content goes at once.
    Close {
        /// The concern.
        concern: Uuid,
        /// Why.
        #[arg(long, value_parser = ["resolved", "unfounded", "passed-on", "no-ground"])]
        because: String,
        #[command(flatten)]
        head: Head,
    },
    /// How many, per month and per what became of them; they are in no count of the sieve.
    Count {
        /// Of one municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
    },
}

/// `zeef concerns list --json`.
#[derive(Serialize, JsonSchema)]
pub struct ConcernsAnswer {
    concerns: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    concern_id: String,
    gemeentecode: String,
    /// ISO 8601.
    recorded_on: Option<String>,
    /// "neighbour", "volunteer", "family", "doctor", "care", "school", "club" or "other".
    teller: String,
    /// "open", "danger", "shared", "linked", "closed" or "lapsed".
    state: String,
    /// The content is in the vault.
    kept: bool,
    /// The last day that it is, ISO 8601; none while danger or a case keeps it, and when it is gone.
    kept_until: Option<String>,
    /// Id of who decided about danger; empty otherwise.
    officer: String,
    /// Empty when it was not shared.
    shared_with: String,
    /// The case it is linked to.
    case_id: Option<String>,
    /// Why it was closed; empty otherwise.
    because: String,
}

/// `zeef concerns show --json`.
#[derive(Serialize, JsonSchema)]
pub struct ConcernAnswer {
    concern_id: String,
    gemeentecode: String,
    /// Street, number, postcode and place on one line.
    address: String,
    /// Whom it is about, when that was told; empty otherwise.
    name: String,
    phone: String,
    told: String,
    teller_name: String,
    teller_contact: String,
}

/// `zeef concerns count --json`.
#[derive(Serialize, JsonSchema)]
pub struct ConcernCountsAnswer {
    counts: Vec<Count>,
}

#[derive(Serialize, JsonSchema)]
struct Count {
    /// "2026-03", of the day of recording.
    month: String,
    /// As in the list.
    state: String,
    concerns: u32,
}

impl Concerns {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let mut client = self.reach.concerns().await?;
        let code = |gemeente: Option<Gemeentecode>| gemeente.map(|code| code.to_string()).unwrap_or_default();
        match self.what {
            What::Record { home, teller, told, teller_name, teller_contact, head } => {
                let (address, person) = home.parts();
                let told = read(&told)?;
                let content = ConcernContent { address: Some(address), person, told, teller_name, teller_contact, ..Default::default() };
                let (command, id) = named(&head);
                let asked = RecordConcernRequest { command, teller, content: Some(content) };
                written(&mut out, client.record_concern(asked).await, &id)?;
            }
            What::List { gemeente, all } => {
                let at_least = self.reach.at_least("intake")?;
                let mut pages = Pages::default();
                while let Some(page) = pages.to_ask() {
                    let (at_least, page) = (at_least.clone(), Some(page));
                    let asked = ListConcernsRequest { gemeentecode: code(gemeente), all, at_least, page };
                    let told = client.list_concerns(asked).await?.into_inner();
                    pages.add(told.concerns, told.next_token);
                }
                list(&mut out, pages.rows)?;
            }
            What::Show { concern, purpose } => {
                let asked = OpenConcernRequest { concern_id: concern.to_string(), purpose };
                let content = client.open_concern(asked).await?.into_inner().content.unwrap_or_default();
                show(&mut out, &answer(concern, content))?;
            }
            What::Danger { concern, end, head } => {
                let (command, id) = named(&head);
                let asked = JudgeDangerRequest { command, concern_id: concern.to_string(), ended_because: end };
                written(&mut out, client.judge_danger(asked).await, &id)?;
            }
            What::Share { concern, with, ground, head } => {
                let (command, id) = named(&head);
                let asked = ShareConcernRequest { command, concern_id: concern.to_string(), with, ground };
                written(&mut out, client.share_concern(asked).await, &id)?;
            }
            What::Link { concern, case, head } => {
                let (command, id) = named(&head);
                let asked = LinkConcernRequest { command, concern_id: concern.to_string(), case_id: case.to_string() };
                written(&mut out, client.link_concern(asked).await, &id)?;
            }
            What::Close { concern, because, head } => {
                let (command, id) = named(&head);
                let asked = CloseConcernRequest { command, concern_id: concern.to_string(), because };
                written(&mut out, client.close_concern(asked).await, &id)?;
            }
            What::Count { gemeente } => {
                let asked = CountConcernsRequest { gemeentecode: code(gemeente), at_least: self.reach.at_least("intake")? };
                let counts = client.count_concerns(asked).await?.into_inner().counts.into_iter();
                let counts: Vec<Count> = counts.map(|one| Count { month: one.month, state: one.state, concerns: one.concerns }).collect();
                if out.json() {
                    out.document(&ConcernCountsAnswer { counts })?;
                } else {
                    let state = |one: &Count| desk::words::concern_state(&one.state).to_owned();
                    let rows = counts.iter().map(|one| vec![one.month.clone(), state(one), one.concerns.to_string()]);
                    out.table(&["Maand", "Stand", "Zorgmeldingen"], rows, "Er zijn geen zorgmeldingen.")?;
                }
            }
        }
        out.flush()
    }
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    let text = if file.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
    text.map_err(|error| Failure::usage(format!("cannot read {} (a file with plain text, or - for stdin): {error}", file.display())))
}

fn named(head: &Head) -> (Option<proto::common::v1::Command>, String) {
    let command = head.command();
    let id = command.request_id.clone();
    (Some(command), id)
}

fn written(out: &mut Out, answer: Result<tonic::Response<ConcernResponse>, tonic::Status>, id: &str) -> Result<(), Failure> {
    let answer = answer.map_err(|status| Failure::said_of(&status, id))?.into_inner();
    if out.json() {
        let position = answer.position.map(|position| format!("{}@{}", position.context, position.sequence));
        return out.document(&serde_json::json!({ "concern_id": answer.concern_id, "position": position }));
    }
    out.line(format!("zorgmelding: {}", answer.concern_id))?;
    print_position(out, answer.position.as_ref())
}

fn list(out: &mut Out, concerns: Vec<ConcernLine>) -> Result<(), Failure> {
    if out.json() {
        let concerns = concerns.into_iter().map(|line| Row {
            recorded_on: words::iso(line.recorded_on.as_ref()),
            kept_until: words::iso(line.kept_until.as_ref()),
            case_id: Some(line.case_id).filter(|id| !id.is_empty()),
            concern_id: line.concern_id,
            gemeentecode: line.gemeentecode,
            teller: line.teller,
            state: line.state,
            kept: line.kept,
            officer: line.officer,
            shared_with: line.shared_with,
            because: line.because,
        });
        return out.document(&ConcernsAnswer { concerns: concerns.collect() });
    }
    let rows = concerns.into_iter().map(|line| {
        let (teller, state) = (desk::words::concern_teller(&line.teller), desk::words::concern_state(&line.state));
        let (on, until) = (words::day(line.recorded_on.as_ref()), words::day(line.kept_until.as_ref()));
        vec![line.concern_id, line.gemeentecode, on, teller.to_owned(), state.to_owned(), until, line.case_id]
    });
    let headings = ["Zorgmelding", "Gemeente", "Ontvangen", "Van", "Stand", "Bewaard tot en met", "Zaak"];
    out.table(&headings, rows, "Er zijn geen zorgmeldingen.")
}

fn answer(concern: Uuid, content: ConcernContent) -> ConcernAnswer {
    let line = |parts: &[&str]| parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let (address, person) = (content.address.unwrap_or_default(), content.person.unwrap_or_default());
    ConcernAnswer {
        concern_id: concern.to_string(),
        gemeentecode: content.gemeentecode,
        address: line(&[&address.street, &address.house_number, &address.addition, &address.postcode, &address.place]),
        name: line(&[&person.initials, &person.infix, &person.surname]),
        phone: person.phone,
        told: content.told,
        teller_name: content.teller_name,
        teller_contact: content.teller_contact,
    }
}

fn show(out: &mut Out, answer: &ConcernAnswer) -> Result<(), Failure> {
    if out.json() {
        return out.document(answer);
    }
    for (what, text) in [
        ("adres", &answer.address),
        ("over", &answer.name),
        ("telefoon", &answer.phone),
        ("melder", &answer.teller_name),
        ("terug te vragen", &answer.teller_contact),
    ] {
        if !text.is_empty() {
            out.line(format!("{what}: {text}"))?;
        }
    }
    out.line(&answer.told)
}
