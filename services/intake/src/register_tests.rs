//! Who may report what, when; and what is wrong with a register.

use jiff::civil::date;
use service::region::Region;

use super::*;
use crate::check;

const TODAY: Date = date(2026, 3, 2);

fn register() -> Register {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    Register::from_dir(&dir).unwrap()
}

fn report(kind: pb::PartnerKind, cents: i64, since: &str) -> Checked {
    let day = |iso: &str| (!iso.is_empty()).then(|| proto::common::v1::Date { iso: iso.into() });
    let sent = pb::Signal {
        reference: "R-1".into(),
        kind: kind.into(),
        amount_cents: cents,
        arrears_since: day(since),
        signal_date: day("2026-03-02"),
        address: Some(pb::Address { postcode: "3509 AB".into(), house_number: "12".into(), ..Default::default() }),
        ..Default::default()
    };
    let region = Region::from_dir(Path::new("not-there")).unwrap();
    check::signal(&sent, &region, TODAY, |_| false).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn code(register: &Register, partner: &str, kind: pb::PartnerKind, today: Date) -> String {
    register.allows(partner, &report(kind, 50_000, ""), today).err().map(|fault| fault.code).unwrap_or_default()
}

#[test]
fn the_act_obliges_a_landlord_and_an_agreement_allows_the_others() {
    let register = register();
    for landlord in ["wonen-waterveen", "somebody-with-one-flat"] {
        assert_eq!(code(&register, landlord, pb::PartnerKind::Rent, TODAY), "");
    }
    assert_eq!(code(&register, "noorderlicht-energie", pb::PartnerKind::Energy, TODAY), "");
    assert_eq!(code(&register, "noorderlicht-energie", pb::PartnerKind::Water, TODAY), "no-agreement");
    assert_eq!(code(&register, "stranger", pb::PartnerKind::Energy, TODAY), "no-agreement");
    assert_eq!(code(&register, "noorderlicht-energie", pb::PartnerKind::Energy, date(2027, 12, 31)), "", "the last day counts");
    assert_eq!(code(&register, "noorderlicht-energie", pb::PartnerKind::Energy, date(2028, 1, 1)), "agreement-not-in-force");
    assert_eq!(code(&register, "noorderlicht-energie", pb::PartnerKind::Energy, date(2023, 12, 31)), "agreement-not-in-force");
    assert_eq!(code(&Register::default(), "stranger", pb::PartnerKind::Energy, TODAY), "", "no register is kept");
}

#[test]
fn an_experiment_has_a_legal_basis_with_an_end() {
    let register = register();
    let refused = register.allows("bank", &report(pb::PartnerKind::Mortgage, 50_000, ""), TODAY).unwrap_err();
    assert_eq!(refused.code, "no-legal-basis");
    assert!(refused.text.contains("2022-01-01 tot en met 2025-12-31 (Stcrt. 2021, 45719)"), "{}", refused.text);
    assert_eq!(code(&register, "bank", pb::PartnerKind::Mortgage, date(2025, 12, 31)), "no-agreement", "a basis is no agreement");
    assert_eq!(code(&register, "gemeente", pb::PartnerKind::MunicipalTax, TODAY), "no-legal-basis");
    assert_eq!(code(&Register::default(), "bank", pb::PartnerKind::Mortgage, TODAY), "no-legal-basis", "also without a register");
}

#[test]
fn a_citizen_service_number_is_for_insurers_that_the_register_names() {
    let register = register();
    let health = Some(PartnerKind::Health);
    assert!(register.may_use_bsn("zorgzaam", health, TODAY));
    assert!(!register.may_use_bsn("zorgzaam", Some(PartnerKind::Rent), TODAY));
    assert!(!register.may_use_bsn("zorgzaam", health, date(2028, 1, 1)));
    assert!(!register.may_use_bsn("another-insurer", health, TODAY));
    assert!(Register::default().may_use_bsn("another-insurer", health, TODAY));
}

#[test]
fn below_a_threshold_is_marked_and_never_so_for_rent() {
    let below = |kind, cents, since| register().below(&report(kind, cents, since));
    assert_eq!(below(pb::PartnerKind::Water, 7_499, "2026-01-01"), Some(Below::Amount));
    assert_eq!(below(pb::PartnerKind::Water, 7_500, "2026-01-01"), None);
    assert_eq!(below(pb::PartnerKind::Water, 7_500, "2026-02-01"), Some(Below::Days), "29 days");
    assert_eq!(below(pb::PartnerKind::Water, 7_500, "2026-01-31"), None, "30 days");
    assert_eq!(below(pb::PartnerKind::Water, 7_500, ""), None, "not known is not below");
    assert_eq!(below(pb::PartnerKind::Rent, 100, "2026-03-01"), None, "Bgs art. 2 has no threshold");
}

#[test]
fn what_is_wrong_with_a_register_is_said() {
    let partner = |kind: &str, more: &str| {
        format!(
            "version = \"1\"\n[[partner]]\ncode = \"x\"\nname = \"X\"\nkinds = [\"{kind}\"]\nmunicipalities = [\"9001\"]\nagreement = \"A\"\n\
             from = \"2026-01-01\"\ncontact = \"c\"\n{more}"
        )
    };
    assert!(Register::parse(&partner("water", "")).is_ok());
    for (text, words) in [
        (partner("fire", ""), "one of rent"),
        (partner("water", "until = \"2025-01-01\""), "ends before it begins"),
        (partner("water", "bsn = true"), "only insurers"),
        (partner("water", "phone = \"1\""), "unknown field"),
        (
            partner("water", "[[experiment]]\nkind = \"rent\"\nbasis = \"b\"\nfrom = \"2026-01-01\"\nuntil = \"2026-02-01\""),
            "rests on the Act",
        ),
        (partner("water", "[[threshold]]\nmunicipality = \"9001\"\nkinds = [\"rent\"]\namount_cents = 1"), "any arrears"),
    ] {
        let said = Register::parse(&text).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
}
