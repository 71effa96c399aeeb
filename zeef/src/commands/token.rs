//! `zeef token`: a token made with the key on this machine.

use std::path::PathBuf;

use jiff::SignedDuration;
use kernel::Gemeentecode;
use service::{Actor, Issuer, Role};

use crate::{Failure, out::Out, parse};

/// A token for a role.
#[derive(clap::Args)]
pub struct Token {
    /// landlord, desk, visitor, court-liaison, aftercare, privacy-officer, policy-officer, operator or service; may be repeated.
    #[arg(long, required = true, value_name = "ROLE")]
    role: Vec<Role>,
    /// Code of the organisation; a landlord reports under it.
    #[arg(long, default_value = "zeef", value_name = "CODE", value_parser = kernel::ids::pseudonym)]
    organisation: String,
    /// A municipality the token is for; may be repeated.
    #[arg(long, value_name = "GEMEENTECODE")]
    gemeente: Vec<Gemeentecode>,
    /// Staff id, a pseudonym; stored with what is done.
    #[arg(long, default_value = "zeef-cli", value_name = "ID", value_parser = kernel::ids::pseudonym)]
    id: String,
    /// How long the token is good.
    #[arg(long, default_value = "8h", value_name = "DURATION", value_parser = parse::duration)]
    lasts: SignedDuration,
    /// The data directory of the server on this machine.
    #[arg(long, env = "ZEEF_DATA", default_value = ".zeef", value_name = "DIR")]
    data: PathBuf,
    /// PEM file with the private key; without it `identity.pem` in the data directory.
    #[arg(long, env = "ZEEF_IDENTITY_KEY", value_name = "FILE")]
    identity_key: Option<PathBuf>,
}

impl Token {
    pub fn run(self) -> Result<(), Failure> {
        let file = self.identity_key.unwrap_or_else(|| self.data.join("identity.pem"));
        if !file.exists() {
            return Err(Failure::of(format!("no key in {}: start a server here with `zeef up`, or name its --data", file.display())));
        }
        let actor = Actor::person(&self.id, &self.organisation, &self.role, &self.gemeente);
        let mut out = Out::new(false);
        out.line(Issuer::load(&file)?.token(&actor, self.lasts)?)?;
        out.flush()
    }
}
