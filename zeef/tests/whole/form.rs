//! A landlord without an account: form, mail at a real SMTP server, confirmation, case, receipt, and the page that checks it.

use jiff::SignedDuration;
use kernel::CaseId;
use proto::intake::v1::OpenHouseholdRequest;

use crate::support::{
    form::{WORDS, ask, body, cases, filled, form, get, hidden, house, is_somewhere, link, post, raw},
    house::House,
    mailbox::Mailbox,
    until,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_becomes_a_case_only_when_its_sender_confirms_and_its_receipt_is_genuine() {
    let mailbox = Mailbox::open();
    let (house, public) = house(&mailbox).await;
    let empty = get(public, "/");
    assert!(empty.status == 200 && empty.text.contains("De huurder heeft niet geantwoord") && !empty.text.contains("<script"));

    // What is wrong is said by the field, and nothing that was filled in is lost.
    let wrong = post(public, "/", &filled(&[("postcode", "35AB"), ("bedrag", "veel")]));
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("href=\"#bedrag\"") && wrong.text.contains("id=\"fout-bedrag\""), "{}", wrong.text);
    assert!(
        wrong.text.contains("value=\"Huurder-Canarie\"") && wrong.text.contains("id=\"d\" name=\"d\" value=\"ja\" checked"),
        "{}",
        wrong.text
    );
    let wrong = post(public, "/", &filled(&[("postcode", "35AB")]));
    assert!(wrong.status == 422 && wrong.text.contains("id=\"fout-postcode\""), "what intake finds is said likewise: {}", wrong.text);
    let many = post(public, "/", &filled(&[("woningen", "meer")]));
    assert!(many.status == 422 && many.text.contains("afspraak met de gemeente"), "{}", many.text);
    assert!(mailbox.mails().is_empty());

    let sent = post(public, "/", &filled(&[]));
    assert!(sent.status == 200 && sent.text.contains("Uw melding telt pas daarna"), "{}", sent.text);
    let mail = mailbox.mails().pop().unwrap();
    assert!(mail.contains("To: verhuurder@voorbeeld.nl") && !mail.contains("Huurder-Canarie") && !mail.contains("Rietvoornpad"), "{mail}");
    let link = link(&mailbox);

    // A mail scanner opens the link, more than once: nothing is reported.
    for _ in 0..3 {
        let looked = get(public, &link);
        assert!(looked.status == 200 && looked.text.contains("Ja, ik meld deze huurachterstand"), "{}", looked.text);
    }
    assert_eq!(ask(public, &format!("HEAD {link}"), "").status, 200);
    assert_eq!(cases(&house).await, Vec::<String>::new());
    // What waits is sealed: nobody reads it from the disk.
    assert!(!is_somewhere(&house.process("zeef").data, "Canarie"));

    house.advance(SignedDuration::from_mins(20)).await;
    let done = post(public, &link, &[]);
    assert!(done.status == 200 && done.text.contains("Uw melding is ontvangen"), "{}", done.text);
    let receipt = hidden(&done);
    let case = until("one case", || async {
        match cases(&house).await.as_slice() {
            [case] => Ok(case.clone()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert!(case.parse::<CaseId>().is_ok());
    let opened = OpenHouseholdRequest { case_id: case.clone(), purpose: "home-visit".to_owned() };
    let opened = house.intake().await.open_household(opened).await.unwrap().into_inner();
    assert_eq!(opened.reporters[0].email, "verhuurder@voorbeeld.nl", "staff can ask the landlord back");
    let again = post(public, &link, &[]);
    assert_eq!(hidden(&again), receipt, "pressed twice is reported once");
    assert_eq!(cases(&house).await.len(), 1);

    let document: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    let document = &document["document"];
    assert!(document["form_received_at"].as_str().unwrap().starts_with("2026-03-02T09:0"), "{document:#}");
    assert!(document["received_at"].as_str().unwrap().starts_with("2026-03-02T09:2"), "it counts from the confirmation: {document:#}");
    assert_eq!(document["declared"]["duties"]["c"]["status"], "not-declared", "evidence missing");

    let genuine = post(public, "/meldbewijs", &[("meldbewijs", &receipt)]);
    assert!(genuine.text.contains("Dit meldbewijs is echt") && genuine.text.contains("1.250,50"), "{}", genuine.text);
    for said in
        ["J. Huurder-Canarie", "Rietvoornpad 17, 3500 AB Waterveen", "P. Verhuurder-Canarie", "2 maart 2026, 09.2", "sinds 1 januari 2026"]
    {
        assert!(genuine.text.contains(said), "{said}: {}", genuine.text);
    }
    let altered = post(public, "/meldbewijs", &[("meldbewijs", &receipt.replace("125050", "25050"))]);
    assert!(altered.text.contains("Dit meldbewijs is niet echt") && altered.text.contains("handtekening"), "{}", altered.text);
    let file = post(public, "/meldbewijs/bestand", &[("meldbewijs", &receipt)]);
    assert!(file.text.contains("attachment; filename=\"meldbewijs.json\"") && file.text.ends_with(&receipt), "{}", file.text);
    std::fs::write(house.dir.path().join("meldbewijs.json"), &receipt).unwrap();
    let verified = house.zeef(&["signals", "verify", "meldbewijs.json"]).await;
    assert!(verified.status.success() && String::from_utf8_lossy(&verified.stdout).contains("Formulier verstuurd"), "{verified:?}");
    on_paper(&house, public, &receipt).await;
    after_rotation_and_erasure(&house, &case).await;
    assert!(!house.said().contains("Canarie") && !house.said().contains("voorbeeld.nl"), "nothing of it is in the logs");
    house.stop().await;
    house.nobody_panicked();
}

/// The bytes of a file that is answered with.
fn file(port: u16, path: &str, receipt: &str) -> Vec<u8> {
    let page = raw(port, &format!("POST {path}"), WORDS, form(&[("meldbewijs", receipt)]).as_bytes());
    let end = page.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    page[end + 4..].to_vec()
}

/// The paper that was given holds offline: with a newer key beside the old one, and when nothing is kept of the report any more.
async fn after_rotation_and_erasure(house: &House, case: &str) {
    let keys = house.process("zeef").data.parent().unwrap().join("receipt.keys");
    let keys = keys.to_str().unwrap();
    let rotated = house.zeef(&["signals", "keys", "rotate", keys, "--gemeente", "9001", "--from", "2099-01-01T00:00:00Z"]).await;
    assert!(rotated.status.success(), "{rotated:?}");
    let published = house.zeef(&["signals", "keys", "show", "--file", keys, "--json"]).await;
    std::fs::write(house.dir.path().join("published.json"), &published.stdout).unwrap();
    assert!(String::from_utf8_lossy(&published.stdout).contains("9001-2"), "{published:?}");
    let erased = house.zeef(&["rights", "erase", case, "--ground", "unlawful"]).await;
    assert!(erased.status.success(), "{erased:?}");
    let holds = house.zeef(&["signals", "verify", "meldbewijs.pdf", "--keys", "published.json"]).await;
    let told = String::from_utf8_lossy(&holds.stdout).into_owned();
    assert!(holds.status.success() && told.contains("J. Huurder-Canarie") && told.contains("Op het papier staat hetzelfde"), "{holds:?}");
    let mut pdf = std::fs::read(house.dir.path().join("meldbewijs.pdf")).unwrap();
    let middle = pdf.len() / 2;
    pdf[middle] ^= 1;
    std::fs::write(house.dir.path().join("veranderd.pdf"), pdf).unwrap();
    let fails = house.zeef(&["signals", "verify", "veranderd.pdf", "--keys", "published.json"]).await;
    assert!(!fails.status.success(), "{fails:?}");
}

/// The PDF of a receipt: what it holds verifies, and the address on it leads to a page that says that it is genuine.
async fn on_paper(house: &House, public: u16, receipt: &str) {
    let pdf = file(public, "/meldbewijs/pdf", receipt);
    assert!(pdf.starts_with(b"%PDF-") && pdf.windows(receipt.len()).any(|part| part == receipt.as_bytes()), "the receipt is in it");
    let document: serde_json::Value = serde_json::from_str(receipt).unwrap();
    let id = document["document"]["receipt_id"].as_str().unwrap();
    let args = ["signals", "receipt", id, "--pdf", "meldbewijs.pdf", "--public-url", "https://melden.example.nl/"];
    let made = house.zeef(&args).await;
    assert!(made.status.success(), "{made:?}");
    assert_eq!(std::fs::read(house.dir.path().join("meldbewijs.pdf")).unwrap(), pdf, "the same paper from either side");

    // What the code says is the address of the link; that the code can be scanned, the tests of `documents` show.
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let path = text.split("(https://melden.example.nl").nth(1).unwrap().split(')').next().unwrap().to_owned();
    let genuine = get(public, &path);
    assert!(genuine.status == 200 && genuine.text.contains("Dit meldbewijs is echt"), "{path}: {}", genuine.text);
    assert!(genuine.text.contains("1.250,50") && !genuine.text.contains("Canarie"), "{}", genuine.text);
    let (rest, last) = path.split_at(path.len() - 1);
    let altered = get(public, &format!("{rest}{}", if last == "0" { "1" } else { "0" }));
    let unknown = get(public, "/meldbewijs/018f0000-0000-7000-8000-000000000000/00000000000000000000000000000000");
    assert_eq!((altered.status, body(&altered)), (404, body(&unknown)), "one answer, whatever does not fit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_confirmed_goes_and_refusals_and_hurry_are_answered_in_plain_dutch() {
    let mailbox = Mailbox::open();
    let (house, public) = house(&mailbox).await;
    let refused = post(public, "/", &filled(&[("antwoord", "nee")]));
    assert!(refused.text.contains("Wij hebben niets bewaard") && hidden(&refused).contains("blocked-by-tenant"), "{}", refused.text);
    assert!(mailbox.mails().is_empty());

    // By its own word the landlord has something to do first.
    post(public, "/", &filled(&[("b", "nee")]));
    let returned = post(public, &link(&mailbox), &[]);
    assert!(returned.text.contains("Uw melding kan nog niet") && returned.text.contains("schuldhulpverlening"), "{}", returned.text);

    post(public, "/", &filled(&[]));
    let link = link(&mailbox);
    assert_eq!(get(public, &link).status, 200);
    let (rest, last) = link.split_at(link.len() - 1);
    let other = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    assert_eq!(get(public, &other).status, 404, "the link is the only key");
    house.advance(SignedDuration::from_hours(25)).await;
    for page in [get(public, &link), post(public, &link, &[])] {
        assert!(page.status == 404 && page.text.contains("Deze link werkt niet"), "{}", page.text);
    }
    assert_eq!(cases(&house).await, Vec::<String>::new());

    let mut last = post(public, "/", &filled(&[]));
    for _ in 0..3 {
        last = post(public, "/", &filled(&[]));
    }
    assert!(last.status == 429 && last.text.contains("Over een uur kunt u het opnieuw versturen"), "{}", last.text);
    for _ in 0..30 {
        last = post(public, "/meldbewijs", &[("meldbewijs", "x")]);
    }
    assert!(last.status == 429 && last.text.contains("Wacht een paar minuten"), "{}", last.text);
    house.stop().await;
    house.nobody_panicked();
}
