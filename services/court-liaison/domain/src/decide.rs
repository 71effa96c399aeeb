//! What follows from a fact, a reaction or a wish of ours.

use std::sync::Arc;

use jiff::Timestamp;
use kernel::{CaseId, Key, Moment, Reason, SignalId};
use uuid::Uuid;

use crate::{
    clocks,
    courts::Courts,
    event::{Event, Help},
    fact::{Fact, JudgmentKind},
    outcome::{Finished, course, standing},
    state::{Recorded, State},
    violations::check,
};

/// A fact of somebody else, and where it belongs.
#[derive(Clone, Debug)]
pub struct RecordFact {
    /// The case.
    pub case: CaseId,
    /// Intake's address file, when told; a known one goes first.
    pub file: Option<Key>,
    /// Vault record of the address.
    pub vault: Option<Uuid>,
    /// The caller had the case from intake.
    pub known_at_intake: bool,
    /// What happened.
    pub fact: Fact,
    /// The notice of a bailiff that told it (art. 14 Gdw).
    pub notice: Option<Uuid>,
    /// The courts' rules of today.
    pub courts: Arc<Courts>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Take in a fact; never refused for its order.
    RecordFact(RecordFact),
    /// Ours: ask the court for protective administration.
    AskAdministration {
        /// Actor id of who asks.
        asked_by: String,
        /// Staff id of who agrees.
        second_officer: String,
    },
    /// Ours: end the pause.
    ResumeTrack,
    /// A landlord's report was accepted by intake.
    NoteReport {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: SignalId,
        /// When it was received.
        received_at: Timestamp,
        /// Intake's address file.
        file: Key,
        /// The courts' rules of today.
        courts: Arc<Courts>,
    },
    /// Something happened in the help track.
    NoteHelp {
        /// The case.
        case: CaseId,
        /// What.
        what: Help,
        /// When.
        at: Timestamp,
        /// The courts' rules of today.
        courts: Arc<Courts>,
    },
    /// Intake closed the case.
    EndCase {
        /// Intake's outcome code.
        outcome: String,
    },
    /// Look at the clocks.
    Tick,
}

/// Why not. Facts of others are refused only when nobody can tell whose they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The address file of the case is not known here.
    #[error("the address file of this case is not known yet: send file_key, as FindCase or KeepAddress of intake tell it")]
    FileUnknown,
    /// Nothing of a legal track is known.
    #[error("no legal track of this case is known: record its facts first")]
    NoTrack,
    /// The track is over.
    #[error("the legal track of this case is over")]
    TrackOver,
    /// Not paused.
    #[error("the legal track is not paused")]
    NotPaused,
    /// Asked before, and the court has not decided.
    #[error("administration was asked already and the court has not decided")]
    AlreadyAsked,
    /// Ordered already, while an announced eviction stands.
    #[error("the court ordered administration already; the track waits for what becomes of the announced eviction")]
    AlreadyOrdered,
    /// No judgment and no announced eviction.
    #[error("administration is a last resort: it needs a judgment that allows eviction, or an announced eviction")]
    NoThreat,
    /// Step 4 is missing.
    #[error("administration is a last resort: no offer of help to the household is known (step 4)")]
    HelpNotOffered,
    /// Step 9 is missing.
    #[error("administration is a last resort: no last voluntary offer is known (step 9)")]
    NoLastOffer,
    /// Nobody else agrees.
    #[error("a second officer is needed, and not the one who asks")]
    SecondOfficerNeeded,
}

impl Reason for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::FileUnknown => "file-unknown",
            Self::NoTrack => "no-track",
            Self::TrackOver => "track-over",
            Self::NotPaused => "not-paused",
            Self::AlreadyAsked => "administration-already-asked",
            Self::AlreadyOrdered => "administration-already-ordered",
            Self::NoThreat => "no-eviction-threat",
            Self::HelpNotOffered => "help-not-offered",
            Self::NoLastOffer => "no-last-offer",
            Self::SecondOfficerNeeded => "second-officer-needed",
        }
    }
}

