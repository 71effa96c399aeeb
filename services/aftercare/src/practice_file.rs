//! The practice of aftercare as a text file: read, checked, and refused with the file and the line of what is wrong.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aftercare_domain::Interval;
use serde::Deserialize;
use toml::Spanned;

/// The practice that comes with this binary, for when the folder holds no [`FILE`].
const BUILT_IN: &str = include_str!("../../../policies/aftercare.toml");

/// The file in the policies folder.
pub const FILE: &str = "aftercare.toml";

/// What a municipality chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Practice {
    /// When entries on signalling lists are reviewed.
    pub list_review: Interval,
}

/// A practice that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// The file is there and cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{file}:{line}: {text}")]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong and what would be right.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PracticeFile {
    list_review: Spanned<String>,
}

/// The practice of the folder, or the built-in one when it has none.
///
/// # Errors
/// [`PracticeError`] with file and line.
pub fn load(folder: &Path) -> Result<Practice, PracticeError> {
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => parse(&file, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => parse(Path::new("built-in/aftercare.toml"), BUILT_IN),
        Err(source) => Err(PracticeError::Unreadable { file, source }),
    }
}

/// A practice from text.
///
/// # Errors
/// [`PracticeError::Wrong`] with file and line.
pub fn parse(file: &Path, text: &str) -> Result<Practice, PracticeError> {
    let wrong = |at: usize, what: String| {
        let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        PracticeError::Wrong { file: file.to_owned(), line, text: what }
    };
    let read: PracticeFile =
        toml::from_str(text).map_err(|error| wrong(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let list_review = read
        .list_review
        .get_ref()
        .parse()
        .map_err(|error: aftercare_domain::Unknown| wrong(read.list_review.span().start, format!("list_review: {error}")))?;
    Ok(Practice { list_review })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_practice_is_read_or_refused_with_its_line() {
        assert_eq!(load(Path::new("there is no such folder")).unwrap(), Practice { list_review: Interval::Yearly });
        let said = |text: &str| parse(Path::new("aftercare.toml"), text).map_err(|error| error.to_string());
        assert_eq!(said("list_review = \"halfway\""), Ok(Practice { list_review: Interval::Halfway }));
        let wrong = said("# one\nlist_review = \"never\"").unwrap_err();
        assert_eq!(wrong, "aftercare.toml:2: list_review: unknown code, one of these is expected: yearly halfway");
        assert!(said("list_review = \"yearly\"\nlist = 1").unwrap_err().starts_with("aftercare.toml:2: "));
    }
}
