//! Replicas of routing across the activation of a policy, and racing for the last places of a week: over the embedded journal and over NATS.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what is wrong by a panic")]

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use journal::{
    Appended, Commit, Context, Encoded, Journal, Record, Request, Runtime, RuntimeParts, Silent, Subject, Verdict,
    commit::{Concern, Envelope},
    testing::{conformance::World, embedded::EmbeddedWorld, nats::NatsWorld},
};
use kernel::{Decider, Key, RequestId, days::amsterdam_date, ids::new_uuid};
use prost::Message;
use proto::{common::v1::Date as PbDate, intake::v1 as intake, routing::v1 as pb};
use routing::{
    Routing,
    domain::{Command, Event, Policies, Policy, Proposal, State, policies_key},
    policy_file,
};
use service::SetClock;
use sha2::{Digest, Sha256};
use uuid::Uuid;

type Replica = Arc<Runtime<Routing>>;

fn shipped() -> Policies {
    Policies::shipped(policy_file::shipped(std::path::Path::new("none")).unwrap())
}

/// The policy of Waterveen, as this version of it; its crisis team holds so many cases a week.
fn proposal(version: &str, author: &str, capacity: Option<u32>) -> Proposal {
    let text = include_str!("../../../policies/9001.toml");
    let was = text.lines().find(|line| line.starts_with("version")).unwrap();
    let text = text.replacen(was, &format!("version = \"{version}\""), 1);
    let holds = capacity.map(|capacity| format!("capacity_per_week = {capacity}, overflow = \"teamleiding\", ")).unwrap_or_default();
    let text = text.replacen("crisisinterventie = { ", &format!("crisisinterventie = {{ {holds}"), 1);
    let hash = Sha256::digest(text.as_bytes()).to_vec();
    let stored = pb::PolicyProposed { version: version.to_owned(), hash, text, author: author.to_owned() };
    let Event::PolicyProposed(proposal) = Routing::decode("PolicyProposed", 1, &stored.encode_to_vec()).unwrap() else { panic!() };
    proposal
}

struct Region {
    journal: Arc<dyn Journal>,
    clock: Arc<SetClock>,
    a: Replica,
    b: Replica,
}

impl Region {
    fn over(world: &impl World) -> Self {
        let clock = Arc::new(SetClock::starting_at("2026-03-09T09:00:00Z".parse().unwrap()));
        let replica = |journal| {
            let (clock, observer) = (clock.clone(), Arc::new(Silent));
            Runtime::new(RuntimeParts { journal, clock, observer, facts: shipped() })
        };
        let (a, b) = (replica(world.journal()), replica(world.other()));
        Self { journal: world.journal(), a, b, clock }
    }

    async fn tell(&self, replica: &Replica, command: Command) -> u64 {
        let request = Request::new(RequestId::from_uuid(Uuid::now_v7()), "b");
        replica.execute(policies_key("9001".parse().unwrap()), request, command).await.unwrap().sequence
    }

    async fn activate(&self, version: &str, valid_from: &str) -> u64 {
        self.bring(proposal(version, "b-1", None), version, valid_from).await
    }

    async fn bring(&self, proposal: Proposal, version: &str, valid_from: &str) -> u64 {
        self.tell(&self.a, Command::Propose(proposal)).await;
        let (version, valid_from, approver) = (version.to_owned(), valid_from.parse::<Date>().unwrap(), "b-2".to_owned());
        self.tell(&self.b, Command::Approve { version, valid_from, approver }).await
    }

    /// A report that intake accepted, of a case of its own.
    async fn report(&self) -> Record {
        let now = Timestamp::now();
        let received: Timestamp = "2026-03-09T08:00:00Z".parse().unwrap();
        let key = Key::new("9001".parse().unwrap(), Uuid::now_v7());
        let subject = Subject::new("intake", key);
        let accepted = intake::SignalAccepted {
            signal_id: Uuid::now_v7().as_bytes().to_vec(),
            case_id: key.id.as_bytes().to_vec(),
            kind: intake::PartnerKind::Rent.into(),
            amount_cents: 75_000,
            arrears_since: Some(PbDate { iso: "2026-01-01".to_owned() }),
            received_at_ms: received.as_millisecond(),
            file_key: key.to_string(),
            ..Default::default()
        };
        let envelope = Envelope {
            commit_id: new_uuid(now),
            request_id: new_uuid(now),
            actor: "somebody".into(),
            cause: None,
            hops: 0,
            happened_at: received,
            recorded_at: received,
            types: vec![("SignalAccepted".to_owned(), 1)],
            previous: None,
            concerns: vec![Concern { subject: Subject::new("routing", key), previous_for: None }],
            taken_in: Vec::new(),
            trace: None,
        };
        let event = Encoded { name: "SignalAccepted", version: 1, bytes: accepted.encode_to_vec() };
        let (payload, _) = envelope.encode(&subject, &[event]);
        let Appended::At(sequence) = self.journal.append(&subject, 0, payload.clone()).await else { panic!() };
        Record { sequence, subject, payload }
    }

    /// The route of a new report, made by this replica.
    async fn route(&self, replica: &Replica) -> pb::CaseRouted {
        let report = self.report().await;
        assert_eq!(replica.take_in(&report, 1).await, Verdict::Ack);
        let record = self.journal.last(&Subject::new("routing", report.subject.key())).await.unwrap().unwrap();
        pb::CaseRouted::decode(Commit::read(&record).unwrap().events[0].clone()).unwrap()
    }

