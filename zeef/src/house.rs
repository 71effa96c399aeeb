//! Owns how a process is put together: journal, vault store, gate, services, server; and how it ends in order. One place for
//! `zeef demo`, `zeef up`, `zeef serve` and tests.

mod contexts;

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use journal::{
    Journal, Keyed, Observer,
    embedded::Embedded,
    jetstream::{self, JetStream},
};
use proto::service::v1::journal_service_server::JournalServiceServer;
use service::{Drained, Gate, JournalRpc, Lifecycle, Parking, Parts, ProcessClock, Readiness, ServeOptions, Server};
use tokio::task::JoinHandle;

pub use contexts::{CONTEXTS, verify};

/// Where the desk's pages are by default.
pub const PAGE: &str = "127.0.0.1:4780";
/// A process that has not caught up by then says so and goes on trying.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// One of the six that can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Service {
    /// Reports in, cases, the vault.
    Intake,
    /// Cases to teams.
    Routing,
    /// Contact and help.
    Outreach,
    /// The legal track.
    CourtLiaison,
    /// The duty to rehouse.
    Aftercare,
    /// The pages, and reading.
    Desk,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Intake, Self::Routing, Self::Outreach, Self::CourtLiaison, Self::Aftercare, Self::Desk];

    /// As on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Outreach => "outreach",
            Self::CourtLiaison => "court-liaison",
            Self::Aftercare => "aftercare",
            Self::Desk => "desk",
        }
    }
}

