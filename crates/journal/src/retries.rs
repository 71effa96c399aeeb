//! When what could not be handled in this process is tried again: one by one, so that ten thousand such deliveries leave the
//! machine to the others (`docs/adr/0031`).

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use kernel::Gemeentecode;

/// Between two of a municipality that failed as often: each costs the store as much as a commit.
const APART: Duration = Duration::from_millis(20);
/// What all rows take together, at most: twelve thousand deliveries. More would leave too little of the durable's window.
const LONGEST: Duration = Duration::from_secs(240);

/// A row for each municipality and number of failures: when its last delivery is tried again.
#[derive(Debug, Default)]
pub(crate) struct Retries(HashMap<(Gemeentecode, u64), Instant>);

impl Retries {
    /// How long a delivery is sent away for that has failed so many times: at least so long, and until those before it in its row
    /// were tried. When the rows are full, it is not kept apart.
    pub fn away(&mut self, gemeente: Gemeentecode, attempt: u64, at_least: Duration, now: Instant) -> Duration {
        self.0.retain(|_, last| *last > now);
        let rows: Duration = self.0.values().map(|last| last.duration_since(now)).sum();
        if rows > LONGEST {
            return at_least;
        }
        let alone = now + at_least;
        let at = self.0.get(&(gemeente, attempt)).map_or(alone, |last| alone.max(*last + APART));
        self.0.insert((gemeente, attempt), at);
        at.duration_since(now)
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
    fn what_failed_together_is_tried_again_one_by_one_and_nobody_waits_behind_another_municipality() {
        let (mut retries, now) = (Retries::default(), Instant::now());
        let mut away = |code, attempt, after| retries.away(gemeente(code), attempt, SECOND, now + after);
        let together = [(); 3].map(|()| away("9003", 1, Duration::ZERO));
        assert_eq!(together, [SECOND, SECOND + APART, SECOND + APART * 2]);
        assert_eq!(away("9003", 2, Duration::ZERO), SECOND, "a second failure has a row of its own");
        assert_eq!(away("9001", 1, Duration::ZERO), SECOND);
        assert_eq!(away("9003", 1, SECOND * 2), SECOND, "the row is over");
    }

    #[test]
    fn full_rows_keep_nobody_back() {
        let (mut retries, now) = (Retries::default(), Instant::now());
        let mut away = |code| retries.away(gemeente(code), 1, SECOND, now);
        let longest = (0..15_000).map(|number| away(if number % 2 == 0 { "9003" } else { "9004" })).max().unwrap();
        assert!(longest > LONGEST / 2 && longest < LONGEST / 2 + SECOND, "{longest:?}: two rows share the room");
        assert_eq!(away("9003"), SECOND);
        assert!(retries.away(gemeente("9003"), 1, SECOND, now + SECOND * 2) > LONGEST / 3, "there is room again");
    }
}
