//! Routing as the journal sees it.

use std::sync::Arc;

use journal::{Context, Encoded, Handling, Reacting, SourceEvent, Subject, Unreadable};
use kernel::{Decider, Key, Moment, terms::TermEvent};
use routing_domain as domain;

use crate::{codec, follow};

/// The context `routing`: decides with the domain, stores with the codec, follows by `follow`.
#[derive(Clone, Copy, Debug)]
pub struct Routing;

impl Decider for Routing {
    type State = domain::State;
    type Command = domain::Command;
    type Event = domain::Event;
    type Rejection = domain::Rejection;

    fn decide(state: &Self::State, command: &Self::Command, moment: Moment) -> Result<Vec<Self::Event>, Self::Rejection> {
        domain::Routing::decide(state, command, moment)
    }
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State {
        domain::Routing::evolve(state, event)
    }
}

impl Context for Routing {
    const NAME: &'static str = "routing";
    const FOLLOWS: &'static [&'static str] = follow::FOLLOWS;
    type Facts = domain::Policies;

    fn rests_on(key: Key) -> Option<Key> {
        Some(domain::policies_key(key.gemeente))
    }
    fn facts_with(facts: &Arc<Self::Facts>, state: &Self::State, position: u64) -> Arc<Self::Facts> {
        Arc::new(facts.with(state.versions.clone(), position))
    }
    fn claim(facts: &Self::Facts, key: Key, events: &[Self::Event]) -> Option<(Key, Self::Command)> {
        facts.claim(events).map(|(week, command)| (week.key(key.gemeente), command))
    }
    fn facts_with_claim(facts: &Arc<Self::Facts>, state: &Self::State) -> Arc<Self::Facts> {
        Arc::new(facts.with_places(state.places.clone()))
    }
    fn encode(event: &Self::Event) -> Encoded {
        codec::encode(event)
    }
    fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Self::Event, Unreadable> {
        codec::decode(name, version, bytes)
    }
    fn concerns(key: Key, _: &Self::State, event: &Self::Event) -> Vec<Subject> {
        match event {
            domain::Event::CaseRouted(_) | domain::Event::RouteEnded { .. } => vec![Subject::new("outreach", key)],
            domain::Event::CircumstanceKept { .. }
            | domain::Event::PlaceTaken { .. }
            | domain::Event::PolicyProposed(_)
            | domain::Event::PolicyActivated(_) => Vec::new(),
        }
    }
    fn of_a_case(event: &Self::Event) -> bool {
        match event {
            domain::Event::CaseRouted(_) | domain::Event::RouteEnded { .. } | domain::Event::CircumstanceKept { .. } => true,
            domain::Event::PlaceTaken { .. } | domain::Event::PolicyProposed(_) | domain::Event::PolicyActivated(_) => false,
        }
    }
    fn handling(context: &str, name: &str, version: u32) -> Handling {
        follow::handling(context, name, version)
    }
    fn react(
        facts: &Self::Facts,
        _: &Self::State,
        event: SourceEvent<'_>,
        reacting: &Reacting<'_>,
    ) -> Result<Option<Self::Command>, Unreadable> {
        follow::react(facts, event, reacting)
    }
    fn term_of(_: &Self::Event) -> Option<&TermEvent> {
        None
    }
    fn tick() -> Option<Self::Command> {
        None
    }
}
