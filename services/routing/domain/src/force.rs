//! Which version of a municipality's policy decides: proposed by one person, approved by another, in force from a day on.

use std::{ops::Deref, sync::Arc};

use jiff::civil::Date;
use kernel::{Gemeentecode, Key, ids::derived_uuid};
use uuid::Uuid;

use crate::{
    aggregate::{Command, Event, Rejection},
    code::Because,
    policy::Policy,
    team::{Place, Places, Week},
};

/// The aggregate of routing's own stream that holds the versions of a municipality's policy.
pub fn policies_key(gemeente: Gemeentecode) -> Key {
    Key::new(gemeente, derived_uuid(Uuid::NAMESPACE_OID, "routing policies"))
}

/// A version of a policy (*beleidsversie*), as somebody proposed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What its text says.
    pub policy: Arc<Policy>,
    /// Its text, so that every replica decides alike and the rules of a route can always be read.
    pub text: Arc<str>,
    /// Staff id of who proposed it.
    pub author: String,
}

/// A version came into force (*inwerkingtreding*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The version.
    pub version: String,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// The first day on which it decides.
    pub valid_from: Date,
    /// Staff id of who proposed it.
    pub author: String,
    /// Staff id of the other person, who approved it.
    pub approver: String,
}

/// The versions of a municipality's policy, and when each came into force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// In the order of proposal; a version is proposed once.
    pub proposals: Vec<Proposal>,
    /// In the order of approval.
    pub activations: Vec<Activation>,
}

impl Versions {
    /// The version proposed under this name.
    pub fn proposal(&self, version: &str) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.policy.version == version)
    }

    /// What decides on a day: the activation with the latest first day that has come; of one day the last approved.
    pub fn in_force(&self, on: Date) -> Option<Arc<Policy>> {
        let active = self.activations.iter().filter(|activation| activation.valid_from <= on).max_by_key(|active| active.valid_from)?;
        self.proposal(&active.version).map(|proposal| proposal.policy.clone())
    }

    /// A version is new, or refused: a text never changes under its name.
    pub(crate) fn propose(&self, proposal: &Proposal) -> Result<Proposal, Rejection> {
        match self.proposal(&proposal.policy.version) {
            None => Ok(proposal.clone()),
            Some(known) if known.policy.hash == proposal.policy.hash => Err(Rejection::Known),
            Some(_) => Err(Rejection::VersionTaken),
        }
    }

    /// Four eyes (*vierogenprincipe*), and never with effect in the past.
    pub(crate) fn approve(&self, version: &str, valid_from: Date, approver: &str, today: Date) -> Result<Activation, Rejection> {
        let proposal = self.proposal(version).ok_or(Rejection::UnknownVersion)?;
        if proposal.author == approver {
            return Err(Rejection::SamePerson);
        }
        if valid_from < today {
            return Err(Rejection::PastDate);
        }
        let activation = Activation {
            version: version.to_owned(),
            hash: proposal.policy.hash,
            valid_from,
            author: proposal.author.clone(),
            approver: approver.to_owned(),
        };
        let last = self.activations.iter().rfind(|known| known.valid_from == valid_from);
        if last.is_some_and(|known| known.version == version) { Err(Rejection::Known) } else { Ok(activation) }
    }
}

/// The policy a decision is made by, and where in routing's own journal that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The newest commit about the municipality's policies; 0 when there was none.
    pub position: u64,
    /// The places of this week, as far as they were asked for.
    pub places: Arc<Places>,
}

impl InForce {
    /// Where a route begins: the place it was given, or when its team's cases are not counted, the place it has by the policy alone.
    /// One that is counted and was not given yet is a guess: [`Policies::claim`] tells.
    pub fn place_of(&self, route: Uuid, team: &str, chosen: bool, on: Date) -> Place {
        let given = self.given(route, team, on).cloned();
        given.unwrap_or_else(|| self.policy.place(team, chosen, on, |team| self.places.begun(team)))
    }

    fn given(&self, route: Uuid, team: &str, on: Date) -> Option<&Place> {
        self.places.of(route).filter(|place| place.asked() == team && Week::of(place.on) == Week::of(on))
    }
}

impl Deref for InForce {
    type Target = Policy;
    fn deref(&self) -> &Policy {
        &self.policy
    }
}

/// The policies of a region, as far as a decision looks at them: the versions of one municipality, and the shipped policy
/// that decides where none is in force, so that no signal is ever without a route.
#[derive(Clone, Debug)]
pub struct Policies {
    shipped: Arc<Policy>,
    versions: Arc<Versions>,
    position: u64,
    places: Arc<Places>,
}

impl Policies {
    /// The shipped policy alone.
    pub fn shipped(policy: Policy) -> Self {
        Self { shipped: Arc::new(policy), versions: Arc::default(), position: 0, places: Arc::default() }
    }

    /// With the versions of a municipality, as of a position.
    #[must_use]
    pub fn with(&self, versions: Arc<Versions>, position: u64) -> Self {
        Self { versions, position, ..self.clone() }
    }

    /// With the places of the week, as they were given.
    #[must_use]
    pub fn with_places(&self, places: Arc<Places>) -> Self {
        Self { places, ..self.clone() }
    }

    /// What has to be asked of a week before these events may stand: a place that is counted and was not given. The command, and
    /// the week it is for.
    pub fn claim(&self, events: &[Event]) -> Option<(Week, Command)> {
        events.iter().find_map(|event| {
            let Event::CaseRouted(routed) = event else { return None };
            let (place, policy) = (routed.place.as_ref()?, self.on(routed.place.as_ref()?.on));
            let guessed = policy.is_counted(place.asked()) && self.places.of(routed.route) != Some(place);
            let (route, team, chosen) = (routed.route, place.asked().to_owned(), routed.because == Because::Override);
            guessed.then(|| (Week::of(place.on), Command::TakePlace { route, team, chosen, on: place.on, policy }))
        })
    }

    /// The policy that decides on a day.
    pub fn on(&self, day: Date) -> InForce {
        let policy = self.versions.in_force(day).unwrap_or_else(|| self.shipped.clone());
        InForce { policy, position: self.position, places: self.places.clone() }
    }
}
