//! The municipalities that this installation takes reports for: `region.toml` in the policies directory.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use kernel::Gemeentecode;
use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../../policies/region.toml");
/// The file in the policies directory that replaces the built-in sample region.
pub const FILE: &str = "region.toml";

/// A region file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegionError {
    /// There, and cannot be read.
    #[error("cannot read the region {file}")]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Not what a region looks like; the text has the line.
    #[error("region {file}: {fault}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Line and what is wrong.
        fault: String,
    },
}

/// The municipalities, by code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    gemeenten: BTreeMap<Gemeentecode, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    #[serde(rename = "version")]
    _version: String,
    gemeente: Vec<Gemeente>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gemeente {
    code: Gemeentecode,
    name: String,
}

impl Region {
    /// The region of a policies directory; the sample region when there is no file.
    ///
    /// # Errors
    /// [`RegionError`] with the file and the line.
    pub fn from_dir(policies: &Path) -> Result<Self, RegionError> {
        let file = policies.join(FILE);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BUILT_IN.to_owned(),
            Err(source) => return Err(RegionError::Unreadable { file, source }),
        };
        Self::parse(&text).map_err(|fault| RegionError::Wrong { file, fault })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let read: RegionFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut gemeenten = BTreeMap::new();
        for Gemeente { code, name } in read.gemeente {
            if gemeenten.insert(code, name).is_some() {
                return Err(format!("gemeente {code} stands in it twice"));
            }
        }
        if gemeenten.is_empty() { Err("a [[gemeente]] expected".to_owned()) } else { Ok(Self { gemeenten }) }
    }

    /// Whether reports for this municipality are taken here.
    pub fn knows(&self, code: Gemeentecode) -> bool {
        self.gemeenten.contains_key(&code)
    }

    /// The codes of the municipalities.
    pub fn codes(&self) -> impl Iterator<Item = Gemeentecode> {
        self.gemeenten.keys().copied()
    }

    /// A municipality as people call it: its name, or its code when this region does not know it.
    pub fn name(&self, code: Gemeentecode) -> String {
        self.gemeenten.get(&code).cloned().unwrap_or_else(|| code.to_string())
    }

    /// The municipalities as a sentence names them: `9001 Waterveen, 9002 Hoogerdam`; a long list is cut.
    pub fn listed(&self) -> String {
        let listed = self.gemeenten.iter().take(10).map(|(code, name)| format!("{code} {name}")).collect::<Vec<_>>().join(", ");
        if self.gemeenten.len() > 10 { format!("{listed}, ...") } else { listed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_region_is_right_and_a_wrong_one_is_told_with_its_line() {
        let region = Region::parse(BUILT_IN).unwrap();
        assert_eq!(region.name("9002".parse().unwrap()), "Hoogerdam");
        assert!(region.knows("9001".parse().unwrap()) && !region.knows("0363".parse().unwrap()));
        assert_eq!(region.listed(), "9001 Waterveen, 9002 Hoogerdam, 9003 Lindewoude");
        let wrong = Region::parse("version = \"1\"\n[[gemeente]]\ncode = \"901\"\nname = \"x\"\n").unwrap_err();
        assert!(wrong.contains("line 3") && wrong.contains("four digits"), "{wrong}");
        assert!(Region::parse("version = \"1\"\ngemeente = []\n").is_err());
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Region::from_dir(dir.path()).unwrap(), region, "without a file: the sample region");
        fs::write(dir.path().join(FILE), "gemeente = 1").unwrap();
        assert!(Region::from_dir(dir.path()).unwrap_err().to_string().contains("region.toml"));
    }
}
