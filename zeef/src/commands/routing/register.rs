//! The entry of a policy in the algorithm register: the fields of the *Algoritmeregister*, Dutch.

use std::path::Path;

use routing::domain::{Name, Policy, words};
use schemars::JsonSchema;
use serde::Serialize;

use super::policies::{facts, named};
use crate::{Failure, out::Out};

/// `zeef routing register --json`.
#[derive(Serialize, JsonSchema)]
pub struct RegisterAnswer {
    /// The fields, in the order of the register.
    fields: Vec<Field>,
}

#[derive(Serialize, JsonSchema)]
struct Field {
    /// The heading in the register it stands under.
    section: String,
    name: String,
    text: String,
}

/// The entry of a municipality's policy.
pub fn register(out: &mut Out, folder: &Path, name: &str) -> Result<(), Failure> {
    let policy = named(folder, name)?;
    let answer = RegisterAnswer { fields: fields(&policy) };
    if out.json() {
        return out.document(&answer);
    }
    let mut section = "";
    for field in &answer.fields {
        if section != field.section {
            section = &field.section;
            out.line(format!("\n{section}\n"))?;
        }
        out.line(format!("{}: {}", field.name, field.text))?;
    }
    Ok(())
}

fn fields(policy: &Policy) -> Vec<Field> {
    let used = facts(policy);
    let data = used.iter().map(|name: &Name| format!("{} ({})", name.about().dutch, name.about().basis)).collect::<Vec<_>>().join("; ");
    let rules = policy.rules.iter().map(|rule| words::sentence(policy, rule)).collect::<Vec<_>>().join(" ");
    let owner = if policy.name.parse::<kernel::Gemeentecode>().is_ok() {
        format!("gemeente {}", policy.name)
    } else {
        "gemeente (invullen)".to_owned()
    };
    let rows: [(&str, &str, String); 20] = [
        ("Algemene informatie", "Naam", "Routering van vroegsignalen".to_owned()),
        ("Algemene informatie", "Organisatie", owner),
        (
            "Algemene informatie",
            "Korte beschrijving",
            "Vaste regels bepalen welk team contact zoekt met een huishouden met een betalingsachterstand, hoe snel en op welke manier."
                .to_owned(),
        ),
        ("Algemene informatie", "Type algoritme", "Regelgebaseerd, niet zelflerend; geen score en geen voorspelling".to_owned()),
        ("Algemene informatie", "Publicatiecategorie", "Impactvolle algoritmes".to_owned()),
        ("Algemene informatie", "Status", "In gebruik".to_owned()),
        ("Algemene informatie", "Begindatum", "(invullen: de dag waarop deze versie in werking trad)".to_owned()),
        ("Algemene informatie", "Contactgegevens", "(invullen)".to_owned()),
        (
            "Verantwoord gebruik",
            "Doel en impact",
            "Hulp aanbieden voordat een huishouden zijn woning, energie of zorgverzekering verliest. De uitkomst bepaalt wie er hulp aanbiedt en \
             wanneer, nooit of er hulp wordt aangeboden: elke melding krijgt een team en een termijn."
                .to_owned(),
        ),
        (
            "Verantwoord gebruik",
            "Afwegingen",
            "Postcode, leeftijd, naam, nationaliteit en huishoudvorm tellen niet mee; de wijk kiest hooguit het team. Wat niet bekend is telt \
             niet als nee. Het beleid wordt daarop gecontroleerd voordat het kan worden gebruikt."
                .to_owned(),
        ),
        (
            "Verantwoord gebruik",
            "Menselijke tussenkomst",
            "Een medewerker zoekt contact en beslist over hulp. Een medewerker kan altijd een ander team of spoor kiezen, met een reden die \
             wordt vastgelegd."
                .to_owned(),
        ),
        (
            "Verantwoord gebruik",
            "Risicobeheer",
            "Elke regel heeft een testgeval; elk mogelijk geval wordt nagegaan op gaten, onbekende gegevens en wettelijke termijnen. Elke \
             keuze is na te lezen met regel, versie en feiten, en een wijziging is vooraf op de geschiedenis te beproeven."
                .to_owned(),
        ),
        ("Verantwoord gebruik", "Wettelijke basis", "art. 3 lid 1 onder b en art. 4 Wgs; art. 2 Bgs; art. 6 lid 1 onder e AVG".to_owned()),
        ("Verantwoord gebruik", "Links naar wettelijke basis", "https://wetten.overheid.nl/BWBR0031331".to_owned()),
        ("Verantwoord gebruik", "Impacttoetsen", "(invullen: DPIA en eventueel IAMA)".to_owned()),
        ("Werking", "Gegevens", data),
        ("Werking", "Technische werking", format!("De eerste regel die geldt, beslist. {rules}")),
        ("Werking", "Versie", format!("{} (sha256 {})", policy.version, hex::encode(policy.hash))),
        ("Werking", "Leverancier", "Zeef, vrije software onder de EUPL 1.2".to_owned()),
        ("Werking", "Link naar broncode", "(invullen)".to_owned()),
    ];
    rows.into_iter().map(|(section, name, text)| Field { section: section.to_owned(), name: name.to_owned(), text }).collect()
}
