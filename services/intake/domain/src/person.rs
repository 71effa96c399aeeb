//! Whether two names at one door are one person: `same`, `doubtful` or `different`, always with the reasons. No score. What is
//! unsure is kept apart until a person decides: a household member must never see the debts of another.

mod given;
mod reading;
mod surname;
#[cfg(test)]
mod tests;

use kernel::PersonId;

use crate::words::coded;
use given::Given;
use reading::{Reading, readings};
use surname::{Likeness, likeness};

/// A name as a partner wrote it. Personal data: it lives in the vault, and here while two names are compared.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Initials (*voorletters*) or first names.
    pub given: String,
    /// Infix (*voorvoegsel*).
    pub infix: String,
    /// Surname (*achternaam*), or the name of a company.
    pub surname: String,
}

coded! {
    /// What two names say of each other.
    Verdict {
        /// Not the same person.
        Different = "different";
        /// Perhaps: a person decides.
        Doubtful = "doubtful";
        /// The same person, spelling aside.
        Same = "same";
    }
}
coded! {
    /// Why two names are thought to be one person or two.
    MatchReason {
        /// The same partner's reference.
        SameReference = "same-reference";
        /// The surnames are letter for letter the same.
        SurnameEqual = "surname-equal";
        /// The surnames differ in spelling only: ss/s, ij/y, diacritics.
        Spelling = "spelling";
        /// The surnames differ by one letter.
        OneLetter = "one-letter";
        /// The surnames share a part: a maiden or double name.
        DoubleName = "double-name";
        /// The surnames have nothing in common.
        SurnameDiffers = "surname-differs";
        /// The infixes contradict each other.
        InfixDiffers = "infix-differs";
        /// The first names are the same.
        GivenEqual = "given-equal";
        /// The initials do not contradict each other.
        InitialsAgree = "initials-agree";
        /// The first initials are the same, and what follows is not.
        GivenUnsure = "given-unsure";
        /// The first initials differ.
        GivenDiffers = "given-differs";
        /// One of them has no initials or first name.
        GivenMissing = "given-missing";
        /// The salutations differ.
        Salutation = "salutation-differs";
        /// First name and surname changed places.
        OrderSwapped = "order-swapped";
        /// A company's name holds the surname.
        CompanyName = "company-name";
        /// One of them has no name at all.
        NameMissing = "name-missing";
    }
}

impl Verdict {
    /// As a Dutch sentence says it.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::Different => "verschillende personen",
            Self::Doubtful => "twijfel",
            Self::Same => "dezelfde persoon",
        }
    }
}

impl MatchReason {
    /// As a Dutch sentence says it.
    pub const fn dutch(self) -> &'static str {
        match self {
            Self::SameReference => "hetzelfde kenmerk van dezelfde partner",
            Self::SurnameEqual => "gelijke achternaam",
            Self::Spelling => "achternaam verschilt alleen in schrijfwijze",
            Self::OneLetter => "achternaam verschilt één letter",
            Self::DoubleName => "achternamen delen een deel (meisjesnaam of dubbele naam)",
            Self::SurnameDiffers => "andere achternaam",
            Self::InfixDiffers => "ander tussenvoegsel",
            Self::GivenEqual => "gelijke voornaam of voorletters",
            Self::InitialsAgree => "voorletters spreken elkaar niet tegen",
            Self::GivenUnsure => "zelfde eerste voorletter, maar de rest verschilt",
            Self::GivenDiffers => "andere eerste voorletter",
            Self::GivenMissing => "voorletters ontbreken",
            Self::Salutation => "andere aanhef",
            Self::OrderSwapped => "voornaam en achternaam verwisseld",
            Self::CompanyName => "naam van een bedrijf met deze achternaam",
            Self::NameMissing => "naam ontbreekt",
        }
    }
}

/// A verdict and its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, in the order in which it was looked at.
    pub reasons: Vec<MatchReason>,
}

/// Compares two names at one door. The order of the two does not matter.
pub fn compare(one: &Name, other: &Name) -> Compared {
    let (ours, theirs) = (readings(one), readings(other));
    let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| compare_readings(a, b)));
    // The first reading of each is what was written: another one counts only when it says more.
    let best = pairs.fold(None, |best: Option<Compared>, next| match best {
        Some(best) if best.verdict >= next.verdict => Some(best),
        _ => Some(next),
    });
    best.unwrap_or(Compared { verdict: Verdict::Doubtful, reasons: vec![MatchReason::NameMissing] })
}