/// Why a process does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of gRPC.
    #[error("cannot listen on {address}: is `zeef` running already? Choose another address with --listen (ZEEF_LISTEN)")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Identity or policies.
    #[error("nobody can be let in")]
    Gate(#[from] service::gate::GateError),
    /// The embedded journal.
    #[error("the journal on this machine cannot be opened")]
    Embedded(#[from] journal::embedded::OpenError),
    /// The journal on NATS.
    #[error("the journal on NATS cannot be used")]
    Nats(#[from] journal::jetstream::ConnectError),
    /// The server.
    #[error("the server does not start")]
    Server(#[from] service::grpc::Error),
    /// A service.
    #[error("intake does not start")]
    Intake(#[from] intake::StartError),
    /// A service.
    #[error("routing does not start")]
    Routing(#[from] routing::StartError),
    /// A service.
    #[error("court-liaison does not start")]
    CourtLiaison(#[from] court_liaison::StartError),
    /// A service.
    #[error("aftercare does not start")]
    Aftercare(#[from] aftercare::StartError),
    /// A service.
    #[error("the desk does not start")]
    Desk(#[from] desk::StartError),
    /// Signals.
    #[error("signals cannot be listened to")]
    Signals(#[source] std::io::Error),
}

/// Where commits and the vault's records are stored.
#[derive(Clone)]
pub struct Stores {
    /// Commits.
    pub journal: Arc<dyn Journal>,
    /// The vault's records.
    pub keyed: Arc<dyn Keyed>,
}

impl Stores {
    /// Both, for who copies them.
    pub fn place(&self) -> journal::copy::Place<'_> {
        journal::copy::Place { journal: self.journal.as_ref(), keyed: self.keyed.as_ref() }
    }

    /// NATS when these options name it, with what these services need there; else the store in the data directory.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(options: &ServeOptions, name: &str, services: &[Service]) -> Result<Self, OpenError> {
        match &options.nats {
            Some(nats) => {
                let mut wanted = jetstream::Options::new(nats.expose());
                wanted.replicas = options.nats_replicas;
                wanted.name = name.to_owned();
                wanted.durables = services.iter().flat_map(|service| contexts::durables(service.name())).collect();
                let store = Arc::new(JetStream::connect(wanted).await?);
                Ok(Self { journal: store.clone(), keyed: store })
            }
            None => {
                let store = Embedded::open(options.data.join("journal"))?;
                Ok(Self { journal: store.clone(), keyed: store })
            }
        }
    }
}

/// A process that serves.
pub struct House {
    /// Where gRPC really is.
    pub address: SocketAddr,
    /// Where the desk's pages really are, when the desk is in this process.
    pub page: Option<SocketAddr>,
    /// Where the public pages really are, when they were asked for.
    pub public: Option<SocketAddr>,
    life: Lifecycle,
    readiness: Readiness,
    serving: JoinHandle<Result<Drained, service::grpc::Error>>,
    stores: Stores,
}

impl House {
    /// Opens the stores, starts these services and serves them. `pages` is where the desk shows its pages and how they reach the services.
    ///
    /// # Errors
    /// [`OpenError`], with what to change.
    pub async fn open(
        options: &ServeOptions,
        services: &[Service],
        pages: (SocketAddr, desk::web::Reach),
        public: Option<desk::public::Options>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, OpenError> {
        // Before anything is opened or written: a second `zeef up` must not get as far as the store.
        free(options.listen)?;

        let clock = ProcessClock::new(options.clock);
        let gate = Gate::open(options)?;
        let name = match services {
            [one] => format!("zeef-{}", one.name()),
            _ => "zeef".to_owned(),
        };
        let stores = Stores::open(options, &name, services).await?;
        let life = Lifecycle::new();
        let mut server = Server::new(&gate, &clock)?;
        let parts = Parts {
            journal: stores.journal.clone(),
            clock: clock.shared(),
            observer,
            gate: gate.clone(),
            data: options.data.clone(),
            policies: options.policies.clone(),
            life: life.clone(),
            readiness: server.readiness(),
            parking: Parking::default(),
        };
        let started = start(options, services, pages, &parts, stores.keyed.clone(), &mut server).await;
        let page = match started {
            Ok(page) => page,
            Err(error) => {
                life.pulls().cancel();
                return Err(error);
            }
        };
        let public = match public.filter(|_| services.contains(&Service::Desk)).map(|public| desk::start_public(&parts, public)).transpose()
        {
            Ok(public) => public,
            Err(error) => {
                life.pulls().cancel();
                return Err(error.into());
            }
        };
        let (verified, parking) = (stores.journal.clone(), parts.parking.clone());
        let verify: service::parking::Verify = Arc::new(move || {
            let journal = verified.clone();
            Box::pin(async move { verify(journal.as_ref()).await })
        });
        server.add(JournalServiceServer::new(JournalRpc { gate, parking, verify }));

        let readiness = server.readiness();
        let bound = match server.bind(options.listen).await {
            Ok(bound) => bound,
            Err(error) => {
                life.pulls().cancel();
                return Err(error.into());
            }
        };
        let address = bound.address();
        let (drain, serving) = (options.drain(), life.clone());
        let serving = tokio::spawn(async move { bound.serve(&serving, drain).await });
        tracing::info!(%address, %options, "serving");
        Ok(Self { address, page, public, life, readiness, serving, stores })
    }

    /// The address that clients connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it stores.
    pub const fn stores(&self) -> &Stores {
        &self.stores
    }

    /// The life of the process.
    pub const fn life(&self) -> &Lifecycle {
        &self.life
    }

    /// Ends in order on SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// [`OpenError::Signals`].
    pub fn listen_to_signals(&self) -> Result<(), OpenError> {
        self.life.listen().map_err(OpenError::Signals)
    }

    /// Waits until every service has caught up; `false` when that takes more than a minute, or an end was asked for.
    pub async fn ready(&self) -> bool {
        let ready = async {
            while !self.readiness.is_ready() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            done = tokio::time::timeout(READY_WITHIN, ready) => done.is_ok(),
            () = self.life.stopped() => false,
        }
    }

    /// Serves until an end is asked for, then closes the stores. `false` when something was cut off.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn ended(self) -> Result<bool, service::grpc::Error> {
        let drained = self.serving.await;
        let stores = self.stores;
        // The last one to let go of the embedded store waits for its disk.
        let _ = tokio::task::spawn_blocking(move || drop(stores)).await;
        match drained {
            Ok(drained) => Ok(drained? == Drained::All),
            Err(panic) => {
                tracing::error!(%panic, "the server ended in a panic");
                Ok(false)
            }
        }
    }
}

/// Nobody listens there.
///
/// # Errors
/// [`OpenError::Listen`] when somebody does, or the address is not ours.
pub fn free(address: SocketAddr) -> Result<(), OpenError> {
    TcpListener::bind(address).map(drop).map_err(|source| OpenError::Listen { address, source })
}

async fn start(
    options: &ServeOptions,
    services: &[Service],
    (page, reach): (SocketAddr, desk::web::Reach),
    parts: &Parts,
    keyed: Arc<dyn Keyed>,
    server: &mut Server,
) -> Result<Option<SocketAddr>, OpenError> {
    let mut shown = None;
    for service in services {
        match service {
            Service::Intake => {
                let started = intake::start(intake::Parts {
                    common: parts.clone(),
                    keyed: keyed.clone(),
                    vault_key: vault_key(options),
                    // With NATS the replicas share one key: a new one would make a second, unreadable vault.
                    create_vault_key: options.nats.is_none(),
                    receipt_keys: receipt_keys(options),
                    create_receipt_keys: options.nats.is_none(),
                })
                .await?;
                server.add(started.service);
                server.add(started.bailiff);
                server.add(started.concerns);
                server.add(started.doors);
                server.add(started.rights);
                server.add(started.forms);
            }
            Service::Routing => routing::start(parts, server)?,
            Service::Outreach => outreach::start(parts, server),
            Service::CourtLiaison => court_liaison::start(parts, server)?,
            Service::Aftercare => aftercare::start(parts, server)?,
            Service::Desk => shown = Some(desk::start(parts, server, page, reach.clone())?),
        }
    }
    Ok(shown)
}

/// The keys of the receipts: as given, or `receipt.keys` beside what is stored.
pub fn receipt_keys(options: &ServeOptions) -> PathBuf {
    options.receipt_keys.clone().unwrap_or_else(|| options.data.join("receipt.keys"))
}

/// The vault's key: as given, or `vault.key` beside what is stored.
pub fn vault_key(options: &ServeOptions) -> PathBuf {
    options.vault_key.clone().unwrap_or_else(|| options.data.join("vault.key"))
}
