//! Given what happened, when somebody tells or asks, then this follows.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Decider, Gemeentecode, Key, Moment, Reason, RequestId, SignalId,
    days::amsterdam,
    terms::{TermEvent, TermKind, TermStatus},
};
use uuid::Uuid;

use crate::*;

mod order;
mod properties;

fn day(text: &str) -> Timestamp {
    let date: Date = text.parse().unwrap();
    date.at(10, 0, 0, 0).to_zoned(amsterdam().clone()).unwrap().timestamp()
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
fn courts() -> Arc<Courts> {
    let rule = |code: &str, min, max, from: &str, to: Option<&str>| CourtRule {
        court: "Rotterdam".into(),
        code: code.into(),
        version: 1,
        min_months: min,
        max_months: max,
        from: date(from),
        to: to.map(date),
        source: "test".into(),
    };
    Arc::new(Courts::new(vec![
        rule("rotterdam-min-2m", Some(2), None, "2024-05-01", None),
        rule("rotterdam-max-6m", None, Some(6), "2024-05-01", Some("2025-03-18")),
    ]))
}

/// One case and what was told of it, each thing at noon-ish of its day unless it is recorded later.
#[derive(Clone, Default)]
struct Story {
    state: State,
}
impl Story {
    fn run(&mut self, command: Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        let events = Track::decide(&self.state, &command, moment)?;
        self.state = Track::replay(std::mem::take(&mut self.state), &events);
        Ok(events)
    }
    fn told(&mut self, fact: Fact, happened: &str, recorded: &str) -> Vec<Event> {
        let moment = Moment { happened_at: day(happened), now: day(recorded) };
        self.run(record(fact), moment).unwrap()
    }
    fn fact(&mut self, fact: Fact, on: &str) -> Vec<Event> {
        self.told(fact, on, on)
    }
    fn with(mut self, fact: Fact, on: &str) -> Self {
        self.fact(fact, on);
        self
    }
    fn report(mut self, on: &str) -> Self {
        self.note_report(on);
        self
    }
    fn note_report(&mut self, on: &str) -> Vec<Event> {
        let signal = SignalId::from_uuid(Uuid::from_u128(1));
        let command = Command::NoteReport { case: case(), signal, received_at: day(on), file: file(), courts: courts() };
        self.run(command, Moment::at(day(on).max(day("2026-01-01")))).unwrap()
    }
    fn help(&mut self, what: Help, on: &str, recorded: &str) -> Vec<Event> {
        let command = Command::NoteHelp { case: case(), what, at: day(on), courts: courts() };
        self.run(command, Moment { happened_at: day(on), now: day(recorded) }).unwrap()
    }
    fn tick(&mut self, on: &str) -> Vec<Event> {
        self.run(Command::Tick, Moment::at(day(on))).unwrap()
    }
    fn open(&self, kind: TermKind) -> Vec<Date> {
        self.state.terms.open().filter(|t| t.term.kind == kind).map(|t| t.term.due).collect()
    }
    fn codes(&self) -> Vec<&'static str> {
        self.state.violations.iter().map(|(code, _)| code.code()).collect()
    }
    fn outcome(&self) -> Option<&'static str> {
        self.state.finished.map(|end| end.outcome.code())
    }
}

