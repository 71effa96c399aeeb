//! Court liaison and aftercare in one process over the embedded journal: what is announced is somebody's to solve.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what is wrong by a panic")]

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use journal::{Journal, Silent, Subject, embedded::Embedded, testing::lagging::Lagging};
use kernel::{Key, ids::new_uuid};
use proto::{
    aftercare::v1::{self as pb, aftercare_service_client::AftercareServiceClient},
    common::v1 as common,
    court_liaison::v1::{self as court, court_liaison_service_client::CourtLiaisonServiceClient, fact::What},
};
use service::{Actor, Authoriser, Client, Gate, Issuer, Lifecycle, Parking, Parts, ProcessClock, Role, Server, SetClock};
use tonic::{Code, Status};

struct House {
    journal: Arc<Lagging<Embedded>>,
    clock: Arc<SetClock>,
    issuer: Issuer,
    address: String,
    life: Lifecycle,
    _data: tempfile::TempDir,
}

impl House {
    async fn open(start: &str) -> Self {
        Self::behind(start, Lagging::behind).await
    }

    async fn behind(start: &str, lagging: impl FnOnce(Arc<Embedded>) -> Arc<Lagging<Embedded>>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let issuer = Issuer::create_or_load(&data.path().join("identity.pem")).unwrap();
        let gate = Gate::new(issuer.identity(), Authoriser::built_in().unwrap());
        let clock = Arc::new(SetClock::starting_at(start.parse().unwrap()));
        let journal = lagging(Embedded::open(data.path().join("journal")).unwrap());
        let life = Lifecycle::new();
        let mut server = Server::new(&gate, &ProcessClock::new(None)).unwrap();
        let parts = Parts {
            journal: journal.clone(),
            clock: clock.clone(),
            observer: Arc::new(Silent),
            gate,
            data: data.path().to_owned(),
            policies: data.path().join("policies"),
            life: life.clone(),
            readiness: server.readiness(),
            parking: Parking::default(),
        };
        court_liaison::start(&parts, &mut server).unwrap();
        aftercare::start(&parts, &mut server).unwrap();
        let bound = server.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = bound.address().to_string();
        let living = life.clone();
        tokio::spawn(async move { bound.serve(&living, Duration::from_secs(5)).await.unwrap() });
        Self { journal, clock, issuer, address, life, _data: data }
    }

    async fn connect(&self, roles: &[Role], gemeente: &str) -> Client {
        let actor = Actor::person("staff-1", "gemeente", roles, &[gemeente.parse().unwrap()]);
        let token = self.issuer.token(&actor, SignedDuration::from_hours(1)).unwrap();
        service::connect(&self.address, Some(&token)).await.unwrap()
    }

    async fn care(&self, roles: &[Role], gemeente: &str) -> AftercareServiceClient<Client> {
        AftercareServiceClient::new(self.connect(roles, gemeente).await)
    }

    /// Tells a fact of a case of municipality 9001; an empty case is one that nobody knew.
    async fn tell(&self, case_id: &str, what: What) -> String {
        let mut client = CourtLiaisonServiceClient::new(self.connect(&[Role::CourtLiaison], "9001").await);
        let request = court::RecordFactRequest {
            command: head(),
            case_id: case_id.to_owned(),
            gemeentecode: "9001".to_owned(),
            fact: Some(court::Fact { what: Some(what) }),
            ..court::RecordFactRequest::default()
        };
        client.record_fact(request).await.unwrap().into_inner().case_id
    }

