use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::date};
use kernel::{
    CaseId, Decider, Key, Moment, Reason, SignalId,
    ids::derived_uuid,
    terms::{EndReason, TermEvent, TermKind, TermStatus},
};
use uuid::Uuid;

use super::{state::DUTY_OFFICER, *};

mod contact;
mod properties;
mod threat;

fn case() -> CaseId {
    CaseId::from_uuid(Uuid::from_u128(0xca5e))
}
fn file() -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(0xf11e))
}
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
/// An hour on a day of 2026, in March unless told otherwise.
fn march(day: i64) -> Timestamp {
    at("2026-03-01T10:00:00Z") + SignedDuration::from_hours(24 * (day - 1))
}
fn sid(n: u128) -> SignalId {
    SignalId::from_uuid(Uuid::from_u128(n))
}

fn route_of(track: &str, because: &str, signal: Option<(u128, Timestamp)>, n: u128) -> Command {
    let planned = |after_days, channel: &str| PlannedAttempt { after_days, channel: channel.to_owned(), daypart: String::new() };
    Command::Route(Box::new(Route {
        plan: Uuid::from_u128(0x1000 + n),
        case: case(),
        route: Uuid::from_u128(0x2000 + n),
        track: track.to_owned(),
        team: format!("team-{track}"),
        attempts: vec![planned(2, "brief"), planned(5, "huisbezoek")],
        because: because.to_owned(),
        signal: signal.map(|(n, received_at)| Signal { id: sid(n), received_at }),
        corrected: None,
        crisis: None,
        file_key: Some(file()),
    }))
}
fn signal(n: u128, received_at: Timestamp) -> Command {
    route_of("early", "signal", Some((n, received_at)), n)
}
fn attempt(reached: bool) -> Command {
    Command::RecordAttempt { case: case(), contact: Contact::by("telefoon"), daypart: "avond".to_owned(), reached }
}
fn offer() -> Command {
    Command::RecordOffer { case: case(), contact: Contact::by("brief") }
}
fn accept() -> Command {
    Command::Accept { case: case(), seed: Uuid::from_u128(0xacce) }
}
fn refuse() -> Command {
    Command::Refuse { case: case() }
}
fn resolve() -> Command {
    Command::Resolve { case: case(), result: HelpResult::SolvedQuickfix }
}
fn talk() -> Command {
    Command::RecordTalk { case: case() }
}
fn ask(n: u128, asked_at: Timestamp, threatened: bool, eviction_on: Option<jiff::civil::Date>) -> Command {
    let (request, term) = (Uuid::from_u128(0x5000 + n), Uuid::from_u128(0x6000 + n));
    Command::Ask { case: case(), request, term, asked_at, threatened, eviction_on, file_key: Some(file()) }
}
fn settle(by: SettledBy) -> Command {
    Command::Settle { case: case(), by }
}
fn withdraw(n: u128) -> Command {
    Command::Withdraw { case: case(), signal: sid(n) }
}
fn threaten(n: u128, on: Option<jiff::civil::Date>) -> Command {
    Command::Threaten { term: Uuid::from_u128(0x3000 + n), eviction_on: on }
}

/// A case in the making: each step at its moment, rejections kept.
#[derive(Clone, Default)]
struct Story {
    state: State,
    log: Vec<Event>,
    last: Vec<Event>,
    refused: Option<&'static str>,
}
impl Story {
    fn at(self, now: Timestamp, command: &Command) -> Self {
        self.told(now, now, command)
    }
    /// Happened at one moment, recorded at another.
    fn told(mut self, happened_at: Timestamp, now: Timestamp, command: &Command) -> Self {
        match Outreach::decide(&self.state, command, Moment { happened_at, now }) {
            Ok(events) => {
                self.state = Outreach::replay(self.state, &events);
                self.log.extend(events.iter().cloned());
                (self.last, self.refused) = (events, None);
            }
            Err(rejection) => (self.last, self.refused) = (Vec::new(), Some(rejection.code())),
        }
        self
    }
    /// The last step's events, in short.
    fn last(&self) -> Vec<String> {
        self.last.iter().map(short).collect()
    }
    fn status(&self, id: Uuid) -> TermStatus {
        self.state.terms.get(id).unwrap().status
    }
    fn offer(&self, n: u128) -> TermStatus {
        self.status(offer_term(sid(n)))
    }
    fn due(&self, kind: TermKind) -> String {
        self.state.terms.of_kind(kind).filter(|state| state.is_open()).map(|state| state.term.due.to_string()).collect::<Vec<_>>().join(" ")
    }
}

