//! What somebody asks of an address file, with looked-up facts and new ids inside; and the reasons to say no.

use jiff::{Timestamp, civil::Date};
use kernel::{Arrears, CaseId, Gemeentecode, Key, PersonId, Reason, SignalId};
use uuid::Uuid;

use crate::{
    bailiff::NewNotice,
    concern::ConcernStep,
    hand_over::{Answer, TakeOver},
    household::NewRequest,
    merge::{Assigned, Work},
    particulars::Particulars,
    person::Matched,
    rights::{NewRightRequest, Verdict},
    supplement::{Informant, Supplement},
    wishes::{ConsentMeans, ConsentPurpose, ConsentWord, NewRestriction},
    words::{Duties, Keyed, LeftBehind, Outcome, PartnerKind, PaymentKind, RegionName, WithdrawalReason},
};

/// A checked report, with the ids it gets when it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSignal {
    /// New.
    pub signal: SignalId,
    /// New; used when no case is open.
    pub new_case: CaseId,
    /// New; tells nothing about the case.
    pub receipt_id: Uuid,
    /// Who reports.
    pub kind: PartnerKind,
    /// Code of the partner, from its token.
    pub organisation: String,
    /// Arrears.
    pub amount: Arrears,
    /// Since when, when told.
    pub arrears_since: Option<Date>,
    /// Date on the report.
    pub signal_date: Date,
    /// Arrival of the last byte (UTC).
    pub received_at: Timestamp,
    /// Vault record, already written.
    pub vault_id: Uuid,
    /// Partner, reference, kind and month.
    pub identity: Keyed,
    /// Everything in the report.
    pub content: Keyed,
    /// Partner and reference.
    pub reference: Keyed,
    /// Bgs art. 2 a-d.
    pub duties: Duties,
    /// Crisis, warm hand-over, final supply.
    pub particulars: Particulars,
    /// Whom it is about, among those known at the address.
    pub person: Matched,
    /// Against which earlier report its exact amount was held, where the vault is at hand.
    pub compared: Option<Compared>,
    /// With how many written names of this address it was compared.
    pub names_seen: usize,
    /// Since when the tenant rents the home (*ingangsdatum huurovereenkomst*), when told.
    pub tenancy_since: Option<Date>,
    /// Many households have this address (*verzameladres*: postal address, shelter, care).
    pub collective: bool,
    /// For how many months after a report was taken up the municipality skips repeated ones of the same arrears; none: never.
    pub skip_months: Option<u8>,
    /// The district (*wijk*) of the address, by the municipality's own code, when known.
    pub district: Option<String>,
}

impl NewSignal {
    /// By its own declaration the landlord has a duty to do before the report is due (Bgs art. 2: "als hij").
    pub fn is_premature(&self) -> bool {
        self.kind == PartnerKind::Rent && self.duties.any_not_met()
    }
}

/// How an exact amount stands to that of an earlier report: the classes of the two may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Vault record of the earlier report, as it holds.
    pub with: Uuid,
    /// The amount is higher.
    pub higher: bool,
}

/// What another context says of its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// It began, or began again.
    Running,
    /// It is over.
    Finished(Outcome),
    /// The home was lost; the region goes on.
    Lost(Outcome),
    /// A place was found after the home was lost: over, and a failure all the same.
    FinishedTooLate,
}

