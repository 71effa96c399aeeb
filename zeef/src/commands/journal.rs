//! `zeef journal`: verify it, carry it elsewhere, go on after a source lost its history, and try again what was parked.

use jiff::Timestamp;
use journal::{Subject, copy::copy, reconcile::reconcile};
use proto::service::v1::{
    ListParkedRequest, RetryParkedRequest, VerifyJournalRequest, VerifyJournalResponse, journal_service_client::JournalServiceClient,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::{ServeOptions, config::NatsUrl, room::Pages};

use crate::{
    Failure,
    house::{self, CONTEXTS, Stores, receipt_keys, vault_key},
    out::{self, Out, Working},
    parse,
    reach::Reach,
    words::moment,
};

/// The journal.
#[derive(clap::Args)]
pub struct Journal {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Reads every commit: chains unbroken, nothing altered, no reaction lost or doubled. Exit status 1 when something is wrong.
    Verify {
        /// Reads the journal on this NATS server itself, without a running service.
        #[arg(long, env = "ZEEF_NATS", value_name = "URL", conflicts_with = "offline")]
        nats: Option<NatsUrl>,
        /// Copies that NATS keeps of each stream.
        #[arg(long, env = "ZEEF_NATS_REPLICAS", default_value_t = 1, value_name = "N")]
        nats_replicas: usize,
        /// Reads the embedded journal in the data directory itself; nothing may be running on it.
        #[arg(long)]
        offline: bool,
    },
    /// Carries everything from the data directory to an empty NATS, or back: commits, in their places, and the vault. Nothing may be
    /// running on either.
    Copy {
        /// The NATS server.
        #[arg(long, env = "ZEEF_NATS", value_name = "URL")]
        nats: NatsUrl,
        /// Copies that NATS keeps of each stream.
        #[arg(long, env = "ZEEF_NATS_REPLICAS", default_value_t = 1, value_name = "N")]
        nats_replicas: usize,
        /// From NATS to the data directory.
        #[arg(long)]
        back: bool,
    },
    /// Who cannot go on with a source, because its history was lost or goes on in another way. Exit status 1 when there is anybody; nothing
    /// more of that source is taken in by them until it is accepted. Restart the services of that source first.
    Reconcile {
        /// The journal on this NATS server; without it the embedded one in the data directory, and then nothing may be running on it.
        #[arg(long, env = "ZEEF_NATS", value_name = "URL")]
        nats: Option<NatsUrl>,
        /// Copies that NATS keeps of each stream.
        #[arg(long, env = "ZEEF_NATS_REPLICAS", default_value_t = 1, value_name = "N")]
        nats_replicas: usize,
        /// Gives up what the sources do not know any more, and goes on from where both can. What had followed from it stays: record at the
        /// source what it has to know again.
        #[arg(long, requires = "by")]
        accept: bool,
        /// Only for this aggregate, as the list shows it.
        #[arg(long, value_name = "SUBJECT")]
        target: Option<Subject>,
        /// Who decides: a staff number, no name.
        #[arg(long, requires = "accept", value_name = "ID", value_parser = kernel::ids::staff_number)]
        by: Option<String>,
        /// What time it is there, when its processes were started with --clock.
        #[arg(long, env = "ZEEF_CLOCK", value_name = "INSTANT", value_parser = parse::instant)]
        clock: Option<Timestamp>,
    },
    /// What could not be handled and waits for a person.
    Parked,
    /// Tries again what was parked.
    Retry {
        /// Only for this aggregate, as `zeef journal parked` shows it.
        #[arg(long, value_name = "SUBJECT")]
        target: Option<String>,
    },
}

/// Shown while every commit is gone through.
const VERIFYING: &str = "alle vastleggingen worden nagelopen";

/// `zeef journal verify --json`.
#[derive(Serialize, JsonSchema)]
pub struct VerifyAnswer {
    /// Nothing is wrong.
    sound: bool,
    streams: Vec<VerifiedStream>,
    /// What does not hold.
    findings: Vec<Finding>,
    /// Not taken in yet: no fault by itself.
    pending: Vec<Waiting>,
    /// Parked, and not handled since.
    parked: Vec<Waiting>,
}

#[derive(Serialize, JsonSchema)]
struct VerifiedStream {
    context: String,
    end: u64,
    commits: u64,
    /// Aggregates.
    subjects: u64,
    /// Commits that concern other contexts.
    public: u64,
    /// Commits of others taken in.
    taken_in: u64,
    /// Commits of others ignored by their types.
    ignored: u64,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    subject: String,
    sequence: u64,
    /// Stable code.
    kind: String,
    target: String,
}

#[derive(Serialize, JsonSchema)]
struct Waiting {
    source: String,
    sequence: u64,
    target: String,
    reason: String,
}

/// `zeef journal reconcile --json`.
#[derive(Serialize, JsonSchema)]
pub struct ReconcileAnswer {
    /// Aggregates that cannot go on with a source.
    apart: Vec<Apart>,
}

#[derive(Serialize, JsonSchema)]
struct Apart {
    target: String,
    source: String,
    /// Stream sequence that both can go on from; 0 is the beginning.
    go_on_from: u64,
    /// Stream sequences of what only the target knows, in order.
    only_here: Vec<u64>,
    /// It went on from there just now.
    accepted: bool,
}

/// `zeef journal parked --json`.
#[derive(Serialize, JsonSchema)]
pub struct ParkedAnswer {
    parked: Vec<Parked>,
}

#[derive(Serialize, JsonSchema)]
struct Parked {
    /// The aggregate that waits.
    target: String,
    source_subject: String,
    source_sequence: u64,
    /// Stable code.
    reason: String,
    /// RFC 3339, UTC.
    since: String,
    /// Role that has to act.
    owner: String,
}

impl Journal {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        match self.what {
            What::Verify { nats, nats_replicas, offline } => {
                let working = Working::on(VERIFYING);
                let answer = if nats.is_some() || offline {
                    answer(&opened(&self.reach, nats, nats_replicas, "zeef-verify").await?).await?
                } else {
                    let address = self.reach.endpoints().desk;
                    let mut client = JournalServiceClient::new(self.reach.operator(&address).await?);
                    VerifyAnswer::from(client.verify_journal(VerifyJournalRequest {}).await?.into_inner())
                };
                drop(working);
                verified(&mut out, answer)?;
            }
            What::Copy { nats, nats_replicas, back } => carried(&self.reach, &mut out, nats, nats_replicas, back).await?,
            What::Reconcile { nats, nats_replicas, accept, target, by, clock } => {
                let stores = opened(&self.reach, nats, nats_replicas, "zeef-reconcile").await?;
                let now = clock.unwrap_or_else(Timestamp::now);
                reconciled(&mut out, &stores, by.filter(|_| accept).map(|by| (by, now)), target).await?;
            }
            What::Parked => parked(&self.reach, &mut out).await?,
            What::Retry { target } => retry(&self.reach, &mut out, target).await?,
        }
        out.flush()
    }
}

