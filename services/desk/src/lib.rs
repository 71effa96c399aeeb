//! The desk (*werkblad*): the sieve, the cases and their path through all services, derived from the journal. It reads
//! every context's stream and appends to none: what is decided on a page is sent to the service that owns it, in the name of who
//! decides. Pages for people, gRPC for programs.

pub mod chain;
pub mod ddas;
pub mod delivery;
pub mod entry;
pub mod event;
mod follow;
pub mod grpc;
pub mod late;
pub mod merged;
pub mod public;
pub mod rights;
pub mod sieve;
pub mod store;
pub mod timeline;
pub mod web;
pub mod wishes;
pub mod words;

use std::{net::SocketAddr, sync::Arc};

use proto::desk::v1::cases_service_server::CasesServiceServer;
use service::{
    Parts, Server,
    region::{Region, RegionError},
};

pub use store::Store;

/// Why there is no desk.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The municipalities and their names.
    #[error("cannot read the region")]
    Region(#[from] RegionError),
    /// The settings of the public pages.
    #[error("the public pages cannot be shown: {0}")]
    Public(String),
    /// The address of the pages is taken or not ours.
    #[error("cannot show the desk's pages on {address}: choose another address")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Shows the public pages on an address of their own. Answers with the address they really have. Must be called inside a tokio runtime.
///
/// # Errors
/// [`StartError`].
pub fn start_public(parts: &Parts, options: public::Options) -> Result<SocketAddr, StartError> {
    let (listener, address) = bind(options.listen)?;
    let pages = public::router(options)?;
    let life = parts.life.clone();
    parts.life.tasks().spawn(async move { web::serve(listener, pages, &life).await });
    Ok(address)
}

fn bind(address: SocketAddr) -> Result<(tokio::net::TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Bind { address, source };
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Follows the journal, adds the gRPC service and shows the pages on `http` (port 0 takes a free one); what is decided on them is
/// sent where `reach` says. Answers with the address the pages really have. Must be called inside a tokio runtime.
///
/// On a loopback address anybody at this machine sees everything; on any other address each request needs a bearer
/// token, which a reverse proxy that knows the user puts there.
///
/// # Errors
/// [`StartError`].
pub fn start(parts: &Parts, server: &mut Server, http: SocketAddr, reach: web::Reach) -> Result<SocketAddr, StartError> {
    let (listener, address) = bind(http)?;

    let store = Arc::new(Store::default());
    server.add(CasesServiceServer::new(grpc::Desk::new(store.clone(), parts.journal.clone(), parts.gate.clone(), parts.clock.clone())));
    parts.readiness.expect(follow::PART);
    let follow = follow::run(parts.journal.clone(), store.clone(), parts.readiness.clone(), parts.life.pulls());
    parts.life.tasks().spawn(follow);

    let door = if address.ip().is_loopback() { web::Door::Loopback } else { web::Door::Token(parts.gate.clone()) };
    let pages = web::router(store, parts.clock.clone(), door, Region::from_dir(&parts.policies)?, reach);
    let life = parts.life.clone();
    parts.life.tasks().spawn(async move { web::serve(listener, pages, &life).await });
    Ok(address)
}
