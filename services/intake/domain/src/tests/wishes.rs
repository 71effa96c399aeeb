//! What each person allows and does not want: of oneself only, dated, and never a spouse's.

use kernel::ddas::Channel;

use super::*;

fn person(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(n))
}
fn at(text: &str) -> Moment {
    Moment::at(text.parse().unwrap())
}
/// A report about a person of the household.
fn about(n: u8, who: u128) -> Command {
    let Command::AcceptSignal { file, mut signal } = super::signal(n, 1, n, n.into()) else { panic!() };
    // Of energy: who is new on a rent contract has taken somebody's place.
    signal.kind = PartnerKind::Energy;
    signal.person = Matched { person: person(who), new_name: true, doubts: vec![], reasons: vec![] };
    Command::AcceptSignal { file, signal }
}
fn after(state: &AddressFile, command: &Command, moment: Moment) -> AddressFile {
    Intake::replay(state.clone(), &Intake::decide(state, command, moment).unwrap())
}
fn consent(who: u128, word: ConsentWord) -> Command {
    let (purpose, means) = (ConsentPurpose::WithholdRent, ConsentMeans::Written);
    Command::RecordConsent { case: case(1), person: person(who), purpose, word, means }
}
fn restrict(who: u128, kind: RestrictionKind, channels: &[Channel]) -> Command {
    Command::RestrictContact(NewRestriction {
        restriction: Uuid::from_u128(70 + who),
        case: case(1),
        person: person(who),
        kind,
        channels: channels.iter().copied().collect(),
        vault_id: None,
    })
}
fn refuse(who: u128, no_contact: Option<Uuid>) -> Command {
    Command::RecordRefusal { case: case(1), person: person(who), no_contact }
}

#[test]
fn a_consent_is_given_and_withdrawn_by_oneself_only() {
    let spouses = given([about(1, 1), about(2, 2)]);
    let (asked, said, stopped) = (at("2026-03-02T09:00:00Z"), at("2026-03-04T09:00:00Z"), at("2026-03-09T09:00:00Z"));
    assert_eq!(Intake::decide(&spouses, &consent(1, ConsentWord::Withdrawn), said), Err(Rejection::ConsentNotGiven));
    assert_eq!(Intake::decide(&spouses, &consent(404, ConsentWord::Given), said), Err(Rejection::NotInCase));
    let state = after(&spouses, &consent(1, ConsentWord::Asked), asked);
    let state = after(&state, &consent(1, ConsentWord::Given), said);
    assert_eq!(Intake::decide(&state, &consent(1, ConsentWord::Given), stopped), Ok(vec![]), "nothing new");
    let state = after(&state, &consent(1, ConsentWord::Withdrawn), stopped);
    let word = |who, moment: Moment| state.consent(person(who), ConsentPurpose::WithholdRent, moment.now).map(|one| one.word);
    assert_eq!(
        [word(1, asked), word(1, said), word(1, stopped)],
        [Some(ConsentWord::Asked), Some(ConsentWord::Given), Some(ConsentWord::Withdrawn)]
    );
    assert_eq!(word(2, stopped), None, "a spouse said nothing");
    assert_eq!(Intake::decide(&state, &consent(2, ConsentWord::Withdrawn), stopped), Err(Rejection::ConsentNotGiven));
}

