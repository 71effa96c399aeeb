//! Owns the reading of a sample region: reports, landlords' stages and the chain of dated facts, as one list of lines.

use std::{collections::BTreeMap, fs, path::Path};

use jiff::{Timestamp, civil};
use kernel::days::amsterdam;
use proto::intake::v1::{LandlordStage, Signal};

use super::{PlayError, facts::Details};
use crate::partner_file::{self, Encoding, Notation, Reading, Rows};

/// Time of day at which reports arrive.
const ARRIVAL: civil::Time = civil::time(9, 30, 0, 0);

/// A region, read.
#[derive(Clone, Debug)]
pub struct Region {
    /// In the order of time.
    pub lines: Vec<Line>,
    /// The partner of each reference.
    pub partners: BTreeMap<String, String>,
    /// Every municipality in it.
    pub gemeenten: Vec<String>,
    /// The routing policies that two officers bring into force before anything happens: municipality and text.
    pub policies: Vec<(String, String)>,
}

/// Something that happens.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Whose: a partner's or bailiff's reference.
    pub reference: String,
    /// Where it stands: file and line.
    pub place: String,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum What {
    /// A report of arrears.
    Signal(Box<Signal>),
    /// A landlord's step 1 or 2.
    Stage {
        /// Which.
        stage: LandlordStage,
        /// Municipality.
        gemeentecode: String,
        /// Cents.
        amount_cents: i64,
    },
    /// A line of the chain: its word and details.
    Told(String, Details),
}

/// The three files of a region.
#[derive(Clone, Copy)]
struct Files<'a> {
    signals: &'a str,
    stages: &'a str,
    chain: &'a str,
}

impl Region {
    /// The fictional region that is part of this binary.
    ///
    /// # Errors
    /// [`PlayError::Sample`]; a test holds that there is none.
    pub fn sample() -> Result<Self, PlayError> {
        let region = Self::read(Files {
            signals: include_str!("../../../samples/signals.csv"),
            stages: include_str!("../../../samples/landlord-stages.csv"),
            chain: include_str!("../../../samples/chain.csv"),
        })?;
        let policies = [
            ("9001", include_str!("../../../policies/9001.toml")),
            ("9002", include_str!("../../../policies/9002.toml")),
            ("9003", include_str!("../../../policies/9003.toml")),
        ];
        Ok(Self { policies: policies.map(|(code, text)| (code.to_owned(), text.to_owned())).into(), ..region })
    }

    /// A region from a directory with `signals.csv`, `landlord-stages.csv` and `chain.csv`; the shipped routing policy decides there.
    ///
    /// # Errors
    /// [`PlayError::Sample`] with file and line.
    pub fn from_dir(dir: &Path) -> Result<Self, PlayError> {
        let read = |name: &str| fs::read_to_string(dir.join(name)).map_err(|error| PlayError::sample(dir.join(name).display(), error));
        Self::read(Files { signals: &read("signals.csv")?, stages: &read("landlord-stages.csv")?, chain: &read("chain.csv")? })
    }

    fn read(files: Files<'_>) -> Result<Self, PlayError> {
        let mut region = Self { lines: Vec::new(), partners: BTreeMap::new(), gemeenten: Vec::new(), policies: Vec::new() };
        region.signals(files.signals)?;
        for row in table(files.stages, "landlord-stages.csv")? {
            let [date, time, partner, reference, gemeentecode, step, amount] = row.fields()?;
            region.partners.insert(reference.clone(), partner);
            let stage = match step.as_str() {
                "1" => LandlordStage::Arrears,
                "2" => LandlordStage::Contact,
                other => return Err(row.wrong(format!("stap 1 of 2 verwacht, niet {other}"))),
            };
            let amount_cents = partner_file::amount(&amount, Notation::default()).map_err(|error| row.wrong(error))?;
            region.gemeente(&gemeentecode);
            let (at, place) = (row.at(&date, &time)?, row.place.clone());
            region.lines.push(Line { at, reference, place, what: What::Stage { stage, gemeentecode, amount_cents } });
        }
        for row in table(files.chain, "chain.csv")? {
            let [date, time, reference, what, details] = row.fields()?;
            let details = Details::parse(&details).map_err(|error| row.wrong(error))?;
            let (at, place) = (row.at(&date, &time)?, row.place.clone());
            region.lines.push(Line { at, reference, place, what: What::Told(what, details) });
        }
        // A stable sort: lines of one moment stay in the order of the files.
        region.lines.sort_by_key(|line| line.at);
        Ok(region)
    }

    fn signals(&mut self, text: &str) -> Result<(), PlayError> {
        let mut rows = Rows::of(text.as_bytes().to_vec(), Reading { encoding: Encoding::Utf8, ..Reading::default() })
            .map_err(|error| PlayError::sample("signals.csv", error))?;
        while let Some(row) = rows.next_row().map_err(|error| PlayError::sample("signals.csv", error))? {
            let row = row.map_err(|bad| {
                let fault = bad.faults.first().map(|fault| format!("{} {}", fault.column, fault.text)).unwrap_or_default();
                PlayError::sample(format!("signals.csv:{}", bad.row), fault)
            })?;
            let place = format!("signals.csv:{}", row.row);
            let partner = row.reporter.ok_or_else(|| PlayError::sample(&place, "melder is leeg"))?;
            let date = row.signal.signal_date.as_ref().and_then(|day| day.iso.parse::<civil::Date>().ok());
            let at = date.and_then(|day| instant(day, ARRIVAL)).ok_or_else(|| PlayError::sample(&place, "signaaldatum"))?;
            self.gemeente(&row.signal.gemeentecode);
            self.partners.insert(row.signal.reference.clone(), partner);
            self.lines.push(Line { at, reference: row.signal.reference.clone(), place, what: What::Signal(Box::new(row.signal)) });
        }
        Ok(())
    }

    fn gemeente(&mut self, code: &str) {
        if !self.gemeenten.iter().any(|known| known == code) {
            self.gemeenten.push(code.to_owned());
        }
    }
}

struct Row {
    place: String,
    record: csv::StringRecord,
}

impl Row {
    fn wrong(&self, text: impl std::fmt::Display) -> PlayError {
        PlayError::sample(&self.place, text)
    }

    fn fields<const N: usize>(&self) -> Result<[String; N], PlayError> {
        let fields: Vec<String> = self.record.iter().map(|field| field.trim().to_owned()).collect();
        let found = fields.len();
        fields.try_into().map_err(|_| self.wrong(format!("{N} velden verwacht, {found} gevonden")))
    }

    fn at(&self, date: &str, time: &str) -> Result<Timestamp, PlayError> {
        let day = crate::parse::date(date).map_err(|error| self.wrong(error))?;
        let time: civil::Time = time.parse().map_err(|_| self.wrong("uu:mm verwacht, bijvoorbeeld 09:30"))?;
        instant(day, time).ok_or_else(|| self.wrong("dit uur bestaat niet"))
    }
}

fn instant(day: civil::Date, time: civil::Time) -> Option<Timestamp> {
    day.to_datetime(time).to_zoned(amsterdam().clone()).ok().map(|zoned| zoned.timestamp())
}

/// Rows after the header; lines that begin with # are remarks.
fn table(text: &str, name: &str) -> Result<Vec<Row>, PlayError> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').comment(Some(b'#')).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| PlayError::sample(name, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(Row { place: format!("{name}:{line}"), record });
    }
    Ok(rows)
}
