//! The schemas of the status journal's rows, and of the snapshot that they fold to.

use serde_json::{Map, Value, json};

use super::{Named, or_null};
use crate::pattern;
use crate::status::{
    ACTOR_KEYS, Lane, RETROSPECTIVE, RETROSPECTIVE_TYPES, REVIEW_KEYS, REVIEW_RESULT_KEYS, Slot,
};

pub(super) const ROW: Named = Named {
    name: "status-row",
    title: "A row of `status.events.jsonl`: a lane transition, an annotation, or an event of a mission's life",
    about: || {
        "One row stands on one line, of at most 1 MiB. A row with `kind: annotation` is an annotation; one with another \
         `kind`, an `event_type`, or the name of a retrospective is kept as it stands; any other is a lane transition. \
         That a transition follows from the one before, nothing here can say: whoever writes it looks at the fold first. \
         Of a repeated key the last value counts."
            .to_owned()
    },
    body: row,
};
pub(super) const SNAPSHOT: Named = Named {
    name: "status",
    title: "`status.json`: where all work packages of a mission stand",
    about: || {
        "Folded from `status.events.jsonl`, and never read as the truth. Written with sorted keys and two spaces a level; \
         a slot that was never filled is missing."
            .to_owned()
    },
    body: snapshot,
};

fn lanes<'l>(lanes: impl IntoIterator<Item = &'l Lane>) -> Value {
    let names: Vec<&str> = lanes.into_iter().map(|lane| lane.as_str()).collect();
    json!({ "type": "string", "enum": names })
}

/// What the reader makes text of: text, null, true or false, or a whole number.
fn as_text() -> Value {
    json!({ "type": ["string", "null", "boolean", "integer"] })
}

fn actor() -> Value {
    let text = json!({ "type": ["string", "null"] });
    let parts: Map<String, Value> = ACTOR_KEYS
        .iter()
        .map(|key| ((*key).to_owned(), text.clone()))
        .collect();
    json!({
        "description": "Who acts: a name, or what an agent was resolved to.",
        "anyOf": [
            as_text(),
            {
                "type": "object",
                "properties": parts,
                "required": ACTOR_KEYS,
                "additionalProperties": false,
            },
        ],
    })
}

fn row() -> Value {
    let named = json!({ "properties": { "event_name": { "type": "string", "pattern": format!("^{}", RETROSPECTIVE.replace('.', "\\.")) } }, "required": ["event_name"] });
    let typed =
        json!({ "properties": { "type": { "enum": RETROSPECTIVE_TYPES } }, "required": ["type"] });
    json!({
        "type": "object",
        "if": { "properties": { "kind": { "not": { "type": "null" } } }, "required": ["kind"] },
        "then": {
            "if": { "properties": { "kind": { "const": "annotation" } } },
            "then": { "$ref": "#/$defs/Annotation" },
        },
        "else": {
            "if": { "not": { "anyOf": [named, typed, { "required": ["event_type"] }] } },
            "then": {
                "if": { "anyOf": [{ "required": ["from_lane"] }, { "required": ["to_lane"] }] },
                "then": { "$ref": "#/$defs/Transition" },
                "else": {
                    "anyOf": [
                        { "properties": { "event_name": { "type": "string" } }, "required": ["event_name"] },
                        { "properties": { "type": { "type": "string" } }, "required": ["type"] },
                    ],
                },
            },
        },
        "$defs": {
            "Actor": actor(),
            "Annotation": annotation(),
            "Lane": lanes(&Lane::ALL),
            "Transition": transition(),
        },
    })
}

fn transition() -> Value {
    json!({
        "type": "object",
        "description": "A work package changed its lane. These rows carry no type.",
        "properties": {
            "event_id": { "type": "string", "description": "The event's identity; Pawtrail writes a ULID." },
            "mission_slug": { "type": ["string", "null"], "description": "The mission's directory name." },
            "feature_slug": { "type": ["string", "null"], "description": "The same in older rows." },
            "mission_id": { "type": ["string", "null"], "description": "The mission's ULID, where it was known." },
            "wp_id": { "type": "string", "description": "The work package." },
            "from_lane": { "$ref": "#/$defs/Lane", "description": "Where it stood, as its writer saw it." },
            "to_lane": { "$ref": "#/$defs/Lane", "description": "Where it stands now." },
            "at": { "type": "string", "description": "When: UTC, as Python's `isoformat` writes it." },
            "actor": { "$ref": "#/$defs/Actor" },
            "force": { "type": "boolean", "description": "Whether the rules were set aside." },
            "execution_mode": { "type": "string", "description": "`worktree` or `direct_repo`." },
            "reason": { "type": ["string", "null"], "description": "Why." },
            "reason_source": { "type": ["string", "null"], "description": "`operator` or `synthetic`." },
            "review_ref": { "type": ["string", "null"], "description": "The review that it answers." },
            "review_result": {
                "description": "The outcome of a review, or what counts as none.",
                "anyOf": [
                    { "enum": [null, false, "", 0] },
                    { "type": "array", "maxItems": 0 },
                    { "type": "object", "maxProperties": 0 },
                    { "type": "object", "required": REVIEW_RESULT_KEYS },
                ],
            },
        },
        "required": ["event_id", "wp_id", "from_lane", "to_lane", "at", "actor", "force", "execution_mode"],
    })
}

