use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use kernel::days::{amsterdam, is_working_day};

use super::*;

#[test]
fn the_sample_region_can_be_read_and_its_facts_be_told() {
    let region = Region::sample().unwrap();
    assert_eq!(region.gemeenten.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["9001", "9002", "9003"]));
    for line in &region.lines {
        if let What::Told(what, details) = &line.what
            && facts::is_fact(what)
        {
            facts::fact(what, details).unwrap_or_else(|error| panic!("{}: {error}", line.place));
        }
    }
    let households: BTreeSet<_> = region.lines.iter().map(|line| line.reference.as_str()).collect();
    assert!(households.len() >= 60, "{} references", households.len());
}

#[test]
fn the_sample_happens_on_working_days_of_2026_between_january_and_november() {
    for line in Region::sample().unwrap().lines {
        let at = line.at.to_zoned(amsterdam().clone());
        assert!(at.year() == 2026 && (1..=11).contains(&at.month()), "{}: {at}", line.place);
        assert!(is_working_day(at.date()) && at.weekday() != Weekday::Sunday, "{}: {at}", line.place);
        assert!((8..=21).contains(&at.hour()), "{}: {at}", line.place);
    }
}

#[test]
fn what_is_told_of_a_reference_comes_after_its_beginning() {
    let mut begun = BTreeSet::new();
    for line in Region::sample().unwrap().lines {
        match &line.what {
            What::Signal(_) | What::Stage { .. } => drop(begun.insert(line.reference)),
            What::Told(what, _) if what == "household" => drop(begun.insert(line.reference)),
            What::Told(what, _) => assert!(begun.contains(&line.reference), "{}: {what} of {}", line.place, line.reference),
        }
    }
}

#[test]
fn people_of_the_sample_cannot_be_real() {
    for line in Region::sample().unwrap().lines {
        let What::Signal(signal) = line.what else { continue };
        let (address, person) = (signal.address.unwrap(), signal.person.unwrap());
        assert!(person.email.is_empty() || person.email.ends_with("@example.nl"), "{}", line.place);
        assert!(person.phone.is_empty() || person.phone.starts_with("060"), "{}: a range without mobile numbers", line.place);
        let postcode: u32 = address.postcode[..4].parse().unwrap();
        assert!([2509, 3009, 3509].contains(&postcode), "{}: a range of post-office boxes", line.place);
    }
}

fn line(reference: &str, place: &str) -> Line {
    Line {
        at: "2026-09-01T07:05:00Z".parse().unwrap(),
        reference: reference.to_owned(),
        place: place.to_owned(),
        what: What::Told("paid".to_owned(), facts::Details::default()),
    }
}

#[test]
fn a_request_id_is_that_of_its_line_and_play_and_carries_its_moment() {
    let (play, other) = (kernel::ids::new_uuid(Timestamp::now()), kernel::ids::new_uuid(Timestamp::now()));
    let id = request_id(play, &line("A", "chain.csv:1"));
    assert_eq!(id, request_id(play, &line("A", "chain.csv:1")));
    assert_ne!(id, request_id(play, &line("A", "chain.csv:2")));
    assert_ne!(id, request_id(other, &line("A", "chain.csv:1")));
    assert_eq!((id.get_version_num(), id.get_timestamp().unwrap().to_unix().0), (7, 1_788_246_300));
}

#[test]
fn lines_of_one_moment_share_a_lane_by_reference() {
    let lines = [line("B", "1"), line("A", "2"), line("B", "3")];
    let lanes: BTreeMap<_, Vec<_>> = in_lanes(&lines)
        .into_iter()
        .map(|lane| (lane[0].reference.clone(), lane.iter().map(|line| line.place.as_str()).collect()))
        .collect();
    assert_eq!(lanes, BTreeMap::from([("A".to_owned(), vec!["2"]), ("B".to_owned(), vec!["1", "3"])]));
}

#[test]
fn processes_are_named_once() {
    let one = Endpoints::all_at("http://127.0.0.1:4700");
    assert_eq!(one.processes(), ["http://127.0.0.1:4700"]);
    let two = Endpoints { desk: "http://127.0.0.1:4701".to_owned(), ..one };
    assert_eq!(two.processes(), ["http://127.0.0.1:4700", "http://127.0.0.1:4701"]);
}
