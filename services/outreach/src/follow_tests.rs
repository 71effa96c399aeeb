use jiff::civil::date;
use kernel::{Key, Moment};
use prost::Message;
use prost_types::FileDescriptorSet;
use proto::common::v1::Date as PbDate;
use uuid::Uuid;

use super::*;

const KEY: &str = "9001.0192f0c17a3e7c449d0e5b1f2a3c4d5e";

/// Messages in events.proto that are parts of events.
const PARTS: &[&str] = &["PlannedAttempt"];

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
    assert_eq!(handling("routing", "CaseMoved", 1), Handling::Unknown);
    assert_eq!(handling("aftercare", "DutyOpened", 1), Handling::Unknown);
}

fn react_to(context: &str, name: &str, message: &impl Message) -> Result<Option<Command>, Unreadable> {
    let (target, bytes): (Key, _) = (KEY.parse().unwrap(), message.encode_to_vec());
    let source = journal::Subject::new(context, target);
    let moment = Moment::at("2026-03-09T09:00:00Z".parse().unwrap());
    let reacting = Reacting { source: &source, source_commit: Uuid::from_u128(77), target, moment };
    react(SourceEvent { context, name, version: 1, bytes: &bytes }, &reacting)
}

fn key() -> Key {
    KEY.parse().unwrap()
}
fn case() -> Vec<u8> {
    key().id.as_bytes().to_vec()
}
fn id(n: u128) -> Vec<u8> {
    Uuid::from_u128(n).as_bytes().to_vec()
}

fn routed() -> routing::CaseRouted {
    routing::CaseRouted {
        route_id: id(3),
        case_id: case(),
        track: "early".to_owned(),
        team: "wijkteam".to_owned(),
        attempts: vec![routing::PlannedAttempt { after_days: 2, channel: "brief".to_owned(), daypart: String::new() }],
        because: "signal".to_owned(),
        signal_id: id(5),
        signal_received_at_ms: 1_773_046_800_000,
        file_key: KEY.to_owned(),
        ..Default::default()
    }
}

#[test]
fn a_route_comes_with_its_signal_and_attempts() {
    let Some(Command::Route(route)) = react_to("routing", "CaseRouted", &routed()).unwrap() else { panic!() };
    assert_eq!((route.track.as_str(), route.team.as_str(), route.because.as_str()), ("early", "wijkteam", "signal"));
    assert_eq!(route.attempts, [PlannedAttempt { after_days: 2, channel: "brief".to_owned(), daypart: String::new() }]);
    let signal = route.signal.unwrap();
    assert_eq!((signal.id.uuid(), signal.received_at.to_string().as_str()), (Uuid::from_u128(5), "2026-03-09T09:00:00Z"));
    assert_eq!(route.file_key, Some(key()));

    let bare = routing::CaseRouted { signal_id: Vec::new(), file_key: String::new(), ..routed() };
    let Some(Command::Route(bare)) = react_to("routing", "CaseRouted", &bare).unwrap() else { panic!() };
    assert_eq!((bare.signal, bare.file_key, bare.plan), (None, None, route.plan));

    let corrected = routing::CaseRouted {
        signal_id: Vec::new(),
        because: "crisis".to_owned(),
        corrected_signal_id: id(5),
        corrected_received_at_ms: 1_773_046_800_000,
        ..routed()
    };
    let Some(Command::Route(corrected)) = react_to("routing", "CaseRouted", &corrected).unwrap() else { panic!() };
    assert_eq!((corrected.signal, corrected.corrected, corrected.crisis), (None, Some(signal), Some(Crisis { supply_ends: None })));
}

#[test]
fn other_cases_of_the_same_address_are_not_ours() {
    let other = intake::CaseClosed { case_id: id(9), ..Default::default() };
    assert!(react_to("intake", "CaseClosed", &other).unwrap().is_none());
    let other = routing::CaseRouted { case_id: id(9), ..routed() };
    assert!(react_to("routing", "CaseRouted", &other).unwrap().is_none());
}

#[test]
fn only_an_offer_to_another_municipality_waits_for_an_answer() {
    let offered =
        |to: &str| intake::HandOverOffered { case_id: case(), hand_over_id: id(7), to_gemeentecode: to.to_owned(), ..Default::default() };
    let waits = Some(Command::OfferHandOver { case: key().case(), hand_over: Uuid::from_u128(7) });
    assert_eq!(react_to("intake", "HandOverOffered", &offered("9002")).unwrap(), waits);
    assert_eq!(react_to("intake", "HandOverOffered", &offered(key().gemeente.as_str())).unwrap(), None, "moved within");
}

#[test]
fn only_full_payment_settles() {
    let payment = |kind: PaymentKind| {
        let payment = intake::PaymentRecorded { case_id: case(), kind: kind.into(), ..Default::default() };
        react_to("intake", "PaymentRecorded", &payment).unwrap()
    };
    assert_eq!(payment(PaymentKind::Paid), Some(Command::Settle { case: key().case(), by: SettledBy::Paid }));
    assert_eq!(payment(PaymentKind::PlanAgreed), None);
    assert_eq!(payment(PaymentKind::CurrentRentPaid), None);
}

