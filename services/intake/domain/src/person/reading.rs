//! The ways in which a written name can be read: as it stands, with the whole name in one field, or with first name and surname
//! in each other's place.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    Name,
    given::{self, GivenName},
};

/// Infixes (*tussenvoegsels*), of Dutch names and of others that are common here.
const INFIXES: &[&str] = &[
    "van", "de", "der", "den", "ter", "ten", "te", "t", "het", "d", "v", "vd", "vande", "vander", "vanden", "von", "zu", "la", "le", "du",
    "des", "di", "da", "do", "dos", "del", "el", "al", "ben", "bin", "op", "in", "aan", "bij", "uit", "onder", "over", "voor", "s",
];
/// Words that say that what stands here is a company, in whole or in part.
const COMPANY: &[&str] =
    &["bv", "nv", "vof", "cv", "stichting", "vereniging", "holding", "eenmanszaak", "hodn", "thodn", "handelend", "bedrijf"];
/// After these the name of the trade follows, before them stands the person.
const TRADING_AS: &[&str] = &["hodn", "thodn", "handelend"];
/// Words between the parts of a name: born, married to, divorced from, widow of.
const BETWEEN: &[&str] = &["geb", "geboren", "ev", "echtgenote", "echtg", "gesch", "wed", "weduwe", "gehuwd"];
/// Titles and salutations that say nothing of who it is.
const TITLES: &[&str] = &["dr", "drs", "ir", "mr", "ing", "prof", "fam", "familie", "erven"];
const GLUED: &[&str] = &["vanden", "vander", "vande", "van"];

/// How somebody is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Salutation {
    /// *De heer*.
    Sir,
    /// *Mevrouw*.
    Madam,
}

/// One way to read a name.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Initials and first names.
    pub given: Vec<GivenName>,
    /// First letters of the infixes: `vd` for *van der*, *van de*, *v.d.*
    infix: String,
    /// The parts of the surname, folded, without infixes.
    pub parts: Vec<String>,
    /// Every word of it, folded.
    pub words: Vec<String>,
    /// A company.
    pub company: bool,
    /// First names and surname were not where they stand in this reading: a guess, that only the very same names confirm.
    pub guessed: bool,
    /// How the person is addressed, when told.
    pub salutation: Option<Salutation>,
}

impl Reading {
    /// Enough to know somebody by when it is written in the same way again.
    pub fn names_somebody(&self) -> bool {
        !self.parts.is_empty() && (self.company || !self.given.is_empty())
    }
    /// A first name, not initials.
    pub fn has_first_name(&self) -> bool {
        self.given.first().is_some_and(GivenName::is_whole)
    }
    /// Both have infixes, and they are not the same ones.
    pub fn infix_contradicts(&self, other: &Self) -> bool {
        !self.infix.is_empty() && !other.infix.is_empty() && self.infix != other.infix
    }
}

/// In lower case, without marks on the letters and signs between them.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'þ' => folded.push_str("th"),
            c if c.is_alphanumeric() => folded.push(c),
            _ => {}
        }
    }
    folded
}

