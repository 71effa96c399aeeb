//! Deciding and reacting on a real store, with real redelivery: repeated requests, what cannot be handled, types of a newer release.

use std::{collections::HashMap, fmt::Debug, sync::Arc, time::Duration};

use futures::stream::BoxStream;
use kernel::{Decider, Key, RequestId};
use uuid::Uuid;

use super::{
    conformance::{Fault, World, durable, follower, next_of},
    doors::{ALPHA, Ask, Emitted, MENDED, OLD_RELEASE, Order, Refused, Source, TARGET, Target, Turn, process, with},
    fresh,
    wait::{until, within},
};
use crate::{
    commit::{Commit, Outcome},
    context::Context,
    log::{Delivery, Journal, Subject},
    reactor::{Delay, MAX_ATTEMPTS, Verdict},
    runtime::{Done, Failure, Request, Runtime},
};

/// Soon, but not at once: what is refused does not go round and round.
const SOON: Duration = Duration::from_millis(2);

/// How long a request is on its way: longer than anybody waits for it.
const HELD: Duration = Duration::from_secs(3);

fn request_id() -> RequestId {
    RequestId::from_uuid(Uuid::now_v7())
}

/// Sends a request until it has an answer, as its caller would: while nothing was done, or others were busy.
async fn send<C: Context>(runtime: &Runtime<C>, key: Key, id: RequestId, command: <C as Decider>::Command) -> Done<C::Event>
where
    C::Command: Clone,
    C::Rejection: Debug,
{
    until("an answer", || async {
        match runtime.execute(key, Request::new(id, "conformance"), command.clone()).await {
            Ok(done) => Some(done),
            Err(Failure::Unavailable | Failure::Busy) => None,
            Err(other) => panic!("{other:?}"),
        }
    })
    .await
}

/// What a target's commits say of a source's, in order.
async fn taken_in(journal: &dyn Journal, target: &Subject) -> Vec<(u64, Outcome)> {
    let records = journal.load(target, 0).await.unwrap();
    records.iter().flat_map(|r| Commit::read(r).unwrap().envelope.taken_in).map(|t| (t.source.sequence, t.outcome)).collect()
}

/// One source subject and one target that it concerns, with two replicas of the target's service.
struct Story {
    journal: Arc<dyn Journal>,
    source: Subject,
    door: Subject,
    replicas: [Arc<Runtime<Target>>; 2],
    deliveries: BoxStream<'static, Delivery>,
    /// The source's commits.
    ours: Vec<u64>,
}

impl Story {
    /// The source asks this, one commit each.
    async fn of(world: &dyn World, asks: &[Ask]) -> Self {
        let journal = world.journal();
        let (source, door) = (fresh(ALPHA), fresh(TARGET));
        let emitting = process::<Source<0>>(Arc::clone(&journal));
        let mut ours = Vec::new();
        for ask in asks {
            let emitted = Emitted { ask: *ask, targets: vec![door.key()] };
            ours.push(send(&emitting, source.key(), request_id(), emitted).await.sequence);
        }
        let replicas = [process(world.journal()), process(world.other())];
        let deliveries = follower(&*journal, &durable(ALPHA), 10_000).await;
        Self { journal, source, door, replicas, deliveries, ours }
    }

    async fn next(&mut self) -> Delivery {
        next_of(&mut self.deliveries, &self.ours).await
    }

    /// A replica takes in a delivery, after its view has told it what others have done.
    async fn take_in(&self, replica: usize, delivery: &Delivery) -> Verdict {
        if let Some(newest) = self.journal.last(&self.door).await.unwrap() {
            self.replicas[replica].forget_older(self.door.key(), newest.sequence);
        }
        self.replicas[replica].take_in(&delivery.record, delivery.attempt).await
    }

    /// An operator's order, given again while the aggregate is busy.
    async fn retry(&self, replica: usize, sequence: u64) -> Result<(), Failure<Refused>> {
        until("an answer", || async {
            let answer = self.replicas[replica].retry_parked(self.door.key(), &self.source, sequence, "operator").await;
            Some(answer).filter(|answer| *answer != Err(Failure::Busy))
        })
        .await
    }

