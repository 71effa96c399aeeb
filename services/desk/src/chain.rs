//! The chain of one case: a pure fold of the events of all contexts. What it says depends on which events are there,
//! never on the order in which they were read.

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Gemeentecode,
    days::amsterdam_date,
    terms::{TermBook, TermEvent, TermKind, TermState},
};
use proto::{common::v1 as common, desk::v1 as pb, intake::v1::PaymentKind};

use crate::{
    ddas,
    entry::{Entries, Entry},
    event::{CONTEXTS, Event},
    sieve::{Passage, Standing},
};

/// A step of the chart, seen from one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The case came here, first on this day.
    Entered(Date),
    /// The case began later in the chart: nobody knows.
    Unknown,
    /// A later step was entered; this one was not recorded.
    PassedOver,
    /// Deeper than the case has come.
    NotReached,
}

impl Step {
    /// Stable, lower-case, dashed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Entered(_) => "entered",
            Self::Unknown => "unknown",
            Self::PassedOver => "passed-over",
            Self::NotReached => "not-reached",
        }
    }
}

/// A term, and the context that keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The context's name.
    pub context: &'static str,
    /// The term.
    pub state: TermState,
}

impl Kept {
    /// Somebody still has to act on it, or it still runs.
    pub const fn matters(&self) -> bool {
        self.state.is_running() || (self.state.is_open() && !crate::words::is_window(self.state.term.kind))
    }
}

/// What the desk knows of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseChain {
    /// The municipality on the day of opening.
    pub gemeente: Gemeentecode,
    /// Intake's address file; empty while nobody named it.
    pub file_key: String,
    /// When the case began.
    pub opened_at: Timestamp,
    /// Steps 1 to 11.
    pub steps: [Step; 11],
    /// Region code, see [`pb::CaseLine`].
    pub help: &'static str,
    /// Region code, or the outcome of the legal track.
    pub legal: String,
    /// Region code.
    pub payment: &'static str,
    /// Region code.
    pub aftercare: &'static str,
    /// Where it stands.
    pub standing: Standing,
    /// Outcome code; empty while it stands.
    pub outcome: String,
    /// Every term ever set, by last day.
    pub terms: Vec<Kept>,
    /// As the national exchange model has it; nothing while no signal is in it.
    pub ddas: Option<ddas::Reading>,
}

impl CaseChain {
    /// What the sieve needs.
    pub fn passage(&self) -> Passage {
        let entered = self.steps.iter().enumerate().filter(|(_, step)| matches!(step, Step::Entered(_)));
        Passage { entered: entered.fold(0, |mask, (index, _)| mask | (1 << index)), standing: self.standing }
    }

    /// The deepest step entered.
    pub fn phase(&self) -> u8 {
        self.passage().deepest()
    }

    /// The step at which it left the sieve, sieved out or failed.
    pub fn left_at(&self) -> Option<u8> {
        matches!(self.standing, Standing::SievedOut | Standing::Failed).then(|| self.phase())
    }

    /// The first term that still runs or that somebody still has to act on.
    pub fn next_term(&self) -> Option<&Kept> {
        self.terms.iter().find(|kept| kept.matters())
    }

    /// The case as a line of the list.
    pub fn line(&self, case: CaseId) -> pb::CaseLine {
        let next = self.next_term();
        pb::CaseLine {
            case_id: case.to_string(),
            gemeentecode: self.gemeente.to_string(),
            step: u32::from(self.phase()),
            standing: self.standing.code().to_owned(),
            outcome: self.outcome.clone(),
            help: self.help.to_owned(),
            legal: self.legal.clone(),
            payment: self.payment.to_owned(),
            opened_on: Some(journal::terms::date_out(amsterdam_date(self.opened_at))),
            next_term: next.map(|kept| kept.state.term.kind.code().to_owned()).unwrap_or_default(),
            next_due: next.map(|kept| journal::terms::date_out(kept.state.term.due)),
            ddas: ddas::state(self.ddas.as_ref()).to_owned(),
        }
    }
}