fn record(fact: Fact) -> Command {
    Command::RecordFact(RecordFact {
        case: case(),
        file: Some(file()),
        vault: None,
        known_at_intake: false,
        fact,
        notice: None,
        courts: courts(),
    })
}
fn served(cause_list_date: &str) -> Fact {
    Fact::SummonsServed { cause_list_date: Some(date(cause_list_date)), court: None }
}
fn served_at(court: &str) -> Fact {
    Fact::SummonsServed { cause_list_date: None, court: Some(court.into()) }
}
fn listed(on: &str) -> Fact {
    Fact::HearingListed { court: "Rotterdam".into(), on: date(on), time: None }
}
fn held() -> Fact {
    Fact::HearingHeld { tenant_appeared: true, duty_tested: Tested::Shown }
}
fn judged(kind: JudgmentKind) -> Fact {
    Fact::Judgment(Judgment { kind, by_default: false, served_in_person: false, served_on: None, summary_proceedings: false })
}
fn by_default_of(kind: JudgmentKind, served_in_person: bool) -> Judgment {
    Judgment { kind, by_default: true, served_in_person, served_on: None, summary_proceedings: false }
}
fn by_default(served_in_person: bool) -> Fact {
    Fact::Judgment(by_default_of(JudgmentKind::Dissolved, served_in_person))
}
fn announced(on: &str, ground: Ground) -> Fact {
    Fact::EvictionAnnounced { on: date(on), time: None, ground, served_on: None }
}
fn names(events: &[Event]) -> Vec<&'static str> {
    events
        .iter()
        .map(|event| match event {
            Event::TrackOpened { .. } => "opened",
            Event::FactRecorded { .. } => "fact",
            Event::ViolationFound { violation, .. } => violation.code.code(),
            Event::ViolationLifted { .. } => "lifted",
            Event::TrackPaused { .. } => "paused",
            Event::TrackResumed { .. } => "resumed",
            Event::AdministrationAsked { .. } => "asked",
            Event::TrackFinished { .. } => "finished",
            Event::ReportKnown { .. } => "report",
            Event::HelpNoted { .. } => "help",
            Event::CaseEnded { .. } => "ended",
            Event::TermChanged(TermEvent::Set(term)) => term.kind.code(),
            Event::TermChanged(_) => "term",
        })
        .collect()
}

/// Step 5 to 8 in good order: reported in January, judged in May.
fn judged_in_order(kind: JudgmentKind) -> Story {
    Story::default()
        .report("2026-01-05")
        .with(Fact::SummonsAnnounced, "2026-03-09")
        .with(served("2026-04-07"), "2026-03-23")
        .with(listed("2026-04-07"), "2026-03-24")
        .with(held(), "2026-04-07")
        .with(judged(kind), "2026-05-04")
}

#[test]
fn a_track_in_good_order_has_no_violations() {
    let mut story = judged_in_order(JudgmentKind::Dissolved)
        .with(Fact::LastOffer { accepted: false }, "2026-05-11")
        .with(announced("2026-06-02", Ground::Arrears), "2026-05-18");
    assert_eq!(story.codes(), Vec::<&str>::new());
    assert_eq!(names(&story.fact(Fact::EvictionAverted, "2026-06-02")).last(), Some(&"finished"));
    assert_eq!((story.outcome(), story.state.finished.unwrap().step), (Some("averted"), 11));
    assert_eq!(story.state.terms.open().count(), 0);
}

#[test]
fn the_first_fact_opens_the_track_with_its_own_step() {
    let mut story = Story::default();
    let events = story.fact(listed("2026-04-07"), "2026-03-24");
    let Event::TrackOpened { entry_step, known_at_intake, episode, file: opened, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*entry_step, *known_at_intake, *episode, *opened), (6, false, 1, file()));
    // A case that intake reported is known there.
    let events = Story::default().report("2026-01-05").fact(Fact::SummonsAnnounced, "2026-03-24");
    assert!(matches!(events[0], Event::TrackOpened { known_at_intake: true, .. }));
}

#[test]
fn out_of_the_blue_the_eviction_is_recorded_and_what_is_missing_has_an_owner_the_same_day() {
    let mut story = Story::default();
    let events = story.fact(announced("2026-03-09", Ground::Arrears), "2026-03-09");
    assert_eq!(
        names(&events),
        ["opened", "fact", "eviction-without-judgment", "eviction-without-last-offer", "eviction-announced-too-soon", "review"]
    );
    for event in &events {
        if let Event::ViolationFound { violation, .. } = event {
            assert_eq!((violation.owner.as_str(), violation.about), ("court-liaison", day("2026-03-09")));
        }
    }
    // What turns out to be in order is lifted.
    let events = story.told(judged(JudgmentKind::Dissolved), "2026-02-02", "2026-03-10");
    assert_eq!(names(&events), ["fact", "lifted", "judgment-without-hearing", "appeal", "title-age"]);
}

