//! A TCP proxy that holds up one direction, or cuts the line.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};

use super::conformance::Fault;

/// Where the two sides stand.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Line {
    fault: Fault,
    /// Connections of an older cut are closed.
    cut: u64,
}

/// Stands between a client and a server.
pub struct Proxy {
    port: u16,
    line: Arc<watch::Sender<Line>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of this machine and connects everyone to the given one.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::new(watch::Sender::new(Line { fault: Fault::None, cut: 0 }));
        let accepted = Arc::clone(&line);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pump(from_client, to_server, accepted.subscribe(), Fault::HoldRequests));
                tokio::spawn(pump(from_server, to_client, accepted.subscribe(), Fault::HoldAnswers));
            }
        });
        Self { port, line, accepting }
    }

    /// The port to connect to.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Sets a fault or lifts it. Lifting [`Fault::HoldAnswers`] cuts the line: what was held is lost.
    pub fn set(&self, fault: Fault) {
        self.line.send_modify(|line| {
            if line.fault == Fault::HoldAnswers && fault == Fault::None {
                line.cut += 1;
            }
            line.fault = fault;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Carries bytes one way, except while the fault is on; until either side or the line is cut.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<Line>, held_by: Fault) {
    let cut = line.borrow().cut;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            changed = line.wait_for(|line| line.cut != cut) => {
                drop(changed);
                return;
            }
        };
        if read == 0 {
            return;
        }
        let Ok(free) = line.wait_for(|line| line.fault != held_by || line.cut != cut).await.map(|line| line.cut == cut) else { return };
        if !free || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
