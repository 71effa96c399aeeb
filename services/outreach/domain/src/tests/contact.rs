//! Who is not to be contacted how: one person's, said with each contact, and never a clock's.

use kernel::PersonId;

use super::*;

fn person(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(0x9e50 + n))
}
fn restrict(kind: &str, channels: &[&str], since: Timestamp) -> Command {
    let channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
    let restriction = Restriction { person: person(1), kind: kind.to_owned(), channels, since, until: None };
    Command::Restrict { case: case(), id: Uuid::from_u128(0x9e57), restriction: Box::new(restriction) }
}
fn attempt_of(contact: Contact) -> Command {
    Command::RecordAttempt { case: case(), contact, daypart: String::new(), reached: false }
}
fn toward(n: u128, channel: &str) -> Contact {
    Contact { person: Some(person(n)), ..Contact::by(channel) }
}

#[test]
fn contact_against_a_restriction_is_not_recorded_by_mistake_and_is_a_violation_with_an_owner() {
    let restricted = begun().at(march(10), &restrict("not-at-home", &["huisbezoek", "brief"], march(10)));
    assert_eq!(restricted.last(), ["not-at-home holds"]);
    assert_eq!(restricted.clone().at(march(11), &restrict("not-at-home", &["huisbezoek"], march(10))).refused, Some("known-already"));
    assert_eq!(restricted.state.terms, begun().state.terms, "every clock runs on");
    let visit = |contact: Contact| restricted.clone().at(march(11), &attempt_of(contact));
    assert_eq!(visit(toward(1, "huisbezoek")).refused, Some("contact-restricted"));
    assert_eq!(visit(Contact::by("huisbezoek")).refused, Some("contact-restricted"), "for whom nobody says: it may have been for that one");
    assert_eq!(visit(toward(1, "telefoon")).last(), ["attempt 1"], "another channel");
    assert_eq!(visit(toward(2, "huisbezoek")).last(), ["attempt 1"], "the other of the household");
    assert_eq!(restricted.clone().told(march(9), march(11), &attempt_of(toward(1, "huisbezoek"))).last(), ["attempt 1"], "of before");

    let despite = visit(Contact { despite: true, ..toward(1, "huisbezoek") });
    assert_eq!(despite.last(), ["attempt 1", "broken by huisbezoek, duty-officer"], "a fact all the same");
    let offer = Command::RecordOffer { case: case(), contact: Contact::by("brief") };
    assert_eq!(restricted.clone().at(march(11), &offer).refused, Some("contact-restricted"));
    let offer = Command::RecordOffer { case: case(), contact: Contact { despite: true, ..Contact::by("brief") } };
    assert_eq!(restricted.clone().at(march(11), &offer).last(), ["offer", "met", "broken by brief, duty-officer"], "an offer is an offer");
    assert_eq!(visit(Contact { despite: true, ..toward(2, "huisbezoek") }).last(), ["attempt 1"], "nothing was broken");

    let end = Command::Unrestrict { case: case(), id: Uuid::from_u128(0x9e57) };
    let ended = restricted.clone().at(march(12), &end);
    assert_eq!(ended.clone().at(march(12), &end).refused, Some("known-already"));
    assert_eq!(ended.clone().at(march(13), &attempt_of(toward(1, "huisbezoek"))).last(), ["attempt 1"]);
    assert_eq!(ended.told(march(11), march(13), &attempt_of(toward(1, "huisbezoek"))).refused, Some("contact-restricted"), "it held then");
}

#[test]
fn through_who_represents_the_person_is_the_way_to_go() {
    let restricted = begun().at(march(10), &restrict("representative", &["telefoon", "brief"], march(10)));
    let call = |contact: Contact| restricted.clone().at(march(11), &attempt_of(contact));
    assert_eq!(call(toward(1, "telefoon")).refused, Some("contact-restricted"));
    assert_eq!(call(Contact { representative: true, ..toward(1, "telefoon") }).last(), ["attempt 1"]);
    let no_contact = begun().at(march(10), &restrict("no-contact", &["telefoon"], march(10)));
    let through = attempt_of(Contact { representative: true, ..toward(1, "telefoon") });
    assert_eq!(no_contact.at(march(11), &through).refused, Some("contact-restricted"), "only where somebody represents the person");
}

#[test]
fn it_may_be_known_before_anything_is_planned() {
    let known = Story::default().at(march(8), &restrict("no-contact", &["telefoon"], march(8))).at(march(9), &signal(1, march(9)));
    assert_eq!(known.last(), ["plan early", "offer by 2026-04-07"], "the plan stands, and the clock runs");
    assert_eq!(known.at(march(10), &attempt_of(toward(1, "telefoon"))).refused, Some("contact-restricted"));
}

#[test]
fn told_of_two_ids_of_one_person_it_holds_for_both_is_broken_once_and_ends_for_both() {
    let told = |n: u128| {
        let Command::Restrict { case, id, restriction } = restrict("not-at-home", &["huisbezoek"], march(10)) else { panic!() };
        Command::Restrict { case, id, restriction: Box::new(Restriction { person: person(n), ..*restriction }) }
    };
    let restricted = begun().at(march(10), &told(2)).at(march(11), &told(1));
    assert_eq!(restricted.last(), ["not-at-home holds"]);
    for n in [1, 2] {
        assert_eq!(restricted.clone().at(march(12), &attempt_of(toward(n, "huisbezoek"))).refused, Some("contact-restricted"));
    }
    let despite = restricted.clone().at(march(12), &attempt_of(Contact { despite: true, ..Contact::by("huisbezoek") }));
    assert_eq!(despite.last(), ["attempt 1", "broken by huisbezoek, duty-officer"]);
    let ended = restricted.at(march(12), &Command::Unrestrict { case: case(), id: Uuid::from_u128(0x9e57) });
    for n in [1, 2] {
        assert_eq!(ended.clone().at(march(13), &attempt_of(toward(n, "huisbezoek"))).last(), ["attempt 1"]);
    }
}
