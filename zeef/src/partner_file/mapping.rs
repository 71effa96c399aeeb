//! Owns a partner's mapping: which of its columns is which, and how it writes amounts and dates. A small TOML file, one per partner.

use std::{collections::BTreeMap, fs, path::Path};

use kernel::money::DecimalSign;
use serde::Deserialize;

use super::{
    FileError,
    columns::{COLUMNS, plain_name},
    notation::DateOrder,
};

/// Columns that may have one value for a whole file.
const ALWAYS: [&str; 3] = ["soort", "gemeentecode", "melder"];

/// How a partner's files are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Notation of amounts.
    pub amounts: Option<DecimalSign>,
    /// Notation of dates.
    pub dates: Option<DateOrder>,
    /// The sheet of a workbook; otherwise the first that is shown.
    pub sheet: Option<String>,
    /// By our name of a column: the partner's.
    #[serde(default)]
    columns: BTreeMap<String, String>,
    /// By our name of a column: its value in every row.
    #[serde(default)]
    always: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`FileError::Mapping`] with the line.
    pub fn open(file: &Path) -> Result<Self, FileError> {
        let wrong = |text: String| FileError::Mapping(format!("{}: {text}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    /// Reads the text of a mapping.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let known = |column: &&String| COLUMNS.iter().any(|(name, _)| name == column);
        let all = COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        if let Some(column) = read.columns.keys().find(|column| !known(column)) {
            return Err(format!("[columns] kent geen kolom {column}; wel: {all}"));
        }
        if let Some(column) = read.always.keys().find(|column| !ALWAYS.contains(&column.as_str())) {
            return Err(format!("[always] kan alleen {} vastleggen, niet {column}", ALWAYS.join(", ")));
        }
        if let Some(column) = read.always.keys().find(|column| read.columns.contains_key(*column)) {
            return Err(format!("{column} staat in [columns] en in [always]: een van beide"));
        }
        Ok(read)
    }

    /// Our name of a partner's column, which is given as [`plain_name`] makes it: what the mapping says goes before our own names.
    pub fn column(&self, theirs: &str) -> Option<&'static str> {
        let mapped = self.columns.iter().find(|(_, name)| plain_name(name) == theirs).map(|(ours, _)| ours.as_str());
        let ours = mapped.or_else(|| (!self.columns.contains_key(theirs) && !self.always.contains_key(theirs)).then_some(theirs))?;
        COLUMNS.iter().find(|(known, _)| *known == ours).map(|(known, _)| *known)
    }

    /// The columns that a file must have by this mapping and has not: the partner's names.
    pub fn absent(&self, is_there: impl Fn(&str) -> bool) -> Vec<String> {
        let named = self.columns.iter().filter(|(ours, _)| !is_there(ours)).map(|(_, theirs)| theirs.clone());
        let must = COLUMNS.iter().filter(|(name, must)| *must && !self.columns.contains_key(*name) && self.always(name).is_none());
        named.chain(must.filter(|(name, _)| !is_there(name)).map(|(name, _)| (*name).to_owned())).collect()
    }

    /// The value that a column has in every row.
    pub fn always(&self, column: &str) -> Option<&str> {
        self.always.get(column).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_says_columns_and_notation_and_is_told_what_is_wrong() {
        let text = "amounts = \"point\"\ndates = \"month-first\"\n[columns]\nbedrag = \"Open saldo\"\n[always]\nsoort = \"huur\"\n";
        let mapping = Mapping::parse(text).unwrap();
        assert_eq!((mapping.amounts, mapping.dates), (Some(DecimalSign::Point), Some(DateOrder::MonthFirst)));
        assert_eq!((mapping.column("open_saldo"), mapping.column("referentie")), (Some("bedrag"), Some("referentie")));
        assert_eq!((mapping.column("bedrag"), mapping.column("soort")), (None, None), "the mapping says it is another one");
        assert_eq!(mapping.always("soort"), Some("huur"));
        assert_eq!(mapping.absent(|ours| ours != "bedrag" && ours != "postcode"), ["Open saldo", "postcode"]);
        for (wrong, words) in [
            ("amounts = \"komma\"", "line 1"),
            ("colums = 1", "colums"),
            ("[columns]\nhuur = \"x\"", "geen kolom huur"),
            ("[always]\nbedrag = \"1\"", "niet bedrag"),
            ("[columns]\nsoort = \"x\"\n[always]\nsoort = \"huur\"", "een van beide"),
        ] {
            let said = Mapping::parse(wrong).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }
}
