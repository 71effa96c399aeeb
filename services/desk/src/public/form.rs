//! The landlord's form (*melding van een huurachterstand*): filled in, looked at by intake, confirmed by mail, answered with a receipt.

use askama::Template;
use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
};
use futures::TryFutureExt as _;
use proto::{common::v1 as common, intake::v1 as pb};
use serde::{
    Deserialize,
    de::value::{Error, MapDeserializer},
};

use super::{
    ANSWER, Shared, Site,
    mail::Mail,
    pages::{away, minute, notice, show},
    reading,
};

/// A file that intake keeps for this form (*bewijsstuk*).
#[derive(Clone)]
pub(super) struct File {
    /// The place of the duty that it shows.
    pub duty: usize,
    /// The secret of it.
    pub token: String,
    /// Bytes.
    pub size: u64,
    /// As its sender calls it.
    pub name: String,
}

impl File {
    /// From the field that remembers it. What is said there of name and size is shown only to who sent it: intake knows better.
    pub(super) fn read(duty: usize, text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '|');
        let (token, size, name) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?.to_owned());
        Some(Self { duty, token, size, name })
    }

    /// For the field that remembers it.
    fn text(&self) -> String {
        format!("{}|{}|{}", self.token, self.size, self.name)
    }

    /// As people write it.
    fn large(&self) -> String {
        match self.size / 1024 {
            0 => "minder dan 1 kB".to_owned(),
            kilobytes @ 1..1024 => format!("{kilobytes} kB"),
            kilobytes => format!("{},{} MB", kilobytes / 1024, kilobytes % 1024 * 10 / 1024),
        }
    }
}

/// What was filled in, as it stands in the fields.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filled {
    naam: String,
    email: String,
    woningen: String,
    voorletters: String,
    tussenvoegsel: String,
    achternaam: String,
    straat: String,
    huisnummer: String,
    toevoeging: String,
    postcode: String,
    plaats: String,
    bedrag: String,
    sinds: String,
    contract: String,
    a: String,
    a_op: String,
    b: String,
    b_op: String,
    c: String,
    c_op: String,
    d: String,
    d_op: String,
    antwoord: String,
    #[serde(skip)]
    files: Vec<File>,
}

/// What is wrong, by the name of the field.
pub(super) struct Wrong {
    pub field: &'static str,
    pub text: String,
}

struct Duty {
    name: &'static str,
    question: &'static str,
    hint: &'static str,
    chosen: String,
    on: String,
    /// The field that files are added in.
    field: &'static str,
    evidence: &'static str,
    files: Vec<File>,
}

#[derive(Template)]
#[template(path = "publiek_melden.html")]
struct Page {
    title: &'static str,
    f: Filled,
    duties: [Duty; 4],
    wrong: Vec<Wrong>,
}

impl Page {
    fn new(f: Filled, wrong: Vec<Wrong>) -> Self {
        let duty = |name, question, hint, chosen: &str, on: &str| Duty {
            name,
            question,
            hint,
            chosen: chosen.to_owned(),
            on: on.to_owned(),
            field: "",
            evidence: "",
            files: Vec::new(),
        };
        let mut duties = [
            duty(
                "a",
                "Hebt u geprobeerd persoonlijk contact te krijgen met de huurder?",
                "Bijvoorbeeld door te bellen of langs te gaan.",
                &f.a,
                &f.a_op,
            ),
            duty("b", "Hebt u de huurder verteld waar hulp bij schulden te krijgen is?", "Bijvoorbeeld bij de gemeente.", &f.b, &f.b_op),
            duty("c", "Hebt u minstens een keer een schriftelijke herinnering gestuurd?", "Een brief, e-mail of bericht.", &f.c, &f.c_op),
            duty(
                "d",
                "Hebt u de huurder aangeboden om de contactgegevens aan de gemeente door te geven?",
                "De gemeente kan dan hulp aanbieden.",
                &f.d,
                &f.d_op,
            ),
        ];
        let evidence = [
            "Dat u persoonlijk contact zocht, bijvoorbeeld een gespreksverslag of berichten",
            "Dat u vertelde waar hulp te krijgen is",
            "Uw schriftelijke herinnering",
            "Uw aanbod om de gegevens door te geven, en het antwoord als dat er is",
        ];
        for (place, ((duty, evidence), (field, _))) in duties.iter_mut().zip(evidence).zip(reading::FIELDS).enumerate() {
            (duty.field, duty.evidence) = (field, evidence);
            duty.files = f.files.iter().filter(|file| file.duty == place).cloned().collect();
        }
        let title = if wrong.is_empty() { "Meld een huurachterstand" } else { "Fout: meld een huurachterstand" };
        Self { title, f, duties, wrong }
    }

