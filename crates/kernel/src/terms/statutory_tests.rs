use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::days::{Why, is_working_day};

#[test]
fn each_term_ends_on_the_day_the_law_says() {
    type Case = (&'static str, fn(Date) -> Computed, Date, Date);
    let table: &[Case] = &[
        ("28 days", offer, date(2026, 11, 2), date(2026, 11, 30)),
        ("28 days, end on Easter Monday", offer, date(2026, 3, 9), date(2026, 4, 7)),
        ("28 days over the leap day", offer, date(2028, 2, 7), date(2028, 3, 6)),
        ("four weeks, end on Easter Monday", first_talk, date(2026, 3, 9), date(2026, 4, 7)),
        ("three working days, Easter", threat_talk, date(2026, 4, 2), date(2026, 4, 9)),
        ("three working days, 5 May", threat_talk, date(2026, 5, 1), date(2026, 5, 7)),
        ("three working days, Christmas", threat_talk, date(2026, 12, 24), date(2026, 12, 30)),
        ("eight weeks of a by-law, end on Easter Monday", decision, date(2026, 2, 9), date(2026, 4, 6)),
        ("30 days, end on Sunday", pause, date(2026, 10, 23), date(2026, 11, 22)),
        ("roldatum, service on Monday 1 June", cause_list, date(2026, 6, 1), date(2026, 6, 9)),
        ("roldatum, the week ends on Whit Monday", cause_list, date(2026, 5, 18), date(2026, 5, 27)),
        ("objection", objection, date(2026, 11, 27), date(2026, 12, 28)),
        ("objection abroad", objection_abroad, date(2026, 11, 6), date(2027, 1, 4)),
        ("appeal, end on Sunday", appeal, date(2026, 5, 8), date(2026, 8, 10)),
        ("appeal, last day of February", appeal, date(2027, 11, 30), date(2028, 2, 29)),
        ("appeal in kort geding", appeal_summary, date(2026, 4, 7), date(2026, 5, 6)),
        ("grace, end on Sunday", grace, date(2026, 10, 22), date(2026, 11, 22)),
        ("bevel, Easter", bevel, date(2026, 4, 2), date(2026, 4, 8)),
        ("bevel, Christmas", bevel, date(2026, 12, 24), date(2026, 12, 29)),
        ("bevel, weekend", bevel, date(2026, 11, 20), date(2026, 11, 24)),
        ("re-announcement, on a Sunday", reannounce, date(2026, 11, 25), date(2026, 11, 22)),
        ("re-announcement, Easter", reannounce, date(2026, 4, 7), date(2026, 4, 1)),
        ("re-announcement, eviction on Monday", reannounce, date(2026, 11, 23), date(2026, 11, 19)),
        ("re-announcement, eviction on Tuesday", reannounce, date(2026, 11, 24), date(2026, 11, 20)),
        ("moratorium, end on Sunday", moratorium, date(2026, 5, 22), date(2026, 11, 22)),
        ("goods, end on Easter Monday", goods, date(2026, 1, 5), date(2026, 4, 6)),
        ("rehousing, on a Sunday", rehousing, date(2026, 11, 22), date(2026, 11, 22)),
        ("title of a leap day", title_age, date(2028, 2, 29), date(2029, 2, 28)),
        ("lease claim, end on a Sunday", lease_claim, date(2026, 5, 22), date(2026, 11, 22)),
        ("who is left behind", death_review, date(2026, 3, 23), date(2026, 4, 6)),
        ("hand-over", hand_over, date(2026, 3, 23), date(2026, 4, 6)),
        ("list review", list_review, date(2026, 11, 22), date(2027, 11, 22)),
    ];
    for (what, compute, start, due) in table {
        assert_eq!(compute(*start).due, *due, "{what}");
    }
}

#[test]
fn lengths_that_are_configured_keep_to_their_bounds() {
    let day = date(2026, 11, 2);
    assert_eq!(decision_within(day, 6).due, date(2026, 12, 14));
    assert_eq!(decision_within(day, 20), decision(day));
    assert_eq!(aftercare(day, 3).due, date(2027, 2, 2));
    assert_eq!(list_end(day, 0).due, date(2027, 11, 2));
    assert_eq!(list_end(day, 9).due, date(2031, 11, 2));
}

#[test]
fn only_what_the_law_sets_and_atw_covers_is_moved() {
    let moved = |row: &Statutory| {
        date(2026, 1, 1).series(1.day()).take(365).map(|day| (row.compute)(day)).any(|computed| !computed.rolled.is_empty())
    };
    let codes: BTreeSet<_> = catalogue().iter().filter(|row| moved(row)).map(|row| row.code).collect();
    let expected = [
        "wgs-offer-28d",
        "wgs-first-talk-4w",
        "wgs-threat-talk-3wd",
        "rv-cause-list-8d",
        "rv-objection-4w",
        "rv-objection-8w",
        "rv-appeal-3m",
        "rv-appeal-4w",
        "rv-bevel-3d",
        "rv-reannounce-3d",
    ];
    assert_eq!(codes, BTreeSet::from(expected));
}

#[test]
fn the_catalogue_says_what_its_functions_compute() {
    let start = date(2026, 4, 2);
    let codes: BTreeSet<_> = catalogue().iter().map(|row| row.code).collect();
    assert_eq!(codes.len(), catalogue().len(), "codes are unique");
    for row in catalogue() {
        let computed = (row.compute)(start);
        assert_eq!(row.article, computed.article, "{}", row.code);
        assert!(row.code.starts_with(computed.rule), "{} is of rule {}", row.code, computed.rule);
        assert_eq!(row.kind == Basis::Practice, !computed.article.starts_with("art.") && row.kind != Basis::Covenant, "{}", row.code);
        assert!(!row.starts_with.is_empty() && !row.dutch.is_empty() && !row.kind.dutch().is_empty());
    }
}

#[test]
fn a_term_keeps_how_its_day_was_reached() {
    let start = date(2026, 3, 9);
    let term = offer(start).term(Uuid::from_u128(1), start, "team-noord", 7);
    assert_eq!((term.kind, term.starts_on, term.due), (TermKind::Offer, start, date(2026, 4, 7)));
    assert_eq!((term.rule.as_str(), term.version, term.owner.as_str()), ("wgs-offer-28d", 1, "team-noord"));
    assert_eq!(term.rolled, [Roll { day: date(2026, 4, 6), why: Why::EasterMonday }]);
}

#[test]
fn ends_beyond_the_known_decrees_are_marked() {
    assert!(!moratorium(date(2028, 6, 30)).may_still_move());
    assert!(offer(date(2028, 12, 20)).may_still_move());
}

#[test]
fn an_atw_end_is_a_working_day_and_never_early() {
    for row in catalogue().iter().filter(|row| row.kind == Basis::Law) {
        for start in date(2025, 1, 1).series(1.day()).take(6 * 365) {
            let computed = (row.compute)(start);
            let backwards = computed.kind == TermKind::Reannounce;
            assert_eq!(computed.due > start, !backwards, "{} from {start}", row.code);
            let end = if computed.kind == TermKind::CauseList { computed.due.yesterday().unwrap() } else { computed.due };
            if !computed.rolled.is_empty() {
                assert!(is_working_day(end), "{} from {start}", row.code);
            }
        }
    }
}
