//! A landlord's form with its files, as a browser sends it: however it is cut under way, what is read of it is the same.
#![cfg_attr(fuzzing, no_main)]

use std::{convert::Infallible, sync::LazyLock};

use desk::public::parts::{Bad, Head, Parts};
use futures::stream;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

type Read = (Vec<(Head, Vec<u8>)>, Result<(), Bad>);

fn read(body: &[u8], cut: usize) -> Read {
    let pieces = body.chunks(cut).map(Ok::<_, Infallible>);
    let mut parts = Parts::new("multipart/form-data; boundary=grens", stream::iter(pieces), usize::MAX);
    let mut whole = Vec::new();
    let outcome = RUNTIME.block_on(async {
        while let Some(head) = parts.next().await? {
            let mut content = Vec::new();
            while let Some(more) = parts.bytes().await? {
                content.extend_from_slice(&more);
            }
            whole.push((head, content));
        }
        Ok(())
    });
    (whole, outcome)
}

fuzz_target!(|data: &[u8]| {
    let [cut, body @ ..] = data else { return };
    let whole = read(body, body.len().max(1));
    assert!(whole.0.iter().map(|(_, content)| content.len()).sum::<usize>() <= body.len());
    assert_eq!(read(body, usize::from(*cut) + 1), whole, "the same, however it is cut");
});
