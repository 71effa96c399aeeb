//! What must hold, asked of the journal itself.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    future::ready,
};

use async_nats::jetstream;
use futures::StreamExt as _;
use journal::{
    Commit, Context, Journal as _,
    jetstream::{JetStream, Options},
};
use prost::Message;
use proto::{
    common::v1::term_event::What,
    intake::v1::SignalAccepted,
    outreach::v1::{PlanMade, SignalJoined, TermChanged},
    routing::v1::CaseRouted,
};
use uuid::Uuid;

use crate::{load::Load, support::until};

pub struct Oracle {
    journal: JetStream,
    context: jetstream::Context,
}

/// A signal that intake took in.
pub struct Accepted {
    pub signal: Uuid,
    pub receipt: Uuid,
    pub case: Uuid,
}

/// Follower and source, of everyone who follows.
pub fn everyone() -> Vec<(&'static str, &'static str)> {
    fn of<C: Context>() -> impl Iterator<Item = (&'static str, &'static str)> {
        C::FOLLOWS.iter().map(|source| (C::NAME, *source))
    }
    of::<intake::Intake>()
        .chain(of::<routing::Routing>())
        .chain(of::<outreach::Outreach>())
        .chain(of::<court_liaison::CourtLiaison>())
        .chain(of::<aftercare::Aftercare>())
        .collect()
}

fn id(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap()
}

impl Oracle {
    pub async fn connect(url: &str) -> Self {
        let journal = JetStream::connect(Options { replicas: 1, ..Options::new(url) }).await.unwrap();
        Self { journal, context: jetstream::new(async_nats::connect(url).await.unwrap()) }
    }

    /// Waits until every follower has taken in all of its source, and nothing more comes of it.
    pub async fn rest(&self, followers: &[(&str, &str)]) {
        let mut before = Vec::new();
        loop {
            let mut ends = Vec::new();
            for (follower, source) in followers {
                until(&format!("{follower} has taken in all of {source}"), || self.at_the_end(follower, source)).await;
                ends.push(self.journal.end(source).await.unwrap());
                ends.push(self.journal.end(follower).await.unwrap());
            }
            if ends == before {
                return;
            }
            before = ends;
        }
    }

    async fn at_the_end(&self, follower: &str, source: &str) -> Result<(), String> {
        let name = format!("{follower}-{source}");
        let consumer: jetstream::consumer::PullConsumer =
            self.context.get_consumer_from_stream(&name, source.to_uppercase()).await.map_err(|error| error.to_string())?;
        let info = consumer.cached_info();
        match (info.num_pending, info.num_ack_pending) {
            (0, 0) => Ok(()),
            (pending, out) => Err(format!("{pending} to deliver, {out} to acknowledge")),
        }
    }

    /// Every event of this name in a context, with the aggregate's id.
    async fn events<M: Message + Default>(&self, context: &str, name: &str) -> Vec<(Uuid, M)> {
        let end = self.journal.end(context).await.unwrap();
        let mut found = Vec::new();
        if end == 0 {
            return found;
        }
        let mut commits = self.journal.follow(context, 0).await.take_while(|record| ready(record.sequence <= end));
        while let Some(record) = commits.next().await {
            let commit = Commit::read(&record).unwrap();
            for ((is, _), bytes) in commit.envelope.types.iter().zip(&commit.events) {
                if is == name {
                    found.push((record.subject.key().id, M::decode(bytes.clone()).unwrap()));
                }
            }
            if record.sequence == end {
                break;
            }
        }
        found
    }

    pub async fn accepted(&self) -> Vec<Accepted> {
        let events = self.events::<SignalAccepted>("intake", "SignalAccepted").await.into_iter();
        events.map(|(_, e)| Accepted { signal: id(&e.signal_id), receipt: id(&e.receipt_id), case: id(&e.case_id) }).collect()
    }

