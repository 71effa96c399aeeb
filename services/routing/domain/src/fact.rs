//! The facts a policy may look at: each with its type, where it comes from, the law it rests on, and when it can be known.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::code::{Because, Contract, Kind, Name, Source, Track};

/// What values a fact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// One of a closed list of codes.
    Code(&'static [&'static str]),
    /// A whole number of nought or more.
    Number,
    /// Yes or no.
    YesNo,
    /// A code of the municipality's own, such as a district.
    Text,
}

impl Type {
    /// The Dutch name, for messages.
    pub fn dutch(self) -> String {
        match self {
            Self::Code(codes) => format!("een van {}", codes.join(", ")),
            Self::Number => "een geheel getal".to_owned(),
            Self::YesNo => "true of false".to_owned(),
            Self::Text => "een code tussen aanhalingstekens".to_owned(),
        }
    }
}

/// A value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Of [`Type::Code`] and [`Type::Text`].
    Text(String),
    /// Of [`Type::Number`].
    Number(i64),
    /// Of [`Type::YesNo`].
    YesNo(bool),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::YesNo(yes) => yes.fmt(f),
        }
    }
}

/// What is known about a fact in general. This is the documentation of the facts: `zeef routing show` prints it.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its values.
    pub values: Type,
    /// Dutch, with its article: "de maanden achterstand".
    pub dutch: &'static str,
    /// The law it may be used by.
    pub basis: &'static str,
    /// When it can be known.
    pub occasions: &'static [Because],
    /// Even then it may be unknown.
    pub may_be_unknown: bool,
    /// It may choose who helps, never how soon or how hard.
    pub team_only: bool,
}

const ALWAYS: &[Because] = &[
    Because::Signal,
    Because::Crisis,
    Because::Opened,
    Because::Writ,
    Because::Court,
    Because::Request,
    Because::Threat,
    Because::Exhausted,
];
const SIGNAL: &[Because] = &[Because::Signal, Because::Crisis];

impl Name {
    /// What is known about it.
    pub fn about(self) -> About {
        let about = |values, dutch, basis, occasions: &'static [Because], may_be_unknown| About {
            values,
            dutch,
            basis,
            occasions,
            may_be_unknown,
            team_only: false,
        };
        match self {
            Self::Because => about(Type::Code(Because::CODES), "de aanleiding", "art. 3 lid 1 Wgs", ALWAYS, false),
            Self::From => about(
                Type::Code(Track::CODES),
                "het spoor dat vergeefs is geprobeerd",
                "art. 3 lid 1 onder b Wgs",
                &[Because::Exhausted],
                false,
            ),
            Self::Kind => about(Type::Code(Kind::CODES), "de soort melder", "art. 3 lid 1 onder b Wgs, art. 2 Bgs", SIGNAL, true),
            Self::AmountCents => about(Type::Number, "het bedrag van de achterstand", "art. 2 Bgs", SIGNAL, false),
            Self::Months => about(Type::Number, "het aantal hele maanden achterstand", "art. 2 Bgs", SIGNAL, true),
            Self::PrivateLandlord => about(Type::YesNo, "of de verhuurder particulier is", "art. 2 Bgs", SIGNAL, true),
            Self::FinalSupply => {
                about(Type::YesNo, "of de levering van energie, warmte of water stopt", "art. 4 lid 2 Wgs", &[Because::Crisis], true)
            }
            Self::Contract => about(Type::Code(Contract::CODES), "het soort huurcontract", "art. 2 Bgs", SIGNAL, true),
            Self::Step => about(Type::Number, "de stap in de keten", "art. 14 Gdw", &[Because::Opened], false),
            Self::Benefit => about(Type::YesNo, "of er een bijstandsuitkering is", "art. 8 Wgs, Participatiewet", ALWAYS, true),
            Self::Entrepreneur => about(Type::YesNo, "of iemand in het huishouden ondernemer is", "art. 8 Wgs", ALWAYS, true),
            Self::District => About {
                values: Type::Text,
                dutch: "de wijk",
                basis: "art. 3 lid 1 Wgs",
                occasions: ALWAYS,
                may_be_unknown: true,
                team_only: true,
            },
        }
    }

    /// Who told it, on this occasion.
    pub const fn source(self, because: Because) -> Source {
        match self {
            Self::Because | Self::From => match because {
                Because::Signal | Because::Crisis => Source::Partner,
                Because::Opened | Because::Court | Because::Writ => Source::Court,
                Because::Request | Because::Threat => Source::Household,
                Because::Exhausted => Source::Outreach,
                Because::Override => Source::Staff,
            },
            Self::Kind | Self::AmountCents | Self::Months | Self::PrivateLandlord | Self::Contract | Self::FinalSupply => Source::Partner,
            Self::Step => Source::Court,
            Self::Benefit | Self::Entrepreneur | Self::District => Source::Municipality,
        }
    }

    /// A value from text as it is recorded; `None` when it is not of this fact's type.
    pub fn value(self, text: &str) -> Option<Value> {
        match self.about().values {
            Type::Code(codes) => codes.contains(&text).then(|| Value::Text(text.to_owned())),
            Type::Text => Some(Value::Text(text.to_owned())),
            Type::Number => text.parse().ok().map(Value::Number),
            Type::YesNo => text.parse().ok().map(Value::YesNo),
        }
    }
}

