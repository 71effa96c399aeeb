//! `zeef terms`: each statutory term with its article and start; for a date, its end and why it moved.

use jiff::civil::Date;
use kernel::{
    days::known_through,
    terms::{TermKind, statutory},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Failure,
    out::Out,
    parse,
    words::{dutch_day, weekday},
};

/// Statutory terms.
#[derive(clap::Args)]
pub struct Terms {
    /// One term, by its code.
    code: Option<String>,
    /// The day of the event that starts the term: shows its end. 31-12-2026 or 2026-12-31.
    #[arg(long, value_name = "DATE", value_parser = parse::date)]
    date: Option<Date>,
    /// Answer in JSON, by docs/schemas/terms.json.
    #[arg(long)]
    json: bool,
}

/// `zeef terms --json`.
#[derive(Serialize, JsonSchema)]
pub struct TermsAnswer {
    /// The last year for which the days of a royal decree (Atw art. 3 lid 3) are known; ends after it may still move.
    decree_days_known_through: i16,
    /// The terms, in the order of the chain.
    terms: Vec<TermRow>,
}

#[derive(Serialize, JsonSchema)]
struct TermRow {
    /// Stable code.
    code: String,
    /// Dutch name.
    name: String,
    /// Article, covenant or practice.
    article: String,
    /// The event that starts it, Dutch.
    starts_with: String,
    /// "wet", "convenant" or "praktijk".
    basis: String,
    /// Only with a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<TermEnd>,
}

#[derive(Serialize, JsonSchema)]
struct TermEnd {
    /// The last day, ISO 8601; for `rv-cause-list-8d` the first day allowed.
    due: String,
    /// Days that were passed over.
    rolled: Vec<RolledDay>,
    /// The end lies beyond the years whose decree days are known.
    may_still_move: bool,
}

#[derive(Serialize, JsonSchema)]
struct RolledDay {
    /// ISO 8601.
    day: String,
    /// Dutch.
    why: String,
}

impl Terms {
    pub fn run(self) -> Result<(), Failure> {
        let mut out = Out::new(self.json);
        let rows: Vec<&statutory::Statutory> =
            statutory::catalogue().iter().filter(|row| self.code.as_deref().is_none_or(|code| code == row.code)).collect();
        if let (Some(code), true) = (&self.code, rows.is_empty()) {
            return Err(Failure::usage(format!("no term {code}: `zeef terms` lists them")));
        }
        if out.json() {
            out.document(&TermsAnswer {
                decree_days_known_through: known_through(),
                terms: rows.iter().map(|row| term_row(row, self.date)).collect(),
            })?;
            return out.flush();
        }
        match self.date {
            None => out.table(&["Code", "Termijn", "Artikel", "Begint bij", "Grond"], rows.iter().map(|row| plain(row)), "")?,
            Some(date) => {
                out.line(format!("Begin: {} {}", weekday(date), dutch_day(date)))?;
                out.table(
                    &["Code", "Termijn", "Artikel", "Begint bij", "Grond", "Laatste dag", "Doorgeschoven omdat"],
                    rows.iter().map(|row| plain(row).into_iter().chain(end(row, date)).collect::<Vec<_>>()),
                    "",
                )?;
            }
        }
        out.line(format!(
            "Gelijkgestelde dagen (art. 3 lid 3 Atw) zijn bekend tot en met {}; een einde daarna kan nog schuiven.",
            known_through()
        ))?;
        out.flush()
    }
}

fn plain(row: &statutory::Statutory) -> Vec<String> {
    [row.code, row.dutch, row.article, row.starts_with, row.kind.dutch()].map(str::to_owned).to_vec()
}

fn end(row: &statutory::Statutory, date: Date) -> [String; 2] {
    let computed = (row.compute)(date);
    // The cause-list term has no last day: it is the first day on which the case may be called.
    let from = if computed.kind == TermKind::CauseList { "vanaf " } else { "" };
    let star = if computed.may_still_move() { " *" } else { "" };
    let why = computed.rolled.iter().map(|roll| format!("{} {}", dutch_day(roll.day), roll.why.dutch())).collect::<Vec<_>>();
    let why = if why.is_empty() { "-".to_owned() } else { why.join(", ") };
    [format!("{from}{} {}{star}", weekday(computed.due), dutch_day(computed.due)), why]
}

fn term_row(row: &statutory::Statutory, date: Option<Date>) -> TermRow {
    let end = date.map(|date| {
        let computed = (row.compute)(date);
        TermEnd {
            due: computed.due.to_string(),
            may_still_move: computed.may_still_move(),
            rolled: computed.rolled.iter().map(|roll| RolledDay { day: roll.day.to_string(), why: roll.why.dutch().to_owned() }).collect(),
        }
    });
    TermRow {
        code: row.code.to_owned(),
        name: row.dutch.to_owned(),
        article: row.article.to_owned(),
        starts_with: row.starts_with.to_owned(),
        basis: row.kind.dutch().to_owned(),
        end,
    }
}
