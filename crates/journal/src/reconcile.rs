//! Going on when a source has lost or forked its history (`docs/adr/0027`). Until then nothing more of it is taken in by who knows more
//! of it than it does itself; whether that is given up is a person's decision, never ours.

use jiff::Timestamp;
use kernel::ids::new_uuid;

use crate::{
    commit::{Commit, Envelope, Link, Outcome, TakenIn},
    log::{Appended, Journal, Subject, Unavailable},
    verify::is_of,
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

/// The target goes on from the newest commit of the source that both know: what it took in after it is given up, and what the source has
/// instead is taken in, in order. What followed in the target stays. Answers whether anything had to be done.
///
/// To be called by a process that has no other append to the target under way.
///
/// # Errors
/// [`ReconcileError`]; it may be called again.
pub async fn reconcile(
    journal: &dyn Journal,
    target: &Subject,
    source: &Subject,
    actor: &str,
    now: Timestamp,
) -> Result<bool, ReconcileError> {
    let id = new_uuid(now);
    for _ in 0..TRIES {
        let mut commits = Vec::new();
        for record in journal.load(target, 0).await? {
            let broken = ReconcileError::Broken { target: target.clone(), sequence: record.sequence };
            commits.push(Commit::read(&record).map_err(|_| broken)?);
        }
        let Some(last) = commits.last() else { return Ok(false) };
        let Some(taken_in) = given_up(journal, source, &commits).await? else { return Ok(false) };
        let recorded_at = now.max(last.envelope.recorded_at);
        let envelope = Envelope {
            commit_id: id,
            request_id: id,
            actor: actor.to_owned(),
            cause: None,
            hops: 0,
            happened_at: recorded_at,
            recorded_at,
            types: Vec::new(),
            previous: Some(last.link()),
            concerns: Vec::new(),
            taken_in,
            trace: None,
        };
        let (payload, _) = envelope.encode(target, &[]);
        match journal.append(target, last.sequence, payload).await {
            Appended::At(_) => return Ok(true),
            Appended::Conflict => {}
            Appended::Unavailable | Appended::Unknown => return Err(Unavailable("the target could not be written".to_owned()).into()),
        }
    }
    Err(ReconcileError::Busy(target.clone()))
}

/// What the target has to say, when its newest commit of the source is not the source's any more.
async fn given_up(journal: &dyn Journal, source: &Subject, commits: &[Commit]) -> Result<Option<Vec<TakenIn>>, Unavailable> {
    let mut taken: Vec<(Link, &Outcome)> = Vec::new();
    for one in commits.iter().flat_map(|commit| &commit.envelope.taken_in).filter(|one| one.source_subject == *source) {
        match &one.outcome {
            Outcome::Reconciled => taken.retain(|(link, _)| link.sequence <= one.source.sequence),
            outcome => taken.push((one.source, outcome)),
        }
    }
    let mut links: Vec<Link> = taken.iter().map(|(link, _)| *link).collect();
    links.sort_unstable_by_key(|link| std::cmp::Reverse(link.sequence));
    let (mut back_to, mut lost) = (Link::NOTHING, false);
    for link in links {
        if journal.at(source.context(), link.sequence).await?.is_some_and(|record| is_of(&record, source, link)) {
            back_to = link;
            break;
        }
        lost = true;
    }
    if !lost {
        return Ok(None);
    }
    // What waits for a person is not there to be tried again.
    let outcome_of = |link: Link| taken.iter().rev().find(|(other, _)| *other == link).map(|(_, outcome)| *outcome);
    let parked = taken.iter().filter(|(link, _)| link.sequence > back_to.sequence);
    let parked = parked.filter(|(link, outcome)| matches!(outcome, Outcome::Parked(_)) && outcome_of(*link) == Some(*outcome));
    let say = |link, outcome| TakenIn { source_subject: source.clone(), source: link, outcome };
    let mut said: Vec<_> = parked.map(|(link, _)| say(*link, Outcome::Unparked)).collect();
    said.push(say(back_to, Outcome::Reconciled));
    Ok(Some(said))
}
