//! The Dutch words of the chart: steps, standings, regions and outcomes, each by its stable code.

use jiff::civil::Date;
use kernel::terms::TermKind;

/// The eleven steps of the eviction sieve (*stroomschema*), in order.
pub const STEPS: [&str; 11] = [
    "Betalingsachterstand ontstaat",
    "Persoonlijk contact van de schuldeiser",
    "Signaal bij de gemeente",
    "Contact en aanbod van hulp",
    "Aankondiging van de dagvaarding",
    "Dagvaarding",
    "Zitting",
    "Vonnis",
    "Laatste vrijwillige aanbod",
    "Bewind in plaats van ontruiming",
    "Ontruiming aangezegd of woning verlaten",
];

/// The Dutch name of a step, 1 to 11.
pub fn step(number: u8) -> &'static str {
    STEPS.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or("Nog geen stap")
}

/// A role, team or context as people say it.
pub fn context(code: &str) -> &'static str {
    match code {
        "intake" => "Intake",
        "routing" => "Toewijzing",
        "outreach" => "Contact en hulp",
        "court-liaison" => "Juridisch",
        "aftercare" => "Nazorg",
        _ => "Onbekend",
    }
}

/// A team that had no room for a case, and whether the case is its own all the same.
pub fn overflow(one: &proto::routing::v1::Overflow, team: &str) -> String {
    let why = match one.why.as_str() {
        "full" => format!("team {} was die week vol, na {} zaken", one.team, one.capacity),
        "absent" => format!("team {} was die dag afwezig", one.team),
        _ => format!("team {} kon niet", one.team),
    };
    if one.team == team { format!("{why}, en heeft deze zaak toch") } else { why }
}

/// The help region.
pub fn help(code: &str) -> &'static str {
    match code {
        "none" => "Nog niet begonnen",
        "signal" => "Signaal ontvangen",
        "outreach" => "Er wordt contact gezocht",
        "offered" => "Hulp aangeboden",
        "asked" => "Zelf om hulp gevraagd",
        "accepted" => "Hulp aanvaard",
        "refused" => "Hulp geweigerd",
        "exhausted" => "Niemand bereikt",
        "resolved" => "Hulp afgerond",
        "ended" => "Contact gestopt",
        _ => "Onbekend",
    }
}

/// The legal region: its own states, or the outcome it ended with.
pub fn legal(code: &str) -> String {
    match code {
        "none" => "Niets bekend".to_owned(),
        "running" => "Loopt".to_owned(),
        "paused" => "In pauze".to_owned(),
        ended => format!("Afgelopen: {}", outcome(ended)),
    }
}

/// Complete for the national exchange model, or not.
pub fn ddas(code: &str) -> &'static str {
    match code {
        "complete" => "DDAS compleet",
        "missing" => "Onvolledig voor DDAS",
        "none" => "Geen signaal, dus niet in DDAS",
        _ => "Onbekend",
    }
}

/// The payment region.
pub fn payment(code: &str) -> &'static str {
    match code {
        "none" => "Niets bekend",
        "open" => "Achterstand staat open",
        "plan" => "Betalingsregeling loopt",
        "plan-broken" => "Betalingsregeling niet nagekomen",
        "plan-completed" => "Betalingsregeling nagekomen",
        "paid" => "Betaald",
        _ => "Onbekend",
    }
}

/// The aftercare region.
pub fn aftercare(code: &str) -> &'static str {
    match code {
        "none" => "Niet aan de orde",
        "open" => "Plaats zoeken vóór de ontruiming",
        "home-lost" => "Woning verloren",
        "rehoused" => "Herhuisvest",
        "rehoused-in-time" => "Op tijd herhuisvest, woning verloren",
        "destination-unknown" => "Verblijfplaats onbekend",
        "met" => "Blijft in de woning",
        _ => "Onbekend",
    }
}

