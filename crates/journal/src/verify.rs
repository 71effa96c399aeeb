//! Reads every commit once and says what does not hold: chains between commits, and reactions across contexts.
//! Proves that no reaction was lost or doubled, because every reaction, also one that did nothing, is a commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::StreamExt as _;

use crate::{
    commit::{Commit, Link, Outcome, TakenIn, hash_of, is_of},
    log::{Journal, Record, Subject, Unavailable},
};

/// Something that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The envelope cannot be read.
    Unreadable,
    /// Its bytes are not those that a later commit names.
    Altered,
    /// A later commit names it, and it is not there.
    Removed,
    /// It stands between two commits that name each other.
    Inserted,
    /// A later commit of the same source was taken in, this one was not.
    Lost,
    /// One aggregate took it in more than once.
    TakenInTwice,
    /// Taken in after a later one of the same source.
    OutOfOrder,
    /// Taken in by an aggregate that it does not concern.
    Stray,
}

impl Kind {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Altered => "altered",
            Self::Removed => "removed",
            Self::Inserted => "inserted",
            Self::Lost => "reaction-lost",
            Self::TakenInTwice => "taken-in-twice",
            Self::OutOfOrder => "out-of-order",
            Self::Stray => "stray",
        }
    }
}

/// What does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The subject of the commit meant.
    pub subject: String,
    /// Its stream sequence.
    pub sequence: u64,
    /// What is wrong with it.
    pub kind: Kind,
    /// The aggregate that took it in, or should have.
    pub target: Option<String>,
}

/// A source commit that an aggregate has not taken in yet, or has parked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Waiting {
    /// The source commit's subject.
    pub source: String,
    /// Its stream sequence.
    pub sequence: u64,
    /// The aggregate.
    pub target: String,
    /// Why it is parked: a stable code; empty when it is only late.
    pub reason: String,
}

/// An aggregate and a source whose history does not hold what the aggregate took in, or what should have come next: it was lost, or goes
/// on in another way. Nothing more of it is taken in until a person has looked ([`crate::reconcile`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The source's subject.
    pub source: Subject,
    /// Who took it in.
    pub target: Subject,
    /// What the target took in last; [`Link::NOTHING`] when nothing.
    pub newest: Link,
    /// Where both can go on from: what the source's next commit for this target names as the one before it, or the last that both have.
    pub go_on_from: Link,
    /// Sequences of what only the target knows of, in order.
    pub only_here: Vec<u64>,
}

/// What one stream holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The context.
    pub context: String,
    /// The newest sequence read.
    pub end: u64,
    /// Commits.
    pub commits: u64,
    /// Aggregates.
    pub subjects: u64,
    /// Commits that concern other aggregates.
    pub public: u64,
    /// Source commits taken in here.
    pub taken_in: u64,
    /// Source commits that concern this context's aggregates and are ignored by their types.
    pub ignored: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One per context, in the order asked for.
    pub streams: Vec<Counts>,
    /// What does not hold, sorted. Empty when all is well.
    pub findings: Vec<Finding>,
    /// Not taken in yet, and nothing later of the same source either: lag, if it is gone the next time.
    pub pending: Vec<Waiting>,
    /// Parked and not handled since.
    pub parked: Vec<Waiting>,
    /// Aggregates that cannot go on with a source, sorted. What is missing is in the findings too.
    pub apart: Vec<Apart>,
}

