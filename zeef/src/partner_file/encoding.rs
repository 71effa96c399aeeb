//! Owns the guess of a file's encoding: UTF-8, or Windows-1252 when that cannot be a mistake.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use super::FileError;

/// What a look through a text file told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The encoding.
    pub text: Text,
    /// Lines that are not empty, where all were looked at; a last one without an end too.
    pub lines: Option<u64>,
}

/// How the bytes of a file are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Encoding {
    /// UTF-8; Windows-1252 when the file is not UTF-8 and every byte above 7F is a letter with an accent there.
    #[default]
    Auto,
    /// UTF-8; rows that are not are refused.
    #[value(name = "utf-8")]
    Utf8,
    /// Windows-1252, as older packages write.
    #[value(name = "windows-1252")]
    Windows1252,
}

/// The encoding that was settled on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Utf8,
    Windows1252,
}

impl Encoding {
    /// Settles on an encoding. `Auto` looks through the input, a piece at a time.
    ///
    /// In Windows-1252 all accented letters are at C0 and above. UTF-8 has bytes of 80 to BF in every letter beyond ASCII, and the old
    /// DOS and Mac encodings have theirs at 80 to 9F. So a file whose high bytes are all at C0 or above, and that is not UTF-8,
    /// is Windows-1252 (or its subset Latin-1) and nothing else.
    pub(super) fn settle(self, input: &mut impl Read) -> Result<Settled, FileError> {
        let mut buffer = [0; 16 * 1024];
        let (mut high, mut letters_only, mut first) = (false, true, true);
        let (mut lines, mut last) = (0_u64, b'\n');
        loop {
            let length = match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let piece = buffer.get(..length).unwrap_or_default();
            if first && (piece.starts_with(b"\xff\xfe") || piece.starts_with(b"\xfe\xff")) {
                return Err(FileError::Utf16);
            }
            if self != Self::Auto {
                break;
            }
            let piece = if first { piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece) } else { piece };
            first = false;
            for byte in piece.iter().filter(|byte| **byte != b'\r') {
                lines += u64::from(*byte == b'\n' && last != b'\n');
                last = *byte;
            }
            high |= piece.iter().any(|byte| *byte >= 0x80);
            letters_only &= piece.iter().all(|byte| *byte < 0x80 || (*byte >= 0xc0 && !matches!(byte, 0xd7 | 0xf7)));
        }
        let text = match self {
            Self::Windows1252 => Text::Windows1252,
            Self::Auto if high && letters_only => Text::Windows1252,
            Self::Auto | Self::Utf8 => Text::Utf8,
        };
        Ok(Settled { text, lines: (self == Self::Auto).then_some(lines + u64::from(last != b'\n')) })
    }
}

impl Text {
    /// The text of a line; `None` when it has bytes that mean nothing in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Windows1252 => {
                let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
                // Unassigned bytes become control characters there.
                (!text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c))).then_some(text)
            }
        }
    }
}
