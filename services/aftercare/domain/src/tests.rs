//! Given what happened, when somebody tells or asks, then this follows.

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Decider, Key, Moment, Reason,
    days::{amsterdam, end_of_day},
    terms::{TermEvent, TermKind, TermStatus},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::*;

fn day(text: &str) -> Timestamp {
    date(text).at(10, 0, 0, 0).to_zoned(amsterdam().clone()).unwrap().timestamp()
}
fn date(text: &str) -> Date {
    text.parse().unwrap()
}
fn case() -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(7))
}
fn file() -> Key {
    Key::new("0363".parse().unwrap(), Uuid::from_u128(9))
}
fn team() -> String {
    team_of("0363".parse().unwrap())
}

#[derive(Clone, Default)]
struct Story {
    state: State,
}
impl Story {
    fn run(&mut self, command: Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        let events = Care::decide(&self.state, &command, moment)?;
        self.state = Care::replay(std::mem::take(&mut self.state), &events);
        Ok(events)
    }
    fn on(&mut self, command: Command, on: &str) -> Vec<&'static str> {
        names(&self.run(command, Moment::at(day(on))).unwrap())
    }
    fn with(mut self, command: Command, on: &str) -> Self {
        self.on(command, on);
        self
    }
    fn no(&mut self, command: Command, on: &str) -> &'static str {
        self.run(command, Moment::at(day(on))).unwrap_err().code()
    }
    fn duty(&self) -> &Duty {
        self.state.duty.as_ref().unwrap()
    }
    fn due(&self, kind: TermKind) -> Vec<Date> {
        self.state.terms.open().filter(|t| t.term.kind == kind).map(|t| t.term.due).collect()
    }
}

fn announced(on: &str, at: &str) -> Command {
    Command::Announced { case: case(), file: file(), team: team(), on: date(on), ground: Ground::Nuisance, at: day(at) }
}
fn lost(how: HowLost, at: &str) -> Command {
    Command::Lost { case: case(), file: file(), team: team(), how, at: day(at) }
}
fn stays(at: &str) -> Command {
    Command::Stays { how: "averted".into(), at: day(at) }
}
fn rehoused(place: Place) -> Command {
    Command::RecordRehoused { place }
}
fn looked(on: &str) -> Command {
    Command::RecordDestinationUnknown { last_looked_for: date(on) }
}
fn assign(owner: &str) -> Command {
    Command::Assign { owner: owner.into() }
}
fn names(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match event {
            Event::DutyOpened { .. } => "opened",
            Event::BeatMoved { .. } => "moved",
            Event::DutyAssigned { .. } => "assigned",
            Event::HomeLost { .. } => "lost",
            Event::Rehoused { in_time: true, .. } => "rehoused",
            Event::Rehoused { in_time: false, .. } => "rehoused-late",
            Event::StopgapFound { .. } => "stopgap",
            Event::DestinationUnknown { .. } => "unknown",
            Event::DutyMet { .. } => "met",
            Event::ListReviewOpened { .. } => "entry",
            Event::ListReviewed { .. } => "reviewed",
            Event::TermChanged(TermEvent::Set(term)) => term.kind.code(),
            Event::TermChanged(TermEvent::Met { late: false, .. }) => "term-met",
            Event::TermChanged(TermEvent::Met { late: true, .. }) => "term-met-late",
            Event::TermChanged(TermEvent::Expired { .. }) => "term-expired",
            Event::TermChanged(_) => "term",
        })
        .collect()
}

#[test]
fn an_announcement_for_any_reason_opens_a_duty_with_an_owner_and_a_day_to_beat() {
    for ground in Ground::ALL {
        let mut story = Story::default();
        let command =
            Command::Announced { case: case(), file: file(), team: team(), on: date("2026-06-02"), ground: *ground, at: day("2026-05-18") };
        assert_eq!(story.on(command, "2026-05-18"), ["opened", "rehousing"]);
        assert_eq!((story.duty().owner.as_str(), story.duty().beat, story.duty().ground), ("aftercare-0363", date("2026-06-02"), *ground));
        assert_eq!(story.due(TermKind::Rehousing), [date("2026-06-02")]);
    }
}

