//! What every adapter must do. One function per promise; [`all`] runs them in one world.

use std::{collections::HashSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, future::join_all};

use super::{
    chains, fresh, fresh_name, reactions,
    wait::{next, until, within},
};
use crate::{
    keyed::{Keyed, KeyedError},
    log::{Appended, Delivery, Durable, Journal, MAX_COMMIT_BYTES, Record, Subject},
};

/// What goes wrong between a process and its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing; what was held up arrives.
    None,
    /// Requests do not arrive until the fault is lifted; then they do.
    HoldRequests,
    /// Requests arrive, answers do not; when the fault is lifted, they are lost.
    HoldAnswers,
}

/// A store under test, with the means to trouble it. Deliveries come again after one second.
#[async_trait]
pub trait World: Send + Sync {
    /// The journal as a process uses it. Its appends answer `Unknown` after half a second.
    fn journal(&self) -> Arc<dyn Journal>;
    /// The same journal as another replica sees it: out of the fault's way.
    fn other(&self) -> Arc<dyn Journal>;
    /// The keyed store as a process uses it.
    fn keyed(&self) -> Arc<dyn Keyed>;
    /// Sets or lifts a fault on the way to [`World::journal`].
    async fn fault(&self, fault: Fault);
    /// Ends the store and starts it again on the same data. The caller has let go of every journal.
    async fn restart(&self);
}

/// Everything. Cases use subjects and names of their own, so that one world serves all.
pub async fn all(world: &dyn World) {
    create_conflict(world).await;
    stale_conflict(world).await;
    interleaved_subjects(world).await;
    large_commits(world).await;
    answer_lost(world).await;
    request_late(world).await;
    racing_writers(world).await;
    follow_from_position(world).await;
    redelivery(world).await;
    nak_delay(world).await;
    waiting_ones_do_not_block(world).await;
    restart(world).await;
    acknowledged_after_restart(world).await;
    keyed(world).await;
    keyed_races(world).await;
    keyed_restart(world).await;
    chains::verification(world).await;
    reactions::repeated_request(world).await;
    reactions::poison(world).await;
    reactions::unknown_type(world).await;
}

/// Bytes that say what they are.
fn payload(text: impl AsRef<str>) -> Bytes {
    Bytes::copy_from_slice(text.as_ref().as_bytes())
}

/// Appends, and says where it stands. While the store is unavailable (a young cluster is), nothing is stored: again, then; and where a
/// busy machine does not answer in time, ours may stand there.
///
/// # Panics
/// When it does not succeed.
pub async fn stored(journal: &dyn Journal, subject: &Subject, expected: u64, bytes: Bytes) -> u64 {
    match settled(journal, subject, expected, &bytes).await {
        Appended::At(sequence) => sequence,
        other => {
            let found = until("what stands there", || async { journal.load(subject, expected).await.ok() }).await;
            let ours = found.first().filter(|record| record.payload == bytes);
            ours.unwrap_or_else(|| panic!("append after {expected}: {other:?}")).sequence
        }
    }
}

/// Appends the same bytes with the same expectation until the outcome is known.
///
/// # Panics
/// When it stays unknown.
pub async fn settled(journal: &dyn Journal, subject: &Subject, expected: u64, bytes: &Bytes) -> Appended {
    until("a settled append", || async {
        match journal.append(subject, expected, bytes.clone()).await {
            Appended::Unavailable | Appended::Unknown => None,
            known => Some(known),
        }
    })
    .await
}

/// The first commit on a subject is refused when there is one already, and when the expectation is not 0.
pub async fn create_conflict(world: &dyn World) {
    let journal = world.journal();
    let subject = fresh("routing");
    assert_eq!(journal.last(&subject).await.unwrap(), None);
    assert_eq!(settled(&*journal, &subject, 7, &payload("too early")).await, Appended::Conflict);
    let at = stored(&*journal, &subject, 0, payload("first")).await;
    assert_eq!(journal.append(&subject, 0, payload("second")).await, Appended::Conflict);
    let found = journal.last(&subject).await.unwrap().unwrap();
    assert_eq!(found, Record { sequence: at, subject, payload: payload("first") });
}

/// An expectation that was true once is refused.
pub async fn stale_conflict(world: &dyn World) {
    let journal = world.journal();
    let subject = fresh("routing");
    let first = stored(&*journal, &subject, 0, payload("1")).await;
    let second = stored(&*journal, &subject, first, payload("2")).await;
    assert!(second > first);
    assert_eq!(journal.append(&subject, first, payload("stale")).await, Appended::Conflict);
    assert_eq!(journal.load(&subject, 0).await.unwrap().len(), 2);
    assert_eq!(world.other().load(&subject, first).await.unwrap().first().map(|r| r.sequence), Some(second));
}