fn compare_readings(one: &Reading, other: &Reading) -> Compared {
    use MatchReason as R;
    let likeness = likeness(one, other);
    let mut reasons = vec![likeness.reason()];
    let given = if one.company && other.company { Given::Equal } else { given::compare(&one.given, &other.given) };
    if !(one.company && other.company) {
        reasons.push(given.reason());
    }
    let mut verdict = match (likeness, given) {
        (_, Given::Differs) => Verdict::Different,
        (Likeness::Equal | Likeness::Spelling, Given::Equal | Given::Agrees) => Verdict::Same,
        (Likeness::Equal | Likeness::Spelling, Given::Unsure | Given::Missing) => Verdict::Doubtful,
        (Likeness::Shared | Likeness::Company, Given::Equal) => Verdict::Same,
        // Married people may share a letter and half of a name.
        (Likeness::Shared | Likeness::Company, _) => Verdict::Doubtful,
        (Likeness::OneLetter, Given::Equal | Given::Agrees | Given::Missing) => Verdict::Doubtful,
        (Likeness::OneLetter, Given::Unsure) => Verdict::Different,
        // Who married may have nothing left of the old surname.
        (Likeness::Different, Given::Equal) if one.has_first_name() && other.has_first_name() => Verdict::Doubtful,
        (Likeness::Different, _) => Verdict::Different,
    };
    let mut lower = |to: Verdict, reason: R| {
        reasons.push(reason);
        verdict = verdict.min(to);
    };
    if one.infix_contradicts(other) {
        lower(Verdict::Doubtful, R::InfixDiffers);
    }
    if one.salutation.zip(other.salutation).is_some_and(|(a, b)| a != b) {
        lower(Verdict::Doubtful, R::Salutation);
    }
    if one.guessed || other.guessed {
        // A guess that explains nothing, or that needs another guess, is none.
        if (one.guessed && other.guessed) || matches!(likeness, Likeness::Different | Likeness::OneLetter) {
            lower(Verdict::Different, R::OrderSwapped);
        }
        lower(if given == Given::Equal { Verdict::Same } else { Verdict::Doubtful }, R::OrderSwapped);
    }
    Compared { verdict, reasons }
}

/// A person that an address file knows, as a report about it is looked at.
#[derive(Clone)]
pub struct KnownPerson {
    /// Who.
    pub person: PersonId,
    /// Every way in which its name was written.
    pub names: Vec<Name>,
    /// Reported before by the same partner under the same reference.
    pub by_reference: bool,
}

/// Whom a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The person; a new one when nobody known is surely meant.
    pub person: PersonId,
    /// Its name was not written in this way before.
    pub new_name: bool,
    /// Known persons that it may be all the same: a person decides.
    pub doubts: Vec<PersonId>,
    /// Why it is this person, or why there is doubt.
    pub reasons: Vec<MatchReason>,
}

/// Finds the person of a report among those known at the address; `new` is the id that a person gets who is not there.
pub fn find(name: &Name, known: &[KnownPerson], new: PersonId) -> Matched {
    let names_somebody = || readings(name).iter().any(Reading::names_somebody);
    if let Some(one) = known.iter().find(|one| one.names.contains(name) && (one.by_reference || names_somebody())) {
        let reasons = vec![MatchReason::SurnameEqual, MatchReason::GivenEqual];
        return Matched { person: one.person, new_name: false, doubts: Vec::new(), reasons };
    }
    let looked_at: Vec<_> = known.iter().map(|one| (one.person, all_names(name, one))).collect();
    let with = |verdict| looked_at.iter().filter(move |(_, compared): &&(PersonId, Compared)| compared.verdict == verdict);
    let mut same = with(Verdict::Same);
    if let (Some((person, compared)), None) = (same.next(), same.next()) {
        return Matched { person: *person, new_name: true, doubts: Vec::new(), reasons: compared.reasons.clone() };
    }
    // Two whom it could be, as much as one of whom it is unsure.
    let unsure = looked_at.iter().filter(|(_, compared)| compared.verdict != Verdict::Different);
    let (doubts, reasons): (Vec<_>, Vec<_>) = unsure.map(|(person, compared)| (*person, compared.reasons.clone())).unzip();
    let mut reasons = reasons.concat();
    reasons.sort_unstable();
    reasons.dedup();
    Matched { person: new, new_name: true, doubts, reasons }
}

/// Against every way in which a person's name was written: the same when one says so and none contradicts it. One that only says
/// less, such as an initial beside a first name, is no contradiction.
fn all_names(name: &Name, known: &KnownPerson) -> Compared {
    let compared: Vec<_> = known.names.iter().map(|one| compare(name, one)).collect();
    let contradicts = |one: &Compared| {
        let contradiction =
            |reason: &MatchReason| matches!(reason, MatchReason::GivenUnsure | MatchReason::InfixDiffers | MatchReason::Salutation);
        one.verdict == Verdict::Different || one.reasons.iter().any(contradiction)
    };
    let mut verdict = compared.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Doubtful);
    if verdict == Verdict::Same && compared.iter().any(contradicts) {
        verdict = Verdict::Doubtful;
    }
    let reasons = compared.into_iter().max_by_key(|one| one.verdict).map(|one| one.reasons).unwrap_or_default();
    // A partner that names its own reference again means the person it meant before, unless the name says otherwise.
    if known.by_reference && verdict != Verdict::Different {
        return Compared { verdict: Verdict::Same, reasons: [vec![MatchReason::SameReference], reasons].concat() };
    }
    Compared { verdict, reasons }
}
