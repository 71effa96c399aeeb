//! The stored events of the five contexts, as the desk reads them.

use journal::Unreadable;
use prost::Message;
use proto::{
    aftercare::v1 as aftercare, common::v1 as common, court_liaison::v1 as court, intake::v1 as intake, outreach::v1 as outreach,
    routing::v1 as routing,
};

/// The contexts whose streams the desk follows. The order is part of the rows: append only.
pub const CONTEXTS: [&str; 5] = ["intake", "routing", "outreach", "court-liaison", "aftercare"];

/// An event that the desk may show, or that says nothing to it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names and comments are those of events.proto")]
pub enum Event {
    CaseOpened(intake::CaseOpened),
    LandlordStageRecorded(intake::LandlordStageRecorded),
    SignalAccepted(intake::SignalAccepted),
    SignalCorrected(intake::SignalCorrected),
    SignalSupplemented(intake::SignalSupplemented),
    HelpRequested(intake::HelpRequested),
    EvictionNoticed(intake::EvictionNoticed),
    TenantDied(intake::TenantDied),
    HandOverOffered(intake::HandOverOffered),
    HandOverAnswered(intake::HandOverAnswered),
    CaseTakenOver(intake::CaseTakenOver),
    SignalWithdrawn(intake::SignalWithdrawn),
    PaymentRecorded(intake::PaymentRecorded),
    CaseClosed(intake::CaseClosed),
    PersonsJudged(intake::PersonsJudged),
    CasesMerged(intake::CasesMerged),
    CasesUnmerged(intake::CasesUnmerged),
    LetterRectified(intake::LetterRectified),
    RightRequested(intake::RightRequested),
    RightExtended(intake::RightExtended),
    RightDecided(intake::RightDecided),
    ConsentRecorded(intake::ConsentRecorded),
    ContactRestricted(intake::ContactRestricted),
    RestrictionEnded(intake::RestrictionEnded),
    RefusalRecorded(intake::RefusalRecorded),
    CaseRouted(routing::CaseRouted),
    RouteEnded(routing::RouteEnded),
    PlanMade(outreach::PlanMade),
    SignalJoined(outreach::SignalJoined),
    AttemptRecorded(outreach::AttemptRecorded),
    AttemptSupplemented(outreach::AttemptSupplemented),
    OfferMade(outreach::OfferMade),
    HelpAccepted(outreach::HelpAccepted),
    HelpRefused(outreach::HelpRefused),
    FirstTalkHeld(outreach::FirstTalkHeld),
    PlanExhausted(outreach::PlanExhausted),
    HelpResolved(outreach::HelpResolved),
    CircumstanceLearned(outreach::CircumstanceLearned),
    RestrictionBroken(outreach::RestrictionBroken),
    PlanEnded(outreach::PlanEnded),
    TrackOpened(court::TrackOpened),
    FactRecorded(court::FactRecorded),
    TrackFinished(court::TrackFinished),
    AdministrationAsked(court::AdministrationAsked),
    TrackPaused(court::TrackPaused),
    TrackResumed(court::TrackResumed),
    ViolationFound(court::ViolationFound),
    ViolationLifted(court::ViolationLifted),
    DutyOpened(aftercare::DutyOpened),
    BeatMoved(aftercare::BeatMoved),
    DutyAssigned(aftercare::DutyAssigned),
    HomeLost(aftercare::HomeLost),
    Rehoused(aftercare::Rehoused),
    StopgapFound(aftercare::StopgapFound),
    DestinationUnknown(aftercare::DestinationUnknown),
    DutyMet(aftercare::DutyMet),
    TermChanged(common::TermEvent),
    /// Bookkeeping between contexts that tells a reader nothing new; the case it is about, when it says so.
    Silent(Vec<u8>),
}

fn of<M: Message + Default>(bytes: &[u8], wrap: fn(M) -> Event) -> Result<Event, Unreadable> {
    M::decode(bytes).map(wrap).map_err(|_| Unreadable::Undecodable)
}

