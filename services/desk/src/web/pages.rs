//! The sieve, the list of cases, notices, and what every page has around it.

use askama::Template;
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use jiff::civil::Date;
use journal::terms::date_in;
use kernel::{Gemeentecode, days::amsterdam, terms::TermKind};
use proto::desk::v1 as pb;
use serde::Deserialize;
use service::{action, region::Region};

use super::{Site, Viewer};
use crate::{
    ddas,
    sieve::{Count, Standing},
    store::Wanted,
    words,
};

/// Seconds between two looks of a page that refreshes itself.
const REFRESH: u32 = 10;
/// Cases on a page of the list.
const PAGE: usize = 50;

/// What somebody chose, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choices {
    gemeente: String,
    stand: String,
    ddas: String,
    na: String,
    live: String,
}

impl Choices {
    /// Nothing chosen but whether the page refreshes.
    pub(super) fn live_only(live: &str) -> Self {
        Self { live: live.to_owned(), ..Self::default() }
    }

    fn live(&self) -> bool {
        self.live != "uit"
    }

    /// Of all that was chosen only the municipality.
    pub(super) fn only_gemeente(self) -> Self {
        Self { gemeente: self.gemeente, live: self.live, ..Self::default() }
    }

    /// The address of a page with these choices.
    fn link(&self, path: &str) -> String {
        let pairs = [("gemeente", &self.gemeente), ("stand", &self.stand), ("ddas", &self.ddas), ("na", &self.na), ("live", &self.live)];
        let chosen: Vec<_> = pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}")).collect();
        if chosen.is_empty() { path.to_owned() } else { format!("{path}?{}", chosen.join("&")) }
    }
}

/// What every page has around its content.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) active: &'static str,
    pub(super) updated: String,
    pub(super) live: bool,
    pub(super) seconds: u32,
    /// Turns refreshing on or off; none on a page that does not refresh.
    pub(super) toggle: Option<String>,
    /// The part of the address that goes along to other pages.
    pub(super) keep: String,
    /// Names from the vault stand on it.
    pub(super) names: bool,
    /// Who looks may open what people asked by their rights.
    pub(super) rights: bool,
}

impl Frame {
    /// For somebody; on a notice it may not be known for whom.
    pub(super) fn new(
        (site, viewer): (&Site, Option<&Viewer>),
        title: impl Into<String>,
        active: &'static str,
        path: &str,
        choices: &Choices,
    ) -> Self {
        let now = site.clock.now().to_zoned(amsterdam().clone());
        let live = choices.live();
        let toggled = Choices { live: if live { "uit".to_owned() } else { String::new() }, ..choices.clone() };
        let kept = Choices { live: if live { String::new() } else { "uit".to_owned() }, ..Choices::default() };
        Self {
            title: title.into(),
            active,
            updated: format!("{} om {}", words::date(now.date()), now.strftime("%H:%M:%S")),
            live,
            seconds: REFRESH,
            toggle: Some(toggled.link(path)),
            keep: kept.link(""),
            names: false,
            rights: viewer.is_some_and(|viewer| site.may(viewer, action::RIGHTS_HANDLE)),
        }
    }
}

pub(super) fn show(page: &impl Template, frame: &Frame) -> Response {
    match page.render() {
        Ok(text) => {
            let mut response = Html(text).into_response();
            if frame.live && frame.toggle.is_some() {
                response.headers_mut().insert(header::REFRESH, HeaderValue::from(REFRESH));
            }
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, "Er ging iets mis.").into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "melding.html")]
struct Notice {
    c: Frame,
    text: &'static str,
}

/// A page that says what is the matter.
pub(super) fn notice(site: &Site, code: StatusCode, title: &str, text: &'static str) -> Response {
    let mut c = Frame::new((site, None), title, "", "/", &Choices::default());
    c.toggle = None;
    let page = Notice { c, text };
    let mut response = show(&page, &page.c);
    *response.status_mut() = code;
    response
}

pub(super) async fn missing(State(site): State<Site>) -> Response {
    notice(
        &site,
        StatusCode::NOT_FOUND,
        "Deze pagina bestaat niet",
        "Misschien klopt het adres niet, of hoort de zaak bij een andere gemeente.",
    )
}

