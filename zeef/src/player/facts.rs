//! Owns the words for facts of the legal track, as people type them and as the sample has them.

use std::collections::BTreeMap;

use proto::{
    common::v1::Date,
    court_liaison::v1::{
        AdministrationOrdered, EvictionAnnounced, EvictionAverted, EvictionCarriedOut, Fact, HearingHeld, HearingListed, HomeLeft,
        Judgment, JudgmentKind, LastOffer, MoratoriumDecided, MoratoriumRequested, SummonsAnnounced, SummonsServed, Tested, TrackEnded,
        fact::What,
    },
};

use crate::parse;

/// Every fact with its details, for `--help`.
pub const HELP: &str = "\
Facts, by step of the chart; a detail in [brackets] may be left out:
   5  summons-announced
   6  summons-served       [roll=DATE] [court=NAME]
   6  hearing-listed       court=NAME on=DATE [time=HH:MM]
   7  hearing-held         [appeared=yes|no] [duty=shown|not-shown|not-tested]
   8  judgment             kind=rejected|payment-only|grace|conditional|dissolved
                           [default=yes] [in-person=yes] [summary=yes] [served=DATE]
   9  moratorium-requested
   9  moratorium-decided   granted=yes|no
   9  last-offer           accepted=yes|no
  10  administration-ordered granted=yes|no
  11  eviction-announced   on=DATE [time=HH:MM] [ground=arrears|nuisance|mayor|other] [served=DATE]
  11  eviction-carried-out
  11  eviction-averted
  11  home-left            how=key-handed-in|left-unknown
      track-ended          reason=withdrawn|paid|settled|plan
Dates as 31-12-2026 or 2026-12-31.";

/// Details of a line: names with values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(BTreeMap<String, String>);

impl Details {
    /// From `name=value` words.
    ///
    /// # Errors
    /// The word that is none.
    pub fn of<S: AsRef<str>>(words: &[S]) -> Result<Self, String> {
        let pair = |word: &S| {
            let (name, value) = word.as_ref().split_once('=').ok_or_else(|| format!("name=value expected, found: {}", word.as_ref()))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        };
        words.iter().map(pair).collect::<Result<_, String>>().map(Self)
    }

    /// From a field of the sample: pairs separated by commas.
    ///
    /// # Errors
    /// The pair that is none.
    pub fn parse(field: &str) -> Result<Self, String> {
        let words: Vec<&str> = field.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        Self::of(&words)
    }

    /// A value; empty when it is not there.
    pub fn text(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// Its name.
    pub fn must(&self, name: &str) -> Result<String, String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned().ok_or_else(|| format!("{name}=… is missing"))
    }

    /// `yes` or `no`; `None` when it is not there.
    ///
    /// # Errors
    /// When it is something else.
    pub fn yes(&self, name: &str) -> Result<Option<bool>, String> {
        match self.0.get(name).map(String::as_str) {
            None => Ok(None),
            Some("yes" | "ja") => Ok(Some(true)),
            Some("no" | "nee") => Ok(Some(false)),
            Some(other) => Err(format!("{name}=yes or {name}=no expected, found {other}")),
        }
    }

    /// A day; `None` when it is not there.
    ///
    /// # Errors
    /// When it is no day.
    pub fn day(&self, name: &str) -> Result<Option<Date>, String> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        parse::date(text).map(|day| Some(Date { iso: day.to_string() })).map_err(|error| format!("{name}: {error}"))
    }

    fn day_must(&self, name: &str) -> Result<Option<Date>, String> {
        self.must(name)?;
        self.day(name)
    }

    /// Only these names are used.
    ///
    /// # Errors
    /// The first that is not.
    pub fn only(&self, names: &[&str]) -> Result<(), String> {
        match self.0.keys().find(|name| !names.contains(&name.as_str())) {
            Some(other) if names.is_empty() => Err(format!("{other} does not belong here: no details are expected")),
            Some(other) => Err(format!("{other} does not belong here; expected: {}", names.join(", "))),
            None => Ok(()),
        }
    }
}

type Read = fn(&Details) -> Result<What, String>;

