//! Looks into the vault are logged. A test program of its own: what a thread logs is decided once for the whole process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "../service/house.rs"]
#[allow(dead_code, reason = "used by more tests than this one")]
mod house;

use std::{
    io,
    sync::{Arc, Mutex},
};

use proto::intake::v1 as pb;
use tonic::Code;
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{House, door, signal, submit};

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
    assert_eq!(neighbour.unwrap_err().code(), Code::NotFound, "municipalities never see each other");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let mut officer = house.officer("9001").await;
    let looks =
        officer.list_looks(pb::ListLooksRequest { case_id: case_id.clone(), ..Default::default() }).await.unwrap().into_inner().looks;
    assert_eq!(looks.len(), 2, "one record per vault record\n{looks:?}");
    for look in &looks {
        let record: serde_json::Value = serde_json::from_str(&look.record).unwrap();
        let audit: serde_json::Value = serde_json::from_str(&look.audit).unwrap();
        assert_eq!(record["trace_id"], case_id.replace('-', ""));
        assert_eq!(record["attributes"]["dpl.core.processing_activity_id"], "urn:zeef:verwerkingsactiviteit:home-visit");
        assert_eq!((&audit["span_id"], &audit["actor"]), (&record["span_id"], &serde_json::json!("medewerker-7")));
        assert_eq!((&audit["on_behalf_of"], &audit["purpose"]), (&serde_json::json!("9001"), &serde_json::json!("home-visit")));
        let subject = record["attributes"]["dpl.core.data_subject_id"].as_str().unwrap();
        assert!(!subject.contains(audit["record_id"].as_str().unwrap()), "the subject's id is encrypted");
        assert!(!look.record.contains("medewerker-7"), "nothing of who looked in the record of the standard");
        for secret in ["Verzonnen", "Lisdodde", "9001 XA", "9001XA", "nieuwsgierig"] {
            assert!(!look.record.contains(secret) && !look.audit.contains(secret), "{secret} is in the log");
        }
    }
    let refused = house.officer("9002").await.list_looks(pb::ListLooksRequest { case_id, ..Default::default() }).await;
    assert_eq!(refused.unwrap_err().code(), Code::NotFound, "municipalities never see each other");
    for secret in ["Verzonnen", "Lisdodde", "9001 XA", "9001XA", "nieuwsgierig"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
