//! A partner's mapping file.
#![cfg_attr(fuzzing, no_main)]

use libfuzzer_sys::fuzz_target;
use zeef::partner_file::Mapping;

fuzz_target!(|text: &str| {
    if let Err(said) = Mapping::parse(text) {
        assert!(!said.is_empty());
    }
});
