//! Owns what a workbook may cost. It is looked through before calamine opens it: first the zip's own list of contents, without
//! unpacking anything; then each part in a stream, whatever the list said; so that nothing is ever unpacked into memory that was not
//! measured. What is measured here is read the same way afterwards: same bytes, same zip and XML readers.

use std::io::{BufReader, Cursor, Read};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use zip::{ZipArchive, result::ZipError};

use super::workbook::WorkbookError;

/// Largest file, in bytes.
pub const MAX_FILE: u64 = 64 << 20;
/// Largest sum of all parts, unpacked, in bytes.
pub const MAX_UNZIPPED: u64 = 256 << 20;
/// So many times larger than packed a part may be, once it has more than a mebibyte. Sheets of real partners are at 10 to 40.
pub const MAX_RATIO: u64 = 150;
/// Most parts.
const MAX_PARTS: usize = 2_000;
/// Largest table of shared texts, in bytes: it is kept whole.
const MAX_TEXTS: u64 = 64 << 20;
/// Most texts in it.
const MAX_TEXT_COUNT: u64 = 4_000_000;
/// Longest tag or text, in bytes; a cell of Excel holds 32,767 characters.
const MAX_TOKEN: usize = 1 << 20;
/// Most rows of a sheet.
pub const MAX_ROWS: u64 = 250_000;
/// Most columns of a sheet.
pub const MAX_COLUMNS: u64 = 256;
/// Most cells of a workbook that is read a cell at a time (XLSX).
const MAX_CELLS: u64 = 8_000_000;
/// Most cells of a workbook that calamine keeps whole (XLS, ODS), empty ones included.
pub const MAX_KEPT_CELLS: u64 = 2_500_000;
/// Most formulas that share one text.
const MAX_SHARED_FORMULAS: u64 = 100_000;

/// What a zip file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zipped {
    /// Office Open XML.
    Xlsx,
    /// OpenDocument.
    Ods,
}

/// Looks through a zip file. Answers what it is and how many rows its longest sheet has.
pub fn zip(bytes: &[u8]) -> Result<(Zipped, u64), WorkbookError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    if archive.len() > MAX_PARTS {
        return Err(WorkbookError::TooLarge);
    }
    let (mut sum, mut kind) = (0_u64, None);
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at)?;
        if entry.encrypted() {
            return Err(WorkbookError::Password);
        }
        let name = entry.name()?.replace('\\', "/").to_lowercase();
        let (size, packed) = (entry.size(), entry.compressed_size());
        sum = sum.saturating_add(size);
        if sum > MAX_UNZIPPED || (size > 1 << 20 && size / packed.max(1) > MAX_RATIO) {
            return Err(WorkbookError::Bomb);
        }
        match name.as_str() {
            "xl/workbook.bin" => return Err(WorkbookError::Unsupported),
            "xl/workbook.xml" => kind = Some(Zipped::Xlsx),
            "content.xml" => kind = kind.or(Some(Zipped::Ods)),
            _ => {}
        }
        if name.ends_with(".xml") || name.ends_with(".rels") {
            parts.push((at, name, size));
        }
    }
    let kind = kind.ok_or(WorkbookError::Unsupported)?;
    let mut rows = 0;
    for (at, name, size) in parts {
        // A byte more than the list says is already a lie.
        let mut part = Counted { inner: archive.by_index(at)?.take(size.saturating_add(1)), read: 0 };
        match kind {
            Zipped::Ods if name == "content.xml" => rows = opendocument(&mut part)?,
            Zipped::Ods => walk(&mut part, |_| Ok(()))?,
            Zipped::Xlsx => rows = rows.max(office(&mut part, size)?),
        }
        if part.read > size {
            return Err(WorkbookError::Bomb);
        }
    }
    Ok((kind, rows))
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read = self.read.saturating_add(length as u64);
        Ok(length)
    }
}

