//! `zeef signals submit`: a partner's file to intake, in chunks, good rows kept.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use proto::intake::v1::{Refused, Returned, SubmitSignalsRequest, Verdict, intake_service_client::IntakeServiceClient, verdict::Outcome};
use service::{Actor, Client, Role};
use tonic::{Code, Status};

use crate::{
    Failure,
    commands::receipts::{Keys, Receipt, Verify},
    out::{self, Out},
    parse,
    reach::{Reach, print_position},
    signals_csv::{BadRow, Encoding, Fault, Row, Rows},
};

/// Signals in one stream.
const CHUNK: usize = 500;
/// A chunk is tried so often; sending it again is harmless, a signal is known by its business key.
const ATTEMPTS: u32 = 5;

/// Reports of arrears.
#[derive(clap::Args)]
pub struct Signals {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Sends a CSV file of reports. Good rows are kept whatever the others are; sending the file again is harmless.
    Submit {
        /// The file: UTF-8, separated by ; or , with column names in its first line, in any order.
        file: PathBuf,
        /// Code of the reporting organisation, for a token made on this machine. A column `melder` names it per row.
        #[arg(long, value_name = "CODE")]
        organisation: Option<String>,
        /// Encoding of the file.
        #[arg(long, value_enum, default_value_t)]
        encoding: Encoding,
        /// Writes the refused rows to this CSV file instead of showing them.
        #[arg(long, value_name = "FILE")]
        refused: Option<PathBuf>,
        /// When the file arrived, if not now.
        #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
        happened_at: Option<Timestamp>,
    },
    /// The signed receipt (meldbewijs) of a report, as canonical JSON.
    Receipt(Receipt),
    /// Checks a receipt with the published keys alone: no server is asked. Ends well only when it holds.
    Verify(Verify),
    /// The keys that receipts are signed and checked with.
    Keys(Keys),
}

#[derive(Default)]
struct Tally {
    accepted: u64,
    repeated: u64,
    /// Row and signed note.
    blocked: Vec<(u32, String)>,
    refused: Vec<BadRow>,
    position: Option<proto::common::v1::Position>,
}

impl Signals {
    pub async fn run(self) -> Result<(), Failure> {
        let (file, organisation, encoding, refused, happened_at) = match self.what {
            What::Submit { file, organisation, encoding, refused, happened_at } => (file, organisation, encoding, refused, happened_at),
            What::Receipt(receipt) => return receipt.run(&self.reach).await,
            What::Verify(verify) => return verify.run(&self.reach),
            What::Keys(keys) => return keys.run(&self.reach).await,
        };
        let mut rows =
            Rows::open(&file, encoding).map_err(|error| Failure::of(format!("{}: {}", file.display(), Failure::because(&error))))?;
        if rows.is_windows_1252() && encoding == Encoding::Auto {
            out::note("Het bestand is geen UTF-8 en wordt gelezen als Windows-1252.")?;
        }
        if !rows.ignored().is_empty() {
            out::note(format!("Niet gebruikt, kolom: {}", rows.ignored().join(", ")))?;
        }
        let progress = spinner();
        let mut sender = Sender { reach: &self.reach, organisation, happened_at, clients: BTreeMap::new(), tally: Tally::default() };
        let mut waiting: BTreeMap<Option<String>, Vec<Row>> = BTreeMap::new();
        while let Some(row) = rows.next_row()? {
            progress.inc(1);
            match row {
                Err(bad) => sender.tally.refused.push(bad),
                Ok(row) => {
                    let reporter = row.reporter.clone();
                    let chunk = waiting.entry(reporter.clone()).or_default();
                    chunk.push(row);
                    if chunk.len() >= CHUNK {
                        let chunk = std::mem::take(chunk);
                        sender.send(reporter, chunk).await?;
                    }
                }
            }
        }
        for (reporter, chunk) in waiting {
            sender.send(reporter, chunk).await?;
        }
        progress.finish_and_clear();
        summary(self.reach.out(), sender.tally, refused)
    }
}

struct Sender<'a> {
    reach: &'a Reach,
    organisation: Option<String>,
    happened_at: Option<Timestamp>,
    clients: BTreeMap<String, IntakeServiceClient<Client>>,
    tally: Tally,
}

impl Sender<'_> {
    async fn client(&mut self, reporter: Option<String>) -> Result<IntakeServiceClient<Client>, Failure> {
        let organisation = self.organisation.clone().or(reporter);
        let organisation = match organisation {
            Some(organisation) => organisation,
            None if self.reach.has_token() => String::new(),
            None => return Err(Failure::usage("who reports? give --organisation, or --token, or a column `melder` in the file")),
        };
        if let Some(client) = self.clients.get(&organisation) {
            return Ok(client.clone());
        }
        let actor = Actor::person("zeef-cli", &organisation, &[Role::Landlord, Role::Operator], &[]);
        let client = self.reach.intake_as(&actor).await?;
        self.clients.insert(organisation, client.clone());
        Ok(client)
    }

    async fn send(&mut self, reporter: Option<String>, chunk: Vec<Row>) -> Result<(), Failure> {
        if chunk.is_empty() {
            return Ok(());
        }
        let client = self.client(reporter).await?;
        let references: BTreeMap<u32, String> = chunk.iter().map(|row| (row.row, row.signal.reference.clone())).collect();
        let requests = requests(chunk, self.happened_at);
        let answer = retried(|| {
            let (mut client, requests) = (client.clone(), requests.clone());
            async move { client.submit_signals(tokio_stream::iter(requests)).await }
        });
        let answer = answer.await.map_err(|status| {
            let first = references.keys().next().copied().unwrap_or(0);
            Failure::of(format!(
                "rows from {first} on were not acknowledged: {}; send the file again, what was accepted is then repeated and counted once",
                Failure::said(&status)
            ))
        })?;
        let answer = answer.into_inner();
        self.tally.position = answer.position.or(self.tally.position.take());
        for verdict in answer.verdicts {
            self.tally.count(verdict, &references);
        }
        Ok(())
    }
}

