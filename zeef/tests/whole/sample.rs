//! The fictional region, played in one process and in six on a real nats-server: it ends the same.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proto::{
    aftercare::v1::ListDutiesRequest,
    common::v1::{Date, Page},
    court_liaison::v1::{ListHearingsRequest, ListViolationsRequest},
    desk::v1::{Case, GetSieveRequest, ListCasesRequest, Sieve},
    outreach::v1::ListWorkRequest,
};
use zeef::player::{Endpoints, Region, Summary, play};

use crate::support::{house::House, nats::NatsServer, until};

/// What a region comes to, by partner's reference: no ids, no positions, no moments of recording.
#[derive(Debug, PartialEq)]
struct Final {
    cases: BTreeMap<String, Vec<String>>,
    sieve: Sieve,
}

fn endpoints(house: &House) -> Endpoints {
    let at = |name: &str| house.process(name).url();
    Endpoints {
        intake: at("intake"),
        routing: at("routing"),
        outreach: at("outreach"),
        court_liaison: at("court-liaison"),
        aftercare: at("aftercare"),
        desk: at("desk"),
    }
}

fn day(date: Option<&Date>) -> &str {
    date.map_or("", |date| date.iso.as_str())
}

fn page(token: &str) -> Option<Page> {
    Some(Page { size: 500, token: token.to_owned() })
}

/// Lists are small here: one page each.
async fn final_of(house: &House, region: &Region, summary: &Summary) -> Final {
    let mut cases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // Several references may be of one case.
    let mut references: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (reference, case) in &summary.cases {
        references.entry(case).or_default().push(reference);
    }
    let name = |case: &str| references.get(case).map_or_else(|| format!("unknown {case}"), |names| names.join("+"));

    let mut desk = house.desk().await;
    let listed = desk.list_cases(ListCasesRequest { page: page(""), ..ListCasesRequest::default() }).await.unwrap().into_inner();
    assert!(listed.next_token.is_empty());
    assert_eq!(listed.cases.len(), references.len(), "every case at the desk is a case of the region");
    for line in &listed.cases {
        let case = desk
            .get_case(proto::desk::v1::GetCaseRequest { case_id: line.case_id.clone(), at_least: Vec::new() })
            .await
            .unwrap()
            .into_inner();
        cases.insert(name(&line.case_id), told(&case));
    }
    let mut add = |case: &str, text: String| cases.get_mut(&name(case)).unwrap_or_else(|| panic!("{case} is not at the desk")).push(text);

    let work = house.outreach().await.list_work(ListWorkRequest { page: page(""), ..ListWorkRequest::default() }).await.unwrap();
    for item in work.into_inner().items {
        add(
            &item.case_id,
            format!(
                "work {} {} {} {} by {} {} until {} {}",
                item.team,
                item.track,
                item.state,
                item.channel,
                day(item.attempt_by.as_ref()),
                item.term,
                day(item.term_due.as_ref()),
                item.attempts
            ),
        );
    }
    let mut court = house.court().await;
    let hearings = court.list_hearings(ListHearingsRequest { page: page(""), ..ListHearingsRequest::default() }).await.unwrap();
    for hearing in hearings.into_inner().hearings {
        add(&hearing.case_id, format!("hearing {} {} {} {}", hearing.court, day(hearing.on.as_ref()), hearing.time, hearing.held));
    }
    let violations = court.list_violations(ListViolationsRequest { page: page(""), ..ListViolationsRequest::default() }).await.unwrap();
    for violation in violations.into_inner().violations {
        add(&violation.case_id, format!("violation {} {}", violation.code, violation.owner));
    }
    let duties = house.aftercare().await.list_duties(ListDutiesRequest { page: page(""), ..ListDutiesRequest::default() }).await.unwrap();
    for duty in duties.into_inner().duties {
        add(
            &duty.case_id,
            format!(
                "duty {} {} {} beat {} lost {} looked {} review {}",
                duty.owner,
                duty.state,
                duty.place,
                day(duty.beat.as_ref()),
                duty.home_lost,
                day(duty.last_looked_for.as_ref()),
                day(duty.list_review_on.as_ref())
            ),
        );
    }
    for lines in cases.values_mut() {
        lines.sort();
    }
    assert!(region.gemeenten.len() == 3, "three municipalities");
    let sieve = desk.get_sieve(GetSieveRequest::default()).await.unwrap().into_inner();
    Final { cases, sieve }
}

