//! The command line: what it answers in JSON is what `docs/schemas` says, and its exit status says whether all went well.

use std::{collections::BTreeSet, fs, path::PathBuf};

use jiff::SignedDuration;
use proto::{
    court_liaison::v1::{EvictionAnnounced, HearingListed, RecordFactRequest, fact::What},
    intake::v1::{ListPairsRequest, Person, Signal},
};
use serde_json::Value;

use crate::support::{
    house::{House, Plan},
    process,
    region::{self, date},
    until,
};

fn schemas() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas")
}

fn policies() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

/// Runs a reading command with `--json` and holds its answer to its schema.
async fn answer(house: &House, schema: &str, args: &[&str], seen: &mut BTreeSet<String>) -> Value {
    let output = house.zeef(&[args, &["--json"]].concat()).await;
    assert!(output.status.success(), "{args:?}: {output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {output:?}"));
    let text =
        fs::read_to_string(schemas().join(format!("{schema}.json"))).unwrap_or_else(|error| panic!("docs/schemas/{schema}.json: {error}"));
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&answer).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{args:?}: {faults:#?}\n{answer:#}");
    seen.insert(schema.to_owned());
    // Without --json it is for people: something is said, and it is not JSON.
    let output = house.zeef(args).await;
    assert!(output.status.success() && !output.stdout.is_empty(), "{args:?}: {output:?}");
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_err(), "{args:?}");
    answer
}