/// Subjects of one stream do not disturb each other, and each replays its own commits in order.
pub async fn interleaved_subjects(world: &dyn World) {
    let journal = world.journal();
    let mut subjects: Vec<(Subject, Vec<u64>)> = (0..5).map(|_| (fresh("routing"), Vec::new())).collect();
    let elsewhere = fresh("outreach");
    stored(&*journal, &elsewhere, 0, payload("elsewhere")).await;
    let before = journal.end("routing").await.unwrap();
    for round in 0..8 {
        for (subject, sequences) in &mut subjects {
            let last = sequences.last().copied().unwrap_or(0);
            sequences.push(stored(&*journal, subject, last, payload(format!("{subject} {round}"))).await);
        }
    }
    assert_eq!(journal.end("routing").await.unwrap(), before + 40);
    for (subject, sequences) in &subjects {
        let found = journal.load(subject, 0).await.unwrap();
        assert_eq!(found.iter().map(|r| r.sequence).collect::<Vec<_>>(), *sequences);
        for (round, record) in found.iter().enumerate() {
            assert_eq!(record.payload, payload(format!("{subject} {round}")));
            assert_eq!(journal.at("routing", record.sequence).await.unwrap().as_ref(), Some(record));
        }
        assert_eq!(journal.load(subject, sequences[5]).await.unwrap().len(), 2);
        assert_eq!(journal.last(subject).await.unwrap().as_ref(), found.last());
    }
    assert_eq!(journal.at("routing", before + 41).await.unwrap(), None);
    assert_eq!(journal.at("routing", 0).await.unwrap(), None);
}

/// A commit up to the limit is stored whole; above it, it is refused before it is sent.
pub async fn large_commits(world: &dyn World) {
    let journal = world.journal();
    let subject = fresh("routing");
    let large: Bytes = (0..MAX_COMMIT_BYTES).map(|i| (i % 251) as u8).collect::<Vec<_>>().into();
    let first = stored(&*journal, &subject, 0, large.clone()).await;
    let second = stored(&*journal, &subject, first, large.slice(..100_000)).await;
    assert_eq!(journal.append(&subject, second, vec![0; MAX_COMMIT_BYTES + 1].into()).await, Appended::Unavailable);
    let found = journal.load(&subject, 0).await.unwrap();
    assert_eq!(found.iter().map(|r| r.payload.len()).collect::<Vec<_>>(), [MAX_COMMIT_BYTES, 100_000]);
    assert!(found[0].payload == large && found[1].payload == large[..100_000]);
}

/// Stored, but the answer is lost: unknown. The same append again is a conflict, and ours stands there once.
pub async fn answer_lost(world: &dyn World) {
    let (journal, other) = (world.journal(), world.other());
    let subject = fresh("routing");
    let first = stored(&*journal, &subject, 0, payload("first")).await;
    world.fault(Fault::HoldAnswers).await;
    let outcome = within("append", journal.append(&subject, first, payload("ours"))).await;
    world.fault(Fault::None).await;
    assert_eq!(outcome, Appended::Unknown);
    let ours = until("ours is stored", || async { other.last(&subject).await.unwrap().filter(|r| r.sequence > first) }).await;
    assert_eq!(ours.payload, payload("ours"));
    assert_eq!(settled(&*journal, &subject, first, &payload("ours")).await, Appended::Conflict);
    assert_eq!(journal.load(&subject, 0).await.unwrap().len(), 2);
}

/// Sent, but it arrives late: not seeing it proves nothing. When it is repeated, one of the two is stored.
pub async fn request_late(world: &dyn World) {
    let (journal, other) = (world.journal(), world.other());
    let subject = fresh("routing");
    world.fault(Fault::HoldRequests).await;
    let outcome = within("append", journal.append(&subject, 0, payload("ours"))).await;
    assert_eq!(outcome, Appended::Unknown);
    assert_eq!(other.last(&subject).await.unwrap(), None);
    world.fault(Fault::None).await;
    let repeated = settled(&*journal, &subject, 0, &payload("ours")).await;
    assert!(matches!(repeated, Appended::At(_) | Appended::Conflict), "{repeated:?}");
    let ours = until("ours is stored", || async { other.last(&subject).await.unwrap() }).await;
    assert_eq!(settled(&*other, &subject, 0, &payload("somebody else's")).await, Appended::Conflict);
    assert_eq!(other.load(&subject, 0).await.unwrap(), [ours]);
}