/// A case without its id, and without what depends on when exactly somebody looked.
fn told(case: &Case) -> Vec<String> {
    let line = case.line.as_ref().unwrap();
    let mut told = vec![format!(
        "case {} step {} {} outcome {} help {} legal {} payment {} opened {} next {} {} aftercare {}",
        line.gemeentecode,
        line.step,
        line.standing,
        line.outcome,
        line.help,
        line.legal,
        line.payment,
        day(line.opened_on.as_ref()),
        line.next_term,
        day(line.next_due.as_ref()),
        case.aftercare
    )];
    told.extend(case.steps.iter().map(|step| format!("step {:02} {} {}", step.number, step.state, day(step.on.as_ref()))));
    told.extend(case.terms.iter().map(|term| {
        let (starts, due) = (day(term.starts_on.as_ref()), day(term.due.as_ref()));
        format!("term {} {} {starts} to {due} {} {} {}", term.context, term.kind, term.state, term.rolled, term.owner)
    }));
    told
}

/// Plays the region to its end, and some days on, so that what falls due after the last line has done so.
async fn played(house: &House, region: &Region) -> (Summary, Final) {
    let summary =
        play(&endpoints(house), &house.issuer, region, &|_| {}).await.unwrap_or_else(|error| panic!("{error:?}\n{}", house.said()));
    // The player moved the clocks.
    let operator = house.actor(&[service::Role::Operator]);
    let mut latest = Timestamp::MIN;
    for process in &house.processes {
        let client = house.client(&process.name, &operator).await;
        let mut clock = proto::service::v1::clock_service_client::ClockServiceClient::new(client);
        let now = clock.get_clock(proto::service::v1::GetClockRequest {}).await.unwrap().into_inner().now;
        latest = latest.max(now.parse().unwrap());
    }
    assert!(latest >= summary.last);
    until("nothing is on its way", || async {
        let verified = house.zeef(&["journal", "verify", "--json"]).await;
        let answer: serde_json::Value = serde_json::from_slice(&verified.stdout).map_err(|error| format!("{error}: {verified:?}"))?;
        assert_eq!(answer["sound"], true, "{answer:#}");
        assert_eq!(answer["parked"].as_array().map(Vec::len), Some(0), "{answer:#}");
        if answer["pending"].as_array().is_some_and(Vec::is_empty) { Ok(()) } else { Err(format!("{answer:#}")) }
    })
    .await;
    let mut last = final_of(house, region, &summary).await;
    // Views and ticks settle: the same picture twice, a look apart.
    let settled = until("the picture stands still", || {
        let before = std::mem::replace(&mut last, Final { cases: BTreeMap::new(), sieve: Sieve::default() });
        let summary = &summary;
        async move {
            let look = tokio::time::sleep(std::time::Duration::from_millis(700));
            look.await;
            let now = final_of(house, region, summary).await;
            if now == before { Ok(now) } else { Err("it moves".to_owned()) }
        }
    });
    let settled = settled.await;
    (summary, settled)
}

/// A minute before the first line.
fn start(region: &Region) -> String {
    (region.lines.first().unwrap().at - SignedDuration::from_mins(1)).to_string()
}

