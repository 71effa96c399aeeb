//! Papers as PDF, from their facts: a receipt. Pure; the same facts give the same bytes, for ever readable (PDF/A-3a) and by
//! everybody (PDF/UA-1). What the facts say, and in which words, is their owner's matter.

mod face;
mod layout;
mod qr;
mod read;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

/// The same thing said in Dutch and in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Both {
    /// Dutch: the language of the paper.
    pub nl: String,
    /// English; empty when the Dutch needs no translation (a number, a code).
    pub en: String,
}

impl Both {
    /// In both languages.
    pub fn new(nl: impl Into<String>, en: impl Into<String>) -> Self {
        Self { nl: nl.into(), en: en.into() }
    }

    /// Numbers, codes and names: the same for everybody.
    pub fn same(text: impl Into<String>) -> Self {
        Self { nl: text.into(), en: String::new() }
    }
}

/// One row of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub label: Both,
    /// What is said of it.
    pub text: Both,
}

/// What a paper holds.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Title.
    pub title: Both,
    /// What it is worth, in a few lines.
    pub about: Both,
    /// Its rows.
    pub facts: Vec<Fact>,
    /// Where anybody can check it: in the QR code and as a link.
    pub check_url: String,
    /// What the paper was made from, for machines: JSON.
    pub source: String,
    /// Name of the file that holds the source.
    pub source_name: String,
    /// The moment that the paper is of. Not when it was made: that would give other bytes.
    pub at: Timestamp,
}

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The address is too long for a QR code.
    #[error("the address is too long for a QR code")]
    Address,
    /// A font or a measure that the PDF does not take.
    #[error("the paper cannot be laid out")]
    Layout,
    /// It would not be PDF/A-3a and PDF/UA-1.
    #[error("the paper is not a valid PDF: {0}")]
    Pdf(String),
}

/// The paper as PDF.
///
/// # Errors
/// [`PaperError`].
pub fn pdf(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    layout::pdf(paper)
}

/// What a paper holds for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it was made from.
    pub source: String,
    /// Where its link leads.
    pub check_url: String,
}

/// What is in a paper that [`pdf`] made; `None` when it is something else, or holds more than one source or link. It says nothing of
/// what people see on the paper: whoever wants to know that makes it again and compares.
pub fn read(pdf: &[u8]) -> Option<Held> {
    read::held(pdf)
}