#[test]
fn a_notice_on_the_day_itself_opens_a_duty_due_that_day() {
    let mut story = Story::default();
    assert_eq!(story.on(announced("2026-06-02", "2026-06-02"), "2026-06-02"), ["opened", "rehousing"]);
    assert_eq!(story.due(TermKind::Rehousing), [date("2026-06-02")]);
    assert_eq!(story.state.terms.running().count(), 1);
    assert_eq!(story.on(Command::Tick, "2026-06-02"), ["term"], "the warning");
    assert_eq!(story.on(Command::Tick, "2026-06-03"), ["term-expired"]);
    // A notice that came after the day is late when known: not a breach of ours.
    let late = Story::default().with(announced("2026-06-02", "2026-06-02"), "2026-06-04");
    assert!(late.state.terms.all().all(|t| t.status == TermStatus::LateWhenKnown && !t.is_breach()));
}

#[test]
fn another_day_moves_the_beat_and_its_clock() {
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    assert!(story.on(announced("2026-06-02", "2026-05-19"), "2026-05-19").is_empty());
    assert_eq!(story.on(announced("2026-06-16", "2026-05-28"), "2026-05-28"), ["moved", "term", "rehousing"]);
    assert_eq!((story.duty().beat, story.due(TermKind::Rehousing)), (date("2026-06-16"), vec![date("2026-06-16")]));
    // And back; an older announcement that is told late changes nothing.
    assert_eq!(story.on(announced("2026-06-02", "2026-05-29"), "2026-05-29"), ["moved", "term", "rehousing"]);
    assert!(story.on(announced("2026-06-09", "2026-05-20"), "2026-05-30").is_empty());
    assert_eq!(story.due(TermKind::Rehousing), [date("2026-06-02")]);
}

#[test]
fn a_home_lost_without_notice_opens_a_duty_that_same_day() {
    let mut story = Story::default();
    assert_eq!(story.on(lost(HowLost::LeftUnderPressure, "2026-06-02"), "2026-06-02"), ["opened", "rehousing", "lost"]);
    assert_eq!((story.duty().beat, story.duty().ground), (date("2026-06-02"), Ground::Unknown));
    assert!(story.on(lost(HowLost::LeftUnderPressure, "2026-06-02"), "2026-06-03").is_empty());
    assert!(story.on(stays("2026-06-03"), "2026-06-03").is_empty(), "a lost home is not kept");
    assert!(story.on(Command::CaseClosed { outcome: "closed".into() }, "2026-06-04").is_empty());
    assert!(story.duty().is_open());

    // Announced, and left earlier: the place is needed earlier.
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    assert_eq!(story.on(lost(HowLost::LeftUnderPressure, "2026-05-27"), "2026-05-27"), ["moved", "term", "rehousing", "lost"]);
    assert_eq!((story.duty().beat, story.duty().ground), (date("2026-05-27"), Ground::Nuisance));
    // Announced and carried out on the day.
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    assert_eq!(story.on(lost(HowLost::Evicted, "2026-06-02"), "2026-06-02"), ["lost"]);
    assert_eq!(story.due(TermKind::Rehousing), [date("2026-06-02")]);
}

#[test]
fn a_place_meets_the_duty_in_time_or_late() {
    let open = || Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    let mut story = open();
    assert_eq!(story.on(rehoused(Place::NewLease), "2026-05-28"), ["term-met", "rehoused"]);
    assert_eq!(story.on(lost(HowLost::Evicted, "2026-06-02"), "2026-06-02"), ["lost"], "with a place to go to");
    assert!(!story.duty().is_open());
    assert_eq!(story.no(looked("2026-06-03"), "2026-06-03"), "duty-met");
    assert_eq!(story.no(assign("team-2"), "2026-06-03"), "duty-met");

    let mut story = open().with(lost(HowLost::Evicted, "2026-06-02"), "2026-06-02");
    assert_eq!(story.on(looked("2026-06-03"), "2026-06-03"), ["unknown"]);
    assert!(story.duty().is_open());
    assert_eq!(story.no(looked("2026-06-05"), "2026-06-04"), "looked-in-future");
    assert_eq!(story.on(rehoused(Place::Shelter), "2026-06-08"), ["stopgap"]);
    assert!(story.duty().is_open(), "a bed in a shelter is no home");
    assert_eq!(story.on(rehoused(Place::NewLease), "2026-07-01"), ["term", "term-expired", "term-met-late", "rehoused-late"]);
    // A better place later on.
    assert_eq!(story.on(rehoused(Place::NewLease), "2026-08-03"), ["rehoused-late"]);
    assert!(matches!(story.duty().state, DutyState::Rehoused { place: Place::NewLease, .. }));

    assert_eq!(Story::default().no(rehoused(Place::NewLease), "2026-06-08"), "no-duty");
    assert_eq!(Story::default().no(looked("2026-06-03"), "2026-06-03"), "no-duty");
}

