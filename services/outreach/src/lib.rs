//! Outreach: makes contact, offers help, keeps the clocks of the offer.

mod codec;
mod context;
mod follow;
mod grpc;
mod views;

use proto::outreach::v1::outreach_service_server::OutreachServiceServer;

pub use context::Outreach;
pub use views::WorkView;

/// Opens outreach's rooms (runtime, view, reactions, clocks) and adds its RPCs to the server.
pub fn start(parts: &service::Parts, server: &mut service::Server) {
    let room = parts.open(WorkView, ());
    server.add(OutreachServiceServer::new(grpc::OutreachRpc { room }));
}
