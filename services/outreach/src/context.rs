//! Outreach as the journal sees it.

use journal::{Context, Encoded, Handling, Reacting, SourceEvent, Subject, Unreadable};
use kernel::{Decider, Key, Moment, terms::TermEvent};
use outreach_domain as domain;

use crate::{codec, follow};

/// The context `outreach`: decides with the domain, stores with the codec, follows by `follow`.
#[derive(Clone, Copy, Debug)]
pub struct Outreach;

impl Decider for Outreach {
    type State = domain::State;
    type Command = domain::Command;
    type Event = domain::Event;
    type Rejection = domain::Rejection;

    fn decide(state: &Self::State, command: &Self::Command, moment: Moment) -> Result<Vec<Self::Event>, Self::Rejection> {
        domain::Outreach::decide(state, command, moment)
    }
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State {
        domain::Outreach::evolve(state, event)
    }
}

impl Context for Outreach {
    const NAME: &'static str = "outreach";
    const FOLLOWS: &'static [&'static str] = follow::FOLLOWS;
    type Facts = ();

    fn encode(event: &Self::Event) -> Encoded {
        codec::encode(event)
    }
    fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Self::Event, Unreadable> {
        codec::decode(name, version, bytes)
    }
    fn concerns(key: Key, state: &Self::State, event: &Self::Event) -> Vec<Subject> {
        use domain::Event as E;
        let intake = || state.file_key.map(|file| Subject::new("intake", file));
        let case = |context| Some(Subject::new(context, key));
        let concerned = match event {
            E::HelpAccepted { .. } => [intake(), case("court-liaison")],
            E::HelpRefused { .. } | E::HelpResolved { .. } => [intake(), None],
            E::OfferMade { .. } => [None, case("court-liaison")],
            E::CircumstanceLearned { .. } => [case("routing"), None],
            // Tried for the last time: intake hears that the help track is over; else routing finds the next team.
            E::PlanExhausted { .. } => [case("routing"), intake().filter(|_| event.is_last_exhaustion())],
            E::PlanMade(_)
            | E::HelpAsked { .. }
            | E::SignalJoined { .. }
            | E::AttemptRecorded { .. }
            | E::AttemptSupplemented { .. }
            | E::FirstTalkHeld { .. }
            | E::PlanEnded { .. }
            | E::CaseSettled { .. }
            | E::SignalDropped { .. }
            | E::HoldChanged { .. }
            | E::RestrictionChanged { .. }
            | E::RestrictionBroken { .. }
            | E::TermChanged(_) => [None, None],
        };
        concerned.into_iter().flatten().collect()
    }
    fn handling(context: &str, name: &str, version: u32) -> Handling {
        follow::handling(context, name, version)
    }
    fn react(
        (): &Self::Facts,
        _: &Self::State,
        event: SourceEvent<'_>,
        reacting: &Reacting<'_>,
    ) -> Result<Option<Self::Command>, Unreadable> {
        follow::react(event, reacting)
    }
    fn term_of(event: &Self::Event) -> Option<&TermEvent> {
        match event {
            domain::Event::TermChanged(term) => Some(term),
            _ => None,
        }
    }
    fn tick() -> Option<Self::Command> {
        Some(domain::Command::Tick)
    }
}