/// Intake's commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Take in a report.
    AcceptSignal {
        /// This address file.
        file: Key,
        /// The report.
        signal: Box<NewSignal>,
    },
    /// Return a landlord's report of which a duty is not met, in a file of its own.
    ReturnSignal {
        /// The report.
        signal: Box<NewSignal>,
        /// When its content is removed (UTC).
        forget_at: Timestamp,
    },
    /// The content of the returned report, or of the concern, is out of the vault.
    ForgetContent,
    /// Something about a concern.
    Concern(ConcernStep),
    /// A landlord tells of step 1 or 2.
    RecordLandlordStage {
        /// This address file.
        file: Key,
        /// New; used when no case is open for the reference.
        new_case: CaseId,
        /// Partner and reference.
        reference: Keyed,
        /// 1 or 2.
        step: u8,
        /// Arrears.
        amount: Arrears,
        /// New.
        receipt_id: Uuid,
        /// Arrival (UTC).
        received_at: Timestamp,
    },
    /// Something about the money of a case.
    RecordPayment {
        /// The case.
        case: CaseId,
        /// What.
        kind: PaymentKind,
        /// Partner and reference, when a partner speaks of its own arrears only.
        reference: Option<Keyed>,
    },
    /// A partner takes back what it reported under a reference.
    WithdrawSignal {
        /// Partner and reference.
        reference: Keyed,
        /// Why.
        reason: WithdrawalReason,
    },
    /// Somebody said, when staff asked, what a report did not tell.
    SupplementSignal {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: SignalId,
        /// What.
        said: Supplement,
        /// Who said it.
        source: Informant,
    },
    /// The household asks for help itself.
    RequestHelp(NewRequest),
    /// A bailiff tells of an eviction (art. 14 Gdw).
    NoticeEviction(Box<NewNotice>),
    /// The tenant died.
    RecordDeath {
        /// The case.
        case: CaseId,
        /// The day, when known.
        died_on: Option<Date>,
        /// Who is left behind.
        left_behind: LeftBehind,
    },
    /// Our own decision: the household moved out, another municipality is asked to go on.
    OfferHandOver {
        /// New.
        hand_over: Uuid,
        /// The case.
        case: CaseId,
        /// To whom.
        to: Gemeentecode,
        /// Vault record of the household at its new address, already written.
        vault_id: Uuid,
        /// When help was offered here (UTC), when it was.
        help_offered_at: Option<Timestamp>,
    },
    /// Our own decision: the household moved within the municipality, the case goes on at its new address.
    MoveWithin {
        /// New.
        hand_over: Uuid,
        /// The case.
        case: CaseId,
        /// Vault record of the household at its new address, already written.
        vault_id: Uuid,
        /// When help was offered already (UTC), when it was.
        help_offered_at: Option<Timestamp>,
        /// The address file there.
        to: Key,
        /// New; the case there.
        new_case: CaseId,
    },
    /// The other municipality accepts, or the case comes back.
    AnswerHandOver {
        /// The hand-over.
        hand_over: Uuid,
        /// The case that was offered.
        case: CaseId,
        /// What.
        answer: Answer,
    },
    /// Opens the case that an acceptance named.
    TakeOver(Box<TakeOver>),
    /// Our own decision.
    CloseCase {
        /// The case.
        case: CaseId,
        /// How it ended, when no region ever ran.
        outcome: Option<Outcome>,
    },
    /// A person decides whether two who are in doubt are one.
    JudgePersons {
        /// One of them.
        one: PersonId,
        /// The other.
        other: PersonId,
        /// They are one person.
        same: bool,
    },
    /// Our own decision: a case goes with another one. Asked of each of the two files.
    MergeCases {
        /// The case of this file.
        case: CaseId,
        /// The case it goes with.
        other: CaseId,
        /// The address file of that case.
        other_file: Key,
        /// The work is done in this case.
        leading: bool,
    },
    /// Our own decision: two cases go apart again. Asked of each of the two files.
    UnmergeCases {
        /// The case of this file.
        case: CaseId,
        /// The case it went with.
        other: CaseId,
        /// What was done in between, as it was recorded for either of them.
        work: Vec<Work>,
        /// Whose it was, as a person says: of all of it.
        assigned: Vec<Assigned>,
    },
    /// A letter that went out while two cases were merged was put right. Asked of each of the two files.
    RectifyLetter {
        /// The case of this file.
        case: CaseId,
        /// The case it went with.
        other: CaseId,
        /// The context that recorded the letter.
        context: String,
        /// The commit that recorded it.
        sequence: u64,
    },
    /// Somebody uses a right (AVG art. 15 to 18 and 21).
    RequestRight(NewRightRequest),
    /// Our own decision: two months more, and the person was told.
    ExtendRight {
        /// The request.
        request: Uuid,
    },
    /// Our own decision.
    DecideRight {
        /// The request.
        request: Uuid,
        /// What becomes of it.
        verdict: Verdict,
        /// Who decides.
        officer: String,
    },
    /// What somebody said of a consent.
    RecordConsent {
        /// The case.
        case: CaseId,
        /// Who.
        person: PersonId,
        /// What for.
        purpose: ConsentPurpose,
        /// What was said.
        word: ConsentWord,
        /// How.
        means: ConsentMeans,
    },
    /// Somebody is not to be contacted as others are.
    RestrictContact(NewRestriction),
    /// A restriction holds no longer.
    EndRestriction {
        /// Which.
        restriction: Uuid,
    },
    /// One person refuses help.
    RecordRefusal {
        /// The case.
        case: CaseId,
        /// Who.
        person: PersonId,
        /// Id for the restriction that follows when the person wants no contact either.
        no_contact: Option<Uuid>,
    },
    /// From a reaction: what became of a region.
    ReportRegion {
        /// The case.
        case: CaseId,
        /// Which.
        region: RegionName,
        /// What.
        report: Report,
    },
    /// From a reaction: the court knows a household that intake does not.
    OpenFromCourt {
        /// This address file.
        file: Key,
        /// The case, named by the court liaison.
        case: CaseId,
        /// Step of the first fact, 5 to 11.
        entry_step: u8,
        /// Vault record of the address, when there is one.
        vault_id: Option<Uuid>,
    },
}

