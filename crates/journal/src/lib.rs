//! The event journal: append with an expectation, load, follow, react. The contract of `docs/adr/0001`.
//!
//! Two adapters store it ([`embedded`] on sled, [`jetstream`] on NATS), a third in memory serves tests; one conformance
//! suite holds for all. Deciding and reacting is one generic piece ([`Aggregates`]); a service supplies a [`Context`].

pub mod commit;
pub mod context;
pub mod log;
pub mod observe;

pub use commit::{Commit, Hash, Link, Outcome as TakenInOutcome, TakenIn};
pub use context::{Context, Encoded, Handling, Reacting, SourceEvent, Unreadable};
pub use log::{Appended, Delivery, Durable, Journal, Record, Settle, Subject, Unavailable};
pub use observe::{Committed, Observer, Silent};
