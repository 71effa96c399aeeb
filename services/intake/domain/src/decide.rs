//! What follows from a command. A draft evolves with its own events, so that closing sees what was just decided.

use jiff::Timestamp;
use kernel::{Arrears, CaseId, Key, Moment, PersonId};
use uuid::Uuid;

use crate::{
    command::{Command, NewSignal, Rejection, Report},
    event::{
        CaseClosed, CaseOpened, CasesMerged, CasesUnmerged, Event, LandlordStageRecorded, LetterRectified, PaymentRecorded, PersonsJudged,
        RegionReported, ReturnForgotten, SignalAccepted, SignalCorrected, SignalReturned, SignalWithdrawn,
    },
    occupancy::{Place, Vacated},
    state::{AddressFile, Case, Region, Signal},
    words::{Keyed, LeftBehind, Origin, Outcome, PaymentKind, RegionName, WithdrawalReason},
};

fn correction(known: &Signal, new: &NewSignal) -> SignalCorrected {
    SignalCorrected {
        signal: known.id,
        case: known.case,
        kind: new.kind,
        organisation: new.organisation.clone(),
        amount: new.amount,
        arrears_since: new.arrears_since,
        signal_date: new.signal_date,
        received_at: new.received_at,
        first_received_at: known.first_received_at,
        vault_id: new.vault_id,
        replaced_vault_id: known.given.vault_id,
        content: new.content,
        duties: new.duties,
        particulars: new.particulars,
        receipt_id: new.receipt_id,
        replaced_receipt_id: known.given.receipt_id,
        person: Some(new.person.clone()),
    }
}

/// The events so far, and the state they lead to.
pub(crate) struct Draft {
    pub(crate) state: AddressFile,
    events: Vec<Event>,
    pub(crate) moment: Moment,
}

pub fn decide(state: &AddressFile, command: &Command, moment: Moment) -> Result<Vec<Event>, Rejection> {
    let mut draft = Draft { state: state.clone(), events: Vec::new(), moment };
    match command {
        Command::AcceptSignal { file, signal } => draft.accept(*file, signal)?,
        Command::ReturnSignal { signal, forget_at } => draft.return_signal(signal, *forget_at)?,
        Command::ForgetContent => {
            draft.forget_return();
            draft.forget_concern();
        }
        Command::Concern(step) => draft.concern(step)?,
        Command::RecordLandlordStage { file, new_case, reference, step, amount, receipt_id, received_at } => {
            let case = LandlordStageRecorded {
                case: *new_case,
                step: *step,
                happened_at: moment.happened_at,
                amount: *amount,
                reference: *reference,
                receipt_id: *receipt_id,
                received_at: *received_at,
            };
            draft.landlord_stage(*file, case)?;
        }
        Command::RecordPayment { case, kind, reference } => draft.payment(*case, *kind, *reference)?,
        Command::WithdrawSignal { reference, reason } => draft.withdraw(*reference, *reason)?,
        Command::SupplementSignal { case, signal, said, source } => draft.supplement(*case, *signal, *said, *source)?,
        Command::RequestHelp(new) => draft.request_help(new),
        Command::NoticeEviction(new) => draft.notice_eviction(new),
        Command::RecordDeath { case, died_on, left_behind } => draft.record_death(*case, *died_on, *left_behind)?,
        Command::OfferHandOver { hand_over, case, to, vault_id, help_offered_at } => {
            draft.offer_hand_over(*hand_over, *case, *to, *vault_id, *help_offered_at)?;
        }
        Command::MoveWithin { hand_over, case, vault_id, help_offered_at, to, new_case } => {
            draft.move_within(*hand_over, *case, *vault_id, *help_offered_at, (*to, *new_case))?;
        }
        Command::AnswerHandOver { hand_over, case, answer } => draft.answer_hand_over(*hand_over, *case, *answer)?,
        Command::TakeOver(new) => draft.take_over(new),
        Command::CloseCase { case, outcome } => draft.close(*case, *outcome)?,
        Command::ReportRegion { case, region, report } => draft.report(*case, *region, *report)?,
        Command::JudgePersons { one, other, same } => draft.judge(*one, *other, *same)?,
        Command::MergeCases { case, other, other_file, leading } => {
            if draft.state.may_merge(*case, *other, *leading)? {
                let merged =
                    CasesMerged { case: *case, other: *other, other_file: *other_file, leading: *leading, happened_at: moment.happened_at };
                draft.push(Event::CasesMerged(merged));
            }
        }
        Command::UnmergeCases { case, other, work, assigned } => {
            if let Some(assigned) = draft.state.unmerged((*case, *other), work, assigned)? {
                let happened_at = moment.happened_at;
                draft.push(Event::CasesUnmerged(CasesUnmerged { case: *case, other: *other, assigned, happened_at }));
            }
        }
        Command::RectifyLetter { case, other, context, sequence } => {
            if draft.state.may_rectify((*case, *other), context, *sequence)? {
                let (context, happened_at) = (context.clone(), moment.happened_at);
                let rectified = LetterRectified { case: *case, other: *other, context, sequence: *sequence, happened_at };
                draft.push(Event::LetterRectified(rectified));
            }
        }
        Command::RequestRight(new) => draft.request_right(new)?,
        Command::ExtendRight { request } => draft.extend_right(*request)?,
        Command::DecideRight { request, verdict, officer } => draft.decide_right(*request, *verdict, officer)?,
        Command::RecordConsent { case, person, purpose, word, means } => {
            draft.record_consent((*case, *person), (*purpose, *word, *means))?;
        }
        Command::RestrictContact(new) => draft.restrict_contact(new)?,
        Command::EndRestriction { restriction } => draft.end_restriction(*restriction)?,
        Command::RecordRefusal { case, person, no_contact } => draft.record_refusal(*case, *person, *no_contact)?,
        Command::OpenFromCourt { file, case, entry_step, vault_id } => draft.court_case(*file, *case, *entry_step, *vault_id)?,
    }
    Ok(draft.events)
}

