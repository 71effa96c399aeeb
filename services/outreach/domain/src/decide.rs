//! The outreach of one case: at most one plan is open; every routed signal has its own offer clock.

use jiff::{Timestamp, ToSpan, civil::Date};
use kernel::{
    CaseId, Decider, Moment, SignalId,
    days::amsterdam_date,
    ids::derived_uuid,
    terms::{
        EndReason, Term, TermEvent, TermKind, TermState,
        statutory::{self, Computed},
    },
};
use uuid::Uuid;

use crate::{
    contact::{Contact, Restriction},
    event::{
        Bereaved, Command, Crisis, DueAttempt, Event, HelpResult, PlanMade, Rejection, Route, SettledBy, Signal, corrected_threat_term,
        offer_term, threat_term,
    },
    state::{DUTY_OFFICER, State, is_of_household},
};

/// Days before the end of a term on which its owner is warned.
const WARN_DAYS: u16 = 7;
/// The status of the pause is asked on day 25 of 30.
const WARN_PAUSE_DAYS: u16 = 5;
const WARN_THREAT_DAYS: u16 = 1;
/// A claim in court takes a lawyer: two months.
const WARN_CLAIM_DAYS: u16 = 60;

/// Outreach, as a decider.
#[derive(Clone, Copy, Debug)]
pub struct Outreach;

impl Decider for Outreach {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, at: Moment) -> Result<Vec<Event>, Rejection> {
        let mut draft = Draft { state: state.clone(), events: Vec::new(), at };
        match command {
            Command::Route(route) => draft.route(route)?,
            Command::Settle { case, by } => draft.settle(*case, *by)?,
            Command::Withdraw { case, signal } => draft.withdraw(*case, *signal)?,
            Command::Ask { case, request, term, asked_at, threatened, eviction_on, file_key } => {
                let (case, request, asked_at, file_key) = (*case, *request, *asked_at, *file_key);
                draft.add(Event::HelpAsked { case, request, asked_at, threatened: *threatened, file_key });
                draft.ask(*term, *threatened, *eviction_on);
            }
            Command::Bereave { case, bereaved } => draft.bereave(*case, *bereaved),
            Command::OfferHandOver { hand_over, .. } => {
                let offered = draft.today();
                draft.set(statutory::hand_over(offered), *hand_over, offered, WARN_DAYS);
            }
            Command::AnswerHandOver { hand_over, .. } => draft.terms(state.terms.meet(*hand_over, at.happened_at, at.now)),
            Command::NoteOffer { case, offered_at } => draft.offered(*case, "administratief", *offered_at),
            Command::Threaten { term, eviction_on } => draft.threaten_home(*term, *eviction_on)?,
            Command::Hold { case, request, held } => draft.hold(*case, *request, *held)?,
            Command::Restrict { case, id, restriction } => draft.restrict(*case, *id, restriction)?,
            Command::Unrestrict { case, id } => draft.unrestrict(*case, *id)?,
            Command::Tick => draft.terms(state.terms.due(at.now)),
            Command::Learn { case, learned } => {
                if state.learned.get(&learned.circumstance) == Some(learned) {
                    return Err(Rejection::Known);
                }
                draft.add(Event::CircumstanceLearned { case: *case, learned: *learned, happened_at: at.happened_at });
            }
            _ if !state.known => return Err(Rejection::CaseUnknown),
            Command::RecordAttempt { case, contact, daypart, reached } => draft.attempt(*case, contact, daypart, *reached)?,
            Command::RecordOffer { case, contact } => draft.offer(*case, contact)?,
            Command::SupplementAttempt { case, attempted_at, daypart } => {
                let known = state.dayparts.get(&attempted_at.as_millisecond()).ok_or(Rejection::AttemptUnknown)?;
                if !known.is_empty() {
                    return Err(Rejection::Known);
                }
                let (case, attempted_at, daypart) = (*case, *attempted_at, daypart.clone());
                draft.add(Event::AttemptSupplemented { case, attempted_at, daypart, happened_at: at.happened_at });
            }
            Command::Accept { case, seed } => draft.accept(*case, *seed),
            Command::Refuse { case } => draft.refuse(*case),
            Command::Resolve { case, result } => draft.resolve(*case, *result)?,
            Command::RecordClaim { .. } => draft.claim()?,
            Command::RecordTalk { case } => draft.talk(*case),
        }
        Ok(draft.events)
    }

    fn evolve(state: State, event: &Event) -> State {
        state.after(event)
    }
}

