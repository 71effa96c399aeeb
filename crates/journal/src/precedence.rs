//! Who goes first where all services share the cores of one machine: commands, which somebody waits for, before reactions,
//! which nobody does.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// With more commands than this on their way, reactions give way: a file is coming in, not a person's click.
const CROWD: usize = 16;

/// The commands on their way in this process. Reactions only slow down for them, they never stop: each pump keeps a few
/// lanes, so that a stream of reports without end starves nobody.
#[derive(Debug, Default)]
pub struct Precedence {
    waiting: AtomicUsize,
    eased: Notify,
}

impl Precedence {
    /// A command is on its way until the answer is dropped.
    pub fn enter(&self) -> OnItsWay<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        OnItsWay(self)
    }

    /// Reactions give way now.
    pub fn is_crowded(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > CROWD
    }

    /// Returns when reactions need not give way any more.
    pub async fn eased(&self) {
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
    async fn reactions_give_way_to_a_crowd_and_go_on_when_it_is_gone() {
        let precedence = Precedence::default();
        let mut crowd: Vec<_> = (0..CROWD).map(|_| precedence.enter()).collect();
        assert!(!precedence.is_crowded());
        precedence.eased().await;
        let one_more = precedence.enter();
        let mut eased = std::pin::pin!(precedence.eased());
        assert!(precedence.is_crowded() && eased.as_mut().now_or_never().is_none());
        crowd.push(one_more);
        crowd.pop();
        eased.await;
    }
}