/// An outcome, of the case or of its legal region.
pub fn outcome(code: &str) -> &'static str {
    match code {
        "" => "",
        "paid" => "betaald",
        "plan" => "betalingsregeling",
        "error" => "geen achterstand",
        "rent-benefit-pending" => "wacht op huurtoeslag",
        "measure" => "andere maatregel van de verhuurder",
        "referred" => "doorverwezen door de verhuurder",
        "not-resident" => "woont daar niet (meer)",
        "deceased" => "overleden",
        "repeated-same" => "herhaald signaal",
        "below-threshold" => "onder het drempelbedrag",
        "known-at-debt-help" => "al bekend bij schuldhulpverlening",
        "solved-quickfix" => "opgelost met een snelle oplossing",
        "help-financial" => "financiële hulp",
        "help-other" => "andere hulp",
        "self-solved" => "zelf opgelost",
        "no-help-wanted" => "wil geen hulp",
        "no-contact" => "geen contact gekregen",
        "no-reaction" => "geen reactie na eerder contact",
        "other-track" => "al een ander traject",
        "referred-without-contact" => "verwezen zonder contact",
        "withdrawn" => "vordering ingetrokken",
        "settled" => "schikking op de zitting",
        "rejected" => "vordering afgewezen",
        "payment-only" => "alleen tot betaling veroordeeld",
        "grace-met" => "betaald binnen de terme de grâce",
        "conditional-held" => "voorwaarden van het vonnis nagekomen",
        "moratorium-plan" => "regeling in het moratorium",
        "agreement" => "overeenstemming na het vonnis",
        "bewind-voluntary" => "vrijwillig bewind",
        "bewind-set" | "administration" => "bewind ingesteld",
        "rehoused" => "op tijd herhuisvest",
        "stays" | "averted" => "ontruiming afgewend",
        "temporary-return" => "tijdelijk elders, met terugkeer (wachtkamer)",
        "own-home-shelter" => "opvang in de eigen woning",
        "lease-by-municipality" => "gemeente huurt de woning",
        "evicted" => "ontruimd",
        "evicted-no-place" => "ontruimd zonder nieuwe plek",
        "left-under-pressure" => "onder druk vertrokken",
        "left-unknown" => "met onbekende bestemming vertrokken",
        "destination-unknown" => "verblijfplaats onbekend",
        "closed-by-mayor" => "gesloten door de burgemeester",
        "handed-over" => "overgedragen: gaat verder op het nieuwe adres",
        _ => "anders",
    }
}

/// Where a household lives after all.
pub fn place(code: &str) -> &'static str {
    match code {
        "own-home" => "eigen woning",
        "new-lease" => "nieuwe huurwoning",
        "temporary-return" => "tijdelijk elders, met terugkeer (wachtkamer)",
        "own-home-shelter" => "opvang in de eigen woning",
        "lease-by-municipality" => "gemeente huurt de woning",
        "settled-elsewhere" => "blijvend elders",
        "family" => "tijdelijk bij familie of vrienden",
        "shelter" => "opvang",
        _ => "andere plek",
    }
}

/// A term that somebody waits out or may use, not one that somebody has to meet: when it has passed, nobody is late.
pub const fn is_window(kind: TermKind) -> bool {
    matches!(
        kind,
        TermKind::Pause
            | TermKind::CauseList
            | TermKind::Objection
            | TermKind::Appeal
            | TermKind::Bevel
            | TermKind::Reannounce
            | TermKind::Moratorium
            | TermKind::Goods
            | TermKind::TitleAge
            | TermKind::ListEnd
    )
}

/// What became of a term.
pub fn term_state(kind: TermKind, code: &str) -> &'static str {
    match code {
        "expired" | "late-when-known" if is_window(kind) => "voorbij",
        "running" => "loopt",
        "warned" => "loopt, gewaarschuwd",
        "expired" => "verlopen",
        "met" => "gehaald",
        "met-late" => "te laat gehaald",
        "found-met" => "gehaald, later vastgelegd",
        "late-when-known" => "al voorbij toen het bekend werd",
        "ended" => "gestopt",
        _ => "onbekend",
    }
}

/// A calendar date as people write it: `22-11-2026`.
pub fn date(day: Date) -> String {
    format!("{:02}-{:02}-{:04}", day.day(), day.month(), day.year())
}

/// A role or team code as people say it; a code of a municipality's own stays as it is.
pub fn owner(code: &str) -> &str {
    match code {
        "desk" => "vroegsignalering",
        "outreach" => "outreach",
        "visitor" => "huisbezoek",
        "court-liaison" => "procesregie",
        "aftercare" => "nazorg",
        "team-lead" => "teamleider",
        "duty-officer" => "dienstdoende medewerker",
        "landlord" => "verhuurder",
        other => other,
    }
}

