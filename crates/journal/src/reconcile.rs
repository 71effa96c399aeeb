//! Going on when a source has lost or forked its history (`docs/adr/0027`). Until then nothing more of it is taken in by who knows more
//! of it than it does itself; whether that is given up is a person's decision, never ours.

use jiff::Timestamp;
use kernel::ids::new_uuid;

use crate::{
    commit::{Commit, Envelope, Link, Outcome, TakenIn, Trace},
    log::{Appended, Journal, Subject, Unavailable},
    runtime::random_span,
    verify::Apart,
};

/// Tries while others append to the target.
const TRIES: usize = 5;

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReconcileError {
    /// The journal is away, or did not say what became of it: ask again, it is not done twice.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A commit of the target is damaged.
    #[error("{target}@{sequence} cannot be read: nothing is added to a broken history")]
    Broken {
        /// The target.
        target: Subject,
        /// Which commit.
        sequence: u64,
    },
    /// Others keep appending to the target.
    #[error("{0} is busy: try again")]
    Busy(Subject),
}

/// The target goes on with the source from where both can: what only it knows is given up, and what the source has instead is taken in, in
/// order. What had followed in the target stays. Answers whether anything was done: not when the target has gone on since it was read.
///
/// To be called by a process that has no other append to the target under way.
///
/// # Errors
/// [`ReconcileError`]; it may be called again.
pub async fn reconcile(journal: &dyn Journal, apart: &Apart, actor: &str, now: Timestamp) -> Result<bool, ReconcileError> {
    let id = new_uuid(now);
    let target = &apart.target;
    for _ in 0..TRIES {
        let mut commits = Vec::new();
        for record in journal.load(target, 0).await? {
            let broken = ReconcileError::Broken { target: target.clone(), sequence: record.sequence };
            commits.push(Commit::read(&record).map_err(|_| broken)?);
        }
        let Some(taken_in) = given_up(apart, &commits) else { return Ok(false) };
        let recorded_at = commits.last().map_or(now, |last| last.envelope.recorded_at.max(now));
        let trace = commits.iter().rev().find_map(|commit| commit.envelope.trace);
        let envelope = Envelope {
            commit_id: id,
            request_id: id,
            actor: actor.to_owned(),
            cause: None,
            hops: 0,
            happened_at: recorded_at,
            recorded_at,
            types: Vec::new(),
            previous: commits.last().map(Commit::link),
            concerns: Vec::new(),
            taken_in,
            trace: trace.map(|trace| Trace { span: random_span(), parent: Some(trace.span), link: None, ..trace }),
        };
        let (payload, _) = envelope.encode(target, &[]);
        match journal.append(target, commits.last().map_or(0, |last| last.sequence), payload).await {
            Appended::At(_) => return Ok(true),
            Appended::Conflict => {}
            Appended::Unavailable | Appended::Unknown => return Err(Unavailable("the target could not be written".to_owned()).into()),
        }
    }
    Err(ReconcileError::Busy(target.clone()))
}

/// What the target has to say, when what it took in last is still the same.
fn given_up(apart: &Apart, commits: &[Commit]) -> Option<Vec<TakenIn>> {
    let mut newest = Link::NOTHING;
    let mut parked = Vec::new();
    for one in commits.iter().flat_map(|commit| &commit.envelope.taken_in).filter(|one| one.source_subject == apart.source) {
        match &one.outcome {
            Outcome::Reconciled => newest = one.source,
            Outcome::Unparked => parked.retain(|link| *link != one.source),
            Outcome::Parked(_) | Outcome::Acted | Outcome::Noted(_) if one.source.sequence > newest.sequence => newest = one.source,
            Outcome::Parked(_) | Outcome::Acted | Outcome::Noted(_) => {}
        }
        if matches!(one.outcome, Outcome::Parked(_)) {
            parked.push(one.source);
        }
    }
    if newest != apart.newest {
        return None;
    }
    // What waits for a person is not there to be tried again.
    let say = |source, outcome| TakenIn { source_subject: apart.source.clone(), source, outcome };
    let lost = parked.into_iter().filter(|link| apart.only_here.contains(&link.sequence));
    let mut said: Vec<_> = lost.map(|link| say(link, Outcome::Unparked)).collect();
    said.push(say(apart.go_on_from, Outcome::Reconciled));
    Some(said)
}
