//! The journal and the keyed store on NATS JetStream 2.12 or newer (`docs/adr/0001`). Replication and failover are NATS's work.

mod keyed;
mod settings;
mod streams;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::PathBuf,
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, HeaderMap, Request,
    client::RequestErrorKind,
    connection::State,
    jetstream::{
        self,
        context::{ContextBuilder, CreateStreamErrorKind, GetStreamErrorKind},
        message::StreamMessage,
        stream::{Config, LastRawMessageErrorKind, RawMessageErrorKind, Stream},
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    commit::traceparent,
    log::{Appended, Delivery, Durable, Journal, MAX_COMMIT_BYTES, Record, Subject, Unavailable},
    wire::WINDOW,
};

/// The contexts that have a stream.
pub const CONTEXTS: [&str; 5] = ["intake", "routing", "outreach", "court-liaison", "aftercare"];

/// Older servers drop settings without a word and cannot sync before they acknowledge.
const OLDEST: (u64, u64) = (2, 12);
/// What headers may add to a commit.
const HEADERS_BYTES: usize = 16 * 1024;

/// Where NATS is and how it is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// One or more URLs, separated by commas: `nats://` or `tls://`.
    pub url: String,
    /// How many servers hold each message: 1, 3 or 5.
    pub replicas: usize,
    /// A credentials file (`.creds`).
    pub credentials: Option<PathBuf>,
    /// A file with root certificates, for `tls://` with an own authority.
    pub root_certificates: Option<PathBuf>,
    /// Uses the servers of `url` only, not those they tell of: for a way that leads through something else.
    pub only_named: bool,
    /// The name that operators see.
    pub name: String,
    /// An append that is not acknowledged in this time is `Unknown`.
    pub answer_within: Duration,
    /// A delivery that is neither acknowledged nor refused comes again after this time.
    pub ack_wait: Duration,
    /// A cluster that has just started has no leader yet: so long is it waited for at the start.
    pub start_within: Duration,
    /// The durable consumers that this process will pull from: there and as they must be, before it begins.
    pub durables: Vec<Durable>,
}

impl Options {
    /// What is usual, with three replicas.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            replicas: 3,
            credentials: None,
            root_certificates: None,
            only_named: false,
            name: "zeef".to_owned(),
            answer_within: Duration::from_secs(2),
            ack_wait: Duration::from_secs(30),
            start_within: Duration::from_secs(30),
            durables: Vec::new(),
        }
    }
}

/// Why the journal on NATS does not start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not there, or it does not let us in.
    #[error("NATS at {url} cannot be reached; is it running, and are the credentials right?")]
    Unreachable {
        /// Where.
        url: String,
        /// What went wrong.
        source: async_nats::ConnectError,
    },
    /// The credentials file cannot be read.
    #[error("credentials {} cannot be read", file.display())]
    Credentials {
        /// Which.
        file: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Older servers lose settings without a word.
    #[error("NATS server is version {0}; 2.12 is the oldest that will do: older ones drop settings that commits rely on")]
    TooOld(String),
    /// A commit would not fit.
    #[error("NATS server takes messages up to {0} bytes; set max_payload to at least {at_least}", at_least = MAX_COMMIT_BYTES + HEADERS_BYTES)]
    SmallPayload(usize),
    /// A stream cannot be made or asked for.
    #[error("NATS stream {stream} cannot be used: {reason}")]
    Stream {
        /// Which.
        stream: String,
        /// What the server says.
        reason: String,
    },
    /// A stream has settings that commits could be lost by.
    #[error("NATS stream {stream} has other settings than it must have: {}; mend them with `nats stream edit {stream}`", wrong.join("; "))]
    Settings {
        /// Which.
        stream: String,
        /// Each wrong setting: what it is and what it must be.
        wrong: Vec<String>,
    },
    /// A durable consumer has settings that deliveries could be lost by. Made anew, it delivers everything; what was taken in is known.
    #[error(
        "NATS consumer {consumer} on stream {stream} has other settings than it must have: {}; remove it with \
         `nats consumer rm {stream} {consumer}`, it is made anew at the start",
        wrong.join("; ")
    )]
    Consumer {
        /// Which.
        consumer: String,
        /// Of which stream.
        stream: String,
        /// Each wrong setting: what it is and what it must be.
        wrong: Vec<String>,
    },
}

/// A journal on NATS JetStream.
pub struct JetStream {
    client: Client,
    context: jetstream::Context,
    streams: HashMap<String, Stream<()>>,
    buckets: Mutex<HashSet<String>>,
    replicas: usize,
    answer_within: Duration,
    ack_wait: Duration,
}

impl fmt::Debug for JetStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JetStream").field("replicas", &self.replicas).finish_non_exhaustive()
    }
}

