use routing_domain::{Because, Facts, Name, Track, Value};
use sha2::{Digest, Sha256};

use super::*;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(name)
}

/// What is said about the built-in policy with one text replaced by another.
fn faults(from: &str, to: &str) -> Vec<(usize, String)> {
    assert!(BUILT_IN.contains(from), "{from}");
    match parse(Path::new("default.toml"), &BUILT_IN.replacen(from, to, 1)) {
        Err(PolicyError::Wrong { file, faults }) => {
            assert_eq!(file, Path::new("default.toml"));
            faults
        }
        other => panic!("{from} -> {to}: {other:?}"),
    }
}

/// The line in the built-in policy where a text stands, from 1.
fn line_of(text: &str) -> usize {
    BUILT_IN.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn every_shipped_policy_is_right_and_known_by_its_hash() {
    let policies = load(&shipped("")).unwrap();
    assert_eq!(policies.all().map(|policy| policy.name.as_str()).collect::<Vec<_>>(), ["default", "9001", "9002", "9003"]);
    for policy in policies.all() {
        let bytes = fs::read(shipped(&format!("{}.toml", policy.name))).unwrap();
        assert_eq!(policy.hash, <[u8; 32]>::from(Sha256::digest(bytes)));
        for track in Track::ALL {
            assert!(policy.rule_for(*track).is_some(), "{}: a person may choose {track}", policy.name);
        }
    }
    assert_eq!(policies.of("0363".parse().unwrap()).name, "default");
}

#[test]
fn without_a_folder_the_built_in_policy_serves() {
    let folder = tempfile::tempdir().unwrap();
    let policies = load(&folder.path().join("none")).unwrap();
    assert_eq!(policies.of("9001".parse().unwrap()).name, "default");
    fs::write(folder.path().join("courts.toml"), "not = [ours").unwrap();
    assert!(load(folder.path()).is_ok(), "other files in the folder are not ours to judge");
}

#[test]
fn seven_hundred_and_fifty_euros_or_two_months_of_rent_is_a_crisis_with_five_attempts_in_waterveen() {
    let policy = load(&shipped("")).unwrap().of("9001".parse().unwrap());
    let ask = |kind: &str, cents, months| {
        let facts = Facts::about(Because::Signal, None)
            .with(Name::Kind, Some(Value::Text(kind.to_owned())), None)
            .with(Name::AmountCents, Some(Value::Number(cents)), None)
            .with(Name::Months, Some(Value::Number(months)), None);
        let rule = policy.choose(&facts).unwrap();
        (rule.name.as_str(), policy.plans[&rule.plan].len())
    };
    assert_eq!(ask("rent", 75_000, 0), ("rent-750-euro", 5));
    assert_eq!(ask("rent", 100, 2), ("rent-two-months", 5));
    assert_eq!(ask("rent", 74_999, 1), ("signal", 4));
    assert_eq!(ask("energy", 90_000, 5), ("signal", 4));
}

#[test]
fn each_fault_is_told_with_its_line() {
    let three = "fact.months >= 3";
    for (from, to, at, says) in [
        (three, "fact.month >= 3", three, "fact.month is geen feit"),
        (three, "fact.months >= \"3\"", three, "een geheel getal"),
        (three, "fact.months >= ", three, "geen geldige CEL-voorwaarde"),
        (three, "fact.postcode >= 3", three, "fact.postcode mag niet"),
        ("when = 'fact.because == \"court\"", "if = 'fact.because == \"court\"", "when = 'fact.because == \"court\"", "unknown field `if`"),
        ("track = \"intensive\"", "track = \"intens\"", "track = \"intensive\"", "\"intens\" is niet een van early, intensive, crisis"),
        ("priority = \"high\"", "priority = \"7\"", "priority = \"high\"", "\"7\" is niet een van ordinary, high, acute"),
        ("plan = \"crisis\"", "plan = \"crises\"", "plan = \"crisis\"", "er is geen plan \"crises\": een van crisis, early"),
        ("team = \"crisis\"", "team = \"kriesis\"", "team = \"crisis\"", "er is geen team \"kriesis\""),
        ("channel = \"kaartje\"", "channel = \"duif\"", "channel = \"kaartje\"", "\"duif\" is niet een van telefoon"),
        ("name = \"in-court\"", "name = \"signal\"", "name = \"in-court\"", "er is al een regel \"signal\""),
        ("fact.because == \"court\"", "fact.because == \"curt\"", "fact.because == \"court\"", "een van signal, exhausted"),
        ("{ after_days = 0, channel = \"brief\" }", "{ after_days = 5, channel = \"brief\" }", "early = [", "de eerste poging is dag 0"),
        (
            "first_attempt_by = { days = 3 }",
            "first_attempt_by = { days = 30 }",
            "first_attempt_by = { days = 3 }",
            "wettelijke termijn voorbijgaan",
        ),
        ("first_attempt_by = { days = 3 }", "first_attempt_by = { hours = 3 }", "first_attempt_by = { days = 3 }", "unknown field `hours`"),
        ("version = \"2026-2\"", "version = \" \"", "version = \"2026-2\"", "version is leeg"),
        ("joins = ", "gemeente = \"9001\"\njoins = ", "joins = ", "geen gemeente verwacht in een bestand met deze naam"),
        ("months = 3 }", "months = 2 }", "months = 3 }", "\"signal\" beslist, \"three-months\" verwacht"),
        ("months = 3 }", "month = 3 }", "months = 3 }", "month is geen feit"),
        ("months = 3 }", "months = 3, step = 1 }", "months = 3 }", "step is nooit bekend bij because = \"signal\""),
        ("[plans]", "[plans", "[plans]", ""),
    ] {
        let found = faults(from, to);
        // A test case is pointed at by its header.
        let near = |line: usize| line == line_of(at) || (says.contains("beslist") && line + 2 == line_of(at));
        assert!(found.iter().any(|(line, text)| near(*line) && text.contains(says)), "{from} -> {to}, line {}: {found:#?}", line_of(at));
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let text = BUILT_IN.replacen("fact.months >= 3", "fact.age >= 3", 1).replacen("channel = \"kaartje\"", "channel = \"duif\"", 1);
    let error = parse(Path::new("default.toml"), &text).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 2, "{error}");
    assert!(error.lines().all(|line| line.starts_with("default.toml:")), "{error}");
}

#[test]
fn a_route_tried_in_vain_must_lead_higher() {
    let crisis = "when = 'fact.because == \"exhausted\" && fact.from == \"crisis\"'\nteam = \"teamleiding\"\n";
    let found = faults(&format!("{crisis}track = \"team-lead\""), &format!("{crisis}track = \"crisis\""));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].0, line_of("fact.from == \"crisis\"") + 2);
    assert!(found[0].1.contains("niet hoger"), "{found:#?}");
}

#[test]
fn an_occasion_without_an_answer_is_found() {
    let found = faults("fact.from == \"intensive\"", "fact.from == \"early\"");
    let line = line_of("fact.from == \"intensive\"");
    assert!(found.iter().any(|(at, text)| *at == line && text.contains("beslist nooit")), "{found:#?}");
    assert!(
        found.iter().any(|(_, text)| text.contains("geen regel geeft antwoord op because = exhausted, from = intensive")),
        "{found:#?}"
    );
}

#[test]
fn a_file_for_another_municipality_is_refused() {
    let text = fs::read_to_string(shipped("9001.toml")).unwrap();
    let error = parse(Path::new("9002.toml"), &text).unwrap_err();
    assert!(error.to_string().starts_with("9002.toml:4: gemeente = \"9002\" verwacht"), "{error}");
    let error = parse(Path::new("9001.toml"), &text.replacen("gemeente = \"9001\"\n", "", 1)).unwrap_err();
    assert!(error.to_string().starts_with("9001.toml:1: gemeente = \"9001\" verwacht"), "{error}");
}
