//! Stored events of all contexts: what is read is written and read again as the same.
#![cfg_attr(fuzzing, no_main)]

use journal::Context;
use libfuzzer_sys::{Corpus, fuzz_target};

const AFTERCARE: &[&str] = &[
    "BeatMoved", "DestinationUnknown", "DutyAssigned", "DutyMet", "DutyOpened", "HomeLost", "ListReviewOpened", "ListReviewed", "Rehoused", "StopgapFound",
    "TermChanged",
];
const COURT: &[&str] = &[
    "AdministrationAsked", "CaseEnded", "FactRecorded", "HelpNoted", "ReportKnown", "TermChanged", "TrackFinished", "TrackOpened",
    "TrackPaused", "TrackResumed", "ViolationFound", "ViolationLifted",
];
const INTAKE: &[&str] = &[
    "CaseClosed", "CaseOpened", "CaseTakenOver", "CasesMerged", "CasesUnmerged", "ConcernChanged", "ConsentRecorded", "ContactRestricted",
    "EvictionNoticed", "HandOverAnswered", "HandOverOffered", "HelpRequested", "LandlordStageRecorded", "LetterRectified",
    "PaymentRecorded", "PersonsJudged", "RefusalRecorded", "RegionReported", "RestrictionEnded", "ReturnForgotten", "RightDecided",
    "RightExtended", "RightRequested", "SignalAccepted", "SignalCorrected", "SignalReturned", "SignalSupplemented", "SignalWithdrawn",
    "TenantDied",
];
const OUTREACH: &[&str] = &[
    "AttemptRecorded", "AttemptSupplemented", "CaseSettled", "CircumstanceLearned", "FirstTalkHeld", "HelpAccepted", "HelpAsked", "HelpRefused", "HelpResolved", "HoldChanged", "OfferMade", "PlanEnded",
    "PlanExhausted", "PlanMade", "RestrictionBroken", "RestrictionChanged", "SignalDropped", "SignalJoined", "TermChanged",
];
const ROUTING: &[&str] = &["CaseRouted", "CircumstanceKept", "RouteEnded", "PlaceTaken", "PolicyProposed", "PolicyActivated"];

fn there_and_back<C: Context>(names: &[&str], choice: u8, bytes: &[u8]) {
    let name = names[usize::from(choice) % names.len()];
    let Ok(event) = C::decode(name, 1, bytes) else { return };
    let written = C::encode(&event);
    let again = C::decode(written.name, written.version, &written.bytes);
    let again = again.unwrap_or_else(|error| panic!("{name} cannot be read again: {error}"));
    assert!(C::encode(&again).bytes == written.bytes, "{name} changed by being read again");
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let [context, name, bytes @ ..] = data else { return Corpus::Reject };
    match context % 5 {
        0 => there_and_back::<aftercare::Aftercare>(AFTERCARE, *name, bytes),
        1 => there_and_back::<court_liaison::CourtLiaison>(COURT, *name, bytes),
        2 => there_and_back::<intake::Intake>(INTAKE, *name, bytes),
        3 => there_and_back::<outreach::Outreach>(OUTREACH, *name, bytes),
        _ => there_and_back::<routing::Routing>(ROUTING, *name, bytes),
    }
    Corpus::Keep
});
