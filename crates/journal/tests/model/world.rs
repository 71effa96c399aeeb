//! One random world: replicas, sources, deliveries and crashes, stepped one poll at a time by a seeded scheduler.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex},
    task::{Context as Poller, Poll, Waker},
};

use journal::{
    Failure, Request, Runtime, RuntimeParts, Silent, Verdict,
    testing::doors::{ALPHA, Ask, BETA, BUG, Emitted, OLD_RELEASE, Order, Source, Still, TARGET, Target, view_came_to},
};
use kernel::{Key, RequestId};
use rand::{SeedableRng, rngs::StdRng};
use uuid::Uuid;

use crate::{
    memory::{DICE, Memory, Stored, chance, pick},
    oracle::{Totals, judge},
};

pub const TARGETS: u8 = 3;
const SUBJECTS: u8 = 2;
const REPLICAS: usize = 3;
const STEPS: usize = 400;
const REST: usize = 60_000;

pub fn key(id: u8) -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(u128::from(id) + 1))
}

fn any_target() -> Key {
    key(u8::try_from(pick(usize::from(TARGETS))).unwrap())
}

struct Task {
    process: usize,
    work: Pin<Box<dyn Future<Output = ()>>>,
}

struct Replica {
    target: Arc<Runtime<Target>>,
    old: bool,
}

type Pending = Rc<RefCell<BTreeMap<(String, u64), u64>>>;

fn replica(stored: &Arc<Mutex<Stored>>, process: usize, old: bool) -> Replica {
    let journal = Arc::new(Memory { stored: stored.clone(), process });
    // A cache of two for three targets: states are forgotten and go stale all the time.
    let parts = RuntimeParts { journal, clock: Arc::new(Still), observer: Arc::new(Silent), facts: () };
    Replica { target: Runtime::with_cache(parts, 2), old }
}

