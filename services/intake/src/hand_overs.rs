//! Hand-overs as both municipalities see them, and the opening of the case that an acceptance named: at once, and again by whoever looks
//! next when a crash came in between.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use intake_domain::{
    AddressFile, Answer, Command, ContactRestricted, Event, HandedTo, Keyed, Outcome, Particulars, Signal, SignalAccepted, TakeOver,
    person::Matched,
};
use jiff::Timestamp;
use journal::{Commit, Request, Rows, Views};
use kernel::{
    CaseId, Gemeentecode, Key, PersonId, SignalId,
    days::amsterdam_date,
    ids::{derived_uuid, new_uuid},
};
use prost::Message;
use service::{Lifecycle, Room, room::new_request_id};
use uuid::Uuid;

use crate::{
    codec,
    persons::{self, Persons},
    vault::{Household, Vault, VaultError, WrittenFor},
    views::Whereabouts,
};

/// By its id.
const HAND_OVERS: u8 = 23;
/// By municipality, offering and asked, then by the moment of the offer.
const BY_GEMEENTE: u8 = 24;
/// Accepted, and not yet opened there.
const UNFINISHED: u8 = 25;
/// The pending one of a case.
const OF_CASE: u8 = 26;

const EVERY: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 100;

/// A hand-over as it is kept in the view.
#[derive(Clone, PartialEq, Message)]
struct Row {
    #[prost(string, tag = "1")]
    file: String,
    #[prost(bytes = "vec", tag = "2")]
    case: Vec<u8>,
    #[prost(string, tag = "3")]
    to: String,
    #[prost(bytes = "vec", tag = "4")]
    vault_id: Vec<u8>,
    #[prost(string, tag = "5")]
    offered_on: String,
    #[prost(string, tag = "6")]
    state: String,
    #[prost(int64, tag = "7")]
    help_offered_at_ms: i64,
    #[prost(string, tag = "8")]
    bounce: String,
}

/// A hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// Its id.
    pub id: Uuid,
    /// The offering municipality's address file.
    pub file: Key,
    /// Its case: for its own eyes.
    pub case: CaseId,
    /// To whom.
    pub to: Gemeentecode,
    /// Vault record of the household at its new address.
    pub vault_id: Uuid,
    /// The day of the offer, ISO 8601.
    pub offered_on: String,
    /// `offered`, `accepted`, `bounced`, `lapsed`.
    pub state: String,
    /// Why it bounced; empty otherwise.
    pub bounce: String,
    help_offered_at: Option<Timestamp>,
}

/// Takes an event in.
pub fn apply(rows: &mut Rows<'_>, key: Key, event: &Event) {
    match event {
        Event::HandOverOffered(e) => {
            let row = Row {
                file: key.to_string(),
                case: e.case.uuid().as_bytes().to_vec(),
                to: e.to.to_string(),
                vault_id: e.vault_id.as_bytes().to_vec(),
                offered_on: amsterdam_date(e.offered_at).to_string(),
                state: "offered".to_owned(),
                help_offered_at_ms: e.help_offered_at.map(|at| at.as_millisecond()).unwrap_or_default(),
                bounce: String::new(),
            };
            rows.put(HAND_OVERS, e.hand_over.as_bytes(), row.encode_to_vec());
            for gemeente in [key.gemeente, e.to] {
                rows.put(BY_GEMEENTE, &by_gemeente(gemeente, e.offered_at, e.hand_over), []);
            }
            rows.put(OF_CASE, e.case.uuid().as_bytes(), *e.hand_over.as_bytes());
        }
        Event::HandOverAnswered(e) => {
            let (state, bounce) = match e.answer {
                Answer::Accepted { .. } => ("accepted", ""),
                Answer::Bounced(bounce) => ("bounced", bounce.code()),
            };
            became(rows, e.hand_over.as_bytes(), state, bounce);
            rows.remove(OF_CASE, e.case.uuid().as_bytes());
            if state == "accepted" {
                rows.put(UNFINISHED, e.hand_over.as_bytes(), []);
            }
        }
        Event::CaseTakenOver(e) => rows.remove(UNFINISHED, e.hand_over.as_bytes()),
        Event::CaseClosed(e) if e.outcome != Outcome::HandedOver => {
            if let Some(pending) = rows.get(OF_CASE, e.case.uuid().as_bytes()) {
                became(rows, &pending, "lapsed", "");
                rows.remove(OF_CASE, e.case.uuid().as_bytes());
            }
        }
        Event::CaseClosed(_)
        | Event::PersonsJudged(_)
        | Event::SignalSupplemented(_)
        | Event::CasesMerged(_)
        | Event::CasesUnmerged(_)
        | Event::LetterRectified(_)
        | Event::RightRequested(_)
        | Event::RightExtended(_)
        | Event::RightDecided(_)
        | Event::ConsentRecorded(_)
        | Event::ContactRestricted(_)
        | Event::RestrictionEnded(_)
        | Event::RefusalRecorded(_)
        | Event::CaseOpened(_)
        | Event::LandlordStageRecorded(_)
        | Event::SignalAccepted(_)
        | Event::SignalCorrected(_)
        | Event::SignalReturned(_)
        | Event::ReturnForgotten(_)
        | Event::ConcernChanged(_)
        | Event::HelpRequested(_)
        | Event::EvictionNoticed(_)
        | Event::TenantDied(_)
        | Event::SignalWithdrawn(_)
        | Event::PaymentRecorded(_)
        | Event::RegionReported(_) => {}
    }
}

