//! Initials and first names: what is written, and whether two of them contradict each other.

use super::{MatchReason, reading::fold, surname::sound};

/// What two given names say of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A first name, or two initials at least, that are the same.
    Equal,
    /// Initials of which one may be the other's beginning.
    Agrees,
    /// The first initial is the same, and something after it is not.
    Unsure,
    /// One of them has none.
    Missing,
    /// The first initials differ.
    Differs,
}

impl Given {
    /// As a reason.
    pub const fn reason(self) -> MatchReason {
        match self {
            Self::Equal => MatchReason::GivenEqual,
            Self::Agrees => MatchReason::InitialsAgree,
            Self::Unsure => MatchReason::GivenUnsure,
            Self::Missing => MatchReason::GivenMissing,
            Self::Differs => MatchReason::GivenDiffers,
        }
    }
}

/// A given name: its first letter, and the whole of it when that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenName {
    initial: char,
    name: Option<String>,
}

impl GivenName {
    /// It was written in full.
    pub const fn is_whole(&self) -> bool {
        self.name.is_some()
    }
}

/// Reads initials and first names: `J.P.`, `JP`, `Jan-Peter`, `Th. M.`, `IJsbrand`.
pub fn read(text: &str) -> Vec<GivenName> {
    let mut names = Vec::new();
    // A dot ends an initial, however many letters stand before it.
    for piece in text.split_inclusive(|c: char| c == '.' || c == '-' || c == ',' || c.is_whitespace()) {
        let dotted = piece.ends_with('.');
        let word: String = piece.chars().filter(|c| c.is_alphabetic()).collect();
        let capitals = word.chars().count() <= 3 && word.chars().all(char::is_uppercase);
        let folded = fold(&word);
        let Some(initial) = sound(&folded).chars().next() else { continue };
        if dotted || folded.chars().count() == 1 || folded == "ij" {
            names.push(GivenName { initial, name: None });
        } else if capitals {
            names.extend(folded.chars().map(|initial| GivenName { initial, name: None }));
        } else {
            names.push(GivenName { initial, name: Some(sound(&folded)) });
        }
    }
    names
}

/// Compares two.
pub fn compare(one: &[GivenName], other: &[GivenName]) -> Given {
    let (Some(a), Some(b)) = (one.first(), other.first()) else { return Given::Missing };
    if a.initial != b.initial {
        return Given::Differs;
    }
    let mut pairs = one.iter().zip(other);
    if pairs.any(|(a, b)| a.initial != b.initial || a.name.as_ref().zip(b.name.as_ref()).is_some_and(|(a, b)| a != b)) {
        return Given::Unsure;
    }
    let whole = a.name.is_some() && a.name == b.name;
    if whole || (one.len() == other.len() && one.len() > 1) { Given::Equal } else { Given::Agrees }
}
