//! Intake's rules: which case a report belongs to, and when a case is open or closed. Pure: no I/O, no clock, no store.
//!
//! The aggregate is an *address file*: what is known of one address, as ids, keyed hashes, codes, amounts and dates. It
//! holds every case of the household there, at most a few; who lives there is in the vault.

mod bailiff;
mod command;
mod concern;
mod decide;
mod event;
mod feedback;
mod hand_over;
mod household;
mod merge;
mod occupancy;
mod particulars;
pub mod person;
mod persons;
mod repeats;
pub mod rights;
mod state;
mod supplement;
mod wishes;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use bailiff::{ByBailiff, EvictionGround, EvictionNoticed, Goods, NewNotice, Notice, Told};
pub use command::{Command, Compared, NewSignal, Rejection, Report};
pub use concern::{
    CONCERN_DAYS, Concern, ConcernChange, ConcernChanged, ConcernEnd, ConcernStep, SHARED_MONTHS, ShareGround, SharedWith, Teller,
};
pub use event::{
    CaseClosed, CaseOpened, CasesMerged, CasesUnmerged, Event, LandlordStageRecorded, LetterRectified, PaymentRecorded, PersonsJudged,
    RegionReported, ReturnForgotten, SignalAccepted, SignalCorrected, SignalReturned, SignalWithdrawn,
};
pub use feedback::Feedback;
pub use hand_over::{Answer, CaseTakenOver, HandOverAnswered, HandOverOffered, HandedTo, TakeOver};
pub use household::{HelpRequested, NewRequest, TenantDied};
pub use merge::{Assigned, Link, Work};
pub use occupancy::{Place, Vacated};
pub use particulars::{Below, Contract, FinalSupply, Particulars};
pub use persons::{Known, Pair, Persons};
pub use rights::{NewRightRequest, Refusal, Right, RightDecided, RightExtended, RightRequest, RightRequested, Verdict};
pub use state::{AddressFile, Case, Given, Region, Returned, Signal};
pub use supplement::{Informant, SignalSupplemented, Supplement};
pub use wishes::{
    ConsentMeans, ConsentPurpose, ConsentRecorded, ConsentWord, ContactRestricted, NewRestriction, RefusalRecorded, Restriction,
    RestrictionEnded, RestrictionKind, Wishes,
};
pub use words::{
    Bounce, Duties, Duty, Keyed, LeftBehind, Origin, Outcome, PartnerKind, PaymentKind, RegionName, Repeats, Shown, TenantAnswer, Threat,
    WithdrawalReason,
};

/// Intake as the journal runs it.
#[derive(Clone, Copy, Debug)]
pub struct Intake;

impl kernel::Decider for Intake {
    type State = AddressFile;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;

    fn decide(state: &AddressFile, command: &Command, moment: kernel::Moment) -> Result<Vec<Event>, Rejection> {
        decide::decide(state, command, moment)
    }

    fn evolve(state: AddressFile, event: &Event) -> AddressFile {
        state.evolve(event)
    }
}
