//! `zeef signals receipt`, `verify` and `keys`: receipts as they are fetched, checked without any service, and their keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use intake::receipt::{
    Signed, check,
    keys::{PUBLISHED, ReceiptKeys, Revoked},
    paper,
    words::{self, Fact},
};
use jiff::Timestamp;
use kernel::{Gemeentecode, days::amsterdam_date};
use proto::intake::v1::{GetReceiptKeysRequest, GetReceiptRequest};
use service::{Actor, Role};

use crate::{
    Failure,
    out::{self, Out},
    parse,
    reach::Reach,
};

/// One receipt.
#[derive(clap::Args)]
pub struct Receipt {
    /// The id that the report was answered with.
    id: String,
    /// Code of the reporting organisation, for a token made on this machine; without it staff asks.
    #[arg(long, value_name = "CODE")]
    organisation: Option<String>,
    /// Writes the signed receipt to this file instead of showing it.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Writes it as PDF, with a code that leads to the page that checks it, to this file instead.
    #[arg(long, value_name = "FILE", requires = "public_url", conflicts_with = "to")]
    pdf: Option<PathBuf>,
    /// Address of the public pages, as in `zeef up`.
    #[arg(long, env = "ZEEF_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

/// A check without any service.
#[derive(clap::Args)]
pub struct Verify {
    /// The receipt: JSON or PDF, as `zeef signals receipt` gives it.
    receipt: PathBuf,
    /// The published keys; without it `receipt-keys.json` in the data directory.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

/// The keys of receipts.
#[derive(clap::Args)]
pub struct Keys {
    #[command(subcommand)]
    what: KeysWhat,
}

#[derive(clap::Subcommand)]
enum KeysWhat {
    /// The public keys. With --json as the service publishes them: the file for `zeef signals verify --keys`.
    Show {
        /// Of this key file, without asking the service.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Makes a key file with a first key for each municipality.
    Make {
        /// The key file; it must not be there yet.
        file: PathBuf,
        /// A municipality; may be repeated.
        #[arg(long, required = true, value_name = "GEMEENTECODE")]
        gemeente: Vec<Gemeentecode>,
    },
    /// Adds a new key for a municipality to the key file; the one before it stays, for what came in in its days.
    Rotate {
        /// The key file, as in --receipt-keys of `zeef serve`. Every replica is started anew with it.
        file: PathBuf,
        /// Whose.
        #[arg(long, value_name = "GEMEENTECODE")]
        gemeente: Gemeentecode,
        /// From which moment of arrival on; not in the past, for what came in before has receipts.
        #[arg(long, value_name = "INSTANT", value_parser = parse::instant)]
        from: Timestamp,
    },
    /// Takes a key back in the key file, and adds another for the same days.
    Revoke {
        /// The key file.
        file: PathBuf,
        /// The key's name.
        #[arg(long, value_name = "KEY")]
        key: String,
        /// Why, as people are told.
        #[arg(long)]
        reason: String,
    },
}

impl Receipt {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let actor = match &self.organisation {
            Some(organisation) => Actor::person("zeef-cli", organisation, &[Role::Landlord, Role::Operator], &[]),
            None => Actor::person("zeef-cli", "zeef", &[Role::Desk, Role::Operator], &[]),
        };
        let mut client = reach.intake_as(&actor).await?;
        let answer = client.get_receipt(GetReceiptRequest { receipt_id: self.id }).await.map_err(|status| Failure::said(&status))?;
        let answer = answer.into_inner();
        let receipt = answer.receipt.unwrap_or_default();
        if !receipt.replaced_by_receipt_id.is_empty() {
            out::note(format!("Deze melding is verbeterd; het meldbewijs dat nu geldt is {}.", receipt.replaced_by_receipt_id))?;
        }
        if answer.withdrawn {
            out::note("Deze melding is ingetrokken.")?;
        }
        if let (Some(file), Some(public)) = (&self.pdf, &self.public_url) {
            let signed: Signed = serde_json::from_str(&receipt.document).map_err(|error| Failure::because(&error))?;
            return Ok(fs::write(file, paper::pdf(&signed, public).map_err(|error| Failure::because(&error))?)?);
        }
        match &self.to {
            Some(file) => Ok(fs::write(file, receipt.document)?),
            None => {
                let mut out = reach.out();
                out.line(receipt.document)?;
                out.flush()
            }
        }
    }
}

impl Verify {
    /// Ends well only when the receipt holds.
    pub fn run(self, reach: &Reach) -> Result<(), Failure> {
        let keys = self.keys.unwrap_or_else(|| reach.data().join(PUBLISHED));
        let told = |file: &Path, bad: check::Bad| Failure::of(format!("{}: {bad}", file.display()));
        let published =
            check::published(&fs::read_to_string(&keys).map_err(|error| of_file(&keys, &error))?).map_err(|bad| told(&keys, bad))?;
        let bytes = fs::read(&self.receipt).map_err(|error| of_file(&self.receipt, &error))?;
        let mut out = reach.out();
        let (signed, check_url) = if bytes.starts_with(PDF) {
            match check::on_paper(&bytes, &published) {
                Ok(paper) => (paper.signed, Some(paper.check_url)),
                Err(bad) => {
                    if let check::Bad::Paper(signed) = &bad {
                        words::lines(&signed.document).iter().try_for_each(|line| out::note(text(line)))?;
                    }
                    return Err(told(&self.receipt, bad));
                }
            }
        } else {
            let json = String::from_utf8_lossy(&bytes);
            (check::receipt(&json, &published).map_err(|bad| told(&self.receipt, bad))?, None)
        };
        if out.json() {
            out.document(&signed)?;
        } else {
            show(&mut out, &signed, check_url.as_deref())?;
        }
        out.flush()
    }
}

/// How a PDF begins.
const PDF: &[u8] = b"%PDF-";

fn of_file(file: &Path, error: &std::io::Error) -> Failure {
    Failure::of(format!("{}: {error}", file.display()))
}

/// What the receipt says, in Dutch: what was declared, no judgment.
fn show(out: &mut Out, signed: &Signed, check_url: Option<&str>) -> Result<(), Failure> {
    out.line("Dit meldbewijs klopt: de gemeente heeft het ondertekend en er is niets aan veranderd.")?;
    if let Some(url) = check_url {
        out.line(format!(
            "Op het papier staat hetzelfde als in het meldbewijs. De code erop leidt naar {url}; ga na of dat de gemeente is."
        ))?;
    }
    words::lines(&signed.document).iter().try_for_each(|line| out.line(text(line)))
}

fn text(line: &Fact) -> String {
    format!("{}: {}", line.label.nl, line.text.nl)
}

impl Keys {
    pub async fn run(self, reach: &Reach) -> Result<(), Failure> {
        let mut out = reach.out();
        match self.what {
            KeysWhat::Show { file } => {
                let keys = match file {
                    Some(file) => open(&file)?.public(),
                    None => {
                        let mut client = reach.intake().await?;
                        let answer = client.get_receipt_keys(GetReceiptKeysRequest {}).await.map_err(|status| Failure::said(&status))?;
                        check::published(&answer.into_inner().keys).map_err(|bad| Failure::because(&bad))?
                    }
                };
                if out.json() {
                    out.document(&keys)?;
                } else {
                    let day = |at: Timestamp| amsterdam_date(at).to_string();
                    let rows = keys.keys.iter().map(|key| {
                        let about = &key.about;
                        let revoked = about.revoked.as_ref().map(|one| format!("{}: {}", day(one.at), one.reason));
                        [
                            about.id.clone(),
                            about.gemeentecode.to_string(),
                            day(about.from),
                            about.until.map(day).unwrap_or_default(),
                            revoked.unwrap_or_default(),
                        ]
                    });
                    out.table(&["Sleutel", "Gemeente", "Vanaf", "Tot", "Ingetrokken"], rows, "Er zijn geen sleutels.")?;
                }
            }
            KeysWhat::Make { file, gemeente } => {
                if file.exists() {
                    return Err(Failure::usage(format!("{} is there already: `zeef signals keys rotate` adds a key", file.display())));
                }
                ReceiptKeys::open(&file, true, gemeente).map_err(|error| Failure::because(&error))?;
            }
            KeysWhat::Rotate { file, gemeente, from } => {
                let mut keys = open(&file)?;
                if from < Timestamp::now() {
                    return Err(Failure::usage("--from lies in the past: what came in since has receipts of the key of those days"));
                }
                let key = keys.rotate(gemeente, from);
                keys.save(&file).map_err(|error| Failure::because(&error))?;
                out.line(format!("{key} tekent wat vanaf {from} binnenkomt; start intake opnieuw en publiceer de sleutels"))?;
            }
            KeysWhat::Revoke { file, key, reason } => {
                let mut keys = open(&file)?;
                let other = keys.revoke(&key, Revoked { at: Timestamp::now(), reason }).map_err(|error| Failure::because(&error))?;
                keys.save(&file).map_err(|error| Failure::because(&error))?;
                out.line(format!("{key} is ingetrokken, {other} komt ervoor in de plaats; start intake opnieuw en publiceer de sleutels"))?;
            }
        }
        out.flush()
    }
}

fn open(file: &Path) -> Result<ReceiptKeys, Failure> {
    ReceiptKeys::open(file, false, []).map_err(|error| Failure::because(&error))
}
