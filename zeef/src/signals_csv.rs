//! Owns the reading of a partner's file of reports: one line at a time, good rows kept whatever the others are.
//!
//! Errors name the row, the column, what is wrong and what would be right; never a name, address or number of a person.

mod columns;
mod encoding;
mod fields;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek},
    path::Path,
};

use proto::intake::v1::Signal;

pub use columns::{COLUMNS, HeaderError};
pub use encoding::Encoding;
pub(crate) use fields::amount;
use {columns::Columns, encoding::Text};

/// The longest line that is read whole, in bytes; an ordinary one has three hundred.
pub const LINE_LIMIT: usize = 64 * 1024;

/// A row as it can be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The line in the file; the header is line 1.
    pub row: u32,
    /// Code of the reporting organisation, where the file has that column (the sample; a partner's own file has none).
    pub reporter: Option<String>,
    /// The report.
    pub signal: Signal,
}

/// A row that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line in the file.
    pub row: u32,
    /// The partner's own reference, when it could be read.
    pub reference: String,
    /// What is wrong, per column.
    pub faults: Vec<Fault>,
}

/// What is wrong with one column of a row, in Dutch, with what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column; empty when the whole row is meant.
    pub column: String,
    /// What is wrong and what would be right.
    pub text: String,
}

impl Fault {
    fn of(column: &str, text: impl Into<String>) -> Self {
        Self { column: column.to_owned(), text: text.into() }
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading failed.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// The first line does not name the columns.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// UTF-16, as some spreadsheets export.
    #[error("the file is UTF-16: save it as `CSV UTF-8` and try again")]
    Utf16,
}

/// The rows of a file.
pub struct Rows<R> {
    input: BufReader<R>,
    columns: Columns,
    encoding: Text,
    line: u32,
}

impl Rows<File> {
    /// Opens a file. With [`Encoding::Auto`] it is looked through first, a piece at a time.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(file: &Path, encoding: Encoding) -> Result<Self, FileError> {
        let mut file = File::open(file)?;
        let encoding = encoding.settle(&mut file)?;
        file.rewind()?;
        Self::read(file, encoding)
    }
}

impl<'a> Rows<&'a [u8]> {
    /// Reads what is in memory: the samples that are part of the binary.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn of(bytes: &'a [u8], encoding: Encoding) -> Result<Self, FileError> {
        let mut scan = bytes;
        let encoding = encoding.settle(&mut scan)?;
        Self::read(bytes, encoding)
    }
}

impl<R: Read> Rows<R> {
    fn read(input: R, encoding: Text) -> Result<Self, FileError> {
        let mut input = BufReader::new(input);
        let Line::Whole(header) = line(&mut input)?.unwrap_or(Line::Whole(Vec::new())) else {
            return Err(HeaderError::TooLong.into());
        };
        let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&header);
        let header = encoding.decode(header).ok_or(HeaderError::Encoding)?;
        Ok(Self { input, columns: Columns::read(&header)?, encoding, line: 1 })
    }

    /// Columns of the file that are not used.
    pub fn ignored(&self) -> &[String] {
        self.columns.ignored()
    }

    /// The file is read as Windows-1252.
    pub fn is_windows_1252(&self) -> bool {
        self.encoding == Text::Windows1252
    }

    /// The next row, `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next_row(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        loop {
            let Some(line) = line(&mut self.input)? else { return Ok(None) };
            self.line = self.line.saturating_add(1);
            let bytes = match line {
                Line::Whole(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => continue,
                Line::Whole(bytes) => bytes,
                Line::TooLong(length) => {
                    let text = format!("de regel is {length} tekens lang, ten hoogste {LINE_LIMIT} worden gelezen");
                    return Ok(Some(Err(self.bad(String::new(), vec![Fault::of("", text)]))));
                }
            };
            return Ok(Some(self.row(&bytes)));
        }
    }

    fn bad(&self, reference: String, faults: Vec<Fault>) -> BadRow {
        BadRow { row: self.line, reference, faults }
    }

    fn row(&self, bytes: &[u8]) -> Result<Row, BadRow> {
        let Some(text) = self.encoding.decode(bytes) else {
            let text = "geen UTF-8: bewaar het bestand als `CSV UTF-8`, of geef --encoding windows-1252 als het uit een ouder pakket komt";
            return Err(self.bad(self.columns.reference_of_broken(bytes), vec![Fault::of("", text)]));
        };
        let fields = self.columns.split(&text).map_err(|fault| self.bad(String::new(), vec![fault]))?;
        fields::signal(&fields)
            .map(|(reporter, signal)| Row { row: self.line, reporter, signal })
            .map_err(|faults| self.bad(fields.get("referentie").trim().chars().take(64).collect(), faults))
    }
}

enum Line {
    Whole(Vec<u8>),
    TooLong(usize),
}

/// One line without its end. A longer one than [`LINE_LIMIT`] is passed over, never kept.
fn line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let (mut kept, mut length, mut any) = (Vec::new(), 0_usize, false);
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        length = length.saturating_add(part.len());
        if length <= LINE_LIMIT {
            kept.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if !any {
        return Ok(None);
    }
    if length > LINE_LIMIT {
        return Ok(Some(Line::TooLong(length)));
    }
    if kept.last() == Some(&b'\r') {
        kept.pop();
    }
    Ok(Some(Line::Whole(kept)))
}
