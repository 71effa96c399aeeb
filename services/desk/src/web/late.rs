//! The page of final supplies that were reported too late, for whoever keeps up with the partners.

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use journal::terms::date_in;
use proto::common::v1 as common;

use super::{
    Site, Viewer,
    pages::{Choices, Filter, Frame, Wrong, chosen, notice, show},
};
use crate::{late, words};

struct Partner {
    code: String,
    rows: Vec<Row>,
}

struct Row {
    link: String,
    short: String,
    received: String,
    report_by: String,
    ends: String,
    late: String,
}

#[derive(Template)]
#[template(path = "telaat.html")]
struct Page {
    c: Frame,
    filter: Filter,
    partners: Vec<Partner>,
}

fn day(date: Option<&common::Date>) -> String {
    date_in(date).map(words::date).unwrap_or_default()
}

pub(super) async fn late(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    asked: Result<Query<Choices>, QueryRejection>,
) -> Response {
    let (choices, gemeenten, visible) = match chosen(&site, &viewer, asked) {
        Ok(chosen) => chosen,
        Err(Wrong(text)) => return notice(&site, StatusCode::BAD_REQUEST, "Dit klopt niet", text),
    };
    let c = Frame::new((&site, Some(&viewer)), "Te laat gemelde afsluitingen", "te-laat", "/te-laat", &choices.only_gemeente());
    let mut partners: Vec<Partner> = Vec::new();
    for report in late::reports(&site.store, &visible) {
        let days = report.working_days_late;
        let row = Row {
            link: format!("/zaken/{}{}", report.case_id, c.keep),
            short: report.case_id.get(report.case_id.len().saturating_sub(8)..).unwrap_or_default().to_owned(),
            received: day(report.received_on.as_ref()),
            report_by: day(report.report_by.as_ref()),
            ends: day(report.supply_ends.as_ref()),
            late: if days == 1 { "1 werkdag".to_owned() } else { format!("{days} werkdagen") },
        };
        match partners.last_mut() {
            Some(partner) if partner.code == report.organisation => partner.rows.push(row),
            _ => partners.push(Partner { code: report.organisation, rows: vec![row] }),
        }
    }
    let page = Page { c, filter: Filter::of("/te-laat", gemeenten), partners };
    show(&page, &page.c)
}
