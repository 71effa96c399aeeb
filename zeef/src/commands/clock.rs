//! `zeef clock`: shows and moves the clock of every process.

use jiff::{SignedDuration, Timestamp};
use proto::service::v1::{AdvanceClockRequest, GetClockRequest, clock_service_client::ClockServiceClient};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Failure, parse, reach::Reach, words};

/// The clock.
#[derive(clap::Args)]
pub struct Clock {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What time it is, in every process.
    Show,
    /// Moves the clock on, in every process; terms that fall due then do so. Only of processes started with --clock.
    Advance {
        /// For example 28d, 36h or 1w2d.
        #[arg(value_parser = parse::duration)]
        by: SignedDuration,
    },
}

/// `zeef clock show --json`.
#[derive(Serialize, JsonSchema)]
pub struct ClockAnswer {
    clocks: Vec<ProcessClock>,
}

#[derive(Serialize, JsonSchema)]
struct ProcessClock {
    /// Address of the process.
    process: String,
    /// RFC 3339, UTC.
    now: String,
    /// It was set at start and can be moved on.
    injected: bool,
}

impl Clock {
    pub async fn run(self) -> Result<(), Failure> {
        let mut out = self.reach.out();
        let mut asked = Vec::new();
        for process in self.reach.endpoints().processes() {
            let mut client = ClockServiceClient::new(self.reach.operator(&process).await?);
            let answer = client.get_clock(GetClockRequest {}).await?.into_inner();
            asked.push((client, ProcessClock { process, now: answer.now, injected: answer.injected }));
        }
        if let What::Advance { by } = &self.what {
            // One that runs on the machine's time cannot follow: nothing is moved then.
            if let Some((_, clock)) = asked.iter().find(|(_, clock)| !clock.injected) {
                return Err(Failure::of(format!(
                    "{} runs on the system's clock: only processes started with --clock can be moved on",
                    clock.process
                )));
            }
            // From the newest of them to one moment: when one process does not answer, the next time all of them come together again.
            let newest = asked.iter().filter_map(|(_, clock)| clock.now.parse::<Timestamp>().ok()).max().unwrap_or_default();
            let to = newest.checked_add(*by).map_err(|_| Failure::usage("beyond the end of the calendar: the year 9999 is the last"))?;
            for (client, clock) in &mut asked {
                clock.now = client.advance_clock(AdvanceClockRequest { to: to.to_string() }).await?.into_inner().now;
            }
        }
        let clocks: Vec<_> = asked.into_iter().map(|(_, clock)| clock).collect();
        if out.json() {
            out.document(&ClockAnswer { clocks })?;
        } else {
            let set = |injected| if injected { "ingesteld" } else { "van de machine" };
            out.table(
                &["Proces", "Nu", "Klok"],
                clocks.iter().map(|clock| vec![clock.process.clone(), words::moment(&clock.now), set(clock.injected).to_owned()]),
                "",
            )?;
        }
        out.flush()
    }
}
