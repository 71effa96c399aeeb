//! A journal in memory and a pen that writes stories of fictional cases into it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use desk::{
    entry::{Entries, entries},
    event::CONTEXTS,
};
use futures::{StreamExt, stream, stream::BoxStream};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use journal::{
    Appended, Commit, Delivery, Durable, Encoded, Journal, Record, Subject, Unavailable,
    commit::{Envelope, Trace},
};
use kernel::{CaseId, Clock, Gemeentecode, Key, terms::TermEvent};
use prost::Message;
use proto::{
    aftercare::v1 as aftercare, common::v1 as common, court_liaison::v1 as court, intake::v1 as intake, outreach::v1 as outreach,
    routing::v1 as routing,
};
use tokio::sync::watch;
use uuid::Uuid;

pub use court::fact::What;

/// A clock that stands still.
pub struct Still(pub Timestamp);
impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// No service answers here: the pages are looked at only.
pub fn nowhere() -> desk::web::Reach {
    let nowhere = || "http://127.0.0.1:9".to_owned();
    desk::web::Reach { intake: nowhere(), routing: nowhere(), outreach: nowhere(), issuer: None }
}

/// A journal in memory that takes whole records.
#[derive(Clone, Default)]
pub struct Fake {
    streams: Arc<Mutex<BTreeMap<String, Vec<Record>>>>,
    grown: watch::Sender<u64>,
}

impl Fake {
    pub fn with(records: &[Record]) -> Self {
        let fake = Self::default();
        fake.extend(records);
        fake
    }
    pub fn extend(&self, records: &[Record]) {
        for record in records {
            self.streams.lock().unwrap().entry(record.subject.context().to_owned()).or_default().push(record.clone());
        }
        self.grown.send_modify(|times| *times += 1);
    }
    fn all(&self, context: &str) -> Vec<Record> {
        self.streams.lock().unwrap().get(context).cloned().unwrap_or_default()
    }
}

/// The shared end of a stream that goes on.
struct Tail {
    journal: Fake,
    context: String,
    after: u64,
    grown: watch::Receiver<u64>,
}

#[async_trait]
impl Journal for Fake {
    async fn append(&self, _: &Subject, _: u64, _: Bytes) -> Appended {
        panic!("the desk never appends")
    }
    async fn last(&self, subject: &Subject) -> Result<Option<Record>, Unavailable> {
        Ok(self.all(subject.context()).into_iter().rfind(|record| record.subject == *subject))
    }
    async fn at(&self, context: &str, sequence: u64) -> Result<Option<Record>, Unavailable> {
        Ok(self.all(context).into_iter().find(|record| record.sequence == sequence))
    }
    async fn load(&self, subject: &Subject, after: u64) -> Result<Vec<Record>, Unavailable> {
        Ok(self.all(subject.context()).into_iter().filter(|record| record.subject == *subject && record.sequence > after).collect())
    }
    async fn end(&self, context: &str) -> Result<u64, Unavailable> {
        Ok(self.all(context).last().map_or(0, |record| record.sequence))
    }
    async fn follow(&self, context: &str, after: u64) -> BoxStream<'static, Record> {
        let tail = Tail { journal: self.clone(), context: context.to_owned(), after, grown: self.grown.subscribe() };
        stream::unfold(tail, |mut tail| async move {
            loop {
                let next = tail.journal.all(&tail.context).into_iter().find(|record| record.sequence > tail.after);
                if let Some(record) = next {
                    tail.after = record.sequence;
                    return Some((record, tail));
                }
                tail.grown.changed().await.ok()?;
            }
        })
        .boxed()
    }
    async fn deliveries(&self, _: &Durable, _: usize) -> Result<BoxStream<'static, Delivery>, Unavailable> {
        panic!("the desk follows, it takes no deliveries")
    }
}

/// Polls a condition, ten seconds at most.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not come about: {what}");
}

/// A fictional case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub id: CaseId,
    /// Intake's address file.
    pub file: Key,
}

