//! The stories behind the rules, one test each, on the real code over the journal in memory.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context as Poller, Poll, Waker},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use jiff::Timestamp;
use journal::{
    Appended, Commit, Context, Delay, Delivery, Done, Durable, Failure, Journal, Record, Request, Runtime, Subject, TakenInOutcome,
    Unavailable, Verdict,
    aggregate::REMEMBERED_REQUESTS,
    reactor::MAX_ATTEMPTS,
    reconcile::reconcile,
    testing::doors::{self, ALPHA, Ask, Emitted, LARGE, MENDED, OLD_RELEASE, Order, Refused, Source, Still, TARGET, Target, Turn},
    verify::{Apart, verify},
};
use kernel::{Clock as _, RequestId};
use uuid::Uuid;

use crate::{
    memory::{Fate, Memory, Stored},
    world::key,
};

fn wait<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut Poller::from_waker(Waker::noop())) {
            return value;
        }
    }
}

#[derive(Clone, Default)]
struct House(Arc<Mutex<Stored>>);

impl House {
    /// A fresh process: it remembers nothing.
    fn process<C: Context<Facts = ()>>(&self) -> Arc<Runtime<C>> {
        doors::process(Arc::new(Memory { stored: self.0.clone(), process: 0 }))
    }
    /// Alpha appends on one of its subjects; the commit's sequence.
    fn emit(&self, subject: u8, ask: Ask, targets: &[u8]) -> u64 {
        let command = Emitted { ask, targets: targets.iter().copied().map(key).collect() };
        let request = Request::new(RequestId::from_uuid(kernel::ids::new_uuid(Timestamp::now())), "source");
        wait(self.process::<Source<0>>().execute(key(subject), request, command)).unwrap().sequence
    }
    fn deliver(&self, target: &Runtime<Target>, sequence: u64, attempt: u64) -> Verdict {
        let record = self.0.lock().unwrap().streams[ALPHA][usize::try_from(sequence).unwrap() - 1].clone();
        wait(target.take_in(&record, attempt))
    }
    fn order(&self, target: &Runtime<Target>, id: u128, order: Order) -> Result<Done<Turn>, Failure<Refused>> {
        wait(target.execute(key(0), Request::new(RequestId::from_uuid(Uuid::from_u128(id)), "staff"), order))
    }
    fn is_open(&self) -> bool {
        wait(self.process::<Target>().state(key(0))).unwrap().is_some_and(|door| door.open)
    }
    /// What the target's commits say of each source commit, in order.
    fn taken(&self) -> Vec<(u64, TakenInOutcome)> {
        let stored = self.0.lock().unwrap();
        let commits = stored.streams.get(TARGET).into_iter().flatten().map(|r| Commit::read(r).unwrap());
        commits.flat_map(|c| c.envelope.taken_in).map(|t| (t.source.sequence, t.outcome)).collect()
    }
}

#[test]
fn finding_1_two_source_subjects_of_one_context_the_older_delivered_last() {
    let house = House::default();
    let older = house.emit(100, Ask::Open, &[0]);
    let newer = house.emit(101, Ask::Close, &[0]);
    let target = house.process::<Target>();
    assert_eq!(house.deliver(&target, newer, 1), Verdict::Ack);
    assert_eq!(house.deliver(&target, older, 1), Verdict::Ack);
    assert_eq!(house.taken(), [(newer, TakenInOutcome::Noted("nothing-follows".into())), (older, TakenInOutcome::Acted)]);
    assert!(house.is_open());
}

#[test]
fn finding_2_a_payment_that_found_nothing_open_does_not_close_what_is_opened_later() {
    let house = House::default();
    let paid = house.emit(100, Ask::Close, &[0]);
    assert_eq!(house.deliver(&house.process(), paid, 1), Verdict::Ack);
    house.order(&house.process(), 1, Order::Open).unwrap();
    // Another replica, without any memory, gets it again, and gets the next one, whose link it is.
    assert_eq!(house.deliver(&house.process(), paid, 2), Verdict::Ack);
    let next = house.emit(100, Ask::Open, &[0]);
    assert_eq!(house.deliver(&house.process(), next, 1), Verdict::Ack);
    assert!(house.is_open());
    assert_eq!(house.taken(), [(paid, TakenInOutcome::Noted("nothing-follows".into())), (next, TakenInOutcome::Noted("refused".into()))]);
}

