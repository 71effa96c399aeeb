//! Open or closed is decided in one place: a new report that races against the end of a case is never lost in it.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use proto::{
    desk::v1::Case,
    intake::v1::{PartnerKind, SubmitSignalRequest, verdict::Outcome},
    outreach::v1::RecordAnswerRequest,
};

use crate::support::{house::House, region, until};

const ROUNDS: u32 = 1_000;
const AT_ONCE: usize = 4;
const GEMEENTE: &str = "9001";

/// Events that end the clock of a report.
const ENDINGS: [&str; 3] = ["CaseClosed", "SignalWithdrawn", "OfferMade"];

/// How one round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// In the same case, which goes on.
    Attached,
    /// In the same case, which an event ended after the report came in.
    EndedAfterwards,
    /// In a new case.
    NewCase,
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Where a report of that moment stands in its case; an error when it has neither a clock that runs nor an event that ended it.
fn stands(case: &Case, received_at: Timestamp, reports: usize) -> Result<bool, String> {
    let clocks: Vec<&str> = case.terms.iter().filter(|term| term.kind == "offer").map(|term| term.state.as_str()).collect();
    let running = clocks.iter().filter(|state| ["running", "warned", "expired"].contains(*state)).count();
    let line = case.line.as_ref().unwrap();
    if clocks.len() != reports {
        return Err(format!("{reports} reports and {} clocks: {clocks:?}", clocks.len()));
    }
    if line.standing == "standing" {
        return if running > 0 { Ok(true) } else { Err(format!("it stands, and no clock runs: {clocks:?}")) };
    }
    // Closed: an event at or after the receipt must have ended it, and then no clock runs on in a case that nobody looks at.
    let ended = case.timeline.iter().any(|moment| ENDINGS.contains(&moment.event.as_str()) && instant(&moment.happened_at) >= received_at);
    match (ended, running) {
        (true, 0) => Ok(false),
        (true, _) => Err(format!("closed, and {running} clocks run: {clocks:?}")),
        (false, _) => Err(format!("closed by an event before the report came in; clocks: {clocks:?}")),
    }
}

async fn round(house: &House, number: u32) -> Result<End, String> {
    let (first, second) = (format!("R-{number}"), format!("E-{number}"));
    let case = house.planned_case("woonstichting", region::signal(GEMEENTE, &first, number)).await;

    // Connected before, so that the two set out at random moments of each other, and both orders happen.
    let (mut outreach, mut intake) = (house.outreach().await, house.intake_of("noorderlicht-energie").await);
    let finish = async {
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..120_000))).await;
        let request = RecordAnswerRequest {
            command: region::now(),
            case_id: case.clone(),
            gemeentecode: GEMEENTE.to_owned(),
            answer: "resolved".to_owned(),
            result: "self-solved".to_owned(),
        };
        outreach.record_answer(request).await.unwrap();
    };
    let attach = async {
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..60_000))).await;
        let mut signal = region::signal(GEMEENTE, &second, number);
        signal.kind = PartnerKind::Energy.into();
        let request = SubmitSignalRequest { command: region::now(), signal: Some(signal), ..Default::default() };
        match intake.submit_signal(request).await.unwrap().into_inner().verdict.and_then(|verdict| verdict.outcome) {
            Some(Outcome::Accepted(receipt)) => receipt,
            other => panic!("not accepted: {other:?}"),
        }
    };
    let ((), receipt) = tokio::join!(finish, attach);
    let received_at = instant(&receipt.received_at);

    let found = house.case_of("noorderlicht-energie", &second).await.case_id;
    let attached = found == case;
    let reports = if attached { 2 } else { 1 };
    // Reactions take a moment; what stays wrong is wrong.
    let desk = house.desk().await;
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let judged = until("a judgement", || {
        let mut desk = desk.clone();
        let request = proto::desk::v1::GetCaseRequest { case_id: found.clone(), at_least: Vec::new() };
        async move {
            let case = desk.get_case(request).await.map_err(|status| status.to_string())?.into_inner();
            match stands(&case, received_at, reports) {
                Ok(standing) => Ok(Ok(standing)),
                Err(why) if std::time::Instant::now() > deadline => Ok(Err(format!("round {number}: {why}\n{case:#?}"))),
                Err(why) => Err(why),
            }
        }
    })
    .await?;
    Ok(match (attached, judged) {
        (true, true) => End::Attached,
        (true, false) => End::EndedAfterwards,
        (false, _) => End::NewCase,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attach_against_finish() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let ends: Vec<Result<End, String>> =
        stream::iter(1..=ROUNDS).map(|number| round(&house, number)).buffer_unordered(AT_ONCE).collect().await;
    let wrong: Vec<&String> = ends.iter().filter_map(|end| end.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{} of {ROUNDS} reports have no clock; the first: {}", wrong.len(), wrong[0]);
    let count = |end| ends.iter().filter(|one| **one == Ok(end)).count();
    let (attached, after, new) = (count(End::Attached), count(End::EndedAfterwards), count(End::NewCase));
    eprintln!("{attached} attached, {after} ended afterwards, {new} in a new case");
    assert!(new > 0 && attached + after > 0, "both sides won some races: {attached} {after} {new}");
    house.stop().await;
    house.nobody_panicked();
}