/// The chain of a case. `None` while no step of it is known: then there is nothing to show yet.
pub fn fold(entries: &Entries) -> Option<CaseChain> {
    let mut draft = Draft::default();
    // Within a context in the order of its stream; between contexts only what does not depend on an order is combined.
    for entry in entries.values() {
        draft.entry(entry);
    }
    draft.chain()
}

#[derive(Default)]
struct Draft {
    /// The lowest rank names the municipality: intake's word before the others'.
    gemeente: Option<(u32, Gemeentecode)>,
    file_key: String,
    opened: Option<Opened>,
    /// What the legal track said about a household that intake did not know.
    court_entry: Option<Opened>,
    entered: Vec<(u8, Date)>,
    first: Option<Timestamp>,
    closed: Option<(String, bool)>,
    signals: u32,
    paid: &'static str,
    help: &'static str,
    legal: Option<String>,
    aftercare: &'static str,
    loss: Loss,
    books: [TermBook; CONTEXTS.len()],
    ddas: ddas::Draft,
}

#[derive(Clone, Copy)]
struct Opened {
    step: u8,
    at: Timestamp,
}

/// What aftercare and the legal track said about the home.
#[derive(Default)]
struct Loss {
    evicted: bool,
    left: Option<&'static str>,
    /// The newest end of the legal track, when that is a leaving.
    left_in_court: Option<&'static str>,
    without_trace: bool,
    placed_in_time: bool,
    met: bool,
}

impl Loss {
    /// The failure, if there is one: leaving under pressure or without trace always is, the others when no place was there
    /// in time.
    const fn failure(&self) -> Option<&'static str> {
        match (self.left, self.left_in_court) {
            (Some(how), _) | (None, Some(how)) => Some(how),
            (None, None) if self.placed_in_time => None,
            (None, None) if self.evicted => Some("evicted-no-place"),
            (None, None) if self.without_trace && !self.met => Some("destination-unknown"),
            (None, None) => None,
        }
    }
}

fn leaving(how: &str) -> Option<&'static str> {
    ["left-under-pressure", "left-unknown"].into_iter().find(|code| *code == how)
}

impl Draft {
    fn entry(&mut self, entry: &Entry) {
        if let Some(key) = entry.key() {
            let named = (entry.context, key.gemeente);
            self.gemeente = Some(self.gemeente.map_or(named, |known| known.min(named)));
        }
        for (_, event, at) in entry.events() {
            self.ddas.event(&event, at);
            self.event(entry, &event, at);
        }
    }

    fn enter(&mut self, step: u32, day: Date) {
        if let Ok(step @ 1..=11) = u8::try_from(step) {
            self.entered.push((step, day));
        }
    }

