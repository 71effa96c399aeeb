//! Receipts hold offline, and every way in which one does not is told apart.

use jiff::SignedDuration;
use kernel::Gemeentecode;

use super::{
    check::{Bad, published, receipt},
    keys::{ReceiptKeys, Revoked},
    *,
};

fn gemeente(code: &str) -> Gemeentecode {
    code.parse().unwrap()
}
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
fn keys() -> ReceiptKeys {
    let dir = tempfile::tempdir().unwrap();
    ReceiptKeys::open(&dir.path().join("receipt.keys"), true, ["9001", "9002"].map(gemeente)).unwrap()
}
fn document(key: String, received_at: Timestamp) -> Document {
    let mut duties = Duties::UNSAID;
    duties.each[0] = Duty { shown: Shown::Met, on: Some(jiff::civil::date(2026, 2, 10)) };
    duties.each[1].shown = Shown::Unknown;
    duties.each[2].shown = Shown::EvidenceMissing;
    duties.answer = TenantAnswer::Silence;
    Document {
        commit_sha256: Some("ab".repeat(32)),
        declared: Some(Declared::of(PartnerKind::Rent, Cents(84_000), None, jiff::civil::date(2026, 3, 2), &duties)),
        first_received_at: None,
        form_received_at: None,
        format: FORMAT.into(),
        gemeentecode: "9001".into(),
        key,
        kind: "rent".into(),
        organisation: "woonwaard".into(),
        outcome: Outcome::Accepted,
        receipt_id: Some("0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e".into()),
        received_at: moment(received_at),
        reference: "A-1 \"\u{e9}\u{1}".into(),
        replaces: None,
        sent: None,
        sent_sha256: "cd".repeat(32),
    }
}
fn signed(keys: &ReceiptKeys, received_at: Timestamp) -> String {
    let signed = keys.sign(gemeente("9001"), received_at, |key| document(key, received_at)).unwrap();
    canonical(&signed).unwrap()
}
const MARCH: &str = "2026-03-02T09:15:00Z";

#[test]
fn a_receipt_holds_with_nothing_but_the_published_keys() {
    let keys = keys();
    let text = signed(&keys, at(MARCH));
    assert_eq!(text, signed(&keys, at(MARCH)), "the same receipt always has the same bytes");
    let public = published(&canonical(&keys.public()).unwrap()).unwrap();
    let read = receipt(&text, &public).unwrap();
    assert_eq!(read.document.received_at, "2026-03-02T10:15:00.000+01:00", "Europe/Amsterdam");
    let pretty = serde_json::to_string_pretty(&read).unwrap();
    assert!(receipt(&pretty, &public).is_ok(), "blanks do not matter");
}

#[test]
fn what_is_unknown_or_has_no_evidence_is_not_declared() {
    let declared = document("k".into(), at(MARCH)).declared.unwrap().duties.unwrap();
    let statuses = [&declared.a, &declared.b, &declared.c, &declared.d].map(|duty| duty.status.as_str());
    assert_eq!(statuses, ["met", NOT_DECLARED, NOT_DECLARED, NOT_DECLARED]);
    assert_eq!((declared.a.on.as_deref(), declared.tenant_answer.as_str()), (Some("2026-02-10"), "silence"));
    let water = Declared::of(PartnerKind::Water, Cents(1), None, jiff::civil::date(2026, 3, 2), &Duties::UNSAID);
    assert_eq!(water.duties, None, "the duties are the landlord's");
}

