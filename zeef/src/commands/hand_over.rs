//! `zeef hand-over`: a household that moved, to another municipality or within.

use jiff::Timestamp;
use kernel::{CaseId, Gemeentecode};
use proto::intake::v1::{
    AnswerHandOverRequest, AnswerHandOverResponse, ListHandOversRequest, OfferHandOverRequest, OpenHandOverRequest, Person,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    commands::residents::Home,
    out::Out,
    parse,
    reach::{Head, Reach, print_position},
    words,
};

/// `zeef hand-over open --json`.
#[derive(Serialize, JsonSchema)]
pub struct HouseholdAnswer {
    address: String,
    persons: Vec<String>,
}

/// Households that moved: hand-over between municipalities, or a move within.
#[derive(clap::Args)]
pub struct HandOver {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Offers a case to the municipality of the household's new address. Until that accepts, the case and every clock stay here.
    Offer {
        /// The case.
        case: CaseId,
        #[command(flatten)]
        home: Box<Home>,
        /// When help was offered here already: 2026-03-02T09:00 for Dutch time.
        #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
        help_offered_at: Option<Timestamp>,
        #[command(flatten)]
        head: Head,
    },
    /// The household moved within the municipality: the case goes on at the new address, in a new case with the first receipt of its
    /// reports.
    Move {
        /// The case.
        case: CaseId,
        #[command(flatten)]
        home: Box<Home>,
        /// When help was offered already: 2026-03-02T09:00 for Dutch time.
        #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
        help_offered_at: Option<Timestamp>,
        #[command(flatten)]
        head: Head,
    },
    /// Accepts a case that was offered: it goes on here in a new case, with the first receipt of its reports.
    Accept {
        /// The hand-over.
        id: String,
        #[command(flatten)]
        head: Head,
    },
    /// Sends an offer back, or takes one's own back.
    Bounce {
        /// The hand-over.
        id: String,
        /// Why.
        #[arg(long, value_parser = ["not-here", "helped-already", "incomplete", "taken-back"])]
        because: String,
        #[command(flatten)]
        head: Head,
    },
    /// What a municipality offered and what it was asked.
    List {
        /// Which.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Gemeentecode,
    },
    /// Who was offered; the look is logged.
    Open {
        /// The hand-over.
        id: String,
        /// A code from the register of purposes.
        #[arg(long, default_value = "hand-over")]
        purpose: String,
    },
}

/// `zeef hand-over list --json`.
#[derive(Serialize, JsonSchema)]
pub struct HandOversAnswer {
    hand_overs: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    hand_over_id: String,
    from_gemeentecode: String,
    to_gemeentecode: String,
    /// Only of what the municipality offered itself; empty otherwise.
    case_id: String,
    /// ISO 8601.
    offered_on: Option<String>,
    /// "offered", "accepted", "bounced" or "lapsed".
    state: String,
    /// Why it came back; empty otherwise.
    bounce: String,
}

