//! The embedded journal: the conformance suite, and what holds when power or the process is cut off.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests")]

use std::{
    collections::{HashMap, HashSet},
    env,
    ffi::{OsStr, OsString},
    fs, io,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, future::join_all};
use journal::{
    Appended, Durable, Journal, Keyed, KeyedError, Subject,
    embedded::{Embedded, Fsync, Options},
    testing::{
        conformance::{self, Fault, World},
        embedded::EmbeddedWorld,
        fresh, wait,
    },
};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn conforms() {
    conformance::all(&EmbeddedWorld::new()).await;
}

/// A medium that keeps of each file what it was when it was last fsynced, under the names that were durable by then.
#[derive(Clone)]
struct Platter {
    live: PathBuf,
    kept: Arc<Mutex<Kept>>,
    /// One that lies answers without keeping anything, after the store was made.
    lies: bool,
}

struct Kept {
    contents: TempDir,
    names: HashSet<OsString>,
    /// The directory itself.
    there: bool,
}

impl Platter {
    fn under(live: &Path, lies: bool) -> Self {
        let kept = Kept { contents: tempfile::tempdir().unwrap(), names: HashSet::new(), there: false };
        Self { live: live.canonicalize().unwrap(), kept: Arc::new(Mutex::new(kept)), lies }
    }
    /// The medium after the power came back.
    fn cut(&self) -> TempDir {
        let (kept, after) = (self.kept.lock().unwrap(), tempfile::tempdir().unwrap());
        for name in kept.names.iter().filter(|_| kept.there) {
            // One that was not fsynced is empty.
            let content = fs::read(kept.contents.path().join(name)).unwrap_or_default();
            fs::write(after.path().join(name), content).unwrap();
        }
        after
    }
}

impl Fsync for Platter {
    fn fsync(&self) -> io::Result<()> {
        if self.lies { Ok(()) } else { self.fsync_at(&self.live.join("db")) }
    }
    fn fsync_at(&self, path: &Path) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap();
        if path == self.live {
            kept.names = fs::read_dir(path)?.map(|entry| entry.map(|e| e.file_name())).collect::<io::Result<_>>()?;
            kept.names.remove(OsStr::new("blobs"));
        } else if Some(path) == self.live.parent() {
            kept.there = true;
        } else if path.is_file() {
            fs::copy(path, kept.contents.path().join(path.file_name().unwrap()))?;
        }
        Ok(())
    }
}

type Acknowledged = Arc<Mutex<HashMap<(Subject, u64), Bytes>>>;

