//! What may be null, in JSON Schema.

use serde_json::{Value, json};

/// Returns a schema that takes null, too.
pub fn or_null(mut schema: Value) -> Value {
    if let Value::Object(map) = &mut schema
        && let Some(kind @ Value::String(_)) = map.get("type").cloned()
    {
        map.insert("type".to_owned(), json!([kind, "null"]));
        if let Some(Value::Array(words)) = map.get_mut("enum") {
            words.push(Value::Null);
        }
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "null" }] })
}