/// Runs a world to its rest and judges it.
pub fn run(seed: u64) -> Result<Totals, String> {
    DICE.set(StdRng::seed_from_u64(seed));
    OLD_RELEASE.set(false);
    BUG.set(false);
    let stored = Arc::new(Mutex::new(Stored { faults: [0, 5, 15][pick(3)], ..Stored::default() }));
    let upgrade = chance(30);
    let mut replicas: Vec<Replica> = (0..REPLICAS).map(|p| replica(&stored, p, upgrade && p == 0)).collect();
    let sources = Memory { stored: stored.clone(), process: 90 };
    let mut tasks: Vec<Task> = Vec::new();
    let answered: Rc<RefCell<BTreeMap<Uuid, bool>>> = Rc::default();
    // Delivered and not yet acknowledged, with the attempts so far.
    let pending: Pending = Rc::default();
    let mut offered: BTreeMap<String, usize> = BTreeMap::new();
    let alarm: Rc<Cell<bool>> = Rc::default();
    let (mut crashes, mut redelivered, mut requests) = (0, 0, 0_u128);
    let (mut emitted, mut ordered) = (0, 0);
    let emit_at_most = 4 + pick(14);
    let order_at_most = pick(8);
    let mut step = 0;
    loop {
        step += 1;
        let quiet = step > STEPS;
        if quiet {
            stored.lock().unwrap().faults = 0;
            BUG.set(false);
            if step == STEPS + 1 {
                // The upgrade is over: no old replica is left.
                for (process, replica) in replicas.iter_mut().enumerate().filter(|(_, r)| r.old) {
                    tasks.retain(|t| t.process != process);
                    *replica = self::replica(&stored, process, false);
                }
            }
        } else {
            BUG.set(chance(3));
        }
        if step > REST {
            return Err(format!("no rest after {REST} steps: {} pending, {} tasks", pending.borrow().len(), tasks.len()));
        }
        // New source commits become deliverable.
        for context in [ALPHA, BETA] {
            let length = stored.lock().unwrap().streams.get(context).map_or(0, Vec::len);
            let known = offered.entry(context.to_owned()).or_insert(0);
            while *known < length {
                *known += 1;
                pending.borrow_mut().insert((context.to_owned(), *known as u64), 0);
            }
        }
        match pick(100) {
            0..12 if !quiet && emitted < emit_at_most => {
                emitted += 1;
                tasks.push(emit(&sources));
            }
            12..16 if !quiet && ordered < order_at_most => {
                ordered += 1;
                requests += 1;
                let process = pick(REPLICAS);
                tasks.push(order(&replicas[process], process, requests, &answered));
            }
            16..40 if !pending.borrow().is_empty() && tasks.len() < 12 => {
                let at = pick(pending.borrow().len());
                let (which, attempts) = {
                    let mut pending = pending.borrow_mut();
                    let (which, attempts) = pending.iter_mut().nth(at).map(|(w, a)| (w.clone(), a)).unwrap();
                    *attempts += 1;
                    (which, *attempts)
                };
                redelivered += u64::from(attempts > 1);
                let process = pick(REPLICAS);
                tasks.push(deliver(&stored, &replicas[process], process, which, attempts, &pending, &alarm));
            }
            40..42 if !quiet => {
                let process = pick(REPLICAS);
                crashes += 1;
                tasks.retain(|t| t.process != process);
                let old = replicas[process].old;
                replicas[process] = replica(&stored, process, old);
            }
            42..45 => {
                let mut stored = stored.lock().unwrap();
                if !stored.held.is_empty() {
                    let at = pick(stored.held.len());
                    stored.land_held(at);
                }
            }
            // Delivered again although acknowledged: an acknowledgement got lost.
            45..47 if !quiet => {
                let context = [ALPHA, BETA][pick(2)];
                let length = offered[context];
                if length > 0 {
                    redelivered += 1;
                    pending.borrow_mut().entry((context.to_owned(), 1 + pick(length) as u64)).or_insert(0);
                }
            }
            47..49 if !quiet => {
                let process = pick(REPLICAS);
                tasks.push(retry(&stored, &replicas[process], process));
            }
            // A tick: everything up to now is taken in before it is judged.
            49..51 => {
                let (process, target) = (pick(REPLICAS), any_target());
                let runtime = replicas[process].target.clone();
                let work = async move { drop(runtime.catch_up(target).await) };
                tasks.push(Task { process, work: Box::pin(work) });
            }
            // A view has come to some commit, the newest or one of long ago.
            51..54 => {
                let target = any_target();
                let stored = stored.lock().unwrap();
                let of_it = |record: &&journal::Record| record.subject.key() == target;
                let sequences: Vec<u64> =
                    stored.streams.get(TARGET).into_iter().flatten().filter(of_it).map(|record| record.sequence).collect();
                if !sequences.is_empty() {
                    view_came_to(&replicas[pick(REPLICAS)].target, target, sequences[pick(sequences.len())]);
                }
            }
            _ if !tasks.is_empty() => {
                let at = pick(tasks.len());
                let old = replicas.get(tasks[at].process).is_some_and(|r| r.old);
                OLD_RELEASE.set(old);
                let done = tasks[at].work.as_mut().poll(&mut Poller::from_waker(Waker::noop())) == Poll::Ready(());
                OLD_RELEASE.set(false);
                if done {
                    drop(tasks.swap_remove(at));
                }
            }
            _ => {}
        }
        if alarm.get() {
            return Err("an alarm over a history that nobody touched".to_owned());
        }
        if quiet && tasks.is_empty() && pending.borrow().is_empty() {
            let mut stored = stored.lock().unwrap();
            if stored.held.is_empty() {
                break;
            }
            stored.land_held(0);
        }
    }
    let stored = stored.lock().unwrap();
    let mut seen = judge(&stored, &answered.borrow())?;
    seen.crashes = crashes;
    seen.redelivered = redelivered;
    Ok(seen)
}

