//! `zeef partners`: the register of agreements, read from its file; and which partners reported final supplies too late.

use std::path::PathBuf;

use intake::register::{FILE, Register};
use kernel::Gemeentecode;
use proto::desk::v1::ListLateSuppliesRequest;
use schemars::JsonSchema;
use serde::Serialize;
use service::room::Pages;

use crate::{Failure, out::Out, reach::Reach, words};

/// Partners and their agreements.
#[derive(clap::Args)]
pub struct Partners {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Who may report what, where, and under which agreement.
    List(FromFile),
    /// Whether the register can be used; says what is wrong with it.
    Check(FromFile),
    /// Final supplies that partners reported after their last day, for whoever keeps up with them.
    Late(Box<Late>),
}

#[derive(clap::Args)]
struct FromFile {
    /// The folder of the policies.
    #[arg(long, env = "ZEEF_POLICIES", default_value = "policies", value_name = "DIR")]
    policies: PathBuf,
    /// Answer in JSON, by docs/schemas/partners-list.json.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Late {
    #[command(flatten)]
    reach: Reach,
    /// One municipality.
    #[arg(long, value_name = "GEMEENTECODE")]
    gemeente: Option<Gemeentecode>,
}

/// `zeef partners late --json`: by partner, newest first.
#[derive(Serialize, JsonSchema)]
pub struct LateAnswer {
    reports: Vec<LateRow>,
}

#[derive(Serialize, JsonSchema)]
struct LateRow {
    /// Code of the partner.
    organisation: String,
    case_id: String,
    gemeentecode: String,
    /// The day of the first report, ISO 8601.
    received_on: Option<String>,
    /// The last day on which the partner was to report, ISO 8601.
    report_by: Option<String>,
    /// ISO 8601.
    supply_ends: Option<String>,
    working_days_late: u32,
}

/// `zeef partners list --json`.
#[derive(Serialize, JsonSchema)]
pub struct PartnersAnswer {
    /// Version of the register; absent when none is kept.
    version: Option<String>,
    agreements: Vec<AgreementRow>,
}

#[derive(Serialize, JsonSchema)]
struct AgreementRow {
    /// Code of the partner.
    code: String,
    name: String,
    /// Kinds of arrears, by code.
    kinds: String,
    /// Gemeentecodes.
    municipalities: String,
    /// Number of the agreement.
    agreement: String,
    /// First and last day.
    in_force: String,
    /// The role that keeps up with the partner.
    contact: String,
}

impl Partners {
    pub async fn run(self) -> Result<(), Failure> {
        match self.what {
            What::List(file) => {
                let (mut out, register) = file.open()?;
                list(&mut out, &register, register.version().map(str::to_owned))?;
                out.flush()
            }
            What::Check(file) => {
                let (mut out, register) = file.open()?;
                let version = register.version().ok_or_else(|| Failure::usage(format!("geen {FILE} in {}", file.policies.display())))?;
                if out.json() {
                    list(&mut out, &register, Some(version.to_owned()))?;
                    return out.flush();
                }
                out.line(format!("{FILE}: in orde ({} overeenkomsten, versie {version})", register.agreements().len()))?;
                out.flush()
            }
            What::Late(late) => late.run().await,
        }
    }
}

impl FromFile {
    fn open(&self) -> Result<(Out, Register), Failure> {
        Ok((Out::new(self.json), Register::from_dir(&self.policies).map_err(|error| Failure::because(&error))?))
    }
}

impl Late {
    async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let gemeentecode = self.gemeente.map(|code| code.to_string()).unwrap_or_default();
        let mut desk = self.reach.desk().await?;
        let mut pages = Pages::default();
        while let Some(page) = pages.to_ask() {
            let (gemeentecode, page) = (gemeentecode.clone(), Some(page));
            let request = ListLateSuppliesRequest { gemeentecode, at_least: self.reach.at_least_all(), page };
            let told = desk.list_late_supplies(request).await?.into_inner();
            pages.add(told.reports, told.next_token);
        }
        let reports = pages.rows;
        if out.json() {
            let rows = reports.into_iter().map(|one| LateRow {
                received_on: words::iso(one.received_on.as_ref()),
                report_by: words::iso(one.report_by.as_ref()),
                supply_ends: words::iso(one.supply_ends.as_ref()),
                organisation: one.organisation,
                case_id: one.case_id,
                gemeentecode: one.gemeentecode,
                working_days_late: one.working_days_late,
            });
            out.document(&LateAnswer { reports: rows.collect() })?;
        } else {
            let rows = reports.into_iter().map(|one| {
                let [received, report_by, ends] = [&one.received_on, &one.report_by, &one.supply_ends].map(|on| words::day(on.as_ref()));
                vec![one.organisation, received, report_by, one.working_days_late.to_string(), ends, one.gemeentecode, one.case_id]
            });
            let head = ["Partner", "Gemeld op", "Uiterlijk", "Werkdagen te laat", "Einde levering", "Gemeente", "Zaak"];
            out.table(&head, rows, "Er is geen afsluiting te laat gemeld.")?;
        }
        out.flush()
    }
}

fn list(out: &mut Out, register: &Register, version: Option<String>) -> Result<(), Failure> {
    let rows = register.agreements().iter().map(|one| {
        let (kinds, municipalities, in_force) = one.scope();
        let (code, name, agreement, contact) = (one.code.clone(), one.name.clone(), one.agreement.clone(), one.contact.clone());
        AgreementRow { code, name, kinds, municipalities, agreement, in_force, contact }
    });
    if out.json() {
        return out.document(&PartnersAnswer { version, agreements: rows.collect() });
    }
    out.table(
        &["Partner", "Naam", "Soort", "Gemeenten", "Overeenkomst", "Geldt", "Contact"],
        rows.map(|row| vec![row.code, row.name, row.kinds, row.municipalities, row.agreement, row.in_force, row.contact]),
        "Er is geen register van overeenkomsten.",
    )
}
