//! What could not be handled in this process: when it is tried again and who rests meanwhile, so that ten thousand such
//! deliveries leave the machine to the others (`docs/adr/0031`).

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use kernel::Gemeentecode;

/// A municipality rests so long for each of its deliveries that failed when it was new.
pub(crate) const REST: Duration = Duration::from_millis(2);
/// Between two that are tried again after as many failures: each costs the store as much as a commit.
const APART: Duration = Duration::from_millis(20);
/// Who would have to wait longer for that is not kept apart: the durable's window is not for ever.
const PATIENCE: Duration = Duration::from_secs(240);

/// Times of this process; another replica has its own.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    rest_until: HashMap<Gemeentecode, Instant>,
    /// When the last one that failed so often is tried again.
    again_at: HashMap<u64, Instant>,
}

impl Troubles {
    /// A delivery of this municipality failed; how long it is sent away for, at least.
    pub fn failed(&mut self, gemeente: Gemeentecode, attempt: u64, now: Instant, at_least: Duration) -> Duration {
        if attempt == 1 {
            let until = self.rest_until.entry(gemeente).or_insert(now);
            *until = now.max(*until) + REST;
        }
        let alone = now + at_least;
        let at = self.again_at.get(&attempt).map_or(alone, |last| alone.max(*last + APART));
        if at > alone + PATIENCE {
            return at_least;
        }
        self.again_at.insert(attempt, at);
        at.duration_since(now)
    }

    /// Whether its new deliveries let others go first.
    pub fn rests(&self, gemeente: Gemeentecode, now: Instant) -> bool {
        self.rest_until.get(&gemeente).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn gemeente(code: &str) -> Gemeentecode {
        code.parse().unwrap()
    }

    #[test]
    fn what_failed_together_is_tried_again_one_by_one() {
        let (mut troubles, now) = (Troubles::default(), Instant::now());
        let mut failed = |attempt| troubles.failed(gemeente("9003"), attempt, now, SECOND);
        assert_eq!([failed(1), failed(1), failed(1)], [SECOND, SECOND + APART, SECOND + APART * 2]);
        assert_eq!(failed(2), SECOND, "each try has a row of its own");
        assert_eq!(troubles.failed(gemeente("9003"), 1, now + SECOND, SECOND), SECOND, "the row is over");
    }

    #[test]
    fn no_row_outlasts_the_patience() {
        let (mut troubles, now) = (Troubles::default(), Instant::now());
        let longest = (0..15_000).map(|_| troubles.failed(gemeente("9003"), 1, now, SECOND)).max();
        assert_eq!(longest, Some(SECOND + PATIENCE));
        assert_eq!(troubles.failed(gemeente("9003"), 1, now, SECOND), SECOND);
    }

    #[test]
    fn a_municipality_rests_for_each_new_one_that_failed_and_nobody_else_does() {
        let (mut troubles, now) = (Troubles::default(), Instant::now());
        for attempt in [1, 1, 1, 2] {
            troubles.failed(gemeente("9003"), attempt, now, SECOND);
        }
        let rests = |code, after| troubles.rests(gemeente(code), now + after);
        assert!(rests("9003", REST * 2) && !rests("9003", REST * 3) && !rests("9001", Duration::ZERO));
    }
}
