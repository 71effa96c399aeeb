//! Cases that belong together: a pair of links, one in each case's file. Nothing is moved: signals, clocks and receipts stay
//! where they are, so that un-merging takes the links away and nothing else.

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
}

impl Link {
    /// They are merged now.
    pub const fn holds(&self) -> bool {
        self.until.is_none()
    }
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

    /// Whether two cases may be un-merged; `false` when they were.
    pub(crate) fn may_unmerge(&self, case: CaseId, other: CaseId, assigned: &[Assigned]) -> Result<bool, Rejection> {
        let mut pair = self.links.iter().filter(|link| link.case == case && link.other == other).peekable();
        if pair.peek().is_none() {
            return Err(Rejection::NotMerged);
        }
        if assigned.iter().any(|one| one.case != case && one.case != other) {
            return Err(Rejection::AssignedElsewhere);
        }
        Ok(pair.any(Link::holds))
    }
}
