//! What follows from an announcement, a loss, a place found, or a review.

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Key, Moment, Reason,
    days::amsterdam_date,
    ids::derived_uuid,
    terms::{EndReason, Term, TermEvent, TermKind},
};

use crate::{
    event::Event,
    list::{self, Entry, Interval, OpenEntry, Verdict},
    state::{Duty, DutyState, State},
    values::{Ground, HowLost, Place},
};

/// Rule of the duty: a place is there on the day itself at the latest (*Nationaal Actieplan Dakloosheid*).
const REHOUSING_RULE: &str = "nad-rehousing";

/// What is asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// An eviction was announced, for whatever reason.
    Announced {
        /// The case.
        case: CaseId,
        /// Intake's address file.
        file: Key,
        /// Team that gets a new duty.
        team: String,
        /// The day of the eviction.
        on: Date,
        /// Why.
        ground: Ground,
        /// When it was announced.
        at: Timestamp,
    },
    /// The home is lost.
    Lost {
        /// The case.
        case: CaseId,
        /// Intake's address file.
        file: Key,
        /// Team that gets a new duty.
        team: String,
        /// How.
        how: HowLost,
        /// When.
        at: Timestamp,
    },
    /// The household stays.
    Stays {
        /// Outcome code of the legal track.
        how: String,
        /// When.
        at: Timestamp,
    },
    /// Intake closed the case.
    CaseClosed {
        /// Intake's outcome code.
        outcome: String,
    },
    /// Ours: somebody else finds the place.
    Assign {
        /// Team or staff code.
        owner: String,
    },
    /// A place was found.
    RecordRehoused {
        /// What kind.
        place: Place,
    },
    /// Looked for and not found.
    RecordDestinationUnknown {
        /// When somebody last looked.
        last_looked_for: Date,
    },
    /// A landlord told of an entry on its list.
    OpenListReview {
        /// The case.
        case: CaseId,
        /// Role or team code of who reviews.
        owner: String,
        /// The entry.
        entry: OpenEntry,
    },
    /// Ours: an entry was reviewed.
    RecordListReview {
        /// Whose list; `None` when there is only one.
        organisation: Option<String>,
        /// What came of it.
        verdict: Verdict,
        /// When it is reviewed again.
        interval: Interval,
        /// Role or team code of who reviews.
        owner: String,
    },
    /// Look at the clocks.
    Tick,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing to be met.
    #[error("no duty to rehouse is known for this case")]
    NoDuty,
    /// Met before.
    #[error("the duty to rehouse is met already")]
    DutyMet,
    /// In the home that was lost after.
    #[error("this place was in the home, which was lost since: record where the household lives now")]
    PlaceLost,
    /// Looked for later than now.
    #[error("last_looked_for lies in the future")]
    LookedInFuture,
    /// An entry that ends before it begins, or begins later than now.
    #[error("the entry begins later than today, or ends before it begins")]
    EntryDates,
    /// Nothing to review.
    #[error("no entry of this organisation is known for this case")]
    NoEntry,
    /// More than one.
    #[error("more than one organisation has an entry: name the organisation")]
    WhichEntry,
    /// Kept although it should not have been made so.
    #[error("an entry stays only when the person was told and it ends within five years: record it again with those, or remove it")]
    EntryFlawed,
}

impl Reason for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NoDuty => "no-duty",
            Self::DutyMet => "duty-met",
            Self::PlaceLost => "place-lost",
            Self::LookedInFuture => "looked-in-future",
            Self::EntryDates => "entry-dates",
            Self::NoEntry => "no-entry",
            Self::WhichEntry => "which-entry",
            Self::EntryFlawed => "entry-flawed",
        }
    }
}

pub(crate) fn decide(state: &State, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
    let mut draft = Draft { state: state.clone(), events: Vec::new(), moment };
    match command {
        Command::Announced { case, file, team, on, ground, at } => draft.announced(*case, *file, team, *on, *ground, *at),
        Command::Lost { case, file, team, how, at } => draft.lost(*case, *file, team, *how, *at),
        Command::Stays { how, at } => draft.stays(how, *at),
        Command::CaseClosed { outcome } => draft.closed(outcome),
        Command::Assign { owner } => draft.assign(owner)?,
        Command::RecordRehoused { place } => draft.rehoused(*place)?,
        Command::RecordDestinationUnknown { last_looked_for } => draft.unknown(*last_looked_for)?,
        Command::OpenListReview { case, owner, entry } => draft.open_entry(*case, owner, entry)?,
        Command::RecordListReview { organisation, verdict, interval, owner } => {
            draft.reviewed(organisation.as_deref(), *verdict, *interval, owner)?;
        }
        Command::Tick => draft.add_terms(state.terms.due(moment.now)),
    }
    Ok(draft.events)
}