    pub async fn each_in_one_case_with_one_route_and_one_plan(&self, load: &Load) {
        let accepted = self.accepted().await;
        let stored: HashSet<Uuid> = accepted.iter().map(|signal| signal.receipt).collect();
        let acknowledged: HashSet<Uuid> = load.receipts.values().copied().collect();
        assert_eq!((accepted.len(), acknowledged.len()), (stored.len(), load.receipts.len()), "no report twice");
        assert_eq!(stored, acknowledged, "what was acknowledged is stored, and all of it was acknowledged");

        let cases: HashMap<Uuid, Uuid> = accepted.iter().map(|signal| (signal.signal, signal.case)).collect();
        assert_eq!(cases.len(), accepted.len(), "each signal is in one case");

        let mut routed = HashMap::new();
        for (case, route) in self.events::<CaseRouted>("routing", "CaseRouted").await {
            if !route.signal_id.is_empty() {
                let signal = id(&route.signal_id);
                assert_eq!(cases.get(&signal), Some(&case), "signal {signal} is routed for its case");
                assert_eq!(routed.insert(signal, id(&route.route_id)), None, "signal {signal} has one route");
            }
        }
        assert_eq!(routed.len(), cases.len(), "every signal is routed");

        let mut planned = HashSet::new();
        for (case, plan) in self.events::<PlanMade>("outreach", "PlanMade").await {
            let signal = id(&plan.signal_id);
            assert_eq!(cases.get(&signal), Some(&case), "signal {signal} is planned for its case");
            assert_eq!(routed.get(&signal), Some(&id(&plan.route_id)), "the plan of signal {signal} is for its route");
            assert!(planned.insert(signal), "signal {signal} has one plan");
        }
        for (case, joined) in self.events::<SignalJoined>("outreach", "SignalJoined").await {
            let signal = id(&joined.signal_id);
            assert_eq!(cases.get(&signal), Some(&case), "signal {signal} joins a plan of its case");
            assert!(!joined.plan_id.is_empty(), "signal {signal} joins a plan that is open");
            assert!(planned.insert(signal), "signal {signal} is in one plan");
        }
        assert_eq!(planned.len(), cases.len(), "every signal is planned");
    }

    /// Every chain holds, every reaction was taken in once, none waits, none is parked.
    pub async fn sound(&self) {
        let report = zeef::house::verify(&self.journal).await.unwrap();
        assert_eq!(report.findings, [], "chains and reactions hold");
        assert_eq!((report.pending, report.parked), (Vec::new(), Vec::new()), "nothing waits");
    }

    /// What became of every term, in the order it was recorded.
    pub async fn terms(&self) -> Terms {
        let mut terms: BTreeMap<Uuid, Vec<&'static str>> = BTreeMap::new();
        for (_, changed) in self.events::<TermChanged>("outreach", "TermChanged").await {
            let (term, what) = match changed.term.unwrap().what.unwrap() {
                What::Set(set) => (set.term_id, "set"),
                What::Warned(moment) => (moment.term_id, "warned"),
                What::Expired(moment) => (moment.term_id, "expired"),
                What::LateWhenKnown(moment) => (moment.term_id, "late-when-known"),
                What::Met(met) => (met.term_id, "met"),
                What::FoundMet(moment) => (moment.term_id, "found-met"),
                What::Ended(ended) => (ended.term_id, "ended"),
            };
            terms.entry(id(&term)).or_default().push(what);
        }
        Terms(terms)
    }

    pub async fn warned(&self, many: usize) {
        self.recorded("warned", many).await;
    }

    pub async fn expired(&self, many: usize) {
        self.recorded("expired", many).await;
    }

    async fn recorded(&self, wanted: &str, many: usize) {
        until(&format!("{many} terms are {wanted}"), || async {
            let found = self.terms().await.0.values().filter(|term| term.contains(&wanted)).count();
            if found >= many { Ok(()) } else { Err(format!("{found} are")) }
        })
        .await;
    }
}

/// What became of each term.
pub struct Terms(BTreeMap<Uuid, Vec<&'static str>>);

impl Terms {
    /// Of the offer that a signal asks for.
    pub fn of(&self, signal: Uuid) -> Vec<&'static str> {
        self.0.get(&kernel::ids::derived_uuid(signal, "offer")).cloned().unwrap_or_default()
    }
}