/// Walks over a part as calamine reads it, and shows each tag and text. The part must be well-formed to its end: at the end of a file that
/// stops within a table, calamine waits for ever.
fn walk(part: impl Read, mut show: impl FnMut(&Event<'_>) -> Result<(), WorkbookError>) -> Result<(), WorkbookError> {
    let mut reader = Reader::from_reader(BufReader::new(part));
    let config = reader.config_mut();
    config.check_end_names = true;
    config.check_comments = false;
    config.expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut depth = 0_u64;
    loop {
        match reader.read_event_into(&mut buffer)? {
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err(WorkbookError::Broken),
            event => {
                match &event {
                    Event::Start(_) => depth += 1,
                    Event::End(_) => depth = depth.checked_sub(1).ok_or(WorkbookError::Broken)?,
                    _ => {}
                }
                show(&event)?;
            }
        }
        // Calamine would hold a long one several times over.
        if buffer.len() > MAX_TOKEN {
            return Err(WorkbookError::TooLarge);
        }
        buffer.clear();
    }
}

fn number(element: &BytesStart<'_>, name: &str) -> Result<Option<u64>, WorkbookError> {
    // Any other spelling of a number is not worth the risk.
    let value = element.try_get_attribute(name).map_err(|_| WorkbookError::Broken)?;
    value.map(|value| value.value.parse().map_err(|_| WorkbookError::Broken)).transpose()
}

/// A part of an XLSX file; answers its rows.
fn office(part: impl Read, size: u64) -> Result<u64, WorkbookError> {
    let (mut rows, mut cells) = (0_u64, 0_u64);
    walk(part, |event| {
        let Event::Start(element) = event else { return Ok(()) };
        match element.local_name().as_ref() {
            "c" => cells += 1,
            "row" => rows += 1,
            "f" if number(element, "si")?.is_some_and(|shared| shared > MAX_SHARED_FORMULAS) => return Err(WorkbookError::TooLarge),
            // Room for so many texts is made before the first is read.
            "sst" if size > MAX_TEXTS || number(element, "uniqueCount")?.is_some_and(|count| count > MAX_TEXT_COUNT) => {
                return Err(WorkbookError::TooLarge);
            }
            _ => {}
        }
        if cells > MAX_CELLS || rows > 2 * MAX_ROWS { Err(WorkbookError::TooLarge) } else { Ok(()) }
    })?;
    Ok(rows)
}

/// The contents of an ODS file, in which one element may stand for a million rows, columns or blanks; answers the rows of its longest
/// sheet.
fn opendocument(part: impl Read) -> Result<u64, WorkbookError> {
    let (mut most_rows, mut kept) = (0_u64, 0_u64);
    let mut table = Table::default();
    walk(part, |event| {
        match event {
            Event::Start(element) => table.start(element)?,
            Event::End(element) => match element.name().as_ref() {
                "table:table-row" => {
                    table.row = table.row.saturating_add(table.repeat);
                    if table.filled {
                        table.rows = table.row;
                    }
                }
                "table:table" => {
                    kept = kept.saturating_add(table.rows.saturating_mul(table.width));
                    most_rows = most_rows.max(table.rows);
                }
                _ => {}
            },
            _ => {}
        }
        let cells = table.rows.saturating_mul(table.width);
        let fits = table.width <= MAX_COLUMNS && table.rows <= MAX_ROWS && kept.max(cells) <= MAX_KEPT_CELLS;
        if fits { Ok(()) } else { Err(WorkbookError::TooLarge) }
    })?;
    Ok(most_rows)
}

/// A table as far as it was read.
#[derive(Default)]
struct Table {
    /// Rows passed, and of those the last that is not empty.
    row: u64,
    rows: u64,
    /// Times that the row at hand stands for.
    repeat: u64,
    /// Columns passed in it, and the last that is not empty in any row.
    column: u64,
    width: u64,
    /// The row at hand is not empty.
    filled: bool,
}

impl Table {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), WorkbookError> {
        match element.name().as_ref() {
            "table:table" => *self = Self::default(),
            "table:table-row" => {
                self.repeat = number(element, "table:number-rows-repeated")?.unwrap_or(1);
                (self.column, self.filled) = (0, false);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let repeat = number(element, "table:number-columns-repeated")?.unwrap_or(1);
                self.column = self.column.saturating_add(repeat);
                let holds = |name: &str| name.starts_with("office:") || name == "table:formula";
                if element.attributes().with_checks(false).any(|one| one.map_or(true, |one| holds(one.key.as_ref()))) {
                    self.filled = true;
                    self.width = self.width.max(self.column);
                }
            }
            "text:s" if number(element, "text:c")?.is_some_and(|blanks| blanks > 1_000) => return Err(WorkbookError::TooLarge),
            _ => {}
        }
        Ok(())
    }
}

impl From<ZipError> for WorkbookError {
    fn from(_: ZipError) -> Self {
        Self::Broken
    }
}
impl From<quick_xml::Error> for WorkbookError {
    fn from(_: quick_xml::Error) -> Self {
        Self::Broken
    }
}
