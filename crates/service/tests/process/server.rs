//! The gRPC server from outside: identity, clock, health, reflection, limits.

use crate::support::{BOUND, Process};
use jiff::{SignedDuration, Timestamp};
use proto::{
    routing::v1::{OverrideRouteRequest, routing_service_client::RoutingServiceClient},
    service::v1::{AdvanceClockRequest, GetClockRequest, clock_service_client::ClockServiceClient},
};
use service::{Actor, Issuer, Role, health::READINESS};
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt;

async fn health(process: &Process, name: &str) -> ServingStatus {
    let mut client = HealthClient::new(service::connect(&process.address.to_string(), None).await.unwrap());
    client.check(HealthCheckRequest { service: name.to_owned() }).await.unwrap().into_inner().status()
}

#[tokio::test]
async fn health_and_reflection_answer_without_a_token() {
    let process = Process::start(BOUND, None).await;
    assert_eq!(health(&process, "").await, ServingStatus::Serving);
    assert_eq!(health(&process, READINESS).await, ServingStatus::Serving);

    process.readiness.expect("routing");
    process.readiness.expect("intake");
    process.readiness.ready("routing").await;
    assert_eq!(health(&process, READINESS).await, ServingStatus::NotServing);
    process.readiness.ready("intake").await;
    assert_eq!(health(&process, READINESS).await, ServingStatus::Serving);

    let mut reflection = ServerReflectionClient::new(service::connect(&process.address.to_string(), None).await.unwrap());
    let ask = ServerReflectionRequest { host: String::new(), message_request: Some(MessageRequest::ListServices(String::new())) };
    let answer = reflection.server_reflection_info(tokio_stream::once(ask)).await.unwrap().into_inner().next().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else { panic!("{answer:?}") };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    for name in ["zeef.service.v1.ClockService", "zeef.intake.v1.IntakeService", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
}

#[tokio::test]
async fn only_a_good_token_of_the_right_role_passes() {
    let process = Process::start(BOUND, Some(Timestamp::UNIX_EPOCH)).await;
    let stranger = Issuer::create_or_load(&process.dir.path().join("stranger.pem")).unwrap();
    let desk = Actor::person("p-1", "test", &[Role::Desk], &[]);
    let minutes = SignedDuration::from_mins;
    for (token, reason) in [
        (None, "token-missing"),
        (Some(process.issuer.token(&desk, minutes(-5)).unwrap()), "token-expired"),
        (Some(stranger.token(&desk, minutes(5)).unwrap()), "token-not-trusted"),
    ] {
        let mut clock = ClockServiceClient::new(service::connect(&process.address.to_string(), token.as_deref()).await.unwrap());
        let status = clock.get_clock(GetClockRequest {}).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(status.get_details_error_info().unwrap().reason, reason);
    }
    let mut clock = ClockServiceClient::new(process.client(&[Role::Desk]).await);
    clock.get_clock(GetClockRequest {}).await.unwrap();
    let status = clock.advance_clock(AdvanceClockRequest { to: "2026-03-02T08:00:00Z".into() }).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn only_a_clock_that_was_set_can_be_moved_on() {
    let process = Process::start(BOUND, None).await;
    let mut clock = ClockServiceClient::new(process.client(&[Role::Operator]).await);
    assert!(!clock.get_clock(GetClockRequest {}).await.unwrap().into_inner().injected);
    let status = clock.advance_clock(AdvanceClockRequest { to: "2099-03-02T08:00:00Z".into() }).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(status.message().contains("--clock"), "{status:?}");

    let start: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
    let process = Process::start(BOUND, Some(start)).await;
    let mut clock = ClockServiceClient::new(process.client(&[Role::Operator]).await);
    for to in ["", "morgen", "2026-03-02", "99999-01-01T00:00:00Z"] {
        let status = clock.advance_clock(AdvanceClockRequest { to: to.into() }).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{to}");
    }
    let to = start + SignedDuration::from_hours(28 * 24);
    // Asked again it is the same moment; and no clock goes back.
    for asked in [to, to, start] {
        let answer = clock.advance_clock(AdvanceClockRequest { to: asked.to_string() }).await.unwrap().into_inner();
        let now: Timestamp = answer.now.parse().unwrap();
        assert!(answer.injected && now >= to && now < to + SignedDuration::from_hours(1), "{now}");
    }
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_refused_and_the_process_lives() {
    let process = Process::start(BOUND, None).await;
    let mut routing = RoutingServiceClient::new(process.client(&[Role::Desk]).await);
    let huge = OverrideRouteRequest { reason_code: "x".repeat(service::grpc::MESSAGE_LIMIT + 1), ..Default::default() };
    assert_eq!(routing.override_route(huge).await.unwrap_err().code(), Code::OutOfRange);
    assert_eq!(health(&process, "").await, ServingStatus::Serving);
}

#[tokio::test]
async fn nobody_there_is_said_plainly() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = service::connect(&address, None).await.err().unwrap();
    assert_eq!(error.to_string(), format!("no service at http://{address}: start it with `zeef up`"));
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let process = Process::start(BOUND, None).await;
    let gate = service::Gate::new(process.issuer.identity(), service::Authoriser::built_in().unwrap());
    let server = service::Server::new(&gate, &service::ProcessClock::new(None)).unwrap();
    let error = server.bind(process.address).await.err().unwrap();
    assert!(error.to_string().contains(&process.address.to_string()), "{error}");
}
