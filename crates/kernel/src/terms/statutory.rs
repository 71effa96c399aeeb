//! Every term the house knows, one function each, with the article it rests on, and a catalogue of them all.
//!
//! A term starts the day after `start` and its last day is `due`. Ends move by the *Algemene termijnenwet* (Atw) only
//! where a law sets the term; terms of covenants, by-laws, judges and practice stay where they fall.

use jiff::{ToSpan, civil::Date};
use uuid::Uuid;

use super::{Roll, Term, TermKind};
use crate::days::{Length, Why, add_working_days, backwards, day_off, known_through, statutory_end};

/// The longest decision term a by-law may set, in weeks (Wgs art. 4a).
pub const MAX_DECISION_WEEKS: u32 = 8;

/// The longest that an entry may stay on a signalling list under any protocol, in years.
pub const MAX_LIST_YEARS: u32 = 5;

/// A last day and how it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// What the term is for.
    pub kind: TermKind,
    /// The last day, Europe/Amsterdam.
    pub due: Date,
    /// Days that did not count or could not be the end.
    pub rolled: Vec<Roll>,
    /// Code of the rule, part of the record for ever.
    pub rule: &'static str,
    /// Version of the rule; raised when its outcome changes for any date.
    pub version: u32,
    /// Article or practice.
    pub article: &'static str,
}

impl Computed {
    /// The term to set: `starts_on` is the day of the event that started it, `owner` a role or team code.
    pub fn term(self, id: Uuid, starts_on: Date, owner: impl Into<String>, warn_days: u16) -> Term {
        let Self { kind, due, rolled, rule, version, .. } = self;
        Term { id, kind, starts_on, due, rule: rule.to_owned(), version, rolled, owner: owner.into(), warn_days }
    }

    /// The end lies in a year for which decree days (Atw art. 3 lid 3) are not known yet: it may still move. Say so.
    pub fn may_still_move(&self) -> bool {
        self.due.year() > known_through()
    }
}

/// A term set by law, its end moved by the Atw.
fn by_law(kind: TermKind, rule: &'static str, article: &'static str, start: Date, length: Length) -> Computed {
    let (due, rolled) = statutory_end(start, length);
    Computed { kind, due, rolled, rule, version: 1, article }
}

/// A term whose end stays where it falls.
const fn fixed(kind: TermKind, rule: &'static str, article: &'static str, due: Date) -> Computed {
    Computed { kind, due, rolled: Vec::new(), rule, version: 1, article }
}

/// Offer of help within 28 days of a signal: Wgs art. 3 lid 1 onder b, the term as in the *Handreiking Voorkomen
/// huisuitzettingen* (Eropaf!, 2026); Atw.
pub fn offer(received: Date) -> Computed {
    by_law(TermKind::Offer, "wgs-offer-28d", "art. 3 lid 1 onder b Wgs", received, Length::Days(28))
}

/// First conversation within four weeks of a request or an accepted offer: Wgs art. 4 lid 1; Atw.
pub fn first_talk(asked: Date) -> Computed {
    by_law(TermKind::FirstTalk, "wgs-first-talk-4w", "art. 4 lid 1 Wgs", asked, Length::Weeks(4))
}

/// First conversation within three working days when eviction, the end of gas, electricity, heat or water, or the end
/// of health insurance threatens: Wgs art. 4 lid 2. The days that did not count are in `rolled`.
pub fn threat_talk(known: Date) -> Computed {
    let (due, rolled) = add_working_days(known, 3);
    Computed { rolled, ..fixed(TermKind::ThreatTalk, "wgs-threat-talk-3wd", "art. 4 lid 2 Wgs", due) }
}

/// Decision at most eight weeks after the first conversation: Wgs art. 4a. Set by a by-law, so not moved.
pub fn decision(first_talk: Date) -> Computed {
    decision_within(first_talk, MAX_DECISION_WEEKS)
}

/// Decision within the weeks of the local by-law (*verordening beslistermijn*), Wgs art. 4a; more than
/// [`MAX_DECISION_WEEKS`] counts as that. A by-law is no law in the sense of the Atw, so the end is not moved.
pub fn decision_within(first_talk: Date, weeks: u32) -> Computed {
    let due = Length::Weeks(weeks.min(MAX_DECISION_WEEKS)).after(first_talk);
    fixed(TermKind::Decision, "wgs-decision", "art. 4a Wgs", due)
}

