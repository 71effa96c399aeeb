//! Removes the content of returned reports when its days are over: the vault first, then the commit that says so. A crash in
//! between means: again.

use std::{sync::Arc, time::Duration};

use intake_domain::Command;
use journal::Request;
use service::{Lifecycle, Room, room::new_request_id};

use crate::{
    vault::Vault,
    views::{self, Whereabouts},
};

/// How often is looked what is due; the due moments are those of the injected clock.
const EVERY: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 100;

/// Looks until the process ends. Replicas may both do it: removing twice is fine, and there is one commit.
pub fn keep_removing(room: Room<Whereabouts>, vault: Arc<Vault>, life: &Lifecycle) {
    let stop = life.pulls();
    life.tasks().spawn(async move {
        tokio::select! { () = stop.cancelled() => return, () = room.views.ready() => {} }
        loop {
            remove_due(&room, &vault).await;
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
        }
    });
}

async fn remove_due(room: &Room<Whereabouts>, vault: &Vault) {
    let now = room.runtime.now();
    for (record, file) in views::returns_due(&room.views, now, AT_ONCE) {
        if let Err(error) = vault.remove(record).await {
            tracing::warn!(%error, "content of a returned report is not removed yet");
            continue;
        }
        let request = Request::new(new_request_id(now), "service:intake");
        if let Err(failure) = room.runtime.execute(file, request, Command::ForgetReturn).await {
            tracing::debug!(%failure, "removal of a returned report waits");
        }
    }
}
