//! Owns logs and traces: logs to stderr, spans to an OTLP collector when an `OTEL_*` endpoint is set, W3C trace context in
//! and out of gRPC. One [`init`] per process.

use std::{env, io::IsTerminal, sync::Arc, sync::OnceLock, time::Duration};

use http::HeaderMap;
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::{Link, SpanKind, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use tonic::metadata::{MetadataKey, MetadataMap, MetadataValue};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::case_trace::{CaseIds, CaseTrace};

/// Crates that say too much at our level, and would feed the exporter with itself.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,tonic=warn,tower=warn,rustls=warn,sled=warn,async_nats=warn,\
                     opentelemetry=warn,opentelemetry_sdk=warn,opentelemetry_otlp=warn";

/// The tracer of requests; absent when no collector is named.
static REQUESTS: OnceLock<SdkTracer> = OnceLock::new();

/// Why there is no telemetry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// ZEEF_LOG or RUST_LOG is no filter.
    #[error("ZEEF_LOG (or RUST_LOG) is no log filter; right would be, for example, info or info,journal=debug")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody else logs in this process already.
    #[error("telemetry was started twice in one process")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
    /// The exporter to the collector.
    #[error("cannot send traces to the collector in OTEL_EXPORTER_OTLP_ENDPOINT")]
    Exporter(#[from] ExporterBuildError),
}

/// Keeps telemetry running; call [`Telemetry::shutdown`] last.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

/// Starts logs, and traces when `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set. Call it inside
/// the runtime, once per process. `service_name` is `zeef-<service>`, or `zeef` when all run in one process;
/// `OTEL_SERVICE_NAME` overrides it.
///
/// # Errors
/// [`Error`] says which setting is wrong.
pub fn init(service_name: &str) -> Result<Telemetry, Error> {
    init_at(service_name, "info")
}

/// As [`init`], with another filter for when neither ZEEF_LOG nor RUST_LOG is set.
///
/// # Errors
/// As [`init`].
pub fn init_at(service_name: &str, default: &str) -> Result<Telemetry, Error> {
    let wanted = ["ZEEF_LOG", "RUST_LOG"].into_iter().find_map(set).unwrap_or_else(|| default.to_owned());
    let filter = EnvFilter::try_new(format!("{QUIET},{wanted}"))?;
    // Colours are for a person at a terminal, not for a file or a collector of logs.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(lines).try_init()?;

    let collector = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].into_iter().find_map(set);
    let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if collector.is_none() || disabled {
        return Ok(Telemetry { traces: None });
    }
    let mut batches = BatchConfigBuilder::default();
    if set("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        // An import makes thousands of commits in a second; each span is small.
        batches = batches.with_max_queue_size(65_536);
    }
    let exporter = SpanExporter::builder().with_tonic().build()?;
    let mut resource = Resource::builder();
    if set("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(service_name.to_owned());
    }
    let provider = SdkTracerProvider::builder()
        .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches.build()).build())
        .with_resource(resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))).build())
        .with_id_generator(CaseIds::default())
        // A case is followed whole or not at all, whatever a caller sampled.
        .with_sampler(Sampler::AlwaysOn)
        .build();
    let _ = REQUESTS.set(provider.tracer("zeef.requests"));
    Ok(Telemetry { traces: Some(provider) })
}

impl Telemetry {
    /// What the journal tells of every commit; silent when no collector is named.
    pub fn observer(&self) -> Arc<dyn journal::Observer> {
        match &self.traces {
            Some(provider) => Arc::new(CaseTrace::new(provider)),
            None => Arc::new(journal::Silent),
        }
    }

    /// Sends what is left, for at most `bound`, on a thread that may block.
    pub async fn shutdown(self, bound: Duration) {
        let Some(provider) = self.traces else { return };
        let flush = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(bound));
        // The exporter has its own idea of a bound; ours is the one that counts.
        match tokio::time::timeout(bound, flush).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the last traces were not sent"),
            Ok(Err(_)) | Err(_) => tracing::warn!("the last traces were not sent in time"),
        }
    }
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The trace and span on whose behalf this code runs: what a commit links to. Never a case's own trace.
pub fn caller() -> Option<([u8; 16], [u8; 8])> {
    Context::map_current(|context| {
        let span = context.span().span_context().clone();
        span.is_valid().then(|| (span.trace_id().to_bytes(), span.span_id().to_bytes()))
    })
}

/// The context a request runs in. A caller's trace is linked, never adopted: with a collector each request is a fresh trace
/// with a link; without one the caller's context is kept only to be linked by commits.
pub(crate) fn request_context(headers: &HeaderMap, path: &str) -> Context {
    let remote = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    let Some(tracer) = REQUESTS.get() else { return remote };
    let span = tracer
        .span_builder(path.trim_start_matches('/').to_owned())
        .with_kind(SpanKind::Server)
        .with_links(vec![Link::with_context(remote.span().span_context().clone())])
        .start_with_context(tracer, &Context::new());
    Context::new().with_span(span)
}

/// Writes the current trace context into the metadata of an outgoing request. A case's trace is never current.
pub fn inject(metadata: &mut MetadataMap) {
    Context::map_current(|context| TraceContextPropagator::new().inject_context(context, &mut Metadata(metadata)));
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

struct Metadata<'a>(&'a mut MetadataMap);

impl Injector for Metadata<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (MetadataKey::from_bytes(key.as_bytes()), MetadataValue::try_from(value)) {
            self.0.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_callers_trace_is_known_inside_a_request_and_passed_on() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".parse().unwrap());
        let context = request_context(&headers, "/zeef.service.v1.ClockService/GetClock");
        async {
            let (trace, span) = caller().unwrap();
            assert_eq!(trace[..4], [0x0a, 0xf7, 0x65, 0x19]);
            assert_eq!(span, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
            let mut metadata = MetadataMap::new();
            inject(&mut metadata);
            assert!(metadata.get("traceparent").unwrap().to_str().unwrap().starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
        }
        .with_context(context)
        .await;
        assert_eq!(caller(), None);
    }
}
