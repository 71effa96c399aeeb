//! Terms (*termijnen*): what runs, until which day, whose it is, and what became of it.

mod book;
pub mod statutory;

use jiff::{Timestamp, ToSpan, civil};
use uuid::Uuid;

pub use crate::days::Roll;
use crate::days::{end_of_day, start_of_day};
pub use book::{TermBook, TermState, TermStatus};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $dutch:literal;)+ }) => {
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
            /// The Dutch name.
            pub const fn dutch(self) -> &'static str { match self { $(Self::$variant => $dutch,)+ } }
        }
    };
}

coded! {
    /// What a term is for.
    TermKind {
        /// Offer of help after a report of arrears (*aanbod*).
        Offer = "offer", "aanbod van hulp";
        /// First conversation (*eerste gesprek*).
        FirstTalk = "first-talk", "eerste gesprek";
        /// First conversation in a threatening situation (*bedreigende situatie*).
        ThreatTalk = "threat-talk", "eerste gesprek bij een bedreigende situatie";
        /// Decision on debt help (*beschikking*).
        Decision = "decision", "beschikking schuldhulpverlening";
        /// Collection pause (*incassopauze*).
        Pause = "pause", "pauze van de incasso";
        /// Next attempt of the contact plan (*contactpoging*).
        Contact = "contact", "volgende contactpoging";
        /// Earliest cause-list date (*roldatum*).
        CauseList = "cause-list", "vroegste roldatum";
        /// Objection to a default judgment (*verzet*).
        Objection = "objection", "verzet";
        /// Appeal (*hoger beroep*).
        Appeal = "appeal", "hoger beroep";
        /// Term to perform after all (*terme de grâce*).
        Grace = "grace", "terme de grâce";
        /// Bailiff's order to leave (*bevel tot ontruiming*).
        Bevel = "bevel", "bevel tot ontruiming";
        /// New announcement of a postponed eviction (*nieuwe aanzegging*).
        Reannounce = "reannounce", "nieuwe aanzegging van de ontruiming";
        /// Moratorium.
        Moratorium = "moratorium", "moratorium";
        /// Stored household goods (*opgeslagen inboedel*).
        Goods = "goods", "opslag van de inboedel";
        /// Age of the eviction judgment (*ouderdom van de titel*).
        TitleAge = "title-age", "ouderdom van het vonnis";
        /// A place to live agreed before the eviction (*herhuisvesting*).
        Rehousing = "rehousing", "herhuisvesting";
        /// Friendly contact after the case (*nazorg*).
        Aftercare = "aftercare", "nazorgcontact";
        /// Review of an entry on a signalling list (*signaleringslijst*).
        ListReview = "list-review", "herbeoordeling signaleringslijst";
        /// Last day of an entry on a signalling list.
        ListEnd = "list-end", "einde vermelding signaleringslijst";
        /// Answer of the municipality that was offered a case (*overdracht*).
        HandOver = "hand-over", "antwoord op een overdracht";
        /// Claim of a housemate or carer to go on with the lease after the tenant's death (*voortzetting van de huur*).
        LeaseClaim = "lease-claim", "vordering tot voortzetting van de huur";
        /// Something a person has to look at (*werkvoorraad*).
        Review = "review", "beoordeling door een medewerker";
    }
}

impl TermKind {
    /// The article or practice that the term rests on.
    pub const fn article(self) -> &'static str {
        match self {
            Self::Offer => "art. 3 lid 1 onder b Wgs",
            Self::FirstTalk => "art. 4 lid 1 Wgs",
            Self::ThreatTalk => "art. 4 lid 2 Wgs",
            Self::Decision => "art. 4a Wgs",
            Self::Pause => "Landelijk Convenant Vroegsignalering",
            Self::CauseList => "art. 114 en 119 Rv",
            Self::Objection => "art. 143 Rv",
            Self::Appeal => "art. 339 Rv",
            Self::Grace => "art. 7:280 BW",
            Self::Bevel => "art. 555 lid 1 Rv, art. 2 Atw",
            Self::Reannounce => "art. 555 lid 2 Rv, art. 2 Atw",
            Self::Moratorium => "art. 287b Fw",
            Self::Goods => "art. 556 lid 3 Rv, art. 5:30 Awb",
            Self::LeaseClaim => "art. 7:268 lid 2 BW",
            Self::Rehousing => "Nationaal Actieplan Dakloosheid",
            Self::ListReview | Self::ListEnd => "modelprotocol Signaleringslijst (Aedes)",
            Self::Contact | Self::TitleAge | Self::Aftercare | Self::HandOver | Self::Review => "praktijk",
        }
    }
}

