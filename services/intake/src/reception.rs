//! Where reports come in: the vault first, then one commit in the household's address file. Per signal two writes to the
//! vault at once and one append; an address that is known costs a read more.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use intake_domain::{Command, Event, Keyed, NewSignal, PartnerKind, Rejection};
use jiff::Timestamp;
use journal::{Done, Failure, KeyedError, Request, Runtime};
use kernel::{CaseId, Cents, Gemeentecode, Key, SignalId, ids::new_uuid};
use lru::LruCache;
use proto::intake::v1 as pb;
use service::{Room, room::failed, status};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    Intake,
    check::{Checked, fault},
    vault::{Index, Vault, VaultError, WrittenFor},
    views::{self, Whereabouts},
};

/// References and signals that this replica remembers ahead of its view.
const REMEMBERED: usize = 100_000;

/// What a partner gets for a report. No case id: that would join one person's debts across partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Tells nothing about the case.
    pub id: Uuid,
    /// Arrival (UTC).
    pub received_at: Timestamp,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// New.
    Accepted(Receipt),
    /// Taken in before, with this receipt.
    Repeated(Receipt),
    /// Not taken in.
    Refused(Vec<pb::Fault>),
}

/// What this replica knows before its view does.
struct Memory {
    /// One report of a reference at a time.
    lanes: LruCache<Keyed, Arc<tokio::sync::Mutex<()>>>,
    /// The address file of a signal.
    signals: LruCache<Keyed, Key>,
    /// The address file of a reference of which only steps 1 and 2 were told.
    staged: LruCache<Keyed, Key>,
}

/// Takes in reports and landlords' stages.
pub struct Reception {
    room: Room<Whereabouts>,
    vault: Arc<Vault>,
    memory: Mutex<Memory>,
}

