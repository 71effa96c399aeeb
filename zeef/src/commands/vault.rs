//! `zeef vault`: who looked, what was erased, and the end of an epoch.

use std::path::PathBuf;

use intake::vault::looks::{Audit, LogRecord};
use kernel::CaseId;
use proto::intake::v1::{EndEpochRequest, ListErasedRequest, ListLooksRequest, ListOrphansRequest, Look, Orphan, ReplayErasuresRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::room::Pages;

use crate::{
    Failure,
    out::{Out, Working},
    reach::Reach,
    words,
};

/// Lines of the ledger that travel together.
const PART: usize = 500;

/// The vault of personal data.
#[derive(clap::Args)]
pub struct Vault {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Who looked at the people of a case, or at a concern, when and what for (Logboek Dataverwerkingen 1.0).
    Looks {
        /// The case, or the concern.
        #[arg(value_name = "CASE")]
        case: CaseId,
    },
    /// What was erased, by ids. With --json it is the ledger that a backup ends with.
    Removed,
    /// After a restore, before anybody works: erases again what a ledger says.
    ReplayErasures {
        /// What `zeef vault removed --json` told last.
        #[arg(value_name = "FILE")]
        ledger: PathBuf,
    },
    /// Records that no commit names: seen, marked when they are thirty days old, swept a week later.
    Orphans,
    /// Destroys the keys of what was erased: all that lives goes over to new ones. Reports wait meanwhile.
    Rewrap,
}

/// `zeef vault looks --json`.
#[derive(Serialize, JsonSchema)]
pub struct Looks {
    /// By the standard: nothing of who looked.
    looks: Vec<LogRecord>,
    /// Who looked, by span id.
    audit: Vec<Audit>,
}
impl Looks {
    /// As they came.
    pub fn of(looks: &[Look]) -> Result<Self, Failure> {
        let wrong = |error: serde_json::Error| Failure::because(&error);
        Ok(Self {
            looks: looks.iter().map(|look| serde_json::from_str(&look.record)).collect::<Result<_, _>>().map_err(wrong)?,
            audit: looks.iter().map(|look| serde_json::from_str(&look.audit)).collect::<Result<_, _>>().map_err(wrong)?,
        })
    }

    /// For people.
    pub fn table(&self, out: &mut Out) -> Result<(), Failure> {
        let rows = self
            .audit
            .iter()
            .map(|one| vec![one.at.clone(), one.actor.clone(), one.organisation.clone(), one.on_behalf_of.clone(), one.purpose.clone()]);
        out.table(&["Wanneer", "Wie", "Van", "Namens gemeente", "Waarvoor"], rows, "Niemand heeft gekeken.")
    }
}

/// `zeef vault removed --json`, and what `zeef vault replay-erasures` reads.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemovedAnswer {
    erased: Vec<Line>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    record_id: String,
    /// Empty when it was of no case.
    case_id: String,
    /// not-needed, consent-withdrawn, objection, unlawful, legal-duty, or retention: the term ended.
    ground: String,
    officer: String,
    /// RFC 3339, UTC.
    erased_at: String,
}

/// `zeef vault orphans --json`.
#[derive(Serialize, JsonSchema)]
pub struct OrphansAnswer {
    /// Seen without a commit that names them.
    seen: usize,
    /// Thirty days old: marked.
    marked: usize,
    /// Swept a week after that.
    swept: usize,
    orphans: Vec<OrphanLine>,
}

#[derive(Serialize, JsonSchema)]
struct OrphanLine {
    record_id: String,
    /// "seen", "marked" or "swept".
    stage: String,
    /// RFC 3339, UTC.
    since: String,
}

fn orphans(out: &mut Out, told: Vec<Orphan>) -> Result<(), Failure> {
    let count = |stage: &str| told.iter().filter(|one| one.stage == stage).count();
    let (seen, marked, swept) = (count("seen"), count("marked"), count("swept"));
    if out.json() {
        let line = |one: Orphan| OrphanLine { record_id: one.record_id, stage: one.stage, since: one.since };
        return out.document(&OrphansAnswer { seen, marked, swept, orphans: told.into_iter().map(line).collect() });
    }
    out.line(format!("Wezen in de kluis: {seen} gezien, {marked} gemerkt, {swept} opgeruimd"))?;
    let rows = told.into_iter().map(|one| vec![one.record_id, words::dutch(&one.stage).to_owned(), words::moment(&one.since)]);
    out.table(&["Kluisrecord", "Stand", "Sinds"], rows, "")
}

