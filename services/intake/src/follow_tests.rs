//! Every event of the followed contexts has a lawful answer, and the handled ones the right one.

use jiff::Timestamp;
use journal::Subject;
use kernel::Moment;
use prost::Message;
use uuid::Uuid;

use super::*;

/// Messages of an events.proto that are parts of events.
const PARTS: &[&str] = &["DueAttempt"];

#[test]
fn every_event_in_the_contracts_is_handled_or_ignored() {
    let set = prost_types::FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
    for context in ["outreach", "court-liaison", "aftercare"] {
        let file = format!("zeef/{}/v1/events.proto", context.replace('-', "_"));
        let events = &set.file.iter().find(|one| one.name() == file).unwrap().message_type;
        assert!(events.len() > 5, "{file}");
        for event in events.iter().filter(|event| !PARTS.contains(&event.name())) {
            assert_ne!(handling(context, event.name(), 1), Handling::Unknown, "{context} {}", event.name());
            assert_eq!(handling(context, event.name(), 2), Handling::Unknown);
        }
    }
    assert_eq!(handling("outreach", "NeverHeardOf", 1), Handling::Unknown);
    assert_eq!(handling("routing", "CaseRouted", 1), Handling::Unknown, "not followed");
}

fn reaction(context: &str, name: &str, message: &impl Message) -> Result<Option<Command>, Unreadable> {
    assert_eq!(handling(context, name, 1), Handling::Handled);
    let source: Subject = "zeef.outreach.9001.0192f0c17a3e7c449d0e5b1f2a3c4d5e".parse().unwrap();
    let reacting = Reacting {
        source: &source,
        source_commit: Uuid::from_u128(1),
        target: "9001.0192f0c17a3e7c449d0e5b1f2a3c4d5f".parse().unwrap(),
        moment: Moment::at(Timestamp::UNIX_EPOCH),
    };
    react(SourceEvent { context, name, version: 1, bytes: &message.encode_to_vec() }, &reacting)
}
fn id() -> Vec<u8> {
    vec![7; 16]
}
fn told(region: RegionName, what: Report) -> Result<Option<Command>, Unreadable> {
    Ok(Some(report(CaseId::from_uuid(Uuid::from_u128(0x0707_0707_0707_0707_0707_0707_0707_0707)), region, what)))
}

#[test]
fn outreach_runs_and_ends_the_help_region() {
    let accepted = outreach::HelpAccepted { case_id: id(), ..Default::default() };
    assert_eq!(reaction("outreach", "HelpAccepted", &accepted), told(RegionName::Help, Report::Running));
    for (result, outcome) in
        [("help-financial", Outcome::HelpFinancial), ("no-reaction", Outcome::NoContact), ("evicted-no-place", Outcome::HelpOther)]
    {
        let resolved = outreach::HelpResolved { case_id: id(), result: result.into(), ..Default::default() };
        assert_eq!(reaction("outreach", "HelpResolved", &resolved), told(RegionName::Help, Report::Finished(outcome)));
    }
    for (track, expected) in [("early", Ok(None)), ("team-lead", told(RegionName::Help, Report::Finished(Outcome::NoContact)))] {
        let exhausted = outreach::PlanExhausted { case_id: id(), track: track.into(), ..Default::default() };
        assert_eq!(reaction("outreach", "PlanExhausted", &exhausted), expected);
    }
}

#[test]
fn the_court_opens_a_case_and_ends_its_track() {
    let opened = court::TrackOpened { case_id: id(), entry_step: 11, vault_id: vec![9; 16], ..Default::default() };
    let Ok(Some(Command::OpenFromCourt { entry_step, vault_id, file, .. })) = reaction("court-liaison", "TrackOpened", &opened) else {
        panic!()
    };
    assert_eq!((entry_step, vault_id.is_some(), file.gemeente.as_str()), (11, true, "9001"));
    for (outcome, expected) in [("averted", Outcome::Stays), ("evicted", Outcome::EvictedNoPlace), ("left-unknown", Outcome::LeftUnknown)] {
        let finished = court::TrackFinished { case_id: id(), outcome: outcome.into(), ..Default::default() };
        assert_eq!(reaction("court-liaison", "TrackFinished", &finished), told(RegionName::Legal, Report::Finished(expected)));
    }
    let newer = court::TrackFinished { case_id: id(), outcome: "pardoned".into(), ..Default::default() };
    assert_eq!(reaction("court-liaison", "TrackFinished", &newer), Err(Unreadable::UnknownType), "a newer outcome waits for an upgrade");
    let damaged = court::TrackFinished { case_id: vec![1], ..Default::default() };
    assert_eq!(reaction("court-liaison", "TrackFinished", &damaged), Err(Unreadable::Undecodable));
}

#[test]
fn every_outcome_of_the_legal_track_is_known() {
    for code in ["withdrawn", "paid", "settled", "plan", "rejected", "payment-only", "grace-met", "conditional-held", "moratorium-plan"] {
        assert_eq!(legal(code).unwrap().code(), code);
    }
    for code in ["agreement", "administration", "averted", "evicted", "left-under-pressure", "left-unknown"] {
        assert!(legal(code).is_some(), "{code}");
    }
}

#[test]
fn aftercare_tells_of_the_home() {
    let rehoused = |in_time| aftercare::Rehoused { case_id: id(), place: "new-lease".into(), in_time, ..Default::default() };
    assert_eq!(reaction("aftercare", "Rehoused", &rehoused(true)), told(RegionName::Aftercare, Report::Finished(Outcome::Rehoused)));
    assert_eq!(reaction("aftercare", "Rehoused", &rehoused(false)), told(RegionName::Aftercare, Report::FinishedTooLate));
    let unknown = aftercare::DestinationUnknown { case_id: id(), ..Default::default() };
    assert_eq!(reaction("aftercare", "DestinationUnknown", &unknown), told(RegionName::Aftercare, Report::Lost(Outcome::LeftUnknown)));
    let lost = aftercare::HomeLost { case_id: id(), how: "evicted".into(), ..Default::default() };
    assert_eq!(reaction("aftercare", "HomeLost", &lost), told(RegionName::Aftercare, Report::Lost(Outcome::EvictedNoPlace)));
    let met = aftercare::DutyMet { case_id: id(), how: "averted".into(), ..Default::default() };
    assert_eq!(reaction("aftercare", "DutyMet", &met), told(RegionName::Aftercare, Report::Finished(Outcome::Stays)));
}