fn short(event: &Event) -> String {
    match event {
        Event::PlanMade(made) => format!("plan {}", made.track),
        Event::SignalJoined { plan: Some(_), .. } => "joined".to_owned(),
        Event::SignalJoined { plan: None, .. } => "joined nothing".to_owned(),
        Event::AttemptRecorded { number, .. } => format!("attempt {number}"),
        Event::AttemptSupplemented { daypart, .. } => daypart.clone(),
        Event::OfferMade { .. } => "offer".to_owned(),
        Event::HelpAccepted { .. } => "accepted".to_owned(),
        Event::HelpRefused { .. } => "refused".to_owned(),
        Event::FirstTalkHeld { .. } => "talk".to_owned(),
        Event::PlanExhausted { attempts, .. } => format!("exhausted {attempts}"),
        Event::HelpResolved { result, .. } => format!("resolved {}", result.code()),
        Event::PlanEnded { reason, .. } => format!("ended {reason}"),
        Event::CaseSettled { .. } => "settled".to_owned(),
        Event::SignalDropped { .. } => "dropped".to_owned(),
        Event::HelpAsked { .. } => "asked".to_owned(),
        Event::CircumstanceLearned { learned, .. } => format!("{} {}", learned.circumstance.code(), learned.holds),
        Event::HoldChanged { held, .. } => if *held { "held" } else { "free" }.to_owned(),
        Event::RestrictionChanged { kind, holds, .. } => format!("{kind} {}", if *holds { "holds" } else { "ended" }),
        Event::RestrictionBroken { channel, owner, .. } => format!("broken by {channel}, {owner}"),
        Event::TermChanged(term) => match term {
            TermEvent::Set(term) => format!("{} by {}", term.kind.code(), term.due),
            TermEvent::Warned { .. } => "warned".to_owned(),
            TermEvent::Expired { .. } => "expired".to_owned(),
            TermEvent::Met { late, .. } => if *late { "met late" } else { "met" }.to_owned(),
            TermEvent::FoundMet { .. } => "found met".to_owned(),
            TermEvent::LateWhenKnown { .. } => "late when known".to_owned(),
            TermEvent::Ended { reason, .. } => format!("stopped {}", reason.code()),
        },
    }
}

fn begun() -> Story {
    Story::default().at(march(9), &signal(1, march(9)))
}

#[test]
fn a_routed_signal_gets_a_plan_by_date_and_a_clock_from_its_receipt() {
    // Received on Monday, routed two days later: the clock runs from the receipt, the plan from the route.
    let story = Story::default().at(march(11), &signal(1, march(9)));
    // 6 April 2026 is Easter Monday.
    assert_eq!(story.last(), ["plan early", "offer by 2026-04-07"]);
    let Event::PlanMade(made) = &story.last[0] else { panic!() };
    assert_eq!(made.attempts.iter().map(|a| a.by).collect::<Vec<_>>(), [date(2026, 3, 13), date(2026, 3, 16)]);
    assert_eq!((made.attempts[1].number, made.attempts[1].channel.as_str()), (2, "huisbezoek"));
    let term = &story.state.terms.get(offer_term(sid(1))).unwrap().term;
    assert_eq!((term.id, term.starts_on), (derived_uuid(sid(1).uuid(), "offer"), date(2026, 3, 9)));
    assert_eq!((term.owner.as_str(), term.rule.as_str(), term.warn_days), ("team-early", "wgs-offer-28d", 7));
}

