//! Owns what every request passes through: a place among those in flight, and the caller's trace.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body_util::BodyExt;
use opentelemetry::trace::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use crate::{status, telemetry};

/// Counts requests from their first header to the last byte of their answer, and refuses those beyond the limit.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    places: Arc<Semaphore>,
    limit: u32,
}

impl InFlight {
    pub(crate) fn new(limit: u32) -> Self {
        Self { places: Arc::new(Semaphore::new(usize::try_from(limit).unwrap_or(Semaphore::MAX_PERMITS))), limit }
    }

    /// Resolves when no request is in flight; none is taken in any more from then on.
    pub(crate) async fn none(&self) {
        if let Ok(all) = self.places.acquire_many(self.limit).await {
            all.forget();
        }
        self.places.close();
    }

    /// How many are in flight.
    pub(crate) fn count(&self) -> u32 {
        self.limit.saturating_sub(u32::try_from(self.places.available_permits()).unwrap_or(self.limit))
    }

    fn enter(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.places.clone().try_acquire_owned().map_err(|error| match error {
            tokio::sync::TryAcquireError::Closed => status::coded(Code::Unavailable, "stopping", "stopping: try another replica"),
            tokio::sync::TryAcquireError::NoPermits => {
                let text = format!("{} requests are in flight: try again shortly", self.limit);
                status::coded(Code::ResourceExhausted, "too-many-requests", text)
            }
        })
    }
}

impl<S> Layer<S> for InFlight {
    type Service = Passage<S>;
    fn layer(&self, inner: S) -> Passage<S> {
        Passage { inner, in_flight: self.clone() }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Passage<S> {
    inner: S,
    in_flight: InFlight,
}

impl<S> Service<Request<Body>> for Passage<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // Probes must be answered under any load, and a watch of health never ends.
        if request.uri().path().starts_with("/grpc.") {
            return Box::pin(self.inner.call(request));
        }
        let place = match self.in_flight.enter() {
            Ok(place) => place,
            Err(status) => return Box::pin(async move { Ok(status.into_http()) }),
        };
        let context = telemetry::request_context(request.headers(), request.uri().path());
        let answer = self.inner.call(request).with_context(context);
        Box::pin(async move {
            // The body holds the place until it was sent or dropped.
            Ok(answer.await?.map(|body| {
                Body::new(body.map_err(move |status| {
                    let _held = &place;
                    status
                }))
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt, service_fn};

    use super::*;

    fn request(path: &str) -> Request<Body> {
        Request::builder().uri(path).body(Body::empty()).unwrap()
    }

    fn code(response: &Response<Body>) -> Option<&str> {
        response.headers().get("grpc-status").and_then(|code| code.to_str().ok())
    }

    #[tokio::test]
    async fn a_request_holds_its_place_until_its_answer_is_gone() {
        let in_flight = InFlight::new(1);
        let door = in_flight.layer(service_fn(|_: Request<Body>| async {
            let body = Body::new(http_body_util::Full::new("answer".into()).map_err(|never: Infallible| match never {}));
            Ok::<_, Infallible>(Response::new(body))
        }));
        let held = door.clone().oneshot(request("/zeef.intake.v1.IntakeService/SubmitSignal")).await.unwrap();
        assert_eq!(in_flight.count(), 1);
        let refused = door.clone().oneshot(request("/zeef.intake.v1.IntakeService/SubmitSignal")).await.unwrap();
        assert_eq!(code(&refused), Some("8"), "RESOURCE_EXHAUSTED");
        let probe = door.clone().oneshot(request("/grpc.health.v1.Health/Check")).await.unwrap();
        assert_eq!(code(&probe), None);

        assert_eq!(held.into_body().collect().await.unwrap().to_bytes(), "answer");
        in_flight.none().await;
        let late = door.oneshot(request("/zeef.intake.v1.IntakeService/SubmitSignal")).await.unwrap();
        assert_eq!(code(&late), Some("14"), "UNAVAILABLE");
    }
}