#[test]
fn finding_3_a_source_restored_from_an_older_copy_raises_the_alarm_and_nothing_is_acknowledged() {
    let house = House::default();
    let target = house.process::<Target>();
    for ask in [Ask::Open, Ask::Close, Ask::Open, Ask::Close] {
        let sequence = house.emit(100, ask, &[0]);
        assert_eq!(house.deliver(&target, sequence, 1), Verdict::Ack);
    }
    house.0.lock().unwrap().streams.get_mut(ALPHA).unwrap().truncate(2);
    let before = house.taken();
    for _ in 0..3 {
        // The first two come at sequences the target has long since passed; the third looks like the next link.
        let sequence = house.emit(100, Ask::Open, &[0]);
        for process in [&target, &house.process()] {
            let verdict = house.deliver(process, sequence, 1);
            let Verdict::Alarm(alarm) = verdict else { panic!("{sequence} was settled: {verdict:?}") };
            assert_eq!(alarm.checkpoint.unwrap().sequence, 4);
            assert_eq!(alarm.delivered.sequence, sequence);
        }
    }
    assert_eq!(house.taken(), before);
}

/// Verifies, and says who cannot go on with a source, and from where it can.
fn apart(house: &House) -> Vec<Apart> {
    let journal = Memory { stored: house.0.clone(), process: 0 };
    wait(verify(&journal, &[ALPHA, TARGET], |follower, _| follower == TARGET, |_, _, name, _| name == "Ignored")).unwrap().apart
}

/// From where, and what only the target knows.
fn told(house: &House) -> Vec<(u64, Vec<u64>)> {
    apart(house).into_iter().map(|apart| (apart.go_on_from.sequence, apart.only_here)).collect()
}

/// A person decides about the only one.
fn accept(house: &House, one: &Apart) -> bool {
    let journal = Memory { stored: house.0.clone(), process: 0 };
    wait(reconcile(&journal, one, "m-17", Still.now())).unwrap()
}

/// Takes in commits of alpha's one subject, each by a fresh process.
fn take_in(house: &House, asks: &[Ask]) {
    for ask in asks {
        let sequence = house.emit(100, *ask, &[0]);
        assert_eq!(house.deliver(&house.process(), sequence, MAX_ATTEMPTS), Verdict::Ack);
    }
}

fn lose(house: &House, after: usize) {
    house.0.lock().unwrap().streams.get_mut(ALPHA).unwrap().truncate(after);
}

#[test]
fn finding_3_after_a_person_decided_it_goes_on_from_what_both_know() {
    let house = House::default();
    take_in(&house, &[Ask::Open, Ask::Ignored, Ask::Close, Ask::Open, Ask::Poison, Ask::Close]);
    assert_eq!(told(&house), []);
    lose(&house, 3);
    // Lost without anything new: no delivery tells of it.
    assert_eq!(told(&house), [(3, vec![4, 5, 6])]);
    let first = house.emit(100, Ask::Ignored, &[0]);
    let second = house.emit(100, Ask::Open, &[0]);
    assert!(matches!(house.deliver(&house.process(), second, 1), Verdict::Alarm(_)));
    let [one] = &apart(&house)[..] else { panic!("one") };
    assert_eq!((one.go_on_from.sequence, &one.only_here[..]), (3, [4, 5, 6].as_slice()));

    assert!(accept(&house, one));
    assert!(!accept(&house, one), "once: another operator comes too late");
    assert_eq!(told(&house), []);
    let third = house.emit(100, Ask::Close, &[0]);
    // The newest first: the gap between what both know and it is read.
    for sequence in [third, first, second] {
        assert_eq!(house.deliver(&house.process(), sequence, 1), Verdict::Ack, "{sequence}");
    }
    let taken = house.taken();
    let waits = (5, TakenInOutcome::Parked("undecodable".into()));
    assert!(taken.contains(&waits) && taken.contains(&(5, TakenInOutcome::Unparked)), "nobody can try again what is not there: {taken:?}");
    let after = [(3, TakenInOutcome::Reconciled), (second, TakenInOutcome::Acted), (third, TakenInOutcome::Acted)];
    assert!(taken.ends_with(&after), "{taken:?}");
    assert_eq!(told(&house), []);
    // And once more.
    lose(&house, 4);
    let [one] = &apart(&house)[..] else { panic!("one") };
    assert_eq!((one.go_on_from.sequence, &one.only_here[..]), (3, [second, third].as_slice()));
    assert!(accept(&house, one));
    take_in(&house, &[Ask::Close]);
    assert_eq!(told(&house), []);
}

