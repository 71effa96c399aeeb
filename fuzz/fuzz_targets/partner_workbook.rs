//! A partner's workbook: any bytes; any sheet in a right XLSX file; any contents in a right ODS file; any records in a right XLS file.
#![cfg_attr(fuzzing, no_main)]

#[allow(dead_code)]
#[path = "../../zeef/tests/support/workbook.rs"]
mod workbook;

use libfuzzer_sys::{Corpus, fuzz_target};
use zeef::partner_file::{Reading, Rows};

fuzz_target!(|data: &[u8]| -> Corpus {
    let [choice, bytes @ ..] = data else { return Corpus::Reject };
    let whole = match choice % 6 {
        0 => bytes.to_vec(),
        1 => match std::str::from_utf8(bytes) {
            Ok(sheet) => workbook::xlsx_of(sheet, "<sst><si><t>referentie</t></si><si><t>2-jan</t></si></sst>", ""),
            Err(_) => return Corpus::Reject,
        },
        2 => match std::str::from_utf8(bytes) {
            Ok(texts) => {
                let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
                workbook::xlsx_of(sheet, texts, "<workbookPr date1904=\"1\"/>")
            }
            Err(_) => return Corpus::Reject,
        },
        3 => match std::str::from_utf8(bytes) {
            Ok(rows) => workbook::ods_of(rows),
            Err(_) => return Corpus::Reject,
        },
        4 => workbook::xls_of(bytes, [0, 10, 0, 10]),
        _ => workbook::compound("Workbook", bytes),
    };
    if let Ok(mut rows) = Rows::of(whole, Reading::default()) {
        while let Ok(Some(_)) = rows.next_row() {}
    }
    Corpus::Keep
});
