//! What people do on the desk's pages, through all services: answer a hand-over, tell what became known, look at the teams' weeks.

use proto::intake::v1::{OfferHandOverRequest, doors_service_client::DoorsServiceClient};
use service::Role;

use crate::support::{
    house::House,
    page::{Page, ask, field},
    region, until,
};

/// The page, as soon as it says this.
async fn page(house: &House, path: &str, says: &str) -> Page {
    until(&format!("{path}: {says}"), || async {
        let page = ask(house, &format!("GET {path}"), &[]);
        if page.text.contains(says) { Ok(page) } else { Err(page.text) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_over_is_answered_on_the_page_and_who_it_is_about_is_a_logged_look() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "O-1", 1)).await;
    let mut doors = DoorsServiceClient::new(house.client("intake", &house.actor(&[Role::Desk])).await);
    let mut offer = async || {
        let address = region::signal("9002", "", 5).address;
        let offer = OfferHandOverRequest { command: region::now(), case_id: case.clone(), address, ..Default::default() };
        doors.offer_hand_over(offer).await.unwrap().into_inner().hand_over_id
    };
    let first = offer().await;
    let waiting = page(&house, "/overdrachten", "Neem over").await;
    assert!(waiting.text.contains(&format!("/zaken/{case}")) && !waiting.text.contains("Voorbeeld"), "{}", waiting.text);
    assert!(!waiting.text.contains("<script"), "no scripts");
    let who = ask(&house, "POST /overdrachten/wie", &[("overdracht", &first)]);
    assert!(who.text.contains("Voorbeeld-1") && who.text.contains("Dat u ze bekeek, is vastgelegd"), "{}", who.text);

    let answer = |page: &Page, id: &str, answer: &str| {
        let verzoek = field(page, "verzoek");
        ask(&house, "POST /overdrachten", &[("overdracht", id), ("antwoord", answer), ("verzoek", &verzoek)])
    };
    assert_eq!(answer(&waiting, &first, "not-here").status, 303);
    assert_eq!(answer(&waiting, &first, "not-here").status, 303, "pressed twice is answered once");
    page(&house, "/overdrachten", "teruggekomen: het huishouden woont daar niet").await;
    let second = offer().await;
    let waiting = page(&house, "/overdrachten", &second).await;
    assert_eq!(answer(&waiting, &second, "").status, 303);
    page(&house, "/overdrachten", "overgenomen").await;
    page(&house, &format!("/zaken/{case}"), "De andere gemeente nam de zaak over").await;
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_known_is_told_on_a_page_and_the_teams_weeks_are_looked_at() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "B-1", 1)).await;
    let path = format!("/zaken/{case}/bekend");
    page(&house, &format!("/zaken/{case}"), &path).await;
    let form = page(&house, &path, "een bijstandsuitkering").await;
    let verzoek = field(&form, "verzoek");
    let tell = |what: &str| {
        let fields = [("omstandigheid", what), ("geldt", "ja"), ("bron", "household"), ("verzoek", verzoek.as_str())];
        ask(&house, &format!("POST {path}"), &fields)
    };
    assert_eq!(tell("a-rumour").status, 400, "from a closed list");
    assert_eq!(tell("benefit").status, 303);
    page(&house, &format!("/zaken/{case}"), "Bekend geworden: een bijstandsuitkering, volgens het huishouden zelf").await;
    assert_eq!(ask(&house, "POST /zaken/0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e/bekend", &[]).status, 404);

    let load = page(&house, "/werkdruk?gemeente=9001", "2026-W10").await;
    assert!(load.text.contains("crisisinterventie") && load.text.contains("Plaatsen"), "{}", load.text);
    assert_eq!(ask(&house, "GET /werkdruk?gemeente=9", &[]).status, 400);
    house.stop().await;
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ddas_misses_is_asked_and_filled_and_a_crisis_that_is_asked_is_routed_as_one() {
    let house = House::embedded("2026-03-09T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "D-1", 1)).await;
    let attempt = ["outreach", "attempt", &case, "--gemeente", "9001", "--channel", "telefoon"];
    assert!(house.zeef(&attempt).await.status.success());
    let path = format!("/zaken/{case}/bekend");
    let form = page(&house, &path, "dagdeel niet vastgelegd").await;
    assert!(form.text.contains("Is het een crisis") && form.text.contains("Is het een warme overdracht"), "{}", form.text);
    let id = [region::request_id().to_string(), region::request_id().to_string()];
    let (poging, signaal) = (field(&form, "poging").replace('+', "%2B"), field(&form, "signaal"));
    let part = [("poging", poging.as_str()), ("dagdeel", "middag"), ("verzoek", id[0].as_str())];
    let told = ask(&house, &format!("POST /zaken/{case}/poging"), &part);
    assert_eq!(told.status, 303, "{}", told.text);
    let warm = house.zeef(&["signals", "supplement", &case, &signaal, "--warm-handover", "no", "--source", "partner"]).await;
    assert!(warm.status.success(), "{warm:?}");
    let said = [("signaal", signaal.as_str()), ("crisis", "ja"), ("bron", "household"), ("verzoek", id[1].as_str())];
    assert_eq!(ask(&house, &format!("POST /zaken/{case}/signaal"), &said).status, 303);
    let complete = house.case(&case, "complete, with a clock of the talk", |case| {
        case.ddas_gaps.is_empty() && case.terms.iter().any(|term| term.kind == "threat-talk")
    });
    let complete = complete.await;
    let talk = complete.terms.iter().find(|term| term.kind == "threat-talk").unwrap();
    assert_eq!(talk.due.as_ref().unwrap().iso, "2026-03-12", "three working days from the day it was said");
    page(&house, &format!("/zaken/{case}"), "Signaal aangevuld door een medewerker, volgens het huishouden zelf: crisis").await;
    house.stop().await;
    house.nobody_panicked();
}
