//! Hand-over between municipalities (*overdracht*): offer, then acceptance or bounce; a move within one is both at once. The old case's file decides, in one commit, whose
//! the case is: the offering municipality's until the acceptance, the other's from then on. The new case is opened after that, under an
//! id that the acceptance names, so that however often it is tried there is one. The first receipt goes along: clocks never begin anew; and
//! so does who the reports are about, and how they are not to be contacted.

use jiff::Timestamp;
use kernel::{CaseId, Gemeentecode, Key};
use uuid::Uuid;

use crate::{
    command::Rejection,
    decide::Draft,
    event::{CaseClosed, Event, SignalAccepted},
    household::HelpRequested,
    state::{AddressFile, Region},
    wishes::ContactRestricted,
    words::{Bounce, Origin, Outcome, RegionName},
};

/// A case was offered to the municipality where the household lives now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOverOffered {
    /// Its own id: both municipalities know it, neither knows the other's case.
    pub hand_over: Uuid,
    /// The case that is offered.
    pub case: CaseId,
    /// To whom.
    pub to: Gemeentecode,
    /// Vault record of the household at its new address.
    pub vault_id: Uuid,
    /// When help was offered to the household already (UTC), so that nobody starts that clock again.
    pub help_offered_at: Option<Timestamp>,
    /// When (UTC).
    pub offered_at: Timestamp,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Accepted: from here on the other municipality's, in this file and case.
    Accepted {
        /// The address file there.
        file: Key,
        /// The case there.
        case: CaseId,
    },
    /// Back: it never left.
    Bounced(Bounce),
}

/// An offer was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandOverAnswered {
    /// The hand-over.
    pub hand_over: Uuid,
    /// The case that was offered.
    pub case: CaseId,
    /// What.
    pub answer: Answer,
    /// When (UTC).
    pub answered_at: Timestamp,
}

/// A case of another municipality goes on here, in a case of our own that shows nothing of that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseTakenOver {
    /// The new case.
    pub case: CaseId,
    /// The hand-over: the one link between both.
    pub hand_over: Uuid,
    /// Whose it was.
    pub from: Gemeentecode,
    /// When help was offered to the household there (UTC).
    pub help_offered_at: Option<Timestamp>,
    /// This address file.
    pub file: Key,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// Where a case went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedTo {
    /// The hand-over.
    pub hand_over: Uuid,
    /// The address file there.
    pub file: Key,
    /// The case there.
    pub case: CaseId,
    /// Since when the household asked for help itself (UTC), when it did.
    pub asked_at: Option<Timestamp>,
}

/// What a new case takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeOver {
    /// The address file here.
    pub file: Key,
    /// The case here, as the acceptance named it.
    pub case: CaseId,
    /// The hand-over.
    pub hand_over: Uuid,
    /// Whose it was.
    pub from: Gemeentecode,
    /// Vault record of the household at its new address.
    pub vault_id: Uuid,
    /// When help was offered there (UTC).
    pub help_offered_at: Option<Timestamp>,
    /// Since when the household asks for help itself (UTC), when it does.
    pub asked_at: Option<Timestamp>,
    /// The standing reports, with new ids and their first arrival, about the persons as they are known here; case and file are set here.
    pub signals: Vec<SignalAccepted>,
    /// What holds for those persons, under ids of its own; the case is set here.
    pub restrictions: Vec<ContactRestricted>,
}

impl AddressFile {
    /// Whose an open case is, or was when it ended: the municipality of this file, or the one that accepted it.
    pub fn owner(&self, case: CaseId) -> Option<Gemeentecode> {
        let case = self.case(case)?;
        case.handed_to.map(|to| to.file.gemeente).or(self.file.map(|file| file.gemeente))
    }
}

impl Draft {
    /// Our own decision, so gated: what runs about the home here stays here.
    pub(crate) fn offer_hand_over(
        &mut self,
        hand_over: Uuid,
        id: CaseId,
        to: Gemeentecode,
        vault_id: Uuid,
        help_offered_at: Option<Timestamp>,
    ) -> Result<(), Rejection> {
        self.may_leave(id)?;
        if self.state.file.is_some_and(|file| file.gemeente == to) {
            return Err(Rejection::SameMunicipality);
        }
        self.offer(HandOverOffered { hand_over, case: id, to, vault_id, help_offered_at, offered_at: self.moment.happened_at })
    }

