//! A service does not run on a durable consumer that would lose commits: it says what is wrong, and ends.

use std::path::Path;

use async_nats::jetstream::{self, consumer::pull};
use journal::{
    jetstream::{JetStream, Options},
    testing::nats::NatsServer,
};
use service::Issuer;

use crate::support::process::Process;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_ends_on_a_consumer_that_is_set_otherwise_and_runs_when_it_is_gone() {
    let (nats, dir) = (NatsServer::start().await, tempfile::tempdir().unwrap());
    let key = dir.path().join("identity.pem");
    Issuer::create_or_load(&key).unwrap();
    // The streams are as they must be.
    JetStream::connect(Options { replicas: 1, ..Options::new(nats.url()) }).await.unwrap();
    let context = jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    let gives_up = pull::Config { durable_name: Some("outreach-routing".to_owned()), max_deliver: 3, ..pull::Config::default() };
    context.create_consumer_on_stream(gives_up, "ROUTING").await.unwrap();

    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let args = ["serve", "outreach", "--nats", &nats.url(), "--nats-replicas", "1", "--identity-key"].map(str::to_owned);
    let named = [&key, &policies].map(|path| path.to_str().unwrap().to_owned());
    let args = args.into_iter().chain([named[0].clone(), "--policies".to_owned(), named[1].clone()]).collect();
    let outreach = Process::new(dir.path(), "outreach", args, &[]);
    outreach.spawn(&[]);
    let (status, _) = outreach.end().await;
    let said = outreach.said();
    assert_eq!(status.code(), Some(1), "{said}");
    for part in [
        "consumer outreach-routing on stream ROUTING",
        "max_deliver is 3, must be -1",
        "max_ack_pending is 1000, must be 20000",
        "consumer rm",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }

    context.delete_consumer_from_stream("outreach-routing", "ROUTING").await.unwrap();
    outreach.spawn(&[]);
    outreach.ready().await;
    let made = context.get_consumer_from_stream::<pull::Config, _, _>("outreach-routing", "ROUTING").await.unwrap();
    assert_eq!(made.cached_info().config.max_deliver, -1);
    outreach.terminate();
    assert!(outreach.end().await.0.success(), "{}", outreach.said());
}
