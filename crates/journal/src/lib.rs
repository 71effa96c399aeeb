//! The event journal: append with an expectation, load, follow, react. The contract of `docs/adr/0001`.
//!
//! Two adapters store it ([`embedded`] on sled, [`jetstream`] on NATS), a third in memory serves tests; one conformance
//! suite holds for all. Deciding and reacting is one generic piece ([`Runtime`]); a service supplies a [`Context`].

pub mod aggregate;
pub mod commit;
pub mod context;
pub mod copy;
pub mod embedded;
pub mod jetstream;
pub mod keyed;
mod locks;
pub mod log;
pub mod observe;
pub mod precedence;
pub mod reactor;
pub mod reconcile;
mod retries;
pub mod runtime;
pub mod terms;
#[cfg(feature = "testing")]
pub mod testing;
mod turns;
pub mod verify;
pub mod views;
pub mod wire;

pub use aggregate::{Aggregate, Parked};
pub use commit::{Commit, Hash, Link, Outcome as TakenInOutcome, TakenIn};
pub use context::{Context, Encoded, Handling, Reacting, SourceEvent, Unreadable};
pub use keyed::{Entry, Keyed, KeyedError};
pub use log::{Appended, Delivery, Durable, Journal, Record, Settle, Subject, Unavailable};
pub use observe::{Committed, Observer, Silent};
pub use precedence::Precedence;
pub use reactor::{Alarm, Delay, Verdict};
pub use runtime::{Done, Failure, Request, Runtime, RuntimeParts};
pub use views::{Behind, Rows, View, Views};
pub use wire::wire;
