//! What partners are told of their own reports.

use jiff::SignedDuration;
use journal::Encoded;
use prost::Message;
use proto::{intake::v1 as pb, outreach::v1 as outreach};

use crate::house::{House, Intake, command, receipt, signal, submit, until};

async fn told(client: &mut Intake, reference: &str) -> pb::Feedback {
    let request = pb::ListFeedbackRequest { reference: reference.into(), page: None };
    client.list_feedback(request).await.unwrap().into_inner().reports.remove(0)
}

/// Everything a partner hears, the receipt's own id aside: the whole answer, in bytes.
async fn bytes(client: &mut Intake, reference: &str) -> Vec<u8> {
    let request = pb::ListFeedbackRequest { reference: reference.into(), page: None };
    let mut answer = client.list_feedback(request).await.unwrap().into_inner();
    assert_eq!(answer.reports.len(), 1);
    answer.reports[0].receipt_id = uuid::Uuid::nil().to_string();
    answer.encode_to_vec()
}

/// Says of a case what outreach would.
async fn resolved(house: &House, reference: &str, name: &'static str, message: &impl Message) {
    let found = house.case_of("woonwaard", reference).await;
    house.told("outreach", &found.case_id, &found.file_key, None, &[Encoded { name, version: 1, bytes: message.encode_to_vec() }]).await;
    until("the case is closed", || async { house.state(&found.file_key).await.cases[0].ended }).await;
}
async fn case_bytes(house: &House, reference: &str) -> Vec<u8> {
    house.case_of("woonwaard", reference).await.case_id.parse::<uuid::Uuid>().unwrap().as_bytes().to_vec()
}
async fn help_ends(house: &House, reference: &str, result: &str) {
    let resolved_as = outreach::HelpResolved { case_id: case_bytes(house, reference).await, result: result.into(), ..Default::default() };
    resolved(house, reference, "HelpResolved", &resolved_as).await;
}
fn a_day(house: &House) {
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(24)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_different_reasons_are_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut landlord = house.partner("woonwaard").await;
    submit(&mut landlord, (1..=6).map(|n| signal(&format!("F-{n}"), n)).collect()).await;
    a_day(&house);
    // Not taken up, for two reasons; over, for four.
    help_ends(&house, "F-1", "known-at-debt-help").await;
    let withdraw = pb::WithdrawSignalRequest { command: command(), reference: "F-2".into(), reason: "not-resident".into() };
    landlord.withdraw_signal(withdraw).await.unwrap();
    help_ends(&house, "F-3", "help-financial").await;
    help_ends(&house, "F-4", "no-contact").await;
    let refused = outreach::HelpRefused { case_id: case_bytes(&house, "F-5").await, ..Default::default() };
    resolved(&house, "F-5", "HelpRefused", &refused).await;
    let paid = pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::Reference("F-6".into())),
        kind: pb::PaymentKind::Paid.into(),
    };
    landlord.record_payment(paid).await.unwrap();

    // Today nobody hears what happened today.
    for reference in ["F-1", "F-3", "F-5", "F-6"] {
        assert_eq!(told(&mut landlord, reference).await.feedback, "taken-up", "{reference}");
    }
    a_day(&house);
    assert_eq!(told(&mut landlord, "F-1").await.feedback, "not-taken-up");
    assert_eq!(told(&mut landlord, "F-3").await.feedback, "closed");
    let not_taken_up = bytes(&mut landlord, "F-1").await;
    assert_eq!(bytes(&mut landlord, "F-2").await, not_taken_up);
    let closed = bytes(&mut landlord, "F-3").await;
    for other in ["F-4", "F-5", "F-6"] {
        assert_eq!(bytes(&mut landlord, other).await, closed, "{other}");
    }
    assert_ne!(closed, not_taken_up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_hears_of_its_own_reports_at_fixed_moments() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut landlord, mut water) = (house.partner("woonwaard").await, house.partner("waterbedrijf").await);
    let verdicts = submit(&mut landlord, vec![signal("G-1", 1), signal("G-2", 2)]).await;
    submit(&mut water, vec![pb::Signal { kind: pb::PartnerKind::Water.into(), ..signal("W-1", 1) }]).await;
    let first = told(&mut landlord, "G-1").await;
    assert_eq!((first.feedback.as_str(), first.since.is_none()), ("received", true));
    assert_eq!(first.receipt_id, receipt(&verdicts[0]).receipt_id);
    a_day(&house);
    let taken_up = told(&mut landlord, "G-1").await;
    assert_eq!((taken_up.feedback.as_str(), taken_up.since.unwrap().iso.as_str()), ("taken-up", "2026-03-03"));

    // Help accepted on 3 March: everybody who reported waits for thirty days.
    let found = house.case_of("woonwaard", "G-1").await;
    let accepted = outreach::HelpAccepted { case_id: case_bytes(&house, "G-1").await, ..Default::default() };
    let accepted = [Encoded { name: "HelpAccepted", version: 1, bytes: accepted.encode_to_vec() }];
    house.told("outreach", &found.case_id, &found.file_key, None, &accepted).await;
    until("accepted", || async { house.state(&found.file_key).await.cases[0].help_accepted.then_some(()) }).await;
    a_day(&house);
    for (client, reference) in [(&mut landlord, "G-1"), (&mut water, "W-1")] {
        let pause = told(client, reference).await;
        assert_eq!((pause.feedback.as_str(), pause.pause_until.unwrap().iso.as_str()), ("pause-until", "2026-04-02"), "{reference}");
    }
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(30 * 24)).unwrap();
    assert_eq!(told(&mut landlord, "G-1").await.feedback, "taken-up", "the pause is over");

    // A correction keeps the report's place under its new receipt; a list holds one's own reports and no other's.
    let corrected = pb::Signal { amount_cents: 99_000, ..signal("G-3", 3) };
    let verdicts = submit(&mut landlord, vec![signal("G-3", 3), corrected]).await;
    let list = landlord.list_feedback(pb::ListFeedbackRequest::default()).await.unwrap().into_inner().reports;
    assert_eq!(list.len(), 3);
    assert!(list.iter().any(|one| one.receipt_id == receipt(&verdicts[1]).receipt_id));
    assert_eq!(water.list_feedback(pb::ListFeedbackRequest::default()).await.unwrap().into_inner().reports.len(), 1);
    let strange = pb::ListFeedbackRequest { reference: "G-1".into(), page: None };
    assert_eq!(water.list_feedback(strange).await.unwrap_err().code(), tonic::Code::NotFound);
    let staff = house.staff("9001").await.list_feedback(pb::ListFeedbackRequest::default()).await.unwrap_err();
    assert_eq!(staff.code(), tonic::Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_skipped_repeat_has_its_receipt_and_is_told_as_any_report_that_is_not_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let region = "version = \"1\"\n[[gemeente]]\ncode = \"9001\"\nname = \"Waterveen\"\npostcodes = [\"3500-3509\"]\n\
                  [[skip_repeats]]\ngemeente = \"9001\"\nfrom = \"2026-03-15\"\nmonths = 3\n";
    std::fs::create_dir(dir.path().join("policies")).unwrap();
    std::fs::write(dir.path().join("policies/region.toml"), region).unwrap();
    let house = House::open(dir.path()).await;
    let mut landlord = house.partner("woonwaard").await;
    submit(&mut landlord, vec![signal("S-1", 1), signal("S-2", 2)]).await;
    for _ in 0..30 {
        a_day(&house);
    }
    let on = |day: &str, amount_cents| pb::Signal {
        signal_date: Some(proto::common::v1::Date { iso: day.into() }),
        amount_cents,
        ..signal("S-1", 1)
    };
    let again = submit(&mut landlord, vec![on("2026-04-01", 84_000)]).await;
    assert!(matches!(again[0].outcome, Some(pb::verdict::Outcome::Accepted(_))), "with a receipt of its own: {again:?}");
    let found = house.case_of("woonwaard", "S-1").await;
    let file = house.state(&found.file_key).await;
    assert_eq!((file.cases.len(), file.signals.iter().map(|one| one.skipped).collect::<Vec<_>>()), (1, vec![false, true]));
    let withdraw = pb::WithdrawSignalRequest { command: command(), reference: "S-2".into(), reason: "not-resident".into() };
    landlord.withdraw_signal(withdraw).await.unwrap();
    a_day(&house);
    assert_eq!(told(&mut landlord, "S-1").await.feedback, "not-taken-up");
    let other = bytes(&mut landlord, "S-2").await;
    assert_eq!(bytes(&mut landlord, "S-1").await, other, "nobody learns why");
    submit(&mut landlord, vec![on("2026-04-02", 94_000)]).await;
    let file = house.state(&found.file_key).await;
    assert!(file.signals.last().is_some_and(|one| !one.skipped), "a higher one is taken up");
}