#[test]
fn offer_clocks_over_holidays() {
    for (received, due) in [
        // Four weeks on is an ordinary Tuesday.
        ("2026-03-10T10:00:00Z", "2026-04-07"),
        // Good Friday to Easter Monday: the Tuesday after.
        ("2026-03-06T10:00:00Z", "2026-04-07"),
        // King's Day, a Monday.
        ("2026-03-30T10:00:00Z", "2026-04-28"),
        // Liberation Day.
        ("2026-04-07T10:00:00Z", "2026-05-06"),
        // Ascension Day, the decree day after it and the weekend.
        ("2026-04-16T10:00:00Z", "2026-05-18"),
        // Whit Monday.
        ("2026-04-27T10:00:00Z", "2026-05-26"),
        // Christmas, a Friday, Saturday and Sunday.
        ("2026-11-27T10:00:00Z", "2026-12-28"),
        // New Year's Day, a Friday, and the weekend.
        ("2026-12-04T10:00:00Z", "2027-01-04"),
        // A minute before midnight in Amsterdam, the clocks still on winter time.
        ("2026-03-10T22:59:00Z", "2026-04-07"),
        ("2026-03-10T23:00:00Z", "2026-04-08"),
    ] {
        let story = Story::default().at(at(received), &signal(1, at(received)));
        assert_eq!(story.due(TermKind::Offer), due, "{received}");
    }
}

#[test]
fn a_clock_warns_then_expires_and_an_offer_told_late_was_in_time() {
    let story = begun().at(at("2026-03-30T22:00:59Z"), &Command::Tick);
    assert_eq!(story.last(), Vec::<String>::new());
    let story = story.at(at("2026-03-30T22:01:00Z"), &Command::Tick);
    assert_eq!(story.last(), ["warned"]);
    let story = story.at(at("2026-04-07T22:01:00Z"), &Command::Tick);
    assert_eq!(story.last(), ["expired"]);
    let told = story.clone().told(at("2026-04-07T15:00:00Z"), at("2026-04-09T09:00:00Z"), &offer());
    assert_eq!(told.last(), ["offer", "found met"]);
    assert_eq!(story.at(at("2026-04-09T09:00:00Z"), &offer()).last(), ["offer", "met late"]);
}

#[test]
fn a_clock_that_had_run_out_when_the_signal_arrived_is_late_when_known() {
    let story = Story::default().at(march(60), &signal(1, march(9)));
    assert_eq!(story.last(), ["plan early", "offer by 2026-04-07", "late when known"]);
}

#[test]
fn an_offer_meets_the_clocks_of_all_signals_received_before_it_and_of_no_other() {
    let story = begun().at(march(10), &signal(2, march(10))).at(march(11), &offer()).at(march(12), &signal(3, march(12)));
    assert_eq!(story.last(), ["joined", "offer by 2026-04-09"]);
    assert_eq!(story.offer(1), TermStatus::Met { happened_at: march(11), late: false });
    assert_eq!(story.offer(2), TermStatus::Met { happened_at: march(11), late: false });
    assert_eq!(story.offer(3), TermStatus::Running);
    // Received before the offer, arrived here after it.
    let story = story.at(march(13), &signal(4, march(10)));
    assert_eq!(story.last(), ["joined", "offer by 2026-04-07", "met"]);
}

#[test]
fn an_attempt_that_reached_somebody_is_no_offer() {
    let story = begun().at(march(10), &attempt(true));
    assert_eq!(story.last(), ["attempt 1"]);
    assert_eq!(story.offer(1), TermStatus::Running);
    assert!(story.state.plan.as_ref().unwrap().reached);
}

#[test]
fn a_plan_is_exhausted_when_all_was_tried_and_nobody_reached() {
    let story = begun().at(march(10), &attempt(false));
    assert_eq!(story.last(), ["attempt 1"]);
    let story = story.at(march(14), &attempt(false));
    assert_eq!(story.last(), ["attempt 2", "exhausted 2"]);
    assert_eq!(story.offer(1), TermStatus::Running, "the clock does not stop with the plan");
    // One more is recorded, and changes nothing.
    let story = story.at(march(15), &attempt(false));
    assert_eq!(story.last(), ["attempt 3"]);
    // The next route makes the next plan; what is on its way for the case joins it.
    let story = story.at(march(15), &route_of("intensive", "exhausted", None, 9));
    assert_eq!(story.last(), ["plan intensive"]);
    assert_eq!(story.at(march(16), &attempt(false)).last(), ["attempt 1"]);

    let reached = begun().at(march(10), &attempt(true)).at(march(14), &attempt(false)).at(march(15), &attempt(false));
    assert_eq!(reached.last(), ["attempt 3"]);
    let helped = begun().at(march(10), &attempt(false)).at(march(11), &accept()).at(march(14), &attempt(false));
    assert_eq!(helped.last(), ["attempt 2"]);
}

