//! Outreach's read model: the work list, nearest due first.

use journal::{Commit, Rows, TakenInOutcome, View};
use kernel::{Gemeentecode, Key, terms::TermKind};
use outreach_domain::Event;
use prost::Message;
use proto::{common::v1::Date, outreach::v1 as pb};

use crate::{codec::attempt_out, context::Outreach};

/// By case key: what the work item is made of.
const CASES: u8 = 0;
/// By date, then case key: the work item.
const BY_DATE: u8 = 1;
/// By municipality, date, then case key: the work item.
const BY_GEMEENTE: u8 = 2;
/// Sorts after every date.
const NO_DATE: &str = "9999-12-31";

/// What is remembered of a case to make its work item.
#[derive(Clone, PartialEq, Message)]
struct Case {
    #[prost(string, tag = "1")]
    track: String,
    #[prost(string, tag = "2")]
    team: String,
    #[prost(bool, tag = "3")]
    open: bool,
    #[prost(message, repeated, tag = "4")]
    attempts: Vec<pb::DueAttempt>,
    #[prost(uint32, tag = "5")]
    made: u32,
    #[prost(bool, tag = "6")]
    reached: bool,
    #[prost(bool, tag = "7")]
    help: bool,
    #[prost(message, repeated, tag = "8")]
    terms: Vec<OpenTerm>,
    /// Source commits that wait for a person.
    #[prost(uint32, tag = "9")]
    parked: u32,
    /// Where the item stands in the lists; empty when there is none.
    #[prost(string, tag = "10")]
    listed_on: String,
    /// Requests because of which no attempts are made.
    #[prost(uint32, tag = "120")]
    held: u32,
    /// Who is not to be contacted how.
    #[prost(message, repeated, tag = "121")]
    restrictions: Vec<Kept>,
    /// How often contact went against that.
    #[prost(uint32, tag = "122")]
    broken: u32,
}
#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(message, optional, tag = "1")]
    told: Option<pb::Forbidden>,
    #[prost(string, repeated, tag = "2")]
    channels: Vec<String>,
}
#[derive(Clone, PartialEq, Message)]
struct OpenTerm {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(string, tag = "2")]
    kind: String,
    #[prost(string, tag = "3")]
    due: String,
    #[prost(string, tag = "4")]
    owner: String,
}

/// The work list.
#[derive(Clone, Copy, Debug)]
pub struct WorkView;

impl View for WorkView {
    type Context = Outreach;
    fn apply(&self, rows: &mut Rows<'_>, key: Key, commit: &Commit, events: &[Event]) {
        let row = key.to_string();
        let mut case = rows.get(CASES, row.as_bytes()).and_then(|bytes| Case::decode(bytes.as_slice()).ok()).unwrap_or_default();
        if !case.listed_on.is_empty() {
            rows.remove(BY_DATE, &by_date(&case.listed_on, &row));
            rows.remove(BY_GEMEENTE, &by_gemeente(key.gemeente, &case.listed_on, &row));
        }
        for taken in &commit.envelope.taken_in {
            match taken.outcome {
                TakenInOutcome::Parked(_) => case.parked = case.parked.saturating_add(1),
                TakenInOutcome::Unparked => case.parked = case.parked.saturating_sub(1),
                TakenInOutcome::Acted | TakenInOutcome::Noted(_) | TakenInOutcome::Reconciled => {}
            }
        }
        for event in events {
            case.apply(event);
        }
        case.listed_on.clear();
        if let Some((on, item)) = case.item(key) {
            let item = item.encode_to_vec();
            rows.put(BY_DATE, &by_date(&on, &row), item.clone());
            rows.put(BY_GEMEENTE, &by_gemeente(key.gemeente, &on, &row), item);
            case.listed_on = on;
        }
        rows.put(CASES, row.as_bytes(), case.encode_to_vec());
    }
}

fn by_date(on: &str, row: &str) -> Vec<u8> {
    format!("{on} {row}").into_bytes()
}
fn by_gemeente(gemeente: Gemeentecode, on: &str, row: &str) -> Vec<u8> {
    format!("{gemeente} {on} {row}").into_bytes()
}

