//! Reading YAML; a key that stands twice is an error.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fault::Fault;

/// The documents of a text; `from` is where it came from.
pub fn many(text: &str, from: &Path) -> Result<Vec<Value>, Fault> {
    serde_saphyr::from_multiple(text).map_err(|error| Fault::new(format!("{}: {error}", from.display()), "mend the YAML at the line shown"))
}

/// The documents of a file.
pub fn read(path: &Path) -> Result<Vec<Value>, Fault> {
    many(&fs::read_to_string(path).map_err(|error| Fault::file(path, &error))?, path)
}

/// The only document of a file.
pub fn one(path: &Path) -> Result<Value, Fault> {
    let mut documents = read(path)?.into_iter();
    match (documents.next(), documents.next()) {
        (Some(document), None) => Ok(document),
        _ => Err(Fault::new(format!("{} should hold one document", path.display()), "split it, or take the `---` away")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(many("a: 1\na: 2\n", Path::new("x.yaml")).is_err());
    }

    #[test]
    fn types_are_those_of_kubernetes() {
        let documents = many("a: 45\nb: '45'\nc: true\nd: 250m\ne: [x]\nf:\n---\ng: {}\n", Path::new("x.yaml")).unwrap();
        assert_eq!(documents[0], serde_json::json!({"a": 45, "b": "45", "c": true, "d": "250m", "e": ["x"], "f": null}));
        assert_eq!(documents[1], serde_json::json!({"g": {}}));
    }
}
