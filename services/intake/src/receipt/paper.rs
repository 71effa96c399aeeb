//! The receipt on paper: a PDF that says what the receipt says, holds it for machines, and leads to the page that checks it.

use documents::{Both, Fact, Paper, PaperError};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Document, Signed, canonical, words};

/// So many hexadecimal digits of the signature stand in the address of the check page: 16 bytes, which nobody guesses.
const START: usize = 32;

/// Name of the receipt within the PDF.
const SOURCE: &str = "meldbewijs.json";

/// The beginning of a signature, as it stands in the address of the check page.
fn start(signature: &str) -> &str {
    signature.get(..START).unwrap_or(signature)
}

/// Whether this is the beginning of the receipt's signature. Compared by hash: how long it takes tells nothing of how much was right.
pub fn fits(signed: &Signed, given: &str) -> bool {
    Sha256::digest(start(&signed.signature)) == Sha256::digest(given)
}

/// Where a receipt is checked, below the address of the public pages. What stands in it is of no use without them: it holds
/// nothing of the report. A note of a refusal has no number, for nothing was kept: its text is given to the page.
fn check_path(signed: &Signed) -> String {
    match signed.document.receipt_id.as_deref().and_then(|id| id.parse::<Uuid>().ok()) {
        Some(id) => format!("/meldbewijs/{id}/{}", start(&signed.signature)),
        None => "/meldbewijs".to_owned(),
    }
}

/// Whether a PDF is what this release makes of the receipt in it, to the byte: then people read on it what was signed.
pub fn is_untouched(pdf: &[u8], signed: &Signed, check_url: &str) -> bool {
    check_url.strip_suffix(&check_path(signed)).is_some_and(|public| self::pdf(signed, public).is_ok_and(|made| made == pdf))
}

/// The receipt as PDF. The same receipt and address give the same bytes.
///
/// # Errors
/// [`PaperError`].
pub fn pdf(signed: &Signed, public: &str) -> Result<Vec<u8>, PaperError> {
    let Document { received_at, .. } = &signed.document;
    let mut facts = words::lines(&signed.document);
    facts.push(Fact { label: Both::new("Handtekening (Ed25519)", "Signature (Ed25519)"), text: Both::same(&signed.signature) });
    documents::pdf(&Paper {
        title: Both::new("Meldbewijs", "Receipt of a report of arrears"),
        about: Both::new(
            "De gemeente heeft dit meldbewijs ondertekend. Het zegt wat de melder heeft verklaard; of dat genoeg is, beoordeelt de rechter. \
             Controleer het met de code hiernaast of de link hieronder. Het bestand meldbewijs.json in deze PDF is het meldbewijs zelf.",
            "Signed by the municipality. It says what was declared, not whether that is sufficient. Check it with the code or the \
             link. The attached file meldbewijs.json is the receipt itself.",
        ),
        facts,
        check_url: format!("{}{}", public.trim_end_matches('/'), check_path(signed)),
        source: canonical(signed).map_err(|_| PaperError::Layout)?,
        source_name: SOURCE.to_owned(),
        at: received_at.parse::<Timestamp>().map_err(|_| PaperError::Layout)?,
    })
}
