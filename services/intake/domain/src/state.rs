//! What a decision remembers of an address file.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, ToSpan, civil::Date};
use kernel::{Arrears, CaseId, Key, PersonId, SignalId, days::amsterdam_date};
use uuid::Uuid;

use crate::{
    bailiff::Told,
    concern::Concern,
    event::Event,
    hand_over::{Answer, HandedTo},
    merge::Link,
    particulars::Particulars,
    persons::Persons,
    rights::RightRequest,
    supplement::Supplement,
    wishes::Wishes,
    words::{Keyed, LeftBehind, Outcome, PartnerKind, PaymentKind, RegionName, WithdrawalReason},
};

/// Calendar days (Europe/Amsterdam) after the first receipt in which another content is a correction.
pub const CORRECTION_DAYS: i32 = 7;

/// A part of a case that another context owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Region {
    /// Never ran.
    #[default]
    None,
    /// Runs.
    Running,
    /// Over.
    Finished(Outcome),
}

/// What the case's money looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// The arrears are gone: how.
    pub settled: Option<Outcome>,
    /// The newest word on an arrangement.
    pub plan: Option<PaymentKind>,
    /// The newest word on the current rent.
    pub current_rent: Option<PaymentKind>,
}

/// A case of this address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// First known step.
    pub entry_step: u8,
    /// The help track.
    pub help: Region,
    /// Help was accepted: withdrawing the report does not end it.
    pub help_accepted: bool,
    /// Since when the household has a matter of its own here (UTC): it asked for help. Creditors do not end that.
    pub own_matter: Option<Timestamp>,
    /// Since when somebody who is left behind by a tenant who died may need help (UTC): creditors do not end that either.
    pub bereaved: Option<Timestamp>,
    /// The tenant died: when, if known, and who is left behind.
    pub death: Option<(Option<Date>, LeftBehind)>,
    /// The hand-over that is pending.
    pub offered: Option<Uuid>,
    /// Where it went, when another municipality accepted it.
    pub handed_to: Option<HandedTo>,
    /// The legal track.
    pub legal: Region,
    /// The duty to rehouse.
    pub aftercare: Region,
    /// The home was lost: how.
    pub lost: Option<Outcome>,
    /// The money.
    pub payment: Payment,
    /// Step and amount that a landlord told, newest per reference and step.
    pub stages: BTreeMap<(Keyed, u8), (Arrears, Uuid, Timestamp)>,
    /// How it ended, and whether that is a failure; `None` while open.
    pub ended: Option<(Outcome, bool)>,
}

impl Case {
    /// Still going on.
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Since when the household has something here that is no creditor's (UTC): its own request, or a death.
    pub fn matter(&self) -> Option<Timestamp> {
        self.own_matter.max(self.bereaved)
    }

    /// A region of it.
    pub const fn region(&self, name: RegionName) -> Region {
        match name {
            RegionName::Help => self.help,
            RegionName::Legal => self.legal,
            RegionName::Aftercare => self.aftercare,
        }
    }

    /// The region that keeps it from being closed, if one does.
    pub fn running(&self) -> Option<RegionName> {
        let paid_off = self.payment.settled.is_some() && self.matter().is_none();
        [RegionName::Aftercare, RegionName::Legal, RegionName::Help]
            .into_iter()
            .find(|name| self.region(*name) == Region::Running && !(*name == RegionName::Help && paid_off))
    }

    /// How it ends, and whether that is a failure, once nothing runs: what was lost stands above all, then the region
    /// that is furthest in the chart. `None` when nothing says how.
    pub fn ending(&self) -> Option<(Outcome, bool)> {
        if let Some(lost) = self.lost {
            return Some((lost, true));
        }
        let over = |region| if let Region::Finished(outcome) = region { Some(outcome) } else { None };
        let outcome = over(self.aftercare).or(over(self.legal)).or(self.payment.settled).or(over(self.help))?;
        Some((outcome, outcome.is_loss()))
    }
}

/// What was sent once, and the receipt that was given for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Everything in the report.
    pub content: Keyed,
    /// What the partner keeps.
    pub receipt_id: Uuid,
    /// Arrival (UTC).
    pub received_at: Timestamp,
    /// Vault record of the content.
    pub vault_id: Uuid,
}

