//! Receipts as partners get and keep them; returned and blocked reports; what is gone when it should be.

use intake::receipt::{Signed, check, keys::PublicKeys};
use jiff::SignedDuration;
use journal::Keyed;
use proto::{
    common::v1 as common,
    intake::v1::{self as pb, verdict::Outcome},
};
use tonic::Code;

use crate::house::{House, Intake, command, receipt, signal, submit, until, word};

async fn keys(client: &mut Intake) -> PublicKeys {
    check::published(&client.get_receipt_keys(pb::GetReceiptKeysRequest {}).await.unwrap().into_inner().keys).unwrap()
}
async fn fetched(client: &mut Intake, id: &str) -> Result<pb::GetReceiptResponse, tonic::Status> {
    client.get_receipt(pb::GetReceiptRequest { receipt_id: id.into() }).await.map(tonic::Response::into_inner)
}
fn premature(reference: &str, number: u32) -> pb::Signal {
    let not_met = Some(pb::Duty { shown: pb::Shown::NotMet.into(), on: None });
    pb::Signal { written_reminder: not_met, ..signal(reference, number) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_signed_when_asked_for_and_is_the_same_every_time() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let day = |iso: &str| Some(common::Date { iso: iso.into() });
    let mut sent = signal("R-1", 1);
    sent.personal_contact.as_mut().unwrap().on = day("2026-02-10");
    sent.tenant_answer = pb::TenantAnswer::Silence.into();
    let request = pb::SubmitSignalRequest { command: command(), signal: Some(sent.clone()), signed: true };
    let first = receipt(&partner.submit_signal(request).await.unwrap().into_inner().verdict.unwrap());
    let keys = keys(&mut partner).await;
    let Signed { document, .. } = check::receipt(&first.document, &keys).unwrap();
    assert_eq!(
        (document.receipt_id.as_deref(), document.received_at.as_str()),
        (Some(first.receipt_id.as_str()), first.received_at.as_str())
    );
    assert_eq!((document.reference.as_str(), document.organisation.as_str()), ("R-1", "woonwaard"));
    let duties = document.declared.unwrap().duties.unwrap();
    assert_eq!((duties.a.on.as_deref(), duties.d.status.as_str(), duties.tenant_answer.as_str()), (Some("2026-02-10"), "met", "silence"));
    for secret in ["Verzonnen", "Lisdodde", "9001 XA"] {
        assert!(!first.document.contains(secret), "{secret}");
    }
    let file = std::fs::read_to_string(dir.path().join("data").join("receipt-keys.json")).unwrap();
    assert_eq!(check::published(&file).unwrap(), keys, "published as a file too");

    let again = fetched(&mut partner, &first.receipt_id).await.unwrap();
    assert_eq!((again.receipt.unwrap(), again.withdrawn), (first.clone(), false));
    let staff = fetched(&mut house.staff("9001").await, &first.receipt_id).await.unwrap();
    assert_eq!(staff.receipt.unwrap().document, first.document);
    // A stranger, another municipality and a receipt that nobody gave get one answer.
    let unknown = fetched(&mut partner, &uuid::Uuid::nil().to_string()).await.unwrap_err();
    for mut other in [house.partner("waterbedrijf").await, house.staff("9002").await] {
        let told = fetched(&mut other, &first.receipt_id).await.unwrap_err();
        assert_eq!((told.code(), told.message(), told.details()), (Code::NotFound, unknown.message(), unknown.details()));
    }

    let corrected = pb::Signal { amount_cents: 90_123, ..sent };
    let rows = vec![pb::SubmitSignalsRequest { row: 1, signal: Some(corrected), happened_at: String::new(), signed: true }];
    let verdicts = partner.submit_signals(tokio_stream::iter(rows)).await.unwrap().into_inner().verdicts;
    let second = receipt(&verdicts[0]);
    let Signed { document, .. } = check::receipt(&second.document, &keys).unwrap();
    assert_eq!(document.declared.map(|declared| declared.amount_cents), Some(90_123), "exactly, from the vault");
    assert_eq!(
        (document.replaces.as_deref(), document.first_received_at),
        (Some(first.receipt_id.as_str()), Some(first.received_at.clone()))
    );
    let replaced = fetched(&mut partner, &first.receipt_id).await.unwrap().receipt.unwrap();
    assert_eq!((replaced.replaced_by_receipt_id, replaced.document), (second.receipt_id, first.document), "marked; its own text stands");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_was_given_holds_after_the_person_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let id = receipt(&submit(&mut partner, vec![signal("S-1", 1)]).await[0]).receipt_id;
    let kept = fetched(&mut partner, &id).await.unwrap().receipt.unwrap().document;
    for record in house.journal.keys("intake-vault", "").await.unwrap() {
        house.journal.purge("intake-vault", &record).await.unwrap();
    }
    let told = fetched(&mut partner, &id).await.unwrap_err();
    assert_eq!(told.code(), Code::FailedPrecondition);
    assert!(told.message().contains("gewist"), "{}", told.message());
    assert!(check::receipt(&kept, &keys(&mut partner).await).is_ok(), "offline, it holds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_premature_report_is_returned_and_its_content_is_gone_after_thirty_days() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let verdicts = submit(&mut partner, vec![premature("T-1", 1), premature("T-1", 1)]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["written_reminder:duty-not-met", "written_reminder:duty-not-met"]);
    let Some(Outcome::Returned(returned)) = &verdicts[0].outcome else { panic!() };
    assert_eq!(returned.kept_until, "2026-04-02T00:00:00.000+02:00", "thirty whole days, to the end of 1 April");
    let find = pb::FindCaseRequest { organisation: "woonwaard".into(), reference: "T-1".into(), ..Default::default() };
    assert_eq!(house.staff("9001").await.find_case(find).await.unwrap_err().code(), Code::NotFound, "no case, no clock");
    let (vault, index) = (house.journal.keys("intake-vault", "").await.unwrap(), house.journal.keys("intake-index", "").await.unwrap());
    assert_eq!((vault.len(), index.len()), (1, 0), "returned once; no trace of the address");
    // Said better the next day, it is a report as any other.
    assert_eq!(word(&submit(&mut partner, vec![signal("T-1", 1)]).await[0]), "accepted");
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(31 * 24)).unwrap();
    until("the content of the returned report is gone", || async {
        (house.journal.keys("intake-vault", "").await.unwrap().len() == 1).then_some(())
    })
    .await;
    assert!(!house.journal.keys("intake-vault", "").await.unwrap().contains(&vault[0]), "the accepted report's record stands");
    until("nothing is due any more", || async {
        intake::views::returns_due(&house.room.views, house.room.runtime.now(), 9).is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_tenant_or_a_bsn_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let refusal = pb::Signal { tenant_answer: pb::TenantAnswer::Refusal.into(), ..signal("U-1", 1) };
    let mut with_bsn = signal("U-2", 2);
    with_bsn.person.as_mut().unwrap().surname = "Verzonnen 999990019".into();
    let verdicts = submit(&mut partner, vec![refusal, with_bsn.clone()]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["blocked", "person.surname:bsn"]);
    assert!(!format!("{:?}", verdicts[1]).contains("999990019"));
    let Some(Outcome::Blocked(blocked)) = &verdicts[0].outcome else { panic!() };
    let Signed { document, .. } = check::receipt(&blocked.document, &keys(&mut partner).await).unwrap();
    assert_eq!((document.outcome, document.reference.as_str()), (intake::receipt::Outcome::BlockedByTenant, "U-1"));
    assert_eq!((document.receipt_id, document.declared, document.commit_sha256), (None, None, None));
    assert!(document.received_at.starts_with("2026-03-02T10:15:") && document.received_at.ends_with("+01:00"));
    for bucket in ["intake-vault", "intake-index"] {
        assert!(house.journal.keys(bucket, "").await.unwrap().is_empty(), "{bucket}");
    }
    assert_eq!(journal::Journal::end(house.journal.as_ref(), "intake").await.unwrap(), 0, "nothing is stored");
    with_bsn.kind = pb::PartnerKind::Health.into();
    assert_eq!(word(&submit(&mut partner, vec![with_bsn]).await[0]), "accepted", "an insurer may");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_that_moved_to_another_household_still_knows_the_first_report() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let first = receipt(&submit(&mut partner, vec![signal("W-1", 1)]).await[0]);
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(8 * 24)).unwrap();
    let verdicts = submit(&mut partner, vec![signal("W-1", 2), signal("W-1", 1), signal("W-1", 3)]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["accepted", "repeated", "address:correction-moves"]);
    assert_eq!(receipt(&verdicts[1]), first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_premature_report_counts_when_a_threat_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut water, mut partner) = (house.partner("waterbedrijf").await, house.partner("woonwaard").await);
    submit(&mut water, vec![pb::Signal { kind: pb::PartnerKind::Water.into(), ..signal("V-1", 1) }]).await;
    let found = house.case_of("waterbedrijf", "V-1").await;
    let opened = proto::court_liaison::v1::TrackOpened {
        case_id: found.case_id.parse::<uuid::Uuid>().unwrap().as_bytes().to_vec(),
        entry_step: 6,
        ..Default::default()
    };
    let event = journal::Encoded { name: "TrackOpened", version: 1, bytes: prost::Message::encode_to_vec(&opened) };
    house.told("court-liaison", &found.case_id, &found.file_key, None, &[event]).await;
    until("intake knows of the writ", || async { house.state(&found.file_key).await.is_threatened().then_some(()) }).await;
    let verdicts = submit(&mut partner, vec![premature("V-2", 1), premature("V-3", 2)]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["accepted", "written_reminder:duty-not-met"]);
    let document = fetched(&mut partner, &receipt(&verdicts[0]).receipt_id).await.unwrap().receipt.unwrap().document;
    assert!(document.contains(r#""c":{"status":"not-met"}"#), "marked, as declared: {document}");
}
