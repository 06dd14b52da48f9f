//! Schemas and readers say the same: what a reader refuses its schema refuses, and the other way round.
//!
//! From a sound value come all that differ from it in one place: a field that is missing, one that is new, each part
//! replaced by each value of a pool.

mod ids;
mod rows;
mod wire;

use jsonschema::Validator;

use super::*;

fn all() -> impl Iterator<Item = &'static Named> {
    FRAMES.iter().chain(EVENTS)
}

/// Returns the validator of a schema.
pub(crate) fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).unwrap()
}

/// Returns what the schema of this name takes.
fn named(name: &str) -> impl Fn(&Value) -> bool {
    let named = all().find(|one| one.name == name).unwrap();
    let validator = validator(&named.schema());
    move |value| validator.is_valid(value)
}

#[test]
fn each_schema_has_a_head_and_a_name_of_its_own() {
    let mut names: Vec<&str> = all().map(|one| one.name).collect();
    for one in all() {
        let schema = one.schema();
        assert_eq!(schema["$id"], format!("{ID_PREFIX}{}", one.name));
        assert_eq!(schema["$schema"], DIALECT);
        assert!(!schema["description"].as_str().unwrap().contains('\n'));
        assert!(jsonschema::meta::is_valid(&schema), "{}", one.name);
        assert_eq!(one.text(), one.text());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all().count());
}

#[test]
fn widths_of_integers_become_limits() {
    let schema = tidy(json!({
        "properties": { "a": { "type": "integer", "format": "uint32", "minimum": 0 }, "format": { "type": "string" } },
        "items": [{ "format": "uint" }, { "format": "date-time" }],
    }));
    assert_eq!(
        schema,
        json!({
            "properties": { "a": { "type": "integer", "minimum": 0, "maximum": u32::MAX }, "format": { "type": "string" } },
            "items": [{}, { "format": "date-time" }],
        })
    );
}

#[test]
fn null_is_added_to_any_schema() {
    assert_eq!(
        or_null(json!({ "type": "string", "enum": ["a"] })),
        json!({ "type": ["string", "null"], "enum": ["a", null] })
    );
    assert_eq!(
        or_null(json!({ "$ref": "#/$defs/A" })),
        json!({ "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] })
    );
    assert_eq!(
        or_null(json!({ "const": 1 })),
        json!({ "anyOf": [{ "const": 1 }, { "type": "null" }] })
    );
}
