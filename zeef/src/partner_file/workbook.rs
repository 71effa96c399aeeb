//! Owns the reading of workbooks: a thread of its own reads a sheet's rows by calamine and hands them over in batches, so that no more of
//! them is in memory than a few batches, and a workbook that trips the reader up ends in a sentence.

use std::{
    io::{Cursor, Read},
    panic,
    sync::{
        Once,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    vec,
};

use calamine::{CellErrorType, Data, Ods, Range, Reader, Sheet, SheetType, SheetVisible, Xls, Xlsx, XlsxError};
use jiff::civil::Date;

use super::{
    cell::Cell,
    guard::{self, MAX_COLUMNS, MAX_ROWS, Zipped},
    guard_xls,
};

/// Rows that are handed over at a time, and batches that wait.
const BATCH: usize = 256;
const WAITING: usize = 4;
/// Longest text of a field that is kept, in bytes; far above what a verdict allows.
const TEXT_LIMIT: usize = 4_096;
/// Name of the reading thread.
const THREAD: &str = "workbook";

const ERROR: &str = "een foutwaarde van het rekenblad (zoals #N/B): vul de waarde in";
const UNCALCULATED: &str = "een formule zonder uitkomst: open het bestand in het rekenblad, bewaar het opnieuw en bied het weer aan";
const TIME: &str = "een tijdstip of duur, waar dat niet past: maak de kolom op als Tekst en vul de waarde opnieuw in";
const TRUTH: &str = "het rekenblad maakte er WAAR of ONWAAR van: maak de kolom op als Tekst en vul de waarde opnieuw in";

/// Why a workbook cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkbookError {
    /// Truncated, or no workbook after all.
    #[error("het rekenblad is beschadigd of afgebroken: open het, bewaar het opnieuw als XLSX en bied het weer aan")]
    Broken,
    /// Larger than it may be.
    #[error(
        "het rekenblad is te groot (hoogstens {} MB, {MAX_ROWS} rijen en {MAX_COLUMNS} kolommen; XLS en ODS minder): bied het aan als CSV, of in \
         delen",
        guard::MAX_FILE >> 20
    )]
    TooLarge,
    /// Unpacks to more than any list of arrears.
    #[error(
        "het rekenblad is niet uitgepakt: het zou uitgepakt meer dan {} MB zijn, of meer dan {} keer zo groot als ingepakt",
        guard::MAX_UNZIPPED >> 20,
        guard::MAX_RATIO
    )]
    Bomb,
    /// Encrypted.
    #[error("het rekenblad heeft een wachtwoord: haal dat eraf en bied het opnieuw aan")]
    Password,
    /// A zip or OLE file of another kind.
    #[error("dit is geen rekenblad dat gelezen wordt: goed zijn CSV, XLSX, XLS en ODS")]
    Unsupported,
    /// No sheet to read.
    #[error("het rekenblad heeft geen zichtbaar blad, of niet het blad dat de mapping noemt")]
    NoSheet,
}

/// What is known once the first rows are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The sheet that is read.
    pub sheet: String,
    /// Other sheets that are shown, and not read.
    pub others: Vec<String>,
    /// Days are counted from 1904.
    pub from_1904: bool,
    /// Rows after the first, as far as the sheets tell.
    pub total: u64,
}

enum Message {
    Opened(Opened),
    Rows(Vec<(u32, Vec<Cell>)>),
    Failed(WorkbookError),
}

/// The rows of a sheet.
pub struct Workbook {
    messages: Option<Receiver<Message>>,
    batch: vec::IntoIter<(u32, Vec<Cell>)>,
    thread: Option<JoinHandle<()>>,
}

impl Workbook {
    /// Reads a file that is in memory, from the named sheet or the first that is shown.
    pub fn open(bytes: Vec<u8>, sheet: Option<String>) -> Result<(Self, Opened), WorkbookError> {
        quiet_thread();
        let (sender, messages) = sync_channel(WAITING);
        let work = move || {
            if let Err(error) = read(bytes, sheet.as_deref(), &sender) {
                // Whoever is gone needs no reason.
                let _gone = sender.send(Message::Failed(error));
            }
        };
        let thread = thread::Builder::new().name(THREAD.to_owned()).spawn(work).map_err(|_| WorkbookError::Broken)?;
        let mut workbook = Self { messages: Some(messages), batch: Vec::new().into_iter(), thread: Some(thread) };
        match workbook.message()? {
            Some(Message::Opened(opened)) => Ok((workbook, opened)),
            _ => Err(WorkbookError::Broken),
        }
    }

