//! `zeef case merge` and `unmerge`: two cases that turned out to be one household, and apart again.

use kernel::CaseId;
use proto::intake::v1::{Assigned, MergeCasesRequest, UnmergeCasesRequest};

use crate::{
    Failure,
    parse::Position,
    reach::{Head, Reach, print_position},
};

/// Two cases.
#[derive(clap::Args)]
pub struct Pair {
    /// The case that the work goes on in.
    leading: CaseId,
    /// The case that goes with it.
    case: CaseId,
}

/// Lets a case go with another one. Its signals, clocks and receipts stay where they are.
#[derive(clap::Args)]
pub struct Merge {
    #[command(flatten)]
    pair: Pair,
    #[command(flatten)]
    head: Head,
}

/// Lets them go apart again.
#[derive(clap::Args)]
pub struct Unmerge {
    #[command(flatten)]
    pair: Pair,
    /// Whose the work is that was done in between: outreach@123=<case>. Once for each.
    #[arg(long = "assign", value_name = "CONTEXT@NUMBER=CASE", value_parser = assignment)]
    assigned: Vec<(Position, CaseId)>,
    #[command(flatten)]
    head: Head,
}

fn assignment(text: &str) -> Result<(Position, CaseId), String> {
    let wrong = || "a place and one of the two cases expected, for example outreach@123=0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e".to_owned();
    let (position, case) = text.split_once('=').ok_or_else(wrong)?;
    Ok((position.parse()?, case.parse().map_err(|_| wrong())?))
}

impl Merge {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let command = self.head.command();
        let id = command.request_id.clone();
        let request = MergeCasesRequest {
            command: Some(command),
            leading_case_id: self.pair.leading.to_string(),
            case_id: self.pair.case.to_string(),
        };
        let done = reach.intake().await?.merge_cases(request).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(&mut out, done.into_inner().position.as_ref())?;
        out.flush()
    }
}

impl Unmerge {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let command = self.head.command();
        let id = command.request_id.clone();
        let assigned = self.assigned.iter().map(|(place, case)| Assigned {
            context: place.context.clone(),
            sequence: place.sequence,
            case_id: case.uuid().as_bytes().to_vec(),
        });
        let request = UnmergeCasesRequest {
            command: Some(command),
            leading_case_id: self.pair.leading.to_string(),
            case_id: self.pair.case.to_string(),
            assigned: assigned.collect(),
        };
        let done = reach.intake().await?.unmerge_cases(request).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(&mut out, done.into_inner().position.as_ref())?;
        out.flush()
    }
}
