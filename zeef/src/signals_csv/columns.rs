//! Owns the first line: which column is where, and how lines are split.

use std::collections::HashMap;

use super::Fault;

/// The columns of a file of reports. Those marked `true` must be there; the others may be left out.
pub const COLUMNS: &[(&str, bool)] = &[
    ("referentie", true),
    ("soort", true),
    ("gemeentecode", true),
    ("bedrag", true),
    ("achterstand_sinds", true),
    ("signaaldatum", true),
    ("straat", true),
    ("huisnummer", true),
    ("toevoeging", false),
    ("postcode", true),
    ("plaats", true),
    ("voorletters", false),
    ("tussenvoegsel", false),
    ("achternaam", true),
    ("telefoon", false),
    ("email", false),
    ("persoonlijk_contact", false),
    ("op_hulp_gewezen", false),
    ("herinnering", false),
    ("aanbod_doorgeven", false),
    ("melder", false),
];

/// Why the first line is no header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Nothing there.
    #[error("the file is empty; its first line should name the columns: {}", required())]
    Empty,
    /// Not text.
    #[error("the first line is not UTF-8: save the file as `CSV UTF-8`, or give --encoding windows-1252")]
    Encoding,
    /// Not a header.
    #[error("the first line is longer than {} bytes: it should name the columns", super::LINE_LIMIT)]
    TooLong,
    /// One column only.
    #[error("the first line has neither ; nor , between names of columns; it should name: {}", required())]
    NoSeparator,
    /// Columns are not there.
    #[error("missing column {missing}; found: {found}")]
    Missing {
        /// Those missing.
        missing: String,
        /// Those that are there.
        found: String,
    },
    /// Two columns of one name.
    #[error("column {0} is there twice")]
    Twice(String),
    /// Landlords and utilities may not use the citizen service number (Wabb art. 10 and 11).
    #[error("column {0} is not allowed: a report holds contact data and the amount only (Bgs art. 2), never a BSN; take it out")]
    Bsn(String),
}

fn required() -> String {
    COLUMNS.iter().filter(|(_, must)| *must).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Where each column is.
pub struct Columns {
    separator: u8,
    names: Vec<String>,
    at: HashMap<&'static str, usize>,
    ignored: Vec<String>,
}

/// The fields of one line, by column.
pub struct Fields<'a> {
    columns: &'a Columns,
    record: csv::StringRecord,
}

impl Fields<'_> {
    /// The text of a column; empty when the file has no such column.
    pub fn get(&self, column: &str) -> &str {
        self.columns.at.get(column).and_then(|at| self.record.get(*at)).unwrap_or("").trim()
    }
}

impl Columns {
    /// Reads the first line.
    pub fn read(header: &str) -> Result<Self, HeaderError> {
        if header.trim().is_empty() {
            return Err(HeaderError::Empty);
        }
        let (count, separator) = [b';', b',', b'\t']
            .into_iter()
            .map(|s| (header.bytes().filter(|b| *b == s).count(), s))
            .rev()
            .max_by_key(|(n, _)| *n)
            .unwrap_or((0, b';'));
        if count == 0 {
            return Err(HeaderError::NoSeparator);
        }
        let names: Vec<String> = split(header, separator)
            .map(|record| record.iter().map(|name| name.trim().to_lowercase().replace([' ', '-'], "_")).collect())
            .unwrap_or_default();
        if let Some(bsn) = names.iter().find(|name| matches!(name.as_str(), "bsn" | "burgerservicenummer" | "sofinummer")) {
            return Err(HeaderError::Bsn(bsn.clone()));
        }
        let (mut at, mut ignored) = (HashMap::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            match COLUMNS.iter().find(|(known, _)| known == name) {
                Some((known, _)) if at.insert(*known, index).is_some() => return Err(HeaderError::Twice(name.clone())),
                Some(_) => {}
                None => ignored.push(name.clone()),
            }
        }
        let missing: Vec<&str> = COLUMNS.iter().filter(|(name, must)| *must && !at.contains_key(name)).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            return Err(HeaderError::Missing { missing: missing.join(", "), found: names.join(", ") });
        }
        Ok(Self { separator, names, at, ignored })
    }

    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The fields of a line.
    pub fn split<'a>(&'a self, line: &str) -> Result<Fields<'a>, Fault> {
        if line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
            return Err(Fault::of("", "een aanhalingsteken is niet gesloten; een veld mag geen regeleinde bevatten"));
        }
        let record = split(line, self.separator).ok_or_else(|| Fault::of("", "geen leesbare CSV-regel"))?;
        if record.len() != self.names.len() {
            let text = format!("{} velden verwacht zoals in de eerste regel, {} gevonden", self.names.len(), record.len());
            return Err(Fault::of("", text));
        }
        Ok(Fields { columns: self, record })
    }

    /// The reference in a line whose other bytes cannot be read, so that the sender can find it.
    pub fn reference_of_broken(&self, line: &[u8]) -> String {
        let field = self.at.get("referentie").and_then(|at| line.split(|byte| *byte == self.separator).nth(*at)).unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_./".contains(*c);
        std::str::from_utf8(field).map(|text| text.chars().filter(plain).take(64).collect()).unwrap_or_default()
    }
}

fn split(line: &str, separator: u8) -> Option<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .buffer_capacity(line.len().max(1))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).ok().filter(|read| *read).map(|_| record)
}
