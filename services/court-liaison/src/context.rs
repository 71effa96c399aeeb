//! Court liaison as the journal sees it.

use std::sync::Arc;

use court_liaison_domain::{Command, Courts, Event, Fact, Rejection, State, Track};
use journal::{Context, Encoded, Handling, Reacting, SourceEvent, Subject, Unreadable};
use kernel::{Decider, Key, Moment, terms::TermEvent};

use crate::{codec, follow};

/// The context `court-liaison`: decides with the domain, stores with the codec, follows by `follow`.
#[derive(Clone, Copy, Debug)]
pub struct CourtLiaison;

impl Decider for CourtLiaison {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        Track::decide(state, command, moment)
    }
    fn evolve(state: State, event: &Event) -> State {
        Track::evolve(state, event)
    }
}

impl Context for CourtLiaison {
    const NAME: &'static str = "court-liaison";
    const FOLLOWS: &'static [&'static str] = follow::FOLLOWS;
    type Facts = Arc<Courts>;

    fn encode(event: &Event) -> Encoded {
        codec::encode(event)
    }
    fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
        codec::decode(name, version, bytes)
    }
    fn concerns(key: Key, state: &State, event: &Event) -> Vec<Subject> {
        let case_in = |contexts: &[&str]| contexts.iter().map(|context| Subject::new(context, key)).collect();
        match event {
            Event::TrackOpened { file, .. } => vec![Subject::new("intake", *file)],
            Event::FactRecorded { fact, .. } => match fact {
                Fact::EvictionAnnounced { .. } => case_in(&["outreach", "routing", "aftercare"]),
                // A policy may choose to answer a writ.
                Fact::SummonsServed { .. } => case_in(&["routing"]),
                Fact::EvictionCarriedOut | Fact::EvictionAverted | Fact::HomeLeft(_) => case_in(&["aftercare"]),
                Fact::SummonsAnnounced
                | Fact::HearingListed { .. }
                | Fact::HearingHeld { .. }
                | Fact::Judgment(_)
                | Fact::MoratoriumRequested
                | Fact::MoratoriumDecided { .. }
                | Fact::LastOffer { .. }
                | Fact::AdministrationOrdered { .. }
                | Fact::TrackEnded(_) => Vec::new(),
            },
            Event::TrackFinished { file, .. } => {
                let mut concerned = vec![Subject::new("intake", *file)];
                // Without a threat to the home there is no duty that could end.
                if state.home_threatened() {
                    concerned.push(Subject::new("aftercare", key));
                }
                concerned
            }
            // For everybody's eyes, and nobody's reaction.
            Event::TrackPaused { .. } | Event::TrackResumed { .. } | Event::AdministrationAsked { .. } => Vec::new(),
            Event::ViolationFound { .. }
            | Event::ViolationLifted { .. }
            | Event::ReportKnown { .. }
            | Event::HelpNoted { .. }
            | Event::CaseEnded { .. }
            | Event::TermChanged(_) => Vec::new(),
        }
    }
    fn handling(context: &str, name: &str, version: u32) -> Handling {
        follow::handling(context, name, version)
    }
    fn react(courts: &Arc<Courts>, _: &State, event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
        follow::react(courts, event, reacting)
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