/// Two writers with the same expectation, a thousand times: exactly one wins, and what stands there is the winner's.
pub async fn racing_writers(world: &dyn World) {
    let (one, two) = (world.journal(), world.other());
    let subject = fresh("routing");
    let mut last = 0;
    let mut winners = Vec::new();
    for round in 0..1_000 {
        let (a, b) = (payload(format!("one {round}")), payload(format!("two {round}")));
        let (first, second) =
            within("a race", async { tokio::join!(one.append(&subject, last, a.clone()), two.append(&subject, last, b.clone())) }).await;
        last = match (first, second) {
            (Appended::At(at), Appended::Conflict) => {
                winners.push(a);
                at
            }
            (Appended::Conflict, Appended::At(at)) => {
                winners.push(b);
                at
            }
            other => panic!("round {round}: {other:?}"),
        };
    }
    let found = one.load(&subject, 0).await.unwrap();
    assert_eq!(found.iter().map(|r| r.payload.clone()).collect::<Vec<_>>(), winners);
}

/// Following starts after the position asked for, keeps the stream's order, and goes on with what is appended later.
pub async fn follow_from_position(world: &dyn World) {
    let journal = world.journal();
    let start = journal.end("outreach").await.unwrap();
    let subjects = [fresh("outreach"), fresh("outreach")];
    let mut expected = Vec::new();
    let mut last = [0, 0];
    for round in 0..20 {
        let which = round % 2;
        last[which] = stored(&*journal, &subjects[which], last[which], payload(format!("{round}"))).await;
        expected.push(last[which]);
    }
    let mut all = journal.follow("outreach", start).await;
    let mut late = world.other().follow("outreach", expected[14]).await;
    for sequence in &expected {
        assert_eq!(next("follow", &mut all).await.sequence, *sequence);
    }
    for sequence in &expected[15..] {
        assert_eq!(next("follow", &mut late).await.sequence, *sequence);
    }
    let newest = stored(&*journal, &subjects[0], last[0], payload("later")).await;
    for stream in [&mut all, &mut late] {
        let record = next("what is appended later", stream).await;
        assert_eq!((record.sequence, record.subject, record.payload), (newest, subjects[0].clone(), payload("later")));
    }
}

/// A follower nobody has used, and its deliveries.
pub(super) async fn follower(journal: &dyn Journal, durable: &Durable, window: usize) -> futures::stream::BoxStream<'static, Delivery> {
    within("deliveries", journal.deliveries(durable, window)).await.unwrap()
}
pub(super) fn durable(source: &str) -> Durable {
    Durable { follower: fresh_name("f"), source: source.to_owned() }
}

/// The next delivery of one of these commits; all others are acknowledged.
pub(super) async fn next_of(deliveries: &mut (impl futures::Stream<Item = Delivery> + Unpin), ours: &[u64]) -> Delivery {
    within("a delivery", async {
        loop {
            let delivery = deliveries.next().await.expect("deliveries do not end");
            if ours.contains(&delivery.record.sequence) {
                return delivery;
            }
            delivery.handle.ack().await;
        }
    })
    .await
}

/// Appends commits on subjects of their own.
async fn several(journal: &dyn Journal, many: usize) -> Vec<u64> {
    let subjects: Vec<Subject> = (0..many).map(|_| fresh("outreach")).collect();
    join_all(subjects.iter().map(|subject| stored(journal, subject, 0, payload("delivered")))).await
}

/// What is not acknowledged is delivered again and again, with a growing count; what is, never.
pub async fn redelivery(world: &dyn World) {
    let journal = world.journal();
    let ours = several(&*journal, 2).await;
    let mut deliveries = follower(&*journal, &durable("outreach"), 10_000).await;
    let (kept, acknowledged) = (ours[0], ours[1]);
    let mut attempts = Vec::new();
    let mut seen = 0;
    while attempts.len() < 3 {
        let delivery = next_of(&mut deliveries, &ours).await;
        if delivery.record.sequence == acknowledged {
            seen += 1;
            delivery.handle.ack().await;
        } else {
            assert_eq!(delivery.record.sequence, kept);
            attempts.push(delivery.attempt);
        }
    }
    assert_eq!((attempts, seen), (vec![1, 2, 3], 1));
}

