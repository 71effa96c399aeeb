//! Chains that were tampered with are found, and reactions that are missing too.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, stream, stream::BoxStream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    conformance::{World, stored},
    fresh,
    wait::within,
};
use crate::{
    commit::{Commit, Concern, Envelope, Link, Outcome, TakenIn},
    context::Encoded,
    log::{Appended, Delivery, Durable, Journal, Record, Subject, Unavailable},
    verify::{Kind, Report, verify},
};

const CONTEXTS: [&str; 2] = ["court-liaison", "aftercare"];

/// A journal in memory that holds what it was given: a copy that can be tampered with. It takes no appends.
#[derive(Clone, Default)]
pub struct Copied {
    /// Records by context, in the order of their sequences.
    pub records: HashMap<String, Vec<Record>>,
}

impl Copied {
    /// Copies the streams of these contexts as they are now.
    ///
    /// # Panics
    /// When the journal cannot be read.
    pub async fn of(journal: &dyn Journal, contexts: &[&str]) -> Self {
        let mut copy = Self::default();
        for context in contexts {
            let end = journal.end(context).await.unwrap();
            let mut records = Vec::new();
            let mut stream = journal.follow(context, 0).await;
            while records.last().map_or(0, |r: &Record| r.sequence) < end {
                records.push(within("a copy", stream.next()).await.unwrap());
            }
            copy.records.insert((*context).to_owned(), records);
        }
        copy
    }

    fn all(&self, context: &str) -> &[Record] {
        self.records.get(context).map_or(&[], Vec::as_slice)
    }
}

#[async_trait]
impl Journal for Copied {
    async fn append(&self, _: &Subject, _: u64, _: Bytes) -> Appended {
        Appended::Unavailable
    }
    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        Ok(self.all(subject.context()).iter().rfind(|r| r.subject == *subject).cloned())
    }
    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        Ok(self.all(context).iter().find(|r| r.sequence == sequence).cloned())
    }
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        Ok(self.all(subject.context()).iter().filter(|r| r.subject == *subject && r.sequence > after).cloned().collect())
    }
    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        Ok(self.all(context).last().map_or(0, |r| r.sequence))
    }
    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        let records: Vec<_> = self.all(context).iter().filter(|r| r.sequence > after).cloned().collect();
        stream::iter(records).chain(stream::pending()).boxed()
    }
    async fn deliveries(&self, _: &Durable, _: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        Err(Unavailable("a copy delivers nothing".to_owned()))
    }
}

/// A commit with one event of a type, as it is stored.
pub fn commit(
    subject: &Subject,
    name: &'static str,
    previous: Option<Link>,
    concerns: Vec<Concern>,
    taken_in: Vec<TakenIn>,
) -> (Bytes, Envelope) {
    let now = Timestamp::now();
    let envelope = Envelope {
        commit_id: Uuid::now_v7(),
        request_id: Uuid::now_v7(),
        actor: "conformance".to_owned(),
        cause: None,
        hops: 0,
        happened_at: now,
        recorded_at: now,
        types: vec![(name.to_owned(), 1)],
        previous,
        concerns,
        taken_in,
        trace: None,
    };
    let (bytes, _) = envelope.encode(subject, &[Encoded { name, version: 1, bytes: vec![1, 2, 3] }]);
    (bytes, envelope)
}

/// A source and a target that follows it, both with links of their own.
struct Story {
    source: Subject,
    target: Subject,
    /// The source's commits: three that concern the target, one of a type it ignores, one private.
    sources: Vec<Record>,
    targets: Vec<Record>,
}

fn link(record: &Record) -> Link {
    Commit::read(record).unwrap().link()
}

async fn add(
    journal: &dyn Journal,
    records: &mut Vec<Record>,
    subject: &Subject,
    name: &'static str,
    concerns: Vec<Concern>,
    taken_in: Vec<TakenIn>,
) {
    let previous = records.last().map(link);
    let (bytes, _) = commit(subject, name, previous, concerns, taken_in);
    let sequence = stored(journal, subject, previous.map_or(0, |l| l.sequence), bytes.clone()).await;
    records.push(Record { sequence, subject: subject.clone(), payload: bytes });
}

