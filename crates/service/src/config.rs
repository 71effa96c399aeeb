//! Owns the options of a serving process: flags and environment, typed, printed without secrets.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use jiff::Timestamp;

/// How a process serves. Every flag has an environment variable of the same meaning; the flag wins.
#[derive(clap::Args, Clone, Debug)]
pub struct ServeOptions {
    /// Address and port of gRPC; port 0 takes a free one.
    #[arg(long, env = "ZEEF_LISTEN", default_value = "127.0.0.1:4700", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Directory of what this process stores.
    #[arg(long, env = "ZEEF_DATA", default_value = ".zeef", value_name = "DIR")]
    pub data: PathBuf,

    /// NATS server with JetStream; without it the embedded journal is used.
    #[arg(long, env = "ZEEF_NATS", value_name = "URL")]
    pub nats: Option<NatsUrl>,

    /// Copies that NATS keeps of each stream: 1, 3 or 5.
    #[arg(long, env = "ZEEF_NATS_REPLICAS", default_value_t = 1, value_name = "N", value_parser = replicas)]
    pub nats_replicas: usize,

    /// PEM file with the Ed25519 key that tokens are verified with; without it a key is made in the data directory,
    /// which is allowed on loopback only.
    #[arg(long, env = "ZEEF_IDENTITY_KEY", value_name = "FILE")]
    pub identity_key: Option<PathBuf>,

    /// File with the key that wraps the vault's keys; kept outside the data directory and its backups.
    #[arg(long, env = "ZEEF_VAULT_KEY", value_name = "FILE")]
    pub vault_key: Option<PathBuf>,

    /// File with the keys that receipts are signed with, one or more per municipality; kept outside the data directory and its backups.
    #[arg(long, env = "ZEEF_RECEIPT_KEYS", value_name = "FILE")]
    pub receipt_keys: Option<PathBuf>,

    /// Starts the clock at this instant (RFC 3339) and allows `zeef clock advance`. For demo and tests.
    #[arg(long, env = "ZEEF_CLOCK", value_name = "INSTANT", value_parser = instant)]
    pub clock: Option<Timestamp>,

    /// Longest time, in seconds, that requests may take to finish after a request to stop.
    #[arg(long, env = "ZEEF_DRAIN_SECONDS", default_value_t = 25, value_name = "SECONDS")]
    pub drain_seconds: u64,

    /// Directory of reviewed policy files; `authorisation.cedar` in it replaces the built-in one.
    #[arg(long, env = "ZEEF_POLICIES", default_value = "policies", value_name = "DIR")]
    pub policies: PathBuf,
}

impl ServeOptions {
    /// The bound on draining requests.
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// Where tokens are verified from: the key given, or the one made in the data directory.
    pub fn identity_key_file(&self) -> PathBuf {
        self.identity_key.clone().unwrap_or_else(|| self.data.join("identity.pem"))
    }
}

impl fmt::Display for ServeOptions {
    /// One line for the log at start; no credentials in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listen={} data={} journal=", self.listen, self.data.display())?;
        match &self.nats {
            Some(nats) => write!(f, "{nats} replicas={}", self.nats_replicas)?,
            None => f.write_str("embedded")?,
        }
        write!(f, " identity-key={} vault-key=", self.identity_key_file().display())?;
        match &self.vault_key {
            Some(file) => write!(f, "{}", file.display())?,
            None => f.write_str("none")?,
        }
        match self.clock {
            Some(at) => write!(f, " clock={at}")?,
            None => f.write_str(" clock=system")?,
        }
        write!(f, " drain={}s policies={}", self.drain_seconds, self.policies.display())
    }
}

/// Where NATS is: one address, or those of a cluster's servers with commas between them. Neither `Display` nor `Debug` shows
/// the users and passwords in it.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsUrl(String);

/// Text that is not the address of a NATS server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a NATS address expected, for example nats://127.0.0.1:4222, or several with commas between them")]
pub struct InvalidNatsUrl;

impl NatsUrl {
    /// The whole address, credentials included: only to connect with.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for NatsUrl {
    type Err = InvalidNatsUrl;
    fn from_str(text: &str) -> Result<Self, InvalidNatsUrl> {
        let one = |text: &str| {
            let text = text.trim();
            let full = if text.contains("://") { text.to_owned() } else { format!("nats://{text}") };
            let uri: http::Uri = full.parse().map_err(|_| InvalidNatsUrl)?;
            match (uri.scheme_str(), uri.host()) {
                (Some("nats" | "tls" | "ws" | "wss"), Some(host)) if !host.is_empty() => Ok(full),
                _ => Err(InvalidNatsUrl),
            }
        };
        let servers: Vec<String> = text.split(',').map(one).collect::<Result<_, _>>()?;
        Ok(Self(servers.join(",")))
    }
}

impl fmt::Display for NatsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, server) in self.0.split(',').enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match (server.split_once("://"), server.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, host))) => write!(f, "{comma}{scheme}://[redacted]@{host}")?,
                _ => write!(f, "{comma}{server}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for NatsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn replicas(text: &str) -> Result<usize, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        "5" => Ok(5),
        _ => Err("1, 3 or 5 expected".to_owned()),
    }
}

fn instant(text: &str) -> Result<Timestamp, String> {
    text.trim().parse().map_err(|_| "an instant of RFC 3339 expected, for example 2026-03-02T09:00:00+01:00".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        options: ServeOptions,
    }

    fn parse(flags: &[&str]) -> Result<ServeOptions, clap::Error> {
        Program::try_parse_from(std::iter::once("zeef").chain(flags.iter().copied())).map(|program| program.options)
    }

    #[test]
    fn defaults_serve_one_machine() {
        let options = parse(&[]).unwrap();
        assert_eq!(options.listen.to_string(), "127.0.0.1:4700");
        assert_eq!(options.drain(), Duration::from_secs(25));
        assert!(options.nats.is_none() && options.clock.is_none());
        assert!(options.to_string().contains("journal=embedded"));
    }

    #[test]
    fn no_secret_is_printed() {
        let options = parse(&["--nats", "nats://zeef:geheim@nats:4222", "--nats-replicas", "3"]).unwrap();
        assert_eq!(options.nats.as_ref().unwrap().expose(), "nats://zeef:geheim@nats:4222");
        for text in [options.to_string(), format!("{options:?}")] {
            assert!(!text.contains("geheim"), "{text}");
            assert!(text.contains("nats://[redacted]@nats:4222"), "{text}");
        }
    }

    #[test]
    fn a_clusters_servers_may_all_be_named() {
        let options = parse(&["--nats", "nats://zeef:geheim@een:4222, twee:4222"]).unwrap();
        assert_eq!(options.nats.as_ref().unwrap().expose(), "nats://zeef:geheim@een:4222,nats://twee:4222");
        assert!(options.to_string().contains("journal=nats://[redacted]@een:4222,nats://twee:4222 "), "{options}");
        assert!(parse(&["--nats", "nats://een:4222,"]).is_err());
    }

    #[test]
    fn wrong_values_are_told_what_would_be_right() {
        for (flags, right) in [
            (["--nats", "http://nats"], "nats://127.0.0.1:4222"),
            (["--nats-replicas", "2"], "1, 3 or 5"),
            (["--clock", "tomorrow"], "2026-03-02T09:00:00+01:00"),
        ] {
            let error = parse(&flags).unwrap_err().to_string();
            assert!(error.contains(right), "{error}");
        }
        assert_eq!(parse(&["--nats", "localhost:4222"]).unwrap().nats.unwrap().expose(), "nats://localhost:4222");
    }
}