/// What is opened here without a service.
fn options(reach: &Reach, nats: Option<NatsUrl>, nats_replicas: usize) -> ServeOptions {
    ServeOptions {
        listen: ([127, 0, 0, 1], 0).into(),
        data: reach.data().to_owned(),
        nats,
        nats_replicas,
        identity_key: None,
        vault_key: None,
        receipt_keys: None,
        clock: None,
        drain_seconds: 0,
        policies: "policies".into(),
    }
}

/// A journal in the data directory that is to be read.
fn has_journal(reach: &Reach) -> Result<(), Failure> {
    if reach.data().join("journal").exists() {
        return Ok(());
    }
    Err(Failure::of(format!("no journal in {}: name the data directory with --data", reach.data().display())))
}

/// The journal itself, without a running service.
async fn opened(reach: &Reach, nats: Option<NatsUrl>, nats_replicas: usize, name: &str) -> Result<Stores, Failure> {
    if nats.is_none() {
        has_journal(reach)?;
    }
    Ok(Stores::open(&options(reach, nats, nats_replicas), name, &[]).await?)
}

async fn reconciled(out: &mut Out, stores: &Stores, accepted: Option<(String, Timestamp)>, target: Option<Subject>) -> Result<(), Failure> {
    let journal = stores.journal.as_ref();
    let working = Working::on(VERIFYING);
    let mut all = house::verify(journal).await.map_err(|error| Failure::because(&error))?.apart;
    drop(working);
    if let Some(target) = &target {
        all.retain(|apart| apart.target == *target);
        if all.is_empty() {
            return Err(Failure::of(format!("{target} can go on with all its sources, or is not there")));
        }
    }
    let (mut apart, mut failures) = (Vec::new(), Vec::new());
    for one in all {
        let accepted = match &accepted {
            Some((by, now)) => reconcile(journal, &one, by, *now).await,
            None => Ok(false),
        };
        failures.extend(accepted.as_ref().err().map(|error| Failure::because(error)));
        apart.push(Apart {
            target: one.target.to_string(),
            source: one.source.to_string(),
            go_on_from: one.go_on_from.sequence,
            only_here: one.only_here,
            accepted: accepted.unwrap_or(false),
        });
    }
    let (many, gone_on) = (apart.len(), apart.iter().filter(|apart| apart.accepted).count());
    let answer = ReconcileAnswer { apart };
    if out.json() {
        out.document(&answer)?;
    } else {
        out.table(
            &["Dossier", "Bron", "Verder vanaf", "Alleen hier bekend", "Hersteld"],
            answer.apart.into_iter().map(|apart| {
                let only_here: Vec<_> = apart.only_here.iter().map(u64::to_string).collect();
                let from = if apart.go_on_from == 0 { "het begin".to_owned() } else { apart.go_on_from.to_string() };
                vec![apart.target, apart.source, from, only_here.join(", "), if apart.accepted { "ja" } else { "nee" }.to_owned()]
            }),
            "Elke bron heeft nog wat ervan is overgenomen.",
        )?;
    }
    out.flush()?;
    if gone_on > 0 {
        out::note("Leg aan de bron opnieuw vast wat zij weer moet weten.")?;
    }
    match failures.pop() {
        Some(failure) => Err(failure),
        None if gone_on == many => Ok(()),
        None if accepted.is_some() => Err(Failure::of("some of them went on meanwhile: run this again")),
        None => {
            Err(Failure::of(format!("{many} cannot go on with a source: look at what was lost, then run this again with --accept --by")))
        }
    }
}

