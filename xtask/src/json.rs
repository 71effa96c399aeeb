//! Reading JSON values whose shape is not certain: what is not there reads as null.

use serde_json::{Map, Value};

static NULL: Value = Value::Null;

/// The field of an object.
pub fn field<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&NULL)
}

/// What a JSON pointer points at.
pub fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&NULL)
}

/// The items of a list; none when it is not one.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The text, or none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Sets `metadata.<key>`; a document that is no object stays as it is, and fails on its schema.
pub fn set_metadata(object: &mut Value, key: &str, value: Value) {
    let Some(fields) = object.as_object_mut() else { return };
    let metadata = fields.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.insert(key.to_owned(), value);
    }
}
