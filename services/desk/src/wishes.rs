//! What the persons of a case allow and do not want, as the desk's rows have it: a pure fold of the events of that case. Ids, codes and
//! dates only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{PersonId, days::amsterdam};
use proto::intake::v1 as intake;

use crate::{entry::Entries, event::Event};

/// An instant in milliseconds as RFC 3339 with the offset of Europe/Amsterdam.
fn local(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.display_with_offset(amsterdam().to_offset(at)).to_string()
}

fn person_id(bytes: &[u8]) -> String {
    PersonId::from_bytes(bytes).map(|id| id.to_string()).unwrap_or_default()
}

/// Each person who said something, in the order in which they became known.
pub fn wishes(entries: &Entries) -> Vec<intake::PersonWishes> {
    let mut persons: BTreeMap<Vec<u8>, intake::PersonWishes> = BTreeMap::new();
    let mut of = |bytes: &[u8], change: &dyn Fn(&mut intake::PersonWishes)| {
        let one = persons.entry(bytes.to_vec()).or_default();
        one.person_id = person_id(bytes);
        change(one);
    };
    for (_, event, _) in entries.values().flat_map(|entry| entry.events()) {
        match event {
            Event::ConsentRecorded(e) => of(&e.person_id, &|one| {
                let (purpose, word, means) = (e.purpose.clone(), e.word.clone(), e.means.clone());
                one.consents.push(intake::ConsentLine { purpose, word, means, happened_at: local(e.happened_at_ms), holds: false });
            }),
            Event::ContactRestricted(e) => of(&e.person_id, &|one| {
                one.restrictions.push(intake::RestrictionLine {
                    restriction_id: uuid::Uuid::from_slice(&e.restriction_id).unwrap_or_default().to_string(),
                    kind: e.kind.clone(),
                    channels: e.channels.clone(),
                    since: local(e.since_ms),
                    until: String::new(),
                    represented: !e.vault_id.is_empty(),
                });
            }),
            Event::RestrictionEnded(e) => of(&e.person_id, &|one| {
                let id = uuid::Uuid::from_slice(&e.restriction_id).unwrap_or_default().to_string();
                for line in one.restrictions.iter_mut().filter(|line| line.restriction_id == id) {
                    line.until = local(e.happened_at_ms);
                }
            }),
            Event::RefusalRecorded(e) => of(&e.person_id, &|one| one.refused_at.push(local(e.happened_at_ms))),
            _ => {}
        }
    }
    let mut persons: Vec<_> = persons.into_values().collect();
    for one in &mut persons {
        // Recorded late is not said last.
        let instant = |line: &intake::ConsentLine| line.happened_at.parse::<Timestamp>().unwrap_or_default();
        one.consents.sort_by_key(instant);
        let mut last: BTreeMap<String, usize> = BTreeMap::new();
        last.extend(one.consents.iter().enumerate().map(|(at, line)| (line.purpose.clone(), at)));
        for (at, line) in one.consents.iter_mut().enumerate() {
            line.holds = last.get(&line.purpose) == Some(&at);
        }
    }
    persons
}
