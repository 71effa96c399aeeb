//! Kills processes at random, and moves the clock of all of them on in between.

use std::time::Duration;

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
        tokio::pin!(work);
        let mut killed = 0;
        loop {
            let pause = Duration::from_millis(self.random.lock().await.random_range(500..2_000));
            tokio::select! {
                () = &mut work => break,
                () = tokio::time::sleep(pause) => {}
            }
            let kill = self.kill_one(names);
            tokio::pin!(kill);
            tokio::select! {
                biased;
                () = &mut work => {
                    kill.await;
                    break;
                }
                () = &mut kill => killed += 1,
            }
        }
        assert!(killed > 0, "the work was done before anyone was killed");
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
