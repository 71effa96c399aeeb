//! What routing makes of the public events of intake, outreach and court liaison: event in, command out.

use jiff::civil::Date;
use journal::{
    Handling, Reacting, SourceEvent, Unreadable,
    terms::{id_in, time_in},
};
use kernel::{Arrears, CaseId, Cents, SignalId, days::amsterdam_date};
use proto::{
    court_liaison::v1 as court,
    intake::v1::{self as intake, PartnerKind},
    outreach::v1 as outreach,
};
use routing_domain::{Command, Contract, Kind, Name, Policies, Signal, Told, Track};

use crate::codec::{key_in, read};

/// What intake calls who reports by the form without an account.
const FORM: &str = "particulier";

/// The contexts followed.
pub const FOLLOWS: &[&str] = &["intake", "outreach", "court-liaison"];

/// By type alone, over every event of the contexts followed.
pub fn handling(context: &str, name: &str, version: u32) -> Handling {
    match (context, name, version) {
        ("intake", "CaseOpened" | "SignalAccepted" | "SignalCorrected" | "SignalSupplemented" | "HelpRequested" | "CaseClosed", 1)
        | ("outreach", "PlanExhausted" | "CircumstanceLearned", 1)
        | ("court-liaison", "FactRecorded", 1) => Handling::Handled,
        (
            "intake",
            "LandlordStageRecorded"
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
            | "AttemptRecorded"
            | "AttemptSupplemented"
            | "OfferMade"
            | "HelpAccepted"
            | "HelpRefused"
            | "FirstTalkHeld"
            | "HelpResolved"
            | "PlanEnded"
            | "CaseSettled"
            | "SignalDropped"
            | "HoldChanged"
            | "RestrictionChanged"
            | "RestrictionBroken"
            | "TermChanged",
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
pub fn react(policies: &Policies, event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
    let policy = policies.on(amsterdam_date(reacting.moment.now));
    let ours = |bytes: &[u8]| -> Result<Option<CaseId>, Unreadable> {
        let case = CaseId::from_uuid(id_in(bytes)?);
        Ok(Some(case).filter(|case| *case == reacting.target.case()))
    };
    Ok(match (event.context, event.name) {
        ("intake", "SignalAccepted") => {
            let accepted: intake::SignalAccepted = read(event.bytes)?;
            let Some(case) = ours(&accepted.case_id)? else { return Ok(None) };
            let file_key = key_in(&accepted.file_key)?.ok_or(Unreadable::Undecodable)?;
            let signal = signal(&accepted)?;
            // One commit of intake may accept several signals of a case.
            let route = reacting.derive(&format!("route/{}", signal.id));
            Some(Command::RouteSignal { route, case, file_key, signal, policy })
        }
        ("intake", "SignalCorrected") => {
            let corrected: intake::SignalCorrected = read(event.bytes)?;
            let Some(case) = ours(&corrected.case_id)? else { return Ok(None) };
            let signal = signal(&intake::SignalAccepted {
                signal_id: corrected.signal_id,
                kind: corrected.kind,
                organisation: corrected.organisation,
                amount_cents: corrected.amount_cents,
                arrears_since: corrected.arrears_since,
                received_at_ms: corrected.received_at_ms,
                crisis: corrected.crisis,
                supply_ends: corrected.supply_ends,
                contract: corrected.contract,
                ..Default::default()
            })?;
            Some(Command::Correct { route: reacting.derive("route"), case, signal, policy })
        }
        // What was asked tells no more than this of the report: what else it told was a question of before.
        ("intake", "SignalSupplemented") => {
            let said: intake::SignalSupplemented = read(event.bytes)?;
            let Some(case) = ours(&said.case_id)? else { return Ok(None) };
            let signal = signal(&intake::SignalAccepted {
                signal_id: said.signal_id,
                kind: said.kind,
                organisation: said.organisation,
                amount_cents: said.amount_cents,
                arrears_since: said.arrears_since,
                received_at_ms: said.happened_at_ms,
                crisis: said.crisis,
                ..Default::default()
            })?;
            Some(Command::Correct { route: reacting.derive("route"), case, signal, policy })
        }
        ("intake", "CaseOpened") => {
            let opened: intake::CaseOpened = read(event.bytes)?;
            let Some(case) = ours(&opened.case_id)? else { return Ok(None) };
            // A signal or a request is routed itself; a landlord's own first steps ask for nothing yet.
            if !matches!(opened.origin.as_str(), "court" | "bailiff") {
                return Ok(None);
            }
            let file_key = key_in(&opened.file_key)?.ok_or(Unreadable::Undecodable)?;
            let step = u8::try_from(opened.entry_step).map_err(|_| Unreadable::Undecodable)?;
            Some(Command::Open { route: reacting.derive("route"), case, file_key, step, policy })
        }
        ("intake", "HelpRequested") => {
            let asked: intake::HelpRequested = read(event.bytes)?;
            let Some(case) = ours(&asked.case_id)? else { return Ok(None) };
            let file_key = key_in(&asked.file_key)?.ok_or(Unreadable::Undecodable)?;
            let (threatened, district) = (!asked.threat.is_empty(), district(&asked.district));
            Some(Command::RouteRequest { route: reacting.derive("route"), case, file_key, threatened, district, policy })
        }
        ("intake", "CaseClosed") => {
            let closed: intake::CaseClosed = read(event.bytes)?;
            ours(&closed.case_id)?.map(|case| Command::End { case, reason: closed.outcome })
        }
        ("outreach", "PlanExhausted") => {
            let exhausted: outreach::PlanExhausted = read(event.bytes)?;
            let Some(case) = ours(&exhausted.case_id)? else { return Ok(None) };
            let tried = Track::from_code(&exhausted.track).ok_or(Unreadable::UnknownType)?;
            Some(Command::Reroute { route: reacting.derive("route"), case, tried, policy })
        }
        ("outreach", "CircumstanceLearned") => {
            let learned: outreach::CircumstanceLearned = read(event.bytes)?;
            let Some(case) = ours(&learned.case_id)? else { return Ok(None) };
            let name = match learned.circumstance.as_str() {
                "benefit" => Name::Benefit,
                "entrepreneur" => Name::Entrepreneur,
                "private-landlord" => Name::PrivateLandlord,
                _ => return Err(Unreadable::UnknownType),
            };
            let told = Told {
                name: name.code().to_owned(),
                value: learned.holds.to_string(),
                source: learned.source,
                on: Some(amsterdam_date(time_in(learned.happened_at_ms)?)),
            };
            Some(Command::Learn { route: reacting.derive("route"), case, told, policy })
        }
        ("court-liaison", "FactRecorded") => {
            let recorded: court::FactRecorded = read(event.bytes)?;
            let Some(case) = ours(&recorded.case_id)? else { return Ok(None) };
            let (route, file_key) = (reacting.derive("route"), key_in(&recorded.file_key)?);
            match recorded.fact.and_then(|fact| fact.what) {
                Some(court::fact::What::EvictionAnnounced(_)) => Some(Command::RouteCourt { route, case, file_key, policy }),
                Some(court::fact::What::SummonsServed(_)) => Some(Command::RouteWrit { route, case, file_key, policy }),
                _ => None,
            }
        }
        _ => None,
    })
}

/// Not told is unknown.
fn district(code: &str) -> Option<String> {
    Some(code.to_owned()).filter(|code| !code.is_empty())
}

fn signal(accepted: &intake::SignalAccepted) -> Result<Signal, Unreadable> {
    let day = |date: &Option<proto::common::v1::Date>| {
        date.as_ref().map(|date| date.iso.parse::<Date>()).transpose().map_err(|_| Unreadable::Undecodable)
    };
    Ok(Signal {
        id: SignalId::from_uuid(id_in(&accepted.signal_id)?),
        kind: match PartnerKind::try_from(accepted.kind) {
            Ok(PartnerKind::Rent) => Some(Kind::Rent),
            Ok(PartnerKind::Energy) => Some(Kind::Energy),
            Ok(PartnerKind::Water) => Some(Kind::Water),
            Ok(PartnerKind::Health) => Some(Kind::Health),
            // No rule names these: what they owe is not known to a policy.
            Ok(PartnerKind::Mortgage | PartnerKind::MunicipalTax | PartnerKind::Unspecified) | Err(_) => None,
        },
        amount: Arrears::of(Cents(accepted.amount_cents)),
        arrears_since: day(&accepted.arrears_since)?,
        crisis: accepted.crisis,
        supply_ends: day(&accepted.supply_ends)?,
        // A kind that is new to this binary is unknown to a policy, as one that was not told.
        contract: Contract::from_code(&accepted.contract),
        // The form without an account is for who lets one or two homes.
        private_landlord: (accepted.organisation == FORM).then_some(true),
        district: district(&accepted.district),
        received_at: time_in(accepted.received_at_ms)?,
    })
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