#[test]
fn only_the_team_leads_exhaustion_is_the_last() {
    let exhausted = |track| {
        let story = Story::default().at(march(9), &route_of(track, "court", None, 1));
        story.at(march(10), &attempt(false)).at(march(11), &attempt(false)).last.iter().any(Event::is_last_exhaustion)
    };
    assert!(exhausted("team-lead"));
    assert!(!exhausted("crisis"));
}

#[test]
fn routes_and_plans() {
    let other = begun().at(march(10), &route_of("crisis", "signal", Some((2, march(10))), 2));
    assert_eq!(other.last(), ["ended superseded", "plan crisis", "offer by 2026-04-07"]);
    assert_eq!(other.state.plan.as_ref().unwrap().team, "team-crisis");
    assert_eq!(begun().at(march(10), &route_of("early", "override", None, 2)).refused, Some("plan-open-already"));
    assert_eq!(begun().at(march(10), &signal(1, march(9))).refused, Some("signal-planned-already"));
    // A signal re-enters a finished case: never without a plan.
    let again = begun().at(march(10), &refuse()).at(march(20), &signal(2, march(20)));
    assert_eq!(again.last(), ["plan early", "offer by 2026-04-17"]);
}

#[test]
fn accepting_starts_the_talk_and_the_pause_once() {
    let story = begun().at(march(12), &accept());
    assert_eq!(story.last(), ["accepted", "first-talk by 2026-04-09", "pause by 2026-04-11"]);
    assert_eq!(story.offer(1), TermStatus::Running, "only an offer meets the clock of the offer");
    let story = story.at(march(13), &accept());
    assert_eq!(story.last(), ["accepted"]);
    assert_eq!(story.clone().at(march(14), &talk()).last(), ["talk", "met"]);
    // The talk was recorded first.
    let story = begun().at(march(14), &talk()).told(march(12), march(15), &accept());
    assert_eq!(story.last(), ["accepted", "first-talk by 2026-04-09", "met", "pause by 2026-04-11"]);
    // After the plan was exhausted somebody calls: recorded, and the clocks run.
    let late = begun().at(march(10), &attempt(false)).at(march(11), &attempt(false)).at(march(12), &accept());
    assert_eq!(late.last(), ["accepted", "first-talk by 2026-04-09", "pause by 2026-04-11"]);
}

#[test]
fn refusing_and_resolving_end_the_plan_and_the_clocks_of_the_talk() {
    let helped = begun().at(march(12), &accept());
    assert_eq!(helped.clone().at(march(13), &refuse()).last(), ["refused", "stopped refused", "stopped refused", "ended refused"]);
    let done = helped.at(march(13), &resolve());
    assert_eq!(done.last(), ["resolved solved-quickfix", "stopped closed", "stopped closed", "ended resolved"]);
    assert_eq!(done.offer(1), TermStatus::Running);
    assert_eq!(done.at(march(14), &resolve()).last(), ["resolved solved-quickfix"], "a fact of others is recorded again");
}

#[test]
fn who_is_known_at_debt_help_needs_no_offer_but_a_talk_under_threat_is_owed_all_the_same() {
    let resolve = |result| Command::Resolve { case: case(), result };
    for result in [HelpResult::KnownAtDebtHelp, HelpResult::OtherTrack] {
        let known = begun().at(march(10), &resolve(result));
        assert_eq!(known.last().len(), 3, "{:?}", known.last());
        assert!(known.state.terms.open().next().is_none() && known.state.open_plan().is_none());
        let threatened = begun().at(march(9), &threaten(1, None));
        let refused = Outreach::decide(&threatened.state, &resolve(result), Moment::at(march(10))).unwrap_err();
        assert_eq!(refused.code(), "talk-owed");
        assert!(threatened.at(march(10), &talk()).at(march(10), &resolve(result)).state.terms.open().next().is_none());
    }
    // Help of our own does not end the clock of the offer: that is met by an offer, or ends with the case.
    assert!(begun().at(march(10), &resolve(HelpResult::HelpFinancial)).state.terms.open().next().is_some());
}

