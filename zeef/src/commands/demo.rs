//! `zeef demo`: everything in one process, a fictional region played through the ordinary doors, then on at real pace.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use service::{Issuer, ServeOptions, telemetry};

use crate::{
    Failure,
    commands::up::{FLUSH, PageOption, page_url, whole},
    house::{self, House, Service},
    out::Out,
    parse,
    player::{self, Endpoints, Progress, Region, Summary},
    words::moment,
};

/// The clock of the demo begins here, just before the first line of the sample.
const BEGINS: &str = "2026-01-02T08:00:00+01:00";
/// A file that says that the directory may be thrown away.
const MARK: &str = "demo";

/// A first look.
#[derive(clap::Args)]
pub struct Demo {
    /// Address and port of gRPC; port 0 takes a free one.
    #[arg(long, env = "ZEEF_LISTEN", default_value = "127.0.0.1:4700", value_name = "ADDRESS")]
    listen: SocketAddr,
    #[command(flatten)]
    page: PageOption,
    /// Directory for the key (kept) and, below `demo`, for what is stored (made anew at each start).
    #[arg(long, env = "ZEEF_DATA", default_value = ".zeef", value_name = "DIR")]
    data: PathBuf,
    /// Where the clock begins; the sample is played from there.
    #[arg(long, env = "ZEEF_CLOCK", default_value = BEGINS, value_name = "INSTANT", value_parser = parse::instant)]
    clock: Timestamp,
    /// A directory with signals.csv, landlord-stages.csv and chain.csv, instead of the built-in region.
    #[arg(long, value_name = "DIR")]
    samples: Option<PathBuf>,
    /// Directory of reviewed policy files.
    #[arg(long, env = "ZEEF_POLICIES", default_value = "policies", value_name = "DIR")]
    policies: PathBuf,
}

impl Demo {
    pub async fn run(self) -> Result<(), Failure> {
        let region = match &self.samples {
            Some(dir) => Region::from_dir(dir)?,
            None => Region::sample()?,
        };
        // Ten months in half a minute: what is worth a line in a running house is noise here.
        self.play(&region, telemetry::init_at("zeef", "error")?).await
    }

    async fn play(self, region: &Region, telemetry: telemetry::Telemetry) -> Result<(), Failure> {
        // A demo that runs already is not to find its data thrown away.
        house::free(self.listen)?;
        let options = ServeOptions {
            listen: self.listen,
            data: fresh(&self.data.join("demo"))?,
            nats: None,
            nats_replicas: 1,
            identity_key: Some(self.data.join("identity.pem")),
            vault_key: None,
            receipt_keys: None,
            clock: Some(self.clock),
            drain_seconds: 10,
            policies: self.policies.clone(),
        };
        let issuer = Issuer::create_or_load(&options.identity_key_file())?;
        let house = House::open(&options, &Service::ALL, self.page.desk(&options), None, telemetry.observer()).await?;
        house.listen_to_signals()?;
        house.ready().await;

        let bar = bar(region.lines.len());
        let progress = |progress: Progress| {
            bar.set_position(u64::try_from(progress.done).unwrap_or(0));
            bar.set_message(moment(&progress.at.to_string()));
        };
        let endpoints = Endpoints::all_at(&house.url());
        let played = tokio::select! {
            played = player::play(&endpoints, &issuer, region, &progress) => Some(played),
            () = house.life().stopped() => None,
        };
        bar.finish_and_clear();
        let outcome = match played {
            Some(Ok(summary)) => {
                tell(&house, &summary, &self.data)?;
                whole(house).await
            }
            Some(Err(error)) => {
                house.life().stop();
                drop(house.ended().await);
                Err(error.into())
            }
            None => whole(house).await,
        };
        telemetry.shutdown(FLUSH).await;
        outcome
    }
}

fn tell(house: &House, summary: &Summary, data: &Path) -> Result<(), Failure> {
    let mut out = Out::new(false);
    let all_eleven = summary.cases.get("WW-2026-0011").cloned().unwrap_or_else(|| "<zaak>".to_owned());
    let mut with = String::new();
    if house.address.port() != 4700 {
        with.push_str(&format!(" --server {}", house.url()));
    }
    if data != Path::new(".zeef") {
        with.push_str(&format!(" --data {}", data.display()));
    }
    let zeef = std::env::args().next().filter(|name| name.contains('/')).unwrap_or_else(|| "zeef".to_owned());
    out.line(format!(
        "Gespeeld: {} meldingen en {} andere gebeurtenissen van een verzonnen regio, tot {} ({:.0} s).",
        summary.signals,
        summary.lines,
        moment(&summary.last.to_string()),
        summary.took.as_secs_f64()
    ))?;
    out.line("")?;
    out.line(format!("Werkblad: {}", page_url(house)))?;
    out.line("")?;
    out.line("Probeer, in een ander venster:")?;
    for command in [
        "sieve".to_owned(),
        "case list --standing standing".to_owned(),
        format!("case show {all_eleven}"),
        format!("case trace {all_eleven}"),
        "aftercare duties".to_owned(),
    ] {
        out.line(format!("  {zeef} {command}{with}"))?;
    }
    out.line("")?;
    out.line("Eén machine, zonder kopie elders: om te kijken, niet om mensen op te laten rekenen. De klok loopt door vanaf de laatste")?;
    out.line(format!("gebeurtenis; `{zeef} clock advance 28d{with}` zet hem vooruit. Ctrl-C stopt; de volgende demo begint opnieuw."))?;
    out.flush()
}

/// An empty directory; one that was there before is emptied when a demo made it.
fn fresh(dir: &Path) -> Result<PathBuf, Failure> {
    if dir.exists() {
        if !dir.join(MARK).exists() {
            return Err(Failure::of(format!(
                "{} was not made by a demo and is not thrown away: choose another directory with --data",
                dir.display()
            )));
        }
        fs::remove_dir_all(dir)?;
    }
    fs::create_dir_all(dir)?;
    fs::write(dir.join(MARK), "`zeef demo` throws this directory away at each start.\n")?;
    Ok(dir.to_owned())
}

fn bar(lines: usize) -> ProgressBar {
    if !Out::is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(lines).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_demo_made_is_thrown_away() {
        let dir = tempfile::tempdir().unwrap();
        let demo = dir.path().join("demo");
        fresh(&demo).unwrap();
        fs::write(demo.join("old"), "").unwrap();
        fresh(&demo).unwrap();
        assert!(!demo.join("old").exists());

        let other = dir.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("precious"), "").unwrap();
        assert!(fresh(&other).unwrap_err().to_string().contains("--data"));
        assert!(other.join("precious").exists());
    }
}