/// The last commit of alpha comes in just after its end was read.
struct Growing {
    journal: Memory,
    asked: AtomicBool,
}
#[async_trait]
impl Journal for Growing {
    async fn append(&self, subject: &Subject, expected: u64, payload: Bytes) -> Appended {
        self.journal.append(subject, expected, payload).await
    }
    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        self.journal.last(subject).await
    }
    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        self.journal.at(context, sequence).await
    }
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        self.journal.load(subject, after).await
    }
    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        let before = context == ALPHA && !self.asked.swap(true, Ordering::Relaxed);
        Ok(self.journal.end(context).await? - u64::from(before))
    }
    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        self.journal.follow(context, after).await
    }
    async fn deliveries(&self, durable: &Durable, window: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        self.journal.deliveries(durable, window).await
    }
}

#[test]
fn finding_3_what_comes_in_while_it_is_verified_is_not_lost() {
    let house = House::default();
    take_in(&house, &[Ask::Open, Ask::Close]);
    let verified = |house: &House| {
        let journal = Growing { journal: Memory { stored: house.0.clone(), process: 0 }, asked: AtomicBool::new(false) };
        wait(verify(&journal, &[ALPHA, TARGET], |follower, _| follower == TARGET, |_, _, _, _| false)).unwrap()
    };
    let report = verified(&house);
    assert!(report.is_sound() && report.apart.is_empty() && report.streams[0].end == 1, "{report:?}");
    // Another one in its place by then.
    lose(&house, 1);
    house.emit(100, Ask::Open, &[0]);
    let report = verified(&house);
    assert!(!report.is_sound() && report.apart.len() == 1, "{report:?}");
}

#[test]
fn finding_3_a_source_that_starts_again_is_taken_in_from_its_beginning_after_a_person_decided() {
    let house = House::default();
    take_in(&house, &[Ask::Open, Ask::Close]);
    lose(&house, 0);
    let [one] = &apart(&house)[..] else { panic!("one") };
    assert_eq!((one.go_on_from.sequence, &one.only_here[..]), (0, [1, 2].as_slice()));
    assert!(accept(&house, one));
    // A tick asks the source, although nothing of it is known any more.
    let again = house.emit(100, Ask::Open, &[0]);
    wait(house.process::<Target>().catch_up(key(0))).unwrap();
    assert_eq!(house.taken().last(), Some(&(again, TakenInOutcome::Acted)));
    assert!(house.is_open());
    assert_eq!(told(&house), []);
}

#[test]
fn finding_3_a_hole_is_stepped_over_when_a_person_decides_and_not_when_nobody_has_to() {
    let house = House::default();
    let private = house.emit(101, Ask::Open, &[]);
    take_in(&house, &[Ask::Open, Ask::Close]);
    let lost = house.emit(100, Ask::Open, &[0]);
    let next = house.emit(100, Ask::Close, &[0]);
    // Something that concerns nobody stands in its place.
    let hole = |sequence: u64| {
        let mut stored = house.0.lock().unwrap();
        let alpha = stored.streams.get_mut(ALPHA).unwrap();
        let at = |sequence: u64| usize::try_from(sequence).unwrap() - 1;
        alpha[at(sequence)] = Record { sequence, ..alpha[at(private)].clone() };
    };
    // What was taken in is named by what comes next: it goes on by itself.
    hole(3);
    assert_eq!(told(&house), []);
    // What was not taken in cannot be read any more.
    hole(lost);
    assert!(matches!(house.deliver(&house.process(), next, 1), Verdict::Alarm(_)));
    let [one] = &apart(&house)[..] else { panic!("one") };
    assert_eq!((one.go_on_from.sequence, &one.only_here[..]), (lost, [3].as_slice()));
    assert!(accept(&house, one));
    assert_eq!(told(&house), []);
    assert_eq!(house.deliver(&house.process(), next, 2), Verdict::Ack);
    assert_eq!(told(&house), []);
}