impl Draft {
    pub(crate) fn push(&mut self, event: Event) {
        self.state = std::mem::take(&mut self.state).evolve(&event);
        self.events.push(event);
    }

    fn case(&self, id: CaseId) -> Result<&Case, Rejection> {
        self.state.case(id).ok_or(Rejection::CaseUnknown)
    }

    /// Opens a case of which nobody said whom it is about: at an address of one household it follows the case before it.
    pub(crate) fn open(&mut self, file: Key, case: CaseId, entry_step: u8, origin: Origin, vault_id: Option<Uuid>) {
        let previous = self.state.cases.last().map(|before| before.id).filter(|_| !self.state.collective);
        let (happened_at, collective) = (self.moment.happened_at, self.state.collective);
        self.push(Event::CaseOpened(CaseOpened {
            case,
            entry_step,
            origin,
            file,
            happened_at,
            previous,
            vault_id,
            again: false,
            vacated: None,
            collective,
        }));
    }

    fn open_for(&mut self, file: Key, signal: &NewSignal, previous: Option<CaseId>, vacated: Option<Vacated>) {
        self.push(Event::CaseOpened(CaseOpened {
            case: signal.new_case,
            entry_step: 3,
            origin: Origin::Signal,
            file,
            happened_at: self.moment.happened_at,
            previous,
            vault_id: None,
            again: false,
            vacated,
            collective: signal.collective,
        }));
    }

    fn judge(&mut self, one: PersonId, other: PersonId, same: bool) -> Result<(), Rejection> {
        let pair = self.state.persons.pair(one, other).ok_or(Rejection::PersonUnknown)?;
        if self.state.persons.judged(pair) == Some(same) {
            return Ok(());
        }
        // Of a person who was corrected away no signal is left.
        let newest = self.state.signals.iter().rev().find(|signal| signal.person == Some(pair.1) || signal.person == Some(pair.0));
        let case = newest.ok_or(Rejection::PersonUnknown)?.case;
        let happened_at = self.moment.happened_at;
        self.push(Event::PersonsJudged(PersonsJudged { case, one: pair.0, other: pair.1, same, happened_at }));
        if same {
            self.join_restrictions(pair.0);
        }
        Ok(())
    }

