//! The first command of the README: what it says when it has played the region can be done, word for word.

use std::{collections::BTreeSet, process::Command, time::Duration};

use serde_json::Value;

use crate::support::{
    BOUND,
    form::get,
    process::{Process, free_port},
};

/// Runs a command as the demo printed it.
fn run(line: &str, more: &str) -> String {
    let output = Command::new("sh").args(["-c", &format!("exec {line} {more}")]).output().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_sees_a_case_that_passed_all_eleven_steps_through_all_five_services() {
    let dir = tempfile::tempdir().unwrap();
    let page = free_port();
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");
    let args = ["demo", "--page", &format!("127.0.0.1:{page}"), "--policies", policies].map(str::to_owned).to_vec();
    let demo = Process::new(dir.path(), "demo", args, &[]);
    demo.spawn(&[]);
    let played = async {
        while !demo.said().contains("Ctrl-C") {
            assert!(demo.is_running(), "{}", demo.said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(4 * BOUND, played).await.unwrap_or_else(|_| panic!("still playing: {}", demo.said()));

    let said = demo.said();
    let commands: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(commands.len(), 5, "{said}");
    for command in &commands {
        assert!(run(command, "").lines().count() > 3, "{command}");
    }
    let told = |what: &str| -> Value {
        let command = commands.iter().find(|command| command.contains(what)).unwrap();
        serde_json::from_str(&run(command, "--json")).unwrap()
    };
    let case = told("case show");
    let steps = case["steps"].as_array().unwrap();
    assert!(steps.len() == 11 && steps.iter().all(|step| step["state"] == "entered"), "{steps:#?}");
    let trace = told("case trace");
    assert_eq!(trace["trace_id"].as_str().unwrap(), case["case"]["case_id"].as_str().unwrap().replace('-', ""));
    let contexts: BTreeSet<_> = trace["spans"].as_array().unwrap().iter().map(|span| span["context"].as_str().unwrap()).collect();
    assert_eq!(contexts, BTreeSet::from(["aftercare", "court-liaison", "intake", "outreach", "routing"]));
    let sieve = told("sieve");
    let shown = get(page, "/");
    assert!(shown.status == 200 && shown.text.contains("ontruimingszeef"), "{}", shown.text);
    let mut rows = shown.text.split("class=\"stap\"").skip(1);
    for step in sieve["steps"].as_array().unwrap() {
        let count = |name: &str| step[name].as_u64().unwrap();
        assert_eq!(count("entered"), count("sieved_out") + count("standing") + count("failed"), "{step}");
        assert!(count("sieved_out_here") > 0, "somebody is helped at every step: {step}");
        // The page shows the same figures, whoever looks.
        let row = rows.next().unwrap_or_else(|| panic!("the page ends before {step}"));
        let cells = row.split("class=\"getal\">").skip(1).map(|cell| cell.trim_start_matches("<strong>"));
        let figures: Vec<u64> = cells.map_while(|cell| cell.split('<').next()?.parse().ok()).take(4).collect();
        assert_eq!(figures, ["entered", "sieved_out", "standing", "failed"].map(count), "{step}");
    }

    demo.terminate();
    let (status, _) = demo.end().await;
    assert!(status.success(), "{status:?}");
}
