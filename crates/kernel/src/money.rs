//! Money in whole euro cents; never a floating point number. And arrears as events may hold them: as a class.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in euro cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

/// Arrears as events hold them: rounded down to full tens of euros. An amount that is unique in the world would lead to somebody
/// who was erased, and events are kept for ever; what is done with arrears rests on thresholds (AVG art. 5(1)(c)). The exact amount is in
/// the vault. A type of its own, so that an exact amount cannot get into an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrears(i64);

impl Arrears {
    /// Cents from one class to the next. What is at least a multiple of it, is so after rounding too.
    pub const STEP: i64 = 1_000;

    /// The class of an amount: of the partner's, and of what events held before there were classes.
    pub const fn of(amount: Cents) -> Self {
        Self(amount.0.div_euclid(Self::STEP))
    }

    /// The least amount of the class.
    pub const fn at_least(self) -> Cents {
        Cents(self.0.saturating_mul(Self::STEP))
    }
}

impl fmt::Display for Arrears {
    /// `vanaf € 1.230`: in Dutch, and never as if it were exact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = self.at_least().to_string();
        write!(f, "vanaf {}", least.strip_suffix(",00").unwrap_or(&least))
    }
}

/// Text that is not an amount in Dutch notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Not a number of euros and cents.
    #[error("an amount in euros expected, for example 1234,56 or 1.234,56")]
    NotAnAmount,
    /// `1.250` is twelve hundred and fifty in Dutch and one and a quarter in English.
    #[error("ambiguous amount: write 1250,00 or 1,25")]
    Ambiguous,
}

/// The sign between euros and cents in a notation; the other one groups thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecimalSign {
    /// `1.234,56`, as the Dutch write it.
    Comma,
    /// `1,234.56`
    Point,
}

impl Cents {
    /// Reads an amount as people write it: `1234`, `1234,56`, `1.234,56`, `1234.56`, `1.250,-`, with or without a euro sign.
    ///
    /// # Errors
    /// [`InvalidAmount::Ambiguous`] for `1.250` and `1,250`, which mean two things; [`InvalidAmount::NotAnAmount`] otherwise.
    pub fn parse_dutch(text: &str) -> Result<Self, InvalidAmount> {
        let (negative, text) = bare(text);
        let (whole, fraction) = match (text.rfind(','), text.rfind('.')) {
            (Some(comma), Some(dot)) if comma > dot => (grouped(text.get(..comma), '.')?, text.get(comma + 1..)),
            (Some(_), Some(dot)) => (grouped(text.get(..dot), ',')?, text.get(dot + 1..)),
            (Some(at), None) | (None, Some(at)) => {
                let after = text.get(at + 1..).unwrap_or("");
                if text.matches([',', '.']).count() > 1 {
                    (grouped(Some(&text), if text.contains(',') { ',' } else { '.' })?, None)
                } else if after.len() == 3 {
                    return Err(InvalidAmount::Ambiguous);
                } else {
                    (text.get(..at).unwrap_or("").to_owned(), Some(after))
                }
            }
            (None, None) => (text.clone(), None),
        };
        total(negative, &whole, fraction)
    }

    /// Reads an amount in a notation that is known, so that `1.250` has one meaning.
    ///
    /// # Errors
    /// [`InvalidAmount::NotAnAmount`].
    pub fn parse_in(text: &str, sign: DecimalSign) -> Result<Self, InvalidAmount> {
        let (decimal, group) = match sign {
            DecimalSign::Comma => (',', '.'),
            DecimalSign::Point => ('.', ','),
        };
        let (negative, text) = bare(text);
        let (whole, fraction) = text.split_once(decimal).map_or((text.as_str(), None), |(whole, after)| (whole, Some(after)));
        let whole = if whole.contains(group) { grouped(Some(whole), group)? } else { whole.to_owned() };
        total(negative, &whole, fraction)
    }
}

/// Without blanks and currency; `,-` is nought cents; and whether it is below zero (some packages put the minus behind it).
fn bare(text: &str) -> (bool, String) {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let text =
        ["€", "EUR", "eur"].iter().fold(text.as_str(), |text, currency| text.trim_start_matches(currency).trim_end_matches(currency));
    let none = [(",--", ",00"), (",-", ",00"), (".--", ".00"), (".-", ".00")];
    let text =
        none.iter().find_map(|(none, nought)| Some(format!("{}{nought}", text.strip_suffix(none)?))).unwrap_or_else(|| text.to_owned());
    let plain = text.strip_prefix('-').or_else(|| text.strip_suffix('-'));
    (plain.is_some(), plain.unwrap_or(&text).to_owned())
}

