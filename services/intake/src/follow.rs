//! What intake makes of the others' public events: whether their region of a case runs or is over. Intake alone then
//! decides whether the case is.

use intake_domain::{Command, Outcome, RegionName, Report};
use journal::{Handling, Reacting, SourceEvent, Unreadable};
use kernel::CaseId;
use proto::{aftercare::v1 as aftercare, court_liaison::v1 as court, outreach::v1 as outreach};

use crate::codec::{case, message, optional, uuid};

/// By type alone. A name or version that is not here was written by a newer binary: wait for an upgrade.
pub fn handling(context: &str, name: &str, version: u32) -> Handling {
    if version != 1 {
        return Handling::Unknown;
    }
    match (context, name) {
        ("outreach", "HelpAccepted" | "HelpRefused" | "HelpResolved" | "PlanExhausted") => Handling::Handled,
        (
            "outreach",
            "PlanMade"
            | "SignalJoined"
            | "HelpAsked"
            | "CircumstanceLearned"
            | "AttemptRecorded"
            | "AttemptSupplemented"
            | "OfferMade"
            | "FirstTalkHeld"
            | "PlanEnded"
            | "CaseSettled"
            | "SignalDropped"
            | "HoldChanged"
            | "RestrictionChanged"
            | "RestrictionBroken"
            | "TermChanged",
        ) => Handling::Ignored,
        ("court-liaison", "TrackOpened" | "TrackFinished") => Handling::Handled,
        (
            "court-liaison",
            "FactRecorded"
            | "AdministrationAsked"
            | "TrackResumed"
            | "TrackPaused"
            | "ViolationFound"
            | "ViolationLifted"
            | "ReportKnown"
            | "HelpNoted"
            | "CaseEnded"
            | "TermChanged",
        ) => Handling::Ignored,
        ("aftercare", "DutyOpened" | "HomeLost" | "Rehoused" | "DestinationUnknown" | "DutyMet") => Handling::Handled,
        ("aftercare", "BeatMoved" | "DutyAssigned" | "StopgapFound" | "ListReviewOpened" | "ListReviewed" | "TermChanged") => {
            Handling::Ignored
        }
        _ => Handling::Unknown,
    }
}

/// The command that follows from a handled event.
///
/// # Errors
/// [`Unreadable`] for bytes that are not what their type says.
pub fn react(event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
    let command = match (event.context, event.name) {
        ("outreach", "HelpAccepted") => help(&message::<outreach::HelpAccepted>(event.bytes)?.case_id, Report::Running)?,
        ("outreach", "HelpRefused") => {
            help(&message::<outreach::HelpRefused>(event.bytes)?.case_id, Report::Finished(Outcome::NoHelpWanted))?
        }
        ("outreach", "HelpResolved") => {
            let e: outreach::HelpResolved = message(event.bytes)?;
            help(&e.case_id, Report::Finished(resolved(&e.result)))?
        }
        ("outreach", "PlanExhausted") => {
            let e: outreach::PlanExhausted = message(event.bytes)?;
            // Earlier tracks are routed on to the next; after the team leader nobody is left to try.
            if e.track != "team-lead" {
                return Ok(None);
            }
            help(&e.case_id, Report::Finished(Outcome::NoContact))?
        }
        ("court-liaison", "TrackOpened") => {
            let e: court::TrackOpened = message(event.bytes)?;
            Command::OpenFromCourt {
                file: reacting.target,
                case: case(&e.case_id)?,
                entry_step: u8::try_from(e.entry_step).map_err(|_| Unreadable::Undecodable)?,
                vault_id: optional(&e.vault_id, uuid)?,
            }
        }
        ("court-liaison", "TrackFinished") => {
            let e: court::TrackFinished = message(event.bytes)?;
            report(case(&e.case_id)?, RegionName::Legal, Report::Finished(legal(&e.outcome).ok_or(Unreadable::UnknownType)?))
        }
        ("aftercare", "DutyOpened") => duty(&message::<aftercare::DutyOpened>(event.bytes)?.case_id, Report::Running)?,
        ("aftercare", "HomeLost") => {
            let e: aftercare::HomeLost = message(event.bytes)?;
            duty(&e.case_id, Report::Lost(lost(&e.how).ok_or(Unreadable::UnknownType)?))?
        }
        ("aftercare", "Rehoused") => {
            let e: aftercare::Rehoused = message(event.bytes)?;
            duty(&e.case_id, if e.in_time { Report::Finished(place(&e.place)) } else { Report::FinishedTooLate })?
        }
        ("aftercare", "DestinationUnknown") => {
            duty(&message::<aftercare::DestinationUnknown>(event.bytes)?.case_id, Report::Lost(Outcome::LeftUnknown))?
        }
        ("aftercare", "DutyMet") => duty(&message::<aftercare::DutyMet>(event.bytes)?.case_id, Report::Finished(Outcome::Stays))?,
        _ => return Err(Unreadable::UnknownType),
    };
    Ok(Some(command))
}

const fn report(case: CaseId, region: RegionName, report: Report) -> Command {
    Command::ReportRegion { case, region, report }
}
fn help(id: &[u8], what: Report) -> Result<Command, Unreadable> {
    Ok(report(case(id)?, RegionName::Help, what))
}
fn duty(id: &[u8], what: Report) -> Result<Command, Unreadable> {
    Ok(report(case(id)?, RegionName::Aftercare, what))
}

/// Outreach's result (DDAS *EnumEindresultaat*) as an exit of step 4. A result that is new here is help of some other kind.
fn resolved(result: &str) -> Outcome {
    match result {
        "no-reaction" => Outcome::NoContact,
        "solved-quickfix" | "help-financial" | "self-solved" | "no-help-wanted" | "no-contact" | "known-at-debt-help" => {
            Outcome::from_code(result).unwrap_or(Outcome::HelpOther)
        }
        _ => Outcome::HelpOther,
    }
}

/// How the legal track ended. Whether an eviction was one without a place, aftercare says.
fn legal(outcome: &str) -> Option<Outcome> {
    match outcome {
        "administration" => Some(Outcome::BewindSet),
        "averted" => Some(Outcome::Stays),
        "evicted" => Some(Outcome::EvictedNoPlace),
        "withdrawn"
        | "paid"
        | "settled"
        | "plan"
        | "rejected"
        | "payment-only"
        | "grace-met"
        | "conditional-held"
        | "moratorium-plan"
        | "agreement"
        | "left-under-pressure"
        | "left-unknown" => Outcome::from_code(outcome),
        _ => None,
    }
}

fn lost(how: &str) -> Option<Outcome> {
    match how {
        "evicted" => Some(Outcome::EvictedNoPlace),
        "left-under-pressure" | "left-unknown" => Outcome::from_code(how),
        _ => None,
    }
}

/// Where a household lives after all; what the chart has no exit for is "rehoused".
fn place(place: &str) -> Outcome {
    match place {
        "own-home" => Outcome::Stays,
        "temporary-return" => Outcome::TemporaryReturn,
        "own-home-shelter" => Outcome::OwnHomeShelter,
        "lease-by-municipality" => Outcome::LeaseByMunicipality,
        _ => Outcome::Rehoused,
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