async fn carried(reach: &Reach, out: &mut Out, nats: NatsUrl, nats_replicas: usize, back: bool) -> Result<(), Failure> {
    if !back {
        has_journal(reach)?;
    }
    let keys = options(reach, None, 1);
    let here = Stores::open(&keys, "", &[]).await?;
    let there = Stores::open(&options(reach, Some(nats), nats_replicas), "zeef-copy", &[]).await?;
    let (from, to) = if back { (there, here) } else { (here, there) };
    let working = Working::through(None, "vastleggingen en waarden");
    let copied = copy(from.place(), to.place(), CONTEXTS, || working.one_more()).await;
    drop(working);
    let copied = copied.map_err(|error| Failure::because(&error))?;
    if copied.commits == 0 {
        return Err(Failure::of("there is nothing to copy: is it the right server, and the right data directory?"));
    }
    out::note(format!("Overgebracht: {} vastleggingen en {} waarden van de kluis.", copied.commits, copied.values))?;
    let working = Working::on(VERIFYING);
    let answer = answer(&to).await?;
    drop(working);
    verified(out, answer)?;
    let files = [vault_key(&keys), receipt_keys(&keys), keys.identity_key_file()].map(|file| file.display().to_string());
    out::note(format!("De sleutels zijn niet overgebracht; zonder deze bestanden is de kluis niet te lezen: {}", files.join(", ")))
}

async fn answer(stores: &Stores) -> Result<VerifyAnswer, Failure> {
    let report = house::verify(stores.journal.as_ref()).await.map_err(|error| Failure::because(&error))?;
    let waiting = |w: journal::verify::Waiting| Waiting { source: w.source, sequence: w.sequence, target: w.target, reason: w.reason };
    Ok(VerifyAnswer {
        sound: report.is_sound(),
        streams: report
            .streams
            .into_iter()
            .map(|s| VerifiedStream {
                context: s.context,
                end: s.end,
                commits: s.commits,
                subjects: s.subjects,
                public: s.public,
                taken_in: s.taken_in,
                ignored: s.ignored,
            })
            .collect(),
        findings: report
            .findings
            .into_iter()
            .map(|f| Finding {
                subject: f.subject,
                sequence: f.sequence,
                kind: f.kind.code().to_owned(),
                target: f.target.unwrap_or_default(),
            })
            .collect(),
        pending: report.pending.into_iter().map(waiting).collect(),
        parked: report.parked.into_iter().map(waiting).collect(),
    })
}

impl From<VerifyJournalResponse> for VerifyAnswer {
    fn from(answer: VerifyJournalResponse) -> Self {
        let waiting =
            |w: proto::service::v1::Waiting| Waiting { source: w.source, sequence: w.sequence, target: w.target, reason: w.reason };
        Self {
            sound: answer.findings.is_empty(),
            streams: answer
                .streams
                .into_iter()
                .map(|s| VerifiedStream {
                    context: s.context,
                    end: s.end,
                    commits: s.commits,
                    subjects: s.subjects,
                    public: s.public,
                    taken_in: s.taken_in,
                    ignored: s.ignored,
                })
                .collect(),
            findings: answer
                .findings
                .into_iter()
                .map(|f| Finding { subject: f.subject, sequence: f.sequence, kind: f.kind, target: f.target })
                .collect(),
            pending: answer.pending.into_iter().map(waiting).collect(),
            parked: answer.parked.into_iter().map(waiting).collect(),
        }
    }
}

