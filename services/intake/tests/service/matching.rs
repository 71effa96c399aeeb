//! What staff asks and decides about matching.

use journal::Encoded;
use prost::Message;
use proto::{intake::v1 as pb, outreach::v1 as outreach};
use tonic::Code;

use crate::{
    house::{House, command, signal, submit, until, word},
    persons::about,
};

fn dated(signal: pb::Signal, on: &str) -> pb::Signal {
    pb::Signal { signal_date: Some(proto::common::v1::Date { iso: on.into() }), ..signal }
}

async fn send(house: &House, signals: Vec<pb::Signal>) {
    let verdicts = submit(&mut house.partner("waterbedrijf").await, signals).await;
    assert!(verdicts.iter().all(|verdict| word(verdict) == "accepted"), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_report_is_judged_by_the_exact_amount_that_no_event_holds() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    for (on, amount_cents) in [("2025-12-01", 84_001), ("2026-01-05", 84_009), ("2026-02-10", 84_009), ("2026-02-20", 85_010)] {
        send(&house, vec![pb::Signal { amount_cents, ..dated(about("R-1", "Hanna", "van der", "Linden"), on) }]).await;
    }
    let case_id = house.case_of("waterbedrijf", "R-1").await.case_id;
    let ask = pb::ListSignalsRequest { case_id, person_id: String::new(), at_least: None };
    let told = house.staff("9001").await.list_signals(ask).await.unwrap().into_inner().signals;
    let told: Vec<_> = told.iter().map(|one| (one.amount_cents, one.repeats.as_str())).collect();
    assert_eq!(told, [(84_000, ""), (84_000, "higher"), (85_000, "same-or-lower")], "the fourth corrects the third");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_signals_of_a_case_are_told_with_their_class_and_per_person() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let rows = [("L-1", "Hanna", "2025-12-01"), ("L-2", "Pieter", "2026-02-10"), ("L-3", "H.", "2026-02-20"), ("L-4", "P.", "2025-01-05")];
    for (reference, given, on) in rows {
        send(&house, vec![dated(about(reference, given, "van der", "Linden"), on)]).await;
    }
    let case = house.case_of("waterbedrijf", "L-1").await.case_id;
    let ask = |person_id: &str| pb::ListSignalsRequest { case_id: case.clone(), person_id: person_id.into(), at_least: None };
    let mut staff = house.staff("9001").await;
    let all = staff.list_signals(ask("")).await.unwrap().into_inner().signals;
    let told: Vec<_> = all.iter().map(|one| (one.class.as_str(), one.amount_cents, one.kind.as_str())).collect();
    let class = |at: usize| told[at].0;
    assert_eq!((class(0), class(1), class(2), class(3)), ("single", "multiple-consecutive", "multiple-consecutive", "single"));
    assert_eq!(told[0], ("single", 84_000, "water"));
    let hers = staff.list_signals(ask(&all[0].person_id)).await.unwrap().into_inner().signals;
    assert_eq!(
        hers.iter().map(|one| &one.signal_id).collect::<Vec<_>>(),
        [&all[0].signal_id, &all[2].signal_id],
        "a spouse's are not hers"
    );
    let open = |person_id: &str| pb::OpenPersonRequest { case_id: case.clone(), person_id: person_id.into(), purpose: "contact".into() };
    let opened = staff.open_person(open(&all[1].person_id)).await.unwrap().into_inner();
    let names: Vec<_> = opened.persons.iter().map(|person| person.initials.as_str()).collect();
    assert_eq!((names, opened.records.len()), (vec!["P.", "Pieter"], 2), "his reports, and nobody else's");
    assert!(opened.address.is_some());
    assert_eq!(staff.open_person(open(&case)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(house.staff("9002").await.open_person(open(&all[1].person_id)).await.unwrap_err().code(), Code::NotFound);
    let elsewhere = house.staff("9002").await.list_signals(ask("")).await.unwrap_err();
    let nothing = pb::ListSignalsRequest { case_id: "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e".into(), ..ask("") };
    let nothing = house.staff("9002").await.list_signals(nothing).await.unwrap_err();
    assert_eq!((elsewhere.code(), elsewhere.message()), (nothing.code(), nothing.message()), "as one that does not exist");
    assert_eq!(house.partner("waterbedrijf").await.list_signals(ask("")).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_in_doubt_waits_until_somebody_decides() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    for (reference, given) in [("Q-1", "Mark"), ("Q-2", "Maria")] {
        send(&house, vec![about(reference, given, "de", "Boer")]).await;
    }
    let mut staff = house.staff("9001").await;
    let queue = || async {
        let asked = pb::ListPairsRequest::default();
        house.staff("9001").await.list_pairs(asked).await.unwrap().into_inner().pairs
    };
    let pair = until("the pair", || async { queue().await.first().cloned() }).await;
    assert_eq!(
        (pair.gemeentecode.as_str(), pair.reasons.as_slice()),
        ("9001", ["surname-equal", "given-unsure"].map(String::from).as_slice())
    );
    let theirs = house.staff("9002").await.list_pairs(pb::ListPairsRequest::default()).await.unwrap().into_inner().pairs;
    let asked = pb::ListPairsRequest { gemeentecode: "9001".into(), ..Default::default() };
    assert!(theirs.is_empty() && house.staff("9002").await.list_pairs(asked).await.unwrap().into_inner().pairs.is_empty());

    let (case_id, one_id, other_id) = (pair.case_id.clone(), pair.one_id.clone(), pair.other_id.clone());
    let open = |purpose: &str| pb::OpenPairRequest {
        case_id: case_id.clone(),
        one_id: one_id.clone(),
        other_id: other_id.clone(),
        purpose: purpose.into(),
    };
    assert_eq!(staff.open_pair(open("")).await.unwrap_err().code(), Code::InvalidArgument, "a purpose is told");
    let opened = staff.open_pair(open("matching")).await.unwrap().into_inner();
    assert_eq!(
        (opened.one[0].initials.as_str(), opened.other[0].initials.as_str(), opened.verdict.as_str()),
        ("Mark", "Maria", "doubtful")
    );
    let judge = |same| pb::JudgePairRequest {
        command: command(),
        case_id: case_id.clone(),
        one_id: one_id.clone(),
        other_id: other_id.clone(),
        same,
    };
    assert_eq!(house.staff("9002").await.judge_pair(judge(true)).await.unwrap_err().code(), Code::NotFound);
    staff.judge_pair(judge(false)).await.unwrap();
    until("the queue is empty", || async { queue().await.is_empty().then_some(()) }).await;
    let unknown = pb::JudgePairRequest { other_id: case_id.clone(), ..judge(true) };
    assert_eq!(staff.judge_pair(unknown).await.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_go_together_and_apart_again() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    // One household of which a partner wrote the address in another way.
    send(&house, vec![signal("M-1", 12), signal("M-2", 122)]).await;
    let (one, other) = (house.case_of("waterbedrijf", "M-1").await, house.case_of("waterbedrijf", "M-2").await);
    assert_ne!(one.file_key, other.file_key);
    let before = (house.state(&one.file_key).await, house.state(&other.file_key).await);
    let merge = pb::MergeCasesRequest { command: command(), leading_case_id: one.case_id.clone(), case_id: other.case_id.clone() };
    let mut staff = house.staff("9001").await;
    assert_eq!(house.staff("9002").await.merge_cases(merge.clone()).await.unwrap_err().code(), Code::NotFound);
    staff.merge_cases(merge.clone()).await.unwrap();
    staff.merge_cases(merge.clone()).await.unwrap();
    let (leading, led) = (house.state(&one.file_key).await, house.state(&other.file_key).await);
    assert_eq!((leading.links.len(), led.links.len()), (1, 1), "once, on both sides");
    assert!(leading.links[0].leading && !led.links[0].leading);
    assert_eq!((&leading.signals, &led.signals, &led.cases), (&before.0.signals, &before.1.signals, &before.1.cases), "nothing is moved");
    let back = pb::MergeCasesRequest { command: command(), leading_case_id: other.case_id.clone(), case_id: one.case_id.clone() };
    assert_eq!(staff.merge_cases(back).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(house.state(&one.file_key).await.links.len(), 1, "and nothing was done");

    // What outreach records meanwhile, in either case; before and after is none of it.
    let event = |name, bytes: Vec<u8>| Encoded { name, version: 1, bytes };
    let attempt = |channel: &str| {
        event("AttemptRecorded", outreach::AttemptRecorded { channel: channel.into(), ..Default::default() }.encode_to_vec())
    };
    let offer = event("OfferMade", outreach::OfferMade { channel: "brief".into(), ..Default::default() }.encode_to_vec());
    let talk = event("PlanEnded", Vec::new());
    let visit = house.told("outreach", &one.case_id, &one.file_key, None, &[attempt("huisbezoek")]).await;
    house.told("outreach", &one.case_id, &one.file_key, Some(visit), &[talk]).await;
    let letter = house.told("outreach", &other.case_id, &other.file_key, None, &[attempt("brief"), offer]).await;
    let asked = pb::ListMergedWorkRequest { leading_case_id: one.case_id.clone(), case_id: other.case_id.clone() };
    assert_eq!(house.staff("9002").await.list_merged_work(asked.clone()).await.unwrap_err().code(), Code::NotFound);
    let work = staff.list_merged_work(asked.clone()).await.unwrap().into_inner();
    let told: Vec<_> = work.work.iter().map(|one| (one.sequence, one.text.as_str(), one.written)).collect();
    assert_eq!(
        told,
        [(visit.sequence, "contactpoging: huisbezoek", false), (letter.sequence, "contactpoging: brief; aanbod van hulp: brief", true)]
    );
    assert!(work.until.is_empty() && work.work.iter().all(|one| one.assigned_case_id.is_empty()));

    let whose = |sequence: u64, case: &str| pb::Assigned {
        context: "outreach".into(),
        sequence,
        case_id: case.parse::<uuid::Uuid>().unwrap().as_bytes().to_vec(),
        written: false,
    };
    let unmerge = |assigned: Vec<pb::Assigned>| pb::UnmergeCasesRequest {
        command: command(),
        leading_case_id: one.case_id.clone(),
        case_id: other.case_id.clone(),
        assigned,
    };
    let nobodys = staff.unmerge_cases(unmerge(vec![whose(visit.sequence, "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e")])).await.unwrap_err();
    assert_eq!(nobodys.code(), Code::FailedPrecondition);
    let part = staff.unmerge_cases(unmerge(vec![whose(visit.sequence, &one.case_id)])).await.unwrap_err();
    assert_eq!(part.code(), Code::FailedPrecondition, "all of it is somebody's");
    let all = unmerge(vec![whose(visit.sequence, &one.case_id), whose(letter.sequence, &one.case_id)]);
    let apart = staff.unmerge_cases(all.clone()).await.unwrap().into_inner();
    assert_eq!(apart.letters.iter().map(|one| one.sequence).collect::<Vec<_>>(), [letter.sequence], "to be put right");
    assert_eq!(staff.unmerge_cases(all).await.unwrap().into_inner().letters, apart.letters, "the same request, the same answer");
    for file in [&one.file_key, &other.file_key] {
        let link = house.state(file).await.links[0].clone();
        let (_, assigned) = link.until.unwrap();
        assert!(assigned.iter().all(|work| work.case.to_string() == one.case_id) && assigned.len() == 2, "in both histories");
    }
    let rectify = |sequence| pb::RectifyLetterRequest {
        command: command(),
        leading_case_id: one.case_id.clone(),
        case_id: other.case_id.clone(),
        context: "outreach".into(),
        sequence,
    };
    assert_eq!(staff.rectify_letter(rectify(visit.sequence)).await.unwrap_err().code(), Code::FailedPrecondition, "no letter");
    staff.rectify_letter(rectify(letter.sequence)).await.unwrap();
    let work = staff.list_merged_work(asked).await.unwrap().into_inner();
    assert!(!work.until.is_empty() && work.work.iter().all(|done| done.assigned_case_id == one.case_id));
    assert_eq!(work.work.iter().map(|one| one.rectified).collect::<Vec<_>>(), [false, true]);
    assert_eq!(
        staff.unmerge_cases(pb::UnmergeCasesRequest { command: None, ..unmerge(vec![]) }).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shelter_is_no_household() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let at_the_shelter = |reference: &str, given: &str, surname: &str| {
        let mut signal = about(reference, given, "", surname);
        let address = signal.address.as_mut().unwrap();
        (address.postcode, address.house_number) = ("3509XZ".into(), "100".into());
        signal
    };
    let rows = [("S-1", "H.", "Jansen"), ("S-2", "K.", "Postma"), ("S-3", "H", "JANSSEN")];
    for (reference, given, surname) in rows {
        send(&house, vec![at_the_shelter(reference, given, surname)]).await;
    }
    let case = |reference: &'static str| async { house.case_of("waterbedrijf", reference).await.case_id };
    assert_eq!(case("S-1").await, case("S-3").await);
    assert_ne!(case("S-1").await, case("S-2").await);
    let by_address = pb::FindCaseRequest { gemeentecode: "9001".into(), address: at_the_shelter("", "", "").address, ..Default::default() };
    assert_eq!(
        house.staff("9001").await.find_case(by_address).await.unwrap_err().code(),
        Code::NotFound,
        "the address alone leads to nobody"
    );
}
