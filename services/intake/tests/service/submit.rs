//! Reports: good rows are kept whatever the others are.

use std::time::Duration;

use proto::{common::v1 as common, intake::v1 as pb};
use tonic::Code;

use crate::house::{House, command, door, receipt, signal, submit, word};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_rows_among_good_ones() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let mut rows = vec![signal("A-1", 1), signal("A-2", 2), signal("A-3", 3), signal("A-4", 4), signal("A-5", 5)];
    rows[1].gemeentecode = "0363".into();
    rows[2].amount_cents = 0;
    rows[3].person.as_mut().unwrap().surname = "x".repeat(10 * 1024 * 1024);
    rows.push(signal("A-1", 1));
    rows.push(pb::Signal { amount_cents: 1, ..signal("A-1", 1) });
    rows.push(signal("A-1", 99));
    rows.push(signal("A-1", 1));
    rows.push(pb::Signal { address: None, reference: String::new(), ..signal("", 6) });
    rows.push(signal("A-7", 7));

    let verdicts = submit(&mut partner, rows).await;
    assert_eq!(verdicts.iter().map(|verdict| verdict.row).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>(), "in order");
    assert_eq!(
        verdicts.iter().map(word).collect::<Vec<_>>(),
        [
            "accepted",
            "gemeentecode:gemeente-conflict",
            "amount_cents:amount",
            "person.surname:too-long",
            "accepted",
            "repeated",
            "accepted",
            "address:correction-moves",
            "repeated",
            "reference:missing address:missing",
            "accepted",
        ]
    );
    assert_eq!(receipt(&verdicts[0]), receipt(&verdicts[5]));
    let (first, corrected) = (receipt(&verdicts[0]), receipt(&verdicts[6]));
    assert_eq!(corrected.replaces_receipt_id, first.receipt_id, "another content within seven days is a correction");
    let late = receipt(&verdicts[8]);
    assert_eq!(
        (late.receipt_id, late.replaced_by_receipt_id),
        (first.receipt_id, corrected.receipt_id),
        "the old content has its own receipt"
    );
    assert_eq!(receipt(&verdicts[0]).received_at.get(..10), Some("2026-03-02"));
    assert!(receipt(&verdicts[0]).received_at.ends_with("+01:00"), "Europe/Amsterdam");
    for reference in ["A-1", "A-5", "A-7"] {
        house.case_of("woonwaard", reference).await;
    }
    let file = house.state(&house.case_of("woonwaard", "A-1").await.file_key).await;
    assert_eq!((file.cases.len(), file.signals.len(), file.signals[0].replaced.len()), (1, 1, 1), "one signal, corrected once");
    // Still alive, and tomorrow's repeat has today's receipt.
    let again = submit(&mut house.partner("woonwaard").await, vec![signal("A-5", 5)]).await;
    assert_eq!((word(&again[0]).as_str(), receipt(&again[0])), ("repeated", receipt(&verdicts[4])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_too_large_to_read_does_not_lose_the_rows_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let mut monster = signal("B-2", 2);
    monster.person.as_mut().unwrap().surname = "x".repeat(17 * 1024 * 1024);
    let verdicts = submit(&mut partner, vec![signal("B-1", 1), monster, signal("B-3", 3)]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["accepted", ":unreadable"]);
    assert_eq!(verdicts[1].row, 2);
    house.case_of("woonwaard", "B-1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reports_of_one_household_at_once_are_one_case() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut one, mut other) = (house.partner("woonwaard").await, house.partner("waterbedrijf").await);
    let rows = |prefix: &str| {
        (0..100)
            .map(|n| {
                let mut signal = signal(&format!("{prefix}-{n}"), 12);
                // The same door, written in many ways.
                let address = signal.address.as_mut().unwrap();
                (address.house_number, address.addition) =
                    [("12B", ""), ("12", "b"), ("012 - B", ""), ("12", "-B")].map(|(a, b)| (a.into(), b.into()))[n % 4].clone();
                signal
            })
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = tokio::join!(submit(&mut one, rows("W")), submit(&mut other, rows("X")));
    let words: std::collections::BTreeSet<String> = ours.iter().chain(&theirs).map(word).collect();
    assert_eq!(words.into_iter().collect::<Vec<_>>(), ["accepted"]);
    let found = house.case_of("woonwaard", "W-0").await;
    let file = house.state(&found.file_key).await;
    assert_eq!((file.cases.len(), file.signals.len()), (1, 200), "one household, one case, every report in it");
    let neighbour = submit(&mut one, vec![signal("W-neighbour", 12)]).await;
    assert_eq!(word(&neighbour[0]), "accepted");
    assert_ne!(house.case_of("woonwaard", "W-neighbour").await.case_id, found.case_id, "12 is not 12 B");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_report_answers_the_same_when_it_is_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let request = pb::SubmitSignalRequest { command: command(), signal: Some(signal("C-1", 1)), ..Default::default() };
    let first = partner.submit_signal(request.clone()).await.unwrap().into_inner();
    let again = partner.submit_signal(request.clone()).await.unwrap().into_inner();
    assert_eq!(receipt(first.verdict.as_ref().unwrap()), receipt(again.verdict.as_ref().unwrap()));
    assert!(first.position.unwrap().sequence > 0);
    let without = pb::SubmitSignalRequest { command: None, ..request.clone() };
    assert_eq!(partner.submit_signal(without).await.unwrap_err().code(), Code::InvalidArgument);
    let later = Some(common::Command { happened_at: "2027-01-01T00:00:00Z".into(), ..command().unwrap() });
    let future = pb::SubmitSignalRequest { command: later, signal: Some(signal("C-2", 2)), ..Default::default() };
    assert_eq!(partner.submit_signal(future).await.unwrap_err().code(), Code::InvalidArgument);
}

fn stage(stage: pb::LandlordStage, reference: &str) -> pb::RecordLandlordStageRequest {
    pb::RecordLandlordStageRequest {
        command: command(),
        reference: reference.into(),
        gemeentecode: "9001".into(),
        stage: stage.into(),
        amount_cents: 40_000,
    }
}

/// One replica was told a moment ago, and the other one's view has not heard of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stage_and_the_report_are_one_case_whichever_replica_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let other = house.replica(dir.path(), Duration::from_millis(500)).await;
    let (mut here, mut there) = (house.partner("woonwaard").await, other.partner("woonwaard").await);
    here.record_landlord_stage(stage(pb::LandlordStage::Arrears, "D-1")).await.unwrap();
    assert_eq!(word(&submit(&mut there, vec![signal("D-1", 1)]).await[0]), "accepted");
    assert_eq!(word(&submit(&mut here, vec![signal("D-2", 2)]).await[0]), "accepted");
    there.record_landlord_stage(stage(pb::LandlordStage::Contact, "D-2")).await.unwrap();
    for (reference, step) in [("D-1", 1), ("D-2", 2)] {
        let found = house.case_of("woonwaard", reference).await;
        let file = house.state(&found.file_key).await;
        assert_eq!((file.cases.len(), file.signals.len()), (1, 1), "{reference}");
        assert!(file.cases[0].stages.keys().any(|(_, told)| *told == step), "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_one_and_two_lead_to_the_report_and_the_payment_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let first = partner.record_landlord_stage(stage(pb::LandlordStage::Arrears, "D-1")).await.unwrap().into_inner();
    let again = partner.record_landlord_stage(stage(pb::LandlordStage::Arrears, "D-1")).await.unwrap().into_inner();
    assert_eq!(first.receipt, again.receipt, "the same step again");
    partner.record_landlord_stage(stage(pb::LandlordStage::Contact, "D-1")).await.unwrap();
    // At once, before any view can have seen it: the report joins the landlord's own case.
    assert_eq!(word(&submit(&mut partner, vec![signal("D-1", 1)]).await[0]), "accepted");
    let found = house.case_of("woonwaard", "D-1").await;
    let file = house.state(&found.file_key).await;
    assert_eq!((file.cases.len(), file.cases[0].entry_step, file.signals.len()), (1, 1, 1));
    let paid = pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::Reference("D-1".into())),
        kind: pb::PaymentKind::Paid.into(),
    };
    partner.record_payment(paid).await.unwrap();
    assert_eq!(house.state(&found.file_key).await.cases[0].ended, Some((intake_domain::Outcome::Paid, false)));
    // New arrears are a new case, linked; and the tenant of the next house under an old reference is another household.
    let next_month = pb::Signal { kind: pb::PartnerKind::Water.into(), ..signal("D-1", 1) };
    assert_eq!(word(&submit(&mut partner, vec![next_month]).await[0]), "accepted");
    assert_eq!(house.state(&found.file_key).await.cases.len(), 2);
    let moved = pb::Signal { kind: pb::PartnerKind::Energy.into(), ..signal("D-1", 2) };
    assert_eq!(word(&submit(&mut partner, vec![moved]).await[0]), "accepted");
    assert_ne!(house.case_of("woonwaard", "D-1").await.file_key, found.file_key);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_report_ends_its_case_and_unknown_references_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    submit(&mut partner, vec![signal("E-1", 1)]).await;
    let found = house.case_of("woonwaard", "E-1").await;
    let withdraw = |reference: &str, reason: &str| pb::WithdrawSignalRequest {
        command: command(),
        reference: reference.into(),
        reason: reason.into(),
    };
    assert_eq!(partner.withdraw_signal(withdraw("E-1", "paid")).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(partner.withdraw_signal(withdraw("E-9", "error")).await.unwrap_err().code(), Code::NotFound);
    let mut stranger = house.partner("waterbedrijf").await;
    assert_eq!(stranger.withdraw_signal(withdraw("E-1", "error")).await.unwrap_err().code(), Code::NotFound, "not its reference");
    partner.withdraw_signal(withdraw("E-1", "not-resident")).await.unwrap();
    assert_eq!(house.state(&found.file_key).await.cases[0].ended, Some((intake_domain::Outcome::NotResident, false)));
    assert_eq!(partner.withdraw_signal(withdraw("E-1", "error")).await.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let before = {
        let house = House::open(dir.path()).await;
        let verdicts = submit(&mut house.partner("woonwaard").await, (0..50).map(|n| signal(&format!("F-{n}"), n + 1)).collect()).await;
        house.close().await;
        verdicts
    };
    let house = House::open(dir.path()).await;
    let after = submit(&mut house.partner("woonwaard").await, (0..50).map(|n| signal(&format!("F-{n}"), n + 1)).collect()).await;
    assert!(after.iter().all(|verdict| word(verdict) == "repeated"));
    assert_eq!(after.iter().map(receipt).collect::<Vec<_>>(), before.iter().map(receipt).collect::<Vec<_>>());
    let by_door = pb::FindCaseRequest { gemeentecode: "9001".into(), address: door(7), ..Default::default() };
    let by_door = house.staff("9001").await.find_case(by_door).await.unwrap().into_inner();
    assert_eq!(by_door, house.case_of("woonwaard", "F-6").await, "the vault's index leads to the same case");
}
