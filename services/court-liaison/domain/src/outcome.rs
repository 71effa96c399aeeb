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
        /// Protective administration instead of eviction.
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

/// Where the track stands after all facts, in the order in which they happened; `None` while it runs.
///
/// The first fact that ends it counts; a later one that goes on enters it again.
pub(crate) fn standing<'a>(facts: impl IntoIterator<Item = &'a Recorded>) -> Option<Finished> {
    let mut facts: Vec<_> = facts.into_iter().collect();
    facts.sort_by_key(|recorded| (recorded.at, recorded.fact.rank()));
    let (mut finished, mut reached, mut judged, mut moratorium): (Option<Finished>, u8, Option<JudgmentKind>, bool) =
        (None, 0, None, false);
    for Recorded { fact, at } in facts {
        if let Some(end) = finished {
            let again = fact.goes_on() && !(end.outcome.is_loss() && matches!(fact, Fact::EvictionCarriedOut | Fact::HomeLeft(_)));
            if !again {
                continue;
            }
            (reached, moratorium) = (0, false);
        }
        reached = reached.max(fact.step().unwrap_or(5));
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
                moratorium |= granted;
                None
            }
            Fact::LastOffer { accepted } => accepted.then_some(Outcome::Agreement),
            Fact::AdministrationOrdered { granted } => granted.then_some(Outcome::Administration),
            Fact::EvictionCarriedOut => Some(Outcome::Evicted),
            Fact::EvictionAverted => Some(Outcome::Averted),
            Fact::HomeLeft(HowLeft::KeyHandedIn) => Some(Outcome::LeftUnderPressure),
            Fact::HomeLeft(HowLeft::Unknown) => Some(Outcome::LeftUnknown),
            Fact::TrackEnded(end) => Some(ended(end, judged, moratorium)),
            Fact::SummonsAnnounced
            | Fact::SummonsServed { .. }
            | Fact::HearingListed { .. }
            | Fact::HearingHeld { .. }
            | Fact::MoratoriumRequested
            | Fact::EvictionAnnounced { .. } => None,
        };
        finished = outcome.map(|outcome| Finished { outcome, step: fact.step().unwrap_or(reached), at: *at });
    }
    finished
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
