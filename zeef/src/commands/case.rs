//! `zeef case`: list, show, trace, find; merge and un-merge stand in `merge.rs`.

use desk::words as desk_words;
use kernel::{CaseId, Gemeentecode};
use proto::{
    desk::v1::{self as pb, GetCaseRequest, ListCasesRequest},
    intake::v1::FindCaseRequest,
};
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{
    Failure,
    commands::{
        merge::{Merge, Merged, Rectified, Unmerge},
        wishes::{self, WishesOf},
    },
    out::Out,
    reach::Reach,
    words::{self, dutch},
};

/// Cases.
#[derive(clap::Args)]
pub struct Case {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Every case: step, standing, regions, next term.
    List {
        /// One municipality.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Option<Gemeentecode>,
        /// Only cases that are standing, sieved-out or failed.
        #[arg(long, value_parser = ["standing", "sieved-out", "failed"])]
        standing: Option<String>,
        /// Only cases that are complete for the national exchange model (DDAS), or not, or have no signal.
        #[arg(long, value_parser = desk::ddas::STATES)]
        ddas: Option<String>,
    },
    /// One case: its steps, its timeline, its running terms.
    Show {
        /// The case.
        id: CaseId,
    },
    /// The path of a case through the services, from the trace context in its commits.
    Trace {
        /// The case.
        id: CaseId,
    },
    /// The case of a partner's reference.
    Find {
        /// The partner's own reference.
        reference: String,
        /// Code of the partner.
        #[arg(long, value_name = "CODE")]
        organisation: String,
    },
    /// Lets a case go with another one of the same household: the work goes on in the first. Signals, clocks and receipts stay where
    /// they are.
    Merge(Merge),
    /// Lets two merged cases go apart again, and says whose the work is that was done in between.
    Unmerge(Unmerge),
    /// What was done while two cases were merged, whose it is, and which letters are still to be put right.
    Merged(Merged),
    /// A letter that went out while two cases were merged was put right.
    Rectified(Rectified),
}

/// `zeef case list --json`.
#[derive(Serialize, JsonSchema)]
pub struct CaseListAnswer {
    cases: Vec<CaseLine>,
}

#[derive(Serialize, JsonSchema)]
struct CaseLine {
    case_id: String,
    gemeentecode: String,
    /// 1 to 11.
    step: u32,
    /// "standing", "sieved-out" or "failed".
    standing: String,
    /// How it ended; empty while it stands.
    outcome: String,
    /// State of the help region.
    help: String,
    /// State of the legal region.
    legal: String,
    /// State of the payment region.
    payment: String,
    /// ISO 8601.
    opened_on: Option<String>,
    /// The nearest statutory term, Dutch.
    next_term: String,
    /// Its last day, ISO 8601.
    next_due: Option<String>,
    /// For the national exchange model: "complete" or "missing"; "none" without a signal.
    ddas: String,
}

/// `zeef case show --json`.
#[derive(Serialize, JsonSchema)]
pub struct CaseShowAnswer {
    case: CaseLine,
    /// The eleven steps.
    steps: Vec<CaseStep>,
    /// What happened, oldest first.
    timeline: Vec<CaseMoment>,
    /// Statutory and agreed terms.
    terms: Vec<CaseTerm>,
    /// State of the aftercare region.
    aftercare: String,
    /// What the national exchange model (DDAS) wants and nobody said.
    ddas_missing: Vec<DdasGap>,
    /// What its persons allow and do not want.
    wishes: Vec<WishesOf>,
}

#[derive(Serialize, JsonSchema)]
struct DdasGap {
    /// Empty when it is about the case.
    signal_id: String,
    /// National name of the field.
    field: String,
    /// Dutch.
    text: String,
    /// RFC 3339: the attempt whose part of the day can be told still; empty otherwise.
    attempted_at: String,
}

