//! What aftercare shows: duties to rehouse by municipality and day to beat, and entries on signalling lists.

use aftercare_domain::{Event, Verdict};
use jiff::civil::Date;
use journal::{Commit, Rows, View, Views, terms::date_out};
use kernel::{
    Gemeentecode, Key,
    terms::{TermEvent, TermKind},
};
use prost::Message;
use proto::aftercare::v1 as pb;

use crate::context::Aftercare;

/// Rows: municipality, day to beat, aggregate. A duty as it is shown, with its file's next review.
pub const DUTIES: u8 = 1;
/// Per aggregate: its duty, whether or not it has a row.
const DUTY_OF: u8 = 2;
/// Per aggregate and term: the last day of a running review of an entry.
const REVIEWS: u8 = 3;
/// Rows: municipality, aggregate, organisation. Entries on signalling lists.
pub const ENTRIES: u8 = 4;

/// The view of aftercare.
#[derive(Clone, Copy, Debug)]
pub struct DutiesView;

impl View for DutiesView {
    type Context = Aftercare;
    fn apply(&self, rows: &mut Rows<'_>, key: Key, _: &Commit, events: &[Event]) {
        for event in events {
            match event {
                Event::DutyOpened { owner, beat, .. } => {
                    let opened = pb::Duty {
                        case_id: key.case().to_string(),
                        gemeentecode: key.gemeente.to_string(),
                        owner: owner.clone(),
                        beat: Some(date_out(*beat)),
                        state: "open".to_owned(),
                        ..pb::Duty::default()
                    };
                    change(rows, key, |duty| *duty = Some(opened));
                }
                Event::BeatMoved { beat, .. } => known(rows, key, |duty| duty.beat = Some(date_out(*beat))),
                Event::DutyAssigned { owner, .. } => known(rows, key, |duty| duty.owner.clone_from(owner)),
                Event::HomeLost { .. } => known(rows, key, |duty| duty.home_lost = true),
                Event::Rehoused { place, .. } => known(rows, key, |duty| {
                    "rehoused".clone_into(&mut duty.state);
                    place.code().clone_into(&mut duty.place);
                }),
                Event::StopgapFound { place, .. } => known(rows, key, |duty| {
                    // Found again, and still to be rehoused; not what is told of before a place was found.
                    if is_open(duty) {
                        "open".clone_into(&mut duty.state);
                        place.code().clone_into(&mut duty.place);
                    }
                }),
                Event::DestinationUnknown { last_looked_for, .. } => known(rows, key, |duty| {
                    "destination-unknown".clone_into(&mut duty.state);
                    duty.last_looked_for = Some(date_out(*last_looked_for));
                }),
                Event::DutyMet { .. } => known(rows, key, |duty| "stays".clone_into(&mut duty.state)),
                Event::ListReviewOpened { organisation, ground, entered_on, ends_on, told, flaws, .. } => {
                    let entry = pb::ListEntry {
                        case_id: key.case().to_string(),
                        gemeentecode: key.gemeente.to_string(),
                        organisation: organisation.clone(),
                        ground: ground.code().to_owned(),
                        entered_on: Some(date_out(*entered_on)),
                        ends_on: ends_on.map(date_out),
                        person_told: *told,
                        flaws: flaws.iter().map(|flaw| flaw.code().to_owned()).collect(),
                    };
                    rows.put(ENTRIES, &entry_row(key, organisation), entry.encode_to_vec());
                }
                Event::ListReviewed { organisation, verdict: Verdict::Remove, .. } => rows.remove(ENTRIES, &entry_row(key, organisation)),
                Event::ListReviewed { verdict: Verdict::Keep, .. } => {}
                Event::TermChanged(term) => review(rows, key, term),
            }
        }
    }
}

fn entry_row(key: Key, organisation: &str) -> Vec<u8> {
    format!("{}\0{}\0{organisation}", key.gemeente, key.id.simple()).into_bytes()
}

