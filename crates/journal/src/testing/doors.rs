//! Two source contexts and one target context, as small as they can be and still have states, no-ops and refusals: for the
//! random worlds and stories in memory, and for the conformance suite on real stores.

use std::{cell::Cell, pin::pin, sync::Arc, thread::LocalKey};

use jiff::Timestamp;
use kernel::{Clock, Decider, Key, Moment, Reason, terms::TermEvent};
use uuid::Uuid;

use crate::{
    context::{Context, Encoded, Handling, Reacting, SourceEvent, Unreadable},
    log::{Journal, MAX_COMMIT_BYTES, Subject},
    observe::Silent,
    runtime::{Runtime, RuntimeParts},
};

/// The sources and the target, under names that every store has a stream for.
pub const ALPHA: &str = "intake";
/// The other source.
pub const BETA: &str = "routing";
/// Who follows both.
pub const TARGET: &str = "outreach";

thread_local! {
    /// Set while a task of a replica of the release before is polled.
    pub static OLD_RELEASE: Cell<bool> = const { Cell::new(false) };
    /// Set while handlers have a bug.
    pub static BUG: Cell<bool> = const { Cell::new(false) };
    /// Set while handlers read what they could not before: [`Ask::Poison`] opens.
    pub static MENDED: Cell<bool> = const { Cell::new(false) };
    /// Set while a door that opens takes more room than a commit has.
    pub static LARGE: Cell<bool> = const { Cell::new(false) };
}

/// Does work with one of these set, on whichever threads it is polled.
pub async fn with<T>(flag: &'static LocalKey<Cell<bool>>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        flag.set(true);
        let polled = work.as_mut().poll(context);
        flag.set(false);
        polled
    })
    .await
}

/// A clock that stands still.
pub struct Still;
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_780_000_000).unwrap()
    }
}

/// A fresh process: it remembers nothing.
pub fn process<C: Context<Facts = ()>>(journal: Arc<dyn Journal>) -> Arc<Runtime<C>> {
    Runtime::new(RuntimeParts { journal, clock: Arc::new(Still), observer: Arc::new(Silent), facts: () })
}

/// The purpose of the id in [`Turn::Renewed`].
pub const RENEWAL: &str = "renewal";

/// What a process does when its view has come to a commit of an aggregate.
pub fn view_came_to<C: Context>(runtime: &Runtime<C>, key: Key, sequence: u64) {
    runtime.forget_older(key, sequence);
}

/// The target's "no".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused")]
pub struct Refused;
impl Reason for Refused {
    fn code(&self) -> &'static str {
        "refused"
    }
}

/// What a source commit asks of its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing, by its type.
    Ignored,
    /// That it opens.
    Open,
    /// That it closes.
    Close,
    /// Known to the new release only.
    New,
    /// Cannot be decoded, unless handlers are [`MENDED`].
    Poison,
}

/// A source context: [`ALPHA`] or [`BETA`].
pub struct Source<const N: usize>;
/// A source's commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// What it asks.
    pub ask: Ask,
    /// Of whom.
    pub targets: Vec<Key>,
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
    const NAME: &'static str = if N == 0 { ALPHA } else { BETA };
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
        for target in &event.targets {
            bytes.extend(target.to_string().into_bytes());
            bytes.push(b' ');
        }
        Encoded { name, version: 1, bytes }
    }
    fn decode(_: &str, _: u32, bytes: &[u8]) -> Result<Emitted, Unreadable> {
        let ask = [Ask::Ignored, Ask::Open, Ask::Close, Ask::New, Ask::Poison][usize::from(bytes[0])];
        let targets = std::str::from_utf8(&bytes[1..]).unwrap().split_whitespace().map(|target| target.parse().unwrap()).collect();
        Ok(Emitted { ask, targets })
    }
    fn concerns(_: Key, _: &u32, event: &Emitted) -> Vec<Subject> {
        event.targets.iter().map(|target| Subject::new(TARGET, *target)).collect()
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
/// Its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// Open or closed.
    pub open: bool,
    /// How often anything happened to it.
    pub changes: u32,
}
/// Its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is open now.
    Opened,
    /// It is closed now.
    Closed,
    /// Written by the new release only, under an id that was made in the reaction.
    Renewed(Uuid),
}
/// Its commands.
#[derive(Clone, Debug)]
pub enum Order {
    /// Refused when it is open.
    Open,
    /// Does nothing when it is closed.
    Close,
    /// Of the new release only.
    Renew(Uuid),
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
            (Order::Renew(id), _) => Ok(vec![Turn::Renewed(*id)]),
        }
    }
    fn evolve(state: Door, event: &Turn) -> Door {
        Door {
            open: match event {
                Turn::Opened => true,
                Turn::Closed => false,
                Turn::Renewed(_) => state.open,
            },
            changes: state.changes + 1,
        }
    }
}
impl Context for Target {
    const NAME: &'static str = TARGET;
    const FOLLOWS: &'static [&'static str] = &[ALPHA, BETA];
    type Facts = ();
    fn encode(event: &Turn) -> Encoded {
        let (name, bytes) = match event {
            Turn::Opened => ("Opened", if LARGE.get() { vec![0; MAX_COMMIT_BYTES] } else { vec![] }),
            Turn::Closed => ("Closed", vec![]),
            Turn::Renewed(id) => ("Renewed", id.as_bytes().to_vec()),
        };
        Encoded { name, version: 1, bytes }
    }
    fn decode(name: &str, _: u32, bytes: &[u8]) -> Result<Turn, Unreadable> {
        match name {
            "Opened" => Ok(Turn::Opened),
            "Closed" => Ok(Turn::Closed),
            "Renewed" if !OLD_RELEASE.get() => Uuid::from_slice(bytes).map(Turn::Renewed).map_err(|_| Unreadable::Undecodable),
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
    fn react((): &(), _: &Door, event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Order>, Unreadable> {
        if BUG.get() {
            panic!("a bug in a handler");
        }
        match event.bytes[0] {
            1 => Ok(Some(Order::Open)),
            2 => Ok(Some(Order::Close)),
            3 => Ok(Some(Order::Renew(reacting.derive(RENEWAL)))),
            4 if MENDED.get() => Ok(Some(Order::Open)),
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
