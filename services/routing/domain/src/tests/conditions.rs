//! Conditions: typed before they are used, and three-valued.

use super::*;
use crate::condition::Asked;

fn truth(when: &str, facts: &Facts) -> Truth {
    Condition::compile(when).unwrap().truth(&Asked::new(facts))
}

#[test]
fn unknown_is_neither_yes_nor_no() {
    let dated = about("rent", 40_000, Some(2));
    let undated = about("rent", 40_000, None);
    for (when, with_date, without) in [
        ("fact.months >= 2", Truth::Yes, Truth::Unknown),
        ("fact.months < 2", Truth::No, Truth::Unknown),
        ("!(fact.months >= 2)", Truth::No, Truth::Unknown),
        ("fact.months != 5", Truth::Yes, Truth::Unknown),
        ("fact.months in [1, 2]", Truth::Yes, Truth::Unknown),
        ("has(fact.months)", Truth::Yes, Truth::No),
        ("!has(fact.months) || fact.months < 2", Truth::No, Truth::Yes),
        // The other side decides, whichever side it is.
        (r#"fact.kind == "water" && fact.months >= 2"#, Truth::No, Truth::No),
        (r#"fact.months >= 2 && fact.kind == "water""#, Truth::No, Truth::No),
        (r#"fact.kind == "rent" || fact.months >= 2"#, Truth::Yes, Truth::Yes),
        (r#"fact.months >= 2 || fact.kind == "rent""#, Truth::Yes, Truth::Yes),
        (r#"fact.months >= 2 && fact.kind == "rent""#, Truth::Yes, Truth::Unknown),
        ("fact.benefit", Truth::Unknown, Truth::Unknown),
        ("fact.benefit == false", Truth::Unknown, Truth::Unknown),
    ] {
        assert_eq!((truth(when, &dated), truth(when, &undated)), (with_date, without), "{when}");
    }
}

#[test]
fn what_is_no_condition_over_the_facts_is_refused_with_advice() {
    for (when, says) in [
        ("fact.months >=", "geen geldige CEL-voorwaarde"),
        ("fact.month >= 2", "fact.month is geen feit: een van because, from, kind"),
        ("months >= 2", "links van een vergelijking hoort een feit"),
        ("case.months >= 2", "feiten heten fact.<naam>"),
        ("fact.months >= \"2\"", "een geheel getal"),
        ("fact.months >= -1", "een geheel getal"),
        ("fact.kind == \"landlord\"", "een van rent, energy, water, health"),
        ("fact.kind >= \"rent\"", "alleen een getal is meer of minder"),
        ("fact.kind", "vergelijk het met een waarde"),
        ("fact.benefit == 1", "true of false"),
        ("fact.months >= fact.step", "vaste waarde"),
        ("fact.amount_cents / 70000 >= 2", "links van een vergelijking hoort een feit"),
        ("fact.amount_cents >= 75050", "afgerond op hele tientallen euro's"),
        ("fact.amount_cents > 75000", "vergelijk met >= of < en een veelvoud van 1000"),
        ("fact.amount_cents in [75000]", "is afgerond"),
        ("true", "een voorwaarde vergelijkt feiten"),
        ("fact.kind in fact.kind", "hoort een lijst"),
        ("size(fact.kind) == 4", "links van een vergelijking"),
        ("fact.postcode == \"9999\"", "fact.postcode mag niet"),
        ("fact.age < 27", "fact.age mag niet"),
        ("fact.nationality == \"x\"", "fact.nationality mag niet"),
        ("fact.name == \"x\"", "fact.name mag niet"),
        ("has(fact.household_form)", "fact.household_form mag niet"),
    ] {
        let said = Condition::compile(when).unwrap_err();
        assert!(said.contains(says), "{when}: {said}");
    }
}

#[test]
fn a_rule_reads_as_a_sentence() {
    let policy = right();
    assert_eq!(
        words::sentence(&policy, &policy.rules[1]),
        "Als de aanleiding een nieuwe melding is en het aantal hele maanden achterstand 3 of meer is, dan helpt het team intensive (spoor \
         intensief, voorrang gewoon); de eerste poging is uiterlijk na 2 dagen. Daarom intensive."
    );
    let unknown = Condition::compile("!has(fact.benefit) && !has(fact.months)").unwrap();
    assert_eq!(
        words::condition(unknown.form()),
        "onbekend is of er een bijstandsuitkering is en het aantal hele maanden achterstand onbekend is"
    );
    let columns = words::columns(&policy);
    assert_eq!(columns, [Name::Because, Name::From, Name::Kind, Name::AmountCents, Name::Months, Name::Step]);
    assert_eq!(
        words::cells(&columns, policy.rules[0].when.form()),
        ["een nieuwe melding", "-", "bekend en een verhuurder", "≥ € 750,00", "-", "-"]
    );
    // A threshold is exact; what is known of a household is a class of arrears.
    assert_eq!(words::told(Name::AmountCents, &Value::Number(123_000)), "vanaf € 1.230");
    assert_eq!(words::cells(&columns, policy.rules[2].when.form())[4], "onbekend");
    let mixed = Condition::compile(r#"fact.because == "signal" && (fact.kind == "rent" || !(fact.months < 2))"#).unwrap();
    assert_eq!(
        words::cells(&columns[..2], mixed.form()),
        [
            "de aanleiding een nieuwe melding is en (de soort melder een verhuurder is of het aantal hele maanden achterstand 2 of meer is)",
            "↑"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// Not knowing a fact never makes certain what knowing it would not: when unknown comes out as yes or no without asking
    /// `has`, it comes out the same for every value.
    #[test]
    fn what_holds_without_a_fact_holds_with_any_value_of_it(
        parts in prop::collection::vec((0..5_i64, prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]), any::<bool>(), any::<bool>()), 1..5),
        kind in prop::sample::select(vec!["rent", "energy", "water"]),
        months in 0..6_i64,
    ) {
        let when = parts.iter().fold(r#"fact.kind == "rent""#.to_owned(), |so_far, (number, op, and, not)| {
            let part = format!("{}(fact.months {op} {number})", if *not { "!" } else { "" });
            format!("({so_far}) {} {part}", if *and { "&&" } else { "||" })
        });
        let without = truth(&when, &about(kind, 1, None));
        let with = truth(&when, &about(kind, 1, Some(months)));
        prop_assert_ne!(with, Truth::Unknown);
        prop_assert!(without == Truth::Unknown || without == with, "{}", when);
    }
}