/// An accepted signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// Its case.
    pub case: CaseId,
    /// Whom it is about, as corrected; unknown of what came in before persons were told apart.
    pub person: Option<PersonId>,
    /// Partner, reference, kind and month.
    pub identity: Keyed,
    /// Partner and reference.
    pub reference: Keyed,
    /// Who reports.
    pub kind: PartnerKind,
    /// Code of the partner.
    pub organisation: Arc<str>,
    /// Date on the report, as corrected.
    pub signal_date: Date,
    /// Arrears, as corrected.
    pub amount: Arrears,
    /// Since when, when told.
    pub arrears_since: Option<Date>,
    /// What the partner told of what a report may leave unsaid, as corrected.
    pub told: Supplement,
    /// What was said of the rest when staff asked.
    pub supplemented: Supplement,
    /// Arrival of the first receipt (UTC): clocks run from here, whatever is corrected.
    pub first_received_at: Timestamp,
    /// What holds.
    pub given: Given,
    /// What was replaced by a correction, oldest first.
    pub replaced: Vec<Given>,
    /// The same arrears were reported before (*herhaalde melding*): whether for less.
    pub repeats_higher: Option<bool>,
    /// It is a repeat that was not taken up.
    pub skipped: bool,
    /// Why it was taken back, when it was.
    pub withdrawn: Option<WithdrawalReason>,
}

impl Signal {
    /// It was not taken back.
    pub const fn stands(&self) -> bool {
        self.withdrawn.is_none()
    }

    /// What was given for a content, and by which receipt that was replaced, if it was.
    pub fn given_for(&self, content: Keyed) -> Option<(Given, Option<Uuid>)> {
        if self.given.content == content {
            return Some((self.given, None));
        }
        let at = self.replaced.iter().position(|given| given.content == content)?;
        let next = self.replaced.get(at + 1).unwrap_or(&self.given);
        self.replaced.get(at).map(|given| (*given, Some(next.receipt_id)))
    }
}

fn told(arrears_since: Option<Date>, told: Particulars) -> Supplement {
    Supplement { arrears_since, crisis: told.crisis, warm_handover: told.warm_handover }
}

/// A report that was returned, while its content is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Its own id.
    pub signal: SignalId,
    /// Partner, reference, kind and month.
    pub identity: Keyed,
    /// Everything in the report.
    pub content: Keyed,
    /// Vault record of the content.
    pub vault_id: Uuid,
    /// When the content is removed (UTC).
    pub forget_at: Timestamp,
}

/// Everything that is known of one address, without a name in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressFile {
    /// Its own name, from the first case.
    pub file: Option<Key>,
    /// Many households have this address.
    pub collective: bool,
    /// In the order of opening.
    pub cases: Vec<Case>,
    /// In the order of acceptance. Of one identity several may stand, in the course of a month: reported, and after the
    /// days of correction reported anew.
    pub signals: Vec<Signal>,
    /// Who lives or lived here, as ids.
    pub persons: Persons,
    /// Which cases go or went with others.
    pub links: Vec<Link>,
    /// What bailiffs told, the newest word of each reference.
    pub told: Vec<Told>,
    /// What people asked by their rights.
    pub rights: Vec<RightRequest>,
    /// What each person allows and does not want.
    pub wishes: Wishes,
    /// The newest case of a partner's reference.
    pub references: BTreeMap<Keyed, CaseId>,
    /// What this file is about instead, when a report was returned: then it has no address and no case.
    pub returned: Option<Returned>,
    /// Or when somebody told of a worry: then it has no address and no case either.
    pub concern: Option<Concern>,
}

impl AddressFile {
    /// A case of this address.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// The open case of a reference: its own, else the oldest, unless many households have this address. Two can be open when a
    /// court fact and a first report crossed.
    pub fn open_case(&self, reference: Option<Keyed>) -> Option<&Case> {
        reference
            .and_then(|reference| self.references.get(&reference))
            .and_then(|id| self.case(*id))
            .filter(|case| case.is_open())
            .or_else(|| self.cases.iter().find(|case| case.is_open() && !self.collective))
    }

    /// The standing signals of a case.
    pub fn standing(&self, case: CaseId) -> impl Iterator<Item = &Signal> {
        self.signals.iter().filter(move |signal| signal.case == case && signal.stands())
    }

    /// The standing signals of an identity, oldest first.
    pub fn known(&self, identity: Keyed) -> impl DoubleEndedIterator<Item = &Signal> {
        self.signals.iter().filter(move |signal| signal.identity == identity && signal.stands())
    }

    /// What was given for this very content before: it is a repeat then, in whatever order deliveries come.
    pub fn repeated(&self, identity: Keyed, content: Keyed) -> Option<(Given, Option<Uuid>)> {
        self.known(identity).rev().find_map(|signal| signal.given_for(content))
    }

