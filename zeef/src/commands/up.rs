//! `zeef up`: every service in one process on this machine.

use std::net::SocketAddr;

use service::{ServeOptions, telemetry};

use crate::{
    Failure,
    house::{House, PAGE, Service},
    out::Out,
};

/// How long the last traces may take.
pub const FLUSH: std::time::Duration = std::time::Duration::from_secs(5);

/// Everything in one process.
#[derive(clap::Args)]
pub struct Up {
    #[command(flatten)]
    options: ServeOptions,
    #[command(flatten)]
    page: PageOption,
}

/// Where the desk shows its pages.
#[derive(clap::Args)]
pub struct PageOption {
    /// Address and port of the desk's pages; port 0 takes a free one.
    #[arg(long, visible_alias = "page", env = "ZEEF_HTTP", default_value = PAGE, value_name = "ADDRESS")]
    pub http: SocketAddr,
}

impl Up {
    pub async fn run(self) -> Result<(), Failure> {
        let Self { options, page } = self;
        serve(&options, &Service::ALL, page.http, "zeef", |house, out| {
            out.line(format!("Werkblad   {}", page_url(house)))?;
            out.line(format!("gRPC       {}", house.url()))?;
            if options.nats.is_none() {
                out.line(format!("Journaal   {} (één machine, zonder kopie elders)", options.data.display()))?;
            }
            Ok(())
        })
        .await
    }
}

/// Where the pages are.
pub fn page_url(house: &House) -> String {
    house.page.map(|page| format!("http://{page}/")).unwrap_or_default()
}

/// Serves until told to stop; `say` tells what there is once it is ready.
pub async fn serve(
    options: &ServeOptions,
    services: &[Service],
    page: SocketAddr,
    name: &str,
    say: impl FnOnce(&House, &mut Out) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let telemetry = telemetry::init(name)?;
    let opened = House::open(options, services, page, telemetry.observer()).await;
    let outcome = match opened {
        Ok(house) => {
            house.listen_to_signals()?;
            if house.ready().await {
                let mut out = Out::new(false);
                say(&house, &mut out)?;
                out.flush()?;
            }
            whole(house).await
        }
        Err(error) => Err(error.into()),
    };
    telemetry.shutdown(FLUSH).await;
    outcome
}

/// Waits for the end; what was cut off is not "all went well".
pub async fn whole(house: House) -> Result<(), Failure> {
    if house.ended().await? { Ok(()) } else { Err(Failure::of("ended before all requests were answered: raise --drain-seconds")) }
}