fn emit(sources: &Memory) -> Task {
    let ask = match pick(20) {
        0..3 => Ask::Ignored,
        3..10 => Ask::Open,
        10..17 => Ask::Close,
        17..19 => Ask::New,
        _ => Ask::Poison,
    };
    let targets = (0..TARGETS).filter(|_| chance(45)).map(key).collect();
    let subject = key(100 + u8::try_from(pick(usize::from(SUBJECTS))).unwrap());
    let command = Emitted { ask, targets };
    let beta = chance(40);
    // A process of its own per emission: nothing is cached, appends of different ones may overlap.
    let journal = Memory { stored: sources.stored.clone(), process: 1_000 + pick(1_000_000) };
    let work = async move {
        let id = RequestId::from_uuid(Uuid::new_v4_like());
        loop {
            let request = Request::new(id, "source");
            let parts = |journal| (Arc::new(journal), Arc::new(Still), Arc::new(Silent));
            let (journal, clock, observer) = parts(journal.clone());
            let done = if beta {
                let runtime = Runtime::<Source<1>>::with_cache(RuntimeParts { journal, clock, observer, facts: () }, 1);
                runtime.execute(subject, request, command.clone()).await.map(|_| ())
            } else {
                let runtime = Runtime::<Source<0>>::with_cache(RuntimeParts { journal, clock, observer, facts: () }, 1);
                runtime.execute(subject, request, command.clone()).await.map(|_| ())
            };
            if done.is_ok() {
                return;
            }
        }
    };
    Task { process: usize::MAX, work: Box::pin(work) }
}

trait Made {
    fn new_v4_like() -> Uuid;
}
impl Made for Uuid {
    fn new_v4_like() -> Uuid {
        DICE.with_borrow_mut(|dice| Uuid::from_u128(rand::Rng::random(dice)))
    }
}

fn order(replica: &Replica, process: usize, number: u128, answered: &Rc<RefCell<BTreeMap<Uuid, bool>>>) -> Task {
    let runtime = replica.target.clone();
    let answered = answered.clone();
    let target = any_target();
    let command = if chance(50) { Order::Open } else { Order::Close };
    let id = Uuid::from_u128(0xc0de_0000 + number);
    let work = async move {
        for _ in 0..20 {
            match runtime.execute(target, Request::new(RequestId::from_uuid(id), "staff"), command.clone()).await {
                Ok(done) => {
                    answered.borrow_mut().insert(id, !done.events.is_empty());
                    return;
                }
                Err(Failure::Rejected(_)) => return,
                Err(_) => {}
            }
        }
    };
    Task { process, work: Box::pin(work) }
}

fn deliver(
    stored: &Arc<Mutex<Stored>>,
    replica: &Replica,
    process: usize,
    which: (String, u64),
    attempt: u64,
    pending: &Pending,
    alarm: &Rc<Cell<bool>>,
) -> Task {
    let record = stored.lock().unwrap().streams[&which.0][usize::try_from(which.1).unwrap() - 1].clone();
    let (runtime, pending, alarm) = (replica.target.clone(), pending.clone(), alarm.clone());
    let work = async move {
        match runtime.take_in(&record, attempt).await {
            Verdict::Ack => {
                pending.borrow_mut().remove(&which);
            }
            Verdict::Later(_) => {}
            Verdict::Alarm(_) => alarm.set(true),
        }
    };
    Task { process, work: Box::pin(work) }
}

/// A person retries whatever is parked somewhere; the poison has been cured by then for half of it.
fn retry(stored: &Arc<Mutex<Stored>>, replica: &Replica, process: usize) -> Task {
    let runtime = replica.target.clone();
    let target = any_target();
    let subject = journal::Subject::new(TARGET, target);
    let parked: Vec<_> = {
        let stored = stored.lock().unwrap();
        let commits = stored.streams.get(TARGET).into_iter().flatten().filter(|r| r.subject == subject);
        commits
            .flat_map(|r| journal::Commit::read(r).unwrap().envelope.taken_in)
            .filter(|t| matches!(t.outcome, journal::TakenInOutcome::Parked(_)))
            .map(|t| (t.source_subject, t.source.sequence))
            .collect()
    };
    let work = async move {
        for (source, sequence) in parked {
            let _ = runtime.retry_parked(target, &source, sequence, "staff").await;
        }
    };
    Task { process, work: Box::pin(work) }
}
