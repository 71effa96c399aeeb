//! The pages, rendered in this process: the figures are on them, and nothing of what people wrote is markup.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use desk::{Store, web};
use jiff::SignedDuration;
use kernel::terms::{TermEvent, statutory};
use prost::Message;
use proto::intake::v1 as intake;
use service::{Actor, Authoriser, Gate, Issuer, Role};
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    chain::descend,
    support::{Case, Pen, Still, date, local, nowhere},
};

struct Site {
    pages: Router,
    _dir: tempfile::TempDir,
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Site {
    fn of(pen: &Pen, door: web::Door) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::default());
        store.apply(&pen.records);
        let clock = Arc::new(Still(local("2026-12-24T10:15:02")));
        let region = service::region::Region::from_dir(dir.path()).unwrap();
        Self { pages: web::router(store, clock, door, region, nowhere()), _dir: dir }
    }

    async fn ask(&self, request: Request<Body>) -> Page {
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str) -> Page {
        self.ask(Request::get(path).header("host", "127.0.0.1:4780").body(Body::empty()).unwrap()).await
    }
}

/// A page without tags and runs of blanks.
fn words(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in page.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn region() -> (Pen, Vec<Case>) {
    let mut pen = Pen::default();
    let cases: Vec<_> = (0..6).map(|number| Case::new(if number < 4 { "9001" } else { "9002" }, 100 + number)).collect();
    descend(&mut pen, &cases[0], 4);
    pen.close(&cases[0], "help-financial", false);
    descend(&mut pen, &cases[1], 11);
    pen.aftercare(&cases[1], "evicted");
    descend(&mut pen, &cases[2], 6);
    descend(&mut pen, &cases[3], 4);
    descend(&mut pen, &cases[4], 3);
    descend(&mut pen, &cases[5], 1);
    (pen, cases)
}

#[tokio::test]
async fn the_sieve_page_holds_the_figures() {
    let (pen, _) = region();
    let site = Site::of(&pen, web::Door::Loopback);
    let page = site.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    let text = words(&page.text);
    assert!(text.contains("6 zaken 1 uitgezeefd 4 in behandeling 1 woning verloren"), "{text}");
    assert!(text.contains("3 Signaal bij de gemeente 5 1 3 1 0 1 0"), "{text}");
    assert!(text.contains("11 Ontruiming aangezegd of woning verlaten 1 0 0 1 0 0 1"), "{text}");
    assert!(text.contains("Bijgewerkt op 24-12-2026 om 10:15:02"), "{text}");
    assert_eq!(page.text.matches("<svg class=\"balk\"").count(), 11);
    let other = words(&site.get("/?gemeente=9002").await.text);
    assert!(other.contains("2 zaken 0 uitgezeefd 2 in behandeling 0 woning verloren"), "{other}");
}

#[tokio::test]
async fn who_keeps_up_with_partners_sees_which_final_supplies_came_late() {
    let mut pen = Pen::default();
    let case = |number: u128| Case::new("9001", 200 + number);
    let report = |pen: &mut Pen, case: &Case, at: &str, organisation: &str, report_by: &str| {
        pen.at(at);
        let signal = intake::SignalAccepted {
            signal_id: case.bytes(),
            case_id: case.bytes(),
            kind: intake::PartnerKind::Water.into(),
            organisation: organisation.to_owned(),
            received_at_ms: local(at).as_millisecond(),
            supply_ends: Some(date("2026-09-30")),
            supply_report_by: Some(date(report_by)),
            ..Default::default()
        };
        let events = [pen.opened(case, 3, "signal"), ("intake", "SignalAccepted", signal.encode_to_vec())];
        pen.commit(case, &events);
    };
    report(&mut pen, &case(1), "2026-09-02T23:59:00", "waterland", "2026-09-02");
    report(&mut pen, &case(2), "2026-09-03T09:00:00", "waterland", "2026-09-02");
    report(&mut pen, &case(3), "2026-09-07T09:00:00", "waterland", "2026-09-02");
    report(&mut pen, &case(4), "2026-09-04T09:00:00", "energie-oost", "2026-09-02");
    // In error, and with a date that turned out to be wrong.
    report(&mut pen, &case(5), "2026-09-08T09:00:00", "waterland", "2026-09-02");
    let withdrawn = intake::SignalWithdrawn { signal_id: case(5).bytes(), case_id: case(5).bytes(), reason: "error".to_owned() };
    pen.commit(&case(5), &[("intake", "SignalWithdrawn", withdrawn.encode_to_vec())]);
    report(&mut pen, &case(6), "2026-09-08T09:00:00", "waterland", "2026-09-02");
    let corrected = intake::SignalCorrected {
        signal_id: case(6).bytes(),
        case_id: case(6).bytes(),
        organisation: "waterland".to_owned(),
        first_received_at_ms: local("2026-09-08T09:00:00").as_millisecond(),
        supply_ends: Some(date("2026-12-31")),
        supply_report_by: Some(date("2026-12-02")),
        ..Default::default()
    };
    pen.commit(&case(6), &[("intake", "SignalCorrected", corrected.encode_to_vec())]);
    let site = Site::of(&pen, web::Door::Loopback);
    let page = site.get("/te-laat").await;
    let text = words(&page.text);
    assert!(page.status == StatusCode::OK && text.contains("waterland: 2 te laat") && text.contains("energie-oost: 1 te laat"), "{text}");
    assert!(text.contains("07-09-2026 02-09-2026 3 werkdagen 30-09-2026") && text.contains("1 werkdag "), "{text}");
    assert!(page.text.contains(&format!("/zaken/{}", case(2).id)) && !page.text.contains(&case(1).id.to_string()), "{text}");
    assert!(words(&site.get("/te-laat?gemeente=9002").await.text).contains("geen afsluiting te laat"), "another municipality's");
}

#[tokio::test]
async fn the_list_is_filtered_and_leads_to_the_case() {
    let (pen, cases) = region();
    let site = Site::of(&pen, web::Door::Loopback);
    let page = site.get("/zaken?stand=failed").await;
    assert!(page.text.contains(&format!("/zaken/{}", cases[1].id)) && !page.text.contains(&cases[2].id.to_string()));
    assert!(words(&page.text).contains("woning verloren ontruimd zonder nieuwe plek"));
    let page = site.get("/zaken?gemeente=9002&live=uit").await;
    assert!(page.text.contains(&format!("/zaken/{}?live=uit", cases[4].id)) && !page.text.contains(&cases[0].id.to_string()));
    assert!(!page.headers.contains_key("refresh"));
    assert!(words(&site.get("/zaken?gemeente=9003").await.text).contains("geen zaken"));
    for wrong in ["/zaken?stand=x", "/zaken?gemeente=9", "/zaken?na=zz", "/?gemeente=%FF"] {
        assert_eq!(site.get(wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn long_lists_are_turned_page_by_page() {
    let mut pen = Pen::default();
    for number in 0..120 {
        pen.now += SignedDuration::from_mins(1);
        pen.signal(&Case::new("9001", number));
    }
    let site = Site::of(&pen, web::Door::Loopback);
    let mut path = "/zaken?stand=standing".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = site.get(&path).await;
        let rows = page.text.split("<th scope=\"row\"><a href=\"/zaken/").skip(1).map(|row| row.split('"').next().unwrap().to_owned());
        seen.extend(rows);
        let Some(next) = page.text.split("<a href=\"").find(|link| link.contains("rel=\"next\"")) else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (120, 120));
}

#[tokio::test]
async fn the_case_page_tells_steps_terms_and_times() {
    let (mut pen, cases) = region();
    let case = &cases[2];
    // Received on 28-11-2026: the twenty-eighth day is second Christmas day; it moves on to Monday.
    let received = "2026-11-28".parse().unwrap();
    let offer = statutory::offer(received).term(Uuid::from_u128(1), received, "desk", 7);
    let talk = statutory::first_talk("2026-12-14".parse().unwrap()).term(Uuid::from_u128(2), "2026-12-14".parse().unwrap(), "desk", 7);
    pen.term(case, "outreach", &TermEvent::Set(offer)).term(case, "outreach", &TermEvent::Set(talk.clone()));
    pen.term(case, "outreach", &TermEvent::Met { id: talk.id, happened_at: pen.now, late: false });
    let site = Site::of(&pen, web::Door::Loopback);
    let page = site.get(&format!("/zaken/{}", case.id)).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = words(&page.text);
    for part in [
        "aanbod van hulp art. 3 lid 1 onder b Wgs 28-12-2026 nog 4 dagen loopt 28-11-2026",
        "26-12-2026 tweede Kerstdag, 27-12-2026 zondag",
        "Eerdere termijnen (1)",
        "Stap 6: Dagvaarding 05-06-2026",
        "Stap 7: Zitting niet bereikt",
        "Signaal ontvangen van woonveste (huur): achterstand vanaf € 1.230",
        "05-06-2026 10:00 Dagvaarding betekend: roldatum 01-07-2026 Juridisch 6",
        "Toegewezen aan wijkteam-noord, spoor vroeg: eerste signaal van een verhuurder",
        "Diepste stap 6. Dagvaarding",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert_eq!(page.text.matches("aria-current=\"step\"").count(), 1);
    for missing in [format!("/zaken/{}", Uuid::from_u128(4)), "/zaken/geen-nummer".to_owned(), "/bestaat-niet".to_owned()] {
        let page = site.get(&missing).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(words(&page.text).contains("Deze pagina bestaat niet"));
    }
}

#[tokio::test]
async fn what_others_wrote_is_never_markup() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 1));
    let signal = pen.signalled(&case, "<script>alert(1)</script>\"'&", 100, None, None);
    let opened = pen.opened(&case, 3, "signal");
    pen.commit(&case, &[opened, signal]).close(&case, "\"><img src=x onerror=alert(1)>", false);
    let site = Site::of(&pen, web::Door::Loopback);
    for path in [format!("/zaken/{}", case.id), "/zaken".to_owned(), "/?gemeente=%3Cscript%3E".to_owned(), "/%3Cscript%3E".to_owned()] {
        let page = site.get(&path).await;
        assert!(!page.text.contains("<script") && !page.text.contains("<img"), "{path}");
        assert!(!page.text.contains("style=") && !page.text.contains("onerror=\""), "nothing inline: {path}");
    }
    let page = site.get(&format!("/zaken/{}", case.id)).await;
    assert!(page.text.contains("alert(1)"), "it is there, as text");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_bound_a_browser() {
    let (pen, cases) = region();
    let site = Site::of(&pen, web::Door::Loopback);
    for path in ["/".to_owned(), "/zaken".to_owned(), format!("/zaken/{}", cases[0].id), "/stijl.css".to_owned(), "/niets".to_owned()] {
        let page = site.get(&path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        assert!(page.headers.contains_key("cache-control"));
    }
    assert_eq!(site.get("/").await.headers["refresh"], "10");
    assert!(!site.get("/?live=uit").await.headers.contains_key("refresh"));
}

#[tokio::test]
async fn a_form_is_taken_from_these_pages_only() {
    let (pen, _) = region();
    let site = Site::of(&pen, web::Door::Loopback);
    let post = |path: &str, from: &[(&str, &str)]| {
        let request = Request::post(path).header("host", "localhost:4780").header("content-type", "application/x-www-form-urlencoded");
        let request = from.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        site.ask(request.body(Body::from("zaak=x")).unwrap())
    };
    for elsewhere in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:4780")],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
    ] {
        assert_eq!(post("/personen/namen", elsewhere).await.status, StatusCode::FORBIDDEN, "{elsewhere:?}");
    }
    for here in [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:4780")] {
        assert_eq!(post("/", &[here]).await.status, StatusCode::METHOD_NOT_ALLOWED, "the sieve is looked at only");
        let asked = post("/personen/namen", &[here]).await;
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "it is taken; here is no key to ask a service with");
        assert!(words(&asked.text).contains("Wij weten niet wie u bent"));
    }
}

#[tokio::test]
async fn on_loopback_only_names_of_this_machine_are_answered() {
    let (pen, _) = region();
    let site = Site::of(&pen, web::Door::Loopback);
    for (host, status) in [
        ("localhost:4780", StatusCode::OK),
        ("[::1]:4780", StatusCode::OK),
        ("127.0.0.1", StatusCode::OK),
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("127.0.0.1.evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("10.0.0.7", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let page = site.ask(Request::get("/").header("host", host).body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, status, "{host}");
    }
}

#[tokio::test]
async fn elsewhere_a_token_is_needed_and_municipalities_never_see_each_other() {
    let (pen, cases) = region();
    let dir = tempfile::tempdir().unwrap();
    let issuer = Issuer::create_or_load(&dir.path().join("key.pem")).unwrap();
    let site = Site::of(&pen, web::Door::Token(Gate::new(issuer.identity(), Authoriser::built_in().unwrap())));
    let ask = |path: &str, token: Option<&str>| {
        let mut request = Request::get(path).header("host", "zeef.example");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        site.ask(request.body(Body::empty()).unwrap())
    };
    let refused = ask("/", None).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(words(&refused.text).contains("U bent niet ingelogd") && !refused.text.contains("zaken 1"));
    assert_eq!(ask("/stijl.css", None).await.status, StatusCode::OK, "the refusal has a style too");
    assert_eq!(ask("/zaken", Some("nonsense")).await.status, StatusCode::UNAUTHORIZED);

    let token = |role, gemeente: &str| {
        let actor = Actor::person("p-17", gemeente, &[role], &[gemeente.parse().unwrap()]);
        issuer.token(&actor, SignedDuration::from_mins(5)).unwrap()
    };
    assert_eq!(ask("/", Some(&token(Role::Landlord, "9002"))).await.status, StatusCode::FORBIDDEN);
    let desk = token(Role::Desk, "9002");
    let own = ask("/", Some(&desk)).await;
    assert!(words(&own.text).contains("2 zaken") && !own.text.contains("9001"));
    assert_eq!(ask(&format!("/zaken/{}", cases[4].id), Some(&desk)).await.status, StatusCode::OK);
    assert_eq!(ask(&format!("/zaken/{}", cases[0].id), Some(&desk)).await.status, StatusCode::NOT_FOUND);
    let theirs = ask("/zaken?gemeente=9001", Some(&desk)).await;
    assert!(words(&theirs.text).contains("geen zaken"));
}

#[tokio::test]
async fn the_privacy_officer_sees_what_was_asked_and_what_is_late() {
    let (mut pen, cases) = region();
    let day = |iso: &str| Some(proto::common::v1::Date { iso: iso.to_owned() });
    let asked = |case: &Case, n: u128, right: &str, due: &str| intake::RightRequested {
        request_id: Uuid::from_u128(n).as_bytes().to_vec(),
        case_id: case.bytes(),
        right: right.to_owned(),
        asked_on: day("2026-11-20"),
        due: day(due),
        officer: "fg-1".to_owned(),
        ..Default::default()
    };
    for (case, n, right, due) in
        [(0, 1, "access", "2027-01-04"), (0, 2, "objection", "2026-12-21"), (0, 3, "erasure", "2026-12-30"), (4, 4, "access", "2027-01-04")]
    {
        let bytes = asked(&cases[case], n, right, due).encode_to_vec();
        pen.commit(&cases[case], &[("intake", "RightRequested", bytes)]);
    }
    let (request_id, case_id) = (Uuid::from_u128(3).as_bytes().to_vec(), cases[0].bytes());
    let (right, verdict) = ("erasure".to_owned(), "granted".to_owned());
    let decided = intake::RightDecided { request_id, case_id, right, verdict, ..Default::default() };
    pen.commit(&cases[0], &[("intake", "RightDecided", decided.encode_to_vec())]);

    let dir = tempfile::tempdir().unwrap();
    let issuer = Issuer::create_or_load(&dir.path().join("key.pem")).unwrap();
    let site = Site::of(&pen, web::Door::Token(Gate::new(issuer.identity(), Authoriser::built_in().unwrap())));
    let ask = async |role, path: &str| {
        let actor = Actor::person("p-17", "9001", &[role], &["9001".parse().unwrap()]);
        let token = issuer.token(&actor, SignedDuration::from_mins(5)).unwrap();
        let request = Request::get(path).header("host", "zeef.example").header("authorization", format!("Bearer {token}"));
        site.ask(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask(Role::Desk, "/rechten").await.status, StatusCode::FORBIDDEN);
    // The menu names the page to who may open it.
    assert!(!ask(Role::Desk, "/zaken").await.text.contains("/rechten"));
    assert!(ask(Role::PrivacyOfficer, "/zaken").await.text.contains("/rechten"));
    let page = ask(Role::PrivacyOfficer, "/rechten").await;
    let text = words(&page.text);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in {text}"));
    assert!(at("Bezwaar tegen de verwerking (AVG artikel 21) 20-11-2026 21-12-2026 te laat") < at("Verzoek om inzage (AVG artikel 15)"));
    assert!(!text.contains("wissing") && !page.text.contains(&cases[4].id.to_string()), "decided, and of another municipality");
    let case = words(&Site::of(&pen, web::Door::Loopback).get(&format!("/zaken/{}", cases[0].id)).await.text);
    assert!(case.contains("Verzoek om wissing (AVG artikel 17): ingewilligd"), "{case}");
}

#[tokio::test]
async fn what_persons_allow_and_do_not_want_is_on_the_page_of_their_case() {
    let (mut pen, cases) = region();
    let (case_id, person) =
        (cases[0].bytes(), |n: u128| Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_0000_0000_0000 + n).as_bytes().to_vec());
    let said = |n, word: &str, happened_at_ms| intake::ConsentRecorded {
        case_id: case_id.clone(),
        person_id: person(n),
        purpose: "withhold-rent".to_owned(),
        word: word.to_owned(),
        means: "written".to_owned(),
        happened_at_ms,
    };
    let (given, withdrawn) = (said(1, "given", 1_700_000_000_000), said(1, "withdrawn", 1_700_100_000_000));
    // Recorded late is not said last.
    pen.commit(&cases[0], &[("intake", "ConsentRecorded", withdrawn.encode_to_vec())]);
    pen.commit(&cases[0], &[("intake", "ConsentRecorded", given.encode_to_vec())]);
    let restricted = intake::ContactRestricted {
        restriction_id: vec![9; 16],
        case_id: case_id.clone(),
        person_id: person(2),
        kind: "channels".to_owned(),
        channels: vec!["telefoon".to_owned()],
        since_ms: 1_700_000_000_000,
        ..Default::default()
    };
    pen.commit(&cases[0], &[("intake", "ContactRestricted", restricted.encode_to_vec())]);
    let page = words(&Site::of(&pen, web::Door::Loopback).get(&format!("/zaken/{}", cases[0].id)).await.text);
    assert!(page.contains("Persoon 000000000001 Toestemming voor inhouden van de lopende huur op de uitkering: ingetrokken"), "{page}");
    assert!(page.contains("Persoon 000000000002 Contactbeperking: niet via telefoon, vanaf"), "{page}");
    assert!(page.contains("Persoon 000000000001: toestemming voor inhouden van de lopende huur op de uitkering gegeven"), "the timeline");
    let silent = words(&Site::of(&pen, web::Door::Loopback).get(&format!("/zaken/{}", cases[1].id)).await.text);
    assert!(!silent.contains("Toestemming en contact"), "{silent}");
}