    fn of(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|wrong| wrong.field == field).map(|wrong| wrong.text.as_str())
    }
}

pub(super) async fn empty() -> Response {
    show(StatusCode::OK, &Page::new(Filled::default(), Vec::new()))
}

/// A day as people write it here (dd-mm-jjjj) or as a browser sends it; what is neither goes on as it is, and is refused there.
fn day(text: &str) -> Option<common::Date> {
    let text = text.trim();
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let iso = match parts.as_slice() {
        [day, month, year] if year.len() == 4 && day.len() <= 2 && month.len() <= 2 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => text.to_owned(),
    };
    (!iso.is_empty()).then_some(common::Date { iso })
}

/// Euros as people write them: `1.250`, `1250,50`, `1250.50`. `None` when it is no amount.
fn cents(text: &str) -> Option<i64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{20ac}').collect();
    let (euros, rest) = match text.rsplit_once([',', '.']) {
        Some((euros, rest)) if rest.len() <= 2 => (euros.to_owned(), rest.to_owned()),
        _ => (text, String::new()),
    };
    let euros: String = euros.chars().filter(|c| *c != '.').collect();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (!euros.is_empty() && digits(&euros) && digits(&rest)).then_some(())?;
    let rest = format!("{rest:0<2}").parse::<i64>().ok()?;
    euros.parse::<i64>().ok()?.checked_mul(100)?.checked_add(rest)
}

fn duty(chosen: &str, on: &str) -> Option<pb::Duty> {
    let shown = match chosen {
        "ja" => pb::Shown::Met,
        "geen-bewijs" => pb::Shown::EvidenceMissing,
        "nee" => pb::Shown::NotMet,
        "onbekend" => pb::Shown::Unknown,
        _ => return None,
    };
    Some(pb::Duty { shown: shown.into(), on: day(on) })
}

impl Filled {
    /// What this page sees itself: the rest intake says.
    fn faults(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut need = |field, right: bool, text: &str| {
            if !right {
                wrong.push(Wrong { field, text: text.to_owned() });
            }
        };
        need("naam", !self.naam.trim().is_empty() && self.naam.chars().count() <= 200, "Vul uw naam in");
        need("email", Mail::address(&self.email).is_some(), "Vul een e-mailadres in, bijvoorbeeld naam@voorbeeld.nl");
        need("woningen", matches!(self.woningen.as_str(), "1-2" | "meer"), "Kies hoeveel woningen u verhuurt");
        need("achternaam", !self.achternaam.trim().is_empty(), "Vul de achternaam van de huurder in");
        need("bedrag", cents(&self.bedrag).is_some(), "Vul een bedrag in euro's in, bijvoorbeeld 1250,00");
        for (field, chosen) in [("a", &self.a), ("b", &self.b), ("c", &self.c), ("d", &self.d)] {
            need(field, duty(chosen, "").is_some(), "Kies een antwoord");
        }
        need("antwoord", matches!(self.antwoord.as_str(), "ja" | "geen" | "nee"), "Kies wat de huurder antwoordde");
        wrong
    }

    /// The files that intake keeps, each with what it shows.
    fn named(&self) -> Vec<pb::FormFile> {
        let letter = |file: &File| ["a", "b", "c", "d"].get(file.duty).copied().unwrap_or_default().to_owned();
        self.files.iter().map(|file| pb::FormFile { duty: letter(file), token: file.token.clone() }).collect()
    }

