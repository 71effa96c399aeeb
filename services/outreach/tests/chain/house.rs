//! Routing and outreach in one process, with intake's commits made by hand.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use journal::{
    Appended, Commit, Encoded, Journal, Link, Subject,
    commit::{Concern, Envelope},
    embedded::Embedded,
    testing::{lagging::Lagging, wait::until},
};
use kernel::{Clock as _, Key};
use prost::Message;
use proto::{
    common::v1::{Command, Date, Position},
    intake::v1::{PartnerKind, SignalAccepted},
    outreach::v1::{
        ListWorkRequest, RecordAnswerRequest, RecordAttemptRequest, RecordOfferRequest, TermChanged, WorkItem,
        outreach_service_client::OutreachServiceClient,
    },
    routing::v1::{
        ApprovePolicyRequest, ExplainRouteRequest, OverrideRouteRequest, ProposePolicyRequest, Route,
        routing_service_client::RoutingServiceClient,
    },
};
use service::{Actor, Authoriser, Client, Gate, Issuer, Lifecycle, Parts, ProcessClock, Role, Server, connect};
use tonic::Status;
use uuid::Uuid;

const START: &str = "2026-03-09T09:00:00Z";

/// A signal that intake accepted.
#[derive(Clone)]
pub struct Signal {
    pub gemeente: &'static str,
    pub cents: i64,
    pub since: &'static str,
}

/// A case and its address file.
#[derive(Clone)]
pub struct Case {
    pub id: Uuid,
    gemeente: &'static str,
    file: Key,
}
impl Case {
    pub fn key(&self) -> Key {
        Key::new(self.gemeente.parse().unwrap(), self.id)
    }
}

struct Replica {
    address: String,
    issuer: Issuer,
    life: Lifecycle,
    served: tokio::task::JoinHandle<()>,
    outreach: OutreachServiceClient<Client>,
    routing: RoutingServiceClient<Client>,
}

/// The newest commit, and the newest that concerned each target.
#[derive(Default)]
struct Chain {
    newest: Option<Link>,
    concerned: BTreeMap<String, Link>,
}

pub struct House {
    journal: Arc<Embedded>,
    clock: ProcessClock,
    replicas: Vec<Replica>,
    /// By subject of intake.
    chains: Mutex<BTreeMap<String, Chain>>,
    _dir: tempfile::TempDir,
}

impl House {
    pub async fn open(replicas: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let journal = Embedded::open(dir.path().join("journal")).unwrap();
        let clock = ProcessClock::new(Some(START.parse().unwrap()));
        let issuer = Issuer::create_or_load(&dir.path().join("identity.pem")).unwrap();
        let mut opened = Vec::new();
        for number in 0..replicas {
            opened.push(Replica::start(&dir.path().join(number.to_string()), &journal, &clock, &issuer).await);
        }
        let house = Self { journal, clock, replicas: opened, chains: Mutex::default(), _dir: dir };
        house.bring_policies_into_force().await;
        house
    }

    /// As in any region, two officers have brought its policies into force before the first report.
    async fn bring_policies_into_force(&self) {
        const POLICIES: [(&str, &str); 3] = [
            ("9001", include_str!("../../../../policies/9001.toml")),
            ("9002", include_str!("../../../../policies/9002.toml")),
            ("9003", include_str!("../../../../policies/9003.toml")),
        ];
        let replica = &self.replicas[0];
        let client = |id| client(&replica.address, &replica.issuer, id, Role::PolicyOfficer, &["9001", "9002", "9003"]);
        let (mut author, mut approver) = (RoutingServiceClient::new(client("b-1").await), RoutingServiceClient::new(client("b-2").await));
        let head = || Some(Command { request_id: Uuid::now_v7().to_string(), happened_at: String::new() });
        for (gemeentecode, text) in POLICIES.map(|(code, text)| (code.to_owned(), text.to_owned())) {
            let request = ProposePolicyRequest { command: head(), gemeentecode: gemeentecode.clone(), text };
            let version = author.propose_policy(request).await.unwrap().into_inner().version;
            let valid_from = Some(Date { iso: kernel::days::amsterdam_date(self.clock.now()).to_string() });
            approver.approve_policy(ApprovePolicyRequest { command: head(), gemeentecode, version, valid_from }).await.unwrap();
        }
    }

