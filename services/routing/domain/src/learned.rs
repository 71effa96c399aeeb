//! What became known of a household, and what follows: the policy is asked again with it, and a case goes on or goes elsewhere.

use crate::{
    aggregate::{Event, Rejection, State},
    code::{Because, Name},
    draft::Draft,
    fact::{Facts, Told},
};

/// What somebody may learn of a household (*omstandigheden*), or is told of its address, and a policy may look at at every question.
const LEARNED: &[Name] = &[Name::Benefit, Name::Entrepreneur, Name::PrivateLandlord, Name::District];

/// The newest question to the policy, and the rule that answered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The occasion.
    pub because: Because,
    /// What was known.
    pub facts: Vec<Told>,
    /// The rule.
    pub rule: String,
}

impl State {
    /// These facts, with what was learned of the household before.
    pub(crate) fn knowing(&self, facts: Facts) -> Facts {
        self.learned.values().fold(facts, |facts, told| facts.with_told(told))
    }
}

/// The name of what is told, when it is something to learn of a household.
pub(crate) fn learned_name(told: &Told) -> Option<Name> {
    Name::from_code(&told.name).filter(|name| LEARNED.contains(name))
}

/// A lower track never follows: help is not made less because more is known. What a worker chose stands on its track. While nobody
/// has the case it is kept: whoever comes first, the report or the word of the household, the first route knows both.
pub(crate) fn learn(state: &State, draft: &Draft<'_>, told: &Told) -> Result<Event, Rejection> {
    let name = learned_name(told).ok_or(Rejection::Known)?;
    if state.learned.get(&name).is_some_and(|known| known.value == told.value) {
        return Err(Rejection::Known);
    }
    let (Some(current), Some(asked)) = (&state.current, &state.asked) else {
        return Ok(Event::CircumstanceKept { case: draft.case, told: told.clone() });
    };
    let facts = state.knowing(Facts::of_told(asked.because, &asked.facts)).with_told(told);
    let rule = draft.rule(&facts)?;
    let goes_on = rule.name == asked.rule || rule.track < current.track || (current.chosen && rule.track == current.track);
    Ok(if goes_on { draft.join(current, &facts, None) } else { draft.by_rule(rule, &facts, None) }.into())
}
