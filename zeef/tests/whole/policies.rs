//! A version of a policy comes into force by two people, from the command line to the explanation of a route.

use std::fs;

use kernel::days::amsterdam_date;
use serde_json::Value;

use crate::support::{house::House, region};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_decides_once_another_person_approved_it() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let today = amsterdam_date(house.now()).to_string();
    let text = include_str!("../../../policies/practices/maastricht.toml");
    let own = text.replacen("version = \"2026-1\"", "gemeente = \"9001\"\nversion = \"2026-maastricht\"", 1);
    let file = house.dir.path().join("9001.toml");
    fs::write(&file, own.replacen("fact.because ==", "fact.postcode ==", 1)).unwrap();
    let zeef = async |args: &[&str], status: i32, says: &str| {
        let output = house.zeef(args).await;
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code() == Some(status) && said.contains(says), "{args:?}: {says} expected in: {said}");
        output
    };
    let propose = ["routing", "propose", file.to_str().unwrap(), "--as", "b-1"];
    zeef(&propose, 1, "fact.postcode mag niet").await;
    fs::write(&file, &own).unwrap();
    zeef(&propose, 0, "het beslist nog niets").await;
    zeef(&propose, 1, "known already").await;
    let version = own.lines().find_map(|line| line.strip_prefix("version = ")).unwrap().trim_matches('"').to_owned();
    let approve = |officer: &'static str, version: &str, day: &str| {
        ["routing", "approve", "9001", version, "--valid-from", day, "--as", officer].map(str::to_owned).to_vec()
    };
    for (args, says) in [
        (approve("b-1", &version, &today), "another person"),
        (approve("b-2", &version, "2026-03-01"), "in the past"),
        (approve("b-2", "2020-1", &today), "no such version"),
    ] {
        zeef(&args.iter().map(String::as_str).collect::<Vec<_>>(), 1, says).await;
    }
    let before = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    zeef(&approve("b-2", &version, &today).iter().map(String::as_str).collect::<Vec<_>>(), 0, "routing@").await;
    let after = house.planned_case("woonstichting", region::signal("9001", "R-2", 2)).await;

    let decided = async |case: &str| -> (String, u64) {
        let output = zeef(&["routing", "explain", case, "--json"], 0, "").await;
        let route = serde_json::from_slice::<Value>(&output.stdout).unwrap()["routes"][0].clone();
        (route["policy_version"].as_str().unwrap().to_owned(), route["policy_position"].as_u64().unwrap())
    };
    let (first, second) = (decided(&before).await, decided(&after).await);
    assert!(first.0 != version && first.1 > 0 && second.0 == version && second.1 > first.1, "{first:?} {second:?}");
    zeef(&["routing", "policies", "9001"], 0, &format!("Vandaag beslist beleid 9001, versie {version}.")).await;
    zeef(&["routing", "policies", "9004"], 0, "meegeleverd").await;
    house.stop().await;
    house.nobody_panicked();
}
