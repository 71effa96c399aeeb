//! The privacy officer's page: what people asked by their rights and by when it is to be answered. Ids and codes only.

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use kernel::{CaseId, days::amsterdam_date};
use service::action;

use super::{
    Site, Viewer,
    pages::{Choices, Frame, notice, short, show},
};
use crate::{chain::fold, rights::requests, words};

struct RightRow {
    link: String,
    short: String,
    gemeente: String,
    right: &'static str,
    asked: String,
    due: String,
    class: &'static str,
    extended: bool,
    officer: String,
}

#[derive(Template)]
#[template(path = "rechten.html")]
struct RightsPage {
    c: Frame,
    rows: Vec<RightRow>,
}

pub(super) async fn rights(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    asked: Result<Query<Choices>, QueryRejection>,
) -> Response {
    if !site.may(&viewer, action::RIGHTS_HANDLE) {
        return notice(&site, StatusCode::FORBIDDEN, "U mag dit niet zien", "Deze pagina is voor wie AVG-verzoeken behandelt.");
    }
    let choices = asked.map(|Query(choices)| choices).unwrap_or_default();
    let c = Frame::new((&site, Some(&viewer)), "AVG-verzoeken", "rechten", "/rechten", &choices);
    let today = amsterdam_date(site.clock.now());
    let mut open: Vec<_> = site.store.cases_with_rights().into_iter().flat_map(|case| rows_of(&site, &viewer, case)).collect();
    open.sort_by_key(|(due, _)| *due);
    let rows = open.into_iter().map(|(due, row)| RightRow { class: if due < Some(today) { "telaat" } else { "rustig" }, ..row });
    let page = RightsPage { rows: rows.collect(), c };
    show(&page, &page.c)
}

/// The open requests of a case that the viewer may see, with their last day.
fn rows_of(site: &Site, viewer: &Viewer, case: CaseId) -> Vec<(Option<jiff::civil::Date>, RightRow)> {
    let entries = site.store.entries(case);
    let Some(chain) = fold(&entries).filter(|chain| viewer.sees(chain.gemeente)) else { return Vec::new() };
    let id = case.to_string();
    let day = |date: Option<jiff::civil::Date>| date.map(words::date).unwrap_or_default();
    requests(&entries)
        .into_iter()
        .filter(|request| request.verdict.is_empty())
        .map(|request| {
            let row = RightRow {
                link: format!("/zaken/{id}"),
                short: short(&id),
                gemeente: site.region.name(chain.gemeente),
                right: words::right(&request.right),
                asked: day(request.asked_on),
                due: day(request.due),
                class: "",
                extended: request.extended,
                officer: request.officer,
            };
            (request.due, row)
        })
        .collect()
}
