//! Aftercare as the journal sees it.

use aftercare_domain::{Care, Command, Event, Rejection, State};
use journal::{Context, Encoded, Handling, Reacting, SourceEvent, Subject, Unreadable};
use kernel::{Decider, Key, Moment, terms::TermEvent};

use crate::{codec, follow, practice_file::Practice};

/// The context `aftercare`: decides with the domain, stores with the codec, follows by `follow`.
#[derive(Clone, Copy, Debug)]
pub struct Aftercare;

impl Decider for Aftercare {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        Care::decide(state, command, moment)
    }
    fn evolve(state: State, event: &Event) -> State {
        Care::evolve(state, event)
    }
}

impl Context for Aftercare {
    const NAME: &'static str = "aftercare";
    const FOLLOWS: &'static [&'static str] = follow::FOLLOWS;
    type Facts = Practice;

    fn encode(event: &Event) -> Encoded {
        codec::encode(event)
    }
    fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
        codec::decode(name, version, bytes)
    }
    fn concerns(_: Key, state: &State, event: &Event) -> Vec<Subject> {
        let intake = || state.file.map(|file| Subject::new("intake", file)).into_iter().collect();
        match event {
            Event::DutyOpened { .. }
            | Event::HomeLost { .. }
            | Event::Rehoused { .. }
            | Event::DestinationUnknown { .. }
            | Event::DutyMet { .. } => intake(),
            Event::BeatMoved { .. } | Event::DutyAssigned { .. } | Event::StopgapFound { .. } | Event::TermChanged(_) => Vec::new(),
            // An entry on a signalling list concerns nobody else, ever.
            Event::ListReviewOpened { .. } | Event::ListReviewed { .. } => Vec::new(),
        }
    }
    fn handling(context: &str, name: &str, version: u32) -> Handling {
        follow::handling(context, name, version)
    }
    fn react(_: &Practice, _: &State, event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
        follow::react(event, reacting)
    }
    fn term_of(event: &Event) -> Option<&TermEvent> {
        match event {
            Event::TermChanged(term) => Some(term),
            _ => None,
        }
    }
    fn tick() -> Option<Command> {
        Some(Command::Tick)
    }
}
