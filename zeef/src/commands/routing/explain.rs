//! A route explained: the rule, the policy and its version, the facts and who told them.

use kernel::CaseId;
use proto::routing::v1::{self as pb, ExplainRouteRequest};
use routing::domain::{Because, Name, Overflow, Priority, Source, Track, WhyNot, words};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Failure,
    out::Out,
    reach::Reach,
    words::{day, iso, moment},
};

/// `zeef routing explain --json`.
#[derive(Serialize, JsonSchema)]
pub struct ExplainAnswer {
    /// Oldest first.
    routes: Vec<Route>,
}

#[derive(Serialize, JsonSchema)]
struct Route {
    /// RFC 3339.
    at: String,
    /// "signal", "opened", "court", "exhausted", "override".
    because: String,
    /// "early", "intensive", "crisis", "team-lead".
    track: String,
    team: String,
    /// "ordinary", "high", "acute"; empty in routes of before there were classes.
    priority: String,
    /// ISO 8601; absent when the running approach goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_attempt_by: Option<String>,
    contact_plan: String,
    /// The rule that decided; "joins" and "override" when none did.
    rule: String,
    /// "default" or the gemeentecode.
    policy: String,
    policy_version: String,
    /// The newest commit about the municipality's policies that the decision rested on; 0 when there was none.
    policy_position: u64,
    /// SHA-256 of the policy file, hexadecimal.
    policy_hash: String,
    /// Dutch, from the policy.
    reason: String,
    /// English, from the policy; empty in routes of before there was any.
    reason_en: String,
    facts: Vec<Fact>,
    /// ISO 8601: the day on which it began with the team; absent when the running approach goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    begins_on: Option<String>,
    /// The teams that had no room: they were asked before, or the case is theirs all the same.
    overflow: Vec<NoRoom>,
}

#[derive(Serialize, JsonSchema)]
struct NoRoom {
    team: String,
    /// "full", "absent".
    why: String,
    /// How many cases a week hold there, when it was full.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct Fact {
    name: String,
    value: String,
    /// "partner", "court", "outreach", "municipality", "staff"; empty in routes of before sources were kept.
    source: String,
    /// ISO 8601: since when it is so, or when it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    /// The law it may be used by; empty for what is no fact of a policy.
    legal_basis: String,
}

/// Why a case went where it went.
pub async fn explain(reach: &Reach, out: &mut Out, id: CaseId) -> Result<(), Failure> {
    let request = ExplainRouteRequest { case_id: id.to_string(), at_least: reach.at_least("routing")? };
    let routes = reach.routing().await?.explain_route(request).await?.into_inner().routes;
    if out.json() {
        return out.document(&ExplainAnswer { routes: routes.into_iter().map(route).collect() });
    }
    if routes.is_empty() {
        return out.line("Nog geen route.");
    }
    for route in &routes {
        told(out, route)?;
    }
    Ok(())
}

/// The sentences of a route, as they can be read to the resident.
fn told(out: &mut Out, route: &pb::Route) -> Result<(), Failure> {
    let track = Track::from_code(&route.track).map(words::track).unwrap_or(&route.track);
    let because = Because::from_code(&route.because).map(words::because).unwrap_or(&route.because);
    out.line(format!("{}: {because}", moment(&route.at)))?;
    out.line(format!("  Waarom: {}", route.reason))?;
    if !route.reason_en.is_empty() {
        out.line(format!("  In English: {}", route.reason_en))?;
    }
    let mut outcome = format!("  Wie helpt: team {}, spoor {track}", route.team);
    if let Some(priority) = Priority::from_code(&route.priority) {
        outcome.push_str(", voorrang ");
        outcome.push_str(words::priority(priority));
    }
    if let Some(by) = &route.first_attempt_by {
        outcome.push_str("; eerste poging uiterlijk ");
        outcome.push_str(&day(Some(by)));
    }
    out.line(outcome)?;
    let begins_on = route.begins_on.as_ref().and_then(|date| date.iso.parse().ok());
    for (one, on) in route.overflow.iter().filter_map(|one| Some((overflow(one)?, begins_on?))) {
        out.line(format!("  Overloop: {}", words::overflow(&one, on, one.team == route.team)))?;
    }
    let decided = match route.rule.as_str() {
        "joins" => "gaat mee met de aanpak die al liep".to_owned(),
        "override" => "een medewerker koos".to_owned(),
        rule => format!("regel {rule}"),
    };
    let hash = hex::encode(&route.policy_hash);
    out.line(format!(
        "  Volgens: {decided}; beleid {}{}, versie {} ({})",
        route.policy,
        if route.policy == "default" { " (meegeleverd)" } else { "" },
        route.policy_version,
        hash.get(..12).unwrap_or_default()
    ))?;
    for fact in &route.facts {
        out.line(format!("  Feit: {}", said(fact)))?;
    }
    out.line("  Niet eens met deze keuze? Vraag het team: een medewerker kan anders kiezen.\n")
}

/// A fact with its source, Dutch.
fn said(fact: &pb::Fact) -> String {
    let name = Name::from_code(&fact.name);
    let value = name.and_then(|name| Some(words::told(name, &name.value(&fact.value)?))).unwrap_or_else(|| fact.value.clone());
    let mut text = format!("{}: {value}", name.map_or(fact.name.as_str(), |name| name.about().dutch));
    if let Some(source) = Source::from_code(&fact.source) {
        text.push_str(", van ");
        text.push_str(words::source(source));
    }
    if fact.on.is_some() {
        text.push_str(", ");
        text.push_str(&day(fact.on.as_ref()));
    }
    if let Some(name) = name {
        text.push_str(&format!(" ({})", name.about().basis));
    }
    text
}

fn overflow(one: &pb::Overflow) -> Option<Overflow> {
    let capacity = Some(one.capacity).filter(|capacity| *capacity != 0);
    Some(Overflow { team: one.team.clone(), why: WhyNot::from_code(&one.why)?, capacity })
}

fn route(route: pb::Route) -> Route {
    Route {
        first_attempt_by: iso(route.first_attempt_by.as_ref()),
        begins_on: iso(route.begins_on.as_ref()),
        overflow: route
            .overflow
            .into_iter()
            .map(|one| NoRoom { capacity: Some(one.capacity).filter(|capacity| *capacity != 0), team: one.team, why: one.why })
            .collect(),
        at: route.at,
        because: route.because,
        track: route.track,
        team: route.team,
        priority: route.priority,
        contact_plan: route.contact_plan,
        rule: route.rule,
        policy: route.policy,
        policy_version: route.policy_version,
        policy_position: route.policy_position,
        policy_hash: hex::encode(&route.policy_hash),
        reason: route.reason,
        reason_en: route.reason_en,
        facts: route.facts.into_iter().map(fact).collect(),
    }
}

fn fact(fact: pb::Fact) -> Fact {
    Fact {
        legal_basis: Name::from_code(&fact.name).map(|name| name.about().basis.to_owned()).unwrap_or_default(),
        on: iso(fact.on.as_ref()),
        name: fact.name,
        value: fact.value,
        source: fact.source,
    }
}
