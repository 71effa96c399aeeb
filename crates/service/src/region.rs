//! The municipalities that this installation takes reports for, where they lie, and their neighbours: `region.toml` in the
//! policies directory.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use kernel::{Gemeentecode, matching::Period};
use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../../policies/region.toml");
/// The file in the policies directory that replaces the built-in sample region.
pub const FILE: &str = "region.toml";
/// Months that the matching of reports looks back: what was reported longer ago is no repeat that anybody may skip.
const LONGEST_SKIP: u8 = 6;

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

/// The municipalities, by code, and those around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    gemeenten: BTreeMap<Gemeentecode, Territory>,
    neighbours: Vec<Territory>,
    matching: Period,
    collectives: Vec<Collective>,
    skips: Vec<SkipRepeats>,
    districts: Vec<District>,
}

/// A district (*wijk*) of a municipality, by the municipality's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
struct District {
    gemeente: Gemeentecode,
    code: String,
    postcodes: Vec<RangeInclusive<u16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistrictFile {
    gemeente: Gemeentecode,
    code: String,
    postcodes: Vec<Postcodes>,
}

/// From when on a municipality does not take up repeated reports of the same arrears (*herhaalde melding*).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct SkipRepeats {
    gemeente: Gemeentecode,
    from: Date,
    months: u8,
}

/// An address of many households (*verzameladres*): a postal address, a shelter, a home of care.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collective {
    /// Its postcode.
    pub postcode: String,
    /// Its house number, with what stands behind it.
    pub house_number: String,
}

