//! Serves the pages over HTTP/1.1 within bounds: connections, time to send a request, time to end.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use service::Lifecycle;
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt;

/// Connections at a time; others wait to be accepted.
const CONNECTIONS: usize = 512;
/// Longest time to send the head of a request, and to keep an idle connection.
const HEAD: Duration = Duration::from_secs(15);
/// Longest time for requests in flight once an end was asked for.
const DRAIN: Duration = Duration::from_secs(5);

/// Who is at the other end of a connection, in the extensions of each request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Serves until `life` is asked to end, then lets requests in flight finish under a bound.
pub async fn serve(listener: TcpListener, pages: Router, life: &Lifecycle) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(32 * 1024);
    let (graceful, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let accepted = async {
            let place = room.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        let (stream, peer, place) = tokio::select! {
            () = life.stopped() => break,
            (accepted, place) = accepted => match accepted {
                Ok((stream, from)) => (stream, Peer(from.ip()), place),
                Err(error) => {
                    tracing::warn!(%error, "a connection to the pages could not be accepted");
                    // Out of file descriptors, most likely: let others end first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let named = pages.clone().map_request(move |mut request: Request<_>| {
            request.extensions_mut().insert(peer);
            request
        });
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(named));
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the pages ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests for pages were cut");
    }
}