    pub async fn stop(self) {
        for replica in self.replicas {
            replica.life.stop();
            replica.served.await.unwrap();
        }
    }

    pub async fn advance(&self, by: SignedDuration) {
        self.clock.settable().unwrap().advance(by).unwrap();
    }

    pub fn unknown(&self, gemeente: &'static str) -> Case {
        let id = kernel::ids::new_uuid(self.clock.now());
        Case { id, gemeente, file: Key::new(gemeente.parse().unwrap(), kernel::ids::new_uuid(self.clock.now())) }
    }

    /// A new case with a signal that arrives now.
    pub async fn accept(&self, signal: &Signal) -> Case {
        let case = self.unknown(signal.gemeente);
        self.accept_for(&case, signal).await;
        case
    }

    pub async fn accept_received(&self, signal: &Signal, received_at: &str) -> Case {
        let case = self.unknown(signal.gemeente);
        self.accept_at(&case, signal, received_at.parse().unwrap()).await;
        case
    }

    pub async fn accept_for(&self, case: &Case, signal: &Signal) {
        self.accept_at(case, signal, self.clock.now()).await;
    }

    async fn accept_at(&self, case: &Case, signal: &Signal, received_at: Timestamp) {
        let accepted = SignalAccepted {
            signal_id: kernel::ids::new_uuid(received_at).as_bytes().to_vec(),
            case_id: case.id.as_bytes().to_vec(),
            kind: PartnerKind::Rent.into(),
            amount_cents: signal.cents,
            arrears_since: Some(Date { iso: signal.since.to_owned() }),
            received_at_ms: received_at.as_millisecond(),
            file_key: case.file.to_string(),
            ..Default::default()
        };
        self.append_raw(case, "SignalAccepted", accepted.encode_to_vec(), "routing").await;
    }

    /// A commit of intake with one event, as intake would make it.
    pub async fn append_raw(&self, case: &Case, name: &'static str, bytes: Vec<u8>, concerns: &str) {
        let (subject, target) = (Subject::new("intake", case.file), Subject::new(concerns, case.key()));
        let (previous, previous_for) = {
            let chains = self.chains.lock().unwrap();
            let chain = chains.get(&subject.to_string());
            (chain.and_then(|chain| chain.newest), chain.and_then(|chain| chain.concerned.get(&target.to_string()).copied()))
        };
        let now = Timestamp::from_millisecond(self.clock.now().as_millisecond()).unwrap();
        let envelope = Envelope {
            commit_id: kernel::ids::new_uuid(now),
            request_id: kernel::ids::new_uuid(now),
            actor: "v-1".to_owned(),
            cause: None,
            hops: 0,
            happened_at: now,
            recorded_at: now,
            types: vec![(name.to_owned(), 1)],
            previous,
            concerns: vec![Concern { subject: target.clone(), previous_for }],
            taken_in: Vec::new(),
            trace: None,
        };
        let (payload, hash) = envelope.encode(&subject, &[Encoded { name, version: 1, bytes }]);
        let expected = previous.map_or(0, |link| link.sequence);
        let Appended::At(sequence) = self.journal.append(&subject, expected, payload).await else { panic!("not appended") };
        let mut chains = self.chains.lock().unwrap();
        let chain = chains.entry(subject.to_string()).or_default();
        chain.newest = Some(Link { sequence, hash });
        chain.concerned.insert(target.to_string(), Link { sequence, hash });
    }

    /// The case's work item, once it is in this state on this track.
    pub async fn item(&self, case: &Case, state: &str, track: &str) -> WorkItem {
        until(&format!("{state} on {track}"), || async {
            let list = self.list_at(0, case.gemeente, None).await;
            list.into_iter().find(|item| item.case_id == case.id.to_string() && item.state == state && item.track == track)
        })
        .await
    }

