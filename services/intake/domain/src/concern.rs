//! A concern (*zorgmelding*): somebody who is no creditor tells of worry about an address. No case, no signal, outside the matching: it
//! stands in a file of its own, and its content goes after thirty days, unless it was shared, danger is recorded, or a person linked it
//! to a case that a formal signal opened.

use jiff::{Timestamp, ToSpan};
use kernel::{
    CaseId,
    days::{amsterdam_date, end_of_day},
};
use uuid::Uuid;

use crate::{command::Rejection, decide::Draft, event::Event, state::AddressFile, words::coded};

/// Calendar days (Europe/Amsterdam) that a concern is kept when nothing more becomes of it.
pub const CONCERN_DAYS: i32 = 30;
/// Months that a concern is kept after it was shared: as long as the matching of reports looks back.
pub const SHARED_MONTHS: i32 = 6;

coded! {
    /// Who tells of the worry: what kind of person, never who.
    Teller {
        /// Lives nearby (*buur*).
        Neighbour = "neighbour";
        /// A volunteer (*vrijwilliger*).
        Volunteer = "volunteer";
        /// Family or a friend (*familie, naaste*).
        Family = "family";
        /// A general practitioner (*huisarts*).
        Doctor = "doctor";
        /// Care or social work (*zorg, welzijn*).
        Care = "care";
        /// School or childcare (*school, kinderopvang*).
        School = "school";
        /// A sports club or another association (*vereniging*).
        Club = "club";
        /// Somebody else.
        Other = "other";
    }
}
coded! {
    /// With whom a concern was shared.
    SharedWith {
        /// The household itself (*het huishouden*).
        Household = "household";
        /// The neighbourhood team (*wijkteam*).
        NeighbourhoodTeam = "neighbourhood-team";
        /// Debt help (*schuldhulpverlening*).
        DebtHelp = "debt-help";
        /// Public health, for somebody who avoids care (*GGD, bemoeizorg*).
        PublicHealth = "public-health";
        /// The advice and reporting centre for domestic violence (*Veilig Thuis*).
        SafeHome = "safe-home";
        /// The police.
        Police = "police";
    }
}
coded! {
    /// On what ground it was shared (AVG art. 6(1)).
    ShareGround {
        /// The household agreed (*toestemming*; a).
        Consent = "consent";
        /// A duty by law (*wettelijke plicht*; c).
        LegalDuty = "legal-duty";
        /// A vital interest (*vitaal belang*; d).
        VitalInterest = "vital-interest";
        /// A public task (*publieke taak*; e).
        PublicTask = "public-task";
    }
}
coded! {
    /// Why there is no danger any more, or why a concern is closed.
    ConcernEnd {
        /// What it was about is over.
        Resolved = "resolved";
        /// It was not so.
        Unfounded = "unfounded";
        /// Somebody else acts on it.
        PassedOn = "passed-on";
        /// Money worries alone: no reason to act unasked.
        NoGround = "no-ground";
    }
}

/// What became of a concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcernChanged {
    /// The concern: also the name of its file.
    pub concern: Uuid,
    /// What.
    pub what: ConcernChange,
    /// When (UTC).
    pub happened_at: Timestamp,
}

/// One thing that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcernChange {
    /// It was told.
    Recorded {
        /// By what kind of person.
        teller: Teller,
        /// Vault record of the content.
        vault_id: Uuid,
        /// When the content is removed (UTC).
        forget_at: Timestamp,
    },
    /// Somebody decided that there is danger: it is kept until somebody ends that.
    DangerFound {
        /// Who decided: id of an actor.
        officer: String,
    },
    /// The danger is over.
    DangerEnded {
        /// Why.
        because: ConcernEnd,
        /// Who decided.
        officer: String,
    },
    /// It was shared.
    Shared {
        /// With whom.
        with: SharedWith,
        /// On what ground.
        ground: ShareGround,
        /// When the content is removed (UTC).
        forget_at: Timestamp,
    },
    /// A person linked it to a case: the content goes when that of the case goes.
    Linked {
        /// The case.
        case: CaseId,
        /// Vault record of the content.
        vault_id: Uuid,
    },
    /// Nothing more is done with it: the content goes at once.
    Closed {
        /// Why.
        because: ConcernEnd,
        /// When the content is removed (UTC).
        forget_at: Timestamp,
    },
    /// The content was removed from the vault.
    Forgotten,
}

/// What somebody does with a concern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcernStep {
    /// Take it in, in a file of its own.
    Record {
        /// New: the name of the file.
        concern: Uuid,
        /// By what kind of person.
        teller: Teller,
        /// Vault record of the content, already written.
        vault_id: Uuid,
    },
    /// Our own decision: there is danger.
    FindDanger {
        /// Who decides.
        officer: String,
    },
    /// Our own decision: there is none any more.
    EndDanger {
        /// Why.
        because: ConcernEnd,
        /// Who decides.
        officer: String,
    },
    /// It was shared.
    Share {
        /// With whom.
        with: SharedWith,
        /// On what ground.
        ground: ShareGround,
    },
    /// Our own decision: it belongs to this case, which is open.
    Link {
        /// The case.
        case: CaseId,
    },
    /// Our own decision: nothing more is done with it.
    Close {
        /// Why.
        because: ConcernEnd,
    },
}