impl Reception {
    /// A reception over these rooms.
    pub fn new(room: Room<Whereabouts>, vault: Arc<Vault>) -> Self {
        let most = NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN);
        let memory = Memory { lanes: LruCache::new(most), signals: LruCache::new(most), staged: LruCache::new(most) };
        Self { room, vault, memory: Mutex::new(memory) }
    }

    fn runtime(&self) -> &Runtime<Intake> {
        &self.room.runtime
    }

    /// The keyed hash of a partner's reference.
    pub fn reference(&self, organisation: &str, reference: &str) -> Keyed {
        self.vault.keys().hash("reference", [organisation.as_bytes(), reference.as_bytes()])
    }

    /// Takes in a checked report of an organisation. Answers the position too.
    ///
    /// # Errors
    /// A status when nothing is known of it: the same report may be sent again, it never counts twice.
    pub async fn take_in(
        &self,
        organisation: String,
        request: Request,
        received_at: Timestamp,
        signal: Checked,
    ) -> Result<(Taken, u64), Status> {
        let keys = self.vault.keys();
        let reference = self.reference(&organisation, &signal.reference);
        let month = signal.signal_date.strftime("%Y-%m").to_string();
        let identity =
            keys.hash("identity", [organisation.as_bytes(), signal.reference.as_bytes(), signal.kind.code().as_bytes(), month.as_bytes()]);
        let content = keys.hash("content", [&signal.content]);

        let lane = self.lane(reference);
        let _turn = lane.lock().await;
        // Known under another address perhaps: it is answered where it is.
        if let Some(file) = self.remembered(identity)
            && let Some(answer) = self.known(file, identity, content).await?
        {
            return Ok((answer, 0));
        }
        let now = self.runtime().now();
        let staged = if signal.kind == PartnerKind::Rent { self.staged(reference).await? } else { None };
        let proposed = staged.unwrap_or_else(|| Key::new(signal.gemeente, new_uuid(now)));
        let vault_id = keys.id("vault", [&identity.0, &content.0]);
        let address = Index::Address(keys.hash("address", [signal.door.line().as_bytes()]));
        let written_for = |file| WrittenFor { file, request: request.request_id.uuid() };
        let (kept, claimed) =
            tokio::join!(self.vault.keep(vault_id, &signal.household, written_for(proposed)), self.vault.claim(address, proposed));
        kept.map_err(|error| away(&error))?;
        let claimed = claimed.map_err(|error| away(&error))?;
        if claimed.file != proposed {
            // The record must name the file whose commit will name the record.
            self.vault.keep(vault_id, &signal.household, written_for(claimed.file)).await.map_err(|error| away(&error))?;
        }
        let command = Command::AcceptSignal {
            file: claimed.file,
            signal: Box::new(NewSignal {
                signal: SignalId::from_uuid(new_uuid(now)),
                new_case: CaseId::new(now),
                receipt_id: new_uuid(now),
                kind: signal.kind,
                organisation,
                amount: signal.amount,
                arrears_since: signal.arrears_since,
                signal_date: signal.signal_date,
                received_at,
                vault_id,
                identity,
                content,
                reference,
                duties: signal.duties,
                contact_on: signal.contact_on,
            }),
        };
        let request = Request { assume_new: claimed.fresh && staged.is_none(), ..request };
        match self.runtime().execute(claimed.file, request, command).await {
            Ok(Done { sequence, events, repeated }) => {
                self.remember(|memory| {
                    memory.signals.put(identity, claimed.file);
                    memory.staged.pop(&reference);
                });
                let receipt = events.iter().find_map(|event| match event {
                    Event::SignalAccepted(e) => Some(Receipt { id: e.receipt_id, received_at: e.received_at }),
                    _ => None,
                });
                match receipt {
                    Some(receipt) if repeated => Ok((Taken::Repeated(receipt), sequence)),
                    Some(receipt) => Ok((Taken::Accepted(receipt), sequence)),
                    None => match self.known(claimed.file, identity, content).await? {
                        Some(answer) => Ok((answer, sequence)),
                        // The request id belongs to something else that was done to this file.
                        None => Err(status::refused("request-used", "this request id was used for another request")),
                    },
                }
            }
            Err(Failure::Rejected(Rejection::ReferenceUsed)) => Ok((reference_used(), 0)),
            Err(failure) => Err(failed(&failure)),
        }
    }

    /// The answer to a signal that its file knows, by the leader's read.
    async fn known(&self, file: Key, identity: Keyed, content: Keyed) -> Result<Option<Taken>, Status> {
        let state = self.runtime().state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default();
        Ok(state.signals.get(&identity).filter(|signal| signal.stands).map(|signal| {
            if signal.content == content {
                Taken::Repeated(Receipt { id: signal.receipt_id, received_at: signal.received_at })
            } else {
                reference_used()
            }
        }))
    }

    /// The file of a reference of which only steps 1 and 2 were told: the first address it gets becomes the file's.
    async fn staged(&self, reference: Keyed) -> Result<Option<Key>, Status> {
        let remembered = self.memory.lock().ok().and_then(|mut memory| memory.staged.get(&reference).copied());
        let seen = || views::of_reference(&self.room.views, reference).filter(|known| known.staged_only).map(|known| known.file);
        let Some(file) = remembered.or_else(seen) else { return Ok(None) };
        let state = self.runtime().state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default();
        Ok(state.signals.is_empty().then_some(file))
    }

    /// Takes in a landlord's word on step 1 or 2, under its own reference: no personal data, so no address.
    ///
    /// # Errors
    /// A status when it is not known to be done.
    pub async fn landlord_stage(
        &self,
        organisation: &str,
        request: Request,
        (reference, gemeente, step, amount): (String, Gemeentecode, u8, Cents),
    ) -> Result<(Receipt, u64), Status> {
        let now = self.runtime().now();
        let reference = self.reference(organisation, &reference);
        let lane = self.lane(reference);
        let _turn = lane.lock().await;
        let file = match views::of_reference(&self.room.views, reference) {
            Some(known) => known.file,
            None => {
                let proposed = Key::new(gemeente, new_uuid(now));
                self.vault.claim(Index::Reference(reference), proposed).await.map_err(|error| away(&error))?.file
            }
        };
        let receipt_id = new_uuid(now);
        let new_case = CaseId::new(now);
        let command = Command::RecordLandlordStage { file, new_case, reference, step, amount, receipt_id, received_at: now };
        let done = self.runtime().execute(file, request, command).await.map_err(|failure| failed(&failure))?;
        let told = done.events.iter().find_map(|event| match event {
            Event::LandlordStageRecorded(e) => Some(Receipt { id: e.receipt_id, received_at: e.received_at }),
            _ => None,
        });
        let receipt = match told {
            Some(receipt) => receipt,
            None => {
                let state = self.runtime().state(file).await.map_err(|error| status::unavailable(&error))?.unwrap_or_default();
                let mut stages = state.cases.iter().filter_map(|case| case.stages.get(&(reference, step)));
                let repeated = stages.next_back().map(|(_, id, received_at)| Receipt { id: *id, received_at: *received_at });
                repeated.ok_or_else(|| status::refused("request-used", "this request id was used for another request"))?
            }
        };
        self.remember(|memory| {
            memory.staged.put(reference, file);
        });
        Ok((receipt, done.sequence))
    }

    fn lane(&self, reference: Keyed) -> Arc<tokio::sync::Mutex<()>> {
        self.memory.lock().map(|mut memory| memory.lanes.get_or_insert(reference, Arc::default).clone()).unwrap_or_default()
    }

    fn remember(&self, change: impl FnOnce(&mut Memory)) {
        if let Ok(mut memory) = self.memory.lock() {
            change(&mut memory);
        }
    }

    fn remembered(&self, identity: Keyed) -> Option<Key> {
        let known = self.memory.lock().ok().and_then(|mut memory| memory.signals.get(&identity).copied());
        known.or_else(|| views::file_of_signal(&self.room.views, identity))
    }
}

fn reference_used() -> Taken {
    Taken::Refused(vec![fault(
        "reference",
        "reference-used",
        "dit kenmerk is deze maand al gebruikt voor een melding met een andere inhoud; een verbeterde melding kan nog niet, \
         meld een andere achterstand onder een eigen kenmerk",
    )])
}

/// A vault that did not do as asked, as the caller is told.
pub fn away(error: &VaultError) -> Status {
    match error {
        VaultError::Store(KeyedError::Unknown) => status::outcome_unknown(),
        VaultError::Store(_) => status::unavailable(error),
        VaultError::Unreadable(_) | VaultError::BrokenIndex | VaultError::Sealing => status::internal(error),
    }
}

/// The stable code inside a status, for a verdict.
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    match status.get_details_error_info() {
        Some(info) => info.reason,
        None if status.code() == Code::PermissionDenied => "not-permitted".to_owned(),
        None => "failed".to_owned(),
    }
}