impl Report {
    /// Whether everything holds; lag and parked commits are allowed.
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads the streams of these contexts to their ends as they are at the start.
///
/// `follows(follower, source)` says who follows whom; `is_ignored(follower, source, type, version)` what it ignores.
///
/// # Errors
/// [`Unavailable`] when a stream's end, or what came in meanwhile, cannot be read. An outage in between makes it wait.
pub async fn verify(
    journal: &dyn Journal,
    contexts: &[&str],
    follows: impl Fn(&str, &str) -> bool + Send,
    is_ignored: impl Fn(&str, &str, &str, u32) -> bool + Send,
) -> Result<Report, Unavailable> {
    let mut found = Found::default();
    // Ends first: what is taken in while we read is of commits beyond them, and is left alone.
    for context in contexts {
        found.streams.insert((*context).to_owned(), Stream { end: newest(journal, context).await?, ..Stream::default() });
    }
    for context in contexts {
        let end = found.streams.get(*context).map_or(0, |stream| stream.end);
        if end == 0 {
            continue;
        }
        let mut records = journal.follow(context, 0).await;
        while let Some(record) = records.next().await {
            if record.sequence > end {
                break;
            }
            let last = record.sequence == end;
            found.read(&record, &follows, &is_ignored);
            if last {
                break;
            }
        }
    }
    found.look_beyond(journal).await?;
    Ok(found.judge(contexts))
}

/// The newest sequence that has a commit: the stream's end, unless that was removed.
async fn newest(journal: &dyn Journal, context: &str) -> Result<u64, Unavailable> {
    let mut end = journal.end(context).await?;
    while end > 0 && journal.at(context, end).await?.is_none() {
        end -= 1;
    }
    Ok(end)
}

#[derive(Default)]
struct Stream {
    end: u64,
    counts: Counts,
    /// Where each commit stands and its hash.
    commits: HashMap<u64, (Subject, [u8; 32])>,
    newest: HashMap<Subject, Link>,
    unreadable: BTreeSet<u64>,
}

/// Source and target.
type Pair = (Subject, Subject);

#[derive(Default)]
struct Found {
    streams: BTreeMap<String, Stream>,
    findings: BTreeSet<Finding>,
    /// Links that commits name: what is named, and for which target if any.
    named: Vec<(Subject, Link, Option<Subject>)>,
    /// What each source has for each target, in order.
    concerns: HashMap<Pair, BTreeMap<u64, Concerned>>,
    /// What each target took in from each source, in order; without what it gave up when it was reconciled.
    taken: HashMap<Pair, Vec<(Link, Outcome)>>,
    /// Where it went on then.
    gone_on_from: HashMap<Pair, Link>,
    /// Source commits that came after the ends that were read to, and are there.
    newer: HashSet<(Subject, Link)>,
}

/// A commit for a target.
#[derive(Clone, Copy)]
struct Concerned {
    /// By its types.
    is_ignored: bool,
    previous_for: Option<Link>,
}

impl Found {
    fn finding(&mut self, kind: Kind, subject: &Subject, sequence: u64, target: Option<&Subject>) {
        self.findings.insert(Finding { subject: subject.to_string(), sequence, kind, target: target.map(ToString::to_string) });
    }

    fn read(&mut self, record: &Record, follows: impl Fn(&str, &str) -> bool, is_ignored: impl Fn(&str, &str, &str, u32) -> bool) {
        let subject = &record.subject;
        let Ok(commit) = Commit::read(record) else {
            self.finding(Kind::Unreadable, subject, record.sequence, None);
            let link = Link { sequence: record.sequence, hash: hash_of(&record.payload, subject, None) };
            if let Some(stream) = self.streams.get_mut(subject.context()) {
                stream.unreadable.insert(record.sequence);
                stream.add(subject, link);
            }
            return;
        };
        self.chain(&commit);
        let envelope = &commit.envelope;
        let Some(stream) = self.streams.get_mut(subject.context()) else { return };
        stream.add(subject, commit.link());
        stream.counts.public += u64::from(!envelope.concerns.is_empty());
        stream.counts.taken_in += envelope.taken_in.len() as u64;
        for concern in &envelope.concerns {
            let (follower, source) = (concern.subject.context(), subject.context());
            let is_ignored =
                !follows(follower, source) || envelope.types.iter().all(|(name, version)| is_ignored(follower, source, name, *version));
            let pair = (subject.clone(), concern.subject.clone());
            let concerned = Concerned { is_ignored, previous_for: concern.previous_for };
            self.concerns.entry(pair).or_default().insert(commit.sequence, concerned);
            if let Some(link) = concern.previous_for {
                self.named.push((subject.clone(), link, Some(concern.subject.clone())));
            }
        }
        for TakenIn { source_subject, source, outcome } in &envelope.taken_in {
            let pair = (source_subject.clone(), subject.clone());
            let taken = self.taken.entry(pair.clone()).or_default();
            match outcome {
                Outcome::Reconciled => {
                    taken.retain(|(link, _)| link.sequence <= source.sequence);
                    self.gone_on_from.insert(pair, *source);
                }
                outcome => taken.push((*source, outcome.clone())),
            }
        }
    }

