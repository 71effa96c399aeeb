//! Surnames: the parts that count, how they sound, and how much two of them are alike.

use super::{MatchReason, reading::Reading};

/// How much two surnames are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Letter for letter.
    Equal,
    /// But for the spelling, or the order of a double name.
    Spelling,
    /// They share a part.
    Shared,
    /// A company's name holds the other's surname.
    Company,
    /// One letter.
    OneLetter,
    /// Not at all.
    Different,
}

impl Likeness {
    /// As a reason.
    pub const fn reason(self) -> MatchReason {
        match self {
            Self::Equal => MatchReason::SurnameEqual,
            Self::Spelling => MatchReason::Spelling,
            Self::Shared => MatchReason::DoubleName,
            Self::Company => MatchReason::CompanyName,
            Self::OneLetter => MatchReason::OneLetter,
            Self::Different => MatchReason::SurnameDiffers,
        }
    }
}

/// Shortest surname of which one letter may be a slip; with fewer, one letter is another name.
const SLIP: usize = 5;

/// Compares the surnames of two readings.
pub fn likeness(one: &Reading, other: &Reading) -> Likeness {
    if one.parts == other.parts {
        return Likeness::Equal;
    }
    let sounds = |reading: &Reading| {
        let mut sounds: Vec<String> = reading.parts.iter().map(|part| sound(part)).collect();
        sounds.sort_unstable();
        sounds
    };
    let (ours, theirs) = (sounds(one), sounds(other));
    if ours == theirs {
        return Likeness::Spelling;
    }
    if one.company != other.company {
        let (company, person) = if one.company { (one, theirs) } else { (other, ours) };
        let words: Vec<String> = company.words.iter().map(|word| sound(word)).collect();
        return if person.iter().any(|part| words.contains(part)) { Likeness::Company } else { Likeness::Different };
    }
    if ours.iter().any(|part| theirs.contains(part)) {
        return Likeness::Shared;
    }
    match (ours.as_slice(), theirs.as_slice()) {
        ([a], [b]) if a.chars().count().min(b.chars().count()) >= SLIP && strsim::osa_distance(a, b) == 1 => Likeness::OneLetter,
        _ => Likeness::Different,
    }
}

/// Spellings that Dutch ears do not tell apart, longest first.
const ALIKE: &[(&str, &str)] = &[
    ("ij", "y"),
    ("ei", "ey"),
    ("ae", "aa"),
    ("ck", "k"),
    ("ph", "f"),
    ("th", "t"),
    ("dt", "t"),
    ("gh", "g"),
    ("x", "ks"),
    ("ca", "ka"),
    ("co", "ko"),
    ("cu", "ku"),
    ("cl", "kl"),
    ("cr", "kr"),
];

/// A folded name as it sounds: the same for `Janssen` and `Jansen`, `Meijer` and `Meyer`, `Jacobs` and `Jakobs`.
pub fn sound(folded: &str) -> String {
    let alike = ALIKE.iter().fold(folded.to_owned(), |text, (written, heard)| text.replace(written, heard));
    let mut heard = String::with_capacity(alike.len());
    for c in alike.chars() {
        // Doubled consonants sound as one; doubled vowels do not: Boot is not Bot.
        if !heard.ends_with(c) || matches!(c, 'a' | 'e' | 'i' | 'o' | 'u') {
            heard.push(c);
        }
    }
    heard
}