coded! {
    /// Why a term stopped without being met.
    EndReason {
        /// The signal, claim or request was withdrawn (*ingetrokken*).
        Withdrawn = "withdrawn", "ingetrokken";
        /// The debt was paid (*betaald*).
        Paid = "paid", "betaald";
        /// Another term took its place (*vervangen*).
        Superseded = "superseded", "vervangen door een andere termijn";
        /// Its region or case was closed (*gesloten*).
        Closed = "closed", "zaak gesloten";
        /// The resident refused (*geweigerd*).
        Refused = "refused", "hulp geweigerd";
        /// A judge, moratorium or objection put it on hold (*geschorst*).
        Suspended = "suspended", "geschorst";
        /// The resident moved away (*verhuisd*).
        Moved = "moved", "verhuisd";
        /// The resident died (*overleden*).
        Deceased = "deceased", "overleden";
        /// Another municipality took the case over, with the clock (*overgedragen*).
        HandedOver = "handed-over", "overgedragen";
        /// The term was set by mistake (*vergissing*).
        Mistake = "mistake", "ten onrechte gestart";
    }
}

/// A term as it was set. Never computed again: the day, the rule and how it was reached are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its own id, derived from what started it, so that a repeat is known as one.
    pub id: Uuid,
    /// What it is for.
    pub kind: TermKind,
    /// The day of the event that started it; the first day that counts is the next one.
    pub starts_on: civil::Date,
    /// The last day, Europe/Amsterdam. Once it is over, the term has run out.
    pub due: civil::Date,
    /// Code of the rule it was computed by, e.g. `wgs-offer-28d`.
    pub rule: String,
    /// Version of that rule.
    pub version: u32,
    /// Why the end moved or days did not count, one per skipped day.
    pub rolled: Vec<Roll>,
    /// Role or team code that has to act; never a person's name.
    pub owner: String,
    /// Days before the last day on which the owner is warned; 0 warns on the last day itself.
    pub warn_days: u16,
}

impl Term {
    /// The moment at which the term has run out: the start of the day after `due`, Europe/Amsterdam.
    pub fn due_moment(&self) -> Timestamp {
        end_of_day(self.due)
    }

    /// The moment from which the owner is warned: the start of the day `warn_days` days before `due`.
    pub fn warn_moment(&self) -> Timestamp {
        start_of_day(self.due.saturating_sub(i64::from(self.warn_days).days()))
    }
}

/// What happened to a term. Services wrap it in their own events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermEvent {
    /// It runs.
    Set(Term),
    /// Its owner was warned.
    Warned {
        /// The term.
        id: Uuid,
        /// When the warning was given.
        at: Timestamp,
    },
    /// It passed without being met, as far as known.
    Expired {
        /// The term.
        id: Uuid,
        /// When this was found.
        at: Timestamp,
    },
    /// What it asked for was done.
    Met {
        /// The term.
        id: Uuid,
        /// When it was done.
        happened_at: Timestamp,
        /// Whether that was after the due moment.
        late: bool,
    },
    /// It was met in time, but that was recorded only after it had expired: late recording, no breach.
    FoundMet {
        /// The term.
        id: Uuid,
        /// When it was done.
        happened_at: Timestamp,
    },
    /// It had already run out when the house first heard of it.
    LateWhenKnown {
        /// The term.
        id: Uuid,
        /// When the house heard of it.
        at: Timestamp,
    },
    /// It stopped without being met.
    Ended {
        /// The term.
        id: Uuid,
        /// Why.
        reason: EndReason,
    },
}

impl TermEvent {
    /// The term it is about.
    pub const fn id(&self) -> Uuid {
        match self {
            Self::Set(term) => term.id,
            Self::Warned { id, .. }
            | Self::Expired { id, .. }
            | Self::Met { id, .. }
            | Self::FoundMet { id, .. }
            | Self::LateWhenKnown { id, .. }
            | Self::Ended { id, .. } => *id,
        }
    }
}