    /// A closed case goes on: what others did is never refused because we had finished with it.
    pub(crate) fn reopen(&mut self, case: CaseId, origin: Origin) -> Result<(), Rejection> {
        let known = self.case(case)?;
        if known.is_open() {
            return Ok(());
        }
        let (entry_step, happened_at) = (known.entry_step, self.moment.happened_at);
        let file = self.state.file.ok_or(Rejection::CaseUnknown)?;
        self.push(Event::CaseOpened(CaseOpened {
            case,
            entry_step,
            origin,
            file,
            happened_at,
            previous: None,
            vault_id: None,
            again: true,
            vacated: None,
            collective: false,
        }));
        Ok(())
    }

    /// Closes an open case of which every region that ever ran is over, or whose arrears are gone while neither the
    /// legal track nor aftercare runs. In the same commit: no case stands open with nobody working on it.
    pub(crate) fn close_if_over(&mut self, id: CaseId) {
        let Some(case) = self.state.case(id) else { return };
        if !case.is_open() || case.running().is_some() {
            return;
        }
        if let Some((outcome, failed)) = case.ending() {
            let happened_at = self.moment.happened_at;
            self.push(Event::CaseClosed(CaseClosed { case: id, outcome, failed, happened_at }));
        }
    }

    fn accept(&mut self, file: Key, signal: &NewSignal) -> Result<(), Rejection> {
        if self.state.repeated(signal.identity, signal.content).is_some() {
            return Ok(());
        }
        if signal.names_seen != self.state.persons.names() {
            return Err(Rejection::PersonsMoved);
        }
        if let Some(known) = self.state.correctable(signal.identity, signal.received_at) {
            let corrected = correction(known, signal);
            let (case, person) = (corrected.case, signal.person.person);
            self.push(Event::SignalCorrected(corrected));
            self.carry_restrictions(case, person);
            return Ok(());
        }
        if signal.is_premature() && !self.state.is_threatened() {
            return Err(Rejection::Premature);
        }
        let repeats = self.state.repeats(signal);
        let skipped = self.state.skips(signal);
        let case = match (skipped, self.state.place(signal)) {
            (Some(case), _) => case,
            (None, Place::In(open)) => open,
            (None, Place::New { previous, vacated }) => {
                self.open_for(file, signal, previous, vacated);
                signal.new_case
            }
        };
        self.push(Event::SignalAccepted(SignalAccepted {
            signal: signal.signal,
            case,
            kind: signal.kind,
            organisation: signal.organisation.clone(),
            amount: signal.amount,
            arrears_since: signal.arrears_since,
            signal_date: signal.signal_date,
            received_at: signal.received_at,
            vault_id: signal.vault_id,
            identity: signal.identity,
            content: signal.content,
            duties: signal.duties,
            particulars: signal.particulars,
            receipt_id: signal.receipt_id,
            file,
            reference: signal.reference,
            repeats,
            person: Some(signal.person.clone()),
            skipped: skipped.is_some(),
            district: signal.district.clone(),
        }));
        self.carry_restrictions(case, signal.person.person);
        Ok(())
    }

    /// A file of a returned report holds that one only; a second one means that the caller mixed up two files.
    fn return_signal(&mut self, signal: &NewSignal, forget_at: Timestamp) -> Result<(), Rejection> {
        if self.state != AddressFile::default() {
            return Err(Rejection::Premature);
        }
        self.push(Event::SignalReturned(SignalReturned {
            signal: signal.signal,
            organisation: signal.organisation.clone(),
            received_at: signal.received_at,
            vault_id: signal.vault_id,
            identity: signal.identity,
            content: signal.content,
            duties: signal.duties,
            forget_at,
        }));
        Ok(())
    }

