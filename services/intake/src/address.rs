//! Addresses as people write them, and the one way they are compared.

use proto::intake::v1 as pb;

/// What is compared of an address: postcode, house number, addition. `12 B`, `12-B` and `12b` are one door; `12` is another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Door {
    postcode: String,
    number: String,
    addition: String,
}

/// What is wrong with an address, by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// Not four digits and two letters.
    Postcode,
    /// Does not begin with a digit.
    HouseNumber,
}

impl Door {
    /// Reads the fields of an address; the addition may also stand behind the house number.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn read(address: &pb::Address) -> Result<Self, Vec<AddressFault>> {
        let postcode = postcode(&address.postcode);
        let whole = format!("{} {}", address.house_number, address.addition);
        let number = house_number(&whole);
        match (postcode, number) {
            (Some(postcode), Some((number, addition))) => Ok(Self { postcode, number, addition }),
            (postcode, number) => {
                Err([postcode.is_none().then_some(AddressFault::Postcode), number.is_none().then_some(AddressFault::HouseNumber)]
                    .into_iter()
                    .flatten()
                    .collect())
            }
        }
    }

    /// One line that is the same for the same door; only to be hashed with a key.
    pub fn line(&self) -> String {
        format!("{}|{}|{}", self.postcode, self.number, self.addition)
    }
}

/// `1234AB`, written with or without blanks, in any case. SA, SD and SS are not given out.
fn postcode(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let (digits, letters) = (text.get(..4)?, text.get(4..)?);
    let right = digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
        && letters.len() == 2
        && letters.bytes().all(|b| b.is_ascii_uppercase())
        && !matches!(letters, "SA" | "SD" | "SS");
    right.then_some(text)
}

/// The number without leading zeros, and what stands behind it without signs.
fn house_number(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text.get(..end)?.trim_start_matches('0');
    let addition = text.get(end..)?.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    (!number.is_empty()).then(|| (number.to_owned(), addition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(postcode: &str, number: &str, addition: &str) -> Result<Door, Vec<AddressFault>> {
        Door::read(&pb::Address {
            postcode: postcode.into(),
            house_number: number.into(),
            addition: addition.into(),
            street: "Lisdodde".into(),
            place: "Waterveen".into(),
        })
    }

    #[test]
    fn one_door_however_it_is_written() {
        let one = door("9001 AB", "12", "B").unwrap_or_else(|_| panic!());
        for (postcode, number, addition) in
            [("9001ab", "12b", ""), (" 9001  Ab ", "12-B", ""), ("9001AB", " 12 B ", ""), ("9001AB", "012", "-b")]
        {
            assert!(door(postcode, number, addition).is_ok_and(|other| other == one), "{postcode} {number} {addition}");
        }
        for (postcode, number, addition) in [("9001AB", "12", ""), ("9001AB", "12", "C"), ("9001AB", "1", "2B"), ("9001AC", "12", "B")] {
            assert!(door(postcode, number, addition).is_ok_and(|other| other != one), "{postcode} {number} {addition}");
        }
    }

    #[test]
    fn every_wrong_field_is_told() {
        for wrong in ["", "9001", "0900AB", "9001A", "9001ABC", "AB9001", "9001SS", "９００１AB", "9001É"] {
            assert_eq!(door(wrong, "1", "").err(), Some(vec![AddressFault::Postcode]), "{wrong}");
        }
        for wrong in ["", "B", "-12", "0"] {
            assert_eq!(door("9001AB", wrong, "").err(), Some(vec![AddressFault::HouseNumber]), "{wrong}");
        }
        assert_eq!(door("x", "y", "").err(), Some(vec![AddressFault::Postcode, AddressFault::HouseNumber]));
    }
}
