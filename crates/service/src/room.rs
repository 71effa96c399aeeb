//! The rooms of a service, opened: its runtime and view over the journal, and how both answer over gRPC.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;
use journal::{Context, Done, Failure, Journal, Observer, Request, Runtime, RuntimeParts, View, Views, views::PATIENCE};
use kernel::{CaseId, Clock, Decider, Gemeentecode, Key, RequestId};
use proto::common::v1 as pb;
use tokio::time::timeout;
use tonic::{Code, Status};

use crate::{Actor, Gate, Lifecycle, Readiness, finish, parking::Parking, status, telemetry};

/// Rows that one answer of a list holds.
const MOST_ON_A_PAGE: u32 = 500;

/// What every service is started with.
#[derive(Clone)]
pub struct Parts {
    /// Where commits go.
    pub journal: Arc<dyn Journal>,
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// Who is told of commits.
    pub observer: Arc<dyn Observer>,
    /// Who may come in.
    pub gate: Gate,
    /// Where views and local state are kept.
    pub data: PathBuf,
    /// Reviewed policy files.
    pub policies: PathBuf,
    /// The process's life.
    pub life: Lifecycle,
    /// Where a service reports that it has caught up.
    pub readiness: Readiness,
    /// Where a service shows what it parked.
    pub parking: Parking,
}

/// A service's runtime and view, following and ticking.
pub struct Room<V: View> {
    /// Decides and reacts.
    pub runtime: Arc<Runtime<V::Context>>,
    /// Shows.
    pub views: Arc<Views<V>>,
    /// Who may come in.
    pub gate: Gate,
    life: Lifecycle,
}

impl<V: View> Clone for Room<V> {
    fn clone(&self) -> Self {
        Self { runtime: self.runtime.clone(), views: self.views.clone(), gate: self.gate.clone(), life: self.life.clone() }
    }
}

impl Parts {
    /// Opens a service's runtime and view and starts following, reacting and ticking.
    pub fn open<V: View>(&self, view: V, facts: <V::Context as Context>::Facts) -> Room<V> {
        let runtime =
            Runtime::new(RuntimeParts { journal: self.journal.clone(), clock: self.clock.clone(), observer: self.observer.clone(), facts });
        let views = Views::new(view);
        journal::wire(&runtime, &views, &self.life.pulls(), self.life.tasks());
        let name = V::Context::NAME;
        self.readiness.expect(name);
        let (readiness, ready, stop) = (self.readiness.clone(), views.clone(), self.life.pulls());
        self.life.tasks().spawn(async move {
            tokio::select! { () = stop.cancelled() => {}, () = ready.ready() => readiness.ready(name).await }
        });
        let room = Room { runtime, views, gate: self.gate.clone(), life: self.life.clone() };
        self.parking.add(name, Arc::new(room.clone()));
        room
    }
}

impl<V: View> Room<V> {
    /// Runs a command for an actor. It is finished although the caller leaves.
    ///
    /// # Errors
    /// The status that fits the failure; `UNAVAILABLE` with `outcome-unknown` when it may have been done.
    pub async fn command(
        &self,
        actor: &Actor,
        head: Option<&pb::Command>,
        key: Key,
        command: <V::Context as Decider>::Command,
    ) -> Result<Done<<V::Context as Decider>::Event>, Status> {
        let mut request = request(actor, head)?;
        request.link = telemetry::caller();
        self.run(key, request, command).await
    }

