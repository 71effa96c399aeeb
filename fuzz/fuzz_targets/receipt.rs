//! A receipt that somebody hands over, as JSON or on paper (PDF): without the key nothing holds.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

use intake::receipt::{check, keys::PublicKeys};
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<PublicKeys> =
    LazyLock::new(|| check::published(include_str!("../seeds/receipt/keys.json")).expect("the keys of the seeds are right"));

fuzz_target!(|data: &[u8]| {
    if let Ok(paper) = check::on_paper(data, &KEYS) {
        assert!(data.len() > 10_000 && !paper.check_url.is_empty(), "only the whole paper holds");
    }
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(signed) = check::receipt(text, &KEYS) {
            assert!(text.contains(&signed.signature), "only what was signed holds");
        }
        if let Ok(keys) = check::published(text) {
            assert!(keys.keys.len() <= text.len());
        }
    }
});
