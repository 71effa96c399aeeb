//! The fuzz targets as ordinary tests, without the fuzzer: each on its seeds, and on pieces and near misses of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]
#![allow(unexpected_cfgs, reason = "cargo-fuzz sets cfg(fuzzing)")]

// What the targets take from the fuzzer is given here.
extern crate self as libfuzzer_sys;

use std::{fs, path::Path};

/// Whether the fuzzer should remember an input; no matter here.
pub enum Corpus {
    /// Yes.
    Keep,
    /// No.
    Reject,
}

/// What a target reads.
trait Input<'a>: Sized {
    fn of(bytes: &'a [u8]) -> Option<Self>;
}
impl<'a> Input<'a> for &'a [u8] {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        Some(bytes)
    }
}
impl<'a> Input<'a> for &'a str {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()
    }
}

/// Every seed, then its beginnings, then itself with a byte altered.
fn run_on_seeds(target: &str, run: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut seeds: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    for seed in seeds {
        let bytes = fs::read(&seed).unwrap();
        run(&bytes);
        for part in 0..8 {
            run(&bytes[..bytes.len() * part / 8]);
        }
        for place in (0..bytes.len()).step_by(bytes.len() / 16 + 1) {
            let mut altered = bytes.clone();
            altered[place] ^= 0x15;
            run(&altered);
        }
    }
}

macro_rules! targets {
    ($($name:ident: $file:literal;)*) => {
        $(
            #[path = $file]
            mod $name;
        )*
        mod on_seeds {
            $(
                #[test]
                fn $name() {
                    crate::run_on_seeds(stringify!($name), crate::$name::run);
                }
            )*
        }
        const TARGETS: &[&str] = &[$(stringify!($name)),*];
    };
}

targets! {
    address: "../../../fuzz/fuzz_targets/address.rs";
    amounts_and_dates: "../../../fuzz/fuzz_targets/amounts_and_dates.rs";
    commit: "../../../fuzz/fuzz_targets/commit.rs";
    events: "../../../fuzz/fuzz_targets/events.rs";
    form_parts: "../../../fuzz/fuzz_targets/form_parts.rs";
    mapping: "../../../fuzz/fuzz_targets/mapping.rs";
    partner_text: "../../../fuzz/fuzz_targets/partner_text.rs";
    partner_workbook: "../../../fuzz/fuzz_targets/partner_workbook.rs";
    policies: "../../../fuzz/fuzz_targets/policies.rs";
    receipt: "../../../fuzz/fuzz_targets/receipt.rs";
    signal: "../../../fuzz/fuzz_targets/signal.rs";
    token: "../../../fuzz/fuzz_targets/token.rs";
}

// Below the targets: they take it by its path.
/// A target as a function.
#[macro_export]
macro_rules! fuzz_target {
    (|$input:ident: $kind:ty| $body:block) => {
        pub fn run(bytes: &[u8]) {
            let Some($input) = <$kind as $crate::Input<'_>>::of(bytes) else { return };
            $body
        }
    };
    (|$input:ident: $kind:ty| -> Corpus $body:block) => {
        pub fn run(bytes: &[u8]) {
            let Some($input) = <$kind as $crate::Input<'_>>::of(bytes) else { return };
            let _kept = (move || -> Corpus { $body })();
        }
    };
}

#[test]
fn every_target_is_run_here_and_by_the_fuzzer() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut files: Vec<String> = fs::read_dir(fuzz.join("fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, TARGETS, "a target that is not run here");
    let manifest: toml::Table = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap().parse().unwrap();
    let bins = manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap());
    assert_eq!(bins.collect::<Vec<_>>(), TARGETS, "a target that the fuzzer does not know");
}
