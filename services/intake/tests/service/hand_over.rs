//! A household moves to another municipality.

use intake_domain::Outcome;
use proto::{common::v1 as common, intake::v1 as pb};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::house::{House, command, receipt, signal, submit, until, word};

/// An address in the other municipality; nobody lives there.
fn new_door() -> Option<pb::Address> {
    Some(pb::Address {
        street: "Dotterbloempad".into(),
        house_number: "3".into(),
        postcode: "2500 AB".into(),
        place: "Hoogerdam".into(),
        ..Default::default()
    })
}
fn bytes(status: &Status) -> (Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}
fn list(gemeentecode: &str, at_least: Option<common::Position>) -> pb::ListHandOversRequest {
    pb::ListHandOversRequest { gemeentecode: gemeentecode.into(), page: None, at_least }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_that_moved_goes_on_in_a_new_case_with_its_first_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut ours, mut theirs, mut landlord) = (house.doors("9001").await, house.doors("9002").await, house.partner("woonwaard").await);
    let first = receipt(&submit(&mut landlord, vec![signal("H-1", 1)]).await[0]);
    // The report that holds is a correction: its clock is that of the first.
    let corrected = submit(&mut landlord, vec![pb::Signal { amount_cents: 91_000, ..signal("H-1", 1) }]).await;
    let found = house.case_of("woonwaard", "H-1").await;
    let before = house.state(&found.file_key).await;
    let offer = pb::OfferHandOverRequest { command: command(), case_id: found.case_id.clone(), address: new_door(), ..Default::default() };
    let offered = ours.offer_hand_over(offer.clone()).await.unwrap().into_inner();
    assert_eq!(offered.to_gemeentecode, "9002");
    assert_eq!(ours.offer_hand_over(offer).await.unwrap().into_inner(), offered, "the same request, the same answer");

    // Both see the offer; who is asked sees who it is, and no case of ours.
    let id = offered.hand_over_id.clone();
    let seen = theirs.list_hand_overs(list("9002", offered.position.clone())).await.unwrap().into_inner().hand_overs;
    assert_eq!((seen.len(), seen[0].case_id.as_str(), seen[0].state.as_str()), (1, "", "offered"));
    assert_eq!(ours.list_hand_overs(list("9001", None)).await.unwrap().into_inner().hand_overs[0].case_id, found.case_id);
    let open = |id: &str| pb::OpenHandOverRequest { hand_over_id: id.into(), purpose: "hand-over".into() };
    let household = theirs.open_hand_over(open(&id)).await.unwrap().into_inner();
    assert_eq!((household.address, household.persons[0].surname.as_str()), (new_door(), "Verzonnen-1"));
    // For a third, it is one that does not exist; and who offers does not answer.
    let mut third = house.doors("9003").await;
    let nobodys = uuid::Uuid::from_u128(7).to_string();
    let answer = |id: &str, bounce: &str| pb::AnswerHandOverRequest { command: command(), hand_over_id: id.into(), bounce: bounce.into() };
    let strange = third.open_hand_over(open(&id)).await.unwrap_err();
    assert_eq!(bytes(&strange), bytes(&third.open_hand_over(open(&nobodys)).await.unwrap_err()));
    let strange = third.answer_hand_over(answer(&id, "")).await.unwrap_err();
    assert_eq!(bytes(&strange), bytes(&third.answer_hand_over(answer(&nobodys, "")).await.unwrap_err()));
    assert_eq!(ours.answer_hand_over(answer(&id, "")).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(house.state(&found.file_key).await.cases[0].ended, None, "until the answer nothing changes");

    let accept = answer(&id, "");
    let taken = theirs.answer_hand_over(accept.clone()).await.unwrap().into_inner();
    assert_eq!(theirs.answer_hand_over(accept).await.unwrap().into_inner().case_id, taken.case_id);
    let after = house.state(&found.file_key).await;
    assert_eq!((after.cases[0].ended, after.owner(after.cases[0].id)), (Some((Outcome::HandedOver, false)), Some("9002".parse().unwrap())));
    let mut desk = house.staff("9002").await;
    let find = pb::FindCaseRequest { gemeentecode: "9002".into(), address: new_door(), at_least: taken.position, ..Default::default() };
    let there = desk.find_case(find).await.unwrap().into_inner();
    assert_eq!(there.case_id, taken.case_id);
    let state = house.state(&there.file_key).await;
    assert_eq!((state.cases.len(), state.signals.len()), (1, 1));
    assert_eq!(state.signals[0].first_received_at, before.signals[0].first_received_at, "the first receipt");
    assert_eq!((state.signals[0].amount, state.signals[0].identity), (before.signals[0].amount, before.signals[0].identity));
    assert_ne!(state.signals[0].id, before.signals[0].id);

    // Each sees its own case only; the other's is one that does not exist.
    let open = |id: &str| pb::OpenHouseholdRequest { case_id: id.into(), purpose: "hand-over".into() };
    let mut home = house.staff("9001").await;
    let strange = home.open_household(open(&taken.case_id)).await.unwrap_err();
    assert_eq!(bytes(&strange), bytes(&home.open_household(open(&nobodys)).await.unwrap_err()));
    let strange = desk.open_household(open(&found.case_id)).await.unwrap_err();
    assert_eq!(bytes(&strange), bytes(&desk.open_household(open(&nobodys)).await.unwrap_err()));

    // The partner notices nothing: its receipts hold, a repeat is a repeat, its payment arrives where the case is.
    let newest = receipt(&corrected[0]).receipt_id;
    for id in [&first.receipt_id, &newest] {
        let told = landlord.get_receipt(pb::GetReceiptRequest { receipt_id: id.clone() }).await.unwrap().into_inner();
        assert!(!told.withdrawn && told.receipt.unwrap().document.contains("\"9001\""), "signed by whom it was given");
    }
    let repeated = submit(&mut landlord, vec![pb::Signal { amount_cents: 91_000, ..signal("H-1", 1) }]).await;
    assert_eq!((word(&repeated[0]).as_str(), receipt(&repeated[0]).receipt_id), ("repeated", newest));
    assert_eq!(landlord.list_feedback(pb::ListFeedbackRequest::default()).await.unwrap().into_inner().reports.len(), 1);
    let paid = pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::Reference("H-1".into())),
        kind: pb::PaymentKind::Paid.into(),
    };
    landlord.record_payment(paid).await.unwrap();
    assert_eq!(house.state(&there.file_key).await.cases[0].ended, Some((Outcome::Paid, false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_that_moved_within_the_municipality_goes_on_there_with_its_first_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut ours, mut landlord) = (house.doors("9001").await, house.partner("woonwaard").await);
    submit(&mut landlord, vec![signal("H-6", 6)]).await;
    let found = house.case_of("woonwaard", "H-6").await;
    let before = house.state(&found.file_key).await;
    let to = |address| pb::OfferHandOverRequest { command: command(), case_id: found.case_id.clone(), address, ..Default::default() };
    // To another municipality it is offered; to where it is nobody moves; of others it does not exist.
    for (address, code) in [(new_door(), "other-municipality"), (signal("H-6", 6).address, "same-address")] {
        let refused = ours.move_within(to(address)).await.unwrap_err();
        assert_eq!(refused.get_details_error_info().unwrap().reason, code);
    }
    assert_eq!(house.doors("9002").await.move_within(to(new_door())).await.unwrap_err().code(), Code::NotFound);

    let moved = to(signal("H-7", 70).address);
    let there = ours.move_within(moved.clone()).await.unwrap().into_inner();
    assert_eq!(ours.move_within(moved.clone()).await.unwrap().into_inner().case_id, there.case_id, "the same request, the same answer");
    let after = house.state(&found.file_key).await;
    assert_eq!((after.cases[0].ended, after.owner(after.cases[0].id)), (Some((Outcome::HandedOver, false)), Some("9001".parse().unwrap())));
    let mut desk = house.staff("9001").await;
    let find = pb::FindCaseRequest { gemeentecode: "9001".into(), address: moved.address, at_least: there.position, ..Default::default() };
    let at_new = desk.find_case(find).await.unwrap().into_inner();
    assert_eq!(at_new.case_id, there.case_id);
    let state = house.state(&at_new.file_key).await;
    assert_eq!((state.cases.len(), state.signals.len()), (1, 1));
    assert_eq!(state.signals[0].first_received_at, before.signals[0].first_received_at, "the first receipt");
    // What the landlord says next arrives at the new address; it hears nothing of the move.
    assert_eq!(landlord.list_feedback(pb::ListFeedbackRequest::default()).await.unwrap().into_inner().reports.len(), 1);
    let withdraw = pb::WithdrawSignalRequest { command: command(), reference: "H-6".into(), reason: "not-resident".into() };
    landlord.withdraw_signal(withdraw).await.unwrap();
    assert_eq!(house.state(&at_new.file_key).await.cases[0].ended, Some((Outcome::NotResident, false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_that_was_broken_off_is_finished_by_who_looks_next() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut ours, mut landlord) = (house.doors("9001").await, house.partner("woonwaard").await);
    submit(&mut landlord, vec![signal("H-2", 2)]).await;
    let found = house.case_of("woonwaard", "H-2").await;
    let offer = pb::OfferHandOverRequest { command: command(), case_id: found.case_id.clone(), address: new_door(), ..Default::default() };
    let offered = ours.offer_hand_over(offer).await.unwrap().into_inner();
    // The first commit of an acceptance, and then nothing more.
    let file: kernel::Key = found.file_key.parse().unwrap();
    let there = kernel::Key::new("9002".parse().unwrap(), uuid::Uuid::from_u128(0xf11e));
    let new_case = kernel::CaseId::new(jiff::Timestamp::now());
    let answer = intake_domain::Command::AnswerHandOver {
        hand_over: offered.hand_over_id.parse().unwrap(),
        case: found.case_id.parse().unwrap(),
        answer: intake_domain::Answer::Accepted { file: there, case: new_case },
    };
    let now = house.room.runtime.now();
    let request = journal::Request::new(service::room::new_request_id(now), "medewerker-8");
    house.room.runtime.execute(file, request, answer).await.unwrap();
    let opened = until("the case is opened there", || async {
        let state = house.room.runtime.state(there).await.unwrap()?;
        state.case(new_case).is_some().then_some(state)
    })
    .await;
    assert_eq!((opened.cases.len(), opened.signals.len()), (1, 1));
    assert_eq!(opened.cases[0].id, new_case);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_comes_back_or_is_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut ours, mut theirs, mut landlord) = (house.doors("9001").await, house.doors("9002").await, house.partner("woonwaard").await);
    submit(&mut landlord, vec![signal("H-3", 3)]).await;
    let found = house.case_of("woonwaard", "H-3").await;
    let before = house.state(&found.file_key).await;
    let mut last = None;
    for bounce in ["not-here", "taken-back"] {
        let offer =
            pb::OfferHandOverRequest { command: command(), case_id: found.case_id.clone(), address: new_door(), ..Default::default() };
        let id = ours.offer_hand_over(offer).await.unwrap().into_inner().hand_over_id;
        let answer = pb::AnswerHandOverRequest { command: command(), hand_over_id: id, bounce: bounce.into() };
        let (who, other) = if bounce == "taken-back" { (&mut ours, &mut theirs) } else { (&mut theirs, &mut ours) };
        assert_eq!(other.answer_hand_over(answer.clone()).await.unwrap_err().code(), Code::PermissionDenied, "{bounce}");
        let answered = who.answer_hand_over(answer).await.unwrap().into_inner();
        assert_eq!(answered.case_id, "");
        last = answered.position;
        assert_eq!(house.state(&found.file_key).await, before, "as if it had never been offered");
    }
    let seen = theirs.list_hand_overs(list("9002", last)).await.unwrap().into_inner().hand_overs;
    assert_eq!(seen.iter().map(|one| one.bounce.as_str()).collect::<Vec<_>>(), ["not-here", "taken-back"]);
    let here =
        pb::OfferHandOverRequest { command: command(), case_id: found.case_id, address: crate::house::door(4), ..Default::default() };
    assert_eq!(ours.offer_hand_over(here).await.unwrap_err().code(), Code::FailedPrecondition);
}