fn became(rows: &mut Rows<'_>, id: &[u8], state: &str, bounce: &str) {
    if let Some(mut row) = rows.get(HAND_OVERS, id).and_then(|row| Row::decode(row.as_slice()).ok()) {
        (row.state, row.bounce) = (state.to_owned(), bounce.to_owned());
        rows.put(HAND_OVERS, id, row.encode_to_vec());
    }
}

/// One.
pub fn get(views: &Views<Whereabouts>, id: Uuid) -> Option<HandOver> {
    let row = Row::decode(views.get(HAND_OVERS, id.as_bytes())?.as_slice()).ok()?;
    Some(HandOver {
        id,
        file: row.file.parse().ok()?,
        case: CaseId::from_bytes(&row.case).ok()?,
        to: row.to.parse().ok()?,
        vault_id: Uuid::from_slice(&row.vault_id).ok()?,
        offered_on: row.offered_on,
        state: row.state,
        bounce: row.bounce,
        help_offered_at: Timestamp::from_millisecond(row.help_offered_at_ms).ok().filter(|_| row.help_offered_at_ms != 0),
    })
}

/// Those that a municipality offered or was asked, oldest first, after a row of the page before.
pub fn of_gemeente(
    views: &Views<Whereabouts>,
    gemeente: Gemeentecode,
    after: Option<&[u8]>,
    size: usize,
) -> (Vec<HandOver>, Option<Vec<u8>>) {
    let rows = views.scan(BY_GEMEENTE, gemeente.as_str().as_bytes(), after, size);
    let last = rows.last().filter(|_| rows.len() == size).map(|(row, _)| row.clone());
    (rows.iter().filter_map(|(row, _)| get(views, Uuid::from_slice(row.get(12..)?).ok()?)).collect(), last)
}

fn by_gemeente(gemeente: Gemeentecode, offered_at: Timestamp, id: Uuid) -> Vec<u8> {
    [gemeente.as_str().as_bytes(), &offered_at.as_millisecond().to_be_bytes(), id.as_bytes()].concat()
}