impl Case {
    pub fn new(gemeente: &str, number: u128) -> Self {
        let gemeente: Gemeentecode = gemeente.parse().unwrap();
        // A UUID of version 7, told apart by its last digits.
        let id = Uuid::from_u128(0x0192_f0c1_7a3e_7c44_9d0e_0000_0000_0000 + number);
        Self { id: CaseId::from_uuid(id), file: Key::new(gemeente, Uuid::from_u128(number + 1)) }
    }
    pub fn bytes(&self) -> Vec<u8> {
        self.id.uuid().as_bytes().to_vec()
    }
    fn key(&self, context: &str) -> Key {
        if context == "intake" { self.file } else { Key::new(self.file.gemeente, self.id.uuid()) }
    }
}

/// `2026-03-02T09:00`, Europe/Amsterdam.
pub fn local(text: &str) -> Timestamp {
    let at: jiff::civil::DateTime = text.parse().unwrap();
    at.to_zoned(TimeZone::get("Europe/Amsterdam").unwrap()).unwrap().timestamp()
}

pub fn date(iso: &str) -> common::Date {
    common::Date { iso: iso.to_owned() }
}

/// An event as the codecs of the services store it.
pub type Raw = (&'static str, &'static str, Vec<u8>);

/// Writes commits, each stream with sequences of its own.
#[derive(Clone)]
pub struct Pen {
    pub records: Vec<Record>,
    sequences: BTreeMap<&'static str, u64>,
    pub now: Timestamp,
    spans: u64,
}

impl Default for Pen {
    fn default() -> Self {
        Self { records: Vec::new(), sequences: BTreeMap::new(), now: local("2026-01-05T09:00"), spans: 0 }
    }
}

impl Pen {
    pub fn at(&mut self, text: &str) -> &mut Self {
        self.now = local(text);
        self
    }
    fn ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// One commit; the events are of one context.
    pub fn commit(&mut self, case: &Case, events: &[Raw]) -> &mut Self {
        let opens = events.iter().any(|(_, name, _)| *name == "CaseOpened");
        self.spans += 1;
        let root = case.id.root_span();
        let span = if opens { root } else { (0xabcd_0000_0000_0000 + self.spans).to_be_bytes() };
        let trace = Trace { trace: case.id.uuid(), span, parent: (!opens).then_some(root), link: None };
        self.commit_with(case, events, Some(trace))
    }

    pub fn commit_with(&mut self, case: &Case, events: &[Raw], trace: Option<Trace>) -> &mut Self {
        let context = events[0].0;
        let subject = Subject::new(context, case.key(context));
        let encoded: Vec<_> = events.iter().map(|(_, name, bytes)| Encoded { name, version: 1, bytes: bytes.clone() }).collect();
        let envelope = Envelope {
            commit_id: Uuid::from_u128(u128::from(self.spans)),
            request_id: Uuid::from_u128(u128::from(self.spans)),
            actor: "p-17".to_owned(),
            cause: None,
            hops: 0,
            happened_at: self.now,
            recorded_at: self.now,
            types: Vec::new(),
            previous: None,
            concerns: Vec::new(),
            taken_in: Vec::new(),
            trace,
        };
        let (payload, _) = envelope.encode(&subject, &encoded);
        let sequence = self.sequences.entry(context).or_insert(0);
        *sequence += 1;
        self.records.push(Record { sequence: *sequence, subject, payload });
        self
    }