/// A refused delivery comes again after the delay, not before; one that is refused without delay comes at once.
pub async fn nak_delay(world: &dyn World) {
    let journal = world.journal();
    let ours = several(&*journal, 1).await;
    let mut deliveries = follower(&*journal, &durable("outreach"), 10_000).await;
    next_of(&mut deliveries, &ours).await.handle.nak(Duration::ZERO).await;
    let again = next_of(&mut deliveries, &ours).await;
    assert_eq!(again.attempt, 2);
    let delay = Duration::from_millis(300);
    let refused = tokio::time::Instant::now();
    again.handle.nak(delay).await;
    let later = next_of(&mut deliveries, &ours).await;
    assert_eq!(later.attempt, 3);
    assert!(refused.elapsed() >= delay, "after {:?}", refused.elapsed());
    later.handle.ack().await;
}

/// Commits that wait do not hold up others, as long as fewer wait than the window is wide.
pub async fn waiting_ones_do_not_block(world: &dyn World) {
    let journal = world.journal();
    let waiting = several(&*journal, 300).await;
    let good = several(&*journal, 300).await;
    let ours = [waiting.clone(), good.clone()].concat();
    let mut deliveries = follower(&*journal, &durable("outreach"), 10_000).await;
    let mut left: HashSet<u64> = good.into_iter().collect();
    while !left.is_empty() {
        let delivery = next_of(&mut deliveries, &ours).await;
        if waiting.contains(&delivery.record.sequence) {
            delivery.handle.nak(Duration::from_secs(3600)).await;
        } else {
            left.remove(&delivery.record.sequence);
            delivery.handle.ack().await;
        }
    }
}

/// All that was acknowledged is there after a restart, in its order, and the stream goes on from where it was.
pub async fn restart(world: &dyn World) {
    let journal = world.journal();
    let subject = fresh("routing");
    let mut last = 0;
    for round in 0..30 {
        last = stored(&*journal, &subject, last, payload(format!("{round}"))).await;
    }
    let before = journal.load(&subject, 0).await.unwrap();
    let end = journal.end("routing").await.unwrap();
    drop(journal);
    world.restart().await;
    let journal = world.journal();
    let after = until("the journal is back", || async { journal.load(&subject, 0).await.ok() }).await;
    assert_eq!(after, before);
    assert_eq!(journal.end("routing").await.unwrap(), end);
    assert_eq!(settled(&*journal, &subject, 0, &payload("stale")).await, Appended::Conflict);
    assert_eq!(settled(&*journal, &subject, last, &payload("next")).await, Appended::At(end + 1));
}

/// What a follower acknowledged does not come again after a restart; what it did not, does.
pub async fn acknowledged_after_restart(world: &dyn World) {
    let journal = world.journal();
    let ours = several(&*journal, 6).await;
    let durable = durable("outreach");
    let mut deliveries = follower(&*journal, &durable, 10_000).await;
    let mut open: HashSet<u64> = ours.iter().copied().collect();
    while !open.is_empty() {
        let delivery = next_of(&mut deliveries, &ours).await;
        open.remove(&delivery.record.sequence);
        if delivery.record.sequence != ours[2] {
            delivery.handle.ack().await;
        }
    }
    // One more round trip, so that the acknowledgements have arrived.
    journal.end("outreach").await.unwrap();
    drop((deliveries, journal));
    world.restart().await;
    let journal = world.journal();
    let more = until("the journal is back", || async {
        match journal.append(&fresh("outreach"), 0, payload("delivered")).await {
            Appended::At(sequence) => Some(sequence),
            _ => None,
        }
    })
    .await;
    let mut deliveries = follower(&*journal, &durable, 10_000).await;
    let mut open: HashSet<u64> = [ours[2], more].into();
    while !open.is_empty() {
        let delivery = within("a delivery", deliveries.next()).await.unwrap();
        assert!(!ours.contains(&delivery.record.sequence) || delivery.record.sequence == ours[2], "acknowledged, and delivered again");
        open.remove(&delivery.record.sequence);
        delivery.handle.ack().await;
    }
}