/// A fact of landlord, bailiff, court or resident.
///
/// # Errors
/// What is wrong with its name or details.
pub fn fact(what: &str, details: &Details) -> Result<Fact, String> {
    let (names, read): (&[&str], Read) = match what {
        "summons-announced" => (&[], |_| Ok(What::SummonsAnnounced(SummonsAnnounced {}))),
        "summons-served" => {
            (&["roll", "court"], |d| Ok(What::SummonsServed(SummonsServed { cause_list_date: d.day("roll")?, court: d.text("court") })))
        }
        "hearing-listed" => (&["court", "on", "time"], |d| {
            Ok(What::HearingListed(HearingListed { court: d.must("court")?, on: d.day_must("on")?, time: d.text("time") }))
        }),
        "hearing-held" => (&["appeared", "duty"], |d| {
            let tested = match d.text("duty").as_str() {
                "" => Tested::Unspecified,
                "shown" => Tested::Shown,
                "not-shown" => Tested::NotShown,
                "not-tested" => Tested::NotTested,
                other => return Err(format!("duty=shown, not-shown or not-tested expected, found {other}")),
            };
            Ok(What::HearingHeld(HearingHeld { tenant_appeared: d.yes("appeared")?.unwrap_or(false), duty_tested: tested.into() }))
        }),
        "judgment" => (&["kind", "default", "in-person", "summary", "served"], judgment),
        "moratorium-requested" => (&[], |_| Ok(What::MoratoriumRequested(MoratoriumRequested {}))),
        "moratorium-decided" => (&["granted"], |d| Ok(What::MoratoriumDecided(MoratoriumDecided { granted: granted(d, "granted")? }))),
        "last-offer" => (&["accepted"], |d| Ok(What::LastOffer(LastOffer { accepted: granted(d, "accepted")? }))),
        "administration-ordered" => {
            (&["granted"], |d| Ok(What::AdministrationOrdered(AdministrationOrdered { granted: granted(d, "granted")? })))
        }
        "eviction-announced" => (&["on", "time", "ground", "served"], |d| {
            let ground = Some(d.text("ground")).filter(|ground| !ground.is_empty()).unwrap_or_else(|| "arrears".to_owned());
            let (on, time) = (d.day_must("on")?, d.text("time"));
            Ok(What::EvictionAnnounced(EvictionAnnounced { on, time, ground, served_on: d.day("served")? }))
        }),
        "eviction-carried-out" => (&[], |_| Ok(What::EvictionCarriedOut(EvictionCarriedOut {}))),
        "eviction-averted" => (&[], |_| Ok(What::EvictionAverted(EvictionAverted {}))),
        "home-left" => (&["how"], |d| Ok(What::HomeLeft(HomeLeft { how: d.must("how")? }))),
        "track-ended" => (&["reason"], |d| Ok(What::TrackEnded(TrackEnded { reason: d.must("reason")? }))),
        other => return Err(format!("no fact {other}")),
    };
    details.only(names)?;
    Ok(Fact { what: Some(read(details)?) })
}

/// Whether this is the name of a fact.
pub fn is_fact(what: &str) -> bool {
    HELP.lines().any(|line| line.get(4..).is_some_and(|rest| rest.trim_start().split(' ').next() == Some(what)))
}

fn granted(details: &Details, name: &str) -> Result<bool, String> {
    details.yes(name)?.ok_or_else(|| format!("{name}=yes or {name}=no is missing"))
}

fn judgment(details: &Details) -> Result<What, String> {
    let kind = match details.must("kind")?.as_str() {
        "rejected" => JudgmentKind::Rejected,
        "payment-only" => JudgmentKind::PaymentOnly,
        "grace" => JudgmentKind::Grace,
        "conditional" => JudgmentKind::Conditional,
        "dissolved" => JudgmentKind::Dissolved,
        other => return Err(format!("kind=rejected, payment-only, grace, conditional or dissolved expected, found {other}")),
    };
    let yes = |name| details.yes(name).map(|yes| yes.unwrap_or(false));
    Ok(What::Judgment(Judgment {
        kind: kind.into(),
        by_default: yes("default")?,
        served_in_person: yes("in-person")?,
        summary_proceedings: yes("summary")?,
        served_on: details.day("served")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_of_the_help_can_be_told() {
        for line in HELP.lines().skip(1) {
            let line = line.get(4..).unwrap_or_default().trim_start();
            let name = line.split(' ').next().unwrap_or_default();
            if line.starts_with('[') || !name.contains('-') && name != "judgment" {
                continue;
            }
            assert!(is_fact(name), "{name}");
            let value = |pair: &str| {
                let (name, value) = pair.split_once('=').unwrap();
                let value = value.split('|').next().unwrap().replace("DATE", "2026-03-03").replace("HH:MM", "10:30");
                format!("{name}={value}")
            };
            let words: Vec<String> =
                line.split(' ').skip(1).filter(|word| word.contains('=') && !word.starts_with('[')).map(value).collect();
            fact(name, &Details::of(&words).unwrap()).unwrap_or_else(|error| panic!("{name} {words:?}: {error}"));
            let optional: Vec<String> =
                line.split(' ').skip(1).filter(|word| word.contains('=')).map(|word| value(word.trim_matches(['[', ']']))).collect();
            fact(name, &Details::of(&optional).unwrap()).unwrap_or_else(|error| panic!("{name} {optional:?}: {error}"));
        }
    }

    #[test]
    fn wrong_details_are_named() {
        let told = |what: &str, field: &str| fact(what, &Details::parse(field).unwrap()).unwrap_err();
        assert!(told("hearing-listed", "court=Utrecht").contains("on=… is missing"));
        assert!(told("hearing-listed", "court=Utrecht, on=31-02-2026").contains("on:"));
        assert!(told("judgment", "kind=guilty").contains("dissolved"));
        assert!(told("judgment", "kind=grace, in-person=maybe").contains("in-person=yes"));
        assert!(told("summons-announced", "on=2026-01-01").contains("does not belong"));
        assert!(told("eviction-announced", "on=2026-01-01, when=later").contains("when does not belong here; expected: on, time"));
        assert!(told("moved", "").contains("no fact moved"));
        assert!(Details::parse("no pair").is_err());
    }
}
