//! A worker's choice over the policy's, from the command line to the explanation and the work list.

use serde_json::Value;

use crate::support::{
    house::{House, Plan},
    region, until,
};

async fn asked(house: &House, args: &[&str]) -> Value {
    let output = house.zeef(&[args, &["--json"]].concat()).await;
    assert!(output.status.success(), "{args:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_overrides_a_route_for_a_reason_of_the_policy_and_the_work_follows() {
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").start().await;
    let case = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    let route = ["routing", "override", &case];

    // Nothing that a person types freely gets into an event: what is not the policy's is refused with what would be right.
    for (args, status, right) in [
        (&["--track", "early", "--reason", "omdat mevrouw dat wil"][..], 1, "known-to-team"),
        (&["--track", "early", "--reason", "safety", "--team", "elders"], 1, "vroegsignalering"),
        (&["--track", "express", "--reason", "safety"], 2, "team-lead"),
        (&["--track", "early"], 2, "--reason"),
    ] {
        let output = house.zeef(&[&route[..], args].concat()).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(status) && said.contains(right), "{args:?}: {right} expected in: {said}");
    }
    let routes = asked(&house, &["routing", "explain", &case]).await;
    assert_eq!(routes["routes"].as_array().unwrap().len(), 1, "nothing was changed: {routes:#}");
    assert_eq!(routes["routes"][0]["track"], "crisis");

    // The same request twice, as after an answer that got lost: done once.
    let request = ["--request-id", "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e"];
    for _ in 0..2 {
        let output = house.zeef(&[&route[..], &["--track", "early", "--reason", "known-to-team"], &request].concat()).await;
        assert!(output.status.success(), "{output:?}");
    }
    let routes = until("the worker's choice is explained", || async {
        let routes = asked(&house, &["routing", "explain", &case]).await;
        if routes["routes"].as_array().unwrap().len() > 1 { Ok(routes) } else { Err(routes.to_string()) }
    })
    .await;
    assert_eq!(routes["routes"].as_array().unwrap().len(), 2, "{routes:#}");
    let chosen = &routes["routes"][1];
    assert_eq!((&chosen["rule"], &chosen["because"]), (&"override".into(), &"override".into()), "{chosen:#}");
    assert_eq!((&chosen["track"], &chosen["team"]), (&"early".into(), &"vroegsignalering".into()), "{chosen:#}");
    assert_eq!(chosen["reason"], "Een ander team kent dit huishouden al en neemt het over.");
    let fact = |name: &str| chosen["facts"].as_array().unwrap().iter().find(|fact| fact["name"] == name).unwrap().clone();
    assert_eq!((&fact("reason_code")["value"], &fact("reason_code")["source"]), (&"known-to-team".into(), &"staff".into()));
    assert_eq!(fact("from")["value"], "crisis", "what the worker departed from: {chosen:#}");

    until("the work is the chosen team's", || async {
        let work = asked(&house, &["outreach", "worklist"]).await;
        let items = work["items"].as_array().unwrap();
        let right = items.len() == 1 && items[0]["team"] == "vroegsignalering" && items[0]["track"] == "early";
        if right { Ok(()) } else { Err(work.to_string()) }
    })
    .await;
    house.stop().await;
    house.nobody_panicked();
}
