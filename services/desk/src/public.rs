//! The public pages: a landlord without an account reports, and anybody checks a receipt. No login, no scripts, no view of any case;
//! all they know of intake is its form service.

mod form;
mod limit;
mod mail;
mod pages;
pub mod parts;
mod reading;
mod receipt;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use jiff::SignedDuration;
use proto::intake::v1::form_service_client::FormServiceClient;
use service::{Actor, Client, Issuer, Role, connect};
use tonic::Status;

use crate::{StartError, web};

/// Longest time an answer may take: a mail server may be slow.
const ANSWER: Duration = Duration::from_secs(30);
/// Longest time for a form with files, from its first byte to the last of its answer: a telephone may be slow.
const UPLOAD: Duration = Duration::from_secs(600);
/// Largest of the other forms, in bytes.
const LARGEST: usize = 64 * 1024;

/// Where the token comes from that intake lets the form in with.
pub enum Credentials {
    /// Made here, with the key of this machine.
    Key(Issuer),
    /// In a file, read for each request: whoever gives it renews it. Its role is `web-form`.
    File(PathBuf),
}

/// How the public pages are shown.
pub struct Options {
    /// Where.
    pub listen: SocketAddr,
    /// As people reach it, for the links in mails: `https://melden.example.nl`.
    pub url: String,
    /// The mail server: `smtp://` or `smtps://`, with user and password, `?tls=required` where it is.
    pub smtp: String,
    /// Who the mails are from.
    pub from: String,
    /// A proxy stands before it and says in `X-Forwarded-For` who asks.
    pub behind_proxy: bool,
    /// Where intake is.
    pub intake: String,
    /// How intake lets it in.
    pub credentials: Credentials,
}

struct Site {
    url: String,
    intake: String,
    credentials: Credentials,
    mail: mail::Mail,
    limits: limit::Limits,
}

type Shared = State<Arc<Site>>;

impl Site {
    async fn forms(&self) -> Result<FormServiceClient<Client>, Status> {
        let away = |error: &dyn std::error::Error| {
            tracing::warn!(%error, "the web form does not reach intake");
            Status::unavailable("intake")
        };
        let token = match &self.credentials {
            Credentials::Key(issuer) => {
                issuer.token(&Actor::person("web-form", "zeef", &[Role::WebForm], &[]), SignedDuration::from_mins(5))?
            }
            Credentials::File(file) => tokio::fs::read_to_string(file).await.map_err(|error| away(&error))?.trim().to_owned(),
        };
        Ok(FormServiceClient::new(connect(&self.intake, Some(&token)).await.map_err(|error| away(&error))?))
    }
}

/// The pages.
///
/// # Errors
/// [`StartError::Public`] when mail cannot be sent with these settings.
pub fn router(options: Options) -> Result<Router, StartError> {
    let mail = mail::Mail::new(&options.smtp, &options.from).map_err(StartError::Public)?;
    let site = Arc::new(Site {
        url: options.url.trim_end_matches('/').to_owned(),
        intake: options.intake,
        credentials: options.credentials,
        mail,
        limits: limit::Limits::new(options.behind_proxy),
    });
    let limited = middleware::from_fn_with_state(site.clone(), limit::per_address);
    Ok(Router::new()
        // A form with files has its bounds where it is read.
        .route("/", get(form::empty).post(form::send))
        .route("/bevestigen/{token}", get(form::look).post(form::confirm))
        .route("/meldbewijs", get(receipt::ask).post(receipt::check))
        .route("/meldbewijs/bestand", post(receipt::download))
        .route("/meldbewijs/pdf", post(receipt::paper))
        .route("/meldbewijs/{id}/{code}", get(receipt::of_paper))
        .fallback(pages::missing)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(limited)
        .route("/stijl.css", get(|| async { web::asset("text/css; charset=utf-8", include_str!("../templates/stijl.css")) }))
        .layer(middleware::from_fn(guard))
        .with_state(site))
}

/// Around every answer: within bounds, with the headers that keep a browser from doing more than show it.
async fn guard(request: Request, next: Next) -> Response {
    let bound = if request.method() == Method::POST && request.uri().path() == "/" { UPLOAD } else { ANSWER };
    let answer = tokio::time::timeout(bound, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| {
        let text = "Het duurt te lang. Probeer het over een minuut nog eens.";
        pages::notice(StatusCode::SERVICE_UNAVAILABLE, "Het duurt te lang", text)
    });
    web::bounds(response.headers_mut());
    response
}