pub(super) async fn look_only(State(site): State<Site>) -> Response {
    notice(&site, StatusCode::METHOD_NOT_ALLOWED, "Dit kan hier niet", "Op deze pagina kunt u alleen kijken.")
}

pub(super) struct Choice {
    pub(super) code: String,
    pub(super) label: String,
    pub(super) selected: bool,
}

/// The form above a list: what there is to choose from.
pub(super) struct Filter {
    pub(super) action: &'static str,
    pub(super) selects: Vec<Select>,
}

pub(super) struct Select {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) choices: Vec<Choice>,
}

impl Filter {
    /// By municipality.
    pub(super) fn of(action: &'static str, gemeenten: Vec<Choice>) -> Self {
        Self { action, selects: vec![Select { name: "gemeente", label: "Gemeente", choices: gemeenten }] }
    }

    /// And by something of which there are these, by code and name.
    fn and(
        mut self,
        name: &'static str,
        label: &'static str,
        all: impl IntoIterator<Item = (&'static str, &'static str)>,
        chosen: &str,
    ) -> Self {
        let choice = |(code, label): (&str, &str)| Choice { code: code.to_owned(), label: label.to_owned(), selected: code == chosen };
        let choices = [("", "Alle")].into_iter().chain(all).map(choice).collect();
        self.selects.push(Select { name, label, choices });
        self
    }
}

/// What is wrong with an address.
pub(super) struct Wrong(pub(super) &'static str);

/// The choices that were made, and the municipalities they mean.
pub(super) fn chosen(
    site: &Site,
    viewer: &Viewer,
    asked: Result<Query<Choices>, QueryRejection>,
) -> Result<(Choices, Vec<Choice>, Vec<Gemeentecode>), Wrong> {
    let Ok(Query(mut choices)) = asked else { return Err(Wrong("Het adres kan niet worden gelezen.")) };
    if choices.live() {
        choices.live.clear();
    }
    let visible = site.gemeenten(viewer);
    let mut offered = vec![Choice { code: String::new(), label: "Alle gemeenten".to_owned(), selected: choices.gemeente.is_empty() }];
    offered.extend(visible.iter().map(|gemeente| Choice {
        code: gemeente.to_string(),
        label: site.region.name(*gemeente),
        selected: choices.gemeente == gemeente.as_str(),
    }));
    if choices.gemeente.is_empty() {
        return Ok((choices, offered, visible));
    }
    let gemeente: Gemeentecode = choices.gemeente.parse().map_err(|_| Wrong("Een gemeentecode heeft vier cijfers, bijvoorbeeld 0363."))?;
    choices.gemeente = gemeente.to_string();
    if !offered.iter().any(|choice| choice.selected) {
        offered.push(Choice { code: gemeente.to_string(), label: site.region.name(gemeente), selected: true });
    }
    Ok((choices, offered, visible.into_iter().filter(|known| *known == gemeente).collect()))
}

fn number(count: u32) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

struct Bar {
    class: &'static str,
    x: u32,
    width: u32,
}

struct SieveRow {
    number: u8,
    name: &'static str,
    entered: String,
    sieved_out: String,
    standing: String,
    failed: String,
    sieved_out_here: String,
    standing_here: String,
    failed_here: String,
    bar: Vec<Bar>,
}

/// A bar on a scale of a thousand, where `widest` is a thousand.
fn bar(count: &Count, widest: u32) -> Vec<Bar> {
    let scaled = |cases: u32| u32::try_from(u64::from(cases) * 1_000 / u64::from(widest.max(1))).unwrap_or(1_000);
    let mut x = 0;
    let mut parts = Vec::new();
    for (class, cases) in [("uit", count.sieved_out), ("staat", count.standing), ("weg", count.failed)] {
        if cases > 0 {
            // One case among thousands is still to be seen.
            let width = scaled(cases).max(2);
            parts.push(Bar { class, x, width });
            x += width;
        }
    }
    parts
}

struct Totals {
    cases: String,
    sieved_out: String,
    standing: String,
    failed: String,
    all: String,
    sieved_out_link: String,
    standing_link: String,
    failed_link: String,
}

#[derive(Template)]
#[template(path = "zeef.html")]
struct SievePage {
    c: Frame,
    filter: Filter,
    total: Totals,
    steps: Vec<SieveRow>,
}

pub(super) async fn sieve(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    asked: Result<Query<Choices>, QueryRejection>,
) -> Response {
    let (mut choices, offered, gemeenten) = match chosen(&site, &viewer, asked) {
        Ok(chosen) => chosen,
        Err(Wrong(text)) => return notice(&site, StatusCode::BAD_REQUEST, "Dit klopt niet", text),
    };
    (choices.stand, choices.ddas, choices.na) = Default::default();
    let sieve = site.store.sieve(&gemeenten);
    let widest = sieve.steps.iter().map(Count::entered).max().unwrap_or(0);
    let steps = (1_u8..).zip(&sieve.steps).map(|(step, count)| SieveRow {
        number: step,
        name: words::step(step),
        entered: number(count.entered()),
        sieved_out: number(count.sieved_out),
        standing: number(count.standing),
        failed: number(count.failed),
        sieved_out_here: number(count.sieved_out_here),
        standing_here: number(count.standing_here),
        failed_here: number(count.failed_here),
        bar: bar(count, widest),
    });
    let sum = |part: fn(&Count) -> u32| number(sieve.steps.iter().map(part).sum());
    let list = |stand: &str| Choices { stand: stand.to_owned(), na: String::new(), ..choices.clone() }.link("/zaken");
    let page = SievePage {
        c: Frame::new((&site, Some(&viewer)), "De ontruimingszeef", "zeef", "/", &choices),
        filter: Filter::of("/", offered),
        total: Totals {
            cases: number(sieve.cases),
            sieved_out: sum(|count| count.sieved_out_here),
            standing: sum(|count| count.standing_here),
            failed: sum(|count| count.failed_here),
            all: list(""),
            sieved_out_link: list("sieved-out"),
            standing_link: list("standing"),
            failed_link: list("failed"),
        },
        steps: steps.collect(),
    };
    show(&page, &page.c)
}

pub(super) fn standing_class(code: &str) -> &'static str {
    match code {
        "sieved-out" => "uit",
        "standing" => "staat",
        "failed" => "weg",
        _ => "",
    }
}

