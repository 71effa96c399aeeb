//! A report as it comes over the wire: checked without a fall, and no fault repeats what is in the report.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use prost::Message;
use proto::intake::v1::Signal;
use service::region::Region;

static REGION: LazyLock<Region> =
    LazyLock::new(|| Region::parse(include_str!("../../policies/region.toml")).expect("the sample region is right"));

const CANARY: &str = "kanarie";

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(mut signal) = Signal::decode(data) else { return Corpus::Reject };
    // Whatever else is wrong with the report, these are not told on.
    if let Some(person) = &mut signal.person {
        person.surname.push_str(CANARY);
        person.phone.push_str(CANARY);
        person.email.push_str(CANARY);
    }
    if let Some(address) = &mut signal.address {
        address.street.push_str(CANARY);
        address.house_number.push_str(CANARY);
        address.addition.push_str(CANARY);
    }
    match intake::check::signal(&signal, &REGION, jiff::civil::date(2026, 3, 2), |_| false) {
        Ok(checked) => assert!(REGION.knows(checked.gemeente)),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(!fault.code.is_empty() && !fault.text.is_empty() && fault.text.len() < 1_000);
                assert!(!fault.text.contains(CANARY), "a fault repeats what is personal");
            }
        }
    }
    Corpus::Keep
});