impl Story {
    async fn write(journal: &dyn Journal) -> Self {
        let (source, target) = (fresh(CONTEXTS[0]), fresh(CONTEXTS[1]));
        let (mut sources, mut targets): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
        let mut previous_for = None;
        for name in ["Handled", "Handled", "Ignored", "Handled"] {
            let concerns = vec![Concern { subject: target.clone(), previous_for }];
            add(journal, &mut sources, &source, name, concerns, Vec::new()).await;
            previous_for = sources.last().map(link);
        }
        add(journal, &mut sources, &source, "Private", Vec::new(), Vec::new()).await;
        for (which, outcome) in [(0, Outcome::Acted), (1, Outcome::Parked("poison".to_owned())), (3, Outcome::Noted("nothing".to_owned()))]
        {
            let taken = TakenIn { source_subject: source.clone(), source: link(&sources[which]), outcome };
            add(journal, &mut targets, &target, "Reacted", Vec::new(), vec![taken]).await;
        }
        Self { source, target, sources, targets }
    }
}

async fn check(journal: &dyn Journal) -> Report {
    let follows = |follower: &str, source: &str| follower == CONTEXTS[1] && source == CONTEXTS[0];
    within("verify", verify(journal, &CONTEXTS, follows, |_, _, name, _| name == "Ignored")).await.unwrap()
}

/// What was found of one story, in a copy that was tampered with.
async fn after(copy: &Copied, story: &Story, tamper: impl FnOnce(&mut Copied)) -> Vec<(Kind, bool, u64)> {
    let mut copy = copy.clone();
    tamper(&mut copy);
    let report = check(&copy).await;
    let (source, target) = (story.source.to_string(), story.target.to_string());
    let ours = report.findings.into_iter().filter(|f| f.subject == source || f.subject == target);
    let mut found: Vec<_> = ours.map(|f| (f.kind, f.subject == source, f.sequence)).collect();
    found.dedup();
    found
}

fn swap(copy: &mut Copied, record: &Record, payload: Bytes) {
    let found = copy.records.get_mut(record.subject.context()).unwrap().iter_mut().find(|r| r.sequence == record.sequence);
    found.unwrap().payload = payload;
}
fn remove(copy: &mut Copied, record: &Record) {
    copy.records.get_mut(record.subject.context()).unwrap().retain(|r| r.sequence != record.sequence);
}
/// Puts a commit at the end of its stream, or in a gap before another.
fn insert(copy: &mut Copied, subject: &Subject, payload: Bytes) -> u64 {
    let records = copy.records.get_mut(subject.context()).unwrap();
    let sequence = records.last().unwrap().sequence + 1;
    records.push(Record { sequence, subject: subject.clone(), payload });
    sequence
}

