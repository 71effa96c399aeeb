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