/// Why not. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A duty is not met by the landlord's own declaration, and no threat is known.
    #[error("by its own declaration the landlord has a duty to do before the report is due")]
    Premature,
    /// Not in this address file.
    #[error("the case is not known here")]
    CaseUnknown,
    /// It ended before.
    #[error("the case is closed")]
    CaseClosed,
    /// No standing signal under this reference.
    #[error("no standing report under this reference")]
    SignalUnknown,
    /// The partner's word stands, and what was asked before.
    #[error("something else was told before: the partner corrects its report")]
    ToldOtherwise,
    /// A region still runs.
    #[error("the case cannot be closed: the {} region still runs", .0.code())]
    RegionRunning(RegionName),
    /// Nothing says how it ended.
    #[error("the case has no region that ended: say how it ended")]
    OutcomeMissing,
    /// Not an outcome that people decide on.
    #[error("not an outcome to close a case with by decision")]
    OutcomeNotOurs,
    /// Help is over for what was received until then; a later report goes on.
    #[error("a report that came in afterwards still needs help")]
    ReportedSince,
    /// Nobody of this id is known at this address, or one person is named twice.
    #[error("no such pair of persons at this address")]
    PersonUnknown,
    /// A case cannot go with itself.
    #[error("a case cannot be merged with itself")]
    SameCase,
    /// A case goes with one other at a time, which leads.
    #[error("one of the cases is merged with another already")]
    MergedAlready,
    /// Not merged, and never were.
    #[error("these cases were never merged")]
    NotMerged,
    /// Work is of one of the two cases.
    #[error("work can be assigned to one of the two cases only")]
    AssignedElsewhere,
    /// Of everything that was done a person says whose it was, once.
    #[error("not everything that was done while the cases were merged is assigned, each once")]
    WorkUnassigned,
    /// Nothing else can be assigned.
    #[error("no such work was done while the cases were merged")]
    WorkUnknown,
    /// No letter went out with it, or it was not while these two were merged.
    #[error("no such letter went out while these cases were merged")]
    LetterUnknown,
    /// Another report about this address came in between: whom this one is about has to be found again.
    #[error("another report about this address came in between")]
    PersonsMoved,
    /// A household that asked for help itself is not done with because nobody was reached.
    #[error("the household asked for help itself: it ends with its answer or with a result")]
    OwnMatter,
    /// The term to claim the lease runs from the day of death.
    #[error("the day of death is needed: the term to claim the lease runs from it")]
    DayMissing,
    /// One offer at a time.
    #[error("the case is offered to another municipality already")]
    HandOverPending,
    /// Answered before, or never offered.
    #[error("no such offer is pending")]
    HandOverUnknown,
    /// Within one municipality a case does not change hands.
    #[error("the address lies in the municipality that has the case")]
    SameMunicipality,
    /// To another municipality a case is offered.
    #[error("the address lies in another municipality: offer the case to that one")]
    OtherMunicipality,
    /// Nobody moved.
    #[error("this is the address that the case is about")]
    SameAddress,
    /// A home that was lost counts where it was lost.
    #[error("the home was lost here: the case ends here")]
    HomeLost,
    /// What happens to it is told where it went.
    #[error("the case goes on in another municipality")]
    HandedOver,
    /// No report and no request of the household's own.
    #[error("nothing of this case goes on elsewhere: it has no standing report and no request of the household")]
    NothingToHandOver,
    /// Not asked here.
    #[error("no such request about this address")]
    RequestUnknown,
    /// Decided before.
    #[error("the request is decided already")]
    RequestDecided,
    /// Once, within the first month.
    #[error("a term is extended once, and the person is told within the first month (AVG art. 12(3))")]
    NotExtendable,
    /// Nothing was granted that goes on.
    #[error("nothing that was granted is in force")]
    NotInForce,
    /// No concern in this file.
    #[error("no such concern")]
    ConcernUnknown,
    /// Its days are over.
    #[error("the content of this concern is gone: its days are over")]
    ConcernGone,
    /// It goes with its case.
    #[error("the concern belongs to a case: what is done is done there")]
    ConcernLinked,
    /// Danger comes first.
    #[error("danger is recorded for this concern: end that first, with the reason")]
    InDanger,
    /// There is none.
    #[error("no danger is recorded for this concern")]
    NoDanger,
    /// No report of this case is about this person.
    #[error("no report in this case is about this person")]
    NotInCase,
    /// Only what was given can be withdrawn.
    #[error("this consent was not given: record a refusal instead")]
    ConsentNotGiven,
    /// A restriction that forbids nothing.
    #[error("a restriction of channels names at least one")]
    NoChannel,
    /// Not recorded here.
    #[error("no such restriction about this address")]
    RestrictionUnknown,
    /// Steps are 1 and 2 for a landlord, 5 to 11 for a court.
    #[error("not a step this case can begin with")]
    StepUnknown,
}

