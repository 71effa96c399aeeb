//! Follows the streams of all contexts into the rows. Reads only: the desk never appends.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream::select_all};
use journal::{Journal, Unavailable};
use service::Readiness;
use tokio_util::sync::CancellationToken;

use crate::{
    event::CONTEXTS,
    store::{Positions, Store},
};

/// The name under which the desk reports that it has caught up.
pub const PART: &str = "desk";
/// Records taken in together.
const CHUNK: usize = 256;

/// Why following stopped, to begin again.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Journal(#[from] Unavailable),
    #[error("the journal closed its streams")]
    Closed,
}

/// Follows until told to stop; begins again after a failure.
pub async fn run(journal: Arc<dyn Journal>, store: Arc<Store>, readiness: Readiness, token: CancellationToken) {
    let mut wait = Duration::from_millis(100);
    loop {
        let stopped = tokio::select! {
            () = token.cancelled() => return,
            Err(stopped) = follow(&journal, &store, &readiness) => stopped,
            else => return,
        };
        tracing::warn!(cause = %service::status::Chain(&stopped), "the desk follows again");
        tokio::select! {
            () = token.cancelled() => return,
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(5)),
        }
    }
}

async fn follow(journal: &Arc<dyn Journal>, store: &Store, readiness: &Readiness) -> Result<(), Stopped> {
    let mut ends: Positions = [0; CONTEXTS.len()];
    for (context, end) in CONTEXTS.into_iter().zip(&mut ends) {
        *end = journal.end(context).await?;
    }
    let mut streams = Vec::new();
    for (context, position) in CONTEXTS.into_iter().zip(store.positions()) {
        streams.push(journal.follow(context, position).await);
    }
    let caught_up = |positions: Positions| positions.iter().zip(&ends).all(|(at, end)| at >= end);
    let ready = async || {
        if !store.is_built() && caught_up(store.positions()) {
            store.set_built();
            readiness.ready(PART).await;
        }
    };
    ready().await;
    let mut chunks = select_all(streams).ready_chunks(CHUNK);
    while let Some(records) = chunks.next().await {
        store.apply(&records);
        ready().await;
        tokio::task::yield_now().await;
    }
    Err(Stopped::Closed)
}
