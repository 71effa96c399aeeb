//! Routing's read model: the routes of each case, oldest first.

use journal::{Commit, Rows, View};
use kernel::{CaseId, Gemeentecode, Key};
use prost::Message;
use proto::routing::v1 as pb;
use routing_domain::Event;

use crate::{
    codec::{date_out, facts_out},
    context::Routing,
};

/// By case: the municipality of its key.
const CASES: u8 = 0;
/// By case, sequence and place in the commit: the route.
const ROUTES: u8 = 1;

/// In place of an occasion: the case was closed.
pub const ENDED: &str = "ended";

/// The routes of each case.
#[derive(Clone, Copy, Debug)]
pub struct RoutesView;

impl View for RoutesView {
    type Context = Routing;
    fn apply(&self, rows: &mut Rows<'_>, key: Key, commit: &Commit, events: &[Event]) {
        for (place, event) in (0_u32..).zip(events) {
            let at = commit.envelope.happened_at.to_string();
            let route = match event {
                // Read from the aggregate itself: there are few.
                Event::PolicyProposed(_) | Event::PolicyActivated(_) => continue,
                Event::RouteEnded { .. } => pb::Route { because: ENDED.to_owned(), at, ..pb::Route::default() },
                Event::CaseRouted(routed) => pb::Route {
                    track: routed.track.code().to_owned(),
                    team: routed.team.clone(),
                    rule: routed.rule.clone(),
                    policy_version: routed.policy_version.clone(),
                    reason: routed.reason.nl.clone(),
                    at,
                    facts: facts_out(&routed.facts),
                    policy: routed.policy.clone(),
                    policy_hash: routed.policy_hash.to_vec(),
                    policy_position: routed.policy_position,
                    reason_en: routed.reason.en.clone(),
                    priority: routed.priority.map(|priority| priority.code().to_owned()).unwrap_or_default(),
                    first_attempt_by: date_out(routed.first_attempt_by),
                    contact_plan: routed.plan.clone(),
                    because: routed.because.code().to_owned(),
                    signal_id: routed.signal.map(|signal| signal.id.to_string()).unwrap_or_default(),
                },
            };
            let row = [key.id.as_bytes().as_slice(), &commit.sequence.to_be_bytes(), &place.to_be_bytes()].concat();
            rows.put(CASES, key.id.as_bytes(), key.gemeente.as_str());
            rows.put(ROUTES, &row, route.encode_to_vec());
        }
    }
}

/// The municipality in the key of a case that was routed.
pub fn gemeente_of(views: &journal::Views<RoutesView>, case: CaseId) -> Option<Gemeentecode> {
    std::str::from_utf8(&views.get(CASES, case.uuid().as_bytes())?).ok()?.parse().ok()
}

/// Cases of a municipality, in key order, after a key: at most `limit`.
pub fn cases_of(views: &journal::Views<RoutesView>, gemeente: Gemeentecode, after: Option<Vec<u8>>, limit: usize) -> Vec<CaseId> {
    /// Rows looked at in one go: the table holds the cases of all municipalities.
    const GO: usize = 1_000;
    let (mut found, mut after) = (Vec::new(), after);
    loop {
        let rows = views.scan(CASES, &[], after.as_deref(), GO);
        let Some((last, _)) = rows.last() else { return found };
        after = Some(last.clone());
        for (key, _) in rows.iter().filter(|(_, row)| row.as_slice() == gemeente.as_str().as_bytes()) {
            found.extend(uuid::Uuid::from_slice(key).ok().map(CaseId::from_uuid));
            if found.len() == limit {
                return found;
            }
        }
    }
}

/// The newest routes of a case, oldest first; a case that was routed more often than this has a story of its own.
pub fn routes_of(views: &journal::Views<RoutesView>, case: CaseId) -> Vec<pb::Route> {
    const MOST: usize = 10_000;
    views.scan(ROUTES, case.uuid().as_bytes(), None, MOST).iter().filter_map(|(_, row)| pb::Route::decode(row.as_slice()).ok()).collect()
}
