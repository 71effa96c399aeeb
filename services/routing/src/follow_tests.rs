use kernel::{Key, Moment};
use prost::Message;
use prost_types::FileDescriptorSet;
use proto::common::v1::Date as PbDate;
use uuid::Uuid;

use super::*;

const KEY: &str = "9001.0192f0c17a3e7c449d0e5b1f2a3c4d5e";
const FILE: &str = "9001.0192f0c17a3e7c449d0e5b1f2a3c0000";

/// Messages in events.proto that are parts of events.
const PARTS: &[&str] = &["DueAttempt"];

#[test]
fn every_event_of_the_contexts_followed_is_known() {
    let set = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
    for context in FOLLOWS {
        let name = format!("zeef/{}/v1/events.proto", context.replace('-', "_"));
        let file = set.file.iter().find(|file| file.name() == name).unwrap();
        for message in file.message_type.iter().map(|message| message.name()).filter(|name| !PARTS.contains(name)) {
            assert_ne!(handling(context, message, 1), Handling::Unknown, "{context} {message}");
            assert_eq!(handling(context, message, 2), Handling::Unknown, "{context} {message}");
        }
    }
    assert_eq!(handling("intake", "CaseMoved", 1), Handling::Unknown);
    assert_eq!(handling("aftercare", "DutyOpened", 1), Handling::Unknown);
}

fn react_to(context: &str, name: &str, message: &impl Message) -> Result<Option<Command>, Unreadable> {
    let policies = Policies::shipped(crate::policy_file::shipped(std::path::Path::new("none")).unwrap());
    let (target, bytes): (Key, _) = (KEY.parse().unwrap(), message.encode_to_vec());
    let source = journal::Subject::new(context, target);
    let moment = Moment::at("2026-03-09T09:00:00Z".parse().unwrap());
    let reacting = Reacting { source: &source, source_commit: Uuid::from_u128(77), target, moment };
    react(&policies, SourceEvent { context, name, version: 1, bytes: &bytes }, &reacting)
}

fn case() -> Vec<u8> {
    KEY.parse::<Key>().unwrap().id.as_bytes().to_vec()
}

fn accepted() -> intake::SignalAccepted {
    intake::SignalAccepted {
        signal_id: Uuid::from_u128(5).as_bytes().to_vec(),
        case_id: case(),
        kind: PartnerKind::Water.into(),
        amount_cents: 12_345,
        arrears_since: Some(PbDate { iso: "2026-01-01".to_owned() }),
        received_at_ms: 1_773_046_800_000,
        file_key: FILE.to_owned(),
        ..Default::default()
    }
}

#[test]
fn a_households_own_request_is_routed() {
    let asked = intake::HelpRequested { case_id: case(), threat: "eviction".to_owned(), file_key: FILE.to_owned(), ..Default::default() };
    let Some(Command::RouteRequest { threatened: true, file_key, .. }) = react_to("intake", "HelpRequested", &asked).unwrap() else {
        panic!()
    };
    assert_eq!(file_key.to_string(), FILE);
    let calm = intake::HelpRequested { threat: String::new(), ..asked };
    assert!(matches!(react_to("intake", "HelpRequested", &calm).unwrap(), Some(Command::RouteRequest { threatened: false, .. })));
}

#[test]
fn an_accepted_signal_is_routed_under_an_id_of_its_own() {
    let Some(Command::RouteSignal { route, signal, file_key, policy, .. }) = react_to("intake", "SignalAccepted", &accepted()).unwrap()
    else {
        panic!()
    };
    assert_eq!((signal.kind, signal.amount, signal.months()), (Some(Kind::Water), Arrears::of(Cents(12_000)), Some(2)));
    assert_eq!((file_key.to_string().as_str(), policy.name.as_str()), (FILE, "default"));
    let other = intake::SignalAccepted { signal_id: Uuid::from_u128(6).as_bytes().to_vec(), ..accepted() };
    let Some(Command::RouteSignal { route: second, .. }) = react_to("intake", "SignalAccepted", &other).unwrap() else { panic!() };
    assert_ne!(route, second, "two signals of one commit");
}

#[test]
fn a_signal_without_a_date_or_of_a_new_kind_is_routed_all_the_same() {
    let bare = intake::SignalAccepted { arrears_since: None, kind: 99, ..accepted() };
    let Some(Command::RouteSignal { signal, .. }) = react_to("intake", "SignalAccepted", &bare).unwrap() else { panic!() };
    assert_eq!((signal.kind, signal.months()), (None, None));
}

#[test]
fn what_a_partner_tells_of_a_crisis_is_read_and_what_it_does_not_is_unknown() {
    let read = |crisis, ends: Option<&str>| {
        let supply_ends = ends.map(|iso| PbDate { iso: iso.to_owned() });
        let told = intake::SignalAccepted { crisis, supply_ends, ..accepted() };
        let Some(Command::RouteSignal { signal, .. }) = react_to("intake", "SignalAccepted", &told).unwrap() else { panic!() };
        (signal.crisis, signal.supply_ends.map(|day| day.to_string()), signal.because().code())
    };
    assert_eq!(read(None, None), (None, None, "signal"));
    assert_eq!(read(Some(true), None), (Some(true), None, "crisis"));
    assert_eq!(read(None, Some("2026-04-08")), (None, Some("2026-04-08".to_owned()), "crisis"));
}

