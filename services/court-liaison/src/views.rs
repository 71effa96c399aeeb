//! What court liaison shows: the hearing list of a court and day, and what is out of order.

use court_liaison_domain::{Event, Fact, Objection};
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use journal::{Commit, Rows, View, Views};
use kernel::{
    Key,
    days::{amsterdam, amsterdam_date, written_day},
    terms::TermKind,
};
use prost::Message;
use proto::court_liaison::v1 as pb;

use crate::{
    context::CourtLiaison,
    words::{fact_in, fact_out, time_out},
};

/// Rows: court, day, time, aggregate.
pub const BY_COURT: u8 = 1;
/// Rows: day, court, time, aggregate.
pub const BY_DAY: u8 = 2;
/// Per aggregate: its listings and hearings as told.
const TOLD: u8 = 3;
/// Rows: when recorded, aggregate, code, fact.
pub const VIOLATIONS: u8 = 4;
/// Per violation: its row.
const VIOLATION_AT: u8 = 5;

/// The view of court liaison.
#[derive(Clone, Copy, Debug)]
pub struct CourtView;

impl View for CourtView {
    type Context = CourtLiaison;
    fn apply(&self, rows: &mut Rows<'_>, key: Key, commit: &Commit, events: &[Event]) {
        for event in events {
            match event {
                Event::FactRecorded { fact: fact @ (Fact::HearingListed { .. } | Fact::HearingHeld { .. }), happened_at, .. } => {
                    tell(rows, key, fact, *happened_at);
                }
                Event::ViolationFound { violation, .. } => {
                    let identity = identity(key, violation.code.code(), violation.about);
                    let mut row = commit.envelope.recorded_at.as_millisecond().to_be_bytes().to_vec();
                    row.extend_from_slice(&identity);
                    rows.put(VIOLATION_AT, &identity, row.clone());
                    rows.put(VIOLATIONS, &row, shown(key, violation).encode_to_vec());
                }
                Event::ViolationLifted { code, about, .. } => {
                    let identity = identity(key, code.code(), *about);
                    if let Some(row) = rows.get(VIOLATION_AT, &identity) {
                        rows.remove(VIOLATIONS, &row);
                        rows.remove(VIOLATION_AT, &identity);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A violation as it is shown.
pub fn shown(key: Key, violation: &court_liaison_domain::Violation) -> pb::Violation {
    let at = violation.about.to_zoned(amsterdam().clone());
    pb::Violation {
        code: violation.code.code().to_owned(),
        text: violation.code.dutch().to_owned(),
        owner: violation.owner.clone(),
        case_id: key.case().to_string(),
        gemeentecode: key.gemeente.to_string(),
        at: at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}

/// The objection to a default judgment as it is shown: also that it is open, for a term that does not run yet is on no list.
pub fn shown_objection(objection: Objection) -> pb::Objection {
    let kind = TermKind::Objection.dutch();
    match objection {
        Objection::Open => pb::Objection { until: None, text: format!("{kind}: staat open") },
        Objection::Until(day) => {
            pb::Objection { until: Some(journal::terms::date_out(day)), text: format!("{kind}: uiterlijk {}", written_day(day)) }
        }
    }
}

fn identity(key: Key, code: &str, about: Timestamp) -> Vec<u8> {
    format!("{key}\0{code}\0{}", about.as_millisecond()).into_bytes()
}

/// The start of the rows of a court, of a day, of both or of all: table and prefix.
pub fn hearings_of(court: &str, day: Option<Date>) -> (u8, Vec<u8>) {
    let court = court.trim().to_lowercase();
    match (court.is_empty(), day) {
        (false, Some(day)) => (BY_COURT, format!("{court}\0{day}\0").into_bytes()),
        (false, None) => (BY_COURT, format!("{court}\0").into_bytes()),
        (true, Some(day)) => (BY_DAY, format!("{day}\0").into_bytes()),
        (true, None) => (BY_DAY, Vec::new()),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    court: String,
    on: Date,
    time: Option<Time>,
    held: bool,
}

impl Row {
    fn keys(&self, key: Key) -> [(u8, Vec<u8>); 2] {
        let (court, on, time) = (self.court.to_lowercase(), self.on, time_out(self.time));
        [(BY_COURT, format!("{court}\0{on}\0{time}\0{key}").into_bytes()), (BY_DAY, format!("{on}\0{court}\0{time}\0{key}").into_bytes())]
    }

    fn message(&self, key: Key) -> pb::Hearing {
        pb::Hearing {
            court: self.court.clone(),
            on: Some(journal::terms::date_out(self.on)),
            time: time_out(self.time),
            case_id: key.case().to_string(),
            gemeentecode: key.gemeente.to_string(),
            held: self.held,
        }
    }
}

/// The hearings of a case, in the order in which things happened: a listing replaces the one before it until a hearing is
/// held. Told late or twice makes no difference.
fn hearings(mut told: Vec<(Timestamp, Fact)>) -> Vec<Row> {
    told.sort_by_key(|(at, fact)| (*at, matches!(fact, Fact::HearingHeld { .. })));
    let (mut rows, mut listed): (Vec<Row>, Option<Row>) = (Vec::new(), None);
    for (at, fact) in told {
        match fact {
            Fact::HearingListed { court, on, time } => listed = Some(Row { court, on, time, held: false }),
            _ => {
                if let Some(row) = listed.take_if(|row| row.on <= amsterdam_date(at)) {
                    rows.push(Row { held: true, ..row });
                }
            }
        }
    }
    rows.extend(listed);
    rows
}

fn tell(rows: &mut Rows<'_>, key: Key, fact: &Fact, at: Timestamp) {
    let name = key.to_string().into_bytes();
    let before = rows.get(TOLD, &name).map(|bytes| decode(&bytes)).unwrap_or_default();
    let mut now = before.clone();
    now.push((at, fact.clone()));
    for row in hearings(before) {
        for (table, row) in row.keys(key) {
            rows.remove(table, &row);
        }
    }
    rows.put(TOLD, &name, encode(&now));
    for row in hearings(now) {
        for (table, at) in row.keys(key) {
            rows.put(table, &at, row.message(key).encode_to_vec());
        }
    }
}

fn encode(told: &[(Timestamp, Fact)]) -> Vec<u8> {
    let messages = told.iter().map(|(at, fact)| pb::FactRecorded {
        fact: Some(fact_out(fact)),
        happened_at_ms: at.as_millisecond(),
        ..pb::FactRecorded::default()
    });
    messages.flat_map(|message| message.encode_length_delimited_to_vec()).collect()
}

fn decode(mut bytes: &[u8]) -> Vec<(Timestamp, Fact)> {
    let mut told = Vec::new();
    while !bytes.is_empty() {
        let Ok(message) = pb::FactRecorded::decode_length_delimited(&mut bytes) else { break };
        if let (Ok(at), Ok(fact)) = (Timestamp::from_millisecond(message.happened_at_ms), fact_in(message.fact.as_ref())) {
            told.push((at, fact));
        }
    }
    told
}

/// A page of rows that the reader may see, and the token of the next page.
pub fn page<M: Message + Default>(
    views: &Views<CourtView>,
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

#[cfg(test)]
mod tests {
    use court_liaison_domain::Tested;
    use kernel::days::start_of_day;

    use super::*;

    fn day(n: i8) -> Date {
        Date::constant(2026, 4, n)
    }
    fn at(n: i8) -> Timestamp {
        start_of_day(day(n))
    }
    fn listed(on: i8) -> Fact {
        Fact::HearingListed { court: "Rotterdam".into(), on: day(on), time: None }
    }
    fn held() -> Fact {
        Fact::HearingHeld { tenant_appeared: true, duty_tested: Tested::Shown }
    }
    fn shown(told: Vec<(Timestamp, Fact)>) -> Vec<(i8, bool)> {
        assert_eq!(decode(&encode(&told)), told);
        let rows = hearings(told.clone());
        assert_eq!(rows, hearings(told.into_iter().rev().collect()), "told in another order");
        rows.into_iter().map(|row| (row.on.day(), row.held)).collect()
    }

    #[test]
    fn a_change_replaces_a_listing_and_a_hearing_keeps_it() {
        assert_eq!(shown(vec![(at(1), listed(7))]), [(7, false)]);
        assert_eq!(shown(vec![(at(1), listed(7)), (at(2), listed(9))]), [(9, false)]);
        assert_eq!(shown(vec![(at(1), listed(7)), (at(7), held())]), [(7, true)]);
        assert_eq!(shown(vec![(at(1), listed(7)), (at(7), held()), (at(8), listed(21))]), [(7, true), (21, false)]);
        assert_eq!(shown(vec![(at(1), listed(7)), (at(6), held())]), [(7, false)], "another hearing than the one listed");
        assert_eq!(shown(vec![(at(7), held())]), []);
    }
}