    fn forget_return(&mut self) {
        if let Some(returned) = self.state.returned {
            self.push(Event::ReturnForgotten(ReturnForgotten { signal: returned.signal }));
        }
    }

    /// `told.case` is the new case's id; an open case of the reference or the address takes its place. The same step
    /// with the same amount, in full tens of euros, is a repeat.
    fn landlord_stage(&mut self, file: Key, told: LandlordStageRecorded) -> Result<(), Rejection> {
        if !(1..=2).contains(&told.step) {
            return Err(Rejection::StepUnknown);
        }
        let repeated = |amount: &Arrears| *amount == told.amount;
        let case = match self.state.open_case(Some(told.reference)) {
            Some(open) if open.stages.get(&(told.reference, told.step)).is_some_and(|(amount, ..)| repeated(amount)) => return Ok(()),
            Some(open) => open.id,
            None => {
                self.open(file, told.case, told.step, Origin::Landlord, None);
                told.case
            }
        };
        self.push(Event::LandlordStageRecorded(LandlordStageRecorded { case, ..told }));
        Ok(())
    }

    fn payment(&mut self, id: CaseId, kind: PaymentKind, reference: Option<Keyed>) -> Result<(), Rejection> {
        self.case(id)?;
        let happened_at = self.moment.happened_at;
        let record = |kind| Event::PaymentRecorded(PaymentRecorded { case: id, kind, happened_at });
        // A partner knows of its own arrears only: what another partner reported goes on.
        let others = reference.is_some_and(|own| self.state.standing(id).any(|signal| signal.reference != own));
        let whole = matches!(kind, PaymentKind::Paid | PaymentKind::PlanCompleted);
        match reference {
            Some(own) if whole && others => {
                self.push(record(PaymentKind::PaidInPart));
                self.end_signals(id, own, WithdrawalReason::Paid);
            }
            _ => self.push(record(kind)),
        }
        self.close_if_over(id);
        Ok(())
    }

    fn end_signals(&mut self, case: CaseId, reference: Keyed, reason: WithdrawalReason) -> bool {
        let own: Vec<_> = self.state.standing(case).filter(|signal| signal.reference == reference).map(|signal| signal.id).collect();
        for signal in &own {
            self.push(Event::SignalWithdrawn(SignalWithdrawn { signal: *signal, case, reason }));
        }
        !own.is_empty()
    }

    fn withdraw(&mut self, reference: Keyed, reason: WithdrawalReason) -> Result<(), Rejection> {
        let id = *self.state.references.get(&reference).ok_or(Rejection::SignalUnknown)?;
        if !self.end_signals(id, reference, reason) {
            return Err(Rejection::SignalUnknown);
        }
        let nothing_stands = self.state.standing(id).next().is_none();
        let case = self.case(id)?;
        let (is_helped, is_theirs) = (case.is_open() && case.help == Region::Running, case.help_accepted || case.matter().is_some());
        if reason == WithdrawalReason::Deceased && is_helped && case.death.is_none() {
            self.death(id, None, LeftBehind::Unknown);
        } else if nothing_stands && is_helped && !is_theirs {
            // Help that a household accepted or asked for is theirs: it does not end because a partner takes its report back.
            self.push(Event::RegionReported(RegionReported {
                case: id,
                region: RegionName::Help,
                finished: true,
                outcome: Some(reason.into()),
                failed: false,
            }));
        }
        self.close_if_over(id);
        Ok(())
    }

    fn close(&mut self, id: CaseId, outcome: Option<Outcome>) -> Result<(), Rejection> {
        let case = self.case(id)?;
        if !case.is_open() {
            return Err(Rejection::CaseClosed);
        }
        if let Some(region) = case.running() {
            return Err(Rejection::RegionRunning(region));
        }
        let (outcome, failed) = match (case.ending(), outcome) {
            (Some(ending), _) => ending,
            (None, None) => return Err(Rejection::OutcomeMissing),
            (None, Some(ours)) if Outcome::OURS.contains(&ours) => (ours, false),
            (None, Some(_)) => return Err(Rejection::OutcomeNotOurs),
        };
        let happened_at = self.moment.happened_at;
        self.push(Event::CaseClosed(CaseClosed { case: id, outcome, failed, happened_at }));
        Ok(())
    }