/// Where an address lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// In a municipality of this region.
    Here(Gemeentecode),
    /// In a municipality that this region only knows by name.
    Elsewhere(String),
    /// The postcode is of one municipality, the place of another.
    Torn {
        /// Name of the postcode's municipality; none when no municipality here has that postcode.
        postcode: Option<String>,
        /// Name of the place's municipality.
        place: String,
    },
    /// The postcode is of more than one municipality, and the place of none of them; their names.
    Shared(Vec<String>),
    /// Neither postcode nor place is known here.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Territory {
    name: String,
    postcodes: Vec<RangeInclusive<u16>>,
    /// As [`plain`] makes them, the municipality's own name among them.
    places: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionFile {
    #[serde(rename = "version")]
    _version: String,
    /// [`Period`], by its code.
    #[serde(default)]
    matching: Option<String>,
    gemeente: Vec<Gemeente>,
    #[serde(default)]
    collective: Vec<Collective>,
    #[serde(default)]
    skip_repeats: Vec<SkipRepeats>,
    #[serde(default)]
    neighbour: Vec<Neighbour>,
    #[serde(default)]
    district: Vec<DistrictFile>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gemeente {
    code: Gemeentecode,
    name: String,
    #[serde(default)]
    postcodes: Vec<Postcodes>,
    #[serde(default)]
    places: Vec<String>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Neighbour {
    name: String,
    #[serde(default)]
    postcodes: Vec<Postcodes>,
    #[serde(default)]
    places: Vec<String>,
}
/// `3500-3509`, or one of four digits.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Postcodes(RangeInclusive<u16>);

impl TryFrom<String> for Postcodes {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let range = four_digits(first).zip(four_digits(last)).filter(|(first, last)| first <= last);
        let (first, last) = range.ok_or("postcodes of four digits expected, for example 3500-3509 or 3512")?;
        Ok(Self(first..=last))
    }
}

fn four_digits(text: &str) -> Option<u16> {
    let right = text.len() == 4 && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

/// A name as it is compared: letters and digits, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Territory {
    fn new(name: String, postcodes: Vec<Postcodes>, places: &[String]) -> Self {
        let places = std::iter::once(&name).chain(places).map(|place| plain(place)).collect();
        Self { postcodes: postcodes.into_iter().map(|range| range.0).collect(), places, name }
    }

    fn has_postcode(&self, digits: u16) -> bool {
        self.postcodes.iter().any(|range| range.contains(&digits))
    }

    fn has_place(&self, place: &str) -> bool {
        self.places.iter().any(|known| known == place)
    }
}

/// Each of a municipality that is here, with a plain code, and no postcode in two of them.
fn districts(read: Vec<DistrictFile>, gemeenten: &BTreeMap<Gemeentecode, Territory>) -> Result<Vec<District>, String> {
    let mut districts: Vec<District> = Vec::new();
    for DistrictFile { gemeente, code, postcodes } in read {
        let wrong = |what: &str| Err(format!("[[district]] {code} of gemeente {gemeente}: {what}"));
        if !gemeenten.contains_key(&gemeente) {
            return wrong("that gemeente is not in this region");
        }
        if code.is_empty() || !code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return wrong("a code of lower-case letters, digits and dashes expected");
        }
        let postcodes: Vec<_> = postcodes.into_iter().map(|range| range.0).collect();
        let overlap = |one: &RangeInclusive<u16>, other: &RangeInclusive<u16>| one.start() <= other.end() && other.start() <= one.end();
        let known = districts.iter().filter(|known| known.gemeente == gemeente).flat_map(|known| &known.postcodes);
        if known.into_iter().any(|known| postcodes.iter().any(|range| overlap(known, range))) {
            return wrong("a postcode of it lies in another district too");
        }
        districts.push(District { gemeente, code, postcodes });
    }
    Ok(districts)
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

    /// Reads the text of a region file.
    ///
    /// # Errors
    /// What is wrong, with the line where that is known.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: RegionFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut gemeenten = BTreeMap::new();
        for Gemeente { code, name, postcodes, places } in read.gemeente {
            if gemeenten.insert(code, Territory::new(name, postcodes, &places)).is_some() {
                return Err(format!("gemeente {code} stands in it twice"));
            }
        }
        let neighbours = read.neighbour.into_iter().map(|one| Territory::new(one.name, one.postcodes, &one.places)).collect();
        let matching = match read.matching {
            None => Period::default(),
            Some(code) => {
                Period::ALL.iter().copied().find(|period| period.code() == code).ok_or("matching: week, month or quarter expected")?
            }
        };
        let (collectives, skips) = (read.collective, read.skip_repeats);
        for SkipRepeats { gemeente, months, .. } in &skips {
            if !gemeenten.contains_key(gemeente) {
                return Err(format!("[[skip_repeats]]: gemeente {gemeente} is not in this region"));
            }
            if *months > LONGEST_SKIP {
                return Err(format!("[[skip_repeats]]: {months} months; 0 (nothing is skipped any more) to {LONGEST_SKIP} expected"));
            }
        }
        if gemeenten.is_empty() {
            return Err("a [[gemeente]] expected".to_owned());
        }
        let districts = districts(read.district, &gemeenten)?;
        Ok(Self { gemeenten, neighbours, matching, collectives, skips, districts })
    }

    /// Whether reports for this municipality are taken here.
    pub fn knows(&self, code: Gemeentecode) -> bool {
        self.gemeenten.contains_key(&code)
    }

    /// What counts as "at the same time" when reports about one address are matched.
    pub const fn matching(&self) -> Period {
        self.matching
    }

    /// Addresses of many households: there reports are matched by person only.
    pub fn collectives(&self) -> &[Collective] {
        &self.collectives
    }

    /// For how many months after a report was taken up this municipality skips repeated ones, on this day; none: it takes all up.
    pub fn skips_repeats(&self, code: Gemeentecode, on: Date) -> Option<u8> {
        let begun = self.skips.iter().filter(|skip| skip.gemeente == code && skip.from <= on);
        begun.max_by_key(|skip| skip.from).map(|skip| skip.months).filter(|months| *months > 0)
    }

    /// The district in which a postcode of this municipality lies, by the municipality's own code, when the region file says it.
    pub fn district(&self, code: Gemeentecode, postcode: &str) -> Option<&str> {
        let digits = four_digits(postcode.get(..4)?)?;
        let lies = |one: &&District| one.gemeente == code && one.postcodes.iter().any(|range| range.contains(&digits));
        self.districts.iter().find(lies).map(|one| one.code.as_str())
    }

    /// The codes of the municipalities.
    pub fn codes(&self) -> impl Iterator<Item = Gemeentecode> {
        self.gemeenten.keys().copied()
    }

    /// A municipality as people call it: its name, or its code when this region does not know it.
    pub fn name(&self, code: Gemeentecode) -> String {
        self.gemeenten.get(&code).map_or_else(|| code.to_string(), |territory| territory.name.clone())
    }

    /// The municipalities as a sentence names them: `9001 Waterveen, 9002 Hoogerdam`; a long list is cut.
    pub fn listed(&self) -> String {
        let named = self.gemeenten.iter().take(10).map(|(code, territory)| format!("{code} {}", territory.name));
        let listed = named.collect::<Vec<_>>().join(", ");
        if self.gemeenten.len() > 10 { format!("{listed}, ...") } else { listed }
    }

    /// The municipality in which an address lies. The postcode decides; the place does where a postcode lies in two
    /// municipalities or the region file gives none.
    pub fn locate(&self, postcode: &str, place: &str) -> Located {
        let digits: String = postcode.chars().filter(|c| !c.is_whitespace()).take(4).collect();
        let place = plain(place);
        let by_postcode: Vec<_> = self.all().filter(|(_, t)| four_digits(&digits).is_some_and(|digits| t.has_postcode(digits))).collect();
        let by_place: Vec<_> = self.all().filter(|(_, t)| t.has_place(&place)).collect();
        let both = by_postcode.iter().find(|(_, one)| one.has_place(&place));
        match (by_postcode.as_slice(), both, by_place.as_slice()) {
            (_, Some(one), _) | ([one], None, []) => Self::located(one),
            // A place that is known here, and not there: one of the two is a slip of the pen.
            ([(_, one), ..], None, [(_, other), ..]) => Located::Torn { postcode: Some(one.name.clone()), place: other.name.clone() },
            ([_, _, ..], None, []) => Located::Shared(by_postcode.iter().map(|(_, one)| one.name.clone()).collect()),
            ([], None, []) => Located::Unknown,
            // Nobody's postcode: the place decides among those whose postcodes are not told.
            ([], None, [(_, other), ..]) => match by_place.iter().find(|(_, t)| t.postcodes.is_empty()) {
                Some(one) => Self::located(one),
                None => Located::Torn { postcode: None, place: other.name.clone() },
            },
        }
    }

    /// Whether the region file says which postcodes are this municipality's.
    pub fn has_postcodes(&self, code: Gemeentecode) -> bool {
        self.gemeenten.get(&code).is_some_and(|territory| !territory.postcodes.is_empty())
    }

    fn all(&self) -> impl Iterator<Item = (Option<Gemeentecode>, &Territory)> {
        let here = self.gemeenten.iter().map(|(code, territory)| (Some(*code), territory));
        here.chain(self.neighbours.iter().map(|territory| (None, territory)))
    }

    fn located((code, territory): &(Option<Gemeentecode>, &Territory)) -> Located {
        code.map_or_else(|| Located::Elsewhere(territory.name.clone()), Located::Here)
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
        for ranges in ["3509-3500", "350-3509", "0350", "3500-", "3500-3509-3510", "x"] {
            let text = format!("version = \"1\"\n[[gemeente]]\ncode = \"9001\"\nname = \"x\"\npostcodes = [\"{ranges}\"]\n");
            let wrong = Region::parse(&text).unwrap_err();
            assert!(wrong.contains("line 5") && wrong.contains("3500-3509"), "{wrong}");
        }
        assert!(Region::parse("version = \"1\"\ngemeente = []\n").is_err());
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Region::from_dir(dir.path()).unwrap(), region, "without a file: the sample region");
        fs::write(dir.path().join(FILE), "gemeente = 1").unwrap();
        assert!(Region::from_dir(dir.path()).unwrap_err().to_string().contains("region.toml"));
    }

    #[test]
    fn an_address_says_which_municipality_it_is_in() {
        let region = Region::parse(BUILT_IN).unwrap();
        let here = |code: &str| Located::Here(code.parse().unwrap());
        for (postcode, place, located) in [
            ("3509 AB", "Waterveen", here("9001")),
            ("3509ab", "", here("9001")),
            (" 3 509AB", "OUD-WATERVEEN", here("9001")),
            // A hamlet that nobody listed.
            ("2509 AB", "Achterdijk", here("9002")),
            ("2001 AB", "Zandermeer", Located::Elsewhere("Zandermeer".into())),
            ("5601 AB", "", Located::Elsewhere("Elzervaart".into())),
            ("2509 AB", "Waterveen", Located::Torn { postcode: Some("Hoogerdam".into()), place: "Waterveen".into() }),
            ("8888 AB", "Waterveen", Located::Torn { postcode: None, place: "Waterveen".into() }),
            ("8888 AB", "Verweg", Located::Unknown),
            ("", "", Located::Unknown),
            ("３５０９AB", "", Located::Unknown),
        ] {
            assert_eq!(region.locate(postcode, place), located, "{postcode} {place}");
        }
    }

    #[test]
    fn where_postcodes_do_not_decide_the_place_does() {
        let shared = "version = \"1\"\n[[gemeente]]\ncode = \"9001\"\nname = \"Oost\"\npostcodes = [\"3500\"]\n\
                      [[gemeente]]\ncode = \"9002\"\nname = \"West\"\npostcodes = [\"3500-3501\"]\n\
                      [[gemeente]]\ncode = \"9003\"\nname = \"Zuid\"\n";
        let region = Region::parse(shared).unwrap();
        let here = |code: &str| Located::Here(code.parse().unwrap());
        assert_eq!(region.locate("3500AB", "West"), here("9002"));
        assert_eq!(region.locate("3500AB", "Oost"), here("9001"));
        assert_eq!(region.locate("3500AB", ""), Located::Shared(vec!["Oost".into(), "West".into()]));
        assert_eq!(region.locate("3501AB", ""), here("9002"));
        assert_eq!(region.locate("7777AB", "Zuid"), here("9003"), "its postcodes are not told");
        assert!(!region.has_postcodes("9003".parse().unwrap()));
    }

    #[test]
    fn repeats_are_skipped_from_a_day_on_and_for_so_many_months() {
        let skip = |text: &str| Region::parse(&format!("{BUILT_IN}\n{text}"));
        let one = "[[skip_repeats]]\ngemeente = \"9001\"\nfrom = \"2026-07-01\"\nmonths = 3\n";
        let none = "[[skip_repeats]]\ngemeente = \"9001\"\nfrom = \"2027-01-01\"\nmonths = 0\n";
        let region = skip(&format!("{none}{one}")).unwrap();
        let on = |day: &str| region.skips_repeats("9001".parse().unwrap(), day.parse().unwrap());
        assert_eq!((on("2026-06-30"), on("2026-07-01"), on("2026-12-31"), on("2027-01-01")), (None, Some(3), Some(3), None));
        assert_eq!(region.skips_repeats("9002".parse().unwrap(), "2026-08-01".parse().unwrap()), None);
        assert!(skip(&one.replace("3", "7")).unwrap_err().contains("0 (nothing"));
        assert!(skip(&one.replace("9001", "9009")).unwrap_err().contains("not in this region"));
    }

    #[test]
    fn a_district_is_told_where_the_file_says_it_and_a_postcode_lies_in_one() {
        let with = |text: &str| Region::parse(&format!("{BUILT_IN}\n{text}"));
        let north = "[[district]]\ngemeente = \"9001\"\ncode = \"noord\"\npostcodes = [\"3500-3504\", \"3507\"]\n";
        let region = with(north).unwrap();
        let of = |gemeente: &str, postcode: &str| region.district(gemeente.parse().unwrap(), postcode);
        assert_eq!((of("9001", "3504AB"), of("9001", "3507XA"), of("9001", "3505AB")), (Some("noord"), Some("noord"), None));
        assert_eq!((of("9002", "3504AB"), of("9001", ""), of("9001", "35")), (None, None, None));
        assert!(with(&format!("{north}{}", north.replace("noord", "oost"))).unwrap_err().contains("another district"));
        assert!(with(&north.replace("9001", "9009")).unwrap_err().contains("not in this region"));
        assert!(with(&north.replace("noord", "Noord Oost")).unwrap_err().contains("a code of lower-case"));
    }
}