/// The start of the rows of a municipality, or of all.
pub fn of(gemeente: Option<Gemeentecode>) -> Vec<u8> {
    gemeente.map(|gemeente| format!("{gemeente}\0").into_bytes()).unwrap_or_default()
}

fn row(key: Key, duty: &pb::Duty) -> Vec<u8> {
    let beat = duty.beat.as_ref().map_or("", |beat| beat.iso.as_str());
    format!("{}\0{beat}\0{}", key.gemeente, key.id.simple()).into_bytes()
}

fn change(rows: &mut Rows<'_>, key: Key, how: impl FnOnce(&mut Option<pb::Duty>)) {
    let name = key.to_string().into_bytes();
    let before = rows.get(DUTY_OF, &name).and_then(|bytes| pb::Duty::decode(bytes.as_slice()).ok());
    let mut duty = before.clone();
    how(&mut duty);
    if let Some(before) = before {
        rows.remove(DUTIES, &row(key, &before));
    }
    if let Some(duty) = duty {
        let bytes = duty.encode_to_vec();
        rows.put(DUTY_OF, &name, bytes.clone());
        rows.put(DUTIES, &row(key, &duty), bytes);
    }
}

fn known(rows: &mut Rows<'_>, key: Key, how: impl FnOnce(&mut pb::Duty)) {
    change(rows, key, |duty| {
        if let Some(duty) = duty {
            how(duty);
        }
    });
}

/// Keeps the running reviews of an aggregate's entries, at most a few.
fn review(rows: &mut Rows<'_>, key: Key, term: &TermEvent) {
    let name = key.to_string().into_bytes();
    let mut reviews = rows.get(REVIEWS, &name).map(|bytes| reviews_in(&bytes)).unwrap_or_default();
    match term {
        TermEvent::Set(set) if set.kind == TermKind::ListReview => reviews.push((set.id.to_string(), set.due)),
        TermEvent::Met { id, .. } | TermEvent::FoundMet { id, .. } | TermEvent::Ended { id, .. } => {
            reviews.retain(|(known, _)| *known != id.to_string());
        }
        _ => return,
    }
    let lines: String = reviews.iter().map(|(id, due)| format!("{id} {due}\n")).collect();
    rows.put(REVIEWS, &name, lines);
}

fn reviews_in(bytes: &[u8]) -> Vec<(String, Date)> {
    let lines = String::from_utf8_lossy(bytes);
    lines.lines().filter_map(|line| line.split_once(' ')).filter_map(|(id, due)| Some((id.to_owned(), due.parse().ok()?))).collect()
}

/// The first review of an entry that is still to come, or overdue.
pub fn next_review(views: &Views<DutiesView>, key: Key) -> Option<Date> {
    let reviews = views.get(REVIEWS, key.to_string().as_bytes()).map(|bytes| reviews_in(&bytes)).unwrap_or_default();
    reviews.into_iter().map(|(_, due)| due).min()
}

/// Still has to be worked on.
pub fn is_open(duty: &pb::Duty) -> bool {
    matches!(duty.state.as_str(), "open" | "destination-unknown")
}

/// A page of rows that the reader may see, and the token of the next page.
pub fn page<M: Message + Default>(
    views: &Views<DutiesView>,
    (table, prefix): (u8, Vec<u8>),
    (size, mut after): (usize, Option<Vec<u8>>),
    visible: impl Fn(&M) -> bool,
) -> (Vec<M>, String) {
    let mut rows = Vec::new();
    loop {
        let chunk = views.scan(table, &prefix, after.as_deref(), size);
        let last = chunk.len() < size;
        for (key, value) in chunk {
            after = Some(key);
            rows.extend(M::decode(value.as_slice()).ok().filter(&visible));
            if rows.len() == size {
                return (rows, after.map(hex::encode).unwrap_or_default());
            }
        }
        if last {
            return (rows, String::new());
        }
    }
}
