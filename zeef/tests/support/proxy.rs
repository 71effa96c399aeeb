//! What stands between a client and the services: a recorder of every byte, a recorder of every gRPC answer, and a client
//! that sends each request to another replica than the one before.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use service::Client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tonic::{
    body::Body,
    metadata::{KeyAndValueRef, MetadataMap},
};
use tower::Service;

/// Forwards TCP connections and keeps every byte, each way.
pub struct Recorder {
    port: u16,
    to_server: Arc<Mutex<Vec<u8>>>,
    to_client: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    /// Listens on a free port and connects everyone to the given one.
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to_server, to_client) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let kept = (to_server.clone(), to_client.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { continue };
                let (from_client, into_client) = client.into_split();
                let (from_server, into_server) = server.into_split();
                tokio::spawn(pump(from_client, into_server, kept.0.clone()));
                tokio::spawn(pump(from_server, into_client, kept.1.clone()));
            }
        });
        Self { port, to_server, to_client }
    }

    /// Where to connect.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every byte that went to the server.
    pub fn to_server(&self) -> Vec<u8> {
        self.to_server.lock().unwrap().clone()
    }

    /// Every byte that came back.
    pub fn to_client(&self) -> Vec<u8> {
        self.to_client.lock().unwrap().clone()
    }
}

async fn pump(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, keep: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        keep.lock().unwrap().extend_from_slice(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

/// A client that keeps what comes back as gRPC sees it: HPACK and Huffman codes, which hide text in the bytes of a
/// connection, are undone.
#[derive(Clone)]
pub struct Listening {
    inner: Client,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Listening {
    pub fn new(inner: Client) -> Self {
        Self { inner, heard: Arc::default() }
    }

    /// Names and values of headers and trailers (binary ones decoded), and messages, in the order they came.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

impl Service<Request<Body>> for Listening {
    type Response = Response<Body>;
    type Error = <Client as Service<Request<Body>>>::Error;
    type Future = Answer<Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (answer, heard) = (Service::call(&mut self.inner, request), self.heard.clone());
        Box::pin(async move {
            let answer = answer.await?;
            note(&heard, answer.headers());
            Ok(answer.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    if let Some(data) = frame.data_ref() {
                        heard.lock().unwrap().extend_from_slice(data);
                    }
                    if let Some(trailers) = frame.trailers_ref() {
                        note(&heard, trailers);
                    }
                    frame
                }))
            }))
        })
    }
}

fn note(heard: &Mutex<Vec<u8>>, headers: &HeaderMap) {
    let mut heard = heard.lock().unwrap();
    for pair in MetadataMap::from_headers(headers.clone()).iter() {
        let (name, value) = match pair {
            KeyAndValueRef::Ascii(name, value) => (name.to_string(), value.as_encoded_bytes().to_vec()),
            KeyAndValueRef::Binary(name, value) => (name.to_string(), value.to_bytes().unwrap_or_default().to_vec()),
        };
        heard.extend_from_slice(name.as_bytes());
        heard.extend_from_slice(b": ");
        heard.extend_from_slice(&value);
        heard.push(b'\n');
    }
}

/// Sends each request to the replica after the one that had the last: the unkindest balancer there is.
#[derive(Clone)]
pub struct Alternating {
    replicas: Arc<[Client]>,
    next: Arc<AtomicUsize>,
}

impl Alternating {
    pub fn over(replicas: impl IntoIterator<Item = Client>) -> Self {
        Self { replicas: replicas.into_iter().collect(), next: Arc::default() }
    }

    /// How many requests were sent.
    pub fn sent(&self) -> usize {
        self.next.load(Ordering::SeqCst)
    }
}

impl Service<Request<Body>> for Alternating {
    type Response = Response<Body>;
    type Error = <Client as Service<Request<Body>>>::Error;
    type Future = Answer<Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let at = self.next.fetch_add(1, Ordering::SeqCst) % self.replicas.len();
        let mut replica = self.replicas[at].clone();
        Box::pin(async move {
            std::future::poll_fn(|cx| Service::poll_ready(&mut replica, cx)).await?;
            Ok(Service::call(&mut replica, request).await?.map(Body::new))
        })
    }
}

/// Whether these bytes occur.
pub fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