/// Events so far, and the state after them.
struct Draft {
    state: State,
    events: Vec<Event>,
    moment: Moment,
}

impl Draft {
    fn add(&mut self, event: Event) {
        self.state = std::mem::take(&mut self.state).evolve(&event);
        self.events.push(event);
    }

    fn add_terms(&mut self, terms: Vec<TermEvent>) {
        for term in terms {
            self.add(Event::TermChanged(term));
        }
    }

    fn today(&self) -> Date {
        amsterdam_date(self.moment.now)
    }

    /// The id of the next term of this case: terms are never forgotten, so their number is never seen again.
    fn term_id(&self, case: CaseId) -> uuid::Uuid {
        derived_uuid(case.uuid(), &format!("term/{}", self.state.terms.all().count()))
    }

    fn set(&mut self, term: Term) {
        let terms = self.state.terms.set(term, self.moment.now);
        self.add_terms(terms);
    }

    fn open_terms(&self, kind: TermKind) -> Vec<uuid::Uuid> {
        self.state.terms.open().filter(|open| open.term.kind == kind).map(|open| open.term.id).collect()
    }

    fn end_rehousing(&mut self, reason: EndReason) {
        for id in self.open_terms(TermKind::Rehousing) {
            let terms = self.state.terms.end(id, reason);
            self.add_terms(terms);
        }
    }

    fn meet_rehousing(&mut self, at: Timestamp) {
        for id in self.open_terms(TermKind::Rehousing) {
            let terms = self.state.terms.meet(id, at, self.moment.now);
            self.add_terms(terms);
        }
    }

    fn set_rehousing(&mut self, case: CaseId, from: Date, beat: Date, owner: &str) {
        let term = list::plain(self.term_id(case), TermKind::Rehousing, from.min(beat), beat, REHOUSING_RULE, owner, 7);
        self.set(term);
    }

    fn open_duty(&mut self, case: CaseId, file: Key, team: &str, beat: Date, ground: Ground, at: Timestamp) {
        self.add(Event::DutyOpened { case, owner: team.to_owned(), beat, ground, file, happened_at: at });
        self.set_rehousing(case, amsterdam_date(at), beat, team);
    }

    fn move_beat(&mut self, case: CaseId, beat: Date, at: Timestamp, owner: &str) {
        self.add(Event::BeatMoved { case, beat, happened_at: at });
        self.end_rehousing(EndReason::Superseded);
        self.set_rehousing(case, amsterdam_date(at), beat, owner);
    }

    /// The newest announcement counts; after the duty was met a newer one opens it again: rather once too often. Not for who has a
    /// place elsewhere: it is this home that is announced.
    fn announced(&mut self, case: CaseId, file: Key, team: &str, on: Date, ground: Ground, at: Timestamp) {
        let Some(duty) = self.state.duty.clone() else { return self.open_duty(case, file, team, on, ground, at) };
        match duty.state {
            DutyState::Open if duty.lost.is_some() || at < duty.announced_at || on == duty.beat => {}
            DutyState::Open => self.move_beat(case, on, at, &duty.owner),
            DutyState::Rehoused { place, .. } if duty.lost.is_none() && !place.is_in_the_home() => {}
            DutyState::Rehoused { at: met, .. } | DutyState::Stays { at: met } if at > met => {
                self.open_duty(case, file, team, on, ground, at);
            }
            DutyState::Rehoused { .. } | DutyState::Stays { .. } => {}
        }
    }

