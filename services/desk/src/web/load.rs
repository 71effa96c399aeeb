//! The page of the teams' weeks: what began with each team, its room, and what did not fit.

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use futures::{TryFutureExt as _, future::try_join_all};
use jiff::ToSpan;
use journal::terms::date_out;
use kernel::days::amsterdam_date;
use proto::routing::v1 as routing;

use super::{
    Site, Viewer,
    pages::{Choices, Filter, Frame, Wrong, chosen, notice, show},
    reach::refused,
};

/// Weeks that are shown before this one, and after it: a case may begin with its team later.
const WEEKS: (i64, i64) = (8, 2);

struct Load {
    gemeente: String,
    rows: Vec<Row>,
}

struct Row {
    week: String,
    team: String,
    began: u32,
    room: String,
    beyond: u32,
    passed_on: u32,
}

#[derive(Template)]
#[template(path = "werkdruk.html")]
struct Page {
    c: Frame,
    filter: Filter,
    loads: Vec<Load>,
}

pub(super) async fn load(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    asked: Result<Query<Choices>, QueryRejection>,
) -> Response {
    let (choices, offered, gemeenten) = match chosen(&site, &viewer, asked) {
        Ok(chosen) => chosen,
        Err(Wrong(text)) => return notice(&site, StatusCode::BAD_REQUEST, "Dit klopt niet", text),
    };
    let today = amsterdam_date(site.clock.now());
    let (from, to) = (today.saturating_sub(WEEKS.0.weeks()), today.saturating_add(WEEKS.1.weeks()));
    // All at once: who waits for a journal without a leader waits once.
    let told = try_join_all(gemeenten.into_iter().map(|gemeente| {
        let asked = routing::ListTeamLoadRequest {
            gemeentecode: gemeente.to_string(),
            from: Some(date_out(from)),
            to: Some(date_out(to)),
            at_least: None,
        };
        let told = site.reach.routing(&viewer).and_then(|mut routing| async move { routing.list_team_load(asked).await });
        told.map_ok(move |told| (gemeente, told.into_inner().load))
    }));
    let told = match told.await {
        Ok(told) => told,
        Err(status) => return refused(&site, &status),
    };
    let row = |load: routing::TeamLoad| Row {
        week: load.week,
        team: load.team,
        began: load.began,
        room: if load.capacity == 0 { "niet geteld".to_owned() } else { load.capacity.to_string() },
        beyond: load.beyond,
        passed_on: load.passed_on,
    };
    let loads = told.into_iter().filter(|(_, told)| !told.is_empty());
    let loads =
        loads.map(|(gemeente, told)| Load { gemeente: site.region.name(gemeente), rows: told.into_iter().rev().map(row).collect() });
    let loads = loads.collect();
    let mut c = Frame::new((&site, Some(&viewer)), "Werkdruk per team", "werkdruk", "/werkdruk", &choices.only_gemeente());
    c.toggle = None;
    let page = Page { c, filter: Filter::of("/werkdruk", offered), loads };
    show(&page, &page.c)
}