/// Ten writers under way, small commits and large; then power is cut, three times. How many acknowledged commits and values are gone.
async fn lost_in_a_power_cut(lies: bool) -> usize {
    let live = tempfile::tempdir().unwrap();
    let platter = Platter::under(live.path(), lies);
    let options = Options { fsync: Some(Box::new(platter.clone())), ..Options::default() };
    let journal = Embedded::open_with(live.path(), options).unwrap();
    let acknowledged = Acknowledged::default();
    let values: Arc<Mutex<HashMap<String, Bytes>>> = Arc::default();
    let writers: Vec<_> = (0..10u8)
        .map(|writer| {
            let (journal, acknowledged, values) = (Arc::clone(&journal), Arc::clone(&acknowledged), Arc::clone(&values));
            tokio::spawn(async move {
                let subject = fresh(if writer % 2 == 0 { "intake" } else { "routing" });
                let mut last = 0;
                for round in 0..40usize {
                    let size = if round % 10 == 9 { 150_000 } else { 300 };
                    let payload = Bytes::from(vec![writer ^ round as u8; size]);
                    let Appended::At(at) = journal.append(&subject, last, payload.clone()).await else { panic!("not stored") };
                    last = at;
                    acknowledged.lock().unwrap().insert((subject.clone(), at), payload.clone());
                    let key = format!("{writer}.{round}");
                    let value = payload.slice(..payload.len().min(100_000));
                    journal.create("vault", &key, value.clone()).await.unwrap();
                    values.lock().unwrap().insert(key, value);
                }
            })
        })
        .collect();
    let mut lost = 0;
    for part in [100, 250, 400] {
        wait::until("enough is acknowledged", || std::future::ready((acknowledged.lock().unwrap().len() >= part).then_some(()))).await;
        let (commits, kept) = (acknowledged.lock().unwrap().clone(), values.lock().unwrap().clone());
        let after = platter.cut();
        let survivor = Embedded::open(after.path()).unwrap();
        for ((subject, at), payload) in commits {
            lost +=
                usize::from(survivor.at(subject.context(), at).await.unwrap().is_none_or(|r| r.subject != subject || r.payload != payload));
        }
        for (key, value) in kept {
            lost += usize::from(survivor.get("vault", &key).await.unwrap().is_none_or(|entry| entry.value != value));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(fs::read_dir(live.path().join("blobs")).unwrap().count(), 0, "sled keeps something in files that nobody syncs");
    lost
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_survives_a_power_cut() {
    assert_eq!(lost_in_a_power_cut(false).await, 0);
    // The test itself notices when nothing is synced.
    assert!(lost_in_a_power_cut(true).await > 300);
}

/// The newest acknowledged revision of a value, and its size then.
type Revisions = Arc<Mutex<HashMap<String, (u64, usize)>>>;
/// What was on the medium at a cut, and what had been acknowledged by then.
type Cut = (TempDir, HashMap<(Subject, u64), Bytes>, HashMap<String, (u64, usize)>);

/// Power is cut after each so many commits.
const CUT_AFTER: usize = 1_500;

/// A medium that, when power is cut, keeps each page written since the last fsync or loses it, by chance.
struct Torn {
    live: PathBuf,
    synced: TempDir,
    acknowledged: Acknowledged,
    revisions: Revisions,
    /// Power is cut at the next fsync: then `synced` is what is on the medium for sure.
    cut: std::cell::Cell<bool>,
    cuts: Arc<Mutex<Vec<Cut>>>,
}

impl Fsync for Torn {
    fn fsync(&self) -> io::Result<()> {
        let synced = self.synced.path().join("db");
        if self.cut.replace(false) {
            // Between the writes and the fsync: nothing of this group is acknowledged yet.
            let (acknowledged, revisions) = (self.acknowledged.lock().unwrap().clone(), self.revisions.lock().unwrap().clone());
            let (before, now) = (fs::read(&synced)?, fs::read(self.live.join("db"))?);
            let mut torn = before.clone();
            torn.resize(now.len(), 0);
            for (old, new) in torn.chunks_mut(4096).zip(now.chunks(4096)) {
                if rand::random() {
                    old[..new.len()].copy_from_slice(new);
                }
            }
            let after = tempfile::tempdir()?;
            for entry in fs::read_dir(&self.live)? {
                let path = entry?.path();
                if path.is_file() && !path.ends_with("db") {
                    fs::copy(&path, after.path().join(path.file_name().unwrap()))?;
                }
            }
            fs::write(after.path().join("db"), torn)?;
            self.cuts.lock().unwrap().push((after, acknowledged, revisions));
        }
        if self.acknowledged.lock().unwrap().len() > CUT_AFTER * (self.cuts.lock().unwrap().len() + 1) {
            self.cut.set(true);
            fs::copy(self.live.join("db"), synced)?;
        }
        Ok(())
    }
}

/// More writers than fit in a group, so that sled writes as much between two fsyncs as it ever does.
#[tokio::test(flavor = "multi_thread")]
async fn pages_lost_since_the_last_fsync_take_nothing_acknowledged_with_them() {
    let live = tempfile::tempdir().unwrap();
    let (acknowledged, revisions, cuts) = (Acknowledged::default(), Revisions::default(), Arc::default());
    let (synced, cut) = (tempfile::tempdir().unwrap(), std::cell::Cell::new(false));
    let (live_dir, told, kept) = (live.path().to_owned(), Arc::clone(&acknowledged), Arc::clone(&revisions));
    let torn = Torn { live: live_dir, synced, acknowledged: told, revisions: kept, cut, cuts: Arc::clone(&cuts) };
    let options = Options { fsync: Some(Box::new(torn)), answer_within: Duration::from_secs(60), ..Options::default() };
    let journal = Embedded::open_with(live.path(), options).unwrap();
    join_all((0..600u16).map(|writer| {
        let (journal, acknowledged, revisions) = (Arc::clone(&journal), Arc::clone(&acknowledged), Arc::clone(&revisions));
        tokio::spawn(async move {
            let subject = fresh("intake");
            let mut last = 0;
            let key = format!("{writer}");
            // Some in several pieces.
            let (payload, value) = if writer.is_multiple_of(50) { (9_000, 6_000) } else { (600, 1_500) };
            let mut revision = journal.create("vault", &key, Bytes::new()).await.unwrap();
            for round in 0..30u8 {
                let payload = Bytes::from(vec![writer as u8 ^ round; payload]);
                let Appended::At(at) = journal.append(&subject, last, payload.clone()).await else { panic!("not stored") };
                last = at;
                acknowledged.lock().unwrap().insert((subject.clone(), at), payload);
                // Values that are replaced make sled use its file's parts again.
                let size = value + usize::from(round);
                revision = journal.update("vault", &key, revision, Bytes::from(vec![round; size])).await.unwrap();
                revisions.lock().unwrap().insert(key.clone(), (revision, size));
            }
        })
    }))
    .await;
    drop(journal);
    let cuts = std::mem::take(&mut *cuts.lock().unwrap());
    assert!(cuts.len() > 5, "{}", cuts.len());
    for (dir, acknowledged, revisions) in cuts {
        let survivor = Embedded::open(dir.path()).unwrap();
        for ((subject, at), payload) in acknowledged {
            let found = survivor.at("intake", at).await.unwrap();
            assert!(found.is_some_and(|r| r.subject == subject && r.payload == payload), "commit {at} is lost");
        }
        for (key, (revision, size)) in revisions {
            let found = survivor.get("vault", &key).await.unwrap().unwrap_or_else(|| panic!("value {key} is lost"));
            // A newer one may have got there, and nobody was told.
            assert!(found.revision > revision || (found.revision == revision && found.value.len() == size), "value {key}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_commit_before_it_is_durable() {
    let world = EmbeddedWorld::new();
    let (journal, keyed) = (world.journal(), world.keyed());
    let subject = fresh("intake");
    let Appended::At(first) = journal.append(&subject, 0, Bytes::from_static(b"1")).await else { panic!() };
    let revision = keyed.create("vault", "k", Bytes::from_static(b"1")).await.unwrap();
    let mut follow = journal.follow("intake", first).await;
    let durable = Durable { follower: "routing".to_owned(), source: "intake".to_owned() };
    let mut deliveries = journal.deliveries(&durable, 10_000).await.unwrap();
    let delivery = wait::next("delivery", &mut deliveries).await;
    assert_eq!(delivery.record.sequence, first);
    delivery.handle.ack().await;

    world.fault(Fault::HoldRequests).await;
    assert_eq!(journal.append(&subject, first, Bytes::from_static(b"2")).await, Appended::Unknown);
    assert!(keyed.update("vault", "k", revision, Bytes::from_static(b"2")).await.is_err());
    assert_eq!(journal.last(&subject).await.unwrap().unwrap().sequence, first);
    assert_eq!(journal.load(&subject, 0).await.unwrap().len(), 1);
    assert_eq!(journal.at("intake", first + 1).await.unwrap(), None);
    assert_eq!(journal.end("intake").await.unwrap(), first);
    assert_eq!(keyed.get("vault", "k").await.unwrap().unwrap().revision, revision);
    assert!(follow.next().now_or_never().is_none());
    assert!(deliveries.next().now_or_never().is_none());

    world.fault(Fault::None).await;
    assert_eq!(wait::next("follow", &mut follow).await.sequence, first + 1);
    assert_eq!(wait::next("delivery", &mut deliveries).await.record.sequence, first + 1);
    let entry = wait::until("the value", || async { keyed.get("vault", "k").await.unwrap().filter(|e| e.revision > revision) }).await;
    assert_eq!(entry.value, Bytes::from_static(b"2"));
}

struct Failing(Arc<Mutex<bool>>);
impl Fsync for Failing {
    fn fsync(&self) -> io::Result<()> {
        if *self.0.lock().unwrap() { Err(io::Error::other("input/output error")) } else { Ok(()) }
    }
}

/// After a failed fsync the kernel may have dropped the pages: trying again would answer success for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_fsync_is_unknown_and_ends_all_writing() {
    let (dir, fails) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(false)));
    let options = Options { fsync: Some(Box::new(Failing(Arc::clone(&fails)))), ..Options::default() };
    let journal = Embedded::open_with(dir.path(), options).unwrap();
    let subject = fresh("intake");
    let Appended::At(first) = journal.append(&subject, 0, Bytes::from_static(b"1")).await else { panic!() };
    *fails.lock().unwrap() = true;
    assert_eq!(journal.append(&subject, first, Bytes::from_static(b"2")).await, Appended::Unknown);
    *fails.lock().unwrap() = false;
    assert_eq!(journal.append(&subject, first, Bytes::from_static(b"2")).await, Appended::Unavailable);
    assert_eq!(journal.load(&subject, 0).await.unwrap().len(), 1);
    drop(journal);
    let journal = Embedded::open(dir.path()).unwrap();
    assert_eq!(journal.append(&subject, 0, Bytes::from_static(b"3")).await, Appended::Conflict);
}

/// What a failed group wrote may be gone after a restart: nobody is shown it, whatever is refused afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_was_not_made_durable_stays_hidden() {
    let (dir, fails) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(false)));
    let options = Options { fsync: Some(Box::new(Failing(Arc::clone(&fails)))), ..Options::default() };
    let journal = Embedded::open_with(dir.path(), options).unwrap();
    let kept = journal.create("vault", "kept", Bytes::from_static(b"1")).await.unwrap();
    *fails.lock().unwrap() = true;
    assert_eq!(journal.create("vault", "k", Bytes::from_static(b"1")).await, Err(KeyedError::Unknown));
    *fails.lock().unwrap() = false;
    for refused in [journal.create("vault", "kept", Bytes::new()).await, journal.update("vault", "kept", kept, Bytes::new()).await] {
        assert!(matches!(refused, Err(KeyedError::Unavailable(_))), "{refused:?}");
    }
    assert_eq!(journal.get("vault", "k").await.unwrap(), None);
    assert_eq!(journal.keys("vault", "").await.unwrap(), ["kept"]);
    assert_eq!(journal.get("vault", "kept").await.unwrap().map(|entry| entry.revision), Some(kept));
    drop(journal);
    let journal = Embedded::open(dir.path()).unwrap();
    let next = journal.create("vault", "next", Bytes::new()).await.unwrap();
    assert!(next > kept + 1, "a revision is given once, also when nobody knows what became of it");
}