/// A decision in the making: what was added counts for what is added next.
struct Draft {
    state: State,
    events: Vec<Event>,
    at: Moment,
}

impl Draft {
    fn add(&mut self, event: Event) {
        self.state = std::mem::take(&mut self.state).after(&event);
        self.events.push(event);
    }

    fn terms(&mut self, terms: Vec<TermEvent>) {
        for term in terms {
            self.add(Event::TermChanged(term));
        }
    }

    fn today(&self) -> Date {
        amsterdam_date(self.at.happened_at)
    }

    fn set(&mut self, computed: Computed, id: Uuid, starts_on: Date, warn_days: u16) {
        // A threat is the duty officer's (*dienstdoende medewerker*) whether or not a plan is known yet: what comes first must
        // not decide whose it is.
        let owner = if computed.kind == TermKind::ThreatTalk { DUTY_OFFICER } else { self.state.owner() };
        let term = computed.term(id, starts_on, owner, warn_days);
        self.set_term(term);
    }

    fn set_term(&mut self, term: Term) {
        let events = self.state.terms.set(term, self.at.now);
        self.terms(events);
    }

    fn route(&mut self, route: &Route) -> Result<(), Rejection> {
        if route.signal.is_some_and(|signal| self.state.signals.contains_key(&signal.id)) {
            return Err(Rejection::SignalKnown);
        }
        let spent = route.signal.and_then(|signal| self.state.spent(&signal));
        let open = self.state.open_plan().map(|plan| (plan.id, plan.track == route.track && plan.team == route.team));
        match (open, route.signal) {
            (Some((plan, true)), Some(signal)) => self.add(Event::SignalJoined { case: route.case, signal, plan: Some(plan) }),
            // What runs goes on: only the clock below is new.
            (Some((_, true)), None) if route.corrected.is_some() => {}
            (Some((_, true)), None) => return Err(Rejection::PlanOpen),
            (Some((plan, false)), _) => {
                self.add(Event::PlanEnded { plan, reason: EndReason::Superseded.code().to_owned() });
                self.plan(route);
            }
            (None, Some(signal)) if spent.is_some() => self.add(Event::SignalJoined { case: route.case, signal, plan: None }),
            (None, None) if self.comes_too_late(route) => return Err(Rejection::Settled),
            (None, _) => self.plan(route),
        }
        if let Some(signal) = route.signal {
            self.start_offer(&signal, spent);
        }
        if let Some(crisis) = route.crisis {
            self.tell_of(route, crisis);
        }
        Ok(())
    }

    /// The clock of a crisis that was reported, or that a correction told. A sooner talk of before is enough.
    fn tell_of(&mut self, route: &Route, crisis: Crisis) {
        let before = crisis.supply_ends.map(|day| (day, "practice-threat-before-supply-ends"));
        let Some(told) = route.signal.or(route.corrected).filter(|told| self.state.spent(told).is_none()) else { return };
        let id = |due| if route.signal.is_some() { threat_term(told.id) } else { corrected_threat_term(told.id, due) };
        let _ = self.threaten(id, amsterdam_date(told.received_at), before);
    }

    /// A route without a signal whose reason is gone: it was on its way while the case was paid, withdrawn or closed.
    fn comes_too_late(&self, route: &Route) -> bool {
        let from_court = matches!(route.because.as_str(), "court" | "opened");
        let gone = |(at, by): (_, SettledBy)| at >= self.at.happened_at && !(from_court && by == SettledBy::Paid);
        self.state.settled.is_some_and(gone) || (route.because == "exhausted" && !self.state.is_living())
    }

