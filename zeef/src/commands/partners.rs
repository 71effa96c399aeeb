//! `zeef partners`: the register of agreements, read from its file.

use std::path::PathBuf;

use intake::register::{FILE, Register};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, out::Out};

/// Partners and their agreements.
#[derive(clap::Args)]
pub struct Partners {
    /// The folder of the policies.
    #[arg(long, env = "ZEEF_POLICIES", default_value = "policies", value_name = "DIR", global = true)]
    policies: PathBuf,
    /// Answer in JSON, by docs/schemas/partners-list.json.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Who may report what, where, and under which agreement.
    List,
    /// Whether the register can be used; says what is wrong with it.
    Check,
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
    pub fn run(self) -> Result<(), Failure> {
        let mut out = Out::new(self.json);
        let register = Register::from_dir(&self.policies).map_err(|error| Failure::because(&error))?;
        let version = register.version().map(str::to_owned);
        match (self.what, &version) {
            (What::List, _) => list(&mut out, &register, version)?,
            (What::Check, Some(version)) => {
                out.line(format!("{FILE}: in orde ({} overeenkomsten, versie {version})", register.agreements().len()))?;
            }
            (What::Check, None) => return Err(Failure::usage(format!("geen {FILE} in {}", self.policies.display()))),
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