    fn signal(&self) -> pb::Signal {
        let answer = match self.antwoord.as_str() {
            "ja" => pb::TenantAnswer::Consent,
            "nee" => pb::TenantAnswer::Refusal,
            _ => pb::TenantAnswer::Silence,
        };
        let text = |text: &str| text.trim().to_owned();
        pb::Signal {
            amount_cents: cents(&self.bedrag).unwrap_or_default(),
            arrears_since: day(&self.sinds),
            contract: self.contract.clone(),
            address: Some(pb::Address {
                street: text(&self.straat),
                house_number: text(&self.huisnummer),
                addition: text(&self.toevoeging),
                postcode: text(&self.postcode),
                place: text(&self.plaats),
            }),
            person: Some(pb::Person {
                initials: text(&self.voorletters),
                infix: text(&self.tussenvoegsel),
                surname: text(&self.achternaam),
                ..Default::default()
            }),
            personal_contact: duty(&self.a, &self.a_op),
            pointed_to_help: duty(&self.b, &self.b_op),
            written_reminder: duty(&self.c, &self.c_op),
            offered_to_report: duty(&self.d, &self.d_op),
            tenant_answer: answer.into(),
            ..Default::default()
        }
    }
}

/// The field of the form that a fault of intake is about.
fn field(path: &str) -> &'static str {
    match path {
        "files.a" => "a_bestand",
        "files.b" => "b_bestand",
        "files.c" => "c_bestand",
        "files.d" => "d_bestand",
        "homes" => "woningen",
        "amount_cents" => "bedrag",
        "arrears_since" => "sinds",
        "contract" => "contract",
        "address" | "address.postcode" | "gemeentecode" => "postcode",
        "address.house_number" => "huisnummer",
        "address.addition" => "toevoeging",
        "address.street" => "straat",
        "address.place" => "plaats",
        "person.initials" => "voorletters",
        "person.infix" => "tussenvoegsel",
        "personal_contact" => "a",
        "pointed_to_help" => "b",
        "written_reminder" => "c",
        "offered_to_report" => "d",
        "tenant_answer" => "antwoord",
        _ => "achternaam",
    }
}

pub(super) async fn send(State(site): Shared, request: Request) -> Response {
    let who = site.limits.who(&request);
    let read = reading::form(&site, who, request).await;
    let fields = MapDeserializer::<_, Error>::new(read.fields.into_iter());
    let filled = Filled { files: read.files, ..Filled::deserialize(fields).unwrap_or_default() };
    let page = Page::new(filled.clone(), vec![later()]);
    let answer = tokio::time::timeout(ANSWER, decide(&site, filled, read.wrong)).await;
    answer.unwrap_or_else(|_| show(StatusCode::SERVICE_UNAVAILABLE, &page))
}

/// What becomes of a form that was read.
async fn decide(site: &Site, filled: Filled, mut wrong: Vec<Wrong>) -> Response {
    let again = |code, wrong| show(code, &Page::new(filled.clone(), wrong));
    wrong.extend(filled.faults());
    let request = pb::KeepFormRequest {
        signal: Some(filled.signal()),
        landlord_name: filled.naam.trim().to_owned(),
        landlord_email: filled.email.trim().to_owned(),
        more_than_two_homes: filled.woningen == "meer",
        files: filled.named(),
    };
    let to = match Mail::address(&filled.email).filter(|_| wrong.is_empty()) {
        Some(to) if wrong.is_empty() => to,
        _ => return again(StatusCode::UNPROCESSABLE_ENTITY, wrong),
    };
    if !site.limits.may_mail(&filled.email) {
        let text = "U hebt het formulier vaak achter elkaar verstuurd met dit e-mailadres. Kijk eerst in uw mail, ook bij de ongewenste mail. \
                    Over een uur kunt u het opnieuw versturen";
        return again(StatusCode::TOO_MANY_REQUESTS, vec![Wrong { field: "email", text: text.to_owned() }]);
    }
    let kept = site.forms().and_then(|mut forms| async move { forms.keep_form(request).await }).await;
    let kept = match kept.map(tonic::Response::into_inner) {
        Ok(kept) => kept,
        Err(_) => return again(StatusCode::SERVICE_UNAVAILABLE, vec![later()]),
    };
    if !kept.faults.is_empty() {
        wrong.extend(kept.faults.into_iter().map(|fault| Wrong { field: field(&fault.field), text: fault.text }));
        return again(StatusCode::UNPROCESSABLE_ENTITY, wrong);
    }
    if kept.blocked {
        let text = "De huurder wil niet dat u de gegevens doorgeeft. Dan mag u niet melden. Wij hebben niets bewaard. Hieronder staat een \
                    bewijs dat u op dit moment een melding hebt aangeboden.";
        return show(
            StatusCode::OK,
            &Done { title: "U kunt deze melding niet doen", text, missing: Vec::new(), document: kept.blocked_document },
        );
    }
    let (link, until) = (format!("{}/bevestigen/{}", site.url, kept.token), minute(&kept.keep_until));
    if let Err(error) = site.mail.confirm(to, &link, &until).await {
        tracing::warn!(transient = error.is_transient(), permanent = error.is_permanent(), "a mail was not taken by the mail server");
        return again(StatusCode::SERVICE_UNAVAILABLE, vec![later()]);
    }
    let text = format!(
        "Wij hebben u een e-mail gestuurd. Open de link daarin en druk op de knop. Uw melding telt pas daarna. Dit kan tot {until}. Geen mail \
         gekregen? Kijk ook bij de ongewenste mail."
    );
    notice(StatusCode::OK, "Bevestig uw melding", &text)
}

