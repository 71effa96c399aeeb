//! `zeef sieve`: the eleven steps in numbers.

use kernel::Gemeentecode;
use proto::desk::v1::{self as desk, GetSieveRequest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, reach::Reach, words};

/// The sieve.
#[derive(clap::Args)]
pub struct Sieve {
    #[command(flatten)]
    reach: Reach,
    /// One municipality.
    #[arg(long, value_name = "GEMEENTECODE")]
    gemeente: Option<Gemeentecode>,
}

/// `zeef sieve --json`. For each step: entered = sieved_out + standing + failed.
#[derive(Serialize, JsonSchema)]
pub struct SieveAnswer {
    /// The day by the clock of the desk.
    as_of: Option<String>,
    /// All cases.
    cases: u32,
    steps: Vec<SieveStep>,
}

#[derive(Serialize, JsonSchema)]
struct SieveStep {
    /// 1 to 11.
    number: u32,
    /// Dutch.
    name: String,
    /// Cases that entered this step, wherever they are now.
    entered: u32,
    /// Of those: sieved out, here or later.
    sieved_out: u32,
    /// Of those: still on their way.
    standing: u32,
    /// Of those: home lost without a place, left under pressure, or left without trace.
    failed: u32,
    /// Sieved out at this very step.
    sieved_out_here: u32,
    /// Standing at this very step.
    standing_here: u32,
    /// Lost at this very step.
    failed_here: u32,
}

impl Sieve {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let gemeentecode = self.gemeente.map(|code| code.to_string()).unwrap_or_default();
        let request = GetSieveRequest { gemeentecode, at_least: self.reach.at_least_all() };
        let sieve = self.reach.desk().await?.get_sieve(request).await?.into_inner();
        if out.json() {
            out.document(&SieveAnswer {
                as_of: words::iso(sieve.as_of.as_ref()),
                cases: sieve.cases,
                steps: sieve.steps.into_iter().map(step).collect(),
            })?;
            return out.flush();
        }
        out.line(format!("De zeef op {}: {} zaken", words::day(sieve.as_of.as_ref()), sieve.cases))?;
        out.table(
            &["Stap", "", "Bereikt", "= uitgezeefd", "+ staat nog", "+ verloren", "Hier uitgezeefd", "Staat hier", "Hier verloren"],
            sieve.steps.iter().map(|s| {
                let numbers = [s.entered, s.sieved_out, s.standing, s.failed, s.sieved_out_here, s.standing_here, s.failed_here];
                [s.number.to_string(), s.name.clone()].into_iter().chain(numbers.map(|n| n.to_string())).collect::<Vec<_>>()
            }),
            "Nog geen zaken.",
        )?;
        out.flush()
    }
}

fn step(step: desk::SieveStep) -> SieveStep {
    SieveStep {
        number: step.number,
        name: step.name,
        entered: step.entered,
        sieved_out: step.sieved_out,
        standing: step.standing,
        failed: step.failed,
        sieved_out_here: step.sieved_out_here,
        standing_here: step.standing_here,
        failed_here: step.failed_here,
    }
}
