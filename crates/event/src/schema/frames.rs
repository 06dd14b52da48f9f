//! The schemas of the wire's frames, and of the decision journal's rows, whose shapes serde's derive defines.

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Definitions, Named, read};
use crate::decision::{
    ANSWERED, Answered, MAX_ANSWER_BYTES, MAX_OPTIONS, MAX_QUESTION_BYTES, MAX_SHORT_BYTES,
    REQUESTED, Requested,
};
use crate::frame::{
    ErrorFrame, LocalCommit, LocalCommitAck, MAX_BRANCH_BYTES, MAX_CHANGED_BYTES, MAX_FRAME_BYTES,
    PROTOCOL, Ping, Pong, Snapshot,
};
use crate::id::{BuildId, EventId, MissionId};

pub(super) const SNAPSHOT: Named = Named {
    name: "snapshot",
    title: "Frame `snapshot`: what a hub knows of a project's builds",
    about: || frame("The hub's first frame."),
    body: || tagged::<Snapshot>("snapshot"),
};
pub(super) const LOCAL_COMMIT: Named = Named {
    name: "local-commit",
    title: "Frame `LocalCommit`: a commit that a clone has and may not have pushed",
    about: || {
        frame(&format!(
            "A clone sends it after the snapshot, parents before children; it lists at most {MAX_CHANGED_BYTES} bytes of paths. \
             `branch` has at most {MAX_BRANCH_BYTES} bytes."
        ))
    },
    body: || tagged::<LocalCommit>("LocalCommit"),
};
pub(super) const LOCAL_COMMIT_ACK: Named = Named {
    name: "local-commit-ack",
    title: "Frame `LocalCommitAck`: a hub has stored a commit durably",
    about: || frame("The hub sends one for each `LocalCommit` that it takes, in their order."),
    body: || tagged::<LocalCommitAck>("LocalCommitAck"),
};
pub(super) const ERROR: Named = Named {
    name: "error",
    title: "Frame `error`: something that a peer refused",
    about: || {
        frame(
            "The connection goes on. With `retryable: false` the clone sets aside what it concerns.",
        )
    },
    body: || tagged::<ErrorFrame>("error"),
};
pub(super) const PING: Named = Named {
    name: "ping",
    title: "Frame `ping`: a hub's question whether the clone is alive",
    about: || frame("Answered by `pong`."),
    body: || tagged::<Ping>("ping"),
};
pub(super) const PONG: Named = Named {
    name: "pong",
    title: "Frame `pong`: the answer to a ping",
    about: || frame("Returns the ping's time as it came."),
    body: || tagged::<Pong>("pong"),
};
pub(super) const DECISION_ROW: Named = Named {
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
    body: decision_row,
};

fn frame(about: &str) -> String {
    format!(
        "Version {PROTOCOL} of the wire. {about} A frame is one text message of at most {MAX_FRAME_BYTES} bytes. Unknown \
         fields are ignored. Integers are written without a fraction."
    )
}

/// The schema of a type that serde tags: the reader looks at the tag first, and then reads the rest.
fn tagged<T: JsonSchema>(tag: &str) -> Value {
    let mut schema = read::<T>();
    schema["properties"]["type"] = json!({ "const": tag });
    match &mut schema["required"] {
        Value::Array(required) => required.push("type".into()),
        none => *none = json!(["type"]),
    }
    schema
}

fn decision_row() -> Value {
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
