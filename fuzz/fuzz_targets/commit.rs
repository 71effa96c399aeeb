//! Stored bytes of a commit.
#![cfg_attr(fuzzing, no_main)]

use journal::{Commit, Record, Subject};
use kernel::Key;
use libfuzzer_sys::fuzz_target;
use uuid::Uuid;

fuzz_target!(|data: &[u8]| {
    let subject = Subject::new("intake", Key::new("9001".parse().expect("a code"), Uuid::nil()));
    let record = Record { sequence: 1, subject, payload: data.to_vec().into() };
    if let Ok(commit) = Commit::read(&record) {
        assert_eq!(commit.envelope.types.len(), commit.events.len());
    }
});
