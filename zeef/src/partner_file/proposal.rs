//! Owns the proposal of a mapping for a partner's file: what its columns may be, and which notation all of its rows allow. A person
//! looks at it before it is used; it holds names of columns and counts, nothing of what is in the rows.

use std::path::Path;

use kernel::{Cents, money::DecimalSign};

use super::{
    COLUMNS, Content, Encoding, FileError, Source,
    cell::Seen,
    columns::{HeaderError, plain_name},
    notation::{DateOrder, date},
};

/// What partners call our columns. The first of a row is ours.
const ALSO: &[&[&str]] = &[
    &[
        "referentie",
        "kenmerk",
        "uw_kenmerk",
        "contractnummer",
        "contractnr",
        "contract",
        "dossiernummer",
        "dossier",
        "klantnummer",
        "relatienummer",
        "debiteurnummer",
        "huurdernummer",
        "nummer",
    ],
    &["soort", "type", "soort_signaal", "signaalpartner", "soort_achterstand"],
    &["gemeentecode", "gemeente_code", "cbs_code"],
    &[
        "bedrag",
        "saldo",
        "open_saldo",
        "openstaand",
        "openstaand_saldo",
        "openstaand_bedrag",
        "achterstand",
        "bedrag_achterstand",
        "hoogte_achterstand",
        "hoogte_betalingsachterstand",
        "huurachterstand",
        "schuld",
        "totaal",
    ],
    &[
        "achterstand_sinds",
        "achterstand_vanaf",
        "sinds",
        "oudste_vordering",
        "oudste_vervaldatum",
        "vervaldatum",
        "ontstaansdatum",
        "datum_achterstand",
    ],
    &["signaaldatum", "datum", "datum_melding", "meldingsdatum", "datum_signaal", "peildatum", "rapportagedatum"],
    &["straat", "straatnaam", "adres", "woonadres"],
    &["huisnummer", "huisnr", "huisnr.", "nr", "nr.", "huis_nr"],
    &["toevoeging", "huisnummertoevoeging", "huisnummer_toevoeging", "huisnr_toevoeging", "huisletter", "toev", "toev."],
    &["postcode", "pc", "postcode_woonadres"],
    &["plaats", "woonplaats", "plaatsnaam", "stad"],
    &["voorletters", "voorletter", "initialen", "voorl", "voorl."],
    &["tussenvoegsel", "tussenvoegsels", "voorvoegsel", "voorvoegsels", "tv"],
    &["achternaam", "naam", "geslachtsnaam", "familienaam", "naam_huurder", "huurder"],
    &["telefoon", "telefoonnummer", "tel", "tel.", "mobiel", "mobiel_nummer", "telefoonnr", "gsm"],
    &["email", "e_mail", "e_mailadres", "emailadres", "mail", "mailadres"],
    &["persoonlijk_contact", "contact", "datum_contact", "persoonlijk_contact_gezocht"],
    &["op_hulp_gewezen", "gewezen_op_hulp", "schuldhulp_gewezen", "informatie_schuldhulp"],
    &["herinnering", "schriftelijke_herinnering", "aanmaning", "datum_herinnering", "datum_aanmaning"],
    &["aanbod_doorgeven", "aanbod", "aanbod_doorgeven_gegevens", "toestemming_gevraagd"],
    &["huurcontract", "contract", "contractsoort", "soort_contract", "soort_huurcontract"],
    &["melder"],
];

const HEAD: &str = "# Voorstel voor het lezen van de bestanden van een partner, gemaakt door `zeef signals mapping`. Kijk het na en vul het aan;\n\
                    # `zeef signals submit <bestand> --mapping <dit bestand>` leest ermee.\n\n";

