//! What a person may ask of what is kept, and that what was erased does not come back.

use jiff::SignedDuration;
use proto::{common::v1 as common, intake::v1 as pb};
use tonic::Code;

use crate::house::{House, command, door, receipt, signal, submit, until, word};

fn erase(case: &str) -> pb::EraseRequest {
    pb::EraseRequest { case_id: case.into(), person_id: String::new(), ground: "unlawful".into(), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_is_shown_everything_and_who_looked() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    submit(&mut partner, vec![signal("A-1", 1)]).await;
    submit(&mut partner, vec![pb::Signal { amount_cents: 91_237, ..signal("A-1", 1) }]).await;
    let case_id = house.case_of("woonwaard", "A-1").await.case_id;
    let open = pb::OpenHouseholdRequest { case_id: case_id.clone(), purpose: "home-visit".into() };
    house.staff("9001").await.open_household(open).await.unwrap();

    let ask = || pb::AccessRequest { case_id: case_id.clone(), person_id: String::new() };
    let told = house.officer("9001").await.access(ask()).await.unwrap().into_inner();
    let mut amounts: Vec<_> = told.records.iter().map(|one| (one.amount_cents, one.holds, one.reference.as_str())).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [(84_000, false, "A-1"), (91_237, true, "A-1")], "exactly, also what a correction replaced");
    assert!(told.records.iter().all(|one| one.address == door(1)));
    let looked = |purpose: &str| told.looks.iter().filter(|look| look.audit.contains(purpose)).count();
    assert_eq!((looked("home-visit"), looked("access-request")), (1, 2));

    let person_id = told.records[0].person_id.clone();
    let theirs = house.officer("9001").await.access(pb::AccessRequest { person_id, ..ask() }).await.unwrap().into_inner();
    assert_eq!(theirs.records.len(), 2);
    let person_id = "01890000-0000-7000-8000-000000000001".to_owned();
    let nobodys = house.officer("9001").await.access(pb::AccessRequest { person_id, ..ask() }).await.unwrap().into_inner();
    assert_eq!(nobodys.records, []);
    assert_eq!(house.officer("9002").await.access(ask()).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(house.operator().await.access(ask()).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_erased_is_a_stranger_when_the_epoch_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let given = submit(&mut partner, vec![signal("A-1", 1), signal("B-1", 2)]).await;
    let (erased, stays) = (house.case_of("woonwaard", "A-1").await, house.case_of("woonwaard", "B-1").await);

    for wrong in ["", "retention", "because"] {
        let request = pb::EraseRequest { ground: wrong.into(), ..erase(&erased.case_id) };
        assert_eq!(house.officer("9001").await.erase(request).await.unwrap_err().code(), Code::InvalidArgument);
    }
    assert_eq!(house.officer("9002").await.erase(erase(&erased.case_id)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(house.operator().await.erase(erase(&erased.case_id)).await.unwrap_err().code(), Code::PermissionDenied);
    let mut officer = house.officer("9001").await;
    let records = officer.erase(erase(&erased.case_id)).await.unwrap().into_inner().record_ids;
    assert_eq!(officer.erase(erase(&erased.case_id)).await.unwrap().into_inner().record_ids, records, "once more changes nothing");
    let ledger = house.operator().await.list_erased(pb::ListErasedRequest::default()).await.unwrap().into_inner().erased;
    let line = &ledger[0];
    assert_eq!((ledger.len(), vec![line.record_id.clone()]), (1, records));
    assert_eq!((line.case_id.as_str(), line.ground.as_str(), line.officer.as_str()), (erased.case_id.as_str(), "unlawful", "fg-1"));

    let open = |case: &str| pb::OpenHouseholdRequest { case_id: case.into(), purpose: "home-visit".into() };
    assert_eq!(house.staff("9001").await.open_household(open(&erased.case_id)).await.unwrap_err().code(), Code::NotFound);
    house.staff("9001").await.open_household(open(&stays.case_id)).await.unwrap();
    let again = pb::GetReceiptRequest { receipt_id: receipt(&given[0]).receipt_id };
    assert_eq!(partner.get_receipt(again).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(word(&submit(&mut partner, vec![signal("A-1", 1)]).await[0]), "repeated", "the same report, within the epoch");

    // The keys go by themselves, a week later.
    let key = std::fs::read_to_string(dir.path().join("vault.key")).unwrap();
    assert!(key.contains("current = 1"));
    house.clock.settable().unwrap().advance(SignedDuration::from_hours(7 * 24)).unwrap();
    until("the keys of the first epoch are destroyed", || async {
        let now = std::fs::read_to_string(dir.path().join("vault.key")).unwrap();
        let secrets = key.lines().filter(|line| line.contains('"')).map(|line| line.split('"').nth(1).unwrap());
        let gone = secrets.into_iter().all(|secret| !now.contains(secret));
        (now.contains("current = 2") && gone).then_some(())
    })
    .await;
    assert_eq!(word(&submit(&mut partner, vec![signal("B-1", 2)]).await[0]), "repeated", "who lives is known as before");
    assert_eq!(house.case_of("woonwaard", "B-1").await.case_id, stays.case_id);
    house.staff("9001").await.open_household(open(&stays.case_id)).await.unwrap();
    let at = |number| pb::FindCaseRequest { gemeentecode: "9001".into(), address: door(number), ..Default::default() };
    assert_eq!(house.staff("9001").await.find_case(at(2)).await.unwrap().into_inner().case_id, stays.case_id);
    assert_eq!(house.staff("9001").await.find_case(at(1)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(word(&submit(&mut partner, vec![signal("A-1", 1)]).await[0]), "accepted");
    let anew = house.staff("9001").await.find_case(at(1)).await.unwrap().into_inner();
    assert_ne!((anew.case_id, anew.file_key), (erased.case_id, erased.file_key), "nothing leads to who lived there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_is_erased_and_the_household_stays() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("waterbedrijf").await;
    let rows = [crate::persons::about("P-1", "Hanna", "", "Verzonnen"), crate::persons::about("P-2", "Pieter", "", "Verzonnen")];
    for row in rows {
        submit(&mut partner, vec![row]).await;
    }
    let case = house.case_of("waterbedrijf", "P-1").await;
    let hanna = house.state(&case.file_key).await.persons.known()[0].id.to_string();
    let mut officer = house.officer("9001").await;
    let gone = officer.erase(pb::EraseRequest { person_id: hanna, ..erase(&case.case_id) }).await.unwrap().into_inner();
    assert_eq!(gone.record_ids.len(), 1);
    let open = pb::OpenHouseholdRequest { case_id: case.case_id.clone(), purpose: "home-visit".into() };
    let left = house.staff("9001").await.open_household(open).await.unwrap().into_inner();
    assert_eq!(left.persons.iter().map(|one| one.initials.as_str()).collect::<Vec<_>>(), ["Pieter"]);
    let at = pb::FindCaseRequest { gemeentecode: "9001".into(), address: door(12), ..Default::default() };
    assert_eq!(house.staff("9001").await.find_case(at).await.unwrap().into_inner().case_id, case.case_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_decision_takes_every_case_that_goes_with_the_one_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("waterbedrijf").await;
    let elsewhere = |reference: &str, given: &str, surname: &str| pb::Signal {
        address: door(13),
        ..crate::persons::about(reference, given, "", surname)
    };
    let rows = [
        crate::persons::about("P-1", "Hanna", "", "Verzonnen"),
        crate::persons::about("P-2", "Pieter", "", "Verzonnen"),
        elsewhere("Q-1", "Hanna", "Verzonnen"),
        elsewhere("Q-2", "Pieter", "Verzonnen"),
        elsewhere("Q-3", "H.", "Jansen-Verzonnen"),
        pb::Signal { address: door(14), ..crate::persons::about("R-1", "Hanna", "", "Verzonnen") },
    ];
    for row in rows {
        submit(&mut partner, vec![row]).await;
    }
    let [case, with, apart] =
        [house.case_of("waterbedrijf", "P-1"), house.case_of("waterbedrijf", "Q-1"), house.case_of("waterbedrijf", "R-1")];
    let (case, with, apart) = (case.await, with.await, apart.await);
    let merge = |other: &str| pb::MergeCasesRequest { command: command(), leading_case_id: case.case_id.clone(), case_id: other.into() };
    house.staff("9001").await.merge_cases(merge(&with.case_id)).await.unwrap();
    let hanna = house.state(&case.file_key).await.persons.known()[0].id.to_string();
    let asked = |person_id: &str, only_told| pb::EraseRequest { person_id: person_id.into(), only_told, ..erase(&case.case_id) };
    let mut officer = house.officer("9001").await;

    // What it would cover is said before, and nothing goes by it.
    let told = officer.erase(asked(&hanna, true)).await.unwrap().into_inner();
    let covers = |told: &pb::EraseResponse| -> Vec<_> {
        told.covered.iter().map(|one| (one.case_id.clone(), one.record_ids.len(), one.doubted_person_ids.len())).collect()
    };
    assert_eq!(covers(&told), [(case.case_id.clone(), 1, 0), (with.case_id.clone(), 1, 1)], "of who is not surely the same nothing");
    let ledger = async || house.operator().await.list_erased(pb::ListErasedRequest::default()).await.unwrap().into_inner().erased;
    assert_eq!(ledger().await, []);
    let everybody = officer.erase(asked("", true)).await.unwrap().into_inner();
    assert_eq!(covers(&everybody), [(case.case_id.clone(), 2, 0), (with.case_id.clone(), 3, 0)]);

    let done = officer.erase(asked(&hanna, false)).await.unwrap().into_inner();
    assert_eq!((done.covered, done.record_ids.len()), (told.covered, 2), "what was said");
    let mut of_cases: Vec<_> = ledger().await.into_iter().map(|line| line.case_id).collect();
    of_cases.sort();
    let mut expected = [case.case_id.clone(), with.case_id.clone()];
    expected.sort();
    assert_eq!(of_cases, expected, "each line names the case of its record");
    let (mut paged, mut token) = (Vec::new(), String::new());
    for _ in 0..=of_cases.len() {
        let page = Some(common::Page { size: 1, token });
        let part = house.operator().await.list_erased(pb::ListErasedRequest { page }).await.unwrap().into_inner();
        paged.extend(part.erased);
        token = part.next_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, ledger().await, "one by one");
    let names = async |case_id: &str| {
        let open = pb::OpenHouseholdRequest { case_id: case_id.into(), purpose: "home-visit".into() };
        let mut names: Vec<_> = house
            .staff("9001")
            .await
            .open_household(open)
            .await
            .unwrap()
            .into_inner()
            .persons
            .into_iter()
            .map(|one| one.initials)
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        (names(&case.case_id).await, names(&with.case_id).await),
        (vec!["Pieter".to_owned()], vec!["H.".to_owned(), "Pieter".to_owned()])
    );
    assert_eq!(names(&apart.case_id).await, ["Hanna"], "a case that does not go with it is not covered");
    officer.erase(asked("", false)).await.unwrap();
    let open = pb::OpenHouseholdRequest { case_id: with.case_id, purpose: "home-visit".into() };
    assert_eq!(house.staff("9001").await.open_household(open).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(ledger().await.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stage_and_an_address_of_before_are_found_after_an_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    let stage = |step: pb::LandlordStage| pb::RecordLandlordStageRequest {
        command: command(),
        reference: "S-1".into(),
        gemeentecode: "9001".into(),
        stage: step.into(),
        amount_cents: 60_000,
    };
    partner.record_landlord_stage(stage(pb::LandlordStage::Arrears)).await.unwrap();
    let case = house.case_of("woonwaard", "S-1").await;
    house.operator().await.end_epoch(pb::EndEpochRequest {}).await.unwrap();
    partner.record_landlord_stage(stage(pb::LandlordStage::Contact)).await.unwrap();
    submit(&mut partner, vec![signal("S-1", 3)]).await;
    house.operator().await.end_epoch(pb::EndEpochRequest {}).await.unwrap();
    assert_eq!(house.case_of("woonwaard", "S-1").await, case);
    assert_eq!(word(&submit(&mut partner, vec![signal("S-1", 3)]).await[0]), "repeated");
    let corrected = submit(&mut partner, vec![pb::Signal { amount_cents: 90_000, ..signal("S-1", 3) }]).await;
    assert!(!receipt(&corrected[0]).replaces_receipt_id.is_empty(), "a correction finds what it corrects");
    assert_eq!(house.officer("9001").await.end_epoch(pb::EndEpochRequest {}).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_closed_case_was_about_goes_when_its_term_ends() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("woonwaard").await;
    submit(&mut partner, vec![signal("A-1", 1), signal("B-1", 2), signal("C-1", 3)]).await;
    let (closed, open) = (house.case_of("woonwaard", "A-1").await, house.case_of("woonwaard", "B-1").await);
    for reference in ["A-1", "C-1"] {
        let paid = pb::RecordPaymentRequest {
            command: command(),
            of: Some(pb::record_payment_request::Of::Reference(reference.into())),
            kind: pb::PaymentKind::Paid.into(),
        };
        partner.record_payment(paid).await.unwrap();
    }
    let again = house.case_of("woonwaard", "C-1").await;
    let death = pb::RecordDeathRequest { command: command(), case_id: again.case_id.clone(), died_on: None, left_behind: "unknown".into() };
    house.doors("9001").await.record_death(death).await.unwrap();
    assert!(house.state(&again.file_key).await.cases[0].is_open(), "somebody who is left behind needs help");
    let ledger = || async { house.operator().await.list_erased(pb::ListErasedRequest::default()).await.unwrap().into_inner().erased };
    // Twenty-four months after 2 March 2026, at the end of the day.
    house.clock.settable().unwrap().set("2028-03-03T12:00:00Z".parse().unwrap());
    let told = until("the sweep", || async { Some(ledger().await).filter(|lines| !lines.is_empty()) }).await;
    assert_eq!((told.len(), told[0].case_id.as_str(), told[0].ground.as_str()), (1, closed.case_id.as_str(), "retention"));
    let look = |case: String| pb::OpenHouseholdRequest { case_id: case, purpose: "home-visit".into() };
    assert_eq!(house.staff("9001").await.open_household(look(closed.case_id)).await.unwrap_err().code(), Code::NotFound);
    for case in [open, again] {
        house.staff("9001").await.open_household(look(case.case_id)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_neither_repeats_nor_forgets_what_went() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let paid = |reference: &str| pb::RecordPaymentRequest {
        command: command(),
        of: Some(pb::record_payment_request::Of::Reference(reference.into())),
        kind: pb::PaymentKind::Paid.into(),
    };
    let mut partner = house.partner("woonwaard").await;
    submit(&mut partner, vec![signal("A-1", 1)]).await;
    partner.record_payment(paid("A-1")).await.unwrap();
    submit(&mut partner, vec![signal("A-2", 1)]).await;
    let (first, second) = (house.case_of("woonwaard", "A-1").await.case_id, house.case_of("woonwaard", "A-2").await.case_id);
    assert_ne!(first, second, "another episode at the same address");
    // Put there ahead of a fact: no event of intake names it.
    let ahead = pb::KeepAddressRequest { command: command(), gemeentecode: "9001".into(), address: door(1), person: None };
    let ahead = house.staff("9001").await.keep_address(ahead).await.unwrap().into_inner().vault_id;
    house.clock.settable().unwrap().set("2028-03-03T12:00:00Z".parse().unwrap());
    let ledger =
        async |house: &House| house.operator().await.list_erased(pb::ListErasedRequest::default()).await.unwrap().into_inner().erased;
    let before = until("the sweep", || async { Some(ledger(&house).await).filter(|lines| !lines.is_empty()) }).await;
    assert_eq!((before.len(), before[0].case_id.as_str()), (1, first.as_str()));
    house.close().await;

    let house = House::open(dir.path()).await;
    house.clock.settable().unwrap().set("2028-03-04T12:00:00Z".parse().unwrap());
    house.partner("woonwaard").await.record_payment(paid("A-2")).await.unwrap();
    house.clock.settable().unwrap().set("2030-03-05T12:00:00Z".parse().unwrap());
    let after = until("the next sweep", || async { Some(ledger(&house).await).filter(|lines| lines.len() >= 3) }).await;
    assert!(after.contains(&before[0]), "told as it was: {after:?}");
    let rest: Vec<_> = after.iter().filter(|line| **line != before[0]).collect();
    assert!(rest.len() == 2 && rest.iter().all(|line| line.case_id == second && line.ground == "retention"), "{rest:?}");
    assert!(rest.iter().any(|line| line.record_id == ahead), "what no event names goes with the last case of its address");
}
