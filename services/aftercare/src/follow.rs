//! What aftercare makes of the public events of court liaison and intake: event in, command out.

use aftercare_domain::{Command, HowLost, team_of};
use journal::{
    Handling, Reacting, SourceEvent, Unreadable,
    terms::{date_in, time_in},
};
use kernel::CaseId;
use proto::{
    court_liaison::v1::{self as court, fact::What},
    intake::v1 as intake,
};

use crate::codec::{case, code, key, message};

/// The contexts followed.
pub const FOLLOWS: &[&str] = &["court-liaison", "intake"];

/// By type alone, over every event of the contexts followed.
pub fn handling(context: &str, name: &str, version: u32) -> Handling {
    match (context, name, version) {
        ("court-liaison", "FactRecorded" | "TrackFinished", 1) | ("intake", "CaseClosed", 1) => Handling::Handled,
        (
            "court-liaison",
            "TrackOpened"
            | "TrackPaused"
            | "TrackResumed"
            | "AdministrationAsked"
            | "ViolationFound"
            | "ViolationLifted"
            | "ReportKnown"
            | "HelpNoted"
            | "CaseEnded"
            | "TermChanged",
            1,
        )
        | (
            "intake",
            "CaseOpened"
            | "LandlordStageRecorded"
            | "SignalAccepted"
            | "SignalCorrected"
            | "SignalSupplemented"
            | "PersonsJudged"
            | "CasesMerged"
            | "CasesUnmerged"
            | "LetterRectified"
            | "RightRequested"
            | "RightExtended"
            | "RightDecided"
            | "ConsentRecorded"
            | "ContactRestricted"
            | "RestrictionEnded"
            | "RefusalRecorded"
            | "SignalReturned"
            | "ReturnForgotten"
            | "ConcernChanged"
            | "EvictionNoticed"
            | "TenantDied"
            | "HandOverOffered"
            | "HandOverAnswered"
            | "CaseTakenOver"
            | "HelpRequested"
            | "SignalWithdrawn"
            | "PaymentRecorded"
            | "RegionReported",
            1,
        ) => Handling::Ignored,
        _ => Handling::Unknown,
    }
}

/// The command that follows from a handled event. A source commit may tell of other cases too: those are not ours to judge here.
///
/// # Errors
/// [`Unreadable`] when the payload cannot be read.
pub fn react(event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
    let ours =
        |bytes: &[u8]| -> Result<Option<CaseId>, Unreadable> { Ok(Some(case(bytes)?).filter(|case| *case == reacting.target.case())) };
    match (event.context, event.name) {
        ("court-liaison", "FactRecorded") => {
            let e: court::FactRecorded = message(event.bytes)?;
            match ours(&e.case_id)? {
                Some(case) => of_fact(case, &e, reacting),
                None => Ok(None),
            }
        }
        ("court-liaison", "TrackFinished") => {
            let e: court::TrackFinished = message(event.bytes)?;
            // A lost home was told by its own fact.
            let lost = e.outcome.parse::<HowLost>().is_ok();
            if lost || ours(&e.case_id)?.is_none() {
                return Ok(None);
            }
            Ok(Some(Command::Stays { how: e.outcome, at: time_in(e.happened_at_ms)? }))
        }
        ("intake", "CaseClosed") => {
            let e: intake::CaseClosed = message(event.bytes)?;
            Ok(ours(&e.case_id)?.map(|_| Command::CaseClosed { outcome: e.outcome }))
        }
        _ => Err(Unreadable::UnknownType),
    }
}

/// What a fact of the legal track asks of aftercare.
fn of_fact(case: CaseId, e: &court::FactRecorded, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
    let (file, at, team) = (key(&e.file_key)?, time_in(e.happened_at_ms)?, team_of(reacting.target.gemeente));
    let lost = |how| Ok(Some(Command::Lost { case, file, team: team.clone(), how, at }));
    match e.fact.as_ref().and_then(|fact| fact.what.as_ref()).ok_or(Unreadable::UnknownType)? {
        What::EvictionAnnounced(announced) => {
            Ok(Some(Command::Announced { case, file, team, on: date_in(announced.on.as_ref())?, ground: code(&announced.ground)?, at }))
        }
        What::EvictionCarriedOut(_) => lost(HowLost::Evicted),
        What::HomeLeft(left) => match left.how.as_str() {
            "key-handed-in" => lost(HowLost::LeftUnderPressure),
            "left-unknown" => lost(HowLost::LeftUnknown),
            _ => Err(Unreadable::UnknownType),
        },
        What::EvictionAverted(_) => Ok(Some(Command::Stays { how: "averted".to_owned(), at })),
        What::SummonsAnnounced(_)
        | What::SummonsServed(_)
        | What::HearingListed(_)
        | What::HearingHeld(_)
        | What::Judgment(_)
        | What::MoratoriumRequested(_)
        | What::MoratoriumDecided(_)
        | What::LastOffer(_)
        | What::AdministrationOrdered(_)
        | What::TrackEnded(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;

    /// Every message of a followed context's events is handled or ignored by name: a new one is seen here first.
    #[test]
    fn every_event_of_a_followed_context_is_known() {
        let files = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
        for context in FOLLOWS {
            let name = format!("zeef/{}/v1/events.proto", context.replace('-', "_"));
            let file = files.file.iter().find(|file| file.name() == name).unwrap();
            for message in &file.message_type {
                assert_ne!(handling(context, message.name(), 1), Handling::Unknown, "{context} {}", message.name());
                assert_eq!(handling(context, message.name(), 2), Handling::Unknown, "{context} {}", message.name());
            }
        }
    }
}
