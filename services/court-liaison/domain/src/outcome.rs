//! How a track ends, read from the facts in the order in which they happened.

use jiff::Timestamp;
use kernel::terms::EndReason;

use crate::{
    codes::coded,
    fact::{Fact, HowLeft, JudgmentKind, TrackEnd},
    state::Recorded,
};

coded! {
    /// How the legal region ended.
    Outcome {
        /// The creditor withdrew.
        Withdrawn = "withdrawn";
        /// Paid.
        Paid = "paid";
        /// Settled.
        Settled = "settled";
        /// A payment plan before any judgment.
        Plan = "plan";
        /// The court rejected the claim.
        Rejected = "rejected";
        /// To pay, without dissolution.
        PaymentOnly = "payment-only";
        /// Paid within the last term of the court.
        GraceMet = "grace-met";
        /// The condition of the judgment is kept.
        ConditionalHeld = "conditional-held";
        /// A plan after a moratorium.
        MoratoriumPlan = "moratorium-plan";
        /// An agreement after the judgment.
        Agreement = "agreement";
        /// Protective administration instead of eviction, and none stands announced.
        Administration = "administration";
        /// The eviction was called off.
        Averted = "averted";
        /// Evicted.
        Evicted = "evicted";
        /// The key was handed in under pressure.
        LeftUnderPressure = "left-under-pressure";
        /// Left without trace.
        LeftUnknown = "left-unknown";
    }
}

impl Outcome {
    /// The home is lost.
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Evicted | Self::LeftUnderPressure | Self::LeftUnknown)
    }

    /// Appeal and objection stay possible.
    pub(crate) const fn leaves_remedies(self) -> bool {
        self.is_loss() || matches!(self, Self::Rejected | Self::PaymentOnly)
    }

    /// Why the other terms stop.
    pub(crate) const fn end_reason(self) -> EndReason {
        match self {
            Self::Withdrawn => EndReason::Withdrawn,
            Self::Paid | Self::GraceMet => EndReason::Paid,
            _ => EndReason::Closed,
        }
    }
}

/// The end of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How.
    pub outcome: Outcome,
    /// At which step of the chart, 5 to 11.
    pub step: u8,
    /// When.
    pub at: Timestamp,
}

/// What the facts come to, in the order in which they happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    /// Where the track stands; `None` while it runs.
    pub finished: Option<Finished>,
    /// When it ended last, also when it was entered again.
    pub ended: Option<Timestamp>,
    /// Administration was ordered since the track was entered last.
    pub administration: bool,
    /// An eviction was announced since, and nothing ended it.
    announced: bool,
    moratorium: bool,
    reached: u8,
}

/// Where the track stands after all facts; `None` while it runs.
pub(crate) fn standing<'a>(facts: impl IntoIterator<Item = &'a Recorded>) -> Option<Finished> {
    course(facts).finished
}

/// The course of the track. The first fact that ends it counts; a later one that goes on enters it again.
///
/// An order of protective administration calls no bailiff off: while an announced eviction stands, the track waits for who
/// announced it. A moratorium only suspends that (Fw art. 305 lid 2).
pub(crate) fn course<'a>(facts: impl IntoIterator<Item = &'a Recorded>) -> Course {
    let mut facts: Vec<_> = facts.into_iter().collect();
    facts.sort_by_key(|recorded| (recorded.at, recorded.fact.rank()));
    let (mut course, mut judged) = (Course::default(), None);
    for Recorded { fact, at } in facts {
        if let Some(end) = course.finished {
            let again = fact.goes_on() && !(end.outcome.is_loss() && matches!(fact, Fact::EvictionCarriedOut | Fact::HomeLeft(_)));
            if !again {
                continue;
            }
            course = Course { ended: course.ended, ..Course::default() };
        }
        course.reached = course.reached.max(fact.step().unwrap_or(5));
        let outcome = match *fact {
            Fact::Judgment(judgment) => {
                judged = Some(judgment.kind);
                match judgment.kind {
                    JudgmentKind::Rejected => Some(Outcome::Rejected),
                    JudgmentKind::PaymentOnly => Some(Outcome::PaymentOnly),
                    JudgmentKind::Grace | JudgmentKind::Conditional | JudgmentKind::Dissolved => None,
                }
            }
            Fact::MoratoriumDecided { granted } => {
                course.moratorium |= granted;
                None
            }
            Fact::LastOffer { accepted } => accepted.then_some(Outcome::Agreement),
            Fact::AdministrationOrdered { granted } => {
                course.administration |= granted;
                (granted && !course.announced).then_some(Outcome::Administration)
            }
            Fact::EvictionCarriedOut => Some(Outcome::Evicted),
            Fact::EvictionAverted => Some(Outcome::Averted),
            Fact::HomeLeft(HowLeft::KeyHandedIn) => Some(Outcome::LeftUnderPressure),
            Fact::HomeLeft(HowLeft::Unknown) => Some(Outcome::LeftUnknown),
            Fact::TrackEnded(end) => Some(ended(end, judged, course.moratorium)),
            Fact::EvictionAnnounced { .. } => {
                course.announced = true;
                None
            }
            Fact::SummonsAnnounced
            | Fact::SummonsServed { .. }
            | Fact::HearingListed { .. }
            | Fact::HearingHeld { .. }
            | Fact::MoratoriumRequested => None,
        };
        course.finished = outcome.map(|outcome| Finished { outcome, step: fact.step().unwrap_or(course.reached), at: *at });
        course.ended = course.finished.map(|end| end.at).or(course.ended);
    }
    course
}

const fn ended(end: TrackEnd, judged: Option<JudgmentKind>, moratorium: bool) -> Outcome {
    match (end, judged) {
        (TrackEnd::Withdrawn, _) => Outcome::Withdrawn,
        (TrackEnd::Plan | TrackEnd::Settled, _) if moratorium => Outcome::MoratoriumPlan,
        (_, Some(JudgmentKind::Conditional)) => Outcome::ConditionalHeld,
        (TrackEnd::Paid, Some(JudgmentKind::Grace)) => Outcome::GraceMet,
        (TrackEnd::Paid, _) => Outcome::Paid,
        (TrackEnd::Settled | TrackEnd::Plan, Some(JudgmentKind::Grace | JudgmentKind::Dissolved)) => Outcome::Agreement,
        (TrackEnd::Settled, _) => Outcome::Settled,
        (TrackEnd::Plan, _) => Outcome::Plan,
    }
}
