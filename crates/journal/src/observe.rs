//! What telemetry is told of each commit, at the moment it is durable.

use jiff::Timestamp;
use kernel::CaseId;

/// A commit that was just appended, as a span of its case's trace. No personal data.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The appending context.
    pub context: &'static str,
    /// The trace: the case.
    pub trace: CaseId,
    /// This span.
    pub span: [u8; 8],
    /// The span it hangs under; `None` for the root, whose id is the case id's last eight bytes.
    pub parent: Option<[u8; 8]>,
    /// For example `routing CaseRouted`.
    pub name: String,
    /// When the command came in.
    pub started: Timestamp,
    /// When the commit was durable.
    pub ended: Timestamp,
    /// The subject appended to.
    pub subject: String,
    /// The stream's sequence.
    pub sequence: u64,
    /// The caller's own trace and span: linked, never adopted.
    pub link: Option<([u8; 16], [u8; 8])>,
}

/// Told of every commit. Must not block and must not fail.
pub trait Observer: Send + Sync + 'static {
    /// A commit is durable.
    fn committed(&self, commit: &Committed);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;
impl Observer for Silent {
    fn committed(&self, _: &Committed) {}
}
