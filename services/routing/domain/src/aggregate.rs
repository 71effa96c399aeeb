//! The routes of one case: one is current at a time, and each accepted signal has exactly one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, Unit, civil::Date};
use kernel::{Arrears, CaseId, Decider, Key, Moment, Reason, SignalId, days::amsterdam_date};
use uuid::Uuid;

use crate::{
    code::{Because, Contract, Kind, Name, Priority, Track},
    draft::{Draft, override_route, route_correction, route_signal},
    fact::{Facts, Told, Value},
    force::{Activation, InForce, Proposal, Versions},
    learned::{Asked, learn, learned_name},
    policy::{PlannedAttempt, Text},
    team::{Place, Places},
};

/// An accepted signal, as far as a policy looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// Who reports; `None` when the kind is new to this binary.
    pub kind: Option<Kind>,
    /// Arrears.
    pub amount: Arrears,
    /// Since when, if told.
    pub arrears_since: Option<Date>,
    /// A crisis (DDAS *crisissignaal*), when told.
    pub crisis: Option<bool>,
    /// The day supply ends (*eindelevering*), when told.
    pub supply_ends: Option<Date>,
    /// By what contract the tenant lives there, when the landlord told it.
    pub contract: Option<Contract>,
    /// The landlord is a private person, when the way it reported says so.
    pub private_landlord: Option<bool>,
    /// The district of the address (*wijk*), by the municipality's own code, when intake knows it.
    pub district: Option<String>,
    /// Arrival of the last byte.
    pub received_at: Timestamp,
}

impl Signal {
    /// A report, or one of a threatening situation (Wgs art. 4 lid 2). Where nothing was told it is a report like others, and
    /// no rule can take it for calm.
    pub fn because(&self) -> Because {
        if self.crisis == Some(true) || self.supply_ends.is_some() { Because::Crisis } else { Because::Signal }
    }

    /// Full months of arrears on the day of receipt, Europe/Amsterdam: from the date of origin only, never from the amount.
    pub fn months(&self) -> Option<u16> {
        let span = self.arrears_since?.until((Unit::Month, amsterdam_date(self.received_at))).ok()?;
        Some(u16::try_from(span.get_months()).unwrap_or(0))
    }

    pub(crate) fn facts(&self) -> Facts {
        let received = Some(amsterdam_date(self.received_at));
        Facts::about(self.because(), received)
            .with(Name::Kind, self.kind.map(|kind| Value::Text(kind.code().to_owned())), received)
            .with(Name::AmountCents, Some(Value::Number(self.amount.at_least().0)), received)
            .with(Name::Months, self.months().map(|months| Value::Number(i64::from(months))), self.arrears_since)
            .with(Name::FinalSupply, self.supply_ends.map(|_| Value::YesNo(true)), received)
            .with(Name::PrivateLandlord, self.private_landlord.map(Value::YesNo), received)
            .with(Name::District, self.district.clone().map(Value::Text), received)
            .with(Name::Contract, self.contract.map(|contract| Value::Text(contract.code().to_owned())), received)
    }
}

/// What somebody asks for. The policy comes along, so that the decision is the policy's and nothing else's.
#[derive(Clone, Debug)]
pub enum Command {
    /// A signal was accepted.
    RouteSignal {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// Intake's address file.
        file_key: Key,
        /// The signal.
        signal: Signal,
        /// The municipality's policy.
        policy: InForce,
    },
    /// A signal was corrected.
    Correct {
        /// Id for the route, when one follows.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// The signal as corrected; arrived when the correction did.
        signal: Signal,
        /// The municipality's policy.
        policy: InForce,
    },
    /// The case came in through a court or bailiff, without a report.
    Open {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// Intake's address file.
        file_key: Key,
        /// The first known step of the chart.
        step: u8,
        /// The municipality's policy.
        policy: InForce,
    },
    /// The household asked for help itself.
    RouteRequest {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// Intake's address file.
        file_key: Key,
        /// Its home or its supplies are under threat (Wgs art. 4 lid 2).
        threatened: bool,
        /// The district of the address (*wijk*), by the municipality's own code, when intake knows it.
        district: Option<String>,
        /// The municipality's policy.
        policy: InForce,
    },
    /// An eviction was announced.
    RouteCourt {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// Intake's address file, when the court's fact names it.
        file_key: Option<Key>,
        /// The municipality's policy.
        policy: InForce,
    },
    /// A writ was served.
    RouteWrit {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// Intake's address file, when the court's fact names it.
        file_key: Option<Key>,
        /// The municipality's policy.
        policy: InForce,
    },
    /// Every attempt was made on this track and nobody was reached.
    Reroute {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// The track that was tried in vain.
        tried: Track,
        /// The municipality's policy.
        policy: InForce,
    },
    /// Something became known of the household.
    Learn {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// What, who said so, and when.
        told: Told,
        /// The municipality's policy.
        policy: InForce,
    },
    /// A person chooses another route.
    Override {
        /// Id for the route.
        route: Uuid,
        /// The case.
        case: CaseId,
        /// The track chosen.
        track: Track,
        /// The team chosen; `None` is the policy's team for the track.
        team: Option<String>,
        /// One of the policy's codes.
        reason_code: String,
        /// The municipality's policy.
        policy: InForce,
    },
    /// The case was closed.
    End {
        /// The case.
        case: CaseId,
        /// Outcome code of the case.
        reason: String,
    },
    /// A route asks for a place in a week of the municipality's teams.
    TakePlace {
        /// The route.
        route: Uuid,
        /// The team asked.
        team: String,
        /// A person chose it.
        chosen: bool,
        /// The day.
        on: Date,
        /// The municipality's policy.
        policy: InForce,
    },
    /// Somebody proposes a version of the municipality's policy.
    Propose(Proposal),
    /// Another person brings a version into force.
    Approve {
        /// The version.
        version: String,
        /// The first day on which it decides.
        valid_from: Date,
        /// Staff id.
        approver: String,
    },
}