#[test]
fn help_accepted_between_writ_and_hearing_pauses_the_track_for_thirty_days() {
    let mut story = Story::default().report("2026-01-05").with(served("2026-04-07"), "2026-03-23");
    let events = story.help(Help::Accepted, "2026-03-30", "2026-03-30");
    assert_eq!(names(&events), ["help", "paused", "pause"]);
    assert!(story.state.paused());
    assert_eq!(story.open(TermKind::Pause), [date("2026-04-29")]);
    // Five days before the end somebody asks how it stands.
    assert_eq!(names(&story.tick("2026-04-23")), Vec::<&str>::new());
    assert_eq!(names(&story.tick("2026-04-24")), ["term"]);
    // Accepted again: nothing new to pause.
    assert_eq!(names(&story.help(Help::Accepted, "2026-04-01", "2026-04-24")), ["help"]);
    // A writ in the pause is out of order.
    assert_eq!(names(&story.clone().fact(Fact::SummonsAnnounced, "2026-04-20")), ["fact", "summons-during-pause"]);
    let events = story.run(Command::ResumeTrack, Moment::at(day("2026-04-28"))).unwrap();
    assert_eq!(names(&events), ["term", "resumed"]);
    assert!(!story.state.paused());
    assert_eq!(story.run(Command::ResumeTrack, Moment::at(day("2026-04-28"))), Err(Rejection::NotPaused));
}

#[test]
fn help_that_was_accepted_before_any_writ_is_remembered_and_pauses_nothing() {
    let mut story = Story::default();
    assert_eq!(names(&story.help(Help::Accepted, "2026-03-02", "2026-03-02")), ["help"]);
    let events = story.report("2026-01-05").fact(Fact::SummonsAnnounced, "2026-03-20");
    assert_eq!(names(&events), ["opened", "fact", "summons-during-pause"]);
    // A pause that was over before it became known is none.
    let mut late = Story::default().report("2026-01-05").with(Fact::SummonsAnnounced, "2026-03-20");
    assert_eq!(names(&late.help(Help::Accepted, "2026-03-21", "2026-06-01")), ["help"]);
}

