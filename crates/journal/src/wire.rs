//! The running rooms of a service: its view follower, one pump per followed context, and the ticker.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use futures::StreamExt;
use kernel::{Key, RequestId, ids::new_uuid};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    context::Context,
    locks::lock,
    log::{Delivery, Durable},
    reactor::{Delay, Verdict},
    retries::Retries,
    runtime::{Request, Runtime},
    turns::Turns,
    views::{View, Views, until_available},
};

/// Deliveries worked on at a time; each aggregate is strictly serial among them. Enough to keep the store busy, and few enough that
/// who comes next is not behind a crowd.
const LANES: usize = 64;
/// Deliveries that wait here for a lane, at most: half of the window, so that there is something left for another replica.
const AHEAD: usize = WINDOW / 2;
/// What still waits when a process stops is for another after so long: by then the store knows that this one pulls no more.
const GOES_BACK: Duration = Duration::from_secs(1);
/// Unacknowledged deliveries per durable consumer.
pub const WINDOW: usize = 20_000;
const TICK: Duration = Duration::from_millis(250);
const DUE_AT_ONCE: usize = 1_000;

/// Starts the rooms. They end when the token is cancelled; the tracker counts them.
pub fn wire<V: View>(runtime: &Arc<Runtime<V::Context>>, views: &Arc<Views<V>>, token: &CancellationToken, tracker: &TaskTracker) {
    {
        let (runtime, views, token) = (runtime.clone(), views.clone(), token.clone());
        tracker.spawn(async move { views.run(&runtime, token).await });
    }
    for source in V::Context::FOLLOWS {
        let (runtime, views, token) = (runtime.clone(), views.clone(), token.clone());
        tracker.spawn(async move {
            // A replica joins the shared durable only when it knows its own stream.
            tokio::select! { () = token.cancelled() => return, () = views.ready() => {} }
            pump(&runtime, source, &token).await;
        });
    }
    if <V::Context as Context>::tick().is_some() {
        let (runtime, views, token) = (runtime.clone(), views.clone(), token.clone());
        tracker.spawn(async move {
            tokio::select! { () = token.cancelled() => return, () = views.ready() => {} }
            tick(&runtime, &views, &token).await;
        });
    }
}

/// The deliveries that wait or are worked on here, by sequence: when that outlasts the store's patience, it sends another copy.
#[derive(Clone, Default)]
struct Here(Arc<Mutex<HashSet<u64>>>);

impl Here {
    fn all(&self) -> MutexGuard<'_, HashSet<u64>> {
        lock(&self.0)
    }

    /// What is to be kept with it until it is settled, however that ends; `None` for a copy.
    fn arrives(&self, sequence: u64) -> Option<IsHere> {
        self.all().insert(sequence).then(|| IsHere(self.clone(), sequence))
    }
}

struct IsHere(Here, u64);
impl Drop for IsHere {
    fn drop(&mut self) {
        self.0.all().remove(&self.1);
    }
}

/// Takes in deliveries of one source until told to stop; what was started is finished. Each delivery is a task: the work
/// spreads over the cores, and one that panics is delivered again and takes nobody with it.
///
/// It reads ahead, so that municipalities go in turn (`docs/adr/0031`).
async fn pump<C: Context>(runtime: &Arc<Runtime<C>>, source: &str, token: &CancellationToken) {
    let durable = Durable { follower: C::NAME.to_owned(), source: source.to_owned() };
    let Some(mut deliveries) = until_available(token, || runtime.journal().deliveries(&durable, WINDOW)).await else { return };
    let (mut waiting, lanes, here) = (Turns::default(), Arc::new(Semaphore::new(LANES)), Here::default());
    let (retries, started) = (Arc::new(Mutex::new(Retries::default())), TaskTracker::new());
    let mut told = pin!(token.cancelled());
    loop {
        let lane = tokio::select! {
            biased;
            () = &mut told => break,
            delivery = deliveries.next(), if waiting.len() < AHEAD => {
                let Some(delivery) = delivery else { break };
                let gemeente = delivery.record.subject.key().gemeente;
                if runtime.ignores(&delivery.record) {
                    delivery.handle.ack().await;
                } else if let Some(is_here) = here.arrives(delivery.record.sequence) {
                    if delivery.attempt == 1 {
                        waiting.push(gemeente, (delivery, is_here));
                    } else {
                        waiting.push_first(gemeente, (delivery, is_here));
                    }
                }
                continue;
            }
            lane = Arc::clone(&lanes).acquire_owned(), if !waiting.is_empty() => lane,
        };
        let Some((delivery, is_here)) = waiting.next() else { continue };
        let one_of_few = match runtime.journal().precedence() {
            Some(precedence) => precedence.give_way().await,
            None => None,
        };
        let (runtime, retries) = (runtime.clone(), retries.clone());
        started.spawn(async move {
            settle(&runtime, delivery, &retries).await;
            drop((is_here, lane, one_of_few));
        });
    }
    // No longer pulling, or what goes back would come to this process again; whoever else pulls gets it soon.
    drop(deliveries);
    for (delivery, _) in waiting {
        delivery.handle.nak(GOES_BACK).await;
    }
    started.close();
    started.wait().await;
}

