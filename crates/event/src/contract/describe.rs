//! The contract as JSON Schemas: each table, told in another language.

use serde_json::{Map, Value, json};

use super::shape::{Field, Kind, Shape};
use crate::nullable::or_null;
use crate::pattern;

/// Returns the schema of a shape.
pub(super) fn shape(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .all()
        .map(|field| (field.name.to_owned(), value(field)))
        .collect();
    let required: Vec<&str> = shape
        .all()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if shape.closed {
        schema["additionalProperties"] = false.into();
    }
    if let Some(rule) = shape.rule {
        schema["allOf"] = (rule.describe)();
    }
    schema
}

fn value(field: &Field) -> Value {
    let schema = kind(field.kind);
    if field.nullable {
        or_null(schema)
    } else {
        schema
    }
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Filled => json!({ "type": "string", "minLength": 1 }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Int(least) => json!({ "type": "integer", "minimum": least }),
        Kind::Number => json!({ "type": "integer", "minimum": 1, "maximum": u64::MAX }),
        Kind::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Time => json!({ "type": "string", "pattern": pattern::ISO }),
        Kind::Url => json!({ "type": "string", "pattern": pattern::URL }),
        Kind::Texts(least) => list(least, &json!({ "type": "string" })),
        Kind::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Actor => json!({ "anyOf": [
            { "type": "string", "pattern": pattern::SAID },
            { "type": "object", "minProperties": 1 },
        ] }),
        Kind::Object(inner) => shape(inner),
        Kind::Objects(inner, least) => list(least, &shape(inner)),
    }
}

fn list(least: usize, items: &Value) -> Value {
    let mut schema = json!({ "type": "array", "items": items });
    if least > 0 {
        schema["minItems"] = least.into();
    }
    schema
}
