//! Decisions: the two events a decision consists of, and the view that rows fold to.

mod fold;
mod log;
mod payload;
mod row;

pub use fold::{Decision, GivenAnswer, Status, fold};
pub use log::Log;
pub use payload::{
    Actor, ActorType, Answered, MAX_ANSWER_BYTES, MAX_OPTIONS, MAX_QUESTION_BYTES, MAX_SHORT_BYTES,
    Payload, PayloadError, Requested,
};
pub use row::{Row, RowPayload, parse_row};

pub use crate::row::{Damaged, RowError};

use serde_json::json;

use crate::id::{BuildId, EventId, MissionId};
use crate::sanitize::{Sanitized, Sanitizer};

/// The name of a mission's decision journal in its directory.
pub const FILE: &str = "decisions.events.jsonl";
/// The event type of a requested decision.
pub const REQUESTED: &str = "DecisionInputRequested";
/// The event type of an answered decision.
pub const ANSWERED: &str = "DecisionInputAnswered";

/// What every event of the journal says beside its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// When it happened: UTC, as [`crate::time::iso`] writes it.
    pub at: String,
    /// The checkout it happened in.
    pub build_id: BuildId,
    /// The event's own identity.
    pub event_id: EventId,
    /// The mission it belongs to.
    pub mission_id: MissionId,
}

/// Makes the event that is appended to [`FILE`].
pub fn event(sanitizer: &Sanitizer, header: &Header, payload: &Payload) -> Sanitized {
    sanitizer.sanitize(&json!({
        "at": header.at,
        "build_id": header.build_id.as_str(),
        "event_id": header.event_id.as_str(),
        "event_type": payload.event_type(),
        "mission_id": header.mission_id.as_str(),
        "payload": payload.to_value(),
    }))
}

#[cfg(test)]
mod tests;