    pub async fn gone(&self, case: &Case) {
        until("no work left", || async {
            let list = self.list_at(0, case.gemeente, None).await;
            list.iter().all(|item| item.case_id != case.id.to_string()).then_some(())
        })
        .await;
    }

    /// Outreach and routing, as somebody else finds them.
    pub async fn as_other(&self, role: Role, gemeenten: &[&str]) -> (OutreachServiceClient<Client>, RoutingServiceClient<Client>) {
        let client = client(&self.replicas[0].address, &self.replicas[0].issuer, "v-1", role, gemeenten).await;
        (OutreachServiceClient::new(client.clone()), RoutingServiceClient::new(client))
    }

    /// A municipality's whole list by one replica, page by page.
    pub async fn list_at(&self, replica: usize, gemeente: &str, at_least: Option<Position>) -> Vec<WorkItem> {
        let (mut items, mut token) = (Vec::new(), String::new());
        loop {
            let page = Some(proto::common::v1::Page { size: 7, token });
            let request = ListWorkRequest { gemeentecode: gemeente.to_owned(), team: String::new(), page, at_least: at_least.clone() };
            let answer = self.replicas[replica].outreach.clone().list_work(request).await.unwrap().into_inner();
            items.extend(answer.items);
            token = answer.next_token;
            if token.is_empty() {
                return items;
            }
        }
    }

    pub async fn attempt(&self, case: &Case, reached: bool) -> Result<Position, Status> {
        self.attempt_at(0, case, reached).await
    }

    pub async fn attempt_at(&self, replica: usize, case: &Case, reached: bool) -> Result<Position, Status> {
        let request = RecordAttemptRequest {
            command: self.head(),
            case_id: case.id.to_string(),
            gemeentecode: case.gemeente.to_owned(),
            channel: "huisbezoek".to_owned(),
            daypart: "avond".to_owned(),
            reached,
            toward: None,
        };
        let done = self.replicas[replica].outreach.clone().record_attempt(request).await?;
        Ok(done.into_inner().position.unwrap())
    }

    pub async fn offer(&self, case: &Case) -> Result<(), Status> {
        let request = RecordOfferRequest {
            command: self.head(),
            case_id: case.id.to_string(),
            gemeentecode: case.gemeente.to_owned(),
            channel: "brief".to_owned(),
            toward: None,
        };
        self.replicas[0].outreach.clone().record_offer(request).await.map(drop)
    }

    pub async fn answer(&self, case: &Case, answer: &str, result: &str) -> Result<(), Status> {
        let request = RecordAnswerRequest {
            command: self.head(),
            case_id: case.id.to_string(),
            gemeentecode: case.gemeente.to_owned(),
            answer: answer.to_owned(),
            result: result.to_owned(),
        };
        self.replicas[0].outreach.clone().record_answer(request).await.map(drop)
    }

    pub async fn explain(&self, case: &Case) -> Vec<Route> {
        let at_least = Some(Position { context: "routing".to_owned(), sequence: self.journal.end("routing").await.unwrap() });
        let request = ExplainRouteRequest { case_id: case.id.to_string(), at_least };
        self.replicas[0].routing.clone().explain_route(request).await.unwrap().into_inner().routes
    }

    pub async fn override_route(&self, case: &Case, track: &str, team: &str, reason_code: &str) -> Result<(), Status> {
        let request = OverrideRouteRequest {
            command: self.head(),
            case_id: case.id.to_string(),
            gemeentecode: case.gemeente.to_owned(),
            track: track.to_owned(),
            team: team.to_owned(),
            reason_code: reason_code.to_owned(),
        };
        self.replicas[0].routing.clone().override_route(request).await.map(drop)
    }

    fn head(&self) -> Option<Command> {
        Some(Command { request_id: kernel::ids::new_uuid(self.clock.now()).to_string(), happened_at: String::new() })
    }

    /// A context's whole stream.
    pub async fn all(&self, context: &str) -> Vec<Commit> {
        let end = self.journal.end(context).await.unwrap();
        let mut commits = Vec::new();
        for sequence in 1..=end {
            commits.extend(self.journal.at(context, sequence).await.unwrap().map(|record| Commit::read(&record).unwrap()));
        }
        commits
    }