/// Removed, altered and inserted commits are found, as are reactions that are lost, doubled or out of order.
pub async fn verification(world: &dyn World) {
    let journal = world.journal();
    let story = Story::write(&*journal).await;
    let report = check(&*journal).await;
    assert!(report.is_sound(), "{:?}", report.findings);
    let parked: Vec<_> = report.parked.iter().filter(|w| w.source == story.source.to_string()).collect();
    assert_eq!(parked.iter().map(|w| (w.sequence, w.reason.as_str())).collect::<Vec<_>>(), [(story.sources[1].sequence, "poison")]);
    assert!(!report.pending.iter().any(|w| w.source == story.source.to_string()));
    assert!(report.streams[1].ignored >= 1 && report.streams[1].taken_in >= 3 && report.streams[0].public >= 4);

    let copy = Copied::of(&*journal, &CONTEXTS).await;
    let s: Vec<u64> = story.sources.iter().map(|r| r.sequence).collect();
    let t: Vec<u64> = story.targets.iter().map(|r| r.sequence).collect();
    // Any one of them removed; the last of the source is private, so nothing but the stream's end tells of it.
    for (which, record) in story.sources[..4].iter().enumerate() {
        let found = after(&copy, &story, |copy| remove(copy, record)).await;
        assert!(found.contains(&(Kind::Removed, true, s[which])), "{which}: {found:?}");
    }
    // Altered, still readable: the next commit, and where it is the last, those who took it in.
    for (which, record) in story.sources[..4].iter().enumerate() {
        let read = Commit::read(record).unwrap();
        let envelope = Envelope { actor: "somebody else".to_owned(), ..read.envelope };
        let name = if which == 2 { "Ignored" } else { "Handled" };
        let (payload, _) = envelope.encode(&story.source, &[Encoded { name, version: 1, bytes: vec![1, 2, 3] }]);
        let found = after(&copy, &story, |copy| swap(copy, record, payload)).await;
        assert!(found.contains(&(Kind::Altered, true, s[which])), "{which}: {found:?}");
    }
    let found = after(&copy, &story, |copy| swap(copy, &story.targets[0], Bytes::from_static(b"\xff\xff"))).await;
    assert!(found.contains(&(Kind::Unreadable, false, t[0])) && found.contains(&(Kind::Altered, false, t[0])), "{found:?}");
    // Inserted between two that name each other; and a second beginning.
    let found = after(&copy, &story, |copy| {
        let (payload, _) = commit(&story.source, "Private", Some(link(&story.sources[4])), Vec::new(), Vec::new());
        let inserted = insert(copy, &story.source, payload);
        let (payload, _) = commit(&story.source, "Private", Some(link(&story.sources[4])), Vec::new(), Vec::new());
        assert_eq!(insert(copy, &story.source, payload), inserted + 1);
    })
    .await;
    assert!(matches!(found.as_slice(), [(Kind::Inserted, true, _)]), "{found:?}");
    let found = after(&copy, &story, |copy| {
        insert(copy, &story.target, commit(&story.target, "Private", None, Vec::new(), Vec::new()).0);
    })
    .await;
    assert!(matches!(found.as_slice(), [(Kind::Inserted, false, _)]), "{found:?}");

    // Taken in again; taken in by one whom it does not concern; never taken in.
    let again =
        |which: usize| TakenIn { source_subject: story.source.clone(), source: link(&story.sources[which]), outcome: Outcome::Acted };
    let previous = story.targets.last().map(link);
    let found = after(&copy, &story, |copy| {
        insert(copy, &story.target, commit(&story.target, "Reacted", previous, Vec::new(), vec![again(0)]).0);
    })
    .await;
    assert_eq!(found, [(Kind::TakenInTwice, true, s[0]), (Kind::OutOfOrder, true, s[0])]);
    let found = after(&copy, &story, |copy| {
        insert(copy, &story.target, commit(&story.target, "Reacted", previous, Vec::new(), vec![again(4)]).0);
    })
    .await;
    assert_eq!(found, [(Kind::Stray, true, s[4])]);
    let found = after(&copy, &story, |copy| {
        let (first, last) = (link(&story.targets[0]), &story.targets[2]);
        remove(copy, &story.targets[1]);
        swap(copy, last, commit(&story.target, "Reacted", Some(first), Vec::new(), vec![again(3)]).0);
    })
    .await;
    assert_eq!(found, [(Kind::Lost, true, s[1])]);
    // Nothing later taken in: late, not lost.
    let mut late = copy.clone();
    remove(&mut late, &story.targets[2]);
    let report = check(&late).await;
    let pending: Vec<u64> = report.pending.iter().filter(|w| w.source == story.source.to_string()).map(|w| w.sequence).collect();
    assert_eq!(pending, [s[3]]);
    tokio::time::timeout(Duration::from_secs(60), check(&Copied::default())).await.unwrap();
}
