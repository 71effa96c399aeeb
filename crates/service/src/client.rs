//! Owns how a process or a command calls a service: token, trace context and clear errors.

use std::time::Duration;

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use crate::telemetry;

/// A channel that sends the token and trace context with every request: `IntakeServiceClient::new(client)`.
pub type Client = InterceptedService<Channel, Token>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not an address.
    #[error("not an address of a service: {0}; right would be, for example, http://127.0.0.1:4700")]
    Address(String),
    /// Not a token.
    #[error("the token has characters that no token has")]
    Token,
    /// Nobody answers.
    #[error("no service at {address}: start it with `zeef up`")]
    NoService {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: tonic::transport::Error,
    },
}

/// Puts `authorization: Bearer …` and `traceparent` in every request.
#[derive(Clone)]
pub struct Token(Option<MetadataValue<Ascii>>);

impl Token {
    /// A bearer token, or none.
    ///
    /// # Errors
    /// [`Error::Token`] when it cannot be sent.
    pub fn new(token: Option<&str>) -> Result<Self, Error> {
        let value = token.map(|token| format!("Bearer {token}").parse::<MetadataValue<Ascii>>()).transpose();
        let mut value = value.map_err(|_| Error::Token)?;
        if let Some(value) = &mut value {
            value.set_sensitive(true);
        }
        Ok(Self(value))
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        telemetry::inject(request.metadata_mut());
        Ok(request)
    }
}

/// Connects to `address` (`http://` may be left out), within three seconds.
///
/// # Errors
/// [`Error`], with what to do about it.
pub async fn connect(address: &str, token: Option<&str>) -> Result<Client, Error> {
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let token = Token::new(token)?;
    let endpoint = Endpoint::from_shared(address.clone()).map_err(|_| Error::Address(address.clone()))?;
    let channel = endpoint
        .connect_timeout(Duration::from_secs(3))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .tcp_nodelay(true)
        .connect()
        .await
        .map_err(|source| Error::NoService { address, source })?;
    Ok(InterceptedService::new(channel, token))
}
