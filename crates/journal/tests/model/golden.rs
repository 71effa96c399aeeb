//! A commit as the first release stored it. These bytes are read for ever; a change that cannot read them is wrong.

use bytes::Bytes;
use jiff::Timestamp;
use journal::{
    Commit, Encoded, Link, Record, Subject, TakenIn, TakenInOutcome,
    commit::{Cause, Concern, Envelope, Trace},
};
use uuid::Uuid;

const STORED: &str = include_str!("golden-commit-1.hex");
const HASH: &str = include_str!("golden-hash-1.hex");

fn envelope() -> Envelope {
    let link = |sequence| Link { sequence, hash: [7; 32] };
    let subject = |context: &str| Subject::new(context, kernel::Key::new("9001".parse().unwrap(), Uuid::from_u128(3)));
    let taken = |sequence, outcome| TakenIn { source_subject: subject("intake"), source: link(sequence), outcome };
    Envelope {
        commit_id: Uuid::from_u128(1),
        request_id: Uuid::from_u128(2),
        actor: "service:routing".to_owned(),
        cause: Some(Cause { subject: subject("intake").to_string(), sequence: 11, commit_id: Uuid::from_u128(4) }),
        hops: 3,
        happened_at: Timestamp::from_millisecond(1_767_600_000_123).unwrap(),
        recorded_at: Timestamp::from_millisecond(1_767_600_001_456).unwrap(),
        types: vec![("CaseRouted".to_owned(), 1)],
        previous: Some(link(9)),
        concerns: vec![
            Concern { subject: subject("outreach"), previous_for: Some(link(5)) },
            Concern { subject: subject("court-liaison"), previous_for: None },
        ],
        taken_in: vec![
            taken(11, TakenInOutcome::Acted),
            taken(12, TakenInOutcome::Noted("nothing-follows".to_owned())),
            taken(13, TakenInOutcome::Parked("undecodable".to_owned())),
            taken(10, TakenInOutcome::Unparked),
        ],
        trace: Some(Trace { trace: Uuid::from_u128(5), span: [1; 8], parent: Some([2; 8]), link: Some(([3; 16], [4; 8])) }),
    }
}

#[test]
fn a_commit_of_the_first_release_is_read_and_written_the_same() {
    let subject = Subject::new("routing", kernel::Key::new("9001".parse().unwrap(), Uuid::from_u128(6)));
    let (written, hash) = envelope().encode(&subject, &[Encoded { name: "CaseRouted", version: 1, bytes: vec![0xca, 0xfe] }]);
    if std::env::var("ZEEF_WRITE_GOLDEN").is_ok() {
        std::fs::write("tests/model/golden-commit-1.hex", hex::encode(&written)).unwrap();
        std::fs::write("tests/model/golden-hash-1.hex", hex::encode(hash)).unwrap();
        return;
    }
    let payload = Bytes::from(hex::decode(STORED).unwrap());
    let commit = Commit::read(&Record { sequence: 14, subject, payload: payload.clone() }).unwrap();
    assert_eq!(commit.envelope, envelope());
    assert_eq!(commit.events, [Bytes::from_static(&[0xca, 0xfe])]);
    assert_eq!(hex::encode(commit.hash), HASH);
    assert_eq!((written, hash), (payload, commit.hash));
}