#[test]
fn a_place_in_the_home_goes_with_the_home() {
    for place in Place::ALL.iter().copied().filter(|place| place.is_in_the_home()) {
        let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
        assert_eq!(story.on(rehoused(place), "2026-05-27"), ["term-met", "rehoused"]);
        assert_eq!(story.on(lost(HowLost::Evicted, "2026-06-02"), "2026-06-02"), ["opened", "rehousing", "lost"], "{place:?}");
        assert!(story.duty().is_open());
        let told_late = Moment { happened_at: day("2026-06-01"), now: day("2026-06-03") };
        assert_eq!(decide::decide(&story.state, &rehoused(place), told_late), Err(Rejection::PlaceLost));
        assert_eq!(story.on(rehoused(place), "2026-06-04").last(), Some(&"rehoused-late"), "back in the home");

        // The loss is told a day late: the same as when it is told at once.
        let announced = || Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
        let mut told_late = announced().with(rehoused(place), "2026-06-03");
        assert_eq!(told_late.on(lost(HowLost::Evicted, "2026-06-02"), "2026-06-04").last(), Some(&"rehoused-late"), "{place:?}");
        let at_once = announced().with(lost(HowLost::Evicted, "2026-06-02"), "2026-06-02").with(rehoused(place), "2026-06-03");
        assert_eq!((told_late.duty().state, told_late.duty().lost), (at_once.duty().state, at_once.duty().lost));
    }
    // A place elsewhere outlives the announcement of this home, also one that is corrected.
    let mut story =
        Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18").with(rehoused(Place::NewLease), "2026-05-28");
    assert!(story.on(announced("2026-06-04", "2026-05-29"), "2026-05-29").is_empty());
    assert_eq!(story.on(lost(HowLost::Evicted, "2026-06-04"), "2026-06-04"), ["lost"]);
}

#[test]
fn a_roof_for_the_time_being_is_no_home() {
    for place in [Place::Family, Place::Shelter] {
        let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
        assert_eq!(story.on(rehoused(place), "2026-06-01"), ["stopgap"]);
        assert_eq!(story.due(TermKind::Rehousing), [date("2026-06-02")], "the clock runs on");
        assert_eq!(story.on(lost(HowLost::Evicted, "2026-06-02"), "2026-06-02"), ["lost"]);
        assert!(story.duty().is_open(), "somebody goes on looking");
        assert_eq!(story.on(rehoused(Place::SettledElsewhere), "2026-06-03").last(), Some(&"rehoused-late"), "for good");
        assert!(!story.duty().is_open());
        // The place is gone again; what is told of before it was found opens nothing.
        assert_eq!(story.clone().on(rehoused(place), "2026-06-20"), ["opened", "rehousing", "stopgap"]);
        let before = Moment { happened_at: day("2026-06-01"), now: day("2026-06-20") };
        assert_eq!(decide::decide(&story.state, &rehoused(place), before).map(|events| events.len()), Ok(1));
    }
}

#[test]
fn who_stays_needs_no_place_until_the_next_announcement() {
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    assert!(story.on(stays("2026-05-11"), "2026-05-19").is_empty(), "an end from before the announcement is another one");
    assert_eq!(story.on(stays("2026-06-02"), "2026-06-02"), ["term-met", "met"]);
    assert!(story.on(stays("2026-06-02"), "2026-06-02").is_empty());
    assert_eq!(story.no(rehoused(Place::NewLease), "2026-06-03"), "duty-met");
    assert!(story.on(announced("2026-06-02", "2026-05-20"), "2026-06-03").is_empty());
    assert_eq!(story.on(announced("2026-09-15", "2026-09-01"), "2026-09-01"), ["opened", "rehousing"]);
    assert!(Story::default().on(stays("2026-06-02"), "2026-06-02").is_empty());
    // Lost after all, without another announcement.
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18").with(stays("2026-06-02"), "2026-06-02");
    assert_eq!(story.on(lost(HowLost::Evicted, "2026-06-04"), "2026-06-04"), ["opened", "rehousing", "lost"]);
    assert_eq!(story.duty().ground, Ground::Nuisance);
    // A case that is closed otherwise, for instance by death.
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    assert_eq!(story.on(Command::CaseClosed { outcome: "deceased".into() }, "2026-05-20"), ["term", "met"]);
}

