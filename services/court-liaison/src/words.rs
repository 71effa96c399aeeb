//! Facts between the contract and the domain, one exhaustive match each way; for what is stored and for what is asked.

use court_liaison_domain::{Fact, Ground, HowLeft, Judgment, JudgmentKind, Tested, TrackEnd};
use jiff::civil::{Date, Time};
use journal::Unreadable;
use proto::{
    common::v1 as common,
    court_liaison::v1::{self as pb, fact::What},
};

/// A field of a fact that cannot be taken as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which.
    pub field: &'static str,
    /// What would be right.
    pub expected: &'static str,
}

impl From<Wrong> for Unreadable {
    /// What is stored was right once: a value that is not known is of a newer binary.
    fn from(_: Wrong) -> Self {
        Self::UnknownType
    }
}

const A_DATE: &str = "a date is expected, for example 2026-04-07";
const A_TIME: &str = "a time is expected, for example 09:30, or nothing";
const A_COURT: &str = "the place of a court is expected, for example Rotterdam";

/// A fact as told.
pub fn fact_in(fact: Option<&pb::Fact>) -> Result<Fact, Wrong> {
    let wrong = |field, expected| Wrong { field, expected };
    let what = fact.and_then(|fact| fact.what.as_ref()).ok_or(wrong("fact", "one of the facts is expected"))?;
    Ok(match what {
        What::SummonsAnnounced(_) => Fact::SummonsAnnounced,
        What::SummonsServed(e) => Fact::SummonsServed {
            cause_list_date: date("fact.summons_served.cause_list_date", e.cause_list_date.as_ref())?,
            court: Some(e.court.trim().to_owned()).filter(|court| !court.is_empty()),
        },
        What::HearingListed(e) => Fact::HearingListed {
            court: e.court.trim().to_owned(),
            on: date("fact.hearing_listed.on", e.on.as_ref())?.ok_or(wrong("fact.hearing_listed.on", A_DATE))?,
            time: time("fact.hearing_listed.time", &e.time)?,
        },
        What::HearingHeld(e) => Fact::HearingHeld {
            tenant_appeared: e.tenant_appeared,
            duty_tested: match pb::Tested::try_from(e.duty_tested) {
                Ok(pb::Tested::Shown) => Tested::Shown,
                Ok(pb::Tested::NotShown) => Tested::NotShown,
                Ok(pb::Tested::NotTested | pb::Tested::Unspecified) => Tested::NotTested,
                Err(_) => return Err(wrong("fact.hearing_held.duty_tested", "shown, not shown or not tested is expected")),
            },
        },
        What::Judgment(e) => Fact::Judgment(Judgment {
            kind: match pb::JudgmentKind::try_from(e.kind) {
                Ok(pb::JudgmentKind::Rejected) => JudgmentKind::Rejected,
                Ok(pb::JudgmentKind::PaymentOnly) => JudgmentKind::PaymentOnly,
                Ok(pb::JudgmentKind::Grace) => JudgmentKind::Grace,
                Ok(pb::JudgmentKind::Conditional) => JudgmentKind::Conditional,
                Ok(pb::JudgmentKind::Dissolved) => JudgmentKind::Dissolved,
                Ok(pb::JudgmentKind::Unspecified) | Err(_) => {
                    return Err(wrong("fact.judgment.kind", "rejected, payment only, grace, conditional or dissolved is expected"));
                }
            },
            by_default: e.by_default,
            served_in_person: e.served_in_person,
            served_on: date("fact.judgment.served_on", e.served_on.as_ref())?,
            summary_proceedings: e.summary_proceedings,
        }),
        What::MoratoriumRequested(_) => Fact::MoratoriumRequested,
        What::MoratoriumDecided(e) => Fact::MoratoriumDecided { granted: e.granted },
        What::LastOffer(e) => Fact::LastOffer { accepted: e.accepted },
        What::AdministrationOrdered(e) => Fact::AdministrationOrdered { granted: e.granted },
        What::EvictionAnnounced(e) => Fact::EvictionAnnounced {
            on: date("fact.eviction_announced.on", e.on.as_ref())?.ok_or(wrong("fact.eviction_announced.on", A_DATE))?,
            time: time("fact.eviction_announced.time", &e.time)?,
            // A notice need not tell why.
            ground: if e.ground.is_empty() {
                Ground::Other
            } else {
                e.ground.parse().map_err(|_| wrong("fact.eviction_announced.ground", "arrears, nuisance, mayor or other is expected"))?
            },
            served_on: date("fact.eviction_announced.served_on", e.served_on.as_ref())?,
        },
        What::EvictionCarriedOut(_) => Fact::EvictionCarriedOut,
        What::EvictionAverted(_) => Fact::EvictionAverted,
        What::TrackEnded(e) => Fact::TrackEnded(
            e.reason.parse::<TrackEnd>().map_err(|_| wrong("fact.track_ended.reason", "withdrawn, paid, settled or plan is expected"))?,
        ),
        What::HomeLeft(e) => {
            Fact::HomeLeft(e.how.parse::<HowLeft>().map_err(|_| wrong("fact.home_left.how", "key-handed-in or left-unknown is expected"))?)
        }
    })
}

