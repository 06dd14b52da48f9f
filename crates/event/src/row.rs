//! What rows of the decision journal and of the run log have in common: their head, and what can be wrong with them.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::id::{EventId, IdError};
use crate::json::ParseError;

/// How much is said about a malformed payload, in characters.
const MAX_REASON_CHARS: usize = 200;

/// Why a line is no row of its log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The line is no JSON object.
    #[error(transparent)]
    Json(#[from] ParseError),
    /// A field is missing or no string.
    #[error("the row has no text `{0}`")]
    Missing(&'static str),
    /// The event id is none.
    #[error("`event_id`: {0}")]
    EventId(#[from] IdError),
    /// The payload isn't that of its event type.
    #[error("the payload of {event_type} is malformed: {reason}")]
    Payload {
        /// The type.
        event_type: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl RowError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Missing(_) => "ROW_FIELD_MISSING",
            Self::EventId(_) => "ROW_EVENT_ID_INVALID",
            Self::Payload { .. } => "ROW_PAYLOAD_MALFORMED",
        }
    }
}

/// Returns the text under a key that every row has.
pub(crate) fn text<'a>(
    map: &'a Map<String, Value>,
    key: &'static str,
) -> Result<&'a str, RowError> {
    map.get(key)
        .and_then(Value::as_str)
        .ok_or(RowError::Missing(key))
}

/// Returns the event's identity; none where it is missing or null.
pub(crate) fn event_id(map: &Map<String, Value>) -> Result<Option<EventId>, RowError> {
    match map.get("event_id") {
        None | Some(Value::Null) => Ok(None),
        Some(_) => Ok(Some(text(map, "event_id")?.parse()?)),
    }
}

/// Reads the payload that a type of event has.
pub(crate) fn payload<'a, T: Deserialize<'a>>(
    map: &'a Map<String, Value>,
    event_type: &'static str,
) -> Result<T, RowError> {
    // The reader quotes what it doesn't know, however long that is.
    let malformed = |reason: String| RowError::Payload {
        event_type,
        reason: reason.chars().take(MAX_REASON_CHARS).collect(),
    };
    // Serde would take arrays for structs, field by field.
    let payload = map.get("payload").filter(|payload| payload.is_object());
    let payload = payload.ok_or_else(|| malformed("it is no object".to_owned()))?;
    if payload.get("actor").is_some_and(|actor| !actor.is_object()) {
        return Err(malformed("`actor` is no object".to_owned()));
    }
    T::deserialize(payload).map_err(|error| malformed(error.to_string()))
}