fn verified(out: &mut Out, answer: VerifyAnswer) -> Result<(), Failure> {
    let (wrong, parked) = (answer.findings.len(), answer.parked.len());
    if out.json() {
        out.document(&answer)?;
    } else {
        out.table(
            &["Stroom", "Vastleggingen", "Dossiers", "Voor anderen", "Overgenomen", "Overgeslagen"],
            answer.streams.iter().map(|s| {
                let numbers = [s.commits, s.subjects, s.public, s.taken_in, s.ignored];
                std::iter::once(s.context.clone()).chain(numbers.map(|n| n.to_string())).collect::<Vec<_>>()
            }),
            "Geen stromen.",
        )?;
        if wrong > 0 {
            out.table(
                &["Wat niet klopt", "Waar", "Nummer", "Voor"],
                answer.findings.into_iter().map(|f| vec![f.kind, f.subject, f.sequence.to_string(), f.target]),
                "",
            )?;
        } else {
            out.line("Alles klopt: de ketens zijn heel, geen reactie is verloren of dubbel.")?;
        }
        if !answer.pending.is_empty() {
            out.line(format!("Nog onderweg: {}", answer.pending.len()))?;
        }
        if parked > 0 {
            out.line(format!("Geparkeerd: {parked}; `zeef journal parked` toont ze, `zeef journal retry` probeert ze opnieuw"))?;
        }
    }
    out.flush()?;
    if wrong > 0 { Err(Failure::of(format!("{wrong} findings: what the journal holds is not what was written"))) } else { Ok(()) }
}

async fn all_parked(reach: &Reach) -> Result<Vec<(String, proto::service::v1::Parked)>, Failure> {
    let mut all = Vec::new();
    for process in reach.endpoints().processes() {
        let mut client = JournalServiceClient::new(reach.operator(&process).await?);
        let mut pages = Pages::default();
        while let Some(page) = pages.to_ask() {
            let told = client.list_parked(ListParkedRequest { page: Some(page) }).await?.into_inner();
            pages.add(told.parked, told.next_token);
        }
        all.extend(pages.rows.into_iter().map(|parked| (process.clone(), parked)));
    }
    Ok(all)
}

async fn parked(reach: &Reach, out: &mut Out) -> Result<(), Failure> {
    let all = all_parked(reach).await?;
    if out.json() {
        let parked = all
            .into_iter()
            .map(|(_, p)| Parked {
                target: p.target,
                source_subject: p.source_subject,
                source_sequence: p.source_sequence,
                reason: p.reason,
                since: p.since,
                owner: p.owner,
            })
            .collect();
        return out.document(&ParkedAnswer { parked });
    }
    out.table(
        &["Sinds", "Dossier", "Wat", "Nummer", "Waarom", "Bij wie"],
        all.into_iter().map(|(_, p)| vec![moment(&p.since), p.target, p.source_subject, p.source_sequence.to_string(), p.reason, p.owner]),
        "Niets is geparkeerd.",
    )
}

async fn retry(reach: &Reach, out: &mut Out, target: Option<String>) -> Result<(), Failure> {
    let all = all_parked(reach).await?;
    let (mut done, mut failed) = (0, 0);
    let working = Working::through(u64::try_from(all.len()).ok(), "geparkeerde vastleggingen");
    for (process, parked) in all.into_iter().filter(|(_, p)| target.as_ref().is_none_or(|target| *target == p.target)) {
        working.one_more();
        let mut client = JournalServiceClient::new(reach.operator(&process).await?);
        let place = format!("{}, {}@{}", parked.target, parked.source_subject, parked.source_sequence);
        let request =
            RetryParkedRequest { target: parked.target, source_subject: parked.source_subject, source_sequence: parked.source_sequence };
        match client.retry_parked(request).await {
            Ok(_) => done += 1,
            Err(status) => {
                failed += 1;
                out.line(format!("{place}: {}", Failure::said(&status)))?;
            }
        }
    }
    drop(working);
    out.line(format!("opnieuw gedaan: {done}, mislukt: {failed}"))?;
    out.flush()?;
    if failed > 0 { Err(Failure::of("not everything could be handled; what failed stays parked")) } else { Ok(()) }
}
