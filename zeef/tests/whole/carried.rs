//! From one machine to NATS and back: what was known is known, and what was begun goes on.

use std::process::Output;

use crate::support::{house::House, nats::NatsServer, region};

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The one process of the house, on NATS or on its own journal; the case is as it was, and a report about its door comes to it.
async fn goes_on(house: &House, nats: Option<&str>, case: &str, reference: &str, reports: usize) {
    let more: Vec<String> = nats.iter().flat_map(|url| ["--nats".to_owned(), (*url).to_owned()]).collect();
    house.restart_with("zeef", &more).await;
    let clocks = |case: &proto::desk::v1::Case| case.terms.iter().filter(|term| term.kind == "offer").count();
    house.case(case, "as it was", |case| clocks(case) == reports).await;
    house.report("woonstichting", region::signal("9001", reference, 1)).await;
    assert_eq!(house.case_of("woonstichting", reference).await.case_id, case, "the door is known");
    house.case(case, "with one report more", |case| clocks(case) == reports + 1).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_goes_on_where_it_was_carried_to() {
    let server = NatsServer::start().await;
    let url = server.url();
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    let there = ["journal", "copy", "--nats", &url];
    let back = ["journal", "copy", "--nats", &url, "--back"];

    let running = house.zeef(&there).await;
    assert!(!running.status.success() && said(&running).contains("in use by another process"), "{}", said(&running));
    house.stop().await;
    let carried = house.zeef(&there).await;
    assert!(carried.status.success() && said(&carried).contains("Alles klopt"), "{}", said(&carried));
    goes_on(&house, Some(&url), &case, "R-2", 1).await;

    for not_empty in [there.as_slice(), &back] {
        let refused = house.zeef(not_empty).await;
        assert!(!refused.status.success() && said(&refused).contains("the target is not empty"), "{}", said(&refused));
    }
    let data = &house.processes[0].data;
    std::fs::rename(data.join("journal"), data.join("before")).unwrap();
    let carried = house.zeef(&back).await;
    assert!(carried.status.success() && said(&carried).contains("Alles klopt"), "{}", said(&carried));
    drop(server);
    goes_on(&house, None, &case, "R-3", 2).await;
    house.nobody_panicked();
}
