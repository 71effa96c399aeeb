//! Streams of messages that heal by themselves: following a context, and a durable consumer's deliveries.

use std::time::Duration;

use async_nats::jetstream::{
    self, AckKind,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
};
use async_trait::async_trait;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::{ConnectError, settings, unavailable};
use crate::log::{Delivery, Durable, Handle, Record, Unavailable};

/// One pull asks for so many; the next one is sent while these are worked on.
const BATCH: usize = 1000;
/// A silent connection is noticed after two of these.
const HEARTBEAT: Duration = Duration::from_secs(3);
const EXPIRES: Duration = Duration::from_secs(30);
/// An own consumer of one who follows is forgotten by the server when nobody pulls for so long.
const FORGOTTEN: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

async fn messages(consumer: PullConsumer) -> Result<pull::Stream, async_nats::Error> {
    Ok(consumer.stream().max_messages_per_batch(BATCH).expires(EXPIRES).heartbeat(HEARTBEAT).messages().await?)
}

/// A stored message as a record; `None` for what is no commit of ours.
fn record(message: &jetstream::Message, sequence: u64) -> Option<Record> {
    match message.subject.parse() {
        Ok(subject) => Some(Record { sequence, subject, payload: message.payload.clone() }),
        Err(_) => {
            tracing::error!(sequence, "a message that is no commit stands in the journal; it is passed over");
            None
        }
    }
}

/// Growing pauses between attempts.
#[derive(Default)]
struct Pause(u32);
impl Pause {
    async fn wait(&mut self) {
        let pause = Duration::from_millis(100 << self.0.min(6)).min(LONGEST_PAUSE);
        self.0 += 1;
        tokio::time::sleep(pause).await;
    }
}

/// All commits of a stream after a sequence, in order.
pub(super) fn follow(context: jetstream::Context, stream: String, after: u64) -> BoxStream<'static, Record> {
    let following = Following { context, stream, after, messages: None, delivered: 0, pause: Pause::default() };
    stream::unfold(following, |mut following| async move {
        let record = following.next().await;
        Some((record, following))
    })
    .boxed()
}

/// One who follows: a consumer of his own, made anew after what he has, whenever something is wrong with it.
struct Following {
    context: jetstream::Context,
    stream: String,
    after: u64,
    messages: Option<pull::Stream>,
    /// How many messages this consumer has delivered: its own count tells a gap.
    delivered: u64,
    pause: Pause,
}

impl Following {
    async fn next(&mut self) -> Record {
        loop {
            let Some(messages) = &mut self.messages else {
                match self.open().await {
                    Ok(messages) => self.messages = Some(messages),
                    Err(error) => {
                        tracing::debug!(%error, stream = self.stream, "cannot follow; trying again");
                        self.pause.wait().await;
                    }
                }
                continue;
            };
            let message = match messages.next().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    tracing::debug!(%error, stream = self.stream, "following was interrupted");
                    self.messages = None;
                    self.pause.wait().await;
                    continue;
                }
                None => {
                    self.messages = None;
                    self.pause.wait().await;
                    continue;
                }
            };
            let place = message.info().map(|info| (info.consumer_sequence, info.stream_sequence));
            let Ok((consumer_sequence, sequence)) = place else { continue };
            if consumer_sequence != self.delivered + 1 || sequence <= self.after {
                self.messages = None;
                continue;
            }
            self.delivered += 1;
            self.after = sequence;
            self.pause = Pause::default();
            if let Some(record) = record(&message, sequence) {
                return record;
            }
        }
    }

    async fn open(&mut self) -> Result<pull::Stream, async_nats::Error> {
        self.delivered = 0;
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.after + 1 },
            ack_policy: AckPolicy::None,
            memory_storage: true,
            num_replicas: 1,
            inactive_threshold: FORGOTTEN,
            ..pull::Config::default()
        };
        messages(self.context.create_consumer_on_stream(config, &self.stream).await?).await
    }
}

/// What a durable consumer needs to be set up again.
pub(super) struct Pulling {
    pub context: jetstream::Context,
    pub stream: String,
    pub durable: Durable,
    pub window: usize,
    pub ack_wait: Duration,
}

impl Pulling {
    /// The consumer, made when it is not there, its settings read back.
    pub async fn consumer(&self) -> Result<PullConsumer, ConnectError> {
        let must = settings::durable(&self.durable, self.window, self.ack_wait);
        let (consumer, stream) = (settings::name(&self.durable), self.stream.clone());
        let there = self.context.get_consumer_from_stream::<pull::Config, _, _>(&consumer, &stream).await;
        let found = match there {
            Ok(found) => found,
            // Not there, most likely; if it is another failure, this one fails too.
            Err(_) => match self.context.create_consumer_on_stream(must.clone(), &stream).await {
                Ok(made) => made,
                Err(error) => {
                    return Err(ConnectError::Stream { stream, reason: format!("consumer {consumer} cannot be set up: {error}") });
                }
            },
        };
        match settings::wrong_consumer(&must, &found.cached_info().config) {
            wrong if wrong.is_empty() => Ok(found),
            wrong => Err(ConnectError::Consumer { consumer, stream, wrong }),
        }
    }

    /// Deliveries for ever.
    pub async fn deliveries(self) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        let messages = self.open().await?;
        let delivering = Delivering { pulling: self, messages: Some(messages), pause: Pause::default() };
        Ok(stream::unfold(delivering, |mut delivering| async move {
            let delivery = delivering.next().await;
            Some((delivery, delivering))
        })
        .boxed())
    }

    async fn open(&self) -> Result<pull::Stream, Unavailable> {
        let consumer = self.consumer().await.map_err(unavailable)?;
        messages(consumer).await.map_err(unavailable)
    }
}

struct Delivering {
    pulling: Pulling,
    messages: Option<pull::Stream>,
    pause: Pause,
}

impl Delivering {
    async fn next(&mut self) -> Delivery {
        loop {
            let Some(messages) = &mut self.messages else {
                match self.pulling.open().await {
                    Ok(messages) => self.messages = Some(messages),
                    Err(Unavailable(reason)) => {
                        tracing::warn!(reason, "deliveries are interrupted; trying again");
                        self.pause.wait().await;
                    }
                }
                continue;
            };
            match messages.next().await {
                Some(Ok(message)) => {
                    self.pause = Pause::default();
                    let place = message.info().map(|info| (info.stream_sequence, u64::try_from(info.delivered).unwrap_or(1)));
                    let Ok((sequence, attempt)) = place else { continue };
                    match record(&message, sequence) {
                        Some(record) => return Delivery { record, attempt, handle: Box::new(Settling(message)) },
                        // It names no aggregate that could park it, and would come again for ever.
                        None => drop(message.ack_with(AckKind::Term).await),
                    }
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, "deliveries were interrupted");
                    self.messages = None;
                    self.pause.wait().await;
                }
                None => {
                    self.messages = None;
                    self.pause.wait().await;
                }
            }
        }
    }
}

/// Fire and forget: what does not arrive is delivered again.
struct Settling(jetstream::Message);

#[async_trait]
impl Handle for Settling {
    async fn ack(&self) {
        if let Err(error) = self.0.ack().await {
            tracing::debug!(%error, "an acknowledgement was not sent");
        }
    }
    async fn nak(&self, delay: Duration) {
        // A delay of nothing would be no delay at all to the server: left out.
        let delay = Some(delay).filter(|delay| !delay.is_zero());
        if let Err(error) = self.0.ack_with(AckKind::Nak(delay)).await {
            tracing::debug!(%error, "a refusal was not sent");
        }
    }
}