/// What is about an entry on a signalling list (*signaleringslijst*) is never shown here: early-signal staff read these pages.
pub fn is_hidden(context: &str, name: &str) -> bool {
    context == "aftercare" && matches!(name, "ListReviewOpened" | "ListReviewed")
}

/// Of no case: the versions of a municipality's policy, and the weeks of its teams.
pub fn is_of_no_case(context: &str, name: &str) -> bool {
    context == "routing" && matches!(name, "PlaceTaken" | "PolicyProposed" | "PolicyActivated")
}

impl Event {
    /// Reads a stored event.
    ///
    /// # Errors
    /// [`Unreadable::UnknownType`] for a type or version this binary never heard of, and for what is hidden.
    pub fn read(context: &str, name: &str, version: u32, bytes: &[u8]) -> Result<Self, Unreadable> {
        if version != 1 {
            return Err(Unreadable::UnknownType);
        }
        match (context, name) {
            ("intake", "CaseOpened") => of(bytes, Self::CaseOpened),
            ("intake", "LandlordStageRecorded") => of(bytes, Self::LandlordStageRecorded),
            ("intake", "SignalAccepted") => of(bytes, Self::SignalAccepted),
            ("intake", "SignalCorrected") => of(bytes, Self::SignalCorrected),
            // A returned report has no case, and a concern is none.
            ("intake", "SignalReturned" | "ReturnForgotten" | "ConcernChanged") => Ok(Self::Silent(Vec::new())),
            ("intake", "SignalSupplemented") => of(bytes, Self::SignalSupplemented),
            ("intake", "HelpRequested") => of(bytes, Self::HelpRequested),
            ("intake", "EvictionNoticed") => of(bytes, Self::EvictionNoticed),
            ("intake", "TenantDied") => of(bytes, Self::TenantDied),
            ("intake", "HandOverOffered") => of(bytes, Self::HandOverOffered),
            ("intake", "HandOverAnswered") => of(bytes, Self::HandOverAnswered),
            ("intake", "CaseTakenOver") => of(bytes, Self::CaseTakenOver),
            ("intake", "SignalWithdrawn") => of(bytes, Self::SignalWithdrawn),
            ("intake", "PaymentRecorded") => of(bytes, Self::PaymentRecorded),
            ("intake", "RegionReported") => of(bytes, |e: intake::RegionReported| Self::Silent(e.case_id)),
            ("intake", "CaseClosed") => of(bytes, Self::CaseClosed),
            ("intake", "PersonsJudged") => of(bytes, Self::PersonsJudged),
            ("intake", "CasesMerged") => of(bytes, Self::CasesMerged),
            ("intake", "CasesUnmerged") => of(bytes, Self::CasesUnmerged),
            ("intake", "LetterRectified") => of(bytes, Self::LetterRectified),
            ("intake", "RightRequested") => of(bytes, Self::RightRequested),
            ("intake", "RightExtended") => of(bytes, Self::RightExtended),
            ("intake", "RightDecided") => of(bytes, Self::RightDecided),
            ("intake", "ConsentRecorded") => of(bytes, Self::ConsentRecorded),
            ("intake", "ContactRestricted") => of(bytes, Self::ContactRestricted),
            ("intake", "RestrictionEnded") => of(bytes, Self::RestrictionEnded),
            ("intake", "RefusalRecorded") => of(bytes, Self::RefusalRecorded),
            ("routing", "CaseRouted") => of(bytes, Self::CaseRouted),
            ("routing", "CircumstanceKept" | "PlaceTaken" | "PolicyProposed" | "PolicyActivated") => Ok(Self::Silent(Vec::new())),
            ("routing", "RouteEnded") => of(bytes, Self::RouteEnded),
            ("outreach", "PlanMade") => of(bytes, Self::PlanMade),
            ("outreach", "SignalJoined") => of(bytes, Self::SignalJoined),
            ("outreach", "AttemptRecorded") => of(bytes, Self::AttemptRecorded),
            ("outreach", "AttemptSupplemented") => of(bytes, Self::AttemptSupplemented),
            ("outreach", "OfferMade") => of(bytes, Self::OfferMade),
            ("outreach", "HelpAccepted") => of(bytes, Self::HelpAccepted),
            ("outreach", "HelpRefused") => of(bytes, Self::HelpRefused),
            ("outreach", "FirstTalkHeld") => of(bytes, Self::FirstTalkHeld),
            ("outreach", "PlanExhausted") => of(bytes, Self::PlanExhausted),
            ("outreach", "HelpResolved") => of(bytes, Self::HelpResolved),
            ("outreach", "PlanEnded") => of(bytes, Self::PlanEnded),
            ("outreach", "CircumstanceLearned") => of(bytes, Self::CircumstanceLearned),
            ("outreach", "RestrictionBroken") => of(bytes, Self::RestrictionBroken),
            ("outreach", "CaseSettled" | "SignalDropped" | "HelpAsked" | "HoldChanged" | "RestrictionChanged") => {
                Ok(Self::Silent(Vec::new()))
            }
            ("court-liaison", "TrackOpened") => of(bytes, Self::TrackOpened),
            ("court-liaison", "FactRecorded") => of(bytes, Self::FactRecorded),
            ("court-liaison", "TrackFinished") => of(bytes, Self::TrackFinished),
            ("court-liaison", "AdministrationAsked") => of(bytes, Self::AdministrationAsked),
            ("court-liaison", "TrackPaused") => of(bytes, Self::TrackPaused),
            ("court-liaison", "TrackResumed") => of(bytes, Self::TrackResumed),
            ("court-liaison", "ViolationFound") => of(bytes, Self::ViolationFound),
            ("court-liaison", "ViolationLifted") => of(bytes, Self::ViolationLifted),
            ("court-liaison", "ReportKnown" | "HelpNoted" | "CaseEnded") => Ok(Self::Silent(Vec::new())),
            ("aftercare", "DutyOpened") => of(bytes, Self::DutyOpened),
            ("aftercare", "BeatMoved") => of(bytes, Self::BeatMoved),
            ("aftercare", "DutyAssigned") => of(bytes, Self::DutyAssigned),
            ("aftercare", "HomeLost") => of(bytes, Self::HomeLost),
            ("aftercare", "Rehoused") => of(bytes, Self::Rehoused),
            ("aftercare", "StopgapFound") => of(bytes, Self::StopgapFound),
            ("aftercare", "DestinationUnknown") => of(bytes, Self::DestinationUnknown),
            ("aftercare", "DutyMet") => of(bytes, Self::DutyMet),
            ("outreach", "TermChanged") => of(bytes, |e: outreach::TermChanged| Self::TermChanged(e.term.unwrap_or_default())),
            ("court-liaison", "TermChanged") => of(bytes, |e: court::TermChanged| Self::TermChanged(e.term.unwrap_or_default())),
            ("aftercare", "TermChanged") => of(bytes, |e: aftercare::TermChanged| Self::TermChanged(e.term.unwrap_or_default())),
            _ => Err(Unreadable::UnknownType),
        }
    }