    /// Every route in the journal, held to what a reader who starts from nothing finds at the position it names.
    async fn replay(&self) -> usize {
        let policies = self.journal.load(&Subject::new("routing", policies_key("9001".parse().unwrap())), 0).await.unwrap();
        let mut routes = 0;
        for sequence in 1..=self.journal.end("routing").await.unwrap() {
            let Some(record) = self.journal.at("routing", sequence).await.unwrap() else { continue };
            let commit = Commit::read(&record).unwrap();
            if commit.envelope.types[0].0 != "CaseRouted" {
                continue;
            }
            let route = pb::CaseRouted::decode(commit.events[0].clone()).unwrap();
            assert!(route.policy_position < sequence, "a route rests on what was there before it");
            let known = policies.iter().filter(|record| record.sequence <= route.policy_position);
            let state = known.fold(State::default(), |state, record| {
                let commit = Commit::read(record).unwrap();
                Routing::evolve(state, &Routing::decode(&commit.envelope.types[0].0, 1, &commit.events[0]).unwrap())
            });
            let decides = shipped().with(state.versions, route.policy_position).on(amsterdam_date(commit.envelope.recorded_at));
            let policy: &Policy = &decides;
            assert_eq!(
                (&route.policy, &route.policy_version, route.policy_hash.as_slice()),
                (&policy.name, &policy.version, policy.hash.as_slice())
            );
            routes += 1;
        }
        routes
    }
}

async fn replicas_decide_alike(world: &impl World) {
    let region = Region::over(world);
    for replica in [&region.a, &region.b] {
        let route = region.route(replica).await;
        assert_eq!((route.policy.as_str(), route.policy_position), ("default", 0));
    }
    let at = region.activate("2026-7", "2026-03-09").await;
    for replica in [&region.a, &region.b] {
        let route = region.route(replica).await;
        assert_eq!((route.policy.as_str(), route.policy_version.as_str(), route.policy_position), ("9001", "2026-7", at));
    }
    let at = region.activate("2026-8", "2026-03-10").await;
    for (now, version) in [("2026-03-09T22:59:00Z", "2026-7"), ("2026-03-09T23:00:00Z", "2026-8")] {
        region.clock.set(now.parse().unwrap());
        for replica in [&region.b, &region.a] {
            let route = region.route(replica).await;
            assert_eq!((route.policy_version.as_str(), route.policy_position), (version, at), "from midnight in Amsterdam");
        }
    }

    // Both replicas are handed the same reports while versions come into force: one route each, and each rests on its position.
    let reports = async {
        for _ in 0..40 {
            let report = region.report().await;
            let (a, b) = tokio::join!(region.a.take_in(&report, 1), region.b.take_in(&report, 1));
            assert_eq!((a, b), (Verdict::Ack, Verdict::Ack));
        }
    };
    let activations = async {
        for version in 0..4 {
            region.activate(&format!("2026-9-{version}"), "2026-03-10").await;
        }
    };
    tokio::join!(reports, activations);
    assert_eq!(region.route(&region.a).await.policy_version, "2026-9-3");
    assert_eq!(region.replay().await, 8 + 40 + 1);
}

/// Two replicas take in the same and each other's reports of one week at once: no place is given out twice, and nobody is left out.
async fn no_week_overflows_in_silence(world: &impl World) {
    const CAPACITY: usize = 7;
    let region = Region::over(world);
    region.bring(proposal("2026-7", "b-1", Some(7)), "2026-7", "2026-03-09").await;
    let mut reports = Vec::new();
    for _ in 0..30 {
        reports.push(region.report().await);
    }
    let both = |at: usize| {
        let (region, report, other) = (&region, &reports[at], &reports[reports.len() - 1 - at]);
        async move {
            let (a, b) = tokio::join!(region.a.take_in(report, 1), region.b.take_in(other, 1));
            (a == Verdict::Ack, b == Verdict::Ack)
        }
    };
    let done = futures::future::join_all((0..reports.len()).map(both)).await;
    // A busy week is tried again, as the pump does.
    for (at, _) in done.iter().enumerate().filter(|(_, (a, b))| !(*a && *b)) {
        assert_eq!(both(at).await, (true, true));
    }
    let (mut silent, mut told, mut elsewhere) = (0, 0, 0);
    for report in &reports {
        let routes = region.journal.load(&Subject::new("routing", report.subject.key()), 0).await.unwrap();
        assert_eq!(routes.len(), 1, "one route each");
        let route = pb::CaseRouted::decode(Commit::read(&routes[0]).unwrap().events[0].clone()).unwrap();
        match (route.team.as_str(), route.overflow.as_slice()) {
            ("crisisinterventie", []) => silent += 1,
            ("crisisinterventie", _) => told += 1,
            ("teamleiding", [full]) if full.team == "crisisinterventie" && full.why == "full" && full.capacity == 7 => elsewhere += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((silent, told, elsewhere), (CAPACITY, 0, reports.len() - CAPACITY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_readers_of_one_store_never_give_the_last_place_twice() {
    no_week_overflows_in_silence(&EmbeddedWorld::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_on_nats_never_give_the_last_place_twice() {
    no_week_overflows_in_silence(&NatsWorld::one().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_readers_of_one_store_decide_by_the_version_at_their_position() {
    replicas_decide_alike(&EmbeddedWorld::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_on_nats_decide_by_the_version_at_their_position() {
    replicas_decide_alike(&NatsWorld::one().await).await;
}
