//! What rows of the decision journal, the glossary's log and the run log have in common: their head, how a log of them is
//! read, and what can be wrong with them.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::id::{EventId, IdError};
use crate::json::ParseError;

/// How much is said about a malformed payload, in characters: the reader quotes what it doesn't know, however long that is.
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
    EventId(IdError),
    /// The event id, of which any text is one, is too long.
    #[error("`event_id` has more than {0} bytes")]
    EventIdTooLong(usize),
    /// The conflict id is none.
    #[error("`conflict_id`: {0}")]
    ConflictId(IdError),
    /// The scope is none.
    #[error("the scope: {0}")]
    Scope(String),
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
            Self::EventId(_) | Self::EventIdTooLong(_) => "ROW_EVENT_ID_INVALID",
            Self::ConflictId(_) => "ROW_CONFLICT_ID_INVALID",
            Self::Scope(_) => "ROW_SCOPE_INVALID",
            Self::Payload { .. } => "ROW_PAYLOAD_MALFORMED",
        }
    }
}

/// A payload that has no form in JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload of {event_type} can't be written: {reason}")]
pub struct UnwritableError {
    /// The type of the event.
    pub event_type: &'static str,
    /// Why.
    pub reason: String,
}

/// A line that is no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads the lines of a log, each with its number, from 1: its row, or what is wrong with it. Blank lines are passed over.
pub(crate) fn rows<R>(
    log: &[u8],
    parse: impl Fn(&str) -> Result<R, RowError>,
) -> impl Iterator<Item = (usize, Result<R, String>)> {
    let lines = log.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let numbered = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
    numbered.map(move |(number, line)| {
        let row = match std::str::from_utf8(line) {
            Ok(line) => parse(line).map_err(|error| error.to_string()),
            Err(_) => Err("the line is not UTF-8".to_owned()),
        };
        (number, row)
    })
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
        Some(_) => {
            let id = text(map, "event_id")?.parse().map_err(RowError::EventId)?;
            Ok(Some(id))
        }
    }
}

/// Reads the payload that a type of event has.
pub(crate) fn payload<'a, T: Deserialize<'a>>(
    map: &'a Map<String, Value>,
    event_type: &'static str,
) -> Result<T, RowError> {
    let malformed = |said: &str| RowError::Payload {
        event_type,
        reason: reason(said),
    };
    // Serde would take arrays for structs, field by field.
    let payload = map.get("payload").filter(|payload| payload.is_object());
    let payload = payload.ok_or_else(|| malformed("it is no object"))?;
    if payload.get("actor").is_some_and(|actor| !actor.is_object()) {
        return Err(malformed("`actor` is no object"));
    }
    T::deserialize(payload).map_err(|error| malformed(&error.to_string()))
}

/// Cuts what is said about a malformed payload.
pub(crate) fn reason(said: &str) -> String {
    said.chars().take(MAX_REASON_CHARS).collect()
}

/// Returns the JSON of a payload, or says whose payload has none.
pub(crate) fn written(
    event_type: &'static str,
    value: serde_json::Result<Value>,
) -> Result<Value, UnwritableError> {
    value.map_err(|error| UnwritableError {
        event_type,
        reason: error.to_string(),
    })
}
