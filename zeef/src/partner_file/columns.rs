//! Owns the first row: which column is where, and what the partner calls it.

use std::collections::HashMap;

use super::{Content, Fault, cell::Seen, mapping::Mapping, notation::Notation};

/// The columns of a file of reports. Those marked `true` must be there; the others may be left out.
pub const COLUMNS: &[(&str, bool)] = &[
    ("referentie", true),
    ("soort", true),
    ("gemeentecode", false),
    ("bedrag", true),
    ("achterstand_sinds", true),
    ("signaaldatum", true),
    ("straat", true),
    ("huisnummer", true),
    ("toevoeging", false),
    ("postcode", true),
    ("plaats", true),
    ("voorletters", false),
    ("tussenvoegsel", false),
    ("achternaam", true),
    ("telefoon", false),
    ("email", false),
    ("persoonlijk_contact", false),
    ("op_hulp_gewezen", false),
    ("herinnering", false),
    ("aanbod_doorgeven", false),
    ("crisissignaal", false),
    ("warme_overdracht", false),
    ("einde_levering", false),
    ("huurcontract", false),
    ("huur_sinds", false),
    ("melder", false),
];

/// Why the first row is no header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Nothing there.
    #[error("het bestand is leeg; de eerste rij moet de kolommen noemen: {}", required())]
    Empty,
    /// Not text.
    #[error("de eerste regel is geen UTF-8: bewaar het bestand als `CSV UTF-8`, of geef --encoding windows-1252")]
    Encoding,
    /// Not a header.
    #[error("de eerste regel is langer dan {} tekens: die moet de kolommen noemen", super::lines::LINE_LIMIT)]
    TooLong,
    /// One column only.
    #[error("de eerste regel heeft geen ; of , tussen namen van kolommen; die moet noemen: {}", required())]
    NoSeparator,
    /// Columns are not there.
    #[error(
        "kolom ontbreekt: {missing}; gevonden: {found}. Heten de kolommen anders, maak dan een mapping met `zeef signals mapping <bestand>`"
    )]
    Missing {
        /// Those missing.
        missing: String,
        /// Those that are there.
        found: String,
    },
    /// Two columns of one name.
    #[error("kolom {0} staat er twee keer")]
    Twice(String),
    /// Landlords and utilities may not use the citizen service number (Wabb art. 10 and 11).
    #[error(
        "kolom {0} mag niet: een melding bevat alleen contactgegevens en de hoogte van de achterstand (Bgs art. 2), nooit een BSN; haal de \
         kolom eruit"
    )]
    Bsn(String),
}

fn required() -> String {
    COLUMNS.iter().filter(|(_, must)| *must).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// A name as columns are compared: without marks, blanks or capitals.
pub fn plain_name(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Where each column is.
#[derive(Debug)]
pub struct Columns {
    names: Vec<String>,
    at: HashMap<&'static str, usize>,
    ignored: Vec<String>,
    mapping: Mapping,
    /// How this file writes amounts and dates.
    pub notation: Notation,
}

/// The fields of one row, by column.
pub struct Fields<'a> {
    pub columns: &'a Columns,
    pub content: &'a Content,
}

impl<'a> Fields<'a> {
    /// What stands in a column; empty when the file has no such column.
    pub fn get(&self, column: &str) -> Seen<'a> {
        match self.columns.at.get(column) {
            Some(at) => self.content.get(*at),
            None => Seen::Text(self.columns.mapping.always(column).unwrap_or("")),
        }
    }
}

impl Columns {
    /// Reads the names in the first row.
    pub fn read(names: Vec<String>, mapping: Mapping) -> Result<Self, HeaderError> {
        if names.iter().all(|name| name.trim().is_empty()) {
            return Err(HeaderError::Empty);
        }
        let (mut at, mut ignored) = (HashMap::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            let plain = plain_name(name);
            if plain.contains("burgerservice") || plain.split('_').any(|word| matches!(word, "bsn" | "sofinummer" | "sofi")) {
                // A file of an insurer may have one (Wabb art. 10); a report has no field for it, so it is not read.
                if mapping.always("soort") != Some("zorg") {
                    return Err(HeaderError::Bsn(name.clone()));
                }
                ignored.push(plain);
                continue;
            }
            match mapping.column(&plain) {
                Some(known) if at.insert(known, index).is_some() => return Err(HeaderError::Twice(name.clone())),
                Some(_) => {}
                // What our own file of refused rows adds.
                None if plain.starts_with('_') || plain.is_empty() => {}
                None => ignored.push(plain),
            }
        }
        let missing = mapping.absent(|column| at.contains_key(column));
        if !missing.is_empty() {
            // A file without a header has people in its first row.
            let found = if at.len() < 2 { format!("{} kolommen met andere namen", names.len()) } else { names.join(", ") };
            return Err(HeaderError::Missing { missing: missing.join(", "), found });
        }
        let notation = Notation { amounts: mapping.amounts, dates: mapping.dates, from_1904: false };
        Ok(Self { names, at, ignored, mapping, notation })
    }

    /// Columns of the file that are not used.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// What the partner calls its columns, in their order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the partner calls one of our columns.
    pub fn theirs<'a>(&'a self, ours: &'a str) -> &'a str {
        self.at.get(ours).and_then(|at| self.names.get(*at)).map_or(ours, String::as_str)
    }

    /// Where one of our columns is.
    pub fn at(&self, ours: &str) -> Option<usize> {
        self.at.get(ours).copied()
    }

    /// A fault of one of our columns, under the partner's name for it.
    pub fn fault(&self, ours: &str, text: impl Into<String>) -> Fault {
        Fault { column: self.theirs(ours).to_owned(), text: text.into() }
    }

    /// The column of a field in intake's verdict, such as `address.postcode`.
    pub fn of_field(&self, field: &str) -> String {
        let ours = match field {
            "reference" => "referentie",
            "kind" => "soort",
            "amount_cents" => "bedrag",
            "arrears_since" => "achterstand_sinds",
            "signal_date" => "signaaldatum",
            "address" => "postcode",
            "address.street" => "straat",
            "address.house_number" => "huisnummer",
            "address.addition" => "toevoeging",
            "address.postcode" => "postcode",
            "address.place" => "plaats",
            "person" => "achternaam",
            "person.initials" => "voorletters",
            "person.infix" => "tussenvoegsel",
            "person.surname" => "achternaam",
            "person.phone" => "telefoon",
            "person.email" => "email",
            "personal_contact" => "persoonlijk_contact",
            "pointed_to_help" => "op_hulp_gewezen",
            "written_reminder" => "herinnering",
            "offered_to_report" => "aanbod_doorgeven",
            "supply_ends" => "einde_levering",
            "contract" => "huurcontract",
            "tenancy_since" => "huur_sinds",
            other => other,
        };
        self.theirs(ours).to_owned()
    }
}
