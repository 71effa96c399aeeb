//! One real process of the suite: started, watched, killed, stopped; what it says goes to a file.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use service::health::READINESS;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::until;

/// The binary under test.
pub const ZEEF: &str = env!("CARGO_BIN_EXE_zeef");

/// A port that nobody listens on, below those that the system gives to outgoing connections, so that it is still free
/// when a process comes back after a kill. Never the same one twice in a test binary.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..10_000 {
        let port = rand::random_range(10_000..32_000);
        if !given.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            given.insert(port);
            return port;
        }
    }
    panic!("no free port");
}

/// A command with nothing of this environment's own settings.
pub fn command() -> Command {
    let mut command = Command::new(ZEEF);
    for (name, _) in std::env::vars() {
        if name.starts_with("OTEL_") || name.starts_with("ZEEF_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// A process of the suite.
pub struct Process {
    pub name: String,
    /// Of gRPC.
    pub port: u16,
    /// Where it keeps its views, and in one process for all its journal.
    pub data: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    log: PathBuf,
    child: Mutex<Option<Child>>,
}

impl Process {
    pub fn new(dir: &Path, name: &str, args: Vec<String>, env: &[(String, String)]) -> Self {
        let (port, data) = (free_port(), dir.join(name));
        let log = dir.join(format!("{name}.log"));
        Self { name: name.to_owned(), port, data, args, env: env.to_vec(), log, child: Mutex::default() }
    }

    /// Starts it; `more` are options that differ from start to start.
    pub fn spawn(&self, more: &[String]) {
        let mut child = self.child.lock().unwrap();
        assert!(child.is_none(), "{} runs already", self.name);
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = command();
        command.args(&self.args).arg("--listen").arg(format!("127.0.0.1:{}", self.port)).arg("--data").arg(&self.data);
        command.args(more).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdout(log.try_clone().unwrap()).stderr(log);
        *child = Some(command.spawn().unwrap());
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until it says that it is ready for work.
    pub async fn ready(&self) {
        until(&format!("{} is ready", self.name), || async {
            if let Some(status) = self.ended() {
                panic!("{} ended before it was ready ({status}); it said:\n{}", self.name, self.said());
            }
            let client = service::connect(&self.url(), None).await.map_err(|error| error.to_string())?;
            let request = HealthCheckRequest { service: READINESS.to_owned() };
            let answer = HealthClient::new(client).check(request).await.map_err(|status| status.to_string())?;
            if answer.into_inner().status() == ServingStatus::Serving { Ok(()) } else { Err("not serving".to_owned()) }
        })
        .await;
    }

    fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().as_mut().and_then(|child| child.try_wait().unwrap())
    }

    /// It was started and has not ended.
    pub fn is_running(&self) -> bool {
        self.child.lock().unwrap().as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// SIGKILL; gone when this returns.
    pub fn kill9(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, without waiting.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Holds it where it is until [`Self::go_on`].
    pub fn hold(&self) {
        self.signal("-STOP");
    }

    /// After [`Self::hold`].
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.lock().unwrap().as_ref().map(Child::id).unwrap();
        assert!(Command::new("kill").arg(signal).arg(id.to_string()).status().unwrap().success(), "kill {signal}");
    }

    /// Waits for the end it was asked for; its exit status and how long it took.
    pub async fn end(&self) -> (ExitStatus, Duration) {
        let begun = std::time::Instant::now();
        let status = until(&format!("{} ends", self.name), || {
            std::future::ready(self.ended().ok_or_else(|| format!("still runs; it said:\n{}", self.said())))
        })
        .await;
        *self.child.lock().unwrap() = None;
        (status, begun.elapsed())
    }

    /// The most memory it ever had, in bytes.
    pub fn most_memory(&self) -> usize {
        let id = self.child.lock().unwrap().as_ref().map(Child::id).unwrap();
        let told = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// All it has said.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Also when a lock was poisoned by a failing test.
        if let Some(mut child) = self.child.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            let said = self.said();
            let tail: Vec<&str> = said.lines().rev().take(60).collect();
            eprintln!("---- {} said last:", self.name);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}