impl HandOver {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        match self.what {
            What::Offer { case, home, help_offered_at, head } => {
                let (id, request) = offer(case, *home, help_offered_at, &head);
                let answer = self.reach.doors().await?.offer_hand_over(request).await;
                let answer = answer.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
                if out.json() {
                    let (hand_over_id, to) = (answer.hand_over_id, answer.to_gemeentecode);
                    out.document(&serde_json::json!({ "hand_over_id": hand_over_id, "to_gemeentecode": to }))?;
                } else {
                    out.line(format!("overdracht: {}, aangeboden aan gemeente {}", answer.hand_over_id, answer.to_gemeentecode))?;
                    print_position(&mut out, answer.position.as_ref())?;
                }
            }
            What::Move { case, home, help_offered_at, head } => {
                let (id, request) = offer(case, *home, help_offered_at, &head);
                let answer = self.reach.doors().await?.move_within(request).await.map_err(|status| Failure::said_of(&status, &id))?;
                print_answer(&mut out, &answer.into_inner())?;
            }
            What::Accept { id, head } => answer(&self.reach, &mut out, id, String::new(), &head).await?,
            What::Bounce { id, because, head } => answer(&self.reach, &mut out, id, because, &head).await?,
            What::List { gemeente } => list(&self.reach, &mut out, gemeente).await?,
            What::Open { id, purpose } => {
                let request = OpenHandOverRequest { hand_over_id: id, purpose };
                let kept = self.reach.doors().await?.open_hand_over(request).await.map_err(|status| Failure::said(&status))?.into_inner();
                let place = kept.address.unwrap_or_default();
                let address = format!("{} {}{}, {} {}", place.street, place.house_number, place.addition, place.postcode, place.place);
                let name = |person: Person| [person.initials, person.infix, person.surname].join(" ").trim().to_owned();
                let answer = HouseholdAnswer { address, persons: kept.persons.into_iter().map(name).collect() };
                if out.json() {
                    out.document(&answer)?;
                } else {
                    out.line(&answer.address)?;
                    for person in &answer.persons {
                        out.line(person)?;
                    }
                }
            }
        }
        out.flush()
    }
}

fn offer(case: CaseId, home: Home, help_offered_at: Option<Timestamp>, head: &Head) -> (String, OfferHandOverRequest) {
    let (address, person) = home.parts();
    let command = head.command();
    let request = OfferHandOverRequest {
        case_id: case.to_string(),
        address: Some(address),
        person,
        help_offered_at: help_offered_at.map(|at| at.to_string()).unwrap_or_default(),
        command: Some(command.clone()),
    };
    (command.request_id, request)
}

fn print_answer(out: &mut Out, answer: &AnswerHandOverResponse) -> Result<(), Failure> {
    if !answer.case_id.is_empty() && !out.json() {
        out.line(format!("zaak: {}", answer.case_id))?;
    }
    print_position(out, answer.position.as_ref())
}

async fn answer(reach: &Reach, out: &mut Out, hand_over_id: String, bounce: String, head: &Head) -> Result<(), Failure> {
    let command = head.command();
    let id = command.request_id.clone();
    let request = AnswerHandOverRequest { command: Some(command), hand_over_id, bounce };
    let answer = reach.doors().await?.answer_hand_over(request).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
    print_answer(out, &answer)
}

async fn list(reach: &Reach, out: &mut Out, gemeente: Gemeentecode) -> Result<(), Failure> {
    let mut client = reach.doors().await?;
    let mut request = ListHandOversRequest { gemeentecode: gemeente.to_string(), page: None, at_least: reach.at_least("intake")? };
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_hand_overs(request.clone()).await.map_err(|status| Failure::said(&status))?.into_inner();
        pages.add(told.hand_overs, told.next_token);
    }
    let rows = pages.rows;
    if out.json() {
        let hand_overs = rows
            .into_iter()
            .map(|one| Row {
                offered_on: words::iso(one.offered_on.as_ref()),
                hand_over_id: one.hand_over_id,
                from_gemeentecode: one.from_gemeentecode,
                to_gemeentecode: one.to_gemeentecode,
                case_id: one.case_id,
                state: one.state,
                bounce: one.bounce,
            })
            .collect();
        return out.document(&HandOversAnswer { hand_overs });
    }
    out.table(
        &["Overdracht", "Van", "Naar", "Eigen zaak", "Aangeboden", "Stand"],
        rows.into_iter().map(|one| {
            let state = match one.state.as_str() {
                "offered" => "aangeboden",
                "accepted" if one.from_gemeentecode == one.to_gemeentecode => "verhuisd binnen de gemeente",
                "accepted" => "overgenomen",
                "bounced" => "teruggekomen",
                _ => "vervallen",
            };
            let on = words::day(one.offered_on.as_ref());
            vec![one.hand_over_id, one.from_gemeentecode, one.to_gemeentecode, one.case_id, on, state.to_owned()]
        }),
        "Geen overdrachten.",
    )
}
