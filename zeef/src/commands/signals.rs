//! `zeef signals`: a partner's file to intake, in chunks, good rows kept; and a mapping for a file that calls its columns otherwise.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use kernel::money::DecimalSign;
use proto::intake::v1::{self as pb, Signal, SubmitSignalsRequest, Verdict, intake_service_client::IntakeServiceClient, verdict::Outcome};
use service::{Actor, Client, Role};
use tonic::{Code, Status};

use crate::{
    Failure,
    commands::{
        evidence::Evidence,
        feedback::Feedback,
        receipts::{Keys, Receipt, Verify},
        signal_list::List,
        supplement::Supplement,
    },
    out::{self, Out, Working},
    parse,
    partner_file::{self, Advice, BadRow, Columns, Content, DateOrder, Encoding, Fault, Mapping, Reading, RefusedFile, Row, Rows},
    reach::{Reach, print_position},
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
    /// Sends a file of reports. Good rows are kept whatever the others are; sending the file again is harmless, also when the first
    /// time was broken off: what was taken in is only repeated.
    Submit(Box<Submit>),
    /// Writes a mapping for a partner's file, to be looked at and kept: which column is which, and how amounts and dates are written.
    Mapping {
        /// The file, as for `submit`.
        file: PathBuf,
        /// Encoding of a text file.
        #[arg(long, value_enum, default_value_t)]
        encoding: Encoding,
        /// Writes to this file instead of showing it.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// The signals of a case: from whom, how each stands among the others about its address, and what was taken back.
    List(List),
    /// What a report did not tell and DDAS wants, as somebody said it when asked.
    Supplement(Supplement),
    /// The files that came with a report by web form (bewijsstukken), and saves them; the look is logged.
    Evidence(Evidence),
    /// The signed receipt (meldbewijs) of a report, as canonical JSON.
    Receipt(Receipt),
    /// What became of a partner's own reports: taken up, not taken up, pause until, closed. Never why; told from the day after.
    Feedback(Feedback),
    /// Checks a receipt with the published keys alone: no server is asked. Ends well only when it holds.
    Verify(Verify),
    /// The keys that receipts are signed and checked with.
    Keys(Keys),
}

#[derive(clap::Args)]
struct Submit {
    /// The file: CSV (; or , or tab, UTF-8 or Windows-1252), XLSX, XLS or ODS, with column names in its first row, in any order.
    file: PathBuf,
    /// The partner's mapping, as `zeef signals mapping` proposes one.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// How amounts are written, if the mapping does not say: `comma` (1.234,56) or `point` (1,234.56).
    #[arg(long, value_name = "SIGN", value_parser = partner_file::decimal_sign)]
    amounts: Option<DecimalSign>,
    /// In which order dates are written, if the mapping does not say; 31-12-2026 and 2026-12-31 need none.
    #[arg(long, value_enum, value_name = "ORDER")]
    dates: Option<DateOrder>,
    /// Code of the reporting organisation, for a token made on this machine. A column `melder` names it per row.
    #[arg(long, value_name = "CODE")]
    organisation: Option<String>,
    /// Encoding of a text file.
    #[arg(long, value_enum, default_value_t)]
    encoding: Encoding,
    /// Writes the refused rows to this CSV file, with what is wrong in front: mend them there and send that file.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// When the file arrived, if not now.
    #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
    happened_at: Option<Timestamp>,
}

#[derive(Default)]
struct Tally {
    accepted: u64,
    repeated: u64,
    /// Row and signed note.
    blocked: Vec<(u32, String)>,
    refused: Refused,
    /// How often something was put right.
    advice: BTreeMap<Advice, u64>,
    position: Option<proto::common::v1::Position>,
}

/// What was refused: in a file when there is one, and what is told of it.
#[derive(Default)]
struct Refused {
    file: Option<RefusedFile>,
    rows: Vec<BadRow>,
}

impl Refused {
    fn add(&mut self, row: BadRow, columns: &Columns) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            file.write(&row, columns).map_err(|error| Failure::because(&error))?;
        }
        // Of many refused rows only the verdicts stay in memory.
        self.rows.push(BadRow { content: Content::Line(String::new()), ..row });
        Ok(())
    }
}

impl Signals {
    pub async fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Submit(submit) => submit.run(&self.reach).await,
            What::Mapping { file, encoding, to } => {
                let proposal = partner_file::propose(&file, encoding).map_err(|error| of_file(&file, &error))?;
                match to {
                    Some(to) => {
                        std::fs::write(&to, proposal)?;
                        out::note(format!("Kijk {} na, en geef het mee met --mapping.", to.display()))
                    }
                    None => {
                        let mut out = self.reach.out();
                        out.line(proposal.trim_end())?;
                        out.flush()
                    }
                }
            }
            What::Supplement(supplement) => supplement.run(&self.reach).await,
            What::List(list) => list.run(&self.reach).await,
            What::Evidence(evidence) => evidence.run(&self.reach).await,
            What::Receipt(receipt) => receipt.run(&self.reach).await,
            What::Feedback(feedback) => feedback.run(&self.reach).await,
            What::Verify(verify) => verify.run(&self.reach),
            What::Keys(keys) => keys.run(&self.reach).await,
        }
    }
}