#[test]
fn finding_3_a_tick_judges_nothing_by_a_history_that_was_lost() {
    let house = House::default();
    take_in(&house, &[Ask::Open, Ask::Close]);
    wait(house.process::<Target>().catch_up(key(0))).unwrap();
    for (after, new) in [(1, 0), (0, 1), (0, 0)] {
        lose(&house, after);
        for _ in 0..new {
            house.emit(100, Ask::Open, &[0]);
        }
        assert!(wait(house.process::<Target>().catch_up(key(0))).is_err(), "{after} left, {new} new");
    }
}

#[test]
fn finding_3_what_is_parked_is_not_tried_again_with_something_else_in_its_place() {
    let house = House::default();
    take_in(&house, &[Ask::Open, Ask::Poison]);
    lose(&house, 1);
    let other = house.emit(100, Ask::Close, &[0]);
    let retried = wait(house.process::<Target>().retry_parked(key(0), &Runtime::<Source<0>>::subject(key(100)), other, "m-17"));
    assert_eq!(retried, Err(Failure::Unreadable));
}

#[test]
fn finding_3_a_source_that_starts_again_from_nothing_raises_the_alarm() {
    let house = House::default();
    let target = house.process::<Target>();
    for _ in 0..2 {
        let sequence = house.emit(100, Ask::Open, &[0]);
        assert_eq!(house.deliver(&target, sequence, 1), Verdict::Ack);
    }
    house.0.lock().unwrap().streams.clear();
    house.0.lock().unwrap().streams.insert(TARGET.into(), vec![]);
    let house_again = house.clone();
    for _ in 0..3 {
        let sequence = house_again.emit(100, Ask::Close, &[0]);
        assert!(matches!(house.deliver(&target, sequence, 1), Verdict::Alarm(_)), "{sequence}");
    }
}

#[test]
fn finding_4_an_append_that_lands_after_the_load_is_neither_failed_nor_doubled() {
    let house = House::default();
    let target = house.process::<Target>();
    // Held somewhere on the way; sent again, it stands; then the first one comes.
    house.0.lock().unwrap().script.extend([Fate::Held]);
    let done = house.order(&target, 7, Order::Open).unwrap();
    assert!(!done.repeated);
    house.0.lock().unwrap().land_held(0);
    assert_eq!(house.0.lock().unwrap().streams[TARGET].len(), 1);

    // No answer at all: the caller is told that nobody knows, and repeats.
    house.0.lock().unwrap().script.extend([Fate::Held, Fate::Lost, Fate::Lost, Fate::Lost]);
    assert_eq!(house.order(&target, 8, Order::Close).unwrap_err(), Failure::Unknown);
    house.0.lock().unwrap().land_held(0);
    let again = house.order(&house.process(), 8, Order::Close).unwrap();
    assert!(again.repeated);
    assert_eq!(again.events, [Turn::Closed]);
    assert_eq!(house.0.lock().unwrap().streams[TARGET].len(), 2);

    // It stands, and the answer was lost.
    house.0.lock().unwrap().script.extend([Fate::Lands]);
    assert!(!house.order(&target, 9, Order::Open).unwrap().repeated);
    assert_eq!(house.0.lock().unwrap().streams[TARGET].len(), 3);
}

