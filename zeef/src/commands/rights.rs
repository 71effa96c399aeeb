//! `zeef rights`: what a person may ask of what is kept about them (AVG art. 15 to 18 and 21).

use kernel::{CaseId, Cents, Gemeentecode, PersonId};
use proto::intake::v1::{
    AccessRequest, Covered, DecideRightRequest, EraseRequest, ExtendRightRequest, ListRightsRequest, PartnerKind, Person, RectifyRequest,
    RequestRightRequest, RightLine, RightResponse,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;
use uuid::Uuid;

use crate::{
    Failure,
    commands::{
        evidence,
        vault::Looks,
        wishes::{self, WishesOf},
    },
    out::Out,
    reach::{Head, Reach, print_position},
    words,
};

/// Rights of the people in a case.
#[derive(clap::Args)]
pub struct Rights {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

/// Whose.
#[derive(clap::Args)]
struct Whose {
    /// The case.
    #[arg(value_name = "CASE")]
    case: CaseId,
    /// One person of it.
    #[arg(long, value_name = "ID")]
    person: Option<PersonId>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Everything that is kept, and who looked at it (AVG art. 15).
    Access {
        #[command(flatten)]
        whose: Whose,
    },
    /// A decision to erase (AVG art. 17), in the case and in every case that goes with it. It cannot be undone.
    Erase {
        #[command(flatten)]
        whose: Whose,
        /// Why (art. 17(1) a to e).
        #[arg(long, value_parser = ["not-needed", "consent-withdrawn", "objection", "unlawful", "legal-duty"])]
        ground: String,
        /// The request that it answers.
        #[arg(long, value_name = "REQUEST")]
        request: Option<Uuid>,
        /// Only say what it covers: nothing is erased.
        #[arg(long)]
        covers: bool,
    },
    /// Somebody uses a right: from now on a term runs, of one month (AVG art. 12(3)).
    Request {
        #[command(flatten)]
        whose: Whose,
        /// Which (AVG art. 15, 16, 17, 18, 21). An objection stops attempts to make contact at once; no clock stops.
        #[arg(long, value_parser = ["access", "rectification", "erasure", "restriction", "objection"])]
        right: String,
        /// Id of who answers it; otherwise you.
        #[arg(long, value_name = "ID", default_value = "")]
        officer: String,
        #[command(flatten)]
        head: Head,
    },
    /// Two months more, once; the person was told, with the reason.
    Extend {
        /// The request.
        request: Uuid,
        #[command(flatten)]
        head: Head,
    },
    /// The answer. Erasure and rectification are granted by doing them.
    Decide {
        /// The request.
        request: Uuid,
        /// What; "lifted" of a restriction or objection that was granted.
        #[arg(long, value_parser = ["granted", "refused", "withdrawn", "lifted"])]
        verdict: String,
        /// Why it is refused.
        #[arg(long, default_value = "", value_parser =
            ["", "unfounded", "unidentified", "others-rights", "not-wrong", "legal-duty", "legal-claim", "compelling-grounds"])]
        ground: String,
        #[command(flatten)]
        head: Head,
    },
    /// Puts a person right in records of the vault (AVG art. 16), and grants the request by it.
    Rectify {
        /// The request.
        request: Uuid,
        /// A record, as `access` told it; may be given more than once.
        #[arg(long = "record", value_name = "ID", required = true)]
        records: Vec<Uuid>,
        #[arg(long, default_value = "")]
        initials: String,
        #[arg(long, default_value = "")]
        infix: String,
        #[arg(long)]
        surname: String,
        #[arg(long, default_value = "")]
        phone: String,
        #[arg(long, default_value = "")]
        email: String,
        #[command(flatten)]
        head: Head,
    },
    /// What is open, the first due first.
    List {
        /// Of one municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
        /// Also what is decided.
        #[arg(long)]
        all: bool,
    },
}

/// `zeef rights list --json`.
#[derive(Serialize, JsonSchema)]
pub struct RightsAnswer {
    rights: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    request_id: String,
    case_id: String,
    gemeentecode: String,
    person_id: Option<String>,
    /// "access", "rectification", "erasure", "restriction" or "objection".
    right: String,
    /// ISO 8601.
    asked_on: Option<String>,
    /// The last day to answer, ISO 8601.
    due: Option<String>,
    extended: bool,
    overdue: bool,
    /// Id of who answers it, or decided.
    officer: String,
    /// "granted", "refused", "withdrawn", "lifted"; empty while it is open.
    verdict: String,
    /// Why it was refused; empty otherwise.
    ground: String,
}

/// `zeef rights access --json`.
#[derive(Serialize, JsonSchema)]
pub struct AccessAnswer {
    records: Vec<Kept>,
    /// What each person allows and does not want.
    wishes: Vec<WishesOf>,
    #[serde(flatten)]
    looks: Looks,
}

