//! What is asked of outreach, what happened, and why not.

use crate::circumstance::Learned;
use crate::contact::{Contact, Restriction};
use jiff::{Timestamp, civil::Date};
use kernel::{
    CaseId, Key, PersonId, Reason, SignalId,
    ids::derived_uuid,
    terms::{EndReason, TermEvent},
};
use uuid::Uuid;

/// The highest track: when its plan is exhausted too, nothing is left to try.
const TEAM_LEAD: &str = "team-lead";

/// A routed signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// Arrival of its last byte.
    pub received_at: Timestamp,
}

/// The id of the offer clock of a signal.
pub fn offer_term(signal: SignalId) -> Uuid {
    derived_uuid(signal.uuid(), "offer")
}

/// The id of the clock of the talk that a signal asks for when it tells of a crisis.
pub fn threat_term(signal: SignalId) -> Uuid {
    derived_uuid(signal.uuid(), "threat-talk")
}

/// The id of that clock when a correction of the signal told of the crisis: each sooner end has its own.
pub fn corrected_threat_term(signal: SignalId, due: Date) -> Uuid {
    derived_uuid(signal.uuid(), &format!("threat-talk/{due}"))
}

/// A threatening situation that a partner told of (Wgs art. 4 lid 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crisis {
    /// The day on which supply ends (*eindelevering*), when told.
    pub supply_ends: Option<Date>,
}

/// An attempt as the route plans it. Channel and daypart are DDAS codes, passed on as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAttempt {
    /// Days after the route.
    pub after_days: u16,
    /// How.
    pub channel: String,
    /// Part of the day; empty when it does not matter.
    pub daypart: String,
}

/// A route that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Id for the plan that may follow.
    pub plan: Uuid,
    /// The case.
    pub case: CaseId,
    /// The route's id.
    pub route: Uuid,
    /// Track code.
    pub track: String,
    /// Team code.
    pub team: String,
    /// The attempts of its contact plan.
    pub attempts: Vec<PlannedAttempt>,
    /// What made it necessary: `signal`, `crisis`, `exhausted`, `court`, `opened`, `override` and others.
    pub because: String,
    /// The signal, when one led to it.
    pub signal: Option<Signal>,
    /// A signal of before, when a correction made it a crisis; received when the correction was.
    pub corrected: Option<Signal>,
    /// The crisis that the signal or the correction tells of, if it does.
    pub crisis: Option<Crisis>,
    /// Intake's address file, when known.
    pub file_key: Option<Key>,
}

/// What ended the need for an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettledBy {
    /// The arrears were paid in full.
    Paid,
    /// The case was closed.
    Closed,
    /// Another municipality took the case over, with its clocks.
    HandedOver,
}
impl SettledBy {
    /// As the reason a term ends for.
    pub const fn end_reason(self) -> EndReason {
        match self {
            Self::Paid => EndReason::Paid,
            Self::Closed => EndReason::Closed,
            Self::HandedOver => EndReason::HandedOver,
        }
    }
}