    /// The commits that hold an event of this type.
    pub async fn commits(&self, context: &str, name: &str) -> Vec<Commit> {
        let all = self.all(context).await;
        all.into_iter().filter(|commit| commit.envelope.types.iter().any(|(known, _)| known == name)).collect()
    }

    pub async fn commits_until(&self, context: &str, name: &str, count: usize) {
        until(&format!("{count} {name}"), || async { (self.commits(context, name).await.len() >= count).then_some(()) }).await;
    }

    /// The commits in which something of this kind became of a clock.
    pub async fn terms(&self, what: &str) -> Vec<Commit> {
        let mut found = self.commits("outreach", "TermChanged").await;
        found.retain(|commit| changes(commit).any(|change| change.0 == what));
        found
    }

    pub async fn commits_until_terms(&self, what: &str, count: usize) {
        until(&format!("{count} {what}"), || async { (self.terms(what).await.len() >= count).then_some(()) }).await;
    }

    /// How many clocks of this kind were set.
    pub async fn terms_set(&self, kind: &str) -> usize {
        self.commits("outreach", "TermChanged").await.iter().flat_map(changes).filter(|(what, of)| what == "set" && of == kind).count()
    }
}

/// What became of clocks in a commit, and for a clock that was set its kind.
fn changes(commit: &Commit) -> impl Iterator<Item = (String, String)> {
    use proto::common::v1::term_event::What;
    let events = commit.envelope.types.iter().zip(&commit.events).filter(|((name, _), _)| name == "TermChanged");
    let whats = events.map(|(_, bytes)| TermChanged::decode(bytes.clone()).unwrap().term.unwrap().what.unwrap());
    whats.map(|what| match what {
        What::Set(set) => ("set".to_owned(), set.kind),
        What::Warned(_) => ("warned".to_owned(), String::new()),
        What::Expired(_) => ("expired".to_owned(), String::new()),
        What::Met(_) => ("met".to_owned(), String::new()),
        What::FoundMet(_) => ("found-met".to_owned(), String::new()),
        What::LateWhenKnown(_) => ("late-when-known".to_owned(), String::new()),
        What::Ended(_) => ("ended".to_owned(), String::new()),
    })
}

impl Replica {
    async fn start(data: &Path, journal: &Arc<Embedded>, clock: &ProcessClock, issuer: &Issuer) -> Self {
        let gate = Gate::new(issuer.identity(), Authoriser::built_in().unwrap());
        let life = Lifecycle::new();
        let mut server = Server::new(&gate, clock).unwrap();
        let parts = Parts {
            journal: Lagging::behind(journal.clone()),
            clock: clock.shared(),
            observer: Arc::new(journal::Silent),
            gate,
            data: data.to_owned(),
            policies: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies"),
            life: life.clone(),
            readiness: server.readiness(),
            parking: service::Parking::default(),
        };
        routing::start(&parts, &mut server).unwrap();
        outreach::start(&parts, &mut server);
        let bound = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = bound.address().to_string();
        let served = tokio::spawn({
            let life = life.clone();
            async move {
                bound.serve(&life, Duration::from_secs(10)).await.unwrap();
            }
        });
        let client = client(&address, issuer, "v-1", Role::Desk, &["9001", "9002", "9003"]).await;
        let (outreach, routing) = (OutreachServiceClient::new(client.clone()), RoutingServiceClient::new(client));
        Self { address, issuer: issuer.clone(), life, served, outreach, routing }
    }
}

async fn client(address: &str, issuer: &Issuer, id: &str, role: Role, gemeenten: &[&str]) -> Client {
    let gemeenten: Vec<_> = gemeenten.iter().map(|code| code.parse().unwrap()).collect();
    let token = issuer.token(&Actor::person(id, "test", &[role], &gemeenten), SignedDuration::from_hours(1)).unwrap();
    connect(address, Some(&token)).await.unwrap()
}