impl JetStream {
    /// Connects, makes the streams and durable consumers that are not there, and reads all settings back.
    ///
    /// # Errors
    /// [`ConnectError`]: the server is too old, or something is set otherwise than it must be.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let mut connecting = ConnectOptions::new()
            .name(&options.name)
            .connection_timeout(Duration::from_secs(5))
            .reconnect_delay_callback(|attempts| Duration::from_millis(100 * u64::try_from(attempts.min(20)).unwrap_or(20)));
        if let Some(file) = &options.credentials {
            connecting =
                connecting.credentials_file(file).await.map_err(|source| ConnectError::Credentials { file: file.clone(), source })?;
        }
        if let Some(file) = &options.root_certificates {
            connecting = connecting.add_root_certificates(file.clone());
        }
        if options.only_named {
            connecting = connecting.ignore_discovered_servers();
        }
        let urls: Vec<&str> = options.url.split(',').map(str::trim).collect();
        let client = connecting.connect(urls).await.map_err(|source| ConnectError::Unreachable { url: options.url.clone(), source })?;
        let server = client.server_info();
        if !new_enough(&server.version) {
            return Err(ConnectError::TooOld(server.version));
        }
        if server.max_payload < MAX_COMMIT_BYTES + HEADERS_BYTES {
            return Err(ConnectError::SmallPayload(server.max_payload));
        }
        let context = ContextBuilder::new().timeout(Duration::from_secs(3)).build(client.clone());
        let mut streams = HashMap::new();
        let deadline = Instant::now() + options.start_within;
        for name in CONTEXTS {
            let must = settings::stream(name, options.replicas);
            streams.insert(name.to_owned(), by(deadline, || ensure(&context, &must)).await?);
        }
        let (replicas, answer_within, ack_wait) = (options.replicas, options.answer_within, options.ack_wait);
        let journal = Self { client, context, streams, buckets: Mutex::default(), replicas, answer_within, ack_wait };
        for durable in &options.durables {
            let pulling = journal.pulling(durable, WINDOW);
            by(deadline, || pulling.consumer()).await?;
        }
        Ok(journal)
    }

    fn pulling(&self, durable: &Durable, window: usize) -> streams::Pulling {
        streams::Pulling {
            context: self.context.clone(),
            stream: durable.source.to_uppercase(),
            durable: durable.clone(),
            window,
            ack_wait: self.ack_wait,
        }
    }

    fn stream(&self, context: &str) -> Result<&Stream<()>, Unavailable> {
        self.streams.get(context).ok_or_else(|| Unavailable(format!("no stream for context {context}")))
    }

    /// One message, with an expectation for its subject if given. `Nats-Msg-Id` is never sent: with the same id on
    /// another subject the server answers success and stores nothing.
    async fn publish(&self, subject: String, expected: Option<u64>, mut headers: HeaderMap, payload: Bytes) -> Appended {
        if self.client.connection_state() != State::Connected {
            // Sent now, it would wait in a buffer and arrive whenever the connection is back.
            return Appended::Unavailable;
        }
        if let Some(expected) = expected {
            headers.insert(keyed::EXPECTED, expected.to_string());
        }
        let request = Request::new().headers(headers).payload(payload).timeout(Some(self.answer_within));
        match self.client.send_request(subject, request).await {
            Ok(answer) => match serde_json::from_slice::<Answer>(&answer.payload) {
                Ok(Answer { error: None, seq: Some(sequence) }) => Appended::At(sequence),
                Ok(Answer { error: Some(error), .. }) => error.outcome(),
                Ok(_) | Err(_) => Appended::Unknown,
            },
            Err(error) => match error.kind() {
                RequestErrorKind::NoResponders | RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                    tracing::debug!(%error, "not stored");
                    Appended::Unavailable
                }
                RequestErrorKind::TimedOut | RequestErrorKind::Other => Appended::Unknown,
            },
        }
    }
}

/// What the server answers to an append.
#[derive(Deserialize)]
struct Answer {
    seq: Option<u64>,
    error: Option<Refusal>,
}
#[derive(Deserialize)]
struct Refusal {
    err_code: u64,
    #[serde(default)]
    description: String,
}
impl Refusal {
    fn outcome(&self) -> Appended {
        match self.err_code {
            // Another sequence; or, with replicas, another append to the subject is under way.
            10071 | 10164 => Appended::Conflict,
            // Refused before anything is stored: no resources, no JetStream, too large.
            10023 | 10028 | 10039 | 10047 | 10054 | 10076 => {
                tracing::warn!(code = self.err_code, reason = self.description, "NATS refuses appends");
                Appended::Unavailable
            }
            code => {
                tracing::warn!(
                    code,
                    reason = self.description,
                    "NATS answers an append with an error that does not say whether it is stored"
                );
                Appended::Unknown
            }
        }
    }
}

fn new_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split(['.', '-']).map_while(|part| part.parse::<u64>().ok());
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= OLDEST
}

