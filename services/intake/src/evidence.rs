//! What may be evidence (*bewijsstuk*) with a landlord's report: which kinds of files, how large, how many. What a file is, its bytes say,
//! never its name.

/// Largest file, in bytes: a photo of a letter fits.
pub const LARGEST: usize = 10 * 1024 * 1024;
/// Most files with one report.
pub const MOST: usize = 8;
/// Longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 120;
/// Header fields that an e-mail begins with.
const HEADERS: [&str; 12] = [
    "return-path:",
    "received:",
    "delivered-to:",
    "from:",
    "to:",
    "date:",
    "subject:",
    "message-id:",
    "mime-version:",
    "content-type:",
    "x-",
    "dkim-signature:",
];

/// The kinds of files that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A document.
    Pdf,
    /// A photo.
    Jpeg,
    /// A picture of a screen.
    Png,
    /// A photo of a telephone.
    Heic,
    /// An e-mail as it was saved.
    Email,
    /// Text: the log of a call.
    Text,
}

impl Kind {
    /// What bytes are, by how they begin; `None` when they are nothing of this. Text is so as long as [`is_text`] says it of the rest.
    pub fn of(first: &[u8]) -> Option<Self> {
        let heic = || first.get(4..8) == Some(b"ftyp") && matches!(first.get(8..11), Some(b"hei" | b"hev" | b"mif" | b"msf"));
        if first.starts_with(b"%PDF-") {
            Some(Self::Pdf)
        } else if first.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else if first.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if heic() {
            Some(Self::Heic)
        } else if first.is_empty() || !is_text(first) {
            None
        } else {
            let start = String::from_utf8_lossy(first.get(..40).unwrap_or(first)).to_lowercase();
            Some(if HEADERS.iter().any(|header| start.starts_with(header)) { Self::Email } else { Self::Text })
        }
    }

    /// Whether bytes that follow may belong to it.
    pub fn goes_on(self, more: &[u8]) -> bool {
        !matches!(self, Self::Email | Self::Text) || is_text(more)
    }

    /// Its code, which is the ending of a name too.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Heic => "heic",
            Self::Email => "eml",
            Self::Text => "txt",
        }
    }
}

/// No byte that text has not: neither zero nor what moves a cursor. Which encoding it is in does not matter.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| !matches!(byte, 0x00..=0x08 | 0x0b | 0x0e..=0x1f | 0x7f))
}

/// A file's name as it is kept: without the folders before it, and nothing in it that is not to be seen.
pub fn name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect::<String>().trim().to_owned()
}

/// The letters of the landlord's duties (Bgs art. 2).
pub const LETTERS: [&str; 4] = ["a", "b", "c", "d"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_its_bytes_say() {
        for (bytes, kind) in [
            (&b"%PDF-1.7\n\xe2\xe3"[..], Some(Kind::Pdf)),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", Some(Kind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\x00\x00", Some(Kind::Png)),
            (b"\x00\x00\x00\x18ftypheic\x00\x00", Some(Kind::Heic)),
            (b"From: verhuurder@voorbeeld.nl\r\nSubject: huur\r\n", Some(Kind::Email)),
            (b"Gebeld op 3 februari, niet opgenomen", Some(Kind::Text)),
            (b"Gebeld in caf\xe9", Some(Kind::Text)),
            (b"", None),
            (b"MZ\x90\x00\x03\x00\x00\x00\x04", None),
            (b"\x7fELF\x02\x01\x01\x00", None),
            (b"PK\x03\x04\x14\x00\x06\x00", None),
            (b"\xff\xfeG\x00e\x00", None),
        ] {
            assert_eq!(Kind::of(bytes), kind, "{bytes:?}");
        }
        assert!(Kind::Pdf.goes_on(b"\x00") && !Kind::Text.goes_on(b"later \x00") && Kind::Email.goes_on(b"later"));
    }

    #[test]
    fn names_lose_their_folders_and_what_is_not_to_be_seen() {
        for (given, kept) in [
            ("C:\\Mijn documenten\\brief.pdf", "brief.pdf"),
            ("../../etc/passwd", "passwd"),
            ("brief\r\nSet-Cookie: x.pdf", "briefSet-Cookie: x.pdf"),
            ("", ""),
        ] {
            assert_eq!(name(given), kept);
        }
        assert_eq!(name(&"a".repeat(500)).len(), LONGEST_NAME);
    }
}
