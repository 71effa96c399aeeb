use routing_domain::Question;

use super::*;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(name)
}

/// What is said about the built-in policy with one text replaced by another.
fn fault(from: &str, to: &str) -> (usize, String) {
    assert!(BUILT_IN.contains(from), "{from}");
    match parse(Path::new("default.toml"), &BUILT_IN.replacen(from, to, 1)) {
        Err(PolicyError::Wrong { file, line, text }) => {
            assert_eq!(file, Path::new("default.toml"));
            (line, text)
        }
        other => panic!("{other:?}"),
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
    let ask = |kind, cents, months| {
        let question = Question { kind: Some(kind), amount: Some(Cents(cents)), months: Some(months), ..Question::about(Because::Signal) };
        let rule = policy.choose(&question).unwrap();
        (rule.name.as_str(), policy.attempts(&rule.plan).len())
    };
    assert_eq!(ask(Kind::Rent, 75_000, 0), ("rent-750-euro", 5));
    assert_eq!(ask(Kind::Rent, 100, 2), ("rent-two-months", 5));
    assert_eq!(ask(Kind::Rent, 74_999, 1), ("signal", 4));
    assert_eq!(ask(Kind::Energy, 90_000, 5), ("signal", 4));
}

#[test]
fn each_fault_is_told_with_its_line() {
    for (from, to, at, says) in [
        ("months_at_least = 3", "month_at_least = 3", "months_at_least = 3", "unknown field `month_at_least`"),
        ("months_at_least = 3", "months_at_least = \"3\"", "months_at_least = 3", "invalid type: string"),
        ("track = \"intensive\"", "track = \"intens\"", "track = \"intensive\"", "\"intens\" is not one of early, intensive, crisis"),
        ("plan = \"crisis\"", "plan = \"crises\"", "plan = \"crisis\"", "no plan named \"crises\": one of crisis, early"),
        ("channel = \"kaartje\"", "channel = \"duif\"", "channel = \"kaartje\"", "\"duif\" is not one of telefoon"),
        ("name = \"in-court\"", "name = \"signal\"", "name = \"in-court\"", "a second rule named \"signal\""),
        ("because = [\"court\"]", "because = [\"curt\"]", "because = [\"court\"]", "\"curt\" is not one of signal"),
        ("step_at_least = 8", "amount_cents_at_least = 8", "step_at_least = 8", "known for because = \"signal\" only"),
        ("months_at_least = 3\n", "\n", "name = \"signal\"", "\"signal\" is never reached"),
        ("{ after_days = 3, channel = \"brief\" }", "{ after_days = 8, channel = \"brief\" }", "early = [", "must not go down"),
        ("version = \"2026-1\"", "version = \" \"", "version = \"2026-1\"", "version is empty"),
        ("joins = ", "gemeente = \"9001\"\njoins = ", "joins = ", "no gemeente expected in a file of this name"),
        ("[plans]", "[plans", "[plans]", ""),
    ] {
        let (line, text) = fault(from, to);
        assert_eq!(line, line_of(at), "{to}: {text}");
        assert!(text.contains(says), "{to}: {text}");
    }
}

#[test]
fn a_route_tried_in_vain_must_lead_higher() {
    let (line, text) = fault("from = \"crisis\"\ntrack = \"team-lead\"", "from = \"crisis\"\ntrack = \"crisis\"");
    assert_eq!(line, line_of("from = \"crisis\"") + 1);
    assert!(text.contains("not higher"), "{text}");
}

#[test]
fn an_occasion_without_an_answer_is_found() {
    let (line, text) = fault("from = \"intensive\"", "from = \"early\"");
    assert_eq!(line, line_of("name = \"intensive-exhausted\""));
    assert!(text.contains("never reached"), "{text}");

    let rule = BUILT_IN.split("\n\n").find(|part| part.contains("\"eviction-announced\"")).unwrap();
    let error = parse(Path::new("default.toml"), &BUILT_IN.replacen(rule, "", 1)).unwrap_err().to_string();
    assert!(error.contains("no rule without further conditions for because = \"court\""), "{error}");
}

#[test]
fn a_file_for_another_municipality_is_refused() {
    let error = parse(Path::new("9002.toml"), &fs::read_to_string(shipped("9001.toml")).unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("9002.toml:4: gemeente = \"9002\" expected"), "{error}");
}
