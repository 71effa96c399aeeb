//! The page where a judge, bailiff or landlord checks a receipt: genuine or not, and what became of the report. No judgment.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::TryFutureExt as _;
use proto::intake::v1 as pb;
use serde::Deserialize;

use super::{
    Shared, Site,
    pages::{away, notice, show},
};

const GENUINE: &str = "Dit meldbewijs is echt";

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
    let asked = pb::CheckReceiptRequest { document: document.clone(), ..Default::default() };
    let told = site.forms().and_then(|mut forms| async move { forms.check_receipt(asked).await }).await;
    match told.map(tonic::Response::into_inner) {
        Ok(told) => {
            let title = if told.genuine { GENUINE } else { "Dit meldbewijs is niet echt" };
            show(StatusCode::OK, &Page { title, given: document, told: Some(told) })
        }
        Err(status) => away(&status),
    }
}

/// What the code on a paper leads to. Unknown, erased and a code that does not fit are one answer: nobody learns which receipts there are.
pub(super) async fn of_paper(State(site): Shared, Path((receipt_id, signature_start)): Path<(String, String)>) -> Response {
    let asked = pb::LookUpReceiptRequest { receipt_id, signature_start };
    let told = site.forms().and_then(|mut forms| async move { forms.look_up_receipt(asked).await }).await;
    match told.map(tonic::Response::into_inner) {
        Ok(told) => show(StatusCode::OK, &Page { title: GENUINE, given: String::new(), told: Some(told) }),
        Err(status) if status.code() == tonic::Code::NotFound => {
            let text = "Met deze code kennen wij geen meldbewijs. Misschien klopt het adres niet, of zijn de gegevens gewist. In de PDF zit een \
                        bestand: meldbewijs.json. Met de tekst daarvan kunt u het op de pagina 'Meldbewijs controleren' altijd nagaan. \
                        (We know no receipt with this code. The text of the attached file can always be checked.)";
            notice(StatusCode::NOT_FOUND, "Wij kennen dit meldbewijs niet", text)
        }
        Err(status) => away(&status),
    }
}

/// Gives a receipt back as a file; only one that is genuine.
pub(super) async fn download(State(site): Shared, Form(given): Form<Given>) -> Response {
    file(&site, given, false).await
}

/// Gives a receipt on paper: PDF.
pub(super) async fn paper(State(site): Shared, Form(given): Form<Given>) -> Response {
    file(&site, given, true).await
}

async fn file(site: &Site, Given { meldbewijs: document }: Given, paper: bool) -> Response {
    let paper_for = if paper { site.url.clone() } else { String::new() };
    let asked = pb::CheckReceiptRequest { document: document.clone(), paper_for };
    let told = site.forms().and_then(|mut forms| async move { forms.check_receipt(asked).await }).await;
    let (kind, name, bytes) = match told.map(tonic::Response::into_inner) {
        Ok(told) if told.genuine && paper => ("application/pdf", "meldbewijs.pdf", told.paper),
        Ok(told) if told.genuine => ("application/json", "meldbewijs.json", document.into_bytes()),
        Ok(_) => return notice(StatusCode::BAD_REQUEST, "Dit meldbewijs is niet echt", "Er is iets aan veranderd."),
        Err(status) => return away(&status),
    };
    let name = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], bytes).into_response()
}