    fn event(&mut self, entry: &Entry, event: &Event, at: Timestamp) {
        let day = amsterdam_date(at);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        match event {
            Event::CaseOpened(e) => {
                self.file_key.clone_from(&e.file_key);
                // A closed case that goes on keeps its first entry.
                if self.opened.is_none() {
                    self.opened = Some(Opened { step: u8::try_from(e.entry_step).unwrap_or(0), at });
                    self.enter(e.entry_step, day);
                }
                self.closed = None;
            }
            Event::LandlordStageRecorded(e) => {
                self.enter(e.step, day);
                self.owing();
            }
            Event::SignalAccepted(e) => {
                for (step, told) in [(1, &e.arrears_since), (2, &e.contact_on)] {
                    if let Ok(day) = journal::terms::date_in(told.as_ref()) {
                        self.enter(step, day);
                    }
                }
                self.enter(3, day);
                self.signals += 1;
                if !e.skipped {
                    self.paid = "open";
                }
            }
            // The same signal: its steps keep the days they were first told.
            Event::SignalCorrected(_) | Event::SignalSupplemented(_) | Event::AttemptSupplemented(_) => {}
            // Who is who, and which cases go together, moves nothing in the chain.
            Event::PersonsJudged(_) | Event::CasesMerged(_) | Event::CasesUnmerged(_) | Event::LetterRectified(_) => {}
            // What people ask by their rights stops no clock and no step.
            Event::RightRequested(_) | Event::RightExtended(_) | Event::RightDecided(_) => {}
            // Its eviction is told by court liaison.
            Event::EvictionNoticed(_) => {}
            // What one person allows or does not want stops no clock and no step; a household's no is outreach's to tell.
            Event::ConsentRecorded(_)
            | Event::ContactRestricted(_)
            | Event::RestrictionEnded(_)
            | Event::RefusalRecorded(_)
            | Event::RestrictionBroken(_) => {}
            // To ask is to accept: the help track runs from the request on.
            Event::HelpRequested(_) => {
                self.enter(4, day);
                self.help = "asked";
            }
            Event::SignalWithdrawn(_) => {
                self.signals = self.signals.saturating_sub(1);
                if self.signals == 0 && self.paid == "open" {
                    self.paid = "";
                }
            }
            Event::PaymentRecorded(e) => match e.kind() {
                PaymentKind::Paid => self.paid = "paid",
                PaymentKind::PlanAgreed => self.paid = "plan",
                PaymentKind::PlanBroken => self.paid = "plan-broken",
                PaymentKind::PlanCompleted => self.paid = "plan-completed",
                _ => self.owing(),
            },
            Event::CaseClosed(e) => self.closed = Some((e.outcome.clone(), e.failed)),
            // A plan is made for every report; step 4 begins at the door, so that a report that falls away before it ends at step 3.
            Event::PlanMade(_) => {
                if !matches!(self.help, "accepted" | "offered" | "asked") {
                    self.help = "outreach";
                }
            }
            Event::AttemptRecorded(_) => {
                self.enter(4, day);
                self.help_from(&["", "exhausted"], "outreach");
            }
            Event::OfferMade(_) => {
                self.enter(4, day);
                self.help_from(&["", "outreach", "exhausted"], "offered");
            }
            Event::HelpAccepted(_) => self.help = "accepted",
            Event::HelpRefused(_) => self.help = "refused",
            Event::PlanExhausted(_) => self.help_from(&["", "outreach", "offered"], "exhausted"),
            Event::HelpResolved(_) => self.help = "resolved",
            // A plan that another one takes the place of changes nothing.
            Event::PlanEnded(e) if e.reason != "superseded" => self.help_from(&["outreach", "offered"], "ended"),
            Event::TrackOpened(e) => {
                if !e.known_at_intake && self.court_entry.is_none() {
                    self.court_entry = Some(Opened { step: u8::try_from(e.entry_step).unwrap_or(0), at });
                    self.enter(e.entry_step, day);
                }
                self.legal = Some("running".to_owned());
                if self.file_key.is_empty() {
                    self.file_key.clone_from(&e.file_key);
                }
            }
            Event::FactRecorded(e) => self.enter(e.step, day),
            Event::TrackPaused(_) => self.legal = Some("paused".to_owned()),
            Event::TrackResumed(_) => self.legal = Some("running".to_owned()),
            Event::TrackFinished(e) => {
                self.loss.left_in_court = leaving(&e.outcome);
                self.legal = Some(e.outcome.clone());
            }
            // A place of before is none now: it was in the home, or another eviction came.
            Event::DutyOpened(_) => {
                self.loss.placed_in_time = false;
                self.aftercare = "open";
            }
            Event::HomeLost(e) => {
                match leaving(&e.how) {
                    Some(how) => self.loss.left = Some(how),
                    None => self.loss.evicted = true,
                }
                self.aftercare = if self.loss.placed_in_time { "rehoused-in-time" } else { "home-lost" };
            }
            Event::Rehoused(e) => {
                self.loss.placed_in_time |= e.in_time;
                self.aftercare = "rehoused";
            }
            Event::StopgapFound(_) if self.aftercare == "destination-unknown" => {
                self.aftercare = if self.loss.evicted { "home-lost" } else { "open" };
            }
            Event::StopgapFound(_) => {}
            Event::DestinationUnknown(_) => {
                self.loss.without_trace = true;
                self.aftercare = "destination-unknown";
            }
            Event::DutyMet(_) => {
                self.loss.met = true;
                self.aftercare = "met";
            }
            Event::TermChanged(term) => self.term(entry, term),
            Event::CaseRouted(_)
            | Event::RouteEnded(_)
            | Event::TenantDied(_)
            | Event::HandOverOffered(_)
            | Event::HandOverAnswered(_)
            | Event::CaseTakenOver(_)
            | Event::SignalJoined(_)
            | Event::FirstTalkHeld(_)
            | Event::CircumstanceLearned(_)
            | Event::PlanEnded(_)
            | Event::AdministrationAsked(_)
            | Event::ViolationFound(_)
            | Event::ViolationLifted(_)
            | Event::BeatMoved(_)
            | Event::DutyAssigned(_)
            | Event::Silent(_) => {}
        }
    }