    fn plan(&mut self, route: &Route) {
        let start = self.today();
        let attempts = (1_u32..).zip(&route.attempts).map(|(number, planned)| DueAttempt {
            number,
            by: start.saturating_add(i64::from(planned.after_days).days()),
            channel: planned.channel.clone(),
            daypart: planned.daypart.clone(),
        });
        self.add(Event::PlanMade(Box::new(PlanMade {
            plan: route.plan,
            case: route.case,
            route: route.route,
            track: route.track.clone(),
            team: route.team.clone(),
            attempts: attempts.collect(),
            file_key: route.file_key,
            signal: route.signal,
            because: route.because.clone(),
        })));
    }

    /// The clock runs from the receipt of the signal, whatever is known of it by now.
    fn start_offer(&mut self, signal: &Signal, spent: Option<EndReason>) {
        let (id, received) = (offer_term(signal.id), amsterdam_date(signal.received_at));
        self.set(statutory::offer(received), id, received, WARN_DAYS);
        let offered = self.state.offers.range(signal.received_at..).next().copied();
        let events = match (spent, offered) {
            (_, Some(offered)) => self.state.terms.meet(id, offered, self.at.now),
            (Some(reason), None) => self.state.terms.end(id, reason),
            (None, None) => Vec::new(),
        };
        self.terms(events);
    }

    fn settle(&mut self, case: CaseId, by: SettledBy) -> Result<(), Rejection> {
        let happened_at = self.at.happened_at;
        if self.state.settled.is_some_and(|(at, known)| at >= happened_at && (known == by || known != SettledBy::Paid)) {
            return Err(Rejection::Known);
        }
        self.add(Event::CaseSettled { case, by, happened_at });
        let offers = self.offers_until(happened_at);
        self.end(&offers, by.end_reason());
        // A household that asked for help itself is helped, whichever creditor was paid.
        if by != SettledBy::Paid || self.state.own_matter.is_none() {
            let mut others = self.others_until(happened_at);
            // The household's own clocks, and those of an eviction that stands whoever was paid.
            let stays = |term: &Term| is_of_household(term.kind) || self.state.is_about_the_home(term);
            others.retain(|id| by != SettledBy::Paid || !self.state.terms.get(*id).is_some_and(|state| stays(&state.term)));
            self.end(&others, by.end_reason());
        }
        self.end_plan_if_idle(by.end_reason().code());
        Ok(())
    }

    fn withdraw(&mut self, case: CaseId, signal: SignalId) -> Result<(), Rejection> {
        if self.state.dropped.contains(&signal) {
            return Err(Rejection::Known);
        }
        self.add(Event::SignalDropped { case, signal });
        let threats = self.state.terms.of_kind(TermKind::ThreatTalk).map(|state| &state.term);
        let corrected = threats.filter(|term| term.id == corrected_threat_term(signal, term.due)).map(|term| term.id);
        let ids: Vec<_> = [offer_term(signal), threat_term(signal)].into_iter().chain(corrected).collect();
        self.end(&ids, EndReason::Withdrawn);
        self.end_plan_if_idle(EndReason::Withdrawn.code());
        Ok(())
    }

    /// An eviction threatens, from the day on which that was told.
    fn threaten_home(&mut self, id: Uuid, eviction_on: Option<Date>) -> Result<(), Rejection> {
        self.threaten(|_| id, self.today(), eviction_on.map(|day| (day, "practice-threat-before-eviction")))
    }