#[test]
fn a_correction_comes_with_what_it_tells_under_the_id_of_its_signal() {
    let corrected = intake::SignalCorrected {
        signal_id: Uuid::from_u128(5).as_bytes().to_vec(),
        case_id: case(),
        kind: PartnerKind::Water.into(),
        received_at_ms: 1_773_133_200_000,
        first_received_at_ms: 1_773_046_800_000,
        supply_ends: Some(PbDate { iso: "2026-04-08".to_owned() }),
        ..Default::default()
    };
    let Some(Command::Correct { signal, .. }) = react_to("intake", "SignalCorrected", &corrected).unwrap() else { panic!() };
    assert_eq!((signal.id.uuid(), signal.kind, signal.because().code()), (Uuid::from_u128(5), Some(Kind::Water), "crisis"));
    assert_eq!(signal.received_at.to_string(), "2026-03-10T09:00:00Z", "known from the correction on");
}

#[test]
fn other_cases_of_the_same_address_are_not_ours() {
    let other = intake::SignalAccepted { case_id: Uuid::from_u128(9).as_bytes().to_vec(), ..accepted() };
    assert!(react_to("intake", "SignalAccepted", &other).unwrap().is_none());
    let closed = intake::CaseClosed { case_id: Uuid::from_u128(9).as_bytes().to_vec(), ..Default::default() };
    assert!(react_to("intake", "CaseClosed", &closed).unwrap().is_none());
}

#[test]
fn only_a_case_that_came_through_a_court_is_routed_when_it_opens() {
    let opened = |origin: &str| {
        let opened = intake::CaseOpened {
            case_id: case(),
            entry_step: 11,
            origin: origin.to_owned(),
            file_key: FILE.to_owned(),
            ..Default::default()
        };
        react_to("intake", "CaseOpened", &opened).unwrap()
    };
    assert!(matches!(opened("court"), Some(Command::Open { step: 11, .. })));
    assert!(opened("signal").is_none() && opened("landlord").is_none());
}

#[test]
fn of_the_courts_facts_an_announced_eviction_and_a_writ_may_move_a_route() {
    let fact = |what| {
        let fact =
            court::FactRecorded { case_id: case(), fact: Some(court::Fact { what }), file_key: FILE.to_owned(), ..Default::default() };
        react_to("court-liaison", "FactRecorded", &fact).unwrap()
    };
    let announced = court::fact::What::EvictionAnnounced(court::EvictionAnnounced::default());
    assert!(matches!(fact(Some(announced)), Some(Command::RouteCourt { file_key: Some(_), .. })));
    let served = court::fact::What::SummonsServed(court::SummonsServed::default());
    assert!(matches!(fact(Some(served)), Some(Command::RouteWrit { file_key: Some(_), .. })));
    assert!(fact(Some(court::fact::What::SummonsAnnounced(court::SummonsAnnounced {}))).is_none());
}

#[test]
fn an_exhausted_plan_leads_on_and_a_closed_case_ends() {
    let exhausted = |track: &str| outreach::PlanExhausted { case_id: case(), track: track.to_owned(), ..Default::default() };
    let command = react_to("outreach", "PlanExhausted", &exhausted("early")).unwrap();
    assert!(matches!(command, Some(Command::Reroute { tried: Track::Early, .. })));
    assert_eq!(react_to("outreach", "PlanExhausted", &exhausted("express")).unwrap_err(), Unreadable::UnknownType);
    let closed = intake::CaseClosed { case_id: case(), outcome: "paid".to_owned(), ..Default::default() };
    assert!(matches!(react_to("intake", "CaseClosed", &closed).unwrap(), Some(Command::End { reason, .. }) if reason == "paid"));
}

#[test]
fn damage_is_told() {
    assert_eq!(
        react_to("intake", "SignalAccepted", &intake::CaseOpened { case_id: vec![1], ..Default::default() }).unwrap_err(),
        Unreadable::Undecodable
    );
    let no_file = intake::SignalAccepted { file_key: String::new(), ..accepted() };
    assert_eq!(react_to("intake", "SignalAccepted", &no_file).unwrap_err(), Unreadable::Undecodable);
}

#[test]
fn the_contract_and_a_private_landlord_are_facts_when_they_were_told_and_unknown_otherwise() {
    let facts = |accepted: &intake::SignalAccepted| {
        let Some(Command::RouteSignal { signal, .. }) = react_to("intake", "SignalAccepted", accepted).unwrap() else { panic!() };
        (signal.contract, signal.private_landlord)
    };
    assert_eq!(facts(&accepted()), (None, None));
    let told = intake::SignalAccepted { contract: "campus".to_owned(), organisation: FORM.to_owned(), ..accepted() };
    assert_eq!(facts(&told), (Some(Contract::Campus), Some(true)));
    let newer = intake::SignalAccepted { contract: "houseboat".to_owned(), ..accepted() };
    assert_eq!(facts(&newer), (None, None), "what a newer binary knows is unknown here, never a guess");
}