#[derive(Serialize, JsonSchema)]
struct CaseStep {
    number: u32,
    name: String,
    /// "entered", "unknown" or "not-reached".
    state: String,
    /// ISO 8601.
    on: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct CaseMoment {
    /// RFC 3339, Europe/Amsterdam.
    happened_at: String,
    /// RFC 3339, Europe/Amsterdam.
    recorded_at: String,
    context: String,
    /// Stable name of the event.
    event: String,
    /// Dutch.
    text: String,
    step: u32,
}

#[derive(Serialize, JsonSchema)]
struct CaseTerm {
    kind: String,
    name: String,
    article: String,
    starts_on: Option<String>,
    /// The last day, ISO 8601.
    due: Option<String>,
    /// "running", "warned", "expired", "met", "met-late", "found-met", "late-when-known" or "ended".
    state: String,
    /// Why its end moved.
    rolled: String,
    owner: String,
    context: String,
}

/// `zeef case trace --json`.
#[derive(Serialize, JsonSchema)]
pub struct CaseTraceAnswer {
    /// The case's id, in hexadecimal: the trace id in any OpenTelemetry backend.
    trace_id: String,
    /// In the order in which they were recorded.
    spans: Vec<CaseSpan>,
}

#[derive(Serialize, JsonSchema)]
struct CaseSpan {
    span_id: String,
    parent_span_id: String,
    context: String,
    name: String,
    subject: String,
    sequence: u64,
    recorded_at: String,
    actor: String,
    /// What was made of each source commit: "acted", "noted:reason" or "parked:reason".
    taken_in: Vec<String>,
}

/// `zeef case find --json`.
#[derive(Serialize, JsonSchema)]
pub struct CaseFindAnswer {
    case_id: String,
    gemeentecode: String,
}

impl Case {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        match self.what {
            What::List { gemeente, standing, ddas } => {
                let request = ListCasesRequest {
                    gemeentecode: gemeente.map(|code| code.to_string()).unwrap_or_default(),
                    standing: standing.unwrap_or_default(),
                    page: None,
                    at_least: self.reach.at_least_all(),
                    ddas: ddas.unwrap_or_default(),
                };
                list(&self.reach, &mut out, request).await?;
            }
            What::Show { id } => show(&self.reach, &mut out, id).await?,
            What::Trace { id } => trace(&self.reach, &mut out, id).await?,
            What::Find { reference, organisation } => find(&self.reach, &mut out, &reference, &organisation).await?,
            What::Merge(merge) => return merge.run(&self.reach).await,
            What::Unmerge(unmerge) => return unmerge.run(&self.reach).await,
            What::Merged(merged) => return merged.run(&self.reach).await,
            What::Rectified(rectified) => return rectified.run(&self.reach).await,
        }
        out.flush()
    }
}

async fn list(reach: &Reach, out: &mut Out, mut request: ListCasesRequest) -> Result<(), Failure> {
    let mut client = reach.desk().await?;
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        request.page = Some(page);
        let told = client.list_cases(request.clone()).await?.into_inner();
        pages.add(told.cases, told.next_token);
    }
    let cases = pages.rows;
    if out.json() {
        return out.document(&CaseListAnswer { cases: cases.into_iter().map(line).collect() });
    }
    let count = cases.len();
    out.table(
        &["Zaak", "Gemeente", "Stap", "Stand", "Uitkomst", "Hulp", "Recht", "Betaling", "Geopend", "Eerstvolgende termijn", "Uiterlijk"],
        cases.into_iter().map(|case| {
            vec![
                case.case_id,
                case.gemeentecode,
                case.step.to_string(),
                dutch(&case.standing).to_owned(),
                outcome(&case.outcome),
                desk_words::help(&case.help).to_owned(),
                desk_words::legal(&case.legal),
                desk_words::payment(&case.payment).to_owned(),
                words::day(case.opened_on.as_ref()),
                words::term(&case.next_term),
                words::day(case.next_due.as_ref()),
            ]
        }),
        "Geen zaken.",
    )?;
    if count > 0 {
        out.line(format!("{count} zaken; `zeef case show <zaak>` toont er een"))?;
    }
    Ok(())
}