    /// Three working days (Wgs art. 4 lid 2), or by the day before what threatens if that is sooner (by a practice rule), but
    /// never before the day on which the threat became known.
    fn threaten(&mut self, id: impl Fn(Date) -> Uuid, known: Date, before: Option<(Date, &'static str)>) -> Result<(), Rejection> {
        let mut computed = statutory::threat_talk(known);
        let before = before.map(|(day, rule)| (day.saturating_sub(1.day()).max(known), rule));
        if let Some((day, rule)) = before.filter(|(day, _)| *day < computed.due) {
            computed = Computed { due: day, rolled: Vec::new(), rule, version: 1, ..computed };
        }
        let id = id(computed.due);
        if self.state.terms.get(id).is_some() {
            return Err(Rejection::Known);
        }
        // One clock for the home, and one for what was reported: either may fall away by itself. What expired is a breach of its own, and
        // no clock for a threat that comes after it.
        let of_home = !self.state.is_of_a_report(id, computed.due);
        let alike = |state: &&TermState| state.is_running() && self.state.is_about_the_home(&state.term) == of_home;
        let running = self.state.terms.of_kind(TermKind::ThreatTalk).find(alike).map(|state| (state.term.id, state.term.due));
        match running {
            Some((_, due)) if due <= computed.due => return Err(Rejection::Known),
            Some((other, _)) => self.end(&[other], EndReason::Superseded),
            None => {}
        }
        self.set(computed, id, known, WARN_THREAT_DAYS);
        self.meet_by_known_talk(id, known);
        let settled = self.state.settled.filter(|(at, by)| *at >= self.at.happened_at && !(of_home && *by == SettledBy::Paid));
        if let Some((_, by)) = settled {
            self.end(&[id], by.end_reason());
        }
        Ok(())
    }

    /// One clock at a time: to find out who is left behind, or to claim the lease.
    fn bereave(&mut self, case: CaseId, bereaved: Bereaved) {
        let review = derived_uuid(case.uuid(), "death-review");
        let claims: Vec<_> =
            self.state.terms.of_kind(TermKind::LeaseClaim).filter(|state| state.is_open()).map(|state| state.term.id).collect();
        let claim = match bereaved {
            Bereaved::Unknown => {
                let told = self.today();
                return self.set(statutory::death_review(told), review, told, WARN_DAYS);
            }
            Bereaved::NoClaim => None,
            Bereaved::MayClaim { died_on } => Some((derived_uuid(case.uuid(), &format!("lease-claim/{died_on}")), died_on)),
        };
        let found_out = self.state.terms.meet(review, self.at.happened_at, self.at.now);
        self.terms(found_out);
        let others: Vec<_> = claims.into_iter().filter(|id| claim.is_none_or(|(own, _)| own != *id)).collect();
        self.end(&others, EndReason::Superseded);
        if let Some((id, died_on)) = claim {
            self.set(statutory::lease_claim(died_on), id, died_on, WARN_CLAIM_DAYS);
        }
    }

    fn claim(&mut self) -> Result<(), Rejection> {
        let open: Vec<_> =
            self.state.terms.of_kind(TermKind::LeaseClaim).filter(|state| state.is_open()).map(|state| state.term.id).collect();
        if open.is_empty() {
            return Err(Rejection::NoClaimTerm);
        }
        for id in open {
            let met = self.state.terms.meet(id, self.at.happened_at, self.at.now);
            self.terms(met);
        }
        Ok(())
    }

    /// Four weeks to the first talk (Wgs art. 4 lid 1), unless one is due already; three working days under threat (lid 2).
    fn ask(&mut self, id: Uuid, threatened: bool, eviction_on: Option<Date>) {
        if threatened {
            // A sooner talk of before is enough.
            let _ = self.threaten_home(id, eviction_on);
        } else if !self.is_open(TermKind::FirstTalk) && !self.is_open(TermKind::ThreatTalk) {
            let asked = self.today();
            self.set(statutory::first_talk(asked), id, asked, WARN_DAYS);
            self.meet_by_known_talk(id, asked);
        }
    }

    fn hold(&mut self, case: CaseId, request: Uuid, held: bool) -> Result<(), Rejection> {
        if self.state.holds.contains_key(&request) == held {
            return Err(Rejection::Known);
        }
        self.add(Event::HoldChanged { case, request, held, happened_at: self.at.happened_at });
        Ok(())
    }

    fn restrict(&mut self, case: CaseId, id: Uuid, restriction: &Restriction) -> Result<(), Rejection> {
        if self.state.restrictions.contains_key(&(id, restriction.person)) {
            return Err(Rejection::Known);
        }
        let Restriction { person, kind, channels, since, .. } = restriction.clone();
        let channels = channels.into_iter().collect();
        self.add(Event::RestrictionChanged { case, restriction: id, person, kind, channels, holds: true, happened_at: since });
        Ok(())
    }

    fn unrestrict(&mut self, case: CaseId, id: Uuid) -> Result<(), Rejection> {
        let of_it = self.state.restrictions.iter().filter(|((one, _), known)| *one == id && known.until.is_none());
        let running: Vec<Restriction> = of_it.map(|(_, known)| known.clone()).collect();
        if running.is_empty() {
            return Err(Rejection::Known);
        }
        let happened_at = self.at.happened_at;
        for Restriction { person, kind, channels, .. } in running {
            let channels = channels.into_iter().collect();
            self.add(Event::RestrictionChanged { case, restriction: id, person, kind, channels, holds: false, happened_at });
        }
        Ok(())
    }

    /// Contact against a restriction is not recorded by mistake: who records it says so, and then it is a fact like others, and a
    /// violation that somebody looks at.
    fn violations(&self, case: CaseId, contact: &Contact) -> Result<Vec<Event>, Rejection> {
        let happened_at = self.at.happened_at;
        let broken = self.state.broken_by(contact, happened_at);
        if !broken.is_empty() && !contact.despite {
            return Err(Rejection::Restricted);
        }
        let found = |(restriction, person)| {
            let (channel, owner) = (contact.channel.clone(), DUTY_OFFICER.to_owned());
            Event::RestrictionBroken { case, restriction, person, channel, owner, happened_at }
        };
        Ok(broken.into_iter().map(found).collect())
    }

    /// What was tried before somebody objected is recorded all the same.
    fn attempt(&mut self, case: CaseId, contact: &Contact, daypart: &str, reached: bool) -> Result<(), Rejection> {
        if self.state.holds.values().any(|since| *since <= self.at.happened_at) {
            return Err(Rejection::Held);
        }
        let violations = self.violations(case, contact)?;
        let plan = self.state.plan.clone();
        let number = plan.as_ref().map_or(self.state.loose_attempts, |plan| plan.made).saturating_add(1);
        self.add(Event::AttemptRecorded {
            plan: plan.as_ref().map(|plan| plan.id),
            number,
            channel: contact.channel.clone(),
            daypart: daypart.to_owned(),
            reached,
            happened_at: self.at.happened_at,
        });
        for violation in violations {
            self.add(violation);
        }
        // Within the three days there is always somebody left to try; an attempt after them ends the plan.
        let last_of_all = plan.as_ref().is_some_and(|plan| plan.track == "team-lead") && self.is_running(TermKind::ThreatTalk);
        let nobody = !reached && !self.state.help && !last_of_all;
        if let Some(plan) = plan.filter(|plan| plan.open && !plan.reached && nobody && number >= plan.planned) {
            self.add(Event::PlanExhausted { plan: plan.id, case, track: plan.track, attempts: number });
        }
        Ok(())
    }

    /// One offer meets the clock of every signal received before it.
    fn offer(&mut self, case: CaseId, contact: &Contact) -> Result<(), Rejection> {
        let violations = self.violations(case, contact)?;
        self.offered(case, &contact.channel, self.at.happened_at);
        for violation in violations {
            self.add(violation);
        }
        Ok(())
    }

    fn offered(&mut self, case: CaseId, channel: &str, happened_at: Timestamp) {
        self.add(Event::OfferMade { case, channel: channel.to_owned(), happened_at });
        for id in self.offers_until(happened_at) {
            let events = self.state.terms.meet(id, happened_at, self.at.now);
            self.terms(events);
        }
    }

    fn accept(&mut self, case: CaseId, seed: Uuid) {
        let (happened_at, accepted) = (self.at.happened_at, self.today());
        self.add(Event::HelpAccepted { case, happened_at });
        if self.state.settled.is_some_and(|(at, _)| at >= happened_at) {
            return;
        }
        if !self.is_open(TermKind::FirstTalk) {
            let id = derived_uuid(seed, "first-talk");
            self.set(statutory::first_talk(accepted), id, accepted, WARN_DAYS);
            self.meet_by_known_talk(id, accepted);
        }
        if !self.is_open(TermKind::Pause) {
            self.set(statutory::pause(accepted), derived_uuid(seed, "pause"), accepted, WARN_PAUSE_DAYS);
        }
    }

    fn refuse(&mut self, case: CaseId) {
        let happened_at = self.at.happened_at;
        self.add(Event::HelpRefused { case, happened_at });
        let others = self.others_until(happened_at);
        self.end(&others, EndReason::Refused);
        self.end_plan(EndReason::Refused.code());
    }

    /// A household that debt help knows already (*al bekend bij schuldhulpverlening*), or that another track helps, needs no offer
    /// of what was received until then. The talk under threat is owed all the same (Wgs art. 4 lid 2), and while its clock runs nobody
    /// concludes that there was no contact.
    fn resolve(&mut self, case: CaseId, result: HelpResult) -> Result<(), Rejection> {
        let happened_at = self.at.happened_at;
        let elsewhere = matches!(result, HelpResult::KnownAtDebtHelp | HelpResult::OtherTrack);
        let without_contact = matches!(result, HelpResult::NoContact | HelpResult::NoReaction | HelpResult::ReferredWithoutContact);
        if (elsewhere && self.is_open(TermKind::ThreatTalk)) || (without_contact && self.is_running(TermKind::ThreatTalk)) {
            return Err(Rejection::TalkOwed);
        }
        self.add(Event::HelpResolved { case, result, happened_at });
        let mut ends = self.others_until(happened_at);
        if elsewhere {
            ends.extend(self.offers_until(happened_at));
        }
        self.end(&ends, EndReason::Closed);
        self.end_plan("resolved");
        Ok(())
    }

    fn talk(&mut self, case: CaseId) {
        let (happened_at, day) = (self.at.happened_at, self.today());
        self.add(Event::FirstTalkHeld { case, happened_at });
        let talks = |state: &&TermState| matches!(state.term.kind, TermKind::FirstTalk | TermKind::ThreatTalk);
        let ids: Vec<_> =
            self.state.terms.open().filter(talks).filter(|state| state.term.starts_on <= day).map(|state| state.term.id).collect();
        for id in ids {
            let events = self.state.terms.meet(id, happened_at, self.at.now);
            self.terms(events);
        }
    }

    /// A talk that was recorded before the clock it meets was known.
    fn meet_by_known_talk(&mut self, id: Uuid, from: Date) {
        if let Some(held) = self.state.talks.iter().find(|held| amsterdam_date(**held) >= from).copied() {
            let events = self.state.terms.meet(id, held, self.at.now);
            self.terms(events);
        }
    }

    fn is_running(&self, kind: TermKind) -> bool {
        self.state.terms.of_kind(kind).any(TermState::is_running)
    }

    fn is_open(&self, kind: TermKind) -> bool {
        self.state.terms.of_kind(kind).any(TermState::is_open)
    }

    /// The offer clocks of signals received until then.
    fn offers_until(&self, until: Timestamp) -> Vec<Uuid> {
        self.state.signals.iter().filter(|(_, received_at)| **received_at <= until).map(|(id, _)| offer_term(*id)).collect()
    }

    /// Open clocks other than those of offers, started until then.
    fn others_until(&self, until: Timestamp) -> Vec<Uuid> {
        let day = amsterdam_date(until);
        let started = |state: &&TermState| state.term.kind != TermKind::Offer && state.term.starts_on <= day;
        self.state.terms.open().filter(started).map(|state| state.term.id).collect()
    }

    fn end(&mut self, ids: &[Uuid], reason: EndReason) {
        for id in ids {
            let events = self.state.terms.end(*id, reason);
            self.terms(events);
        }
    }

    fn end_plan(&mut self, reason: &str) {
        if let Some(plan) = self.state.open_plan().map(|plan| plan.id) {
            self.add(Event::PlanEnded { plan, reason: reason.to_owned() });
        }
    }

    fn end_plan_if_idle(&mut self, reason: &str) {
        if !self.state.is_living() {
            self.end_plan(reason);
        }
    }
}
