//! Owns the gRPC server of a process: limits, health, reflection, the clock's RPCs, and an end that cannot hang.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use proto::service::v1::clock_service_server::ClockServiceServer;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout, timeout_at},
};
use tokio_stream::StreamExt;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{
    body::Body,
    server::NamedService,
    service::{Routes, RoutesBuilder},
    transport::server::{Connected, TcpConnectInfo, TcpIncoming},
};
use tower::Service;

use crate::{Gate, Lifecycle, ProcessClock, Readiness, clock::ClockRpc, inflight::InFlight};

/// Requests in flight beyond which new ones are refused with RESOURCE_EXHAUSTED.
pub const IN_FLIGHT_LIMIT: u32 = 4096;
/// Largest message taken in, in bytes: tonic's own default, held by a test.
pub const MESSAGE_LIMIT: usize = 4 * 1024 * 1024;

const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// Connections are renewed so that new replicas get their share; requests in flight are not cut.
const CONNECTION_AGE: Duration = Duration::from_secs(600);
/// After the last request, idle connections get this long to say goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: choose another with --listen (ZEEF_LISTEN)")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The contracts in this binary cannot be reflected.
    #[error("cannot serve reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Serving failed.
    #[error("the gRPC server failed")]
    Serve(#[from] tonic::transport::Error),
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request that was in flight has its answer.
    All,
    /// The bound was reached with requests unfinished: they were cut.
    Cut {
        /// How many requests.
        requests: u32,
    },
}

/// A server that is being put together.
pub struct Server {
    routes: RoutesBuilder,
    readiness: Readiness,
}

impl Server {
    /// A server with health, reflection of all contracts, and the clock.
    ///
    /// # Errors
    /// [`Error::Reflection`] when the contracts cannot be read back.
    pub fn new(gate: &Gate, clock: &ProcessClock) -> Result<Self, Error> {
        let (reporter, health) = tonic_health::server::health_reporter();
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let mut routes = Routes::builder();
        routes
            .add_service(health)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?)
            .add_service(ClockServiceServer::new(ClockRpc { clock: clock.clone(), gate: gate.clone() }));
        Ok(Self { routes, readiness: Readiness::new(reporter) })
    }

    /// Adds a generated service.
    pub fn add<S>(&mut self, service: S) -> &mut Self
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add_service(service);
        self
    }

    /// Where parts report that they are caught up; expect them before [`Bound::serve`].
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Takes the address, before anything else of the process starts. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`Error::Bind`] with the address.
    pub async fn bind(self, address: SocketAddr) -> Result<Bound, Error> {
        let failed = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Bound { server: self, listener, address })
    }
}

/// A server that has its address.
pub struct Bound {
    server: Server,
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// The address it really has.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `life` is asked to end. Then: readiness off, pulls stopped, no new connections, requests in flight
    /// answered and tracked tasks finished, all within `drain`. What is left after that is cut, so that no peer, idle or
    /// half gone, can hold the process.
    ///
    /// # Errors
    /// [`Error::Serve`] when the server ends by itself.
    pub async fn serve(self, life: &Lifecycle, drain: Duration) -> Result<Drained, Error> {
        let Server { routes, readiness } = self.server;
        let (goodbye, cut) = (CancellationToken::new(), CancellationToken::new());
        let in_flight = InFlight::new(IN_FLIGHT_LIMIT);
        let incoming = {
            let cut = cut.clone();
            TcpIncoming::from(self.listener)
                .with_nodelay(Some(true))
                .map(move |accepted| accepted.map(|io| Cuttable { io, cut: Box::pin(cut.clone().cancelled_owned()) }))
        };
        let server = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
            .max_connection_age(CONNECTION_AGE)
            .layer(in_flight.clone())
            .add_routes(routes.routes())
            .serve_with_incoming_shutdown(incoming, goodbye.clone().cancelled_owned());
        let mut server = std::pin::pin!(server);

        readiness.serving().await;
        tokio::select! {
            ended = &mut server => return ended.map(|()| Drained::All).map_err(Error::Serve),
            () = life.stopped() => {}
        }
        readiness.stopping().await;
        life.pulls().cancel();
        goodbye.cancel();

        let deadline = Instant::now() + drain;
        let answered = async {
            in_flight.none().await;
            tokio::time::sleep(GOODBYE).await;
        };
        let (closed, requests) = tokio::select! {
            _ = &mut server => (true, 0),
            done = timeout_at(deadline, answered) => (false, if done.is_ok() { 0 } else { in_flight.count() }),
        };
        if !closed {
            // Connections live in tasks of their own: dropping the server would leave them serving.
            cut.cancel();
            let _ = timeout(GOODBYE, &mut server).await;
        }

        life.tasks().close();
        let unfinished = timeout_at(deadline, life.tasks().wait()).await.is_err();
        if requests > 0 || unfinished {
            tracing::warn!(requests, tasks = life.tasks().len(), ?drain, "not everything finished within the bound");
        }
        Ok(if requests == 0 { Drained::All } else { Drained::Cut { requests } })
    }
}

/// A connection that fails once it is cut.
struct Cuttable {
    io: TcpStream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Cuttable {
    fn whole(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl Connected for Cuttable {
    type ConnectInfo = TcpConnectInfo;
    fn connect_info(&self) -> TcpConnectInfo {
        self.io.connect_info()
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.whole(cx)?;
        Pin::new(&mut self.io).poll_read(cx, into)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.whole(cx)?;
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.whole(cx)?;
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }
    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
