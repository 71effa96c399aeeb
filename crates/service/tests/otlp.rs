//! Telemetry of a real process: spans of commits reach a collector under the service's name before the process ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use journal::Committed;
use kernel::CaseId;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tonic::{Request, Response, Status};

const CASE: &str = "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e";

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Not a test of itself: the process that the test below starts, known by the variable it sets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    if std::env::var_os("ZEEF_TEST_CHILD").is_none() {
        return;
    }
    let telemetry = service::telemetry::init("zeef-routing").unwrap();
    tracing::info!("a log line");
    let case: CaseId = CASE.parse().unwrap();
    let at: jiff::Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
    telemetry.observer().committed(&Committed {
        context: "routing",
        trace: case,
        span: case.root_span(),
        parent: None,
        name: "routing CaseRouted".to_owned(),
        started: at,
        ended: at,
        subject: "zeef.routing.0363.0192f0c17a3e7c449d0e5b1f2a3c4d5e".to_owned(),
        sequence: 1,
        link: None,
    });
    telemetry.shutdown(Duration::from_secs(10)).await;
}

fn run(endpoint: Option<&str>) -> std::process::Child {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env("ZEEF_TEST_CHILD", "1").stdout(Stdio::null()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
        command.env_remove(name);
    }
    if let Some(endpoint) = endpoint {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    }
    command.spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commits_span_reaches_the_collector_before_the_process_ends() {
    let collector = Collector::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
    );
    let child = run(Some(&format!("http://{address}")));
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && log.contains("a log line"), "{log}");

    let exported = collector.0.lock().unwrap();
    let resource = &exported[0].resource_spans[0];
    let attributes = format!("{:?}", resource.resource.as_ref().unwrap().attributes);
    assert!(attributes.contains("zeef-routing"), "{attributes}");
    let spans: Vec<_> =
        exported.iter().flat_map(|one| &one.resource_spans).flat_map(|one| &one.scope_spans).flat_map(|one| &one.spans).collect();
    assert_eq!(spans.len(), 1);
    let case: CaseId = CASE.parse().unwrap();
    assert_eq!(spans[0].trace_id, case.uuid().as_bytes());
    assert_eq!(spans[0].span_id, case.root_span());
    assert_eq!(spans[0].parent_span_id, Vec::<u8>::new());
}

#[tokio::test]
async fn without_a_collector_or_with_a_dead_one_the_process_ends_all_the_same() {
    for endpoint in [None, Some("http://127.0.0.1:9")] {
        let child = run(endpoint);
        let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
