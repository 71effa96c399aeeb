//! Owns what is printed: everything on stdout goes through one writer.

use std::{
    io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write},
    time::Duration,
};

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Failure;

/// Stdout.
pub struct Out {
    writer: BufWriter<Stdout>,
    json: bool,
}

impl Out {
    pub fn new(json: bool) -> Self {
        Self { writer: BufWriter::new(io::stdout()), json }
    }

    /// A person reads along.
    pub fn is_terminal() -> bool {
        io::stderr().is_terminal()
    }

    /// JSON was asked for.
    pub const fn json(&self) -> bool {
        self.json
    }

    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        settle(writeln!(self.writer, "{}", text.as_ref()))
    }

    /// The answer as one JSON document.
    pub fn document(&mut self, answer: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(answer).map_err(|error| Failure::because(&error))?;
        self.line(text)
    }

    /// A table, or a sentence when there is nothing to show.
    pub fn table<R: IntoIterator<Item = String>>(
        &mut self,
        headings: &[&str],
        rows: impl IntoIterator<Item = R>,
        nothing: &str,
    ) -> Result<(), Failure> {
        let table = table(headings, rows);
        if table.is_empty() { self.line(nothing) } else { self.line(table.to_string()) }
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        settle(self.writer.flush())
    }
}

/// Shows a person that long work goes on, and how far; nothing when nobody reads along. Gone when it is dropped.
pub struct Working(ProgressBar);

impl Working {
    /// Through so many things, if it is known how many.
    pub fn through(total: Option<u64>, things: &str) -> Self {
        match total {
            Some(total) => {
                Self::shown(ProgressBar::new(total), &format!("{{bar:30}} {{pos}} van {{len}} {things}, {{per_sec}}, nog {{eta}}"))
            }
            None => Self::shown(ProgressBar::new_spinner(), &format!("{{spinner}} {{pos}} {things}, {{per_sec}}, {{elapsed}}")),
        }
    }

    /// On something that is done elsewhere.
    pub fn on(what: &str) -> Self {
        Self::shown(ProgressBar::new_spinner(), &format!("{{spinner}} {what}, {{elapsed}}"))
    }

    fn shown(bar: ProgressBar, template: &str) -> Self {
        if !Out::is_terminal() {
            return Self(ProgressBar::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// One thing is done.
    pub fn one_more(&self) {
        self.0.inc(1);
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A line below the headings, and nothing else.
const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// A plain table: fits the terminal, pastes into a mail.
pub fn table<R: IntoIterator<Item = String>>(headings: &[&str], rows: impl IntoIterator<Item = R>) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    table
}

/// On stderr: what is no answer, so that stdout can be piped.
pub fn note(text: impl AsRef<str>) -> Result<(), Failure> {
    settle(writeln!(io::stderr().lock(), "{}", text.as_ref()))
}

/// A reader that left early (`| head`) is not an error.
fn settle(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::from),
    }
}