#[test]
fn finding_4_a_no_rests_on_the_leaders_read() {
    let house = House::default();
    let (here, there) = (house.process::<Target>(), house.process::<Target>());
    house.order(&here, 1, Order::Open).unwrap();
    house.order(&there, 2, Order::Close).unwrap();
    // Here still remembers an open door: "already open" would be a no on a state that is not so.
    house.order(&here, 3, Order::Open).unwrap();
    assert_eq!(house.order(&here, 4, Order::Open).unwrap_err(), Failure::Rejected(Refused));
}

#[test]
fn finding_7_the_release_before_neither_swallows_nor_skips_what_it_does_not_know() {
    let house = House::default();
    let new = house.emit(100, Ask::New, &[0]);
    let open = house.emit(100, Ask::Open, &[0]);
    let old = house.process::<Target>();
    OLD_RELEASE.set(true);
    assert_eq!(house.deliver(&old, new, 1), Verdict::Later(Delay::UnknownType));
    // Nor as a link behind a commit it does know.
    assert_eq!(house.deliver(&old, open, 1), Verdict::Later(Delay::UnknownType));
    OLD_RELEASE.set(false);
    assert_eq!(house.deliver(&house.process(), open, 2), Verdict::Ack);
    assert_eq!(house.taken(), [(new, TakenInOutcome::Acted), (open, TakenInOutcome::Acted)]);
    // The old release cannot read the aggregate any more: it refuses commands on it, and takes nothing in.
    OLD_RELEASE.set(true);
    assert_eq!(house.order(&house.process(), 1, Order::Close).unwrap_err(), Failure::Unreadable);
    let close = house.emit(100, Ask::Close, &[0]);
    assert_eq!(house.deliver(&house.process(), close, 1), Verdict::Later(Delay::UnknownType));
    OLD_RELEASE.set(false);
}

#[test]
fn finding_8_poison_is_parked_for_a_person_and_later_links_go_on() {
    let house = House::default();
    let target = house.process::<Target>();
    let poison = house.emit(100, Ask::Poison, &[0, 1]);
    let open = house.emit(100, Ask::Open, &[0]);
    for attempt in 1..5 {
        assert_eq!(house.deliver(&target, poison, attempt), Verdict::Later(Delay::Poison));
    }
    // Behind it, an undecodable link blocks its subject only until it is parked.
    assert_eq!(house.deliver(&target, open, 1), Verdict::Later(Delay::Poison));
    assert_eq!(house.deliver(&target, poison, 5), Verdict::Ack);
    assert_eq!(house.deliver(&target, open, 2), Verdict::Ack);
    let parked = TakenInOutcome::Parked("undecodable".into());
    assert_eq!(house.taken(), [(poison, parked.clone()), (poison, parked), (open, TakenInOutcome::Acted)]);
    // Still poison: it stays parked.
    let source = Subject::new(ALPHA, key(100));
    assert_eq!(wait(target.retry_parked(key(0), &source, poison, "staff")).unwrap_err(), Failure::Unreadable);
}

#[test]
fn what_would_be_larger_than_a_commit_may_be_is_parked_too() {
    let house = House::default();
    let target = house.process::<Target>();
    let open = house.emit(100, Ask::Open, &[0]);
    let close = house.emit(100, Ask::Close, &[0]);
    LARGE.set(true);
    for attempt in 1..5 {
        assert_eq!(house.deliver(&target, open, attempt), Verdict::Later(Delay::Poison));
    }
    assert_eq!(house.deliver(&target, close, 1), Verdict::Later(Delay::Poison));
    assert_eq!(house.deliver(&target, open, 5), Verdict::Ack);
    assert_eq!(house.deliver(&target, close, 2), Verdict::Ack);
    let source = Subject::new(ALPHA, key(100));
    assert_eq!(wait(target.retry_parked(key(0), &source, open, "staff")).unwrap_err(), Failure::TooLarge);
    LARGE.set(false);
    assert!(!house.is_open());
    wait(target.retry_parked(key(0), &source, open, "staff")).unwrap();
    assert!(house.is_open());
    let parked = TakenInOutcome::Parked("too-large".into());
    let nothing = TakenInOutcome::Noted("nothing-follows".into());
    assert_eq!(house.taken(), [(open, parked), (close, nothing), (open, TakenInOutcome::Unparked)]);
}

