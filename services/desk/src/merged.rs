//! Cases that go or went with another one (*samengevoegd*), as the case's own half of each pair tells it.

use jiff::Timestamp;
use kernel::CaseId;
use proto::intake::v1::Assigned;

use crate::{entry::Entries, event::Event};

/// One pair, seen from one of the two cases.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The other case.
    pub other: CaseId,
    /// The work is done in this case.
    pub leading: bool,
    /// When they were merged (UTC).
    pub since: Timestamp,
    /// When that ended (UTC).
    pub until: Option<Timestamp>,
    /// Whose the work was that was done in between, as a person decided when it ended.
    pub assigned: Vec<Assigned>,
    /// Letters of those that were put right, by context and commit.
    pub rectified: Vec<(String, u64)>,
}

impl Merged {
    /// Letters that went out in between and were not put right yet.
    pub fn letters(&self) -> impl Iterator<Item = &Assigned> {
        let right = |one: &Assigned| self.rectified.iter().any(|(context, sequence)| *context == one.context && *sequence == one.sequence);
        self.assigned.iter().filter(move |one| one.written && !right(one))
    }
}

/// The pairs of a case, oldest first.
pub fn merged(entries: &Entries) -> Vec<Merged> {
    let mut pairs: Vec<Merged> = Vec::new();
    for (_, event, at) in entries.values().flat_map(|entry| entry.events()) {
        match event {
            Event::CasesMerged(e) => {
                if let Ok(other) = CaseId::from_bytes(&e.other_case_id) {
                    pairs.push(Merged { other, leading: e.leading, since: at, until: None, assigned: Vec::new(), rectified: Vec::new() });
                }
            }
            Event::CasesUnmerged(e) => {
                let held = |pair: &&mut Merged| pair.other.uuid().as_bytes() == e.other_case_id.as_slice() && pair.until.is_none();
                if let Some(pair) = pairs.iter_mut().find(held) {
                    (pair.until, pair.assigned) = (Some(at), e.assigned);
                }
            }
            Event::LetterRectified(e) => {
                let sent = |one: &Assigned| one.context == e.context && one.sequence == e.sequence;
                let other = |pair: &Merged| pair.other.uuid().as_bytes() == e.other_case_id.as_slice();
                if let Some(pair) = pairs.iter_mut().find(|pair| other(pair) && pair.assigned.iter().any(sent)) {
                    pair.rectified.push((e.context, e.sequence));
                }
            }
            _ => {}
        }
    }
    pairs
}