#[test]
fn judgments_start_their_clocks() {
    let appeal = |story: &Story| story.open(TermKind::Appeal);
    let objection = |story: &Story| story.open(TermKind::Objection);

    let story = judged_in_order(JudgmentKind::Grace);
    assert_eq!(appeal(&story), [date("2026-08-04")]);
    assert_eq!(story.open(TermKind::Grace), [date("2026-06-04")]);
    assert_eq!(story.open(TermKind::TitleAge), [date("2027-05-04")]);
    assert!(objection(&story).is_empty());

    let summary =
        Judgment { kind: JudgmentKind::Dissolved, by_default: false, served_in_person: false, served_on: None, summary_proceedings: true };
    assert_eq!(appeal(&Story::default().with(Fact::Judgment(summary), "2026-05-04")), [date("2026-06-01")]);

    // Without service in person nobody knows when the objection starts: open, no term.
    let writ = || Story::default().report("2026-01-05").with(served("2026-04-07"), "2026-03-23");
    assert!(objection(&writ().with(by_default(false), "2026-05-04")).is_empty());
    assert_eq!(objection(&writ().with(by_default(true), "2026-05-04")), [date("2026-06-01")]);
    // Unless the eviction itself makes it certain; it runs on although the track is over.
    let evicted = writ().with(by_default(false), "2026-05-04").with(Fact::EvictionCarriedOut, "2026-06-02");
    assert_eq!((evicted.outcome(), objection(&evicted)), (Some("evicted"), vec![date("2026-06-30")]));
    assert!([&evicted, &writ().with(by_default(true), "2026-05-04")].iter().all(|story| appeal(story).is_empty()), "Rv 335: no appeal");
    // In whatever order it is told.
    let mut evicted = writ().with(Fact::EvictionCarriedOut, "2026-06-02");
    assert_eq!(names(&evicted.told(by_default(false), "2026-05-04", "2026-06-09")), ["fact", "lifted", "objection"]);
    assert_eq!(objection(&evicted), [date("2026-06-30")]);
    assert_eq!(names(&evicted.told(Fact::EvictionCarriedOut, "2026-06-02", "2026-06-10")), ["fact"]);
    // A claim that was rejected by default convicts nobody: the creditor has appeal.
    let rejected = Fact::Judgment(by_default_of(JudgmentKind::Rejected, true));
    let rejected = writ().with(rejected, "2026-05-04");
    assert_eq!((appeal(&rejected), objection(&rejected)), (vec![date("2026-08-04")], vec![]));
    // A judgment to pay is not carried out by an eviction.
    let payment = writ().with(Fact::Judgment(by_default_of(JudgmentKind::PaymentOnly, false)), "2026-05-04");
    assert!(objection(&payment.with(Fact::EvictionCarriedOut, "2026-06-02")).is_empty());
    // Each default judgment has an objection of its own.
    let twice = writ().with(by_default(true), "2026-05-04").with(by_default(false), "2026-05-18");
    assert!(objection(&twice).is_empty());
    assert_eq!(objection(&twice.with(Fact::EvictionCarriedOut, "2026-06-09")), [date("2026-07-07")]);
    // The one served in person began with that, also when the eviction came within its four weeks.
    let served = writ().with(by_default(true), "2026-05-04").with(Fact::EvictionCarriedOut, "2026-05-20");
    assert_eq!(objection(&served), [date("2026-06-01")]);

    // A newer judgment takes the place of the old one, an older one that is told late does not.
    let mut story = judged_in_order(JudgmentKind::Dissolved).with(judged(JudgmentKind::Conditional), "2026-06-01");
    assert_eq!(appeal(&story), [date("2026-09-01")]);
    assert_eq!(names(&story.told(judged(JudgmentKind::Grace), "2026-04-20", "2026-06-02")), ["fact"]);
    // Told twice, it runs once.
    assert_eq!(names(&story.told(judged(JudgmentKind::Conditional), "2026-06-01", "2026-06-03")), ["fact"]);
}

#[test]
fn the_objection_counts_from_the_eviction_in_whatever_order_its_day_is_told() {
    for days in [["2026-06-02", "2026-06-03"], ["2026-06-03", "2026-06-02"]] {
        let story = judged_in_order(JudgmentKind::Dissolved).with(by_default(false), "2026-05-04");
        let story = days.into_iter().fold(story, |mut story, on| {
            story.told(Fact::EvictionCarriedOut, on, "2026-06-04");
            story
        });
        assert_eq!(story.open(TermKind::Objection), [date("2026-06-30")], "{days:?}");
    }
}

/// Intake takes a notice for a running track at once: who told it late, of an eviction that was averted since, is told again.
#[test]
fn a_notice_that_changes_nothing_is_answered_with_the_end_that_stands() {
    let mut story = judged_in_order(JudgmentKind::Dissolved)
        .with(announced("2026-06-02", Ground::Arrears), "2026-05-18")
        .with(Fact::EvictionAverted, "2026-06-01");
    let Command::RecordFact(told) = record(announced("2026-06-02", Ground::Arrears)) else { panic!() };
    let notice = RecordFact { notice: Some(Uuid::from_u128(3)), ..told };
    let late = Moment { happened_at: day("2026-05-20"), now: day("2026-06-01") };
    let events = story.run(Command::RecordFact(notice), late).unwrap();
    assert_eq!((names(&events).last(), story.outcome()), (Some(&"finished"), Some("averted")));
}

