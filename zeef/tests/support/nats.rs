//! A real nats-server with JetStream, synced before it acknowledges; killed when it goes out of scope.

pub use journal::testing::nats::NatsServer;
