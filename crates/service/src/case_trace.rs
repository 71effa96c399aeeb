//! Owns the trace of a case: each commit is one span, whose trace id is the case id and whose span id the journal chose.
//!
//! Because the ids come from the commits, spans made by other processes on other days join the same tree, and a span sent
//! again after a restart is the same span. The SDK's builder takes no ids, so its generator hands out those that were
//! put ready on the same thread just before.

use std::{cell::Cell, time::SystemTime};

use journal::{Committed, Observer};
use opentelemetry::{
    Context, KeyValue, SpanId, TraceFlags, TraceId,
    trace::{Link, Span, SpanContext, SpanKind, TraceContextExt, TraceState, Tracer, TracerProvider},
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracer, SdkTracerProvider};

thread_local! {
    /// The ids of the span that is being built on this thread.
    static NEXT: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

/// Hands out the ids that [`CaseTrace`] put ready, and random ones to everybody else.
#[derive(Debug, Default)]
pub struct CaseIds(RandomIdGenerator);

impl IdGenerator for CaseIds {
    fn new_trace_id(&self) -> TraceId {
        NEXT.get().map_or_else(|| self.0.new_trace_id(), |(trace, _)| trace)
    }
    fn new_span_id(&self) -> SpanId {
        NEXT.get().map_or_else(|| self.0.new_span_id(), |(_, span)| span)
    }
}

/// Turns commits into spans.
pub struct CaseTrace {
    tracer: SdkTracer,
}

impl CaseTrace {
    /// A case trace to this provider, which must have [`CaseIds`] as its generator and sample always.
    pub fn new(provider: &SdkTracerProvider) -> Self {
        Self { tracer: provider.tracer("zeef.cases") }
    }
}

impl Observer for CaseTrace {
    fn committed(&self, commit: &Committed) {
        let trace = TraceId::from_bytes(*commit.trace.uuid().as_bytes());
        let parent = commit.parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(span_context(trace, parent)));
        let links = commit.link.map(|(trace, span)| Link::with_context(span_context(TraceId::from_bytes(trace), span)));
        let builder = self
            .tracer
            .span_builder(commit.name.clone())
            .with_kind(SpanKind::Internal)
            .with_start_time(SystemTime::from(commit.started))
            .with_links(links.into_iter().collect())
            .with_attributes([
                // In one process for all, the resource cannot tell the services apart.
                KeyValue::new("zeef.service", commit.context),
                KeyValue::new("zeef.subject", commit.subject.clone()),
                KeyValue::new("zeef.sequence", i64::try_from(commit.sequence).unwrap_or(i64::MAX)),
            ]);
        NEXT.set(Some((trace, SpanId::from_bytes(commit.span))));
        let mut span = builder.start_with_context(&self.tracer, &parent);
        NEXT.set(None);
        span.end_with_timestamp(SystemTime::from(commit.ended));
    }
}

fn span_context(trace: TraceId, span: [u8; 8]) -> SpanContext {
    SpanContext::new(trace, SpanId::from_bytes(span), TraceFlags::SAMPLED, true, TraceState::default())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use jiff::Timestamp;
    use kernel::CaseId;
    use opentelemetry_sdk::{
        error::OTelSdkResult,
        trace::{Sampler, SpanData, SpanExporter},
    };

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Collected(Arc<Mutex<Vec<SpanData>>>);
    impl SpanExporter for Collected {
        fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
            self.0.lock().unwrap().extend(batch);
            std::future::ready(Ok(()))
        }
    }

    #[test]
    fn spans_have_the_ids_of_their_commits_and_one_root() {
        let collected = Collected::default();
        let provider = || {
            SdkTracerProvider::builder()
                .with_simple_exporter(collected.clone())
                .with_id_generator(CaseIds::default())
                .with_sampler(Sampler::AlwaysOn)
                .build()
        };
        let at: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        let case = CaseId::new(at);
        let commit = |span: [u8; 8], parent, link| Committed {
            context: "routing",
            trace: case,
            span,
            parent,
            name: "routing CaseRouted".to_owned(),
            started: at,
            ended: at + jiff::SignedDuration::from_millis(3),
            subject: "zeef.routing.0363.0192f0c17a3e7c449d0e5b1f2a3c4d5e".to_owned(),
            sequence: 7,
            link,
        };
        let root = case.root_span();
        // Three processes, the middle one before the root, and somebody else's span in between.
        CaseTrace::new(&provider()).committed(&commit([2; 8], Some(root), Some(([9; 16], [8; 8]))));
        let first = provider();
        CaseTrace::new(&first).committed(&commit(root, None, None));
        first.tracer("other").start("not a case").end();
        CaseTrace::new(&provider()).committed(&commit([3; 8], Some([2; 8]), None));

        let spans = collected.0.lock().unwrap();
        let of_case: Vec<_> = spans.iter().filter(|span| span.span_context.trace_id().to_bytes() == *case.uuid().as_bytes()).collect();
        let ids: Vec<_> = of_case.iter().map(|span| (span.span_context.span_id().to_bytes(), span.parent_span_id.to_bytes())).collect();
        assert_eq!(ids, [([2; 8], root), (root, [0; 8]), ([3; 8], [2; 8])]);
        assert_eq!(of_case[0].links.links[0].span_context.trace_id().to_bytes(), [9; 16]);
        assert_eq!(of_case[0].end_time.duration_since(of_case[0].start_time).unwrap().as_millis(), 3);
        assert!(of_case.iter().all(|span| span.span_context.is_sampled()));
        assert_eq!(spans.len(), 4);
    }
}
