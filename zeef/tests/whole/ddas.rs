//! The delivery to CBS of a region that passed a year: valid against the national schema, and every signal in it once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::house::House;

const SCHEMA: &str = include_str!("../../../docs/ddas/json_schema_Uitwisselmodel.json");

/// The outcomes after which a report is kept for half a year only (policies/retention.toml), as the schema calls them.
const SHORT: [&str; 3] = ["Niet opgepakt: onterecht signaal", "Persoon is geen inwoner (meer) in de gemeente", "Inwoner is overleden"];

/// No name that the schema does not have: where it allows further properties, a name spelt right would pass unseen.
fn only_known(value: &Value, schema: &Value, place: &str) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let known = &schema["properties"][name];
                assert!(known.is_object(), "{place} has no `{name}` in the schema");
                only_known(inner, known, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| only_known(item, &schema["items"], place)),
        _ => {}
    }
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

async fn json(house: &House, arguments: &[&str]) -> Value {
    let output = house.zeef(arguments).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exports the sample region's year and holds it to the schema and to what the desk says.
pub async fn delivery_holds(house: &House, signals: usize) {
    let arguments = ["ddas", "export", "--municipality", "9001", "--municipality", "9002", "--municipality", "9003"];
    let time = ["--from", "2026-01-01", "--to", "2026-12-31", "--supplier", "ZEEF", "--sender", "Regio Voorbeeld"];
    let delivery = json(house, &[arguments.as_slice(), time.as_slice()].concat()).await;
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let faults: Vec<_> = validator.iter_errors(&delivery).map(|fault| format!("{} {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    only_known(&delivery, &schema, "delivery");
    // The validator does see what is wrong.
    let mut wrong = delivery.clone();
    wrong["leveringen"][0]["vroegsignalen"][0]["status"] = "Opgepakt".into();
    assert!(!validator.is_valid(&wrong));

    let parts = array(&delivery, "leveringen");
    assert_eq!(parts.iter().map(|part| part["gemeentecode"].as_str().unwrap()).collect::<Vec<_>>(), ["9001", "9002", "9003"]);
    let told: Vec<_> = parts.iter().flat_map(|part| array(part, "vroegsignalen")).collect();
    let ids: BTreeSet<_> = told.iter().map(|signal| signal["ID"].as_str().unwrap()).collect();
    assert_eq!((told.len(), ids.len()), (signals, signals), "every signal once");
    // Whom a report named is not kept longer than its term: by the end of this year a few are gone.
    let (known, gone): (Vec<&Value>, Vec<&Value>) =
        told.iter().copied().partition(|signal| signal["client"].as_object().is_some_and(|client| !client.is_empty()));
    assert!(known.len() > 10 * gone.len(), "{gone:?}");
    for signal in gone {
        let status = signal["status"].as_str().unwrap();
        assert!(SHORT.contains(&status), "kept for years, and gone: {signal}");
    }
    for signal in known {
        assert!(signal["client"]["Achternaam"].is_string() && signal["client"]["Postcode"].is_string(), "{signal}");
    }
    for signal in &told {
        assert!(signal["bedrag"].is_i64() && signal["signaalpartner"]["type"].is_string(), "{signal}");
    }
    assert!(told.iter().any(|signal| signal["crisissignaal"] == true) && told.iter().any(|signal| signal["warmeOverdracht"] == true));
    assert_eq!(told.iter().filter(|signal| signal.get("crisissignaal").is_none()).count(), 1, "what was not said is left out");

    let cases: Vec<_> = parts.iter().flat_map(|part| array(part, "vroegsignaalzaken")).collect();
    let named: Vec<_> = cases.iter().flat_map(|case| array(case, "vroegsignalen")).map(|signal| signal["ID"].as_str().unwrap()).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), ids);
    assert_eq!(named.len(), ids.len(), "a signal is in one case");
    for case in &cases {
        assert!(case["startdatum_matchtingperiode"].is_string() && case["einddatum_matchingperiode"].is_string(), "{case}");
    }

    // What the desk says of each case agrees, from the list to the page.
    let missing = json(house, &["case", "list", "--ddas", "missing", "--json"]).await;
    let complete = json(house, &["case", "list", "--ddas", "complete", "--json"]).await;
    let (missing, complete) = (array(&missing, "cases"), array(&complete, "cases"));
    assert_eq!(missing.len() + complete.len(), cases.len());
    assert!(!missing.is_empty() && complete.len() > missing.len(), "{} missing, {} complete", missing.len(), complete.len());
    for case in missing {
        let shown = json(house, &["case", "show", case["case_id"].as_str().unwrap(), "--json"]).await;
        let gaps = array(&shown, "ddas_missing");
        assert!(!gaps.is_empty(), "{shown:#}");
        let fields: Vec<_> = gaps.iter().map(|gap| gap["field"].as_str().unwrap()).collect();
        eprintln!("{} {fields:?}", case["outcome"]);
    }
    eprintln!("DDAS: {} signals in {} cases, {} complete, {} missing", told.len(), cases.len(), complete.len(), missing.len());
}
