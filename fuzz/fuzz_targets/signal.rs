//! A report as it comes over the wire: checked without a fall, and no fault repeats what is in the report.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use prost::Message;
use proto::intake::v1::Signal;
use service::region::Region;

static REGION: LazyLock<Region> =
    LazyLock::new(|| Region::parse(include_str!("../../policies/region.toml")).expect("the sample region is right"));

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(signal) = Signal::decode(data) else { return Corpus::Reject };
    match intake::check::signal(&signal, &REGION, jiff::civil::date(2026, 3, 2)) {
        Ok(checked) => assert!(REGION.knows(checked.gemeente)),
        Err(faults) => {
            assert!(!faults.is_empty());
            let surname = signal.person.map(|person| person.surname).unwrap_or_default();
            for fault in faults {
                assert!(!fault.code.is_empty() && !fault.text.is_empty() && fault.text.len() < 1_000);
                assert!(surname.len() < 12 || !fault.text.contains(&surname), "a fault repeats a name");
            }
        }
    }
    Corpus::Keep
});