macro_rules! results {
    ($($(#[$doc:meta])* $variant:ident = $code:literal;)+) => {
        /// What became of the help: DDAS *EnumEindresultaat*.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum HelpResult { $($(#[$doc])* $variant,)+ }
        impl HelpResult {
            /// All codes.
            pub const CODES: &'static [&'static str] = &[$($code,)+];
            /// Stable, lower-case, dashed.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// The one with this code, if there is one.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
    };
}
results! {
    /// Advice or a quick fix, solved within 30 days.
    SolvedQuickfix = "solved-quickfix";
    /// Follow-up help or referral, financial.
    HelpFinancial = "help-financial";
    /// Follow-up help or referral, other.
    HelpOther = "help-other";
    /// The resident paid or arranged a plan.
    SelfSolved = "self-solved";
    /// The resident needs no help.
    NoHelpWanted = "no-help-wanted";
    /// No reaction after earlier contact.
    NoReaction = "no-reaction";
    /// No contact at all.
    NoContact = "no-contact";
    /// Known at debt help already.
    KnownAtDebtHelp = "known-at-debt-help";
    /// Another track runs already.
    OtherTrack = "other-track";
    /// Referred without contact.
    ReferredWithoutContact = "referred-without-contact";
}

/// What a death means for who is left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bereaved {
    /// Not known who: somebody finds out.
    Unknown,
    /// Nobody, or a co-tenant, whose lease goes on by law.
    NoClaim,
    /// Six months to claim the lease (BW art. 7:268 lid 2).
    MayClaim {
        /// The day of death.
        died_on: Date,
    },
}

/// What somebody asks for, or what somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A case was routed.
    Route(Box<Route>),
    /// Paid, or closed.
    Settle {
        /// The case.
        case: CaseId,
        /// Which.
        by: SettledBy,
    },
    /// A signal was withdrawn by its sender.
    Withdraw {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: SignalId,
    },
    /// The household asked for help itself.
    Ask {
        /// The case.
        case: CaseId,
        /// The request's id.
        request: Uuid,
        /// Id for the clock of the talk.
        term: Uuid,
        /// When it was asked.
        asked_at: Timestamp,
        /// In a threatening situation (Wgs art. 4 lid 2).
        threatened: bool,
        /// The day of the eviction, if told.
        eviction_on: Option<Date>,
        /// Intake's address file.
        file_key: Option<Key>,
    },
    /// The tenant died.
    Bereave {
        /// The case.
        case: CaseId,
        /// What it means for who is left behind.
        bereaved: Bereaved,
    },
    /// Who is left behind claimed the lease in court.
    RecordClaim {
        /// The case.
        case: CaseId,
    },
    /// The case was offered to another municipality, which has to answer.
    OfferHandOver {
        /// The case.
        case: CaseId,
        /// The hand-over; the id of its clock too.
        hand_over: Uuid,
    },
    /// The other municipality answered.
    AnswerHandOver {
        /// The case.
        case: CaseId,
        /// The hand-over.
        hand_over: Uuid,
    },
    /// Help was offered before this municipality had the case.
    NoteOffer {
        /// The case.
        case: CaseId,
        /// When.
        offered_at: Timestamp,
    },
    /// An eviction was announced.
    Threaten {
        /// Id for the clock of the talk.
        term: Uuid,
        /// The day of the eviction, if told.
        eviction_on: Option<Date>,
    },
    /// The part of the day of an attempt is told afterwards.
    SupplementAttempt {
        /// The case.
        case: CaseId,
        /// When the attempt was made, to the millisecond.
        attempted_at: Timestamp,
        /// DDAS code.
        daypart: String,
    },
    /// An attempt to make contact was made.
    RecordAttempt {
        /// The case.
        case: CaseId,
        /// How, and for whom.
        contact: Contact,
        /// Part of the day: DDAS code, or empty.
        daypart: String,
        /// Somebody was reached.
        reached: bool,
    },
    /// An offer of help was made; a letter with the offer counts.
    RecordOffer {
        /// The case.
        case: CaseId,
        /// How, and for whom.
        contact: Contact,
    },
    /// Help was accepted.
    Accept {
        /// The case.
        case: CaseId,
        /// What the ids of its clocks are derived from.
        seed: Uuid,
    },
    /// Help was refused.
    Refuse {
        /// The case.
        case: CaseId,
    },
    /// Something came of it.
    Resolve {
        /// The case.
        case: CaseId,
        /// What.
        result: HelpResult,
    },
    /// Something about the household became known.
    Learn {
        /// The case.
        case: CaseId,
        /// What.
        learned: Learned,
    },
    /// Somebody objected, or what is kept was restricted; or that is over (AVG art. 18 and 21).
    Hold {
        /// The case.
        case: CaseId,
        /// Intake's request.
        request: Uuid,
        /// Attempts stop; otherwise they go on as far as this request goes.
        held: bool,
    },
    /// One person of the case is not to be contacted by some channels.
    Restrict {
        /// The case.
        case: CaseId,
        /// Intake's restriction.
        id: Uuid,
        /// What it says.
        restriction: Box<Restriction>,
    },
    /// That restriction ended.
    Unrestrict {
        /// The case.
        case: CaseId,
        /// Intake's restriction.
        id: Uuid,
    },
    /// The first conversation took place.
    RecordTalk {
        /// The case.
        case: CaseId,
    },
    /// Time passed.
    Tick,
}

