//! Concerns (*zorgmeldingen*): the list of them and when their content goes, built from intake's own stream. Ids and codes only.

pub mod grpc;

use std::collections::BTreeMap;

use intake_domain::{Command, ConcernChange, ConcernChanged};
use jiff::Timestamp;
use journal::{Commit, Rows, Views};
use kernel::{CaseId, Key, days::amsterdam_date};
use prost::Message;
use proto::{common::v1 as common, intake::v1 as pb};
use service::{Room, room::new_request_id};
use uuid::Uuid;

use crate::views::{self, Whereabouts};

/// Concerns by their id.
const CONCERNS: u8 = 220;
/// Those that are linked, by case and vault record.
const LINKED: u8 = 221;

/// A concern as the list tells it, and when its content goes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Row {
    #[prost(message, optional, tag = "1")]
    line: Option<pb::ConcernLine>,
    #[prost(string, tag = "2")]
    file: String,
    #[prost(bytes = "vec", tag = "3")]
    vault_id: Vec<u8>,
    #[prost(int64, tag = "4")]
    forget_at_ms: i64,
    #[prost(bool, tag = "5")]
    danger: bool,
}

impl Row {
    /// When the content goes; none while danger or a case keeps it, and when it is gone.
    fn goes_at(&self) -> Option<i64> {
        let kept = self.line.as_ref().is_some_and(|line| line.kept && line.case_id.is_empty());
        (kept && !self.danger).then_some(self.forget_at_ms)
    }

    /// What became of it: the case goes first, then danger, for what is done about either is not over.
    fn state(&self, line: &pb::ConcernLine) -> &'static str {
        match line {
            line if !line.case_id.is_empty() => "linked",
            _ if self.danger => "danger",
            line if !line.because.is_empty() => "closed",
            line if !line.shared_with.is_empty() => "shared",
            line if line.kept => "open",
            _ => "lapsed",
        }
    }

    /// Its address file.
    pub(crate) fn file(&self) -> Option<Key> {
        self.file.parse().ok()
    }

    /// Vault record of the content.
    pub(crate) fn vault_id(&self) -> Option<Uuid> {
        Uuid::from_slice(&self.vault_id).ok()
    }

    /// For whoever asks.
    pub(crate) fn line(self) -> Option<pb::ConcernLine> {
        let (state, goes_at) = (self.line.as_ref().map(|line| self.state(line)), self.goes_at());
        // It goes with the end of its last day.
        let last = goes_at.and_then(|at| Timestamp::from_millisecond(at.saturating_sub(1)).ok()).map(amsterdam_date);
        let kept_until = last.map(|day| common::Date { iso: day.to_string() });
        self.line.map(|line| pb::ConcernLine { state: state.unwrap_or_default().to_owned(), kept_until, ..line })
    }
}

/// Takes a change in.
pub(crate) fn apply(rows: &mut Rows<'_>, key: Key, commit: &Commit, event: &ConcernChanged) {
    let id = event.concern.as_bytes();
    let mut row = rows.get(CONCERNS, id).and_then(|row| Row::decode(row.as_slice()).ok()).unwrap_or_default();
    if let Some((at, _)) = row.goes_at().zip(row.vault_id()) {
        views::keep_until(rows, at, event.concern, None);
    }
    let (code, mut line) = (str::to_owned, row.line.take().unwrap_or_default());
    match &event.what {
        ConcernChange::Recorded { teller, vault_id, forget_at } => {
            row = Row { file: key.to_string(), vault_id: vault_id.as_bytes().to_vec(), ..Row::default() };
            row.forget_at_ms = forget_at.as_millisecond();
            line = pb::ConcernLine {
                concern_id: event.concern.to_string(),
                gemeentecode: key.gemeente.to_string(),
                recorded_on: Some(common::Date { iso: amsterdam_date(commit.envelope.recorded_at).to_string() }),
                teller: code(teller.code()),
                kept: true,
                ..pb::ConcernLine::default()
            };
        }
        ConcernChange::DangerFound { officer } => (row.danger, line.officer) = (true, officer.clone()),
        ConcernChange::DangerEnded { officer, .. } => (row.danger, line.officer) = (false, officer.clone()),
        ConcernChange::Shared { with, forget_at, .. } => {
            (line.shared_with, row.forget_at_ms) = (code(with.code()), forget_at.as_millisecond());
        }
        ConcernChange::Linked { case, vault_id } => {
            line.case_id = case.to_string();
            views::goes_with(rows, *case, *vault_id);
            rows.put(LINKED, &[*case.uuid().as_bytes(), *vault_id.as_bytes()].concat(), key.to_string());
        }
        ConcernChange::Closed { because, forget_at } => {
            (line.because, row.forget_at_ms) = (code(because.code()), forget_at.as_millisecond());
        }
        ConcernChange::Forgotten => line.kept = false,
    }
    row.line = Some(line);
    if let Some((at, vault_id)) = row.goes_at().zip(row.vault_id()) {
        views::keep_until(rows, at, event.concern, Some((vault_id, key)));
    }
    rows.put(CONCERNS, id, row.encode_to_vec());
}

/// A concern.
pub(crate) fn get(views: &Views<Whereabouts>, concern: Uuid) -> Option<Row> {
    Row::decode(views.get(CONCERNS, concern.as_bytes())?.as_slice()).ok()
}

/// Every concern, the newest first.
pub(crate) fn all(views: &Views<Whereabouts>) -> Vec<pb::ConcernLine> {
    let rows = views.scan(CONCERNS, &[], None, usize::MAX).into_iter();
    let mut lines: Vec<_> = rows.filter_map(|(_, row)| Row::decode(row.as_slice()).ok()?.line()).collect();
    let day = |line: &pb::ConcernLine| line.recorded_on.clone().map(|day| day.iso);
    lines.sort_by_key(|line| std::cmp::Reverse(day(line)));
    lines
}

/// How many of these lines, per month and per what became of them.
pub(crate) fn counts(lines: impl IntoIterator<Item = pb::ConcernLine>) -> Vec<pb::ConcernCount> {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for line in lines {
        let month = line.recorded_on.and_then(|day| day.iso.get(..7).map(str::to_owned)).unwrap_or_default();
        *counts.entry((month, line.state)).or_default() += 1;
    }
    counts.into_iter().map(|((month, state), concerns)| pb::ConcernCount { month, state, concerns }).collect()
}

/// Records of concerns that go when a case goes and have not gone yet, each with the file of its concern.
pub(crate) fn of_case(views: &Views<Whereabouts>, case: CaseId) -> Vec<(Uuid, Key)> {
    let linked = |(key, file): (Vec<u8>, Vec<u8>)| {
        let file: Key = std::str::from_utf8(&file).ok()?.parse().ok()?;
        let kept = get(views, file.id)?.line.is_some_and(|line| line.kept);
        Some((Uuid::from_slice(key.get(16..)?).ok()?, file)).filter(|_| kept)
    };
    views.scan(LINKED, case.uuid().as_bytes(), None, 1_000).into_iter().filter_map(linked).collect()
}

/// Says in the files of concerns that their content is gone, when it went with a case.
pub(crate) async fn forgotten(room: &Room<Whereabouts>, case: CaseId, gone: &[Uuid]) {
    for (_, file) in of_case(&room.views, case).into_iter().filter(|(record, _)| gone.contains(record)) {
        let request = journal::Request::new(new_request_id(room.runtime.now()), crate::returns::SERVICE);
        if let Err(failure) = room.runtime.execute(file, request, Command::ForgetContent).await {
            tracing::warn!(%failure, "a concern whose content is gone does not say so yet");
        }
    }
}