#[test]
fn the_objection_to_a_default_judgment_is_open_until_its_start_is_certain() {
    let writ = || Story::default().report("2026-01-05").with(served("2026-04-07"), "2026-03-23");
    let until = |day| Some(Objection::Until(date(day)));
    assert_eq!(writ().state.objection(), None);
    assert_eq!(writ().with(judged(JudgmentKind::Dissolved), "2026-05-04").state.objection(), None);
    let story = writ().with(by_default(false), "2026-05-04");
    assert_eq!(story.state.objection(), Some(Objection::Open));
    assert_eq!(story.clone().with(by_default(true), "2026-05-04").state.objection(), until("2026-06-01"), "told again, with its service");
    assert_eq!(story.clone().with(Fact::EvictionCarriedOut, "2026-06-02").state.objection(), until("2026-06-30"));
    // Left under pressure is no execution: the objection stays open.
    assert_eq!(story.clone().with(Fact::HomeLeft(HowLeft::KeyHandedIn), "2026-06-02").state.objection(), Some(Objection::Open));
    assert_eq!(story.with(Fact::TrackEnded(TrackEnd::Settled), "2026-06-02").state.objection(), None);
}

#[test]
fn an_eviction_is_watched_moved_and_met() {
    let mut story = judged_in_order(JudgmentKind::Dissolved)
        .with(Fact::LastOffer { accepted: false }, "2026-05-11")
        .with(announced("2026-06-02", Ground::Arrears), "2026-05-18");
    assert_eq!(story.open(TermKind::Review), [date("2026-06-02")]);
    story.fact(announced("2026-06-16", Ground::Arrears), "2026-05-28");
    assert_eq!(story.open(TermKind::Review), [date("2026-06-16")]);
    // And back again.
    story.fact(announced("2026-06-02", Ground::Arrears), "2026-05-29");
    assert_eq!(story.open(TermKind::Review), [date("2026-06-02")]);
    story.told(Fact::EvictionCarriedOut, "2026-06-02", "2026-06-04");
    let watch = story.state.terms.of_kind(TermKind::Review).find(|t| matches!(t.status, TermStatus::Met { .. })).unwrap();
    assert_eq!(watch.status, TermStatus::Met { happened_at: day("2026-06-02"), late: false });
}

#[test]
fn the_goods_of_an_evicted_household_are_kept_for_thirteen_weeks_whatever_ends() {
    let mut story = judged_in_order(JudgmentKind::Dissolved).with(announced("2026-06-02", Ground::Arrears), "2026-05-18");
    story.fact(Fact::EvictionCarriedOut, "2026-06-02");
    let goods = |story: &Story| story.open(TermKind::Goods);
    // From Tuesday 2 June: more than twelve weeks, so the Atw moves nothing.
    assert_eq!((story.outcome(), goods(&story)), (Some("evicted"), vec![date("2026-09-01")]));
    // Told again with another day, that day counts.
    story.told(Fact::EvictionCarriedOut, "2026-06-03", "2026-06-04");
    assert_eq!(goods(&story), [date("2026-09-02")]);
    story.run(Command::EndCase { outcome: "rehoused".into() }, Moment::at(day("2026-06-20"))).unwrap();
    story.fact(Fact::SummonsAnnounced, "2026-07-01");
    story.fact(Fact::TrackEnded(TrackEnd::Withdrawn), "2026-07-02");
    assert_eq!(goods(&story), [date("2026-09-02")]);
    // Two weeks before the end its owner is warned.
    assert!(story.tick("2026-08-18").is_empty());
    let warned = story.tick("2026-08-19");
    assert!(matches!(&warned[..], [Event::TermChanged(TermEvent::Warned { .. })]), "{warned:?}");
    let term = story.state.terms.of_kind(TermKind::Goods).find(|known| known.is_open()).unwrap();
    assert_eq!((term.term.owner.as_str(), term.term.rule.as_str()), (OWNER, "awb-goods-13w"));
    // Who left before the eviction has nothing carried off.
    assert!(goods(&judged_in_order(JudgmentKind::Dissolved).with(Fact::HomeLeft(HowLeft::KeyHandedIn), "2026-06-02")).is_empty());
}

