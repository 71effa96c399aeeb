//! Kills processes at random, and moves the clock of all of them on in between.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use jiff::SignedDuration;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::sync::Mutex;

use crate::support::house::House;

pub struct Killer<'a> {
    house: &'a House,
    /// Held while a process is killed and started again, and while clocks move.
    random: Mutex<StdRng>,
}

impl<'a> Killer<'a> {
    pub fn new(house: &'a House, seed: u64) -> Self {
        Self { house, random: Mutex::new(StdRng::seed_from_u64(seed)) }
    }

    /// Kills one of these every half to two seconds until the work is done.
    pub async fn kills(&self, names: &[&str], work: impl Future<Output = ()>) {
        let killed = AtomicUsize::new(0);
        let killing = async {
            loop {
                let pause = Duration::from_millis(self.random.lock().await.random_range(500..2_000));
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
        let mut random = self.random.lock().await;
        let name = names.choose(&mut *random).unwrap();
        self.house.kill9(name);
        // The next one may be killed before this one is ready.
        let most = Duration::from_millis(random.random_range(50..1_500));
        drop(tokio::time::timeout(most, self.house.restart(name)).await);
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