fn of_file(file: &Path, error: &partner_file::FileError) -> Failure {
    Failure::of(format!("{}: {}", file.display(), Failure::because(error)))
}

impl Submit {
    fn reading(&self) -> Result<Reading, Failure> {
        let mapping = self.mapping.as_deref().map(Mapping::open).transpose().map_err(|error| Failure::because(&error))?;
        let mut mapping = mapping.unwrap_or_default();
        mapping.amounts = mapping.amounts.or(self.amounts);
        mapping.dates = mapping.dates.or(self.dates);
        Ok(Reading { encoding: self.encoding, mapping })
    }

    async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut rows = Rows::open(&self.file, self.reading()?).map_err(|error| of_file(&self.file, &error))?;
        self.notes(&rows)?;
        let progress = Working::through(rows.total(), "rijen");
        let mut tally = Tally::default();
        if let Some(file) = &self.refused {
            if file.canonicalize().ok().is_some_and(|there| self.file.canonicalize().is_ok_and(|file| file == there)) {
                return Err(Failure::usage("--refused noemt het bestand dat gelezen wordt: geef een andere naam"));
            }
            tally.refused.file = Some(RefusedFile::create(file, rows.columns()).map_err(|error| Failure::because(&error))?);
        }
        let mut sender = Sender { reach, organisation: self.organisation, happened_at: self.happened_at, clients: BTreeMap::new(), tally };
        let mut waiting: BTreeMap<Option<String>, Vec<Row>> = BTreeMap::new();
        while let Some(row) = rows.next_row().map_err(|error| of_file(&self.file, &error))? {
            progress.one_more();
            match row {
                Err(bad) => sender.tally.refused.add(bad, rows.columns())?,
                Ok(row) => {
                    let reporter = row.reporter.clone();
                    let chunk = waiting.entry(reporter.clone()).or_default();
                    chunk.push(row);
                    if chunk.len() >= CHUNK {
                        let chunk = std::mem::take(chunk);
                        sender.send(reporter, chunk, rows.columns()).await?;
                    }
                }
            }
        }
        for (reporter, chunk) in waiting {
            sender.send(reporter, chunk, rows.columns()).await?;
        }
        drop(progress);
        summary(reach.out(), sender.tally, self.refused.as_deref())
    }

    fn notes(&self, rows: &Rows) -> Result<(), Failure> {
        if rows.is_windows_1252() && self.encoding == Encoding::Auto {
            out::note("Het bestand is geen UTF-8 en wordt gelezen als Windows-1252.")?;
        }
        if let Some((sheet, others)) = rows.sheets().filter(|(_, others)| !others.is_empty()) {
            out::note(format!("Gelezen wordt het blad {sheet}, niet: {}", others.join(", ")))?;
        }
        let ignored = rows.columns().ignored();
        if !ignored.is_empty() {
            out::note(format!("Niet gebruikt, kolom: {}", ignored.join(", ")))?;
        }
        Ok(())
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
            None => return Err(Failure::usage("wie meldt? geef --organisation of --token, of een kolom `melder` in het bestand")),
        };
        if let Some(client) = self.clients.get(&organisation) {
            return Ok(client.clone());
        }
        let actor = Actor::person("zeef-cli", &organisation, &[Role::Landlord, Role::Operator], &[]);
        let client = self.reach.intake_as(&actor).await?;
        self.clients.insert(organisation, client.clone());
        Ok(client)
    }

    async fn send(&mut self, reporter: Option<String>, chunk: Vec<Row>, columns: &Columns) -> Result<(), Failure> {
        let Some(first) = chunk.first().map(|row| row.row) else { return Ok(()) };
        let client = self.client(reporter).await?;
        let mut sent = BTreeMap::new();
        let mut signals = Vec::with_capacity(chunk.len());
        for row in chunk {
            sent.insert(row.row, Sent { reference: row.signal.reference.clone(), content: row.content, advice: row.advice });
            signals.push((row.row, row.signal));
        }
        let requests = requests(signals, self.happened_at);
        let answer = retried(|| {
            let (mut client, requests) = (client.clone(), requests.clone());
            async move { client.submit_signals(tokio_stream::iter(requests)).await }
        });
        let answer = answer.await.map_err(|status| {
            Failure::of(format!(
                "de rijen vanaf {first} zijn niet bevestigd: {}; bied het bestand opnieuw aan, wat al aangenomen was telt niet dubbel",
                Failure::said(&status)
            ))
        })?;
        let answer = answer.into_inner();
        self.tally.position = answer.position.or(self.tally.position.take());
        for verdict in answer.verdicts {
            self.tally.count(verdict, &mut sent, columns)?;
        }
        Ok(())
    }
}