#[test]
fn a_moratorium_suspends_the_eviction_for_six_months_without_moving_the_end() {
    let mut story = judged_in_order(JudgmentKind::Dissolved)
        .with(Fact::LastOffer { accepted: false }, "2026-05-11")
        .with(announced("2026-06-02", Ground::Arrears), "2026-05-18")
        .with(Fact::MoratoriumRequested, "2026-05-20");
    let events = story.fact(Fact::MoratoriumDecided { granted: true }, "2026-05-22");
    assert_eq!(names(&events), ["fact", "term", "moratorium"]);
    assert_eq!(story.open(TermKind::Moratorium), [date("2026-11-22")], "a Sunday");
    assert!(story.open(TermKind::Review).is_empty());
    story.fact(Fact::TrackEnded(TrackEnd::Plan), "2026-09-01");
    assert_eq!((story.outcome(), story.state.terms.open().count()), (Some("moratorium-plan"), 0));
}

#[test]
fn every_end_has_its_outcome_and_step() {
    let dissolved = || judged_in_order(JudgmentKind::Dissolved);
    let reported = || Story::default().report("2026-01-05");
    let table = [
        (reported().with(Fact::SummonsAnnounced, "2026-03-09"), Fact::TrackEnded(TrackEnd::Paid), "paid", 5),
        (reported().with(served("2026-04-07"), "2026-03-23"), Fact::TrackEnded(TrackEnd::Withdrawn), "withdrawn", 6),
        (reported().with(held(), "2026-04-07"), Fact::TrackEnded(TrackEnd::Settled), "settled", 7),
        (reported().with(held(), "2026-04-07"), Fact::TrackEnded(TrackEnd::Plan), "plan", 7),
        (reported().with(held(), "2026-04-07"), judged(JudgmentKind::Rejected), "rejected", 8),
        (reported().with(held(), "2026-04-07"), judged(JudgmentKind::PaymentOnly), "payment-only", 8),
        (judged_in_order(JudgmentKind::Grace), Fact::TrackEnded(TrackEnd::Paid), "grace-met", 8),
        (judged_in_order(JudgmentKind::Conditional), Fact::TrackEnded(TrackEnd::Plan), "conditional-held", 8),
        (dissolved(), Fact::TrackEnded(TrackEnd::Plan), "agreement", 8),
        (dissolved(), Fact::LastOffer { accepted: true }, "agreement", 9),
        (dissolved(), Fact::AdministrationOrdered { granted: true }, "administration", 10),
        (dissolved(), Fact::EvictionCarriedOut, "evicted", 11),
        (dissolved(), Fact::HomeLeft(HowLeft::KeyHandedIn), "left-under-pressure", 11),
        (dissolved(), Fact::HomeLeft(HowLeft::Unknown), "left-unknown", 11),
    ];
    for (mut story, fact, outcome, step) in table {
        assert_eq!(story.outcome(), None);
        let events = story.fact(fact, "2026-06-02");
        let Some(Event::TrackFinished { end, file: told, .. }) = events.last() else { panic!("{outcome}: {events:?}") };
        assert_eq!((end.outcome.code(), end.step, *told), (outcome, step, file()));
    }
    for fact in [Fact::LastOffer { accepted: false }, Fact::AdministrationOrdered { granted: false }, Fact::MoratoriumRequested] {
        assert_eq!(dissolved().with(fact, "2026-06-02").outcome(), None);
    }
}