/// Pause of 30 days in the collection after help is accepted: *Landelijk Convenant Vroegsignalering*. Not moved.
pub fn pause(accepted: Date) -> Computed {
    let due = Length::Days(30).after(accepted);
    fixed(TermKind::Pause, "lcv-pause-30d", "Landelijk Convenant Vroegsignalering", due)
}

/// Earliest cause-list date (*roldatum*): one week after service, neither the day of service nor the date itself
/// counted: Rv art. 114 and 119. `due` is the first allowed date; when the week ends on a day off, the Atw moves it on.
pub fn cause_list(served: Date) -> Computed {
    let week = by_law(TermKind::CauseList, "rv-cause-list-8d", "art. 114 en 119 Rv", served, Length::Weeks(1));
    Computed { due: week.due.saturating_add(1.day()), ..week }
}

/// Objection (*verzet*) within four weeks of service in person, of an act that shows knowledge, or of execution: Rv art. 143; Atw.
pub fn objection(started: Date) -> Computed {
    by_law(TermKind::Objection, "rv-objection-4w", "art. 143 lid 2 en 3 Rv", started, Length::Weeks(4))
}

/// Objection within eight weeks for who has a known address abroad: Rv art. 143 lid 2; Atw.
pub fn objection_abroad(started: Date) -> Computed {
    by_law(TermKind::Objection, "rv-objection-8w", "art. 143 lid 2 Rv", started, Length::Weeks(8))
}

/// Appeal (*hoger beroep*) within three months of the judgment: Rv art. 339 lid 1; Atw, for three is not more than three.
pub fn appeal(judgment: Date) -> Computed {
    by_law(TermKind::Appeal, "rv-appeal-3m", "art. 339 lid 1 Rv", judgment, Length::Months(3))
}

/// Appeal in summary proceedings (*kort geding*) within four weeks: Rv art. 339 lid 2; Atw.
pub fn appeal_summary(judgment: Date) -> Computed {
    by_law(TermKind::Appeal, "rv-appeal-4w", "art. 339 lid 2 Rv", judgment, Length::Weeks(4))
}

/// The latest end of a *terme de grâce*, one month: BW art. 7:280. The judge sets the day, so it is not moved.
pub fn grace(judgment: Date) -> Computed {
    fixed(TermKind::Grace, "bw-grace-1m", "art. 7:280 BW", Length::Months(1).after(judgment))
}

/// The order to leave within three days: Rv art. 555 lid 1, holding at least two ordinary days by Atw art. 2.
pub fn bevel(served: Date) -> Computed {
    by_law(TermKind::Bevel, "rv-bevel-3d", "art. 555 lid 1 Rv, art. 2 Atw", served, Length::Days(3))
}

/// The last day to serve a new eviction date, three days before it: Rv art. 555 lid 2. Counted backwards, so no end moves (Atw
/// art. 1 lid 2). That exception is of art. 1 alone: by art. 2, which stretches any statutory term of three days or more, two of
/// the days from service up to the eviction are ordinary ones (own reading; the day of the eviction does not count).
pub fn reannounce(eviction: Date) -> Computed {
    let (mut due, mut ordinary, mut rolled) = (eviction, 0_u32, Vec::new());
    let three = backwards(eviction, 3);
    while let Ok(before) = due.yesterday() {
        due = before;
        let off = day_off(due);
        ordinary += u32::from(off.is_none());
        if due <= three {
            if ordinary >= 2 {
                break;
            }
            rolled.push(Roll { day: due, why: off.unwrap_or(Why::TooFewOrdinaryDays) });
        }
    }
    let fixed = fixed(TermKind::Reannounce, "rv-reannounce-3d", "art. 555 lid 2 Rv, art. 2 Atw", due);
    Computed { rolled, version: 2, ..fixed }
}

/// The latest end of a moratorium, six months: Fw art. 287b. More than three months, so not moved (Atw art. 4).
pub fn moratorium(decided: Date) -> Computed {
    by_law(TermKind::Moratorium, "fw-moratorium-6m", "art. 287b Fw", decided, Length::Months(6))
}

