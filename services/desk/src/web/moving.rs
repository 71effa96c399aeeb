//! Households that moved: the cases that a municipality offered and was asked to take over, and the answer. Who it is about comes from
//! the vault when it is asked for, and each look is logged there.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    Extension, Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use futures::{TryFutureExt as _, future::try_join_all};
use journal::terms::date_in;
use kernel::Gemeentecode;
use proto::intake::v1 as pb;
use serde::Deserialize;
use service::room::Pages;
use tonic::Status;

use super::{
    Site, Viewer,
    pages::{Choices, Frame, short, show},
    reach::{command, refused, request_id},
};
use crate::words;

/// Why the household is looked at, in the register of purposes.
const PURPOSE: &str = "hand-over";

struct Row {
    id: String,
    from: String,
    to: String,
    /// Our own case, when we offered it.
    case: Option<(String, String)>,
    offered: String,
    state: String,
    request_id: String,
}

#[derive(Template)]
#[template(path = "overdrachten.html")]
struct HandOversPage {
    c: Frame,
    asked: Vec<Row>,
    offered: Vec<Row>,
    past: Vec<Row>,
}

fn frame((site, viewer): (&Site, &Viewer), title: &str) -> Frame {
    let mut frame = Frame::new((site, Some(viewer)), title, "overdrachten", "/overdrachten", &Choices::default());
    frame.toggle = None;
    frame
}

fn state(one: &pb::HandOver) -> String {
    let bounced = words::bounce(&one.bounce);
    match one.state.as_str() {
        "offered" => "wacht op antwoord".to_owned(),
        "accepted" if one.from_gemeentecode == one.to_gemeentecode => "verhuisd binnen de gemeente".to_owned(),
        "accepted" => "overgenomen".to_owned(),
        "bounced" if bounced.is_empty() => "teruggekomen".to_owned(),
        "bounced" => format!("teruggekomen: {bounced}"),
        _ => "vervallen: de zaak eindigde voor het antwoord".to_owned(),
    }
}

fn row(site: &Site, one: &pb::HandOver) -> Row {
    let name = |code: &str| code.parse().map_or_else(|_| code.to_owned(), |code| site.region.name(code));
    Row {
        id: one.hand_over_id.clone(),
        from: name(&one.from_gemeentecode),
        to: name(&one.to_gemeentecode),
        case: (!one.case_id.is_empty()).then(|| (one.case_id.clone(), short(&one.case_id))),
        offered: date_in(one.offered_on.as_ref()).map(words::date).unwrap_or_default(),
        state: state(one),
        request_id: request_id(site),
    }
}

async fn of_gemeente(site: &Site, viewer: &Viewer, gemeente: Gemeentecode) -> Result<Vec<pb::HandOver>, Status> {
    let mut doors = site.reach.doors(viewer).await?;
    let mut pages = Pages::default();
    while let Some(page) = pages.to_ask() {
        let asked = pb::ListHandOversRequest { gemeentecode: gemeente.to_string(), page: Some(page), at_least: None };
        let told = doors.list_hand_overs(asked).await?.into_inner();
        pages.add(told.hand_overs, told.next_token);
    }
    Ok(pages.rows)
}

pub(super) async fn hand_overs(State(site): State<Site>, Extension(viewer): Extension<Viewer>) -> Response {
    // Also of a municipality that has no case yet: it may be asked to take one over.
    let ours: BTreeSet<_> = site.region.codes().chain(site.store.gemeenten()).filter(|gemeente| viewer.sees(*gemeente)).collect();
    let c = frame((&site, &viewer), "Overdrachten");
    let mut page = HandOversPage { c, asked: Vec::new(), offered: Vec::new(), past: Vec::new() };
    // All at once: who waits for a journal without a leader waits once.
    let told = match try_join_all(ours.iter().copied().map(|gemeente| of_gemeente(&site, &viewer, gemeente))).await {
        Ok(told) => told,
        Err(status) => return refused(&site, &status),
    };
    for (gemeente, told) in ours.iter().zip(&told) {
        for one in told.iter().rev() {
            let offered_here = one.from_gemeentecode == gemeente.as_str();
            match (one.state.as_str(), offered_here) {
                ("offered", true) => page.offered.push(row(&site, one)),
                ("offered", false) => page.asked.push(row(&site, one)),
                _ => page.past.push(row(&site, one)),
            }
        }
    }
    show(&page, &page.c)
}

/// What a form names and answers.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Answered {
    overdracht: String,
    /// Empty accepts.
    antwoord: String,
    verzoek: String,
}

pub(super) async fn answer(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(answered): Form<Answered>) -> Response {
    let asked =
        pb::AnswerHandOverRequest { command: command(&answered.verzoek), hand_over_id: answered.overdracht, bounce: answered.antwoord };
    let done = site.reach.doors(&viewer).and_then(|mut doors| async move { doors.answer_hand_over(asked).await }).await;
    match done {
        Ok(_) => Redirect::to("/overdrachten").into_response(),
        Err(status) => refused(&site, &status),
    }
}

#[derive(Template)]
#[template(path = "overdracht_wie.html")]
struct WhoPage {
    c: Frame,
    lines: Vec<String>,
}

pub(super) async fn who(State(site): State<Site>, Extension(viewer): Extension<Viewer>, Form(answered): Form<Answered>) -> Response {
    let asked = pb::OpenHandOverRequest { hand_over_id: answered.overdracht, purpose: PURPOSE.to_owned() };
    let told = site.reach.doors(&viewer).and_then(|mut doors| async move { doors.open_hand_over(asked).await }).await;
    let told = match told {
        Ok(told) => told.into_inner(),
        Err(status) => return refused(&site, &status),
    };
    let words = |parts: [String; 3]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<_> = told.persons.into_iter().map(|person| words([person.initials, person.infix, person.surname])).collect();
    if let Some(address) = told.address {
        lines.push(words([address.street, address.house_number, address.addition]));
        lines.push(words([address.postcode, address.place, String::new()]));
    }
    let mut c = frame((&site, &viewer), "Wie is verhuisd");
    c.names = true;
    let page = WhoPage { c, lines };
    show(&page, &page.c)
}
