//! Routing and outreach together over the embedded journal: from an accepted signal to the last plan, and the clocks on the way.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod house;

use house::{House, Signal};
use jiff::SignedDuration;
use journal::TakenInOutcome;
use proto::{
    outreach::v1::{ListWorkRequest, WorkItem},
    routing::v1::{ExplainRouteRequest, ListRoutesRequest},
};
use service::Role;
use tonic::Code;

/// A small arrears of rent in Hoogerdam: a note, two visits by day, an evening round.
fn small() -> Signal {
    Signal { gemeente: "9002", cents: 40_000, since: "2026-02-01" }
}

fn attempts(items: &[WorkItem]) -> Vec<u32> {
    items.iter().map(|item| item.attempts).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_signal_to_the_team_lead_when_nobody_is_reached() {
    let house = House::open(1).await;
    let case = house.accept(&small()).await;
    let item = house.item(&case, "planned", "early").await;
    assert_eq!((item.team.as_str(), item.channel.as_str(), item.term.as_str()), ("wijkteam", "kaartje", "offer"));
    // Received on Monday 9 March 2026; the next day is the first attempt's; 6 April is Easter Monday.
    assert_eq!((item.attempt_by.unwrap().iso.as_str(), item.term_due.unwrap().iso.as_str()), ("2026-03-10", "2026-04-07"));

    for (track, tries, next) in [("early", 4, "intensive"), ("intensive", 4, "crisis"), ("crisis", 4, "team-lead")] {
        house.item(&case, "planned", track).await;
        for _ in 0..tries {
            house.attempt(&case, false).await.unwrap();
        }
        house.item(&case, "planned", next).await;
    }
    let routes = house.explain(&case).await;
    let rules: Vec<_> = routes.iter().map(|route| (route.rule.as_str(), route.track.as_str())).collect();
    let expected =
        [("signal", "early"), ("early-exhausted", "intensive"), ("intensive-exhausted", "crisis"), ("crisis-exhausted", "team-lead")];
    assert_eq!(rules, expected);
    assert!(routes.iter().all(|route| route.policy_version == "2026-2" && !route.reason.is_empty()));

    for _ in 0..2 {
        house.attempt(&case, false).await.unwrap();
    }
    // Nothing is left to try: only the clock of the offer is, and intake is told.
    let item = house.item(&case, "no-plan", "team-lead").await;
    assert_eq!((item.channel.as_str(), item.term.as_str()), ("", "offer"));
    let exhausted = house.commits("outreach", "PlanExhausted").await;
    assert_eq!(exhausted.len(), 4);
    let told: Vec<_> = exhausted[3].envelope.concerns.iter().map(|concern| concern.subject.context().to_owned()).collect();
    assert_eq!(told, ["routing", "intake"]);
    assert_eq!(exhausted[0].envelope.concerns.len(), 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_stops_the_clock_and_an_answer_the_plan() {
    let house = House::open(1).await;
    let case = house.accept(&small()).await;
    house.item(&case, "planned", "early").await;
    house.attempt(&case, true).await.unwrap();
    let item = house.item(&case, "in-contact", "early").await;
    assert_eq!((item.channel.as_str(), item.term.as_str()), ("", "offer"), "reaching somebody is no offer");

    house.offer(&case).await.unwrap();
    house.answer(&case, "accepted", "").await.unwrap();
    let item = house.item(&case, "help-accepted", "early").await;
    assert_eq!((item.term.as_str(), item.term_due.unwrap().iso.as_str()), ("first-talk", "2026-04-07"));
    house.answer(&case, "resolved", "help-financial").await.unwrap();
    house.gone(&case).await;
    let resolved = house.commits("outreach", "HelpResolved").await;
    assert_eq!(resolved[0].envelope.concerns[0].subject.context(), "intake");

    let status = house.answer(&case, "resolved", "happy").await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("result: one of solved-quickfix"), "{}", status.message());
    let status = house.attempt(&house.unknown("9002"), false).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "outreach does not know this case"));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_further_signal_joins_or_raises_and_each_has_a_clock_of_its_own() {
    let house = House::open(1).await;
    let case = house.accept(&small()).await;
    house.item(&case, "planned", "early").await;
    house.accept_for(&case, &small()).await;
    house.commits_until("outreach", "SignalJoined", 1).await;
    house.accept_for(&case, &Signal { since: "2025-11-01", ..small() }).await;
    let item = house.item(&case, "planned", "crisis").await;
    assert_eq!(item.team, "crisis");
    assert_eq!(house.commits("routing", "CaseRouted").await.len(), 3, "each signal has its route");
    assert_eq!(house.commits("outreach", "PlanMade").await.len(), 2);
    assert_eq!(house.terms_set("offer").await, 3);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_may_route_otherwise_for_a_reason_of_the_policy() {
    let house = House::open(1).await;
    let case = house.accept(&small()).await;
    house.item(&case, "planned", "early").await;
    let status = house.override_route(&case, "express", "hr. De Vries", "haast").await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    for field in ["track: one of early", "team: one of crisis, teamleiding, wijkteam", "reason_code: one of expert"] {
        assert!(status.message().contains(field), "{}", status.message());
    }
    house.override_route(&case, "crisis", "", "safety").await.unwrap();
    house.item(&case, "planned", "crisis").await;
    assert_eq!(house.explain(&case).await[1].rule, "override");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn municipalities_never_see_each_other_and_a_landlord_sees_nothing_here() {
    let house = House::open(1).await;
    let case = house.accept(&small()).await;
    house.item(&case, "planned", "early").await;
    let (mut outreach, mut routing) = house.as_other(Role::Desk, &["9001"]).await;
    let all = ListWorkRequest::default();
    assert_eq!(outreach.list_work(all.clone()).await.unwrap().into_inner().items, []);
    let theirs = ListWorkRequest { gemeentecode: "9002".to_owned(), ..all.clone() };
    assert_eq!(outreach.list_work(theirs.clone()).await.unwrap_err().code(), Code::PermissionDenied);
    let explain = ExplainRouteRequest { case_id: case.id.to_string(), at_least: None };
    let theirs_refused = routing.explain_route(explain.clone()).await.unwrap_err();
    let nowhere = ExplainRouteRequest { case_id: "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c0000".to_owned(), at_least: None };
    let nothing = routing.explain_route(nowhere).await.unwrap_err();
    assert_eq!(
        (theirs_refused.code(), theirs_refused.message(), theirs_refused.details()),
        (Code::NotFound, nothing.message(), nothing.details())
    );
    let list = ListRoutesRequest { gemeentecode: "9002".to_owned(), ..Default::default() };
    assert_eq!(routing.list_routes(list).await.unwrap_err().code(), Code::PermissionDenied);

    let (mut outreach, mut routing) = house.as_other(Role::Landlord, &["9002"]).await;
    assert_eq!(outreach.list_work(theirs.clone()).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(routing.explain_route(explain).await.unwrap_err().code(), Code::PermissionDenied);

    let (mut outreach, _) = house.as_other(Role::Visitor, &["9002"]).await;
    for (request, count) in [(theirs.clone(), 1), (all, 1), (ListWorkRequest { team: "crisis".to_owned(), ..theirs }, 0)] {
        assert_eq!(outreach.list_work(request).await.unwrap().into_inner().items.len(), count);
    }
    house.stop().await;
}

/// Two replicas on one journal; each answer is asked of the one that did not do the work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_show_one_list_and_record_each_clock_once() {
    let house = House::open(2).await;
    let mut cases = Vec::new();
    for _ in 0..20 {
        cases.push(house.accept(&small()).await);
    }
    for case in &cases {
        house.item(case, "planned", "early").await;
    }
    for turn in 0..4 {
        let position = house.attempt_at(turn % 2, &cases[0], true).await.unwrap();
        let list = house.list_at((turn + 1) % 2, "9002", Some(position)).await;
        let own: Vec<_> = list.into_iter().filter(|item| item.case_id == cases[0].id.to_string()).collect();
        assert_eq!(attempts(&own), [u32::try_from(turn).unwrap() + 1]);
    }
    assert_eq!(house.commits("outreach", "PlanMade").await.len(), 20);

    // All clocks run out at the same midnight.
    house.advance(SignedDuration::from_hours(24 * 40)).await;
    house.commits_until_terms("expired", 20).await;
    let (warned, expired) = (house.terms("warned").await, house.terms("expired").await);
    assert_eq!((warned.len(), expired.len()), (20, 20));
    for case in &cases {
        let warned = warned.iter().filter(|commit| commit.subject.key() == case.key()).count();
        assert_eq!(warned, 1);
    }
    // A signal that arrives after its clock had run out is late when known: no warning, no expiry.
    house.accept_received(&small(), "2026-03-01T10:00:00Z").await;
    house.commits_until_terms("late-when-known", 1).await;
    assert_eq!(house.terms("expired").await.len(), 20);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_on_the_work_list_and_the_next_signal_goes_on() {
    let house = House::open(1).await;
    let case = house.accept(&small()).await;
    house.item(&case, "planned", "early").await;
    house.append_raw(&case, "SignalWithdrawn", vec![0xff, 0xff], "outreach").await;
    house.item(&case, "parked", "early").await;
    house.accept_for(&case, &small()).await;
    house.commits_until("outreach", "SignalJoined", 1).await;
    let all = house.all("outreach").await;
    let parked = |taken: &journal::TakenIn| matches!(taken.outcome, TakenInOutcome::Parked(_));
    assert_eq!(all.iter().flat_map(|commit| &commit.envelope.taken_in).filter(|taken| parked(taken)).count(), 1);
    house.stop().await;
}
