//! Workbooks as partners send them, and as nobody should.

use super::{
    sample::{self, Field},
    tests::{HEADER, file, good, read},
    *,
};

/// The rows of a text file, as fields of a workbook.
fn fields(rows: &[String]) -> Vec<Vec<Field>> {
    let header = HEADER.to_owned();
    std::iter::once(&header).chain(rows).map(|row| row.split(';').map(Field::from).collect()).collect()
}

fn with(column: &str, field: Field) -> Vec<Vec<Field>> {
    let mut rows = fields(&[good("R-1")]);
    rows[1][HEADER.split(';').position(|name| name == column).unwrap()] = field;
    rows
}

fn of(bytes: Vec<u8>) -> Result<Vec<Result<Row, BadRow>>, FileError> {
    let mut rows = Rows::of(bytes, Reading::default())?;
    std::iter::from_fn(|| rows.next_row().transpose()).collect()
}

fn error(bytes: Vec<u8>) -> WorkbookError {
    match of(bytes) {
        Err(FileError::Workbook(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn fault(rows: &[Vec<Field>]) -> (String, String) {
    let rows = of(sample::xlsx(rows)).unwrap();
    let faults = &rows[0].as_ref().unwrap_err().faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    (faults[0].column.clone(), faults[0].text.clone())
}

#[test]
fn every_form_of_a_file_is_the_same_reports() {
    let texts = [good("R-1"), good("R-2").replace("Rietvoornpad", "Caf\u{e9}laan & zn <3>"), good("R-3")];
    let plain = read(file(&texts).as_bytes(), Encoding::Auto);
    let signals = |rows: &[Result<Row, BadRow>]| rows.iter().map(|row| row.as_ref().unwrap().signal.clone()).collect::<Vec<_>>();
    let mut typed = fields(&texts);
    for row in &mut typed[1..] {
        // As a spreadsheet keeps them: an amount, a date, a number of a house, a phone without its zero.
        (row[3], row[4], row[7], row[14]) =
            (Field::Number(1234.56), Field::Day(45_992.0), Field::Number(12.0), Field::Number(612_345_678.0));
    }
    for (form, bytes) in [
        ("xlsx", sample::xlsx(&fields(&texts))),
        ("xlsx", sample::xlsx(&typed)),
        ("ods", sample::ods(&typed)),
        ("xls", sample::xls(&typed)),
    ] {
        let rows = of(bytes).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(signals(&rows), signals(&plain), "{form}");
        assert_eq!(rows.iter().map(|row| row.as_ref().unwrap().row).collect::<Vec<_>>(), [2, 3, 4], "{form}");
    }
    let rows = Rows::of(sample::xlsx(&typed), Reading::default()).unwrap();
    assert_eq!((rows.total(), rows.sheets()), (Some(3), Some(("Signalen", [].as_slice()))));
}

#[test]
fn dates_are_read_as_they_are_kept() {
    for field in
        [Field::Day(46_031.0), Field::Number(46_031.0), Field::Number(20_260_109.0), Field::from("09-01-2026"), Field::Day(46_031.75)]
    {
        let rows = of(sample::xlsx(&with("signaaldatum", field.clone()))).unwrap();
        assert_eq!(rows[0].as_ref().unwrap().signal.signal_date.as_ref().unwrap().iso, "2026-01-09", "{field:?}");
    }
    let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c></row></sheetData></worksheet>";
    let book = sample::xlsx_of(sheet, "<sst/>", "<workbookPr date1904=\"1\"/>");
    let (_, opened) = workbook::Workbook::open(book, None).unwrap();
    assert!(opened.from_1904);
}

#[test]
fn what_a_spreadsheet_made_of_a_field_is_told_with_what_helps() {
    for (column, field, words) in [
        ("huisnummer", Field::Day(46_024.0), "2-1 wordt dan 2-jan"),
        ("huisnummer", Field::from("2-jan"), "2-1 wordt dan 2-jan"),
        ("toevoeging", Field::Day(46_024.0), "Tekst"),
        ("referentie", Field::from("1,23E+11"), "verloor cijfers"),
        ("referentie", Field::Number(1e15), "meer dan 15 cijfers"),
        ("referentie", Field::Number(2026.1), "nullen verloren"),
        ("referentie", Field::Day(46_024.0), "maakte er een datum van"),
        ("bedrag", Field::Day(46_024.0), "Getal"),
        ("bedrag", Field::Number(12.345), "hele centen"),
        ("bedrag", Field::from("1.250"), "dubbelzinnig bedrag"),
        ("signaaldatum", Field::from("04/03/2026"), "4 maart 2026 of 3 april 2026"),
        ("signaaldatum", Field::Number(12.0), "geen dag"),
        ("achternaam", Field::Raw(" t=\"b\"><v>1</v>"), "WAAR"),
        ("achternaam", Field::Raw(" t=\"e\"><v>#N/A</v>"), "#N/B"),
        ("achternaam", Field::Raw("><f>A1</f>"), "formule zonder uitkomst"),
        ("achternaam", Field::Raw("><f>A1</f><v></v>"), "formule zonder uitkomst"),
    ] {
        let (at, text) = fault(&with(column, field.clone()));
        assert!(at == column && text.contains(words), "{column} {field:?}: {at} {text}");
    }
    let long = of(sample::xlsx(&with("straat", Field::Text("\u{e9}".repeat(5_000))))).unwrap();
    assert!(long[0].as_ref().unwrap_err().faults[0].text.contains("langer dan 200"));
}

#[test]
fn a_formula_is_read_by_its_outcome() {
    let rows = of(sample::xlsx(&with("bedrag", Field::Raw("><f>600+12.5</f><v>612.5</v>")))).unwrap();
    assert_eq!(rows[0].as_ref().unwrap().signal.amount_cents, 61_250);
    let rows = of(sample::xlsx(&with("telefoon", Field::Raw(" t=\"str\"><f>IF(1,\"\",1)</f><v></v>")))).unwrap();
    assert_eq!(rows[0].as_ref().unwrap().signal.person.as_ref().unwrap().phone, "");
    let formula = "<table:table-cell table:formula=\"of:=A1\"/>";
    let rows = of(sample::ods(&with("telefoon", Field::Raw(formula)))).unwrap();
    assert!(rows[0].as_ref().unwrap_err().faults[0].text.contains("formule zonder uitkomst"));
}

#[test]
fn refused_rows_of_a_sheet_can_be_mended_and_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("refused.csv");
    let mut typed = fields(&[good("R-1"), good("R-2")]);
    (typed[1][3], typed[1][4], typed[1][13]) = (Field::Number(1234.5), Field::Number(45_992.0), Field::from("=KWAAD"));
    typed[1][7] = Field::from("2-jan");
    typed[2][1] = Field::from("krant");
    let mut rows = Rows::of(sample::xlsx(&typed), Reading::default()).unwrap();
    let mut out = RefusedFile::create(&path, rows.columns()).unwrap();
    while let Some(row) = rows.next_row().unwrap() {
        out.write(&row.unwrap_err(), rows.columns()).unwrap();
    }
    out.finish().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("\u{feff}_rij;_wat_er_mis_is;referentie;soort"), "{text}");
    assert!(text.contains("\n2;\"huisnummer het rekenblad") || text.contains("\n2;huisnummer het rekenblad"), "{text}");
    assert!(text.contains("'=KWAAD") && text.contains("1234,5;2025-12-01"), "{text}");
    std::fs::write(&path, text.replace("2-jan", "2-1").replace("krant", "huur")).unwrap();
    let mut again = Rows::open(&path, Reading::default()).unwrap();
    let first = again.next_row().unwrap().unwrap().unwrap();
    let second = again.next_row().unwrap().unwrap().unwrap();
    assert_eq!((first.signal.amount_cents, first.signal.arrears_since.unwrap().iso.as_str()), (123_450, "2025-12-01"));
    assert_eq!(first.signal.person.unwrap().surname, "=KWAAD");
    assert_eq!(second.signal, read(file(&[good("R-2")]).as_bytes(), Encoding::Auto)[0].as_ref().unwrap().signal);
}

#[test]
fn a_truncated_or_foreign_file_ends_in_a_sentence() {
    let whole = sample::xlsx(&fields(&[good("R-1")]));
    for length in [4, 30, whole.len() / 2, whole.len() - 10] {
        assert_eq!(error(whole[..length].to_vec()), WorkbookError::Broken, "{length}");
    }
    let whole = sample::xls(&fields(&[good("R-1")]));
    for length in [8, 600, whole.len() / 2] {
        assert_eq!(error(whole[..length].to_vec()), WorkbookError::Broken, "{length}");
    }
    assert_eq!(error(sample::zipped(&[("word/document.xml", b"<x/>")])), WorkbookError::Unsupported);
    assert_eq!(error(sample::zipped(&[("xl/workbook.bin", b"")])), WorkbookError::Unsupported);
    assert_eq!(error(sample::compound("EncryptedPackage", b"x")), WorkbookError::Password);
    assert_eq!(error(sample::compound("WordDocument", b"x")), WorkbookError::Unsupported);
    assert_eq!(error(sample::xlsx_of("<chartsheet/>", "<sst/>", "")), WorkbookError::Broken);
    for (start, words) in [("%PDF-1.7", "een PDF"), (" <HTML><body>", "webpagina"), ("\u{feff}<?xml version=\"1.0\"?>", "webpagina")] {
        let said = of(start.as_bytes().to_vec()).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    // Calamine waits for ever for the end of such a table.
    let rows = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>x";
    assert_eq!(error(sample::ods_of(rows)), WorkbookError::Broken);
    assert_eq!(error(sample::ods_of(&format!("{rows}</text:p></table:table-cell></table:table-row><!--"))), WorkbookError::Broken);
    assert!(WorkbookError::Broken.to_string().contains("bewaar het opnieuw als XLSX"));
}

#[test]
fn a_zip_bomb_is_known_by_its_list_of_contents() {
    let sheet = format!("<worksheet><sheetData>{}</sheetData></worksheet>", " ".repeat(20 << 20));
    assert_eq!(error(sample::xlsx_of(&sheet, "<sst/>", "")), WorkbookError::Bomb);
}

#[test]
fn a_list_of_contents_that_lies_is_found_out() {
    let sheet = format!("<worksheet><sheetData>{}</sheetData></worksheet>", " ".repeat(1 << 20));
    let mut lying = sample::xlsx_of(&sheet, "<sst/>", "");
    // The size unpacked of the sheet, in the list at the end and before the part itself.
    let (size, small) = (u32::try_from(sheet.len()).unwrap().to_le_bytes(), 100_u32.to_le_bytes());
    let places: Vec<usize> = lying.windows(4).enumerate().filter(|(_, bytes)| *bytes == size).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        lying[at..at + 4].copy_from_slice(&small);
    }
    assert!(matches!(error(lying), WorkbookError::Bomb | WorkbookError::Broken));
}

#[test]
fn what_stands_for_millions_of_cells_is_not_made() {
    let sheet = |cells: &str| format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    let row = "<row><c t=\"inlineStr\"><is><t>x</t></is></c></row>";
    // So that it is not known by how well it packs.
    let noise: String =
        (0..3 << 20_u32).map(|at: u32| char::from(b'a' + u8::try_from(at.wrapping_mul(2_654_435_761) >> 28).unwrap())).collect();
    let long = sheet(&row.replace(">x<", &format!(">{noise}<")));
    for (what, bytes) in [
        ("a long text", sample::xlsx_of(&long, "<sst/>", "")),
        (
            "a far row",
            sample::xlsx_of(
                &sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"900000\"><c r=\"A900000\"><v>1</v></c></row>"),
                "<sst/>",
                "",
            ),
        ),
        ("a far column", sample::xlsx_of(&sheet("<row r=\"1\"><c r=\"ZZZ1\"><v>1</v></c></row>"), "<sst/>", "")),
        ("room for texts", sample::xlsx_of(&sheet(row), "<sst uniqueCount=\"99999999999\"></sst>", "")),
        ("shared formulas", sample::xlsx_of(&sheet("<row><c><f t=\"shared\" si=\"4000000000\">A1</f></c></row>"), "<sst/>", "")),
        (
            "ods columns",
            sample::ods_of(
                "<table:table-row><table:table-cell office:value=\"1\" office:value-type=\"float\" table:number-columns-repeated=\"16000\"/></table:table-row>",
            ),
        ),
        (
            "ods rows",
            sample::ods_of(
                "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell office:value=\"1\" office:value-type=\"float\"/></table:table-row>",
            ),
        ),
        (
            "ods blanks",
            sample::ods_of(
                "<table:table-row><table:table-cell office:value-type=\"string\"><text:p><text:s text:c=\"4000000000\"/></text:p></table:table-cell></table:table-row>",
            ),
        ),
        ("xls dimensions", sample::xls_of(&[], [0, 60_000, 0, 60_000])),
        ("xls far cell", sample::xls_of(&[0x03, 0x02, 14, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 1])),
    ] {
        let found = match of(bytes) {
            Err(FileError::Workbook(error)) => error,
            other => panic!("{what}: {other:?}"),
        };
        assert!(matches!(found, WorkbookError::TooLarge | WorkbookError::Broken), "{what}: {found:?}");
    }
}