#[test]
fn a_restriction_forbids_channels_until_it_ends_and_goes_along_into_a_new_case() {
    let (now, later) = (at("2026-03-04T09:00:00Z"), at("2026-03-09T09:00:00Z"));
    let spouses = given([about(1, 1), about(2, 2)]);
    assert_eq!(Intake::decide(&spouses, &restrict(1, RestrictionKind::Channels, &[]), now), Err(Rejection::NoChannel));
    assert_eq!(
        Intake::decide(&spouses, &restrict(1, RestrictionKind::Channels, &[Channel::Administrative]), now),
        Err(Rejection::NoChannel)
    );
    let state = after(&spouses, &restrict(1, RestrictionKind::NotAtHome, &[]), now);
    let known = &state.wishes.restrictions[0];
    assert_eq!((known.person, known.since, known.until), (person(1), now.happened_at, None));
    assert!(known.channels.contains(&Channel::Visit) && !known.channels.contains(&Channel::Phone));
    assert_eq!(Intake::decide(&state, &restrict(1, RestrictionKind::NotAtHome, &[]), later), Ok(vec![]), "nothing new");

    // The case ends; a report about the same person opens another one, a report about the spouse tells nothing of it.
    let closed = after(&state, &Command::RecordPayment { case: case(1), kind: PaymentKind::Paid, reference: None }, later);
    assert!(!closed.case(case(1)).unwrap().is_open());
    assert_eq!(names(&when(&closed, about(4, 2)).unwrap()), ["opened", "signal"]);
    let events = when(&closed, about(3, 1)).unwrap();
    assert_eq!(names(&events), ["opened", "signal", "restricted"]);
    let Event::ContactRestricted(carried) = &events[2] else { panic!() };
    assert_eq!((carried.case, carried.since, carried.restriction), (case(3), now.happened_at, Uuid::from_u128(71)));
    let state = Intake::replay(closed, &events);

    let end = Command::EndRestriction { restriction: Uuid::from_u128(71) };
    let events = Intake::decide(&state, &end, later).unwrap();
    let cases: Vec<_> = events.iter().map(Event::case).collect();
    assert_eq!(cases, [case(1), case(3)], "where it held it ends");
    let state = Intake::replay(state, &events);
    assert_eq!(Intake::decide(&state, &end, later), Ok(vec![]));
    assert_eq!(names(&Intake::decide(&state, &restrict(1, RestrictionKind::NotAtHome, &[]), later).unwrap()), ["restricted", "restricted"]);
    let nobodys = Command::EndRestriction { restriction: Uuid::from_u128(9) };
    assert_eq!(Intake::decide(&state, &nobodys, later), Err(Rejection::RestrictionUnknown));
}

#[test]
fn what_held_for_either_of_two_who_are_one_holds_for_that_one_wherever_it_is_reported() {
    let (now, later) = (at("2026-03-04T09:00:00Z"), at("2026-03-09T09:00:00Z"));
    let doubted = given([about(1, 1), about(2, 2)]);
    let state = after(&doubted, &restrict(2, RestrictionKind::NotAtHome, &[]), now);
    let judged = Command::JudgePersons { one: person(1), other: person(2), same: true };
    let events = Intake::decide(&state, &judged, later).unwrap();
    let told: Vec<_> = events.iter().filter_map(|event| if let Event::ContactRestricted(e) = event { Some(e) } else { None }).collect();
    assert_eq!(told.len(), 1, "{events:?}");
    assert_eq!((told[0].person, told[0].restriction, told[0].since), (person(1), Uuid::from_u128(72), now.happened_at));
    let state = Intake::replay(state, &events);
    assert_eq!(names(&when(&state, restrict(1, RestrictionKind::NotAtHome, &[])).unwrap()), Vec::<&str>::new(), "it holds already");
    let end = Intake::decide(&state, &Command::EndRestriction { restriction: Uuid::from_u128(72) }, later).unwrap();
    assert_eq!(names(&end), ["ended"]);
    let otherwise = Command::JudgePersons { one: person(1), other: person(2), same: false };
    assert_eq!(Intake::decide(&doubted, &otherwise, later).unwrap().len(), 1, "two persons: nothing goes along");
}

#[test]
fn a_no_of_one_is_not_a_no_of_the_other() {
    let now = at("2026-03-04T09:00:00Z");
    let spouses = given([about(1, 1), about(2, 2)]);
    let whole = |events: &[Event]| events.iter().any(|event| matches!(event, Event::RefusalRecorded(e) if e.whole));
    let events = Intake::decide(&spouses, &refuse(1, Some(Uuid::from_u128(9))), now).unwrap();
    assert_eq!((names(&events), whole(&events)), (vec!["refused", "restricted"], false));
    let state = Intake::replay(spouses, &events);
    assert!(state.wishes.restrictions.iter().all(|one| one.person == person(1) && one.kind == RestrictionKind::NoContact));
    assert!(whole(&Intake::decide(&state, &refuse(2, None), now).unwrap()), "now nobody is left who did not say no");

    // A report that came in afterwards was refused by nobody.
    let later = given([about(1, 1)]);
    let refused = after(&later, &refuse(1, None), at("2026-02-01T09:00:00Z"));
    assert!(refused.wishes.refusals[0].happened_at < moment().now && !refused.wishes.refusals[0].whole);
    // A household that asked for help itself is not done with by one answer to a report.
    let asked = NewRequest {
        request: Uuid::from_u128(5),
        file: file(),
        new_case: case(9),
        vault_id: Uuid::from_u128(6),
        threat: None,
        eviction_on: None,
        by: None,
        district: None,
    };
    let own = after(&given([about(1, 1)]), &Command::RequestHelp(asked), now);
    assert!(!whole(&Intake::decide(&own, &refuse(1, None), now).unwrap()));
}