/// Words that name what must never decide how soon or how hard somebody is helped, nor by whom: no fact is called so.
pub const PROTECTED: &[&str] = &[
    "address",
    "adres",
    "age",
    "birth_date",
    "bsn",
    "children",
    "family",
    "gender",
    "geboortedatum",
    "geslacht",
    "gezin",
    "herkomst",
    "household",
    "household_form",
    "huishouden",
    "kinderen",
    "leeftijd",
    "naam",
    "name",
    "nationaliteit",
    "nationality",
    "origin",
    "postal_code",
    "postcode",
    "sex",
    "street",
    "straat",
    "surname",
    "zip",
];

/// What is known when a policy is asked. What is not in here is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    because: Because,
    known: BTreeMap<Name, (Value, Option<Date>, Source)>,
}

/// A fact as it is told with a route: codes, cents and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Code of who told it; empty in routes of before sources were kept.
    pub source: String,
    /// Since when it is so, or when it was told.
    pub on: Option<Date>,
}

impl Facts {
    /// An occasion of which nothing more is known.
    pub fn about(because: Because, on: Option<Date>) -> Self {
        let occasion = (Value::Text(because.code().to_owned()), on, Name::Because.source(because));
        Self { because, known: BTreeMap::from([(Name::Because, occasion)]) }
    }

    /// The same, with a fact more when it is known.
    #[must_use]
    pub fn with(mut self, name: Name, value: Option<Value>, on: Option<Date>) -> Self {
        if let Some(value) = value {
            self.known.insert(name, (value, on, name.source(self.because)));
        }
        self
    }

    /// The same, with a fact that somebody told, under who told it. A name or value of another time is left out: it is unknown.
    #[must_use]
    pub fn with_told(mut self, told: &Told) -> Self {
        let Some(name) = Name::from_code(&told.name).filter(|name| *name != Name::Because) else { return self };
        if let Some(value) = name.value(&told.value) {
            let source = Source::from_code(&told.source).unwrap_or_else(|| name.source(self.because));
            self.known.insert(name, (value, told.on, source));
        }
        self
    }

    /// From what was told with a route. Names and values of another time are left out: they are unknown.
    pub fn of_told(because: Because, told: &[Told]) -> Self {
        told.iter().fold(Self::about(because, None), Self::with_told)
    }

    /// The same, on another occasion: what cannot be known then is left out.
    pub(crate) fn on_occasion(&self, because: Because) -> Self {
        let known = self.known.iter().filter(|(name, _)| **name != Name::Because && name.about().occasions.contains(&because));
        let on = self.known.get(&Name::Because).and_then(|(_, on, _)| *on);
        let mut facts = Self::about(because, on);
        facts.known.extend(known.map(|(name, known)| (*name, known.clone())));
        facts
    }

    /// The occasion.
    pub const fn because(&self) -> Because {
        self.because
    }

    /// What is known of a fact.
    pub fn get(&self, name: Name) -> Option<&Value> {
        self.known.get(&name).map(|(value, ..)| value)
    }

    /// The district (*wijk*), when it is known.
    pub fn district(&self) -> Option<&str> {
        match self.get(Name::District) {
            Some(Value::Text(code)) => Some(code),
            _ => None,
        }
    }

    /// All that is known.
    pub fn names(&self) -> BTreeSet<Name> {
        self.known.keys().copied().collect()
    }

    /// As it is told with a route.
    pub fn told(&self) -> Vec<Told> {
        self.known
            .iter()
            .map(|(name, (value, on, source))| Told {
                name: name.code().to_owned(),
                value: value.to_string(),
                source: source.code().to_owned(),
                on: *on,
            })
            .collect()
    }
}
