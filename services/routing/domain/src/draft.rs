//! A route about to be made: what the policy says, and where there is a place.

use jiff::civil::Date;
use kernel::{CaseId, Key, days::amsterdam_date};
use uuid::Uuid;

use crate::{
    aggregate::{CaseRouted, Current, Event, Rejection, Signal, SignalRef, State},
    code::{Because, Name, Source, Track},
    fact::{Facts, Told, Value},
    force::InForce,
    policy::{Rule, Text},
};

/// A route about to be made.
pub(crate) struct Draft<'a> {
    pub(crate) route: Uuid,
    pub(crate) case: CaseId,
    pub(crate) file_key: Option<Key>,
    pub(crate) policy: &'a InForce,
    pub(crate) today: Date,
}

impl<'a> Draft<'a> {
    pub(crate) fn rule(&self, facts: &Facts) -> Result<&'a Rule, Rejection> {
        self.policy.choose(facts).ok_or(Rejection::NoRule)
    }

    fn blank(&self, because: Because) -> CaseRouted {
        CaseRouted {
            route: self.route,
            case: self.case,
            track: Track::Early,
            team: String::new(),
            plan: String::new(),
            attempts: Vec::new(),
            rule: String::new(),
            policy: self.policy.name.clone(),
            policy_version: self.policy.version.clone(),
            policy_hash: self.policy.hash,
            policy_position: self.policy.position,
            reason: Text::default(),
            priority: None,
            first_attempt_by: None,
            facts: Vec::new(),
            place: None,
            because,
            supply_ends: None,
            signal: None,
            corrected: None,
            file_key: self.file_key,
        }
    }

    pub(crate) fn by_rule(&self, rule: &Rule, facts: &Facts, signal: Option<SignalRef>) -> CaseRouted {
        let start = signal.map_or(self.today, |signal| amsterdam_date(signal.received_at));
        let (by, attempts) = self.policy.schedule(rule, start, self.today);
        let place = self.policy.place_of(self.route, self.policy.serving(&rule.team, facts.district()), false, self.today);
        CaseRouted {
            track: rule.track,
            team: place.team.clone(),
            place: Some(place),
            plan: rule.plan.clone(),
            attempts,
            rule: rule.name.clone(),
            reason: rule.reason.clone(),
            priority: Some(rule.priority),
            first_attempt_by: Some(by),
            facts: facts.told(),
            signal,
            ..self.blank(facts.because())
        }
    }

    pub(crate) fn join(&self, current: &Current, facts: &Facts, signal: Option<SignalRef>) -> CaseRouted {
        CaseRouted {
            track: current.track,
            team: current.team.clone(),
            plan: current.plan.clone(),
            attempts: current.attempts.clone(),
            rule: "joins".to_owned(),
            reason: self.policy.joins.clone(),
            priority: current.priority,
            facts: facts.told(),
            signal,
            ..self.blank(facts.because())
        }
    }
}

/// A signal never goes without a route: it raises the current one, or joins it.
pub(crate) fn route_signal(state: &State, draft: &Draft<'_>, signal: &Signal) -> Result<Event, Rejection> {
    if state.signals.contains(&signal.id) {
        return Err(Rejection::SignalRouted);
    }
    Ok(raise_or_join(state, draft, signal)?.into())
}

/// A corrected signal keeps its route. When the correction tells of a crisis that was not known, or of a sooner end of supply, it
/// is routed besides as such a signal is; what it takes back lowers nothing.
pub(crate) fn route_correction(state: &State, draft: &Draft<'_>, signal: &Signal) -> Result<Event, Rejection> {
    let is_news = state.crises.get(&signal.id).is_none_or(|known| match (known, signal.supply_ends) {
        (Some(known), Some(ends)) => ends < *known,
        (None, Some(_)) => true,
        (_, None) => false,
    });
    if signal.because() != Because::Crisis || !is_news {
        return Err(Rejection::Known);
    }
    let routed = raise_or_join(state, draft, signal)?;
    Ok(CaseRouted { corrected: routed.signal, signal: None, ..routed }.into())
}

fn raise_or_join(state: &State, draft: &Draft<'_>, signal: &Signal) -> Result<CaseRouted, Rejection> {
    let facts = state.knowing(signal.facts());
    let reference = SignalRef { id: signal.id, received_at: signal.received_at };
    let rule = draft.rule(&facts)?;
    let routed = match &state.current {
        Some(current) if rule.track <= current.track => draft.join(current, &facts, Some(reference)),
        _ => draft.by_rule(rule, &facts, Some(reference)),
    };
    Ok(CaseRouted { supply_ends: signal.supply_ends, ..routed })
}

pub(crate) fn override_route(
    state: &State,
    draft: &Draft<'_>,
    track: Track,
    team: Option<&str>,
    reason_code: &str,
) -> Result<Event, Rejection> {
    let reason = draft.policy.overrides.get(reason_code).ok_or_else(|| Rejection::UnknownReason {
        given: reason_code.to_owned(),
        expected: draft.policy.overrides.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
    })?;
    let rule = draft.policy.rule_for(track).ok_or(Rejection::NoRule)?;
    let from = state.current.as_ref().map(|current| Value::Text(current.track.code().to_owned()));
    let mut told = Facts::about(Because::Override, Some(draft.today)).with(Name::From, from, Some(draft.today)).told();
    told.push(Told {
        name: "reason_code".to_owned(),
        value: reason_code.to_owned(),
        source: Source::Staff.code().to_owned(),
        on: Some(draft.today),
    });
    let (by, attempts) = draft.policy.schedule(rule, draft.today, draft.today);
    let place = draft.policy.place_of(draft.route, team.unwrap_or(&rule.team), true, draft.today);
    Ok(CaseRouted {
        track,
        team: place.team.clone(),
        place: Some(place),
        plan: rule.plan.clone(),
        attempts,
        rule: "override".to_owned(),
        reason: reason.clone(),
        priority: Some(rule.priority),
        first_attempt_by: Some(by),
        facts: told,
        ..draft.blank(Because::Override)
    }
    .into())
}
