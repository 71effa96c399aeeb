//! Two cases that go together: which, what was done meanwhile and whose it is when they go apart, and the letters to put right.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, Query, State, rejection::QueryRejection},
    response::{IntoResponse, Redirect, Response},
};
use futures::TryFutureExt as _;
use kernel::CaseId;
use proto::intake::v1 as pb;
use serde::Deserialize;

use super::{
    Site, Viewer,
    case::minute,
    pages::{Choices, Frame, missing, short, show},
    reach::{command, refused, request_id},
};

fn frame((site, viewer): (&Site, &Viewer), title: &str) -> Frame {
    let mut frame = Frame::new((site, Some(viewer)), title, "zaken", "/samen", &Choices::default());
    frame.toggle = None;
    frame
}

/// The case that another one is to go with, and which.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    zaak: String,
    ander: String,
    verzoek: String,
}

#[derive(Template)]
#[template(path = "samen.html")]
struct WhichPage {
    c: Frame,
    case_id: String,
    short: String,
    request_id: String,
}

pub(super) async fn which(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    which: Result<Query<Which>, QueryRejection>,
) -> Response {
    let case = which.ok().and_then(|Query(which)| which.zaak.parse::<CaseId>().ok());
    let Some(case) = case else { return missing(State(site)).await };
    let page = WhichPage {
        c: frame((&site, &viewer), "Zaken samenvoegen"),
        short: short(&case.to_string()),
        case_id: case.to_string(),
        request_id: request_id(&site),
    };
    show(&page, &page.c)
}

pub(super) async fn merge(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(which): Form<Which>) -> Response {
    let (leading, led) = (which.zaak.trim(), which.ander.trim());
    let asked = pb::MergeCasesRequest { command: command(&which.verzoek), leading_case_id: leading.to_owned(), case_id: led.to_owned() };
    let done = site.reach.intake(&viewer).and_then(|mut intake| async move { intake.merge_cases(asked).await }).await;
    match done {
        Ok(_) => Redirect::to(&format!("/samen/{leading}/{led}")).into_response(),
        Err(status) => refused(&site, &status),
    }
}

struct WorkRow {
    /// The name of its field: context and commit.
    name: String,
    context: String,
    sequence: u64,
    happened: String,
    text: String,
    recorded_in: String,
    /// Whose it is; empty while they are merged.
    whose: String,
    written: bool,
    rectified: bool,
    /// Of the form that says that it was put right.
    request_id: String,
}

#[derive(Template)]
#[template(path = "samen_werk.html")]
struct WorkPage {
    c: Frame,
    leading: String,
    led: String,
    leading_short: String,
    led_short: String,
    since: String,
    until: Option<String>,
    rows: Vec<WorkRow>,
    request_id: String,
}

fn row(site: &Site, work: pb::MergedWork) -> WorkRow {
    WorkRow {
        name: format!("{}@{}", work.context, work.sequence),
        context: work.context,
        sequence: work.sequence,
        happened: work.happened_at.parse().map_or(work.happened_at, minute),
        text: work.text,
        recorded_in: short(&work.case_id),
        whose: if work.assigned_case_id.is_empty() { String::new() } else { short(&work.assigned_case_id) },
        written: work.written,
        rectified: work.rectified,
        request_id: request_id(site),
    }
}

/// Two cases, as they stand in an address.
type Two = Path<(CaseId, CaseId)>;

pub(super) async fn work(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Path((leading, led)): Two) -> Response {
    let asked = pb::ListMergedWorkRequest { leading_case_id: leading.to_string(), case_id: led.to_string() };
    let told = site.reach.intake(&viewer).and_then(|mut intake| async move { intake.list_merged_work(asked).await }).await;
    let told = match told {
        Ok(told) => told.into_inner(),
        Err(status) => return refused(&site, &status),
    };
    let page = WorkPage {
        c: frame((&site, &viewer), "Samengevoegde zaken"),
        leading_short: short(&leading.to_string()),
        led_short: short(&led.to_string()),
        leading: leading.to_string(),
        led: led.to_string(),
        since: told.since.parse().map_or(told.since, minute),
        until: (!told.until.is_empty()).then(|| told.until.parse().map_or(told.until, minute)),
        rows: told.work.into_iter().map(|work| row(&site, work)).collect(),
        request_id: request_id(&site),
    };
    show(&page, &page.c)
}

/// What a field of the form says: whose a piece of work is. Fields that are none are left out.
fn assigned((name, value): &(String, String)) -> Option<pb::Assigned> {
    let (context, sequence) = name.split_once('@')?;
    let case: CaseId = value.parse().ok()?;
    let case_id = case.uuid().as_bytes().to_vec();
    Some(pb::Assigned { context: context.to_owned(), sequence: sequence.parse().ok()?, case_id, written: false })
}

pub(super) async fn apart(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path((leading, led)): Two,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let request_id = fields.iter().find(|(name, _)| name == "verzoek").map(|(_, value)| value.as_str()).unwrap_or_default();
    let asked = pb::UnmergeCasesRequest {
        command: command(request_id),
        leading_case_id: leading.to_string(),
        case_id: led.to_string(),
        assigned: fields.iter().filter_map(assigned).collect(),
    };
    let done = site.reach.intake(&viewer).and_then(|mut intake| async move { intake.unmerge_cases(asked).await }).await;
    match done {
        Ok(_) => Redirect::to(&format!("/samen/{leading}/{led}")).into_response(),
        Err(status) => refused(&site, &status),
    }
}

/// A letter that was put right.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Letter {
    spoor: String,
    nummer: u64,
    verzoek: String,
}

pub(super) async fn rectify(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path((leading, led)): Two,
    Form(letter): Form<Letter>,
) -> Response {
    let asked = pb::RectifyLetterRequest {
        command: command(&letter.verzoek),
        leading_case_id: leading.to_string(),
        case_id: led.to_string(),
        context: letter.spoor,
        sequence: letter.nummer,
    };
    let done = site.reach.intake(&viewer).and_then(|mut intake| async move { intake.rectify_letter(asked).await }).await;
    match done {
        Ok(_) => Redirect::to(&format!("/samen/{leading}/{led}")).into_response(),
        Err(status) => refused(&site, &status),
    }
}
