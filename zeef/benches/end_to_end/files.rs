//! Partner files: rows a second from bytes to reports, next to the libraries alone reading the same file.

use std::{
    fs,
    io::BufReader,
    path::{Path, PathBuf},
    time::Instant,
};

use calamine::{Reader as _, Xlsx};
use zeef::partner_file::{Reading, Rows};

use super::report::Report;
use crate::support::{
    house::House,
    sending, until,
    workbook::{self, Field},
};

const HEADER: &str = "referentie;soort;gemeentecode;bedrag;achterstand_sinds;signaaldatum;straat;huisnummer;toevoeging;postcode;plaats;\
                      voorletters;tussenvoegsel;achternaam;telefoon;email;persoonlijk_contact;op_hulp_gewezen;herinnering;aanbod_doorgeven";
const ROUNDS: usize = 3;

/// A fictional household's report; each number is a door of its own.
fn row(number: usize) -> String {
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 18).unwrap_or(0));
    format!(
        "B-{number:07};huur;9001;{},{:02};01-12-2025;15-01-2026;Rietzangerstraat;{};;{} {}{};Waterveen;B.;van;Proefhuurder-{number};0600000000;\
         huurder{number}@example.nl;ja 2026-01-05;ja 2026-01-05;ja 2026-01-02;ja 2026-01-02",
        600 + number % 900,
        number % 100,
        1 + number / 3_240,
        3_500 + number % 10,
        letter(number / 10),
        letter(number / 180)
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
fn written(dir: &Path, many: usize) -> (PathBuf, PathBuf) {
    let rows: Vec<String> = (0..many).map(row).collect();
    let (csv, xlsx) = (dir.join("rows.csv"), dir.join("rows.xlsx"));
    fs::write(&csv, format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"))).expect("written");
    let header = HEADER.to_owned();
    let fields: Vec<Vec<Field>> = std::iter::once(&header).chain(&rows).map(|row| row.split(';').map(Field::from).collect()).collect();
    fs::write(&xlsx, workbook::xlsx(&fields)).expect("written");
    (csv, xlsx)
}

/// Reads the files, and sends them: three times, and broken off half-way once.
pub async fn measure(report: &mut Report, many: usize) {
    let setting = "partner file";
    let dir = tempfile::tempdir().expect("a directory");
    let (csv, xlsx) = written(dir.path(), many);
    report.floor(setting, "rows", many as f64, "");
    let floor = best(many, || csv_alone(&csv));
    report.floor(setting, "the csv crate alone", floor, "rows/s");
    let csv_read = best(many, || ours(&csv));
    report.beside(setting, "CSV to reports", csv_read, "rows/s", floor, "the csv crate alone");
    let floor = best(many, || calamine_alone(&xlsx));
    report.floor(setting, "calamine alone, a cell at a time", floor, "rows/s");
    let xlsx_read = best(many, || ours(&xlsx));
    report.beside(setting, "XLSX to reports", xlsx_read, "rows/s", floor, "calamine alone, which measures nothing first");

    let house = House::embedded("2026-01-16T09:00:00+01:00").await;
    // Half-way the sender is killed, and so is the house.
    sending::killed(&house, &csv, &format!("B-{:07}", many / 2)).await;
    house.kill9("zeef");
    house.restart("zeef").await;
    let send = async |file: &Path| {
        let begun = Instant::now();
        let (accepted, repeated, refused) = sending::counts(&house, file).await;
        assert_eq!((accepted + repeated, refused), (many as u64, 0), "every row was taken");
        (accepted, many as f64 / begun.elapsed().as_secs_f64())
    };
    let (rest, rate) = send(&csv).await;
    assert!(0 < rest && rest < many as u64, "it was broken off half-way: {rest} were not yet in");
    report.floor(setting, "not yet in when broken off", rest as f64, "");
    report.beside(setting, "CSV sent again after that", rate, "rows/s", csv_read, "only read");
    for (file, measured, read) in [(&csv, "CSV sent a third time", csv_read), (&xlsx, "XLSX of the same rows sent", xlsx_read)] {
        let (new, rate) = send(file).await;
        assert_eq!(new, 0, "the same reports are the same reports");
        report.beside(setting, measured, rate, "rows/s", read, "only read");
    }
    until("as sent once: every report has one plan", async || match sending::planned(&house).await.into_values().sum::<usize>() {
        found if found == many => Ok(()),
        found => Err(format!("{found} plans")),
    })
    .await;
    sending::verified(&house).await;
    house.stop().await;
}