pub(crate) fn decide(state: &State, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
    let draft = Draft { state: state.clone(), events: Vec::new(), moment };
    match command {
        Command::RecordFact(command) => draft.record(command),
        Command::AskAdministration { asked_by, second_officer } => draft.ask_administration(asked_by, second_officer),
        Command::ResumeTrack => draft.resume(),
        Command::NoteReport { case, signal, received_at, file, courts } => {
            Ok(draft.note(Event::ReportKnown { case: *case, signal: *signal, received_at: *received_at, file: *file }, *case, courts))
        }
        Command::NoteHelp { what: Help::Offered, .. } if state.offered.is_some() => Ok(Vec::new()),
        Command::NoteHelp { case, what, at, courts } => Ok(draft.help(*case, *what, *at, courts)),
        Command::EndCase { outcome } => Ok(draft.end_case(outcome)),
        Command::Tick => Ok(state.terms.due(moment.now).into_iter().map(Event::TermChanged).collect()),
    }
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

    fn add_terms(&mut self, terms: Vec<kernel::terms::TermEvent>) {
        for term in terms {
            self.add(Event::TermChanged(term));
        }
    }

    fn record(mut self, command: &RecordFact) -> Result<Vec<Event>, Rejection> {
        let (case, at) = (command.case, self.moment.happened_at);
        let file = self.state.file.or(command.file).ok_or(Rejection::FileUnknown)?;
        let new = Recorded { fact: command.fact.clone(), at };
        let stands = standing(self.state.facts.iter().chain([&new]));
        let step = command.fact.step().unwrap_or_else(|| self.reached());

        // Another instant alone is the same end, told again.
        let end = |finished: Option<Finished>| finished.map(|end| (end.outcome, end.step));
        let changed = self.state.finished.is_some() && end(stands) != end(self.state.finished);
        let after_closing = self.state.closed && stands.is_none();
        if self.state.episode == 0 || changed || after_closing {
            let known_at_intake = command.known_at_intake || self.state.episode > 0 || !self.state.reports.is_empty();
            let episode = self.state.episode.saturating_add(1);
            self.add(Event::TrackOpened { case, file, vault: command.vault, known_at_intake, entry_step: step, episode, happened_at: at });
        }
        self.add(Event::FactRecorded { case, fact: command.fact.clone(), step, happened_at: at, file, notice: command.notice });
        self.review(case, &command.courts);
        let terms = clocks::of_fact(&self.state, case, &command.fact, self.moment, stands);
        self.add_terms(terms);
        match stands {
            Some(end) if self.state.finished.is_none() => self.finish(case, file, end),
            // Intake takes a notice for a track that runs: it is told again that this one is over.
            Some(end) if command.notice.is_some() => self.add(Event::TrackFinished { case, end, file }),
            _ => {}
        }
        Ok(self.events)
    }

    /// The furthest step so far, for a fact that has none of its own.
    fn reached(&self) -> u8 {
        self.state.facts.iter().filter_map(|r| r.fact.step()).max().unwrap_or(5)
    }

    fn finish(&mut self, case: CaseId, file: Key, end: Finished) {
        let terms = clocks::at_end(&self.state, end);
        self.add_terms(terms);
        self.add(Event::TrackFinished { case, end, file });
    }

    /// What is out of order now and was not, and what was and is not.
    fn review(&mut self, case: CaseId, courts: &Courts) {
        let found = check(&self.state, courts);
        let lifted: Vec<_> = self.state.violations.iter().filter(|known| !found.contains_key(known)).copied().collect();
        for (code, about) in lifted {
            self.add(Event::ViolationLifted { case, code, about });
        }
        for (identity, violation) in found {
            if !self.state.violations.contains(&identity) {
                self.add(Event::ViolationFound { case, violation });
            }
        }
    }

    fn note(mut self, event: Event, case: CaseId, courts: &Courts) -> Vec<Event> {
        self.add(event);
        self.review(case, courts);
        self.events
    }

    fn help(mut self, case: CaseId, what: Help, at: Timestamp, courts: &Courts) -> Vec<Event> {
        self.add(Event::HelpNoted { case, what, happened_at: at });
        if what == Help::Accepted && self.state.runs() && !self.state.paused() {
            let term = clocks::pause(case, at);
            if self.moment.now < term.due_moment() {
                self.add(Event::TrackPaused { case, until: term.due, happened_at: at });
                let terms = self.state.terms.set(term, self.moment.now);
                self.add_terms(terms);
            }
        }
        self.review(case, courts);
        self.events
    }

    fn end_case(mut self, outcome: &str) -> Vec<Event> {
        let (Some(case), false) = (self.state.case, self.state.closed) else { return Vec::new() };
        let terms = clocks::at_closing(&self.state);
        if self.state.episode == 0 && terms.is_empty() {
            return Vec::new();
        }
        self.add_terms(terms);
        self.add(Event::CaseEnded { case, outcome: outcome.to_owned() });
        self.events
    }

    fn running(&self) -> Result<CaseId, Rejection> {
        match self.state.case {
            Some(case) if self.state.runs() => Ok(case),
            Some(_) if self.state.episode > 0 => Err(Rejection::TrackOver),
            _ => Err(Rejection::NoTrack),
        }
    }

    fn resume(mut self) -> Result<Vec<Event>, Rejection> {
        let case = self.running()?;
        if !self.state.paused() {
            return Err(Rejection::NotPaused);
        }
        let Moment { happened_at, now } = self.moment;
        let pauses: Vec<_> = self.state.terms.open().filter(|t| t.term.kind == kernel::terms::TermKind::Pause).map(|t| t.term.id).collect();
        for pause in pauses {
            let terms = self.state.terms.meet(pause, happened_at, now);
            self.add_terms(terms);
        }
        self.add(Event::TrackResumed { case, happened_at });
        Ok(self.events)
    }

    /// BW 1:432 lid 2 lets the college ask; the chart lets it do so only when steps 4 to 9 are exhausted and somebody
    /// else agrees.
    fn ask_administration(mut self, asked_by: &str, second_officer: &str) -> Result<Vec<Event>, Rejection> {
        let case = self.running()?;
        let second_officer = second_officer.trim();
        if second_officer.is_empty() || second_officer == asked_by {
            return Err(Rejection::SecondOfficerNeeded);
        }
        if self.state.administration_asked {
            return Err(Rejection::AlreadyAsked);
        }
        if course(&self.state.facts).administration {
            return Err(Rejection::AlreadyOrdered);
        }
        let title = self.state.judgment().is_some_and(|(judgment, _)| JudgmentKind::is_title(judgment.kind));
        let announced = self.state.facts.iter().any(|r| matches!(r.fact, Fact::EvictionAnnounced { .. }));
        if !title && !announced {
            return Err(Rejection::NoThreat);
        }
        if self.state.offered.is_none() && self.state.accepted.is_empty() {
            return Err(Rejection::HelpNotOffered);
        }
        if !self.state.facts.iter().any(|r| matches!(r.fact, Fact::LastOffer { .. })) {
            return Err(Rejection::NoLastOffer);
        }
        self.add(Event::AdministrationAsked { case, second_officer: second_officer.to_owned(), happened_at: self.moment.happened_at });
        Ok(self.events)
    }
}
