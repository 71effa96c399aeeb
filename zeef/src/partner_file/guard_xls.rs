//! Owns what an XLS file may cost: its records are walked before calamine makes a table of them, and calamine gets nothing but the one
//! stream that was walked, in a file of its own.

use std::io::{Cursor, Read, Write};

use cfb::CompoundFile;

use super::{
    guard::{MAX_COLUMNS, MAX_KEPT_CELLS, MAX_ROWS},
    workbook::WorkbookError,
};

/// Largest stream of records, in bytes.
const MAX_STREAM: u64 = 48 << 20;

const EOF: u16 = 0x000A;
const FILE_PASS: u16 = 0x002F;
const BOUND_SHEET: u16 = 0x0085;
const BOF: u16 = 0x0809;
const DIMENSIONS: u16 = 0x0200;
const MUL_RK: u16 = 0x00BD;
/// Records that begin with a row and a column: formulas, RStrings, labels, numbers, booleans, RKs.
const CELLS: [u16; 7] = [0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E];

/// Looks through an XLS file. Answers a file with its records alone, and how many rows its longest sheet has.
pub fn xls(bytes: &[u8]) -> Result<(Vec<u8>, u64), WorkbookError> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|_| WorkbookError::Broken)?;
    if file.exists("/EncryptedPackage") {
        return Err(WorkbookError::Password);
    }
    let name = ["/Workbook", "/Book"].into_iter().find(|name| file.is_stream(name)).ok_or(WorkbookError::Unsupported)?;
    let stream = file.open_stream(name).map_err(|_| WorkbookError::Broken)?;
    let mut records = Vec::new();
    stream.take(MAX_STREAM + 1).read_to_end(&mut records).map_err(|_| WorkbookError::Broken)?;
    if records.len() as u64 > MAX_STREAM {
        return Err(WorkbookError::TooLarge);
    }
    let rows = walk(&records)?;
    let alone = || -> std::io::Result<Vec<u8>> {
        let mut file = CompoundFile::create(Cursor::new(Vec::new()))?;
        file.create_stream(name)?.write_all(&records)?;
        file.flush()?;
        Ok(file.into_inner().into_inner())
    };
    Ok((alone().map_err(|_| WorkbookError::Broken)?, rows))
}

/// A record: its type and bytes, and what comes after.
type Record<'a> = (u16, &'a [u8], &'a [u8]);

fn record(stream: &[u8]) -> Option<Record<'_>> {
    let (typ, length) = (word(stream, 0)?, usize::from(word(stream, 2)?));
    Some((typ, stream.get(4..4 + length)?, stream.get(4 + length..)?))
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn double_word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn walk(stream: &[u8]) -> Result<u64, WorkbookError> {
    let (mut rest, mut sheets) = (stream, Vec::new());
    while let Some((typ, data, after)) = record(rest) {
        match typ {
            FILE_PASS if word(data, 0) != Some(0) => return Err(WorkbookError::Password),
            BOUND_SHEET => sheets.push(double_word(data, 0).ok_or(WorkbookError::Broken)?),
            EOF => break,
            _ => {}
        }
        rest = after;
    }
    let (mut kept, mut longest) = (0_u64, 0);
    for position in sheets {
        let sheet = usize::try_from(position).ok().and_then(|position| stream.get(position..)).ok_or(WorkbookError::Broken)?;
        let (rows, columns) = bounds(sheet)?;
        longest = longest.max(rows);
        kept = kept.saturating_add(rows.saturating_mul(columns));
        if rows > MAX_ROWS || columns > MAX_COLUMNS || kept > MAX_KEPT_CELLS {
            return Err(WorkbookError::TooLarge);
        }
    }
    Ok(longest)
}

/// Rows and columns that a sheet's cells need.
fn bounds(sheet: &[u8]) -> Result<(u64, u64), WorkbookError> {
    let (mut rest, mut depth, mut begun) = (sheet, 0_usize, false);
    let (mut rows, mut columns) = (0_u64, 0_u64);
    while let Some((typ, data, after)) = record(rest) {
        rest = after;
        match typ {
            BOF if begun => depth += 1,
            BOF => begun = true,
            EOF if depth == 0 => break,
            EOF => depth -= 1,
            _ if depth > 0 => {}
            DIMENSIONS => {
                // Room for so many cells is made before the first is read.
                let told = match data.len() {
                    10 => word(data, 0).map(u32::from).zip(word(data, 2).map(u32::from)).zip(word(data, 6)),
                    14 | 16 => double_word(data, 0).zip(double_word(data, 4)).zip(word(data, 10)),
                    _ => None,
                };
                let ((first_row, end_row), end_column) = told.ok_or(WorkbookError::Broken)?;
                let height = end_row.checked_sub(first_row).ok_or(WorkbookError::Broken)?;
                if (u64::from(height) + 1) * (u64::from(end_column) + 1) > MAX_KEPT_CELLS {
                    return Err(WorkbookError::TooLarge);
                }
            }
            _ if typ == MUL_RK || CELLS.contains(&typ) => {
                let (row, column) = word(data, 0).zip(word(data, 2)).ok_or(WorkbookError::Broken)?;
                let more = if typ == MUL_RK { data.len().saturating_sub(6) / 6 } else { 0 };
                rows = rows.max(u64::from(row) + 1);
                columns = columns.max(u64::from(column) + 1 + more as u64);
            }
            _ => {}
        }
    }
    Ok((rows, columns))
}