/// What the vault keeps in one record.
#[derive(Serialize, JsonSchema)]
struct Kept {
    record_id: String,
    person_id: Option<String>,
    /// Street, number and place on one line.
    address: String,
    name: String,
    phone: String,
    email: String,
    /// The partner's own reference.
    reference: String,
    /// Of the partner; none when it did not come with a report.
    kind: Option<String>,
    amount_cents: i64,
    /// RFC 3339.
    received_at: String,
    holds: bool,
    /// What somebody told of worry, when it came with a concern; empty otherwise.
    told: String,
    /// The files that came with it: `zeef signals evidence` saves them.
    files: Vec<evidence::Row>,
    /// The person in it represents whom the record is about.
    representative: bool,
}

impl Rights {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let mut client = self.reach.rights().await?;
        let text = |whose: &Whose| (whose.case.to_string(), whose.person.map(|id| id.to_string()).unwrap_or_default());
        match &self.what {
            What::Access { whose } => {
                let (case_id, person_id) = text(whose);
                let answer = client.access(AccessRequest { case_id, person_id }).await?.into_inner();
                let wishes = answer.wishes.into_iter().map(Into::into).collect();
                let answer =
                    AccessAnswer { records: answer.records.into_iter().map(kept).collect(), wishes, looks: Looks::of(&answer.looks)? };
                show(&mut out, &answer)?;
            }
            What::Erase { whose, ground, request, covers } => {
                let (case_id, person_id) = text(whose);
                let request_id = request.map(|id| id.to_string()).unwrap_or_default();
                let asked = EraseRequest { case_id, person_id, ground: ground.clone(), request_id, only_told: true };
                let told = client.erase(asked.clone()).await?.into_inner();
                if !out.json() {
                    covered(&mut out, &told.covered)?;
                }
                let answer = if *covers { told } else { client.erase(EraseRequest { only_told: false, ..asked }).await?.into_inner() };
                if out.json() {
                    let covered = answer.covered.into_iter().map(covered_by).collect();
                    out.document(&EraseAnswer { record_ids: answer.record_ids, covered, erased: !covers })?;
                } else if !covers {
                    let count = answer.record_ids.len();
                    out.line(format!("gewist: {count} kluisrecords; hun sleutels worden vernietigd als dit tijdvak eindigt"))?;
                }
            }
            What::Request { whose, right, officer, head } => {
                let (case_id, person_id) = text(whose);
                let (right, officer) = (right.clone(), officer.clone());
                let asked = RequestRightRequest { command: Some(head.command()), case_id, person_id, right, officer };
                told(&mut out, client.request_right(asked).await?.into_inner())?;
            }
            What::Extend { request, head } => {
                let asked = ExtendRightRequest { command: Some(head.command()), request_id: request.to_string() };
                told(&mut out, client.extend_right(asked).await?.into_inner())?;
            }
            What::Decide { request, verdict, ground, head } => {
                let (request_id, verdict, ground) = (request.to_string(), verdict.clone(), ground.clone());
                let asked = DecideRightRequest { command: Some(head.command()), request_id, verdict, ground };
                told(&mut out, client.decide_right(asked).await?.into_inner())?;
            }
            What::Rectify { request, records, initials, infix, surname, phone, email, head } => {
                let person = Person {
                    initials: initials.clone(),
                    infix: infix.clone(),
                    surname: surname.clone(),
                    phone: phone.clone(),
                    email: email.clone(),
                };
                let record_ids = records.iter().map(Uuid::to_string).collect();
                let asked =
                    RectifyRequest { command: Some(head.command()), request_id: request.to_string(), record_ids, person: Some(person) };
                told(&mut out, client.rectify(asked).await?.into_inner())?;
            }
            What::List { gemeente, all } => {
                let gemeentecode = gemeente.map(|code| code.to_string()).unwrap_or_default();
                let at_least = self.reach.at_least("intake")?;
                let mut pages = Pages::default();
                while let Some(page) = pages.to_ask() {
                    let (gemeentecode, at_least, page) = (gemeentecode.clone(), at_least.clone(), Some(page));
                    let told = client.list_rights(ListRightsRequest { gemeentecode, all: *all, at_least, page }).await?.into_inner();
                    pages.add(told.rights, told.next_token);
                }
                list(&mut out, pages.rows)?;
            }
        }
        out.flush()
    }
}

/// `zeef rights erase --json`, with `--covers` before it is done.
#[derive(Serialize, JsonSchema)]
pub struct EraseAnswer {
    record_ids: Vec<String>,
    covered: Vec<CoveredCase>,
    /// False with `--covers`.
    erased: bool,
}

#[derive(Serialize, JsonSchema)]
struct CoveredCase {
    case_id: String,
    /// Empty: everybody.
    person_ids: Vec<String>,
    record_ids: Vec<String>,
    /// Not surely the same person: what is kept of them stays.
    doubted_person_ids: Vec<String>,
}

