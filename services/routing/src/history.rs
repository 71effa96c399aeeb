//! Routes as a contract tells them, read back as the past that another policy may go through again.

use jiff::{Timestamp, civil::Date};
use kernel::days::amsterdam_date;
use proto::routing::v1 as pb;
use routing_domain::{Because, Outcome, Past, Priority, Told, Track};

use crate::views::ENDED;

/// The past of a case, or `None` when a code or date of it is not known to this binary.
pub fn past(routes: &[pb::Route]) -> Option<Vec<Past>> {
    routes.iter().map(one).collect()
}

fn one(route: &pb::Route) -> Option<Past> {
    let on = amsterdam_date(route.at.parse::<Timestamp>().ok()?);
    if route.because == ENDED {
        return Some(Past::Ended { on });
    }
    let day = |date: &proto::common::v1::Date| date.iso.parse::<Date>().ok();
    let facts = route.facts.iter().map(|fact| Told {
        name: fact.name.clone(),
        value: fact.value.clone(),
        source: fact.source.clone(),
        on: fact.on.as_ref().and_then(day),
    });
    Some(Past::Routed {
        on,
        because: Because::from_code(&route.because)?,
        facts: facts.collect(),
        was: Outcome {
            track: Track::from_code(&route.track)?,
            team: route.team.clone(),
            priority: Priority::from_code(&route.priority),
            first_attempt_by: route.first_attempt_by.as_ref().and_then(day),
        },
    })
}