    async fn taken_in(&self) -> Vec<(u64, Outcome)> {
        taken_in(&*self.journal, &self.door).await
    }

    /// What is parked, as one of the replicas has it.
    async fn parked(&self, replica: usize) -> Vec<(Subject, u64, String)> {
        let aggregate = self.replicas[replica].load(self.door.key()).await.unwrap();
        aggregate.parked.iter().map(|p| (p.source_subject.clone(), p.source.sequence, p.reason.clone())).collect()
    }
}

async fn settle(delivery: &Delivery, verdict: &Verdict) {
    match verdict {
        Verdict::Ack => delivery.handle.ack().await,
        Verdict::Later(_) => delivery.handle.nak(SOON).await,
        Verdict::Alarm(alarm) => panic!("{alarm:?}"),
    }
}

/// A request is executed once, whichever replicas get it: sent to two at once, sent again after others, after its answer was lost, and
/// after a restart, it is one commit and one answer.
pub async fn repeated_request(world: &dyn World) {
    let door = fresh(TARGET);
    let key = door.key();
    let (open, close, lost) = (request_id(), request_id(), request_id());
    let answers = {
        let (one, two) = (process::<Target>(world.journal()), process::<Target>(world.other()));
        let (here, there) = tokio::join!(send(&one, key, open, Order::Open), send(&two, key, open, Order::Open));
        assert_ne!(here.repeated, there.repeated, "one of two is the repeat");
        assert_eq!((here.sequence, &here.events[..]), (there.sequence, &[Turn::Opened][..]));
        assert_eq!(there.events, here.events);
        let closed = send(&one, key, close, Order::Close).await;
        assert_eq!((closed.repeated, &closed.events[..]), (false, &[Turn::Closed][..]));
        // It would open again.
        let again = send(&two, key, open, Order::Open).await;
        assert_eq!((again.repeated, again.sequence, &again.events), (true, here.sequence, &here.events));

        world.fault(Fault::HoldAnswers).await;
        let unknown = within("an answer", one.execute(key, Request::new(lost, "conformance"), Order::Open)).await;
        world.fault(Fault::None).await;
        assert_eq!(unknown.unwrap_err(), Failure::Unknown);
        let found = send(&two, key, lost, Order::Open).await;
        assert_eq!((found.repeated, &found.events[..]), (true, &[Turn::Opened][..]));
        [(open, Order::Open, here), (close, Order::Close, closed), (lost, Order::Open, found)]
    };
    // It arrives when its caller has long been told that nobody knows.
    let (late_door, late) = (fresh(TARGET), request_id());
    {
        let key = late_door.key();
        let (one, two) = (process::<Target>(world.journal()), process::<Target>(world.other()));
        let opened = send(&one, key, request_id(), Order::Open).await;
        world.fault(Fault::HoldRequests).await;
        let unknown = within("an answer", one.execute(key, Request::new(late, "conformance"), Order::Close)).await;
        assert_eq!(unknown.unwrap_err(), Failure::Unknown);
        tokio::time::sleep(HELD).await;
        let newest = world.other().last(&late_door).await.unwrap().map(|record| record.sequence);
        assert_eq!(newest, Some(opened.sequence), "it is still on its way");
        world.fault(Fault::None).await;
        let (here, there) = tokio::join!(send(&one, key, late, Order::Close), send(&two, key, late, Order::Close));
        assert_eq!((here.sequence, &here.events[..]), (there.sequence, &[Turn::Closed][..]));
        assert_eq!(here.events, there.events);
    }
    world.restart().await;
    for (id, order, before) in answers {
        for journal in [world.journal(), world.other()] {
            let again = send(&process::<Target>(journal), key, id, order.clone()).await;
            assert_eq!((again.repeated, again.sequence, &again.events), (true, before.sequence, &before.events));
        }
    }
    assert_eq!(world.journal().load(&door, 0).await.unwrap().len(), 3);
    assert_eq!(world.journal().load(&late_door, 0).await.unwrap().len(), 2);
}

