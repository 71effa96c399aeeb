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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use prost::Message as _;
    use prost_types::{DescriptorProto, FileDescriptorSet};

    /// As long as one case, or the policies and weeks of one municipality.
    const SHORT: [&str; 5] = ["ListMergedWork", "ListPolicies", "ListSignals", "ListTeamLoad", "ListWishes"];

    #[test]
    fn every_list_that_grows_is_told_in_pages() {
        let files = FileDescriptorSet::decode(super::FILE_DESCRIPTOR_SET).unwrap().file;
        let messages: BTreeMap<String, &DescriptorProto> = files
            .iter()
            .flat_map(|file| file.message_type.iter().map(|one| (format!(".{}.{}", file.package(), one.name()), one)))
            .collect();
        let has = |message: &str, field: &str| messages.get(message).is_some_and(|one| one.field.iter().any(|of| of.name() == field));
        let lists = files.iter().flat_map(|file| &file.service).flat_map(|service| &service.method);
        let lists: Vec<_> = lists.filter(|method| method.name().starts_with("List")).collect();
        let whole = lists.iter().filter(|method| !has(method.input_type(), "page") || !has(method.output_type(), "next_token"));
        assert_eq!(whole.map(|method| method.name()).collect::<BTreeSet<_>>(), BTreeSet::from(SHORT));
        assert!(lists.len() > 15);
    }
}
