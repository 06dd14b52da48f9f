//! The schema of the envelope in which an event goes to a hub, with the payload of each type.

use serde_json::{Map, Value, json};

use super::{Definitions, Named, or_null};
use crate::contract;
use crate::envelope::{
    EnvelopeId, LEGACY_AGGREGATES, LEGACY_KEYS, LEGACY_TYPES, MAX_DATA_TIER, MAX_ENVELOPE_BYTES,
    SCHEMA_VERSION,
};
use crate::pattern;
use crate::route;

pub(super) const ENVELOPE: Named = Named {
    name: "envelope",
    title: "The envelope of an event on its way to a hub, with its payload",
    about: || {
        format!(
            "An event of spec-kitty-events 6.1.0, at most {MAX_ENVELOPE_BYTES} bytes; each type's payload is in `$defs` under \
             the type's name. What a schema can't say: the project is the token's; nothing in it is private (`pawtrail \
             sanitize` changes nothing); and of a lane transition, that its lane can follow the one before: without \
             `force`, as the lane machine has it. Fields that aren't named here ride along."
        )
    },
    body: envelope,
};

fn envelope() -> Value {
    let mut types = Definitions::default();
    let id = types.of::<EnvelopeId>();
    let filled = json!({ "type": "string", "minLength": 1 });
    let elsewhere: Vec<&str> = route::TABLE
        .iter()
        .filter(|(_, route)| !route.queue)
        .map(|(name, _)| *name)
        .chain(LEGACY_TYPES)
        .collect();
    let mut defs = Map::new();
    let mut all = vec![json!({ "$ref": "#/$defs/NotLegacy" })];
    for event_type in contract::event_types() {
        if elsewhere.contains(&event_type) {
            continue;
        }
        let Some(payload) = contract::payload_schema(event_type) else {
            continue;
        };
        // Where no payload stands, an empty object counts.
        let asks = payload.get("required").is_some();
        defs.insert(event_type.to_owned(), payload);
        let mut then =
            json!({ "properties": { "payload": { "$ref": format!("#/$defs/{event_type}") } } });
        if asks {
            then["required"] = json!(["payload"]);
        }
        all.push(json!({
            "if": { "properties": { "event_type": { "const": event_type } }, "required": ["event_type"] },
            "then": then,
        }));
    }
    defs.insert("NotLegacy".to_owned(), not_legacy());
    let aggregates = LEGACY_AGGREGATES.join("|");
    let body = json!({
        "type": "object",
        "properties": {
            "schema_version": { "const": SCHEMA_VERSION },
            "event_id": described(&id, "The event, the same whenever it is sent again."),
            "event_type": {
                "description": "One that goes to a hub, or one that isn't known.",
                "type": "string", "minLength": 1, "not": { "enum": elsewhere },
            },
            "aggregate_id": {
                "description": "What the event is about: a mission, a work package.",
                "type": "string", "minLength": 1, "not": { "pattern": format!("^(?:{aggregates})(?:/|$)") },
            },
            "aggregate_type": { "description": "What kind of thing that is, where it is known." },
            "timestamp": { "description": "When it happened, in ISO 8601.", "type": "string", "pattern": pattern::ISO },
            "build_id": described(&filled, "The checkout that it happened in."),
            "node_id": described(&filled, "The clone."),
            "lamport_clock": { "description": "The clone's Lamport clock.", "type": "integer", "minimum": 0, "maximum": u64::MAX },
            "project_uuid": { "description": "The project.", "type": "string", "pattern": pattern::ENVELOPE_PROJECT },
            "project_slug": { "description": "The project's short name.", "type": ["string", "null"] },
            "correlation_id": described(&id, "What belongs together."),
            "causation_id": described(&or_null(id), "The event that led to this one."),
            "data_tier": { "type": "integer", "minimum": 0, "maximum": MAX_DATA_TIER },
            "mission_id": { "description": "The mission's ULID." },
            "git_branch": { "description": "The branch that was checked out." },
            "head_commit_sha": { "description": "Its commit." },
            "payload": { "type": "object" },
        },
        "required": [
            "schema_version", "event_id", "event_type", "aggregate_id", "timestamp", "build_id", "node_id", "lamport_clock",
            "project_uuid", "correlation_id",
        ],
        "allOf": all,
        "$defs": defs,
    });
    types.into(body)
}

fn described(schema: &Value, description: &str) -> Value {
    let mut schema = schema.clone();
    schema["description"] = description.into();
    schema
}

/// Refuses the keys of an older format, at every depth.
fn not_legacy() -> Value {
    let keys: Map<String, Value> = LEGACY_KEYS
        .iter()
        .map(|key| ((*key).to_owned(), Value::Bool(false)))
        .collect();
    let below = json!({ "$ref": "#/$defs/NotLegacy" });
    json!({
        "description": "Nowhere a key of an older format.",
        "properties": keys,
        "additionalProperties": below,
        "items": below,
    })
}
