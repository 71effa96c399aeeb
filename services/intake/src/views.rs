//! Where things are: from a case to its address file and vault records, and from a partner's reference or signal to a case.
//! Built from intake's own stream; nothing in it that is not in an event.

use std::collections::BTreeSet;

use intake_domain::{Event, Keyed, Outcome, person::Matched};
use jiff::Timestamp;
use journal::{Commit, Rows, View, Views};
use kernel::{CaseId, Gemeentecode, Key, PersonId, SignalId};
use uuid::Uuid;

use crate::{bailiff, concerns, context::Intake, feedback, hand_overs, requests};

const CASES: u8 = 1;
const RECORDS: u8 = 2;
const REFERENCES: u8 = 3;
const SIGNALS: u8 = 4;
const RECEIPTS: u8 = 5;
/// Returned reports and concerns by the moment their content is removed, and that moment by report.
const RETURNS: u8 = 6;
const RETURNED: u8 = 7;
/// Pairs of persons in doubt, by municipality.
const PAIRS: u8 = 8;
/// The address file of a signal, by its id.
const SIGNAL_FILES: u8 = 9;

/// Closed cases by the moment of closing, and that moment by case.
const CLOSED: u8 = 40;
const CLOSED_AT: u8 = 41;

/// The view.
#[derive(Clone, Copy, Debug)]
pub struct Whereabouts;

/// What a partner's reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referred {
    /// The newest case of the reference.
    pub case: CaseId,
    /// Its address file.
    pub file: Key,
    /// Only steps 1 and 2 were told of it: its file has no address yet.
    pub staged_only: bool,
}

impl View for Whereabouts {
    type Context = Intake;
    fn apply(&self, rows: &mut Rows<'_>, key: Key, commit: &Commit, events: &[Event]) {
        let file = key.to_string();
        for event in events {
            feedback::apply(rows, key, commit, event);
            hand_overs::apply(rows, key, event);
            requests::apply(rows, key, event);
            match event {
                Event::CaseOpened(e) => {
                    if let Some(at) = rows.get(CLOSED_AT, e.case.uuid().as_bytes()) {
                        rows.remove(CLOSED, &[at.as_slice(), e.case.uuid().as_bytes()].concat());
                        rows.remove(CLOSED_AT, e.case.uuid().as_bytes());
                    }
                    rows.put(CASES, e.case.uuid().as_bytes(), file.as_str());
                    if let Some(vault_id) = e.vault_id {
                        rows.put(RECORDS, &record_key(e.case, vault_id), commit.sequence.to_be_bytes());
                    }
                }
                Event::LandlordStageRecorded(e) => {
                    let staged_only =
                        rows.get(REFERENCES, &e.reference.0).and_then(|row| referred(&row)).is_none_or(|known| known.staged_only);
                    rows.put(REFERENCES, &e.reference.0, referred_row(Referred { case: e.case, file: key, staged_only }));
                }
                Event::SignalAccepted(e) => {
                    rows.put(RECORDS, &record_key(e.case, e.vault_id), commit.sequence.to_be_bytes());
                    rows.put(REFERENCES, &e.reference.0, referred_row(Referred { case: e.case, file: key, staged_only: false }));
                    rows.put(SIGNALS, &e.identity.0, file.as_str());
                    rows.put(SIGNAL_FILES, e.signal.uuid().as_bytes(), file.as_str());
                    // A report that was taken over keeps the receipt of its first commit.
                    if rows.get(RECEIPTS, e.receipt_id.as_bytes()).is_none() {
                        rows.put(RECEIPTS, e.receipt_id.as_bytes(), commit.sequence.to_be_bytes());
                    }
                    doubt(rows, key, e.case, e.received_at, e.person.as_ref());
                }
                Event::SignalCorrected(e) => {
                    doubt(rows, key, e.case, e.received_at, e.person.as_ref());
                    // What was replaced stays findable, for whoever erases; it is not shown any more.
                    rows.put(RECORDS, &record_key(e.case, e.replaced_vault_id), [0; 8]);
                    rows.put(RECORDS, &record_key(e.case, e.vault_id), commit.sequence.to_be_bytes());
                    rows.put(RECEIPTS, e.receipt_id.as_bytes(), commit.sequence.to_be_bytes());
                }
                Event::HelpRequested(e) => {
                    rows.put(RECORDS, &record_key(e.case, e.vault_id), commit.sequence.to_be_bytes());
                    if let Some(by) = &e.by {
                        bailiff::apply(rows, key, by);
                    }
                }
                Event::EvictionNoticed(e) => {
                    rows.put(RECORDS, &record_key(e.case, e.vault_id), commit.sequence.to_be_bytes());
                    bailiff::apply(rows, key, &e.by);
                }
                // Who represents somebody is nobody of the household: for whoever erases, and not shown with it.
                Event::ContactRestricted(e) => {
                    if let Some(vault_id) = e.vault_id {
                        rows.put(RECORDS, &record_key(e.case, vault_id), [0; 8]);
                    }
                }
                Event::SignalReturned(e) => {
                    let at = e.forget_at.as_millisecond().to_be_bytes();
                    rows.put(SIGNALS, &e.identity.0, file.as_str());
                    rows.put(RETURNED, e.signal.uuid().as_bytes(), at);
                    keep_until(rows, e.forget_at.as_millisecond(), e.signal.uuid(), Some((e.vault_id, key)));
                }
                Event::ReturnForgotten(e) => {
                    let at = rows.get(RETURNED, e.signal.uuid().as_bytes()).and_then(|at| at.try_into().ok());
                    if let Some(at) = at.map(i64::from_be_bytes) {
                        keep_until(rows, at, e.signal.uuid(), None);
                        rows.remove(RETURNED, e.signal.uuid().as_bytes());
                    }
                }
                Event::CaseClosed(e) => {
                    let at = commit.envelope.recorded_at.as_millisecond().to_be_bytes();
                    let row = [file.as_bytes(), b" ", e.outcome.code().as_bytes()].concat();
                    rows.put(CLOSED, &[at.as_slice(), e.case.uuid().as_bytes()].concat(), row);
                    rows.put(CLOSED_AT, e.case.uuid().as_bytes(), at);
                }
                Event::ConcernChanged(e) => concerns::apply(rows, key, commit, e),
                Event::PersonsJudged(e) => rows.remove(PAIRS, &pair_key(key, e.one, e.other)),
                Event::TenantDied(_)
                | Event::HandOverOffered(_)
                | Event::HandOverAnswered(_)
                | Event::CaseTakenOver(_)
                | Event::SignalWithdrawn(_)
                | Event::PaymentRecorded(_)
                | Event::RegionReported(_)
                | Event::SignalSupplemented(_)
                | Event::CasesMerged(_)
                | Event::CasesUnmerged(_)
                | Event::LetterRectified(_)
                | Event::RightRequested(_)
                | Event::RightExtended(_)
                | Event::RightDecided(_)
                | Event::ConsentRecorded(_)
                | Event::RestrictionEnded(_)
                | Event::RefusalRecorded(_) => {}
            }
        }
    }
}