/// Household goods are kept for thirteen weeks, then may be sold: Rv art. 556 lid 3, Awb art. 5:30. More than twelve
/// weeks, so not moved (Atw art. 4).
pub fn goods(stored: Date) -> Computed {
    by_law(TermKind::Goods, "awb-goods-13w", "art. 556 lid 3 Rv, art. 5:30 Awb", stored, Length::Weeks(13))
}

/// A place to live is there on the day of the eviction at the latest: practice, after the *Nationaal Actieplan Dakloosheid*.
pub fn rehousing(eviction: Date) -> Computed {
    fixed(TermKind::Rehousing, "nad-rehousing", "Nationaal Actieplan Dakloosheid", eviction)
}

/// A judgment of more than twelve months old calls for a fresh look; it does not lapse. Practice.
pub fn title_age(judgment: Date) -> Computed {
    fixed(TermKind::TitleAge, "practice-title-12m", "praktijk", Length::Months(12).after(judgment))
}

/// Friendly contact some months after the case, for instance 1, 3, 6 and 12. Practice.
pub fn aftercare(finished: Date, months: u32) -> Computed {
    fixed(TermKind::Aftercare, "practice-aftercare", "praktijk", Length::Months(months).after(finished))
}

/// Yearly review of an entry on a signalling list: practice, after the Aedes model protocol.
pub fn list_review(entered: Date) -> Computed {
    let due = Length::Months(12).after(entered);
    fixed(TermKind::ListReview, "list-review-12m", "modelprotocol Signaleringslijst (Aedes)", due)
}

/// The last day of an entry on a signalling list, in the years of its ground, one to [`MAX_LIST_YEARS`]: the Aedes
/// model protocol; usually three.
pub fn list_end(entered: Date, years: u32) -> Computed {
    let due = Length::Years(years.clamp(1, MAX_LIST_YEARS)).after(entered);
    fixed(TermKind::ListEnd, "list-end", "modelprotocol Signaleringslijst (Aedes)", due)
}

/// Who shared the household of a tenant who died goes on with the lease for six months, and after that only when it was claimed
/// in court within them: BW art. 7:268 lid 2. More than three months, so not moved (Atw art. 4).
pub fn lease_claim(died: Date) -> Computed {
    by_law(TermKind::LeaseClaim, "bw-lease-claim-6m", "art. 7:268 lid 2 BW", died, Length::Months(6))
}

/// Two weeks to find out who is left behind when a tenant is said to have died: practice, for a household is considered still.
pub fn death_review(told: Date) -> Computed {
    fixed(TermKind::Review, "practice-death-review-2w", "praktijk", Length::Weeks(2).after(told))
}

/// Answer of the municipality that was offered a case, two weeks: practice. The case stays with who offered it meanwhile.
pub fn hand_over(offered: Date) -> Computed {
    fixed(TermKind::HandOver, "practice-hand-over-2w", "praktijk", Length::Weeks(2).after(offered))
}

/// What a term rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Set or bounded by law (*wet*).
    Law,
    /// Agreed nationally (*convenant*).
    Covenant,
    /// Usual, configurable (*praktijk*).
    Practice,
}

impl Basis {
    /// The Dutch name.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::Law => "wet",
            Self::Covenant => "convenant",
            Self::Practice => "praktijk",
        }
    }
}

/// A row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Statutory {
    /// Code of the row; rows of one rule with another length share their rule code.
    pub code: &'static str,
    /// What it is for, in Dutch.
    pub dutch: &'static str,
    /// Article or practice.
    pub article: &'static str,
    /// The event that starts it, in Dutch; terms counted backwards start at the event they precede.
    pub starts_with: &'static str,
    /// What it rests on.
    pub kind: Basis,
    /// Computes it.
    pub compute: fn(Date) -> Computed,
}

macro_rules! rows {
    ($($code:literal, $kind:ident, $article:literal, $dutch:literal, $starts_with:literal, $compute:expr;)+) => {
        &[$(Statutory {
            code: $code, dutch: $dutch, article: $article, starts_with: $starts_with, kind: Basis::$kind, compute: $compute,
        },)+]
    };
}

