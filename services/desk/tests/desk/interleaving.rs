//! Five streams arrive in any order relative to each other: the rows and the sieve come out the same.

use desk::{
    Store,
    chain::fold,
    event::CONTEXTS,
    sieve::{Passage, Sieve, Standing},
    store::Wanted,
};
use journal::Record;
use kernel::Gemeentecode;
use proptest::prelude::*;
use proto::{court_liaison::v1 as court, desk::v1::CaseLine, intake::v1::PaymentKind};

use crate::support::{Case, Pen, What};

/// One thing that happens to a case; whatever order it comes in, the desk takes it.
fn happen(pen: &mut Pen, case: &Case, what: u8) {
    match what {
        0 => pen.signal(case),
        1 => pen.open_by_landlord(case),
        2 => pen.stage(case, 2),
        3 => {
            let signal = pen.signalled(case, "nuts", 9_900, Some("2026-01-02"), Some("2026-02-03"));
            pen.commit(case, &[signal])
        }
        4 => pen.plan(case),
        5 => pen.outreach(case, "offer"),
        6 => pen.outreach(case, "accept"),
        7 => pen.outreach(case, "exhausted"),
        8 => pen.track(case, 5, true),
        9 => pen.track(case, 11, false),
        10 => pen.fact(case, 6, What::SummonsServed(court::SummonsServed::default())),
        11 => pen.fact(case, 8, What::Judgment(court::Judgment::default())),
        12 => pen.fact(case, 11, What::EvictionAnnounced(court::EvictionAnnounced::default())),
        13 => pen.aftercare(case, "evicted"),
        14 => pen.aftercare(case, "rehoused"),
        15 => pen.aftercare(case, "destination-unknown"),
        16 => pen.close(case, "paid", false),
        17 => pen.close(case, "evicted-no-place", true),
        18 => pen.pay(case, PaymentKind::Paid),
        19 => pen.track_over(case, 8, "agreement"),
        20 => pen.close(case, "handed-over", false),
        _ => pen.outreach(case, "attempt"),
    };
}

/// Merges the streams: each keeps its order, `picks` says whose turn it is.
fn merged(records: &[Record], picks: &[u8]) -> Vec<Record> {
    let mut streams: Vec<Vec<Record>> = CONTEXTS
        .iter()
        .map(|context| records.iter().filter(|record| record.subject.context() == *context).cloned().rev().collect())
        .collect();
    let mut order = Vec::new();
    let mut picks = picks.iter().cycle();
    while streams.iter().any(|stream| !stream.is_empty()) {
        let waiting: Vec<_> = (0..streams.len()).filter(|index| !streams[*index].is_empty()).collect();
        let index = waiting[usize::from(*picks.next().unwrap()) % waiting.len()];
        order.extend(streams[index].pop());
    }
    order
}

struct Seen {
    lines: Vec<CaseLine>,
    sieve: Sieve,
    positions: [u64; 5],
}

fn read(store: &Store) -> Seen {
    let gemeenten = store.gemeenten();
    let (lines, next) = store.list(&Wanted { gemeenten: &gemeenten, standings: &Standing::ALL, ddas: None }, None, 1_000);
    assert_eq!(next, None);
    Seen { lines, sieve: store.sieve(&gemeenten), positions: store.positions() }
}

fn cases() -> Vec<Case> {
    (0..4).map(|number| Case::new(if number % 2 == 0 { "9001" } else { "9002" }, number)).collect()
}

fn taken_in(records: &[Record], chunk: usize) -> Seen {
    let store = Store::default();
    for records in records.chunks(chunk) {
        store.apply(records);
        // The same again changes nothing.
        store.apply(records);
    }
    read(&store)
}