/// Looks through a file and writes a mapping for it.
///
/// # Errors
/// [`FileError`] when the file cannot be read or none of its columns is known.
pub fn propose(file: &Path, encoding: Encoding) -> Result<String, FileError> {
    let (mut source, names) = Source::open(file, encoding, None)?;
    let found: Vec<Option<&str>> = names.iter().map(|name| ours(name)).collect();
    let at = |column: &str| found.iter().position(|ours| *ours == Some(column));
    if found.iter().flatten().count() < 2 {
        let required = COLUMNS.iter().filter(|(_, must)| *must).map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(HeaderError::Missing { missing: required, found: format!("{} kolommen met andere namen", names.len()) }.into());
    }
    let (mut amounts, mut dates) = (Evidence::new([DecimalSign::Comma, DecimalSign::Point]), Evidence::new(ORDERS));
    let (amount_at, days_at) = (at("bedrag"), ["achterstand_sinds", "signaaldatum"].map(at));
    while let Some((_, row)) = source.next()? {
        let Ok(content) = row else { continue };
        if let Some(text) = amount_at.and_then(|at| text(&content, at)) {
            amounts.look(Cents::parse_dutch(text).is_ok(), |sign| Cents::parse_in(text, sign).is_ok());
        }
        for text in days_at.iter().flatten().filter_map(|at| text(&content, *at)) {
            dates.look(date(text, None).is_ok(), |order| date(text, Some(order)).is_ok());
        }
    }
    let mut toml = HEAD.to_owned();
    amounts.write(&mut toml, "amounts", "bedragen", |sign| if sign == DecimalSign::Comma { "comma" } else { "point" });
    dates.write(&mut toml, "dates", "datums", |order| match order {
        DateOrder::DayFirst => "day-first",
        DateOrder::MonthFirst => "month-first",
        DateOrder::YearFirst => "year-first",
    });
    toml.push_str("\n[columns]\n");
    for (column, must) in COLUMNS {
        match at(column).and_then(|at| names.get(at)) {
            Some(theirs) => toml.push_str(&format!("{column} = {}\n", toml::Value::String(theirs.clone()))),
            None if *must => toml.push_str(&format!("# Niet gevonden, en moet er zijn: {column} = \"...\"\n")),
            None => {}
        }
    }
    let rest: Vec<String> =
        names.iter().zip(&found).filter(|(_, ours)| ours.is_none()).map(|(name, _)| name.replace(['\n', '\r'], " ")).collect();
    if !rest.is_empty() {
        toml.push_str(&format!("# Niet gebruikt: {}\n", rest.join(", ")));
    }
    if at("soort").is_none() {
        toml.push_str("\n# Heeft het bestand geen kolom voor de soort, dan geldt deze voor elke rij.\n[always]\n# soort = \"huur\"\n");
    }
    Ok(toml)
}

const ORDERS: [DateOrder; 3] = [DateOrder::DayFirst, DateOrder::MonthFirst, DateOrder::YearFirst];

/// Our name of a column; the first of two that both fit is taken.
fn ours(name: &str) -> Option<&'static str> {
    let name = plain_name(name);
    ALSO.iter().find(|names| names.contains(&name.as_str())).and_then(|names| names.first()).copied()
}

fn text(content: &Content, at: usize) -> Option<&str> {
    match content.get(at) {
        Seen::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Which notations every text of a column allows.
struct Evidence<T, const N: usize> {
    notations: [T; N],
    looked_at: u64,
    /// Texts that a notation allows.
    allow: [u64; N],
    /// Texts that have no reading without a notation.
    asked: u64,
}

impl<T: Copy, const N: usize> Evidence<T, N> {
    fn new(notations: [T; N]) -> Self {
        Self { notations, looked_at: 0, allow: [0; N], asked: 0 }
    }

    fn look(&mut self, clear: bool, allows: impl Fn(T) -> bool) {
        let allowed = self.notations.map(allows);
        // What no notation can read says nothing about the notation.
        if !allowed.contains(&true) {
            return;
        }
        self.looked_at += 1;
        self.asked += u64::from(!clear);
        for (count, allowed) in self.allow.iter_mut().zip(allowed) {
            *count += u64::from(allowed);
        }
    }

    /// The notation when all texts allow it and no other; otherwise a line that asks, if anything was unclear.
    fn write(&self, toml: &mut String, key: &str, what: &str, word: impl Fn(T) -> &'static str) {
        let all: Vec<T> =
            self.notations.iter().zip(self.allow).filter(|(_, count)| *count == self.looked_at).map(|(one, _)| *one).collect();
        let words = |of: &[T]| of.iter().map(|one| format!("{key} = \"{}\"", word(*one))).collect::<Vec<_>>().join(" of ");
        let line = match all.as_slice() {
            _ if self.looked_at == 0 => return,
            [one] => format!("# Alle {what} ({}) laten alleen deze notatie toe.\n{}\n", self.looked_at, words(&[*one])),
            _ if self.asked == 0 => return,
            [] => {
                format!("# De {what} zijn in verschillende notaties geschreven; vraag de partner om een.\n# {}\n", words(&self.notations))
            }
            some => format!(
                "# {} {what} zijn dubbelzinnig, en geen andere wijst uit wat bedoeld is. Vraag het de partner.\n# {}\n",
                self.asked,
                words(some)
            ),
        };
        toml.push_str(&line);
    }
}