#[test]
fn a_duty_goes_to_somebody_else_with_its_clock() {
    let mut story = Story::default().with(announced("2026-06-02", "2026-05-18"), "2026-05-18");
    assert_eq!(story.on(assign("team-2"), "2026-05-19"), ["assigned", "term", "rehousing"]);
    assert!(story.on(assign("team-2"), "2026-05-19").is_empty());
    assert_eq!(story.on(assign("aftercare-0363"), "2026-05-20"), ["assigned", "term", "rehousing"]);
    let running: Vec<_> = story.state.terms.running().map(|t| (t.term.owner.clone(), t.term.due)).collect();
    assert_eq!(running, [("aftercare-0363".to_owned(), date("2026-06-02"))]);
    assert_eq!(Story::default().no(assign("team-2"), "2026-05-19"), "no-duty");
}

fn entry(organisation: &str, ends_on: Option<&str>, told: bool, interval: Interval) -> Command {
    let entry = OpenEntry {
        organisation: organisation.into(),
        ground: ListGround::RentDebt,
        entered_on: date("2026-03-02"),
        ends_on: ends_on.map(date),
        told,
        interval,
    };
    Command::OpenListReview { case: case(), owner: "aftercare".into(), entry }
}
fn review(organisation: Option<&str>, verdict: Verdict) -> Command {
    Command::RecordListReview { organisation: organisation.map(Into::into), verdict, interval: Interval::Yearly, owner: "aftercare".into() }
}

#[test]
fn an_entry_on_a_list_gets_a_review_and_a_last_day() {
    let mut story = Story::default();
    assert_eq!(story.on(entry("woonstee", Some("2029-03-02"), true, Interval::Yearly), "2026-03-09"), ["entry", "list-review", "list-end"]);
    assert_eq!(story.due(TermKind::ListReview), [date("2027-03-02")]);
    assert_eq!(story.due(TermKind::ListEnd), [date("2029-03-02")]);
    assert!(story.on(entry("woonstee", Some("2029-03-02"), true, Interval::Yearly), "2026-03-10").is_empty());
    assert_eq!(story.on(review(None, Verdict::Keep), "2027-03-01"), ["term-met", "reviewed", "list-review"]);
    assert_eq!(story.due(TermKind::ListReview), [date("2028-03-01")]);
    assert_eq!(story.on(review(Some("woonstee"), Verdict::Remove), "2028-03-01"), ["term-met", "term-met", "reviewed"]);
    assert_eq!((story.state.terms.open().count(), story.state.entries.len()), (0, 0));
    assert_eq!(story.no(review(None, Verdict::Remove), "2028-03-01"), "no-entry");

    let halfway = Story::default().with(entry("woonstee", Some("2027-03-02"), true, Interval::Halfway), "2026-03-09");
    assert_eq!(halfway.due(TermKind::ListReview), [date("2026-08-31")]);
    // Ends before the first review: its last day is the review.
    let short = Story::default().with(entry("woonstee", Some("2026-12-31"), true, Interval::Yearly), "2026-03-09");
    assert_eq!((short.due(TermKind::ListReview), short.due(TermKind::ListEnd)), (vec![], vec![date("2026-12-31")]));
}

#[test]
fn an_entry_that_should_not_have_been_made_is_kept_as_a_fact_and_looked_at_within_two_weeks() {
    let flaws = |story: &Story| story.state.entries["woonstee"].flaws.clone();
    let table = [
        (entry("woonstee", Some("2029-03-02"), false, Interval::Yearly), vec![Flaw::NotTold]),
        (entry("woonstee", None, true, Interval::Yearly), vec![Flaw::NoEndDate]),
        (entry("woonstee", Some("2031-03-02"), true, Interval::Yearly), vec![]),
        (entry("woonstee", Some("2031-03-03"), false, Interval::Yearly), vec![Flaw::NotTold, Flaw::TooLong]),
    ];
    for (command, expected) in table {
        let mut story = Story::default().with(command, "2026-03-09");
        assert_eq!(flaws(&story), expected);
        if !expected.is_empty() {
            assert_eq!(story.due(TermKind::ListReview), [date("2026-03-23")]);
            assert_eq!(story.no(review(None, Verdict::Keep), "2026-03-10"), "entry-flawed");
            assert_eq!(story.on(entry("woonstee", Some("2029-03-02"), true, Interval::Yearly), "2026-03-11").first(), Some(&"term"));
            assert_eq!(story.due(TermKind::ListReview), [date("2027-03-02")]);
        }
    }
    assert_eq!(Story::default().no(entry("woonstee", Some("2026-03-01"), true, Interval::Yearly), "2026-03-09"), "entry-dates");
    assert_eq!(Story::default().no(entry("woonstee", Some("2029-03-02"), true, Interval::Yearly), "2026-03-01"), "entry-dates");
}