/// What cannot be handled comes again a few times, then it is parked for its target; what comes after it is taken in, and a handler
/// that was mended takes it in by a person's order, once.
pub async fn poison(world: &dyn World) {
    let mut story = Story::of(world, &[Ask::Poison, Ask::Open, Ask::Close]).await;
    let [poison, open, close] = story.ours[..] else { panic!("three") };
    // Those behind it wait for it, and it is given up at the last attempt of any of them.
    let mut attempts: HashMap<u64, u64> = HashMap::new();
    let mut left = story.ours.clone();
    let mut parked = false;
    while !left.is_empty() {
        let delivery = story.next().await;
        let (sequence, attempt) = (delivery.record.sequence, delivery.attempt);
        let before = attempts.insert(sequence, attempt).unwrap_or(0);
        assert_eq!(attempt, before + 1, "of {sequence}");
        let verdict = story.take_in(usize::from(attempt % 2 == 0), &delivery).await;
        parked |= attempt == MAX_ATTEMPTS;
        assert_eq!(verdict, if parked { Verdict::Ack } else { Verdict::Later(Delay::Poison) }, "attempt {attempt} of {sequence}");
        if !parked {
            assert_eq!(story.taken_in().await, [], "attempt {attempt} of {sequence}");
        }
        settle(&delivery, &verdict).await;
        left.retain(|waiting| !parked || *waiting != sequence);
    }
    let mut taken_in = vec![(poison, Outcome::Parked("undecodable".to_owned())), (open, Outcome::Acted), (close, Outcome::Acted)];
    assert_eq!(story.taken_in().await, taken_in);
    for replica in [0, 1] {
        assert_eq!(story.parked(replica).await, [(story.source.clone(), poison, "undecodable".to_owned())]);
    }

    assert_eq!(story.retry(1, poison).await, Err(Failure::Unreadable));
    assert_eq!(story.parked(1).await.len(), 1);
    // At two replicas at once, and once more.
    let (here, there) = tokio::join!(with(&MENDED, story.retry(0, poison)), with(&MENDED, story.retry(1, poison)));
    assert_eq!((here, there, with(&MENDED, story.retry(0, poison)).await), (Ok(()), Ok(()), Ok(())));
    taken_in.push((poison, Outcome::Unparked));
    assert_eq!(story.taken_in().await, taken_in);
    for replica in [0, 1] {
        assert_eq!(story.parked(replica).await, []);
        assert_eq!(story.replicas[replica].state(story.door.key()).await.unwrap().map(|door| (door.open, door.changes)), Some((true, 3)));
    }
}

/// A type that this release does not know is neither skipped nor parked, however often it comes: it waits, with all that is behind it,
/// for the release that does.
pub async fn unknown_type(world: &dyn World) {
    let mut story = Story::of(world, &[Ask::Open, Ask::New, Ask::Close]).await;
    let [open, new, close] = story.ours[..] else { panic!("three") };
    let mut attempts: HashMap<u64, u64> = HashMap::new();
    let waited =
        |attempts: &HashMap<u64, u64>| [new, close].iter().all(|sequence| attempts.get(sequence).is_some_and(|n| *n > MAX_ATTEMPTS));
    while !waited(&attempts) {
        let delivery = story.next().await;
        let sequence = delivery.record.sequence;
        let verdict = with(&OLD_RELEASE, story.take_in(0, &delivery)).await;
        let must = if sequence == open { Verdict::Ack } else { Verdict::Later(Delay::UnknownType) };
        assert_eq!(verdict, must, "attempt {} of {sequence}", delivery.attempt);
        settle(&delivery, &verdict).await;
        attempts.insert(sequence, delivery.attempt);
    }
    assert_eq!(story.taken_in().await, [(open, Outcome::Acted)]);

    let mut left = vec![new, close];
    while !left.is_empty() {
        let delivery = story.next().await;
        let verdict = story.take_in(1, &delivery).await;
        assert_eq!(verdict, Verdict::Ack, "attempt {} of {}", delivery.attempt, delivery.record.sequence);
        settle(&delivery, &verdict).await;
        left.retain(|waiting| *waiting != delivery.record.sequence);
    }
    assert_eq!(story.taken_in().await, [(open, Outcome::Acted), (new, Outcome::Acted), (close, Outcome::Acted)]);
}
