//! `zeef signals feedback`: what a partner is told of its own reports.

use proto::intake::v1 as pb;
use schemars::JsonSchema;
use serde::Serialize;
use service::{Actor, Role, room::Pages};

use crate::{Failure, reach::Reach, words};

/// What became of a partner's own reports.
#[derive(clap::Args)]
pub struct Feedback {
    /// Code of the reporting organisation, for a token made on this machine.
    #[arg(long, value_name = "CODE", default_value = "zeef")]
    organisation: String,
    /// Only the newest report under this reference of its own.
    #[arg(long, default_value = "")]
    reference: String,
}

/// `zeef signals feedback --json`.
#[derive(Serialize, JsonSchema)]
pub struct FeedbackAnswer {
    reports: Vec<Report>,
}

#[derive(Serialize, JsonSchema)]
struct Report {
    /// The receipt of the report.
    receipt_id: String,
    /// "received", "taken-up", "not-taken-up", "pause-until" or "closed"; never why.
    feedback: String,
    /// Since when it is told, ISO 8601.
    since: Option<String>,
    /// The last day of the pause in the collection, ISO 8601.
    pause_until: Option<String>,
}

impl Feedback {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let actor = Actor::person("zeef-cli", &self.organisation, &[Role::Landlord, Role::Operator], &[]);
        let mut client = reach.intake_as(&actor).await?;
        let mut request = pb::ListFeedbackRequest { reference: self.reference, page: None };
        let mut pages = Pages::default();
        while let Some(page) = pages.to_ask() {
            request.page = Some(page);
            let told = client.list_feedback(request.clone()).await.map_err(|status| Failure::said(&status))?.into_inner();
            pages.add(told.reports, told.next_token);
        }
        let reports = pages.rows;
        if out.json() {
            let reports = reports
                .into_iter()
                .map(|one| Report {
                    since: words::iso(one.since.as_ref()),
                    pause_until: words::iso(one.pause_until.as_ref()),
                    receipt_id: one.receipt_id,
                    feedback: one.feedback,
                })
                .collect();
            out.document(&FeedbackAnswer { reports })?;
        } else {
            out.table(
                &["Meldbewijs", "Terugkoppeling", "Sinds", "Pauze tot en met"],
                reports.into_iter().map(|one| {
                    let (since, until) = (words::day(one.since.as_ref()), words::day(one.pause_until.as_ref()));
                    vec![one.receipt_id, dutch(&one.feedback).to_owned(), since, until]
                }),
                "Geen meldingen.",
            )?;
        }
        out.flush()
    }
}

fn dutch(code: &str) -> &str {
    match code {
        "received" => "ontvangen",
        "taken-up" => "opgepakt",
        "not-taken-up" => "niet opgepakt",
        "pause-until" => "hulp loopt: incasso pauzeren",
        "closed" => "afgesloten",
        other => other,
    }
}
