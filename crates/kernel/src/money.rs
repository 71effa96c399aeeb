//! Money in whole euro cents; never a floating point number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in euro cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

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

impl Cents {
    /// Reads an amount as people write it: `1234`, `1234,56`, `1.234,56`, `1234.56`, with or without a euro sign.
    ///
    /// # Errors
    /// [`InvalidAmount::Ambiguous`] for `1.250` and `1,250`, which mean two things; [`InvalidAmount::NotAnAmount`] otherwise.
    pub fn parse_dutch(text: &str) -> Result<Self, InvalidAmount> {
        let text: String = text.trim().trim_start_matches('€').chars().filter(|c| !c.is_whitespace()).collect();
        let (negative, text) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
        let (whole, fraction) = match (text.rfind(','), text.rfind('.')) {
            (Some(comma), Some(dot)) if comma > dot => (grouped(text.get(..comma), '.')?, text.get(comma + 1..)),
            (Some(comma), Some(dot)) => (grouped(text.get(..dot.max(comma)), ',')?, text.get(dot + 1..)),
            (Some(at), None) | (None, Some(at)) => {
                let after = text.get(at + 1..).unwrap_or("");
                if after.len() == 3 && text.matches([',', '.']).count() == 1 {
                    return Err(InvalidAmount::Ambiguous);
                }
                if text.matches([',', '.']).count() > 1 {
                    (grouped(Some(text), text.get(at..=at).and_then(|s| s.chars().next()).unwrap_or('.'))?, None)
                } else {
                    (text.get(..at).unwrap_or("").to_owned(), Some(after))
                }
            }
            (None, None) => (text.to_owned(), None),
        };
        let cents = match fraction {
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
        Ok(Self(if negative { -total } else { total }))
    }
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
        ] {
            assert_eq!(Cents::parse_dutch(text), Ok(Cents(cents)), "{text}");
        }
        assert_eq!(Cents::parse_dutch("1.250"), Err(InvalidAmount::Ambiguous));
        for text in ["", "abc", "12,345,6", "1e5", "12,", "--5", "1.23,4.5"] {
            assert!(Cents::parse_dutch(text).is_err(), "{text}");
        }
        assert_eq!(Cents(123_456).to_string(), "€ 1.234,56");
    }
}
