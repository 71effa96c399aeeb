//! Two source contexts and one target context, as small as they can be and still have states, no-ops and refusals.

use std::cell::Cell;

use journal::{Commit, Context, Encoded, Handling, Reacting, SourceEvent, Subject, Unreadable};
use kernel::{Decider, Key, Moment, Reason, terms::TermEvent};
use uuid::Uuid;

thread_local! {
    /// Set while a task of a replica of the release before is polled.
    pub static OLD_RELEASE: Cell<bool> = const { Cell::new(false) };
    /// Set while handlers have a bug.
    pub static BUG: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused")]
pub struct Refused;
impl Reason for Refused {
    fn code(&self) -> &'static str {
        "refused"
    }
}

pub fn key(id: u8) -> Key {
    Key::new("9001".parse().unwrap(), Uuid::from_u128(u128::from(id) + 1))
}

/// What a source commit asks of its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Ignored,
    Open,
    Close,
    /// Known to the new release only.
    New,
    /// Cannot be decoded.
    Poison,
}

/// A source context: `alpha` or `beta`.
pub struct Source<const N: usize>;
#[derive(Clone, Debug)]
pub struct Emitted {
    pub ask: Ask,
    pub targets: Vec<u8>,
}
impl<const N: usize> Decider for Source<N> {
    type State = u32;
    type Command = Emitted;
    type Event = Emitted;
    type Rejection = Refused;
    fn decide(_: &u32, command: &Emitted, _: Moment) -> Result<Vec<Emitted>, Refused> {
        Ok(vec![command.clone()])
    }
    fn evolve(state: u32, _: &Emitted) -> u32 {
        state + 1
    }
}
impl<const N: usize> Context for Source<N> {
    const NAME: &'static str = if N == 0 { "alpha" } else { "beta" };
    const FOLLOWS: &'static [&'static str] = &[];
    type Facts = ();
    fn encode(event: &Emitted) -> Encoded {
        let (name, code) = match event.ask {
            Ask::Ignored => ("Ignored", 0),
            Ask::Open => ("Opens", 1),
            Ask::Close => ("Closes", 2),
            Ask::New => ("New", 3),
            Ask::Poison => ("Opens", 4),
        };
        let mut bytes = vec![code];
        bytes.extend(&event.targets);
        Encoded { name, version: 1, bytes }
    }
    fn decode(_: &str, _: u32, bytes: &[u8]) -> Result<Emitted, Unreadable> {
        let ask = [Ask::Ignored, Ask::Open, Ask::Close, Ask::New, Ask::Poison][usize::from(bytes[0])];
        Ok(Emitted { ask, targets: bytes[1..].to_vec() })
    }
    fn concerns(_: Key, _: &u32, event: &Emitted) -> Vec<Subject> {
        event.targets.iter().map(|t| Subject::new(Target::NAME, key(*t))).collect()
    }
    fn handling(_: &str, _: &str, _: u32) -> Handling {
        Handling::Ignored
    }
    fn react((): &(), _: &u32, _: SourceEvent<'_>, _: &Reacting<'_>) -> Result<Option<Emitted>, Unreadable> {
        Ok(None)
    }
    fn term_of(_: &Emitted) -> Option<&TermEvent> {
        None
    }
    fn tick() -> Option<Emitted> {
        None
    }
}

/// The target context: something that is open or closed, and remembers how often it changed.
pub struct Target;
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    pub open: bool,
    pub changes: u32,
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    Opened,
    Closed,
    /// Written by the new release only.
    Renewed,
}
#[derive(Clone, Debug)]
pub enum Order {
    Open,
    Close,
    Renew,
}
impl Decider for Target {
    type State = Door;
    type Command = Order;
    type Event = Turn;
    type Rejection = Refused;
    fn decide(state: &Door, command: &Order, _: Moment) -> Result<Vec<Turn>, Refused> {
        match (command, state.open) {
            (Order::Open, true) => Err(Refused),
            (Order::Open, false) => Ok(vec![Turn::Opened]),
            (Order::Close, true) => Ok(vec![Turn::Closed]),
            (Order::Close, false) => Ok(vec![]),
            (Order::Renew, _) => Ok(vec![Turn::Renewed]),
        }
    }
    fn evolve(state: Door, event: &Turn) -> Door {
        Door {
            open: match event {
                Turn::Opened => true,
                Turn::Closed => false,
                Turn::Renewed => state.open,
            },
            changes: state.changes + 1,
        }
    }
}
impl Context for Target {
    const NAME: &'static str = "target";
    const FOLLOWS: &'static [&'static str] = &["alpha", "beta"];
    type Facts = ();
    fn encode(event: &Turn) -> Encoded {
        let name = match event {
            Turn::Opened => "Opened",
            Turn::Closed => "Closed",
            Turn::Renewed => "Renewed",
        };
        Encoded { name, version: 1, bytes: vec![] }
    }
    fn decode(name: &str, _: u32, _: &[u8]) -> Result<Turn, Unreadable> {
        match name {
            "Opened" => Ok(Turn::Opened),
            "Closed" => Ok(Turn::Closed),
            "Renewed" if !OLD_RELEASE.get() => Ok(Turn::Renewed),
            _ => Err(Unreadable::UnknownType),
        }
    }
    fn concerns(_: Key, _: &Door, _: &Turn) -> Vec<Subject> {
        vec![]
    }
    fn handling(_: &str, name: &str, _: u32) -> Handling {
        match name {
            "Ignored" => Handling::Ignored,
            "Opens" | "Closes" => Handling::Handled,
            "New" if !OLD_RELEASE.get() => Handling::Handled,
            _ => Handling::Unknown,
        }
    }
    fn react((): &(), _: &Door, event: SourceEvent<'_>, _: &Reacting<'_>) -> Result<Option<Order>, Unreadable> {
        if BUG.get() {
            panic!("a bug in a handler");
        }
        match event.bytes[0] {
            1 => Ok(Some(Order::Open)),
            2 => Ok(Some(Order::Close)),
            3 => Ok(Some(Order::Renew)),
            _ => Err(Unreadable::Undecodable),
        }
    }
    fn term_of(_: &Turn) -> Option<&TermEvent> {
        None
    }
    fn tick() -> Option<Order> {
        None
    }
}

/// What a source commit asks, read from its bytes.
pub fn asked(commit: &Commit) -> Emitted {
    Source::<0>::decode("", 1, &commit.events[0]).unwrap()
}
