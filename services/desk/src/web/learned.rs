//! What became known of a household after its case was routed: told by a worker, from closed lists, and routing looks again.

use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::{CaseId, Gemeentecode};
use proto::outreach::v1 as outreach;
use serde::Deserialize;

use super::{
    Site, Viewer,
    pages::{Choices, Frame, missing, short, show},
    reach::{command, refused, request_id},
};
use crate::chain::fold;

#[derive(Template)]
#[template(path = "bekend.html")]
struct LearnedPage {
    c: Frame,
    case_id: String,
    short: String,
    request_id: String,
}

/// A case that the viewer may see, with its municipality.
fn seen(site: &Site, viewer: &Viewer, id: &str) -> Option<(CaseId, Gemeentecode)> {
    let case: CaseId = id.parse().ok()?;
    let gemeente = fold(&site.store.entries(case))?.gemeente;
    viewer.sees(gemeente).then_some((case, gemeente))
}

pub(super) async fn form(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Path(id): Path<String>) -> Response {
    let Some((case, _)) = seen(&site, &viewer, &id) else { return missing(State(site)).await };
    let case_id = case.to_string();
    let mut c = Frame::new((&site, Some(&viewer)), "Wat bekend werd", "zaken", "/zaken", &Choices::default());
    c.toggle = None;
    let page = LearnedPage { c, short: short(&case_id), case_id, request_id: request_id(&site) };
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
    let Some((case, gemeente)) = seen(&site, &viewer, &id) else { return missing(State(site)).await };
    let holds = match learned.geldt.as_str() {
        "ja" => true,
        "nee" => false,
        _ => return refused(&site, &tonic::Status::invalid_argument("geldt")),
    };
    let asked = outreach::LearnCircumstanceRequest {
        command: command(&learned.verzoek),
        case_id: case.to_string(),
        gemeentecode: gemeente.to_string(),
        circumstance: learned.omstandigheid,
        holds,
        source: learned.bron,
    };
    let done = match site.reach.outreach(&viewer).await {
        Ok(mut outreach) => outreach.learn_circumstance(asked).await,
        Err(status) => Err(status),
    };
    match done {
        Ok(_) => Redirect::to(&format!("/zaken/{case}")).into_response(),
        Err(status) => refused(&site, &status),
    }
}
