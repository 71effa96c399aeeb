//! What staff does: find, open for a purpose, close.

use std::{
    io,
    sync::{Arc, Mutex},
};

use proto::intake::v1 as pb;
use tonic::Code;
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{House, command, door, signal, submit, word};

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);
impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One thread, so that everything is logged here.
#[tokio::test]
async fn a_household_is_opened_for_a_purpose_and_the_look_is_logged_without_names() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).with_max_level(tracing::Level::TRACE).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    submit(&mut house.partner("woonwaard").await, vec![signal("A-1", 1)]).await;
    let water = pb::Signal { kind: pb::PartnerKind::Water.into(), ..signal("A-2", 1) };
    submit(&mut house.partner("waterbedrijf").await, vec![water]).await;
    let case_id = house.case_of("woonwaard", "A-1").await.case_id;
    house.case_of("waterbedrijf", "A-2").await;

    let mut staff = house.staff("9001").await;
    let open = |purpose: &str| pb::OpenHouseholdRequest { case_id: case_id.clone(), purpose: purpose.into() };
    for wrong in ["", "nieuwsgierig naar de buren", "Verzonnen"] {
        assert_eq!(staff.open_household(open(wrong)).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let opened = staff.open_household(open("home-visit")).await.unwrap().into_inner();
    assert_eq!((opened.address, opened.persons.len()), (door(1), 1), "the same person twice is one person");
    let neighbour = house.staff("9002").await.open_household(open("home-visit")).await;
    assert_eq!(neighbour.unwrap_err().code(), Code::PermissionDenied, "municipalities never see each other");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let looks: Vec<_> = log.lines().filter(|line| line.contains("zeef::logboek")).collect();
    assert_eq!(looks.len(), 2, "one line per record\n{log}");
    assert!(looks.iter().all(|line| line.contains("home-visit") && line.contains(&case_id) && line.contains("medewerker-7")));
    for secret in ["Verzonnen", "Lisdodde", "9001 XA", "9001XA", "nieuwsgierig"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

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
        let request = pb::SubmitSignalRequest { command: command(), signal: Some(signal(&reference, n)) };
        let at_least = desk.submit_signal(request).await.unwrap().into_inner().position;
        let find = pb::FindCaseRequest { organisation: "gemeente".into(), reference, at_least, ..Default::default() };
        desk.find_case(find).await.unwrap();
    }
    let elsewhere = proto::common::v1::Position { context: "routing".into(), sequence: 1 };
    let find = pb::FindCaseRequest { reference: "C-1".into(), at_least: Some(elsewhere), ..Default::default() };
    assert_eq!(desk.find_case(find).await.unwrap_err().code(), Code::InvalidArgument);
}
