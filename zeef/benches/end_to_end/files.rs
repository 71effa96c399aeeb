//! Partner files: rows a second from bytes to reports, next to the libraries alone reading the same file.

use std::{fs, io::BufReader, path::Path, time::Instant};

use calamine::{Reader as _, Xlsx};
use zeef::partner_file::{Reading, Rows};

use super::report::Report;
use crate::support::workbook::{self, Field};

const HEADER: &str = "referentie;soort;gemeentecode;bedrag;achterstand_sinds;signaaldatum;straat;huisnummer;toevoeging;postcode;plaats;\
                      voorletters;tussenvoegsel;achternaam;telefoon;email;persoonlijk_contact;op_hulp_gewezen;herinnering;aanbod_doorgeven";
const ROUNDS: usize = 3;

fn row(number: usize) -> String {
    format!(
        "B-{number:07};huur;9001;{},{:02};01-12-2025;15-01-2026;Rietzangerstraat;{};;3509 AB;Waterveen;B.;van;Proefhuurder-{number};0600000000;\
         huurder{number}@example.nl;ja 2026-01-05;ja 2026-01-05;ja 2026-01-02;ja 2026-01-02",
        600 + number % 900,
        number % 100,
        1 + number % 900
    )
}

/// Rows a second, the best of a few rounds.
fn best(many: usize, work: impl Fn() -> usize) -> f64 {
    let rates = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        assert_eq!(work(), many, "every row was read");
        many as f64 / begun.elapsed().as_secs_f64()
    });
    rates.fold(0.0, f64::max)
}

fn ours(file: &Path) -> usize {
    let mut rows = Rows::open(file, Reading::default()).expect("opens");
    std::iter::from_fn(|| rows.next_row().expect("reads")).filter(Result::is_ok).count()
}

fn csv_alone(file: &Path) -> usize {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_path(file).expect("opens");
    let (mut record, mut many) = (csv::StringRecord::new(), 0);
    while reader.read_record(&mut record).expect("reads") {
        many += 1;
    }
    many
}

fn calamine_alone(file: &Path) -> usize {
    let mut book = Xlsx::new(BufReader::new(fs::File::open(file).expect("opens"))).expect("opens");
    let mut cells = book.worksheet_cells_reader("Signalen").expect("opens");
    let mut last = 0;
    while let Some(cell) = cells.next_cell().expect("reads") {
        last = cell.get_position().0;
    }
    last as usize
}

/// The same rows as CSV and XLSX.
pub fn measure(report: &mut Report, many: usize) {
    let setting = "partner file";
    let dir = tempfile::tempdir().expect("a directory");
    let rows: Vec<String> = (0..many).map(row).collect();
    let (csv, xlsx) = (dir.path().join("rows.csv"), dir.path().join("rows.xlsx"));
    fs::write(&csv, format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"))).expect("written");
    let header = HEADER.to_owned();
    let fields: Vec<Vec<Field>> = std::iter::once(&header).chain(&rows).map(|row| row.split(';').map(Field::from).collect()).collect();
    fs::write(&xlsx, workbook::xlsx(&fields)).expect("written");
    drop((rows, fields));

    report.floor(setting, "rows", many as f64, "");
    let floor = best(many, || csv_alone(&csv));
    report.floor(setting, "the csv crate alone", floor, "rows/s");
    report.beside(setting, "CSV to reports", best(many, || ours(&csv)), "rows/s", floor, "the csv crate alone");
    let floor = best(many, || calamine_alone(&xlsx));
    report.floor(setting, "calamine alone, a cell at a time", floor, "rows/s");
    report.beside(setting, "XLSX to reports", best(many, || ours(&xlsx)), "rows/s", floor, "calamine alone, which measures nothing first");
}
