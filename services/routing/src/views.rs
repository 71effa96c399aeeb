//! Routing's read model: the routes of each case, oldest first, and the weeks of the teams.

use journal::{Commit, Rows, View};
use kernel::{CaseId, Gemeentecode, Key};
use prost::Message;
use proto::routing::v1 as pb;
use routing_domain::{CaseRouted, Event, Week};

use crate::{
    codec::{date_out, facts_out, overflow_out},
    context::Routing,
};

/// By case: the municipality of its key.
const CASES: u8 = 0;
/// By case, sequence and place in the commit: the route.
const ROUTES: u8 = 1;

/// By municipality, week and team: what began and what did not fit.
const LOAD: u8 = 2;

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
                // A route itself tells where it began, and what was known.
                Event::PlaceTaken { .. } | Event::CircumstanceKept { .. } => continue,
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
                    begins_on: date_out(routed.place.as_ref().map(|place| place.on)),
                    overflow: overflow_out(routed.place.as_ref()),
                },
            };
            if let Event::CaseRouted(routed) = event {
                count(rows, key.gemeente, routed);
            }
            let row = [key.id.as_bytes().as_slice(), &commit.sequence.to_be_bytes(), &place.to_be_bytes()].concat();
            rows.put(CASES, key.id.as_bytes(), key.gemeente.as_str());
            rows.put(ROUTES, &row, route.encode_to_vec());
        }
    }
}

/// What a week of a team holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Cases that began with it.
    pub began: u32,
    /// Of these, beyond its room.
    pub beyond: u32,
    /// Cases that another team took.
    pub passed_on: u32,
}

impl Load {
    fn of(row: &[u8]) -> Self {
        let at = |place: usize| row.get(place..place + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
        Self { began: at(0), beyond: at(4), passed_on: at(8) }
    }

    fn row(self) -> Vec<u8> {
        [self.began, self.beyond, self.passed_on].map(u32::to_be_bytes).concat()
    }
}

/// Counts an approach that begins in the weeks of its team and of those that had no room.
fn count(rows: &mut Rows<'_>, gemeente: Gemeentecode, routed: &CaseRouted) {
    let Some(place) = &routed.place else { return };
    let week = Week::of(place.on);
    let mut change = |team: &str, change: &dyn Fn(&mut Load)| {
        let row = format!("{gemeente}{week}{team}");
        let mut load = rows.get(LOAD, row.as_bytes()).map(|row| Load::of(&row)).unwrap_or_default();
        change(&mut load);
        rows.put(LOAD, row.as_bytes(), load.row());
    };
    let beyond = place.overflow.iter().any(|one| one.team == place.team);
    change(&place.team, &|load| (load.began, load.beyond) = (load.began + 1, load.beyond + u32::from(beyond)));
    for one in place.overflow.iter().filter(|one| one.team != place.team) {
        change(&one.team, &|load| load.passed_on += 1);
    }
}

/// The weeks of a municipality's teams that hold something, from one to another, both in: week, team, load.
pub fn load_of(views: &journal::Views<RoutesView>, gemeente: Gemeentecode, weeks: (Week, Week)) -> Vec<(String, String, Load)> {
    /// Rows looked at in one go.
    const GO: usize = 1_000;
    let (first, last) = (weeks.0.to_string(), weeks.1.to_string());
    let mut after = Some(format!("{gemeente}{first}").into_bytes());
    let mut found = Vec::new();
    loop {
        let rows = views.scan(LOAD, gemeente.as_str().as_bytes(), after.as_deref(), GO);
        for (key, row) in &rows {
            let text = String::from_utf8_lossy(key);
            let Some((week, team)) = text.get(gemeente.as_str().len()..).and_then(|rest| rest.split_at_checked(first.len())) else {
                continue;
            };
            if week > last.as_str() {
                return found;
            }
            found.push((week.to_owned(), team.to_owned(), Load::of(row)));
        }
        let Some((end, _)) = rows.last().filter(|_| rows.len() == GO) else { return found };
        after = Some(end.clone());
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