async fn show(reach: &Reach, out: &mut Out, id: CaseId) -> Result<(), Failure> {
    let request = GetCaseRequest { case_id: id.to_string(), at_least: reach.at_least_all() };
    let case = reach.desk().await?.get_case(request).await?.into_inner();
    if out.json() {
        return out.document(&CaseShowAnswer {
            case: line(case.line.unwrap_or_default()),
            steps: case
                .steps
                .into_iter()
                .map(|step| CaseStep { number: step.number, name: step.name, state: step.state, on: words::iso(step.on.as_ref()) })
                .collect(),
            timeline: case.timeline.into_iter().map(moment).collect(),
            terms: case.terms.into_iter().map(term).collect(),
            aftercare: case.aftercare,
            wishes: case.wishes.into_iter().map(Into::into).collect(),
            ddas_missing: case
                .ddas_gaps
                .into_iter()
                .map(|gap| DdasGap { signal_id: gap.signal_id, field: gap.field, text: gap.text, attempted_at: gap.attempted_at })
                .collect(),
        });
    }
    let head = case.line.unwrap_or_default();
    let ending = if head.outcome.is_empty() { String::new() } else { format!(" ({})", outcome(&head.outcome)) };
    out.line(format!("Zaak {}, gemeente {}: stap {}, {}{ending}", head.case_id, head.gemeentecode, head.step, dutch(&head.standing)))?;
    out.line(format!("Hulp      {}", desk_words::help(&head.help)))?;
    out.line(format!("Recht     {}", desk_words::legal(&head.legal)))?;
    out.line(format!("Betaling  {}", desk_words::payment(&head.payment)))?;
    out.line(format!("Nazorg    {}", desk_words::aftercare(&case.aftercare)))?;
    out.line(format!("Landelijk {}", desk_words::ddas(&head.ddas)))?;
    for gap in &case.ddas_gaps {
        out.line(format!("          {}: {}", gap.field, gap.text))?;
    }
    let persons: Vec<WishesOf> = case.wishes.into_iter().map(Into::into).collect();
    if !persons.is_empty() {
        out.line("")?;
        wishes::table(out, &persons, "")?;
    }
    out.line("")?;
    out.table(
        &["Stap", "", "Stand", "Op"],
        case.steps
            .into_iter()
            .map(|step| vec![step.number.to_string(), step.name, dutch(&step.state).to_owned(), words::day(step.on.as_ref())]),
        "",
    )?;
    out.line("")?;
    out.table(
        &["Wanneer", "Stap", "Dienst", "Wat"],
        case.timeline.into_iter().map(|moment| {
            let step = if moment.step == 0 { String::new() } else { moment.step.to_string() };
            vec![words::moment(&moment.happened_at), step, moment.context, moment.text]
        }),
        "Nog niets gebeurd.",
    )?;
    out.line("")?;
    out.table(
        &["Termijn", "Artikel", "Begin", "Uiterlijk", "Stand", "Bij wie", "Doorgeschoven omdat"],
        case.terms.into_iter().map(|term| {
            let (starts, due) = (words::day(term.starts_on.as_ref()), words::day(term.due.as_ref()));
            vec![
                term.name,
                term.article,
                starts,
                due,
                words::term_state(&term.kind, &term.state),
                desk_words::owner(&term.owner).to_owned(),
                term.rolled,
            ]
        }),
        "Geen termijnen.",
    )
}

async fn trace(reach: &Reach, out: &mut Out, id: CaseId) -> Result<(), Failure> {
    let request = GetCaseRequest { case_id: id.to_string(), at_least: reach.at_least_all() };
    let trace = reach.desk().await?.trace_case(request).await?.into_inner();
    if out.json() {
        return out.document(&CaseTraceAnswer { trace_id: trace.trace_id, spans: trace.spans.into_iter().map(span).collect() });
    }
    out.line(format!("Trace {}: {} vastleggingen", trace.trace_id, trace.spans.len()))?;
    let tree = tree(&trace.spans);
    out.table(
        &["Wanneer", "Pad", "Plaats", "Door", "Overgenomen"],
        tree.into_iter().map(|(depth, span)| {
            let path = format!("{}{} {}", "  ".repeat(depth), span.context, span.name);
            let place = format!("{}@{}", span.context, span.sequence);
            vec![words::moment(&span.recorded_at), path, place, span.actor.clone(), span.taken_in.join(", ")]
        }),
        "Geen vastleggingen.",
    )
}

