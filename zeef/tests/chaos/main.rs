//! Chaos on a real nats-server: services are killed with SIGKILL at random and come back, one of them runs twice; meanwhile
//! reports stream in and terms fall due. Afterwards the journal itself is asked: nothing lost, nothing doubled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr, reason = "tests")]

mod killer;
mod load;
mod oracle;
#[path = "../support/mod.rs"]
mod support;

use jiff::SignedDuration;
use support::{house::Plan, nats::NatsServer};

use crate::{killer::Killer, load::Load, oracle::Oracle};

/// A Monday. Offers for what is received now are due on Monday 30 March, and warned of from 23 March.
const FIRST: &str = "2026-03-02T09:00:00+01:00";
/// Received on the first day.
const EARLY: std::ops::Range<u32> = 0..500;
/// Received ten days later: due on 9 April, warned of from 2 April. The last 500 are of the households of the first 500.
const LATER: std::ops::Range<u32> = 500..2_000;
/// Received while outreach was away for longer than the term.
const UNHEARD: std::ops::Range<u32> = 2_000..2_040;
const HOUSEHOLDS: u32 = 1_500;

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Says how to run the same world again.
struct Seed(u64);
impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to kill in the same order again: ZEEF_CHAOS_SEED={}", self.0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_services_are_killed() {
    let named = std::env::var("ZEEF_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = Seed(named.unwrap_or_else(rand::random));
    let nats = NatsServer::start().await;
    let house = Plan::default().clock(FIRST).nats(nats.url()).twice("outreach").start().await;
    // The desk only looks on.
    house.kill9("desk");
    let oracle = Oracle::connect(&nats.url()).await;
    let killer = Killer::new(&house, seed.0);
    let mut load = Load::new(&house).await;

    // Reports come in on two days; what is not acknowledged is sent again.
    let all = ["intake", "routing", "outreach", "outreach-2", "court-liaison", "aftercare"];
    killer
        .kills(&all, async {
            load.send(EARLY).await;
            killer.advance(days(10)).await;
            load.send(LATER).await;
        })
        .await;
    killer.all_ready(&all).await;
    oracle.rest(&oracle::everyone()).await;
    oracle.each_in_one_case_with_one_route_and_one_plan(&load).await;
    oracle.sound().await;

    // The terms of the first day fall due, first the warning, then the expiry.
    killer
        .kills(&all, async {
            killer.advance(days(12)).await;
            oracle.warned(EARLY.len()).await;
            killer.advance(days(7)).await;
            oracle.expired(EARLY.len()).await;
        })
        .await;
    killer.all_ready(&all).await;
    oracle.rest(&oracle::everyone()).await;
    let terms = oracle.terms().await;
    let (due, quiet): (Vec<_>, Vec<_>) =
        load.signals(&oracle, EARLY.start..LATER.end).await.into_iter().partition(|(number, _)| EARLY.contains(number));
    assert_eq!(due.len(), 500);
    for (number, signal) in due {
        assert_eq!(terms.of(signal), ["set", "warned", "expired"], "report {number}");
    }
    for (number, signal) in quiet {
        assert_eq!(terms.of(signal), ["set"], "report {number}");
    }

    // Outreach is away while reports come in, for longer than their term.
    for name in ["outreach", "outreach-2"] {
        house.kill9(name);
    }
    load.send(UNHEARD).await;
    oracle.rest(&[("routing", "intake")]).await;
    killer.advance(days(60)).await;
    killer
        .kills(&all, async {
            for name in ["outreach", "outreach-2"] {
                killer.start(name).await;
            }
            oracle.expired(EARLY.len() + LATER.len()).await;
        })
        .await;
    killer.all_ready(&all).await;
    oracle.rest(&oracle::everyone()).await;
    oracle.each_in_one_case_with_one_route_and_one_plan(&load).await;
    oracle.sound().await;
    let terms = oracle.terms().await;
    for (number, signal) in load.signals(&oracle, EARLY.start..UNHEARD.end).await {
        if UNHEARD.contains(&number) {
            assert_eq!(terms.of(signal), ["set", "late-when-known"], "report {number} was heard of too late: no breach of ours");
        } else {
            assert_eq!(terms.of(signal), ["set", "warned", "expired"], "report {number}");
        }
    }
    assert!(killer.has_killed(&all).await, "somebody was never killed");
    house.nobody_panicked();
}