/// Splits into words: at blanks, after a dot, and at hyphens, which stay as words of their own.
fn words(text: &str) -> Vec<String> {
    // `B.V.` and `v.o.f.` are one word, `v.d.` is two infixes.
    let spaced = text.replace('-', " - ");
    let mut words = Vec::new();
    for word in spaced.split(|c: char| c.is_whitespace() || c == '/') {
        let whole = fold(word);
        if word == "-" {
            words.push(word.to_owned());
        } else if COMPANY.contains(&whole.as_str()) || BETWEEN.contains(&whole.as_str()) || !word.contains('.') {
            words.push(whole);
        } else {
            words.extend(word.split('.').map(fold));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The readings of a name, the one as it is written first. None when there is no name.
pub fn readings(name: &Name) -> Vec<Reading> {
    let (mut given, mut infix, mut surname) = (name.given.clone(), name.infix.clone(), name.surname.clone());
    // `Vries, J. de`: what stands behind the comma belongs in front.
    if let Some((before, behind)) = name.surname.split_once(',') {
        for word in behind.split_whitespace() {
            let field = if INFIXES.contains(&fold(word).as_str()) { &mut infix } else { &mut given };
            field.push(' ');
            field.push_str(word);
        }
        surname = before.to_owned();
    }
    let mut readings = Vec::new();
    readings.extend(read(&given, &infix, &surname, false));
    if fold(&given).is_empty() {
        // `J. P. de Vries` in one field: everything before the infix or the last word is given.
        let (mut first, mut rest) = (Vec::new(), surname.trim());
        while let Some((word, after)) = rest.split_once(char::is_whitespace).filter(|(word, _)| !INFIXES.contains(&fold(word).as_str())) {
            first.push(word);
            rest = after.trim_start();
        }
        let initials = first.iter().all(|word| word.ends_with('.'));
        if !first.is_empty() {
            readings.extend(read(&first.join(" "), &infix, rest, !initials));
        }
    }
    let whole = |text: &str| given::read(text).first().is_some_and(GivenName::is_whole);
    if whole(&given) && !fold(&surname).is_empty() {
        readings.extend(read(&surname, "", &format!("{infix} {given}"), true));
    }
    readings
}

fn read(given: &str, infix: &str, surname: &str, guessed: bool) -> Option<Reading> {
    let mut salutation = None;
    let mut kept = Vec::new();
    for word in given.split_whitespace() {
        match fold(word).as_str() {
            "dhr" | "hr" | "heer" => salutation = Some(Salutation::Sir),
            "mw" | "mevr" | "mevrouw" => salutation = Some(Salutation::Madam),
            title if TITLES.contains(&title) => {}
            _ => kept.push(word),
        }
    }
    let mut all = words(infix);
    all.extend(words(surname));
    let company = all.iter().any(|word| COMPANY.contains(&word.as_str()));
    if let Some(at) = all.iter().position(|word| TRADING_AS.contains(&word.as_str())).filter(|at| *at > 0) {
        all.truncate(at);
    }
    all.retain(|word| match word.as_str() {
        "dhr" | "hr" => {
            salutation = Some(Salutation::Sir);
            false
        }
        "mw" | "mevr" | "mevrouw" => {
            salutation = Some(Salutation::Madam);
            false
        }
        word => !COMPANY.contains(&word) && !TITLES.contains(&word),
    });
    let mut reading = Reading {
        given: given::read(&kept.join(" ")),
        infix: String::new(),
        parts: Vec::new(),
        words: all.clone(),
        company,
        guessed,
        salutation,
    };
    for part in all.split(|word| word == "-" || BETWEEN.contains(&word.as_str())) {
        let infixes = part.iter().take_while(|word| INFIXES.contains(&word.as_str())).count();
        // A name that is nothing but an infix is a name.
        let infixes = if infixes == part.len() { 0 } else { infixes };
        let (before, core) = part.split_at_checked(infixes).unwrap_or((&[], part));
        let mut core = core.concat();
        let mut letters: String = before.iter().map(|word| infix_letters(word)).collect();
        if let Some(glued) = GLUED.iter().find(|glued| core.strip_prefix(**glued).is_some_and(|rest| rest.len() >= 4)) {
            core.drain(..glued.len());
            letters.push_str(infix_letters(glued));
        }
        if core.is_empty() {
            continue;
        }
        if reading.parts.is_empty() {
            reading.infix = letters;
        }
        reading.parts.push(core);
    }
    (!reading.parts.is_empty()).then_some(reading)
}

/// An infix by its first letters, for `v.d.`, `vd`, `van de` and `van der` are written for each other.
fn infix_letters(word: &str) -> &str {
    match word {
        "vd" | "vande" | "vander" | "vanden" => "vd",
        word => word.get(..1).unwrap_or_default(),
    }
}
