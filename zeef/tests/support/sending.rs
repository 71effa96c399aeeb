//! Sending a partner's file through the command line, breaking that off, and what must be there afterwards.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Output, Stdio},
};

use proto::{common::v1::Page, intake::v1::FindCaseRequest, outreach::v1::ListWorkRequest};

use super::{house::House, until};

/// Who sends.
pub const PARTNER: &str = "woonstichting";

/// All that a command said.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Sends the file to its end: accepted, repeated and refused.
pub async fn counts(house: &House, file: &Path) -> (u64, u64, u64) {
    let output = house.zeef(&["signals", "submit", file.to_str().unwrap(), "--organisation", PARTNER, "--json"]).await;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)));
    let refused = answer["refused"].as_array().unwrap().len();
    (answer["accepted"].as_u64().unwrap(), answer["repeated"].as_u64().unwrap(), u64::try_from(refused).unwrap())
}

/// Sends the file, and kills the sender as soon as this row is in.
pub async fn killed(house: &House, file: &Path, row: &str) {
    let args = ["signals", "submit", file.to_str().unwrap(), "--organisation", PARTNER];
    let mut sender = house.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let intake = house.intake().await;
    until("the row is in", || {
        let request = FindCaseRequest { organisation: PARTNER.to_owned(), reference: row.to_owned(), ..FindCaseRequest::default() };
        let mut intake = intake.clone();
        async move { intake.find_case(request).await.map(drop).map_err(|status| status.to_string()) }
    })
    .await;
    sender.kill().unwrap();
    sender.wait().unwrap();
}

/// How many reports have a contact plan, by municipality.
pub async fn planned(house: &House) -> BTreeMap<String, usize> {
    let mut outreach = house.outreach().await;
    let (mut found, mut token) = (BTreeMap::new(), String::new());
    loop {
        let request = ListWorkRequest { page: Some(Page { size: 500, token }), ..ListWorkRequest::default() };
        let list = outreach.list_work(request).await.unwrap().into_inner();
        for item in list.items {
            *found.entry(item.gemeentecode).or_default() += 1;
        }
        token = list.next_token;
        if token.is_empty() {
            return found;
        }
    }
}

/// The journal verifies, with nothing on its way.
pub async fn verified(house: &House) {
    until("the journal verifies, with nothing on its way", || async {
        let verified = house.zeef(&["journal", "verify", "--json"]).await;
        let answer: serde_json::Value = serde_json::from_slice(&verified.stdout).map_err(|error| error.to_string())?;
        let settled = answer["pending"].as_array().is_some_and(Vec::is_empty);
        if answer["sound"] == true && settled { Ok(()) } else { Err(format!("{answer:#}")) }
    })
    .await;
}
