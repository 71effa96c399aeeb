//! Owns the reading of a partner's file of reports, in whatever form it comes: one row at a time, good rows kept whatever the others are.
//!
//! Errors name the row, the column, what is wrong and what would be right; never a name, address or number of a person.

mod cell;
mod columns;
mod encoding;
mod excel;
mod fields;
mod guard;
mod guard_xls;
mod lines;
mod mapping;
mod notation;
mod proposal;
mod refused;
#[cfg(test)]
#[path = "../tests/support/workbook.rs"]
mod sample;
#[cfg(test)]
mod tests;
mod workbook;
#[cfg(test)]
mod workbook_tests;

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
};

use proto::intake::v1::Signal;

pub use cell::Content;
pub use columns::{COLUMNS, Columns, HeaderError};
pub use encoding::Encoding;
pub use lines::LINE_LIMIT;
pub use mapping::Mapping;
pub use notation::{DateFault, DateOrder, Notation, amount, date, decimal_sign};
pub use proposal::propose;
pub use refused::RefusedFile;
pub use workbook::WorkbookError;

use {
    cell::Cell,
    columns::Fields,
    lines::{Lines, Numbered},
    workbook::{Opened, Workbook},
};

/// A row as it can be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The row in the file; the header is row 1 of most files.
    pub row: u32,
    /// Code of the reporting organisation, where the file has that column (the sample; a partner's own file has none).
    pub reporter: Option<String>,
    /// The report.
    pub signal: Signal,
    /// What was put right in it.
    pub advice: Vec<Advice>,
    /// As the file had it.
    pub content: Content,
}

/// A row that cannot be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct BadRow {
    /// The row in the file.
    pub row: u32,
    /// The partner's own reference, when it could be read.
    pub reference: String,
    /// What is wrong, per column.
    pub faults: Vec<Fault>,
    /// As the file had it.
    pub content: Content,
}

/// What is wrong with one column of a row, in Dutch, with what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column, as the partner calls it; empty when the whole row is meant.
    pub column: String,
    /// What is wrong and what would be right.
    pub text: String,
}

/// What was put right in a column, and how it need not be next time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advice {
    /// The column, as the partner calls it.
    pub column: String,
    /// What was done.
    pub text: &'static str,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading failed.
    #[error("het bestand is niet te lezen")]
    Io(#[from] io::Error),
    /// The first row does not name the columns.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// UTF-16, as some spreadsheets export.
    #[error("het bestand is UTF-16: bewaar het als `CSV UTF-8` en bied het opnieuw aan")]
    Utf16,
    /// A page or document under another name.
    #[error("dit is {0} en geen lijst: open het in een rekenblad en bewaar het als XLSX of `CSV UTF-8`")]
    NotAList(&'static str),
    /// A workbook that is not read.
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    /// A mapping that is not right.
    #[error("mapping {0}")]
    Mapping(String),
}

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Encoding of a text file.
    pub encoding: Encoding,
    /// Columns and notation.
    pub mapping: Mapping,
}

/// The rows of a file.
pub struct Rows {
    source: Source,
    columns: Columns,
}

enum Source {
    Lines(Box<Lines>),
    Sheet { workbook: Workbook, opened: Opened },
}

impl Source {
    /// Opens a file, and reads the names of its columns. A text file is looked through first, a piece at a time; a workbook is
    /// measured before it is unpacked.
    fn open(file: &Path, encoding: Encoding, sheet: Option<String>) -> Result<(Self, Vec<String>), FileError> {
        let mut file = File::open(file)?;
        let mut start = Vec::new();
        file.by_ref().take(BEGINNING).read_to_end(&mut start)?;
        file.rewind()?;
        if is_workbook(&start) {
            if file.metadata()?.len() > guard::MAX_FILE {
                return Err(WorkbookError::TooLarge.into());
            }
            let mut bytes = Vec::new();
            file.take(guard::MAX_FILE).read_to_end(&mut bytes)?;
            return Self::sheet(bytes, sheet);
        }
        is_a_list(&start)?;
        let settled = encoding.settle(&mut file)?;
        file.rewind()?;
        let (lines, names) = Lines::read(Box::new(file), settled)?;
        Ok((Self::Lines(Box::new(lines)), names))
    }