impl Tally {
    fn count(&mut self, verdict: Verdict, references: &BTreeMap<u32, String>) {
        match verdict.outcome {
            Some(Outcome::Accepted(_)) => self.accepted += 1,
            Some(Outcome::Repeated(_)) => self.repeated += 1,
            Some(Outcome::Blocked(blocked)) => self.blocked.push((verdict.row, blocked.document)),
            Some(Outcome::Refused(Refused { faults }) | Outcome::Returned(Returned { faults, .. })) => self.refused.push(BadRow {
                row: verdict.row,
                reference: references.get(&verdict.row).cloned().unwrap_or_default(),
                faults: faults.into_iter().map(|fault| Fault { column: fault.field, text: fault.text }).collect(),
            }),
            None => self.refused.push(BadRow {
                row: verdict.row,
                reference: references.get(&verdict.row).cloned().unwrap_or_default(),
                faults: vec![Fault { column: String::new(), text: "geen antwoord van deze versie van de dienst".to_owned() }],
            }),
        }
    }
}

/// The messages of one stream; when it happened stands in the first.
pub fn requests(chunk: Vec<Row>, happened_at: Option<Timestamp>) -> Vec<SubmitSignalsRequest> {
    let mut happened_at = happened_at.map(|at| at.to_string()).unwrap_or_default();
    chunk
        .into_iter()
        .map(|row| SubmitSignalsRequest {
            row: row.row,
            signal: Some(row.signal),
            happened_at: std::mem::take(&mut happened_at),
            ..Default::default()
        })
        .collect()
}

/// Asks again while the service cannot answer.
async fn retried<T, F: Future<Output = Result<T, Status>>>(ask: impl Fn() -> F) -> Result<T, Status> {
    let mut wait = Duration::from_millis(200);
    for _ in 1..ATTEMPTS {
        match ask().await {
            Err(status)
                if matches!(status.code(), Code::Unavailable | Code::Aborted | Code::ResourceExhausted | Code::DeadlineExceeded) =>
            {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            other => return other,
        }
    }
    ask().await
}

fn summary(mut out: Out, mut tally: Tally, file: Option<PathBuf>) -> Result<(), Failure> {
    tally.refused.sort_by_key(|bad| bad.row);
    let refused = tally.refused.len();
    if out.json() {
        let rows: Vec<_> = tally
            .refused
            .iter()
            .map(|bad| {
                let faults: Vec<_> =
                    bad.faults.iter().map(|fault| serde_json::json!({ "column": fault.column, "text": fault.text })).collect();
                serde_json::json!({ "row": bad.row, "reference": bad.reference, "faults": faults })
            })
            .collect();
        let blocked: Vec<_> = tally.blocked.iter().map(|(row, document)| serde_json::json!({ "row": row, "document": document })).collect();
        out.document(&serde_json::json!({ "accepted": tally.accepted, "repeated": tally.repeated, "blocked": blocked, "refused": rows }))?;
    } else {
        out.line(format!("aangenomen: {}, herhaald: {}, geweigerd: {refused}", tally.accepted, tally.repeated))?;
        if !tally.blocked.is_empty() {
            let rows: Vec<_> = tally.blocked.iter().map(|(row, _)| row.to_string()).collect();
            let rows = rows.join(", ");
            out.line(format!("geblokkeerd door de afwijzing van de huurder, niets bewaard: rij {rows} (de verklaringen: met --json)"))?;
        }
        print_position(&mut out, tally.position.as_ref())?;
    }
    out.flush()?;
    if refused == 0 {
        return Ok(());
    }
    let lines = tally.refused.iter().flat_map(|bad| {
        bad.faults.iter().map(move |fault| [bad.row.to_string(), bad.reference.clone(), fault.column.clone(), fault.text.clone()])
    });
    let headings = ["Rij", "Referentie", "Kolom", "Wat er mis is, en wat goed zou zijn"];
    match &file {
        Some(file) => {
            let mut writer = csv::WriterBuilder::new().delimiter(b';').from_path(file).map_err(|error| Failure::because(&error))?;
            writer.write_record(headings).map_err(|error| Failure::because(&error))?;
            for line in lines {
                writer.write_record(line).map_err(|error| Failure::because(&error))?;
            }
            writer.flush()?;
            Err(Failure::of(format!("{refused} rows refused; see {}", file.display())))
        }
        None => {
            out::note(out::table(&headings, lines).to_string())?;
            Err(Failure::of(format!("{refused} rows refused; mend them and send the file again, the others are then only repeated")))
        }
    }
}

fn spinner() -> ProgressBar {
    if !Out::is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} rijen, {per_sec}, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
