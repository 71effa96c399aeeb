//! What leaves the house: partners never get a case id, nor anything it can be computed from, nor another's data.

use prost::Message;
use proto::intake::v1 as pb;
use tonic::Code;

use crate::house::{House, command, receipt, signal, submit, word};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_case_id_in_any_answer_to_a_partner() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let mut answers: Vec<Vec<u8>> = Vec::new();

    let stage = pb::RecordLandlordStageRequest {
        command: command(),
        reference: "A-1".into(),
        gemeentecode: "9001".into(),
        stage: pb::LandlordStage::Arrears.into(),
        amount_cents: 100,
    };
    answers.push(partner.record_landlord_stage(stage).await.unwrap().into_inner().encode_to_vec());
    let verdicts = submit(&mut partner, vec![signal("A-1", 1), signal("A-1", 1), pb::Signal { amount_cents: 9, ..signal("A-1", 1) }]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["accepted", "repeated", "accepted"]);
    answers.extend(verdicts.iter().map(Message::encode_to_vec));
    let one = pb::SubmitSignalRequest { command: command(), signal: Some(signal("A-2", 1)), signed: true };
    answers.push(partner.submit_signal(one).await.unwrap().into_inner().encode_to_vec());
    let found = house.case_of("woonwaard", "A-1").await;
    let paid = |reference: &str| pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::Reference(reference.into())),
        kind: pb::PaymentKind::Paid.into(),
    };
    answers.push(partner.record_payment(paid("A-1")).await.unwrap().into_inner().encode_to_vec());
    let withdraw = pb::WithdrawSignalRequest { command: command(), reference: "A-2".into(), reason: "error".into() };
    answers.push(partner.withdraw_signal(withdraw.clone()).await.unwrap().into_inner().encode_to_vec());
    for refused in [
        partner.withdraw_signal(pb::WithdrawSignalRequest { command: command(), ..withdraw }).await.unwrap_err(),
        partner.record_payment(paid("nothing")).await.unwrap_err(),
    ] {
        answers.push(format!("{refused:?}").into_bytes());
        answers.push(refused.details().to_vec());
    }

    let file = house.state(&found.file_key).await;
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for case in &file.cases {
        let id = case.id.uuid();
        // The last eight bytes are the id of the root span; seven of them would be telling enough.
        secrets.extend([id.as_bytes().to_vec(), id.to_string().into_bytes(), id.simple().to_string().into_bytes()]);
        secrets.extend([id.as_bytes()[9..].to_vec(), id.simple().to_string().as_bytes()[18..].to_vec()]);
    }
    secrets.push(found.file_key.into_bytes());
    secrets.push(file.file.unwrap().id.to_string().into_bytes());
    for signal in &file.signals {
        secrets.push(signal.id.to_string().into_bytes());
        secrets.push(hex::encode(signal.reference.0).into_bytes());
    }
    assert!(answers.len() > 8 && secrets.len() > 6);
    for answer in &answers {
        for secret in &secrets {
            assert!(!answer.windows(secret.len()).any(|part| part == secret), "{:?}", String::from_utf8_lossy(answer));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_shares_no_random_bits_with_its_case() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let verdicts = submit(&mut house.partner("woonwaard").await, vec![signal("B-1", 1)]).await;
    let id: uuid::Uuid = receipt(&verdicts[0]).receipt_id.parse().unwrap();
    let case: uuid::Uuid = house.case_of("woonwaard", "B-1").await.case_id.parse().unwrap();
    assert!(id.as_bytes()[6..].iter().zip(&case.as_bytes()[6..]).filter(|(a, b)| a == b).count() < 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partners_see_and_reach_their_own_only() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    submit(&mut partner, vec![signal("C-1", 1)]).await;
    let case_id = house.case_of("woonwaard", "C-1").await.case_id;

    let find = pb::FindCaseRequest { organisation: "woonwaard".into(), reference: "C-1".into(), ..Default::default() };
    assert_eq!(partner.find_case(find).await.unwrap_err().code(), Code::PermissionDenied);
    let open = pb::OpenHouseholdRequest { case_id: case_id.clone(), purpose: "home-visit".into() };
    assert_eq!(partner.open_household(open).await.unwrap_err().code(), Code::PermissionDenied);
    let keep = pb::KeepAddressRequest { command: command(), gemeentecode: "9001".into(), address: crate::house::door(1), person: None };
    assert_eq!(partner.keep_address(keep).await.unwrap_err().code(), Code::PermissionDenied);
    let close = pb::CloseCaseRequest { command: command(), case_id: case_id.clone(), outcome: String::new() };
    assert_eq!(partner.close_case(close).await.unwrap_err().code(), Code::PermissionDenied);
    let by_case = pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::CaseId(case_id)),
        kind: pb::PaymentKind::Paid.into(),
    };
    assert_eq!(partner.record_payment(by_case).await.unwrap_err().code(), Code::PermissionDenied);

    // The same reference of another partner is another reference.
    let theirs = submit(&mut house.partner("waterbedrijf").await, vec![pb::Signal { amount_cents: 7, ..signal("C-1", 1) }]).await;
    assert_eq!(word(&theirs[0]), "accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_municipality_that_is_not_the_partners_is_refused_by_row() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut desk = house.staff("9001").await;
    // The address decides which municipality that is.
    let mut elsewhere = pb::Signal { gemeentecode: String::new(), ..signal("D-2", 2) };
    elsewhere.address.as_mut().unwrap().postcode = "2509 XA".into();
    elsewhere.address.as_mut().unwrap().place = "Hoogerdam".into();
    let verdicts = submit(&mut desk, vec![signal("D-1", 1), elsewhere, signal("D-3", 3)]).await;
    assert_eq!(verdicts.iter().map(word).collect::<Vec<_>>(), ["accepted", "gemeentecode:not-permitted", "accepted"]);
}
