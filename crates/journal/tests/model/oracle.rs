//! What must hold when a world has come to rest, told from the stored commits alone.

use std::collections::BTreeMap;

use journal::{
    Aggregate, Commit, Context, Reacting, TakenInOutcome,
    testing::doors::{ALPHA, Ask, BETA, Emitted, Order, RENEWAL, Source, TARGET, Target},
};
use kernel::{Decider, Moment};

use crate::{
    memory::Stored,
    world::{TARGETS, key},
};

#[derive(Clone, Debug, Default)]
pub struct Totals {
    pub worlds: u64,
    pub acted: u64,
    pub noted: u64,
    pub parked: u64,
    pub unparked: u64,
    pub crashes: u64,
    pub redelivered: u64,
    pub unknown: u64,
}
impl Totals {
    pub fn add(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.acted += other.acted;
        self.noted += other.noted;
        self.parked += other.parked;
        self.unparked += other.unparked;
        self.crashes += other.crashes;
        self.redelivered += other.redelivered;
        self.unknown += other.unknown;
    }
}

fn commits(stored: &Stored, context: &str) -> Vec<Commit> {
    stored.streams.get(context).into_iter().flatten().map(|r| Commit::read(r).expect("readable")).collect()
}

/// What a source commit asks, read from its bytes.
fn asked(commit: &Commit) -> Emitted {
    Source::<0>::decode("", 1, &commit.events[0]).unwrap()
}

/// Every chain holds; every handled source commit is in each of its targets exactly once, in order; each decision was made on
/// the state as it truly was; each request was executed at most once.
pub fn judge(stored: &Stored, answered: &BTreeMap<uuid::Uuid, bool>) -> Result<Totals, String> {
    let mut seen = Totals { worlds: 1, unknown: stored.unknown, ..Totals::default() };
    let [alpha, beta, target_commits] = [ALPHA, BETA, TARGET].map(|context| commits(stored, context));
    for stream in [&alpha, &beta, &target_commits] {
        let mut last = BTreeMap::new();
        for commit in stream {
            if commit.envelope.previous != last.get(&commit.subject).copied() {
                return Err(format!("chain of {} breaks at {}", commit.subject, commit.sequence));
            }
            last.insert(commit.subject.clone(), commit.link());
        }
    }
    for target in 0..TARGETS {
        let subject = journal::Subject::new(Target::NAME, key(target));
        let mut aggregate = Aggregate::<Target>::default();
        let mut taken: BTreeMap<_, Vec<u64>> = BTreeMap::new();
        let mut requests = BTreeMap::new();
        for commit in target_commits.iter().filter(|c| c.subject == subject) {
            let events: Vec<_> =
                commit.envelope.types.iter().zip(&commit.events).map(|((n, v), b)| Target::decode(n, *v, b).unwrap()).collect();
            if commit.envelope.taken_in.is_empty() {
                *requests.entry(commit.envelope.request_id).or_insert(0) += 1;
            }
            for t in &commit.envelope.taken_in {
                let stream = if t.source_subject.context() == ALPHA { &alpha } else { &beta };
                let source = &stream[usize::try_from(t.source.sequence).unwrap() - 1];
                if source.hash != t.source.hash {
                    return Err(format!("{subject} took in another commit than the source holds"));
                }
                let moment = Moment::at(commit.envelope.recorded_at);
                let source_commit = source.envelope.commit_id;
                let reacting = Reacting { source: &t.source_subject, source_commit, target: subject.key(), moment };
                let order = match asked(source).ask {
                    Ask::Open => Some(Order::Open),
                    Ask::Close => Some(Order::Close),
                    Ask::New => Some(Order::Renew(reacting.derive(RENEWAL))),
                    Ask::Ignored | Ask::Poison => None,
                };
                let should = order.map(|o| Target::decide(&aggregate.state, &o, moment).unwrap_or_default()).unwrap_or_default();
                match t.outcome {
                    TakenInOutcome::Acted => seen.acted += 1,
                    TakenInOutcome::Noted(_) => seen.noted += 1,
                    TakenInOutcome::Parked(_) => seen.parked += 1,
                    TakenInOutcome::Reconciled => return Err(format!("{subject} gave up what its source still has")),
                    TakenInOutcome::Unparked => {
                        seen.unparked += 1;
                        if events != should {
                            return Err(format!("{subject} unparked {} wrongly", t.source.sequence));
                        }
                        continue;
                    }
                }
                if !matches!(t.outcome, TakenInOutcome::Parked(_)) && events != should {
                    return Err(format!("{subject} decided about {}@{} on a state that was not so", t.source_subject, t.source.sequence));
                }
                taken.entry(t.source_subject.clone()).or_default().push(t.source.sequence);
            }
            aggregate.apply(commit);
        }
        if let Some((request, times)) = requests.iter().find(|(_, times)| **times > 1) {
            return Err(format!("request {request} was executed {times} times"));
        }
        for stream in [&alpha, &beta] {
            let mut due: BTreeMap<_, Vec<u64>> = BTreeMap::new();
            for source in stream {
                if source.previous_for(&subject).is_some() && asked(source).ask != Ask::Ignored {
                    due.entry(source.subject.clone()).or_default().push(source.sequence);
                }
            }
            for (source, sequences) in due {
                let got = taken.remove(&source).unwrap_or_default();
                if got != sequences {
                    return Err(format!("{subject} should have taken in {sequences:?} of {source}, and took in {got:?}"));
                }
            }
        }
        if !taken.is_empty() {
            return Err(format!("{subject} took in what does not concern it: {taken:?}"));
        }
        for (request, appended) in answered {
            let stands = requests.contains_key(request);
            if *appended && !stands && target_commits.iter().all(|c| c.envelope.request_id != *request) {
                return Err(format!("request {request} was answered and is not there"));
            }
        }
    }
    Ok(seen)
}