/// The signal that led to a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalRef {
    /// Its id.
    pub id: SignalId,
    /// Arrival of its last byte: statutory clocks start there.
    pub received_at: Timestamp,
}

/// A case goes to a team on a track, for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRouted {
    /// Its own id.
    pub route: Uuid,
    /// The case.
    pub case: CaseId,
    /// How hard.
    pub track: Track,
    /// Team code.
    pub team: String,
    /// Contact plan of the policy.
    pub plan: String,
    /// Its attempts, copied.
    pub attempts: Vec<PlannedAttempt>,
    /// The rule that decided; `joins` and `override` when none did.
    pub rule: String,
    /// The policy.
    pub policy: String,
    /// Its version.
    pub policy_version: String,
    /// SHA-256 of its file.
    pub policy_hash: [u8; 32],
    /// The newest commit about the municipality's policies that the decision rested on; 0 when there was none, and in routes of before.
    pub policy_position: u64,
    /// Plain Dutch and English, copied from the policy; English is empty in routes of before there was any.
    pub reason: Text,
    /// How soon; `None` in routes of before there were classes.
    pub priority: Option<Priority>,
    /// The last day of the first attempt; `None` when the running approach goes on, and in routes of before.
    pub first_attempt_by: Option<Date>,
    /// Where it begins; `None` when the running approach goes on, and in routes of before places were kept.
    pub place: Option<Place>,
    /// The facts looked at.
    pub facts: Vec<Told>,
    /// What made it necessary.
    pub because: Because,
    /// Of a crisis that was reported: the day on which supply ends, when told.
    pub supply_ends: Option<Date>,
    /// The signal, when one led to it.
    pub signal: Option<SignalRef>,
    /// A signal that has its route, when a correction made it a crisis; arrived when the correction did.
    pub corrected: Option<SignalRef>,
    /// Intake's address file, when known.
    pub file_key: Option<Key>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A case goes to a team.
    CaseRouted(Box<CaseRouted>),
    /// No route is current any more.
    RouteEnded {
        /// The case.
        case: CaseId,
        /// Outcome code of the case.
        reason: String,
    },
    /// Something became known of the household while no route was current: the next question to the policy knows it.
    CircumstanceKept {
        /// The case.
        case: CaseId,
        /// What, who said so, and when.
        told: Told,
    },
    /// A route has its place in a week of the municipality's teams.
    PlaceTaken {
        /// The route.
        route: Uuid,
        /// The place.
        place: Place,
    },
    /// A version of the municipality's policy was proposed.
    PolicyProposed(Proposal),
    /// A version comes into force.
    PolicyActivated(Activation),
}