    /// The signal that another content under this identity corrects: the newest one, while the household is being helped
    /// and the days of correction are not over. What is over is reported anew.
    pub fn correctable(&self, identity: Keyed, received_at: Timestamp) -> Option<&Signal> {
        // What was not taken up is not corrected either: another content is judged anew.
        let signal = self.known(identity).next_back().filter(|signal| !signal.skipped)?;
        let helped = self.case(signal.case).is_some_and(|case| case.is_open() && case.help == Region::Running);
        let last_day = amsterdam_date(signal.first_received_at).saturating_add(CORRECTION_DAYS.days());
        (helped && amsterdam_date(received_at) <= last_day).then_some(signal)
    }

    /// A threat to the home is known: the legal track of an open case runs. Then a report counts although a duty of the
    /// landlord is not met, for the household's sake.
    pub fn is_threatened(&self) -> bool {
        self.cases.iter().any(|case| case.is_open() && case.legal == Region::Running)
    }

    fn with(&mut self, id: CaseId, change: impl FnOnce(&mut Case)) {
        if let Some(case) = self.cases.iter_mut().find(|case| case.id == id) {
            change(case);
        }
    }

    /// The state after an event. Copies, never computes.
    #[must_use]
    pub fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::CaseOpened(e) if self.case(e.case).is_some() => self.with(e.case, |case| {
                case.ended = None;
                case.payment.settled = None;
            }),
            Event::CaseOpened(e) => {
                self.file = Some(e.file);
                self.collective |= e.collective;
                // Most addresses have one case with one report in it: room for four of each, in every address that is in memory, is not
                // needed.
                self.cases.reserve_exact(1);
                self.cases.push(Case {
                    id: e.case,
                    entry_step: e.entry_step,
                    help: Region::None,
                    help_accepted: false,
                    own_matter: None,
                    bereaved: None,
                    death: None,
                    offered: None,
                    handed_to: None,
                    legal: Region::None,
                    aftercare: Region::None,
                    lost: None,
                    payment: Payment::default(),
                    stages: BTreeMap::new(),
                    ended: None,
                });
            }
            Event::LandlordStageRecorded(e) => {
                self.references.insert(e.reference, e.case);
                self.with(e.case, |case| {
                    case.stages.insert((e.reference, e.step), (e.amount, e.receipt_id, e.received_at));
                });
            }
            Event::SignalAccepted(e) => {
                self.references.insert(e.reference, e.case);
                if let Some(matched) = &e.person {
                    self.persons.add(matched, e.vault_id);
                }
                self.signals.reserve_exact(1);
                self.signals.push(Signal {
                    id: e.signal,
                    case: e.case,
                    person: e.person.as_ref().map(|matched| matched.person),
                    identity: e.identity,
                    reference: e.reference,
                    kind: e.kind,
                    organisation: e.organisation.as_str().into(),
                    signal_date: e.signal_date,
                    amount: e.amount,
                    arrears_since: e.arrears_since,
                    told: told(e.arrears_since, e.particulars),
                    supplemented: Supplement::default(),
                    first_received_at: e.received_at,
                    given: Given { content: e.content, receipt_id: e.receipt_id, received_at: e.received_at, vault_id: e.vault_id },
                    replaced: Vec::new(),
                    repeats_higher: e.repeats.map(|earlier| earlier.higher),
                    skipped: e.skipped,
                    withdrawn: None,
                });
                if e.skipped {
                    return self;
                }
                self.with(e.case, |case| {
                    if case.help != Region::Running {
                        case.help_accepted = false;
                    }
                    case.help = Region::Running;
                    case.payment.settled = None;
                });
            }
            Event::SignalCorrected(e) => {
                if let Some(matched) = &e.person {
                    self.persons.add(matched, e.vault_id);
                }
                if let Some(signal) = self.signals.iter_mut().find(|signal| signal.id == e.signal) {
                    signal.person = e.person.as_ref().map(|matched| matched.person).or(signal.person);
                    signal.signal_date = e.signal_date;
                    signal.amount = e.amount;
                    signal.arrears_since = e.arrears_since;
                    signal.told = told(e.arrears_since, e.particulars);
                    signal.replaced.push(signal.given);
                    signal.given = Given { content: e.content, receipt_id: e.receipt_id, received_at: e.received_at, vault_id: e.vault_id };
                }
            }
            Event::SignalSupplemented(e) => {
                if let Some(signal) = self.signals.iter_mut().find(|signal| signal.id == e.signal) {
                    signal.supplemented = signal.supplemented.or(e.said);
                }
            }
            Event::SignalReturned(e) => {
                self.returned = Some(Returned {
                    signal: e.signal,
                    identity: e.identity,
                    content: e.content,
                    vault_id: e.vault_id,
                    forget_at: e.forget_at,
                });
            }
            Event::ReturnForgotten(_) => self.returned = None,
            Event::HelpRequested(e) => {
                if let Some(by) = &e.by {
                    self.take_word_in(e.request, e.case, by);
                }
                self.with(e.case, |case| {
                    case.help = Region::Running;
                    case.help_accepted = true;
                    case.own_matter = case.own_matter.max(Some(e.asked_at));
                });
            }
            Event::EvictionNoticed(e) => self.take_word_in(e.notice, e.case, &e.by),
            Event::TenantDied(e) => self.with(e.case, |case| {
                case.death = Some((e.died_on, e.left_behind));
                case.bereaved = e.left_behind.needs_help().then_some(e.happened_at);
                if case.bereaved.is_some() {
                    case.help = Region::Running;
                }
            }),
            Event::HandOverOffered(e) => self.with(e.case, |case| case.offered = Some(e.hand_over)),
            Event::HandOverAnswered(e) => self.with(e.case, |case| {
                case.offered = None;
                if let Answer::Accepted { file, case: there } = e.answer {
                    case.handed_to = Some(HandedTo { hand_over: e.hand_over, file, case: there, asked_at: case.own_matter });
                }
            }),
            Event::CaseTakenOver(_) => {}
            Event::SignalWithdrawn(e) => {
                if let Some(signal) = self.signals.iter_mut().find(|signal| signal.id == e.signal) {
                    signal.withdrawn = Some(e.reason);
                }
            }
            Event::PaymentRecorded(e) => self.with(e.case, |case| match e.kind {
                PaymentKind::Paid => case.payment.settled = Some(Outcome::Paid),
                PaymentKind::PlanCompleted => {
                    case.payment.plan = Some(e.kind);
                    case.payment.settled = Some(Outcome::Plan);
                }
                PaymentKind::PlanAgreed | PaymentKind::PlanBroken => case.payment.plan = Some(e.kind),
                PaymentKind::CurrentRentPaid | PaymentKind::CurrentRentMissed => case.payment.current_rent = Some(e.kind),
                PaymentKind::PaidInPart => {}
            }),
            Event::RegionReported(e) => self.with(e.case, |case| {
                let region = match (e.finished, e.outcome) {
                    (true, Some(outcome)) => Region::Finished(outcome),
                    (true, None) => Region::None,
                    (false, _) => Region::Running,
                };
                match e.region {
                    RegionName::Help => {
                        case.help = region;
                        case.help_accepted = !e.finished;
                        if e.finished {
                            (case.own_matter, case.bereaved) = (None, None);
                        }
                    }
                    RegionName::Legal => case.legal = region,
                    RegionName::Aftercare => case.aftercare = region,
                }
                if e.failed && case.lost.is_none() {
                    case.lost = e.outcome;
                }
            }),
            Event::PersonsJudged(e) => self.persons.judge((e.one, e.other), e.same),
            Event::CasesMerged(e) => self.links.push(Link {
                case: e.case,
                other: e.other,
                other_file: e.other_file,
                leading: e.leading,
                since: e.happened_at,
                until: None,
                rectified: BTreeSet::new(),
            }),
            Event::CasesUnmerged(e) => {
                let mut pair = self.links.iter_mut().filter(|link| link.case == e.case && link.other == e.other && link.holds());
                if let Some(link) = pair.next() {
                    link.until = Some((e.happened_at, e.assigned.clone()));
                }
            }
            Event::LetterRectified(e) => self.rectify(e.case, e.other, &e.context, e.sequence),
            Event::RightRequested(e) => self.take_right_in(e),
            Event::ConcernChanged(e) => self.concerned(e),
            Event::RightExtended(e) => self.change_right(e.request, |known| known.extended = true),
            Event::RightDecided(e) => self.change_right(e.request, |known| known.verdict = Some(e.verdict)),
            Event::ConsentRecorded(e) => self.wishes.consents.push(*e),
            Event::ContactRestricted(e) => self.wishes.restrict(e),
            Event::RestrictionEnded(e) => self.wishes.end(e),
            Event::RefusalRecorded(e) => self.wishes.refusals.push(*e),
            Event::CaseClosed(e) => self.with(e.case, |case| {
                case.ended = Some((e.outcome, e.failed));
                (case.own_matter, case.bereaved) = (None, None);
                case.offered = None;
                // Nobody works on a closed case: should it go on again, help is not running of old.
                if case.help == Region::Running {
                    case.help = Region::Finished(e.outcome);
                    case.help_accepted = false;
                }
            }),
        }
        self
    }
}
