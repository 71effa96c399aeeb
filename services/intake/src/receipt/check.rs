//! Checks a receipt with nothing but the published keys: no service, no store, no vault. So it holds after a rotation of keys
//! and after the person was erased.

use ed25519_dalek::{Signature, VerifyingKey};
use jiff::Timestamp;
use kernel::days::amsterdam_date;

use super::{
    FORMAT, Signed, canonical,
    keys::{self, PublicKeys},
    paper,
};

/// Why a receipt does not hold: in Dutch, for the judge or bailiff who asks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Not a receipt.
    #[error("dit is geen meldbewijs, of het is beschadigd: {0}")]
    Unreadable(String),
    /// Another format.
    #[error("dit meldbewijs heeft de vorm {0:?}; deze versie controleert {FORMAT:?}")]
    Format(String),
    /// Not a file of published keys.
    #[error("dit is geen bestand met sleutels van meldbewijzen: {0}")]
    Keys(String),
    /// Unknown key.
    #[error("de sleutel {0:?} staat niet in het sleutelbestand; haal het nieuwste op bij de gemeente")]
    KeyUnknown(String),
    /// Another municipality's key.
    #[error("de sleutel is van gemeente {of}, het meldbewijs is van gemeente {said}")]
    OtherGemeente {
        /// Whose key.
        of: String,
        /// Who the receipt is of.
        said: String,
    },
    /// Altered, or signed by somebody else.
    #[error("de handtekening past niet bij de inhoud: er is iets veranderd, of de gemeente heeft dit niet ondertekend")]
    Signature,
    /// A moment that the key does not sign for.
    #[error("de sleutel {key:?} gold niet op het moment van ontvangst ({at})")]
    NotValidThen {
        /// Which key.
        key: String,
        /// Moment of arrival, as in the receipt.
        at: String,
    },
    /// A PDF that says something else than the receipt in it.
    #[error(
        "het meldbewijs in deze PDF is echt, maar het papier is veranderd, of gemaakt door een andere versie van Zeef; ga niet af op het \
         papier, alleen op wat het meldbewijs zelf zegt"
    )]
    Paper(Box<Signed>),
    /// Taken back.
    #[error("de sleutel {key:?} is ingetrokken op {on} ({reason}); vraag de gemeente om een nieuw exemplaar van dit meldbewijs")]
    Revoked {
        /// Which key.
        key: String,
        /// Day in the Netherlands.
        on: String,
        /// Why.
        reason: String,
    },
}

/// Reads published keys.
///
/// # Errors
/// [`Bad::Keys`].
pub fn published(text: &str) -> Result<PublicKeys, Bad> {
    let keys: PublicKeys = serde_json::from_str(text).map_err(|error| Bad::Keys(error.to_string()))?;
    if keys.format == keys::FORMAT { Ok(keys) } else { Err(Bad::Keys(format!("vorm {:?}", keys.format))) }
}

/// Checks a receipt. Blanks between its words do not matter, everything else does.
///
/// # Errors
/// [`Bad`]: the first reason why it does not hold.
pub fn receipt(text: &str, published: &PublicKeys) -> Result<Signed, Bad> {
    let signed: Signed = serde_json::from_str(text).map_err(|error| Bad::Unreadable(error.to_string()))?;
    let document = &signed.document;
    if document.format != FORMAT {
        return Err(Bad::Format(document.format.clone()));
    }
    let key = published.keys.iter().find(|key| key.about.id == document.key).ok_or_else(|| Bad::KeyUnknown(document.key.clone()))?;
    if key.about.gemeentecode.as_str() != document.gemeentecode {
        return Err(Bad::OtherGemeente { of: key.about.gemeentecode.to_string(), said: document.gemeentecode.clone() });
    }
    let public = bytes(&key.public_key).and_then(|public| VerifyingKey::from_bytes(&public).ok());
    let public = public.ok_or_else(|| Bad::Keys(format!("sleutel {}", key.about.id)))?;
    let signature = bytes(&signed.signature).map(|signature: [u8; 64]| Signature::from_bytes(&signature)).ok_or(Bad::Signature)?;
    let text = canonical(document).map_err(|error| Bad::Unreadable(error.to_string()))?;
    public.verify_strict(text.as_bytes(), &signature).map_err(|_| Bad::Signature)?;
    let at: Timestamp = document.received_at.parse().map_err(|_| Bad::Unreadable("received_at".to_owned()))?;
    if let Some(revoked) = &key.about.revoked {
        let (on, reason) = (amsterdam_date(revoked.at).to_string(), revoked.reason.clone());
        return Err(Bad::Revoked { key: key.about.id.clone(), on, reason });
    }
    if !key.about.covers(at) {
        return Err(Bad::NotValidThen { key: key.about.id.clone(), at: document.received_at.clone() });
    }
    Ok(signed)
}

/// A receipt on paper that holds.
pub struct OnPaper {
    /// The receipt in it.
    pub signed: Signed,
    /// Where its code leads. Everybody can print a genuine receipt with another address.
    pub check_url: String,
}

/// Checks a receipt on paper (PDF): the receipt in it, and that people read on the paper what it says.
///
/// # Errors
/// [`Bad`]: the first reason why it does not hold.
pub fn on_paper(pdf: &[u8], published: &PublicKeys) -> Result<OnPaper, Bad> {
    let held = documents::read(pdf).ok_or_else(|| Bad::Unreadable("geen PDF met een meldbewijs erin".to_owned()))?;
    let signed = receipt(&held.source, published)?;
    if paper::is_untouched(pdf, &signed, &held.check_url) {
        Ok(OnPaper { signed, check_url: held.check_url })
    } else {
        Err(Bad::Paper(Box::new(signed)))
    }
}

/// Lower-case hexadecimal only: one text for one value.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    lower.then(|| hex::decode(text).ok()).flatten()?.try_into().ok()
}
