//! The schema of the decision journal's rows.

use serde_json::{Value, json};

use super::{Definitions, Named};
use crate::decision::{
    ANSWERED, Answered, MAX_ANSWER_BYTES, MAX_OPTIONS, MAX_QUESTION_BYTES, MAX_SHORT_BYTES,
    REQUESTED, Requested,
};
use crate::id::{BuildId, EventId, MissionId};

pub(super) const ROW: Named = Named {
    name: "decision-row",
    title: "A row of `decisions.events.jsonl`: a decision that is asked for or taken",
    about: || {
        format!(
            "One row stands on one line. Rows of other types are kept and passed over, unknown fields too; of rows with the \
             same `event_id` the first counts. Pawtrail writes LOG-COMPACT (keys sorted, no blanks, ASCII) and at most \
             {MAX_QUESTION_BYTES} bytes of a question, {MAX_ANSWER_BYTES} of an answer, {MAX_OPTIONS} options, and \
             {MAX_SHORT_BYTES} bytes of an option and of each other text; what it writes of question, answer, options and \
             actor isn't blank."
        )
    },
    body: row,
};

fn row() -> Value {
    let mut types = Definitions::default();
    let of_type = |event_type: &str, payload: Value| {
        json!({
            "if": { "properties": { "event_type": { "const": event_type } }, "required": ["event_type"] },
            "then": { "properties": { "payload": payload }, "required": ["payload"] },
        })
    };
    let body = json!({
        "type": "object",
        "properties": {
            "event_id": types.of::<EventId>(),
            "at": { "type": "string", "description": "When it happened: UTC, as Python's `isoformat` writes it." },
            "event_type": {
                "type": "string",
                "description": format!("`{REQUESTED}`, `{ANSWERED}`, or another tool's."),
            },
            "build_id": {
                "description": "The checkout. Other tools leave it out.",
                "anyOf": [types.of::<BuildId>(), { "type": ["string", "null"] }],
            },
            "mission_id": {
                "description": "The mission's ULID. What is none reads as null.",
                "anyOf": [types.of::<MissionId>(), { "type": ["string", "null"] }],
            },
            "payload": { "description": "What the type says." },
        },
        "required": ["event_id", "at", "event_type"],
        "allOf": [
            of_type(REQUESTED, types.of::<Requested>()),
            of_type(ANSWERED, types.of::<Answered>()),
        ],
    });
    types.into(body)
}
