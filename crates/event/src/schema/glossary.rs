//! The schema of the glossary log's rows, in their two forms: ours have a payload, the Python tool's are flat.

use serde_json::{Map, Value, json};

use super::{Definitions, Named};
use crate::contract;
use crate::glossary::{
    EVENT_TYPES, MAX_DEFINITION_BYTES, MAX_ID_BYTES, MAX_OPTIONS, MAX_QUESTION_BYTES,
    MAX_SHORT_BYTES, MAX_TERM_BYTES, Scope,
};
use crate::id::ConflictId;
use crate::pattern;

pub(super) const ROW: Named = Named {
    name: "glossary-row",
    title: "A row of the glossary's log in `.kittify/events/glossary/`",
    about: || {
        format!(
            "One row stands on one line. Pawtrail's rows have a `payload`, which is that of their type in the shared contract; \
             those of the Python tool have everything at the top. Rows of other types are kept and change no meaning. \
             Pawtrail writes at most {MAX_TERM_BYTES} bytes of a term, on one line, {MAX_QUESTION_BYTES} of a question, \
             {MAX_DEFINITION_BYTES} of a definition, {MAX_OPTIONS} options, and {MAX_SHORT_BYTES} bytes of an option and of \
             each other text. An `event_id` has at most {MAX_ID_BYTES} bytes."
        )
    },
    body: row,
};

/// Rows of a type, in one of the two forms.
fn rows(event_type: &str, with_payload: bool, then: &Value) -> Value {
    let payload = json!({ "required": ["payload"] });
    let form = if with_payload {
        payload
    } else {
        json!({ "not": payload })
    };
    json!({
        "if": {
            "properties": { "event_type": { "const": event_type } },
            "required": ["event_type"],
            "allOf": [form],
        },
        "then": then,
    })
}

fn row() -> Value {
    let mut types = Definitions::default();
    let conflict = types.of::<ConflictId>();
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let scope = json!({ "enum": scopes });
    let said = json!({ "type": "string", "pattern": pattern::SAID });
    let mut all = Vec::new();
    let mut defs = Map::new();
    for event_type in EVENT_TYPES {
        if let Some(payload) = contract::payload_schema(event_type) {
            defs.insert(event_type.to_owned(), payload);
            let own = json!({ "$ref": format!("#/$defs/{event_type}") });
            all.push(rows(
                event_type,
                true,
                &ours(event_type, &own, &conflict, &scope),
            ));
        }
        if let Some(flat) = flat(event_type, &conflict, &scope, &said) {
            all.push(rows(event_type, false, &flat));
        }
    }
    types.into(json!({
        "type": "object",
        "properties": {
            "event_type": { "type": "string" },
            "event_id": { "maxLength": MAX_ID_BYTES, "description": "The event's identity; the Python tool's answers have none." },
            "at": { "description": "When it happened, in ISO 8601." },
            "timestamp": { "description": "The same in rows without `at`." },
            "mission_id": { "description": "The mission: an id, another tool's slug, or nothing." },
        },
        "required": ["event_type"],
        "allOf": all,
        "$defs": defs,
    }))
}

/// What our own rows have beyond the contract: a row says by itself what it changes.
fn ours(event_type: &str, own: &Value, conflict: &Value, scope: &Value) -> Value {
    let text = json!({ "type": "string" });
    match event_type {
        "GlossaryClarificationRequested" => json!({
            "properties": { "event_id": conflict, "payload": own },
            "required": ["event_id"],
        }),
        "GlossaryClarificationResolved" => json!({
            "properties": { "payload": { "allOf": [own, {
                "properties": {
                    "conflict_id": { "anyOf": [conflict, { "type": "null" }] },
                    "term_surface": text,
                    "scope_id": scope,
                },
                "required": ["term_surface", "scope_id"],
                "if": { "properties": { "conflict_id": { "type": "string" } }, "required": ["conflict_id"] },
                "else": { "properties": { "clarification_event_id": conflict } },
            }] } },
        }),
        "GlossarySenseUpdated" => json!({
            "properties": { "payload": { "allOf": [own, { "properties": { "scope_id": scope } }] } },
        }),
        _ => json!({ "properties": { "payload": own } }),
    }
}

/// What a row of the Python tool has to say at its top.
fn flat(event_type: &str, conflict: &Value, scope: &Value, said: &Value) -> Option<Value> {
    let text = json!({ "type": "string" });
    // Where it stands it counts, and isn't blank.
    let surface = json!({ "pattern": pattern::SAID, "properties": { "surface_text": { "pattern": pattern::SAID } } });
    // The term stands in the sense, in an object there, or at the top.
    let in_sense = |sense: &str| {
        json!([
            { "properties": { sense: { "properties": { "surface": said }, "required": ["surface"] } } },
            { "properties": { sense: {
                "properties": { "surface": { "type": "object", "properties": { "surface_text": said }, "required": ["surface_text"] } },
                "required": ["surface"],
            } } },
            { "properties": { "term_surface": said }, "required": ["term_surface"] },
        ])
    };
    Some(match event_type {
        "GlossaryClarificationRequested" => json!({
            "properties": { "conflict_id": conflict, "term": text, "question": text },
            "required": ["conflict_id", "term", "question"],
        }),
        "GlossaryClarificationResolved" => json!({
            "properties": {
                "conflict_id": conflict,
                "selected_sense": {
                    "type": "object",
                    "properties": { "scope": scope, "definition": said, "surface": surface },
                    "required": ["scope", "definition"],
                },
            },
            "required": ["conflict_id", "selected_sense"],
            "anyOf": in_sense("selected_sense"),
        }),
        "GlossarySenseUpdated" => json!({
            "properties": { "new_sense": {
                "type": "object",
                "properties": { "definition": said, "surface": surface },
                "required": ["definition"],
            } },
            "required": ["new_sense"],
            "if": { "properties": { "new_sense": {
                "properties": { "scope": text },
                "required": ["scope"],
            } } },
            "then": { "properties": { "new_sense": { "properties": { "scope": scope } } } },
            "else": { "properties": { "scope": scope }, "required": ["scope"] },
            "anyOf": in_sense("new_sense"),
        }),
        _ => return None,
    })
}