/// Asks again until the deadline, while the server says that it has no leader, or nothing.
async fn by<T, F: Future<Output = Result<T, ConnectError>>>(deadline: Instant, mut ask: impl FnMut() -> F) -> Result<T, ConnectError> {
    loop {
        match ask().await {
            Err(ConnectError::Stream { stream, reason }) if Instant::now() < deadline => {
                tracing::info!(stream, reason, "waiting for NATS");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            outcome => return outcome,
        }
    }
}

/// The stream, made when it is not there, its settings read back.
async fn ensure(context: &jetstream::Context, must: &Config) -> Result<Stream<()>, ConnectError> {
    let cannot = |reason: String| ConnectError::Stream { stream: must.name.clone(), reason };
    let is = match context.get_stream(&must.name).await {
        Ok(stream) => stream.cached_info().config.clone(),
        Err(error) => match error.kind() {
            GetStreamErrorKind::JetStream(answer) if answer.error_code() == jetstream::ErrorCode::STREAM_NOT_FOUND => {
                match context.create_stream(must.clone()).await {
                    Ok(stream) => stream.cached_info().config.clone(),
                    Err(error) => match error.kind() {
                        CreateStreamErrorKind::JetStream(answer) => return Err(cannot(answer.to_string())),
                        _ => return Err(cannot(error.to_string())),
                    },
                }
            }
            GetStreamErrorKind::JetStream(answer) => return Err(cannot(answer.to_string())),
            _ => return Err(cannot(error.to_string())),
        },
    };
    let wrong = settings::wrong_stream(must, &is);
    if !wrong.is_empty() {
        return Err(ConnectError::Settings { stream: must.name.clone(), wrong });
    }
    context.get_stream_no_info(&must.name).await.map_err(|error| cannot(error.to_string()))
}

fn unavailable(error: impl fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

/// A message as the leader has it. What is no commit of ours is told, not passed over: it should not be there.
fn record(message: StreamMessage) -> Result<Record, Unavailable> {
    let sequence = message.sequence;
    match message.subject.parse() {
        Ok(subject) => Ok(Record { sequence, subject, payload: message.payload }),
        Err(_) => Err(Unavailable(format!("message {sequence} in the journal is no commit"))),
    }
}

#[async_trait]
impl Journal for JetStream {
    async fn append(&self, subject: &Subject, expected: u64, payload: Bytes) -> Appended {
        if payload.len() > MAX_COMMIT_BYTES {
            tracing::error!(bytes = payload.len(), most = MAX_COMMIT_BYTES, "a commit is too large and was not sent");
            return Appended::Unavailable;
        }
        let mut headers = HeaderMap::new();
        if let Some(traceparent) = traceparent(&payload) {
            headers.insert("traceparent", traceparent);
        }
        self.publish(subject.to_string(), Some(expected), headers, payload).await
    }

    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        match self.stream(subject.context())?.get_last_raw_message_by_subject(&subject.to_string()).await {
            Ok(message) => record(message).map(Some),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        if sequence == 0 {
            return Ok(None);
        }
        match self.stream(context)?.get_raw_message(sequence).await {
            Ok(message) => record(message).map(Some),
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// One round trip per commit and one to know that there are no more: aggregates are short, and every answer is the leader's.
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        let stream = self.stream(subject.context())?;
        let name = subject.to_string();
        let (mut found, mut next) = (Vec::new(), after + 1);
        loop {
            match stream.get_first_raw_message_by_subject(&name, next).await {
                Ok(message) => {
                    next = message.sequence + 1;
                    found.push(record(message)?);
                }
                Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => return Ok(found),
                Err(error) => return Err(unavailable(error)),
            }
        }
    }

    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        if self.client.connection_state() != State::Connected {
            return Err(Unavailable("no connection to NATS".to_owned()));
        }
        let info = self.stream(context)?.get_info().await.map_err(unavailable)?;
        Ok(info.state.last_sequence)
    }

    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        streams::follow(self.context.clone(), context.to_uppercase(), after)
    }

    async fn deliveries(&self, durable: &Durable, window: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        self.stream(&durable.source)?;
        self.pulling(durable, window).deliveries().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_twelve_is_the_oldest() {
        for (version, enough) in [
            ("2.9.10", false),
            ("2.11.9", false),
            ("2.12.0", true),
            ("2.12.0-RC.1", true),
            ("v2.15.1", true),
            ("3.0.0", true),
            ("?", false),
        ] {
            assert_eq!(new_enough(version), enough, "{version}");
        }
    }

    #[test]
    fn answers_are_read_by_their_codes() {
        let read = |text: &str| serde_json::from_str::<Answer>(text).unwrap();
        assert_eq!(read(r#"{"stream":"INTAKE","seq":7}"#).seq, Some(7));
        for (code, outcome) in
            [(10071, Appended::Conflict), (10164, Appended::Conflict), (10047, Appended::Unavailable), (10077, Appended::Unknown)]
        {
            let answer = read(&format!(r#"{{"error":{{"code":400,"err_code":{code},"description":"no"}},"stream":"INTAKE","seq":0}}"#));
            assert_eq!(answer.error.unwrap().outcome(), outcome, "{code}");
        }
    }
}