async fn settle<C: Context>(runtime: &Runtime<C>, delivery: Delivery, retries: &Mutex<Retries>) {
    match runtime.take_in_what_counts(&delivery.record, delivery.attempt).await {
        Verdict::Ack => delivery.handle.ack().await,
        Verdict::Later(why) => {
            let gemeente = delivery.record.subject.key().gemeente;
            let at_least = delay(why, delivery.attempt, delivery.record.sequence);
            let away = match why {
                Delay::Poison => lock(retries).away(gemeente, delivery.attempt, at_least, Instant::now()),
                Delay::Outage | Delay::UnknownType => at_least,
            };
            delivery.handle.nak(away).await;
        }
        Verdict::Alarm(alarm) => {
            tracing::error!(
                follower = C::NAME,
                source = %alarm.source,
                target = %alarm.target,
                known = alarm.checkpoint.map(|link| link.to_string()),
                delivered = %alarm.delivered,
                "source history does not hold what was taken in: nothing more of it is until a person looked; run `zeef journal verify` and `zeef journal reconcile`"
            );
            delivery.handle.nak(Duration::from_secs(60)).await;
        }
    }
}

/// Grows with the attempts, for ever: an outage is no reason to lose a reaction. What was refused together does not come back together.
fn delay(why: Delay, attempt: u64, sequence: u64) -> Duration {
    let doublings = u32::try_from(attempt.min(10)).unwrap_or(10);
    let (first, most) = match why {
        Delay::Outage => (50, 30_000),
        Delay::Poison => (250, 30_000),
        Delay::UnknownType => (1_000, 60_000),
    };
    let least = (first << doublings).min(most);
    Duration::from_millis(least + least * (sequence % 64) / 64)
}

/// Finds what is due and lets each aggregate decide about it, after it took in what it listens to.
async fn tick<V: View>(runtime: &Arc<Runtime<V::Context>>, views: &Arc<Views<V>>, token: &CancellationToken) {
    // Replicas start at different offsets, so that they do not all try every term at midnight.
    let offset = new_uuid(runtime.now()).as_u128() % TICK.as_millis();
    let mut wait = Duration::from_millis(u64::try_from(offset).unwrap_or(0));
    loop {
        tokio::select! { () = token.cancelled() => return, () = tokio::time::sleep(wait) => {} }
        wait = TICK;
        let due = views.due(runtime.now(), DUE_AT_ONCE);
        futures::stream::iter(due).for_each_concurrent(16, |key| async move { tick_one(runtime, key).await }).await;
    }
}

/// Lets one aggregate judge its due terms. Two replicas cannot double it: the append has an expectation.
pub async fn tick_one<C: Context>(runtime: &Runtime<C>, key: Key) {
    let Some(command) = C::tick() else { return };
    if let Err(error) = runtime.catch_up(key).await {
        tracing::debug!(context = C::NAME, %error, "tick waits");
        return;
    }
    let request = Request::new(RequestId::from_uuid(new_uuid(runtime.now())), format!("service:{}", C::NAME));
    if let Err(failure) = runtime.execute(key, request, command).await {
        tracing::debug!(context = C::NAME, %failure, "tick waits");
    }
}
