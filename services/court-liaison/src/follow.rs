//! What court liaison makes of the public events of intake and outreach: event in, command out.

use std::sync::Arc;

use court_liaison_domain::{Command, Courts, Help, RecordFact};
use journal::{
    Handling, Reacting, SourceEvent, Unreadable,
    terms::{id_in, time_in},
};
use kernel::{CaseId, SignalId};
use proto::{court_liaison::v1 as court, intake::v1 as intake, outreach::v1 as outreach};

use crate::{
    codec::{case, key, message},
    words::fact_in,
};

/// The contexts followed.
pub const FOLLOWS: &[&str] = &["intake", "outreach"];

/// By type alone, over every event of the contexts followed.
pub fn handling(context: &str, name: &str, version: u32) -> Handling {
    match (context, name, version) {
        ("intake", "SignalAccepted" | "EvictionNoticed" | "CaseClosed", 1) | ("outreach", "OfferMade" | "HelpAccepted", 1) => {
            Handling::Handled
        }
        // What counts for the writ is the day of the first report; a correction does not move it.
        (
            "intake",
            "CaseOpened"
            | "LandlordStageRecorded"
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
            | "TenantDied"
            | "HandOverOffered"
            | "HandOverAnswered"
            | "CaseTakenOver"
            | "HelpRequested"
            | "SignalWithdrawn"
            | "PaymentRecorded"
            | "RegionReported",
            1,
        )
        | (
            "outreach",
            "PlanMade"
            | "SignalJoined"
            | "HelpAsked"
            | "CircumstanceLearned"
            | "AttemptRecorded"
            | "AttemptSupplemented"
            | "HelpRefused"
            | "FirstTalkHeld"
            | "PlanExhausted"
            | "HelpResolved"
            | "PlanEnded"
            | "CaseSettled"
            | "SignalDropped"
            | "HoldChanged"
            | "RestrictionChanged"
            | "RestrictionBroken"
            | "TermChanged",
            1,
        ) => Handling::Ignored,
        _ => Handling::Unknown,
    }
}

/// The command that follows from a handled event. A source commit may tell of other cases too: those are not ours to judge here.
///
/// # Errors
/// [`Unreadable`] when the payload cannot be read.
pub fn react(courts: &Arc<Courts>, event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
    let ours =
        |bytes: &[u8]| -> Result<Option<CaseId>, Unreadable> { Ok(Some(case(bytes)?).filter(|case| *case == reacting.target.case())) };
    let help = |case_id: &[u8], what: Help, at_ms: i64| -> Result<Option<Command>, Unreadable> {
        let at = time_in(at_ms)?;
        Ok(ours(case_id)?.map(|case| Command::NoteHelp { case, what, at, courts: courts.clone() }))
    };
    match (event.context, event.name) {
        // Only the landlord's report counts for the writ (Bgs art. 2).
        ("intake", "SignalAccepted") => {
            let e: intake::SignalAccepted = message(event.bytes)?;
            if e.kind() != intake::PartnerKind::Rent {
                return Ok(None);
            }
            let Some(case) = ours(&e.case_id)? else { return Ok(None) };
            Ok(Some(Command::NoteReport {
                case,
                signal: SignalId::from_bytes(&e.signal_id).map_err(|_| Unreadable::Undecodable)?,
                received_at: time_in(e.received_at_ms)?,
                file: key(&e.file_key)?,
                courts: courts.clone(),
            }))
        }
        ("intake", "EvictionNoticed") => {
            let e: intake::EvictionNoticed = message(event.bytes)?;
            let Some(case) = ours(&e.case_id)? else { return Ok(None) };
            let announced = court::EvictionAnnounced { on: e.on, time: e.time, ground: e.ground, served_on: e.served_on };
            let fact = court::Fact { what: Some(court::fact::What::EvictionAnnounced(announced)) };
            Ok(Some(Command::RecordFact(RecordFact {
                case,
                file: Some(key(&e.file_key)?),
                vault: Some(id_in(&e.vault_id)?),
                known_at_intake: true,
                fact: fact_in(Some(&fact))?,
                notice: Some(id_in(&e.notice_id)?),
                courts: courts.clone(),
            })))
        }
        ("intake", "CaseClosed") => {
            let e: intake::CaseClosed = message(event.bytes)?;
            Ok(ours(&e.case_id)?.map(|_| Command::EndCase { outcome: e.outcome }))
        }
        ("outreach", "OfferMade") => {
            let e: outreach::OfferMade = message(event.bytes)?;
            help(&e.case_id, Help::Offered, e.happened_at_ms)
        }
        ("outreach", "HelpAccepted") => {
            let e: outreach::HelpAccepted = message(event.bytes)?;
            help(&e.case_id, Help::Accepted, e.happened_at_ms)
        }
        _ => Err(Unreadable::UnknownType),
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
            // Parts of events, no events themselves.
            let parts = ["DueAttempt"];
            for message in file.message_type.iter().filter(|message| !parts.contains(&message.name())) {
                assert_ne!(handling(context, message.name(), 1), Handling::Unknown, "{context} {}", message.name());
                assert_eq!(handling(context, message.name(), 2), Handling::Unknown, "{context} {}", message.name());
            }
        }
    }
}
