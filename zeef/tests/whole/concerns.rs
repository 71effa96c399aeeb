//! Concerns at the desk: told, read, decided about, and in no count of the sieve.

use jiff::SignedDuration;
use proto::{
    desk::v1::GetSieveRequest,
    intake::v1::{ConcernContent, RecordConcernRequest, concerns_service_client::ConcernsServiceClient},
};
use service::Role;

use crate::support::{
    house::{House, Plan},
    page::{ask, field},
    region, until,
};

/// The concern, and from where on the list has it.
async fn told(house: &House, household: u32, told: &str) -> (String, u64) {
    let address = region::signal("9001", "", household).address;
    let content = ConcernContent { address, told: told.to_owned(), teller_name: "Verzonnen-Buur".to_owned(), ..Default::default() };
    let request = RecordConcernRequest { command: region::now(), teller: "volunteer".to_owned(), content: Some(content) };
    let mut concerns = ConcernsServiceClient::new(house.client("intake", &house.actor(&[Role::Desk])).await);
    let recorded = concerns.record_concern(request).await.unwrap().into_inner();
    (recorded.concern_id, recorded.position.unwrap().sequence)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concern_is_read_and_decided_at_the_desk_and_counts_in_no_sieve() {
    let house = Plan::default().clock("2026-03-02T09:00:00+01:00").start().await;
    let case = house.planned_case("woonstichting", region::signal("9001", "Z-1", 1)).await;
    let (stays, _) = told(&house, 2, "Er is geen eten in huis.").await;
    let (linked, sequence) = told(&house, 1, "De bel is stuk en niemand komt.").await;
    let list = ask(&house, &format!("GET /zorgen?vanaf={sequence}"), &[]);
    assert!(list.text.contains(&stays) && list.text.contains("vrijwilliger") && !list.text.contains("geen eten"), "{}", list.text);
    assert!(list.text.contains("01-04-2026"), "{}", list.text);

    let page = ask(&house, "POST /zorgen/lezen", &[("zorg", &linked)]);
    assert!(page.text.contains("De bel is stuk") && page.text.contains("Verzonnen-Buur"), "{}", page.text);
    assert!(page.text.contains("is vastgelegd"), "the page says that the look is logged");
    let step = |concern: &str, of: &str, step: &str, more: (&str, &str)| {
        ask(&house, "POST /zorgen/stap", &[("zorg", concern), ("verzoek", of), ("stap", step), more])
    };
    let request = field(&page, "verzoek");
    let done = step(&linked, &request, "zaak", ("zaak", &case));
    assert!(done.status == 303 && done.head.contains("/zorgen?vanaf="), "{}", done.text);
    assert_eq!(step(&linked, &request, "zaak", ("zaak", &case)).status, 303, "pressed twice is done once");
    assert_eq!(step(&linked, &request, "klaar", ("reden", "resolved")).status, 409, "it goes with its case");
    let danger = field(&ask(&house, "POST /zorgen/lezen", &[("zorg", &stays)]), "verzoek");
    assert_eq!(step(&stays, &danger, "voorbij", ("reden", "")).status, 400, "danger does not end without a reason");
    let done = step(&stays, &danger, "gevaar", ("reden", ""));
    let list = done.head.lines().find_map(|line| line.to_lowercase().strip_prefix("location: ").map(str::to_owned)).unwrap();
    house.advance(SignedDuration::from_hours(60 * 24)).await;
    let list = ask(&house, &format!("GET {list}"), &[]);
    assert!(list.text.contains("gevaar: 1") && list.text.contains("hoort bij een zaak: 1"), "{}", list.text);
    assert_eq!(step(&stays, &danger, "voorbij", ("reden", "resolved")).status, 303);
    until("what was told is gone", || async {
        let read = ask(&house, "POST /zorgen/lezen", &[("zorg", &stays)]);
        if read.status == 409 { Ok(()) } else { Err(read.text) }
    })
    .await;

    let sieve = house.desk().await.get_sieve(GetSieveRequest::default()).await.unwrap().into_inner();
    assert_eq!(sieve.cases, 1, "a concern is no case");
    let verified = house.zeef(&["journal", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    house.stop().await;
    house.nobody_panicked();
}
