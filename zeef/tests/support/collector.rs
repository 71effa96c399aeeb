//! An OTLP collector in the test: keeps every span it is sent.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// One span, as far as the tests look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub trace: Vec<u8>,
    pub id: Vec<u8>,
    /// Empty for a root.
    pub parent: Vec<u8>,
    pub name: String,
    /// `service.name` of the process.
    pub process: String,
    /// `zeef.service`: the context of a commit; empty for other spans.
    pub service: String,
    /// Trace ids of the links.
    pub links: Vec<Vec<u8>>,
    pub start_nanos: u64,
}

/// A collector that listens on a port of its own.
#[derive(Clone)]
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

struct Receiver(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Starts one; it ends with the test's runtime.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let service = TraceServiceServer::new(Receiver(received.clone())).max_decoding_message_size(64 * 1024 * 1024);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
        Self { address, received }
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far, a span that was sent twice twice.
    pub fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let resources = received.iter().flat_map(|request| &request.resource_spans);
        resources
            .flat_map(|resource| {
                let process = resource.resource.as_ref().map(|r| text(&r.attributes, "service.name")).unwrap_or_default();
                resource.scope_spans.iter().flat_map(|scope| &scope.spans).map(move |span| (process.clone(), span))
            })
            .map(|(process, span)| Span {
                trace: span.trace_id.clone(),
                id: span.span_id.clone(),
                parent: span.parent_span_id.clone(),
                name: span.name.clone(),
                process,
                service: text(&span.attributes, "zeef.service"),
                links: span.links.iter().map(|link| link.trace_id.clone()).collect(),
                start_nanos: span.start_time_unix_nano,
            })
            .collect()
    }

    /// Everything it was sent, as it came over the wire.
    pub fn raw(&self) -> Vec<u8> {
        self.received.lock().unwrap().iter().flat_map(prost::Message::encode_to_vec).collect()
    }

    /// The spans of one trace, each once, by span id.
    pub fn trace(&self, id: &[u8; 16]) -> std::collections::BTreeMap<Vec<u8>, Span> {
        self.spans().into_iter().filter(|span| span.trace == id).map(|span| (span.id.clone(), span)).collect()
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let value = attributes.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_ref()?.value.clone());
    match value {
        Some(Value::StringValue(text)) => text,
        _ => String::new(),
    }
}