fn total(negative: bool, whole: &str, fraction: Option<&str>) -> Result<Cents, InvalidAmount> {
    // Some packages write four digits behind the sign, the last two of them noughts.
    let cents = match fraction.map(|digits| digits.get(..2).filter(|_| digits.bytes().skip(2).all(|b| b == b'0')).unwrap_or(digits)) {
        None => 0,
        Some(digits) if (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let value: i64 = digits.parse().map_err(|_| InvalidAmount::NotAnAmount)?;
            if digits.len() == 1 { value * 10 } else { value }
        }
        Some(_) => return Err(InvalidAmount::NotAnAmount),
    };
    if whole.is_empty() || whole.len() > 12 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidAmount::NotAnAmount);
    }
    let euros: i64 = whole.parse().map_err(|_| InvalidAmount::NotAnAmount)?;
    let total = euros * 100 + cents;
    Ok(Cents(if negative { -total } else { total }))
}

fn grouped(text: Option<&str>, separator: char) -> Result<String, InvalidAmount> {
    let parts: Vec<&str> = text.unwrap_or("").split(separator).collect();
    let well = parts.iter().skip(1).all(|part| part.len() == 3) && parts.first().is_some_and(|p| (1..=3).contains(&p.len()));
    if well { Ok(parts.concat()) } else { Err(InvalidAmount::NotAnAmount) }
}

impl fmt::Display for Cents {
    /// Dutch notation: `€ 1.234,56`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (self.0.abs() / 100).to_string();
        let mut whole = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                whole.push('.');
            }
            whole.push(c);
        }
        write!(f, "€ {}{whole},{:02}", if self.0 < 0 { "-" } else { "" }, self.0.abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        for (text, cents) in [
            ("1234", 123_400),
            ("1234,56", 123_456),
            ("€ 1.234,56", 123_456),
            ("1,234.56", 123_456),
            ("75.5", 7_550),
            ("1.234.567", 123_456_700),
            ("-12,00", -1_200),
            ("12,00-", -1_200),
            ("1.250,-", 125_000),
            ("1250.0000", 125_000),
            ("EUR 1.250,00", 125_000),
            ("1250,00\u{a0}€", 125_000),
        ] {
            assert_eq!(Cents::parse_dutch(text), Ok(Cents(cents)), "{text}");
        }
        assert_eq!(Cents::parse_dutch("1.250"), Err(InvalidAmount::Ambiguous));
        for text in ["", "abc", "12,345,6", "1e5", "12,", "--5", "1.23,4.5"] {
            assert!(Cents::parse_dutch(text).is_err(), "{text}");
        }
        assert_eq!(Cents::parse_dutch("1,250"), Err(InvalidAmount::Ambiguous));
        assert_eq!(Cents(123_456).to_string(), "€ 1.234,56");
    }

    #[test]
    fn arrears_are_told_in_tens_and_thresholds_in_tens_stay_exact() {
        let of = |cents| Arrears::of(Cents(cents));
        assert_eq!((of(123_999).at_least(), of(123_000)), (Cents(123_000), of(123_999)));
        assert_eq!((of(123_456).to_string(), of(999).to_string()), ("vanaf € 1.230".to_owned(), "vanaf € 0".to_owned()));
        for threshold in [0, 1_000, 75_000, 9_999_000] {
            for cents in [threshold - 1_000, threshold - 1, threshold, threshold + 1, threshold + 999] {
                assert_eq!(of(cents).at_least() >= Cents(threshold), cents >= threshold, "{cents} against {threshold}");
            }
        }
    }

    #[test]
    fn a_known_notation_has_one_reading() {
        use DecimalSign::{Comma, Point};
        for (text, sign, cents) in [
            ("1.250", Comma, Some(125_000)),
            ("1.250", Point, Some(125)),
            ("1,250", Point, Some(125_000)),
            ("1,250", Comma, Some(125)),
            ("1250.0000", Point, Some(125_000)),
            ("1.255", Point, None),
            ("1.25", Point, Some(125)),
            ("1.25", Comma, None),
            ("1.234.567,8", Comma, Some(123_456_780)),
            ("1250", Comma, Some(125_000)),
            ("€ 1.250,-", Comma, Some(125_000)),
            ("1,2,3", Comma, None),
            ("", Comma, None),
        ] {
            assert_eq!(Cents::parse_in(text, sign).ok(), cents.map(Cents), "{text} {sign:?}");
        }
    }
}