#[test]
fn closing_and_withdrawing_and_threats_are_heard() {
    let closed = Some(Command::Settle { case: key().case(), by: SettledBy::Closed });
    let ended = routing::RouteEnded { case_id: case(), reason: "paid".to_owned() };
    assert_eq!(react_to("routing", "RouteEnded", &ended).unwrap(), closed);
    let case_closed = intake::CaseClosed { case_id: case(), ..Default::default() };
    assert_eq!(react_to("intake", "CaseClosed", &case_closed).unwrap(), closed);
    let handed_over = intake::CaseClosed { case_id: case(), outcome: "handed-over".to_owned(), ..Default::default() };
    let settled = Some(Command::Settle { case: key().case(), by: SettledBy::HandedOver });
    assert_eq!(react_to("intake", "CaseClosed", &handed_over).unwrap(), settled);
    let withdrawn = intake::SignalWithdrawn { case_id: case(), signal_id: id(5), reason: "error".to_owned() };
    let signal = SignalId::from_uuid(Uuid::from_u128(5));
    assert_eq!(react_to("intake", "SignalWithdrawn", &withdrawn).unwrap(), Some(Command::Withdraw { case: key().case(), signal }));

    let fact = |what| {
        let fact = court::FactRecorded { case_id: case(), fact: Some(court::Fact { what: Some(what) }), ..Default::default() };
        react_to("court-liaison", "FactRecorded", &fact).unwrap()
    };
    let announced = |iso: &str| {
        let on = Some(PbDate { iso: iso.to_owned() });
        fact(court::fact::What::EvictionAnnounced(court::EvictionAnnounced { on, ..Default::default() }))
    };
    assert!(matches!(announced("2026-03-20"), Some(Command::Threaten { eviction_on: Some(on), .. }) if on == date(2026, 3, 20)));
    assert!(matches!(announced(""), Some(Command::Threaten { eviction_on: None, .. })));
    assert_eq!(fact(court::fact::What::EvictionAverted(court::EvictionAverted {})), None);
}

#[test]
fn a_households_own_request_starts_a_clock() {
    let asked = intake::HelpRequested {
        request_id: id(6),
        case_id: case(),
        asked_at_ms: 1_773_046_800_000,
        threat: "supply".to_owned(),
        file_key: KEY.to_owned(),
        ..Default::default()
    };
    let Some(Command::Ask { request, threatened, eviction_on, file_key, .. }) = react_to("intake", "HelpRequested", &asked).unwrap() else {
        panic!()
    };
    assert_eq!((request, threatened, eviction_on, file_key), (Uuid::from_u128(6), true, None, Some(key())));
    let calm = intake::HelpRequested { threat: String::new(), ..asked };
    assert!(matches!(react_to("intake", "HelpRequested", &calm).unwrap(), Some(Command::Ask { threatened: false, .. })));
}

#[test]
fn damage_is_told() {
    let damaged = routing::CaseRouted { route_id: vec![1], ..routed() };
    assert_eq!(react_to("routing", "CaseRouted", &damaged), Err(Unreadable::Undecodable));
}

#[test]
fn an_objection_holds_attempts_from_its_making_a_restriction_from_its_granting() {
    let asked = |right: &str| intake::RightRequested { case_id: case(), request_id: id(9), right: right.to_owned(), ..Default::default() };
    let decided = |right: &str, verdict: &str| {
        let (right, verdict) = (right.to_owned(), verdict.to_owned());
        intake::RightDecided { case_id: case(), request_id: id(9), right, verdict, ..Default::default() }
    };
    let hold = |held| Some(Command::Hold { case: key().case(), request: Uuid::from_u128(9), held });
    let told = |right: &str| react_to("intake", "RightRequested", &asked(right)).unwrap();
    assert_eq!(["objection", "restriction", "access"].map(told), [hold(true), None, None]);
    let told = |(right, verdict)| react_to("intake", "RightDecided", &decided(right, verdict)).unwrap();
    let objection = [("objection", "granted"), ("objection", "refused"), ("objection", "withdrawn"), ("objection", "lifted")];
    assert_eq!(objection.map(told), [hold(true), hold(false), hold(false), hold(false)]);
    let others = [("restriction", "granted"), ("restriction", "lifted"), ("access", "granted")];
    assert_eq!(others.map(told), [hold(true), hold(false), None]);
}

#[test]
fn a_restriction_is_one_persons_and_a_no_is_the_households_with_the_last_of_them() {
    let told = intake::ContactRestricted {
        case_id: case(),
        restriction_id: id(9),
        person_id: id(45),
        kind: "not-at-home".to_owned(),
        channels: vec!["huisbezoek".to_owned()],
        since_ms: 1_773_046_800_000,
        ..Default::default()
    };
    let Some(Command::Restrict { id: restriction, restriction: says, .. }) = react_to("intake", "ContactRestricted", &told).unwrap() else {
        panic!()
    };
    assert_eq!(
        (restriction, says.person, says.kind.as_str()),
        (Uuid::from_u128(9), PersonId::from_uuid(Uuid::from_u128(45)), "not-at-home")
    );
    let elsewhere = intake::ContactRestricted { case_id: id(404), ..told };
    assert_eq!(react_to("intake", "ContactRestricted", &elsewhere).unwrap(), None);
    let ended = intake::RestrictionEnded { case_id: case(), restriction_id: id(9), person_id: id(45), happened_at_ms: 1 };
    let unrestrict = Some(Command::Unrestrict { case: key().case(), id: Uuid::from_u128(9) });
    assert_eq!(react_to("intake", "RestrictionEnded", &ended).unwrap(), unrestrict);
    let refused = |whole| intake::RefusalRecorded { case_id: case(), person_id: id(45), whole, happened_at_ms: 1 };
    let told = [false, true].map(|whole| react_to("intake", "RefusalRecorded", &refused(whole)).unwrap());
    assert_eq!(told, [None, Some(Command::Refuse { case: key().case() })]);
}