#[test]
fn the_part_of_the_day_of_an_attempt_may_be_told_afterwards_once() {
    let told = |day, daypart: &str| Command::SupplementAttempt { case: case(), attempted_at: march(day), daypart: daypart.to_owned() };
    let unsaid = Command::RecordAttempt { case: case(), contact: Contact::by("telefoon"), daypart: String::new(), reached: false };
    let story = begun().at(march(10), &unsaid).at(march(11), &told(10, "ochtend"));
    assert_eq!(story.last(), ["ochtend"]);
    assert_eq!(story.at(march(11), &told(10, "avond")).refused, Some("known-already"));
    assert_eq!(begun().at(march(10), &attempt(true)).at(march(11), &told(10, "middag")).refused, Some("known-already"));
    assert_eq!(begun().at(march(11), &told(10, "middag")).refused, Some("attempt-unknown"));
}

#[test]
fn paid_withdrawn_and_closed_stop_the_clocks_with_their_reason() {
    let paid = begun().at(march(10), &accept()).at(march(12), &settle(SettledBy::Paid));
    assert_eq!(paid.last(), ["settled", "stopped paid", "stopped paid", "stopped paid", "ended paid"]);
    assert_eq!(begun().at(march(12), &settle(SettledBy::Closed)).last(), ["settled", "stopped closed", "ended closed"]);
    assert_eq!(begun().at(march(12), &withdraw(1)).last(), ["dropped", "stopped withdrawn", "ended withdrawn"]);
    // Two signals, one withdrawn: the plan goes on for the other.
    let one = begun().at(march(10), &signal(2, march(10))).at(march(12), &withdraw(1));
    assert_eq!(one.last(), ["dropped", "stopped withdrawn"]);
    assert_eq!(one.clone().at(march(12), &withdraw(1)).refused, Some("known-already"));
    // A signal received after the payment is not paid.
    let later = begun().at(march(20), &signal(2, march(20))).told(march(15), march(21), &settle(SettledBy::Paid));
    assert_eq!(later.last(), ["settled", "stopped paid"]);
    assert_eq!(later.offer(2), TermStatus::Running);
    // Closed after paid is told once.
    assert_eq!(paid.clone().at(march(13), &settle(SettledBy::Closed)).last(), ["settled"]);
    assert_eq!(paid.at(march(12), &settle(SettledBy::Paid)).refused, Some("known-already"));
}

#[test]
fn what_ends_a_case_may_arrive_before_its_route() {
    for (first, ended) in
        [(settle(SettledBy::Paid), EndReason::Paid), (settle(SettledBy::Closed), EndReason::Closed), (withdraw(1), EndReason::Withdrawn)]
    {
        let story = Story::default().at(march(10), &first).at(march(10), &signal(1, march(9)));
        let stopped = format!("stopped {}", ended.code());
        assert_eq!(story.last(), ["joined nothing", "offer by 2026-04-07", stopped.as_str()]);
        assert!(story.state.open_plan().is_none());
        // A later signal re-enters.
        assert_eq!(story.at(march(20), &signal(2, march(20))).last(), ["plan early", "offer by 2026-04-17"]);
    }
    let paid = begun().at(march(10), &attempt(false)).at(march(11), &attempt(false)).at(march(12), &settle(SettledBy::Paid));
    assert_eq!(paid.at(march(12), &route_of("intensive", "exhausted", None, 9)).refused, Some("settled-already"));
}

#[test]
fn facts_of_others_are_recorded_on_a_finished_plan_and_never_on_an_unknown_case() {
    let facts = [attempt(false), attempt(true), offer(), accept(), refuse(), resolve(), talk()];
    for fact in &facts {
        assert_eq!(Story::default().at(march(9), fact).refused, Some("case-unknown"));
        let finished = begun().at(march(12), &settle(SettledBy::Closed)).told(march(11), march(13), fact);
        assert_eq!((finished.last.len(), finished.refused), (1, None), "{:?}", finished.last());
    }
}