    /// The case that an event of intake says it is about; intake keeps files of addresses, which may hold several cases.
    pub fn case_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::CaseOpened(e) => Some(&e.case_id),
            Self::LandlordStageRecorded(e) => Some(&e.case_id),
            Self::SignalAccepted(e) => Some(&e.case_id),
            Self::SignalCorrected(e) => Some(&e.case_id),
            Self::SignalSupplemented(e) => Some(&e.case_id),
            Self::HelpRequested(e) => Some(&e.case_id),
            Self::EvictionNoticed(e) => Some(&e.case_id),
            Self::TenantDied(e) => Some(&e.case_id),
            Self::HandOverOffered(e) => Some(&e.case_id),
            Self::HandOverAnswered(e) => Some(&e.case_id),
            Self::CaseTakenOver(e) => Some(&e.case_id),
            Self::SignalWithdrawn(e) => Some(&e.case_id),
            Self::PaymentRecorded(e) => Some(&e.case_id),
            Self::CaseClosed(e) => Some(&e.case_id),
            Self::PersonsJudged(e) => Some(&e.case_id),
            Self::CasesMerged(e) => Some(&e.case_id),
            Self::CasesUnmerged(e) => Some(&e.case_id),
            Self::LetterRectified(e) => Some(&e.case_id),
            Self::RightRequested(e) => Some(&e.case_id),
            Self::RightExtended(e) => Some(&e.case_id),
            Self::RightDecided(e) => Some(&e.case_id),
            Self::ConsentRecorded(e) => Some(&e.case_id),
            Self::ContactRestricted(e) => Some(&e.case_id),
            Self::RestrictionEnded(e) => Some(&e.case_id),
            Self::RefusalRecorded(e) => Some(&e.case_id),
            Self::Silent(case) if !case.is_empty() => Some(case),
            _ => None,
        }
    }

    /// When it happened, in milliseconds, when the event itself tells that.
    pub fn happened_at_ms(&self) -> Option<i64> {
        let at = match self {
            Self::CaseOpened(e) => e.happened_at_ms,
            Self::LandlordStageRecorded(e) => e.happened_at_ms,
            Self::SignalAccepted(e) => e.received_at_ms,
            Self::SignalCorrected(e) => e.received_at_ms,
            Self::SignalSupplemented(e) => e.happened_at_ms,
            Self::HelpRequested(e) => e.asked_at_ms,
            Self::EvictionNoticed(e) => e.happened_at_ms,
            Self::TenantDied(e) => e.happened_at_ms,
            Self::HandOverOffered(e) => e.offered_at_ms,
            Self::HandOverAnswered(e) => e.answered_at_ms,
            Self::CaseTakenOver(e) => e.happened_at_ms,
            Self::PaymentRecorded(e) => e.happened_at_ms,
            Self::CaseClosed(e) => e.happened_at_ms,
            Self::PersonsJudged(e) => e.happened_at_ms,
            Self::CasesMerged(e) => e.happened_at_ms,
            Self::CasesUnmerged(e) => e.happened_at_ms,
            Self::LetterRectified(e) => e.happened_at_ms,
            Self::RightRequested(e) => e.happened_at_ms,
            Self::RightExtended(e) => e.happened_at_ms,
            Self::RightDecided(e) => e.happened_at_ms,
            Self::ConsentRecorded(e) => e.happened_at_ms,
            Self::ContactRestricted(e) => e.since_ms,
            Self::RestrictionEnded(e) => e.happened_at_ms,
            Self::RefusalRecorded(e) => e.happened_at_ms,
            Self::RestrictionBroken(e) => e.happened_at_ms,
            Self::AttemptRecorded(e) => e.happened_at_ms,
            Self::AttemptSupplemented(e) => e.happened_at_ms,
            Self::OfferMade(e) => e.happened_at_ms,
            Self::HelpAccepted(e) => e.happened_at_ms,
            Self::HelpRefused(e) => e.happened_at_ms,
            Self::FirstTalkHeld(e) => e.happened_at_ms,
            Self::HelpResolved(e) => e.happened_at_ms,
            Self::CircumstanceLearned(e) => e.happened_at_ms,
            Self::TrackOpened(e) => e.happened_at_ms,
            Self::FactRecorded(e) => e.happened_at_ms,
            Self::TrackFinished(e) => e.happened_at_ms,
            Self::AdministrationAsked(e) => e.happened_at_ms,
            Self::TrackPaused(e) => e.happened_at_ms,
            Self::TrackResumed(e) => e.happened_at_ms,
            Self::DutyOpened(e) => e.happened_at_ms,
            Self::BeatMoved(e) => e.happened_at_ms,
            Self::HomeLost(e) => e.happened_at_ms,
            Self::Rehoused(e) => e.happened_at_ms,
            Self::DutyMet(e) => e.happened_at_ms,
            _ => 0,
        };
        (at != 0).then_some(at)
    }
}
