//! What is out of order, as far as known.

use super::*;

#[test]
fn violations_follow_from_what_is_known() {
    let reported = || Story::default().report("2026-01-05");
    let titled = || judged_in_order(JudgmentKind::Dissolved);
    let offered = || titled().with(Fact::LastOffer { accepted: false }, "2026-05-11");
    let moratorium = || offered().with(Fact::MoratoriumDecided { granted: true }, "2026-05-12");
    let told = |story: Story, fact: Fact, on: &str| story.with(fact, on).codes();
    let table: Vec<(&str, Vec<&'static str>, Vec<&str>)> = vec![
        ("writ, no report", told(Story::default(), served("2026-04-07"), "2026-03-23"), vec!["summons-without-report"]),
        (
            "report after the writ",
            told(Story::default().with(Fact::SummonsAnnounced, "2026-01-02"), Fact::LastOffer { accepted: false }, "2026-01-03"),
            vec!["summons-without-report"],
        ),
        // Rv 114 and 119: served on Monday, not before Tuesday a week later.
        ("cause list on day 8", told(reported(), served("2026-03-31"), "2026-03-23"), vec![]),
        ("cause list on day 7", told(reported(), served("2026-03-30"), "2026-03-23"), vec!["cause-list-date-too-early"]),
        (
            "hearing too early",
            told(reported().with(served("2026-04-07"), "2026-03-23"), held(), "2026-04-02"),
            vec!["hearing-before-cause-list-date"],
        ),
        (
            "listed too early",
            told(reported().with(served("2026-04-07"), "2026-03-23"), listed("2026-04-02"), "2026-03-24"),
            vec!["hearing-before-cause-list-date"],
        ),
        ("judgment, no hearing", told(reported(), judged(JudgmentKind::Dissolved), "2026-05-04"), vec!["judgment-without-hearing"]),
        ("default, no writ", told(reported(), by_default(false), "2026-05-04"), vec!["judgment-without-summons"]),
        ("default after a writ", told(reported().with(served("2026-04-07"), "2026-03-23"), by_default(false), "2026-05-04"), vec![]),
        // The court of Rotterdam wants two months between report and writ.
        ("two months", told(reported(), served_at("rotterdam"), "2026-03-05"), vec![]),
        ("less than two months", told(reported(), served_at("Rotterdam"), "2026-03-04"), vec!["report-too-recent"]),
        ("elsewhere", told(reported(), served_at("Amsterdam"), "2026-03-04"), vec![]),
        (
            "six months, while that held",
            told(Story::default().report("2024-06-03"), served_at("Rotterdam"), "2024-12-10"),
            vec!["report-too-old"],
        ),
        ("six months, after 18 March 2025", told(Story::default().report("2025-01-06"), served_at("Rotterdam"), "2025-12-10"), vec![]),
        (
            "the court is known from the list",
            told(reported().with(served("2026-03-10"), "2026-02-23"), listed("2026-03-10"), "2026-02-24"),
            vec!["report-too-recent"],
        ),
        // Rv 555: three days, two of them ordinary. Thursday before Easter gives Wednesday.
        ("the order has run", told(offered(), announced("2026-05-22", Ground::Arrears), "2026-05-18"), vec![]),
        (
            "on the last day of the order",
            told(offered(), announced("2026-05-21", Ground::Arrears), "2026-05-18"),
            vec!["eviction-announced-too-soon"],
        ),
        (
            "moved, served three days before",
            told(
                offered().with(announced("2026-06-02", Ground::Arrears), "2026-05-18"),
                announced("2026-06-05", Ground::Arrears),
                "2026-06-02",
            ),
            vec![],
        ),
        (
            "moved, served two days before",
            told(
                offered().with(announced("2026-06-02", Ground::Arrears), "2026-05-18"),
                announced("2026-06-04", Ground::Arrears),
                "2026-06-02",
            ),
            vec!["eviction-announced-too-soon"],
        ),
        ("no step 9", told(titled(), announced("2026-06-02", Ground::Arrears), "2026-05-18"), vec!["eviction-without-last-offer"]),
        ("no step 9, but nuisance", told(titled(), announced("2026-06-02", Ground::Nuisance), "2026-05-18"), vec![]),
        (
            "last offer after the announcement, before the day",
            told(titled().with(announced("2026-06-02", Ground::Arrears), "2026-05-18"), Fact::LastOffer { accepted: false }, "2026-05-28"),
            vec![],
        ),
        ("closed by the mayor", told(Story::default(), announced("2026-05-19", Ground::Mayor), "2026-05-18"), vec![]),
        (
            "a payment judgment is no title",
            told(
                judged_in_order(JudgmentKind::PaymentOnly).with(Fact::LastOffer { accepted: false }, "2026-05-11"),
                announced("2026-06-02", Ground::Arrears),
                "2026-05-18",
            ),
            vec!["eviction-without-judgment"],
        ),
        (
            "announced in a moratorium",
            told(moratorium(), announced("2026-06-02", Ground::Arrears), "2026-05-18"),
            vec!["moratorium-running"],
        ),
        (
            "on the last day of six months",
            told(moratorium(), announced("2026-11-12", Ground::Arrears), "2026-10-26"),
            vec!["moratorium-running"],
        ),
        ("after six months", told(moratorium(), announced("2026-11-13", Ground::Arrears), "2026-10-26"), vec![]),
        (
            "carried out in a moratorium",
            told(
                offered()
                    .with(announced("2026-06-02", Ground::Arrears), "2026-05-18")
                    .with(Fact::MoratoriumDecided { granted: true }, "2026-05-28"),
                Fact::EvictionCarriedOut,
                "2026-06-02",
            ),
            vec!["moratorium-running"],
        ),
        ("carried out, never announced", told(offered(), Fact::EvictionCarriedOut, "2026-06-02"), vec!["eviction-without-announcement"]),
    ];
    for (what, found, expected) in table {
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_date_that_moves_is_served_three_days_before_and_a_new_eviction_begins_with_an_order() {
    let first = || {
        judged_in_order(JudgmentKind::Dissolved)
            .with(Fact::LastOffer { accepted: false }, "2026-05-11")
            .with(announced("2026-06-02", Ground::Arrears), "2026-05-18")
    };
    // Rule of the announcement told last, when it came too soon.
    let rule = |mut story: Story, on: &str, served: &str| {
        let events = story.fact(announced(on, Ground::Arrears), served);
        events.iter().find_map(|event| match event {
            Event::ViolationFound { violation, .. } if violation.code == Code::EvictionAnnouncedTooSoon => {
                Some((violation.rule.clone(), violation.rule_version))
            }
            _ => None,
        })
    };
    let (moved, order) = (Some(("rv-reannounce-3d".to_owned(), 2)), Some(("rv-bevel-3d".to_owned(), 1)));
    // Friday to Monday holds one ordinary day; so does the Thursday before Easter to the Tuesday after it.
    assert_eq!(rule(first(), "2026-11-23", "2026-11-20"), moved);
    assert_eq!(rule(first(), "2026-11-23", "2026-11-19"), None);
    assert_eq!(rule(first(), "2027-03-30", "2027-03-25"), moved);
    assert_eq!(rule(first(), "2027-03-30", "2027-03-24"), None);
    // Three days before is enough for a date that moves, and for no first order.
    assert_eq!(rule(first(), "2026-06-05", "2026-06-02"), None);
    let newly_judged = first().with(judged(JudgmentKind::Dissolved), "2026-05-28");
    assert_eq!(rule(newly_judged, "2026-06-05", "2026-06-02"), order);
    let averted = || first().with(Fact::EvictionAverted, "2026-05-28");
    assert_eq!(rule(averted(), "2026-06-05", "2026-06-02"), order);
    assert_eq!(rule(averted(), "2026-06-08", "2026-06-02"), None);
    let once_more = averted().with(announced("2026-06-16", Ground::Arrears), "2026-06-01");
    assert_eq!(rule(once_more, "2026-06-05", "2026-06-02"), None, "and that one moves");
}

#[test]
fn a_title_that_fell_away_allows_no_eviction() {
    let offered = |kind| judged_in_order(kind).with(Fact::LastOffer { accepted: false }, "2026-05-11");
    let announced_then = |story: Story| story.with(announced("2026-07-21", Ground::Arrears), "2026-07-06").codes();
    let none: [&str; 0] = [];
    let fell = ["eviction-without-judgment"];
    let dissolved = || offered(JudgmentKind::Dissolved);
    // Objection or appeal: what it comes to is the newest judgment.
    assert_eq!(announced_then(dissolved().with(judged(JudgmentKind::Rejected), "2026-06-15")), fell);
    assert_eq!(announced_then(dissolved().with(judged(JudgmentKind::PaymentOnly), "2026-06-15")), fell);
    assert_eq!(announced_then(dissolved().with(judged(JudgmentKind::Dissolved), "2026-06-15")), none, "upheld");
    assert_eq!(announced_then(dissolved().with(judged(JudgmentKind::Conditional), "2026-06-15")), none, "on a condition");
    let back = dissolved().with(judged(JudgmentKind::Rejected), "2026-06-01").with(judged(JudgmentKind::Dissolved), "2026-06-15");
    assert_eq!(announced_then(back), none, "granted on appeal");
    // Two decisions of one day stand beside each other, whichever is told first.
    assert_eq!(announced_then(dissolved().with(judged(JudgmentKind::PaymentOnly), "2026-05-04")), none);
    // Paid in the last term of the court the lease goes on; after a dissolution only the creditor can let it.
    assert_eq!(announced_then(offered(JudgmentKind::Grace)), none);
    assert_eq!(announced_then(offered(JudgmentKind::Grace).with(Fact::TrackEnded(TrackEnd::Paid), "2026-05-29")), fell);
    assert_eq!(announced_then(dissolved().with(Fact::TrackEnded(TrackEnd::Paid), "2026-05-29")), none);
    // It counted when the eviction was announced, and no more when it was carried out: listed with that, and once.
    let announced_first = || dissolved().with(announced("2026-06-16", Ground::Arrears), "2026-05-28");
    let mut story = announced_first().with(judged(JudgmentKind::Rejected), "2026-06-10");
    assert_eq!(story.codes(), none);
    assert!(names(&story.fact(Fact::EvictionCarriedOut, "2026-06-16")).contains(&"eviction-without-judgment"));
    assert_eq!(announced_first().with(Fact::EvictionCarriedOut, "2026-06-16").codes(), none);
    let never = Story::default().with(announced("2026-06-16", Ground::Nuisance), "2026-05-28");
    assert_eq!(never.with(Fact::EvictionCarriedOut, "2026-06-16").codes(), fell);
}

#[test]
fn a_report_that_came_in_time_and_was_known_late_lifts_the_violation() {
    let mut story = Story::default().with(Fact::SummonsAnnounced, "2026-03-09");
    assert_eq!(story.codes(), ["summons-without-report"]);
    assert_eq!(names(&story.note_report("2026-03-10")), ["report"]);
    assert_eq!(names(&story.note_report("2026-01-05")), ["report", "lifted"]);
    assert!(story.codes().is_empty());
}
