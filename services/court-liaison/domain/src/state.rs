//! What a decision remembers of a case's legal track.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Key,
    days::amsterdam_date,
    terms::{EndReason, TermBook, TermKind, TermState, TermStatus},
};
use uuid::Uuid;

use crate::{
    event::{Event, Help},
    fact::{Fact, Judgment},
    outcome::Finished,
    violations::Code,
};

/// A fact and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What.
    pub fact: Fact,
    /// When.
    pub at: Timestamp,
}

/// A pause of the creditor (*incassopauze*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it began.
    pub from: Timestamp,
    /// Its last day.
    pub until: Date,
    /// When it was ended.
    pub ended: Option<Timestamp>,
}

/// The objection (*verzet*) to the default judgment that stands, Rv art. 143.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// No start of its term is certain: not served in person, no eviction known. It has no last day yet.
    Open,
    /// Its last day.
    Until(Date),
}

/// The legal track of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The case, once anything is known.
    pub case: Option<CaseId>,
    /// Intake's address file.
    pub file: Option<Key>,
    /// Vault record of the address.
    pub vault: Option<Uuid>,
    /// How often the region was entered; 0: never.
    pub episode: u32,
    /// Every fact, in the order of recording.
    pub facts: Vec<Recorded>,
    /// When intake received the landlord's reports.
    pub reports: Vec<Timestamp>,
    /// When help was offered.
    pub offered: Option<Timestamp>,
    /// When help was accepted.
    pub accepted: Vec<Timestamp>,
    /// Pauses of the creditor, oldest first.
    pub pauses: Vec<Pause>,
    /// We asked for administration and the court has not decided.
    pub administration_asked: bool,
    /// The region is over.
    pub finished: Option<Finished>,
    /// Intake closed the case.
    pub closed: bool,
    /// What is out of order: code, and happened-at of the fact it is about.
    pub violations: BTreeSet<(Code, Timestamp)>,
    /// The clocks.
    pub terms: TermBook,
}

impl State {
    /// The region is entered and not over.
    pub const fn runs(&self) -> bool {
        self.episode > 0 && self.finished.is_none() && !self.closed
    }

    /// The creditor waits until we resume.
    pub fn paused(&self) -> bool {
        self.runs() && self.pauses.last().is_some_and(|pause| pause.ended.is_none())
    }

    /// An eviction was announced, or the home is lost: aftercare follows.
    pub fn home_threatened(&self) -> bool {
        self.facts.iter().any(|r| matches!(r.fact, Fact::EvictionAnnounced { .. } | Fact::EvictionCarriedOut | Fact::HomeLeft(_)))
    }

    /// The newest judgment, by when it happened.
    pub fn judgment(&self) -> Option<(Judgment, Timestamp)> {
        self.newest(|fact| if let Fact::Judgment(judgment) = fact { Some(*judgment) } else { None })
    }

    /// The objection to the newest judgment, when that convicted by default and the end of the track left its remedies.
    pub fn objection(&self) -> Option<Objection> {
        let left = self.finished.is_none_or(|end| end.outcome.leaves_remedies());
        let (_, judged) = self.judgment().filter(|(judgment, _)| left && judgment.convicts_by_default())?;
        Some(self.objection_term(judged).map_or(Objection::Open, |known| Objection::Until(known.term.due)))
    }

    /// The objection term of the newest judgment; not one of a judgment that was replaced.
    pub(crate) fn objection_term(&self, judged: Timestamp) -> Option<&TermState> {
        let superseded = TermStatus::Ended { reason: EndReason::Superseded };
        let of_this = |known: &&TermState| known.status != superseded && known.term.starts_on >= amsterdam_date(judged);
        self.terms.of_kind(TermKind::Objection).find(of_this)
    }

    /// The newest fact of a kind, by when it happened.
    pub(crate) fn newest<T>(&self, pick: impl Fn(&Fact) -> Option<T>) -> Option<(T, Timestamp)> {
        self.facts.iter().filter_map(|r| Some((pick(&r.fact)?, r.at))).max_by_key(|(_, at)| *at)
    }

    /// The state after an event. Copies, never computes.
    #[must_use]
    pub fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::TrackOpened { case, file, vault, episode, happened_at, .. } => {
                (self.case, self.file, self.episode) = (Some(*case), Some(*file), *episode);
                self.vault = vault.or(self.vault);
                (self.finished, self.closed, self.administration_asked) = (None, false, false);
                self.end_pause(*happened_at);
            }
            Event::FactRecorded { fact, happened_at, .. } => {
                if matches!(fact, Fact::AdministrationOrdered { .. }) {
                    self.administration_asked = false;
                }
                self.facts.push(Recorded { fact: fact.clone(), at: *happened_at });
            }
            Event::ViolationFound { violation, .. } => {
                self.violations.insert((violation.code, violation.about));
            }
            Event::ViolationLifted { code, about, .. } => {
                self.violations.remove(&(*code, *about));
            }
            Event::TrackPaused { until, happened_at, .. } => {
                self.pauses.push(Pause { from: *happened_at, until: *until, ended: None });
            }
            Event::TrackResumed { happened_at, .. } => self.end_pause(*happened_at),
            Event::AdministrationAsked { .. } => self.administration_asked = true,
            Event::TrackFinished { end, .. } => {
                self.finished = Some(*end);
                self.end_pause(end.at);
            }
            Event::ReportKnown { case, received_at, file, .. } => {
                self.case = Some(*case);
                self.file = self.file.or(Some(*file));
                self.reports.push(*received_at);
            }
            Event::HelpNoted { case, what, happened_at } => {
                self.case = Some(*case);
                match what {
                    Help::Offered => self.offered = self.offered.or(Some(*happened_at)),
                    Help::Accepted => self.accepted.push(*happened_at),
                }
            }
            Event::CaseEnded { .. } => self.closed = true,
            Event::TermChanged(term) => self.terms = self.terms.evolve(term),
        }
        self
    }

    fn end_pause(&mut self, at: Timestamp) {
        if let Some(pause) = self.pauses.last_mut() {
            pause.ended = pause.ended.or(Some(at));
        }
    }
}