#[test]
fn a_release_that_cannot_read_an_aggregate_retries_nothing_on_it() {
    let house = House::default();
    let poison = house.emit(100, Ask::Poison, &[0]);
    assert_eq!(house.deliver(&house.process(), poison, MAX_ATTEMPTS), Verdict::Ack);
    let new = house.emit(100, Ask::New, &[0]);
    assert_eq!(house.deliver(&house.process(), new, 1), Verdict::Ack);
    let retry = || wait(house.process::<Target>().retry_parked(key(0), &Subject::new(ALPHA, key(100)), poison, "staff"));
    MENDED.set(true);
    OLD_RELEASE.set(true);
    assert_eq!(retry().unwrap_err(), Failure::Unreadable);
    OLD_RELEASE.set(false);
    retry().unwrap();
    MENDED.set(false);
    assert!(house.is_open());
}

#[test]
fn a_broken_envelope_is_parked_on_the_services_own_subject() {
    let house = House::default();
    let target = house.process::<Target>();
    // Noise, an envelope with nothing in it, nothing at all: what names no types is not "of no interest by its types".
    let broken: [&'static [u8]; 3] = [b"\x0a\x02zz", b"\x0a\x00", b""];
    let mut parked = Vec::new();
    for (place, payload) in broken.into_iter().enumerate() {
        let sequence = house.emit(100 + u8::try_from(place).unwrap(), Ask::Open, &[0]);
        house.0.lock().unwrap().streams.get_mut(ALPHA).unwrap()[place].payload = bytes::Bytes::from_static(payload);
        assert_eq!(house.deliver(&target, sequence, 1), Verdict::Later(Delay::Poison));
        assert_eq!(house.deliver(&target, sequence, 5), Verdict::Ack);
        assert_eq!(house.deliver(&target, sequence, 6), Verdict::Ack);
        parked.push((sequence, TakenInOutcome::Parked("broken-envelope".into())));
    }
    assert_eq!(house.taken(), parked);
}

#[test]
fn a_repeated_request_gives_the_same_answer_and_one_too_old_is_never_executed() {
    let house = House::default();
    let target = house.process::<Target>();
    let id = |second: i64| kernel::ids::new_uuid(Timestamp::from_second(1_780_000_000 + second).unwrap()).as_u128();
    let first = id(0);
    let done = house.order(&target, first, Order::Open).unwrap();
    let again = house.order(&house.process(), first, Order::Open).unwrap();
    assert_eq!((again.sequence, again.repeated, &again.events), (done.sequence, true, &done.events));
    for n in 1..=i64::try_from(REMEMBERED_REQUESTS).unwrap() {
        house.order(&target, id(n), if n % 2 == 1 { Order::Close } else { Order::Open }).unwrap();
    }
    assert_eq!(house.order(&target, first, Order::Open).unwrap_err(), Failure::TooOld);
}

#[test]
fn a_loop_of_reactions_ends_with_a_person() {
    let house = House::default();
    let sequence = house.emit(100, Ask::Open, &[0]);
    // The same commit, as if it were the thirty-second reaction in a row.
    {
        let mut stored = house.0.lock().unwrap();
        let record = &mut stored.streams.get_mut(ALPHA).unwrap()[0];
        let commit = Commit::read(record).unwrap();
        let envelope = journal::commit::Envelope { hops: 32, ..commit.envelope };
        let events = [journal::Encoded { name: "Opens", version: 1, bytes: commit.events[0].to_vec() }];
        record.payload = envelope.encode(&record.subject, &events).0;
    }
    assert_eq!(house.deliver(&house.process(), sequence, 1), Verdict::Ack);
    let parked = TakenInOutcome::Parked("too-many-hops".into());
    assert_eq!(house.taken(), [(sequence, parked.clone())]);
    assert!(!house.is_open());
    wait(house.process::<Target>().retry_parked(key(0), &Subject::new(ALPHA, key(100)), sequence, "staff")).unwrap();
    assert_eq!(house.taken(), [(sequence, parked), (sequence, TakenInOutcome::Unparked)]);
    assert!(house.is_open());
}