impl From<CaseRouted> for Event {
    fn from(routed: CaseRouted) -> Self {
        Self::CaseRouted(Box::new(routed))
    }
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The signal has its route.
    #[error("this signal has its route already")]
    SignalRouted,
    /// Nothing new was said.
    #[error("this is known already")]
    Known,
    /// The case is on the crisis track or with the team lead already.
    #[error("the case is on the crisis track or higher already")]
    CrisisAlready,
    /// The case moved on since.
    #[error("the route that was tried in vain is no longer the current one")]
    NotCurrent,
    /// Nothing is left to try by policy.
    #[error("there is no higher track than the team lead")]
    NothingHigher,
    /// Nothing to change or end.
    #[error("the case has no current route")]
    NoRoute,
    /// The code is not the policy's.
    #[error("reason code \"{given}\" is not in the policy: one of {expected} expected")]
    UnknownReason {
        /// What was given.
        given: String,
        /// What would be right.
        expected: String,
    },
    /// The policy has no rule for this: with a checked policy only a writ, to which it has chosen to do nothing.
    #[error("the policy has no rule for this")]
    NoRule,
    /// A text never changes under its name.
    #[error("this version was proposed before with another text: give the new text a version of its own")]
    VersionTaken,
    /// Nothing to approve.
    #[error("no such version was proposed")]
    UnknownVersion,
    /// Four eyes.
    #[error("the author of a version cannot approve it: another person is expected")]
    SamePerson,
    /// What was routed already is not routed anew.
    #[error("a policy cannot come into force in the past: today or later is expected")]
    PastDate,
}

impl Reason for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::SignalRouted => "signal-routed-already",
            Self::Known => "known-already",
            Self::CrisisAlready => "crisis-already",
            Self::NotCurrent => "route-not-current",
            Self::NothingHigher => "nothing-higher",
            Self::NoRoute => "no-route",
            Self::UnknownReason { .. } => "unknown-reason-code",
            Self::NoRule => "no-rule",
            Self::VersionTaken => "policy-version-taken",
            Self::UnknownVersion => "policy-version-unknown",
            Self::SamePerson => "policy-same-person",
            Self::PastDate => "policy-date-past",
        }
    }
}

/// The route that is current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Current {
    /// Its id.
    pub route: Uuid,
    /// How hard.
    pub track: Track,
    /// Team code.
    pub team: String,
    /// Contact plan.
    pub plan: String,
    /// Its attempts.
    pub attempts: Vec<PlannedAttempt>,
    /// How soon.
    pub priority: Option<Priority>,
    /// A person chose it over the policy's.
    pub chosen: bool,
}

/// What a decision needs to remember.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The route that is current.
    pub current: Option<Current>,
    /// Signals that have their route.
    pub signals: BTreeSet<SignalId>,
    /// Signals that told of a crisis, each with the end of supply that it told last.
    pub crises: BTreeMap<SignalId, Option<Date>>,
    /// The newest question to the policy.
    pub asked: Option<Asked>,
    /// The newest word on what is learned of a household.
    pub learned: BTreeMap<Name, Told>,
    /// Intake's address file.
    pub file_key: Option<Key>,
    /// Of a municipality's own aggregate: the versions of its policy. A case has none.
    pub versions: Arc<Versions>,
    /// Of a week of a municipality's teams: the places. A case has none.
    pub places: Arc<Places>,
}

/// Routing, as a decider.
#[derive(Clone, Copy, Debug)]
pub struct Routing;

