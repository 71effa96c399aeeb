//! A team that is full: from the policy file to the route, the desk and the load of the week.

use std::fs;

use kernel::days::amsterdam_date;
use serde_json::Value;

use crate::support::{house::House, region};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_team_passes_on_and_every_route_says_so() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let today = amsterdam_date(house.now()).to_string();
    let zeef = async |args: &[&str]| {
        let output = house.zeef(args).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
        output.stdout
    };
    let text = include_str!("../../../policies/9001.toml")
        .replacen("version = \"2026-2\"", "version = \"2026-teams\"", 1)
        .replacen("\"het team vroegsignalering\"", "\"het team vroegsignalering\", capacity_per_week = 1", 1)
        .replacen(
            "\"het crisisinterventieteam\"",
            "\"het crisisinterventieteam\", capacity_per_week = 2, overflow = \"vroegsignalering\"",
            1,
        );
    let file = house.dir.path().join("9001.toml");
    fs::write(&file, text).unwrap();
    zeef(&["routing", "propose", file.to_str().unwrap(), "--as", "b-1"]).await;
    zeef(&["routing", "approve", "9001", "2026-teams", "--valid-from", &today, "--as", "b-2"]).await;

    // Two months of rent each: for the crisis team, which takes two a week.
    let mut cases = Vec::new();
    for (n, reference) in ["R-1", "R-2", "R-3", "R-4"].into_iter().enumerate() {
        cases.push(house.planned_case("woonstichting", region::signal("9001", reference, 1 + u32::try_from(n).unwrap())).await);
    }
    let last_route = async |case: &str| {
        let explained: Value = serde_json::from_slice(&zeef(&["routing", "explain", case, "--json"]).await).unwrap();
        let route = explained["routes"].as_array().unwrap().last().unwrap().clone();
        let full = route["overflow"].as_array().unwrap().iter().map(|one| format!("{} {}", one["team"], one["why"]).replace('"', ""));
        (route["team"].as_str().unwrap().to_owned(), full.collect::<Vec<_>>())
    };
    let (crisis, early) = ("crisisinterventie", "vroegsignalering");
    let mut routes = Vec::new();
    for case in &cases {
        routes.push(last_route(case).await);
    }
    // Which of them came third is the week's to say; nobody is without a team.
    routes.sort();
    assert_eq!(
        routes,
        [
            (crisis.to_owned(), vec![]),
            (crisis.to_owned(), vec![]),
            (crisis.to_owned(), vec![format!("{crisis} full"), format!("{early} full")]),
            (early.to_owned(), vec![format!("{crisis} full")]),
        ]
    );

    // A worker may choose a full team all the same, and that is told too.
    zeef(&["routing", "override", &cases[0], "--track", "crisis", "--team", early, "--reason", "safety"]).await;
    assert_eq!(last_route(&cases[0]).await, (early.to_owned(), vec![format!("{early} full")]));
    let told = String::from_utf8(zeef(&["routing", "explain", &cases[0]]).await).unwrap();
    assert!(told.contains("Overloop: team vroegsignalering is vol in 2026-W10, na 1 zaken, en heeft deze zaak toch"), "{told}");
    house
        .case(&cases[0], "the desk tells it", |case| {
            case.timeline
                .iter()
                .any(|line| line.text.contains("team vroegsignalering was die week vol, na 1 zaken, en heeft deze zaak toch"))
        })
        .await;

    let load: Value =
        serde_json::from_slice(&zeef(&["routing", "load", "9001", "--from", &today, "--to", &today, "--json"]).await).unwrap();
    let rows = load["load"].as_array().unwrap().iter().map(|row| {
        let count = |name: &str| row[name].as_u64().unwrap();
        (row["team"].as_str().unwrap(), [count("began"), count("beyond"), count("passed_on"), count("capacity")])
    });
    assert_eq!(rows.collect::<Vec<_>>(), [(crisis, [3, 1, 1, 2]), (early, [2, 1, 1, 1])], "{load:#}");
    let verified: Value = serde_json::from_slice(&zeef(&["journal", "verify", "--json"]).await).unwrap();
    assert_eq!(verified["sound"], true, "{verified:#}");
    house.stop().await;
    house.nobody_panicked();
}
