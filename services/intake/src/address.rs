//! Addresses as people write them, and the one way they are compared.

use std::collections::HashSet;

use proto::intake::v1 as pb;
use service::region::Region;

/// What is compared of an address: postcode, house number, addition. `12 B`, `12-B` and `12b` are one door; `12`, `12 bis`, `12-2` and
/// `122` are others.
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
    /// Does not begin with a number of one to five digits.
    HouseNumber,
    /// A spreadsheet read `2-1` as the second of January.
    HouseNumberAsDate,
}

impl Door {
    /// Its postcode, four digits and two letters.
    pub fn postcode(&self) -> &str {
        &self.postcode
    }

    /// Reads the fields of an address; the addition may also stand behind the house number.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn read(address: &pb::Address) -> Result<Self, Vec<AddressFault>> {
        let postcode = postcode(&address.postcode).ok_or(AddressFault::Postcode);
        let whole = format!("{} {}", address.house_number, address.addition);
        let number = house_number(&whole);
        match (postcode, number) {
            (Ok(postcode), Ok((number, addition))) => Ok(Self { postcode, number, addition }),
            (postcode, number) => Err([postcode.err(), number.err()].into_iter().flatten().collect()),
        }
    }

    /// One line that is the same for the same door; only to be hashed with a key.
    pub fn line(&self) -> String {
        format!("{}|{}|{}", self.postcode, self.number, self.addition)
    }
}

/// The addresses of many households (*verzameladressen*): postal addresses, shelters, care. There a report is matched by person only.
pub struct Collectives(HashSet<Door>);

impl Collectives {
    /// Those of a region.
    ///
    /// # Errors
    /// The one that is no address.
    pub fn read(region: &Region) -> Result<Self, String> {
        let door = |one: &service::region::Collective| {
            let address = pb::Address { postcode: one.postcode.clone(), house_number: one.house_number.clone(), ..Default::default() };
            Door::read(&address).map_err(|_| format!("{} {}", one.postcode, one.house_number))
        };
        region.collectives().iter().map(door).collect::<Result<_, _>>().map(Self)
    }

    /// Whether many households have this door.
    pub fn hold(&self, door: &Door) -> bool {
        self.0.contains(door)
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

/// The number without leading zeros, and what stands behind it without signs. Where two digits would meet, the sign stays: `12-1-1`
/// is not `12-11`.
fn house_number(text: &str) -> Result<(String, String), AddressFault> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, behind) = text.split_at(end);
    let mut addition = String::new();
    let mut apart = false;
    for c in behind.chars() {
        if !c.is_alphanumeric() {
            apart = true;
            continue;
        }
        if apart && c.is_numeric() && addition.ends_with(char::is_numeric) {
            addition.push('-');
        }
        // A capital may come with marks of its own.
        addition.extend(c.to_uppercase().filter(|c| c.is_alphanumeric()));
        apart = false;
    }
    let number = number.trim_start_matches('0');
    if number.len() <= 2 && MONTHS.contains(&addition.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit())) {
        return Err(AddressFault::HouseNumberAsDate);
    }
    if number.is_empty() || number.len() > 5 { Err(AddressFault::HouseNumber) } else { Ok((number.to_owned(), addition)) }
}

/// Months as Dutch and English spreadsheets write them for a house number such as `2-1`.
const MONTHS: [&str; 15] = ["JAN", "FEB", "MRT", "MAR", "APR", "MEI", "MAY", "JUN", "JUL", "AUG", "SEP", "OKT", "OCT", "NOV", "DEC"];

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
    fn doors_of_one_number_are_kept_apart() {
        let line = |number: &str, addition: &str| door("9001AB", number, addition).unwrap_or_else(|_| panic!("{number} {addition}")).line();
        let doors = ["12", "122", "12 B", "12 bis", "12-2", "12-1-1", "12-11", "12 B2", "12 2B", "12 huis", "12 III", "12 A bis"];
        let lines: std::collections::BTreeSet<String> = doors.iter().map(|number| line(number, "")).collect();
        assert_eq!(lines.len(), doors.len(), "{lines:?}");
        for (one, other, addition) in [
            ("12 bis", "12", "BIS"),
            ("12-2", "12", "2"),
            ("12-1-1", "12 1", "1"),
            ("12 A-bis", "12a", "bis"),
            ("12-2", "12/2", ""),
            ("12 \u{390}", "12", "\u{399}"),
        ] {
            assert_eq!(line(one, ""), line(other, addition), "{one}");
        }
    }

    #[test]
    fn what_a_spreadsheet_made_of_a_house_number_is_known() {
        for (number, addition) in
            [("2-jan", ""), ("02-mrt", ""), ("jan-02", ""), ("31-dec", ""), ("2", "mei"), ("2-jan-26", ""), ("2-May", ""), ("012", "dec")]
        {
            assert_eq!(door("9001AB", number, addition).err(), Some(vec![AddressFault::HouseNumberAsDate]), "{number} {addition}");
        }
        for (number, addition) in [("120", "dec"), ("2", "decor"), ("2", "jansen")] {
            assert!(door("9001AB", number, addition).is_ok(), "{number} {addition}");
        }
    }

    #[test]
    fn every_wrong_field_is_told() {
        for wrong in ["", "9001", "0900AB", "9001A", "9001ABC", "AB9001", "9001SS", "９００１AB", "9001É"] {
            assert_eq!(door(wrong, "1", "").err(), Some(vec![AddressFault::Postcode]), "{wrong}");
        }
        for wrong in ["", "B", "-12", "0", "123456", "１２"] {
            assert_eq!(door("9001AB", wrong, "").err(), Some(vec![AddressFault::HouseNumber]), "{wrong}");
        }
        assert_eq!(door("x", "y", "").err(), Some(vec![AddressFault::Postcode, AddressFault::HouseNumber]));
    }
}
