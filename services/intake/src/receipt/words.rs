//! What a receipt says, for people: what was declared, no judgment. One place for the command line, the page that checks it and the paper.

use documents::Both;
pub use documents::Fact;
use jiff::{Timestamp, civil::Date};
use kernel::{
    Cents,
    days::{amsterdam, written_day, written_moment},
};

use super::{Declared, Document, Outcome};

/// Label and text, in the order in which they are read.
pub fn lines(document: &Document) -> Vec<Fact> {
    let what = match document.outcome {
        Outcome::Accepted => Both::new("een melding van een betalingsachterstand is ontvangen", "a report of arrears was received"),
        Outcome::BlockedByTenant => Both::new(
            "een melding is aangeboden en geblokkeerd door de afwijzing van de huurder; er is niets bewaard",
            "a report was offered and blocked by the tenant's refusal; nothing was kept",
        ),
    };
    let mut lines = vec![fact("Wat", "What", what)];
    if let Some(id) = &document.receipt_id {
        lines.push(fact("Nummer van dit meldbewijs", "Number of this receipt", Both::same(id)));
    }
    if let Some(id) = &document.replaces {
        lines.push(fact("Komt in de plaats van meldbewijs", "Replaces receipt", Both::same(id)));
    }
    let (gemeente, key) = (&document.gemeentecode, &document.key);
    let text = Both::new(format!("{gemeente}, sleutel {key}"), format!("{gemeente}, key {key}"));
    lines.push(fact("Gemeente", "Municipality that issued and signed this", text));
    lines.push(fact("Ontvangen", "Received", moment(&document.received_at)));
    if let Some(form) = &document.form_received_at {
        let (form, why) = (moment(form), "ontvangen is het moment waarop de melder de melding heeft bevestigd");
        let why_en = "received is the moment at which the sender confirmed the report";
        let text = Both::new(format!("{}; {why}", form.nl), format!("{}; {why_en}", form.en));
        lines.push(fact("Formulier verstuurd", "Form sent", text));
    }
    if let Some(first) = &document.first_received_at {
        lines.push(fact("Verbetering van een melding die is ontvangen", "Corrects a report received", moment(first)));
    }
    let (who, reference) = (&document.organisation, &document.reference);
    let text = Both::new(format!("{who}, eigen kenmerk {reference}"), format!("{who}, own reference {reference}"));
    lines.push(fact("Melder", "Reported by", text));
    if let Some(sent) = &document.sent {
        for (nl, en, text) in [
            ("Verhuurder, zoals ingevuld", "Landlord, as filled in", &sent.landlord),
            ("Huurder, zoals ingevuld", "Tenant, as filled in", &sent.tenant),
            ("Adres van de woning, zoals ingevuld", "Address of the home, as filled in", &sent.address),
        ] {
            lines.push(fact(nl, en, Both::same(text)));
        }
    }
    if let Some(declared) = &document.declared {
        declared_lines(declared, &mut lines);
    }
    lines.push(fact("SHA-256 van wat is verstuurd", "SHA-256 of what was sent", Both::same(&document.sent_sha256)));
    if let Some(hash) = &document.commit_sha256 {
        lines.push(fact("SHA-256 van de vastlegging", "SHA-256 of the record", Both::same(hash)));
    }
    lines
}

fn fact(nl: &str, en: &str, text: Both) -> Fact {
    Fact { label: Both::new(nl, en), text }
}

/// A moment of the receipt as people write it, and exactly.
fn moment(at: &str) -> Both {
    let Ok(read) = at.parse::<Timestamp>() else { return Both::same(at) };
    let english = read.to_zoned(amsterdam().clone()).strftime("%-d %B %Y, %H:%M");
    Both::new(format!("{} (Nederlandse tijd; {at})", written_moment(read)), format!("{english}, time in the Netherlands"))
}

/// A day of the receipt as people write it.
fn day(on: &str) -> Both {
    let Ok(read) = on.parse::<Date>() else { return Both::same(on) };
    Both::new(written_day(read), read.strftime("%-d %B %Y").to_string())
}

fn declared_lines(declared: &Declared, lines: &mut Vec<Fact>) {
    let (amount, on) = (Cents(declared.amount_cents), day(&declared.signal_date));
    let since = declared.arrears_since.as_deref().map(day);
    let since = since.map(|since| Both::new(format!(", sinds {}", since.nl), format!(", since {}", since.en)));
    let since = since.unwrap_or_else(|| Both::same(""));
    let text = Both::new(
        format!("achterstand {amount}{}, datum melding {}", since.nl, on.nl),
        format!("arrears {amount}{}, date of the report {}", since.en, on.en),
    );
    lines.push(fact("Verklaard", "Declared", text));
    let Some(duties) = &declared.duties else { return };
    for (letter, nl, en, duty) in [
        ("a", "Bgs artikel 2 onder a, persoonlijk contact gezocht", "Sought personal contact", &duties.a),
        ("b", "Bgs artikel 2 onder b, gewezen op schuldhulpverlening", "Pointed to debt help", &duties.b),
        ("c", "Bgs artikel 2 onder c, schriftelijk herinnerd", "Sent a written reminder", &duties.c),
        (
            "d",
            "Bgs artikel 2 onder d, aangeboden de gegevens door te geven, zonder afwijzing",
            "Offered to pass on the contact data, without a refusal",
            &duties.d,
        ),
    ] {
        let said = of_code(&duty.status);
        let text = match duty.on.as_deref().map(day) {
            Some(on) => Both::new(format!("{} op {}", said.nl, on.nl), format!("{} on {}", said.en, on.en)),
            None => said,
        };
        if duty.evidence_sha256.is_empty() {
            lines.push(fact(nl, en, text));
            continue;
        }
        let text = Both::new(format!("{}, verklaard met bewijs", text.nl), format!("{}, declared with evidence", text.en));
        lines.push(fact(nl, en, text));
        for hash in &duty.evidence_sha256 {
            let (nl, en) = (format!("SHA-256 van een bewijsstuk bij {letter}"), format!("SHA-256 of a piece of evidence of {letter}"));
            lines.push(fact(&nl, &en, Both::same(hash)));
        }
    }
    lines.push(fact("Antwoord van de huurder op dat aanbod", "The tenant's answer to that offer", of_code(&duties.tenant_answer)));
}

fn of_code(code: &str) -> Both {
    let (nl, en) = match code {
        "met" => ("voldaan", "met"),
        "not-met" => ("niet voldaan", "not met"),
        "consent" => ("toestemming", "consent"),
        "silence" => ("geen antwoord", "no answer"),
        "not-declared" => ("niet verklaard", "not declared"),
        other => (other, ""),
    };
    Both::new(nl, en)
}
