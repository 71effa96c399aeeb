//! `zeef bailiff`: what a bailiff tells a municipality.

use jiff::civil::Date;
use proto::{
    common::v1 as common,
    intake::v1::{
        AcknowledgementResponse, AnnounceEvictionRequest, HandOverHouseholdRequest, bailiff_service_client::BailiffServiceClient,
    },
};
use service::{Actor, Client, Role};
use tonic::{Response, Status};

use crate::{
    Failure,
    commands::residents::Home,
    out::Out,
    parse,
    reach::{Head, Reach},
    words,
};

/// The bailiff's door.
#[derive(clap::Args)]
pub struct Bailiff {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The time of an eviction, and nature and size of the goods (art. 14 Gerechtsdeurwaarderswet). The same reference with another
    /// content corrects what was told.
    Notice(Box<NoticeArgs>),
    /// A household that the bailiff met and that agrees to be handed over (*warme overdracht*).
    HandOver(Box<HandOverArgs>),
}

#[derive(clap::Args)]
struct NoticeArgs {
    #[command(flatten)]
    who: Who,
    /// The day of the eviction.
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    on: Date,
    /// The hour: hh:mm, Dutch time.
    #[arg(long, value_name = "TIME", default_value = "")]
    time: String,
    /// The day on which the order was served.
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    served_on: Option<Date>,
    /// Why.
    #[arg(long, value_parser = ["arrears", "nuisance", "mayor", "other"], default_value = "other")]
    ground: String,
    /// Nature of the goods; may be given more than once.
    #[arg(long, required = true, value_parser = ["household", "business", "animals", "vehicles", "hazardous", "nothing"])]
    goods: Vec<String>,
    /// Their size, in full cubic metres.
    #[arg(long, value_name = "M3")]
    cubic_metres: Option<u32>,
}

#[derive(clap::Args)]
struct HandOverArgs {
    #[command(flatten)]
    who: Who,
    /// The household agrees; without its word there is no hand-over.
    #[arg(long)]
    household_agrees: bool,
    /// What threatens: eviction, supply (gas, electricity, heat, water) or health-insurance.
    #[arg(long, value_parser = ["eviction", "supply", "health-insurance"], default_value = "")]
    threat: String,
    /// The day of the eviction, when that is known.
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    eviction_on: Option<Date>,
}

#[derive(clap::Args)]
struct Who {
    /// The bailiff's office; a token says it otherwise.
    #[arg(long, value_name = "CODE", default_value = "")]
    organisation: String,
    /// The bailiff's own reference.
    #[arg(long)]
    reference: String,
    #[command(flatten)]
    home: Home,
    #[command(flatten)]
    head: Head,
}

impl Bailiff {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        match self.what {
            What::Notice(args) => {
                let NoticeArgs { who, on, time, served_on, ground, goods, cubic_metres } = *args;
                let mut client = client(&self.reach, &who.organisation).await?;
                let (address, person) = who.home.parts();
                let (command, id) = named(&who.head);
                let asked = AnnounceEvictionRequest {
                    command,
                    reference: who.reference,
                    gemeentecode: String::new(),
                    address: Some(address),
                    person,
                    on: Some(date(on)),
                    time,
                    served_on: served_on.map(date),
                    ground,
                    goods,
                    cubic_metres,
                };
                told(&mut out, client.announce_eviction(asked).await, &id)?;
            }
            What::HandOver(args) => {
                let HandOverArgs { who, household_agrees, threat, eviction_on } = *args;
                let mut client = client(&self.reach, &who.organisation).await?;
                let (address, person) = who.home.parts();
                let (command, id) = named(&who.head);
                let asked = HandOverHouseholdRequest {
                    command,
                    reference: who.reference,
                    gemeentecode: String::new(),
                    address: Some(address),
                    person,
                    household_agrees,
                    threat,
                    eviction_on: eviction_on.map(date),
                };
                told(&mut out, client.hand_over_household(asked).await, &id)?;
            }
        }
        out.flush()
    }
}

async fn client(reach: &Reach, organisation: &str) -> Result<BailiffServiceClient<Client>, Failure> {
    if organisation.is_empty() && !reach.has_token() {
        return Err(Failure::usage("wie meldt? geef --organisation of --token"));
    }
    let actor = Actor::person("zeef-cli", organisation, &[Role::Bailiff, Role::Operator], &[]);
    reach.bailiff_as(&actor).await
}

fn date(day: Date) -> common::Date {
    common::Date { iso: day.to_string() }
}

fn named(head: &Head) -> (Option<common::Command>, String) {
    let command = head.command();
    let id = command.request_id.clone();
    (Some(command), id)
}

fn told(out: &mut Out, answer: Result<Response<AcknowledgementResponse>, Status>, id: &str) -> Result<(), Failure> {
    let answer = answer.map_err(|status| Failure::said_of(&status, id))?.into_inner();
    if out.json() {
        return out.document(&serde_json::json!({
            "receipt_id": answer.receipt_id,
            "received_at": answer.received_at,
            "gemeentecode": answer.gemeentecode,
            "outcome": answer.outcome,
        }));
    }
    let outcome = match answer.outcome.as_str() {
        "repeated" => "was al ontvangen",
        "corrected" => "verbetering ontvangen",
        _ => "ontvangen",
    };
    out.line(format!("{outcome} door gemeente {} op {}", answer.gemeentecode, words::moment(&answer.received_at)))?;
    out.line(format!("bewijs van ontvangst: {}", answer.receipt_id))
}