/// Create, read, replace, purge: with revisions, small and large.
pub async fn keyed(world: &dyn World) {
    let keyed = world.keyed();
    let (bucket, key) = ("vault", fresh_name("k"));
    // A young cluster has to agree on each bucket first.
    for bucket in [bucket, "other"] {
        until("the bucket", || async {
            match keyed.create(bucket, "first", payload("")).await {
                Ok(_) | Err(KeyedError::Conflict) => Some(()),
                Err(KeyedError::Unavailable(_) | KeyedError::Unknown) => None,
            }
        })
        .await;
        keyed.purge(bucket, "first").await.unwrap();
    }
    assert_eq!(keyed.get(bucket, &key).await.unwrap(), None);
    let large: Bytes = (0..100_000).map(|i| (i % 253) as u8).collect::<Vec<_>>().into();
    let first = keyed.create(bucket, &key, large.clone()).await.unwrap();
    assert_eq!(keyed.create(bucket, &key, payload("again")).await, Err(KeyedError::Conflict));
    let entry = keyed.get(bucket, &key).await.unwrap().unwrap();
    assert!(entry.revision == first && entry.value == large);
    assert_eq!(keyed.update(bucket, &key, first + 1, payload("wrong")).await, Err(KeyedError::Conflict));
    let second = keyed.update(bucket, &key, first, payload("small")).await.unwrap();
    assert!(second > first);
    assert_eq!(keyed.update(bucket, &key, first, payload("stale")).await, Err(KeyedError::Conflict));
    assert_eq!(keyed.get(bucket, &key).await.unwrap().unwrap().value, payload("small"));
    assert!(keyed.keys(bucket, "").await.unwrap().contains(&key));
    let buckets = keyed.buckets().await.unwrap();
    assert!(buckets.iter().any(|one| one == bucket) && buckets.is_sorted(), "{buckets:?}");
    let (near, far) = (format!("part.{key}.one"), format!("part.{key}x.two"));
    for name in [&near, &far] {
        keyed.create(bucket, name, payload("parted")).await.unwrap();
    }
    for (prefix, found) in
        [(format!("part.{key}."), vec![&near]), (format!("part.{key}"), vec![&near, &far]), ("part".to_owned(), vec![&near, &far])]
    {
        let keys = keyed.keys(bucket, &prefix).await.unwrap();
        let ours: Vec<_> = keys.iter().filter(|name| name.contains(key.as_str())).collect();
        assert!(ours == found && keys.iter().all(|name| name.starts_with(&prefix)), "{prefix}: {keys:?}");
    }
    assert_eq!(keyed.get("other", &key).await.unwrap(), None);
    assert!(keyed.keys("other", "").await.unwrap().is_empty());
    keyed.purge(bucket, &key).await.unwrap();
    keyed.purge(bucket, &key).await.unwrap();
    assert_eq!(keyed.get(bucket, &key).await.unwrap(), None);
    assert!(!keyed.keys(bucket, "").await.unwrap().contains(&key));
    assert_eq!(keyed.update(bucket, &key, second, payload("purged")).await, Err(KeyedError::Conflict));
    let third = keyed.create(bucket, &key, large.slice(..9_000)).await.unwrap();
    assert!(third > second);
    assert_eq!(keyed.get(bucket, &key).await.unwrap().unwrap().value, large[..9_000]);
    assert!(matches!(keyed.create(bucket, "not a key", payload("")).await, Err(KeyedError::Unavailable(_))));
}

/// Sixteen create the same key, a hundred times: exactly one does.
pub async fn keyed_races(world: &dyn World) {
    let keyed = world.keyed();
    for _ in 0..100 {
        let key = fresh_name("k");
        let outcomes = join_all((0..16).map(|i| keyed.create("vault", &key, payload(format!("{i}"))))).await;
        let won: Vec<usize> = (0..16).filter(|i| outcomes[*i].is_ok()).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|o| matches!(o, Ok(_) | Err(KeyedError::Conflict))), "{outcomes:?}");
        let entry = keyed.get("vault", &key).await.unwrap().unwrap();
        assert_eq!((entry.value, Ok(entry.revision)), (payload(format!("{}", won[0])), outcomes[won[0]].clone()));
    }
}

/// What was answered is there after a restart; what was purged is not.
pub async fn keyed_restart(world: &dyn World) {
    let keyed = world.keyed();
    let (kept, purged) = (fresh_name("k"), fresh_name("k"));
    let first = keyed.create("vault", &kept, payload("1")).await.unwrap();
    let second = keyed.update("vault", &kept, first, payload("2")).await.unwrap();
    keyed.create("vault", &purged, payload("gone")).await.unwrap();
    keyed.purge("vault", &purged).await.unwrap();
    drop(keyed);
    world.restart().await;
    let keyed = world.keyed();
    let entry = until("the store is back", || async { keyed.get("vault", &kept).await.ok() }).await.unwrap();
    assert_eq!((entry.revision, entry.value), (second, payload("2")));
    assert_eq!(keyed.get("vault", &purged).await.unwrap(), None);
    let third = until("a revision", || async {
        match keyed.update("vault", &kept, second, payload("3")).await {
            Ok(revision) => Some(revision),
            Err(KeyedError::Unavailable(_)) => None,
            Err(other) => panic!("{other}"),
        }
    })
    .await;
    assert!(third > second);
}
