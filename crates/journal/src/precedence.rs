//! Who goes first where all services share the cores of one machine: commands, which somebody waits for, before reactions,
//! which nobody does.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// With more commands than this on their way, reactions give way: a file is coming in, not a person's click.
const CROWD: usize = 16;
/// Reactions at a time that go on in a crowd.
const LANES: usize = 2;

/// The commands on their way in this process. Reactions only slow down for them, they never stop: a few lanes are theirs, so that
/// a stream of reports without end starves nobody.
#[derive(Debug)]
pub struct Precedence {
    waiting: AtomicUsize,
    eased: Notify,
    lanes: Arc<Semaphore>,
}

impl Default for Precedence {
    fn default() -> Self {
        Self { waiting: AtomicUsize::new(0), eased: Notify::new(), lanes: Arc::new(Semaphore::new(LANES)) }
    }
}

impl Precedence {
    /// A command is on its way until the answer is dropped.
    pub fn enter(&self) -> OnItsWay<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        OnItsWay(self)
    }

    /// Returns when a reaction may begin: at once when nobody is in the way, else with one of the lanes, to be held until it ends.
    pub async fn give_way(&self) -> Option<OwnedSemaphorePermit> {
        if !self.is_crowded() {
            return None;
        }
        tokio::select! { lane = self.lanes.clone().acquire_owned() => lane.ok(), () = self.eased() => None }
    }

    fn is_crowded(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > CROWD
    }

    /// Returns when reactions need not give way any more.
    async fn eased(&self) {
        loop {
            let mut eased = std::pin::pin!(self.eased.notified());
            eased.as_mut().enable();
            if !self.is_crowded() {
                return;
            }
            eased.await;
        }
    }
}

/// One command on its way.
#[derive(Debug)]
pub struct OnItsWay<'a>(&'a Precedence);

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == CROWD + 1 {
            self.0.eased.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn reactions_give_way_to_a_crowd_but_for_a_few_and_go_on_when_it_is_gone() {
        let precedence = Precedence::default();
        let mut crowd: Vec<_> = (0..CROWD).map(|_| precedence.enter()).collect();
        assert!(precedence.give_way().await.is_none(), "no crowd: nothing to hold");
        crowd.push(precedence.enter());
        let mut held = Vec::new();
        for _ in 0..LANES {
            held.push(precedence.give_way().await.unwrap());
        }
        let mut one_more = std::pin::pin!(precedence.give_way());
        assert!(one_more.as_mut().now_or_never().is_none(), "all lanes are taken");
        held.pop();
        held.push(one_more.await.unwrap());
        let mut one_more = std::pin::pin!(precedence.give_way());
        assert!(one_more.as_mut().now_or_never().is_none());
        crowd.pop();
        assert!(one_more.await.is_none(), "the crowd is gone");
    }
}