    pub fn stage(&mut self, case: &Case, step: u32) -> &mut Self {
        let told = self.staged(case, step);
        self.commit(case, &[told])
    }
    pub fn open_by_landlord(&mut self, case: &Case) -> &mut Self {
        let (opened, told) = (self.opened(case, 1, "landlord"), self.staged(case, 1));
        self.commit(case, &[opened, told])
    }
    fn staged(&self, case: &Case, step: u32) -> Raw {
        let told = intake::LandlordStageRecorded {
            case_id: case.bytes(),
            step,
            happened_at_ms: self.ms(),
            amount_cents: 61_250,
            received_at_ms: self.ms(),
            ..Default::default()
        };
        ("intake", "LandlordStageRecorded", told.encode_to_vec())
    }
    pub fn opened(&self, case: &Case, entry_step: u32, origin: &str) -> Raw {
        let opened = intake::CaseOpened {
            case_id: case.bytes(),
            entry_step,
            origin: origin.to_owned(),
            file_key: case.file.to_string(),
            happened_at_ms: self.ms(),
            ..Default::default()
        };
        ("intake", "CaseOpened", opened.encode_to_vec())
    }
    pub fn signalled(&self, case: &Case, organisation: &str, cents: i64, since: Option<&str>, contact: Option<&str>) -> Raw {
        let signal = intake::SignalAccepted {
            signal_id: vec![7; 16],
            case_id: case.bytes(),
            kind: intake::PartnerKind::Rent.into(),
            organisation: organisation.to_owned(),
            amount_cents: cents,
            arrears_since: since.map(date),
            contact_on: contact.map(date),
            received_at_ms: self.ms(),
            file_key: case.file.to_string(),
            ..Default::default()
        };
        ("intake", "SignalAccepted", signal.encode_to_vec())
    }
    /// A case that begins with a signal of which the landlord tells nothing earlier.
    pub fn signal(&mut self, case: &Case) -> &mut Self {
        let events = [self.opened(case, 3, "signal"), self.signalled(case, "woonveste", 123_456, None, None)];
        self.commit(case, &events)
    }
    pub fn plan(&mut self, case: &Case) -> &mut Self {
        let routed = routing::CaseRouted {
            case_id: case.bytes(),
            track: "early".to_owned(),
            team: "wijkteam-noord".to_owned(),
            reason: "eerste signaal van een verhuurder".to_owned(),
            ..Default::default()
        };
        self.commit(case, &[("routing", "CaseRouted", routed.encode_to_vec())]);
        let by = jiff_date(self.now).saturating_add(jiff::ToSpan::days(7));
        let attempt = outreach::DueAttempt {
            number: 1,
            by: Some(date(&by.to_string())),
            channel: "telefoon".to_owned(),
            daypart: "avond".to_owned(),
        };
        let plan = outreach::PlanMade {
            case_id: case.bytes(),
            track: "early".to_owned(),
            attempts: vec![attempt.clone(), attempt],
            ..Default::default()
        };
        self.commit(case, &[("outreach", "PlanMade", plan.encode_to_vec())])
    }
    pub fn outreach(&mut self, case: &Case, what: &str) -> &mut Self {
        let (case_id, happened_at_ms) = (case.bytes(), self.ms());
        let raw = match what {
            "attempt" => {
                let tried = outreach::AttemptRecorded {
                    number: 1,
                    channel: "telefoon".into(),
                    daypart: "avond".into(),
                    reached: true,
                    happened_at_ms,
                    ..Default::default()
                };
                ("outreach", "AttemptRecorded", tried.encode_to_vec())
            }
            "offer" => ("outreach", "OfferMade", outreach::OfferMade { case_id, channel: "brief".into(), happened_at_ms }.encode_to_vec()),
            "accept" => ("outreach", "HelpAccepted", outreach::HelpAccepted { case_id, happened_at_ms }.encode_to_vec()),
            "refuse" => ("outreach", "HelpRefused", outreach::HelpRefused { case_id, happened_at_ms }.encode_to_vec()),
            "exhausted" => {
                ("outreach", "PlanExhausted", outreach::PlanExhausted { case_id, attempts: 4, ..Default::default() }.encode_to_vec())
            }
            "ended" => ("outreach", "PlanEnded", outreach::PlanEnded { reason: "paid".into(), ..Default::default() }.encode_to_vec()),
            result => {
                ("outreach", "HelpResolved", outreach::HelpResolved { case_id, result: result.to_owned(), happened_at_ms }.encode_to_vec())
            }
        };
        self.commit(case, &[raw])
    }
    pub fn fact(&mut self, case: &Case, step: u32, what: What) -> &mut Self {
        let told = self.told(case, step, what);
        self.commit(case, &[told])
    }
    pub fn told(&self, case: &Case, step: u32, what: What) -> Raw {
        let fact = court::FactRecorded {
            case_id: case.bytes(),
            fact: Some(court::Fact { what: Some(what) }),
            step,
            happened_at_ms: self.ms(),
            file_key: case.file.to_string(),
            notice_id: Vec::new(),
        };
        ("court-liaison", "FactRecorded", fact.encode_to_vec())
    }
    pub fn track(&mut self, case: &Case, entry_step: u32, known_at_intake: bool) -> &mut Self {
        let opened = court::TrackOpened {
            case_id: case.bytes(),
            file_key: case.file.to_string(),
            known_at_intake,
            entry_step,
            episode: 1,
            happened_at_ms: self.ms(),
            ..Default::default()
        };
        self.commit(case, &[("court-liaison", "TrackOpened", opened.encode_to_vec())])
    }
    pub fn track_over(&mut self, case: &Case, step: u32, outcome: &str) -> &mut Self {
        let over = court::TrackFinished {
            case_id: case.bytes(),
            outcome: outcome.to_owned(),
            step,
            file_key: String::new(),
            happened_at_ms: self.ms(),
        };
        self.commit(case, &[("court-liaison", "TrackFinished", over.encode_to_vec())])
    }
    pub fn aftercare(&mut self, case: &Case, what: &str) -> &mut Self {
        let (case_id, happened_at_ms) = (case.bytes(), self.ms());
        let lost = |how: &str| {
            ("aftercare", "HomeLost", aftercare::HomeLost { case_id: case_id.clone(), how: how.to_owned(), happened_at_ms }.encode_to_vec())
        };
        let placed = |in_time| {
            let placed = aftercare::Rehoused { case_id: case_id.clone(), place: "new-lease".to_owned(), happened_at_ms, in_time };
            ("aftercare", "Rehoused", placed.encode_to_vec())
        };
        let raw = match what {
            "duty" => {
                let duty = aftercare::DutyOpened {
                    case_id,
                    owner: "aftercare".into(),
                    beat: Some(date("2026-06-10")),
                    ground: "arrears".into(),
                    file_key: String::new(),
                    happened_at_ms,
                };
                ("aftercare", "DutyOpened", duty.encode_to_vec())
            }
            "rehoused" => placed(true),
            "rehoused-late" => placed(false),
            "stopgap" => {
                let found = aftercare::StopgapFound { case_id, place: "shelter".to_owned(), happened_at_ms };
                ("aftercare", "StopgapFound", found.encode_to_vec())
            }
            "destination-unknown" => {
                let unknown = aftercare::DestinationUnknown { case_id, last_looked_for: Some(date("2026-06-12")) };
                ("aftercare", "DestinationUnknown", unknown.encode_to_vec())
            }
            "met" => ("aftercare", "DutyMet", aftercare::DutyMet { case_id, how: "averted".into(), happened_at_ms }.encode_to_vec()),
            "list" => {
                let entry = aftercare::ListReviewOpened {
                    case_id,
                    organisation: "woonveste".into(),
                    ground: "arrears".into(),
                    ..Default::default()
                };
                ("aftercare", "ListReviewOpened", entry.encode_to_vec())
            }
            how => lost(how),
        };
        self.commit(case, &[raw])
    }
    pub fn pay(&mut self, case: &Case, kind: intake::PaymentKind) -> &mut Self {
        let paid = intake::PaymentRecorded { case_id: case.bytes(), kind: kind.into(), happened_at_ms: self.ms() };
        self.commit(case, &[("intake", "PaymentRecorded", paid.encode_to_vec())])
    }
    pub fn closed(&self, case: &Case, outcome: &str, failed: bool) -> Raw {
        let closed = intake::CaseClosed { case_id: case.bytes(), outcome: outcome.to_owned(), failed, happened_at_ms: self.ms() };
        ("intake", "CaseClosed", closed.encode_to_vec())
    }
    pub fn close(&mut self, case: &Case, outcome: &str, failed: bool) -> &mut Self {
        let closed = self.closed(case, outcome, failed);
        self.commit(case, &[closed])
    }
    pub fn term(&mut self, case: &Case, context: &'static str, event: &TermEvent) -> &mut Self {
        let changed = outreach::TermChanged { term: Some(journal::terms::to_proto(event)) };
        self.commit(case, &[(context, "TermChanged", changed.encode_to_vec())])
    }
}

fn jiff_date(at: Timestamp) -> Date {
    kernel::days::amsterdam_date(at)
}

/// The entries of one case, as the rows keep them.
pub fn entries_of(records: &[Record], case: &Case) -> Entries {
    let mut found = Entries::new();
    for record in records {
        let context = CONTEXTS.iter().position(|name| *name == record.subject.context()).unwrap();
        let context = u32::try_from(context).unwrap();
        for (id, entry) in entries(context, &Commit::read(record).unwrap()) {
            if id == case.id {
                found.insert((entry.context, entry.sequence), entry);
            }
        }
    }
    found
}
