//! Cases that belong together: a pair of links, one in each case's file. Nothing is moved: signals, clocks and receipts stay
//! where they are, so that un-merging takes the links away and nothing else. Whose the work in between was, a person says then, of all
//! of it; letters that went out in between are put right one by one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kernel::{CaseId, Key};

use crate::{command::Rejection, state::AddressFile};

/// One side of a pair of linked cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The case of this file.
    pub case: CaseId,
    /// The case it goes with.
    pub other: CaseId,
    /// The address file of that case.
    pub other_file: Key,
    /// The work is done in this case; of the other one it is shown.
    pub leading: bool,
    /// When they were merged (UTC).
    pub since: Timestamp,
    /// When that ended (UTC), and which work done in between belongs to which of the two.
    pub until: Option<(Timestamp, Vec<Assigned>)>,
    /// Letters of those that were put right since.
    pub rectified: BTreeSet<(String, u64)>,
}

impl Link {
    /// They are merged now.
    pub const fn holds(&self) -> bool {
        self.until.is_none()
    }

    /// A letter that went out in between, by where it was recorded.
    fn has_letter(&self, context: &str, sequence: u64) -> bool {
        let is = |one: &Assigned| one.written && one.context == context && one.sequence == sequence;
        self.until.as_ref().is_some_and(|(_, assigned)| assigned.iter().any(is))
    }
}

/// Work that was recorded for one of two cases while they were merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The context that recorded it.
    pub context: String,
    /// The commit that recorded it.
    pub sequence: u64,
    /// A letter or message went out with it.
    pub written: bool,
}

/// Work done while two cases were merged, and whose it was, as a person decided at un-merging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The context that recorded it.
    pub context: String,
    /// The commit that recorded it.
    pub sequence: u64,
    /// One of the two.
    pub case: CaseId,
    /// A letter or message went out with it: to be put right with who received it (*rectificatie*).
    pub written: bool,
}

impl Assigned {
    fn is(&self, work: &Work) -> bool {
        self.context == work.context && self.sequence == work.sequence
    }
}

impl AddressFile {
    /// The pair as it is merged now.
    pub fn link(&self, case: CaseId, other: CaseId) -> Option<&Link> {
        self.links.iter().find(|link| link.case == case && link.other == other && link.holds())
    }

    /// Whether two cases may be merged; `false` when they are. A case goes with one other, and the one it goes with leads.
    pub(crate) fn may_merge(&self, case: CaseId, other: CaseId, leading: bool) -> Result<bool, Rejection> {
        if case == other {
            return Err(Rejection::SameCase);
        }
        self.case(case).ok_or(Rejection::CaseUnknown)?;
        if let Some(link) = self.link(case, other) {
            return if link.leading == leading { Ok(false) } else { Err(Rejection::MergedAlready) };
        }
        let mut held = self.links.iter().filter(|link| link.case == case && link.holds());
        match held.any(|link| !leading || !link.leading) {
            true => Err(Rejection::MergedAlready),
            false => Ok(true),
        }
    }

    /// Whose all the work is when two cases go apart; none when they went apart before.
    pub(crate) fn unmerged(
        &self,
        (case, other): (CaseId, CaseId),
        work: &[Work],
        assigned: &[Assigned],
    ) -> Result<Option<Vec<Assigned>>, Rejection> {
        let mut pair = self.links.iter().filter(|link| link.case == case && link.other == other).peekable();
        if pair.peek().is_none() {
            return Err(Rejection::NotMerged);
        }
        if assigned.iter().any(|one| one.case != case && one.case != other) {
            return Err(Rejection::AssignedElsewhere);
        }
        if !pair.any(Link::holds) {
            return Ok(None);
        }
        if assigned.iter().any(|one| !work.iter().any(|done| one.is(done))) {
            return Err(Rejection::WorkUnknown);
        }
        let whose = |done: &Work| {
            let mut one = assigned.iter().filter(|one| one.is(done));
            let only = one.next().filter(|_| one.next().is_none());
            only.map(|one| Assigned { written: done.written, ..one.clone() }).ok_or(Rejection::WorkUnassigned)
        };
        work.iter().map(whose).collect::<Result<_, _>>().map(Some)
    }

    /// Whether a letter is still to be put right; `false` when it was.
    pub(crate) fn may_rectify(&self, (case, other): (CaseId, CaseId), context: &str, sequence: u64) -> Result<bool, Rejection> {
        let link = self.letter(case, other, context, sequence).ok_or(Rejection::LetterUnknown)?;
        Ok(!link.rectified.contains(&(context.to_owned(), sequence)))
    }

    fn letter(&self, case: CaseId, other: CaseId, context: &str, sequence: u64) -> Option<&Link> {
        self.links.iter().find(|link| link.case == case && link.other == other && link.has_letter(context, sequence))
    }

    /// A letter was put right.
    pub(crate) fn rectify(&mut self, case: CaseId, other: CaseId, context: &str, sequence: u64) {
        let mut links = self.links.iter_mut();
        if let Some(link) = links.find(|link| link.case == case && link.other == other && link.has_letter(context, sequence)) {
            link.rectified.insert((context.to_owned(), sequence));
        }
    }
}
