//! Which clocks a fact starts, stops or meets.

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Moment,
    days::amsterdam_date,
    ids::derived_uuid,
    terms::{EndReason, Term, TermEvent, TermKind, statutory},
};

use crate::{
    OWNER,
    fact::{Fact, Judgment, JudgmentKind},
    outcome::Finished,
    state::State,
};

/// Rule of the watch on an announced eviction: on its last day the owner finds out what became of it.
const WATCH_RULE: &str = "practice-eviction-watch";

/// The clocks of a fact that was just recorded in `state`; `finished` is where the track stands with it.
pub(crate) fn of_fact(state: &State, case: CaseId, fact: &Fact, moment: Moment, finished: Option<Finished>) -> Vec<TermEvent> {
    let clocks = Clocks { state, case, at: moment.happened_at, now: moment.now };
    match fact {
        Fact::Judgment(judgment) if clocks.is_newest(|fact| matches!(fact, Fact::Judgment(_))) => clocks.judgment(*judgment, finished),
        Fact::MoratoriumDecided { granted: true }
            if finished.is_none() && clocks.is_newest(|fact| matches!(fact, Fact::MoratoriumDecided { granted: true })) =>
        {
            clocks.moratorium()
        }
        Fact::EvictionAnnounced { on, .. }
            if finished.is_none() && clocks.is_newest(|fact| matches!(fact, Fact::EvictionAnnounced { .. })) =>
        {
            clocks.watch(*on)
        }
        Fact::EvictionCarriedOut => {
            let mut events = clocks.watched();
            events.extend(clocks.objection_from_eviction());
            events.extend(clocks.goods());
            events
        }
        Fact::EvictionAverted | Fact::HomeLeft(_) => clocks.watched(),
        _ => Vec::new(),
    }
}

/// The pause after help was accepted: 30 days, asked about five days before its end.
pub(crate) fn pause(case: CaseId, accepted: Timestamp) -> Term {
    let start = amsterdam_date(accepted);
    statutory::pause(start).term(id(case, "pause", accepted), start, OWNER, 5)
}

/// The clocks that stop when the track is over: all, but the remedies of who lost, and the goods in store.
pub(crate) fn at_end(state: &State, end: Finished) -> Vec<TermEvent> {
    stop(state, Some(end), end.outcome.end_reason())
}

/// The clocks that stop when intake closes the case. What the end of the track left runs on: the law gives a tenant who was
/// evicted, or a creditor whose claim was rejected, the same days whether or not somebody works on the case. So do the goods.
pub(crate) fn at_closing(state: &State) -> Vec<TermEvent> {
    stop(state, state.finished, EndReason::Closed)
}

fn stop(state: &State, end: Option<Finished>, reason: EndReason) -> Vec<TermEvent> {
    let remedies = end.is_some_and(|end| end.outcome.leaves_remedies());
    let stays = |kind| matches!(kind, TermKind::Goods) || remedies && matches!(kind, TermKind::Appeal | TermKind::Objection);
    let open = state.terms.open().filter(|open| !stays(open.term.kind));
    open.map(|open| TermEvent::Ended { id: open.term.id, reason }).collect()
}

fn id(case: CaseId, what: &str, at: Timestamp) -> uuid::Uuid {
    derived_uuid(case.uuid(), &format!("{what}/{}", at.as_millisecond()))
}

struct Clocks<'a> {
    state: &'a State,
    case: CaseId,
    at: Timestamp,
    now: Timestamp,
}