    /// Looks at what was taken in of commits beyond the ends that were read to: it was there first, unless the source lost it.
    async fn look_beyond(&mut self, journal: &dyn Journal) -> Result<(), Unavailable> {
        let mut beyond: HashSet<(Subject, Link)> = HashSet::new();
        for ((source, _), taken) in &self.taken {
            let Some(stream) = self.streams.get(source.context()) else { continue };
            beyond.extend(taken.iter().filter(|(link, _)| link.sequence > stream.end).map(|(link, _)| (source.clone(), *link)));
        }
        let (mut ends, mut newer) = (HashMap::new(), HashSet::new());
        for (source, link) in beyond {
            let end = match ends.get(source.context()) {
                Some(end) => *end,
                None => *ends.entry(source.context().to_owned()).or_insert(journal.end(source.context()).await?),
            };
            // What is beyond the end even now is not there.
            if link.sequence <= end
                && journal.at(source.context(), link.sequence).await?.is_some_and(|record| is_of(&record, &source, link))
            {
                newer.insert((source, link));
            }
        }
        self.newer = newer;
        Ok(())
    }

    /// The source has what was taken in.
    fn has(&self, source: &Subject, link: Link) -> bool {
        let Some(stream) = self.streams.get(source.context()) else { return true };
        match stream.commits.get(&link.sequence) {
            // What could not be read was parked with a hash of its bytes alone.
            Some((there, hash)) => there == source && (*hash == link.hash || stream.unreadable.contains(&link.sequence)),
            None => self.newer.contains(&(source.clone(), link)),
        }
    }

    /// Holds a commit against the one before it on its subject.
    fn chain(&mut self, commit: &Commit) {
        let Some(stream) = self.streams.get(commit.subject.context()) else { return };
        let before = stream.newest.get(&commit.subject).copied();
        let wrong = match (commit.envelope.previous, before) {
            (previous, before) if previous == before => return,
            (Some(previous), Some(before)) if previous.sequence == before.sequence => (Kind::Altered, before.sequence),
            (Some(previous), before) => match (stream.commits.get(&previous.sequence), before) {
                (Some((subject, _)), Some(before)) if *subject == commit.subject => (Kind::Inserted, before.sequence),
                _ => (Kind::Removed, previous.sequence),
            },
            // A second beginning of the same subject.
            (None, _) => (Kind::Inserted, commit.sequence),
        };
        self.finding(wrong.0, &commit.subject, wrong.1, None);
    }