    /// The duty of a case, once it is as `wanted`.
    async fn duty(&self, case_id: &str, wanted: impl Fn(&pb::Duty) -> bool) -> pb::Duty {
        let mut client = self.care(&[Role::Aftercare], "9001").await;
        for _ in 0..1_000 {
            let list = pb::ListDutiesRequest { gemeentecode: "9001".to_owned(), ..pb::ListDutiesRequest::default() };
            let duties = client.list_duties(list).await.unwrap().into_inner().duties;
            if let Some(duty) = duties.into_iter().find(|duty| duty.case_id == case_id && wanted(duty)) {
                return duty;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not in ten seconds");
    }

    /// Waits until so many things happened to the clocks of a case.
    async fn terms(&self, case_id: &str, wanted: usize) {
        for _ in 0..1_000 {
            let types = self.commits(case_id).await.into_iter().flat_map(|(types, _)| types);
            if types.filter(|name| name == "TermChanged").count() == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not in ten seconds");
    }

    /// The aftercare commits of a case: types of their events, and whom they concern.
    async fn commits(&self, case_id: &str) -> Vec<(Vec<String>, Vec<String>)> {
        let records = self.journal.load(&Subject::new("aftercare", key(case_id)), 0).await.unwrap();
        let commits = records.iter().map(|record| journal::Commit::read(record).unwrap().envelope);
        commits
            .map(|envelope| {
                let types = envelope.types.into_iter().map(|(name, _)| name).collect();
                (types, envelope.concerns.into_iter().map(|concern| concern.subject.context().to_owned()).collect())
            })
            .collect()
    }
}

fn key(case_id: &str) -> Key {
    Key::new("9001".parse().unwrap(), case_id.parse().unwrap())
}
fn head() -> Option<common::Command> {
    Some(common::Command { request_id: new_uuid(Timestamp::now()).to_string(), happened_at: String::new() })
}
fn assign(case_id: &str, owner: &str) -> pb::AssignDutyRequest {
    pb::AssignDutyRequest { command: head(), case_id: case_id.to_owned(), gemeentecode: "9001".to_owned(), owner: owner.to_owned() }
}
fn date(iso: &str) -> Option<common::Date> {
    Some(common::Date { iso: iso.to_owned() })
}
fn announced(on: &str) -> What {
    What::EvictionAnnounced(court::EvictionAnnounced {
        on: date(on),
        time: "10:00".to_owned(),
        ground: "nuisance".to_owned(),
        served_on: None,
    })
}
fn reason(status: &Status) -> String {
    tonic_types::StatusExt::get_details_error_info(status).unwrap().reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announcement_out_of_the_blue_on_the_day_itself_opens_a_duty_due_that_day() {
    let house = House::open("2026-06-02T06:00:00Z").await;
    let case_id = house.tell("", announced("2026-06-02")).await;
    let duty = house.duty(&case_id, |_| true).await;
    assert_eq!((duty.owner.as_str(), duty.state.as_str(), duty.beat), ("aftercare-9001", "open", date("2026-06-02")));
    let commits = house.commits(&case_id).await;
    assert_eq!(commits[0].0, ["DutyOpened", "TermChanged"]);
    assert_eq!(commits[0].1, ["intake"], "intake hears of it");

    // Evicted; looked for; the clock runs out at midnight; a place is found too late.
    house.tell(&case_id, What::EvictionCarriedOut(court::EvictionCarriedOut {})).await;
    house.duty(&case_id, |duty| duty.home_lost).await;
    let mut care = house.care(&[Role::Aftercare], "9001").await;
    let unknown = pb::RecordDestinationUnknownRequest {
        command: head(),
        case_id: case_id.clone(),
        gemeentecode: "9001".to_owned(),
        last_looked_for: date("2026-06-02"),
    };
    let done = care.record_destination_unknown(unknown).await.unwrap().into_inner();
    let open = |position| pb::ListDutiesRequest { open_only: true, at_least: position, ..pb::ListDutiesRequest::default() };
    let duties = care.list_duties(open(done.position)).await.unwrap().into_inner().duties;
    assert_eq!((duties[0].state.as_str(), duties[0].last_looked_for.clone()), ("destination-unknown", date("2026-06-02")));
    house.clock.set("2026-06-03T06:00:00Z".parse().unwrap());
    // Set, warned (at once: it is the day itself) and expired.
    house.terms(&case_id, 3).await;
    let rehoused = |place: &str| pb::RecordRehousedRequest {
        command: head(),
        case_id: case_id.clone(),
        gemeentecode: "9001".to_owned(),
        place: place.to_owned(),
    };
    assert_eq!(care.record_rehoused(rehoused("a tent")).await.unwrap_err().code(), Code::InvalidArgument);
    let done = care.record_rehoused(rehoused("new-lease")).await.unwrap().into_inner();
    assert!(care.list_duties(open(done.position)).await.unwrap().into_inner().duties.is_empty());
    let duty = house.duty(&case_id, |_| true).await;
    assert_eq!((duty.state.as_str(), duty.place.as_str(), duty.home_lost), ("rehoused", "new-lease", true));
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moved_date_moves_the_duty_and_an_averted_eviction_meets_it() {
    let house = House::open("2026-05-18T06:00:00Z").await;
    let case_id = house.tell("", announced("2026-06-02")).await;
    house.duty(&case_id, |duty| duty.beat == date("2026-06-02")).await;
    house.tell(&case_id, announced("2026-06-16")).await;
    house.duty(&case_id, |duty| duty.beat == date("2026-06-16")).await;
    let mut care = house.care(&[Role::Aftercare], "9001").await;
    assert_eq!(care.assign_duty(assign(&case_id, "Jan Jansen")).await.unwrap_err().code(), Code::InvalidArgument);
    care.assign_duty(assign(&case_id, "team-noord")).await.unwrap();
    house.duty(&case_id, |duty| duty.owner == "team-noord").await;
    house.tell(&case_id, What::EvictionAverted(court::EvictionAverted {})).await;
    house.duty(&case_id, |duty| duty.state == "stays").await;
    assert_eq!(reason(&care.assign_duty(assign(&case_id, "team-zuid")).await.unwrap_err()), "duty-met");
    // The end of the track came in the same commit, and was taken in with it.
    let commits = house.commits(&case_id).await;
    assert_eq!(commits.iter().flat_map(|(types, _)| types).filter(|name| *name == "DutyMet").count(), 1);
    // A home that is left without notice is a duty of that day, in a case of its own.
    let left = house.tell("", What::HomeLeft(court::HomeLeft { how: "key-handed-in".to_owned() })).await;
    let duty = house.duty(&left, |_| true).await;
    assert_eq!((duty.beat, duty.home_lost), (date("2026-05-18"), true));
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_shows_all_that_was_there_and_what_is_known_while_the_journal_is_silent() {
    let house = House::behind("2026-05-18T06:00:00Z", |journal| Lagging::by(Duration::from_millis(400), journal)).await;
    let case_id = house.tell("", announced("2026-06-02")).await;
    house.duty(&case_id, |_| true).await;
    let mut care = house.care(&[Role::Aftercare], "9001").await;
    let owner = async |at_least| {
        let list = pb::ListDutiesRequest { at_least, ..pb::ListDutiesRequest::default() };
        let mut care = house.care(&[Role::Aftercare], "9001").await;
        care.list_duties(list).await.unwrap().into_inner().duties.remove(0).owner
    };
    care.assign_duty(assign(&case_id, "team-noord")).await.unwrap();
    assert_eq!(owner(None).await, "team-noord", "asked for without a position, right after");
    house.journal.silence();
    let done = care.assign_duty(assign(&case_id, "team-zuid")).await.unwrap().into_inner();
    assert_eq!(owner(None).await, "team-noord", "no leader answers: what is known");
    assert_eq!(owner(done.position).await, "team-zuid", "who knows a position needs no leader");
    house.life.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_on_signalling_lists_are_for_aftercare_only_and_concern_nobody() {
    let house = House::open("2026-05-18T06:00:00Z").await;
    let case_id = house.tell("", announced("2026-06-02")).await;
    house.duty(&case_id, |_| true).await;
    let mut care = house.care(&[Role::Aftercare], "9001").await;
    let entry = |ends_on: &str, told| pb::OpenListReviewRequest {
        command: head(),
        case_id: case_id.clone(),
        gemeentecode: "9001".to_owned(),
        organisation: "woonstee".to_owned(),
        ground: "rent-debt".to_owned(),
        entered_on: date("2026-05-11"),
        ends_on: date(ends_on),
        person_told: told,
    };
    let review = |result: &str| pb::RecordListReviewRequest {
        command: head(),
        case_id: case_id.clone(),
        gemeentecode: "9001".to_owned(),
        result: result.to_owned(),
        organisation: String::new(),
    };
    care.open_list_review(entry("2029-05-11", false)).await.unwrap();
    assert_eq!(reason(&care.record_list_review(review("keep")).await.unwrap_err()), "entry-flawed");
    let done = care.open_list_review(entry("2029-05-11", true)).await.unwrap().into_inner();

    let list = || pb::ListEntriesRequest { at_least: done.position.clone(), ..pb::ListEntriesRequest::default() };
    let entries = care.list_entries(list()).await.unwrap().into_inner().entries;
    assert_eq!((entries.len(), entries[0].organisation.as_str(), entries[0].flaws.len()), (1, "woonstee", 0));
    let duties = || pb::ListDutiesRequest { at_least: done.position.clone(), ..pb::ListDutiesRequest::default() };
    let seen = care.list_duties(duties()).await.unwrap().into_inner().duties;
    assert_eq!(seen[0].list_review_on, date("2027-05-11"));
    // Who also does early signalling sees the duty and nothing of the list; the next municipality sees neither.
    let mut both = house.care(&[Role::Aftercare, Role::Desk], "9001").await;
    assert_eq!(both.list_duties(duties()).await.unwrap().into_inner().duties[0].list_review_on, None);
    assert_eq!(both.list_entries(list()).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(both.open_list_review(entry("2029-05-11", true)).await.unwrap_err().code(), Code::PermissionDenied);
    let mut theirs = house.care(&[Role::Aftercare], "9002").await;
    assert!(theirs.list_duties(duties()).await.unwrap().into_inner().duties.is_empty());
    assert!(theirs.list_entries(list()).await.unwrap().into_inner().entries.is_empty());

    let done = care.record_list_review(review("remove")).await.unwrap().into_inner();
    let list = pb::ListEntriesRequest { at_least: done.position, ..pb::ListEntriesRequest::default() };
    assert!(care.list_entries(list).await.unwrap().into_inner().entries.is_empty());
    for (types, concerned) in house.commits(&case_id).await {
        if types.iter().any(|name| name.starts_with("List")) {
            assert!(concerned.is_empty(), "{types:?} concerns {concerned:?}");
        }
    }
    house.life.stop();
}