impl Clocks<'_> {
    fn is_newest(&self, which: impl Fn(&Fact) -> bool) -> bool {
        self.state.facts.iter().all(|r| r.at <= self.at || !which(&r.fact))
    }

    fn id(&self, what: &str) -> uuid::Uuid {
        id(self.case, what, self.at)
    }

    fn set(&self, terms: Vec<Term>) -> Vec<TermEvent> {
        terms.into_iter().flat_map(|term| self.state.terms.set(term, self.now)).collect()
    }

    fn end_open(&self, kinds: &[TermKind], but: &[Term], reason: EndReason) -> Vec<TermEvent> {
        let open = self.state.terms.open().filter(|open| kinds.contains(&open.term.kind) && but.iter().all(|term| term.id != open.term.id));
        open.map(|open| TermEvent::Ended { id: open.term.id, reason }).collect()
    }

    /// Appeal, or objection once its start is certain; the last term of the judge; the age of the title. A newer judgment takes
    /// their place.
    fn judgment(&self, judgment: Judgment, finished: Option<Finished>) -> Vec<TermEvent> {
        if finished.is_some_and(|end| !end.outcome.leaves_remedies()) {
            return Vec::new();
        }
        let day = amsterdam_date(self.at);
        let mut terms = Vec::new();
        if judgment.convicts_by_default() {
            terms.extend(self.objection(judgment, self.at));
        } else {
            let appeal = if judgment.summary_proceedings { statutory::appeal_summary(day) } else { statutory::appeal(day) };
            terms.push(appeal.term(self.id("appeal"), day, OWNER, 14));
        }
        if judgment.kind == JudgmentKind::Grace && finished.is_none() {
            terms.push(statutory::grace(day).term(self.id("grace"), day, OWNER, 7));
        }
        if judgment.kind.is_title() && finished.is_none() {
            terms.push(statutory::title_age(day).term(self.id("title-age"), day, OWNER, 30));
        }
        let kinds = [TermKind::Appeal, TermKind::Objection, TermKind::Grace, TermKind::TitleAge];
        let mut events = self.end_open(&kinds, &terms, EndReason::Superseded);
        events.extend(self.set(terms));
        events
    }

    /// Six months at most, then a report to the court; the announced eviction is off for that time (Fw art. 305 lid 2).
    fn moratorium(&self) -> Vec<TermEvent> {
        let day = amsterdam_date(self.at);
        let terms = vec![statutory::moratorium(day).term(self.id("moratorium"), day, OWNER, 30)];
        let mut events = self.end_open(&[TermKind::Moratorium], &terms, EndReason::Superseded);
        events.extend(self.watches(|watch| self.state.terms.end(watch, EndReason::Suspended)));
        events.extend(self.set(terms));
        events
    }

    /// The day of the eviction is watched; another day takes its place.
    fn watch(&self, on: Date) -> Vec<TermEvent> {
        let id = derived_uuid(self.id("eviction-watch"), &on.to_string());
        let mut events = self.watches(|watch| if watch == id { Vec::new() } else { self.state.terms.end(watch, EndReason::Superseded) });
        let day = amsterdam_date(self.at);
        events.extend(self.set(vec![Term {
            id,
            kind: TermKind::Review,
            starts_on: day.min(on),
            due: on,
            rule: WATCH_RULE.to_owned(),
            version: 1,
            rolled: Vec::new(),
            owner: OWNER.to_owned(),
            warn_days: 7,
        }]));
        events
    }

    /// What became of the eviction is known.
    fn watched(&self) -> Vec<TermEvent> {
        self.watches(|watch| self.state.terms.meet(watch, self.at, self.now))
    }

    fn watches(&self, then: impl Fn(uuid::Uuid) -> Vec<TermEvent>) -> Vec<TermEvent> {
        let open = self.state.terms.open().filter(|open| open.term.kind == TermKind::Review && open.term.rule == WATCH_RULE);
        open.flat_map(|open| then(open.term.id)).collect()
    }

    /// The municipality carries the goods off with the eviction and stores them; thirteen weeks on it may sell them (Rv art. 556 lid
    /// 3, Awb art. 5:30). Nobody tells when they are fetched, so that the term only informs, and stops with nothing but another
    /// day of that eviction.
    fn goods(&self) -> Vec<TermEvent> {
        if !self.is_newest(|fact| matches!(fact, Fact::EvictionCarriedOut)) {
            return Vec::new();
        }
        let day = amsterdam_date(self.at);
        let terms = vec![statutory::goods(day).term(self.id("goods"), day, OWNER, 14)];
        let mut events = self.end_open(&[TermKind::Goods], &terms, EndReason::Superseded);
        events.extend(self.set(terms));
        events
    }

    /// The objection to a conviction by default, as far as its start is certain: service in person (Rv art. 143 lid 2), or without
    /// that the execution, for a title the eviction (lid 3, art. 144 onder d). `None` while neither is known: then it is open.
    fn objection(&self, judgment: Judgment, judged: Timestamp) -> Option<Term> {
        if judgment.served_in_person {
            let served = judgment.served_on.unwrap_or_else(|| amsterdam_date(judged));
            let id = derived_uuid(id(self.case, "objection", judged), &served.to_string());
            return Some(statutory::objection(served).term(id, served, OWNER, 7));
        }
        let evicted = self.state.facts.iter().filter(|r| r.at >= judged && matches!(r.fact, Fact::EvictionCarriedOut)).map(|r| r.at).min();
        let evicted = evicted.filter(|_| judgment.kind.is_title())?;
        let day = amsterdam_date(evicted);
        Some(statutory::objection(day).term(id(self.case, "objection", evicted), day, OWNER, 7))
    }

    /// The eviction makes the start of an objection certain. One that this judgment has already stays, unless it turns out to have
    /// begun sooner; one of a judgment before it is none of this one.
    fn objection_from_eviction(&self) -> Vec<TermEvent> {
        let newest = self.state.judgment().filter(|(judgment, judged)| judgment.convicts_by_default() && *judged <= self.at);
        let Some((judgment, judged)) = newest else { return Vec::new() };
        let Some(term) = self.objection(judgment, judged) else { return Vec::new() };
        let mut events = Vec::new();
        if let Some(known) = self.state.objection_term(judged) {
            if known.term.starts_on <= term.starts_on {
                return Vec::new();
            }
            events = self.end_open(&[TermKind::Objection], std::slice::from_ref(&term), EndReason::Superseded);
        }
        events.extend(self.set(vec![term]));
        events
    }
}
