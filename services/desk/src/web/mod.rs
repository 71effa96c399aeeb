//! The pages: routes, who may look, and what every answer carries. Server-rendered, no scripts.

mod case;
mod concerns;
mod late;
mod learned;
mod load;
mod merging;
mod moving;
mod pages;
mod persons;
mod reach;
mod rights;
mod serve;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kernel::{Clock, Gemeentecode};
use service::{Actor, Gate, Resource, action, region::Region};
use tonic::metadata::MetadataMap;

use crate::store::Store;
use pages::notice;
pub use reach::Reach;
pub use serve::{Peer, serve};

/// Longest time an answer may take.
const ANSWER: Duration = Duration::from_secs(10);
/// Largest form, in bytes.
const LARGEST: usize = 64 * 1024;

/// Who is let in.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one per process")]
pub enum Door {
    /// Whoever sits at this machine, and sees everything: for a demo.
    Loopback,
    /// Who brings a token that the policies let in.
    Token(Gate),
}

/// Who looks.
#[derive(Clone)]
enum Viewer {
    Everything,
    /// With the token that goes along to the services: what they are asked, they are asked by this person.
    Person(Arc<Actor>, Arc<str>),
}

impl Viewer {
    fn sees(&self, gemeente: Gemeentecode) -> bool {
        match self {
            Self::Everything => true,
            Self::Person(actor, _) => actor.sees(gemeente),
        }
    }
}

#[derive(Clone)]
struct Site {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    door: Door,
    region: Arc<Region>,
    reach: Reach,
}

impl Site {
    /// Whether somebody may do this on these pages.
    fn may(&self, viewer: &Viewer, action: &'static str) -> bool {
        match (&self.door, viewer) {
            (Door::Token(gate), Viewer::Person(actor, _)) => gate.also(actor, action, &Resource::of("desk")).is_ok(),
            (_, Viewer::Everything) => true,
            (Door::Loopback, Viewer::Person(..)) => false,
        }
    }

    /// The municipalities of which somebody may see cases.
    fn gemeenten(&self, viewer: &Viewer) -> Vec<Gemeentecode> {
        self.store.gemeenten().into_iter().filter(|gemeente| viewer.sees(*gemeente)).collect()
    }
}

/// The pages over these rows; what is decided on them goes to the services.
pub fn router(store: Arc<Store>, clock: Arc<dyn Clock>, door: Door, region: Region, reach: Reach) -> Router {
    let site = Site { store, clock, door, region: Arc::new(region), reach };
    Router::new()
        .route("/", get(pages::sieve))
        .route("/zaken", get(pages::cases))
        .route("/zaken/{id}", get(case::case))
        .route("/zaken/{id}/bekend", get(learned::form).post(learned::learn))
        .route("/zaken/{id}/signaal", post(learned::supplement))
        .route("/zaken/{id}/poging", post(learned::daypart))
        .route("/overdrachten", get(moving::hand_overs).post(moving::answer))
        .route("/overdrachten/wie", post(moving::who))
        .route("/werkdruk", get(load::load))
        .route("/personen", get(persons::queue))
        .route("/personen/namen", post(persons::names))
        .route("/personen/oordeel", post(persons::judge))
        .route("/zorgen", get(concerns::list))
        .route("/zorgen/lezen", post(concerns::open))
        .route("/zorgen/stap", post(concerns::step))
        .route("/te-laat", get(late::late))
        .route("/samen", get(merging::which).post(merging::merge))
        .route("/samen/{leidend}/{zaak}", get(merging::work).post(merging::apart))
        .route("/samen/{leidend}/{zaak}/brief", post(merging::rectify))
        .route("/rechten", get(rights::rights))
        .fallback(pages::missing)
        .method_not_allowed_fallback(pages::look_only)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(middleware::from_fn_with_state(site.clone(), admit))
        .route("/stijl.css", get(|| async { asset("text/css; charset=utf-8", include_str!("../../templates/stijl.css")) }))
        .route("/zeef.svg", get(|| async { asset("image/svg+xml", include_str!("../../templates/zeef.svg")) }))
        .layer(middleware::from_fn_with_state(site.clone(), guard))
        .with_state(site)
}

pub(crate) fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}

/// Around every answer: within bounds, with the headers that keep a browser from doing more than show it. A form comes from these
/// pages themselves, or it is not taken.
async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if !looks && !from_these_pages(request.headers()) {
        let text = "Dit formulier komt niet van deze pagina's. Open de pagina opnieuw en probeer het daar.";
        notice(&site, StatusCode::FORBIDDEN, "Dit kan hier niet", text)
    } else if request.uri().to_string().len() > 2_000 {
        notice(&site, StatusCode::URI_TOO_LONG, "Het adres is te lang", "Begin opnieuw bij de zeef.")
    } else {
        tokio::time::timeout(ANSWER, next.run(request)).await.unwrap_or_else(|_| {
            notice(&site, StatusCode::SERVICE_UNAVAILABLE, "Het duurt te lang", "Probeer het over een minuut nog eens.")
        })
    };
    bounds(response.headers_mut());
    response
}

/// The headers that keep a browser from doing more than show a page.
pub(crate) fn bounds(headers: &mut HeaderMap) {
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Who looks, if they may.
async fn admit(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let viewer = match &site.door {
        // A page elsewhere on the web may make a browser ask this machine under a name of its own choosing.
        Door::Loopback if !named_loopback(request.headers()) => {
            return notice(
                &site,
                StatusCode::MISDIRECTED_REQUEST,
                "Onbekend adres",
                "Deze pagina's zijn alleen op deze computer te zien, onder de naam localhost of 127.0.0.1.",
            );
        }
        Door::Loopback => Viewer::Everything,
        Door::Token(gate) => {
            let metadata = MetadataMap::from_headers(request.headers().clone());
            match gate.check(&metadata, action::CASE_READ, &Resource::of("desk")) {
                Ok(actor) => Viewer::Person(Arc::new(actor), bearer(request.headers())),
                Err(status) if status.code() == tonic::Code::Unauthenticated => {
                    let text = "Wij weten niet wie u bent. Log in bij uw organisatie en open deze pagina daar opnieuw.";
                    let mut response = notice(&site, StatusCode::UNAUTHORIZED, "U bent niet ingelogd", text);
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                    return response;
                }
                Err(_) => {
                    let text = "Uw rol geeft geen toegang tot deze pagina's. Vraag uw beheerder of dat klopt.";
                    return notice(&site, StatusCode::FORBIDDEN, "U mag dit niet zien", text);
                }
            }
        }
    };
    request.extensions_mut().insert(viewer);
    next.run(request).await
}

/// The token of a request, without its scheme.
fn bearer(headers: &HeaderMap) -> Arc<str> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split_once(' ').map_or(value, |(_, token)| token).trim().into()
}

/// A page elsewhere on the web may make a browser send a form here in the name of who is logged in. Browsers say where a form comes
/// from: `Sec-Fetch-Site`, and `Origin` where that is not sent.
fn from_these_pages(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(&HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => {
            let origin = text(&header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
            origin.is_some() && origin == text(&header::HOST)
        }
    }
}

/// The `Host` names this machine itself; without one (HTTP/1.0) no browser asks.
fn named_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let Ok(authority) = axum::http::uri::Authority::try_from(host.as_bytes()) else { return false };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