impl Vault {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let mut client = self.reach.rights().await?;
        match self.what {
            What::Looks { case } => {
                let mut pages = Pages::default();
                while let Some(page) = pages.to_ask() {
                    let asked = ListLooksRequest { case_id: case.to_string(), page: Some(page) };
                    let told = client.list_looks(asked).await?.into_inner();
                    pages.add(told.looks, told.next_token);
                }
                let looks = Looks::of(&pages.rows)?;
                if out.json() { out.document(&looks)? } else { looks.table(&mut out)? }
            }
            What::Removed => {
                let mut pages = Pages::default();
                while let Some(page) = pages.to_ask() {
                    let told = client.list_erased(ListErasedRequest { page: Some(page) }).await?.into_inner();
                    pages.add(told.erased.into_iter().map(line_in), told.next_token);
                }
                removed(&mut out, RemovedAnswer { erased: pages.rows })?;
            }
            What::ReplayErasures { ledger } => {
                let read = |fault: &str| Failure::of(format!("{}: {fault}", ledger.display()));
                let text = std::fs::read_to_string(&ledger).map_err(|error| read(&error.to_string()))?;
                let told: RemovedAnswer = serde_json::from_str(&text).map_err(|error| read(&error.to_string()))?;
                let lines: Vec<_> = told.erased.into_iter().map(line_out).collect();
                let parts: Vec<_> = lines.chunks(PART).map(|part| ReplayErasuresRequest { erased: part.to_vec() }).collect();
                let working = Working::on("wat gewist was wordt opnieuw gewist");
                let again = client.replay_erasures(futures::stream::iter(parts)).await?.into_inner().erased_again;
                drop(working);
                if out.json() {
                    out.document(&serde_json::json!({ "erased_again": again }))?;
                } else {
                    out.line(format!("opnieuw gewist: {again} kluisrecords"))?;
                }
            }
            What::Orphans => {
                let mut pages = Pages::default();
                while let Some(page) = pages.to_ask() {
                    let told = client.list_orphans(ListOrphansRequest { page: Some(page) }).await?.into_inner();
                    pages.add(told.orphans, told.next_token);
                }
                orphans(&mut out, pages.rows)?;
            }
            What::Rewrap => {
                let working = Working::on("de kluis gaat over op nieuwe sleutels; meldingen wachten");
                let over = client.end_epoch(EndEpochRequest {}).await?.into_inner();
                drop(working);
                if out.json() {
                    let (epoch, records, entries) = (over.epoch, over.records, over.entries);
                    out.document(&serde_json::json!({ "epoch": epoch, "records": records, "entries": entries }))?;
                } else {
                    out.line(format!("tijdvak {}: {} kluisrecords overgezet, oude sleutels vernietigd", over.epoch, over.records))?;
                }
            }
        }
        out.flush()
    }
}

fn removed(out: &mut Out, answer: RemovedAnswer) -> Result<(), Failure> {
    if out.json() {
        return out.document(&answer);
    }
    let rows = answer.erased.into_iter().map(|line| vec![line.erased_at, line.record_id, line.case_id, line.ground, line.officer]);
    out.table(&["Gewist", "Kluisrecord", "Zaak", "Grond", "Besloten door"], rows, "Er is niets gewist.")
}

fn line_in(line: proto::intake::v1::Erased) -> Line {
    let proto::intake::v1::Erased { record_id, case_id, ground, officer, erased_at } = line;
    Line { record_id, case_id, ground, officer, erased_at }
}

fn line_out(line: Line) -> proto::intake::v1::Erased {
    let Line { record_id, case_id, ground, officer, erased_at } = line;
    proto::intake::v1::Erased { record_id, case_id, ground, officer, erased_at }
}
