//! The words of intake: kinds, origins, regions and outcomes, each with a stable code.

use std::fmt;

use jiff::civil::Date;
use kernel::SignalId;

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Stable, lower-case, dashed.
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code,)+ } }
            /// The one with this code, if there is one.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)+ _ => None } }
        }
    };
}

pub(crate) use coded;

coded! {
    /// Who reports (*vastelastenpartner*).
    PartnerKind {
        /// Landlord (*verhuurder*; Bgs art. 2).
        Rent = "rent";
        /// Power, gas or heat.
        Energy = "energy";
        /// Drinking water.
        Water = "water";
        /// Health insurer (*zorgverzekeraar*).
        Health = "health";
        /// Mortgage lender (*hypotheek*): only while an experiment allows it.
        Mortgage = "mortgage";
        /// Municipal taxes (*gemeentelijke belastingen*): only while an experiment allows it.
        MunicipalTax = "municipal-tax";
    }
}
impl PartnerKind {
    /// No Act names it: reported on the ground of an experiment with an end, or not at all.
    pub const fn needs_experiment(self) -> bool {
        matches!(self, Self::Mortgage | Self::MunicipalTax)
    }

    /// Days of arrears from which partners report by the national covenant (*Landelijk Convenant Vroegsignalering*). A landlord
    /// reports any arrears (Bgs art. 2).
    pub const fn covenant_days(self) -> Option<u16> {
        match self {
            Self::Energy | Self::Water | Self::Health => Some(30),
            Self::Mortgage => Some(60),
            Self::Rent | Self::MunicipalTax => None,
        }
    }
}
coded! {
    /// What is shown of one of the landlord's duties (Bgs art. 2 a-d): told, never computed into "valid" or "invalid".
    Shown {
        /// Nothing was said.
        Unsaid = "unsaid";
        /// Met.
        Met = "met";
        /// Not met.
        NotMet = "not-met";
        /// Not known to the reporter.
        Unknown = "unknown";
        /// Said to be met, without evidence at hand.
        EvidenceMissing = "evidence-missing";
    }
}
coded! {
    /// What the tenant answered to the offer to pass on the contact data (Bgs art. 2 d). A refusal is no answer that is
    /// stored: it blocks the report.
    TenantAnswer {
        /// Nothing was said of it.
        Unsaid = "unsaid";
        /// Agreed in writing.
        Consent = "consent";
        /// Did not answer: no refusal (*niet afwijzend gereageerd*), so the report is due.
        Silence = "silence";
    }
}
coded! {
    /// How a case began.
    Origin {
        /// A landlord's registration of steps 1 and 2.
        Landlord = "landlord";
        /// A report of arrears (*signaal*), step 3.
        Signal = "signal";
        /// A fact of landlord, bailiff or court about a household nobody had reported, steps 5 to 11.
        Court = "court";
        /// A bailiff's notice of an eviction (art. 14 Gdw) about a household that nobody knew, step 11.
        Bailiff = "bailiff";
        /// The household's own request for help (*eigen verzoek*), step 4.
        Resident = "resident";
        /// Taken over from another municipality (*overdracht*).
        HandOver = "hand-over";
    }
}
coded! {
    /// Who is left behind when a tenant dies.
    LeftBehind {
        /// Not known yet: somebody finds out.
        Unknown = "unknown";
        /// Nobody.
        Nobody = "nobody";
        /// A co-tenant (*medehuurder*): the lease goes on by law (BW art. 7:268 lid 1).
        CoTenant = "co-tenant";
        /// Who shared the household (*huisgenoot*): six months to claim the lease (BW art. 7:268 lid 2).
        Housemate = "housemate";
        /// Who lived in to care for the tenant (*mantelzorger*): six months likewise.
        Carer = "carer";
    }
}
impl LeftBehind {
    /// Somebody there may lose the home over the death: the household's own matter.
    pub const fn needs_help(self) -> bool {
        matches!(self, Self::Unknown | Self::Housemate | Self::Carer)
    }
    /// May claim the lease.
    pub const fn may_claim(self) -> bool {
        matches!(self, Self::Housemate | Self::Carer)
    }
}
coded! {
    /// Why an offered case comes back.
    Bounce {
        /// The household does not live there.
        NotHere = "not-here";
        /// It lives there, and is being helped there already.
        HelpedAlready = "helped-already";
        /// What is needed to find it is missing.
        Incomplete = "incomplete";
        /// The offering municipality took its offer back.
        TakenBack = "taken-back";
    }
}
coded! {
    /// A threatening situation (*bedreigende situatie*, Wgs art. 4 lid 2): the first conversation within three working days.
    Threat {
        /// Forced eviction (*gedwongen woningontruiming*).
        Eviction = "eviction";
        /// The end of gas, electricity, district heat or water (*afsluiting*).
        Supply = "supply";
        /// The end of the health insurance (*opzegging of ontbinding van de zorgverzekering*).
        HealthInsurance = "health-insurance";
    }
}
coded! {
    /// The parts of a case that run side by side and that other contexts own.
    RegionName {
        /// The help track of the municipality; running from the first accepted signal.
        Help = "help";
        /// The legal track of landlord, bailiff and court.
        Legal = "legal";
        /// The duty to rehouse.
        Aftercare = "aftercare";
    }
}
coded! {
    /// Something about the money.
    PaymentKind {
        /// The arrears were paid in full.
        Paid = "paid";
        /// An arrangement was agreed (*betalingsregeling*).
        PlanAgreed = "plan-agreed";
        /// The arrangement was not kept.
        PlanBroken = "plan-broken";
        /// The arrangement was kept to its end.
        PlanCompleted = "plan-completed";
        /// The current rent was paid.
        CurrentRentPaid = "current-rent-paid";
        /// The current rent was not paid.
        CurrentRentMissed = "current-rent-missed";
        /// One partner's arrears were paid in full; another's report stands.
        PaidInPart = "paid-in-part";
    }
}
coded! {
    /// Why a signal no longer stands.
    WithdrawalReason {
        /// Reported by mistake.
        Error = "error";
        /// The tenant died.
        Deceased = "deceased";
        /// The tenant does not live there.
        NotResident = "not-resident";
        /// Its arrears were paid; another partner's report stands.
        Paid = "paid";
    }
}
coded! {
    /// How a case, or a region of it, ended: the exits of the eleven-step chart (*stroomschema*).
    Outcome {
        /// Steps 1, 2, 5, 6: the arrears are paid.
        Paid = "paid";
        /// Steps 1, 2, 5: an arrangement was kept.
        Plan = "plan";
        /// Steps 1, 3: no arrears after all.
        Error = "error";
        /// Step 1: waits for rent benefit (*huurtoeslag*).
        RentBenefitPending = "rent-benefit-pending";
        /// Step 2: another measure of the landlord.
        Measure = "measure";
        /// Step 2: referred by the landlord.
        Referred = "referred";
        /// Step 3: does not live there.
        NotResident = "not-resident";
        /// Step 3: died.
        Deceased = "deceased";
        /// Step 3: the same report again.
        RepeatedSame = "repeated-same";
        /// Step 3: below the local threshold (*drempelbedrag*).
        BelowThreshold = "below-threshold";
        /// Step 3: debt help is running already.
        KnownAtDebtHelp = "known-at-debt-help";
        /// Step 4: solved in thirty days.
        SolvedQuickfix = "solved-quickfix";
        /// Step 4: financial help.
        HelpFinancial = "help-financial";
        /// Step 4: other help.
        HelpOther = "help-other";
        /// Step 4: solved by the household.
        SelfSolved = "self-solved";
        /// Step 4: does not want help.
        NoHelpWanted = "no-help-wanted";
        /// Step 4: nobody was reached.
        NoContact = "no-contact";
        /// Steps 6, 7: the creditor withdrew.
        Withdrawn = "withdrawn";
        /// Step 7: settled at the hearing (*schikking*).
        Settled = "settled";
        /// Step 8: claim rejected.
        Rejected = "rejected";
        /// Step 8: payment ordered, lease stands.
        PaymentOnly = "payment-only";
        /// Step 8: paid within the term of grace (*terme de grâce*).
        GraceMet = "grace-met";
        /// Step 8: the conditions of the judgment were kept.
        ConditionalHeld = "conditional-held";
        /// Step 9: a plan in the moratorium.
        MoratoriumPlan = "moratorium-plan";
        /// Step 9: an agreement after the judgment.
        Agreement = "agreement";
        /// Step 9: voluntary administration (*beschermingsbewind*).
        BewindVoluntary = "bewind-voluntary";
        /// Step 10: administration ordered.
        BewindSet = "bewind-set";
        /// Step 11: a place was there before the home was lost.
        Rehoused = "rehoused";
        /// Step 11: the eviction was averted.
        Stays = "stays";
        /// Step 11: back for a time.
        TemporaryReturn = "temporary-return";
        /// Step 11: shelter in the own home.
        OwnHomeShelter = "own-home-shelter";
        /// Step 11: the municipality leases the home.
        LeaseByMunicipality = "lease-by-municipality";
        /// Failure: evicted without a place.
        EvictedNoPlace = "evicted-no-place";
        /// Failure: left under pressure (key handed in).
        LeftUnderPressure = "left-under-pressure";
        /// Failure: left without trace (*met de noorderzon*).
        LeftUnknown = "left-unknown";
        /// Failure: closed by order of the mayor.
        ClosedByMayor = "closed-by-mayor";
        /// Goes on in another municipality (*overgedragen*): neither sieved out nor failed here.
        HandedOver = "handed-over";
    }
}

