//! The schemas of the wire's frames.

use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Named, read};
use crate::frame::{
    ErrorFrame, LocalCommit, LocalCommitAck, MAX_BRANCH_BYTES, MAX_CHANGED_BYTES, MAX_FRAME_BYTES,
    PROTOCOL, Ping, Pong, Snapshot,
};

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
    let required = &mut schema["required"];
    if let Some(names) = required.as_array_mut() {
        names.push("type".into());
    } else {
        *required = json!(["type"]);
    }
    schema
}
