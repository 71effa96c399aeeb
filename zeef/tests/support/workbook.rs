//! Workbooks for tests and benches, written by hand: as spreadsheets write them, and as nobody should.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A field.
#[derive(Clone, Debug)]
pub enum Field {
    Text(String),
    Number(f64),
    /// A day number that is shown as a date.
    Day(f64),
    /// The inside of a cell, as XML.
    Raw(&'static str),
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A zip file of these parts.
pub fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        // OpenDocument wants its kind readable without unpacking.
        let method = if *name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn column(mut at: usize) -> String {
    let mut name = String::new();
    loop {
        name.insert(0, char::from(b'A' + u8::try_from(at % 26).unwrap()));
        if at < 26 {
            return name;
        }
        at = at / 26 - 1;
    }
}

/// An XLSX file with one sheet, its texts shared as Excel does.
pub fn xlsx(rows: &[Vec<Field>]) -> Vec<u8> {
    let (mut texts, mut known) = (String::new(), HashMap::new());
    let mut sheet = String::new();
    for (row, fields) in rows.iter().enumerate() {
        write!(sheet, "<row r=\"{}\">", row + 1).unwrap();
        for (at, field) in fields.iter().enumerate() {
            let place = format!("{}{}", column(at), row + 1);
            match field {
                Field::Text(text) if text.is_empty() => {}
                Field::Text(text) => {
                    let next = known.len();
                    let number = *known.entry(text.clone()).or_insert_with(|| {
                        write!(texts, "<si><t xml:space=\"preserve\">{}</t></si>", escaped(text)).unwrap();
                        next
                    });
                    write!(sheet, "<c r=\"{place}\" t=\"s\"><v>{number}</v></c>").unwrap();
                }
                Field::Number(number) => write!(sheet, "<c r=\"{place}\"><v>{number}</v></c>").unwrap(),
                Field::Day(number) => write!(sheet, "<c r=\"{place}\" s=\"1\"><v>{number}</v></c>").unwrap(),
                Field::Raw(xml) => write!(sheet, "<c r=\"{place}\"{xml}</c>").unwrap(),
            }
        }
        sheet.push_str("</row>");
    }
    let texts = format!("<sst uniqueCount=\"{}\">{texts}</sst>", known.len());
    xlsx_of(&format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>"), &texts, "")
}

/// An XLSX file of a sheet and shared texts as they are given; `properties` of the workbook.
pub fn xlsx_of(sheet: &str, texts: &str, properties: &str) -> Vec<u8> {
    let workbook = format!(
        "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{properties}<sheets>\
         <sheet name=\"Signalen\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations =
        format!("<Relationships><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>");
    let package =
        format!("<Relationships><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
    zipped(&[
        ("_rels/.rels", package.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", b"<styleSheet><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
        ("xl/sharedStrings.xml", texts.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// An ODS file of one table, whose rows are given as XML.
pub fn ods_of(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"Signalen\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

/// An ODS file; a day is given as LibreOffice writes it.
pub fn ods(rows: &[Vec<Field>]) -> Vec<u8> {
    let mut table = String::new();
    for fields in rows {
        table.push_str("<table:table-row>");
        for field in fields {
            match field {
                Field::Text(text) if text.is_empty() => table.push_str("<table:table-cell/>"),
                Field::Text(text) => {
                    write!(table, "<table:table-cell office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>", escaped(text))
                        .unwrap();
                }
                Field::Number(number) => {
                    write!(table, "<table:table-cell office:value-type=\"float\" office:value=\"{number}\"/>").unwrap();
                }
                Field::Day(number) => {
                    let day = jiff::civil::date(1899, 12, 30) + jiff::Span::new().days(*number as i64);
                    write!(table, "<table:table-cell office:value-type=\"date\" office:date-value=\"{day}\"/>").unwrap();
                }
                Field::Raw(xml) => table.push_str(xml),
            }
        }
        table.push_str("</table:table-row>");
    }
    // What LibreOffice puts behind every table.
    table.push_str("<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>");
    ods_of(&table)
}

/// The records of an XLS file (BIFF8) with one sheet of these cell records.
pub fn xls_of(cells: &[u8], dimensions: [u32; 4]) -> Vec<u8> {
    let record = |typ: u16, data: &[u8]| {
        let length = u16::try_from(data.len()).unwrap();
        [typ.to_le_bytes().as_slice(), &length.to_le_bytes(), data].concat()
    };
    let bof = |kind: u16| record(0x0809, &[0x0600_u16.to_le_bytes(), kind.to_le_bytes(), [0; 2], [0; 2]].concat());
    let xf = |format: u16| record(0x00E0, &[[0; 2].as_slice(), &format.to_le_bytes(), &[0; 16]].concat());
    let name = b"Signalen";
    let globals = |position: u32| {
        let sheet = [position.to_le_bytes().as_slice(), &[0, 0, u8::try_from(name.len()).unwrap(), 0], name].concat();
        [bof(5), xf(0), xf(14), record(0x0085, &sheet), record(0x000A, &[])].concat()
    };
    let position = u32::try_from(globals(0).len()).unwrap();
    let [first_row, end_row, first_column, end_column] = dimensions;
    let narrow = |column: u32| u16::try_from(column).unwrap().to_le_bytes();
    let size = [first_row.to_le_bytes().as_slice(), &end_row.to_le_bytes(), &narrow(first_column), &narrow(end_column), &[0; 2]].concat();
    let stream = [globals(position), bof(0x10), record(0x0200, &size), cells.to_vec(), record(0x000A, &[])].concat();
    compound("Workbook", &stream)
}

/// An OLE file with one stream.
pub fn compound(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    file.create_stream(format!("/{name}")).unwrap().write_all(bytes).unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

/// An XLS file.
pub fn xls(rows: &[Vec<Field>]) -> Vec<u8> {
    let mut cells = Vec::new();
    let mut put = |typ: u16, row: usize, column: usize, style: u16, data: &[u8]| {
        let length = u16::try_from(data.len() + 6).unwrap();
        for word in [typ, length, u16::try_from(row).unwrap(), u16::try_from(column).unwrap(), style] {
            cells.extend(word.to_le_bytes());
        }
        cells.extend(data);
    };
    for (row, fields) in rows.iter().enumerate() {
        for (column, field) in fields.iter().enumerate() {
            match field {
                Field::Text(text) if text.is_empty() => {}
                Field::Text(text) => {
                    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    let length = u16::try_from(wide.len() / 2).unwrap();
                    put(0x0204, row, column, 0, &[length.to_le_bytes().as_slice(), &[1], &wide].concat());
                }
                Field::Number(number) => put(0x0203, row, column, 0, &number.to_le_bytes()),
                Field::Day(number) => put(0x0203, row, column, 1, &number.to_le_bytes()),
                Field::Raw(_) => {}
            }
        }
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    xls_of(&cells, [0, u32::try_from(rows.len()).unwrap(), 0, u32::try_from(width).unwrap()])
}
