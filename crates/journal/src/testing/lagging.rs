//! A journal whose views are a moment behind, as on a busy machine: what relies on luck fails every time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};

use crate::{
    log::{Appended, Delivery, Durable, Journal, Record, Subject, Unavailable},
    precedence::Precedence,
};

/// Commits that are held back at a time.
const HELD: usize = 1024;
/// Enough to be seen by whoever reads right after he wrote; a test takes hardly longer.
const LAG: Duration = Duration::from_millis(40);

/// Everything is the inner journal's, but whoever follows hears of a commit later.
pub struct Lagging<J> {
    journal: Arc<J>,
    lag: Duration,
    silent: AtomicBool,
}

impl<J: Journal> Lagging<J> {
    /// A usual moment behind.
    pub fn behind(journal: Arc<J>) -> Arc<Self> {
        Self::by(LAG, journal)
    }

    /// So far behind.
    pub fn by(lag: Duration, journal: Arc<J>) -> Arc<Self> {
        Arc::new(Self { journal, lag, silent: AtomicBool::new(false) })
    }

    /// From now on it does not say where its streams end, as when no leader answers.
    pub fn silence(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl<J: Journal> Journal for Lagging<J> {
    async fn append(&self, subject: &Subject, expected: u64, payload: Bytes) -> Appended {
        self.journal.append(subject, expected, payload).await
    }
    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        self.journal.last(subject).await
    }
    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        self.journal.at(context, sequence).await
    }
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        self.journal.load(subject, after).await
    }
    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        if self.silent.load(Ordering::Relaxed) {
            return Err(Unavailable("no leader answers".to_owned()));
        }
        self.journal.end(context).await
    }
    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        let lag = self.lag;
        let held = move |record| async move {
            tokio::time::sleep(lag).await;
            record
        };
        self.journal.follow(context, after).await.map(held).buffered(HELD).boxed()
    }
    async fn deliveries(&self, durable: &Durable, window: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        self.journal.deliveries(durable, window).await
    }
    fn precedence(&self) -> Option<&Precedence> {
        self.journal.precedence()
    }
}
