//! Whatever is told, in whatever order.

use kernel::days::end_of_day;
use proptest::prelude::*;

use super::*;

fn any_fact() -> impl Strategy<Value = Fact> {
    let day = |n: u32| date("2026-03-01").saturating_add(jiff::Span::new().days(i64::from(n)));
    let kinds = prop::sample::select(JudgmentKind::ALL);
    prop_oneof![
        Just(Fact::SummonsAnnounced),
        (0u32..90, any::<bool>()).prop_map(move |(n, court)| Fact::SummonsServed {
            cause_list_date: Some(day(n)),
            court: court.then(|| "Rotterdam".to_owned())
        }),
        (0u32..90).prop_map(move |n| Fact::HearingListed { court: "Rotterdam".into(), on: day(n), time: None }),
        Just(held()),
        (kinds, any::<bool>(), any::<bool>()).prop_map(|(kind, by_default, served_in_person)| Fact::Judgment(Judgment {
            kind,
            by_default,
            served_in_person,
            served_on: None,
            summary_proceedings: false
        })),
        Just(Fact::MoratoriumRequested),
        any::<bool>().prop_map(|granted| Fact::MoratoriumDecided { granted }),
        any::<bool>().prop_map(|accepted| Fact::LastOffer { accepted }),
        any::<bool>().prop_map(|granted| Fact::AdministrationOrdered { granted }),
        (0u32..90, prop::sample::select(Ground::ALL)).prop_map(move |(n, ground)| Fact::EvictionAnnounced {
            on: day(n),
            time: None,
            ground,
            served_on: None
        }),
        Just(Fact::EvictionCarriedOut),
        Just(Fact::EvictionAverted),
        prop::sample::select(TrackEnd::ALL).prop_map(Fact::TrackEnded),
        prop::sample::select(HowLeft::ALL).prop_map(Fact::HomeLeft),
    ]
}

proptest! {
    /// Facts are accepted in any order, and what is out of order, and how it ended, does not depend on that order.
    #[test]
    fn any_order_of_facts_is_accepted_and_tells_the_same(
        facts in prop::collection::btree_map(0i64..90, any_fact(), 1..12),
        report in prop::option::of(0i64..90),
        shuffle in prop::collection::vec(any::<prop::sample::Index>(), 12),
    ) {
        let start = day("2026-03-01");
        let at = |n: i64| start + jiff::SignedDuration::from_hours(24 * n);
        let now = day("2026-07-01");
        let mut told: Vec<Option<(i64, Fact)>> = facts.into_iter().map(Some).collect();
        if report.is_some() { told.push(None); }
        let tell = |order: &[Option<(i64, Fact)>]| {
            let mut story = Story::default();
            for item in order {
                let (command, happened_at) = match item {
                    Some((n, fact)) => (record(fact.clone()), at(*n)),
                    None => (Command::NoteReport {
                        case: case(), signal: SignalId::from_uuid(Uuid::nil()), received_at: at(report.unwrap()), file: file(), courts: courts(),
                    }, at(report.unwrap())),
                };
                let events = story.run(command.clone(), Moment { happened_at, now }).unwrap();
                prop_assert!(!events.is_empty());
                sound(&story.state)?;
                // Told twice: accepted, and nothing else changes.
                if item.is_some() {
                    let before = story.state.clone();
                    let again = story.run(command, Moment { happened_at, now }).unwrap();
                    prop_assert_eq!(names(&again), ["fact"]);
                    prop_assert_eq!(&story.state.finished, &before.finished);
                    prop_assert_eq!(&story.state.terms, &before.terms);
                }
            }
            Ok(story.state)
        };
        let first = tell(&told)?;
        for (n, index) in shuffle.iter().enumerate() {
            let n = n % told.len();
            let other = index.index(told.len());
            told.swap(n, other);
        }
        let second = tell(&told)?;
        prop_assert_eq!(&first.violations, &second.violations);
        prop_assert_eq!(first.finished.map(|f| (f.outcome, f.step)), second.finished.map(|f| (f.outcome, f.step)));
        // Everything that runs is found by a tick in the end.
        let mut story = Story { state: first };
        story.run(Command::Tick, Moment::at(end_of_day(date("2030-01-01")))).unwrap();
        prop_assert_eq!(story.state.terms.running().count(), 0);
    }
}

fn sound(state: &State) -> Result<(), TestCaseError> {
    let has_facts = !state.facts.is_empty();
    prop_assert_eq!(state.episode > 0, has_facts);
    prop_assert!(!has_facts || (state.case.is_some() && state.file.is_some()));
    prop_assert!(!(state.runs() && state.finished.is_some()));
    prop_assert!(!state.paused() || state.runs());
    if state.finished.is_some() {
        let left = [TermKind::Appeal, TermKind::Objection, TermKind::Goods];
        prop_assert!(state.terms.open().all(|t| left.contains(&t.term.kind)));
    }
    let single = [
        TermKind::Appeal,
        TermKind::Objection,
        TermKind::Grace,
        TermKind::TitleAge,
        TermKind::Moratorium,
        TermKind::Goods,
        TermKind::Review,
    ];
    for kind in single {
        prop_assert!(state.terms.open().filter(|t| t.term.kind == kind).count() <= 1, "{:?}", kind);
    }
    Ok(())
}
