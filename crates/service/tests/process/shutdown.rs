//! The end of a process: nothing that was begun is lost, and nobody can hold it.

use std::time::Duration;

use crate::support::{BOUND, Process};
use proto::routing::v1::{ExplainRouteRequest, OverrideRouteRequest, routing_service_client::RoutingServiceClient};
use service::{Drained, Role};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// An HTTP/2 peer that shakes hands and then neither asks nor answers anything.
async fn idle_peer(process: &Process) -> TcpStream {
    let mut peer = TcpStream::connect(process.address).await.unwrap();
    peer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut header = [0; 9];
    peer.read_exact(&mut header).await.unwrap();
    assert_eq!(header[3], 4, "the server's SETTINGS: the connection is accepted");
    peer
}

async fn closed(mut peer: TcpStream) {
    let mut rest = Vec::new();
    let _ = timeout(BOUND, peer.read_to_end(&mut rest)).await.expect("the connection is still open");
}

#[tokio::test]
async fn an_idle_peer_does_not_hold_the_process() {
    // The bound on draining is far beyond the test's own: nothing is in flight, so it must not be waited for.
    let process = Process::start(Duration::from_secs(3600), None).await;
    let peer = idle_peer(&process).await;
    let _polite = process.client(&[]).await;
    process.life.stop();
    assert_eq!(process.ended().await, Drained::All);
    closed(peer).await;
}

#[tokio::test]
async fn a_request_in_flight_gets_its_answer() {
    let mut process = Process::start(Duration::from_secs(3600), None).await;
    let _peer = idle_peer(&process).await;
    let mut routing = RoutingServiceClient::new(process.client(&[Role::Desk]).await);
    let call = tokio::spawn(async move { routing.explain_route(ExplainRouteRequest::default()).await });
    process.begun.recv().await.unwrap();

    process.life.stop();
    process.life.pulls().cancelled().await;
    assert!(!process.readiness.is_ready());
    // Longer than idle connections get: with a request in flight the server must still be there.
    assert!(timeout(Duration::from_secs(1), &mut process.served).await.is_err(), "ended with a request in flight");
    process.go.add_permits(1);
    call.await.unwrap().unwrap();
    assert_eq!(process.ended().await, Drained::All);
}

#[tokio::test]
async fn what_does_not_finish_within_the_bound_is_cut() {
    let mut process = Process::start(Duration::from_millis(100), None).await;
    let peer = idle_peer(&process).await;
    let mut routing = RoutingServiceClient::new(process.client(&[Role::Desk]).await);
    let call = tokio::spawn(async move { routing.explain_route(ExplainRouteRequest::default()).await });
    process.begun.recv().await.unwrap();

    process.life.stop();
    assert_eq!(process.ended().await, Drained::Cut { requests: 1 });
    timeout(BOUND, call).await.expect("the caller hangs").unwrap().unwrap_err();
    closed(peer).await;
}

#[tokio::test]
async fn work_of_a_caller_who_left_is_finished_before_the_end() {
    let mut process = Process::start(Duration::from_secs(3600), None).await;
    let mut routing = RoutingServiceClient::new(process.client(&[Role::Desk]).await);
    let call = tokio::spawn(async move { routing.override_route(OverrideRouteRequest::default()).await });
    process.begun.recv().await.unwrap();
    call.abort();
    let _ = call.await;

    process.life.stop();
    process.life.pulls().cancelled().await;
    assert!(process.finished.try_recv().is_err() && !process.served.is_finished());
    process.go.add_permits(1);
    timeout(BOUND, process.finished.recv()).await.unwrap().unwrap();
    assert_eq!(process.ended().await, Drained::All);
}

#[tokio::test]
async fn sigterm_asks_for_an_orderly_end() {
    let process = Process::start(Duration::from_secs(3600), None).await;
    process.life.listen().unwrap();
    let own = std::process::id().to_string();
    assert!(std::process::Command::new("sh").args(["-c", &format!("kill -TERM {own}")]).status().unwrap().success());
    assert_eq!(process.ended().await, Drained::All);
}
