//! What stands in the authorization header: nobody comes in without the key.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use service::{Identity, Issuer};
use tonic::metadata::MetadataMap;

static IDENTITY: LazyLock<Identity> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("zeef-fuzz-{}.pem", std::process::id()));
    Issuer::create_or_load(&file).expect("a key").identity()
});

fuzz_target!(|text: &str| -> Corpus {
    let Ok(value) = text.parse() else { return Corpus::Reject };
    let mut metadata = MetadataMap::new();
    metadata.insert("authorization", value);
    assert!(IDENTITY.verify(&metadata).is_err(), "a token that nobody signed");
    Corpus::Keep
});