#[test]
fn two_landlords_are_two_entries_and_neither_touches_the_duty() {
    let mut story = Story::default()
        .with(entry("woonstee", Some("2029-03-02"), true, Interval::Yearly), "2026-03-09")
        .with(entry("de-key", Some("2028-03-02"), true, Interval::Yearly), "2026-03-09");
    assert_eq!(story.no(review(None, Verdict::Remove), "2026-04-01"), "which-entry");
    story.on(review(Some("de-key"), Verdict::Remove), "2026-04-01");
    assert_eq!(story.due(TermKind::ListEnd), [date("2029-03-02")]);
    assert!(story.state.duty.is_none());
    assert_eq!(story.on(announced("2026-06-02", "2026-05-18"), "2026-05-18"), ["opened", "rehousing"]);
}

fn any_command() -> impl Strategy<Value = Command> {
    let at = |n: i64| day("2026-03-01") + jiff::SignedDuration::from_hours(24 * n);
    let on = |n: i64| date("2026-03-01").saturating_add(jiff::Span::new().days(n));
    prop_oneof![
        (0i64..60, 0i64..60, prop::sample::select(Ground::ALL)).prop_map(move |(n, m, ground)| Command::Announced {
            case: case(),
            file: file(),
            team: team(),
            on: on(n),
            ground,
            at: at(m)
        }),
        (0i64..60, prop::sample::select(HowLost::ALL)).prop_map(move |(n, how)| Command::Lost {
            case: case(),
            file: file(),
            team: team(),
            how,
            at: at(n)
        }),
        (0i64..60).prop_map(move |n| Command::Stays { how: "averted".into(), at: at(n) }),
        Just(Command::CaseClosed { outcome: "paid".into() }),
        Just(assign("team-2")),
        prop::sample::select(Place::ALL).prop_map(rehoused),
        (0i64..60).prop_map(move |n| Command::RecordDestinationUnknown { last_looked_for: on(n) }),
        any::<bool>().prop_map(|told| entry("woonstee", Some("2029-03-02"), told, Interval::Yearly)),
        prop::sample::select(Verdict::ALL).prop_map(|verdict| review(None, verdict)),
        Just(Command::Tick),
    ]
}

proptest! {
    /// Whatever is told in whatever order: an open duty has one clock that is its own and an owner, a lost home has a
    /// duty, and only a place or staying ends it.
    #[test]
    fn an_open_duty_always_has_an_owner_and_one_clock(commands in prop::collection::vec(any_command(), 1..25)) {
        let mut story = Story::default();
        for (n, command) in commands.into_iter().enumerate() {
            let now = day("2026-03-02") + jiff::SignedDuration::from_hours(24 * i64::try_from(n).unwrap() * 2);
            let loss = matches!(command, Command::Lost { .. });
            let accepted = story.run(command, Moment::at(now));
            if loss {
                prop_assert!(accepted.is_ok(), "facts of others are accepted");
                prop_assert!(story.state.duty.is_some());
            }
            let open: Vec<_> = story.state.terms.open().filter(|t| t.term.kind == TermKind::Rehousing).collect();
            match &story.state.duty {
                Some(duty) if duty.is_open() => {
                    prop_assert!(!duty.owner.is_empty());
                    prop_assert_eq!(open.len(), 1);
                    prop_assert_eq!(open[0].term.due, duty.beat);
                }
                _ => prop_assert_eq!(open.len(), 0),
            }
            prop_assert!(story.state.entries.is_empty() == (story.due(TermKind::ListEnd).is_empty()));
        }
        story.run(Command::Tick, Moment::at(end_of_day(date("2040-01-01")))).unwrap();
        prop_assert_eq!(story.state.terms.running().count(), 0);
    }
}