/// Why an accepted case is not opened yet.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// The journal is away.
    #[error("the journal does not answer")]
    Journal(#[from] journal::Unavailable),
    /// The vault is away.
    #[error("the vault does not answer")]
    Vault(#[from] VaultError),
    /// The append did not happen.
    #[error("the new case is not opened: {0}")]
    Append(String),
}

/// Opens the case that an acceptance named, if that was not done. Answers its position.
///
/// The epoch of the vault must not end meanwhile.
///
/// # Errors
/// [`Unfinished`]: it is tried again.
pub async fn finish(room: &Room<Whereabouts>, vault: &Arc<Vault>, hand_over: &HandOver) -> Result<u64, Unfinished> {
    let state = room.runtime.state(hand_over.file).await?.unwrap_or_default();
    let handed = state.case(hand_over.case).and_then(|case| case.handed_to).filter(|to| to.hand_over == hand_over.id);
    let Some(to) = handed else { return Ok(0) };
    let there = room.runtime.state(to.file).await?.unwrap_or_default();
    if there.case(to.case).is_some() {
        // Done before; what was erased there since is not written again.
        return Ok(room.runtime.journal().end("intake").await?);
    }
    let mut moved = moved_persons(room, vault, hand_over, (&state, to.file), &there).await?;
    let mut signals: Vec<SignalAccepted> = Vec::new();
    for signal in state.standing(hand_over.case) {
        let Some(carried) = carried(room, signal).await? else { continue };
        let (person, vault_id) = match state.person(signal).and_then(|person| moved.get_mut(&person)) {
            Some(moved) => {
                let person = moved.matched.clone();
                // Its record is known with the first report.
                moved.matched.new_name = false;
                (Some(person), moved.vault_id)
            }
            // Nobody can say whose it is: the household's.
            None => (None, hand_over.vault_id),
        };
        signals.push(SignalAccepted { person, vault_id, ..carried });
    }
    let restrictions = restrictions(vault, hand_over, (&state, to), &moved).await?;
    let take_over = TakeOver {
        file: to.file,
        case: to.case,
        hand_over: hand_over.id,
        from: hand_over.file.gemeente,
        vault_id: hand_over.vault_id,
        help_offered_at: hand_over.help_offered_at,
        asked_at: to.asked_at,
        signals,
        restrictions,
    };
    let request = Request::new(new_request_id(room.runtime.now()), "service:intake");
    let done = room.runtime.execute(to.file, request, Command::TakeOver(Box::new(take_over))).await;
    done.map(|done| done.sequence).map_err(|failure| Unfinished::Append(failure.to_string()))
}

/// Somebody of a household that moved, as its new address knows them.
struct Moved {
    matched: Matched,
    /// The name, with the new address.
    vault_id: Uuid,
}

/// Those whom the standing reports are about, under a record of their own at the new address: found among who is known there, or new.
/// Of whom no name is kept any more, nothing goes along.
async fn moved_persons(
    room: &Room<Whereabouts>,
    vault: &Arc<Vault>,
    hand_over: &HandOver,
    (state, to): (&AddressFile, Key),
    there: &AddressFile,
) -> Result<BTreeMap<PersonId, Moved>, Unfinished> {
    let home = vault.open(hand_over.vault_id).await?.unwrap_or_default();
    let mut theirs: BTreeMap<PersonId, (Household, Keyed)> = BTreeMap::new();
    for signal in state.standing(hand_over.case) {
        let Some(person) = state.person(signal) else { continue };
        let Some(kept) = vault.open(signal.given.vault_id).await?.filter(|kept| kept.person.is_some()) else { continue };
        let new = || (Household { address: home.address.clone(), door: home.door.clone(), ..Household::default() }, signal.reference);
        let (household, _) = theirs.entry(person).or_insert_with(new);
        household.person = kept.person;
        household.marks.extend(kept.marks);
    }
    let mut moved = BTreeMap::new();
    for (person, (household, reference)) in theirs {
        let vault_id = vault.id("hand-over-person", [hand_over.id.as_bytes(), person.uuid().as_bytes()]);
        vault.keep(vault_id, &household, WrittenFor { file: to, request: hand_over.id }).await?;
        let name = persons::name(household.person.as_ref());
        let matched = Persons::new(vault.clone()).find(there, reference, &name, room.runtime.now()).await?;
        moved.insert(person, Moved { matched, vault_id });
    }
    Ok(moved)
}

/// How they are not to be contacted, wherever they live; and who represents them, in a record of this address.
async fn restrictions(
    vault: &Vault,
    hand_over: &HandOver,
    (state, to): (&AddressFile, HandedTo),
    moved: &BTreeMap<PersonId, Moved>,
) -> Result<Vec<ContactRestricted>, Unfinished> {
    let mut carried = Vec::new();
    for one in state.wishes.restrictions.iter().filter(|one| one.until.is_none()) {
        let Some(moved) = moved.get(&state.persons.of(one.person)) else { continue };
        let restriction = derived_uuid(hand_over.id, &one.id.to_string());
        let representative = match one.vault_id {
            Some(record) => vault.open(record).await?,
            None => None,
        };
        let mut vault_id = None;
        if let Some(representative) = representative {
            let here = vault.id("hand-over-representative", [restriction.as_bytes()]);
            vault.keep(here, &representative, WrittenFor { file: to.file, request: hand_over.id }).await?;
            vault_id = Some(here);
        }
        carried.push(ContactRestricted { restriction, vault_id, ..one.told_in(to.case, moved.matched.person) });
    }
    Ok(carried)
}

/// What was asked besides goes along.
fn supplemented(told: Particulars, known: &Signal) -> Particulars {
    let asked = known.supplemented;
    Particulars { crisis: told.crisis.or(asked.crisis), warm_handover: told.warm_handover.or(asked.warm_handover), ..told }
}

/// A report as it was told in the commit of its receipt, with an id of its own for the new case and its first arrival.
async fn carried(room: &Room<Whereabouts>, known: &Signal) -> Result<Option<SignalAccepted>, Unfinished> {
    let receipt_id = known.given.receipt_id;
    let Some(sequence) = crate::views::commit_of_receipt(&room.views, receipt_id) else {
        return Err(Unfinished::Append("a receipt is not in the view yet".to_owned()));
    };
    let Some(commit) = room.runtime.journal().at("intake", sequence).await?.and_then(|record| Commit::read(&record).ok()) else {
        return Ok(None);
    };
    let (signal, file) = (SignalId::from_uuid(new_uuid(room.runtime.now())), commit.subject.key());
    let events = commit.envelope.types.iter().zip(&commit.events);
    let mut events = events.filter_map(|((name, version), bytes)| codec::decode(name, *version, bytes).ok());
    Ok(events.find_map(|event| match event {
        Event::SignalAccepted(e) if e.receipt_id == receipt_id => Some(SignalAccepted {
            signal,
            arrears_since: e.arrears_since.or(known.supplemented.arrears_since),
            particulars: supplemented(e.particulars, known),
            ..e
        }),
        Event::SignalCorrected(e) if e.receipt_id == receipt_id => Some(SignalAccepted {
            signal,
            case: e.case,
            kind: e.kind,
            organisation: e.organisation,
            amount: e.amount,
            arrears_since: e.arrears_since.or(known.supplemented.arrears_since),
            signal_date: e.signal_date,
            received_at: e.first_received_at,
            vault_id: e.vault_id,
            identity: known.identity,
            content: e.content,
            duties: e.duties,
            particulars: supplemented(e.particulars, known),
            receipt_id,
            file,
            reference: known.reference,
            repeats: None,
            person: None,
            skipped: false,
            district: None,
        }),
        _ => None,
    }))
}

/// Opens what acceptances named until the process ends: usually there is nothing to do.
pub fn keep_finishing(room: Room<Whereabouts>, vault: Arc<Vault>, life: &Lifecycle) {
    let stop = life.pulls();
    life.tasks().spawn(async move {
        tokio::select! { () = stop.cancelled() => return, () = room.views.ready() => {} }
        loop {
            for (row, _) in room.views.scan(UNFINISHED, &[], None, AT_ONCE) {
                let Some(hand_over) = Uuid::from_slice(&row).ok().and_then(|id| get(&room.views, id)) else { continue };
                let _epoch = vault.in_this_epoch().await;
                if let Err(error) = finish(&room, &vault, &hand_over).await {
                    tracing::warn!(%error, "a case that was taken over is not opened yet");
                }
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
        }
    });
}
