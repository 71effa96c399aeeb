//! Intake as the journal runs it: the domain's decisions, the codec, whom each event concerns, and the reactions.

use intake_domain::{AddressFile, Case, Command, ConcernChange, Event, Origin, PartnerKind, PaymentKind, Rejection};
use journal::{Context, Encoded, Handling, Reacting, SourceEvent, Subject, Unreadable};
use kernel::{CaseId, Decider, Key, Moment, terms::TermEvent};

use crate::{codec, follow};

/// The intake context: address files.
#[derive(Clone, Copy, Debug)]
pub struct Intake;

impl Decider for Intake {
    type State = AddressFile;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &AddressFile, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
        intake_domain::Intake::decide(state, command, moment)
    }
    fn evolve(state: AddressFile, event: &Event) -> AddressFile {
        intake_domain::Intake::evolve(state, event)
    }
}

impl Context for Intake {
    const NAME: &'static str = "intake";
    const FOLLOWS: &'static [&'static str] = &["outreach", "court-liaison", "aftercare"];

    type Facts = ();

    fn encode(event: &Event) -> Encoded {
        codec::encode(event)
    }

    fn decode(name: &str, version: u32, bytes: &[u8]) -> Result<Event, Unreadable> {
        codec::decode(name, version, bytes)
    }

    /// The other contexts keep an aggregate per case, under the municipality of this address file.
    fn concerns(key: Key, state: &AddressFile, event: &Event) -> Vec<Subject> {
        let followers: &[&str] = match event {
            Event::CaseOpened(_) => &["routing"],
            // A repeat that is not taken up leads to no route; the landlord did report.
            Event::SignalAccepted(e) if e.skipped && e.kind == PartnerKind::Rent => &["court-liaison"],
            Event::SignalAccepted(e) if e.skipped => &[],
            // Only the landlord's report counts for the writ (Bgs art. 2).
            Event::SignalAccepted(e) if e.kind == PartnerKind::Rent => &["routing", "court-liaison"],
            Event::SignalAccepted(_) => &["routing"],
            Event::HelpRequested(_) => &["routing", "outreach"],
            Event::EvictionNoticed(_) => &["court-liaison"],
            Event::TenantDied(_) | Event::HandOverOffered(_) | Event::HandOverAnswered(_) | Event::CaseTakenOver(_) => &["outreach"],
            Event::SignalWithdrawn(_) | Event::RightRequested(_) | Event::RightDecided(_) => &["outreach"],
            Event::ContactRestricted(_) | Event::RestrictionEnded(_) => &["outreach"],
            // While somebody is left to help, nothing of the plan changes.
            Event::RefusalRecorded(e) if e.whole => &["outreach"],
            Event::PaymentRecorded(e) if e.kind == PaymentKind::Paid => &["outreach"],
            Event::CaseClosed(_) => &["routing", "outreach", "court-liaison", "aftercare"],
            // The same signal, its route, plan and clocks: what changed is for people to see, on the desk. A crisis does not wait.
            Event::SignalCorrected(e) if e.particulars.tells_of_crisis() => &["routing"],
            Event::SignalCorrected(_) => &[],
            // The same of what staff asked; nobody works on a case that is closed.
            Event::SignalSupplemented(e) if e.said.crisis == Some(true) && state.case(e.case).is_some_and(Case::is_open) => &["routing"],
            Event::SignalSupplemented(_) => &[],
            Event::PaymentRecorded(_)
            | Event::LandlordStageRecorded(_)
            | Event::RegionReported(_)
            | Event::PersonsJudged(_)
            | Event::CasesMerged(_)
            | Event::CasesUnmerged(_)
            | Event::LetterRectified(_)
            | Event::RightExtended(_)
            | Event::ConsentRecorded(_)
            | Event::RefusalRecorded(_)
            | Event::SignalReturned(_)
            | Event::ReturnForgotten(_)
            | Event::ConcernChanged(_) => &[],
        };
        followers.iter().map(|follower| Subject::new(follower, Key::new(key.gemeente, event.case().uuid()))).collect()
    }

    /// A case that the court liaison opened has its root there; one that goes on again has its root already.
    fn case_of(_key: Key, event: &Event) -> (CaseId, bool) {
        let opens = match event {
            Event::CaseOpened(e) => !e.again && e.origin != Origin::Court,
            Event::SignalReturned(_) => true,
            Event::ConcernChanged(e) => matches!(e.what, ConcernChange::Recorded { .. }),
            _ => false,
        };
        (event.case(), opens)
    }

    fn handling(context: &str, name: &str, version: u32) -> Handling {
        follow::handling(context, name, version)
    }

    fn react(_facts: &(), _state: &AddressFile, event: SourceEvent<'_>, reacting: &Reacting<'_>) -> Result<Option<Command>, Unreadable> {
        follow::react(event, reacting)
    }

    /// Intake keeps no terms: the clock of a signal is outreach's.
    fn term_of(_event: &Event) -> Option<&TermEvent> {
        None
    }

    fn tick() -> Option<Command> {
        None
    }
}
