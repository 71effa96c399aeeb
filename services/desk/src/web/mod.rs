//! The pages: routes, who may look, and what every answer carries. Server-rendered, no scripts.

mod case;
mod pages;
mod serve;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::{Clock, Gemeentecode};
use service::{Actor, Gate, Resource, action, region::Region};
use tonic::metadata::MetadataMap;

use crate::store::Store;
use pages::notice;
pub use serve::{Peer, serve};

/// Longest time an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

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
    Person(Arc<Actor>),
}

impl Viewer {
    fn sees(&self, gemeente: Gemeentecode) -> bool {
        match self {
            Self::Everything => true,
            Self::Person(actor) => actor.sees(gemeente),
        }
    }
}

#[derive(Clone)]
struct Site {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    door: Door,
    region: Arc<Region>,
}

impl Site {
    /// The municipalities of which somebody may see cases.
    fn gemeenten(&self, viewer: &Viewer) -> Vec<Gemeentecode> {
        self.store.gemeenten().into_iter().filter(|gemeente| viewer.sees(*gemeente)).collect()
    }
}

/// The pages over these rows.
pub fn router(store: Arc<Store>, clock: Arc<dyn Clock>, door: Door, region: Region) -> Router {
    let site = Site { store, clock, door, region: Arc::new(region) };
    Router::new()
        .route("/", get(pages::sieve))
        .route("/zaken", get(pages::cases))
        .route("/zaken/{id}", get(case::case))
        .fallback(pages::missing)
        .layer(middleware::from_fn_with_state(site.clone(), admit))
        .route("/stijl.css", get(|| async { asset("text/css; charset=utf-8", include_str!("../../templates/stijl.css")) }))
        .route("/zeef.svg", get(|| async { asset("image/svg+xml", include_str!("../../templates/zeef.svg")) }))
        .layer(middleware::from_fn_with_state(site.clone(), guard))
        .with_state(site)
}

pub(crate) fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}

/// Around every answer: reading only, within bounds, with the headers that keep a browser from doing more than show it.
async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    let mut response = if !matches!(*request.method(), Method::GET | Method::HEAD) {
        notice(&site, StatusCode::METHOD_NOT_ALLOWED, "Dit kan hier niet", "Op deze pagina's kunt u alleen kijken.")
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
                Ok(actor) => Viewer::Person(Arc::new(actor)),
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

/// The `Host` names this machine itself; without one (HTTP/1.0) no browser asks.
fn named_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let Ok(authority) = axum::http::uri::Authority::try_from(host.as_bytes()) else { return false };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
