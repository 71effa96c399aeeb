//! `zeef case merge`, `unmerge`, `merged` and `rectified`: two cases that turned out to be one household, what was done meanwhile, and
//! apart again.

use kernel::CaseId;
use proto::intake::v1::{Assigned, ListMergedWorkRequest, MergeCasesRequest, MergedWork, RectifyLetterRequest, UnmergeCasesRequest};
use schemars::JsonSchema;
use serde::Serialize;
use tonic::Status;
use tonic_types::StatusExt;

use crate::{
    Failure,
    out::Out,
    parse::Position,
    reach::{Head, Reach, print_position},
    words,
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
    /// Whose the work is that was done in between, as `zeef case merged` lists it: outreach@123=<case>. Once for each of it.
    #[arg(long = "assign", value_name = "CONTEXT@NUMBER=CASE", value_parser = assignment)]
    assigned: Vec<(Position, CaseId)>,
    #[command(flatten)]
    head: Head,
}

/// What was done while two cases were merged, and whose it is.
#[derive(clap::Args)]
pub struct Merged {
    #[command(flatten)]
    pair: Pair,
}

/// A letter or message that went out while they were merged was put right with who received it.
#[derive(clap::Args)]
pub struct Rectified {
    #[command(flatten)]
    pair: Pair,
    /// Which, as `zeef case merged` lists it.
    letter: Position,
    #[command(flatten)]
    head: Head,
}

/// `zeef case merged --json`.
#[derive(Serialize, JsonSchema)]
pub struct MergedAnswer {
    /// RFC 3339.
    since: String,
    /// RFC 3339; empty while they are merged.
    until: String,
    work: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    /// Where it was recorded: context@number.
    position: String,
    /// The case in which it was recorded.
    case_id: String,
    /// RFC 3339.
    happened_at: String,
    /// What, in Dutch.
    text: String,
    /// A letter or message went out with it.
    written: bool,
    /// Whose it is; empty while they are merged.
    assigned_case_id: String,
    /// The letter was put right.
    rectified: bool,
}

fn row(work: MergedWork) -> Row {
    Row {
        position: format!("{}@{}", work.context, work.sequence),
        case_id: work.case_id,
        happened_at: work.happened_at,
        text: work.text,
        written: work.written,
        assigned_case_id: work.assigned_case_id,
        rectified: work.rectified,
    }
}

fn table(out: &mut Out, work: Vec<MergedWork>, nothing: &str) -> Result<(), Failure> {
    let headings = ["Vastgelegd als", "Wanneer", "Wat", "In zaak", "Hoort bij zaak", "Brief of bericht"];
    let rows = work.into_iter().map(row).map(|one| {
        let letter = match (one.written, one.rectified) {
            (false, _) => "",
            (true, false) => "nog recht te zetten",
            (true, true) => "rechtgezet",
        };
        vec![one.position, words::moment(&one.happened_at), one.text, one.case_id, one.assigned_case_id, letter.to_owned()]
    });
    out.table(&headings, rows, nothing)
}

impl Merged {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let (leading_case_id, case_id) = (self.pair.leading.to_string(), self.pair.case.to_string());
        let told = reach.intake().await?.list_merged_work(ListMergedWorkRequest { leading_case_id, case_id }).await?.into_inner();
        if out.json() {
            out.document(&MergedAnswer { since: told.since, until: told.until, work: told.work.into_iter().map(row).collect() })?;
        } else {
            let until = if told.until.is_empty() { "nu".to_owned() } else { words::moment(&told.until) };
            out.line(format!("Samengevoegd van {} tot {until}", words::moment(&told.since)))?;
            table(&mut out, told.work, "Intussen is er geen contact vastgelegd.")?;
        }
        out.flush()
    }
}

impl Rectified {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        let command = self.head.command();
        let id = command.request_id.clone();
        let request = RectifyLetterRequest {
            command: Some(command),
            leading_case_id: self.pair.leading.to_string(),
            case_id: self.pair.case.to_string(),
            context: self.letter.context,
            sequence: self.letter.sequence,
        };
        let done = reach.intake().await?.rectify_letter(request).await.map_err(|status| Failure::said_of(&status, &id))?;
        print_position(&mut out, done.into_inner().position.as_ref())?;
        out.flush()
    }
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

/// Why they do not go apart; when work is not assigned yet, how to.
fn unassigned(status: &Status, id: &str, pair: &Pair) -> Failure {
    let said = Failure::said_of(status, id);
    if status.get_details_error_info().is_none_or(|info| info.reason != "work-unassigned") {
        return said;
    }
    let Pair { leading, case } = pair;
    Failure::of(format!("{said}; `zeef case merged {leading} {case}` lists it: give --assign CONTEXT@NUMBER=CASE once for each of it"))
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
            written: false,
        });
        let request = UnmergeCasesRequest {
            command: Some(command),
            leading_case_id: self.pair.leading.to_string(),
            case_id: self.pair.case.to_string(),
            assigned: assigned.collect(),
        };
        let done = reach.intake().await?.unmerge_cases(request).await.map_err(|status| unassigned(&status, &id, &self.pair))?.into_inner();
        if !out.json() && !done.letters.is_empty() {
            out.line("Deze brieven en berichten gingen uit terwijl de zaken samengevoegd waren. Zet ze recht bij wie ze ontving:")?;
            table(&mut out, done.letters, "")?;
        }
        print_position(&mut out, done.position.as_ref())?;
        out.flush()
    }
}
