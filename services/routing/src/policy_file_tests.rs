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
    for name in ["default", "9001", "9002", "9003"] {
        let policy = read(&shipped(&format!("{name}.toml"))).unwrap();
        assert_eq!(policy.name, name);
        let text = fs::read_to_string(shipped(&format!("{name}.toml"))).unwrap();
        assert_eq!(stored(&text).as_ref(), Some(&policy), "as it is read back from the journal");
        let bytes = fs::read(shipped(&format!("{}.toml", policy.name))).unwrap();
        assert_eq!(policy.hash, <[u8; 32]>::from(Sha256::digest(bytes)));
        for track in Track::ALL {
            assert!(policy.rule_for(*track).is_some(), "{}: a person may choose {track}", policy.name);
        }
    }
}

#[test]
fn without_a_folder_the_built_in_policy_serves() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(super::shipped(&folder.path().join("none")).unwrap().name, "default");
    fs::write(folder.path().join("9001.toml"), "not = [right").unwrap();
    assert_eq!(super::shipped(folder.path()).unwrap().name, "default", "a proposal decides nothing");
}

#[test]
fn seven_hundred_and_fifty_euros_or_two_months_of_rent_is_a_crisis_with_five_attempts_in_waterveen() {
    let policy = read(&shipped("9001.toml")).unwrap();
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
        (
            "name = \"het crisisteam\" }",
            "name = \"het crisisteam\", overflow = \"crisis\" }",
            "het crisisteam",
            "overflow is een ander team",
        ),
        (
            "name = \"het crisisteam\" }",
            "name = \"het crisisteam\", absent = [{ from = \"2026-3-1\", to = \"2026-03-02\" }] }",
            "het crisisteam",
            "geen datum",
        ),
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

/// The practices of the source documents, each as it is told in docs/practices.md.
mod practices {
    use jiff::civil::{Date, date};
    use routing_domain::{Channel, Daypart, Outcome, Past, Policy, Priority, WouldBe, place_all, replay};

    use super::*;

    fn practice(name: &str) -> Policy {
        read(&shipped(&format!("practices/{name}.toml"))).unwrap_or_else(|error| panic!("{error}"))
    }

    fn rent(cents: i64, months: Option<i64>) -> Facts {
        Facts::about(Because::Signal, None)
            .with(Name::Kind, Some(Value::Text("rent".to_owned())), None)
            .with(Name::AmountCents, Some(Value::Number(cents)), None)
            .with(Name::Months, months.map(Value::Number), None)
    }

    fn tried(track: Track) -> Facts {
        Facts::about(Because::Exhausted, None).with(Name::From, Some(Value::Text(track.code().to_owned())), None)
    }

    /// Rule, team and track.
    fn answer<'a>(policy: &'a Policy, facts: &Facts) -> (&'a str, &'a str, Track) {
        let rule = policy.choose(facts).unwrap();
        (&rule.name, &rule.team, rule.track)
    }

    /// Days after the receipt, channel and part of the day of each attempt.
    fn attempts(policy: &Policy, facts: &Facts, received: Date) -> Vec<(u16, Channel, Option<Daypart>)> {
        let rule = policy.choose(facts).unwrap();
        let (_, attempts) = policy.schedule(rule, received, received);
        attempts.into_iter().map(|attempt| (attempt.after_days, attempt.channel, attempt.daypart)).collect()
    }

    #[test]
    fn all_are_checked_with_the_policies_in_force() {
        let names: Vec<_> = files(&shipped("")).unwrap().iter().map(|file| read(file).unwrap().name).collect();
        assert_eq!(names, ["9001", "9002", "9003", "default", "amsterdam", "leeuwarden", "leiden", "maastricht", "rotterdam", "utrecht"]);
    }

    #[test]
    fn a_practice_is_a_proposal_once_copied() {
        let text = fs::read_to_string(shipped("practices/maastricht.toml")).unwrap();
        let copy = text.replacen("version = ", "gemeente = \"9001\"\nversion = ", 1);
        let policy = parse(Path::new("9001.toml"), &copy).unwrap();
        assert_eq!(answer(&policy, &rent(75_000, Some(0))).0, "750-euro");
        assert_eq!(stored(&copy), Some(policy));
    }

    #[test]
    fn amsterdam_geregelde_betaling_is_proposed_at_two_months_on_social_assistance_and_never_started() {
        let amsterdam = practice("amsterdam");
        let on = |months, benefit: Option<bool>| rent(90_000, Some(months)).with(Name::Benefit, benefit.map(Value::YesNo), None);
        assert_eq!(answer(&amsterdam, &on(2, Some(true))), ("geregelde-betaling", "geregelde-betaling", Track::Intensive));
        let rule = amsterdam.choose(&on(2, Some(true))).unwrap();
        assert!(rule.reason.nl.contains("stellen") && rule.reason.nl.contains("alleen als u ja zegt"), "{}", rule.reason.nl);
        assert_eq!(answer(&amsterdam, &on(1, Some(true))).0, "vroeg-eropaf");
        assert_eq!(answer(&amsterdam, &on(2, Some(false))).0, "vroeg-eropaf");
        assert_eq!(answer(&amsterdam, &on(2, None)).0, "uitkering-onbekend", "nobody is taken to have no benefit");
    }

    #[test]
    fn amsterdam_vroeg_eropaf_comes_at_small_arrears_with_at_least_three_attempts() {
        let amsterdam = practice("amsterdam");
        assert_eq!(answer(&amsterdam, &rent(5_000, Some(1))), ("vroeg-eropaf", "vroeg-eropaf", Track::Early));
        assert!(attempts(&amsterdam, &rent(5_000, Some(1)), date(2026, 3, 9)).len() >= 3);
        let court = Facts::about(Because::Court, None);
        assert_eq!(answer(&amsterdam, &court), ("laatste-redding", "laatste-redding", Track::Crisis));
    }

    #[test]
    fn amsterdam_via_follows_up_for_twelve_weeks_with_handwritten_cards_by_one_worker() {
        let amsterdam = practice("amsterdam");
        assert_eq!(answer(&amsterdam, &tried(Track::Early)), ("via", "via", Track::Intensive));
        let plan = attempts(&amsterdam, &tried(Track::Early), date(2026, 3, 9));
        assert!(plan.iter().filter(|(_, channel, _)| *channel == Channel::Card).count() >= 3);
        assert!((84..=112).contains(&plan.last().unwrap().0), "twelve to sixteen weeks");
        // The district chooses the worker, and nothing else.
        let west = tried(Track::Early).with(Name::District, Some(Value::Text("west".to_owned())), None);
        assert_eq!(answer(&amsterdam, &west), ("via", "via", Track::Intensive));
        assert_eq!((amsterdam.serving("via", Some("west")), amsterdam.serving("via", None)), ("via-west", "via"));
        assert_eq!(attempts(&amsterdam, &west, date(2026, 3, 9)), plan);
        assert_eq!(answer(&amsterdam, &tried(Track::Intensive)).2, Track::TeamLead, "a person closes it");
    }

    #[test]
    fn maastricht_makes_five_attempts_at_the_door_at_750_euros_or_two_months() {
        let maastricht = practice("maastricht");
        for (facts, rule) in [(rent(75_000, Some(0)), "750-euro"), (rent(75_000, None), "750-euro"), (rent(100, Some(2)), "twee-maanden")] {
            assert_eq!(answer(&maastricht, &facts), (rule, "crisisinterventie", Track::Crisis));
            let plan = attempts(&maastricht, &facts, date(2026, 3, 9));
            assert_eq!((plan.len(), plan[0].1), (5, Channel::Visit));
        }
        assert_eq!(answer(&maastricht, &rent(74_999, Some(1))).2, Track::Early);
        assert_eq!(answer(&maastricht, &rent(74_999, None)).0, "niet-alles-bekend");
    }

    #[test]
    fn maastricht_sends_the_crisis_team_when_nobody_was_reached() {
        assert_eq!(answer(&practice("maastricht"), &tried(Track::Early)), ("geen-contact", "crisisinterventie", Track::Crisis));
    }

    #[test]
    fn maastricht_has_a_desk_for_entrepreneurs_as_soon_and_as_hard_as_for_everybody() {
        let maastricht = practice("maastricht");
        for facts in [rent(75_000, Some(1)), rent(100, Some(2)), rent(100, Some(1))] {
            let entrepreneur = facts.clone().with(Name::Entrepreneur, Some(Value::YesNo(true)), None);
            assert_eq!(answer(&maastricht, &entrepreneur).1, "ondernemers");
            let outcome = |facts| maastricht.choose(facts).map(|rule| (rule.track, rule.priority, &rule.plan, rule.first_attempt_by));
            assert_eq!(outcome(&entrepreneur), outcome(&facts));
        }
    }

    #[test]
    fn leiden_visits_by_the_list_of_next_month_and_offers_by_day_28_whatever_the_day() {
        let leiden = practice("leiden");
        let rule = leiden.choose(&rent(100, None)).unwrap();
        assert_eq!(rule.first_attempt_by.by(date(2026, 3, 20)), date(2026, 4, 1));
        assert_eq!(rule.first_attempt_by.by(date(2026, 3, 2)), date(2026, 3, 23));
        for day in 0..366 {
            let received = date(2026, 1, 1).checked_add(jiff::ToSpan::days(i64::from(day))).unwrap();
            let plan = attempts(&leiden, &rent(100, None), received);
            let letter = plan.iter().find(|(_, channel, _)| *channel == Channel::Letter).unwrap();
            assert!(letter.0 <= 28, "{received}: the letter with the offer on day {}", letter.0);
        }
        // The list without a bound is refused.
        let text = fs::read_to_string(shipped("practices/leiden.toml")).unwrap().replacen(", within_days = 21", "", 1);
        let error = parse(Path::new("leiden.toml"), &text).unwrap_err().to_string();
        assert!(error.contains("kan een wettelijke termijn voorbijgaan: op 20"), "{error}");
    }

    #[test]
    fn leeuwarden_leaves_a_note_visits_twice_by_day_and_then_in_the_evening() {
        let leeuwarden = practice("leeuwarden");
        let plan: Vec<_> =
            attempts(&leeuwarden, &rent(100, Some(1)), date(2026, 3, 9)).into_iter().map(|(_, how, when)| (how, when)).collect();
        let visit = |daypart| (Channel::Visit, Some(daypart));
        assert_eq!(plan, [(Channel::Card, None), visit(Daypart::Morning), visit(Daypart::Afternoon), visit(Daypart::Evening)]);
    }

    #[test]
    fn leeuwarden_has_a_crisis_lane() {
        let leeuwarden = practice("leeuwarden");
        assert_eq!(answer(&leeuwarden, &rent(100, Some(3))), ("crisisbaan", "crisis", Track::Crisis));
        assert_eq!(leeuwarden.choose(&rent(100, Some(3))).unwrap().priority, Priority::Acute);
        assert_eq!(answer(&leeuwarden, &rent(100, Some(2))).2, Track::Early);
    }

    #[test]
    fn rotterdam_guides_private_tenants_intensively() {
        let rotterdam = practice("rotterdam");
        let from = |private: Option<bool>| rent(40_000, Some(1)).with(Name::PrivateLandlord, private.map(Value::YesNo), None);
        assert_eq!(answer(&rotterdam, &from(Some(true))), ("particuliere-huur", "voorkom-verder-van-huis", Track::Intensive));
        assert_eq!(answer(&rotterdam, &from(Some(false))).0, "melding");
        assert_eq!(answer(&rotterdam, &from(None)).0, "verhuurder-onbekend");
    }

    #[test]
    fn utrecht_plans_its_visits_within_a_weekly_capacity_and_leaves_nobody_out() {
        let utrecht = practice("utrecht");
        assert_eq!(answer(&utrecht, &rent(100, None)), ("huisbezoek", "buurtteam", Track::Early));
        assert_eq!(attempts(&utrecht, &rent(100, None), date(2026, 3, 9))[0].1, Channel::Visit);
        assert_eq!(utrecht.teams["buurtteam"].capacity_per_week, Some(25), "about a hundred a month");
        // Forty reports on the Monday of week 11, two of week 12.
        let past = |on: Date| {
            let was = Outcome { track: Track::Early, team: String::new(), priority: None, first_attempt_by: None };
            [Past::Routed { on, because: Because::Signal, facts: rent(100, None).told(), was }]
        };
        let days = std::iter::repeat_n(date(2026, 3, 9), 40).chain([date(2026, 3, 16); 2]);
        let mut cases: Vec<Vec<WouldBe>> = days.map(|on| replay(&utrecht, &past(on))).collect();
        place_all(&utrecht, cases.iter_mut().map(Vec::as_mut_slice));
        let with = |team: &str, full: &[&str]| {
            let told = |route: &WouldBe| route.overflow.iter().map(|one| one.team.clone()).collect::<Vec<_>>() == full;
            cases.iter().flatten().filter(|route| route.outcome.team == team && told(route)).count()
        };
        assert_eq!(with("buurtteam", &[]), 25 + 2, "a new week has room again");
        assert_eq!(with("vliegende-brigade", &["buurtteam"]), 5);
        assert_eq!(with("buurtteam", &["buurtteam", "vliegende-brigade"]), 10, "nobody waits");
    }
}