impl Outcome {
    /// Outcomes that our own decision may give a case of which no region ever ran (steps 1 to 3 of the chart).
    pub const OURS: &'static [Self] = &[
        Self::Plan,
        Self::Error,
        Self::RentBenefitPending,
        Self::Measure,
        Self::Referred,
        Self::NotResident,
        Self::Deceased,
        Self::BelowThreshold,
        Self::KnownAtDebtHelp,
    ];

    /// A place elsewhere that was there before the home was lost. One in the home itself is gone with the home.
    pub const fn is_place(self) -> bool {
        matches!(self, Self::Rehoused | Self::TemporaryReturn)
    }

    /// A home was lost: never counts as sieved out, unless a place was there in time.
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::EvictedNoPlace | Self::LeftUnderPressure | Self::LeftUnknown | Self::ClosedByMayor)
    }
}

/// One of the landlord's duties as it was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Whether it was met.
    pub shown: Shown,
    /// The day it was met, when told.
    pub on: Option<Date>,
}

/// What a reporter declared of the landlord's four duties (Bgs art. 2 a-d): told, never judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duties {
    /// a, b, c, d.
    pub each: [Duty; 4],
    /// The tenant's answer to the offer of d.
    pub answer: TenantAnswer,
}

impl Duties {
    /// Nothing was declared.
    pub const UNSAID: Self = Self { each: [Duty { shown: Shown::Unsaid, on: None }; 4], answer: TenantAnswer::Unsaid };

    /// The reporter itself says that one is not met.
    pub fn any_not_met(&self) -> bool {
        self.each.iter().any(|duty| duty.shown == Shown::NotMet)
    }
}

/// A report of the same arrears by the same partner (DDAS *herhaalde melding*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// The newest report of these arrears before it.
    pub signal: SignalId,
    /// The amount is higher: it must be taken up. Otherwise it may be skipped.
    pub higher: bool,
}

impl RegionName {
    /// As a Dutch sentence names it, with its article.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::Help => "de hulp",
            Self::Legal => "het juridische spoor",
            Self::Aftercare => "de nazorg",
        }
    }
}

impl From<WithdrawalReason> for Outcome {
    fn from(reason: WithdrawalReason) -> Self {
        match reason {
            WithdrawalReason::Error => Self::Error,
            WithdrawalReason::Deceased => Self::Deceased,
            WithdrawalReason::NotResident => Self::NotResident,
            WithdrawalReason::Paid => Self::Paid,
        }
    }
}

/// A keyed hash (HMAC-SHA-256) of something that must not stand in the journal itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keyed(pub [u8; 32]);

impl Keyed {
    /// Reads a stored hash; `None` when there are not exactly 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}
impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}..")
    }
}
