//! Real NATS servers for tests: one or three, on this machine, with all their files in a directory that goes away.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use tempfile::TempDir;

use super::{
    conformance::{Fault, World},
    proxy::Proxy,
    wait,
};
use crate::{
    jetstream::{JetStream, Options},
    keyed::Keyed,
    log::Journal,
};

/// Names the nats-server to use.
pub const ENV: &str = "ZEEF_NATS_SERVER";

/// A running nats-server that syncs before it acknowledges. Killed when it goes out of scope.
pub struct NatsServer {
    dir: TempDir,
    port: u16,
    child: Mutex<Option<Child>>,
}

fn free_ports(many: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..many).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

impl NatsServer {
    /// One server alone.
    ///
    /// # Panics
    /// When there is no server named in [`ENV`], or it does not start.
    pub async fn start() -> Self {
        // Somebody else may take the port between our look and the server's.
        let mut log = String::new();
        for _ in 0..5 {
            let server = Self::spawn("one", free_ports(1)[0], "");
            if server.listens().await {
                return server;
            }
            log = server.log();
        }
        panic!("nats-server does not start: {log}");
    }

    fn spawn(name: &str, port: u16, cluster: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("store");
        let config = format!(
            "server_name: {name}\nlisten: \"127.0.0.1:{port}\"\n\
             jetstream {{ store_dir: {store:?}, sync_interval: always, max_memory_store: 256MB, max_file_store: 10GB }}\n{cluster}\n"
        );
        fs::write(dir.path().join("nats.conf"), config).unwrap();
        let server = Self { dir, port, child: Mutex::default() };
        server.run();
        server
    }

    fn run(&self) {
        let binary = std::env::var_os(ENV).filter(|named| !named.is_empty());
        let binary = binary.unwrap_or_else(|| panic!("{ENV} is not set: run the tests with `cargo xtask test`"));
        let log = fs::File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        let child = Command::new(&binary)
            .arg("-c")
            .arg(self.dir.path().join("nats.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", Path::new(&binary).display()));
        *self.child.lock().unwrap() = Some(child);
    }

    /// Whether it listens, in the end.
    async fn listens(&self) -> bool {
        wait::until("nats-server listens", || async {
            let ended = self.child.lock().unwrap().as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if ended {
                return Some(false);
            }
            tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok().then_some(true)
        })
        .await
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The port clients connect to.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Where all its files are.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// SIGKILL.
    pub fn kill9(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and waits for the end.
    pub async fn stop(&self) {
        let Some(mut child) = self.child.lock().unwrap().take() else { return };
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
        assert!(asked.success(), "kill -TERM");
        wait::until("nats-server ends", || std::future::ready(child.try_wait().unwrap())).await;
    }

    /// Starts it again on the same port and the same files.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&self) {
        self.kill9();
        self.run();
        assert!(self.listens().await, "nats-server does not start again: {}", self.log());
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        // Also when a lock was poisoned by a panicking test.
        let child = self.child.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(mut child) = child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Three servers in a cluster.
pub struct NatsCluster {
    /// The servers, named `n0`, `n1`, `n2`.
    pub servers: Vec<NatsServer>,
}

impl NatsCluster {
    /// Starts three, and waits until the cluster has a leader.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn three() -> Self {
        let mut log = String::new();
        for _ in 0..5 {
            let ports = free_ports(6);
            let routes: Vec<String> = ports[..3].iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
            let servers: Vec<NatsServer> = (0..3)
                .map(|i| {
                    let cluster = format!("cluster {{ name: test, listen: \"127.0.0.1:{}\", routes: [{}] }}", ports[i], routes.join(", "));
                    NatsServer::spawn(&format!("n{i}"), ports[3 + i], &cluster)
                })
                .collect();
            let mut listening = true;
            for server in &servers {
                listening &= server.listens().await;
            }
            if listening {
                let cluster = Self { servers };
                cluster.has_leader().await;
                return cluster;
            }
            log = servers.iter().map(NatsServer::log).collect();
        }
        panic!("three nats-servers do not start: {log}");
    }

    /// Waits until the cluster answers for JetStream.
    pub async fn has_leader(&self) {
        let client = async_nats::connect(self.servers.iter().map(NatsServer::url).collect::<Vec<_>>()).await.unwrap();
        let context = async_nats::jetstream::context::ContextBuilder::new().timeout(Duration::from_millis(500)).build(client);
        wait::until("the cluster has a leader", || async { context.query_account().await.ok() }).await;
    }

    /// All servers' URLs.
    pub fn url(&self) -> String {
        self.servers.iter().map(NatsServer::url).collect::<Vec<_>>().join(",")
    }

    /// The server with this name.
    pub fn named(&self, name: &str) -> Option<&NatsServer> {
        self.servers.get(name.strip_prefix('n')?.parse::<usize>().ok()?)
    }
}

/// Options for tests: a short patience.
pub fn options(url: String, replicas: usize) -> Options {
    Options {
        replicas,
        name: "conformance".to_owned(),
        answer_within: Duration::from_millis(500),
        ack_wait: Duration::from_secs(1),
        ..Options::new(url)
    }
}

enum Servers {
    One(NatsServer),
    Three(NatsCluster),
}

/// JetStream as a world for the conformance suite: one server or three, with a proxy in between.
pub struct NatsWorld {
    // Before the servers: goes away first.
    journal: Arc<JetStream>,
    other: Arc<JetStream>,
    proxy: Proxy,
    servers: Servers,
}

impl NatsWorld {
    /// One server, one replica.
    pub async fn one() -> Self {
        let server = NatsServer::start().await;
        let (port, url) = (server.port(), server.url());
        Self::with(Servers::One(server), port, url, 1).await
    }

    /// Three servers, three replicas.
    pub async fn three() -> Self {
        let cluster = NatsCluster::three().await;
        let (port, url) = (cluster.servers[0].port(), cluster.url());
        Self::with(Servers::Three(cluster), port, url, 3).await
    }

    async fn with(servers: Servers, port: u16, url: String, replicas: usize) -> Self {
        let other = JetStream::connect(options(url, replicas)).await.unwrap();
        let proxy = Proxy::to(port).await;
        let journal = Options { only_named: true, ..options(format!("nats://127.0.0.1:{}", proxy.port()), replicas) };
        let journal = JetStream::connect(journal).await.unwrap();
        Self { journal: Arc::new(journal), other: Arc::new(other), proxy, servers }
    }
}

#[async_trait]
impl World for NatsWorld {
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.journal) as _
    }
    fn other(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.other) as _
    }
    fn keyed(&self) -> Arc<dyn Keyed> {
        Arc::clone(&self.journal) as _
    }
    async fn fault(&self, fault: Fault) {
        self.proxy.set(fault);
    }
    async fn restart(&self) {
        match &self.servers {
            Servers::One(server) => {
                server.stop().await;
                server.restart().await;
            }
            Servers::Three(cluster) => {
                for server in &cluster.servers {
                    server.stop().await;
                }
                for server in &cluster.servers {
                    server.kill9();
                    server.run();
                }
                for server in &cluster.servers {
                    assert!(server.listens().await, "{}", server.log());
                }
                cluster.has_leader().await;
            }
        }
    }
}