#[tokio::test]
async fn a_store_in_use_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let _journal = Embedded::open(dir.path()).unwrap();
    let refused = Embedded::open(dir.path()).unwrap_err();
    assert!(refused.to_string().ends_with("is in use by another process"), "{refused}");
}

#[tokio::test]
async fn a_store_that_is_laid_out_otherwise_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let earlier = || sled::Config::new().path(dir.path()).segment_size(512 * 1024).open().unwrap();
    earlier().insert(b"k", b"1").unwrap();
    let refused = Embedded::open(dir.path()).unwrap_err();
    assert!(refused.to_string().ends_with("this one needs an empty directory"), "{refused}");
    assert_eq!(earlier().get(b"k").unwrap().as_deref(), Some(&b"1"[..]));
}

const CHILD: &str = "ZEEF_JOURNAL_TEST_CHILD";

/// Not a test of its own: what [`survives_sigkill`] starts and kills. Tells each acknowledged commit on its standard output.
#[tokio::test(flavor = "multi_thread")]
async fn sigkill_child() {
    let Some(dir) = env::var_os(CHILD) else { return };
    let journal = Embedded::open(dir).unwrap();
    let out = Arc::new(Mutex::new(io::stdout()));
    join_all((0..32).map(|_| {
        let (journal, out) = (Arc::clone(&journal), Arc::clone(&out));
        tokio::spawn(async move {
            let subject = fresh("intake");
            let mut last = 0;
            loop {
                let payload = Bytes::from(format!("{subject} after {last}"));
                let Appended::At(at) = journal.append(&subject, last, payload).await else { return };
                writeln!(out.lock().unwrap(), "\nacknowledged {subject} {last} {at} .").unwrap();
                last = at;
            }
        })
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn survives_sigkill() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<(Subject, u64, u64)> = Vec::new();
    for round in 1..=10 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "sigkill_child", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut read = |acknowledged: &mut Vec<_>| -> bool {
            let Some(Ok(line)) = lines.next() else { return false };
            let words: Vec<&str> = line.split(' ').collect();
            // The last line may be cut off; whole ones have all their words.
            if let ["acknowledged", subject, last, at, "."] = words.as_slice()
                && let (Ok(subject), Ok(last), Ok(at)) = (subject.parse(), last.parse(), at.parse())
            {
                acknowledged.push((subject, last, at));
            }
            true
        };
        while acknowledged.len() < 200 * round {
            assert!(read(&mut acknowledged), "the child ended by itself");
        }
        child.kill().unwrap();
        while read(&mut acknowledged) {}
        child.wait().unwrap();
    }
    let started = std::time::Instant::now();
    let journal = Embedded::open(dir.path()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "opened in {:?}", started.elapsed());
    let mut lost = Vec::new();
    for (subject, last, at) in acknowledged {
        let found = journal.at("intake", at).await.unwrap();
        if found.is_none_or(|r| r.subject != subject || r.payload != format!("{subject} after {last}").as_bytes()) {
            lost.push((subject, at));
        }
    }
    assert_eq!(lost, []);
}