/// By what contract somebody lives somewhere; nothing when that is not known.
pub fn contract(code: &str) -> Option<&'static str> {
    Some(match code {
        "regular" => "onbepaalde tijd",
        "temporary" => "tijdelijk",
        "property-guardian" => "antikraak",
        "campus" => "campuscontract",
        "employer" => "dienstwoning of huisvesting door de werkgever",
        "intermediate" => "intermediaire verhuur",
        "short-stay" => "short stay",
        "other" => "een ander contract",
        _ => return None,
    })
}

/// A right of the AVG, as a line begins.
pub fn right(code: &str) -> &'static str {
    match code {
        "access" => "Verzoek om inzage (AVG artikel 15)",
        "rectification" => "Verzoek om rectificatie (AVG artikel 16)",
        "erasure" => "Verzoek om wissing (AVG artikel 17)",
        "restriction" => "Verzoek om beperking (AVG artikel 18)",
        "objection" => "Bezwaar tegen de verwerking (AVG artikel 21)",
        _ => "AVG-verzoek",
    }
}

/// What became of a request by such a right.
pub fn right_verdict(code: &str) -> &'static str {
    match code {
        "" => "open",
        "granted" => "ingewilligd",
        "refused" => "afgewezen",
        "withdrawn" => "ingetrokken",
        "lifted" => "opgeheven",
        _ => "onbekend",
    }
}

/// Who told a concern.
pub fn concern_teller(code: &str) -> &'static str {
    match code {
        "neighbour" => "buur",
        "volunteer" => "vrijwilliger",
        "family" => "familie of naaste",
        "doctor" => "huisarts",
        "care" => "zorg of welzijn",
        "school" => "school of kinderopvang",
        "club" => "vereniging",
        _ => "iemand anders",
    }
}

/// What became of a concern.
pub fn concern_state(code: &str) -> &'static str {
    match code {
        "open" => "staat open",
        "danger" => "gevaar",
        "shared" => "gedeeld",
        "linked" => "hoort bij een zaak",
        "closed" => "afgesloten",
        "lapsed" => "vervallen na dertig dagen",
        _ => "onbekend",
    }
}

/// Nature of the goods at an eviction.
pub fn goods(code: &str) -> &'static str {
    match code {
        "household" => "inboedel",
        "business" => "bedrijfsinventaris",
        "animals" => "dieren",
        "vehicles" => "voertuigen",
        "hazardous" => "gevaarlijke stoffen",
        "nothing" => "geen",
        _ => "onbekend",
    }
}

/// Why an offered case came back.
pub fn bounce(code: &str) -> &'static str {
    match code {
        "not-here" => "het huishouden woont daar niet",
        "helped-already" => "het huishouden wordt daar al geholpen",
        "incomplete" => "gegevens ontbreken",
        "taken-back" => "het aanbod is ingetrokken",
        _ => "",
    }
}

/// A person as pages and tables name one: the last twelve digits of the id.
pub fn person(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// What a consent is for, after "toestemming voor".
pub fn consent_purpose(code: &str) -> &'static str {
    match code {
        "withhold-rent" => "inhouden van de lopende huur op de uitkering",
        "share-debt-help" => "delen met schuldhulpverlening",
        "share-social-team" => "delen met het wijkteam",
        "share-care" => "delen met een zorgverlener",
        "share-landlord" => "delen met de verhuurder",
        "contact-third-person" => "contact via een derde",
        _ => "iets anders",
    }
}

/// What was said of a consent.
pub fn consent_word(code: &str) -> &'static str {
    match code {
        "asked" => "gevraagd",
        "given" => "gegeven",
        "refused" => "geweigerd",
        "withdrawn" => "ingetrokken",
        _ => "onbekend",
    }
}

/// How it was said.
pub fn consent_means(code: &str) -> &'static str {
    match code {
        "written" => "schriftelijk",
        "spoken" => "mondeling",
        "digital" => "digitaal",
        _ => "onbekend hoe",
    }
}

/// A contact restriction, with the channels that it names.
pub fn restriction(kind: &str, channels: &[String]) -> String {
    match kind {
        "channels" => format!("niet via {}", channels.join(", ")),
        other => restriction_kind(other).to_owned(),
    }
}

/// Why somebody is not to be contacted so.
pub fn restriction_kind(kind: &str) -> &'static str {
    match kind {
        "channels" => "niet via dit kanaal",
        "representative" => "alleen via de vertegenwoordiger",
        "not-at-home" => "niet aan huis (veiligheid)",
        "no-contact" => "wil geen contact",
        _ => "beperkt",
    }
}