fn check_identity(sieve: &Sieve, seen: &Seen) {
    let counted: Vec<_> = seen.lines.iter().filter(|line| line.standing != "elsewhere").collect();
    assert_eq!(sieve.cases as usize, counted.len());
    let mut here = 0;
    for (number, count) in (1..).zip(&sieve.steps) {
        assert_eq!(count.entered(), count.sieved_out + count.standing + count.failed);
        assert!(count.sieved_out_here <= count.sieved_out && count.standing_here <= count.standing && count.failed_here <= count.failed);
        here += count.sieved_out_here + count.standing_here + count.failed_here;
        for (standing, at) in [("sieved-out", count.sieved_out_here), ("standing", count.standing_here), ("failed", count.failed_here)] {
            let lines = counted.iter().filter(|line| line.step == number && line.standing == standing).count();
            assert_eq!(at as usize, lines, "step {number} {standing}");
        }
    }
    assert_eq!(here, sieve.cases, "every case is somewhere");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_the_streams_gives_the_same_rows(
        story in prop::collection::vec((0_usize..4, 0_u8..22, 0_i64..40), 1..60),
        picks in prop::collection::vec(any::<u8>(), 1..40),
        chunk in 1_usize..7,
    ) {
        let cases = cases();
        let mut pen = Pen::default();
        let start = pen.now;
        for (case, what, day) in story {
            pen.now = start + jiff::SignedDuration::from_hours(day * 24);
            happen(&mut pen, &cases[case], what);
        }
        let straight = taken_in(&pen.records, 1);
        let shuffled = taken_in(&merged(&pen.records, &picks), chunk);
        prop_assert_eq!(&straight.lines, &shuffled.lines);
        prop_assert_eq!(straight.sieve, shuffled.sieve);
        prop_assert_eq!(straight.positions, shuffled.positions);
        check_identity(&straight.sieve, &straight);
    }
}

#[test]
fn the_sieve_counts_each_step_a_case_entered_and_forgets_what_changed() {
    let mut sieve = Sieve::default();
    let lost = Passage { entered: 1 << 10, standing: Standing::Failed };
    let helped = Passage { entered: 0b1111, standing: Standing::SievedOut };
    for passage in [lost, helped, helped, Passage { entered: 0b100, standing: Standing::Standing }, Passage { entered: 0, ..lost }] {
        sieve.add(passage);
    }
    sieve.add(Passage { entered: 0b11, standing: Standing::Elsewhere });
    assert_eq!(sieve.cases, 4);
    assert_eq!(sieve.steps.map(|count| count.entered()), [2, 2, 3, 2, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!((sieve.steps[2].sieved_out, sieve.steps[2].sieved_out_here, sieve.steps[2].standing_here), (2, 0, 1));
    assert_eq!((sieve.steps[3].sieved_out_here, sieve.steps[10].failed_here), (2, 1));
    sieve.remove(helped);
    assert_eq!(sieve.steps[3].entered(), 1);
}

#[test]
fn a_court_that_is_first_waits_for_intake() {
    let (mut pen, case) = (Pen::default(), Case::new("9001", 3));
    pen.signal(&case);
    pen.fact(&case, 6, What::SummonsServed(court::SummonsServed::default()));
    let store = Store::default();
    store.apply(&pen.records[1..]);
    let early = fold(&store.entries(case.id)).unwrap();
    assert_eq!((early.phase(), early.file_key.as_str()), (6, ""));
    store.apply(&pen.records[..1]);
    let whole = fold(&store.entries(case.id)).unwrap();
    assert_eq!((whole.phase(), whole.file_key.as_str()), (6, case.file.to_string().as_str()));
    assert!(matches!(whole.steps[2], desk::chain::Step::Entered(_)));
}

#[test]
fn ten_thousand_cases_are_listed_page_by_page() {
    let store = Store::default();
    let mut pen = Pen::default();
    let all: Vec<_> = (0..10_000_u32).map(|number| Case::new(if number % 3 == 0 { "9002" } else { "9001" }, u128::from(number))).collect();
    for case in &all {
        pen.now += jiff::SignedDuration::from_secs(1);
        pen.signal(case);
    }
    for case in all.iter().step_by(2) {
        pen.close(case, "paid", false);
    }
    for chunk in pen.records.chunks(512) {
        store.apply(chunk);
    }
    let gemeenten: Vec<Gemeentecode> = vec!["9001".parse().unwrap(), "9002".parse().unwrap()];
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (lines, next) = store.list(
            &Wanted { gemeenten: &gemeenten, standings: &[Standing::Standing, Standing::SievedOut], ddas: None },
            after.as_deref(),
            300,
        );
        seen.extend(lines.into_iter().map(|line| line.case_id));
        match next {
            Some(place) => after = Some(place),
            None => break,
        }
    }
    let newest_first: Vec<_> = all.iter().rev().map(|case| case.id.to_string()).collect();
    assert_eq!(seen, newest_first);
    let (standing, _) = store.list(&Wanted { gemeenten: &gemeenten[1..], standings: &[Standing::Standing], ddas: None }, None, 5_000);
    assert_eq!(standing.len(), all.iter().enumerate().filter(|(number, _)| number % 3 == 0 && number % 2 == 1).count());
    assert_eq!(store.sieve(&gemeenten).cases, 10_000);
}