impl Reason for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Premature => "duty-not-met",
            Self::CaseUnknown => "case-unknown",
            Self::CaseClosed => "case-closed",
            Self::SignalUnknown => "signal-unknown",
            Self::ToldOtherwise => "told-otherwise",
            Self::RegionRunning(_) => "region-running",
            Self::OutcomeMissing => "outcome-missing",
            Self::OutcomeNotOurs => "outcome-not-ours",
            Self::ReportedSince => "reported-since",
            Self::PersonUnknown => "person-unknown",
            Self::SameCase => "same-case",
            Self::MergedAlready => "merged-already",
            Self::NotMerged => "not-merged",
            Self::AssignedElsewhere => "assigned-elsewhere",
            Self::WorkUnassigned => "work-unassigned",
            Self::WorkUnknown => "work-unknown",
            Self::LetterUnknown => "letter-unknown",
            Self::PersonsMoved => "persons-moved",
            Self::OwnMatter => "own-matter",
            Self::DayMissing => "day-missing",
            Self::HandOverPending => "hand-over-pending",
            Self::HandOverUnknown => "hand-over-unknown",
            Self::SameMunicipality => "same-municipality",
            Self::OtherMunicipality => "other-municipality",
            Self::SameAddress => "same-address",
            Self::HomeLost => "home-lost",
            Self::HandedOver => "handed-over",
            Self::NothingToHandOver => "nothing-to-hand-over",
            Self::RequestUnknown => "request-unknown",
            Self::RequestDecided => "request-decided",
            Self::NotExtendable => "not-extendable",
            Self::NotInForce => "not-in-force",
            Self::ConcernUnknown => "concern-unknown",
            Self::ConcernGone => "concern-gone",
            Self::ConcernLinked => "concern-linked",
            Self::InDanger => "in-danger",
            Self::NoDanger => "no-danger",
            Self::NotInCase => "person-not-in-case",
            Self::ConsentNotGiven => "consent-not-given",
            Self::NoChannel => "no-channel",
            Self::RestrictionUnknown => "restriction-unknown",
            Self::StepUnknown => "step-unknown",
        }
    }
}
