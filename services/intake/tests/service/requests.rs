//! What people ask by their rights: recorded with a term and an officer, answered, and seen by nobody of another municipality.

use proto::{common::v1 as common, intake::v1 as pb};
use tonic::Code;

use crate::house::{House, command, signal, submit};

fn ask(case_id: &str, right: &str) -> pb::RequestRightRequest {
    pb::RequestRightRequest { command: command(), case_id: case_id.into(), right: right.into(), ..Default::default() }
}
fn decide(request_id: &str, verdict: &str, ground: &str) -> pb::DecideRightRequest {
    pb::DecideRightRequest { command: command(), request_id: request_id.into(), verdict: verdict.into(), ground: ground.into() }
}
fn all() -> pb::ListRightsRequest {
    pb::ListRightsRequest { all: true, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_a_term_and_an_officer_and_is_of_one_municipality() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    submit(&mut house.partner("woonwaard").await, vec![signal("A-1", 1)]).await;
    let case_id = house.case_of("woonwaard", "A-1").await.case_id;
    let mut officer = house.officer("9001").await;
    let asked = officer.request_right(ask(&case_id, "objection")).await.unwrap().into_inner();
    assert_eq!(asked.due, Some(common::Date { iso: "2026-04-02".into() }), "one month");
    let listed = |rights: Vec<pb::RightLine>| rights.into_iter().map(|one| (one.right, one.officer, one.verdict)).collect::<Vec<_>>();
    let at_least = asked.position.clone();
    let open = officer.list_rights(pb::ListRightsRequest { at_least, ..Default::default() }).await.unwrap().into_inner().rights;
    assert_eq!(
        (open[0].request_id.as_str(), open[0].case_id.as_str(), open[0].overdue),
        (asked.request_id.as_str(), case_id.as_str(), false)
    );
    assert_eq!(listed(open), [("objection".into(), "fg-1".into(), String::new())]);

    // Who answers it is named by a code, never by name: it is stored for ever.
    let named = |officer: &str| pb::RequestRightRequest { officer: officer.into(), ..ask(&case_id, "access") };
    let refused = officer.request_right(named("Jan de Vries")).await.unwrap_err();
    assert_eq!((refused.code(), refused.message().contains("no name")), (Code::InvalidArgument, true), "{}", refused.message());
    assert!(!refused.message().contains("Vries"));

    // Another municipality: as a request or case that does not exist.
    let mut strange = house.officer("9002").await;
    let nobodys = "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e";
    assert_eq!(strange.list_rights(all()).await.unwrap().into_inner().rights, []);
    let told = strange.decide_right(decide(&asked.request_id, "granted", "")).await.unwrap_err();
    let unknown = strange.decide_right(decide(nobodys, "granted", "")).await.unwrap_err();
    assert_eq!((told.code(), told.message(), told.details()), (Code::NotFound, unknown.message(), unknown.details()));
    let told = strange.request_right(ask(&case_id, "access")).await.unwrap_err();
    let unknown = strange.request_right(ask(nobodys, "access")).await.unwrap_err();
    assert_eq!((told.code(), told.message(), told.details()), (Code::NotFound, unknown.message(), unknown.details()));
    assert_eq!(house.operator().await.list_rights(all()).await.unwrap_err().code(), Code::PermissionDenied);

    let extended = pb::ExtendRightRequest { command: command(), request_id: asked.request_id.clone() };
    let extended = officer.extend_right(extended).await.unwrap().into_inner();
    assert_eq!(extended.due, Some(common::Date { iso: "2026-06-02".into() }));
    for (verdict, ground) in [("refused", ""), ("granted", "unfounded"), ("perhaps", "")] {
        let wrong = officer.decide_right(decide(&asked.request_id, verdict, ground)).await.unwrap_err();
        assert_eq!(wrong.code(), Code::InvalidArgument);
    }
    let done = officer.decide_right(decide(&asked.request_id, "refused", "compelling-grounds")).await.unwrap().into_inner();
    let at_least = done.position;
    assert_eq!(officer.list_rights(pb::ListRightsRequest { at_least, ..Default::default() }).await.unwrap().into_inner().rights, []);
    let told = officer.list_rights(all()).await.unwrap().into_inner().rights;
    assert_eq!(listed(told), [("objection".into(), "fg-1".into(), "refused".into())]);
    let at_least = officer.request_right(named("fg-2")).await.unwrap().into_inner().position;
    let told = officer.list_rights(pb::ListRightsRequest { at_least, ..Default::default() }).await.unwrap().into_inner().rights;
    assert_eq!(listed(told), [("access".into(), "fg-2".into(), String::new())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_restricted_is_opened_for_a_legal_claim_only() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    submit(&mut house.partner("woonwaard").await, vec![signal("A-1", 1)]).await;
    let case_id = house.case_of("woonwaard", "A-1").await.case_id;
    let (mut officer, mut staff) = (house.officer("9001").await, house.staff("9001").await);
    let asked = officer.request_right(ask(&case_id, "restriction")).await.unwrap().into_inner();
    let open = |purpose: &str| pb::OpenHouseholdRequest { case_id: case_id.clone(), purpose: purpose.into() };
    staff.open_household(open("home-visit")).await.unwrap();
    officer.decide_right(decide(&asked.request_id, "granted", "")).await.unwrap();
    let refused = staff.open_household(open("home-visit")).await.unwrap_err();
    assert_eq!((refused.code(), refused.message().contains("beperkt")), (Code::FailedPrecondition, true));
    staff.open_household(open("legal-claim")).await.unwrap();
    officer.decide_right(decide(&asked.request_id, "lifted", "")).await.unwrap();
    staff.open_household(open("home-visit")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_put_right_and_what_is_erased_is_granted_by_it() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(dir.path()).await;
    submit(&mut house.partner("woonwaard").await, vec![signal("A-1", 1)]).await;
    let case_id = house.case_of("woonwaard", "A-1").await.case_id;
    let mut officer = house.officer("9001").await;
    let access = || pb::AccessRequest { case_id: case_id.clone(), person_id: String::new() };
    let record = officer.access(access()).await.unwrap().into_inner().records.remove(0);
    let asked = officer.request_right(ask(&case_id, "rectification")).await.unwrap().into_inner();
    let by_hand = officer.decide_right(decide(&asked.request_id, "granted", "")).await.unwrap_err();
    assert_eq!(by_hand.code(), Code::FailedPrecondition, "granted by doing it");
    let person = pb::Person { surname: "Voorbeeld-Recht".into(), ..record.person.clone().unwrap() };
    let rectify = |record_id: String| pb::RectifyRequest {
        command: command(),
        request_id: asked.request_id.clone(),
        record_ids: vec![record_id],
        person: Some(person.clone()),
    };
    let nobodys = "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e".to_owned();
    assert_eq!(officer.rectify(rectify(nobodys)).await.unwrap_err().code(), Code::InvalidArgument);
    officer.rectify(rectify(record.record_id.clone())).await.unwrap();
    let told = officer.access(access()).await.unwrap().into_inner();
    assert_eq!((told.records[0].person.as_ref(), told.records[0].amount_cents), (Some(&person), record.amount_cents));
    assert!(told.looks.iter().any(|look| look.audit.contains("rectification-request")), "logged as any look");

    let asked = officer.request_right(ask(&case_id, "erasure")).await.unwrap().into_inner();
    let erase =
        |request_id: String| pb::EraseRequest { case_id: case_id.clone(), ground: "not-needed".into(), request_id, ..Default::default() };
    officer.erase(erase(asked.request_id.clone())).await.unwrap();
    officer.erase(erase(asked.request_id.clone())).await.unwrap();
    let told = officer.list_rights(all()).await.unwrap().into_inner().rights;
    assert!(told.iter().all(|one| one.verdict == "granted") && told.len() == 2, "{told:?}");
}
