//! `zeef serve`: one service in this process.

use service::ServeOptions;

use crate::{
    Failure,
    commands::up::{self, PageOption, PublicOptions},
    house::Service,
};

/// One service.
#[derive(clap::Args)]
pub struct Serve {
    /// Which.
    #[arg(value_enum)]
    service: Service,
    #[command(flatten)]
    options: ServeOptions,
    #[command(flatten)]
    page: PageOption,
    #[command(flatten)]
    public: PublicOptions,
}

impl Serve {
    pub async fn run(self) -> Result<(), Failure> {
        let Self { service, options, page, public } = self;
        if options.nats.is_none() {
            return Err(Failure::usage(
                "a service in a process of its own needs --nats (ZEEF_NATS); `zeef up` runs all of them on this machine without it",
            ));
        }
        up::serve(&options, &public, &[service], &page, &format!("zeef-{}", service.name()), |house, out| {
            out.line(format!("{} {}", service.name(), house.url()))?;
            if house.page.is_some() { out.line(format!("werkblad {}", up::page_url(house))) } else { Ok(()) }
        })
        .await
    }
}