    fn judge(mut self, contexts: &[&str]) -> Report {
        let mut named = std::mem::take(&mut self.named);
        named.extend(self.taken.iter().flat_map(|((source, _), taken)| taken.iter().map(|(link, _)| (source.clone(), *link, None))));
        for (subject, link, target) in named {
            if self.has(&subject, link) {
                continue;
            }
            let stream = self.streams.get(subject.context());
            match stream.and_then(|stream| stream.commits.get(&link.sequence)) {
                Some((there, _)) if *there == subject => self.finding(Kind::Altered, &subject, link.sequence, target.as_ref()),
                _ => self.finding(Kind::Removed, &subject, link.sequence, target.as_ref()),
            }
        }
        let apart = self.apart();
        let (mut pending, mut parked) = (BTreeSet::new(), BTreeSet::new());
        let none = Vec::new();
        let (concerns, taken) = (std::mem::take(&mut self.concerns), std::mem::take(&mut self.taken));
        for ((source, target), commits) in &concerns {
            let taken = taken.get(&(source.clone(), target.clone())).unwrap_or(&none);
            // Another one at its place is a finding already.
            let first = |sequence: u64| taken.iter().filter(move |(l, o)| l.sequence == sequence && *o != Outcome::Unparked).count();
            let newest = taken.iter().map(|(link, _)| link.sequence).max().unwrap_or(0);
            for (&sequence, concerned) in commits {
                let waiting =
                    |reason: &str| Waiting { source: source.to_string(), sequence, target: target.to_string(), reason: reason.to_owned() };
                match first(sequence) {
                    0 if concerned.is_ignored => {
                        if let Some(stream) = self.streams.get_mut(target.context()) {
                            stream.counts.ignored += 1;
                        }
                    }
                    // A target whose stream is not read cannot be judged.
                    0 if !self.streams.contains_key(target.context()) => {}
                    0 if sequence < newest => self.finding(Kind::Lost, source, sequence, Some(target)),
                    0 => drop(pending.insert(waiting(""))),
                    1 => {}
                    _ => self.finding(Kind::TakenInTwice, source, sequence, Some(target)),
                }
                let last = taken.iter().rev().find(|(link, _)| link.sequence == sequence).map(|(_, outcome)| outcome);
                if let Some(Outcome::Parked(reason)) = last {
                    parked.insert(waiting(reason));
                }
            }
            let mut highest = 0;
            for (Link { sequence, .. }, _) in taken.iter().filter(|(_, outcome)| *outcome != Outcome::Unparked) {
                if *sequence < highest {
                    self.finding(Kind::OutOfOrder, source, *sequence, Some(target));
                }
                highest = highest.max(*sequence);
            }
        }
        for ((source, target), taken) in &taken {
            for (Link { sequence, .. }, outcome) in taken {
                let Some(stream) = self.streams.get(source.context()).filter(|stream| *sequence <= stream.end) else { continue };
                if stream.unreadable.contains(sequence) {
                    // Nobody knows whom it concerns: it is parked in a place of its own.
                    if let Outcome::Parked(reason) = outcome {
                        let (source, target) = (source.to_string(), target.to_string());
                        parked.insert(Waiting { source, sequence: *sequence, target, reason: reason.clone() });
                    }
                    continue;
                }
                // What is not there at all has been told already.
                let known = concerns.get(&(source.clone(), target.clone())).is_some_and(|commits| commits.contains_key(sequence));
                if !known && stream.commits.contains_key(sequence) {
                    self.finding(Kind::Stray, source, *sequence, Some(target));
                }
            }
        }
        let mut streams = Vec::new();
        for context in contexts {
            if let Some(stream) = self.streams.remove(*context) {
                let (subjects, commits) = (stream.newest.len() as u64, stream.commits.len() as u64);
                streams.push(Counts { context: (*context).to_owned(), end: stream.end, commits, subjects, ..stream.counts });
            }
        }
        let sorted = |set: BTreeSet<Waiting>| set.into_iter().collect();
        Report { streams, findings: self.findings.into_iter().collect(), pending: sorted(pending), parked: sorted(parked), apart }
    }

    fn apart(&self) -> Vec<Apart> {
        let none = (Vec::new(), BTreeMap::new());
        let pairs: HashSet<&Pair> = self.concerns.keys().chain(self.taken.keys()).collect();
        let both_read =
            |(source, target): &&&Pair| self.streams.contains_key(source.context()) && self.streams.contains_key(target.context());
        let mut apart = Vec::new();
        for pair @ (source, target) in pairs.iter().filter(both_read) {
            let (taken, commits) = (self.taken.get(pair).unwrap_or(&none.0), self.concerns.get(pair).unwrap_or(&none.1));
            let newest_of = |links: &mut dyn Iterator<Item = Link>| links.max_by_key(|link| link.sequence).unwrap_or(Link::NOTHING);
            let links = || taken.iter().map(|(link, _)| *link);
            let newest = newest_of(&mut links().chain(self.gone_on_from.get(pair).copied()));
            let both = newest_of(&mut links().filter(|link| self.has(source, *link)));
            let mut after = commits.range(both.sequence + 1..).map(|(_, concerned)| concerned);
            // Of what is ignored by its types nothing is asked.
            let waits = after.clone().any(|concerned| !concerned.is_ignored);
            // It may be named by the source although it is not there, or is not as it was.
            if after.clone().any(|concerned| concerned.previous_for == Some(newest)) {
                continue;
            }
            let go_on_from = match after.next() {
                Some(next) => next.previous_for.unwrap_or(Link::NOTHING),
                None => both,
            };
            if newest != go_on_from && (waits || newest != both) {
                let only_here: BTreeSet<u64> = links().filter(|link| !self.has(source, *link)).map(|link| link.sequence).collect();
                let (source, target, only_here) = (source.clone(), target.clone(), only_here.into_iter().collect());
                apart.push(Apart { source, target, newest, go_on_from, only_here });
            }
        }
        apart.sort_by_key(|apart| (apart.source.to_string(), apart.target.to_string()));
        apart
    }
}

impl Stream {
    fn add(&mut self, subject: &Subject, link: Link) {
        self.commits.insert(link.sequence, (subject.clone(), link.hash));
        self.newest.insert(subject.clone(), link);
    }
}
