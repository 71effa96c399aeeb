//! What spouses allow and do not want: each of oneself, and neither is shown anything of the other.

use intake_domain::AddressFile;
use kernel::PersonId;
use proto::intake::v1 as pb;
use tonic::Code;

use crate::{
    house::{House, command, submit},
    persons::about,
};

/// Two of one household, of whom different things are reported.
async fn spouses(house: &House) -> (pb::FindCaseResponse, [PersonId; 2]) {
    let mut partner = house.partner("waterbedrijf").await;
    for row in [about("P-1", "Hanna", "", "Verzonnen"), about("P-2", "Pieter", "", "Verzonnen")] {
        submit(&mut partner, vec![row]).await;
    }
    let case = house.case_of("waterbedrijf", "P-1").await;
    let state: AddressFile = house.state(&case.file_key).await;
    let [hanna, pieter] = state.persons.known() else { panic!("{:?}", state.persons) };
    (case, [hanna.id, pieter.id])
}
fn consent(case_id: &str, person: PersonId, word: &str) -> pb::RecordConsentRequest {
    pb::RecordConsentRequest {
        command: command(),
        case_id: case_id.into(),
        person_id: person.to_string(),
        purpose: "withhold-rent".into(),
        word: word.into(),
        means: "written".into(),
    }
}
fn restrict(case_id: &str, person: PersonId, kind: &str, representative: &str) -> pb::RestrictContactRequest {
    let representative = pb::Person { surname: representative.into(), phone: "020-5550100".into(), ..Default::default() };
    pb::RestrictContactRequest {
        command: command(),
        case_id: case_id.into(),
        person_id: person.to_string(),
        kind: kind.into(),
        channels: Vec::new(),
        representative: Some(representative).filter(|one| !one.surname.is_empty()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_about_one_spouse_holds_nothing_of_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (case, [hanna, pieter]) = spouses(&house).await;
    let (case_id, mut doors) = (case.case_id.clone(), house.doors("9001").await);
    for word in ["given", "withdrawn"] {
        doors.record_consent(consent(&case_id, hanna, word)).await.unwrap();
    }
    let bound = doors.restrict_contact(restrict(&case_id, hanna, "representative", "Bewindvoerder-Verzonnen")).await.unwrap().into_inner();
    let refusal = pb::RecordRefusalRequest { command: command(), case_id: case_id.clone(), person_id: hanna.to_string(), no_contact: true };
    doors.record_refusal(refusal).await.unwrap();
    // Somebody looks at each, and a clerk puts a name there of which no event says whose it is.
    let look = |person: PersonId, purpose: &str| pb::OpenPersonRequest {
        case_id: case_id.clone(),
        person_id: person.to_string(),
        purpose: purpose.into(),
    };
    house.staff("9001").await.open_person(look(hanna, "about-hanna")).await.unwrap();
    house.staff("9001").await.open_person(look(pieter, "about-pieter")).await.unwrap();
    let name = pb::Person { surname: "Ahead-of-a-fact".into(), ..Default::default() };
    let ahead =
        pb::KeepAddressRequest { command: command(), gemeentecode: "9001".into(), address: crate::house::door(12), person: Some(name) };
    house.staff("9001").await.keep_address(ahead).await.unwrap();

    let access = async |person_id: String| {
        let asked = pb::AccessRequest { case_id: case_id.clone(), person_id };
        house.officer("9001").await.access(asked).await.unwrap().into_inner()
    };
    let whose = |told: &pb::AccessResponse| -> Vec<String> {
        told.records.iter().map(|one| format!("{} {}", one.person_id, one.person.clone().unwrap_or_default().surname)).collect()
    };
    let (ours, theirs) = (access(hanna.to_string()).await, access(pieter.to_string()).await);
    let mut hers = whose(&ours);
    hers.sort();
    assert_eq!(hers, [format!("{hanna} Bewindvoerder-Verzonnen"), format!("{hanna} Verzonnen")]);
    assert!(ours.records.iter().any(|one| one.representative) && ours.records.iter().any(|one| !one.representative));
    assert_eq!(whose(&theirs), [format!("{pieter} Verzonnen")]);
    assert_eq!(ours.looks.iter().filter(|look| look.audit.contains("about-pieter")).count(), 0);
    assert_eq!(theirs.looks.iter().filter(|look| look.audit.contains("about-hanna")).count(), 0);
    assert!(theirs.looks.iter().any(|look| look.audit.contains("about-pieter")));
    assert_eq!(theirs.wishes, [], "of who said nothing nothing is told");
    let [wishes] = ours.wishes.as_slice() else { panic!("{:?}", ours.wishes) };
    assert_eq!((wishes.person_id.clone(), wishes.refused_at.len()), (hanna.to_string(), 1));
    let words: Vec<_> = wishes.consents.iter().map(|one| (one.word.as_str(), one.means.as_str(), one.holds)).collect();
    assert_eq!(words, [("given", "written", false), ("withdrawn", "written", true)]);
    let kinds: Vec<_> = wishes.restrictions.iter().map(|one| (one.kind.as_str(), one.represented, one.until.is_empty())).collect();
    assert_eq!(kinds, [("representative", true, true), ("no-contact", false, true)]);
    assert!(whose(&access(String::new()).await).iter().any(|one| one.contains("Ahead")), "the household's page has it");

    // Staff see codes and dates, of one person when asked; the representative is no member of the household.
    let listed = |person_id: String| pb::ListWishesRequest { case_id: case_id.clone(), person_id, at_least: None };
    assert_eq!(doors.list_wishes(listed(String::new())).await.unwrap().into_inner().persons, ours.wishes);
    assert_eq!(doors.list_wishes(listed(pieter.to_string())).await.unwrap().into_inner().persons, []);
    let open = pb::OpenHouseholdRequest { case_id: case_id.clone(), purpose: "home-visit".into() };
    let household = house.staff("9001").await.open_household(open).await.unwrap().into_inner();
    assert!(household.persons.iter().all(|one| one.surname == "Verzonnen"), "{:?}", household.persons);

    let end = pb::EndRestrictionRequest { command: command(), case_id: case_id.clone(), restriction_id: bound.restriction_id };
    doors.end_restriction(end).await.unwrap();
    let after = doors.list_wishes(listed(hanna.to_string())).await.unwrap().into_inner().persons;
    assert!(!after[0].restrictions[0].until.is_empty(), "ended, with its day");
    // Who represents her goes with her.
    let erase =
        pb::EraseRequest { case_id: case_id.clone(), person_id: hanna.to_string(), ground: "unlawful".into(), ..Default::default() };
    house.officer("9001").await.erase(erase).await.unwrap();
    assert_eq!(access(hanna.to_string()).await.records, []);
    assert_eq!(access(pieter.to_string()).await.records.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_right_is_told_and_another_municipality_hears_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (case, [hanna, _]) = spouses(&house).await;
    let (case_id, mut doors) = (case.case_id.as_str(), house.doors("9001").await);
    let code = |answer: Result<tonic::Response<pb::CaseCommandResponse>, tonic::Status>| answer.unwrap_err().code();
    for wrong in [
        pb::RecordConsentRequest { purpose: "everything".into(), ..consent(case_id, hanna, "given") },
        pb::RecordConsentRequest { means: "telepathy".into(), ..consent(case_id, hanna, "given") },
        consent(case_id, hanna, "perhaps"),
    ] {
        assert_eq!(code(doors.record_consent(wrong).await), Code::InvalidArgument);
    }
    assert_eq!(code(doors.record_consent(consent(case_id, hanna, "withdrawn")).await), Code::FailedPrecondition, "never given");
    for wrong in [
        restrict(case_id, hanna, "representative", ""),
        restrict(case_id, hanna, "not-at-home", "Iemand"),
        pb::RestrictContactRequest { channels: vec!["duif".into()], ..restrict(case_id, hanna, "channels", "") },
        pb::RestrictContactRequest { channels: vec!["brief".into()], ..restrict(case_id, hanna, "no-contact", "") },
    ] {
        assert_eq!(doors.restrict_contact(wrong).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let mut strange = house.doors("9002").await;
    let nobodys = "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e";
    let theirs = strange.record_consent(consent(case_id, hanna, "given")).await.unwrap_err();
    let unknown = strange.record_consent(consent(nobodys, hanna, "given")).await.unwrap_err();
    assert_eq!((theirs.code(), theirs.message(), theirs.details()), (Code::NotFound, unknown.message(), unknown.details()));
}

/// A refuge is no use when the next street does not know of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restriction_goes_along_with_its_person_when_the_household_moves() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (case, [hanna, _]) = spouses(&house).await;
    let (mut doors, mut desk) = (house.doors("9001").await, house.staff("9001").await);
    doors.restrict_contact(restrict(&case.case_id, hanna, "representative", "Bewindvoerder-Verzonnen")).await.unwrap();
    let ended = doors.restrict_contact(restrict(&case.case_id, hanna, "not-at-home", "")).await.unwrap().into_inner().restriction_id;
    let end = pb::EndRestrictionRequest { command: command(), case_id: case.case_id.clone(), restriction_id: ended };
    doors.end_restriction(end).await.unwrap();

    let address = crate::house::signal("N-1", 71).address;
    let moved = pb::OfferHandOverRequest { command: command(), case_id: case.case_id.clone(), address, ..Default::default() };
    let there = doors.move_within(moved.clone()).await.unwrap().into_inner();
    let find = pb::FindCaseRequest {
        gemeentecode: "9001".into(),
        address: moved.address.clone(),
        at_least: there.position.clone(),
        ..Default::default()
    };
    let found = desk.find_case(find).await.unwrap().into_inner();
    let state: AddressFile = house.state(&found.file_key).await;
    let [her, his] = state.persons.known() else { panic!("{:?}", state.persons) };
    assert!(![her.id, his.id].contains(&hanna), "known there by an id of its own");
    let listed = pb::ListWishesRequest { case_id: there.case_id.clone(), person_id: String::new(), at_least: there.position };
    let wishes = doors.list_wishes(listed).await.unwrap().into_inner().persons;
    let [wishes] = wishes.as_slice() else { panic!("{wishes:?}") };
    let kinds: Vec<_> = wishes.restrictions.iter().map(|one| (one.kind.as_str(), one.represented, one.until.is_empty())).collect();
    assert_eq!(kinds, [("representative", true, true)], "what ended does not go along");

    // Each has a page of its own there, with nothing of the other; what is asked of her further goes by her id there.
    let mut named = Vec::new();
    for person in [her.id, his.id] {
        let asked = pb::AccessRequest { case_id: there.case_id.clone(), person_id: person.to_string() };
        let told = house.officer("9001").await.access(asked).await.unwrap().into_inner();
        named.push(told.records.iter().map(|one| one.person.clone().unwrap_or_default()).collect::<Vec<_>>());
    }
    let texts =
        |at: usize| named[at].iter().map(|one| format!("{} {}", one.initials, one.surname)).collect::<std::collections::BTreeSet<_>>();
    let of_her = usize::from(wishes.person_id != her.id.to_string());
    assert_eq!(texts(of_her), [" Bewindvoerder-Verzonnen".to_owned(), "Hanna Verzonnen".to_owned()].into());
    assert_eq!(texts(1 - of_her), ["Pieter Verzonnen".to_owned()].into());
    let her: PersonId = wishes.person_id.parse().unwrap();
    doors.record_consent(consent(&there.case_id, her, "given")).await.unwrap();

    // The next report about her at the new address is about the same person.
    let next = pb::Signal { address: crate::house::signal("N-3", 71).address, ..about("P-8", "Hanna", "", "Verzonnen") };
    submit(&mut house.partner("energiebedrijf").await, vec![next]).await;
    let state: AddressFile = house.state(&found.file_key).await;
    assert_eq!(state.signals.last().and_then(|signal| signal.person), Some(her));

    // What is erased there does not come back because somebody asks for the move once more.
    let erase =
        pb::EraseRequest { case_id: there.case_id.clone(), person_id: her.to_string(), ground: "unlawful".into(), ..Default::default() };
    house.officer("9001").await.erase(erase).await.unwrap();
    assert_eq!(doors.move_within(moved).await.unwrap().into_inner().case_id, there.case_id);
    let asked = pb::AccessRequest { case_id: there.case_id, person_id: her.to_string() };
    assert_eq!(house.officer("9001").await.access(asked).await.unwrap().into_inner().records, []);
}
