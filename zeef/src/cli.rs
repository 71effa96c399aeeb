//! Owns the command line: what there is to type, and how it ends.

use std::process::ExitCode;

use clap::Parser;

use crate::{Failure, commands, out};

/// De ontruimingszeef: from the first report of arrears to the day after an eviction, so that nobody loses a home over a debt.
#[derive(Parser)]
#[command(name = "zeef", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Everything in one process, with a fictional region played from January to November; then keeps serving.
    Demo(commands::demo::Demo),
    /// Everything in one process on this machine, without a sample.
    Up(commands::up::Up),
    /// One service in this process.
    Serve(commands::serve::Serve),
    /// Reports of arrears, from partners.
    Signals(commands::signals::Signals),
    /// What households ask for themselves.
    Residents(commands::residents::Residents),
    /// What a bailiff tells a municipality: an eviction, a household that is handed over.
    Bailiff(commands::bailiff::Bailiff),
    /// Worry about an address, told by somebody who is no creditor.
    Concerns(commands::concerns::Concerns),
    /// Partners and their agreements.
    Partners(commands::partners::Partners),
    /// Cases of households that moved, to another municipality or within.
    HandOver(commands::hand_over::HandOver),
    /// Who is who at one address: pairs of names that may be one person.
    Persons(commands::persons::Persons),
    /// Cases: list, timeline, trace; merge and un-merge.
    Case(commands::case::Case),
    /// The sieve: how many entered each of the eleven steps, were sieved out, stand there, or were lost.
    Sieve(commands::sieve::Sieve),
    /// Routing policies: check, show, explain, what if.
    Routing(commands::routing::Routing),
    /// Contact with households.
    Outreach(commands::outreach::Outreach),
    /// Summons, hearings, evictions: facts of others, and our own decisions.
    Court(commands::court::Court),
    /// The duty to rehouse, and reviews of signalling lists.
    Aftercare(commands::aftercare::Aftercare),
    /// What a person may ask of what is kept about them.
    Rights(commands::rights::Rights),
    /// The vault of personal data: who looked, what was erased.
    Vault(commands::vault::Vault),
    /// The national exchange model: deliveries to CBS.
    Ddas(commands::ddas::Ddas),
    /// The journal underneath.
    Journal(commands::journal::Journal),
    /// Statutory terms: article, start, and for a date their end.
    Terms(commands::terms::Terms),
    /// The clock of a demo or test.
    Clock(commands::clock::Clock),
    /// A token for a role, for curl, grpcurl and this command; on the machine that serves.
    Token(commands::token::Token),
}

/// Runs what was typed. 0: all went well; 1: something did not; 2: wrong usage.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            let _ = help.print();
            return ExitCode::from(u8::try_from(help.exit_code()).unwrap_or(2));
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(Failure::because(&error))),
    };
    ended(runtime.block_on(cli.command.run()))
}

fn ended(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = out::note(format!("zeef: {failure}"));
            ExitCode::from(failure.status)
        }
    }
}

impl Command {
    async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Demo(command) => command.run().await,
            Self::Up(command) => command.run().await,
            Self::Serve(command) => command.run().await,
            Self::Signals(command) => command.run().await,
            Self::Residents(command) => command.run().await,
            Self::Bailiff(command) => command.run().await,
            Self::Concerns(command) => command.run().await,
            Self::Partners(command) => command.run().await,
            Self::HandOver(command) => command.run().await,
            Self::Persons(command) => command.run().await,
            Self::Case(command) => command.run().await,
            Self::Sieve(command) => command.run().await,
            Self::Routing(command) => command.run().await,
            Self::Outreach(command) => command.run().await,
            Self::Court(command) => command.run().await,
            Self::Aftercare(command) => command.run().await,
            Self::Rights(command) => command.run().await,
            Self::Vault(command) => command.run().await,
            Self::Ddas(command) => command.run().await,
            Self::Journal(command) => command.run().await,
            Self::Terms(command) => command.run(),
            Self::Clock(command) => command.run().await,
            Self::Token(command) => command.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