#[test]
fn who_asks_itself_has_a_first_talk_in_four_weeks_and_in_three_working_days_under_threat() {
    // Monday 9 March: four weeks end on Easter Monday.
    let asked = Story::default().at(march(9), &ask(1, march(9), false, None));
    assert_eq!(asked.last(), ["asked", "first-talk by 2026-04-07"]);
    assert_eq!(asked.due(TermKind::FirstTalk), "2026-04-07");
    assert_eq!(asked.state.terms.of_kind(TermKind::FirstTalk).next().unwrap().term.owner, DUTY_OFFICER);
    let twice = asked.clone().at(march(11), &ask(2, march(11), false, None));
    assert_eq!(twice.last(), ["asked"], "the first clock runs on");
    let talked = twice.at(march(12), &talk());
    assert_eq!(talked.due(TermKind::FirstTalk), "");

    let threatened = asked.at(march(10), &ask(3, march(10), true, None));
    assert_eq!((threatened.due(TermKind::ThreatTalk), threatened.due(TermKind::FirstTalk)), ("2026-03-13".into(), "2026-04-07".into()));
    let evicted = Story::default().at(march(10), &ask(4, march(10), true, Some(date(2026, 3, 12))));
    assert_eq!(evicted.due(TermKind::ThreatTalk), "2026-03-11", "before the eviction");
    // A request by phone that is keyed in later runs from the day it was asked.
    let keyed_in_later = Story::default().told(march(9), march(12), &ask(5, march(9), true, None));
    assert_eq!(keyed_in_later.due(TermKind::ThreatTalk), "2026-03-12");
}

#[test]
fn an_offered_case_keeps_its_clocks_until_the_answer_and_hands_them_over() {
    let hand_over = Uuid::from_u128(0x4a0d);
    let offered = Story::default().at(march(2), &signal(1, march(2))).at(march(9), &Command::OfferHandOver { case: case(), hand_over });
    assert_eq!((offered.due(TermKind::HandOver), offered.due(TermKind::Offer)), ("2026-03-23".into(), "2026-03-30".into()));
    // Nobody answers: warned once, expired once, and still somebody's.
    let late = offered.clone().at(march(17), &Command::Tick).at(march(25), &Command::Tick).at(march(26), &Command::Tick);
    let told = |story: &Story, wanted: fn(&TermEvent) -> bool| {
        story.log.iter().filter(|event| matches!(event, Event::TermChanged(term) if term.id() == hand_over && wanted(term))).count()
    };
    assert_eq!(told(&late, |term| matches!(term, TermEvent::Warned { .. })), 1);
    assert_eq!(told(&late, |term| matches!(term, TermEvent::Expired { .. })), 1);
    let bounced = offered.clone().at(march(12), &Command::AnswerHandOver { case: case(), hand_over });
    assert_eq!((bounced.due(TermKind::HandOver), bounced.due(TermKind::Offer)), (String::new(), "2026-03-30".into()));
    assert!(bounced.state.open_plan().is_some());
    let accepted =
        offered.at(march(12), &Command::AnswerHandOver { case: case(), hand_over }).at(march(12), &settle(SettledBy::HandedOver));
    assert_eq!(accepted.offer(1), TermStatus::Ended { reason: EndReason::HandedOver });

    // There it runs from the same receipt to the same day; an offer of before is not asked for again.
    let there = Story::default().at(march(12), &signal(1, march(2)));
    assert_eq!(there.due(TermKind::Offer), "2026-03-30");
    let noted = |day| Command::NoteOffer { case: case(), offered_at: march(day) };
    assert_eq!(there.at(march(12), &noted(5)).offer(1), TermStatus::Met { happened_at: march(5), late: false });
    let first = Story::default().at(march(12), &noted(5)).at(march(13), &signal(1, march(2)));
    assert_eq!(first.offer(1), TermStatus::Met { happened_at: march(5), late: false }, "whichever arrives first");
}