/// A fact as it is stored and shown.
pub fn fact_out(fact: &Fact) -> pb::Fact {
    let date = |date: &Option<Date>| date.map(journal::terms::date_out);
    let what = match fact {
        Fact::SummonsAnnounced => What::SummonsAnnounced(pb::SummonsAnnounced {}),
        Fact::SummonsServed { cause_list_date, court } => {
            What::SummonsServed(pb::SummonsServed { cause_list_date: date(cause_list_date), court: court.clone().unwrap_or_default() })
        }
        Fact::HearingListed { court, on, time } => {
            What::HearingListed(pb::HearingListed { court: court.clone(), on: Some(journal::terms::date_out(*on)), time: time_out(*time) })
        }
        Fact::HearingHeld { tenant_appeared, duty_tested } => What::HearingHeld(pb::HearingHeld {
            tenant_appeared: *tenant_appeared,
            duty_tested: match duty_tested {
                Tested::Shown => pb::Tested::Shown,
                Tested::NotShown => pb::Tested::NotShown,
                Tested::NotTested => pb::Tested::NotTested,
            }
            .into(),
        }),
        Fact::Judgment(Judgment { kind, by_default, served_in_person, served_on, summary_proceedings }) => What::Judgment(pb::Judgment {
            kind: match kind {
                JudgmentKind::Rejected => pb::JudgmentKind::Rejected,
                JudgmentKind::PaymentOnly => pb::JudgmentKind::PaymentOnly,
                JudgmentKind::Grace => pb::JudgmentKind::Grace,
                JudgmentKind::Conditional => pb::JudgmentKind::Conditional,
                JudgmentKind::Dissolved => pb::JudgmentKind::Dissolved,
            }
            .into(),
            by_default: *by_default,
            served_in_person: *served_in_person,
            summary_proceedings: *summary_proceedings,
            served_on: date(served_on),
        }),
        Fact::MoratoriumRequested => What::MoratoriumRequested(pb::MoratoriumRequested {}),
        Fact::MoratoriumDecided { granted } => What::MoratoriumDecided(pb::MoratoriumDecided { granted: *granted }),
        Fact::LastOffer { accepted } => What::LastOffer(pb::LastOffer { accepted: *accepted }),
        Fact::AdministrationOrdered { granted } => What::AdministrationOrdered(pb::AdministrationOrdered { granted: *granted }),
        Fact::EvictionAnnounced { on, time, ground, served_on } => What::EvictionAnnounced(pb::EvictionAnnounced {
            on: Some(journal::terms::date_out(*on)),
            time: time_out(*time),
            ground: ground.code().to_owned(),
            served_on: date(served_on),
        }),
        Fact::EvictionCarriedOut => What::EvictionCarriedOut(pb::EvictionCarriedOut {}),
        Fact::EvictionAverted => What::EvictionAverted(pb::EvictionAverted {}),
        Fact::TrackEnded(end) => What::TrackEnded(pb::TrackEnded { reason: end.code().to_owned() }),
        Fact::HomeLeft(how) => What::HomeLeft(pb::HomeLeft { how: how.code().to_owned() }),
    };
    pb::Fact { what: Some(what) }
}

/// `hh:mm`, or nothing.
pub fn time_out(time: Option<Time>) -> String {
    time.map(|time| time.strftime("%H:%M").to_string()).unwrap_or_default()
}

fn date(field: &'static str, date: Option<&common::Date>) -> Result<Option<Date>, Wrong> {
    match date.map(|date| date.iso.trim()).filter(|iso| !iso.is_empty()) {
        Some(iso) => iso.parse().map(Some).map_err(|_| Wrong { field, expected: A_DATE }),
        None => Ok(None),
    }
}

fn time(field: &'static str, text: &str) -> Result<Option<Time>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    Time::strptime("%H:%M", text.trim()).map(Some).map_err(|_| Wrong { field, expected: A_TIME })
}

/// Holds the one free word of a fact, the place of a court, to a place name: no story fits in. Asked of what comes in, never
/// of what is stored.
///
/// # Errors
/// [`Wrong`] with the field.
pub fn check(fact: &Fact) -> Result<(), Wrong> {
    let (field, court) = match fact {
        Fact::HearingListed { court, .. } => ("fact.hearing_listed.court", court),
        Fact::SummonsServed { court: Some(court), .. } => ("fact.summons_served.court", court),
        _ => return Ok(()),
    };
    let plain = court.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '(' | ')'));
    if court.is_empty() || court.chars().count() > 40 || !plain { Err(Wrong { field, expected: A_COURT }) } else { Ok(()) }
}