fn standing(code: &str) -> &'static str {
    Standing::from_code(code).map_or("onbekend", Standing::dutch)
}

/// How far away a last day is, and how loudly to say it.
pub(super) fn left(kind: TermKind, due: Date, today: Date) -> (String, &'static str) {
    let days = (due - today).get_days();
    match days {
        ..0 if words::is_window(kind) => ("voorbij".to_owned(), "rustig"),
        2.. if words::is_window(kind) => (format!("nog {days} dagen"), "rustig"),
        ..=-2 => (format!("{} dagen te laat", -days), "telaat"),
        -1 => ("1 dag te laat".to_owned(), "telaat"),
        0 => ("vandaag".to_owned(), "bijna"),
        1 => ("morgen".to_owned(), "bijna"),
        2..=5 => (format!("nog {days} dagen"), "bijna"),
        _ => (format!("nog {days} dagen"), "rustig"),
    }
}

struct NextTerm {
    name: &'static str,
    due: String,
    left: String,
    class: &'static str,
}

struct CaseRow {
    link: String,
    short: String,
    gemeente: String,
    opened: String,
    step: u32,
    step_name: &'static str,
    standing: &'static str,
    standing_class: &'static str,
    outcome: &'static str,
    term: Option<NextTerm>,
    help: &'static str,
    legal: String,
    ddas: &'static str,
}

/// The last twelve digits: random, and enough to tell cases apart on a page.
pub(super) fn short(case_id: &str) -> String {
    case_id.rsplit('-').next().unwrap_or(case_id).to_owned()
}