/// A concern, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concern {
    /// Its id.
    pub id: Uuid,
    /// Vault record of the content.
    pub vault_id: Uuid,
    /// When the content is removed (UTC), when nothing keeps it.
    pub forget_at: Timestamp,
    /// Somebody decided that there is danger.
    pub danger: bool,
    /// The case it belongs to.
    pub linked: Option<CaseId>,
    /// The content is gone.
    pub forgotten: bool,
}

impl Concern {
    /// When the content goes (UTC); none while danger keeps it, when a case does, and when it is gone.
    pub fn goes_at(&self) -> Option<Timestamp> {
        (!self.danger && self.linked.is_none() && !self.forgotten).then_some(self.forget_at)
    }
}

impl AddressFile {
    /// When the content goes (UTC) that this file holds instead of cases: a returned report's, or a concern's. `None`: it stays, or is gone.
    pub fn content_goes_at(&self) -> Option<Timestamp> {
        self.returned.map(|returned| returned.forget_at).or_else(|| self.concern.as_ref().and_then(Concern::goes_at))
    }

    pub(crate) fn concerned(&mut self, e: &ConcernChanged) {
        if let ConcernChange::Recorded { vault_id, forget_at, .. } = e.what {
            let (id, danger, linked, forgotten) = (e.concern, false, None, false);
            self.concern = Some(Concern { id, vault_id, forget_at, danger, linked, forgotten });
        }
        let Some(known) = &mut self.concern else { return };
        match e.what {
            ConcernChange::Recorded { .. } => {}
            ConcernChange::DangerFound { .. } => known.danger = true,
            ConcernChange::DangerEnded { .. } => known.danger = false,
            ConcernChange::Shared { forget_at, .. } | ConcernChange::Closed { forget_at, .. } => known.forget_at = forget_at,
            ConcernChange::Linked { case, .. } => known.linked = Some(case),
            ConcernChange::Forgotten => known.forgotten = true,
        }
    }
}

impl Draft {
    pub(crate) fn concern(&mut self, step: &ConcernStep) -> Result<(), Rejection> {
        let now = self.moment.now;
        if let ConcernStep::Record { concern, teller, vault_id } = *step {
            // A file of a concern holds that one only; a second one means that the caller mixed up two files.
            if self.state != AddressFile::default() {
                return Err(Rejection::ConcernUnknown);
            }
            let forget_at = end_of_day(amsterdam_date(now).saturating_add(CONCERN_DAYS.days()));
            self.became(concern, ConcernChange::Recorded { teller, vault_id, forget_at });
            return Ok(());
        }
        let known = self.state.concern.ok_or(Rejection::ConcernUnknown)?;
        // What is due to go is not brought back, whether or not the vault has come round to it.
        if known.forgotten || known.goes_at().is_some_and(|at| at <= now) {
            return Err(Rejection::ConcernGone);
        }
        let change = match (step, known.linked) {
            (ConcernStep::Link { case }, Some(linked)) if *case == linked => return Ok(()),
            (ConcernStep::Link { case }, None) => ConcernChange::Linked { case: *case, vault_id: known.vault_id },
            (ConcernStep::EndDanger { because, officer }, _) if known.danger => {
                ConcernChange::DangerEnded { because: *because, officer: officer.clone() }
            }
            (ConcernStep::EndDanger { .. }, _) => return Err(Rejection::NoDanger),
            (_, Some(_)) => return Err(Rejection::ConcernLinked),
            (ConcernStep::FindDanger { .. }, None) if known.danger => return Ok(()),
            (ConcernStep::FindDanger { officer }, None) => ConcernChange::DangerFound { officer: officer.clone() },
            (ConcernStep::Share { with, ground }, None) => {
                let until = end_of_day(amsterdam_date(now).saturating_add(SHARED_MONTHS.months()));
                ConcernChange::Shared { with: *with, ground: *ground, forget_at: until.max(known.forget_at) }
            }
            (ConcernStep::Close { .. }, None) if known.danger => return Err(Rejection::InDanger),
            (ConcernStep::Close { because }, None) => ConcernChange::Closed { because: *because, forget_at: now },
            (ConcernStep::Record { .. }, None) => return Ok(()),
        };
        self.became(known.id, change);
        Ok(())
    }

    fn became(&mut self, concern: Uuid, what: ConcernChange) {
        let happened_at = self.moment.happened_at;
        self.push(Event::ConcernChanged(ConcernChanged { concern, what, happened_at }));
    }

    /// The content of what this file is about instead of cases is out of the vault.
    pub(crate) fn forget_concern(&mut self) {
        if let Some(concern) = self.state.concern.filter(|known| !known.forgotten) {
            self.became(concern.id, ConcernChange::Forgotten);
        }
    }
}
