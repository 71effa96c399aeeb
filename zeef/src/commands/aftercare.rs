//! `zeef aftercare`: duties to rehouse, and reviews of signalling lists.

use jiff::civil::Date;
use kernel::Gemeentecode;
use proto::{
    aftercare::v1::{
        AssignDutyRequest, ListDutiesRequest, OpenListReviewRequest, RecordDestinationUnknownRequest, RecordListReviewRequest,
        RecordRehousedRequest,
    },
    common::v1 as pb,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    commands::outreach::On,
    out::Out,
    parse,
    reach::{Reach, print_position},
    words::{self, dutch},
};

/// The duty to rehouse.
#[derive(clap::Args)]
pub struct Aftercare {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Who needs a place, by when, and who finds it.
    Duties {
        /// One municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
        /// Also those that are met.
        #[arg(long)]
        all: bool,
    },
    /// Somebody else finds the place.
    Assign {
        #[command(flatten)]
        on: On,
        /// Staff or team code.
        #[arg(long, value_name = "CODE")]
        owner: String,
    },
    /// A place was found. For the time being with family or in a shelter is no home: it is kept, and the duty stays open.
    Rehoused {
        #[command(flatten)]
        on: On,
        /// Which place.
        #[arg(long, value_parser = ["own-home", "new-lease", "temporary-return", "own-home-shelter", "lease-by-municipality", "settled-elsewhere", "family", "shelter"])]
        place: String,
    },
    /// Looked for and not found: the duty stays open and counts as a failure.
    Unknown {
        #[command(flatten)]
        on: On,
        /// The day somebody last looked.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        last_looked_for: Date,
    },
    /// An entry of a landlord's signalling list: opened, or with --result reviewed.
    ListReview {
        #[command(flatten)]
        on: On,
        /// Whose list.
        #[arg(long, value_name = "CODE")]
        organisation: String,
        /// The outcome of a review: keep or remove.
        #[arg(long, value_parser = ["keep", "remove"], conflicts_with_all = ["ground", "entered_on", "ends_on", "person_told"])]
        result: Option<String>,
        /// rent-debt, nuisance, aggression, fraud, hemp or other.
        #[arg(long, required_unless_present = "result")]
        ground: Option<String>,
        /// The day of the entry.
        #[arg(long, value_name = "DATE", value_parser = parse::date, required_unless_present = "result")]
        entered_on: Option<Date>,
        /// Its last day.
        #[arg(long, value_name = "DATE", value_parser = parse::date)]
        ends_on: Option<Date>,
        /// The person was told.
        #[arg(long)]
        person_told: bool,
    },
}

/// `zeef aftercare duties --json`.
#[derive(Serialize, JsonSchema)]
pub struct DutiesAnswer {
    duties: Vec<Duty>,
}

#[derive(Serialize, JsonSchema)]
struct Duty {
    case_id: String,
    gemeentecode: String,
    owner: String,
    /// The date to beat, ISO 8601.
    beat: Option<String>,
    /// "open", "rehoused", "stays" or "destination-unknown" (still open).
    state: String,
    place: String,
    /// ISO 8601.
    last_looked_for: Option<String>,
    home_lost: bool,
    /// Next review of a signalling-list entry, ISO 8601; only for who may see those.
    list_review_on: Option<String>,
}

impl Aftercare {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let on = match &self.what {
            What::Duties { gemeente, all } => {
                duties(&self.reach, &mut out, *gemeente, !all).await?;
                return out.flush();
            }
            What::Assign { on, .. } | What::Rehoused { on, .. } | What::Unknown { on, .. } | What::ListReview { on, .. } => on,
        };
        let mut client = self.reach.aftercare().await?;
        let (head, case_id) = (on.head.command(), on.case.to_string());
        let gemeentecode = self.reach.gemeente_of(&case_id, on.gemeente).await?;
        let (id, command) = (head.request_id.clone(), Some(head));
        let day = |day: Date| pb::Date { iso: day.to_string() };
        let answer = match self.what {
            What::Duties { .. } => return out.flush(),
            What::Assign { owner, .. } => client.assign_duty(AssignDutyRequest { command, case_id, gemeentecode, owner }).await,
            What::Rehoused { place, .. } => client.record_rehoused(RecordRehousedRequest { command, case_id, gemeentecode, place }).await,
            What::Unknown { last_looked_for, .. } => {
                let last_looked_for = Some(day(last_looked_for));
                client.record_destination_unknown(RecordDestinationUnknownRequest { command, case_id, gemeentecode, last_looked_for }).await
            }
            What::ListReview { organisation, result: Some(result), .. } => {
                client.record_list_review(RecordListReviewRequest { command, case_id, gemeentecode, result, organisation }).await
            }
            What::ListReview { organisation, ground, entered_on, ends_on, person_told, .. } => {
                let request = OpenListReviewRequest {
                    command,
                    case_id,
                    gemeentecode,
                    organisation,
                    ground: ground.unwrap_or_default(),
                    entered_on: entered_on.map(day),
                    ends_on: ends_on.map(day),
                    person_told,
                };
                client.open_list_review(request).await
            }
        };
        let position = answer.map_err(|status| Failure::said_of(&status, &id))?.into_inner().position;
        print_position(&mut out, position.as_ref())?;
        out.flush()
    }
}

async fn duties(reach: &Reach, out: &mut Out, gemeente: Option<Gemeentecode>, open_only: bool) -> Result<(), Failure> {
    let mut client = reach.aftercare().await?;
    let mut request = ListDutiesRequest {
        gemeentecode: gemeente.map(|code| code.to_string()).unwrap_or_default(),
        open_only,
        page: None,
        at_least: reach.at_least("aftercare")?,
    };
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_duties(request.clone()).await?.into_inner();
        pages.add(told.duties, told.next_token);
    }
    let duties = pages.rows;
    if out.json() {
        let duties = duties
            .into_iter()
            .map(|duty| Duty {
                beat: words::iso(duty.beat.as_ref()),
                last_looked_for: words::iso(duty.last_looked_for.as_ref()),
                list_review_on: words::iso(duty.list_review_on.as_ref()),
                case_id: duty.case_id,
                gemeentecode: duty.gemeentecode,
                owner: duty.owner,
                state: duty.state,
                place: duty.place,
                home_lost: duty.home_lost,
            })
            .collect();
        return out.document(&DutiesAnswer { duties });
    }
    out.table(
        &["Zaak", "Gemeente", "Bij wie", "Woonplek uiterlijk", "Stand", "Plek", "Laatst gezocht", "Woning verloren", "Lijst herzien"],
        duties.into_iter().map(|duty| {
            let (beat, looked) = (words::day(duty.beat.as_ref()), words::day(duty.last_looked_for.as_ref()));
            let (state, lost) = (dutch(&duty.state).to_owned(), if duty.home_lost { "ja" } else { "nee" });
            let place = if duty.place.is_empty() { "" } else { desk::words::place(&duty.place) }.to_owned();
            let review = words::day(duty.list_review_on.as_ref());
            vec![duty.case_id, duty.gemeentecode, duty.owner, beat, state, place, looked, lost.to_owned(), review]
        }),
        "Geen plichten.",
    )
}