fn case_row(line: &pb::CaseLine, choices: &Choices, region: &Region, today: Date) -> CaseRow {
    let kept = Choices { live: choices.live.clone(), ..Choices::default() };
    let due = date_in(line.next_due.as_ref()).ok();
    let term = due.zip(TermKind::from_code(&line.next_term)).map(|(due, kind)| {
        let (left, class) = left(kind, due, today);
        NextTerm { name: kind.dutch(), due: words::date(due), left, class }
    });
    CaseRow {
        link: kept.link(&format!("/zaken/{}", line.case_id)),
        short: short(&line.case_id),
        gemeente: line.gemeentecode.parse().map_or_else(|_| line.gemeentecode.clone(), |code| region.name(code)),
        opened: date_in(line.opened_on.as_ref()).map(words::date).unwrap_or_default(),
        step: line.step,
        step_name: words::step(u8::try_from(line.step).unwrap_or(0)),
        standing: standing(&line.standing),
        standing_class: standing_class(&line.standing),
        outcome: words::outcome(&line.outcome),
        term,
        help: words::help(&line.help),
        legal: words::legal(&line.legal),
        ddas: words::ddas(&line.ddas),
    }
}

#[derive(Template)]
#[template(path = "zaken.html")]
struct CasesPage {
    c: Frame,
    filter: Filter,
    caption: String,
    filtered: bool,
    rows: Vec<CaseRow>,
    first: Option<String>,
    next: Option<String>,
}

pub(super) async fn cases(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    asked: Result<Query<Choices>, QueryRejection>,
) -> Response {
    let wrong = |text| notice(&site, StatusCode::BAD_REQUEST, "Dit klopt niet", text);
    let (mut choices, offered, gemeenten) = match chosen(&site, &viewer, asked) {
        Ok(chosen) => chosen,
        Err(Wrong(text)) => return wrong(text),
    };
    let asked_standings = match choices.stand.as_str() {
        "" => Standing::ALL.to_vec(),
        code => match Standing::from_code(code) {
            Some(standing) => vec![standing],
            None => return wrong("Deze stand bestaat niet. Kies er een uit de lijst."),
        },
    };
    let after = match hex::decode(&choices.na) {
        Ok(after) if after.is_empty() => None,
        Ok(after) => Some(after),
        Err(_) => return wrong("Deze pagina van de lijst bestaat niet. Begin bij de eerste pagina."),
    };
    let ddas = match choices.ddas.as_str() {
        "" => None,
        code if ddas::STATES.contains(&code) => Some(code),
        _ => return wrong("Deze keuze bestaat niet. Kies er een uit de lijst."),
    };
    let wanted = Wanted { gemeenten: &gemeenten, standings: &asked_standings, ddas };
    let (lines, next) = site.store.list(&wanted, after.as_deref(), PAGE);
    let today = kernel::days::amsterdam_date(site.clock.now());
    let filter = Filter::of("/zaken", offered)
        .and("stand", "Stand", Standing::ALL.map(|standing| (standing.code(), standing.dutch())), &choices.stand)
        .and("ddas", "DDAS", ddas::STATES.map(|code| (code, words::ddas(code))), &choices.ddas);
    let standing = asked_standings.first().filter(|_| !choices.stand.is_empty());
    let caption = format!(
        "Zaken{}{}",
        standing.map(|standing| format!(", {}", standing.dutch())).unwrap_or_default(),
        if choices.gemeente.is_empty() {
            String::new()
        } else {
            format!(", {}", choices.gemeente.parse().map_or_else(|_| choices.gemeente.clone(), |code| site.region.name(code)))
        }
    );
    let first = after.is_some().then(|| Choices { na: String::new(), ..choices.clone() }.link("/zaken"));
    let next = next.map(|place| Choices { na: hex::encode(place), ..choices.clone() }.link("/zaken"));
    let filtered = !choices.gemeente.is_empty() || !choices.stand.is_empty() || !choices.ddas.is_empty() || after.is_some();
    let rows = lines.iter().map(|line| case_row(line, &choices, &site.region, today)).collect();
    choices.na = after.map(hex::encode).unwrap_or_default();
    let page = CasesPage {
        c: Frame::new((&site, Some(&viewer)), "Zaken", "zaken", "/zaken", &choices),
        filter,
        caption,
        filtered,
        rows,
        first,
        next,
    };
    show(&page, &page.c)
}
