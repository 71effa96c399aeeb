//! Parts come back as they were sent, however they were cut under way; whatever else is sent ends.

use futures::stream;
use proptest::{collection::vec, prelude::*};

use super::*;

const KIND: &str = "multipart/form-data; boundary=grens";

/// Parts with their bytes.
type All = Vec<(Head, Vec<u8>)>;

/// Everything that is read of a body that comes in such pieces.
fn all(kind: &str, body: &[u8], cuts: &[usize], most: usize) -> (All, Result<(), Bad>) {
    let (mut pieces, mut rest) = (Vec::new(), body);
    for cut in cuts.iter().cycle().take(body.len()) {
        let (piece, after) = rest.split_at((*cut).clamp(1, 4_096).min(rest.len()));
        pieces.push(Ok::<_, std::io::Error>(piece));
        rest = after;
    }
    let mut parts = Parts::new(kind, stream::iter(pieces), most);
    let mut read = Vec::new();
    let outcome = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
        while let Some(head) = parts.next().await? {
            let mut bytes = Vec::new();
            while let Some(more) = parts.bytes().await? {
                bytes.extend_from_slice(&more);
                assert!(parts.held.len() <= HEAD + 4_096, "little is held");
            }
            read.push((head, bytes));
        }
        Ok(())
    });
    (read, outcome)
}

fn sent(parts: &[(Head, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (Head { name, file }, bytes) in parts {
        let file = file.as_ref().map(|file| format!("; filename=\"{file}\"\r\nContent-Type: application/pdf")).unwrap_or_default();
        body.extend_from_slice(format!("--grens\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--grens--\r\n");
    body
}

fn part() -> impl Strategy<Value = (Head, Vec<u8>)> {
    // Content that looks like the end of a part, and is not.
    let near = prop_oneof![Just(b"\r\n--gren".to_vec()), Just(b"\r\n\r\n--".to_vec()), Just(b"--grens".to_vec()), vec(any::<u8>(), 0..200)];
    let content =
        vec(near, 0..4).prop_map(|parts| parts.concat()).prop_filter("no end", |bytes| memmem::find(bytes, b"\r\n--grens").is_none());
    ("[a-z_]{1,8}", proptest::option::of("[a-z .]{0,12}"), content).prop_map(|(name, file, bytes)| (Head { name, file }, bytes))
}

proptest! {
    #[test]
    fn parts_come_back_as_they_were_sent(parts in vec(part(), 0..6), cuts in vec(1_usize..64, 1..8)) {
        let (read, outcome) = all(KIND, &sent(&parts), &cuts, usize::MAX);
        prop_assert_eq!(outcome, Ok(()));
        prop_assert_eq!(read, parts);
    }

    #[test]
    fn whatever_is_sent_ends(bytes in vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), any::<u8>()], 0..2_000), at in 0_usize..400, cuts in vec(1_usize..64, 1..4)) {
        let mut body = sent(&[(Head { name: "a".into(), file: None }, b"x".to_vec()), (Head { name: "b".into(), file: Some("c".into()) }, bytes.clone())]);
        all(KIND, &bytes, &cuts, usize::MAX).1.unwrap_err();
        let at = at.min(body.len());
        body.splice(at..at, bytes);
        let _ = all(KIND, &body, &cuts, usize::MAX);
    }
}

#[test]
fn what_is_broken_off_too_large_or_no_form_is_told_apart() {
    let whole = sent(&[(Head { name: "naam".into(), file: None }, b"P. Verhuurder".to_vec())]);
    assert_eq!(all(KIND, &whole[..whole.len() - 12], &[7], usize::MAX).1, Err(Bad::Unreadable));
    assert_eq!(all(KIND, &whole, &[7], whole.len() - 20).1, Err(Bad::TooLarge));
    for kind in ["multipart/form-data", "text/plain; boundary=grens", "multipart/form-data; boundary=", ""] {
        assert!(all(kind, &whole, &[7], usize::MAX).1.is_err(), "{kind}");
    }
    let endless = [b"--grens\r\nContent-Disposition: form-data; name=\"".to_vec(), vec![b'a'; 100_000]].concat();
    assert_eq!(all(KIND, &endless, &[4_096], usize::MAX), (Vec::new(), Err(Bad::Unreadable)));
    let quoted = "--grens\r\ncontent-disposition: form-data; name=\"x\"; filename=\"een %22brief%22.pdf\"\r\n\r\n\r\n--grens--";
    let (read, _) = all("Multipart/Form-Data; boundary=\"grens\"", quoted.as_bytes(), &[5], usize::MAX);
    assert_eq!(read, [(Head { name: "x".into(), file: Some("een \"brief\".pdf".into()) }, Vec::new())]);
}