/// What is kept of a row until its verdict is there.
struct Sent {
    reference: String,
    content: Content,
    advice: Vec<Advice>,
}

impl Tally {
    fn count(&mut self, verdict: Verdict, sent: &mut BTreeMap<u32, Sent>, columns: &Columns) -> Result<(), Failure> {
        let row = verdict.row;
        let Some(Sent { reference, content, advice }) = sent.remove(&row) else { return Ok(()) };
        let faults = match verdict.outcome {
            Some(taken @ (Outcome::Accepted(_) | Outcome::Repeated(_))) => {
                *(if matches!(taken, Outcome::Accepted(_)) { &mut self.accepted } else { &mut self.repeated }) += 1;
                for advice in advice {
                    *self.advice.entry(advice).or_default() += 1;
                }
                return Ok(());
            }
            Some(Outcome::Blocked(blocked)) => {
                self.blocked.push((row, blocked.document));
                return Ok(());
            }
            Some(Outcome::Refused(pb::Refused { faults }) | Outcome::Returned(pb::Returned { faults, .. })) => {
                faults.into_iter().map(|fault| Fault { column: columns.of_field(&fault.field), text: fault.text }).collect()
            }
            None => vec![Fault { column: String::new(), text: "geen antwoord van deze versie van de dienst".to_owned() }],
        };
        self.refused.add(BadRow { row, reference, faults, content }, columns)
    }
}

/// The messages of one stream; when it happened stands in the first.
pub fn requests(signals: impl IntoIterator<Item = (u32, Signal)>, happened_at: Option<Timestamp>) -> Vec<SubmitSignalsRequest> {
    let mut happened_at = happened_at.map(|at| at.to_string()).unwrap_or_default();
    signals
        .into_iter()
        .map(|(row, signal)| SubmitSignalsRequest {
            row,
            signal: Some(signal),
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

fn summary(mut out: Out, tally: Tally, file: Option<&Path>) -> Result<(), Failure> {
    let Refused { file: refused_file, mut rows } = tally.refused;
    rows.sort_by_key(|bad| bad.row);
    if let Some(file) = refused_file {
        file.finish()?;
    }
    let refused = rows.len();
    if out.json() {
        let told: Vec<_> = rows
            .iter()
            .map(|bad| {
                let faults: Vec<_> =
                    bad.faults.iter().map(|fault| serde_json::json!({ "column": fault.column, "text": fault.text })).collect();
                serde_json::json!({ "row": bad.row, "reference": bad.reference, "faults": faults })
            })
            .collect();
        let advice: Vec<_> = tally
            .advice
            .iter()
            .map(|(advice, rows)| serde_json::json!({ "column": advice.column, "text": advice.text, "rows": rows }))
            .collect();
        let blocked: Vec<_> = tally.blocked.iter().map(|(row, document)| serde_json::json!({ "row": row, "document": document })).collect();
        out.document(&serde_json::json!({
            "accepted": tally.accepted,
            "repeated": tally.repeated,
            "blocked": blocked,
            "refused": told,
            "advice": advice,
        }))?;
    } else {
        out.line(format!("aangenomen: {}, herhaald: {}, geweigerd: {refused}", tally.accepted, tally.repeated))?;
        if !tally.blocked.is_empty() {
            let rows: Vec<_> = tally.blocked.iter().map(|(row, _)| row.to_string()).collect();
            let rows = rows.join(", ");
            out.line(format!("geblokkeerd door de afwijzing van de huurder, niets bewaard: rij {rows} (de verklaringen: met --json)"))?;
        }
        for (advice, rows) in &tally.advice {
            out.line(format!("{} ({rows} keer): {}", advice.column, advice.text))?;
        }
        print_position(&mut out, tally.position.as_ref())?;
    }
    out.flush()?;
    if refused == 0 {
        return Ok(());
    }
    match file {
        Some(file) => Err(Failure::of(format!("{refused} rijen geweigerd; verbeter ze in {} en bied dat bestand aan", file.display()))),
        None => {
            let lines = rows.iter().flat_map(|bad| {
                bad.faults.iter().map(move |fault| [bad.row.to_string(), bad.reference.clone(), fault.column.clone(), fault.text.clone()])
            });
            out::note(out::table(&["Rij", "Referentie", "Kolom", "Wat er mis is, en wat goed zou zijn"], lines).to_string())?;
            Err(Failure::of(format!(
                "{refused} rijen geweigerd; verbeter ze en bied het bestand opnieuw aan, de andere worden dan alleen herhaald"
            )))
        }
    }
}