    /// Runs a command with a request that is ready.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn run(
        &self,
        key: Key,
        request: Request,
        command: <V::Context as Decider>::Command,
    ) -> Result<Done<<V::Context as Decider>::Event>, Status> {
        let runtime = self.runtime.clone();
        finish(self.life.tasks(), async move { runtime.execute(key, request, command).await.map_err(|failure| failed(&failure)) }).await
    }

    /// A position in this service's stream.
    pub fn position(sequence: u64) -> pb::Position {
        pb::Position { context: V::Context::NAME.to_owned(), sequence }
    }

    /// Waits until the view holds everything that is in the stream now: before "not found" is said, or "this is all".
    ///
    /// # Errors
    /// `UNAVAILABLE` when the journal does not say within a second, or the view does not get there in another.
    pub async fn catch_up(&self) -> Result<(), Status> {
        let end = timeout(PATIENCE, self.runtime.journal().end(V::Context::NAME)).await;
        let end = end.map_err(|late| status::unavailable(&late))?.map_err(|away| status::unavailable(&away))?;
        self.reached(end).await
    }

    /// What the view knows, looked for once more after catching up when it does not.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub async fn look<T>(&self, find: impl Fn(&Views<V>) -> Option<T>) -> Result<Option<T>, Status> {
        if let Some(found) = find(&self.views) {
            return Ok(Some(found));
        }
        self.catch_up().await?;
        Ok(find(&self.views))
    }

    /// For a list: waits until the view holds what the reader has already seen; who does not say is shown all that was there when he asked.
    ///
    /// # Errors
    /// As [`seen`](Self::seen). Without a position what is known is shown when the journal is away, unless the view is still being built.
    pub async fn at_least(&self, position: Option<&pb::Position>) -> Result<(), Status> {
        if position.is_some_and(|position| position.sequence > 0) {
            return self.seen(position).await;
        }
        match self.catch_up().await {
            Err(behind) if self.views.is_ready() => {
                tracing::warn!(context = V::Context::NAME, %behind, "shown as far as it is known");
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Waits until the view holds what the reader has already seen; not at all for who does not say. For what the leader answers.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the position is not reached within a second; `INVALID_ARGUMENT` for a position of another context.
    pub async fn seen(&self, position: Option<&pb::Position>) -> Result<(), Status> {
        let Some(position) = position.filter(|position| position.sequence > 0) else { return Ok(()) };
        if position.context != V::Context::NAME {
            return Err(status::invalid_field("at_least.context", format!("the position of {} is expected", V::Context::NAME)));
        }
        self.reached(position.sequence).await
    }

    async fn reached(&self, sequence: u64) -> Result<(), Status> {
        self.views.wait_for(sequence).await.map_err(|behind| status::coded(Code::Unavailable, "behind", behind.to_string()))
    }
}

/// The request in the head of a command.
///
/// # Errors
/// `INVALID_ARGUMENT` when an id or an instant cannot be read.
pub fn request(actor: &Actor, head: Option<&pb::Command>) -> Result<Request, Status> {
    let head = head.ok_or_else(|| status::invalid_field("command", "a command with a request_id is expected"))?;
    let id: RequestId =
        head.request_id.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("command.request_id", error.to_string()))?;
    let mut request = Request::new(id, actor.id.clone());
    request.happened_at = instant("command.happened_at", &head.happened_at)?;
    Ok(request)
}

/// An optional instant, RFC 3339.
///
/// # Errors
/// `INVALID_ARGUMENT` when it cannot be read.
pub fn instant(field: &str, text: &str) -> Result<Option<Timestamp>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| status::invalid_field(field, "an instant is expected, for example 2026-03-09T10:15:00+01:00"))
}

/// The key of an aggregate that is kept per case.
///
/// # Errors
/// `INVALID_ARGUMENT` when the id or the code cannot be read.
pub fn case_key(gemeentecode: &str, case_id: &str) -> Result<Key, Status> {
    let gemeente: Gemeentecode =
        gemeentecode.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("gemeentecode", error.to_string()))?;
    let case: CaseId = case_id.parse().map_err(|error: kernel::ids::InvalidId| status::invalid_field("case_id", error.to_string()))?;
    Ok(Key::new(gemeente, case.uuid()))
}

/// A page of a list: how many, and after which row key.
///
/// # Errors
/// `INVALID_ARGUMENT` when the token is not one of ours.
pub fn page(page: Option<&pb::Page>) -> Result<(usize, Option<Vec<u8>>), Status> {
    let (size, token) = page.map_or((0, ""), |p| (p.size, p.token.as_str()));
    let size = if size == 0 { 100 } else { size.min(MOST_ON_A_PAGE) } as usize;
    if token.is_empty() {
        return Ok((size, None));
    }
    let after = hex::decode(token).map_err(|_| status::invalid_field("page.token", "the next_token of the answer before is expected"))?;
    Ok((size, Some(after)))
}

