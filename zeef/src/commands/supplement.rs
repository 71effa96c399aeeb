//! `zeef signals supplement`: what a partner or the household said, when staff asked, of a report that did not tell it.

use jiff::civil::Date;
use kernel::CaseId;
use proto::{common::v1 as common, intake::v1::SupplementSignalRequest};

use crate::{
    Failure, parse,
    reach::{Head, Reach, print_position},
};

/// What a report did not tell and DDAS wants, as somebody said it when asked. A crisis goes to the team for it.
#[derive(clap::Args)]
pub struct Supplement {
    /// The case.
    case: CaseId,
    /// The signal, as `zeef case show --json` names it beside what is missing.
    signal: String,
    /// Since when the arrears run.
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    arrears_since: Option<Date>,
    /// Whether it is a crisis.
    #[arg(long, value_parser = ["yes", "no"])]
    crisis: Option<String>,
    /// Whether the partner spoke with the household and hands it over.
    #[arg(long, value_parser = ["yes", "no"])]
    warm_handover: Option<String>,
    /// Who said so.
    #[arg(long, value_parser = ["partner", "household"])]
    source: String,
    #[command(flatten)]
    head: Head,
}

impl Supplement {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let command = self.head.command();
        let id = command.request_id.clone();
        let yes = |said: Option<String>| said.map(|said| said == "yes");
        let request = SupplementSignalRequest {
            command: Some(command),
            case_id: self.case.to_string(),
            signal_id: self.signal,
            arrears_since: self.arrears_since.map(|since| common::Date { iso: since.to_string() }),
            crisis: yes(self.crisis),
            warm_handover: yes(self.warm_handover),
            source: self.source,
        };
        let done = reach.doors().await?.supplement_signal(request).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(&mut out, done.into_inner().position.as_ref())?;
        out.flush()
    }
}
