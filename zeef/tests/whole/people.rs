//! People at one address: a pair in doubt is decided at the desk and on the command line, and cases go together and apart.

use proto::intake::v1 as pb;
use serde_json::{Value, json};

use crate::support::{
    house::{House, Plan},
    page::{ask, field},
    region, until,
};

/// A report about somebody at a door of one household.
fn about(reference: &str, number: u32, given: &str) -> pb::Signal {
    let mut signal = region::signal("9001", reference, number);
    signal.person = Some(pb::Person { initials: given.into(), infix: "de".into(), surname: "Verzonnen".into(), ..Default::default() });
    signal
}

async fn told(house: &House, args: &[&str]) -> Value {
    let output = house.zeef(&[args, &["--json"]].concat()).await;
    assert!(output.status.success(), "{args:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_in_doubt_is_decided_at_the_desk_and_each_look_is_logged() {
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").start().await;
    house.report("woonstichting", about("R-1", 1, "Mark")).await;
    house.report("woonstichting", about("R-2", 1, "Maria")).await;
    let queue = until("the pair on the page", || async {
        let page = ask(&house, "GET /personen", &[]);
        if page.text.contains("Bekijk de namen") { Ok(page) } else { Err(page.text) }
    })
    .await;
    assert!(queue.text.contains("zelfde eerste voorletter, maar de rest verschilt") && !queue.text.contains("Verzonnen"), "{}", queue.text);
    let pair = ["zaak", "een", "ander"].map(|name| (name, field(&queue, name)));
    let pair: Vec<(&str, &str)> = pair.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let looked = told(&house, &["vault", "looks", pair[0].1]).await;
    assert_eq!(looked["looks"].as_array().unwrap().len(), 0);
    let names = ask(&house, "POST /personen/namen", &pair);
    assert!(names.status == 200 && names.text.contains("Mark de Verzonnen") && names.text.contains("Maria de Verzonnen"), "{}", names.text);
    assert!(names.text.contains("Dat u ze bekeek, is vastgelegd") && !names.text.contains("<script"), "{}", names.text);
    let looked = told(&house, &["vault", "looks", pair[0].1]).await;
    assert_eq!(looked["looks"].as_array().unwrap().len(), 2, "each name that was shown: {looked:#}");

    let verzoek = field(&names, "verzoek");
    let decided = [&pair[..], &[("verzoek", &verzoek), ("oordeel", "verschillend")]].concat();
    let done = ask(&house, "POST /personen/oordeel", &decided);
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(ask(&house, "POST /personen/oordeel", &decided).status, 303, "pressed twice is decided once");
    let back = done.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let queue = ask(&house, &format!("GET {back}"), &[]);
    assert!(queue.text.contains("Er zijn geen twijfelgevallen"), "{}", queue.text);
    until("the decision in the history, once", || async {
        let page = ask(&house, &format!("GET /zaken/{}", pair[0].1), &[]);
        let told = page.text.matches("twee namen in deze zaak zijn van verschillende personen").count();
        if told == 1 { Ok(()) } else { Err(page.text) }
    })
    .await;

    // The same on the command line; a decision can be taken back.
    let judge = ["persons", "judge", pair[0].1, pair[1].1, pair[2].1, "same"];
    assert!(house.zeef(&judge).await.status.success());
    let opened = told(&house, &["persons", "open", pair[0].1, pair[1].1, pair[2].1]).await;
    assert_eq!(opened["verdict"], "doubtful", "{opened:#}");
    let hers = told(&house, &["signals", "list", pair[0].1, "--person", pair[2].1]).await;
    assert_eq!(hers["signals"].as_array().unwrap().len(), 2, "now one person: {hers:#}");
    assert!(!house.said().contains("Verzonnen"), "no name in a log");
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_cases_show_it_in_both_histories() {
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").start().await;
    let one = house.planned_case("woonstichting", about("R-1", 1, "Mark")).await;
    let other =
        house.planned_case("waterbedrijf-veenstreek", pb::Signal { kind: pb::PartnerKind::Water.into(), ..about("W-1", 2, "Mark") }).await;
    let merged = house.zeef(&["case", "merge", &one, &other]).await;
    assert!(merged.status.success(), "{merged:?}");
    for (case, with, goes_on) in [(&one, &other, "deze"), (&other, &one, "die")] {
        let page = until("the pair on the page", || async {
            let page = ask(&house, &format!("GET /zaken/{case}"), &[]);
            if page.text.contains(&format!("href=\"/zaken/{with}\"")) { Ok(page) } else { Err(page.text) }
        })
        .await;
        assert!(page.text.contains(&format!("het werk gaat in {goes_on} zaak door")), "{}", page.text);
    }
    let attempt = ["outreach", "attempt", &other, "--gemeente", "9001", "--channel", "brief"];
    assert!(house.zeef(&attempt).await.status.success());
    let work = ask(&house, &format!("GET /samen/{one}/{other}"), &[]);
    assert!(work.status == 200 && work.text.contains("contactpoging: brief"), "{}", work.text);
    let name = work.text.split("type=\"radio\" name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let verzoek = field(&work, "verzoek");
    let missing = ask(&house, &format!("POST /samen/{one}/{other}"), &[("verzoek", &verzoek)]);
    assert_eq!(missing.status, 409, "all that was done is somebody's: {}", missing.text);
    let told_how = house.zeef(&["case", "unmerge", &one, &other]).await;
    let said = String::from_utf8_lossy(&told_how.stderr).into_owned();
    assert!(said.contains("[work-unassigned]") && said.contains(&format!("zeef case merged {one} {other}")), "{said}");
    let apart = ask(&house, &format!("POST /samen/{one}/{other}"), &[("verzoek", &verzoek), (&name, &one)]);
    assert_eq!(apart.status, 303, "{}", apart.text);
    for case in [&one, &other] {
        until("the letter on the page", || async {
            let page = ask(&house, &format!("GET /zaken/{case}"), &[]);
            let told = page.text.contains("Nog recht te zetten: 1 brief of bericht") && page.text.contains("(brief of bericht)");
            if told { Ok(()) } else { Err(page.text) }
        })
        .await;
    }
    let listed = told(&house, &["case", "merged", &one, &other]).await;
    assert_eq!((&listed["work"][0]["assigned_case_id"], &listed["work"][0]["rectified"]), (&json!(one), &json!(false)), "{listed:#}");
    let letter = listed["work"][0]["position"].as_str().unwrap();
    assert!(house.zeef(&["case", "rectified", &one, &other, letter]).await.status.success());
    let right = ask(&house, &format!("GET /samen/{one}/{other}"), &[]);
    assert!(right.text.contains("rechtgezet") && !right.text.contains("Deze brief is rechtgezet"), "{}", right.text);
    for case in [&one, &other] {
        until("nothing to put right", || async {
            let page = ask(&house, &format!("GET /zaken/{case}"), &[]);
            if page.text.contains("Nog recht te zetten") { Err(page.text) } else { Ok(()) }
        })
        .await;
    }
    assert!(house.zeef(&["case", "merge", &one, &other]).await.status.success(), "they may go together again");
    let twice = house.zeef(&["case", "merge", &other, &one]).await;
    assert!(!twice.status.success() && String::from_utf8_lossy(&twice.stderr).contains("merged-already"), "{twice:?}");
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_spouse_says_is_not_said_by_the_other() {
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").start().await;
    let case = house.planned_case("woonstichting", about("R-1", 1, "Hanna")).await;
    let water = pb::Signal { kind: pb::PartnerKind::Water.into(), ..about("W-1", 1, "Pieter") };
    house.report("waterbedrijf-veenstreek", water).await;
    let signals = told(&house, &["signals", "list", &case]).await;
    let [hanna, pieter] = [0, 1].map(|at: usize| signals["signals"][at]["person_id"].as_str().unwrap().to_owned());
    assert_ne!(hanna, pieter, "{signals:#}");
    let done = async |args: &[&str]| {
        let output = house.zeef(args).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
    };
    let withhold = ["persons", "consent", &case, &hanna, "--purpose", "withhold-rent", "--means", "spoken", "--word"];
    done(&[&withhold[..], &["given"]].concat()).await;
    done(&[&withhold[..], &["withdrawn"]].concat()).await;
    let bound = ["persons", "restrict", &case, &hanna, "--kind", "representative", "--surname", "Bewindvoerder-Verzonnen"];
    done(&bound).await;
    done(&["persons", "refuse", &case, &hanna, "--no-contact"]).await;

    // The plan stands for the household; with one of them it is not carried out.
    let item = until("the next attempt is forbidden with one of them", || async {
        let work = told(&house, &["outreach", "worklist"]).await;
        let item = work["items"].as_array().unwrap().iter().find(|item| item["case_id"] == case.as_str()).cloned().unwrap_or_default();
        if item["forbidden"].as_array().is_some_and(|not_so| not_so.len() == 2) { Ok(item) } else { Err(work.to_string()) }
    })
    .await;
    assert!(item["forbidden"].as_array().unwrap().iter().all(|one| one["person_id"] == hanna.as_str()), "{item:#}");
    assert!(item["state"] == "planned" && item["attempt_by"].is_string() && item["term_due"].is_string(), "{item:#}");
    let channel = item["channel"].as_str().unwrap().to_owned();
    let attempt = ["outreach", "attempt", &case, "--gemeente", "9001", "--channel", &channel];
    for of in [&[][..], &["--person", &hanna]] {
        let output = house.zeef(&[&attempt[..], of].concat()).await;
        assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("contact-restricted"), "{output:?}");
    }
    done(&[&attempt[..], &["--person", &pieter]].concat()).await;
    done(&[&attempt[..], &["--person", &hanna, "--despite-restriction"]].concat()).await;
    let shown = house
        .case(&case, "the violation, with an owner", |case| case.timeline.iter().any(|one| one.text.contains("dienstdoende medewerker")))
        .await;
    assert_eq!(shown.line.unwrap().help, "outreach", "a no of one is not a no of the other");
    let page = ask(&house, &format!("GET /zaken/{case}"), &[]);
    for words in ["alleen via de vertegenwoordiger", "wil geen contact", "ingetrokken op", "Wilde geen hulp op"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("Verzonnen"), "{}", page.text);

    // Everything about one of them, and nothing of the other.
    let names = |kept: &Value| kept["records"].as_array().unwrap().iter().map(|one| one["name"].to_string()).collect::<Vec<_>>();
    let hers = told(&house, &["rights", "access", &case, "--person", &hanna]).await;
    assert!(hers["wishes"][0]["consents"][1]["word"] == "withdrawn" && hers["wishes"][0]["restrictions"][1]["kind"] == "no-contact");
    assert!(names(&hers).len() == 2 && !hers.to_string().contains("Pieter") && !hers.to_string().contains("W-1"), "{hers:#}");
    let his = told(&house, &["rights", "access", &case, "--person", &pieter]).await;
    assert_eq!((names(&his), &his["wishes"]), (vec!["\"Pieter de Verzonnen\"".to_owned()], &json!([])));
    for secret in ["Hanna", "R-1", "Bewindvoerder", &hanna] {
        assert!(!his.to_string().contains(secret), "{secret}: {his:#}");
    }

    // With the last of them the household is not approached further.
    done(&["persons", "refuse", &case, &pieter]).await;
    house.case(&case, "nobody is left who did not say no", |case| case.line.as_ref().is_some_and(|line| line.help == "refused")).await;
    assert!(!house.said().contains("Verzonnen"), "no name in a log");
    house.stop().await;
    house.nobody_panicked();
}
