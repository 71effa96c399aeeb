//! What the vault does by itself as time passes: the content of returned reports and of concerns goes when its days are over (the vault first,
//! then the commit that says so; a crash in between means: again), so do the people of cases whose term ended and the records that no commit
//! names, and an epoch in which something was erased ends.

use std::{sync::Arc, time::Duration};

use intake_domain::Command;
use jiff::SignedDuration;
use journal::Request;
use service::{Lifecycle, Room, room::new_request_id};

use crate::{
    orphans,
    retention::{Retention, Sweep},
    vault::{Erased, Ground, Vault},
    views::{self, Whereabouts},
};

/// How often is looked what is due; the due moments are those of the injected clock.
const EVERY: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 100;
/// Who does it, in the ledger and the journal.
pub(crate) const SERVICE: &str = "service:intake";
/// Hours after an erasure until its keys are destroyed: a backup of the day before can be restored until then, and the month that
/// the law gives (AVG art. 12(3)) is far away.
const KEYS_LAST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Looks until the process ends. Replicas may both do it: removing twice is fine, and there is one commit. An epoch ends by itself
/// only where `alone` says that no other process has these keys.
pub fn keep_removing(room: Room<Whereabouts>, vault: Arc<Vault>, life: &Lifecycle, alone: bool, retention: Retention) {
    let stop = life.pulls();
    life.tasks().spawn(async move {
        tokio::select! { () = stop.cancelled() => return, () = room.views.ready() => {} }
        let (mut sweep, mut orphans) = (Sweep::new(retention), orphans::Sweep::default());
        loop {
            remove_due(&room, &vault).await;
            sweep.today(&room, &vault).await;
            orphans.today(&room, &vault).await;
            if alone {
                end_epoch(&room, &vault).await;
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
        }
    });
}

async fn end_epoch(room: &Room<Whereabouts>, vault: &Vault) {
    let now = room.runtime.now();
    match vault.ending_since().await {
        Ok(Some(since)) if since.duration_until(now) >= KEYS_LAST => {}
        Ok(_) => return,
        Err(error) => return tracing::warn!(%error, "whether keys are to be destroyed is not known yet"),
    }
    match vault.next_epoch().await {
        Ok(over) => tracing::info!(epoch = over.epoch, records = over.records, entries = over.entries, "old vault keys are destroyed"),
        Err(error) => tracing::error!(%error, "old vault keys are not destroyed yet"),
    }
}

async fn remove_due(room: &Room<Whereabouts>, vault: &Vault) {
    let now = room.runtime.now();
    for (record, file) in views::returns_due(&room.views, now, AT_ONCE) {
        // By the leader: danger, or a link to a case, may have been told a moment ago.
        let due = match room.runtime.state(file).await {
            Ok(state) => state.and_then(|state| state.content_goes_at()).is_some_and(|at| at <= now),
            Err(error) => return tracing::warn!(%error, "content whose days are over is not removed yet"),
        };
        if !due {
            continue;
        }
        let officer = SERVICE.to_owned();
        let line = Erased { record, case: None, ground: Ground::Retention, officer, erased_at: now };
        if let Err(error) = vault.erase(&line, &[]).await {
            tracing::warn!(%error, "content whose days are over is not removed yet");
            continue;
        }
        let request = Request::new(new_request_id(now), SERVICE);
        if let Err(failure) = room.runtime.execute(file, request, Command::ForgetContent).await {
            tracing::debug!(%failure, "to say that content is removed waits");
        }
    }
}
