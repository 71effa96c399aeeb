//! What outreach makes of the public events of intake, routing and court liaison: event in, command out.

use journal::{
    Handling, Reacting, SourceEvent, Unreadable,
    terms::{date_in, id_in, time_in},
};
use kernel::{CaseId, PersonId, SignalId};
use outreach_domain::{Bereaved, Command, Crisis, PlannedAttempt, Restriction, Route, SettledBy};
use proto::{
    court_liaison::v1 as court,
    intake::v1::{self as intake, PaymentKind},
    routing::v1 as routing,
};

use crate::codec::{case_in, key_in, read, signal_in};

/// The contexts followed.
pub const FOLLOWS: &[&str] = &["intake", "routing", "court-liaison"];

/// By type alone, over every event of the contexts followed. Signals come through routing, never twice.
pub fn handling(context: &str, name: &str, version: u32) -> Handling {
    match (context, name, version) {
        (
            "intake",
            "HelpRequested" | "TenantDied" | "HandOverOffered" | "HandOverAnswered" | "CaseTakenOver" | "SignalWithdrawn"
            | "PaymentRecorded" | "RightRequested" | "RightDecided" | "ContactRestricted" | "RestrictionEnded" | "RefusalRecorded"
            | "CaseClosed",
            1,
        )
        | ("routing", "CaseRouted" | "RouteEnded", 1)
        | ("court-liaison", "FactRecorded", 1) => Handling::Handled,
        // Which policy decided, where there was a place and what was known is in each route.
        ("routing", "CircumstanceKept" | "PlaceTaken" | "PolicyProposed" | "PolicyActivated", 1) => Handling::Ignored,
        // The clocks of a corrected signal run on from its first receipt; a crisis comes as a route.
        (
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
            | "RightExtended"
            | "ConsentRecorded"
            | "SignalReturned"
            | "ReturnForgotten"
            | "ConcernChanged"
            | "EvictionNoticed"
            | "RegionReported",
            1,
        )
        | (
            "court-liaison",
            "TrackOpened"
            | "TrackFinished"
            | "AdministrationAsked"
            | "TrackResumed"
            | "TrackPaused"
            | "ViolationFound"
            | "ViolationLifted"
            | "ReportKnown"
            | "HelpNoted"
            | "CaseEnded"
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
pub fn react(event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
    let ours = |bytes: &[u8]| -> Result<Option<CaseId>, Unreadable> {
        let case = case_in(bytes)?;
        Ok(Some(case).filter(|case| *case == reacting.target.case()))
    };
    Ok(match (event.context, event.name) {
        ("routing", "CaseRouted") => {
            let routed: routing::CaseRouted = read(event.bytes)?;
            match ours(&routed.case_id)? {
                Some(case) => Some(Command::Route(Box::new(route(case, routed, reacting)?))),
                None => None,
            }
        }
        ("routing", "RouteEnded") => {
            let ended: routing::RouteEnded = read(event.bytes)?;
            ours(&ended.case_id)?.map(|case| Command::Settle { case, by: closed_by(&ended.reason) })
        }
        ("intake", "HelpRequested") => {
            let asked: intake::HelpRequested = read(event.bytes)?;
            let eviction_on = asked.eviction_on.as_ref().map(|date| date_in(Some(date))).transpose()?;
            let (request, asked_at, file_key) = (id_in(&asked.request_id)?, time_in(asked.asked_at_ms)?, key_in(&asked.file_key)?);
            let (threatened, term) = (!asked.threat.is_empty(), reacting.derive("request-talk"));
            ours(&asked.case_id)?.map(|case| Command::Ask { case, request, term, asked_at, threatened, eviction_on, file_key })
        }
        ("intake", "TenantDied") => {
            let died: intake::TenantDied = read(event.bytes)?;
            let died_on = died.died_on.as_ref().map(|date| date_in(Some(date))).transpose()?;
            let bereaved = match (died.left_behind.as_str(), died_on) {
                ("housemate" | "carer", Some(died_on)) => Bereaved::MayClaim { died_on },
                ("unknown", _) => Bereaved::Unknown,
                ("nobody" | "co-tenant", _) => Bereaved::NoClaim,
                _ => return Err(Unreadable::UnknownType),
            };
            ours(&died.case_id)?.map(|case| Command::Bereave { case, bereaved })
        }
        ("intake", "HandOverOffered") => {
            let offered: intake::HandOverOffered = read(event.bytes)?;
            // Moved within the municipality: nobody has to answer.
            if offered.to_gemeentecode == reacting.target.gemeente.as_str() {
                return Ok(None);
            }
            let hand_over = id_in(&offered.hand_over_id)?;
            ours(&offered.case_id)?.map(|case| Command::OfferHandOver { case, hand_over })
        }
        ("intake", "HandOverAnswered") => {
            let answered: intake::HandOverAnswered = read(event.bytes)?;
            let hand_over = id_in(&answered.hand_over_id)?;
            ours(&answered.case_id)?.map(|case| Command::AnswerHandOver { case, hand_over })
        }
        ("intake", "CaseTakenOver") => {
            let taken: intake::CaseTakenOver = read(event.bytes)?;
            let Some(case) = ours(&taken.case_id)?.filter(|_| taken.help_offered_at_ms != 0) else { return Ok(None) };
            Some(Command::NoteOffer { case, offered_at: time_in(taken.help_offered_at_ms)? })
        }
        ("intake", "CaseClosed") => {
            let closed: intake::CaseClosed = read(event.bytes)?;
            ours(&closed.case_id)?.map(|case| Command::Settle { case, by: closed_by(&closed.outcome) })
        }
        ("intake", "PaymentRecorded") => {
            let payment: intake::PaymentRecorded = read(event.bytes)?;
            if PaymentKind::try_from(payment.kind) != Ok(PaymentKind::Paid) {
                return Ok(None);
            }
            ours(&payment.case_id)?.map(|case| Command::Settle { case, by: SettledBy::Paid })
        }
        // An objection holds from the moment it is made, until something outweighs it; a restriction from the decision on.
        ("intake", "RightRequested") => {
            let asked: intake::RightRequested = read(event.bytes)?;
            let request = id_in(&asked.request_id)?;
            ours(&asked.case_id)?.filter(|_| asked.right == "objection").map(|case| Command::Hold { case, request, held: true })
        }
        ("intake", "RightDecided") => {
            let decided: intake::RightDecided = read(event.bytes)?;
            let (request, held) = (id_in(&decided.request_id)?, decided.verdict == "granted");
            let stops = decided.right == "objection" || decided.right == "restriction";
            ours(&decided.case_id)?.filter(|_| stops).map(|case| Command::Hold { case, request, held })
        }
        ("intake", "ContactRestricted") => {
            let told: intake::ContactRestricted = read(event.bytes)?;
            let (id, person) = (id_in(&told.restriction_id)?, PersonId::from_uuid(id_in(&told.person_id)?));
            let (channels, since) = (told.channels.into_iter().collect(), time_in(told.since_ms)?);
            let restriction = Box::new(Restriction { person, kind: told.kind, channels, since, until: None });
            ours(&told.case_id)?.map(|case| Command::Restrict { case, id, restriction })
        }
        ("intake", "RestrictionEnded") => {
            let ended: intake::RestrictionEnded = read(event.bytes)?;
            let id = id_in(&ended.restriction_id)?;
            ours(&ended.case_id)?.map(|case| Command::Unrestrict { case, id })
        }
        // One person's no is not another's: only with the last of them the household is not approached further.
        ("intake", "RefusalRecorded") => {
            let refused: intake::RefusalRecorded = read(event.bytes)?;
            ours(&refused.case_id)?.filter(|_| refused.whole).map(|case| Command::Refuse { case })
        }
        ("intake", "SignalWithdrawn") => {
            let withdrawn: intake::SignalWithdrawn = read(event.bytes)?;
            let signal = SignalId::from_uuid(id_in(&withdrawn.signal_id)?);
            ours(&withdrawn.case_id)?.map(|case| Command::Withdraw { case, signal })
        }
        ("court-liaison", "FactRecorded") => {
            let recorded: court::FactRecorded = read(event.bytes)?;
            if ours(&recorded.case_id)?.is_none() {
                return Ok(None);
            }
            let Some(court::fact::What::EvictionAnnounced(announced)) = recorded.fact.and_then(|fact| fact.what) else { return Ok(None) };
            let told = announced.on.filter(|date| !date.iso.is_empty());
            let eviction_on = told.map(|date| date_in(Some(&date))).transpose()?;
            Some(Command::Threaten { term: reacting.derive("threat-talk"), eviction_on })
        }
        _ => None,
    })
}

/// A case that another municipality took over is not closed for good: its clocks run there.
fn closed_by(outcome: &str) -> SettledBy {
    if outcome == SettledBy::HandedOver.end_reason().code() { SettledBy::HandedOver } else { SettledBy::Closed }
}

fn route(case: CaseId, routed: routing::CaseRouted, reacting: &Reacting<'_>) -> Result<Route, Unreadable> {
    let route = id_in(&routed.route_id)?;
    let attempt = |planned: routing::PlannedAttempt| {
        let after_days = u16::try_from(planned.after_days).map_err(|_| Unreadable::Undecodable)?;
        Ok(PlannedAttempt { after_days, channel: planned.channel, daypart: planned.daypart })
    };
    Ok(Route {
        // One commit of routing may hold several routes of a case.
        plan: reacting.derive(&format!("plan/{route}")),
        case,
        route,
        track: routed.track,
        team: routed.team,
        attempts: routed.attempts.into_iter().map(attempt).collect::<Result<_, _>>()?,
        crisis: match routed.because.as_str() {
            "crisis" => Some(Crisis { supply_ends: routed.supply_ends.as_ref().map(|date| date_in(Some(date))).transpose()? }),
            _ => None,
        },
        because: routed.because,
        signal: signal_in(&routed.signal_id, routed.signal_received_at_ms)?,
        corrected: signal_in(&routed.corrected_signal_id, routed.corrected_received_at_ms)?,
        file_key: key_in(&routed.file_key)?,
    })
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