pub(super) fn later() -> Wrong {
    Wrong {
        field: "email",
        text: "Het versturen lukt nu niet. Er is niets verloren: probeer het over een paar minuten nog eens".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "publiek_bevestigen.html")]
struct Confirm {
    title: &'static str,
    sent_at: String,
    until: String,
    files: u32,
}

/// Only looks: mail scanners open links too.
pub(super) async fn look(State(site): Shared, Path(token): Path<String>) -> Response {
    let found = site.forms().and_then(|mut forms| async move { forms.look_at_form(pb::LookAtFormRequest { token }).await }).await;
    match found.map(tonic::Response::into_inner) {
        Ok(found) => {
            let (sent_at, until, files) = (minute(&found.sent_at), minute(&found.keep_until), found.files);
            let page = Confirm { title: "Bevestig uw melding", sent_at, until, files };
            show(StatusCode::OK, &page)
        }
        Err(status) => away(&status),
    }
}

#[derive(Template)]
#[template(path = "publiek_klaar.html")]
struct Done {
    title: &'static str,
    text: &'static str,
    missing: Vec<String>,
    document: String,
}

pub(super) async fn confirm(State(site): Shared, Path(token): Path<String>) -> Response {
    use pb::verdict::Outcome as O;
    let answer = site.forms().and_then(|mut forms| async move { forms.confirm_form(pb::ConfirmFormRequest { token }).await }).await;
    let outcome = match answer {
        Ok(answer) => answer.into_inner().verdict.and_then(|verdict| verdict.outcome),
        Err(status) => return away(&status),
    };
    let page = match outcome {
        Some(O::Accepted(receipt) | O::Repeated(receipt)) => Done {
            title: "Uw melding is ontvangen",
            text: "De gemeente biedt de huurder nu hulp aan. Bewaar dit meldbewijs. De rechter kan erom vragen als u naar de rechter gaat.",
            missing: Vec::new(),
            document: receipt.document,
        },
        Some(O::Returned(returned)) => Done {
            title: "Uw melding kan nog niet",
            text: "U moet eerst nog iets doen. Vul het formulier daarna opnieuw in.",
            missing: returned.faults.into_iter().map(|fault| fault.text).collect(),
            document: String::new(),
        },
        Some(O::Blocked(blocked)) => Done {
            title: "U kunt deze melding niet doen",
            text: "De huurder wil niet dat u de gegevens doorgeeft. Wij hebben niets bewaard.",
            missing: Vec::new(),
            document: blocked.document,
        },
        Some(O::Refused(_)) | None => return away(&tonic::Status::unavailable("refused")),
    };
    show(StatusCode::OK, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_days_are_read_as_people_write_them() {
        for (text, right) in [
            ("1250", Some(125_000)),
            ("1.250", Some(125_000)),
            ("1.250,5", Some(125_050)),
            ("1250.50", Some(125_050)),
            ("\u{20ac} 840,00", Some(84_000)),
            ("veel", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(cents(text), right, "{text}");
        }
        for (text, iso) in
            [("3-2-2026", "2026-02-03"), ("03/02/2026", "2026-02-03"), ("2026-02-03", "2026-02-03"), ("gisteren", "gisteren")]
        {
            assert_eq!(day(text).unwrap().iso, iso);
        }
        assert_eq!(day(" "), None);
    }
}