/// The address file of a case.
pub fn file_of_case(views: &Views<Whereabouts>, case: CaseId) -> Option<Key> {
    file(&views.get(CASES, case.uuid().as_bytes())?)
}

/// The vault records of a case that hold, newest first; a thousand at most.
pub fn records_of_case(views: &Views<Whereabouts>, case: CaseId) -> Vec<Uuid> {
    let mut rows = views.scan(RECORDS, case.uuid().as_bytes(), None, 1_000);
    rows.retain(|(_, row)| *row != [0; 8]);
    rows.sort_by(|(_, a), (_, b)| b.cmp(a));
    rows.iter().filter_map(|(key, _)| Uuid::from_slice(key.get(16..)?).ok()).collect()
}

/// All vault records of a case, also those that a correction replaced: for whoever erases; a thousand at most.
pub fn all_records_of_case(views: &Views<Whereabouts>, case: CaseId) -> Vec<Uuid> {
    let rows = views.scan(RECORDS, case.uuid().as_bytes(), None, 1_000);
    rows.iter().filter_map(|(key, _)| Uuid::from_slice(key.get(16..)?).ok()).collect()
}

/// Every vault record that an event of a case names.
pub fn named_records(views: &Views<Whereabouts>) -> BTreeSet<Uuid> {
    let rows = views.scan(RECORDS, &[], None, usize::MAX);
    rows.iter().filter_map(|(key, _)| Uuid::from_slice(key.get(16..)?).ok()).collect()
}

/// A case that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub case: CaseId,
    /// Its address file.
    pub file: Key,
    /// How it ended.
    pub outcome: Outcome,
    /// When that was recorded (UTC).
    pub closed_at: Timestamp,
}

/// Every closed case, longest closed first.
pub fn closed_cases(views: &Views<Whereabouts>) -> Vec<Closed> {
    let closed = |(row, told): (Vec<u8>, Vec<u8>)| {
        let (file, outcome) = std::str::from_utf8(&told).ok()?.split_once(' ')?;
        Some(Closed {
            case: CaseId::from_bytes(row.get(8..)?).ok()?,
            file: file.parse().ok()?,
            outcome: Outcome::from_code(outcome)?,
            closed_at: Timestamp::from_millisecond(i64::from_be_bytes(row.get(..8)?.try_into().ok()?)).ok()?,
        })
    };
    views.scan(CLOSED, &[], None, usize::MAX).into_iter().filter_map(closed).collect()
}

/// What a partner's reference leads to.
pub fn of_reference(views: &Views<Whereabouts>, reference: Keyed) -> Option<Referred> {
    referred(&views.get(REFERENCES, &reference.0)?)
}

/// The address file that holds a signal with this identity.
pub fn file_of_signal(views: &Views<Whereabouts>, identity: Keyed) -> Option<Key> {
    file(&views.get(SIGNALS, &identity.0)?)
}