impl Case {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::PlanMade(made) => {
                self.track = made.track.clone();
                self.team = made.team.clone();
                self.attempts = made.attempts.iter().map(attempt_out).collect();
                (self.open, self.made, self.reached) = (true, 0, false);
            }
            Event::AttemptRecorded { number, reached, .. } => {
                self.made = *number;
                self.reached |= reached;
            }
            Event::HelpAccepted { .. } => self.help = true,
            Event::HelpRefused { .. } | Event::HelpResolved { .. } | Event::CaseSettled { .. } => self.help = false,
            Event::PlanExhausted { .. } | Event::PlanEnded { .. } => self.open = false,
            Event::HoldChanged { held: true, .. } => self.held = self.held.saturating_add(1),
            Event::HoldChanged { held: false, .. } => self.held = self.held.saturating_sub(1),
            Event::RestrictionChanged { restriction, person, kind, channels, holds, .. } => {
                let told = pb::Forbidden { person_id: person.to_string(), kind: kind.clone(), restriction_id: restriction.to_string() };
                self.restrictions.retain(|kept| kept.told.as_ref() != Some(&told));
                if *holds {
                    self.restrictions.push(Kept { told: Some(told), channels: channels.clone() });
                }
            }
            Event::RestrictionBroken { .. } => self.broken = self.broken.saturating_add(1),
            Event::TermChanged(term) => self.term(term),
            Event::HelpAsked { .. }
            | Event::SignalJoined { .. }
            | Event::OfferMade { .. }
            | Event::FirstTalkHeld { .. }
            | Event::CircumstanceLearned { .. }
            | Event::AttemptSupplemented { .. }
            | Event::SignalDropped { .. } => {}
        }
    }

    fn term(&mut self, event: &kernel::terms::TermEvent) {
        use kernel::terms::TermEvent as T;
        match event {
            T::Set(term) => self.terms.push(OpenTerm {
                id: term.id.as_bytes().to_vec(),
                kind: term.kind.code().to_owned(),
                due: term.due.to_string(),
                owner: term.owner.clone(),
            }),
            T::Met { id, .. } | T::FoundMet { id, .. } | T::Ended { id, .. } => self.terms.retain(|term| term.id != id.as_bytes()),
            // A pause that is over asks for nothing; what else has passed still has to be done.
            T::Expired { id, .. } | T::LateWhenKnown { id, .. } => {
                self.terms.retain(|term| term.id != id.as_bytes() || term.kind != TermKind::Pause.code());
            }
            T::Warned { .. } => {}
        }
    }

    /// The day it is listed on, and the item; none when there is nothing to do.
    fn item(&self, key: Key) -> Option<(String, pb::WorkItem)> {
        if !self.open && self.terms.is_empty() && self.parked == 0 {
            return None;
        }
        let wanted = self.open && !self.reached && !self.help && self.held == 0;
        let attempt = self.attempts.iter().find(|attempt| wanted && attempt.number > self.made);
        let attempt_by = attempt.and_then(|attempt| attempt.by.clone());
        let term = self.terms.iter().min_by(|a, b| a.due.cmp(&b.due));
        let dates = attempt_by.iter().map(|date| date.iso.clone()).chain(term.map(|term| term.due.clone()));
        let state = match self {
            Self { parked: 1.., .. } => "parked",
            Self { held: 1.., .. } => "held",
            Self { help: true, .. } => "help-accepted",
            Self { open: false, .. } => "no-plan",
            Self { reached: true, .. } => "in-contact",
            _ => "planned",
        };
        let next = attempt.map(|attempt| attempt.channel.as_str());
        let forbidden = self.restrictions.iter().filter(|kept| kept.channels.iter().any(|channel| Some(channel.as_str()) == next));
        let on = dates.min().unwrap_or_else(|| NO_DATE.to_owned());
        let owner = term.map(|term| term.owner.clone()).unwrap_or_default();
        let item = pb::WorkItem {
            case_id: key.case().to_string(),
            gemeentecode: key.gemeente.to_string(),
            team: if self.team.is_empty() { owner } else { self.team.clone() },
            track: self.track.clone(),
            channel: attempt.map(|attempt| attempt.channel.clone()).unwrap_or_default(),
            attempt_by,
            term: term.map(|term| term.kind.clone()).unwrap_or_default(),
            term_due: term.map(|term| Date { iso: term.due.clone() }),
            state: state.to_owned(),
            attempts: self.made,
            forbidden: forbidden.filter_map(|kept| kept.told.clone()).collect(),
            broken: self.broken,
        };
        Some((on, item))
    }
}

/// Which part of the work list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of this municipality; `None` is every one.
    pub gemeente: Option<Gemeentecode>,
    /// Of this team; empty is every one.
    pub team: String,
}

/// A page of the work list, nearest due first: row keys with items that are wanted and that the reader may see.
pub fn work(
    views: &journal::Views<WorkView>,
    wanted: &Wanted,
    may_see: impl Fn(Gemeentecode) -> bool,
    mut after: Option<Vec<u8>>,
    size: usize,
) -> (Vec<pb::WorkItem>, String) {
    const CHUNK: usize = 500;
    let (table, prefix) = wanted.gemeente.map_or((BY_DATE, String::new()), |code| (BY_GEMEENTE, format!("{code} ")));
    let mut items = Vec::new();
    loop {
        let rows = views.scan(table, prefix.as_bytes(), after.as_deref(), CHUNK);
        let more = rows.len() == CHUNK;
        for (row, bytes) in rows {
            after = Some(row);
            let Ok(item) = pb::WorkItem::decode(bytes.as_slice()) else { continue };
            let seen = item.gemeentecode.parse().is_ok_and(&may_see);
            if seen && (wanted.team.is_empty() || wanted.team == item.team) {
                items.push(item);
            }
            if items.len() == size {
                return (items, after.map(hex::encode).unwrap_or_default());
            }
        }
        if !more {
            return (items, String::new());
        }
    }
}