    /// The next row that is not empty, with its number in the sheet.
    pub fn next(&mut self) -> Result<Option<(u32, Vec<Cell>)>, WorkbookError> {
        loop {
            if let Some(row) = self.batch.next() {
                return Ok(Some(row));
            }
            match self.message()? {
                Some(Message::Rows(rows)) => self.batch = rows.into_iter(),
                Some(Message::Opened(_)) => {}
                _ => return Ok(None),
            }
        }
    }

    fn message(&mut self) -> Result<Option<Message>, WorkbookError> {
        match self.messages.as_ref().map(Receiver::recv) {
            Some(Ok(Message::Failed(error))) => Err(error),
            Some(Ok(message)) => Ok(Some(message)),
            // The thread is at its end, or fell over something in the file.
            _ => match self.thread.take().map(JoinHandle::join) {
                Some(Err(_)) => Err(WorkbookError::Broken),
                _ => Ok(None),
            },
        }
    }
}

impl Drop for Workbook {
    fn drop(&mut self) {
        // Without a listener the thread stops at its next batch.
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            let _fell = thread.join();
        }
    }
}

/// What a broken workbook does to its reader is told as a sentence, not as a panic.
fn quiet_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                others(info);
            }
        }));
    });
}

fn read(bytes: Vec<u8>, sheet: Option<&str>, sender: &SyncSender<Message>) -> Result<(), WorkbookError> {
    if bytes.starts_with(b"PK") {
        let (kind, rows) = guard::zip(&bytes)?;
        match kind {
            Zipped::Xlsx => xlsx(Xlsx::new(Cursor::new(bytes))?, sheet, rows, sender),
            Zipped::Ods => {
                let mut book = Ods::new(Cursor::new(bytes)).map_err(|_| WorkbookError::Broken)?;
                let (name, others) = choose(book.sheets_metadata(), sheet)?;
                let range = book.worksheet_range(&name).map_err(|_| WorkbookError::Broken)?;
                let formulas = book.worksheet_formula(&name).map_err(|_| WorkbookError::Broken)?;
                drop(book);
                kept(&range, &formulas, opened(name, others, false, rows), sender)
            }
        }
    } else {
        let (alone, rows) = guard_xls::xls(&bytes)?;
        drop(bytes);
        let mut book = Xls::new(Cursor::new(alone)).map_err(|_| WorkbookError::Broken)?;
        let (name, others) = choose(book.sheets_metadata(), sheet)?;
        let range = book.worksheet_range(&name).map_err(|_| WorkbookError::Broken)?;
        let from_1904 = book.has_1904_epoch();
        drop(book);
        // A formula in an XLS file always has its outcome with it.
        kept(&range, &Range::empty(), opened(name, others, from_1904, rows), sender)
    }
}

fn opened(sheet: String, others: Vec<String>, from_1904: bool, rows: u64) -> Opened {
    Opened { sheet, others, from_1904, total: rows.saturating_sub(1) }
}

/// The sheet to read, and the others that are shown.
fn choose(sheets: &[Sheet], wanted: Option<&str>) -> Result<(String, Vec<String>), WorkbookError> {
    let shown = |sheet: &&Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    let names: Vec<&String> = sheets.iter().filter(shown).map(|sheet| &sheet.name).collect();
    let chosen = match wanted {
        Some(wanted) => sheets.iter().map(|sheet| &sheet.name).find(|name| *name == wanted),
        None => names.first().copied(),
    };
    let chosen = chosen.ok_or(WorkbookError::NoSheet)?.clone();
    let others = names.into_iter().filter(|name| **name != chosen).cloned().collect();
    Ok((chosen, others))
}

fn xlsx(
    mut book: Xlsx<impl Read + std::io::Seek>,
    sheet: Option<&str>,
    rows: u64,
    sender: &SyncSender<Message>,
) -> Result<(), WorkbookError> {
    let (name, others) = choose(book.sheets_metadata(), sheet)?;
    let from_1904 = book.has_1904_epoch();
    let mut cells = book.worksheet_cells_reader(&name)?;
    let mut rows = Batches::begin(sender, opened(name, others, from_1904, rows));
    while let Some(record) = cells.next_cell_with_formula_metadata()? {
        let (row, column) = record.pos;
        let value = match (Data::from(record.value), record.formula.is_some()) {
            (Data::Empty, true) => Cell::Wrong(UNCALCULATED),
            (value, _) => cell(value),
        };
        if !rows.cell(row, column, value)? {
            return Ok(());
        }
    }
    rows.end();
    Ok(())
}

