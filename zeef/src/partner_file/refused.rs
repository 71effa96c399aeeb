//! Owns the file of refused rows: the partner's own rows, with what is wrong in front, to be mended and sent again as it is.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use kernel::money::DecimalSign;

use super::{
    BadRow, Content,
    cell::{Cell, FORMULA},
    columns::Columns,
    notation,
};

/// Columns in front of the partner's own. Names that begin with `_` are passed over when the file is sent again.
const IN_FRONT: [&str; 2] = ["_rij", "_wat_er_mis_is"];
/// Columns that hold a day.
const DAYS: [&str; 2] = ["achterstand_sinds", "signaaldatum"];

/// A file of refused rows.
pub struct RefusedFile {
    path: PathBuf,
    writer: csv::Writer<File>,
    rows: u64,
}

impl RefusedFile {
    /// Makes the file, with the partner's own names of columns; there are people in it, so it is its owner's only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(file: &Path, columns: &Columns) -> Result<Self, csv::Error> {
        let mut out = File::options().write(true).create(true).truncate(true).mode(0o600).open(file)?;
        // Without the mark a spreadsheet takes the file for Windows-1252.
        out.write_all(b"\xef\xbb\xbf")?;
        let mut writer = csv::WriterBuilder::new().delimiter(b';').flexible(true).from_writer(out);
        writer.write_record(IN_FRONT.into_iter().chain(columns.names().iter().map(String::as_str)))?;
        Ok(Self { path: file.to_owned(), writer, rows: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, row: &BadRow, columns: &Columns) -> Result<(), csv::Error> {
        self.rows += 1;
        let faults: Vec<String> = row.faults.iter().map(|fault| format!("{} {}", fault.column, fault.text).trim().to_owned()).collect();
        self.writer.write_field(row.row.to_string())?;
        self.writer.write_field(faults.join(" | "))?;
        match &row.content {
            Content::Record(record) => record.iter().try_for_each(|field| self.writer.write_field(harmless(field)))?,
            Content::Cells(cells) => {
                (0..columns.names().len().max(cells.len()))
                    .try_for_each(|at| self.writer.write_field(harmless(&shown(cells, at, columns))))?;
            }
            Content::Line(line) => self.writer.write_field(harmless(line))?,
        }
        self.writer.write_record(None::<&[u8]>)
    }

    /// Everything is in the file; without a refused row there is none.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()?;
        if self.rows == 0 { fs::remove_file(&self.path) } else { Ok(()) }
    }
}

/// A field of a workbook as text that is read the same way again.
fn shown(cells: &[Cell], at: usize, columns: &Columns) -> String {
    match cells.get(at) {
        Some(Cell::Text(text)) => text.clone(),
        Some(Cell::Day(day)) => day.to_string(),
        Some(Cell::Number(number)) if DAYS.iter().any(|column| columns.at(column) == Some(at)) => {
            notation::day_of_number(*number, columns.notation).map_or_else(|_| number.to_string(), |day| day.to_string())
        }
        Some(Cell::Number(number)) => {
            let text = number.to_string();
            if columns.notation.amounts == Some(DecimalSign::Point) { text } else { text.replace('.', ",") }
        }
        Some(Cell::Empty | Cell::Wrong(_)) | None => String::new(),
    }
}

/// A spreadsheet must not take a field for a formula: the apostrophe is taken off again when the file is sent.
fn harmless(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() }
}
