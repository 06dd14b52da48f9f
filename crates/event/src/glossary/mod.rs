//! The glossary: eight events about what words mean, and the view that seed terms and rows fold to.

mod field;
mod fold;
mod log;
mod payload;
mod row;
mod shape;
mod word;

pub use crate::row::{RowError, UnwritableError};
pub use field::{
    MAX_DEFINITION_BYTES, MAX_OPTIONS, MAX_QUESTION_BYTES, MAX_SHORT_BYTES, MAX_TERM_BYTES,
    PayloadError,
};
pub use fold::{Key, Question, Source, Term, questions, rebuild, resolutions, senses, sorted};
pub use log::Log;
pub use payload::Payload;
pub(crate) use row::MAX_ID_BYTES;
pub use row::{Asked, Resolved, Row, RowPayload, Sensed, parse_row};
pub use shape::{
    CheckEvaluated, ClarificationRequested, ClarificationResolved, Conflict, GenerationBlocked,
    ScopeActivated, SenseUpdated, StrictnessSet, TermObserved,
};
pub use word::{Action, Mode, Nature, Scope, Status, Strictness, Urgency, WordError};

use serde_json::json;

use crate::id::{BuildId, EventId, MissionId};
use crate::sanitize::{Sanitized, Sanitizer};

/// The event types of the glossary, as the package of shared contracts names them.
pub const EVENT_TYPES: [&str; 8] = [
    "GlossaryScopeActivated",
    "TermCandidateObserved",
    "SemanticCheckEvaluated",
    "GlossaryClarificationRequested",
    "GlossaryClarificationResolved",
    "GlossarySenseUpdated",
    "GenerationBlockedBySemanticConflict",
    "GlossaryStrictnessSet",
];

/// What every event says beside its payload.
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

/// An event of the glossary.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, where, which.
    pub header: Header,
    /// What happened.
    pub payload: Payload,
}

impl Event {
    /// Returns the event as the local log has it.
    ///
    /// # Errors
    /// As [`Payload::to_value`].
    pub fn sanitized(&self, sanitizer: &Sanitizer) -> Result<Sanitized, UnwritableError> {
        Ok(sanitizer.sanitize(&json!({
            "at": self.header.at,
            "build_id": self.header.build_id.as_str(),
            "event_id": self.header.event_id.as_str(),
            "event_type": self.payload.event_type(),
            "mission_id": self.header.mission_id.as_str(),
            "payload": self.payload.to_value()?,
        })))
    }
}

/// Returns a term as seed files have it: trimmed and in lower case.
pub fn surface(term: &str) -> String {
    term.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
