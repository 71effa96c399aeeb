//! A policy in words: a Dutch sentence per rule, and the lines of its decision table.

use jiff::civil::Date;
use kernel::{Arrears, Cents};

use crate::{
    code::{Because, Contract, Kind, Name, Priority, Source, Track, WhyNot},
    condition::{Form, Op},
    fact::{Type, Value},
    policy::{Policy, Rule},
    team::{Overflow, Week},
};

/// What made a route necessary, Dutch.
pub const fn because(because: Because) -> &'static str {
    match because {
        Because::Signal => "een nieuwe melding",
        Because::Exhausted => "alle pogingen gedaan, geen contact",
        Because::Court => "een aangekondigde ontruiming",
        Because::Opened => "een rechtszaak zonder melding vooraf",
        Because::Request => "een eigen verzoek om hulp",
        Because::Threat => "een dreiging die het huishouden zelf meldt",
        Because::Crisis => "een melding van een crisis of van levering die stopt",
        Because::Writ => "een dagvaarding, waar dit beleid zelf voor kiest",
        Because::Override => "de keuze van een medewerker",
    }
}

/// A track, Dutch.
pub const fn track(track: Track) -> &'static str {
    match track {
        Track::Early => "vroeg",
        Track::Intensive => "intensief",
        Track::Crisis => "crisis",
        Track::TeamLead => "teamleider",
    }
}

/// A class of priority, Dutch.
pub const fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Ordinary => "gewoon",
        Priority::High => "hoog",
        Priority::Acute => "spoed",
    }
}

/// Who told a fact, Dutch.
pub const fn source(source: Source) -> &'static str {
    match source {
        Source::Partner => "de melder",
        Source::Court => "de rechtbank of de deurwaarder",
        Source::Household => "het huishouden zelf",
        Source::Outreach => "onze eigen contactpogingen",
        Source::Municipality => "een registratie van de gemeente",
        Source::Staff => "een medewerker",
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Rent => "een verhuurder",
        Kind::Energy => "een energieleverancier",
        Kind::Water => "een waterbedrijf",
        Kind::Health => "een zorgverzekeraar",
    }
}

const fn contract(contract: Contract) -> &'static str {
    match contract {
        Contract::Regular => "een contract voor onbepaalde tijd",
        Contract::Temporary => "een tijdelijk contract",
        Contract::PropertyGuardian => "antikraak",
        Contract::Campus => "een campuscontract",
        Contract::Employer => "een dienstwoning",
        Contract::Intermediate => "intermediaire verhuur",
        Contract::ShortStay => "short stay",
        Contract::Other => "een ander contract",
    }
}

/// A value of a fact, Dutch.
pub fn value(name: Name, value: &Value) -> String {
    match (name, value) {
        (Name::Because, Value::Text(code)) => Because::from_code(code).map_or_else(|| code.clone(), |code| because(code).to_owned()),
        (Name::From, Value::Text(code)) => Track::from_code(code).map_or_else(|| code.clone(), |code| track(code).to_owned()),
        (Name::Kind, Value::Text(code)) => Kind::from_code(code).map_or_else(|| code.clone(), |code| kind(code).to_owned()),
        (Name::Contract, Value::Text(code)) => Contract::from_code(code).map_or_else(|| code.clone(), |code| contract(code).to_owned()),
        (Name::AmountCents, Value::Number(cents)) => format!("€ {},{:02}", cents / 100, cents % 100),
        (_, Value::YesNo(true)) => "ja".to_owned(),
        (_, Value::YesNo(false)) => "nee".to_owned(),
        (_, Value::Text(text)) => text.clone(),
        (_, Value::Number(number)) => number.to_string(),
    }
}

/// A fact as a household is told it, Dutch: arrears are known as a class, so never as if they were exact.
pub fn told(name: Name, fact: &Value) -> String {
    match (name, fact) {
        (Name::AmountCents, Value::Number(cents)) => Arrears::of(Cents(*cents)).to_string(),
        _ => value(name, fact),
    }
}

/// A condition, Dutch: "de aanleiding een nieuwe melding is en ...".
pub fn condition(form: &Form) -> String {
    match form {
        Form::All(parts) => parts.iter().map(bracketed).collect::<Vec<_>>().join(" en "),
        Form::Any(parts) => parts.iter().map(bracketed).collect::<Vec<_>>().join(" of "),
        Form::Not(part) => match &**part {
            Form::Known(name) => known(*name, "onbekend"),
            Form::Compare(name, op, value) => condition(&Form::Compare(*name, opposite(*op), value.clone())),
            other => format!("niet geldt dat {}", bracketed(other)),
        },
        Form::Known(name) => known(*name, "bekend"),
        Form::Compare(name, op, constant) => compared(*name, *op, constant),
        Form::OneOf(name, values) => {
            format!("{} {} is", name.about().dutch, values.iter().map(|one| value(*name, one)).collect::<Vec<_>>().join(" of "))
        }
    }
}

fn known(name: Name, word: &str) -> String {
    match name.about().values {
        // "of er een bijstandsuitkering is": the clause goes to the end.
        Type::YesNo => format!("{word} is {}", name.about().dutch),
        Type::Code(_) | Type::Number | Type::Text => format!("{} {word} is", name.about().dutch),
    }
}

