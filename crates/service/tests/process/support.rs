//! A process in miniature: a server with one service whose requests wait until they are told to go on.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use proto::routing::v1::{
    ExplainRouteRequest, ExplainRouteResponse, ListRoutesRequest, ListRoutesResponse, OverrideRouteRequest, OverrideRouteResponse,
    routing_service_server::{RoutingService, RoutingServiceServer},
};
use service::{
    Actor, Authoriser, Client, Drained, Gate, Issuer, Lifecycle, ProcessClock, Readiness, Resource, Role, Server, action, finish, grpc,
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tonic::{Request, Response, Status};

/// Long enough for any machine, short enough to notice a hang.
pub const BOUND: Duration = Duration::from_secs(20);

/// `ExplainRoute` waits in its handler, `OverrideRoute` in a tracked task.
pub struct Slow {
    gate: Gate,
    life: Lifecycle,
    begun: mpsc::UnboundedSender<()>,
    finished: mpsc::UnboundedSender<()>,
    go: Arc<Semaphore>,
}

#[tonic::async_trait]
impl RoutingService for Slow {
    async fn explain_route(&self, request: Request<ExplainRouteRequest>) -> Result<Response<ExplainRouteResponse>, Status> {
        self.gate.check(request.metadata(), action::CASE_READ, &Resource::of("routing"))?;
        let _ = self.begun.send(());
        let _go = self.go.acquire().await;
        Ok(Response::new(ExplainRouteResponse::default()))
    }

    async fn list_routes(&self, _: Request<ListRoutesRequest>) -> Result<Response<ListRoutesResponse>, Status> {
        Err(Status::unimplemented("this process only waits"))
    }

    async fn propose_policy(
        &self,
        _: Request<proto::routing::v1::ProposePolicyRequest>,
    ) -> Result<Response<proto::routing::v1::ProposePolicyResponse>, Status> {
        Err(Status::unimplemented("this process only waits"))
    }

    async fn approve_policy(
        &self,
        _: Request<proto::routing::v1::ApprovePolicyRequest>,
    ) -> Result<Response<proto::routing::v1::ApprovePolicyResponse>, Status> {
        Err(Status::unimplemented("this process only waits"))
    }

    async fn list_policies(
        &self,
        _: Request<proto::routing::v1::ListPoliciesRequest>,
    ) -> Result<Response<proto::routing::v1::ListPoliciesResponse>, Status> {
        Err(Status::unimplemented("this process only waits"))
    }

    async fn list_team_load(
        &self,
        _: Request<proto::routing::v1::ListTeamLoadRequest>,
    ) -> Result<Response<proto::routing::v1::ListTeamLoadResponse>, Status> {
        Err(Status::unimplemented("this process only waits"))
    }

    async fn override_route(&self, request: Request<OverrideRouteRequest>) -> Result<Response<OverrideRouteResponse>, Status> {
        self.gate.check(request.metadata(), action::CASE_DECIDE, &Resource::of("routing"))?;
        let (begun, finished, go) = (self.begun.clone(), self.finished.clone(), self.go.clone());
        finish(self.life.tasks(), async move {
            let _ = begun.send(());
            let _go = go.acquire().await;
            let _ = finished.send(());
            Ok(Response::new(OverrideRouteResponse::default()))
        })
        .await
    }
}

pub struct Process {
    pub dir: tempfile::TempDir,
    pub issuer: Issuer,
    pub life: Lifecycle,
    pub readiness: Readiness,
    pub address: SocketAddr,
    pub begun: mpsc::UnboundedReceiver<()>,
    pub finished: mpsc::UnboundedReceiver<()>,
    pub go: Arc<Semaphore>,
    pub served: JoinHandle<Result<Drained, grpc::Error>>,
}

impl Process {
    /// Starts one with this bound on draining and, perhaps, a clock that can be moved.
    pub async fn start(drain: Duration, clock: Option<Timestamp>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let issuer = Issuer::create_or_load(&dir.path().join("identity.pem")).unwrap();
        let gate = Gate::new(issuer.identity(), Authoriser::built_in().unwrap());
        let life = Lifecycle::new();
        let (begin, begun) = mpsc::unbounded_channel();
        let (end, finished) = mpsc::unbounded_channel();
        let go = Arc::new(Semaphore::new(0));
        let mut server = Server::new(&gate, &ProcessClock::new(clock)).unwrap();
        server.add(RoutingServiceServer::new(Slow { gate, life: life.clone(), begun: begin, finished: end, go: go.clone() }));
        let readiness = server.readiness();
        let bound = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = bound.address();
        let served = tokio::spawn({
            let life = life.clone();
            async move { bound.serve(&life, drain).await }
        });
        Self { dir, issuer, life, readiness, address, begun, finished, go, served }
    }

    pub fn token(&self, roles: &[Role]) -> String {
        self.issuer.token(&Actor::person("p-1", "test", roles, &[]), SignedDuration::from_mins(5)).unwrap()
    }

    pub async fn client(&self, roles: &[Role]) -> Client {
        service::connect(&self.address.to_string(), Some(&self.token(roles))).await.unwrap()
    }

    /// How the server ended; panics when it did not.
    pub async fn ended(self) -> Drained {
        tokio::time::timeout(BOUND, self.served).await.expect("the server hangs").unwrap().unwrap()
    }
}
