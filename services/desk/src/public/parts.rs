//! The parts of a form as a browser sends it (multipart/form-data, RFC 7578): one after the other, as they come in. Whatever is sent, no more
//! is held than the head of a part and what came in last.

use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use memchr::memmem;

/// Longest head of a part, in bytes.
const HEAD: usize = 8 * 1024;
/// Longest time between two pieces of a body.
const STALL: Duration = Duration::from_secs(30);

/// Why a form cannot be read on.
#[derive(Debug, PartialEq, Eq)]
pub enum Bad {
    /// More than it may be.
    TooLarge,
    /// Broken off, or no form.
    Unreadable,
}

/// How a part begins.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// The field.
    pub name: String,
    /// The name of a file; none for words.
    pub file: Option<String>,
}

/// A form that is coming in.
pub struct Parts<S> {
    body: S,
    held: BytesMut,
    /// What ends a part, and begins the next; nothing when it was not said.
    end: Vec<u8>,
    /// The end of this part has not come yet.
    inside: bool,
    /// Bytes that may still come in.
    rest: usize,
}

impl<S, B, E> Parts<S>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    /// Of a body with this content type, of at most so many bytes.
    pub fn new(content_type: &str, body: S, most: usize) -> Self {
        let end = boundary(content_type).map(|boundary| format!("\r\n--{boundary}").into_bytes()).unwrap_or_default();
        // What comes before the first part is as a part that nobody wants; no line stands before its end.
        Self { body, held: BytesMut::from(&b"\r\n"[..]), end, inside: true, rest: most }
    }

    /// The next part, or none after the last. What was not read of the one before it is passed over.
    ///
    /// # Errors
    /// [`Bad`].
    pub async fn next(&mut self) -> Result<Option<Head>, Bad> {
        if self.end.is_empty() {
            return Err(Bad::Unreadable);
        }
        while self.bytes().await?.is_some() {}
        while self.held.len() < 2 {
            self.more().await?;
        }
        if self.held.starts_with(b"--") {
            return Ok(None);
        }
        let head = loop {
            match memmem::find(&self.held, b"\r\n\r\n") {
                Some(at) if at <= HEAD => break self.held.split_to(at + 4),
                None if self.held.len() < HEAD + 4 => self.more().await?,
                _ => return Err(Bad::Unreadable),
            }
        };
        self.inside = true;
        Ok(Some(read(&String::from_utf8_lossy(&head))))
    }

    /// More of this part; none at its end.
    ///
    /// # Errors
    /// [`Bad`].
    pub async fn bytes(&mut self) -> Result<Option<Bytes>, Bad> {
        while self.inside {
            match memmem::find(&self.held, &self.end) {
                Some(0) => {
                    self.held.advance(self.end.len());
                    self.inside = false;
                }
                Some(at) => return Ok(Some(self.held.split_to(at).freeze())),
                None => {
                    // What may be the beginning of the end stays.
                    let sure = self.held.len().saturating_sub(self.end.len() - 1);
                    if sure > 0 {
                        return Ok(Some(self.held.split_to(sure).freeze()));
                    }
                    self.more().await?;
                }
            }
        }
        Ok(None)
    }

    async fn more(&mut self) -> Result<(), Bad> {
        match tokio::time::timeout(STALL, self.body.next()).await {
            Ok(Some(Ok(bytes))) => {
                let bytes = bytes.as_ref();
                self.rest = self.rest.checked_sub(bytes.len()).ok_or(Bad::TooLarge)?;
                self.held.extend_from_slice(bytes);
                Ok(())
            }
            _ => Err(Bad::Unreadable),
        }
    }

    /// Reads what is left and throws it away: a browser that is cut off shows no answer.
    pub async fn pass_over(mut self) {
        while let Ok(Some(Ok(_))) = tokio::time::timeout(STALL, self.body.next()).await {}
    }
}

/// What stands between the parts, by the content type.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    let right = kind.trim().eq_ignore_ascii_case("multipart/form-data") && (1..=70).contains(&boundary.len());
    right.then_some(boundary)
}

/// The head of a part. Without a name it is a field that nobody knows.
fn read(head: &str) -> Head {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let disposition = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-disposition")).map_or("", |(_, value)| value);
    Head { name: parameter(disposition, "; name=\"").unwrap_or_default(), file: parameter(disposition, "; filename=\"") }
}

/// A quoted parameter. Browsers write a quote in it as %22, and a line end as %0D%0A.
fn parameter(value: &str, begin: &str) -> Option<String> {
    let (_, rest) = value.split_once(begin)?;
    let (text, _) = rest.split_once('"')?;
    Some(text.replace("%22", "\"").replace("%0D", "").replace("%0A", ""))
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