#[test]
fn who_shared_the_household_of_a_tenant_who_died_has_six_months_that_warn_and_expire_once() {
    let bereave = |bereaved| Command::Bereave { case: case(), bereaved };
    let may_claim = |died_on| bereave(Bereaved::MayClaim { died_on });
    let told = Story::default().at(march(2), &signal(1, march(2))).at(march(5), &bereave(Bereaved::Unknown));
    assert_eq!(told.due(TermKind::Review), "2026-03-19");
    let known = told.at(march(10), &may_claim(date(2026, 2, 22)));
    assert_eq!((known.due(TermKind::Review), known.due(TermKind::LeaseClaim)), (String::new(), "2026-08-22".into()));
    assert_eq!(known.state.terms.of_kind(TermKind::LeaseClaim).next().unwrap().term.owner, "team-early");
    // A creditor that is paid does not end it; another day takes its place.
    let paid = known.at(march(11), &settle(SettledBy::Paid));
    assert_eq!(paid.due(TermKind::LeaseClaim), "2026-08-22");
    assert!(paid.state.open_plan().is_some());
    let moved = paid.at(march(12), &may_claim(date(2026, 2, 25)));
    assert_eq!(moved.due(TermKind::LeaseClaim), "2026-08-25");
    let later = |days: i64| march(1) + SignedDuration::from_hours(24 * days);
    let late = [118, 119, 177, 178, 179].into_iter().fold(moved.clone(), |story, days| story.at(later(days), &Command::Tick));
    let id = derived_uuid(case().uuid(), "lease-claim/2026-02-25");
    let told = |wanted: fn(&TermEvent) -> bool| {
        late.log.iter().filter(|event| matches!(event, Event::TermChanged(term) if term.id() == id && wanted(term))).count()
    };
    assert_eq!((told(|term| matches!(term, TermEvent::Warned { .. })), told(|term| matches!(term, TermEvent::Expired { .. }))), (1, 1));
    // Claimed in time and keyed in late.
    let claimed = late.told(later(100), later(180), &Command::RecordClaim { case: case() });
    assert_eq!(claimed.status(id), TermStatus::FoundMet { happened_at: later(100) });
    assert_eq!(claimed.at(later(181), &Command::RecordClaim { case: case() }).refused, Some("no-claim-term"));
    let nobody = moved.at(march(14), &bereave(Bereaved::NoClaim));
    assert_eq!(nobody.due(TermKind::LeaseClaim), "");
}

#[test]
fn the_clock_of_a_request_does_not_end_because_a_creditor_was_paid() {
    let asked = Story::default().at(march(2), &signal(1, march(2))).at(march(9), &ask(1, march(9), false, None));
    let paid = asked.at(march(10), &settle(SettledBy::Paid));
    assert_eq!(paid.offer(1), TermStatus::Ended { reason: EndReason::Paid });
    assert_eq!(paid.due(TermKind::FirstTalk), "2026-04-07");
    assert!(paid.state.open_plan().is_some(), "somebody works on it");
    let closed = paid.at(march(11), &settle(SettledBy::Closed));
    assert_eq!((closed.due(TermKind::FirstTalk), closed.state.own_matter), (String::new(), None));
    assert!(closed.state.open_plan().is_none());
}

#[test]
fn every_result_of_help_is_one_of_the_national_list() {
    for code in HelpResult::CODES {
        assert!(kernel::ddas::EndResult::from_code(code).is_some(), "{code}");
    }
}

#[test]
fn what_becomes_known_is_recorded_once_and_the_newest_word_counts() {
    let learn =
        |holds, source| Command::Learn { case: case(), learned: Learned { circumstance: Circumstance::Entrepreneur, holds, source } };
    // Facts of others are recorded before anything was routed here too.
    let told = Story::default().at(march(2), &learn(true, Teller::Household));
    assert_eq!(told.last(), ["entrepreneur true"]);
    assert_eq!(told.clone().at(march(3), &learn(true, Teller::Household)).refused, Some("known-already"));
    let otherwise = told.at(march(4), &learn(false, Teller::Municipality));
    assert_eq!(otherwise.state.learned.get(&Circumstance::Entrepreneur).map(|learned| learned.holds), Some(false));
}

#[test]
fn an_objection_stops_attempts_and_no_clock() {
    let hold = |held| Command::Hold { case: case(), request: Uuid::from_u128(0x0b7e), held };
    let held = begun().at(march(10), &hold(true));
    assert_eq!(held.last(), ["held"]);
    assert_eq!(held.clone().at(march(11), &hold(true)).refused, Some("known-already"));
    assert_eq!(held.clone().at(march(11), &attempt(false)).refused, Some("attempts-held"));
    assert_eq!(held.clone().told(march(9), march(11), &attempt(false)).last(), ["attempt 1"], "what was tried before is recorded");
    assert_eq!(held.state.terms, begun().state.terms, "every clock runs on");
    assert_eq!(
        held.clone().at(march(9) + SignedDuration::from_hours(24 * 60), &Command::Tick).offer(1),
        TermStatus::Expired,
        "and runs out"
    );
    let free = held.at(march(12), &hold(false)).at(march(13), &attempt(false));
    assert_eq!(free.last(), ["attempt 1"]);
}
