//! `zeef outreach`: the worklist, and what was done.

use jiff::Timestamp;
use kernel::{CaseId, Gemeentecode, PersonId};
use proto::outreach::v1::{
    LearnCircumstanceRequest, ListWorkRequest, RecordAnswerRequest, RecordAttemptRequest, RecordFirstTalkRequest, RecordOfferRequest,
    SupplementAttemptRequest, Toward, WorkItem,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    out::Out,
    parse,
    reach::{Head, Reach, print_position},
    words::{self, dutch},
};

/// Contact with households.
#[derive(clap::Args)]
pub struct Outreach {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Who to contact, how and by when.
    Worklist {
        /// One municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
        /// One team.
        #[arg(long, value_name = "CODE")]
        team: Option<String>,
    },
    /// An attempt to make contact was made.
    Attempt {
        #[command(flatten)]
        on: On,
        /// huisbezoek, telefoon, brief, kaartje, sms-whatsapp, mail or overige.
        #[arg(long)]
        channel: String,
        /// ochtend, middag or avond.
        #[arg(long, default_value = "")]
        daypart: String,
        /// Somebody was reached.
        #[arg(long)]
        reached: bool,
        #[command(flatten)]
        toward: For,
    },
    /// The part of the day of an attempt that was recorded without it.
    Daypart {
        #[command(flatten)]
        on: On,
        /// When the attempt was made, as `zeef case show --json` names it beside what is missing.
        #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
        attempted_at: Timestamp,
        /// ochtend, middag or avond.
        #[arg(value_parser = ["ochtend", "middag", "avond"])]
        daypart: String,
    },
    /// An offer of help was made; a letter with the offer counts.
    Offer {
        #[command(flatten)]
        on: On,
        /// How: huisbezoek, telefoon, brief, kaartje, sms-whatsapp, mail or overige.
        #[arg(long)]
        channel: String,
        #[command(flatten)]
        toward: For,
    },
    /// The household's answer, or what became of the help; of one person: `zeef persons refuse`.
    Answer {
        #[command(flatten)]
        on: On,
        /// accepted, refused or resolved.
        #[arg(value_parser = ["accepted", "refused", "resolved"])]
        answer: String,
        /// With `resolved`, for example solved-quickfix, help-financial, help-other or self-solved.
        #[arg(long, default_value = "")]
        result: String,
    },
    /// Who shared the household of a tenant who died claimed the lease in court (BW art. 7:268 lid 2).
    Claim {
        #[command(flatten)]
        on: On,
    },
    /// Something became known that the routing policy may look at; routing looks again.
    Learn {
        #[command(flatten)]
        on: On,
        /// What.
        #[arg(value_parser = ["benefit", "entrepreneur", "private-landlord"])]
        circumstance: String,
        /// Whether it is so.
        #[arg(value_parser = ["yes", "no"])]
        holds: String,
        /// Who said so.
        #[arg(long, value_parser = ["household", "partner", "municipality", "staff"])]
        source: String,
    },
    /// The first conversation took place (Wgs art. 4).
    Talk {
        #[command(flatten)]
        on: On,
    },
}

/// Whom it was for, where a person is not to be contacted as others are.
#[derive(clap::Args)]
struct For {
    /// The person, as `zeef signals list` names it; without, a restriction of anybody in the case counts.
    #[arg(long, value_name = "ID")]
    person: Option<PersonId>,
    /// It went to who represents the person.
    #[arg(long, requires = "person")]
    representative: bool,
    /// It went against a restriction: it is recorded all the same, and listed with an owner.
    #[arg(long)]
    despite_restriction: bool,
}

impl For {
    fn out(&self) -> Option<Toward> {
        let person_id = self.person.map(|id| id.to_string()).unwrap_or_default();
        Some(Toward { person_id, representative: self.representative, despite: self.despite_restriction })
    }
}

/// The case a command is about.
#[derive(clap::Args)]
pub struct On {
    /// The case.
    pub case: CaseId,
    /// The municipality of its key; asked of the desk when not given.
    #[arg(long, value_name = "GEMEENTECODE")]
    pub gemeente: Option<Gemeentecode>,
    #[command(flatten)]
    pub head: Head,
}

/// `zeef outreach worklist --json`.
#[derive(Serialize, JsonSchema)]
pub struct WorklistAnswer {
    items: Vec<Work>,
}

#[derive(Serialize, JsonSchema)]
struct Work {
    case_id: String,
    gemeentecode: String,
    team: String,
    track: String,
    /// The next planned attempt; empty when none is left.
    channel: String,
    /// ISO 8601.
    attempt_by: Option<String>,
    /// The nearest statutory term.
    term: String,
    /// Its last day, ISO 8601.
    term_due: Option<String>,
    /// "planned", "in-contact", "help-accepted" or "parked".
    state: String,
    attempts: u32,
    /// Persons with whom the next attempt's channel is not to be used.
    forbidden: Vec<NotSo>,
    /// How often contact went against a restriction.
    restrictions_broken: u32,
}

