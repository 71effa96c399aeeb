//! Owns what stands in one field of a row, the same for text files and workbooks.

use jiff::civil::Date;

/// A field of a workbook.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number; in a column of dates the workbook's day number.
    Number(f64),
    /// A cell that is shown as a date.
    Day(Date),
    /// Nothing that can be used: why, and what would be right.
    Wrong(&'static str),
}

/// A field as it is looked at; what is empty is an empty text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen<'a> {
    /// Text, without blanks around it.
    Text(&'a str),
    /// See [`Cell::Number`].
    Number(f64),
    /// See [`Cell::Day`].
    Day(Date),
    /// See [`Cell::Wrong`].
    Wrong(&'static str),
}

/// The fields of a row, as the file had them.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Of a text file.
    Record(csv::StringRecord),
    /// Of a workbook.
    Cells(Vec<Cell>),
    /// A line that cannot be parted.
    Line(String),
}

impl Content {
    /// The field at a place; empty where there is none.
    pub fn get(&self, at: usize) -> Seen<'_> {
        match self {
            Self::Record(record) => Seen::Text(plain(record.get(at).unwrap_or(""))),
            Self::Cells(cells) => match cells.get(at) {
                Some(Cell::Text(text)) => Seen::Text(plain(text)),
                Some(Cell::Number(number)) => Seen::Number(*number),
                Some(Cell::Day(day)) => Seen::Day(*day),
                Some(Cell::Wrong(why)) => Seen::Wrong(why),
                Some(Cell::Empty) | None => Seen::Text(""),
            },
            Self::Line(_) => Seen::Text(""),
        }
    }
}

/// Signs with which a spreadsheet begins a formula.
pub const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Without blanks, and without the apostrophe that keeps a spreadsheet from calculating: our own file of refused rows has it.
fn plain(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text)
}
