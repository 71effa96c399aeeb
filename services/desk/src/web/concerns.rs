//! Concerns (*zorgmeldingen*): which there are and how many, what was told, and what is decided about one. They are in no count of the
//! sieve. What was told comes from the vault when it is asked for, and each look is logged there.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use futures::TryFutureExt as _;
use journal::terms::date_in;
use kernel::ids::derived_uuid;
use proto::{common::v1 as common, intake::v1 as pb};
use serde::Deserialize;
use service::room::Pages;
use tonic::Status;

use super::{
    Site, Viewer,
    pages::{Choices, Frame, short, show},
    reach::{command, refused, request_id},
};
use crate::words;

/// Why what was told is looked at, in the register of purposes.
const PURPOSE: &str = "concern";

/// How far intake must have come before the list is shown: after a decision of one's own.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    vanaf: u64,
}

struct Row {
    concern: String,
    short: String,
    recorded: String,
    teller: &'static str,
    state: &'static str,
    class: &'static str,
    until: String,
    case: String,
    case_short: String,
    gemeente: String,
}

struct Month {
    month: String,
    counts: Vec<(&'static str, u32)>,
}

#[derive(Template)]
#[template(path = "zorgen.html")]
struct ListPage {
    c: Frame,
    rows: Vec<Row>,
    months: Vec<Month>,
}

fn frame((site, viewer): (&Site, &Viewer), title: &str) -> Frame {
    let mut frame = Frame::new((site, Some(viewer)), title, "zorgen", "/zorgen", &Choices::default());
    frame.toggle = None;
    frame
}

fn day(date: Option<&common::Date>) -> String {
    date_in(date).map(words::date).unwrap_or_default()
}

/// The counts of a month under each other, the newest month first.
fn months(counts: Vec<pb::ConcernCount>) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for one in counts {
        let count = (words::concern_state(&one.state), one.concerns);
        match months.last_mut() {
            Some(last) if last.month == one.month => last.counts.push(count),
            _ => months.push(Month { month: one.month, counts: vec![count] }),
        }
    }
    months.reverse();
    months
}

pub(super) async fn list(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    from: Result<Query<From>, QueryRejection>,
) -> Response {
    let from = from.map(|Query(from)| from.vanaf).unwrap_or_default();
    let at_least = (from > 0).then(|| common::Position { context: "intake".to_owned(), sequence: from });
    let told = async {
        let mut intake = site.reach.concerns(&viewer).await?;
        let mut beside = intake.clone();
        let listed = async {
            let mut pages = Pages::default();
            while let Some(page) = pages.to_ask() {
                let asked = pb::ListConcernsRequest { at_least: at_least.clone(), page: Some(page), ..Default::default() };
                let told = intake.list_concerns(asked).await?.into_inner();
                pages.add(told.concerns, told.next_token);
            }
            Ok(pages.rows)
        };
        let counted = beside.count_concerns(pb::CountConcernsRequest { at_least: at_least.clone(), ..Default::default() });
        let (concerns, counted) = futures::try_join!(listed, counted)?;
        Ok::<_, Status>((concerns, counted.into_inner().counts))
    };
    let (concerns, counts) = match told.await {
        Ok(told) => told,
        Err(status) => return refused(&site, &status),
    };
    let rows = concerns.into_iter().map(|line| Row {
        short: short(&line.concern_id),
        concern: line.concern_id,
        recorded: day(line.recorded_on.as_ref()),
        teller: words::concern_teller(&line.teller),
        state: words::concern_state(&line.state),
        class: if line.state == "danger" { "telaat" } else { "" },
        until: day(line.kept_until.as_ref()),
        case_short: if line.case_id.is_empty() { String::new() } else { short(&line.case_id) },
        case: line.case_id,
        gemeente: line.gemeentecode.parse().map_or(line.gemeentecode, |code| site.region.name(code)),
    });
    let page = ListPage { rows: rows.collect(), months: months(counts), c: frame((&site, &viewer), "Zorgmeldingen") };
    show(&page, &page.c)
}

/// A concern, as a form names it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    zorg: String,
}

#[derive(Template)]
#[template(path = "zorg.html")]
struct ConcernPage {
    c: Frame,
    concern: String,
    short: String,
    gemeente: String,
    address: String,
    about: String,
    told: String,
    teller: String,
    request_id: String,
}

fn line<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(super) async fn open(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(which): Form<Which>) -> Response {
    let asked = pb::OpenConcernRequest { concern_id: which.zorg.clone(), purpose: PURPOSE.to_owned() };
    let told = site.reach.concerns(&viewer).and_then(|mut intake| async move { intake.open_concern(asked).await }).await;
    let content = match told {
        Ok(told) => told.into_inner().content.unwrap_or_default(),
        Err(status) => return refused(&site, &status),
    };
    let (address, person) = (content.address.unwrap_or_default(), content.person.unwrap_or_default());
    let mut c = frame((&site, &viewer), "Zorgmelding");
    c.names = true;
    let page = ConcernPage {
        c,
        short: short(&which.zorg),
        concern: which.zorg,
        gemeente: content.gemeentecode.parse().map_or(content.gemeentecode, |code| site.region.name(code)),
        address: line([address.street, address.house_number, address.addition, address.postcode, address.place]),
        about: line([person.initials, person.infix, person.surname, person.phone]),
        told: content.told,
        teller: line([content.teller_name, content.teller_contact]),
        request_id: request_id(&site),
    };
    show(&page, &page.c)
}

/// What somebody decides about a concern.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    zorg: String,
    verzoek: String,
    stap: String,
    reden: String,
    met: String,
    grond: String,
    zaak: String,
}

pub(super) async fn step(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(step): Form<Step>) -> Response {
    // One page has several forms: each of them is done once.
    let request_id = step.verzoek.parse().map(|id| derived_uuid(id, &step.stap).to_string());
    let (command, concern_id) = (command(&request_id.unwrap_or_default()), step.zorg);
    let done = async {
        let mut intake = site.reach.concerns(&viewer).await?;
        match step.stap.as_str() {
            "gevaar" => intake.judge_danger(pb::JudgeDangerRequest { command, concern_id, ended_because: String::new() }).await,
            // Without a reason it would say the opposite.
            "voorbij" if !step.reden.is_empty() => {
                intake.judge_danger(pb::JudgeDangerRequest { command, concern_id, ended_because: step.reden }).await
            }
            "delen" => intake.share_concern(pb::ShareConcernRequest { command, concern_id, with: step.met, ground: step.grond }).await,
            "zaak" => {
                let case_id = step.zaak.trim().to_owned();
                intake.link_concern(pb::LinkConcernRequest { command, concern_id, case_id }).await
            }
            "klaar" => intake.close_concern(pb::CloseConcernRequest { command, concern_id, because: step.reden }).await,
            _ => Err(Status::invalid_argument("stap")),
        }
    };
    match done.await {
        Ok(done) => {
            let at = done.into_inner().position.map_or(0, |position| position.sequence);
            Redirect::to(&format!("/zorgen?vanaf={at}")).into_response()
        }
        Err(status) => refused(&site, &status),
    }
}