    /// At the latest now there is a duty, and it is due that day.
    fn lost(&mut self, case: CaseId, file: Key, team: &str, how: HowLost, at: Timestamp) {
        let day = amsterdam_date(at);
        match self.state.duty.clone() {
            Some(Duty { lost: Some((_, before)), state: DutyState::Open, .. }) if before <= at => return,
            Some(Duty { state: DutyState::Open, beat, owner, .. }) if day < beat => self.move_beat(case, day, at, &owner),
            Some(Duty { state: DutyState::Open, .. }) => {}
            // A place elsewhere stays; one in the home went with it.
            Some(Duty { state: DutyState::Rehoused { place, .. }, lost: None, .. }) if !place.is_in_the_home() => {}
            // Back in the home after it was lost: late, whichever was told first.
            Some(Duty { state: DutyState::Rehoused { place, at: met }, lost: None, ground, .. }) if at <= met => {
                self.open_duty(case, file, team, day, ground, at);
                self.add(Event::HomeLost { case, how, happened_at: at });
                self.meet_rehousing(met);
                self.add(Event::Rehoused { case, place, happened_at: met, in_time: false });
                return;
            }
            Some(Duty { state: DutyState::Rehoused { at: met, .. }, .. }) if at <= met => return,
            Some(Duty { ground, .. }) => self.open_duty(case, file, team, day, ground, at),
            None => self.open_duty(case, file, team, day, Ground::Unknown, at),
        }
        self.add(Event::HomeLost { case, how, happened_at: at });
    }

    fn stays(&mut self, how: &str, at: Timestamp) {
        let (Some(case), Some(duty)) = (self.state.case, &self.state.duty) else { return };
        if !duty.is_open() || duty.lost.is_some() || at < duty.announced_at {
            return;
        }
        self.meet_rehousing(at);
        self.add(Event::DutyMet { case, how: how.to_owned(), happened_at: at });
    }

    /// A home that was not lost is not looked for any more; a lost one is, whatever became of the case.
    fn closed(&mut self, outcome: &str) {
        let (Some(case), Some(duty)) = (self.state.case, &self.state.duty) else { return };
        if !duty.is_open() || duty.lost.is_some() {
            return;
        }
        self.end_rehousing(EndReason::Closed);
        self.add(Event::DutyMet { case, how: outcome.to_owned(), happened_at: self.moment.happened_at });
    }

    fn open(&self) -> Result<(CaseId, Duty), Rejection> {
        match (self.state.case, &self.state.duty) {
            (Some(case), Some(duty)) if duty.is_open() => Ok((case, duty.clone())),
            (_, Some(_)) => Err(Rejection::DutyMet),
            _ => Err(Rejection::NoDuty),
        }
    }

    fn assign(&mut self, owner: &str) -> Result<(), Rejection> {
        let (case, duty) = self.open()?;
        if duty.owner == owner {
            return Ok(());
        }
        self.add(Event::DutyAssigned { case, owner: owner.to_owned() });
        // The clock goes along; what has expired stays with who let it.
        let running = self.state.terms.running().find(|running| running.term.kind == TermKind::Rehousing).map(|r| r.term.clone());
        if let Some(term) = running {
            self.end_rehousing(EndReason::Superseded);
            let id = self.term_id(case);
            self.set(Term { id, owner: owner.to_owned(), ..term });
        }
        Ok(())
    }

    /// A better place may follow on a first one; who stays needs none. Who has a roof for the time being has no home.
    fn rehoused(&mut self, place: Place) -> Result<(), Rejection> {
        let (case, duty) = match (self.state.case, self.state.duty.clone()) {
            (Some(case), Some(duty)) => (case, duty),
            _ => return Err(Rejection::NoDuty),
        };
        if matches!(duty.state, DutyState::Stays { .. }) {
            return Err(Rejection::DutyMet);
        }
        let at = self.moment.happened_at;
        if place.is_stopgap() {
            // Of who had a place: it is gone, and somebody looks again.
            if let (DutyState::Rehoused { at: met, .. }, Some(file)) = (duty.state, self.state.file)
                && at > met
            {
                self.open_duty(case, file, &duty.owner, amsterdam_date(at), duty.ground, at);
            }
            self.add(Event::StopgapFound { case, place, happened_at: at });
            return Ok(());
        }
        if place.is_in_the_home() && duty.lost.is_some_and(|(_, lost)| at <= lost) {
            return Err(Rejection::PlaceLost);
        }
        let in_time = match duty.lost {
            Some((_, lost)) => at <= lost,
            None => amsterdam_date(at) <= duty.beat,
        };
        self.meet_rehousing(at);
        self.add(Event::Rehoused { case, place, happened_at: at, in_time });
        Ok(())
    }