/// A planned attempt with its last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueAttempt {
    /// From 1.
    pub number: u32,
    /// The last day, Europe/Amsterdam. Not moved: a plan is practice, and evenings and weekends are part of it.
    pub by: Date,
    /// How.
    pub channel: String,
    /// Part of the day; empty when it does not matter.
    pub daypart: String,
}

/// A contact plan for a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanMade {
    /// Its id.
    pub plan: Uuid,
    /// The case.
    pub case: CaseId,
    /// The route it is for.
    pub route: Uuid,
    /// Track code.
    pub track: String,
    /// Team code.
    pub team: String,
    /// What is planned.
    pub attempts: Vec<DueAttempt>,
    /// Intake's address file, when known.
    pub file_key: Option<Key>,
    /// The signal that led to it, when one did.
    pub signal: Option<Signal>,
    /// As in the route.
    pub because: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A contact plan for a route.
    PlanMade(Box<PlanMade>),
    /// A further signal joins the open plan; without one, it needed no offer any more when it arrived.
    SignalJoined {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: Signal,
        /// The open plan.
        plan: Option<Uuid>,
    },
    /// An attempt to make contact.
    AttemptRecorded {
        /// The newest plan, open or not.
        plan: Option<Uuid>,
        /// From 1 within the plan.
        number: u32,
        /// How: DDAS code.
        channel: String,
        /// Part of the day, or empty.
        daypart: String,
        /// Somebody was reached.
        reached: bool,
        /// When.
        happened_at: Timestamp,
    },
    /// The part of the day of an attempt that was recorded without it.
    AttemptSupplemented {
        /// The case.
        case: CaseId,
        /// When the attempt was made.
        attempted_at: Timestamp,
        /// DDAS code.
        daypart: String,
        /// When it was told.
        happened_at: Timestamp,
    },
    /// An offer of help.
    OfferMade {
        /// The case.
        case: CaseId,
        /// How: DDAS code.
        channel: String,
        /// When.
        happened_at: Timestamp,
    },
    /// The household accepted.
    HelpAccepted {
        /// The case.
        case: CaseId,
        /// When.
        happened_at: Timestamp,
    },
    /// The household refused.
    HelpRefused {
        /// The case.
        case: CaseId,
        /// When.
        happened_at: Timestamp,
    },
    /// The first conversation.
    FirstTalkHeld {
        /// The case.
        case: CaseId,
        /// When.
        happened_at: Timestamp,
    },
    /// Every planned attempt was made and nobody was reached.
    PlanExhausted {
        /// The plan.
        plan: Uuid,
        /// The case.
        case: CaseId,
        /// Track code.
        track: String,
        /// How many.
        attempts: u32,
    },
    /// Something came of the help.
    HelpResolved {
        /// The case.
        case: CaseId,
        /// What.
        result: HelpResult,
        /// When.
        happened_at: Timestamp,
    },
    /// The plan is no longer worked on.
    PlanEnded {
        /// The plan.
        plan: Uuid,
        /// `superseded`, `refused`, `resolved`, `paid`, `closed`, `withdrawn`.
        reason: String,
    },
    /// What was received until then needs no offer any more.
    CaseSettled {
        /// The case.
        case: CaseId,
        /// By what.
        by: SettledBy,
        /// When.
        happened_at: Timestamp,
    },
    /// The household asked for help itself.
    HelpAsked {
        /// The case.
        case: CaseId,
        /// The request's id.
        request: Uuid,
        /// When.
        asked_at: Timestamp,
        /// In a threatening situation.
        threatened: bool,
        /// Intake's address file.
        file_key: Option<Key>,
    },
    /// Something about the household became known that routing may look at.
    CircumstanceLearned {
        /// The case.
        case: CaseId,
        /// What.
        learned: Learned,
        /// When.
        happened_at: Timestamp,
    },
    /// A signal was withdrawn.
    SignalDropped {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: SignalId,
    },
    /// Attempts stop because of a request, or may go on as far as it goes. No clock stops.
    HoldChanged {
        /// The case.
        case: CaseId,
        /// Intake's request.
        request: Uuid,
        /// They stop.
        held: bool,
        /// When.
        happened_at: Timestamp,
    },
    /// One person is not contacted by these channels, or is again. No clock stops.
    RestrictionChanged {
        /// The case.
        case: CaseId,
        /// Intake's restriction.
        restriction: Uuid,
        /// Whom it is about.
        person: PersonId,
        /// Intake's code of why.
        kind: String,
        /// DDAS codes.
        channels: Vec<String>,
        /// It holds; otherwise it ended then.
        holds: bool,
        /// When.
        happened_at: Timestamp,
    },
    /// Somebody was contacted against a restriction: a violation, with an owner.
    RestrictionBroken {
        /// The case.
        case: CaseId,
        /// Intake's restriction.
        restriction: Uuid,
        /// Whom it is about.
        person: PersonId,
        /// How: DDAS code.
        channel: String,
        /// Who looks at it.
        owner: String,
        /// When.
        happened_at: Timestamp,
    },
    /// Something became of a clock.
    TermChanged(TermEvent),
}