#[test]
fn the_text_is_canonical() {
    fn sorted(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Object(fields) => {
                let fields: std::collections::BTreeMap<_, _> = fields.iter().collect();
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{}:{}", serde_json::json!(name), sorted(value))).collect();
                format!("{{{}}}", fields.join(","))
            }
            other => other.to_string(),
        }
    }
    let mut full = document("k".into(), at(MARCH));
    full.first_received_at = Some(moment(at(MARCH)));
    full.replaces = full.receipt_id.clone();
    full.sent = Some(Sent { address: "Rietpad 1".into(), landlord: "V. Verhuurder".into(), tenant: "J. Huurder".into() });
    full.declared.as_mut().unwrap().arrears_since = Some("2026-01-01".into());
    full.declared.as_mut().unwrap().duties.as_mut().unwrap().a.evidence_sha256 = vec!["ef".repeat(32)];
    let text = canonical(&Signed { document: full, signature: "00".into() }).unwrap();
    assert_eq!(text, sorted(&serde_json::from_str(&text).unwrap()));
    assert!(text.contains(r#""reference":"A-1 \"é\u0001""#), "{text}");
}

#[test]
fn a_paper_holds_offline_and_no_altered_byte_of_it_goes_unseen() {
    let mut keys = keys();
    let text = signed(&keys, at(MARCH));
    let signed: Signed = serde_json::from_str(&text).unwrap();
    let pdf = paper::pdf(&signed, "https://melden.example.nl/").unwrap();
    keys.rotate(gemeente("9001"), at("2026-06-01T00:00:00Z"));
    let public = keys.public();
    let held = check::on_paper(&pdf, &public).unwrap();
    assert_eq!(held.signed, signed);
    assert!(held.check_url.starts_with("https://melden.example.nl/meldbewijs/0192f0c1"), "{}", held.check_url);
    for place in (0..pdf.len()).step_by(1_499) {
        let mut altered = pdf.clone();
        altered[place] ^= 1;
        assert!(check::on_paper(&altered, &public).is_err(), "byte {place}");
    }
    // The receipt is genuine, the paper around it tells something else.
    let mut longer = pdf.clone();
    longer.extend_from_slice(b"% more");
    assert_eq!(check::on_paper(&longer, &public).err(), Some(Bad::Paper(Box::new(signed.clone()))));
    // Somebody prints a receipt that was altered.
    let mut forged = signed;
    forged.document.declared.as_mut().unwrap().amount_cents = 1;
    let forged = paper::pdf(&forged, "https://melden.example.nl").unwrap();
    assert_eq!(check::on_paper(&forged, &public).err(), Some(Bad::Signature));
    assert!(matches!(check::on_paper(b"%PDF-1.7", &public), Err(Bad::Unreadable(_))));
}

#[test]
fn what_people_read_has_dates_and_times_as_they_write_them() {
    let mut document = document("k".into(), at(MARCH));
    document.sent =
        Some(Sent { address: "Rietpad 1, 3500 AB Waterveen".into(), landlord: "V. Verhuurder".into(), tenant: "J. Huurder".into() });
    let lines = words::lines(&document);
    let text = |label: &str| &lines.iter().find(|line| line.label.nl == label).unwrap_or_else(|| panic!("{label}: {lines:?}")).text;
    let received = text("Ontvangen");
    assert_eq!(received.nl, "2 maart 2026, 10.15 uur (Nederlandse tijd; 2026-03-02T10:15:00.000+01:00)");
    assert_eq!(received.en, "2 March 2026, 10:15, time in the Netherlands");
    assert_eq!(text("Bgs artikel 2 onder a, persoonlijk contact gezocht").nl, "voldaan op 10 februari 2026");
    assert!(text("Verklaard").nl.ends_with("datum melding 2 maart 2026"), "{lines:?}");
    assert_eq!(text("Huurder, zoals ingevuld").nl, "J. Huurder");
    assert_eq!(text("Adres van de woning, zoals ingevuld").nl, "Rietpad 1, 3500 AB Waterveen");
}

#[test]
fn evidence_is_told_by_its_hash_and_receipts_without_it_are_as_they_were() {
    let keys = keys();
    let (before, after) = (signed(&keys, at(MARCH)), {
        let signed = keys.sign(gemeente("9001"), at(MARCH), |key| {
            let mut document = document(key, at(MARCH));
            let file = |duty: &str, byte: u8| KeptFile { duty: duty.into(), sha256: vec![byte; 32], ..KeptFile::default() };
            document.declared.as_mut().unwrap().duties.as_mut().unwrap().shown_by(&[file("c", 2), file("a", 1), file("c", 3)]);
            document
        });
        canonical(&signed.unwrap()).unwrap()
    });
    assert!(!before.contains("evidence"), "a receipt of before has the same bytes: {before}");
    let read = receipt(&after, &keys.public()).unwrap();
    let duties = read.document.declared.clone().unwrap().duties.unwrap();
    assert_eq!([duties.a, duties.b, duties.c].map(|duty| duty.evidence_sha256.len()), [1, 0, 2]);
    let lines = words::lines(&read.document);
    let text = |label: &str| lines.iter().filter(|line| line.label.nl == label).map(|line| line.text.nl.clone()).collect::<Vec<_>>();
    assert_eq!(text("Bgs artikel 2 onder a, persoonlijk contact gezocht"), ["voldaan op 10 februari 2026, verklaard met bewijs"]);
    assert_eq!(text("SHA-256 van een bewijsstuk bij c"), ["02".repeat(32), "03".repeat(32)]);
    assert!(receipt(&after.replace("0202", "0302"), &keys.public()).is_err());
    assert!(paper::pdf(&read, "https://melden.example.nl").is_ok());
}

#[test]
fn no_altered_byte_goes_unseen() {
    let keys = keys();
    let (text, public) = (signed(&keys, at(MARCH)), keys.public());
    for place in 0..text.len() {
        for flip in [1, 2, 32] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= flip;
            let Ok(altered) = String::from_utf8(bytes) else { continue };
            assert!(receipt(&altered, &public).is_err(), "byte {place} with {flip}: {altered}");
        }
    }
    assert_eq!(receipt(&text.replace("84000", "84001"), &public), Err(Bad::Signature));
    assert!(matches!(receipt(&text.replacen('{', "{\"also\":1,", 1), &public), Err(Bad::Unreadable(_))));
    assert!(matches!(receipt(&text.replace("bewijs/1", "bewijs/9"), &public), Err(Bad::Format(_))));
}

