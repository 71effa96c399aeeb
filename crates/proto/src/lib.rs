//! The contracts between services, generated from `proto/`; nothing else is shared between them.
#![allow(missing_docs, reason = "the comments are in the .proto files")]
#![allow(clippy::all, clippy::pedantic, clippy::indexing_slicing, reason = "generated code")]

/// All contracts as an encoded `FileDescriptorSet`, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

macro_rules! contexts {
    ($($name:ident = $package:literal),* $(,)?) => { $(
        #[allow(missing_docs, reason = "generated")]
        pub mod $name { pub mod v1 { tonic::include_proto!($package); } }
    )* };
}
contexts! {
    aftercare = "zeef.aftercare.v1",
    common = "zeef.common.v1",
    court_liaison = "zeef.court_liaison.v1",
    desk = "zeef.desk.v1",
    intake = "zeef.intake.v1",
    journal = "zeef.journal.v1",
    outreach = "zeef.outreach.v1",
    routing = "zeef.routing.v1",
    service = "zeef.service.v1",
}
