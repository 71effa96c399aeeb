//! The desk over gRPC, following a journal that grows, in a whole process.

use std::{sync::Arc, time::Duration};

use journal::Silent;
use proto::{
    common::v1::{Page, Position},
    desk::v1::{GetCaseRequest, GetSieveRequest, ListCasesRequest, cases_service_client::CasesServiceClient},
};
use service::{Actor, Authoriser, Gate, Issuer, Lifecycle, Parts, ProcessClock, Role, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{Code, Request, transport::Channel};

use crate::{
    chain::descend,
    support::{Case, Fake, Pen, nowhere, until},
};

/// A process with only a desk in it.
struct Process {
    journal: Fake,
    desk: CasesServiceClient<Channel>,
    pages: std::net::SocketAddr,
    issuer: Issuer,
    life: Lifecycle,
    ended: tokio::task::JoinHandle<()>,
    readiness: service::Readiness,
    dir: tempfile::TempDir,
}

async fn process(journal: Fake, dir: tempfile::TempDir) -> Process {
    let issuer = Issuer::create_or_load(&dir.path().join("key.pem")).unwrap();
    let gate = Gate::new(issuer.identity(), Authoriser::built_in().unwrap());
    let clock = ProcessClock::new(None);
    let mut server = Server::new(&gate, &clock).unwrap();
    let life = Lifecycle::new();
    let parts = Parts {
        journal: Arc::new(journal.clone()),
        clock: Arc::new(clock),
        observer: Arc::new(Silent),
        gate,
        data: dir.path().to_owned(),
        policies: dir.path().to_owned(),
        life: life.clone(),
        readiness: server.readiness(),
        parking: service::Parking::default(),
    };
    let pages = desk::start(&parts, &mut server, "127.0.0.1:0".parse().unwrap(), nowhere()).unwrap();
    let readiness = server.readiness();
    let bound = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let channel = Channel::from_shared(format!("http://{}", bound.address())).unwrap().connect_lazy();
    let serving = life.clone();
    let ended = tokio::spawn(async move {
        bound.serve(&serving, Duration::from_secs(10)).await.unwrap();
    });
    Process { journal, desk: CasesServiceClient::new(channel), pages, issuer, life, ended, readiness, dir }
}

impl Process {
    fn with<T>(&self, role: Role, gemeenten: &[&str], message: T) -> Request<T> {
        let gemeenten: Vec<_> = gemeenten.iter().map(|code| code.parse().unwrap()).collect();
        let token = self.issuer.token(&Actor::person("p-17", "x", &[role], &gemeenten), jiff::SignedDuration::from_mins(5)).unwrap();
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
    }
    async fn end(self) -> tempfile::TempDir {
        self.life.stop();
        tokio::time::timeout(Duration::from_secs(20), self.ended).await.unwrap().unwrap();
        self.dir
    }
}

fn position(context: &str, sequence: u64) -> Position {
    Position { context: context.to_owned(), sequence }
}

/// Nobody said which municipality: that of the first case is among them, for who waits for that case.
#[tokio::test]
async fn the_first_case_of_a_municipality_is_in_the_list_that_waits_for_it() {
    let process = process(Fake::default(), tempfile::tempdir().unwrap()).await;
    until("readiness", || process.readiness.is_ready()).await;
    let mut desk = process.desk.clone();
    let mut pen = Pen::default();
    for (number, code) in (1..).zip(["9001", "9002"]) {
        let (case, before) = (Case::new(code, u128::from(number)), pen.records.len());
        descend(&mut pen, &case, 1);
        let records = pen.records[before..].to_vec();
        let newest = records.iter().rfind(|record| record.subject.context() == "intake").unwrap().sequence;
        let journal = process.journal.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            journal.extend(&records);
        });
        let at_least = vec![position("intake", newest)];
        let asked = ListCasesRequest { at_least: at_least.clone(), ..Default::default() };
        let listed = desk.list_cases(process.with(Role::Desk, &["9001", "9002"], asked)).await.unwrap().into_inner();
        assert!(listed.cases.iter().any(|line| line.case_id == case.id.to_string()), "{code}: {listed:?}");
        let asked = GetSieveRequest { gemeentecode: String::new(), at_least };
        let sieve = desk.get_sieve(process.with(Role::Desk, &["9001", "9002"], asked)).await.unwrap().into_inner();
        assert_eq!(sieve.cases, number);
    }
    process.end().await;
}

