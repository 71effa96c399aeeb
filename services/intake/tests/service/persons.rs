//! Whom reports are about: one person however a partner spells the name, and nobody else's debts.

use intake_domain::AddressFile;
use kernel::PersonId;
use proto::intake::v1 as pb;

use crate::house::{House, signal, submit, word};

/// A report of arrears about somebody at number 12; the kind makes references of one partner differ.
pub fn about(reference: &str, given: &str, infix: &str, surname: &str) -> pb::Signal {
    let person = pb::Person { initials: given.into(), infix: infix.into(), surname: surname.into(), ..Default::default() };
    pb::Signal { kind: pb::PartnerKind::Water.into(), person: Some(person), ..signal(reference, 12) }
}

fn persons(file: &AddressFile) -> Vec<PersonId> {
    file.signals.iter().filter_map(|signal| signal.person).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_one_however_spelt_and_a_spouse_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let rows = [
        about("P-1", "Hanna", "van der", "Linden"),
        about("P-2", "H.", "v.d.", "LINDEN"),
        about("P-3", "Pieter", "van der", "Linden"),
        about("P-4", "Hanna", "", "Jansen-van der Linden"),
        about("P-5", "H.", "", "Jansen"),
    ];
    for row in rows {
        let verdicts = submit(&mut house.partner("waterbedrijf").await, vec![row]).await;
        assert_eq!(word(&verdicts[0]), "accepted");
    }
    let file = house.state(&house.case_of("waterbedrijf", "P-1").await.file_key).await;
    assert_eq!((file.cases.len(), file.signals.len()), (1, 5), "one household, one case");
    let [hanna, spelt, pieter, married, unsure] = persons(&file).try_into().unwrap();
    assert_eq!((hanna, hanna), (spelt, married));
    assert_ne!(hanna, pieter);
    assert!(![hanna, pieter].contains(&unsure), "who is not surely meant is kept apart");
    assert_eq!(file.persons.doubted().collect::<Vec<_>>(), [(hanna, unsure)]);
    assert_eq!(file.persons.names(), 5, "each way of writing once");
    submit(&mut house.partner("waterbedrijf").await, vec![about("P-6", "H.", "v.d.", "LINDEN")]).await;
    let file = house.state(&house.case_of("waterbedrijf", "P-1").await.file_key).await;
    assert_eq!((persons(&file)[5], file.persons.names()), (hanna, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_that_come_at_once_find_the_same_persons() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let (mut one, mut other) = (house.partner("waterbedrijf").await, house.partner("woonwaard").await);
    let rows = |prefix: &str| (0..60).map(|n| about(&format!("{prefix}-{n}"), ["A.", "B.", "C."][n % 3], "", "Verzonnen")).collect();
    let (ours, theirs) = tokio::join!(submit(&mut one, rows("V")), submit(&mut other, rows("W")));
    assert!(ours.iter().chain(&theirs).all(|verdict| word(verdict) == "accepted"));
    let file = house.state(&house.case_of("waterbedrijf", "V-0").await.file_key).await;
    assert_eq!((file.signals.len(), file.persons.known().len(), file.persons.doubted().count()), (120, 3, 0));
    assert!(file.persons.known().iter().all(|one| persons(&file).iter().filter(|person| **person == one.id).count() == 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_of_the_name_is_about_whom_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    let mut partner = house.partner("waterbedrijf").await;
    submit(&mut partner, vec![about("P-1", "H.", "", "Jansen")]).await;
    submit(&mut partner, vec![about("P-1", "K.", "", "Postma")]).await;
    let file = house.state(&house.case_of("waterbedrijf", "P-1").await.file_key).await;
    assert_eq!((file.signals.len(), file.persons.known().len()), (1, 2));
    assert_eq!(file.signals[0].person, Some(file.persons.known()[1].id));
}
