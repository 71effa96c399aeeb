//! The page of one case: steps, terms, regions, timeline.

use askama::Template;
use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    response::Response,
};
use jiff::{Timestamp, civil::Date};
use kernel::{CaseId, days::amsterdam};
use proto::intake::v1::PersonWishes;

use super::{
    Site, Viewer,
    pages::{Choices, Frame, left, missing, short, show, standing_class},
};
use crate::{
    chain::{Kept, Step, fold},
    ddas::{self, Gap},
    grpc::{rolled, term_state},
    merged::{Merged, merged},
    timeline::{Told, timeline},
    wishes::wishes,
    words,
};

struct StepRow {
    number: u8,
    name: &'static str,
    state: String,
    class: &'static str,
    current: bool,
}

struct TermRow {
    name: &'static str,
    article: &'static str,
    starts: String,
    due: String,
    left: String,
    class: &'static str,
    state: &'static str,
    rolled: String,
    owner: String,
}

fn term_row(kept: &Kept, today: Date) -> TermRow {
    let term = &kept.state.term;
    let (left, class) = if kept.matters() { left(term.kind, term.due, today) } else { (String::new(), "rustig") };
    TermRow {
        name: term.kind.dutch(),
        article: term.kind.article(),
        starts: words::date(term.starts_on),
        due: words::date(term.due),
        left,
        class,
        state: words::term_state(term.kind, term_state(&kept.state.status)),
        rolled: rolled(&term.rolled),
        owner: words::owner(&term.owner).to_owned(),
    }
}

struct PersonRow {
    short: String,
    consents: Vec<String>,
    restrictions: Vec<String>,
    refused: Vec<String>,
}

fn person_row(one: &PersonWishes) -> PersonRow {
    let at = |text: &str| text.parse().map_or_else(|_| text.to_owned(), minute);
    let said = one.consents.iter().filter(|line| line.holds).map(|line| {
        let (purpose, word) = (words::consent_purpose(&line.purpose), words::consent_word(&line.word));
        format!("{purpose}: {word} op {} ({})", at(&line.happened_at), words::consent_means(&line.means))
    });
    let restricted = one.restrictions.iter().map(|line| {
        let until = if line.until.is_empty() { String::new() } else { format!(" tot {}", at(&line.until)) };
        format!("{}, vanaf {}{until}", words::restriction(&line.kind, &line.channels), at(&line.since))
    });
    PersonRow {
        short: words::person(&one.person_id).to_owned(),
        consents: said.collect(),
        restrictions: restricted.collect(),
        refused: one.refused_at.iter().map(|text| at(text)).collect(),
    }
}

struct GapRow {
    field: &'static str,
    text: String,
    signal: Option<String>,
}

fn gap_row(gap: &Gap) -> GapRow {
    GapRow { field: gap.field, text: gap.text.clone(), signal: gap.signal.map(|id| short(&id.to_string())) }
}

struct MomentRow {
    happened: String,
    recorded: Option<String>,
    context: &'static str,
    text: String,
    step: u32,
}

pub(super) fn minute(at: Timestamp) -> String {
    let at = at.to_zoned(amsterdam().clone());
    format!("{} {}", words::date(at.date()), at.strftime("%H:%M"))
}

fn moment_row(told: &Told) -> MomentRow {
    let (happened, recorded) = (minute(told.happened_at), minute(told.recorded_at));
    MomentRow {
        recorded: (happened != recorded).then_some(recorded),
        happened,
        context: words::context(told.context),
        text: told.text.clone(),
        step: told.step,
    }
}

struct MergedRow {
    /// The other case; none when it is another municipality's.
    link: Option<String>,
    short: String,
    leading: bool,
    since: String,
    until: Option<String>,
    assigned: usize,
    /// Letters that are still to be put right.
    letters: usize,
    /// What was done in between, whose it is, and the letters.
    work: String,
}

