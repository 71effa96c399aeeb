//! What every service process needs once: options, clock, telemetry, identity, authorisation, the gRPC server and an
//! orderly end. A process is put together like this:
//!
//! 1. [`telemetry::init`], then [`ProcessClock::new`] and [`Gate::open`] from its [`ServeOptions`];
//! 2. [`Server::new`], [`Server::add`] per service, [`Server::bind`] (bound before anything else starts);
//! 3. [`Lifecycle::listen`] for signals, followers started with [`Lifecycle::pulls`];
//! 4. [`Bound::serve`] until told to stop: readiness off, pulls stopped, requests drained under a bound;
//! 5. the process closes its views and journal, then calls [`telemetry::Telemetry::shutdown`].

pub mod authorise;
pub mod case_trace;
pub mod client;
pub mod clock;
pub mod config;
pub mod gate;
pub mod grpc;
pub mod health;
pub mod identity;
mod inflight;
pub mod parking;
pub mod region;
pub mod room;
pub mod shutdown;
pub mod status;
pub mod telemetry;

pub use authorise::{Authoriser, Resource, action};
pub use client::{Client, Token, connect};
pub use clock::{ProcessClock, SetClock, SystemClock};
pub use config::ServeOptions;
pub use gate::Gate;
pub use grpc::{Bound, Drained, Server};
pub use health::Readiness;
pub use identity::{Actor, Identity, Issuer, Kind, Role};
pub use parking::{JournalRpc, Parking};
pub use room::{Parts, Room};
pub use shutdown::{Lifecycle, finish, finish_apart};
