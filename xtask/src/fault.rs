//! The one error of the chores: what is wrong, and what to do about it.

use std::fmt;
use std::io;
use std::path::Path;

/// What is wrong, and what the reader can do about it.
#[derive(Debug)]
pub struct Fault {
    what: String,
    todo: String,
}

impl Fault {
    /// A fault with its remedy; both are sentences for a person.
    pub fn new(what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { what: what.into(), todo: todo.into() }
    }

    /// A file that cannot be read or written.
    pub fn file(path: &Path, source: &io::Error) -> Self {
        Self::new(format!("{}: {source}", path.display()), "see that the file is there and that you may read and write it")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  what to do: {}", self.what, self.todo)
    }
}

impl std::error::Error for Fault {}