#[derive(Serialize, JsonSchema)]
struct NotSo {
    person_id: String,
    /// "channels", "representative", "not-at-home" or "no-contact".
    kind: String,
    restriction_id: String,
}

impl Outreach {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        if let What::Worklist { gemeente, team } = &self.what {
            worklist(&self.reach, &mut out, *gemeente, team.clone().unwrap_or_default()).await?;
            return out.flush();
        }
        let on = match &self.what {
            What::Attempt { on, .. }
            | What::Daypart { on, .. }
            | What::Offer { on, .. }
            | What::Answer { on, .. }
            | What::Claim { on }
            | What::Learn { on, .. }
            | What::Talk { on } => on,
            What::Worklist { .. } => return out.flush(),
        };
        let mut client = self.reach.outreach().await?;
        let (head, case_id) = (on.head.command(), on.case.to_string());
        let gemeentecode = self.reach.gemeente_of(&case_id, on.gemeente).await?;
        let (id, command) = (head.request_id.clone(), Some(head));
        let answer = match self.what {
            What::Attempt { channel, daypart, reached, toward, .. } => {
                let toward = toward.out();
                client.record_attempt(RecordAttemptRequest { command, case_id, gemeentecode, channel, daypart, reached, toward }).await
            }
            What::Offer { channel, toward, .. } => {
                let toward = toward.out();
                client.record_offer(RecordOfferRequest { command, case_id, gemeentecode, channel, toward }).await
            }
            What::Daypart { attempted_at, daypart, .. } => {
                let attempted_at = attempted_at.to_string();
                client.supplement_attempt(SupplementAttemptRequest { command, case_id, gemeentecode, attempted_at, daypart }).await
            }
            What::Answer { answer, result, .. } => {
                client.record_answer(RecordAnswerRequest { command, case_id, gemeentecode, answer, result }).await
            }
            What::Claim { .. } => client.record_lease_claim(RecordFirstTalkRequest { command, case_id, gemeentecode }).await,
            What::Learn { circumstance, holds, source, .. } => {
                let holds = holds == "yes";
                client.learn_circumstance(LearnCircumstanceRequest { command, case_id, gemeentecode, circumstance, holds, source }).await
            }
            What::Talk { .. } => client.record_first_talk(RecordFirstTalkRequest { command, case_id, gemeentecode }).await,
            What::Worklist { .. } => return out.flush(),
        };
        let position = answer.map_err(|status| Failure::said_of(&status, &id))?.into_inner().position;
        print_position(&mut out, position.as_ref())?;
        out.flush()
    }
}

async fn worklist(reach: &Reach, out: &mut Out, gemeente: Option<Gemeentecode>, team: String) -> Result<(), Failure> {
    let mut client = reach.outreach().await?;
    let mut request = ListWorkRequest {
        gemeentecode: gemeente.map(|code| code.to_string()).unwrap_or_default(),
        team,
        page: None,
        at_least: reach.at_least("outreach")?,
    };
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_work(request.clone()).await?.into_inner();
        pages.add(told.items, told.next_token);
    }
    let items = pages.rows;
    if out.json() {
        let items = items
            .into_iter()
            .map(|item| Work {
                attempt_by: words::iso(item.attempt_by.as_ref()),
                term_due: words::iso(item.term_due.as_ref()),
                case_id: item.case_id,
                gemeentecode: item.gemeentecode,
                team: item.team,
                track: item.track,
                channel: item.channel,
                term: item.term,
                state: item.state,
                attempts: item.attempts,
                forbidden: item
                    .forbidden
                    .into_iter()
                    .map(|one| NotSo { person_id: one.person_id, kind: one.kind, restriction_id: one.restriction_id })
                    .collect(),
                restrictions_broken: item.broken,
            })
            .collect();
        return out.document(&WorklistAnswer { items });
    }
    out.table(
        &[
            "Zaak",
            "Gemeente",
            "Team",
            "Route",
            "Stand",
            "Pogingen",
            "Volgende poging",
            "Poging uiterlijk",
            "Termijn",
            "Termijn uiterlijk",
            "Let op",
        ],
        items.into_iter().map(|item| {
            let (attempt_by, term_due) = (words::day(item.attempt_by.as_ref()), words::day(item.term_due.as_ref()));
            let (state, attempts) = (dutch(&item.state).to_owned(), item.attempts.to_string());
            let notice = notice(&item);
            vec![
                item.case_id,
                item.gemeentecode,
                item.team,
                item.track,
                state,
                attempts,
                item.channel,
                attempt_by,
                words::term(&item.term),
                term_due,
                notice,
            ]
        }),
        "Geen werk.",
    )
}

/// With whom the next attempt is not to be made so, and whether that was broken before.
fn notice(item: &WorkItem) -> String {
    let not_so = item.forbidden.iter().map(|one| {
        let (person, kind) = (desk::words::person(&one.person_id), desk::words::restriction_kind(&one.kind));
        format!("verboden bij persoon {person}: {kind}")
    });
    let broken = (item.broken > 0).then(|| format!("{} keer tegen een contactbeperking in", item.broken));
    not_so.chain(broken).collect::<Vec<_>>().join("; ")
}
