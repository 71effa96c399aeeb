//! What staff does: find and close; and what is stored of whom.

use proto::intake::v1 as pb;
use tonic::Code;

use crate::house::{House, command, signal, submit, word};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_is_stored_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let verdicts = submit(&mut house.partner("woonwaard").await, vec![signal("KENMERK-1", 1)]).await;
    assert_eq!(word(&verdicts[0]), "accepted");
    house.case_of("woonwaard", "KENMERK-1").await;
    let mut folders = vec![dir.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            for secret in ["Verzonnen", "Lisdodde", "9001 XA", "9001XA", "KENMERK-1"] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} in {}", path.display());
            }
        }
    }
    assert!(files > 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_is_refused_while_a_region_runs_and_says_which() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    submit(&mut house.partner("woonwaard").await, vec![signal("B-1", 1)]).await;
    let case_id = house.case_of("woonwaard", "B-1").await.case_id;
    let mut staff = house.staff("9001").await;
    let close =
        |case_id: &str, outcome: &str| pb::CloseCaseRequest { command: command(), case_id: case_id.into(), outcome: outcome.into() };
    let refused = staff.close_case(close(&case_id, "")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("help"), "{}", refused.message());
    assert_eq!(staff.close_case(close(&case_id, "won")).await.unwrap_err().code(), Code::InvalidArgument);
    let nobody = "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e";
    assert_eq!(staff.close_case(close(nobody, "")).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_read_their_own_writes_by_position() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut desk = house.staff("9001").await;
    for n in 1..=50 {
        let reference = format!("C-{n}");
        let request = pb::SubmitSignalRequest { command: command(), signal: Some(signal(&reference, n)), ..Default::default() };
        let at_least = desk.submit_signal(request).await.unwrap().into_inner().position;
        let find = pb::FindCaseRequest { organisation: "gemeente".into(), reference, at_least, ..Default::default() };
        desk.find_case(find).await.unwrap();
    }
    let elsewhere = proto::common::v1::Position { context: "routing".into(), sequence: 1 };
    let find = pb::FindCaseRequest { reference: "C-1".into(), at_least: Some(elsewhere), ..Default::default() };
    assert_eq!(desk.find_case(find).await.unwrap_err().code(), Code::InvalidArgument);
}