static CATALOGUE: &[Statutory] = rows! {
    "wgs-offer-28d", Law, "art. 3 lid 1 onder b Wgs", "aanbod van hulp", "ontvangst van het signaal", offer;
    "wgs-first-talk-4w", Law, "art. 4 lid 1 Wgs", "eerste gesprek", "verzoek om hulp of aanvaard aanbod", first_talk;
    "wgs-threat-talk-3wd", Law, "art. 4 lid 2 Wgs", "eerste gesprek bij een bedreigende situatie",
        "dreiging bekend", threat_talk;
    "wgs-decision", Law, "art. 4a Wgs", "beschikking schuldhulpverlening (ten hoogste)", "eerste gesprek", decision;
    "lcv-pause-30d", Covenant, "Landelijk Convenant Vroegsignalering", "pauze van de incasso", "aanvaarding van hulp", pause;
    "rv-cause-list-8d", Law, "art. 114 en 119 Rv", "vroegste roldatum", "betekening van de dagvaarding", cause_list;
    "rv-objection-4w", Law, "art. 143 lid 2 en 3 Rv", "verzet",
        "betekening in persoon, daad van bekendheid of tenuitvoerlegging", objection;
    "rv-objection-8w", Law, "art. 143 lid 2 Rv", "verzet vanuit het buitenland",
        "betekening in persoon of daad van bekendheid", objection_abroad;
    "rv-appeal-3m", Law, "art. 339 lid 1 Rv", "hoger beroep", "uitspraak", appeal;
    "rv-appeal-4w", Law, "art. 339 lid 2 Rv", "hoger beroep in kort geding", "uitspraak in kort geding", appeal_summary;
    "bw-grace-1m", Law, "art. 7:280 BW", "terme de grâce (ten hoogste)", "uitspraak", grace;
    "rv-bevel-3d", Law, "art. 555 lid 1 Rv, art. 2 Atw", "bevel tot ontruiming", "betekening van het bevel", bevel;
    "rv-reannounce-3d", Law, "art. 555 lid 2 Rv, art. 2 Atw", "nieuwe aanzegging, uiterlijk",
        "nieuwe ontruimingsdatum (terugrekenen)", reannounce;
    "fw-moratorium-6m", Law, "art. 287b Fw", "moratorium (ten hoogste)", "beslissing van de rechtbank", moratorium;
    "awb-goods-13w", Law, "art. 556 lid 3 Rv, art. 5:30 Awb", "opslag van de inboedel", "opslag", goods;
    "nad-rehousing", Practice, "Nationaal Actieplan Dakloosheid", "woonplek afgesproken, uiterlijk", "ontruimingsdatum", rehousing;
    "practice-title-12m", Practice, "praktijk", "vonnis ouder dan een jaar: opnieuw bezien", "uitspraak", title_age;
    "practice-aftercare-1m", Practice, "praktijk", "nazorgcontact na 1 maand", "afronding van de zaak", |day| aftercare(day, 1);
    "practice-aftercare-3m", Practice, "praktijk", "nazorgcontact na 3 maanden", "afronding van de zaak", |day| aftercare(day, 3);
    "practice-aftercare-6m", Practice, "praktijk", "nazorgcontact na 6 maanden", "afronding van de zaak", |day| aftercare(day, 6);
    "practice-aftercare-12m", Practice, "praktijk", "nazorgcontact na 12 maanden", "afronding van de zaak", |day| aftercare(day, 12);
    "bw-lease-claim-6m", Law, "art. 7:268 lid 2 BW", "vordering tot voortzetting van de huur", "overlijden van de huurder", lease_claim;
    "practice-death-review-2w", Practice, "praktijk", "nagaan wie er achterblijft", "melding dat de huurder is overleden", death_review;
    "practice-hand-over-2w", Practice, "praktijk", "antwoord op een overdracht", "aanbod van de zaak aan een andere gemeente", hand_over;
    "list-review-12m", Practice, "modelprotocol Signaleringslijst (Aedes)", "herbeoordeling signaleringslijst",
        "plaatsing op de lijst", list_review;
    "list-end-3y", Practice, "modelprotocol Signaleringslijst (Aedes)", "einde vermelding signaleringslijst (gebruikelijk)",
        "plaatsing op de lijst", |day| list_end(day, 3);
};

/// Every term the house knows, in the order of the chain.
pub fn catalogue() -> &'static [Statutory] {
    CATALOGUE
}

#[cfg(test)]
#[path = "statutory_tests.rs"]
mod tests;