async fn fact(house: &House, case: &str, what: What) {
    let request = RecordFactRequest {
        command: region::now(),
        case_id: case.to_owned(),
        gemeentecode: "9001".to_owned(),
        fact: region::fact(what),
        ..RecordFactRequest::default()
    };
    house.court().await.record_fact(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_answer_by_their_schemas() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let case = house.planned_case("woonstichting", region::signal("9001", "R-1", 1)).await;
    let hearing = HearingListed { court: "Amsterdam".to_owned(), on: date("2026-04-20"), time: "10:00".to_owned() };
    fact(&house, &case, What::HearingListed(hearing)).await;
    let announced = EvictionAnnounced { on: date("2026-05-20"), time: "09:00".to_owned(), ground: "arrears".to_owned(), served_on: None };
    fact(&house, &case, What::EvictionAnnounced(announced)).await;
    house.case(&case, "a duty to rehouse", |case| case.aftercare == "open").await;

    let mut seen = BTreeSet::new();
    let rows = |answer: &Value, name: &str| answer[name].as_array().unwrap().len();
    let list = answer(&house, "case-list", &["case", "list"], &mut seen).await;
    assert_eq!((rows(&list, "cases"), list["cases"][0]["case_id"].as_str()), (1, Some(case.as_str())));
    let show = answer(&house, "case-show", &["case", "show", &case], &mut seen).await;
    assert!(rows(&show, "timeline") > 4 && rows(&show, "steps") == 11, "{show:#}");
    let trace = answer(&house, "case-trace", &["case", "trace", &case], &mut seen).await;
    assert!(rows(&trace, "spans") > 4, "{trace:#}");
    let found = answer(&house, "case-find", &["case", "find", "R-1", "--organisation", "woonstichting"], &mut seen).await;
    assert!(found.to_string().contains(&case), "{found:#}");
    let explained = answer(&house, "routing-explain", &["routing", "explain", &case], &mut seen).await;
    assert!(rows(&explained, "routes") > 0, "{explained:#}");
    let route = &explained["routes"][0];
    assert_eq!((route["rule"].as_str(), route["because"].as_str()), (Some("rent-two-months"), Some("signal")), "{explained:#}");
    let months = route["facts"].as_array().unwrap().iter().find(|fact| fact["name"] == "months").unwrap();
    assert_eq!(
        (months["value"].as_str(), months["source"].as_str(), months["on"].as_str()),
        (Some("2"), Some("partner"), Some("2026-01-01"))
    );
    let folder = policies();
    let versions = answer(&house, "routing-policies", &["routing", "policies", "9001"], &mut seen).await;
    assert_eq!((rows(&versions, "versions"), versions["in_force"].as_str()), (1, Some("9001")), "{versions:#}");
    let asked = ["routing", "load", "9001", "--from", "2026-01-01", "--to", "2026-12-31"];
    let load = answer(&house, "routing-load", &asked, &mut seen).await;
    assert_eq!((rows(&load, "load"), load["load"][0]["began"].as_u64()), (1, Some(1)), "{load:#}");
    let check = answer(&house, "routing-check", &["routing", "check", "--policies", folder.to_str().unwrap()], &mut seen).await;
    assert!(rows(&check, "policies") > 3 && check["policies"][0]["version"].is_string(), "{check:#}");
    let show = answer(&house, "routing-show", &["routing", "show", "9001", "--policies", folder.to_str().unwrap()], &mut seen).await;
    assert!(rows(&show, "rules") > 3 && rows(&show, "facts") > 3, "{show:#}");
    answer(&house, "routing-register", &["routing", "register", "9001", "--policies", folder.to_str().unwrap()], &mut seen).await;
    let maastricht = policies().join("practices/maastricht.toml");
    let asked = ["routing", "what-if", "--gemeente", "9001", "--from", "2026-01-01", "--to", "2026-12-31", "--policy"];
    let what_if = answer(&house, "routing-what-if", &[&asked[..], &[maastricht.to_str().unwrap()]].concat(), &mut seen).await;
    assert_eq!((what_if["cases"].as_u64(), what_if["unreadable"].as_u64()), (Some(1), Some(0)), "{what_if:#}");
    answer(&house, "sieve", &["sieve"], &mut seen).await;
    let work = answer(&house, "outreach-worklist", &["outreach", "worklist"], &mut seen).await;
    assert_eq!(rows(&work, "items"), 1);
    let hearings = answer(&house, "court-hearings", &["court", "hearings"], &mut seen).await;
    assert_eq!(rows(&hearings, "hearings"), 1);
    let violations = answer(&house, "court-violations", &["court", "violations"], &mut seen).await;
    assert!(rows(&violations, "violations") > 0, "an eviction announced before any judgment is out of order: {violations:#}");
    let duties = answer(&house, "aftercare-duties", &["aftercare", "duties"], &mut seen).await;
    assert_eq!(rows(&duties, "duties"), 1);
    let verified = answer(&house, "journal-verify", &["journal", "verify"], &mut seen).await;
    assert_eq!(verified["sound"], true, "{verified:#}");
    answer(&house, "journal-parked", &["journal", "parked"], &mut seen).await;
    answer(&house, "clock-show", &["clock", "show"], &mut seen).await;
    answer(&house, "terms", &["terms"], &mut seen).await;
    let reported = house.report("woonstichting", region::signal("9001", "R-2", 2)).await;
    let fetch = ["signals", "receipt", &reported.receipt_id, "--organisation", "woonstichting", "--to", "receipt.json"];
    let fetched = house.zeef(&fetch).await;
    assert!(fetched.status.success(), "{fetched:?}");
    let receipt = answer(&house, "receipt", &["signals", "verify", "receipt.json"], &mut seen).await;
    assert_eq!(receipt["document"]["receipt_id"].as_str(), Some(reported.receipt_id.as_str()));
    let looked = answer(&house, "vault-looks", &["vault", "looks", &case], &mut seen).await;
    assert_eq!(rows(&looked, "looks"), 0);
    let kept = answer(&house, "rights-access", &["rights", "access", &case], &mut seen).await;
    assert_eq!((rows(&kept, "records"), kept["records"][0]["reference"].as_str()), (1, Some("R-1")));
    let objection = house.zeef(&["rights", "request", &case, "--right", "objection", "--officer", "fg-7", "--json"]).await;
    assert!(objection.status.success(), "{objection:?}");
    let open = answer(&house, "rights-list", &["rights", "list"], &mut seen).await;
    assert_eq!((open["rights"][0]["right"].as_str(), open["rights"][0]["officer"].as_str()), (Some("objection"), Some("fg-7")), "{open:#}");
    let held = async |wanted: bool| {
        let list = house.zeef(&["outreach", "worklist", "--json"]).await;
        let list: Value = serde_json::from_slice(&list.stdout).unwrap();
        let items = list["items"].as_array().unwrap();
        let state = items.iter().find(|item| item["case_id"] == case.as_str()).map(|item| item["state"].to_string());
        if state.as_deref().is_some_and(|state| state == "\"held\"") == wanted { Ok(()) } else { Err(format!("{state:?}")) }
    };
    until("an objection holds attempts", || held(true)).await;
    let request = open["rights"][0]["request_id"].as_str().unwrap().to_owned();
    let refused = ["rights", "decide", &request, "--verdict", "refused", "--ground", "compelling-grounds"];
    assert!(house.zeef(&refused).await.status.success());
    until("what outweighs it lets them go on", || held(false)).await;
    let covers = ["rights", "erase", &case, "--ground", "not-needed", "--covers"];
    let covers = answer(&house, "rights-erase", &covers, &mut seen).await;
    assert_eq!((rows(&covers, "record_ids"), covers["erased"].as_bool()), (1, Some(false)), "{covers:#}");
    assert!(house.zeef(&["rights", "erase", &case, "--ground", "not-needed"]).await.status.success());
    let removed = answer(&house, "vault-removed", &["vault", "removed"], &mut seen).await;
    assert_eq!((rows(&removed, "erased"), removed["erased"][0]["case_id"].as_str()), (1, Some(case.as_str())));
    let orphans = answer(&house, "vault-orphans", &["vault", "orphans"], &mut seen).await;
    assert_eq!((orphans["marked"].as_u64(), orphans["swept"].as_u64()), (Some(0), Some(0)), "{orphans:#}");
    answer(&house, "receipt-keys", &["signals", "keys", "show"], &mut seen).await;
    let told = answer(&house, "signals-feedback", &["signals", "feedback", "--organisation", "woonstichting"], &mut seen).await;
    assert_eq!(rows(&told, "reports"), 2);
    let checked = answer(&house, "partners-list", &["partners", "check", "--policies", folder.to_str().unwrap()], &mut seen).await;
    assert!(rows(&checked, "agreements") > 0 && checked["version"].is_string(), "{checked:#}");
    let partners = answer(&house, "partners-list", &["partners", "list", "--policies", folder.to_str().unwrap()], &mut seen).await;
    assert!(rows(&partners, "agreements") > 0, "{partners:#}");
    let late = answer(&house, "partners-late", &["partners", "late"], &mut seen).await;
    assert_eq!(rows(&late, "reports"), 0, "no supply ends: {late:#}");
    let hand_overs = answer(&house, "hand-over-list", &["hand-over", "list", "--gemeente", "9001"], &mut seen).await;
    assert_eq!(rows(&hand_overs, "hand_overs"), 0);
    let moved = house.case_of("woonstichting", "R-2").await.case_id;
    let home = ["--street", "Lisdoddestraat", "--house-number", "7", "--postcode", "2500 AB", "--place", "Hoogerdam aan Zee"];
    let offered = house.zeef(&[&["hand-over", "offer", &moved, "--json"][..], &home[..]].concat()).await;
    assert!(offered.status.success(), "{offered:?}");
    let offered = answer(&house, "hand-over-list", &["hand-over", "list", "--gemeente", "9001"], &mut seen).await;
    let offered = offered["hand_overs"][0]["hand_over_id"].as_str().unwrap().to_owned();
    let household = answer(&house, "hand-over-open", &["hand-over", "open", &offered], &mut seen).await;
    assert!(household["address"].as_str().unwrap().contains("Lisdoddestraat 7"), "{household:#}");

    fs::write(house.dir.path().join("zorg.txt"), "De gordijnen zijn al weken dicht.").unwrap();
    let record = ["concerns", "record", "--street", "Lisdoddestraat", "--house-number", "220", "--postcode", "3509 XA"];
    let more = ["--place", "Waterveen", "--teller", "neighbour", "--told", "zorg.txt", "--json"];
    let recorded = house.zeef(&[&record[..], &more[..]].concat()).await;
    let recorded: Value = serde_json::from_slice(&recorded.stdout).unwrap_or_else(|error| panic!("{error}: {recorded:?}"));
    let concern = recorded["concern_id"].as_str().unwrap();
    let at_least = recorded["position"].as_str().unwrap();
    let concerns = answer(&house, "concerns-list", &["concerns", "list", "--at-least", at_least], &mut seen).await;
    assert_eq!((rows(&concerns, "concerns"), concerns["concerns"][0]["state"].as_str()), (1, Some("open")), "{concerns:#}");
    let shown = answer(&house, "concerns-show", &["concerns", "show", concern], &mut seen).await;
    assert_eq!(shown["told"].as_str(), Some("De gordijnen zijn al weken dicht."));
    let danger = house.zeef(&["concerns", "danger", concern, "--json"]).await;
    let danger: Value = serde_json::from_slice(&danger.stdout).unwrap_or_else(|error| panic!("{error}: {danger:?}"));
    let refused = house.zeef(&["concerns", "close", concern, "--because", "no-ground"]).await;
    assert!(refused.status.code() == Some(1) && String::from_utf8_lossy(&refused.stderr).contains("end that first"), "{refused:?}");
    let counts = answer(
        &house,
        "concerns-count",
        &["concerns", "count", "--gemeente", "9001", "--at-least", danger["position"].as_str().unwrap()],
        &mut seen,
    )
    .await;
    assert_eq!(counts["counts"][0], serde_json::json!({ "month": "2026-03", "state": "danger", "concerns": 1 }), "{counts:#}");

    for (reference, given) in [("R-3", "Mark"), ("R-4", "Maria")] {
        let person = Person { initials: given.to_owned(), surname: "Verzonnen".to_owned(), ..Person::default() };
        house.report("woonstichting", Signal { person: Some(person), ..region::signal("9001", reference, 5) }).await;
    }
    until("the pair in doubt", || async {
        let pairs = house.intake().await.list_pairs(ListPairsRequest::default()).await.unwrap().into_inner().pairs;
        if pairs.len() == 1 { Ok(()) } else { Err(format!("{pairs:?}")) }
    })
    .await;
    let pairs = answer(&house, "persons-pairs", &["persons", "pairs"], &mut seen).await;
    assert_eq!(rows(&pairs, "pairs"), 1, "{pairs:#}");
    let [case, one, other] = ["case_id", "one_id", "other_id"].map(|name| pairs["pairs"][0][name].as_str().unwrap());
    let pair = answer(&house, "persons-open", &["persons", "open", case, one, other], &mut seen).await;
    assert_eq!((pair["one"][0].as_str(), pair["verdict"].as_str()), (Some("Mark Verzonnen"), Some("doubtful")), "{pair:#}");
    assert!(house.zeef(&["case", "merge", list["cases"][0]["case_id"].as_str().unwrap(), case]).await.status.success());
    let merged = answer(&house, "case-merged", &["case", "merged", list["cases"][0]["case_id"].as_str().unwrap(), case], &mut seen).await;
    assert_eq!(merged["until"], "", "{merged:#}");
    let shown = answer(&house, "persons-show", &["persons", "show", case, other], &mut seen).await;
    assert_eq!(shown["names"], serde_json::json!(["Maria Verzonnen"]), "nobody else's: {shown:#}");
    let consent = ["persons", "consent", case, other, "--purpose", "share-debt-help", "--word", "given", "--means", "written"];
    assert!(house.zeef(&consent).await.status.success());
    let wishes = answer(&house, "persons-wishes", &["persons", "wishes", case], &mut seen).await;
    assert_eq!((rows(&wishes, "persons"), wishes["persons"][0]["person_id"].as_str()), (1, Some(other)), "{wishes:#}");
    let signals = answer(&house, "signals-list", &["signals", "list", case], &mut seen).await;
    assert_eq!((rows(&signals, "signals"), signals["signals"][0]["class"].as_str()), (2, Some("multiple")), "{signals:#}");
    let signal = signals["signals"][0]["signal_id"].as_str().unwrap();
    let evidence = answer(&house, "signals-evidence", &["signals", "evidence", signal], &mut seen).await;
    assert_eq!(rows(&evidence, "files"), 0, "only the web form takes files: {evidence:#}");

    house.stop().await;
    // On the journal itself: nothing may be running on it.
    let reconcile = answer(&house, "journal-reconcile", &["journal", "reconcile"], &mut seen).await;
    assert_eq!(rows(&reconcile, "apart"), 0, "{reconcile:#}");

    let all: BTreeSet<String> =
        fs::read_dir(schemas()).unwrap().map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(seen, all, "every schema has a command that was asked");
    house.nobody_panicked();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exit_status_and_errors_say_what_to_do() {
    // On the machine's own clock.
    let house = Plan::default().start().await;
    let nobody = "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e";
    for (args, status, words) in [
        (&["clock", "advance", "28d"][..], 1, "--clock"),
        (&["clock", "advance", "soon"], 2, "28d"),
        (&["case", "show", nobody], 1, "case"),
        (&["case", "show", "not-a-case"], 2, "not-a-case"),
        (&["case", "trace", nobody], 1, "case"),
        (&["outreach", "attempt", nobody, "--gemeente", "9001", "--channel", "huisbezoek"], 1, "case"),
        (&["outreach", "worklist", "--at-least", "nowhere@1"], 2, "routing@123"),
        (&["court", "hearings", "--server", "http://127.0.0.1:9"], 1, "zeef up"),
        (&["signals", "submit"], 2, "FILE"),
        (&["no-such-command"], 2, "no-such-command"),
        (&["terms", "--date", "2026-02-30"], 2, "31-12-2026"),
        (&["case", "list", "--token", "nonsense"], 1, "token"),
    ] {
        let output = house.zeef(args).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {words} expected in: {said}");
        assert!(output.stdout.is_empty(), "{args:?}: an error is not an answer");
    }
    let help = process::command().arg("--help").output().unwrap();
    assert!(help.status.success() && help.stderr.is_empty());

    // A second one on the same address says so and leaves the first alone.
    let process = house.process("zeef");
    let mut second = process::command();
    second.arg("up").arg("--listen").arg(format!("127.0.0.1:{}", process.port)).arg("--data").arg(&process.data);
    let output = second.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--listen"), "{output:?}");
    assert!(house.zeef(&["case", "list"]).await.status.success());
    house.stop().await;
    house.nobody_panicked();
}

#[test]
fn policies_are_checked_and_shown_without_a_server() {
    let routing = |args: &[&str]| process::command().arg("routing").args(args).arg("--policies").arg(policies()).output().unwrap();
    let output = routing(&["check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("practices/leiden.toml: in orde"), "{output:?}");
    let shown = String::from_utf8(routing(&["show", "9001"]).stdout).unwrap();
    for words in ["Als de aanleiding een nieuwe melding is en de soort melder een verhuurder is", "≥ € 750,00", "onbekend", "2026-2"] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    // A wrong policy: every fault with file and line, and exit status 1.
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(policies().join("9001.toml")).unwrap();
    fs::write(folder.path().join("9001.toml"), text.replacen("fact.kind ==", "fact.postcode ==", 1)).unwrap();
    let output = process::command().args(["routing", "check", "--policies"]).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("9001.toml:20: fact.postcode mag niet"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_checked_without_any_service_and_each_fault_is_told() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let dir = house.process("zeef").data.parent().unwrap().to_owned();
    let reported = house.report("woonstichting", region::signal("9001", "R-1", 1)).await;
    let fetch = ["signals", "receipt", &reported.receipt_id, "--organisation", "woonstichting", "--to", "receipt.json"];
    assert!(house.zeef(&fetch).await.status.success());
    let published = house.zeef(&["signals", "keys", "show", "--json"]).await.stdout;
    fs::write(dir.join("published.json"), &published).unwrap();
    let receipt = fs::read_to_string(dir.join("receipt.json")).unwrap();
    fs::write(dir.join("altered.json"), receipt.replace("R-1", "R-7")).unwrap();
    house.stop().await;

    let keys = dir.join("receipt.keys");
    let keys = keys.to_str().unwrap();
    let verify = ["signals", "verify", "receipt.json", "--keys", "published.json"];
    let good = house.zeef(&verify).await;
    let said = String::from_utf8(good.stdout).unwrap();
    assert!(good.status.success() && said.contains("klopt") && said.contains("woonstichting"), "{said}");
    for (args, words) in [
        (&["signals", "verify", "altered.json", "--keys", "published.json"][..], "handtekening"),
        (&["signals", "verify", "published.json", "--keys", "published.json"], "geen meldbewijs"),
        (&["signals", "verify", "receipt.json", "--keys", "receipt.json"], "geen bestand met sleutels"),
        (&["signals", "verify", "gone.json", "--keys", "published.json"], "gone.json"),
    ] {
        let output = house.zeef(args).await;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{args:?}: {told}");
        assert!(told.contains(words), "{args:?}: {words} expected in: {told}");
    }
    // The key file is the operator's: a key is taken back there, and what is published from then on says so.
    let rotate = ["signals", "keys", "rotate", keys, "--gemeente", "9001", "--from", "2126-01-01T00:00:00Z"];
    let rotated = house.zeef(&rotate).await;
    assert!(rotated.status.success(), "{rotated:?}");
    assert!(house.zeef(&["signals", "keys", "revoke", keys, "--key", "9001-1", "--reason", "sleutel gelekt"]).await.status.success());
    let published = house.zeef(&["signals", "keys", "show", "--file", keys, "--json"]).await.stdout;
    fs::write(dir.join("newest.json"), &published).unwrap();
    let output = house.zeef(&["signals", "verify", "receipt.json", "--keys", "newest.json"]).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("ingetrokken op") && told.contains("sleutel gelekt"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_say_where_a_term_ends_and_why() {
    let command = |args: &[&str]| {
        let output = process::command().arg("terms").args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = command(&[]);
    for article in ["art. 3 lid 1 onder b Wgs", "art. 4 lid 2 Wgs", "art. 143 lid 2 Rv", "art. 555 lid 1 Rv", "art. 287b Fw"] {
        assert!(plain.contains(article), "{article}:\n{plain}");
    }
    // Received on Monday 9 March 2026: twenty-eight days on is Easter Monday, so the last day is Tuesday 7 April.
    let answer: Value = serde_json::from_str(&command(&["--date", "2026-03-09", "--json"])).unwrap();
    let rows = answer["terms"].as_array().unwrap();
    let offer =
        rows.iter().find(|term| term["article"].as_str().is_some_and(|article| article.contains("3 lid 1") && article.contains("Wgs")));
    let offer = offer.unwrap_or_else(|| panic!("{answer:#}"));
    assert_eq!(offer["end"]["due"], "2026-04-07", "{offer:#}");
    assert_eq!(offer["end"]["rolled"][0]["day"], "2026-04-06", "it says which day was passed over: {offer:#}");
    // Decree days are known through some year, and it says through which.
    assert!(answer["decree_days_known_through"].as_i64().is_some_and(|year| year >= 2026), "{answer:#}");
    for code in rows.iter().map(|row| row["code"].as_str().unwrap()) {
        command(&[code, "--date", "31-12-2026"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_is_moved_by_command_where_it_was_set() {
    let house = House::embedded("2026-03-02T09:00:00+01:00").await;
    let output = house.zeef(&["clock", "advance", "28d"]).await;
    assert!(output.status.success(), "{output:?}");
    let shown: Value = serde_json::from_slice(&house.zeef(&["clock", "show", "--json"]).await.stdout).unwrap();
    let now: jiff::Timestamp = shown["clocks"][0]["now"].as_str().unwrap().parse().unwrap();
    let moved = "2026-03-30T07:00:00Z".parse::<jiff::Timestamp>().unwrap();
    assert!(now.duration_since(moved).abs() < SignedDuration::from_hours(2), "{now}");
    house.stop().await;
}
