//! Policies as text files: found, read, checked, and refused with the file and the line of everything that is wrong.

mod shape;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kernel::Gemeentecode;
use routing_domain::Policy;

/// The policy that comes with this binary, for when the folder holds no `default.toml`.
const BUILT_IN: &str = include_str!("../../../policies/default.toml");
const DEFAULT: &str = "default";
/// The folder of worked examples: checked like the others, in force nowhere until copied.
const PRACTICES: &str = "practices";

/// Policies that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The folder or a file is there and cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error("{}", told(file, faults))]
    Wrong {
        /// Which file.
        file: PathBuf,
        /// Everything that is wrong: the line, from 1; what is wrong and what would be right.
        faults: Vec<(usize, String)>,
    },
}

fn told(file: &Path, faults: &[(usize, String)]) -> String {
    faults.iter().map(|(line, text)| format!("{}:{line}: {text}", file.display())).collect::<Vec<_>>().join("\n")
}

/// The policy that decides where no other is in force: `default.toml` in the folder, or the built-in one. The other files are
/// proposals: they decide nothing until two people brought them into force.
///
/// # Errors
/// [`PolicyError`] with file and lines.
pub fn shipped(folder: &Path) -> Result<Policy, PolicyError> {
    let file = folder.join(DEFAULT).with_extension("toml");
    if file.exists() { read(&file) } else { parse(Path::new("built-in/default.toml"), BUILT_IN) }
}

/// Every policy file of a folder: those of municipalities and the default, then the practices.
///
/// # Errors
/// [`PolicyError::Unreadable`].
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    Ok(of_municipalities(folder)?.into_iter().chain(toml_in(&folder.join(PRACTICES))?).collect())
}

/// One policy from a file, whose name says whose it is.
///
/// # Errors
/// [`PolicyError`] with file and lines.
pub fn read(file: &Path) -> Result<Policy, PolicyError> {
    let text = fs::read_to_string(file).map_err(|source| PolicyError::Unreadable { file: file.to_owned(), source })?;
    parse(file, &text)
}

/// One policy from the text of a file, whose name says whose it is.
///
/// # Errors
/// [`PolicyError::Wrong`] with file and lines.
pub fn parse(file: &Path, text: &str) -> Result<Policy, PolicyError> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    shape::policy(stem, text).map_err(|mut faults| {
        faults.sort();
        let line = |at| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        PolicyError::Wrong { file: file.to_owned(), faults: faults.into_iter().map(|(at, what)| (line(at), what)).collect() }
    })
}

/// The policy in a stored text.
pub(crate) fn stored(text: &str) -> Option<Policy> {
    shape::stored(text).ok()
}

fn of_municipalities(folder: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let ours = |file: &PathBuf| {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        stem == DEFAULT || stem.parse::<Gemeentecode>().is_ok()
    };
    Ok(toml_in(folder)?.into_iter().filter(ours).collect())
}

/// The TOML files in a folder, by name; none when there is no such folder.
fn toml_in(folder: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let unreadable = |source| PolicyError::Unreadable { file: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(unreadable(source)),
    };
    let mut files: Vec<PathBuf> =
        entries.into_iter().map(|entry| entry.path()).filter(|file| file.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[path = "policy_file_tests.rs"]
mod tests;
