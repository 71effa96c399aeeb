//! Court liaison in a process of its own over the embedded journal: what is told over gRPC, and what it makes of others.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what is wrong by a panic")]

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use journal::{
    Journal, Silent, Subject,
    commit::{Concern, Envelope},
    embedded::Embedded,
    testing::lagging::Lagging,
};
use kernel::{Key, ids::new_uuid};
use prost::Message;
use proto::{
    common::v1 as common,
    court_liaison::v1::{self as pb, court_liaison_service_client::CourtLiaisonServiceClient, fact::What},
    intake::v1 as intake,
    outreach::v1 as outreach,
};
use service::{Actor, Authoriser, Client, Gate, Issuer, Lifecycle, Parts, ProcessClock, Role, Server, SetClock};
use tonic::Code;
use uuid::Uuid;

struct House {
    journal: Arc<Embedded>,
    clock: Arc<SetClock>,
    issuer: Issuer,
    address: String,
    life: Lifecycle,
    _data: tempfile::TempDir,
}

impl House {
    async fn open(start: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let issuer = Issuer::create_or_load(&data.path().join("identity.pem")).unwrap();
        let gate = Gate::new(issuer.identity(), Authoriser::built_in().unwrap());
        let clock = Arc::new(SetClock::starting_at(start.parse().unwrap()));
        let journal = Embedded::open(data.path().join("journal")).unwrap();
        let life = Lifecycle::new();
        let mut server = Server::new(&gate, &ProcessClock::new(None)).unwrap();
        let parts = Parts {
            journal: Lagging::behind(journal.clone()),
            clock: clock.clone(),
            observer: Arc::new(Silent),
            gate,
            data: data.path().to_owned(),
            policies: data.path().join("policies"),
            life: life.clone(),
            readiness: server.readiness(),
            parking: service::Parking::default(),
        };
        court_liaison::start(&parts, &mut server).unwrap();
        let bound = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = bound.address().to_string();
        let living = life.clone();
        tokio::spawn(async move { bound.serve(&living, Duration::from_secs(5)).await.unwrap() });
        Self { journal, clock, issuer, address, life, _data: data }
    }

    async fn client(&self, staff: &str, role: Role, gemeenten: &[&str]) -> CourtLiaisonServiceClient<Client> {
        let gemeenten: Vec<_> = gemeenten.iter().map(|code| code.parse().unwrap()).collect();
        let token = self.issuer.token(&Actor::person(staff, "gemeente", &[role], &gemeenten), SignedDuration::from_hours(1)).unwrap();
        CourtLiaisonServiceClient::new(service::connect(&self.address, Some(&token)).await.unwrap())
    }

    /// A public commit of another context about a case.
    async fn elsewhere(&self, context: &str, key: Key, name: &'static str, event: impl Message) {
        let now = Timestamp::now();
        let subject = Subject::new(context, key);
        let concern = Concern { subject: Subject::new("court-liaison", key), previous_for: None };
        let envelope = Envelope {
            commit_id: new_uuid(now),
            request_id: new_uuid(now),
            actor: "somebody".into(),
            cause: None,
            hops: 0,
            happened_at: now,
            recorded_at: now,
            types: vec![(name.to_owned(), 1)],
            previous: None,
            concerns: vec![concern],
            taken_in: Vec::new(),
            trace: None,
        };
        let (payload, _) = envelope.encode(&subject, &[journal::Encoded { name, version: 1, bytes: event.encode_to_vec() }]);
        assert!(matches!(self.journal.append(&subject, 0, payload).await, journal::Appended::At(_)));
    }