fn merged_row(site: &Site, viewer: &Viewer, (case, keep): (CaseId, &str), pair: &Merged) -> MergedRow {
    let (leading, led) = if pair.leading { (case, pair.other) } else { (pair.other, case) };
    let seen = fold(&site.store.entries(pair.other)).is_some_and(|chain| viewer.sees(chain.gemeente));
    MergedRow {
        link: seen.then(|| format!("/zaken/{}{keep}", pair.other)),
        short: short(&pair.other.to_string()),
        leading: pair.leading,
        since: minute(pair.since),
        until: pair.until.map(minute),
        assigned: pair.assigned.len(),
        letters: pair.letters().count(),
        work: format!("/samen/{leading}/{led}{keep}"),
    }
}

#[derive(Template)]
#[template(path = "zaak.html")]
struct CasePage {
    c: Frame,
    short: String,
    case_id: String,
    gemeente: String,
    opened: String,
    standing: &'static str,
    standing_class: &'static str,
    outcome: &'static str,
    left_at: Option<u8>,
    phase: u8,
    phase_name: &'static str,
    open: Vec<TermRow>,
    past: Vec<TermRow>,
    steps: Vec<StepRow>,
    help: &'static str,
    legal: String,
    payment: &'static str,
    aftercare: &'static str,
    ddas: &'static str,
    gaps: Vec<GapRow>,
    persons: Vec<PersonRow>,
    merged: Vec<MergedRow>,
    timeline: Vec<MomentRow>,
}

pub(super) async fn case(
    State(site): State<Site>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Ok(case) = id.parse::<CaseId>() else { return missing(State(site)).await };
    let entries = site.store.entries(case);
    // A case of another municipality does not exist, for those who may not see it.
    let Some(chain) = fold(&entries).filter(|chain| viewer.sees(chain.gemeente)) else { return missing(State(site)).await };
    let today = kernel::days::amsterdam_date(site.clock.now());
    let live = if query.is_some_and(|query| query.split('&').any(|pair| pair == "live=uit")) { "uit" } else { "" };
    let choices = Choices::live_only(live);
    let phase = chain.phase();
    let steps = (1_u8..).zip(&chain.steps).map(|(number, step)| {
        let (class, state) = match step {
            Step::Entered(day) => ("bereikt", words::date(*day)),
            Step::Unknown => ("onbekend", "niet bekend".to_owned()),
            Step::PassedOver => ("onbekend", "niet vastgelegd".to_owned()),
            Step::NotReached => ("nog-niet", "niet bereikt".to_owned()),
        };
        StepRow { number, name: words::step(number), state, class, current: number == phase }
    });
    let (open, past): (Vec<_>, Vec<_>) = chain.terms.iter().partition(|kept| kept.matters());
    let mut moments = timeline(&entries);
    moments.reverse();
    let c = Frame::new((&site, Some(&viewer)), format!("Zaak {}", short(&case.to_string())), "zaken", &format!("/zaken/{case}"), &choices);
    let page = CasePage {
        persons: wishes(&entries).iter().map(person_row).collect(),
        merged: merged(&entries).iter().map(|pair| merged_row(&site, &viewer, (case, &c.keep), pair)).collect(),
        c,
        short: short(&case.to_string()),
        case_id: case.to_string(),
        gemeente: site.region.name(chain.gemeente),
        opened: words::date(kernel::days::amsterdam_date(chain.opened_at)),
        standing: chain.standing.dutch(),
        standing_class: standing_class(chain.standing.code()),
        outcome: words::outcome(&chain.outcome),
        left_at: chain.left_at(),
        phase,
        phase_name: words::step(phase),
        open: open.into_iter().map(|kept| term_row(kept, today)).collect(),
        past: past.into_iter().map(|kept| term_row(kept, today)).collect(),
        steps: steps.collect(),
        help: words::help(chain.help),
        legal: words::legal(&chain.legal),
        payment: words::payment(chain.payment),
        aftercare: words::aftercare(chain.aftercare),
        ddas: words::ddas(ddas::state(chain.ddas.as_ref())),
        gaps: chain.ddas.iter().flat_map(|reading| &reading.gaps).map(gap_row).collect(),
        timeline: moments.iter().map(moment_row).collect(),
    };
    show(&page, &page.c)
}
