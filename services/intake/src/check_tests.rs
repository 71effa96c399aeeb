//! Bad input, field by field.

use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 3, 2);

fn insurers(kind: Option<PartnerKind>) -> bool {
    kind == Some(PartnerKind::Health)
}
fn region() -> Region {
    Region::from_dir(std::path::Path::new("not-there")).unwrap()
}
fn day(iso: &str) -> Option<common::Date> {
    Some(common::Date { iso: iso.into() })
}
fn right() -> pb::Signal {
    pb::Signal {
        reference: " WW-1 ".into(),
        kind: pb::PartnerKind::Rent.into(),
        gemeentecode: "9001".into(),
        amount_cents: 84_000,
        arrears_since: day("2026-01-01"),
        signal_date: day("2026-03-02"),
        address: Some(pb::Address { postcode: "3509 AB".into(), house_number: "12".into(), ..Default::default() }),
        person: Some(pb::Person { surname: "Verzonnen".into(), ..Default::default() }),
        personal_contact: Some(pb::Duty { shown: pb::Shown::Met.into(), on: day("2026-02-10") }),
        pointed_to_help: Some(pb::Duty { shown: pb::Shown::Unknown.into(), on: None }),
        ..Default::default()
    }
}
/// Field and code of every fault after one change.
fn faults(change: impl FnOnce(&mut pb::Signal)) -> Vec<(String, String)> {
    let mut sent = right();
    change(&mut sent);
    let faults = signal(&sent, &region(), TODAY, insurers).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.field, fault.code)).collect()
}
fn one(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

#[test]
fn a_right_report_is_read() {
    let read = signal(&right(), &region(), TODAY, insurers).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!((read.reference.as_str(), read.kind, read.amount), ("WW-1", PartnerKind::Rent, Cents(84_000)));
    assert_eq!(read.duties.each.map(|duty| duty.shown), [Shown::Met, Shown::Unknown, Shown::Unsaid, Shown::Unsaid]);
    assert_eq!((read.duties.each[0].on, read.arrears_since), (Some(date(2026, 2, 10)), Some(date(2026, 1, 1))));
}

#[test]
fn each_wrong_field_is_named_with_its_code() {
    assert_eq!(faults(|s| s.reference = "  ".into()), one("reference", "missing"));
    assert_eq!(faults(|s| s.kind = 0), one("kind", "kind-unknown"));
    assert_eq!(faults(|s| s.kind = 99), one("kind", "kind-unknown"));
    for code in ["363", "9O01", "90011"] {
        assert_eq!(faults(|s| s.gemeentecode = code.into()), one("gemeentecode", "gemeente-unknown"));
    }
    for cents in [0, -1, 10_000_001, i64::MAX, i64::MIN] {
        assert_eq!(faults(|s| s.amount_cents = cents), one("amount_cents", "amount"));
    }
    assert_eq!(faults(|s| s.signal_date = day("2026-03-03")), one("signal_date", "date-future"));
    assert_eq!(faults(|s| s.signal_date = None), one("signal_date", "missing"));
    for wrong in ["02-03-2026", "2026-02-30", "20260302", "2026-03-02T10:00:00"] {
        assert_eq!(faults(|s| s.signal_date = day(wrong)), one("signal_date", "date"), "{wrong}");
    }
    assert_eq!(
        faults(|s| {
            s.signal_date = day("2026-02-01");
            s.arrears_since = day("2026-02-02");
        }),
        one("arrears_since", "arrears-after-signal")
    );
    assert_eq!(faults(|s| s.address = None), one("address", "missing"));
    assert_eq!(faults(|s| s.address = Some(pb::Address::default())), one("address", "missing"));
    assert_eq!(faults(|s| s.address.as_mut().unwrap().postcode = "9001".into()), one("address.postcode", "postcode"));
    assert_eq!(faults(|s| s.address.as_mut().unwrap().house_number = "B".into()), one("address.house_number", "house-number"));
    assert_eq!(faults(|s| s.address.as_mut().unwrap().house_number = "2-jan".into()), one("address.house_number", "house-number-date"));
    assert_eq!(faults(|s| s.personal_contact.as_mut().unwrap().on = day("2026-03-03")), one("personal_contact", "date-future"));
}

#[test]
fn the_address_decides_the_municipality() {
    let told = |code: &str, postcode: &str, place: &str| {
        let mut sent = right();
        sent.gemeentecode = code.into();
        let address = sent.address.as_mut().unwrap();
        (address.postcode, address.place) = (postcode.into(), place.into());
        signal(&sent, &region(), TODAY, insurers)
    };
    for (code, postcode, gemeente) in [("", "3509 AB", "9001"), ("", "2509AB", "9002"), ("9003", "3009 ab", "9003")] {
        let read = told(code, postcode, "").unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(read.gemeente.to_string(), gemeente);
    }
    let content = |code| told(code, "3509 AB", "").map(|read| read.content).unwrap_or_default();
    assert_eq!(content("9001"), content(""), "with or without the code it is the same report");

    for (code, postcode, place, field, fault, words) in [
        ("9001", "2509 AB", "", "gemeentecode", "gemeente-conflict", "ligt in Hoogerdam (9002), niet in Waterveen"),
        ("0363", "2509 AB", "", "gemeentecode", "gemeente-conflict", "ligt in Hoogerdam (9002): verbeter"),
        ("", "2001 AB", "Zandermeer", "address.postcode", "outside-region", "meld het bij Zandermeer"),
        ("9001", "2001 AB", "", "address.postcode", "outside-region", "ligt in de gemeente Zandermeer"),
        ("9001", "8888 AB", "Verweg", "address.postcode", "outside-region", "9001 Waterveen, 9002 Hoogerdam"),
        ("", "2509 AB", "Waterveen", "address.place", "place-conflict", "de postcode ligt in Hoogerdam, de plaats in Waterveen"),
        ("", "8888 AB", "Waterveen", "address.postcode", "place-conflict", "een postcode van Waterveen"),
    ] {
        let found = told(code, postcode, place).err().unwrap_or_default();
        assert_eq!(found.len(), 1, "{code} {postcode} {place}: {found:?}");
        assert_eq!((found[0].field.as_str(), found[0].code.as_str()), (field, fault), "{code} {postcode} {place}");
        assert!(found[0].text.contains(words) && !found[0].text.contains("Verweg"), "{}", found[0].text);
    }
}

#[test]
fn all_faults_of_a_row_are_told_at_once() {
    let all = faults(|s| {
        s.amount_cents = 0;
        s.gemeentecode = "x".into();
        s.address = None;
    });
    assert_eq!(all.len(), 3);
}

#[test]
fn too_long_is_told_by_length_never_by_content() {
    let long = "x".repeat(10 * 1024 * 1024);
    let mut sent = right();
    sent.person.as_mut().unwrap().surname = long.clone();
    sent.reference = long;
    let told = signal(&sent, &region(), TODAY, insurers).err().unwrap();
    assert_eq!(told.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["reference", "person.surname"]);
    assert!(told.iter().all(|fault| fault.code == "too-long" && fault.text.contains("10485760") && fault.text.len() < 100));
}

#[test]
fn a_duty_that_the_landlord_says_is_not_met_is_asked_for() {
    let not_met = Some(pb::Duty { shown: pb::Shown::NotMet.into(), on: None });
    let mut sent = right();
    sent.written_reminder = not_met.clone();
    sent.offered_to_report = not_met;
    let missing = |sent: &pb::Signal| signal(sent, &region(), TODAY, insurers).unwrap_or_else(|faults| panic!("{faults:?}")).missing;
    let told = missing(&sent);
    assert_eq!(told.len(), 2);
    assert!(told[0].text.contains("herinnering") && told[0].text.contains("onder c"), "{}", told[0].text);
    assert!(told[1].text.contains("onder d"));
    sent.kind = pb::PartnerKind::Energy.into();
    assert!(missing(&sent).is_empty(), "the duties are the landlord's (Bgs art. 2)");
}

#[test]
fn silence_is_no_refusal_and_a_refusal_is_told_apart() {
    let read = |answer: i32| signal(&pb::Signal { tenant_answer: answer, ..right() }, &region(), TODAY, insurers);
    for (answer, refused) in [(pb::TenantAnswer::Silence, false), (pb::TenantAnswer::Consent, false), (pb::TenantAnswer::Refusal, true)] {
        assert!(read(answer.into()).is_ok_and(|checked| checked.refused_by_tenant == refused));
    }
    assert_eq!(faults(|s| s.tenant_answer = 99), one("tenant_answer", "answer-unknown"));
}

#[test]
fn a_bsn_is_refused_from_who_may_not_use_one_and_never_repeated() {
    let bsn = "1234.56.782";
    let with = |kind: pb::PartnerKind| {
        let mut sent = pb::Signal { kind: kind.into(), ..right() };
        sent.person.as_mut().unwrap().surname = format!("Verzonnen {bsn}");
        sent
    };
    let told = signal(&with(pb::PartnerKind::Rent), &region(), TODAY, insurers).err().unwrap();
    assert_eq!((told.len(), told[0].field.as_str(), told[0].code.as_str()), (1, "person.surname", "bsn"));
    assert!(!told[0].text.contains(bsn) && told[0].text.contains("niets bewaard"));
    assert!(signal(&with(pb::PartnerKind::Health), &region(), TODAY, insurers).is_ok(), "an insurer may");
    assert!(signal(&with(pb::PartnerKind::Rent), &region(), TODAY, |_| true).is_ok(), "a municipality may");
    let mut elsewhere = right();
    elsewhere.reference = "123456782".into();
    elsewhere.person.as_mut().unwrap().phone = "999990019".into();
    assert!(signal(&elsewhere, &region(), TODAY, insurers).is_ok(), "phone and reference hold numbers of another kind");
}

#[test]
fn a_landlord_stage_is_checked_too() {
    let stage = |reference: &str, stage: pb::LandlordStage| pb::RecordLandlordStageRequest {
        reference: reference.into(),
        gemeentecode: "9002".into(),
        stage: stage.into(),
        amount_cents: 100,
        ..Default::default()
    };
    let read = landlord_stage(&stage("A", pb::LandlordStage::Contact), &region()).unwrap();
    assert_eq!((read.2, read.3), (2, Cents(100)));
    assert_eq!(landlord_stage(&stage("", pb::LandlordStage::Unspecified), &region()).unwrap_err().len(), 2);
}

#[test]
fn what_is_not_said_of_the_circumstances_stays_unknown() {
    let read = |change: fn(&mut pb::Signal)| {
        let mut sent = pb::Signal { kind: pb::PartnerKind::Energy.into(), ..right() };
        change(&mut sent);
        signal(&sent, &region(), TODAY, insurers).unwrap_or_else(|faults| panic!("{faults:?}")).particulars
    };
    assert_eq!(read(|_| {}), Particulars::default());
    let told = read(|s| (s.crisis, s.warm_handover, s.supply_ends) = (Some(true), Some(false), day("2026-03-27")));
    assert_eq!((told.crisis, told.warm_handover), (Some(true), Some(false)));
    let supply = told.supply.unwrap();
    assert_eq!(supply.report_by, date(2026, 2, 27));
    assert!(supply.is_late(TODAY), "accepted all the same");
    assert_eq!(faults(|s| s.supply_ends = day("2026-03-27")), one("supply_ends", "supply-kind"), "a landlord supplies nothing");
    let ended = |s: &mut pb::Signal| (s.kind, s.supply_ends) = (pb::PartnerKind::Water.into(), day("2026-03-01"));
    assert_eq!(faults(ended), one("supply_ends", "supply-ended"));
}

#[test]
fn the_contract_is_told_by_a_landlord_and_by_nobody_else() {
    let told = |code: &str| signal(&pb::Signal { contract: code.to_owned(), ..right() }, &region(), TODAY, insurers);
    assert_eq!(told("").unwrap_or_else(|faults| panic!("{faults:?}")).particulars.contract, None, "unknown, never guessed");
    for contract in Contract::ALL {
        assert_eq!(told(contract.code()).unwrap_or_else(|faults| panic!("{faults:?}")).particulars.contract, Some(*contract));
    }
    assert_eq!(faults(|s| s.contract = "castle".to_owned()), one("contract", "contract-unknown"));
    let water = |s: &mut pb::Signal| (s.kind, s.contract) = (pb::PartnerKind::Water.into(), "campus".to_owned());
    assert_eq!(faults(water), one("contract", "contract-kind"));
}
