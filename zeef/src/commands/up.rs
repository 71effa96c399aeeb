//! `zeef up`: every service in one process on this machine.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use desk::public::Credentials;
use service::{Issuer, ServeOptions, telemetry};

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
    #[command(flatten)]
    public: PublicOptions,
}

/// The public pages: the landlord's web form, and the check of receipts.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct PublicOptions {
    /// Address and port of the public pages; without it there are none. They need no login: put them behind TLS.
    #[arg(long, env = "ZEEF_PUBLIC", value_name = "ADDRESS", requires_all = ["public_url", "smtp", "mail_from"])]
    public: Option<SocketAddr>,
    /// The public pages as people reach them, for the links in mails.
    #[arg(long, env = "ZEEF_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// The mail server: smtps://user:password@mail.example.nl.
    #[arg(long, env = "ZEEF_SMTP", hide_env_values = true, value_name = "URL")]
    smtp: Option<Secret>,
    /// Who the mails are from.
    #[arg(long, env = "ZEEF_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// A proxy stands before the public pages and says in X-Forwarded-For who asks.
    #[arg(long, env = "ZEEF_PUBLIC_BEHIND_PROXY")]
    public_behind_proxy: bool,
    /// File with a token of the role web-form; without it one is made with the identity key, on this machine.
    #[arg(long, env = "ZEEF_FORM_TOKEN_FILE", value_name = "FILE")]
    form_token_file: Option<PathBuf>,
}

/// A text that is never printed.
#[derive(Clone)]
pub struct Secret(String);
impl std::str::FromStr for Secret {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PublicOptions {
    /// As the desk wants them; none without an address.
    ///
    /// # Errors
    /// When there is neither a token nor a key to make one with.
    fn desk(&self, options: &ServeOptions, intake: &str) -> Result<Option<desk::public::Options>, Failure> {
        let Some(listen) = self.public else { return Ok(None) };
        let credentials = match &self.form_token_file {
            Some(file) => Credentials::File(file.clone()),
            None => Credentials::Key(Issuer::create_or_load(&options.identity_key_file())?),
        };
        Ok(Some(desk::public::Options {
            listen,
            url: self.public_url.clone().unwrap_or_default(),
            smtp: self.smtp.as_ref().map(|Secret(url)| url.clone()).unwrap_or_default(),
            from: self.mail_from.clone().unwrap_or_default(),
            behind_proxy: self.public_behind_proxy,
            intake: intake.to_owned(),
            credentials,
        }))
    }
}

/// Where the desk shows its pages, and where the services are that it asks.
#[derive(clap::Args, Clone, Debug)]
pub struct PageOption {
    /// Address and port of the desk's pages; port 0 takes a free one.
    #[arg(long, visible_alias = "page", env = "ZEEF_HTTP", default_value = PAGE, value_name = "ADDRESS")]
    pub http: SocketAddr,
    /// Where intake is; without it in this process.
    #[arg(long, env = "ZEEF_INTAKE_URL", value_name = "URL")]
    intake_url: Option<String>,
    /// Where routing is; without it in this process.
    #[arg(long, env = "ZEEF_ROUTING_URL", value_name = "URL")]
    routing_url: Option<String>,
    /// Where outreach is; without it in this process.
    #[arg(long, env = "ZEEF_OUTREACH_URL", value_name = "URL")]
    outreach_url: Option<String>,
}

impl PageOption {
    /// As the desk wants it. On loopback nobody logs in: the key of this machine makes the token of whoever sits there.
    pub fn desk(&self, options: &ServeOptions) -> (SocketAddr, desk::web::Reach) {
        let file = options.identity_key_file();
        let issuer = match (self.http.ip().is_loopback(), &options.identity_key) {
            (false, _) => None,
            // A file of others, which may hold a key that only verifies.
            (true, Some(_)) => Issuer::load(&file).ok(),
            (true, None) => Issuer::create_or_load(&file).ok(),
        };
        let at = |url: &Option<String>| url.clone().unwrap_or_else(|| format!("http://{}", options.listen));
        let (intake, routing, outreach) = (at(&self.intake_url), at(&self.routing_url), at(&self.outreach_url));
        (self.http, desk::web::Reach { intake, routing, outreach, issuer: issuer.map(Arc::new) })
    }
}

impl Up {
    pub async fn run(self) -> Result<(), Failure> {
        let Self { options, page, public } = self;
        serve(&options, &public, &Service::ALL, &page, "zeef", |house, out| {
            out.line(format!("Werkblad   {}", page_url(house)))?;
            if let Some(public) = house.public {
                out.line(format!("Melden     http://{public}/"))?;
            }
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
    public: &PublicOptions,
    services: &[Service],
    page: &PageOption,
    name: &str,
    say: impl FnOnce(&House, &mut Out) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let pages = page.desk(options);
    let public = public.desk(options, &pages.1.intake)?;
    let telemetry = telemetry::init(name)?;
    let opened = House::open(options, services, pages, public, telemetry.observer()).await;
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