    fn unknown(&mut self, last_looked_for: Date) -> Result<(), Rejection> {
        let (case, _) = self.open()?;
        if last_looked_for > self.today() {
            return Err(Rejection::LookedInFuture);
        }
        self.add(Event::DestinationUnknown { case, last_looked_for });
        Ok(())
    }

    fn open_entry(&mut self, case: CaseId, owner: &str, told: &OpenEntry) -> Result<(), Rejection> {
        let OpenEntry { organisation, ground, entered_on, ends_on, told: person_told, interval } = told;
        if *entered_on > self.today() || ends_on.is_some_and(|end| end < *entered_on) {
            return Err(Rejection::EntryDates);
        }
        let flaws = told.flaws();
        let entry = Entry { ground: *ground, entered_on: *entered_on, ends_on: *ends_on, told: *person_told, flaws: flaws.clone() };
        if self.state.entries.get(organisation) == Some(&entry) {
            return Ok(());
        }
        self.end_entry(organisation, case);
        // An entry that should not have been made so is looked at from today, not from when it was made.
        let from = if flaws.is_empty() { *entered_on } else { self.today() };
        self.add(Event::ListReviewOpened {
            case,
            organisation: organisation.clone(),
            ground: *ground,
            entered_on: *entered_on,
            ends_on: *ends_on,
            told: *person_told,
            flaws,
        });
        self.set_review(case, organisation, &entry, *interval, from, owner);
        if let Some(term) = list::last_day(self.entry_term(case, organisation), &entry, owner) {
            self.set(term);
        }
        Ok(())
    }

    fn set_review(&mut self, case: CaseId, organisation: &str, entry: &Entry, interval: Interval, from: Date, owner: &str) {
        if let Some(term) = list::next_review(self.entry_term(case, organisation), entry, interval, from, owner) {
            self.set(term);
        }
    }

    /// The id of the next term of an entry. The terms of an entry are found again by trying: there are few.
    fn entry_term(&self, case: CaseId, organisation: &str) -> uuid::Uuid {
        let ids = (0..).map(|n| entry_term_id(case, organisation, n));
        ids.into_iter().find(|id| self.state.terms.get(*id).is_none()).unwrap_or_default()
    }

    fn entry_terms(&self, case: CaseId, organisation: &str, kind: TermKind) -> Vec<uuid::Uuid> {
        let known = (0..).map(|n| entry_term_id(case, organisation, n)).map_while(|id| self.state.terms.get(id));
        known.filter(|term| term.is_open() && term.term.kind == kind).map(|term| term.term.id).collect()
    }

    fn end_entry(&mut self, organisation: &str, case: CaseId) {
        for kind in [TermKind::ListReview, TermKind::ListEnd] {
            for id in self.entry_terms(case, organisation, kind) {
                let terms = self.state.terms.end(id, EndReason::Superseded);
                self.add_terms(terms);
            }
        }
    }

    fn reviewed(&mut self, organisation: Option<&str>, verdict: Verdict, interval: Interval, owner: &str) -> Result<(), Rejection> {
        let case = self.state.case.ok_or(Rejection::NoEntry)?;
        let found = match organisation {
            Some(organisation) => self.state.entries.get_key_value(organisation),
            None if self.state.entries.len() > 1 => return Err(Rejection::WhichEntry),
            None => self.state.entries.first_key_value(),
        };
        let (organisation, entry) = found.map(|(o, e)| (o.clone(), e.clone())).ok_or(Rejection::NoEntry)?;
        if verdict == Verdict::Keep && !entry.flaws.is_empty() {
            return Err(Rejection::EntryFlawed);
        }
        let Moment { happened_at, now } = self.moment;
        let mut kinds = vec![TermKind::ListReview];
        if verdict == Verdict::Remove {
            kinds.push(TermKind::ListEnd);
        }
        for kind in kinds {
            for id in self.entry_terms(case, &organisation, kind) {
                let terms = self.state.terms.meet(id, happened_at, now);
                self.add_terms(terms);
            }
        }
        self.add(Event::ListReviewed { case, organisation: organisation.clone(), verdict });
        if verdict == Verdict::Keep {
            self.set_review(case, &organisation, &entry, interval, amsterdam_date(happened_at), owner);
        }
        Ok(())
    }
}

fn entry_term_id(case: CaseId, organisation: &str, n: u32) -> uuid::Uuid {
    derived_uuid(case.uuid(), &format!("list/{organisation}/{n}"))
}
