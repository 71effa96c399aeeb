//! What landlord, bailiff, court or resident did: facts of others, taken as told.

use jiff::civil::{Date, Time};

use crate::codes::coded;

/// A fact of the legal track. When it happened is told beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Step 5: a writ was announced (*aankondiging dagvaarding*).
    SummonsAnnounced,
    /// Step 6: the writ was served (*betekening dagvaarding*).
    SummonsServed {
        /// Cause-list date (*roldatum*), when told.
        cause_list_date: Option<Date>,
        /// Court location that the writ names, when told.
        court: Option<String>,
    },
    /// Step 6: on a court's list; a later listing replaces it.
    HearingListed {
        /// Court location.
        court: String,
        /// The day.
        on: Date,
        /// The hour, Europe/Amsterdam.
        time: Option<Time>,
    },
    /// Step 7: the hearing (*zitting*) was held.
    HearingHeld {
        /// The tenant was there.
        tenant_appeared: bool,
        /// What the court made of the duty to report (Bgs art. 2).
        duty_tested: Tested,
    },
    /// Step 8: the judgment (*vonnis*).
    Judgment(Judgment),
    /// Step 9: a moratorium was asked (Fw art. 287b).
    MoratoriumRequested,
    /// Step 9: the insolvency court decided.
    MoratoriumDecided {
        /// Granted: the eviction is suspended.
        granted: bool,
    },
    /// Step 9: the last voluntary offer.
    LastOffer {
        /// Creditor and tenant agreed.
        accepted: bool,
    },
    /// Step 10: the court decided on protective administration (*beschermingsbewind*).
    AdministrationOrdered {
        /// Granted.
        granted: bool,
    },
    /// Step 11: the eviction was announced (*aanzegging*, Rv art. 555; Gdw art. 14).
    EvictionAnnounced {
        /// The day in the bailiff's writ.
        on: Date,
        /// The hour.
        time: Option<Time>,
        /// Why.
        ground: Ground,
        /// The day the order was served; `None` is the day of the fact.
        served_on: Option<Date>,
    },
    /// Step 11: carried out (*ontruimd*).
    EvictionCarriedOut,
    /// Step 11: called off; the household stays.
    EvictionAverted,
    /// The creditor ended it.
    TrackEnded(TrackEnd),
    /// Step 11: the household left before the eviction.
    HomeLeft(HowLeft),
}

/// A judgment as told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgment {
    /// What was decided.
    pub kind: JudgmentKind,
    /// By default (*verstek*).
    pub by_default: bool,
    /// Served in person (Rv art. 143 lid 2).
    pub served_in_person: bool,
    /// The day of that; `None` is the day of the judgment.
    pub served_on: Option<Date>,
    /// Summary proceedings (*kort geding*).
    pub summary_proceedings: bool,
}

impl Judgment {
    /// The tenant was convicted by default: objection (*verzet*, Rv art. 143), and no appeal (Rv art. 335 lid 1). Of a claim that
    /// was rejected there is nothing for the tenant to object to, and the creditor has appeal.
    pub const fn convicts_by_default(&self) -> bool {
        self.by_default && !matches!(self.kind, JudgmentKind::Rejected)
    }
}

coded! {
    /// What a judgment decides.
    JudgmentKind {
        /// Claim rejected (*afgewezen*).
        Rejected = "rejected";
        /// To pay, without dissolution (*betaalvonnis*).
        PaymentOnly = "payment-only";
        /// A last term to pay (*terme de grâce*, BW 7:280).
        Grace = "grace";
        /// Dissolved on a condition (*voorwaardelijk*).
        Conditional = "conditional";
        /// Lease dissolved (*ontbonden*).
        Dissolved = "dissolved";
    }
}
impl JudgmentKind {
    /// Lets the bailiff evict, at once or when a term or condition is not met.
    pub const fn is_title(self) -> bool {
        matches!(self, Self::Grace | Self::Conditional | Self::Dissolved)
    }
}

coded! {
    /// What the court made of the duty to report.
    Tested {
        /// Found shown.
        Shown = "shown";
        /// Found not shown.
        NotShown = "not-shown";
        /// Not looked at, or not told.
        NotTested = "not-tested";
    }
}

coded! {
    /// Why an eviction.
    Ground {
        /// Arrears (*huurachterstand*).
        Arrears = "arrears";
        /// Nuisance (*overlast*).
        Nuisance = "nuisance";
        /// Closed by the mayor (BW 7:231 lid 2).
        Mayor = "mayor";
        /// Another.
        Other = "other";
    }
}

coded! {
    /// Why the creditor ended the track.
    TrackEnd {
        /// Withdrawn (*ingetrokken*).
        Withdrawn = "withdrawn";
        /// Paid (*betaald*).
        Paid = "paid";
        /// Settled at the hearing (*schikking*).
        Settled = "settled";
        /// A payment plan (*regeling*).
        Plan = "plan";
    }
}

coded! {
    /// How a home was left.
    HowLeft {
        /// The key was handed in, under pressure.
        KeyHandedIn = "key-handed-in";
        /// Left without trace (*noorderzon*).
        Unknown = "left-unknown";
    }
}

impl Fact {
    /// The step of the chart, 5 to 11; the end by a creditor belongs to whatever step was reached.
    pub const fn step(&self) -> Option<u8> {
        Some(match self {
            Self::SummonsAnnounced => 5,
            Self::SummonsServed { .. } | Self::HearingListed { .. } => 6,
            Self::HearingHeld { .. } => 7,
            Self::Judgment(_) => 8,
            Self::MoratoriumRequested | Self::MoratoriumDecided { .. } | Self::LastOffer { .. } => 9,
            Self::AdministrationOrdered { .. } => 10,
            Self::EvictionAnnounced { .. } | Self::EvictionCarriedOut | Self::EvictionAverted | Self::HomeLeft(_) => 11,
            Self::TrackEnded(_) => return None,
        })
    }

    /// The place among facts that happened at the same instant: the order of the chart.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::SummonsAnnounced => 0,
            Self::SummonsServed { .. } => 1,
            Self::HearingListed { .. } => 2,
            Self::HearingHeld { .. } => 3,
            Self::Judgment(_) => 4,
            Self::LastOffer { .. } => 5,
            Self::MoratoriumRequested => 6,
            Self::MoratoriumDecided { .. } => 7,
            Self::AdministrationOrdered { .. } => 8,
            Self::EvictionAnnounced { .. } => 9,
            Self::EvictionCarriedOut => 10,
            Self::EvictionAverted => 11,
            Self::HomeLeft(_) => 12,
            Self::TrackEnded(_) => 13,
        }
    }

    /// Enters a region again that was finished: the creditor goes on, or the home is lost after all.
    pub(crate) const fn goes_on(&self) -> bool {
        match self {
            Self::SummonsAnnounced
            | Self::SummonsServed { .. }
            | Self::HearingListed { .. }
            | Self::HearingHeld { .. }
            | Self::Judgment(_)
            | Self::MoratoriumRequested
            | Self::MoratoriumDecided { .. }
            | Self::EvictionAnnounced { .. }
            | Self::EvictionCarriedOut
            | Self::HomeLeft(_) => true,
            Self::LastOffer { .. } | Self::AdministrationOrdered { .. } | Self::EvictionAverted | Self::TrackEnded(_) => false,
        }
    }
}