    fn offer(&mut self, offered: HandOverOffered) -> Result<(), Rejection> {
        if self.state.case(offered.case).is_some_and(|case| case.offered.is_some()) {
            return Err(Rejection::HandOverPending);
        }
        self.push(Event::HandOverOffered(offered));
        Ok(())
    }

    /// Moved within the municipality (*verhuisd binnen de gemeente*): taken up there, so offered and accepted in one commit, by one owner.
    pub(crate) fn move_within(
        &mut self,
        hand_over: Uuid,
        id: CaseId,
        vault_id: Uuid,
        help_offered_at: Option<Timestamp>,
        (file, case): (Key, CaseId),
    ) -> Result<(), Rejection> {
        self.may_leave(id)?;
        let from = self.state.file.ok_or(Rejection::CaseUnknown)?;
        if from == file {
            return Err(Rejection::SameAddress);
        }
        if from.gemeente != file.gemeente {
            return Err(Rejection::OtherMunicipality);
        }
        let offered_at = self.moment.happened_at;
        self.offer(HandOverOffered { hand_over, case: id, to: file.gemeente, vault_id, help_offered_at, offered_at })?;
        self.answer_hand_over(hand_over, id, Answer::Accepted { file, case })
    }

    pub(crate) fn answer_hand_over(&mut self, hand_over: Uuid, id: CaseId, answer: Answer) -> Result<(), Rejection> {
        let case = self.state.case(id).ok_or(Rejection::CaseUnknown)?;
        if case.offered != Some(hand_over) {
            return Err(Rejection::HandOverUnknown);
        }
        let answered_at = self.moment.happened_at;
        let answered = HandOverAnswered { hand_over, case: id, answer, answered_at };
        if matches!(answer, Answer::Bounced(_)) {
            self.push(Event::HandOverAnswered(answered));
            return Ok(());
        }
        self.may_leave(id)?;
        self.push(Event::HandOverAnswered(answered));
        if self.state.case(id).is_some_and(|case| case.help == Region::Running) {
            self.region(id, RegionName::Help, true, Some(Outcome::HandedOver), false);
        }
        self.push(Event::CaseClosed(CaseClosed { case: id, outcome: Outcome::HandedOver, failed: false, happened_at: answered_at }));
        Ok(())
    }

    fn may_leave(&self, id: CaseId) -> Result<(), Rejection> {
        let case = self.state.case(id).ok_or(Rejection::CaseUnknown)?;
        if !case.is_open() {
            return Err(Rejection::CaseClosed);
        }
        if case.lost.is_some() {
            return Err(Rejection::HomeLost);
        }
        for region in [RegionName::Legal, RegionName::Aftercare] {
            if case.region(region) == Region::Running {
                return Err(Rejection::RegionRunning(region));
            }
        }
        if case.own_matter.is_none() && self.state.standing(id).next().is_none() {
            return Err(Rejection::NothingToHandOver);
        }
        Ok(())
    }

    /// Opens the case that the acceptance named; once, however often it is asked.
    pub(crate) fn take_over(&mut self, new: &TakeOver) {
        if self.state.case(new.case).is_some() {
            return;
        }
        let happened_at = self.moment.happened_at;
        let entry_step = if new.signals.is_empty() { 4 } else { 3 };
        self.open(new.file, new.case, entry_step, Origin::HandOver, Some(new.vault_id));
        self.push(Event::CaseTakenOver(CaseTakenOver {
            case: new.case,
            hand_over: new.hand_over,
            from: new.from,
            help_offered_at: new.help_offered_at,
            file: new.file,
            happened_at,
        }));
        for signal in &new.signals {
            let carried = SignalAccepted {
                case: new.case,
                file: new.file,
                repeats: None,
                skipped: false,
                // Of the old address.
                district: None,
                ..signal.clone()
            };
            let person = carried.person.as_ref().map(|matched| matched.person);
            self.push(Event::SignalAccepted(carried));
            if let Some(person) = person {
                self.carry_restrictions(new.case, person);
            }
        }
        for restriction in &new.restrictions {
            self.push(Event::ContactRestricted(ContactRestricted { case: new.case, ..restriction.clone() }));
        }
        if let Some(asked_at) = new.asked_at {
            self.push(Event::HelpRequested(HelpRequested {
                request: new.hand_over,
                case: new.case,
                asked_at,
                threat: None,
                eviction_on: None,
                vault_id: new.vault_id,
                file: new.file,
                by: None,
                district: None,
            }));
        }
    }
}