    fn of(bytes: Vec<u8>, encoding: Encoding, sheet: Option<String>) -> Result<(Self, Vec<String>), FileError> {
        if is_workbook(&bytes) {
            return if bytes.len() as u64 > guard::MAX_FILE { Err(WorkbookError::TooLarge.into()) } else { Self::sheet(bytes, sheet) };
        }
        is_a_list(&bytes)?;
        let settled = encoding.settle(&mut bytes.as_slice())?;
        let (lines, names) = Lines::read(Box::new(Cursor::new(bytes)), settled)?;
        Ok((Self::Lines(Box::new(lines)), names))
    }

    fn sheet(bytes: Vec<u8>, sheet: Option<String>) -> Result<(Self, Vec<String>), FileError> {
        let (mut workbook, opened) = Workbook::open(bytes, sheet)?;
        let (_, header) = workbook.next()?.ok_or(HeaderError::Empty)?;
        let names = header.iter().map(|cell| if let Cell::Text(text) = cell { text.trim().to_owned() } else { String::new() }).collect();
        Ok((Self::Sheet { workbook, opened }, names))
    }

    /// The next row, with its number.
    fn next(&mut self) -> Result<Option<Numbered>, FileError> {
        Ok(match self {
            Self::Lines(lines) => lines.next()?,
            Self::Sheet { workbook, .. } => workbook.next()?.map(|(row, cells)| (row, Ok(Content::Cells(cells)))),
        })
    }
}

impl Rows {
    /// Opens a file.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(file: &Path, reading: Reading) -> Result<Self, FileError> {
        let (source, names) = Source::open(file, reading.encoding, reading.mapping.sheet.clone())?;
        Self::new(source, names, reading.mapping)
    }

    /// Reads what is in memory: the samples that are part of the binary.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn of(bytes: Vec<u8>, reading: Reading) -> Result<Self, FileError> {
        let (source, names) = Source::of(bytes, reading.encoding, reading.mapping.sheet.clone())?;
        Self::new(source, names, reading.mapping)
    }

    fn new(mut source: Source, names: Vec<String>, mapping: Mapping) -> Result<Self, FileError> {
        let mut columns = Columns::read(names, mapping)?;
        match &mut source {
            Source::Lines(lines) => lines.reference_at = columns.at("referentie"),
            Source::Sheet { opened, .. } => columns.notation.from_1904 = opened.from_1904,
        }
        Ok(Self { source, columns })
    }

    /// Which column is where.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// A text file that is read as Windows-1252.
    pub fn is_windows_1252(&self) -> bool {
        matches!(&self.source, Source::Lines(lines) if lines.is_windows_1252())
    }

    /// The sheet that is read, and those that are shown and not read.
    pub fn sheets(&self) -> Option<(&str, &[String])> {
        match &self.source {
            Source::Lines(_) => None,
            Source::Sheet { opened, .. } => Some((&opened.sheet, &opened.others)),
        }
    }

    /// Rows that the file has, where that is known ahead; a sheet may have fewer, when some are empty.
    pub fn total(&self) -> Option<u64> {
        match &self.source {
            Source::Lines(lines) => lines.total,
            Source::Sheet { opened, .. } => Some(opened.total),
        }
    }

    /// The next row, `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_row(&mut self) -> Result<Option<Result<Row, BadRow>>, FileError> {
        let (row, content) = match self.source.next()? {
            None => return Ok(None),
            Some((row, Ok(content))) => (row, content),
            Some((row, Err(bad))) => {
                let faults = vec![Fault { column: String::new(), text: bad.text }];
                return Ok(Some(Err(BadRow { row, reference: bad.reference, faults, content: bad.content })));
            }
        };
        let fields = Fields { columns: &self.columns, content: &content };
        Ok(Some(match fields::signal(&fields) {
            Ok(told) => Ok(Row { row, reporter: told.reporter, signal: told.signal, advice: told.advice, content }),
            Err(faults) => {
                let reference = excel::text(fields.get("referentie")).unwrap_or_default().chars().take(64).collect();
                Err(BadRow { row, reference, faults, content })
            }
        }))
    }
}

/// Bytes by which a kind of file is known.
const BEGINNING: u64 = 512;

fn is_workbook(start: &[u8]) -> bool {
    start.starts_with(b"PK") || start.starts_with(b"\xD0\xCF\x11\xE0")
}

/// Web applications give pages out as .xls, and people send what they printed.
fn is_a_list(start: &[u8]) -> Result<(), FileError> {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins = |with: &[u8]| start.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    if begins(b"%PDF") {
        return Err(FileError::NotAList("een PDF"));
    }
    if [b"<html".as_slice(), b"<!doctype", b"<table", b"<?xml", b"<meta"].into_iter().any(begins) {
        return Err(FileError::NotAList("een webpagina of XML"));
    }
    Ok(())
}