    /// The types of all commits of a case, once `enough` holds of them.
    async fn types(&self, key: Key, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let subject = Subject::new("court-liaison", key);
        for _ in 0..1_000 {
            let records = self.journal.load(&subject, 0).await.unwrap();
            let commits = records.iter().map(|record| journal::Commit::read(record).unwrap());
            let types: Vec<String> = commits.flat_map(|commit| commit.envelope.types.into_iter().map(|(name, _)| name)).collect();
            if enough(&types) {
                return types;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not in ten seconds");
    }
}

fn head(happened_at: &str) -> Option<common::Command> {
    Some(common::Command { request_id: new_uuid(Timestamp::now()).to_string(), happened_at: happened_at.to_owned() })
}
fn date(iso: &str) -> Option<common::Date> {
    Some(common::Date { iso: iso.to_owned() })
}
fn record(gemeentecode: &str, what: What) -> pb::RecordFactRequest {
    pb::RecordFactRequest {
        command: head(""),
        gemeentecode: gemeentecode.to_owned(),
        fact: Some(pb::Fact { what: Some(what) }),
        ..pb::RecordFactRequest::default()
    }
}
fn listed(court: &str, on: &str, time: &str) -> What {
    What::HearingListed(pb::HearingListed { court: court.to_owned(), on: date(on), time: time.to_owned() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hearing_list_shows_the_newest_listing_of_ones_own_municipality_at_once() {
    let house = House::open("2026-03-24T09:00:00Z").await;
    let mut amsterdam = house.client("staff-1", Role::CourtLiaison, &["9001"]).await;
    let mut elsewhere = house.client("staff-9", Role::CourtLiaison, &["9002"]).await;

    let first = amsterdam.record_fact(record("9001", listed("Rotterdam", "2026-04-07", "09:30"))).await.unwrap().into_inner();
    let again = pb::RecordFactRequest { case_id: first.case_id.clone(), ..record("9001", listed("Rotterdam", "2026-04-08", "")) };
    let moved = amsterdam.record_fact(again).await.unwrap().into_inner();
    assert_eq!(moved.case_id, first.case_id);
    amsterdam.record_fact(record("9001", listed("Dordrecht", "2026-04-08", "10:00"))).await.unwrap();
    let other = elsewhere.record_fact(record("9002", listed("rotterdam", "2026-04-08", "11:00"))).await.unwrap().into_inner();

    let ask = |court: &str, on: &str, size, token: &str| pb::ListHearingsRequest {
        court: court.to_owned(),
        on: date(on),
        page: Some(common::Page { size, token: token.to_owned() }),
        at_least: other.position.clone(),
    };
    let seen = |list: &pb::ListHearingsResponse| {
        list.hearings.iter().map(|h| (h.court.clone(), h.on.clone().unwrap().iso, h.time.clone(), h.held)).collect::<Vec<_>>()
    };
    let list = amsterdam.list_hearings(ask("ROTTERDAM", "2026-04-08", 0, "")).await.unwrap().into_inner();
    assert_eq!(seen(&list), [("Rotterdam".to_owned(), "2026-04-08".to_owned(), String::new(), false)]);
    assert!(amsterdam.list_hearings(ask("Rotterdam", "2026-04-07", 0, "")).await.unwrap().into_inner().hearings.is_empty());
    // By day, page by page; the token leads on although rows of others lie between.
    let one = amsterdam.list_hearings(ask("", "2026-04-08", 1, "")).await.unwrap().into_inner();
    let two = amsterdam.list_hearings(ask("", "2026-04-08", 1, &one.next_token)).await.unwrap().into_inner();
    assert_eq!((one.hearings[0].court.as_str(), two.hearings[0].court.as_str()), ("Dordrecht", "Rotterdam"));
    let theirs = elsewhere.list_hearings(ask("", "", 0, "")).await.unwrap().into_inner();
    assert_eq!(seen(&theirs), [("rotterdam".to_owned(), "2026-04-08".to_owned(), "11:00".to_owned(), false)]);

    // Held, told on the day itself.
    house.clock.set("2026-04-08T12:00:00Z".parse().unwrap());
    let held = What::HearingHeld(pb::HearingHeld { tenant_appeared: true, duty_tested: pb::Tested::Shown.into() });
    let done = amsterdam.record_fact(pb::RecordFactRequest { case_id: first.case_id, ..record("9001", held) }).await.unwrap().into_inner();
    let list = pb::ListHearingsRequest { at_least: done.position, ..ask("Rotterdam", "2026-04-08", 0, "") };
    assert!(amsterdam.list_hearings(list).await.unwrap().into_inner().hearings[0].held);
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_the_blue_is_recorded_once_and_listed_with_an_owner_until_it_proves_in_order() {
    let house = House::open("2026-03-09T08:00:00Z").await;
    let mut client = house.client("staff-1", Role::CourtLiaison, &["9001"]).await;
    let announced = What::EvictionAnnounced(pb::EvictionAnnounced {
        on: date("2026-03-09"),
        time: "14:00".to_owned(),
        ground: "arrears".to_owned(),
        served_on: None,
    });
    let request = record("9001", announced);
    let first = client.record_fact(request.clone()).await.unwrap().into_inner();
    let mut codes: Vec<_> = first.violations.iter().map(|v| v.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["eviction-announced-too-soon", "eviction-without-judgment", "eviction-without-last-offer"]);
    assert!(first.violations.iter().all(|v| v.owner == "court-liaison" && v.at.starts_with("2026-03-09T09:") && !v.text.is_empty()));
    // The same request again is the same case, and is not recorded again.
    let repeated = client.record_fact(request).await.unwrap().into_inner();
    assert_eq!((&repeated.case_id, &repeated.position, repeated.violations.len()), (&first.case_id, &first.position, 3));
    let id: Uuid = first.case_id.parse().unwrap();
    assert_eq!(id.get_version_num(), 7);
    let key = Key::new("9001".parse().unwrap(), id);
    let types = house.types(key, |_| true).await;
    assert_eq!(types.iter().filter(|name| *name == "FactRecorded").count(), 1);

    let offer = record("9001", What::LastOffer(pb::LastOffer { accepted: false }));
    let done = client.record_fact(pb::RecordFactRequest { case_id: first.case_id.clone(), ..offer }).await.unwrap().into_inner();
    let list = |position| pb::ListViolationsRequest { page: None, at_least: position };
    let left = client.list_violations(list(done.position)).await.unwrap().into_inner().violations;
    let mut codes: Vec<_> = left.iter().map(|v| v.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["eviction-announced-too-soon", "eviction-without-judgment"]);
    assert_eq!(left[0].case_id, first.case_id);

    // Ours, and gated: administration before help was offered.
    let ask = |second: &str| pb::AskAdministrationRequest {
        command: head(""),
        case_id: first.case_id.clone(),
        gemeentecode: "9001".to_owned(),
        second_officer: second.to_owned(),
    };
    for (second, reason) in [("staff-1", "second-officer-needed"), ("", "second-officer-needed"), ("staff-2", "help-not-offered")] {
        let refused = client.ask_administration(ask(second)).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(tonic_types::StatusExt::get_details_error_info(&refused).unwrap().reason, reason);
    }
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_default_judgment_that_was_not_served_in_person_answers_that_objection_is_open() {
    let house = House::open("2026-05-04T09:00:00Z").await;
    let mut client = house.client("staff-1", Role::CourtLiaison, &["9001"]).await;
    let contested = || pb::Judgment { kind: pb::JudgmentKind::Dissolved.into(), ..pb::Judgment::default() };
    let told = client.record_fact(record("9001", What::Judgment(contested()))).await.unwrap().into_inner();
    assert_eq!(told.objection, None);

    let judgment = What::Judgment(pb::Judgment { by_default: true, ..contested() });
    let told = client.record_fact(record("9001", judgment)).await.unwrap().into_inner();
    assert_eq!(told.objection, Some(pb::Objection { until: None, text: "verzet: staat open".to_owned() }));
    house.clock.set("2026-06-02T09:00:00Z".parse().unwrap());
    let evicted = record("9001", What::EvictionCarriedOut(pb::EvictionCarriedOut {}));
    let told = client.record_fact(pb::RecordFactRequest { case_id: told.case_id, ..evicted }).await.unwrap().into_inner();
    let text = "verzet: uiterlijk 30 juni 2026".to_owned();
    assert_eq!(told.objection, Some(pb::Objection { until: date("2026-06-30"), text }));
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn help_accepted_between_writ_and_hearing_pauses_the_track_until_it_is_resumed() {
    let house = House::open("2026-03-23T08:00:00Z").await;
    let mut client = house.client("staff-1", Role::CourtLiaison, &["9001"]).await;
    let case = new_uuid(Timestamp::now());
    let key = Key::new("9001".parse().unwrap(), case);
    let file_key = Key::new(key.gemeente, new_uuid(Timestamp::now())).to_string();
    // Intake took the landlord's report in January; that is enough to know the address file.
    let report = intake::SignalAccepted {
        signal_id: vec![1; 16],
        case_id: case.as_bytes().to_vec(),
        kind: intake::PartnerKind::Rent.into(),
        received_at_ms: "2026-01-05T10:00:00Z".parse::<Timestamp>().unwrap().as_millisecond(),
        file_key: file_key.clone(),
        ..intake::SignalAccepted::default()
    };
    house.elsewhere("intake", key, "SignalAccepted", report).await;
    house.types(key, |types| types == ["ReportKnown"]).await;
    let of_case = |what| pb::RecordFactRequest { case_id: case.to_string(), ..record("9001", what) };
    let served = What::SummonsServed(pb::SummonsServed { cause_list_date: date("2026-04-07"), court: String::new() });
    let done = client.record_fact(of_case(served)).await.unwrap().into_inner();
    assert!(done.violations.is_empty(), "{:?}", done.violations);

    let resume = || pb::ResumeTrackRequest { command: head(""), case_id: case.to_string(), gemeentecode: "9001".to_owned() };
    assert_eq!(client.resume_track(resume()).await.unwrap_err().code(), Code::FailedPrecondition);
    house.clock.set("2026-03-30T08:00:00Z".parse().unwrap());
    let accepted = outreach::HelpAccepted {
        case_id: case.as_bytes().to_vec(),
        happened_at_ms: "2026-03-30T07:00:00Z".parse::<Timestamp>().unwrap().as_millisecond(),
    };
    house.elsewhere("outreach", key, "HelpAccepted", accepted).await;
    let types = house.types(key, |types| types.iter().any(|name| name == "TrackPaused")).await;
    assert_eq!(types, ["ReportKnown", "TrackOpened", "FactRecorded", "HelpNoted", "TrackPaused", "TermChanged"]);
    // The pause runs out on 29 April: five days before, its owner is warned by the clock itself.
    house.clock.set("2026-04-24T08:00:00Z".parse().unwrap());
    house.types(key, |types| types.iter().filter(|name| *name == "TermChanged").count() == 2).await;
    client.resume_track(resume()).await.unwrap();
    house.types(key, |types| types.last().is_some_and(|name| name == "TrackResumed")).await;
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_in_a_request_is_named_and_others_are_kept_out() {
    let house = House::open("2026-03-23T08:00:00Z").await;
    let mut client = house.client("staff-1", Role::CourtLiaison, &["9001"]).await;
    let announced = |on: &str, time: &str, ground: &str| {
        record(
            "9001",
            What::EvictionAnnounced(pb::EvictionAnnounced {
                on: date(on),
                time: time.to_owned(),
                ground: ground.to_owned(),
                served_on: None,
            }),
        )
    };
    let table = [
        (pb::RecordFactRequest { command: None, ..announced("2026-04-07", "", "mayor") }, "command"),
        (pb::RecordFactRequest { gemeentecode: "901".to_owned(), ..announced("2026-04-07", "", "mayor") }, "gemeentecode"),
        (pb::RecordFactRequest { case_id: "7".to_owned(), ..announced("2026-04-07", "", "mayor") }, "case_id"),
        (pb::RecordFactRequest { file_key: "7".to_owned(), ..announced("2026-04-07", "", "mayor") }, "file_key"),
        (pb::RecordFactRequest { command: head("2027-01-01T00:00:00Z"), ..announced("2026-04-07", "", "mayor") }, "happened_at"),
        (pb::RecordFactRequest { fact: None, ..announced("2026-04-07", "", "mayor") }, "fact"),
        (announced("7 april", "", "mayor"), "fact.eviction_announced.on"),
        (announced("2026-04-07", "half tien", "mayor"), "fact.eviction_announced.time"),
        (announced("2026-04-07", "", "because"), "fact.eviction_announced.ground"),
        (record("9001", listed("J. Jansen, Dorpsstraat 12", "2026-04-07", "")), "fact.hearing_listed.court"),
        (record("9001", What::Judgment(pb::Judgment::default())), "fact.judgment.kind"),
    ];
    for (request, field) in table {
        let refused = client.record_fact(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
        assert!(refused.message().contains(field), "{field}: {}", refused.message());
        assert!(!refused.message().contains("Jansen"));
    }
    // A case that came without its address file is asked for it.
    let nameless = pb::RecordFactRequest { case_id: new_uuid(Timestamp::now()).to_string(), ..announced("2026-04-07", "", "mayor") };
    let refused = client.record_fact(nameless).await.unwrap_err();
    assert_eq!(tonic_types::StatusExt::get_details_error_info(&refused).unwrap().reason, "file-unknown");

    let mut theirs = house.client("staff-9", Role::CourtLiaison, &["9002"]).await;
    assert_eq!(theirs.record_fact(announced("2026-04-07", "", "mayor")).await.unwrap_err().code(), Code::PermissionDenied);
    let mut landlord = house.client("woonstee", Role::Landlord, &["9001"]).await;
    assert_eq!(landlord.record_fact(announced("2026-04-07", "", "mayor")).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(landlord.list_violations(pb::ListViolationsRequest::default()).await.unwrap_err().code(), Code::PermissionDenied);
    house.life.stop();
}
