//! The queue of doubtful pairs: two names at one address of which somebody decides whether they are one person. The names come from
//! the vault when they are asked for, and each look is logged there.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use futures::TryFutureExt as _;
use proto::{common::v1 as common, intake::v1 as pb};
use serde::Deserialize;
use service::room::Pages;

use super::{
    Site, Viewer,
    case::minute,
    pages::{Choices, Frame, short, show},
    reach::{command, refused, request_id},
};

/// Why the names are looked at, in the register of purposes.
const PURPOSE: &str = "matching";

/// How far intake must have come before the queue is shown: after a decision of one's own.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    vanaf: u64,
}

struct PairRow {
    case: String,
    case_short: String,
    one: String,
    other: String,
    gemeente: String,
    since: String,
    reasons: Vec<String>,
}

#[derive(Template)]
#[template(path = "personen.html")]
struct QueuePage {
    c: Frame,
    rows: Vec<PairRow>,
}

pub(super) async fn queue(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    from: Result<Query<From>, QueryRejection>,
) -> Response {
    let from = from.map(|Query(from)| from.vanaf).unwrap_or_default();
    let at_least = (from > 0).then(|| common::Position { context: "intake".to_owned(), sequence: from });
    let told = async {
        let mut intake = site.reach.intake(&viewer).await?;
        let mut pages = Pages::default();
        while let Some(page) = pages.to_ask() {
            let asked = pb::ListPairsRequest { gemeentecode: String::new(), at_least: at_least.clone(), page: Some(page) };
            let told = intake.list_pairs(asked).await?.into_inner();
            pages.add(told.pairs, told.next_token);
        }
        Ok::<_, tonic::Status>(pages.rows)
    };
    let pairs = match told.await {
        Ok(pairs) => pairs,
        Err(status) => return refused(&site, &status),
    };
    let rows = pairs.into_iter().map(|pair| PairRow {
        case_short: short(&pair.case_id),
        case: pair.case_id,
        one: pair.one_id,
        other: pair.other_id,
        gemeente: pair.gemeentecode.parse().map_or(pair.gemeentecode, |code| site.region.name(code)),
        since: pair.since.parse().map_or(pair.since, minute),
        reasons: pair.reason_texts,
    });
    let page = QueuePage { rows: rows.collect(), c: frame((&site, &viewer), "Dezelfde persoon?") };
    show(&page, &page.c)
}

fn frame((site, viewer): (&Site, &Viewer), title: &str) -> Frame {
    let mut frame = Frame::new((site, Some(viewer)), title, "personen", "/personen", &Choices::default());
    frame.toggle = None;
    frame
}

/// A pair, as a form names it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Pair {
    zaak: String,
    een: String,
    ander: String,
}

#[derive(Template)]
#[template(path = "personen_namen.html")]
struct NamesPage {
    c: Frame,
    pair: Pair,
    case_short: String,
    one: Vec<String>,
    other: Vec<String>,
    verdict: String,
    reasons: Vec<String>,
    request_id: String,
}

/// Every way in which a name was written, once.
fn written(persons: Vec<pb::Person>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for person in persons {
        let name =
            [person.initials, person.infix, person.surname].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) async fn names(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(pair): Form<Pair>) -> Response {
    let asked = pb::OpenPairRequest {
        case_id: pair.zaak.clone(),
        one_id: pair.een.clone(),
        other_id: pair.ander.clone(),
        purpose: PURPOSE.to_owned(),
    };
    let told = site.reach.intake(&viewer).and_then(|mut intake| async move { intake.open_pair(asked).await }).await;
    let told = match told {
        Ok(told) => told.into_inner(),
        Err(status) => return refused(&site, &status),
    };
    let mut c = frame((&site, &viewer), "Zijn deze twee dezelfde persoon?");
    c.names = true;
    let page = NamesPage {
        c,
        case_short: short(&pair.zaak),
        pair,
        one: written(told.one),
        other: written(told.other),
        verdict: told.verdict_text,
        reasons: told.reason_texts,
        request_id: request_id(&site),
    };
    show(&page, &page.c)
}

/// What was decided of a pair.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Decided {
    zaak: String,
    een: String,
    ander: String,
    verzoek: String,
    oordeel: String,
}

pub(super) async fn judge(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(decided): Form<Decided>) -> Response {
    let same = match decided.oordeel.as_str() {
        "dezelfde" => true,
        "verschillend" => false,
        _ => return refused(&site, &tonic::Status::invalid_argument("oordeel")),
    };
    let asked = pb::JudgePairRequest {
        command: command(&decided.verzoek),
        case_id: decided.zaak,
        one_id: decided.een,
        other_id: decided.ander,
        same,
    };
    let done = site.reach.intake(&viewer).and_then(|mut intake| async move { intake.judge_pair(asked).await }).await;
    match done {
        Ok(done) => {
            let at = done.into_inner().position.map_or(0, |position| position.sequence);
            Redirect::to(&format!("/personen?vanaf={at}")).into_response()
        }
        Err(status) => refused(&site, &status),
    }
}