#[tokio::test]
async fn what_was_appended_is_seen_with_its_position() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 1));
    descend(&mut pen, &case, 4);
    let process = process(Fake::with(&pen.records), tempfile::tempdir().unwrap()).await;
    until("readiness", || process.readiness.is_ready()).await;
    let mut desk = process.desk.clone();

    let before = pen.records.len();
    pen.close(&case, "help-financial", false);
    process.journal.extend(&pen.records[before..]);
    let closed = pen.records[before].sequence;
    let at_least = vec![position("intake", closed), position("outreach", 1)];
    let answer = desk.get_case(process.with(Role::Desk, &["9001"], GetCaseRequest { case_id: case.id.to_string(), at_least })).await;
    let answer = answer.unwrap().into_inner();
    let line = answer.line.unwrap();
    assert_eq!((line.standing.as_str(), line.step, line.outcome.as_str()), ("sieved-out", 4, "help-financial"));
    assert_eq!(answer.steps.iter().map(|step| step.state.as_str()).collect::<Vec<_>>()[3..5], ["entered", "not-reached"]);
    assert!(answer.timeline.iter().any(|moment| moment.happened_at.ends_with("+02:00")), "{:?}", answer.timeline);

    let trace = process.with(Role::Desk, &["9001"], GetCaseRequest { case_id: case.id.to_string(), at_least: Vec::new() });
    let trace = desk.trace_case(trace).await.unwrap().into_inner();
    assert_eq!(trace.trace_id, case.id.uuid().simple().to_string());
    let roots: Vec<_> = trace.spans.iter().filter(|span| span.parent_span_id.is_empty()).collect();
    assert_eq!((roots.len(), trace.spans.len()), (1, pen.records.len()));
    assert_eq!(
        (trace.spans[0].name.as_str(), trace.spans[0].subject.starts_with("zeef.intake.9001.")),
        ("CaseOpened LandlordStageRecorded", true)
    );

    let sieve = process.with(Role::Desk, &["9001"], GetSieveRequest { gemeentecode: "9001".into(), at_least: vec![] });
    let sieve = desk.get_sieve(sieve).await.unwrap().into_inner();
    assert_eq!((sieve.cases, sieve.steps[3].entered, sieve.steps[3].sieved_out_here), (1, 1, 1));

    let ahead = GetSieveRequest { gemeentecode: String::new(), at_least: vec![position("intake", closed + 1)] };
    let behind = desk.get_sieve(process.with(Role::Desk, &["9001"], ahead)).await.unwrap_err();
    assert_eq!(behind.code(), Code::Unavailable);
    let wrong = GetSieveRequest { gemeentecode: String::new(), at_least: vec![position("elsewhere", 1)] };
    assert_eq!(desk.get_sieve(process.with(Role::Desk, &["9001"], wrong)).await.unwrap_err().code(), Code::InvalidArgument);
    process.end().await;
}

#[tokio::test]
async fn an_actor_sees_the_own_municipalities_only() {
    let mut pen = Pen::default();
    let (ours, theirs) = (Case::new("9001", 1), Case::new("9002", 2));
    pen.signal(&ours).signal(&theirs);
    let process = process(Fake::with(&pen.records), tempfile::tempdir().unwrap()).await;
    until("readiness", || process.readiness.is_ready()).await;
    let mut desk = process.desk.clone();
    let list = |gemeentecode: &str| ListCasesRequest {
        gemeentecode: gemeentecode.into(),
        page: Some(Page { size: 1, token: String::new() }),
        ..Default::default()
    };

    let own = desk.list_cases(process.with(Role::Desk, &["9001"], list(""))).await.unwrap().into_inner();
    assert_eq!(own.cases.iter().map(|line| line.case_id.clone()).collect::<Vec<_>>(), [ours.id.to_string()]);
    assert_eq!(own.next_token, "");
    let status = desk.list_cases(process.with(Role::Desk, &["9001"], list("9002"))).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let hidden = process.with(Role::Desk, &["9001"], GetCaseRequest { case_id: theirs.id.to_string(), at_least: vec![] });
    assert_eq!(desk.get_case(hidden).await.unwrap_err().code(), Code::NotFound);
    let landlord = desk.list_cases(process.with(Role::Landlord, &["9001"], list(""))).await.unwrap_err();
    assert_eq!(landlord.code(), Code::PermissionDenied);
    assert_eq!(desk.list_cases(Request::new(list(""))).await.unwrap_err().code(), Code::Unauthenticated);

    // The operator sees all, a page at a time.
    let first = desk.list_cases(process.with(Role::Operator, &[], list(""))).await.unwrap().into_inner();
    let page = Some(Page { size: 1, token: first.next_token });
    let second = desk.list_cases(process.with(Role::Operator, &[], ListCasesRequest { page, ..list("") })).await.unwrap().into_inner();
    assert_eq!((first.cases.len(), second.cases.len(), second.next_token.as_str()), (1, 1, ""));
    assert_ne!(first.cases[0].case_id, second.cases[0].case_id);
    process.end().await;
}

#[tokio::test]
async fn the_process_ends_although_a_browser_holds_a_connection() {
    let mut pen = Pen::default();
    pen.signal(&Case::new("9001", 1));
    let process = process(Fake::with(&pen.records), tempfile::tempdir().unwrap()).await;
    until("readiness", || process.readiness.is_ready()).await;
    let mut idle = TcpStream::connect(process.pages).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let read = idle.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
    let _half_a_request = {
        let mut half = TcpStream::connect(process.pages).await.unwrap();
        half.write_all(b"GET /zaken HTTP/1.1\r\nHo").await.unwrap();
        half
    };
    process.end().await;
}
