//! What became known of a household or a report afterwards, told by a worker from closed lists: circumstances, of which routing asks its
//! policy again, and what the national exchange model (DDAS) wants and nobody had said.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use futures::TryFutureExt as _;
use kernel::CaseId;
use proto::{common::v1 as common, intake::v1 as intake, outreach::v1 as outreach};
use serde::Deserialize;

use super::{
    Site, Viewer,
    pages::{Choices, Frame, missing, short, show},
    reach::{command, refused, request_id},
};
use crate::{
    chain::{CaseChain, fold},
    ddas::Gap,
};

#[derive(Template)]
#[template(path = "bekend.html")]
struct LearnedPage {
    c: Frame,
    case_id: String,
    short: String,
    request_id: String,
    signals: Vec<SignalForm>,
    attempts: Vec<AttemptForm>,
}

/// A signal of which something is missing that can be asked.
struct SignalForm {
    id: String,
    short: String,
    since: bool,
    crisis: bool,
    warm: bool,
    request_id: String,
}

/// An attempt of which the part of the day is missing.
struct AttemptForm {
    at: String,
    text: String,
    request_id: String,
}

/// A case that the viewer may see.
fn seen(site: &Site, viewer: &Viewer, id: &str) -> Option<(CaseId, CaseChain)> {
    let case: CaseId = id.parse().ok()?;
    fold(&site.store.entries(case)).filter(|chain| viewer.sees(chain.gemeente)).map(|chain| (case, chain))
}

fn signal_forms(site: &Site, gaps: &[Gap]) -> Vec<SignalForm> {
    let mut forms: Vec<SignalForm> = Vec::new();
    for (signal, gap) in gaps.iter().filter_map(|gap| Some((gap.signal?.to_string(), gap))) {
        if forms.last().is_none_or(|form| form.id != signal) {
            let (short, request_id) = (short(&signal), request_id(site));
            forms.push(SignalForm { id: signal, short, since: false, crisis: false, warm: false, request_id });
        }
        if let Some(form) = forms.last_mut() {
            form.since |= gap.field == "ontstaansdatum";
            form.crisis |= gap.field == "crisissignaal";
            form.warm |= gap.field == "warmeOverdracht";
        }
    }
    forms.retain(|form| form.since || form.crisis || form.warm);
    forms
}

pub(super) async fn form(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Path(id): Path<String>) -> Response {
    let Some((case, chain)) = seen(&site, &viewer, &id) else { return missing(State(site)).await };
    let gaps = chain.ddas.map(|reading| reading.gaps).unwrap_or_default();
    let attempts = gaps.iter().filter_map(|gap| {
        let at = gap.attempted_at?.to_string();
        Some(AttemptForm { at, text: gap.text.clone(), request_id: request_id(&site) })
    });
    let case_id = case.to_string();
    let mut c = Frame::new((&site, Some(&viewer)), "Wat bekend werd", "zaken", "/zaken", &Choices::default());
    c.toggle = None;
    let page = LearnedPage {
        c,
        short: short(&case_id),
        case_id,
        request_id: request_id(&site),
        signals: signal_forms(&site, &gaps),
        attempts: attempts.collect(),
    };
    show(&page, &page.c)
}

/// What became known, whether it is so, and who said it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Learned {
    omstandigheid: String,
    geldt: String,
    bron: String,
    verzoek: String,
}

pub(super) async fn learn(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    Form(learned): Form<Learned>,
) -> Response {
    let Some((case, chain)) = seen(&site, &viewer, &id) else { return missing(State(site)).await };
    let holds = match learned.geldt.as_str() {
        "ja" => true,
        "nee" => false,
        _ => return refused(&site, &tonic::Status::invalid_argument("geldt")),
    };
    let asked = outreach::LearnCircumstanceRequest {
        command: command(&learned.verzoek),
        case_id: case.to_string(),
        gemeentecode: chain.gemeente.to_string(),
        circumstance: learned.omstandigheid,
        holds,
        source: learned.bron,
    };
    let done = site.reach.outreach(&viewer).and_then(|mut outreach| async move { outreach.learn_circumstance(asked).await }).await;
    told(&site, case, done.map(drop))
}

fn told(site: &Site, case: CaseId, done: Result<(), tonic::Status>) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("/zaken/{case}")).into_response(),
        Err(status) => refused(site, &status),
    }
}

/// What was said of a report; an empty field was not asked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    signaal: String,
    sinds: String,
    crisis: String,
    warm: String,
    bron: String,
    verzoek: String,
}

pub(super) async fn supplement(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    let Some((case, _)) = seen(&site, &viewer, &id) else { return missing(State(site)).await };
    let yes = |text: &str| match text {
        "ja" => Some(true),
        "nee" => Some(false),
        _ => None,
    };
    let asked = intake::SupplementSignalRequest {
        command: command(&said.verzoek),
        case_id: case.to_string(),
        signal_id: said.signaal,
        arrears_since: (!said.sinds.is_empty()).then_some(common::Date { iso: said.sinds }),
        crisis: yes(&said.crisis),
        warm_handover: yes(&said.warm),
        source: said.bron,
    };
    let done = site.reach.doors(&viewer).and_then(|mut doors| async move { doors.supplement_signal(asked).await }).await;
    told(&site, case, done.map(drop))
}

/// The part of the day of an attempt.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Daypart {
    poging: String,
    dagdeel: String,
    verzoek: String,
}

pub(super) async fn daypart(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    Form(part): Form<Daypart>,
) -> Response {
    let Some((case, chain)) = seen(&site, &viewer, &id) else { return missing(State(site)).await };
    let asked = outreach::SupplementAttemptRequest {
        command: command(&part.verzoek),
        case_id: case.to_string(),
        gemeentecode: chain.gemeente.to_string(),
        attempted_at: part.poging,
        daypart: part.dagdeel,
    };
    let done = site.reach.outreach(&viewer).and_then(|mut outreach| async move { outreach.supplement_attempt(asked).await }).await;
    told(&site, case, done.map(drop))
}
