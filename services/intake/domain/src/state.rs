//! What a decision remembers of an address file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{CaseId, Cents, Key, SignalId};
use uuid::Uuid;

use crate::{
    event::Event,
    words::{Keyed, Outcome, PaymentKind, RegionName},
};

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
    /// The legal track.
    pub legal: Region,
    /// The duty to rehouse.
    pub aftercare: Region,
    /// The home was lost: how.
    pub lost: Option<Outcome>,
    /// The money.
    pub payment: Payment,
    /// Step and amount that a landlord told, newest per reference and step.
    pub stages: BTreeMap<(Keyed, u8), (Cents, Uuid, Timestamp)>,
    /// How it ended, and whether that is a failure; `None` while open.
    pub ended: Option<(Outcome, bool)>,
}

impl Case {
    /// Still going on.
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
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
        [RegionName::Aftercare, RegionName::Legal, RegionName::Help]
            .into_iter()
            .find(|name| self.region(*name) == Region::Running && !(*name == RegionName::Help && self.payment.settled.is_some()))
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

/// An accepted signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its id.
    pub id: SignalId,
    /// Its case.
    pub case: CaseId,
    /// Partner and reference.
    pub reference: Keyed,
    /// Everything in the report.
    pub content: Keyed,
    /// What the partner keeps.
    pub receipt_id: Uuid,
    /// Arrival (UTC).
    pub received_at: Timestamp,
    /// It was not taken back.
    pub stands: bool,
}

/// Everything that is known of one address, without a name in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressFile {
    /// Its own name, from the first case.
    pub file: Option<Key>,
    /// In the order of opening.
    pub cases: Vec<Case>,
    /// By identity: partner, reference, kind and month.
    pub signals: BTreeMap<Keyed, Signal>,
    /// The newest case of a partner's reference.
    pub references: BTreeMap<Keyed, CaseId>,
}

impl AddressFile {
    /// A case of this address.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// The open case that a report belongs to: the reference's own, else the oldest. Two can be open when a court fact
    /// and a first report crossed.
    pub fn open_case(&self, reference: Option<Keyed>) -> Option<&Case> {
        reference
            .and_then(|reference| self.references.get(&reference))
            .and_then(|id| self.case(*id))
            .filter(|case| case.is_open())
            .or_else(|| self.cases.iter().find(|case| case.is_open()))
    }

    /// The standing signals of a case.
    pub fn standing(&self, case: CaseId) -> impl Iterator<Item = &Signal> {
        self.signals.values().filter(move |signal| signal.case == case && signal.stands)
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
                self.cases.push(Case {
                    id: e.case,
                    entry_step: e.entry_step,
                    help: Region::None,
                    help_accepted: false,
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
                let signal = Signal {
                    id: e.signal,
                    case: e.case,
                    reference: e.reference,
                    content: e.content,
                    receipt_id: e.receipt_id,
                    received_at: e.received_at,
                    stands: true,
                };
                self.signals.insert(e.identity, signal);
                self.with(e.case, |case| {
                    if case.help != Region::Running {
                        case.help_accepted = false;
                    }
                    case.help = Region::Running;
                    case.payment.settled = None;
                });
            }
            Event::SignalWithdrawn(e) => {
                if let Some(signal) = self.signals.values_mut().find(|signal| signal.id == e.signal) {
                    signal.stands = false;
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
                    }
                    RegionName::Legal => case.legal = region,
                    RegionName::Aftercare => case.aftercare = region,
                }
                if e.failed && case.lost.is_none() {
                    case.lost = e.outcome;
                }
            }),
            Event::CaseClosed(e) => self.with(e.case, |case| {
                case.ended = Some((e.outcome, e.failed));
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