#[test]
fn administration_ends_no_track_while_an_eviction_stands_announced() {
    let granted = Fact::AdministrationOrdered { granted: true };
    let announced_and_granted = || {
        judged_in_order(JudgmentKind::Dissolved)
            .with(announced("2026-06-16", Ground::Arrears), "2026-05-18")
            .with(granted.clone(), "2026-06-02")
    };
    let story = announced_and_granted();
    assert_eq!((story.outcome(), story.state.runs()), (None, true));
    assert_eq!(story.open(TermKind::Review), [date("2026-06-16")], "somebody still finds out what becomes of it");
    let ends = [
        (Fact::EvictionAverted, "averted"),
        (Fact::TrackEnded(TrackEnd::Withdrawn), "withdrawn"),
        (Fact::TrackEnded(TrackEnd::Plan), "agreement"),
        (Fact::EvictionCarriedOut, "evicted"),
    ];
    for (fact, outcome) in ends {
        assert_eq!(announced_and_granted().with(fact, "2026-06-16").outcome(), Some(outcome));
    }
    let ask = Command::AskAdministration { asked_by: "staff-1".into(), second_officer: "staff-2".into() };
    assert_eq!(announced_and_granted().run(ask, Moment::at(day("2026-06-03"))), Err(Rejection::AlreadyOrdered));
    // A moratorium suspends the eviction and calls nothing off.
    let suspended = judged_in_order(JudgmentKind::Dissolved)
        .with(announced("2026-06-16", Ground::Arrears), "2026-05-18")
        .with(Fact::MoratoriumDecided { granted: true }, "2026-05-22")
        .with(granted.clone(), "2026-06-02");
    assert_eq!(suspended.outcome(), None);
    // What was called off before stands no more, and the order told first is the same track.
    let averted = announced_and_granted().with(Fact::EvictionAverted, "2026-06-10").with(Fact::SummonsAnnounced, "2026-09-01");
    assert_eq!(averted.with(granted.clone(), "2026-10-01").outcome(), Some("administration"));
    let mut story = judged_in_order(JudgmentKind::Dissolved).with(granted, "2026-06-02");
    assert_eq!(story.outcome(), Some("administration"));
    let events = story.told(announced("2026-06-16", Ground::Arrears), "2026-05-18", "2026-06-03");
    assert_eq!((names(&events)[0], story.outcome()), ("opened", None));
    assert_eq!(story.open(TermKind::Review), [date("2026-06-16")]);
}

#[test]
fn after_the_end_a_new_fact_enters_again_and_an_old_one_does_not() {
    let over = || judged_in_order(JudgmentKind::Rejected);
    let mut story = over();
    assert_eq!(names(&story.told(listed("2026-04-07"), "2026-03-25", "2026-05-11")), ["fact"]);
    let events = story.fact(Fact::SummonsAnnounced, "2026-09-01");
    assert!(matches!(events[0], Event::TrackOpened { episode: 2, entry_step: 5, known_at_intake: true, .. }));
    assert!(story.state.runs());

    // A loss of the home that is told late replaces an end that never was one.
    let mut story = judged_in_order(JudgmentKind::Dissolved).with(Fact::TrackEnded(TrackEnd::Withdrawn), "2026-06-10");
    let events = story.told(Fact::EvictionCarriedOut, "2026-06-02", "2026-06-12");
    assert_eq!(events.first().map(|e| names(std::slice::from_ref(e))[0]), Some("opened"));
    assert_eq!(story.outcome(), Some("evicted"));
    // And told once more, it changes nothing.
    assert_eq!(names(&story.told(Fact::EvictionCarriedOut, "2026-06-02", "2026-06-13")), ["fact"]);
    assert_eq!(names(&story.told(Fact::TrackEnded(TrackEnd::Paid), "2026-06-14", "2026-06-14")), ["fact"]);
}

#[test]
fn a_closed_case_keeps_the_remedies_that_its_end_left_and_can_be_entered_again() {
    let end = Command::EndCase { outcome: "rejected".into() };
    let mut story = judged_in_order(JudgmentKind::Rejected);
    assert_eq!(names(&story.run(end.clone(), Moment::at(day("2026-05-05"))).unwrap()), ["ended"]);
    assert_eq!(story.open(TermKind::Appeal), [date("2026-08-04")]);
    assert_eq!(story.run(end.clone(), Moment::at(day("2026-05-05"))), Ok(Vec::new()));
    assert_eq!(Story::default().run(end.clone(), Moment::at(day("2026-05-05"))), Ok(Vec::new()));
    assert_eq!(names(&story.fact(Fact::SummonsAnnounced, "2026-09-01"))[0], "opened");

    // Closed while the track still runs, nothing of it does.
    let mut story = judged_in_order(JudgmentKind::Dissolved);
    assert_eq!(names(&story.run(end, Moment::at(day("2026-05-05"))).unwrap()), ["term", "term", "ended"]);
    assert_eq!(story.state.terms.open().count(), 0);
}

