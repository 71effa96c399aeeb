//! The page where a judge, bailiff or landlord checks a receipt: genuine or not, and what became of the report. No judgment.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::intake::v1 as pb;
use serde::Deserialize;

use super::{
    Shared,
    pages::{away, notice, show},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Given {
    meldbewijs: String,
}

#[derive(Template)]
#[template(path = "publiek_controle.html")]
struct Page {
    title: &'static str,
    given: String,
    told: Option<pb::CheckReceiptResponse>,
}

pub(super) async fn ask() -> Response {
    show(StatusCode::OK, &Page { title: "Controleer een meldbewijs", given: String::new(), told: None })
}

pub(super) async fn check(State(site): Shared, Form(given): Form<Given>) -> Response {
    let document = given.meldbewijs.trim().to_owned();
    let told = match site.forms().await {
        Ok(mut forms) => forms.check_receipt(pb::CheckReceiptRequest { document: document.clone() }).await,
        Err(status) => Err(status),
    };
    match told.map(tonic::Response::into_inner) {
        Ok(told) => {
            let title = if told.genuine { "Dit meldbewijs is echt" } else { "Dit meldbewijs is niet echt" };
            show(StatusCode::OK, &Page { title, given: document, told: Some(told) })
        }
        Err(status) => away(&status),
    }
}

/// Gives a receipt back as a file; only one that is genuine.
pub(super) async fn download(State(site): Shared, Form(given): Form<Given>) -> Response {
    let told = match site.forms().await {
        Ok(mut forms) => forms.check_receipt(pb::CheckReceiptRequest { document: given.meldbewijs.clone() }).await,
        Err(status) => Err(status),
    };
    match told.map(tonic::Response::into_inner) {
        Ok(told) if told.genuine => {
            let headers =
                [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, "attachment; filename=\"meldbewijs.json\"")];
            (headers, given.meldbewijs).into_response()
        }
        Ok(_) => notice(StatusCode::BAD_REQUEST, "Dit meldbewijs is niet echt", "Er is iets aan veranderd."),
        Err(status) => away(&status),
    }
}