impl Decider for Routing {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        let today = amsterdam_date(moment.now);
        let events = match command {
            Command::RouteSignal { route, case, file_key, signal, policy } => {
                let draft = Draft { route: *route, case: *case, file_key: Some(*file_key), policy, today };
                vec![route_signal(state, &draft, signal)?]
            }
            Command::Correct { route, case, signal, policy } => {
                let draft = Draft { route: *route, case: *case, file_key: state.file_key, policy, today };
                vec![route_correction(state, &draft, signal)?]
            }
            Command::Open { route, case, file_key, step, policy } => {
                if state.current.is_some() {
                    return Err(Rejection::Known);
                }
                let draft = Draft { route: *route, case: *case, file_key: Some(*file_key), policy, today };
                let step = Some(Value::Number(i64::from(*step)));
                let facts = state.knowing(Facts::about(Because::Opened, Some(today)).with(Name::Step, step, Some(today)));
                vec![draft.by_rule(draft.rule(&facts)?, &facts, None).into()]
            }
            Command::RouteRequest { route, case, file_key, threatened, district, policy } => {
                let because = if *threatened { Because::Threat } else { Because::Request };
                match &state.current {
                    Some(_) if !threatened => return Err(Rejection::Known),
                    Some(current) if current.track >= Track::Crisis => return Err(Rejection::CrisisAlready),
                    _ => {}
                }
                let draft = Draft { route: *route, case: *case, file_key: Some(*file_key), policy, today };
                let asked = Some(amsterdam_date(moment.happened_at));
                let facts = Facts::about(because, asked).with(Name::District, district.clone().map(Value::Text), asked);
                let facts = state.knowing(facts);
                vec![draft.by_rule(draft.rule(&facts)?, &facts, None).into()]
            }
            Command::RouteCourt { route, case, file_key, policy } => {
                if state.current.as_ref().is_some_and(|current| current.track >= Track::Crisis) {
                    return Err(Rejection::CrisisAlready);
                }
                let draft = Draft { route: *route, case: *case, file_key: state.file_key.or(*file_key), policy, today };
                let facts = state.knowing(Facts::about(Because::Court, Some(today)));
                vec![draft.by_rule(draft.rule(&facts)?, &facts, None).into()]
            }
            Command::RouteWrit { route, case, file_key, policy } => {
                // Who came in with the writ was routed for that; a closed case is opened again by intake.
                let current = state.current.as_ref().ok_or(Rejection::NoRoute)?;
                let draft = Draft { route: *route, case: *case, file_key: state.file_key.or(*file_key), policy, today };
                let facts = state.knowing(Facts::about(Because::Writ, Some(today)));
                let rule = draft.rule(&facts)?;
                if rule.track <= current.track {
                    return Err(Rejection::Known);
                }
                vec![draft.by_rule(rule, &facts, None).into()]
            }
            Command::Reroute { route, case, tried, policy } => {
                let current = state.current.as_ref().ok_or(Rejection::NoRoute)?;
                if current.track != *tried {
                    return Err(Rejection::NotCurrent);
                }
                if *tried == Track::TeamLead {
                    return Err(Rejection::NothingHigher);
                }
                let draft = Draft { route: *route, case: *case, file_key: state.file_key, policy, today };
                let from = Some(Value::Text(tried.code().to_owned()));
                let facts = state.knowing(Facts::about(Because::Exhausted, Some(today)).with(Name::From, from, Some(today)));
                vec![draft.by_rule(draft.rule(&facts)?, &facts, None).into()]
            }
            Command::Learn { route, case, told, policy } => {
                let draft = Draft { route: *route, case: *case, file_key: state.file_key, policy, today };
                vec![learn(state, &draft, told)?]
            }
            Command::Override { route, case, track, team, reason_code, policy } => {
                state.current.as_ref().ok_or(Rejection::NoRoute)?;
                let draft = Draft { route: *route, case: *case, file_key: state.file_key, policy, today };
                vec![override_route(state, &draft, *track, team.as_deref(), reason_code)?]
            }
            Command::End { case, reason } => {
                state.current.as_ref().ok_or(Rejection::NoRoute)?;
                vec![Event::RouteEnded { case: *case, reason: reason.clone() }]
            }
            Command::TakePlace { route, team, chosen, on, policy } => {
                if state.places.of(*route).is_some_and(|place| place.asked() == team) {
                    return Err(Rejection::Known);
                }
                let place = policy.policy.place(team, *chosen, *on, |team| state.places.begun(team));
                vec![Event::PlaceTaken { route: *route, place }]
            }
            Command::Propose(proposal) => vec![Event::PolicyProposed(state.versions.propose(proposal)?)],
            Command::Approve { version, valid_from, approver } => {
                vec![Event::PolicyActivated(state.versions.approve(version, *valid_from, approver, today)?)]
            }
        };
        Ok(events)
    }

    fn evolve(mut state: State, event: &Event) -> State {
        match event {
            Event::CaseRouted(routed) => {
                let chosen = match routed.rule.as_str() {
                    "override" => true,
                    "joins" => state.current.as_ref().is_some_and(|current| current.chosen),
                    rule => {
                        state.asked = Some(Asked { because: routed.because, facts: routed.facts.clone(), rule: rule.to_owned() });
                        false
                    }
                };
                let learned = |told: &Told| Some((learned_name(told)?, told.clone()));
                state.learned.extend(routed.facts.iter().filter_map(learned));
                if routed.because == Because::Crisis {
                    state.crises.extend(routed.signal.or(routed.corrected).map(|signal| (signal.id, routed.supply_ends)));
                }
                state.current = Some(Current {
                    route: routed.route,
                    track: routed.track,
                    team: routed.team.clone(),
                    plan: routed.plan.clone(),
                    attempts: routed.attempts.clone(),
                    priority: routed.priority,
                    chosen,
                });
                state.signals.extend(routed.signal.map(|signal| signal.id));
                state.file_key = routed.file_key.or(state.file_key);
            }
            Event::RouteEnded { .. } => state.current = None,
            Event::CircumstanceKept { told, .. } => state.learned.extend(learned_name(told).map(|name| (name, told.clone()))),
            Event::PlaceTaken { route, place } => Arc::make_mut(&mut state.places).put(*route, place),
            Event::PolicyProposed(proposal) => Arc::make_mut(&mut state.versions).proposals.push(proposal.clone()),
            Event::PolicyActivated(activation) => Arc::make_mut(&mut state.versions).activations.push(activation.clone()),
        }
        state
    }
}
