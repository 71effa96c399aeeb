//! Typed identifiers. Parse at the edge, trust inside.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

/// Text that is not the identifier it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} expected, for example {example}")]
pub struct InvalidId {
    /// What was expected.
    pub what: &'static str,
    /// One that would be right.
    pub example: &'static str,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes any UUID.
            pub const fn from_uuid(id: Uuid) -> Self { Self(id) }
            /// The UUID itself.
            pub const fn uuid(self) -> Uuid { self.0 }
            /// Reads the sixteen bytes of a stored id.
            ///
            /// # Errors
            /// When there are not exactly sixteen bytes.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
                Uuid::from_slice(bytes).map(Self)
                    .map_err(|_| InvalidId { what: $what, example: "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e" })
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text.trim()).map(Self)
                    .map_err(|_| InvalidId { what: $what, example: "0192f0c1-7a3e-7c44-9d0e-5b1f2a3c4d5e" })
            }
        }
    };
}

uuid_id!(
    /// A case (*zaak*): one household on its way through the sieve. Its 128 bits are the trace id of all work on it.
    CaseId, "a case id"
);
uuid_id!(
    /// One report of arrears (*signaal*) as it was accepted.
    SignalId, "a signal id"
);
uuid_id!(
    /// A person (*persoon*) at one address: whom a signal is about. Tells nothing of who it is; the names are in the vault.
    PersonId, "a person id"
);
uuid_id!(
    /// The id a caller gives to a command, so that a repeat is known as one.
    RequestId, "a request id"
);

/// Whom a fact names besides the resident: staff, a team or an organisation, by the code that they have elsewhere. It is stored for ever:
/// up to 128 letters, digits and `. _ @ - : |`, as identity providers make them; a full name, with its space, does not fit in.
///
/// # Errors
/// Anything else, and nothing at all.
pub fn pseudonym(text: &str) -> Result<String, InvalidId> {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-' | ':' | '|');
    if text.is_empty() || text.len() > 128 || !text.chars().all(plain) {
        return Err(InvalidId { what: "a code (letters, digits and . _ @ - : |, no spaces, no name)", example: "team-noord" });
    }
    Ok(text.to_owned())
}

/// A pseudonym of one member of staff, typed by hand: with a digit, so that a surname alone is none.
///
/// # Errors
/// Anything else.
pub fn staff_number(text: &str) -> Result<String, InvalidId> {
    match pseudonym(text) {
        Ok(known) if known.contains(|c: char| c.is_ascii_digit()) => Ok(known),
        _ => Err(InvalidId { what: "a staff number (a code with at least one digit, no spaces, no name)", example: "m-17" }),
    }
}

/// A new UUIDv7 whose 62 low bits are all random (`NoContext`): the shared counter of the usual constructor would
/// leave 32, and W3C Trace Context asks for random right-most bytes.
pub fn new_uuid(at: jiff::Timestamp) -> Uuid {
    let since = at.duration_since(jiff::Timestamp::UNIX_EPOCH);
    let seconds = u64::try_from(since.as_secs()).unwrap_or(0);
    let nanos = u32::try_from(since.subsec_nanos()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos))
}

/// The id that a purpose gets inside the work on another id: the same in every replica and every repeat.
pub fn derived_uuid(from: Uuid, purpose: &str) -> Uuid {
    Uuid::new_v5(&from, purpose.as_bytes())
}

impl CaseId {
    /// A new case, opened at `at`.
    pub fn new(at: jiff::Timestamp) -> Self {
        Self(new_uuid(at))
    }

    /// The id of the root span of the case's trace: the last eight bytes of the case id.
    pub fn root_span(self) -> [u8; 8] {
        let (_, low) = self.0.as_u64_pair();
        low.to_be_bytes()
    }
}

/// Municipality code (*gemeentecode*, CBS): four digits, leading zero kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gemeentecode([u8; 4]);

impl Gemeentecode {
    /// The four digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("0000")
    }
}
impl FromStr for Gemeentecode {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId { what: "a gemeentecode of four digits", example: "0363" };
        let bytes: [u8; 4] = text.trim().as_bytes().try_into().map_err(|_| wrong.clone())?;
        if bytes.iter().all(u8::is_ascii_digit) { Ok(Self(bytes)) } else { Err(wrong) }
    }
}
impl fmt::Display for Gemeentecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Gemeentecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for Gemeentecode {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Gemeentecode {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Names an aggregate inside its context: the municipality of the day of opening and a random id.
///
/// The gemeentecode is part of a name for ever; it never decides who may see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The municipality on the day of opening.
    pub gemeente: Gemeentecode,
    /// The aggregate's id, never used again.
    pub id: Uuid,
}

impl Key {
    /// A key for an aggregate of this municipality.
    pub const fn new(gemeente: Gemeentecode, id: Uuid) -> Self {
        Self { gemeente, id }
    }
    /// The case that a case-keyed aggregate is about.
    pub const fn case(&self) -> CaseId {
        CaseId::from_uuid(self.id)
    }
}
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.gemeente, self.id.simple())
    }
}
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Key {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong = || InvalidId { what: "an aggregate key", example: "0363.0192f0c17a3e7c449d0e5b1f2a3c4d5e" };
        let (gemeente, id) = text.split_once('.').ok_or_else(wrong)?;
        Ok(Self { gemeente: gemeente.parse()?, id: Uuid::parse_str(id).map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_ids_have_random_low_bits_and_name_their_root_span() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let (a, b) = (CaseId::new(at), CaseId::new(at));
        assert_ne!(a.root_span(), b.root_span());
        assert_eq!(&a.uuid().as_bytes()[8..], a.root_span());
    }

    #[test]
    fn no_full_name_is_a_pseudonym_and_no_surname_a_staff_number() {
        for right in ["m-17", " team_nazorg ", "oidc|f:1b:77"] {
            assert_eq!(pseudonym(right).unwrap(), right.trim());
        }
        for wrong in ["", "  ", "Jan Jansen", "José", "a/b", &"x".repeat(129)] {
            assert!(pseudonym(wrong).is_err(), "{wrong}");
        }
        assert_eq!(staff_number("m-17").unwrap(), "m-17");
        for wrong in ["Jansen", "J. Jansen 2", ""] {
            assert!(staff_number(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_and_codes_read_back() {
        let key = Key::new("0363".parse().unwrap(), Uuid::from_u128(7));
        assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        assert!("363".parse::<Gemeentecode>().is_err());
        assert!("03a3".parse::<Gemeentecode>().is_err());
    }
}