    fn report(&mut self, id: CaseId, region: RegionName, report: Report) -> Result<(), Rejection> {
        let case = self.case(id)?;
        if case.handed_to.is_some() {
            return Err(Rejection::HandedOver);
        }
        let (now, lost, is_open, help_accepted) = (case.region(region), case.lost, case.is_open(), case.help_accepted);
        let origin = if region == RegionName::Help { Origin::Signal } else { Origin::Court };
        match report {
            Report::Running if is_open && now == Region::Running && (region != RegionName::Help || help_accepted) => return Ok(()),
            Report::Running => {
                self.reopen(id, origin)?;
                self.region(id, region, false, None, false);
            }
            Report::Lost(how) => {
                // Evicted to a place that was there in time is no failure.
                let placed = matches!(now, Region::Finished(outcome) if outcome.is_place());
                if lost.is_some() || (placed && how == Outcome::EvictedNoPlace) {
                    return Ok(());
                }
                self.reopen(id, origin)?;
                self.region(id, region, false, Some(how), true);
            }
            Report::FinishedTooLate => {
                self.reopen(id, origin)?;
                self.region(id, region, true, Some(lost.unwrap_or(Outcome::EvictedNoPlace)), true);
            }
            Report::Finished(outcome) if outcome.is_loss() => {
                self.reopen(id, origin)?;
                // Whether an eviction was one without a place, aftercare says; the other losses are failures by themselves.
                self.region(id, region, true, Some(outcome), outcome != Outcome::EvictedNoPlace);
                let aftercare = self.case(id)?.aftercare;
                if !matches!(aftercare, Region::Running) && !matches!(aftercare, Region::Finished(end) if end.is_place()) {
                    self.region(id, RegionName::Aftercare, false, None, false);
                }
            }
            Report::Finished(_) if !is_open => return Err(Rejection::CaseClosed),
            // What ended before a report came in is no answer to that report.
            Report::Finished(_) if region == RegionName::Help && self.reported_since(id) => return Err(Rejection::ReportedSince),
            Report::Finished(Outcome::NoContact) if region == RegionName::Help && self.has_own_matter(id) => {
                return Err(Rejection::OwnMatter);
            }
            Report::Finished(outcome) if now == Region::Finished(outcome) => return Ok(()),
            Report::Finished(outcome) => self.region(id, region, true, Some(outcome), false),
        }
        self.close_if_over(id);
        Ok(())
    }

    fn reported_since(&self, case: CaseId) -> bool {
        let later = |at: Timestamp| at > self.moment.happened_at;
        self.state.standing(case).any(|signal| later(signal.first_received_at))
            || self.state.case(case).and_then(Case::matter).is_some_and(later)
    }

    fn has_own_matter(&self, case: CaseId) -> bool {
        self.state.case(case).is_some_and(|case| case.matter().is_some())
    }

    pub(crate) fn region(&mut self, case: CaseId, region: RegionName, finished: bool, outcome: Option<Outcome>, failed: bool) {
        self.push(Event::RegionReported(RegionReported { case, region, finished, outcome, failed }));
    }

    fn court_case(&mut self, file: Key, case: CaseId, entry_step: u8, vault_id: Option<Uuid>) -> Result<(), Rejection> {
        if !(5..=11).contains(&entry_step) {
            return Err(Rejection::StepUnknown);
        }
        if self.state.case(case).is_some() {
            return self.report(case, RegionName::Legal, Report::Running);
        }
        self.open(file, case, entry_step, Origin::Court, vault_id);
        self.region(case, RegionName::Legal, false, None, false);
        Ok(())
    }
}