    fn owing(&mut self) {
        if self.paid.is_empty() {
            self.paid = "open";
        }
    }

    fn help_from(&mut self, from: &[&str], to: &'static str) {
        if from.contains(&self.help) {
            self.help = to;
        }
    }

    fn term(&mut self, entry: &Entry, term: &common::TermEvent) {
        let Ok(term) = journal::terms::from_proto(term) else { return };
        // Early-signal staff read these pages: nothing of a signalling list is shown to them.
        if matches!(&term, TermEvent::Set(set) if matches!(set.kind, TermKind::ListReview | TermKind::ListEnd)) {
            return;
        }
        if let Some(book) = usize::try_from(entry.context).ok().and_then(|context| self.books.get_mut(context)) {
            *book = std::mem::take(book).evolve(&term);
        }
    }

    fn chain(self) -> Option<CaseChain> {
        let (_, gemeente) = self.gemeente?;
        let earliest = self.entered.iter().map(|(step, day)| (*day, *step)).min()?;
        let opened = self.opened.or(self.court_entry);
        let (entry_day, entry_step) = opened.map_or(earliest, |opened| (amsterdam_date(opened.at), opened.step));

        let mut steps = [Step::NotReached; 11];
        for (step, day) in self.entered {
            // Our own contact with a household that came in deeper down runs beside the chart: the case was never here on its
            // way. What creditors and courts did before is history, whenever we hear of it.
            if (3..=4).contains(&step) && step < entry_step && day >= entry_day {
                continue;
            }
            if let Some(known) = steps.get_mut(usize::from(step - 1)) {
                *known = match *known {
                    Step::Entered(before) => Step::Entered(before.min(day)),
                    _ => Step::Entered(day),
                };
            }
        }
        let deepest = (1_u8..).zip(&steps).filter(|(_, step)| matches!(step, Step::Entered(_))).map(|(number, _)| number).max()?;
        for (number, step) in (1_u8..).zip(&mut steps) {
            if *step == Step::NotReached && number < deepest {
                *step = if number < entry_step { Step::Unknown } else { Step::PassedOver };
            }
        }

        let failure = self.loss.failure();
        let standing = match (&self.closed, failure) {
            (Some((_, true)), _) | (_, Some(_)) => Standing::Failed,
            (Some((outcome, false)), None) if outcome == "handed-over" => Standing::Elsewhere,
            (Some((_, false)), None) => Standing::SievedOut,
            (None, None) => Standing::Standing,
        };
        let outcome = match (self.closed, failure) {
            (Some((outcome, true)), _) | (Some((outcome, false)), None) => outcome,
            (_, Some(failure)) => failure.to_owned(),
            (None, None) => String::new(),
        };
        let mut terms: Vec<Kept> = CONTEXTS
            .into_iter()
            .zip(&self.books)
            .flat_map(|(context, book)| book.all().map(move |state| Kept { context, state: state.clone() }))
            .collect();
        terms.sort_by(|a, b| (a.state.term.due, a.context, a.state.term.id).cmp(&(b.state.term.due, b.context, b.state.term.id)));

        let help = match (self.help, self.signals) {
            ("", 0) => "none",
            ("", _) => "signal",
            (help, _) => help,
        };
        let or_none = |code: &'static str| if code.is_empty() { "none" } else { code };
        Some(CaseChain {
            gemeente,
            file_key: self.file_key,
            opened_at: opened.map(|opened| opened.at).or(self.first)?,
            steps,
            help,
            legal: self.legal.unwrap_or_else(|| "none".to_owned()),
            payment: or_none(self.paid),
            aftercare: or_none(self.aftercare),
            standing,
            outcome,
            terms,
            ddas: self.ddas.read(),
        })
    }
}