/// The rows of a sheet that calamine keeps whole.
fn kept(range: &Range<Data>, formulas: &Range<String>, opened: Opened, sender: &SyncSender<Message>) -> Result<(), WorkbookError> {
    let mut rows = Batches::begin(sender, opened);
    let (first_row, first_column) = range.start().unwrap_or_default();
    for (row, values) in (first_row..).zip(range.rows()) {
        for (column, value) in (first_column..).zip(values) {
            let value = match value {
                Data::Empty if formulas.get_value((row, column)).is_some_and(|formula| !formula.is_empty()) => Cell::Wrong(UNCALCULATED),
                Data::Empty => continue,
                value => cell(value.clone()),
            };
            if !rows.cell(row, column, value)? {
                return Ok(());
            }
        }
    }
    rows.end();
    Ok(())
}

/// Gathers cells into rows and rows into batches.
struct Batches<'a> {
    sender: &'a SyncSender<Message>,
    batch: Vec<(u32, Vec<Cell>)>,
    row: u32,
    cells: Vec<Cell>,
}

impl<'a> Batches<'a> {
    fn begin(sender: &'a SyncSender<Message>, opened: Opened) -> Self {
        // Whoever is gone is noticed at the first batch.
        let _gone = sender.send(Message::Opened(opened));
        Self { sender, batch: Vec::with_capacity(BATCH), row: 0, cells: Vec::new() }
    }

    /// A cell, in the order of the sheet; answers whether anybody still listens.
    fn cell(&mut self, row: u32, column: u32, value: Cell) -> Result<bool, WorkbookError> {
        if matches!(&value, Cell::Empty) || matches!(&value, Cell::Text(text) if text.trim().is_empty()) {
            return Ok(true);
        }
        if u64::from(row) >= MAX_ROWS || u64::from(column) >= MAX_COLUMNS {
            return Err(WorkbookError::TooLarge);
        }
        if row < self.row {
            return Err(WorkbookError::Broken);
        }
        if row > self.row && !self.row_ends() {
            return Ok(false);
        }
        self.row = row;
        let at = usize::try_from(column).map_err(|_| WorkbookError::TooLarge)?;
        if self.cells.len() <= at {
            self.cells.resize(at + 1, Cell::Empty);
        }
        if let Some(cell) = self.cells.get_mut(at) {
            *cell = value;
        }
        Ok(true)
    }

    fn row_ends(&mut self) -> bool {
        if !self.cells.is_empty() {
            self.batch.push((self.row.saturating_add(1), std::mem::take(&mut self.cells)));
        }
        self.batch.len() < BATCH || self.send()
    }

    fn send(&mut self) -> bool {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.sender.send(Message::Rows(batch)).is_ok()
    }

    fn end(mut self) {
        if self.row_ends() {
            self.send();
        }
    }
}

fn cell(value: Data) -> Cell {
    match value {
        Data::Empty => Cell::Empty,
        Data::String(text) => Cell::Text(shortened(text)),
        Data::Int(number) => Cell::Number(number as f64),
        Data::Float(number) => Cell::Number(number),
        Data::Bool(_) => Cell::Wrong(TRUTH),
        Data::DateTime(at) if at.is_datetime() && at.as_f64() >= 1.0 => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            day_of(i16::try_from(year).ok(), i8::try_from(month).ok(), i8::try_from(day).ok())
        }
        Data::DateTimeIso(text) => text.get(..10).and_then(|day| day.parse::<Date>().ok()).map_or(Cell::Wrong(TIME), Cell::Day),
        Data::DateTime(_) | Data::DurationIso(_) => Cell::Wrong(TIME),
        Data::Error(CellErrorType::GettingData) => Cell::Wrong(UNCALCULATED),
        Data::Error(_) => Cell::Wrong(ERROR),
    }
}

fn day_of(year: Option<i16>, month: Option<i8>, day: Option<i8>) -> Cell {
    let parts = year.zip(month).zip(day);
    parts.and_then(|((year, month), day)| Date::new(year, month, day).ok()).map_or(Cell::Wrong(TIME), Cell::Day)
}

fn shortened(mut text: String) -> String {
    if text.len() > TEXT_LIMIT {
        let end = (0..=TEXT_LIMIT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}

impl From<XlsxError> for WorkbookError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::Password => Self::Password,
            _ => Self::Broken,
        }
    }
}
