//! What the desk keeps of a commit, for each case the commit is about.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journal::{Commit, TakenInOutcome, Unreadable};
use kernel::{CaseId, Key};

use crate::event::{CONTEXTS, Event, is_hidden, is_of_no_case};

/// A commit's share in one case, as a row.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    /// Index in [`CONTEXTS`].
    #[prost(uint32, tag = "1")]
    pub context: u32,
    /// The stream's sequence.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    /// The aggregate's key, `0363.<id>`.
    #[prost(string, tag = "3")]
    pub key: String,
    /// Milliseconds since the epoch, UTC.
    #[prost(int64, tag = "4")]
    pub happened_at_ms: i64,
    /// Milliseconds since the epoch, UTC.
    #[prost(int64, tag = "5")]
    pub recorded_at_ms: i64,
    /// Actor id: a pseudonym.
    #[prost(string, tag = "6")]
    pub actor: String,
    /// The events of this case, in their order.
    #[prost(message, repeated, tag = "7")]
    pub events: Vec<Stored>,
    /// The commit's place in the trace, when that is this case's.
    #[prost(message, optional, tag = "8")]
    pub span: Option<Place>,
}

/// An event as it was stored.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Stored {
    /// Its type.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its version.
    #[prost(uint32, tag = "2")]
    pub version: u32,
    /// Its bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub bytes: Vec<u8>,
}

/// A place in a case's trace.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Place {
    /// Eight bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub span: Vec<u8>,
    /// Eight bytes; empty on the root.
    #[prost(bytes = "vec", tag = "2")]
    pub parent: Vec<u8>,
    /// `<trace>-<span>` of the caller, in hexadecimal.
    #[prost(string, tag = "3")]
    pub link: String,
    /// What the commit took in: `acted`, `noted:<reason>`, `parked:<reason>`, `unparked`.
    #[prost(string, repeated, tag = "4")]
    pub taken_in: Vec<String>,
    /// Names of all events of the commit that may be shown.
    #[prost(string, repeated, tag = "5")]
    pub names: Vec<String>,
}

/// The entries of one case in the one order that does not depend on when they were read: by context, then by sequence.
pub type Entries = BTreeMap<(u32, u64), Entry>;

impl Entry {
    /// The context's name.
    pub fn context(&self) -> &'static str {
        usize::try_from(self.context).ok().and_then(|index| CONTEXTS.get(index)).copied().unwrap_or("")
    }
    /// The aggregate's key.
    pub fn key(&self) -> Option<Key> {
        self.key.parse().ok()
    }
    /// The municipality of that key.
    pub fn gemeente(&self) -> &str {
        self.key.split('.').next().unwrap_or_default()
    }
    /// When the command's matter happened.
    pub fn happened_at(&self) -> Timestamp {
        instant(self.happened_at_ms)
    }
    /// When the commit was made.
    pub fn recorded_at(&self) -> Timestamp {
        instant(self.recorded_at_ms)
    }
    /// Its events, those that can be read, with their type and the moment they happened.
    pub fn events(&self) -> impl Iterator<Item = (&str, Event, Timestamp)> + '_ {
        self.events.iter().filter_map(|stored| {
            let event = Event::read(self.context(), &stored.name, stored.version, &stored.bytes).ok()?;
            let at = event.happened_at_ms().unwrap_or(self.happened_at_ms);
            Some((stored.name.as_str(), event, instant(at)))
        })
    }
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What a commit says of each case it is about. Events that nobody here knows are left out, with a line in the log.
pub fn entries(context: u32, commit: &Commit) -> Vec<(CaseId, Entry)> {
    let name = usize::try_from(context).ok().and_then(|index| CONTEXTS.get(index)).copied().unwrap_or("");
    let key = commit.subject.key();
    let envelope = &commit.envelope;
    if envelope.types.iter().any(|(event_type, _)| is_of_no_case(name, event_type)) {
        return Vec::new();
    }
    let mut cases: BTreeMap<CaseId, Vec<Stored>> = BTreeMap::new();
    let (mut names, mut hidden) = (Vec::new(), false);
    for ((event_type, version), bytes) in envelope.types.iter().zip(&commit.events) {
        if is_hidden(name, event_type) {
            hidden = true;
            continue;
        }
        names.push(event_type.clone());
        let event = match Event::read(name, event_type, *version, bytes) {
            Ok(event) => event,
            Err(Unreadable::UnknownType) => {
                tracing::warn!(
                    context = name,
                    event = event_type,
                    version,
                    sequence = commit.sequence,
                    "event unknown to the desk, not shown"
                );
                continue;
            }
            Err(Unreadable::Undecodable) => {
                tracing::error!(
                    context = name,
                    event = event_type,
                    version,
                    sequence = commit.sequence,
                    "event cannot be decoded, not shown"
                );
                continue;
            }
        };
        let case = match (name, event.case_bytes()) {
            ("intake", Some(bytes)) => match CaseId::from_bytes(bytes) {
                Ok(case) => case,
                Err(_) => continue,
            },
            ("intake", None) => continue,
            _ => key.case(),
        };
        let stored = Stored { name: event_type.clone(), version: *version, bytes: bytes.to_vec() };
        cases.entry(case).or_default().push(stored);
    }
    let mut place = envelope.trace.map(|trace| {
        let taken_in = envelope.taken_in.iter().map(|taken| match &taken.outcome {
            TakenInOutcome::Acted => "acted".to_owned(),
            TakenInOutcome::Noted(reason) => format!("noted:{reason}"),
            TakenInOutcome::Parked(reason) => format!("parked:{reason}"),
            TakenInOutcome::Unparked => "unparked".to_owned(),
            TakenInOutcome::Reconciled => "reconciled".to_owned(),
        });
        let place = Place {
            span: trace.span.to_vec(),
            parent: trace.parent.map(|parent| parent.to_vec()).unwrap_or_default(),
            link: trace.link.map(|(trace, span)| format!("{}-{}", hex::encode(trace), hex::encode(span))).unwrap_or_default(),
            taken_in: taken_in.collect(),
            names,
        };
        (CaseId::from_uuid(trace.trace), place)
    });
    // A commit of which nothing may be shown leaves no trace either: its being there would tell.
    if hidden && place.as_ref().is_some_and(|(_, place)| place.names.is_empty() && place.taken_in.is_empty()) {
        return Vec::new();
    }
    // A report that was returned is no case, nor is a concern: they have no page.
    if name == "intake" && cases.is_empty() && !envelope.types.is_empty() {
        return Vec::new();
    }
    if let Some((case, _)) = &place {
        cases.entry(*case).or_default();
    }
    cases
        .into_iter()
        .map(|(case, events)| {
            let span = place.take_if(|(of, _)| *of == case).map(|(_, place)| place);
            let entry = Entry {
                context,
                sequence: commit.sequence,
                key: key.to_string(),
                happened_at_ms: envelope.happened_at.as_millisecond(),
                recorded_at_ms: envelope.recorded_at.as_millisecond(),
                actor: envelope.actor.clone(),
                events,
                span,
            };
            (case, entry)
        })
        .collect()
}