fn bracketed(form: &Form) -> String {
    match form {
        Form::All(_) | Form::Any(_) => format!("({})", condition(form)),
        other => condition(other),
    }
}

fn compared(name: Name, op: Op, constant: &Value) -> String {
    let about = name.about();
    let said = value(name, constant);
    if let (Type::YesNo, Value::YesNo(yes)) = (about.values, constant) {
        // "of er een bijstandsuitkering is": ja.
        let yes = if op == Op::IsNot { !yes } else { *yes };
        return format!("de vraag {} met {} is beantwoord", about.dutch, if yes { "ja" } else { "nee" });
    }
    match op {
        Op::Is => format!("{} {said} is", about.dutch),
        Op::IsNot => format!("{} niet {said} is", about.dutch),
        Op::Less => format!("{} minder dan {said} is", about.dutch),
        Op::AtMost => format!("{} {said} of minder is", about.dutch),
        Op::More => format!("{} meer dan {said} is", about.dutch),
        Op::AtLeast => format!("{} {said} of meer is", about.dutch),
    }
}

const fn opposite(op: Op) -> Op {
    match op {
        Op::Is => Op::IsNot,
        Op::IsNot => Op::Is,
        Op::Less => Op::AtLeast,
        Op::AtMost => Op::More,
        Op::More => Op::AtMost,
        Op::AtLeast => Op::Less,
    }
}

/// A team that had no room for a case in the week of a day, and whether the case is its own all the same, Dutch.
pub fn overflow(one: &Overflow, on: Date, has_it: bool) -> String {
    let week = Week::of(on);
    let why = match (one.why, one.capacity) {
        (WhyNot::Full, Some(capacity)) => format!("team {} is vol in {week}, na {capacity} zaken", one.team),
        (WhyNot::Full, None) => format!("team {} is vol in {week}", one.team),
        (WhyNot::Absent, _) => format!("team {} is op die dag afwezig", one.team),
    };
    if has_it { format!("{why}, en heeft deze zaak toch: niemand blijft liggen") } else { why }
}

/// A rule as one Dutch sentence.
pub fn sentence(policy: &Policy, rule: &Rule) -> String {
    let team = policy.teams.get(&rule.team).map_or(rule.team.as_str(), |team| team.name.as_str());
    format!(
        "Als {}, dan helpt {team} (spoor {}, voorrang {}); de eerste poging is uiterlijk {}. {}",
        condition(rule.when.form()),
        track(rule.track),
        priority(rule.priority),
        rule.first_attempt_by.dutch(),
        rule.reason.nl
    )
}

/// The facts that are columns of the decision table.
pub fn columns(policy: &Policy) -> Vec<Name> {
    Name::ALL.iter().copied().filter(|name| policy.rules.iter().any(|rule| rule.when.uses().contains(name))).collect()
}

/// What a rule says of each column: "-" where it does not look. A condition that is no plain list of demands stands in the
/// first column as a whole.
pub fn cells(columns: &[Name], form: &Form) -> Vec<String> {
    let parts = if let Form::All(parts) = form { parts.as_slice() } else { std::slice::from_ref(form) };
    let plain = parts.iter().map(cell).collect::<Option<Vec<_>>>();
    columns
        .iter()
        .enumerate()
        .map(|(at, column)| match &plain {
            Some(cells) => {
                let here = cells.iter().filter(|(name, _)| name == column).map(|(_, text)| text.as_str()).collect::<Vec<_>>();
                if here.is_empty() { "-".to_owned() } else { here.join(" en ") }
            }
            None if at == 0 => condition(form),
            None => "↑".to_owned(),
        })
        .collect()
}

/// A demand on one fact.
fn cell(form: &Form) -> Option<(Name, String)> {
    Some(match form {
        Form::Compare(name, op, constant) => {
            let sign = match op {
                Op::Is => "",
                Op::IsNot => "niet ",
                Op::Less => "< ",
                Op::AtMost => "≤ ",
                Op::More => "> ",
                Op::AtLeast => "≥ ",
            };
            (*name, format!("{sign}{}", value(*name, constant)))
        }
        Form::OneOf(name, values) => (*name, values.iter().map(|one| value(*name, one)).collect::<Vec<_>>().join(" of ")),
        Form::Known(name) => (*name, "bekend".to_owned()),
        Form::Not(part) => match &**part {
            Form::Known(name) => (*name, "onbekend".to_owned()),
            Form::Compare(name, op, value) => return cell(&Form::Compare(*name, opposite(*op), value.clone())),
            Form::All(_) | Form::Any(_) | Form::Not(_) | Form::OneOf(..) => return None,
        },
        // Several demands on one fact are one cell.
        Form::All(parts) | Form::Any(parts) => {
            let cells = parts.iter().map(cell).collect::<Option<Vec<_>>>()?;
            let name = cells.first()?.0;
            let word = if matches!(form, Form::All(_)) { " en " } else { " of " };
            if cells.iter().any(|(other, _)| *other != name) {
                return None;
            }
            (name, cells.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(word))
        }
    })
}
