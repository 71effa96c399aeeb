//! What a receipt says, for people: what was declared, no judgment. One place for the command line and the page that checks it.

use kernel::Cents;

use super::{Declared, Document, Outcome};

/// Label and text, in Dutch, in the order in which they are read.
pub fn lines(document: &Document) -> Vec<(&'static str, String)> {
    let what = match document.outcome {
        Outcome::Accepted => "een melding van een betalingsachterstand is ontvangen",
        Outcome::BlockedByTenant => "een melding is aangeboden en geblokkeerd door de afwijzing van de huurder; er is niets bewaard",
    };
    let mut lines = vec![("Wat", what.to_owned())];
    lines.push(("Gemeente", format!("{}, sleutel {}", document.gemeentecode, document.key)));
    lines.push(("Ontvangen", document.received_at.clone()));
    if let Some(form) = &document.form_received_at {
        lines.push(("Formulier verstuurd", format!("{form}; ontvangen is het moment waarop de melder de melding heeft bevestigd")));
    }
    if let Some(first) = &document.first_received_at {
        lines.push(("Verbetering van een melding die is ontvangen", first.clone()));
    }
    lines.push(("Melder", format!("{}, eigen kenmerk {}", document.organisation, document.reference)));
    if let Some(declared) = &document.declared {
        declared_lines(declared, &mut lines);
    }
    lines.push(("SHA-256 van wat is verstuurd", document.sent_sha256.clone()));
    lines
}

fn declared_lines(declared: &Declared, lines: &mut Vec<(&'static str, String)>) {
    let since = declared.arrears_since.as_ref().map(|day| format!(", sinds {day}")).unwrap_or_default();
    let text = format!("achterstand {}{since}, datum melding {}", Cents(declared.amount_cents), declared.signal_date);
    lines.push(("Verklaard", text));
    let Some(duties) = &declared.duties else { return };
    for (label, duty) in [
        ("Bgs artikel 2 onder a, persoonlijk contact gezocht", &duties.a),
        ("Bgs artikel 2 onder b, gewezen op schuldhulpverlening", &duties.b),
        ("Bgs artikel 2 onder c, schriftelijk herinnerd", &duties.c),
        ("Bgs artikel 2 onder d, aangeboden de gegevens door te geven, zonder afwijzing", &duties.d),
    ] {
        let on = duty.on.as_ref().map(|day| format!(" op {day}")).unwrap_or_default();
        lines.push((label, format!("{}{on}", dutch(&duty.status))));
    }
    lines.push(("Antwoord van de huurder op dat aanbod", dutch(&duties.tenant_answer).to_owned()));
}

fn dutch(code: &str) -> &str {
    match code {
        "met" => "voldaan",
        "not-met" => "niet voldaan",
        "consent" => "toestemming",
        "silence" => "geen antwoord",
        "not-declared" => "niet verklaard",
        other => other,
    }
}