/// Each span after its parent, one deeper; spans of one parent in the order of recording.
fn tree(spans: &[pb::Span]) -> Vec<(usize, &pb::Span)> {
    let mut rows = Vec::new();
    let known = |id: &str| spans.iter().any(|span| span.span_id == id);
    let mut waiting: Vec<(usize, &pb::Span)> = spans
        .iter()
        .filter(|span| span.parent_span_id == span.span_id || !known(&span.parent_span_id))
        .map(|span| (0, span))
        .rev()
        .collect();
    while let Some((depth, span)) = waiting.pop() {
        if rows.len() > spans.len() {
            break;
        }
        rows.push((depth, span));
        waiting.extend(
            spans
                .iter()
                .filter(|child| child.parent_span_id == span.span_id && child.span_id != span.span_id)
                .map(|child| (depth + 1, child))
                .rev(),
        );
    }
    rows
}

async fn find(reach: &Reach, out: &mut Out, reference: &str, organisation: &str) -> Result<(), Failure> {
    let request = FindCaseRequest {
        organisation: organisation.to_owned(),
        reference: reference.to_owned(),
        at_least: reach.at_least("intake")?,
        ..FindCaseRequest::default()
    };
    let found = reach.intake().await?.find_case(request).await?.into_inner();
    if found.case_id.is_empty() {
        return Err(Failure::of(format!("no case under {reference} of {organisation}")));
    }
    if out.json() {
        return out.document(&CaseFindAnswer { case_id: found.case_id, gemeentecode: found.gemeentecode });
    }
    out.line(found.case_id)
}

fn outcome(code: &str) -> String {
    if code.is_empty() { String::new() } else { desk_words::outcome(code).to_owned() }
}

fn line(line: pb::CaseLine) -> CaseLine {
    CaseLine {
        case_id: line.case_id,
        gemeentecode: line.gemeentecode,
        step: line.step,
        standing: line.standing,
        outcome: line.outcome,
        help: line.help,
        legal: line.legal,
        payment: line.payment,
        opened_on: words::iso(line.opened_on.as_ref()),
        next_term: line.next_term,
        next_due: words::iso(line.next_due.as_ref()),
        ddas: line.ddas,
    }
}

fn moment(moment: pb::Moment) -> CaseMoment {
    CaseMoment {
        happened_at: moment.happened_at,
        recorded_at: moment.recorded_at,
        context: moment.context,
        event: moment.event,
        text: moment.text,
        step: moment.step,
    }
}

fn term(term: pb::Term) -> CaseTerm {
    CaseTerm {
        kind: term.kind,
        name: term.name,
        article: term.article,
        starts_on: words::iso(term.starts_on.as_ref()),
        due: words::iso(term.due.as_ref()),
        state: term.state,
        rolled: term.rolled,
        owner: term.owner,
        context: term.context,
    }
}

fn span(span: pb::Span) -> CaseSpan {
    CaseSpan {
        span_id: span.span_id,
        parent_span_id: span.parent_span_id,
        context: span.context,
        name: span.name,
        subject: span.subject,
        sequence: span.sequence,
        recorded_at: span.recorded_at,
        actor: span.actor,
        taken_in: span.taken_in,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: &str, parent: &str) -> pb::Span {
        pb::Span { span_id: id.to_owned(), parent_span_id: parent.to_owned(), ..pb::Span::default() }
    }

    #[test]
    fn spans_stand_below_their_parents_whatever_the_order() {
        let spans = [span("c", "b"), span("a", ""), span("b", "a"), span("d", "a"), span("x", "gone")];
        let shown: Vec<_> = tree(&spans).into_iter().map(|(depth, span)| (depth, span.span_id.as_str())).collect();
        assert_eq!(shown, [(0, "a"), (1, "b"), (2, "c"), (1, "d"), (0, "x")]);
    }
}
