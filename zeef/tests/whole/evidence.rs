//! Files that a landlord sends along by web form: kept while the form is mended, on the receipt, with staff byte by byte, with nobody else;
//! and whatever is sent instead ends in a clear page.

use std::io::{Read as _, Write as _};

use proto::intake::v1::{ListSignalsRequest, OpenEvidenceRequest, intake_service_client::IntakeServiceClient};
use serde_json::Value;
use service::{Actor, Role};
use sha2::{Digest, Sha256};

use crate::support::{
    form::{BOUNDARY, PARTS, begin, cases, filled, get, hidden, house, is_somewhere, link, page, parts, post, raw, remembered, send},
    mailbox::Mailbox,
    until,
};

const LOG: &[u8] = b"3 februari: gebeld met Huurder-Canarie, niet opgenomen";

/// A letter that takes some pieces.
fn letter() -> Vec<u8> {
    let bytes = (0..100_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes());
    b"%PDF-1.7 Huurder-Canarie\n".iter().copied().chain(bytes).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_landlord_sends_along_is_on_the_receipt_and_with_staff_byte_by_byte() {
    let mailbox = Mailbox::open();
    let (house, public) = house(&mailbox).await;
    let letter = letter();
    let files: [(&str, &str, &[u8]); 3] = [
        ("a_bestand", "gesprek.txt", LOG),
        ("b_bestand", "foto-van-iets-anders.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ("c_bestand", "herinnering Huurder-Canarie.pdf", &letter),
    ];
    // Something else is wrong: the files need not be added again, and one is taken away.
    let wrong = send(public, &filled(&[("postcode", "35AB")]), &files);
    assert!(wrong.status == 422 && wrong.text.contains("Toegevoegd: herinnering Huurder-Canarie.pdf (390 kB)"), "{}", wrong.text);
    let kept = remembered(&wrong);
    assert_eq!(kept.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["a_erbij", "b_erbij", "c_erbij"]);
    let mut fields = filled(&[]);
    fields.extend(kept.iter().map(|(field, value)| (*field, value.as_str())));
    let away = kept[1].1.split('|').next().unwrap();
    fields.push(("weg", away));
    let sent = send(public, &fields, &[("d_bestand", "", b"")]);
    assert!(sent.status == 200 && sent.text.contains("Uw melding telt pas daarna"), "{}", sent.text);
    assert!(!mailbox.mails().pop().unwrap().contains("herinnering"), "the mail tells nothing of it");
    let link = link(&mailbox);
    assert!(get(public, &link).text.contains("gaan 2 bestanden"));
    assert!(!is_somewhere(&house.process("zeef").data, "Canarie"), "what waits is sealed");
    let done = post(public, &link, &[]);
    assert!(done.text.contains("Uw melding is ontvangen"), "{}", done.text);

    // The receipt says what was declared with evidence, and the hash that a judge can compare.
    let receipt = hidden(&done);
    let document: Value = serde_json::from_str(&receipt).unwrap();
    let duties = &document["document"]["declared"]["duties"];
    let hash = hex::encode(Sha256::digest(&letter));
    assert_eq!((duties["c"]["status"].as_str(), &duties["c"]["evidence_sha256"]), (Some("met"), &serde_json::json!([hash])));
    assert_eq!(duties["a"]["evidence_sha256"], serde_json::json!([hex::encode(Sha256::digest(LOG))]));
    assert_eq!((&duties["b"]["evidence_sha256"], &duties["d"]["evidence_sha256"]), (&Value::Null, &Value::Null));
    let checked = post(public, "/meldbewijs", &[("meldbewijs", &receipt)]);
    assert!(checked.text.contains("Dit meldbewijs is echt") && checked.text.contains("verklaard met bewijs"), "{}", checked.text);
    assert!(checked.text.contains(&hash) && !receipt.contains("herinnering") && !receipt.contains("gesprek"), "{receipt}");
    std::fs::write(house.dir.path().join("meldbewijs.json"), &receipt).unwrap();
    let verified = house.zeef(&["signals", "verify", "meldbewijs.json"]).await;
    assert!(verified.status.success() && String::from_utf8_lossy(&verified.stdout).contains(&hash), "offline: {verified:?}");
    let pdf = raw(public, "POST /meldbewijs/pdf", "application/x-www-form-urlencoded", form_of(&receipt).as_bytes());
    let start = pdf.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
    std::fs::write(house.dir.path().join("meldbewijs.pdf"), &pdf[start..]).unwrap();
    assert!(house.zeef(&["signals", "verify", "meldbewijs.pdf"]).await.status.success(), "on paper too");

    // Staff sees that there is evidence, and saves it under names that are not the sender's.
    let case = until("a case", || async { cases(&house).await.pop().ok_or_else(|| "none".to_owned()) }).await;
    let list = ListSignalsRequest { case_id: case.clone(), ..Default::default() };
    let signal = house.intake().await.list_signals(list).await.unwrap().into_inner().signals.remove(0);
    assert_eq!(signal.evidence, 2);
    let saved = house.zeef(&["signals", "evidence", &signal.signal_id, "--out", "bewijs", "--json"]).await;
    assert!(saved.status.success(), "{saved:?}");
    let told: Value = serde_json::from_slice(&saved.stdout).unwrap();
    let name = told["files"].as_array().unwrap().iter().find(|file| file["duty"] == "c").unwrap();
    assert_eq!((name["name"].as_str(), name["sha256"].as_str()), (Some("herinnering Huurder-Canarie.pdf"), Some(hash.as_str())));
    let in_folder = |name: &str| std::fs::read(house.dir.path().join("bewijs").join(name)).unwrap();
    assert!(in_folder("bewijsstuk-c-1.pdf") == letter && in_folder("bewijsstuk-a-1.txt") == LOG, "byte by byte");
    let again = house.zeef(&["signals", "evidence", &signal.signal_id, "--out", "bewijs"]).await;
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("lege map"), "nothing is written over: {again:?}");
    let looks = house.zeef(&["vault", "looks", &case, "--json"]).await;
    assert_eq!(String::from_utf8_lossy(&looks.stdout).matches("verwerkingsactiviteit:evidence").count(), 2, "{looks:?}");

    // Another municipality hears what is said of a signal that there is not.
    let stranger = Actor::person("p-9", "gemeente", &[Role::Desk, Role::PrivacyOfficer], &["9002".parse().unwrap()]);
    let client = house.client("intake", &stranger).await;
    let mut refused = Vec::new();
    for signal_id in [signal.signal_id.clone(), "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e".to_owned()] {
        let request = OpenEvidenceRequest { signal_id, purpose: "evidence".to_owned(), content: true };
        let status = IntakeServiceClient::new(client.clone()).open_evidence(request).await.unwrap_err();
        refused.push((status.code(), status.message().to_owned(), status.details().to_vec()));
    }
    assert_eq!(refused[0], refused[1]);
    let said = house.said();
    assert!(!said.contains("Canarie") && !said.contains("herinnering") && !said.contains("gesprek.txt"), "nothing of it is in the logs");
    assert!(!is_somewhere(&house.process("zeef").data, "Canarie"), "nor in the clear on the disk");
    house.stop().await;
    house.nobody_panicked();
}

fn form_of(receipt: &str) -> String {
    crate::support::form::form(&[("meldbewijs", receipt)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_instead_ends_in_a_clear_page_and_takes_no_memory() {
    let mailbox = Mailbox::open();
    let (house, public) = house(&mailbox).await;
    let (process, fields) = (house.process("zeef"), filled(&[]));
    let small: (&str, &str, &[u8]) = ("c_bestand", "brief.pdf", b"%PDF-1.7");
    // The page says what is wrong, and holds what was filled in.
    let says = |page: &crate::support::form::Page, text: &str| {
        let kept = page.text.contains("value=\"Rietvoornpad\"") && page.text.contains("id=\"d\" name=\"d\" value=\"ja\" checked");
        assert!(page.status == 422 && page.text.contains(text) && kept, "{text}: {}", page.text);
    };
    let empty = send(public, &fields, &[("c_bestand", "leeg.pdf", b"")]);
    says(&empty, "leeg.pdf: Dit bestand is leeg");
    let program = send(public, &fields, &[("c_bestand", "brief.pdf", b"MZ\x90\0\x03\0\0\0"), small]);
    says(&program, "brief.pdf: Dit is geen PDF, foto");
    assert_eq!(remembered(&program).len(), 1, "what was right is kept");
    assert!(program.text.contains("id=\"fout-c_bestand\"") && program.text.contains("href=\"#c_bestand\""), "{}", program.text);
    let before = process.most_memory();
    let large = [b"%PDF-1.7".to_vec(), vec![7; 11 * 1024 * 1024]].concat();
    says(&send(public, &fields, &[("a_bestand", "groot.pdf", &large), small]), "groot.pdf: Dit bestand is groter dan 10 MB");
    let three = ["een.pdf", "twee.pdf", "drie.pdf"].map(|name| ("a_bestand", name, &large[..9 * 1024 * 1024]));
    says(&send(public, &fields, &three), "Uw bestanden zijn samen groter dan 25 MB");
    let many: Vec<_> = (0..100).map(|_| small).collect();
    let page_of_many = send(public, &fields, &many);
    says(&page_of_many, "Voeg hoogstens 8 bestanden toe");
    assert_eq!((remembered(&page_of_many).len(), page_of_many.text.matches("hoogstens 8 bestanden toe").count()), (8, 2), "said once");
    let no = [("b", "nee")];
    says(&send(public, &filled(&no), &[("b_bestand", "brief.pdf", b"%PDF-1.7")]), "u zegt dat u dit niet hebt gedaan");

    // A boundary that does not come, no boundary, a head without an end, no form at all.
    let whole = parts(&fields, &[("c_bestand", "groot.pdf", &large)]);
    let endless = [format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"").into_bytes(), vec![b'a'; 5 * 1024 * 1024]].concat();
    for (kind, body) in [
        ("multipart/form-data; boundary=een-andere", &whole[..]),
        ("multipart/form-data", b"naam=x"),
        (PARTS, &endless),
        (PARTS, &whole[..whole.len() / 2]),
        ("application/x-www-form-urlencoded", b"naam=x"),
    ] {
        let told = page(&raw(public, "POST /", kind, body));
        assert!(told.status == 422 && told.text.contains("Wij konden het formulier niet goed lezen"), "{kind}: {}", told.text);
    }

    // A gigabyte is read to its end and thrown away, so that who sent it gets to read why.
    const GIGABYTE: usize = 1024 * 1024 * 1024;
    let head = parts(&fields, &[]);
    let head = &head[..head.len() - BOUNDARY.len() - 6];
    let file = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"a_bestand\"; filename=\"film.pdf\"\r\n\r\n%PDF-1.7");
    let mut stream = begin(public, "POST /", PARTS, head.len() + file.len() + GIGABYTE);
    stream.write_all(head).unwrap();
    stream.write_all(file.as_bytes()).unwrap();
    let part = vec![7; 1024 * 1024];
    for _ in 0..GIGABYTE / part.len() {
        stream.write_all(&part).unwrap();
    }
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    says(&page(&all), "Uw bestanden zijn samen groter dan 25 MB");
    let grew = process.most_memory().saturating_sub(before);
    assert!(grew < 192 * 1024 * 1024, "{grew} bytes more than before");
    assert!(mailbox.mails().is_empty() && cases(&house).await.is_empty(), "nothing was reported");
    house.stop().await;
    house.nobody_panicked();
}
