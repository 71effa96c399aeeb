//! `zeef ddas`: the delivery of early signals to CBS.

use std::{fs, path::PathBuf};

use jiff::{Timestamp, civil::Date};
use kernel::Gemeentecode;
use proto::{
    common::v1 as common,
    desk::v1::{DdasCase, ReadDdasRequest},
    intake::v1::OpenHouseholdRequest,
};
use tonic::Code;

use crate::{
    Failure,
    ddas::{Delivery, Part, Sender},
    out::{self, Out, Working},
    reach::Reach,
};

/// Why the vault is opened: it stands in the log of processing (*Logboek Dataverwerkingen*).
const PURPOSE: &str = "ddas-delivery";

/// The national exchange model (DDAS Vroegsignalering v0.9).
#[derive(clap::Args)]
pub struct Ddas {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The delivery of one or more municipalities, as JSON. Holds personal data: the names and addresses of the reports.
    Export(Export),
}

#[derive(clap::Args)]
struct Export {
    /// Of this municipality; may be given more than once.
    #[arg(long = "municipality", value_name = "GEMEENTECODE", required = true)]
    municipalities: Vec<Gemeentecode>,
    /// Signals received from this day on.
    #[arg(long)]
    from: Date,
    /// To this day.
    #[arg(long)]
    to: Date,
    /// Code of who supplies the data (`codeGegevensleverancier`).
    #[arg(long, value_name = "CODE")]
    supplier: String,
    /// Name of who delivers, when it is known.
    #[arg(long, value_name = "NAME")]
    sender: Option<String>,
    /// Its number in the trade register.
    #[arg(long, value_name = "NUMBER")]
    kvk: Option<String>,
    /// Where to; standard output by default.
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
}

impl Ddas {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let What::Export(export) = &self.what;
        if export.from > export.to {
            return Err(Failure::usage("--from ligt na --to"));
        }
        self.export(export, &mut out).await?;
        out.flush()
    }

    async fn export(&self, asked: &Export, out: &mut Out) -> Result<(), Failure> {
        let sender = Sender { name: asked.sender.clone(), kvk: asked.kvk.clone() };
        let mut delivery = Delivery {
            from: asked.from.to_string(),
            to: asked.to.to_string(),
            made_at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            supplier: asked.supplier.clone(),
            parts: Vec::new(),
        };
        let (mut cases, mut missing) = (0, 0);
        let working = Working::through(None, "zaken");
        for (number, gemeente) in (1..).zip(&asked.municipalities) {
            let mut part = Part::new(number, gemeente.to_string(), sender.clone());
            for case in self.read(*gemeente, asked).await? {
                cases += 1;
                working.one_more();
                missing += usize::from(!case.gaps.is_empty());
                let records = self.records(&case.case_id).await?;
                part.add(case, &records);
            }
            delivery.parts.push(part);
        }
        drop(working);
        let text = serde_json::to_string_pretty(&delivery).map_err(|error| Failure::because(&error))?;
        match &asked.to_file {
            Some(file) => fs::write(file, text).map_err(|error| Failure::because(&error))?,
            None => out.line(text)?,
        }
        out::note(format!(
            "{cases} zaken, waarvan {missing} onvolledig (`zeef case list --ddas missing`); burgerservicenummer en geboortedatum staan niet in \
             meldingen en dus niet in deze levering"
        ))
    }

    async fn read(&self, gemeente: Gemeentecode, asked: &Export) -> Result<Vec<DdasCase>, Failure> {
        let day = |day: Date| Some(common::Date { iso: day.to_string() });
        let request = ReadDdasRequest {
            gemeentecode: gemeente.to_string(),
            from: day(asked.from),
            to: day(asked.to),
            at_least: self.reach.at_least_all(),
        };
        let mut stream = self.reach.desk_as_staff().await?.read_ddas(request).await?.into_inner();
        let mut cases = Vec::new();
        while let Some(case) = stream.message().await? {
            cases.push(case);
        }
        Ok(cases)
    }

    /// Who the reports of a case are about; nobody any more when the vault forgot them.
    async fn records(&self, case: &str) -> Result<Vec<proto::intake::v1::OpenedRecord>, Failure> {
        let request = OpenHouseholdRequest { case_id: case.to_owned(), purpose: PURPOSE.to_owned() };
        match self.reach.intake().await?.open_household(request).await {
            Ok(opened) => Ok(opened.into_inner().records),
            // Erased, or restricted: a delivery is no legal claim (AVG art. 18(2)).
            Err(status) if matches!(status.code(), Code::NotFound | Code::FailedPrecondition) => Ok(Vec::new()),
            Err(status) => Err(status.into()),
        }
    }
}
