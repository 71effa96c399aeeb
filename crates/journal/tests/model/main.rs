//! The real deciding and reacting code in thousands of random worlds: reordering, redelivery while busy, crashes before and
//! after append and acknowledgement, stale caches, racing commands, held and lost appends, a rolling upgrade, poison.
//! A failing seed is printed; `ZEEF_MODEL_SEED=<n>` runs just that world, `ZEEF_MODEL_SEEDS=<n>` that many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test"
)]

mod golden;
mod memory;
mod oracle;
mod stories;
mod world;

/// Runs every world and names the first seed that fails.
#[test]
fn random_worlds_take_every_source_commit_in_once_and_in_order() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("ZEEF_MODEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ZEEF_MODEL_SEEDS").unwrap_or(3_000),
    };
    let mut totals = oracle::Totals::default();
    // Handler bugs are part of the worlds: their panics are caught, their messages are noise.
    std::panic::set_hook(Box::new(|_| {}));
    let mut failed = None;
    for seed in seeds {
        match std::panic::catch_unwind(|| world::run(seed)) {
            Ok(Ok(seen)) => totals.add(&seen),
            Ok(Err(why)) => {
                failed = Some((seed, why));
                break;
            }
            Err(panic) => {
                let why = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "panicked".to_owned());
                failed = Some((seed, why));
                break;
            }
        }
    }
    let _ = std::panic::take_hook();
    if let Some((seed, why)) = failed {
        panic!("world {seed} is broken: {why}\nrun it alone with ZEEF_MODEL_SEED={seed}");
    }
    println!("{totals:?}");
    // A world in which nothing happens proves nothing.
    if number("ZEEF_MODEL_SEED").is_none() {
        assert!(totals.acted > 0 && totals.noted > 0 && totals.parked > 0 && totals.unparked > 0, "{totals:?}");
        assert!(totals.crashes > 0 && totals.redelivered > 0 && totals.unknown > 0, "{totals:?}");
    }
}
