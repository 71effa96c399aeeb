//! Policy files: routing, courts, practice of aftercare, the region. A wrong one is told, never fallen over.
#![cfg_attr(fuzzing, no_main)]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use service::region::Region;

fuzz_target!(|text: &str| {
    let _told = routing::policy_file::parse(Path::new("default.toml"), text);
    let _told = routing::policy_file::parse(Path::new("9001.toml"), text);
    let _told = court_liaison::courts_file::parse(Path::new("courts.toml"), text);
    let _told = aftercare::practice_file::parse(Path::new("aftercare.toml"), text);
    if let Ok(region) = Region::parse(text) {
        let _where = region.locate("3509 AB", "Waterveen");
        assert!(!region.listed().is_empty());
    }
});