/// What a decision to erase covers, said before it is done.
fn covered(out: &mut Out, covered: &[Covered]) -> Result<(), Failure> {
    let short = |ids: &[String]| ids.iter().map(|id| desk::words::person(id)).collect::<Vec<_>>().join(", ");
    let rows = covered.iter().map(|one| {
        let whose = match (one.person_ids.is_empty(), one.record_ids.is_empty()) {
            (true, true) => "niemand".to_owned(),
            (true, false) => "iedereen".to_owned(),
            (false, _) => short(&one.person_ids),
        };
        vec![one.case_id.clone(), one.gemeentecode.clone(), whose, one.record_ids.len().to_string(), short(&one.doubted_person_ids)]
    });
    out.table(&["Zaak", "Gemeente", "Van wie", "Kluisrecords", "Niet zeker dezelfde: blijft"], rows, "")
}

fn covered_by(one: Covered) -> CoveredCase {
    let Covered { case_id, person_ids, record_ids, doubted_person_ids, .. } = one;
    CoveredCase { case_id, person_ids, record_ids, doubted_person_ids }
}

fn told(out: &mut Out, answer: RightResponse) -> Result<(), Failure> {
    if out.json() {
        let due = words::iso(answer.due.as_ref());
        out.document(&serde_json::json!({ "request_id": answer.request_id, "due": due }))?;
    } else {
        let due = answer.due.as_ref().map(|due| format!(", te beantwoorden uiterlijk {}", words::day(Some(due)))).unwrap_or_default();
        out.line(format!("verzoek: {}{due}", answer.request_id))?;
    }
    print_position(out, answer.position.as_ref())
}

fn list(out: &mut Out, rights: Vec<RightLine>) -> Result<(), Failure> {
    if out.json() {
        let rights = rights.into_iter().map(|line| Row {
            asked_on: words::iso(line.asked_on.as_ref()),
            due: words::iso(line.due.as_ref()),
            person_id: Some(line.person_id).filter(|id| !id.is_empty()),
            request_id: line.request_id,
            case_id: line.case_id,
            gemeentecode: line.gemeentecode,
            right: line.right,
            extended: line.extended,
            overdue: line.overdue,
            officer: line.officer,
            verdict: line.verdict,
            ground: line.ground,
        });
        return out.document(&RightsAnswer { rights: rights.collect() });
    }
    let rows = rights.into_iter().map(|line| {
        let due = format!("{}{}", words::day(line.due.as_ref()), if line.overdue { " (te laat)" } else { "" });
        let state = desk::words::right_verdict(&line.verdict).to_owned();
        let right = desk::words::right(&line.right).to_owned();
        vec![line.request_id, line.case_id, line.gemeentecode, right, words::day(line.asked_on.as_ref()), due, state, line.officer]
    });
    let headings = ["Verzoek", "Zaak", "Gemeente", "Wat", "Ontvangen", "Antwoord uiterlijk", "Stand", "Behandelaar"];
    out.table(&headings, rows, "Er staan geen verzoeken open.")
}

fn show(out: &mut Out, answer: &AccessAnswer) -> Result<(), Failure> {
    if out.json() {
        return out.document(answer);
    }
    let headings = ["Naam", "Adres", "Telefoon", "E-mail", "Kenmerk", "Bedrag", "Ontvangen", "Geldt", "Bewijsstukken"];
    let rows = answer.records.iter().map(|kept| {
        let amount = if kept.kind.is_some() { Cents(kept.amount_cents).to_string() } else { String::new() };
        let holds = if kept.holds { "ja" } else { "nee" }.to_owned();
        let name = format!("{}{}", kept.name, if kept.representative { " (vertegenwoordiger)" } else { "" });
        let text = |text: &String| text.clone();
        vec![
            name,
            text(&kept.address),
            text(&kept.phone),
            text(&kept.email),
            text(&kept.reference),
            amount,
            text(&kept.received_at),
            holds,
            kept.files.iter().map(evidence::Row::name).collect::<Vec<_>>().join(", "),
        ]
    });
    out.table(&headings, rows, "Van deze zaak wordt niets bewaard.")?;
    wishes::table(out, &answer.wishes, "")?;
    answer.looks.table(out)
}

fn kept(record: proto::intake::v1::KeptRecord) -> Kept {
    let kind = match record.kind() {
        PartnerKind::Unspecified => None,
        kind => Some(kind.as_str_name().trim_start_matches("PARTNER_KIND_").to_lowercase()),
    };
    let line = |parts: &[&str]| parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    let (address, person) = (record.address.unwrap_or_default(), record.person.unwrap_or_default());
    Kept {
        record_id: record.record_id,
        person_id: Some(record.person_id).filter(|id| !id.is_empty()),
        address: line(&[&address.street, &address.house_number, &address.addition, &address.postcode, &address.place]),
        name: line(&[&person.initials, &person.infix, &person.surname]),
        phone: person.phone,
        email: person.email,
        reference: record.reference,
        kind,
        amount_cents: record.amount_cents,
        received_at: record.received_at,
        holds: record.holds,
        told: record.told,
        files: record.files.into_iter().map(Into::into).collect(),
        representative: record.representative,
    }
}