/// One page of rows that are all at hand, in the order of a key that each has for itself, and the token of the next page.
///
/// # Errors
/// As [`page`].
pub fn paged<T>(mut rows: Vec<T>, key: impl Fn(&T) -> String, page: Option<&pb::Page>) -> Result<(Vec<T>, String), Status> {
    let (size, after) = self::page(page)?;
    if let Some(after) = after {
        rows.retain(|row| key(row).as_bytes() > after.as_slice());
    }
    rows.sort_by_cached_key(&key);
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| more).map(|last| hex::encode(key(last))).unwrap_or_default();
    Ok((rows, next))
}

/// A list that is asked for page by page, until its last: `while let Some(page) = pages.to_ask() { ...; pages.add(rows, next_token) }`.
#[derive(Debug)]
pub struct Pages<T> {
    /// What came so far.
    pub rows: Vec<T>,
    token: Option<String>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), token: Some(String::new()) }
    }
}

impl<T> Pages<T> {
    /// The page to ask for; none after the last.
    pub fn to_ask(&mut self) -> Option<pb::Page> {
        self.token.take().map(|token| pb::Page { size: MOST_ON_A_PAGE, token })
    }

    /// Its rows, and the token that came with them.
    pub fn add(&mut self, rows: impl IntoIterator<Item = T>, next_token: String) {
        self.rows.extend(rows);
        self.token = Some(next_token).filter(|token| !token.is_empty());
    }
}

/// The token of the next page: the last row key, when the page was full.
pub fn next_token(rows: &[(Vec<u8>, Vec<u8>)], size: usize) -> String {
    if rows.len() < size { String::new() } else { rows.last().map(|(key, _)| hex::encode(key)).unwrap_or_default() }
}

/// A fresh request id for work that nobody repeats.
pub fn new_request_id(now: Timestamp) -> RequestId {
    RequestId::from_uuid(kernel::ids::new_uuid(now))
}

/// The status of a failed command.
pub fn failed<R: kernel::Reason>(failure: &Failure<R>) -> Status {
    match failure {
        Failure::Rejected(reason) => status::rejected(reason),
        Failure::TooOld => status::refused("request-too-old", failure.to_string()),
        Failure::Future => status::invalid_field("command.happened_at", "an instant that is not later than now is expected"),
        Failure::Busy => status::coded(Code::Aborted, "busy", failure.to_string()),
        Failure::Unavailable | Failure::Unreadable => status::unavailable(failure),
        Failure::Unknown => status::outcome_unknown(),
        Failure::TooLarge => status::coded(Code::ResourceExhausted, "too-large", failure.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_row_once_also_when_rows_come_and_go() {
        let mut rows: Vec<u32> = (0..1_203).collect();
        let mut pages = Pages::default();
        let mut asked = 0;
        while let Some(page) = pages.to_ask() {
            let (told, next) = paged(rows.clone(), |row| format!("{row:05}"), Some(&page)).unwrap();
            pages.add(told, next);
            asked += 1;
            // Told already, and gone since.
            rows.retain(|row| *row != 499);
        }
        assert_eq!((asked, pages.rows), (3, (0..1_203).collect()));
        assert_eq!(paged((0..500).collect(), |row| format!("{row:05}"), None).unwrap().0.len(), 100);
        let (exact, next) =
            paged((0..500).collect(), |row| format!("{row:05}"), Some(&pb::Page { size: 500, token: String::new() })).unwrap();
        assert_eq!((exact.len(), next.as_str()), (500, ""), "no empty page follows");
        assert_eq!(
            paged(vec![1], u32::to_string, Some(&pb::Page { size: 1, token: "x".into() })).unwrap_err().code(),
            Code::InvalidArgument
        );
    }
}