#[test]
fn another_municipalitys_key_and_a_strangers_are_told() {
    let keys = keys();
    let foreign = keys.sign(gemeente("9002"), at(MARCH), |key| document(key, at(MARCH))).unwrap();
    let told = receipt(&canonical(&foreign).unwrap(), &keys.public()).unwrap_err();
    assert_eq!(told, Bad::OtherGemeente { of: "9002".into(), said: "9001".into() });
    let stranger = signed(&self::keys(), at(MARCH));
    assert_eq!(receipt(&stranger, &keys.public()), Err(Bad::Signature), "a key of the same name");
    let mut fewer = keys.public();
    fewer.keys.clear();
    assert_eq!(receipt(&signed(&keys, at(MARCH)), &fewer), Err(Bad::KeyUnknown("9001-1".into())));
}

#[test]
fn an_old_key_goes_on_to_prove_what_came_in_in_its_days() {
    let mut keys = keys();
    let before = signed(&keys, at(MARCH));
    let turn = at("2026-06-01T00:00:00Z");
    assert_eq!(keys.rotate(gemeente("9001"), turn), "9001-2");
    let public = keys.public();
    assert!(receipt(&before, &public).is_ok());
    assert_eq!(signed(&keys, at(MARCH)), before, "asked for after the rotation: the same bytes");
    let after = receipt(&signed(&keys, turn), &public).unwrap();
    assert_eq!(after.document.key, "9001-2");
    // Signed with the old key for a moment after its days.
    let late = self::keys();
    let text = signed(&late, turn + SignedDuration::from_hours(1));
    let mut public = late.public();
    public.keys[0].about.until = Some(turn);
    assert!(matches!(receipt(&text, &public), Err(Bad::NotValidThen { key, .. }) if key == "9001-1"));
}

#[test]
fn a_revoked_key_says_so_with_the_date_and_another_signs_anew() {
    let mut keys = keys();
    let before = signed(&keys, at(MARCH));
    let revoked = Revoked { at: at("2026-05-31T22:30:00Z"), reason: "sleutel gelekt".into() };
    assert_eq!(keys.revoke("9001-1", revoked.clone()).unwrap(), "9001-3".replace('3', "2"));
    assert!(keys.revoke("9001-1", revoked.clone()).is_err() && keys.revoke("9001-9", revoked).is_err());
    let public = keys.public();
    let told = receipt(&before, &public).unwrap_err();
    assert_eq!(told, Bad::Revoked { key: "9001-1".into(), on: "2026-06-01".into(), reason: "sleutel gelekt".into() });
    assert!(told.to_string().contains("ingetrokken op 2026-06-01"));
    assert_eq!(receipt(&signed(&keys, at(MARCH)), &public).unwrap().document.key, "9001-2");
}

#[test]
fn keys_are_kept_in_a_file_of_their_own_and_nothing_tells_them() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("deep").join("receipt.keys");
    assert!(matches!(ReceiptKeys::open(&file, false, []), Err(keys::ReceiptKeyError::Absent { .. })));
    let mut made = ReceiptKeys::open(&file, true, [gemeente("9001")]).unwrap();
    made.rotate(gemeente("9001"), at(MARCH));
    made.revoke("9001-1", Revoked { at: at(MARCH), reason: "proef".into() }).unwrap();
    made.save(&file).unwrap();
    let read = ReceiptKeys::open(&file, true, []).unwrap();
    assert_eq!((read.public(), read.public().keys.len()), (made.public(), 3));
    let text = std::fs::read_to_string(&file).unwrap();
    let secret = text.lines().find(|line| line.starts_with("secret")).unwrap().split('"').nth(1).unwrap().to_owned();
    assert!(!canonical(&read.public()).unwrap().contains(&secret) && !format!("{read:?}").contains(&secret));
    std::fs::write(&file, text.replace("secret", "geheim")).unwrap();
    let wrong = ReceiptKeys::open(&file, true, []).unwrap_err();
    assert!(matches!(wrong, keys::ReceiptKeyError::Wrong { .. }) && !wrong.to_string().contains(&secret), "{wrong}");
}