/// The address file of a signal.
pub fn file_of(views: &Views<Whereabouts>, signal: SignalId) -> Option<Key> {
    file(&views.get(SIGNAL_FILES, signal.uuid().as_bytes())?)
}

/// The commit that a receipt is of.
pub fn commit_of_receipt(views: &Views<Whereabouts>, receipt_id: Uuid) -> Option<u64> {
    Some(u64::from_be_bytes(views.get(RECEIPTS, receipt_id.as_bytes())?.try_into().ok()?))
}

/// Returned reports and concerns of which the content is due to be removed: the vault record and the file, earliest first.
pub fn returns_due(views: &Views<Whereabouts>, now: Timestamp, limit: usize) -> Vec<(Uuid, Key)> {
    let due = |row: &[u8]| Some(i64::from_be_bytes(row.get(..8)?.try_into().ok()?) <= now.as_millisecond());
    let rows = views.scan(RETURNS, &[], None, limit);
    let rows = rows.into_iter().take_while(|(row, _)| due(row).unwrap_or(true));
    rows.filter_map(|(_, row)| Some((Uuid::from_slice(row.get(..16)?).ok()?, file(row.get(16..)?)?))).collect()
}

/// Two persons at one address who may be one: somebody decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Of the report that brought the doubt.
    pub case: CaseId,
    /// The address file.
    pub file: Key,
    /// Who was known first.
    pub one: PersonId,
    /// The other.
    pub other: PersonId,
    /// Since when (UTC).
    pub since: Timestamp,
    /// Codes.
    pub reasons: Vec<String>,
}

/// The pairs in doubt of a municipality, at most `limit`.
pub fn doubts(views: &Views<Whereabouts>, gemeente: Gemeentecode) -> Vec<Doubt> {
    let rows = views.scan(PAIRS, gemeente.as_str().as_bytes(), None, usize::MAX);
    rows.iter().filter_map(|(key, row)| doubt_in(key, row)).collect()
}

fn doubt(rows: &mut Rows<'_>, file: Key, case: CaseId, since: Timestamp, matched: Option<&Matched>) {
    let Some(matched) = matched else { return };
    let reasons: Vec<_> = matched.reasons.iter().map(|reason| reason.code()).collect();
    for one in &matched.doubts {
        let row = format!("{file} {case} {} {}", since.as_millisecond(), reasons.join(","));
        rows.put(PAIRS, &pair_key(file, *one, matched.person), row);
    }
}
fn doubt_in(key: &[u8], row: &[u8]) -> Option<Doubt> {
    let person = |at: usize| PersonId::from_bytes(key.get(at..at + 16)?).ok();
    let mut words = std::str::from_utf8(row).ok()?.split(' ');
    Some(Doubt {
        one: person(4)?,
        other: person(20)?,
        file: words.next()?.parse().ok()?,
        case: words.next()?.parse().ok()?,
        since: Timestamp::from_millisecond(words.next()?.parse().ok()?).ok()?,
        reasons: words.next()?.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
    })
}
fn pair_key(file: Key, one: PersonId, other: PersonId) -> Vec<u8> {
    [file.gemeente.as_str().as_bytes(), one.uuid().as_bytes(), other.uuid().as_bytes()].concat()
}
/// The vault record of what is kept until then goes when its file says so; or, with none, what was kept is kept no longer.
pub(crate) fn keep_until(rows: &mut Rows<'_>, at_ms: i64, what: Uuid, kept: Option<(Uuid, Key)>) {
    let row = [at_ms.to_be_bytes().as_slice(), what.as_bytes()].concat();
    match kept {
        Some((vault_id, key)) => rows.put(RETURNS, &row, return_row(vault_id, key)),
        None => rows.remove(RETURNS, &row),
    }
}
/// A vault record that is erased with a case, and not shown with it.
pub(crate) fn goes_with(rows: &mut Rows<'_>, case: CaseId, vault_id: Uuid) {
    rows.put(RECORDS, &record_key(case, vault_id), [0; 8]);
}
fn return_row(vault_id: Uuid, key: Key) -> Vec<u8> {
    [vault_id.as_bytes(), key.to_string().as_bytes()].concat()
}
fn record_key(case: CaseId, vault_id: Uuid) -> Vec<u8> {
    [*case.uuid().as_bytes(), *vault_id.as_bytes()].concat()
}
fn file(row: &[u8]) -> Option<Key> {
    std::str::from_utf8(row).ok()?.parse().ok()
}
fn referred_row(referred: Referred) -> Vec<u8> {
    let mut row = vec![u8::from(referred.staged_only)];
    row.extend_from_slice(referred.case.uuid().as_bytes());
    row.extend_from_slice(referred.file.to_string().as_bytes());
    row
}
fn referred(row: &[u8]) -> Option<Referred> {
    Some(Referred { staged_only: *row.first()? == 1, case: CaseId::from_bytes(row.get(1..17)?).ok()?, file: file(row.get(17..)?)? })
}
