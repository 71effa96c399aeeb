//! What the public pages look like: notices and the frame.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use jiff::Timestamp;
use kernel::days::written_moment;

#[derive(Template)]
#[template(path = "publiek_bericht.html")]
struct Notice<'a> {
    title: &'a str,
    text: &'a str,
}

pub(super) fn show(code: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (code, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a public page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "Er ging iets mis.").into_response()
        }
    }
}

pub(super) fn notice(code: StatusCode, title: &str, text: &str) -> Response {
    show(code, &Notice { title, text })
}

pub(super) async fn missing() -> Response {
    notice(StatusCode::NOT_FOUND, "Deze pagina bestaat niet", "Misschien klopt het adres niet.")
}

/// A moment of RFC 3339 as people write it.
pub(super) fn minute(moment: &str) -> String {
    moment.parse::<Timestamp>().map_or_else(|_| moment.to_owned(), written_moment)
}

/// What to say when intake does not do as asked.
pub(super) fn away(status: &tonic::Status) -> Response {
    if status.code() == tonic::Code::NotFound {
        let text = "Deze link werkt niet meer. Misschien is de tijd voorbij, of is de link niet helemaal overgenomen. Vul het formulier \
                    opnieuw in. Er is niets gemeld, tenzij u al een meldbewijs hebt gekregen.";
        return notice(StatusCode::NOT_FOUND, "Deze link werkt niet", text);
    }
    tracing::warn!(code = ?status.code(), "intake did not do what the web form asked");
    let text = "Het lukt nu niet. Probeer het over een paar minuten nog eens. Twee keer op de knop drukken kan geen kwaad: een melding \
                telt maar een keer.";
    notice(StatusCode::SERVICE_UNAVAILABLE, "Het lukt nu niet", text)
}