/// Why not. Only our own doings can be refused; what others did is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing was ever routed here.
    #[error("outreach does not know this case")]
    CaseUnknown,
    /// The signal is in a plan.
    #[error("this signal is in a plan already")]
    SignalKnown,
    /// Nothing changes.
    #[error("a plan for this route is open already")]
    PlanOpen,
    /// Nothing is left to try for.
    #[error("the case was settled before this route")]
    Settled,
    /// Somebody objected, or what is kept is restricted.
    #[error("no attempts are made: somebody objected or what is kept is restricted (AVG art. 18 and 21)")]
    Held,
    /// A person is not to be contacted so.
    #[error("a person of this case is not to be contacted so: name the person it was for, or say that it went against the restriction")]
    Restricted,
    /// Nothing new was said.
    #[error("this is known already")]
    Known,
    /// Under threat neither who else helps nor that nobody was reached takes the place of a talk.
    #[error("a first talk under threat is owed: record the talk first")]
    TalkOwed,
    /// None was recorded for that moment.
    #[error("no attempt was recorded for that moment")]
    AttemptUnknown,
    /// Nobody is known who may claim.
    #[error("no term to claim the lease runs in this case")]
    NoClaimTerm,
}
impl Reason for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::CaseUnknown => "case-unknown",
            Self::SignalKnown => "signal-planned-already",
            Self::PlanOpen => "plan-open-already",
            Self::Settled => "settled-already",
            Self::Held => "attempts-held",
            Self::Restricted => "contact-restricted",
            Self::Known => "known-already",
            Self::TalkOwed => "talk-owed",
            Self::AttemptUnknown => "attempt-unknown",
            Self::NoClaimTerm => "no-claim-term",
        }
    }
}

impl Event {
    /// Nothing is left to try: the team lead's plan was exhausted too.
    pub fn is_last_exhaustion(&self) -> bool {
        matches!(self, Self::PlanExhausted { track, .. } if track == TEAM_LEAD)
    }
}
