//! Kills processes at random, and moves the clock of all of them on in between.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use jiff::SignedDuration;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::sync::Mutex;

use crate::support::house::House;

pub struct Killer<'a> {
    house: &'a House,
    /// Held while a process is killed and started again, and while clocks move.
    random: Mutex<Random>,
}

struct Random {
    random: StdRng,
    /// Who is still to be killed before anybody is killed once more.
    round: Vec<String>,
    killed: BTreeSet<String>,
}

impl<'a> Killer<'a> {
    pub fn new(house: &'a House, seed: u64) -> Self {
        let random = Random { random: StdRng::seed_from_u64(seed), round: Vec::new(), killed: BTreeSet::new() };
        Self { house, random: Mutex::new(random) }
    }

    /// Kills one of these every half to two seconds until the work is done.
    pub async fn kills(&self, names: &[&str], work: impl Future<Output = ()>) {
        let killed = AtomicUsize::new(0);
        let killing = async {
            loop {
                let pause = Duration::from_millis(self.random.lock().await.random.random_range(500..2_000));
                tokio::time::sleep(pause).await;
                self.kill_one(names).await;
                killed.fetch_add(1, Ordering::Relaxed);
            }
        };
        // A killed one was started again before the first await: nobody stays away when this ends.
        tokio::select! { () = work => {} () = killing => {} }
        assert!(killed.into_inner() > 0, "the work was done before anyone was killed");
    }

    async fn kill_one(&self, names: &[&str]) {
        let mut held = self.random.lock().await;
        let Random { random, round, killed } = &mut *held;
        if round.is_empty() {
            round.extend(names.iter().map(|name| (*name).to_owned()));
            round.shuffle(random);
        }
        let name = round.pop().unwrap();
        self.house.kill9(&name);
        killed.insert(name.clone());
        // The next one may be killed before this one is ready.
        let most = Duration::from_millis(random.random_range(50..1_500));
        drop(tokio::time::timeout(most, self.house.restart(&name)).await);
    }

    /// Whether each of these was killed at some time.
    pub async fn has_killed(&self, names: &[&str]) -> bool {
        let held = self.random.lock().await;
        names.iter().all(|name| held.killed.contains(*name))
    }

    /// Starts a process, unless it was started in the meantime.
    pub async fn start(&self, name: &str) {
        let _turn = self.random.lock().await;
        if !self.house.process(name).is_running() {
            self.house.restart(name).await;
        }
    }

    pub async fn all_ready(&self, names: &[&str]) {
        for name in names {
            self.house.process(name).ready().await;
        }
    }

    /// Moves the clock of everyone who runs on.
    pub async fn advance(&self, by: SignedDuration) {
        let _turn = self.random.lock().await;
        for process in self.house.processes.iter().filter(|process| process.is_running()) {
            process.ready().await;
        }
        self.house.advance(by).await;
    }
}