fn annotation() -> Value {
    let review: Map<String, Value> = REVIEW_KEYS
        .iter()
        .map(|key| ((*key).to_owned(), as_text()))
        .collect();
    let list = json!({ "type": ["array", "null"] });
    json!({
        "type": "object",
        "description": "Something about a work package changed, and not its lane.",
        "properties": {
            "event_id": { "type": "string", "pattern": pattern::LOOSE_ULID },
            "wp_id": as_text(),
            "at": as_text(),
            "actor": { "$ref": "#/$defs/Actor" },
            "delta": {
                "type": "object",
                "description": "What changes: keys that are missing or null leave things as they are; unknown ones are passed over.",
                "properties": {
                    "subtasks": or_null(json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/Lane" } })),
                    "tracker_refs": list,
                    "tracker_refs_replace": list,
                    "shell_pid": { "anyOf": [
                        { "type": ["boolean", "number", "null"] },
                        { "type": "string", "pattern": pattern::INTEGER },
                    ] },
                    "review": or_null(json!({
                        "type": "object",
                        "description": "An arbiter's word over a review.",
                        "properties": review,
                        "required": REVIEW_KEYS,
                    })),
                },
            },
        },
        "required": ["event_id", "wp_id", "at", "actor", "delta"],
    })
}

fn snapshot() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    let summary: Map<String, Value> = Lane::DISPLAY
        .iter()
        .map(|lane| (lane.as_str().to_owned(), count.clone()))
        .collect();
    let counted: Vec<&str> = Lane::DISPLAY.iter().map(|lane| lane.as_str()).collect();
    json!({
        "type": "object",
        "properties": {
            "event_count": { "type": "integer", "minimum": 0, "description": "How many transitions were folded, each once." },
            "last_event_id": { "type": ["string", "null"], "description": "The last transition." },
            "materialized_at": { "type": "string", "description": "The time of the last transition; empty without one." },
            "mission_number": { "type": "string", "description": "The mission's number, in digits; empty where it has none." },
            "mission_slug": { "type": "string", "description": "The mission's directory name." },
            "mission_type": { "type": "string", "description": "The mission's type; empty where it has none." },
            "summary": { "type": "object", "description": "How many work packages are in each lane.", "properties": summary, "required": counted },
            "work_packages": {
                "type": "object",
                "description": "The work packages by id.",
                "additionalProperties": { "$ref": "#/$defs/WorkPackage" },
            },
            "retrospective": { "$ref": "#/$defs/Retrospective" },
        },
        "required": [
            "event_count", "last_event_id", "materialized_at", "mission_number", "mission_slug", "mission_type", "summary",
            "work_packages",
        ],
        "$defs": {
            "Lane": lanes(&Lane::ALL),
            "Retrospective": retrospective(),
            "WorkPackage": work_package(),
        },
    })
}

fn work_package() -> Value {
    let mut properties: Map<String, Value> = Slot::ALL
        .iter()
        .map(|slot| (slot.as_str().to_owned(), in_slot(*slot)))
        .collect();
    properties.extend(Map::from_iter(
        [
            ("lane", json!({ "$ref": "#/$defs/Lane" })),
            ("actor", json!({ "type": "string", "description": "Who moved it last." })),
            ("last_transition_at", json!({ "type": ["string", "null"], "description": "When it was moved last." })),
            ("last_event_id", json!({ "type": ["string", "null"], "description": "The event that moved it last." })),
            ("force_count", json!({ "type": "integer", "minimum": 0, "description": "How often it was moved by force." })),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    ));
    json!({
        "type": "object",
        "properties": properties,
        "required": ["lane", "actor", "last_transition_at", "last_event_id", "force_count"],
    })
}

/// What may stand in a slot. Those that rows fill with a value as it stands may hold anything.
fn in_slot(slot: Slot) -> Value {
    match slot {
        Slot::Notes | Slot::TrackerRefs => json!({ "type": ["array", "null"] }),
        Slot::Subtasks => or_null(json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/$defs/Lane" },
        })),
        Slot::Review | Slot::ReviewResult => json!({ "type": ["object", "null"] }),
        Slot::Agent
        | Slot::AgentProfile
        | Slot::AgentProfileVersion
        | Slot::Assignee
        | Slot::CancellationReason
        | Slot::Model
        | Slot::Provider
        | Slot::ReasonSource
        | Slot::Role
        | Slot::ShellPid
        | Slot::ShellPidCreatedAt => json!(true),
    }
}

fn retrospective() -> Value {
    let count = json!({ "type": "integer", "minimum": 0 });
    json!({
        "type": "object",
        "properties": {
            "status": { "enum": ["pending", "completed", "skipped", "failed"] },
            "mode": { "type": ["object", "null"] },
            "record_path": { "type": ["string", "null"] },
            "proposals_total": count,
            "proposals_applied": count,
            "proposals_rejected": count,
            "proposals_pending": count,
        },
        "required": [
            "status", "mode", "record_path", "proposals_total", "proposals_applied", "proposals_rejected", "proposals_pending",
        ],
    })
}
