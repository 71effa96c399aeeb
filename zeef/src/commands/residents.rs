//! `zeef residents`: what a household itself asks for.

use jiff::civil::Date;
use kernel::CaseId;
use proto::{
    common::v1 as common,
    intake::v1::{Address, Person, RecordDeathRequest, RequestHelpRequest},
};

use crate::{
    Failure, parse,
    reach::{Head, Reach, print_position},
};

/// Residents.
#[derive(clap::Args)]
pub struct Residents {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// A household asks for help itself (Wgs art. 4): a first conversation within four weeks, or three working days under threat.
    Request(Box<RequestArgs>),
    /// The tenant of a case died. Who shared the household has six months to claim the lease (BW art. 7:268 lid 2).
    Death {
        /// The case.
        case: CaseId,
        /// The day; needed with housemate and carer.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        died_on: Option<Date>,
        /// Who is left behind.
        #[arg(long, value_parser = ["unknown", "nobody", "co-tenant", "housemate", "carer"])]
        left_behind: String,
        #[command(flatten)]
        head: Head,
    },
}

#[derive(clap::Args)]
struct RequestArgs {
    #[command(flatten)]
    home: Home,
    /// What threatens: eviction, supply (gas, electricity, heat, water) or health-insurance.
    #[arg(long, value_parser = ["eviction", "supply", "health-insurance"])]
    threat: Option<String>,
    /// The day of the eviction, when that is known.
    #[arg(long, value_name = "DATE", value_parser = parse::date, requires = "threat")]
    eviction_on: Option<Date>,
    #[command(flatten)]
    head: Head,
}

/// Where somebody lives, and who it is; kept in the vault.
#[derive(clap::Args)]
pub struct Home {
    /// Street.
    #[arg(long)]
    street: String,
    /// House number.
    #[arg(long)]
    house_number: String,
    /// Addition.
    #[arg(long, default_value = "")]
    addition: String,
    /// Postcode; with the place it decides the municipality.
    #[arg(long)]
    postcode: String,
    /// Place.
    #[arg(long)]
    place: String,
    /// Surname.
    #[arg(long)]
    surname: Option<String>,
    /// Phone.
    #[arg(long, default_value = "")]
    phone: String,
}

impl Home {
    /// As intake wants it.
    pub fn parts(self) -> (Address, Option<Person>) {
        let Self { street, house_number, addition, postcode, place, surname, phone } = self;
        let person = surname.map(|surname| Person { surname, phone, ..Person::default() });
        (Address { street, house_number, addition, postcode, place }, person)
    }
}

impl Residents {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let args = match self.what {
            What::Request(args) => args,
            What::Death { case, died_on, left_behind, head } => {
                let command = head.command();
                let id = command.request_id.clone();
                let request = RecordDeathRequest {
                    command: Some(command),
                    case_id: case.to_string(),
                    died_on: died_on.map(|on| common::Date { iso: on.to_string() }),
                    left_behind,
                };
                let answer = self.reach.doors().await?.record_death(request).await.map_err(|status| Failure::said_of(&status, &id))?;
                print_position(&mut out, answer.into_inner().position.as_ref())?;
                return out.flush();
            }
        };
        let (address, person) = args.home.parts();
        let head = args.head.command();
        let id = head.request_id.clone();
        let request = RequestHelpRequest {
            command: Some(head),
            gemeentecode: String::new(),
            address: Some(address),
            person,
            threat: args.threat.unwrap_or_default(),
            eviction_on: args.eviction_on.map(|on| common::Date { iso: on.to_string() }),
        };
        let answer = self.reach.doors().await?.request_help(request).await.map_err(|status| Failure::said_of(&status, &id))?.into_inner();
        if out.json() {
            let position = answer.position.map(|position| format!("{}@{}", position.context, position.sequence));
            out.document(&serde_json::json!({ "case_id": answer.case_id, "gemeentecode": answer.gemeentecode, "position": position }))?;
        } else {
            out.line(format!("zaak: {}", answer.case_id))?;
            print_position(&mut out, answer.position.as_ref())?;
        }
        out.flush()
    }
}