fn sieve_holds(sieve: &Sieve) {
    assert_eq!(sieve.steps.len(), 11);
    for step in &sieve.steps {
        assert_eq!(step.entered, step.sieved_out + step.standing + step.failed, "entered = sieved out + standing + failed: {step:?}");
        assert!(step.entered > 0, "somebody entered step {}: {step:?}", step.number);
        assert!(step.sieved_out_here > 0, "somebody was sieved out at step {}: {step:?}", step.number);
    }
    let early: u32 = sieve.steps.iter().take(4).map(|step| step.sieved_out_here).sum();
    let late: u32 = sieve.steps.iter().skip(4).map(|step| step.sieved_out_here).sum();
    assert!(early > late, "most are sieved out early: {early} and {late}");
    assert!(sieve.steps.iter().map(|step| step.failed_here).sum::<u32>() > 0, "somebody lost a home");
    let ended: u32 = sieve.steps.iter().map(|step| step.sieved_out_here + step.standing_here + step.failed_here).sum();
    assert_eq!(ended, sieve.cases, "every case is somewhere, once");
}

fn states(lines: &[String]) -> Vec<&str> {
    lines.iter().filter(|line| line.starts_with("step ")).map(|line| line.split(' ').nth(2).unwrap()).collect()
}

/// Step 11 was the first; what was not entered before it is unknown, not passed over. What came later, like a last offer, is there.
fn out_of_the_blue(lines: &[String]) -> bool {
    let mut steps: Vec<Vec<&str>> = lines.iter().filter(|line| line.starts_with("step ")).map(|line| line.split(' ').collect()).collect();
    let Some(last) = steps.pop() else { return false };
    let unknown = steps.iter().filter(|step| step[2] == "unknown").count();
    last[2] == "entered" && unknown >= 8 && steps.iter().all(|step| step[2] == "unknown" || (step[2] == "entered" && step[3] > last[3]))
}

/// Help was accepted after the writ and before the hearing: the pause that follows from it began between the two.
fn helped_before_the_hearing(lines: &[String]) -> bool {
    let word = |begins: &str, at: usize| lines.iter().find(|line| line.starts_with(begins)).and_then(|line| line.split(' ').nth(at));
    let (writ, hearing, accepted) = (word("step 06 entered", 3), word("step 07 entered", 3), word("term outreach pause", 3));
    writ.zip(hearing).zip(accepted).is_some_and(|((writ, hearing), accepted)| writ < accepted && accepted < hearing)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sample_region_ends_the_same_everywhere() {
    let region = Region::sample().unwrap();
    let nats = NatsServer::start().await;
    let in_one = async {
        let house = House::embedded(&start(&region)).await;
        let played = played(&house, &region).await;
        crate::ddas::delivery_holds(&house, played.0.signals).await;
        house.stop().await;
        house.nobody_panicked();
        played
    };
    let in_six = async {
        let house = House::five(&nats, &start(&region)).await;
        let (_, five) = played(&house, &region).await;
        house.stop().await;
        house.nobody_panicked();
        five
    };
    // One after the other: each has the machine for itself.
    let (summary, one) = in_one.await;
    let five = in_six.await;
    eprintln!("{} reports, {} other lines, {} cases in {:?}", summary.signals, summary.lines, one.sieve.cases, summary.took);
    sieve_holds(&one.sieve);
    assert!(one.cases.values().any(|lines| states(lines) == ["entered"; 11]), "somebody passed all eleven steps");
    assert!(helped_before_the_hearing(&one.cases["HW-2026-0031"]), "{:#?}", one.cases["HW-2026-0031"]);
    assert!(one.cases.values().any(|lines| out_of_the_blue(lines)), "somebody entered at step 11 with the earlier steps unknown");

    assert_eq!(one.cases.keys().collect::<Vec<_>>(), five.cases.keys().collect::<Vec<_>>());
    for (reference, lines) in &one.cases {
        assert_eq!(lines, &five.cases[reference], "{reference}: in one process, and in six");
    }
    assert_eq!(one.sieve, five.sieve);
}