#[test]
fn administration_is_a_last_resort() {
    let ask = |by: &str, second: &str| Command::AskAdministration { asked_by: by.into(), second_officer: second.into() };
    let on = Moment::at(day("2026-05-20"));
    let mut story = Story::default();
    assert_eq!(story.run(ask("staff-1", "staff-2"), on), Err(Rejection::NoTrack));
    story = story.report("2026-01-05").with(Fact::SummonsAnnounced, "2026-03-09");
    assert_eq!(story.run(ask("staff-1", "staff-1"), on), Err(Rejection::SecondOfficerNeeded));
    assert_eq!(story.run(ask("staff-1", " "), on), Err(Rejection::SecondOfficerNeeded));
    assert_eq!(story.run(ask("staff-1", "staff-2"), on), Err(Rejection::NoThreat));
    story = judged_in_order(JudgmentKind::Dissolved);
    assert_eq!(story.run(ask("staff-1", "staff-2"), on), Err(Rejection::HelpNotOffered));
    story.help(Help::Offered, "2026-01-12", "2026-05-19");
    assert_eq!(story.run(ask("staff-1", "staff-2"), on), Err(Rejection::NoLastOffer));
    story = story.with(Fact::LastOffer { accepted: false }, "2026-05-19");
    assert_eq!(names(&story.run(ask("staff-1", "staff-2"), on).unwrap()), ["asked"]);
    assert_eq!(story.run(ask("staff-1", "staff-2"), on), Err(Rejection::AlreadyAsked));
    story.fact(Fact::AdministrationOrdered { granted: false }, "2026-05-25");
    assert_eq!(names(&story.clone().run(ask("staff-1", "staff-2"), on).unwrap()), ["asked"]);
    story.fact(Fact::AdministrationOrdered { granted: true }, "2026-05-28");
    assert_eq!(story.run(ask("staff-1", "staff-2"), on), Err(Rejection::TrackOver));
    assert_eq!(Rejection::TrackOver.code(), "track-over");
}

#[test]
fn a_case_without_an_address_file_is_asked_for_it_once() {
    let nameless = || {
        let Command::RecordFact(command) = record(Fact::SummonsAnnounced) else { unreachable!() };
        Command::RecordFact(RecordFact { file: None, ..command })
    };
    let on = Moment::at(day("2026-03-09"));
    assert_eq!(Story::default().run(nameless(), on), Err(Rejection::FileUnknown));
    assert!(Story::default().report("2026-01-05").run(nameless(), on).is_ok());
}

#[test]
fn an_unknown_household_gets_the_same_case_for_the_same_request() {
    let at = day("2026-03-09");
    let request = RequestId::from_uuid(kernel::ids::new_uuid(at));
    let other = RequestId::from_uuid(kernel::ids::new_uuid(at));
    let (amsterdam, breda): (Gemeentecode, Gemeentecode) = ("0363".parse().unwrap(), "0758".parse().unwrap());
    let case = case_for(request, amsterdam);
    assert_eq!(case, case_for(request, amsterdam));
    assert_eq!((case.uuid().get_version_num(), case.uuid().get_variant()), (7, uuid::Variant::RFC4122));
    assert_eq!(case.uuid().get_timestamp().unwrap().to_unix(), request.uuid().get_timestamp().unwrap().to_unix());
    let ids = [case.uuid(), case_for(other, amsterdam).uuid(), case_for(request, breda).uuid(), file_for(request, amsterdam).id];
    for (n, id) in ids.iter().enumerate() {
        assert!(!ids[..n].contains(id));
        assert_ne!(id.as_u64_pair().1 << 2, 0);
    }
}
